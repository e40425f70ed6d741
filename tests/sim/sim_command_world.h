/* A tree of seven centers that command each other, with databases in memory, for seeded schedules. What
 * `struct command_db` holds survives a crash and changes only inside a commit; `struct command_memory` is
 * what a running center knows, and is made anew from the database after a crash or a refused batch. */
#ifndef SANJI_TESTS_SIM_COMMAND_WORLD_H
#define SANJI_TESTS_SIM_COMMAND_WORLD_H

#include <math.h>
#include <stdio.h>

#include "domain/command_step.h"
#include "sim_lines.h"
#include "stream/stream.h"
#include "wire/command.h"

enum { ROOT, S1, S2, A1, A2, B1, B2, CENTERS }; /* district, two streets, four communities */
#define NOBODY CENTERS
#define COMMANDS 6
#define SHEET_ROOM 6 /* recipients at one center */
#define COMMAND_LOG 64
#define SHEET_LOG 512
#define JOURNAL_ROOM 8192
#define ROWS_ROOM 8192
#define PENDING_ROOM 64
#define PROMISES 512
#define INBOX_ROOM 64
#define POOL_BYTES (96u << 20)
#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)

/* One rule at a time is broken on purpose; the checks must notice. */
enum mutant {
    MUTANT_NONE,
    MUTANT_SEND_BEFORE_COMMIT,
    MUTANT_MEMORY_KEPT,     /* rule 17: after a refused batch memory is not made anew */
    MUTANT_REPEAT_APPLIED,  /* an event that is held already is taken again */
    MUTANT_KEY_FORGOTTEN,   /* rule 11: the same key is decided twice */
    MUTANT_NOT_TO_ROOT,     /* sheets go home to the issuer and no further */
    MUTANT_CANCEL_STAYS,    /* a center in between keeps a cancel to itself */
    MUTANT_CANCEL_UNHEARD,  /* ... or does not tell its own people */
    MUTANT_LATE_DELIVERED,  /* what came after its expiry is delivered all the same */
    MUTANT_EXPIRED_SIGNED,  /* a late signature counts */
    MUTANT_ABOVE_EXPIRES,   /* rule 18: the center above writes EXPIRED for a child that is silent */
    MUTANT_COUNTED_TWICE,   /* who signs an update counts again for any and k of n */
    MUTANT_NO_STAND_DOWN,   /* enough have signed, and the others are called on */
    MUTANT_UNHEARD_DROPPED, /* centers not heard are not on record */
    MUTANT_FIRST_CHANGE,    /* of a sheet's event only the first change is taken */
    MUTANT_LEASE_FOR_EVER,  /* rule 19: a cut-off center keeps its mode */
    MUTANT_NO_RENEWAL,
    MUTANT_MODE_IN_PASSING, /* a mode is in force where it only passes */
    MUTANTS
};
static const char *const mutant_names[MUTANTS] = {
    "none",           "send-before-commit", "memory-kept",    "repeat-applied",  "key-forgotten",
    "not-to-root",    "cancel-stays",       "cancel-unheard", "late-delivered",  "expired-signed",
    "above-expires",  "counted-twice",      "no-stand-down",  "unheard-dropped", "first-change",
    "lease-for-ever", "no-renewal",         "mode-in-passing"};

/* An event as one center holds it. `at` NOBODY: of the command itself; else of the sheet of that center. */
struct event {
    int command, at;
    int32_t no;
    int64_t at_ms;
    int64_t lsn; /* in this holder's journal */
    uint8_t packed[WIRE_ENVELOPE_BYTES];
    uint8_t hash[HASH_BYTES];
    const uint8_t *body;
    size_t body_size;
    const struct command *said; /* one of the two, read from the body */
    const struct sheet_body *changed;
};

struct known_command {
    struct command_record record;
    struct selector selector;
    int issuer, answered;
    int count; /* of the log; 0 = not known */
    struct event *log[COMMAND_LOG];
};

struct known_sheet {
    int expected; /* by the tree, before it is heard */
    int receipt_count;
    struct receipt receipts[SHEET_ROOM];
    bool touched; /* in this batch */
    int count;
    struct event *log[SHEET_LOG];
};

struct pending {
    int command;
    enum sheet_event event;
    struct receipt_change change;
};

struct command_memory {
    struct known_command commands[COMMANDS];
    struct known_sheet sheets[COMMANDS][CENTERS];
    struct pending pending[PENDING_ROOM];
    int pending_count;
};

/* What journal_to names: an entry for one neighbour. A snapshot stands for the log 1..event->no. */
struct row {
    int64_t lsn, prev;
    struct event *event;
    bool snapshot;
};

struct neighbour_rows {
    struct row rows[ROWS_ROOM];
    int count, committed;
    int64_t received[LANES], acked[LANES];
    uint8_t digest[LANES][STREAM_DIGEST_BYTES];
    int32_t incarnation;
    uint64_t database;
};

struct stored_sheet {
    int count;
    struct receipt receipts[SHEET_ROOM];
};

struct command_db {
    struct event *journal[JOURNAL_ROOM];
    int64_t lsn, committed; /* of the journal; beyond `committed` it is the running batch's */
    struct neighbour_rows to[CENTERS];
    struct stored_sheet own[COMMANDS];
};

enum input_type { INPUT_ENTRIES, INPUT_RECORD, INPUT_SAY, INPUT_ACT, INPUT_TIMER, INPUT_REPEAT };

struct held_entry {
    struct entry entry; /* bytes in the pool */
    uint8_t envelope[WIRE_ENVELOPE_BYTES];
};

struct input {
    enum input_type type;
    int from; /* the neighbour */
    struct stream_receipt receipt;
    int count;
    struct held_entry *entries; /* in the pool */
    int32_t incarnation;
    uint64_t identity;
    bool anew;
    int command;           /* SAY, ACT, REPEAT */
    int at;                /* REPEAT: which sheet, NOBODY = the command */
    struct command *draft; /* SAY; in the pool */
    char recipient[USER_SIZE];
    struct receipt_input act;
    bool accepted; /* by the running batch */
};

struct waiting_read {
    bool active;
    struct stream_feed feed;
};

struct waiting_look {
    bool active;
    int64_t lsn;
};

struct sim_center {
    bool alive;
    int64_t skew_ms; /* of its clock */
    int64_t now_ms;  /* of the running batch */
    struct command_db db;
    struct command_memory memory;
    struct stream *streams[CENTERS];
    struct input inbox[INBOX_ROOM];
    int inbox_count, committing;
    struct waiting_read reads[CENTERS][LANES];
    struct waiting_look looks[CENTERS][LANES];
    bool timer_queued;
    int64_t arriving[COMMANDS]; /* in the running batch, 0 = did not */
    struct input last_act;      /* what its user would ask again */
    bool mode_held[COMMANDS], mode_fell[COMMANDS];
};

/* Whom a row of the actors' table means, in words of this file: the selector's own code does not judge
 * itself. */
struct wish {
    const char *text;
    unsigned kinds; /* set of enum recipient_kind */
    const char *area;
    int tier; /* -1 = any */
    const char *department, *type, *name;
    bool above; /* the nearest center at or above the sender that has the department */
};

/* What the schedules have reached, so that a quiet simulation cannot pass for a good one. */
struct tally {
    uint64_t issued, refused, said, acts, acts_refused, again, changes, crashes, cuts, failed_batches,
        repeats, late, expired, cancelled, stood_down, renewed, fell, came_again, entries, resumes;
    uint64_t kinds[COMMAND_KINDS], states[RECEIPT_STATES], ends[COMMAND_STATES];
};

struct promise {
    int command, center;
    struct id key;
};

/* The rules' data: the same for every seed. */
struct command_tree {
    struct topology topology;
    struct center centers[CENTERS];
    char covers[CENTERS][CODE_SIZE];
    struct department departments[4];
    struct staff_rule staff[16];
    struct unit_type types[2];
    struct unit_rule unit_rules[2];
    struct calendar calendar;
    struct duty_rule rules[3];
    struct plan plan;
    struct response response;
    struct id ids[COMMANDS], sheet_ids[COMMANDS][CENTERS];
};

struct world {
    struct command_tree tree;
    struct tally tally;
    struct arena pool;
    uint64_t seed, random;
    enum mutant mutant;
    struct stream_now now;
    struct sim_center centers[CENTERS];
    struct wire wires[CENTERS][CENTERS]; /* [from][to] */
    int drop, twice, swap, slow;         /* per mille of packets; slow reads */
    int crashes_left, cuts_left, failures_left;
    int window;
    bool calm; /* no more faults and nobody acts: everything must settle */
    /* the truth, which no center can see */
    bool drafted[COMMANDS];
    struct command drafts[COMMANDS];
    int issuers[COMMANDS];
    const struct wish *wishes[COMMANDS];
    int64_t arrived_ms[COMMANDS][CENTERS]; /* by the clock there; 0 = did not */
    struct promise promises[PROMISES];     /* acts whose author was told "done" */
    int promise_count;
    uint32_t next_key;
    char failure[FAULT_TEXT_MAX + 160];
};

static inline int pick(struct world *world, int below)
{
    return random_below(&world->random, below);
}

static inline bool chance(struct world *world, int per_mille)
{
    return pick(world, 1000) < per_mille;
}

static inline const char *center_name(int center)
{
    static const char *const names[] = {"ROOT", "S1", "S2", "A1", "A2", "B1", "B2", "-"};
    return names[center];
}

/* The first failure is the one that tells. */
static inline void fail_world(struct world *world, const char *what, int command, int center)
{
    if (world->failure[0] == '\0')
        snprintf(world->failure, sizeof world->failure, "%s (command %d, center %s, t=%lld ms)", what,
                 command, center_name(center), (long long)(world->now.mono_us / 1000));
}

static inline void *pool_take(struct world *world, size_t size)
{
    void *block = arena_take(&world->pool, size);
    if (block == NULL) {
        fprintf(stderr, "seed %llu: the pool is too small\n", (unsigned long long)world->seed);
        abort();
    }
    return block;
}

static inline int parent_of(int center)
{
    static const int parents[CENTERS] = {NOBODY, ROOT, ROOT, S1, S1, S2, S2};
    return parents[center];
}

static inline bool neighbours(int a, int b)
{
    return parent_of(a) == b || parent_of(b) == a;
}

/* `below` is `above` or lies under it. */
static inline bool is_under(int below, int above)
{
    while (below != NOBODY && below != above)
        below = parent_of(below);
    return below == above;
}

static inline int64_t clock_of(const struct world *world, int center)
{
    return world->now.subject_ms + world->centers[center].skew_ms;
}

static inline struct command_world rules_at(const struct world *world, int center)
{
    const struct command_tree *tree = &world->tree;
    return (struct command_world){.topology = &tree->topology,
                                  .calendar = &tree->calendar,
                                  .response = &tree->response,
                                  .here = center};
}

static inline bool is_signed(enum receipt_state state)
{
    return state >= RECEIPT_ACKED && state <= RECEIPT_DONE;
}

#endif
