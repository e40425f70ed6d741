/* Texts, evidence, people and places. */
#include "wire/content.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define SPAN_AMOUNT_MAX 5256000 /* domain/calendar.h */

#define ACTOR(field, size, kind)                                                                             \
    FIELD_ROW("actor." #field, Sanji__Actor, field, struct actor, field, size, kind)

static const struct field_row actor_texts[] = {
    ACTOR(user, USER_SIZE, FIELD_LINE),
    ACTOR(center, CODE_SIZE, FIELD_CODE),
    ACTOR(department, DEPT_SIZE, FIELD_CODE),
    ACTOR(area, CODE_SIZE, FIELD_CODE),
};

static size_t put_evidence(const char *const *from, size_t count, ProtobufCBinaryData *to)
{
    assert(count <= EVIDENCE_MAX);
    for (size_t i = 0; i < count; i++)
        to[i] = field_put(from[i]);
    return count;
}

Sanji__Content *content_put(const struct case_content *content, struct content_message *message)
{
    Sanji__Content *to = &message->content;

    if (!content || (!content->text && !content->reason && !content->address && content->before_count == 0 &&
                     content->after_count == 0))
        return NULL;
    sanji__content__init(to);
    to->text = field_put(content->text);
    to->reason = field_put(content->reason);
    to->address = field_put(content->address);
    to->n_before = put_evidence(content->before, content->before_count, to->before = message->before);
    to->n_after = put_evidence(content->after, content->after_count, to->after = message->after);
    return to;
}

static size_t take_evidence(struct field_reader *reader, const char *name, const ProtobufCBinaryData *from,
                            size_t count, const char **to)
{
    if (count > EVIDENCE_MAX) {
        field_refuse(reader, ERR_TOO_LONG, name, "too many references");
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        to[i] = field_borrow(reader, name, from[i], FIELD_LINE, EVIDENCE_SIZE);
        if (!to[i])
            field_refuse(reader, ERR_MISSING, name, "an empty reference");
    }
    return count;
}

void content_take(struct field_reader *reader, const Sanji__Content *message, struct case_content *content)
{
    memset(content, 0, sizeof *content);
    if (!message)
        return;
    content->text = field_borrow(reader, "content.text", message->text, FIELD_TEXT, TEXT_SIZE);
    content->reason = field_borrow(reader, "content.reason", message->reason, FIELD_TEXT, REASON_SIZE);
    content->address = field_borrow(reader, "content.address", message->address, FIELD_TEXT, ADDRESS_SIZE);
    content->before_count =
        take_evidence(reader, "content.before", message->before, message->n_before, content->before);
    content->after_count =
        take_evidence(reader, "content.after", message->after, message->n_after, content->after);
}

Sanji__Place *place_put(double lon, double lat, Sanji__Place *place)
{
    if (isnan(lon) || isnan(lat))
        return NULL;
    sanji__place__init(place);
    place->lon = lon;
    place->lat = lat;
    return place;
}

void place_take(struct field_reader *reader, const Sanji__Place *message, double *lon, double *lat)
{
    *lon = NAN;
    *lat = NAN;
    if (!message)
        return;
    *lon = field_real(reader, "place.lon", message->lon, -180, 180);
    *lat = field_real(reader, "place.lat", message->lat, -90, 90);
}

Sanji__Actor *actor_put(const struct actor *actor, Sanji__Actor *to)
{
    if (actor->user[0] == '\0')
        return NULL;
    sanji__actor__init(to);
    field_rows_put(actor_texts, FIELD_COUNT(actor_texts), actor, to);
    to->post = actor->post;
    return to;
}

void actor_take(struct field_reader *reader, const Sanji__Actor *message, struct actor *actor)
{
    uint32_t post = message->post;

    field_rows(reader, actor_texts, FIELD_COUNT(actor_texts), message, actor);
    if (actor->user[0] == '\0')
        field_refuse(reader, ERR_MISSING, "actor.user", "absent");
    if (post > POST_TIMER || (post & (post - 1)) != 0)
        field_refuse(reader, ERR_RANGE, "actor.post", "not one post");
    actor->post = (enum post)post;
}

uint64_t span_put(struct span span)
{
    assert(span.amount >= 0);
    return (uint64_t)span.amount << 3 | span.unit;
}

struct span span_take(struct field_reader *reader, const char *name, uint64_t coded)
{
    uint64_t amount = coded >> 3;
    if (amount > SPAN_AMOUNT_MAX || (coded & 7) > UNIT_NATURAL_DAY) {
        field_refuse(reader, ERR_RANGE, name, "no span of time");
        return (struct span){UNIT_NONE, 0};
    }
    return (struct span){(enum time_unit)(coded & 7), (int32_t)amount};
}
