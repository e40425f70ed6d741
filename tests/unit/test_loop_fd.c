/* Descriptors: readiness, unwatching inside a call, and a number that is used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/loop.h"

#define GUARD_MS 20000

struct story {
    struct loop *loop;
    struct loop_timer *guard;
    struct loop_fd *watch;
    int pair[2];
    int second[2];
    int calls;
    int second_calls;
    int seen;
    bool overdue;
};

static void on_overdue(void *ctx)
{
    struct story *story = ctx;
    story->overdue = true;
    loop_stop(story->loop);
}

static void begin(struct story *story)
{
    *story = (struct story){.loop = loop_new(), .second = {-1, -1}};
    assert_non_null(story->loop);
    story->guard = loop_timer_new(story->loop, on_overdue, story);
    loop_timer_arm(story->guard, GUARD_MS);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, story->pair), 0);
}

static void end(struct story *story)
{
    loop_timer_free(&story->guard);
    loop_unwatch_fd(&story->watch);
    close(story->pair[0]);
    close(story->pair[1]);
    loop_free(&story->loop);
    assert_false(story->overdue);
}

static void on_ready(void *ctx, int events)
{
    struct story *story = ctx;
    story->calls++;
    story->seen |= events;
    loop_stop(story->loop);
}

static void test_only_what_is_asked_for_is_told(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    story.watch = loop_watch_fd(story.loop, story.pair[0], LOOP_WRITE, on_ready, &story);
    assert_non_null(story.watch);
    assert_int_equal(write(story.pair[1], "x", 1), 1);
    loop_run(story.loop);
    assert_int_equal(story.seen, LOOP_WRITE);
    story.seen = 0;
    loop_fd_events(story.watch, LOOP_READ);
    loop_run(story.loop);
    assert_int_equal(story.seen, LOOP_READ);
    end(&story);
}

static void on_timer_stop(void *ctx)
{
    loop_stop(ctx);
}

static void test_a_watch_that_waits_for_nothing_is_silent(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct loop_timer *timer = loop_timer_new(story.loop, on_timer_stop, story.loop);
    assert_int_equal(write(story.pair[1], "x", 1), 1);
    story.watch = loop_watch_fd(story.loop, story.pair[0], LOOP_READ, on_ready, &story);
    loop_fd_events(story.watch, 0);
    loop_timer_arm(timer, 20);
    loop_run(story.loop);
    assert_int_equal(story.calls, 0);
    loop_timer_free(&timer);
    end(&story);
}

static void test_a_descriptor_is_watched_once(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    story.watch = loop_watch_fd(story.loop, story.pair[0], LOOP_READ, on_ready, &story);
    assert_null(loop_watch_fd(story.loop, story.pair[0], LOOP_READ, on_ready, &story));
    assert_null(loop_watch_fd(story.loop, -1, LOOP_READ, on_ready, &story));
    end(&story);
}

static void on_second_ready(void *ctx, int events)
{
    struct story *story = ctx;
    story->second_calls += events == LOOP_READ;
    loop_stop(story->loop);
}

/* What libpq does while it connects: the socket is closed and another one takes its number. */
static void on_swap(void *ctx, int events)
{
    (void)events;
    struct story *story = ctx;
    story->calls++;
    loop_unwatch_fd(&story->watch);
    dup2(story->second[0], story->pair[0]);
    story->watch = loop_watch_fd(story->loop, story->pair[0], LOOP_READ, on_second_ready, story);
    if (!story->watch || write(story->second[1], "y", 1) != 1)
        loop_stop(story->loop);
}

static void test_unwatching_inside_the_call_is_safe_and_the_number_may_be_used_again(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, story.second), 0);
    assert_int_equal(write(story.pair[1], "x", 1), 1);
    story.watch = loop_watch_fd(story.loop, story.pair[0], LOOP_READ, on_swap, &story);
    loop_run(story.loop);
    assert_int_equal(story.calls, 1);
    assert_int_equal(story.second_calls, 1);
    close(story.second[0]);
    close(story.second[1]);
    end(&story);
}

static void on_end_of_file(void *ctx, int events)
{
    struct story *story = ctx;
    char byte;
    story->calls++;
    story->seen |= events;
    if (read(story->pair[0], &byte, 1) == 0)
        loop_unwatch_fd(&story->watch);
    loop_stop(story->loop);
}

static void test_the_other_sides_end_is_told_as_readable(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    story.watch = loop_watch_fd(story.loop, story.pair[0], LOOP_READ, on_end_of_file, &story);
    shutdown(story.pair[1], SHUT_RDWR);
    loop_run(story.loop);
    assert_int_equal(story.calls, 1);
    assert_int_equal(story.seen, LOOP_READ);
    assert_null(story.watch);
    end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_is_asked_for_is_told),
        cmocka_unit_test(test_a_watch_that_waits_for_nothing_is_silent),
        cmocka_unit_test(test_a_descriptor_is_watched_once),
        cmocka_unit_test(test_unwatching_inside_the_call_is_safe_and_the_number_may_be_used_again),
        cmocka_unit_test(test_the_other_sides_end_is_told_as_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
