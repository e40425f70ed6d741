/* The duty roster: who is on duty at each minute, over midnight and the ends of months, and who is called in
 * his place. */
#include "domain/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"

enum { DISTRICT, STREET, COMMUNITY, CENTERS };

static char covers[CENTERS][CODE_SIZE] = {"440306", "440306017", "440306017001"};
static struct center centers[CENTERS] = {
    {.code = "440306", .tier = 0, .parent = -1, .cover_count = 1, .covers = &covers[0]},
    {.code = "440306017", .tier = 1, .parent = DISTRICT, .cover_count = 1, .covers = &covers[1]},
    {.code = "440306017001",
     .tier = 2,
     .parent = STREET,
     .grids = 3,
     .cover_count = 1,
     .covers = &covers[2]}};
static struct department departments[] = {
    {"cg", "城管", "", COMMUNITY, 3}, {"one", "独席", "", COMMUNITY, 1}, {"zero", "空席", "", COMMUNITY, 0}};
static struct staff_rule staff[] = {{2, POST_RECEPTIONIST, 2},
                                    {2, POST_SHIFT_LEADER, 2},
                                    {2, POST_DISPATCHER, 3},
                                    {2, POST_LEADER, 1},
                                    {1, POST_SHIFT_LEADER, 1}};
static struct named_person persons[] = {
    {.user = "wu", .name = "吴", .post = POST_DISPATCHER, .center = COMMUNITY}};
static struct unit_type types[] = {{.code = "police"}, {.code = "squad"}};
static struct unit_rule unit_rules[] = {{2, 0, 3}, {2, 1, 1}};
static struct topology topology = {.tier_count = 3,
                                   .tiers = {{.rank = 0}, {.rank = 1}, {.rank = 2}},
                                   .center_count = CENTERS,
                                   .centers = centers,
                                   .department_count = 3,
                                   .departments = departments,
                                   .staff_count = 5,
                                   .staff = staff,
                                   .person_count = 1,
                                   .persons = persons,
                                   .unit_type_count = 2,
                                   .unit_types = types,
                                   .unit_rule_count = 2,
                                   .unit_rules = unit_rules};
static const struct calendar calendar = {.offset_min = 480};

static struct duty_rule rules[] = {
    {.kind = RECIPIENT_CENTER, .posts = POST_SHIFT_LEADER, .deputy_posts = POST_LEADER, .turns = true},
    {.kind = RECIPIENT_DESK, .department = "one", .deputy_next = true, .deputy_posts = POST_SHIFT_LEADER},
    {.kind = RECIPIENT_DESK, .deputy_next = true, .turns = true},
    {.kind = RECIPIENT_UNIT, .type = "grid", .deputy_posts = POST_DISPATCHER},
    {.kind = RECIPIENT_UNIT, .deputy_next = true, .deputy_posts = POST_DISPATCHER}};
static struct response response = {
    .shift_count = 2,
    .shifts = {{"day", "白班", 8 * 60, 20 * 60}, {"night", "夜班", 20 * 60, 8 * 60}},
    .rule_count = 5,
    .rules = rules};

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_int_equal(clock_parse(text, 480, &ms), 0);
    return ms;
}

static struct recipient center_of(int32_t center)
{
    struct recipient r = {.kind = RECIPIENT_CENTER, .center = center};
    (void)snprintf(r.name, sizeof r.name, "center.%s", centers[center].code);
    return r;
}

static struct recipient desk_of(const char *department)
{
    struct recipient r = {.kind = RECIPIENT_DESK, .center = COMMUNITY};
    (void)snprintf(r.name, sizeof r.name, "desk.%s.%s", department, centers[COMMUNITY].code);
    text_put(r.department, sizeof r.department, department);
    return r;
}

static struct recipient unit_of(const char *type, const char *name)
{
    struct recipient r = {.kind = RECIPIENT_UNIT, .center = COMMUNITY};
    text_put(r.type, sizeof r.type, type);
    text_put(r.name, sizeof r.name, name);
    return r;
}

static struct duty duty_of(struct recipient recipient, const char *time)
{
    struct duty duty;
    duty_at(&response, &topology, &calendar, &recipient, at(time), &duty);
    return duty;
}

/* ---- shifts ---- */

static void test_a_shift_over_midnight_is_one_persons_and_ends_in_the_morning(void **state)
{
    (void)state;
    struct duty evening = duty_of(center_of(COMMUNITY), "2026-11-22T20:00");
    struct duty late = duty_of(center_of(COMMUNITY), "2026-11-22T23:59:59.999");
    struct duty early = duty_of(center_of(COMMUNITY), "2026-11-23T00:00");
    struct duty last = duty_of(center_of(COMMUNITY), "2026-11-23T07:59:59.999");
    assert_string_equal(evening.shift, "night");
    assert_memory_equal(&evening, &late, sizeof late);
    assert_memory_equal(&evening, &early, sizeof early);
    assert_memory_equal(&evening, &last, sizeof last);
    assert_int_equal(evening.until_ms, at("2026-11-23T08:00"));
}

static void test_the_day_shift_ends_in_the_evening(void **state)
{
    (void)state;
    struct duty day = duty_of(center_of(COMMUNITY), "2026-11-22T08:00");
    assert_string_equal(day.shift, "day");
    assert_int_equal(day.until_ms, at("2026-11-22T20:00"));
    struct duty before = duty_of(center_of(COMMUNITY), "2026-11-22T07:59:59");
    assert_string_equal(before.shift, "night");
    assert_int_equal(before.until_ms, at("2026-11-22T08:00"));
}

/* The next shift is the next one's, over days, month ends and year ends alike. */
static void walk_turns(const char *from, int shifts, size_t people)
{
    int64_t now_ms = at(from);
    struct recipient center = people == 2 ? center_of(COMMUNITY) : desk_of("cg");
    char names[3][USER_SIZE] = {"", "", ""};
    for (int i = 0; i < shifts; i++) {
        struct duty duty;
        duty_at(&response, &topology, &calendar, &center, now_ms, &duty);
        char *name = names[(size_t)i % people];
        if (!name[0])
            text_put(name, USER_SIZE, duty.on_duty);
        assert_string_equal(duty.on_duty, name);
        assert_string_equal(duty.shift, i % 2 ? "night" : "day");
        assert_true(duty.until_ms == now_ms + 12 * 3600000LL);
        assert_string_not_equal(duty.deputy, duty.on_duty);
        now_ms = duty.until_ms;
    }
    for (size_t i = 1; i < people; i++)
        assert_string_not_equal(names[i], names[0]);
}

static void test_people_take_turns_over_the_ends_of_month_and_year(void **state)
{
    (void)state;
    walk_turns("2026-01-30T08:00", 60, 2);
    walk_turns("2026-12-30T08:00", 12, 3);
    walk_turns("2028-02-27T08:00", 12, 3); /* a leap year */
    walk_turns("2026-11-20T08:00", 30, 3);
}

static void test_every_minute_has_exactly_one_shift_and_it_ends_after_it(void **state)
{
    (void)state;
    static const struct duty_shift three[] = {
        {"day", "白班", 480, 960}, {"late", "中班", 960, 0}, {"night", "夜班", 0, 480}};
    struct response turning = response;
    memcpy(turning.shifts, three, sizeof three);
    turning.shift_count = 3;
    struct recipient center = center_of(COMMUNITY);
    struct duty last = {.until_ms = 0};
    for (int64_t minute = 0; minute < 3 * 1440; minute++) {
        int64_t now_ms = at("2026-02-28T00:00") + minute * 60000;
        struct duty duty;
        duty_at(&turning, &topology, &calendar, &center, now_ms, &duty);
        assert_true(duty.shift[0] && duty.until_ms > now_ms && duty.until_ms <= now_ms + 8 * 3600000LL);
        if (last.until_ms && now_ms < last.until_ms)
            assert_memory_equal(&duty, &last, sizeof duty);
        else if (last.until_ms)
            assert_true(now_ms == last.until_ms && strcmp(duty.shift, last.shift) != 0);
        last = duty;
    }
}

static void test_one_shift_may_be_the_whole_day(void **state)
{
    (void)state;
    struct response daily = response;
    struct recipient center = center_of(COMMUNITY);
    struct duty early, late;
    daily.shift_count = 1;
    daily.shifts[0] = (struct duty_shift){"all", "全天", 6 * 60, 6 * 60};
    duty_at(&daily, &topology, &calendar, &center, at("2026-11-22T06:00"), &early);
    duty_at(&daily, &topology, &calendar, &center, at("2026-11-23T05:59"), &late);
    assert_string_equal(early.shift, "all");
    assert_int_equal(early.until_ms, at("2026-11-23T06:00"));
    assert_memory_equal(&early, &late, sizeof late);
}

static void test_without_shifts_people_take_turns_by_the_day(void **state)
{
    (void)state;
    struct response daily = response;
    struct recipient center = center_of(COMMUNITY);
    struct duty first, same, next;
    daily.shift_count = 0;
    duty_at(&daily, &topology, &calendar, &center, at("2026-11-22T00:00"), &first);
    duty_at(&daily, &topology, &calendar, &center, at("2026-11-22T23:59"), &same);
    duty_at(&daily, &topology, &calendar, &center, at("2026-11-23T00:00"), &next);
    assert_string_equal(first.shift, "");
    assert_string_equal(first.on_duty, same.on_duty);
    assert_string_not_equal(first.on_duty, next.on_duty);
}

/* ---- who ---- */

static void test_a_centers_duty_is_of_its_own_people(void **state)
{
    (void)state;
    struct duty duty = duty_of(center_of(COMMUNITY), "2026-11-22T09:00");
    assert_non_null(strstr(duty.on_duty, "shift_leader"));
    assert_non_null(strstr(duty.on_duty, ".440306017001"));
    assert_string_equal(duty.deputy, "leader.440306017001");
    duty = duty_of(center_of(STREET), "2026-11-22T09:00");
    assert_string_equal(duty.on_duty, "shift_leader.440306017");
    assert_string_equal(duty.deputy, ""); /* no leader there */
    duty = duty_of(center_of(DISTRICT), "2026-11-22T09:00");
    assert_string_equal(duty.on_duty, "");
    assert_string_equal(duty.deputy, "");
}

static void test_everyone_named_on_the_roster_is_a_person_of_the_tree(void **state)
{
    (void)state;
    const struct recipient all[] = {center_of(COMMUNITY),
                                    center_of(STREET),
                                    desk_of("cg"),
                                    desk_of("one"),
                                    unit_of("police", "police-2.440306017001"),
                                    unit_of("grid", "grid.440306017001002")};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (int shift = 0; shift < 14; shift++) {
            struct duty duty;
            struct actor actor;
            duty_at(&response, &topology, &calendar, &all[i], at("2026-11-22T08:00") + shift * 43200000LL,
                    &duty);
            assert_true(topology_person(&topology, duty.on_duty, &actor));
            assert_string_equal(actor.center, centers[all[i].center].code);
            if (duty.deputy[0])
                assert_true(topology_person(&topology, duty.deputy, &actor));
        }
}

static void test_the_next_desk_is_called_for_a_desk(void **state)
{
    (void)state;
    static const char *const next[][2] = {{"desk.cg.440306017001", "desk-2.cg.440306017001"},
                                          {"desk-2.cg.440306017001", "desk-3.cg.440306017001"},
                                          {"desk-3.cg.440306017001", "desk.cg.440306017001"}};
    int seen = 0;
    for (int shift = 0; shift < 6; shift++) {
        struct recipient desk = desk_of("cg");
        struct duty duty;
        duty_at(&response, &topology, &calendar, &desk, at("2026-11-22T08:00") + shift * 43200000LL, &duty);
        for (size_t i = 0; i < 3; i++)
            if (strcmp(duty.on_duty, next[i][0]) == 0) {
                assert_string_equal(duty.deputy, next[i][1]);
                seen++;
            }
    }
    assert_int_equal(seen, 6);
}

static void test_a_lone_desk_has_its_deputy_among_the_centers_people(void **state)
{
    (void)state;
    struct duty duty = duty_of(desk_of("one"), "2026-11-22T09:00");
    assert_string_equal(duty.on_duty, "desk.one.440306017001");
    assert_string_equal(duty.deputy, "shift_leader.440306017001");
    assert_int_equal(duty.until_ms, INT64_MAX); /* its rule does not turn */
    duty = duty_of(desk_of("zero"), "2026-11-22T09:00");
    assert_string_equal(duty.on_duty, "");
}

static void test_a_unit_answers_for_itself_and_the_next_of_its_type_for_it(void **state)
{
    (void)state;
    struct duty duty = duty_of(unit_of("police", "police.440306017001"), "2026-11-22T09:00");
    assert_string_equal(duty.on_duty, "police.440306017001");
    assert_string_equal(duty.deputy, "police-2.440306017001");
    duty = duty_of(unit_of("police", "police-3.440306017001"), "2026-11-22T03:00");
    assert_string_equal(duty.on_duty, "police-3.440306017001");
    assert_string_equal(duty.deputy, "police.440306017001");
    duty = duty_of(unit_of("squad", "squad.440306017001"), "2026-11-22T09:00");
    assert_string_equal(duty.deputy, "dispatcher.440306017001"); /* the only squad */
    duty = duty_of(unit_of("grid", "grid.440306017001002"), "2026-11-22T09:00");
    assert_string_equal(duty.on_duty, "grid.440306017001002");
    assert_string_equal(duty.deputy, "dispatcher.440306017001"); /* a rule of their own */
}

static void test_who_is_on_duty_is_not_his_own_deputy(void **state)
{
    (void)state;
    struct duty_rule same = {
        .kind = RECIPIENT_CENTER, .posts = POST_DISPATCHER, .deputy_posts = POST_DISPATCHER, .turns = true};
    struct response own = response;
    struct recipient center = center_of(COMMUNITY);
    own.rules = &same;
    own.rule_count = 1;
    bool named = false;
    for (int shift = 0; shift < 12; shift++) { /* three by rule and one by name */
        struct duty duty;
        duty_at(&own, &topology, &calendar, &center, at("2026-11-22T08:00") + shift * 43200000LL, &duty);
        assert_true(duty.deputy[0]);
        assert_string_not_equal(duty.on_duty, duty.deputy);
        named = named || strcmp(duty.on_duty, "wu") == 0;
    }
    assert_true(named);
}

static void test_no_rule_no_duty(void **state)
{
    (void)state;
    struct response none = {.rule_count = 0};
    struct recipient center = center_of(COMMUNITY);
    struct duty duty;
    duty_at(&none, &topology, &calendar, &center, at("2026-11-22T08:00"), &duty);
    assert_string_equal(duty.on_duty, "");
    assert_string_equal(duty.deputy, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_shift_over_midnight_is_one_persons_and_ends_in_the_morning),
        cmocka_unit_test(test_the_day_shift_ends_in_the_evening),
        cmocka_unit_test(test_people_take_turns_over_the_ends_of_month_and_year),
        cmocka_unit_test(test_every_minute_has_exactly_one_shift_and_it_ends_after_it),
        cmocka_unit_test(test_one_shift_may_be_the_whole_day),
        cmocka_unit_test(test_without_shifts_people_take_turns_by_the_day),
        cmocka_unit_test(test_a_centers_duty_is_of_its_own_people),
        cmocka_unit_test(test_everyone_named_on_the_roster_is_a_person_of_the_tree),
        cmocka_unit_test(test_the_next_desk_is_called_for_a_desk),
        cmocka_unit_test(test_a_lone_desk_has_its_deputy_among_the_centers_people),
        cmocka_unit_test(test_a_unit_answers_for_itself_and_the_next_of_its_type_for_it),
        cmocka_unit_test(test_who_is_on_duty_is_not_his_own_deputy),
        cmocka_unit_test(test_no_rule_no_duty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
