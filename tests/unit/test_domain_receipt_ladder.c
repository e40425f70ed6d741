/* 中心呼、我必应: who does not sign is called step by step; signatures lapse, commands expire; with a moved
 * clock. */
#include "test_domain_receipt.h"

static void test_the_unsigned_are_called_step_by_step_until_it_stands_red(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_ROLL_CALL, POLICE);
    STATE(t, DELIVERED);
    HAS_NOT(t, RED);
    next_is(t, RECEIPT_CHANNEL, 30 * MINUTE);
    HAS(t, OVERDUE_ACK);
    HAS(t, RED);
    next_is(t, RECEIPT_DEPUTY, 10 * MINUTE);
    HAS(t, DEPUTY_CALLED);
    assert_string_equal(t->receipt.deputy, "police-2.440306017001");
    next_is(t, RECEIPT_ABOVE, 20 * MINUTE);
    HAS(t, ABOVE_CALLED);
    next_is(t, RECEIPT_REPEAT, 60 * MINUTE);
    next_is(t, RECEIPT_REPEAT, 60 * MINUTE);
    next_is(t, RECEIPT_REPEAT, 60 * MINUTE);
    assert_int_equal(t->receipt.repeats, 3);
    HAS(t, RED);
    assert_true(t->receipt.next_ms == t->record.header.expires_ms);
    OK(act(t, RECEIPT_ACK, POLICE));
    STATE(t, ACKED);
    HAS(t, OVERDUE_ACK);
    HAS_NOT(t, RED);
    assert_int_equal(t->receipt.rung, 0);
    NEVER_AGAIN(t);
}

static void test_who_signs_in_time_is_not_called(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_NOTICE, CENTER);
    t->m->now_ms += 30 * MINUTE - 1;
    OK(act(t, RECEIPT_ACK, "receptionist.440306017001"));
    STATE(t, ACKED);
    HAS_NOT(t, OVERDUE_ACK);
    assert_true(t->receipt.acked_ms == t->m->now_ms && t->receipt.ended_ms == t->m->now_ms);
    assert_string_equal(t->receipt.by, "receptionist.440306017001");
    NEVER_AGAIN(t);
    t->m->now_ms += 100 * DAY;
    assert_int_equal(fire(t), RECEIPT_EVENT_NONE);
}

static void test_late_is_late_even_before_the_timer_has_looked(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_NOTICE, CENTER);
    t->m->now_ms += 30 * MINUTE;
    OK(act(t, RECEIPT_ACK, "leader.440306017001"));
    HAS(t, OVERDUE_ACK);
    HAS_NOT(t, RED);
}

static void test_without_a_deputy_the_step_is_skipped_at_once(void **state)
{
    struct task *t = *state;
    t->m->rules[2].deputy_next = false;
    begin(t, COMMAND_ORDER, POLICE);
    next_is(t, RECEIPT_CHANNEL, 30 * MINUTE);
    next_is(t, RECEIPT_ABOVE, 10 * MINUTE);
    assert_non_null(strstr(t->change.text, "跳过"));
    HAS_NOT(t, DEPUTY_CALLED);
    HAS(t, ABOVE_CALLED);
    next_is(t, RECEIPT_REPEAT, 80 * MINUTE); /* the rungs stand where they stood */
}

static void test_a_ladder_without_steps_stands_red_after_the_first(void **state)
{
    struct task *t = *state;
    t->m->response.ladders[PRIORITY_NORMAL] = (struct call_ladder){.repeats_max = 3};
    begin(t, COMMAND_NOTICE, POLICE);
    next_is(t, RECEIPT_CHANNEL, 30 * MINUTE);
    assert_true(t->receipt.next_ms == t->record.header.expires_ms);
    HAS(t, RED);
    t->m->response.ladders[PRIORITY_NORMAL] =
        (struct call_ladder){.deputy = minutes(5), .repeat = minutes(5), .repeats_max = 1};
    t->m->rules[2].deputy_next = false;
    t->m->now_ms -= 30 * MINUTE;
    begin(t, COMMAND_NOTICE, POLICE);
    next_is(t, RECEIPT_CHANNEL, 30 * MINUTE);
    next_is(t, RECEIPT_DEPUTY, 5 * MINUTE);
    HAS_NOT(t, DEPUTY_CALLED); /* nobody on the roster, and nobody above is to be called */
    next_is(t, RECEIPT_REPEAT, 5 * MINUTE);
    assert_true(t->receipt.next_ms == t->record.header.expires_ms);
}

static void test_the_top_center_has_nobody_above(void **state)
{
    struct task *t = *state;
    t->m->world.here = DISTRICT;
    begin(t, COMMAND_NOTICE, "center.440306");
    next_is(t, RECEIPT_CHANNEL, 30 * MINUTE);
    next_is(t, RECEIPT_DEPUTY, 10 * MINUTE);
    assert_string_equal(t->receipt.deputy, "shift_leader.440306");
    next_is(t, RECEIPT_ABOVE, 20 * MINUTE);
    HAS_NOT(t, ABOVE_CALLED);
    assert_non_null(strstr(t->change.text, "领导"));
}

static void test_a_stopped_center_repeats_once_not_as_often_as_it_was_due(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_NOTICE, POLICE);
    t->m->now_ms += 10 * HOUR;
    assert_int_equal(fire(t), RECEIPT_CHANNEL);
    assert_int_equal(fire(t), RECEIPT_DEPUTY);
    assert_int_equal(fire(t), RECEIPT_ABOVE);
    assert_int_equal(fire(t), RECEIPT_REPEAT);
    assert_int_equal(t->receipt.repeats, 3);
    assert_int_equal(fire(t), RECEIPT_EVENT_NONE);
}

static void test_nobody_is_called_for_a_command_that_is_over(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_NOTICE, POLICE);
    t->m->now_ms += 31 * DAY;
    assert_int_equal(fire(t), RECEIPT_EXPIRE);
    STATE(t, EXPIRED);
    HAS(t, OVERDUE_ACK);
    HAS_NOT(t, NOT_DELIVERED);
    assert_int_equal(fire(t), RECEIPT_EVENT_NONE);
    REFUSED(act(t, RECEIPT_ACK, POLICE), ERR_EXPIRED);
}

static void test_an_expired_command_is_not_signed_even_before_the_timer(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_NOTICE, POLICE, "leader");
    draft.expires_ms = t->m->now_ms + 10 * MINUTE;
    issue(t, &draft);
    deliver(t, POLICE);
    t->m->now_ms += 10 * MINUTE - 1;
    struct task twin = *t;
    OK(act(&twin, RECEIPT_ACK, POLICE));
    t->m->now_ms++;
    REFUSED(act(t, RECEIPT_ACK, POLICE), ERR_EXPIRED);
    next_is(t, RECEIPT_EXPIRE, 0);
    HAS_NOT(t, OVERDUE_ACK); /* its limit had not come */
}

static void test_a_command_that_comes_too_late_is_not_delivered_never_silent(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_ORDER, POLICE, "leader");
    issue(t, &draft);
    t->m->now_ms = t->record.header.expires_ms;
    deliver(t, POLICE);
    STATE(t, EXPIRED);
    HAS(t, NOT_DELIVERED);
    NEVER_AGAIN(t);
}

static void test_a_command_that_ended_on_its_way_arrives_ended(void **state)
{
    static const struct {
        enum command_event event;
        enum receipt_event becomes;
        enum receipt_state to;
    } ways[] = {{COMMAND_CANCEL, RECEIPT_CANCEL, RECEIPT_CANCELLED},
                {COMMAND_SUPERSEDE, RECEIPT_SUPERSEDE, RECEIPT_SUPERSEDED},
                {COMMAND_STAND_DOWN, RECEIPT_STAND_DOWN, RECEIPT_CANCELLED}};
    struct task *t = *state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct command draft = draft_of(t->m, COMMAND_ORDER, POLICE "+" GRID, "leader");
        draft.ack_rule = ACK_ANY;
        issue(t, &draft);
        t->receipt.state = RECEIPT_NONE;
        struct command event = later(t, ways[i].event);
        event.references.bytes[0] = 1;
        OK(command_event(t, event));
        deliver(t, POLICE);
        assert_int_equal(t->change.event, ways[i].becomes);
        assert_int_equal(t->receipt.state, ways[i].to);
        HAS_NOT(t, UNSEEN); /* who never had it need not confirm its end */
        NEVER_AGAIN(t);
    }
}

static void test_a_signature_without_progress_lapses_and_is_called_again(void **state)
{
    struct task *t = *state;
    t->m->response.limits[COMMAND_ORDER].done = (struct span){UNIT_NATURAL_DAY, 5};
    begin(t, COMMAND_ORDER, POLICE);
    t->m->now_ms += MINUTE;
    OK(act(t, RECEIPT_ACK, POLICE));
    t->m->now_ms += 3 * HOUR;
    OK(act(t, RECEIPT_PROGRESS, POLICE));
    next_is(t, RECEIPT_LAPSE, 4 * HOUR);
    STATE(t, ACKED);
    HAS(t, LAPSED);
    HAS(t, RED);
    next_is(t, RECEIPT_CHANNEL, 0);
    HAS_NOT(t, OVERDUE_ACK); /* it had been signed in time */
    next_is(t, RECEIPT_DEPUTY, 10 * MINUTE);
    OK(act(t, RECEIPT_ACK, t->receipt.deputy));
    HAS_NOT(t, LAPSED);
    HAS_NOT(t, RED);
    HAS(t, BY_OTHER);
    next_is(t, RECEIPT_LAPSE, 4 * HOUR);
    OK(act(t, RECEIPT_DEPART, POLICE)); /* what was missing was progress */
    HAS_NOT(t, LAPSED);
    HAS_NOT(t, RED);
}

static void test_periodic_reports_are_the_progress_of_their_task(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_CAMPAIGN, GRID, "leader");
    draft.report_interval = minutes(600);
    issue(t, &draft);
    deliver(t, GRID);
    OK(act(t, RECEIPT_ACK, GRID));
    next_is(t, RECEIPT_LATE_REPORT, 600 * MINUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_the_unsigned_are_called_step_by_step_until_it_stands_red),
        STORY(test_who_signs_in_time_is_not_called),
        STORY(test_late_is_late_even_before_the_timer_has_looked),
        STORY(test_without_a_deputy_the_step_is_skipped_at_once),
        STORY(test_a_ladder_without_steps_stands_red_after_the_first),
        STORY(test_the_top_center_has_nobody_above),
        STORY(test_a_stopped_center_repeats_once_not_as_often_as_it_was_due),
        STORY(test_nobody_is_called_for_a_command_that_is_over),
        STORY(test_an_expired_command_is_not_signed_even_before_the_timer),
        STORY(test_a_command_that_comes_too_late_is_not_delivered_never_silent),
        STORY(test_a_command_that_ended_on_its_way_arrives_ended),
        STORY(test_a_signature_without_progress_lapses_and_is_called_again),
        STORY(test_periodic_reports_are_the_progress_of_their_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
