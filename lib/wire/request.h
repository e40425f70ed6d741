/* Requests of clients and their replies. The same packed act is what centers forward to a case's owner. */
#ifndef SANJI_WIRE_REQUEST_H
#define SANJI_WIRE_REQUEST_H

#include "domain/case_step.h"
#include "wire/arena.h"

enum request_kind {
    REQUEST_REPORT = 1,
    REQUEST_ACT = 2,
    REQUEST_STATUS = 3,
    REQUEST_RELOAD = 4, /* read keys again */
    REQUEST_FENCE = 5,  /* sign out a neighbour that is dead for good (custody.md rules 8, 14) */
    REQUEST_REPAIR = 6  /* ask the owner for a quarantined subject's log again */
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
    struct case_input input; /* REPORT and ACT; actor filled only when forwarded */
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

struct reply {
    enum err code;
    char text[FAULT_TEXT_MAX]; /* sentence for this occasion; "" = the code's own */
    bool has_case, has_status;
    struct case_reply acase;
    struct status_reply status;
};

/* The act as it is forwarded and kept; borrows texts from `bytes` via the arena when unpacked. */
enum err request_pack_act(const struct request *request, uint8_t *out, size_t size, size_t *used) MUST_CHECK;
enum err request_unpack_act(const uint8_t *bytes, size_t size, struct arena *arena, struct request **request,
                            struct fault *fault) MUST_CHECK;

#endif
