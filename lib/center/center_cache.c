/* Two rings: rows, and the bytes that they point to. Counters only grow; what lies a whole ring behind the
 * newest has been written over. */
#include "center/center_cache.h"

#include <stdlib.h>
#include <string.h>

#include "wire/event.h"

struct row {
    int16_t neighbour;
    enum lane lane;
    uint64_t at; /* of its bytes */
    struct entry entry;
};

struct center_cache {
    size_t row_room, byte_room;
    uint64_t first;      /* oldest row that was not written over */
    uint64_t committed;  /* rows from here on belong to the running batch */
    uint64_t row_count;  /* ever put and not rolled back */
    uint64_t byte_count; /* ever put */
    struct row *rows;
    uint8_t *bytes;
};

struct center_cache *center_cache_new(size_t rows, size_t bytes)
{
    struct center_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->row_room = rows;
    cache->byte_room = bytes;
    cache->rows = calloc(rows, sizeof *cache->rows);
    cache->bytes = malloc(bytes);
    if (!cache->rows || !cache->bytes)
        center_cache_free(&cache);
    return cache;
}

void center_cache_free(struct center_cache **cache)
{
    if (!*cache)
        return;
    free((*cache)->rows);
    free((*cache)->bytes);
    free(*cache);
    *cache = NULL;
}

/* ---- writing ---- */

/* Where `size` bytes in one piece begin; what is left of the ring's end is skipped. */
static uint64_t take_bytes(struct center_cache *cache, size_t size)
{
    size_t left = cache->byte_room - (size_t)(cache->byte_count % cache->byte_room);
    if (left < size)
        cache->byte_count += left;
    uint64_t at = cache->byte_count;
    cache->byte_count += size;
    return at;
}

static struct row *row_at(const struct center_cache *cache, uint64_t n)
{
    return &cache->rows[n % cache->row_room];
}

/* The row put just before, when it is the same entry for another neighbour. */
static const struct row *twin(const struct center_cache *cache, const struct entry *entry)
{
    if (cache->row_count == cache->committed)
        return NULL;
    const struct row *last = row_at(cache, cache->row_count - 1);
    return last->entry.lsn == entry->lsn ? last : NULL;
}

static void copy_bytes(struct center_cache *cache, struct row *row)
{
    size_t envelope = row->entry.envelope ? WIRE_ENVELOPE_BYTES : 0;
    row->at = take_bytes(cache, envelope + row->entry.body_size);
    uint8_t *to = cache->bytes + row->at % cache->byte_room;
    if (envelope > 0) {
        memcpy(to, row->entry.envelope, envelope);
        row->entry.envelope = to;
    }
    if (row->entry.body_size > 0)
        memcpy(to + envelope, row->entry.body, row->entry.body_size);
    row->entry.body = row->entry.body ? to + envelope : NULL;
}

void center_cache_put(struct center_cache *cache, int16_t neighbour, enum lane lane,
                      const struct entry *entry)
{
    if (entry->kind == ENTRY_SNAPSHOT || entry->kind == ENTRY_UNFOLLOW ||
        WIRE_ENVELOPE_BYTES + entry->body_size > cache->byte_room)
        return;
    struct row row = {.neighbour = neighbour, .lane = lane, .entry = *entry};
    const struct row *same = twin(cache, entry);
    if (same) {
        row.at = same->at;
        row.entry.envelope = same->entry.envelope;
        row.entry.body = same->entry.body;
    } else {
        copy_bytes(cache, &row);
    }
    *row_at(cache, cache->row_count++) = row;
    if (cache->row_count - cache->first > cache->row_room)
        cache->first++;
    if (cache->committed < cache->first)
        cache->committed = cache->first; /* a batch larger than the ring */
}

void center_cache_commit(struct center_cache *cache)
{
    cache->committed = cache->row_count;
}

void center_cache_roll_back(struct center_cache *cache)
{
    cache->row_count = cache->committed;
}

void center_cache_clear(struct center_cache *cache)
{
    if (cache)
        cache->first = cache->committed = cache->row_count;
}

/* ---- reading ---- */

/* The first committed row beyond `lsn`. */
static uint64_t beyond(const struct center_cache *cache, int64_t lsn)
{
    uint64_t low = cache->first, high = cache->committed;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (row_at(cache, middle)->entry.lsn > lsn)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

size_t center_cache_find(const struct center_cache *cache, int16_t neighbour, enum lane lane,
                         int64_t after_lsn, struct entry *entries, size_t max)
{
    size_t count = 0;
    for (uint64_t n = beyond(cache, after_lsn); n < cache->committed && count < max; n++) {
        const struct row *row = row_at(cache, n);
        if (row->neighbour != neighbour || row->lane != lane)
            continue;
        if (row->entry.prev != after_lsn || cache->byte_count > row->at + cache->byte_room)
            break;
        entries[count++] = row->entry;
        after_lsn = row->entry.lsn;
    }
    return count;
}
