/* Machine time, the exercise's scaled time, and ISO 8601 text. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

struct clock_map clock_map_real(void)
{
    return (struct clock_map){.scale = 1};
}

int64_t clock_now_ms(const struct clock_map *map)
{
    return map->subject_origin_ms + (clock_wall_ms() - map->real_origin_ms) * map->scale;
}

int64_t clock_real_wait_ms(const struct clock_map *map, int64_t at_ms)
{
    int64_t left = at_ms - clock_now_ms(map);
    return left <= 0 ? 0 : (left + map->scale - 1) / map->scale;
}

int64_t clock_mono_ms(void)
{
    return read_clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
    return read_clock_us(CLOCK_REALTIME) / 1000;
}

void clock_format(int64_t at_ms, int offset_minutes, char out[CLOCK_TEXT_SIZE])
{
    int64_t local = at_ms + (int64_t)offset_minutes * 60000;
    int64_t seconds = local >= 0 ? local / 1000 : (local - 999) / 1000;
    int ms = (int)(local - seconds * 1000);
    int offset = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    time_t t = (time_t)seconds;
    struct tm tm;
    char day[32];

    gmtime_r(&t, &tm);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, CLOCK_TEXT_SIZE, "%.19s.%03d%c%02d:%02d", day, ms, offset_minutes < 0 ? '-' : '+',
             offset / 60 % 100, offset % 60);
}

/* The zone suffix at `rest`: nothing, Z or ±hh:mm. */
static int parse_zone(const char *rest, int *offset_minutes)
{
    int hours;
    int minutes;
    int used = 0;

    if (*rest == '\0')
        return 0;
    if (strcmp(rest, "Z") == 0) {
        *offset_minutes = 0;
        return 0;
    }
    if (*rest != '+' && *rest != '-')
        return -1;
    if (sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || rest[1 + used] != '\0')
        return -1;
    *offset_minutes = (hours * 60 + minutes) * (*rest == '-' ? -1 : 1);
    return 0;
}

int clock_parse(const char *text, int offset_minutes, int64_t *at_ms)
{
    struct tm tm = {0};
    char mark;
    int used = 0;
    int ms = 0;
    int more = 0;

    if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3)
        return -1;
    text += used;
    if (sscanf(text, "%c%2d:%2d%n", &mark, &tm.tm_hour, &tm.tm_min, &used) == 3 && (mark == 'T' || mark == ' '))
        text += used;
    if (sscanf(text, ":%2d%n", &tm.tm_sec, &more) == 1)
        text += more;
    if (sscanf(text, ".%3d%n", &ms, &more) == 1)
        text += more;
    if (parse_zone(text, &offset_minutes) != 0)
        return -1;
    if (tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
        tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 59)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *at_ms = (int64_t)timegm(&tm) * 1000 + ms - (int64_t)offset_minutes * 60000;
    return 0;
}
