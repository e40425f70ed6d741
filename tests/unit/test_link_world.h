/* A small world for the link's tests: centers with real CURVE sockets on loopback, all in one loop, and
 * strangers with raw sockets. */
#ifndef SANJI_TEST_LINK_WORLD_H
#define SANJI_TEST_LINK_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <zmq.h>

#include "base/text.h"
#include "link/link.h"
#include "link/link_socket.h"

#define GUARD_MS 20000 /* only a broken link ever waits this long */
#define SETTLE_MS 300  /* how long we listen before we say that nothing came */
#define LAST_FRAME_SIZE 64

struct world {
    struct loop *loop;
    struct loop_timer *timer;
    void *raw_context; /* of the strangers */
    bool (*until)(const void *ctx);
    const void *ctx;
    bool overdue;
};

/* One center. */
struct node {
    struct link *link;
    struct link_keys keys;
    int frames;
    char last[LAST_FRAME_SIZE];
    size_t last_size;
    char last_name[USER_SIZE];
    enum link_kind last_kind;
    struct link_route last_route;
    bool parent_up;
    int ups;
    int downs;
    bool echo;
};

static inline void world_on_turn(void *ctx)
{
    struct world *world = ctx;
    if (world->until && world->until(world->ctx))
        loop_stop(world->loop);
}

static inline void world_on_timer(void *ctx)
{
    struct world *world = ctx;
    world->overdue = true;
    loop_stop(world->loop);
}

static inline void world_open(struct world *world)
{
    *world = (struct world){.loop = loop_new(), .raw_context = zmq_ctx_new()};
    assert_non_null(world->loop);
    world->timer = loop_timer_new(world->loop, world_on_timer, world);
    loop_after_turn(world->loop, world_on_turn, world);
}

static inline void world_close(struct world *world)
{
    loop_timer_free(&world->timer);
    zmq_ctx_term(world->raw_context);
    loop_free(&world->loop);
}

static inline void world_run(struct world *world, int limit_ms)
{
    world->overdue = false;
    loop_timer_arm(world->timer, limit_ms);
    loop_wake(world->loop);
    loop_run(world->loop);
    loop_timer_disarm(world->timer);
}

/* Runs until `until(ctx)` holds; a test fails when it never does. */
static inline void world_until(struct world *world, bool (*until)(const void *), const void *ctx)
{
    world->until = until;
    world->ctx = ctx;
    world_run(world, GUARD_MS);
    assert_false(world->overdue);
}

/* Runs for a while, to see that something does not happen. */
static inline void world_settle(struct world *world)
{
    world->until = NULL;
    world_run(world, SETTLE_MS);
}

static inline void node_on_frame(void *ctx, const struct link_from *from, const uint8_t *bytes, size_t n)
{
    struct node *node = ctx;
    node->frames++;
    node->last_size = n;
    memset(node->last, 0, sizeof node->last);
    memcpy(node->last, bytes, n < sizeof node->last ? n : sizeof node->last - 1);
    text_put(node->last_name, sizeof node->last_name, from->name);
    node->last_kind = from->kind;
    node->last_route = from->route;
    if (node->echo && link_reply(node->link, &from->route, bytes, n) != ERR_OK)
        node->frames = -1000000;
}

static inline void node_on_parent(void *ctx, bool up)
{
    struct node *node = ctx;
    node->parent_up = up;
    node->ups += up;
    node->downs += !up;
}

static inline void node_make_keys(struct node *node)
{
    *node = (struct node){0};
    assert_int_equal(link_keys_make(&node->keys, NULL), ERR_OK);
}

/* Opens a center; `listen` and `parent` may be NULL. The parent's name is always "district". */
static inline void node_open(struct world *world, struct node *node, const char *listen,
                             const struct link_peers *peers, const struct node *parent)
{
    const struct link_config config = {.listen = listen,
                                       .peers = peers,
                                       .keys = &node->keys,
                                       .parent = parent ? link_endpoint(parent->link) : NULL,
                                       .parent_name = "district",
                                       .parent_key = parent ? parent->keys.public_key : NULL};
    const struct link_handler handler = {node, node_on_frame, node_on_parent};
    struct fault fault = {0};
    if (link_open(world->loop, &config, &handler, &node->link, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
}

static inline void peers_add(struct link_peers *peers, enum link_kind kind, const char *name, const char *key)
{
    struct link_peer peer = {.kind = kind};
    text_put(peer.name, sizeof peer.name, name);
    text_put(peer.public_key, sizeof peer.public_key, key);
    assert_int_equal(link_peers_add(peers, &peer, NULL), ERR_OK);
}

static inline bool node_is_up(const void *node)
{
    return ((const struct node *)node)->parent_up;
}

static inline bool node_is_down(const void *node)
{
    return !((const struct node *)node)->parent_up;
}

static inline bool node_has_heard(const void *node)
{
    return ((const struct node *)node)->frames > 0;
}

static inline enum err say_to_parent(struct node *node, const char *text)
{
    return link_send_parent(node->link, (const uint8_t *)text, strlen(text));
}

static inline enum err say_to_child(struct node *node, const char *code, const char *text)
{
    return link_send_child(node->link, code, (const uint8_t *)text, strlen(text));
}

/* A stranger with a ZeroMQ socket of its own, calling `server` with `keys`. */
static inline void *stranger_open(struct world *world, const struct node *server,
                                  const struct link_keys *keys)
{
    void *socket = link_socket_new(world->raw_context, ZMQ_DEALER, keys, server->keys.public_key);
    assert_non_null(socket);
    assert_int_equal(zmq_connect(socket, link_endpoint(server->link)), 0);
    return socket;
}

#endif
