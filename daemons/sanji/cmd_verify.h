/* sanji verify: what its files share. The book gathers, over all databases of a site, one entry per subject
 * (case, command, sheet, unit) with the hashes of its longest log and who holds how much of it; what one
 * database shows by itself is judged while it is read, what only several show together is judged at the end.
 */
#ifndef SANJI_CMD_VERIFY_H
#define SANJI_CMD_VERIFY_H

#include "cli.h"
#include "cmd_verify_paper.h"
#include "link/link_sign.h"
#include "store/store_index.h"
#include "store/store_verify.h"

#define VERIFY_VIOLATIONS_MAX 1000 /* kept with their words; more are only counted */

/* What can be wrong; the invariant's number is that of the list in the reference of `sanji verify`. */
enum verify_rule {
    VERIFY_CASE_TWICE,
    VERIFY_REPORT_LOST,
    VERIFY_OWNER_BEHIND,
    VERIFY_CUSTODY,
    VERIFY_IN_FLIGHT,
    VERIFY_LOG_CHAIN,
    VERIFY_LOG_BODY,
    VERIFY_LOG_ROW,
    VERIFY_COPY,
    VERIFY_BEHIND,
    VERIFY_JOURNAL,
    VERIFY_TIMER_MISSING,
    VERIFY_TIMER_STRAY,
    VERIFY_TIMER_WRONG,
    VERIFY_TRANSITION,
    VERIFY_CHECKER,
    VERIFY_KEY,
    VERIFY_PENDING,
    VERIFY_QUARANTINE,
    VERIFY_HAND_OVER,
    VERIFY_DATABASE,
    VERIFY_WRITER,
    VERIFY_FORGED,
    VERIFY_STATEMENT,
    VERIFY_COMMAND_ROW,
    VERIFY_RECEIPT_STEP,
    VERIFY_RECEIPT_REVIVED,
    VERIFY_RECEIPT_TWICE,
    VERIFY_RECEIPT_ROW,
    VERIFY_COMMAND_MISSING,
    VERIFY_SHEET_MISSING,
    VERIFY_SHEET_TIMER,
    VERIFY_UNIT_TWICE,
    VERIFY_UNIT_ORDER,
    VERIFY_RULES
};

struct verify_violation {
    enum verify_rule rule;
    int32_t center;         /* index in the topology; -1 = of the subject as a whole */
    enum subject_kind kind; /* 0 = of no subject, or of one that is not known here */
    char label[VERIFY_LABEL_SIZE];
    char text[256];
};

/* One event of a subject's longest log. */
struct verify_event {
    uint8_t hash[VERIFY_HASH];
    int16_t writer, next_owner; /* indexes in the topology; -1 = unknown there */
    uint16_t kind;
};

/* One center that has the subject: what its row said, at the first and at the second look. */
struct verify_holder {
    int16_t center;
    bool logged; /* its log was seen */
    int32_t no, again_no;
    uint8_t head[VERIFY_HASH], again_head[VERIFY_HASH];
};

struct verify_entry {
    enum subject_kind kind;        /* 0 = known by a key alone so far */
    char label[VERIFY_LABEL_SIZE]; /* case number, command id, COMMAND@CENTER of a sheet, name of a unit */
    char handler[USER_SIZE];       /* of a case, by the last event of the longest log */
    int32_t event_count, event_room;
    struct verify_event *events;
    uint16_t holder_count, holder_room;
    struct verify_holder *holders;
};

struct verify_outcome {
    int32_t center; /* who said so first; -1 = nobody has decided it yet */
    enum err outcome;
    int32_t no; /* the event that decided it; 0 = none seen */
};

/* A request that a center has kept: its key is PENDING there. */
struct verify_pending {
    size_t key, entry;
    int32_t center;
};

/* A command of which the book knows whom it is for. */
struct verify_order {
    struct id id;
    size_t entry;
    int32_t issuer;
    char targets[SELECTOR_SIZE];
};

struct verify_counts {
    int64_t centers, unread, cases, copies, events, keys, pending, kept, quarantined, in_flight;
    int64_t commands, signatures, receipts, units;
};

struct verify {
    struct cli *cli;
    const struct site *site;
    const struct topology *topology;
    int64_t now_ms; /* the site's clock */
    bool settled;
    struct link_signers signers; /* {0} when no list of them could be read: then signatures are not checked */
    struct store_index subject_index, key_index, number_index;
    struct verify_entry *entries; /* by position in subject_index */
    size_t entry_room;
    struct verify_outcome *outcomes; /* by position in key_index */
    size_t outcome_room;
    size_t *number_entries; /* by position in number_index */
    size_t number_room;
    struct verify_pending *pending;
    size_t pending_count, pending_room;
    struct verify_order *orders;
    size_t order_count, order_room;
    bool *read; /* by topology index: its database was read */
    struct verify_counts counts;
    size_t violation_count; /* all of them */
    struct verify_violation *violations;
    json_t *unread; /* {center, text} */
};

/* ---- cmd_verify_book.c ---- */
void verify_init(struct verify *verify);
void verify_fini(struct verify *verify);
/* Of a subject; NULL = of the center itself. */
void verify_say(struct verify *verify, enum verify_rule rule, int32_t center,
                const struct verify_entry *entry, const char *fmt, ...) PRINTF_LIKE(5, 6);
int verify_invariant(enum verify_rule rule);
const char *verify_sentence(enum verify_rule rule, bool english);
/* The entry of a subject, made when new. The pointer holds until the next new one. */
struct verify_entry *verify_entry(struct verify *verify, const struct id *id, size_t *position);
/* The same where a row names it: kind and label are set unless they are known. */
struct verify_entry *verify_entry_named(struct verify *verify, const struct id *id, enum subject_kind kind,
                                        const char *label, size_t *position);
/* The entry of a known subject, NULL when there is none. */
struct verify_entry *verify_entry_find(const struct verify *verify, const struct id *id);
/* The center's share in it, NULL when it has none. */
struct verify_holder *verify_holder(struct verify_entry *entry, int32_t center);
/* How far the center's row is. */
struct verify_holder *verify_holder_add(struct verify_entry *entry, int32_t center, int32_t no,
                                        const uint8_t head[HASH_BYTES]);
/* How far it is at the second look, where it may be new. */
void verify_holder_again(struct verify_entry *entry, int32_t center, int32_t no,
                         const uint8_t head[HASH_BYTES]);
void verify_event_add(struct verify_entry *entry, const struct verify_event *event);
void verify_order_add(struct verify *verify, const struct verify_order *order);
/* An array of `room` elements grown to hold `wanted`; new ones are zero. */
void *verify_grow(void *array, size_t *room, size_t wanted, size_t size);
/* The number belongs to this case; says so when another has it. */
void verify_number(struct verify *verify, const char *case_no, size_t position, int32_t center);
/* A center knows this final outcome; says so when another outcome was known. no 0 = not by an event. */
size_t verify_outcome(struct verify *verify, const struct id *key, enum err outcome, int32_t no,
                      int32_t center, const struct verify_entry *entry);
/* A center still waits for the outcome. */
void verify_pending(struct verify *verify, const struct id *key, size_t entry, int32_t center);

/* ---- cmd_verify_read.c: one database ---- */
enum err verify_read(struct verify *verify, const struct site_center *center, struct fault *fault) MUST_CHECK;
/* Only how far each copy is, for a second look. */
enum err verify_read_again(struct verify *verify, const struct site_center *center,
                           struct fault *fault) MUST_CHECK;

/* ---- cmd_verify_expect.c: who should have what of a command ---- */
/* What the tree lets expect of each command is not there; `say` reports it. For a tree at rest. */
bool verify_expect(struct verify *verify, bool say);

/* ---- cmd_verify_cross.c: what several databases show together ---- */
/* True when a second look is wanted before anything is said. */
bool verify_cross_suspects(struct verify *verify);
/* Judges, after the second look where there was one. */
void verify_cross_judge(struct verify *verify, bool looked_again);

#endif
