/* A command arrives at a recipient's center, and its later events: the receipt follows the header. */
#include "domain/receipt_work.h"

#include <string.h>

#include "base/text.h"

/* ---- arrival ---- */

/* What a new receipt begins with: the order, or what has become of it meanwhile. */
static enum receipt_event arrival(const struct command_record *record, int64_t now_ms)
{
    switch (record->ended) {
    case COMMAND_CANCEL:
        return RECEIPT_CANCEL;
    case COMMAND_SUPERSEDE:
        return RECEIPT_SUPERSEDE;
    case COMMAND_STAND_DOWN:
        return RECEIPT_STAND_DOWN;
    case COMMAND_EVENT_NONE:
    case COMMAND_ISSUE:
    case COMMAND_UPDATE:
    case COMMAND_CHECK:
    case COMMAND_RENEW:
    case COMMAND_EVENTS:
        break;
    }
    return now_ms >= record->header.expires_ms ? RECEIPT_EXPIRE : RECEIPT_DELIVER;
}

void receipt_deliver(const struct command_world *world, const struct command_record *record,
                     const struct recipient *recipient, int64_t now_ms, struct receipt_change *change)
{
    struct receipt fresh = {.state = RECEIPT_NONE, .next_ms = INT64_MAX};
    text_put(fresh.name, sizeof fresh.name, recipient->name);
    struct receipt_work work = receipt_work_begin(world, record, &fresh, now_ms);
    enum receipt_event event = arrival(record, now_ms);
    const struct receipt_rule *rule = receipt_work_rule(&work, event);
    receipt_work_enter(&work, rule->to);
    if (event == RECEIPT_DELIVER) {
        int64_t effective = record->header.effective_ms;
        work.receipt.delivered_ms = now_ms;
        receipt_set_limits(&work, effective > now_ms ? effective : now_ms);
    }
    if (event == RECEIPT_EXPIRE)
        work.receipt.flags |= RECEIPT_NOT_DELIVERED;
    receipt_work_finish(&work, event, NULL, NULL, change);
}

/* ---- later events ---- */

/* Limits begin again from now; what was missed under the old ones stands in the history. */
static void follow_update(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    receipt->flags &= ~(uint32_t)(RECEIPT_OVERDUE_REPORT | RECEIPT_LAPSED);
    if (!(receipt->flags & RECEIPT_CONTACTED))
        receipt->flags &= ~(uint32_t)RECEIPT_OVERDUE_CONTACT;
    if (receipt->state < RECEIPT_ON_SCENE)
        receipt->flags &= ~(uint32_t)RECEIPT_OVERDUE_ARRIVE;
    if (!receipt_done_met(work))
        receipt->flags &= ~(uint32_t)RECEIPT_OVERDUE_DONE;
    receipt_set_limits(work, work->now_ms);
    receipt_work_ask_again(work);
    if (receipt->state != RECEIPT_DELIVERED)
        receipt->flags |= RECEIPT_UNSEEN;
    if (receipt_par_runs(work) && receipt->par_due_ms == 0 && !(receipt->flags & RECEIPT_PAR_LOST))
        receipt->par_due_ms = receipt_due(work, work->now_ms, work->header->par_interval);
}

static void follow_check(struct receipt_work *work, const struct command *event)
{
    struct receipt *receipt = &work->receipt;
    if (event->score > 0)
        receipt->score = (uint8_t)event->score;
    if (event->passed)
        return;
    receipt->flags |= RECEIPT_REWORK | RECEIPT_UNSEEN;
    receipt->flags &= ~(uint32_t)RECEIPT_OVERDUE_DONE;
    receipt_set_limits(work, work->now_ms);
    receipt_work_ask_again(work);
}

static void follow_cancel(struct receipt_work *work)
{
    work->receipt.flags |= RECEIPT_UNSEEN;
    receipt_work_ask_again(work);
}

/* What an event of the header is for this receipt; NONE = nothing. */
static enum receipt_event event_for(const struct command *event, const struct receipt *receipt)
{
    switch (event->event) {
    case COMMAND_UPDATE:
        return RECEIPT_UPDATED;
    case COMMAND_CANCEL:
        return RECEIPT_CANCEL;
    case COMMAND_SUPERSEDE:
        return RECEIPT_SUPERSEDE;
    case COMMAND_STAND_DOWN:
        return RECEIPT_STAND_DOWN;
    case COMMAND_CHECK:
        if (strcmp(event->recipient, receipt->name) != 0)
            return RECEIPT_EVENT_NONE;
        return event->passed ? RECEIPT_CHECK_OK : RECEIPT_CHECK_FAIL;
    case COMMAND_EVENT_NONE:
    case COMMAND_ISSUE:
    case COMMAND_RENEW:
    case COMMAND_EVENTS:
        break;
    }
    return RECEIPT_EVENT_NONE;
}

bool receipt_follow(const struct command_world *world, const struct command_record *record,
                    const struct command *event, const struct receipt *receipt, int64_t now_ms,
                    struct receipt_change *change)
{
    struct receipt_work work = receipt_work_begin(world, record, receipt, now_ms);
    enum receipt_event what = event_for(event, receipt);
    const struct receipt_rule *rule = receipt_work_rule(&work, what);
    if (!rule)
        return false;
    receipt_work_enter(&work, rule->to);
    if (what == RECEIPT_UPDATED)
        follow_update(&work);
    else if (what == RECEIPT_CANCEL)
        follow_cancel(&work);
    else if (what == RECEIPT_CHECK_OK || what == RECEIPT_CHECK_FAIL)
        follow_check(&work, event);
    receipt_work_finish(&work, what, &event->actor, event->reason, change);
    return true;
}

bool receipt_relieve(const struct command_world *world, const struct command_record *record,
                     const struct receipt *receipt, const char *why, int64_t now_ms,
                     struct receipt_change *change)
{
    struct receipt_work work = receipt_work_begin(world, record, receipt, now_ms);
    const struct receipt_rule *rule = receipt_work_rule(&work, RECEIPT_RELIEVED);
    if (!rule)
        return false;
    bool was_signed = receipt->state != RECEIPT_DELIVERED;
    receipt_work_enter(&work, rule->to);
    if (was_signed) /* who is on his way must learn that he is not awaited */
        follow_cancel(&work);
    receipt_work_finish(&work, RECEIPT_RELIEVED, NULL, why, change);
    return true;
}
