/* Ids to positions 0, 1, 2 ... in the order in which they came: where in a batch a case or a key lies. */
#ifndef SANJI_STORE_INDEX_H
#define SANJI_STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ids.h"

struct store_index {
    size_t count, id_capacity, slot_capacity;
    struct id *ids;  /* owned */
    uint32_t *slots; /* owned; position + 1, 0 = free; open addressing over a power of two */
};

/* True and its position when the id is known; false and its new position when it was added. */
bool store_index_add(struct store_index *index, const struct id *id, size_t *position);
/* True and its position when the id is known; nothing is added. */
bool store_index_find(const struct store_index *index, const struct id *id, size_t *position);
/* Empties it; the memory stays. */
void store_index_clear(struct store_index *index);
void store_index_fini(struct store_index *index);

#endif
