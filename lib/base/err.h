/* Outcomes. One list serves the code, the wire, the journal and the screen: the number is for ever (it
 * stands in journals), the name is what scripts match on, the two sentences are for people. */
#ifndef SANJI_BASE_ERR_H
#define SANJI_BASE_ERR_H

#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err {
    ERR_OK = 0,
    /* the caller's input is wrong */
    ERR_USAGE = 10,          /* a command line or call that makes no sense */
    ERR_BAD_TEXT = 11,       /* not UTF-8, has a NUL or a control character */
    ERR_TOO_LONG = 12,       /* a field, list or frame beyond its bound */
    ERR_MALFORMED = 13,      /* bytes that do not decode */
    ERR_CONFIG = 14,         /* a configuration file with errors */
    ERR_MISSING = 15,        /* a required field is absent */
    ERR_RANGE = 16,          /* a number outside its range */
    /* a rule says no */
    ERR_UNKNOWN_CASE = 30,
    ERR_UNKNOWN_ITEM = 31,
    ERR_UNKNOWN_PERSON = 32,
    ERR_UNKNOWN_AREA = 33,
    ERR_UNKNOWN_CENTER = 34,
    ERR_UNKNOWN_TARGET = 35, /* department or desk that the center does not have */
    ERR_UNKNOWN_EVENT = 36,
    ERR_UNKNOWN_COMMAND = 37,
    ERR_UNKNOWN_RECIPIENT = 38, /* no such recipient of that command at this center */
    ERR_UNKNOWN_UNIT = 39,
    ERR_WRONG_AREA = 40,     /* the area is real but not covered by this center or person */
    ERR_NO_RIGHT = 41,       /* the post may not do this */
    ERR_ILLEGAL = 42,        /* the transition table has no such cell */
    ERR_SAME_PERSON = 43,    /* checker = handler, approver = asker */
    ERR_NO_REASON = 44,      /* the event demands a reason */
    ERR_NO_EVIDENCE = 45,    /* the item demands a photo or text that is not there */
    ERR_NOT_ASKED = 46,      /* an approval without a request to approve */
    ERR_TOO_LATE = 47,       /* asked after expiry, re-opened after the window */
    ERR_TOO_OFTEN = 48,      /* a count has reached its cap */
    ERR_NOT_ALLOWED = 49,    /* the item forbids it: suspend, settle, automatic check */
    ERR_NO_ONE = 50,         /* the target has no one able to act */
    ERR_STALE = 51,          /* the guard of a request no longer holds */
    ERR_EXPIRED = 52,        /* the request's not_after has passed */
    ERR_TOO_OLD = 53,        /* an idempotency key older than the log of keys */
    ERR_KEY_REUSED = 54,     /* the same key with another content */
    ERR_FINAL = 55,          /* a ruling is final, no more return */
    ERR_NOT_OWNER = 56,      /* only the owner decides (internal: becomes a forwarded request) */
    ERR_BAD_TARGET = 57,     /* hand-over to a center that is no neighbour, or merge with itself */
    ERR_CLIMBING = 58,       /* the case is being handed over */
    ERR_NOBODY = 59,         /* a selector that names nobody */
    ERR_OUTSIDE = 60,        /* a selector that reaches beyond the sender's subtree */
    ERR_FORGED = 61,         /* a command whose signature is not its issuer's */
    ERR_FUTURE = 62,         /* a position or time that lies in the future */
    ERR_IMPLAUSIBLE = 63,    /* a position that nobody can have reached in that time */
    ERR_STATUS_GATE = 64,    /* the unit's status does not allow it */
    ERR_BOOKED = 65,         /* the unit has another order already */
    ERR_FORM = 66,           /* a feedback form with a field missing or wrong */
    ERR_NOT_YOURS = 67,      /* a field client speaks for a unit that its key does not name */
    /* not now */
    ERR_NOT_NOW = 70,        /* the database or the center is away for the moment */
    ERR_UNREACHABLE = 71,    /* nobody answers there */
    ERR_TIMEOUT = 72,
    ERR_BUSY = 73,           /* a bounded queue is full */
    ERR_MUTE = 74,           /* this database has gone back; the center may not speak */
    ERR_PENDING = 75,        /* kept durably, the owner will decide */
    ERR_LOCKED = 76,         /* another centerd holds this database */
    /* between neighbours */
    ERR_FOREIGN = 90,        /* a peer, session or subject that does not belong here */
    ERR_VERSION = 91,
    ERR_GAP = 92,            /* prev or subject_no does not follow */
    ERR_HASH = 93,
    ERR_EPOCH = 94,
    ERR_GONE_BACK = 95,      /* the neighbour's database is older than what we have seen of it */
    ERR_UNKNOWN_KIND = 96,
    /* our surroundings */
    ERR_IO = 110,
    ERR_DATABASE = 111,
    ERR_SCHEMA = 112,        /* database of another version */
    ERR_MEMORY = 113,
    ERR_CRYPTO = 114,
    ERR_VIOLATION = 115      /* verify found one */
};

/* Stable upper-case name without the ERR_ prefix ("NO_RIGHT"); "UNKNOWN" for a number that is not in the list. */
const char *err_name(enum err code);
/* The code of a name, or ERR_MALFORMED. */
enum err err_from_name(const char *name);
/* A whole sentence in zh-CN / en: what is wrong and what to do. */
const char *err_text_zh(enum err code);
const char *err_text_en(enum err code);
/* Process exit status: 0 done, 1 refused by a rule, 2 wrong usage, 3 not reachable, 4 a violation. */
int err_exit_code(enum err code);

#define FAULT_TEXT_MAX 320 /* a path, a position and a sentence */

/* An outcome with the words for this one occasion ("config/policy.yaml:12:3: unknown key 'limt'"). */
struct fault {
    enum err code;
    char text[FAULT_TEXT_MAX];
};

/* Fills *fault (may be NULL) and returns `code`, so that a guard clause is one line. */
enum err fault_set(struct fault *fault, enum err code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "context: " before the text that is there; returns fault->code. */
enum err fault_context(struct fault *fault, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
