/* sanji calendar: what the rules take as working time, and how they count it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli_source.h"
#include "cli_span.h"
#include "commands.h"
#include "conf/conf_calendar.h"

#define DAY_MS INT64_C(86400000)
#define TEXT_BYTES 160

#define CALENDAR_OPTION                                                                                      \
    {                                                                                                        \
        "calendar", "FILE", "日历文件 / a calendar file, instead of a site or topology", false               \
    }

/* The calendar of --calendar, --topology or the site, borrowed; `own` is filled for the first. NULL after a
 * complaint.
 */
static const struct calendar *source(struct cli *cli, struct calendar *own)
{
    const char *path = cli_value(cli, "calendar");
    if (!path) {
        const struct world *world = cli_source(cli);
        return world ? &world->calendar : NULL;
    }
    struct conf_errors *errors = cli_errors_new();
    if (conf_calendar_read(path, errors, own) != ERR_OK) {
        cli_errors_fail(cli, errors);
        return NULL;
    }
    free(errors);
    return own;
}

/* ---- show ---- */

static void date_text(int32_t day, char out[CLOCK_TEXT_SIZE])
{
    clock_format((int64_t)day * DAY_MS, 0, out);
    out[10] = '\0';
}

static void hours_text(const struct calendar_hours *hours, char out[TEXT_BYTES])
{
    size_t used = 0;
    out[0] = '\0';
    for (uint8_t i = 0; i < hours->count; i++)
        used += (size_t)snprintf(out + used, TEXT_BYTES - used, "%s%02d:%02d-%02d:%02d", i > 0 ? ", " : "",
                                 (int)hours->periods[i].from_min / 60, (int)hours->periods[i].from_min % 60,
                                 (int)hours->periods[i].to_min / 60, (int)hours->periods[i].to_min % 60);
}

static bool in_year(const struct calendar_exception *exception, int64_t year)
{
    char date[CLOCK_TEXT_SIZE];
    date_text(exception->day, date);
    return year == 0 || strtoll(date, NULL, 10) == year;
}

static json_t *days_json(const struct calendar *calendar, int64_t year, bool working)
{
    json_t *list = json_array();
    for (size_t i = 0; i < calendar->exception_count; i++) {
        char date[CLOCK_TEXT_SIZE];
        if (calendar->exceptions[i].working != working || !in_year(&calendar->exceptions[i], year))
            continue;
        date_text(calendar->exceptions[i].day, date);
        json_array_append_new(list, json_string(date));
    }
    return list;
}

static const char *const days_en[] = {"monday", "tuesday",  "wednesday", "thursday",
                                      "friday", "saturday", "sunday"};
static const char *const days_zh[] = {"周一", "周二", "周三", "周四", "周五", "周六", "周日"};

static json_t *calendar_json(const struct calendar *calendar, int64_t year)
{
    char hours[TEXT_BYTES], from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
    json_t *week = json_object();
    for (size_t i = 0; i < 7; i++) {
        hours_text(&calendar->week[i], hours);
        json_object_set_new(week, days_en[i], json_string(hours));
    }
    hours_text(&calendar->makeup, hours);
    date_text(calendar->valid_from_day, from);
    date_text(calendar->valid_to_day - 1, to);
    return json_pack("{s:s, s:i, s:i, s:s, s:s, s:o, s:s, s:o, s:o}", "name", calendar->name, "version",
                     (int)calendar->version, "zone_minutes", (int)calendar->offset_min, "valid_from", from,
                     "valid_to", to, "week", week, "makeup", hours, "holidays",
                     days_json(calendar, year, false), "makeup_days", days_json(calendar, year, true));
}

/* Days that follow each other are one range. */
static void print_days(const struct calendar *calendar, int64_t year, bool working, const char *title)
{
    printf("%s\n", title);
    for (size_t i = 0; i < calendar->exception_count; i++) {
        char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
        const struct calendar_exception *begin = &calendar->exceptions[i];
        if (begin->working != working || !in_year(begin, year))
            continue;
        while (i + 1 < calendar->exception_count && calendar->exceptions[i + 1].working == working &&
               calendar->exceptions[i + 1].day == calendar->exceptions[i].day + 1)
            i++;
        date_text(begin->day, first);
        date_text(calendar->exceptions[i].day, last);
        printf(begin == &calendar->exceptions[i] ? "  %s\n" : "  %s … %s\n", first, last);
    }
}

static void print_calendar(const struct cli *cli, const struct calendar *calendar, int64_t year)
{
    char hours[TEXT_BYTES], from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
    date_text(calendar->valid_from_day, from);
    date_text(calendar->valid_to_day - 1, to);
    printf("%s v%" PRId32 "  UTC%+d:%02d  %s … %s\n", calendar->name, calendar->version,
           (int)calendar->offset_min / 60, abs((int)calendar->offset_min % 60), from, to);
    for (size_t i = 0; i < 7; i++) {
        hours_text(&calendar->week[i], hours);
        printf("  %s  %s\n", cli->english ? days_en[i] : days_zh[i], hours[0] ? hours : "-");
    }
    hours_text(&calendar->makeup, hours);
    printf("  %s  %s\n", cli->english ? "make-up day" : "调休", hours[0] ? hours : "-");
    print_days(calendar, year, false, cli->english ? "holidays" : "节假日");
    print_days(calendar, year, true, cli->english ? "make-up working days" : "调休上班日");
}

static int run_show(struct cli *cli)
{
    struct calendar own;
    int64_t year;
    if (!cli_number(cli, "year", 1970, 9999, 0, &year))
        return err_exit_code(ERR_USAGE);
    const struct calendar *calendar = source(cli, &own);
    if (!calendar)
        return err_exit_code(ERR_CONFIG);
    if (cli->json)
        return cli_print_json(calendar_json(calendar, year));
    print_calendar(cli, calendar, year);
    return 0;
}

/* ---- add, between ---- */

static bool read_time(const struct cli *cli, const struct calendar *calendar, const char *word,
                      int64_t *at_ms)
{
    if (clock_parse(word, calendar->offset_min, at_ms) == 0)
        return true;
    cli_fail(cli, ERR_USAGE, "%s: e.g. 2026-02-13T17:30, or with a zone 2026-02-13T17:30+08:00", word);
    return false;
}

static int run_add(struct cli *cli)
{
    struct calendar own;
    struct span span;
    int64_t from_ms;
    char due[CLOCK_TEXT_SIZE] = "never", from[CLOCK_TEXT_SIZE], text[CLI_SPAN_SIZE];
    const struct calendar *calendar = source(cli, &own);
    if (!calendar)
        return err_exit_code(ERR_CONFIG);
    if (!read_time(cli, calendar, cli->words[0], &from_ms))
        return err_exit_code(ERR_USAGE);
    if (!cli_span_parse(cli->words[1], &span))
        return cli_fail(cli, ERR_USAGE, "%s: e.g. 4wh (work hours), 3wd (work days), 2h, 30m, 5d",
                        cli->words[1]);
    int64_t due_ms = calendar_add(calendar, from_ms, span);
    if (due_ms != CALENDAR_NEVER)
        clock_format(due_ms, calendar->offset_min, due);
    clock_format(from_ms, calendar->offset_min, from);
    cli_span_text(span, cli->english, text);
    if (cli->json)
        return cli_print_json(json_pack("{s:s, s:o, s:s, s:I}", "from", from, "span", cli_span_json(span),
                                        "due", due, "due_ms", (json_int_t)due_ms));
    printf("%s + %s = %s\n", from, text, due);
    return 0;
}

/* In the unit that was asked for: hours or minutes of its flow, or its days. */
static double in_unit(const struct calendar *calendar, int64_t ms, enum time_unit unit, int32_t minutes)
{
    int64_t day_ms = calendar_span_ms(calendar, (struct span){.unit = unit, .amount = 1});
    if (minutes > 0)
        return (double)ms / 60000.0 / minutes;
    return day_ms > 0 ? (double)ms / (double)day_ms : 0;
}

static int run_between(struct cli *cli)
{
    struct calendar own;
    enum time_unit unit;
    int32_t minutes;
    int64_t from_ms, to_ms;
    const char *word = cli_value(cli, "unit");
    const struct calendar *calendar = source(cli, &own);
    if (!calendar)
        return err_exit_code(ERR_CONFIG);
    if (!cli_unit_parse(word ? word : "wh", &unit, &minutes))
        return cli_fail(cli, ERR_USAGE, "--unit %s: wh, wm, wd, h, m or d", word);
    if (!read_time(cli, calendar, cli->words[0], &from_ms) ||
        !read_time(cli, calendar, cli->words[1], &to_ms))
        return err_exit_code(ERR_USAGE);
    int64_t ms = calendar_between(calendar, from_ms, to_ms, unit);
    double amount = in_unit(calendar, ms, unit, minutes);
    if (cli->json)
        return cli_print_json(
            json_pack("{s:I, s:f, s:s}", "ms", (json_int_t)ms, "amount", amount, "unit", word ? word : "wh"));
    printf("%.4g %s\n", amount, word ? word : "wh");
    return 0;
}

const struct cli_command cmd_calendar_show = {
    .group = "calendar",
    .verb = "show",
    .zh = "显示工作日历：每周工作时段、节假日、调休上班日",
    .en = "the calendar: working periods, holidays, make-up working days",
    .options = {{"year", "Y", "仅此年 / this year only", false}, CALENDAR_OPTION, CLI_TOPOLOGY_OPTION},
    .run = run_show};

const struct cli_command cmd_calendar_add = {
    .group = "calendar",
    .verb = "add",
    .words = "FROM SPAN",
    .words_min = 2,
    .words_max = 2,
    .zh = "从某时刻起，时限何时到期；时限如 4wh(工作时)、3wd(工作日)、2h、30m(紧急工作时)、5d(自然日)",
    .en = "when a limit runs out; spans: 4wh (work hours), 3wd (work days), 2h, 30m (urgent hours), 5d "
          "(natural days)",
    .options = {CALENDAR_OPTION, CLI_TOPOLOGY_OPTION},
    .run = run_add};

const struct cli_command cmd_calendar_between = {
    .group = "calendar",
    .verb = "between",
    .words = "FROM TO",
    .words_min = 2,
    .words_max = 2,
    .zh = "两个时刻之间有多少工作时间",
    .en = "how much time lies between two moments",
    .options = {{"unit", "U", "wh wm wd h m d，缺省 wh / by default wh", false},
                CALENDAR_OPTION,
                CLI_TOPOLOGY_OPTION},
    .run = run_between};
