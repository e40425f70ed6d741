/* This center's own sheets: receipts come into being when a command arrives, change when somebody acts, when
 * a clock runs out, or when the header says something new. Only the center where a recipient is writes its
 * receipt. */
#include "center/center_command.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMER_STEPS_MAX 16 /* changes of one receipt at one look; more is a loop in the rules */

/* ---- changes ---- */

/* Whoever must hear of it now. */
static bool calls(enum receipt_event event)
{
    switch (event) {
    case RECEIPT_DELIVER:
    case RECEIPT_CHANNEL:
    case RECEIPT_DEPUTY:
    case RECEIPT_REPEAT:
    case RECEIPT_LAPSE:
    case RECEIPT_LATE_REPORT:
    case RECEIPT_PAR_CALL:
    case RECEIPT_PAR_MISSED:
    case RECEIPT_RELIEVED:
    case RECEIPT_UPDATED:
    case RECEIPT_CANCEL:
    case RECEIPT_SUPERSEDE:
    case RECEIPT_CHECK_FAIL:
    case RECEIPT_STAND_DOWN:
        return true;
    case RECEIPT_EVENT_NONE:
    case RECEIPT_ACK:
    case RECEIPT_DEPART:
    case RECEIPT_ARRIVE:
    case RECEIPT_CONTACT:
    case RECEIPT_PROGRESS:
    case RECEIPT_REPORT:
    case RECEIPT_FINISH:
    case RECEIPT_REFUSE:
    case RECEIPT_PAR:
    case RECEIPT_HAND_OVER:
    case RECEIPT_ABOVE:
    case RECEIPT_LATE_CONTACT:
    case RECEIPT_LATE_ARRIVE:
    case RECEIPT_LATE_DONE:
    case RECEIPT_EXPIRE:
    case RECEIPT_CHECK_OK:
    case RECEIPT_EVENTS:
        return false;
    }
    return false;
}

static void pend(struct live_center *center, struct sheet_slot *sheet, enum sheet_event event,
                 const struct receipt_change *change)
{
    if (sheet->pending_count == sheet->pending_room) {
        size_t room = sheet->pending_room ? sheet->pending_room * 2 : 32;
        struct sheet_pending *list = arena_take_raw(&center->batch.arena, room * sizeof *list);
        assert(list);
        if (sheet->pending_count > 0)
            memcpy(list, sheet->pending, sheet->pending_count * sizeof *list);
        sheet->pending = list;
        sheet->pending_room = room;
    }
    sheet->pending[sheet->pending_count++] = (struct sheet_pending){.event = event, .change = *change};
}

void center_sheet_change(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet,
                         enum sheet_event event, const struct receipt_change *change)
{
    int32_t at = event == SHEET_OPEN ? -1 : center_sheet_index(sheet, change->after.name);
    if (at < 0)
        at = (int32_t)center_sheet_add(center, sheet, &change->after);
    sheet->row.receipts[at] = change->after;
    sheet->touched[at] = true;
    sheet->exists = sheet->dirty = true;
    pend(center, sheet, event, change);
    if (calls(change->event) && change->after.state != RECEIPT_EXPIRED)
        center_call(center, command, &change->after, change->event);
    center_unit_follow(center, command, change);
    center_sheet_seen(center, command, &sheet->row.sheet, change);
    if (command->row.record.header.kind == COMMAND_EMERGENCY)
        center_emergency_change(center, command, sheet, change);
}

/* ---- what any tier makes of a change ---- */

/* The sheet's center is a child of ours: an unsigned command calls us (中心呼、我必应). */
static bool is_called(const struct live_center *center, const struct sheet *sheet)
{
    const struct topology *topology = center->world.topology;
    int32_t seat = topology_center(topology, sheet->center);
    return seat >= 0 && topology->centers[seat].parent == center->index;
}

/* What an alarm about one recipient of a command is filed under. */
static struct id called_id(const struct id *command, const char *name)
{
    uint8_t bytes[ID_BYTES + USER_SIZE] = {0};
    uint8_t hash[HASH_BYTES];
    struct id id;
    memcpy(bytes, command->bytes, ID_BYTES);
    memcpy(bytes + ID_BYTES, name, strnlen(name, USER_SIZE));
    wire_hash(bytes, sizeof bytes, hash);
    memcpy(id.bytes, hash, ID_BYTES);
    return id;
}

/* One alarm for all of a center's people who stay silent: a roll call of hundreds must not bury the list. */
static void alarm_unanswered(struct live_center *center, const struct command_slot *command,
                             const struct sheet *sheet, const struct receipt_change *change)
{
    const struct command *header = &command->row.record.header;
    char id[ID_TEXT_SIZE], text[240];
    id_format(&header->id, id);
    snprintf(text, sizeof text,
             "中心 %s 有人未签收%s（%s 等），替岗亦未应答，请督促；名单见 sanji command show %s",
             sheet->center, command_kind_zh(header->kind), change->after.name, id);
    store_batch_alarm(center->batch.writes, "command.unanswered", &sheet->id, text, center->batch.now_ms);
}

void center_sheet_seen(struct live_center *center, struct command_slot *command, const struct sheet *sheet,
                       const struct receipt_change *change)
{
    const struct command *header = &command->row.record.header;
    if (receipt_first_signed(change))
        center_command_answered(center, command);
    if (change->event == RECEIPT_ABOVE && is_called(center, sheet))
        alarm_unanswered(center, command, sheet, change);
    if (change->event == RECEIPT_PAR_MISSED) {
        struct id subject = called_id(&header->id, change->after.name);
        char text[200];
        snprintf(text, sizeof text, "%s 安全呼叫无人应答，可能遇险，立即查找", change->after.name);
        center_alarm(center, "command.par", &subject, text);
    }
    if (header->par_interval.unit != UNIT_NONE &&
        (change->event == RECEIPT_PAR || receipt_final(header->kind, change->after.state))) {
        struct id subject = called_id(&header->id, change->after.name);
        store_batch_clear_alarm(center->batch.writes, "command.par", &subject, center->batch.now_ms);
    }
}

/* ---- a command arrives, or says something new ---- */

/* The parts that name their recipients outright; units near a place are chosen by center_emergency_open(). */
static struct selector without_near(const struct selector *selector)
{
    struct selector plain = {.count = 0};
    for (size_t i = 0; i < selector->count; i++)
        if (!selector->parts[i].has_near)
            plain.parts[plain.count++] = selector->parts[i];
    return plain;
}

static void deliver_to(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet,
                       const struct recipient *recipient)
{
    struct command_world world = center_command_world(center);
    struct receipt_change change = {.event = RECEIPT_DELIVER};
    receipt_deliver(&world, &command->row.record, recipient, center->batch.now_ms, &change);
    center_sheet_change(center, command, sheet, SHEET_OPEN, &change);
}

void center_sheet_open(struct live_center *center, struct command_slot *command)
{
    const struct topology *topology = center->world.topology;
    struct selector plain = without_near(&command->selector);
    size_t room = selector_expand(&plain, topology, command->issuer, center->index, NULL, 0);
    bool dynamic = selector_is_dynamic(&command->selector) &&
                   selector_touches(&command->selector, topology, command->issuer, center->index);
    if (room == 0 && !dynamic)
        return;
    if (room > SHEET_RECIPIENTS_MAX)
        room = SHEET_RECIPIENTS_MAX;
    struct recipient *recipients = arena_take_raw(&center->batch.arena, (room + 1) * sizeof *recipients);
    assert(recipients);
    struct sheet_slot *sheet = center_sheet_get(center, &command->row.record.header.id, center->code);
    size_t count = selector_expand(&plain, topology, command->issuer, center->index, recipients, room);
    sheet->row.sheet.expected = (int32_t)count;
    sheet->exists = sheet->dirty = true;
    for (size_t i = 0; i < count && i < room; i++)
        deliver_to(center, command, sheet, &recipients[i]);
    if (dynamic)
        center_emergency_open(center, command, sheet);
}

void center_sheet_follow(struct live_center *center, struct command_slot *command,
                         const struct command *event)
{
    struct command_world world = center_command_world(center);
    struct id id = sheet_id(&command->row.record.header.id, center->code);
    struct sheet_slot *sheet = center_sheet_find(center, &id);
    if (!sheet || !sheet->exists)
        return;
    for (size_t i = 0; i < sheet->row.receipt_count; i++) {
        struct receipt_change change = {.event = RECEIPT_EVENT_NONE};
        if (receipt_follow(&world, &command->row.record, event, &sheet->row.receipts[i], center->batch.now_ms,
                           &change))
            center_sheet_change(center, command, sheet, SHEET_CHANGE, &change);
    }
}

void center_sheet_timer(struct live_center *center, const struct id *id)
{
    struct command_world world = center_command_world(center);
    struct sheet_slot *sheet = center_sheet_find(center, id);
    if (!sheet || !sheet->exists)
        return;
    struct command_slot *command = center_command_find(center, &sheet->row.sheet.command);
    assert(command && command->exists);      /* it comes with the sheet */
    sheet->dirty = true;                     /* writing it writes its timer */
    size_t count = sheet->row.receipt_count; /* those added meanwhile are new */
    for (size_t i = 0; i < count; i++) {
        struct receipt_change change = {.event = RECEIPT_EVENT_NONE};
        int steps = 0;
        while (receipt_timer(&world, &command->row.record, &sheet->row.receipts[i], center->batch.now_ms,
                             &change)) {
            center_sheet_change(center, command, sheet, SHEET_CHANGE, &change);
            assert(++steps < TIMER_STEPS_MAX);
        }
    }
}

/* ---- a recipient acts ---- */

/* *decided: the rules have spoken, and the key has its outcome for ever, also where that is a refusal
 * (custody.md rule 11). What was not found or not known may come yet. */
static enum err step(struct live_center *center, struct work *work, bool *decided, struct fault *fault)
{
    const struct receipt_request *asked = work->request->receipt;
    struct command_world world = center_command_world(center);
    struct receipt_input input = asked->input;
    struct receipt_change change = {.event = RECEIPT_EVENT_NONE};
    struct command_slot *command = center_command_find(center, &asked->command);
    struct sheet_slot *sheet = center_sheet_find(center, &work->case_id);
    if (!command || !command->exists)
        return fault_set(fault, ERR_UNKNOWN_COMMAND, "%s", "");
    int32_t at = sheet && sheet->exists ? center_sheet_index(sheet, asked->recipient) : -1;
    if (at < 0)
        return fault_set(fault, ERR_UNKNOWN_RECIPIENT, "指令在中心 %s 没有接收人 %s", center->code,
                         asked->recipient);
    if (center_key_too_old(&work->request->input.key))
        return fault_set(fault, ERR_TOO_OLD, "%s", "");
    enum err err = center_name_actor(center, work->request->user, &input.actor, fault);
    if (err != ERR_OK)
        return err;
    input.key = work->request->input.key;
    err = receipt_step(&world, &command->row.record, &sheet->row.receipts[at], &input, center->batch.now_ms,
                       &change, fault);
    *decided = true;
    if (err == ERR_OK)
        center_sheet_change(center, command, sheet, SHEET_CHANGE, &change);
    return err;
}

/* How the recipient stands now. */
static void fill_receipt(const struct live_center *center, struct work *work)
{
    const struct sheet_slot *sheet = center_sheet_find(center, &work->case_id);
    int32_t at = sheet && sheet->exists ? center_sheet_index(sheet, work->request->receipt->recipient) : -1;
    if (at < 0)
        return;
    work->reply.command.state = sheet->row.receipts[at].state;
    work->reply.command.flags = sheet->row.receipts[at].flags;
}

void center_decide_receipt(struct live_center *center, struct work *work)
{
    struct fault fault = {.code = ERR_OK};
    bool decided = false;
    work->answer = true;
    work->reply.command.command = work->request->receipt->command;
    center_content_hash(center, work->request, work->content_hash);
    if (center_command_again(center, work)) {
        fill_receipt(center, work);
        return;
    }
    enum err err = step(center, work, &decided, &fault);
    center_outcome(work, err, err == ERR_OK ? "" : fault.text);
    if (!decided)
        return;
    int32_t no = err == ERR_OK ? center_sheet_find(center, &work->case_id)->row.sheet.last_no + 1 : 0;
    center_record_key(center, &work->request->input.key, &work->case_id, no, err, work->content_hash);
    work->reply.has_command = err == ERR_OK;
    fill_receipt(center, work);
}
