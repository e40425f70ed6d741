/* The bounded block of decoded structs. */
#include "wire/arena.h"

#include <stdint.h>
#include <string.h>

#define ALIGNMENT 16

void arena_init(struct arena *arena, void *base, size_t size)
{
    arena->base = base;
    arena->size = size;
    arena_reset(arena);
}

void arena_reset(struct arena *arena)
{
    arena->used = 0;
    arena->full = false;
}

void *arena_take_raw(struct arena *arena, size_t size)
{
    size_t lost = (ALIGNMENT - ((uintptr_t)arena->base + arena->used) % ALIGNMENT) % ALIGNMENT;
    size_t left = arena->size - arena->used;

    if (lost > left || size > left - lost) {
        arena->full = true;
        return NULL;
    }
    uint8_t *taken = arena->base + arena->used + lost;
    arena->used += lost + size;
    return taken;
}

void *arena_take(struct arena *arena, size_t size)
{
    void *taken = arena_take_raw(arena, size);
    if (taken)
        memset(taken, 0, size);
    return taken;
}
