/* Opening a session, step by step: settings, whose database this is, the lock, the statements, the state.
 * Each step is an operation like any other; its `done` starts the next. */
#include "store/store_private.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/store_identity.h"
#include "store/store_row.h"

static bool query(struct store *store, struct store_op *op, const char *text)
{
    op->sent++;
    return PQsendQueryParams(store->conn, text, 0, NULL, NULL, NULL, NULL, 1) == 1;
}

static void start_op(struct store *store, const struct store_op_class *class)
{
    store_op_open(store, store_op_new(sizeof(struct store_op), class));
}

/* True when the step went well; else the connection is given up, for now or for good. */
static bool passed(struct store *store, const struct store_op *op, enum err code)
{
    if (code == ERR_OK)
        return true;
    struct fault fault = op->fault;
    if (code == ERR_DATABASE) { /* a table or column that our statements need is not there */
        fault.code = ERR_SCHEMA;
        fault_context(&fault, "the database does not fit this program; run `sanji init` or `sanji migrate`");
        store_conn_end(store, &fault);
        return false;
    }
    store_conn_lost(store, &fault);
    return false;
}

/* ---- settings ---- */

static bool send_settings(struct store *store, struct store_op *op)
{
    return query(store, op, store_sql_settings());
}

static bool send_identity(struct store *store, struct store_op *op)
{
    return query(store, op, STORE_ASK_SCHEMA) && query(store, op, STORE_ASK_CENTER) &&
           query(store, op, STORE_ASK_SYSTEM);
}

static const struct store_op_class lock_class;

static void done_identity(struct store *store, struct store_op *op, enum err code)
{
    struct fault fault;
    if (!passed(store, op, code))
        return;
    if (store_identity_schema(op->results[0], &fault) != ERR_OK ||
        store_identity_center(op->results[1], store->config.center, &fault) != ERR_OK) {
        store_conn_end(store, &fault);
        return;
    }
    struct store_row row = store_row_at(op->results[2], 0);
    store->start.database = (uint64_t)store_row_i64(&row);
    store->start.timeline = store_row_i32(&row);
    start_op(store, &lock_class);
}

static const struct store_op_class identity_class = {send_identity, done_identity, NULL};

static void done_settings(struct store *store, struct store_op *op, enum err code)
{
    if (passed(store, op, code))
        start_op(store, &identity_class);
}

static const struct store_op_class settings_class = {send_settings, done_settings, NULL};

void store_open_begin(struct store *store)
{
    start_op(store, &settings_class);
}

/* ---- the lock ---- */

static bool send_lock(struct store *store, struct store_op *op)
{
    char text[64];
    snprintf(text, sizeof text, "SELECT pg_try_advisory_lock(%" PRId64 ")", (int64_t)STORE_LOCK_KEY);
    return query(store, op, text);
}

static const struct store_op_class prepare_class;

static void done_lock(struct store *store, struct store_op *op, enum err code)
{
    struct fault fault;
    if (!passed(store, op, code))
        return;
    struct store_row row = store_row_at(op->results[0], 0);
    if (store_row_bool(&row)) {
        start_op(store, &prepare_class);
        return;
    }
    if (clock_mono_ms() < store->lock_until_ms) {
        loop_timer_arm(store->timer, STORE_LOCK_RETRY_MS);
        return;
    }
    fault_set(&fault, ERR_LOCKED, "another centerd holds the database of center %s", store->config.center);
    store_conn_end(store, &fault);
}

static const struct store_op_class lock_class = {send_lock, done_lock, NULL};

void store_open_retry(struct store *store)
{
    start_op(store, &lock_class);
}

/* ---- the statements ---- */

static bool send_prepare(struct store *store, struct store_op *op)
{
    for (int i = 0; i < SQL_COUNT; i++) {
        const struct store_sql_row *row = store_sql((enum store_sql)i);
        op->sent++;
        if (PQsendPrepare(store->conn, row->name, row->text, 0, NULL) != 1)
            return false;
    }
    return true;
}

static const struct store_op_class state_class;

static void done_prepare(struct store *store, struct store_op *op, enum err code)
{
    if (passed(store, op, code))
        start_op(store, &state_class);
}

static const struct store_op_class prepare_class = {send_prepare, done_prepare, NULL};

/* ---- the state ---- */

static bool send_state(struct store *store, struct store_op *op)
{
    const struct store_params none = {.count = 0};
    return store_op_send(store, op, SQL_RAISE, &none) && store_op_send(store, op, SQL_NEIGHBOURS, &none) &&
           store_op_send(store, op, SQL_FIRST_DUE, &none);
}

static bool read_center(struct store_start *start, const PGresult *result)
{
    if (PQntuples(result) != 1)
        return false;
    struct store_row row = store_row_at(result, 0);
    start->writer_epoch = store_row_i64(&row);
    start->database = store_identity_mix(start->database, (uint64_t)store_row_i64(&row));
    start->incarnation = store_row_i32(&row);
    start->last_lsn = store_row_i64(&row);
    start->serial_day = store_row_i32(&row);
    start->serial = store_row_i32(&row);
    start->calendar_version = store_row_i32(&row);
    start->mute = store_row_bool(&row);
    return !row.bad;
}

/* One row for each neighbour and lane, in order. */
static bool read_neighbours(struct store *store, const PGresult *result)
{
    int rows = PQntuples(result);
    size_t count = 0;

    free(store->neighbours);
    store->neighbours = calloc((size_t)rows + 1, sizeof *store->neighbours);
    if (!store->neighbours)
        abort();
    for (int i = 0; i < rows; i++) {
        struct store_row row = store_row_at(result, i);
        int16_t no = store_row_i16(&row);
        if (count == 0 || store->neighbours[count - 1].no != no)
            store->neighbours[count++].no = no;
        struct store_neighbour *n = &store->neighbours[count - 1];
        store_row_text(&row, n->code, sizeof n->code);
        n->is_parent = store_row_bool(&row);
        n->fenced = store_row_bool(&row);
        n->incarnation = store_row_i32(&row);
        n->database = (uint64_t)store_row_i64(&row);
        int16_t lane = store_row_i16(&row);
        if (row.bad || lane < 0 || lane >= LANES)
            return false;
        n->received[lane] = store_row_i64(&row);
        store_row_fixed(&row, n->digest[lane], sizeof n->digest[lane]);
        n->acked[lane] = store_row_i64(&row);
        n->tail[lane] = store_row_i64(&row);
        if (row.bad)
            return false;
    }
    store->start.neighbours = store->neighbours;
    store->start.neighbour_count = count;
    return true;
}

static void done_state(struct store *store, struct store_op *op, enum err code)
{
    struct fault fault;
    if (!passed(store, op, code))
        return;
    if (!read_center(&store->start, op->results[0]) || !read_neighbours(store, op->results[1])) {
        fault_set(&fault, ERR_SCHEMA, "the rows of center and neighbours do not read as they should");
        store_conn_end(store, &fault);
        return;
    }
    struct store_row row = store_row_at(op->results[2], 0);
    store->start.first_due_ms = store_row_is_null(&row) ? INT64_MAX : store_row_i64(&row);
    store->last_lsn = store->start.last_lsn;
    store->journal_until = 0; /* the first commit asks */
    store->phase = PHASE_UP;
    store->told_down = false;
    store->backoff_ms = STORE_BACKOFF_MIN_MS;
    store->handler.on_up(store->handler.ctx, &store->start);
}

static const struct store_op_class state_class = {send_state, done_state, NULL};
