/* The units of the tree: those by rules, those by name, the grids; found by name, and as persons. Told on
 * Bao'an in small. */
#include "domain/topology.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DISTRICT, STREET, BAOMIN, SHANGCHUAN, CENTERS };

static char covers[CENTERS][CODE_SIZE] = {"440306", "440306017", "440306017001", "440306017002"};
static struct center centers[CENTERS] = {{.code = "440306",
                                          .tier = 0,
                                          .parent = -1,
                                          .lon = 113.88,
                                          .lat = 22.55,
                                          .cover_count = 1,
                                          .covers = &covers[0]},
                                         {.code = "440306017",
                                          .tier = 1,
                                          .parent = DISTRICT,
                                          .lon = NAN,
                                          .lat = NAN,
                                          .cover_count = 1,
                                          .covers = &covers[1]},
                                         {.code = "440306017001",
                                          .tier = 2,
                                          .parent = STREET,
                                          .grids = 3,
                                          .lon = 113.9,
                                          .lat = 22.56,
                                          .cover_count = 1,
                                          .covers = &covers[2]},
                                         {.code = "440306017002",
                                          .tier = 2,
                                          .parent = STREET,
                                          .grids = 0,
                                          .lon = 113.9,
                                          .lat = 22.57,
                                          .cover_count = 1,
                                          .covers = &covers[3]}};
static struct department departments[] = {{"gongan", "警务室", "", BAOMIN, 2}};
static struct staff_rule staff[] = {{2, POST_DISPATCHER, 1}};
static struct named_person persons[] = {
    {.user = "police-2.440306017001", .name = "王", .post = POST_CHECKER, .center = BAOMIN}};
static struct unit_type types[] = {{.code = "police", .name = "民警", .department = "gongan"},
                                   {.code = "post", .name = "值守岗"},
                                   {.code = "volunteer", .name = "义警"}};
static struct unit_rule rules[] = {{2, 0, 3}, {2, 2, 2}, {1, 0, 1}, {0, 2, 0}};
static struct named_unit named[] = {
    {.name = "boat.440306", .type = 1, .center = DISTRICT, .lon = NAN, .lat = NAN},
    {.name = "gate.440306017001", .type = 1, .center = BAOMIN, .lon = 113.91, .lat = 22.561}};
static const struct topology topology = {.tier_count = 3,
                                         .tiers = {{.rank = 0}, {.rank = 1}, {.rank = 2}},
                                         .center_count = CENTERS,
                                         .centers = centers,
                                         .department_count = 1,
                                         .departments = departments,
                                         .staff_count = 1,
                                         .staff = staff,
                                         .person_count = 1,
                                         .persons = persons,
                                         .unit_type_count = 3,
                                         .unit_types = types,
                                         .unit_rule_count = 4,
                                         .unit_rules = rules,
                                         .named_unit_count = 2,
                                         .named_units = named};

static void test_a_center_has_its_units_by_rules_then_by_name_then_its_grids(void **state)
{
    (void)state;
    static const char *const names[] = {
        "police.440306017001",    "police-2.440306017001",    "police-3.440306017001",
        "volunteer.440306017001", "volunteer-2.440306017001", "gate.440306017001",
        "grid.440306017001001",   "grid.440306017001002",     "grid.440306017001003"};
    struct unit_identity units[16];
    size_t count = topology_units(&topology, BAOMIN, units, 16);
    assert_int_equal(count, sizeof names / sizeof *names);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(units[i].name, names[i]);
        assert_int_equal(units[i].center, BAOMIN);
    }
    assert_string_equal(units[0].department, "gongan");
    assert_string_equal(units[5].type, "post");
    assert_string_equal(units[8].type, "grid");
    assert_int_equal(topology_units(&topology, DISTRICT, units, 16), 1);
    assert_int_equal(topology_units(&topology, STREET, units, 16), 1);
    assert_int_equal(topology_units(&topology, SHANGCHUAN, units, 16), 5);
}

static void test_a_short_list_gets_the_first_and_the_whole_number(void **state)
{
    (void)state;
    struct unit_identity units[2] = {{.name = ""}, {.name = "kept"}};
    assert_int_equal(topology_units(&topology, BAOMIN, units, 1), 9);
    assert_string_equal(units[0].name, "police.440306017001");
    assert_string_equal(units[1].name, "kept");
    assert_int_equal(topology_units(&topology, BAOMIN, NULL, 0), 9);
}

static void test_a_unit_is_at_home_at_its_own_point_or_at_its_centers_seat(void **state)
{
    (void)state;
    struct unit_identity unit;
    assert_true(topology_unit(&topology, "gate.440306017001", &unit));
    assert_true(unit.lon == 113.91 && unit.lat == 22.561);
    assert_true(topology_unit(&topology, "boat.440306", &unit));
    assert_true(unit.lon == 113.88 && unit.lat == 22.55);
    assert_true(topology_unit(&topology, "grid.440306017001002", &unit));
    assert_true(unit.lon == 113.9 && unit.lat == 22.56);
    assert_true(topology_unit(&topology, "police.440306017", &unit));
    assert_true(isnan(unit.lon) && isnan(unit.lat));
}

/* Every unit of every center is found by its name, as the same. */
static void test_every_unit_is_found_by_its_name(void **state)
{
    (void)state;
    for (int32_t center = 0; center < CENTERS; center++) {
        struct unit_identity units[16], found;
        size_t count = topology_units(&topology, center, units, 16);
        for (size_t i = 0; i < count; i++) {
            assert_true(topology_unit(&topology, units[i].name, &found));
            assert_string_equal(found.name, units[i].name);
            assert_ptr_equal(found.type, units[i].type);
            assert_ptr_equal(found.department, units[i].department);
            assert_int_equal(found.center, units[i].center);
        }
    }
}

static void test_what_no_rule_makes_is_no_unit(void **state)
{
    (void)state;
    static const char *const wrong[] = {"police-4.440306017001",
                                        "police-1.440306017001",
                                        "police-0.440306017001",
                                        "police-02.440306017001",
                                        "police-.440306017001",
                                        "police-x.440306017001",
                                        "police.440306",
                                        "police.440306099",
                                        "police",
                                        "boat-2.440306",
                                        "boat.440306017",
                                        "volunteer.440306",
                                        "grid.440306017001004",
                                        "grid.440306017001000",
                                        "grid.440306017001",
                                        "grid.440306017002001",
                                        "grid-2.440306017001",
                                        "post.440306017001",
                                        ".440306017001",
                                        "",
                                        "police.440306017001.x",
                                        "dispatcher.440306017001"};
    char too_long[200];
    struct unit_identity unit = {.name = "kept"};
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (topology_unit(&topology, wrong[i], &unit))
            fail_msg("'%s' is no unit", wrong[i]);
    assert_false(topology_unit(&topology, too_long, &unit));
    assert_string_equal(unit.name, "kept");
}

static void test_a_type_is_found_by_its_code_and_grid_is_there_by_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(topology_unit_type(&topology, types[i].code), &types[i]);
    assert_null(topology_unit_type(&topology, "boat"));
    assert_null(topology_unit_type(&topology, ""));
    const struct unit_type *grid = topology_unit_type(&topology, "grid");
    assert_non_null(grid);
    assert_string_equal(grid->name, "网格员");
    const struct topology bare = {.unit_type_count = 0};
    assert_non_null(topology_unit_type(&bare, "grid"));
    assert_null(topology_unit_type(&bare, "police"));
}

static void test_a_tree_may_give_the_grid_type_words_of_its_own(void **state)
{
    (void)state;
    struct unit_type own[] = {{.code = "grid", .name = "微网格员"}};
    struct topology with = topology;
    struct unit_identity unit;
    with.unit_types = own;
    with.unit_type_count = 1;
    with.unit_rule_count = with.named_unit_count = 0;
    assert_true(topology_unit(&with, "grid.440306017001001", &unit));
    assert_ptr_equal(unit.type, own[0].code);
}

static void test_a_unit_is_a_person_with_the_department_of_its_type(void **state)
{
    (void)state;
    struct actor actor;
    assert_true(topology_person(&topology, "police-3.440306017001", &actor));
    assert_int_equal(actor.post, POST_UNIT);
    assert_string_equal(actor.user, "police-3.440306017001");
    assert_string_equal(actor.center, "440306017001");
    assert_string_equal(actor.department, "gongan");
    assert_string_equal(actor.area, "");
    assert_true(topology_person(&topology, "boat.440306", &actor));
    assert_int_equal(actor.post, POST_UNIT);
    assert_string_equal(actor.department, "");
    assert_false(topology_person(&topology, "police-4.440306017001", &actor));
}

static void test_named_persons_and_grid_workers_stay_who_they_are(void **state)
{
    (void)state;
    struct actor actor;
    assert_true(topology_person(&topology, "police-2.440306017001", &actor));
    assert_int_equal(actor.post, POST_CHECKER); /* the file names him */
    assert_true(topology_person(&topology, "grid.440306017001002", &actor));
    assert_int_equal(actor.post, POST_GRID_WORKER);
    assert_string_equal(actor.area, "440306017001002");
    assert_true(topology_person(&topology, "dispatcher.440306017001", &actor));
    assert_int_equal(actor.post, POST_DISPATCHER);
}

static void test_a_center_with_units_has_somebody_of_that_post(void **state)
{
    (void)state;
    struct topology bare = topology;
    assert_true(topology_has_post(&topology, DISTRICT, POST_UNIT)); /* the boat */
    assert_true(topology_has_post(&topology, STREET, POST_UNIT));
    bare.named_unit_count = 0;
    assert_false(topology_has_post(&bare, DISTRICT, POST_UNIT)); /* a rule of none */
    assert_true(topology_has_post(&bare, STREET, POST_UNIT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_center_has_its_units_by_rules_then_by_name_then_its_grids),
        cmocka_unit_test(test_a_short_list_gets_the_first_and_the_whole_number),
        cmocka_unit_test(test_a_unit_is_at_home_at_its_own_point_or_at_its_centers_seat),
        cmocka_unit_test(test_every_unit_is_found_by_its_name),
        cmocka_unit_test(test_what_no_rule_makes_is_no_unit),
        cmocka_unit_test(test_a_type_is_found_by_its_code_and_grid_is_there_by_itself),
        cmocka_unit_test(test_a_tree_may_give_the_grid_type_words_of_its_own),
        cmocka_unit_test(test_a_unit_is_a_person_with_the_department_of_its_type),
        cmocka_unit_test(test_named_persons_and_grid_workers_stay_who_they_are),
        cmocka_unit_test(test_a_center_with_units_has_somebody_of_that_post),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
