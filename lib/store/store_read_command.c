/* Reading commands with what became of them, and units. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/store_decode_command.h"
#include "store/store_reader.h"

#define NO_ID "'00000000-0000-0000-0000-000000000000'"

/* A parameter that is not asked for is empty or zero. Receipts come counted by what the tally looks at, in
 * groups of four numbers: state, flags, reports, how many. The commands are picked first, so that only those
 * are counted. */
static const char commands_text[] =
    "SELECT " STORE_COMMAND_COLUMNS ","
    " (SELECT coalesce(sum(s.expected), 0) FROM sheet s WHERE s.command = c.id AND NOT s.heard),"
    " (SELECT count(*) FROM sheet s WHERE s.command = c.id AND NOT s.heard),"
    " (SELECT array_agg(g.n) FROM (SELECT"
    "   unnest(ARRAY[r.state::int8, r.flags::int8, r.reports::int8, count(*)]) AS n"
    "   FROM receipt r WHERE r.command = c.id GROUP BY r.state, r.flags, r.reports) g)"
    " FROM (SELECT * FROM command k WHERE ($1::uuid = " NO_ID " OR k.id = $1)"
    "   AND (NOT $2::bool OR (k.ended = 0 AND (EXISTS"
    "     (SELECT FROM receipt r WHERE r.command = k.id AND NOT r.is_final)"
    "     OR EXISTS (SELECT FROM sheet s WHERE s.command = k.id AND NOT s.heard))))"
    "   AND ($3::int2 = 0 OR k.kind = $3) AND ($4::uuid = " NO_ID " OR k.refs = $4)"
    "   AND ($5::text = '' OR k.case_no = $5)"
    "   ORDER BY k.sent_ms DESC, k.id DESC LIMIT nullif($6::int8, 0)) c"
    " ORDER BY c.sent_ms DESC, c.id DESC";

static const char sheets_text[] =
    "SELECT " STORE_SHEET_COLUMNS " FROM sheet s WHERE s.command = $1::uuid ORDER BY s.center";

static const char receipts_text[] = "SELECT r.command, r.center, " STORE_RECEIPT_COLUMNS
                                    " FROM receipt r WHERE r.command = $1::uuid ORDER BY r.center, r.name";

static const char units_text[] =
    "SELECT u.center, u.type, u.department, " STORE_UNIT_COLUMNS " FROM unit u ORDER BY u.name";

/* ---- commands ---- */

static uint64_t big_endian(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The server's array of int8: a head of five numbers, then each element behind its length. */
static bool read_groups(const uint8_t *bytes, size_t size, struct command_tally *tally)
{
    enum { HEAD = 20, ELEMENT = 12, GROUP = 4 * ELEMENT };
    if (!bytes)
        return true; /* no receipt yet */
    if (size < HEAD || (size - HEAD) % GROUP != 0)
        return false;
    for (size_t at = HEAD; at < size; at += GROUP) {
        uint64_t numbers[4];
        for (size_t i = 0; i < 4; i++)
            numbers[i] = big_endian(bytes + at + i * ELEMENT + 4, 8);
        if (numbers[0] >= RECEIPT_STATES)
            return false;
        const struct receipt one = {.state = (enum receipt_state)numbers[0],
                                    .flags = (uint32_t)numbers[1],
                                    .reports = (int32_t)numbers[2],
                                    .next_ms = INT64_MAX};
        for (uint64_t n = 0; n < numbers[3]; n++)
            command_tally_add(tally, &one);
    }
    return true;
}

static bool read_tally(struct store_row *row, struct command_tally *tally)
{
    size_t size;
    memset(tally, 0, sizeof *tally);
    int64_t expected = store_row_i64(row);
    tally->unheard_centers = store_row_i64(row);
    tally->count[RECEIPT_ISSUED] = tally->total = expected;
    const uint8_t *groups = store_row_bytes(row, &size);
    return read_groups(groups, size, tally) && !row->bad;
}

bool store_reader_command(struct store_reader *reader, struct store_row *row, struct command_row *out)
{
    size_t size = (size_t)PQgetlength(row->result, row->row, row->column + STORE_COMMAND_STATEMENT);
    size_t space = STORE_COMMAND_SPACE(size) + size;
    struct arena arena;
    arena_init(&arena, store_reader_space(reader, space), space);
    if (!store_decode_command(row, &arena, out))
        return false;
    uint8_t *statement = arena_take_raw(&arena, out->statement_size);
    if (!statement)
        return false;
    if (out->statement_size > 0)
        memcpy(statement, out->statement, out->statement_size);
    out->statement = statement;
    return true;
}

struct commands_ask {
    struct store_reader *reader;
    store_command_cb *cb;
    void *ctx;
};

static bool on_command(void *ctx, struct store_row *row)
{
    const struct commands_ask *ask = ctx;
    struct store_command out;
    if (!store_reader_command(ask->reader, row, &out.row) || !read_tally(row, &out.tally)) {
        row->bad = true;
        return false;
    }
    return ask->cb(ask->ctx, &out);
}

static enum err ask_commands(const struct id *id, const struct store_command_filter *filter,
                             struct commands_ask *ask, struct fault *fault)
{
    struct store_params params = {.count = 0};
    store_params_id(&params, id);
    store_params_bool(&params, filter->open_only);
    store_params_i16(&params, (int16_t)filter->kind);
    store_params_id(&params, &filter->references);
    store_params_text(&params, filter->case_no ? filter->case_no : "");
    store_params_i64(&params, filter->limit);
    return store_reader_stream(ask->reader, commands_text, &params, on_command, ask, fault);
}

enum err store_read_commands(struct store_reader *reader, const struct store_command_filter *filter,
                             store_command_cb *cb, void *ctx, struct fault *fault)
{
    const struct id any = {{0}};
    struct commands_ask ask = {reader, cb, ctx};
    return ask_commands(&any, filter, &ask, fault);
}

struct one_command {
    struct store_command *out;
    bool found;
};

static bool keep_command(void *ctx, const struct store_command *row)
{
    struct one_command *one = ctx;
    *one->out = *row;
    one->found = true;
    return true;
}

enum err store_read_command(struct store_reader *reader, const struct id *id, struct store_command *out,
                            struct fault *fault)
{
    const struct store_command_filter all = {.limit = 1};
    struct store_command read;
    struct one_command one = {&read, false};
    struct commands_ask ask = {reader, keep_command, &one};
    char text[ID_TEXT_SIZE];

    id_format(id, text);
    enum err code = id_is_zero(id) ? ERR_OK : ask_commands(id, &all, &ask, fault);
    if (code != ERR_OK)
        return code;
    if (!one.found)
        return fault_set(fault, ERR_UNKNOWN_COMMAND, "no command '%s' here", text);
    *out = read;
    return ERR_OK;
}

/* ---- sheets and receipts ---- */

struct sheets_ask {
    store_sheet_cb *cb;
    void *ctx;
};

static bool on_sheet(void *ctx, struct store_row *row)
{
    const struct sheets_ask *ask = ctx;
    struct sheet sheet;
    return store_decode_sheet(row, &sheet) && ask->cb(ask->ctx, &sheet);
}

enum err store_read_sheets(struct store_reader *reader, const struct id *command, store_sheet_cb *cb,
                           void *ctx, struct fault *fault)
{
    struct sheets_ask ask = {cb, ctx};
    struct store_params params = {.count = 0};
    store_params_id(&params, command);
    return store_reader_stream(reader, sheets_text, &params, on_sheet, &ask, fault);
}

bool store_reader_receipt(void *ctx, struct store_row *row)
{
    const struct store_receipts_ask *ask = ctx;
    struct receipt receipt;
    char center[CODE_SIZE];
    struct id command = store_row_id(row);
    store_row_text(row, center, sizeof center);
    if (!store_decode_receipt(row, &receipt)) {
        row->bad = true;
        return false;
    }
    return ask->cb(ask->ctx, &command, center, &receipt);
}

enum err store_read_receipts(struct store_reader *reader, const struct id *command, store_receipt_cb *cb,
                             void *ctx, struct fault *fault)
{
    struct store_receipts_ask ask = {cb, ctx};
    struct store_params params = {.count = 0};
    store_params_id(&params, command);
    return store_reader_stream(reader, receipts_text, &params, store_reader_receipt, &ask, fault);
}

/* ---- units ---- */

struct units_ask {
    store_unit_cb *cb;
    void *ctx;
};

static bool on_unit(void *ctx, struct store_row *row)
{
    const struct units_ask *ask = ctx;
    struct unit unit;
    char center[CODE_SIZE], type[POST_SIZE], department[DEPT_SIZE];
    store_row_text(row, center, sizeof center);
    store_row_text(row, type, sizeof type);
    store_row_text(row, department, sizeof department);
    if (!store_decode_unit(row, &unit)) {
        row->bad = true;
        return false;
    }
    text_put(unit.type, sizeof unit.type, type);
    text_put(unit.department, sizeof unit.department, department);
    return ask->cb(ask->ctx, center, &unit);
}

enum err store_read_units(struct store_reader *reader, store_unit_cb *cb, void *ctx, struct fault *fault)
{
    struct units_ask ask = {cb, ctx};
    return store_reader_stream(reader, units_text, NULL, on_unit, &ask, fault);
}
