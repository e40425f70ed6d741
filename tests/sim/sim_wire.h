/* The lines between simulated centers: frames as real bytes, packed and unpacked by lib/wire, which are lost,
 * come twice, overtake each other, or stay away. */
#ifndef SANJI_TESTS_SIM_WIRE_H
#define SANJI_TESTS_SIM_WIRE_H

#include "sim_world.h"

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
    if (!world->calm && wire->count > 1 && chance(world, world->swap))
        wire_swap(wire, pick(world, wire->count));
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
