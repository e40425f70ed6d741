/* What follows a signature: limits that pass, reports again and again, the safety of those on scene, and what
 * the sender says later; with a moved clock. */
#include "test_domain_receipt.h"

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

/* Any and k of n count signatures: the order signed, updated and signed anew within one millisecond is one.
 */
static void test_a_signature_is_the_first_but_once(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_ORDER, POLICE);
    assert_false(receipt_first_signed(&t->change));
    OK(act(t, RECEIPT_ACK, POLICE));
    assert_true(receipt_first_signed(&t->change));
    struct command update = later(t, COMMAND_UPDATE);
    update.text = "改为全天巡查";
    OK(command_event(t, update));
    assert_false(receipt_first_signed(&t->change));
    OK(act(t, RECEIPT_ACK, POLICE));
    assert_true(t->receipt.acked_ms == t->receipt.last_ms);
    HAS(t, SIGNED_AGAIN);
    assert_false(receipt_first_signed(&t->change));
}

/* Nor is it one that a cancel was seen. */
static void test_a_cancel_that_is_acknowledged_is_no_signature(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_ORDER, POLICE);
    struct command cancel = later(t, COMMAND_CANCEL);
    cancel.reason = "误发";
    OK(command_event(t, cancel));
    OK(act(t, RECEIPT_ACK, POLICE));
    STATE(t, CANCELLED);
    HAS_NOT(t, SIGNED_AGAIN);
    assert_false(receipt_first_signed(&t->change));
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

static void test_a_renewed_lease_is_nothing_to_a_receipt(void **state)
{
    struct task *t = *state;
    struct command event;
    begin(t, COMMAND_MODE, CENTER);
    assert_true(command_renew(&t->m->world, &t->record, t->m->now_ms + DAY, &event));
    apply(t->m, &t->record, &event);
    assert_false(receipt_follow(&t->m->world, &t->record, &event, &t->receipt, t->m->now_ms, &t->change));
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
        STORY(test_a_signature_is_the_first_but_once),
        STORY(test_a_cancel_that_is_acknowledged_is_no_signature),
        STORY(test_a_failed_check_is_to_be_reported_again),
        STORY(test_rework_that_does_not_come_is_late_again),
        STORY(test_when_enough_have_signed_the_others_are_relieved),
        STORY(test_who_missed_his_circle_is_relieved_and_told),
        STORY(test_a_renewed_lease_is_nothing_to_a_receipt),
        STORY(test_limits_of_a_command_for_later_run_from_then),
        STORY(test_a_zero_report_is_for_who_must_report_again_and_again),
        STORY(test_a_campaign_with_an_interval_goes_on_until_it_is_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
