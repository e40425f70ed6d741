/* Field clients: a key that speaks for units, commands pushed to it, and many of them at one center. */
#include "test_link_world.h"

#include <stdlib.h>

#include "link/link_client.h"

#define ANY_PORT "tcp://127.0.0.1:*"
#define PUSHES 2000
#define MANY 300 /* field clients of one center */
#define WAIT_MS 20000

/* A community center that lists one gateway, which has attached itself. */
struct post {
    struct world world;
    struct link_peers peers;
    struct node center;
    struct link_keys gateway_keys;
    struct link_clients *clients;
    struct link_client *gateway;
};

static void field_add(struct link_peers *peers, const char *name, const char *key, const char *units)
{
    struct link_peer peer = {.kind = LINK_FIELD};
    char copy[LINK_UNITS_SIZE];
    text_put(peer.name, sizeof peer.name, name);
    text_put(peer.public_key, sizeof peer.public_key, key);
    text_put(copy, sizeof copy, units);
    peer.units = copy;
    assert_int_equal(link_peers_add(peers, &peer, NULL), ERR_OK);
}

static struct link_client *call(struct post *post, const struct link_keys *keys)
{
    struct link_client *client = NULL;
    assert_int_equal(link_client_open(post->clients, link_endpoint(post->center.link),
                                      post->center.keys.public_key, keys, 0, &client, NULL),
                     ERR_OK);
    assert_int_equal(link_client_send(client, (const uint8_t *)"attach", 6, NULL), ERR_OK);
    return client;
}

static void post_open(struct post *post, const char *units)
{
    memset(post, 0, sizeof *post);
    world_open(&post->world);
    node_make_keys(&post->center);
    assert_int_equal(link_keys_make(&post->gateway_keys, NULL), ERR_OK);
    field_add(&post->peers, "gateway", post->gateway_keys.public_key, units);
    node_open(&post->world, &post->center, ANY_PORT, &post->peers, NULL);
    post->clients = link_clients_new(4);
    post->gateway = call(post, &post->gateway_keys);
    world_until(&post->world, node_has_heard, &post->center);
}

static void post_close(struct post *post)
{
    link_client_close(&post->gateway);
    link_clients_free(&post->clients);
    link_close(&post->center.link);
    link_peers_free(&post->peers);
    world_close(&post->world);
}

static void reload(struct post *post, const char *units)
{
    link_peers_free(&post->peers);
    if (units)
        field_add(&post->peers, "gateway", post->gateway_keys.public_key, units);
    assert_int_equal(link_reload(post->center.link, &post->peers), ERR_OK);
}

static enum err push(struct post *post, const struct link_route *route, int number)
{
    char text[32];
    int n = snprintf(text, sizeof text, "command %d", number);
    return link_reply(post->center.link, route, (const uint8_t *)text, (size_t)n);
}

static void assert_pushed(struct link_client *client, int number)
{
    const uint8_t *bytes;
    size_t n;
    char wanted[32];
    assert_int_equal(link_client_recv(client, WAIT_MS, &bytes, &n, NULL), ERR_OK);
    snprintf(wanted, sizeof wanted, "command %d", number);
    assert_int_equal(n, strlen(wanted));
    assert_memory_equal(bytes, wanted, n);
}

static void test_a_field_clients_frames_carry_its_kind_and_name(void **state)
{
    (void)state;
    struct post post;
    post_open(&post, "*");
    assert_int_equal(post.center.last_kind, LINK_FIELD);
    assert_string_equal(post.center.last_name, "gateway");
    post_close(&post);
}

static void test_a_kept_route_serves_for_thousands_of_pushes_in_their_order(void **state)
{
    (void)state;
    struct post post;
    post_open(&post, "*");
    const struct link_route route = post.center.last_route;
    for (int i = 0; i < PUSHES; i++)
        assert_int_equal(push(&post, &route, i), ERR_OK);
    for (int i = 0; i < PUSHES; i++)
        assert_pushed(post.gateway, i);
    assert_int_equal(push(&post, &route, PUSHES), ERR_OK);
    assert_pushed(post.gateway, PUSHES);
    post_close(&post);
}

static bool two_heard(const void *node)
{
    return ((const struct node *)node)->frames >= 2;
}

static void test_two_connections_of_one_key_have_a_route_each(void **state)
{
    (void)state;
    struct post post;
    post_open(&post, "*");
    const struct link_route first = post.center.last_route;
    struct link_client *again = call(&post, &post.gateway_keys);
    world_until(&post.world, two_heard, &post.center);
    const struct link_route second = post.center.last_route;
    assert_int_equal(push(&post, &second, 2), ERR_OK);
    assert_int_equal(push(&post, &first, 1), ERR_OK);
    assert_pushed(post.gateway, 1);
    assert_pushed(again, 2);
    link_client_close(&again);
    post_close(&post);
}

static void test_the_route_of_an_ended_connection_says_so(void **state)
{
    (void)state;
    struct post post;
    post_open(&post, "*");
    const struct link_route route = post.center.last_route;
    link_client_close(&post.gateway);
    while (push(&post, &route, 1) != ERR_UNREACHABLE) /* what is sent before it is noticed is lost */
        world_settle(&post.world);
    assert_int_equal(push(&post, &route, 2), ERR_UNREACHABLE);
    post_close(&post);
}

static void test_a_key_speaks_for_the_units_of_its_line_and_for_nobody_else(void **state)
{
    (void)state;
    struct post post;
    post_open(&post, "police-1.440306017 aux.440306017");
    const struct link *link = post.center.link;
    assert_true(link_speaks_for(link, "gateway", "police-1.440306017"));
    assert_true(link_speaks_for(link, "gateway", "aux.440306017"));
    assert_false(link_speaks_for(link, "gateway", "police-1.44030601"));
    assert_false(link_speaks_for(link, "gateway", "police-1.4403060171"));
    assert_false(link_speaks_for(link, "gateway", "police-1.440306017 aux.440306017"));
    assert_false(link_speaks_for(link, "gateway", ""));
    assert_false(link_speaks_for(link, "other", "aux.440306017"));
    post_close(&post);
}

static void test_units_change_under_a_standing_connection(void **state)
{
    (void)state;
    struct post post;
    post_open(&post, "aux.1");
    const struct link_route route = post.center.last_route;
    reload(&post, "aux.2");
    assert_false(link_speaks_for(post.center.link, "gateway", "aux.1"));
    assert_true(link_speaks_for(post.center.link, "gateway", "aux.2"));
    assert_int_equal(push(&post, &route, 7), ERR_OK);
    assert_pushed(post.gateway, 7);
    reload(&post, "*");
    assert_true(link_speaks_for(post.center.link, "gateway", "aux.1"));
    post_close(&post);
}

static bool foreign_seen(const void *node)
{
    return link_counters(((const struct node *)node)->link)->foreign > 0;
}

static void test_a_field_client_off_the_list_is_deaf_and_mute(void **state)
{
    (void)state;
    struct post post;
    const uint8_t *bytes;
    size_t n;
    post_open(&post, "*");
    const struct link_route route = post.center.last_route;
    reload(&post, NULL);
    assert_false(link_speaks_for(post.center.link, "gateway", "aux.1"));
    assert_int_equal(push(&post, &route, 1), ERR_FOREIGN);
    assert_int_equal(link_client_send(post.gateway, (const uint8_t *)"status", 6, NULL), ERR_OK);
    world_until(&post.world, foreign_seen, &post.center);
    assert_int_equal(post.center.frames, 1);
    assert_int_equal(link_client_recv(post.gateway, 0, &bytes, &n, NULL), ERR_TIMEOUT);
    reload(&post, "*"); /* listed anew: its old route stays dead, the next frame brings another */
    assert_int_equal(push(&post, &route, 1), ERR_FOREIGN);
    post_close(&post);
}

static void test_a_center_and_a_client_speak_for_no_unit(void **state)
{
    (void)state;
    struct link_peers peers = {0};
    struct link_keys keys;
    assert_int_equal(link_keys_make(&keys, NULL), ERR_OK);
    peers_add(&peers, LINK_CLIENT, "operator", keys.public_key);
    assert_false(link_peers_speaks_for(&peers, "operator", "aux.1"));
    assert_false(link_peers_speaks_for(&peers, "nobody", "aux.1"));
    link_peers_free(&peers);
}

static bool all_heard(const void *node)
{
    return ((const struct node *)node)->frames >= MANY;
}

/* All at one moment, as after a restart of the center; each hears what is meant for it. */
static void test_hundreds_of_field_clients_attach_and_hear_their_own(void **state)
{
    (void)state;
    struct world world;
    struct node center;
    struct link_peers peers = {0};
    struct link_keys *keys = calloc(MANY, sizeof *keys);
    void **sockets = calloc(MANY, sizeof *sockets);
    world_open(&world);
    zmq_ctx_set(world.raw_context, ZMQ_MAX_SOCKETS, 2 * MANY);
    node_make_keys(&center);
    center.echo = true;
    for (int i = 0; i < MANY; i++) {
        char name[USER_SIZE];
        assert_int_equal(link_keys_make(&keys[i], NULL), ERR_OK);
        snprintf(name, sizeof name, "unit-%d", i);
        field_add(&peers, name, keys[i].public_key, name);
    }
    node_open(&world, &center, ANY_PORT, &peers, NULL);
    for (int i = 0; i < MANY; i++) {
        sockets[i] = stranger_open(&world, &center, &keys[i]);
        assert_int_equal(zmq_send(sockets[i], &i, sizeof i, 0), sizeof i);
    }
    world_until(&world, all_heard, &center);
    for (int i = 0; i < MANY; i++) {
        const int wait_ms = WAIT_MS;
        int heard = -1;
        zmq_setsockopt(sockets[i], ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
        assert_int_equal(zmq_recv(sockets[i], &heard, sizeof heard, 0), sizeof heard);
        assert_int_equal(heard, i);
        zmq_close(sockets[i]);
    }
    assert_int_equal(link_counters(center.link)->denied, 0);
    link_close(&center.link);
    link_peers_free(&peers);
    world_close(&world);
    free(sockets);
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_field_clients_frames_carry_its_kind_and_name),
        cmocka_unit_test(test_a_kept_route_serves_for_thousands_of_pushes_in_their_order),
        cmocka_unit_test(test_two_connections_of_one_key_have_a_route_each),
        cmocka_unit_test(test_the_route_of_an_ended_connection_says_so),
        cmocka_unit_test(test_a_key_speaks_for_the_units_of_its_line_and_for_nobody_else),
        cmocka_unit_test(test_units_change_under_a_standing_connection),
        cmocka_unit_test(test_a_field_client_off_the_list_is_deaf_and_mute),
        cmocka_unit_test(test_a_center_and_a_client_speak_for_no_unit),
        cmocka_unit_test(test_hundreds_of_field_clients_attach_and_hear_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
