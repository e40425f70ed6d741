/* The state behind a stream, shared by the files of this folder only. */
#ifndef SANJI_STREAM_PRIVATE_H
#define SANJI_STREAM_PRIVATE_H

#include "stream/stream.h"

#define HELLO_RETRY_MIN_MS 200  /* several round trips of a slow line */
#define HELLO_RETRY_MAX_MS 5000 /* a neighbour that returns is spoken to within this */
#define REFUSED_RETRY_MS 15000  /* a refusal is cured by people */
#define FEED_PAUSE_MS 200       /* after a window that could not be read */
#define RESUME_CALM_MS 1000     /* resumes closer together than this back off */
#define PARENT_PING_LAG_MS 500  /* the parent pings later, so that usually one question serves both */
#define MARKS_MAX 64            /* frames in flight that are told apart; more are acknowledged as one */

enum phase {
    PHASE_AWAY,     /* no transport; a parent waits to be greeted */
    PHASE_GREETING, /* our session number is fresh, the neighbour has not echoed it yet */
    PHASE_JUDGING,  /* its greeting is genuine; the center is asked what its claims need */
    PHASE_OPEN,     /* we have accepted the neighbour and say so by ACK */
    PHASE_REFUSED
};

/* One bit each, in the order in which they are handed out. */
enum pending {
    PENDING_DELIVER,
    PENDING_DOWN,
    PENDING_SELF_GONE_BACK,
    PENDING_GONE_BACK,
    PENDING_REFUSED,
    PENDING_RECORD,
    PENDING_LOOK_TALK,
    PENDING_LOOK_CASES,
    PENDING_ACKED,
    PENDING_SEND_REFUSE,
    PENDING_SEND_HELLO,
    PENDING_SEND_ACK,
    PENDING_UP,
    PENDING_SEND_PING,
    PENDINGS
};

/* A run is a snapshot's entries 1..n, all of one lsn; a position never stands inside it. */
struct run {
    int64_t lsn; /* 0 = not inside a run */
    int32_t no;  /* last entry of it that passed */
    struct id subject;
};

struct mark {
    int64_t lsn;
    int64_t count; /* entries sent up to it in this session */
};

struct sending {
    int64_t acked, tail;
    int64_t sent; /* whole entries and runs up to here have left in this session */
    struct run run;
    int64_t sent_count, acked_count; /* entries, since the session began */
    struct mark marks[MARKS_MAX];
    int first_mark, marks_used;
    bool feeding; /* the center is reading a window */
    bool stale;   /* which belongs to an earlier session */
    int64_t feed_not_before_us;
    uint64_t ticket;
    size_t fed;      /* entries sent of the present feed */
    int64_t claimed; /* the position in the greeting that is being judged */
    uint8_t claimed_digest[STREAM_DIGEST_BYTES];
    bool looking;
};

struct receiving {
    int64_t durable;
    uint8_t durable_digest[STREAM_DIGEST_BYTES];
    int64_t durable_taken, durable_run;
    int64_t expected; /* handed out up to here: what prev must name */
    uint8_t expected_digest[STREAM_DIGEST_BYTES];
    struct run run;
    int64_t taken;
};

struct stream {
    struct stream_config config;
    enum phase phase;
    bool up;
    uint32_t pending;
    struct sending sending[LANES];
    struct receiving receiving[LANES];

    uint64_t random;
    uint64_t mine, theirs; /* session numbers; theirs is what was last heard, proved from JUDGING on */
    uint64_t told;         /* the neighbour's number that our greeting last echoed */
    int32_t peer_incarnation;
    uint64_t peer_database;
    int32_t fenced;
    struct {
        bool asked;
        int32_t incarnation;
        uint64_t database;
        bool anew;
    } record;
    bool peer_mute;
    int32_t peer_topology;

    bool credit_known; /* the neighbour has accepted us */
    int64_t credit;

    enum err down_code, refused;
    bool refused_by_peer;
    char refused_text[FAULT_TEXT_MAX];
    struct {
        const struct entry *entries;
        size_t count;
        struct stream_receipt receipt;
    } deliver;

    int64_t now_us; /* of the last input */
    int64_t hello_at_us, heard_us, sent_us, pinged_us, resumed_us, phase_since_us;
    int hello_tries, resume_tries;
    uint64_t echo_asked, echo_owed;
    int64_t echo_asked_subject_ms;
    int64_t skew_ms, rtt_us;
    bool measured;
    struct stream_counters counters;
};

/* stream.c */
void stream_want(struct stream *stream, enum pending what);
void stream_drop_wants(struct stream *stream, enum pending from, enum pending to);

/* stream_session.c */
void session_begin(struct stream *stream, enum err why);
/* A gap: asks for everything after what is durable here, with a pause when it happens again and again. */
void session_resume(struct stream *stream);
/* Both sides have accepted each other. */
void session_up(struct stream *stream);
void session_end(struct stream *stream, enum err why);
void session_on_hello(struct stream *stream, const struct frame *frame);
void session_on_refuse(struct stream *stream, const struct frame *frame);
void session_greet_later(struct stream *stream);

/* stream_judge.c: JUDGING -> OPEN or REFUSED. */
void judge_hello(struct stream *stream, const struct frame *frame);
void judge_done(struct stream *stream);
void judge_refuse(struct stream *stream, enum err code, const char *text);

/* stream_next.c */
void stream_fill_head(const struct stream *stream, struct session_head *head);

/* stream_send.c */
/* Mono time at which a paused feed may go on; INT64_MAX when nothing waits. */
int64_t sending_feed_at(const struct stream *stream);
void sending_start(struct sending *sending, int64_t position);
void sending_on_ack(struct stream *stream, const struct frame *frame);
/* What a PING names: everything up to here has left, or, inside a run that waits for credit, has begun to. */
int64_t sending_last(const struct stream *stream, enum lane lane);
bool sending_feed(struct stream *stream, int64_t now_us, struct stream_feed *feed);

/* stream_receive.c */
void receiving_forget(struct receiving *receiving);
void receiving_on_entries(struct stream *stream, const struct frame *frame);
int32_t receiving_credit(const struct stream *stream);

/* stream_ping.c */
void ping_on_ping(struct stream *stream, const struct frame *frame, const struct stream_now *now);
void ping_fill(struct stream *stream, const struct stream_now *now, struct ping *ping);

#endif
