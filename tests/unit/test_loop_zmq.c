/* ZeroMQ sockets in the loop: no message is left lying, whoever swallowed the news of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
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
            break;
        side->sent++;
        side->to_send--;
    }
    loop_zmq_touched(side->watch);
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
    send_some(side, 2); /* a send looks for news too and so swallows that of what just arrived */
    return true;
}

static void test_thousands_each_way_arrive_although_sends_swallow_the_news(void **state)
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

/* ---- news that somebody else swallows ---- */

static bool told(void *socket, int wait_ms)
{
    int fd;
    size_t size = sizeof fd;
    zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
    struct pollfd news = {.fd = fd, .events = POLLIN};
    return poll(&news, 1, wait_ms) > 0;
}

/* Asks the socket and throws the answer away: the descriptor tells nothing of what has come any more. */
static void swallow(struct side *side)
{
    int events;
    size_t size = sizeof events;
    zmq_getsockopt(side->socket, ZMQ_EVENTS, &events, &size);
    loop_zmq_touched(side->watch);
}

static void test_a_message_whose_news_was_swallowed_outside_the_loop_is_taken(void **state)
{
    (void)state;
    struct story story;
    begin(&story, on_message);
    story.side[0].to_send = story.side[1].to_send = 1;
    story.wanted = 1;
    send_some(&story.side[1], 1);
    loop_run(story.loop); /* the connection stands now, and nothing more is due */
    struct loop_timer *rest = loop_timer_new(story.loop, on_stop, story.loop);
    story.wanted = 3;
    loop_timer_arm(rest, 50);
    loop_run(story.loop);
    send_some(&story.side[0], 1);
    assert_true(told(story.side[1].socket, GUARD_MS));
    swallow(&story.side[1]);
    assert_false(told(story.side[1].socket, 0));
    story.wanted = 2;
    loop_run(story.loop);
    assert_int_equal(story.side[1].received, 1);
    loop_timer_free(&rest);
    end(&story);
}

/* One token goes to and fro: a single lost wake-up, and it stops. */
struct rally {
    struct story story;
    struct loop_timer *later;
    struct side *holder; /* who answers from the timer or after the turn; NULL = nobody */
    bool after_turn;
    unsigned seed;
};

static void answer(struct rally *rally, struct side *side)
{
    struct side *other = &rally->story.side[side == &rally->story.side[0]];
    bool before = rand_r(&rally->seed) % 2;
    side->to_send = 1;
    if (before)
        swallow(side);
    send_some(side, 1);
    if (rand_r(&rally->seed) % 4 == 0)
        usleep((useconds_t)(rand_r(&rally->seed) % 60)); /* the token arrives meanwhile */
    if (rand_r(&rally->seed) % 2)
        swallow(other);
}

static void answer_held(struct rally *rally)
{
    struct side *side = rally->holder;
    rally->holder = NULL;
    if (side)
        answer(rally, side);
}

static bool on_token(void *ctx)
{
    struct side *side = ctx;
    struct rally *rally = (struct rally *)(void *)side->story;
    if (!take(side))
        return false;
    int how = rand_r(&rally->seed) % 4;
    if (how < 2) {
        answer(rally, side);
        return true;
    }
    rally->holder = side;
    rally->after_turn = how == 2;
    if (how == 3)
        loop_timer_arm(rally->later, rand_r(&rally->seed) % 2);
    return true;
}

static void on_later(void *ctx)
{
    answer_held(ctx);
}

static void on_rally_turn(void *ctx)
{
    struct rally *rally = ctx;
    if (rally->after_turn)
        answer_held(rally);
    rally->after_turn = false;
}

static void test_a_single_token_is_never_lost_wherever_sends_and_questions_swallow_its_news(void **state)
{
    (void)state;
    struct rally rally = {.seed = (unsigned)getpid()};
    print_message("seed %u\n", rally.seed);
    begin(&rally.story, on_token);
    rally.later = loop_timer_new(rally.story.loop, on_later, &rally);
    loop_after_turn(rally.story.loop, on_rally_turn, &rally);
    rally.story.wanted = MESSAGES / 5;
    rally.story.side[1].to_send = 1;
    send_some(&rally.story.side[1], 1);
    loop_run(rally.story.loop);
    assert_true(rally.story.side[0].received + rally.story.side[1].received >= MESSAGES / 5);
    loop_timer_free(&rally.later);
    end(&rally.story);
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
        cmocka_unit_test(test_thousands_each_way_arrive_although_sends_swallow_the_news),
        cmocka_unit_test(test_messages_sent_from_a_timer_are_answered_for_before_the_sleep),
        cmocka_unit_test(test_a_message_whose_news_was_swallowed_outside_the_loop_is_taken),
        cmocka_unit_test(test_a_single_token_is_never_lost_wherever_sends_and_questions_swallow_its_news),
        cmocka_unit_test(test_one_turn_takes_a_bounded_number_and_none_is_left),
        cmocka_unit_test(test_unwatching_inside_the_call_ends_the_calls_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
