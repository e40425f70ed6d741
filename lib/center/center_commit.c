/* Step 5 of the write path: what follows a clean Sync, and what follows one that was not. */
#include "center/center_command.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

#define RETRY_FIRST_MS 50
#define RETRY_MAX_MS 2000

/* New rows may be fed; an incarnation is known for good. */
static void adopt_link(struct neighbour *n)
{
    if (n->met_writing) {
        n->met_writing = n->met_dirty = false;
        n->row.incarnation = n->met_incarnation;
        n->row.database = n->met_database;
        if (n->met_anew) {
            memset(n->row.received, 0, sizeof n->row.received);
            memset(n->row.digest, 0, sizeof n->row.digest);
        }
        if (n->stream)
            stream_recorded(n->stream, n->met_incarnation);
    }
    for (int lane = 0; lane < LANES; lane++) {
        if (n->stream && n->tail[lane] > n->row.tail[lane])
            stream_committed(n->stream, (enum lane)lane, n->tail[lane]);
        n->row.tail[lane] = n->tail[lane];
        if (!n->received_dirty[lane])
            continue;
        n->received_dirty[lane] = false;
        if (n->receipt[lane].incarnation != n->row.incarnation)
            continue; /* of its earlier life: not kept */
        n->row.received[lane] = n->receipt[lane].position;
        memcpy(n->row.digest[lane], n->receipt[lane].digest, sizeof n->row.digest[lane]);
    }
}

static void watch_committed(struct live_center *center)
{
    struct batch *batch = &center->batch;
    for (size_t i = 0; i < batch->slot_count; i++)
        if (batch->slots[i].dirty)
            center_watch_update(center, &batch->slots[i]);
}

/* Units are what they have become; alerts and calls follow. */
static void orders_committed(struct live_center *center)
{
    struct orders *orders = center->batch.orders;
    orders->undo_count = 0;
    for (size_t i = 0; i < orders->command_index.count; i++)
        if (orders->commands[i]->dirty)
            center_alert_committed(center, orders->commands[i]);
    center_calls_send(center);
}

/* A large batch gives its pages back, so that an idle center stays small. */
static void give_back(struct batch *batch)
{
    if (batch->arena.used > ARENA_KEEP_BYTES)
        madvise(batch->arena.base + ARENA_KEEP_BYTES, BATCH_ARENA_BYTES - ARENA_KEEP_BYTES, MADV_DONTNEED);
}

static void adopt_committed(struct live_center *center)
{
    struct batch *batch = &center->batch;
    assert(batch->lsn >= center->lsn);
    center->lsn = batch->lsn;
    center_cache_commit(center->cache);
    center->serial_day = batch->serial_day;
    center->serial = batch->serial;
    for (size_t i = 0; i < center->neighbour_count; i++)
        adopt_link(&center->neighbours[i]);
    if (center->calendar_done) {
        center->calendar_done = false;
        center->calendar_version = center->world.calendar->version;
    }
    for (const struct input *input = batch->inputs.first; input; input = input->next)
        if (input->kind == INPUT_ENTRIES && !input->keeps_position && input->from->stream)
            stream_received_committed(input->from->stream, &input->receipt);
}

static void tell_waiters(struct live_center *center)
{
    struct batch *batch = &center->batch;
    for (size_t i = 0; i < batch->waiter_count; i++) {
        for (size_t w = 0; w < WAITERS_MAX; w++) {
            struct waiter *waiter = &center->waiters[w];
            if (!waiter->used || !id_equal(&waiter->key, &batch->outcomes[i].key))
                continue;
            waiter->used = false;
            center->waiting--;
            center_reply(center, &waiter->route, waiter->correlation, &batch->outcomes[i].reply);
        }
    }
}

static void answer(struct live_center *center)
{
    struct batch *batch = &center->batch;
    for (size_t i = 0; i < batch->work_count; i++) {
        struct work *work = &batch->works[i];
        if (work->kind == INPUT_TIMER)
            center->due_waiting--;
        if (work->answer)
            center_reply(center, &work->route, work->correlation, &work->reply);
    }
    tell_waiters(center);
}

static void finish(struct live_center *center)
{
    struct batch *batch = &center->batch;
    adopt_committed(center);
    watch_committed(center);
    center->batches++;
    center->inputs_done += (int64_t)batch->work_count;
    answer(center);
    orders_committed(center);
    give_back(batch);
    center_queue_free(&batch->inputs);
    batch->phase = BATCH_IDLE;
    center->retry_ms = 0;
    if (batch->next_due_ms < center->next_due_ms) {
        center->next_due_ms = batch->next_due_ms;
        if (batch->next_due_ms < center->due_floor_ms)
            center->due_floor_ms = batch->next_due_ms;
    }
    center_arm_due(center);
    loop_wake(center->loop);
}

void center_batch_retry(void *ctx)
{
    struct live_center *center = ctx;
    if (center->batch.phase == BATCH_WAITING)
        center_batch_load(center);
}

/* Rule 17: an error of the batch's own content is hunted down by halving; the culprit alone is refused. */
static void bisect(struct live_center *center)
{
    struct batch *batch = &center->batch;
    struct input_queue all = batch->inputs;
    size_t half = all.count / 2;
    batch->inputs = (struct input_queue){0};
    for (size_t i = 0; i < half; i++)
        center_queue(&batch->inputs, center_queue_take(&all));
    for (struct input *input; (input = center_queue_take(&batch->rest));)
        center_queue(&all, input);
    batch->rest = (struct input_queue){0};
    for (struct input *input; (input = center_queue_take(&all));)
        center_queue(&batch->rest, input);
    batch->split = true;
    center_batch_load(center);
}

/* Deliveries that were not written are asked for again, and what came after them is dropped with them. */
static void undelivered(struct live_center *center, struct neighbour *n)
{
    struct stream_now now = center_stream_now(center);
    memset(n->received_dirty, 0, sizeof n->received_dirty);
    center_queue_drop(&center->stream_box, n);
    center_queue_drop(&center->batch.rest, n);
    if (n->stream)
        stream_undelivered(n->stream, &now);
}

static void wait_and_retry(struct live_center *center)
{
    center->batch.phase = BATCH_WAITING;
    center->retry_ms = center->retry_ms ? center->retry_ms * 2 : RETRY_FIRST_MS;
    if (center->retry_ms > RETRY_MAX_MS)
        center->retry_ms = RETRY_MAX_MS;
    loop_timer_arm(center->retry_timer, center->retry_ms);
}

void center_batch_not_loaded(struct live_center *center, enum err code)
{
    log_line(LOG_WARN, "batch.not-loaded", "%zu inputs wait or are refused: %s", center->batch.inputs.count,
             err_name(code));
    if (code == ERR_BUSY) {
        wait_and_retry(center);
        return;
    }
    for (size_t i = 0; i < center->neighbour_count; i++)
        undelivered(center, &center->neighbours[i]);
    center_batch_drop(center);
    center_arm_due(center);
}

/* Half a frame of entries is an input of its own. Only the half with the last entry moves the position, so
 * that a crash in between brings the whole frame again. */
static struct input *half_of(const struct input *whole, size_t first, size_t count)
{
    struct input *half = center_input_new(INPUT_ENTRIES, whole->bytes, whole->size);
    half->from = whole->from;
    half->first = first;
    half->count = count;
    half->receipt = whole->receipt;
    half->keeps_position = whole->keeps_position || first + count < whole->first + whole->count;
    return half;
}

static void split_entries(struct live_center *center)
{
    struct batch *batch = &center->batch;
    struct input *whole = center_queue_take(&batch->inputs);
    size_t half = whole->count / 2;
    center_queue(&batch->inputs, half_of(whole, whole->first, half));
    center_queue(&batch->inputs, half_of(whole, whole->first + half, whole->count - half));
    free(whole);
    bisect(center);
}

bool center_batch_halve(struct live_center *center)
{
    struct batch *batch = &center->batch;
    if (batch->arena.used <= BATCH_ARENA_BYTES / 2)
        return false;
    if (batch->inputs.count > 1)
        bisect(center);
    else if (batch->inputs.first->kind == INPUT_ENTRIES && batch->inputs.first->count > 1)
        split_entries(center);
    else
        return false;
    return true;
}

static void drop_culprit(struct live_center *center, const struct fault *fault)
{
    struct batch *batch = &center->batch;
    log_line(LOG_PANIC, "batch.culprit", "one input cannot be written and is refused: %s", fault->text);
    for (size_t i = 0; i < batch->work_count; i++) {
        struct work *work = &batch->works[i];
        if (work->kind == INPUT_TIMER)
            center->due_waiting--;
        if (work->kind == INPUT_REQUEST)
            center_refuse(center, &work->route, work->correlation, ERR_DATABASE, fault->text);
    }
    if (batch->inputs.first->kind == INPUT_ENTRIES)
        undelivered(center, batch->inputs.first->from);
    center_queue_free(&batch->inputs);
    batch->phase = BATCH_IDLE;
    center_arm_due(center);
    loop_wake(center->loop);
}

/* One entry that cannot be applied: decided once more, to be set aside. */
static void quarantine_culprit(struct live_center *center)
{
    struct batch *batch = &center->batch;
    batch->quarantine_culprit = true;
    center_slots_clear(center);
    store_batch_clear(batch->writes);
    batch->lsn = center->lsn;
    center_batch_decide(center);
}

void center_batch_committed(void *ctx, enum err code, const struct fault *fault)
{
    struct live_center *center = ctx;
    struct batch *batch = &center->batch;
    if (batch->phase != BATCH_COMMITTING)
        return;
    if (code == ERR_OK) {
        finish(center);
        return;
    }
    for (size_t i = 0; i < center->neighbour_count; i++)
        center->neighbours[i].acked_dirty = true;
    log_line(LOG_WARN, "batch.failed", "%zu inputs not written (%s): %s", batch->inputs.count, err_name(code),
             fault->text);
    if (code == ERR_NOT_NOW) {
        center_batch_drop(center);
    } else if (code == ERR_BUSY) {
        wait_and_retry(center);
    } else if (batch->inputs.count > 1) {
        bisect(center);
    } else if (batch->inputs.first->kind == INPUT_ENTRIES && batch->inputs.first->count > 1) {
        split_entries(center);
    } else if (batch->inputs.first->kind == INPUT_ENTRIES && !batch->quarantine_culprit) {
        quarantine_culprit(center);
    } else {
        drop_culprit(center, fault);
    }
}
