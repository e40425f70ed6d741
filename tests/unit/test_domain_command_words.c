/* Names both ways, and feedback forms. */
#include "test_domain_command.h"

static void test_every_word_is_there_and_leads_back(void **state)
{
    (void)state;
    for (int i = COMMAND_ORDER; i < COMMAND_KINDS; i++) {
        assert_int_equal(command_kind_from_name(command_kind_name((enum command_kind)i)), i);
        assert_string_not_equal(command_kind_zh((enum command_kind)i), "未知");
    }
    for (int i = COMMAND_ISSUE; i < COMMAND_EVENTS; i++) {
        assert_int_equal(command_event_from_name(command_event_name((enum command_event)i)), i);
        assert_string_not_equal(command_event_zh((enum command_event)i), "未知");
    }
    for (int i = RECEIPT_ISSUED; i < RECEIPT_STATES; i++) {
        assert_int_equal(receipt_state_from_name(receipt_state_name((enum receipt_state)i)), i);
        assert_string_not_equal(receipt_state_zh((enum receipt_state)i), "未知");
    }
    for (int i = RECEIPT_ACK; i < RECEIPT_EVENTS; i++) {
        const char *name = receipt_event_name((enum receipt_event)i);
        bool exists = strcmp(name, "unknown") != 0;
        assert_int_equal(exists, i <= RECEIPT_HAND_OVER || (i >= RECEIPT_DELIVER && i <= RECEIPT_RELIEVED) ||
                                     i >= RECEIPT_UPDATED);
        assert_int_equal(receipt_event_from_name(name), exists ? i : 0);
        assert_int_equal(strcmp(receipt_event_zh((enum receipt_event)i), "未知") != 0, exists);
    }
    for (int i = ALERT_NORMAL; i < ALERTS; i++) {
        enum alert alert = ALERTS;
        assert_true(alert_from_name(alert_name((enum alert)i), &alert));
        assert_int_equal(alert, i);
        assert_string_not_equal(alert_zh((enum alert)i), "未知");
    }
    for (int i = COMMAND_STATE_OPEN; i < COMMAND_STATES; i++) {
        assert_string_not_equal(command_state_name((enum command_state)i), "UNKNOWN");
        assert_string_not_equal(command_state_zh((enum command_state)i), "未知");
    }
}

static void test_other_words_for_acts_and_strangers(void **state)
{
    (void)state;
    enum alert alert = ALERT_II;
    assert_int_equal(receipt_event_from_name("en-route"), RECEIPT_DEPART);
    assert_int_equal(receipt_event_from_name("on_scene"), RECEIPT_ARRIVE);
    assert_int_equal(receipt_event_from_name("done"), RECEIPT_FINISH);
    assert_int_equal(receipt_event_from_name("unable"), RECEIPT_REFUSE);
    assert_int_equal(receipt_event_from_name("here"), RECEIPT_ACK);
    assert_int_equal(receipt_event_from_name("sign"), RECEIPT_ACK);
    assert_int_equal(command_kind_from_name("roll_call"), COMMAND_ROLL_CALL);
    assert_int_equal(command_kind_from_name("none"), COMMAND_NONE);
    assert_int_equal(command_kind_from_name("rollcall"), COMMAND_NONE);
    assert_int_equal(command_event_from_name(""), COMMAND_EVENT_NONE);
    assert_int_equal(receipt_event_from_name("fly"), RECEIPT_EVENT_NONE);
    assert_int_equal(receipt_state_from_name("acked"), RECEIPT_NONE);
    assert_false(alert_from_name("v", &alert));
    assert_int_equal(alert, ALERT_II);
    assert_string_equal(command_kind_name((enum command_kind)77), "unknown");
    assert_string_equal(receipt_event_name((enum receipt_event)15), "unknown");
    assert_string_equal(receipt_state_zh((enum receipt_state)77), "未知");
    assert_string_equal(command_state_name((enum command_state)0), "UNKNOWN");
    assert_string_equal(command_status_name(COMMAND_ACTUAL), "actual");
    assert_string_equal(command_status_name(COMMAND_EXERCISE), "exercise");
    assert_string_equal(command_status_name(COMMAND_TEST), "test");
    assert_string_equal(command_status_name((enum command_status)9), "unknown");
    assert_string_equal(form_type_name(FORM_YES_NO), "yes_no");
    assert_string_equal(form_type_name((enum form_type)9), "unknown");
}

static void test_a_form_is_read_from_its_line(void **state)
{
    (void)state;
    struct form form;
    OK(form_parse("隐患数:hazards:number!, 是否整改:fixed:yes-no,照片:pic:photo,备注:note:text", &form,
                  NULL));
    assert_int_equal(form.count, 4);
    assert_string_equal(form.fields[0].zh, "隐患数");
    assert_string_equal(form.fields[0].name, "hazards");
    assert_int_equal(form.fields[0].type, FORM_NUMBER);
    assert_true(form.fields[0].required);
    assert_string_equal(form.fields[1].zh, "是否整改");
    assert_int_equal(form.fields[1].type, FORM_YES_NO);
    assert_false(form.fields[1].required);
    assert_int_equal(form.fields[2].type, FORM_PHOTO);
    assert_int_equal(form.fields[3].type, FORM_TEXT);
    OK(form_parse("", &form, NULL));
    assert_int_equal(form.count, 0);
}

static void refused(const char *text, enum err err, const char *words)
{
    struct form form = {.count = 77};
    struct fault fault = {0};
    REFUSED(form_parse(text, &form, &fault), err);
    assert_int_equal(form.count, 77);
    if (!strstr(fault.text, words))
        fail_msg("%s: %s", text, fault.text);
}

static void test_a_bad_form_is_refused_with_the_place(void **state)
{
    (void)state;
    refused("隐患数", ERR_MALFORMED, "第 1 项");
    refused("隐患数:n:number,照片:pic", ERR_MALFORMED, "第 2 项");
    refused("隐患数:n:number,", ERR_MALFORMED, "第 2 项");
    refused(":n:number", ERR_MALFORMED, "名称");
    refused("甲::number", ERR_MALFORMED, "代号");
    refused("甲:n m:number", ERR_MALFORMED, "代号");
    refused("甲:n:number,乙:n:text", ERR_MALFORMED, "重复");
    refused("甲:n:colour", ERR_MALFORMED, "类型");
    refused("甲:n:", ERR_MALFORMED, "类型");
    char text[3000] = "";
    for (int i = 0; i < FORM_FIELDS_MAX + 1; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s甲:n%d:text", i ? "," : "", i);
    refused(text, ERR_TOO_LONG, "16");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    refused(text, ERR_TOO_LONG, "2047");
}

static void fill(const struct form *form, const char *values, enum err err, const char *words)
{
    struct fault fault = {0};
    REFUSED(form_check(form, values, &fault), err);
    if (!strstr(fault.text, words))
        fail_msg("%s: %s", values, fault.text);
}

static void test_an_answer_is_checked_field_by_field(void **state)
{
    (void)state;
    struct form form;
    OK(form_parse("隐患数:n:number!,是否整改:fixed:yes_no,照片:pic:photo,备注:note:text", &form, NULL));
    fill(&form, "n=3\nfixed=是\npic=store/1\nnote=无\n", ERR_OK, "");
    fill(&form, "n=-2.5\n\nfixed=no", ERR_OK, "");
    fill(&form, "n=3\nfixed=\n", ERR_OK, "");
    fill(&form, NULL, ERR_FORM, "隐患数");
    fill(&form, "n=", ERR_FORM, "隐患数");
    fill(&form, "fixed=yes", ERR_FORM, "（n）");
    fill(&form, "n=many", ERR_FORM, "数字");
    fill(&form, "n=1.2.3", ERR_FORM, "数字");
    fill(&form, "n=0x1", ERR_FORM, "数字");
    fill(&form, "n=1\nfixed=maybe", ERR_FORM, "是否整改");
    fill(&form, "n=1\nn=2", ERR_FORM, "两次");
    fill(&form, "n=1\ncolour=red", ERR_FORM, "colour");
    fill(&form, "n=1\nno line", ERR_FORM, "no line");
    char values[VALUES_SIZE + 10] = "n=1\nnote=";
    memset(values + strlen(values), 'a', VALUES_SIZE - strlen(values));
    fill(&form, values, ERR_TOO_LONG, "2047");
    snprintf(values, sizeof values, "n=1\npic=%0*d", EVIDENCE_SIZE, 1);
    fill(&form, values, ERR_FORM, "照片");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_word_is_there_and_leads_back),
        cmocka_unit_test(test_other_words_for_acts_and_strangers),
        cmocka_unit_test(test_a_form_is_read_from_its_line),
        cmocka_unit_test(test_a_bad_form_is_refused_with_the_place),
        cmocka_unit_test(test_an_answer_is_checked_field_by_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
