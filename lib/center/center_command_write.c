/* Events of commands and sheets become journal rows, cursors and projections: the same place and rules as for
 * cases (center_write.c), with an audience that follows from the tree: a command goes to those children under
 * which it touches somebody, a sheet goes home to the issuer, and both go up to the root: each tier sees its
 * whole subtree, and a department that a community commands sits on that way. */
#include "center/center_command.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"

#define RENEW_AGAIN_MS 60000

/* ---- audience ---- */

bool center_command_goes_to(const struct live_center *center, const struct command_slot *slot,
                            const struct neighbour *n)
{
    const struct topology *topology = center->world.topology;
    if (slot->issuer < 0)
        return false;
    if (!n->row.is_parent)
        return !topology_is_under(topology, slot->issuer, n->index) &&
               selector_touches_under(&slot->selector, topology, slot->issuer, n->index);
    return topology_is_under(topology, slot->issuer, center->index);
}

bool center_sheet_goes_to(const struct live_center *center, const struct sheet_slot *sheet,
                          const struct neighbour *n)
{
    const struct command_slot *command = center_command_find(center, &sheet->row.sheet.command);
    if (n->row.is_parent)
        return true;
    return command && command->issuer >= 0 &&
           topology_is_under(center->world.topology, command->issuer, n->index);
}

void center_write_subject(struct live_center *center, const struct entry *entry, const struct neighbour *from,
                          bool (*goes)(const struct live_center *, const void *, const struct neighbour *),
                          const void *what)
{
    struct entry row = *entry;
    row.lsn = ++center->batch.lsn;
    row.kind = ENTRY_EVENT;
    row.more = false;
    store_batch_journal(center->batch.writes, &row);
    for (size_t i = 0; i < center->neighbour_count; i++) {
        struct neighbour *n = &center->neighbours[i];
        if (n != from && goes(center, what, n))
            center_write_to(center, n, LANE_TALK, &row, ENTRY_EVENT);
    }
}

static bool command_goes(const struct live_center *center, const void *what, const struct neighbour *n)
{
    return center_command_goes_to(center, what, n);
}

static bool sheet_goes(const struct live_center *center, const void *what, const struct neighbour *n)
{
    return center_sheet_goes_to(center, what, n);
}

/* ---- commands ---- */

static int64_t later(int64_t now_ms, int64_t last_ms)
{
    return now_ms > last_ms ? now_ms : last_ms + 1; /* custody.md rule 12 */
}

/* What a later reader needs whole: the header as issued or updated. */
static void keep_statement(struct command_slot *slot, const struct command_body *body)
{
    if (body->command.event != COMMAND_ISSUE && body->command.event != COMMAND_UPDATE)
        return;
    slot->row.statement = body->statement;
    slot->row.statement_size = body->statement_size;
}

enum err center_write_command(struct live_center *center, struct command_slot *slot,
                              const struct command *said, struct fault *fault)
{
    struct arena *arena = &center->batch.arena;
    struct command_record *record = &slot->row.record;
    struct command event = *said;
    struct command_body body;
    struct event_bytes bytes;
    const uint8_t *sealed;
    size_t size;
    if (!center->muster->can_sign)
        return fault_set(fault, ERR_CRYPTO, "本中心没有签名密钥，不能签发指令；请运行 sanji keys make");
    event.no = record->last_no + 1;
    enum err err = command_seal(&event, center->muster->sign_key.secret_key, arena, &sealed, &size);
    if (err == ERR_OK)
        err = command_open(sealed, size, arena, &body, fault);
    if (err != ERR_OK)
        return fault_set(fault, err, "指令内容超出长度上限");
    struct envelope envelope = {.subject_kind = SUBJECT_COMMAND,
                                .subject = event.id,
                                .no = event.no,
                                .at_ms = later(center->batch.now_ms, record->last_ms),
                                .kind = (uint16_t)event.event};
    memcpy(envelope.actor, event.actor.user, USER_SIZE);
    memcpy(envelope.writer, center->code, CODE_SIZE);
    memcpy(envelope.next_owner, center->code, CODE_SIZE);
    subject_encode(&envelope, sealed, size, record->head_hash, &bytes);
    command_apply(record, &body.command, event.no, envelope.at_ms, bytes.hash);
    keep_statement(slot, &body);
    slot->exists = slot->dirty = true;
    center_command_known(center, slot);
    struct entry entry = {.subject = event.id,
                          .subject_no = event.no,
                          .envelope = bytes.packed,
                          .body = bytes.body,
                          .body_size = bytes.body_size};
    center_write_subject(center, &entry, NULL, command_goes, slot);
    return ERR_OK;
}

void center_copy_command(struct live_center *center, struct command_slot *slot, const struct work *work,
                         const struct command_body *body)
{
    uint8_t hash[HASH_BYTES];
    envelope_hash(work->entry->envelope, hash);
    command_apply(&slot->row.record, &body->command, work->envelope.no, work->envelope.at_ms, hash);
    keep_statement(slot, body);
    slot->exists = slot->dirty = true;
    center_command_known(center, slot);
    center_write_subject(center, work->entry, work->from, command_goes, slot);
}

/* ---- sheets ---- */

void center_copy_sheet(struct live_center *center, struct sheet_slot *slot, const struct work *work)
{
    struct sheet *sheet = &slot->row.sheet;
    envelope_hash(work->entry->envelope, sheet->head_hash);
    sheet->last_no = work->envelope.no;
    sheet->last_ms = work->envelope.at_ms;
    slot->dirty = true;
    center_write_subject(center, work->entry, work->from, sheet_goes, slot);
}

/* One event of our sheet. */
static void write_sheet_event(struct live_center *center, struct sheet_slot *slot,
                              const struct sheet_body *said)
{
    struct sheet *sheet = &slot->row.sheet;
    struct event_bytes bytes;
    const uint8_t *body;
    size_t size;
    enum err err = sheet_pack(said, &center->batch.arena, &body, &size);
    assert(err == ERR_OK); /* groups are cut to fit */
    struct envelope envelope = {.subject_kind = SUBJECT_SHEET,
                                .subject = sheet->id,
                                .no = sheet->last_no + 1,
                                .at_ms = later(center->batch.now_ms, sheet->last_ms),
                                .kind = (uint16_t)said->event};
    memcpy(envelope.writer, center->code, CODE_SIZE);
    memcpy(envelope.next_owner, center->code, CODE_SIZE);
    text_put(envelope.actor, USER_SIZE, said->count == 1 ? said->changes[0].actor.user : "system:sheet");
    subject_encode(&envelope, body, size, sheet->head_hash, &bytes);
    sheet->last_no = envelope.no;
    sheet->last_ms = envelope.at_ms;
    memcpy(sheet->head_hash, bytes.hash, HASH_BYTES);
    struct entry entry = {.subject = sheet->id,
                          .subject_no = envelope.no,
                          .envelope = bytes.packed,
                          .body = bytes.body,
                          .body_size = bytes.body_size};
    center_write_subject(center, &entry, NULL, sheet_goes, slot);
}

/* The next run of pending changes of one kind that fits into an event; returns how many. */
static size_t next_group(struct live_center *center, const struct sheet_slot *slot, size_t from,
                         struct sheet_body *said)
{
    size_t bytes = 256, count = 0; /* head of the body */
    said->event = slot->pending[from].event;
    size_t room =
        slot->pending_count - from < SHEET_CHANGES_MAX ? slot->pending_count - from : SHEET_CHANGES_MAX;
    said->changes = arena_take_raw(&center->batch.arena, room * sizeof *said->changes);
    assert(said->changes);
    for (size_t i = from; i < slot->pending_count && count < room; i++) {
        const struct sheet_pending *pending = &slot->pending[i];
        bytes += sheet_change_bytes(&pending->change);
        if (pending->event != said->event || (count > 0 && bytes > BODY_BYTES_MAX))
            break;
        said->changes[count++] = pending->change;
    }
    said->count = count;
    return count;
}

static void write_events(struct live_center *center, struct sheet_slot *slot)
{
    struct sheet *sheet = &slot->row.sheet;
    bool opens = sheet->last_no == 0;
    for (size_t at = 0; at < slot->pending_count || opens;) {
        struct sheet_body said = {.command = sheet->command, .event = SHEET_OPEN};
        if (at < slot->pending_count)
            at += next_group(center, slot, at, &said);
        bool more = at < slot->pending_count && slot->pending[at].event == SHEET_OPEN;
        said.whole = said.event == SHEET_OPEN ? !more : sheet->whole;
        sheet->whole = said.whole;
        opens = false;
        write_sheet_event(center, slot, &said);
    }
    slot->pending_count = 0;
    if (!slot->say_unfilled)
        return;
    struct sheet_body said = {.command = sheet->command, .event = SHEET_UNFILLED, .whole = sheet->whole};
    sheet->unfilled = true;
    slot->say_unfilled = false;
    write_sheet_event(center, slot, &said);
}

static void note_due(struct live_center *center, int64_t due_ms)
{
    if (due_ms < center->batch.next_due_ms)
        center->batch.next_due_ms = due_ms;
}

/* A due time that has moved since it was worked out (another ladder, another calendar) is no change of the
 * receipt, but the timer must follow it, else it would come at once again, for ever. */
static int64_t next_look_at(const struct live_center *center, const struct command_slot *command,
                            const struct receipt *receipt)
{
    struct command_world world = center_command_world(center);
    if (receipt->next_ms > center->batch.now_ms)
        return receipt->next_ms;
    return receipt_next_look(&world, &command->row.record, receipt, center->batch.now_ms);
}

static void write_receipts(struct live_center *center, struct sheet_slot *slot)
{
    const struct sheet *sheet = &slot->row.sheet;
    const struct command_slot *command = center_command_find(center, &sheet->command);
    int64_t next_ms = INT64_MAX;
    assert(command);
    for (size_t i = 0; i < slot->row.receipt_count; i++) {
        const struct receipt *receipt = &slot->row.receipts[i];
        if (slot->touched[i])
            store_batch_receipt(center->batch.writes, &sheet->command, command->row.record.header.kind,
                                sheet->center, receipt, slot->fresh[i]);
        int64_t look_ms = next_look_at(center, command, receipt);
        if (look_ms < next_ms)
            next_ms = look_ms;
    }
    store_batch_timer(center->batch.writes, &sheet->id, SUBJECT_SHEET, next_ms);
    note_due(center, next_ms);
}

static void write_sheet(struct live_center *center, struct sheet_slot *slot)
{
    if (strcmp(slot->row.sheet.center, center->code) == 0) {
        write_events(center, slot);
        write_receipts(center, slot);
    }
    store_batch_sheet(center->batch.writes, &slot->row.sheet, slot->was_new);
}

/* When this center must look at the command itself: its issuer to renew a lease, the others when one runs
 * out. */
static int64_t next_look(const struct live_center *center, const struct command_slot *slot)
{
    const struct command_record *record = &slot->row.record;
    struct command_world world = center_command_world(center);
    if (slot->issuer == center->index && record->header.mode_end_ms > center->batch.now_ms) {
        int64_t renew_ms = command_next_timer(&world, record);
        int64_t soon_ms =
            center->batch.now_ms + RENEW_AGAIN_MS; /* it was due and could not be done: not at once */
        return renew_ms > center->batch.now_ms ? renew_ms : soon_ms;
    }
    if (record->header.kind != COMMAND_MODE || record->ended != COMMAND_EVENT_NONE)
        return INT64_MAX;
    int64_t now_ms = center->batch.now_ms;
    return record->header.lease_ms > now_ms      ? record->header.lease_ms
           : record->header.mode_end_ms > now_ms ? record->header.mode_end_ms
                                                 : INT64_MAX;
}

void center_orders_write(struct live_center *center)
{
    struct orders *orders = center->batch.orders;
    for (size_t i = 0; i < orders->sheet_index.count; i++)
        if (orders->sheets[i]->dirty)
            write_sheet(center, orders->sheets[i]);
    for (size_t i = 0; i < orders->command_index.count; i++) {
        struct command_slot *slot = orders->commands[i];
        if (!slot->dirty)
            continue;
        int64_t next_ms = next_look(center, slot);
        store_batch_command(center->batch.writes, &slot->row, slot->was_new);
        store_batch_timer(center->batch.writes, &slot->row.record.header.id, SUBJECT_COMMAND, next_ms);
        note_due(center, next_ms);
    }
}
