/* Opening, losing and finding the database again. */
#include "store_fixture.h"

#include "store/store_private.h"

static struct fx fx;

static const char backends[] =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = 'centerd " FX_CENTER "' AND datname = current_database()";

static void test_the_writer_epoch_rises_with_each_opening(void **state)
{
    (void)state;
    fx_open(&fx);
    int64_t epoch = fx.start.writer_epoch;
    uint64_t database = fx.start.database;
    assert_true(database != 0);
    assert_int_equal(fx.start.incarnation, 1);
    assert_int_equal(fx.start.timeline, 1);
    assert_int_equal(fx.start.first_due_ms, INT64_MAX);
    assert_int_equal(fx.neighbours[0].no, 1);
    assert_string_equal(fx.neighbours[1].code, FX_CHILD);
    store_close(&fx.store);
    fx_open(&fx);
    assert_int_equal(fx.start.writer_epoch, epoch + 1);
    assert_true(fx.start.database == database);
    store_close(&fx.store);
}

static void expect_end(enum err code)
{
    int downs = fx.downs;
    fx_until(&fx, &fx.downs, downs + 1);
    assert_int_equal(fx.down_by.code, code);
    assert_false(store_is_up(fx.store));
    store_close(&fx.store);
}

static void take_lock(void)
{
    char text[80];
    snprintf(text, sizeof text, "SELECT pg_advisory_lock(%lld)", (long long)STORE_LOCK_KEY);
    fx_sql(&fx, text);
}

static void test_a_second_centerd_is_refused_while_the_lock_is_held(void **state)
{
    (void)state;
    take_lock();
    fx_open_as(&fx, FX_CENTER, 0);
    expect_end(ERR_LOCKED);
    assert_non_null(strstr(fx.down_by.text, FX_CENTER));
    fx_sql(&fx, "SELECT pg_advisory_unlock_all()");
}

static void release_lock(void *ctx)
{
    fx_sql(ctx, "SELECT pg_advisory_unlock_all()");
}

static void test_the_lock_of_a_dying_predecessor_is_waited_for(void **state)
{
    (void)state;
    int ups = fx.ups;
    struct loop_timer *later = loop_timer_new(fx.loop, release_lock, &fx);
    take_lock();
    loop_timer_arm(later, 250);
    fx_open_as(&fx, FX_CENTER, 20000);
    fx_until(&fx, &fx.ups, ups + 1);
    loop_timer_free(&later);
    store_close(&fx.store);
}

static void test_another_centers_database_is_refused(void **state)
{
    (void)state;
    fx_open_as(&fx, "440305", 0);
    expect_end(ERR_CONFIG);
    assert_non_null(strstr(fx.down_by.text, "440305"));
}

static void test_a_database_of_another_schema_is_refused(void **state)
{
    (void)state;
    fx_sql(&fx, "UPDATE sanji_schema SET checksum = checksum + 1 WHERE version = 1");
    fx_open_as(&fx, FX_CENTER, 0);
    expect_end(ERR_SCHEMA);
    fx_sql(&fx, "UPDATE sanji_schema SET checksum = checksum - 1 WHERE version = 1");
    fx_sql(&fx, "INSERT INTO sanji_schema (version, name, checksum) VALUES (1000, 'later', 1)");
    fx_open_as(&fx, FX_CENTER, 0);
    expect_end(ERR_SCHEMA);
    fx_sql(&fx, "DELETE FROM sanji_schema WHERE version = 1000");
    fx_sql(&fx, "ALTER TABLE case_rec RENAME COLUMN lead TO leads"); /* the statements find it at the start */
    fx_open_as(&fx, FX_CENTER, 0);
    expect_end(ERR_SCHEMA);
    fx_sql(&fx, "ALTER TABLE case_rec RENAME COLUMN leads TO lead");
    fx_sql(&fx, "ALTER TABLE sanji_schema RENAME TO away");
    fx_open_as(&fx, FX_CENTER, 0);
    expect_end(ERR_SCHEMA);
    fx_sql(&fx, "ALTER TABLE away RENAME TO sanji_schema");
}

static void test_a_connection_killed_in_the_middle_of_a_batch_writes_nothing_and_comes_back(void **state)
{
    (void)state;
    fx_open(&fx);
    assert_int_equal(fx_reports(&fx, 1, 4), ERR_OK);
    int64_t lsn = fx.lsn;
    int64_t before = fx_number(&fx, "SELECT count(*) FROM case_rec");
    int ups = fx.ups;
    int downs = fx.downs;
    int answers = fx.answers;

    fx_sql(&fx, "BEGIN; LOCK TABLE timer IN EXCLUSIVE MODE"); /* the batch gets half way */
    store_batch_clear(fx.batch);
    fx_report(&fx, 5);
    store_batch_head(fx.batch, fx.start.writer_epoch, fx.lsn, 20000, 8);
    store_commit(fx.store, fx.batch, fx_on_commit, &fx);
    store_set_mute(fx.store, true, fx_on_done, &fx); /* and one that waits behind it */
    while (fx_number(&fx, "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                          " WHERE d.datname = current_database() AND NOT l.granted") == 0)
        continue; /* the batch is on its way; the loop is not needed for that */
    fx_sql(&fx, backends);
    fx_until(&fx, &fx.downs, downs + 1);
    assert_int_equal(fx.answers, answers + 2);
    assert_int_equal(fx.code, ERR_NOT_NOW);
    fx_sql(&fx, "ROLLBACK");
    fx_until(&fx, &fx.ups, ups + 1);
    assert_int_equal(fx.downs, downs + 1);
    assert_int_equal(fx.start.last_lsn, lsn);
    assert_false(fx.start.mute);
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM case_rec"), before);
    assert_int_equal(fx_reports(&fx, 5, 1), ERR_OK);
}

static void test_an_idle_connection_that_is_killed_comes_back(void **state)
{
    (void)state;
    int ups = fx.ups;
    int downs = fx.downs;
    fx_sql(&fx, backends);
    fx_until(&fx, &fx.ups, ups + 1);
    assert_int_equal(fx.downs, downs + 1);
    assert_int_equal(fx_reports(&fx, 6, 1), ERR_OK);
}

/* A database cannot shut its own door from inside. */
static void let_in(bool allow)
{
    char text[512];
    snprintf(text, sizeof text, "%s dbname=postgres", fx_server());
    PGconn *outside = PQconnectdb(text);
    snprintf(text, sizeof text, "ALTER DATABASE %s ALLOW_CONNECTIONS %s", fx.database,
             allow ? "true" : "false");
    PGresult *result = PQexec(outside, text);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(outside);
}

static void stop_loop(void *ctx)
{
    loop_stop(((struct fx *)ctx)->loop);
}

static void test_while_the_database_is_away_everything_is_not_now_until_it_returns(void **state)
{
    (void)state;
    int ups = fx.ups;
    int downs = fx.downs;
    let_in(false);
    fx_sql(&fx, backends);
    fx_until(&fx, &fx.downs, downs + 1);
    struct loop_timer *later = loop_timer_new(fx.loop, stop_loop, &fx);
    loop_timer_arm(later, 800); /* some attempts fail meanwhile */
    loop_run(fx.loop);
    loop_timer_free(&later);
    assert_int_equal(fx_reports(&fx, 7, 1), ERR_NOT_NOW);
    assert_false(store_is_up(fx.store));
    assert_int_equal(fx.downs, downs + 1); /* one word, not one for each attempt */
    let_in(true);
    fx_until(&fx, &fx.ups, ups + 1);
    assert_int_equal(fx_reports(&fx, 7, 1), ERR_OK);
}

static void test_closing_with_work_in_flight_calls_nobody(void **state)
{
    (void)state;
    int answers = fx.answers;
    store_batch_clear(fx.batch);
    fx_report(&fx, 8);
    store_batch_head(fx.batch, fx.start.writer_epoch, fx.lsn, 20000, 8);
    store_commit(fx.store, fx.batch, fx_on_commit, &fx);
    store_set_mute(fx.store, false, fx_on_done, &fx);
    store_close(&fx.store);
    assert_null(fx.store);
    fx_open(&fx);
    assert_int_equal(fx.answers, answers);
    store_close(&fx.store);
}

static void test_no_server_at_all_is_said_and_tried_again(void **state)
{
    (void)state;
    char kept[sizeof fx.dsn];
    int downs = fx.downs;
    memcpy(kept, fx.dsn, sizeof kept);
    text_put(fx.dsn, sizeof fx.dsn, "host=/nonexistent user=nobody dbname=nothing");
    fx_open_as(&fx, FX_CENTER, 0);
    fx_until(&fx, &fx.downs, downs + 1);
    assert_int_equal(fx.down_by.code, ERR_NOT_NOW);
    assert_true(strlen(fx.down_by.text) > 0);
    store_close(&fx.store);
    memcpy(fx.dsn, kept, sizeof kept);
}

static int setup(void **state)
{
    (void)state;
    fx_init(&fx, "session");
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
        cmocka_unit_test(test_the_writer_epoch_rises_with_each_opening),
        cmocka_unit_test(test_a_second_centerd_is_refused_while_the_lock_is_held),
        cmocka_unit_test(test_the_lock_of_a_dying_predecessor_is_waited_for),
        cmocka_unit_test(test_another_centers_database_is_refused),
        cmocka_unit_test(test_a_database_of_another_schema_is_refused),
        cmocka_unit_test(test_a_connection_killed_in_the_middle_of_a_batch_writes_nothing_and_comes_back),
        cmocka_unit_test(test_an_idle_connection_that_is_killed_comes_back),
        cmocka_unit_test(test_while_the_database_is_away_everything_is_not_now_until_it_returns),
        cmocka_unit_test(test_closing_with_work_in_flight_calls_nobody),
        cmocka_unit_test(test_no_server_at_all_is_said_and_tried_again),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
