/* The escalation ladder on a moved clock: lamps, urging, deputy, supervision, climbing, repeats, the standing
 * red. */
#include "test_domain_case.h"

static size_t fire_at(struct story *s, int64_t at_ms)
{
    if (s->now_ms < at_ms)
        s->now_ms = at_ms;
    return fire(s);
}

static void test_an_unsigned_case_turns_yellow_calls_the_deputy_turns_red_and_climbs(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, true));
    const struct case_clock *clock = &s->record.facts.clocks[CLOCK_STATE];
    int64_t due_ms = clock->due_ms;

    assert_int_equal(fire_at(s, due_ms - 12 * MINUTE - 1), 0);
    assert_int_equal(s->record.facts.lamp, LAMP_GREEN);
    assert_int_equal(fire_at(s, due_ms - 12 * MINUTE), 1); /* 80 % of an hour */
    assert_int_equal(last_event(s), EVENT_URGE);
    assert_int_equal(s->record.facts.lamp, LAMP_YELLOW);
    assert_string_equal(s->result.changes[0].actor.user, "system:timer");
    assert_int_equal(s->result.changes[0].actor.post, POST_TIMER);
    assert_int_equal(fire_at(s, due_ms - 1), 0);
    assert_int_equal(fire_at(s, due_ms), 1);
    assert_int_equal(last_event(s), EVENT_DEPUTY);
    assert_int_equal(s->record.facts.lamp, LAMP_YELLOW);
    assert_true(case_overdue(&s->record, s->now_ms));
    assert_int_equal(fire_at(s, due_ms + 30 * MINUTE), 1);
    assert_int_equal(last_event(s), EVENT_SUPERVISE);
    assert_int_equal(s->record.facts.lamp, LAMP_RED);
    assert_int_equal(fire_at(s, due_ms + 89 * MINUTE), 0);
    assert_int_equal(fire_at(s, due_ms + 90 * MINUTE), 1);
    assert_int_equal(last_event(s), EVENT_OFFER);
    assert_string_equal(s->record.facts.offer_to, "440306017");
    assert_int_equal(s->record.facts.offer_why, EVENT_CLIMB_PENDING);
    assert_non_null(strstr(s->result.changes[0].note, "签收时限"));
    free(s);
}

static void test_nobody_acting_the_case_climbs_to_the_root_and_onto_the_leaders_list(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, false));
    pass(s, 3 * HOUR);
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    STATE(s, CASE_REPORTED);
    int64_t taken_ms = s->record.last_ms;
    assert_true(case_next_timer(&s->record) == taken_ms + 45 * MINUTE); /* dwell */
    assert_int_equal(s->record.facts.lamp, LAMP_RED);
    pass(s, 2 * HOUR);
    hand_over(s);
    assert_int_equal(owner_index(s), DISTRICT);
    assert_int_equal(s->record.facts.hops, 2);
    assert_int_equal(s->record.epoch, 2);
    pass(s, HOUR);
    assert_int_equal(last_event(s), EVENT_LEADER);
    assert_true(has_flag(s, FLAG_LEADER));
    int32_t orders = s->record.facts.supervisions;
    pass(s, 2 * DAY + HOUR);
    assert_int_equal(s->record.facts.supervisions, orders + 2); /* repeats_max, once a day */
    assert_false(has_flag(s, FLAG_STANDING));
    pass(s, DAY);
    assert_true(has_flag(s, FLAG_STANDING));
    assert_int_equal(s->record.facts.lamp, LAMP_RED);
    assert_true(case_next_timer(&s->record) == INT64_MAX);
    int32_t written = s->written;
    pass(s, 300 * DAY);
    assert_int_equal(s->written, written); /* capped, and still red */
    OK(act(s, EVENT_FILE, person(s, POST_SHIFT_LEADER, DISTRICT)));
    assert_false(has_flag(s, FLAG_STANDING));
    assert_false(has_flag(s, FLAG_LEADER));
    assert_int_equal(s->record.facts.lamp, LAMP_GREEN);
    free(s);
}

static void test_a_case_that_a_person_moves_on_does_not_climb(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, true));
    int64_t next_ms = case_next_timer(&s->record);
    OK(act(s, EVENT_SIGN, desk(s, "cg", COMMUNITY)));
    s->now_ms = next_ms; /* the timer of the sign limit fires late: stale */
    assert_int_equal(fire(s), 0);
    STATE(s, CASE_HANDLING);
    free(s);
}

static void test_with_the_link_down_the_climb_is_pending_and_the_alarms_here_grow(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, false));
    s->world.parent_up = false;
    pass(s, 3 * HOUR);
    assert_int_equal(s->result.count, 2);
    assert_int_equal(s->result.changes[0].event, EVENT_CLIMB_PENDING);
    assert_int_equal(s->result.changes[1].event, EVENT_LEADER);
    assert_true(has_flag(s, FLAG_CLIMB_PENDING));
    assert_string_equal(s->record.facts.offer_to, "");
    OK(act(s, EVENT_URGE, person(s, POST_RECEPTIONIST, COMMUNITY))); /* still workable here */
    pass(s, DAY);
    assert_int_equal(last_event(s), EVENT_SUPERVISE);
    pass(s, 3 * DAY);
    assert_true(has_flag(s, FLAG_STANDING) && has_flag(s, FLAG_CLIMB_PENDING));
    OK(case_climb_again(&s->world, &s->record, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 0);
    s->world.parent_up = true;
    OK(case_climb_again(&s->world, &s->record, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 1);
    take_result(s);
    assert_false(has_flag(s, FLAG_CLIMB_PENDING));
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    free(s);
}

static void test_a_pending_climb_ends_when_somebody_acts(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, false));
    s->world.parent_up = false;
    pass(s, 3 * HOUR);
    OK(act(s, EVENT_FILE, person(s, POST_SHIFT_LEADER, COMMUNITY)));
    assert_false(has_flag(s, FLAG_CLIMB_PENDING));
    s->world.parent_up = true;
    OK(case_climb_again(&s->world, &s->record, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 0);
    free(s);
}

static void test_the_timer_climbs_by_itself_when_the_link_is_back(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, false));
    s->world.parent_up = false;
    pass(s, 3 * HOUR + DAY);
    s->world.parent_up = true;
    pass(s, DAY);
    assert_int_equal(last_event(s), EVENT_OFFER);
    free(s);
}

static void test_an_open_offer_is_made_again_later(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, false));
    pass(s, 3 * HOUR);
    int32_t first = s->record.facts.offer_no;
    assert_int_equal(fire_at(s, s->now_ms + 23 * HOUR), 0);
    assert_int_equal(fire_at(s, s->now_ms + HOUR), 1);
    assert_int_equal(last_event(s), EVENT_OFFER);
    assert_true(s->record.facts.offer_no > first);
    REFUSED(case_hand_over(&s->world, &s->record, first, s->now_ms, &s->result), ERR_STALE);
    free(s);
}

static void test_a_policy_without_grace_never_climbs(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->policy.grace = (struct span){UNIT_NONE, 0};
    OK(story_report(s, LOOSE, false));
    pass(s, 10 * DAY);
    assert_int_equal(owner_index(s), COMMUNITY);
    assert_true(has_flag(s, FLAG_STANDING));
    assert_string_equal(s->record.facts.offer_to, "");
    free(s);
}

static void test_without_progress_the_acknowledgement_lapses_and_escalation_starts_again(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->items[0].limits.handle = days(10);
    OK(story_report(s, PLAIN, true));
    OK(act(s, EVENT_SIGN, desk(s, "cg", COMMUNITY)));
    assert_int_equal(fire_at(s, s->record.last_ms + DAY - 1), 0);
    OK(act(s, EVENT_PROGRESS, desk(s, "cg", COMMUNITY))); /* keeps it alive for another day */
    int64_t progress_ms = s->record.last_ms;
    pass(s, DAY - HOUR);
    assert_false(has_flag(s, FLAG_LAPSED));
    assert_int_equal(fire_at(s, progress_ms + DAY), 1);
    assert_int_equal(last_event(s), EVENT_LAPSE);
    assert_true(has_flag(s, FLAG_LAPSED));
    assert_int_equal(s->record.facts.lamp, LAMP_RED);
    fire_at(s, s->now_ms + 1);
    assert_int_equal(last_event(s), EVENT_SUPERVISE);
    OK(act(s, EVENT_PROGRESS, desk(s, "cg", COMMUNITY)));
    assert_false(has_flag(s, FLAG_LAPSED));
    const struct case_clock *clock = &s->record.facts.clocks[CLOCK_HANDLE];
    assert_true(clock->next_ms <= clock->due_ms && clock->rung <= RUNG_RED);
    pass(s, DAY + 2 * HOUR);
    assert_int_equal(last_event(s), EVENT_OFFER); /* lapsed again, nobody moved: it climbs */
    free(s);
}

static void test_a_signature_that_nothing_follows_lapses(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->items[0].limits.handle = days(10);
    OK(story_report(s, PLAIN, true));
    OK(act(s, EVENT_SIGN, desk(s, "cg", COMMUNITY)));
    int64_t signed_ms = s->record.last_ms;
    assert_int_equal(fire_at(s, signed_ms + DAY - 1), 0);
    assert_int_equal(fire_at(s, signed_ms + DAY), 1);
    assert_int_equal(last_event(s), EVENT_LAPSE);
    OK(act(s, EVENT_FEEDBACK, desk(s, "cg", COMMUNITY)));
    assert_false(has_flag(s, FLAG_LAPSED));
    assert_int_equal(s->record.facts.lamp, LAMP_GREEN);
    free(s);
}

static void test_an_extension_puts_a_red_case_back_to_what_its_time_says(void **state)
{
    (void)state;
    struct story *s = story_handling();
    const struct case_clock *clock = &s->record.facts.clocks[CLOCK_HANDLE];
    s->record.facts.policy.ack_lapse = (struct span){UNIT_NONE, 0};
    s->record.facts.clocks[CLOCK_LAPSE] = (struct case_clock){.next_ms = INT64_MAX};
    pass(s, clock->due_ms - HOUR - s->now_ms);
    assert_int_equal(s->record.facts.lamp, LAMP_YELLOW);
    struct case_input ask = input_of(EVENT_EXTEND, desk(s, "cg", COMMUNITY));
    ask.content.reason = "等配件";
    ask.span = (struct span){UNIT_WORK_DAY, 1};
    OK(story_step(s, &ask));
    pass(s, HOUR); /* granted only after the limit: red by then */
    assert_int_equal(s->record.facts.lamp, LAMP_RED);
    OK(act(s, EVENT_EXTEND, person(s, POST_SHIFT_LEADER, COMMUNITY)));
    assert_true(clock->due_ms > s->now_ms);
    assert_int_equal(s->record.facts.lamp, LAMP_GREEN); /* 16 of 24 hours are used */
    assert_int_equal(clock->rung, RUNG_YELLOW);
    assert_true(clock->next_ms > s->now_ms && clock->next_ms < clock->due_ms);
    free(s);
}

static void test_an_unanswered_supervision_order_climbs_too(void **state)
{
    (void)state;
    struct story *s = story_handling();
    OK(act(s, EVENT_SUPERVISE, person(s, POST_SUPERVISOR, STREET)));
    pass(s, 3 * HOUR + MINUTE);
    assert_int_equal(last_event(s), EVENT_OFFER);
    assert_non_null(strstr(s->result.changes[0].note, "督办回复时限"));
    free(s);
}

static void test_two_clocks_that_climb_together_make_one_offer(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->items[0].limits.handle = hours(1);
    OK(story_report(s, PLAIN, true));
    for (int kind = CLOCK_STATE; kind <= CLOCK_HANDLE; kind++) {
        s->record.facts.clocks[kind].rung = RUNG_CLIMB;
        s->record.facts.clocks[kind].next_ms = s->now_ms + HOUR;
    }
    assert_int_equal(fire_at(s, s->now_ms + HOUR), 1);
    assert_int_equal(last_event(s), EVENT_OFFER);
    assert_true(case_next_timer(&s->record) >= s->now_ms + 23 * HOUR);
    free(s);
}

static void test_a_jump_of_the_clock_takes_one_rung_at_a_time(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, false));
    s->now_ms += 400 * DAY;
    static const enum case_event steps[] = {EVENT_URGE, EVENT_SUPERVISE, EVENT_OFFER};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fire(s), 1);
        assert_int_equal(last_event(s), steps[i]);
    }
    assert_int_equal(fire(s), 0);
    free(s);
}

static void test_a_state_without_a_limit_is_still_looked_at_again(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->items[0].limits.accept = s->items[0].limits.sign = s->items[0].limits.handle =
        (struct span){UNIT_NONE, 0};
    OK(story_report(s, PLAIN, true));
    assert_true(case_due(&s->record) == s->record.last_ms + 10 * DAY); /* the policy's review */
    s->policy.review = (struct span){UNIT_NONE, 0};
    s->policy.ack_lapse = (struct span){UNIT_NONE, 0};
    OK(act_on(s, EVENT_REDISPATCH, person(s, POST_DISPATCHER, COMMUNITY), "wy"));
    free(s);

    s = story_new();
    s->items[0].limits.accept = s->policy.review = (struct span){UNIT_NONE, 0};
    OK(story_report(s, PLAIN, false));
    assert_true(case_due(&s->record) == s->record.last_ms + CASE_REVIEW_DAYS * DAY);
    free(s);
}

static void test_another_calendar_moves_the_due_times_and_says_so(void **state)
{
    (void)state;
    struct story *s = story_handling();
    const struct case_clock *clock = &s->record.facts.clocks[CLOCK_HANDLE];
    int64_t due_ms = clock->due_ms;
    OK(case_recalculate(&s->world, &s->record, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 0);
    s->calendar.version = 2; /* Tuesday the 24th becomes a holiday */
    assert_true(calendar_day_of(2026, 11, 24, &s->calendar.exceptions[0].day));
    s->calendar.exception_count = 1;
    s->calendar.valid_to_day = s->calendar.exceptions[0].day + 1000;
    OK(case_recalculate(&s->world, &s->record, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 1);
    take_result(s);
    assert_int_equal(last_event(s), EVENT_RECALCULATE);
    assert_true(clock->due_ms == due_ms + DAY);
    assert_int_equal(s->record.facts.calendar_version, 2);
    assert_non_null(strstr(s->result.changes[0].note, "2"));
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unsigned_case_turns_yellow_calls_the_deputy_turns_red_and_climbs),
        cmocka_unit_test(test_nobody_acting_the_case_climbs_to_the_root_and_onto_the_leaders_list),
        cmocka_unit_test(test_a_case_that_a_person_moves_on_does_not_climb),
        cmocka_unit_test(test_with_the_link_down_the_climb_is_pending_and_the_alarms_here_grow),
        cmocka_unit_test(test_a_pending_climb_ends_when_somebody_acts),
        cmocka_unit_test(test_the_timer_climbs_by_itself_when_the_link_is_back),
        cmocka_unit_test(test_an_open_offer_is_made_again_later),
        cmocka_unit_test(test_a_policy_without_grace_never_climbs),
        cmocka_unit_test(test_without_progress_the_acknowledgement_lapses_and_escalation_starts_again),
        cmocka_unit_test(test_a_signature_that_nothing_follows_lapses),
        cmocka_unit_test(test_an_extension_puts_a_red_case_back_to_what_its_time_says),
        cmocka_unit_test(test_an_unanswered_supervision_order_climbs_too),
        cmocka_unit_test(test_two_clocks_that_climb_together_make_one_offer),
        cmocka_unit_test(test_a_jump_of_the_clock_takes_one_rung_at_a_time),
        cmocka_unit_test(test_a_state_without_a_limit_is_still_looked_at_again),
        cmocka_unit_test(test_another_calendar_moves_the_due_times_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
