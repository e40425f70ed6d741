/* What loop.c and loop_zmq.c share; nobody else includes it. */
#ifndef SANJI_LOOP_PRIVATE_H
#define SANJI_LOOP_PRIVATE_H

#include <uv.h>

#include "loop/loop.h"

struct loop_after {
    loop_call *call;
    void *ctx;
};

struct loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;           /* active = do not sleep this turn */
    bool happened;            /* something ran since the last after-turn calls */
    struct loop_zmq *sockets; /* list of watches, dead ones included until libuv has closed them */
    struct loop_signal *signals;
    struct loop_after after[LOOP_AFTER_TURN_MAX];
    size_t after_count;
};

/* True when a watched socket that is due has a message waiting. */
bool loop_zmq_pending(struct loop *loop);
/* Takes a bounded number of messages from each watched socket that is due. */
void loop_zmq_drain(struct loop *loop);

#endif
