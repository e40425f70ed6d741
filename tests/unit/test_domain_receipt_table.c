/* Every cell of the receipt's table: what is allowed and where it leads, what is refused, and who may. The
 * wanted cells are written out here once more, by kind and in words. */
#include "test_domain_receipt.h"

/* What people may do: "STATE: event>STATE ...". '.' = the state stays. */
#define SIGNS "DELIVERED: ack>ACKED"
#define GOES_ON " progress>. hand-over>."
static const struct {
    enum command_kind kind;
    const char *cells[6];
} wanted[] = {
    {COMMAND_NOTICE, {SIGNS}},
    {COMMAND_ROLL_CALL, {SIGNS}},
    {COMMAND_MODE, {SIGNS, "ACKED: report>." GOES_ON}},
    {COMMAND_ORDER,
     {SIGNS " refuse>UNABLE",
      "ACKED: depart>EN_ROUTE arrive>ON_SCENE contact>. report>REPORTED finish>REPORTED "
      "refuse>UNABLE" GOES_ON,
      "EN_ROUTE: arrive>ON_SCENE contact>. report>REPORTED finish>REPORTED refuse>UNABLE" GOES_ON,
      "ON_SCENE: par>. contact>. report>REPORTED finish>REPORTED refuse>UNABLE" GOES_ON,
      "REPORTED: contact>. report>. finish>. refuse>UNABLE" GOES_ON}},
    {COMMAND_SUPERVISION,
     {SIGNS " refuse>UNABLE", "ACKED: contact>. report>REPORTED finish>REPORTED refuse>UNABLE" GOES_ON,
      "REPORTED: contact>. report>. finish>. refuse>UNABLE" GOES_ON}},
    {COMMAND_CAMPAIGN,
     {SIGNS " refuse>UNABLE", "ACKED: report>REPORTED finish>DONE refuse>UNABLE" GOES_ON,
      "REPORTED: report>. finish>DONE refuse>UNABLE" GOES_ON}},
    {COMMAND_EMERGENCY,
     {SIGNS " refuse>UNABLE",
      "ACKED: depart>EN_ROUTE arrive>ON_SCENE report>REPORTED finish>DONE refuse>UNABLE" GOES_ON,
      "EN_ROUTE: arrive>ON_SCENE report>REPORTED finish>DONE refuse>UNABLE" GOES_ON,
      "ON_SCENE: par>. report>REPORTED finish>DONE refuse>UNABLE" GOES_ON,
      "REPORTED: par>. report>. finish>DONE refuse>UNABLE" GOES_ON}},
};

/* The state that the written table wants; NONE = refused. */
static enum receipt_state wanted_state(size_t row, enum receipt_state state, enum receipt_event event)
{
    for (size_t i = 0; i < 6 && wanted[row].cells[i]; i++) {
        char line[256], *rest = line;
        snprintf(line, sizeof line, "%s", wanted[row].cells[i]);
        char *word = strsep(&rest, " ");
        word[strlen(word) - 1] = '\0';
        if (strcmp(word, receipt_state_name(state)) != 0)
            continue;
        while ((word = strsep(&rest, " "))) {
            char *to = strchr(word, '>');
            *to++ = '\0';
            if (strcmp(word, receipt_event_name(event)) == 0)
                return *to == '.' ? state : receipt_state_from_name(to);
        }
    }
    return RECEIPT_NONE;
}

/* Who moves can be on his way; who only signs never reports. */
static bool is_known(int kind, int state)
{
    bool moves = kind == COMMAND_ORDER || kind == COMMAND_EMERGENCY;
    bool signs = kind == COMMAND_NOTICE || kind == COMMAND_ROLL_CALL || kind == COMMAND_MODE;
    if (state == RECEIPT_EN_ROUTE || state == RECEIPT_ON_SCENE)
        return moves;
    return state != RECEIPT_REPORTED || !signs;
}

/* A receipt of the state, as it might have come there. */
static void place(struct task *t, enum command_kind kind, enum receipt_state state)
{
    struct command draft = draft_of(t->m, kind, POLICE, "leader");
    draft.par_interval = minutes(60);
    if (kind == COMMAND_CAMPAIGN)
        draft.report_interval = minutes(600);
    issue(t, &draft);
    deliver(t, POLICE);
    struct receipt *r = &t->receipt;
    r->state = state;
    r->acked_ms = state >= RECEIPT_ACKED ? t->m->now_ms : 0;
    r->arrived_ms = state >= RECEIPT_ON_SCENE ? t->m->now_ms : 0;
    snprintf(r->by, sizeof r->by, "police-2.440306017001");
}

static void test_every_act_in_every_state_of_every_kind(void **state)
{
    struct task *t = *state;
    for (size_t row = 0; row < sizeof wanted / sizeof *wanted; row++)
        for (int s = RECEIPT_ISSUED; s < RECEIPT_STATES; s++)
            for (int e = RECEIPT_ACK; e <= RECEIPT_HAND_OVER; e++) {
                enum receipt_state from = (enum receipt_state)s;
                enum receipt_event event = (enum receipt_event)e;
                enum receipt_state to = wanted_state(row, from, event);
                enum err err = to ? ERR_OK : from == RECEIPT_EXPIRED ? ERR_EXPIRED : ERR_ILLEGAL;
                place(t, wanted[row].kind, from);
                struct receipt_input input = says(t, event, POLICE);
                struct receipt_change change;
                enum err got = receipt_step(&t->m->world, &t->record, &t->receipt, &input, t->m->now_ms,
                                            &change, &t->m->fault);
                if (got != err || (to && change.after.state != to))
                    fail_msg("%s %s %s: %s", command_kind_name(wanted[row].kind), receipt_state_name(from),
                             receipt_event_name(event), t->m->fault.text);
                if (to) {
                    assert_true(receipt_allows(wanted[row].kind, from, event));
                    assert_true(receipt_rule_allows(from, event, to));
                }
            }
}

static void test_a_second_signature_needs_something_to_sign(void **state)
{
    struct task *t = *state;
    for (size_t row = 0; row < sizeof wanted / sizeof *wanted; row++)
        for (int s = RECEIPT_ACKED; s < RECEIPT_STATES; s++) {
            bool may =
                (s <= RECEIPT_REPORTED || s == RECEIPT_CANCELLED) && is_known((int)wanted[row].kind, s);
            place(t, wanted[row].kind, (enum receipt_state)s);
            t->receipt.flags |= RECEIPT_UNSEEN;
            struct receipt_input input = says(t, RECEIPT_ACK, POLICE);
            struct receipt_change change;
            enum err err = receipt_step(&t->m->world, &t->record, &t->receipt, &input, t->m->now_ms, &change,
                                        &t->m->fault);
            assert_int_equal(err == ERR_OK, may);
            if (may) {
                assert_int_equal(change.after.state, s);
                assert_false(change.after.flags & RECEIPT_UNSEEN);
            }
        }
}

/* What the center and the header's events may do, by state. */
static void test_the_centers_own_events_stand_in_the_table(void **state)
{
    (void)state;
    static const struct {
        enum receipt_event event;
        const char *kinds, *from; /* kinds by their first two letters, states by theirs */
        enum receipt_state to;    /* NONE = stays */
    } cells[] = {
        {RECEIPT_DELIVER, "or no ro su ca mo em", "NONE ISSUED", RECEIPT_DELIVERED},
        {RECEIPT_EXPIRE, "or no ro su ca mo em", "NONE ISSUED DELIVERED", RECEIPT_EXPIRED},
        {RECEIPT_CHANNEL, "or no ro su ca mo em", "DELIVERED ACKED EN_ROUTE ON_SCENE REPORTED CANCELLED",
         RECEIPT_NONE},
        {RECEIPT_LAPSE, "or su ca em", "ACKED", RECEIPT_NONE},
        {RECEIPT_LATE_CONTACT, "or su", "DELIVERED ACKED EN_ROUTE ON_SCENE REPORTED", RECEIPT_NONE},
        {RECEIPT_LATE_ARRIVE, "or em", "DELIVERED ACKED EN_ROUTE", RECEIPT_NONE},
        {RECEIPT_LATE_DONE, "or su ca em", "DELIVERED ACKED EN_ROUTE ON_SCENE REPORTED", RECEIPT_NONE},
        {RECEIPT_LATE_REPORT, "or su ca mo em", "DELIVERED ACKED EN_ROUTE ON_SCENE REPORTED", RECEIPT_NONE},
        {RECEIPT_RELIEVED, "or em", "DELIVERED ACKED EN_ROUTE", RECEIPT_CANCELLED},
        {RECEIPT_CANCEL, "or no su ca mo em", "NONE ISSUED DELIVERED ACKED EN_ROUTE ON_SCENE REPORTED",
         RECEIPT_CANCELLED},
        {RECEIPT_CANCEL, "ro", "NONE ISSUED DELIVERED", RECEIPT_CANCELLED},
        {RECEIPT_SUPERSEDE, "or no su ca mo em", "NONE ISSUED DELIVERED ACKED EN_ROUTE ON_SCENE REPORTED",
         RECEIPT_SUPERSEDED},
        {RECEIPT_SUPERSEDE, "ro", "NONE ISSUED DELIVERED", RECEIPT_SUPERSEDED},
        {RECEIPT_CHECK_OK, "or su", "REPORTED", RECEIPT_DONE},
        {RECEIPT_CHECK_FAIL, "or su", "REPORTED", RECEIPT_NONE},
        {RECEIPT_STAND_DOWN, "or no ro su ca mo em", "NONE ISSUED DELIVERED", RECEIPT_CANCELLED},
    };
    for (int kind = COMMAND_ORDER; kind < COMMAND_KINDS; kind++)
        for (int s = RECEIPT_NONE; s < RECEIPT_STATES; s++) {
            enum receipt_state from = (enum receipt_state)s;
            for (int e = RECEIPT_DELIVER; e < RECEIPT_EVENTS; e++) {
                bool listed = false, may = false;
                enum receipt_state to = from;
                for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
                    char letters[3] = "";
                    memcpy(letters, command_kind_name((enum command_kind)kind), 2);
                    listed |= (int)cells[i].event == e;
                    if ((int)cells[i].event != e || !strstr(cells[i].kinds, letters) ||
                        !strstr(cells[i].from, receipt_state_name(from)))
                        continue;
                    may = true;
                    to = cells[i].to ? cells[i].to : from;
                }
                if (!listed)
                    continue;
                may &= is_known(kind, s);
                if (receipt_allows((enum command_kind)kind, from, (enum receipt_event)e) != may)
                    fail_msg("%s %s %s", command_kind_name((enum command_kind)kind), receipt_state_name(from),
                             receipt_event_name((enum receipt_event)e));
                assert_true(!may || receipt_rule_allows(from, (enum receipt_event)e, to));
            }
        }
}

static void test_no_log_leads_back_or_out_of_an_end(void **state)
{
    (void)state;
    for (int from = RECEIPT_NONE; from < RECEIPT_STATES; from++)
        for (int e = RECEIPT_EVENT_NONE; e < RECEIPT_EVENTS; e++)
            for (int to = RECEIPT_NONE; to < RECEIPT_STATES; to++)
                if (receipt_rule_allows((enum receipt_state)from, (enum receipt_event)e,
                                        (enum receipt_state)to)) {
                    assert_true(to >= from);
                    if (receipt_final(COMMAND_NONE, (enum receipt_state)from))
                        assert_int_equal(to, from);
                }
    assert_false(receipt_rule_allows(RECEIPT_EXPIRED, RECEIPT_ACK, RECEIPT_EXPIRED));
    assert_false(receipt_rule_allows(RECEIPT_DELIVERED, RECEIPT_ACK, RECEIPT_DELIVERED));
    assert_true(receipt_rule_allows(RECEIPT_ACKED, RECEIPT_REPORT, RECEIPT_DONE));
    assert_false(receipt_rule_allows(RECEIPT_DELIVERED, RECEIPT_REPORT, RECEIPT_DONE));
    assert_false(receipt_allows((enum command_kind)99, RECEIPT_DELIVERED, RECEIPT_ACK));
    assert_false(receipt_allows(COMMAND_ORDER, (enum receipt_state)99, RECEIPT_ACK));
}

/* ---- who may ---- */

static enum err signs(struct task *t, const char *name, const char *user)
{
    begin(t, COMMAND_NOTICE, name);
    return act(t, RECEIPT_ACK, user);
}

static void test_a_center_answers_through_its_operators(void **state)
{
    struct task *t = *state;
    OK(signs(t, CENTER, "receptionist.440306017001"));
    HAS_NOT(t, BY_OTHER);
    OK(signs(t, CENTER, "dispatcher-2.440306017001"));
    OK(signs(t, CENTER, "shift_leader.440306017001"));
    OK(signs(t, CENTER, "leader.440306017001"));
    REFUSED(signs(t, CENTER, "checker.440306017001"), ERR_NO_RIGHT);
    REFUSED(signs(t, CENTER, GRID), ERR_NO_RIGHT);
    REFUSED(signs(t, CENTER, "leader.440306017"), ERR_NO_RIGHT);
    REFUSED(signs(t, CENTER, "leader.440306017002"), ERR_NO_RIGHT);
}

static void test_a_desk_answers_through_any_desk_of_its_department(void **state)
{
    struct task *t = *state;
    OK(signs(t, DESK, "desk.cg.440306017001"));
    OK(signs(t, DESK, "desk-2.cg.440306017001"));
    HAS_NOT(t, BY_OTHER);
    REFUSED(signs(t, DESK, "desk.cg.440306017"), ERR_NO_RIGHT);
    REFUSED(signs(t, DESK, "dispatcher.440306017001"), ERR_NO_RIGHT);
}

static void test_a_unit_answers_itself_or_by_radio(void **state)
{
    struct task *t = *state;
    OK(signs(t, GRID, GRID));
    HAS_NOT(t, BY_OTHER);
    OK(signs(t, GRID, "dispatcher.440306017001"));
    HAS(t, BY_OTHER);
    assert_string_equal(t->receipt.by, "dispatcher.440306017001");
    OK(signs(t, GRID, "shift_leader.440306017001"));
    REFUSED(signs(t, GRID, "receptionist.440306017001"), ERR_NO_RIGHT);
    REFUSED(signs(t, GRID, "grid.440306017001003"), ERR_NO_RIGHT);
    REFUSED(signs(t, GRID, "dispatcher.440306017"), ERR_NO_RIGHT);
}

static void test_nobody_answers_for_another_centers_recipient(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_NOTICE, GRID);
    t->m->world.here = SIBLING;
    REFUSED(act(t, RECEIPT_ACK, "dispatcher.440306017002"), ERR_NO_RIGHT);
    REFUSED(act(t, RECEIPT_ACK, GRID), ERR_NO_RIGHT);
}

static void test_the_deputy_on_the_roster_answers_too(void **state)
{
    struct task *t = *state;
    OK(signs(t, GRID, "grid.440306017001002"));
    HAS(t, BY_OTHER);
    begin(t, COMMAND_ORDER, POLICE);
    OK(act(t, RECEIPT_ACK, "police-2.440306017001"));
    HAS(t, BY_OTHER);
    OK(act(t, RECEIPT_HAND_OVER, POLICE));
    HAS_NOT(t, BY_OTHER);
    assert_string_equal(t->receipt.by, POLICE);
    REFUSED(act(t, RECEIPT_HAND_OVER, POLICE), ERR_SAME_PERSON);
}

static void test_the_named_worker_of_a_grid_is_that_grid(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_NOTICE, GRID);
    struct receipt_input input = says(t, RECEIPT_ACK, GRID);
    snprintf(input.actor.user, sizeof input.actor.user, "zhang.san");
    OK(step(t, &input));
    HAS_NOT(t, BY_OTHER);
    assert_string_equal(t->receipt.by, "zhang.san");
}

static void test_a_nameless_or_overdue_answer_is_refused(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_NOTICE, GRID);
    struct receipt_input input = says(t, RECEIPT_ACK, GRID);
    input.not_after_ms = t->m->now_ms - 1;
    REFUSED(step(t, &input), ERR_EXPIRED);
    input.not_after_ms = t->m->now_ms;
    input.actor.user[0] = '\0';
    REFUSED(step(t, &input), ERR_MISSING);
}

static void test_what_cannot_be_done_needs_a_reason(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_ORDER, POLICE);
    struct receipt_input input = says(t, RECEIPT_REFUSE, POLICE);
    input.text = "";
    REFUSED(step(t, &input), ERR_NO_REASON);
    input.text = NULL;
    REFUSED(step(t, &input), ERR_NO_REASON);
    input.text = "车辆故障";
    OK(step(t, &input));
    STATE(t, UNABLE);
    assert_string_equal(t->receipt.answer, "车辆故障");
    NEVER_AGAIN(t);
}

static void test_a_supervision_wants_a_written_reply(void **state)
{
    struct task *t = *state;
    begin(t, COMMAND_SUPERVISION, CENTER);
    OK(act(t, RECEIPT_ACK, "leader.440306017001"));
    struct receipt_input input = says(t, RECEIPT_REPORT, "leader.440306017001");
    input.text = NULL;
    REFUSED(step(t, &input), ERR_NO_REASON);
    input.text = "已整改";
    OK(step(t, &input));
}

static void test_a_form_is_filled_in_with_the_report_or_the_end(void **state)
{
    struct task *t = *state;
    struct command draft = draft_of(t->m, COMMAND_CAMPAIGN, GRID, "leader");
    OK(form_parse("隐患数:n:number!", &draft.form, NULL));
    issue(t, &draft);
    deliver(t, GRID);
    OK(act(t, RECEIPT_ACK, GRID));
    struct receipt_input input = says(t, RECEIPT_FINISH, GRID);
    REFUSED(step(t, &input), ERR_FORM);
    input.values = "n=x";
    REFUSED(step(t, &input), ERR_FORM);
    input.values = "n=2";
    OK(step(t, &input));
    STATE(t, DONE);
}

static void test_a_long_answer_is_cut_at_a_character(void **state)
{
    struct task *t = *state;
    char text[400] = "x";
    while (strlen(text) < 390)
        strcat(text, "好");
    begin(t, COMMAND_NOTICE, GRID);
    struct receipt_input input = says(t, RECEIPT_ACK, GRID);
    input.text = text;
    OK(step(t, &input));
    assert_int_equal(strlen(t->receipt.answer), 1 + 84 * 3);
    assert_ptr_equal(t->change.text, text); /* whole */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_every_act_in_every_state_of_every_kind),
        STORY(test_a_second_signature_needs_something_to_sign),
        STORY(test_the_centers_own_events_stand_in_the_table),
        STORY(test_no_log_leads_back_or_out_of_an_end),
        STORY(test_a_center_answers_through_its_operators),
        STORY(test_a_desk_answers_through_any_desk_of_its_department),
        STORY(test_a_unit_answers_itself_or_by_radio),
        STORY(test_nobody_answers_for_another_centers_recipient),
        STORY(test_the_deputy_on_the_roster_answers_too),
        STORY(test_the_named_worker_of_a_grid_is_that_grid),
        STORY(test_a_nameless_or_overdue_answer_is_refused),
        STORY(test_what_cannot_be_done_needs_a_reason),
        STORY(test_a_supervision_wants_a_written_reply),
        STORY(test_a_form_is_filled_in_with_the_report_or_the_end),
        STORY(test_a_long_answer_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
