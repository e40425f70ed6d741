/* The catalogue and policy files: inheritance, the two catalogues of the project, and every error with its
 * place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf_catalogue.h"
#include "conf/conf_policy.h"

#define CONFIG SANJI_SOURCE_DIR "/config"

static const char one_policy[] = "version: 1\n"
                                 "policies:\n"
                                 "  - name: general\n"
                                 "    yellow_percent: 80\n"
                                 "    deputy: 60 work-minutes\n"
                                 "    grace: 4 work-hours\n"
                                 "    dwell: 4 work-hours\n"
                                 "    ack_lapse: none\n"
                                 "    supervise_reply: 1 work-days\n"
                                 "    repeat: 1 work-days\n"
                                 "    repeats_max: 3\n"
                                 "    returns_max: 1\n"
                                 "    extensions_max: 2\n"
                                 "    first_extension_percent: 50\n"
                                 "    review: 10 work-days\n";

static const char head[] =
    "name: 小样\n"
    "version: 7\n"
    "defaults:\n"
    "  policy: {peace: general, war: general}\n"
    "  closing: 已处理\n"
    "  limits: {accept: 30 work-minutes, verify: 4 work-hours, dispatch: 1 work-hours,\n"
    "           sign: 2 work-hours, handle: 3 work-days, check: 1 work-days,\n"
    "           ruling: 1 work-days, callback: 3 work-days, archive: 5 work-days}\n"
    "priorities:\n"
    "  urgent: {limits: {accept: 15 urgent-minutes, handle: 24 urgent-hours}, suspend: true}\n"
    "classes:\n";

static struct conf_doc *open_text(const char *path, const char *text, struct conf_errors *errors)
{
    struct conf_doc *doc = NULL;
    assert_int_equal(conf_read_text(path, text, strlen(text), errors, &doc), ERR_OK);
    return doc;
}

static enum err take_policies(const char *text, struct conf_errors *errors, struct policy **policies,
                              size_t *count)
{
    conf_errors_init(errors);
    struct conf_doc *doc = open_text("p.yaml", text, errors);
    enum err result = conf_policy_take(doc, policies, count);
    conf_doc_free(&doc);
    return result;
}

static enum err take(const char *classes, struct conf_errors *errors, struct conf_catalogue *read)
{
    char text[4096];
    struct policy *policies = NULL;
    size_t count = 0;
    assert_int_equal(take_policies(one_policy, errors, &policies, &count), ERR_OK);
    snprintf(text, sizeof text, "%s%s", head, classes);
    return conf_catalogue_take(open_text("c.yaml", text, errors), policies, count, read);
}

static void assert_says(const struct conf_errors *errors, size_t index, const char *words)
{
    if (!strstr(conf_errors_text(errors, index), words))
        fail_msg("expected '%s' in '%s'", words, conf_errors_text(errors, index));
}

static void assert_refused(const char *classes, const char *words)
{
    struct conf_errors errors;
    struct conf_catalogue read;
    assert_int_equal(take(classes, &errors, &read), ERR_CONFIG);
    assert_says(&errors, 0, words);
}

static void test_an_item_inherits_from_priority_class_and_file(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct conf_catalogue read;
    assert_int_equal(
        take("  - code: A\n"
             "    name: 甲类\n"
             "    defaults: {settle: true, guidance: 先拍照, limits: {sign: 60 work-minutes}}\n"
             "    items:\n"
             "      - {code: A2, name: 乙, priority: urgent, evidence: [before, after], closing: 复查合格}\n"
             "      - {code: A1, name: 甲, limits: {handle: 5 work-days}}\n",
             &errors, &read),
        ERR_OK);
    const struct item *normal = catalogue_item(&read.catalogue, "A1"),
                      *urgent = catalogue_item(&read.catalogue, "A2");
    assert_int_equal(read.catalogue.version, 7);
    assert_int_equal(normal->limits.handle.amount, 5);
    assert_int_equal(normal->limits.accept.unit, UNIT_WORK_HOUR);
    assert_int_equal(normal->limits.sign.amount, 60);
    assert_false(normal->suspend_allowed);
    assert_true(normal->settle_allowed && urgent->settle_allowed);
    assert_string_equal(normal->closing, "已处理");
    assert_string_equal(normal->guidance, "先拍照");
    assert_string_equal(normal->filing, "");

    assert_int_equal(urgent->priority, PRIORITY_URGENT);
    assert_int_equal(urgent->limits.accept.unit, UNIT_URGENT_HOUR);
    assert_int_equal(urgent->limits.accept.amount, 15);
    assert_int_equal(urgent->limits.handle.amount, 24 * 60);
    assert_int_equal(urgent->limits.sign.amount, 60); /* the class speaks after the priority */
    assert_true(urgent->suspend_allowed && urgent->before_photo && urgent->after_photo);
    assert_string_equal(urgent->closing, "复查合格");
    assert_string_equal(urgent->guidance, "先拍照");
    assert_string_equal(catalogue_policy(&read.catalogue, urgent, MODE_WAR)->name, "general");
    conf_catalogue_close(&read);
}

static void test_an_emergency_plan_is_inherited_and_may_be_none(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct conf_catalogue read;
    assert_int_equal(
        take("  - code: A\n    name: 甲类\n    defaults: {plan: \"135\"}\n"
             "    items: [{code: A1, name: 甲}, {code: A2, name: 乙, plan: fire}, {code: A3, name: 丙, "
             "plan: none}]\n"
             "  - code: B\n    name: 乙类\n    items: [{code: B1, name: 丁}]\n",
             &errors, &read),
        ERR_OK);
    assert_string_equal(catalogue_item(&read.catalogue, "A1")->plan, "135");
    assert_string_equal(catalogue_item(&read.catalogue, "A2")->plan, "fire");
    assert_string_equal(catalogue_item(&read.catalogue, "A3")->plan, "");
    assert_string_equal(catalogue_item(&read.catalogue, "B1")->plan, "");
    conf_catalogue_close(&read);
}

static void test_a_class_may_say_the_priority_of_its_items(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct conf_catalogue read;
    assert_int_equal(
        take("  - code: A\n    name: 甲类\n    defaults: {priority: urgent, evidence: [before, after]}\n"
             "    items: [{code: A1, name: 甲}, {code: A2, name: 乙, priority: normal, evidence: [after]}]\n",
             &errors, &read),
        ERR_OK);
    assert_int_equal(read.catalogue.items[0].priority, PRIORITY_URGENT);
    assert_int_equal(read.catalogue.items[0].limits.accept.amount, 15);
    assert_int_equal(read.catalogue.items[1].priority, PRIORITY_NORMAL);
    assert_int_equal(read.catalogue.items[1].limits.accept.amount, 30);
    assert_true(read.catalogue.items[0].before_photo);
    assert_false(read.catalogue.items[1].before_photo); /* its own list stands for all of it */
    assert_true(read.catalogue.items[1].after_photo);
    conf_catalogue_close(&read);
}

static void test_classes_without_sub_classes_have_one_of_their_own_code(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct conf_catalogue read;
    assert_int_equal(
        take("  - {code: A, name: 甲类, items: [{code: A1, name: 甲}]}\n"
             "  - {code: B, name: 乙类, subs: [{code: B.1, name: 一, items: [{code: B.1.1, name: 乙}]},\n"
             "     {code: B.2, name: 二, items: []}]}\n",
             &errors, &read),
        ERR_OK);
    assert_int_equal(read.catalogue.sub_count, 3);
    assert_string_equal(catalogue_sub_code(&read.catalogue, catalogue_item(&read.catalogue, "A1")), "A");
    assert_string_equal(catalogue_sub_code(&read.catalogue, catalogue_item(&read.catalogue, "B.1.1")), "B.1");
    assert_string_equal(catalogue_class_code(&read.catalogue, catalogue_item(&read.catalogue, "B.1.1")), "B");
    conf_catalogue_close(&read);
}

static void test_an_item_that_comes_twice_is_said_with_both_lines(void **state)
{
    (void)state;
    assert_refused("  - {code: A, name: 甲类, items: [{code: A1, name: 甲}]}\n"
                   "  - {code: B, name: 乙类, items: [\n"
                   "      {code: A1, name: 乙}]}\n",
                   "c.yaml:14:7: item 'A1' is there twice; first on line 12");
    assert_refused("  - {code: A, name: 甲类, items: [{code: A1, name: 甲}]}\n"
                   "  - {code: A, name: 乙类, items: [{code: A2, name: 乙}]}\n",
                   "c.yaml:13:5: class 'A' is there twice");
}

static void test_an_unknown_policy_is_said_at_its_item(void **state)
{
    (void)state;
    assert_refused(
        "  - code: A\n    name: 甲类\n    items:\n      - {code: A1, name: 甲, policy: {war: wartime}}\n",
        "c.yaml:15:9: item 'A1': no policy 'wartime'");
}

static void test_an_item_without_a_clock_is_refused(void **state)
{
    (void)state;
    assert_refused("  - {code: A, name: 甲类, items: [{code: A1, name: 甲, limits: {handle: none}}]}\n",
                   "c.yaml:12:33: item 'A1' has no limit 'handle'");
}

static void test_wrong_keys_and_words_are_said_where_they_stand(void **state)
{
    (void)state;
    assert_refused("  - {code: A, name: 甲类, items: [{code: A1, name: 甲, priorty: urgent}]}\n",
                   "unknown key 'priorty'; did you mean 'priority'?");
    assert_refused("  - {code: A, name: 甲类, items: [{code: A1, name: 甲, priority: urgnt}]}\n",
                   "did you mean 'urgent'?");
    assert_refused("  - {code: A, name: 甲类, items: [{code: A1, name: 甲, evidence: [during]}]}\n",
                   "'during' is no evidence");
    assert_refused("  - {code: A, name: 甲类, items: [{code: A1}]}\n",
                   "c.yaml:12:33: required key 'name' is missing");
    assert_refused("  - {code: A, name: 甲类}\n", "c.yaml:12:5: a class has either 'subs' or 'items'");
    assert_refused("  - {code: A, name: 甲类, defaults: {code: x}, items: [{code: A1, name: 甲}]}\n",
                   "unknown key 'code'");
}

static void test_all_errors_come_in_one_run(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct conf_catalogue read;
    assert_int_equal(take("  - code: A\n    name: 甲类\n    items:\n"
                          "      - {code: A1, name: 甲, settle: perhaps}\n"
                          "      - {code: A2, name: 乙, limits: {hendle: 3 work-days}}\n"
                          "      - {code: A3, name: 丙, policy: {peace: no-such}}\n",
                          &errors, &read),
                     ERR_CONFIG);
    assert_int_equal(errors.count, 3);
    assert_says(&errors, 0, "c.yaml:15:");
    assert_says(&errors, 1, "c.yaml:16:");
    assert_says(&errors, 2, "c.yaml:17:");
}

static void replaced(char *to, size_t size, const char *from, const char *what, const char *with)
{
    const char *at = strstr(from, what);
    assert_non_null(at);
    snprintf(to, size, "%.*s%s%s", (int)(at - from), from, with, at + strlen(what));
}

static void assert_policy_refused(const char *what, const char *with, const char *words)
{
    char text[2048];
    struct conf_errors errors;
    struct policy *policies = NULL;
    size_t count = 0;
    replaced(text, sizeof text, one_policy, what, with);
    assert_int_equal(take_policies(text, &errors, &policies, &count), ERR_CONFIG);
    assert_null(policies);
    assert_says(&errors, 0, words);
}

static void test_policy_errors_name_their_place(void **state)
{
    (void)state;
    assert_policy_refused("yellow_percent: 80", "yellow_percent: 100",
                          "p.yaml:4:21: 100 is not within 1 to 99");
    assert_policy_refused("yellow_percent: 80", "yellow_percent: 0", "p.yaml:4:21: ");
    assert_policy_refused("    review: 10 work-days\n", "", "p.yaml:3:5: required key 'review' is missing");
    assert_policy_refused("repeat: 1 work-days", "repeat: none", "'repeat' must not be none");
    assert_policy_refused("repeat: 1 work-days", "repeat: 0 work-days",
                          "'repeat' must be longer than nothing");
    assert_policy_refused("deputy: 60 work-minutes", "deputy: an hour", "p.yaml:5:13: 'an hour' is no span");
}

static void test_a_policy_name_comes_once(void **state)
{
    (void)state;
    char text[4096];
    struct conf_errors errors;
    struct policy *policies = NULL;
    size_t count = 0;
    snprintf(text, sizeof text, "%s%s", one_policy, strstr(one_policy, "  - name"));
    assert_int_equal(take_policies(text, &errors, &policies, &count), ERR_CONFIG);
    assert_says(&errors, 0, "p.yaml:16:5: policy 'general' is there twice");
}

static void load(const char *file, struct conf_catalogue *read)
{
    struct conf_errors errors;
    struct policy *policies = NULL;
    size_t count = 0;
    conf_errors_init(&errors);
    assert_int_equal(conf_policy_read(CONFIG "/policy/standard.yaml", &errors, &policies, &count), ERR_OK);
    assert_int_equal(conf_catalogue_read(file, &errors, policies, count, read), ERR_OK);
}

static void test_the_standard_policies_rise_in_haste(void **state)
{
    (void)state;
    struct conf_catalogue read;
    load(CONFIG "/catalogue/baoan.yaml", &read);
    const struct policy *general = catalogue_policy_named(&read.catalogue, "general");
    assert_int_equal(general->yellow_percent, 80);
    assert_int_equal(general->returns_max, 1);
    assert_non_null(catalogue_policy_named(&read.catalogue, "urgent"));
    assert_non_null(catalogue_policy_named(&read.catalogue, "war"));
    const struct policy *critical = catalogue_policy_named(&read.catalogue, "critical");
    assert_int_equal(critical->grace.unit, UNIT_URGENT_HOUR);
    assert_true(critical->grace.amount < general->grace.amount);
    conf_catalogue_close(&read);
}

static void test_baoan_has_13_classes_and_150_items(void **state)
{
    (void)state;
    struct conf_catalogue read;
    load(CONFIG "/catalogue/baoan.yaml", &read);
    assert_int_equal(read.catalogue.class_count, 13);
    assert_int_equal(read.catalogue.item_count, 150);
    for (size_t i = 0; i < read.catalogue.item_count; i++) {
        const struct item *item = &read.catalogue.items[i];
        assert_true(item->name_en[0] && item->filing[0] && item->closing[0] && item->guidance[0]);
        assert_memory_equal(item->code, catalogue_class_code(&read.catalogue, item), 2);
    }
    conf_catalogue_close(&read);
}

static void test_a_gas_leak_is_critical_and_runs_day_and_night(void **state)
{
    (void)state;
    struct conf_catalogue read;
    load(CONFIG "/catalogue/baoan.yaml", &read);
    const struct item *leak = catalogue_item(&read.catalogue, "0304");
    assert_string_equal(leak->name, "燃气泄漏");
    assert_int_equal(leak->priority, PRIORITY_CRITICAL);
    assert_int_equal(leak->limits.handle.unit, UNIT_URGENT_HOUR);
    assert_string_equal(leak->policy[MODE_PEACE], "critical");
    assert_string_equal(leak->policy[MODE_WAR], "war-critical");
    conf_catalogue_close(&read);
}

static void test_pingshan_has_the_ids_and_names_of_its_case_file(void **state)
{
    (void)state;
    struct conf_catalogue read;
    load(CONFIG "/catalogue/pingshan.yaml", &read);
    assert_int_equal(read.catalogue.class_count, 18);
    assert_int_equal(read.catalogue.sub_count, 128 + 18); /* each class has one for what is not in the list */
    assert_int_equal(read.catalogue.item_count, 346 + 18);
    const struct item *item = catalogue_item(&read.catalogue, "6.186.662");
    assert_string_equal(item->name, "侵占绿地");
    assert_string_equal(catalogue_sub_code(&read.catalogue, item), "6.186");
    assert_string_equal(read.catalogue.subs[item->sub_index].name, "市政、公共设施设置及维护");
    assert_string_equal(read.catalogue.classes[item->class_index].name, "市政设施");
    assert_string_equal(catalogue_item(&read.catalogue, "5.181.615")->name, "乱堆物堆料");
    conf_catalogue_close(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_item_inherits_from_priority_class_and_file),
        cmocka_unit_test(test_an_emergency_plan_is_inherited_and_may_be_none),
        cmocka_unit_test(test_a_class_may_say_the_priority_of_its_items),
        cmocka_unit_test(test_classes_without_sub_classes_have_one_of_their_own_code),
        cmocka_unit_test(test_an_item_that_comes_twice_is_said_with_both_lines),
        cmocka_unit_test(test_an_unknown_policy_is_said_at_its_item),
        cmocka_unit_test(test_an_item_without_a_clock_is_refused),
        cmocka_unit_test(test_wrong_keys_and_words_are_said_where_they_stand),
        cmocka_unit_test(test_all_errors_come_in_one_run),
        cmocka_unit_test(test_policy_errors_name_their_place),
        cmocka_unit_test(test_a_policy_name_comes_once),
        cmocka_unit_test(test_the_standard_policies_rise_in_haste),
        cmocka_unit_test(test_baoan_has_13_classes_and_150_items),
        cmocka_unit_test(test_a_gas_leak_is_critical_and_runs_day_and_night),
        cmocka_unit_test(test_pingshan_has_the_ids_and_names_of_its_case_file),
    };
    return cmocka_run_group_tests_name("conf catalogue", tests, NULL, NULL);
}
