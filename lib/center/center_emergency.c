/* "135": an emergency plan orders the nearest available units in circles as soon as its case is filed, each
 * circle a command of its own with its limit to arrive. Whoever refuses, stays silent or comes late is
 * replaced by the next nearest; where nobody is left, the case climbs at once, and the center above orders
 * what is missing: from its own units first, then from all centers below it. All of it is decided in the
 * batch that learns of it: nothing waits in memory. */
#include "center/center_command.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define ROUND_OWN 1     /* units of this center */
#define ROUND_SUBTREE 2 /* from here on: of every center below it; who signs first has it */
#define ROUNDS 6        /* orders of one center for one circle; beyond it the case has long climbed */

struct id center_circle_id(const struct id *case_id, const char *code, int32_t circle, int32_t round)
{
    static const char prefix[] = "circle";
    uint8_t bytes[sizeof prefix + CODE_SIZE + ID_BYTES + 2] = {0};
    uint8_t hash[HASH_BYTES];
    struct id id;
    memcpy(bytes, prefix, sizeof prefix);
    memcpy(bytes + sizeof prefix, code, strlen(code));
    memcpy(bytes + sizeof prefix + CODE_SIZE, case_id->bytes, ID_BYTES);
    bytes[sizeof bytes - 2] = (uint8_t)circle;
    bytes[sizeof bytes - 1] = (uint8_t)round;
    wire_hash(bytes, sizeof bytes, hash);
    memcpy(id.bytes, hash, ID_BYTES);
    return id;
}

static const struct plan *plan_of_case(const struct live_center *center, const struct case_record *record)
{
    const struct item *item = catalogue_item(center->world.catalogue, record->item);
    return item && item->plan[0] ? response_plan(&center->config.world->response, item->plan) : NULL;
}

/* ---- ordering ---- */

struct circle {
    const struct plan *plan;
    int32_t no; /* 1.. */
    int32_t round;
    int32_t count; /* units wanted */
};

/* Where to go: the case's point, else the center's seat. */
static void place_of(const struct live_center *center, const struct case_record *record, double *lon,
                     double *lat)
{
    const struct center *seat = &center->world.topology->centers[center->index];
    bool known = !isnan(record->lon) && !isnan(record->lat);
    *lon = known ? record->lon : isnan(seat->lon) ? 0 : seat->lon;
    *lat = known ? record->lat : isnan(seat->lat) ? 0 : seat->lat;
}

static const char *order_text(struct live_center *center, const struct case_record *record,
                              const struct circle *circle)
{
    const struct item *item = catalogue_item(center->world.catalogue, record->item);
    const struct unit_type *type =
        topology_unit_type(center->world.topology, circle->plan->circles[circle->no - 1].type);
    char *text = arena_take_raw(&center->batch.arena, REASON_SIZE);
    assert(text);
    snprintf(text, REASON_SIZE, "【%s】%s，案卷 %s，请%s立即签收并赶赴现场。", circle->plan->zh,
             item ? item->name : record->item, record->case_no, type ? type->name : "");
    return text;
}

static void order_circle(struct live_center *center, const struct case_record *record,
                         const struct circle *circle)
{
    const struct plan_circle *wanted = &circle->plan->circles[circle->no - 1];
    struct fault fault = {.code = ERR_OK};
    struct command_slot *slot;
    struct command draft = {.event = COMMAND_ISSUE,
                            .kind = COMMAND_EMERGENCY,
                            .priority = PRIORITY_CRITICAL,
                            .case_id = record->id,
                            .ack_limit = circle->plan->ack,
                            .arrive_limit = wanted->arrive,
                            .par_interval = circle->plan->par,
                            .ack_rule = circle->round >= ROUND_SUBTREE ? ACK_K_OF_N : ACK_EACH,
                            .ack_count = circle->count,
                            .circle = circle->no};
    draft.id = center_circle_id(&record->id, center->code, circle->no, circle->round);
    draft.actor = (struct actor){.user = "system:plan", .post = POST_SYSTEM};
    memcpy(draft.actor.center, center->code, CODE_SIZE);
    memcpy(draft.case_no, record->case_no, CASE_NO_SIZE);
    memcpy(draft.plan, circle->plan->code, POST_SIZE);
    place_of(center, record, &draft.lon, &draft.lat);
    draft.text = order_text(center, record, circle);
    int n = circle->round == ROUND_OWN
                ? snprintf(draft.targets, sizeof draft.targets, "center=%s,type=%s,near=%.6f/%.6f,count=%d",
                           center->code, wanted->type, draft.lon, draft.lat, circle->count)
                : snprintf(draft.targets, sizeof draft.targets, "type=%s,near=%.6f/%.6f,count=%d",
                           wanted->type, draft.lon, draft.lat, circle->count);
    assert(n > 0 && (size_t)n < sizeof draft.targets);
    enum err err = center_command_issue(center, &draft, &slot, &fault);
    if (err != ERR_OK)
        center_alarm(center, "emergency.order", &record->id, fault.text[0] ? fault.text : err_name(err));
}

static bool has_children(const struct live_center *center)
{
    return center->neighbour_count > (center->parent ? 1u : 0u);
}

/* The next order of this center for the circle: its own units first, then all below it. */
static void order_next(struct live_center *center, const struct case_record *record, struct circle *circle)
{
    for (; circle->round <= ROUNDS; circle->round++) {
        struct id id = center_circle_id(&record->id, center->code, circle->no, circle->round);
        const struct command_slot *known = center_command_find(center, &id);
        if (known && known->exists)
            continue;
        if (circle->round == ROUND_OWN || has_children(center))
            order_circle(center, record, circle);
        return;
    }
}

static void note(struct live_center *center, struct case_slot *slot, const char *target, const char *text)
{
    struct case_result result = {0};
    struct fault fault = {.code = ERR_OK};
    enum err err = case_note(&center->world, &slot->row.record, target, text, center->batch.now_ms, &result);
    if (err == ERR_OK)
        err = center_write_result(center, slot, &result, &fault);
    if (err != ERR_OK)
        log_line(LOG_DEBUG, "emergency.note", "case %s: %s", slot->row.record.case_no, err_name(err));
}

/* At once, whatever the case's clocks say. */
static void climb(struct live_center *center, struct case_slot *slot, const char *why)
{
    struct case_result result = {0};
    struct fault fault = {.code = ERR_OK};
    enum err err = case_climb_now(&center->world, &slot->row.record, why, center->batch.now_ms, &result);
    if (err == ERR_OK)
        err = center_write_result(center, slot, &result, &fault);
    if (err != ERR_OK)
        center_alarm(center, "emergency.climb", &slot->row.record.id, err_name(err));
}

void center_emergency_begin(struct live_center *center, struct case_slot *slot)
{
    const struct plan *plan = plan_of_case(center, &slot->row.record);
    char text[160];
    if (!plan)
        return;
    snprintf(text, sizeof text, "启动应急预案%s：%zu 圈力量已下令", plan->zh, plan->circle_count);
    note(center, slot, plan->code, text);
    for (size_t i = 0; i < plan->circle_count; i++) {
        struct circle circle = {
            .plan = plan, .no = (int32_t)i + 1, .round = ROUND_OWN, .count = plan->circles[i].count};
        order_circle(center, &slot->row.record, &circle);
    }
}

/* ---- what a circle has ---- */

/* Still counted on: ordered and not late, or arrived. */
static bool counts(const struct receipt *receipt)
{
    bool works = receipt->state >= RECEIPT_DELIVERED && receipt->state <= RECEIPT_DONE;
    return works && !((receipt->flags & RECEIPT_OVERDUE_ARRIVE) && receipt->arrived_ms == 0);
}

/* Units that the circle lacks by the orders of a center below. */
static int32_t lacking(struct live_center *center, const struct case_record *record, const char *code,
                       const struct circle *circle)
{
    int32_t have = 0;
    for (int32_t round = 1; round <= ROUNDS; round++) {
        struct id command = center_circle_id(&record->id, code, circle->no, round);
        struct id id = sheet_id(&command, code);
        const struct sheet_slot *sheet = center_sheet_find(center, &id);
        for (size_t i = 0; sheet && i < sheet->row.receipt_count; i++)
            have += counts(&sheet->row.receipts[i]);
    }
    return circle->count > have ? circle->count - have : 0;
}

void center_emergency_take(struct live_center *center, struct case_slot *slot)
{
    const struct case_record *record = &slot->row.record;
    const struct plan *plan = plan_of_case(center, record);
    if (!plan || !center_owns(center, slot) || !case_state_open(record->state))
        return;
    for (size_t i = 0; i < plan->circle_count; i++) {
        struct circle circle = {
            .plan = plan, .no = (int32_t)i + 1, .round = ROUND_OWN, .count = plan->circles[i].count};
        circle.count = lacking(center, record, record->facts.handed_from, &circle);
        if (circle.count > 0)
            order_next(center, record, &circle);
    }
}

/* ---- a circle that fell short ---- */

/* Nobody (more) here: every center below is asked, and the case climbs. */
static void fall_short(struct live_center *center, const struct command *header, int32_t lack,
                       const char *why)
{
    struct case_slot *slot = center_slot_find(center, &header->case_id);
    const struct plan *plan = response_plan(&center->config.world->response, header->plan);
    if (!slot || !slot->exists || !plan || header->circle < 1 ||
        header->circle > (int32_t)plan->circle_count || !case_state_open(slot->row.record.state))
        return;
    struct circle circle = {.plan = plan, .no = header->circle, .round = ROUND_SUBTREE, .count = lack};
    order_next(center, &slot->row.record, &circle);
    if (center_owns(center, slot))
        climb(center, slot, why);
}

void center_emergency_below(struct live_center *center, const struct command_slot *command)
{
    const struct command *header = &command->row.record.header;
    struct case_slot *slot = center_slot_find(center, &header->case_id);
    const struct plan *plan = response_plan(&center->config.world->response, header->plan);
    if (!slot || !center_owns(center, slot) || !plan || header->circle < 1 ||
        header->circle > (int32_t)plan->circle_count || !case_state_open(slot->row.record.state))
        return;
    struct circle circle = {.plan = plan, .no = header->circle, .round = ROUND_OWN, .count = 1};
    order_next(center, &slot->row.record, &circle);
}

/* ---- our units ---- */

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

/* The near= part of the command that asks this center for units of a type; NULL type = any. */
static const struct selector_part *part_for(struct live_center *center, const struct command_slot *command,
                                            const char *type)
{
    for (size_t i = 0; i < command->selector.count; i++) {
        struct selector only = {.count = 1};
        only.parts[0] = command->selector.parts[i];
        if (only.parts[0].has_near && (!type || strcmp(only.parts[0].type, type) == 0) &&
            selector_touches(&only, center->world.topology, command->issuer, center->index))
            return &command->selector.parts[i];
    }
    return NULL;
}

static void unfilled(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet,
                     size_t lack, const char *why)
{
    const struct command *header = &command->row.record.header;
    sheet->say_unfilled = !sheet->row.sheet.unfilled;
    sheet->dirty = true;
    if (header->kind == COMMAND_EMERGENCY && command->issuer == center->index)
        fall_short(center, header, (int32_t)lack, why);
}

void center_emergency_open(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet)
{
    const struct selector_part *part = part_for(center, command, NULL);
    if (!part)
        return;
    size_t wanted = part->count > 0 ? (size_t)part->count : 1;
    size_t filled = fill(center, command, sheet, part, wanted, SHEET_OPEN);
    if (filled < wanted)
        unfilled(center, command, sheet, wanted - filled, "本中心可派力量不足");
}

/* One more instead of the one that was missed. */
static void replace(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet,
                    const struct receipt_change *change, const char *why)
{
    const struct unit *unit = center_unit_find(center, change->after.name);
    const struct selector_part *part = unit ? part_for(center, command, unit->type) : NULL;
    if (part && command->row.record.ended == COMMAND_EVENT_NONE &&
        fill(center, command, sheet, part, 1, SHEET_MORE) == 0)
        unfilled(center, command, sheet, 1, why);
}

void center_emergency_change(struct live_center *center, struct command_slot *command,
                             struct sheet_slot *sheet, const struct receipt_change *change)
{
    const struct command *header = &command->row.record.header;
    struct command_world world = center_command_world(center);
    struct receipt_change relieved = {.event = RECEIPT_EVENT_NONE};
    if (change->event == RECEIPT_CHANNEL && change->after.state == RECEIPT_DELIVERED) {
        if (receipt_relieve(&world, &command->row.record, &change->after, "限时未签收，改派就近力量",
                            center->batch.now_ms, &relieved))
            center_sheet_change(center, command, sheet, SHEET_CHANGE, &relieved);
    } else if (change->event == RECEIPT_RELIEVED) {
        replace(center, command, sheet, change, "限时无人签收，且本中心已无可派力量");
    } else if (change->event == RECEIPT_REFUSE) {
        replace(center, command, sheet, change, "力量不能执行，且本中心已无可派力量");
    } else if (change->event == RECEIPT_LATE_ARRIVE) {
        replace(center, command, sheet, change, "限时未到场，且本中心已无可派力量");
        if (command->issuer == center->index)
            fall_short(center, header, 1, "限时未到场");
    }
}

/* ---- the second look ---- */

static void want_command(struct second_look *look, const struct id *case_id, const char *code,
                         const char *sheet, int32_t circle)
{
    for (int32_t round = 1; round <= ROUNDS && look->command_count < look->room; round++) {
        struct id id = center_circle_id(case_id, code, circle, round);
        look->commands[look->command_count++] = id;
        look->sheets[look->sheet_count++] = (struct sheet_want){.id = sheet_id(&id, sheet), .receipts = true};
    }
}

static bool make_room(struct live_center *center, struct second_look *look, size_t count)
{
    struct arena *arena = &center->batch.arena;
    look->room = count * ROUNDS;
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
    *plan = plan_of_case(center, &slot->row.record);
    return *plan ? work->envelope.writer : NULL;
}

bool center_emergency_wants(struct live_center *center, struct second_look *look)
{
    struct batch *batch = &center->batch;
    struct orders *orders = batch->orders;
    const struct plan *plan = NULL;
    size_t count = 0;
    for (size_t i = 0; i < orders->command_index.count; i++)
        count += orders->commands[i]->row.record.header.kind == COMMAND_EMERGENCY;
    for (size_t i = 0; i < batch->work_count; i++)
        if (giver_of(center, &batch->works[i], &plan))
            count += 2 * plan->circle_count;
    if (count == 0 || !make_room(center, look, count))
        return false;
    for (size_t i = 0; i < orders->command_index.count; i++) {
        const struct command *header = &orders->commands[i]->row.record.header;
        if (header->kind != COMMAND_EMERGENCY)
            continue;
        look->cases[look->case_count++] = header->case_id;
        want_command(look, &header->case_id, center->code, center->code, header->circle);
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
