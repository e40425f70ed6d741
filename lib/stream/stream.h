/* The conversation with one neighbour as a pure state machine: no sockets, no clock, no memory taken in a
 * step. proto/GRAMMAR.md tells it in words. Inputs are functions; after each of them the caller takes actions
 * with stream_next() until there are none. Rules cited are those of custody. */
#ifndef SANJI_STREAM_STREAM_H
#define SANJI_STREAM_STREAM_H

#include "stream/stream_action.h"

struct stream;

struct stream_config {
    char here[CODE_SIZE];
    char peer[CODE_SIZE];
    bool peer_is_parent; /* we greet first and answer every greeting */
    int32_t version;     /* WIRE_VERSION; one more or one less is accepted of the neighbour */
    int32_t incarnation; /* of our database, >= 1 */
    uint64_t database;   /* its identity, not 0 */
    int32_t topology_version;
    bool mute;
    int32_t window; /* entries the neighbour may have in flight to us, 0..WINDOW_ENTRIES */
    uint64_t seed;  /* random at every start of the process: session numbers and jitter follow from it */
};

/* As loaded from the database; all zero for a neighbour never met. */
struct stream_state {
    struct {
        int64_t received;                             /* the neighbour's lsn that we hold durably */
        uint8_t received_digest[STREAM_DIGEST_BYTES]; /* of the entry there */
        int64_t acked;                                /* our lsn that the neighbour is known to hold */
        int64_t tail;                                 /* our last lsn meant for it */
    } lane[LANES];
    int32_t peer_incarnation;
    uint64_t peer_database;
    int32_t fenced; /* incarnations of the neighbour up to this one were signed out by a leader */
};

struct stream_now {
    int64_t mono_us;    /* real, unrelated to the calendar: the protocol's own time */
    int64_t subject_ms; /* what rules see; may run scaled */
    int64_t wall_ms;
};

/* NULL without memory. Copies both. */
struct stream *stream_new(const struct stream_config *config, const struct stream_state *state);
/* Frees and clears *stream (NULL is allowed). */
void stream_free(struct stream **stream);

/* The next thing to do; false when there is nothing more for now. */
bool stream_next(struct stream *stream, const struct stream_now *now, struct stream_action *action);

/* The transport says that the neighbour can be spoken to, or no longer. A frame that arrives says the former
 * too. */
void stream_connected(struct stream *stream, const struct stream_now *now);
void stream_disconnected(struct stream *stream);
/* A frame that came with the neighbour's key. A delivery borrows its entries: take the actions before they
 * go. */
void stream_on_frame(struct stream *stream, const struct frame *frame, const struct stream_now *now);
/* Time has passed; call when stream_wait_ms() is over (earlier does no harm). */
void stream_tick(struct stream *stream, const struct stream_now *now);
/* Milliseconds until the stream wants stream_tick(); -1 = not before another input. Ask again after each
 * input. */
int64_t stream_wait_ms(const struct stream *stream, const struct stream_now *now);

/* A row of ours for this neighbour is durable. `lsn` grows within a lane. */
void stream_committed(struct stream *stream, enum lane lane, int64_t lsn);
/* A delivery is durable, its position with it: the acknowledgement may go out. In the order of deliveries. */
void stream_received_committed(struct stream *stream, const struct stream_receipt *receipt);
/* Deliveries not yet durable were lost (a failed batch): they are asked for again. */
void stream_undelivered(struct stream *stream, const struct stream_now *now);

/* Answers to actions. An answer that comes too late (another session by now) changes nothing. */
enum stream_look {
    STREAM_LOOK_FOUND,  /* a row for this neighbour and lane stands there; its digest follows */
    STREAM_LOOK_NONE,   /* no such row, though the lsn lies in the kept part */
    STREAM_LOOK_TRIMMED /* the lsn lies in the part that was archived */
};
void stream_looked(struct stream *stream, enum lane lane, int64_t lsn, enum stream_look found,
                   const uint8_t digest[STREAM_DIGEST_BYTES]);
void stream_recorded(struct stream *stream, int32_t incarnation);

/* Takes as many of `entries` (the feed's window, in order) as one frame may hold now, makes that frame, and
 * returns how many; 0 = none may be sent (or the feed is of an earlier session). The frame borrows the
 * entries. Call again with the rest until it returns 0. */
size_t stream_send_entries(struct stream *stream, const struct stream_feed *feed, const struct entry *entries,
                           size_t count, const struct stream_now *now, struct frame *frame);
/* The feed is finished, also when nothing could be read (it is asked again after a pause) or its session is
 * over: no other comes for the lane before. */
void stream_fed(struct stream *stream, const struct stream_feed *feed, const struct stream_now *now);

/* While mute we send no entries and grant no credit. */
void stream_set_mute(struct stream *stream, bool mute);
/* Rule 6: low disk closes credit (0) to children first. 0..WINDOW_ENTRIES. */
void stream_set_window(struct stream *stream, int32_t window);

/* Digest of an entry for rule 13, over lsn, kind, subject, subject_no and envelope. A snapshot run is known
 * by its last entry. */
void stream_entry_digest(const struct entry *entry, uint8_t digest[STREAM_DIGEST_BYTES]);

struct stream_status {
    bool up;
    bool peer_mute;
    enum err refused; /* ERR_OK when no refusal stands */
    bool refused_by_peer;
    int64_t acked[LANES];    /* held durably by the neighbour */
    int64_t sent[LANES];     /* sent in this session, or before it and held */
    int64_t tail[LANES];     /* meant for it */
    int64_t received[LANES]; /* held durably by us */
    int64_t skew_ms;         /* its clock minus ours, subject time; valid when measured */
    int64_t rtt_us;
    bool measured;
    int32_t peer_topology;
};
void stream_status(const struct stream *stream, struct stream_status *status);

/* Counted since stream_new(). */
struct stream_counters {
    uint64_t sessions; /* both sides accepted */
    uint64_t resumes;  /* sessions that we began anew because of a gap */
    uint64_t entries_in, entries_out;
    uint64_t duplicates;      /* entries that we had already */
    uint64_t gaps;            /* prev, run or tail that did not follow */
    uint64_t foreign_session; /* frames of another session or incarnation, dropped */
    uint64_t unexpected;      /* frame kinds or contents that do not belong here, dropped */
    uint64_t over_credit;     /* entries beyond the credit we gave, dropped */
    uint64_t refusals_in, refusals_out;
    uint64_t silences;     /* links lost to silence */
    uint64_t broken_feeds; /* entries from our own journal that did not follow each other */
};
const struct stream_counters *stream_counters(const struct stream *stream);

#endif
