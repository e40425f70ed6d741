/* Following a center's journal from outside: what was written since a position, in order. A reader that looks
 * again and again misses nothing, because the one writer gives lsns without gaps and commits them in order.
 */
#ifndef SANJI_STORE_READ_TAIL_H
#define SANJI_STORE_READ_TAIL_H

#include "store/store_read.h"

/* Events with after_lsn < lsn, by lsn, at most `max` (> 0). `prev` in the entries is 0. */
enum err store_read_tail(struct store_reader *reader, int64_t after_lsn, int64_t max, store_entry_cb *cb,
                         void *ctx, struct fault *fault) MUST_CHECK;

#endif
