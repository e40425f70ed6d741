/* Gathering a batch. What has one row per call goes straight into columns; what may be said again in the same
 * batch (a case, a key, a position, an alarm) is kept apart, and the last word is laid out when the batch is
 * sealed. */
#include "store/store_batch_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/event.h"

void *store_batch_grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t wanted = *capacity ? *capacity * 2 : 16;
    uint8_t *more = realloc(items, wanted * size);
    if (!more)
        abort(); /* nothing is lost: all state is in the database */
    memset(more + count * size, 0, (wanted - count) * size);
    *capacity = wanted;
    return more;
}

static bool is_clean(const struct store_batch *batch)
{
    if (batch->case_count + batch->key_count + batch->lane_count + batch->alarm_count > 0 ||
        store_batch_has_commands(batch) || batch->has_calendar)
        return false;
    for (size_t t = 0; t < BATCH_TABLES; t++)
        if (batch->tables[t].count > 0)
            return false;
    return true;
}

bool store_batch_is_empty(const struct store_batch *batch)
{
    return is_clean(batch);
}

/* The case's place, new or known. */
static struct batch_case *case_place(struct store_batch *batch, const struct id *id)
{
    size_t at;
    if (store_index_add(&batch->case_index, id, &at))
        return &batch->cases[at];
    batch->cases = store_batch_grow(batch->cases, at, &batch->case_capacity, sizeof *batch->cases);
    batch->cases[at] = (struct batch_case){.id = *id};
    batch->case_count = at + 1;
    return &batch->cases[at];
}

static struct batch_key *key_place(struct store_batch *batch, const struct id *key)
{
    size_t at;
    if (store_index_add(&batch->key_index, key, &at))
        return &batch->keys[at];
    batch->keys = store_batch_grow(batch->keys, at, &batch->key_capacity, sizeof *batch->keys);
    batch->key_count = at + 1;
    return &batch->keys[at];
}

/* ---- the rows ---- */

/* The columns of one more row. */
static struct store_column *add_row(struct store_batch *batch, enum batch_table table)
{
    assert(!batch->sealed);
    batch->tables[table].count++;
    return batch->tables[table].columns;
}

static void put_bytes(struct store_column *column, const uint8_t *bytes, size_t size)
{
    if (bytes)
        store_column_bytes(column, bytes, size);
    else
        store_column_null(column);
}

void store_batch_head(struct store_batch *batch, int64_t writer_epoch, int64_t last_lsn, int32_t serial_day,
                      int32_t serial)
{
    batch->has_head = true;
    batch->writer_epoch = writer_epoch;
    batch->last_lsn = last_lsn;
    batch->serial_day = serial_day;
    batch->serial = serial;
}

void store_batch_journal(struct store_batch *batch, const struct entry *entry)
{
    struct store_column *c = add_row(batch, BATCH_JOURNAL);
    store_column_int(&c[0], entry->lsn);
    store_column_int(&c[1], entry->kind);
    store_column_id(&c[2], &entry->subject);
    store_column_int(&c[3], entry->subject_no);
    store_column_int(&c[4], entry->epoch);
    store_column_int(&c[5], entry->code);
    put_bytes(&c[6], entry->envelope, WIRE_ENVELOPE_BYTES);
    put_bytes(&c[7], entry->body, entry->body_size);
}

void store_batch_to(struct store_batch *batch, int16_t neighbour, enum lane lane, int64_t lsn, int64_t prev,
                    enum entry_kind kind)
{
    struct store_column *c = add_row(batch, BATCH_JOURNAL_TO);
    store_column_int(&c[0], neighbour);
    store_column_int(&c[1], lane);
    store_column_int(&c[2], lsn);
    store_column_int(&c[3], prev);
    store_column_int(&c[4], kind);
}

/* The moment from which the rules call the case overdue; INT64_MAX when no running clock can make it so. The
 * rules are asked about each due time, so that this stays their decision. */
static int64_t late_from(const struct case_record *record)
{
    int64_t late = INT64_MAX;
    for (size_t i = 0; i < CLOCK_KINDS; i++) {
        const struct case_clock *clock = &record->facts.clocks[i];
        if (clock->run == CLOCK_RUNNING && clock->due_ms < late && clock->due_ms < INT64_MAX &&
            case_overdue(record, clock->due_ms))
            late = clock->due_ms;
    }
    return late;
}

uint8_t *store_batch_room(struct store_batch *batch, size_t size)
{
    while (batch->bytes_capacity - batch->bytes_used < size) {
        size_t capacity = batch->bytes_capacity ? batch->bytes_capacity * 2 : 4 * FACTS_BYTES_MAX;
        uint8_t *bytes = realloc(batch->bytes, capacity);
        if (!bytes)
            abort();
        batch->bytes = bytes;
        batch->bytes_capacity = capacity;
    }
    return batch->bytes + batch->bytes_used;
}

static void put_facts(struct store_batch *batch, struct batch_case *place, const struct case_facts *facts)
{
    uint8_t *room = store_batch_room(batch, FACTS_BYTES_MAX);
    place->facts_at = batch->bytes_used;
    enum err code = facts_pack(facts, room, FACTS_BYTES_MAX, &place->facts_size);
    assert(code == ERR_OK); /* FACTS_BYTES_MAX holds any facts that the rules can make */
    batch->bytes_used += place->facts_size;
}

/* The part that never changes after the report. */
static void put_identity(struct batch_case *place, const struct case_record *record)
{
    text_put(place->case_no, sizeof place->case_no, record->case_no);
    text_put(place->origin, sizeof place->origin, record->origin);
    text_put(place->item, sizeof place->item, record->item);
    text_put(place->area, sizeof place->area, record->area);
    text_put(place->source, sizeof place->source, record->source);
    text_put(place->reporter, sizeof place->reporter, record->reporter);
    place->lon = record->lon;
    place->lat = record->lat;
    place->reported_ms = record->facts.opened_ms ? record->facts.opened_ms : record->last_ms;
}

void store_batch_case(struct store_batch *batch, const struct case_row *row, bool was_new, bool owned)
{
    const struct case_record *record = &row->record;
    struct batch_case *place = case_place(batch, &record->id);

    assert(!batch->sealed && row->follow.count <= FOLLOW_MAX);
    place->was_new = place->was_new || was_new;
    place->owned = owned;
    if (place->was_new)
        put_identity(place, record);
    place->last_no = record->last_no;
    place->last_ms = record->last_ms;
    place->epoch = record->epoch;
    text_put(place->owner, sizeof place->owner, record->owner);
    memcpy(place->head_hash, record->head_hash, HASH_BYTES);
    place->state = (int16_t)record->state;
    place->is_open = case_state_open(record->state);
    place->lamp = (int16_t)record->facts.lamp;
    place->due_ms = case_due(record);
    place->late_ms = late_from(record);
    place->timer_ms = owned ? case_next_timer(record) : INT64_MAX;
    place->flags = record->facts.flags;
    text_put(place->lead, sizeof place->lead, record->facts.lead);
    place->closed_ms = record->facts.closed_ms;
    place->follow_count = row->follow.count;
    for (size_t i = 0; i < row->follow.count; i++) {
        place->follow[2 * i] = (uint8_t)((uint16_t)row->follow.no[i] >> 8);
        place->follow[2 * i + 1] = (uint8_t)row->follow.no[i];
    }
    put_facts(batch, place, &record->facts);
}

void store_batch_key(struct store_batch *batch, const struct key_row *row, int64_t at_ms)
{
    assert(!batch->sealed);
    *key_place(batch, &row->key) = (struct batch_key){.row = *row, .at_ms = at_ms};
}

void store_batch_keep(struct store_batch *batch, const struct id *key, const struct id *case_id, int16_t from,
                      int64_t kept_ms, const uint8_t *act, size_t size)
{
    struct store_column *c = add_row(batch, BATCH_KEEP);
    store_column_id(&c[0], key);
    store_column_id(&c[1], case_id);
    store_column_int(&c[2], from);
    store_column_int(&c[3], kept_ms);
    store_column_bytes(&c[4], act, size);
}

void store_batch_unkeep(struct store_batch *batch, const struct id *key)
{
    store_column_id(&add_row(batch, BATCH_UNKEEP)[0], key);
}

static struct batch_lane *lane_place(struct store_batch *batch, int16_t neighbour, enum lane lane)
{
    assert(!batch->sealed && lane < LANES);
    for (size_t i = 0; i < batch->lane_count; i++)
        if (batch->lanes[i].neighbour == neighbour && batch->lanes[i].lane == (int16_t)lane)
            return &batch->lanes[i];
    batch->lanes =
        store_batch_grow(batch->lanes, batch->lane_count, &batch->lane_capacity, sizeof *batch->lanes);
    struct batch_lane *place = &batch->lanes[batch->lane_count++];
    *place = (struct batch_lane){.neighbour = neighbour, .lane = (int16_t)lane};
    return place;
}

void store_batch_received(struct store_batch *batch, int16_t neighbour, enum lane lane, int64_t lsn,
                          const uint8_t digest[16])
{
    struct batch_lane *place = lane_place(batch, neighbour, lane);
    place->has_received = true;
    place->received = lsn;
    memcpy(place->digest, digest, sizeof place->digest);
}

void store_batch_acked(struct store_batch *batch, int16_t neighbour, enum lane lane, int64_t lsn)
{
    struct batch_lane *place = lane_place(batch, neighbour, lane);
    place->has_acked = true;
    place->acked = lsn;
}

void store_batch_met(struct store_batch *batch, int16_t neighbour, int32_t incarnation, uint64_t database)
{
    struct store_column *c = add_row(batch, BATCH_MET);
    store_column_int(&c[0], neighbour);
    store_column_int(&c[1], incarnation);
    store_column_int(&c[2], (int64_t)database);
}

void store_batch_quarantine(struct store_batch *batch, int16_t neighbour, enum lane lane,
                            const struct entry *entry, enum err code, int64_t at_ms)
{
    struct store_column *c = add_row(batch, BATCH_QUARANTINE);
    store_column_int(&c[0], neighbour);
    store_column_int(&c[1], lane);
    store_column_int(&c[2], entry->lsn);
    store_column_int(&c[3], entry->kind);
    store_column_id(&c[4], &entry->subject);
    store_column_int(&c[5], entry->subject_no);
    store_column_int(&c[6], entry->epoch);
    store_column_int(&c[7], code);
    store_column_int(&c[8], at_ms);
    put_bytes(&c[9], entry->envelope, WIRE_ENVELOPE_BYTES);
    put_bytes(&c[10], entry->body, entry->body_size);
}

void store_batch_release(struct store_batch *batch, const struct id *subject)
{
    store_column_id(&add_row(batch, BATCH_RELEASE)[0], subject);
}

static struct batch_alarm *alarm_place(struct store_batch *batch, const char *kind, const struct id *subject)
{
    assert(!batch->sealed);
    for (size_t i = 0; i < batch->alarm_count; i++)
        if (strcmp(batch->alarms[i].kind, kind) == 0 && id_equal(&batch->alarms[i].subject, subject))
            return &batch->alarms[i];
    batch->alarms =
        store_batch_grow(batch->alarms, batch->alarm_count, &batch->alarm_capacity, sizeof *batch->alarms);
    struct batch_alarm *place = &batch->alarms[batch->alarm_count++];
    *place = (struct batch_alarm){.subject = *subject};
    text_put(place->kind, sizeof place->kind, kind);
    return place;
}

void store_batch_alarm(struct store_batch *batch, const char *kind, const struct id *subject,
                       const char *text, int64_t at_ms)
{
    struct batch_alarm *place = alarm_place(batch, kind, subject);
    place->raise = true;
    place->at_ms = at_ms;
    text_put(place->text, sizeof place->text, text);
}

void store_batch_clear_alarm(struct store_batch *batch, const char *kind, const struct id *subject,
                             int64_t at_ms)
{
    struct batch_alarm *place = alarm_place(batch, kind, subject);
    place->raise = false;
    place->at_ms = at_ms;
}

void store_batch_hand_over(struct store_batch *batch, const struct id *case_id, int16_t to, int64_t lsn,
                           int64_t at_ms)
{
    struct store_column *c = add_row(batch, BATCH_HAND_OVER);
    store_column_int(&c[0], to);
    store_column_int(&c[1], lsn);
    store_column_id(&c[2], case_id);
    store_column_int(&c[3], at_ms);
}

void store_batch_calendar(struct store_batch *batch, int32_t version)
{
    batch->has_calendar = true;
    batch->calendar_version = version;
}
