/* The loop of a replay: rows and acts that are due go out, answers come in, the root's journal tells what
 * happened. */
#include <string.h>

#include "base/clock.h"
#include "cmd_replay.h"
#include "store/store_read_tail.h"

#define TAIL_ROWS 1000
#define TAIL_BUSY_MS 10                       /* between two looks while events come */
#define TAIL_IDLE_MS 40                       /* and while none do */
#define REOPEN_MS 500                         /* the root's database is away */
#define SURVEY_MS 500                         /* between two looks at all cases: is it over, does it hang? */
#define REPORTS_ROOM (REPLAY_FLIGHTS_MAX / 2) /* acts always find room */

struct drive {
    struct replay *replay;
    int64_t next_tail_mono_ms, next_survey_mono_ms, next_open_mono_ms;
    bool over;
};

/* ---- what is due ---- */

/* When the row is to be reported, in the tree's time. */
static int64_t row_due(const struct replay *replay, const struct replay_case *c)
{
    int64_t first_ms = replay->cases[0].at_ms;
    return replay->speed == 0 ? INT64_MIN : first_ms + (c->at_ms - first_ms) / replay->speed;
}

static void report_due(struct replay *replay, int64_t now_ms)
{
    while (replay->next_row < replay->case_count && replay->flight_count < REPORTS_ROOM &&
           row_due(replay, &replay->cases[replay->next_row]) <= now_ms)
        replay_report(replay, (int32_t)replay->next_row++);
}

static void act_due(struct replay *replay, int64_t now_ms)
{
    int32_t index;
    uint32_t plan;
    struct replay_act act;
    while (replay->flight_count < REPLAY_FLIGHTS_MAX &&
           due_queue_due(replay->queue, now_ms, &index, &plan)) {
        struct replay_case *c = &replay->cases[index];
        if (c->plan != plan || c->flight.active || !replay_plan(replay, c, &act))
            continue;
        c->plan_ms = INT64_MAX;
        replay_act_send(replay, index, &act);
    }
}

/* Until the next row or act is due, a few milliseconds at most: the journal does not call. */
static int wait_ms(const struct replay *replay)
{
    int64_t next_ms = due_queue_next(replay->queue);
    if (replay->next_row < replay->case_count && replay->flight_count < REPORTS_ROOM &&
        row_due(replay, &replay->cases[replay->next_row]) < next_ms)
        next_ms = row_due(replay, &replay->cases[replay->next_row]);
    int64_t real_ms = next_ms == INT64_MAX   ? TAIL_BUSY_MS
                      : next_ms == INT64_MIN ? 0
                                             : clock_real_wait_ms(&replay->site->clock, next_ms);
    return real_ms < TAIL_BUSY_MS ? (int)real_ms : TAIL_BUSY_MS;
}

/* ---- the root's journal ---- */

struct tailing {
    struct replay *replay;
    int64_t rows;
};

static bool on_entry(void *ctx, const struct entry *entry)
{
    struct tailing *tailing = ctx;
    tailing->rows++;
    tailing->replay->tail_lsn = entry->lsn;
    if (replay_case_entry(tailing->replay, entry))
        tailing->replay->progress_mono_ms = clock_mono_ms();
    return true;
}

static bool on_log(void *ctx, const struct entry *entry)
{
    replay_case_entry(ctx, entry);
    return true;
}

/* Cases of which something was missed: their logs as a whole. */
static enum err read_stale(struct replay *replay, struct fault *fault)
{
    enum err err = ERR_OK;
    while (err == ERR_OK && replay->stale_count > 0) {
        struct replay_case *c = &replay->cases[replay->stale[replay->stale_count - 1]];
        err = store_read_log(replay->reader, &c->case_id, on_log, replay, fault);
        if (err != ERR_OK)
            break;
        c->stale = false;
        replay->stale_count--;
    }
    return err;
}

static enum err open_root(struct replay *replay, struct fault *fault)
{
    struct store_center center;
    enum err err = store_reader_open(replay->root->read_database, &replay->reader, fault);
    if (err == ERR_OK && replay->tail_lsn < 0) {
        err = store_read_center(replay->reader, &center, fault);
        replay->tail_lsn = err == ERR_OK ? center.last_lsn : -1;
    }
    return err;
}

/* One window of the journal. A database that is away is opened again until it is back: what was written
 * meanwhile is still there. */
static void tail(struct drive *drive)
{
    struct replay *replay = drive->replay;
    struct tailing tailing = {.replay = replay};
    struct fault fault = {.code = ERR_OK};
    int64_t mono_ms = clock_mono_ms();
    if (mono_ms < drive->next_tail_mono_ms || mono_ms < drive->next_open_mono_ms)
        return;
    enum err err = replay->reader ? ERR_OK : open_root(replay, &fault);
    if (err == ERR_OK)
        err = store_read_tail(replay->reader, replay->tail_lsn, TAIL_ROWS, on_entry, &tailing, &fault);
    if (err == ERR_OK)
        err = read_stale(replay, &fault);
    if (err != ERR_OK) {
        store_reader_close(&replay->reader);
        drive->next_open_mono_ms = mono_ms + REOPEN_MS;
    }
    drive->next_tail_mono_ms = mono_ms + (tailing.rows >= TAIL_ROWS ? 0
                                          : tailing.rows            ? TAIL_BUSY_MS
                                                                    : TAIL_IDLE_MS);
}

/* ---- is it over? ---- */

/* Nobody acts on it: it is over when it has come all the way up and stands red. */
static bool is_at_the_top(const struct replay *replay, const struct replay_case *c)
{
    return c->manner == MANNER_SILENT && c->view.no > 0 && c->view.owner >= 0 &&
           replay->world->topology->centers[c->view.owner].parent < 0 &&
           (c->view.flags & (FLAG_LEADER | FLAG_STANDING));
}

static void survey(struct drive *drive, int64_t now_ms)
{
    struct replay *replay = drive->replay;
    int64_t mono_ms = clock_mono_ms();
    bool waits = replay->next_row < replay->case_count, expects = waits;
    if (mono_ms < drive->next_survey_mono_ms)
        return;
    drive->next_survey_mono_ms = mono_ms + SURVEY_MS;
    for (size_t i = 0; i < replay->next_row && !(waits && expects); i++) {
        const struct replay_case *c = &replay->cases[i];
        if (c->refused || replay_state_final(c->view.state) || is_at_the_top(replay, c))
            continue;
        waits = true;
        expects |= c->plan_ms != INT64_MAX && c->plan_ms > now_ms;
        expects |= c->view.no > 0 && c->view.next_timer_ms != INT64_MAX && c->view.next_timer_ms > now_ms;
    }
    drive->over = !waits && replay->flight_count == 0;
    replay->hangs = !drive->over && !expects && mono_ms - replay->progress_mono_ms > replay->wait_ms;
}

enum err replay_drive(struct replay *replay, struct fault *fault)
{
    struct drive drive = {.replay = replay};
    enum err err = open_root(replay, fault);
    if (err != ERR_OK)
        return err;
    replay->progress_mono_ms = replay->started_mono_ms = clock_mono_ms();
    replay->started_ms = clock_now_ms(&replay->site->clock);
    while (!drive.over && !replay->hangs) {
        int64_t now_ms = clock_now_ms(&replay->site->clock);
        report_due(replay, now_ms);
        act_due(replay, now_ms);
        replay_flights_again(replay);
        ask_pool_poll(replay->pool, wait_ms(replay), replay_on_reply, replay);
        tail(&drive);
        survey(&drive, now_ms);
        replay_tell_progress(replay, false);
    }
    replay_tell_progress(replay, true);
    return ERR_OK;
}
