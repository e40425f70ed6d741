/* A small hash table of ids. */
#include "store/store_index.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct store_index *index, const struct id *id)
{
    uint64_t tail; /* the end of an id is random in every version */
    memcpy(&tail, id->bytes + 8, sizeof tail);
    size_t at = (size_t)(tail * 0x9e3779b97f4a7c15u >> 20) & (index->slot_capacity - 1);
    while (index->slots[at] && !id_equal(&index->ids[index->slots[at] - 1], id))
        at = (at + 1) & (index->slot_capacity - 1);
    return at;
}

/* Keeps the slots at most half full. */
static void reserve(struct store_index *index)
{
    if (index->count < index->id_capacity)
        return;
    size_t capacity = index->id_capacity ? index->id_capacity * 2 : 32;
    struct id *ids = realloc(index->ids, capacity * sizeof *ids);
    uint32_t *slots = calloc(capacity * 2, sizeof *slots);
    if (!ids || !slots)
        abort(); /* nothing is lost: all state is in the database */
    free(index->slots);
    index->ids = ids;
    index->slots = slots;
    index->id_capacity = capacity;
    index->slot_capacity = capacity * 2;
    for (size_t i = 0; i < index->count; i++)
        slots[slot_of(index, &ids[i])] = (uint32_t)i + 1;
}

bool store_index_add(struct store_index *index, const struct id *id, size_t *position)
{
    reserve(index);
    size_t at = slot_of(index, id);
    if (index->slots[at]) {
        *position = index->slots[at] - 1;
        return true;
    }
    index->ids[index->count] = *id;
    *position = index->count++;
    index->slots[at] = (uint32_t)index->count;
    return false;
}

bool store_index_find(const struct store_index *index, const struct id *id, size_t *position)
{
    if (index->count == 0)
        return false;
    size_t at = slot_of(index, id);
    if (index->slots[at] == 0)
        return false;
    *position = index->slots[at] - 1;
    return true;
}

void store_index_clear(struct store_index *index)
{
    if (index->count > 0)
        memset(index->slots, 0, index->slot_capacity * sizeof *index->slots);
    index->count = 0;
}

void store_index_fini(struct store_index *index)
{
    free(index->ids);
    free(index->slots);
    *index = (struct store_index){.count = 0};
}
