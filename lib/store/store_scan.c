/* Looking over many cases: due timers, the auditor, lists of ids, figures. */
#include <assert.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/store_decode.h"
#include "store/store_private.h"
#include "store/store_row.h"

/* Open cases that the auditor looks at in one call: some milliseconds of the only connection. */
#define AUDIT_WINDOW 4096

/* ---- due timers ---- */

struct due_op {
    struct store_op op;
    int64_t floor_ms, now_ms;
    store_due_cb *cb;
    void *ctx;
};

static bool send_due(struct store *store, struct store_op *op)
{
    struct store_params params = {.count = 0};
    store_params_i64(&params, ((struct due_op *)op)->floor_ms);
    store_params_i32(&params, TIMER_BATCH + 1); /* one more: the first that is not returned */
    return store_op_send(store, op, SQL_DUE, &params);
}

static void done_due(struct store *store, struct store_op *op, enum err code)
{
    struct due_op *due = (struct due_op *)op;
    struct due_row rows[TIMER_BATCH];
    int64_t next_ms = INT64_MAX;
    size_t count = 0;
    (void)store;

    for (int i = 0; code == ERR_OK && i < PQntuples(op->results[0]); i++) {
        struct store_row row = store_row_at(op->results[0], i);
        struct id case_id = store_row_id(&row);
        enum subject_kind kind = (enum subject_kind)store_row_i16(&row);
        int64_t due_ms = store_row_i64(&row);
        if (due_ms > due->now_ms || count == TIMER_BATCH) {
            next_ms = due_ms;
            break;
        }
        rows[count++] = (struct due_row){case_id, kind, due_ms};
    }
    due->cb(due->ctx, code, count, rows, next_ms);
}

static const struct store_op_class due_class = {send_due, done_due, NULL};

void store_due(struct store *store, int64_t floor_ms, int64_t now_ms, store_due_cb *cb, void *ctx)
{
    struct due_op *due = store_op_new(sizeof *due, &due_class);
    due->floor_ms = floor_ms;
    due->now_ms = now_ms;
    due->cb = cb;
    due->ctx = ctx;
    store_op_queue(store, &due->op);
}

/* ---- lists of ids ---- */

struct ids_op {
    struct store_op op;
    enum store_sql which;
    char center[CODE_SIZE];
    uint32_t flags;
    struct id after;
    int64_t before_ms;
    store_ids_cb *cb;
    void *ctx;
};

static bool send_ids(struct store *store, struct store_op *op)
{
    struct ids_op *ids = (struct ids_op *)op;
    struct store_params params = {.count = 0};

    if (ids->which == SQL_HAND_OVERS) {
        store_params_i64(&params, ids->before_ms);
    } else {
        store_params_text(&params, ids->center);
        if (ids->which == SQL_FLAGGED)
            store_params_i32(&params, (int32_t)ids->flags);
        store_params_id(&params, ids->which == SQL_AUDIT ? &store->audit_after : &ids->after);
    }
    store_params_i32(&params, ids->which == SQL_AUDIT ? AUDIT_WINDOW : STORE_IDS_MAX);
    return store_op_send(store, op, ids->which, &params);
}

static void done_ids(struct store *store, struct store_op *op, enum err code)
{
    struct ids_op *ids = (struct ids_op *)op;
    struct id found[STORE_IDS_MAX];
    size_t count = 0;
    (void)store;

    for (int i = 0; code == ERR_OK && i < PQntuples(op->results[0]); i++) {
        struct store_row row = store_row_at(op->results[0], i);
        found[count++] = store_row_id(&row);
    }
    ids->cb(ids->ctx, code, count, found);
}

static const struct store_op_class ids_class = {send_ids, done_ids, NULL};

/* The window's rows say of each open case whether its timer is missing. */
static void done_audit(struct store *store, struct store_op *op, enum err code)
{
    struct ids_op *ids = (struct ids_op *)op;
    struct id found[STORE_IDS_MAX];
    struct id last = {{0}};
    size_t count = 0;
    int rows = code == ERR_OK ? PQntuples(op->results[0]) : 0;
    int i = 0;

    for (; i < rows && count < STORE_IDS_MAX; i++) {
        struct store_row row = store_row_at(op->results[0], i);
        last = store_row_id(&row);
        if (store_row_bool(&row))
            found[count++] = last;
    }
    if (code == ERR_OK) {
        bool more = rows == AUDIT_WINDOW || i < rows;
        store->audit_after = more ? last : (struct id){{0}};
    }
    ids->cb(ids->ctx, code, count, found);
}

static const struct store_op_class audit_class = {send_ids, done_audit, NULL};

static struct ids_op *new_ids(enum store_sql which, store_ids_cb *cb, void *ctx)
{
    struct ids_op *ids = store_op_new(sizeof *ids, which == SQL_AUDIT ? &audit_class : &ids_class);
    ids->which = which;
    ids->cb = cb;
    ids->ctx = ctx;
    return ids;
}

void store_audit(struct store *store, const char *center, store_audit_cb *cb, void *ctx)
{
    struct ids_op *ids = new_ids(SQL_AUDIT, cb, ctx);
    text_put(ids->center, sizeof ids->center, center);
    store_op_queue(store, &ids->op);
}

void store_flagged(struct store *store, const char *center, uint32_t flags, const struct id *after,
                   store_ids_cb *cb, void *ctx)
{
    struct ids_op *ids = new_ids(SQL_FLAGGED, cb, ctx);
    text_put(ids->center, sizeof ids->center, center);
    ids->flags = flags;
    ids->after = *after;
    store_op_queue(store, &ids->op);
}

void store_owned(struct store *store, const char *center, const struct id *after, store_ids_cb *cb, void *ctx)
{
    struct ids_op *ids = new_ids(SQL_OWNED, cb, ctx);
    text_put(ids->center, sizeof ids->center, center);
    ids->after = *after;
    store_op_queue(store, &ids->op);
}

void store_hand_overs(struct store *store, int64_t before_ms, store_ids_cb *cb, void *ctx)
{
    struct ids_op *ids = new_ids(SQL_HAND_OVERS, cb, ctx);
    ids->before_ms = before_ms;
    store_op_queue(store, &ids->op);
}

/* ---- figures ---- */

struct counts_op {
    struct store_op op;
    char center[CODE_SIZE];
    int64_t now_ms;
    store_counts_cb *cb;
    void *ctx;
};

static bool send_counts(struct store *store, struct store_op *op)
{
    struct counts_op *counts = (struct counts_op *)op;
    struct store_params params;
    store_counts_params(&params, counts->center, counts->now_ms);
    return store_op_send(store, op, SQL_COUNTS, &params);
}

static void done_counts(struct store *store, struct store_op *op, enum err code)
{
    struct counts_op *counts = (struct counts_op *)op;
    struct store_counts out = {.cases = 0};
    (void)store;

    if (code == ERR_OK) {
        struct store_row row = store_row_at(op->results[0], 0);
        if (!store_decode_counts(&row, &out))
            code = ERR_DATABASE;
    }
    counts->cb(counts->ctx, code, &out);
}

static const struct store_op_class counts_class = {send_counts, done_counts, NULL};

void store_count(struct store *store, const char *center, int64_t now_ms, store_counts_cb *cb, void *ctx)
{
    struct counts_op *counts = store_op_new(sizeof *counts, &counts_class);
    text_put(counts->center, sizeof counts->center, center);
    counts->now_ms = now_ms;
    counts->cb = cb;
    counts->ctx = ctx;
    store_op_queue(store, &counts->op);
}
