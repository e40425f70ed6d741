/* Commands and sheets that come from a neighbour: judged by authority, order, hash and, for a command, its
 * issuer's signature; never by the rules of the domain (custody.md rule 5). */
#include "center/center_command.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"

enum err center_decode_subject(struct live_center *center, struct work *work)
{
    struct arena *arena = &center->batch.arena;
    const struct entry *entry = work->entry;
    if (work->envelope.subject_kind == SUBJECT_COMMAND) {
        work->command = arena_take(arena, sizeof *work->command);
        assert(work->command);
        return command_open(entry->body, entry->body_size, arena, work->command, NULL);
    }
    work->sheet = arena_take(arena, sizeof *work->sheet);
    assert(work->sheet);
    return sheet_unpack(entry->body, entry->body_size, arena, work->sheet, NULL);
}

/* Order and hash, as for any subject. */
static enum err check_order(const struct work *work, int32_t last_no, const uint8_t head[HASH_BYTES])
{
    const struct envelope *e = &work->envelope;
    if (e->no != last_no + 1)
        return ERR_GAP;
    if (memcmp(e->prev_hash, head, HASH_BYTES) != 0)
        return ERR_HASH;
    return strcmp(e->writer, e->next_owner) == 0 ? ERR_OK : ERR_EPOCH;
}

/* ---- commands ---- */

/* By any key of its issuer that is on the list: two while a key is being changed. */
static enum err check_signature(const struct live_center *center, const struct command_body *body)
{
    const uint8_t *key;
    for (size_t i = 0; (key = link_signers_key(&center->muster->signers, body->command.center, i)); i++)
        if (command_verify(body, key) == ERR_OK)
            return ERR_OK;
    return ERR_FORGED;
}

static enum err check_command(const struct live_center *center, const struct command_slot *slot,
                              const struct work *work)
{
    const struct command_record *record = &slot->row.record;
    const struct command *said = &work->command->command;
    const struct envelope *e = &work->envelope;
    enum err err = check_order(work, record->last_no, record->head_hash);
    if (err != ERR_OK)
        return err;
    bool agrees = id_equal(&said->id, &e->subject) && said->no == e->no && (uint16_t)said->event == e->kind &&
                  strcmp(said->center, e->writer) == 0;
    if (!agrees || (slot->exists && strcmp(record->header.center, e->writer) != 0))
        return ERR_FORGED; /* a statement about something else */
    if ((e->no == 1) != (said->event == COMMAND_ISSUE))
        return ERR_MALFORMED;
    if (!center_may_speak_for(center, work->from, e->writer))
        return ERR_FOREIGN;
    return check_signature(center, work->command);
}

static enum err take_command(struct live_center *center, struct work *work)
{
    struct command_slot *slot = center_command_get(center, &work->entry->subject);
    if (slot->exists && work->envelope.no <= slot->row.record.last_no)
        return ERR_OK; /* held already: a repeat */
    if (slot->row.quarantined && work->entry->kind != ENTRY_SNAPSHOT)
        return ERR_GAP;
    enum err why = check_command(center, slot, work);
    if (why != ERR_OK)
        return why;
    center_copy_command(center, slot, work, work->command);
    center_command_arrived(center, slot, &work->command->command);
    return ERR_OK;
}

/* ---- sheets ---- */

static enum err check_sheet(struct live_center *center, const struct sheet_slot *slot,
                            const struct work *work)
{
    const struct envelope *e = &work->envelope;
    const struct command_slot *command = center_command_find(center, &work->sheet->command);
    struct id id = sheet_id(&work->sheet->command, e->writer);
    if (!command || !command->exists)
        return ERR_UNKNOWN_COMMAND;
    if (!id_equal(&id, &e->subject) || (slot->exists && strcmp(slot->row.sheet.center, e->writer) != 0))
        return ERR_FOREIGN;
    if (!center_may_speak_for(center, work->from, e->writer))
        return ERR_FOREIGN;
    return check_order(work, slot->row.sheet.last_no, slot->row.sheet.head_hash);
}

/* The receipt as it now stands, where the sheet's receipts are looked at. */
static void hold(struct live_center *center, struct sheet_slot *slot, const struct receipt *receipt)
{
    int32_t at = center_sheet_index(slot, receipt->name);
    if (at < 0)
        center_sheet_add(center, slot, receipt);
    else
        slot->row.receipts[at] = *receipt;
}

/* The writer's word is taken as it stands: whole receipts. */
static void apply_changes(struct live_center *center, struct command_slot *command, struct sheet_slot *slot,
                          const struct sheet_body *body)
{
    const struct sheet *sheet = &slot->row.sheet;
    bool fresh = body->event == SHEET_OPEN || body->event == SHEET_MORE;
    bool emergency = command->row.record.header.kind == COMMAND_EMERGENCY;
    for (size_t i = 0; i < body->count; i++) {
        const struct receipt_change *change = &body->changes[i];
        store_batch_receipt(center->batch.writes, &sheet->command, command->row.record.header.kind,
                            sheet->center, &change->after, fresh);
        center_sheet_seen(center, command, sheet, change);
        if (emergency)
            hold(center, slot, &change->after);
    }
    if (emergency)
        center_emergency_seen(center, command, body);
}

/* Who was silent has answered, and nobody else is: the call to this center is over. */
static void settle_calls(struct live_center *center, struct sheet_slot *slot, const struct sheet_body *body)
{
    if (slot->row.receipt_count == 0 || !center_sheet_answers_call(body))
        return;
    for (size_t i = 0; i < body->count; i++) {
        int32_t at = center_sheet_index(slot, body->changes[i].after.name);
        if (at >= 0)
            slot->row.receipts[at] = body->changes[i].after;
    }
    for (size_t i = 0; i < slot->row.receipt_count; i++) {
        const struct receipt *receipt = &slot->row.receipts[i];
        if (receipt->flags & RECEIPT_ABOVE_CALLED && receipt_unanswered(receipt))
            return;
    }
    store_batch_clear_alarm(center->batch.writes, "command.unanswered", &slot->row.sheet.id,
                            center->batch.now_ms);
}

bool center_sheet_answers_call(const struct sheet_body *body)
{
    for (size_t i = 0; i < body->count; i++)
        if (body->changes[i].after.flags & RECEIPT_ABOVE_CALLED &&
            !receipt_unanswered(&body->changes[i].after))
            return true;
    return false;
}

static enum err take_sheet(struct live_center *center, struct work *work)
{
    struct sheet_slot *slot = center_sheet_get(center, &work->sheet->command, work->envelope.writer);
    if (slot->exists && work->envelope.no <= slot->row.sheet.last_no)
        return ERR_OK;
    if (slot->row.quarantined && work->entry->kind != ENTRY_SNAPSHOT)
        return ERR_GAP;
    enum err why = check_sheet(center, slot, work);
    if (why != ERR_OK)
        return why;
    struct command_slot *command = center_command_find(center, &work->sheet->command);
    slot->exists = true;
    slot->row.sheet.whole = work->sheet->whole;
    slot->row.sheet.unfilled |= work->sheet->event == SHEET_UNFILLED;
    center_copy_sheet(center, slot, work);
    apply_changes(center, command, slot, work->sheet);
    settle_calls(center, slot, work->sheet);
    return ERR_OK;
}

enum err center_take_subject(struct live_center *center, struct work *work)
{
    if (work->bad != ERR_OK)
        return work->bad;
    return work->command ? take_command(center, work) : take_sheet(center, work);
}
