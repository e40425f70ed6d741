/* Any bytes as a frame from the network. What is taken must be the same when it is sent on and taken again.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire_frame_samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed);

static _Alignas(16) uint8_t memory[FRAME_ARENA_BYTES];
static uint8_t once[FRAME_BYTES_MAX], twice[FRAME_BYTES_MAX];

static void read_events(const struct frame *frame)
{
    struct envelope envelope;
    for (size_t i = 0; i < frame->entries.count; i++)
        if (frame->entries.entries[i].envelope)
            (void)!envelope_unpack(frame->entries.entries[i].envelope, &envelope);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena arena;
    struct frame frame;
    struct fault fault = {ERR_OK, ""};
    size_t used_once, used_twice;

    arena_init(&arena, memory, sizeof memory);
    if (frame_unpack(bytes, size, &arena, &frame, &fault) != ERR_OK) {
        assert(fault.code != ERR_OK && fault.text[0] != '\0');
        return 0;
    }
    if (frame.kind == FRAME_ENTRIES)
        read_events(&frame);
    assert(frame_pack(&frame, once, sizeof once, &used_once) == ERR_OK);
    arena_reset(&arena);
    assert(frame_unpack(once, used_once, &arena, &frame, &fault) == ERR_OK);
    assert(frame_pack(&frame, twice, sizeof twice, &used_twice) == ERR_OK);
    assert(used_once == used_twice && memcmp(once, twice, used_once) == 0);
    return 0;
}

static const struct request *fresh_request(struct sampler *s)
{
    static struct request request;
    static struct asked asked;
    enum request_kind kind = (enum request_kind)(1 + sample_bits(s) % REQUEST_ATTACH);

    if (kind >= REQUEST_COMMAND) {
        sample_asked(s, kind, &asked);
        return &asked.request;
    }
    sample_request(s, kind, &request);
    return &request;
}

static size_t fresh_sample(uint8_t *bytes, size_t max, unsigned seed)
{
    static struct link_status links[4];
    static struct reply reply;
    static struct push push;
    static struct entry entries[3];
    static uint8_t envelope[WIRE_ENVELOPE_BYTES], body[501];
    struct sampler s = {.state = seed};
    struct frame frame;
    size_t used;

    memset(&frame, 0, sizeof frame);
    switch ((enum frame_kind)(1 + sample_bits(&s) % FRAME_PUSH)) {
    case FRAME_REQUEST:
        frame.kind = FRAME_REQUEST;
        frame.request.request = fresh_request(&s);
        break;
    case FRAME_REPLY:
        sample_reply(&s, links, 4, &reply);
        frame.kind = FRAME_REPLY;
        frame.reply.reply = &reply;
        break;
    case FRAME_HELLO:
        frame = hello_frame(&s);
        break;
    case FRAME_ENTRIES:
        frame = neighbour_frame(&s, FRAME_ENTRIES);
        frame.entries.count = 3;
        frame.entries.entries = entries;
        for (size_t i = 0; i < 3; i++)
            sample_entry(&s, &entries[i], envelope, body);
        break;
    case FRAME_ACK:
        frame = ack_frame(&s);
        break;
    case FRAME_PING:
        frame = ping_frame(&s);
        break;
    case FRAME_REFUSE:
        frame = refuse_frame(&s);
        break;
    case FRAME_PUSH:
        sample_push(&s, &push);
        frame.kind = FRAME_PUSH;
        frame.push = &push;
        break;
    }
    return frame_pack(&frame, bytes, max, &used) == ERR_OK ? used : 0;
}

/* Now and then a good frame to begin from, so that no corpus need be kept. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
    size_t fresh = seed % 32 == 0 ? fresh_sample(bytes, max, seed) : 0;
    return fresh > 0 ? fresh : LLVMFuzzerMutate(bytes, size, max);
}
