/* What a center keeps in memory of commands and units, and what a field client that has come is told. */
#include <stdlib.h>

#include "base/text.h"
#include "store/store_decode_command.h"
#include "store/store_private.h"

/* Receipts that one answer to a field client holds: some screens of a phone gateway. */
#define CALLED_MAX 1024

static void *zeroed(size_t count, size_t size)
{
    void *block = calloc(count + 1, size);
    if (!block)
        abort(); /* nothing is lost: all state is in the database */
    return block;
}

/* ---- modes ---- */

struct modes_op {
    struct store_op op;
    int64_t now_ms;
    store_commands_cb *cb;
    void *ctx;
};

static bool send_modes(struct store *store, struct store_op *op)
{
    struct store_params params = {.count = 0};
    store_params_i64(&params, ((struct modes_op *)op)->now_ms);
    return store_op_send(store, op, SQL_MODES, &params);
}

static void done_modes(struct store *store, struct store_op *op, enum err code)
{
    struct modes_op *modes = (struct modes_op *)op;
    struct command_row *rows = NULL;
    void *space = NULL;
    (void)store;
    if (code == ERR_OK && !store_decode_commands(op->results[0], &rows, &space))
        code = ERR_DATABASE;
    modes->cb(modes->ctx, code, code == ERR_OK ? (size_t)PQntuples(op->results[0]) : 0, rows);
    free(rows);
    free(space);
}

static const struct store_op_class modes_class = {send_modes, done_modes, NULL};

void store_modes(struct store *store, int64_t now_ms, store_commands_cb *cb, void *ctx)
{
    struct modes_op *modes = store_op_new(sizeof *modes, &modes_class);
    modes->now_ms = now_ms;
    modes->cb = cb;
    modes->ctx = ctx;
    store_op_queue(store, &modes->op);
}

/* ---- units ---- */

struct units_op {
    struct store_op op;
    store_units_cb *cb;
    void *ctx;
};

static bool send_units(struct store *store, struct store_op *op)
{
    const struct store_params none = {.count = 0};
    return store_op_send(store, op, SQL_UNITS, &none);
}

static void done_units(struct store *store, struct store_op *op, enum err code)
{
    struct units_op *ask = (struct units_op *)op;
    size_t count = code == ERR_OK ? (size_t)PQntuples(op->results[0]) : 0;
    struct unit *units = zeroed(count, sizeof *units);
    (void)store;
    for (size_t i = 0; i < count && code == ERR_OK; i++) {
        struct store_row row = store_row_at(op->results[0], (int)i);
        if (!store_decode_unit(&row, &units[i]))
            code = ERR_DATABASE;
    }
    ask->cb(ask->ctx, code, code == ERR_OK ? count : 0, units);
    free(units);
}

static const struct store_op_class units_class = {send_units, done_units, NULL};

void store_units(struct store *store, store_units_cb *cb, void *ctx)
{
    struct units_op *ask = store_op_new(sizeof *ask, &units_class);
    ask->cb = cb;
    ask->ctx = ctx;
    store_op_queue(store, &ask->op);
}

/* ---- called ---- */

struct called_op {
    struct store_op op;
    char center[CODE_SIZE];
    struct store_column names;
    store_called_cb *cb;
    void *ctx;
};

static bool send_called(struct store *store, struct store_op *op)
{
    struct called_op *called = (struct called_op *)op;
    struct store_params params = {.count = 0};
    store_params_text(&params, called->center);
    store_params_column(&params, &called->names);
    store_params_i32(&params, CALLED_MAX);
    return store_op_send(store, op, SQL_CALLED, &params);
}

/* Each row has its command's columns before its own. */
static bool read_called(const PGresult *result, const struct command_row *commands, struct receipt *receipts,
                        struct called_row *rows)
{
    for (int i = 0; i < PQntuples(result); i++) {
        struct store_row row = store_row_at(result, i);
        row.column = STORE_COMMAND_WIDTH;
        if (!store_decode_receipt(&row, &receipts[i]))
            return false;
        rows[i] = (struct called_row){&commands[i].record, &receipts[i]};
    }
    return true;
}

static void done_called(struct store *store, struct store_op *op, enum err code)
{
    struct called_op *called = (struct called_op *)op;
    size_t count = code == ERR_OK ? (size_t)PQntuples(op->results[0]) : 0;
    struct receipt *receipts = zeroed(count, sizeof *receipts);
    struct called_row *rows = zeroed(count, sizeof *rows);
    struct command_row *commands = NULL;
    void *space = NULL;
    (void)store;
    if (code == ERR_OK && (!store_decode_commands(op->results[0], &commands, &space) ||
                           !read_called(op->results[0], commands, receipts, rows)))
        code = ERR_DATABASE;
    called->cb(called->ctx, code, code == ERR_OK ? count : 0, rows);
    free(commands);
    free(space);
    free(receipts);
    free(rows);
}

static void free_called(struct store_op *op)
{
    store_column_fini(&((struct called_op *)op)->names);
}

static const struct store_op_class called_class = {send_called, done_called, free_called};

void store_called(struct store *store, const char *center, const char (*names)[USER_SIZE], size_t count,
                  store_called_cb *cb, void *ctx)
{
    struct called_op *called = store_op_new(sizeof *called, &called_class);
    text_put(called->center, sizeof called->center, center);
    store_column_init(&called->names, 't');
    for (size_t i = 0; i < count; i++)
        store_column_text(&called->names, names[i]);
    called->cb = cb;
    called->ctx = ctx;
    store_op_queue(store, &called->op);
}
