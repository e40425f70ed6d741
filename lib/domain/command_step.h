/* The command machine: pure rules, one doorway. (header, receipt, input, now) -> one change. */
#ifndef SANJI_DOMAIN_COMMAND_STEP_H
#define SANJI_DOMAIN_COMMAND_STEP_H

#include "domain/command.h"
#include "domain/response.h"
#include "domain/selector.h"

/* What the rules may look at. All borrowed. */
struct command_world {
    const struct topology *topology;
    const struct calendar *calendar;
    const struct response *response; /* ladders, rosters, modes, plans */
    int32_t here;                    /* index of this center */
    bool exercise;
};

/* ---- the issuer ---- */

/* What a person asks for; the rest of the header follows from kind, priority and the response file's
 * defaults. Fills *command from `draft` (id, event ISSUE, kind, targets, text, given limits ...): center,
 * actor, sent, effective, expires, status, default limits by kind (order: sign and done; 社区发令: sign <= 1
 * h, contact <= 24 h, report in 3 or 5 work days; roll call: ack only; mode: lease, reporting interval by
 * alert), ack rule. Errors: NO_RIGHT (post; a mode switch needs a leader of this center), NOBODY, OUTSIDE,
 * UNKNOWN_TARGET, UNKNOWN_AREA, UNKNOWN_CENTER (selector), MISSING (text, reason of a mode switch), RANGE
 * (limits, k, times that do not follow each other), EXPIRED (effective or end in the past), ILLEGAL. */
enum err command_issue(const struct command_world *world, const struct command *draft, int64_t now_ms,
                       struct command *command, struct fault *fault) MUST_CHECK;
/* A later event of a command that this center issued: draft has event and what it needs (text, limits,
 * reason, recipient, passed, score, references). Errors: as above, ILLEGAL (ended, expired), NO_REASON,
 * UNKNOWN_RECIPIENT is the caller's.
 * An UPDATE with a later expiry lengthens the command for those whom it had reached. A center that was away
 * until after the first expiry judges the ISSUE when it comes, alone: its people are EXPIRED | NOT_DELIVERED
 * and stay so, though the UPDATE lies next in the stream, because EXPIRED is a last word (architecture,
 * invariant 7: nothing EXPIRED is signed later). The issuer is not held up by a center that is silent;
 * whoever extends is told how many have not been heard (`sanji command act`), and gives those who stay
 * NOT_DELIVERED a command of their own. */
enum err command_act(const struct command_world *world, const struct command_record *record,
                     const struct command *draft, int64_t now_ms, struct command *command,
                     struct fault *fault) MUST_CHECK;
/* A mode's lease is due for renewal by the issuer: fills RENEW. False when it has ended. */
bool command_renew(const struct command_world *world, const struct command_record *record, int64_t now_ms,
                   struct command *command);
/* When the issuer must look at its command again (lease), INT64_MAX = never. */
int64_t command_next_timer(const struct command_world *world, const struct command_record *record);
/* A record takes an event (the issuer's own or one that came, verified). Copies no text. */
void command_apply(struct command_record *record, const struct command *event, int32_t no, int64_t at_ms,
                   const uint8_t hash[HASH_BYTES]);

/* ---- the center of the recipient ---- */

/* A new receipt of a command that has just arrived (or was widened to this recipient): DELIVERED with its due
 * times counted from now, or EXPIRED | NOT_DELIVERED when it came too late, or CANCELLED. */
void receipt_deliver(const struct command_world *world, const struct command_record *record,
                     const struct recipient *recipient, int64_t now_ms, struct receipt_change *change);

struct receipt_input {
    enum receipt_event event;
    struct actor actor;
    struct id key;
    const char *text;     /* reason, words; NULL = none */
    const char *values;   /* form; NULL = none */
    bool zero;            /* zero report */
    int64_t not_after_ms; /* 0 = no limit */
};
/* A person or unit acts. Who may: the recipient itself; of a desk any desk of that department there; of a
 * center its receptionists, dispatchers, shift leaders, leaders; the deputy on the roster; a dispatcher or
 * shift leader of that center by radio for a unit (BY_OTHER). Errors: NO_RIGHT, ILLEGAL, EXPIRED, NO_REASON,
 * FORM, TOO_OFTEN never. On error nothing has changed. */
enum err receipt_step(const struct command_world *world, const struct command_record *record,
                      const struct receipt *receipt, const struct receipt_input *input, int64_t now_ms,
                      struct receipt_change *change, struct fault *fault) MUST_CHECK;
/* The timer looks at a receipt: at most one change (call again until false). Stale = false. */
bool receipt_timer(const struct command_world *world, const struct command_record *record,
                   const struct receipt *receipt, int64_t now_ms, struct receipt_change *change);
/* Somebody must still sign: the order itself, an update, a cancel, or again because the signature lapsed. */
bool receipt_unanswered(const struct receipt *receipt);
/* When the timer must look at the receipt by the rules as they are now: the response file or the calendar may
 * have changed since its next_ms was worked out. */
int64_t receipt_next_look(const struct command_world *world, const struct command_record *record,
                          const struct receipt *receipt, int64_t now_ms);
/* An event of the header (already applied to the record) reaches a receipt; false = nothing changes. */
bool receipt_follow(const struct command_world *world, const struct command_record *record,
                    const struct command *event, const struct receipt *receipt, int64_t now_ms,
                    struct receipt_change *change);
/* The circle was missed by this one: RELIEVED, it is not waited for any more. False when it is final. */
bool receipt_relieve(const struct command_world *world, const struct command_record *record,
                     const struct receipt *receipt, const char *why, int64_t now_ms,
                     struct receipt_change *change);
/* Somebody signs the order for the first time: what any and k of n count. Of an update, or again, he signs no
 * further time. */
bool receipt_first_signed(const struct receipt_change *change);
/* The table, for tests and help. */
bool receipt_allows(enum command_kind kind, enum receipt_state state, enum receipt_event event);
/* True when the log may lead from `before` to `after` by `event` (verify, invariant 7): rank only grows,
 * nothing EXPIRED is ACKED later, one state at a time. */
bool receipt_rule_allows(enum receipt_state before, enum receipt_event event, enum receipt_state after);

/* ---- the header's derived state ---- */

enum command_state {
    COMMAND_STATE_OPEN = 1,     /* 执行中: somebody is still awaited */
    COMMAND_STATE_ANSWERED = 2, /* 已签收: the ack rule is met, work goes on */
    COMMAND_STATE_DONE = 3,     /* 办结 */
    COMMAND_STATE_CANCELLED = 4,
    COMMAND_STATE_SUPERSEDED = 5,
    COMMAND_STATE_EXPIRED = 6, /* beyond its expiry with somebody who never signed */
    COMMAND_STATE_UNMET = 7,   /* 未执行: nobody is awaited any more, and nobody carried it out: all were
                                * unable or relieved */
    COMMAND_STATES
};
struct command_tally {
    int64_t count[RECEIPT_STATES]; /* ISSUED includes those expected of centers not heard */
    int64_t total, overdue_ack, red, zero, reports, not_delivered, deputy_called, above_called,
        unheard_centers;
};
void command_tally_add(struct command_tally *tally, const struct receipt *receipt);
enum command_state command_state_of(const struct command_record *record, const struct command_tally *tally,
                                    int64_t now_ms);
const char *command_state_name(enum command_state state); /* "OPEN" */
const char *command_state_zh(enum command_state state);

#endif
