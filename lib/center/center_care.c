/* What a center does on its own account: offers that grew old, the audit of timers, housekeeping, the
 * witness, a new calendar. Nothing here runs while there is nothing to do but one look a minute. */
#include "center/center_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define CARE_IDLE_MS 60000    /* housekeeping when nothing waits */
#define CARE_WATCH_MS 2000    /* while cases wait for a neighbour */
#define AUDIT_MS (10 * 60000) /* open cases without a timer: none but by a bug */

static const struct id first_id; /* before every id */

static void queue_chore(struct live_center *center, enum chore chore, const struct id *id)
{
    struct input *input = center_input_new(INPUT_CHORE, NULL, 0);
    input->case_id = *id;
    input->chore = chore;
    center_queue(&center->inbox, input);
}

static void queue_chores(struct live_center *center, enum chore chore, enum err code, size_t count,
                         const struct id *ids)
{
    for (size_t i = 0; code == ERR_OK && i < count; i++)
        queue_chore(center, chore, &ids[i]);
    if (count > 0)
        loop_wake(center->loop);
}

/* ---- old offers and cases due to climb, 256 at a time by id, once after each opening of the database ----
 */

static void on_offered(void *ctx, enum err code, size_t count, const struct id *ids)
{
    struct live_center *center = ctx;
    queue_chores(center, CHORE_OFFER, code, count, ids);
    if (code == ERR_OK && count == 256)
        store_flagged(center->store, center->code, FLAG_OFFERED, &ids[count - 1], on_offered, center);
}

static void on_pending(void *ctx, enum err code, size_t count, const struct id *ids)
{
    struct live_center *center = ctx;
    queue_chores(center, CHORE_OFFER, code, count, ids);
    if (code == ERR_OK && count == 256)
        store_flagged(center->store, center->code, FLAG_CLIMB_PENDING, &ids[count - 1], on_pending, center);
}

/* ---- a calendar of another version: every open due time again, and the history says so ---- */

static void on_owned(void *ctx, enum err code, size_t count, const struct id *ids)
{
    struct live_center *center = ctx;
    queue_chores(center, CHORE_RECALCULATE, code, count, ids);
    if (code == ERR_OK && count == 256)
        store_owned(center->store, center->code, &ids[count - 1], on_owned, center);
    if (code != ERR_OK || count == 256)
        return;
    center->calendar_done = true; /* written after the chores that stand before it in the same order */
    center_write_link(center);
}

/* ---- the rounds ---- */

static void on_audit(void *ctx, enum err code, size_t count, const struct id *ids)
{
    queue_chores(ctx, CHORE_AUDIT, code, count, ids);
}

static void on_late(void *ctx, enum err code, size_t count, const struct id *ids)
{
    queue_chores(ctx, CHORE_HAND_OVER_LATE, code, count, ids);
}

static void on_maintained(void *ctx, enum err code)
{
    struct live_center *center = ctx;
    if (code != ERR_OK)
        log_line(LOG_WARN, "store.maintain", "housekeeping of %s failed: %s", center->code, err_name(code));
}

static void look_after_offers(struct live_center *center)
{
    for (size_t i = 0; i < center->watch.size; i++) {
        const struct watch *watch = &center->watch.cells[i];
        if (!id_is_zero(&watch->case_id) && center->inbox.count < INBOX_MAX / 2)
            queue_chore(center, CHORE_OFFER, &watch->case_id);
    }
}

static void rounds(struct live_center *center)
{
    int64_t mono = clock_mono_ms();
    look_after_offers(center);
    for (size_t i = 0; i < center->neighbour_count; i++) {
        if (!center->neighbours[i].acked_dirty)
            continue;
        center_write_link(center);
        break;
    }
    center_witness_write(center);
    if (mono < center->next_audit_mono_ms)
        return;
    center->next_audit_mono_ms = mono + AUDIT_MS;
    store_audit(center->store, center->code, on_audit, center);
}

/* Partitions ahead, old keys dropped, cursors trimmed; and hand-overs that nobody has acknowledged. */
static void keep_house(struct live_center *center)
{
    int64_t mono = clock_mono_ms();
    if (mono < center->next_house_mono_ms)
        return;
    center->next_house_mono_ms = mono + CARE_IDLE_MS;
    int64_t before = center_now(center) - HANDOVER_ALARM_MS * center->config.clock.scale;
    store_hand_overs(center->store, before, on_late, center);
    store_maintain(center->store, clock_wall_ms(), on_maintained, center);
}

static void on_care(void *ctx)
{
    struct live_center *center = ctx;
    if (!center->ready || center->mute)
        return;
    rounds(center);
    keep_house(center);
    loop_timer_arm(center->care_timer, center->watch.count > 0 ? CARE_WATCH_MS : CARE_IDLE_MS);
    loop_wake(center->loop);
}

void center_care_soon(struct live_center *center, int64_t within_ms)
{
    if (center->ready && !center->mute)
        loop_timer_arm(center->care_timer, within_ms);
}

void center_care_begin(struct live_center *center)
{
    if (center->mute)
        return;
    center->next_house_mono_ms = 0;
    store_flagged(center->store, center->code, FLAG_OFFERED, &first_id, on_offered, center);
    store_flagged(center->store, center->code, FLAG_CLIMB_PENDING, &first_id, on_pending, center);
    if (center->calendar_version != center->world.calendar->version)
        store_owned(center->store, center->code, &first_id, on_owned, center);
    center_care_soon(center, 0);
}

enum err center_care_init(struct live_center *center)
{
    center->care_timer = loop_timer_new(center->loop, on_care, center);
    return center->care_timer ? ERR_OK : ERR_MEMORY;
}

void center_care_fini(struct live_center *center)
{
    loop_timer_free(&center->care_timer);
    center_watch_clear(center);
}
