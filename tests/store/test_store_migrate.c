/* A database of the first release keeps all that it holds when it is brought to today's schema. */
#include "store_command_fixture.h"

#include "store/store_read.h"
#include "store/store_schema.h"

static struct fx now;    /* where the rows are made */
static struct fx before; /* a database as the first release left it */
static struct store_admin *admin;
static struct fault fault;

/* Databases in the field bear this number: the text of a released migration never changes again. */
#define CHECKSUM_1 (-5163340217460562627)

static void test_the_released_migration_is_byte_for_byte_what_it_was(void **state)
{
    (void)state;
    assert_true(store_schema_checksum(&store_schema_1) == CHECKSUM_1);
    assert_int_equal(store_schema_migration(0)->version, 1);
    for (size_t i = 1; i < store_schema_count(); i++)
        assert_int_equal(store_schema_migration(i)->version, i + 1);
}

/* ---- making a database of schema 1 ---- */

static void make_database(void)
{
    char text[300];
    memset(&before, 0, sizeof before);
    snprintf(before.database, sizeof before.database, "sanji_test_first_%d", (int)getpid());
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS %s", before.database);
    fx_sql(&now, text);
    snprintf(text, sizeof text,
             "CREATE DATABASE %s OWNER " STORE_ROLE_CENTER
             " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
             before.database);
    fx_sql(&now, text);
    snprintf(text, sizeof text, "%s dbname=%s", fx_server(), before.database);
    before.side = PQconnectdb(text);
    assert_int_equal(PQstatus(before.side), CONNECTION_OK);
    snprintf(before.dsn, sizeof before.dsn, "%s user=%s dbname=%s", fx_server(), STORE_ROLE_CENTER,
             before.database);
}

static void make_schema_1(void)
{
    char text[200];
    fx_sql(&before, "SET ROLE " STORE_ROLE_CENTER);
    fx_sql(&before, "CREATE TABLE sanji_schema (version integer PRIMARY KEY, name text NOT NULL,"
                    " checksum bigint NOT NULL, applied timestamptz NOT NULL DEFAULT now())");
    for (size_t i = 0; i < store_schema_1.statement_count; i++)
        fx_sql(&before, store_schema_1.statements[i]);
    snprintf(text, sizeof text, "INSERT INTO sanji_schema VALUES (1, '%s', %lld)", store_schema_1.name,
             (long long)CHECKSUM_1);
    fx_sql(&before, text);
    fx_sql(&before, "RESET ROLE");
}

/* Rows of one table from the database of today; `columns` are those that schema 1 had. */
static void copy_rows(const char *table, const char *columns)
{
    char text[300];
    char *line = NULL;
    int size;
    snprintf(text, sizeof text, "COPY (SELECT %s FROM %s) TO STDOUT", columns, table);
    PGresult *out = PQexec(now.side, text);
    snprintf(text, sizeof text, "COPY %s FROM STDIN", table);
    PGresult *in = PQexec(before.side, text);
    assert_int_equal(PQresultStatus(out), PGRES_COPY_OUT);
    assert_int_equal(PQresultStatus(in), PGRES_COPY_IN);
    PQclear(out);
    PQclear(in);
    while ((size = PQgetCopyData(now.side, &line, 0)) > 0) {
        assert_int_equal(PQputCopyData(before.side, line, size), 1);
        PQfreemem(line);
    }
    assert_int_equal(PQputCopyEnd(before.side, NULL), 1);
    PGconn *const sides[] = {now.side, before.side};
    for (size_t i = 0; i < 2; i++) {
        while ((out = PQgetResult(sides[i])) != NULL) {
            assert_int_equal(PQresultStatus(out), PGRES_COMMAND_OK);
            PQclear(out);
        }
    }
}

struct copied {
    const char *table, *columns;
};

static const struct copied tables[] = {
    {"center", "*"},
    {"neighbour", "*"},
    {"neighbour_lane", "*"},
    {"journal", "*"},
    {"journal_to", "*"},
    {"case_rec", "*"},
    {"timer", "case_id, due_ms, epoch"},
    {"request_log", "*"},
    {"alarm", "id, kind, subject, text, raised_ms, cleared_ms"},
};

/* What a table holds, in the columns that schema 1 had. */
static int64_t digest(const struct copied *it)
{
    char text[300];
    snprintf(text, sizeof text, "SELECT coalesce(sum(hashtext(t::text)::int8), 0) FROM (SELECT %s FROM %s) t",
             it->columns, it->table);
    return fx_number(&before, text);
}

static void fill(void)
{
    struct id subject = fx_id(1, 1);
    assert_int_equal(fx_reports(&now, 1, 50), ERR_OK);
    store_batch_clear(now.batch);
    store_batch_alarm(now.batch, "link.down", &subject, "上级中心失联", FX_T0);
    assert_int_equal(fx_commit(&now), ERR_OK);
    store_close(&now.store);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        copy_rows(tables[i].table, tables[i].columns);
}

/* ---- the stories ---- */

static int32_t version(void)
{
    int32_t found;
    assert_int_equal(store_admin_schema_version(admin, before.database, &found, &fault), ERR_OK);
    return found;
}

static void test_an_older_database_is_refused_with_the_way_out(void **state)
{
    (void)state;
    static const char *const children[] = {FX_CHILD};
    struct store_reader *reader = NULL;
    struct store_inited done;
    const struct store_init init = {.database = before.database,
                                    .center = FX_CENTER,
                                    .parent = FX_PARENT,
                                    .child_count = 1,
                                    .children = children,
                                    .wall_ms = clock_wall_ms()};
    assert_int_equal(version(), 1);
    assert_int_equal(store_admin_init(admin, &init, &done, &fault), ERR_SCHEMA);
    assert_non_null(strstr(fault.text, "sanji migrate"));
    assert_int_equal(store_reader_open(before.dsn, &reader, &fault), ERR_SCHEMA);
    int downs = before.downs;
    fx_open_as(&before, FX_CENTER, 0);
    fx_until(&before, &before.downs, downs + 1);
    assert_int_equal(before.down_by.code, ERR_SCHEMA);
    assert_non_null(strstr(before.down_by.text, "sanji migrate"));
    store_close(&before.store);
}

static void test_a_migration_that_fails_leaves_the_old_schema_whole(void **state)
{
    (void)state;
    int32_t from, to;
    fx_sql(&before, "CREATE TABLE unit (x int)"); /* in the way of a late statement */
    assert_int_equal(store_admin_migrate(admin, before.database, &from, &to, &fault), ERR_DATABASE);
    assert_non_null(strstr(fault.text, "migration 2, statement"));
    fx_sql(&before, "DROP TABLE unit");
    assert_int_equal(version(), 1);
    assert_int_equal(fx_number(&before, "SELECT count(*) FROM pg_class WHERE relname = 'command'"), 0);
}

static void test_a_database_of_the_first_release_keeps_what_it_holds(void **state)
{
    (void)state;
    int64_t digests[sizeof tables / sizeof *tables];
    int32_t from, to;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        digests[i] = digest(&tables[i]);
    assert_int_equal(fx_number(&before, "SELECT count(*) FROM case_rec"), 50);
    assert_int_equal(store_admin_migrate(admin, before.database, &from, &to, &fault), ERR_OK);
    assert_int_equal(from, 1);
    assert_int_equal(to, store_schema_version());
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (digest(&tables[i]) != digests[i])
            fail_msg("%s was altered", tables[i].table);
    assert_int_equal(fx_number(&before, "SELECT count(*) FROM timer WHERE kind = 1"), 50);
    assert_int_equal(store_admin_migrate(admin, before.database, &from, &to, &fault), ERR_OK);
    assert_int_equal(from, to);
}

static void on_due(void *ctx, enum err code, size_t count, const struct due_row *rows, int64_t next_ms)
{
    struct fx *fx = ctx;
    (void)next_ms;
    assert_int_equal(count, 50);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rows[i].kind, SUBJECT_CASE);
    fx_on_done(fx, code);
}

static void test_a_migrated_database_goes_on_where_it_stopped(void **state)
{
    (void)state;
    static struct fx_command order;
    struct case_row row = fx_case(1);
    fx_open(&before);
    assert_int_equal(before.lsn, 50);
    assert_int_equal(before.neighbours[0].tail[LANE_CASES], 50);
    int answers = before.answers;
    store_due(before.store, 0, FX_T0 + 86400000, on_due, &before);
    fx_until(&before, &before.answers, answers + 1);
    assert_int_equal(before.code, ERR_OK);
    row.record.last_no = 2;
    fx_command(&order, 1, COMMAND_ORDER);
    store_batch_clear(before.batch);
    fx_event(&before, &row.record);
    store_batch_case(before.batch, &row, false, true);
    store_batch_command(before.batch, &order.row, true);
    assert_int_equal(fx_commit(&before), ERR_OK);
    assert_int_equal(fx_number(&before, "SELECT last_no FROM case_rec WHERE case_no LIKE '%000001'"), 2);
    assert_int_equal(fx_number(&before, "SELECT cases FROM center"), 50);
}

static bool count_one(void *ctx, const struct store_command *row)
{
    (void)row;
    ++*(int *)ctx;
    return true;
}

static void test_the_reading_role_sees_the_new_tables_of_a_migrated_database(void **state)
{
    (void)state;
    struct store_reader *reader = NULL;
    const struct store_command_filter all = {.limit = 0};
    char dsn[512];
    int commands = 0;
    snprintf(dsn, sizeof dsn, "%s user=%s dbname=%s", fx_server(), STORE_ROLE_READ, before.database);
    assert_int_equal(store_reader_open(dsn, &reader, &fault), ERR_OK);
    assert_int_equal(store_read_commands(reader, &all, count_one, &commands, &fault), ERR_OK);
    assert_int_equal(commands, 1);
    store_reader_close(&reader);
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(wire_init(), ERR_OK);
    fx_init(&now, "migrate");
    fx_open(&now);
    make_database();
    make_schema_1();
    fill();
    before.loop = loop_new();
    before.patience = loop_timer_new(before.loop, fx_on_patience, &before);
    before.batch = store_batch_new();
    return store_admin_open(fx_server(), &admin, &fault) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fx_fini(&before);
    store_admin_close(&admin);
    fx_fini(&now);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_released_migration_is_byte_for_byte_what_it_was),
        cmocka_unit_test(test_an_older_database_is_refused_with_the_way_out),
        cmocka_unit_test(test_a_migration_that_fails_leaves_the_old_schema_whole),
        cmocka_unit_test(test_a_database_of_the_first_release_keeps_what_it_holds),
        cmocka_unit_test(test_a_migrated_database_goes_on_where_it_stopped),
        cmocka_unit_test(test_the_reading_role_sees_the_new_tables_of_a_migrated_database),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
