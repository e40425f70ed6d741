/* Socket options, and monitors, shared by the listening, the calling and the command line's sockets. */
#include "link/link_socket.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

/* Up to twice the bound a frame is taken, counted and refused by name; beyond it libzmq cuts the connection.
 */
#define WIRE_BYTES_MAX (2 * FRAME_BYTES_MAX)
#define SEND_QUEUE 4096    /* frames to one peer: a full credit window, and the answers of some batches */
#define RECEIVE_QUEUE 1024 /* frames from one peer; more wait in its socket buffers */
#define CONNECT_MS 3000    /* a lost SYN is repeated by us, sooner than by the kernel's growing pauses */
#define HANDSHAKE_MS 10000 /* who connects and says nothing is let go */
#define RECONNECT_MS                                                                                         \
    100 /* first pause; grows to RECONNECT_MAX_MS, libzmq adds up to RECONNECT_MS at random */
#define RECONNECT_MAX_MS 5000

void link_socket_set(void *socket, const struct link_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int rc = zmq_setsockopt(socket, options[i].name, &options[i].value, sizeof options[i].value);
        assert(rc == 0);
        (void)rc;
    }
}

static void bounds_set(void *socket)
{
    static const struct link_option options[] = {
        {ZMQ_LINGER, 0},
        {ZMQ_SNDHWM, SEND_QUEUE},
        {ZMQ_RCVHWM, RECEIVE_QUEUE},
        {ZMQ_CONNECT_TIMEOUT, CONNECT_MS},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_RECONNECT_IVL, RECONNECT_MS},
        {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS},
        /* a peer that vanished without a word is given up by the kernel: data unconfirmed for LINK_DEAD_MS,
         * or an idle connection whose probes stay unanswered; costs no wake-up here */
        {ZMQ_TCP_MAXRT, LINK_DEAD_MS},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, 30},
        {ZMQ_TCP_KEEPALIVE_INTVL, 10},
        {ZMQ_TCP_KEEPALIVE_CNT, 3},
    };
    const int64_t bytes_max = WIRE_BYTES_MAX;
    link_socket_set(socket, options, sizeof options / sizeof options[0]);
    int rc = zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &bytes_max, sizeof bytes_max);
    assert(rc == 0);
    (void)rc;
}

static int curve_set(void *socket, const struct link_keys *keys, const char *server_key)
{
    const int server = 1;
    int rc = server_key ? zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, LINK_KEY_SIZE)
                        : zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &server, sizeof server);
    if (rc == 0)
        rc = zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys->public_key, LINK_KEY_SIZE);
    if (rc == 0)
        rc = zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->secret_key, LINK_KEY_SIZE);
    return rc;
}

void *link_socket_new(void *context, int type, const struct link_keys *keys, const char *server_key)
{
    void *socket = zmq_socket(context, type);
    if (!socket)
        return NULL;
    bounds_set(socket);
    if (curve_set(socket, keys, server_key) == 0)
        return socket;
    int why = zmq_errno();
    zmq_close(socket);
    errno = why;
    return NULL;
}

bool link_socket_take(void *socket, zmq_msg_t *part)
{
    int rc;
    do
        rc = zmq_msg_recv(part, socket, ZMQ_DONTWAIT);
    while (rc < 0 && zmq_errno() == EINTR);
    return rc >= 0;
}

bool link_socket_ends(void *socket, zmq_msg_t *part)
{
    if (!zmq_msg_more(part))
        return true;
    zmq_msg_t rest;
    zmq_msg_init(&rest);
    /* all parts of a message arrive together, so none of these waits */
    while (link_socket_take(socket, &rest) && zmq_msg_more(&rest))
        ;
    zmq_msg_close(&rest);
    return false;
}

void *link_monitor_new(void *context, void *socket, int events)
{
    char name[64];
    snprintf(name, sizeof name, "inproc://monitor-%p", socket);
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    if (!monitor)
        return NULL;
    /* unbounded: libzmq's own thread would otherwise wait for us inside an event, holding the socket's lock
     */
    static const struct link_option options[] = {{ZMQ_LINGER, 0}, {ZMQ_RCVHWM, 0}};
    link_socket_set(monitor, options, 2);
    if (zmq_socket_monitor(socket, name, events) == 0 && zmq_connect(monitor, name) == 0)
        return monitor;
    int why = zmq_errno();
    zmq_socket_monitor(socket, NULL, 0);
    zmq_close(monitor);
    errno = why;
    return NULL;
}

bool link_monitor_read(void *monitor, struct link_event *event)
{
    uint8_t head[6];
    char address[ENDPOINT_SIZE];
    int n;
    do
        n = zmq_recv(monitor, head, sizeof head, ZMQ_DONTWAIT);
    while (n < 0 && zmq_errno() == EINTR);
    if (n != (int)sizeof head)
        return false;
    uint16_t id;
    int32_t value;
    memcpy(&id, head, sizeof id);
    memcpy(&value, head + sizeof id, sizeof value);
    while (zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT) < 0 && zmq_errno() == EINTR)
        ;
    *event = (struct link_event){id, value};
    return true;
}

void link_monitor_close(void *monitor, void *socket)
{
    if (!monitor)
        return;
    zmq_socket_monitor(socket, NULL, 0); /* first: an event that nobody can take would hold libzmq's thread */
    zmq_close(monitor);
}
