/* What a center keeps in memory of commands, what a field client that comes is told, figures, and the logs of
 * subjects that are no cases. */
#include "store_command_fixture.h"

static struct fx fx;
static struct fx_command order;

#define SEEN_MAX 2048

static struct {
    size_t count;
    int nos[SEEN_MAX];
    char names[SEEN_MAX][USER_SIZE], texts[SEEN_MAX][100];
    enum receipt_state states[SEEN_MAX];
    int64_t lease_ms[SEEN_MAX];
    struct unit units[10];
    struct due_row due[10];
    struct store_counts counts;
    struct entry entries[10];
} seen;

static void answer(struct fx *f, enum err code, size_t count)
{
    f->answers++;
    f->code = code;
    seen.count = count;
    loop_stop(f->loop);
}

static void answered(int answers)
{
    fx_until(&fx, &fx.answers, answers + 1);
    assert_int_equal(fx.code, ERR_OK);
}

/* ---- modes ---- */

static void on_modes(void *ctx, enum err code, size_t count, const struct command_row *rows)
{
    for (size_t i = 0; i < count; i++) {
        seen.nos[i] = (int)(rows[i].record.header.sent_ms - FX_T0);
        seen.lease_ms[i] = rows[i].record.header.lease_ms;
        snprintf(seen.texts[i], sizeof seen.texts[i], "%s", rows[i].record.header.text);
    }
    answer(ctx, code, count);
}

static void put_mode(int n, int64_t end_ms)
{
    fx_command(&order, n, COMMAND_MODE);
    order.row.record.header.alert = ALERT_III;
    order.row.record.header.mode_start_ms = FX_T0;
    order.row.record.header.mode_end_ms = end_ms;
    order.row.record.header.lease_ms = FX_T0 + 100 * n;
    fx_seal(&order);
    store_batch_command(fx.batch, &order.row, true);
}

static void test_modes_whose_end_lies_ahead_are_found_at_the_start(void **state)
{
    (void)state;
    store_batch_clear(fx.batch);
    put_mode(1, FX_T0 + 10000);
    put_mode(2, FX_T0 + 1000); /* over */
    put_mode(3, FX_T0 + 5000);
    fx_command(&order, 4, COMMAND_ORDER);
    store_batch_command(fx.batch, &order.row, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    int answers = fx.answers;
    store_modes(fx.store, FX_T0 + 1000, on_modes, &fx);
    answered(answers);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.nos[0], 3);
    assert_int_equal(seen.nos[1], 1);
    assert_int_equal(seen.lease_ms[1], FX_T0 + 100);
    assert_string_equal(seen.texts[1], "台风登陆前检查所有工地。");
}

/* ---- units ---- */

static void on_units(void *ctx, enum err code, size_t count, const struct unit *units)
{
    for (size_t i = 0; i < count; i++)
        seen.units[i] = units[i];
    answer(ctx, code, count);
}

static void load_units(void)
{
    int answers = fx.answers;
    store_units(fx.store, on_units, &fx);
    answered(answers);
}

static void test_a_unit_is_found_as_it_was_last_written(void **state)
{
    (void)state;
    struct unit unit = fx_unit(1);
    load_units();
    assert_int_equal(seen.count, 0);
    text_put(unit.internal, sizeof unit.internal, "巡组三");
    text_put(unit.note, sizeof unit.note, "对讲机坏了");
    store_batch_clear(fx.batch);
    store_batch_unit(fx.batch, &unit, FX_CENTER);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    unit.status = UNIT_EN_ROUTE;
    unit.booked = fx_id(4, 4);
    unit.orders = 3;
    unit.lon = 114.25;
    unit.position_ms = FX_T0 + 99;
    unit.last_no = 2;
    unit.head_hash[5] = 5;
    store_batch_clear(fx.batch);
    store_batch_unit(fx.batch, &unit, FX_CENTER);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    load_units();
    assert_int_equal(seen.count, 1);
    const struct unit *got = &seen.units[0];
    assert_string_equal(got->name, unit.name);
    assert_string_equal(got->internal, "巡组三");
    assert_string_equal(got->note, "对讲机坏了");
    assert_int_equal(got->status, UNIT_EN_ROUTE);
    assert_true(id_equal(&got->booked, &unit.booked));
    assert_int_equal(got->orders, 3);
    assert_int_equal(got->since_ms, FX_T0);
    assert_true(got->lon == 114.25 && got->lat == 22.5);
    assert_int_equal(got->position_ms, FX_T0 + 99);
    assert_int_equal(got->last_no, 2);
    assert_int_equal(got->last_ms, FX_T0);
    assert_memory_equal(got->head_hash, unit.head_hash, HASH_BYTES);
    assert_string_equal(got->type, ""); /* the topology's to say */
}

/* ---- called ---- */

static void on_called(void *ctx, enum err code, size_t count, const struct called_row *rows)
{
    assert_true(count <= SEEN_MAX);
    for (size_t i = 0; i < count; i++) {
        seen.nos[i] = (int)(rows[i].record->header.sent_ms - FX_T0);
        seen.states[i] = rows[i].receipt->state;
        text_put(seen.names[i], USER_SIZE, rows[i].receipt->name);
        snprintf(seen.texts[i], sizeof seen.texts[i], "%s", rows[i].record->header.text);
    }
    answer(ctx, code, count);
}

static void ask_called(size_t count, const char (*names)[USER_SIZE])
{
    int answers = fx.answers;
    store_called(fx.store, FX_CENTER, names, count, on_called, &fx);
    answered(answers);
}

static void put_order(int n, enum command_kind kind)
{
    fx_command(&order, n, kind);
    store_batch_command(fx.batch, &order.row, true);
}

static void put_receipt(int command, enum command_kind kind, const char *center,
                        const struct receipt *receipt)
{
    struct id id = fx_id(4, command);
    store_batch_receipt(fx.batch, &id, kind, center, receipt, true);
}

static void test_a_field_client_is_told_what_is_open_for_its_units_newest_first(void **state)
{
    (void)state;
    struct receipt mine = fx_receipt(1, RECEIPT_DELIVERED);
    struct receipt other = fx_receipt(2, RECEIPT_ACKED);
    struct receipt third = fx_receipt(3, RECEIPT_DELIVERED);
    struct receipt done = fx_receipt(1, RECEIPT_DONE);
    const char names[3][USER_SIZE] = {"grid.440306001001001", "grid.440306001001002", "grid.unknown"};
    done.flags = RECEIPT_RED; /* looked at by somebody, but nothing for the unit to do */
    store_batch_clear(fx.batch);
    put_order(10, COMMAND_ORDER);
    put_receipt(10, COMMAND_ORDER, FX_CENTER, &mine);
    put_receipt(10, COMMAND_ORDER, FX_CENTER, &other);
    put_receipt(10, COMMAND_ORDER, FX_CENTER, &third);
    put_receipt(10, COMMAND_ORDER, FX_CHILD, &mine); /* another center's */
    put_order(11, COMMAND_ROLL_CALL);
    put_receipt(11, COMMAND_ROLL_CALL, FX_CENTER, &mine);
    put_receipt(11, COMMAND_ROLL_CALL, FX_CENTER, &other); /* has answered */
    put_order(12, COMMAND_ORDER);
    put_receipt(12, COMMAND_ORDER, FX_CENTER, &done);
    assert_int_equal(fx_commit(&fx), ERR_OK);

    ask_called(3, names);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.nos[0], 11);
    assert_string_equal(seen.names[0], names[0]);
    assert_int_equal(seen.nos[1], 10);
    assert_int_equal(seen.nos[2], 10);
    assert_string_equal(seen.names[2], names[1]);
    assert_int_equal(seen.states[2], RECEIPT_ACKED);
    assert_string_equal(seen.texts[2], "台风登陆前检查所有工地。");
    ask_called(0, names);
    assert_int_equal(seen.count, 0);
}

/* The ladder asks the deputy: what he may sign is told to him like his own, until it is signed. */
static void test_a_deputy_is_told_of_what_is_asked_of_him_for_another(void **state)
{
    (void)state;
    struct receipt silent = fx_receipt(21, RECEIPT_DELIVERED);
    struct receipt other = fx_receipt(22, RECEIPT_DELIVERED);
    struct receipt answered = fx_receipt(23, RECEIPT_DONE);
    const char names[1][USER_SIZE] = {"deputy.440306001"};
    text_put(silent.deputy, sizeof silent.deputy, names[0]);
    text_put(answered.deputy, sizeof answered.deputy, names[0]);
    text_put(other.deputy, sizeof other.deputy, "deputy.440306002");
    store_batch_clear(fx.batch);
    put_order(20, COMMAND_ORDER);
    put_receipt(20, COMMAND_ORDER, FX_CENTER, &silent);
    put_receipt(20, COMMAND_ORDER, FX_CENTER, &other);
    put_receipt(20, COMMAND_ORDER, FX_CENTER, &answered);
    put_receipt(20, COMMAND_ORDER, FX_CHILD, &silent); /* another center's */
    assert_int_equal(fx_commit(&fx), ERR_OK);
    ask_called(1, names);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.nos[0], 20);
    assert_string_equal(seen.names[0], silent.name);
}

static void test_no_more_calls_than_a_client_can_take(void **state)
{
    (void)state;
    const char name[1][USER_SIZE] = {"grid.440306001001009"};
    struct receipt receipt = fx_receipt(9, RECEIPT_DELIVERED);
    for (int n = 0; n < 1100; n++) {
        if (n % 256 == 0)
            store_batch_clear(fx.batch);
        put_order(1000 + n, COMMAND_ORDER);
        put_receipt(1000 + n, COMMAND_ORDER, FX_CENTER, &receipt);
        if (n % 256 == 255 || n == 1099)
            assert_int_equal(fx_commit(&fx), ERR_OK);
    }
    ask_called(1, name);
    assert_int_equal(seen.count, 1024);
    assert_int_equal(seen.nos[0], 2099);
    assert_int_equal(seen.nos[1023], 1076);
}

/* ---- timers and figures ---- */

static void on_due(void *ctx, enum err code, size_t count, const struct due_row *rows, int64_t next_ms)
{
    (void)next_ms;
    for (size_t i = 0; i < count && i < 10; i++)
        seen.due[i] = rows[i];
    answer(ctx, code, count);
}

static void test_a_due_timer_says_what_it_is_of(void **state)
{
    (void)state;
    struct case_row row = fx_case(1);
    struct id command = fx_id(4, 1);
    struct sheet sheet = fx_sheet(1, FX_CENTER, 1);
    int64_t due_ms = row.record.facts.clocks[CLOCK_STATE].next_ms;
    store_batch_clear(fx.batch);
    store_batch_case(fx.batch, &row, true, true);
    store_batch_timer(fx.batch, &command, SUBJECT_COMMAND, due_ms + 1);
    store_batch_timer(fx.batch, &sheet.id, SUBJECT_SHEET, due_ms - 1);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    int answers = fx.answers;
    store_due(fx.store, 0, due_ms + 1, on_due, &fx);
    answered(answers);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.due[0].kind, SUBJECT_SHEET);
    assert_true(id_equal(&seen.due[0].case_id, &sheet.id));
    assert_int_equal(seen.due[1].kind, SUBJECT_CASE);
    assert_true(id_equal(&seen.due[1].case_id, &row.record.id));
    assert_int_equal(seen.due[2].kind, SUBJECT_COMMAND);
    assert_int_equal(seen.due[2].due_ms, due_ms + 1);
    store_close(&fx.store); /* the first of them all is what the timer is armed with after the next start */
    fx_open(&fx);
    assert_int_equal(fx.start.first_due_ms, due_ms - 1);
}

static void on_counts(void *ctx, enum err code, const struct store_counts *counts)
{
    seen.counts = *counts;
    answer(ctx, code, 1);
}

static void count(void)
{
    int answers = fx.answers;
    store_count(fx.store, FX_CENTER, FX_T0, on_counts, &fx);
    answered(answers);
}

static void test_figures_count_what_is_awaited_and_what_is_red(void **state)
{
    (void)state;
    struct receipt open = fx_receipt(1, RECEIPT_DELIVERED);
    struct receipt red = fx_receipt(2, RECEIPT_DELIVERED);
    struct receipt red_done = fx_receipt(3, RECEIPT_UNABLE);
    struct receipt over = fx_receipt(4, RECEIPT_DONE);
    struct sheet unheard = fx_sheet(32, FX_CHILD, 0);
    struct store_counts before;
    count();
    before = seen.counts;
    red.flags = red_done.flags = RECEIPT_RED;
    store_batch_clear(fx.batch);
    put_order(30, COMMAND_ORDER);
    put_receipt(30, COMMAND_ORDER, FX_CENTER, &open);
    put_receipt(30, COMMAND_ORDER, FX_CENTER, &red);
    put_receipt(30, COMMAND_ORDER, FX_CENTER, &red_done);
    put_receipt(30, COMMAND_ORDER, FX_CENTER, &over);
    put_order(31, COMMAND_ORDER); /* all done */
    put_receipt(31, COMMAND_ORDER, FX_CENTER, &over);
    put_order(32, COMMAND_ORDER); /* 39 expected of a center that was not heard */
    store_batch_sheet(fx.batch, &unheard, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    count();
    assert_int_equal(seen.counts.commands_open - before.commands_open, 2);
    assert_int_equal(seen.counts.receipts_open - before.receipts_open, 2 + 39);
    assert_int_equal(seen.counts.receipts_red - before.receipts_red, 2);

    fx_command(&order, 32, COMMAND_ORDER);
    order.row.record.ended = COMMAND_CANCEL;
    store_batch_clear(fx.batch);
    store_batch_command(fx.batch, &order.row, false);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    count();
    assert_int_equal(seen.counts.commands_open - before.commands_open, 1);
    assert_int_equal(seen.counts.receipts_open - before.receipts_open, 2);
}

/* ---- logs of all subjects ---- */

static void on_log(void *ctx, enum err code, size_t entries, const struct entry *rows)
{
    for (size_t i = 0; i < entries && i < 10; i++)
        seen.entries[i] = rows[i];
    answer(ctx, code, entries);
}

static void put_event(const struct id *subject, int32_t no)
{
    uint8_t envelope[WIRE_ENVELOPE_BYTES];
    memset(envelope, no, sizeof envelope);
    const struct entry entry = {.lsn = ++fx.lsn,
                                .kind = ENTRY_EVENT,
                                .subject = *subject,
                                .subject_no = no,
                                .envelope = envelope,
                                .body = envelope,
                                .body_size = 3};
    store_batch_journal(fx.batch, &entry);
    store_batch_to(fx.batch, 2, LANE_TALK, fx.lsn, fx.lsn - 1, ENTRY_EVENT);
}

static void test_logs_of_commands_sheets_and_units_are_fed_like_any_other(void **state)
{
    (void)state;
    struct id command = fx_id(4, 40);
    struct id subjects[] = {command, sheet_id(&command, FX_CENTER), unit_id("police.1")};
    store_batch_clear(fx.batch);
    for (int32_t no = 1; no <= 3; no++)
        for (size_t i = 0; i < 3; i++)
            put_event(&subjects[i], no);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    for (size_t i = 0; i < 3; i++) {
        int answers = fx.answers;
        store_log(fx.store, &subjects[i], 2, 9, on_log, &fx);
        answered(answers);
        assert_int_equal(seen.count, 2);
        assert_int_equal(seen.entries[0].subject_no, 2);
        assert_true(id_equal(&seen.entries[1].subject, &subjects[i]));
    }
    int answers = fx.answers;
    store_feed(fx.store, 2, LANE_TALK, fx.lsn - 5, 10, on_log, &fx);
    answered(answers);
    assert_int_equal(seen.count, 5);
    assert_true(id_equal(&seen.entries[4].subject, &subjects[2]));
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(wire_init(), ERR_OK);
    fx_init(&fx, "scan_command");
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
        cmocka_unit_test(test_modes_whose_end_lies_ahead_are_found_at_the_start),
        cmocka_unit_test(test_a_unit_is_found_as_it_was_last_written),
        cmocka_unit_test(test_a_field_client_is_told_what_is_open_for_its_units_newest_first),
        cmocka_unit_test(test_a_deputy_is_told_of_what_is_asked_of_him_for_another),
        cmocka_unit_test(test_no_more_calls_than_a_client_can_take),
        cmocka_unit_test(test_a_due_timer_says_what_it_is_of),
        cmocka_unit_test(test_figures_count_what_is_awaited_and_what_is_red),
        cmocka_unit_test(test_logs_of_commands_sheets_and_units_are_fed_like_any_other),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
