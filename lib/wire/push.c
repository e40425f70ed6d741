/* What a field client is told <-> messages. */
#include "wire/request_message.h"

#define TEXT(field, size, kind) FIELD_ROW(#field, Sanji__Push, field, struct push, field, size, kind)

static const struct field_row texts[] = {
    TEXT(recipient, USER_SIZE, FIELD_CODE),  TEXT(center, CODE_SIZE, FIELD_CODE),
    TEXT(channel, POST_SIZE, FIELD_LINE),    TEXT(deputy, USER_SIZE, FIELD_LINE),
    TEXT(case_no, CASE_NO_SIZE, FIELD_CODE),
};

void push_put(const struct push *push, struct push_message *message)
{
    Sanji__Push *to = &message->push;

    sanji__push__init(to);
    field_rows_put(texts, FIELD_COUNT(texts), push, to);
    to->command = field_put_bytes(push->command.bytes, ID_BYTES);
    to->kind = push->kind;
    to->priority = push->priority;
    to->status = push->status;
    to->why = push->why;
    to->state = push->state;
    to->text = field_put(push->text);
    to->text_en = field_put(push->text_en);
    to->n_form = form_put(&push->form, &message->form);
    to->form = message->form.list;
    to->place = place_put(push->lon, push->lat, &message->place);
    to->sent = push->sent_ms;
    to->due = push->due_ms;
}

static void take_numbers(struct field_reader *reader, const Sanji__Push *message, struct push *push)
{
    push->kind = (enum command_kind)field_kind(reader, "kind", message->kind, COMMAND_KINDS - 1);
    push->priority = (enum priority)field_int(reader, "priority", message->priority, 0, PRIORITY_CRITICAL);
    push->status = (enum command_status)field_int(reader, "status", message->status, 0, COMMAND_TEST);
    push->why = receipt_event_take(reader, "why", message->why);
    push->state = (enum receipt_state)field_int(reader, "state", message->state, 0, RECEIPT_STATES - 1);
    push->sent_ms = field_int(reader, "sent", message->sent, 0, FIELD_TIME_MAX);
    push->due_ms = field_int(reader, "due", message->due, 0, FIELD_TIME_MAX);
}

struct push *push_take(struct field_reader *reader, const Sanji__Push *message)
{
    struct push *push = arena_take(reader->arena, sizeof *push);

    if (!push) {
        field_refuse(reader, ERR_TOO_LONG, "command", "no room left for it");
        return NULL;
    }
    field_bytes(reader, "command", message->command, push->command.bytes, ID_BYTES);
    if (id_is_zero(&push->command))
        field_refuse(reader, ERR_MISSING, "command", "absent");
    field_rows(reader, texts, FIELD_COUNT(texts), message, push);
    if (push->recipient[0] == '\0')
        field_refuse(reader, ERR_MISSING, "recipient", "absent");
    take_numbers(reader, message, push);
    push->text = field_borrow(reader, "text", message->text, FIELD_TEXT, TEXT_SIZE);
    push->text_en = field_borrow(reader, "text_en", message->text_en, FIELD_TEXT, TEXT_SIZE);
    form_take(reader, message->form, message->n_form, &push->form);
    place_take(reader, message->place, &push->lon, &push->lat);
    return reader->err ? NULL : push;
}
