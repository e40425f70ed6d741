/* Following a journal: one index scan over its lsns. */
#include "store/store_read_tail.h"

#include "store/store_decode.h"
#include "store/store_reader.h"

static const char tail_text[] =
    "SELECT lsn, 0::int8, kind, subject, subject_no, epoch, code, envelope, body FROM journal"
    " WHERE lsn > $1::int8 AND kind = 1 ORDER BY lsn LIMIT $2::int8";

struct tail_ask {
    store_entry_cb *cb;
    void *ctx;
};

static bool on_entry(void *ctx, struct store_row *row)
{
    const struct tail_ask *ask = ctx;
    struct entry entry;
    if (!store_decode_entry(row, &entry)) {
        row->bad = true;
        return false;
    }
    return ask->cb(ask->ctx, &entry);
}

enum err store_read_tail(struct store_reader *reader, int64_t after_lsn, int64_t max, store_entry_cb *cb,
                         void *ctx, struct fault *fault)
{
    struct tail_ask ask = {cb, ctx};
    struct store_params params = {.count = 0};
    store_params_i64(&params, after_lsn);
    store_params_i64(&params, max);
    return store_reader_stream(reader, tail_text, &params, on_entry, &ask, fault);
}
