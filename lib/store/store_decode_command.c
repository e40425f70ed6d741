/* Rows of commands, sheets, receipts and units. */
#include "store/store_decode_command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/command.h"

/* ---- commands ---- */

/* What stands in columns of its own, as the last event left it. */
static void read_columns(struct store_row *row, struct command *header)
{
    header->id = store_row_id(row);
    store_row_text(row, header->center, sizeof header->center);
    store_row_text(row, header->actor.user, sizeof header->actor.user);
    header->actor.post = (enum post)store_row_i16(row);
    text_put(header->actor.center, sizeof header->actor.center, header->center);
    header->kind = (enum command_kind)store_row_i16(row);
    header->priority = (enum priority)store_row_i16(row);
    header->status = (enum command_status)store_row_i16(row);
    store_row_text(row, header->case_no, sizeof header->case_no);
    header->references = store_row_id(row);
    header->sent_ms = store_row_i64(row);
    header->effective_ms = store_row_i64(row);
    header->expires_ms = store_row_i64(row);
    header->alert = (enum alert)store_row_i16(row);
    header->mode_start_ms = store_row_i64(row);
    header->mode_end_ms = store_row_i64(row);
    header->lease_ms = store_row_i64(row);
}

/* The columns lie over what the statement says: an update's is of its own person and time. */
static void lay_over(struct command *header, const struct command *columns)
{
    if (header->event != COMMAND_ISSUE)
        header->actor = columns->actor;
    header->event = COMMAND_ISSUE;
    header->no = 1;
    header->id = columns->id;
    text_put(header->center, sizeof header->center, columns->center);
    header->kind = columns->kind;
    header->priority = columns->priority;
    header->status = columns->status;
    text_put(header->case_no, sizeof header->case_no, columns->case_no);
    header->references = columns->references;
    header->sent_ms = columns->sent_ms;
    header->effective_ms = columns->effective_ms;
    header->expires_ms = columns->expires_ms;
    header->alert = columns->alert;
    header->mode_start_ms = columns->mode_start_ms;
    header->mode_end_ms = columns->mode_end_ms;
    header->lease_ms = columns->lease_ms;
}

static bool in_range(const struct command *columns)
{
    return (unsigned)columns->kind < COMMAND_KINDS && (unsigned)columns->alert < ALERTS;
}

static bool read_header(const struct command *columns, const struct command_row *row, struct arena *arena,
                        struct command *header)
{
    struct fault fault;
    enum err code = ERR_UNKNOWN_KIND;
    if (row->statement_size > 0)
        code = command_unpack(row->statement, row->statement_size, arena, header, &fault);
    if (code == ERR_UNKNOWN_KIND) {
        *header = *columns;
        header->text = "";
        header->lon = header->lat = NAN;
        return true;
    }
    lay_over(header, columns);
    return code == ERR_OK;
}

bool store_decode_command(struct store_row *row, struct arena *arena, struct command_row *out)
{
    struct command columns;
    struct command_record *record = &out->record;
    int16_t ended;

    memset(&columns, 0, sizeof columns);
    memset(out, 0, sizeof *out);
    read_columns(row, &columns);
    out->statement = store_row_bytes(row, &out->statement_size);
    record->last_no = store_row_i32(row);
    record->last_ms = store_row_i64(row);
    store_row_fixed(row, record->head_hash, sizeof record->head_hash);
    ended = store_row_i16(row);
    record->ended_ms = store_row_i64(row);
    out->expected = store_row_i32(row);
    out->answered = store_row_i32(row);
    out->quarantined = store_row_bool(row);
    if (row->bad || !in_range(&columns) || ended < 0 || ended >= COMMAND_EVENTS)
        return false;
    record->ended = (enum command_event)ended;
    return read_header(&columns, out, arena, &record->header);
}

bool store_decode_commands(const PGresult *result, struct command_row **rows, void **space)
{
    int count = PQntuples(result);
    size_t size = 1;
    struct arena arena;

    *rows = NULL;
    *space = NULL;
    if (count == 0)
        return true;
    for (int i = 0; i < count; i++)
        size += STORE_COMMAND_SPACE((size_t)PQgetlength(result, i, STORE_COMMAND_STATEMENT));
    *rows = calloc((size_t)count, sizeof **rows);
    *space = malloc(size);
    if (!*rows || !*space)
        abort(); /* nothing is lost: all state is in the database */
    arena_init(&arena, *space, size);
    for (int i = 0; i < count; i++) {
        struct store_row row = store_row_at(result, i);
        if (!store_decode_command(&row, &arena, &(*rows)[i]))
            return false;
    }
    return true;
}

/* ---- sheets and receipts ---- */

bool store_decode_sheet(struct store_row *row, struct sheet *out)
{
    out->id = store_row_id(row);
    out->command = store_row_id(row);
    store_row_text(row, out->center, sizeof out->center);
    out->expected = store_row_i32(row);
    out->last_no = store_row_i32(row);
    out->last_ms = store_row_i64(row);
    store_row_fixed(row, out->head_hash, sizeof out->head_hash);
    out->whole = store_row_bool(row);
    out->unfilled = store_row_bool(row);
    return !row->bad;
}

static void read_times(struct store_row *row, struct receipt *r)
{
    int64_t *const times[] = {&r->delivered_ms,  &r->acked_ms,    &r->departed_ms,   &r->arrived_ms,
                              &r->reported_ms,   &r->ended_ms,    &r->ack_due_ms,    &r->contact_due_ms,
                              &r->arrive_due_ms, &r->done_due_ms, &r->report_due_ms, &r->par_due_ms,
                              &r->last_ms};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        *times[i] = store_row_i64(row);
    bool never = store_row_is_null(row);
    r->next_ms = store_row_i64(row);
    if (never)
        r->next_ms = INT64_MAX;
}

bool store_decode_receipt(struct store_row *row, struct receipt *out)
{
    store_row_text(row, out->name, sizeof out->name);
    int16_t state = store_row_i16(row);
    out->flags = (uint32_t)store_row_i32(row);
    out->rung = (uint8_t)store_row_i16(row);
    out->repeats = (uint8_t)store_row_i16(row);
    out->reports = store_row_i32(row);
    out->score = (uint8_t)store_row_i16(row);
    read_times(row, out);
    store_row_text(row, out->by, sizeof out->by);
    store_row_text(row, out->deputy, sizeof out->deputy);
    store_row_text(row, out->answer, sizeof out->answer);
    out->values = store_row_string(row);
    if (row->bad || state < 0 || state >= RECEIPT_STATES)
        return false;
    out->state = (enum receipt_state)state;
    return true;
}

/* ---- units ---- */

bool store_decode_unit(struct store_row *row, struct unit *out)
{
    memset(out, 0, sizeof *out);
    out->home_lon = out->home_lat = NAN;
    out->center = -1;
    store_row_text(row, out->name, sizeof out->name);
    int16_t status = store_row_i16(row);
    store_row_text(row, out->internal, sizeof out->internal);
    store_row_text(row, out->note, sizeof out->note);
    out->booked = store_row_id(row);
    out->orders = store_row_i32(row);
    out->since_ms = store_row_i64(row);
    out->lon = store_row_real(row);
    out->lat = store_row_real(row);
    out->position_ms = store_row_i64(row);
    out->doubtful = store_row_bool(row);
    out->doubt_lon = store_row_real(row);
    out->doubt_lat = store_row_real(row);
    out->doubt_ms = store_row_i64(row);
    out->last_no = store_row_i32(row);
    out->last_ms = store_row_i64(row);
    store_row_fixed(row, out->head_hash, sizeof out->head_hash);
    if (row->bad || status <= 0 || status >= UNIT_STATUSES)
        return false;
    out->status = (enum unit_status)status;
    return true;
}
