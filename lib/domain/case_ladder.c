/* The escalation ladder (domain page, end of section 4): what the timer does with each clock whose moment has
 * come. Each clock takes at most one rung per firing, so that a jump of the clock cannot storm. */
#include "domain/case_work.h"

#include <assert.h>
#include <string.h>

typedef unsigned clock_set; /* bit per enum clock_kind */

const char *case_limit_zh(const struct case_record *record, enum clock_kind kind)
{
    static const char *const by_state[CASE_STATES] = {
        [CASE_REPORTED] = "受理时限",   [CASE_VERIFYING] = "核实时限", [CASE_FILED] = "派遣时限",
        [CASE_DISPATCHED] = "签收时限", [CASE_FEEDBACK] = "核查时限",  [CASE_DISPUTED] = "裁定时限",
    };
    static const char *const by_kind[CLOCK_KINDS] = {[CLOCK_STATE] = "复查期限",
                                                     [CLOCK_HANDLE] = "处置时限",
                                                     [CLOCK_SUPERVISE] = "督办回复时限",
                                                     [CLOCK_ASSIST] = "协办时限",
                                                     [CLOCK_LAPSE] = "进展时限"};
    assert((unsigned)kind < CLOCK_KINDS);
    return kind == CLOCK_STATE && by_state[record->state] ? by_state[record->state] : by_kind[kind];
}

static void fire_yellow(struct case_work *work, enum clock_kind kind)
{
    struct case_facts *facts = &work->record.facts;
    struct case_clock *clock = &facts->clocks[kind];
    bool unsigned_yet = kind == CLOCK_STATE && work->record.state == CASE_DISPATCHED;
    clock->rung = unsigned_yet ? RUNG_DEPUTY : RUNG_RED;
    clock->next_ms = clock->due_ms;
    facts->urges++;
    facts->flags |= FLAG_URGED;
    case_remark(case_emit(work, EVENT_URGE, VOICE_TIMER), "%s已用%u%%，黄灯催办",
                case_limit_zh(&work->record, kind), (unsigned)facts->policy.yellow_percent);
}

static int64_t after(const struct case_work *work, int64_t from_ms, struct span span)
{
    return span.unit == UNIT_NONE ? from_ms : calendar_add(work->world->calendar, from_ms, span);
}

static void fire_deputy(struct case_work *work, enum clock_kind kind)
{
    struct case_clock *clock = &work->record.facts.clocks[kind];
    clock->rung = RUNG_RED;
    clock->next_ms = after(work, clock->next_ms, work->record.facts.policy.deputy);
    case_remark(case_emit(work, EVENT_DEPUTY, VOICE_TIMER), "签收时限已过，通知备岗");
}

static void fire_red(struct case_work *work, enum clock_kind kind)
{
    struct case_facts *facts = &work->record.facts;
    struct case_clock *clock = &facts->clocks[kind];
    bool lapsed = (facts->flags & FLAG_LAPSED) && work->at_ms < clock->due_ms;
    facts->supervisions++;
    if (facts->policy.grace.unit == UNIT_NONE) {
        case_clock_push(work, kind, RUNG_REPEAT);
    } else {
        clock->rung = RUNG_CLIMB;
        clock->next_ms = after(work, clock->next_ms, facts->policy.grace);
    }
    struct case_change *change = case_emit(work, EVENT_SUPERVISE, VOICE_TIMER);
    if (lapsed)
        case_remark(change, "签收后无进展，红灯督办");
    else
        case_remark(change, "%s已过，红灯督办", case_limit_zh(&work->record, kind));
}

/* Suspended until its review date: the handling clock goes on with exactly what it had left. */
static void fire_review(struct case_work *work)
{
    case_enter(work, CASE_HANDLING);
    case_remark(case_emit(work, EVENT_RESUME, VOICE_TIMER), "到复查日期，自动恢复处置");
}

/* Closed: one urge when the call-back is due, the archive at its date. */
static void fire_closed(struct case_work *work)
{
    struct case_clock *clock = &work->record.facts.clocks[CLOCK_STATE];
    int64_t archive_ms = case_archive_ms(work);
    if (work->at_ms >= archive_ms) {
        case_enter(work, CASE_ARCHIVED);
        case_remark(case_emit(work, EVENT_ARCHIVE, VOICE_TIMER), "到期未回访，自动归档");
        return;
    }
    clock->rung = RUNG_RED;
    clock->next_ms = archive_ms;
    work->record.facts.urges++;
    case_remark(case_emit(work, EVENT_URGE, VOICE_TIMER), "回访时限已到，催办");
}

/* Signed, but nothing followed: the acknowledgement counts no more, and escalation starts at red. */
static void fire_lapse(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    enum clock_kind kind = case_clock_on_ladder(&work->record, CLOCK_HANDLE) ? CLOCK_HANDLE : CLOCK_STATE;
    case_clock_stop(work, CLOCK_LAPSE);
    facts->flags |= FLAG_LAPSED;
    if (case_clock_on_ladder(&work->record, kind) && facts->clocks[kind].rung < RUNG_CLIMB) {
        facts->clocks[kind].rung = RUNG_RED;
        facts->clocks[kind].next_ms = work->at_ms;
    }
    case_remark(case_emit(work, EVENT_LAPSE, VOICE_TIMER), "签收后在限期内无进展，签收失效");
}

static enum clock_kind first_of(clock_set clocks)
{
    enum clock_kind kind = CLOCK_STATE;
    while (kind < CLOCK_LAPSE && !(clocks & 1u << kind))
        kind++;
    return kind;
}

static void push(struct case_work *work, clock_set clocks, enum rung rung)
{
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        if (clocks & 1u << kind)
            case_clock_push(work, kind, rung);
}

static void fire_repeat(struct case_work *work, clock_set clocks)
{
    struct case_facts *facts = &work->record.facts;
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        if ((clocks & 1u << kind) && facts->clocks[kind].repeats < UINT8_MAX)
            facts->clocks[kind].repeats++;
    push(work, clocks, RUNG_REPEAT);
    facts->supervisions++;
    case_remark(case_emit(work, EVENT_SUPERVISE, VOICE_TIMER), "%s已过，再次督办",
                case_limit_zh(&work->record, first_of(clocks)));
}

static void fire_standing(struct case_work *work, clock_set clocks)
{
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        if (clocks & 1u << kind)
            work->record.facts.clocks[kind].next_ms = INT64_MAX;
    case_remark(case_emit(work, EVENT_STANDING, VOICE_TIMER), "提醒次数已用完，红灯常亮，待人处理");
}

/* The link to the center above is down: the case waits, and the alarms here grow louder. */
static void climb_later(struct case_work *work, clock_set clocks, const char *limit)
{
    struct case_facts *facts = &work->record.facts;
    if ((facts->flags & FLAG_CLIMB_PENDING) && (facts->flags & FLAG_LEADER)) {
        fire_repeat(work, clocks);
        return;
    }
    push(work, clocks, RUNG_CLIMB);
    if (!(facts->flags & FLAG_CLIMB_PENDING))
        case_remark(case_offer_up(work, EVENT_CLIMB_PENDING, VOICE_TIMER), "%s已过宽限，与上级断线，待升级",
                    limit);
    case_alarm_leader(work, "待升级而与上级断线，报本中心领导");
}

/* An offer that already stands is made anew with its own cause, except one downwards: what is overdue goes
 * up. */
static void climb(struct case_work *work, const char *limit)
{
    struct case_facts *facts = &work->record.facts;
    const struct center *parent = &work->world->topology->centers[case_parent(work)];
    bool stands =
        facts->offer_why != EVENT_NONE && (!facts->offer_to[0] || strcmp(facts->offer_to, parent->code) == 0);
    if (!stands)
        facts->transfer_to[0] = '\0';
    enum case_event why = stands ? facts->offer_why : EVENT_CLIMB_PENDING;
    case_remark(case_offer_up(work, why, VOICE_TIMER), "%s已过宽限，超期升级至上级中心%s", limit,
                parent->name);
}

static void fire_climb(struct case_work *work, clock_set clocks)
{
    const char *limit = case_limit_zh(&work->record, first_of(clocks));
    if (case_parent(work) < 0) {
        push(work, clocks, RUNG_REPEAT);
        work->record.facts.flags |= FLAG_LEADER;
        case_remark(case_emit(work, EVENT_LEADER, VOICE_TIMER), "%s已过宽限，报领导", limit);
    } else if (work->world->parent_up) {
        climb(work, limit);
    } else {
        climb_later(work, clocks, limit);
    }
}

/* Repeats below the root are those of a pending climb: they end when the link is back. */
static bool may_climb_now(const struct case_work *work)
{
    return case_parent(work) >= 0 && work->world->parent_up &&
           work->record.facts.policy.grace.unit != UNIT_NONE;
}

static void fire_one(struct case_work *work, enum clock_kind kind, enum rung rung)
{
    switch (rung) {
    case RUNG_YELLOW:
        fire_yellow(work, kind);
        return;
    case RUNG_DEPUTY:
        fire_deputy(work, kind);
        return;
    case RUNG_RED:
        fire_red(work, kind);
        return;
    case RUNG_CLIMB:
    case RUNG_REPEAT:
    case RUNG_STANDING:
        return; /* several clocks take these together: one climb, one order */
    }
}

enum err case_timer(const struct case_world *world, const struct case_record *record, int64_t now_ms,
                    struct case_result *result)
{
    struct case_work work;
    clock_set sets[RUNG_STANDING + 1] = {0}, dates = 0;
    case_work_begin(&work, world, record, now_ms, result);
    if (strcmp(record->owner, case_here(&work)) != 0)
        return ERR_OK;
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++) {
        const struct case_clock *clock = &record->facts.clocks[kind];
        if (clock->run != CLOCK_RUNNING || clock->next_ms > now_ms)
            continue;
        if (case_clock_on_ladder(record, kind))
            sets[clock->rung] |= 1u << kind;
        else
            dates |= 1u << kind;
    }
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        for (enum rung rung = RUNG_YELLOW; rung < RUNG_CLIMB; rung++)
            if (sets[rung] & 1u << kind)
                fire_one(&work, kind, rung);
    if (may_climb_now(&work)) {
        sets[RUNG_CLIMB] |= sets[RUNG_REPEAT] | sets[RUNG_STANDING];
        sets[RUNG_REPEAT] = sets[RUNG_STANDING] = 0;
    }
    if (sets[RUNG_CLIMB])
        fire_climb(&work, sets[RUNG_CLIMB]);
    if (sets[RUNG_REPEAT])
        fire_repeat(&work, sets[RUNG_REPEAT]);
    if (sets[RUNG_STANDING])
        fire_standing(&work, sets[RUNG_STANDING]);
    if (dates & 1u << CLOCK_LAPSE)
        fire_lapse(&work);
    if (dates & 1u << CLOCK_STATE)
        record->state == CASE_SUSPENDED ? fire_review(&work) : fire_closed(&work);
    return ERR_OK;
}
