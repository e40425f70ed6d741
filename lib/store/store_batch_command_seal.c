/* Laying out commands, sheets, receipts and units: the columns in the order of their tables. */
#include <math.h>

#include "store/store_batch_private.h"

/* A time that has not come is null. */
static void put_time(struct store_column *column, int64_t at_ms)
{
    if (at_ms == 0)
        store_column_null(column);
    else
        store_column_int(column, at_ms);
}

static void put_degrees(struct store_column *column, double degrees)
{
    if (isnan(degrees))
        store_column_null(column);
    else
        store_column_real(column, degrees);
}

static void put_id(struct store_column *column, const struct id *id)
{
    if (id_is_zero(id))
        store_column_null(column);
    else
        store_column_id(column, id);
}

static void seal_command(struct store_batch *batch, const struct batch_command *it)
{
    struct store_column *c = store_batch_row(batch, it->was_new ? BATCH_COMMAND_NEW : BATCH_COMMAND_SET);
    store_column_id(c++, &it->id);
    store_column_text(c++, it->issuer);
    store_column_text(c++, it->issued_by);
    store_column_int(c++, it->issued_post);
    store_column_int(c++, it->kind);
    store_column_int(c++, it->priority);
    store_column_int(c++, it->status);
    store_column_text(c++, it->case_no);
    put_id(c++, &it->references);
    store_column_int(c++, it->sent_ms);
    store_column_int(c++, it->effective_ms);
    store_column_int(c++, it->expires_ms);
    store_column_int(c++, it->alert);
    put_time(c++, it->mode_start_ms);
    put_time(c++, it->mode_end_ms);
    put_time(c++, it->lease_ms);
    store_column_bytes(c++, batch->bytes + it->statement_at, it->statement_size);
    store_column_int(c++, it->last_no);
    store_column_int(c++, it->last_ms);
    store_column_bytes(c++, it->head_hash, HASH_BYTES);
    store_column_int(c++, it->ended);
    put_time(c++, it->ended_ms);
    store_column_int(c++, it->expected);
    store_column_int(c, it->answered);
}

static void seal_sheet(struct store_batch *batch, const struct batch_sheet *it)
{
    const struct sheet *sheet = &it->sheet;
    struct store_column *c = store_batch_row(batch, it->was_new ? BATCH_SHEET_NEW : BATCH_SHEET_SET);
    store_column_id(c++, &sheet->id);
    store_column_id(c++, &sheet->command);
    store_column_text(c++, sheet->center);
    store_column_int(c++, sheet->expected);
    store_column_int(c++, sheet->last_no);
    store_column_int(c++, sheet->last_ms);
    store_column_bytes(c++, sheet->head_hash, HASH_BYTES);
    store_column_int(c++, sheet->last_no > 0);
    store_column_int(c++, sheet->whole);
    store_column_int(c, sheet->unfilled);
}

/* From delivered_ms to next_ms; returns the column after them. */
static struct store_column *seal_times(struct store_column *c, const struct receipt *r)
{
    const int64_t times[] = {r->delivered_ms,  r->acked_ms,    r->departed_ms,   r->arrived_ms,
                             r->reported_ms,   r->ended_ms,    r->ack_due_ms,    r->contact_due_ms,
                             r->arrive_due_ms, r->done_due_ms, r->report_due_ms, r->par_due_ms,
                             r->last_ms};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        put_time(c++, times[i]);
    if (r->next_ms == INT64_MAX)
        store_column_null(c++); /* never */
    else
        store_column_int(c++, r->next_ms);
    return c;
}

static void seal_receipt(struct store_batch *batch, const struct batch_receipt *it)
{
    const struct receipt *r = &it->receipt;
    bool is_final = receipt_final(it->kind, r->state);
    struct store_column *c = store_batch_row(batch, it->was_new ? BATCH_RECEIPT_NEW : BATCH_RECEIPT_SET);
    store_column_id(c++, &it->command);
    store_column_text(c++, it->center);
    store_column_text(c++, r->name);
    store_column_int(c++, it->kind);
    store_column_int(c++, r->state);
    store_column_int(c++, is_final);
    store_column_int(c++, !is_final || (r->flags & RECEIPT_RED) != 0);
    store_column_int(c++, r->flags);
    store_column_int(c++, r->rung);
    store_column_int(c++, r->repeats);
    store_column_int(c++, r->reports);
    store_column_int(c++, r->score);
    c = seal_times(c, r);
    store_column_text(c++, r->by);
    store_column_text(c++, r->deputy);
    store_column_text(c++, r->answer);
    if (it->has_form)
        store_column_bytes(c, batch->bytes + it->form_at, it->form_size);
    else
        store_column_null(c);
}

static void seal_unit(struct store_batch *batch, const struct batch_unit *it)
{
    const struct unit *unit = &it->unit;
    struct store_column *c = store_batch_row(batch, BATCH_UNIT);
    store_column_text(c++, unit->name);
    store_column_text(c++, it->center);
    store_column_text(c++, unit->type);
    store_column_text(c++, unit->department);
    store_column_int(c++, unit->status);
    store_column_text(c++, unit->internal);
    store_column_text(c++, unit->note);
    put_id(c++, &unit->booked);
    store_column_int(c++, unit->orders);
    put_time(c++, unit->since_ms);
    put_degrees(c++, unit->lon);
    put_degrees(c++, unit->lat);
    put_time(c++, unit->position_ms);
    store_column_int(c++, unit->doubtful);
    put_degrees(c++, unit->doubtful ? unit->doubt_lon : NAN);
    put_degrees(c++, unit->doubtful ? unit->doubt_lat : NAN);
    put_time(c++, unit->doubtful ? unit->doubt_ms : 0);
    store_column_int(c++, unit->last_no);
    store_column_int(c++, unit->last_ms);
    store_column_bytes(c, unit->head_hash, HASH_BYTES);
}

void store_batch_seal_commands(struct store_batch *batch)
{
    for (size_t i = 0; i < batch->command_count; i++)
        seal_command(batch, &batch->commands[i]);
    for (size_t i = 0; i < batch->sheet_count; i++)
        seal_sheet(batch, &batch->sheets[i]);
    for (size_t i = 0; i < batch->receipt_count; i++)
        seal_receipt(batch, &batch->receipts[i]);
    for (size_t i = 0; i < batch->unit_count; i++)
        seal_unit(batch, &batch->units[i]);
    for (size_t i = 0; i < batch->timer_count; i++)
        store_batch_seal_timer(batch, &batch->timers[i], 0);
}
