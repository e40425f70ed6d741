/* "135": an emergency plan orders the nearest available units in circles as soon as its case is filed, each
 * circle a command of its own with its limit to arrive. Whoever refuses, stays silent or comes late is
 * replaced by the next nearest; where nobody is left, the case climbs at once, and the center above orders
 * what is missing: from its own units first, then from the nearest centers below it, a handful at a time. All
 * of it is decided in the batch that learns of it: nothing waits in memory. */
#include "center/center_command.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define ROUND_OWN 1     /* units of this center */
#define ROUND_FURTHER 2 /* from here on: of the next nearest centers below it; who signs first has it */
#define NEIGHBOURS 5    /* centers that one further order asks: the nearest ones that have such units */

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

const struct plan *center_plan_of_case(const struct live_center *center, const struct case_record *record)
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

/* The center's distance from the place; NAN sorts last. */
static double distance(const struct live_center *center, size_t at, const struct command *draft)
{
    const struct center *seat = &center->world.topology->centers[at];
    double meters = geo_meters(seat->lon, seat->lat, draft->lon, draft->lat);
    return isnan(meters) ? INFINITY : meters;
}

static bool has_type(const struct live_center *center, size_t at, const char *type)
{
    struct selector one = {.count = 1};
    text_put(one.parts[0].center, CODE_SIZE, center->world.topology->centers[at].code);
    text_put(one.parts[0].type, POST_SIZE, type);
    return selector_touches(&one, center->world.topology, center->index, (int32_t)at);
}

/* The nearest centers below that have such units, after the `skip` nearest; returns how many. */
static size_t nearest_centers(struct live_center *center, const struct command *draft, const char *type,
                              size_t skip, size_t out[NEIGHBOURS])
{
    const struct topology *topology = center->world.topology;
    size_t *all = arena_take(&center->batch.arena, topology->center_count * sizeof *all);
    size_t count = 0, given = 0;
    assert(all);
    for (size_t i = 0; i < topology->center_count; i++)
        if ((int32_t)i != center->index && topology_is_under(topology, (int32_t)i, center->index) &&
            has_type(center, i, type))
            all[count++] = i;
    for (size_t taken = 0; taken < count && given < NEIGHBOURS; taken++) {
        size_t best = taken;
        for (size_t i = taken + 1; i < count; i++)
            if (distance(center, all[i], draft) < distance(center, all[best], draft))
                best = i;
        size_t swap = all[taken];
        all[taken] = all[best];
        all[best] = swap;
        if (taken >= skip)
            out[given++] = all[taken];
    }
    return given;
}

/* Whom the order asks: this center, or the next handful of centers below it. False when there is none. */
static bool name_centers(struct live_center *center, const struct circle *circle, struct command *draft)
{
    const char *type = circle->plan->circles[circle->no - 1].type;
    size_t asked[NEIGHBOURS] = {(size_t)center->index};
    size_t count = 1, used = 0;
    if (circle->round >= ROUND_FURTHER)
        count =
            nearest_centers(center, draft, type, (size_t)(circle->round - ROUND_FURTHER) * NEIGHBOURS, asked);
    for (size_t i = 0; i < count; i++) {
        int n = snprintf(draft->targets + used, sizeof draft->targets - used,
                         "%scenter=%s,type=%s,near=%.6f/%.6f,count=%d", i > 0 ? "+" : "",
                         center->world.topology->centers[asked[i]].code, type, draft->lon, draft->lat,
                         circle->count);
        assert(n > 0 && (size_t)n < sizeof draft->targets - used);
        used += (size_t)n;
    }
    return count > 0;
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
                            .ack_rule = circle->round >= ROUND_FURTHER ? ACK_K_OF_N : ACK_EACH,
                            .ack_count = circle->count,
                            .circle = circle->no};
    draft.id = center_circle_id(&record->id, center->code, circle->no, circle->round);
    draft.actor = (struct actor){.user = "system:plan", .post = POST_SYSTEM};
    memcpy(draft.actor.center, center->code, CODE_SIZE);
    memcpy(draft.case_no, record->case_no, CASE_NO_SIZE);
    memcpy(draft.plan, circle->plan->code, POST_SIZE);
    place_of(center, record, &draft.lon, &draft.lat);
    draft.text = order_text(center, record, circle);
    if (!name_centers(center, circle, &draft))
        return;
    enum err err = center_command_issue(center, &draft, &slot, &fault);
    if (err != ERR_OK)
        center_alarm(center, "emergency.order", &record->id, fault.text[0] ? fault.text : err_name(err));
}

static bool has_circle(const struct live_center *center, const struct circle *circle)
{
    return has_type(center, (size_t)center->index, circle->plan->circles[circle->no - 1].type);
}

/* The next order of this center for the circle: its own units first, then the next nearest centers below. */
static void order_next(struct live_center *center, const struct case_record *record, struct circle *circle)
{
    for (; circle->round <= CIRCLE_ROUNDS; circle->round++) {
        struct id id = center_circle_id(&record->id, center->code, circle->no, circle->round);
        const struct command_slot *known = center_command_find(center, &id);
        if (known && known->exists)
            continue;
        if (circle->round == ROUND_OWN && !has_circle(center, circle))
            continue; /* no such units sit here at all */
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
    for (int32_t round = 1; round <= CIRCLE_ROUNDS; round++) {
        struct id command = center_circle_id(&record->id, code, circle->no, round);
        struct id id = sheet_id(&command, code);
        const struct sheet_slot *sheet = center_sheet_find(center, &id);
        for (size_t i = 0; sheet && i < sheet->row.receipt_count; i++)
            have += counts(&sheet->row.receipts[i]);
    }
    return circle->count > have ? circle->count - have : 0;
}

/* Every circle, or what of it the center that gave us the case still lacks. A circle whose units do not sit
 * here at all is ordered further on, and the case climbs to where they may be. */
static void order_plan(struct live_center *center, struct case_slot *slot, const struct plan *plan,
                       const char *giver)
{
    bool all_here = true;
    for (size_t i = 0; i < plan->circle_count; i++) {
        struct circle circle = {
            .plan = plan, .no = (int32_t)i + 1, .round = ROUND_OWN, .count = plan->circles[i].count};
        if (giver)
            circle.count = lacking(center, &slot->row.record, giver, &circle);
        if (circle.count == 0)
            continue;
        all_here &= has_circle(center, &circle);
        order_next(center, &slot->row.record, &circle);
    }
    if (!all_here && center_owns(center, slot))
        climb(center, slot, "本中心没有预案所需的力量");
}

void center_emergency_begin(struct live_center *center, struct case_slot *slot)
{
    const struct plan *plan = center_plan_of_case(center, &slot->row.record);
    char text[160];
    if (!plan)
        return;
    snprintf(text, sizeof text, "启动应急预案%s：%zu 圈力量已下令", plan->zh, plan->circle_count);
    note(center, slot, plan->code, text);
    order_plan(center, slot, plan, NULL);
}

void center_emergency_take(struct live_center *center, struct case_slot *slot)
{
    const struct case_record *record = &slot->row.record;
    const struct plan *plan = center_plan_of_case(center, record);
    if (plan && center_owns(center, slot) && case_state_open(record->state) && center_was_filed(record))
        order_plan(center, slot, plan, record->facts.handed_from);
}

/* ---- a circle that fell short ---- */

/* The case that the circle is for, while it is open; NULL = nothing is to be done. */
static struct case_slot *open_case(struct live_center *center, const struct command *header,
                                   struct circle *circle)
{
    struct case_slot *slot = center_slot_find(center, &header->case_id);
    const struct plan *plan = response_plan(&center->config.world->response, header->plan);
    if (!slot || !slot->exists || !plan || header->circle < 1 ||
        header->circle > (int32_t)plan->circle_count || !case_state_open(slot->row.record.state))
        return NULL;
    circle->plan = plan;
    circle->no = header->circle;
    return slot;
}

void center_emergency_short(struct live_center *center, const struct command_slot *command, int32_t lack,
                            const char *why)
{
    struct circle circle = {.round = ROUND_FURTHER, .count = lack};
    struct case_slot *slot = open_case(center, &command->row.record.header, &circle);
    if (!slot)
        return;
    order_next(center, &slot->row.record, &circle);
    if (center_owns(center, slot))
        climb(center, slot, why);
}

void center_emergency_climb(struct live_center *center, const struct command_slot *command, const char *why)
{
    struct circle circle = {.round = ROUND_OWN};
    struct case_slot *slot = open_case(center, &command->row.record.header, &circle);
    if (slot && center_owns(center, slot))
        climb(center, slot, why);
}

/* What our further order still lacks when every center that it asked has been heard; 0 while one has not. */
static int32_t lacking_of_asked(struct live_center *center, const struct command_slot *command)
{
    int32_t have = 0;
    for (size_t i = 0; i < command->selector.count; i++) {
        struct id id = sheet_id(&command->row.record.header.id, command->selector.parts[i].center);
        const struct sheet_slot *sheet = center_sheet_find(center, &id);
        if (!sheet || sheet->row.sheet.last_no == 0)
            return 0;
        for (size_t r = 0; r < sheet->row.receipt_count; r++)
            have += counts(&sheet->row.receipts[r]);
    }
    return command->row.record.header.ack_count > have ? command->row.record.header.ack_count - have : 0;
}

/* True when an order that counted on a unit has lost it. */
static bool loses(const struct receipt_change *change)
{
    return change->event == RECEIPT_LATE_ARRIVE ||
           (change->event == RECEIPT_REFUSE && change->after.acked_ms > 0);
}

void center_emergency_seen(struct live_center *center, const struct command_slot *command,
                           const struct sheet_body *body)
{
    bool ours = command->issuer == center->index;
    struct circle circle = {.round = ROUND_OWN, .count = 0};
    struct case_slot *slot = open_case(center, &command->row.record.header, &circle);
    int32_t late = 0, lost = 0, missed = 0;
    for (size_t i = 0; i < body->count; i++) {
        late += body->changes[i].event == RECEIPT_LATE_ARRIVE;
        lost += loses(&body->changes[i]);
        missed += body->changes[i].event == RECEIPT_RELIEVED || body->changes[i].event == RECEIPT_REFUSE;
    }
    if (!slot) {
        if (ours && lost > 0 && command->row.record.ended != COMMAND_EVENT_NONE)
            center_alarm(center, "emergency.lost", &command->row.record.header.id,
                         "已签收的力量不能到场，其余已解除，请另行下令");
        return;
    }
    if (ours)
        circle.count =
            lost + (missed > 0 || body->event == SHEET_UNFILLED ? lacking_of_asked(center, command) : 0);
    else if (center_owns(center, slot) && command->row.record.header.ack_rule == ACK_EACH)
        circle.count = late + (body->event == SHEET_UNFILLED); /* a further order is its issuer's to mend */
    if (circle.count > 0)
        order_next(center, &slot->row.record, &circle);
}

/* ---- the end ---- */

/* Everybody on our own sheet of it is through: there is nothing to cancel. */
static bool is_over(const struct live_center *center, const struct command_slot *command)
{
    const struct command *header = &command->row.record.header;
    struct id id = sheet_id(&header->id, center->code);
    const struct sheet_slot *sheet = center_sheet_find(center, &id);
    for (size_t i = 0; sheet && i < sheet->row.receipt_count; i++)
        if (!receipt_final(header->kind, sheet->row.receipts[i].state))
            return false;
    return sheet && sheet->row.receipt_count > 0;
}

void center_emergency_end(struct live_center *center, const struct case_record *record)
{
    const struct plan *plan = center_plan_of_case(center, record);
    for (size_t i = 0; plan && i < plan->circle_count * CIRCLE_ROUNDS; i++) {
        struct fault fault = {.code = ERR_OK};
        struct command draft = {.event = COMMAND_CANCEL, .reason = "案卷已结，任务解除"};
        draft.id = center_circle_id(&record->id, center->code, (int32_t)(i / CIRCLE_ROUNDS) + 1,
                                    (int32_t)(i % CIRCLE_ROUNDS) + 1);
        struct command_slot *slot = center_command_find(center, &draft.id);
        if (!slot || !slot->exists || slot->row.record.ended == COMMAND_CANCEL || is_over(center, slot))
            continue;
        draft.actor = (struct actor){.user = "system:plan", .post = POST_SYSTEM};
        memcpy(draft.actor.center, center->code, CODE_SIZE);
        if (center_command_say(center, slot, &draft, &fault) != ERR_OK)
            log_line(LOG_WARN, "emergency.end", "case %s: %s", record->case_no, fault.text);
    }
}
