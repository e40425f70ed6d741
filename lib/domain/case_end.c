/* The end of a case: check, closing, force-close, void, reopening, call-back and archive. */
#include "domain/case_work.h"

#include <string.h>

#include "base/text.h"

/* checker != handler, for whoever takes part in the ending. */
static enum err may_check(const struct case_work *work)
{
    const struct case_facts *facts = &work->record.facts;
    enum err err = case_other_person(work, facts->handler);
    return err ? err : case_other_person(work, facts->signer);
}

void case_check_passed(struct case_work *work, enum voice voice)
{
    struct case_facts *facts = &work->record.facts;
    if (facts->item_rules & ITEM_RULE_CLOSE_BY_LEADER)
        facts->flags |= FLAG_CHECKED;
    else
        case_enter(work, CASE_CLOSED);
    case_emit(work, EVENT_CHECK_OK, voice);
}

enum err case_act_check_ok(struct case_work *work)
{
    const struct case_facts *facts = &work->record.facts;
    enum err err = may_check(work);
    if (err)
        return err;
    if (facts->flags & FLAG_CHECKED)
        return fault_set(work->fault, ERR_ILLEGAL, "核查已通过，待值班长结案");
    if (case_actor_is(work, POST_SYSTEM) && !(facts->item_rules & ITEM_RULE_AUTO_CHECK))
        return fault_set(work->fault, ERR_NOT_ALLOWED, "事项 %s 不可自动核查", work->record.item);
    case_check_passed(work, VOICE_PERSON);
    return ERR_OK;
}

/* What was left of the handling time, but never less than a fair share of the whole limit. */
static void grant_rework_time(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    struct case_clock *clock = &facts->clocks[CLOCK_HANDLE];
    if (clock->run != CLOCK_PAUSED)
        return;
    int64_t least_ms =
        calendar_span_ms(work->world->calendar, facts->limits.handle) * CASE_REWORK_PERCENT / 100;
    if (clock->remain_ms >= least_ms)
        return;
    clock->remain_ms = clock->limit_ms = least_ms;
    clock->rung = RUNG_YELLOW;
    clock->repeats = 0;
}

enum err case_act_check_fail(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    enum err err = may_check(work);
    if (err)
        return err;
    facts->reworks++;
    facts->handler[0] = '\0';
    facts->feedback_ms = 0;
    if (!facts->lead[0]) { /* settled on the spot: no department has it yet */
        case_enter(work, CASE_FILED);
        case_filed(work, EVENT_CHECK_FAIL, VOICE_PERSON);
        return ERR_OK;
    }
    grant_rework_time(work);
    case_enter(work, CASE_HANDLING);
    case_emit(work, EVENT_CHECK_FAIL, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_close(struct case_work *work)
{
    enum err err = may_check(work);
    if (err)
        return err;
    if (!(work->record.facts.flags & FLAG_CHECKED))
        return fault_set(work->fault, ERR_NOT_ASKED, "核查尚未通过，不能结案");
    case_enter(work, CASE_CLOSED);
    case_emit(work, EVENT_CLOSE, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_force_close(struct case_work *work)
{
    work->record.facts.closed_overdue |= case_clock_passed(work, CLOCK_HANDLE);
    case_enter(work, CASE_FORCE_CLOSED);
    case_emit(work, EVENT_FORCE_CLOSE, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_void(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    if (case_actor_is(work, POST_DISPATCHER)) {
        if (facts->void_asked[0])
            return fault_set(work->fault, ERR_TOO_OFTEN, "%s 已申请作废，等待批准", facts->void_asked);
        text_put(facts->void_asked, sizeof facts->void_asked, work->input->actor.user);
        case_emit(work, EVENT_VOID, VOICE_PERSON);
        return ERR_OK;
    }
    enum err err = case_approver(work, facts->void_asked);
    if (err)
        return err;
    case_enter(work, CASE_VOIDED);
    case_emit(work, EVENT_VOID, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_void_refuse(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    enum err err = case_approver(work, facts->void_asked);
    if (err)
        return err;
    facts->void_asked[0] = '\0';
    case_emit(work, EVENT_VOID_REFUSE, VOICE_PERSON);
    return ERR_OK;
}

/* The reporter may ask again within the window; who took the call may reopen as long as the case is not
 * archived. */
static enum err may_reopen(const struct case_work *work)
{
    const struct case_facts *facts = &work->record.facts;
    const struct span window = facts->limits.reopen_window;
    if (!case_actor_is(work, POST_RESIDENT | POST_GRID_WORKER))
        return ERR_OK;
    if (strcmp(work->input->actor.user, work->record.reporter) != 0)
        return fault_set(work->fault, ERR_NO_RIGHT, "只有上报人本人可以要求重办");
    if (window.unit == UNIT_NONE ||
        work->at_ms >= calendar_add(work->world->calendar, facts->closed_ms, window))
        return fault_set(work->fault, ERR_TOO_LATE, "已过重办期限，请联系受理员");
    return ERR_OK;
}

enum err case_act_reopen(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    enum err err = may_reopen(work);
    if (err)
        return err;
    facts->reopens++;
    facts->lead[0] = facts->signer[0] = facts->handler[0] = '\0';
    facts->closed_ms = facts->feedback_ms = 0;
    facts->closed_overdue = false;
    facts->satisfaction = 0;
    facts->flags &= ~(uint32_t)FLAG_FINAL; /* a new round: the ruling was on the old one */
    case_enter(work, CASE_FILED);
    case_filed(work, EVENT_REOPEN, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_follow_up(struct case_work *work)
{
    int32_t score = work->input->score;
    if (score < 1 || score > 5)
        return fault_set(work->fault, ERR_RANGE, "满意度须在1至5之间");
    work->record.facts.satisfaction = (uint8_t)score;
    case_enter(work, CASE_ARCHIVED);
    case_emit(work, EVENT_FOLLOW_UP, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_archive(struct case_work *work)
{
    case_enter(work, CASE_ARCHIVED);
    case_emit(work, EVENT_ARCHIVE, VOICE_PERSON);
    return ERR_OK;
}
