/* Custody as the case sees it: offers, hand-overs, what the new owner does at once, and offers that come to
 * nothing. */
#include "test_domain_case.h"

static void test_a_case_whose_department_sits_above_goes_there_by_itself(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, STRICT, true));
    assert_int_equal(s->result.count, 3);
    assert_int_equal(last_event(s), EVENT_OFFER);
    assert_non_null(strstr(s->result.changes[2].note, "街道住建"));
    assert_int_equal(s->record.facts.offer_why, EVENT_DISPATCH);
    hand_over(s);
    assert_int_equal(s->result.count, 2);
    assert_int_equal(s->result.changes[0].event, EVENT_TAKE);
    assert_int_equal(s->result.changes[1].event, EVENT_DISPATCH);
    assert_string_equal(s->record.facts.lead, "zj@440306017");
    assert_string_equal(s->record.facts.handed_from, "440306017001");
    assert_int_equal(s->record.facts.hops, 1);
    assert_int_equal(s->record.epoch, 1);
    free(s);
}

static void test_the_best_choice_above_goes_before_a_lesser_one_here(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->rows[0] = (struct route_row){.key = ROUTE_ITEM, .what = PLAIN, .department = "zj", .rank = 0};
    s->rows[1] = (struct route_row){.key = ROUTE_ITEM, .what = PLAIN, .department = "wy", .rank = 1};
    OK(story_report(s, PLAIN, true));
    assert_int_equal(last_event(s), EVENT_OFFER);
    hand_over(s);
    assert_string_equal(s->record.facts.lead, "zj@440306017");
    free(s);
}

static void test_it_goes_on_up_when_the_desks_at_the_next_tier_are_empty(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->departments[3].desks = 0; /* zj at the street */
    OK(story_report(s, STRICT, true));
    assert_non_null(strstr(s->result.changes[2].note, "区中心"));
    hand_over(s);
    assert_int_equal(last_event(s), EVENT_OFFER);
    hand_over(s);
    assert_int_equal(owner_index(s), DISTRICT);
    STATE(s, CASE_DISPATCHED);
    assert_string_equal(s->record.facts.lead, "zj@440306");
    free(s);
}

static void test_a_hand_over_needs_the_offer_unchanged(void **state)
{
    (void)state;
    struct story *s = story_handling();
    REFUSED(case_hand_over(&s->world, &s->record, 0, s->now_ms, &s->result), ERR_STALE);
    OK(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, COMMUNITY)));
    REFUSED(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, COMMUNITY)), ERR_CLIMBING);
    int32_t offered = s->record.facts.offer_no;
    assert_int_equal(offered, s->record.last_no);
    REFUSED(case_hand_over(&s->world, &s->record, offered - 1, s->now_ms, &s->result), ERR_STALE);
    OK(act(s, EVENT_PROGRESS, desk(s, "cg", COMMUNITY))); /* the owner works on */
    REFUSED(case_hand_over(&s->world, &s->record, offered, s->now_ms, &s->result), ERR_STALE);
    OK(case_climb_again(&s->world, &s->record, s->now_ms, &s->result)); /* offered anew */
    assert_int_equal(s->result.count, 1);
    take_result(s);
    assert_int_equal(s->record.facts.offer_why, EVENT_ESCALATE);
    OK(case_climb_again(&s->world, &s->record, s->now_ms, &s->result)); /* no answer came in time */
    assert_int_equal(s->result.count, 1);
    take_result(s);
    assert_int_equal(s->record.facts.offer_no, s->record.last_no);
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    s->world.here = COMMUNITY;
    REFUSED(case_hand_over(&s->world, &s->record, 1, s->now_ms, &s->result), ERR_NOT_OWNER);
    REFUSED(case_take(&s->world, &s->record, s->now_ms, &s->result), ERR_NOT_OWNER);
    assert_int_equal(fire(s), 0); /* the old owner's timer is silent */
    free(s);
}

static void test_a_leader_reclaims_a_case_from_a_taker_that_is_dead_for_good(void **state)
{
    (void)state;
    struct story *s = story_handling();
    OK(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, COMMUNITY)));
    hand_over(s);
    struct case_record handed = s->record;
    struct case_input input = {.event = EVENT_RECLAIM, .actor = person(s, POST_LEADER, COMMUNITY)};
    s->world.here = COMMUNITY;
    REFUSED(case_reclaim(&s->world, &handed, &input, s->now_ms, &s->result, &s->fault), ERR_NO_REASON);
    input.content.reason = "街道中心机房被淹";
    input.actor = person(s, POST_SHIFT_LEADER, COMMUNITY);
    REFUSED(case_reclaim(&s->world, &handed, &input, s->now_ms, &s->result, &s->fault), ERR_NO_RIGHT);
    input.actor = person(s, POST_LEADER, COMMUNITY);
    OK(case_reclaim(&s->world, &handed, &input, s->now_ms, &s->result, &s->fault));
    assert_int_equal(s->result.count, 1);
    const struct case_change *change = &s->result.changes[0];
    assert_int_equal(change->event, EVENT_RECLAIM);
    assert_string_equal(change->after.owner, s->centers[COMMUNITY].code);
    assert_int_equal(change->after.epoch, handed.epoch + 1);
    assert_int_equal(change->after.last_no, handed.last_no + 1);
    assert_int_equal(change->after.state, handed.state);
    handed = change->after; /* what is ours again is not reclaimed twice */
    REFUSED(case_reclaim(&s->world, &handed, &input, s->now_ms, &s->result, &s->fault), ERR_ILLEGAL);
    free(s);
}

static void test_the_root_cannot_escalate(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->world.here = DISTRICT;
    OK(story_report(s, LOOSE, true));
    REFUSED(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, DISTRICT)), ERR_BAD_TARGET);
    free(s);
}

static void test_due_times_stay_absolute_over_a_hand_over(void **state)
{
    (void)state;
    struct story *s = story_handling();
    struct case_clock before = s->record.facts.clocks[CLOCK_HANDLE];
    OK(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, COMMUNITY)));
    s->now_ms += HOUR;
    hand_over(s);
    assert_memory_equal(&before, &s->record.facts.clocks[CLOCK_HANDLE], sizeof before);
    free(s);
}

static void test_a_case_is_delegated_down_over_two_hops(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->world.here = DISTRICT;
    OK(story_report(s, PLAIN, true));
    STATE(s, CASE_FILED); /* cg sits only below: people decide */
    assert_true(has_flag(s, FLAG_MANUAL));
    REFUSED(act_on(s, EVENT_DELEGATE, person(s, POST_DISPATCHER, DISTRICT), "123"), ERR_UNKNOWN_CENTER);
    REFUSED(act_on(s, EVENT_DELEGATE, person(s, POST_DISPATCHER, DISTRICT), "440306"), ERR_BAD_TARGET);
    OK(act_on(s, EVENT_DELEGATE, person(s, POST_DISPATCHER, DISTRICT), "440306017001"));
    assert_string_equal(s->record.facts.offer_to, "440306017");
    assert_string_equal(s->record.facts.transfer_to, "440306017001");
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    STATE(s, CASE_FILED); /* though cg sits here too: it is on its way */
    assert_int_equal(last_event(s), EVENT_OFFER);
    hand_over(s);
    assert_int_equal(owner_index(s), COMMUNITY);
    assert_string_equal(s->record.facts.transfer_to, "");
    assert_string_equal(s->record.facts.lead, "cg@440306017001");
    assert_int_equal(s->record.facts.hops, 2);
    free(s);
}

static void test_a_delegated_case_does_not_bounce_back_to_the_department_above(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->world.here = STREET;
    s->departments[3].desks = 0;
    OK(story_report(s, STRICT, true));
    assert_int_equal(last_event(s), EVENT_OFFER); /* zj sits at the district */
    OK(case_offer_ended(&s->world, &s->record, ERR_NO_ONE, s->now_ms, &s->result));
    take_result(s);
    OK(act_on(s, EVENT_DELEGATE, person(s, POST_DISPATCHER, STREET), "440306017001"));
    hand_over(s);
    assert_int_equal(s->result.count, 1);
    STATE(s, CASE_FILED);
    assert_true(has_flag(s, FLAG_MANUAL));
    free(s);
}

static void test_a_transfer_to_a_sibling_is_two_hops_through_the_parent(void **state)
{
    (void)state;
    struct story *s = story_handling();
    REFUSED(act_on(s, EVENT_DELEGATE, person(s, POST_DISPATCHER, COMMUNITY), "440306017"), ERR_BAD_TARGET);
    OK(act_on(s, EVENT_DELEGATE, person(s, POST_DISPATCHER, COMMUNITY), "440306017002"));
    assert_string_equal(s->record.facts.offer_to, "440306017");
    hand_over(s);
    assert_int_equal(owner_index(s), STREET); /* it really owns in between */
    assert_string_equal(s->record.facts.offer_to, "440306017002");
    hand_over(s);
    assert_int_equal(owner_index(s), SIBLING);
    STATE(s, CASE_HANDLING);
    assert_string_equal(s->record.facts.lead, "cg@440306017001");
    OK(act(s, EVENT_PROGRESS, desk(s, "cg", COMMUNITY))); /* the lead works on wherever the owner is */
    free(s);
}

static void test_a_transfer_to_another_street_goes_over_the_root(void **state)
{
    (void)state;
    struct story *s = story_handling();
    OK(act_on(s, EVENT_DELEGATE, person(s, POST_LEADER, COMMUNITY), "440306018"));
    static const int way[] = {STREET, DISTRICT, FAR};
    for (size_t i = 0; i < 3; i++) {
        hand_over(s);
        assert_int_equal(owner_index(s), way[i]);
    }
    assert_string_equal(s->record.facts.transfer_to, "");
    assert_int_equal(s->record.facts.hops, 3);
    free(s);
}

static void test_a_tier_where_nobody_can_act_is_skipped_at_once_and_on_record(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, true));
    OK(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, COMMUNITY)));
    for (size_t i = 0; i < s->topology.staff_count; i++)
        if (s->staff[i].tier == 1)
            s->staff[i].count = 0;
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    assert_int_equal(s->result.changes[1].event, EVENT_SKIP);
    assert_int_equal(s->result.changes[2].event, EVENT_OFFER);
    assert_true(has_flag(s, FLAG_SKIPPED));
    hand_over(s);
    assert_int_equal(owner_index(s), DISTRICT);
    assert_string_equal(s->record.facts.offer_to, "");
    free(s);
}

static void test_an_empty_root_shows_a_standing_red(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->world.here = STREET;
    OK(story_report(s, LOOSE, true));
    OK(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, STREET)));
    s->topology.staff_count = 0;
    hand_over(s);
    assert_int_equal(last_event(s), EVENT_STANDING);
    assert_true(has_flag(s, FLAG_STANDING) && has_flag(s, FLAG_LEADER) && has_flag(s, FLAG_SKIPPED));
    assert_int_equal(s->record.facts.lamp, LAMP_RED);
    free(s);
}

static void test_a_persons_offer_that_is_declined_leaves_the_case_here(void **state)
{
    (void)state;
    struct story *s = story_handling();
    OK(case_offer_ended(&s->world, &s->record, ERR_NO_ONE, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 0); /* none was open */
    OK(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, COMMUNITY)));
    OK(case_offer_ended(&s->world, &s->record, ERR_UNKNOWN_KIND, s->now_ms, &s->result));
    take_result(s);
    assert_int_equal(last_event(s), EVENT_DECLINE);
    assert_int_equal(s->result.changes[0].outcome, ERR_UNKNOWN_KIND);
    assert_string_equal(s->record.facts.offer_to, "");
    assert_false(has_flag(s, FLAG_CLIMB_PENDING));
    OK(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, COMMUNITY)));
    OK(case_offer_ended(&s->world, &s->record, ERR_UNREACHABLE, s->now_ms, &s->result));
    take_result(s);
    assert_true(has_flag(s, FLAG_CLIMB_PENDING)); /* only the link failed: still wanted */
    OK(case_climb_again(&s->world, &s->record, s->now_ms, &s->result));
    take_result(s);
    assert_int_equal(s->record.facts.offer_why, EVENT_ESCALATE);
    free(s);
}

static void test_the_timers_offer_that_ends_stays_due_and_alarms_the_leader(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, false));
    pass(s, 3 * HOUR);
    OK(case_offer_ended(&s->world, &s->record, ERR_TIMEOUT, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 2);
    take_result(s);
    assert_int_equal(last_event(s), EVENT_LEADER);
    assert_true(has_flag(s, FLAG_CLIMB_PENDING));
    free(s);
}

static void test_a_persons_escalation_waits_while_the_link_is_down(void **state)
{
    (void)state;
    struct story *s = story_handling();
    s->world.parent_up = false;
    OK(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, COMMUNITY)));
    assert_int_equal(last_event(s), EVENT_CLIMB_PENDING);
    REFUSED(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, COMMUNITY)), ERR_CLIMBING);
    OK(act(s, EVENT_FEEDBACK, desk(s, "cg", COMMUNITY)));
    assert_true(has_flag(s, FLAG_CLIMB_PENDING));
    OK(act(s, EVENT_CHECK_OK, person(s, POST_CHECKER, COMMUNITY)));
    assert_false(has_flag(s, FLAG_CLIMB_PENDING)); /* closed: nothing climbs any more */
    free(s);
}

static void test_an_offer_whose_cause_is_gone_is_dropped(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, true));
    pass(s, 3 * HOUR);
    assert_int_equal(s->record.facts.offer_why, EVENT_CLIMB_PENDING);
    OK(act(s, EVENT_SIGN, desk(s, "cg", COMMUNITY))); /* the desk signs at last */
    assert_string_equal(s->record.facts.offer_to, "");
    assert_int_equal(s->record.facts.offer_why, EVENT_NONE);
    free(s);

    s = story_new();
    OK(story_report(s, STRICT, true));
    OK(act_on(s, EVENT_DISPATCH, person(s, POST_DISPATCHER, COMMUNITY), "wy"));
    assert_string_equal(s->record.facts.offer_to, ""); /* dispatched here after all */
    free(s);
}

static void test_what_is_overdue_goes_up_even_while_an_offer_down_is_open(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->world.here = STREET;
    OK(story_report(s, LOOSE, false));
    OK(act_on(s, EVENT_DELEGATE, person(s, POST_DISPATCHER, STREET), "440306017001"));
    for (int i = 0; i < 3; i++) {
        s->now_ms += DAY;
        fire(s);
    }
    assert_string_equal(s->record.facts.offer_to, "440306");
    assert_string_equal(s->record.facts.transfer_to, "");
    assert_int_equal(s->record.facts.offer_why, EVENT_CLIMB_PENDING);
    free(s);
}

static void test_a_refused_request_is_on_record_with_its_key_and_changes_nothing(void **state)
{
    (void)state;
    struct story *s = story_handling();
    struct case_facts before = s->record.facts;
    struct case_input input = input_of(EVENT_CLOSE, person(s, POST_CHECKER, SIBLING));
    input.content.reason = "个人文字";
    OK(case_refused(&s->world, &s->record, &input, ERR_NO_RIGHT, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 1);
    assert_int_equal(s->result.changes[0].outcome, ERR_NO_RIGHT);
    assert_int_equal(s->result.changes[0].refused, EVENT_CLOSE);
    assert_memory_equal(&s->result.changes[0].key, &input.key, sizeof input.key);
    assert_null(s->result.changes[0].content);
    take_result(s);
    assert_memory_equal(&before, &s->record.facts, sizeof before);
    STATE(s, CASE_HANDLING);
    OK(act(s, EVENT_FORCE_CLOSE, person(s, POST_LEADER, COMMUNITY)));
    s->world.here = STREET;
    REFUSED(case_refused(&s->world, &s->record, &input, ERR_ILLEGAL, s->now_ms, &s->result), ERR_NOT_OWNER);
    s->world.here = COMMUNITY;
    OK(case_refused(&s->world, &s->record, &input, ERR_ILLEGAL, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 1);
    take_result(s);
    free(s);
}

static void test_a_copy_that_does_not_know_a_kind_still_follows_owner_and_state(void **state)
{
    (void)state;
    struct story *s = story_handling();
    struct case_record copy = s->record;
    uint8_t hash[HASH_BYTES] = {3};
    struct envelope envelope = {.subject_kind = SUBJECT_CASE,
                                .no = copy.last_no + 1,
                                .at_ms = copy.last_ms + 5,
                                .kind = 999,
                                .epoch = 4,
                                .next_owner = "440306",
                                .state = CASE_SUSPENDED};
    case_apply(&copy, &envelope, NULL, hash);
    assert_int_equal(copy.state, CASE_SUSPENDED);
    assert_string_equal(copy.owner, "440306");
    assert_int_equal(copy.epoch, 4);
    assert_int_equal(copy.head_hash[0], 3);
    assert_memory_equal(&copy.facts, &s->record.facts, sizeof copy.facts);
    free(s);
}

static void test_a_returned_case_that_climbs_is_not_sent_back_by_the_machine(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->world.here = STREET;
    OK(story_report(s, PLAIN, true));
    assert_string_equal(s->record.facts.lead, "cg@440306017");
    OK(act(s, EVENT_RETURN, desk(s, "cg", STREET)));
    OK(act(s, EVENT_RETURN, person(s, POST_DISPATCHER, STREET)));
    OK(act_on(s, EVENT_DELEGATE, person(s, POST_DISPATCHER, STREET), "440306017002"));
    hand_over(s);
    assert_string_equal(s->record.facts.lead, "cg@440306017002"); /* another center's department may */
    OK(act(s, EVENT_ESCALATE, person(s, POST_SHIFT_LEADER, SIBLING)));
    hand_over(s);
    OK(act(s, EVENT_FORCE_CLOSE, person(s, POST_LEADER, STREET)));
    free(s);

    s = story_new();
    OK(story_report(s, PLAIN, true));
    OK(act(s, EVENT_RETURN, desk(s, "cg", COMMUNITY)));
    OK(act(s, EVENT_RETURN, person(s, POST_DISPATCHER, COMMUNITY)));
    OK(act_on(s, EVENT_DISPATCH, person(s, POST_DISPATCHER, COMMUNITY), "wy"));
    OK(act(s, EVENT_SIGN, desk(s, "wy", COMMUNITY)));
    OK(act(s, EVENT_FEEDBACK, desk(s, "wy", COMMUNITY)));
    OK(act(s, EVENT_CHECK_OK, person(s, POST_CHECKER, COMMUNITY)));
    OK(act(s, EVENT_REOPEN, person(s, POST_RECEPTIONIST, COMMUNITY)));
    assert_int_equal(last_event(s), EVENT_OFFER); /* not to cg here, which returned it, but to the street's */
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_case_whose_department_sits_above_goes_there_by_itself),
        cmocka_unit_test(test_the_best_choice_above_goes_before_a_lesser_one_here),
        cmocka_unit_test(test_it_goes_on_up_when_the_desks_at_the_next_tier_are_empty),
        cmocka_unit_test(test_a_hand_over_needs_the_offer_unchanged),
        cmocka_unit_test(test_a_leader_reclaims_a_case_from_a_taker_that_is_dead_for_good),
        cmocka_unit_test(test_the_root_cannot_escalate),
        cmocka_unit_test(test_due_times_stay_absolute_over_a_hand_over),
        cmocka_unit_test(test_a_case_is_delegated_down_over_two_hops),
        cmocka_unit_test(test_a_delegated_case_does_not_bounce_back_to_the_department_above),
        cmocka_unit_test(test_a_transfer_to_a_sibling_is_two_hops_through_the_parent),
        cmocka_unit_test(test_a_transfer_to_another_street_goes_over_the_root),
        cmocka_unit_test(test_a_tier_where_nobody_can_act_is_skipped_at_once_and_on_record),
        cmocka_unit_test(test_an_empty_root_shows_a_standing_red),
        cmocka_unit_test(test_a_persons_offer_that_is_declined_leaves_the_case_here),
        cmocka_unit_test(test_the_timers_offer_that_ends_stays_due_and_alarms_the_leader),
        cmocka_unit_test(test_a_persons_escalation_waits_while_the_link_is_down),
        cmocka_unit_test(test_an_offer_whose_cause_is_gone_is_dropped),
        cmocka_unit_test(test_what_is_overdue_goes_up_even_while_an_offer_down_is_open),
        cmocka_unit_test(test_a_refused_request_is_on_record_with_its_key_and_changes_nothing),
        cmocka_unit_test(test_a_copy_that_does_not_know_a_kind_still_follows_owner_and_state),
        cmocka_unit_test(test_a_returned_case_that_climbs_is_not_sent_back_by_the_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
