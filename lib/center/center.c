/* A center's life: initialised in a ladder, ended in its mirror; the database may come and go in between. */
#include "center/center.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "center/center_command.h"

#define LOCK_WAIT_MS 5000 /* a killed predecessor's backend needs a moment to notice */

/* ---- the database ---- */

static void adopt_start(struct live_center *center, const struct store_start *start)
{
    center->database = start->database;
    center->incarnation = start->incarnation;
    center->timeline = start->timeline;
    center->writer_epoch = start->writer_epoch;
    center->lsn = start->last_lsn;
    center->serial_day = start->serial_day;
    center->serial = start->serial;
    center->calendar_version = start->calendar_version;
    center->next_due_ms = start->first_due_ms;
    center->due_floor_ms = INT64_MIN;
    center->due_reading = false;
    center->mute = start->mute;
}

void center_memory_unread(struct live_center *center, enum err code)
{
    struct fault fault = {.code = code};
    if (code == ERR_NOT_NOW)
        return; /* the connection is lost: the next one reads anew */
    fault_set(&fault, code, "units or modes cannot be read: %s", err_name(code));
    log_line(LOG_FATAL, "store.unread", "%s", fault.text);
    center->handler.on_fatal(center->handler.ctx, &fault); /* the supervisor starts it again */
}

/* What stands in memory is read: from here on inputs are decided. */
static void on_units(void *ctx)
{
    struct live_center *center = ctx;
    center->ready = true;
    center_care_begin(center);
    center_arm_due(center);
    loop_wake(center->loop);
    if (center->handler.on_ready)
        center->handler.on_ready(center->handler.ctx);
}

static void on_alerts(void *ctx)
{
    center_units_load(ctx, on_units);
}

static void on_up(void *ctx, const struct store_start *start)
{
    struct live_center *center = ctx;
    adopt_start(center, start);
    center_witness_check(center);
    center_streams_open(center, start);
    center_alerts_load(center, on_alerts);
    log_line(LOG_INFO, "store.up", "incarnation %d, writer epoch %lld, lsn %lld", center->incarnation,
             (long long)center->writer_epoch, (long long)center->lsn);
}

/* Nothing in memory is worth more than what the database holds: drop it all, and take it up again from there.
 */
static void on_down(void *ctx, const struct fault *fault)
{
    struct live_center *center = ctx;
    bool fatal = fault->code == ERR_LOCKED || fault->code == ERR_SCHEMA || fault->code == ERR_CONFIG;
    if (center->ready || fatal)
        log_line(fatal ? LOG_FATAL : LOG_WARN, "store.down", "%s: %s", err_name(fault->code), fault->text);
    center->ready = false;
    center_batch_drop(center);
    center_streams_close(center);
    center_watch_clear(center);
    loop_timer_disarm(center->due_timer);
    loop_timer_disarm(center->care_timer);
    if (fatal)
        center->handler.on_fatal(center->handler.ctx, fault);
}

/* ---- the ladder ---- */

static enum err find_self(struct live_center *center, struct fault *fault)
{
    const struct world *world = center->config.world;
    center->index = topology_center(world->topology, center->code);
    if (center->index < 0)
        return fault_set(fault, ERR_UNKNOWN_CENTER, "the topology has no center %s", center->code);
    center->world = (struct case_world){.topology = world->topology,
                                        .catalogue = &world->catalogue,
                                        .matrix = &world->matrix,
                                        .calendar = &world->calendar,
                                        .here = center->index,
                                        .mode = MODE_PEACE,
                                        .exercise = center->config.exercise};
    return ERR_OK;
}

static enum err open_buffers(struct live_center *center)
{
    center->scratch =
        mmap(NULL, SCRATCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (center->scratch == MAP_FAILED) {
        center->scratch = NULL;
        return ERR_MEMORY;
    }
    center->out = malloc(FRAME_BYTES_MAX);
    center->waiters = calloc(WAITERS_MAX, sizeof *center->waiters);
    center->due_timer = loop_timer_new(center->loop, center_on_due, center);
    return center->out && center->waiters && center->due_timer ? ERR_OK : ERR_MEMORY;
}

static enum err open_store(struct live_center *center, struct fault *fault)
{
    struct store_config config = {
        .dsn = center->config.database, .center = center->code, .lock_wait_ms = LOCK_WAIT_MS};
    struct store_handler handler = {.ctx = center, .on_up = on_up, .on_down = on_down};
    return store_open(center->loop, &config, &handler, &center->store, fault);
}

static enum err open_all(struct live_center *center, struct fault *fault)
{
    enum err err = wire_init();
    if (err == ERR_OK)
        err = find_self(center, fault);
    if (err == ERR_OK)
        err = center_matrix_load(center, fault);
    if (err == ERR_OK)
        err = open_buffers(center);
    if (err == ERR_OK)
        err = center_batch_init(center);
    if (err == ERR_OK)
        err = center_care_init(center);
    if (err == ERR_OK)
        err = center_link_init(center, fault);
    if (err == ERR_OK)
        err = open_store(center, fault);
    return err;
}

enum err center_keys_dir(const char *keys, const char *code, char out[PATH_SIZE])
{
    int n = snprintf(out, PATH_SIZE, "%s/%s", keys, code);
    return n > 0 && n < PATH_SIZE ? ERR_OK : ERR_TOO_LONG;
}

enum err center_open(struct loop *loop, const struct center_config *config,
                     const struct center_handler *handler, struct live_center **out, struct fault *fault)
{
    struct live_center *center = calloc(1, sizeof *center);
    if (!center)
        return fault_set(fault, ERR_MEMORY, "no memory for a center");
    center->loop = loop;
    center->config = *config;
    center->handler = *handler;
    center->next_due_ms = INT64_MAX;
    center->started_ms = center_now(center);
    text_put(center->code, CODE_SIZE, config->code);
    enum err err = open_all(center, fault);
    if (err != ERR_OK) {
        center_close(&center);
        return err;
    }
    loop_after_turn(loop, center_streams_turn, center);
    loop_after_turn(loop, center_batch_turn, center);
    *out = center;
    return ERR_OK;
}

void center_close(struct live_center **out)
{
    struct live_center *center = *out;
    if (!center)
        return;
    if (center->ready)
        center_witness_write(center);
    center->ready = false;
    store_close(&center->store);
    center_link_fini(center);
    center_care_fini(center);
    center_batch_fini(center);
    loop_timer_free(&center->due_timer);
    route_free(&center->own_matrix);
    free(center->waiters);
    free(center->out);
    if (center->scratch)
        munmap(center->scratch, SCRATCH_BYTES);
    free(center);
    *out = NULL;
}
