/* Working time, told with one ordinary office calendar in China (UTC+8, 08:00-12:00 and 14:00-18:00). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "domain/calendar.h"

#define HOUR 3600000LL

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_int_equal(clock_parse(text, 480, &ms), 0);
    return ms;
}

static int32_t day(int32_t year, int32_t month, int32_t date)
{
    int32_t days = 0;
    assert_true(calendar_day_of(year, month, date, &days));
    return days;
}

static void office(struct calendar *calendar)
{
    static const struct calendar_hours eight = {2, {{480, 720}, {840, 1080}}};
    *calendar = (struct calendar){.name = "office",
                                  .offset_min = 480,
                                  .valid_from_day = day(2018, 1, 1),
                                  .valid_to_day = day(2028, 1, 1),
                                  .makeup = eight};
    for (size_t i = 0; i < 5; i++)
        calendar->week[i] = eight;
}

/* The week of National Day 2018: off from Monday to Sunday, and the Saturday and Sunday before are worked. */
static void national_day(struct calendar *calendar)
{
    office(calendar);
    calendar->exceptions[0] = (struct calendar_exception){day(2018, 9, 29), true};
    calendar->exceptions[1] = (struct calendar_exception){day(2018, 9, 30), true};
    for (size_t i = 0; i < 7; i++)
        calendar->exceptions[2 + i] = (struct calendar_exception){day(2018, 10, 1 + (int32_t)i), false};
    calendar->exception_count = 9;
}

static void test_a_work_hour_skips_the_lunch_break(void **state)
{
    (void)state;
    struct calendar c;
    office(&c);
    struct span two_hours = {UNIT_WORK_HOUR, 120};
    assert_int_equal(calendar_add(&c, at("2018-09-05 11:00"), two_hours), at("2018-09-05 15:00"));
    assert_int_equal(calendar_between(&c, at("2018-09-05 11:00"), at("2018-09-05 15:00"), UNIT_WORK_HOUR),
                     2 * HOUR);
}

static void test_a_span_that_ends_with_its_period_is_due_there(void **state)
{
    (void)state;
    struct calendar c;
    office(&c);
    assert_int_equal(calendar_add(&c, at("2018-09-05 08:00"), (struct span){UNIT_WORK_HOUR, 240}),
                     at("2018-09-05 12:00"));
    assert_int_equal(calendar_add(&c, at("2018-09-07 17:00"), (struct span){UNIT_WORK_HOUR, 60}),
                     at("2018-09-07 18:00"));
    assert_int_equal(calendar_add(&c, at("2018-09-07 18:00"), (struct span){UNIT_WORK_DAY, 5}),
                     at("2018-09-14 18:00"));
}

static void test_outside_working_time_the_clock_waits_for_the_next_period(void **state)
{
    (void)state;
    struct calendar c;
    office(&c);
    struct span hour = {UNIT_WORK_HOUR, 60};
    assert_int_equal(calendar_add(&c, at("2018-09-07 19:30"), hour), at("2018-09-10 09:00"));
    assert_int_equal(calendar_add(&c, at("2018-09-08 10:00"), hour), at("2018-09-10 09:00"));
    assert_int_equal(calendar_add(&c, at("2018-09-10 12:30"), hour), at("2018-09-10 15:00"));
}

static void test_urgent_hours_and_natural_days_run_day_and_night(void **state)
{
    (void)state;
    struct calendar c;
    national_day(&c);
    assert_int_equal(calendar_add(&c, at("2018-09-30 23:30"), (struct span){UNIT_URGENT_HOUR, 90}),
                     at("2018-10-01 01:00"));
    assert_int_equal(calendar_add(&c, at("2018-09-30 23:30"), (struct span){UNIT_NATURAL_DAY, 3}),
                     at("2018-10-03 23:30"));
    assert_int_equal(calendar_between(&c, at("2018-10-03 00:00"), at("2018-10-01 00:00"), UNIT_NATURAL_DAY),
                     -48 * HOUR);
}

static void test_holidays_stand_still_and_makeup_days_are_worked(void **state)
{
    (void)state;
    struct calendar c;
    national_day(&c);
    struct span day_span = {UNIT_WORK_DAY, 1};
    assert_int_equal(calendar_add(&c, at("2018-09-28 18:00"), day_span), at("2018-09-29 18:00"));
    assert_int_equal(calendar_add(&c, at("2018-09-30 16:00"), day_span), at("2018-10-08 16:00"));
    assert_true(calendar_is_working(&c, at("2018-09-30 09:00")));
    assert_false(calendar_is_working(&c, at("2018-10-02 09:00")));
}

static void test_thirteen_work_days_over_the_holiday(void **state)
{
    (void)state;
    struct calendar c;
    national_day(&c);
    assert_int_equal(calendar_add(&c, at("2018-09-20 10:15"), (struct span){UNIT_WORK_DAY, 13}),
                     at("2018-10-12 10:15"));
}

static void test_periods_are_half_open(void **state)
{
    (void)state;
    struct calendar c;
    office(&c);
    assert_false(calendar_is_working(&c, at("2018-09-05 08:00") - 1));
    assert_true(calendar_is_working(&c, at("2018-09-05 08:00")));
    assert_true(calendar_is_working(&c, at("2018-09-05 12:00") - 1));
    assert_false(calendar_is_working(&c, at("2018-09-05 12:00")));
}

static void test_a_day_may_end_at_24_00(void **state)
{
    (void)state;
    struct calendar c = {.valid_to_day = INT32_MAX};
    c.week[2] = (struct calendar_hours){1, {{1380, 1440}}};
    c.week[3] = (struct calendar_hours){1, {{0, 60}}};
    int64_t wednesday_23 = 6 * 24 * HOUR + 23 * HOUR;
    assert_int_equal(calendar_add_ms(&c, wednesday_23, UNIT_WORK_HOUR, 2 * HOUR), wednesday_23 + 2 * HOUR);
    assert_int_equal(calendar_between(&c, 0, 14 * 24 * HOUR, UNIT_WORK_HOUR), 4 * HOUR);
}

static void test_outside_its_validity_weekdays_decide_alone(void **state)
{
    (void)state;
    struct calendar c;
    national_day(&c);
    c.valid_to_day = day(2018, 10, 2);
    assert_false(calendar_is_working(&c, at("2018-10-01 09:00")));
    assert_true(calendar_is_working(&c, at("2018-10-02 09:00")));
}

static void test_nothing_and_never(void **state)
{
    (void)state;
    struct calendar c;
    office(&c);
    int64_t night = at("2018-09-05 03:00");
    assert_int_equal(calendar_add(&c, night, (struct span){UNIT_WORK_HOUR, 0}), night);
    assert_int_equal(calendar_add(&c, night, (struct span){UNIT_NONE, 0}), CALENDAR_NEVER);
    assert_int_equal(calendar_between(&c, night, night + HOUR, UNIT_NONE), 0);

    struct calendar idle = {.name = "idle"};
    assert_int_equal(calendar_add(&idle, night, (struct span){UNIT_WORK_HOUR, 1}), CALENDAR_NEVER);
    assert_int_equal(calendar_add(&idle, night, (struct span){UNIT_WORK_DAY, 1}), CALENDAR_NEVER);
}

static void test_a_calendar_of_makeup_days_alone_ends(void **state)
{
    (void)state;
    struct calendar c = {.valid_to_day = INT32_MAX, .makeup = {1, {{0, 60}}}, .exception_count = 1};
    c.exceptions[0] = (struct calendar_exception){10, true};
    assert_int_equal(calendar_add_ms(&c, 0, UNIT_WORK_HOUR, HOUR), (10 * 24 + 1) * HOUR);
    assert_int_equal(calendar_add_ms(&c, 0, UNIT_WORK_HOUR, HOUR + 1), CALENDAR_NEVER);
}

static void test_the_ends_of_time_do_not_overflow(void **state)
{
    (void)state;
    struct calendar c;
    office(&c);
    assert_int_equal(calendar_add(&c, INT64_MAX, (struct span){UNIT_WORK_DAY, 1}), CALENDAR_NEVER);
    assert_int_equal(calendar_add(&c, INT64_MAX - 5, (struct span){UNIT_NATURAL_DAY, 1}), CALENDAR_NEVER);
    assert_true(calendar_between(&c, INT64_MIN, INT64_MAX, UNIT_WORK_HOUR) > 0);
    assert_true(calendar_between(&c, INT64_MAX, INT64_MIN, UNIT_WORK_HOUR) < 0);
    assert_false(calendar_is_working(&c, INT64_MAX));
    /* the longest span that a catalogue may hold */
    int64_t far = calendar_add(&c, at("2018-09-05 08:00"), (struct span){UNIT_WORK_DAY, 5256000});
    assert_int_equal(calendar_between(&c, at("2018-09-05 08:00"), far, UNIT_WORK_DAY), 5256000 * 8 * HOUR);
}

static void test_civil_dates_become_days(void **state)
{
    (void)state;
    int32_t days = -1;
    assert_int_equal(day(1970, 1, 1), 0);
    assert_int_equal(day(2000, 2, 29), 11016);
    assert_int_equal(day(2018, 10, 31), 17835);
    assert_int_equal(day(2100, 3, 1), 47541);
    assert_false(calendar_day_of(2018, 2, 29, &days));
    assert_false(calendar_day_of(2100, 2, 29, &days));
    assert_false(calendar_day_of(2018, 13, 1, &days));
    assert_false(calendar_day_of(2018, 4, 31, &days));
    assert_false(calendar_day_of(2018, 4, 0, &days));
    assert_int_equal(days, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_work_hour_skips_the_lunch_break),
        cmocka_unit_test(test_a_span_that_ends_with_its_period_is_due_there),
        cmocka_unit_test(test_outside_working_time_the_clock_waits_for_the_next_period),
        cmocka_unit_test(test_urgent_hours_and_natural_days_run_day_and_night),
        cmocka_unit_test(test_holidays_stand_still_and_makeup_days_are_worked),
        cmocka_unit_test(test_thirteen_work_days_over_the_holiday),
        cmocka_unit_test(test_periods_are_half_open),
        cmocka_unit_test(test_a_day_may_end_at_24_00),
        cmocka_unit_test(test_outside_its_validity_weekdays_decide_alone),
        cmocka_unit_test(test_nothing_and_never),
        cmocka_unit_test(test_a_calendar_of_makeup_days_alone_ends),
        cmocka_unit_test(test_the_ends_of_time_do_not_overflow),
        cmocka_unit_test(test_civil_dates_become_days),
    };
    return cmocka_run_group_tests_name("domain calendar", tests, NULL, NULL);
}
