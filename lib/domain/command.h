/* The command 指令 (domain page, section 6; CAP 1.2 and EDXL-DE for the header's fields). One header, written
 * by its issuer and signed; and one receipt 回执 per recipient, written by the center where the recipient is
 * (custody.md rule 18). The receipts of one command at one center make a sheet 回执单: one subject with one
 * log, so that forty answers of one moment are one event. The header's state is never stored: it follows from
 * the receipts. Numbers stand in journals and are never re-used. */
#ifndef SANJI_DOMAIN_COMMAND_H
#define SANJI_DOMAIN_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/calendar.h"
#include "domain/catalogue.h"
#include "domain/envelope.h"
#include "domain/topology.h"

enum command_kind {
    COMMAND_NONE = 0,
    COMMAND_ORDER = 1,       /* 指令: signed, carried out, reported, checked by the sender */
    COMMAND_NOTICE = 2,      /* 通知: signed */
    COMMAND_ROLL_CALL = 3,   /* 点名: answered */
    COMMAND_SUPERVISION = 4, /* 督办: a written reply about a case in its own limit */
    COMMAND_CAMPAIGN = 5, /* 专项任务: one stage of it; a form for each recipient, zero report 零报告 */
    COMMAND_MODE = 6,     /* 平战切换: in force when it arrives; a situation report at each interval */
    COMMAND_EMERGENCY = 7, /* "135": one circle of an emergency plan */
    COMMAND_KINDS
};

enum command_status { COMMAND_ACTUAL = 1, COMMAND_EXERCISE = 2, COMMAND_TEST = 3 };

enum ack_rule { ACK_EACH = 1, ACK_ANY = 2, ACK_K_OF_N = 3 };

/* Events of the header's log, all by the issuer and each signed. */
enum command_event {
    COMMAND_EVENT_NONE = 0,
    COMMAND_ISSUE = 1,
    COMMAND_UPDATE = 2,    /* text or limits anew: recipients sign again */
    COMMAND_CANCEL = 3,    /* recipients acknowledge it */
    COMMAND_SUPERSEDE = 4, /* another command has taken its place: `references` names it */
    COMMAND_CHECK =
        5, /* the sender's check of one recipient's feedback: passed or to be redone, and a rating */
    COMMAND_RENEW = 6,      /* a mode's lease */
    COMMAND_STAND_DOWN = 7, /* enough have signed (any, k of n): who has not is relieved */
    COMMAND_EVENTS
};

enum form_type { FORM_TEXT = 1, FORM_NUMBER = 2, FORM_YES_NO = 3, FORM_PHOTO = 4 };
struct form_field {
    char name[POST_SIZE]; /* as it stands before '=' in an answer */
    enum form_type type;
    bool required;
    char zh[NAME_SIZE];
};
struct form {
    size_t count;
    struct form_field fields[FORM_FIELDS_MAX];
};

/* 平战: normal is the end of an alert; IV (blue) .. I (red). */
enum alert { ALERT_NORMAL = 0, ALERT_IV = 1, ALERT_III = 2, ALERT_II = 3, ALERT_I = 4, ALERTS };

/* One signed statement of the issuer: the header at ISSUE and UPDATE; of a later event the few fields that it
 * needs. Texts are borrowed. A span of UNIT_NONE = no such limit. */
struct command {
    struct id id;
    enum command_event event;
    int32_t no;             /* of the event in the command's log */
    char center[CODE_SIZE]; /* issuer */
    struct actor actor;     /* the person who issued it, as the issuing center states */
    int64_t sent_ms, effective_ms, expires_ms;
    struct id references; /* an earlier command: superseded, or the campaign's first stage; zero = none */
    enum command_status status;
    enum command_kind kind;
    enum priority priority;
    struct id case_id;
    char case_no[CASE_NO_SIZE];
    const char *text, *text_en; /* text_en may be NULL */
    const char *reason;         /* of a cancel, update, check; NULL = none */
    char targets[SELECTOR_SIZE];
    struct span ack_limit, contact_limit, arrive_limit, done_limit;
    struct span report_interval; /* a report is wanted again and again (zero report) */
    struct span par_interval;    /* safety roll call of those on scene */
    enum ack_rule ack_rule;
    int32_t ack_count; /* k */
    struct form form;
    char stage[POST_SIZE]; /* campaign: before, during, after, or a word of its own */
    /* MODE and RENEW */
    enum alert alert;
    int64_t mode_start_ms, mode_end_ms, lease_ms; /* lease: in force until then unless renewed */
    /* EMERGENCY */
    char plan[POST_SIZE];
    int32_t circle;  /* 1.. */
    double lon, lat; /* NAN = no place */
    /* CHECK */
    char recipient[USER_SIZE];
    bool passed;
    int32_t score; /* 1..5, 0 = none */
};

/* ---- receipts ---- */

enum receipt_state {
    RECEIPT_NONE = 0,
    RECEIPT_ISSUED = 1,    /* 已下达: the recipient's center has not been heard */
    RECEIPT_DELIVERED = 2, /* 已送达: a machine stored it */
    RECEIPT_ACKED = 3,     /* 已签收: a person signed */
    RECEIPT_EN_ROUTE = 4,  /* 出发 */
    RECEIPT_ON_SCENE = 5,  /* 到场 */
    RECEIPT_REPORTED = 6,  /* 已反馈 */
    RECEIPT_DONE = 7,      /* 办结 */
    RECEIPT_UNABLE = 8,    /* 不能执行 */
    RECEIPT_CANCELLED = 9, /* 已撤销 */
    RECEIPT_SUPERSEDED = 10,
    RECEIPT_EXPIRED = 11,
    RECEIPT_STATES
};

enum receipt_event {
    RECEIPT_EVENT_NONE = 0,
    /* by people (and units) */
    RECEIPT_ACK = 1,        /* sign; of a roll call the answer; of a cancel or update that it was seen */
    RECEIPT_DEPART = 2,     /* en route */
    RECEIPT_ARRIVE = 3,     /* on scene */
    RECEIPT_CONTACT = 4,    /* the caller was contacted (社区发令, 部门执行) */
    RECEIPT_PROGRESS = 5,   /* a word on how it stands: keeps the signature from lapsing */
    RECEIPT_REPORT = 6,     /* feedback, a form, a zero report, a situation report */
    RECEIPT_FINISH = 7,     /* done; waits for the sender's check where the kind has one */
    RECEIPT_REFUSE = 8,     /* unable, with a reason */
    RECEIPT_PAR = 9,        /* safe */
    RECEIPT_HAND_OVER = 10, /* the next shift or the deputy takes it over by name */
    /* by the center */
    RECEIPT_DELIVER = 20,
    RECEIPT_CHANNEL = 21, /* unsigned at the limit: red, called on the next channel */
    RECEIPT_DEPUTY = 22,  /* the deputy on the roster is called */
    RECEIPT_ABOVE = 23,   /* the center above is called */
    RECEIPT_REPEAT = 24,
    RECEIPT_LAPSE = 25, /* signed, but no progress */
    RECEIPT_LATE_CONTACT = 26,
    RECEIPT_LATE_ARRIVE = 27,
    RECEIPT_LATE_DONE = 28,
    RECEIPT_LATE_REPORT = 29,
    RECEIPT_PAR_CALL = 30, /* are you safe? */
    RECEIPT_PAR_MISSED = 31,
    RECEIPT_EXPIRE = 32,
    RECEIPT_RELIEVED = 33, /* missed its circle: the next nearest was ordered instead */
    /* following an event of the header */
    RECEIPT_UPDATED = 40,
    RECEIPT_CANCEL = 41,
    RECEIPT_SUPERSEDE = 42,
    RECEIPT_CHECK_OK = 43,
    RECEIPT_CHECK_FAIL = 44,
    RECEIPT_STAND_DOWN = 45,
    RECEIPT_EVENTS
};

enum receipt_flag {
    RECEIPT_OVERDUE_ACK = 1 << 0, /* 超时未签收; stays when it is signed late: it is a fact */
    RECEIPT_LAPSED = 1 << 1,      /* 签收失效 */
    RECEIPT_OVERDUE_ARRIVE = 1 << 2,
    RECEIPT_OVERDUE_DONE = 1 << 3,
    RECEIPT_OVERDUE_REPORT = 1 << 4,
    RECEIPT_OVERDUE_CONTACT = 1 << 5,
    RECEIPT_DEPUTY_CALLED = 1 << 6,
    RECEIPT_ABOVE_CALLED = 1 << 7,
    RECEIPT_UNSEEN = 1 << 8, /* an update or cancel that the recipient has not acknowledged */
    RECEIPT_REWORK = 1 << 9, /* the sender's check failed: to be reported again */
    RECEIPT_PAR_OPEN = 1 << 10,
    RECEIPT_PAR_LOST = 1 << 11, /* nobody answered the safety call: a person may be in danger */
    RECEIPT_ZERO = 1 << 12,     /* the last report was a zero report */
    RECEIPT_BY_OTHER = 1 << 13, /* signed by somebody else for the recipient: deputy, dispatcher by radio */
    RECEIPT_NOT_DELIVERED = 1 << 14, /* EXPIRED before it came: counted as not delivered, never as silence */
    RECEIPT_CONTACTED = 1 << 15,
    RECEIPT_RED = 1 << 16,         /* needs somebody now: what makes the lamp red at each tier */
    RECEIPT_SIGNED_AGAIN = 1 << 17 /* signed more than once: an update, after a lapse, by the next shift */
};

/* One recipient of one command. Times are subject time, 0 = not (yet). */
struct receipt {
    char name[USER_SIZE]; /* center.CODE, desk.DEPT.CODE, grid.AREA, TYPE.CODE, TYPE-2.CODE */
    enum receipt_state state;
    uint32_t flags;
    uint8_t rung; /* of the ladder for the unsigned: 0, RECEIPT_CHANNEL .. RECEIPT_REPEAT minus 20 */
    uint8_t repeats;
    int32_t reports;
    uint8_t score; /* the sender's rating */
    int64_t delivered_ms, acked_ms, departed_ms, arrived_ms, reported_ms, ended_ms;
    int64_t ack_due_ms, contact_due_ms, arrive_due_ms, done_due_ms, report_due_ms, par_due_ms;
    int64_t last_ms;          /* last sign of life: lapse is measured from it */
    int64_t next_ms;          /* when the center must look at it; INT64_MAX = never */
    char by[USER_SIZE];       /* the named person who signed last */
    char deputy[USER_SIZE];   /* who was called in the recipient's place; "" = nobody */
    char answer[ANSWER_SIZE]; /* the last word, cut to fit at a character */
    const char
        *values; /* the last form, borrowed, < VALUES_SIZE; NULL = none: 4,866 receipts must stay small */
};

/* One change of one receipt, as it stands in the sheet's event and in people's history. */
struct receipt_change {
    enum receipt_event event;
    struct actor actor; /* "system:timer" for the center's own */
    struct id key;
    enum err outcome; /* OK: refusals are answered, not recorded, except those that travelled */
    const char *text; /* whole; borrowed; NULL = none */
    struct receipt after;
};

/* The events of a sheet's log. */
enum sheet_event {
    SHEET_OPEN = 1,     /* receipts come into being; `last` of them marks the list as whole */
    SHEET_CHANGE = 2,   /* receipts change */
    SHEET_MORE = 3,     /* further recipients, chosen later (a circle was widened) */
    SHEET_UNFILLED = 4, /* an emergency circle found nobody (or not enough) here */
    SHEET_EVENTS
};

/* The sheet's head: one per command and center that has recipients. */
struct sheet {
    struct id id, command;
    char center[CODE_SIZE]; /* who writes it */
    int32_t expected; /* recipients by the tree, before the center was heard; 0 = not known beforehand */
    int32_t last_no;  /* 0 = not heard yet */
    int64_t last_ms;
    uint8_t head_hash[HASH_BYTES];
    bool whole;    /* every recipient is listed */
    bool unfilled; /* SHEET_UNFILLED was its last word on that */
};

/* A command as a center knows it. */
struct command_record {
    struct command header; /* ISSUE as updated; texts live as long as the record's memory */
    int32_t last_no;
    int64_t last_ms;
    uint8_t head_hash[HASH_BYTES];
    enum command_event ended; /* CANCEL, SUPERSEDE, STAND_DOWN; NONE */
    int64_t ended_ms;
};

const char *command_kind_name(enum command_kind kind); /* "roll-call" */
const char *command_kind_zh(enum command_kind kind);
enum command_kind command_kind_from_name(const char *name); /* '-' or '_'; NONE when unknown */
const char *command_event_name(enum command_event event);   /* "issue" */
const char *command_event_zh(enum command_event event);
enum command_event command_event_from_name(const char *name);
const char *command_status_name(enum command_status status); /* "actual" */
const char *receipt_state_name(enum receipt_state state);    /* "ON_SCENE" */
const char *receipt_state_zh(enum receipt_state state);
enum receipt_state receipt_state_from_name(const char *name);
const char *
receipt_event_name(enum receipt_event event); /* "ack", "depart", "arrive", "report", "finish" ... */
const char *receipt_event_zh(enum receipt_event event);
/* Also takes "en-route", "on-scene", "done", "unable", "here", "sign". NONE when unknown. */
enum receipt_event receipt_event_from_name(const char *name);
const char *alert_name(enum alert alert); /* "normal", "iv", "iii", "ii", "i" */
const char *alert_zh(enum alert alert);
bool alert_from_name(const char *name, enum alert *alert);
const char *form_type_name(enum form_type type);

/* A state in which nothing more is wanted of the recipient. For a notice and a roll call ACKED is one. */
bool receipt_final(enum command_kind kind, enum receipt_state state);

/* "name=value" lines against the form: FORM with the field's name in the fault. A zero report needs none. */
enum err form_check(const struct form *form, const char *values, struct fault *fault) MUST_CHECK;
/* "zh-label:name:type!, ..." ('!' = required) into a form, and back; MALFORMED with the place. */
enum err form_parse(const char *text, struct form *form, struct fault *fault) MUST_CHECK;

#endif
