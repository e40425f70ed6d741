/* Rows of results into structs. */
#include "store/store_decode.h"

static bool read_follow(struct store_row *row, struct follow *follow)
{
    size_t size;
    const uint8_t *bytes = store_row_bytes(row, &size);
    if (size % 2 != 0 || size / 2 > FOLLOW_MAX)
        return false;
    follow->count = (uint8_t)(size / 2);
    for (size_t i = 0; i < follow->count; i++)
        follow->no[i] = (int16_t)(uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    return true;
}

bool store_decode_case(struct store_row *row, struct arena *scratch, struct case_row *out)
{
    struct case_record *record = &out->record;
    size_t size;

    record->id = store_row_id(row);
    store_row_text(row, record->case_no, sizeof record->case_no);
    store_row_text(row, record->origin, sizeof record->origin);
    store_row_text(row, record->item, sizeof record->item);
    store_row_text(row, record->area, sizeof record->area);
    store_row_text(row, record->source, sizeof record->source);
    store_row_text(row, record->reporter, sizeof record->reporter);
    record->lon = store_row_real(row);
    record->lat = store_row_real(row);
    record->last_no = store_row_i32(row);
    record->last_ms = store_row_i64(row);
    record->epoch = store_row_i32(row);
    store_row_text(row, record->owner, sizeof record->owner);
    store_row_fixed(row, record->head_hash, sizeof record->head_hash);
    int16_t state = store_row_i16(row);
    const uint8_t *facts = store_row_bytes(row, &size);
    if (row->bad || state <= CASE_NONE || state >= CASE_STATES || !facts)
        return false;
    record->state = (enum case_state)state;
    arena_reset(scratch);
    if (facts_unpack(facts, size, scratch, &record->facts) != ERR_OK || !read_follow(row, &out->follow))
        return false;
    out->quarantined = store_row_bool(row);
    return !row->bad;
}

bool store_decode_entry(struct store_row *row, struct entry *out)
{
    size_t size;
    out->lsn = store_row_i64(row);
    out->prev = store_row_i64(row);
    out->kind = (enum entry_kind)store_row_i16(row);
    out->more = false;
    out->subject = store_row_id(row);
    out->subject_no = store_row_i32(row);
    out->epoch = store_row_i32(row);
    out->code = (enum err)store_row_i16(row);
    out->envelope = store_row_bytes(row, &size);
    if (out->envelope && size != WIRE_ENVELOPE_BYTES)
        return false;
    out->body = store_row_bytes(row, &out->body_size);
    return !row->bad && out->kind >= ENTRY_EVENT && out->kind <= ENTRY_REPAIR;
}

bool store_decode_key(struct store_row *row, struct key_row *out)
{
    out->key = store_row_id(row);
    out->case_id = store_row_id(row);
    out->subject_no = store_row_i32(row);
    out->outcome = (enum err)store_row_i16(row);
    store_row_fixed(row, out->content_hash, sizeof out->content_hash);
    return !row->bad;
}

bool store_decode_kept(struct store_row *row, struct kept_row *out)
{
    out->key = store_row_id(row);
    out->case_id = store_row_id(row);
    out->from = store_row_i16(row);
    out->kept_ms = store_row_i64(row);
    out->act = store_row_bytes(row, &out->act_size);
    return !row->bad;
}

void store_counts_params(struct store_params *params, const char *center, int64_t now_ms)
{
    params->count = 0;
    store_params_text(params, center);
    store_params_i64(params, now_ms);
    store_params_i32(params, FLAG_MANUAL);
    store_params_i32(params, FLAG_CLIMB_PENDING);
    store_params_i32(params, FLAG_STANDING);
    store_params_i32(params, RECEIPT_RED);
}

bool store_decode_counts(struct store_row *row, struct store_counts *out)
{
    int64_t *const fields[] = {
        &out->cases,  &out->open,          &out->overdue,       &out->owned_open,    &out->owned_overdue,
        &out->manual, &out->climb_pending, &out->standing,      &out->kept,          &out->quarantined,
        &out->timers, &out->alarms,        &out->commands_open, &out->receipts_open, &out->receipts_red};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        *fields[i] = store_row_i64(row);
    return !row->bad;
}
