/* What is asked about commands and units <-> messages. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "wire/request_message.h"

#define RECEIPT(field, size, kind)                                                                           \
    FIELD_ROW("receipt." #field, Sanji__ReceiptAct, field, struct receipt_request, field, size, kind)
#define UNIT(field, size, kind)                                                                              \
    FIELD_ROW("unit." #field, Sanji__UnitAct, field, struct unit_request, field, size, kind)

static const struct field_row receipt_texts[] = {
    RECEIPT(recipient, USER_SIZE, FIELD_CODE),
};
static const struct field_row unit_texts[] = {
    UNIT(unit, USER_SIZE, FIELD_CODE),
    UNIT(status, POST_SIZE, FIELD_LINE),
    UNIT(note, ANSWER_SIZE, FIELD_TEXT),
};

static Sanji__ReceiptAct *put_receipt(const struct receipt_request *from, Sanji__ReceiptAct *to)
{
    sanji__receipt_act__init(to);
    field_rows_put(receipt_texts, FIELD_COUNT(receipt_texts), from, to);
    to->command = field_put_bytes(from->command.bytes, ID_BYTES);
    to->event = from->input.event;
    to->text = field_put(from->input.text);
    to->values = field_put(from->input.values);
    to->zero = from->input.zero;
    to->not_after = from->input.not_after_ms;
    return to;
}

static Sanji__UnitAct *put_unit(const struct unit_request *from, struct request_message *message)
{
    Sanji__UnitAct *to = &message->unit;

    sanji__unit_act__init(to);
    field_rows_put(unit_texts, FIELD_COUNT(unit_texts), from, to);
    to->ask = from->ask;
    to->place = place_put(from->lon, from->lat, &message->place);
    to->at = from->at_ms;
    return to;
}

static Sanji__Attach *put_attach(const struct attach_request *from, struct request_message *message)
{
    Sanji__Attach *to = &message->attach;

    assert(from->count <= ATTACH_UNITS_MAX);
    sanji__attach__init(to);
    for (size_t i = 0; i < from->count; i++)
        message->attached[i] = field_put(from->units[i]);
    to->n_units = from->count;
    to->units = message->attached;
    return to;
}

void request_command_put(const struct request *request, struct request_message *message)
{
    Sanji__Request *to = &message->request;

    to->key = field_put_bytes(request->input.key.bytes, ID_BYTES);
    if (request->command) {
        statement_put(request->command, &message->command);
        to->command = &message->command.statement;
    }
    to->receipt = request->receipt ? put_receipt(request->receipt, &message->receipt) : NULL;
    to->unit = request->unit ? put_unit(request->unit, message) : NULL;
    to->attach = request->attach ? put_attach(request->attach, message) : NULL;
}

/* A struct for a part that must be there; NULL with the reason in the reader. */
static void *room_for(struct field_reader *reader, const char *name, const void *message, size_t size)
{
    if (!message) {
        field_refuse(reader, ERR_MISSING, name, "absent");
        return NULL;
    }
    void *room = arena_take(reader->arena, size);
    if (!room)
        field_refuse(reader, ERR_TOO_LONG, name, "no room left for it");
    return room;
}

/* The id of a new command follows from the key; a later event names its command. */
static void check_draft(struct field_reader *reader, const struct command *draft)
{
    if (draft->event == COMMAND_ISSUE && draft->kind == COMMAND_NONE)
        field_refuse(reader, ERR_MISSING, "kind", "absent");
    if (draft->event != COMMAND_ISSUE && id_is_zero(&draft->id))
        field_refuse(reader, ERR_MISSING, "id", "absent");
}

static const struct command *take_draft(struct field_reader *reader, const Sanji__Statement *message)
{
    struct command *draft = room_for(reader, "command", message, sizeof *draft);
    const char *where = reader->where;

    if (!draft)
        return NULL;
    reader->where = "request.command";
    statement_take(reader, message, draft);
    check_draft(reader, draft);
    reader->where = where;
    return draft;
}

static const struct receipt_request *take_receipt(struct field_reader *reader,
                                                  const Sanji__ReceiptAct *message)
{
    struct receipt_request *to = room_for(reader, "receipt", message, sizeof *to);

    if (!to)
        return NULL;
    field_rows(reader, receipt_texts, FIELD_COUNT(receipt_texts), message, to);
    field_bytes(reader, "receipt.command", message->command, to->command.bytes, ID_BYTES);
    if (id_is_zero(&to->command))
        field_refuse(reader, ERR_MISSING, "receipt.command", "absent");
    if (to->recipient[0] == '\0')
        field_refuse(reader, ERR_MISSING, "receipt.recipient", "absent");
    /* What the center or the header does to a receipt nobody can send. */
    to->input.event = (enum receipt_event)field_int(reader, "receipt.event", message->event, RECEIPT_ACK,
                                                    RECEIPT_HAND_OVER);
    to->input.text = field_borrow(reader, "receipt.text", message->text, FIELD_TEXT, TEXT_SIZE);
    to->input.values = field_borrow(reader, "receipt.values", message->values, FIELD_TEXT, VALUES_SIZE);
    to->input.zero = message->zero;
    to->input.not_after_ms = field_int(reader, "receipt.not_after", message->not_after, 0, FIELD_TIME_MAX);
    return to;
}

static const struct unit_request *take_unit(struct field_reader *reader, const Sanji__UnitAct *message)
{
    struct unit_request *to = room_for(reader, "unit", message, sizeof *to);

    if (!to)
        return NULL;
    to->ask = (enum unit_ask)field_int(reader, "unit.ask", message->ask, UNIT_ASK_STATUS, UNIT_ASK_POSITION);
    field_rows(reader, unit_texts, FIELD_COUNT(unit_texts), message, to);
    place_take(reader, message->place, &to->lon, &to->lat);
    to->at_ms = field_int(reader, "unit.at", message->at, 0, FIELD_TIME_MAX);
    if (to->unit[0] == '\0')
        field_refuse(reader, ERR_MISSING, "unit.unit", "absent");
    if (to->ask == UNIT_ASK_STATUS && to->status[0] == '\0')
        field_refuse(reader, ERR_MISSING, "unit.status", "absent");
    if (to->ask == UNIT_ASK_POSITION && isnan(to->lon))
        field_refuse(reader, ERR_MISSING, "unit.place", "absent");
    return to;
}

static void take_names(struct field_reader *reader, const Sanji__Attach *message, struct attach_request *to)
{
    char(*units)[USER_SIZE] = arena_take(reader->arena, message->n_units * sizeof *units);

    if (!units) {
        field_refuse(reader, ERR_TOO_LONG, "attach.units", "no room left for them");
        return;
    }
    for (size_t i = 0; i < message->n_units; i++) {
        field_text(reader, "attach.units", message->units[i], FIELD_CODE, units[i], USER_SIZE);
        if (units[i][0] == '\0')
            field_refuse(reader, ERR_MISSING, "attach.units", "an empty name");
    }
    to->count = message->n_units;
    to->units = (const char(*)[USER_SIZE])units;
}

static const struct attach_request *take_attach(struct field_reader *reader, const Sanji__Attach *message)
{
    struct attach_request *to = room_for(reader, "attach", message, sizeof *to);

    if (!to)
        return NULL;
    if (message->n_units > ATTACH_UNITS_MAX)
        field_refuse(reader, ERR_TOO_LONG, "attach.units", "too many");
    else if (message->n_units > 0)
        take_names(reader, message, to);
    return to;
}

void request_command_take(struct field_reader *reader, const Sanji__Request *message, struct request *request)
{
    bool acts = request->kind == REQUEST_COMMAND || request->kind == REQUEST_RECEIPT;

    field_bytes(reader, "key", message->key, request->input.key.bytes, ID_BYTES);
    if (acts && id_is_zero(&request->input.key))
        field_refuse(reader, ERR_MISSING, "key", "absent");
    if (request->kind == REQUEST_COMMAND)
        request->command = take_draft(reader, message->command);
    if (request->kind == REQUEST_RECEIPT)
        request->receipt = take_receipt(reader, message->receipt);
    if (request->kind == REQUEST_UNIT)
        request->unit = take_unit(reader, message->unit);
    if (request->kind == REQUEST_ATTACH)
        request->attach = take_attach(reader, message->attach);
}
