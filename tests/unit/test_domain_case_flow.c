/* The case from report to archive, and every rule on the way: rights, evidence, returns, extensions,
 * suspension. */
#include "test_domain_case.h"

static struct actor at_center(const struct story *s, enum post post)
{
    return person(s, post, COMMUNITY);
}

static struct actor other_leader(const struct story *s)
{
    struct actor actor = person(s, POST_SHIFT_LEADER, COMMUNITY);
    snprintf(actor.user, sizeof actor.user, "shift_leader-2.440306017001");
    return actor;
}

static void test_a_trusted_report_is_filed_and_sent_to_the_matrix_department_by_itself(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, true));
    assert_int_equal(s->result.count, 3);
    assert_int_equal(s->result.changes[1].event, EVENT_FILE);
    assert_string_equal(s->result.changes[1].actor.user, "system:auto");
    assert_int_equal(s->result.changes[2].event, EVENT_DISPATCH);
    assert_non_null(strstr(s->result.changes[2].note, "社区城管"));
    STATE(s, CASE_DISPATCHED);
    assert_string_equal(s->record.facts.lead, "cg@440306017001");
    assert_int_equal(s->record.last_no, 3);
    assert_true(has_flag(s, FLAG_TRUSTED));
    assert_int_equal(s->record.facts.limits.handle.amount, 2);
    free(s);
}

static void test_the_whole_way_from_report_to_archive(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, false));
    assert_int_equal(s->result.count, 1);
    STATE(s, CASE_REPORTED);
    assert_true(case_due(&s->record) == s->record.last_ms + HOUR);
    OK(act(s, EVENT_VERIFY, at_center(s, POST_RECEPTIONIST)));
    OK(act(s, EVENT_VERIFIED, at_center(s, POST_GRID_WORKER)));
    STATE(s, CASE_DISPATCHED); /* a person filed it, the matrix sent it on */
    OK(act(s, EVENT_SIGN, desk(s, "cg", COMMUNITY)));
    assert_string_equal(s->record.facts.signer, "desk.cg.440306017001");
    OK(act(s, EVENT_PROGRESS, desk(s, "cg", COMMUNITY)));
    OK(act(s, EVENT_FEEDBACK, desk(s, "cg", COMMUNITY)));
    STATE(s, CASE_FEEDBACK);
    assert_int_equal(s->record.facts.clocks[CLOCK_HANDLE].run, CLOCK_PAUSED);
    OK(act(s, EVENT_CHECK_OK, at_center(s, POST_GRID_WORKER)));
    STATE(s, CASE_CLOSED);
    assert_false(s->record.facts.closed_overdue);
    struct case_input call = input_of(EVENT_FOLLOW_UP, at_center(s, POST_CALLER));
    call.score = 6;
    REFUSED(story_step(s, &call), ERR_RANGE);
    call.score = 4;
    OK(story_step(s, &call));
    STATE(s, CASE_ARCHIVED);
    assert_int_equal(s->record.facts.satisfaction, 4);
    assert_true(case_next_timer(&s->record) == INT64_MAX);
    free(s);
}

static void test_a_report_is_refused_for_item_area_place_and_person(void **state)
{
    (void)state;
    struct story *s = story_new();
    struct case_birth birth = {.item = PLAIN, .area = GRID, .lon = NAN, .lat = NAN};
    struct case_input input = input_of(EVENT_REPORT, at_center(s, POST_GRID_WORKER));
    struct case_result *result = &s->result;
    struct case_birth wrong = birth;

    snprintf(wrong.item, sizeof wrong.item, "9.9.9");
    REFUSED(case_report(&s->world, &wrong, &input, s->now_ms, result, &s->fault), ERR_UNKNOWN_ITEM);
    wrong = birth;
    snprintf(wrong.area, sizeof wrong.area, "999999");
    REFUSED(case_report(&s->world, &wrong, &input, s->now_ms, result, &s->fault), ERR_UNKNOWN_AREA);
    snprintf(wrong.area, sizeof wrong.area, "440306017002001"); /* the sibling's */
    REFUSED(case_report(&s->world, &wrong, &input, s->now_ms, result, &s->fault), ERR_WRONG_AREA);
    snprintf(wrong.area, sizeof wrong.area, "440306017001002"); /* here, but another worker's grid */
    REFUSED(case_report(&s->world, &wrong, &input, s->now_ms, result, &s->fault), ERR_WRONG_AREA);
    wrong = birth;
    wrong.lon = 114;
    REFUSED(case_report(&s->world, &wrong, &input, s->now_ms, result, &s->fault), ERR_RANGE);
    wrong.lat = 91;
    REFUSED(case_report(&s->world, &wrong, &input, s->now_ms, result, &s->fault), ERR_RANGE);
    input.actor = at_center(s, POST_DISPATCHER);
    REFUSED(case_report(&s->world, &birth, &input, s->now_ms, result, &s->fault), ERR_NO_RIGHT);
    input.actor = person(s, POST_RECEPTIONIST, SIBLING);
    REFUSED(case_report(&s->world, &birth, &input, s->now_ms, result, &s->fault), ERR_NO_RIGHT);
    assert_int_equal(result->count, 0);
    input.actor = person(s, POST_RECEPTIONIST, DISTRICT); /* an upper desk may enter it */
    OK(case_report(&s->world, &birth, &input, s->now_ms, result, &s->fault));
    free(s);
}

static void test_only_the_owner_and_those_above_act_and_the_origin_may_urge(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, false));
    REFUSED(act(s, EVENT_FILE, person(s, POST_SHIFT_LEADER, SIBLING)), ERR_NO_RIGHT);
    struct actor bound = at_center(s, POST_SHIFT_LEADER);
    snprintf(bound.area, sizeof bound.area, "440306017001002");
    REFUSED(act(s, EVENT_FILE, bound), ERR_WRONG_AREA);
    OK(act(s, EVENT_FILE, person(s, POST_SHIFT_LEADER, STREET)));
    OK(act(s, EVENT_ESCALATE, at_center(s, POST_SHIFT_LEADER)));
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    REFUSED(act(s, EVENT_REJECT, at_center(s, POST_SHIFT_LEADER)), ERR_NO_RIGHT);
    REFUSED(act(s, EVENT_SUPERVISE, at_center(s, POST_SUPERVISOR)), ERR_NO_RIGHT);
    OK(act(s, EVENT_URGE, at_center(s, POST_RECEPTIONIST)));
    OK(act(s, EVENT_VOID, at_center(s, POST_DISPATCHER)));
    REFUSED(act(s, EVENT_VOID, at_center(s, POST_SHIFT_LEADER)), ERR_NO_RIGHT);
    OK(act(s, EVENT_VOID_REFUSE, person(s, POST_SHIFT_LEADER, STREET)));
    OK(act(s, EVENT_SUPERVISE, person(s, POST_LEADER, DISTRICT)));
    free(s);
}

static void test_only_the_lead_department_works_on_it_wherever_the_owner_is(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, true));
    REFUSED(act(s, EVENT_SIGN, desk(s, "wy", COMMUNITY)), ERR_NO_RIGHT);
    REFUSED(act(s, EVENT_SIGN, desk(s, "cg", STREET)), ERR_NO_RIGHT);
    struct actor nobody = desk(s, "cg", COMMUNITY);
    nobody.department[0] = '\0';
    REFUSED(act(s, EVENT_SIGN, nobody), ERR_NO_RIGHT);
    nobody = desk(s, "cg", COMMUNITY);
    nobody.user[0] = '\0'; /* signed for by name or not at all */
    REFUSED(act(s, EVENT_SIGN, nobody), ERR_MISSING);
    OK(act(s, EVENT_ESCALATE, at_center(s, POST_SHIFT_LEADER)));
    hand_over(s);
    STATE(s, CASE_DISPATCHED);
    OK(act(s, EVENT_SIGN, desk(s, "cg", COMMUNITY)));
    OK(act(s, EVENT_FEEDBACK, desk(s, "cg", COMMUNITY)));
    free(s);
}

static void test_an_item_without_a_route_waits_in_the_manual_queue(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, true));
    STATE(s, CASE_FILED);
    assert_true(has_flag(s, FLAG_MANUAL));
    assert_true(s->result.changes[1].note[0]);
    REFUSED(act_on(s, EVENT_DISPATCH, at_center(s, POST_DISPATCHER), "xx"), ERR_UNKNOWN_TARGET);
    REFUSED(act_on(s, EVENT_DISPATCH, at_center(s, POST_DISPATCHER), ""), ERR_UNKNOWN_TARGET);
    REFUSED(act_on(s, EVENT_DISPATCH, at_center(s, POST_DISPATCHER), "@440306017001"), ERR_UNKNOWN_TARGET);
    REFUSED(act_on(s, EVENT_DISPATCH, at_center(s, POST_DISPATCHER), "cg@440306017002"), ERR_UNKNOWN_TARGET);
    REFUSED(act_on(s, EVENT_DISPATCH, at_center(s, POST_DISPATCHER), "zj"), ERR_UNKNOWN_TARGET);
    REFUSED(act_on(s, EVENT_DISPATCH, at_center(s, POST_DISPATCHER), "no"), ERR_NO_ONE);
    OK(act_on(s, EVENT_DISPATCH, at_center(s, POST_DISPATCHER), "wy"));
    STATE(s, CASE_DISPATCHED);
    assert_false(has_flag(s, FLAG_MANUAL));
    free(s);
}

static void test_the_matrix_names_assisting_departments_too(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->rows[0].assist_count = 3;
    snprintf(s->rows[0].assist[0], DEPT_SIZE, "wy");
    snprintf(s->rows[0].assist[1], DEPT_SIZE, "no"); /* nobody there */
    snprintf(s->rows[0].assist[2], DEPT_SIZE, "cg"); /* the lead itself */
    OK(story_report(s, PLAIN, true));
    assert_int_equal(s->record.facts.assist_count, 1);
    assert_int_equal(s->record.facts.clocks[CLOCK_ASSIST].run, CLOCK_RUNNING);
    REFUSED(act(s, EVENT_ASSIST_DONE, desk(s, "cg", COMMUNITY)), ERR_NO_RIGHT);
    OK(act(s, EVENT_ASSIST_DONE, desk(s, "wy", COMMUNITY)));
    assert_int_equal(s->record.facts.clocks[CLOCK_ASSIST].run, CLOCK_STOPPED);
    REFUSED(act(s, EVENT_ASSIST_DONE, desk(s, "wy", COMMUNITY)), ERR_NO_RIGHT);
    free(s);
}

static void test_an_assisting_department_has_half_the_limit_and_only_so_many_may_assist(void **state)
{
    (void)state;
    struct story *s = story_handling();
    const struct case_clock *clock = &s->record.facts.clocks[CLOCK_ASSIST];
    REFUSED(act_on(s, EVENT_ASSIST, desk(s, "cg", COMMUNITY), "cg"), ERR_BAD_TARGET);
    REFUSED(act_on(s, EVENT_ASSIST, desk(s, "cg", COMMUNITY), "no"), ERR_NO_ONE);
    OK(act_on(s, EVENT_ASSIST, desk(s, "cg", COMMUNITY), "wy"));
    assert_true(clock->limit_ms == 8 * HOUR); /* of 2 work days of 8 h */
    REFUSED(act_on(s, EVENT_ASSIST, desk(s, "cg", COMMUNITY), "wy"), ERR_TOO_OFTEN);
    REFUSED(act_on(s, EVENT_ASSIST, desk(s, "cg", COMMUNITY), "cg@440306017002"), ERR_UNKNOWN_TARGET);
    s->departments[5].desks = 1;
    s->record.facts.assist_count = ASSIST_MAX;
    REFUSED(act_on(s, EVENT_ASSIST, desk(s, "cg", COMMUNITY), "no"), ERR_TOO_OFTEN);
    free(s);
}

static void test_settling_on_the_spot_needs_evidence_and_another_checker(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, STRICT, false));
    struct case_input input = input_of(EVENT_SETTLE, at_center(s, POST_GRID_WORKER));
    REFUSED(story_step(s, &input), ERR_NO_EVIDENCE);
    input.content.before_count = 1;
    REFUSED(story_step(s, &input), ERR_NO_EVIDENCE);
    input.content.after_count = 1;
    OK(story_step(s, &input));
    STATE(s, CASE_FEEDBACK);
    assert_true(s->record.facts.filed_ms > 0);
    REFUSED(act(s, EVENT_CHECK_OK, at_center(s, POST_GRID_WORKER)), ERR_SAME_PERSON);
    REFUSED(act(s, EVENT_CHECK_FAIL, at_center(s, POST_GRID_WORKER)), ERR_SAME_PERSON);
    OK(act(s, EVENT_CHECK_OK, at_center(s, POST_CHECKER)));
    assert_true(has_flag(s, FLAG_CHECKED)); /* this item is closed by the shift leader */
    free(s);

    s = story_new();
    OK(story_report(s, LOOSE, false));
    REFUSED(act(s, EVENT_SETTLE, at_center(s, POST_GRID_WORKER)), ERR_NOT_ALLOWED);
    free(s);
}

static void test_what_was_settled_badly_is_filed_and_sent_to_a_department(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, false));
    OK(act(s, EVENT_SETTLE, at_center(s, POST_GRID_WORKER)));
    OK(act(s, EVENT_CHECK_FAIL, at_center(s, POST_CHECKER)));
    assert_int_equal(s->result.changes[0].after.state, CASE_FILED);
    STATE(s, CASE_DISPATCHED);
    assert_int_equal(s->record.facts.reworks, 1);
    free(s);
}

static void test_a_passed_check_waits_for_the_shift_leader_where_the_item_wants_it(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->world.here = STREET;
    OK(story_report(s, STRICT, true));
    OK(act(s, EVENT_SIGN, desk(s, "zj", STREET)));
    struct case_input bare = input_of(EVENT_FEEDBACK, desk(s, "zj", STREET));
    bare.content.reason = "已修复";
    REFUSED(story_step(s, &bare), ERR_NO_EVIDENCE);
    OK(act(s, EVENT_FEEDBACK, desk(s, "zj", STREET)));
    REFUSED(act(s, EVENT_CLOSE, person(s, POST_SHIFT_LEADER, STREET)), ERR_NOT_ASKED);
    OK(act(s, EVENT_CHECK_OK, person(s, POST_CHECKER, STREET)));
    STATE(s, CASE_FEEDBACK);
    REFUSED(act(s, EVENT_CHECK_OK, person(s, POST_CHECKER, STREET)), ERR_ILLEGAL);
    OK(act(s, EVENT_CLOSE, person(s, POST_SHIFT_LEADER, STREET)));
    STATE(s, CASE_CLOSED);
    free(s);
}

static void test_the_system_checks_where_the_item_allows_it(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, LOOSE, true));
    OK(act_on(s, EVENT_DISPATCH, at_center(s, POST_DISPATCHER), "wy"));
    OK(act(s, EVENT_SIGN, desk(s, "wy", COMMUNITY)));
    OK(act(s, EVENT_FEEDBACK, desk(s, "wy", COMMUNITY)));
    assert_int_equal(s->result.count, 2);
    assert_string_equal(s->result.changes[1].actor.user, "system:check");
    STATE(s, CASE_CLOSED);
    free(s);

    s = story_handling();
    OK(act(s, EVENT_FEEDBACK, desk(s, "cg", COMMUNITY)));
    REFUSED(act(s, EVENT_CHECK_OK, at_center(s, POST_SYSTEM)), ERR_NOT_ALLOWED);
    free(s);
}

static void test_the_checker_is_neither_the_handler_nor_the_signer(void **state)
{
    (void)state;
    struct story *s = story_handling();
    struct actor second = desk(s, "cg", COMMUNITY);
    snprintf(second.user, sizeof second.user, "desk-2.cg.440306017001");
    OK(act(s, EVENT_FEEDBACK, second));
    struct actor checker = at_center(s, POST_CHECKER);
    snprintf(checker.user, sizeof checker.user, "desk-2.cg.440306017001");
    REFUSED(act(s, EVENT_CHECK_OK, checker), ERR_SAME_PERSON);
    snprintf(checker.user, sizeof checker.user, "desk.cg.440306017001");
    REFUSED(act(s, EVENT_CHECK_FAIL, checker), ERR_SAME_PERSON);
    OK(act(s, EVENT_CHECK_OK, at_center(s, POST_CHECKER)));
    free(s);
}

static void test_a_failed_check_gives_back_the_time_left_but_at_least_a_fifth_of_the_limit(void **state)
{
    (void)state;
    struct story *s = story_handling();
    const struct case_clock *clock = &s->record.facts.clocks[CLOCK_HANDLE];
    s->now_ms += 2 * HOUR;
    OK(act(s, EVENT_FEEDBACK, desk(s, "cg", COMMUNITY)));
    int64_t left_ms = clock->remain_ms;
    assert_true(left_ms > 13 * HOUR && left_ms < 15 * HOUR);
    s->now_ms += 10 * MINUTE;
    OK(act(s, EVENT_CHECK_FAIL, at_center(s, POST_CHECKER)));
    STATE(s, CASE_HANDLING);
    assert_int_equal(s->record.facts.reworks, 1);
    assert_true(clock->remain_ms == left_ms);
    s->now_ms = clock->due_ms + HOUR; /* too late this time */
    OK(act(s, EVENT_FEEDBACK, desk(s, "cg", COMMUNITY)));
    assert_true(s->record.facts.closed_overdue);
    OK(act(s, EVENT_CHECK_FAIL, at_center(s, POST_CHECKER)));
    assert_true(clock->remain_ms == 16 * HOUR * CASE_REWORK_PERCENT / 100);
    assert_true(clock->due_ms > s->now_ms);
    OK(act(s, EVENT_FEEDBACK, desk(s, "cg", COMMUNITY)));
    OK(act(s, EVENT_CHECK_OK, at_center(s, POST_CHECKER)));
    assert_true(s->record.facts.closed_overdue); /* once late stays late */
    free(s);
}

static void test_a_return_is_asked_by_the_department_and_approved_by_another_person(void **state)
{
    (void)state;
    struct story *s = story_handling();
    REFUSED(act(s, EVENT_RETURN, at_center(s, POST_DISPATCHER)), ERR_NOT_ASKED);
    REFUSED(act(s, EVENT_RETURN_REFUSE, at_center(s, POST_DISPATCHER)), ERR_NOT_ASKED);
    OK(act(s, EVENT_RETURN, desk(s, "cg", COMMUNITY)));
    STATE(s, CASE_HANDLING);
    REFUSED(act(s, EVENT_RETURN, desk(s, "cg", COMMUNITY)), ERR_TOO_OFTEN);
    struct actor same = at_center(s, POST_DISPATCHER);
    snprintf(same.user, sizeof same.user, "desk.cg.440306017001");
    REFUSED(act(s, EVENT_RETURN, same), ERR_SAME_PERSON);
    OK(act(s, EVENT_RETURN_REFUSE, at_center(s, POST_DISPATCHER)));
    OK(act(s, EVENT_RETURN, desk(s, "cg", COMMUNITY)));
    OK(act(s, EVENT_RETURN, at_center(s, POST_DISPATCHER)));
    STATE(s, CASE_FILED); /* and stays: people look now */
    assert_int_equal(s->result.count, 1);
    assert_true(s->result.changes[0].note[0]);
    assert_int_equal(s->record.facts.returns, 1);
    assert_int_equal(s->record.facts.hops, 1);
    assert_true(has_flag(s, FLAG_MANUAL));
    assert_string_equal(s->record.facts.lead, "");
    assert_int_equal(s->record.facts.clocks[CLOCK_HANDLE].run, CLOCK_STOPPED);
    free(s);
}

static struct story *story_disputed(int here)
{
    struct story *s = story_new();
    s->world.here = here;
    OK(story_report(s, here == COMMUNITY ? PLAIN : LOOSE, true));
    const char *first = here == COMMUNITY ? "cg" : "jt", *second = here == COMMUNITY ? "wy" : "zj";
    if (here != COMMUNITY)
        OK(act_on(s, EVENT_DISPATCH, person(s, POST_DISPATCHER, here), first));
    OK(act(s, EVENT_RETURN, desk(s, first, here)));
    OK(act(s, EVENT_RETURN, person(s, POST_DISPATCHER, here)));
    OK(act_on(s, EVENT_DISPATCH, person(s, POST_DISPATCHER, here), second));
    OK(act(s, EVENT_SIGN, desk(s, second, here)));
    OK(act(s, EVENT_RETURN, desk(s, second, here)));
    OK(act(s, EVENT_RETURN, person(s, POST_SHIFT_LEADER, here)));
    STATE(s, CASE_DISPUTED);
    return s;
}

static void test_the_second_return_is_a_dispute_that_the_center_above_rules_for_good(void **state)
{
    (void)state;
    struct story *s = story_disputed(COMMUNITY);
    assert_int_equal(last_event(s), EVENT_OFFER);
    assert_int_equal(s->record.facts.offer_why, EVENT_RULE);
    assert_string_equal(s->record.facts.offer_to, "440306017");
    REFUSED(act_on(s, EVENT_RULE, at_center(s, POST_LEADER), "cg"), ERR_NO_RIGHT);
    hand_over(s);
    assert_int_equal(owner_index(s), STREET);
    STATE(s, CASE_DISPUTED);
    REFUSED(act_on(s, EVENT_RULE, at_center(s, POST_LEADER), "cg"), ERR_NO_RIGHT);
    REFUSED(act_on(s, EVENT_RULE, person(s, POST_DISPATCHER, STREET), "xx"), ERR_UNKNOWN_TARGET);
    OK(act_on(s, EVENT_RULE, person(s, POST_DISPATCHER, STREET), "wy@440306017001"));
    STATE(s, CASE_DISPATCHED);
    assert_true(has_flag(s, FLAG_FINAL));
    assert_string_equal(s->record.facts.dispute_center, "");
    REFUSED(act(s, EVENT_RETURN, desk(s, "wy", COMMUNITY)), ERR_FINAL);
    free(s);
}

static void test_the_root_rules_its_own_dispute_by_a_leader_who_did_not_ask(void **state)
{
    (void)state;
    struct story *s = story_disputed(DISTRICT);
    assert_int_equal(s->record.facts.offer_to[0], '\0');
    REFUSED(act_on(s, EVENT_RULE, person(s, POST_DISPATCHER, DISTRICT), "jt"), ERR_NO_RIGHT);
    struct actor asker = person(s, POST_LEADER, DISTRICT);
    snprintf(asker.user, sizeof asker.user, "desk.zj.440306");
    REFUSED(act_on(s, EVENT_RULE, asker, "jt"), ERR_SAME_PERSON);
    OK(act_on(s, EVENT_RULE, person(s, POST_LEADER, DISTRICT), "jt"));
    STATE(s, CASE_DISPATCHED);
    free(s);
}

static enum err ask_extension(struct story *s, struct span span)
{
    struct case_input input = input_of(EVENT_EXTEND, desk(s, "cg", COMMUNITY));
    input.content.reason = "需等配件";
    input.span = span;
    return story_step(s, &input);
}

static void test_the_first_extension_is_the_shift_leaders_the_next_the_leaders(void **state)
{
    (void)state;
    struct story *s = story_handling();
    const struct case_clock *clock = &s->record.facts.clocks[CLOCK_HANDLE];
    int64_t due_ms = clock->due_ms;
    REFUSED(act(s, EVENT_EXTEND, at_center(s, POST_SHIFT_LEADER)), ERR_NOT_ASKED);
    REFUSED(ask_extension(s, (struct span){UNIT_NONE, 0}), ERR_RANGE);
    REFUSED(ask_extension(s, (struct span){UNIT_WORK_DAY, 0}), ERR_RANGE);
    OK(ask_extension(s, (struct span){UNIT_WORK_DAY, 1}));
    REFUSED(ask_extension(s, (struct span){UNIT_WORK_DAY, 1}), ERR_TOO_OFTEN);
    struct actor asker = at_center(s, POST_LEADER);
    snprintf(asker.user, sizeof asker.user, "desk.cg.440306017001");
    REFUSED(act(s, EVENT_EXTEND, asker), ERR_SAME_PERSON);
    OK(act(s, EVENT_EXTEND, at_center(s, POST_SHIFT_LEADER)));
    assert_int_equal(s->record.facts.extensions, 1);
    assert_true(clock->due_ms == due_ms + DAY);
    assert_true(clock->first_due_ms == due_ms); /* the old due time stays visible */
    OK(ask_extension(s, (struct span){UNIT_WORK_HOUR, 60}));
    REFUSED(act(s, EVENT_EXTEND, at_center(s, POST_SHIFT_LEADER)), ERR_NO_RIGHT);
    OK(act(s, EVENT_EXTEND, at_center(s, POST_LEADER)));
    REFUSED(ask_extension(s, (struct span){UNIT_WORK_HOUR, 60}), ERR_TOO_OFTEN);
    free(s);
}

static void test_a_long_first_extension_is_the_leaders_and_a_late_one_is_refused(void **state)
{
    (void)state;
    struct story *s = story_handling();
    OK(ask_extension(s, (struct span){UNIT_WORK_HOUR, 9 * 60})); /* more than half of 16 h */
    REFUSED(act(s, EVENT_EXTEND, at_center(s, POST_SHIFT_LEADER)), ERR_NO_RIGHT);
    OK(act(s, EVENT_EXTEND_REFUSE, at_center(s, POST_SHIFT_LEADER)));
    assert_string_equal(s->record.facts.extend_asked, "");
    s->now_ms = s->record.facts.clocks[CLOCK_HANDLE].due_ms;
    REFUSED(ask_extension(s, hours(1)), ERR_TOO_LATE);
    s->record.facts.clocks[CLOCK_HANDLE] = (struct case_clock){.next_ms = INT64_MAX};
    REFUSED(ask_extension(s, hours(1)), ERR_NOT_ALLOWED);
    free(s);
}

static void test_a_suspended_case_gets_back_exactly_the_working_time_it_had(void **state)
{
    (void)state;
    struct story *s = story_handling();
    const struct case_clock *clock = &s->record.facts.clocks[CLOCK_HANDLE];
    s->now_ms += 3 * HOUR + 17 * MINUTE; /* into the lunch break */
    OK(act(s, EVENT_SUSPEND, at_center(s, POST_DISPATCHER)));
    STATE(s, CASE_SUSPENDED);
    int64_t left_ms = clock->remain_ms;
    assert_true(left_ms == 16 * HOUR - calendar_between(&s->calendar, clock->since_ms, s->record.last_ms,
                                                        UNIT_WORK_DAY));
    assert_true(case_due(&s->record) == s->record.last_ms + 10 * DAY);
    assert_false(case_overdue(&s->record, s->now_ms + 20 * DAY));
    s->now_ms += 4 * DAY;
    OK(act(s, EVENT_RESUME, at_center(s, POST_DISPATCHER)));
    assert_true(calendar_between(&s->calendar, s->record.last_ms, clock->due_ms, UNIT_WORK_DAY) == left_ms);
    OK(act(s, EVENT_SUSPEND, at_center(s, POST_DISPATCHER)));
    pass(s, 11 * DAY - HOUR);
    assert_int_equal(s->record.facts.clocks[CLOCK_HANDLE].run, CLOCK_RUNNING);
    free(s);
}

static void test_the_timer_resumes_at_the_review_date(void **state)
{
    (void)state;
    struct story *s = story_handling();
    struct case_input input = input_of(EVENT_SUSPEND, at_center(s, POST_DISPATCHER));
    input.until_ms = s->now_ms;
    REFUSED(story_step(s, &input), ERR_RANGE);
    input.until_ms = s->now_ms + 3 * DAY;
    OK(story_step(s, &input));
    s->now_ms = input.until_ms - 1;
    assert_int_equal(fire(s), 0);
    s->now_ms++;
    assert_int_equal(fire(s), 1);
    STATE(s, CASE_HANDLING);
    assert_string_equal(s->result.changes[0].actor.user, "system:timer");
    s->record.facts.item_rules = 0;
    REFUSED(act(s, EVENT_SUSPEND, at_center(s, POST_DISPATCHER)), ERR_NOT_ALLOWED);
    free(s);
}

static void test_a_redispatch_starts_a_new_limit_and_counts_a_hop(void **state)
{
    (void)state;
    struct story *s = story_handling();
    REFUSED(act_on(s, EVENT_REDISPATCH, at_center(s, POST_DISPATCHER), "cg"), ERR_BAD_TARGET);
    s->now_ms += 5 * HOUR;
    OK(act_on(s, EVENT_REDISPATCH, at_center(s, POST_DISPATCHER), "wy"));
    STATE(s, CASE_DISPATCHED);
    assert_string_equal(s->record.facts.lead, "wy@440306017001");
    assert_string_equal(s->record.facts.signer, "");
    assert_int_equal(s->record.facts.hops, 1);
    assert_true(s->record.facts.clocks[CLOCK_HANDLE].remain_ms == 16 * HOUR);
    free(s);
}

static void test_void_is_asked_by_a_dispatcher_and_approved_by_another(void **state)
{
    (void)state;
    struct story *s = story_handling();
    REFUSED(act(s, EVENT_VOID, at_center(s, POST_SHIFT_LEADER)), ERR_NOT_ASKED);
    OK(act(s, EVENT_VOID, at_center(s, POST_DISPATCHER)));
    REFUSED(act(s, EVENT_VOID, at_center(s, POST_DISPATCHER)), ERR_TOO_OFTEN);
    struct actor same = at_center(s, POST_SHIFT_LEADER);
    snprintf(same.user, sizeof same.user, "dispatcher.440306017001");
    REFUSED(act(s, EVENT_VOID, same), ERR_SAME_PERSON);
    OK(act(s, EVENT_VOID, other_leader(s)));
    STATE(s, CASE_VOIDED);
    assert_true(s->record.facts.closed_ms > 0);
    free(s);
}

static void test_a_merged_case_needs_another_open_master(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, false));
    struct case_input input = input_of(EVENT_MERGE, at_center(s, POST_RECEPTIONIST));
    input.content.reason = "同一处";
    snprintf(input.target, sizeof input.target, "440306017001-20261123-2");
    REFUSED(story_step(s, &input), ERR_UNKNOWN_CASE);
    input.other = s->record.id;
    input.other_state = CASE_HANDLING;
    REFUSED(story_step(s, &input), ERR_BAD_TARGET);
    input.other.bytes[3] = 99;
    input.other_state = CASE_MERGED;
    REFUSED(story_step(s, &input), ERR_BAD_TARGET);
    input.other_state = CASE_HANDLING;
    OK(story_step(s, &input));
    STATE(s, CASE_MERGED);
    assert_memory_equal(&s->record.facts.master, &input.other, sizeof input.other);
    assert_string_equal(s->result.changes[0].target, input.target);
    free(s);
}

static struct story *story_closed(void)
{
    struct story *s = story_handling();
    OK(act(s, EVENT_FEEDBACK, desk(s, "cg", COMMUNITY)));
    OK(act(s, EVENT_CHECK_OK, at_center(s, POST_CHECKER)));
    return s;
}

static void test_the_reporter_reopens_within_the_window_under_the_same_number(void **state)
{
    (void)state;
    struct story *s = story_closed();
    struct actor reporter = at_center(s, POST_RESIDENT);
    REFUSED(act(s, EVENT_REOPEN, reporter), ERR_NO_RIGHT); /* somebody else's */
    snprintf(reporter.user, sizeof reporter.user, "%s", s->record.reporter);
    s->now_ms += 8 * DAY;
    REFUSED(act(s, EVENT_REOPEN, reporter), ERR_TOO_LATE);
    s->now_ms -= 2 * DAY;
    OK(act(s, EVENT_REOPEN, reporter));
    assert_int_equal(s->result.changes[0].after.state, CASE_FILED);
    STATE(s, CASE_DISPATCHED); /* and goes out again by itself */
    assert_int_equal(s->record.facts.reopens, 1);
    assert_true(s->record.facts.closed_ms == 0);
    free(s);
}

static void test_the_receptionist_reopens_until_the_timer_archives(void **state)
{
    (void)state;
    struct story *s = story_closed();
    s->now_ms += 14 * DAY;
    OK(act(s, EVENT_REOPEN, person(s, POST_CALLER, STREET)));
    free(s);

    s = story_closed();
    pass(s, 2 * DAY);
    assert_int_equal(s->record.facts.urges, 1); /* the call-back was due */
    assert_int_equal(s->record.facts.lamp, LAMP_YELLOW);
    STATE(s, CASE_CLOSED);
    pass(s, 14 * DAY);
    STATE(s, CASE_ARCHIVED);
    REFUSED(act(s, EVENT_REOPEN, at_center(s, POST_RECEPTIONIST)), ERR_ILLEGAL);
    free(s);
}

static void test_force_close_counts_apart_and_knows_when_it_was_late(void **state)
{
    (void)state;
    struct story *s = story_handling();
    s->now_ms = s->record.facts.clocks[CLOCK_HANDLE].due_ms;
    OK(act(s, EVENT_FORCE_CLOSE, at_center(s, POST_LEADER)));
    STATE(s, CASE_FORCE_CLOSED);
    assert_true(s->record.facts.closed_overdue);
    REFUSED(act(s, EVENT_REOPEN, at_center(s, POST_RECEPTIONIST)), ERR_ILLEGAL);
    pass(s, 16 * DAY);
    STATE(s, CASE_ARCHIVED);
    free(s);
}

static void test_a_case_that_was_late_when_suspended_is_late_when_closed_by_force(void **state)
{
    (void)state;
    struct story *s = story_handling();
    s->now_ms = s->record.facts.clocks[CLOCK_HANDLE].due_ms + HOUR;
    assert_true(case_due(&s->record) == s->record.facts.clocks[CLOCK_HANDLE].due_ms);
    OK(act(s, EVENT_SUSPEND, at_center(s, POST_DISPATCHER)));
    assert_true(s->record.facts.clocks[CLOCK_HANDLE].remain_ms == 0);
    OK(act(s, EVENT_FORCE_CLOSE, at_center(s, POST_LEADER)));
    assert_true(s->record.facts.closed_overdue);
    assert_false(case_overdue(&s->record, s->now_ms + 400 * DAY));
    free(s);
}

static void test_an_archive_date_before_the_call_back_archives(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->items[0].limits.archive = hours(2);
    OK(story_report(s, PLAIN, false));
    OK(act(s, EVENT_FORCE_CLOSE, at_center(s, POST_LEADER)));
    pass(s, 2 * HOUR);
    STATE(s, CASE_ARCHIVED);
    free(s);

    s = story_new();
    s->items[0].limits.archive = s->items[0].limits.callback = (struct span){UNIT_NONE, 0};
    OK(story_report(s, PLAIN, false));
    OK(act(s, EVENT_FORCE_CLOSE, at_center(s, POST_LEADER)));
    assert_true(case_next_timer(&s->record) == INT64_MAX);
    free(s);
}

static void test_a_case_whose_item_has_left_the_catalogue_is_dispatched_by_people(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, false));
    s->catalogue.item_count = 0;
    OK(act(s, EVENT_FILE, at_center(s, POST_SHIFT_LEADER)));
    STATE(s, CASE_FILED);
    assert_true(has_flag(s, FLAG_MANUAL));
    assert_int_equal(s->record.facts.limits.handle.amount, 2); /* as at the report */
    free(s);
}

static void test_an_item_whose_department_sits_nowhere_above_is_dispatched_by_people(void **state)
{
    (void)state;
    struct story *s = story_new();
    snprintf(s->rows[0].department, DEPT_SIZE, "nowhere");
    OK(story_report(s, PLAIN, true));
    STATE(s, CASE_FILED);
    assert_true(has_flag(s, FLAG_MANUAL));
    free(s);

    s = story_new();
    s->departments[1].desks = s->departments[3].desks = 0; /* zj: nobody at its desks, at any tier */
    OK(story_report(s, STRICT, true));
    assert_true(has_flag(s, FLAG_MANUAL));
    free(s);
}

static void test_a_grid_worker_without_a_grid_and_a_person_of_no_post_may_nothing(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, false));
    struct actor actor = at_center(s, POST_GRID_WORKER);
    actor.area[0] = '\0';
    REFUSED(act(s, EVENT_SETTLE, actor), ERR_WRONG_AREA);
    actor = at_center(s, (enum post)(POST_RECEPTIONIST | POST_LEADER));
    REFUSED(act(s, EVENT_VERIFY, actor), ERR_NO_RIGHT); /* one person acts in one post */
    free(s);
}

static void test_a_supervision_order_wants_a_written_reply(void **state)
{
    (void)state;
    struct story *s = story_handling();
    REFUSED(act(s, EVENT_SUPERVISE_REPLY, desk(s, "cg", COMMUNITY)), ERR_NOT_ASKED);
    OK(act(s, EVENT_SUPERVISE, person(s, POST_SUPERVISOR, DISTRICT)));
    assert_true(has_flag(s, FLAG_SUPERVISED));
    assert_true(s->record.facts.clocks[CLOCK_SUPERVISE].due_ms == s->record.last_ms + 2 * HOUR);
    REFUSED(act(s, EVENT_SUPERVISE_REPLY, desk(s, "wy", COMMUNITY)), ERR_NO_RIGHT);
    OK(act(s, EVENT_SUPERVISE_REPLY, desk(s, "cg", COMMUNITY)));
    assert_false(has_flag(s, FLAG_SUPERVISED));
    assert_int_equal(s->record.facts.clocks[CLOCK_SUPERVISE].run, CLOCK_STOPPED);
    free(s);
}

static void test_limits_and_policy_are_frozen_at_filing(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, false));
    s->items[0].limits.handle = hours(3);
    s->items[0].suspend_allowed = false;
    s->world.mode = MODE_WAR;
    struct case_input file = input_of(EVENT_FILE, at_center(s, POST_SHIFT_LEADER));
    file.priority = PRIORITY_CRITICAL;
    OK(story_step(s, &file));
    assert_int_equal(s->record.facts.priority, PRIORITY_CRITICAL);
    assert_int_equal(s->record.facts.mode, MODE_WAR);
    s->items[0].limits.handle = hours(30); /* a later catalogue changes nothing that runs */
    s->items[0].suspend_allowed = true;
    s->catalogue.item_count = 0;
    assert_true(s->record.facts.clocks[CLOCK_HANDLE].limit_ms == 3 * HOUR);
    OK(act(s, EVENT_SIGN, desk(s, "cg", COMMUNITY)));
    REFUSED(act(s, EVENT_SUSPEND, at_center(s, POST_DISPATCHER)), ERR_NOT_ALLOWED);
    OK(act_on(s, EVENT_REDISPATCH, at_center(s, POST_DISPATCHER), "wy"));
    assert_true(s->record.facts.clocks[CLOCK_HANDLE].limit_ms == 3 * HOUR);
    free(s);
}

static void test_a_request_that_saw_an_older_case_is_stale(void **state)
{
    (void)state;
    struct story *s = story_handling();
    struct case_input input = input_of(EVENT_URGE, at_center(s, POST_RECEPTIONIST));
    input.not_after_ms = s->now_ms - 1;
    REFUSED(story_step(s, &input), ERR_EXPIRED);
    input.not_after_ms = s->now_ms;
    input.guard = GUARD_STATE;
    input.seen_state = CASE_DISPATCHED;
    REFUSED(story_step(s, &input), ERR_STALE);
    input.seen_state = CASE_HANDLING;
    OK(story_step(s, &input));
    input.not_after_ms = 0;
    input.guard = GUARD_NOTHING_CHANGED;
    input.seen_no = s->record.last_no - 1;
    REFUSED(story_step(s, &input), ERR_STALE);
    input.seen_no++;
    OK(story_step(s, &input));
    input.guard = (enum guard)77;
    REFUSED(story_step(s, &input), ERR_MALFORMED);
    s->world.here = STREET;
    REFUSED(story_step(s, &input), ERR_NOT_OWNER);
    free(s);
}

static void test_subject_time_never_goes_back(void **state)
{
    (void)state;
    struct story *s = story_handling();
    int64_t last_ms = s->record.last_ms;
    s->now_ms -= 5 * DAY; /* the machine's clock was set back */
    OK(act(s, EVENT_PROGRESS, desk(s, "cg", COMMUNITY)));
    assert_true(s->record.last_ms == last_ms + 1);
    free(s);
}

static void test_an_exercise_and_a_similar_case_are_marked(void **state)
{
    (void)state;
    struct story *s = story_new();
    s->world.exercise = true;
    struct case_birth birth = {.item = PLAIN, .area = GRID, .lon = 114.1, .lat = 22.5};
    struct case_input input = input_of(EVENT_REPORT, at_center(s, POST_RECEPTIONIST));
    input.similar = true;
    OK(case_report(&s->world, &birth, &input, s->now_ms, &s->result, &s->fault));
    assert_int_equal(s->result.changes[0].after.facts.flags, FLAG_EXERCISE | FLAG_SIMILAR);
    assert_true(s->result.changes[0].note[0]);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_trusted_report_is_filed_and_sent_to_the_matrix_department_by_itself),
        cmocka_unit_test(test_the_whole_way_from_report_to_archive),
        cmocka_unit_test(test_a_report_is_refused_for_item_area_place_and_person),
        cmocka_unit_test(test_only_the_owner_and_those_above_act_and_the_origin_may_urge),
        cmocka_unit_test(test_only_the_lead_department_works_on_it_wherever_the_owner_is),
        cmocka_unit_test(test_an_item_without_a_route_waits_in_the_manual_queue),
        cmocka_unit_test(test_the_matrix_names_assisting_departments_too),
        cmocka_unit_test(test_an_assisting_department_has_half_the_limit_and_only_so_many_may_assist),
        cmocka_unit_test(test_settling_on_the_spot_needs_evidence_and_another_checker),
        cmocka_unit_test(test_what_was_settled_badly_is_filed_and_sent_to_a_department),
        cmocka_unit_test(test_a_passed_check_waits_for_the_shift_leader_where_the_item_wants_it),
        cmocka_unit_test(test_the_system_checks_where_the_item_allows_it),
        cmocka_unit_test(test_the_checker_is_neither_the_handler_nor_the_signer),
        cmocka_unit_test(test_a_failed_check_gives_back_the_time_left_but_at_least_a_fifth_of_the_limit),
        cmocka_unit_test(test_a_return_is_asked_by_the_department_and_approved_by_another_person),
        cmocka_unit_test(test_the_second_return_is_a_dispute_that_the_center_above_rules_for_good),
        cmocka_unit_test(test_the_root_rules_its_own_dispute_by_a_leader_who_did_not_ask),
        cmocka_unit_test(test_the_first_extension_is_the_shift_leaders_the_next_the_leaders),
        cmocka_unit_test(test_a_long_first_extension_is_the_leaders_and_a_late_one_is_refused),
        cmocka_unit_test(test_a_suspended_case_gets_back_exactly_the_working_time_it_had),
        cmocka_unit_test(test_the_timer_resumes_at_the_review_date),
        cmocka_unit_test(test_a_redispatch_starts_a_new_limit_and_counts_a_hop),
        cmocka_unit_test(test_void_is_asked_by_a_dispatcher_and_approved_by_another),
        cmocka_unit_test(test_a_merged_case_needs_another_open_master),
        cmocka_unit_test(test_the_reporter_reopens_within_the_window_under_the_same_number),
        cmocka_unit_test(test_the_receptionist_reopens_until_the_timer_archives),
        cmocka_unit_test(test_force_close_counts_apart_and_knows_when_it_was_late),
        cmocka_unit_test(test_a_case_that_was_late_when_suspended_is_late_when_closed_by_force),
        cmocka_unit_test(test_an_archive_date_before_the_call_back_archives),
        cmocka_unit_test(test_a_case_whose_item_has_left_the_catalogue_is_dispatched_by_people),
        cmocka_unit_test(test_an_item_whose_department_sits_nowhere_above_is_dispatched_by_people),
        cmocka_unit_test(test_a_grid_worker_without_a_grid_and_a_person_of_no_post_may_nothing),
        cmocka_unit_test(test_a_supervision_order_wants_a_written_reply),
        cmocka_unit_test(test_limits_and_policy_are_frozen_at_filing),
        cmocka_unit_test(test_a_request_that_saw_an_older_case_is_stale),
        cmocka_unit_test(test_subject_time_never_goes_back),
        cmocka_unit_test(test_an_exercise_and_a_similar_case_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
