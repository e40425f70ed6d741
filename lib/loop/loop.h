/* One event loop for a daemon: file descriptors, ZeroMQ sockets, timers, signals, and work after each turn.
 * It is single-threaded: every function here belongs to the thread that runs the loop, and every callback is
 * called from loop_run(). At rest it sleeps in the kernel without a wake-up of its own. */
#ifndef SANJI_LOOP_LOOP_H
#define SANJI_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;
struct loop_fd;
struct loop_zmq;
struct loop_timer;

#define LOOP_AFTER_TURN_MAX 4 /* a daemon has one batch and perhaps a flush of metrics */
#define LOOP_ZMQ_PER_TURN                                                                                    \
    256 /* messages taken from one socket before others get their turn; one batch of centerd */

typedef void loop_call(void *ctx);

/* Gives a loop; NULL when there are no descriptors or memory left. */
struct loop *loop_new(void);
/* Frees *loop and clears it. Every watch and timer must have been released before (asserted); signals and
 * after-turn calls go with the loop. Not from inside loop_run(). */
void loop_free(struct loop **loop);
/* Turns until loop_stop(). */
void loop_run(struct loop *loop);
/* Lets the running turn finish, after-turn calls included, and then ends loop_run(). */
void loop_stop(struct loop *loop);

/* `call` comes once at the end of each turn in which any callback ran or a message was taken, in the order of
 * registration, for the life of the loop. At most LOOP_AFTER_TURN_MAX. */
void loop_after_turn(struct loop *loop, loop_call *call, void *ctx);
/* Asks for one more turn at once, with its after-turn calls, even if nothing else happens. */
void loop_wake(struct loop *loop);

/* ---- file descriptors ---- */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_fd_call(void *ctx, int events);

/* Calls `call` with LOOP_READ and/or LOOP_WRITE while the descriptor is ready (level-triggered). On an error
 * of the descriptor it is called with all that it asked for, and is then silent until loop_fd_events(), so
 * that the owner finds the error by reading or writing. NULL when the descriptor cannot be polled or is
 * already watched. The descriptor must stay open until loop_unwatch_fd(); where a library swaps it (libpq
 * while connecting), unwatch before the library runs and watch its new descriptor after. */
struct loop_fd *loop_watch_fd(struct loop *loop, int fd, int events, loop_fd_call *call,
                              void *ctx) MUST_CHECK;
/* Changes what is waited for; 0 waits for nothing. */
void loop_fd_events(struct loop_fd *watch, int events);
/* Ends the watch and clears *watch (NULL is allowed). No call follows, even from inside a callback. */
void loop_unwatch_fd(struct loop_fd **watch);

/* ---- ZeroMQ sockets ---- */

/* Takes one message with ZMQ_DONTWAIT, all its parts, and returns true; false when a receive has said that
 * there is none (EAGAIN; a receive that a signal cut short has not said so and is to be tried again). */
typedef bool loop_zmq_call(void *ctx);

/* Calls `call` whenever the socket has something to read, up to LOOP_ZMQ_PER_TURN times a turn. Borrows the
 * socket: unwatch it before zmq_close(). NULL when there is no memory. */
struct loop_zmq *loop_watch_zmq(struct loop *loop, void *socket, loop_zmq_call *call, void *ctx) MUST_CHECK;
/* To be called whenever the socket was used in any way other than receiving in its own `call`: sending,
 * connecting, asking for its events. Such a use may swallow the news that a message is there; without this it
 * would lie until the next one. NULL is allowed. */
void loop_zmq_touched(struct loop_zmq *watch);
/* Ends the watch and clears *watch (NULL is allowed); the socket may be closed at once afterwards. */
void loop_unwatch_zmq(struct loop_zmq **watch);

/* ---- timers ---- */

/* Gives a timer that is not armed; `call` may re-arm or free it. NULL when there is no memory. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_call *call, void *ctx) MUST_CHECK;
/* One call after `delay_ms` (>= 0) of monotonic time from now; replaces an earlier arming. */
void loop_timer_arm(struct loop_timer *timer, int64_t delay_ms);
void loop_timer_disarm(struct loop_timer *timer);
bool loop_timer_armed(const struct loop_timer *timer);
/* Disarms, frees and clears *timer (NULL is allowed). */
void loop_timer_free(struct loop_timer **timer);

/* ---- signals ---- */

/* Calls `call` in the loop for each delivered `signo`; kept until loop_free(). ERR_USAGE when the signal
 * cannot be caught, ERR_MEMORY. */
enum err loop_on_signal(struct loop *loop, int signo, loop_call *call, void *ctx) MUST_CHECK;

#endif
