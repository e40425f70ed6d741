/* Custody as the case sees it (custody.md rules 8, 9, 11): offer, hand-over, take, and what an offer that
 * came to nothing leaves behind. The talk between the centers is lib/center's. */
#include "domain/case_work.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* Posts that make a center able to act. */
#define ABLE (POST_DISPATCHER | POST_SHIFT_LEADER | POST_LEADER)

static bool owned_here(const struct case_work *work)
{
    return strcmp(work->record.owner, case_here(work)) == 0;
}

static bool climbs(const struct case_record *record)
{
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        if (case_clock_on_ladder(record, kind) && record->facts.clocks[kind].rung >= RUNG_CLIMB)
            return true;
    return false;
}

bool case_cause_holds(const struct case_record *record, enum case_event why)
{
    switch ((int)why) {
    case EVENT_CLIMB_PENDING:
        return climbs(record);
    case EVENT_RULE:
        return record->state == CASE_DISPUTED;
    case EVENT_DISPATCH:
        return record->state == CASE_FILED;
    default: /* a person's word, or nobody here: until the case ends */
        return case_state_open(record->state);
    }
}

void case_drop_offer(struct case_facts *facts)
{
    facts->offer_to[0] = facts->transfer_to[0] = '\0';
    facts->offer_no = 0;
    facts->offer_why = EVENT_NONE;
    facts->flags &= ~(uint32_t)FLAG_CLIMB_PENDING;
}

static enum voice voice_of(enum case_event why)
{
    return why == EVENT_CLIMB_PENDING ? VOICE_TIMER : VOICE_AUTO;
}

static const char *parent_code(const struct case_work *work)
{
    int32_t parent = case_parent(work);
    return parent >= 0 ? work->world->topology->centers[parent].code : "";
}

/* While an offer is open, a clock that climbs looks again later. */
static struct case_change *offer(struct case_work *work, enum case_event why, enum voice voice,
                                 const char *to)
{
    struct case_facts *facts = &work->record.facts;
    text_put(facts->offer_to, sizeof facts->offer_to, to);
    facts->offer_no = work->record.last_no + 1;
    facts->offer_why = why;
    facts->flags &= ~(uint32_t)FLAG_CLIMB_PENDING;
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        if (facts->policy.grace.unit != UNIT_NONE && case_clock_on_ladder(&work->record, kind) &&
            facts->clocks[kind].rung >= RUNG_CLIMB)
            case_clock_push(work, kind, RUNG_CLIMB);
    struct case_change *change = case_emit(work, EVENT_OFFER, voice);
    case_target(change, to);
    return change;
}

struct case_change *case_offer_up(struct case_work *work, enum case_event why, enum voice voice)
{
    struct case_facts *facts = &work->record.facts;
    assert(case_parent(work) >= 0);
    if (work->world->parent_up)
        return offer(work, why, voice, parent_code(work));
    facts->offer_to[0] = '\0';
    facts->offer_no = 0;
    facts->offer_why = why;
    facts->flags |= FLAG_CLIMB_PENDING;
    struct case_change *change = case_emit(work, EVENT_CLIMB_PENDING, voice);
    case_target(change, parent_code(work));
    return change;
}

void case_alarm_leader(struct case_work *work, const char *note)
{
    if (work->record.facts.flags & FLAG_LEADER)
        return;
    work->record.facts.flags |= FLAG_LEADER;
    case_remark(case_emit(work, EVENT_LEADER, VOICE_TIMER), "%s", note);
}

static enum err no_offer_open(const struct case_work *work)
{
    const struct case_facts *facts = &work->record.facts;
    bool waits = (facts->flags & FLAG_CLIMB_PENDING) && !work->world->parent_up;
    if (!facts->offer_to[0] && !waits)
        return ERR_OK;
    return fault_set(work->fault, ERR_CLIMBING, "案卷正提请 %s 接办",
                     facts->offer_to[0] ? facts->offer_to : parent_code(work));
}

enum err case_act_escalate(struct case_work *work)
{
    if (case_parent(work) < 0)
        return fault_set(work->fault, ERR_BAD_TARGET, "本中心已是最高一级，不能再上报升级");
    enum err err = no_offer_open(work);
    if (err)
        return err;
    work->record.facts.transfer_to[0] = '\0';
    case_offer_up(work, EVENT_ESCALATE, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_delegate(struct case_work *work)
{
    const struct topology *topology = work->world->topology;
    struct case_facts *facts = &work->record.facts;
    int32_t here = work->world->here, target = topology_center(topology, work->input->target);
    if (target < 0)
        return fault_set(work->fault, ERR_UNKNOWN_CENTER, "没有中心 %s", work->input->target);
    if (topology_is_under(topology, here, target))
        return fault_set(work->fault, ERR_BAD_TARGET, "只能下派，或转派到平级中心；交上级请用上报升级");
    bool down = topology_is_under(topology, target, here);
    enum err err = down && !facts->offer_to[0] ? ERR_OK : no_offer_open(work);
    if (err)
        return err;
    text_put(facts->transfer_to, sizeof facts->transfer_to, topology->centers[target].code);
    if (down)
        offer(work, EVENT_DELEGATE, VOICE_PERSON,
              topology->centers[topology_child_towards(topology, here, target)].code);
    else
        case_offer_up(work, EVENT_DELEGATE, VOICE_PERSON);
    return ERR_OK;
}

enum err case_hand_over(const struct case_world *world, const struct case_record *record, int32_t offer_no,
                        int64_t now_ms, struct case_result *result)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    struct case_facts *facts = &work.record.facts;
    if (!owned_here(&work))
        return ERR_NOT_OWNER;
    if (!facts->offer_to[0] || facts->offer_no != offer_no || record->last_no != offer_no)
        return ERR_STALE;
    char to[CODE_SIZE], transfer_to[CODE_SIZE];
    text_put(to, sizeof to, facts->offer_to);
    text_put(transfer_to, sizeof transfer_to, facts->transfer_to);
    facts->handed_why = facts->offer_why;
    text_put(facts->handed_from, sizeof facts->handed_from, case_here(&work));
    case_drop_offer(facts);
    text_put(facts->transfer_to, sizeof facts->transfer_to, transfer_to);
    text_put(work.record.owner, sizeof work.record.owner, to);
    work.record.epoch++;
    case_target(case_emit(&work, EVENT_HANDOVER, voice_of(facts->handed_why)), to);
    return ERR_OK;
}

/* No answer now, as against an answer that says no. */
static bool is_link_trouble(enum err why)
{
    return err_exit_code(why) == 3;
}

/* What must go up stays due, whatever the answer was; a person's word ends with a plain no. */
static bool stays_due(const struct case_facts *facts, enum err why)
{
    if (facts->offer_why == EVENT_ESCALATE || facts->offer_why == EVENT_DELEGATE)
        return is_link_trouble(why);
    return true;
}

enum err case_offer_ended(const struct case_world *world, const struct case_record *record, enum err why,
                          int64_t now_ms, struct case_result *result)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    struct case_facts *facts = &work.record.facts;
    if (!owned_here(&work) || !facts->offer_to[0])
        return ERR_OK;
    char to[CODE_SIZE];
    text_put(to, sizeof to, facts->offer_to);
    bool timers = facts->offer_why == EVENT_CLIMB_PENDING;
    if (strcmp(to, parent_code(&work)) == 0 && stays_due(facts, why)) {
        facts->offer_to[0] = '\0';
        facts->offer_no = 0;
        facts->flags |= FLAG_CLIMB_PENDING;
    } else {
        case_drop_offer(facts);
    }
    if (work.record.state == CASE_FILED)
        facts->flags |= FLAG_MANUAL;
    struct case_change *change = case_emit(&work, EVENT_DECLINE, VOICE_AUTO);
    change->outcome = why;
    case_target(change, to);
    case_remark(change, "交接未成：%s", err_text_zh(why));
    if (timers)
        case_alarm_leader(&work, "应升级而上级中心未接，报本中心领导");
    return ERR_OK;
}

/* Nobody here is able to act: recorded, and further up at once (domain page, escalation policy). */
static void skip(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    facts->flags |= FLAG_SKIPPED;
    case_remark(case_emit(work, EVENT_SKIP, VOICE_AUTO), "本中心无派遣员、值班长或领导在岗，跳过本级");
    if (case_parent(work) >= 0) {
        case_remark(case_offer_up(work, EVENT_SKIP, VOICE_AUTO), "本级无人可办，提请上级中心接办");
        return;
    }
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++) {
        if (!case_clock_on_ladder(&work->record, kind))
            continue;
        facts->clocks[kind].rung = RUNG_STANDING;
        facts->clocks[kind].next_ms = INT64_MAX;
    }
    case_alarm_leader(work, "最高一级无人可办，报领导");
    case_remark(case_emit(work, EVENT_STANDING, VOICE_AUTO), "无人可办，红灯常亮");
}

/* On the way to somebody else: the next hop there. */
static void pass_on(struct case_work *work, int32_t target)
{
    const struct topology *topology = work->world->topology;
    int32_t child = topology_child_towards(topology, work->world->here, target);
    struct case_change *change;
    if (child >= 0)
        change = offer(work, EVENT_DELEGATE, VOICE_AUTO, topology->centers[child].code);
    else
        change = case_offer_up(work, EVENT_DELEGATE, VOICE_AUTO);
    case_remark(change, "转派至%s，途经本中心", topology->centers[target].name);
}

static void settle_in(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    facts->hops++;
    facts->flags &= ~(uint32_t)(FLAG_CLIMB_PENDING | FLAG_LEADER | FLAG_MANUAL);
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        if (case_clock_on_ladder(&work->record, kind) && facts->clocks[kind].rung >= RUNG_CLIMB)
            case_clock_dwell(work, kind);
}

static void write_take(struct case_work *work)
{
    const struct case_facts *facts = &work->record.facts;
    struct case_change *change = case_emit(work, EVENT_TAKE, voice_of(facts->handed_why));
    case_target(change, facts->handed_from);
    case_remark(change, "自中心%s接收（%s）", facts->handed_from,
                facts->handed_why == EVENT_CLIMB_PENDING ? "升级" : case_event_zh(facts->handed_why));
}

enum err case_take(const struct case_world *world, const struct case_record *record, int64_t now_ms,
                   struct case_result *result)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    struct case_facts *facts = &work.record.facts;
    if (!owned_here(&work))
        return ERR_NOT_OWNER;

    bool delegated = facts->transfer_to[0] != '\0';
    int32_t target = delegated ? topology_center(world->topology, facts->transfer_to) : -1;
    bool passing = target >= 0 && target != world->here;
    bool able = topology_has_post(world->topology, world->here, ABLE);
    struct case_plan plan = {.next = EVENT_NONE};
    settle_in(&work);
    if (!passing)
        facts->transfer_to[0] = '\0';
    if (!passing && able && work.record.state == CASE_FILED)
        plan = case_plan_make(&work, !delegated);
    write_take(&work);
    if (passing)
        pass_on(&work, target);
    else if (!able)
        skip(&work);
    else
        case_plan_carry_out(&work, &plan);
    return ERR_OK;
}

enum err case_reclaim(const struct case_world *world, const struct case_record *record,
                      const struct case_input *input, int64_t now_ms, struct case_result *result,
                      struct fault *fault)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    struct case_facts *facts = &work.record.facts;
    if (owned_here(&work) || strcmp(facts->handed_from, case_here(&work)) != 0)
        return fault_set(fault, ERR_ILLEGAL, "案卷不是由本中心交出的，不能由本中心收回");
    if (input->actor.post != POST_LEADER || strcmp(input->actor.center, case_here(&work)) != 0)
        return fault_set(fault, ERR_NO_RIGHT, "只有本中心领导可以收回案卷");
    if (!input->content.reason || !input->content.reason[0])
        return fault_set(fault, ERR_NO_REASON, "%s", err_text_zh(ERR_NO_REASON));
    work.input = input;
    case_drop_offer(facts);
    settle_in(&work);
    char from[CODE_SIZE];
    text_put(from, sizeof from, work.record.owner);
    text_put(work.record.owner, sizeof work.record.owner, case_here(&work));
    facts->handed_from[0] = '\0';
    work.record.epoch++;
    case_target(case_emit(&work, EVENT_RECLAIM, VOICE_PERSON), from);
    return ERR_OK;
}

enum err case_climb_again(const struct case_world *world, const struct case_record *record, int64_t now_ms,
                          struct case_result *result)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    const struct case_facts *facts = &work.record.facts;
    bool changed = facts->offer_to[0] && facts->offer_no != record->last_no;
    bool unanswered = facts->offer_to[0] && !changed;
    if (!owned_here(&work) || (!facts->offer_to[0] && !(facts->flags & FLAG_CLIMB_PENDING)) ||
        !case_cause_holds(record, facts->offer_why))
        return ERR_OK;
    char to[CODE_SIZE];
    text_put(to, sizeof to, facts->offer_to[0] ? facts->offer_to : parent_code(&work));
    bool upward = strcmp(to, parent_code(&work)) == 0;
    if (!to[0] || (upward && !world->parent_up))
        return ERR_OK;
    case_remark(offer(&work, facts->offer_why, voice_of(facts->offer_why), to),
                changed      ? "案卷有变化，重新提请交接"
                : unanswered ? "对方未及时应答，重新提请交接"
                             : "上级已恢复联通，重新提请交接");
    return ERR_OK;
}

enum err case_recalculate(const struct case_world *world, const struct case_record *record, int64_t now_ms,
                          struct case_result *result)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    struct case_facts *facts = &work.record.facts;
    if (!owned_here(&work) || !case_state_open(record->state) ||
        facts->calendar_version == world->calendar->version)
        return ERR_OK;
    facts->calendar_version = world->calendar->version;
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        case_clock_recalculate(&work, kind);
    case_remark(case_emit(&work, EVENT_RECALCULATE, VOICE_AUTO), "工作日历更新为第%d版，重新计算时限",
                world->calendar->version);
    return ERR_OK;
}

enum err case_refused(const struct case_world *world, const struct case_record *record,
                      const struct case_input *input, enum err why, int64_t now_ms,
                      struct case_result *result)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    if (!owned_here(&work))
        return ERR_NOT_OWNER;
    assert(why != ERR_OK);
    work.input = input;
    struct case_change *change = case_emit(&work, EVENT_REFUSED, VOICE_PERSON);
    change->outcome = why;
    change->refused = input->event;
    change->content = NULL;
    case_target(change, input->target);
    return ERR_OK;
}
