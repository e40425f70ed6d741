/* Sheets <-> bytes: lists of changes, each with the whole receipt after it, kept small because one roll call
 * makes thousands. */
#include <assert.h>
#include <string.h>

#include "wire/command.h"
#include "wire/command_message.h"
#include "wire/near.h"

/* The sheet's own fields at their longest: with each change, so that any list keeps its bound. */
#define HEAD_BYTES 40
/* Tag and length of a change and of an actor in the sheet. */
#define TAG_BYTES 4

struct time_row {
    const char *name;
    size_t at;
    bool never; /* may lie beyond all time */
};
#define TIME(field, never)                                                                                   \
    {                                                                                                        \
        "receipt." #field, offsetof(struct receipt, field##_ms), never                                       \
    }
/* In the order of proto/command.proto. */
static const struct time_row times[] = {
    TIME(delivered, false), TIME(last, false),    TIME(next, true),        TIME(ack_due, true),
    TIME(done_due, true),   TIME(acked, false),   TIME(reported, false),   TIME(ended, false),
    TIME(departed, false),  TIME(arrived, false), TIME(contact_due, true), TIME(arrive_due, true),
    TIME(report_due, true), TIME(par_due, true),
};

#define TEXT(field, size, kind)                                                                              \
    FIELD_ROW("receipt." #field, Sanji__Receipt, field, struct receipt, field, size, kind)
static const struct field_row texts[] = {
    TEXT(name, USER_SIZE, FIELD_CODE),
    TEXT(by, USER_SIZE, FIELD_LINE),
    TEXT(deputy, USER_SIZE, FIELD_LINE),
    TEXT(answer, ANSWER_SIZE, FIELD_TEXT),
};

/* A change with what it points at while it is packed. */
struct change_message {
    Sanji__ReceiptChange change;
    Sanji__Receipt after;
    uint64_t times[FIELD_COUNT(times)];
};

struct sheet_message {
    Sanji__SheetBody sheet;
    Sanji__Actor actors[SHEET_CHANGES_MAX];
    Sanji__Actor *actor_list[SHEET_CHANGES_MAX];
    size_t spoken_by[SHEET_CHANGES_MAX]; /* the change that has the actor */
    struct change_message changes[SHEET_CHANGES_MAX];
    Sanji__ReceiptChange *change_list[SHEET_CHANGES_MAX];
};

static int64_t time_of(const struct receipt *receipt, size_t i)
{
    return *(const int64_t *)(const void *)((const char *)receipt + times[i].at);
}

static void put_receipt(const struct receipt *receipt, int64_t around, struct change_message *message)
{
    Sanji__Receipt *to = &message->after;

    sanji__receipt__init(to);
    field_rows_put(texts, FIELD_COUNT(texts), receipt, to);
    to->state = receipt->state;
    to->flags = receipt->flags;
    to->rung = receipt->rung;
    to->repeats = receipt->repeats;
    to->reports = receipt->reports;
    to->score = receipt->score;
    to->values = field_put(receipt->values);
    for (size_t i = 0; i < FIELD_COUNT(times); i++)
        message->times[i] = near_put(time_of(receipt, i), around);
    to->times = message->times;
    to->n_times = near_trimmed(message->times, FIELD_COUNT(times));
}

static void put_change(const struct receipt_change *change, int64_t around, uint32_t actor,
                       struct change_message *message)
{
    Sanji__ReceiptChange *to = &message->change;

    sanji__receipt_change__init(to);
    to->event = change->event;
    to->actor = actor;
    to->key = field_put_bytes(change->key.bytes, ID_BYTES);
    to->outcome = change->outcome;
    to->text = field_put(change->text);
    put_receipt(&change->after, around, message);
    to->after = &message->after;
}

static bool same_actor(const struct actor *a, const struct actor *b)
{
    return strcmp(a->user, b->user) == 0 && a->post == b->post && strcmp(a->center, b->center) == 0 &&
           strcmp(a->department, b->department) == 0 && strcmp(a->area, b->area) == 0;
}

/* The actor's place in the list, from 1; 0 = nobody. The timer alone may speak for a whole sheet. */
static uint32_t put_actor(const struct sheet_body *sheet, size_t change, struct sheet_message *message)
{
    const struct actor *actor = &sheet->changes[change].actor;
    size_t count = message->sheet.n_actors;

    if (actor->user[0] == '\0')
        return 0;
    for (size_t i = 0; i < count; i++)
        if (same_actor(actor, &sheet->changes[message->spoken_by[i]].actor))
            return (uint32_t)(i + 1);
    message->actor_list[count] = actor_put(actor, &message->actors[count]);
    message->spoken_by[count] = change;
    message->sheet.n_actors++;
    return (uint32_t)(count + 1);
}

static void put_sheet(const struct sheet_body *sheet, struct sheet_message *message)
{
    Sanji__SheetBody *to = &message->sheet;

    assert(sheet->count <= SHEET_CHANGES_MAX);
    sanji__sheet_body__init(to);
    to->command = field_put_bytes(sheet->command.bytes, ID_BYTES);
    to->event = sheet->event;
    to->whole = sheet->whole;
    to->around = sheet->count > 0 ? sheet->changes[0].after.last_ms : 0;
    assert(to->around <= FIELD_TIME_MAX);
    to->actors = message->actor_list;
    for (size_t i = 0; i < sheet->count; i++) {
        put_change(&sheet->changes[i], to->around, put_actor(sheet, i, message), &message->changes[i]);
        message->change_list[i] = &message->changes[i].change;
    }
    to->n_changes = sheet->count;
    to->changes = message->change_list;
}

enum err sheet_pack(const struct sheet_body *sheet, struct arena *arena, const uint8_t **body, size_t *size)
{
    struct sheet_message message;

    put_sheet(sheet, &message);
    size_t packed = sanji__sheet_body__get_packed_size(&message.sheet);
    if (packed > BODY_BYTES_MAX)
        return ERR_TOO_LONG;
    uint8_t *out = arena_take_raw(arena, packed);
    if (!out)
        return ERR_MEMORY;
    *size = sanji__sheet_body__pack(&message.sheet, out);
    *body = out;
    return ERR_OK;
}

/* What it is measured around is not known yet, so each time counts as far from it as can be. */
size_t sheet_change_bytes(const struct receipt_change *change)
{
    struct change_message message;
    Sanji__Actor actor;
    bool spoken = actor_put(&change->actor, &actor) != NULL;

    put_change(change, 0, spoken ? SHEET_CHANGES_MAX : 0, &message);
    for (size_t i = 0; i < FIELD_COUNT(times); i++)
        if (message.times[i] > 1)
            message.times[i] = near_put(FIELD_TIME_MAX, 0);
    return HEAD_BYTES + TAG_BYTES + sanji__receipt_change__get_packed_size(&message.change) +
           (spoken ? TAG_BYTES + sanji__actor__get_packed_size(&actor) : 0);
}

static void take_times(struct field_reader *reader, const Sanji__Receipt *message, int64_t around,
                       struct receipt *receipt)
{
    for (size_t i = 0; i < message->n_times && i < FIELD_COUNT(times); i++) {
        int64_t at = near_take(reader, times[i].name, message->times[i], around);
        if (at != CALENDAR_NEVER || !times[i].never)
            at = field_int(reader, times[i].name, at, 0, FIELD_TIME_MAX);
        memcpy((char *)receipt + times[i].at, &at, sizeof at);
    }
}

static void take_receipt(struct field_reader *reader, const Sanji__Receipt *message, int64_t around,
                         struct receipt *receipt)
{
    field_rows(reader, texts, FIELD_COUNT(texts), message, receipt);
    if (receipt->name[0] == '\0')
        field_refuse(reader, ERR_MISSING, "receipt.name", "absent");
    receipt->state =
        (enum receipt_state)field_int(reader, "receipt.state", message->state, 1, RECEIPT_STATES - 1);
    receipt->flags = message->flags;
    receipt->rung = (uint8_t)field_int(reader, "receipt.rung", message->rung, 0, RECEIPT_REPEAT - 20);
    receipt->repeats = (uint8_t)field_int(reader, "receipt.repeats", message->repeats, 0, UINT8_MAX);
    receipt->reports = (int32_t)field_int(reader, "receipt.reports", message->reports, 0, INT32_MAX);
    receipt->score = (uint8_t)field_int(reader, "receipt.score", message->score, 0, 5);
    receipt->values = field_borrow(reader, "receipt.values", message->values, FIELD_TEXT, VALUES_SIZE);
    take_times(reader, message, around, receipt);
}

enum receipt_event receipt_event_take(struct field_reader *reader, const char *name, uint32_t value)
{
    bool known = (value >= RECEIPT_ACK && value <= RECEIPT_HAND_OVER) ||
                 (value >= RECEIPT_DELIVER && value <= RECEIPT_RELIEVED) ||
                 (value >= RECEIPT_UPDATED && value <= RECEIPT_STAND_DOWN);

    return (enum receipt_event)field_kind(reader, name, value, known ? value : 0);
}

static void take_change(struct field_reader *reader, const Sanji__SheetBody *sheet,
                        const Sanji__ReceiptChange *message, struct receipt_change *change)
{
    change->event = receipt_event_take(reader, "change.event", message->event);
    if (message->actor > sheet->n_actors)
        field_refuse(reader, ERR_RANGE, "change.actor", "not in the list of actors");
    else if (message->actor > 0)
        actor_take(reader, sheet->actors[message->actor - 1], &change->actor);
    field_bytes(reader, "change.key", message->key, change->key.bytes, ID_BYTES);
    change->outcome = (enum err)field_int(reader, "change.outcome", message->outcome, 0, FIELD_ERR_MAX);
    change->text = field_borrow(reader, "change.text", message->text, FIELD_TEXT, TEXT_SIZE);
    if (message->after)
        take_receipt(reader, message->after, sheet->around, &change->after);
    else
        field_refuse(reader, ERR_MISSING, "change.after", "absent");
}

static void take_changes(struct field_reader *reader, const Sanji__SheetBody *message,
                         struct sheet_body *sheet)
{
    if (message->n_changes > SHEET_CHANGES_MAX)
        field_refuse(reader, ERR_TOO_LONG, "changes", "too many");
    if (reader->err || message->n_changes == 0)
        return;
    sheet->changes = arena_take(reader->arena, message->n_changes * sizeof *sheet->changes);
    if (!sheet->changes)
        field_refuse(reader, ERR_TOO_LONG, "changes", "no room left for them");
    for (size_t i = 0; i < message->n_changes && !reader->err; i++)
        take_change(reader, message, message->changes[i], &sheet->changes[i]);
    sheet->count = message->n_changes;
}

enum err sheet_unpack(const uint8_t *body, size_t size, struct arena *arena, struct sheet_body *out,
                      struct fault *fault)
{
    struct field_reader reader = {.arena = arena, .fault = fault, .where = "sheet"};
    struct sheet_body read = {.count = 0};

    if (size > BODY_BYTES_MAX)
        return fault_set(fault, ERR_TOO_LONG, "sheet: %zu bytes, at most %d", size, BODY_BYTES_MAX);
    const Sanji__SheetBody *message = field_unpack(&reader, &sanji__sheet_body__descriptor, body, size);
    if (!message)
        return reader.err;
    read.event = (enum sheet_event)field_kind(&reader, "event", message->event, SHEET_EVENTS - 1);
    field_bytes(&reader, "command", message->command, read.command.bytes, ID_BYTES);
    if (id_is_zero(&read.command))
        field_refuse(&reader, ERR_MISSING, "command", "absent");
    read.whole = message->whole;
    field_int(&reader, "around", message->around, 0, FIELD_TIME_MAX);
    take_changes(&reader, message, &read);
    if (!reader.err)
        *out = read;
    return reader.err;
}
