/* ZeroMQ sockets in the loop. ZMQ_FD tells only that a socket's state may have changed, once per change, and
 * any call on the socket can swallow that news. So the descriptor serves to end the sleep and nothing more;
 * the truth is ZMQ_EVENTS, read before each sleep and after it. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

#include "loop/loop_private.h"

struct loop_zmq {
    uv_poll_t poll;
    struct loop *loop;
    struct loop_zmq *next;
    void *
        socket; /* NULL = unwatched; stays in the list until libuv lets go of it, so that a drain may go on */
    loop_zmq_call *call;
    void *ctx;
};

static void on_edge(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
}

static void free_watch(uv_handle_t *handle)
{
    struct loop_zmq *watch = handle->data;
    struct loop_zmq **at = &watch->loop->sockets;
    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    free(watch);
}

struct loop_zmq *loop_watch_zmq(struct loop *loop, void *socket, loop_zmq_call *call, void *ctx)
{
    int fd = -1;
    size_t size = sizeof fd;
    int rc = zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
    assert(rc == 0);
    (void)rc;
    struct loop_zmq *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    if (uv_poll_init(&loop->uv, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->loop = loop;
    watch->socket = socket;
    watch->call = call;
    watch->ctx = ctx;
    watch->next = loop->sockets;
    loop->sockets = watch;
    uv_poll_start(&watch->poll, UV_READABLE, on_edge);
    return watch;
}

void loop_unwatch_zmq(struct loop_zmq **watch)
{
    if (*watch) {
        (*watch)->socket = NULL;
        uv_close((uv_handle_t *)&(*watch)->poll, free_watch);
    }
    *watch = NULL;
}

static bool readable(const struct loop_zmq *watch)
{
    int events = 0;
    size_t size = sizeof events;
    if (!watch->socket)
        return false;
    int rc = zmq_getsockopt(watch->socket, ZMQ_EVENTS, &events, &size);
    assert(rc == 0 || zmq_errno() == EINTR);
    return rc == 0 && (events & ZMQ_POLLIN);
}

bool loop_zmq_pending(const struct loop *loop)
{
    bool pending = false;
    /* every socket is asked, even after a hit: asking is also what lets each of them process its commands */
    for (const struct loop_zmq *watch = loop->sockets; watch; watch = watch->next)
        pending |= readable(watch);
    return pending;
}

void loop_zmq_drain(struct loop *loop)
{
    for (struct loop_zmq *watch = loop->sockets; watch; watch = watch->next) {
        if (!readable(watch))
            continue;
        loop->happened = true;
        for (int taken = 0; taken < LOOP_ZMQ_PER_TURN; taken++)
            if (!watch->socket || !watch->call(watch->ctx))
                break;
    }
}
