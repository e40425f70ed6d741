/* What an issuer may still do with its command, and how a record takes each of its events. */
#include "domain/command_work.h"

#include <string.h>

#include "base/text.h"

/* A mode is renewed when half of its lease is used: a link that is down for less than that ends nothing. */
#define RENEW_AHEAD_MS (LEASE_MAX_MS / 2)
#define SYSTEM (POST_SYSTEM | POST_TIMER)

static const struct act_rule {
    bool after_expiry; /* work goes on when signing has ended */
    bool needs_reason;
    bool by_system; /* the center does it by itself as well */
} rules[COMMAND_EVENTS] = {
    [COMMAND_UPDATE] = {.after_expiry = false},
    [COMMAND_CANCEL] = {.after_expiry = true, .needs_reason = true, .by_system = true},
    [COMMAND_SUPERSEDE] = {.after_expiry = true, .by_system = true},
    [COMMAND_CHECK] = {.after_expiry = true},
    [COMMAND_STAND_DOWN] = {.after_expiry = false, .by_system = true},
};

struct acting {
    struct command_work work;
    const struct command_record *record;
    const struct command *draft;
};

static enum err illegal(const struct acting *acting, const char *why)
{
    return fault_set(acting->work.fault, ERR_ILLEGAL, "%s，不能%s", why,
                     command_event_zh(acting->draft->event));
}

static enum err check_open(const struct acting *acting)
{
    const struct command_record *record = acting->record;
    enum command_event event = acting->draft->event;
    bool may = event == COMMAND_UPDATE || event == COMMAND_CANCEL || event == COMMAND_SUPERSEDE ||
               event == COMMAND_CHECK || event == COMMAND_STAND_DOWN;
    if (!may)
        return fault_set(acting->work.fault, ERR_ILLEGAL, "对已下达的指令没有这种操作");
    if (record->ended == COMMAND_CANCEL || record->ended == COMMAND_SUPERSEDE)
        return illegal(acting, record->ended == COMMAND_CANCEL ? "指令已撤销" : "指令已被替代");
    if (record->ended == COMMAND_STAND_DOWN && event == COMMAND_STAND_DOWN)
        return illegal(acting, "指令已解除待签");
    if (!rules[event].after_expiry && acting->work.now_ms >= record->header.expires_ms)
        return illegal(acting, "指令已过期");
    return ERR_OK;
}

static enum err check_person(const struct acting *acting)
{
    const struct actor *actor = &acting->draft->actor;
    if (rules[acting->draft->event].by_system && (actor->post & SYSTEM) && actor->user[0])
        return ERR_OK;
    return command_may(&acting->work, actor);
}

/* ---- each event ---- */

static bool take_span(struct span *to, struct span said)
{
    if (said.unit != UNIT_NONE)
        *to = said;
    return said.unit != UNIT_NONE;
}

static bool take_time(int64_t *to, int64_t said)
{
    if (said != 0)
        *to = said;
    return said != 0;
}

static bool take_words(const char **to, const char *said)
{
    bool speaks = said && said[0];
    if (speaks)
        *to = said;
    return speaks;
}

/* Takes over what the draft says; false when it says nothing. */
static bool take_update(struct command *command, const struct command *draft)
{
    bool any = take_words(&command->text, draft->text);
    any |= take_words(&command->text_en, draft->text_en);
    any |= take_span(&command->ack_limit, draft->ack_limit);
    any |= take_span(&command->contact_limit, draft->contact_limit);
    any |= take_span(&command->arrive_limit, draft->arrive_limit);
    any |= take_span(&command->done_limit, draft->done_limit);
    any |= take_span(&command->report_interval, draft->report_interval);
    any |= take_span(&command->par_interval, draft->par_interval);
    any |= take_time(&command->expires_ms, draft->expires_ms);
    if (command->kind == COMMAND_MODE && take_time(&command->mode_end_ms, draft->mode_end_ms)) {
        command->expires_ms = command->mode_end_ms;
        any = true;
    }
    if (draft->form.count > 0)
        command->form = draft->form;
    return any || draft->form.count > 0;
}

static enum err fill_update(struct acting *acting)
{
    struct command_work *work = &acting->work;
    struct command *command = &work->command;
    int64_t effective = command->effective_ms;
    *command = acting->record->header;
    if (!take_update(command, acting->draft))
        return fault_set(work->fault, ERR_MISSING, "没有写明要更新什么");
    command->reason = acting->draft->reason;
    if (command->expires_ms <= work->now_ms)
        return fault_set(work->fault, ERR_EXPIRED, "失效时间已过");
    enum err err = command_check_targets(work);
    if (err == ERR_OK)
        err = command_check_mode(work);
    if (effective > command->effective_ms)
        command->effective_ms = effective; /* limits run from now */
    return err == ERR_OK ? command_check_limits(work) : err;
}

static enum err fill_supersede(struct acting *acting)
{
    struct command *command = &acting->work.command;
    command->references = acting->draft->references;
    if (id_is_zero(&command->references) || id_equal(&command->references, &acting->record->header.id))
        return fault_set(acting->work.fault, ERR_MISSING, "须写明由哪一条指令替代");
    return ERR_OK;
}

static enum err fill_check(struct acting *acting)
{
    struct command *command = &acting->work.command;
    const struct command *draft = acting->draft;
    if (!receipt_allows(command->kind, RECEIPT_REPORTED, RECEIPT_CHECK_OK))
        return fault_set(acting->work.fault, ERR_ILLEGAL, "%s不需要核查", command_kind_zh(command->kind));
    if (!draft->recipient[0])
        return fault_set(acting->work.fault, ERR_MISSING, "须写明核查哪个接收人");
    if (draft->score < 0 || draft->score > 5)
        return fault_set(acting->work.fault, ERR_RANGE, "评分应为 1 至 5");
    if (!draft->passed && (!draft->reason || !draft->reason[0]))
        return fault_set(acting->work.fault, ERR_NO_REASON, "核查不通过须写明理由");
    text_put(command->recipient, sizeof command->recipient, draft->recipient);
    command->passed = draft->passed;
    command->score = draft->score;
    return ERR_OK;
}

static enum err fill_stand_down(struct acting *acting)
{
    enum ack_rule rule = acting->record->header.ack_rule;
    return rule == ACK_ANY || rule == ACK_K_OF_N ? ERR_OK : illegal(acting, "指令要求每个接收人签收");
}

static enum err fill(struct acting *acting)
{
    switch (acting->draft->event) {
    case COMMAND_UPDATE:
        return fill_update(acting);
    case COMMAND_SUPERSEDE:
        return fill_supersede(acting);
    case COMMAND_CHECK:
        return fill_check(acting);
    case COMMAND_STAND_DOWN:
        return fill_stand_down(acting);
    case COMMAND_CANCEL:
    case COMMAND_EVENT_NONE:
    case COMMAND_ISSUE:
    case COMMAND_RENEW:
    case COMMAND_EVENTS:
        break;
    }
    return ERR_OK;
}

/* What every statement about a known command has; the whole header stands in ISSUE and UPDATE alone. */
static struct command statement(const struct command_world *world, const struct command_record *record,
                                enum command_event event, int64_t now_ms)
{
    const struct command *header = &record->header;
    struct command command = {.id = header->id,
                              .event = event,
                              .no = record->last_no + 1,
                              .sent_ms = now_ms > record->last_ms ? now_ms : record->last_ms + 1,
                              .status = header->status,
                              .kind = header->kind,
                              .priority = header->priority,
                              .expires_ms = header->expires_ms,
                              .alert = header->alert,
                              .lon = header->lon,
                              .lat = header->lat};
    text_put(command.center, sizeof command.center, world->topology->centers[world->here].code);
    text_put(command.targets, sizeof command.targets, header->targets);
    command.effective_ms = command.sent_ms;
    return command;
}

enum err command_act(const struct command_world *world, const struct command_record *record,
                     const struct command *draft, int64_t now_ms, struct command *command,
                     struct fault *fault)
{
    struct acting acting = {
        .work = {.world = world, .now_ms = now_ms, .fault = fault}, .record = record, .draft = draft};
    struct command fresh = statement(world, record, draft->event, now_ms);
    acting.work.command = fresh;
    enum err err = check_open(&acting);
    if (err == ERR_OK)
        err = check_person(&acting);
    if (err == ERR_OK && rules[draft->event].needs_reason && (!draft->reason || !draft->reason[0]))
        err = fault_set(fault, ERR_NO_REASON, "%s须写明理由", command_event_zh(draft->event));
    if (err == ERR_OK)
        err = fill(&acting);
    if (err != ERR_OK)
        return err;
    acting.work.command.event = fresh.event;
    acting.work.command.no = fresh.no;
    acting.work.command.sent_ms = fresh.sent_ms;
    acting.work.command.actor = draft->actor;
    acting.work.command.reason = draft->reason;
    *command = acting.work.command;
    return ERR_OK;
}

/* ---- a mode's lease ---- */

static bool is_renewed(const struct command_record *record)
{
    const struct command *header = &record->header;
    return header->kind == COMMAND_MODE && record->ended == COMMAND_EVENT_NONE &&
           header->lease_ms < header->mode_end_ms;
}

int64_t command_next_timer(const struct command_world *world, const struct command_record *record)
{
    bool ours = strcmp(record->header.center, world->topology->centers[world->here].code) == 0;
    return ours && is_renewed(record) ? record->header.lease_ms - RENEW_AHEAD_MS : INT64_MAX;
}

bool command_renew(const struct command_world *world, const struct command_record *record, int64_t now_ms,
                   struct command *command)
{
    int64_t end = record->header.mode_end_ms, lease = now_ms + LEASE_MAX_MS;
    if (now_ms < command_next_timer(world, record) || now_ms >= end)
        return false;
    *command = statement(world, record, COMMAND_RENEW, now_ms);
    command->actor = (struct actor){.user = "system:timer", .post = POST_TIMER};
    text_put(command->actor.center, sizeof command->actor.center, command->center);
    command->mode_start_ms = record->header.mode_start_ms;
    command->mode_end_ms = end;
    command->lease_ms = lease < end ? lease : end;
    return true;
}

/* ---- the record ---- */

/* The header as it was issued, with what the update says. */
static void apply_update(struct command *header, const struct command *event)
{
    struct command before = *header;
    *header = *event;
    header->event = COMMAND_ISSUE;
    header->no = before.no;
    header->sent_ms = before.sent_ms;
    header->effective_ms = before.effective_ms;
    header->actor = before.actor;
}

void command_apply(struct command_record *record, const struct command *event, int32_t no, int64_t at_ms,
                   const uint8_t hash[HASH_BYTES])
{
    switch (event->event) {
    case COMMAND_ISSUE:
        record->header = *event;
        break;
    case COMMAND_UPDATE:
        apply_update(&record->header, event);
        break;
    case COMMAND_RENEW:
        record->header.lease_ms = event->lease_ms;
        break;
    case COMMAND_CANCEL:
    case COMMAND_SUPERSEDE:
    case COMMAND_STAND_DOWN:
        record->ended = event->event;
        record->ended_ms = at_ms;
        break;
    case COMMAND_CHECK:
    case COMMAND_EVENT_NONE:
    case COMMAND_EVENTS:
        break;
    }
    record->last_no = no;
    record->last_ms = at_ms;
    memcpy(record->head_hash, hash, HASH_BYTES);
}
