/* The caller without a loop: answers, silence, refusal and absence told apart; many centers at once. The
 * center runs in a thread of its own. */
#include "test_link_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/link_client.h"

#define WAIT_MS 20000 /* only a broken link ever waits this long */
#define SHORT_MS 200
#define CENTERS 135

struct clerk {
    struct world world;
    struct link_peers peers;
    struct node node;
    struct link_keys client_keys;
    struct link_clients *clients;
    pthread_t thread;
    int quit[2]; /* a byte in here ends the thread's loop */
    struct loop_fd *quit_watch;
};

static void on_quit(void *ctx, int events)
{
    (void)events;
    struct clerk *clerk = ctx;
    loop_unwatch_fd(&clerk->quit_watch);
    loop_stop(clerk->world.loop);
}

static void *serve(void *ctx)
{
    struct clerk *clerk = ctx;
    loop_run(clerk->world.loop);
    return NULL;
}

static void clerk_open(struct clerk *clerk, bool echo)
{
    memset(clerk, 0, sizeof *clerk);
    world_open(&clerk->world);
    node_make_keys(&clerk->node);
    clerk->node.echo = echo;
    assert_int_equal(link_keys_make(&clerk->client_keys, NULL), ERR_OK);
    peers_add(&clerk->peers, LINK_CLIENT, "cli", clerk->client_keys.public_key);
    node_open(&clerk->world, &clerk->node, "tcp://127.0.0.1:*", &clerk->peers, NULL);
    assert_int_equal(pipe(clerk->quit), 0);
    clerk->quit_watch = loop_watch_fd(clerk->world.loop, clerk->quit[0], LOOP_READ, on_quit, clerk);
    assert_int_equal(pthread_create(&clerk->thread, NULL, serve, clerk), 0);
    clerk->clients = link_clients_new(CENTERS);
    assert_non_null(clerk->clients);
}

/* Ends the center; the caller's side stays. */
static void clerk_leave(struct clerk *clerk)
{
    assert_int_equal(write(clerk->quit[1], "q", 1), 1);
    pthread_join(clerk->thread, NULL);
    link_close(&clerk->node.link);
}

static void clerk_close(struct clerk *clerk)
{
    link_clients_free(&clerk->clients);
    link_peers_free(&clerk->peers);
    close(clerk->quit[0]);
    close(clerk->quit[1]);
    world_close(&clerk->world);
}

static enum err ask_open(struct clerk *clerk, int timeout_ms, struct link_client **client,
                         struct fault *fault)
{
    return link_client_open(clerk->clients, link_endpoint(clerk->node.link), clerk->node.keys.public_key,
                            &clerk->client_keys, timeout_ms, client, fault);
}

static enum err ask(struct link_client *client, const char *text)
{
    return link_client_send(client, (const uint8_t *)text, strlen(text), NULL);
}

static void test_a_request_is_answered(void **state)
{
    (void)state;
    struct clerk clerk;
    struct link_client *client;
    const uint8_t *bytes;
    size_t n;
    clerk_open(&clerk, true);
    assert_int_equal(ask_open(&clerk, WAIT_MS, &client, NULL), ERR_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(client, "status?"), ERR_OK);
        assert_int_equal(link_client_recv(client, WAIT_MS, &bytes, &n, NULL), ERR_OK);
        assert_int_equal(n, 7);
        assert_memory_equal(bytes, "status?", 7);
    }
    assert_int_equal(link_client_send(client, (const uint8_t *)"", 0, NULL), ERR_MISSING);
    link_client_close(&client);
    assert_null(client);
    clerk_leave(&clerk);
    clerk_close(&clerk);
}

static void test_a_center_that_says_nothing_is_a_timeout(void **state)
{
    (void)state;
    struct clerk clerk;
    struct link_client *client;
    struct fault fault;
    const uint8_t *bytes;
    size_t n;
    clerk_open(&clerk, false);
    assert_int_equal(ask_open(&clerk, WAIT_MS, &client, &fault), ERR_OK);
    assert_int_equal(ask(client, "status?"), ERR_OK);
    assert_int_equal(link_client_recv(client, SHORT_MS, &bytes, &n, &fault), ERR_TIMEOUT);
    assert_non_null(strstr(fault.text, "no answer"));
    link_client_close(&client);
    clerk_leave(&clerk);
    clerk_close(&clerk);
}

static void test_where_nobody_listens_is_unreachable_at_once(void **state)
{
    (void)state;
    struct clerk clerk;
    struct link_client *client = NULL;
    struct fault fault;
    const uint8_t *bytes;
    size_t n;
    char endpoint[ENDPOINT_SIZE];
    clerk_open(&clerk, true);
    text_put(endpoint, sizeof endpoint, link_endpoint(clerk.node.link));
    clerk_leave(&clerk);
    assert_int_equal(link_client_open(clerk.clients, endpoint, clerk.node.keys.public_key, &clerk.client_keys,
                                      WAIT_MS, &client, &fault),
                     ERR_UNREACHABLE);
    assert_non_null(strstr(fault.text, endpoint));
    assert_null(client);
    assert_int_equal(link_client_open(clerk.clients, endpoint, clerk.node.keys.public_key, &clerk.client_keys,
                                      0, &client, &fault),
                     ERR_OK);
    (void)ask(client, "anyone?"); /* may be queued or know already */
    assert_int_equal(link_client_recv(client, WAIT_MS, &bytes, &n, &fault), ERR_UNREACHABLE);
    assert_int_equal(ask(client, "anyone?"), ERR_UNREACHABLE);
    link_client_close(&client);
    clerk_close(&clerk);
}

static void test_a_center_that_leaves_before_it_answers_is_unreachable(void **state)
{
    (void)state;
    struct clerk clerk;
    struct link_client *client;
    struct fault fault;
    const uint8_t *bytes;
    size_t n;
    clerk_open(&clerk, false);
    assert_int_equal(ask_open(&clerk, WAIT_MS, &client, &fault), ERR_OK);
    assert_int_equal(ask(client, "status?"), ERR_OK);
    clerk_leave(&clerk);
    assert_int_equal(link_client_recv(client, WAIT_MS, &bytes, &n, &fault), ERR_UNREACHABLE);
    link_client_close(&client);
    clerk_close(&clerk);
}

static void test_an_unlisted_key_is_told_so(void **state)
{
    (void)state;
    struct clerk clerk;
    struct link_client *client = NULL;
    struct fault fault;
    clerk_open(&clerk, true);
    assert_int_equal(link_keys_make(&clerk.client_keys, NULL), ERR_OK);
    assert_int_equal(ask_open(&clerk, WAIT_MS, &client, &fault), ERR_FOREIGN);
    assert_non_null(strstr(fault.text, "not listed"));
    assert_null(client);
    clerk_leave(&clerk);
    clerk_close(&clerk);
}

static void test_another_centers_key_at_that_address_is_not_trusted(void **state)
{
    (void)state;
    struct clerk clerk;
    struct link_client *client = NULL;
    struct fault fault;
    struct link_keys other;
    clerk_open(&clerk, true);
    assert_int_equal(link_keys_make(&other, NULL), ERR_OK);
    assert_int_equal(link_client_open(clerk.clients, link_endpoint(clerk.node.link), other.public_key,
                                      &clerk.client_keys, WAIT_MS, &client, &fault),
                     ERR_UNREACHABLE);
    assert_non_null(strstr(fault.text, "key"));
    clerk_leave(&clerk);
    clerk_close(&clerk);
}

/* A frozen process: the kernel takes the connection, nobody speaks. */
static void test_a_port_that_stays_silent_is_a_timeout(void **state)
{
    (void)state;
    struct clerk clerk;
    struct link_client *client = NULL;
    struct fault fault;
    char endpoint[ENDPOINT_SIZE];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", ntohs(at.sin_port));
    clerk_open(&clerk, true);
    assert_int_equal(link_client_open(clerk.clients, endpoint, clerk.node.keys.public_key, &clerk.client_keys,
                                      SHORT_MS, &client, &fault),
                     ERR_TIMEOUT);
    close(fd);
    clerk_leave(&clerk);
    clerk_close(&clerk);
}

static void test_nonsense_is_refused_before_anything_is_opened(void **state)
{
    (void)state;
    struct clerk clerk;
    struct link_client *client = NULL;
    struct fault fault;
    clerk_open(&clerk, true);
    assert_int_equal(link_client_open(clerk.clients, "nowhere", clerk.node.keys.public_key,
                                      &clerk.client_keys, 0, &client, &fault),
                     ERR_CONFIG);
    assert_int_equal(link_client_open(clerk.clients, link_endpoint(clerk.node.link), "no key",
                                      &clerk.client_keys, 0, &client, &fault),
                     ERR_CONFIG);
    clerk_leave(&clerk);
    clerk_close(&clerk);
}

static void test_many_clients_are_asked_at_once_and_one_that_fails_holds_nobody_up(void **state)
{
    (void)state;
    struct clerk clerk;
    struct link_client *client[CENTERS] = {0};
    bool ready[CENTERS];
    int answers = 0;
    int failures = 0;
    const uint8_t *bytes;
    size_t n;
    clerk_open(&clerk, true);
    for (int i = 0; i < CENTERS; i++) {
        const char *endpoint = i == 7 ? "tcp://127.0.0.1:1" : link_endpoint(clerk.node.link);
        assert_int_equal(link_client_open(clerk.clients, endpoint, clerk.node.keys.public_key,
                                          &clerk.client_keys, 0, &client[i], NULL),
                         ERR_OK);
        enum err rc = ask(client[i], "tree?");
        assert_true(rc == ERR_OK || (i == 7 && rc == ERR_UNREACHABLE));
    }
    while (answers + failures < CENTERS) {
        assert_int_equal(link_client_poll(client, CENTERS, ready, WAIT_MS), ERR_OK);
        for (int i = 0; i < CENTERS; i++) {
            if (!ready[i])
                continue;
            enum err rc = link_client_recv(client[i], 0, &bytes, &n, NULL);
            answers += rc == ERR_OK;
            failures += rc == ERR_UNREACHABLE;
            link_client_close(&client[i]);
        }
    }
    assert_int_equal(failures, 1);
    assert_int_equal(link_client_poll(client, CENTERS, ready, 0), ERR_TIMEOUT);
    clerk_leave(&clerk);
    clerk_close(&clerk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_answered),
        cmocka_unit_test(test_a_center_that_says_nothing_is_a_timeout),
        cmocka_unit_test(test_where_nobody_listens_is_unreachable_at_once),
        cmocka_unit_test(test_a_center_that_leaves_before_it_answers_is_unreachable),
        cmocka_unit_test(test_an_unlisted_key_is_told_so),
        cmocka_unit_test(test_another_centers_key_at_that_address_is_not_trusted),
        cmocka_unit_test(test_a_port_that_stays_silent_is_a_timeout),
        cmocka_unit_test(test_nonsense_is_refused_before_anything_is_opened),
        cmocka_unit_test(test_many_clients_are_asked_at_once_and_one_that_fails_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
