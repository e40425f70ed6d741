/* The turn: timers, after-turn calls, wake, signals. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "loop/loop.h"

#define GUARD_MS 20000 /* only a broken loop ever waits this long */

struct story {
    struct loop *loop;
    struct loop_timer *guard;
    struct loop_timer *timer[3];
    int fired[3];
    int order[8];
    int order_count;
    int turns;
    int wakes_left;
    int stop_after_turns;
    int signals;
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
    *story = (struct story){.loop = loop_new()};
    assert_non_null(story->loop);
    story->guard = loop_timer_new(story->loop, on_overdue, story);
    loop_timer_arm(story->guard, GUARD_MS);
}

static void end(struct story *story)
{
    loop_timer_free(&story->guard);
    for (int i = 0; i < 3; i++)
        loop_timer_free(&story->timer[i]);
    loop_free(&story->loop);
    assert_null(story->loop);
    assert_false(story->overdue);
}

static void fire(struct story *story, int which)
{
    story->fired[which]++;
    story->order[story->order_count++] = which;
}

static void on_first(void *ctx)
{
    fire(ctx, 0);
}

static void on_second(void *ctx)
{
    fire(ctx, 1);
}

static void on_last(void *ctx)
{
    struct story *story = ctx;
    fire(story, 2);
    loop_stop(story->loop);
}

static void test_a_loop_that_was_stopped_before_it_ran_can_be_freed(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    assert_non_null(loop);
    struct loop_timer *timer = loop_timer_new(loop, on_first, NULL);
    loop_stop(loop);
    loop_timer_free(&timer);
    loop_free(&loop);
    assert_null(loop);
}

static void test_timers_fire_once_each_in_the_order_of_their_due_times(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    story.timer[0] = loop_timer_new(story.loop, on_first, &story);
    story.timer[1] = loop_timer_new(story.loop, on_second, &story);
    story.timer[2] = loop_timer_new(story.loop, on_last, &story);
    loop_timer_arm(story.timer[2], 60);
    loop_timer_arm(story.timer[1], 40);
    loop_timer_arm(story.timer[0], 1);
    assert_true(loop_timer_armed(story.timer[0]));
    loop_run(story.loop);
    assert_int_equal(story.order_count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(story.order[i], i);
    assert_false(loop_timer_armed(story.timer[0]));
    end(&story);
}

static void test_a_disarmed_timer_stays_silent_and_a_new_arming_replaces_the_old(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    story.timer[0] = loop_timer_new(story.loop, on_first, &story);
    story.timer[1] = loop_timer_new(story.loop, on_second, &story);
    story.timer[2] = loop_timer_new(story.loop, on_last, &story);
    loop_timer_arm(story.timer[0], 1);
    loop_timer_disarm(story.timer[0]);
    loop_timer_arm(story.timer[1], 1);
    loop_timer_arm(story.timer[1], GUARD_MS);
    loop_timer_arm(story.timer[2], 30);
    loop_run(story.loop);
    assert_int_equal(story.fired[0], 0);
    assert_int_equal(story.fired[1], 0);
    assert_int_equal(story.fired[2], 1);
    end(&story);
}

static void on_rearm(void *ctx)
{
    struct story *story = ctx;
    fire(story, 0);
    if (story->fired[0] < 5) {
        loop_timer_arm(story->timer[0], 0);
        return;
    }
    loop_timer_free(&story->timer[0]);
    loop_stop(story->loop);
}

static void test_a_timer_may_re_arm_and_free_itself(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    story.timer[0] = loop_timer_new(story.loop, on_rearm, &story);
    loop_timer_arm(story.timer[0], 0);
    loop_run(story.loop);
    assert_int_equal(story.fired[0], 5);
    assert_null(story.timer[0]);
    end(&story);
}

static void on_turn_stop(void *ctx)
{
    struct story *story = ctx;
    if (++story->turns >= story->stop_after_turns)
        loop_stop(story->loop);
}

static void on_alarm(void *ctx)
{
    struct story *story = ctx;
    story->signals++;
}

/* Were the loop to sleep before the after-turn call, the alarm would be the next thing that happens. */
static void test_after_turn_comes_in_the_turn_of_the_timer_not_after_the_next_sleep(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    story.stop_after_turns = 1;
    loop_after_turn(story.loop, on_turn_stop, &story);
    assert_int_equal(loop_on_signal(story.loop, SIGALRM, on_alarm, &story), ERR_OK);
    story.timer[0] = loop_timer_new(story.loop, on_first, &story);
    story.timer[1] = loop_timer_new(story.loop, on_second, &story);
    loop_timer_arm(story.timer[0], 0);
    loop_timer_arm(story.timer[1], 0);
    alarm(2);
    loop_run(story.loop);
    alarm(0);
    assert_int_equal(story.fired[0] + story.fired[1], 2);
    assert_int_equal(story.turns, 1);
    assert_int_equal(story.signals, 0);
    end(&story);
}

static void on_turn_wake(void *ctx)
{
    struct story *story = ctx;
    story->turns++;
    if (story->wakes_left-- > 0)
        loop_wake(story->loop);
}

static void test_each_wake_is_one_more_turn_and_without_one_there_is_none(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    story.wakes_left = 3;
    loop_after_turn(story.loop, on_turn_wake, &story);
    loop_wake(story.loop);
    story.timer[2] = loop_timer_new(story.loop, on_last, &story);
    loop_timer_arm(story.timer[2], 50);
    loop_run(story.loop);
    assert_int_equal(story.turns, 5); /* the first wake, three more, the timer */
    end(&story);
}

static void on_hup(void *ctx)
{
    struct story *story = ctx;
    if (++story->signals == 2)
        loop_stop(story->loop);
    else
        raise(SIGHUP);
}

static void test_signals_arrive_in_the_loop(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    assert_int_equal(loop_on_signal(story.loop, SIGHUP, on_hup, &story), ERR_OK);
    assert_int_equal(loop_on_signal(story.loop, SIGKILL, on_hup, &story), ERR_USAGE);
    raise(SIGHUP);
    loop_run(story.loop);
    assert_int_equal(story.signals, 2);
    end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_loop_that_was_stopped_before_it_ran_can_be_freed),
        cmocka_unit_test(test_timers_fire_once_each_in_the_order_of_their_due_times),
        cmocka_unit_test(test_a_disarmed_timer_stays_silent_and_a_new_arming_replaces_the_old),
        cmocka_unit_test(test_a_timer_may_re_arm_and_free_itself),
        cmocka_unit_test(test_after_turn_comes_in_the_turn_of_the_timer_not_after_the_next_sleep),
        cmocka_unit_test(test_each_wake_is_one_more_turn_and_without_one_there_is_none),
        cmocka_unit_test(test_signals_arrive_in_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
