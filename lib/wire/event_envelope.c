/* The envelope's one layout, and the hashes over it. */
#include "wire/event.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "domain/unit.h"
#include "wire/field.h"

#define LAYOUT 1 /* the first byte of every envelope */

_Static_assert(1 + 1 + ID_BYTES + 4 + 8 + USER_SIZE + 2 + 4 + 2 * CODE_SIZE + 1 + 16 + 2 * HASH_BYTES ==
                   WIRE_ENVELOPE_BYTES,
               "the layout is for ever: these sizes may not change");

static void put_int(uint8_t **at, size_t size, uint64_t value)
{
    for (size_t i = size; i-- > 0; value >>= 8)
        (*at)[i] = (uint8_t)value;
    *at += size;
}

static void put_bytes(uint8_t **at, const uint8_t *bytes, size_t size)
{
    memcpy(*at, bytes, size);
    *at += size;
}

static void put_text(uint8_t **at, const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    assert(length < size);
    memcpy(*at, text, length);
    memset(*at + length, 0, size - length);
    *at += size;
}

enum err wire_init(void)
{
    return sodium_init() < 0 ? ERR_CRYPTO : ERR_OK;
}

void envelope_pack(const struct envelope *envelope, uint8_t out[WIRE_ENVELOPE_BYTES])
{
    uint8_t *at = out;

    put_int(&at, 1, LAYOUT);
    put_int(&at, 1, envelope->subject_kind);
    put_bytes(&at, envelope->subject.bytes, ID_BYTES);
    put_int(&at, 4, (uint32_t)envelope->no);
    put_int(&at, 8, (uint64_t)envelope->at_ms);
    put_text(&at, envelope->actor, USER_SIZE);
    put_int(&at, 2, envelope->kind);
    put_int(&at, 4, (uint32_t)envelope->epoch);
    put_text(&at, envelope->writer, CODE_SIZE);
    put_text(&at, envelope->next_owner, CODE_SIZE);
    put_int(&at, 1, envelope->state);
    put_int(&at, 8, (uint64_t)envelope->due_ms[0]);
    put_int(&at, 8, (uint64_t)envelope->due_ms[1]);
    put_bytes(&at, envelope->body_hash, HASH_BYTES);
    put_bytes(&at, envelope->prev_hash, HASH_BYTES);
    assert(at == out + WIRE_ENVELOPE_BYTES);
}

/* A number that must be 0..most, else *bad. */
static uint64_t get_int(const uint8_t **at, size_t size, uint64_t most, bool *bad)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (*at)[i];
    *at += size;
    *bad |= value > most;
    return value;
}

static void get_bytes(const uint8_t **at, uint8_t *out, size_t size)
{
    memcpy(out, *at, size);
    *at += size;
}

/* A text ends in a NUL and has nothing behind it: two envelopes that read alike are alike. */
static void get_text(const uint8_t **at, char *out, size_t size, bool *bad)
{
    size_t length = strnlen((const char *)*at, size);

    *bad |= length == 0 || length == size || !field_is_line(*at, length);
    for (size_t i = length; i < size; i++)
        *bad |= (*at)[i] != 0;
    get_bytes(at, (uint8_t *)out, size);
}

static void get_code(const uint8_t **at, char *out, bool *bad)
{
    *bad |= !field_is_code(*at, strnlen((const char *)*at, CODE_SIZE));
    get_text(at, out, CODE_SIZE, bad);
}

static void get_fields(const uint8_t *at, struct envelope *envelope, bool *bad)
{
    envelope->subject_kind = (enum subject_kind)get_int(&at, 1, SUBJECT_UNIT, bad);
    get_bytes(&at, envelope->subject.bytes, ID_BYTES);
    envelope->no = (int32_t)get_int(&at, 4, INT32_MAX, bad);
    envelope->at_ms = (int64_t)get_int(&at, 8, FIELD_TIME_MAX, bad);
    get_text(&at, envelope->actor, USER_SIZE, bad);
    envelope->kind = (uint16_t)get_int(&at, 2, UINT16_MAX, bad);
    envelope->epoch = (int32_t)get_int(&at, 4, INT32_MAX, bad);
    get_code(&at, envelope->writer, bad);
    get_code(&at, envelope->next_owner, bad);
    envelope->state = (uint8_t)get_int(&at, 1, UINT8_MAX, bad);
    envelope->due_ms[0] = (int64_t)get_int(&at, 8, INT64_MAX, bad);
    envelope->due_ms[1] = (int64_t)get_int(&at, 8, INT64_MAX, bad);
    get_bytes(&at, envelope->body_hash, HASH_BYTES);
    get_bytes(&at, envelope->prev_hash, HASH_BYTES);
}

/* How a command stands follows from its receipts: neither it nor a sheet has a state of its own. */
static bool state_is_one(const struct envelope *envelope)
{
    switch (envelope->subject_kind) {
    case SUBJECT_CASE:
        return envelope->state != CASE_NONE && envelope->state < CASE_STATES;
    case SUBJECT_CENTER:
        return true;
    case SUBJECT_COMMAND:
    case SUBJECT_SHEET:
        return envelope->state == 0;
    case SUBJECT_UNIT:
        return envelope->state != 0 && envelope->state < UNIT_STATUSES;
    }
    return false;
}

enum err envelope_unpack(const uint8_t in[WIRE_ENVELOPE_BYTES], struct envelope *envelope)
{
    struct envelope read;
    bool bad = in[0] != LAYOUT;

    memset(&read, 0, sizeof read);
    get_fields(in + 1, &read, &bad);
    /* An unknown kind is carried on; a state that the table of states does not have cannot be. */
    if (bad || read.no < 1 || read.kind == 0 || !state_is_one(&read))
        return ERR_MALFORMED;
    memcpy(envelope, &read, sizeof read);
    return ERR_OK;
}

void wire_hash(const uint8_t *bytes, size_t size, uint8_t hash[HASH_BYTES])
{
    int failed = crypto_generichash(hash, HASH_BYTES, bytes, size, NULL, 0);
    assert(!failed);
    (void)failed;
}

void envelope_hash(const uint8_t packed[WIRE_ENVELOPE_BYTES], uint8_t hash[HASH_BYTES])
{
    wire_hash(packed, WIRE_ENVELOPE_BYTES, hash);
}
