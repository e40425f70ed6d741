/* People and units answer: sign, move, report, finish. The table says what may happen, receipt_right.c who
 * may; here is what each act means. */
#include "domain/receipt_work.h"

#include <string.h>

#include "base/text.h"
#include "domain/command_text.h"

/* A limit that was passed before the timer could say so is passed all the same. */
static void note_if_late(struct receipt_work *work, int64_t due_ms, enum receipt_flag flag)
{
    if (due_ms != 0 && work->now_ms >= due_ms)
        work->receipt.flags |= flag;
}

static void sign(struct receipt_work *work, const struct receipt_input *input)
{
    struct receipt *receipt = &work->receipt;
    if (receipt->state == RECEIPT_DELIVERED)
        note_if_late(work, receipt->ack_due_ms, RECEIPT_OVERDUE_ACK);
    if (receipt->acked_ms != 0)
        receipt->flags |= RECEIPT_SIGNED_AGAIN;
    else if (receipt->state != RECEIPT_CANCELLED)
        receipt->acked_ms = work->now_ms;
    receipt->flags &= ~(uint32_t)(RECEIPT_UNSEEN | RECEIPT_LAPSED);
    text_put(receipt->by, sizeof receipt->by, input->actor.user);
}

static void depart(struct receipt_work *work)
{
    work->receipt.departed_ms = work->now_ms;
}

static void arrive(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    note_if_late(work, receipt->arrive_due_ms, RECEIPT_OVERDUE_ARRIVE);
    receipt->arrived_ms = work->now_ms;
    receipt->par_due_ms = receipt_due(work, work->now_ms, work->header->par_interval);
}

static void contact(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    if (!(receipt->flags & RECEIPT_CONTACTED))
        note_if_late(work, receipt->contact_due_ms, RECEIPT_OVERDUE_CONTACT);
    receipt->flags |= RECEIPT_CONTACTED;
}

/* What the sender asked to be done anew has come: he need not be called for it any more. */
static void answer_rework(struct receipt *receipt)
{
    if (receipt->flags & RECEIPT_REWORK)
        receipt->flags &= ~(uint32_t)(RECEIPT_REWORK | RECEIPT_UNSEEN);
}

static void report(struct receipt_work *work, const struct receipt_input *input)
{
    struct receipt *receipt = &work->receipt;
    if (!receipt_done_met(work))
        note_if_late(work, receipt->done_due_ms, RECEIPT_OVERDUE_DONE);
    receipt->flags &= ~(uint32_t)(RECEIPT_OVERDUE_REPORT | RECEIPT_ZERO);
    if (input->zero)
        receipt->flags |= RECEIPT_ZERO;
    answer_rework(receipt);
    receipt->reports++;
    receipt->reported_ms = work->now_ms;
    if (receipt->report_due_ms != 0)
        receipt->report_due_ms = receipt_report_due(work, work->now_ms);
}

static void finish(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    if (!receipt_done_met(work))
        note_if_late(work, receipt->done_due_ms, RECEIPT_OVERDUE_DONE);
    receipt->flags &= ~(uint32_t)RECEIPT_OVERDUE_REPORT;
    answer_rework(receipt);
    receipt->report_due_ms = 0;
    if (receipt->reported_ms == 0)
        receipt->reported_ms = work->now_ms;
}

static void safe(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    receipt->flags &= ~(uint32_t)(RECEIPT_PAR_OPEN | RECEIPT_PAR_LOST);
    receipt->par_due_ms = receipt_due(work, work->now_ms, work->header->par_interval);
}

static void act(struct receipt_work *work, const struct receipt_input *input)
{
    switch ((int)input->event) {
    case RECEIPT_ACK:
    case RECEIPT_HAND_OVER:
        sign(work, input);
        break;
    case RECEIPT_DEPART:
        depart(work);
        break;
    case RECEIPT_ARRIVE:
        arrive(work);
        break;
    case RECEIPT_CONTACT:
        contact(work);
        break;
    case RECEIPT_REPORT:
        report(work, input);
        break;
    case RECEIPT_FINISH:
        finish(work);
        break;
    case RECEIPT_PAR:
        safe(work);
        break;
    default: /* a word on how it stands, or that it cannot be done */
        break;
    }
    /* work that goes on is the progress that a lapsed signature lacked; being safe is not */
    if (input->event != RECEIPT_PAR)
        work->receipt.flags &= ~(uint32_t)RECEIPT_LAPSED;
}

/* ---- what the table does not say ---- */

static bool is_called_for(const struct receipt_work *work, enum receipt_event event)
{
    if (event == RECEIPT_ACK)
        return receipt_work_unanswered(&work->receipt);
    return event != RECEIPT_PAR || receipt_par_runs(work);
}

static enum err illegal(const struct receipt_work *work, enum receipt_event event)
{
    return fault_set(work->fault, ERR_ILLEGAL, "%s 对本%s的回执是“%s”，不能%s", work->receipt.name,
                     command_kind_zh(work->header->kind), receipt_state_zh(work->receipt.state),
                     receipt_event_zh(event));
}

static enum err check_words(const struct receipt_work *work, const struct receipt_rule *rule,
                            const struct receipt_input *input)
{
    bool speaks = input->text && input->text[0];
    bool fills = input->values && input->values[0];
    if (rule->needs_reason && !speaks)
        return fault_set(work->fault, ERR_NO_REASON, "%s须写明理由", receipt_event_zh(input->event));
    if (input->event == RECEIPT_REPORT && work->traits->replies && !speaks && !fills)
        return fault_set(work->fault, ERR_NO_REASON, "%s须书面答复", command_kind_zh(work->header->kind));
    return ERR_OK;
}

static enum err check_form(const struct receipt_work *work, const struct receipt_input *input)
{
    const struct form *form = &work->header->form;
    bool wanted = input->event == RECEIPT_REPORT ||
                  (input->event == RECEIPT_FINISH && (input->values || work->receipt.reports == 0));
    if (input->zero && (input->event != RECEIPT_REPORT ||
                        (!work->traits->zero && work->header->report_interval.unit == UNIT_NONE)))
        return fault_set(work->fault, ERR_ILLEGAL, "本%s不要求零报告", command_kind_zh(work->header->kind));
    return wanted && !input->zero ? form_check(form, input->values, work->fault) : ERR_OK;
}

static enum err check_time(const struct receipt_work *work, const struct receipt_input *input)
{
    enum receipt_state state = work->receipt.state;
    if (input->not_after_ms != 0 && work->now_ms > input->not_after_ms)
        return fault_set(work->fault, ERR_EXPIRED, "回应到达时已过有效期，未执行");
    if (state == RECEIPT_EXPIRED || (state == RECEIPT_DELIVERED && work->now_ms >= work->header->expires_ms))
        return fault_set(work->fault, ERR_EXPIRED, "指令已过期，不能再%s", receipt_event_zh(input->event));
    return ERR_OK;
}

static enum err check(const struct receipt_work *work, const struct receipt_rule *rule,
                      const struct receipt_input *input)
{
    if (!rule || rule->by_center || input->event > RECEIPT_HAND_OVER || !is_called_for(work, input->event))
        return illegal(work, input->event);
    if (input->event == RECEIPT_HAND_OVER && strcmp(work->receipt.by, input->actor.user) == 0)
        return fault_set(work->fault, ERR_SAME_PERSON, "%s 已经在办，不能自己接自己的班", input->actor.user);
    enum err err = check_words(work, rule, input);
    return err == ERR_OK ? check_form(work, input) : err;
}

/* The report that nobody wants again ends a task that only wanted one. */
static enum receipt_state leads_to(const struct receipt_work *work, const struct receipt_rule *rule)
{
    return rule->also && work->header->report_interval.unit == UNIT_NONE ? rule->also : rule->to;
}

static void keep_words(struct receipt_work *work, const struct receipt_input *input, bool by_other)
{
    struct receipt *receipt = &work->receipt;
    receipt->last_ms = work->now_ms;
    if (by_other)
        receipt->flags |= RECEIPT_BY_OTHER;
    else if (input->event == RECEIPT_ACK || input->event == RECEIPT_HAND_OVER)
        receipt->flags &= ~(uint32_t)RECEIPT_BY_OTHER;
    if (input->text && input->text[0])
        command_text_cut(receipt->answer, sizeof receipt->answer, input->text);
    if (input->values && input->values[0])
        receipt->values = input->values;
}

enum err receipt_step(const struct command_world *world, const struct command_record *record,
                      const struct receipt *receipt, const struct receipt_input *input, int64_t now_ms,
                      struct receipt_change *change, struct fault *fault)
{
    struct receipt_work work = receipt_work_begin(world, record, receipt, now_ms);
    bool by_other = false;
    work.fault = fault;
    enum err err = receipt_may(&work, &input->actor, &by_other);
    if (err == ERR_OK)
        err = check_time(&work, input);
    const struct receipt_rule *rule = receipt_work_rule(&work, input->event);
    if (err == ERR_OK)
        err = check(&work, rule, input);
    if (err != ERR_OK)
        return err;
    enum receipt_state to = leads_to(&work, rule);
    act(&work, input);
    keep_words(&work, input, by_other);
    receipt_work_enter(&work, to);
    receipt_work_finish(&work, input->event, &input->actor, input->text, change);
    change->key = input->key;
    return ERR_OK;
}

bool receipt_first_signed(const struct receipt_change *change)
{
    return change->event == RECEIPT_ACK && change->after.state == RECEIPT_ACKED &&
           !(change->after.flags & RECEIPT_SIGNED_AGAIN);
}
