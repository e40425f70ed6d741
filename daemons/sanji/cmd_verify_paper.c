/* The rows of commands, sheets, receipts and units of one database. */
#include "cmd_verify_paper.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd_verify.h"
#include "wire/command.h"

void paper_init(struct verify_paper *paper, struct verify *verify, int32_t center)
{
    *paper = (struct verify_paper){.verify = verify, .center = center};
}

void paper_fini(struct verify_paper *paper)
{
    store_index_fini(&paper->command_index);
    store_index_fini(&paper->sheet_index);
    store_index_fini(&paper->receipt_index);
    store_index_fini(&paper->unit_index);
    store_index_fini(&paper->line_index);
    free(paper->commands);
    free(paper->sheets);
    free(paper->receipts);
    free(paper->booked);
    free(paper->lines);
}

struct paper_command *paper_command(struct verify_paper *paper, const struct id *id)
{
    size_t at;
    return store_index_find(&paper->command_index, id, &at) ? &paper->commands[at] : NULL;
}

struct paper_sheet *paper_sheet(struct verify_paper *paper, const struct id *id)
{
    size_t at;
    return store_index_find(&paper->sheet_index, id, &at) ? &paper->sheets[at] : NULL;
}

const struct id *paper_booked(struct verify_paper *paper, const struct id *id)
{
    size_t at;
    return store_index_find(&paper->unit_index, id, &at) ? &paper->booked[at] : NULL;
}

/* ---- receipts: known by the hash of command and name ---- */

static struct id receipt_key(const struct id *command, const char *name)
{
    uint8_t bytes[ID_BYTES + USER_SIZE] = {0}, hash[HASH_BYTES];
    struct id key;
    memcpy(bytes, command->bytes, ID_BYTES);
    text_put((char *)bytes + ID_BYTES, USER_SIZE, name);
    wire_hash(bytes, sizeof bytes, hash);
    memcpy(key.bytes, hash, ID_BYTES);
    return key;
}

struct paper_receipt *paper_receipt(struct verify_paper *paper, const struct id *command, const char *name)
{
    struct id key = receipt_key(command, name);
    size_t at;
    return store_index_find(&paper->receipt_index, &key, &at) ? &paper->receipts[at] : NULL;
}

static size_t put_text(uint8_t *at, const char *text)
{
    size_t size = strlen(text) + 1;
    memcpy(at, text, size);
    return size;
}

void paper_digest(const struct receipt *r, uint8_t out[VERIFY_HASH])
{
    const int64_t numbers[] = {r->state,         r->flags,          r->rung,          r->repeats,
                               r->reports,       r->score,          r->delivered_ms,  r->acked_ms,
                               r->departed_ms,   r->arrived_ms,     r->reported_ms,   r->ended_ms,
                               r->ack_due_ms,    r->contact_due_ms, r->arrive_due_ms, r->done_due_ms,
                               r->report_due_ms, r->par_due_ms,     r->last_ms,       r->next_ms};
    uint8_t bytes[sizeof numbers + 3 * USER_SIZE + ANSWER_SIZE + VALUES_SIZE], hash[HASH_BYTES];
    const char *values = r->values && strlen(r->values) < VALUES_SIZE ? r->values : "";
    size_t size = sizeof numbers;
    memcpy(bytes, numbers, sizeof numbers);
    size += put_text(bytes + size, r->name);
    size += put_text(bytes + size, r->by);
    size += put_text(bytes + size, r->deputy);
    size += put_text(bytes + size, r->answer);
    size += put_text(bytes + size, values);
    wire_hash(bytes, size, hash);
    memcpy(out, hash, VERIFY_HASH);
}

static bool on_receipt(void *ctx, const struct id *command, const char *center, const struct receipt *receipt)
{
    struct verify_paper *paper = ctx;
    struct id sheet = sheet_id(command, center), key = receipt_key(command, receipt->name);
    size_t at, sheet_at;
    if (!store_index_find(&paper->sheet_index, &sheet, &sheet_at)) {
        verify_say(paper->verify, VERIFY_RECEIPT_ROW, paper->center,
                   verify_entry_find(paper->verify, command), "%s at %s stands on no sheet", receipt->name,
                   center);
        return true;
    }
    if (store_index_add(&paper->receipt_index, &key, &at)) {
        verify_say(paper->verify, VERIFY_RECEIPT_TWICE, paper->center,
                   verify_entry_find(paper->verify, command), "%s", receipt->name);
        return true;
    }
    paper->receipts = verify_grow(paper->receipts, &paper->receipt_room, at + 1, sizeof *paper->receipts);
    paper->receipts[at] = (struct paper_receipt){.sheet = sheet_at, .state = receipt->state};
    paper_digest(receipt, paper->receipts[at].digest);
    if (receipt->next_ms < paper->sheets[sheet_at].next_ms)
        paper->sheets[sheet_at].next_ms = receipt->next_ms;
    paper->verify->counts.receipts += paper->sheets[sheet_at].center == paper->center;
    return true;
}

/* ---- commands and sheets ---- */

static bool on_command(void *ctx, const struct command_row *row)
{
    struct verify_paper *paper = ctx;
    const struct command_record *r = &row->record;
    char label[ID_TEXT_SIZE];
    uint8_t hash[HASH_BYTES];
    size_t at, position;
    id_format(&r->header.id, label);
    store_index_add(&paper->command_index, &r->header.id, &at);
    paper->commands = verify_grow(paper->commands, &paper->command_room, at + 1, sizeof *paper->commands);
    struct paper_command *command = &paper->commands[at];
    *command = (struct paper_command){.id = r->header.id, .kind = r->header.kind, .ended = r->ended};
    wire_hash(row->statement, row->statement_size, hash);
    memcpy(command->statement, hash, VERIFY_HASH);
    verify_holder_add(verify_entry_named(paper->verify, &r->header.id, SUBJECT_COMMAND, label, &position),
                      paper->center, r->last_no, r->head_hash);
    return true;
}

/* A sheet that was not heard yet is expected only: nobody holds a log of it. */
static struct verify_entry *sheet_entry(struct verify *verify, const struct sheet *sheet)
{
    char id[ID_TEXT_SIZE], label[VERIFY_LABEL_SIZE];
    size_t position;
    id_format(&sheet->command, id);
    snprintf(label, sizeof label, "%s@%s", id, sheet->center);
    return verify_entry_named(verify, &sheet->id, SUBJECT_SHEET, label, &position);
}

static bool on_sheet(void *ctx, const struct verify_sheet *row)
{
    struct verify_paper *paper = ctx;
    const struct sheet *s = &row->sheet;
    struct verify_entry *entry = sheet_entry(paper->verify, s);
    size_t at;
    store_index_add(&paper->sheet_index, &s->id, &at);
    paper->sheets = verify_grow(paper->sheets, &paper->sheet_room, at + 1, sizeof *paper->sheets);
    paper->sheets[at] = (struct paper_sheet){.command = s->command,
                                             .center = topology_center(paper->verify->topology, s->center),
                                             .next_ms = INT64_MAX,
                                             .timer_ms = row->has_timer ? row->timer_ms : INT64_MAX};
    if (s->last_no > 0)
        verify_holder_add(entry, paper->center, s->last_no, s->head_hash);
    if (!paper_command(paper, &s->command))
        verify_say(paper->verify, VERIFY_COMMAND_ROW, paper->center, entry, "a sheet without its command");
    return true;
}

/* The writer of a sheet looks again when one of its receipts wants it; nobody else has a timer of it. */
static void judge_timers(struct verify_paper *paper)
{
    for (size_t i = 0; i < paper->sheet_index.count; i++) {
        const struct paper_sheet *sheet = &paper->sheets[i];
        int64_t want_ms = sheet->center == paper->center ? sheet->next_ms : INT64_MAX;
        const struct verify_entry *entry = verify_entry_find(paper->verify, &paper->sheet_index.ids[i]);
        if (sheet->timer_ms != want_ms)
            verify_say(paper->verify, VERIFY_SHEET_TIMER, paper->center, entry,
                       "timer %" PRId64 ", receipts %" PRId64, sheet->timer_ms, want_ms);
    }
}

/* ---- units ---- */

static struct verify_entry *unit_entry(struct verify *verify, const struct unit *unit)
{
    struct id id = unit_id(unit->name);
    size_t position;
    return verify_entry_named(verify, &id, SUBJECT_UNIT, unit->name, &position);
}

static void judge_order(struct verify_paper *paper, const struct unit *unit, const struct verify_entry *entry)
{
    const struct paper_command *command = paper_command(paper, &unit->booked);
    const struct paper_receipt *receipt = paper_receipt(paper, &unit->booked, unit->name);
    char text[ID_TEXT_SIZE];
    if (command && receipt && !receipt_final(command->kind, receipt->state))
        return;
    id_format(&unit->booked, text);
    verify_say(paper->verify, VERIFY_UNIT_ORDER, paper->center, entry, "command %s: %s", text,
               receipt ? receipt_state_name(receipt->state) : "no receipt");
}

static bool on_unit(void *ctx, const char *center, const struct unit *unit)
{
    struct verify_paper *paper = ctx;
    bool ours = topology_center(paper->verify->topology, center) == paper->center;
    struct verify_entry *entry = unit_entry(paper->verify, unit);
    struct id id = unit_id(unit->name);
    size_t at;
    store_index_add(&paper->unit_index, &id, &at);
    paper->booked = verify_grow(paper->booked, &paper->unit_room, at + 1, sizeof *paper->booked);
    paper->booked[at] = unit->booked;
    if (unit->last_no > 0)
        verify_holder_add(entry, paper->center, unit->last_no, unit->head_hash);
    paper->verify->counts.units += ours;
    if (ours && !id_is_zero(&unit->booked))
        judge_order(paper, unit, entry);
    return true;
}

/* ---- the whole ---- */

enum err paper_read(struct verify_paper *paper, struct store_reader *reader, struct fault *fault)
{
    enum err err = store_verify_commands(reader, on_command, paper, fault);
    if (err == ERR_OK)
        err = store_verify_sheets(reader, on_sheet, paper, fault);
    if (err == ERR_OK)
        err = store_verify_receipts(reader, on_receipt, paper, fault);
    if (err == ERR_OK)
        err = store_read_units(reader, on_unit, paper, fault);
    if (err == ERR_OK)
        judge_timers(paper);
    return err;
}

void paper_judge(struct verify_paper *paper)
{
    struct verify *verify = paper->verify;
    for (size_t i = 0; i < paper->receipt_index.count; i++) {
        const struct paper_receipt *receipt = &paper->receipts[i];
        if (!receipt->shown && !paper->sheets[receipt->sheet].unjudged)
            verify_say(verify, VERIFY_RECEIPT_ROW, paper->center,
                       verify_entry_find(verify, &paper->sheet_index.ids[receipt->sheet]),
                       "a row (%s) that no log shows", receipt_state_name(receipt->state));
    }
}

/* ---- a second look ---- */

struct again {
    struct verify *verify;
    int32_t center;
};

static bool on_command_again(void *ctx, const struct command_row *row)
{
    const struct again *again = ctx;
    const struct command_record *r = &row->record;
    char label[ID_TEXT_SIZE];
    size_t position;
    id_format(&r->header.id, label);
    verify_holder_again(verify_entry_named(again->verify, &r->header.id, SUBJECT_COMMAND, label, &position),
                        again->center, r->last_no, r->head_hash);
    return true;
}

static bool on_sheet_again(void *ctx, const struct verify_sheet *row)
{
    const struct again *again = ctx;
    if (row->sheet.last_no > 0)
        verify_holder_again(sheet_entry(again->verify, &row->sheet), again->center, row->sheet.last_no,
                            row->sheet.head_hash);
    return true;
}

static bool on_unit_again(void *ctx, const char *center, const struct unit *unit)
{
    const struct again *again = ctx;
    (void)center;
    if (unit->last_no > 0)
        verify_holder_again(unit_entry(again->verify, unit), again->center, unit->last_no, unit->head_hash);
    return true;
}

enum err paper_read_again(struct verify *verify, int32_t center, struct store_reader *reader,
                          struct fault *fault)
{
    struct again again = {verify, center};
    enum err err = store_verify_commands(reader, on_command_again, &again, fault);
    if (err == ERR_OK)
        err = store_verify_sheets(reader, on_sheet_again, &again, fault);
    if (err == ERR_OK)
        err = store_read_units(reader, on_unit_again, &again, fault);
    return err;
}
