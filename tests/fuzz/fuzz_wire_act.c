/* Any bytes as an act that a neighbour forwards. What is taken must be the same when it is sent on and taken
 * again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire_samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed);

static _Alignas(16) uint8_t memory[128 * 1024];
static uint8_t once[BODY_BYTES_MAX], twice[BODY_BYTES_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena arena;
    struct request *act;
    struct fault fault = {ERR_OK, ""};
    size_t used_once, used_twice;

    arena_init(&arena, memory, sizeof memory);
    if (request_unpack_act(bytes, size, &arena, &act, &fault) != ERR_OK) {
        assert(fault.code != ERR_OK && fault.text[0] != '\0');
        return 0;
    }
    assert(act->kind == REQUEST_ACT && act->origin[0] != '\0' && act->input.actor.user[0] != '\0');
    assert(request_pack_act(act, once, sizeof once, &used_once) == ERR_OK);
    arena_reset(&arena);
    assert(request_unpack_act(once, used_once, &arena, &act, &fault) == ERR_OK);
    assert(request_pack_act(act, twice, sizeof twice, &used_twice) == ERR_OK);
    assert(used_once == used_twice && memcmp(once, twice, used_once) == 0);
    return 0;
}

/* Now and then a good act to begin from, so that no corpus need be kept. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
    static struct request act;
    struct sampler s = {.state = seed};
    size_t used;

    if (seed % 32 == 0) {
        sample_forwarded(&s, &act);
        if (request_pack_act(&act, bytes, max, &used) == ERR_OK)
            return used;
    }
    return LLVMFuzzerMutate(bytes, size, max);
}
