/* The configuration framework: every mistake of a file is said once, at its place, in one run. */
#include "conf/conf.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_conf_say.h"

enum colour { RED = 3, GREEN = 7 };

static const struct conf_name colours[] = {{"red", RED}, {"green", GREEN}, {NULL, 0}};

struct sample {
    char name[16];
    char code[8];
    const char *note;
    uint8_t small;
    int32_t number;
    int64_t large;
    bool flag;
    enum colour colour;
    double ratio;
    struct span span;
    int64_t at_ms;
    const struct conf_node *list;
};

static const struct conf_key keys[] = {
    CONF_TEXT_KEY("name", struct sample, name, CONF_REQUIRED),
    CONF_CODE_KEY("code", struct sample, code, CONF_REQUIRED),
    CONF_STRING_KEY("note", struct sample, note, 0),
    CONF_INT_KEY("small", struct sample, small, 0, 0, 200),
    CONF_INT_KEY("number", struct sample, number, 0, -5, 1000),
    CONF_INT_KEY("large", struct sample, large, 0, 0, INT64_MAX),
    CONF_BOOL_KEY("flag", struct sample, flag, 0),
    CONF_ENUM_KEY("colour", struct sample, colour, 0, colours),
    CONF_DOUBLE_KEY("ratio", struct sample, ratio, 0, 0, 1),
    CONF_SPAN_KEY("limit", struct sample, span, 0),
    CONF_TIME_KEY("from", struct sample, at_ms, 0),
    CONF_NODE_KEY("list", struct sample, list, 0),
};

/* Reads `text` as "f"; the document is gone afterwards, so nothing borrowed may be looked at. */
static bool read_sample(const char *text, struct sample *sample, struct conf_errors *errors)
{
    struct conf_doc *doc;
    conf_errors_init(errors);
    if (conf_read_text("f", text, strlen(text), errors, &doc) != ERR_OK) {
        assert_null(doc);
        return false;
    }
    conf_map(doc, conf_root(doc), keys, sizeof keys / sizeof *keys, sample);
    conf_doc_free(&doc);
    assert_null(doc);
    return errors->count == 0;
}

static void assert_text_says(const char *text, const char *const *expected)
{
    static struct conf_errors errors;
    struct sample sample = {.name = ""};
    assert_false(read_sample(text, &sample, &errors));
    assert_said(&errors, expected);
}

static void test_every_kind_of_value_reaches_its_member(void **state)
{
    (void)state;
    static struct conf_errors errors;
    struct sample s = {.number = 77};
    assert_true(read_sample("name: 宝安区\ncode: a-1.b\nsmall: 200\nlarge: 9223372036854775807\nflag: true\n"
                            "colour: green\nratio: 0.25\nlimit: 4 work-hours\nfrom: 2018-02-08T14:00+08:00\n",
                            &s, &errors));
    assert_string_equal(s.name, "宝安区");
    assert_string_equal(s.code, "a-1.b");
    assert_int_equal(s.small, 200);
    assert_int_equal(s.number, 77); /* absent: left alone */
    assert_true(s.large == INT64_MAX);
    assert_true(s.flag);
    assert_int_equal(s.colour, GREEN);
    assert_true(s.ratio == 0.25);
    assert_int_equal(s.span.unit, UNIT_WORK_HOUR);
    assert_int_equal(s.span.amount, 240);
    assert_true(s.at_ms == 1518069600000);
}

static void test_all_mistakes_of_a_file_are_said_at_once_with_line_and_column(void **state)
{
    (void)state;
    assert_text_says(
        "name: a name that is too long\n"
        "small: 201\n"
        "number: 12x\n"
        "flag: yes\n"
        "  \n"
        "colour: gren\n"
        "ratio: 1.5\n"
        "limit: 3 workdays\n"
        "lits: [1]\n"
        "from: tomorrow\n",
        SAID("f:1:1: required key 'code' is missing", "f:1:7: longer than 15 bytes",
             "f:2:8: 201 is not within 0 to 200", "f:3:9: '12x' is not a whole number",
             "f:4:7: 'yes' must be true or false", "f:6:9: unknown word 'gren'; did you mean 'green'?",
             "f:7:8: 1.5 is not within 0 to 1", "f:8:8: '3 workdays' is no span",
             "f:9:1: unknown key 'lits'; did you mean 'list'?", "f:10:7: 'tomorrow' is no time"));
}

static void test_columns_count_characters_not_bytes(void **state)
{
    (void)state;
    assert_text_says("{name: 宝安, code: 宝, small: x}",
                     SAID("f:1:18: '宝' is not a code", "f:1:28: 'x' is not a whole"));
}

static void test_a_list_or_map_where_a_scalar_belongs_is_said(void **state)
{
    (void)state;
    assert_text_says("name: [a]\ncode: {a: b}\nsmall:\n",
                     SAID("f:1:7: must be a text, not a list", "f:2:7: must be a code, not a map",
                          "f:3:7: has no value; must be a whole number"));
    assert_text_says("- name\n", SAID("f:1:1: must be a map"));
}

static void test_a_key_twice_is_said_and_reading_goes_on(void **state)
{
    (void)state;
    assert_text_says("name: a\ncode: b\nname: c\nsmal: 1\n",
                     SAID("f:3:1: key 'name' stands twice (first in line 1)", "f:4:1: unknown key 'smal'"));
    assert_text_says("name: a\ncode: b\nlist:\n  - {x: 1, y: 2, x: 3}\n",
                     SAID("f:4:18: key 'x' stands twice"));
}

static void test_numbers_beyond_64_bits_and_odd_spellings_are_refused(void **state)
{
    (void)state;
    assert_text_says("{name: a, code: b, large: 9223372036854775808}",
                     SAID("f:1:27: 9223372036854775808 is not within"));
    assert_text_says("{name: a, code: b, number: 0x10}", SAID("f:1:28: '0x10' is not a whole number"));
    assert_text_says("{name: a, code: b, number: ' 7'}", SAID("f:1:28: ' 7' is not a whole number"));
    assert_text_says("{name: a, code: b, number: -6}", SAID("f:1:28: -6 is not within -5 to 1000"));
    assert_text_says("{name: a, code: b, ratio: nan}", SAID("f:1:27: 'nan' is not a number"));
    assert_text_says("{name: a, code: b, ratio: 0x1p-2}", SAID("f:1:27: '0x1p-2' is not a number"));
}

struct span_row {
    const char *text;
    enum time_unit unit;
    int32_t amount;
};

static void test_spans_are_read_in_all_units(void **state)
{
    (void)state;
    static const struct span_row rows[] = {
        {"none", UNIT_NONE, 0},
        {"30 urgent-minutes", UNIT_URGENT_HOUR, 30},
        {"1 urgent-hour", UNIT_URGENT_HOUR, 60},
        {"90 work-minutes", UNIT_WORK_HOUR, 90},
        {"4 work-hours", UNIT_WORK_HOUR, 240},
        {"1 work-day", UNIT_WORK_DAY, 1},
        {"3 work-days", UNIT_WORK_DAY, 3},
        {"5 natural-days", UNIT_NATURAL_DAY, 5},
        {"0 work-days", UNIT_WORK_DAY, 0},
        {"5256000 urgent-minutes", UNIT_URGENT_HOUR, 5256000},
    };
    static struct conf_errors errors;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sample s = {.name = ""};
        char text[80];
        snprintf(text, sizeof text, "{name: a, code: b, limit: %s}", rows[i].text);
        assert_true(read_sample(text, &s, &errors));
        assert_int_equal(s.span.unit, rows[i].unit);
        assert_int_equal(s.span.amount, rows[i].amount);
    }
    static const char *const bad[] = {"3",
                                      "days",
                                      "3 days",
                                      "-3 work-days",
                                      "3  work-days",
                                      "3work-days",
                                      "87601 work-hours",
                                      "3 work-dayss",
                                      "12345678 work-days"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sample s = {.span = {UNIT_WORK_DAY, 9}};
        char text[80];
        snprintf(text, sizeof text, "{name: a, code: b, limit: %s}", bad[i]);
        assert_false(read_sample(text, &s, &errors));
        assert_int_equal(errors.count, 1);
        assert_int_equal(s.span.amount, 9); /* a wrong value leaves the member alone */
    }
}

static void test_anchors_aliases_and_tags_are_refused_where_they_stand(void **state)
{
    (void)state;
    assert_text_says("name: &a x\n", SAID("f:1:7: anchors and tags are not used here"));
    assert_text_says("name: a\nlist: &a [1]\n", SAID("f:2:7: anchors and tags"));
    assert_text_says("name: a\nlist: [*b]\n", SAID("f:2:8: aliases are not used here"));
    assert_text_says("name: !!binary aGk=\n", SAID("f:1:7: anchors and tags"));
}

static void test_what_is_no_single_document_is_refused(void **state)
{
    (void)state;
    assert_text_says("", SAID("f:1:1: the file is empty"));
    assert_text_says("name: a\n---\nname: b\n", SAID("f:2:1: a second document"));
    assert_text_says("name: a\n  code: b\n", SAID("f:2:7: mapping values are not allowed"));
    assert_text_says("name: [a\n", SAID("f:2:1: "));
}

static void test_bytes_that_are_no_text_are_named_by_place(void **state)
{
    (void)state;
    assert_text_says("name: 宝\xff\n", SAID("f:1:8: not UTF-8"));
    assert_text_says("name: a\ncode: \xc0\xaf\n", SAID("f:2:7: not UTF-8"));
    assert_text_says("name: a\r\n", SAID("f:1:8: carriage return"));
    assert_text_says("name: \"a\\0b\"\n", SAID("f:1:7: holds a control character"));
    assert_text_says("name: \"\\e[31m\"\n", SAID("f:1:7: holds a control character"));

    static struct conf_errors errors;
    struct conf_doc *doc;
    conf_errors_init(&errors);
    assert_int_equal(conf_read_text("f", "name: a\0b", 9, &errors, &doc), ERR_CONFIG);
    assert_said(&errors, SAID("f:1:8: not UTF-8, or a control character"));
}

static void test_depth_and_size_are_bounded(void **state)
{
    (void)state;
    static struct conf_errors errors;
    static char text[CONF_FILE_BYTES_MAX + 2];
    struct conf_doc *doc;

    for (int depth = CONF_DEPTH_MAX; depth <= CONF_DEPTH_MAX + 1; depth++) {
        conf_errors_init(&errors);
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        enum err result = conf_read_text("f", text, (size_t)depth * 2, &errors, &doc);
        assert_int_equal(result, depth == CONF_DEPTH_MAX ? ERR_OK : ERR_CONFIG);
        conf_doc_free(&doc);
    }
    assert_said(&errors, SAID("f:1:17: nested deeper than 16"));

    memset(text, ' ', sizeof text);
    conf_errors_init(&errors);
    assert_int_equal(conf_read_text("f", text, sizeof text - 1, &errors, &doc), ERR_CONFIG);
    assert_said(&errors, SAID("f:1:1: larger than 4194304 bytes"));

    for (size_t i = 0; i < CONF_NODES_MAX + 2; i++)
        memcpy(text + i * 3, "- \n", 3);
    conf_errors_init(&errors);
    assert_int_equal(conf_read_text("f", text, (CONF_NODES_MAX + 1) * 3, &errors, &doc), ERR_CONFIG);
    assert_said(&errors, SAID("f:400000:2: more than 400000 values"));
}

static void test_more_errors_than_a_screen_are_counted(void **state)
{
    (void)state;
    static struct conf_errors errors;
    struct sample s = {.name = ""};
    char text[2000] = "name: a\ncode: b\n";
    for (int i = 0; i < CONF_ERRORS_MAX + 5; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "zzzzzzzzz%d: 1\n", i);
    assert_false(read_sample(text, &s, &errors));
    assert_int_equal(errors.count, CONF_ERRORS_MAX + 5);
    assert_string_equal(conf_errors_text(&errors, CONF_ERRORS_MAX), "");

    char *shown = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&shown, &length);
    conf_errors_print(&errors, to);
    fclose(to);
    assert_non_null(strstr(shown, "f:66:1: unknown key 'zzzzzzzzz63'\n… and 5 more\n"));
    free(shown);

    struct fault fault;
    assert_int_equal(conf_errors_result(&errors, &fault), ERR_CONFIG);
    assert_string_equal(fault.text, "f:3:1: unknown key 'zzzzzzzzz0' … and 68 more");
}

static void test_a_file_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    static struct conf_errors errors;
    struct conf_doc *doc;
    conf_errors_init(&errors);
    assert_int_equal(conf_read_file("/nowhere/x.yaml", &errors, &doc), ERR_CONFIG);
    assert_int_equal(conf_read_file("/", &errors, &doc), ERR_CONFIG);
    assert_said(&errors,
                SAID("/nowhere/x.yaml:1:1: cannot be read: No such file", "/:1:1: cannot be read: Is a dir"));
}

static void test_errors_of_several_files_stand_in_order_of_file_and_place(void **state)
{
    (void)state;
    static struct conf_errors errors;
    struct conf_doc *a, *b;
    conf_errors_init(&errors);
    assert_int_equal(conf_read_text("a", "- 1\n- 2\n", 8, &errors, &a), ERR_OK);
    assert_int_equal(conf_read_text("b", "- 3\n", 4, &errors, &b), ERR_OK);
    const struct conf_node *one = conf_list(a, conf_root(a));
    conf_error_at(b, conf_list(b, conf_root(b)), "third");
    conf_error_at(a, conf_next(one), "second");
    conf_error_at(a, one, "first");
    assert_said(&errors, SAID("a:1:3: first", "a:2:3: second", "b:1:3: third"));
    conf_doc_free(&a);
    conf_doc_free(&b);
}

static void test_walking_gives_pairs_and_elements_in_order(void **state)
{
    (void)state;
    static struct conf_errors errors;
    struct conf_doc *doc;
    char seen[64] = "";
    const char *text = "a: 1\nb: [x, {y: z}, []]\nc: {}\n";
    conf_errors_init(&errors);
    assert_int_equal(conf_read_text("f", text, strlen(text), &errors, &doc), ERR_OK);
    for (const struct conf_node *k = conf_pairs(doc, conf_root(doc)); k; k = conf_next(k)) {
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s%zu ", conf_raw(doc, k),
                 conf_count(conf_value(k)));
        if (conf_shape(conf_value(k)) == CONF_LIST)
            for (const struct conf_node *n = conf_list(doc, conf_value(k)); n; n = conf_next(n))
                snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%d ", (int)conf_shape(n));
    }
    assert_string_equal(seen, "a0 b3 0 2 1 c0 ");
    assert_null(conf_list(doc, conf_root(doc)));
    assert_said(&errors, SAID("f:1:1: must be a list"));
    conf_doc_free(&doc);
}

static void test_paths_are_meant_relative_to_their_file(void **state)
{
    (void)state;
    static struct conf_errors errors;
    struct conf_doc *doc;
    char out[PATH_SIZE], text[PATH_SIZE + 64] = "- ../c/x.yaml\n- /etc/y\n- ";
    memset(text + strlen(text), 'a', PATH_SIZE - strlen("config/t/"));
    conf_errors_init(&errors);
    assert_int_equal(conf_read_text("config/t/a.yaml", text, strlen(text), &errors, &doc), ERR_OK);
    const struct conf_node *n = conf_list(doc, conf_root(doc));
    assert_true(conf_resolve(doc, n, out));
    assert_string_equal(out, "config/t/../c/x.yaml");
    assert_true(conf_resolve(doc, conf_next(n), out));
    assert_string_equal(out, "/etc/y");
    assert_false(conf_resolve(doc, conf_next(conf_next(n)), out));
    assert_said(&errors, SAID("config/t/a.yaml:3:3: the path is longer than 511 bytes"));
    conf_doc_free(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_value_reaches_its_member),
        cmocka_unit_test(test_all_mistakes_of_a_file_are_said_at_once_with_line_and_column),
        cmocka_unit_test(test_columns_count_characters_not_bytes),
        cmocka_unit_test(test_a_list_or_map_where_a_scalar_belongs_is_said),
        cmocka_unit_test(test_a_key_twice_is_said_and_reading_goes_on),
        cmocka_unit_test(test_numbers_beyond_64_bits_and_odd_spellings_are_refused),
        cmocka_unit_test(test_spans_are_read_in_all_units),
        cmocka_unit_test(test_anchors_aliases_and_tags_are_refused_where_they_stand),
        cmocka_unit_test(test_what_is_no_single_document_is_refused),
        cmocka_unit_test(test_bytes_that_are_no_text_are_named_by_place),
        cmocka_unit_test(test_depth_and_size_are_bounded),
        cmocka_unit_test(test_more_errors_than_a_screen_are_counted),
        cmocka_unit_test(test_a_file_that_cannot_be_read_is_said),
        cmocka_unit_test(test_errors_of_several_files_stand_in_order_of_file_and_place),
        cmocka_unit_test(test_walking_gives_pairs_and_elements_in_order),
        cmocka_unit_test(test_paths_are_meant_relative_to_their_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
