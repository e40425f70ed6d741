/* What a center answers with, as data: ladders for the unsigned, duty rosters, alert levels, emergency plans;
 * read-only after loading (config/response). And the pure choices made from it. */
#ifndef SANJI_DOMAIN_RESPONSE_H
#define SANJI_DOMAIN_RESPONSE_H

#include "domain/command.h"
#include "domain/selector.h"
#include "domain/unit.h"

#define CHANNELS_MAX 4
#define SHIFTS_MAX 6

/* 中心呼、我必应: what happens when nobody signs; by priority. */
struct call_ladder {
    struct span deputy;  /* after the limit: the deputy on the roster */
    struct span above;   /* after the deputy was called: the center above */
    struct span repeat;  /* then again and again */
    uint8_t repeats_max; /* then one standing red entry */
    struct span lapse;   /* signed, but no word of progress: the signature lapses; NONE = never */
};

/* Pushes to one recipient: more than that are held back a moment; the top class never is. */
struct call_rate {
    int32_t count; /* 1.. */
    int64_t per_ms;
};

/* Default limits of a kind; a command may say otherwise. */
struct kind_limits {
    struct span ack, contact, arrive, done;
};

struct duty_shift {
    char name[POST_SIZE];
    char zh[NAME_SIZE];
    int32_t from_min, to_min; /* local; to <= from: over midnight */
};

/* Who is on duty for recipients of a kind: people of `posts` (a center), the desks of the department, or, for
 * a unit type, the unit itself; and who is called in their place. The roster turns by shifts and days. */
struct duty_rule {
    enum recipient_kind kind;
    char type[POST_SIZE];       /* unit type; "" = any */
    char department[DEPT_SIZE]; /* "" = any */
    unsigned posts;             /* of the duty desk of a center */
    unsigned deputy_posts;      /* people of the same center who are called in their place */
    bool deputy_next;           /* the next desk or unit of the same kind instead */
    bool turns;                 /* by shift; else always the first */
};

struct alert_rule {
    enum mode mode;              /* policy of new cases */
    bool fast_lane;              /* an overdue case climbs without grace */
    struct span report_interval; /* situation report of each center; NONE = none */
    unsigned posts;              /* who may set it */
};

struct plan_circle {
    char type[POST_SIZE];
    int32_t count;      /* units wanted, 1.. */
    struct span arrive; /* limit */
};
struct plan {
    char code[POST_SIZE];
    char zh[NAME_SIZE];
    struct span ack;         /* to sign */
    struct span par;         /* safety roll call of those on scene; NONE = none */
    int64_t position_age_ms; /* older positions are not used */
    size_t circle_count;
    struct plan_circle circles[PLAN_CIRCLES_MAX];
};

struct response {
    char name[NAME_SIZE];
    int32_t version;
    struct call_ladder ladders[3]; /* by enum priority */
    struct call_rate rate;
    struct kind_limits limits[COMMAND_KINDS];
    size_t channel_count;
    char channels[CHANNELS_MAX][POST_SIZE]; /* push, sms, phone ...: what CHANNEL goes to next */
    size_t shift_count;
    struct duty_shift shifts[SHIFTS_MAX];
    size_t rule_count;
    struct duty_rule *rules;
    struct alert_rule alerts[ALERTS];
    size_t plan_count;
    struct plan *plans; /* ascending by code */
};

/* Frees what it holds, not the response itself. */
void response_free(struct response *response);
/* NULL when there is none of that code. */
const struct plan *response_plan(const struct response *response, const char *code);

/* Who is on duty for a recipient at a moment, and who is called when he does not answer ("" = nobody). */
struct duty {
    char shift[POST_SIZE]; /* "" = no shifts */
    int64_t until_ms;      /* end of the shift, INT64_MAX = none */
    char on_duty[USER_SIZE];
    char deputy[USER_SIZE];
};
/* By the first rule that fits; a shift over midnight stays its people's until it ends. Of a rule that turns
 * the next shift has the next of its people; the deputy is the next of them (deputy_next) or, where there is
 * none, one of deputy_posts. Nobody at all when no rule fits. */
void duty_at(const struct response *response, const struct topology *topology,
             const struct calendar *calendar, const struct recipient *recipient, int64_t at_ms,
             struct duty *duty);

/* The alert in force, of several orders that cover this center: higher issuer, then higher number (custody.md
 * rule 19). */
struct alert_order {
    struct id command;
    int32_t issuer; /* center index */
    int64_t sent_ms;
    enum alert alert;
    int64_t start_ms, end_ms, lease_ms;
    bool ended; /* cancelled or superseded */
};
/* Index of the order in force at now_ms; -1 = none (normal). */
int32_t alert_in_force(const struct topology *topology, const struct alert_order *orders, size_t count,
                       int64_t now_ms);
/* The next moment at which that answer may change; INT64_MAX = never. */
int64_t alert_next_ms(const struct alert_order *orders, size_t count, int64_t now_ms);

/* Of `units` (of one center) those of the type that may be ordered now, nearest first: available, not booked,
 * status gate open. A position older than age_ms or doubtful is ignored; a unit that never sent one stands at
 * its home. Of two at one place goes who had fewer orders; whose place nobody knows comes last. Writes
 * indexes, at most max; returns how many. */
size_t units_nearest(const struct unit *units, size_t count, const char *type, double lon, double lat,
                     int64_t now_ms, int64_t age_ms, size_t *out, size_t max);
/* The same for a command of the top class: those at rest as well, behind all others. */
size_t units_nearest_top(const struct unit *units, size_t count, const char *type, double lon, double lat,
                         int64_t now_ms, int64_t age_ms, size_t *out, size_t max);

#endif
