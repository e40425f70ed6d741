/* The connection's life: attempts with a limit and a back-off, loss, and the end. */
#include "store/store_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static void on_ready(void *ctx, int events);

bool store_conn_watch(struct store *store, int events)
{
    if (!store->watch) {
        store->watch = loop_watch_fd(store->loop, PQsocket(store->conn), events, on_ready, store);
        return store->watch != NULL;
    }
    loop_fd_events(store->watch, events);
    return true;
}

/* The server's notices are no output of ours. */
static void on_notice(void *ctx, const PGresult *result)
{
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    (void)ctx;
    log_line(LOG_DEBUG, "store.notice", "%s", text ? text : "");
}

static void disconnect(struct store *store)
{
    loop_unwatch_fd(&store->watch);
    PQfinish(store->conn);
    store->conn = NULL;
    store->broken = false;
}

static void retry_later(struct store *store)
{
    store->phase = PHASE_WAITING;
    loop_timer_arm(store->timer, store->backoff_ms);
    store->backoff_ms =
        store->backoff_ms * 2 > STORE_BACKOFF_MAX_MS ? STORE_BACKOFF_MAX_MS : store->backoff_ms * 2;
}

static void tell_down(struct store *store, const struct fault *fault)
{
    if (store->told_down && store->phase != PHASE_ENDED)
        return; /* one word for each time it goes down, not for each attempt */
    store->told_down = true;
    store->handler.on_down(store->handler.ctx, fault);
}

void store_conn_lost(struct store *store, const struct fault *fault)
{
    struct fault kept = *fault; /* may lie in what is about to be freed */
    disconnect(store);
    retry_later(store);
    store_op_fail_all(store, ERR_NOT_NOW, &kept);
    tell_down(store, &kept);
}

void store_conn_end(struct store *store, const struct fault *fault)
{
    struct fault kept = *fault;
    disconnect(store);
    loop_timer_disarm(store->timer);
    store->phase = PHASE_ENDED;
    store_op_fail_all(store, ERR_NOT_NOW, &kept);
    tell_down(store, &kept);
}

void store_conn_close(struct store *store)
{
    disconnect(store);
    loop_timer_free(&store->timer);
    loop_timer_free(&store->kick);
}

static void connected(struct store *store)
{
    loop_timer_disarm(store->timer);
    if (PQsetnonblocking(store->conn, 1) != 0 || !PQenterPipelineMode(store->conn)) {
        struct fault fault;
        store_fault_from_conn(&fault, ERR_NOT_NOW, store->conn);
        store_conn_lost(store, &fault);
        return;
    }
    store->phase = PHASE_OPENING;
    store->lock_until_ms = clock_mono_ms() + store->config.lock_wait_ms;
    store_open_begin(store);
}

/* libpq may close the socket and open another with the same number between two polls (the next host of the
 * DSN): the watch is made anew around each. */
static void poll_connect(struct store *store)
{
    loop_unwatch_fd(&store->watch);
    PostgresPollingStatusType status = PQconnectPoll(store->conn);
    bool watched = true;

    if (status == PGRES_POLLING_READING)
        watched = store_conn_watch(store, LOOP_READ);
    else if (status == PGRES_POLLING_WRITING)
        watched = store_conn_watch(store, LOOP_WRITE);
    else if (status == PGRES_POLLING_OK)
        watched = store_conn_watch(store, LOOP_READ);
    if (status == PGRES_POLLING_FAILED || !watched) {
        struct fault fault;
        store_fault_from_conn(&fault, ERR_NOT_NOW, store->conn);
        store_conn_lost(store, &fault);
    } else if (status == PGRES_POLLING_OK) {
        connected(store);
    }
}

static void on_ready(void *ctx, int events)
{
    struct store *store = ctx;
    if (store->phase == PHASE_CONNECTING)
        poll_connect(store);
    else
        store_op_ready(store, events);
}

/* A lookup of host names blocks; a DSN of centerd names sockets or addresses. */
void store_conn_start(struct store *store)
{
    char name[CODE_SIZE + 16];
    snprintf(name, sizeof name, "centerd %s", store->config.center);
    /* What stands before the DSN may be overridden by it, what stands after may not. */
    const char *const keys[] = {"target_session_attrs",
                                "tcp_user_timeout",
                                "keepalives_idle",
                                "dbname",
                                "application_name",
                                "client_encoding",
                                NULL};
    const char *const values[] = {"read-write", "5000", "10", store->config.dsn, name, "UTF8", NULL};

    store->phase = PHASE_CONNECTING;
    loop_timer_arm(store->timer, STORE_CONNECT_MS);
    store->conn = PQconnectStartParams(keys, values, 1);
    if (!store->conn || PQstatus(store->conn) == CONNECTION_BAD) {
        struct fault fault;
        store_fault_from_conn(&fault, ERR_NOT_NOW, store->conn);
        store_conn_lost(store, &fault);
        return;
    }
    PQsetNoticeReceiver(store->conn, on_notice, NULL);
    /* Before the first poll the socket is to be treated as waiting to write. */
    if (!store_conn_watch(store, LOOP_WRITE)) {
        struct fault fault;
        fault_set(&fault, ERR_NOT_NOW, "the connection's descriptor cannot be watched");
        store_conn_lost(store, &fault);
    }
}
