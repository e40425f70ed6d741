/* What people wrote, who acts, and where something lies: parts of events' bodies and of requests alike.
 * Private to lib/wire. */
#ifndef SANJI_WIRE_CONTENT_H
#define SANJI_WIRE_CONTENT_H

#include "domain/case_step.h"
#include "event.pb-c.h"
#include "wire/field.h"

/* The message and what it points at while it is packed. */
struct content_message {
    Sanji__Content content;
    ProtobufCBinaryData before[EVIDENCE_MAX], after[EVIDENCE_MAX];
};

/* NULL when there is nothing in it; else &message->content, which borrows from `content`. */
Sanji__Content *content_put(const struct case_content *content, struct content_message *message);
/* `message` may be NULL; texts borrow from the reader's arena. */
void content_take(struct field_reader *reader, const Sanji__Content *message, struct case_content *content);

/* NULL when one of them is NAN: not given. */
Sanji__Place *place_put(double lon, double lat, Sanji__Place *place);
/* NAN twice when `message` is NULL. */
void place_take(struct field_reader *reader, const Sanji__Place *message, double *lon, double *lat);

/* NULL when nobody is named. */
Sanji__Actor *actor_put(const struct actor *actor, Sanji__Actor *to);
/* MISSING without a user. */
void actor_take(struct field_reader *reader, const Sanji__Actor *message, struct actor *actor);

uint64_t span_put(struct span span);
struct span span_take(struct field_reader *reader, const char *name, uint64_t coded);

#endif
