/* Reading the journal: what a neighbour lacks, a subject's log, and requests that are kept for a case. */
#include <assert.h>
#include <stdlib.h>

#include "store/store_decode.h"
#include "store/store_private.h"

struct feed_op {
    struct store_op op;
    enum store_sql which;
    int16_t neighbour; /* SQL_FEED */
    enum lane lane;
    int64_t after_lsn;
    int32_t max;
    struct id subject; /* SQL_LOG */
    int32_t from_no, to_no;
    store_feed_cb *cb;
    void *ctx;
};

static bool send_feed(struct store *store, struct store_op *op)
{
    struct feed_op *feed = (struct feed_op *)op;
    struct store_params params = {.count = 0};

    if (feed->which == SQL_FEED) {
        store_params_i16(&params, feed->neighbour);
        store_params_i16(&params, (int16_t)feed->lane);
        store_params_i64(&params, feed->after_lsn);
        store_params_i32(&params, feed->max);
    } else {
        store_params_id(&params, &feed->subject);
        store_params_i32(&params, feed->from_no);
        store_params_i32(&params, feed->to_no);
    }
    return store_op_send(store, op, feed->which, &params);
}

static void done_feed(struct store *store, struct store_op *op, enum err code)
{
    struct feed_op *feed = (struct feed_op *)op;
    struct entry *entries = NULL;
    size_t count = 0;
    (void)store;

    if (code == ERR_OK) {
        count = (size_t)PQntuples(op->results[0]);
        entries = calloc(count + 1, sizeof *entries);
        if (!entries)
            abort(); /* nothing is lost: all state is in the database */
        for (size_t i = 0; i < count && code == ERR_OK; i++) {
            struct store_row row = store_row_at(op->results[0], (int)i);
            if (!store_decode_entry(&row, &entries[i]))
                code = ERR_DATABASE;
        }
    }
    feed->cb(feed->ctx, code, code == ERR_OK ? count : 0, entries);
    free(entries);
}

static const struct store_op_class feed_class = {send_feed, done_feed, NULL};

void store_feed(struct store *store, int16_t neighbour, enum lane lane, int64_t after_lsn, size_t max,
                store_feed_cb *cb, void *ctx)
{
    struct feed_op *feed = store_op_new(sizeof *feed, &feed_class);
    assert(max > 0 && max <= INT32_MAX);
    feed->which = SQL_FEED;
    feed->neighbour = neighbour;
    feed->lane = lane;
    feed->after_lsn = after_lsn;
    feed->max = (int32_t)max;
    feed->cb = cb;
    feed->ctx = ctx;
    store_op_queue(store, &feed->op);
}

void store_log(struct store *store, const struct id *subject, int32_t from_no, int32_t to_no,
               store_feed_cb *cb, void *ctx)
{
    struct feed_op *feed = store_op_new(sizeof *feed, &feed_class);
    feed->which = SQL_LOG;
    feed->subject = *subject;
    feed->from_no = from_no;
    feed->to_no = to_no;
    feed->cb = cb;
    feed->ctx = ctx;
    store_op_queue(store, &feed->op);
}

/* ---- kept requests ---- */

struct kept_op {
    struct store_op op;
    struct store_column cases;
    store_kept_cb *cb;
    void *ctx;
};

static bool send_kept(struct store *store, struct store_op *op)
{
    struct store_params params = {.count = 0};
    store_params_column(&params, &((struct kept_op *)op)->cases);
    return store_op_send(store, op, SQL_KEPT, &params);
}

static void done_kept(struct store *store, struct store_op *op, enum err code)
{
    struct kept_op *kept = (struct kept_op *)op;
    struct kept_row *rows = NULL;
    size_t count = 0;
    (void)store;

    if (code == ERR_OK) {
        count = (size_t)PQntuples(op->results[0]);
        rows = calloc(count + 1, sizeof *rows);
        if (!rows)
            abort();
        for (size_t i = 0; i < count && code == ERR_OK; i++) {
            struct store_row row = store_row_at(op->results[0], (int)i);
            if (!store_decode_kept(&row, &rows[i]))
                code = ERR_DATABASE;
        }
    }
    kept->cb(kept->ctx, code, code == ERR_OK ? count : 0, rows);
    free(rows);
}

static void free_kept(struct store_op *op)
{
    store_column_fini(&((struct kept_op *)op)->cases);
}

static const struct store_op_class kept_class = {send_kept, done_kept, free_kept};

void store_kept(struct store *store, const struct id *case_ids, size_t count, store_kept_cb *cb, void *ctx)
{
    struct kept_op *kept = store_op_new(sizeof *kept, &kept_class);
    store_column_init(&kept->cases, 'u');
    for (size_t i = 0; i < count; i++)
        store_column_id(&kept->cases, &case_ids[i]);
    kept->cb = cb;
    kept->ctx = ctx;
    store_op_queue(store, &kept->op);
}
