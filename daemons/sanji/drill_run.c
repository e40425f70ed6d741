/* The loop of a drill: steps that are due are done, people answer, expectations are looked at. */
#include <string.h>

#include "base/clock.h"
#include "drill.h"

#define POLL_MS 50
#define EXPECT_MS 300 /* between two looks at what is expected */
#define FLUSH_MS 500

int64_t drill_now_ms(const struct drill *drill)
{
    return clock_now_ms(&drill->cli->site->clock) - drill->start_ms;
}

struct id drill_key(const struct drill *drill, const char *what, size_t a, size_t b)
{
    char text[256];
    snprintf(text, sizeof text, "drill %s %.100s %zu %zu", drill->run, what, a, b);
    return cli_key(text);
}

bool drill_not_now(enum err code)
{
    return code == ERR_NOT_NOW || code == ERR_UNREACHABLE || code == ERR_TIMEOUT || code == ERR_BUSY ||
           code == ERR_MUTE || code == ERR_LOCKED;
}

static void on_reply(void *ctx, uint64_t correlation, const struct reply *reply)
{
    struct drill *drill = ctx;
    if (correlation & DRILL_STEP_MARK)
        drill_step_replied(drill, (size_t)(correlation & ~DRILL_STEP_MARK), reply);
    else
        drill_person_replied(drill, (size_t)(uint32_t)correlation, (uint32_t)(correlation >> 32), reply);
}

/* False while the step that this one is about is under way; when it came to nothing, so does this one. */
static bool may_begin(struct drill *drill, size_t index)
{
    const struct drill_step *step = &drill->steps[index];
    if (step->of < 0)
        return true;
    const struct drill_step *of = &drill->steps[step->of];
    if (of->progress == STEP_FAILED || of->progress == STEP_SKIPPED)
        drill_step_end(drill, index, STEP_FAILED, ERR_STALE, of->name);
    return of->progress == STEP_DONE;
}

static void begin(struct drill *drill, size_t index)
{
    struct drill_step *step = &drill->steps[index];
    switch (step->action) {
    case DRILL_SAY:
        drill_step_end(drill, index, STEP_DONE, ERR_OK, "");
        return;
    case DRILL_ANSWER:
        drill_people_begin(drill, index);
        return;
    case DRILL_SHELL:
        drill_shell_start(drill, index);
        return;
    case DRILL_EXPECT:
        step->progress = STEP_ASKED;
        drill->next_expect_mono_ms = 0;
        return;
    case DRILL_ISSUE:
    case DRILL_ROLL_CALL:
    case DRILL_CAMPAIGN:
    case DRILL_NEXT:
    case DRILL_MODE:
    case DRILL_ACT:
    case DRILL_REPORT:
    case DRILL_CASE:
    case DRILL_UNIT:
        step->progress = STEP_ASKED;
        drill_do(drill, index);
        return;
    case DRILL_ACTIONS:
        return;
    }
}

static void go_on(struct drill *drill, size_t index, int64_t mono_ms)
{
    struct drill_step *step = &drill->steps[index];
    if (step->action == DRILL_SHELL)
        drill_shell_look(drill, index);
    else if (step->action == DRILL_EXPECT && mono_ms >= drill->next_expect_mono_ms)
        drill_expect_look(drill, index);
    else if (step->action != DRILL_EXPECT && mono_ms >= step->ask_again_mono_ms)
        drill_do(drill, index);
}

/* True while some step is to be begun or under way. */
static bool step_all(struct drill *drill)
{
    int64_t now_ms = drill_now_ms(drill), mono_ms = clock_mono_ms();
    bool more = false;
    for (size_t i = 0; i < drill->step_count; i++) {
        struct drill_step *step = &drill->steps[i];
        if (step->progress == STEP_WAITING && step->at_ms <= now_ms && may_begin(drill, i))
            begin(drill, i);
        else if (step->progress == STEP_ASKED)
            go_on(drill, i, mono_ms);
        more |= step->progress == STEP_WAITING || step->progress == STEP_ASKED;
    }
    if (mono_ms >= drill->next_expect_mono_ms)
        drill->next_expect_mono_ms = mono_ms + EXPECT_MS;
    return more;
}

/* Until the next step or answer is due, some milliseconds at most: the databases do not call. */
static int wait_ms(const struct drill *drill)
{
    int64_t next_ms = due_queue_next(drill->queue);
    for (size_t i = 0; i < drill->step_count; i++)
        if (drill->steps[i].progress == STEP_WAITING && drill->steps[i].at_ms < next_ms)
            next_ms = drill->steps[i].at_ms;
    if (next_ms == INT64_MAX)
        return POLL_MS;
    int64_t real_ms = clock_real_wait_ms(&drill->cli->site->clock, drill->start_ms + next_ms);
    return real_ms < POLL_MS ? (int)real_ms : POLL_MS;
}

void drill_run(struct drill *drill)
{
    struct id run = id_new(clock_wall_ms());
    id_format(&run, drill->run);
    drill->start_ms = clock_now_ms(&drill->cli->site->clock);
    drill->pool = ask_pool_new(drill->cli);
    drill->queue = due_queue_new();
    for (;;) {
        bool more = step_all(drill);
        if (!more && drill_now_ms(drill) >= drill->end_ms)
            break;
        drill_watch(drill);
        drill_watch_calls(drill);
        drill_people_due(drill);
        drill_people_again(drill);
        ask_pool_poll(drill->pool, wait_ms(drill), on_reply, drill);
        if (clock_mono_ms() >= drill->next_flush_mono_ms) {
            drill_flush(drill);
            drill->next_flush_mono_ms = clock_mono_ms() + FLUSH_MS;
        }
    }
    drill_flush(drill);
}
