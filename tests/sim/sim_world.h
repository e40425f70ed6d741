/* A tree of four centers with databases in memory, for seeded schedules. What `struct database` holds
 * survives a crash and changes only inside a commit; everything else of a center is lost by it. */
#ifndef SANJI_TESTS_SIM_WORLD_H
#define SANJI_TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_lines.h"
#include "stream/stream.h"
#include "wire/event.h"

enum { A, S, D, B, CENTERS }; /* community - street - district, and a sibling community */
#define NOBODY CENTERS
#define CASES 2
#define KEYS 12
#define LOG_MAX 160
#define ROWS_MAX 2500
#define INBOX_ROOM 64
#define BIT(x) (1u << (x))

/* One rule at a time is broken on purpose; the checks must notice. */
enum mutant {
    MUTANT_NONE,
    MUTANT_ACK_BEFORE_COMMIT,  /* rule 1 */
    MUTANT_POSITION_APART,     /* rule 1: the position in a later transaction than the effects */
    MUTANT_NO_PREV,            /* rule 2: a gap is not noticed */
    MUTANT_NO_SNAPSHOT,        /* rule 2: a new follower gets only what is new */
    MUTANT_NO_TAIL_IN_PING,    /* rule 3: a lost last frame */
    MUTANT_OLD_OWNER_WRITES,   /* rule 8 */
    MUTANT_REQUEST_NOT_PASSED, /* rule 10: who is not the owner drops a request */
    MUTANT_KEY_FORGOTTEN,      /* rule 11 */
    MUTANTS
};
static const char *const mutant_names[MUTANTS] = {
    "none",         "ack-before-commit", "position-apart",   "no-prev",
    "no-snapshot",  "no-tail-in-ping",   "old-owner-writes", "request-not-passed",
    "key-forgotten"};

enum deed { DID_BIRTH = 1, DID_WORK, DID_OFFER, DID_HAND_OVER, DID_DECIDE };

/* An event of a case; lies at the start of an envelope's bytes. */
struct event {
    uint8_t type, writer, owner_after, key;
    int32_t no;
    uint64_t chain;
};

struct copy {
    struct event log[LOG_MAX];
    int32_t count;
    uint8_t owner;    /* who writes count + 1, as this copy knows it */
    unsigned follow;  /* neighbours that get the events */
    unsigned decided; /* keys in the log */
    unsigned kept;    /* requests that passed here and are not decided yet (rule 10) */
    int32_t accepted; /* last offer that was accepted from here */
};

/* What journal_to names: an entry for one neighbour on one lane. */
struct row {
    int64_t lsn, prev;
    enum entry_kind kind;
    uint8_t subject;
    int32_t no; /* event number; of a snapshot its length */
    uint8_t key;
};

struct lane_rows {
    struct row rows[ROWS_MAX];
    int count;
    int64_t received, acked;
    uint8_t digest[STREAM_DIGEST_BYTES];
};

struct neighbour_rows {
    struct lane_rows lane[LANES];
    int32_t incarnation;
    uint64_t database;
    uint64_t commands_got, commands_sent; /* effects that would show when doubled or lost */
};

struct database {
    int64_t lsn;
    struct copy copies[CASES];
    struct neighbour_rows to[CENTERS];
};

enum input_type {
    INPUT_ENTRIES,
    INPUT_SUBMIT,
    INPUT_WORK,
    INPUT_OFFER,
    INPUT_COMMAND,
    INPUT_UNFOLLOW,
    INPUT_RECORD
};

struct held_entry {
    struct entry entry; /* its pointers are not used */
    struct event event;
    uint8_t key;
};

struct input {
    enum input_type type;
    uint8_t from; /* the neighbour, or the target of an offer or command */
    uint8_t subject, key;
    bool accepted; /* a submission: decided or kept by the commit */
    struct stream_receipt receipt;
    int count;
    struct held_entry *entries; /* owned */
    int32_t incarnation;
    uint64_t identity;
    bool anew;
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
    struct database db;
    bool alive;
    struct stream *streams[CENTERS];
    struct input inbox[INBOX_ROOM];
    int inbox_count, committing;
    struct waiting_read reads[CENTERS][LANES];
    struct waiting_look looks[CENTERS][LANES];
    int64_t handed[CENTERS][LANES]; /* MUTANT_NO_PREV: what prev is forged to */
    int32_t handed_run[CENTERS][LANES];
    bool up[CENTERS];
};

/* What the schedules have reached, so that a quiet simulation cannot pass for a good one. */
struct tally {
    uint64_t hand_overs, decisions, crashes, cuts, failed_batches, sessions, resumes, duplicates, silences,
        entries;
};

struct world {
    struct tally tally;
    uint64_t seed, random;
    enum mutant mutant;
    struct stream_now now;
    struct sim_center centers[CENTERS];
    struct wire wires[CENTERS][CENTERS]; /* [from][to] */
    int drop, twice, swap, slow;         /* per mille of packets; slow reads */
    int crashes_left, cuts_left, failures_left;
    int window;
    bool calm; /* no more faults and no more work: everything must settle */
    /* the truth, which no center can see */
    struct event truth[CASES][LOG_MAX];
    int32_t truth_count[CASES];
    uint8_t truth_owner[CASES];
    unsigned answered[CASES]; /* keys whose user was told "accepted" */
    char failure[FAULT_TEXT_MAX + 80];
};

static inline uint64_t world_random(struct world *world)
{
    return random_next(&world->random);
}

static inline int pick(struct world *world, int below)
{
    return random_below(&world->random, below);
}

static inline bool chance(struct world *world, int per_mille)
{
    return pick(world, 1000) < per_mille;
}

/* The first failure is the one that tells. */
static inline void fail_world(struct world *world, const char *what, int center)
{
    if (world->failure[0] == '\0')
        snprintf(world->failure, sizeof world->failure, "%s (center %c, t=%lld ms)", what,
                 center < CENTERS ? "ASDB"[center] : '-', (long long)(world->now.mono_us / 1000));
}

static inline bool neighbours(int a, int b)
{
    return a != b && (a == S || b == S);
}

/* The neighbour towards a center. */
static inline int hop(int from, int to)
{
    return from == S ? to : S;
}

static inline int parent_of(int center)
{
    return center == D ? NOBODY : center == S ? D : S;
}

static inline void subject_id(int subject, struct id *id)
{
    memset(id, 0, sizeof *id);
    id->bytes[0] = 0xca;
    id->bytes[15] = (uint8_t)(subject + 1);
}

#endif
