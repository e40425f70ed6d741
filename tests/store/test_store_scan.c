/* Looking over many cases: due timers in batches, the auditor, lists, figures, housekeeping. */
#include "store_fixture.h"

static struct fx fx;

#define SEEN_MAX 300

static struct {
    size_t count;
    struct id ids[SEEN_MAX];
    int64_t due_ms[SEEN_MAX];
    int64_t next_ms;
    struct store_counts counts;
} seen;

static void on_due(void *ctx, enum err code, size_t count, const struct due_row *rows, int64_t next_ms)
{
    struct fx *f = ctx;
    f->answers++;
    f->code = code;
    seen.count = count;
    seen.next_ms = next_ms;
    for (size_t i = 0; i < count; i++) {
        seen.ids[i] = rows[i].case_id;
        seen.due_ms[i] = rows[i].due_ms;
    }
    loop_stop(f->loop);
}

static void on_ids(void *ctx, enum err code, size_t count, const struct id *ids)
{
    struct fx *f = ctx;
    f->answers++;
    f->code = code;
    seen.count = count;
    for (size_t i = 0; i < count; i++)
        seen.ids[i] = ids[i];
    loop_stop(f->loop);
}

static void on_counts(void *ctx, enum err code, const struct store_counts *counts)
{
    struct fx *f = ctx;
    f->answers++;
    f->code = code;
    seen.counts = *counts;
    loop_stop(f->loop);
}

static void answered(int answers)
{
    fx_until(&fx, &fx.answers, answers + 1);
    assert_int_equal(fx.code, ERR_OK);
}

static void due(int64_t floor_ms, int64_t now_ms)
{
    int answers = fx.answers;
    store_due(fx.store, floor_ms, now_ms, on_due, &fx);
    answered(answers);
}

static int64_t next_of(int n)
{
    return fx_case(n).record.facts.clocks[CLOCK_STATE].next_ms;
}

static void test_due_timers_come_in_batches_earliest_first(void **state)
{
    (void)state;
    assert_int_equal(fx_reports(&fx, 1, 256), ERR_OK);
    assert_int_equal(fx_reports(&fx, 257, 64), ERR_OK);
    due(0, next_of(1000));
    assert_int_equal(seen.count, TIMER_BATCH);
    for (size_t i = 0; i < seen.count; i++)
        assert_int_equal(seen.due_ms[i], next_of((int)i + 1));
    assert_int_equal(seen.next_ms, next_of(257));
    due(seen.due_ms[TIMER_BATCH - 1] + 1, next_of(1000));
    assert_int_equal(seen.count, 64);
    assert_int_equal(seen.next_ms, INT64_MAX);
}

static void test_a_timer_that_is_not_due_is_only_announced(void **state)
{
    (void)state;
    due(0, next_of(10));
    assert_int_equal(seen.count, 10);
    assert_int_equal(seen.next_ms, next_of(11));
    due(0, next_of(1) - 1);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.next_ms, next_of(1));
}

static void audit(void)
{
    int answers = fx.answers;
    store_audit(fx.store, FX_CENTER, on_ids, &fx);
    answered(answers);
}

static void test_the_auditor_finds_owned_open_cases_without_a_timer(void **state)
{
    (void)state;
    audit();
    assert_int_equal(seen.count, 0);
    fx_sql(&fx, "DELETE FROM timer WHERE case_id IN (SELECT id FROM case_rec WHERE case_no LIKE '%00007_')");
    fx_sql(&fx, "UPDATE case_rec SET owner = '4403' WHERE case_no LIKE '%000071'");
    fx_sql(&fx, "UPDATE case_rec SET is_open = false WHERE case_no LIKE '%000072'");
    audit();
    assert_int_equal(seen.count, 8);
    assert_true(id_equal(&seen.ids[0], &(struct id){{0}}) == false);
    audit(); /* begins anew at the end */
    assert_int_equal(seen.count, 8);
}

static void test_flagged_and_owned_cases_come_page_by_page(void **state)
{
    (void)state;
    struct id none = {{0}};
    fx_sql(&fx, "UPDATE case_rec SET flags = 12 WHERE case_no LIKE '%00001_'");
    int answers = fx.answers;
    store_flagged(fx.store, FX_CENTER, FLAG_CLIMB_PENDING | FLAG_STANDING, &none, on_ids, &fx);
    answered(answers);
    assert_int_equal(seen.count, 10);
    struct id fifth = seen.ids[4];
    store_flagged(fx.store, FX_CENTER, FLAG_CLIMB_PENDING, &fifth, on_ids, &fx);
    answered(answers + 1);
    assert_int_equal(seen.count, 5);
    store_flagged(fx.store, FX_CENTER, FLAG_CLIMB_PENDING | FLAG_URGED, &none, on_ids, &fx);
    answered(answers + 2);
    assert_int_equal(seen.count, 0);
    store_owned(fx.store, FX_CENTER, &none, on_ids, &fx);
    answered(answers + 3);
    assert_int_equal(seen.count, 256);
    struct id last = seen.ids[255];
    store_owned(fx.store, FX_CENTER, &last, on_ids, &fx);
    answered(answers + 4);
    assert_int_equal(seen.count, 320 - 256 - 2);
}

static void test_figures_count_what_is_open_owned_and_late(void **state)
{
    (void)state;
    int64_t now = fx_case(100).record.facts.clocks[CLOCK_STATE].due_ms;
    int answers = fx.answers;
    store_count(fx.store, FX_CENTER, now, on_counts, &fx);
    answered(answers);
    assert_int_equal(seen.counts.cases, 320);
    assert_int_equal(seen.counts.open, 319);
    assert_int_equal(seen.counts.overdue, 99); /* one of the first hundred is closed */
    assert_int_equal(seen.counts.owned_open, 318);
    assert_int_equal(seen.counts.owned_overdue, 98);
    assert_int_equal(seen.counts.climb_pending, 10);
    assert_int_equal(seen.counts.standing, 10);
    assert_int_equal(seen.counts.manual, 0);
    assert_int_equal(seen.counts.timers, 310);
    assert_int_equal(seen.counts.kept + seen.counts.quarantined + seen.counts.alarms, 0);
}

static void test_a_hand_over_not_acknowledged_is_found_when_it_is_old(void **state)
{
    (void)state;
    struct id id = fx_id(1, 5);
    store_batch_clear(fx.batch);
    store_batch_hand_over(fx.batch, &id, 1, 3, FX_T0);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    int answers = fx.answers;
    store_hand_overs(fx.store, FX_T0, on_ids, &fx);
    answered(answers);
    assert_int_equal(seen.count, 0);
    store_hand_overs(fx.store, FX_T0 + 1, on_ids, &fx);
    answered(answers + 1);
    assert_int_equal(seen.count, 1);
    assert_true(id_equal(&seen.ids[0], &id));
}

static void maintain(int64_t wall_ms)
{
    int answers = fx.answers;
    store_maintain(fx.store, wall_ms, fx_on_done, &fx);
    answered(answers);
}

static void test_what_a_neighbour_has_is_trimmed_but_for_the_row_at_its_ack(void **state)
{
    (void)state;
    for (int i = 0; i < 18; i++)
        assert_int_equal(fx_reports(&fx, 10000 + 256 * i, 256), ERR_OK);
    int64_t acked = fx.lsn - 10;
    store_batch_clear(fx.batch);
    store_batch_acked(fx.batch, 1, LANE_CASES, acked);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    assert_true(acked > 4096); /* more than one bite */
    maintain(clock_wall_ms());
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM journal_to"), 11);
    assert_int_equal(fx_number(&fx, "SELECT min(lsn) FROM journal_to"), acked);
}

static void test_key_partitions_come_ahead_and_go_when_no_key_of_theirs_is_valid(void **state)
{
    (void)state;
    const char *days = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'request_log'::regclass";
    int64_t day = 24LL * 3600 * 1000;
    int64_t wall = clock_wall_ms();
    struct key_row key = {.key = id_new(wall + 6 * day), .case_id = fx_id(1, 1)};
    struct key_row old = {.key = id_new(wall - day), .case_id = fx_id(1, 1)};
    maintain(wall);
    int64_t before = fx_number(&fx, days);
    maintain(wall);
    assert_int_equal(fx_number(&fx, days), before);

    store_batch_clear(fx.batch);
    store_batch_key(fx.batch, &key, FX_T0);
    store_batch_key(fx.batch, &old, FX_T0);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    /* The day of this key has no partition yet; the made-up keys of 2023 left with the first maintenance. */
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM request_log_other"), 1);

    maintain(wall + 5 * day); /* its day gets one now, and the key moves in */
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM request_log_other"), 0);
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM request_log"), 2);

    maintain(wall + 9 * day);
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM request_log"), 1);
    maintain(wall + 30 * day);
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM request_log"), 0);
    assert_int_equal(fx_number(&fx, days), 6); /* yesterday to three days on, and the default */
}

static void test_mute_and_fence_outlive_the_process(void **state)
{
    (void)state;
    int answers = fx.answers;
    store_set_mute(fx.store, true, fx_on_done, &fx);
    answered(answers);
    store_fence(fx.store, FX_CHILD, fx_on_done, &fx);
    answered(answers + 1);
    store_fence(fx.store, "nobody", fx_on_done, &fx);
    fx_until(&fx, &fx.answers, answers + 3);
    assert_int_equal(fx.code, ERR_UNKNOWN_CENTER);
    store_close(&fx.store);
    fx_open(&fx);
    assert_true(fx.start.mute);
    assert_false(fx.neighbours[0].fenced);
    assert_true(fx.neighbours[1].fenced);
}

static int setup(void **state)
{
    (void)state;
    fx_init(&fx, "scan");
    fx_open(&fx);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fx_fini(&fx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_due_timers_come_in_batches_earliest_first),
        cmocka_unit_test(test_a_timer_that_is_not_due_is_only_announced),
        cmocka_unit_test(test_the_auditor_finds_owned_open_cases_without_a_timer),
        cmocka_unit_test(test_flagged_and_owned_cases_come_page_by_page),
        cmocka_unit_test(test_figures_count_what_is_open_owned_and_late),
        cmocka_unit_test(test_a_hand_over_not_acknowledged_is_found_when_it_is_old),
        cmocka_unit_test(test_what_a_neighbour_has_is_trimmed_but_for_the_row_at_its_ack),
        cmocka_unit_test(test_key_partitions_come_ahead_and_go_when_no_key_of_theirs_is_valid),
        cmocka_unit_test(test_mute_and_fence_outlive_the_process),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
