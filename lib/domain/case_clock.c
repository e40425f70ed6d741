/* The clocks of a case: milliseconds of one flow of time each, so that a pause gives back exactly what was
 * left. */
#include "domain/case_work.h"

#include <assert.h>

static struct case_clock *clock_of(struct case_work *work, enum clock_kind kind)
{
    assert((unsigned)kind < CLOCK_KINDS);
    return &work->record.facts.clocks[kind];
}

struct span case_repeat(const struct case_record *record)
{
    struct span repeat = record->facts.policy.repeat;
    return repeat.unit == UNIT_NONE ? (struct span){UNIT_NATURAL_DAY, 1} : repeat;
}

struct span case_review(const struct case_record *record)
{
    struct span review = record->facts.policy.review;
    return review.unit == UNIT_NONE ? (struct span){UNIT_NATURAL_DAY, CASE_REVIEW_DAYS} : review;
}

bool case_clock_on_ladder(const struct case_record *record, enum clock_kind kind)
{
    if (record->facts.clocks[kind].run != CLOCK_RUNNING || kind == CLOCK_LAPSE)
        return false;
    if (kind != CLOCK_STATE)
        return true;
    return case_state_open(record->state) && record->state != CASE_SUSPENDED;
}

/* What comes when the limit itself has passed: an unsigned dispatch calls the deputy first. */
static enum rung passed_rung(const struct case_record *record, enum clock_kind kind)
{
    return kind == CLOCK_STATE && record->state == CASE_DISPATCHED ? RUNG_DEPUTY : RUNG_RED;
}

/* The moment at which yellow_percent of the whole limit is used up; the run's start when it was before. */
static int64_t yellow_ms(const struct case_work *work, const struct case_clock *clock)
{
    int64_t left_ms = clock->limit_ms * (100 - work->record.facts.policy.yellow_percent) / 100;
    if (clock->remain_ms <= left_ms)
        return clock->since_ms;
    return calendar_add_ms(work->world->calendar, clock->since_ms, clock->unit, clock->remain_ms - left_ms);
}

void case_clock_rearm(struct case_work *work, enum clock_kind kind)
{
    struct case_clock *clock = clock_of(work, kind);
    enum rung passed = passed_rung(&work->record, kind);

    if (kind == CLOCK_LAPSE) {
        clock->next_ms = clock->due_ms; /* it has one step only */
        return;
    }
    int64_t yellow = yellow_ms(work, clock);
    if ((work->record.facts.flags & FLAG_LAPSED) && clock->rung >= RUNG_RED)
        return; /* an escalation that a lapse began does not wait for the limit */
    if (work->at_ms < yellow || clock->rung == RUNG_YELLOW) {
        clock->rung = RUNG_YELLOW;
        clock->next_ms = yellow;
    } else if (work->at_ms < clock->due_ms || clock->rung == passed) {
        clock->rung = passed;
        clock->next_ms = clock->due_ms;
    } else {
        return;
    }
    clock->repeats = 0;
}

void case_clock_start_flow(struct case_work *work, enum clock_kind kind, enum time_unit unit,
                           int64_t limit_ms)
{
    struct case_clock *clock = clock_of(work, kind);
    case_clock_stop(work, kind);
    if (unit == UNIT_NONE)
        return;
    clock->run = CLOCK_RUNNING;
    clock->unit = unit;
    clock->start_ms = clock->since_ms = work->at_ms;
    clock->limit_ms = clock->remain_ms = limit_ms;
    clock->due_ms = clock->first_due_ms = calendar_add_ms(work->world->calendar, work->at_ms, unit, limit_ms);
    case_clock_rearm(work, kind);
}

void case_clock_start(struct case_work *work, enum clock_kind kind, struct span span)
{
    case_clock_start_flow(work, kind, span.unit,
                          span.unit == UNIT_NONE ? 0 : calendar_span_ms(work->world->calendar, span));
}

void case_clock_stop(struct case_work *work, enum clock_kind kind)
{
    *clock_of(work, kind) = (struct case_clock){.next_ms = INT64_MAX};
}

void case_clock_date(struct case_work *work, enum clock_kind kind, int64_t due_ms)
{
    struct case_clock *clock = clock_of(work, kind);
    *clock = (struct case_clock){.run = CLOCK_RUNNING,
                                 .unit = UNIT_NATURAL_DAY,
                                 .start_ms = work->at_ms,
                                 .since_ms = work->at_ms,
                                 .due_ms = due_ms,
                                 .first_due_ms = due_ms,
                                 .next_ms = due_ms};
}

void case_clock_pause(struct case_work *work, enum clock_kind kind)
{
    struct case_clock *clock = clock_of(work, kind);
    if (clock->run != CLOCK_RUNNING)
        return;
    int64_t used_ms = calendar_between(work->world->calendar, clock->since_ms, work->at_ms, clock->unit);
    clock->remain_ms = clock->remain_ms > used_ms ? clock->remain_ms - used_ms : 0;
    clock->run = CLOCK_PAUSED;
    clock->next_ms = INT64_MAX;
}

void case_clock_resume(struct case_work *work, enum clock_kind kind)
{
    struct case_clock *clock = clock_of(work, kind);
    if (clock->run != CLOCK_PAUSED)
        return;
    clock->run = CLOCK_RUNNING;
    clock->since_ms = work->at_ms;
    clock->due_ms = calendar_add_ms(work->world->calendar, work->at_ms, clock->unit, clock->remain_ms);
    case_clock_rearm(work, kind);
    if (clock->rung >= RUNG_CLIMB)
        case_clock_dwell(work, kind);
    assert(clock->next_ms != INT64_MAX || clock->due_ms == CALENDAR_NEVER);
}

int64_t case_clock_gain(const struct case_work *work, enum clock_kind kind, struct span span)
{
    const struct case_clock *clock = &work->record.facts.clocks[kind];
    const struct calendar *calendar = work->world->calendar;
    if (clock->due_ms == CALENDAR_NEVER)
        return 0;
    int64_t due_ms = calendar_add(calendar, clock->due_ms, span);
    if (due_ms == CALENDAR_NEVER)
        return CALENDAR_NEVER;
    return calendar_between(calendar, clock->due_ms, due_ms, clock->unit);
}

void case_clock_extend(struct case_work *work, enum clock_kind kind, struct span span)
{
    struct case_clock *clock = clock_of(work, kind);
    int64_t more_ms = case_clock_gain(work, kind, span);
    assert(clock->run == CLOCK_RUNNING);
    if (clock->due_ms == CALENDAR_NEVER || more_ms == CALENDAR_NEVER)
        return;
    clock->due_ms = calendar_add(work->world->calendar, clock->due_ms, span);
    clock->remain_ms += more_ms;
    clock->limit_ms += more_ms;
    case_clock_rearm(work, kind);
}

void case_clock_recalculate(struct case_work *work, enum clock_kind kind)
{
    struct case_clock *clock = clock_of(work, kind);
    if (!case_clock_on_ladder(&work->record, kind) && kind != CLOCK_LAPSE)
        return; /* review, call-back and archive dates stand as they were promised */
    if (clock->run != CLOCK_RUNNING)
        return;
    clock->due_ms = calendar_add_ms(work->world->calendar, clock->since_ms, clock->unit, clock->remain_ms);
    case_clock_rearm(work, kind);
}

void case_clock_dwell(struct case_work *work, enum clock_kind kind)
{
    struct case_clock *clock = clock_of(work, kind);
    const struct policy *policy = &work->record.facts.policy;
    bool climbs = policy->grace.unit != UNIT_NONE;
    struct span wait = policy->dwell.unit != UNIT_NONE ? policy->dwell : case_repeat(&work->record);
    clock->rung = climbs ? RUNG_CLIMB : RUNG_REPEAT;
    clock->repeats = 0;
    clock->next_ms =
        calendar_add(work->world->calendar, work->at_ms, climbs ? wait : case_repeat(&work->record));
}

bool case_clock_passed(const struct case_work *work, enum clock_kind kind)
{
    const struct case_clock *clock = &work->record.facts.clocks[kind];
    switch (clock->run) {
    case CLOCK_RUNNING:
        return work->at_ms >= clock->due_ms;
    case CLOCK_PAUSED:
        return clock->remain_ms == 0;
    case CLOCK_STOPPED:
        return false;
    }
    return false;
}

void case_clock_push(struct case_work *work, enum clock_kind kind, enum rung rung)
{
    struct case_clock *clock = clock_of(work, kind);
    bool used_up = rung == RUNG_REPEAT && clock->repeats >= work->record.facts.policy.repeats_max;
    clock->rung = used_up ? RUNG_STANDING : rung;
    clock->next_ms = calendar_add(work->world->calendar, work->at_ms, case_repeat(&work->record));
}
