/* Names of states and events, what a record says about its clocks, and a copy's way of following its owner.
 */
#include "domain/case.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "domain/case_step.h"

struct names {
    const char *name, *zh;
};

static const struct names states[CASE_STATES] = {
    [CASE_NONE] = {"NONE", "未上报"},
    [CASE_REPORTED] = {"REPORTED", "已上报(待受理)"},
    [CASE_VERIFYING] = {"VERIFYING", "核实中"},
    [CASE_FILED] = {"FILED", "已立案(待派遣)"},
    [CASE_DISPATCHED] = {"DISPATCHED", "已派遣(待签收)"},
    [CASE_HANDLING] = {"HANDLING", "处置中"},
    [CASE_SUSPENDED] = {"SUSPENDED", "挂账"},
    [CASE_FEEDBACK] = {"FEEDBACK", "已反馈(待核查)"},
    [CASE_DISPUTED] = {"DISPUTED", "争议待裁定"},
    [CASE_CLOSED] = {"CLOSED", "结案"},
    [CASE_FORCE_CLOSED] = {"FORCE_CLOSED", "强制结案"},
    [CASE_ARCHIVED] = {"ARCHIVED", "归档"},
    [CASE_REJECTED] = {"REJECTED", "不予立案"},
    [CASE_VOIDED] = {"VOIDED", "作废"},
    [CASE_MERGED] = {"MERGED", "并案"},
};

static const struct names events[CASE_EVENTS] = {
    [EVENT_NONE] = {"none", "无"},
    [EVENT_REPORT] = {"report", "上报"},
    [EVENT_VERIFY] = {"verify", "发核实"},
    [EVENT_VERIFIED] = {"verified", "核实属实"},
    [EVENT_REFUTED] = {"refuted", "核实不属实"},
    [EVENT_FILE] = {"file", "立案"},
    [EVENT_REJECT] = {"reject", "不予立案"},
    [EVENT_MERGE] = {"merge", "并案"},
    [EVENT_SETTLE] = {"settle", "自行处置"},
    [EVENT_DISPATCH] = {"dispatch", "派遣"},
    [EVENT_SIGN] = {"sign", "签收"},
    [EVENT_RETURN] = {"return", "回退"},
    [EVENT_RETURN_REFUSE] = {"return-refuse", "不同意回退"},
    [EVENT_RULE] = {"rule", "终审裁定"},
    [EVENT_EXTEND] = {"extend", "延期"},
    [EVENT_EXTEND_REFUSE] = {"extend-refuse", "不同意延期"},
    [EVENT_SUSPEND] = {"suspend", "挂账"},
    [EVENT_RESUME] = {"resume", "恢复"},
    [EVENT_ASSIST] = {"assist", "协办"},
    [EVENT_ASSIST_DONE] = {"assist-done", "协办完成"},
    [EVENT_PROGRESS] = {"progress", "进展"},
    [EVENT_FEEDBACK] = {"feedback", "处置反馈"},
    [EVENT_CHECK_OK] = {"check-ok", "核查通过"},
    [EVENT_CHECK_FAIL] = {"check-fail", "核查不通过"},
    [EVENT_CLOSE] = {"close", "结案"},
    [EVENT_FORCE_CLOSE] = {"force-close", "强制结案"},
    [EVENT_REDISPATCH] = {"redispatch", "改派"},
    [EVENT_ESCALATE] = {"escalate", "上报升级"},
    [EVENT_DELEGATE] = {"delegate", "下派"},
    [EVENT_URGE] = {"urge", "催办"},
    [EVENT_SUPERVISE] = {"supervise", "督办"},
    [EVENT_SUPERVISE_REPLY] = {"supervise-reply", "督办回复"},
    [EVENT_VOID] = {"void", "作废"},
    [EVENT_VOID_REFUSE] = {"void-refuse", "不同意作废"},
    [EVENT_REOPEN] = {"reopen", "重办"},
    [EVENT_FOLLOW_UP] = {"follow-up", "回访"},
    [EVENT_ARCHIVE] = {"archive", "归档"},
    [EVENT_DEPUTY] = {"deputy", "通知备岗"},
    [EVENT_LEADER] = {"leader", "报领导"},
    [EVENT_STANDING] = {"standing", "常亮红灯"},
    [EVENT_LAPSE] = {"lapse", "签收失效"},
    [EVENT_SKIP] = {"skip", "跳过本级"},
    [EVENT_CLIMB_PENDING] = {"climb-pending", "待升级"},
    [EVENT_OFFER] = {"offer", "提请交接"},
    [EVENT_DECLINE] = {"decline", "交接未成"},
    [EVENT_HANDOVER] = {"handover", "移交"},
    [EVENT_TAKE] = {"take", "接收"},
    [EVENT_REFUSED] = {"refused", "请求被拒"},
    [EVENT_RECALCULATE] = {"recalculate", "重算时限"},
    [EVENT_RECLAIM] = {"reclaim", "收回"},
    [EVENT_RESTORED] = {"restored", "恢复后续写"},
    [EVENT_NOTE] = {"note", "系统记事"},
};

const char *case_state_name(enum case_state state)
{
    return (unsigned)state < CASE_STATES ? states[state].name : "UNKNOWN";
}

const char *case_state_zh(enum case_state state)
{
    return (unsigned)state < CASE_STATES ? states[state].zh : "未知状态";
}

enum case_state case_state_from_name(const char *name)
{
    for (int i = CASE_REPORTED; i < CASE_STATES; i++)
        if (strcmp(states[i].name, name) == 0)
            return (enum case_state)i;
    return CASE_NONE;
}

const char *case_event_name(enum case_event event)
{
    return (unsigned)event < CASE_EVENTS && events[event].name ? events[event].name : "unknown";
}

const char *case_event_zh(enum case_event event)
{
    return (unsigned)event < CASE_EVENTS && events[event].zh ? events[event].zh : "未知事件";
}

static bool same_word(const char *name, const char *text)
{
    for (; *name && *text; name++, text++)
        if (*name != (*text == '_' ? '-' : *text))
            return false;
    return *name == *text;
}

enum case_event case_event_from_name(const char *name)
{
    if (same_word("re-dispatch", name))
        return EVENT_REDISPATCH;
    for (int i = EVENT_REPORT; i < CASE_EVENTS; i++)
        if (events[i].name && same_word(events[i].name, name))
            return (enum case_event)i;
    return EVENT_NONE;
}

const char *lamp_name(enum lamp lamp)
{
    static const char *const lamps[] = {[LAMP_GREEN] = "green", [LAMP_YELLOW] = "yellow", [LAMP_RED] = "red"};
    return (unsigned)lamp <= LAMP_RED ? lamps[lamp] : "unknown";
}

bool case_state_open(enum case_state state)
{
    switch (state) {
    case CASE_REPORTED:
    case CASE_VERIFYING:
    case CASE_FILED:
    case CASE_DISPATCHED:
    case CASE_HANDLING:
    case CASE_SUSPENDED:
    case CASE_FEEDBACK:
    case CASE_DISPUTED:
        return true;
    case CASE_NONE:
    case CASE_CLOSED:
    case CASE_FORCE_CLOSED:
    case CASE_ARCHIVED:
    case CASE_REJECTED:
    case CASE_VOIDED:
    case CASE_MERGED:
    case CASE_STATES:
        return false;
    }
    return false;
}

int64_t case_next_timer(const struct case_record *record)
{
    int64_t next_ms = INT64_MAX;
    for (int kind = 0; kind < CLOCK_KINDS; kind++) {
        const struct case_clock *clock = &record->facts.clocks[kind];
        if (clock->run == CLOCK_RUNNING && clock->next_ms < next_ms)
            next_ms = clock->next_ms;
    }
    return next_ms;
}

int64_t case_due(const struct case_record *record)
{
    const struct case_clock *clocks = record->facts.clocks;
    if (clocks[CLOCK_STATE].run == CLOCK_RUNNING)
        return clocks[CLOCK_STATE].due_ms;
    return clocks[CLOCK_HANDLE].run == CLOCK_RUNNING ? clocks[CLOCK_HANDLE].due_ms : 0;
}

bool case_overdue(const struct case_record *record, int64_t now_ms)
{
    if (!case_state_open(record->state))
        return false;
    for (int kind = 0; kind < CLOCK_KINDS; kind++) {
        const struct case_clock *clock = &record->facts.clocks[kind];
        if (kind == CLOCK_STATE && record->state == CASE_SUSPENDED)
            continue; /* a review date is no limit */
        if (kind != CLOCK_LAPSE && clock->run == CLOCK_RUNNING && clock->due_ms <= now_ms)
            return true;
    }
    return false;
}

void case_apply(struct case_record *record, const struct envelope *envelope, const struct case_facts *facts,
                const uint8_t hash[HASH_BYTES])
{
    assert(envelope->subject_kind == SUBJECT_CASE);
    assert(envelope->no == record->last_no + 1);
    record->last_no = envelope->no;
    record->last_ms = envelope->at_ms;
    record->epoch = envelope->epoch;
    text_put(record->owner, sizeof record->owner, envelope->next_owner);
    record->state = (enum case_state)envelope->state;
    if (facts)
        record->facts = *facts;
    memcpy(record->head_hash, hash, HASH_BYTES);
}
