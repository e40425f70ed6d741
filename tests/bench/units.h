/* The simulated units of bench_units: what its files share. One thread, one epoll over all connections, a
 * heap of what is to be done when; times are monotonic microseconds unless their names say otherwise. */
#ifndef SANJI_BENCH_UNITS_H
#define SANJI_BENCH_UNITS_H

#include <stdio.h>

#include "conf/conf_site.h"
#include "domain/command.h"
#include "domain/topology.h"
#include "link/link_peers.h"
#include "wire/request.h"

#define STEPS_MAX 8
#define ASK_LATE_US 4000000 /* no answer for so long: asked again, and the connection is attached anew */
#define IDLE_US 10000000    /* a line that was silent for so long says a position, as phones do */
#define CODES_MAX 128

/* How long a person takes. */
struct spread {
    int64_t min_us, max_us; /* uniform */
    int64_t mean_us;        /* > 0: exponential instead */
};

struct options {
    const char *site, *types, *item, *silent_list;
    bool each;  /* a connection and a key for each unit */
    bool desks; /* the centers' own duty desks sign as well, as soon as a unit of theirs is called */
    size_t count;
    size_t step_count;
    enum receipt_event steps[STEPS_MAX]; /* what a unit does with a command, one after the other */
    struct spread delay;
    double silent;         /* share of the units that never answer */
    double moves, reports; /* a second, over all units */
    int64_t seconds;       /* 0 = until told to stop */
    uint64_t seed;
};

/* What a unit does about one command. */
struct task {
    struct task *next;
    uint32_t unit;
    size_t order; /* in the tally */
    size_t step;
    enum receipt_event aside; /* an answer out of turn: a safety call, an update or cancel that was seen */
    bool running, acked;
    struct id key;
};

struct unit_sim {
    char name[USER_SIZE];
    int32_t center;
    uint32_t line;
    double lon, lat;
    bool silent;
    struct task *tasks;
};

struct line {
    void *socket;
    int32_t center;
    uint32_t first, count; /* units */
    bool attached, attaching, look;
    bool desk;           /* of the center's people, under the operator's key */
    struct id last_seen; /* desk: the command that it signed last */
    int64_t spoke_us;
    struct link_keys keys;
    char server[LINK_KEY_SIZE];
};

enum ask_kind { ASK_ATTACH = 1, ASK_STEP, ASK_MOVE, ASK_REPORT, ASK_DESK, ASK_KINDS };

/* A request that waits for its answer. */
struct ask {
    enum ask_kind kind; /* 0 = free */
    uint32_t unit;      /* DESK: of the center */
    uint32_t line, next_free;
    struct id command; /* DESK */
    struct task *task;
    enum receipt_event event;
    int64_t first_us, sent_us;
    struct id key;
};

struct series {
    size_t count, room;
    double *ms;
};

/* One command as its units saw it. */
struct order {
    struct id id;
    enum command_kind kind;
    double sent_wall_ms;
    struct series called;   /* issue -> the unit's first push */
    struct series answered; /* issue -> the answer to its signature */
};

struct tally {
    int64_t asked[ASK_KINDS], done[ASK_KINDS], refused[ASK_KINDS];
    struct series took[ASK_KINDS]; /* request -> answer */
    int64_t codes[CODES_MAX];
    int64_t pushes[RECEIPT_EVENTS];
    int64_t late, skipped, bad_frames;
    size_t order_count, order_room;
    struct order *orders;
};

struct deed {
    int64_t at_us;
    struct task *task;
};

struct run {
    struct options options;
    struct site *site;
    struct topology *topology;
    uint64_t dice;
    void *context;
    int epoll;
    uint32_t unit_count;
    uint32_t line_count, desk_count; /* lines of units, then lines of desks, by center */
    struct unit_sim *units;          /* by center, then name */
    struct line *lines;
    struct link_peers *peers_before; /* by center: lists to be put back at the end; count 0 = untouched */
    size_t ask_count, ask_room;
    struct ask *asks;
    uint32_t free_ask; /* + 1; 0 = none */
    uint32_t attached;
    size_t deed_count, deed_room;
    struct deed *deeds; /* heap, earliest first */
    struct tally tally;
};

_Noreturn void die(const char *what, const struct fault *fault);
void *grown(void *array, size_t *room, size_t wanted, size_t size);
double dice(struct run *run); /* 0 <= x < 1 */

/* ---- units_choose.c ---- */
void units_choose(struct run *run);

/* ---- units_line.c: keys, connections, frames ---- */
/* Makes keys where there are none, lists them at the centers, and calls. */
void lines_open(struct run *run);
/* Hangs up; the centers list what they listed before. */
void lines_close(struct run *run);
/* False when the line takes no more at the moment. */
bool line_send(struct run *run, struct line *line, uint64_t correlation, const struct request *request);
/* Hands every frame that is there to life_on_push and life_on_reply. */
void line_drain(struct run *run, struct line *line);

/* ---- units_life.c: what units do ---- */
void life_attach(struct run *run, uint32_t line);
void life_on_push(struct run *run, struct line *line, const struct push *push);
void life_on_reply(struct run *run, uint64_t correlation, const struct reply *reply);
/* Does what is due and gives the next moment at which something is. */
int64_t life_due(struct run *run, int64_t now_us);
void life_move(struct run *run, uint32_t unit);
void life_report(struct run *run, uint32_t unit);
/* Asks again what got no answer, and lets idle lines speak. */
void life_sweep(struct run *run, int64_t now_us);

/* ---- units_tell.c: what came of it ---- */
size_t tally_order(struct run *run, const struct push *push);
double wall_ms(void);
void series_add(struct series *series, double ms);
void tally_print(struct run *run, double seconds, FILE *to);

#endif
