/* The second look of a batch: what the rules of emergencies, and of commands that some signatures are enough
 * for, must see, and that only the first look could name. */
#include "center/center_command.h"

#include <assert.h>
#include <string.h>

static void want_command(struct second_look *look, const struct id *case_id, const char *code,
                         const char *sheet, int32_t circle)
{
    for (int32_t round = 1; round <= CIRCLE_ROUNDS && look->command_count < look->room; round++) {
        struct id id = center_circle_id(case_id, code, circle, round);
        look->commands[look->command_count++] = id;
        look->sheets[look->sheet_count++] = (struct sheet_want){.id = sheet_id(&id, sheet), .receipts = true};
    }
}

/* Of a command that some signatures are enough for: our own sheet, whose people may have to be stood down,
 * and those of the centers that a further order asked. */
static void want_asked(const struct live_center *center, struct second_look *look,
                       const struct command_slot *slot)
{
    const struct id *command = &slot->row.record.header.id;
    if (slot->issuer != center->index)
        return;
    look->sheets[look->sheet_count++] =
        (struct sheet_want){.id = sheet_id(command, center->code), .receipts = true};
    for (size_t i = 0; i < slot->selector.count; i++)
        if (slot->selector.parts[i].has_near && slot->selector.parts[i].center[0])
            look->sheets[look->sheet_count++] = (struct sheet_want){
                .id = sheet_id(command, slot->selector.parts[i].center), .receipts = true};
}

static bool make_room(struct live_center *center, struct second_look *look, size_t count)
{
    struct arena *arena = &center->batch.arena;
    look->room = count * (CIRCLE_ROUNDS + SELECTOR_TERMS_MAX + 1);
    look->cases = arena_take(arena, (look->room + 1) * sizeof *look->cases);
    look->commands = arena_take(arena, (look->room + 1) * sizeof *look->commands);
    look->sheets = arena_take(arena, (look->room + 1) * sizeof *look->sheets);
    assert(look->cases && look->commands && look->sheets);
    return count > 0;
}

/* A case with a plan comes over to us in this batch: who gave it, else NULL. */
static const char *giver_of(struct live_center *center, const struct work *work, const struct plan **plan)
{
    struct case_slot *slot = work->kind == INPUT_ENTRIES && work->body &&
                                     work->envelope.kind == EVENT_HANDOVER &&
                                     strcmp(work->envelope.next_owner, center->code) == 0
                                 ? center_slot_find(center, &work->case_id)
                                 : NULL;
    if (!slot || !slot->exists)
        return NULL;
    *plan = center_plan_of_case(center, &slot->row.record);
    return *plan ? work->envelope.writer : NULL;
}

/* The plan of a case that may be filed, or come to its end, in this batch. */
static const struct plan *plan_in_hand(const struct live_center *center, const struct case_slot *slot)
{
    return slot->exists && case_state_open(slot->row.record.state)
               ? center_plan_of_case(center, &slot->row.record)
               : NULL;
}

bool center_emergency_wants(struct live_center *center, struct second_look *look)
{
    struct batch *batch = &center->batch;
    struct orders *orders = batch->orders;
    const struct plan *plan = NULL;
    size_t count = 0;
    for (size_t i = 0; i < orders->command_index.count; i++) {
        const struct command *header = &orders->commands[i]->row.record.header;
        count += header->kind == COMMAND_EMERGENCY || header->ack_rule != ACK_EACH;
    }
    for (size_t i = 0; i < batch->slot_count; i++) {
        plan = plan_in_hand(center, &batch->slots[i]);
        count += plan ? plan->circle_count : 0;
    }
    for (size_t i = 0; i < batch->work_count; i++)
        if (giver_of(center, &batch->works[i], &plan))
            count += 2 * plan->circle_count;
    if (count == 0 || !make_room(center, look, count))
        return false;
    for (size_t i = 0; i < orders->command_index.count; i++) {
        const struct command *header = &orders->commands[i]->row.record.header;
        if (header->ack_rule != ACK_EACH)
            want_asked(center, look, orders->commands[i]);
        if (header->kind != COMMAND_EMERGENCY)
            continue;
        look->cases[look->case_count++] = header->case_id;
        want_command(look, &header->case_id, center->code, center->code, header->circle);
    }
    for (size_t i = 0; i < batch->slot_count; i++) {
        plan = plan_in_hand(center, &batch->slots[i]);
        for (size_t c = 0; plan && c < plan->circle_count; c++)
            want_command(look, &batch->slots[i].row.record.id, center->code, center->code, (int32_t)c + 1);
    }
    for (size_t i = 0; i < batch->work_count; i++) {
        const char *giver = giver_of(center, &batch->works[i], &plan);
        for (size_t c = 0; giver && c < plan->circle_count; c++) {
            want_command(look, &batch->works[i].case_id, giver, giver, (int32_t)c + 1);
            want_command(look, &batch->works[i].case_id, center->code, center->code, (int32_t)c + 1);
        }
    }
    return true;
}
