/* What the command line reads, and the scans under verify, with the reading role. */
#include "store_fixture.h"

#include "store/store_verify.h"

static struct fx fx;
static struct store_reader *reader;
static struct fault fault;

#define SEEN_MAX 64

static struct {
    size_t count;
    size_t enough; /* stop after so many; 0 = never */
    char numbers[SEEN_MAX][CASE_NO_SIZE];
    bool overdue[SEEN_MAX];
    int32_t nos[SEEN_MAX];
    struct id ids[SEEN_MAX];
} seen;

static bool on_case(void *ctx, const struct store_case *row)
{
    (void)ctx;
    assert_true(seen.count < SEEN_MAX);
    memcpy(seen.numbers[seen.count], row->row.record.case_no, CASE_NO_SIZE);
    seen.overdue[seen.count] = row->overdue;
    seen.count++;
    return seen.count != seen.enough;
}

static void list(struct store_filter filter)
{
    memset(&seen, 0, sizeof seen);
    if (store_read_cases(reader, &filter, on_case, NULL, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
}

static const char *number(int n)
{
    static char text[CASE_NO_SIZE];
    snprintf(text, sizeof text, "%s-20231114-%06d", FX_CENTER, n);
    return text;
}

static void write_cases(void)
{
    store_batch_clear(fx.batch);
    for (int n = 1; n <= 20; n++)
        fx_report(&fx, n);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    store_batch_clear(fx.batch);
    for (int n = 1; n <= 20; n++) {
        struct case_row row = fx_case(n);
        row.record.last_no = 2;
        row.record.state = n == 20 ? CASE_CLOSED : n > 15 ? CASE_HANDLING : CASE_FILED;
        if (n <= 3)
            text_put(row.record.owner, sizeof row.record.owner, FX_PARENT);
        row.record.facts.flags = n == 5 ? FLAG_URGED | FLAG_MANUAL : 0;
        fx_event(&fx, &row.record);
        store_batch_case(fx.batch, &row, false, n > 3);
    }
    assert_int_equal(fx_commit(&fx), ERR_OK);
    fx_sql(&fx, "UPDATE case_rec SET area = '440306002001' WHERE case_no LIKE '%00001_'");
}

static void test_a_list_is_filtered_and_ordered(void **state)
{
    (void)state;
    int64_t now = fx_case(4).record.facts.clocks[CLOCK_STATE].due_ms;
    list((struct store_filter){.order = STORE_BY_ID});
    assert_int_equal(seen.count, 20);
    list((struct store_filter){.state = CASE_HANDLING});
    assert_int_equal(seen.count, 4);
    list((struct store_filter){.owner = FX_PARENT});
    assert_int_equal(seen.count, 3);
    list((struct store_filter){.area = "440306002"});
    assert_int_equal(seen.count, 10);
    list((struct store_filter){.item = "1.2.3", .open = true});
    assert_int_equal(seen.count, 19);
    list((struct store_filter){.item = "none"});
    assert_int_equal(seen.count, 0);
    list((struct store_filter){.flags = FLAG_MANUAL});
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.numbers[0], number(5));
    list((struct store_filter){.overdue = true, .now_ms = now});
    assert_int_equal(seen.count, 4);
    assert_true(seen.overdue[0]);
    assert_string_equal(seen.numbers[0], number(1));
    list((struct store_filter){.now_ms = now, .limit = 3, .offset = 2});
    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.numbers[0], number(3));
    assert_true(seen.overdue[1]);
    assert_false(seen.overdue[2]);
}

static void test_a_reader_may_stop_a_list_and_ask_again(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    seen.enough = 4;
    assert_int_equal(
        store_read_cases(reader, &(struct store_filter){.order = STORE_BY_ID}, on_case, NULL, &fault),
        ERR_OK);
    assert_int_equal(seen.count, 4);
    list((struct store_filter){.order = STORE_BY_ID});
    assert_int_equal(seen.count, 20);
}

static bool on_entry(void *ctx, const struct entry *entry)
{
    (void)ctx;
    assert_true(seen.count < SEEN_MAX);
    assert_non_null(entry->envelope);
    seen.ids[seen.count] = entry->subject;
    seen.nos[seen.count++] = entry->subject_no;
    return true;
}

static void test_one_case_comes_with_its_history(void **state)
{
    (void)state;
    struct store_case found;
    assert_int_equal(store_read_case(reader, number(7), FX_T0, &found, &fault), ERR_OK);
    assert_string_equal(found.row.record.case_no, number(7));
    assert_int_equal(found.due_ms, fx_case(7).record.facts.clocks[CLOCK_STATE].due_ms);
    assert_int_equal(found.reported_ms, FX_T0 + 7);
    assert_false(found.overdue);
    memset(&seen, 0, sizeof seen);
    assert_int_equal(store_read_log(reader, &found.row.record.id, on_entry, NULL, &fault), ERR_OK);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.nos[1], 2);
    assert_int_equal(store_read_case(reader, "none", FX_T0, &found, &fault), ERR_UNKNOWN_CASE);
}

static struct store_alarm alarms[4];
static size_t alarm_count;

static bool on_alarm(void *ctx, const struct store_alarm *alarm)
{
    (void)ctx;
    alarms[alarm_count++] = *alarm;
    return true;
}

static bool on_neighbour(void *ctx, const struct store_neighbour_row *row)
{
    (void)ctx;
    memcpy(seen.numbers[seen.count++], row->code, CODE_SIZE);
    return true;
}

static void test_the_center_its_neighbours_alarms_and_figures(void **state)
{
    (void)state;
    struct store_center center;
    struct store_counts counts;
    struct id subject = fx_id(1, 7);
    struct id none = {{0}};
    store_batch_clear(fx.batch);
    store_batch_alarm(fx.batch, "case.late", &subject, "一", FX_T0);
    store_batch_alarm(fx.batch, "disk.low", &none, "二", FX_T0 + 1);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    store_batch_clear(fx.batch);
    store_batch_clear_alarm(fx.batch, "disk.low", &none, FX_T0 + 2);
    assert_int_equal(fx_commit(&fx), ERR_OK);

    assert_int_equal(store_read_center(reader, &center, &fault), ERR_OK);
    assert_string_equal(center.code, FX_CENTER);
    assert_int_equal(center.cases, 20);
    assert_int_equal(center.last_lsn, fx.lsn);
    memset(&seen, 0, sizeof seen);
    assert_int_equal(store_read_neighbours(reader, on_neighbour, NULL, &fault), ERR_OK);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.numbers[0], FX_PARENT);

    assert_int_equal(store_read_alarms(reader, true, 0, on_alarm, NULL, &fault), ERR_OK);
    assert_int_equal(alarm_count, 1);
    assert_string_equal(alarms[0].case_no, number(7));
    assert_string_equal(alarms[0].text, "一");
    alarm_count = 0;
    assert_int_equal(store_read_alarms(reader, false, 1, on_alarm, NULL, &fault), ERR_OK);
    assert_int_equal(alarm_count, 1);

    assert_int_equal(store_read_counts(reader, FX_CENTER, FX_T0, &counts, &fault), ERR_OK);
    assert_int_equal(counts.open, 19);
    assert_int_equal(counts.owned_open, 16);
    assert_int_equal(counts.manual, 1);
    assert_int_equal(counts.alarms, 1);
}

/* ---- verify ---- */

static struct verify_case cases[SEEN_MAX];
static size_t case_count;

static bool on_verify_case(void *ctx, const struct verify_case *row)
{
    (void)ctx;
    assert_true(case_count < SEEN_MAX);
    cases[case_count++] = *row;
    return true;
}

static void test_verify_sees_each_case_with_timer_hand_over_and_log(void **state)
{
    (void)state;
    struct id id = fx_id(1, 9);
    store_batch_clear(fx.batch);
    store_batch_hand_over(fx.batch, &id, 1, 3, FX_T0 + 5);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    assert_int_equal(store_reader_begin(reader, &fault), ERR_OK);
    assert_int_equal(store_verify_cases(reader, true, on_verify_case, NULL, &fault), ERR_OK);
    assert_int_equal(store_reader_end(reader, &fault), ERR_OK);
    assert_int_equal(case_count, 20);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(cases[i].has_timer, i >= 3);
        assert_int_equal(cases[i].log_count, 2);
        assert_int_equal(cases[i].log_last, 2);
        assert_int_equal(cases[i].row.record.last_no, 2);
        assert_int_equal(cases[i].hand_over_to, i == 8 ? 1 : 0);
        assert_int_equal(cases[i].has_alarm, i == 6);
        if (i > 0)
            assert_true(memcmp(cases[i - 1].row.record.id.bytes, cases[i].row.record.id.bytes, ID_BYTES) < 0);
    }
    assert_int_equal(cases[8].hand_over_ms, FX_T0 + 5);
}

static void test_verify_sees_all_events_by_subject_and_number(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(store_verify_logs(reader, on_entry, NULL, &fault), ERR_OK);
    assert_int_equal(seen.count, 40);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(seen.nos[i], 1 + i % 2);
        assert_true(id_equal(&seen.ids[i], &cases[i / 2].row.record.id));
    }
}

static size_t key_count, kept_count, quarantine_count;
static bool key_kept, quarantine_alarm;

static bool on_key(void *ctx, const struct verify_key *row)
{
    (void)ctx;
    key_count++;
    if (row->row.outcome == ERR_PENDING)
        key_kept = row->has_kept;
    return true;
}

static bool on_kept(void *ctx, const struct kept_row *row)
{
    (void)ctx;
    kept_count++;
    assert_int_equal(row->act_size, 3);
    return true;
}

static bool on_quarantine(void *ctx, const struct verify_quarantine *row)
{
    (void)ctx;
    quarantine_count++;
    quarantine_alarm = row->has_alarm;
    assert_int_equal(row->code, ERR_HASH);
    return true;
}

static void test_verify_sees_keys_kept_requests_and_quarantine(void **state)
{
    (void)state;
    struct key_row pending = fx_key(900, ERR_PENDING);
    struct id subject = fx_id(1, 7);
    const struct entry bad = {.lsn = 5, .kind = ENTRY_EVENT, .subject = subject, .subject_no = 3};
    store_batch_clear(fx.batch);
    store_batch_key(fx.batch, &pending, FX_T0);
    store_batch_keep(fx.batch, &pending.key, &subject, 1, FX_T0, (const uint8_t *)"act", 3);
    store_batch_quarantine(fx.batch, 1, LANE_CASES, &bad, ERR_HASH, FX_T0);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    assert_int_equal(store_verify_keys(reader, on_key, NULL, &fault), ERR_OK);
    assert_int_equal(key_count, 21);
    assert_true(key_kept);
    assert_int_equal(store_verify_kept(reader, on_kept, NULL, &fault), ERR_OK);
    assert_int_equal(kept_count, 1);
    assert_int_equal(store_verify_quarantine(reader, on_quarantine, NULL, &fault), ERR_OK);
    assert_int_equal(quarantine_count, 1);
    assert_true(quarantine_alarm);
}

static void test_the_figures_are_nought_until_something_is_wrong(void **state)
{
    (void)state;
    struct verify_figures f;
    assert_int_equal(store_verify_figures(reader, &f, &fault), ERR_OK);
    assert_int_equal(f.lsn_gaps + f.lsn_beyond + f.prev_broken + f.to_without + f.numbers_twice +
                         f.events_twice + f.timers_stray + f.timers_stale + f.cases_counted,
                     0);
    fx_sql(&fx, "DELETE FROM journal WHERE lsn = 15");
    fx_sql(&fx, "UPDATE journal_to SET prev = prev - 1 WHERE lsn = 12");
    fx_sql(
        &fx,
        "UPDATE timer SET epoch = 9 WHERE case_id = (SELECT id FROM case_rec WHERE case_no LIKE '%000006')");
    fx_sql(&fx, "INSERT INTO timer VALUES (gen_random_uuid(), 1, 1)");
    fx_sql(&fx, "INSERT INTO journal SELECT lsn + 1000, kind, subject, subject_no, epoch, code, '\\x00', body"
                " FROM journal WHERE lsn = 3");
    fx_sql(&fx, "UPDATE center SET cases = 19");
    assert_int_equal(store_verify_figures(reader, &f, &fault), ERR_OK);
    assert_true(f.lsn_gaps > 0);
    assert_int_equal(f.lsn_beyond, 1);
    assert_int_equal(f.prev_broken, 1);
    assert_int_equal(f.to_without, 1);
    assert_int_equal(f.events_twice, 1);
    assert_int_equal(f.timers_stray, 1);
    assert_int_equal(f.timers_stale, 1);
    assert_int_equal(f.cases_counted, 1);
}

static void test_what_is_no_centers_database_is_said(void **state)
{
    (void)state;
    struct store_reader *other = NULL;
    char dsn[512];
    snprintf(dsn, sizeof dsn, "%s dbname=postgres", fx_server());
    assert_int_equal(store_reader_open(dsn, &other, &fault), ERR_CONFIG);
    assert_int_equal(store_reader_open("host=/nonexistent", &other, &fault), ERR_UNREACHABLE);
    assert_null(other);
}

static int setup(void **state)
{
    char dsn[512];
    (void)state;
    fx_init(&fx, "read");
    fx_open(&fx);
    write_cases();
    snprintf(dsn, sizeof dsn, "%s user=%s dbname=%s", fx_server(), STORE_ROLE_READ, fx.database);
    if (store_reader_open(dsn, &reader, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_reader_close(&reader);
    fx_fini(&fx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_is_filtered_and_ordered),
        cmocka_unit_test(test_a_reader_may_stop_a_list_and_ask_again),
        cmocka_unit_test(test_one_case_comes_with_its_history),
        cmocka_unit_test(test_the_center_its_neighbours_alarms_and_figures),
        cmocka_unit_test(test_verify_sees_each_case_with_timer_hand_over_and_log),
        cmocka_unit_test(test_verify_sees_all_events_by_subject_and_number),
        cmocka_unit_test(test_verify_sees_keys_kept_requests_and_quarantine),
        cmocka_unit_test(test_the_figures_are_nought_until_something_is_wrong),
        cmocka_unit_test(test_what_is_no_centers_database_is_said),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
