/* Every cell of the transition table, allowed and refused, with each post. The expectation is written out
 * from the domain page a second time, so that a slip in either is seen. */
#include "test_domain_case.h"

#define DESKS (POST_DESK | POST_UNIT)
#define S(state) (1u << (state))
#define OPEN                                                                                                 \
    (S(CASE_REPORTED) | S(CASE_VERIFYING) | S(CASE_FILED) | S(CASE_DISPATCHED) | S(CASE_HANDLING) |          \
     S(CASE_SUSPENDED) | S(CASE_FEEDBACK) | S(CASE_DISPUTED))

static const struct expectation {
    enum case_event event;
    unsigned states, posts;
    enum case_state to; /* CASE_NONE: the state stays */
} expectations[] = {
    {EVENT_REPORT, S(CASE_NONE), POST_GRID_WORKER | POST_RECEPTIONIST | POST_RESIDENT | POST_SYSTEM | POST_UNIT,
     CASE_REPORTED},
    {EVENT_VERIFY, S(CASE_REPORTED), POST_RECEPTIONIST, CASE_VERIFYING},
    {EVENT_VERIFIED, S(CASE_VERIFYING), POST_GRID_WORKER | POST_CHECKER, CASE_FILED},
    {EVENT_REFUTED, S(CASE_VERIFYING), POST_GRID_WORKER | POST_CHECKER, CASE_REJECTED},
    {EVENT_FILE, S(CASE_REPORTED), POST_SHIFT_LEADER | POST_SYSTEM, CASE_FILED},
    {EVENT_REJECT, S(CASE_REPORTED) | S(CASE_FILED), POST_RECEPTIONIST | POST_SHIFT_LEADER, CASE_REJECTED},
    {EVENT_MERGE, S(CASE_REPORTED) | S(CASE_FILED), POST_RECEPTIONIST | POST_SHIFT_LEADER, CASE_MERGED},
    {EVENT_SETTLE, S(CASE_REPORTED), POST_GRID_WORKER, CASE_FEEDBACK},
    {EVENT_DISPATCH, S(CASE_FILED), POST_DISPATCHER | POST_SYSTEM, CASE_DISPATCHED},
    {EVENT_SIGN, S(CASE_DISPATCHED), DESKS, CASE_HANDLING},
    {EVENT_RETURN, S(CASE_DISPATCHED) | S(CASE_HANDLING), DESKS, CASE_NONE},
    {EVENT_RETURN, S(CASE_DISPATCHED) | S(CASE_HANDLING), POST_DISPATCHER | POST_SHIFT_LEADER, CASE_FILED},
    {EVENT_RETURN_REFUSE, S(CASE_DISPATCHED) | S(CASE_HANDLING), POST_DISPATCHER | POST_SHIFT_LEADER,
     CASE_NONE},
    {EVENT_RULE, S(CASE_DISPUTED), POST_DISPATCHER | POST_SHIFT_LEADER | POST_LEADER, CASE_DISPATCHED},
    {EVENT_EXTEND, S(CASE_HANDLING), DESKS | POST_SHIFT_LEADER | POST_LEADER, CASE_NONE},
    {EVENT_EXTEND_REFUSE, S(CASE_HANDLING), POST_SHIFT_LEADER | POST_LEADER, CASE_NONE},
    {EVENT_SUSPEND, S(CASE_HANDLING), POST_DISPATCHER, CASE_SUSPENDED},
    {EVENT_RESUME, S(CASE_SUSPENDED), POST_DISPATCHER | POST_TIMER, CASE_HANDLING},
    {EVENT_ASSIST, S(CASE_HANDLING), DESKS, CASE_NONE},
    {EVENT_ASSIST_DONE, S(CASE_DISPATCHED) | S(CASE_HANDLING) | S(CASE_SUSPENDED), DESKS, CASE_NONE},
    {EVENT_PROGRESS, S(CASE_HANDLING), DESKS, CASE_NONE},
    {EVENT_FEEDBACK, S(CASE_HANDLING), DESKS, CASE_FEEDBACK},
    {EVENT_CHECK_OK, S(CASE_FEEDBACK), POST_CHECKER | POST_GRID_WORKER | POST_SHIFT_LEADER | POST_SYSTEM,
     CASE_CLOSED},
    {EVENT_CHECK_FAIL, S(CASE_FEEDBACK), POST_CHECKER | POST_GRID_WORKER | POST_SHIFT_LEADER, CASE_HANDLING},
    {EVENT_CLOSE, S(CASE_FEEDBACK), POST_SHIFT_LEADER, CASE_CLOSED},
    {EVENT_FORCE_CLOSE, OPEN, POST_LEADER, CASE_FORCE_CLOSED},
    {EVENT_REDISPATCH, S(CASE_FILED) | S(CASE_DISPATCHED) | S(CASE_HANDLING), POST_DISPATCHER,
     CASE_DISPATCHED},
    {EVENT_ESCALATE, OPEN, POST_SHIFT_LEADER, CASE_NONE},
    {EVENT_DELEGATE, OPEN & ~S(CASE_DISPUTED), POST_DISPATCHER | POST_SHIFT_LEADER | POST_LEADER, CASE_NONE},
    {EVENT_URGE, OPEN, POST_RECEPTIONIST | POST_SUPERVISOR | POST_LEADER | POST_TIMER, CASE_NONE},
    {EVENT_URGE, S(CASE_CLOSED) | S(CASE_FORCE_CLOSED), POST_TIMER, CASE_NONE},
    {EVENT_SUPERVISE, OPEN, POST_SUPERVISOR | POST_LEADER | POST_TIMER, CASE_NONE},
    {EVENT_SUPERVISE_REPLY, OPEN, DESKS | POST_DISPATCHER | POST_SHIFT_LEADER, CASE_NONE},
    {EVENT_VOID, OPEN, POST_DISPATCHER, CASE_NONE},
    {EVENT_VOID, OPEN, POST_SHIFT_LEADER, CASE_VOIDED},
    {EVENT_VOID_REFUSE, OPEN, POST_SHIFT_LEADER, CASE_NONE},
    {EVENT_REOPEN, S(CASE_CLOSED), POST_RECEPTIONIST | POST_CALLER | POST_RESIDENT | POST_GRID_WORKER,
     CASE_FILED},
    {EVENT_FOLLOW_UP, S(CASE_CLOSED) | S(CASE_FORCE_CLOSED), POST_CALLER | POST_RECEPTIONIST, CASE_ARCHIVED},
    {EVENT_ARCHIVE, S(CASE_CLOSED) | S(CASE_FORCE_CLOSED), POST_TIMER, CASE_ARCHIVED},
};

static const struct expectation *expected(enum case_state state, enum case_event event, unsigned post)
{
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++)
        if (expectations[i].event == event && (expectations[i].states & S(state)) &&
            (expectations[i].posts & post))
            return &expectations[i];
    return NULL;
}

static bool asks(enum case_event event, unsigned post)
{
    return ((event == EVENT_RETURN || event == EVENT_EXTEND) && (post & DESKS)) ||
           (event == EVENT_VOID && post == POST_DISPATCHER);
}

/* A record that satisfies every further condition of the cell, so that only state and post decide. */
static struct case_record ready(const struct story *s, enum case_state state, enum case_event event,
                                unsigned post)
{
    struct case_record record = s->record;
    struct case_facts *facts = &record.facts;
    const char *asker = asks(event, post) ? "" : "desk-2.cg.440306017001";
    record.state = state;
    snprintf(facts->lead, sizeof facts->lead, "cg@440306017001");
    snprintf(facts->return_asked, USER_SIZE, "%s", asker);
    snprintf(facts->extend_asked, USER_SIZE, "%s", asker);
    snprintf(facts->void_asked, USER_SIZE, "%s", asker);
    snprintf(facts->dispute_center, CODE_SIZE, "440306017001");
    snprintf(facts->handler, USER_SIZE, "somebody");
    if (event == EVENT_ASSIST_DONE) {
        facts->assist_count = 1;
        snprintf(facts->assist[0], TARGET_SIZE, "cg@440306017001");
    }
    facts->extend_span = hours(1);
    facts->item_rules = ITEM_RULE_SETTLE | ITEM_RULE_SUSPEND | ITEM_RULE_AUTO_CHECK;
    facts->flags = FLAG_SUPERVISED | (event == EVENT_CLOSE ? FLAG_CHECKED : 0u);
    facts->closed_ms = s->now_ms;
    facts->clocks[CLOCK_HANDLE] = (struct case_clock){.run = CLOCK_RUNNING,
                                                      .unit = UNIT_WORK_DAY,
                                                      .since_ms = s->now_ms,
                                                      .remain_ms = 8 * HOUR,
                                                      .limit_ms = 8 * HOUR,
                                                      .due_ms = s->now_ms + DAY,
                                                      .next_ms = s->now_ms + DAY};
    return record;
}

static struct case_input input_for(const struct story *s, enum case_event event, unsigned post,
                                   const struct case_record *record)
{
    struct actor actor = (post & DESKS) ? desk(s, "cg", COMMUNITY) : person(s, (enum post)post, COMMUNITY);
    actor.post = (enum post)post;
    if (event == EVENT_RULE) /* from above */
        snprintf(actor.center, sizeof actor.center, "440306017");
    if (event == EVENT_REOPEN)
        snprintf(actor.user, sizeof actor.user, "%s", record->reporter);
    struct case_input input = input_of(event, actor);
    const char *target = event == EVENT_DELEGATE ? "440306017002" : "wy";
    snprintf(input.target, sizeof input.target, "%s", target);
    input.content.reason = "原因";
    input.content.before_count = input.content.after_count = 1;
    input.span = hours(1);
    input.score = 5;
    input.other.bytes[0] = 9;
    input.other_state = CASE_HANDLING;
    return input;
}

static void check_cell(const struct story *s, enum case_state state, enum case_event event, unsigned post)
{
    static struct case_result result;
    struct fault fault = {0};
    struct case_record record = ready(s, state, event, post);
    struct case_input input = input_for(s, event, post, &record);
    const struct expectation *cell = expected(state, event, post);
    enum err err = case_step(&s->world, &record, &input, s->now_ms, &result, &fault);

    if (!cell || event == EVENT_REPORT) {
        if (err != ERR_ILLEGAL && err != ERR_NO_RIGHT)
            fail_msg("%s in %s by %s: %s", case_event_name(event), case_state_name(state),
                     post_name((enum post)post), err_name(err));
        assert_int_equal(result.count, 0);
        return;
    }
    if (err)
        fail_msg("%s in %s by %s: %s %s", case_event_name(event), case_state_name(state),
                 post_name((enum post)post), err_name(err), fault.text);
    assert_int_equal(result.changes[0].after.state, cell->to == CASE_NONE ? state : cell->to);
    assert_int_equal(result.changes[0].before, state);
    assert_int_equal(result.changes[0].actor.post, post);
}

static void test_every_cell_is_allowed_to_its_posts_and_refused_to_all_others(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, false));
    for (int at = CASE_NONE; at < CASE_STATES; at++)
        for (int event = EVENT_REPORT; event <= EVENT_ARCHIVE; event++)
            for (unsigned post = POST_GRID_WORKER; post <= POST_TIMER; post <<= 1)
                check_cell(s, (enum case_state)at, (enum case_event)event, post);
    free(s);
}

static void test_what_the_timer_and_custody_write_cannot_be_asked_for(void **state)
{
    (void)state;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, true));
    for (int event = EVENT_ARCHIVE + 1; event < CASE_EVENTS; event++)
        for (unsigned post = POST_GRID_WORKER; post <= POST_TIMER; post <<= 1)
            REFUSED(act(s, (enum case_event)event, person(s, (enum post)post, COMMUNITY)), ERR_ILLEGAL);
    REFUSED(act(s, EVENT_NONE, person(s, POST_LEADER, COMMUNITY)), ERR_UNKNOWN_EVENT);
    REFUSED(act(s, CASE_EVENTS, person(s, POST_LEADER, COMMUNITY)), ERR_UNKNOWN_EVENT);
    free(s);
}

static void test_every_cell_has_a_sentence_in_both_languages(void **state)
{
    (void)state;
    size_t cells = 0;
    for (int at = CASE_NONE; at < CASE_STATES; at++)
        for (int event = EVENT_NONE; event < CASE_EVENTS; event++) {
            const struct case_rule *rule = case_rule((enum case_state)at, (enum case_event)event);
            if (!rule)
                continue;
            cells++;
            assert_true(rule->zh && rule->zh[0] && rule->en && rule->en[0]);
            assert_true(rule->to != CASE_NONE);
            assert_true(case_rule_allows((enum case_state)at, (enum case_event)event, rule->to));
            assert_false(case_rule_allows((enum case_state)at, (enum case_event)event, CASE_NONE));
        }
    assert_true(cells > 150);
    assert_null(case_rule(CASE_STATES, EVENT_FILE));
    assert_null(case_rule(CASE_FILED, CASE_EVENTS));
}

static void test_the_events_that_need_a_reason(void **state)
{
    (void)state;
    static const struct {
        enum case_state state;
        enum case_event event;
        enum post post;
    } needing[] = {
        {CASE_REPORTED, EVENT_REJECT, POST_RECEPTIONIST},
        {CASE_FILED, EVENT_MERGE, POST_SHIFT_LEADER},
        {CASE_VERIFYING, EVENT_REFUTED, POST_CHECKER},
        {CASE_HANDLING, EVENT_RETURN, POST_DESK},
        {CASE_HANDLING, EVENT_EXTEND, POST_DESK},
        {CASE_HANDLING, EVENT_FEEDBACK, POST_DESK},
        {CASE_HANDLING, EVENT_PROGRESS, POST_UNIT},
        {CASE_FEEDBACK, EVENT_CHECK_FAIL, POST_CHECKER},
        {CASE_FILED, EVENT_FORCE_CLOSE, POST_LEADER},
        {CASE_FILED, EVENT_ESCALATE, POST_SHIFT_LEADER},
        {CASE_FILED, EVENT_VOID, POST_DISPATCHER},
        {CASE_FILED, EVENT_SUPERVISE_REPLY, POST_DISPATCHER},
    };
    static struct case_result result;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, false));
    for (size_t i = 0; i < sizeof needing / sizeof *needing; i++) {
        struct case_record record = ready(s, needing[i].state, needing[i].event, needing[i].post);
        struct case_input input = input_for(s, needing[i].event, needing[i].post, &record);
        input.content.reason = "";
        REFUSED(case_step(&s->world, &record, &input, s->now_ms, &result, &s->fault), ERR_NO_REASON);
        input.content.reason = NULL;
        REFUSED(case_step(&s->world, &record, &input, s->now_ms, &result, &s->fault), ERR_NO_REASON);
    }
    free(s);
}

static void test_who_approves_what_was_asked_needs_no_reason(void **state)
{
    (void)state;
    static const struct {
        enum case_event event;
        enum post post;
    } approvals[] = {
        {EVENT_RETURN, POST_DISPATCHER}, {EVENT_EXTEND, POST_LEADER}, {EVENT_VOID, POST_SHIFT_LEADER}};
    static struct case_result result;
    struct story *s = story_new();
    OK(story_report(s, PLAIN, false));
    for (size_t i = 0; i < sizeof approvals / sizeof *approvals; i++) {
        struct case_record record = ready(s, CASE_HANDLING, approvals[i].event, approvals[i].post);
        struct case_input input = input_for(s, approvals[i].event, approvals[i].post, &record);
        input.content.reason = NULL;
        OK(case_step(&s->world, &record, &input, s->now_ms, &result, &s->fault));
    }
    free(s);
}

static void test_names_lead_there_and_back(void **state)
{
    (void)state;
    for (int i = CASE_REPORTED; i < CASE_STATES; i++)
        assert_int_equal(case_state_from_name(case_state_name((enum case_state)i)), i);
    size_t named = 0;
    for (int i = EVENT_REPORT; i < CASE_EVENTS; i++) {
        if (strcmp(case_event_name((enum case_event)i), "unknown") == 0)
            continue;
        named++;
        assert_int_equal(case_event_from_name(case_event_name((enum case_event)i)), i);
        assert_string_not_equal(case_event_zh((enum case_event)i), "未知事件");
    }
    assert_int_equal(named, 51);
    assert_int_equal(case_event_from_name("check_ok"), EVENT_CHECK_OK);
    assert_int_equal(case_event_from_name("re-dispatch"), EVENT_REDISPATCH);
    assert_int_equal(case_event_from_name("re_dispatch"), EVENT_REDISPATCH);
    assert_int_equal(case_event_from_name("check"), EVENT_NONE);
    assert_int_equal(case_event_from_name("check-ok-"), EVENT_NONE);
    assert_int_equal(case_state_from_name("handling"), CASE_NONE);
    assert_string_equal(case_state_zh((enum case_state)200), "未知状态");
    assert_string_equal(lamp_name(LAMP_RED), "red");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell_is_allowed_to_its_posts_and_refused_to_all_others),
        cmocka_unit_test(test_what_the_timer_and_custody_write_cannot_be_asked_for),
        cmocka_unit_test(test_every_cell_has_a_sentence_in_both_languages),
        cmocka_unit_test(test_the_events_that_need_a_reason),
        cmocka_unit_test(test_who_approves_what_was_asked_needs_no_reason),
        cmocka_unit_test(test_names_lead_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
