/* What every CURVE socket and monitor here has in common; private to lib/link. */
#ifndef SANJI_LINK_SOCKET_H
#define SANJI_LINK_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

#include "base/err.h"
#include "link/link_keys.h"

struct link_option {
    int name;
    int value;
};

struct link_event {
    int id; /* ZMQ_EVENT_... */
    int value;
};

/* Gives a socket with our bounds and keys: a CURVE client of `server_key`, or a CURVE server when that is
 * NULL. NULL with zmq_errno() set. Never lingers. */
void *link_socket_new(void *context, int type, const struct link_keys *keys, const char *server_key);
/* Sets integer options of a new socket; they are our own constants, so a refusal is our bug. */
void link_socket_set(void *socket, const struct link_option *options, size_t count);
/* Takes one part without waiting, through signals; false when there is none. */
bool link_socket_take(void *socket, zmq_msg_t *part);
/* Takes the rest of a message after `*part`; false when there was any. */
bool link_socket_ends(void *socket, zmq_msg_t *part);

/* Gives a socket that tells the `events` of `socket`; NULL with zmq_errno() set. */
void *link_monitor_new(void *context, void *socket, int events);
/* The next event, or false. */
bool link_monitor_read(void *monitor, struct link_event *event);
/* Ends the telling and closes; before `socket` is closed. Both may be NULL. */
void link_monitor_close(void *monitor, void *socket);

#endif
