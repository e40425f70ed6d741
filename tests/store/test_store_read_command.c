/* Commands as the command line and verify read them, with the reading role. */
#include "store_command_fixture.h"

#include "store/store_verify.h"

static struct fx fx;
static struct fx_command order;
static struct store_reader *reader;
static struct fault fault;

#define STREET FX_CHILD
#define VILLAGE "440306001001"

/* ---- a small tree's commands ---- */

/* Command 1: a roll call; three answered here, one red at the street, the village not heard. */
static void write_roll_call(void)
{
    struct sheet here = fx_sheet(1, FX_CENTER, 3);
    struct sheet street = fx_sheet(1, STREET, 2);
    struct sheet village = fx_sheet(1, VILLAGE, 0);
    struct receipt receipt;
    fx_command(&order, 1, COMMAND_ROLL_CALL);
    store_batch_command(fx.batch, &order.row, true);
    store_batch_sheet(fx.batch, &here, true);
    store_batch_sheet(fx.batch, &street, true);
    store_batch_sheet(fx.batch, &village, true);
    store_batch_timer(fx.batch, &here.id, SUBJECT_SHEET, FX_T0 + 9);
    for (int n = 1; n <= 4; n += n) {
        receipt = fx_receipt(n, RECEIPT_ACKED);
        receipt.reports = n == 1 ? 2 : 4;
        store_batch_receipt(fx.batch, &here.command, COMMAND_ROLL_CALL, FX_CENTER, &receipt, true);
    }
    receipt = fx_receipt(3, RECEIPT_DELIVERED);
    receipt.flags = RECEIPT_RED | RECEIPT_OVERDUE_ACK | RECEIPT_DEPUTY_CALLED;
    receipt.values = "people=3";
    store_batch_receipt(fx.batch, &here.command, COMMAND_ROLL_CALL, STREET, &receipt, true);
}

/* Commands 2..6: a notice that all have signed, an order that was cancelled, two stages of a campaign of
 * which the second names the first, one order of a case that nobody has got yet. */
static void write_others(void)
{
    struct receipt receipt = fx_receipt(1, RECEIPT_ACKED);
    fx_command(&order, 2, COMMAND_NOTICE);
    store_batch_command(fx.batch, &order.row, true);
    store_batch_receipt(fx.batch, &order.row.record.header.id, COMMAND_NOTICE, FX_CENTER, &receipt, true);

    receipt = fx_receipt(1, RECEIPT_DELIVERED);
    fx_command(&order, 3, COMMAND_ORDER);
    order.row.record.ended = COMMAND_CANCEL;
    store_batch_command(fx.batch, &order.row, true);
    store_batch_receipt(fx.batch, &order.row.record.header.id, COMMAND_ORDER, FX_CENTER, &receipt, true);

    fx_command(&order, 4, COMMAND_CAMPAIGN);
    store_batch_command(fx.batch, &order.row, true);
    fx_command(&order, 5, COMMAND_CAMPAIGN);
    order.row.record.header.references = fx_id(4, 4);
    store_batch_command(fx.batch, &order.row, true);
    store_batch_receipt(fx.batch, &order.row.record.header.id, COMMAND_CAMPAIGN, FX_CENTER, &receipt, true);

    struct sheet unheard = fx_sheet(6, STREET, 0);
    unheard.expected = 0;
    fx_command(&order, 6, COMMAND_ORDER);
    text_put(order.row.record.header.case_no, CASE_NO_SIZE, "X-1");
    store_batch_command(fx.batch, &order.row, true);
    store_batch_sheet(fx.batch, &unheard, true);
}

/* ---- lists ---- */

static struct {
    size_t count;
    int nos[20]; /* of the made up commands, newest first */
    struct store_command last;
    char text[200];
} seen;

static bool on_command(void *ctx, const struct store_command *row)
{
    (void)ctx;
    assert_true(seen.count < 20);
    seen.nos[seen.count++] = (int)(row->row.record.header.sent_ms - FX_T0);
    seen.last = *row;
    snprintf(seen.text, sizeof seen.text, "%s", row->row.record.header.text);
    assert_true(row->row.statement_size > 0 && row->row.statement[0] != 0);
    return true;
}

static void expect_list(struct store_command_filter filter, size_t count, const int *nos)
{
    memset(&seen, 0, sizeof seen);
    if (store_read_commands(reader, &filter, on_command, NULL, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(seen.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(seen.nos[i], nos[i]);
}

static void test_commands_are_listed_newest_first_and_filtered(void **state)
{
    (void)state;
    struct store_command_filter stages = {.references = fx_id(4, 4)};
    expect_list((struct store_command_filter){.limit = 0}, 6, (int[]){6, 5, 4, 3, 2, 1});
    expect_list((struct store_command_filter){.limit = 2}, 2, (int[]){6, 5});
    expect_list((struct store_command_filter){.kind = COMMAND_CAMPAIGN}, 2, (int[]){5, 4});
    expect_list(stages, 1, (int[]){5});
    expect_list((struct store_command_filter){.case_no = "X-1"}, 1, (int[]){6});
    expect_list((struct store_command_filter){.case_no = "X-2"}, 0, NULL);
    assert_string_equal(seen.text, "");
}

/* Signed notices, ended commands and those without anybody are over; a center not heard keeps one open. */
static void test_open_is_what_still_awaits_somebody(void **state)
{
    (void)state;
    expect_list((struct store_command_filter){.open_only = true}, 3, (int[]){6, 5, 1});
    expect_list((struct store_command_filter){.open_only = true, .kind = COMMAND_ORDER}, 1, (int[]){6});
}

static void test_the_tally_counts_receipts_and_those_who_were_not_heard(void **state)
{
    (void)state;
    struct store_command found;
    struct id id = fx_id(4, 1);
    assert_int_equal(store_read_command(reader, &id, &found, &fault), ERR_OK);
    const struct command_tally *t = &found.tally;
    assert_int_equal(t->count[RECEIPT_ISSUED], 39);
    assert_int_equal(t->count[RECEIPT_DELIVERED], 1);
    assert_int_equal(t->count[RECEIPT_ACKED], 3);
    assert_int_equal(t->total, 43);
    assert_int_equal(t->unheard_centers, 1);
    assert_int_equal(t->red, 1);
    assert_int_equal(t->overdue_ack, 1);
    assert_int_equal(t->deputy_called, 1);
    assert_int_equal(t->above_called, 0);
    assert_int_equal(t->reports, 10);
    assert_string_equal(found.row.record.header.text, "台风登陆前检查所有工地。");
    assert_string_equal(found.row.record.header.targets, "all");
}

static void test_a_command_that_is_not_here_is_unknown(void **state)
{
    (void)state;
    struct store_command found;
    struct id none = {{0}};
    struct id other = fx_id(4, 99);
    assert_int_equal(store_read_command(reader, &other, &found, &fault), ERR_UNKNOWN_COMMAND);
    assert_int_equal(store_read_command(reader, &none, &found, &fault), ERR_UNKNOWN_COMMAND);
}

/* ---- sheets, receipts, units ---- */

static struct {
    size_t count;
    char centers[20][CODE_SIZE], names[20][USER_SIZE], values[20][40];
    int32_t last_no[20];
    bool timers[20], alarms[20];
    int64_t timer_ms[20];
} rows;

static bool on_sheet(void *ctx, const struct sheet *sheet)
{
    (void)ctx;
    rows.last_no[rows.count] = sheet->last_no;
    text_put(rows.centers[rows.count++], CODE_SIZE, sheet->center);
    return true;
}

static bool on_receipt(void *ctx, const struct id *command, const char *center, const struct receipt *receipt)
{
    (void)ctx;
    assert_false(id_is_zero(command));
    text_put(rows.centers[rows.count], CODE_SIZE, center);
    text_put(rows.names[rows.count], USER_SIZE, receipt->name);
    snprintf(rows.values[rows.count], 40, "%s", receipt->values ? receipt->values : "(none)");
    rows.count++;
    return true;
}

static bool on_unit(void *ctx, const char *center, const struct unit *unit)
{
    struct unit wanted = fx_unit((int)rows.count + 1);
    (void)ctx;
    assert_string_equal(center, STREET);
    assert_string_equal(unit->name, wanted.name);
    assert_string_equal(unit->type, wanted.type);
    assert_string_equal(unit->department, wanted.department);
    assert_int_equal(unit->status, rows.count == 0 ? UNIT_ORDERED : UNIT_STANDBY);
    assert_int_equal(id_is_zero(&unit->booked), rows.count != 0);
    assert_true(rows.count == 0 ? unit->lon == 113.9 && unit->position_ms == FX_T0 + 7 : isnan(unit->lon));
    assert_int_equal(unit->doubtful, rows.count == 0);
    assert_true(rows.count == 0 ? unit->doubt_lat == 23.5 : isnan(unit->doubt_lat));
    rows.count++;
    return true;
}

static void test_sheets_and_receipts_come_by_center_and_name(void **state)
{
    (void)state;
    struct id id = fx_id(4, 1);
    memset(&rows, 0, sizeof rows);
    assert_int_equal(store_read_sheets(reader, &id, on_sheet, NULL, &fault), ERR_OK);
    assert_int_equal(rows.count, 3);
    assert_string_equal(rows.centers[0], FX_CENTER);
    assert_string_equal(rows.centers[2], VILLAGE);
    assert_int_equal(rows.last_no[0], 3);
    assert_int_equal(rows.last_no[2], 0);

    memset(&rows, 0, sizeof rows);
    assert_int_equal(store_read_receipts(reader, &id, on_receipt, NULL, &fault), ERR_OK);
    assert_int_equal(rows.count, 4);
    assert_string_equal(rows.centers[2], FX_CENTER);
    assert_string_equal(rows.names[2], "grid.440306001001004");
    assert_string_equal(rows.values[2], "(none)");
    assert_string_equal(rows.centers[3], STREET);
    assert_string_equal(rows.values[3], "people=3");
}

static void test_a_unit_is_read_with_its_order_and_its_last_position(void **state)
{
    (void)state;
    struct unit first = fx_unit(1);
    struct unit second = fx_unit(2);
    first.status = UNIT_ORDERED;
    first.booked = fx_id(4, 6);
    first.doubtful = true;
    first.doubt_lon = 114.5;
    first.doubt_lat = 23.5;
    second.lon = second.lat = NAN;
    second.position_ms = 0;
    store_batch_clear(fx.batch);
    store_batch_unit(fx.batch, &second, STREET);
    store_batch_unit(fx.batch, &first, STREET);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    memset(&rows, 0, sizeof rows);
    assert_int_equal(store_read_units(reader, on_unit, NULL, &fault), ERR_OK);
    assert_int_equal(rows.count, 2);
}

/* ---- verify ---- */

static bool on_verify_command(void *ctx, const struct command_row *row)
{
    (void)ctx;
    assert_int_equal(row->record.header.sent_ms - FX_T0, rows.count + 1); /* by id */
    assert_int_equal(row->expected, 40 + (int)rows.count + 1);
    rows.count++;
    return true;
}

static bool on_verify_sheet(void *ctx, const struct verify_sheet *row)
{
    (void)ctx;
    text_put(rows.centers[rows.count], CODE_SIZE, row->sheet.center);
    rows.timers[rows.count] = row->has_timer;
    rows.timer_ms[rows.count] = row->timer_ms;
    rows.alarms[rows.count++] = row->has_alarm;
    return true;
}

static void test_verify_sees_every_command_sheet_and_receipt(void **state)
{
    (void)state;
    struct sheet here = fx_sheet(1, FX_CENTER, 3);
    memset(&rows, 0, sizeof rows);
    assert_int_equal(store_verify_commands(reader, on_verify_command, NULL, &fault), ERR_OK);
    assert_int_equal(rows.count, 6);

    store_batch_clear(fx.batch);
    store_batch_alarm(fx.batch, "command.red", &here.id, "text", FX_T0);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    memset(&rows, 0, sizeof rows);
    assert_int_equal(store_verify_sheets(reader, on_verify_sheet, NULL, &fault), ERR_OK);
    assert_int_equal(rows.count, 4);
    assert_string_equal(rows.centers[0], FX_CENTER);
    assert_true(rows.timers[0] && rows.alarms[0]);
    assert_int_equal(rows.timer_ms[0], FX_T0 + 9);
    assert_false(rows.timers[1] || rows.alarms[1]);

    memset(&rows, 0, sizeof rows);
    assert_int_equal(store_verify_receipts(reader, on_receipt, NULL, &fault), ERR_OK);
    assert_int_equal(rows.count, 7);
    assert_string_equal(rows.names[2], "grid.440306001001003"); /* by command and name */
}

static void test_a_timer_is_stray_when_nothing_of_its_kind_is_there_to_look_at(void **state)
{
    (void)state;
    struct verify_figures f;
    struct id mode = fx_id(4, 1);
    struct sheet street = fx_sheet(1, STREET, 2);
    store_batch_clear(fx.batch);
    store_batch_timer(fx.batch, &mode, SUBJECT_COMMAND, FX_T0 + 10);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    assert_int_equal(store_verify_figures(reader, &f, &fault), ERR_OK);
    assert_int_equal(f.timers_stray, 0);
    assert_int_equal(f.timers_stale, 0);

    store_batch_clear(fx.batch);
    store_batch_timer(fx.batch, &street.id, SUBJECT_SHEET, FX_T0); /* the street's own to look at */
    assert_int_equal(fx_commit(&fx), ERR_OK);
    fx_sql(&fx, "INSERT INTO timer VALUES (gen_random_uuid(), 1, 0, 1), (gen_random_uuid(), 1, 0, 3),"
                " (gen_random_uuid(), 1, 0, 4), (gen_random_uuid(), 1, 0, 9)");
    assert_int_equal(store_verify_figures(reader, &f, &fault), ERR_OK);
    assert_int_equal(f.timers_stray, 5);
}

static int setup(void **state)
{
    char dsn[512];
    (void)state;
    assert_int_equal(wire_init(), ERR_OK);
    fx_init(&fx, "read_command");
    fx_open(&fx);
    store_batch_clear(fx.batch);
    write_roll_call();
    write_others();
    assert_int_equal(fx_commit(&fx), ERR_OK);
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
        cmocka_unit_test(test_commands_are_listed_newest_first_and_filtered),
        cmocka_unit_test(test_open_is_what_still_awaits_somebody),
        cmocka_unit_test(test_the_tally_counts_receipts_and_those_who_were_not_heard),
        cmocka_unit_test(test_a_command_that_is_not_here_is_unknown),
        cmocka_unit_test(test_sheets_and_receipts_come_by_center_and_name),
        cmocka_unit_test(test_a_unit_is_read_with_its_order_and_its_last_position),
        cmocka_unit_test(test_verify_sees_every_command_sheet_and_receipt),
        cmocka_unit_test(test_a_timer_is_stray_when_nothing_of_its_kind_is_there_to_look_at),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
