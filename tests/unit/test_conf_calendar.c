/* The calendar file: what a sound one says, and every error with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "conf/conf_calendar.h"

#define CHINA SANJI_SOURCE_DIR "/config/calendar/china.yaml"
#define HOUR 3600000LL

static const char head[] = "name: office\n"
                           "version: 3\n"
                           "zone: \"+08:00\"\n"
                           "valid: 2018-01-01..2018-12-31\n";
static const char week[] = "week: {monday: [08:00-12:00, 14:00-24:00], friday: [00:00-01:30]}\n";

static enum err take(const char *rest, struct calendar *calendar, struct conf_errors *errors)
{
    char text[2048];
    struct conf_doc *doc = NULL;
    snprintf(text, sizeof text, "%s%s", head, rest);
    conf_errors_init(errors);
    assert_int_equal(conf_read_text("c.yaml", text, strlen(text), errors, &doc), ERR_OK);
    enum err result = conf_calendar_take(doc, calendar);
    conf_doc_free(&doc);
    return result;
}

static void assert_refused(const char *rest, const char *place_and_words)
{
    struct calendar calendar;
    struct conf_errors errors;
    memset(&calendar, 0x5a, sizeof calendar);
    assert_int_equal(take(rest, &calendar, &errors), ERR_CONFIG);
    assert_int_equal(calendar.name[0], 0x5a); /* nothing was written */
    if (!strstr(conf_errors_text(&errors, 0), place_and_words))
        fail_msg("expected '%s' in '%s'", place_and_words, conf_errors_text(&errors, 0));
}

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_int_equal(clock_parse(text, 480, &ms), 0);
    return ms;
}

static void test_a_sound_file_becomes_a_calendar(void **state)
{
    (void)state;
    struct calendar c;
    struct conf_errors errors;
    char text[1024];
    snprintf(
        text, sizeof text, "%s%s", week,
        "makeup: [09:00-17:00]\nholidays: [2018-02-15..2018-02-17, 2018-10-01]\nmakeup_days: [2018-02-11]\n");
    assert_int_equal(take(text, &c, &errors), ERR_OK);
    assert_string_equal(c.name, "office");
    assert_int_equal(c.version, 3);
    assert_int_equal(c.offset_min, 480);
    assert_int_equal(c.week[0].count, 2);
    assert_int_equal(c.week[0].periods[1].to_min, 1440);
    assert_int_equal(c.week[1].count, 0);
    assert_int_equal(c.exception_count, 5);
    assert_true(c.exceptions[0].working); /* ascending, whichever list a day stood in */
    assert_false(c.exceptions[1].working);
    assert_true(calendar_is_working(&c, at("2018-12-31 09:00")));
}

static void test_periods_must_not_overlap(void **state)
{
    (void)state;
    assert_refused("week: {monday: [08:00-12:00, 11:00-18:00]}\n",
                   "c.yaml:5:30: the working period 11:00-18:00");
    assert_refused("week: {monday: [08:00-12:00, 12:00-18:00]}\n", "c.yaml:5:30: ");
    assert_refused("week: {monday: [12:00-08:00]}\n",
                   "c.yaml:5:17: the working period 12:00-08:00 ends before");
}

static void test_periods_must_be_times_of_a_day(void **state)
{
    (void)state;
    assert_refused("week: {monday: [08:00-24:01]}\n", "c.yaml:5:17: '08:00-24:01' is no working period");
    assert_refused("week: {monday: [8:00-12:00]}\n", "c.yaml:5:17: ");
    assert_refused("week: {monday: [08:60-12:00]}\n", "c.yaml:5:17: ");
    assert_refused("week: {munday: [08:00-12:00]}\n",
                   "c.yaml:5:8: unknown key 'munday'; did you mean 'monday'?");
}

static void test_days_ascend_and_none_comes_twice(void **state)
{
    (void)state;
    char text[512];
    snprintf(text, sizeof text, "%sholidays:\n  - 2018-10-01..2018-10-07\n  - 2018-05-01\n", week);
    assert_refused(text, "c.yaml:8:5: 2018-05-01 is not after the day before it");
    snprintf(text, sizeof text, "%sholidays:\n  - 2018-10-01..2018-10-07\n  - 2018-10-07\n", week);
    assert_refused(text, "c.yaml:8:5: 2018-10-07 is not after the day before it");
    snprintf(text, sizeof text,
             "%smakeup: [08:00-09:00]\nholidays: [2018-10-01]\nmakeup_days: [2018-10-01]\n", week);
    assert_refused(text, "c.yaml:8:15: 2018-10-01 is a holiday and a make-up day at once");
}

static void test_days_must_exist_and_lie_in_the_validity(void **state)
{
    (void)state;
    char text[512];
    snprintf(text, sizeof text, "%sholidays: [2018-02-29]\n", week);
    assert_refused(text, "c.yaml:6:12: '2018-02-29' is no day");
    snprintf(text, sizeof text, "%sholidays: [2018-02-10..2018-02-09]\n", week);
    assert_refused(text, "c.yaml:6:12: 2018-02-10..2018-02-09 ends before it begins");
    snprintf(text, sizeof text, "%sholidays: [2018-12-31..2019-01-01]\n", week);
    assert_refused(text, "c.yaml:6:12: 2018-12-31..2019-01-01 lies outside");
    snprintf(text, sizeof text, "%smakeup_days: [2018-02-11]\n", week);
    assert_refused(text, "c.yaml:6:14: make-up days need their hours");
}

static void test_the_last_day_of_the_validity_belongs_to_it(void **state)
{
    (void)state;
    struct calendar c;
    struct conf_errors errors;
    char text[512];
    snprintf(text, sizeof text, "%sholidays: [2018-12-31]\n", week);
    assert_int_equal(take(text, &c, &errors), ERR_OK);
    assert_false(calendar_is_working(&c, at("2018-12-31 09:00"))); /* a Monday */
    assert_true(calendar_is_working(&c, at("2019-01-07 09:00")));
}

static void test_all_errors_come_in_one_run(void **state)
{
    (void)state;
    struct calendar calendar;
    struct conf_errors errors;
    assert_int_equal(
        take("week: {monday: [25:00-26:00]}\nholidays: [x, 2018-13-01]\nhollidays: 1\n", &calendar, &errors),
        ERR_CONFIG);
    assert_true(errors.count >= 1);
    assert_non_null(strstr(conf_errors_text(&errors, 0), "c.yaml:7:1: unknown key 'hollidays'"));
    assert_int_equal(take("week: {monday: [25:00-26:00]}\nholidays: [x, 2018-13-01]\n", &calendar, &errors),
                     ERR_CONFIG);
    assert_int_equal(errors.count, 3);
}

static void test_china_2018_holds_the_published_days(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct calendar *c = malloc(sizeof *c);
    conf_errors_init(&errors);
    assert_int_equal(conf_calendar_read(CHINA, &errors, c), ERR_OK);
    assert_int_equal(c->exception_count, 261 + 59);
    assert_false(calendar_is_working(c, at("2018-02-15 09:00")));
    assert_true(calendar_is_working(c, at("2018-02-11 09:00"))); /* a Sunday, worked */
    assert_false(calendar_is_working(c, at("2026-10-01 09:00")));
    /* thirteen work days over Mid-Autumn and National Day */
    assert_int_equal(calendar_add(c, at("2018-09-20 10:15"), (struct span){UNIT_WORK_DAY, 13}),
                     at("2018-10-15 10:15"));
    free(c);
}

static void test_china_has_about_250_work_days_a_year(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct calendar *c = malloc(sizeof *c);
    conf_errors_init(&errors);
    assert_int_equal(conf_calendar_read(CHINA, &errors, c), ERR_OK);
    for (int year = 2018; year <= 2026; year++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "%d-01-01 00:00", year);
        snprintf(to, sizeof to, "%d-01-01 00:00", year + 1);
        int64_t days = calendar_between(c, at(from), at(to), UNIT_WORK_DAY) / (8 * HOUR);
        assert_in_range(days, 247, 252);
    }
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sound_file_becomes_a_calendar),
        cmocka_unit_test(test_periods_must_not_overlap),
        cmocka_unit_test(test_periods_must_be_times_of_a_day),
        cmocka_unit_test(test_days_ascend_and_none_comes_twice),
        cmocka_unit_test(test_days_must_exist_and_lie_in_the_validity),
        cmocka_unit_test(test_the_last_day_of_the_validity_belongs_to_it),
        cmocka_unit_test(test_all_errors_come_in_one_run),
        cmocka_unit_test(test_china_2018_holds_the_published_days),
        cmocka_unit_test(test_china_has_about_250_work_days_a_year),
    };
    return cmocka_run_group_tests_name("conf calendar", tests, NULL, NULL);
}
