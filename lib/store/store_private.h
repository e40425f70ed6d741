/* The insides of the store: the connection's phases and the queue of operations. An operation is a few
 * prepared statements and one Sync: a pipeline segment, which the server runs as one transaction. */
#ifndef SANJI_STORE_PRIVATE_H
#define SANJI_STORE_PRIVATE_H

#include <libpq-fe.h>

#include "store/store.h"
#include "store/store_param.h"
#include "store/store_sql.h"

#define STORE_CONNECT_MS                                                                                     \
    10000 /* one attempt over all hosts of the DSN; PQconnectPoll knows no limit of its own */
#define STORE_LOCK_RETRY_MS 100  /* while a dying predecessor's backend lets go */
#define STORE_BACKOFF_MIN_MS 100 /* between attempts; doubled each time */
#define STORE_BACKOFF_MAX_MS 2000
#define STORE_RESULTS_MAX 7         /* a load asks at most seven questions */
#define STORE_IDS_MAX 256           /* one batch of inputs */
#define STORE_LOCK_KEY 0x53616e6a69 /* "Sanji": advisory locks are per database, so one number serves all */

enum store_phase {
    PHASE_WAITING,    /* for the next attempt */
    PHASE_CONNECTING, /* PQconnectPoll at work */
    PHASE_OPENING,    /* connected; identity, lock, statements, state */
    PHASE_UP,
    PHASE_ENDED /* the daemon has been told to end */
};

struct store_op;

struct store_op_class {
    /* Queues the statements with libpq; false when the connection is gone. */
    bool (*send)(struct store *store, struct store_op *op);
    /* Tells the caller. The op is freed after this call. */
    void (*done)(struct store *store, struct store_op *op, enum err code);
    void (*free)(struct store_op *op);
};

/* The first member of each kind of operation. */
struct store_op {
    const struct store_op_class *class;
    struct store_op *next;
    int sent;                             /* statements queued */
    int answered;                         /* results seen before the Sync */
    PGresult *results[STORE_RESULTS_MAX]; /* the first ones, kept until done */
    enum err code;                        /* of the first failure */
    struct fault fault;
};

struct store {
    struct loop *loop;
    struct store_config config;
    struct store_handler handler;
    enum store_phase phase;
    PGconn *conn;
    struct loop_fd *watch;
    struct loop_timer *timer; /* end of a connection attempt, next attempt, or next try at the lock */
    struct loop_timer *kick;  /* work that must not happen within a caller's call */
    bool broken;              /* a send failed; the kick takes the connection down */
    struct fault broken_by;
    bool told_down;
    int64_t backoff_ms;
    int64_t lock_until_ms;
    struct store_op *current; /* in flight: never more than one */
    bool opening_op;          /* the one in flight belongs to the opening */
    struct store_op *first, *last;
    uint64_t begun, ended; /* operations sent, operations answered */
    int64_t last_lsn;      /* as last committed */
    int64_t journal_until; /* first lsn without a partition */
    struct id audit_after; /* where the auditor's next window begins */
    struct store_start start;
    struct store_neighbour *neighbours;
};

/* ---- store_conn.c: from nothing to a connection and back ---- */
void store_conn_start(struct store *store);
/* The connection is gone or useless: every operation fails with NOT_NOW, on_down, next attempt later. */
void store_conn_lost(struct store *store, const struct fault *fault);
/* For good: on_down with LOCKED, SCHEMA or CONFIG; no further attempt. */
void store_conn_end(struct store *store, const struct fault *fault);
void store_conn_close(struct store *store);
/* Sets what the descriptor is watched for; false when it cannot be. */
bool store_conn_watch(struct store *store, int events);

/* ---- store_open.c: from a connection to on_up ---- */
void store_open_begin(struct store *store);
/* The lock was taken by another; the timer has come round. */
void store_open_retry(struct store *store);

/* ---- store_op.c: the pipeline ---- */
/* A zeroed operation of `size` bytes. Never NULL. */
void *store_op_new(size_t size, const struct store_op_class *class);
void store_op_free(struct store_op **op);
/* To the end of the queue; sent at once when nothing is in flight. Takes the operation. */
void store_op_queue(struct store *store, struct store_op *op);
/* One of the opening's own, at once. Takes the operation. */
void store_op_open(struct store *store, struct store_op *op);
/* Queues one prepared statement of the operation being sent. */
bool store_op_send(struct store *store, struct store_op *op, enum store_sql which,
                   const struct store_params *params);
/* The descriptor is ready. */
void store_op_ready(struct store *store, int events);
/* The next one of the queue, if the connection is up and idle. */
void store_op_next(struct store *store);
/* Ends what waits with `code`, oldest first. */
void store_op_fail_waiting(struct store *store, enum err code, const struct fault *fault);
/* Ends the one in flight, then what waits. */
void store_op_fail_all(struct store *store, enum err code, const struct fault *fault);
/* Forgets all without a callback. */
void store_op_drop_all(struct store *store);

/* ---- store_fault.c ---- */
/* What an SQLSTATE means for a batch (custody.md rule 17): BUSY, LOCKED, NOT_NOW or DATABASE. */
enum err store_fault_code(const char *sqlstate);
/* The server's words on one line. */
void store_fault_from(struct fault *fault, const PGresult *result);
void store_fault_from_conn(struct fault *fault, enum err code, const PGconn *conn);

#endif
