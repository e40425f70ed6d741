#include "cmd_case_history.h"

#include <stdlib.h>
#include <string.h>

#include "command_json.h"
#include "wire/command.h"

#define ARENA_BYTES (1u << 20)

/* What a case decides in one commit stands a millisecond apart in its log (custody.md rule 12), while an
 * order that this gives rise to has the time of the commit. Within this it is shown behind. */
#define COMMIT_SPREAD_MS 16

/* ---- lines, in the order in which they were read until they are sorted ---- */

struct line {
    int64_t at_ms;
    size_t read; /* of two at one moment the one that was read first comes first */
    json_t *row;
};

/* One command about the case. */
struct order {
    struct id id;
    char text[ID_TEXT_SIZE];
    int32_t circle; /* of an emergency plan; 0 = none */
    int64_t sent_ms;
    int64_t behind_ms; /* the last event of the case in the commit that gave it */
};

struct history {
    struct cli *cli;
    uint8_t *block;
    json_t *of; /* the case: text and address come from event 1 */
    enum case_state state;
    size_t line_count, line_room;
    struct line *lines;
    size_t order_count, order_room;
    struct order *orders;
    const struct order *order; /* whose log is being read */
    size_t sheet_count, sheet_room;
    struct id *sheets;
    json_t *states; /* of this sheet's recipients */
};

static void *grow(void *list, size_t *room, size_t need, size_t size)
{
    if (need <= *room)
        return list;
    *room = need * 2;
    list = realloc(list, *room * size);
    if (!list)
        abort();
    return list;
}

static int by_time(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->read < y->read ? -1 : x->read > y->read;
}

/* What every event has, of whatever subject. The row is borrowed. */
static json_t *add_line(struct history *history, const struct envelope *e, const struct entry *entry)
{
    uint8_t hash[HASH_BYTES];
    char hex[2 * 8 + 1];
    envelope_hash(entry->envelope, hash);
    for (size_t i = 0; i < 8; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    json_t *row = json_pack("{s:i, s:o, s:s, s:s, s:i, s:s, s:s}", "no", e->no, "at",
                            json_moment(history->cli, e->at_ms), "center", e->writer, "source",
                            history->order ? history->order->text : "case", "epoch", e->epoch, "next_owner",
                            e->next_owner, "hash", hex);
    history->lines =
        grow(history->lines, &history->line_room, history->line_count + 1, sizeof *history->lines);
    int64_t behind_ms = history->order ? history->order->behind_ms : e->at_ms;
    history->lines[history->line_count] = (struct line){
        .at_ms = e->at_ms > behind_ms ? e->at_ms : behind_ms, .read = history->line_count, .row = row};
    history->line_count++;
    return row;
}

static void set_step(json_t *row, const char *actor, const char *event, const char *event_zh,
                     const char *from, const char *to)
{
    json_object_set_new(row, "actor", json_string(actor));
    json_object_set_new(row, "event", json_string(event));
    json_object_set_new(row, "event_zh", json_string(event_zh));
    json_object_set_new(row, "from", json_string(from));
    json_object_set_new(row, "to", json_string(to));
}

static void set_key(json_t *row, const struct id *key)
{
    char text[ID_TEXT_SIZE];
    if (id_is_zero(key))
        return;
    id_format(key, text);
    json_object_set_new(row, "key", json_string(text));
}

static void set_actor(json_t *row, const struct actor *actor)
{
    json_set_text(row, "post", post_name(actor->post));
    json_set_text(row, "actor_center", actor->center);
}

/* ---- the case's own ---- */

static void add_evidence(json_t *row, const char *name, size_t count, const char *const *references)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(references[i]));
    if (count > 0)
        json_object_set(row, name, list);
    json_decref(list);
}

static void add_body(struct history *history, json_t *row, const struct event_body *body)
{
    json_set_text(row, "post", body->actor_name);
    json_set_text(row, "actor_center", body->actor_center);
    json_set_text(row, "target", body->target);
    json_set_text(row, "note", body->note);
    json_set_text(row, "reason", body->content.reason);
    if (body->outcome != ERR_OK)
        json_object_set_new(row, "outcome", json_string(err_name(body->outcome)));
    if (body->refused != EVENT_NONE)
        json_object_set_new(row, "refused", json_string(case_event_name(body->refused)));
    set_key(row, &body->key);
    add_evidence(row, "before", body->content.before_count, body->content.before);
    add_evidence(row, "after", body->content.after_count, body->content.after);
    json_set_text(history->of, "text", body->content.text);
    json_set_text(history->of, "address", body->content.address);
}

static bool on_case_entry(void *ctx, const struct entry *entry)
{
    struct history *history = ctx;
    struct envelope e;
    struct event_body body;
    struct arena arena;
    if (!entry->envelope || envelope_unpack(entry->envelope, &e) != ERR_OK)
        return true;
    enum case_state to = (enum case_state)e.state;
    bool known = e.kind < CASE_EVENTS;
    json_t *row = add_line(history, &e, entry);
    set_step(row, e.actor, known ? case_event_name((enum case_event)e.kind) : "unknown",
             known ? case_event_zh((enum case_event)e.kind) : "未知", case_state_name(history->state),
             case_state_name(to));
    arena_init(&arena, history->block, ARENA_BYTES);
    if (event_decode(entry->body, entry->body_size, &arena, &body, NULL) == ERR_OK)
        add_body(history, row, &body);
    history->state = to;
    return true;
}

/* ---- commands about it ---- */

/* The circles of one plan are ordered at once: the first one first. */
static int by_sending(const void *a, const void *b)
{
    const struct order *x = a, *y = b;
    if (x->sent_ms != y->sent_ms)
        return x->sent_ms < y->sent_ms ? -1 : 1;
    return x->circle - y->circle;
}

/* Only the case's own lines are there yet. */
static int64_t commit_end(const struct history *history, int64_t sent_ms)
{
    int64_t end_ms = sent_ms;
    for (size_t i = 0; i < history->line_count; i++) {
        int64_t at_ms = history->lines[i].at_ms;
        if (at_ms > end_ms && at_ms <= sent_ms + COMMIT_SPREAD_MS)
            end_ms = at_ms;
    }
    return end_ms;
}

static bool on_order(void *ctx, const struct store_command *c)
{
    struct history *history = ctx;
    const struct command *header = &c->row.record.header;
    history->orders =
        grow(history->orders, &history->order_room, history->order_count + 1, sizeof *history->orders);
    struct order *order = &history->orders[history->order_count++];
    *order = (struct order){
        .id = header->id, .circle = header->circle, .behind_ms = commit_end(history, header->sent_ms)};
    id_format(&order->id, order->text);
    return true;
}

static void set_circle(const struct history *history, json_t *row)
{
    if (history->order->circle > 0)
        json_object_set_new(row, "circle", json_integer(history->order->circle));
}

static bool on_command_entry(void *ctx, const struct entry *entry)
{
    struct history *history = ctx;
    struct envelope e;
    struct command_body body;
    struct arena arena;
    if (!entry->envelope || envelope_unpack(entry->envelope, &e) != ERR_OK)
        return true;
    json_t *row = add_line(history, &e, entry);
    set_circle(history, row);
    arena_init(&arena, history->block, ARENA_BYTES);
    if (command_open(entry->body, entry->body_size, &arena, &body, NULL) != ERR_OK) {
        set_step(row, e.actor, "unknown", "未知", "", "");
        return true;
    }
    const struct command *c = &body.command;
    set_step(row, e.actor, command_event_name(c->event), command_event_zh(c->event), "", "");
    set_actor(row, &c->actor);
    if (c->kind != COMMAND_NONE)
        json_set_text(row, "kind", command_kind_name(c->kind));
    json_set_text(row, "recipient", c->recipient);
    json_set_text(row, "targets", c->targets);
    json_set_text(row, "note", c->text);
    json_set_text(row, "reason", c->reason);
    return true;
}

/* ---- their recipients ---- */

static bool on_sheet(void *ctx, const struct sheet *sheet)
{
    struct history *history = ctx;
    history->sheets =
        grow(history->sheets, &history->sheet_room, history->sheet_count + 1, sizeof *history->sheets);
    history->sheets[history->sheet_count++] = sheet->id;
    return true;
}

static void add_change(struct history *history, json_t *row, const struct receipt_change *change)
{
    const struct receipt *after = &change->after;
    const char *from = json_string_value(json_object_get(history->states, after->name));
    const char *to = receipt_state_name(after->state);
    set_circle(history, row);
    set_step(row, change->actor.user, receipt_event_name(change->event), receipt_event_zh(change->event),
             from ? from : "", to);
    set_actor(row, &change->actor);
    set_key(row, &change->key);
    json_set_text(row, "recipient", after->name);
    json_set_text(row, "note", change->text);
    json_object_set_new(row, "flags", receipt_flags_json(after->flags));
    if (change->outcome != ERR_OK)
        json_object_set_new(row, "outcome", json_string(err_name(change->outcome)));
    json_object_set_new(history->states, after->name, json_string(to));
}

static bool on_sheet_entry(void *ctx, const struct entry *entry)
{
    struct history *history = ctx;
    struct envelope e;
    struct sheet_body body;
    struct arena arena;
    if (!entry->envelope || envelope_unpack(entry->envelope, &e) != ERR_OK)
        return true;
    arena_init(&arena, history->block, ARENA_BYTES);
    if (sheet_unpack(entry->body, entry->body_size, &arena, &body, NULL) != ERR_OK) {
        set_step(add_line(history, &e, entry), e.actor, "unknown", "未知", "", "");
        return true;
    }
    for (size_t i = 0; i < body.count; i++)
        add_change(history, add_line(history, &e, entry), &body.changes[i]);
    if (body.event == SHEET_UNFILLED) {
        json_t *row = add_line(history, &e, entry);
        set_circle(history, row);
        set_step(row, e.actor, "unfilled", "力量不足", "", "");
    }
    return true;
}

static enum err read_order(struct history *history, struct store_reader *reader, struct fault *fault)
{
    const struct id *id = &history->order->id;
    history->sheet_count = 0;
    enum err err = store_read_log(reader, id, on_command_entry, history, fault);
    if (err == ERR_OK)
        err = store_read_sheets(reader, id, on_sheet, history, fault);
    for (size_t i = 0; err == ERR_OK && i < history->sheet_count; i++) {
        history->states = json_object();
        err = store_read_log(reader, &history->sheets[i], on_sheet_entry, history, fault);
        json_decref(history->states);
    }
    return err;
}

/* ---- all of it ---- */

static enum err read_all(struct history *history, struct store_reader *reader,
                         const struct case_record *record, struct fault *fault)
{
    const struct store_command_filter filter = {.case_no = record->case_no};
    enum err err = store_read_log(reader, &record->id, on_case_entry, history, fault);
    if (err == ERR_OK)
        err = store_read_commands(reader, &filter, on_order, history, fault);
    if (history->order_count > 0)
        qsort(history->orders, history->order_count, sizeof *history->orders, by_sending);
    for (size_t i = 0; err == ERR_OK && i < history->order_count; i++) {
        history->order = &history->orders[i];
        err = read_order(history, reader, fault);
    }
    return err;
}

static json_t *sorted(struct history *history)
{
    json_t *list = json_array();
    if (history->line_count > 0)
        qsort(history->lines, history->line_count, sizeof *history->lines, by_time);
    for (size_t i = 0; i < history->line_count; i++)
        json_array_append_new(list, history->lines[i].row);
    return list;
}

enum err case_history_read(struct cli *cli, struct store_reader *reader, const struct case_record *record,
                           json_t *out, struct fault *fault)
{
    struct history history = {.cli = cli, .of = out, .block = malloc(ARENA_BYTES)};
    if (!history.block)
        abort();
    enum err err = store_reader_begin(reader, fault);
    if (err == ERR_OK)
        err = read_all(&history, reader, record, fault);
    if (err == ERR_OK)
        err = store_reader_end(reader, fault);
    json_object_set_new(out, "history", sorted(&history));
    free(history.block);
    free(history.lines);
    free(history.orders);
    free(history.sheets);
    return err;
}
