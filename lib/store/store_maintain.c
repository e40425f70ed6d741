/* Housekeeping: partitions ahead, cursors trimmed, receipts closed; and the two switches that a leader may
 * throw. */
#include <stdlib.h>

#include "base/text.h"
#include "store/store_private.h"
#include "store/store_row.h"

/* Rows trimmed from each neighbour's list in one transaction: some milliseconds of the only connection. */
#define TRIM_BITE 4096
/* A key's partition outlives the age at which the key is refused by a day: none is forgotten while it is
 * valid. */
#define KEY_DAYS ((int32_t)(KEY_AGE_MAX_MS / (24LL * 3600 * 1000)) + 1)

/* ---- partitions first, then bites of trimming and of closing until one is not full ---- */

struct maintain_op {
    struct store_op op;
    int64_t wall_ms;
    store_done_cb *cb;
    void *ctx;
};

static bool send_ahead(struct store *store, struct store_op *op)
{
    struct store_params journal = {.count = 0};
    struct store_params keys = {.count = 0};
    store_params_i64(&journal, store->last_lsn);
    store_params_i64(&keys, ((struct maintain_op *)op)->wall_ms);
    store_params_i32(&keys, KEY_DAYS);
    return store_op_send(store, op, SQL_AHEAD_JOURNAL, &journal) &&
           store_op_send(store, op, SQL_AHEAD_KEYS, &keys);
}

static bool send_trim(struct store *store, struct store_op *op)
{
    struct store_params params = {.count = 0};
    store_params_i32(&params, TRIM_BITE);
    return store_op_send(store, op, SQL_TRIM, &params);
}

static const struct store_op_class trim_class, close_class;

static void queue_next(struct store *store, const struct maintain_op *before,
                       const struct store_op_class *what)
{
    struct maintain_op *next = store_op_new(sizeof *next, what);
    next->cb = before->cb;
    next->ctx = before->ctx;
    store_op_queue(store, &next->op);
}

static void queue_trim(struct store *store, const struct maintain_op *before)
{
    queue_next(store, before, &trim_class);
}

static void queue_close(struct store *store, const struct maintain_op *before)
{
    queue_next(store, before, &close_class);
}

static void done_ahead(struct store *store, struct store_op *op, enum err code)
{
    struct maintain_op *maintain = (struct maintain_op *)op;
    if (code != ERR_OK) {
        maintain->cb(maintain->ctx, code);
        return;
    }
    struct store_row row = store_row_at(op->results[0], 0);
    store->journal_until = store_row_i64(&row);
    queue_trim(store, maintain);
}

static void done_trim(struct store *store, struct store_op *op, enum err code)
{
    struct maintain_op *maintain = (struct maintain_op *)op;
    if (code == ERR_OK && atol(PQcmdTuples(op->results[0])) >= TRIM_BITE)
        queue_trim(store, maintain); /* whatever else waits comes first */
    else if (code == ERR_OK)
        queue_close(store, maintain);
    else
        maintain->cb(maintain->ctx, code);
}

static bool send_close(struct store *store, struct store_op *op)
{
    struct store_params params = {.count = 0};
    store_params_i32(&params, RECEIPT_RED);
    store_params_i32(&params, TRIM_BITE);
    return store_op_send(store, op, SQL_CLOSE, &params);
}

static void done_close(struct store *store, struct store_op *op, enum err code)
{
    struct maintain_op *maintain = (struct maintain_op *)op;
    if (code == ERR_OK && atol(PQcmdTuples(op->results[0])) >= TRIM_BITE)
        queue_close(store, maintain);
    else
        maintain->cb(maintain->ctx, code);
}

static const struct store_op_class ahead_class = {send_ahead, done_ahead, NULL};
static const struct store_op_class trim_class = {send_trim, done_trim, NULL};
static const struct store_op_class close_class = {send_close, done_close, NULL};

void store_maintain(struct store *store, int64_t wall_ms, store_done_cb *cb, void *ctx)
{
    struct maintain_op *maintain = store_op_new(sizeof *maintain, &ahead_class);
    maintain->wall_ms = wall_ms;
    maintain->cb = cb;
    maintain->ctx = ctx;
    store_op_queue(store, &maintain->op);
}

/* ---- switches ---- */

struct switch_op {
    struct store_op op;
    enum store_sql which;
    bool mute;
    char neighbour[CODE_SIZE];
    store_done_cb *cb;
    void *ctx;
};

static bool send_switch(struct store *store, struct store_op *op)
{
    struct switch_op *it = (struct switch_op *)op;
    struct store_params params = {.count = 0};
    if (it->which == SQL_MUTE)
        store_params_bool(&params, it->mute);
    else
        store_params_text(&params, it->neighbour);
    return store_op_send(store, op, it->which, &params);
}

static void done_switch(struct store *store, struct store_op *op, enum err code)
{
    struct switch_op *it = (struct switch_op *)op;
    (void)store;
    if (code == ERR_OK && atol(PQcmdTuples(op->results[0])) == 0)
        code = ERR_UNKNOWN_CENTER; /* only a neighbour can be missing: the center's own row is always there */
    it->cb(it->ctx, code);
}

static const struct store_op_class switch_class = {send_switch, done_switch, NULL};

void store_set_mute(struct store *store, bool mute, store_done_cb *cb, void *ctx)
{
    struct switch_op *it = store_op_new(sizeof *it, &switch_class);
    it->which = SQL_MUTE;
    it->mute = mute;
    it->cb = cb;
    it->ctx = ctx;
    store_op_queue(store, &it->op);
}

void store_fence(struct store *store, const char *neighbour, store_done_cb *cb, void *ctx)
{
    struct switch_op *it = store_op_new(sizeof *it, &switch_class);
    it->which = SQL_FENCE_NEIGHBOUR;
    text_put(it->neighbour, sizeof it->neighbour, neighbour);
    it->cb = cb;
    it->ctx = ctx;
    store_op_queue(store, &it->op);
}
