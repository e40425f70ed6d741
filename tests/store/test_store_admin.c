/* Making databases: idempotent, from a template, each role with no more than it needs. */
#include "store_fixture.h"

#include "store/store_admin_template.h"
#include "store/store_schema.h"

static struct fx fx;
static struct store_admin *admin;

static enum err init_with(const char *center, const char *parent, size_t count, const char *const *children,
                          struct store_inited *done, struct fault *fault)
{
    const struct store_init init = {.database = fx.database,
                                    .center = center,
                                    .parent = parent,
                                    .child_count = count,
                                    .children = children,
                                    .wall_ms = clock_wall_ms()};
    return store_admin_init(admin, &init, done, fault);
}

static void test_init_again_changes_nothing(void **state)
{
    (void)state;
    static const char *const children[] = {FX_CHILD};
    struct store_inited done;
    struct fault fault;
    int64_t before = fx_digest(&fx);
    assert_int_equal(init_with(FX_CENTER, FX_PARENT, 1, children, &done, &fault), ERR_OK);
    assert_false(done.roles || done.template || done.database);
    assert_int_equal(done.neighbours, 0);
    assert_int_equal(fx_digest(&fx), before);
}

static void test_init_adds_the_neighbours_that_the_topology_has_gained(void **state)
{
    (void)state;
    static const char *const children[] = {"440306002", FX_CHILD, "440306003"};
    struct store_inited done;
    struct fault fault;
    assert_int_equal(init_with(FX_CENTER, FX_PARENT, 3, children, &done, &fault), ERR_OK);
    assert_int_equal(done.neighbours, 2);
    assert_int_equal(fx_number(&fx, "SELECT no FROM neighbour WHERE code = '" FX_CHILD "'"), 2);
    assert_int_equal(fx_number(&fx, "SELECT no FROM neighbour WHERE code = '440306002'"), 3);
    assert_int_equal(fx_number(&fx, "SELECT no FROM neighbour WHERE code = '440306003'"), 4);
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM neighbour_lane"), 8);
}

static void test_init_refuses_another_centers_database_and_another_parent(void **state)
{
    (void)state;
    struct store_inited done;
    struct fault fault;
    int64_t before = fx_digest(&fx);
    assert_int_equal(init_with("440305", FX_PARENT, 0, NULL, &done, &fault), ERR_CONFIG);
    assert_int_equal(init_with(FX_CENTER, "4401", 0, NULL, &done, &fault), ERR_CONFIG);
    assert_int_equal(init_with(FX_CENTER, NULL, 0, NULL, &done, &fault), ERR_CONFIG);
    assert_int_equal(fx_digest(&fx), before);
}

static void test_a_name_that_would_need_quoting_is_refused(void **state)
{
    (void)state;
    struct store_inited done;
    struct fault fault;
    static const char *const names[] = {"", "a b", "x\"; DROP DATABASE postgres; --", "A", "名"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct store_init init = {.database = names[i], .center = FX_CENTER};
        assert_int_equal(store_admin_init(admin, &init, &done, &fault), ERR_USAGE);
        assert_int_equal(store_admin_drop(admin, names[i], &fault), ERR_USAGE);
    }
}

static void test_the_template_is_made_once_and_then_closed(void **state)
{
    (void)state;
    char name[DATABASE_NAME_SIZE];
    char text[200];
    bool made;
    struct fault fault;
    store_template_name(name);
    snprintf(text, sizeof text,
             "SELECT count(*) FROM pg_database WHERE datname = '%s' AND datistemplate"
             " AND NOT datallowconn",
             name);
    assert_int_equal(fx_number(&fx, text), 1);
    assert_int_equal(store_template_make(fx.side, fx_server(), &made, &fault), ERR_OK);
    assert_false(made);
}

static void test_the_databases_schema_version_is_told_and_migrated(void **state)
{
    (void)state;
    int32_t version, from, to;
    struct fault fault;
    assert_int_equal(store_admin_schema_version(admin, fx.database, &version, &fault), ERR_OK);
    assert_int_equal(version, store_schema_version());
    assert_int_equal(store_admin_migrate(admin, fx.database, &from, &to, &fault), ERR_OK);
    assert_int_equal(from, to);
    assert_int_equal(store_admin_schema_version(admin, "sanji_no_such_database", &version, &fault),
                     ERR_UNKNOWN_CENTER);
}

static void test_an_empty_database_is_brought_to_the_newest_version_in_one_step_or_not_at_all(void **state)
{
    (void)state;
    char name[80];
    char text[256];
    int32_t from, to;
    struct fault fault;
    snprintf(name, sizeof name, "%s_m", fx.database);
    snprintf(text, sizeof text, "CREATE DATABASE %s OWNER " STORE_ROLE_CENTER, name);
    fx_sql(&fx, text);
    snprintf(text, sizeof text, "%s dbname=%s", fx_server(), name);
    PGconn *inside = PQconnectdb(text);
    PQclear(PQexec(inside, "CREATE TABLE hand_over (x int)")); /* in the way of a late statement */
    assert_int_equal(store_admin_migrate(admin, name, &from, &to, &fault), ERR_DATABASE);
    assert_non_null(strstr(fault.text, "migration 1, statement"));
    assert_int_equal(store_admin_schema_version(admin, name, &to, &fault), ERR_OK);
    assert_int_equal(to, 0);
    PQclear(PQexec(inside, "DROP TABLE hand_over"));
    assert_int_equal(store_admin_migrate(admin, name, &from, &to, &fault), ERR_OK);
    assert_int_equal(from, 0);
    assert_int_equal(to, store_schema_version());
    PQfinish(inside);
    assert_int_equal(store_admin_drop(admin, name, &fault), ERR_OK);
}

static void test_migrate_does_not_touch_a_database_that_a_centerd_holds(void **state)
{
    (void)state;
    int32_t from, to;
    struct fault fault;
    fx_open(&fx);
    assert_int_equal(store_admin_migrate(admin, fx.database, &from, &to, &fault), ERR_LOCKED);
    store_close(&fx.store);
}

static void expect_refused(PGconn *conn, const char *text)
{
    PGresult *result = PQexec(conn, text);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!state || strcmp(state, "42501") != 0)
        fail_msg("'%s' was not refused for want of rights: %s", text, PQerrorMessage(conn));
    PQclear(result);
}

static void test_the_reading_role_reads_everything_and_writes_nothing(void **state)
{
    (void)state;
    char dsn[512];
    snprintf(dsn, sizeof dsn, "%s user=%s dbname=%s", fx_server(), STORE_ROLE_READ, fx.database);
    PGconn *conn = PQconnectdb(dsn);
    assert_int_equal(PQstatus(conn), CONNECTION_OK);
    static const char *const tables[] = {"center",      "neighbour", "journal",      "case_rec",  "timer",
                                         "request_log", "alarm",     "sanji_schema", "journal_0", "command",
                                         "sheet",       "receipt",   "unit"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char text[100];
        snprintf(text, sizeof text, "SELECT * FROM %s LIMIT 1", tables[i]);
        PGresult *result = PQexec(conn, text);
        assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
        PQclear(result);
    }
    expect_refused(conn, "UPDATE center SET mute = true");
    expect_refused(conn, "INSERT INTO timer VALUES (gen_random_uuid(), 1, 1)");
    expect_refused(conn, "DELETE FROM case_rec");
    expect_refused(conn, "CREATE TABLE mine (x int)");
    expect_refused(conn, "CREATE TEMP TABLE mine (x int)");
    expect_refused(conn, "UPDATE receipt SET state = 3");
    PQfinish(conn);
}

static void test_the_witness_tells_which_database_this_is(void **state)
{
    (void)state;
    struct store_witness witness;
    struct fault fault;
    char dsn[512];
    fx_open(&fx);
    snprintf(dsn, sizeof dsn, "%s user=%s dbname=%s", fx_server(), STORE_ROLE_READ, fx.database);
    assert_int_equal(store_admin_witness(dsn, &witness, &fault), ERR_OK);
    assert_string_equal(witness.center, FX_CENTER);
    assert_true(witness.database == fx.start.database);
    assert_int_equal(witness.timeline, fx.start.timeline);
    assert_int_equal(witness.writer_epoch, fx.start.writer_epoch);
    assert_int_equal(witness.incarnation, 1);
    store_close(&fx.store);
    assert_int_equal(store_admin_witness("host=/nonexistent", &witness, &fault), ERR_UNREACHABLE);
}

static int setup(void **state)
{
    struct fault fault;
    (void)state;
    fx_init(&fx, "admin");
    return store_admin_open(fx_server(), &admin, &fault) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    store_admin_close(&admin);
    fx_fini(&fx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_again_changes_nothing),
        cmocka_unit_test(test_init_adds_the_neighbours_that_the_topology_has_gained),
        cmocka_unit_test(test_init_refuses_another_centers_database_and_another_parent),
        cmocka_unit_test(test_a_name_that_would_need_quoting_is_refused),
        cmocka_unit_test(test_the_template_is_made_once_and_then_closed),
        cmocka_unit_test(test_the_databases_schema_version_is_told_and_migrated),
        cmocka_unit_test(test_an_empty_database_is_brought_to_the_newest_version_in_one_step_or_not_at_all),
        cmocka_unit_test(test_migrate_does_not_touch_a_database_that_a_centerd_holds),
        cmocka_unit_test(test_the_reading_role_reads_everything_and_writes_nothing),
        cmocka_unit_test(test_the_witness_tells_which_database_this_is),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
