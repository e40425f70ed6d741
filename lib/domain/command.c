/* The words of commands and receipts, both ways. */
#include "domain/command.h"

#include <stddef.h>
#include <string.h>

struct names {
    const char *name, *zh;
};

static const struct names kinds[COMMAND_KINDS] = {
    [COMMAND_NONE] = {"none", "无"},
    [COMMAND_ORDER] = {"order", "指令"},
    [COMMAND_NOTICE] = {"notice", "通知"},
    [COMMAND_ROLL_CALL] = {"roll-call", "点名"},
    [COMMAND_SUPERVISION] = {"supervision", "督办"},
    [COMMAND_CAMPAIGN] = {"campaign", "专项任务"},
    [COMMAND_MODE] = {"mode", "平战切换"},
    [COMMAND_EMERGENCY] = {"emergency", "应急调度"},
};

static const struct names command_events[COMMAND_EVENTS] = {
    [COMMAND_EVENT_NONE] = {"none", "无"},       [COMMAND_ISSUE] = {"issue", "下达"},
    [COMMAND_UPDATE] = {"update", "更新"},       [COMMAND_CANCEL] = {"cancel", "撤销"},
    [COMMAND_SUPERSEDE] = {"supersede", "替代"}, [COMMAND_CHECK] = {"check", "核查"},
    [COMMAND_RENEW] = {"renew", "续期"},         [COMMAND_STAND_DOWN] = {"stand-down", "解除待签"},
};

static const struct names receipt_states[RECEIPT_STATES] = {
    [RECEIPT_NONE] = {"NONE", "无"},
    [RECEIPT_ISSUED] = {"ISSUED", "已下达"},
    [RECEIPT_DELIVERED] = {"DELIVERED", "已送达"},
    [RECEIPT_ACKED] = {"ACKED", "已签收"},
    [RECEIPT_EN_ROUTE] = {"EN_ROUTE", "已出发"},
    [RECEIPT_ON_SCENE] = {"ON_SCENE", "已到场"},
    [RECEIPT_REPORTED] = {"REPORTED", "已反馈"},
    [RECEIPT_DONE] = {"DONE", "办结"},
    [RECEIPT_UNABLE] = {"UNABLE", "不能执行"},
    [RECEIPT_CANCELLED] = {"CANCELLED", "已撤销"},
    [RECEIPT_SUPERSEDED] = {"SUPERSEDED", "已被替代"},
    [RECEIPT_EXPIRED] = {"EXPIRED", "已过期"},
};

static const struct names receipt_events[RECEIPT_EVENTS] = {
    [RECEIPT_EVENT_NONE] = {"none", "无"},
    [RECEIPT_ACK] = {"ack", "签收"},
    [RECEIPT_DEPART] = {"depart", "出发"},
    [RECEIPT_ARRIVE] = {"arrive", "到场"},
    [RECEIPT_CONTACT] = {"contact", "联系"},
    [RECEIPT_PROGRESS] = {"progress", "进展"},
    [RECEIPT_REPORT] = {"report", "反馈"},
    [RECEIPT_FINISH] = {"finish", "办结"},
    [RECEIPT_REFUSE] = {"refuse", "报告不能执行"},
    [RECEIPT_PAR] = {"par", "报平安"},
    [RECEIPT_HAND_OVER] = {"hand-over", "接班"},
    [RECEIPT_DELIVER] = {"deliver", "送达"},
    [RECEIPT_CHANNEL] = {"channel", "换渠道呼叫"},
    [RECEIPT_DEPUTY] = {"deputy", "呼叫备岗"},
    [RECEIPT_ABOVE] = {"above", "呼叫上级"},
    [RECEIPT_REPEAT] = {"repeat", "再次呼叫"},
    [RECEIPT_LAPSE] = {"lapse", "签收失效"},
    [RECEIPT_LATE_CONTACT] = {"late-contact", "超时未联系"},
    [RECEIPT_LATE_ARRIVE] = {"late-arrive", "超时未到场"},
    [RECEIPT_LATE_DONE] = {"late-done", "超时未办结"},
    [RECEIPT_LATE_REPORT] = {"late-report", "到期未报"},
    [RECEIPT_PAR_CALL] = {"par-call", "安全点名"},
    [RECEIPT_PAR_MISSED] = {"par-missed", "安全点名无应答"},
    [RECEIPT_EXPIRE] = {"expire", "过期"},
    [RECEIPT_RELIEVED] = {"relieved", "由他人接替"},
    [RECEIPT_UPDATED] = {"updated", "指令更新"},
    [RECEIPT_CANCEL] = {"cancel", "指令撤销"},
    [RECEIPT_SUPERSEDE] = {"supersede", "指令被替代"},
    [RECEIPT_CHECK_OK] = {"check-ok", "核查通过"},
    [RECEIPT_CHECK_FAIL] = {"check-fail", "核查不通过"},
    [RECEIPT_STAND_DOWN] = {"stand-down", "解除待签"},
};

/* Other words by which people and gateways call an act. */
static const struct {
    const char *name;
    enum receipt_event event;
} other_words[] = {
    {"sign", RECEIPT_ACK},        {"here", RECEIPT_ACK},    {"en-route", RECEIPT_DEPART},
    {"on-scene", RECEIPT_ARRIVE}, {"done", RECEIPT_FINISH}, {"unable", RECEIPT_REFUSE},
};

static const struct names alerts[ALERTS] = {
    [ALERT_NORMAL] = {"normal", "平时"},       [ALERT_IV] = {"iv", "四级响应（蓝色）"},
    [ALERT_III] = {"iii", "三级响应（黄色）"}, [ALERT_II] = {"ii", "二级响应（橙色）"},
    [ALERT_I] = {"i", "一级响应（红色）"},
};

/* True when the words are the same but for '_' written as '-'. */
static bool same_word(const char *name, const char *text)
{
    for (; *name && *text; name++, text++)
        if (*name != (*text == '_' ? '-' : *text))
            return false;
    return *name == *text;
}

/* The index of a word in [1, count), 0 when it is not there. */
static int find_word(const struct names *names, int count, const char *text)
{
    for (int i = 1; i < count; i++)
        if (names[i].name && same_word(names[i].name, text))
            return i;
    return 0;
}

static const char *name_at(const struct names *names, unsigned count, unsigned i)
{
    return i < count && names[i].name ? names[i].name : "unknown";
}

static const char *zh_at(const struct names *names, unsigned count, unsigned i)
{
    return i < count && names[i].zh ? names[i].zh : "未知";
}

const char *command_kind_name(enum command_kind kind)
{
    return name_at(kinds, COMMAND_KINDS, (unsigned)kind);
}

const char *command_kind_zh(enum command_kind kind)
{
    return zh_at(kinds, COMMAND_KINDS, (unsigned)kind);
}

enum command_kind command_kind_from_name(const char *name)
{
    return (enum command_kind)find_word(kinds, COMMAND_KINDS, name);
}

const char *command_event_name(enum command_event event)
{
    return name_at(command_events, COMMAND_EVENTS, (unsigned)event);
}

const char *command_event_zh(enum command_event event)
{
    return zh_at(command_events, COMMAND_EVENTS, (unsigned)event);
}

enum command_event command_event_from_name(const char *name)
{
    return (enum command_event)find_word(command_events, COMMAND_EVENTS, name);
}

const char *command_status_name(enum command_status status)
{
    switch (status) {
    case COMMAND_ACTUAL:
        return "actual";
    case COMMAND_EXERCISE:
        return "exercise";
    case COMMAND_TEST:
        return "test";
    }
    return "unknown";
}

const char *receipt_state_name(enum receipt_state state)
{
    return name_at(receipt_states, RECEIPT_STATES, (unsigned)state);
}

const char *receipt_state_zh(enum receipt_state state)
{
    return zh_at(receipt_states, RECEIPT_STATES, (unsigned)state);
}

enum receipt_state receipt_state_from_name(const char *name)
{
    for (int i = RECEIPT_ISSUED; i < RECEIPT_STATES; i++)
        if (strcmp(receipt_states[i].name, name) == 0)
            return (enum receipt_state)i;
    return RECEIPT_NONE;
}

const char *receipt_event_name(enum receipt_event event)
{
    return name_at(receipt_events, RECEIPT_EVENTS, (unsigned)event);
}

const char *receipt_event_zh(enum receipt_event event)
{
    return zh_at(receipt_events, RECEIPT_EVENTS, (unsigned)event);
}

enum receipt_event receipt_event_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof other_words / sizeof *other_words; i++)
        if (same_word(other_words[i].name, name))
            return other_words[i].event;
    return (enum receipt_event)find_word(receipt_events, RECEIPT_EVENTS, name);
}

const char *alert_name(enum alert alert)
{
    return name_at(alerts, ALERTS, (unsigned)alert);
}

const char *alert_zh(enum alert alert)
{
    return zh_at(alerts, ALERTS, (unsigned)alert);
}

bool alert_from_name(const char *name, enum alert *alert)
{
    for (int i = ALERT_NORMAL; i < ALERTS; i++)
        if (strcmp(alerts[i].name, name) == 0) {
            *alert = (enum alert)i;
            return true;
        }
    return false;
}

bool receipt_final(enum command_kind kind, enum receipt_state state)
{
    switch (state) {
    case RECEIPT_DONE:
    case RECEIPT_UNABLE:
    case RECEIPT_CANCELLED:
    case RECEIPT_SUPERSEDED:
    case RECEIPT_EXPIRED:
        return true;
    case RECEIPT_ACKED:
        return kind == COMMAND_NOTICE || kind == COMMAND_ROLL_CALL;
    case RECEIPT_NONE:
    case RECEIPT_ISSUED:
    case RECEIPT_DELIVERED:
    case RECEIPT_EN_ROUTE:
    case RECEIPT_ON_SCENE:
    case RECEIPT_REPORTED:
    case RECEIPT_STATES:
        break;
    }
    return false;
}
