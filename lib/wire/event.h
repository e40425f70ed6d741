/* Events as bytes: the envelope's one fixed layout for ever, its hash chain, and the body (protobuf). Bodies
 * are stored, hashed and forwarded verbatim, never re-encoded (custody.md rule 7). */
#ifndef SANJI_WIRE_EVENT_H
#define SANJI_WIRE_EVENT_H

#include "domain/case_step.h"
#include "domain/envelope.h"
#include "wire/arena.h"

/* version(1) subject_kind(1) subject(16) no(4) at(8) actor(48) kind(2) epoch(4) writer(20) next_owner(20)
 * state(1) due(8+8) body_hash(32) prev_hash(32), integers big endian, strings NUL-padded. */
#define WIRE_ENVELOPE_BYTES 205

/* Once, before anything else here: picks the fastest hash for this machine. ERR_CRYPTO. */
enum err wire_init(void) MUST_CHECK;

void envelope_pack(const struct envelope *envelope, uint8_t out[WIRE_ENVELOPE_BYTES]);
/* ERR_MALFORMED for another version, a string without NUL, a bad code or number. */
enum err envelope_unpack(const uint8_t in[WIRE_ENVELOPE_BYTES], struct envelope *envelope) MUST_CHECK;
/* BLAKE2b-256 of the packed envelope: the event's place in the chain. */
void envelope_hash(const uint8_t packed[WIRE_ENVELOPE_BYTES], uint8_t hash[HASH_BYTES]);
/* BLAKE2b-256 of any bytes. */
void wire_hash(const uint8_t *bytes, size_t size, uint8_t hash[HASH_BYTES]);

/* The fixed part of a case, in the body of event 1 only. */
struct event_birth {
    char case_no[CASE_NO_SIZE];
    char origin[CODE_SIZE];
    char item[ITEM_SIZE];
    char area[CODE_SIZE];
    char source[POST_SIZE];
    char reporter[USER_SIZE];
    double lon, lat;
};

struct event_body {
    struct id key;
    enum err outcome;
    enum case_event refused;
    enum case_state before;
    char target[TARGET_SIZE];
    char note[REASON_SIZE / 4];
    char actor_name[POST_SIZE]; /* post of the actor */
    char actor_center[CODE_SIZE];
    struct case_content content; /* empty strings are NULL */
    bool has_facts;              /* false: erased, or of a newer version */
    struct case_facts facts;
    bool has_birth;
    struct event_birth birth;
};

/* A change becomes body + envelope + hash: body into `body[size]`, the rest into *envelope (body_hash,
 * prev_hash = prev) and packed[]; the new head hash goes to `hash`. */
struct event_bytes {
    struct envelope envelope;
    uint8_t packed[WIRE_ENVELOPE_BYTES];
    uint8_t hash[HASH_BYTES];
    const uint8_t *body;
    size_t body_size;
    const uint8_t *facts; /* inside the body: what facts_pack gives, for the case table */
    size_t facts_size;
};
/* `writer` is this center's code. The body is allocated in the arena. ERR_TOO_LONG beyond BODY_BYTES_MAX,
 * ERR_MEMORY when the arena is full. */
enum err event_encode(const struct case_change *change, const char *writer, const uint8_t prev[HASH_BYTES],
                      struct arena *arena, struct event_bytes *out) MUST_CHECK;
/* Texts borrow from the arena. Facts that do not read are an error, unless the body says that it is of a
 * later form (has_facts is false then). A body of size 0 is one that was erased: all zero, no facts. */
enum err event_decode(const uint8_t *body, size_t size, struct arena *arena, struct event_body *out,
                      struct fault *fault) MUST_CHECK;

/* The facts alone, as the case table keeps them. */
enum err facts_pack(const struct case_facts *facts, uint8_t *out, size_t size, size_t *used) MUST_CHECK;
enum err facts_unpack(const uint8_t *bytes, size_t size, struct arena *arena,
                      struct case_facts *facts) MUST_CHECK;
#define FACTS_BYTES_MAX 4096

/* A fresh copy from event 1: identity from birth and envelope; then case_apply for each event. */
void record_from_birth(const struct envelope *envelope, const struct event_birth *birth,
                       struct case_record *record);

#endif
