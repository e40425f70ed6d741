/* Gathering commands, sheets, receipts, units and their timers: the last word of the batch on each is kept.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/store_batch_private.h"
#include "wire/command.h"

bool store_batch_has_commands(const struct store_batch *batch)
{
    return batch->command_count + batch->sheet_count + batch->receipt_count + batch->unit_count +
               batch->timer_count >
           0;
}

void store_batch_clear_commands(struct store_batch *batch)
{
    store_index_clear(&batch->command_index);
    store_index_clear(&batch->sheet_index);
    store_index_clear(&batch->receipt_index);
    store_index_clear(&batch->unit_index);
    store_index_clear(&batch->timer_index);
    batch->command_count = batch->sheet_count = batch->receipt_count = batch->unit_count =
        batch->timer_count = 0;
}

void store_batch_free_commands(struct store_batch *batch)
{
    store_index_fini(&batch->command_index);
    store_index_fini(&batch->sheet_index);
    store_index_fini(&batch->receipt_index);
    store_index_fini(&batch->unit_index);
    store_index_fini(&batch->timer_index);
    free(batch->commands);
    free(batch->sheets);
    free(batch->receipts);
    free(batch->units);
    free(batch->timers);
}

/* Copies bytes into the batch; returns where they lie. */
static size_t keep_bytes(struct store_batch *batch, const void *bytes, size_t size)
{
    size_t at = batch->bytes_used;
    if (size == 0)
        return at;
    memcpy(store_batch_room(batch, size), bytes, size);
    batch->bytes_used += size;
    return at;
}

void store_batch_command(struct store_batch *batch, const struct command_row *row, bool was_new)
{
    const struct command_record *record = &row->record;
    const struct command *header = &record->header;
    size_t at;

    assert(!batch->sealed);
    if (!store_index_add(&batch->command_index, &header->id, &at)) {
        batch->commands =
            store_batch_grow(batch->commands, at, &batch->command_capacity, sizeof *batch->commands);
        batch->commands[at].was_new = false;
        batch->command_count = at + 1;
    }
    struct batch_command *place = &batch->commands[at];
    *place = (struct batch_command){.id = header->id,
                                    .references = header->references,
                                    .was_new = place->was_new || was_new,
                                    .kind = (int16_t)header->kind,
                                    .priority = (int16_t)header->priority,
                                    .status = (int16_t)header->status,
                                    .alert = (int16_t)header->alert,
                                    .ended = (int16_t)record->ended,
                                    .last_no = record->last_no,
                                    .expected = row->expected,
                                    .answered = row->answered,
                                    .sent_ms = header->sent_ms,
                                    .effective_ms = header->effective_ms,
                                    .issued_post = (int16_t)header->actor.post,
                                    .expires_ms = header->expires_ms,
                                    .mode_start_ms = header->mode_start_ms,
                                    .mode_end_ms = header->mode_end_ms,
                                    .lease_ms = header->lease_ms,
                                    .last_ms = record->last_ms,
                                    .ended_ms = record->ended_ms,
                                    .statement_size = row->statement_size};
    place->statement_at = keep_bytes(batch, row->statement, row->statement_size);
    memcpy(place->head_hash, record->head_hash, HASH_BYTES);
    text_put(place->issuer, sizeof place->issuer, header->center);
    text_put(place->issued_by, sizeof place->issued_by, header->actor.user);
    text_put(place->case_no, sizeof place->case_no, header->case_no);
}

void store_batch_sheet(struct store_batch *batch, const struct sheet *sheet, bool was_new)
{
    size_t at;
    assert(!batch->sealed);
    if (!store_index_add(&batch->sheet_index, &sheet->id, &at)) {
        batch->sheets = store_batch_grow(batch->sheets, at, &batch->sheet_capacity, sizeof *batch->sheets);
        batch->sheets[at].was_new = false;
        batch->sheet_count = at + 1;
    }
    batch->sheets[at] = (struct batch_sheet){*sheet, batch->sheets[at].was_new || was_new};
}

/* What stands for a receipt in the index: a hash that nobody finds two receipts for. */
static struct id receipt_key(const struct id *command, const char *center, const char *name)
{
    uint8_t bytes[ID_BYTES + CODE_SIZE + USER_SIZE] = {0};
    uint8_t hash[HASH_BYTES];
    struct id key;
    memcpy(bytes, command->bytes, ID_BYTES);
    text_put((char *)bytes + ID_BYTES, CODE_SIZE, center);
    text_put((char *)bytes + ID_BYTES + CODE_SIZE, USER_SIZE, name);
    wire_hash(bytes, sizeof bytes, hash);
    memcpy(key.bytes, hash, ID_BYTES);
    return key;
}

void store_batch_receipt(struct store_batch *batch, const struct id *command, enum command_kind kind,
                         const char *center, const struct receipt *receipt, bool was_new)
{
    struct id key = receipt_key(command, center, receipt->name);
    size_t at;

    assert(!batch->sealed);
    if (!store_index_add(&batch->receipt_index, &key, &at)) {
        batch->receipts =
            store_batch_grow(batch->receipts, at, &batch->receipt_capacity, sizeof *batch->receipts);
        batch->receipts[at].was_new = false;
        batch->receipt_count = at + 1;
    }
    struct batch_receipt *place = &batch->receipts[at];
    *place = (struct batch_receipt){.command = *command,
                                    .kind = kind,
                                    .was_new = place->was_new || was_new,
                                    .receipt = *receipt,
                                    .has_form = receipt->values != NULL};
    text_put(place->center, sizeof place->center, center);
    place->receipt.values = NULL;
    if (receipt->values) {
        place->form_size = strlen(receipt->values);
        place->form_at = keep_bytes(batch, receipt->values, place->form_size);
    }
}

void store_batch_unit(struct store_batch *batch, const struct unit *unit, const char *center)
{
    struct id key = unit_id(unit->name);
    size_t at;
    assert(!batch->sealed);
    if (!store_index_add(&batch->unit_index, &key, &at)) {
        batch->units = store_batch_grow(batch->units, at, &batch->unit_capacity, sizeof *batch->units);
        batch->unit_count = at + 1;
    }
    batch->units[at] = (struct batch_unit){.unit = *unit};
    text_put(batch->units[at].center, sizeof batch->units[at].center, center);
}

void store_batch_timer(struct store_batch *batch, const struct id *subject, enum subject_kind kind,
                       int64_t due_ms)
{
    size_t at;
    assert(!batch->sealed && (kind == SUBJECT_COMMAND || kind == SUBJECT_SHEET));
    if (!store_index_add(&batch->timer_index, subject, &at)) {
        batch->timers = store_batch_grow(batch->timers, at, &batch->timer_capacity, sizeof *batch->timers);
        batch->timer_count = at + 1;
    }
    batch->timers[at] = (struct batch_timer){*subject, (int16_t)kind, due_ms};
}
