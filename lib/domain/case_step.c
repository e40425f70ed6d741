/* The one doorway: guards, then the table, then rights, then what the event itself demands. */
#include "domain/case_step.h"

#include <string.h>

#include "domain/case_work.h"

static case_act *const acts[CASE_EVENTS] = {
    [EVENT_VERIFY] = case_act_verify,
    [EVENT_VERIFIED] = case_act_verified,
    [EVENT_REFUTED] = case_act_turned_down,
    [EVENT_FILE] = case_act_file,
    [EVENT_REJECT] = case_act_turned_down,
    [EVENT_MERGE] = case_act_merge,
    [EVENT_SETTLE] = case_act_settle,
    [EVENT_DISPATCH] = case_act_dispatch,
    [EVENT_SIGN] = case_act_sign,
    [EVENT_RETURN] = case_act_return,
    [EVENT_RETURN_REFUSE] = case_act_return_refuse,
    [EVENT_RULE] = case_act_rule,
    [EVENT_EXTEND] = case_act_extend,
    [EVENT_EXTEND_REFUSE] = case_act_extend_refuse,
    [EVENT_SUSPEND] = case_act_suspend,
    [EVENT_RESUME] = case_act_resume,
    [EVENT_ASSIST] = case_act_assist,
    [EVENT_ASSIST_DONE] = case_act_assist_done,
    [EVENT_PROGRESS] = case_act_progress,
    [EVENT_FEEDBACK] = case_act_feedback,
    [EVENT_CHECK_OK] = case_act_check_ok,
    [EVENT_CHECK_FAIL] = case_act_check_fail,
    [EVENT_CLOSE] = case_act_close,
    [EVENT_FORCE_CLOSE] = case_act_force_close,
    [EVENT_REDISPATCH] = case_act_redispatch,
    [EVENT_ESCALATE] = case_act_escalate,
    [EVENT_DELEGATE] = case_act_delegate,
    [EVENT_URGE] = case_act_urge,
    [EVENT_SUPERVISE] = case_act_supervise,
    [EVENT_SUPERVISE_REPLY] = case_act_supervise_reply,
    [EVENT_VOID] = case_act_void,
    [EVENT_VOID_REFUSE] = case_act_void_refuse,
    [EVENT_REOPEN] = case_act_reopen,
    [EVENT_FOLLOW_UP] = case_act_follow_up,
    [EVENT_ARCHIVE] = case_act_archive,
};

/* custody.md rule 10: what the author of a request saw must still hold. */
static enum err check_guard(const struct case_work *work, int64_t now_ms)
{
    const struct case_input *input = work->input;
    const struct case_record *record = &work->record;
    if (input->not_after_ms != 0 && now_ms > input->not_after_ms)
        return fault_set(work->fault, ERR_EXPIRED, "请求到达时已过有效期");
    switch (input->guard) {
    case GUARD_NONE:
        return ERR_OK;
    case GUARD_STATE:
        if (input->seen_state == record->state)
            return ERR_OK;
        return fault_set(work->fault, ERR_STALE, "案卷已由%s变为%s", case_state_zh(input->seen_state),
                         case_state_zh(record->state));
    case GUARD_NOTHING_CHANGED:
        if (input->seen_no == record->last_no)
            return ERR_OK;
        return fault_set(work->fault, ERR_STALE, "所见为第%d步，案卷已到第%d步", input->seen_no,
                         record->last_no);
    }
    return fault_set(work->fault, ERR_MALFORMED, "不认识的前提条件");
}

static bool needs_reason(const struct case_rule *rule, const struct case_input *input)
{
    bool approves = rule->asks != 0 && !(rule->asks & input->actor.post);
    bool given = input->content.reason && input->content.reason[0];
    return rule->needs_reason && !approves && !given;
}

static enum err check_table(const struct case_work *work)
{
    const struct case_input *input = work->input;
    const struct case_rule *rule = case_rule(work->record.state, input->event);
    if (!rule || !acts[input->event])
        return fault_set(work->fault, ERR_ILLEGAL, "案卷%s，不能%s", case_state_zh(work->record.state),
                         case_event_zh(input->event));
    enum err err = case_may(work, rule);
    if (err)
        return err;
    if (needs_reason(rule, input))
        return fault_set(work->fault, ERR_NO_REASON, "%s须写明理由或情况", case_event_zh(input->event));
    return ERR_OK;
}

enum err case_step(const struct case_world *world, const struct case_record *record,
                   const struct case_input *input, int64_t now_ms, struct case_result *result,
                   struct fault *fault)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    work.input = input;
    work.fault = fault;
    if (strcmp(record->owner, case_here(&work)) != 0)
        return fault_set(fault, ERR_NOT_OWNER, "案卷由中心 %s 负责", record->owner);
    if (input->event == EVENT_NONE || input->event >= CASE_EVENTS)
        return fault_set(fault, ERR_UNKNOWN_EVENT, "没有操作 %d", (int)input->event);
    enum err err = check_guard(&work, now_ms);
    if (!err)
        err = check_table(&work);
    if (!err)
        err = acts[input->event](&work);
    if (err)
        result->count = 0;
    return err;
}
