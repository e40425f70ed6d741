/* A batch's life, and the layout of what is written once per subject. */
#include "store/store_batch_private.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_place.h"

struct table_row {
    enum store_sql statement;
    const char *types; /* one letter for each parameter, see store_column_init */
};

/* What SQL_CASE_SET writes; SQL_CASE_NEW adds the fixed part. */
#define CASE_HEAD "uiqitbsosqqitbbq"
#define COMMAND_ROW "uttsssstuqqqsqqqbiqbsqii"
#define SHEET_ROW "uutiiqbooo"
#define RECEIPT_ROW "uttssooissisqqqqqqqqqqqqqqtttt"

static const struct table_row tables[BATCH_TABLES] = {
    [BATCH_JOURNAL] = {SQL_JOURNAL, "qsuiisbb"},
    [BATCH_JOURNAL_TO] = {SQL_JOURNAL_TO, "ssqqs"},
    [BATCH_CASE_NEW] = {SQL_CASE_NEW, CASE_HEAD "ttttttddqq"},
    [BATCH_CASE_SET] = {SQL_CASE_SET, CASE_HEAD},
    [BATCH_COMMAND_NEW] = {SQL_COMMAND_NEW, COMMAND_ROW},
    [BATCH_COMMAND_SET] = {SQL_COMMAND_SET, COMMAND_ROW},
    [BATCH_SHEET_NEW] = {SQL_SHEET_NEW, SHEET_ROW},
    [BATCH_SHEET_SET] = {SQL_SHEET_SET, SHEET_ROW},
    [BATCH_RECEIPT_NEW] = {SQL_RECEIPT_NEW, RECEIPT_ROW},
    [BATCH_RECEIPT_SET] = {SQL_RECEIPT_SET, RECEIPT_ROW},
    [BATCH_UNIT] = {SQL_UNIT, "ttttsttuiqddqoddqiqb"},
    [BATCH_TIMER_NEW] = {SQL_TIMER_NEW, "uqis"},
    [BATCH_TIMER_SET] = {SQL_TIMER_SET, "uqis"},
    [BATCH_TIMER_ADD] = {SQL_TIMER_ADD, "uqis"},
    [BATCH_TIMER_OFF] = {SQL_TIMER_OFF, "u"},
    [BATCH_KEY_NEW] = {SQL_KEY_NEW, "uuisbq"},
    [BATCH_KEY] = {SQL_KEY, "uuisbq"},
    [BATCH_KEEP] = {SQL_KEEP, "uusqb"},
    [BATCH_UNKEEP] = {SQL_UNKEEP, "u"},
    [BATCH_MET] = {SQL_MET, "siq"},
    [BATCH_RECEIVED] = {SQL_RECEIVED, "ssqb"},
    [BATCH_ACKED] = {SQL_ACKED, "ssq"},
    [BATCH_HAND_OVER] = {SQL_HAND_OVER, "squq"},
    [BATCH_HAND_OVER_DONE] = {SQL_HAND_OVER_DONE, "ssq"},
    [BATCH_QUARANTINE] = {SQL_QUARANTINE, "ssqsuiisqbb"},
    [BATCH_RELEASE] = {SQL_RELEASE, "u"},
    [BATCH_ALARM] = {SQL_ALARM, "tutq"},
    [BATCH_ALARM_CLEAR] = {SQL_ALARM_CLEAR, "tuq"},
};

enum store_sql store_batch_statement(enum batch_table table)
{
    return tables[table].statement;
}

struct store_batch *store_batch_new(void)
{
    struct store_batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        abort();
    for (size_t t = 0; t < BATCH_TABLES; t++) {
        struct batch_rows *rows = &batch->tables[t];
        rows->width = strlen(tables[t].types);
        rows->columns = calloc(rows->width, sizeof *rows->columns);
        if (!rows->columns)
            abort();
        for (size_t i = 0; i < rows->width; i++)
            store_column_init(&rows->columns[i], tables[t].types[i]);
    }
    return batch;
}

void store_batch_free(struct store_batch **batch)
{
    if (!*batch)
        return;
    for (size_t t = 0; t < BATCH_TABLES; t++) {
        for (size_t i = 0; i < (*batch)->tables[t].width; i++)
            store_column_fini(&(*batch)->tables[t].columns[i]);
        free((*batch)->tables[t].columns);
    }
    store_batch_free_commands(*batch);
    store_index_fini(&(*batch)->case_index);
    store_index_fini(&(*batch)->key_index);
    free((*batch)->cases);
    free((*batch)->keys);
    free((*batch)->lanes);
    free((*batch)->alarms);
    free((*batch)->bytes);
    free(*batch);
    *batch = NULL;
}

void store_batch_clear(struct store_batch *batch)
{
    for (size_t t = 0; t < BATCH_TABLES; t++) {
        batch->tables[t].count = 0;
        for (size_t i = 0; i < batch->tables[t].width; i++)
            store_column_clear(&batch->tables[t].columns[i]);
    }
    store_index_clear(&batch->case_index);
    store_index_clear(&batch->key_index);
    store_batch_clear_commands(batch);
    batch->case_count = batch->key_count = batch->lane_count = batch->alarm_count = 0;
    batch->bytes_used = 0;
    batch->has_head = batch->has_calendar = batch->sealed = false;
}

size_t store_batch_new_cases(const struct store_batch *batch)
{
    return batch->tables[BATCH_CASE_NEW].count;
}

struct store_column *store_batch_row(struct store_batch *batch, enum batch_table table)
{
    batch->tables[table].count++;
    return batch->tables[table].columns;
}

/* The columns of CASE_HEAD; returns the one after them. */
static struct store_column *seal_head(struct store_batch *batch, struct store_column *c,
                                      const struct batch_case *it)
{
    store_column_id(c++, &it->id);
    store_column_int(c++, it->last_no);
    store_column_int(c++, it->last_ms);
    store_column_int(c++, it->epoch);
    store_column_text(c++, it->owner);
    store_column_bytes(c++, it->head_hash, HASH_BYTES);
    store_column_int(c++, it->state);
    store_column_int(c++, it->is_open);
    store_column_int(c++, it->lamp);
    store_column_int(c++, it->due_ms);
    store_column_int(c++, it->late_ms);
    store_column_int(c++, it->flags);
    store_column_text(c++, it->lead);
    store_column_bytes(c++, it->follow, (size_t)it->follow_count * 2);
    store_column_bytes(c++, batch->bytes + it->facts_at, it->facts_size);
    store_column_int(c++, it->closed_ms);
    return c;
}

static void seal_identity(struct store_column *c, const struct batch_case *it)
{
    store_column_text(c++, it->case_no);
    store_column_text(c++, it->origin);
    store_column_text(c++, it->item);
    store_column_text(c++, it->area);
    store_column_text(c++, it->source);
    store_column_text(c++, it->reporter);
    if (isnan(it->lon) || isnan(it->lat)) {
        store_column_null(c++);
        store_column_null(c++);
        store_column_null(c++);
    } else {
        store_column_real(c++, it->lon);
        store_column_real(c++, it->lat);
        store_column_int(c++, store_place_cell(it->lon, it->lat));
    }
    store_column_int(c, it->reported_ms);
}

static void put_timer(struct store_batch *batch, enum batch_table table, const struct batch_timer *timer,
                      int32_t epoch)
{
    struct store_column *c = store_batch_row(batch, table);
    store_column_id(&c[0], &timer->subject);
    store_column_int(&c[1], timer->due_ms);
    store_column_int(&c[2], epoch);
    store_column_int(&c[3], timer->kind);
}

void store_batch_seal_timer(struct store_batch *batch, const struct batch_timer *timer, int32_t epoch)
{
    if (timer->due_ms == INT64_MAX) {
        store_column_id(&store_batch_row(batch, BATCH_TIMER_OFF)[0], &timer->subject);
        return;
    }
    put_timer(batch, BATCH_TIMER_SET, timer, epoch);
    put_timer(batch, BATCH_TIMER_ADD, timer, epoch);
}

/* A timer stands exactly while the case is owned here and a clock of it will want attention. */
static void seal_case_timer(struct store_batch *batch, const struct batch_case *it)
{
    const struct batch_timer timer = {it->id, SUBJECT_CASE, it->timer_ms};
    if (!it->was_new)
        store_batch_seal_timer(batch, &timer, it->epoch);
    else if (it->timer_ms != INT64_MAX)
        put_timer(batch, BATCH_TIMER_NEW, &timer, it->epoch);
}

static void seal_key(struct store_batch *batch, const struct batch_key *it)
{
    struct store_column *c = store_batch_row(batch, it->row.absent ? BATCH_KEY_NEW : BATCH_KEY);
    store_column_id(&c[0], &it->row.key);
    store_column_id(&c[1], &it->row.case_id);
    store_column_int(&c[2], it->row.subject_no);
    store_column_int(&c[3], it->row.outcome);
    store_column_bytes(&c[4], it->row.content_hash, sizeof it->row.content_hash);
    store_column_int(&c[5], it->at_ms);
}

static void seal_lane(struct store_batch *batch, const struct batch_lane *it)
{
    if (it->has_received) {
        struct store_column *c = store_batch_row(batch, BATCH_RECEIVED);
        store_column_int(&c[0], it->neighbour);
        store_column_int(&c[1], it->lane);
        store_column_int(&c[2], it->received);
        store_column_bytes(&c[3], it->digest, sizeof it->digest);
    }
    if (!it->has_acked)
        return;
    static const enum batch_table moved[] = {BATCH_ACKED, BATCH_HAND_OVER_DONE};
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        struct store_column *c = store_batch_row(batch, moved[i]);
        store_column_int(&c[0], it->neighbour);
        store_column_int(&c[1], it->lane);
        store_column_int(&c[2], it->acked);
    }
}

static void seal_alarm(struct store_batch *batch, const struct batch_alarm *it)
{
    struct store_column *c = store_batch_row(batch, it->raise ? BATCH_ALARM : BATCH_ALARM_CLEAR);
    store_column_text(&c[0], it->kind);
    store_column_id(&c[1], &it->subject);
    if (it->raise)
        store_column_text(&c[2], it->text);
    store_column_int(&c[it->raise ? 3 : 2], it->at_ms);
}

void store_batch_seal(struct store_batch *batch)
{
    if (batch->sealed)
        return;
    for (size_t i = 0; i < batch->case_count; i++) {
        const struct batch_case *it = &batch->cases[i];
        struct store_column *c = store_batch_row(batch, it->was_new ? BATCH_CASE_NEW : BATCH_CASE_SET);
        c = seal_head(batch, c, it);
        if (it->was_new)
            seal_identity(c, it);
        seal_case_timer(batch, it);
    }
    store_batch_seal_commands(batch);
    for (size_t i = 0; i < batch->key_count; i++)
        seal_key(batch, &batch->keys[i]);
    for (size_t i = 0; i < batch->lane_count; i++)
        seal_lane(batch, &batch->lanes[i]);
    for (size_t i = 0; i < batch->alarm_count; i++)
        seal_alarm(batch, &batch->alarms[i]);
    batch->sealed = true;
}
