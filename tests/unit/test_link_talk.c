/* Two and three centers talking: frames both ways, routes, restarts, revocation. */
#include "test_link_world.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "link/link_private.h"

#define ANY_PORT "tcp://127.0.0.1:*"
#define MANY 5000

struct family {
    struct world world;
    struct link_peers peers;
    struct node district;
    struct node street;
    struct node other;
};

/* A district that lists two streets, "s1" and "s2", and the client "cli"; the streets are up. */
static void family_open(struct family *family)
{
    memset(family, 0, sizeof *family);
    world_open(&family->world);
    node_make_keys(&family->district);
    node_make_keys(&family->street);
    node_make_keys(&family->other);
    peers_add(&family->peers, LINK_CENTER, "s1", family->street.keys.public_key);
    peers_add(&family->peers, LINK_CENTER, "s2", family->other.keys.public_key);
    node_open(&family->world, &family->district, ANY_PORT, &family->peers, NULL);
    node_open(&family->world, &family->street, NULL, NULL, &family->district);
    node_open(&family->world, &family->other, NULL, NULL, &family->district);
    world_until(&family->world, node_is_up, &family->street);
    world_until(&family->world, node_is_up, &family->other);
}

static void family_close(struct family *family)
{
    link_close(&family->other.link);
    link_close(&family->street.link);
    link_close(&family->district.link);
    link_peers_free(&family->peers);
    world_close(&family->world);
}

static void test_frames_go_both_ways_and_carry_the_name_that_the_key_proves(void **state)
{
    (void)state;
    struct family family;
    family_open(&family);
    assert_int_equal(say_to_parent(&family.street, "up"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    assert_string_equal(family.district.last, "up");
    assert_string_equal(family.district.last_name, "s1");
    assert_int_equal(family.district.last_kind, LINK_CENTER);

    assert_int_equal(say_to_child(&family.district, "s1", "down"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.street);
    assert_string_equal(family.street.last, "down");
    assert_string_equal(family.street.last_name, "district");
    assert_int_equal(family.street.last_kind, LINK_PARENT);
    assert_int_equal(family.other.frames, 0);
    family_close(&family);
}

static void test_a_child_that_has_not_spoken_or_is_not_listed_cannot_be_reached(void **state)
{
    (void)state;
    struct family family;
    family_open(&family);
    assert_int_equal(say_to_child(&family.district, "s1", "x"), ERR_UNREACHABLE);
    assert_int_equal(say_to_child(&family.district, "s9", "x"), ERR_FOREIGN);
    assert_int_equal(link_counters(family.district.link)->unreachable, 1);
    family_close(&family);
}

static bool all_echoed(const void *node)
{
    return ((const struct node *)node)->frames >= MANY;
}

static void test_thousands_of_frames_are_echoed_in_full(void **state)
{
    (void)state;
    struct family family;
    family_open(&family);
    family.district.echo = true;
    for (int i = 0; i < MANY;) {
        enum err rc = say_to_parent(&family.street, "again and again");
        if (rc == ERR_OK) {
            i++;
            continue;
        }
        assert_int_equal(rc, ERR_BUSY); /* a full queue is said, and empties while the loop turns */
        world_settle(&family.world);
    }
    world_until(&family.world, all_echoed, &family.street);
    assert_int_equal(family.street.frames, MANY);
    assert_int_equal(family.district.frames, MANY);
    family_close(&family);
}

/* Waits until libzmq has news for the socket, and a moment longer: right after another call it looks for
 * none. */
static bool told(void *socket, int wait_ms)
{
    int fd;
    size_t size = sizeof fd;
    zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
    struct pollfd news = {.fd = fd, .events = POLLIN};
    bool there = poll(&news, 1, wait_ms) > 0;
    if (wait_ms > 0)
        usleep(10000);
    return there;
}

/* Sending looks for news, too, and takes it from the descriptor: what came must be heard all the same. */
static void test_a_frame_whose_news_a_send_has_swallowed_is_heard(void **state)
{
    (void)state;
    struct family family;
    family_open(&family);
    assert_int_equal(say_to_parent(&family.street, "first"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    world_settle(&family.world);

    assert_int_equal(say_to_child(&family.district, "s1", "down"), ERR_OK);
    assert_true(told(family.street.link->dealer.socket, GUARD_MS));
    assert_int_equal(say_to_parent(&family.street, "up"), ERR_OK);
    assert_false(told(family.street.link->dealer.socket, 0));
    world_until(&family.world, node_has_heard, &family.street);

    world_settle(&family.world);
    family.district.frames = 0;
    assert_int_equal(say_to_parent(&family.street, "up again"), ERR_OK);
    assert_true(told(family.district.link->router.socket, GUARD_MS));
    assert_int_equal(say_to_child(&family.district, "s1", "down again"), ERR_OK);
    assert_false(told(family.district.link->router.socket, 0));
    world_until(&family.world, node_has_heard, &family.district);
    assert_string_equal(family.district.last, "up again");
    family_close(&family);
}

static void test_the_largest_frame_passes_and_a_larger_or_empty_one_is_not_sent(void **state)
{
    (void)state;
    struct family family;
    uint8_t *bytes = calloc(1, FRAME_BYTES_MAX + 1);
    family_open(&family);
    assert_int_equal(link_send_parent(family.street.link, bytes, FRAME_BYTES_MAX), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    assert_int_equal(family.district.last_size, FRAME_BYTES_MAX);
    assert_int_equal(link_send_parent(family.street.link, bytes, FRAME_BYTES_MAX + 1), ERR_TOO_LONG);
    assert_int_equal(link_send_parent(family.street.link, bytes, 0), ERR_MISSING);
    assert_int_equal(link_reply(family.district.link, &family.district.last_route, bytes, 0), ERR_MISSING);
    assert_int_equal(link_send_child(family.district.link, "s1", bytes, FRAME_BYTES_MAX + 1), ERR_TOO_LONG);
    free(bytes);
    family_close(&family);
}

static void test_a_restarted_child_takes_its_route_over_and_its_old_route_is_dead(void **state)
{
    (void)state;
    struct family family;
    family_open(&family);
    assert_int_equal(say_to_parent(&family.street, "first life"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    struct link_route old = family.district.last_route;

    link_close(&family.street.link);
    family.street.parent_up = false;
    family.district.frames = 0;
    node_open(&family.world, &family.street, NULL, NULL, &family.district);
    world_until(&family.world, node_is_up, &family.street);
    assert_int_equal(say_to_parent(&family.street, "second life"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);

    assert_int_equal(link_reply(family.district.link, &old, (const uint8_t *)"x", 1), ERR_UNREACHABLE);
    assert_int_equal(say_to_child(&family.district, "s1", "welcome back"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.street);
    assert_string_equal(family.street.last, "welcome back");
    family_close(&family);
}

static void test_a_restarted_parent_is_called_again_without_being_told(void **state)
{
    (void)state;
    struct family family;
    char endpoint[ENDPOINT_SIZE];
    family_open(&family);
    text_put(endpoint, sizeof endpoint, link_endpoint(family.district.link));
    link_close(&family.district.link);
    world_until(&family.world, node_is_down, &family.street);
    assert_false(link_parent_up(family.street.link));
    assert_int_equal(say_to_parent(&family.street, "lost"), ERR_UNREACHABLE);

    node_open(&family.world, &family.district, endpoint, &family.peers, NULL);
    world_until(&family.world, node_is_up, &family.street);
    assert_int_equal(family.street.ups, 2);
    assert_int_equal(say_to_parent(&family.street, "back"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    assert_string_equal(family.district.last,
                        "back"); /* and not "lost": nothing waited for another session */
    family_close(&family);
}

static void test_one_child_cannot_take_the_route_of_another(void **state)
{
    (void)state;
    struct family family;
    family_open(&family);
    assert_int_equal(say_to_parent(&family.street, "I am s1"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    family.district.frames = 0;
    assert_int_equal(say_to_parent(&family.other, "I am s1"),
                     ERR_OK); /* whatever it writes, its key says s2 */
    world_until(&family.world, node_has_heard, &family.district);
    assert_string_equal(family.district.last_name, "s2");

    assert_int_equal(say_to_child(&family.district, "s1", "for s1 alone"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.street);
    world_settle(&family.world);
    assert_int_equal(family.other.frames, 0);
    family_close(&family);
}

static bool has_refused_foreign(const void *node)
{
    return link_counters(((const struct node *)node)->link)->foreign > 0;
}

static void test_a_revoked_child_that_is_still_connected_is_neither_heard_nor_spoken_to(void **state)
{
    (void)state;
    struct family family;
    struct link_peers fewer = {0};
    family_open(&family);
    assert_int_equal(say_to_parent(&family.street, "still listed"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    struct link_route route = family.district.last_route;
    family.district.frames = 0;

    peers_add(&fewer, LINK_CENTER, "s2", family.other.keys.public_key);
    assert_int_equal(link_reload(family.district.link, &fewer), ERR_OK);
    assert_int_equal(say_to_parent(&family.street, "no longer listed"), ERR_OK);
    world_until(&family.world, has_refused_foreign, &family.district);
    assert_int_equal(family.district.frames, 0);
    assert_int_equal(link_reply(family.district.link, &route, (const uint8_t *)"x", 1), ERR_FOREIGN);
    assert_int_equal(say_to_child(&family.district, "s1", "x"), ERR_FOREIGN);

    assert_int_equal(say_to_parent(&family.other, "a sibling notices nothing"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    assert_string_equal(family.district.last_name, "s2");
    assert_int_equal(family.street.frames, 0);
    link_peers_free(&fewer);
    family_close(&family);
}

static void test_a_child_with_a_new_key_loses_the_connection_of_its_old_one(void **state)
{
    (void)state;
    struct family family;
    struct link_peers renewed = {0};
    struct link_keys new_keys;
    family_open(&family);
    assert_int_equal(say_to_parent(&family.street, "old key"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    struct link_route route = family.district.last_route;
    family.district.frames = 0;

    assert_int_equal(link_keys_make(&new_keys, NULL), ERR_OK);
    peers_add(&renewed, LINK_CENTER, "s1", new_keys.public_key);
    assert_int_equal(link_reload(family.district.link, &renewed), ERR_OK);
    assert_int_equal(say_to_parent(&family.street, "old key again"), ERR_OK);
    world_until(&family.world, has_refused_foreign, &family.district);
    assert_int_equal(link_reply(family.district.link, &route, (const uint8_t *)"x", 1), ERR_FOREIGN);
    assert_int_equal(say_to_child(&family.district, "s1", "x"), ERR_UNREACHABLE);

    link_close(&family.street.link);
    family.street.keys = new_keys;
    family.street.parent_up = false;
    node_open(&family.world, &family.street, NULL, NULL, &family.district);
    world_until(&family.world, node_is_up, &family.street);
    assert_int_equal(say_to_parent(&family.street, "new key"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    assert_string_equal(family.district.last, "new key");
    link_peers_free(&renewed);
    family_close(&family);
}

static void test_a_reload_keeps_the_routes_of_those_who_stay(void **state)
{
    (void)state;
    struct family family;
    family_open(&family);
    assert_int_equal(say_to_parent(&family.street, "here"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.district);
    assert_int_equal(link_reload(family.district.link, &family.peers), ERR_OK);
    assert_int_equal(say_to_child(&family.district, "s1", "by code"), ERR_OK);
    world_until(&family.world, node_has_heard, &family.street);
    assert_int_equal(link_reply(family.district.link, &family.district.last_route, (const uint8_t *)"x", 1),
                     ERR_OK);
    family_close(&family);
}

static void test_a_taken_port_and_a_bad_endpoint_or_key_are_said(void **state)
{
    (void)state;
    struct family family;
    struct link *link = NULL;
    struct fault fault;
    const struct link_handler handler = {NULL, node_on_frame, NULL};
    family_open(&family);
    struct link_config config = {.listen = link_endpoint(family.district.link), .keys = &family.street.keys};
    assert_int_equal(link_open(family.world.loop, &config, &handler, &link, &fault), ERR_IO);
    assert_non_null(strstr(fault.text, link_endpoint(family.district.link)));
    config.listen = "nonsense";
    assert_int_equal(link_open(family.world.loop, &config, &handler, &link, &fault), ERR_CONFIG);
    config.listen = NULL;
    config.parent = "tcp://127.0.0.1:1";
    config.parent_name = "district";
    config.parent_key = "too short";
    assert_int_equal(link_open(family.world.loop, &config, &handler, &link, &fault), ERR_CONFIG);
    assert_non_null(strstr(fault.text, "district"));
    assert_null(link);
    family_close(&family);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_go_both_ways_and_carry_the_name_that_the_key_proves),
        cmocka_unit_test(test_a_child_that_has_not_spoken_or_is_not_listed_cannot_be_reached),
        cmocka_unit_test(test_thousands_of_frames_are_echoed_in_full),
        cmocka_unit_test(test_a_frame_whose_news_a_send_has_swallowed_is_heard),
        cmocka_unit_test(test_the_largest_frame_passes_and_a_larger_or_empty_one_is_not_sent),
        cmocka_unit_test(test_a_restarted_child_takes_its_route_over_and_its_old_route_is_dead),
        cmocka_unit_test(test_a_restarted_parent_is_called_again_without_being_told),
        cmocka_unit_test(test_one_child_cannot_take_the_route_of_another),
        cmocka_unit_test(test_a_revoked_child_that_is_still_connected_is_neither_heard_nor_spoken_to),
        cmocka_unit_test(test_a_child_with_a_new_key_loses_the_connection_of_its_old_one),
        cmocka_unit_test(test_a_reload_keeps_the_routes_of_those_who_stay),
        cmocka_unit_test(test_a_taken_port_and_a_bad_endpoint_or_key_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
