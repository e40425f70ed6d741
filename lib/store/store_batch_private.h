/* The insides of a batch: one table of columns for each statement of a commit, and the places of what is
 * given more than once. */
#ifndef SANJI_STORE_BATCH_PRIVATE_H
#define SANJI_STORE_BATCH_PRIVATE_H

#include "store/store.h"
#include "store/store_index.h"
#include "store/store_param.h"
#include "store/store_sql.h"

/* Statements whose parameters are arrays, in the order in which a commit runs them. */
enum batch_table {
    BATCH_JOURNAL,
    BATCH_JOURNAL_TO,
    BATCH_CASE_NEW,
    BATCH_CASE_SET,
    BATCH_COMMAND_NEW,
    BATCH_COMMAND_SET,
    BATCH_SHEET_NEW,
    BATCH_SHEET_SET,
    BATCH_RECEIPT_NEW,
    BATCH_RECEIPT_SET,
    BATCH_UNIT,
    BATCH_TIMER_NEW,
    BATCH_TIMER_SET,
    BATCH_TIMER_ADD,
    BATCH_TIMER_OFF,
    BATCH_KEY_NEW,
    BATCH_KEY,
    BATCH_KEEP,
    BATCH_UNKEEP,
    BATCH_MET,
    BATCH_RECEIVED,
    BATCH_ACKED,
    BATCH_HAND_OVER,
    BATCH_HAND_OVER_DONE,
    BATCH_QUARANTINE,
    BATCH_RELEASE,
    BATCH_ALARM,
    BATCH_ALARM_CLEAR,
    BATCH_TABLES
};

struct batch_rows {
    size_t width, count;
    struct store_column *columns;
};

/* A case as it will be written: the last word given on it. */
struct batch_case {
    struct id id;
    bool was_new, owned, is_open;
    int16_t state, lamp;
    int32_t last_no, epoch;
    int64_t last_ms, due_ms, late_ms, timer_ms, closed_ms, reported_ms;
    uint32_t flags;
    double lon, lat;
    size_t facts_at, facts_size; /* in the batch's bytes */
    uint8_t follow_count;
    uint8_t follow[FOLLOW_MAX * 2];
    uint8_t head_hash[HASH_BYTES];
    char owner[CODE_SIZE], lead[TARGET_SIZE], case_no[CASE_NO_SIZE], origin[CODE_SIZE], item[ITEM_SIZE];
    char area[CODE_SIZE], source[POST_SIZE], reporter[USER_SIZE];
};

struct batch_key {
    struct key_row row;
    int64_t at_ms;
};

/* What the columns of a command hold. */
struct batch_command {
    struct id id, references;
    bool was_new;
    int16_t kind, priority, status, alert, ended, issued_post;
    int32_t last_no, expected, answered;
    int64_t sent_ms, effective_ms, expires_ms, mode_start_ms, mode_end_ms, lease_ms, last_ms, ended_ms;
    size_t statement_at, statement_size; /* in the batch's bytes */
    uint8_t head_hash[HASH_BYTES];
    char issuer[CODE_SIZE], issued_by[USER_SIZE], case_no[CASE_NO_SIZE];
};

struct batch_sheet {
    struct sheet sheet;
    bool was_new;
};

struct batch_receipt {
    struct id command;
    enum command_kind kind;
    bool was_new;
    char center[CODE_SIZE];
    struct receipt receipt; /* but `values` */
    bool has_form;
    size_t form_at, form_size; /* in the batch's bytes */
};

struct batch_unit {
    struct unit unit;
    char center[CODE_SIZE];
};

/* Of a command or sheet. */
struct batch_timer {
    struct id subject;
    int16_t kind;
    int64_t due_ms;
};

/* A neighbour's lane, as far as this batch moved it. */
struct batch_lane {
    int16_t neighbour, lane;
    bool has_received, has_acked;
    int64_t received, acked;
    uint8_t digest[16];
};

struct batch_alarm {
    bool raise;
    struct id subject;
    int64_t at_ms;
    char kind[POST_SIZE * 2];
    char text[REASON_SIZE];
};

struct store_batch {
    bool has_head, has_calendar, sealed;
    int64_t writer_epoch, last_lsn;
    int32_t serial_day, serial, calendar_version;
    struct batch_rows tables[BATCH_TABLES];
    size_t case_count, case_capacity;
    struct batch_case *cases;
    struct store_index case_index;
    size_t key_count, key_capacity;
    struct batch_key *keys;
    struct store_index key_index;
    size_t lane_count, lane_capacity;
    struct batch_lane *lanes;
    size_t alarm_count, alarm_capacity;
    struct batch_alarm *alarms;
    size_t command_count, command_capacity;
    struct batch_command *commands;
    struct store_index command_index;
    size_t sheet_count, sheet_capacity;
    struct batch_sheet *sheets;
    struct store_index sheet_index;
    size_t receipt_count, receipt_capacity;
    struct batch_receipt *receipts;
    struct store_index receipt_index; /* by what store_batch_command.c makes of command, center and name */
    size_t unit_count, unit_capacity;
    struct batch_unit *units;
    struct store_index unit_index; /* by unit_id() */
    size_t timer_count, timer_capacity;
    struct batch_timer *timers;
    struct store_index timer_index;
    size_t bytes_used, bytes_capacity;
    uint8_t *bytes; /* packed facts, statements, forms */
};

/* ---- store_batch.c ---- */
/* Room for one more element; new elements are zero. */
void *store_batch_grow(void *items, size_t count, size_t *capacity, size_t size);
/* Room for `size` bytes at the end of the batch's bytes; they count when bytes_used is moved. */
uint8_t *store_batch_room(struct store_batch *batch, size_t size);

/* ---- store_batch_seal.c ---- */
/* The columns of one more row. */
struct store_column *store_batch_row(struct store_batch *batch, enum batch_table table);
/* The timer of a subject that may have one already; INT64_MAX = none. */
void store_batch_seal_timer(struct store_batch *batch, const struct batch_timer *timer, int32_t epoch);

/* ---- store_batch_command.c, store_batch_command_seal.c ---- */
void store_batch_clear_commands(struct store_batch *batch);
void store_batch_free_commands(struct store_batch *batch);
bool store_batch_has_commands(const struct store_batch *batch);
void store_batch_seal_commands(struct store_batch *batch);

/* The statement of a table. */
enum store_sql store_batch_statement(enum batch_table table);
/* Lays out what is written once per subject (cases, keys, lanes, alarms). Harmless when done before. */
void store_batch_seal(struct store_batch *batch);
/* New cases in the batch. */
size_t store_batch_new_cases(const struct store_batch *batch);

#endif
