/* One center at work: the only layer that knows the store and the link. Everything that changes a case comes
 * in as an input, waits for its batch, is decided by lib/domain, is written in one transaction, and is
 * answered after it. */
#ifndef SANJI_CENTER_CENTER_H
#define SANJI_CENTER_CENTER_H

#include "base/clock.h"
#include "conf/conf_world.h"
#include "link/link.h"
#include "loop/loop.h"

struct live_center;

struct center_config {
    const char *code;
    const char *database;        /* DSN */
    const char *listen;          /* endpoint */
    const char *parent_endpoint; /* NULL at the root */
    const char *keys_dir;        /* CODE.key, the parent's .pub, peers; see center_keys_dir() */
    const char *state_dir;       /* the witness file; off the database's disk where there is a choice */
    struct clock_map clock;
    bool exercise;             /* 演练: cases are marked and stay out of every figure */
    const struct world *world; /* borrowed for the center's life */
};

struct center_handler {
    void *ctx;
    void (*on_ready)(void *ctx); /* database open, timers armed, requests are taken */
    void (*on_fatal)(void *ctx,
                     const struct fault *fault); /* cannot go on: lock held, wrong database or schema */
};

/* Opens the sockets and begins to connect to the database. Errors: CONFIG, IO, CRYPTO, MEMORY; fault has the
 * words. */
enum err center_open(struct loop *loop, const struct center_config *config,
                     const struct center_handler *handler, struct live_center **center,
                     struct fault *fault) MUST_CHECK;
/* Ends without waiting: all state is in the database. */
void center_close(struct live_center **center);
/* Reads the peer list and the center's own matrix again (SIGHUP, or a RELOAD request); what has an error
 * stays as it is. */
enum err center_reload(struct live_center *center, struct fault *fault) MUST_CHECK;

/* Where a center's keys lie below the site's keys folder: each has a folder of its own, so that each has its
 * own list of peers. TOO_LONG. */
enum err center_keys_dir(const char *keys, const char *code, char out[PATH_SIZE]) MUST_CHECK;

#endif
