/* Working time. Four units (domain page, section 5; GB/T 30428 family): the urgent hour and the natural day
 * run day and night, the work hour and the work day run inside the calendar's working periods only. A work
 * day is the calendar's nominal working time of one day (8 h for 08:00-12:00 + 14:00-18:00), so every span is
 * a number of milliseconds of one of two flows and a suspended clock can be restored exactly. All times are
 * UTC milliseconds; intervals are half-open; pure functions, no allocation, no clock. */
#ifndef SANJI_DOMAIN_CALENDAR_H
#define SANJI_DOMAIN_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

enum time_unit {
    UNIT_NONE = 0,        /* no limit set */
    UNIT_URGENT_HOUR = 1, /* 紧急工作时 */
    UNIT_WORK_HOUR = 2,   /* 工作时 */
    UNIT_WORK_DAY = 3,    /* 工作日 */
    UNIT_NATURAL_DAY = 4  /* 自然日 */
};

/* An amount of time as people write it. The hour units count minutes, the day units count days. */
struct span {
    enum time_unit unit;
    int32_t amount; /* 0..5256000 */
};

#define CALENDAR_PERIODS_MAX 8 /* working periods of one day */
#define CALENDAR_DAYS_MAX 4096 /* exceptional days: ten years hold about 300 */

struct calendar_period {
    int32_t from_min; /* minutes since local midnight, 0..1440 */
    int32_t to_min;   /* > from_min; 1440 = 24:00 */
};

struct calendar_hours {
    uint8_t count;                                        /* 0 = no working time that day */
    struct calendar_period periods[CALENDAR_PERIODS_MAX]; /* ascending, not touching */
};

/* A day that does not follow its weekday: a holiday or a make-up working day 调休. */
struct calendar_exception {
    int32_t day;  /* days since 1970-01-01, local */
    bool working; /* works by `makeup` hours, else not at all */
};

struct calendar {
    char name[POST_SIZE];
    int32_t version;
    int32_t offset_min;                   /* zone, minutes east of UTC; no daylight saving in it */
    int32_t valid_from_day, valid_to_day; /* [from, to): outside it weekdays decide alone */
    struct calendar_hours week[7];        /* 0 = Monday */
    struct calendar_hours makeup;
    size_t exception_count;
    struct calendar_exception exceptions[CALENDAR_DAYS_MAX]; /* ascending by day */
};

/* A moment that never comes: the due time of UNIT_NONE, and of working time that the calendar does not have.
 */
#define CALENDAR_NEVER INT64_MAX

/* The moment at which `span` of time, begun at from_ms, has run out. from_ms outside working time counts from
 * the next period's begin. A span that ends exactly at a period's end is due at that end, not at the next
 * begin. Amount 0: from_ms. CALENDAR_NEVER for UNIT_NONE and when no working time comes for 20 years. */
int64_t calendar_add(const struct calendar *calendar, int64_t from_ms, struct span span);
/* The same for milliseconds of the flow of `unit` (>= 0). */
int64_t calendar_add_ms(const struct calendar *calendar, int64_t from_ms, enum time_unit unit, int64_t ms);
/* Milliseconds of the flow of `unit` in [from_ms, to_ms); negative when to_ms < from_ms. */
int64_t calendar_between(const struct calendar *calendar, int64_t from_ms, int64_t to_ms,
                         enum time_unit unit);
/* The span in milliseconds of its flow; CALENDAR_NEVER for UNIT_NONE. A work day is the working time of the
 * week's longest day. */
int64_t calendar_span_ms(const struct calendar *calendar, struct span span);
/* True inside a working period. */
bool calendar_is_working(const struct calendar *calendar, int64_t at_ms);

/* "work_hour" and 工作时; NULL never. */
const char *time_unit_name(enum time_unit unit);
const char *time_unit_zh(enum time_unit unit);

/* Days since 1970-01-01 of a civil date; false when the date does not exist. Years 1970..9999. */
bool calendar_day_of(int32_t year, int32_t month, int32_t day, int32_t *days);

#endif
