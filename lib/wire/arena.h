/* A bounded block that decoded structs live in: freed all at once, never grows beyond its bound, so that no
 * input can make a daemon take memory. */
#ifndef SANJI_WIRE_ARENA_H
#define SANJI_WIRE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *base; /* borrows */
    size_t size, used;
    bool full; /* something did not fit since the last reset */
};

void arena_init(struct arena *arena, void *base, size_t size);
/* Zeroed, 16-byte aligned; NULL when the arena is full. */
void *arena_take(struct arena *arena, size_t size);
/* The same, not zeroed: for what is written whole at once. */
void *arena_take_raw(struct arena *arena, size_t size);
void arena_reset(struct arena *arena);

#endif
