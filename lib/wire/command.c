/* Statements: a command's header and its later events <-> bytes. */
#include "wire/command.h"

#include <assert.h>
#include <string.h>

#include "wire/command_message.h"

#define TEXT(field, size, kind) FIELD_ROW(#field, Sanji__Statement, field, struct command, field, size, kind)
#define FIELD(size, kind, field)                                                                             \
    FIELD_ROW("form." #field, Sanji__FormField, field, struct form_field, field, size, kind)

static const struct field_row texts[] = {
    TEXT(center, CODE_SIZE, FIELD_CODE),      TEXT(case_no, CASE_NO_SIZE, FIELD_CODE),
    TEXT(targets, SELECTOR_SIZE, FIELD_LINE), TEXT(stage, POST_SIZE, FIELD_LINE),
    TEXT(plan, POST_SIZE, FIELD_CODE),        TEXT(recipient, USER_SIZE, FIELD_CODE),
};
static const struct field_row field_texts[] = {
    FIELD(POST_SIZE, FIELD_LINE, name),
    FIELD(NAME_SIZE, FIELD_LINE, zh),
};

/* Numbers of one type in both structs. */
struct number {
    const char *name;
    size_t from, to;
};
#define NUMBER(name, to)                                                                                     \
    {                                                                                                        \
#name, offsetof(Sanji__Statement, name), offsetof(struct command, to)                                \
    }
static const struct number times[] = {
    NUMBER(sent, sent_ms),         NUMBER(effective, effective_ms),
    NUMBER(expires, expires_ms),   NUMBER(mode_start, mode_start_ms),
    NUMBER(mode_end, mode_end_ms), NUMBER(lease, lease_ms),
};
static const struct number spans[] = {
    NUMBER(ack_limit, ack_limit),
    NUMBER(contact_limit, contact_limit),
    NUMBER(arrive_limit, arrive_limit),
    NUMBER(done_limit, done_limit),
    NUMBER(report_interval, report_interval),
    NUMBER(par_interval, par_interval),
};
static const struct number ids[] = {
    NUMBER(id, id),
    NUMBER(references, references),
    NUMBER(case_id, case_id),
};

size_t form_put(const struct form *form, struct form_message *message)
{
    assert(form->count <= FORM_FIELDS_MAX);
    for (size_t i = 0; i < form->count; i++) {
        Sanji__FormField *to = message->list[i] = &message->fields[i];
        sanji__form_field__init(to);
        field_rows_put(field_texts, FIELD_COUNT(field_texts), &form->fields[i], to);
        to->type = form->fields[i].type;
        to->required = form->fields[i].required;
    }
    return form->count;
}

static void take_form_field(struct field_reader *reader, const Sanji__FormField *message,
                            struct form_field *to)
{
    field_rows(reader, field_texts, FIELD_COUNT(field_texts), message, to);
    if (to->name[0] == '\0')
        field_refuse(reader, ERR_MISSING, "form.name", "absent");
    if (strchr(to->name, '='))
        field_refuse(reader, ERR_MALFORMED, "form.name", "an '=' ends a name");
    to->type = (enum form_type)field_int(reader, "form.type", message->type, FORM_TEXT, FORM_PHOTO);
    to->required = message->required;
}

void form_take(struct field_reader *reader, Sanji__FormField *const *list, size_t count, struct form *form)
{
    if (count > FORM_FIELDS_MAX) {
        field_refuse(reader, ERR_TOO_LONG, "form", "too many fields");
        return;
    }
    for (size_t i = 0; i < count; i++)
        take_form_field(reader, list[i], &form->fields[i]);
    form->count = count;
}

static void put_numbers(const struct command *command, Sanji__Statement *to)
{
    for (size_t i = 0; i < FIELD_COUNT(times); i++)
        memcpy((char *)to + times[i].from, (const char *)command + times[i].to, sizeof(int64_t));
    for (size_t i = 0; i < FIELD_COUNT(spans); i++) {
        struct span span;
        memcpy(&span, (const char *)command + spans[i].to, sizeof span);
        uint64_t coded = span_put(span);
        memcpy((char *)to + spans[i].from, &coded, sizeof coded);
    }
    for (size_t i = 0; i < FIELD_COUNT(ids); i++) {
        ProtobufCBinaryData data = field_put_bytes((const uint8_t *)command + ids[i].to, ID_BYTES);
        memcpy((char *)to + ids[i].from, &data, sizeof data);
    }
}

void statement_put(const struct command *command, struct statement_message *message)
{
    Sanji__Statement *to = &message->statement;

    sanji__statement__init(to);
    field_rows_put(texts, FIELD_COUNT(texts), command, to);
    put_numbers(command, to);
    to->event = command->event;
    to->no = command->no;
    to->actor = actor_put(&command->actor, &message->actor);
    to->status = command->status;
    to->kind = command->kind;
    to->priority = command->priority;
    to->text = field_put(command->text);
    to->text_en = field_put(command->text_en);
    to->reason = field_put(command->reason);
    to->ack_rule = command->ack_rule;
    to->ack_count = command->ack_count;
    to->n_form = form_put(&command->form, &message->form);
    to->form = message->form.list;
    to->alert = command->alert;
    to->circle = command->circle;
    to->place = place_put(command->lon, command->lat, &message->place);
    to->passed = command->passed;
    to->score = command->score;
}

static void take_numbers(struct field_reader *reader, const Sanji__Statement *message,
                         struct command *command)
{
    for (size_t i = 0; i < FIELD_COUNT(times); i++) {
        int64_t value;
        memcpy(&value, (const char *)message + times[i].from, sizeof value);
        value = field_int(reader, times[i].name, value, 0, FIELD_TIME_MAX);
        memcpy((char *)command + times[i].to, &value, sizeof value);
    }
    for (size_t i = 0; i < FIELD_COUNT(spans); i++) {
        uint64_t coded;
        memcpy(&coded, (const char *)message + spans[i].from, sizeof coded);
        struct span span = span_take(reader, spans[i].name, coded);
        memcpy((char *)command + spans[i].to, &span, sizeof span);
    }
    for (size_t i = 0; i < FIELD_COUNT(ids); i++) {
        ProtobufCBinaryData data;
        memcpy(&data, (const char *)message + ids[i].from, sizeof data);
        field_bytes(reader, ids[i].name, data, (uint8_t *)command + ids[i].to, ID_BYTES);
    }
}

static void take_words(struct field_reader *reader, const Sanji__Statement *message, struct command *command)
{
    field_rows(reader, texts, FIELD_COUNT(texts), message, command);
    if (message->actor)
        actor_take(reader, message->actor, &command->actor);
    command->text = field_borrow(reader, "text", message->text, FIELD_TEXT, TEXT_SIZE);
    command->text_en = field_borrow(reader, "text_en", message->text_en, FIELD_TEXT, TEXT_SIZE);
    command->reason = field_borrow(reader, "reason", message->reason, FIELD_TEXT, REASON_SIZE);
    form_take(reader, message->form, message->n_form, &command->form);
    place_take(reader, message->place, &command->lon, &command->lat);
}

void statement_take(struct field_reader *reader, const Sanji__Statement *message, struct command *command)
{
    command->event = (enum command_event)field_kind(reader, "event", message->event, COMMAND_EVENTS - 1);
    if (message->kind != 0)
        command->kind = (enum command_kind)field_kind(reader, "kind", message->kind, COMMAND_KINDS - 1);
    take_numbers(reader, message, command);
    take_words(reader, message, command);
    command->no = (int32_t)field_int(reader, "no", message->no, 0, INT32_MAX);
    command->status = (enum command_status)field_int(reader, "status", message->status, 0, COMMAND_TEST);
    command->priority = (enum priority)field_int(reader, "priority", message->priority, 0, PRIORITY_CRITICAL);
    command->ack_rule = (enum ack_rule)field_int(reader, "ack_rule", message->ack_rule, 0, ACK_K_OF_N);
    command->ack_count = (int32_t)field_int(reader, "ack_count", message->ack_count, 0, INT32_MAX);
    command->alert = (enum alert)field_int(reader, "alert", message->alert, 0, ALERTS - 1);
    command->circle = (int32_t)field_int(reader, "circle", message->circle, 0, PLAN_CIRCLES_MAX);
    command->passed = message->passed;
    command->score = (int32_t)field_int(reader, "score", message->score, 0, 5);
}

enum err command_pack(const struct command *command, struct arena *arena, const uint8_t **bytes, size_t *size)
{
    struct statement_message message;

    statement_put(command, &message);
    size_t packed = sanji__statement__get_packed_size(&message.statement);
    if (packed > COMMAND_STATEMENT_MAX)
        return ERR_TOO_LONG;
    uint8_t *out = arena_take_raw(arena, packed);
    if (!out)
        return ERR_MEMORY;
    *size = sanji__statement__pack(&message.statement, out);
    *bytes = out;
    return ERR_OK;
}

/* Without these a statement could stand in another log, or for another command. */
static void check_whose(struct field_reader *reader, const struct command *command)
{
    if (id_is_zero(&command->id))
        field_refuse(reader, ERR_MISSING, "id", "absent");
    if (command->no == 0)
        field_refuse(reader, ERR_MISSING, "no", "absent");
    if (command->center[0] == '\0')
        field_refuse(reader, ERR_MISSING, "center", "absent");
}

static void check_issue(struct field_reader *reader, const struct command *command)
{
    if (command->kind == COMMAND_NONE)
        field_refuse(reader, ERR_MISSING, "kind", "absent");
    if (command->status == 0)
        field_refuse(reader, ERR_MISSING, "status", "absent");
    if (command->targets[0] == '\0')
        field_refuse(reader, ERR_MISSING, "targets", "absent");
}

enum err command_unpack(const uint8_t *bytes, size_t size, struct arena *arena, struct command *command,
                        struct fault *fault)
{
    struct field_reader reader = {.arena = arena, .fault = fault, .where = "command"};
    struct command read;

    if (size > COMMAND_STATEMENT_MAX)
        return fault_set(fault, ERR_TOO_LONG, "command: %zu bytes, at most %d", size, COMMAND_STATEMENT_MAX);
    const Sanji__Statement *message = field_unpack(&reader, &sanji__statement__descriptor, bytes, size);
    if (!message)
        return reader.err;
    memset(&read, 0, sizeof read);
    statement_take(&reader, message, &read);
    check_whose(&reader, &read);
    if (read.event == COMMAND_ISSUE)
        check_issue(&reader, &read);
    if (!reader.err)
        memcpy(command, &read, sizeof read);
    return reader.err;
}
