/* What the files of lib/center share. One struct live_center; a batch is its only mutable workplace. */
#ifndef SANJI_CENTER_PRIVATE_H
#define SANJI_CENTER_PRIVATE_H

#include "base/text.h"
#include "center/center.h"
#include "center/center_cache.h"
#include "domain/case_step.h"
#include "store/store.h"
#include "stream/stream.h"
#include "wire/event.h"
#include "wire/frame.h"
#include "wire/request.h"

#define WORKS_MAX (BATCH_INPUTS_MAX + ENTRIES_PER_FRAME_MAX) /* a frame of entries is never cut */
#define SLOTS_MAX (2 * WORKS_MAX)                            /* a merge touches two cases */
#define KEYS_MAX (2 * SLOTS_MAX)                             /* a case's own and a forwarded request's */
#define SLOT_TABLE 4096                                      /* power of two, >= 2 * KEYS_MAX */
#define BATCH_ARENA_BYTES                                                                                    \
    (256u << 20) /* reserved; only touched pages cost memory, and a large batch gives them back */
#define ARENA_KEEP_BYTES (2u << 20) /* pages that stay */
#define SCRATCH_BYTES (4u << 20)    /* one decoded frame */
/* What a neighbour may have in flight, in entries of the usual half kilobyte. */
#define CACHE_ROWS (2 * WINDOW_ENTRIES)
#define CACHE_BYTES (2u << 20)
#define WAITERS_MAX 1024 /* clients waiting for the outcome of a forwarded request */

/* A neighbour: what the database knows of it, its session, and the chain that is being written. */
struct neighbour {
    struct live_center *center;
    struct store_neighbour row;
    int32_t index;              /* in the topology */
    struct stream *stream;      /* NULL while the database is away */
    bool up;                    /* a session stands */
    int64_t up_since_ms;        /* subject time of the last change */
    int64_t down_mono_ms;       /* when it went down, or the database opened */
    int64_t tail[LANES];        /* last lsn meant for it, the running batch included */
    bool received_dirty[LANES]; /* the running batch moves the position: row.received is set after the commit
                                 */
    struct stream_receipt receipt[LANES]; /* the last of the running batch */
    bool acked_dirty;                     /* acknowledgements not yet written down */
    bool met_writing;                     /* the running batch writes what met_dirty says */
    bool met_dirty;                       /* a new incarnation to be written down ... */
    int32_t met_incarnation;              /* ... this one */
    uint64_t met_database;
    bool met_anew;
    bool restart;     /* begin the conversation anew when the running batch has ended */
    enum err refused; /* why no session can be */
};

enum chore {
    CHORE_NONE,
    CHORE_OFFER,         /* an offer grew old, or a case is due to climb: offer again, or give the offer up */
    CHORE_RECALCULATE,   /* the calendar changed */
    CHORE_AUDIT,         /* an open case without a timer was found */
    CHORE_HAND_OVER_LATE /* a hand-over stays unacknowledged: a person is called */
};

enum input_kind {
    INPUT_REQUEST, /* of a client */
    INPUT_ENTRIES, /* of a neighbour */
    INPUT_TIMER,
    INPUT_CHORE,
    INPUT_LINK /* only to write down what is dirty about the links: acks, incarnations */
};

/* Something that waits for the next batch; owns its bytes. */
struct input {
    struct input *next;
    enum input_kind kind;
    struct neighbour *from;        /* ENTRIES */
    struct link_route route;       /* REQUEST */
    struct stream_receipt receipt; /* ENTRIES: stored with their effects */
    bool keeps_position;           /* ENTRIES: a part of a frame without its end; the receipt is another's */
    size_t first, count;           /* ENTRIES: which of the frame's entries */
    struct id case_id;             /* TIMER, CHORE; of a command or sheet where `subject` says so */
    enum subject_kind subject;     /* TIMER */
    int64_t due_ms;                /* TIMER */
    enum chore chore;
    size_t size;
    uint8_t bytes[]; /* the frame */
};

struct input_queue {
    struct input *first, **last;
    size_t count;
};

struct command_body;
struct sheet_body;

/* One decision of a batch. */
struct work {
    enum input_kind kind;
    struct link_route route;
    uint64_t correlation;
    struct request *request;
    struct neighbour *from;
    enum lane lane;
    const struct entry *entry;
    struct event_body *body;      /* of an EVENT entry; NULL when it does not decode */
    struct command_body *command; /* of an EVENT entry of a command, a sheet */
    struct sheet_body *sheet;
    struct envelope envelope;
    enum err bad; /* an EVENT entry whose bytes are wrong */
    struct id case_id;
    enum subject_kind subject; /* TIMER */
    int64_t due_ms;
    enum chore chore;
    uint8_t content_hash[16];
    bool answer; /* `reply` goes out after the commit */
    struct reply reply;
};

/* A case in the batch. */
struct case_slot {
    struct case_row row;
    bool exists;  /* has an event */
    bool was_new; /* the database has no row yet */
    bool dirty;
};

/* A key in the batch. */
struct key_slot {
    struct key_row row;
    bool exists, dirty;
};

/* A client that waits for a forwarded request's outcome. */
struct waiter {
    struct id key;
    struct link_route route;
    uint64_t correlation;
    bool used;
};

/* A case of ours that waits for a neighbour: an open offer, or due to climb while the link is down. */
struct watch {
    struct id case_id;
    int32_t offer_no; /* 0 = climb pending */
    int64_t mono_ms;  /* when the offer was written; 0 = in an earlier life */
    uint8_t tries;    /* offers and refusals since it came in: each doubles the wait for the next */
};

/* A set of them, found by id; grows with need. */
struct watch_set {
    struct watch *cells; /* open addressing; a zero id is a free cell */
    size_t size, count;  /* size is a power of two */
};

enum batch_phase { BATCH_IDLE, BATCH_LOADING, BATCH_KEPT, BATCH_COMMITTING, BATCH_WAITING };

struct batch {
    enum batch_phase phase;
    struct input_queue inputs; /* owned until the batch has ended */
    struct input_queue rest;   /* the other halves of a bisected batch */
    bool split;                /* inputs come from a bisection */
    struct arena arena;
    size_t work_count;
    struct work *works;
    size_t slot_count;
    struct case_slot *slots;
    int16_t *slot_table; /* SLOT_TABLE; -1 = free */
    size_t key_count;
    struct key_slot *keys;
    int16_t *key_table; /* SLOT_TABLE; -1 = free */
    size_t kept_count, kept_room;
    struct kept_row *kept;
    size_t similar_count;
    struct similar_row *similar;
    struct store_batch *writes;
    int64_t lsn; /* last given in this batch */
    int32_t serial_day, serial;
    int64_t now_ms;
    size_t waiter_count; /* outcomes for waiters, told after the commit */
    struct {
        struct id key;
        struct reply reply;
    } * outcomes;
    int64_t next_due_ms;     /* earliest timer that this batch arms */
    bool quarantine_culprit; /* a single entry failed in the database: keep it aside */
    struct orders *orders;   /* commands, sheets and units of this batch: center_command.h */
};

struct live_center {
    struct loop *loop;
    struct center_config config;
    struct center_handler handler;
    char code[CODE_SIZE];
    int32_t index;
    struct case_world world;
    struct route_matrix own_matrix; /* of the state folder; empty = the topology's is in force */
    struct store *store;
    struct link *link;
    struct center_cache *cache; /* the newest rows meant for neighbours */
    struct neighbour *neighbours;
    size_t neighbour_count;
    struct neighbour *parent; /* NULL at the root */

    bool ready, mute;
    enum alert alert; /* in force here */
    int32_t incarnation;
    uint64_t database;
    int32_t timeline;
    int64_t writer_epoch;
    int64_t lsn;                /* last committed */
    int32_t serial_day, serial; /* last committed */
    int32_t calendar_version;
    bool calendar_done; /* every open case was computed again: to be written down */

    struct input_queue inbox;      /* people and timers */
    struct input_queue stream_box; /* neighbours' entries */
    struct batch batch;
    uint8_t *scratch; /* arena of the frame being looked at */
    uint8_t *out;     /* frame being packed */

    struct loop_timer *due_timer; /* the earliest due case */
    int64_t next_due_ms;
    int64_t due_floor_ms;
    bool due_reading;
    size_t due_waiting;                 /* timer inputs in the inbox or the batch */
    int64_t last_wall_ms, last_mono_ms; /* to notice a jump of the machine's clock */

    struct loop_timer *tick_timer;  /* link protocol */
    struct loop_timer *retry_timer; /* a batch that must wait before trying again */
    int64_t retry_ms;
    struct loop_timer *care_timer; /* offers, audit, housekeeping, witness */
    int64_t next_audit_mono_ms, next_house_mono_ms;

    struct muster *muster; /* units, field clients, alerts: center_command.h */

    struct waiter *waiters;
    size_t waiter_next, waiting; /* waiting: how many are used */
    struct watch_set watch;

    int64_t started_ms;
    int64_t batches, inputs_done, refused_frames, alarms;
    int64_t refused_logged_mono_ms; /* refused frames are logged at most once a second */
    int64_t witness_lsn;
    struct link_route
        status_route; /* one status question is counted at a time; later ones share its figures */
    struct store_counts counts;
    int64_t counts_mono_ms;
};

static inline int64_t center_now(const struct live_center *center)
{
    return clock_now_ms(&center->config.clock);
}

/* ---- center_queue.c ---- */
/* Adds an input; takes the block (made with malloc). */
void center_queue(struct input_queue *queue, struct input *input);
/* Gives the first, or NULL. */
struct input *center_queue_take(struct input_queue *queue);
void center_queue_free(struct input_queue *queue);
/* Takes out what came from one neighbour. */
void center_queue_drop(struct input_queue *queue, const struct neighbour *from);
struct input *center_input_new(enum input_kind kind, const uint8_t *bytes, size_t size);

/* ---- center_load.c, center_batch.c, center_commit.c: the write path ---- */
/* Loads what the batch's inputs need, then decides. */
void center_batch_load(struct live_center *center);
/* Decides every input in order, and writes. */
void center_batch_decide(struct live_center *center);
/* A batch that takes more memory than it may is halved and begun anew; false = it may go on. */
bool center_batch_halve(struct live_center *center);
/* The batch is durable, or it is not. */
void center_batch_committed(void *ctx, enum err code, const struct fault *fault);
/* A batch that waited for a passing trouble is tried again. */
void center_batch_retry(void *ctx);
/* Receipts belong to the inputs that are gathered now, not to those of an attempt that failed. */
void center_forget_receipts(struct live_center *center);
/* Begins a batch when none is in flight and there is something to do; called after each turn of the loop. */
void center_batch_turn(void *ctx);
/* Drops everything in memory: the database connection is lost or the center ends. Requests get NOT_NOW. */
void center_batch_drop(struct live_center *center);
/* The database did not show what the batch must see: tried again, or refused. */
void center_batch_not_loaded(struct live_center *center, enum err code);
enum err center_batch_init(struct live_center *center) MUST_CHECK;
void center_batch_fini(struct live_center *center);

/* ---- center_slot.c: cases and keys of the running batch ---- */
struct case_slot *center_slot_find(struct live_center *center, const struct id *id);
/* Finds or makes an empty slot. */
struct case_slot *center_slot_get(struct live_center *center, const struct id *id);
struct case_slot *center_slot_by_no(struct live_center *center, const char *case_no);
struct key_slot *center_key_find(struct live_center *center, const struct id *key);
struct key_slot *center_key_get(struct live_center *center, const struct id *key);
void center_slots_clear(struct live_center *center);

/* ---- center_write.c: the one place where an event becomes rows ---- */
/* Writes the changes of one decision as this center's own events. */
enum err center_write_result(struct live_center *center, struct case_slot *slot,
                             const struct case_result *result, struct fault *fault) MUST_CHECK;
/* Writes an event that came from a neighbour into our journal and on to the other followers. */
void center_write_copy(struct live_center *center, struct case_slot *slot, const struct work *work);
/* The journal row is meant for that neighbour as well, as an entry of that kind. */
void center_write_to(struct live_center *center, struct neighbour *to, enum lane lane,
                     const struct entry *row, enum entry_kind kind);
/* A row of talk for one neighbour; returns its lsn. */
int64_t center_write_talk(struct live_center *center, struct neighbour *to, enum lane lane,
                          const struct entry *entry);
/* Marks the case to be written with this batch. */
void center_touch(struct live_center *center, struct case_slot *slot);
void center_record_key(struct live_center *center, const struct id *key, const struct id *case_id, int32_t no,
                       enum err outcome, const uint8_t content_hash[16]);
/* The outcome of a key is known: whoever waits for it here is told after the commit. */
void center_tell_waiter(struct live_center *center, const struct id *key, enum err outcome,
                        const struct case_slot *slot);
bool center_owns(const struct live_center *center, const struct case_slot *slot);
void center_alarm(struct live_center *center, const char *kind, const struct id *subject, const char *text);

/* ---- center_request.c, center_report.c, center_act.c: what clients ask ---- */
void center_on_request(struct live_center *center, const struct link_from *from, const uint8_t *bytes,
                       size_t size, const struct frame *frame);
/* Who acts, by the word of this center: its own people and those of the centers below it. UNKNOWN_PERSON. */
enum err center_name_actor(struct live_center *center, const char *user, struct actor *actor,
                           struct fault *fault) MUST_CHECK;
/* Sets the work's reply. */
void center_outcome(struct work *work, enum err code, const char *text);
/* True when the work's key was decided before: the reply is that outcome again, or KEY_REUSED for another
 * content. */
bool center_again(struct live_center *center, struct work *work, const struct case_slot *slot);
/* A key older than the log of keys: what it did is no longer known, so nothing is done (custody.md rule 11).
 */
bool center_key_too_old(const struct id *key);
/* 16 bytes of the hash of what the key stands for: everything that was asked. */
void center_content_hash(struct live_center *center, const struct request *request, uint8_t hash[16]);
/* The work's client is told when its key is decided. A waiter takes the place of the oldest one; who is
 * pushed out asks again with the same key. */
void center_wait_for_outcome(struct live_center *center, const struct work *work);
void center_decide_report(struct live_center *center, struct work *work);
void center_decide_act(struct live_center *center, struct work *work);
/* A request that came from another center, or was kept: decides it here, the owner's. `act` has its actor. */
void center_decide_kept(struct live_center *center, struct case_slot *slot, struct request *act,
                        const uint8_t content_hash[16]);
/* Keeps the request durably and sends it a step towards the owner. */
enum err center_forward(struct live_center *center, struct case_slot *slot, struct request *act, int16_t from,
                        const uint8_t content_hash[16]) MUST_CHECK;
void center_reply(struct live_center *center, const struct link_route *route, uint64_t correlation,
                  const struct reply *reply);
void center_refuse(struct live_center *center, const struct link_route *route, uint64_t correlation,
                   enum err code, const char *text);
void center_fill_case_reply(const struct case_slot *slot, struct reply *reply);
/* True when the parent holds all that this center has committed for it: the receipt of a case that was stored
 * before this batch may say "stored above as well" (custody.md rule 15). */
bool center_all_stored_above(const struct live_center *center);
/* The id that a report's key fixes (custody.md rule 11). */
struct id center_case_id(const struct live_center *center, const struct id *key);

/* ---- center_receive.c: what neighbours send ---- */
void center_decide_entry(struct live_center *center, struct work *work);
/* A child may speak only for centers of its own subtree, the parent only for centers outside ours. */
bool center_may_speak_for(const struct live_center *center, const struct neighbour *from, const char *code);
/* Decodes an EVENT entry into work->envelope and work->body; work->bad says what is wrong. */
void center_decode_event(struct live_center *center, struct work *work);

/* ---- center_custody.c ---- */
/* The hand-over of a case to us has been applied: our first events, then every kept request of it. */
void center_take(struct live_center *center, struct case_slot *slot);
/* An OFFER that names us was applied. */
void center_answer_offer(struct live_center *center, struct case_slot *slot, struct neighbour *from);
void center_on_accept(struct live_center *center, struct case_slot *slot, const struct work *work);
/* A leader takes a case back from a neighbour that was signed out (rule 8). */
enum err center_reclaim(struct live_center *center, struct case_slot *slot, const struct case_input *input,
                        struct fault *fault) MUST_CHECK;
void center_on_decline(struct live_center *center, struct case_slot *slot, const struct work *work);
void center_decide_chore(struct live_center *center, struct work *work);
/* The neighbour through which a center of the tree is reached; NULL for ourselves or an unknown code. */
struct neighbour *center_towards(struct live_center *center, const char *code);
struct neighbour *center_neighbour(struct live_center *center, const char *code);

/* ---- center_timer.c ---- */
void center_arm_due(struct live_center *center);
void center_decide_timer(struct live_center *center, struct work *work);
void center_on_due(void *ctx);

/* ---- center_feed.c ---- */
/* Takes the window from memory or reads it, and sends what the stream lets through; ends with stream_fed().
 */
void center_feed(struct neighbour *n, const struct stream_feed *wanted);
/* Answers with stream_looked(). */
void center_look(struct neighbour *n, enum lane lane, int64_t lsn);

/* ---- center_link.c: sessions with neighbours ---- */
enum err center_send(struct neighbour *n, const struct frame *frame) MUST_CHECK;
/* Begins the conversation anew with what is known of the neighbour now; between two batches, nothing of it
 * queued. */
void center_session_anew(struct neighbour *n);
enum err center_link_init(struct live_center *center, struct fault *fault) MUST_CHECK;
void center_link_fini(struct live_center *center);
void center_streams_open(struct live_center *center, const struct store_start *start);
void center_streams_close(struct live_center *center);
/* Carries out what the streams want, and arms the tick; after each turn of the loop. */
void center_streams_turn(void *ctx);
struct stream_now center_stream_now(const struct live_center *center);
/* Has acks and incarnations that are only in memory written down. */
void center_write_link(struct live_center *center);
/* A hand-over to the parent may be written: the session stands and its clock is near ours (custody.md rule
 * 12). */
bool center_parent_usable(const struct live_center *center);
/* A link went up or down. */
void center_link_changed(struct neighbour *neighbour, bool up, enum err why);

/* ---- center_status.c ---- */
void center_answer_status(struct live_center *center, const struct link_route *route, uint64_t correlation);

/* ---- center_watch.c: cases that wait for a neighbour ---- */
/* Brings the set up to date with a case as it now stands; after the commit. */
void center_watch_update(struct live_center *center, const struct case_slot *slot);
const struct watch *center_watch_find(const struct live_center *center, const struct id *id);
/* True when it is time to offer the case once more, as far as this center can know. */
bool center_watch_ripe(const struct live_center *center, const struct id *id);
/* The parent can be reached again: what is due to climb may be offered at once. */
void center_watch_parent_up(struct live_center *center);
void center_watch_clear(struct live_center *center);

/* ---- center_care.c: what a center does on its own account ---- */
enum err center_care_init(struct live_center *center) MUST_CHECK;
void center_care_fini(struct live_center *center);
/* After the database opened: old offers, a new calendar, the audit. */
void center_care_begin(struct live_center *center);
/* Looks sooner than planned: a link changed, an offer was made. */
void center_care_soon(struct live_center *center, int64_t within_ms);

/* ---- center_matrix.c ---- */
/* Puts the state folder's matrix in force, or the topology's where there is none. ERR_CONFIG with file:line:
 * the one in force stays. */
enum err center_matrix_load(struct live_center *center, struct fault *fault) MUST_CHECK;

/* ---- center_witness.c: a file off the database's disk that knows how far the database was (custody.md rule
 * 13) ---- */
/* Compares the witness with what the database says; sets center->mute when the database has gone back. */
void center_witness_check(struct live_center *center);
void center_witness_write(struct live_center *center);

#endif
