/* The tree's data, and who is meant by each selector that the actors use: told here a second time, person by
 * person, so that lib/domain does not judge itself. */
#ifndef SANJI_TESTS_SIM_COMMAND_TREE_H
#define SANJI_TESTS_SIM_COMMAND_TREE_H

#include "sim_command_world.h"

static const char *const codes[CENTERS] = {"440306",       "440306001",    "440306002",   "440306001001",
                                           "440306001002", "440306002001", "440306002002"};
static const int tiers[CENTERS] = {0, 1, 1, 2, 2, 2, 2};

static const struct person {
    const char *name;
    int center;
    enum recipient_kind kind;
    const char *department, *type;
} people[] = {
    {"center.440306", ROOT, RECIPIENT_CENTER, "", ""},
    {"desk.zj.440306", ROOT, RECIPIENT_DESK, "zj", ""},
    {"center.440306001", S1, RECIPIENT_CENTER, "", ""},
    {"desk.cg.440306001", S1, RECIPIENT_DESK, "cg", ""},
    {"volunteer.440306001", S1, RECIPIENT_UNIT, "", "volunteer"},
    {"center.440306002", S2, RECIPIENT_CENTER, "", ""},
    {"desk.cg.440306002", S2, RECIPIENT_DESK, "cg", ""},
    {"volunteer.440306002", S2, RECIPIENT_UNIT, "", "volunteer"},
    {"center.440306001001", A1, RECIPIENT_CENTER, "", ""},
    {"desk.cg.440306001001", A1, RECIPIENT_DESK, "cg", ""},
    {"police.440306001001", A1, RECIPIENT_UNIT, "", "police"},
    {"police-2.440306001001", A1, RECIPIENT_UNIT, "", "police"},
    {"grid.440306001001001", A1, RECIPIENT_UNIT, "", "grid"},
    {"center.440306001002", A2, RECIPIENT_CENTER, "", ""},
    {"police.440306001002", A2, RECIPIENT_UNIT, "", "police"},
    {"police-2.440306001002", A2, RECIPIENT_UNIT, "", "police"},
    {"grid.440306001002001", A2, RECIPIENT_UNIT, "", "grid"},
    {"center.440306002001", B1, RECIPIENT_CENTER, "", ""},
    {"police.440306002001", B1, RECIPIENT_UNIT, "", "police"},
    {"police-2.440306002001", B1, RECIPIENT_UNIT, "", "police"},
    {"grid.440306002001001", B1, RECIPIENT_UNIT, "", "grid"},
    {"center.440306002002", B2, RECIPIENT_CENTER, "", ""},
    {"police.440306002002", B2, RECIPIENT_UNIT, "", "police"},
    {"police-2.440306002002", B2, RECIPIENT_UNIT, "", "police"},
    {"grid.440306002002001", B2, RECIPIENT_UNIT, "", "grid"},
};
#define PEOPLE ((int)(sizeof people / sizeof *people))

#define C RECIPIENT_CENTER
#define K RECIPIENT_DESK
#define U RECIPIENT_UNIT
static const struct wish wishes[] = {
    {.text = "all", .kinds = C | U, .tier = -1},
    {.text = "all", .kinds = C | U, .tier = -1},
    {.text = "centers", .kinds = C, .tier = -1},
    {.text = "desks", .kinds = K, .tier = -1},
    {.text = "centers,desks,units", .kinds = C | K | U, .tier = -1},
    {.text = "tier=community", .kinds = C, .tier = 2},
    {.text = "tier=street,centers,units", .kinds = C | U, .tier = 1},
    {.text = "units,area=440306001", .kinds = U, .tier = -1, .area = "440306001"},
    {.text = "area=440306002", .kinds = C | U, .tier = -1, .area = "440306002"},
    {.text = "type=police", .kinds = U, .tier = -1, .type = "police"},
    {.text = "type=police,area=440306002001",
     .kinds = U,
     .tier = -1,
     .type = "police",
     .area = "440306002001"},
    {.text = "dept=cg", .kinds = K, .tier = -1, .department = "cg"},
    {.text = "grid.440306001002001", .kinds = U, .tier = -1, .name = "grid.440306001002001"},
    {.text = "center.440306001001", .kinds = C, .tier = -1, .name = "center.440306001001"},
    {.text = "above=zj", .kinds = K, .tier = -1, .department = "zj", .above = true},
    {.text = "above=cg", .kinds = K, .tier = -1, .department = "cg", .above = true},
    {.text = "all,area=440306003", .kinds = C | U, .tier = -1, .area = "440306003"}, /* no such place */
};
#undef C
#undef K
#undef U
#define WISHES ((int)(sizeof wishes / sizeof *wishes))

static inline bool sits_at(int center, const char *department)
{
    for (int i = 0; i < PEOPLE; i++)
        if (people[i].center == center && people[i].kind == RECIPIENT_DESK &&
            strcmp(people[i].department, department) == 0)
            return true;
    return false;
}

static inline bool is_meant(const struct wish *wish, int issuer, const struct person *person)
{
    bool fits = (wish->kinds & person->kind) &&
                (!wish->area || strncmp(codes[person->center], wish->area, strlen(wish->area)) == 0) &&
                (wish->tier < 0 || wish->tier == tiers[person->center]) &&
                (!wish->department || strcmp(wish->department, person->department) == 0) &&
                (!wish->type || strcmp(wish->type, person->type) == 0) &&
                (!wish->name || strcmp(wish->name, person->name) == 0);
    if (!wish->above)
        return fits && is_under(person->center, issuer);
    for (int at = issuer; fits && at != NOBODY; at = parent_of(at))
        if (sits_at(at, wish->department))
            return person->center == at;
    return false;
}

/* How many people of the center a command is for. */
static inline int meant_at(const struct world *world, int command, int center)
{
    int count = 0;
    for (int i = 0; i < PEOPLE; i++)
        count += people[i].center == center &&
                 is_meant(world->wishes[command], world->issuers[command], &people[i]);
    return count;
}

static inline bool is_covered(const struct world *world, int command, int center)
{
    return meant_at(world, command, center) > 0;
}

/* Who must hold the command: its issuer, everybody above it, and whoever stands between it and a recipient.
 */
static inline bool holds_command(const struct world *world, int command, int center)
{
    int issuer = world->issuers[command];
    if (is_under(issuer, center))
        return true;
    for (int below = 0; below < CENTERS; below++)
        if (is_under(center, issuer) && is_under(below, center) && is_covered(world, command, below))
            return true;
    return false;
}

/* Who must hold the sheet that center `of` writes: itself, everybody above it, and the way to the issuer. */
static inline bool holds_sheet(const struct world *world, int command, int of, int center)
{
    if (!is_covered(world, command, of))
        return false;
    return is_under(of, center) || (is_under(world->issuers[command], center) && is_under(center, of));
}

/* ---- the rules' data ---- */

static inline struct span span_minutes(int32_t minutes)
{
    return (struct span){minutes > 0 ? UNIT_URGENT_HOUR : UNIT_NONE, minutes};
}

static inline void plant_centers(struct command_tree *tree)
{
    static const struct tier names[] = {
        {"district", "区", 0}, {"street", "街道", 1}, {"community", "社区", 2}};
    struct topology *t = &tree->topology;
    for (int i = 0; i < CENTERS; i++) {
        struct center *center = &tree->centers[i];
        snprintf(tree->covers[i], CODE_SIZE, "%s", codes[i]);
        snprintf(center->code, CODE_SIZE, "%s", codes[i]);
        center->parent = parent_of(i) == NOBODY ? -1 : parent_of(i);
        center->tier = (uint16_t)tiers[i];
        center->grids = tiers[i] == 2;
        center->cover_count = 1;
        center->covers = &tree->covers[i];
    }
    for (int i = 0; i < 3; i++)
        t->tiers[i] = names[i];
    t->tier_count = 3;
    t->center_count = CENTERS;
    t->centers = tree->centers;
}

static inline void plant_people(struct command_tree *tree)
{
    static const struct department departments[] = {{"zj", "住建局", "", ROOT, 1},
                                                    {"cg", "城管", "", S1, 1},
                                                    {"cg", "城管", "", S2, 1},
                                                    {"cg", "城管", "", A1, 1}};
    static const enum post posts[] = {POST_DISPATCHER, POST_SHIFT_LEADER, POST_LEADER};
    struct topology *t = &tree->topology;
    memcpy(tree->departments, departments, sizeof departments);
    t->department_count = sizeof departments / sizeof *departments;
    t->departments = tree->departments;
    for (uint16_t tier = 0; tier < 3; tier++)
        for (int i = 0; i < 3; i++)
            tree->staff[t->staff_count++] = (struct staff_rule){tier, posts[i], 1};
    t->staff = tree->staff;
    tree->types[0] = (struct unit_type){.code = "police", .name = "民警"};
    tree->types[1] = (struct unit_type){.code = "volunteer", .name = "义警"};
    tree->unit_rules[0] = (struct unit_rule){.tier = 2, .type = 0, .count = 2};
    tree->unit_rules[1] = (struct unit_rule){.tier = 1, .type = 1, .count = 1};
    t->unit_types = tree->types;
    t->unit_rules = tree->unit_rules;
    t->unit_type_count = t->unit_rule_count = 2;
}

static inline void plant_response(struct command_tree *tree)
{
    static const struct calendar_hours working = {2, {{8 * 60, 12 * 60}, {14 * 60, 18 * 60}}};
    struct response *r = &tree->response;
    tree->calendar.version = 1;
    tree->calendar.offset_min = 480;
    for (int i = 0; i < 5; i++)
        tree->calendar.week[i] = working;
    tree->rules[0] = (struct duty_rule){
        .kind = RECIPIENT_CENTER, .posts = POST_DISPATCHER, .deputy_posts = POST_SHIFT_LEADER};
    tree->rules[1] = (struct duty_rule){.kind = RECIPIENT_DESK, .deputy_next = true};
    tree->rules[2] = (struct duty_rule){.kind = RECIPIENT_UNIT, .deputy_next = true};
    r->rule_count = 3;
    r->rules = tree->rules;
    for (int i = 0; i < 3; i++)
        r->ladders[i] = (struct call_ladder){.deputy = span_minutes(10),
                                             .above = span_minutes(20),
                                             .repeat = span_minutes(60),
                                             .repeats_max = 2,
                                             .lapse = span_minutes(240)};
    for (int kind = COMMAND_ORDER; kind < COMMAND_KINDS; kind++)
        r->limits[kind].ack = span_minutes(30);
    r->limits[COMMAND_ORDER].done = (struct span){UNIT_WORK_DAY, 1};
    for (int alert = 0; alert < ALERTS; alert++)
        r->alerts[alert].posts = POST_LEADER;
    r->alerts[ALERT_I].report_interval = span_minutes(12 * 60);
    tree->plan = (struct plan){.code = "135",
                               .ack = span_minutes(1),
                               .par = span_minutes(20),
                               .circle_count = 1,
                               .circles = {{"police", 1, {UNIT_URGENT_HOUR, 5}}}};
    r->plan_count = 1;
    r->plans = &tree->plan;
}

static inline void plant_tree(struct command_tree *tree)
{
    plant_centers(tree);
    plant_people(tree);
    plant_response(tree);
    for (int i = 0; i < COMMANDS; i++) {
        memset(tree->ids[i].bytes, 0xc0, ID_BYTES);
        tree->ids[i].bytes[ID_BYTES - 1] = (uint8_t)i;
        for (int at = 0; at < CENTERS; at++)
            tree->sheet_ids[i][at] = sheet_id(&tree->ids[i], codes[at]);
    }
}

#endif
