/* Frames: one ZeroMQ payload each, of a client's request, its reply, or the neighbour protocol. Every bound
 * and every text is checked here, once, when bytes become structs (proto/README.md has the grammar in words).
 */
#ifndef SANJI_WIRE_FRAME_H
#define SANJI_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/limits.h"
#include "wire/arena.h"

#define WIRE_VERSION 1

enum frame_kind {
    FRAME_REQUEST = 1, /* client -> center */
    FRAME_REPLY = 2,   /* center -> client */
    FRAME_HELLO = 3,   /* neighbour, both ways: opens a session */
    FRAME_ENTRIES = 4,
    FRAME_ACK = 5,
    FRAME_PING = 6,
    FRAME_REFUSE = 7, /* the session cannot be: a code and a sentence */
    FRAME_PUSH = 8    /* center -> field client: a recipient is called; never answered as such */
};

/* Two lanes, each with its own chain of prev (custody.md rule 6). */
enum lane { LANE_TALK = 0, LANE_CASES = 1, LANES = 2 };

enum entry_kind {
    ENTRY_EVENT = 1, /* envelope + body */
    /* one event of a subject's log 1..n; all of the run share lsn and prev, `more` but the last */
    ENTRY_SNAPSHOT = 2,
    ENTRY_UNFOLLOW = 3, /* no more events of this subject follow on this link */
    ENTRY_REQUEST = 4,  /* an act on its way to the owner; body = packed act (wire/request.h) */
    ENTRY_ACCEPT = 5,   /* the taker's yes to the offer event `subject_no` */
    ENTRY_DECLINE = 6,  /* the taker's no; code says why */
    ENTRY_NACK = 7,     /* an event of this subject is quarantined here; code says why */
    ENTRY_REPAIR = 8    /* please send the subject's log again */
};

/* One entry of a stream, and one row of the journal. Bytes are borrowed.
 * An unpacked entry with `bad` set keeps its place in the stream (lsn, prev, kind, more) and what of it could
 * be read: it is to be set aside alone, the other entries of its frame are good. A `subject` that could not
 * be read is zero; a kind that this version does not know stands alone (`more` is false). What cannot be
 * placed (lsn, prev; in a run also subject and number) refuses its frame. */
struct entry {
    enum err bad; /* set by frame_unpack: a field out of bounds, or UNKNOWN_KIND; OK in any other entry */
    int64_t lsn;  /* the sender's */
    int64_t prev; /* the lsn before it that concerned this neighbour on this lane; 0 = none */
    enum entry_kind kind;
    bool more;
    struct id subject;
    int32_t subject_no;
    int32_t epoch;
    enum err code;
    const uint8_t *envelope; /* fixed layout, WIRE_ENVELOPE_BYTES, or NULL */
    const uint8_t *body;
    size_t body_size;
};

/* What every neighbour frame carries (rule 3). */
struct session_head {
    uint64_t session;      /* nonce of the sender's session; frames of another are dropped */
    uint64_t peer_session; /* the other side's, as last heard; 0 = not yet */
    int32_t incarnation;
    int32_t peer_incarnation; /* as last heard; 0 = not yet */
};

struct hello {
    int32_t version;
    char center[CODE_SIZE];
    uint64_t database;                /* PostgreSQL system identifier mixed with the database's own id */
    int64_t position[LANES];          /* how far the sender holds the receiver's entries, durably */
    uint8_t position_hash[LANES][16]; /* digest of the entry there (rule 13) */
    int64_t last_sent[LANES];         /* last lsn of the sender that was meant for the receiver */
    int64_t clock_ms;                 /* subject time */
    int32_t topology_version;
    bool mute;
};

struct ping {
    int64_t clock_ms; /* sender's subject time */
    int64_t wall_ms;
    int64_t last[LANES]; /* last lsn meant for the receiver */
    uint64_t echo;       /* mono stamp to be sent back; 0 = this is the answer */
    uint64_t echoed;
};

struct ack {
    int64_t position[LANES]; /* durable */
    int32_t credit;          /* entries the sender may have in flight beyond it */
};

struct frame {
    enum frame_kind kind;
    struct session_head head; /* neighbour frames only */
    union {
        struct {
            uint64_t correlation;
            const struct request *request; /* wire/request.h */
        } request;
        struct {
            uint64_t correlation;
            const struct reply *reply;
        } reply;
        const struct push *push; /* wire/request.h */
        struct hello hello;
        struct {
            enum lane lane;
            size_t count;
            const struct entry *entries;
        } entries;
        struct ack ack;
        struct ping ping;
        struct {
            enum err code;
            char text[FAULT_TEXT_MAX];
        } refuse;
    };
};

/* An arena of this size holds any frame that fits into FRAME_BYTES_MAX and keeps its bounds. */
#define FRAME_ARENA_BYTES (FRAME_BYTES_MAX + 192 * 1024)

/* Packs into `out`; ERR_TOO_LONG when it does not fit into `size`. */
enum err frame_pack(const struct frame *frame, uint8_t *out, size_t size, size_t *used) MUST_CHECK;
/* Unpacks into structs that live in the arena and may borrow from `bytes`. Of a refused REQUEST that decodes
 * at all, kind and correlation are set, so that its client can be told. Errors: MALFORMED, TOO_LONG,
 * BAD_TEXT, RANGE, MISSING; fault says which field. */
enum err frame_unpack(const uint8_t *bytes, size_t size, struct arena *arena, struct frame *frame,
                      struct fault *fault) MUST_CHECK;
/* Bytes that an entry takes in an ENTRIES frame, at most. */
size_t frame_entry_bytes(const struct entry *entry);

#endif
