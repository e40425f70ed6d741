/* What a batch needs comes back as it was written, in one round trip. */
#include "store_fixture.h"

#include <math.h>

static struct fx fx;

#define SEEN_MAX 300

/* The last answer, copied out of its borrowed memory. */
static struct {
    size_t case_count, key_count, similar_count;
    struct case_row cases[SEEN_MAX];
    struct key_row keys[SEEN_MAX];
    struct similar_row similar[SEEN_MAX];
} seen;

static void on_loaded(void *ctx, enum err code, const struct store_loaded *loaded)
{
    struct fx *f = ctx;
    f->answers++;
    f->code = code;
    assert_true(loaded->case_count <= SEEN_MAX && loaded->key_count <= SEEN_MAX &&
                loaded->similar_count <= SEEN_MAX);
    seen.case_count = loaded->case_count;
    seen.key_count = loaded->key_count;
    seen.similar_count = loaded->similar_count;
    for (size_t i = 0; i < loaded->case_count; i++)
        seen.cases[i] = loaded->cases[i];
    for (size_t i = 0; i < loaded->key_count; i++)
        seen.keys[i] = loaded->keys[i];
    for (size_t i = 0; i < loaded->similar_count; i++)
        seen.similar[i] = loaded->similar[i];
    loop_stop(f->loop);
}

static void load(const struct store_wanted *wanted)
{
    int answers = fx.answers;
    store_load(fx.store, wanted, on_loaded, &fx);
    fx_until(&fx, &fx.answers, answers + 1);
    assert_int_equal(fx.code, ERR_OK);
}

static void test_a_case_comes_back_as_it_was_written(void **state)
{
    (void)state;
    struct case_row row = fx_case(1);
    store_batch_clear(fx.batch);
    store_batch_case(fx.batch, &row, true, true);
    struct case_row bare = fx_case(2);
    bare.record.lon = bare.record.lat = NAN;
    bare.follow.count = 0;
    store_batch_case(fx.batch, &bare, true, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);

    struct id ids[] = {row.record.id, fx_id(1, 999)};
    load(&(struct store_wanted){.id_count = 2, .ids = ids});
    assert_int_equal(seen.case_count, 1);
    const struct case_record *got = &seen.cases[0].record;
    assert_true(id_equal(&got->id, &row.record.id));
    assert_string_equal(got->case_no, row.record.case_no);
    assert_string_equal(got->origin, row.record.origin);
    assert_string_equal(got->item, row.record.item);
    assert_string_equal(got->area, row.record.area);
    assert_string_equal(got->source, row.record.source);
    assert_string_equal(got->reporter, row.record.reporter);
    assert_true(got->lon == row.record.lon && got->lat == row.record.lat);
    assert_int_equal(got->last_no, row.record.last_no);
    assert_int_equal(got->last_ms, row.record.last_ms);
    assert_string_equal(got->owner, row.record.owner);
    assert_memory_equal(got->head_hash, row.record.head_hash, HASH_BYTES);
    assert_int_equal(got->state, row.record.state);
    assert_string_equal(got->facts.lead, row.record.facts.lead);
    assert_int_equal(got->facts.opened_ms, row.record.facts.opened_ms);
    assert_int_equal(got->facts.clocks[CLOCK_STATE].due_ms, row.record.facts.clocks[CLOCK_STATE].due_ms);
    assert_int_equal(got->facts.policy.yellow_percent, 80);
    assert_int_equal(seen.cases[0].follow.count, 2);
    assert_int_equal(seen.cases[0].follow.no[0], 1);
    assert_int_equal(seen.cases[0].follow.no[1], 258);
    assert_false(seen.cases[0].quarantined);

    load(&(struct store_wanted){.id_count = 1, .ids = &bare.record.id});
    assert_int_equal(seen.case_count, 1);
    assert_true(isnan(seen.cases[0].record.lon) && isnan(seen.cases[0].record.lat));
    assert_int_equal(seen.cases[0].follow.count, 0);
}

static void test_a_case_asked_for_by_id_and_by_number_comes_once(void **state)
{
    (void)state;
    struct id ids[] = {fx_id(1, 1), fx_id(1, 2)};
    const char numbers[3][CASE_NO_SIZE] = {FX_CENTER "-20231114-000002", "no such number",
                                           FX_CENTER "-20231114-000001"};
    load(&(struct store_wanted){.id_count = 1, .ids = ids, .number_count = 3, .numbers = numbers});
    assert_int_equal(seen.case_count, 2);
    load(&(struct store_wanted){.number_count = 1, .numbers = numbers});
    assert_int_equal(seen.case_count, 1);
    assert_true(id_equal(&seen.cases[0].record.id, &ids[1]));
}

static void test_nothing_wanted_is_an_answer_too(void **state)
{
    (void)state;
    load(&(struct store_wanted){.id_count = 0});
    assert_int_equal(seen.case_count + seen.key_count + seen.similar_count, 0);
}

static void test_keys_are_found_in_whatever_partition_they_lie(void **state)
{
    (void)state;
    struct id today = id_new(clock_wall_ms());
    struct id other = {{0x10, 0x20, 0x30, 0x40, 5, 6, 0x47, 8, 0x89}};
    struct key_row keys[2] = {{.key = today, .case_id = fx_id(1, 1), .subject_no = 4, .outcome = ERR_OK},
                              {.key = other, .case_id = fx_id(1, 2), .outcome = ERR_NO_RIGHT}};
    keys[0].content_hash[0] = 0xaa;
    store_batch_clear(fx.batch);
    store_batch_key(fx.batch, &keys[0], FX_T0);
    store_batch_key(fx.batch, &keys[1], FX_T0);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM request_log_other"), 1);

    struct id wanted[] = {today, fx_id(9, 9), other};
    load(&(struct store_wanted){.key_count = 3, .keys = wanted});
    assert_int_equal(seen.key_count, 2);
    size_t at = id_equal(&seen.keys[0].key, &today) ? 0 : 1;
    assert_int_equal(seen.keys[at].subject_no, 4);
    assert_int_equal(seen.keys[at].content_hash[0], 0xaa);
    assert_int_equal(seen.keys[1 - at].outcome, ERR_NO_RIGHT);
}

static void test_a_quarantined_case_says_so_until_it_is_released(void **state)
{
    (void)state;
    struct id id = fx_id(1, 1);
    const struct entry bad = {.lsn = 5, .kind = ENTRY_EVENT, .subject = id, .subject_no = 7};
    store_batch_clear(fx.batch);
    store_batch_quarantine(fx.batch, 1, LANE_CASES, &bad, ERR_HASH, FX_T0);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    load(&(struct store_wanted){.id_count = 1, .ids = &id});
    assert_true(seen.cases[0].quarantined);
    store_batch_clear(fx.batch);
    store_batch_release(fx.batch, &id);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    load(&(struct store_wanted){.id_count = 1, .ids = &id});
    assert_false(seen.cases[0].quarantined);
}

/* ---- similar cases ---- */

#define METER_LAT (1 / 111194.9)

static struct case_row place_case(int n, double north_m, int64_t reported_ms, enum case_state s)
{
    struct case_row row = fx_case(n);
    row.record.lon = 114.0001;
    row.record.lat = 22.6001 + north_m * METER_LAT;
    row.record.facts.opened_ms = reported_ms;
    row.record.state = s;
    text_put(row.record.item, sizeof row.record.item, "9.9.9");
    return row;
}

static void test_the_nearest_open_case_of_the_item_within_the_distance_is_named(void **state)
{
    (void)state;
    const int64_t now = FX_T0;
    const struct case_row near_by[] = {
        place_case(20, 49, now, CASE_HANDLING), place_case(21, -20, now, CASE_HANDLING),
        place_case(22, 5, now, CASE_CLOSED),    place_case(23, 4, now - SIMILAR_MS - 1, CASE_HANDLING),
        place_case(24, 30, now, CASE_FILED),
    };
    store_batch_clear(fx.batch);
    for (size_t i = 0; i < sizeof near_by / sizeof *near_by; i++)
        store_batch_case(fx.batch, &near_by[i], true, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);

    const struct similar_probe probes[] = {
        {"9.9.9", 114.0001, 22.6001, now - SIMILAR_MS},                   /* 21, at 20 m */
        {"1.1.1", 114.0001, 22.6001, now - SIMILAR_MS},                   /* another item */
        {"9.9.9", 114.0001, 22.6001 + 98 * METER_LAT, now - SIMILAR_MS},  /* 20, at 49 m */
        {"9.9.9", 114.0001, 22.6001 + 105 * METER_LAT, now - SIMILAR_MS}, /* nothing within 50 m */
        {"9.9.9", 114.0001, 22.6001, now - 2 * SIMILAR_MS}, /* 23, at 4 m: the probe looks further back */
    };
    load(&(struct store_wanted){.probe_count = 5, .probes = probes});
    assert_int_equal(seen.similar_count, 3);
    assert_int_equal(seen.similar[0].probe, 0);
    assert_string_equal(seen.similar[0].case_no, near_by[1].record.case_no);
    assert_int_equal(seen.similar[1].probe, 2);
    assert_string_equal(seen.similar[1].case_no, near_by[0].record.case_no);
    assert_int_equal(seen.similar[2].probe, 4);
    assert_string_equal(seen.similar[2].case_no, near_by[3].record.case_no);
}

static int setup(void **state)
{
    (void)state;
    fx_init(&fx, "load");
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
        cmocka_unit_test(test_a_case_comes_back_as_it_was_written),
        cmocka_unit_test(test_a_case_asked_for_by_id_and_by_number_comes_once),
        cmocka_unit_test(test_nothing_wanted_is_an_answer_too),
        cmocka_unit_test(test_keys_are_found_in_whatever_partition_they_lie),
        cmocka_unit_test(test_a_quarantined_case_says_so_until_it_is_released),
        cmocka_unit_test(test_the_nearest_open_case_of_the_item_within_the_distance_is_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
