/* What a stream asks its center to do. After every input the center takes actions until there are none
 * (stream_next); each says what must follow it. */
#ifndef SANJI_STREAM_ACTION_H
#define SANJI_STREAM_ACTION_H

#include "wire/frame.h"

#define STREAM_DIGEST_BYTES 16

enum stream_action_kind {
    STREAM_SEND = 1, /* put `frame` on the link; it borrows nothing. A failed send needs no report */
    STREAM_DELIVER,  /* apply `deliver` in one transaction with its receipt */
    STREAM_FEED,  /* read the entries that `feed` names, then stream_send_entries() and stream_fed(); one at a
                   time for each lane */
    STREAM_ACKED, /* the neighbour holds `acked` durably: store it when convenient, trim, tell people */
    STREAM_LOOK,  /* what stands in the journal at `look`? answer with stream_looked() */
    STREAM_RECORD, /* store `record` with the neighbour, durably, then stream_recorded() */
    STREAM_UP,     /* both sides have accepted each other: a hand-over may be written */
    STREAM_DOWN,   /* no longer; `code` says why: UNREACHABLE, TIMEOUT (silence), GAP (resuming), or a refusal
                    */
    STREAM_REFUSED,       /* no session can be: `refused`; the stream tries again by itself, slowly */
    STREAM_GONE_BACK,     /* the neighbour's database is older than what we hold of it (rule 13): alarm */
    STREAM_SELF_GONE_BACK /* ours is older than what the neighbour holds of it: be mute everywhere (rule 14)
                           */
};

/* What the transaction that applies a delivery stores beside the effects (rule 1). Plain value; copy it. */
struct stream_receipt {
    enum lane lane;
    int64_t position; /* of the neighbour's lsn; unchanged inside a run of snapshot entries */
    uint8_t digest[STREAM_DIGEST_BYTES]; /* of the entry at `position` */
    int64_t run_entries;                 /* taken of an unfinished run beyond `position`; not stored */
    int64_t taken;                       /* entries delivered so far in this process; not stored */
    int32_t incarnation;                 /* of the neighbour when the entries came; not stored */
};

/* The window to read: entries of the lane in lsn order, from the one after `after_lsn`; of a run standing
 * there the first `after_no` are left out, because they were sent before. */
struct stream_feed {
    enum lane lane;
    int64_t after_lsn;
    int32_t after_no;
    int32_t max_entries; /* 1..ENTRIES_PER_FRAME_MAX */
    uint64_t ticket;     /* a feed of an earlier session is recognised by it and sends nothing */
};

struct stream_action {
    enum stream_action_kind kind;
    union {
        struct frame frame;
        struct {
            const struct entry *entries; /* borrowed from the frame just given: copy before it goes */
            size_t count;
            struct stream_receipt receipt;
        } deliver;
        struct stream_feed feed;
        int64_t acked[LANES];
        struct {
            enum lane lane;
            int64_t lsn;
        } look;
        struct {
            int32_t incarnation;
            uint64_t database;
            bool anew; /* the neighbour was restored: its lsn start again, both received positions become 0 */
        } record;
        enum err code;
        struct {
            enum err code;
            bool by_peer;
            char text[FAULT_TEXT_MAX];
        } refused;
    };
};

#endif
