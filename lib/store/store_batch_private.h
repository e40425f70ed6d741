/* The insides of a batch: one table of columns for each statement of a commit, and the places of cases and
 * keys that are given more than once. */
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
    size_t bytes_used, bytes_capacity;
    uint8_t *bytes; /* packed facts */
};

/* The statement of a table. */
enum store_sql store_batch_statement(enum batch_table table);
/* Lays out what is written once per subject (cases, keys, lanes, alarms). Harmless when done before. */
void store_batch_seal(struct store_batch *batch);
/* New cases in the batch. */
size_t store_batch_new_cases(const struct store_batch *batch);

#endif
