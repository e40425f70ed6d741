/* "135", where the units are: the nearest that may be ordered are booked and ordered, and whoever is missed
 * is replaced. A unit is booked in the batch that orders it, by its home center alone: two emergencies of one
 * moment never get the same one. */
#include "center/center_command.h"

#include <assert.h>
#include <string.h>

#define SPARE 3 /* of each unit that a further order wants, so many are tried at one center */

static int64_t position_age(const struct live_center *center, const struct command *header)
{
    const struct plan *plan = response_plan(&center->config.world->response, header->plan);
    return plan ? plan->position_age_ms : INT64_MAX;
}

/* Books and orders up to `wanted` of the nearest; returns how many there were. */
static size_t fill(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet,
                   const struct selector_part *part, size_t wanted, enum sheet_event event)
{
    const struct command *header = &command->row.record.header;
    struct muster *muster = center->muster;
    struct command_world world = center_command_world(center);
    size_t *near = arena_take(&center->batch.arena, (muster->unit_count + 1) * sizeof *near);
    struct actor actor = {.user = "system:plan", .post = POST_SYSTEM};
    size_t filled = 0;
    assert(near);
    memcpy(actor.center, center->code, CODE_SIZE);
    bool top = header->priority == PRIORITY_CRITICAL;
    center_units_roll_day(center);
    size_t count = (top ? units_nearest_top : units_nearest)(
        muster->units, muster->unit_count, part->type, part->lon, part->lat, center->batch.now_ms,
        position_age(center, header), near, muster->unit_count);
    for (size_t i = 0; i < count && filled < wanted; i++) {
        struct unit *unit = &muster->units[near[i]];
        struct recipient recipient = {.kind = RECIPIENT_UNIT, .center = center->index};
        struct receipt_change change = {.event = RECEIPT_DELIVER};
        struct unit after;
        if (center_sheet_index(sheet, unit->name) >= 0 ||
            unit_book(unit, &header->id, top, center->batch.now_ms, &after, NULL) != ERR_OK)
            continue;
        memcpy(recipient.name, unit->name, USER_SIZE);
        memcpy(recipient.type, unit->type, POST_SIZE);
        memcpy(recipient.department, unit->department, DEPT_SIZE);
        center_unit_change(center, unit, &after, UNIT_EVENT_BOOK, &actor);
        receipt_deliver(&world, &command->row.record, &recipient, center->batch.now_ms, &change);
        center_sheet_change(center, command, sheet, event, &change);
        filled++;
    }
    return filled;
}

static bool asks_here(struct live_center *center, const struct command_slot *command, size_t part)
{
    struct selector only = {.count = 1};
    only.parts[0] = command->selector.parts[part];
    return only.parts[0].has_near &&
           selector_touches(&only, center->world.topology, command->issuer, center->index);
}

/* The near= part of the command that asks this center for units of a type. */
static const struct selector_part *part_for(struct live_center *center, const struct command_slot *command,
                                            const char *type)
{
    for (size_t i = 0; i < command->selector.count; i++)
        if (strcmp(command->selector.parts[i].type, type) == 0 && asks_here(center, command, i))
            return &command->selector.parts[i];
    return NULL;
}

/* Nobody more here: the sheet says so, and the center that ordered its own units looks further. */
static void unfilled(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet,
                     size_t lack, const char *why)
{
    const struct command *header = &command->row.record.header;
    sheet->say_unfilled = !sheet->row.sheet.unfilled;
    sheet->dirty = true;
    if (header->kind == COMMAND_EMERGENCY && command->issuer == center->index)
        center_emergency_short(center, command, (int32_t)lack, why);
}

void center_emergency_open(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet)
{
    size_t lack = 0;
    for (size_t i = 0; i < command->selector.count; i++) {
        const struct selector_part *part = &command->selector.parts[i];
        size_t wanted = part->count > 0 ? (size_t)part->count : 1;
        if (asks_here(center, command, i))
            lack += wanted - fill(center, command, sheet, part, wanted, SHEET_OPEN);
    }
    if (lack > 0)
        unfilled(center, command, sheet, lack, "本中心可派力量不足");
}

/* A further order has other centers to turn to: it does not try all units of each. */
static bool tried_enough(const struct command_slot *command, const struct sheet_slot *sheet,
                         const struct selector_part *part)
{
    return command->row.record.header.ack_rule == ACK_K_OF_N &&
           sheet->row.receipt_count >= SPARE * (size_t)(part->count > 0 ? part->count : 1);
}

/* One more instead of the one that was missed; false = nobody is left, and that is said. */
static bool replace(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet,
                    const struct receipt_change *change, const char *why)
{
    const struct unit *unit = center_unit_find(center, change->after.name);
    const struct selector_part *part = unit ? part_for(center, command, unit->type) : NULL;
    if (!part)
        return false;
    if (!tried_enough(command, sheet, part) && fill(center, command, sheet, part, 1, SHEET_MORE) > 0)
        return true;
    unfilled(center, command, sheet, 1, why);
    return false;
}

/* Who stays silent is waited for no longer. */
static void relieve(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet,
                    const struct receipt_change *change)
{
    struct command_world world = center_command_world(center);
    struct receipt_change relieved = {.event = RECEIPT_EVENT_NONE};
    if (receipt_relieve(&world, &command->row.record, &change->after, "限时未签收，改派就近力量",
                        center->batch.now_ms, &relieved))
        center_sheet_change(center, command, sheet, SHEET_CHANGE, &relieved);
}

void center_emergency_change(struct live_center *center, struct command_slot *command,
                             struct sheet_slot *sheet, const struct receipt_change *change)
{
    if (command->row.record.ended != COMMAND_EVENT_NONE)
        return; /* enough had signed; where one of them fails after all, the issuer sees it and orders anew */
    if (change->event == RECEIPT_CHANNEL && change->after.state == RECEIPT_DELIVERED) {
        relieve(center, command, sheet, change);
    } else if (change->event == RECEIPT_RELIEVED) {
        replace(center, command, sheet, change, "限时无人签收，且本中心已无可派力量");
    } else if (change->event == RECEIPT_REFUSE) {
        replace(center, command, sheet, change, "力量不能执行，且本中心已无可派力量");
    } else if (change->event == RECEIPT_LATE_ARRIVE &&
               replace(center, command, sheet, change, "限时未到场，且本中心已无可派力量") &&
               command->issuer == center->index) {
        center_emergency_climb(center, command, "限时未到场，已增派就近力量");
    }
}
