/* Look-ups in a catalogue of two classes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/catalogue.h"

static struct catalogue_class classes[] = {{.code = "01", .name = "安全生产"},
                                           {.code = "02", .name = "消防"}};
static struct catalogue_class subs[] = {
    {.code = "01"}, {.code = "02.1", .parent = 1}, {.code = "02.2", .parent = 1}};
static struct item items[] = {
    {.code = "0101", .class_index = 0, .sub_index = 0, .policy = {"general", "war"}},
    {.code = "0201", .class_index = 1, .sub_index = 1, .policy = {"general", "war"}},
    {.code = "0202", .class_index = 1, .sub_index = 2, .policy = {"urgent", "war"}},
};
static struct policy policies[] = {{.name = "general"}, {.name = "urgent"}, {.name = "war"}};
static const struct catalogue catalogue = {.class_count = 2,
                                           .sub_count = 3,
                                           .item_count = 3,
                                           .policy_count = 3,
                                           .classes = classes,
                                           .subs = subs,
                                           .items = items,
                                           .policies = policies};

static void test_an_item_is_found_by_its_code(void **state)
{
    (void)state;
    assert_ptr_equal(catalogue_item(&catalogue, "0101"), &items[0]);
    assert_ptr_equal(catalogue_item(&catalogue, "0202"), &items[2]);
    assert_null(catalogue_item(&catalogue, "0203"));
    assert_null(catalogue_item(&catalogue, ""));
}

static void test_an_item_knows_its_sub_class_and_class(void **state)
{
    (void)state;
    assert_string_equal(catalogue_sub_code(&catalogue, &items[2]), "02.2");
    assert_string_equal(catalogue_class_code(&catalogue, &items[2]), "02");
    assert_string_equal(catalogue_class_code(&catalogue, &items[0]), "01");
}

static void test_peace_and_war_have_their_own_policies(void **state)
{
    (void)state;
    assert_ptr_equal(catalogue_policy(&catalogue, &items[2], MODE_PEACE), &policies[1]);
    assert_ptr_equal(catalogue_policy(&catalogue, &items[2], MODE_WAR), &policies[2]);
    assert_null(catalogue_policy_named(&catalogue, "no-such"));
}

static void test_an_empty_catalogue_holds_nothing(void **state)
{
    (void)state;
    struct catalogue empty = {0};
    assert_null(catalogue_item(&empty, "0101"));
    assert_null(catalogue_policy_named(&empty, "general"));
    catalogue_free(&empty);
}

static void test_priorities_have_words(void **state)
{
    (void)state;
    assert_string_equal(priority_name(PRIORITY_CRITICAL), "critical");
    assert_string_equal(priority_zh(PRIORITY_URGENT), "紧急");
    assert_string_equal(priority_zh(PRIORITY_NORMAL), "一般");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_item_is_found_by_its_code),
        cmocka_unit_test(test_an_item_knows_its_sub_class_and_class),
        cmocka_unit_test(test_peace_and_war_have_their_own_policies),
        cmocka_unit_test(test_an_empty_catalogue_holds_nothing),
        cmocka_unit_test(test_priorities_have_words),
    };
    return cmocka_run_group_tests_name("domain catalogue", tests, NULL, NULL);
}
