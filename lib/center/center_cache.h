/* The newest rows meant for neighbours, in memory: a cache of committed rows by lsn and nothing more
 * (custody.md rule 4). A neighbour that keeps up is fed from here right after the commit; whatever is not
 * here is read from the table. Rows of the running batch are put aside and are not found before their commit.
 * The oldest give way to the newest. */
#ifndef SANJI_CENTER_CACHE_H
#define SANJI_CENTER_CACHE_H

#include "wire/frame.h"

struct center_cache;

/* Room for `rows` rows and `bytes` bytes of envelopes and bodies, touched only as it fills. NULL without
 * memory. */
struct center_cache *center_cache_new(size_t rows, size_t bytes);
void center_cache_free(struct center_cache **cache);

/* A row of the running batch for one neighbour; copies its bytes (once for several neighbours in a row). lsn
 * never falls. A row too large for the cache, or a snapshot, which stands for a log and has no bytes of its
 * own, is passed over: the table has it. */
void center_cache_put(struct center_cache *cache, int16_t neighbour, enum lane lane,
                      const struct entry *entry);
/* The running batch is durable: its rows may be found. */
void center_cache_commit(struct center_cache *cache);
/* It is not, or is decided anew: its rows are forgotten. */
void center_cache_roll_back(struct center_cache *cache);
/* Forgets everything: the database may have become another. NULL is allowed. */
void center_cache_clear(struct center_cache *cache);

/* The rows of that neighbour and lane that follow `after_lsn`, in order, as far as they are here without a
 * gap, at most `max`; 0 = the next one is not here. They borrow from the cache until the next put. */
size_t center_cache_find(const struct center_cache *cache, int16_t neighbour, enum lane lane,
                         int64_t after_lsn, struct entry *entries, size_t max);

#endif
