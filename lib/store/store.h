/* The center's database, asynchronously, over one libpq connection in the loop. Every SQL statement of the
 * project lives in lib/store, named, and is prepared when the connection opens. The connection holds the
 * center's advisory lock for life and fences every commit with its writer epoch (custody.md rule 17). One
 * operation is in flight at a time; further ones queue in the order of the calls. Callbacks run from the
 * loop, never from within the call. After a lost connection every queued operation fails with ERR_NOT_NOW and
 * `on_down` is called; the store reconnects by itself and calls `on_up` with what the database holds now. */
#ifndef SANJI_STORE_STORE_H
#define SANJI_STORE_STORE_H

#include "domain/case.h"
#include "domain/command_step.h"
#include "loop/loop.h"
#include "store/store_batch.h"
#include "wire/frame.h"

struct store;

struct store_config {
    const char *dsn;    /* borrowed for the store's life */
    const char *center; /* code; the database must be this center's */
    int lock_wait_ms;   /* how long to wait for a dying predecessor's lock before ERR_LOCKED */
};

/* A neighbour as the database knows it. */
struct store_neighbour {
    int16_t no; /* small number used in journal_to and follower sets; never re-used */
    char code[CODE_SIZE];
    bool is_parent;
    bool fenced;               /* signed out by a leader */
    int32_t incarnation;       /* of the neighbour, as last met; 0 = never met */
    uint64_t database;         /* its database id, as last met */
    int64_t received[LANES];   /* its lsn that we hold durably */
    uint8_t digest[LANES][16]; /* of the entry there */
    int64_t acked[LANES];      /* our lsn that it holds durably */
    int64_t tail[LANES];       /* our last lsn that was meant for it */
};

/* What the center starts from. Borrowed for the call of on_up only. */
struct store_start {
    uint64_t database; /* system identifier mixed with the database's own id */
    int32_t incarnation;
    int64_t writer_epoch; /* already raised for this connection */
    int64_t last_lsn;
    int32_t serial_day, serial; /* last case number given: local day since 1970, serial */
    int32_t calendar_version;   /* under which open due times were computed; 0 = never */
    int32_t timeline;           /* of the cluster */
    bool mute;
    size_t neighbour_count;
    const struct store_neighbour *neighbours;
    int64_t first_due_ms; /* least due time in the timer table, INT64_MAX when none */
};

struct store_handler {
    void *ctx;
    void (*on_up)(void *ctx, const struct store_start *start);
    /* code LOCKED, SCHEMA, CONFIG (another center's database): the daemon must end. Others: the store retries
     * by itself with back-off. */
    void (*on_down)(void *ctx, const struct fault *fault);
};

/* Starts connecting. Gives *store. */
enum err store_open(struct loop *loop, const struct store_config *config, const struct store_handler *handler,
                    struct store **store, struct fault *fault) MUST_CHECK;
/* Ends the connection and forgets what is queued: no callback comes after it. Not from within a callback. */
void store_close(struct store **store);
bool store_is_up(const struct store *store);

/* Followers of a case: the neighbours (by number) that hold a copy and get its events. */
#define FOLLOW_MAX 16
struct follow {
    uint8_t count;
    int16_t no[FOLLOW_MAX];
};

/* A case as it stands in the database. */
struct case_row {
    struct case_record record;
    struct follow follow;
    bool quarantined; /* an event of it lies in quarantine: later ones of the same link are kept there too.
                       * Loaded only: store_batch_quarantine and _release change it */
};

/* What became of a key. */
struct key_row {
    struct id key;
    struct id case_id;
    int32_t subject_no; /* the event that decided it; 0 = refused without one */
    enum err outcome;   /* PENDING while it is kept for the owner */
    bool absent; /* this batch looked for it and the database has no row: written without a second look */
    uint8_t content_hash[16];
};

/* A command as it stands in the database: the record follows from the statement (wire/command.h). */
struct command_row {
    struct command_record record;
    const uint8_t *statement; /* packed header, as issued or last updated */
    size_t statement_size;
    int32_t expected; /* recipients by the tree at and below this center; at the issuer: all of them */
    int32_t answered; /* at the issuer: signatures counted for `any` and `k of n` */
    bool quarantined; /* loaded only */
};
/* A sheet, and the receipts on it where they were asked for. */
struct sheet_row {
    struct sheet sheet;
    bool quarantined; /* loaded only */
    size_t receipt_count;
    struct receipt *receipts; /* by name */
};
struct sheet_want {
    struct id id; /* sheet_id() */
    bool receipts;
};

/* ---- load: everything a batch needs, in one set-based round trip ---- */
struct similar_probe {
    char item[ITEM_SIZE];
    double lon, lat;
    int64_t since_ms;
};
struct store_wanted {
    size_t id_count;
    const struct id *ids; /* cases by id */
    size_t number_count;
    const char (*numbers)[CASE_NO_SIZE];
    size_t key_count;
    const struct id *keys;
    size_t probe_count;
    const struct similar_probe *probes;
    size_t command_count;
    const struct id *commands;
    size_t sheet_count;
    const struct sheet_want *sheets; /* the command of each sheet comes with it, asked for or not */
};
struct similar_row {
    size_t probe;
    char case_no[CASE_NO_SIZE];
};
struct store_loaded {
    size_t case_count;
    struct case_row *cases;
    size_t key_count;
    struct key_row *keys;
    size_t similar_count;
    struct similar_row *similar; /* nearest within SIMILAR_METERS, at most one per probe */
    size_t command_count;
    struct command_row *commands;
    size_t sheet_count;
    struct sheet_row *sheets;
};
/* The result is borrowed until the callback returns. */
typedef void store_load_cb(void *ctx, enum err code, const struct store_loaded *loaded);
void store_load(struct store *store, const struct store_wanted *wanted, store_load_cb *cb, void *ctx);

/* ---- commit: one batch = one pipeline segment = one implicit transaction, success = a clean Sync ---- */
/* OK: durable. NOT_NOW: the connection is lost, the outcome unknown (on_down follows): drop all memory. BUSY:
 * a resource or serialization failure (classes 40, 53, 55, 57): nothing written, try the same batch again.
 * DATABASE: an error that the batch's own content causes: nothing written; bisect (rule 17). fault->text has
 * SQLSTATE and message. */
typedef void store_commit_cb(void *ctx, enum err code, const struct fault *fault);
/* Borrows the batch until the callback; the same batch may be committed again after BUSY. */
void store_commit(struct store *store, struct store_batch *batch, store_commit_cb *cb, void *ctx);

/* ---- timers ---- */
struct due_row {
    struct id case_id;      /* or of a command or sheet */
    enum subject_kind kind; /* CASE, COMMAND, SHEET */
    int64_t due_ms;
};
/* Due timers, earliest first, at most TIMER_BATCH, from floor_ms on (dead index entries lie below it);
 * next_ms = the least due time beyond those returned, INT64_MAX when none. */
typedef void store_due_cb(void *ctx, enum err code, size_t count, const struct due_row *rows,
                          int64_t next_ms);
void store_due(struct store *store, int64_t floor_ms, int64_t now_ms, store_due_cb *cb, void *ctx);
/* The auditor: owned open cases without a timer row, at most 256. Each call looks at the next 4,096 open
 * cases, and begins anew at the end. */
typedef void store_audit_cb(void *ctx, enum err code, size_t count, const struct id *case_ids);
void store_audit(struct store *store, const char *center, store_audit_cb *cb, void *ctx);

/* ---- feeding neighbours ---- */
/* Entries for one neighbour and lane after an lsn, in order, with prev as fixed at commit (rule 2). Entries
 * of kind SNAPSHOT come as ONE row (envelope NULL) with subject and subject_no = n: expand with store_log.
 * Borrowed. */
typedef void store_feed_cb(void *ctx, enum err code, size_t count, const struct entry *entries);
void store_feed(struct store *store, int16_t neighbour, enum lane lane, int64_t after_lsn, size_t max,
                store_feed_cb *cb, void *ctx);
/* Events from_no..to_no of one subject, as ENTRY_EVENT rows, in order. */
void store_log(struct store *store, const struct id *subject, int32_t from_no, int32_t to_no,
               store_feed_cb *cb, void *ctx);

/* ---- kept requests, alarms, figures ---- */
struct kept_row {
    struct id key, case_id;
    int16_t from; /* neighbour it came from; 0 = a client here */
    int64_t kept_ms;
    const uint8_t *act; /* packed act */
    size_t act_size;
};
typedef void store_kept_cb(void *ctx, enum err code, size_t count, const struct kept_row *rows);
/* Kept requests of these cases (they are decided when the case is taken over), oldest first. */
void store_kept(struct store *store, const struct id *case_ids, size_t count, store_kept_cb *cb, void *ctx);

/* Costs a look at every open case and timer: some ten milliseconds for 10^5. Ask seldom, not for each
 * request. */
struct store_counts {
    int64_t cases, open, overdue, owned_open, owned_overdue, manual, climb_pending, standing, kept,
        quarantined, timers, alarms;
    int64_t commands_open, receipts_open, receipts_red; /* of this center and below */
};
typedef void store_counts_cb(void *ctx, enum err code, const struct store_counts *counts);
void store_count(struct store *store, const char *center, int64_t now_ms, store_counts_cb *cb, void *ctx);

/* ---- commands and units, for what a center keeps in memory; read once after each opening ---- */
typedef void store_commands_cb(void *ctx, enum err code, size_t count, const struct command_row *rows);
/* Commands of kind MODE whose end lies after now_ms. */
void store_modes(struct store *store, int64_t now_ms, store_commands_cb *cb, void *ctx);
/* The changing part of every unit that was ever heard of here, by name (identity fields but the name are
 * empty). */
typedef void store_units_cb(void *ctx, enum err code, size_t count, const struct unit *units);
void store_units(struct store *store, store_units_cb *cb, void *ctx);
/* Open receipts (not final) at this center of those recipients, or where they were called as deputies, with their commands: what a field client that
 * has just come is told. At most 1,024 receipts, the newest. */
struct called_row {
    const struct command_record *record;
    const struct receipt *receipt;
};
typedef void store_called_cb(void *ctx, enum err code, size_t count, const struct called_row *rows);
void store_called(struct store *store, const char *center, const char (*names)[USER_SIZE], size_t count,
                  store_called_cb *cb, void *ctx);

/* Owned cases whose flags hold all of `flags` (climb pending, an open offer ...), at most 256, after `after`
 * by id. */
typedef void store_ids_cb(void *ctx, enum err code, size_t count, const struct id *ids);
void store_flagged(struct store *store, const char *center, uint32_t flags, const struct id *after,
                   store_ids_cb *cb, void *ctx);
/* Owned open cases (for a recalculation after a calendar change), 256 at a time by id. */
void store_owned(struct store *store, const char *center, const struct id *after, store_ids_cb *cb,
                 void *ctx);
/* Hand-overs that the taker has not acknowledged since before `before_ms`. */
void store_hand_overs(struct store *store, int64_t before_ms, store_ids_cb *cb, void *ctx);
/* Housekeeping outside any batch, when the store is idle: next journal partition, next days of request_log,
 * old days dropped, journal_to trimmed at the acks. To be called once after on_up and then about hourly;
 * after BUSY (a reader stood in the way) again soon. */
typedef void store_done_cb(void *ctx, enum err code);
void store_maintain(struct store *store, int64_t wall_ms, store_done_cb *cb, void *ctx);
/* Mute state and incarnation (custody.md rules 13-14), neighbour fencing. */
void store_set_mute(struct store *store, bool mute, store_done_cb *cb, void *ctx);
void store_fence(struct store *store, const char *neighbour, store_done_cb *cb, void *ctx);

#endif
