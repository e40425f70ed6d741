/* The lines between simulated centers: frames as real bytes, packed and unpacked by lib/wire, which are lost,
 * come twice, overtake each other, or stay away. */
#ifndef SANJI_TESTS_SIM_WIRE_H
#define SANJI_TESTS_SIM_WIRE_H

#include "sim_world.h"

static inline void wire_clear(struct wire *wire)
{
    for (int i = 0; i < wire->count; i++)
        free(wire->packets[i].bytes);
    wire->count = 0;
}

static inline void wire_put(struct wire *wire, const uint8_t *bytes, size_t size)
{
    if (wire->count == WIRE_QUEUE)
        return; /* a full queue drops */
    struct packet *packet = &wire->packets[wire->count++];
    packet->bytes = malloc(size);
    packet->size = size;
    memcpy(packet->bytes, bytes, size);
}

static inline void wire_send(struct world *world, int from, int to, const struct frame *frame)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    struct wire *wire = &world->wires[from][to];
    size_t size = 0;
    if (wire->cut || !world->centers[to].alive)
        return;
    if (frame_pack(frame, bytes, sizeof bytes, &size) != ERR_OK) {
        fail_world(world, "a frame does not fit the wire", from);
        return;
    }
    if (!world->calm && chance(world, world->drop))
        return;
    wire_put(wire, bytes, size);
    if (!world->calm && chance(world, world->twice))
        wire_put(wire, bytes, size);
    if (!world->calm && wire->count > 1 && chance(world, world->swap)) {
        int other = pick(world, wire->count);
        struct packet last = wire->packets[wire->count - 1];
        wire->packets[wire->count - 1] = wire->packets[other];
        wire->packets[other] = last;
    }
}

/* Takes the first packet; the caller frees its bytes. */
static inline struct packet wire_take(struct wire *wire)
{
    struct packet packet = wire->packets[0];
    wire->count--;
    memmove(wire->packets, wire->packets + 1, (size_t)wire->count * sizeof packet);
    return packet;
}

/* Two of the mutants live in the line: what the receiver could notice is forged to what it expects. */
static inline void forge(struct world *world, int from, int to, struct frame *frame)
{
    if (frame->kind == FRAME_PING &&
        (world->mutant == MUTANT_NO_PREV || world->mutant == MUTANT_NO_TAIL_IN_PING))
        memset(frame->ping.last, 0, sizeof frame->ping.last);
    if (world->mutant != MUTANT_NO_PREV || frame->kind != FRAME_ENTRIES)
        return;
    struct entry *entries = (struct entry *)frame->entries.entries;
    int64_t expected = world->centers[to].handed[from][frame->entries.lane];
    for (size_t i = 0; i < frame->entries.count; i++) {
        if (entries[i].lsn <= expected || entries[i].kind == ENTRY_SNAPSHOT)
            continue;
        entries[i].prev = expected;
        expected = entries[i].lsn;
    }
}

#endif
