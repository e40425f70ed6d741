/* The turn, file descriptors, timers and signals over libuv. Order of a turn: timers, look before the sleep,
 * sleep, descriptors and signals, sockets, after-turn calls. */
#include "loop/loop.h"

#include <assert.h>
#include <stdlib.h>

#include "loop/loop_private.h"

struct loop_fd {
    uv_poll_t poll;
    struct loop *loop;
    int events;
    loop_fd_call *call;
    void *ctx;
};

struct loop_timer {
    uv_timer_t timer;
    struct loop *loop;
    loop_call *call;
    void *ctx;
};

struct loop_signal {
    uv_signal_t signal;
    struct loop *loop;
    struct loop_signal *next;
    loop_call *call;
    void *ctx;
};

static void on_prepare(uv_prepare_t *prepare);
static void on_check(uv_check_t *check);

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_check_init(&loop->uv, &loop->check);
    uv_idle_init(&loop->uv, &loop->idle);
    loop->prepare.data = loop;
    loop->check.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_check_start(&loop->check, on_check);
    return loop;
}

static void free_signal(uv_handle_t *handle)
{
    free(handle->data);
}

void loop_free(struct loop **loop)
{
    if (!*loop)
        return;
    struct loop *old = *loop;
    while (old->signals) {
        struct loop_signal *signal = old->signals;
        old->signals = signal->next;
        uv_close((uv_handle_t *)&signal->signal, free_signal);
    }
    uv_close((uv_handle_t *)&old->prepare, NULL);
    uv_close((uv_handle_t *)&old->check, NULL);
    uv_close((uv_handle_t *)&old->idle, NULL);
    uv_run(&old->uv, UV_RUN_NOWAIT); /* takes back a loop_stop() that no loop_run() has seen */
    uv_run(&old->uv, UV_RUN_NOWAIT); /* only lets the close callbacks free their handles */
    int left = uv_loop_close(&old->uv);
    assert(left == 0 && "a watch or timer outlives its loop");
    (void)left;
    free(old);
    *loop = NULL;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_after_turn(struct loop *loop, loop_call *call, void *ctx)
{
    assert(loop->after_count < LOOP_AFTER_TURN_MAX);
    loop->after[loop->after_count++] = (struct loop_after){call, ctx};
}

void loop_wake(struct loop *loop)
{
    loop->happened = true;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active is all that matters: libuv then polls without sleeping */
}

/* Timers ran already in this turn, and a send anywhere may have swallowed a socket's news: so this is the
 * last look before the sleep. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;
    if (loop->happened || loop_zmq_pending(loop))
        uv_idle_start(&loop->idle, on_idle);
    else
        uv_idle_stop(&loop->idle);
}

static void on_check(uv_check_t *check)
{
    struct loop *loop = check->data;
    loop_zmq_drain(loop);
    if (!loop->happened)
        return;
    loop->happened = false; /* before the calls, so that a loop_wake() in them asks for the next turn */
    for (size_t i = 0; i < loop->after_count; i++)
        loop->after[i].call(loop->after[i].ctx);
}

/* ---- file descriptors ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct loop_fd *watch = poll->data;
    int ready = (events & UV_READABLE ? LOOP_READ : 0) | (events & UV_WRITABLE ? LOOP_WRITE : 0);
    if (status < 0)
        ready = watch->events;
    watch->loop->happened = true;
    watch->call(watch->ctx, ready);
}

static void free_fd(uv_handle_t *handle)
{
    free(handle->data);
}

struct loop_fd *loop_watch_fd(struct loop *loop, int fd, int events, loop_fd_call *call, void *ctx)
{
    struct loop_fd *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    if (uv_poll_init(&loop->uv, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->loop = loop;
    watch->call = call;
    watch->ctx = ctx;
    loop_fd_events(watch, events);
    return watch;
}

void loop_fd_events(struct loop_fd *watch, int events)
{
    int wanted = (events & LOOP_READ ? UV_READABLE : 0) | (events & LOOP_WRITE ? UV_WRITABLE : 0);
    int rc = wanted ? uv_poll_start(&watch->poll, wanted, on_poll) : uv_poll_stop(&watch->poll);
    assert(rc == 0);
    (void)rc;
    watch->events = events;
}

void loop_unwatch_fd(struct loop_fd **watch)
{
    if (*watch)
        uv_close((uv_handle_t *)&(*watch)->poll, free_fd);
    *watch = NULL;
}

/* ---- timers ---- */

static void on_timer(uv_timer_t *handle)
{
    struct loop_timer *timer = handle->data;
    timer->loop->happened = true;
    timer->call(timer->ctx);
}

static void free_timer(uv_handle_t *handle)
{
    free(handle->data);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_call *call, void *ctx)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    uv_timer_init(&loop->uv, &timer->timer);
    timer->timer.data = timer;
    timer->loop = loop;
    timer->call = call;
    timer->ctx = ctx;
    return timer;
}

void loop_timer_arm(struct loop_timer *timer, int64_t delay_ms)
{
    assert(delay_ms >= 0);
    uv_update_time(&timer->loop->uv); /* libuv counts from the turn's begin, which a long turn makes old */
    uv_timer_start(&timer->timer, on_timer, (uint64_t)delay_ms, 0);
}

void loop_timer_disarm(struct loop_timer *timer)
{
    uv_timer_stop(&timer->timer);
}

bool loop_timer_armed(const struct loop_timer *timer)
{
    return uv_is_active((const uv_handle_t *)&timer->timer) != 0;
}

void loop_timer_free(struct loop_timer **timer)
{
    if (*timer)
        uv_close((uv_handle_t *)&(*timer)->timer, free_timer);
    *timer = NULL;
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *handle, int signo)
{
    (void)signo;
    struct loop_signal *signal = handle->data;
    signal->loop->happened = true;
    signal->call(signal->ctx);
}

enum err loop_on_signal(struct loop *loop, int signo, loop_call *call, void *ctx)
{
    struct loop_signal *signal = calloc(1, sizeof *signal);
    if (!signal)
        return ERR_MEMORY;
    if (uv_signal_init(&loop->uv, &signal->signal) != 0) {
        free(signal);
        return ERR_MEMORY;
    }
    signal->signal.data = signal;
    signal->loop = loop;
    signal->call = call;
    signal->ctx = ctx;
    signal->next = loop->signals;
    loop->signals = signal; /* from here on loop_free() owns it, whether it could be started or not */
    return uv_signal_start(&signal->signal, on_signal, signo) == 0 ? ERR_OK : ERR_USAGE;
}
