/* Routing an item in an area, and learning the routes from closed cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/route.h"

#define MAIN_STREET "440310001"
#define OTHER_STREET "440310002"
#define COMMUNITY "440310001003"

static struct catalogue_class classes[] = {{.code = "5"}, {.code = "6"}};
static struct catalogue_class subs[] = {
    {.code = "5.1"}, {.code = "6.1", .parent = 1}, {.code = "6.2", .parent = 1}};
static struct item items[] = {
    {.code = "5.1.1", .class_index = 0, .sub_index = 0},
    {.code = "5.1.2", .class_index = 0, .sub_index = 0},
    {.code = "6.1.1", .class_index = 1, .sub_index = 1},
    {.code = "6.2.1", .class_index = 1, .sub_index = 2},
};
static const struct catalogue catalogue = {
    .class_count = 2, .sub_count = 3, .item_count = 4, .classes = classes, .subs = subs, .items = items};

static struct route_row rows[] = {
    {ROUTE_ITEM_AREA, "5.1.1", MAIN_STREET, "street-crew", 0, 7, 0, {""}},
    {ROUTE_ITEM_AREA, "5.1.1", MAIN_STREET, "city", 1, 2, 0, {""}},
    {ROUTE_ITEM_AREA, "5.1.1", COMMUNITY, "community-crew", 0, 3, 0, {""}},
    {ROUTE_SUB_AREA, "5.1", MAIN_STREET, "sub-crew", 0, 9, 0, {""}},
    {ROUTE_ITEM, "5.1.1", "", "city", 0, 30, 1, {"police"}},
    {ROUTE_SUB, "5.1", "", "water", 0, 3, 0, {""}},
    {ROUTE_CLASS, "5", "", "urban", 0, 0, 0, {""}},
};

static struct route_matrix sorted_matrix(struct route_row *copy)
{
    memcpy(copy, rows, sizeof rows);
    struct route_matrix matrix = {.row_count = sizeof rows / sizeof *rows, .rows = copy};
    route_sort(&matrix);
    return matrix;
}

static void test_finer_keys_come_first_and_the_longest_area_before_all(void **state)
{
    (void)state;
    struct route_row copy[sizeof rows / sizeof *rows];
    struct route_matrix matrix = sorted_matrix(copy);
    struct route_choice choice[8];
    static const char *const expected[] = {"community-crew", "street-crew", "city",
                                           "sub-crew",       "water",       "urban"};

    assert_int_equal(route_choose(&matrix, &catalogue, &items[0], COMMUNITY, choice, 8), 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(choice[i].department, expected[i]);
    assert_int_equal(choice[0].key, ROUTE_ITEM_AREA);
    assert_int_equal(choice[0].support, 3);
    assert_int_equal(choice[5].key, ROUTE_CLASS);
}

static void test_a_department_is_chosen_once_by_its_finest_key(void **state)
{
    (void)state;
    struct route_row copy[sizeof rows / sizeof *rows];
    struct route_matrix matrix = sorted_matrix(copy);
    struct route_choice choice[8];

    route_choose(&matrix, &catalogue, &items[0], COMMUNITY, choice, 8);
    assert_string_equal(choice[2].department, "city");
    assert_int_equal(choice[2].key, ROUTE_ITEM_AREA);
    assert_int_equal(route_choose(&matrix, &catalogue, &items[0], OTHER_STREET, choice, 8), 3);
    assert_string_equal(choice[0].department, "city");
    assert_int_equal(choice[0].key, ROUTE_ITEM);
    assert_string_equal(choice[0].row->assist[0], "police");
}

static void test_an_item_without_its_own_rows_falls_back(void **state)
{
    (void)state;
    struct route_row copy[sizeof rows / sizeof *rows];
    struct route_matrix matrix = sorted_matrix(copy);
    struct route_choice choice[8];

    assert_int_equal(route_choose(&matrix, &catalogue, &items[1], COMMUNITY, choice, 8), 3);
    assert_string_equal(choice[0].department, "sub-crew");
    assert_int_equal(choice[0].key, ROUTE_SUB_AREA);
}

static void test_an_item_without_any_row_goes_to_the_manual_queue(void **state)
{
    (void)state;
    struct route_row copy[sizeof rows / sizeof *rows];
    struct route_matrix matrix = sorted_matrix(copy);
    struct route_choice choice[8];

    assert_int_equal(route_choose(&matrix, &catalogue, &items[2], COMMUNITY, choice, 8), 0);
    assert_false(route_has(&matrix, &catalogue, &items[2]));
    assert_true(route_has(&matrix, &catalogue, &items[1]));
}

static void test_no_more_choices_than_asked_for(void **state)
{
    (void)state;
    struct route_row copy[sizeof rows / sizeof *rows];
    struct route_matrix matrix = sorted_matrix(copy);
    struct route_choice choice[2];

    assert_int_equal(route_choose(&matrix, &catalogue, &items[0], COMMUNITY, choice, 2), 2);
    assert_string_equal(choice[1].department, "street-crew");
}

static void test_merged_rows_stay_as_a_last_resort(void **state)
{
    (void)state;
    struct route_row learned[] = {{ROUTE_ITEM_AREA, "5.1.1", MAIN_STREET, "city", 0, 4, 0, {""}}};
    struct route_matrix upper = {.version = 9, .row_count = 1, .rows = learned};
    struct route_row copy[sizeof rows / sizeof *rows];
    struct route_matrix lower = sorted_matrix(copy);
    struct route_choice choice[8];

    struct route_matrix *merged = route_merge(&upper, &lower);
    assert_int_equal(merged->row_count, 7); /* the second row for "city" at that key is gone */
    assert_int_equal(merged->version, 9);
    route_choose(merged, &catalogue, &items[0], MAIN_STREET, choice, 8);
    assert_string_equal(choice[0].department, "city");
    assert_int_equal(choice[0].support, 4);
    assert_string_equal(choice[1].department, "street-crew");
    assert_string_equal(choice[2].department, "sub-crew");
    route_free(merged);
    free(merged);
}

static void feed(struct route_learner *learner, const struct item *item, const char *area,
                 const char *department, int times)
{
    for (int i = 0; i < times; i++)
        route_learner_add(learner, &catalogue, item, area, department);
}

static struct route_matrix *learned(struct route_learner **learner, int32_t least, uint8_t depth)
{
    struct route_matrix *matrix = route_learner_matrix(*learner, least, depth);
    route_learner_free(learner);
    assert_non_null(matrix);
    assert_null(*learner);
    return matrix;
}

static void drop(struct route_matrix *matrix)
{
    route_free(matrix);
    free(matrix);
}

static void test_learning_names_the_majority_of_item_and_street_with_its_support(void **state)
{
    (void)state;
    struct route_learner *learner = route_learner_new();
    feed(learner, &items[2], MAIN_STREET, "traffic", 8);
    feed(learner, &items[2], MAIN_STREET, "city", 3);
    feed(learner, &items[2], OTHER_STREET, "city", 9);
    assert_int_equal(route_learner_cases(learner), 20);

    struct route_matrix *matrix = learned(&learner, 1, 3);
    struct route_choice choice[4];
    assert_int_equal(route_choose(matrix, &catalogue, &items[2], COMMUNITY, choice, 4), 2);
    assert_string_equal(choice[0].department, "traffic");
    assert_int_equal(choice[0].support, 8);
    assert_int_equal(choice[0].key, ROUTE_ITEM_AREA);
    route_choose(matrix, &catalogue, &items[2], OTHER_STREET, choice, 4);
    assert_string_equal(choice[0].department, "city");
    assert_int_equal(choice[0].support, 9);
    drop(matrix);
}

static void test_one_odd_case_does_not_hide_what_many_say(void **state)
{
    (void)state;
    struct route_learner *learner = route_learner_new();
    feed(learner, &items[0], OTHER_STREET, "water", 20);
    feed(learner, &items[0], MAIN_STREET, "odd", 1);

    struct route_matrix *matrix = learned(&learner, 1, 3);
    struct route_choice choice[4];
    route_choose(matrix, &catalogue, &items[0], MAIN_STREET, choice, 4);
    assert_string_equal(choice[0].department, "water");
    assert_int_equal(choice[0].key, ROUTE_ITEM);
    drop(matrix);
}

static void test_enough_cases_at_the_fine_key_outweigh_the_coarse_one(void **state)
{
    (void)state;
    struct route_learner *learner = route_learner_new();
    feed(learner, &items[0], OTHER_STREET, "water", 20);
    feed(learner, &items[0], MAIN_STREET, "local", 5);

    struct route_matrix *matrix = learned(&learner, 1, 3);
    struct route_choice choice[4];
    route_choose(matrix, &catalogue, &items[0], MAIN_STREET, choice, 4);
    assert_string_equal(choice[0].department, "local");
    assert_int_equal(choice[0].support, 5);
    drop(matrix);
}

static void test_an_unseen_item_is_routed_by_its_class(void **state)
{
    (void)state;
    struct route_learner *learner = route_learner_new();
    feed(learner, &items[2], MAIN_STREET, "traffic", 2);

    struct route_matrix *matrix = learned(&learner, 1, 3);
    struct route_choice choice[4];
    assert_int_equal(route_choose(matrix, &catalogue, &items[3], OTHER_STREET, choice, 4), 1);
    assert_string_equal(choice[0].department, "traffic");
    assert_int_equal(choice[0].key, ROUTE_CLASS);
    drop(matrix);
}

static void test_least_and_depth_bound_what_is_kept(void **state)
{
    (void)state;
    struct route_learner *learner = route_learner_new();
    feed(learner, &items[2], MAIN_STREET, "a", 5);
    feed(learner, &items[2], MAIN_STREET, "b", 4);
    feed(learner, &items[2], MAIN_STREET, "c", 3);
    feed(learner, &items[2], MAIN_STREET, "d", 1);

    struct route_matrix *deep = route_learner_matrix(learner, 2, 5);
    struct route_matrix *flat = learned(&learner, 1, 1);
    assert_int_equal(deep->row_count, 5 * 3); /* a, b and c at each of five keys */
    assert_int_equal(flat->row_count, 5);
    drop(deep);
    drop(flat);
}

static void test_a_case_without_an_area_teaches_the_coarse_keys_only(void **state)
{
    (void)state;
    struct route_learner *learner = route_learner_new();
    feed(learner, &items[2], "", "traffic", 1);

    struct route_matrix *matrix = learned(&learner, 1, 3);
    assert_int_equal(matrix->row_count, 3);
    assert_int_equal(matrix->rows[0].key, ROUTE_ITEM);
    drop(matrix);
}

static void test_learning_thousands_of_cases_keeps_every_count(void **state)
{
    (void)state;
    struct route_learner *learner = route_learner_new();
    char area[CODE_SIZE];
    for (int i = 0; i < 6000; i++) {
        snprintf(area, sizeof area, "4403%05d", i % 40);
        route_learner_add(learner, &catalogue, &items[i % 4], area, i % 5 == 0 ? "rare" : "often");
    }
    struct route_matrix *matrix = learned(&learner, 1, 2);
    int64_t by_class = 0;
    for (size_t i = 0; i < matrix->row_count; i++)
        by_class += matrix->rows[i].key == ROUTE_CLASS ? matrix->rows[i].support : 0;
    assert_int_equal(by_class, 6000);
    drop(matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finer_keys_come_first_and_the_longest_area_before_all),
        cmocka_unit_test(test_a_department_is_chosen_once_by_its_finest_key),
        cmocka_unit_test(test_an_item_without_its_own_rows_falls_back),
        cmocka_unit_test(test_an_item_without_any_row_goes_to_the_manual_queue),
        cmocka_unit_test(test_no_more_choices_than_asked_for),
        cmocka_unit_test(test_merged_rows_stay_as_a_last_resort),
        cmocka_unit_test(test_learning_names_the_majority_of_item_and_street_with_its_support),
        cmocka_unit_test(test_one_odd_case_does_not_hide_what_many_say),
        cmocka_unit_test(test_enough_cases_at_the_fine_key_outweigh_the_coarse_one),
        cmocka_unit_test(test_an_unseen_item_is_routed_by_its_class),
        cmocka_unit_test(test_least_and_depth_bound_what_is_kept),
        cmocka_unit_test(test_a_case_without_an_area_teaches_the_coarse_keys_only),
        cmocka_unit_test(test_learning_thousands_of_cases_keeps_every_count),
    };
    return cmocka_run_group_tests_name("domain route", tests, NULL, NULL);
}
