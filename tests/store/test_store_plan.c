/* No statement of centerd reads a big table from end to end, whatever the planner believes of its size. */
#include "store_command_fixture.h"

#include "store/store_sql.h"

static struct fx fx;

static const char *const big[] = {"journal",    "case_rec", "timer", "request_log",
                                  "journal_to", "command",  "sheet", "receipt"};

/* Parameters are $1, $2 ... without a gap. */
static int parameters(const char *text)
{
    int most = 0;
    for (const char *at = strchr(text, '$'); at; at = strchr(at + 1, '$'))
        if (atoi(at + 1) > most)
            most = atoi(at + 1);
    return most;
}

static void prepare_all(void)
{
    char text[8192];
    fx_sql(&fx, "DEALLOCATE ALL");
    fx_sql(&fx, store_sql_settings());
    for (int i = 0; i < SQL_COUNT; i++) {
        const struct store_sql_row *row = store_sql((enum store_sql)i);
        snprintf(text, sizeof text, "PREPARE \"%s\" AS %s", row->name, row->text);
        fx_sql(&fx, text);
    }
}

/* The plan that centerd's session would run. */
static PGresult *plan_of(const struct store_sql_row *row, const char *options)
{
    char text[512];
    int count = parameters(row->text);
    size_t used = (size_t)snprintf(text, sizeof text, "EXPLAIN (%s) EXECUTE \"%s\"", options, row->name);
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%sNULL", i ? ", " : "(");
    if (count > 0)
        snprintf(text + used, sizeof text - used, ")");
    PGresult *result = PQexec(fx.side, text);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(fx.side));
    return result;
}

static void expect_no_scan(const char *when)
{
    prepare_all();
    for (int i = 0; i < SQL_COUNT; i++) {
        const struct store_sql_row *row = store_sql((enum store_sql)i);
        PGresult *result = plan_of(row, "COSTS OFF");
        for (int line = 0; line < PQntuples(result); line++) {
            const char *at = strstr(PQgetvalue(result, line, 0), "Seq Scan on ");
            for (size_t t = 0; at && t < sizeof big / sizeof *big; t++)
                if (strncmp(at + strlen("Seq Scan on "), big[t], strlen(big[t])) == 0)
                    fail_msg("%s tables: statement %s: %s", when, row->name, PQgetvalue(result, line, 0));
        }
        PQclear(result);
    }
}

static void test_on_empty_tables(void **state)
{
    (void)state;
    expect_no_scan("empty");
}

static void test_on_tables_that_were_analysed_while_empty(void **state)
{
    (void)state;
    fx_sql(&fx, "ANALYZE");
    expect_no_scan("analysed empty");
}

/* Twenty commands with 31 sheets of eight receipts each. */
static void fill_commands(void)
{
    static struct fx_command order;
    for (int n = 1; n <= 20; n++) {
        store_batch_clear(fx.batch);
        fx_command(&order, n, n % 2 ? COMMAND_ORDER : COMMAND_ROLL_CALL);
        store_batch_command(fx.batch, &order.row, true);
        for (int at = 0; at < 31 * 8; at++) {
            struct receipt receipt = fx_receipt(at, at % 3 ? RECEIPT_ACKED : RECEIPT_DELIVERED);
            char center[CODE_SIZE];
            snprintf(center, sizeof center, "440306001%03d", at / 8);
            struct sheet sheet = fx_sheet(n, center, at / 8 % 2);
            if (at % 8 == 0)
                store_batch_sheet(fx.batch, &sheet, true);
            if (at % 8 == 0)
                store_batch_timer(fx.batch, &sheet.id, SUBJECT_SHEET, FX_T0 + at);
            store_batch_receipt(fx.batch, &sheet.command, order.row.record.header.kind, center, &receipt,
                                true);
        }
        assert_int_equal(fx_commit(&fx), ERR_OK);
    }
}

static void test_on_full_tables(void **state)
{
    (void)state;
    fx_open(&fx);
    for (int i = 0; i < 20; i++)
        assert_int_equal(fx_reports(&fx, 1 + 256 * i, 256), ERR_OK);
    fill_commands();
    expect_no_scan("full but not analysed");
    fx_sql(&fx, "ANALYZE");
    expect_no_scan("full");
}

/* By the whole of its key: a scan of everything that one name or one command has grows with the years. */
static void test_a_receipt_is_written_by_the_whole_of_its_key(void **state)
{
    (void)state;
    bool by_key = false;
    prepare_all();
    PGresult *result = plan_of(store_sql(SQL_RECEIPT_SET), "COSTS OFF");
    for (int line = 0; line < PQntuples(result); line++)
        if (strstr(PQgetvalue(result, line, 0),
                   "Index Cond: ((command = u.command) AND (center = u.center) AND (name = u.name))"))
            by_key = true;
    PQclear(result);
    assert_true(by_key);
}

/* Without it each key would be looked up in every day's partition. */
static void test_a_key_is_looked_up_in_its_own_partition_alone(void **state)
{
    (void)state;
    int scanned = 0;
    int skipped = 0;
    fx_sql(&fx, "DEALLOCATE keys");
    char text[1024];
    snprintf(text, sizeof text, "PREPARE keys AS %s", store_sql(SQL_KEYS)->text);
    fx_sql(&fx, text);
    PGresult *result = PQexec(fx.side, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)"
                                       " EXECUTE keys(ARRAY['00000000-0000-4000-8000-000000000000'::uuid])");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int line = 0; line < PQntuples(result); line++) {
        const char *at = PQgetvalue(result, line, 0);
        if (!strstr(at, "request_log_"))
            continue;
        if (strstr(at, "never executed"))
            skipped++;
        else
            scanned++;
    }
    PQclear(result);
    assert_int_equal(scanned, 1);
    assert_true(skipped >= 5);
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(wire_init(), ERR_OK);
    fx_init(&fx, "plan");
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
        cmocka_unit_test(test_on_empty_tables),
        cmocka_unit_test(test_on_tables_that_were_analysed_while_empty),
        cmocka_unit_test(test_on_full_tables),
        cmocka_unit_test(test_a_receipt_is_written_by_the_whole_of_its_key),
        cmocka_unit_test(test_a_key_is_looked_up_in_its_own_partition_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
