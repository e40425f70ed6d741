/* The store's life, and its two timers. */
#include "store/store.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/store_private.h"

static void on_timer(void *ctx)
{
    struct store *store = ctx;
    struct fault fault;

    switch (store->phase) {
    case PHASE_WAITING:
        store_conn_start(store);
        break;
    case PHASE_CONNECTING:
        fault_set(&fault, ERR_NOT_NOW, "no connection within %d ms", STORE_CONNECT_MS);
        store_conn_lost(store, &fault);
        break;
    case PHASE_OPENING:
        store_open_retry(store);
        break;
    case PHASE_UP:
    case PHASE_ENDED:
        break;
    }
}

/* What a call could not do within itself. */
static void on_kick(void *ctx)
{
    struct store *store = ctx;
    if (store->broken) {
        struct fault fault = store->broken_by;
        store_conn_lost(store, &fault);
        return;
    }
    if (store->phase != PHASE_UP) {
        struct fault fault;
        fault_set(&fault, ERR_NOT_NOW, "no connection to the database");
        store_op_fail_waiting(store, ERR_NOT_NOW, &fault); /* the opening's own step goes on */
        return;
    }
    store_op_next(store);
}

enum err store_open(struct loop *loop, const struct store_config *config, const struct store_handler *handler,
                    struct store **out, struct fault *fault)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return fault_set(fault, ERR_MEMORY, "no memory for the store");
    store->loop = loop;
    store->config = *config;
    store->handler = *handler;
    store->backoff_ms = STORE_BACKOFF_MIN_MS;
    store->timer = loop_timer_new(loop, on_timer, store);
    store->kick = loop_timer_new(loop, on_kick, store);
    if (!store->timer || !store->kick) {
        loop_timer_free(&store->timer);
        loop_timer_free(&store->kick);
        free(store);
        return fault_set(fault, ERR_MEMORY, "no memory for the store's timers");
    }
    loop_timer_arm(store->timer,
                   0); /* on_down may come with the first attempt, but not from within this call */
    *out = store;
    return ERR_OK;
}

void store_close(struct store **store)
{
    if (!*store)
        return;
    store_op_drop_all(*store);
    store_conn_close(*store);
    free((*store)->neighbours);
    free(*store);
    *store = NULL;
}

bool store_is_up(const struct store *store)
{
    return store->phase == PHASE_UP;
}
