/* Requests of clients and their replies. The same packed act is what centers forward to a case's owner. */
#ifndef SANJI_WIRE_REQUEST_H
#define SANJI_WIRE_REQUEST_H

#include "domain/case_step.h"
#include "domain/command_step.h"
#include "wire/arena.h"

enum request_kind {
    REQUEST_REPORT = 1,
    REQUEST_ACT = 2,
    REQUEST_STATUS = 3,
    REQUEST_RELOAD = 4,  /* read keys again */
    REQUEST_FENCE = 5,   /* sign out a neighbour that is dead for good (custody.md rules 8, 14) */
    REQUEST_REPAIR = 6,  /* ask the owner for a quarantined subject's log again */
    REQUEST_COMMAND = 7, /* issue a command, or act on one that this center issued */
    REQUEST_RECEIPT = 8, /* a recipient acts */
    REQUEST_UNIT = 9,    /* a unit's status or position */
    REQUEST_ATTACH = 10  /* a field client: push me the commands of these units */
};

#define ATTACH_UNITS_MAX 1024 /* one gateway of one center */

enum unit_ask { UNIT_ASK_STATUS = 1, UNIT_ASK_POSITION = 2 };
struct unit_request {
    enum unit_ask ask;
    char unit[USER_SIZE];
    char status[POST_SIZE]; /* a common status or the service's own word */
    char note[ANSWER_SIZE];
    double lon, lat; /* NAN = none */
    int64_t at_ms;   /* of the position; 0 = now */
};
struct attach_request {
    size_t count; /* 0 = every unit that this key may speak for */
    const char (*units)[USER_SIZE];
};
struct receipt_request {
    struct id command;
    char recipient[USER_SIZE];
    struct receipt_input input; /* actor and key are the request's */
};

struct report_request {
    struct case_birth birth; /* id and case_no are given by the center */
    bool warn_only;          /* stop with the similar-case warning instead of reporting */
};

struct request {
    enum request_kind kind;
    char user[USER_SIZE];        /* --as; the center resolves who that is */
    char case_no[CASE_NO_SIZE];  /* ACT by a person */
    struct id case_id;           /* ACT forwarded between centers */
    char origin[CODE_SIZE];      /* ACT forwarded: the center that states who the actor is */
    char name[CODE_SIZE];        /* FENCE: the neighbour */
    char other_no[CASE_NO_SIZE]; /* MERGE: the master's number */
    struct report_request report;
    struct case_input input; /* REPORT and ACT; actor filled only when forwarded. Others: the key alone */
    /* One of these by kind, in the arena; NULL for the other kinds. */
    const struct command *command; /* COMMAND: a draft */
    const struct receipt_request *receipt;
    const struct unit_request *unit;
    const struct attach_request *attach;
};

/* How one neighbour link stands. */
struct link_status {
    char code[CODE_SIZE];
    bool up;
    int64_t lag;     /* entries it has not acknowledged */
    int64_t skew_ms; /* its clock minus ours */
    int64_t rtt_us;
    int64_t since_ms; /* subject time of the last change of `up` */
    enum err refused; /* why no session can be; OK when none was refused */
};

struct status_reply {
    char code[CODE_SIZE];
    int32_t incarnation;
    bool mute, database_up, parent_up, exercise;
    int64_t clock_ms, started_ms;
    int64_t lsn, cases, open, overdue, owned_open, owned_overdue, manual, climb_pending, standing, kept,
        quarantined, timers;
    int64_t batches, inputs, refused_frames, denied_keys, alarms;
    int64_t commands_open, receipts_open, receipts_red; /* of this center and below */
    size_t link_count;
    const struct link_status *links; /* the parent first */
};

struct case_reply {
    struct id case_id;
    char case_no[CASE_NO_SIZE];
    enum case_state state;
    char owner[CODE_SIZE];
    char lead[TARGET_SIZE];
    int32_t no;
    bool again;                    /* the same key was decided before; this is that outcome */
    bool stored_above;             /* the receipt: "stored above as well" (rule 15) */
    char similar_no[CASE_NO_SIZE]; /* "" or a similar case near by */
};

/* Of COMMAND and RECEIPT. */
struct command_reply {
    struct id command;
    int32_t recipients, centers; /* COMMAND: how many it is meant for, as the tree says */
    bool dynamic;                /* further ones are chosen at each center */
    enum receipt_state state;    /* RECEIPT: of the recipient */
    uint32_t flags;
    bool again;
};
struct unit_reply {
    enum unit_status status;
    struct id booked;
    int32_t attached; /* ATTACH: units that are served on this connection */
};

/* What is pushed to a field client (FRAME_PUSH): a recipient is called. */
struct push {
    struct id command;
    char recipient[USER_SIZE];
    char center[CODE_SIZE]; /* issuer */
    enum command_kind kind;
    enum priority priority;
    enum command_status status;
    enum receipt_event why; /* DELIVER, CHANNEL, REPEAT, UPDATED, CANCEL, PAR_CALL ... */
    enum receipt_state state;
    char channel[POST_SIZE]; /* "push" or the next one: the gateway knows how */
    char deputy[USER_SIZE];  /* to be called in the recipient's place; "" = the recipient */
    char case_no[CASE_NO_SIZE];
    const char *text, *text_en;
    struct form form;
    double lon, lat;         /* NAN = no place */
    int64_t sent_ms, due_ms; /* due: 0 = no limit */
};

struct reply {
    enum err code;
    char text[FAULT_TEXT_MAX]; /* sentence for this occasion; "" = the code's own */
    bool has_case, has_status, has_command, has_unit;
    struct command_reply command;
    struct unit_reply unit;
    struct case_reply acase;
    struct status_reply status;
};

/* Any request as bytes: what its key stands for. Unpacked is only an act, as it is forwarded and kept;
 * borrows texts from `bytes` via the arena when unpacked. */
enum err request_pack_act(const struct request *request, uint8_t *out, size_t size, size_t *used) MUST_CHECK;
enum err request_unpack_act(const uint8_t *bytes, size_t size, struct arena *arena, struct request **request,
                            struct fault *fault) MUST_CHECK;

#endif
