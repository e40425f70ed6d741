/* Units <-> bytes: status, order and load, never where the unit is. */
#include <string.h>

#include "wire/command.h"
#include "wire/command_message.h"

#define TEXT(field, size, kind) FIELD_ROW(#field, Sanji__UnitBody, field, struct unit, field, size, kind)

static const struct field_row texts[] = {
    TEXT(name, USER_SIZE, FIELD_CODE),
    TEXT(type, POST_SIZE, FIELD_CODE),
    TEXT(internal, POST_SIZE, FIELD_LINE),
    TEXT(note, ANSWER_SIZE, FIELD_TEXT),
};

enum err unit_pack(const struct unit *unit, const struct actor *actor, struct arena *arena,
                   const uint8_t **body, size_t *size)
{
    Sanji__UnitBody message = SANJI__UNIT_BODY__INIT;
    Sanji__Actor who;

    field_rows_put(texts, FIELD_COUNT(texts), unit, &message);
    message.status = unit->status;
    message.booked = field_put_bytes(unit->booked.bytes, ID_BYTES);
    message.orders = unit->orders;
    message.since = unit->since_ms;
    message.actor = actor_put(actor, &who);
    uint8_t *bytes = arena_take_raw(arena, sanji__unit_body__get_packed_size(&message));
    if (!bytes)
        return ERR_MEMORY;
    *size = sanji__unit_body__pack(&message, bytes);
    *body = bytes;
    return ERR_OK;
}

static void take_unit(struct field_reader *reader, const Sanji__UnitBody *message, struct unit *unit,
                      struct actor *actor)
{
    field_rows(reader, texts, FIELD_COUNT(texts), message, unit);
    if (unit->name[0] == '\0')
        field_refuse(reader, ERR_MISSING, "name", "absent");
    unit->status = (enum unit_status)field_int(reader, "status", message->status, 1, UNIT_STATUSES - 1);
    field_bytes(reader, "booked", message->booked, unit->booked.bytes, ID_BYTES);
    unit->orders = (int32_t)field_int(reader, "orders", message->orders, 0, INT32_MAX);
    unit->since_ms = field_int(reader, "since", message->since, 0, FIELD_TIME_MAX);
    if (message->actor)
        actor_take(reader, message->actor, actor);
}

enum err unit_unpack(const uint8_t *body, size_t size, struct arena *arena, struct unit *unit,
                     struct actor *actor, struct fault *fault)
{
    struct field_reader reader = {.arena = arena, .fault = fault, .where = "unit"};
    struct unit read = *unit;
    struct actor who = {.post = POST_NONE};

    if (size > BODY_BYTES_MAX)
        return fault_set(fault, ERR_TOO_LONG, "unit: %zu bytes, at most %d", size, BODY_BYTES_MAX);
    const Sanji__UnitBody *message = field_unpack(&reader, &sanji__unit_body__descriptor, body, size);
    if (!message)
        return reader.err;
    take_unit(&reader, message, &read, &who);
    if (reader.err)
        return reader.err;
    *unit = read;
    *actor = who;
    return ERR_OK;
}
