/* With the department: dispatch, signing, return and dispute, extension, suspension, assistance, feedback. */
#include "domain/case_work.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static enum err send_to(struct case_work *work, enum case_event event)
{
    char lead[TARGET_SIZE];
    enum err err = case_resolve(work, work->input->target, lead);
    if (err)
        return err;
    if (event == EVENT_REDISPATCH && strcmp(lead, work->record.facts.lead) == 0)
        return fault_set(work->fault, ERR_BAD_TARGET, "案卷已在 %s，改派须换部门", lead);
    work->record.facts.hops += event == EVENT_REDISPATCH;
    case_send(work, lead);
    case_target(case_emit(work, event, VOICE_PERSON), lead);
    return ERR_OK;
}

enum err case_act_dispatch(struct case_work *work)
{
    return send_to(work, EVENT_DISPATCH);
}

enum err case_act_redispatch(struct case_work *work)
{
    return send_to(work, EVENT_REDISPATCH);
}

enum err case_act_sign(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    text_put(facts->signer, sizeof facts->signer, work->input->actor.user);
    facts->return_asked[0] = '\0'; /* who signs has accepted */
    case_enter(work, CASE_HANDLING);
    case_emit(work, EVENT_SIGN, VOICE_PERSON);
    return ERR_OK;
}

/* The lead is gone, by return or dispute; who had it is remembered, so that no machine sends it there again.
 */
static void take_from_lead(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    text_put(facts->before_dispute, sizeof facts->before_dispute, facts->lead);
    facts->lead[0] = facts->signer[0] = facts->extend_asked[0] = '\0';
    facts->extend_span = (struct span){UNIT_NONE, 0};
    facts->assist_count = facts->assist_done = 0;
    memset(facts->assist, 0, sizeof facts->assist);
    facts->returns++;
    facts->hops++;
}

static void dispute(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    text_put(facts->dispute_center, sizeof facts->dispute_center, case_here(work));
    case_enter(work, CASE_DISPUTED);
    case_remark(case_emit(work, EVENT_RETURN, VOICE_PERSON), "回退超过%u次，转争议裁定",
                (unsigned)facts->policy.returns_max);
    if (case_parent(work) >= 0)
        case_remark(case_offer_up(work, EVENT_RULE, VOICE_AUTO), "争议提请上级中心裁定");
}

static enum err ask_return(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    if (facts->flags & FLAG_FINAL)
        return fault_set(work->fault, ERR_FINAL, "上级中心已终审裁定由 %s 主办", facts->lead);
    if (facts->return_asked[0])
        return fault_set(work->fault, ERR_TOO_OFTEN, "%s 已申请回退，等待批准", facts->return_asked);
    text_put(facts->return_asked, sizeof facts->return_asked, work->input->actor.user);
    case_emit(work, EVENT_RETURN, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_return(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    if (case_actor_is(work, POST_DESK | POST_UNIT))
        return ask_return(work);
    enum err err = case_approver(work, facts->return_asked);
    if (err)
        return err;
    take_from_lead(work);
    if (facts->returns > facts->policy.returns_max) {
        dispute(work); /* the asker stays known: he must not rule */
        return ERR_OK;
    }
    facts->return_asked[0] = '\0';
    case_enter(work, CASE_FILED);
    facts->flags |= FLAG_MANUAL; /* people look where it should have gone */
    case_choices_note(work, case_emit(work, EVENT_RETURN, VOICE_PERSON));
    return ERR_OK;
}

enum err case_act_return_refuse(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    enum err err = case_approver(work, facts->return_asked);
    if (err)
        return err;
    facts->return_asked[0] = '\0';
    case_emit(work, EVENT_RETURN_REFUSE, VOICE_PERSON);
    return ERR_OK;
}

/* Who rules sits strictly above the disputing center; at the root the leader does, if he did not ask himself.
 */
static enum err may_rule(const struct case_work *work)
{
    const struct topology *topology = work->world->topology;
    const struct case_facts *facts = &work->record.facts;
    int32_t disputing = topology_center(topology, facts->dispute_center);
    int32_t ruling = topology_center(topology, work->input->actor.center);
    if (disputing < 0 || ruling < 0 || !topology_is_under(topology, disputing, ruling))
        return fault_set(work->fault, ERR_NO_RIGHT, "须由 %s 的上级中心裁定", facts->dispute_center);
    if (ruling != disputing)
        return ERR_OK;
    if (topology->centers[disputing].parent >= 0 || !case_actor_is(work, POST_LEADER))
        return fault_set(work->fault, ERR_NO_RIGHT, "须由 %s 的上级中心裁定；最高一级由领导裁定",
                         facts->dispute_center);
    return case_other_person(work, facts->return_asked);
}

enum err case_act_rule(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    char lead[TARGET_SIZE];
    enum err err = may_rule(work);
    if (!err)
        err = case_resolve(work, work->input->target, lead);
    if (err)
        return err;
    case_send(work, lead);
    facts->flags |= FLAG_FINAL;
    facts->dispute_center[0] = '\0';
    case_target(case_emit(work, EVENT_RULE, VOICE_PERSON), lead);
    return ERR_OK;
}

/* An acknowledgement that lives again: the clock of its lapse restarts, and an escalation that it began ends.
 */
static void progressed(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    case_clock_start(work, CLOCK_LAPSE, facts->policy.ack_lapse);
    if (!(facts->flags & FLAG_LAPSED))
        return;
    facts->flags &= ~(uint32_t)FLAG_LAPSED;
    for (enum clock_kind kind = CLOCK_STATE; kind <= CLOCK_HANDLE; kind++)
        if (case_clock_on_ladder(&work->record, kind))
            case_clock_rearm(work, kind);
}

static enum err ask_extension(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    const struct case_clock *clock = &facts->clocks[CLOCK_HANDLE];
    struct span span = work->input->span;
    if (clock->run != CLOCK_RUNNING)
        return fault_set(work->fault, ERR_NOT_ALLOWED, "此案卷没有处置时限，无需延期");
    if (facts->extend_asked[0] || facts->extensions >= facts->policy.extensions_max)
        return fault_set(work->fault, ERR_TOO_OFTEN,
                         facts->extend_asked[0] ? "已有延期申请，等待批准" : "延期次数已用完");
    if (span.unit == UNIT_NONE || span.amount <= 0 ||
        case_clock_gain(work, CLOCK_HANDLE, span) == CALENDAR_NEVER)
        return fault_set(work->fault, ERR_RANGE, "须写明延期多久");
    if (work->at_ms >= clock->due_ms)
        return fault_set(work->fault, ERR_TOO_LATE, "处置时限已过，延期须在到期前申请");
    text_put(facts->extend_asked, sizeof facts->extend_asked, work->input->actor.user);
    facts->extend_span = span;
    case_emit(work, EVENT_EXTEND, VOICE_PERSON);
    return ERR_OK;
}

/* The first within the preset share of the limit is a shift leader's to grant, any other a leader's. */
static enum err may_grant(const struct case_work *work)
{
    const struct case_facts *facts = &work->record.facts;
    if (case_actor_is(work, POST_LEADER))
        return ERR_OK;
    if (facts->extensions > 0)
        return fault_set(work->fault, ERR_NO_RIGHT, "再次延期须由领导批准");
    int64_t preset_ms = calendar_span_ms(work->world->calendar, facts->limits.handle) *
                        facts->policy.first_extension_percent / 100;
    if (case_clock_gain(work, CLOCK_HANDLE, facts->extend_span) > preset_ms)
        return fault_set(work->fault, ERR_NO_RIGHT, "超过时限的%u%%，须由领导批准",
                         (unsigned)facts->policy.first_extension_percent);
    return ERR_OK;
}

enum err case_act_extend(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    if (case_actor_is(work, POST_DESK | POST_UNIT))
        return ask_extension(work);
    enum err err = case_approver(work, facts->extend_asked);
    if (!err)
        err = may_grant(work);
    if (err)
        return err;
    progressed(work);
    case_clock_extend(work, CLOCK_HANDLE, facts->extend_span);
    facts->extensions++;
    facts->extend_asked[0] = '\0';
    facts->extend_span = (struct span){UNIT_NONE, 0};
    case_emit(work, EVENT_EXTEND, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_extend_refuse(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    enum err err = case_approver(work, facts->extend_asked);
    if (err)
        return err;
    facts->extend_asked[0] = '\0';
    facts->extend_span = (struct span){UNIT_NONE, 0};
    case_emit(work, EVENT_EXTEND_REFUSE, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_suspend(struct case_work *work)
{
    int64_t until_ms = work->input->until_ms;
    if (!(work->record.facts.item_rules & ITEM_RULE_SUSPEND))
        return fault_set(work->fault, ERR_NOT_ALLOWED, "事项 %s 不可挂账", work->record.item);
    if (until_ms == 0)
        until_ms = calendar_add(work->world->calendar, work->at_ms, case_review(&work->record));
    if (until_ms <= work->at_ms || until_ms == CALENDAR_NEVER)
        return fault_set(work->fault, ERR_RANGE, "复查日期须在今后");
    case_enter(work, CASE_SUSPENDED);
    case_clock_date(work, CLOCK_STATE, until_ms);
    case_emit(work, EVENT_SUSPEND, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_resume(struct case_work *work)
{
    case_enter(work, CASE_HANDLING);
    case_emit(work, EVENT_RESUME, VOICE_PERSON);
    return ERR_OK;
}

void case_start_assist(struct case_work *work, struct span span)
{
    struct span limit = work->record.facts.limits.handle;
    if (span.unit != UNIT_NONE || limit.unit == UNIT_NONE)
        case_clock_start(work, CLOCK_ASSIST, span);
    else
        case_clock_start_flow(work, CLOCK_ASSIST, limit.unit,
                              calendar_span_ms(work->world->calendar, limit) / 2);
}

enum err case_act_assist(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    char target[TARGET_SIZE];
    enum err err = case_resolve(work, work->input->target, target);
    if (err)
        return err;
    if (strcmp(target, facts->lead) == 0)
        return fault_set(work->fault, ERR_BAD_TARGET, "主办部门不能协办自己");
    for (size_t i = 0; i < facts->assist_count; i++)
        if (strcmp(target, facts->assist[i]) == 0)
            return fault_set(work->fault, ERR_TOO_OFTEN, "%s 已是协办部门", target);
    if (facts->assist_count == ASSIST_MAX)
        return fault_set(work->fault, ERR_TOO_OFTEN, "协办部门最多%d个", ASSIST_MAX);
    text_put(facts->assist[facts->assist_count++], TARGET_SIZE, target);
    case_start_assist(work, work->input->span);
    case_target(case_emit(work, EVENT_ASSIST, VOICE_PERSON), target);
    return ERR_OK;
}

enum err case_act_assist_done(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    const struct actor *actor = &work->input->actor;
    char own[TARGET_SIZE];
    (void)snprintf(own, sizeof own, "%s@%s", actor->department, actor->center);
    for (size_t i = 0; i < facts->assist_count; i++)
        if (strcmp(own, facts->assist[i]) == 0)
            facts->assist_done = (uint8_t)(facts->assist_done | 1u << i);
    if (facts->assist_done == (1u << facts->assist_count) - 1)
        case_clock_stop(work, CLOCK_ASSIST);
    case_target(case_emit(work, EVENT_ASSIST_DONE, VOICE_PERSON), own);
    return ERR_OK;
}

enum err case_act_progress(struct case_work *work)
{
    progressed(work);
    case_emit(work, EVENT_PROGRESS, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_feedback(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    if ((facts->item_rules & ITEM_RULE_AFTER_PHOTO) && work->input->content.after_count == 0)
        return fault_set(work->fault, ERR_NO_EVIDENCE, "须附处置后照片");
    facts->closed_overdue |= case_clock_passed(work, CLOCK_HANDLE);
    facts->feedback_ms = work->at_ms;
    facts->return_asked[0] = facts->extend_asked[0] = '\0';
    facts->extend_span = (struct span){UNIT_NONE, 0};
    text_put(facts->handler, sizeof facts->handler, work->input->actor.user);
    case_enter(work, CASE_FEEDBACK);
    case_emit(work, EVENT_FEEDBACK, VOICE_PERSON);
    case_auto_check(work);
    return ERR_OK;
}
