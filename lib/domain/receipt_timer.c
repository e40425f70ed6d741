/* What the center does by itself: the ladder of 中心呼、我必应 for who does not sign, the lapse of a
 * signature without progress, limits that pass, safety calls, the end. One change for each look. */
#include "domain/receipt_work.h"

#include "base/text.h"

static const char *fire_expire(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    if (receipt->ack_due_ms != 0 && receipt->ack_due_ms <= work->now_ms)
        receipt->flags |= RECEIPT_OVERDUE_ACK;
    return "指令过期仍未签收";
}

static const char *fire_channel(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    receipt->rung = RECEIPT_CHANNEL - RECEIPT_CHANNEL + 1;
    if (receipt->state == RECEIPT_CANCELLED)
        return "撤销未确认，换渠道呼叫";
    if (receipt->flags & RECEIPT_LAPSED) /* it was signed in time */
        return "签收失效，换渠道呼叫";
    receipt->flags |= RECEIPT_OVERDUE_ACK;
    return "签收时限已过，换渠道呼叫";
}

static const char *fire_above(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    receipt->rung = RECEIPT_ABOVE - RECEIPT_CHANNEL + 1;
    if (work->world->topology->centers[work->world->here].parent < 0)
        return "仍无人签收，本中心没有上级，报本中心领导";
    receipt->flags |= RECEIPT_ABOVE_CALLED;
    return "仍无人签收，呼叫上级中心";
}

/* Nobody to be called in his place: the step is skipped at once, and that is said. */
static const char *fire_deputy(struct receipt_work *work, enum receipt_event *event)
{
    struct receipt *receipt = &work->receipt;
    struct recipient recipient;
    struct duty duty = {.deputy = ""};
    if (recipient_find(work->world->topology, receipt->name, &recipient))
        duty_at(work->world->response, work->world->topology, work->world->calendar, &recipient, work->now_ms,
                &duty);
    if (!duty.deputy[0] && work->ladder->above.unit != UNIT_NONE) {
        *event = RECEIPT_ABOVE;
        (void)fire_above(work);
        return "值班表上没有备岗，跳过这一步，直接呼叫上级";
    }
    receipt->rung = RECEIPT_DEPUTY - RECEIPT_CHANNEL + 1;
    if (!duty.deputy[0])
        return "值班表上没有备岗";
    receipt->flags |= RECEIPT_DEPUTY_CALLED;
    text_put(receipt->deputy, sizeof receipt->deputy, duty.deputy);
    return "仍无人签收，呼叫备岗";
}

/* Repeats that a stopped center missed count as called: people are called once, not as often as it was due.
 */
static const char *fire_repeat(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    int64_t due = 0;
    receipt->rung = RECEIPT_REPEAT - RECEIPT_CHANNEL + 1;
    do
        receipt->repeats++;
    while (receipt_next(work, &due) == RECEIPT_REPEAT && due <= work->now_ms);
    return receipt->repeats < work->ladder->repeats_max ? "仍无人签收，再次呼叫"
                                                        : "呼叫次数已用完，红灯常亮直到有人处理";
}

/* The ladder begins again, now; OVERDUE_ACK is not set by it. */
static const char *fire_lapse(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    receipt->flags |= RECEIPT_LAPSED;
    receipt->rung = 0;
    receipt->repeats = 0;
    receipt->ack_due_ms = work->now_ms;
    return "签收后在限期内无进展，签收失效";
}

static const char *fire_flag(struct receipt_work *work, enum receipt_flag flag, const char *text)
{
    work->receipt.flags |= flag;
    return text;
}

/* A center that was down for several intervals has missed one report, as far as it can tell. */
static const char *fire_late_report(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    receipt->report_due_ms = receipt_report_due(work, receipt->report_due_ms);
    if (receipt->report_due_ms != 0 && receipt->report_due_ms <= work->now_ms)
        receipt->report_due_ms = receipt_report_due(work, work->now_ms);
    return fire_flag(work, RECEIPT_OVERDUE_REPORT, "到期未报");
}

static const char *fire_par_call(struct receipt_work *work)
{
    struct receipt *receipt = &work->receipt;
    int64_t next = receipt_due(work, work->now_ms, work->header->par_interval);
    int64_t patience = work->now_ms + PAR_ANSWER_MS;
    receipt->par_due_ms = next != 0 && next < patience ? next : patience;
    return fire_flag(work, RECEIPT_PAR_OPEN, "安全点名：请报平安");
}

/* No further calls: the red lamp stands until somebody has found him. */
static const char *fire_par_missed(struct receipt_work *work)
{
    work->receipt.flags &= ~(uint32_t)RECEIPT_PAR_OPEN;
    work->receipt.par_due_ms = 0;
    return fire_flag(work, RECEIPT_PAR_LOST, "安全点名无应答，人员可能遇险");
}

/* The event may become another one (a skipped step). */
static const char *fire(struct receipt_work *work, enum receipt_event *event)
{
    switch ((int)*event) {
    case RECEIPT_EXPIRE:
        return fire_expire(work);
    case RECEIPT_FINISH:
        return "平战状态到期结束";
    case RECEIPT_CHANNEL:
        return fire_channel(work);
    case RECEIPT_DEPUTY:
        return fire_deputy(work, event);
    case RECEIPT_ABOVE:
        return fire_above(work);
    case RECEIPT_REPEAT:
        return fire_repeat(work);
    case RECEIPT_LAPSE:
        return fire_lapse(work);
    case RECEIPT_LATE_CONTACT:
        return fire_flag(work, RECEIPT_OVERDUE_CONTACT, "联系时限已过");
    case RECEIPT_LATE_ARRIVE:
        return fire_flag(work, RECEIPT_OVERDUE_ARRIVE, "到场时限已过");
    case RECEIPT_LATE_DONE:
        return fire_flag(work, RECEIPT_OVERDUE_DONE, "办结时限已过");
    case RECEIPT_LATE_REPORT:
        return fire_late_report(work);
    case RECEIPT_PAR_CALL:
        return fire_par_call(work);
    case RECEIPT_PAR_MISSED:
        return fire_par_missed(work);
    default:
        return NULL;
    }
}

bool receipt_timer(const struct command_world *world, const struct command_record *record,
                   const struct receipt *receipt, int64_t now_ms, struct receipt_change *change)
{
    struct receipt_work work = receipt_work_begin(world, record, receipt, now_ms);
    int64_t due = INT64_MAX;
    enum receipt_event event = receipt_next(&work, &due);
    if (event == RECEIPT_EVENT_NONE || due > now_ms)
        return false;
    const struct receipt_rule *rule = receipt_work_rule(&work, event);
    const char *text = fire(&work, &event);
    receipt_work_enter(&work, rule->to);
    receipt_work_finish(&work, event, NULL, text, change);
    return true;
}

int64_t receipt_next_look(const struct command_world *world, const struct command_record *record,
                          const struct receipt *receipt, int64_t now_ms)
{
    struct receipt_work work = receipt_work_begin(world, record, receipt, now_ms);
    int64_t due = INT64_MAX;
    (void)receipt_next(&work, &due);
    return due;
}
