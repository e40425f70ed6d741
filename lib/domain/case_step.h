/* The case machine: one doorway through which a case changes. Pure: (record, input, world, now) -> changes.
 * The table of transitions is in case_table.c, the escalation ladder in case_ladder.c. */
#ifndef SANJI_DOMAIN_CASE_STEP_H
#define SANJI_DOMAIN_CASE_STEP_H

#include "base/err.h"
#include "domain/case.h"
#include "domain/route.h"

/* What the rules may look at. All borrowed, read-only. */
struct case_world {
    const struct topology *topology;
    const struct catalogue *catalogue;
    const struct route_matrix *matrix;
    const struct calendar *calendar;
    int32_t here;   /* index of this center */
    enum mode mode; /* of this subtree, for new cases */
    bool fast_lane; /* new cases climb without grace, where their policy climbs (domain/response.h) */
    bool exercise;  /* the tree runs as an exercise */
    bool parent_up; /* the link to the parent is up and its skew within bounds */
};

/* Guard of a request (custody.md rule 10). */
enum guard { GUARD_NONE = 0, GUARD_STATE = 1, GUARD_NOTHING_CHANGED = 2 };

/* Free text and evidence of one input: borrowed, checked by lib/wire, carried into the event's body. */
struct case_content {
    const char *text;   /* REPORT: the description */
    const char *reason; /* reason, reply, what was done, progress */
    const char *address;
    size_t before_count, after_count;
    const char *before[EVIDENCE_MAX], *after[EVIDENCE_MAX];
};

struct case_input {
    enum case_event event;
    struct actor actor;
    struct id key;   /* idempotency key; zero for the system's own */
    int32_t seen_no; /* last event the author saw; 0 = not said */
    enum case_state seen_state;
    enum guard guard;
    int64_t not_after_ms;        /* 0 = no limit */
    char target[TARGET_SIZE];    /* department, department@center, center code, "" */
    struct span span;            /* EXTEND */
    int64_t until_ms;            /* SUSPEND: review date; 0 = the policy's */
    struct id other;             /* MERGE: the master; its number stands in `target` */
    enum case_state other_state; /* MERGE: as the center knows it; CASE_NONE = it does not */
    int32_t score;               /* FOLLOW_UP 1..5 */
    enum priority priority;      /* FILE may raise it */
    bool similar;                /* REPORT: a similar case is near by */
    struct case_content content;
    /* custody's own */
    bool by_timer;    /* ESCALATE, HANDOVER, TAKE on behalf of the timer */
    enum err refusal; /* REFUSED: the outcome to record; DECLINE: why */
};

/* Fields of a new case that the center gives. */
struct case_birth {
    struct id id;
    char case_no[CASE_NO_SIZE];
    char item[ITEM_SIZE];
    char area[CODE_SIZE];
    char source[POST_SIZE];
    char reporter[USER_SIZE];
    double lon, lat;
    bool trusted; /* the source may file by itself */
};

#define CASE_SOURCE_BUTTON "button" /* one-touch alarm 一呼百应: such a case is filed by itself */

/* After a failed check the handling clock goes on with what it had left, but with at least this share of the
 * handling limit: a department cannot redo work in no time. */
#define CASE_REWORK_PERCENT 20
/* A state whose limit the catalogue leaves open is looked at again after the policy's review span, or, where
 * the policy has none, after these natural days: no open case is without a timer. */
#define CASE_REVIEW_DAYS 7

#define CASE_CHANGES_MAX 8 /* report, file, dispatch, and a ladder step or skip for each */

/* One event to be written. `after` has last_no, last_ms, epoch, owner, state and facts set; head_hash is the
 * center's to fill once the body is encoded. */
struct case_change {
    enum case_event event;
    struct actor actor;                 /* who stands in the history: "system:timer" for the timer */
    struct id key;                      /* the key that this event decides; zero for automatic follow-ups */
    enum err outcome;                   /* REFUSED, DECLINE: why; else OK */
    enum case_event refused;            /* REFUSED: the event that was asked for */
    char target[TARGET_SIZE];           /* what it was about: department, center, master's number */
    const struct case_content *content; /* NULL for none; borrowed from the input */
    char note[REASON_SIZE / 4];         /* why an automatic step was taken, for people: zh */
    enum case_state before;
    struct case_record after;
};

struct case_result {
    size_t count;
    struct case_change changes[CASE_CHANGES_MAX];
};

/* A report: fills `result` with REPORT and what follows by itself (FILE for trusted sources, DISPATCH by the
 * matrix, OFFER upward when the department sits above). The owner is world->here.
 * Errors: UNKNOWN_ITEM, UNKNOWN_AREA, WRONG_AREA, NO_RIGHT, RANGE (coordinates); fault has the sentence. */
enum err case_report(const struct case_world *world, const struct case_birth *birth,
                     const struct case_input *input, int64_t now_ms, struct case_result *result,
                     struct fault *fault) MUST_CHECK;

/* Any other input to a case that this center owns. On refusal the result is empty and nothing has changed.
 * The caller has checked that record->owner is this center (else ERR_NOT_OWNER). */
enum err case_step(const struct case_world *world, const struct case_record *record,
                   const struct case_input *input, int64_t now_ms, struct case_result *result,
                   struct fault *fault) MUST_CHECK;

/* The timer looks at a case: takes every clock whose next_ms <= now. A stale firing gives an empty result and
 * OK. May yield OFFER (to climb) which the center turns into custody talk. */
enum err case_timer(const struct case_world *world, const struct case_record *record, int64_t now_ms,
                    struct case_result *result) MUST_CHECK;

/* Custody, called by the center when the talk has come to its point:
 * the owner writes the hand-over after a fresh accept; ERR_STALE when the case is no longer as offered. */
enum err case_hand_over(const struct case_world *world, const struct case_record *record, int32_t offer_no,
                        int64_t now_ms, struct case_result *result) MUST_CHECK;
/* An offer ends without a hand-over (declined, or the link went down: CLIMB_PENDING is set when it was the
 * timer's). */
enum err case_offer_ended(const struct case_world *world, const struct case_record *record, enum err why,
                          int64_t now_ms, struct case_result *result) MUST_CHECK;
/* The new owner's first events: TAKE, then what follows by itself (dispatch here, skip and offer further up,
 * or on to the sibling that a transfer is meant for). */
enum err case_take(const struct case_world *world, const struct case_record *record, int64_t now_ms,
                   struct case_result *result) MUST_CHECK;
/* A climb-pending case whose link is back, or an offer that found no answer in time: a new offer, if it is
 * still due. */
enum err case_climb_again(const struct case_world *world, const struct case_record *record, int64_t now_ms,
                          struct case_result *result) MUST_CHECK;
/* A leader of the center that handed the case over takes it back from a taker that is dead for good (rule 8);
 * the caller has made sure that the taker is signed out. The epoch grows: what the dead one wrote no longer
 * follows. Errors: NO_RIGHT, NO_REASON, ILLEGAL (not handed over from here). */
enum err case_reclaim(const struct case_world *world, const struct case_record *record,
                      const struct case_input *input, int64_t now_ms, struct case_result *result,
                      struct fault *fault) MUST_CHECK;
/* The calendar has another version: due times of running clocks again, and the event that says so. */
enum err case_recalculate(const struct case_world *world, const struct case_record *record, int64_t now_ms,
                          struct case_result *result) MUST_CHECK;
/* A forwarded request was refused: the event that carries key and outcome with the case (rule 11). */
enum err case_refused(const struct case_world *world, const struct case_record *record,
                      const struct case_input *input, enum err why, int64_t now_ms,
                      struct case_result *result) MUST_CHECK;

/* A line in the history by the system, changing nothing else: what became of a "135" circle, who was called.
 * `target` is what it is about (a command's id, a unit), `text` at most the change's note: both are cut to
 * fit. Empty when the case has ended; NOT_OWNER. */
enum err case_note(const struct case_world *world, const struct case_record *record, const char *target,
                   const char *text, int64_t now_ms, struct case_result *result) MUST_CHECK;
/* A circle of its emergency plan was missed or cannot be filled here: the case climbs at once, whatever its
 * clocks say (domain page, section 8): an offer upward, CLIMB_PENDING while the link is down, the leader's
 * list at the root. Empty when it is on its way up already, suspended or closed; NOT_OWNER. */
enum err case_climb_now(const struct case_world *world, const struct case_record *record, const char *why,
                        int64_t now_ms, struct case_result *result) MUST_CHECK;

/* A copy takes an event that the owner wrote: no judgement (rule 5), only the fixed fields and the facts.
 * `facts` is NULL for a kind that this version does not know: facts stay, owner and state move. */
void case_apply(struct case_record *record, const struct envelope *envelope, const struct case_facts *facts,
                const uint8_t hash[HASH_BYTES]);

/* The table itself, for tests, help texts and consoles. */
struct case_rule {
    unsigned posts;     /* set of enum post; 0 = no such cell */
    unsigned asks;      /* those of them that only ask: the state stays until another person approves */
    enum case_state to; /* state after; the same state for facts only */
    enum case_state
        also;            /* the other state it may lead to (a dispute, a failed settling); CASE_NONE = none */
    bool needs_reason;   /* of who asks or acts; an approval needs none */
    const char *zh, *en; /* one sentence for a person */
};
/* NULL when the table has no such cell. */
const struct case_rule *case_rule(enum case_state state, enum case_event event);
/* True when the table lets `event` lead a log from `before` to `after` (verify, invariant 6). */
bool case_rule_allows(enum case_state before, enum case_event event, enum case_state after);

#endif
