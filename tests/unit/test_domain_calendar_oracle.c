/* The calendar against an oracle that looks at one minute after the other, on random calendars, spans and
 * starts. A failing round prints its seed; SANJI_SEED runs that seed alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "domain/calendar.h"

#define MINUTE 60000LL
#define DAY (1440 * MINUTE)
#define ROUNDS 40
#define CASES_PER_ROUND 20

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int64_t below(uint64_t *state, int64_t bound)
{
    return (int64_t)(next_random(state) % (uint64_t)bound);
}

static struct calendar_hours random_hours(uint64_t *seed)
{
    struct calendar_hours hours = {0};
    int32_t minute = (int32_t)below(seed, 600);
    int64_t wanted = below(seed, 4);
    for (int64_t i = 0; i < wanted && minute < 1400; i++) {
        int32_t to = minute + 1 + (int32_t)below(seed, 500);
        to = to > 1440 || below(seed, 12) == 0 ? 1440 : to;
        hours.periods[hours.count++] = (struct calendar_period){minute, to};
        minute = to + 1 + (int32_t)below(seed, 200);
    }
    return hours;
}

/* Days 0..200 are the stage; the zone, the weekdays and the exceptional days are random. */
static void random_calendar(uint64_t *seed, struct calendar *c)
{
    *c = (struct calendar){.offset_min = (int32_t)below(seed, 1681) - 840,
                           .valid_from_day = (int32_t)below(seed, 30),
                           .valid_to_day = 150 + (int32_t)below(seed, 60)};
    for (size_t i = 0; i < 7; i++)
        if (below(seed, 4) != 0)
            c->week[i] = random_hours(seed);
    c->week[below(seed, 7)] = (struct calendar_hours){1, {{540, 600}}};
    c->makeup = random_hours(seed);
    int64_t sparse = 1 + below(seed, 40);
    for (int32_t d = 0; d < 200; d++)
        if (below(seed, sparse) == 0)
            c->exceptions[c->exception_count++] = (struct calendar_exception){d, below(seed, 2) == 0};
}

static bool oracle_working(const struct calendar *c, int64_t at_ms)
{
    int64_t local =
        at_ms + c->offset_min * MINUTE + 70000 * DAY; /* 70000 days = 10000 weeks: stays positive */
    int64_t number = local / DAY - 70000, minute = local / MINUTE % 1440;
    const struct calendar_hours *hours = &c->week[(local / DAY + 3) % 7];

    for (size_t i = 0; i < c->exception_count; i++)
        if (c->exceptions[i].day == number && number >= c->valid_from_day && number < c->valid_to_day) {
            if (!c->exceptions[i].working)
                return false;
            hours = &c->makeup;
        }
    for (uint8_t i = 0; i < hours->count; i++)
        if (minute >= hours->periods[i].from_min && minute < hours->periods[i].to_min)
            return true;
    return false;
}

static int64_t minute_end(int64_t at_ms)
{
    int64_t end = (at_ms / MINUTE + 1) * MINUTE;
    return end - MINUTE > at_ms ? end - MINUTE : end; /* division rounds towards zero before 1970 */
}

static int64_t oracle_add(const struct calendar *c, int64_t from_ms, int64_t left)
{
    int64_t at_ms = from_ms;
    while (left > 0) {
        int64_t end = minute_end(at_ms);
        if (oracle_working(c, at_ms)) {
            if (left <= end - at_ms)
                return at_ms + left;
            left -= end - at_ms;
        }
        at_ms = end;
    }
    return at_ms;
}

static int64_t oracle_between(const struct calendar *c, int64_t from_ms, int64_t to_ms)
{
    int64_t sum = 0;
    for (int64_t at_ms = from_ms; at_ms < to_ms; at_ms = minute_end(at_ms)) {
        int64_t end = minute_end(at_ms) < to_ms ? minute_end(at_ms) : to_ms;
        sum += oracle_working(c, at_ms) ? end - at_ms : 0;
    }
    return sum;
}

/* Anywhere, on a minute, or on a period's edge of some day. */
static int64_t random_start(uint64_t *seed, const struct calendar *c)
{
    int64_t any = below(seed, 170 * DAY) - 5 * DAY;
    const struct calendar_hours *hours = &c->week[below(seed, 7)];
    switch (below(seed, 3)) {
    case 0:
        return any;
    case 1:
        return any / MINUTE * MINUTE;
    default:
        if (hours->count == 0)
            return any;
        const struct calendar_period *period = &hours->periods[below(seed, hours->count)];
        int64_t edge = below(seed, 2) == 0 ? period->from_min : period->to_min;
        return below(seed, 160) * DAY + (edge - c->offset_min) * MINUTE + below(seed, 3) - 1;
    }
}

static int64_t random_length(uint64_t *seed)
{
    static const int64_t bounds[] = {2, MINUTE, 8 * 60 * MINUTE, 3 * DAY, 12 * DAY};
    int64_t ms = below(seed, bounds[below(seed, 5)]);
    return below(seed, 2) == 0 ? ms / MINUTE * MINUTE : ms;
}

static void compare_once(uint64_t *seed, const struct calendar *c)
{
    int64_t from = random_start(seed, c), ms = random_length(seed);
    int64_t due = calendar_add_ms(c, from, UNIT_WORK_HOUR, ms);
    assert_int_equal(due, oracle_add(c, from, ms));
    assert_int_equal(calendar_between(c, from, due, UNIT_WORK_HOUR), ms);
    assert_int_equal(calendar_is_working(c, from), oracle_working(c, from));

    int64_t to = from + below(seed, 40 * DAY), worked = oracle_between(c, from, to);
    assert_int_equal(calendar_between(c, from, to, UNIT_WORK_DAY), worked);
    assert_int_equal(calendar_between(c, to, from, UNIT_WORK_DAY), -worked);
    assert_true(calendar_add_ms(c, from, UNIT_WORK_HOUR, worked) <= to || worked == 0);
    /* what is split anywhere adds up: a suspended clock is restored exactly */
    int64_t part = worked == 0 ? 0 : below(seed, worked + 1);
    int64_t pause = calendar_add_ms(c, from, UNIT_WORK_HOUR, part);
    assert_int_equal(calendar_add_ms(c, pause, UNIT_WORK_HOUR, worked - part),
                     calendar_add_ms(c, from, UNIT_WORK_HOUR, worked));
}

static void one_round(uint64_t seed)
{
    struct calendar calendar;
    uint64_t state = seed;
    random_calendar(&state, &calendar);
    for (int i = 0; i < CASES_PER_ROUND; i++)
        compare_once(&state, &calendar);
}

/* *state is the seed under test, so that the teardown can name it. */
static void test_add_and_between_equal_the_minute_by_minute_oracle(void **state)
{
    uint64_t *seed = *state;
    uint64_t end = getenv("SANJI_SEED") ? *seed + 1 : *seed + ROUNDS;
    for (; *seed < end; (*seed)++)
        one_round(*seed);
}

static int name_the_seed(void **state)
{
    const uint64_t *seed = *state;
    print_message("calendar oracle stopped at seed %llu\n", (unsigned long long)*seed);
    return 0;
}

int main(void)
{
    const char *given = getenv("SANJI_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20180208;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(test_add_and_between_equal_the_minute_by_minute_oracle, NULL,
                                                 name_the_seed, &seed),
    };
    return cmocka_run_group_tests_name("domain calendar oracle", tests, NULL, NULL);
}
