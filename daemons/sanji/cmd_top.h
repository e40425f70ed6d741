/* sanji top: what its files share. */
#ifndef SANJI_CMD_TOP_H
#define SANJI_CMD_TOP_H

#include "cli.h"
#include "store/store_read.h"

#define TOP_CASES_MAX 2000 /* what is due first; more than anybody scrolls through */
#define TOP_ALARMS_MAX 50
#define TOP_FILTER_SIZE 64

/* One open case, ready to be shown. */
struct top_row {
    char case_no[CASE_NO_SIZE], owner[CODE_SIZE], lead[TARGET_SIZE], offer_to[CODE_SIZE];
    char item[NAME_SIZE], owner_name[NAME_SIZE], lead_name[NAME_SIZE];
    enum case_state state;
    enum lamp lamp;
    uint32_t flags;
    int64_t due_ms;  /* 0 = none */
    int64_t next_ms; /* INT64_MAX = the timers have nothing more to do */
    enum clock_kind next_clock;
    enum rung next_rung;
};

struct top {
    struct cli *cli;
    const struct site *site;
    const struct world *world;
    const struct site_center *center;
    struct store_reader *reader;
    struct fault fault; /* why the last look failed; code OK when it did not */
    int64_t now_ms;     /* the site's clock at that look */
    struct store_counts counts;
    size_t row_count;
    struct top_row *rows; /* standing ones first, then by due time */
    size_t alarm_count;
    struct store_alarm *alarms; /* open, newest first */
    char filter[TOP_FILTER_SIZE];
    size_t scroll;
    bool typing; /* the filter is being typed */
};

/* ---- cmd_top_read.c ---- */
/* Looks at the center's database; on failure what was read before stays and top->fault says why. */
void top_read(struct top *top);
/* "due" to the rung: what the timer does next; zh or en. */
const char *top_next(const struct top *top, const struct top_row *row);
bool top_matches(const struct top *top, const struct top_row *row);
/* "2d03:04:05", "-00:12:01" when it has passed, "-" for none. */
#define TOP_COUNTDOWN_SIZE 32
void top_countdown(int64_t from_ms, int64_t to_ms, char out[TOP_COUNTDOWN_SIZE]);

/* ---- cmd_top_draw.c ---- */
/* One screen of that size; 0 lines = as many as there are cases. Colours only when asked for. */
void top_draw(const struct top *top, size_t lines, size_t columns, bool colour, FILE *to);
/* Lines of cases that a screen of that height shows. */
size_t top_page(const struct top *top, size_t lines);
json_t *top_json(struct top *top);

/* ---- cmd_top_live.c ---- */
/* The live screen until q; gives the exit status. The terminal is as it was before when this returns. */
int top_live(struct top *top);

#endif
