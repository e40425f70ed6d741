/* The case 案卷: its states, its events and its record (domain page, section 4). Numbers stand in journals:
 * they are never re-used. Names on the command line and in JSON are lower case with '-', states upper case.
 */
#ifndef SANJI_DOMAIN_CASE_H
#define SANJI_DOMAIN_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/catalogue.h"
#include "domain/envelope.h"
#include "domain/topology.h"

enum case_state {
    CASE_NONE = 0, /* before the report */
    CASE_REPORTED = 1,
    CASE_VERIFYING = 2,
    CASE_FILED = 3,
    CASE_DISPATCHED = 4,
    CASE_HANDLING = 5,
    CASE_SUSPENDED = 6,
    CASE_FEEDBACK = 7,
    CASE_DISPUTED = 8,
    CASE_CLOSED = 9,
    CASE_FORCE_CLOSED = 10,
    CASE_ARCHIVED = 11,
    CASE_REJECTED = 12,
    CASE_VOIDED = 13,
    CASE_MERGED = 14,
    CASE_STATES
};

enum case_event {
    EVENT_NONE = 0,
    /* asked for by people (and by the automatic steps in their name) */
    EVENT_REPORT = 1,
    EVENT_VERIFY = 2,
    EVENT_VERIFIED = 3,
    EVENT_REFUTED = 4,
    EVENT_FILE = 5,
    EVENT_REJECT = 6,
    EVENT_MERGE = 7,
    EVENT_SETTLE = 8,
    EVENT_DISPATCH = 9,
    EVENT_SIGN = 10,
    EVENT_RETURN = 11, /* a desk asks; a dispatcher approves what was asked */
    EVENT_RETURN_REFUSE = 12,
    EVENT_RULE = 13,
    EVENT_EXTEND = 14, /* a desk asks; a shift leader (first) or leader (later) grants */
    EVENT_EXTEND_REFUSE = 15,
    EVENT_SUSPEND = 16,
    EVENT_RESUME = 17,
    EVENT_ASSIST = 18,
    EVENT_ASSIST_DONE = 19,
    EVENT_PROGRESS = 20, /* a word on how it stands; keeps the acknowledgement from lapsing */
    EVENT_FEEDBACK = 21,
    EVENT_CHECK_OK = 22,
    EVENT_CHECK_FAIL = 23,
    EVENT_CLOSE = 24, /* where the item wants the shift leader to close a checked case */
    EVENT_FORCE_CLOSE = 25,
    EVENT_REDISPATCH = 26,
    EVENT_ESCALATE = 27, /* becomes an offer to the parent */
    EVENT_DELEGATE = 28, /* becomes an offer to a child, or through the parent to a sibling */
    EVENT_URGE = 29,
    EVENT_SUPERVISE = 30,
    EVENT_SUPERVISE_REPLY = 31,
    EVENT_VOID = 32, /* a dispatcher asks, a shift leader approves */
    EVENT_VOID_REFUSE = 33,
    EVENT_REOPEN = 34,
    EVENT_FOLLOW_UP = 35,
    EVENT_ARCHIVE = 36,
    /* written by the timer and by custody */
    EVENT_DEPUTY = 60,        /* sign limit passed: the deputy is called */
    EVENT_LEADER = 61,        /* at the root, or when climbing is impossible: the leader's list */
    EVENT_STANDING = 62,      /* repeats are used up: red until a person acts */
    EVENT_LAPSE = 63,         /* signed, but no progress */
    EVENT_SKIP = 64,          /* nobody able to act at this tier: the step was skipped */
    EVENT_CLIMB_PENDING = 65, /* due to climb, but the link is down */
    EVENT_OFFER = 70,
    EVENT_DECLINE = 71, /* the taker will not, or the offer is taken back */
    EVENT_HANDOVER = 72,
    EVENT_TAKE = 73,        /* first event of the new owner */
    EVENT_REFUSED = 74,     /* a forwarded request was refused: key and outcome (rule 11) */
    EVENT_RECALCULATE = 75, /* the calendar changed: due times were computed again */
    EVENT_RECLAIM = 76,     /* signed by a leader: the taker is dead for good (rule 8) */
    EVENT_RESTORED = 77,    /* after a restore (rule 14) */
    EVENT_NOTE = 78, /* the system notes what happened beside the case: a unit ordered, on scene, missed */
    CASE_EVENTS
};

enum lamp { LAMP_GREEN = 0, LAMP_YELLOW = 1, LAMP_RED = 2 };

const char *case_state_name(enum case_state state); /* "HANDLING" */
const char *case_state_zh(enum case_state state);
enum case_state case_state_from_name(const char *name); /* CASE_NONE when unknown */
const char *case_event_name(enum case_event event);     /* "check-ok" */
const char *case_event_zh(enum case_event event);
/* Accepts '-' or '_' and "re-dispatch"; EVENT_NONE when unknown. */
enum case_event case_event_from_name(const char *name);
const char *lamp_name(enum lamp lamp);
/* True for a state that still needs somebody (CLOSED waits for its call-back and is not open). */
bool case_state_open(enum case_state state);

/* The clocks of a case. Each is stopped, running towards due_ms, or paused with what is left of it. */
enum clock_kind { CLOCK_STATE, CLOCK_HANDLE, CLOCK_SUPERVISE, CLOCK_ASSIST, CLOCK_LAPSE, CLOCK_KINDS };
enum clock_run { CLOCK_STOPPED = 0, CLOCK_RUNNING = 1, CLOCK_PAUSED = 2 };

/* Where a running clock stands on the escalation ladder: what its next timer will do. */
enum rung {
    RUNG_YELLOW = 0,
    RUNG_DEPUTY = 1,
    RUNG_RED = 2,
    RUNG_CLIMB = 3,
    RUNG_REPEAT = 4,
    RUNG_STANDING = 5
};

struct case_clock {
    enum clock_run run;
    enum rung rung;
    uint8_t repeats;
    enum time_unit unit; /* the flow it counts in */
    int64_t start_ms;
    int64_t due_ms;       /* absolute; what people see */
    int64_t next_ms;      /* when the timer must look at it; INT64_MAX when never */
    int64_t remain_ms;    /* of its flow: what was left at since_ms; while paused, what is left */
    int64_t first_due_ms; /* before any extension: the old due time stays visible */
    int64_t since_ms;     /* start of the present run: later than start_ms after a pause */
    int64_t limit_ms;     /* the whole limit in its flow, extensions included: the lamp's percentages */
};

enum case_flag {
    FLAG_URGED = 1 << 0,
    FLAG_SUPERVISED = 1 << 1,    /* a supervision order without a reply */
    FLAG_CLIMB_PENDING = 1 << 2, /* 待升级 */
    FLAG_STANDING = 1 << 3,      /* standing red entry */
    FLAG_FINAL = 1 << 4,         /* ruled: no more return */
    FLAG_CHECKED = 1 << 5,       /* the check passed, the shift leader has not closed yet */
    FLAG_EXERCISE = 1 << 6,      /* 演练 */
    FLAG_TRUSTED = 1 << 7,       /* filed automatically */
    FLAG_MANUAL = 1 << 8,        /* in the manual dispatch queue: no route */
    FLAG_LEADER = 1 << 9,        /* on the leader's list */
    FLAG_SKIPPED = 1 << 10,      /* a tier was skipped because nobody there could act */
    FLAG_LAPSED = 1 << 11,       /* the acknowledgement has lapsed */
    FLAG_SIMILAR = 1 << 12,      /* similar case near by (warning) */
    FLAG_OFFERED = 1 << 13       /* an offer is open: offer_to says to whom */
};

/* What the item demands and allows, frozen with the limits: an item may leave the catalogue while cases run.
 */
enum item_rule {
    ITEM_RULE_SETTLE = 1 << 0,
    ITEM_RULE_AUTO_CHECK = 1 << 1,
    ITEM_RULE_SUSPEND = 1 << 2,
    ITEM_RULE_CLOSE_BY_LEADER = 1 << 3,
    ITEM_RULE_BEFORE_PHOTO = 1 << 4,
    ITEM_RULE_AFTER_PHOTO = 1 << 5
};

/* What a case carries beside its state; written whole into each event's body, so that a copy never has to
 * judge. */
struct case_facts {
    uint32_t flags;
    enum lamp lamp;
    enum priority priority;
    enum mode mode;
    char lead[TARGET_SIZE]; /* "department@center", "" while nobody has it */
    uint8_t assist_count;
    uint8_t assist_done; /* bit per assist[]: that department is through */
    char assist[ASSIST_MAX][TARGET_SIZE];
    char signer[USER_SIZE];       /* the named person who signed */
    char handler[USER_SIZE];      /* who gave the last feedback; never the checker */
    char return_asked[USER_SIZE]; /* "" = nothing asked */
    char extend_asked[USER_SIZE];
    struct span extend_span;
    char void_asked[USER_SIZE];
    int32_t returns, extensions, reworks, hops, reopens, urges, supervisions;
    char dispute_center[CODE_SIZE];         /* whose upper center must rule */
    char before_dispute[TARGET_SIZE];       /* the lead that returned the case last */
    struct id master;                       /* MERGED into */
    uint8_t satisfaction;                   /* 1..5, 0 = not asked */
    int64_t opened_ms, filed_ms, closed_ms; /* subject time; 0 = not yet */
    bool closed_overdue; /* handling had passed its limit when the feedback that closed came */
    int64_t feedback_ms;
    char offer_to[CODE_SIZE]; /* "" = no offer open */
    int32_t offer_no;         /* the event number that an accept must name */
    /* ESCALATE, DELEGATE (a person), RULE (dispute), CLIMB_PENDING (timer), DISPATCH (the department sits
     * above), SKIP (nobody here); stays while the case is climb pending, as the cause. */
    enum case_event offer_why;
    char transfer_to[CODE_SIZE]; /* final receiver of a delegation, also through the parent (rule 9) */
    char handed_from[CODE_SIZE]; /* the last hand-over: "" while there was none */
    enum case_event handed_why;
    int32_t catalogue_version, calendar_version;
    uint8_t item_rules;   /* set of enum item_rule, frozen with the limits */
    struct limits limits; /* frozen at filing; before that as at the report */
    struct policy policy; /* frozen likewise */
    struct case_clock clocks[CLOCK_KINDS];
};

/* The record: identity and report (fixed), head of the log, facts. */
struct case_record {
    struct id id;
    char case_no[CASE_NO_SIZE];
    char origin[CODE_SIZE];
    char item[ITEM_SIZE];
    char area[CODE_SIZE];
    char source[POST_SIZE];
    char reporter[USER_SIZE]; /* user or opaque reference */
    double lon, lat;          /* NAN when not given */
    /* head of the log */
    int32_t last_no;
    int64_t last_ms;
    int32_t epoch;
    char owner[CODE_SIZE]; /* who writes last_no + 1 */
    uint8_t head_hash[HASH_BYTES];
    enum case_state state;
    struct case_facts facts;
};

/* When the owner's timer must look at the case: the least next_ms of its running clocks; INT64_MAX when
 * never. */
int64_t case_next_timer(const struct case_record *record);
/* The due time that people see: of the state's clock, else the handling clock; 0 when none runs. */
int64_t case_due(const struct case_record *record);
/* True when a running clock has passed its due time at now_ms. */
bool case_overdue(const struct case_record *record, int64_t now_ms);

#endif
