/* The pipeline: one operation in flight, its statements and one Sync; an operation has succeeded when its
 * Sync came back clean and not a moment earlier (a deferred constraint fails there). */
#include "store/store_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void *store_op_new(size_t size, const struct store_op_class *class)
{
    assert(size >= sizeof(struct store_op));
    struct store_op *op = calloc(1, size);
    if (!op)
        abort(); /* nothing is lost: all state is in the database */
    op->class = class;
    return op;
}

void store_op_free(struct store_op **op)
{
    if (!*op)
        return;
    for (size_t i = 0; i < STORE_RESULTS_MAX; i++)
        PQclear((*op)->results[i]);
    if ((*op)->class->free)
        (*op)->class->free(*op);
    free(*op);
    *op = NULL;
}

/* The operation leaves the store with exactly one word to its caller. */
static void finish(struct store *store, struct store_op *op, enum err code)
{
    op->class->done(store, op, code);
    store_op_free(&op);
}

static void break_later(struct store *store)
{
    store_fault_from_conn(&store->broken_by, ERR_NOT_NOW, store->conn);
    store->broken = true;
    loop_timer_arm(store->kick, 0);
}

static bool flush(struct store *store)
{
    int left = PQflush(store->conn);
    if (left < 0)
        return false;
    return store_conn_watch(store, left > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

static void send_op(struct store *store, struct store_op *op, bool opening)
{
    assert(!store->current && !store->broken);
    assert(store->begun == store->ended);
    store->current = op;
    store->opening_op = opening;
    store->begun++;
    if (!op->class->send(store, op) || !PQpipelineSync(store->conn) || !flush(store))
        break_later(store);
}

bool store_op_send(struct store *store, struct store_op *op, enum store_sql which,
                   const struct store_params *params)
{
    static const int binary[STORE_PARAMS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    op->sent++;
    return PQsendQueryPrepared(store->conn, store_sql(which)->name, params->count, params->values,
                               params->lengths, binary, 1) == 1;
}

void store_op_next(struct store *store)
{
    if (store->phase != PHASE_UP || store->current || store->broken || !store->first)
        return;
    struct store_op *op = store->first;
    store->first = op->next;
    if (!store->first)
        store->last = NULL;
    op->next = NULL;
    send_op(store, op, false);
}

void store_op_queue(struct store *store, struct store_op *op)
{
    if (store->last)
        store->last->next = op;
    else
        store->first = op;
    store->last = op;
    if (store->phase == PHASE_UP)
        store_op_next(store);
    else
        loop_timer_arm(store->kick, 0); /* it will be told NOT_NOW, but not from within this call */
}

void store_op_open(struct store *store, struct store_op *op)
{
    assert(store->phase == PHASE_OPENING);
    send_op(store, op, true);
}

void store_op_fail_waiting(struct store *store, enum err code, const struct fault *fault)
{
    struct store_op *list = store->first;
    store->first = store->last = NULL; /* what the callbacks queue anew is not of this list */
    while (list) {
        struct store_op *op = list;
        list = op->next;
        op->fault = *fault;
        finish(store, op, code);
    }
}

void store_op_fail_all(struct store *store, enum err code, const struct fault *fault)
{
    struct store_op *op = store->current;
    if (op) {
        store->current = NULL;
        store->ended++;
        op->next = store->first; /* the oldest of all */
        if (store->opening_op) {
            store_op_free(&op);
        } else {
            store->first = op;
            if (!store->last)
                store->last = op;
        }
    }
    store_op_fail_waiting(store, code, fault);
}

void store_op_drop_all(struct store *store)
{
    store_op_free(&store->current);
    while (store->first) {
        struct store_op *op = store->first;
        store->first = op->next;
        store_op_free(&op);
    }
    store->last = NULL;
}

/* One result that is not the Sync. Takes it. */
static void take_result(struct store_op *op, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_FATAL_ERROR && op->code == ERR_OK) {
        store_fault_from(&op->fault, result);
        op->code = op->fault.code;
    }
    if (op->answered < STORE_RESULTS_MAX)
        op->results[op->answered] = result;
    else
        PQclear(result);
    op->answered++;
}

/* The Sync came: the operation is over, for good or ill. */
static void synced(struct store *store)
{
    struct store_op *op = store->current;
    assert(op->answered >= op->sent || op->code != ERR_OK);
    assert(store->begun == store->ended + 1);
    store->current = NULL;
    store->ended++;
    if (op->code == ERR_LOCKED) { /* fenced: this process is no longer the writer */
        struct fault fault = op->fault;
        op->fault.code = ERR_NOT_NOW;
        finish(store, op, ERR_NOT_NOW);
        store_conn_end(store, &fault);
        return;
    }
    finish(store, op, op->code);
    store_op_next(store);
}

/* Takes what has arrived. False when the connection is gone. */
static bool drain(struct store *store)
{
    int nothing = 0; /* a NULL ends each statement; two in a row mean that libpq has nothing for us */
    while (store->current && !PQisBusy(store->conn)) {
        PGresult *result = PQgetResult(store->conn);
        if (!result) {
            if (PQstatus(store->conn) == CONNECTION_BAD || ++nothing > 2)
                return false;
            continue;
        }
        nothing = 0;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            synced(store);
            if (!store->conn || store->phase < PHASE_OPENING || store->phase == PHASE_ENDED)
                return true; /* the operation ended the connection */
            continue;
        }
        take_result(store->current, result);
        if (PQstatus(store->conn) == CONNECTION_BAD)
            return false;
    }
    return PQstatus(store->conn) == CONNECTION_OK;
}

void store_op_ready(struct store *store, int events)
{
    struct fault fault;
    bool alive = !store->broken;

    if (alive && (events & LOOP_READ))
        alive = PQconsumeInput(store->conn) == 1;
    if (alive)
        alive = flush(store);
    if (alive)
        alive = drain(store);
    if (alive)
        return;
    store_fault_from_conn(&fault, ERR_NOT_NOW, store->conn);
    store_conn_lost(store, &fault);
}
