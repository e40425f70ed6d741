/* A tiny tree for commands: a district, two streets, two communities with grids; departments, police and
 * volunteers; a calendar; ladders, shifts and a plan; a moved clock. */
#ifndef TEST_DOMAIN_COMMAND_H
#define TEST_DOMAIN_COMMAND_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/command_step.h"

enum { DISTRICT, STREET, COMMUNITY, SIBLING, FAR, TREE };

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define GRID "grid.440306017001001"
#define POLICE "police.440306017001"
#define CENTER "center.440306017001"
#define DESK "desk.cg.440306017001"

struct muster {
    char covers[TREE][CODE_SIZE];
    struct center centers[TREE];
    struct department departments[5];
    struct staff_rule staff[32];
    struct unit_type types[2];
    struct unit_rule unit_rules[2];
    struct named_unit boat;
    struct topology topology;
    struct calendar calendar;
    struct duty_rule rules[3];
    struct plan plan;
    struct response response;
    struct command_world world;
    int64_t now_ms;
    struct fault fault;
};

static inline struct span minutes(int32_t n)
{
    return (struct span){UNIT_URGENT_HOUR, n};
}

static inline void muster_tree(struct muster *m)
{
    static const char *const codes[TREE] = {"440306", "440306017", "440306017001", "440306017002",
                                            "440306018"};
    static const int32_t parents[TREE] = {-1, DISTRICT, STREET, STREET, DISTRICT};
    static const uint16_t tiers[TREE] = {0, 1, 2, 2, 1};
    static const struct department departments[] = {{"zj", "住建局", "", DISTRICT, 1},
                                                    {"cg", "街道城管", "", STREET, 2},
                                                    {"cg", "社区城管", "", COMMUNITY, 2},
                                                    {"no", "空席部门", "", COMMUNITY, 0},
                                                    {"cg", "乙社区城管", "", SIBLING, 1}};
    static const enum post posts[] = {POST_RECEPTIONIST, POST_DISPATCHER, POST_SHIFT_LEADER,
                                      POST_LEADER,       POST_SUPERVISOR, POST_CHECKER};
    static const struct tier names[] = {
        {"district", "区", 0}, {"street", "街道", 1}, {"community", "社区", 2}};
    struct topology *t = &m->topology;
    for (int i = 0; i < TREE; i++) {
        snprintf(m->covers[i], CODE_SIZE, "%s", codes[i]);
        snprintf(m->centers[i].code, CODE_SIZE, "%s", codes[i]);
        m->centers[i].parent = parents[i];
        m->centers[i].tier = tiers[i];
        m->centers[i].grids = i == COMMUNITY || i == SIBLING ? 3 : 0;
        m->centers[i].cover_count = 1;
        m->centers[i].covers = &m->covers[i];
    }
    memcpy(m->departments, departments, sizeof departments);
    for (uint16_t tier = 0; tier < 3; tier++) {
        t->tiers[tier] = names[tier];
        for (size_t k = 0; k < sizeof posts / sizeof *posts; k++)
            m->staff[t->staff_count++] = (struct staff_rule){tier, posts[k], 2};
    }
    m->types[0] = (struct unit_type){.code = "police", .name = "民警"};
    m->types[1] = (struct unit_type){.code = "volunteer", .name = "义警"};
    m->unit_rules[0] = (struct unit_rule){.tier = 2, .type = 0, .count = 2};
    m->unit_rules[1] = (struct unit_rule){.tier = 1, .type = 1, .count = 1};
    m->boat =
        (struct named_unit){.name = "boat.440306017", .type = 0, .center = STREET, .lon = NAN, .lat = NAN};
    t->tier_count = 3;
    t->center_count = TREE;
    t->centers = m->centers;
    t->department_count = sizeof departments / sizeof *departments;
    t->departments = m->departments;
    t->staff = m->staff;
    t->unit_type_count = t->unit_rule_count = 2;
    t->unit_types = m->types;
    t->unit_rules = m->unit_rules;
    t->named_unit_count = 1;
    t->named_units = &m->boat;
}

static inline void muster_calendar(struct muster *m)
{
    static const struct calendar_hours working = {2, {{8 * 60, 12 * 60}, {14 * 60, 18 * 60}}};
    int32_t day = 0;
    m->calendar.version = 1;
    m->calendar.offset_min = 480;
    for (int i = 0; i < 5; i++)
        m->calendar.week[i] = working;
    assert_true(calendar_day_of(2026, 11, 23, &day)); /* a Monday */
    m->now_ms = day * DAY + HOUR;                     /* 09:00 in Shenzhen */
}

static inline void muster_response(struct muster *m)
{
    struct response *r = &m->response;
    m->rules[0] = (struct duty_rule){
        .kind = RECIPIENT_CENTER, .posts = POST_DISPATCHER, .deputy_posts = POST_SHIFT_LEADER};
    m->rules[1] = (struct duty_rule){.kind = RECIPIENT_DESK, .deputy_next = true};
    m->rules[2] = (struct duty_rule){.kind = RECIPIENT_UNIT, .deputy_next = true};
    r->rule_count = 3;
    r->rules = m->rules;
    for (int i = 0; i < 3; i++)
        r->ladders[i] = (struct call_ladder){.deputy = minutes(10),
                                             .above = minutes(20),
                                             .repeat = minutes(60),
                                             .repeats_max = 3,
                                             .lapse = minutes(240)};
    r->ladders[PRIORITY_CRITICAL].deputy = minutes(1);
    for (int kind = COMMAND_ORDER; kind < COMMAND_KINDS; kind++)
        r->limits[kind].ack = minutes(30);
    r->limits[COMMAND_ORDER].done = (struct span){UNIT_WORK_DAY, 1};
    r->limits[COMMAND_SUPERVISION].done = (struct span){UNIT_NATURAL_DAY, 1};
    r->alerts[ALERT_II] = (struct alert_rule){
        .mode = MODE_WAR, .fast_lane = true, .report_interval = minutes(60), .posts = POST_LEADER};
    r->alerts[ALERT_IV].posts = POST_LEADER | POST_SHIFT_LEADER;
    m->plan = (struct plan){
        .code = "135",
        .ack = minutes(1),
        .par = minutes(20),
        .position_age_ms = 10 * MINUTE,
        .circle_count = 2,
        .circles = {{"volunteer", 1, {UNIT_URGENT_HOUR, 1}}, {"police", 2, {UNIT_URGENT_HOUR, 5}}}};
    r->plan_count = 1;
    r->plans = &m->plan;
}

static inline struct muster *muster_new(void)
{
    struct muster *m = calloc(1, sizeof *m);
    assert_non_null(m);
    muster_tree(m);
    muster_calendar(m);
    muster_response(m);
    m->world = (struct command_world){
        .topology = &m->topology, .calendar = &m->calendar, .response = &m->response, .here = COMMUNITY};
    return m;
}

static inline struct actor who(const struct muster *m, const char *user)
{
    struct actor actor = {.post = POST_NONE};
    if (!topology_person(&m->topology, user, &actor))
        fail_msg("nobody is called %s", user);
    return actor;
}

/* A draft as a person of the center where the world stands would write it. */
static inline struct command draft_of(const struct muster *m, enum command_kind kind, const char *to,
                                      const char *post)
{
    struct command draft = {.event = COMMAND_ISSUE,
                            .kind = kind,
                            .text = "巡查辖区",
                            .reason = "台风",
                            .alert = ALERT_II,
                            .lon = NAN,
                            .lat = NAN};
    char user[USER_SIZE];
    snprintf(user, sizeof user, "%s.%s", post, m->centers[m->world.here].code);
    memset(draft.id.bytes, 7, sizeof draft.id.bytes);
    snprintf(draft.targets, sizeof draft.targets, "%s", to);
    draft.actor = who(m, user);
    if (kind == COMMAND_MODE)
        draft.mode_end_ms = m->now_ms + 3 * DAY;
    return draft;
}

static inline void apply(struct muster *m, struct command_record *record, const struct command *command)
{
    static const uint8_t hash[HASH_BYTES];
    command_apply(record, command, record->last_no + 1, m->now_ms, hash);
    assert_int_equal(command->no, record->last_no);
}

#define OK(call) assert_int_equal((call), ERR_OK)
#define REFUSED(call, code) assert_int_equal((call), (code))

#endif
