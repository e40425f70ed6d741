/* ZeroMQ sockets in the loop. ZMQ_FD is readable while libzmq has news for the socket that no call on it has
 * taken in yet: of a message, but just as well of a connection. Any call takes the news in, and then only
 * ZMQ_EVENTS, or a try to receive, knows that there is a message. Both cost a system call, so a socket is
 * asked only when it is `due`: its descriptor has fired, somebody has made a call on it, or its last drain
 * stopped before the end. A receive that found nothing has taken all news in: from there on the descriptor
 * tells again. */
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
    bool due;   /* may have a message that the descriptor does not tell */
    loop_zmq_call *call;
    void *ctx;
};

static void on_news(uv_poll_t *poll, int status, int events)
{
    struct loop_zmq *watch = poll->data;
    (void)status;
    (void)events;
    watch->due = true;
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
    watch->due = true; /* what came before the watch has been taken in by nobody knows whom */
    watch->next = loop->sockets;
    loop->sockets = watch;
    uv_poll_start(&watch->poll, UV_READABLE, on_news);
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

void loop_zmq_touched(struct loop_zmq *watch)
{
    if (watch)
        watch->due = true;
}

/* True also when a signal cut the question short. */
static bool may_have_message(const struct loop_zmq *watch)
{
    int events = 0;
    size_t size = sizeof events;
    int rc = zmq_getsockopt(watch->socket, ZMQ_EVENTS, &events, &size);
    assert(rc == 0 || zmq_errno() == EINTR);
    return rc != 0 || (events & ZMQ_POLLIN);
}

bool loop_zmq_pending(struct loop *loop)
{
    bool pending = false;
    for (struct loop_zmq *watch = loop->sockets; watch; watch = watch->next) {
        watch->due = watch->due && watch->socket && may_have_message(watch);
        pending |= watch->due;
    }
    return pending;
}

void loop_zmq_drain(struct loop *loop)
{
    for (struct loop_zmq *watch = loop->sockets; watch; watch = watch->next) {
        int taken = 0;
        if (!watch->due)
            continue;
        while (taken < LOOP_ZMQ_PER_TURN && watch->socket && watch->call(watch->ctx))
            taken++;
        watch->due = watch->socket && taken == LOOP_ZMQ_PER_TURN;
        loop->happened |= taken > 0;
    }
}
