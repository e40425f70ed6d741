/* A caller without a loop. A DEALER says nothing about why no answer comes, so its monitor is read beside it:
 * refused, not let in, standing, gone. */
#include "link/link_client.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "link/link_socket.h"

#define SOCKETS_PER_CLIENT 3 /* the DEALER, and both sides of its monitor */
#define SOCKETS_SPARE 8

struct link_clients {
    void *context;
};

enum client_state { CLIENT_CALLING, CLIENT_STANDING, CLIENT_FAILED };

struct link_client {
    void *dealer;
    void *monitor;
    enum client_state state;
    enum err failure; /* when failed */
    const char *why;
    zmq_msg_t frame; /* what recv lent last */
    char endpoint[ENDPOINT_SIZE];
};

struct link_clients *link_clients_new(size_t count)
{
    assert(count >= 1 && count <= CENTERS_MAX);
    struct link_clients *clients = calloc(1, sizeof *clients);
    if (!clients)
        return NULL;
    clients->context = zmq_ctx_new();
    if (!clients->context) {
        free(clients);
        return NULL;
    }
    zmq_ctx_set(clients->context, ZMQ_IO_THREADS, 1);
    zmq_ctx_set(clients->context, ZMQ_MAX_SOCKETS, (int)count * SOCKETS_PER_CLIENT + SOCKETS_SPARE);
    return clients;
}

void link_clients_free(struct link_clients **clients)
{
    if (!*clients)
        return;
    zmq_ctx_term((*clients)->context);
    free(*clients);
    *clients = NULL;
}

static void fail(struct link_client *client, enum err failure, const char *why)
{
    if (client->state == CLIENT_FAILED)
        return;
    client->state = CLIENT_FAILED;
    client->failure = failure;
    client->why = why;
}

/* Follows the connection as far as its events tell. */
static void follow(struct link_client *client)
{
    struct link_event event;
    while (link_monitor_read(client->monitor, &event)) {
        if (event.id == ZMQ_EVENT_HANDSHAKE_SUCCEEDED && client->state == CLIENT_CALLING)
            client->state = CLIENT_STANDING;
        else if (event.id == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            fail(client, ERR_FOREIGN, "our key is not listed there");
        else if (event.id == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ||
                 event.id == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
            fail(client, ERR_UNREACHABLE, "the handshake broke; is its key the one that we hold?");
        else if (event.id == ZMQ_EVENT_DISCONNECTED)
            fail(client, ERR_UNREACHABLE, "the connection ended before an answer");
        else if (event.id == ZMQ_EVENT_CONNECT_RETRIED)
            fail(client, ERR_UNREACHABLE, "nobody answers there");
    }
}

static enum err failure_of(const struct link_client *client, struct fault *fault)
{
    return fault_set(fault, client->failure, "%s: %s", client->endpoint, client->why);
}

static enum err timeout_of(const struct link_client *client, struct fault *fault)
{
    const char *what = client->state == CLIENT_STANDING ? "no answer in time" : "no connection in time";
    return fault_set(fault, ERR_TIMEOUT, "%s: %s", client->endpoint, what);
}

/* Sleeps until the frame or an event is there, at most to `until_ms` of monotonic time; false when that is
 * reached. */
static bool wait_until(struct link_client *client, bool for_frame, int64_t until_ms)
{
    zmq_pollitem_t items[2] = {{.socket = client->monitor, .events = ZMQ_POLLIN},
                               {.socket = client->dealer, .events = ZMQ_POLLIN}};
    int64_t left = until_ms - clock_mono_ms();
    if (left <= 0)
        return false;
    (void)zmq_poll(items, for_frame ? 2 : 1, left);
    return true;
}

static enum err wait_standing(struct link_client *client, int timeout_ms, struct fault *fault)
{
    int64_t until = clock_mono_ms() + timeout_ms;
    follow(client);
    while (client->state == CLIENT_CALLING) {
        if (!wait_until(client, false, until))
            return timeout_of(client, fault);
        follow(client);
    }
    return client->state == CLIENT_STANDING ? ERR_OK : failure_of(client, fault);
}

static enum err call(struct link_clients *clients, struct link_client *client, const struct link_keys *keys,
                     const char *server_key, struct fault *fault)
{
    const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED |
                       ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    client->dealer = link_socket_new(clients->context, ZMQ_DEALER, keys, server_key);
    if (client->dealer)
        client->monitor = link_monitor_new(clients->context, client->dealer, events);
    if (!client->monitor)
        return fault_set(fault, ERR_MEMORY, "%s: no socket: %s", client->endpoint, zmq_strerror(zmq_errno()));
    if (zmq_connect(client->dealer, client->endpoint) != 0)
        return fault_set(fault, ERR_CONFIG, "%s: cannot be called: %s", client->endpoint,
                         zmq_strerror(zmq_errno()));
    return ERR_OK;
}

enum err link_client_open(struct link_clients *clients, const char *endpoint, const char *server_key,
                          const struct link_keys *keys, int timeout_ms, struct link_client **client,
                          struct fault *fault)
{
    if (!link_key_valid(server_key) || !link_key_valid(keys->public_key) || !link_key_valid(keys->secret_key))
        return fault_set(fault, ERR_CONFIG, "%s: a key is no key (40 characters)", endpoint);
    struct link_client *opened = calloc(1, sizeof *opened);
    if (!opened)
        return fault_set(fault, ERR_MEMORY, "%s: no memory to call it", endpoint);
    zmq_msg_init(&opened->frame);
    enum err rc = text_copy(opened->endpoint, sizeof opened->endpoint, endpoint);
    if (rc != ERR_OK)
        fault_set(fault, rc = ERR_CONFIG, "an endpoint longer than %d characters", ENDPOINT_SIZE - 1);
    if (rc == ERR_OK)
        rc = call(clients, opened, keys, server_key, fault);
    if (rc == ERR_OK && timeout_ms > 0)
        rc = wait_standing(opened, timeout_ms, fault);
    if (rc != ERR_OK) {
        link_client_close(&opened);
        return rc;
    }
    *client = opened;
    return ERR_OK;
}

void link_client_close(struct link_client **client)
{
    struct link_client *old = *client;
    if (!old)
        return;
    link_monitor_close(old->monitor, old->dealer);
    if (old->dealer)
        zmq_close(old->dealer);
    zmq_msg_close(&old->frame);
    free(old);
    *client = NULL;
}

enum err link_client_send(struct link_client *client, const uint8_t *bytes, size_t n, struct fault *fault)
{
    if (n == 0)
        return fault_set(fault, ERR_MISSING, "an empty frame");
    if (n > FRAME_BYTES_MAX)
        return fault_set(fault, ERR_TOO_LONG, "a frame of %zu bytes; %d are the most", n, FRAME_BYTES_MAX);
    follow(client);
    if (client->state == CLIENT_FAILED)
        return failure_of(client, fault);
    int rc;
    do
        rc = zmq_send(client->dealer, bytes, n, ZMQ_DONTWAIT);
    while (rc < 0 && zmq_errno() == EINTR);
    if (rc < 0)
        return fault_set(fault, ERR_BUSY, "%s: too many frames wait to be sent", client->endpoint);
    return ERR_OK;
}

/* The next whole frame into client->frame; one that is not a single block of a lawful size is passed over. */
static bool take(struct link_client *client)
{
    while (zmq_msg_recv(&client->frame, client->dealer, ZMQ_DONTWAIT) >= 0)
        if (link_socket_ends(client->dealer, &client->frame) && zmq_msg_size(&client->frame) > 0 &&
            zmq_msg_size(&client->frame) <= FRAME_BYTES_MAX)
            return true;
    return false;
}

enum err link_client_recv(struct link_client *client, int timeout_ms, const uint8_t **bytes, size_t *n,
                          struct fault *fault)
{
    int64_t until = clock_mono_ms() + timeout_ms;
    for (;;) {
        follow(client);
        if (take(client)) /* an answer that came before the connection ended counts, so it is asked for first
                           */
            break;
        if (client->state == CLIENT_FAILED)
            return failure_of(client, fault);
        if (!wait_until(client, true, until))
            return timeout_of(client, fault);
    }
    *bytes = zmq_msg_data(&client->frame);
    *n = zmq_msg_size(&client->frame);
    return ERR_OK;
}

/* Fills the two poll items of a client; false when it needs no waiting, since it has failed. */
static bool poll_items(struct link_client *client, zmq_pollitem_t items[2])
{
    follow(client);
    items[0] = (zmq_pollitem_t){.socket = client->monitor, .events = ZMQ_POLLIN};
    items[1] = (zmq_pollitem_t){.socket = client->dealer, .events = ZMQ_POLLIN};
    return client->state != CLIENT_FAILED;
}

/* One wait over all; the number of clients that are ready. */
static size_t poll_once(struct link_client *const *clients, size_t n, bool *ready, zmq_pollitem_t *items,
                        int64_t wait)
{
    int used = 0;
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        ready[i] = clients[i] && !poll_items(clients[i], items + used);
        found += ready[i];
        used += clients[i] && !ready[i] ? 2 : 0;
    }
    (void)zmq_poll(items, used, found ? 0 : wait);
    used = 0;
    for (size_t i = 0; i < n; i++) {
        if (!clients[i] || ready[i])
            continue;
        follow(clients[i]);
        ready[i] = (items[used + 1].revents & ZMQ_POLLIN) || clients[i]->state == CLIENT_FAILED;
        found += ready[i];
        used += 2;
    }
    return found;
}

enum err link_client_poll(struct link_client *const *clients, size_t n, bool *ready, int timeout_ms)
{
    int64_t until = clock_mono_ms() + timeout_ms;
    int64_t left = timeout_ms;
    size_t found = 0;
    zmq_pollitem_t *items = calloc(2 * n + 1, sizeof *items);
    if (!items)
        return ERR_MEMORY;
    while ((found = poll_once(clients, n, ready, items, left > 0 ? left : 0)) == 0) {
        left = until - clock_mono_ms(); /* a connection that came to stand ends a wait without a frame */
        if (left <= 0)
            break;
    }
    free(items);
    return found ? ERR_OK : ERR_TIMEOUT;
}
