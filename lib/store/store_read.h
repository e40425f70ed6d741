/* Reading a center's database, for programs that may wait: lists, one case with its history, alarms, figures.
 * Needs no more than the reading role. Long answers come row by row. */
#ifndef SANJI_STORE_READ_H
#define SANJI_STORE_READ_H

#include "store/store.h"

struct store_reader;

/* Checks the schema's version. Gives *reader. ERR_UNREACHABLE, ERR_SCHEMA, ERR_CONFIG (no center's database).
 */
enum err store_reader_open(const char *dsn, struct store_reader **reader, struct fault *fault) MUST_CHECK;
void store_reader_close(struct store_reader **reader);
/* From here until _end every answer is of one and the same moment. */
enum err store_reader_begin(struct store_reader *reader, struct fault *fault) MUST_CHECK;
enum err store_reader_end(struct store_reader *reader, struct fault *fault) MUST_CHECK;

/* Callbacks return true to go on, false for enough. What they get is borrowed for the call, and they may not
 * ask the same reader anything. */

/* Whose database it is. */
struct store_center {
    char code[CODE_SIZE];
    int32_t incarnation, calendar_version;
    int64_t last_lsn, writer_epoch, cases;
    bool mute;
};
enum err store_read_center(struct store_reader *reader, struct store_center *center,
                           struct fault *fault) MUST_CHECK;

struct store_neighbour_row {
    int16_t no;
    char code[CODE_SIZE];
    bool is_parent, fenced;
    int64_t received[LANES], acked[LANES];
};
typedef bool store_neighbour_cb(void *ctx, const struct store_neighbour_row *row);
enum err store_read_neighbours(struct store_reader *reader, store_neighbour_cb *cb, void *ctx,
                               struct fault *fault) MUST_CHECK;

/* ---- cases ---- */

enum store_order {
    STORE_BY_DUE, /* what is due first comes first, what is never due last */
    STORE_BY_ID   /* oldest first; the cheapest for all of them */
};

/* NULL, CASE_NONE, false and 0 mean: do not ask for that. */
struct store_filter {
    enum case_state state;
    const char *owner;
    const char *area; /* and all that lies in it */
    const char *item;
    bool open;      /* states that still need somebody */
    bool overdue;   /* open and beyond a limit at now_ms */
    uint32_t flags; /* all of them set */
    int64_t now_ms;
    enum store_order order;
    int64_t limit, offset; /* limit 0 = all */
};
struct store_case {
    struct case_row row;
    int64_t due_ms; /* 0 = none */
    bool overdue;   /* at the filter's now_ms */
    int64_t reported_ms;
};
typedef bool store_case_cb(void *ctx, const struct store_case *row);
/* An export is a list without a filter. */
enum err store_read_cases(struct store_reader *reader, const struct store_filter *filter, store_case_cb *cb,
                          void *ctx, struct fault *fault) MUST_CHECK;
/* One case by its number; ERR_UNKNOWN_CASE. */
enum err store_read_case(struct store_reader *reader, const char *case_no, int64_t now_ms,
                         struct store_case *out, struct fault *fault) MUST_CHECK;

/* ---- events ---- */

typedef bool store_entry_cb(void *ctx, const struct entry *entry);
/* A subject's events in order; decode them with event_decode. */
enum err store_read_log(struct store_reader *reader, const struct id *subject, store_entry_cb *cb, void *ctx,
                        struct fault *fault) MUST_CHECK;

/* ---- commands ---- */

struct store_command {
    struct command_row row;
    struct command_tally tally; /* over all sheets known here; those not heard count as ISSUED */
};
typedef bool store_command_cb(void *ctx, const struct store_command *row);
struct store_command_filter {
    bool open_only; /* some receipt is not final, or some center not heard, and the command not ended */
    enum command_kind kind; /* NONE = any */
    struct id references;   /* zero = any */
    const char *case_no;    /* NULL = any */
    int64_t limit;          /* newest first; 0 = all */
};
enum err store_read_commands(struct store_reader *reader, const struct store_command_filter *filter,
                             store_command_cb *cb, void *ctx, struct fault *fault) MUST_CHECK;
/* ERR_UNKNOWN_COMMAND. The texts live until the next call on this reader. */
enum err store_read_command(struct store_reader *reader, const struct id *id, struct store_command *out,
                            struct fault *fault) MUST_CHECK;
typedef bool store_sheet_cb(void *ctx, const struct sheet *sheet);
enum err store_read_sheets(struct store_reader *reader, const struct id *command, store_sheet_cb *cb,
                           void *ctx, struct fault *fault) MUST_CHECK;
/* Receipts by center, then name. */
typedef bool store_receipt_cb(void *ctx, const struct id *command, const char *center,
                              const struct receipt *receipt);
enum err store_read_receipts(struct store_reader *reader, const struct id *command, store_receipt_cb *cb,
                             void *ctx, struct fault *fault) MUST_CHECK;
/* Units whose state this center knows (its own and those below that were heard of), by name. */
typedef bool store_unit_cb(void *ctx, const char *center, const struct unit *unit);
enum err store_read_units(struct store_reader *reader, store_unit_cb *cb, void *ctx,
                          struct fault *fault) MUST_CHECK;

/* ---- alarms and figures ---- */

struct store_alarm {
    int64_t id;
    char kind[POST_SIZE * 2];
    struct id subject;          /* zero = the center itself */
    char case_no[CASE_NO_SIZE]; /* "" when the subject is no case known here */
    char text[REASON_SIZE];
    int64_t raised_ms, cleared_ms; /* cleared_ms 0 = open */
};
typedef bool store_alarm_cb(void *ctx, const struct store_alarm *alarm);
/* Newest first; limit 0 = all. */
enum err store_read_alarms(struct store_reader *reader, bool open_only, int64_t limit, store_alarm_cb *cb,
                           void *ctx, struct fault *fault) MUST_CHECK;
enum err store_read_counts(struct store_reader *reader, const char *center, int64_t now_ms,
                           struct store_counts *counts, struct fault *fault) MUST_CHECK;

#endif
