/* Inside the receipt machine, for the receipt_*.c files alone: the table's rows, a receipt while one input is
 * decided, and its clocks. */
#ifndef SANJI_DOMAIN_RECEIPT_WORK_H
#define SANJI_DOMAIN_RECEIPT_WORK_H

#include "domain/command_step.h"

/* How long a safety call may stay unanswered: two minutes, because the answer is one button and a person may
 * be in danger; but never longer than the calls are apart, so that one is over before the next. */
#define PAR_ANSWER_MS (2 * 60 * 1000LL)

/* ---- the table (receipt_table.c) ---- */

struct receipt_rule {
    unsigned states; /* set of 1 << enum receipt_state */
    enum receipt_event event;
    unsigned kinds;          /* set of 1 << enum command_kind */
    enum receipt_state to;   /* NONE = the state stays */
    enum receipt_state also; /* a report that nobody wants again ends the task; NONE = no other */
    bool needs_reason;
    bool by_center; /* an act of people that in this cell is the center's own */
};
/* NULL when the table has no such cell. */
const struct receipt_rule *receipt_rule(enum command_kind kind, enum receipt_state state,
                                        enum receipt_event event);

/* What tells one kind from another beside the table. */
struct receipt_traits {
    unsigned never;  /* states that a receipt of the kind cannot come to */
    bool checked;    /* the sender checks: feedback in time meets the done limit */
    bool lapses;     /* signed without progress: the signature lapses */
    bool par_to_end; /* safety calls go on after a report, until it is done */
    bool replies;    /* a report must say something */
    bool zero;       /* a zero report makes sense even when no interval asks for it */
};
const struct receipt_traits *receipt_traits(enum command_kind kind);

/* ---- a receipt in the making (receipt_work.c) ---- */

struct receipt_work {
    const struct command_world *world;
    const struct command_record *record;
    const struct command *header;
    const struct call_ladder *ladder;
    const struct receipt_traits *traits;
    int64_t now_ms;
    struct receipt receipt; /* as it becomes */
    struct fault *fault;    /* NULL for the center's own */
};
struct receipt_work receipt_work_begin(const struct command_world *world, const struct command_record *record,
                                       const struct receipt *receipt, int64_t now_ms);
/* The cell for the receipt as it is now; NULL = refused. */
const struct receipt_rule *receipt_work_rule(const struct receipt_work *work, enum receipt_event event);
/* The one doorway of the state. Sets `to` (the state stays when it is NONE) and the end's time. */
void receipt_work_enter(struct receipt_work *work, enum receipt_state to);
/* Works out the lamp and the next look, and writes the change. `actor` NULL = the timer. */
void receipt_work_finish(struct receipt_work *work, enum receipt_event event, const struct actor *actor,
                         const char *text, struct receipt_change *change);
/* Somebody must still sign: the order itself, an update, a cancel, or again because the signature lapsed. */
bool receipt_work_unanswered(const struct receipt *receipt);
/* Nobody called yet, the limit to sign counted from now. */
void receipt_work_ask_again(struct receipt_work *work);

/* ---- rights (receipt_right.c) ---- */

/* May the person answer for the recipient? *by_other: he is not the recipient itself. MISSING, NO_RIGHT. */
enum err receipt_may(const struct receipt_work *work, const struct actor *actor, bool *by_other) MUST_CHECK;

/* ---- due times (receipt_clock.c) ---- */

/* from + span; 0 = none. */
int64_t receipt_due(const struct receipt_work *work, int64_t from_ms, struct span span);
/* The next periodic report after from_ms, 0 = none any more. */
int64_t receipt_report_due(const struct receipt_work *work, int64_t from_ms);
/* All limits that still have a meaning, counted from from_ms. */
void receipt_set_limits(struct receipt_work *work, int64_t from_ms);
/* True when what the done limit wants has happened. */
bool receipt_done_met(const struct receipt_work *work);
/* True while those on scene are called for their safety. */
bool receipt_par_runs(const struct receipt_work *work);
/* What the clocks say next: the event and its moment; RECEIPT_EVENT_NONE and INT64_MAX when nothing can
 * become due. */
enum receipt_event receipt_next(const struct receipt_work *work, int64_t *due_ms);

#endif
