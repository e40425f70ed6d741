/* Due times become inputs like any other: one loop timer stands at the earliest, due rows come in bounded
 * batches, and a firing is judged again by the rules when its batch decides (late beats never, stale changes
 * nothing). */
#include "center/center_command.h"

#include <string.h>

#include "base/log.h"

#define JUMP_MS 2000 /* machine clock against monotonic clock between two looks */

/* A jump of the machine's clock is told; the timers only ever ask "what is due now". */
static void notice_jump(struct live_center *center)
{
    int64_t wall = clock_wall_ms();
    int64_t mono = clock_mono_ms();
    int64_t jump = (wall - center->last_wall_ms) - (mono - center->last_mono_ms);
    if (center->last_wall_ms != 0 && (jump > JUMP_MS || jump < -JUMP_MS))
        log_line(LOG_WARN, "clock.jump", "the machine's clock jumped by %lld ms", (long long)jump);
    center->last_wall_ms = wall;
    center->last_mono_ms = mono;
}

static void on_due_rows(void *ctx, enum err code, size_t count, const struct due_row *rows, int64_t next_ms)
{
    struct live_center *center = ctx;
    center->due_reading = false;
    if (code != ERR_OK)
        return; /* the connection is lost: on_up arms the timer again */
    for (size_t i = 0; i < count; i++) {
        struct input *input = center_input_new(INPUT_TIMER, NULL, 0);
        input->case_id = rows[i].case_id;
        input->subject = rows[i].kind;
        input->due_ms = rows[i].due_ms;
        center_queue(&center->inbox, input);
        center->due_waiting++;
    }
    if (count > 0)
        center->due_floor_ms = rows[0].due_ms;
    center->next_due_ms = next_ms;
    if (count == 0)
        center_arm_due(center);
}

void center_on_due(void *ctx)
{
    struct live_center *center = ctx;
    notice_jump(center);
    if (!center->ready || center->mute || center->due_reading || center->due_waiting > 0)
        return; /* the batch that ends them arms the timer again */
    if (center->next_due_ms > center_now(center)) {
        center_arm_due(center);
        return;
    }
    center->due_reading = true;
    store_due(center->store, center->due_floor_ms, center_now(center), on_due_rows, center);
}

void center_arm_due(struct live_center *center)
{
    if (!center->ready || center->mute || center->due_reading || center->due_waiting > 0)
        return;
    if (center->next_due_ms == INT64_MAX) {
        loop_timer_disarm(center->due_timer);
        return;
    }
    int64_t wait = clock_real_wait_ms(&center->config.clock, center->next_due_ms);
    loop_timer_arm(center->due_timer, wait < TIMER_CEILING_MS ? wait : TIMER_CEILING_MS);
}

static void decide_case_timer(struct live_center *center, struct work *work)
{
    struct case_slot *slot = center_slot_find(center, &work->case_id);
    struct case_result result = {0};
    struct fault fault = {.code = ERR_OK};
    if (!slot || !slot->exists)
        return;
    if (center_owns(center, slot)) {
        enum err err = case_timer(&center->world, &slot->row.record, center->batch.now_ms, &result);
        if (err == ERR_OK)
            err = center_write_result(center, slot, &result, &fault);
        if (err != ERR_OK)
            center_alarm(center, "timer.refused", &work->case_id, err_name(err));
    }
    center_touch(center, slot); /* a stale row is put right, or taken away with the custody */
}

void center_decide_timer(struct live_center *center, struct work *work)
{
    switch (work->subject) {
    case SUBJECT_CASE:
        decide_case_timer(center, work);
        return;
    case SUBJECT_COMMAND:
        center_command_timer(center, &work->case_id);
        return;
    case SUBJECT_SHEET:
        center_sheet_timer(center, &work->case_id);
        return;
    case SUBJECT_CENTER:
    case SUBJECT_UNIT:
        return;
    }
}
