/* Cases and keys of the running batch: found by id in a table that is emptied with the batch. */
#include "center/center_command.h"

#include <assert.h>
#include <string.h>

static size_t bucket(const struct id *id)
{
    uint64_t h;
    memcpy(&h, id->bytes + 8, sizeof h); /* the random half of any id */
    return (size_t)((h * 0x9e3779b97f4a7c15ull) >> 52) & (SLOT_TABLE - 1);
}

/* The table cell of that id: taken by it, or the free one where it belongs. */
static int16_t *cell_of(struct live_center *center, const struct id *id)
{
    struct batch *batch = &center->batch;
    for (size_t i = bucket(id);; i = (i + 1) & (SLOT_TABLE - 1)) {
        int16_t *cell = &batch->slot_table[i];
        if (*cell < 0 || id_equal(&batch->slots[*cell].row.record.id, id))
            return cell;
    }
}

struct case_slot *center_slot_find(struct live_center *center, const struct id *id)
{
    int16_t *cell = cell_of(center, id);
    return *cell < 0 ? NULL : &center->batch.slots[*cell];
}

struct case_slot *center_slot_get(struct live_center *center, const struct id *id)
{
    struct batch *batch = &center->batch;
    int16_t *cell = cell_of(center, id);
    if (*cell >= 0)
        return &batch->slots[*cell];
    assert(batch->slot_count < SLOTS_MAX);
    *cell = (int16_t)batch->slot_count;
    struct case_slot *slot = &batch->slots[batch->slot_count++];
    memset(slot, 0, sizeof *slot);
    slot->row.record.id = *id;
    slot->was_new = true;
    return slot;
}

struct case_slot *center_slot_by_no(struct live_center *center, const char *case_no)
{
    struct batch *batch = &center->batch;
    for (size_t i = 0; i < batch->slot_count; i++)
        if (batch->slots[i].exists && strcmp(batch->slots[i].row.record.case_no, case_no) == 0)
            return &batch->slots[i];
    return NULL;
}

/* As cell_of, of a key. */
static int16_t *key_cell_of(struct live_center *center, const struct id *key)
{
    struct batch *batch = &center->batch;
    for (size_t i = bucket(key);; i = (i + 1) & (SLOT_TABLE - 1)) {
        int16_t *cell = &batch->key_table[i];
        if (*cell < 0 || id_equal(&batch->keys[*cell].row.key, key))
            return cell;
    }
}

struct key_slot *center_key_find(struct live_center *center, const struct id *key)
{
    int16_t *cell = key_cell_of(center, key);
    return *cell < 0 ? NULL : &center->batch.keys[*cell];
}

struct key_slot *center_key_get(struct live_center *center, const struct id *key)
{
    struct batch *batch = &center->batch;
    int16_t *cell = key_cell_of(center, key);
    if (*cell >= 0)
        return &batch->keys[*cell];
    assert(batch->key_count < KEYS_MAX);
    *cell = (int16_t)batch->key_count;
    struct key_slot *slot = &batch->keys[batch->key_count++];
    memset(slot, 0, sizeof *slot);
    slot->row.key = *key;
    return slot;
}

void center_slots_clear(struct live_center *center)
{
    struct batch *batch = &center->batch;
    memset(batch->slot_table, 0xff, SLOT_TABLE * sizeof *batch->slot_table);
    memset(batch->key_table, 0xff, SLOT_TABLE * sizeof *batch->key_table);
    batch->slot_count = 0;
    batch->key_count = 0;
    batch->kept_count = batch->kept_room = 0;
    batch->similar_count = 0;
    batch->waiter_count = 0;
    center_orders_clear(center);
}
