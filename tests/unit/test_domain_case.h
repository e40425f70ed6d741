/* A tiny tree for the case machine's stories: a district, two streets, two communities; three departments;
 * three items; a moved clock. Each change is taken by a copy as it is written, and the copy must equal the
 * owner's record. */
#ifndef TEST_DOMAIN_CASE_H
#define TEST_DOMAIN_CASE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/case_step.h"

enum { DISTRICT, STREET, COMMUNITY, SIBLING, FAR, TREE };

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define GRID "440306017001001"
#define PLAIN "1.1.1"  /* its department sits in the community; may be settled, suspended */
#define STRICT "1.1.2" /* photos, closed by the shift leader; its department sits at the street */
#define LOOSE "1.1.3"  /* no route; checked automatically */

struct story {
    char covers[TREE][CODE_SIZE];
    struct tier tiers[3];
    struct center centers[TREE];
    struct department departments[8];
    struct staff_rule staff[32];
    struct topology topology;
    struct catalogue_class class, sub;
    struct item items[3];
    struct policy policy;
    struct catalogue catalogue;
    struct route_row rows[2];
    struct route_matrix matrix;
    struct calendar calendar;
    struct case_world world;

    struct case_record record;
    struct case_result result;
    struct fault fault;
    int64_t now_ms;
    int32_t written; /* changes over the whole story */
};

static inline struct span hours(int32_t n)
{
    return (struct span){UNIT_URGENT_HOUR, n * 60};
}

static inline struct span days(int32_t n)
{
    return (struct span){UNIT_NATURAL_DAY, n};
}

static inline void story_tree(struct story *s)
{
    static const char *const codes[TREE] = {"440306", "440306017", "440306017001", "440306017002",
                                            "440306018"};
    static const char *const names[TREE] = {"区中心", "街道中心", "甲社区", "乙社区", "邻街道"};
    static const int32_t parents[TREE] = {-1, DISTRICT, STREET, STREET, DISTRICT};
    static const uint16_t tiers[TREE] = {0, 1, 2, 2, 1};
    static const struct department departments[] = {
        {"jt", "交通局", "", DISTRICT, 1},    {"zj", "住建局", "", DISTRICT, 1},
        {"cg", "街道城管", "", STREET, 1},    {"zj", "街道住建", "", STREET, 1},
        {"cg", "社区城管", "", COMMUNITY, 1}, {"no", "空席部门", "", COMMUNITY, 0},
        {"wy", "物业站", "", COMMUNITY, 1},   {"cg", "乙社区城管", "", SIBLING, 1}};
    static const enum post posts[] = {POST_RECEPTIONIST, POST_DISPATCHER, POST_SHIFT_LEADER, POST_LEADER,
                                      POST_SUPERVISOR,   POST_CHECKER,    POST_CALLER};
    for (int i = 0; i < TREE; i++) {
        snprintf(s->covers[i], CODE_SIZE, "%s", codes[i]);
        snprintf(s->centers[i].code, CODE_SIZE, "%s", codes[i]);
        snprintf(s->centers[i].name, NAME_SIZE, "%s", names[i]);
        s->centers[i].parent = parents[i];
        s->centers[i].tier = tiers[i];
        s->centers[i].grids = i == COMMUNITY || i == SIBLING ? 5 : 0;
        s->centers[i].cover_count = 1;
        s->centers[i].covers = &s->covers[i];
    }
    memcpy(s->departments, departments, sizeof departments);
    for (uint16_t tier = 0; tier < 3; tier++) {
        s->tiers[tier].rank = tier;
        for (size_t k = 0; k < sizeof posts / sizeof *posts; k++)
            s->staff[s->topology.staff_count++] = (struct staff_rule){tier, posts[k], 2};
    }
    s->topology.tier_count = 3;
    memcpy(s->topology.tiers, s->tiers, sizeof s->tiers);
    s->topology.center_count = TREE;
    s->topology.centers = s->centers;
    s->topology.department_count = sizeof departments / sizeof *departments;
    s->topology.departments = s->departments;
    s->topology.staff = s->staff;
}

static inline void story_catalogue(struct story *s)
{
    static const struct limits limits = {.accept = {UNIT_URGENT_HOUR, 60},
                                         .verify = {UNIT_URGENT_HOUR, 120},
                                         .dispatch = {UNIT_URGENT_HOUR, 60},
                                         .sign = {UNIT_URGENT_HOUR, 60},
                                         .handle = {UNIT_WORK_DAY, 2},
                                         .check = {UNIT_URGENT_HOUR, 240},
                                         .ruling = {UNIT_URGENT_HOUR, 480},
                                         .callback = {UNIT_NATURAL_DAY, 1},
                                         .reopen_window = {UNIT_NATURAL_DAY, 7},
                                         .archive = {UNIT_NATURAL_DAY, 15}};
    static const char *const codes[] = {PLAIN, STRICT, LOOSE};
    s->policy = (struct policy){.name = "p",
                                .yellow_percent = 80,
                                .deputy = {UNIT_URGENT_HOUR, 30},
                                .grace = {UNIT_URGENT_HOUR, 60},
                                .dwell = {UNIT_URGENT_HOUR, 45},
                                .ack_lapse = {UNIT_NATURAL_DAY, 1},
                                .supervise_reply = {UNIT_URGENT_HOUR, 120},
                                .repeat = {UNIT_NATURAL_DAY, 1},
                                .repeats_max = 2,
                                .returns_max = 1,
                                .extensions_max = 2,
                                .first_extension_percent = 50,
                                .review = {UNIT_NATURAL_DAY, 10}};
    for (size_t i = 0; i < 3; i++) {
        snprintf(s->items[i].code, ITEM_SIZE, "%s", codes[i]);
        s->items[i].limits = limits;
        memcpy(s->items[i].policy[MODE_PEACE], "p", 2);
        memcpy(s->items[i].policy[MODE_WAR], "p", 2);
    }
    s->items[0].settle_allowed = s->items[0].suspend_allowed = true;
    s->items[1].before_photo = s->items[1].after_photo = s->items[1].close_by_leader = true;
    s->items[1].settle_allowed = true;
    s->items[2].auto_check = true;
    snprintf(s->class.code, ITEM_SIZE, "1");
    snprintf(s->sub.code, ITEM_SIZE, "1.1");
    s->catalogue = (struct catalogue){.version = 3,
                                      .class_count = 1,
                                      .sub_count = 1,
                                      .item_count = 3,
                                      .policy_count = 1,
                                      .classes = &s->class,
                                      .subs = &s->sub,
                                      .items = s->items,
                                      .policies = &s->policy};
    s->rows[0] = (struct route_row){.key = ROUTE_ITEM, .what = PLAIN, .department = "cg"};
    s->rows[1] = (struct route_row){.key = ROUTE_ITEM, .what = STRICT, .department = "zj"};
    s->matrix = (struct route_matrix){.version = 1, .row_count = 2, .rows = s->rows};
}

static inline void story_calendar(struct story *s)
{
    static const struct calendar_hours working = {2, {{8 * 60, 12 * 60}, {14 * 60, 18 * 60}}};
    int32_t day = 0;
    s->calendar.version = 1;
    s->calendar.offset_min = 480;
    for (int i = 0; i < 5; i++)
        s->calendar.week[i] = working;
    assert_true(calendar_day_of(2026, 11, 23, &day)); /* a Monday */
    s->now_ms = day * DAY + HOUR;                     /* 09:00 in Shenzhen */
}

static inline struct story *story_new(void)
{
    struct story *s = calloc(1, sizeof *s);
    assert_non_null(s);
    story_tree(s);
    story_catalogue(s);
    story_calendar(s);
    s->world = (struct case_world){.topology = &s->topology,
                                   .catalogue = &s->catalogue,
                                   .matrix = &s->matrix,
                                   .calendar = &s->calendar,
                                   .here = COMMUNITY,
                                   .parent_up = true};
    return s;
}

/* "shift_leader.440306017" */
static inline struct actor person(const struct story *s, enum post post, int center)
{
    struct actor actor = {.post = post};
    snprintf(actor.center, sizeof actor.center, "%s", s->centers[center].code);
    snprintf(actor.user, sizeof actor.user, "%s.%s", post_name(post), actor.center);
    if (post == POST_GRID_WORKER)
        snprintf(actor.area, sizeof actor.area, "%s", GRID);
    return actor;
}

static inline struct actor desk(const struct story *s, const char *department, int center)
{
    struct actor actor = person(s, POST_DESK, center);
    snprintf(actor.department, sizeof actor.department, "%s", department);
    snprintf(actor.user, sizeof actor.user, "desk.%s.%s", department, actor.center);
    return actor;
}

static inline struct case_input input_of(enum case_event event, struct actor actor)
{
    struct case_input input = {.event = event, .actor = actor};
    memset(input.key.bytes, 7, sizeof input.key.bytes);
    return input;
}

static inline int owner_index(const struct story *s)
{
    return topology_center(&s->topology, s->record.owner);
}

/* What must hold after each change, whatever led to it. */
static inline void check_record(const struct case_record *record)
{
    const struct case_facts *facts = &record->facts;
    if (case_state_open(record->state))
        assert_true(case_next_timer(record) < INT64_MAX || (facts->flags & FLAG_STANDING));
    else
        assert_true(facts->offer_to[0] == '\0');
    assert_true(facts->offer_no <= record->last_no);
    assert_true((facts->offer_no > 0) == (facts->offer_to[0] != '\0'));
    if (facts->flags & FLAG_STANDING)
        assert_int_equal(facts->lamp, LAMP_RED);
    if (record->state == CASE_HANDLING || record->state == CASE_DISPATCHED)
        assert_true(facts->lead[0]);
    for (int kind = 0; kind < CLOCK_KINDS; kind++) {
        assert_true(facts->clocks[kind].remain_ms >= 0);
        if (facts->clocks[kind].run != CLOCK_RUNNING)
            assert_true(facts->clocks[kind].next_ms == INT64_MAX);
    }
}

static inline void take_change(struct story *s, const struct case_change *change)
{
    uint8_t hash[HASH_BYTES] = {0};
    const struct case_record *after = &change->after;
    struct envelope envelope = {.subject_kind = SUBJECT_CASE,
                                .no = s->record.last_no + 1,
                                .at_ms = after->last_ms,
                                .kind = (uint16_t)change->event,
                                .epoch = after->epoch,
                                .state = (uint8_t)after->state};
    snprintf(envelope.next_owner, sizeof envelope.next_owner, "%s", after->owner);
    assert_true(after->last_ms > s->record.last_ms);
    assert_int_equal(change->before, s->record.state);
    assert_true(case_rule_allows(change->before, change->event, after->state));
    case_apply(&s->record, &envelope, &after->facts, hash);
    assert_int_equal(s->record.last_no, after->last_no);
    assert_memory_equal(&s->record.facts, &after->facts, sizeof after->facts);
    assert_memory_equal(&s->record, after, sizeof *after);
    check_record(&s->record);
    s->written++;
}

static inline void take_result(struct story *s)
{
    for (size_t i = 0; i < s->result.count; i++) {
        take_change(s, &s->result.changes[i]);
        if (s->now_ms < s->record.last_ms)
            s->now_ms = s->record.last_ms;
    }
}

static inline enum err story_report(struct story *s, const char *item, bool trusted)
{
    struct case_birth birth = {.area = GRID, .lon = NAN, .lat = NAN, .trusted = trusted};
    struct actor actor =
        trusted ? person(s, POST_SYSTEM, s->world.here) : person(s, POST_GRID_WORKER, s->world.here);
    struct case_input input = input_of(EVENT_REPORT, actor);
    snprintf(birth.item, sizeof birth.item, "%s", item);
    snprintf(birth.case_no, sizeof birth.case_no, "%s-20261123-1", s->centers[s->world.here].code);
    snprintf(birth.reporter, sizeof birth.reporter, "%s", actor.user);
    memset(birth.id.bytes, 1, sizeof birth.id.bytes);
    enum err err = case_report(&s->world, &birth, &input, s->now_ms, &s->result, &s->fault);
    if (err)
        return err;
    s->record = s->result.changes[0].after;
    s->record.last_no = 0;
    s->record.last_ms = 0;
    s->record.state = CASE_NONE;
    take_result(s);
    return ERR_OK;
}

static inline enum err story_step(struct story *s, const struct case_input *input)
{
    struct case_record before = s->record;
    s->fault = (struct fault){0};
    enum err err = case_step(&s->world, &s->record, input, s->now_ms, &s->result, &s->fault);
    assert_memory_equal(&before, &s->record, sizeof before);
    if (err) {
        assert_int_equal(s->result.count, 0);
        assert_int_equal(s->fault.code, err);
        assert_true(s->fault.text[0]);
        return err;
    }
    assert_true(s->result.count > 0);
    assert_memory_equal(&s->result.changes[0].key, &input->key, sizeof input->key);
    for (size_t i = 1; i < s->result.count; i++)
        assert_true(id_is_zero(&s->result.changes[i].key));
    take_result(s);
    return ERR_OK;
}

/* An act with a reason, photos and a target. */
static inline enum err act_on(struct story *s, enum case_event event, struct actor actor, const char *target)
{
    struct case_input input = input_of(event, actor);
    snprintf(input.target, sizeof input.target, "%s", target);
    input.content.reason = "原因";
    input.content.before_count = input.content.after_count = 1;
    input.content.before[0] = input.content.after[0] = "photo";
    return story_step(s, &input);
}

static inline enum err act(struct story *s, enum case_event event, struct actor actor)
{
    return act_on(s, event, actor, "");
}

#define OK(call) assert_int_equal((call), ERR_OK)
#define REFUSED(call, code) assert_int_equal((call), (code))
#define STATE(s, name) assert_int_equal((s)->record.state, (name))

/* The timer looks once, now. */
static inline size_t fire(struct story *s)
{
    OK(case_timer(&s->world, &s->record, s->now_ms, &s->result));
    take_result(s);
    return s->result.count;
}

/* Time passes; the timer looks whenever a clock wants it. */
static inline void pass(struct story *s, int64_t ms)
{
    int64_t end_ms = s->now_ms + ms;
    for (int i = 0; case_next_timer(&s->record) <= end_ms; i++) {
        assert_true(i < 200); /* a timer that never rests would be a storm */
        if (s->now_ms < case_next_timer(&s->record))
            s->now_ms = case_next_timer(&s->record);
        fire(s);
        if (s->record.facts.offer_to[0])
            break; /* custody's turn */
    }
    if (s->now_ms < end_ms && !s->record.facts.offer_to[0])
        s->now_ms = end_ms;
}

/* The talk between the centers came to its point: handed over and taken. */
static inline void hand_over(struct story *s)
{
    OK(case_hand_over(&s->world, &s->record, s->record.facts.offer_no, s->now_ms, &s->result));
    assert_int_equal(s->result.count, 1);
    take_result(s);
    s->world.here = owner_index(s);
    OK(case_take(&s->world, &s->record, s->now_ms, &s->result));
    take_result(s);
}

static inline bool has_flag(const struct story *s, enum case_flag flag)
{
    return (s->record.facts.flags & (unsigned)flag) != 0;
}

static inline enum case_event last_event(const struct story *s)
{
    return s->result.changes[s->result.count - 1].event;
}

/* A plain case in the hands of the community's department. */
static inline struct story *story_handling(void)
{
    struct story *s = story_new();
    OK(story_report(s, PLAIN, true));
    OK(act(s, EVENT_SIGN, desk(s, "cg", COMMUNITY)));
    STATE(s, CASE_HANDLING);
    return s;
}

#endif
