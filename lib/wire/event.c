/* Event bodies: a change becomes bytes once, at its owner; everyone else decodes. */
#include "wire/event.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "wire/content.h"
#include "wire/facts.h"

#define BODY_VERSION 0

#define BODY(pb, own, size, kind) FIELD_ROW(#pb, Sanji__Body, pb, struct event_body, own, size, kind)
#define BIRTH(field, size, kind)                                                                             \
    FIELD_ROW("birth." #field, Sanji__Birth, field, struct event_birth, field, size, kind)

static const struct field_row body_texts[] = {
    BODY(target, target, TARGET_SIZE, FIELD_CODE),
    BODY(note, note, REASON_SIZE / 4, FIELD_TEXT),
    BODY(actor_post, actor_name, POST_SIZE, FIELD_CODE),
    BODY(actor_center, actor_center, CODE_SIZE, FIELD_CODE),
};

static const struct field_row birth_texts[] = {
    BIRTH(case_no, CASE_NO_SIZE, FIELD_CODE), BIRTH(origin, CODE_SIZE, FIELD_CODE),
    BIRTH(item, ITEM_SIZE, FIELD_CODE),       BIRTH(area, CODE_SIZE, FIELD_CODE),
    BIRTH(source, POST_SIZE, FIELD_LINE),     BIRTH(reporter, USER_SIZE, FIELD_LINE),
};

/* The fixed part of a case lies in its record under the same names. */
static Sanji__Birth *put_birth(const struct case_record *record, Sanji__Birth *birth, Sanji__Place *place)
{
    sanji__birth__init(birth);
    birth->case_no = field_put(record->case_no);
    birth->origin = field_put(record->origin);
    birth->item = field_put(record->item);
    birth->area = field_put(record->area);
    birth->source = field_put(record->source);
    birth->reporter = field_put(record->reporter);
    birth->place = place_put(record->lon, record->lat, place);
    return birth;
}

static int64_t running_due(const struct case_facts *facts, enum clock_kind kind)
{
    const struct case_clock *clock = &facts->clocks[kind];
    return clock->run == CLOCK_RUNNING ? clock->due_ms : 0;
}

/* Packs the message into the arena. */
static enum err put_body(const Sanji__Body *body, struct arena *arena, struct event_bytes *out)
{
    size_t size = sanji__body__get_packed_size(body);
    if (size > BODY_BYTES_MAX)
        return ERR_TOO_LONG;
    uint8_t *bytes = arena_take_raw(arena, size);
    if (!bytes)
        return ERR_MEMORY;
    out->body_size = sanji__body__pack(body, bytes);
    out->body = bytes;
    return ERR_OK;
}

static enum err encode_body(const struct case_change *change, struct arena *arena, struct event_bytes *out)
{
    uint8_t facts[FACTS_BYTES_MAX];
    Sanji__Body body = SANJI__BODY__INIT;
    Sanji__Birth birth;
    Sanji__Place place;
    struct content_message content;
    enum err failed = facts_pack(&change->after.facts, facts, sizeof facts, &out->facts_size);

    assert(!failed);
    body.version = BODY_VERSION;
    body.key = field_put_bytes(change->key.bytes, ID_BYTES);
    body.outcome = change->outcome;
    body.refused = change->refused;
    body.before = change->before;
    body.target = field_put(change->target);
    body.note = field_put(change->note);
    body.actor_post = field_put(post_name(change->actor.post));
    body.actor_center = field_put(change->actor.center);
    body.content = content_put(change->content, &content);
    body.birth = change->after.last_no == 1 ? put_birth(&change->after, &birth, &place) : NULL;
    body.facts = (ProtobufCBinaryData){.len = out->facts_size, .data = facts};
    failed = put_body(&body, arena, out);
    if (!failed)
        out->facts = out->body + out->body_size - out->facts_size;
    return failed;
}

enum err event_encode(const struct case_change *change, const char *writer, const uint8_t prev[HASH_BYTES],
                      struct arena *arena, struct event_bytes *out)
{
    const struct case_record *after = &change->after;
    struct envelope *envelope = &out->envelope;
    enum err failed = encode_body(change, arena, out);

    if (failed)
        return failed;
    memset(envelope, 0, sizeof *envelope);
    envelope->subject_kind = SUBJECT_CASE;
    envelope->subject = after->id;
    envelope->no = after->last_no;
    envelope->at_ms = after->last_ms;
    text_put(envelope->actor, USER_SIZE, change->actor.user);
    envelope->kind = (uint16_t)change->event;
    envelope->epoch = after->epoch;
    text_put(envelope->writer, CODE_SIZE, writer);
    text_put(envelope->next_owner, CODE_SIZE, after->owner);
    envelope->state = (uint8_t)after->state;
    envelope->due_ms[0] = running_due(&after->facts, CLOCK_STATE);
    envelope->due_ms[1] = running_due(&after->facts, CLOCK_HANDLE);
    wire_hash(out->body, out->body_size, envelope->body_hash);
    memcpy(envelope->prev_hash, prev, HASH_BYTES);
    envelope_pack(envelope, out->packed);
    envelope_hash(out->packed, out->hash);
    return ERR_OK;
}

static void take_birth(struct field_reader *reader, const Sanji__Birth *message, struct event_birth *birth)
{
    field_rows(reader, birth_texts, FIELD_COUNT(birth_texts), message, birth);
    place_take(reader, message->place, &birth->lon, &birth->lat);
    if (birth->case_no[0] == '\0')
        field_refuse(reader, ERR_MISSING, "birth.case_no", "absent");
}

static void take_body(struct field_reader *reader, const Sanji__Body *message, struct event_body *out)
{
    field_bytes(reader, "key", message->key, out->key.bytes, ID_BYTES);
    out->outcome = (enum err)field_int(reader, "outcome", message->outcome, 0, FIELD_ERR_MAX);
    out->refused = (enum case_event)field_int(reader, "refused", message->refused, 0, UINT16_MAX);
    out->before = (enum case_state)field_int(reader, "before", message->before, 0, CASE_STATES - 1);
    field_rows(reader, body_texts, FIELD_COUNT(body_texts), message, out);
    content_take(reader, message->content, &out->content);
    out->has_birth = message->birth != NULL;
    if (message->birth)
        take_birth(reader, message->birth, &out->birth);
}

/* Facts of a later form that this version cannot read are not there; bad facts of a form that it knows are an
 * error. */
static enum err take_facts(const Sanji__Body *message, struct arena *arena, struct event_body *out,
                           struct fault *fault)
{
    enum err failed = facts_read(message->facts.data, message->facts.len, arena, &out->facts, fault);

    out->has_facts = !failed;
    if (!failed || message->version <= BODY_VERSION)
        return failed;
    memset(&out->facts, 0, sizeof out->facts);
    return ERR_OK;
}

enum err event_decode(const uint8_t *body, size_t size, struct arena *arena, struct event_body *out,
                      struct fault *fault)
{
    struct field_reader reader = {.arena = arena, .fault = fault, .where = "body"};

    if (size > BODY_BYTES_MAX)
        return fault_set(fault, ERR_TOO_LONG, "body: %zu bytes, at most %d", size, BODY_BYTES_MAX);
    memset(out, 0, sizeof *out);
    const Sanji__Body *message = field_unpack(&reader, &sanji__body__descriptor, body, size);
    if (!message)
        return reader.err;
    take_body(&reader, message, out);
    if (reader.err || message->facts.len == 0)
        return reader.err;
    return take_facts(message, arena, out, fault);
}

void record_from_birth(const struct envelope *envelope, const struct event_birth *birth,
                       struct case_record *record)
{
    memset(record, 0, sizeof *record);
    record->id = envelope->subject;
    text_put(record->case_no, CASE_NO_SIZE, birth->case_no);
    text_put(record->origin, CODE_SIZE, birth->origin);
    text_put(record->item, ITEM_SIZE, birth->item);
    text_put(record->area, CODE_SIZE, birth->area);
    text_put(record->source, POST_SIZE, birth->source);
    text_put(record->reporter, USER_SIZE, birth->reporter);
    record->lon = birth->lon;
    record->lat = birth->lat;
}
