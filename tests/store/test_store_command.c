/* Commands, sheets, receipts and units: what a batch writes comes back as it was, and the last word wins. */
#include "store_command_fixture.h"

static struct fx fx;
static struct fx_command order;

/* ---- the last load, copied out of its borrowed memory ---- */

#define SEEN_MAX 300

static struct {
    size_t command_count, sheet_count, receipt_count[SEEN_MAX];
    struct command_row commands[SEEN_MAX];
    char text[SEEN_MAX][200], text_en[SEEN_MAX][200];
    uint8_t statement[SEEN_MAX][1000];
    struct sheet_row sheets[SEEN_MAX];
    struct receipt receipts[4][SEEN_MAX]; /* of the first sheets */
    char values[4][SEEN_MAX][100];
} seen;

static void keep_command(size_t at, const struct command_row *row)
{
    seen.commands[at] = *row;
    snprintf(seen.text[at], sizeof seen.text[at], "%s", row->record.header.text);
    snprintf(seen.text_en[at], sizeof seen.text_en[at], "%s",
             row->record.header.text_en ? row->record.header.text_en : "(none)");
    assert_true(row->statement_size <= sizeof seen.statement[at]);
    memcpy(seen.statement[at], row->statement, row->statement_size);
}

static void keep_receipts(size_t at, const struct sheet_row *row)
{
    assert_true(at < 4 && row->receipt_count <= SEEN_MAX);
    for (size_t i = 0; i < row->receipt_count; i++) {
        seen.receipts[at][i] = row->receipts[i];
        snprintf(seen.values[at][i], sizeof seen.values[at][i], "%s",
                 row->receipts[i].values ? row->receipts[i].values : "(none)");
    }
}

static void on_loaded(void *ctx, enum err code, const struct store_loaded *loaded)
{
    struct fx *f = ctx;
    f->answers++;
    f->code = code;
    seen.command_count = loaded->command_count;
    seen.sheet_count = loaded->sheet_count;
    assert_true(loaded->command_count <= SEEN_MAX && loaded->sheet_count <= SEEN_MAX);
    for (size_t i = 0; i < loaded->command_count; i++)
        keep_command(i, &loaded->commands[i]);
    for (size_t i = 0; i < loaded->sheet_count; i++) {
        seen.sheets[i] = loaded->sheets[i];
        if (loaded->sheets[i].receipt_count > 0)
            keep_receipts(i, &loaded->sheets[i]);
    }
    loop_stop(f->loop);
}

static void load(const struct store_wanted *wanted)
{
    int answers = fx.answers;
    store_load(fx.store, wanted, on_loaded, &fx);
    fx_until(&fx, &fx.answers, answers + 1);
    assert_int_equal(fx.code, ERR_OK);
}

static void load_command(int n)
{
    struct id id = fx_id(4, n);
    load(&(struct store_wanted){.command_count = 1, .commands = &id});
    assert_int_equal(seen.command_count, 1);
}

static void load_sheet(int n, const char *center, bool receipts)
{
    struct id command = fx_id(4, n);
    const struct sheet_want want = {sheet_id(&command, center), receipts};
    load(&(struct store_wanted){.sheet_count = 1, .sheets = &want});
    assert_int_equal(seen.sheet_count, 1);
}

/* ---- commands ---- */

static void test_a_command_comes_back_as_it_was_written(void **state)
{
    (void)state;
    fx_command(&order, 1, COMMAND_CAMPAIGN);
    order.row.record.header.references = fx_id(4, 900);
    text_put(order.row.record.header.case_no, CASE_NO_SIZE, FX_CENTER "-20231114-000001");
    text_put(order.row.record.header.stage, POST_SIZE, "before");
    order.row.record.header.form.count = 1;
    order.row.record.header.form.fields[0] =
        (struct form_field){.name = "people", .type = FORM_NUMBER, .required = true, .zh = "人数"};
    fx_seal(&order);
    store_batch_clear(fx.batch);
    assert_true(store_batch_is_empty(fx.batch));
    store_batch_command(fx.batch, &order.row, true);
    assert_false(store_batch_is_empty(fx.batch));
    assert_int_equal(fx_commit(&fx), ERR_OK);

    load_command(1);
    const struct command *got = &seen.commands[0].record.header;
    const struct command *want = &order.row.record.header;
    assert_true(id_equal(&got->id, &want->id) && id_equal(&got->references, &want->references));
    assert_string_equal(got->center, want->center);
    assert_string_equal(got->actor.user, want->actor.user);
    assert_string_equal(got->targets, "all");
    assert_string_equal(got->case_no, want->case_no);
    assert_string_equal(got->stage, "before");
    assert_string_equal(seen.text[0], want->text);
    assert_string_equal(seen.text_en[0], want->text_en);
    assert_int_equal(got->kind, COMMAND_CAMPAIGN);
    assert_int_equal(got->priority, PRIORITY_URGENT);
    assert_int_equal(got->sent_ms, want->sent_ms);
    assert_int_equal(got->expires_ms, want->expires_ms);
    assert_int_equal(got->ack_limit.amount, 1);
    assert_int_equal(got->form.count, 1);
    assert_string_equal(got->form.fields[0].zh, "人数");
    assert_int_equal(seen.commands[0].expected, 41);
    assert_int_equal(seen.commands[0].record.last_no, 1);
    assert_int_equal(seen.commands[0].record.ended, COMMAND_EVENT_NONE);
    assert_memory_equal(seen.commands[0].record.head_hash, order.row.record.head_hash, HASH_BYTES);
    assert_int_equal(seen.commands[0].statement_size, order.row.statement_size);
    assert_memory_equal(seen.statement[0], order.row.statement, order.row.statement_size);
    assert_false(seen.commands[0].quarantined);
}

static void test_a_lease_that_was_renewed_and_an_end_lie_over_the_statement(void **state)
{
    (void)state;
    fx_command(&order, 2, COMMAND_MODE);
    struct command *header = &order.row.record.header;
    header->alert = ALERT_II;
    header->mode_start_ms = FX_T0;
    header->mode_end_ms = FX_T0 + 1000;
    header->lease_ms = FX_T0 + 100;
    fx_seal(&order);
    store_batch_clear(fx.batch);
    store_batch_command(fx.batch, &order.row, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    header->lease_ms = FX_T0 + 200; /* the statement stays as it was issued */
    order.row.record.last_no = 2;
    order.row.record.ended = COMMAND_CANCEL;
    order.row.record.ended_ms = FX_T0 + 150;
    store_batch_clear(fx.batch);
    store_batch_command(fx.batch, &order.row, false);
    assert_int_equal(fx_commit(&fx), ERR_OK);

    load_command(2);
    const struct command_record *got = &seen.commands[0].record;
    assert_int_equal(got->header.alert, ALERT_II);
    assert_int_equal(got->header.lease_ms, FX_T0 + 200);
    assert_int_equal(got->header.mode_end_ms, FX_T0 + 1000);
    assert_int_equal(got->last_no, 2);
    assert_int_equal(got->ended, COMMAND_CANCEL);
    assert_int_equal(got->ended_ms, FX_T0 + 150);
    assert_string_equal(seen.text[0], header->text);
}

/* What an update says is its issuer's last word on the text, and no word on who sent the command, and when.
 */
static void test_an_updated_command_is_still_its_first_senders_of_its_first_time(void **state)
{
    (void)state;
    static struct fx_command update;
    fx_command(&order, 7, COMMAND_ORDER);
    fx_command(&update, 7, COMMAND_ORDER);
    struct command *header = &update.row.record.header;
    header->event = COMMAND_UPDATE;
    header->no = 3;
    header->sent_ms = header->effective_ms = FX_T0 + 5000;
    header->text = "改为检查所有工地和广告牌。";
    text_put(header->actor.user, sizeof header->actor.user, "shift.440306");
    header->actor.post = POST_SHIFT_LEADER;
    fx_seal(&update);
    order.row.statement = update.row.statement;
    order.row.statement_size = update.row.statement_size;
    order.row.record.last_no = 3;
    store_batch_clear(fx.batch);
    store_batch_command(fx.batch, &order.row, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    load_command(7);
    const struct command *got = &seen.commands[0].record.header;
    assert_string_equal(seen.text[0], header->text);
    assert_int_equal(got->event, COMMAND_ISSUE);
    assert_int_equal(got->no, 1);
    assert_int_equal(got->sent_ms, FX_T0 + 7);
    assert_int_equal(got->effective_ms, FX_T0 + 7);
    assert_string_equal(got->actor.user, "leader.440306");
    assert_string_equal(got->actor.center, FX_CENTER);
    assert_int_equal(got->actor.post, POST_LEADER);
}

/* A cancel may come before its command, and a command may be of a version that knows more kinds. */
static void test_a_command_without_a_statement_is_known_by_its_columns(void **state)
{
    (void)state;
    fx_command(&order, 3, COMMAND_ORDER);
    order.row.statement = NULL;
    order.row.statement_size = 0;
    order.row.record.ended = COMMAND_CANCEL;
    store_batch_clear(fx.batch);
    store_batch_command(fx.batch, &order.row, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    load_command(3);
    assert_true(id_equal(&seen.commands[0].record.header.id, &order.row.record.header.id));
    assert_string_equal(seen.commands[0].record.header.center, FX_CENTER);
    assert_int_equal(seen.commands[0].record.ended, COMMAND_CANCEL);
    assert_string_equal(seen.text[0], "");
}

static void test_the_same_command_cannot_be_made_twice(void **state)
{
    (void)state;
    int64_t before = fx_digest(&fx);
    fx_command(&order, 1, COMMAND_ORDER);
    store_batch_clear(fx.batch);
    store_batch_command(fx.batch, &order.row, true);
    assert_int_equal(fx_commit(&fx), ERR_DATABASE);
    assert_non_null(strstr(fx.fault.text, "23505"));
    assert_int_equal(fx_digest(&fx), before);
}

/* ---- sheets and receipts ---- */

static void expect_receipt(const struct receipt *got, const struct receipt *want)
{
    struct receipt bare = *got;
    struct receipt other = *want;
    bare.values = other.values = NULL;
    assert_string_equal(got->name, want->name);
    assert_string_equal(got->by, want->by);
    assert_string_equal(got->deputy, want->deputy);
    assert_string_equal(got->answer, want->answer);
    /* what follows the state, up to the texts, are numbers without gaps that anybody fills */
    assert_int_equal(bare.state, other.state);
    assert_int_equal(bare.flags, other.flags);
    assert_int_equal(bare.rung, other.rung);
    assert_int_equal(bare.repeats, other.repeats);
    assert_int_equal(bare.reports, other.reports);
    assert_int_equal(bare.score, other.score);
    assert_memory_equal(&bare.delivered_ms, &other.delivered_ms,
                        offsetof(struct receipt, by) - offsetof(struct receipt, delivered_ms));
}

static void test_a_sheet_comes_with_its_command_and_the_receipts_where_they_are_wanted(void **state)
{
    (void)state;
    struct receipt full = fx_receipt(7, RECEIPT_REPORTED);
    struct receipt bare = fx_receipt(3, RECEIPT_ISSUED);
    int64_t *times = &full.delivered_ms;
    for (int64_t i = 0; i < 14; i++)
        times[i] = FX_T0 + i;
    full.flags = RECEIPT_RED | RECEIPT_OVERDUE_ACK;
    full.rung = 4;
    full.repeats = 255;
    full.reports = 70000;
    full.score = 5;
    text_put(full.by, sizeof full.by, "grid.440306001001007");
    text_put(full.deputy, sizeof full.deputy, "deputy.440306");
    text_put(full.answer, sizeof full.answer, "已检查，两处隐患。");
    full.values = "people=12\nphoto=a.jpg";
    bare.delivered_ms = bare.ack_due_ms = bare.last_ms = 0;
    bare.next_ms = INT64_MAX;
    struct sheet sheet = fx_sheet(1, FX_CENTER, 2);
    store_batch_clear(fx.batch);
    store_batch_sheet(fx.batch, &sheet, true);
    store_batch_receipt(fx.batch, &sheet.command, COMMAND_ORDER, FX_CENTER, &full, true);
    store_batch_receipt(fx.batch, &sheet.command, COMMAND_ORDER, FX_CENTER, &bare, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);

    load_sheet(1, FX_CENTER, true);
    assert_int_equal(seen.command_count, 1);
    assert_true(id_equal(&seen.commands[0].record.header.id, &sheet.command));
    const struct sheet *got = &seen.sheets[0].sheet;
    assert_true(id_equal(&got->id, &sheet.id) && id_equal(&got->command, &sheet.command));
    assert_string_equal(got->center, FX_CENTER);
    assert_int_equal(got->expected, 39);
    assert_int_equal(got->last_no, 2);
    assert_int_equal(got->last_ms, sheet.last_ms);
    assert_true(got->whole);
    assert_false(got->unfilled);
    assert_memory_equal(got->head_hash, sheet.head_hash, HASH_BYTES);
    assert_int_equal(seen.sheets[0].receipt_count, 2);
    expect_receipt(&seen.receipts[0][0], &bare); /* by name */
    expect_receipt(&seen.receipts[0][1], &full);
    assert_string_equal(seen.values[0][0], "(none)");
    assert_string_equal(seen.values[0][1], full.values);

    load_sheet(1, FX_CENTER, false);
    assert_int_equal(seen.sheets[0].receipt_count, 0);
    assert_int_equal(seen.command_count, 1);
}

static void test_each_sheet_gets_its_own_receipts_and_no_others(void **state)
{
    (void)state;
    static const char *const centers[] = {"440306001", "440306002", "440306003"};
    struct sheet_want want[4];
    struct id none = fx_id(4, 901);
    fx_command(&order, 5, COMMAND_ROLL_CALL);
    store_batch_clear(fx.batch);
    store_batch_command(fx.batch, &order.row, true);
    for (int c = 0; c < 3; c++) {
        struct sheet sheet = fx_sheet(5, centers[c], 1);
        store_batch_sheet(fx.batch, &sheet, true);
        for (int n = 0; n < 10 * c; n++) {
            struct receipt receipt = fx_receipt(100 * c + n, RECEIPT_DELIVERED);
            store_batch_receipt(fx.batch, &sheet.command, COMMAND_ROLL_CALL, centers[c], &receipt, true);
        }
        want[c] = (struct sheet_want){sheet.id, c != 2};
    }
    want[3] = (struct sheet_want){sheet_id(&none, FX_CENTER), true};
    assert_int_equal(fx_commit(&fx), ERR_OK);

    load(&(struct store_wanted){
        .sheet_count = 4, .sheets = want, .command_count = 1, .commands = &order.row.record.header.id});
    assert_int_equal(seen.command_count, 1);
    assert_int_equal(seen.sheet_count, 3);
    for (size_t i = 0; i < 3; i++) {
        bool second = strcmp(seen.sheets[i].sheet.center, centers[1]) == 0;
        assert_int_equal(seen.sheets[i].receipt_count, second ? 10 : 0);
        for (int n = 0; second && n < 10; n++) {
            struct receipt wanted = fx_receipt(100 + n, RECEIPT_DELIVERED);
            assert_string_equal(seen.receipts[i][n].name, wanted.name);
        }
    }
}

static void test_the_last_word_of_a_batch_on_each_wins(void **state)
{
    (void)state;
    struct sheet sheet = fx_sheet(6, FX_CENTER, 1);
    struct receipt receipt = fx_receipt(1, RECEIPT_DELIVERED);
    struct unit unit = fx_unit(60);
    fx_command(&order, 6, COMMAND_ORDER);
    store_batch_clear(fx.batch);
    for (int round = 1; round <= 3; round++) {
        bool was_new = round == 1;
        order.row.record.last_no = sheet.last_no = unit.last_no = round;
        receipt.state = round == 3 ? RECEIPT_ACKED : RECEIPT_DELIVERED;
        receipt.values = round == 2 ? "people=1" : "people=33";
        store_batch_command(fx.batch, &order.row, was_new);
        store_batch_sheet(fx.batch, &sheet, was_new);
        store_batch_receipt(fx.batch, &sheet.command, COMMAND_ORDER, FX_CENTER, &receipt, was_new);
        store_batch_unit(fx.batch, &unit, FX_CENTER);
        store_batch_timer(fx.batch, &sheet.id, SUBJECT_SHEET, FX_T0 + round);
    }
    assert_int_equal(fx_commit(&fx), ERR_OK);
    load_sheet(6, FX_CENTER, true);
    assert_int_equal(seen.commands[0].record.last_no, 3);
    assert_int_equal(seen.sheets[0].sheet.last_no, 3);
    assert_int_equal(seen.receipts[0][0].state, RECEIPT_ACKED);
    assert_string_equal(seen.values[0][0], "people=33");
    assert_int_equal(fx_number(&fx, "SELECT last_no FROM unit WHERE name LIKE '%.60'"), 3);
    assert_int_equal(fx_number(&fx, "SELECT due_ms FROM timer WHERE kind = 4"), FX_T0 + 3);

    receipt.state = RECEIPT_DONE;
    receipt.values = NULL;
    sheet.unfilled = true;
    store_batch_clear(fx.batch);
    store_batch_sheet(fx.batch, &sheet, false);
    store_batch_receipt(fx.batch, &sheet.command, COMMAND_ORDER, FX_CENTER, &receipt, false);
    store_batch_timer(fx.batch, &sheet.id, SUBJECT_SHEET, INT64_MAX);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    load_sheet(6, FX_CENTER, true);
    assert_true(seen.sheets[0].sheet.unfilled);
    assert_int_equal(seen.receipts[0][0].state, RECEIPT_DONE);
    assert_string_equal(seen.values[0][0], "(none)");
    assert_int_equal(fx_number(&fx, "SELECT count(*) FROM timer WHERE kind = 4"), 0);
}

static int64_t state_of(const struct id *command, const char *center)
{
    char id[ID_TEXT_SIZE];
    char text[200];
    id_format(command, id);
    snprintf(text, sizeof text, "SELECT state FROM receipt WHERE command = '%s' AND center = '%s'", id,
             center);
    return fx_number(&fx, text);
}

/* One recipient may have receipts of many commands, and two centers a recipient of one name. */
static void test_receipts_of_one_name_are_told_apart_by_command_and_center(void **state)
{
    (void)state;
    struct receipt receipt = fx_receipt(1, RECEIPT_DELIVERED);
    struct id first = fx_id(4, 20), second = fx_id(4, 21);
    store_batch_clear(fx.batch);
    store_batch_receipt(fx.batch, &first, COMMAND_ORDER, FX_CENTER, &receipt, true);
    store_batch_receipt(fx.batch, &first, COMMAND_ORDER, FX_CHILD, &receipt, true);
    receipt.state = RECEIPT_ACKED;
    store_batch_receipt(fx.batch, &second, COMMAND_ORDER, FX_CENTER, &receipt, true);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    receipt.state = RECEIPT_UNABLE;
    store_batch_clear(fx.batch);
    store_batch_receipt(fx.batch, &first, COMMAND_ORDER, FX_CHILD, &receipt, false);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    assert_int_equal(state_of(&first, FX_CENTER), RECEIPT_DELIVERED);
    assert_int_equal(state_of(&first, FX_CHILD), RECEIPT_UNABLE);
    assert_int_equal(state_of(&second, FX_CENTER), RECEIPT_ACKED);
}

static void test_a_quarantined_command_or_sheet_says_so(void **state)
{
    (void)state;
    struct id command = fx_id(4, 1);
    struct id sheet = sheet_id(&command, FX_CENTER);
    const struct entry bad[] = {{.lsn = 5, .kind = ENTRY_EVENT, .subject = command, .subject_no = 7},
                                {.lsn = 6, .kind = ENTRY_EVENT, .subject = sheet, .subject_no = 7}};
    store_batch_clear(fx.batch);
    store_batch_quarantine(fx.batch, 1, LANE_TALK, &bad[0], ERR_FORGED, FX_T0);
    store_batch_quarantine(fx.batch, 1, LANE_TALK, &bad[1], ERR_HASH, FX_T0);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    load_sheet(1, FX_CENTER, false);
    assert_true(seen.sheets[0].quarantined && seen.commands[0].quarantined);
    store_batch_clear(fx.batch);
    store_batch_release(fx.batch, &command);
    store_batch_release(fx.batch, &sheet);
    assert_int_equal(fx_commit(&fx), ERR_OK);
    load_sheet(1, FX_CENTER, false);
    assert_false(seen.sheets[0].quarantined || seen.commands[0].quarantined);
}

/* ---- what keeps answers on their page ---- */

struct changing {
    const char *table, *columns; /* a pattern of those that an event or position changes */
};

static const struct changing changes[] = {
    {"command", "statement|last_no|last_ms|head_hash|ended|ended_ms|lease_ms|expected"},
    {"sheet", "expected|last_no|last_ms|head_hash|heard|whole|unfilled"},
    {"receipt",
     "state|is_final|is_open|flags|rung|repeats|reports|score|[a-z_]+_ms|signed_by|deputy|answer|form"},
    {"unit",
     "status|internal|note|booked|orders|[a-z_]+_ms|lon|lat|doubtful|doubt_lon|doubt_lat|last_no|head_hash"},
};

/* An index that covers, or asks about, what changes makes each change write to all of the table's indexes.
 * Two marks that turn once may stand in a predicate: is_open and heard. */
static void test_no_index_holds_what_an_answer_or_a_position_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 "SELECT count(*) FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) k(no)"
                 " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.no"
                 " WHERE i.indrelid = '%s'::regclass AND a.attname ~ '^(%s)$'",
                 changes[i].table, changes[i].columns);
        assert_int_equal(fx_number(&fx, text), 0);
        snprintf(text, sizeof text,
                 "SELECT count(*) FROM pg_index WHERE indrelid = '%s'::regclass AND indpred IS NOT NULL"
                 " AND regexp_replace(pg_get_expr(indpred, indrelid), '\\y(is_open|heard)\\y', '', 'g')"
                 " ~ '\\y(%s)\\y'",
                 changes[i].table, changes[i].columns);
        assert_int_equal(fx_number(&fx, text), 0);
        snprintf(text, sizeof text, "SELECT count(*) FROM pg_index WHERE indrelid = '%s'::regclass",
                 changes[i].table);
        assert_true(fx_number(&fx, text) >= 1);
    }
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(wire_init(), ERR_OK);
    fx_init(&fx, "command");
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
        cmocka_unit_test(test_a_command_comes_back_as_it_was_written),
        cmocka_unit_test(test_a_lease_that_was_renewed_and_an_end_lie_over_the_statement),
        cmocka_unit_test(test_an_updated_command_is_still_its_first_senders_of_its_first_time),
        cmocka_unit_test(test_a_command_without_a_statement_is_known_by_its_columns),
        cmocka_unit_test(test_the_same_command_cannot_be_made_twice),
        cmocka_unit_test(test_a_sheet_comes_with_its_command_and_the_receipts_where_they_are_wanted),
        cmocka_unit_test(test_each_sheet_gets_its_own_receipts_and_no_others),
        cmocka_unit_test(test_the_last_word_of_a_batch_on_each_wins),
        cmocka_unit_test(test_receipts_of_one_name_are_told_apart_by_command_and_center),
        cmocka_unit_test(test_a_quarantined_command_or_sheet_says_so),
        cmocka_unit_test(test_no_index_holds_what_an_answer_or_a_position_changes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
