/* One batch, one pipeline segment, one Sync. */
#include <assert.h>

#include "store/store_batch_private.h"
#include "store/store_private.h"
#include "store/store_row.h"

struct commit_op {
    struct store_op op;
    struct store_batch *batch; /* borrowed */
    bool ahead;                /* the journal's partitions were made with it */
    store_commit_cb *cb;
    void *ctx;
};

static bool send_fence(struct store *store, struct commit_op *commit)
{
    const struct store_batch *batch = commit->batch;
    struct store_params params = {.count = 0};

    store_params_i64(&params, batch->writer_epoch);
    store_params_i64(&params, batch->last_lsn);
    store_params_i32(&params, batch->serial_day);
    store_params_i32(&params, batch->serial);
    store_params_i64(&params, (int64_t)store_batch_new_cases(batch));
    if (!store_op_send(store, &commit->op, SQL_FENCE, &params))
        return false;
    commit->ahead = batch->last_lsn >= store->journal_until;
    if (!commit->ahead)
        return true;
    params.count = 0;
    store_params_i64(&params, batch->last_lsn);
    return store_op_send(store, &commit->op, SQL_AHEAD_JOURNAL, &params);
}

static bool send_table(struct store *store, struct store_op *op, struct batch_rows *rows,
                       enum store_sql which)
{
    struct store_params params = {.count = 0};
    for (size_t i = 0; i < rows->width; i++) {
        assert((size_t)rows->columns[i].count == rows->count);
        store_params_column(&params, &rows->columns[i]);
    }
    return store_op_send(store, op, which, &params);
}

static bool send_commit(struct store *store, struct store_op *op)
{
    struct commit_op *commit = (struct commit_op *)op;
    struct store_batch *batch = commit->batch;

    if (!send_fence(store, commit))
        return false;
    for (int t = 0; t < BATCH_TABLES; t++)
        if (batch->tables[t].count > 0 &&
            !send_table(store, op, &batch->tables[t], store_batch_statement((enum batch_table)t)))
            return false;
    if (!batch->has_calendar)
        return true;
    struct store_params params = {.count = 0};
    store_params_i32(&params, batch->calendar_version);
    return store_op_send(store, op, SQL_CALENDAR, &params);
}

static void done_commit(struct store *store, struct store_op *op, enum err code)
{
    struct commit_op *commit = (struct commit_op *)op;
    /* The server has answered for every statement before anybody is told that it is durable. */
    assert(code != ERR_OK || (op->sent > 0 && op->answered == op->sent));
    if (code == ERR_OK)
        store->last_lsn = commit->batch->last_lsn;
    if (code == ERR_OK && commit->ahead) {
        struct store_row row = store_row_at(op->results[1], 0);
        store->journal_until = store_row_i64(&row);
    }
    commit->cb(commit->ctx, code, &op->fault);
}

static const struct store_op_class commit_class = {send_commit, done_commit, NULL};

void store_commit(struct store *store, struct store_batch *batch, store_commit_cb *cb, void *ctx)
{
    struct commit_op *commit = store_op_new(sizeof *commit, &commit_class);
    assert(batch->has_head);
    store_batch_seal(batch);
    commit->batch = batch;
    commit->cb = cb;
    commit->ctx = ctx;
    store_op_queue(store, &commit->op);
}
