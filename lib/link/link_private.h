/* The inside of a link, shared by link.c (life, sending), link_slots.c (who may speak), link_zap.c (who may
 * connect), link_router.c (those who call us) and link_parent.c (whom we call). */
#ifndef SANJI_LINK_PRIVATE_H
#define SANJI_LINK_PRIVATE_H

#include <zmq.h>

#include "link/link.h"
#include "link/link_socket.h"

#define LINK_KEY_PROPERTY "X-Key" /* message property in which the ZAP handler leaves the peer's key */

/* One listed peer. */
struct link_slot {
    struct link_peer peer; /* owns its units */
    uint64_t stamp;        /* new for each name + key, so that a route of an older listing is known as such */
    bool routed;           /* a center that has spoken: `id` is its newest connection */
    uint8_t id[LINK_ROUTE_ID_BYTES];
};

/* A ZeroMQ socket and its watch. */
struct link_end {
    void *socket;
    struct loop_zmq *watch;
};

/* Why something is refused: a counter and a word in the log for each. */
enum link_refusal {
    REFUSE_DENIED,
    REFUSE_GARBLED,
    REFUSE_MALFORMED,
    REFUSE_OVERSIZE,
    REFUSE_FOREIGN,
    REFUSE_COUNT
};

struct link {
    struct loop *loop;
    struct link_handler handler;
    struct link_keys keys;
    struct link_counters counters;
    int64_t quiet_until_ms[REFUSE_COUNT]; /* each kind of refusal is logged at most so often */
    void *context;
    bool in_callback;

    struct link_slot *slots;         /* by name */
    struct link_slot **slots_by_key; /* the same: hundreds may call again at one moment */
    size_t slot_count;
    uint64_t last_stamp;

    struct link_end zap;
    struct link_end router;
    struct link_end router_monitor;
    char endpoint[ENDPOINT_SIZE];

    struct link_end dealer;
    struct link_end dealer_monitor;
    struct loop_timer *pause; /* armed = not calling the parent after a refused handshake */
    int refused_in_a_row;
    bool parent_up;
    char parent[ENDPOINT_SIZE];
    char parent_name[CODE_SIZE];
};

/* Counts a refusal and says so in the log, at most once in a while for each kind. */
void link_refuse(struct link *link, enum link_refusal why, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Hands one frame to the owner. */
void link_deliver(struct link *link, const struct link_route *route, zmq_msg_t *body);
/* Watches end->socket; ERR_MEMORY. */
enum err link_end_watch(struct link *link, struct link_end *end, loop_zmq_call *call) MUST_CHECK;
/* Sends a copy of the part; `flags` beside ZMQ_DONTWAIT. False with zmq_errno() set. */
bool link_end_send(struct link_end *end, const void *bytes, size_t n, int flags);
/* Unwatches and closes; an end that never opened is allowed. */
void link_end_close(struct link_end *end);

/* The peer of this name, of this key, or NULL. */
struct link_slot *link_slots_by_name(const struct link *link, const char *name);
struct link_slot *link_slots_by_key(const struct link *link, const char *public_key);
/* Replaces the list; a peer that stays, with its key, keeps its stamp and route. ERR_MEMORY. */
enum err link_slots_replace(struct link *link, const struct link_peers *peers) MUST_CHECK;
/* Frees the list. */
void link_slots_close(struct link *link);

enum err link_zap_open(struct link *link, struct fault *fault) MUST_CHECK;
enum err link_router_open(struct link *link, const char *listen, struct fault *fault) MUST_CHECK;
void link_router_close(struct link *link);
enum err link_router_send(struct link *link, const uint8_t id[LINK_ROUTE_ID_BYTES], const uint8_t *bytes,
                          size_t n) MUST_CHECK;
enum err link_parent_open(struct link *link, const struct link_config *config,
                          struct fault *fault) MUST_CHECK;
void link_parent_close(struct link *link);
enum err link_parent_send(struct link *link, const uint8_t *bytes, size_t n) MUST_CHECK;

#endif
