/* The transport between centers, and between a center, the programs of its own machine and its field clients:
 * ZeroMQ with CURVE in the loop. One listening socket for all who call, one calling socket to the parent. A
 * frame is one opaque block of 1..FRAME_BYTES_MAX bytes; frames may be lost when a connection breaks and are
 * never repeated, split or re-ordered on one connection. Whatever does not come from a listed key is refused
 * and counted. */
#ifndef SANJI_LINK_LINK_H
#define SANJI_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "link/link_peers.h"
#include "loop/loop.h"

struct link;

struct link_config {
    const char *listen; /* "tcp://127.0.0.1:5701", port "*" = any free one, "ipc:..."; NULL = nobody calls */
    const char *parent; /* the endpoint to call; NULL = a root */
    const char *parent_name;        /* what the parent's frames are marked with: its center code */
    const char *parent_key;         /* its public key, Z85 */
    const struct link_keys *keys;   /* our own pair */
    const struct link_peers *peers; /* who may call us; NULL = nobody */
};

#define LINK_ROUTE_ID_BYTES 5 /* what a ROUTER gives to a peer that claims no identity */

/* The way back to whoever sent a frame. Copy and keep it freely: it serves for any number of frames, at any
 * time, whether they answer something or not (a command pushed to a field client). It goes stale by itself
 * when that connection ends or the peer's key is taken off the list, and is never given to another
 * connection. A list that only changes the peer's units leaves it as it is. Look at none of its members. */
struct link_route {
    enum link_kind kind;
    char name[USER_SIZE];
    uint64_t stamp;
    uint8_t id[LINK_ROUTE_ID_BYTES];
};

/* Who sent a frame: proved by key, not claimed by the frame. */
struct link_from {
    enum link_kind kind;
    const char *name; /* valid during the call */
    struct link_route route;
};

struct link_handler {
    void *ctx;
    /* A frame; `bytes` is borrowed for the call. Sending and link_reload() are allowed here, link_close() is
     * not. */
    void (*on_frame)(void *ctx, const struct link_from *from, const uint8_t *bytes, size_t n);
    /* The encrypted connection to the parent stands (true) or is gone (false); comes on changes. May be NULL.
     */
    void (*on_parent)(void *ctx, bool up);
};

/* Counted since link_open(). */
struct link_counters {
    uint64_t frames_in;   /* delivered to on_frame */
    uint64_t frames_out;  /* handed to ZeroMQ */
    uint64_t denied;      /* connections whose key is not listed */
    uint64_t garbled;     /* connections that spoke no ZeroMQ or broke the handshake */
    uint64_t malformed;   /* not exactly one non-empty block, or a claimed routing id */
    uint64_t oversize;    /* larger than FRAME_BYTES_MAX */
    uint64_t foreign;     /* on a connection whose key has been taken off the list */
    uint64_t unreachable; /* sends without a connection */
    uint64_t busy;        /* sends refused by a full queue */
};

/* Opens the sockets and gives *link; calling the parent begins at once and never gives up. Copies the
 * configuration, borrows the loop. ERR_CONFIG for a bad key or endpoint, ERR_IO when the endpoint is taken,
 * ERR_MEMORY. */
enum err link_open(struct loop *loop, const struct link_config *config, const struct link_handler *handler,
                   struct link **link, struct fault *fault) MUST_CHECK;
/* Closes the sockets without waiting for unsent frames, frees and clears *link (NULL is allowed). */
void link_close(struct link **link);

/* A new peer list, in force from now on: connections of keys that are no longer listed are neither heard nor
 * spoken to. Copies it; on ERR_MEMORY the old one stays. */
enum err link_reload(struct link *link, const struct link_peers *peers) MUST_CHECK;

/* True when a field client's key may speak for the unit, by the list now in force. */
bool link_speaks_for(const struct link *link, const char *client, const char *unit);

/* Each sends a copy of the frame or says why not: ERR_UNREACHABLE without a connection, ERR_BUSY when its
 * queue is full, ERR_FOREIGN for a peer that is not listed (any more), ERR_TOO_LONG, ERR_MISSING for an empty
 * one. ERR_OK means queued: what the other side has of it only the other side can say. */
enum err link_send_parent(struct link *link, const uint8_t *bytes, size_t n) MUST_CHECK;
/* To the connection from which the child center was last heard. */
enum err link_send_child(struct link *link, const char *code, const uint8_t *bytes, size_t n) MUST_CHECK;
/* To exactly the connection that a frame came from, as often as wanted. After ERR_UNREACHABLE or ERR_FOREIGN
 * the route serves no more; after ERR_BUSY (a peer that takes its frames too slowly) it does. */
enum err link_reply(struct link *link, const struct link_route *route, const uint8_t *bytes,
                    size_t n) MUST_CHECK;

bool link_parent_up(const struct link *link);
/* Where we listen, with the port that was found for "*"; "" when nobody calls here. */
const char *link_endpoint(const struct link *link);
const struct link_counters *link_counters(const struct link *link);

#endif
