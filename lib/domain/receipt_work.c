/* A receipt while one input is decided: the doorway of its state, its lamp, its next look. */
#include "domain/receipt_work.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

struct receipt_work receipt_work_begin(const struct command_world *world, const struct command_record *record,
                                       const struct receipt *receipt, int64_t now_ms)
{
    const struct command *header = &record->header;
    unsigned priority = (unsigned)header->priority;
    assert(priority < sizeof world->response->ladders / sizeof *world->response->ladders);
    return (struct receipt_work){.world = world,
                                 .record = record,
                                 .header = header,
                                 .ladder = &world->response->ladders[priority],
                                 .traits = receipt_traits(header->kind),
                                 .now_ms = now_ms,
                                 .receipt = *receipt};
}

const struct receipt_rule *receipt_work_rule(const struct receipt_work *work, enum receipt_event event)
{
    return receipt_rule(work->header->kind, work->receipt.state, event);
}

void receipt_work_enter(struct receipt_work *work, enum receipt_state to)
{
    struct receipt *receipt = &work->receipt;
    if (to == RECEIPT_NONE || to == receipt->state)
        return;
    assert(to > receipt->state);
    receipt->state = to;
    if (receipt_final(work->header->kind, to))
        receipt->ended_ms = work->now_ms;
}

bool receipt_work_unanswered(const struct receipt *receipt)
{
    return receipt->state == RECEIPT_DELIVERED || (receipt->flags & (RECEIPT_LAPSED | RECEIPT_UNSEEN));
}

void receipt_work_ask_again(struct receipt_work *work)
{
    work->receipt.rung = 0;
    work->receipt.repeats = 0;
    work->receipt.ack_due_ms = receipt_due(work, work->now_ms, work->header->ack_limit);
}

static bool is_over(enum receipt_state state)
{
    return receipt_final(COMMAND_NONE, state); /* whatever the kind */
}

/* Facts that mean something only while the work goes on. */
static void drop_stale_facts(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    if (is_over(receipt->state)) {
        receipt->flags &= ~(uint32_t)(RECEIPT_LAPSED | RECEIPT_REWORK);
        receipt->report_due_ms = 0;
        if (receipt->state != RECEIPT_CANCELLED)
            receipt->flags &= ~(uint32_t)RECEIPT_UNSEEN;
    }
    if (!receipt_par_runs(work)) {
        receipt->flags &= ~(uint32_t)(RECEIPT_PAR_OPEN | RECEIPT_PAR_LOST);
        receipt->par_due_ms = 0;
    }
    if (!receipt_work_unanswered(receipt)) {
        receipt->rung = 0;
        receipt->repeats = 0;
    }
}

/* Red = somebody must act now: nobody signs, somebody is late and has not made up for it, a person may be in
 * danger. That it was so once stays in the OVERDUE facts. */
static bool is_red(const struct receipt_work *work)
{
    const struct receipt *receipt = &work->receipt;
    if (receipt->rung > 0)
        return true;
    if (is_over(receipt->state))
        return false;
    return (receipt->flags & (RECEIPT_LAPSED | RECEIPT_OVERDUE_REPORT | RECEIPT_PAR_LOST)) ||
           ((receipt->flags & RECEIPT_OVERDUE_CONTACT) && !(receipt->flags & RECEIPT_CONTACTED)) ||
           ((receipt->flags & RECEIPT_OVERDUE_ARRIVE) && receipt->state < RECEIPT_ON_SCENE) ||
           ((receipt->flags & RECEIPT_OVERDUE_DONE) && !receipt_done_met(work));
}

static struct actor timer_of(const struct command_world *world)
{
    struct actor timer = {.user = "system:timer", .post = POST_TIMER};
    text_put(timer.center, sizeof timer.center, world->topology->centers[world->here].code);
    return timer;
}

void receipt_work_finish(struct receipt_work *work, enum receipt_event event, const struct actor *actor,
                         const char *text, struct receipt_change *change)
{
    struct receipt *receipt = &work->receipt;
    drop_stale_facts(work);
    receipt->flags &= ~(uint32_t)RECEIPT_RED;
    if (is_red(work))
        receipt->flags |= RECEIPT_RED;
    (void)receipt_next(work, &receipt->next_ms);
    *change = (struct receipt_change){.event = event,
                                      .actor = actor ? *actor : timer_of(work->world),
                                      .outcome = ERR_OK,
                                      .text = text,
                                      .after = *receipt};
}

bool receipt_unanswered(const struct receipt *receipt)
{
    return receipt_work_unanswered(receipt);
}
