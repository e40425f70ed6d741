/* Facts <-> bytes. Every event carries them whole, so they are kept small: rows of numbers are packed arrays
 * whose trailing zeros are left out, times are differences. The order of each array stands in
 * proto/event.proto. */
#include "wire/facts.h"

#include <assert.h>
#include <string.h>

#include "wire/content.h"
#include "wire/near.h"

#define CLOCK_COLUMNS 12

#define TEXT(field, size, kind) FIELD_ROW(#field, Sanji__Facts, field, struct case_facts, field, size, kind)
#define FACTS(member) offsetof(struct case_facts, member)

static const struct field_row texts[] = {
    TEXT(lead, TARGET_SIZE, FIELD_CODE),
    TEXT(signer, USER_SIZE, FIELD_LINE),
    TEXT(handler, USER_SIZE, FIELD_LINE),
    TEXT(return_asked, USER_SIZE, FIELD_LINE),
    TEXT(extend_asked, USER_SIZE, FIELD_LINE),
    TEXT(void_asked, USER_SIZE, FIELD_LINE),
    TEXT(dispute_center, CODE_SIZE, FIELD_CODE),
    TEXT(before_dispute, TARGET_SIZE, FIELD_CODE),
    TEXT(offer_to, CODE_SIZE, FIELD_CODE),
    TEXT(transfer_to, CODE_SIZE, FIELD_CODE),
    TEXT(handed_from, CODE_SIZE, FIELD_CODE),
    FIELD_ROW("policy", Sanji__Facts, policy, struct case_facts, policy.name, POST_SIZE, FIELD_LINE),
};

static const size_t limit_at[] = {FACTS(limits.accept), FACTS(limits.verify),   FACTS(limits.dispatch),
                                  FACTS(limits.sign),   FACTS(limits.handle),   FACTS(limits.check),
                                  FACTS(limits.ruling), FACTS(limits.callback), FACTS(limits.reopen_window),
                                  FACTS(limits.archive)};
static const size_t policy_span_at[] = {
    FACTS(policy.deputy),          FACTS(policy.grace),  FACTS(policy.dwell), FACTS(policy.ack_lapse),
    FACTS(policy.supervise_reply), FACTS(policy.repeat), FACTS(policy.review)};
static const size_t policy_number_at[] = {FACTS(policy.yellow_percent), FACTS(policy.repeats_max),
                                          FACTS(policy.returns_max), FACTS(policy.extensions_max),
                                          FACTS(policy.first_extension_percent)};
static const size_t count_at[] = {FACTS(returns), FACTS(extensions), FACTS(reworks),     FACTS(hops),
                                  FACTS(reopens), FACTS(urges),      FACTS(supervisions)};
/* The first is near 0, the others near the first. */
static const size_t time_at[] = {FACTS(opened_ms), FACTS(filed_ms), FACTS(closed_ms), FACTS(feedback_ms)};

/* What the message points at while it is packed. */
struct rows {
    uint64_t times[FIELD_COUNT(time_at)];
    uint32_t counts[FIELD_COUNT(count_at)];
    uint64_t limits[FIELD_COUNT(limit_at)];
    uint64_t policy_spans[FIELD_COUNT(policy_span_at)];
    uint32_t policy_numbers[FIELD_COUNT(policy_number_at)];
    uint64_t clocks[CLOCK_KINDS * CLOCK_COLUMNS];
    ProtobufCBinaryData assist[ASSIST_MAX];
};

static size_t trimmed32(const uint32_t *row, size_t count)
{
    while (count > 0 && row[count - 1] == 0)
        count--;
    return count;
}

static const struct span *span_at(const struct case_facts *facts, size_t at)
{
    return (const struct span *)(const void *)((const char *)facts + at);
}

static int64_t time_of(const struct case_facts *facts, size_t at)
{
    return *(const int64_t *)(const void *)((const char *)facts + at);
}

static size_t put_spans(const struct case_facts *facts, const size_t *at, size_t count, uint64_t *row)
{
    for (size_t i = 0; i < count; i++)
        row[i] = span_put(*span_at(facts, at[i]));
    return near_trimmed(row, count);
}

static size_t put_times(const struct case_facts *facts, uint64_t *row)
{
    for (size_t i = 0; i < FIELD_COUNT(time_at); i++)
        row[i] = near_put(time_of(facts, time_at[i]), i == 0 ? 0 : facts->opened_ms);
    return near_trimmed(row, FIELD_COUNT(time_at));
}

static size_t put_counts(const struct case_facts *facts, uint32_t *row)
{
    for (size_t i = 0; i < FIELD_COUNT(count_at); i++)
        row[i] = *(const uint32_t *)(const void *)((const char *)facts + count_at[i]);
    return trimmed32(row, FIELD_COUNT(count_at));
}

static size_t put_policy_numbers(const struct case_facts *facts, uint32_t *row)
{
    for (size_t i = 0; i < FIELD_COUNT(policy_number_at); i++)
        row[i] = *((const uint8_t *)facts + policy_number_at[i]);
    return trimmed32(row, FIELD_COUNT(policy_number_at));
}

static bool clock_is_zero(const struct case_clock *clock)
{
    return !clock->run && !clock->rung && !clock->repeats && !clock->unit && !clock->start_ms &&
           !clock->due_ms && !clock->next_ms && !clock->remain_ms && !clock->first_due_ms &&
           !clock->since_ms && !clock->limit_ms;
}

static size_t put_clocks(const struct case_facts *facts, uint64_t *row)
{
    size_t count = 0;
    for (unsigned kind = 0; kind < CLOCK_KINDS; kind++) {
        const struct case_clock *clock = &facts->clocks[kind];
        if (clock_is_zero(clock))
            continue;
        row[count++] = kind;
        row[count++] = clock->run;
        row[count++] = clock->rung;
        row[count++] = clock->repeats;
        row[count++] = clock->unit;
        row[count++] = near_put(clock->start_ms, 0);
        row[count++] = near_put(clock->due_ms, clock->start_ms);
        row[count++] = near_put(clock->next_ms, clock->due_ms);
        row[count++] = near_put(clock->first_due_ms, clock->due_ms);
        row[count++] = near_put(clock->since_ms, clock->start_ms);
        row[count++] = near_put(clock->limit_ms, 0);
        row[count++] = near_zigzag((int64_t)((uint64_t)clock->remain_ms - (uint64_t)clock->limit_ms));
    }
    return count;
}

static void put_rows(const struct case_facts *facts, struct rows *rows, Sanji__Facts *message)
{
    for (size_t i = 0; i < facts->assist_count; i++)
        rows->assist[i] = field_put(facts->assist[i]);
    message->n_assist = facts->assist_count;
    message->assist = rows->assist;
    message->n_times = put_times(facts, message->times = rows->times);
    message->n_counts = put_counts(facts, message->counts = rows->counts);
    message->n_limits = put_spans(facts, limit_at, FIELD_COUNT(limit_at), message->limits = rows->limits);
    message->n_policy_spans = put_spans(facts, policy_span_at, FIELD_COUNT(policy_span_at),
                                        message->policy_spans = rows->policy_spans);
    message->n_policy_numbers = put_policy_numbers(facts, message->policy_numbers = rows->policy_numbers);
    message->n_clocks = put_clocks(facts, message->clocks = rows->clocks);
}

enum err facts_pack(const struct case_facts *facts, uint8_t *out, size_t size, size_t *used)
{
    Sanji__Facts message = SANJI__FACTS__INIT;
    struct rows rows;

    assert(facts->assist_count <= ASSIST_MAX);
    field_rows_put(texts, FIELD_COUNT(texts), facts, &message);
    put_rows(facts, &rows, &message);
    message.flags = facts->flags;
    message.lamp = facts->lamp;
    message.priority = facts->priority;
    message.mode = facts->mode;
    message.catalogue_version = facts->catalogue_version;
    message.calendar_version = facts->calendar_version;
    message.extend_span = span_put(facts->extend_span);
    message.master = field_put_bytes(facts->master.bytes, ID_BYTES);
    message.satisfaction = facts->satisfaction;
    message.closed_overdue = facts->closed_overdue;
    message.offer_no = facts->offer_no;
    message.offer_why = facts->offer_why;
    message.handed_why = facts->handed_why;
    message.item_rules = facts->item_rules;
    message.assist_done = facts->assist_done;
    /* Facts always fit into FACTS_BYTES_MAX: every text is bounded, every row is short. */
    if (size < FACTS_BYTES_MAX && sanji__facts__get_packed_size(&message) > size)
        return ERR_TOO_LONG;
    *used = sanji__facts__pack(&message, out);
    return ERR_OK;
}

static void take_limits(struct field_reader *reader, const Sanji__Facts *message, struct case_facts *facts)
{
    for (size_t i = 0; i < message->n_limits && i < FIELD_COUNT(limit_at); i++)
        *(struct span *)(void *)((char *)facts + limit_at[i]) =
            span_take(reader, "limits", message->limits[i]);
}

static void take_policy(struct field_reader *reader, const Sanji__Facts *message, struct case_facts *facts)
{
    for (size_t i = 0; i < message->n_policy_spans && i < FIELD_COUNT(policy_span_at); i++)
        *(struct span *)(void *)((char *)facts + policy_span_at[i]) =
            span_take(reader, "policy_spans", message->policy_spans[i]);
    for (size_t i = 0; i < message->n_policy_numbers && i < FIELD_COUNT(policy_number_at); i++)
        *((uint8_t *)facts + policy_number_at[i]) =
            (uint8_t)field_int(reader, "policy_numbers", message->policy_numbers[i], 0, UINT8_MAX);
}

static void take_times(struct field_reader *reader, const Sanji__Facts *message, struct case_facts *facts)
{
    for (size_t i = 0; i < message->n_times && i < FIELD_COUNT(time_at); i++) {
        int64_t at = near_take(reader, "times", message->times[i], i == 0 ? 0 : facts->opened_ms);
        *(int64_t *)(void *)((char *)facts + time_at[i]) = at;
    }
}

static void take_counts(struct field_reader *reader, const Sanji__Facts *message, struct case_facts *facts)
{
    for (size_t i = 0; i < message->n_counts && i < FIELD_COUNT(count_at); i++)
        *(int32_t *)(void *)((char *)facts + count_at[i]) =
            (int32_t)field_int(reader, "counts", message->counts[i], 0, INT32_MAX);
}

static void take_assist(struct field_reader *reader, const Sanji__Facts *message, struct case_facts *facts)
{
    if (message->n_assist > ASSIST_MAX) {
        field_refuse(reader, ERR_TOO_LONG, "assist", "too many departments");
        return;
    }
    for (size_t i = 0; i < message->n_assist; i++)
        field_text(reader, "assist", message->assist[i], FIELD_CODE, facts->assist[i], TARGET_SIZE);
    facts->assist_count = (uint8_t)message->n_assist;
}

/* A small number of a clock's row. */
static uint8_t take_small(struct field_reader *reader, const char *name, uint64_t value, uint8_t most)
{
    return (uint8_t)field_int(reader, name, value > INT64_MAX ? -1 : (int64_t)value, 0, most);
}

static void take_clock(struct field_reader *reader, const uint64_t *row, struct case_facts *facts)
{
    uint8_t kind = take_small(reader, "clocks.kind", row[0], CLOCK_KINDS - 1);
    struct case_clock *clock = &facts->clocks[kind];

    clock->run = (enum clock_run)take_small(reader, "clocks.run", row[1], CLOCK_PAUSED);
    clock->rung = (enum rung)take_small(reader, "clocks.rung", row[2], RUNG_STANDING);
    clock->repeats = take_small(reader, "clocks.repeats", row[3], UINT8_MAX);
    clock->unit = (enum time_unit)take_small(reader, "clocks.unit", row[4], UNIT_NATURAL_DAY);
    clock->start_ms = near_take(reader, "clocks.start", row[5], 0);
    clock->due_ms = near_take(reader, "clocks.due", row[6], clock->start_ms);
    clock->next_ms = near_take(reader, "clocks.next", row[7], clock->due_ms);
    clock->first_due_ms = near_take(reader, "clocks.first_due", row[8], clock->due_ms);
    clock->since_ms = near_take(reader, "clocks.since", row[9], clock->start_ms);
    clock->limit_ms = near_take(reader, "clocks.limit", row[10], 0);
    /* Below zero when the clock was overdue as it paused. */
    clock->remain_ms = (int64_t)((uint64_t)clock->limit_ms + (uint64_t)near_unzigzag(row[11]));
}

static void take_clocks(struct field_reader *reader, const Sanji__Facts *message, struct case_facts *facts)
{
    if (message->n_clocks % CLOCK_COLUMNS != 0)
        field_refuse(reader, ERR_MALFORMED, "clocks", "a row is not whole");
    for (size_t i = 0; i < message->n_clocks && !reader->err; i += CLOCK_COLUMNS)
        take_clock(reader, message->clocks + i, facts);
}

static void take_numbers(struct field_reader *reader, const Sanji__Facts *message, struct case_facts *facts)
{
    facts->flags = message->flags;
    facts->lamp = (enum lamp)field_int(reader, "lamp", message->lamp, 0, LAMP_RED);
    facts->priority = (enum priority)field_int(reader, "priority", message->priority, 0, PRIORITY_CRITICAL);
    facts->mode = (enum mode)field_int(reader, "mode", message->mode, 0, MODE_WAR);
    facts->catalogue_version =
        (int32_t)field_int(reader, "catalogue_version", message->catalogue_version, 0, INT32_MAX);
    facts->calendar_version =
        (int32_t)field_int(reader, "calendar_version", message->calendar_version, 0, INT32_MAX);
    facts->extend_span = span_take(reader, "extend_span", message->extend_span);
    facts->satisfaction = (uint8_t)field_int(reader, "satisfaction", message->satisfaction, 0, 5);
    facts->closed_overdue = message->closed_overdue;
    facts->offer_no = (int32_t)field_int(reader, "offer_no", message->offer_no, 0, INT32_MAX);
    facts->offer_why =
        (enum case_event)field_int(reader, "offer_why", message->offer_why, 0, CASE_EVENTS - 1);
    facts->handed_why =
        (enum case_event)field_int(reader, "handed_why", message->handed_why, 0, CASE_EVENTS - 1);
    facts->item_rules = (uint8_t)field_int(reader, "item_rules", message->item_rules, 0, UINT8_MAX);
    facts->assist_done =
        (uint8_t)field_int(reader, "assist_done", message->assist_done, 0, (1 << ASSIST_MAX) - 1);
}

enum err facts_read(const uint8_t *bytes, size_t size, struct arena *arena, struct case_facts *facts,
                    struct fault *fault)
{
    struct field_reader reader = {.arena = arena, .fault = fault, .where = "facts"};
    if (size > FACTS_BYTES_MAX)
        return fault_set(fault, ERR_TOO_LONG, "facts: %zu bytes, at most %d", size, FACTS_BYTES_MAX);
    const Sanji__Facts *message = field_unpack(&reader, &sanji__facts__descriptor, bytes, size);
    if (!message)
        return reader.err;
    memset(facts, 0, sizeof *facts);
    field_rows(&reader, texts, FIELD_COUNT(texts), message, facts);
    field_bytes(&reader, "master", message->master, facts->master.bytes, ID_BYTES);
    take_numbers(&reader, message, facts);
    take_times(&reader, message, facts);
    take_counts(&reader, message, facts);
    take_limits(&reader, message, facts);
    take_policy(&reader, message, facts);
    take_assist(&reader, message, facts);
    take_clocks(&reader, message, facts);
    return reader.err;
}

enum err facts_unpack(const uint8_t *bytes, size_t size, struct arena *arena, struct case_facts *facts)
{
    return facts_read(bytes, size, arena, facts, NULL);
}
