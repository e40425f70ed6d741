/* The working copy of a record: how a change is written down, and what entering a state does to the clocks.
 */
#include "domain/case_work.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void case_work_begin(struct case_work *work, const struct case_world *world, const struct case_record *record,
                     int64_t now_ms, struct case_result *result)
{
    assert(world->here >= 0 && (size_t)world->here < world->topology->center_count);
    *work = (struct case_work){.world = world, .result = result, .record = *record, .before = record->state};
    work->at_ms = now_ms > record->last_ms ? now_ms : record->last_ms + 1;
    result->count = 0;
}

const char *case_here(const struct case_work *work)
{
    return work->world->topology->centers[work->world->here].code;
}

int32_t case_parent(const struct case_work *work)
{
    return work->world->topology->centers[work->world->here].parent;
}

static enum lamp lamp_of(const struct case_record *record)
{
    const struct case_facts *facts = &record->facts;
    enum lamp lamp = facts->flags & (FLAG_LAPSED | FLAG_STANDING) ? LAMP_RED : LAMP_GREEN;
    for (int kind = 0; kind < CLOCK_KINDS && lamp != LAMP_RED; kind++) {
        enum rung rung = facts->clocks[kind].rung;
        if (case_clock_on_ladder(record, (enum clock_kind)kind) && rung >= RUNG_CLIMB)
            lamp = LAMP_RED;
        else if (facts->clocks[kind].run == CLOCK_RUNNING && rung > RUNG_YELLOW)
            lamp = LAMP_YELLOW;
    }
    return lamp;
}

/* Flags that follow from the clocks are derived, so that no act can forget them. */
static void derive(struct case_record *record)
{
    struct case_facts *facts = &record->facts;
    bool alarmed = false, standing = false;
    for (int kind = 0; kind < CLOCK_KINDS; kind++) {
        const struct case_clock *clock = &facts->clocks[kind];
        if (!case_clock_on_ladder(record, (enum clock_kind)kind) || clock->rung < RUNG_CLIMB)
            continue;
        alarmed = true;
        standing |= clock->rung == RUNG_STANDING && clock->next_ms == INT64_MAX;
    }
    facts->flags &= ~(uint32_t)(alarmed ? FLAG_STANDING : FLAG_STANDING | FLAG_LEADER);
    facts->flags |= standing ? FLAG_STANDING : 0u;
    if (facts->offer_why != EVENT_NONE && !case_cause_holds(record, facts->offer_why))
        case_drop_offer(facts);
    facts->flags &= ~(uint32_t)FLAG_OFFERED;
    facts->flags |= facts->offer_to[0] ? FLAG_OFFERED : 0u;
    facts->lamp = lamp_of(record);
}

/* No open case is without a timer, whatever limits the catalogue leaves open. */
static void ensure_timer(struct case_work *work)
{
    const struct case_record *record = &work->record;
    if (!case_state_open(record->state) || case_next_timer(record) != INT64_MAX ||
        (record->facts.flags & FLAG_STANDING))
        return;
    case_clock_start(work, CLOCK_STATE, case_review(record));
}

static struct actor voice_actor(const struct case_work *work, enum voice voice)
{
    static const struct actor actors[] = {
        [VOICE_AUTO] = {.user = "system:auto", .post = POST_SYSTEM},
        [VOICE_CHECK] = {.user = "system:check", .post = POST_SYSTEM},
        [VOICE_TIMER] = {.user = "system:timer", .post = POST_TIMER},
    };
    if (voice == VOICE_PERSON)
        return work->input->actor;
    struct actor actor = actors[voice];
    text_put(actor.center, sizeof actor.center, case_here(work));
    return actor;
}

struct case_change *case_emit(struct case_work *work, enum case_event event, enum voice voice)
{
    struct case_record *record = &work->record;
    struct case_result *result = work->result;
    assert(result->count < CASE_CHANGES_MAX);
    assert(case_rule_allows(work->before, event, record->state));

    derive(record);
    ensure_timer(work);
    record->last_no++;
    record->last_ms = work->at_ms++;
    struct case_change *change = &result->changes[result->count];
    *change = (struct case_change){.event = event,
                                   .actor = voice_actor(work, voice),
                                   .outcome = ERR_OK,
                                   .before = work->before,
                                   .after = *record};
    if (work->input && result->count == 0) {
        change->key = work->input->key;
        change->content = &work->input->content;
    }
    result->count++;
    work->before = record->state;
    return change;
}

void case_remark(struct case_change *change, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(change->note, sizeof change->note, fmt, args);
    va_end(args);
    assert(wanted >= 0 && (size_t)wanted < sizeof change->note); /* made of our own bounded names */
}

void case_target(struct case_change *change, const char *target)
{
    text_put(change->target, sizeof change->target, target);
}

void case_freeze(struct case_work *work)
{
    const struct catalogue *catalogue = work->world->catalogue;
    const struct item *item = catalogue_item(catalogue, work->record.item);
    struct case_facts *facts = &work->record.facts;
    if (!item)
        return;
    facts->limits = item->limits;
    facts->policy = *catalogue_policy(catalogue, item, work->world->mode);
    if (work->world->fast_lane && facts->policy.grace.unit != UNIT_NONE)
        facts->policy.grace = (struct span){UNIT_URGENT_HOUR, 0};
    facts->mode = work->world->mode;
    facts->catalogue_version = catalogue->version;
    facts->calendar_version = work->world->calendar->version;
    facts->item_rules = (uint8_t)((item->settle_allowed ? ITEM_RULE_SETTLE : 0) |
                                  (item->auto_check ? ITEM_RULE_AUTO_CHECK : 0) |
                                  (item->suspend_allowed ? ITEM_RULE_SUSPEND : 0) |
                                  (item->close_by_leader ? ITEM_RULE_CLOSE_BY_LEADER : 0) |
                                  (item->before_photo ? ITEM_RULE_BEFORE_PHOTO : 0) |
                                  (item->after_photo ? ITEM_RULE_AFTER_PHOTO : 0));
}

static struct span state_limit(const struct case_facts *facts, enum case_state state)
{
    static const struct span none = {UNIT_NONE, 0};
    switch (state) {
    case CASE_REPORTED:
        return facts->limits.accept;
    case CASE_VERIFYING:
        return facts->limits.verify;
    case CASE_FILED:
        return facts->limits.dispatch;
    case CASE_DISPATCHED:
        return facts->limits.sign;
    case CASE_FEEDBACK:
        return facts->limits.check;
    case CASE_DISPUTED:
        return facts->limits.ruling;
    case CASE_HANDLING:  /* the handling clock alone */
    case CASE_SUSPENDED: /* a review date */
    case CASE_CLOSED:    /* call-back and archive dates */
    case CASE_FORCE_CLOSED:
    case CASE_NONE:
    case CASE_ARCHIVED:
    case CASE_REJECTED:
    case CASE_VOIDED:
    case CASE_MERGED:
    case CASE_STATES:
        return none;
    }
    return none;
}

int64_t case_archive_ms(const struct case_work *work)
{
    const struct case_facts *facts = &work->record.facts;
    return calendar_add(work->world->calendar, facts->closed_ms, facts->limits.archive);
}

/* CLOSED waits for its call-back, then for the archive: dates, no ladder. */
static void wait_for_call_back(struct case_work *work)
{
    const struct case_facts *facts = &work->record.facts;
    int64_t archive_ms = case_archive_ms(work);
    int64_t call_ms = calendar_add(work->world->calendar, facts->closed_ms, facts->limits.callback);
    int64_t due_ms = call_ms != CALENDAR_NEVER ? call_ms : archive_ms;
    if (due_ms == CALENDAR_NEVER)
        return;
    case_clock_date(work, CLOCK_STATE, due_ms);
    if (archive_ms < due_ms)
        work->record.facts.clocks[CLOCK_STATE].next_ms = archive_ms;
}

static void end_case(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    for (int kind = 0; kind < CLOCK_KINDS; kind++)
        case_clock_stop(work, (enum clock_kind)kind);
    facts->flags &= FLAG_FINAL | FLAG_EXERCISE | FLAG_TRUSTED | FLAG_SKIPPED | FLAG_SIMILAR;
    facts->return_asked[0] = facts->extend_asked[0] = facts->void_asked[0] = '\0';
    if (facts->closed_ms == 0)
        facts->closed_ms = work->at_ms;
    if (work->record.state == CASE_CLOSED || work->record.state == CASE_FORCE_CLOSED)
        wait_for_call_back(work);
}

/* Only while a department works on it do these clocks run. */
static void enter_department_clocks(struct case_work *work, enum case_state state)
{
    const struct case_facts *facts = &work->record.facts;
    case_clock_stop(work, CLOCK_LAPSE);
    if (state == CASE_HANDLING) {
        case_clock_resume(work, CLOCK_HANDLE);
        case_clock_resume(work, CLOCK_ASSIST);
        case_clock_start(work, CLOCK_LAPSE, facts->policy.ack_lapse);
    } else if (state == CASE_SUSPENDED) {
        case_clock_pause(work, CLOCK_HANDLE);
        case_clock_pause(work, CLOCK_ASSIST);
    } else if (state == CASE_FEEDBACK) {
        case_clock_pause(work, CLOCK_HANDLE);
        case_clock_stop(work, CLOCK_ASSIST);
    } else if (state == CASE_DISPATCHED) {
        case_clock_start(work, CLOCK_HANDLE, facts->limits.handle);
        case_clock_stop(work, CLOCK_ASSIST);
    } else {
        case_clock_stop(work, CLOCK_HANDLE);
        case_clock_stop(work, CLOCK_ASSIST);
    }
}

void case_enter(struct case_work *work, enum case_state state)
{
    struct case_record *record = &work->record;
    record->state = state;
    record->facts.flags &= ~(uint32_t)(FLAG_URGED | FLAG_MANUAL | FLAG_CHECKED | FLAG_LAPSED);
    if (!case_state_open(state)) {
        end_case(work);
        return;
    }
    enter_department_clocks(work, state);
    case_clock_start(work, CLOCK_STATE, state_limit(&record->facts, state));
}
