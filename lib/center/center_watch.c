/* The few cases of ours that wait for a neighbour, kept in memory so that looking after them costs nothing
 * when there are none. Built from the database at the start, and kept up with each commit. */
#include "center/center_private.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64
#define TRIES_MAX 10 /* the longest wait between two offers: an hour and a half */

static struct watch *cell_of(const struct watch_set *set, const struct id *id)
{
    uint64_t h;
    memcpy(&h, id->bytes + 8, sizeof h); /* the random half */
    for (size_t i = (size_t)h & (set->size - 1);; i = (i + 1) & (set->size - 1))
        if (id_is_zero(&set->cells[i].case_id) || id_equal(&set->cells[i].case_id, id))
            return &set->cells[i];
}

static void grow(struct watch_set *set)
{
    struct watch_set larger = {.size = set->size ? set->size * 2 : FIRST_SIZE, .count = set->count};
    larger.cells = calloc(larger.size, sizeof *larger.cells);
    if (!larger.cells)
        abort(); /* all of it is in the database; the supervisor starts us again */
    for (size_t i = 0; i < set->size; i++)
        if (!id_is_zero(&set->cells[i].case_id))
            *cell_of(&larger, &set->cells[i].case_id) = set->cells[i];
    free(set->cells);
    *set = larger;
}

/* Takes a cell out; those after it move up so that every search still ends at the first free cell. */
static void take_out(struct watch_set *set, struct watch *cell)
{
    size_t i = (size_t)(cell - set->cells);
    set->cells[i] = (struct watch){0};
    set->count--;
    for (i = (i + 1) & (set->size - 1); !id_is_zero(&set->cells[i].case_id); i = (i + 1) & (set->size - 1)) {
        struct watch moved = set->cells[i];
        set->cells[i] = (struct watch){0};
        *cell_of(set, &moved.case_id) = moved;
    }
}

const struct watch *center_watch_find(const struct live_center *center, const struct id *id)
{
    if (center->watch.count == 0)
        return NULL;
    const struct watch *cell = cell_of(&center->watch, id);
    return id_is_zero(&cell->case_id) ? NULL : cell;
}

void center_watch_update(struct live_center *center, const struct case_slot *slot)
{
    struct watch_set *set = &center->watch;
    const struct case_record *record = &slot->row.record;
    bool offered = record->facts.offer_to[0] != '\0';
    bool waits = center_owns(center, slot) && (offered || (record->facts.flags & FLAG_CLIMB_PENDING));
    if (!waits && set->count == 0)
        return;
    if (2 * (set->count + 1) > set->size)
        grow(set);
    struct watch *cell = cell_of(set, &record->id);
    bool known = !id_is_zero(&cell->case_id);
    if (!waits) {
        if (known)
            take_out(set, cell);
        return;
    }
    int32_t no = offered ? record->facts.offer_no : 0;
    if (known && cell->offer_no == no)
        return;
    uint8_t tries = 0;
    if (known)
        tries = (uint8_t)(cell->tries < TRIES_MAX ? cell->tries + 1 : TRIES_MAX);
    set->count += !known;
    *cell = (struct watch){.case_id = record->id, .offer_no = no, .mono_ms = clock_mono_ms(), .tries = tries};
    center_care_soon(center, OFFER_FRESH_MS);
}

bool center_watch_ripe(const struct live_center *center, const struct id *id)
{
    const struct watch *watch = center_watch_find(center, id);
    if (!watch || watch->mono_ms == 0)
        return true;
    return clock_mono_ms() - watch->mono_ms > (int64_t)OFFER_FRESH_MS << watch->tries;
}

void center_watch_parent_up(struct live_center *center)
{
    struct watch_set *set = &center->watch;
    for (size_t i = 0; i < set->size; i++) {
        if (set->cells[i].offer_no != 0)
            continue;
        set->cells[i].mono_ms = 0;
        set->cells[i].tries = 0;
    }
}

void center_watch_clear(struct live_center *center)
{
    free(center->watch.cells);
    center->watch = (struct watch_set){0};
}
