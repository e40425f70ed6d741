/* Issuing: who may command what, what a command has when nobody says, and what is refused. */
#include "test_domain_command.h"

static enum err issue(struct muster *m, const struct command *draft, struct command *command)
{
    struct command untouched;
    memset(command, 0x5a, sizeof *command);
    untouched = *command;
    m->fault = (struct fault){0};
    enum err err = command_issue(&m->world, draft, m->now_ms, command, &m->fault);
    assert_int_equal(m->fault.code, err);
    if (err) {
        assert_true(m->fault.text[0]);
        assert_memory_equal(command, &untouched, sizeof untouched);
    }
    return err;
}

static enum err refusal(struct muster *m, struct command draft)
{
    struct command command;
    return issue(m, &draft, &command);
}

static struct command issued(struct muster *m, struct command draft)
{
    struct command command;
    if (issue(m, &draft, &command) != ERR_OK)
        fail_msg("%s", m->fault.text);
    return command;
}

static bool same(struct span a, enum time_unit unit, int32_t amount)
{
    return a.unit == unit && a.amount == amount;
}

static void test_each_kind_is_for_its_posts(void **state)
{
    struct muster *m = *state;
    static const char *const posts[] = {"receptionist", "dispatcher", "shift_leader",
                                        "leader",       "supervisor", "checker"};
    static const char *const may[COMMAND_KINDS] = {
        /* in that order */
        [COMMAND_ORDER] = ".yyy..",       [COMMAND_NOTICE] = "yyyy..",   [COMMAND_ROLL_CALL] = ".yyy..",
        [COMMAND_SUPERVISION] = "..yyy.", [COMMAND_CAMPAIGN] = ".yyy..", [COMMAND_MODE] = "...y..",
        [COMMAND_EMERGENCY] = ".yyy.."};
    for (int kind = COMMAND_ORDER; kind < COMMAND_KINDS; kind++)
        for (int i = 0; i < 6; i++) {
            enum err err = refusal(m, draft_of(m, (enum command_kind)kind, "all", posts[i]));
            if (err != (may[kind][i] == 'y' ? ERR_OK : ERR_NO_RIGHT))
                fail_msg("%s %s: %s", command_kind_name((enum command_kind)kind), posts[i], m->fault.text);
        }
}

static void test_the_alert_level_says_who_may_set_it(void **state)
{
    struct muster *m = *state;
    struct command draft = draft_of(m, COMMAND_MODE, "all", "shift_leader");
    REFUSED(refusal(m, draft), ERR_NO_RIGHT);
    draft.alert = ALERT_IV;
    OK(refusal(m, draft));
    draft.alert = ALERT_I; /* nobody is named for it */
    REFUSED(refusal(m, draft), ERR_NO_RIGHT);
}

static void test_only_people_of_this_center_command_from_it(void **state)
{
    struct muster *m = *state;
    struct command draft = draft_of(m, COMMAND_ORDER, "all", "leader");
    draft.actor = who(m, "leader.440306017");
    REFUSED(refusal(m, draft), ERR_NO_RIGHT);
    draft.actor = who(m, GRID);
    REFUSED(refusal(m, draft), ERR_NO_RIGHT);
    draft.actor = (struct actor){.post = POST_LEADER};
    REFUSED(refusal(m, draft), ERR_MISSING);
    draft = draft_of(m, COMMAND_EMERGENCY, "type=police,near=113/22", "leader");
    snprintf(draft.actor.user, sizeof draft.actor.user, "system:plan");
    draft.actor.post = POST_SYSTEM;
    OK(refusal(m, draft));
    draft.kind = COMMAND_ORDER;
    REFUSED(refusal(m, draft), ERR_NO_RIGHT);
}

static void test_the_header_is_filled_in(void **state)
{
    struct muster *m = *state;
    struct command c = issued(m, draft_of(m, COMMAND_ORDER, "type=grid", "dispatcher"));
    assert_int_equal(c.event, COMMAND_ISSUE);
    assert_int_equal(c.no, 1);
    assert_string_equal(c.center, "440306017001");
    assert_true(c.sent_ms == m->now_ms && c.effective_ms == m->now_ms);
    assert_true(c.expires_ms == m->now_ms + COMMAND_KEEP_DAYS * DAY);
    assert_int_equal(c.status, COMMAND_ACTUAL);
    assert_int_equal(c.ack_rule, ACK_EACH);
    assert_true(same(c.ack_limit, UNIT_URGENT_HOUR, 30));
    assert_true(same(c.done_limit, UNIT_WORK_DAY, 1));
    assert_true(same(c.contact_limit, UNIT_NONE, 0));
    m->world.exercise = true;
    c = issued(m, draft_of(m, COMMAND_ORDER, "type=grid", "dispatcher"));
    assert_int_equal(c.status, COMMAND_EXERCISE);
}

static void test_a_test_command_stays_one(void **state)
{
    struct muster *m = *state;
    struct command draft = draft_of(m, COMMAND_NOTICE, "all", "leader");
    draft.status = COMMAND_TEST;
    assert_int_equal(issued(m, draft).status, COMMAND_TEST);
    assert_string_equal(issued(m, draft_of(m, COMMAND_CAMPAIGN, "all", "leader")).stage, "during");
}

static void test_a_command_longer_than_a_month_lives_as_long_as_its_limit(void **state)
{
    struct muster *m = *state;
    struct command draft = draft_of(m, COMMAND_ORDER, "all", "leader");
    draft.done_limit = (struct span){UNIT_NATURAL_DAY, 60};
    assert_true(issued(m, draft).expires_ms == m->now_ms + 60 * DAY);
}

static void test_a_department_above_signs_contacts_and_reports(void **state)
{
    struct muster *m = *state;
    struct command draft = draft_of(m, COMMAND_ORDER, "above=zj", "dispatcher");
    struct command c = issued(m, draft);
    assert_true(same(c.ack_limit, UNIT_URGENT_HOUR, 60));
    assert_true(same(c.contact_limit, UNIT_URGENT_HOUR, 24 * 60));
    assert_true(same(c.done_limit, UNIT_WORK_DAY, 3));
    draft.done_limit = (struct span){UNIT_WORK_DAY, 5};
    draft.ack_limit = minutes(30);
    c = issued(m, draft);
    assert_true(same(c.done_limit, UNIT_WORK_DAY, 5));
    assert_true(same(c.ack_limit, UNIT_URGENT_HOUR, 30));
    draft.ack_limit = minutes(61);
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft.ack_limit = minutes(60);
    draft.contact_limit = (struct span){UNIT_NATURAL_DAY, 2};
    REFUSED(refusal(m, draft), ERR_RANGE);
}

static void test_only_an_order_goes_up_and_alone(void **state)
{
    struct muster *m = *state;
    REFUSED(refusal(m, draft_of(m, COMMAND_SUPERVISION, "above=zj", "leader")), ERR_ILLEGAL);
    REFUSED(refusal(m, draft_of(m, COMMAND_NOTICE, "above=zj", "leader")), ERR_ILLEGAL);
    REFUSED(refusal(m, draft_of(m, COMMAND_ORDER, "above=zj+all", "leader")), ERR_ILLEGAL);
    REFUSED(refusal(m, draft_of(m, COMMAND_ORDER, "above=zj", "receptionist")), ERR_NO_RIGHT);
    OK(refusal(m, draft_of(m, COMMAND_ORDER, "above=zj+above=cg", "shift_leader")));
}

static void test_targets_are_those_of_the_selector(void **state)
{
    struct muster *m = *state;
    REFUSED(refusal(m, draft_of(m, COMMAND_ORDER, "", "leader")), ERR_NOBODY);
    REFUSED(refusal(m, draft_of(m, COMMAND_ORDER, "tier=street", "leader")), ERR_NOBODY);
    REFUSED(refusal(m, draft_of(m, COMMAND_ORDER, "area=440306017", "leader")), ERR_OUTSIDE);
    REFUSED(refusal(m, draft_of(m, COMMAND_ORDER, "dept=xx", "leader")), ERR_UNKNOWN_TARGET);
    REFUSED(refusal(m, draft_of(m, COMMAND_ORDER, "area=990", "leader")), ERR_UNKNOWN_AREA);
    REFUSED(refusal(m, draft_of(m, COMMAND_ORDER, "center=990", "leader")), ERR_UNKNOWN_CENTER);
    REFUSED(refusal(m, draft_of(m, COMMAND_ORDER, "what", "leader")), ERR_MALFORMED);
}

static void test_what_is_missing_is_named(void **state)
{
    struct muster *m = *state;
    struct command draft = draft_of(m, COMMAND_ORDER, "all", "leader");
    draft.text = "";
    REFUSED(refusal(m, draft), ERR_MISSING);
    draft.text = NULL;
    REFUSED(refusal(m, draft), ERR_MISSING);
    draft = draft_of(m, COMMAND_MODE, "all", "leader");
    draft.reason = NULL;
    REFUSED(refusal(m, draft), ERR_MISSING);
    draft = draft_of(m, COMMAND_MODE, "all", "leader");
    draft.mode_end_ms = 0;
    REFUSED(refusal(m, draft), ERR_MISSING);
    m->response.limits[COMMAND_ROLL_CALL].ack = (struct span){UNIT_NONE, 0};
    draft = draft_of(m, COMMAND_ROLL_CALL, "all", "leader");
    REFUSED(refusal(m, draft), ERR_MISSING);
    draft.ack_limit = minutes(5);
    OK(refusal(m, draft));
}

static void test_numbers_have_their_range(void **state)
{
    struct muster *m = *state;
    struct command good = draft_of(m, COMMAND_ORDER, "type=police", "leader"), draft = good;
    draft.kind = COMMAND_NONE;
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft.kind = COMMAND_KINDS;
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft = good;
    draft.priority = (enum priority)3;
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft = good;
    draft.alert = ALERTS;
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft = good;
    draft.ack_limit = (struct span){UNIT_URGENT_HOUR, 0};
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft.ack_limit = (struct span){(enum time_unit)9, 1};
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft = good;
    draft.report_interval = minutes(-1);
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft = good;
    draft.par_interval = minutes(6000000);
    REFUSED(refusal(m, draft), ERR_RANGE);
}

static void test_how_many_must_sign(void **state)
{
    struct muster *m = *state;
    struct command draft = draft_of(m, COMMAND_ORDER, "type=police", "leader");
    draft.ack_rule = ACK_K_OF_N;
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft.ack_count = 3;
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft.ack_count = 2;
    assert_int_equal(issued(m, draft).ack_count, 2);
    snprintf(draft.targets, sizeof draft.targets, "type=police,near=113/22,count=1");
    draft.ack_count = 3; /* who there is comes out only there */
    OK(refusal(m, draft));
    draft.ack_rule = ACK_ANY;
    assert_int_equal(issued(m, draft).ack_count, 1);
    draft.ack_rule = (enum ack_rule)4;
    REFUSED(refusal(m, draft), ERR_RANGE);
}

static void test_limits_follow_each_other_and_defaults_give_way(void **state)
{
    struct muster *m = *state;
    struct command draft = draft_of(m, COMMAND_ORDER, "all", "leader");
    draft.ack_limit = minutes(60);
    draft.done_limit = minutes(30);
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft.ack_limit = (struct span){UNIT_NONE, 0};
    draft.done_limit = minutes(10);
    struct command c = issued(m, draft);
    assert_true(same(c.ack_limit, UNIT_URGENT_HOUR, 10));
    draft.ack_limit = (struct span){UNIT_NATURAL_DAY, 9};
    draft.done_limit = (struct span){UNIT_NONE, 0};
    c = issued(m, draft);
    assert_true(same(c.done_limit, UNIT_NATURAL_DAY, 9));
}

static void test_times_lie_ahead_and_follow_each_other(void **state)
{
    struct muster *m = *state;
    struct command good = draft_of(m, COMMAND_ORDER, "all", "leader"), draft = good;
    draft.effective_ms = m->now_ms - 1;
    REFUSED(refusal(m, draft), ERR_EXPIRED);
    draft = good;
    draft.expires_ms = m->now_ms;
    REFUSED(refusal(m, draft), ERR_EXPIRED);
    draft = good;
    draft.effective_ms = draft.expires_ms = m->now_ms + HOUR;
    REFUSED(refusal(m, draft), ERR_RANGE);
    good = draft = draft_of(m, COMMAND_MODE, "all", "leader");
    draft.mode_end_ms = m->now_ms;
    REFUSED(refusal(m, draft), ERR_EXPIRED);
    draft = good;
    draft.mode_start_ms = draft.mode_end_ms;
    REFUSED(refusal(m, draft), ERR_RANGE);
}

static void test_a_mode_has_a_lease_and_reports(void **state)
{
    struct muster *m = *state;
    struct command c = issued(m, draft_of(m, COMMAND_MODE, "all", "leader"));
    assert_true(c.mode_start_ms == m->now_ms);
    assert_true(c.lease_ms == m->now_ms + LEASE_MAX_MS);
    assert_true(c.expires_ms == c.mode_end_ms);
    assert_true(same(c.report_interval, UNIT_URGENT_HOUR, 60));
    struct command draft = draft_of(m, COMMAND_MODE, "all", "leader");
    draft.mode_end_ms = m->now_ms + HOUR;
    assert_true(issued(m, draft).lease_ms == draft.mode_end_ms);
}

static void test_a_circle_takes_its_limits_from_the_plan(void **state)
{
    struct muster *m = *state;
    struct command draft = draft_of(m, COMMAND_EMERGENCY, "type=police,near=113/22,count=2", "dispatcher");
    snprintf(draft.plan, sizeof draft.plan, "135");
    draft.circle = 2;
    struct command c = issued(m, draft);
    assert_true(same(c.ack_limit, UNIT_URGENT_HOUR, 1));
    assert_true(same(c.arrive_limit, UNIT_URGENT_HOUR, 5));
    assert_true(same(c.par_interval, UNIT_URGENT_HOUR, 20));
    draft.circle = 3;
    REFUSED(refusal(m, draft), ERR_RANGE);
    draft.circle = 0;
    REFUSED(refusal(m, draft), ERR_RANGE);
    snprintf(draft.plan, sizeof draft.plan, "119");
    REFUSED(refusal(m, draft), ERR_UNKNOWN_TARGET);
    draft.plan[0] = '\0';
    OK(refusal(m, draft));
}

static int setup(void **state)
{
    *state = muster_new();
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_each_kind_is_for_its_posts),
        STORY(test_the_alert_level_says_who_may_set_it),
        STORY(test_only_people_of_this_center_command_from_it),
        STORY(test_the_header_is_filled_in),
        STORY(test_a_test_command_stays_one),
        STORY(test_a_command_longer_than_a_month_lives_as_long_as_its_limit),
        STORY(test_a_department_above_signs_contacts_and_reports),
        STORY(test_only_an_order_goes_up_and_alone),
        STORY(test_targets_are_those_of_the_selector),
        STORY(test_what_is_missing_is_named),
        STORY(test_numbers_have_their_range),
        STORY(test_how_many_must_sign),
        STORY(test_limits_follow_each_other_and_defaults_give_way),
        STORY(test_times_lie_ahead_and_follow_each_other),
        STORY(test_a_mode_has_a_lease_and_reports),
        STORY(test_a_circle_takes_its_limits_from_the_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
