/* Whom we call: one DEALER to the parent. libzmq connects again by itself, with growing pauses, while nobody
 * listens there. A parent that refuses us (our key is not listed, or its key is another) it would call again
 * ten times a second: then we hang up and pause ourselves. */
#include <errno.h>
#include <sodium.h>

#include "base/log.h"
#include "base/text.h"
#include "link/link_private.h"

#define PAUSE_FIRST_MS 200 /* a parent killed in the middle of a handshake is back soon */
#define PAUSE_MAX_MS 5000  /* as libzmq's own longest pause */
#define PAUSE_DOUBLINGS 5

static bool on_dealer(void *ctx)
{
    struct link *link = ctx;
    struct link_route route = {.kind = LINK_PARENT};
    zmq_msg_t body;
    zmq_msg_init(&body);
    if (!link_socket_take(link->dealer.socket, &body)) {
        zmq_msg_close(&body);
        return false;
    }
    text_put(route.name, sizeof route.name, link->parent_name);
    if (!link_socket_ends(link->dealer.socket, &body) || zmq_msg_size(&body) == 0)
        link_refuse(link, REFUSE_MALFORMED, "a frame of the parent '%s' that is not one block", route.name);
    else if (zmq_msg_size(&body) > FRAME_BYTES_MAX)
        link_refuse(link, REFUSE_OVERSIZE, "a frame of the parent '%s' of %zu bytes", route.name,
                    zmq_msg_size(&body));
    else
        link_deliver(link, &route, &body);
    zmq_msg_close(&body);
    return true;
}

static void set_up(struct link *link, bool up)
{
    if (link->parent_up == up)
        return;
    int events;
    size_t size = sizeof events;
    /* the event overtakes the socket's own news of its new connection; asking makes it known before anyone
     * sends */
    (void)zmq_getsockopt(link->dealer.socket, ZMQ_EVENTS, &events, &size);
    loop_zmq_touched(link->dealer.watch);
    link->parent_up = up;
    if (!link->handler.on_parent)
        return;
    link->in_callback = true;
    link->handler.on_parent(link->handler.ctx, up);
    link->in_callback = false;
}

static void hang_up(struct link *link, const struct link_event *event)
{
    if (loop_timer_armed(link->pause))
        return;
    if (link->refused_in_a_row == 0) {
        if (event->id == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            log_line(LOG_ERROR, "link.parent_refused", "the parent '%s' does not list our key %s",
                     link->parent_name, link->keys.public_key);
        else
            log_line(LOG_WARN, "link.parent_refused",
                     "the handshake with '%s' at %s broke; is its key the one we hold?", link->parent_name,
                     link->parent);
    }
    uint32_t pause = (uint32_t)PAUSE_FIRST_MS << link->refused_in_a_row;
    if (link->refused_in_a_row < PAUSE_DOUBLINGS)
        link->refused_in_a_row++;
    if (pause > PAUSE_MAX_MS)
        pause = PAUSE_MAX_MS;
    (void)zmq_disconnect(link->dealer.socket, link->parent);
    loop_zmq_touched(link->dealer.watch);
    loop_timer_arm(link->pause, pause - randombytes_uniform(pause / 4)); /* apart from our siblings */
}

static void on_pause_over(void *ctx)
{
    struct link *link = ctx;
    if (zmq_connect(link->dealer.socket, link->parent) != 0)
        log_line(LOG_WARN, "link.parent", "cannot call %s: %s", link->parent, zmq_strerror(zmq_errno()));
    loop_zmq_touched(link->dealer.watch);
}

static bool on_dealer_event(void *ctx)
{
    struct link *link = ctx;
    struct link_event event;
    if (!link_monitor_read(link->dealer_monitor.socket, &event))
        return false;
    if (event.id == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        link->refused_in_a_row = 0;
        set_up(link, true);
    } else if (event.id == ZMQ_EVENT_DISCONNECTED) {
        set_up(link, false);
    } else {
        hang_up(link, &event);
    }
    return true;
}

enum err link_parent_open(struct link *link, const struct link_config *config, struct fault *fault)
{
    const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                       ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    /* no queue without a connection: what waits in it would be of a session that is over */
    static const struct link_option options[] = {{ZMQ_IMMEDIATE, 1}};
    link->dealer.socket = link_socket_new(link->context, ZMQ_DEALER, &link->keys, config->parent_key);
    if (!link->dealer.socket)
        return fault_set(fault, ERR_CONFIG, "no calling socket: %s", zmq_strerror(zmq_errno()));
    link_socket_set(link->dealer.socket, options, 1);
    link->dealer_monitor.socket = link_monitor_new(link->context, link->dealer.socket, events);
    link->pause = loop_timer_new(link->loop, on_pause_over, link);
    if (!link->dealer_monitor.socket || !link->pause ||
        link_end_watch(link, &link->dealer, on_dealer) != ERR_OK ||
        link_end_watch(link, &link->dealer_monitor, on_dealer_event) != ERR_OK)
        return fault_set(fault, ERR_MEMORY, "cannot watch the calling socket");
    if (zmq_connect(link->dealer.socket, link->parent) != 0)
        return fault_set(fault, ERR_CONFIG, "cannot call %s: %s", link->parent, zmq_strerror(zmq_errno()));
    return ERR_OK;
}

void link_parent_close(struct link *link)
{
    loop_timer_free(&link->pause);
    loop_unwatch_zmq(&link->dealer_monitor.watch);
    link_monitor_close(link->dealer_monitor.socket, link->dealer.socket);
    link_end_close(&link->dealer);
}

enum err link_parent_send(struct link *link, const uint8_t *bytes, size_t n)
{
    return link_end_send(&link->dealer, bytes, n, 0) ? ERR_OK : ERR_BUSY;
}
