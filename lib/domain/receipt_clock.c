/* The clocks of a receipt. None is stored as such: each follows from the receipt's due times and facts, so
 * that a late, doubled or early look of the timer can change nothing that is not due. */
#include "domain/receipt_work.h"

#include <stddef.h>

#define NEVER INT64_MAX

int64_t receipt_due(const struct receipt_work *work, int64_t from_ms, struct span span)
{
    int64_t due = calendar_add(work->world->calendar, from_ms, span);
    return due == CALENDAR_NEVER ? 0 : due;
}

/* Until when reports are wanted: a mode's end; else the command's. */
static int64_t reports_end(const struct command *header)
{
    return header->kind == COMMAND_MODE ? header->mode_end_ms : header->expires_ms;
}

int64_t receipt_report_due(const struct receipt_work *work, int64_t from_ms)
{
    const struct command *header = work->header;
    if (header->kind == COMMAND_MODE && from_ms < header->mode_start_ms)
        from_ms = header->mode_start_ms;
    int64_t due = receipt_due(work, from_ms, header->report_interval);
    return due < reports_end(header) ? due : 0;
}

static int64_t limit(const struct receipt_work *work, enum receipt_event late, int64_t from_ms,
                     struct span span)
{
    return receipt_work_rule(work, late) ? receipt_due(work, from_ms, span) : 0;
}

void receipt_set_limits(struct receipt_work *work, int64_t from_ms)
{
    const struct command *header = work->header;
    struct receipt *receipt = &work->receipt;
    receipt->ack_due_ms = receipt_due(work, from_ms, header->ack_limit);
    if (!(receipt->flags & RECEIPT_CONTACTED))
        receipt->contact_due_ms = limit(work, RECEIPT_LATE_CONTACT, from_ms, header->contact_limit);
    if (receipt->state < RECEIPT_ON_SCENE)
        receipt->arrive_due_ms = limit(work, RECEIPT_LATE_ARRIVE, from_ms, header->arrive_limit);
    if (!receipt_done_met(work))
        receipt->done_due_ms = limit(work, RECEIPT_LATE_DONE, from_ms, header->done_limit);
    receipt->report_due_ms = !receipt_done_met(work) && receipt_work_rule(work, RECEIPT_LATE_REPORT)
                                 ? receipt_report_due(work, from_ms)
                                 : 0;
}

bool receipt_done_met(const struct receipt_work *work)
{
    const struct receipt *receipt = &work->receipt;
    if (receipt_final(work->header->kind, receipt->state))
        return true;
    /* where reports come again and again, only FINISH ends them */
    return work->traits->checked && receipt->state == RECEIPT_REPORTED && receipt->report_due_ms == 0 &&
           !(receipt->flags & RECEIPT_REWORK);
}

bool receipt_par_runs(const struct receipt_work *work)
{
    const struct receipt *receipt = &work->receipt;
    if (work->header->par_interval.unit == UNIT_NONE)
        return false;
    return receipt->state == RECEIPT_ON_SCENE ||
           (receipt->state == RECEIPT_REPORTED && work->traits->par_to_end && receipt->arrived_ms != 0);
}

/* ---- each clock: its next event and moment ---- */

typedef int64_t clock_due(const struct receipt_work *work, enum receipt_event *event);

static int64_t expire(const struct receipt_work *work, enum receipt_event *event)
{
    *event = RECEIPT_EXPIRE;
    return work->receipt.state == RECEIPT_DELIVERED ? work->header->expires_ms : NEVER;
}

/* A mode ends by itself: nothing more is wanted of who signed it. */
static int64_t mode_end(const struct receipt_work *work, enum receipt_event *event)
{
    *event = RECEIPT_FINISH;
    return work->header->kind == COMMAND_MODE && work->receipt.state == RECEIPT_ACKED
               ? work->header->mode_end_ms
               : NEVER;
}

/* The rung after the present one. Its moment is counted from the limit on, not from when the last rung was
 * called: a center that was down does not call later because of it. */
static int64_t call(const struct receipt_work *work, enum receipt_event *event)
{
    const struct calendar *calendar = work->world->calendar;
    const struct call_ladder *ladder = work->ladder;
    const struct receipt *receipt = &work->receipt;
    int rung = receipt->rung + RECEIPT_CHANNEL - 1;
    int64_t due = receipt->ack_due_ms;

    if (due == 0 || !receipt_work_unanswered(receipt))
        return NEVER;
    *event = RECEIPT_CHANNEL;
    if (rung < RECEIPT_CHANNEL)
        return due;
    *event = RECEIPT_DEPUTY;
    if (ladder->deputy.unit != UNIT_NONE) {
        due = calendar_add(calendar, due, ladder->deputy);
        if (rung < RECEIPT_DEPUTY)
            return due;
    }
    *event = RECEIPT_ABOVE;
    if (ladder->above.unit != UNIT_NONE) {
        due = calendar_add(calendar, due, ladder->above);
        if (rung < RECEIPT_ABOVE)
            return due;
    }
    *event = RECEIPT_REPEAT;
    if (receipt->repeats >= ladder->repeats_max)
        return NEVER;
    for (int i = 0; i <= receipt->repeats && due != NEVER; i++)
        due = calendar_add(calendar, due, ladder->repeat);
    return due;
}

static int64_t lapse(const struct receipt_work *work, enum receipt_event *event)
{
    const struct receipt *receipt = &work->receipt;
    *event = RECEIPT_LAPSE;
    if (receipt->state != RECEIPT_ACKED || !work->traits->lapses || receipt_work_unanswered(receipt) ||
        receipt->report_due_ms != 0) /* its reports are its progress */
        return NEVER;
    return calendar_add(work->world->calendar, receipt->last_ms, work->ladder->lapse);
}

/* A limit that passes once. */
static int64_t once(const struct receipt_work *work, int64_t due, uint32_t passed)
{
    return due != 0 && !(work->receipt.flags & passed) ? due : NEVER;
}

static int64_t late_contact(const struct receipt_work *work, enum receipt_event *event)
{
    *event = RECEIPT_LATE_CONTACT;
    return once(work, work->receipt.contact_due_ms, RECEIPT_OVERDUE_CONTACT | RECEIPT_CONTACTED);
}

static int64_t late_arrive(const struct receipt_work *work, enum receipt_event *event)
{
    *event = RECEIPT_LATE_ARRIVE;
    return once(work, work->receipt.arrive_due_ms, RECEIPT_OVERDUE_ARRIVE);
}

static int64_t late_done(const struct receipt_work *work, enum receipt_event *event)
{
    *event = RECEIPT_LATE_DONE;
    return receipt_done_met(work) ? NEVER : once(work, work->receipt.done_due_ms, RECEIPT_OVERDUE_DONE);
}

static int64_t late_report(const struct receipt_work *work, enum receipt_event *event)
{
    *event = RECEIPT_LATE_REPORT;
    return once(work, work->receipt.report_due_ms, 0);
}

static int64_t par(const struct receipt_work *work, enum receipt_event *event)
{
    *event = work->receipt.flags & RECEIPT_PAR_OPEN ? RECEIPT_PAR_MISSED : RECEIPT_PAR_CALL;
    return receipt_par_runs(work) ? once(work, work->receipt.par_due_ms, 0) : NEVER;
}

/* What ends a receipt goes before everything else that has become due meanwhile: after a long stop nobody is
 * called for what is over. */
static clock_due *const ends[] = {expire, mode_end};
static clock_due *const clocks[] = {call, lapse, late_contact, late_arrive, late_done, late_report, par};

static void earliest(const struct receipt_work *work, clock_due *const *list, size_t count,
                     enum receipt_event *event, int64_t *due_ms)
{
    for (size_t i = 0; i < count; i++) {
        enum receipt_event what = RECEIPT_EVENT_NONE;
        int64_t due = list[i](work, &what);
        if (due >= *due_ms || !receipt_work_rule(work, what))
            continue;
        *event = what;
        *due_ms = due;
    }
}

enum receipt_event receipt_next(const struct receipt_work *work, int64_t *due_ms)
{
    enum receipt_event event = RECEIPT_EVENT_NONE;
    *due_ms = NEVER;
    earliest(work, ends, sizeof ends / sizeof *ends, &event, due_ms);
    if (*due_ms > work->now_ms)
        earliest(work, clocks, sizeof clocks / sizeof *clocks, &event, due_ms);
    return event;
}
