/* Time as an input. Subject time (what rules see) may run scaled in an exercise; link time is monotonic and
 * real. All times are int64 milliseconds, UTC since 1970 for subject time. */
#ifndef SANJI_BASE_CLOCK_H
#define SANJI_BASE_CLOCK_H

#include <stdint.h>

/* A linear map from machine time to subject time. scale 1 and equal origins: the machine's own clock. */
struct clock_map {
    int64_t real_origin_ms;    /* machine time at which the exercise began */
    int64_t subject_origin_ms; /* subject time at that moment */
    int64_t scale;             /* subject milliseconds per machine millisecond, 1..100000 */
};

/* The map of an ordinary center: subject time = machine time. */
struct clock_map clock_map_real(void);
/* Subject time now. */
int64_t clock_now_ms(const struct clock_map *map);
/* Machine milliseconds until subject time `at_ms`; 0 when it is past. */
int64_t clock_real_wait_ms(const struct clock_map *map, int64_t at_ms);
/* Monotonic milliseconds, unrelated to the calendar; for link protocol and measurements. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* Machine wall clock, UTC. */
int64_t clock_wall_ms(void);

#define CLOCK_TEXT_SIZE 36
/* "2026-11-22T17:28:51.123+08:00" with the given zone offset in minutes. */
void clock_format(int64_t at_ms, int offset_minutes, char out[CLOCK_TEXT_SIZE]);
/* Reads "YYYY-MM-DD[ T]hh:mm[:ss[.mmm]][Z|±hh:mm]"; without a zone, `offset_minutes` holds. -1 when it is no time. */
int clock_parse(const char *text, int offset_minutes, int64_t *at_ms);

#endif
