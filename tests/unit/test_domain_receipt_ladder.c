/* 中心呼、我必应: who does not sign is called step by step; signatures lapse; limits pass; the safety of
 * those on scene; with a moved clock. */
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

static void test_a_contact_is_wanted_within_its_limit(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_ORDER, DESK, "leader");
    draft.contact_limit = minutes(60);
    issue(t, &draft);
    deliver(t, DESK);
    OK(act(t, RECEIPT_ACK, "desk.cg.440306017001"));
    next_is(t, RECEIPT_LATE_CONTACT, HOUR);
    HAS(t, OVERDUE_CONTACT);
    HAS(t, RED);
    OK(act(t, RECEIPT_CONTACT, "desk-2.cg.440306017001"));
    HAS(t, CONTACTED);
    HAS(t, OVERDUE_CONTACT);
    HAS_NOT(t, RED);
}

static void test_arrival_and_end_have_their_limits(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_ORDER, POLICE, "leader");
    draft.ack_limit = minutes(5);
    draft.arrive_limit = minutes(20);
    draft.done_limit = minutes(90);
    issue(t, &draft);
    deliver(t, POLICE);
    OK(act(t, RECEIPT_ACK, POLICE));
    next_is(t, RECEIPT_LATE_ARRIVE, 20 * MINUTE);
    HAS(t, OVERDUE_ARRIVE);
    HAS(t, RED);
    OK(act(t, RECEIPT_ARRIVE, POLICE));
    HAS_NOT(t, RED);
    HAS(t, OVERDUE_ARRIVE);
    next_is(t, RECEIPT_LATE_DONE, 70 * MINUTE);
    HAS(t, OVERDUE_DONE);
    HAS(t, RED);
    OK(act(t, RECEIPT_REPORT, POLICE));
    STATE(t, REPORTED);
    HAS_NOT(t, RED);
    NEVER_AGAIN(t);
}

static void test_a_missed_report_is_red_until_the_next(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_MODE, CENTER);
    assert_int_equal(t->record.header.report_interval.amount, 60);
    OK(act(t, RECEIPT_ACK, "leader.440306017001"));
    t->m->now_ms += 20 * MINUTE;
    OK(act(t, RECEIPT_REPORT, "dispatcher.440306017001"));
    STATE(t, ACKED);
    assert_int_equal(t->receipt.reports, 1);
    next_is(t, RECEIPT_LATE_REPORT, HOUR);
    HAS(t, OVERDUE_REPORT);
    HAS(t, RED);
    next_is(t, RECEIPT_LATE_REPORT, HOUR);
    t->m->now_ms += MINUTE;
    struct receipt_input zero = says(t, RECEIPT_REPORT, "dispatcher.440306017001");
    zero.zero = true;
    OK(step(t, &zero));
    HAS(t, ZERO);
    HAS_NOT(t, OVERDUE_REPORT);
    HAS_NOT(t, RED);
    assert_true(t->receipt.report_due_ms == t->m->now_ms + HOUR);
}

static void test_reports_missed_while_the_center_was_down_are_one(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_MODE, CENTER);
    OK(act(t, RECEIPT_ACK, "leader.440306017001"));
    t->m->now_ms += 10 * HOUR + MINUTE;
    assert_int_equal(fire(t), RECEIPT_LATE_REPORT);
    assert_int_equal(fire(t), RECEIPT_EVENT_NONE);
    assert_true(t->receipt.report_due_ms == t->m->now_ms + HOUR);
}

static void test_a_mode_ends_by_itself_and_wants_no_reports_any_more(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_MODE, CENTER, "leader");
    draft.mode_end_ms = t->m->now_ms + 90 * MINUTE;
    issue(t, &draft);
    deliver(t, CENTER);
    OK(act(t, RECEIPT_ACK, "leader.440306017001"));
    next_is(t, RECEIPT_LATE_REPORT, HOUR);
    HAS(t, RED);
    assert_true(t->receipt.report_due_ms == 0); /* the next would lie beyond the end */
    next_is(t, RECEIPT_FINISH, 30 * MINUTE);
    STATE(t, DONE);
    HAS_NOT(t, RED);
    NEVER_AGAIN(t);
}

static void test_reports_of_a_mode_begin_with_its_start(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_MODE, CENTER, "leader");
    draft.mode_start_ms = t->m->now_ms + 5 * HOUR;
    issue(t, &draft);
    deliver(t, CENTER);
    assert_true(t->receipt.report_due_ms == t->m->now_ms + 6 * HOUR);
}

static void on_scene(struct task *t, enum command_kind kind)
{
    struct command draft = draft_of(t->m, kind, POLICE, "leader");
    draft.par_interval = minutes(20);
    draft.done_limit = (struct span){UNIT_NATURAL_DAY, 9};
    issue(t, &draft);
    deliver(t, POLICE);
    OK(act(t, RECEIPT_ACK, POLICE));
    OK(act(t, RECEIPT_DEPART, POLICE));
    REFUSED(act(t, RECEIPT_PAR, POLICE), ERR_ILLEGAL);
    OK(act(t, RECEIPT_ARRIVE, POLICE));
}

static void test_those_on_scene_are_asked_whether_they_are_safe(void **state)
{
    struct task *t = *state;
    on_scene(t, COMMAND_EMERGENCY);
    next_is(t, RECEIPT_PAR_CALL, 20 * MINUTE);
    HAS(t, PAR_OPEN);
    HAS_NOT(t, RED);
    t->m->now_ms += MINUTE;
    OK(act(t, RECEIPT_PAR, POLICE));
    HAS_NOT(t, PAR_OPEN);
    next_is(t, RECEIPT_PAR_CALL, 20 * MINUTE);
    next_is(t, RECEIPT_PAR_MISSED, 2 * MINUTE);
    HAS(t, PAR_LOST);
    HAS(t, RED);
    assert_true(t->receipt.next_ms == t->receipt.done_due_ms); /* it stands until he is found */
    t->m->now_ms += HOUR;
    OK(act(t, RECEIPT_PAR, "dispatcher.440306017001"));
    HAS(t, BY_OTHER);
    HAS_NOT(t, PAR_LOST);
    HAS_NOT(t, RED);
    assert_true(t->receipt.next_ms == t->m->now_ms + 20 * MINUTE);
}

static void test_an_emergency_asks_on_after_a_report_an_order_does_not(void **state)
{
    struct task *t = *state;
    on_scene(t, COMMAND_EMERGENCY);
    OK(act(t, RECEIPT_REPORT, POLICE));
    STATE(t, REPORTED);
    next_is(t, RECEIPT_PAR_CALL, 20 * MINUTE);
    OK(act(t, RECEIPT_FINISH, POLICE));
    STATE(t, DONE);
    HAS_NOT(t, PAR_OPEN);
    NEVER_AGAIN(t);
    on_scene(t, COMMAND_ORDER);
    OK(act(t, RECEIPT_REPORT, POLICE));
    STATE(t, REPORTED);
    NEVER_AGAIN(t);
}

static void test_a_call_is_over_before_the_next_is_due(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_EMERGENCY, POLICE, "leader");
    draft.par_interval = minutes(1);
    issue(t, &draft);
    deliver(t, POLICE);
    OK(act(t, RECEIPT_ACK, POLICE));
    OK(act(t, RECEIPT_ARRIVE, POLICE));
    next_is(t, RECEIPT_PAR_CALL, MINUTE);
    next_is(t, RECEIPT_PAR_MISSED, MINUTE);
}

static void test_a_cancel_is_acknowledged_or_called_for(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_ORDER, POLICE);
    OK(act(t, RECEIPT_ACK, POLICE));
    t->m->now_ms += HOUR;
    OK(command_event(t, later(t, COMMAND_CANCEL)));
    STATE(t, CANCELLED);
    HAS(t, UNSEEN);
    assert_string_equal(t->change.text, "情况有变");
    assert_string_equal(t->change.actor.user, "leader.440306017001");
    next_is(t, RECEIPT_CHANNEL, 30 * MINUTE);
    HAS(t, RED);
    HAS_NOT(t, OVERDUE_ACK);
    OK(act(t, RECEIPT_ACK, POLICE));
    STATE(t, CANCELLED);
    HAS_NOT(t, UNSEEN);
    HAS_NOT(t, RED);
    NEVER_AGAIN(t);
    REFUSED(act(t, RECEIPT_ACK, POLICE), ERR_ILLEGAL);
    REFUSED(act(t, RECEIPT_REPORT, POLICE), ERR_ILLEGAL);
}

static void test_an_update_is_signed_again_under_new_limits(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_ORDER, POLICE);
    t->m->now_ms += 40 * MINUTE;
    OK(act(t, RECEIPT_ACK, POLICE));
    t->m->now_ms += 20 * DAY;
    while (fire(t))
        continue;
    HAS(t, OVERDUE_DONE);
    HAS(t, RED);
    struct command update = later(t, COMMAND_UPDATE);
    update.text = "改为全天巡查";
    update.done_limit = minutes(120);
    OK(command_event(t, update));
    assert_string_equal(t->record.header.text, "改为全天巡查");
    STATE(t, ACKED);
    HAS(t, UNSEEN);
    HAS_NOT(t, OVERDUE_DONE);
    HAS_NOT(t, RED);
    HAS(t, OVERDUE_ACK); /* of the first signature: a fact */
    assert_true(t->receipt.done_due_ms == t->m->now_ms + 2 * HOUR);
    next_is(t, RECEIPT_CHANNEL, 30 * MINUTE);
    HAS(t, RED);
    OK(act(t, RECEIPT_ACK, POLICE));
    HAS_NOT(t, UNSEEN);
    HAS_NOT(t, RED);
}

static void test_a_failed_check_is_to_be_reported_again(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_SUPERVISION, CENTER);
    OK(act(t, RECEIPT_ACK, "dispatcher.440306017001"));
    OK(act(t, RECEIPT_REPORT, "dispatcher.440306017001"));
    STATE(t, REPORTED);
    NEVER_AGAIN(t);
    struct command check = later(t, COMMAND_CHECK);
    snprintf(check.recipient, sizeof check.recipient, "%s", DESK);
    OK(command_event(t, check)); /* somebody else's check */
    HAS_NOT(t, REWORK);
    snprintf(check.recipient, sizeof check.recipient, "%s", CENTER);
    OK(command_event(t, check));
    STATE(t, REPORTED);
    HAS(t, REWORK);
    HAS(t, UNSEEN);
    next_is(t, RECEIPT_CHANNEL, 30 * MINUTE);
    OK(act(t, RECEIPT_REPORT, "dispatcher.440306017001"));
    HAS_NOT(t, REWORK);
    HAS_NOT(t, UNSEEN);
    NEVER_AGAIN(t);
    check.passed = true;
    check.score = 4;
    OK(command_event(t, check));
    STATE(t, DONE);
    assert_int_equal(t->receipt.score, 4);
}

static void test_rework_that_does_not_come_is_late_again(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_SUPERVISION, CENTER);
    OK(act(t, RECEIPT_ACK, "leader.440306017001"));
    OK(act(t, RECEIPT_FINISH, "leader.440306017001"));
    struct command check = later(t, COMMAND_CHECK);
    snprintf(check.recipient, sizeof check.recipient, "%s", CENTER);
    OK(command_event(t, check));
    OK(act(t, RECEIPT_ACK, "leader.440306017001"));
    next_is(t, RECEIPT_LATE_DONE, DAY);
    HAS(t, RED);
}

static void test_when_enough_have_signed_the_others_are_relieved(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_ORDER, POLICE "+" GRID, "leader");
    draft.ack_rule = ACK_ANY;
    issue(t, &draft);
    deliver(t, GRID);
    struct task twin = *t;
    OK(act(&twin, RECEIPT_ACK, GRID));
    struct command event = later(t, COMMAND_STAND_DOWN);
    event.actor = (struct actor){.user = "system:timer", .post = POST_TIMER};
    OK(command_event(t, event));
    STATE(t, CANCELLED);
    NEVER_AGAIN(t);
    OK(command_event(&twin, event));
    assert_int_equal(twin.receipt.state, RECEIPT_ACKED);
}

static void test_who_missed_his_circle_is_relieved_and_told(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_EMERGENCY, POLICE);
    struct task twin = *t;
    assert_true(receipt_relieve(&t->m->world, &t->record, &t->receipt, "改派他人", t->m->now_ms, &t->change));
    take_change(t);
    STATE(t, CANCELLED);
    HAS_NOT(t, UNSEEN);
    OK(act(&twin, RECEIPT_ACK, POLICE));
    OK(act(&twin, RECEIPT_DEPART, POLICE));
    assert_true(
        receipt_relieve(&t->m->world, &twin.record, &twin.receipt, "改派他人", t->m->now_ms, &twin.change));
    take_change(&twin);
    assert_true(twin.receipt.flags & RECEIPT_UNSEEN);
    assert_false(
        receipt_relieve(&t->m->world, &twin.record, &twin.receipt, "改派他人", t->m->now_ms, &twin.change));
    begin(t, COMMAND_EMERGENCY, POLICE);
    OK(act(t, RECEIPT_ACK, POLICE));
    OK(act(t, RECEIPT_ARRIVE, POLICE));
    assert_false(
        receipt_relieve(&t->m->world, &t->record, &t->receipt, "改派他人", t->m->now_ms, &t->change));
}

static void test_limits_of_a_command_for_later_run_from_then(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_NOTICE, CENTER, "leader");
    draft.effective_ms = t->m->now_ms + 5 * HOUR;
    issue(t, &draft);
    deliver(t, CENTER);
    next_is(t, RECEIPT_CHANNEL, 5 * HOUR + 30 * MINUTE);
}

static void test_a_zero_report_is_for_who_must_report_again_and_again(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_ORDER, POLICE);
    OK(act(t, RECEIPT_ACK, POLICE));
    struct receipt_input zero = says(t, RECEIPT_REPORT, POLICE);
    zero.zero = true;
    REFUSED(step(t, &zero), ERR_ILLEGAL);
    begin(t, COMMAND_CAMPAIGN, POLICE);
    OK(act(t, RECEIPT_ACK, POLICE));
    OK(step(t, &zero));
    STATE(t, DONE); /* one stage, one report */
    HAS(t, ZERO);
}

static void test_a_campaign_with_an_interval_goes_on_until_it_is_finished(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_CAMPAIGN, GRID, "leader");
    draft.report_interval = minutes(60);
    OK(form_parse("隐患数:n:number!", &draft.form, NULL));
    issue(t, &draft);
    deliver(t, GRID);
    OK(act(t, RECEIPT_ACK, GRID));
    struct receipt_input report = says(t, RECEIPT_REPORT, GRID);
    REFUSED(step(t, &report), ERR_FORM);
    report.values = "n=3";
    OK(step(t, &report));
    STATE(t, REPORTED);
    assert_string_equal(t->receipt.values, "n=3");
    next_is(t, RECEIPT_LATE_REPORT, HOUR);
    report.zero = true;
    report.values = NULL;
    OK(step(t, &report));
    assert_int_equal(t->receipt.reports, 2);
    assert_string_equal(t->receipt.values, "n=3");
    OK(act(t, RECEIPT_FINISH, GRID));
    STATE(t, DONE);
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
        STORY(test_a_contact_is_wanted_within_its_limit),
        STORY(test_arrival_and_end_have_their_limits),
        STORY(test_a_missed_report_is_red_until_the_next),
        STORY(test_reports_missed_while_the_center_was_down_are_one),
        STORY(test_a_mode_ends_by_itself_and_wants_no_reports_any_more),
        STORY(test_reports_of_a_mode_begin_with_its_start),
        STORY(test_those_on_scene_are_asked_whether_they_are_safe),
        STORY(test_an_emergency_asks_on_after_a_report_an_order_does_not),
        STORY(test_a_call_is_over_before_the_next_is_due),
        STORY(test_a_cancel_is_acknowledged_or_called_for),
        STORY(test_an_update_is_signed_again_under_new_limits),
        STORY(test_a_failed_check_is_to_be_reported_again),
        STORY(test_rework_that_does_not_come_is_late_again),
        STORY(test_when_enough_have_signed_the_others_are_relieved),
        STORY(test_who_missed_his_circle_is_relieved_and_told),
        STORY(test_limits_of_a_command_for_later_run_from_then),
        STORY(test_a_zero_report_is_for_who_must_report_again_and_again),
        STORY(test_a_campaign_with_an_interval_goes_on_until_it_is_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
