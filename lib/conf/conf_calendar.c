/* Reads the calendar file; exceptional days are checked where they stand and merged in order of day. */
#include "conf/conf_calendar.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

#define WEEKDAYS 7
#define DATE_CHARS 10 /* 2018-02-15 */
#define TIME_CHARS 5  /* 08:00 */

struct raw_calendar {
    char name[POST_SIZE];
    int32_t version;
    const struct conf_node *zone, *valid, *week, *makeup, *holidays, *makeup_days;
};

static const struct conf_key calendar_keys[] = {
    CONF_CODE_KEY("name", struct raw_calendar, name, CONF_REQUIRED),
    CONF_INT_KEY("version", struct raw_calendar, version, CONF_REQUIRED, 1, INT32_MAX),
    CONF_NODE_KEY("zone", struct raw_calendar, zone, CONF_REQUIRED),
    CONF_NODE_KEY("valid", struct raw_calendar, valid, CONF_REQUIRED),
    CONF_NODE_KEY("week", struct raw_calendar, week, CONF_REQUIRED),
    CONF_NODE_KEY("makeup", struct raw_calendar, makeup, 0),
    CONF_NODE_KEY("holidays", struct raw_calendar, holidays, 0),
    CONF_NODE_KEY("makeup_days", struct raw_calendar, makeup_days, 0),
};

struct raw_week {
    const struct conf_node *days[WEEKDAYS];
};

static const struct conf_key week_keys[WEEKDAYS] = {
    CONF_NODE_KEY("monday", struct raw_week, days[0], 0),
    CONF_NODE_KEY("tuesday", struct raw_week, days[1], 0),
    CONF_NODE_KEY("wednesday", struct raw_week, days[2], 0),
    CONF_NODE_KEY("thursday", struct raw_week, days[3], 0),
    CONF_NODE_KEY("friday", struct raw_week, days[4], 0),
    CONF_NODE_KEY("saturday", struct raw_week, days[5], 0),
    CONF_NODE_KEY("sunday", struct raw_week, days[6], 0),
};

/* Reads exactly `digits` digits; -1 when there are others. */
static int32_t number_at(const char *text, size_t digits)
{
    int32_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* Minutes of "hh:mm", 0..1440; -1 when it is none. */
static int32_t minutes_at(const char *text)
{
    int32_t hour = number_at(text, 2);
    int32_t minute = hour >= 0 && text[2] == ':' ? number_at(text + 3, 2) : -1;
    if (minute < 0 || minute > 59 || hour > 24 || (hour == 24 && minute > 0))
        return -1;
    return hour * 60 + minute;
}

static bool date_at(const char *text, int32_t *day)
{
    int32_t year = number_at(text, 4);
    if (year < 0 || text[4] != '-')
        return false;
    int32_t month = number_at(text + 5, 2);
    if (month < 0 || text[7] != '-')
        return false;
    return calendar_day_of(year, month, number_at(text + 8, 2), day);
}

static bool read_zone(struct conf_doc *doc, const struct conf_node *node, int32_t *offset_min)
{
    const char *text = conf_raw(doc, node);
    int32_t minutes = strlen(text) == 1 + TIME_CHARS ? minutes_at(text + 1) : -1;
    if ((text[0] != '+' && text[0] != '-') || minutes < 0 || minutes > 14 * 60)
        return conf_error_at(doc, node, "'%.60s' is no zone: write it like \"+08:00\"", text);
    *offset_min = text[0] == '-' ? -minutes : minutes;
    return true;
}

static bool read_period(struct conf_doc *doc, const struct conf_node *node, struct calendar_hours *hours)
{
    const char *text = conf_raw(doc, node);
    bool formed = strlen(text) == 2 * TIME_CHARS + 1 && text[TIME_CHARS] == '-';
    int32_t from = formed ? minutes_at(text) : -1, to = formed ? minutes_at(text + TIME_CHARS + 1) : -1;

    if (from < 0 || to < 0)
        return conf_error_at(doc, node, "'%.60s' is no working period: write it like 08:00-12:00", text);
    if (to <= from)
        return conf_error_at(doc, node, "the working period %s ends before it begins", text);
    if (hours->count == CALENDAR_PERIODS_MAX)
        return conf_error_at(doc, node, "more than %d working periods in a day", CALENDAR_PERIODS_MAX);
    if (hours->count > 0 && from <= hours->periods[hours->count - 1].to_min)
        return conf_error_at(doc, node,
                             "the working period %s overlaps, touches or precedes the one before it", text);
    hours->periods[hours->count++] = (struct calendar_period){from, to};
    return true;
}

static bool read_hours(struct conf_doc *doc, const struct conf_node *node, struct calendar_hours *hours)
{
    bool sound = true;
    for (const struct conf_node *n = conf_list(doc, node); n; n = conf_next(n))
        sound = read_period(doc, n, hours) && sound;
    return sound && conf_shape(node) == CONF_LIST;
}

/* "2018-02-15" or "2018-02-15..2018-02-21"; both ends belong to it. */
static bool read_days(struct conf_doc *doc, const struct conf_node *node, int32_t *first, int32_t *last)
{
    const char *text = conf_raw(doc, node);
    size_t length = strlen(text);
    bool range = length == 2 * DATE_CHARS + 2 && text[DATE_CHARS] == '.' && text[DATE_CHARS + 1] == '.';

    if (!(length == DATE_CHARS || range) || !date_at(text, first) ||
        !date_at(range ? text + DATE_CHARS + 2 : text, last))
        return conf_error_at(doc, node, "'%.60s' is no day: write 2018-02-15 or 2018-02-15..2018-02-21",
                             text);
    if (*last < *first)
        return conf_error_at(doc, node, "%s ends before it begins", text);
    return true;
}

static bool is_exception(const struct calendar *calendar, int32_t day)
{
    for (size_t i = 0; i < calendar->exception_count; i++)
        if (calendar->exceptions[i].day == day)
            return true;
    return false;
}

static bool add_days(struct conf_doc *doc, const struct conf_node *node, struct calendar *calendar,
                     bool working, int32_t *before)
{
    int32_t first, last;
    if (!read_days(doc, node, &first, &last))
        return false;
    if (first <= *before)
        return conf_error_at(doc, node,
                             "%.24s is not after the day before it in the list: days ascend, none twice",
                             conf_raw(doc, node));
    if (first < calendar->valid_from_day || last >= calendar->valid_to_day)
        return conf_error_at(doc, node, "%.24s lies outside the calendar's validity", conf_raw(doc, node));
    for (int32_t day = first; day <= last; day++) {
        if (is_exception(calendar, day))
            return conf_error_at(doc, node, "%.24s is a holiday and a make-up day at once",
                                 conf_raw(doc, node));
        if (calendar->exception_count == CALENDAR_DAYS_MAX)
            return conf_error_at(doc, node, "more than %d exceptional days", CALENDAR_DAYS_MAX);
        calendar->exceptions[calendar->exception_count++] = (struct calendar_exception){day, working};
    }
    *before = last;
    return true;
}

static bool read_exceptions(struct conf_doc *doc, const struct conf_node *node, struct calendar *calendar,
                            bool working)
{
    int32_t before = INT32_MIN;
    bool sound = true;
    if (!node)
        return true;
    for (const struct conf_node *n = conf_list(doc, node); n; n = conf_next(n))
        sound = add_days(doc, n, calendar, working, &before) && sound;
    return sound;
}

static int compare_exception(const void *a, const void *b)
{
    int32_t left = ((const struct calendar_exception *)a)->day,
            right = ((const struct calendar_exception *)b)->day;
    return (left > right) - (left < right);
}

static void read_week(struct conf_doc *doc, const struct conf_node *node, struct calendar *calendar)
{
    struct raw_week week = {{NULL}};
    if (!conf_map(doc, node, week_keys, WEEKDAYS, &week))
        return;
    for (size_t i = 0; i < WEEKDAYS; i++)
        if (week.days[i])
            read_hours(doc, week.days[i], &calendar->week[i]);
}

static void read_rest(struct conf_doc *doc, const struct raw_calendar *raw, struct calendar *calendar)
{
    read_zone(doc, raw->zone, &calendar->offset_min);
    read_week(doc, raw->week, calendar);
    if (raw->makeup)
        read_hours(doc, raw->makeup, &calendar->makeup);
    if (!read_days(doc, raw->valid, &calendar->valid_from_day, &calendar->valid_to_day))
        return;
    calendar->valid_to_day++; /* the file names the last day that belongs to it */
    read_exceptions(doc, raw->holidays, calendar, false);
    if (raw->makeup_days && conf_count(raw->makeup_days) > 0 && calendar->makeup.count == 0)
        conf_error_at(doc, raw->makeup_days, "make-up days need their hours in 'makeup'");
    read_exceptions(doc, raw->makeup_days, calendar, true);
    qsort(calendar->exceptions, calendar->exception_count, sizeof *calendar->exceptions, compare_exception);
}

enum err conf_calendar_take(struct conf_doc *doc, struct calendar *calendar)
{
    size_t errors = conf_error_count(doc);
    struct raw_calendar raw = {.version = 0};
    struct calendar *read = calloc(1, sizeof *read);

    if (!read) {
        conf_error_at(doc, NULL, "out of memory");
        return ERR_CONFIG;
    }
    if (conf_map(doc, conf_root(doc), calendar_keys, sizeof calendar_keys / sizeof *calendar_keys, &raw))
        read_rest(doc, &raw, read);
    bool sound = conf_error_count(doc) == errors;
    if (sound) {
        memcpy(read->name, raw.name, sizeof read->name);
        read->version = raw.version;
        *calendar = *read;
    }
    free(read);
    return sound ? ERR_OK : ERR_CONFIG;
}

enum err conf_calendar_read(const char *path, struct conf_errors *errors, struct calendar *calendar)
{
    struct conf_doc *doc = NULL;
    if (conf_read_file(path, errors, &doc) != ERR_OK)
        return ERR_CONFIG;
    enum err result = conf_calendar_take(doc, calendar);
    conf_doc_free(&doc);
    return result;
}
