/* Those who call us: child centers, local clients and field clients on one ROUTER. A message's sender is what
 * its connection's key says, looked up anew for each frame, so that a key taken off the list is deaf and dumb
 * from that moment. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "link/link_private.h"

#define BACKLOG 1024 /* after a restart hundreds call again at one moment, a city's children among them */

/* The listed peer whose key opened this message's connection, or NULL. */
static struct link_slot *sender_of(const struct link *link, zmq_msg_t *body)
{
    const char *name = zmq_msg_gets(body, "User-Id");
    const char *key = zmq_msg_gets(body, LINK_KEY_PROPERTY);
    struct link_slot *slot = name && key ? link_slots_by_name(link, name) : NULL;
    return slot && strcmp(slot->peer.public_key, key) == 0 ? slot : NULL;
}

/* A routing id that libzmq gave out itself begins with a zero; one that the peer claims for itself is not
 * wanted. */
static bool given_id(zmq_msg_t *id)
{
    return zmq_msg_size(id) == LINK_ROUTE_ID_BYTES && *(const uint8_t *)zmq_msg_data(id) == 0;
}

static void hear(struct link *link, zmq_msg_t *id, zmq_msg_t *body, bool single)
{
    struct link_slot *slot = sender_of(link, body);
    if (!slot) {
        const char *name = zmq_msg_gets(body, "User-Id");
        link_refuse(link, REFUSE_FOREIGN, "a frame of '%s', whose key is no longer listed", name ? name : "");
        return;
    }
    if (!single || zmq_msg_size(body) == 0 || !given_id(id)) {
        link_refuse(link, REFUSE_MALFORMED, "a frame of '%s' that is not one block", slot->peer.name);
        return;
    }
    if (zmq_msg_size(body) > FRAME_BYTES_MAX) {
        link_refuse(link, REFUSE_OVERSIZE, "a frame of '%s' of %zu bytes", slot->peer.name,
                    zmq_msg_size(body));
        return;
    }
    struct link_route route = {.kind = slot->peer.kind, .stamp = slot->stamp};
    text_put(route.name, sizeof route.name, slot->peer.name);
    memcpy(route.id, zmq_msg_data(id), LINK_ROUTE_ID_BYTES);
    if (slot->peer.kind == LINK_CENTER) {
        memcpy(slot->id, route.id, LINK_ROUTE_ID_BYTES);
        slot->routed = true;
    }
    link_deliver(link, &route, body);
}

static bool on_router(void *ctx)
{
    struct link *link = ctx;
    zmq_msg_t id;
    zmq_msg_t body;
    zmq_msg_init(&id);
    if (!link_socket_take(link->router.socket, &id)) {
        zmq_msg_close(&id);
        return false;
    }
    zmq_msg_init(&body);
    if (zmq_msg_more(&id) && link_socket_take(link->router.socket, &body))
        hear(link, &id, &body, link_socket_ends(link->router.socket, &body));
    zmq_msg_close(&body);
    zmq_msg_close(&id);
    return true;
}

static bool on_router_event(void *ctx)
{
    struct link *link = ctx;
    struct link_event event;
    if (!link_monitor_read(link->router_monitor.socket, &event))
        return false;
    link_refuse(link, REFUSE_GARBLED, "a connection that breaks the handshake");
    return true;
}

static enum err listen_fault(struct fault *fault, const char *listen)
{
    int why = zmq_errno();
    enum err code = why == EINVAL || why == EPROTONOSUPPORT ? ERR_CONFIG : ERR_IO;
    return fault_set(fault, code, "cannot listen at %s: %s", listen, zmq_strerror(why));
}

enum err link_router_open(struct link *link, const char *listen, struct fault *fault)
{
    const int events = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
    static const struct link_option options[] = {{ZMQ_ROUTER_MANDATORY, 1}, {ZMQ_BACKLOG, BACKLOG}};
    size_t size = sizeof link->endpoint;
    link->router.socket = link_socket_new(link->context, ZMQ_ROUTER, &link->keys, NULL);
    if (!link->router.socket)
        return fault_set(fault, ERR_CONFIG, "no listening socket: %s", zmq_strerror(zmq_errno()));
    link_socket_set(link->router.socket, options, 2);
    zmq_setsockopt(link->router.socket, ZMQ_ZAP_DOMAIN, "sanji", 5);
    link->router_monitor.socket = link_monitor_new(link->context, link->router.socket, events);
    if (!link->router_monitor.socket)
        return fault_set(fault, ERR_MEMORY, "no monitor: %s", zmq_strerror(zmq_errno()));
    if (zmq_bind(link->router.socket, listen) != 0)
        return listen_fault(fault, listen);
    if (zmq_getsockopt(link->router.socket, ZMQ_LAST_ENDPOINT, link->endpoint, &size) != 0)
        return listen_fault(fault, listen);
    if (link_end_watch(link, &link->router, on_router) != ERR_OK ||
        link_end_watch(link, &link->router_monitor, on_router_event) != ERR_OK)
        return fault_set(fault, ERR_MEMORY, "cannot watch the listening socket");
    return ERR_OK;
}

void link_router_close(struct link *link)
{
    loop_unwatch_zmq(&link->router_monitor.watch);
    link_monitor_close(link->router_monitor.socket, link->router.socket);
    link_end_close(&link->router);
}

enum err link_router_send(struct link *link, const uint8_t id[LINK_ROUTE_ID_BYTES], const uint8_t *bytes,
                          size_t n)
{
    if (!link_end_send(&link->router, id, LINK_ROUTE_ID_BYTES, ZMQ_SNDMORE))
        return zmq_errno() == EHOSTUNREACH ? ERR_UNREACHABLE : ERR_BUSY;
    /* once the route is taken a ROUTER takes the block too, or drops it with its connection */
    return link_end_send(&link->router, bytes, n, 0) ? ERR_OK : ERR_BUSY;
}
