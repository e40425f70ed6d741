/* Any bytes as an envelope, as an event's body, and as facts. What is taken must be the same when it is
 * written again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire_samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed);

static _Alignas(16) uint8_t memory[128 * 1024];

/* An envelope has one spelling only. */
static void as_envelope(const uint8_t *bytes, size_t size)
{
    struct envelope envelope;
    uint8_t again[WIRE_ENVELOPE_BYTES];

    if (size < WIRE_ENVELOPE_BYTES || envelope_unpack(bytes, &envelope) != ERR_OK)
        return;
    envelope_pack(&envelope, again);
    assert(memcmp(bytes, again, WIRE_ENVELOPE_BYTES) == 0);
}

static void same_facts(const struct case_facts *facts)
{
    struct arena arena;
    struct case_facts back;
    uint8_t bytes[FACTS_BYTES_MAX];
    size_t used;

    arena_init(&arena, memory, sizeof memory);
    assert(facts_pack(facts, bytes, sizeof bytes, &used) == ERR_OK);
    assert(facts_unpack(bytes, used, &arena, &back) == ERR_OK);
    assert(memcmp(facts, &back, sizeof back) == 0);
}

static void as_body(const uint8_t *bytes, size_t size)
{
    static struct event_body body;
    struct arena arena;
    struct fault fault = {ERR_OK, ""};

    arena_init(&arena, memory, sizeof memory);
    if (event_decode(bytes, size, &arena, &body, &fault) != ERR_OK)
        assert(fault.text[0] != '\0');
    else if (body.has_facts)
        same_facts(&body.facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena arena;
    struct case_facts facts;

    as_envelope(bytes, size);
    as_body(bytes, size);
    arena_init(&arena, memory, sizeof memory);
    if (facts_unpack(bytes, size, &arena, &facts) == ERR_OK)
        same_facts(&facts);
    return 0;
}

static size_t fresh_sample(uint8_t *bytes, size_t max, unsigned seed)
{
    static const uint8_t prev[HASH_BYTES];
    static struct case_content content;
    static struct case_change change;
    struct sampler s = {.state = seed};
    struct event_bytes event;
    struct arena arena;
    uint64_t what = sample_bits(&s) % 3;

    arena_init(&arena, memory, sizeof memory);
    sample_change(&s, &content, &change);
    if (event_encode(&change, "440306", prev, &arena, &event) != ERR_OK)
        return 0;
    const uint8_t *from = what == 0 ? event.packed : what == 1 ? event.body : event.facts;
    size_t size = what == 0 ? sizeof event.packed : what == 1 ? event.body_size : event.facts_size;
    if (size > max)
        return 0;
    memcpy(bytes, from, size);
    return size;
}

/* Now and then a good event to begin from, so that no corpus need be kept. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
    size_t fresh = seed % 32 == 0 ? fresh_sample(bytes, max, seed) : 0;
    return fresh > 0 ? fresh : LLVMFuzzerMutate(bytes, size, max);
}
