/* Neighbours are fed from the journal, in order and with the prev that was fixed at the commit. */
#include "store_fixture.h"

static struct fx fx;

#define SEEN_MAX 300

static struct {
    size_t count;
    struct entry entries[SEEN_MAX]; /* bytes: only whether there were any, and the first */
    uint8_t first[SEEN_MAX];
} seen;

static void on_feed(void *ctx, enum err code, size_t count, const struct entry *entries)
{
    struct fx *f = ctx;
    f->answers++;
    f->code = code;
    assert_true(count <= SEEN_MAX);
    seen.count = count;
    for (size_t i = 0; i < count; i++) {
        seen.entries[i] = entries[i];
        seen.first[i] = entries[i].envelope ? entries[i].envelope[0] : 0;
    }
    loop_stop(f->loop);
}

static void feed(int16_t neighbour, enum lane lane, int64_t after_lsn, size_t max)
{
    int answers = fx.answers;
    store_feed(fx.store, neighbour, lane, after_lsn, max, on_feed, &fx);
    fx_until(&fx, &fx.answers, answers + 1);
    assert_int_equal(fx.code, ERR_OK);
}

static void read_log(int n, int32_t from_no, int32_t to_no)
{
    int answers = fx.answers;
    struct id subject = fx_id(1, n);
    store_log(fx.store, &subject, from_no, to_no, on_feed, &fx);
    fx_until(&fx, &fx.answers, answers + 1);
    assert_int_equal(fx.code, ERR_OK);
}

/* Events 1..5 of case 1; 1, 3, 5 for the parent, 2 and 4 for the child. */
static void write_log(void)
{
    int64_t tail[3] = {0};
    struct case_row row = fx_case(1);
    store_batch_clear(fx.batch);
    for (int no = 1; no <= 5; no++) {
        int16_t to = no % 2 ? 1 : 2;
        row.record.last_no = no;
        fx_event(&fx, &row.record);
        store_batch_to(fx.batch, to, LANE_CASES, fx.lsn, tail[to], ENTRY_EVENT);
        tail[to] = fx.lsn;
    }
    store_batch_case(fx.batch, &row, true, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);
}

static void test_each_neighbour_gets_its_own_entries_in_order(void **state)
{
    (void)state;
    write_log();
    feed(1, LANE_CASES, 0, 100);
    assert_int_equal(seen.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(seen.entries[i].lsn, 1 + 2 * i);
        assert_int_equal(seen.entries[i].prev, i == 0 ? 0 : 2 * i - 1);
        assert_int_equal(seen.entries[i].subject_no, 1 + 2 * i);
        assert_int_equal(seen.entries[i].kind, ENTRY_EVENT);
        assert_int_equal(seen.entries[i].body_size, 420);
        assert_int_equal(seen.first[i], 1 + 2 * i);
    }
    feed(2, LANE_CASES, 2, 100);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.entries[0].prev, 2);
    feed(1, LANE_TALK, 0, 100);
    assert_int_equal(seen.count, 0);
}

static void test_a_window_holds_no_more_than_was_asked_for(void **state)
{
    (void)state;
    feed(1, LANE_CASES, 0, 2);
    assert_int_equal(seen.count, 2);
    feed(1, LANE_CASES, seen.entries[1].lsn, 2);
    assert_int_equal(seen.count, 1);
}

static void test_a_snapshot_is_one_row_that_stands_for_the_log(void **state)
{
    (void)state;
    struct case_row row = fx_case(1);
    row.record.last_no = 6;
    store_batch_clear(fx.batch);
    fx_event(&fx, &row.record);
    store_batch_to(fx.batch, 2, LANE_CASES, fx.lsn, 4, ENTRY_SNAPSHOT);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    feed(2, LANE_CASES, 4, 10);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.entries[0].kind, ENTRY_SNAPSHOT);
    assert_null(seen.entries[0].envelope);
    assert_null(seen.entries[0].body);
    assert_int_equal(seen.entries[0].subject_no, 6);
    assert_int_equal(seen.entries[0].prev, 4);
    read_log(1, 1, 6);
    assert_int_equal(seen.count, 6);
}

static void test_a_subjects_log_comes_by_number(void **state)
{
    (void)state;
    read_log(1, 2, 4);
    assert_int_equal(seen.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(seen.entries[i].subject_no, 2 + i);
    read_log(2, 1, 100);
    assert_int_equal(seen.count, 0);
}

static void test_an_event_written_again_by_a_repair_comes_in_its_later_form(void **state)
{
    (void)state;
    uint8_t envelope[WIRE_ENVELOPE_BYTES] = {99};
    const struct entry again = {
        .lsn = ++fx.lsn, .kind = ENTRY_EVENT, .subject = fx_id(1, 1), .subject_no = 3, .envelope = envelope};
    store_batch_clear(fx.batch);
    store_batch_journal(fx.batch, &again);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    read_log(1, 1, 100);
    assert_int_equal(seen.count, 6);
    assert_int_equal(seen.first[2], 99);
    assert_int_equal(seen.entries[2].lsn, fx.lsn);
}

static void test_talk_is_no_part_of_a_subjects_log(void **state)
{
    (void)state;
    const struct entry accept = {
        .lsn = ++fx.lsn, .kind = ENTRY_ACCEPT, .subject = fx_id(1, 1), .subject_no = 6};
    store_batch_clear(fx.batch);
    store_batch_journal(fx.batch, &accept);
    store_batch_to(fx.batch, 1, LANE_TALK, fx.lsn, 0, ENTRY_ACCEPT);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    read_log(1, 1, 100);
    assert_int_equal(seen.count, 6);
    feed(1, LANE_TALK, 0, 10);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.entries[0].kind, ENTRY_ACCEPT);
}

/* ---- kept requests ---- */

static struct {
    size_t count;
    struct id keys[8];
    int16_t from[8];
    uint8_t act[8];
} kept;

static void on_kept(void *ctx, enum err code, size_t count, const struct kept_row *rows)
{
    struct fx *f = ctx;
    f->answers++;
    f->code = code;
    assert_true(count <= 8);
    kept.count = count;
    for (size_t i = 0; i < count; i++) {
        kept.keys[i] = rows[i].key;
        kept.from[i] = rows[i].from;
        kept.act[i] = rows[i].act_size == 2 ? rows[i].act[1] : 0;
    }
    loop_stop(f->loop);
}

static void ask_kept(const struct id *ids, size_t count)
{
    int answers = fx.answers;
    store_kept(fx.store, ids, count, on_kept, &fx);
    fx_until(&fx, &fx.answers, answers + 1);
    assert_int_equal(fx.code, ERR_OK);
}

static void test_kept_requests_come_oldest_first_until_they_are_decided(void **state)
{
    (void)state;
    struct id cases[] = {fx_id(1, 1), fx_id(1, 2)};
    struct id keys[] = {fx_id(4, 1), fx_id(4, 2), fx_id(4, 3)};
    store_batch_clear(fx.batch);
    store_batch_keep(fx.batch, &keys[0], &cases[0], 1, FX_T0 + 9, (const uint8_t *)"ab", 2);
    store_batch_keep(fx.batch, &keys[1], &cases[1], 0, FX_T0 + 3, (const uint8_t *)"cd", 2);
    store_batch_keep(fx.batch, &keys[2], &cases[0], 2, FX_T0 + 6, (const uint8_t *)"ef", 2);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    ask_kept(cases, 2);
    assert_int_equal(kept.count, 3);
    assert_true(id_equal(&kept.keys[0], &keys[1]) && id_equal(&kept.keys[2], &keys[0]));
    assert_int_equal(kept.from[2], 1);
    assert_int_equal(kept.act[2], 'b');
    ask_kept(&cases[1], 1);
    assert_int_equal(kept.count, 1);

    store_batch_clear(fx.batch);
    store_batch_unkeep(fx.batch, &keys[1]);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    ask_kept(cases, 2);
    assert_int_equal(kept.count, 2);
}

static int setup(void **state)
{
    (void)state;
    fx_init(&fx, "feed");
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
        cmocka_unit_test(test_each_neighbour_gets_its_own_entries_in_order),
        cmocka_unit_test(test_a_window_holds_no_more_than_was_asked_for),
        cmocka_unit_test(test_a_snapshot_is_one_row_that_stands_for_the_log),
        cmocka_unit_test(test_a_subjects_log_comes_by_number),
        cmocka_unit_test(test_an_event_written_again_by_a_repair_comes_in_its_later_form),
        cmocka_unit_test(test_talk_is_no_part_of_a_subjects_log),
        cmocka_unit_test(test_kept_requests_come_oldest_first_until_they_are_decided),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
