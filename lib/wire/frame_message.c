/* HELLO, ACK, PING and the entries. */
#include "wire/frame_message.h"

#include "wire/event.h"

#define HASH_PREFIX sizeof(((struct hello *)0)->position_hash[0])
/* Tags, lengths and numbers of an entry in a frame at their longest, without envelope and body. */
#define ENTRY_OVERHEAD 96

/* One number for each lane, none negative. */
static void take_lanes(struct field_reader *reader, const char *name, const int64_t *from, size_t count,
                       int64_t *to)
{
    if (count != LANES) {
        field_refuse(reader, ERR_MALFORMED, name, "not one number for each lane");
        return;
    }
    for (size_t lane = 0; lane < LANES; lane++)
        to[lane] = field_int(reader, name, from[lane], 0, INT64_MAX);
}

void hello_put(const struct hello *hello, struct hello_message *message)
{
    Sanji__Hello *to = &message->hello;

    sanji__hello__init(to);
    to->version = hello->version;
    to->center = field_put(hello->center);
    to->database = hello->database;
    to->n_position = LANES;
    to->position = (int64_t *)hello->position;
    for (size_t lane = 0; lane < LANES; lane++)
        message->hashes[lane] =
            (ProtobufCBinaryData){.len = HASH_PREFIX, .data = (uint8_t *)hello->position_hash[lane]};
    to->n_position_hash = LANES;
    to->position_hash = message->hashes;
    to->n_last_sent = LANES;
    to->last_sent = (int64_t *)hello->last_sent;
    to->clock = hello->clock_ms;
    to->topology_version = hello->topology_version;
    to->mute = hello->mute;
}

void hello_take(struct field_reader *reader, const Sanji__Hello *message, struct hello *hello)
{
    reader->where = "hello";
    hello->version = (int32_t)field_int(reader, "version", message->version, 1, INT32_MAX);
    field_text(reader, "center", message->center, FIELD_CODE, hello->center, CODE_SIZE);
    if (message->center.len == 0)
        field_refuse(reader, ERR_MISSING, "center", "absent");
    hello->database = message->database;
    take_lanes(reader, "position", message->position, message->n_position, hello->position);
    if (message->n_position_hash != LANES)
        field_refuse(reader, ERR_MALFORMED, "position_hash", "not one digest for each lane");
    for (size_t lane = 0; lane < LANES && !reader->err; lane++)
        field_bytes(reader, "position_hash", message->position_hash[lane], hello->position_hash[lane],
                    HASH_PREFIX);
    take_lanes(reader, "last_sent", message->last_sent, message->n_last_sent, hello->last_sent);
    hello->clock_ms = field_int(reader, "clock", message->clock, 0, FIELD_TIME_MAX);
    hello->topology_version =
        (int32_t)field_int(reader, "topology_version", message->topology_version, 0, INT32_MAX);
    hello->mute = message->mute;
}

void ack_put(const struct ack *ack, Sanji__Ack *message)
{
    sanji__ack__init(message);
    message->n_position = LANES;
    message->position = (int64_t *)ack->position;
    message->credit = ack->credit;
}

void ack_take(struct field_reader *reader, const Sanji__Ack *message, struct ack *ack)
{
    reader->where = "ack";
    take_lanes(reader, "position", message->position, message->n_position, ack->position);
    ack->credit = (int32_t)field_int(reader, "credit", message->credit, 0, INT32_MAX);
}

void ping_put(const struct ping *ping, Sanji__Ping *message)
{
    sanji__ping__init(message);
    message->clock = ping->clock_ms;
    message->wall = ping->wall_ms;
    message->n_last = LANES;
    message->last = (int64_t *)ping->last;
    message->echo = ping->echo;
    message->echoed = ping->echoed;
}

void ping_take(struct field_reader *reader, const Sanji__Ping *message, struct ping *ping)
{
    reader->where = "ping";
    ping->clock_ms = field_int(reader, "clock", message->clock, 0, FIELD_TIME_MAX);
    ping->wall_ms = field_int(reader, "wall", message->wall, 0, FIELD_TIME_MAX);
    take_lanes(reader, "last", message->last, message->n_last, ping->last);
    ping->echo = message->echo;
    ping->echoed = message->echoed;
}

size_t frame_entry_bytes(const struct entry *entry)
{
    return ENTRY_OVERHEAD + (entry->envelope ? (size_t)WIRE_ENVELOPE_BYTES : 0) + entry->body_size;
}

void entry_put(const struct entry *entry, Sanji__Entry *message)
{
    sanji__entry__init(message);
    message->lsn = entry->lsn;
    message->prev = entry->prev;
    message->kind = entry->kind;
    message->more = entry->more;
    message->subject = field_put_bytes(entry->subject.bytes, ID_BYTES);
    message->subject_no = entry->subject_no;
    message->epoch = entry->epoch;
    message->code = entry->code;
    if (entry->envelope)
        message->envelope =
            (ProtobufCBinaryData){.len = WIRE_ENVELOPE_BYTES, .data = (uint8_t *)entry->envelope};
    message->body = (ProtobufCBinaryData){.len = entry->body_size, .data = (uint8_t *)entry->body};
}

static bool has_envelope(enum entry_kind kind)
{
    return kind == ENTRY_EVENT || kind == ENTRY_SNAPSHOT;
}

static void take_payload(struct field_reader *reader, const Sanji__Entry *message, struct entry *entry)
{
    size_t envelope = message->envelope.len, body = message->body.len;

    if (envelope != 0 && envelope != WIRE_ENVELOPE_BYTES)
        field_refuse(reader, ERR_MALFORMED, "envelope", "not of the envelope's length");
    if (envelope == 0 && has_envelope(entry->kind))
        field_refuse(reader, ERR_MISSING, "envelope", "absent");
    if (body > BODY_BYTES_MAX)
        field_refuse(reader, ERR_TOO_LONG, "body", "longer than a body may be");
    if (body == 0 && entry->kind == ENTRY_REQUEST)
        field_refuse(reader, ERR_MISSING, "body", "absent");
    entry->envelope = envelope == WIRE_ENVELOPE_BYTES ? message->envelope.data : NULL;
    entry->body_size = body <= BODY_BYTES_MAX ? body : 0;
    entry->body = entry->body_size ? message->body.data : NULL;
}

/* Where the entry stands: what order is judged by. */
static void take_place(struct field_reader *reader, const Sanji__Entry *message, struct entry *entry)
{
    entry->lsn = field_int(reader, "lsn", message->lsn, 1, INT64_MAX);
    entry->prev = field_int(reader, "prev", message->prev, 0, entry->lsn - 1);
}

static void take_subject(struct field_reader *reader, const Sanji__Entry *message, struct entry *entry)
{
    field_bytes(reader, "subject", message->subject, entry->subject.bytes, ID_BYTES);
    if (id_is_zero(&entry->subject))
        field_refuse(reader, ERR_MISSING, "subject", "absent");
    entry->subject_no = (int32_t)field_int(reader, "subject_no", message->subject_no, 0, INT32_MAX);
}

static void take_content(struct field_reader *reader, const Sanji__Entry *message, struct entry *entry)
{
    entry->epoch = (int32_t)field_int(reader, "epoch", message->epoch, 0, INT32_MAX);
    entry->code = (enum err)field_int(reader, "code", message->code, 0, FIELD_ERR_MAX);
    take_payload(reader, message, entry);
}

/* The number of an unknown kind is kept where it has a place in the digest of an entry. */
static void take_kind(struct field_reader *reader, const Sanji__Entry *message, struct entry *entry)
{
    bool known = field_kind(reader, "kind", message->kind, ENTRY_REPAIR) != 0;

    entry->kind = (enum entry_kind)(message->kind <= UINT8_MAX ? message->kind : 0);
    entry->more = message->more && known;
}

void entry_take(struct field_reader *reader, const Sanji__Entry *message, struct entry *entry)
{
    struct field_reader own = {.arena = reader->arena, .fault = NULL, .where = "entry"};

    reader->where = "entry";
    take_place(reader, message, entry);
    take_kind(&own, message, entry);
    /* Within a run they say which entry follows which. */
    take_subject(entry->kind == ENTRY_SNAPSHOT ? reader : &own, message, entry);
    take_content(&own, message, entry);
    entry->bad = own.err;
}
