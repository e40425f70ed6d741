/* What every simulation here stands on: a seeded die, and lines that hold frames as bytes until they are
 * delivered, doubled, overtaken or lost. */
#ifndef SANJI_TESTS_SIM_LINES_H
#define SANJI_TESTS_SIM_LINES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WIRE_QUEUE 128

struct packet {
    uint8_t *bytes;
    size_t size;
};

struct wire {
    struct packet packets[WIRE_QUEUE];
    int count;
    bool cut;
};

/* Never 0 for a state that is not 0. */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

static inline int random_below(uint64_t *state, int below)
{
    return (int)((random_next(state) >> 11) % (uint64_t)below);
}

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

/* The last packet changes places with another one. */
static inline void wire_swap(struct wire *wire, int other)
{
    struct packet last = wire->packets[wire->count - 1];
    wire->packets[wire->count - 1] = wire->packets[other];
    wire->packets[other] = last;
}

/* Takes the first packet; the caller frees its bytes. */
static inline struct packet wire_take(struct wire *wire)
{
    struct packet packet = wire->packets[0];
    wire->count--;
    memmove(wire->packets, wire->packets + 1, (size_t)wire->count * sizeof packet);
    return packet;
}

#endif
