/* The emergency beside a case: notes in its history, the climb that waits for no clock, the fast lane of an
 * alert, and the one-touch alarm. */
#include "test_domain_case.h"

static void note(struct story *s, const char *target, const char *text)
{
    OK(case_note(&s->world, &s->record, target, text, s->now_ms, &s->result));
    take_result(s);
}

static void climb_now(struct story *s)
{
    OK(case_climb_now(&s->world, &s->record, "民警未按时到场", s->now_ms, &s->result));
    take_result(s);
}

static void test_a_note_stands_in_the_history_and_moves_no_clock(void **state)
{
    (void)state;
    struct story *s = story_handling();
    struct case_facts before = s->record.facts;
    s->now_ms += MINUTE;
    note(s, "police.440306017001", "民警已到场");
    assert_int_equal(s->result.count, 1);
    const struct case_change *change = &s->result.changes[0];
    assert_int_equal(change->event, EVENT_NOTE);
    assert_string_equal(change->target, "police.440306017001");
    assert_string_equal(change->note, "民警已到场");
    assert_string_equal(change->actor.user, "system:auto");
    assert_string_equal(change->actor.center, "440306017001");
    assert_true(id_is_zero(&change->key));
    assert_memory_equal(&before, &s->record.facts, sizeof before);
    STATE(s, CASE_HANDLING);
    free(s);
}

static void test_a_note_may_stand_in_every_open_state_and_in_no_other(void **state)
{
    (void)state;
    for (int at = CASE_NONE; at < CASE_STATES; at++) {
        bool allowed = case_rule_allows((enum case_state)at, EVENT_NOTE, (enum case_state)at);
        assert_int_equal(allowed, case_state_open((enum case_state)at));
        for (int to = CASE_NONE; to < CASE_STATES; to++)
            if (to != at)
                assert_false(case_rule_allows((enum case_state)at, EVENT_NOTE, (enum case_state)to));
    }
    const struct case_rule *rule = case_rule(CASE_HANDLING, EVENT_NOTE);
    assert_non_null(rule);
    assert_int_equal(rule->posts, POST_SYSTEM | POST_TIMER);
}

static void test_a_case_that_has_ended_takes_no_note_and_does_not_climb(void **state)
{
    (void)state;
    struct story *s = story_handling();
    OK(act(s, EVENT_FORCE_CLOSE, person(s, POST_LEADER, COMMUNITY)));
    note(s, "", "迟到的消息");
    assert_int_equal(s->result.count, 0);
    climb_now(s);
    assert_int_equal(s->result.count, 0);
    free(s);
}

static void test_only_the_owner_notes_and_climbs(void **state)
{
    (void)state;
    struct story *s = story_handling();
    s->world.here = STREET;
    REFUSED(case_note(&s->world, &s->record, "", "x", s->now_ms, &s->result), ERR_NOT_OWNER);
    REFUSED(case_climb_now(&s->world, &s->record, "x", s->now_ms, &s->result), ERR_NOT_OWNER);
    assert_int_equal(s->result.count, 0);
    free(s);
}

static void test_a_long_note_is_cut_at_a_character(void **state)
{
    (void)state;
    struct story *s = story_handling();
    char text[600] = "", unit[60];
    for (int i = 0; i < 120; i++)
        strcat(text, "警");
    memset(unit, 'a', sizeof unit - 1);
    unit[sizeof unit - 1] = '\0';
    note(s, unit, text);
    size_t length = strlen(s->result.changes[0].note);
    assert_int_equal(length, 255); /* 85 whole characters fit into 256 bytes */
    assert_memory_equal(s->result.changes[0].note, text, length);
    assert_int_equal(strlen(s->result.changes[0].target), TARGET_SIZE - 1);
    free(s);
}

static void test_a_missed_circle_makes_a_green_case_climb_at_once(void **state)
{
    (void)state;
    struct story *s = story_handling();
    assert_int_equal(s->record.facts.lamp, LAMP_GREEN);
    climb_now(s);
    assert_int_equal(s->result.count, 1);
    assert_int_equal(last_event(s), EVENT_OFFER);
    assert_string_equal(s->result.changes[0].note, "民警未按时到场");
    assert_string_equal(s->record.facts.offer_to, "440306017");
    assert_int_equal(s->record.facts.lamp, LAMP_RED);
    STATE(s, CASE_HANDLING);

    climb_now(s); /* it is on its way */
    assert_int_equal(s->result.count, 0);
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    free(s);
}

static void test_a_progress_on_the_way_does_not_stop_the_climb(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, true));
    climb_now(s);
    OK(act(s, EVENT_SIGN, desk(s, "cg", COMMUNITY)));
    OK(case_climb_again(&s->world, &s->record, s->now_ms, &s->result));
    take_result(s);
    assert_string_equal(s->record.facts.offer_to, "440306017");
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    free(s);
}

static void test_while_the_link_is_down_the_climb_waits_and_the_leader_is_called(void **state)
{
    (void)state;
    struct story *s = story_handling();
    s->world.parent_up = false;
    climb_now(s);
    assert_int_equal(s->result.count, 2);
    assert_int_equal(s->result.changes[0].event, EVENT_CLIMB_PENDING);
    assert_int_equal(s->result.changes[1].event, EVENT_LEADER);
    assert_true(has_flag(s, FLAG_CLIMB_PENDING));
    assert_true(has_flag(s, FLAG_LEADER));
    assert_int_equal(owner_index(s), COMMUNITY); /* workable where it is */
    climb_now(s);
    assert_int_equal(s->result.count, 0);

    s->world.parent_up = true;
    OK(case_climb_again(&s->world, &s->record, s->now_ms, &s->result));
    take_result(s);
    assert_int_equal(last_event(s), EVENT_OFFER);
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    free(s);
}

static void test_at_the_root_the_leader_is_called_once(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->world.here = DISTRICT;
    OK(story_report(s, STRICT, true));
    STATE(s, CASE_DISPATCHED);
    climb_now(s);
    assert_int_equal(s->result.count, 1);
    assert_int_equal(last_event(s), EVENT_LEADER);
    assert_true(has_flag(s, FLAG_LEADER));
    assert_int_equal(s->record.facts.lamp, LAMP_RED);
    climb_now(s);
    assert_int_equal(s->result.count, 0);
    free(s);
}

static void test_a_suspended_case_waits_for_its_review(void **state)
{
    (void)state;
    struct story *s = story_handling();
    OK(act(s, EVENT_SUSPEND, person(s, POST_DISPATCHER, COMMUNITY)));
    climb_now(s);
    assert_int_equal(s->result.count, 0);
    free(s);
}

static int64_t climbs_after(bool fast_lane)
{
    struct story *s = story_new();
    s->world.fast_lane = fast_lane;
    OK(story_report(s, PLAIN, true));
    s->world.fast_lane = false; /* the alert ends; what was filed under it keeps its lane */
    int64_t due_ms = s->record.facts.clocks[CLOCK_STATE].due_ms;
    pass(s, 5 * HOUR);
    assert_string_equal(s->record.facts.offer_to, "440306017");
    int64_t after_ms = s->now_ms - due_ms;
    free(s);
    return after_ms;
}

static void test_on_the_fast_lane_an_overdue_case_climbs_without_grace(void **state)
{
    (void)state;
    assert_true(climbs_after(false) >= 90 * MINUTE); /* deputy 30, grace 60 */
    int64_t fast_ms = climbs_after(true);
    assert_true(fast_ms >= 30 * MINUTE && fast_ms < 31 * MINUTE);
}

static void test_a_policy_that_never_climbs_stays_so_on_the_fast_lane(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->policy.grace = (struct span){UNIT_NONE, 0};
    s->world.fast_lane = true;
    OK(story_report(s, PLAIN, true));
    assert_int_equal(s->record.facts.policy.grace.unit, UNIT_NONE);
    pass(s, 20 * HOUR);
    assert_string_equal(s->record.facts.offer_to, "");
    free(s);
}

static void press_button(struct story *s, const char *source)
{
    struct case_birth birth = {.area = GRID, .lon = NAN, .lat = NAN, .item = PLAIN, .case_no = "1"};
    struct case_input input = input_of(EVENT_REPORT, person(s, POST_RESIDENT, COMMUNITY));
    snprintf(birth.source, sizeof birth.source, "%s", source);
    OK(case_report(&s->world, &birth, &input, s->now_ms, &s->result, &s->fault));
}

static void test_the_one_touch_alarm_of_a_shop_is_filed_by_itself(void **state)
{
    (void)state;
    struct story *s = story_new();
    press_button(s, "resident");
    assert_int_equal(s->result.count, 1);
    assert_int_equal(s->result.changes[0].after.state, CASE_REPORTED);
    press_button(s, CASE_SOURCE_BUTTON);
    assert_int_equal(s->result.count, 3);
    assert_int_equal(s->result.changes[1].event, EVENT_FILE);
    assert_int_equal(s->result.changes[2].after.state, CASE_DISPATCHED);
    assert_true(s->result.changes[2].after.facts.flags & FLAG_TRUSTED);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_note_stands_in_the_history_and_moves_no_clock),
        cmocka_unit_test(test_a_note_may_stand_in_every_open_state_and_in_no_other),
        cmocka_unit_test(test_a_case_that_has_ended_takes_no_note_and_does_not_climb),
        cmocka_unit_test(test_only_the_owner_notes_and_climbs),
        cmocka_unit_test(test_a_long_note_is_cut_at_a_character),
        cmocka_unit_test(test_a_missed_circle_makes_a_green_case_climb_at_once),
        cmocka_unit_test(test_a_progress_on_the_way_does_not_stop_the_climb),
        cmocka_unit_test(test_while_the_link_is_down_the_climb_waits_and_the_leader_is_called),
        cmocka_unit_test(test_at_the_root_the_leader_is_called_once),
        cmocka_unit_test(test_a_suspended_case_waits_for_its_review),
        cmocka_unit_test(test_on_the_fast_lane_an_overdue_case_climbs_without_grace),
        cmocka_unit_test(test_a_policy_that_never_climbs_stays_so_on_the_fast_lane),
        cmocka_unit_test(test_the_one_touch_alarm_of_a_shop_is_filed_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
