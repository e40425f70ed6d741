/* ZeroMQ sockets in the loop: no message is left lying, however the edge of ZMQ_FD was spent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zmq.h>

#include "loop/loop.h"

#define GUARD_MS 60000
#define MESSAGES 20000

struct story;

struct side {
    struct story *story;
    void *socket;
    struct loop_zmq *watch;
    int to_send;
    int sent;
    int received;
    int in_this_turn;
};

struct story {
    struct loop *loop;
    struct loop_timer *guard;
    struct loop_timer *burst;
    void *context;
    struct side side[2];
    int most_in_a_turn;
    int wanted;
    bool overdue;
};

static void on_overdue(void *ctx)
{
    struct story *story = ctx;
    story->overdue = true;
    loop_stop(story->loop);
}

static void on_turn(void *ctx)
{
    struct story *story = ctx;
    for (int i = 0; i < 2; i++) {
        if (story->side[i].in_this_turn > story->most_in_a_turn)
            story->most_in_a_turn = story->side[i].in_this_turn;
        story->side[i].in_this_turn = 0;
    }
    if (story->side[0].received + story->side[1].received >= story->wanted)
        loop_stop(story->loop);
}

static void *paired(struct story *story)
{
    const int unbounded = 0;
    void *socket = zmq_socket(story->context, ZMQ_PAIR);
    zmq_setsockopt(socket, ZMQ_SNDHWM, &unbounded, sizeof unbounded);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &unbounded, sizeof unbounded);
    return socket;
}

static void begin(struct story *story, loop_zmq_call *call)
{
    char endpoint[128];
    size_t size = sizeof endpoint;
    *story = (struct story){.loop = loop_new(), .context = zmq_ctx_new()};
    story->guard = loop_timer_new(story->loop, on_overdue, story);
    loop_timer_arm(story->guard, GUARD_MS);
    loop_after_turn(story->loop, on_turn, story);
    for (int i = 0; i < 2; i++)
        story->side[i] = (struct side){.story = story, .socket = paired(story)};
    assert_int_equal(zmq_bind(story->side[0].socket, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(story->side[0].socket, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
    assert_int_equal(zmq_connect(story->side[1].socket, endpoint), 0);
    for (int i = 0; i < 2; i++) {
        story->side[i].watch = loop_watch_zmq(story->loop, story->side[i].socket, call, &story->side[i]);
        assert_non_null(story->side[i].watch);
    }
}

static void end(struct story *story)
{
    const int at_once = 0;
    for (int i = 0; i < 2; i++) {
        loop_unwatch_zmq(&story->side[i].watch);
        zmq_setsockopt(story->side[i].socket, ZMQ_LINGER, &at_once, sizeof at_once);
        zmq_close(story->side[i].socket);
    }
    loop_timer_free(&story->guard);
    loop_timer_free(&story->burst);
    zmq_ctx_term(story->context);
    loop_free(&story->loop);
    assert_false(story->overdue);
}

/* Before the connection stands the bound side cannot send; it then tries again with the next call. */
static void send_some(struct side *side, int count)
{
    for (; count > 0 && side->to_send > 0; count--) {
        if (zmq_send(side->socket, &side->sent, sizeof side->sent, ZMQ_DONTWAIT) < 0)
            return;
        side->sent++;
        side->to_send--;
    }
}

static bool take(struct side *side)
{
    int number;
    if (zmq_recv(side->socket, &number, sizeof number, ZMQ_DONTWAIT) != (int)sizeof number)
        return false;
    side->received += number == side->received; /* in order, none missing */
    side->in_this_turn++;
    return true;
}

static bool on_message(void *ctx)
{
    return take(ctx);
}

static bool on_message_send_two(void *ctx)
{
    struct side *side = ctx;
    if (!take(side))
        return false;
    send_some(side, 2); /* a send looks for commands too and so spends the edge of what just arrived */
    return true;
}

static void test_thousands_each_way_arrive_although_sends_spend_the_edge(void **state)
{
    (void)state;
    struct story story;
    begin(&story, on_message_send_two);
    story.wanted = 2 * MESSAGES;
    story.side[0].to_send = story.side[1].to_send = MESSAGES;
    send_some(&story.side[1], 1);
    loop_run(story.loop);
    assert_int_equal(story.side[0].received, MESSAGES);
    assert_int_equal(story.side[1].received, MESSAGES);
    end(&story);
}

static void on_burst(void *ctx)
{
    struct story *story = ctx;
    send_some(&story->side[0], 97);
    send_some(&story->side[1], 89);
    if (story->side[0].to_send + story->side[1].to_send > 0)
        loop_timer_arm(story->burst, 0);
}

static void test_messages_sent_from_a_timer_are_answered_for_before_the_sleep(void **state)
{
    (void)state;
    struct story story;
    begin(&story, on_message);
    story.wanted = MESSAGES;
    story.side[0].to_send = story.side[1].to_send = MESSAGES / 2;
    story.burst = loop_timer_new(story.loop, on_burst, &story);
    loop_timer_arm(story.burst, 0);
    loop_run(story.loop);
    assert_int_equal(story.side[0].received, MESSAGES / 2);
    assert_int_equal(story.side[1].received, MESSAGES / 2);
    end(&story);
}

static void on_stop(void *ctx)
{
    loop_stop(ctx);
}

static void test_one_turn_takes_a_bounded_number_and_none_is_left(void **state)
{
    (void)state;
    struct story story;
    begin(&story, on_message);
    story.wanted = MESSAGES + 1;
    story.side[1].to_send = MESSAGES;
    send_some(&story.side[1], MESSAGES);
    struct loop_timer *settle = loop_timer_new(story.loop, on_stop, story.loop);
    /* let them pile up unread, so that one arrival stands for many messages */
    loop_unwatch_zmq(&story.side[0].watch);
    loop_timer_arm(settle, 100);
    loop_run(story.loop);
    assert_int_equal(story.side[0].received, 0);
    story.wanted = MESSAGES;
    story.side[0].watch = loop_watch_zmq(story.loop, story.side[0].socket, on_message, &story.side[0]);
    loop_run(story.loop);
    assert_int_equal(story.side[0].received, MESSAGES);
    assert_int_equal(story.most_in_a_turn, LOOP_ZMQ_PER_TURN);
    loop_timer_free(&settle);
    end(&story);
}

static bool on_message_leave(void *ctx)
{
    struct side *side = ctx;
    bool took = take(side);
    if (took && side->received == 3) {
        loop_unwatch_zmq(&side->watch);
        loop_stop(side->story->loop);
    }
    return took;
}

static void test_unwatching_inside_the_call_ends_the_calls_at_once(void **state)
{
    (void)state;
    struct story story;
    begin(&story, on_message_leave);
    story.wanted = MESSAGES;
    story.side[1].to_send = 100;
    send_some(&story.side[1], 100);
    loop_run(story.loop);
    assert_int_equal(story.side[0].received, 3);
    assert_null(story.side[0].watch);
    end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thousands_each_way_arrive_although_sends_spend_the_edge),
        cmocka_unit_test(test_messages_sent_from_a_timer_are_answered_for_before_the_sleep),
        cmocka_unit_test(test_one_turn_takes_a_bounded_number_and_none_is_left),
        cmocka_unit_test(test_unwatching_inside_the_call_ends_the_calls_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
