/* One key table for each action. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli_span.h"
#include "command_ask.h"
#include "drill.h"
#include "mode_view.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct conf_name priorities[] = {
    {"normal", PRIORITY_NORMAL}, {"urgent", PRIORITY_URGENT}, {"critical", PRIORITY_CRITICAL}, {NULL, 0}};

static bool span_of(struct drill *drill, const struct conf_node *node, const char *text, struct span *span)
{
    return !text || cli_span_parse(text, span) ||
           conf_error_at(drill->doc, node, "'%s' is no span: e.g. 30m, 4wh, 3wd", text);
}

/* ---- commands ---- */

struct raw_command {
    const char *center, *kind, *to, *text, *text_en, *as, *form, *stage, *level, *of, *ack;
    const char *ack_limit, *contact_limit, *arrive_limit, *done_limit, *report_every, *par, *expires, *from,
        *until;
    enum priority priority;
};

#define C(key, member, flags) CONF_STRING_KEY(key, struct raw_command, member, flags)
#define C_PRIORITY CONF_ENUM_KEY("priority", struct raw_command, priority, 0, priorities)
#define C_WHO C("center", center, CONF_REQUIRED), C("as", as, 0)
#define C_LIMITS C("ack_limit", ack_limit, 0), C("done_limit", done_limit, 0), C_PRIORITY
static const struct conf_key issue_keys[] = {C_WHO,
                                             C_LIMITS,
                                             C("kind", kind, CONF_REQUIRED),
                                             C("to", to, CONF_REQUIRED),
                                             C("text", text, CONF_REQUIRED),
                                             C("text_en", text_en, 0),
                                             C("contact_limit", contact_limit, 0),
                                             C("arrive_limit", arrive_limit, 0),
                                             C("report_every", report_every, 0),
                                             C("par", par, 0),
                                             C("ack", ack, 0),
                                             C("expires", expires, 0),
                                             C("form", form, 0),
                                             C("of", of, 0)};
static const struct conf_key roll_call_keys[] = {C_WHO, C_PRIORITY, C("to", to, 0), C("limit", ack_limit, 0),
                                                 C("text", text, 0)};
static const struct conf_key campaign_keys[] = {C_WHO,
                                                C_LIMITS,
                                                C("to", to, CONF_REQUIRED),
                                                C("text", text, CONF_REQUIRED),
                                                C("form", form, CONF_REQUIRED),
                                                C("stage", stage, CONF_REQUIRED),
                                                C("report_every", report_every, 0)};
static const struct conf_key next_keys[] = {
    C("of", of, CONF_REQUIRED),        C("as", as, 0),     C_LIMITS,
    C("stage", stage, CONF_REQUIRED),  C("text", text, 0), C("form", form, 0),
    C("report_every", report_every, 0)};
static const struct conf_key mode_keys[] = {C_WHO,
                                            C("level", level, CONF_REQUIRED),
                                            C("reason", text, CONF_REQUIRED),
                                            C("until", until, CONF_REQUIRED),
                                            C("from", from, 0),
                                            C("to", to, 0),
                                            C("report_every", report_every, 0)};

static bool limits_of(struct drill *drill, const struct conf_node *node, const struct raw_command *raw,
                      struct drill_step *step)
{
    struct command *draft = &step->draft;
    bool sound = span_of(drill, node, raw->ack_limit, &draft->ack_limit);
    sound &= span_of(drill, node, raw->contact_limit, &draft->contact_limit);
    sound &= span_of(drill, node, raw->arrive_limit, &draft->arrive_limit);
    sound &= span_of(drill, node, raw->done_limit, &draft->done_limit);
    sound &= span_of(drill, node, raw->report_every, &draft->report_interval);
    sound &= span_of(drill, node, raw->par, &draft->par_interval);
    sound &= span_of(drill, node, raw->expires, &step->expires);
    sound &= span_of(drill, node, raw->from, &step->from);
    sound &= span_of(drill, node, raw->until, &step->until);
    return sound;
}

static bool ack_of(struct drill *drill, const struct conf_node *node, const char *ack, struct command *draft)
{
    char *end;
    draft->ack_rule = ACK_EACH;
    if (!ack || strcmp(ack, "each") == 0)
        return true;
    if (strcmp(ack, "any") == 0) {
        draft->ack_rule = ACK_ANY;
        return true;
    }
    long count = strtol(ack, &end, 10);
    draft->ack_rule = ACK_K_OF_N;
    draft->ack_count = (int32_t)count;
    return (*end == '\0' && count > 0 && count < INT32_MAX) ||
           conf_error_at(drill->doc, node, "'ack' is each, any or a number");
}

static bool form_of(struct drill *drill, const struct conf_node *node, const char *text, struct form *form)
{
    struct fault fault = {.code = ERR_OK};
    return !text || form_parse(text, form, &fault) == ERR_OK ||
           conf_error_at(drill->doc, node, "form: %s", fault.text);
}

static bool command_of(struct drill *drill, const struct conf_node *node, struct raw_command *raw,
                       struct drill_step *step)
{
    struct command *draft = &step->draft;
    bool sound =
        drill_center_of(drill, node, raw->center, &step->center) && drill_of(drill, node, raw->of, step);
    *draft = (struct command){
        .event = COMMAND_ISSUE, .priority = raw->priority, .status = COMMAND_ACTUAL, .lon = NAN, .lat = NAN};
    sound &= limits_of(drill, node, raw, step) && ack_of(drill, node, raw->ack, draft) &&
             form_of(drill, node, raw->form, &draft->form) && drill_text_of(drill, node, &raw->text) &&
             drill_text_of(drill, node, &raw->text_en) &&
             drill_put(drill, node, draft->targets, sizeof draft->targets, raw->to) &&
             drill_put(drill, node, draft->stage, sizeof draft->stage, raw->stage) &&
             drill_put(drill, node, step->user, sizeof step->user, raw->as);
    draft->text = raw->text;
    draft->text_en = raw->text_en;
    return sound;
}

/* What goes on from stage to stage, but for what the step says otherwise. */
static void inherit(const struct drill_step *before, struct drill_step *step)
{
    const struct command *last = &before->draft;
    struct command *draft = &step->draft;
    step->center = before->center;
    if (!step->user[0])
        memcpy(step->user, before->user, sizeof step->user);
    memcpy(draft->targets, last->targets, sizeof draft->targets);
    draft->priority = last->priority;
    if (draft->form.count == 0)
        draft->form = last->form;
    if (!draft->text)
        draft->text = last->text;
    if (draft->ack_limit.unit == UNIT_NONE)
        draft->ack_limit = last->ack_limit;
    if (draft->done_limit.unit == UNIT_NONE)
        draft->done_limit = last->done_limit;
    if (draft->report_interval.unit == UNIT_NONE)
        draft->report_interval = last->report_interval;
}

/* A selector that does not read is said with its place, not when its time comes. */
static bool selector_of(struct drill *drill, const struct conf_node *node, const char *text)
{
    struct selector selector;
    struct fault fault = {.code = ERR_OK};
    return !text[0] || selector_parse(text, &selector, &fault) == ERR_OK ||
           conf_error_at(drill->doc, node, "selector '%s': %s", text, fault.text);
}

static bool read_command(struct drill *drill, const struct conf_node *node, const struct conf_key *keys,
                         size_t count, struct drill_step *step)
{
    struct raw_command raw = {.center = NULL};
    enum command_kind kinds[] = {[DRILL_ROLL_CALL] = COMMAND_ROLL_CALL,
                                 [DRILL_CAMPAIGN] = COMMAND_CAMPAIGN,
                                 [DRILL_NEXT] = COMMAND_CAMPAIGN,
                                 [DRILL_MODE] = COMMAND_MODE};
    if (!conf_map(drill->doc, node, keys, count, &raw) || !command_of(drill, node, &raw, step) ||
        !selector_of(drill, node, step->draft.targets))
        return false;
    struct command *draft = &step->draft;
    draft->kind = raw.kind ? command_kind_from_name(raw.kind) : kinds[step->action];
    if (draft->kind == COMMAND_NONE)
        return conf_error_at(drill->doc, node, "kind '%s' is none of order, notice, supervision ...",
                             raw.kind);
    if (!step->user[0] && step->center >= 0)
        snprintf(step->user, sizeof step->user, "%s.%s", command_ask_post(draft->kind),
                 drill->topology->centers[step->center].code);
    if (raw.level && (!alert_from_name(raw.level, &draft->alert) || draft->alert == ALERT_NORMAL))
        return conf_error_at(drill->doc, node, "level '%s' is none of iv, iii, ii, i", raw.level);
    if (step->action == DRILL_NEXT)
        inherit(&drill->steps[step->of], step);
    if (step->action == DRILL_ROLL_CALL && !draft->targets[0])
        text_put(draft->targets, sizeof draft->targets, "all");
    if (step->action == DRILL_ROLL_CALL && draft->ack_limit.unit == UNIT_NONE)
        draft->ack_limit = (struct span){.unit = UNIT_URGENT_HOUR, .amount = 5};
    if (step->action == DRILL_ROLL_CALL && !draft->text)
        draft->text = "点名：请立即应答。";
    if (step->action == DRILL_MODE && !draft->targets[0])
        text_put(draft->targets, sizeof draft->targets, "centers");
    if (step->action == DRILL_MODE)
        draft->reason = draft->text;
    return step->action != DRILL_MODE || form_of(drill, node, MODE_FORM, &draft->form);
}

/* ---- acts on a command ---- */

struct raw_act {
    const char *of, *event, *recipient, *as, *text, *values, *reason;
    bool zero, passed;
    int32_t score;
};

static const struct conf_key act_keys[] = {
    CONF_STRING_KEY("of", struct raw_act, of, CONF_REQUIRED),
    CONF_STRING_KEY("event", struct raw_act, event, CONF_REQUIRED),
    CONF_STRING_KEY("recipient", struct raw_act, recipient, 0),
    CONF_STRING_KEY("as", struct raw_act, as, 0),
    CONF_STRING_KEY("text", struct raw_act, text, 0),
    CONF_STRING_KEY("values", struct raw_act, values, 0),
    CONF_STRING_KEY("reason", struct raw_act, reason, 0),
    CONF_BOOL_KEY("zero", struct raw_act, zero, 0),
    CONF_BOOL_KEY("passed", struct raw_act, passed, 0),
    CONF_INT_KEY("score", struct raw_act, score, 0, 1, 5),
};

/* "a=1;b=2": one field a line. */
static const char *lines_of(struct drill *drill, const struct conf_node *node, const char *values)
{
    const char *text = values ? drill_text(drill, node, values) : NULL;
    for (char *p = (char *)(uintptr_t)text; p && *p; p++)
        if (*p == ';')
            *p = '\n';
    return text;
}

static bool header_act(struct drill *drill, const struct conf_node *node, const struct raw_act *raw,
                       struct drill_step *step)
{
    const struct drill_step *of = &drill->steps[step->of];
    struct command *draft = &step->draft;
    *draft = (struct command){.event = command_event_from_name(raw->event),
                              .text = raw->text,
                              .reason = raw->reason ? raw->reason : raw->text,
                              .passed = raw->passed,
                              .score = raw->score,
                              .lon = NAN,
                              .lat = NAN};
    if (draft->event == COMMAND_EVENT_NONE || draft->event == COMMAND_ISSUE)
        return conf_error_at(drill->doc, node, "event '%s': ack, report, finish ... need a recipient",
                             raw->event);
    step->center = of->center;
    if (!step->user[0])
        memcpy(step->user, of->user, sizeof step->user);
    return drill_put(drill, node, draft->recipient, sizeof draft->recipient, raw->recipient);
}

static bool recipient_act(struct drill *drill, const struct conf_node *node, const struct raw_act *raw,
                          struct drill_step *step)
{
    struct recipient recipient;
    struct receipt_request *receipt = &step->receipt;
    if (!drill_put(drill, node, receipt->recipient, sizeof receipt->recipient, raw->recipient))
        return false;
    if (!recipient_find(drill->topology, receipt->recipient, &recipient))
        return conf_error_at(drill->doc, node, "there is no recipient '%s'", receipt->recipient);
    step->center = recipient.center;
    receipt->input = (struct receipt_input){.event = receipt_event_from_name(raw->event),
                                            .text = raw->text,
                                            .values = lines_of(drill, node, raw->values),
                                            .zero = raw->zero};
    if (!step->user[0] && recipient.kind == RECIPIENT_CENTER)
        snprintf(step->user, sizeof step->user, "dispatcher.%s",
                 drill->topology->centers[recipient.center].code);
    else if (!step->user[0])
        memcpy(step->user, receipt->recipient, sizeof step->user);
    return true;
}

static bool read_act(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    struct raw_act raw = {.of = NULL};
    if (!conf_map(drill->doc, node, act_keys, COUNT(act_keys), &raw) ||
        !drill_of(drill, node, raw.of, step) || !drill_text_of(drill, node, &raw.text) ||
        !drill_text_of(drill, node, &raw.reason) ||
        !drill_put(drill, node, step->user, sizeof step->user, raw.as))
        return false;
    bool said_by_recipient = raw.recipient && command_event_from_name(raw.event) != COMMAND_CHECK &&
                             receipt_event_from_name(raw.event) != RECEIPT_EVENT_NONE;
    return said_by_recipient ? recipient_act(drill, node, &raw, step) : header_act(drill, node, &raw, step);
}

bool drill_read_action(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    switch (step->action) {
    case DRILL_SAY:
        return conf_string(drill->doc, node, &step->note) && drill_text_of(drill, node, &step->note);
    case DRILL_ISSUE:
        return read_command(drill, node, issue_keys, COUNT(issue_keys), step);
    case DRILL_ROLL_CALL:
        return read_command(drill, node, roll_call_keys, COUNT(roll_call_keys), step);
    case DRILL_CAMPAIGN:
        return read_command(drill, node, campaign_keys, COUNT(campaign_keys), step);
    case DRILL_NEXT:
        return read_command(drill, node, next_keys, COUNT(next_keys), step);
    case DRILL_MODE:
        return read_command(drill, node, mode_keys, COUNT(mode_keys), step);
    case DRILL_ACT:
        return read_act(drill, node, step);
    case DRILL_REPORT:
    case DRILL_CASE:
    case DRILL_UNIT:
    case DRILL_ANSWER:
    case DRILL_SHELL:
        return drill_read_other(drill, node, step);
    case DRILL_EXPECT:
        return drill_read_expect(drill, node, step);
    case DRILL_ACTIONS:
        break;
    }
    return false;
}
