/* The raw scans of commands, sheets and receipts under `sanji verify`. */
#include "store/store_decode_command.h"
#include "store/store_reader.h"
#include "store/store_verify.h"

static const char commands_text[] = "SELECT " STORE_COMMAND_COLUMNS " FROM command c ORDER BY c.id";

static const char sheets_text[] =
    "SELECT " STORE_SHEET_COLUMNS ", t.case_id IS NOT NULL, t.due_ms,"
    " EXISTS (SELECT FROM alarm a WHERE a.subject = s.id AND a.cleared_ms IS NULL)"
    " FROM sheet s LEFT JOIN timer t ON t.case_id = s.id ORDER BY s.command, s.center";

static const char receipts_text[] = "SELECT r.command, r.center, " STORE_RECEIPT_COLUMNS
                                    " FROM receipt r ORDER BY r.command, r.name, r.center";

struct commands_ask {
    struct store_reader *reader;
    verify_command_cb *cb;
    void *ctx;
};

static bool on_command(void *ctx, struct store_row *row)
{
    const struct commands_ask *ask = ctx;
    struct command_row out;
    if (!store_reader_command(ask->reader, row, &out)) {
        row->bad = true;
        return false;
    }
    return ask->cb(ask->ctx, &out);
}

enum err store_verify_commands(struct store_reader *reader, verify_command_cb *cb, void *ctx,
                               struct fault *fault)
{
    struct commands_ask ask = {reader, cb, ctx};
    return store_reader_stream(reader, commands_text, NULL, on_command, &ask, fault);
}

struct sheets_ask {
    verify_sheet_cb *cb;
    void *ctx;
};

static bool on_sheet(void *ctx, struct store_row *row)
{
    const struct sheets_ask *ask = ctx;
    struct verify_sheet out;
    if (!store_decode_sheet(row, &out.sheet))
        return false;
    out.has_timer = store_row_bool(row);
    out.timer_ms = store_row_i64(row);
    out.has_alarm = store_row_bool(row);
    return !row->bad && ask->cb(ask->ctx, &out);
}

enum err store_verify_sheets(struct store_reader *reader, verify_sheet_cb *cb, void *ctx, struct fault *fault)
{
    struct sheets_ask ask = {cb, ctx};
    return store_reader_stream(reader, sheets_text, NULL, on_sheet, &ask, fault);
}

enum err store_verify_receipts(struct store_reader *reader, store_receipt_cb *cb, void *ctx,
                               struct fault *fault)
{
    struct store_receipts_ask ask = {cb, ctx};
    return store_reader_stream(reader, receipts_text, NULL, store_reader_receipt, &ask, fault);
}
