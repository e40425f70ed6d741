/* What an issuer may still do with its command, a mode's lease, how a record takes events, and the state that
 * follows from the receipts. */
#include "test_domain_command.h"

struct issuer {
    struct muster *m;
    struct command_record record;
    struct command event;
};

static void issue(struct issuer *s, struct command draft)
{
    struct command command;
    if (command_issue(&s->m->world, &draft, s->m->now_ms, &command, &s->m->fault) != ERR_OK)
        fail_msg("%s", s->m->fault.text);
    s->record = (struct command_record){.last_no = 0};
    apply(s->m, &s->record, &command);
}

static enum err act(struct issuer *s, struct command draft)
{
    struct command_record before = s->record;
    s->m->fault = (struct fault){0};
    enum err err = command_act(&s->m->world, &s->record, &draft, s->m->now_ms, &s->event, &s->m->fault);
    assert_memory_equal(&before, &s->record, sizeof before);
    assert_int_equal(s->m->fault.code, err);
    if (err)
        return err;
    assert_int_equal(s->event.event, draft.event);
    assert_true(s->event.sent_ms > before.last_ms);
    assert_memory_equal(&s->event.id, &before.header.id, sizeof before.header.id);
    apply(s->m, &s->record, &s->event);
    return ERR_OK;
}

static struct command by(struct issuer *s, enum command_event event, const char *post)
{
    char user[USER_SIZE];
    struct command draft = {.event = event, .reason = "情况有变"};
    snprintf(user, sizeof user, "%s.440306017001", post);
    draft.actor = who(s->m, user);
    return draft;
}

static void test_a_cancel_needs_a_reason_and_a_right(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_ORDER, "all", "dispatcher"));
    struct command draft = by(s, COMMAND_CANCEL, "shift_leader");
    draft.reason = "";
    REFUSED(act(s, draft), ERR_NO_REASON);
    REFUSED(act(s, by(s, COMMAND_CANCEL, "checker")), ERR_NO_RIGHT);
    draft = by(s, COMMAND_CANCEL, "leader");
    draft.actor = who(s->m, "leader.440306017");
    REFUSED(act(s, draft), ERR_NO_RIGHT);
    OK(act(s, by(s, COMMAND_CANCEL, "shift_leader")));
    assert_int_equal(s->record.ended, COMMAND_CANCEL);
    assert_true(s->record.ended_ms == s->m->now_ms);
    assert_string_equal(s->event.reason, "情况有变");
    static const enum command_event all[] = {COMMAND_UPDATE, COMMAND_CANCEL, COMMAND_SUPERSEDE, COMMAND_CHECK,
                                             COMMAND_STAND_DOWN};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        REFUSED(act(s, by(s, all[i], "leader")), ERR_ILLEGAL);
}

static void test_a_command_is_issued_once_and_renewed_by_nobody(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_MODE, "all", "leader"));
    REFUSED(act(s, by(s, COMMAND_ISSUE, "leader")), ERR_ILLEGAL);
    REFUSED(act(s, by(s, COMMAND_RENEW, "leader")), ERR_ILLEGAL);
    REFUSED(act(s, by(s, COMMAND_EVENT_NONE, "leader")), ERR_ILLEGAL);
}

static void test_an_update_says_what_is_new_and_keeps_the_rest(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_ORDER, "type=grid", "dispatcher"));
    int64_t sent = s->record.header.sent_ms, expires = s->record.header.expires_ms;
    s->m->now_ms += HOUR;
    REFUSED(act(s, by(s, COMMAND_UPDATE, "leader")), ERR_MISSING);
    struct command draft = by(s, COMMAND_UPDATE, "leader");
    draft.text = "改为夜间巡查";
    draft.ack_limit = minutes(15);
    OK(act(s, draft));
    const struct command *header = &s->record.header;
    assert_string_equal(header->text, "改为夜间巡查");
    assert_int_equal(header->ack_limit.amount, 15);
    assert_int_equal(header->done_limit.unit, UNIT_WORK_DAY);
    assert_string_equal(header->targets, "type=grid");
    assert_int_equal(header->form.count, 0);
    assert_true(header->sent_ms == sent && header->expires_ms == expires);
    assert_int_equal(header->event, COMMAND_ISSUE);
    assert_true(header->effective_ms == sent);
    assert_int_equal(s->record.last_no, 2);
    draft.done_limit = minutes(1);
    REFUSED(act(s, draft), ERR_RANGE);
    draft = by(s, COMMAND_UPDATE, "leader");
    OK(form_parse("隐患数:n:number", &draft.form, NULL));
    OK(act(s, draft));
    assert_int_equal(s->record.header.form.count, 1);
    draft = by(s, COMMAND_UPDATE, "leader");
    draft.expires_ms = s->m->now_ms;
    REFUSED(act(s, draft), ERR_EXPIRED);
}

static void test_an_expired_command_is_updated_no_more_but_its_work_is_checked(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_ORDER, "all", "leader"));
    s->m->now_ms = s->record.header.expires_ms;
    struct command draft = by(s, COMMAND_UPDATE, "leader");
    draft.text = "再查一遍";
    REFUSED(act(s, draft), ERR_ILLEGAL);
    draft = by(s, COMMAND_CHECK, "leader");
    snprintf(draft.recipient, sizeof draft.recipient, "%s", POLICE);
    OK(act(s, draft));
    OK(act(s, by(s, COMMAND_CANCEL, "leader")));
}

static void test_a_check_names_its_recipient_and_rates(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_ORDER, "all", "leader"));
    struct command draft = by(s, COMMAND_CHECK, "leader");
    REFUSED(act(s, draft), ERR_MISSING);
    snprintf(draft.recipient, sizeof draft.recipient, "%s", POLICE);
    draft.score = 6;
    REFUSED(act(s, draft), ERR_RANGE);
    draft.score = -1;
    REFUSED(act(s, draft), ERR_RANGE);
    draft.score = 5;
    draft.reason = NULL;
    REFUSED(act(s, draft), ERR_NO_REASON);
    draft.passed = true;
    OK(act(s, draft));
    assert_string_equal(s->event.recipient, POLICE);
    assert_int_equal(s->event.score, 5);
    assert_true(s->event.passed);
    static const enum command_kind unchecked[] = {COMMAND_NOTICE, COMMAND_ROLL_CALL, COMMAND_CAMPAIGN,
                                                  COMMAND_MODE, COMMAND_EMERGENCY};
    for (size_t i = 0; i < sizeof unchecked / sizeof *unchecked; i++) {
        issue(s, draft_of(s->m, unchecked[i], "all", "leader"));
        REFUSED(act(s, draft), ERR_ILLEGAL);
    }
}

static void test_what_takes_its_place_is_named(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_ORDER, "all", "leader"));
    struct command draft = by(s, COMMAND_SUPERSEDE, "leader");
    REFUSED(act(s, draft), ERR_MISSING);
    draft.references = s->record.header.id;
    REFUSED(act(s, draft), ERR_MISSING);
    draft.references.bytes[0] ^= 1;
    OK(act(s, draft));
    assert_int_equal(s->record.ended, COMMAND_SUPERSEDE);
    REFUSED(act(s, by(s, COMMAND_CANCEL, "leader")), ERR_ILLEGAL);
}

static void test_standing_down_is_for_rules_that_need_not_all(void **state)
{
    struct issuer *s = *state;
    struct command draft = draft_of(s->m, COMMAND_ORDER, "all", "leader");
    issue(s, draft);
    REFUSED(act(s, by(s, COMMAND_STAND_DOWN, "leader")), ERR_ILLEGAL);
    draft.ack_rule = ACK_ANY;
    issue(s, draft);
    struct command event = {.event = COMMAND_STAND_DOWN,
                            .actor = {.user = "system:timer", .post = POST_TIMER}};
    OK(act(s, event));
    REFUSED(act(s, event), ERR_ILLEGAL);
    OK(act(s, by(s, COMMAND_CANCEL, "leader"))); /* those who signed are at work */
}

static void test_a_mode_is_renewed_at_half_its_lease_until_its_end(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_MODE, "all", "leader"));
    int64_t end = s->record.header.mode_end_ms;
    int renewals = 0;
    while (command_next_timer(&s->m->world, &s->record) < INT64_MAX) {
        int64_t next = command_next_timer(&s->m->world, &s->record);
        assert_true(next > s->m->now_ms && next < s->record.header.lease_ms);
        s->m->now_ms = next - 1;
        assert_false(command_renew(&s->m->world, &s->record, s->m->now_ms, &s->event));
        s->m->now_ms++;
        assert_true(command_renew(&s->m->world, &s->record, s->m->now_ms, &s->event));
        assert_int_equal(s->event.event, COMMAND_RENEW);
        assert_string_equal(s->event.actor.user, "system:timer");
        apply(s->m, &s->record, &s->event);
        assert_true(s->record.header.lease_ms <= s->m->now_ms + LEASE_MAX_MS);
        renewals++;
    }
    assert_true(s->record.header.lease_ms == end);
    assert_int_equal(renewals, 4); /* three days: leases of 24 h, each half used */
    assert_false(command_renew(&s->m->world, &s->record, end - 1, &s->event));
}

static void test_only_a_living_mode_of_ones_own_is_renewed(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_ORDER, "all", "leader"));
    assert_true(command_next_timer(&s->m->world, &s->record) == INT64_MAX);
    issue(s, draft_of(s->m, COMMAND_MODE, "all", "leader"));
    s->m->world.here = SIBLING;
    assert_true(command_next_timer(&s->m->world, &s->record) == INT64_MAX);
    assert_false(command_renew(&s->m->world, &s->record, s->m->now_ms + DAY, &s->event));
    s->m->world.here = COMMUNITY;
    assert_false(command_renew(&s->m->world, &s->record, s->m->now_ms + 3 * DAY, &s->event));
    OK(act(s, by(s, COMMAND_CANCEL, "leader")));
    assert_true(command_next_timer(&s->m->world, &s->record) == INT64_MAX);
}

static void test_a_mode_may_be_made_longer(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_MODE, "all", "leader"));
    struct command draft = by(s, COMMAND_UPDATE, "leader");
    draft.mode_end_ms = s->m->now_ms + 10 * DAY;
    OK(act(s, draft));
    assert_true(s->record.header.mode_end_ms == draft.mode_end_ms);
    assert_true(s->record.header.expires_ms == draft.mode_end_ms);
    draft.mode_end_ms = s->m->now_ms - 1;
    REFUSED(act(s, draft), ERR_EXPIRED);
}

static void test_a_cancel_that_came_first_is_kept(void **state)
{
    struct issuer *s = *state;
    issue(s, draft_of(s->m, COMMAND_ORDER, "all", "leader"));
    struct command order = s->record.header, cancel = {.event = COMMAND_CANCEL, .no = 2};
    static const uint8_t hash[HASH_BYTES] = {1};
    s->record = (struct command_record){.last_no = 0};
    command_apply(&s->record, &cancel, 2, s->m->now_ms, hash);
    command_apply(&s->record, &order, 1, s->m->now_ms, hash);
    assert_int_equal(s->record.ended, COMMAND_CANCEL);
    assert_memory_equal(s->record.head_hash, hash, HASH_BYTES);
}

/* ---- the state that follows ---- */

static void count(struct command_tally *tally, enum receipt_state state, uint32_t flags)
{
    struct receipt receipt = {.state = state, .flags = flags, .reports = 2};
    command_tally_add(tally, &receipt);
}

static void test_the_tally_counts_states_and_facts(void **state)
{
    (void)state;
    struct command_tally tally = {0};
    count(&tally, RECEIPT_ACKED, RECEIPT_OVERDUE_ACK);
    count(&tally, RECEIPT_DELIVERED,
          RECEIPT_OVERDUE_ACK | RECEIPT_RED | RECEIPT_DEPUTY_CALLED | RECEIPT_ABOVE_CALLED);
    count(&tally, RECEIPT_EXPIRED, RECEIPT_NOT_DELIVERED);
    count(&tally, RECEIPT_DONE, RECEIPT_ZERO);
    assert_int_equal(tally.total, 4);
    assert_int_equal(tally.count[RECEIPT_ACKED], 1);
    assert_int_equal(tally.count[RECEIPT_EXPIRED], 1);
    assert_int_equal(tally.overdue_ack, 2);
    assert_int_equal(tally.red, 1);
    assert_int_equal(tally.deputy_called, 1);
    assert_int_equal(tally.above_called, 1);
    assert_int_equal(tally.not_delivered, 1);
    assert_int_equal(tally.zero, 1);
    assert_int_equal(tally.reports, 8);
}

static void state_is(struct issuer *s, const char *counts, int64_t now_ms, enum command_state wanted)
{
    static const struct {
        char letter;
        enum receipt_state state;
    } letters[] = {{'i', RECEIPT_ISSUED},    {'d', RECEIPT_DELIVERED}, {'a', RECEIPT_ACKED},
                   {'r', RECEIPT_REPORTED},  {'o', RECEIPT_DONE},      {'u', RECEIPT_UNABLE},
                   {'c', RECEIPT_CANCELLED}, {'x', RECEIPT_EXPIRED}};
    struct command_tally tally = {0};
    for (; *counts; counts++)
        for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
            if (letters[i].letter == *counts)
                count(&tally, letters[i].state, 0);
    assert_string_equal(command_state_name(command_state_of(&s->record, &tally, now_ms)),
                        command_state_name(wanted));
}

static void test_the_header_state_follows_from_the_receipts(void **state)
{
    struct issuer *s = *state;
    int64_t now = s->m->now_ms;
    struct command draft = draft_of(s->m, COMMAND_ORDER, "all", "leader");
    issue(s, draft);
    int64_t late = s->record.header.expires_ms;
    state_is(s, "", now, COMMAND_STATE_OPEN);
    state_is(s, "", late, COMMAND_STATE_EXPIRED);
    state_is(s, "ida", now, COMMAND_STATE_OPEN);
    state_is(s, "oooi", now, COMMAND_STATE_OPEN);
    state_is(s, "oooi", late, COMMAND_STATE_EXPIRED);
    state_is(s, "aou", now, COMMAND_STATE_ANSWERED);
    state_is(s, "aou", late, COMMAND_STATE_ANSWERED);
    state_is(s, "ror", now, COMMAND_STATE_ANSWERED);
    state_is(s, "oouo", now, COMMAND_STATE_DONE);
    state_is(s, "oox", late, COMMAND_STATE_EXPIRED);
    OK(act(s, by(s, COMMAND_CANCEL, "leader")));
    state_is(s, "cco", now, COMMAND_STATE_CANCELLED);
    issue(s, draft_of(s->m, COMMAND_ROLL_CALL, "all", "leader"));
    state_is(s, "aaa", now, COMMAND_STATE_DONE);
    state_is(s, "aad", now, COMMAND_STATE_OPEN);
}

static void test_enough_is_enough(void **state)
{
    struct issuer *s = *state;
    int64_t now = s->m->now_ms;
    struct command draft = draft_of(s->m, COMMAND_ORDER, "all", "leader");
    draft.ack_rule = ACK_K_OF_N;
    draft.ack_count = 2;
    issue(s, draft);
    int64_t late = s->record.header.expires_ms;
    state_is(s, "addd", now, COMMAND_STATE_OPEN);
    state_is(s, "aadd", now, COMMAND_STATE_ANSWERED);
    state_is(s, "aocc", now, COMMAND_STATE_ANSWERED);
    state_is(s, "oocc", now, COMMAND_STATE_DONE);
    state_is(s, "ooxx", late, COMMAND_STATE_DONE);
    state_is(s, "uuud", now, COMMAND_STATE_OPEN);
    state_is(s, "uuux", late, COMMAND_STATE_EXPIRED);
    draft.ack_rule = ACK_ANY;
    issue(s, draft);
    state_is(s, "dddd", now, COMMAND_STATE_OPEN);
    state_is(s, "addd", now, COMMAND_STATE_ANSWERED);
    struct command event = by(s, COMMAND_SUPERSEDE, "leader");
    event.references.bytes[2] = 1;
    OK(act(s, event));
    state_is(s, "aooo", now, COMMAND_STATE_SUPERSEDED);
}

/* An order that everybody refused, or was relieved of, has not been carried out. */
static void test_what_nobody_carried_out_is_not_done(void **state)
{
    struct issuer *s = *state;
    int64_t now = s->m->now_ms;
    struct command draft = draft_of(s->m, COMMAND_ORDER, "all", "leader");
    for (draft.ack_rule = ACK_EACH; draft.ack_rule <= ACK_K_OF_N; draft.ack_rule++) {
        draft.ack_count = draft.ack_rule == ACK_K_OF_N ? 2 : 0;
        issue(s, draft);
        int64_t late = s->record.header.expires_ms;
        state_is(s, "uuu", now, COMMAND_STATE_UNMET);
        state_is(s, "ucc", late, COMMAND_STATE_UNMET);
        state_is(s, "uci", now, COMMAND_STATE_OPEN);
        state_is(s, "ucd", now, COMMAND_STATE_OPEN);
        state_is(s, "ucx", late, COMMAND_STATE_EXPIRED);
        state_is(s, "oouc", now, COMMAND_STATE_DONE);
    }
    OK(act(s, by(s, COMMAND_CANCEL, "leader")));
    state_is(s, "ccc", now, COMMAND_STATE_CANCELLED);
}

static int setup(void **state)
{
    struct issuer *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->m = muster_new();
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct issuer *s = *state;
    free(s->m);
    free(s);
    return 0;
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_cancel_needs_a_reason_and_a_right),
        STORY(test_a_command_is_issued_once_and_renewed_by_nobody),
        STORY(test_an_update_says_what_is_new_and_keeps_the_rest),
        STORY(test_an_expired_command_is_updated_no_more_but_its_work_is_checked),
        STORY(test_a_check_names_its_recipient_and_rates),
        STORY(test_what_takes_its_place_is_named),
        STORY(test_standing_down_is_for_rules_that_need_not_all),
        STORY(test_a_mode_is_renewed_at_half_its_lease_until_its_end),
        STORY(test_only_a_living_mode_of_ones_own_is_renewed),
        STORY(test_a_mode_may_be_made_longer),
        STORY(test_a_cancel_that_came_first_is_kept),
        cmocka_unit_test(test_the_tally_counts_states_and_facts),
        STORY(test_the_header_state_follows_from_the_receipts),
        STORY(test_enough_is_enough),
        STORY(test_what_nobody_carried_out_is_not_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
