/* Working time: a walk over local days, in which a stretch without exceptional days is passed week by week.
 */
#include "domain/calendar.h"

#include <assert.h>

#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define IDLE_DAYS_MAX 7305          /* 20 years without a working minute: it will not come */
#define TIME_MAX_MS (INT64_MAX / 4) /* beyond it sums could overflow; 73 million years */

static const struct {
    const char *name;
    const char *zh;
} unit_words[] = {
    [UNIT_NONE] = {"none", "不限时"},
    [UNIT_URGENT_HOUR] = {"urgent_hour", "紧急工作时"},
    [UNIT_WORK_HOUR] = {"work_hour", "工作时"},
    [UNIT_WORK_DAY] = {"work_day", "工作日"},
    [UNIT_NATURAL_DAY] = {"natural_day", "自然日"},
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static int64_t clamp_time(int64_t at_ms)
{
    return at_ms > TIME_MAX_MS ? TIME_MAX_MS : at_ms < -TIME_MAX_MS ? -TIME_MAX_MS : at_ms;
}

static int64_t local_day(const struct calendar *calendar, int64_t at_ms)
{
    return floor_div(at_ms + calendar->offset_min * MINUTE_MS, DAY_MS);
}

static int64_t day_begin_ms(const struct calendar *calendar, int64_t day)
{
    return day * DAY_MS - calendar->offset_min * MINUTE_MS;
}

/* Index of the first exception on or after `day`. */
static size_t exception_at(const struct calendar *calendar, int64_t day)
{
    size_t low = 0, high = calendar->exception_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calendar->exceptions[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct calendar_hours *hours_of(const struct calendar *calendar, int64_t day)
{
    static const struct calendar_hours no_hours = {0};
    size_t at = exception_at(calendar, day);
    bool valid = day >= calendar->valid_from_day && day < calendar->valid_to_day;

    if (valid && at < calendar->exception_count && calendar->exceptions[at].day == day)
        return calendar->exceptions[at].working ? &calendar->makeup : &no_hours;
    /* 1970-01-01 was a Thursday, index 3 */
    return &calendar->week[(day + 3) - 7 * floor_div(day + 3, 7)];
}

static int64_t hours_ms(const struct calendar_hours *hours)
{
    int64_t ms = 0;
    for (uint8_t i = 0; i < hours->count; i++)
        ms += (hours->periods[i].to_min - hours->periods[i].from_min) * MINUTE_MS;
    return ms;
}

static int64_t week_ms(const struct calendar *calendar)
{
    int64_t ms = 0;
    for (size_t i = 0; i < 7; i++)
        ms += hours_ms(&calendar->week[i]);
    return ms;
}

/* Whole weeks from `day` on in which no exception lies. */
static int64_t plain_weeks(const struct calendar *calendar, int64_t day)
{
    size_t at = exception_at(calendar, day);
    if (at == calendar->exception_count)
        return TIME_MAX_MS / (7 * DAY_MS);
    return (calendar->exceptions[at].day - day) / 7;
}

static int64_t overlap_ms(int64_t a_from, int64_t a_to, int64_t b_from, int64_t b_to)
{
    int64_t from = a_from > b_from ? a_from : b_from, to = a_to < b_to ? a_to : b_to;
    return to > from ? to - from : 0;
}

/* Working milliseconds of one day in [from_ms, to_ms). */
static int64_t day_between(const struct calendar *calendar, int64_t day, int64_t from_ms, int64_t to_ms)
{
    const struct calendar_hours *hours = hours_of(calendar, day);
    int64_t begin = day_begin_ms(calendar, day), ms = 0;

    for (uint8_t i = 0; i < hours->count; i++)
        ms += overlap_ms(begin + hours->periods[i].from_min * MINUTE_MS,
                         begin + hours->periods[i].to_min * MINUTE_MS, from_ms, to_ms);
    return ms;
}

/* The moment within `day`, at or after from_ms, by which *left more working time has run out; false when the
 * day ends before that, with *left made smaller by what it gave. */
static bool day_add(const struct calendar *calendar, int64_t day, int64_t from_ms, int64_t *left,
                    int64_t *due)
{
    const struct calendar_hours *hours = hours_of(calendar, day);
    int64_t begin = day_begin_ms(calendar, day);

    for (uint8_t i = 0; i < hours->count; i++) {
        int64_t start = begin + hours->periods[i].from_min * MINUTE_MS;
        int64_t end = begin + hours->periods[i].to_min * MINUTE_MS;
        if (start < from_ms)
            start = from_ms;
        if (end <= start)
            continue;
        if (*left <= end - start) {
            *due = start + *left;
            return true;
        }
        *left -= end - start;
    }
    return false;
}

static int64_t work_add(const struct calendar *calendar, int64_t from_ms, int64_t left)
{
    int64_t week = week_ms(calendar), day = local_day(calendar, from_ms), due = from_ms;
    int idle = 0;

    while (idle < IDLE_DAYS_MAX) {
        int64_t before = left;
        if (day_add(calendar, day, from_ms, &left, &due))
            return due;
        idle = left < before ? 0 : idle + 1;
        day++;
        if (week == 0 || left <= week)
            continue;
        /* at least one millisecond is left for the walk, because the due moment lies at a period's end */
        int64_t weeks = plain_weeks(calendar, day), wanted = (left - 1) / week;
        weeks = weeks < wanted ? weeks : wanted;
        left -= weeks * week;
        day += 7 * weeks;
        if (day > TIME_MAX_MS / DAY_MS)
            return CALENDAR_NEVER;
    }
    return CALENDAR_NEVER;
}

static bool unit_is_working_time(enum time_unit unit)
{
    return unit == UNIT_WORK_HOUR || unit == UNIT_WORK_DAY;
}

int64_t calendar_add_ms(const struct calendar *calendar, int64_t from_ms, enum time_unit unit, int64_t ms)
{
    assert(ms >= 0);
    if (unit == UNIT_NONE || from_ms > TIME_MAX_MS || ms > TIME_MAX_MS)
        return CALENDAR_NEVER;
    if (ms == 0)
        return from_ms;
    if (!unit_is_working_time(unit))
        return from_ms + ms;
    return work_add(calendar, clamp_time(from_ms), ms);
}

int64_t calendar_add(const struct calendar *calendar, int64_t from_ms, struct span span)
{
    return calendar_add_ms(calendar, from_ms, span.unit, calendar_span_ms(calendar, span));
}

static int64_t work_between(const struct calendar *calendar, int64_t from_ms, int64_t to_ms)
{
    int64_t week = week_ms(calendar), day = local_day(calendar, from_ms), last = local_day(calendar, to_ms),
            ms = 0;

    while (day <= last) {
        ms += day_between(calendar, day, from_ms, to_ms);
        day++;
        /* the last day is always walked, because it may end inside a period */
        int64_t weeks = plain_weeks(calendar, day), wanted = (last - day) / 7;
        if (wanted <= 0 || weeks == 0)
            continue;
        weeks = weeks < wanted ? weeks : wanted;
        ms += weeks * week;
        day += 7 * weeks;
    }
    return ms;
}

int64_t calendar_between(const struct calendar *calendar, int64_t from_ms, int64_t to_ms, enum time_unit unit)
{
    int64_t from = clamp_time(from_ms), to = clamp_time(to_ms);
    if (unit == UNIT_NONE)
        return 0;
    if (!unit_is_working_time(unit))
        return to - from;
    return from <= to ? work_between(calendar, from, to) : -work_between(calendar, to, from);
}

int64_t calendar_span_ms(const struct calendar *calendar, struct span span)
{
    int64_t day = 0;

    switch (span.unit) {
    case UNIT_NONE:
        return CALENDAR_NEVER;
    case UNIT_URGENT_HOUR:
    case UNIT_WORK_HOUR:
        return span.amount * MINUTE_MS;
    case UNIT_NATURAL_DAY:
        return span.amount * DAY_MS;
    case UNIT_WORK_DAY:
        break;
    }
    for (size_t i = 0; i < 7; i++)
        if (hours_ms(&calendar->week[i]) > day)
            day = hours_ms(&calendar->week[i]);
    return day == 0 && span.amount > 0 ? CALENDAR_NEVER : span.amount * day;
}

bool calendar_is_working(const struct calendar *calendar, int64_t at_ms)
{
    int64_t at = clamp_time(at_ms);
    return day_between(calendar, local_day(calendar, at), at, at + 1) > 0;
}

const char *time_unit_name(enum time_unit unit)
{
    return unit_words[unit].name;
}

const char *time_unit_zh(enum time_unit unit)
{
    return unit_words[unit].zh;
}

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool calendar_day_of(int32_t year, int32_t month, int32_t day, int32_t *days)
{
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1970 || year > 9999 || month < 1 || month > 12)
        return false;
    if (day < 1 || day > lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0))
        return false;

    int32_t y = year - 1;
    int32_t sum = (year - 1970) * 365 + (y / 4 - 1969 / 4) - (y / 100 - 1969 / 100) + (y / 400 - 1969 / 400);
    for (int32_t m = 1; m < month; m++)
        sum += lengths[m - 1] + (m == 2 && is_leap(year) ? 1 : 0);
    *days = sum + day - 1;
    return true;
}
