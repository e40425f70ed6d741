/* The tree of centers: whose area, who lies under whom, who stands behind a user name. Told on Bao'an in
 * small: a district with two streets, one of which has two communities; with the look-up tables and without
 * them. */
#include "domain/topology.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

enum { DISTRICT, XINAN, XIXIANG, BAOMIN, SHANGCHUAN, CENTERS };

struct row {
    const char *code;
    uint16_t tier;
    int32_t parent, grids;
    const char *covers[2];
};

static const struct row rows[CENTERS] = {
    {"440306", 0, -1, 0, {"440306", NULL}},
    {"440306017", 1, DISTRICT, 0, {"440306017", NULL}},
    {"440306018", 1, DISTRICT, 0, {"440306018", NULL}},
    {"440306017001", 2, XINAN, 35, {"440306017001", "440306017003"}},
    {"440306017002", 2, XINAN, 0, {"440306017002", NULL}},
};

static const struct department departments[] = {
    {"chengguan", "城管局", "", DISTRICT, 4}, {"shuiwu", "水务局", "", DISTRICT, 0},
    {"chengguan", "执法队", "", XINAN, 2},    {"chengguan", "执法社区队", "", BAOMIN, 1},
    {"u-1", "empty", "", SHANGCHUAN, 0},
};

static const struct staff_rule staff[] = {
    {0, POST_LEADER, 1}, {1, POST_DISPATCHER, 3}, {2, POST_DISPATCHER, 1}, {2, POST_CALLER, 0}};

static const struct named_person persons[] = {
    {"dispatcher.440306017", "王", POST_CHECKER, BAOMIN, "", "440306017001002"},
    {"li", "李", POST_DESK, XINAN, "chengguan", ""},
};

static void *copy(const void *from, size_t bytes)
{
    void *to = malloc(bytes);
    assert_non_null(to);
    return memcpy(to, from, bytes);
}

static struct topology *make_tree(bool indexed)
{
    struct topology *t = calloc(1, sizeof *t);
    char(*covers)[CODE_SIZE] = calloc(CENTERS * 2, sizeof *covers);
    assert_non_null(t);
    assert_non_null(covers);
    t->tier_count = 3;
    for (int i = 0; i < 3; i++)
        t->tiers[i].rank = i;
    t->centers = calloc(CENTERS, sizeof *t->centers);
    assert_non_null(t->centers);
    for (t->center_count = 0; t->center_count < CENTERS; t->center_count++) {
        const struct row *row = &rows[t->center_count];
        struct center *center = &t->centers[t->center_count];
        text_put(center->code, sizeof center->code, row->code);
        center->tier = row->tier;
        center->parent = row->parent;
        center->grids = row->grids;
        center->covers = covers;
        for (; center->cover_count < 2 && row->covers[center->cover_count]; center->cover_count++)
            text_put(*covers++, CODE_SIZE, row->covers[center->cover_count]);
    }
    t->departments = copy(departments, sizeof departments);
    t->department_count = sizeof departments / sizeof *departments;
    t->staff = copy(staff, sizeof staff);
    t->staff_count = sizeof staff / sizeof *staff;
    t->persons = copy(persons, sizeof persons);
    t->person_count = sizeof persons / sizeof *persons;
    if (indexed)
        assert_int_equal(topology_index(t), ERR_OK);
    return t;
}

static int with_tables(void **state)
{
    *state = make_tree(true);
    return 0;
}

static int by_hand(void **state)
{
    *state = make_tree(false);
    return 0;
}

static int drop(void **state)
{
    topology_free(*state);
    return 0;
}

static void test_a_center_is_found_by_its_code(void **state)
{
    const struct topology *t = *state;
    for (int32_t i = 0; i < CENTERS; i++)
        assert_int_equal(topology_center(t, rows[i].code), i);
    assert_int_equal(topology_center(t, "440306016"), -1);
    assert_int_equal(topology_center(t, "4403"), -1);
    assert_int_equal(topology_center(t, "999"), -1);
    assert_int_equal(topology_center(t, ""), -1);
}

static void test_under_and_towards_follow_the_tree(void **state)
{
    const struct topology *t = *state;
    assert_true(topology_is_under(t, BAOMIN, DISTRICT));
    assert_true(topology_is_under(t, XINAN, XINAN));
    assert_false(topology_is_under(t, BAOMIN, XIXIANG));
    assert_false(topology_is_under(t, DISTRICT, BAOMIN));
    assert_int_equal(topology_child_towards(t, DISTRICT, BAOMIN), XINAN);
    assert_int_equal(topology_child_towards(t, XINAN, BAOMIN), BAOMIN);
    assert_int_equal(topology_child_towards(t, XINAN, XINAN), -1);
    assert_int_equal(topology_child_towards(t, XIXIANG, BAOMIN), -1);
    assert_int_equal(topology_child_towards(t, BAOMIN, DISTRICT), -1);
}

static void test_an_area_belongs_to_its_lowest_center_and_all_above(void **state)
{
    const struct topology *t = *state;
    assert_int_equal(topology_center_of_area(t, "440306017003"), BAOMIN);
    assert_int_equal(topology_center_of_area(t, "440306017001007"), BAOMIN);
    assert_int_equal(topology_center_of_area(t, "440306017009"), XINAN);
    assert_int_equal(topology_center_of_area(t, "440306"), DISTRICT);
    assert_int_equal(topology_center_of_area(t, "4403"), -1);
    assert_int_equal(topology_center_of_area(t, "440307001"), -1);
    assert_int_equal(topology_center_of_area(t, "44030601700100700000000000"), -1);

    assert_true(topology_covers(t, BAOMIN, "440306017003"));
    assert_true(topology_covers(t, DISTRICT, "440306017003"));
    assert_false(topology_covers(t, SHANGCHUAN, "440306017003"));
    assert_false(topology_covers(t, XIXIANG, "440306017003"));
    assert_false(topology_covers(t, BAOMIN, "440306017")); /* wider than what it covers */
    assert_false(topology_covers(t, DISTRICT, "440307"));
}

/* A center may cover less than its children do together; what a child covers, its parent answers for. */
static void test_what_a_child_covers_its_parent_covers(void **state)
{
    struct topology *t = *state;
    text_put(t->centers[XIXIANG].covers[0], CODE_SIZE, "440306999");
    t->centers[XIXIANG].parent = XINAN;
    t->centers[XIXIANG].tier = 2;
    if (t->covers) {
        free(t->covers);
        free(t->by_code);
        assert_int_equal(topology_index(t), ERR_OK);
    }
    assert_true(topology_covers(t, XINAN, "440306999001"));
}

static void test_only_real_areas_are_known(void **state)
{
    const struct topology *t = *state;
    static const char *const known[] = {"440306",          "440306017", "440306017003", "440306017001001",
                                        "440306017001035", "44",        "4403"};
    static const char *const unknown[] = {"",
                                          "440307",
                                          "440306017004",
                                          "440306017001000",
                                          "440306017001036",
                                          "440306017003001",
                                          "440306017002001",
                                          "44030601700100",
                                          "44030601",
                                          "440306017001 01",
                                          "440306017001x01",
                                          "001"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_true(topology_area_known(t, known[i]));
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_false(topology_area_known(t, unknown[i]));
}

static void test_a_department_is_looked_for_at_one_center_and_then_upwards(void **state)
{
    const struct topology *t = *state;
    assert_string_equal(topology_department(t, XINAN, "chengguan")->name, "执法队");
    assert_null(topology_department(t, XINAN, "shuiwu"));
    assert_null(topology_department(t, XIXIANG, "chengguan"));
    assert_int_equal(topology_department_above(t, BAOMIN, "chengguan"), BAOMIN);
    assert_int_equal(topology_department_above(t, SHANGCHUAN, "chengguan"), XINAN);
    assert_int_equal(topology_department_above(t, XIXIANG, "chengguan"), DISTRICT);
    assert_int_equal(topology_department_above(t, BAOMIN, "nobody"), -1);
}

static void test_posts_come_from_staff_persons_desks_and_grids(void **state)
{
    const struct topology *t = *state;
    assert_true(topology_has_post(t, XINAN, POST_DISPATCHER | POST_LEADER));
    assert_false(topology_has_post(t, XINAN, POST_LEADER));
    assert_false(topology_has_post(t, BAOMIN, POST_CALLER)); /* a rule of 0 people */
    assert_true(topology_has_post(t, BAOMIN, POST_CHECKER)); /* 王, by name */
    assert_false(topology_has_post(t, SHANGCHUAN, POST_CHECKER));
    assert_true(topology_has_post(t, BAOMIN, POST_GRID_WORKER));
    assert_false(topology_has_post(t, SHANGCHUAN, POST_GRID_WORKER));
    assert_true(topology_has_post(t, DISTRICT, POST_DESK));
    assert_false(topology_has_post(t, SHANGCHUAN, POST_DESK)); /* a department without desks */
}

struct who {
    const char *user;
    enum post post;
    const char *center, *department, *area;
};

static void test_user_names_follow_from_the_data(void **state)
{
    static const struct who people[] = {
        {"leader.440306", POST_LEADER, "440306", "", ""},
        {"dispatcher-3.440306017", POST_DISPATCHER, "440306017", "", ""},
        {"dispatcher.440306017", POST_CHECKER, "440306017001", "",
         "440306017001002"}, /* named persons first */
        {"li", POST_DESK, "440306017", "chengguan", ""},
        {"desk.chengguan.440306017001", POST_DESK, "440306017001", "chengguan", ""},
        {"desk-4.chengguan.440306", POST_DESK, "440306", "chengguan", ""},
        {"grid.440306017001035", POST_GRID_WORKER, "440306017001", "", "440306017001035"},
    };
    for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
        struct actor actor;
        assert_true(topology_person(*state, people[i].user, &actor));
        assert_string_equal(actor.user, people[i].user);
        assert_int_equal(actor.post, people[i].post);
        assert_string_equal(actor.center, people[i].center);
        assert_string_equal(actor.department, people[i].department);
        assert_string_equal(actor.area, people[i].area);
    }
}

static void test_nobody_has_a_name_that_does_not_follow(void **state)
{
    static const char *const nobody[] = {"",
                                         "leader",
                                         "leader.",
                                         ".440306",
                                         "leader.440307",
                                         "leader-2.440306",
                                         "leader-1.440306",
                                         "dispatcher-03.440306017",
                                         "dispatcher-4.440306017",
                                         "dispatcher-.440306017",
                                         "dispatcher-2x.440306017",
                                         "dispatcher-00002.440306017",
                                         "caller.440306017001",
                                         "boss.440306",
                                         "desk.440306",
                                         "desk.shuiwu.440306",
                                         "desk-5.chengguan.440306",
                                         "desks.chengguan.440306",
                                         "desk.chengguan.440306018",
                                         "desk.u-1.440306017002",
                                         "grid.440306017001036",
                                         "grid.440306017001",
                                         "grid",
                                         "timer.440306",
                                         "leader.4403060000000000000000000000000000000000000000000"};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        struct actor actor = {.user = "unchanged"};
        if (topology_person(*state, nobody[i], &actor))
            fail_msg("'%s' is somebody", nobody[i]);
        assert_string_equal(actor.user, "unchanged");
    }
}

static void test_posts_have_names_in_both_directions(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 13; bit++) {
        enum post post = (enum post)(1u << bit);
        assert_int_equal(post_from_name(post_name(post)), post);
        assert_string_not_equal(post_zh(post), "无");
    }
    assert_int_equal(post_from_name("none"), POST_NONE);
    assert_string_equal(post_name(POST_NONE), "none");
    topology_free(NULL);
}

#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, with_tables, drop),                                                \
        cmocka_unit_test_setup_teardown(test, by_hand, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_a_center_is_found_by_its_code),
        BOTH(test_under_and_towards_follow_the_tree),
        BOTH(test_an_area_belongs_to_its_lowest_center_and_all_above),
        BOTH(test_what_a_child_covers_its_parent_covers),
        BOTH(test_only_real_areas_are_known),
        BOTH(test_a_department_is_looked_for_at_one_center_and_then_upwards),
        BOTH(test_posts_come_from_staff_persons_desks_and_grids),
        BOTH(test_user_names_follow_from_the_data),
        BOTH(test_nobody_has_a_name_that_does_not_follow),
        cmocka_unit_test(test_posts_have_names_in_both_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
