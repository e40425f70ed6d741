/* Events: written, taken over, remembered, and sent on. The audience is that of lib/center: a command goes
 * to the children under which it touches somebody and up to the root; a sheet goes home to its issuer and up
 * to the root. */
#ifndef SANJI_TESTS_SIM_COMMAND_LOG_H
#define SANJI_TESTS_SIM_COMMAND_LOG_H

#include "sim_command_tree.h"

/* ---- what an event means to who holds it ---- */

static inline struct known_command *known_command(struct world *world, int c, int command)
{
    return &world->centers[c].memory.commands[command];
}

static inline struct known_sheet *known_sheet(struct world *world, int c, int command, int at)
{
    return &world->centers[c].memory.sheets[command][at];
}

static inline const struct event *log_event(const struct sim_center *center, const struct event *like,
                                            int32_t no)
{
    return like->at == NOBODY ? center->memory.commands[like->command].log[no - 1]
                              : center->memory.sheets[like->command][like->at].log[no - 1];
}

static inline int log_count(const struct sim_center *center, int command, int at)
{
    return at == NOBODY ? center->memory.commands[command].count : center->memory.sheets[command][at].count;
}

/* What any holder makes of a change: answers are counted for any and k of n. */
static inline void see_change(struct world *world, struct known_command *known,
                              const struct receipt_change *change)
{
    const struct receipt *after = &change->after;
    bool again = change->event == RECEIPT_ACK && after->state == RECEIPT_ACKED;
    known->answered += receipt_first_signed(change) || (again && world->mutant == MUTANT_COUNTED_TWICE);
}

static inline void take_receipt(struct known_sheet *sheet, const struct receipt *after)
{
    int i = 0;
    while (i < sheet->receipt_count && strcmp(sheet->receipts[i].name, after->name) != 0)
        i++;
    if (i == SHEET_ROOM)
        return; /* the checks find a count that is wrong */
    sheet->receipt_count += i == sheet->receipt_count;
    sheet->receipts[i] = *after;
}

/* The sheets that the tree lets expect at c, as lib/center puts them on record. */
static inline void expect_sheets(struct world *world, int c, int command)
{
    struct known_command *known = known_command(world, c, command);
    for (int at = 0; at < CENTERS; at++)
        if (is_under(at, c) || is_under(known->issuer, c))
            known_sheet(world, c, command, at)->expected =
                (int)selector_expand(&known->selector, &world->tree.topology, known->issuer, at, NULL, 0);
}

static inline void learn_command(struct world *world, int c, struct event *event)
{
    struct known_command *known = known_command(world, c, event->command);
    struct fault fault;
    command_apply(&known->record, event->said, event->no, event->at_ms, event->hash);
    if (event->said->event == COMMAND_ISSUE) {
        known->issuer = topology_center(&world->tree.topology, event->said->center);
        if (selector_parse(event->said->targets, &known->selector, &fault) != ERR_OK)
            fail_world(world, "a selector that was signed does not read", event->command, c);
        expect_sheets(world, c, event->command);
    }
    if (known->count == COMMAND_LOG)
        fail_world(world, "does not settle: endless statements", event->command, c);
    else
        known->log[known->count++] = event;
}

static inline void learn_sheet(struct world *world, int c, struct event *event, bool ours)
{
    struct known_sheet *sheet = known_sheet(world, c, event->command, event->at);
    size_t count =
        world->mutant == MUTANT_FIRST_CHANGE && event->changed->count > 0 ? 1 : event->changed->count;
    for (size_t i = 0; !ours && i < count; i++) {
        take_receipt(sheet, &event->changed->changes[i].after);
        see_change(world, known_command(world, c, event->command), &event->changed->changes[i]);
    }
    if (sheet->count == SHEET_LOG)
        fail_world(world, "does not settle: endless changes", event->command, c);
    else
        sheet->log[sheet->count++] = event;
}

/* ---- journal and audience (rule 2: fixed at the commit, never computed again) ---- */

static inline bool goes_to(struct world *world, int c, const struct event *event, int to)
{
    const struct known_command *known = known_command(world, c, event->command);
    bool up = parent_of(c) == to;
    if (event->at != NOBODY) {
        if (up && world->mutant == MUTANT_NOT_TO_ROOT)
            return !is_under(known->issuer, c);
        return up || is_under(known->issuer, to);
    }
    if (world->mutant == MUTANT_CANCEL_STAYS && event->said->event == COMMAND_CANCEL && known->issuer != c)
        return false;
    if (up)
        return is_under(known->issuer, c);
    return !is_under(known->issuer, to) &&
           selector_touches_under(&known->selector, &world->tree.topology, known->issuer, to);
}

static inline void append_row(struct world *world, int c, int to, struct event *event, bool snapshot)
{
    struct neighbour_rows *rows = &world->centers[c].db.to[to];
    if (rows->count == ROWS_ROOM) {
        fail_world(world, "does not settle: endless entries", event->command, c);
        return;
    }
    rows->rows[rows->count] = (struct row){.lsn = world->centers[c].db.lsn,
                                           .prev = rows->count > 0 ? rows->rows[rows->count - 1].lsn : 0,
                                           .event = event,
                                           .snapshot = snapshot};
    rows->count++;
}

static inline void append_journal(struct world *world, int c, struct event *event, int from)
{
    struct command_db *db = &world->centers[c].db;
    if (db->lsn == JOURNAL_ROOM) {
        fail_world(world, "does not settle: an endless journal", event->command, c);
        return;
    }
    db->journal[db->lsn++] = event;
    event->lsn = db->lsn;
    for (int to = 0; to < CENTERS; to++)
        if (neighbours(c, to) && to != from && goes_to(world, c, event, to))
            append_row(world, c, to, event, false);
}

/* A subject's whole log once more, as a repair sends it. Takes an lsn of its own. */
static inline void repeat_log(struct world *world, int c, int command, int at, int to)
{
    struct sim_center *center = &world->centers[c];
    int count = log_count(center, command, at);
    struct event like = {.command = command, .at = at};
    if (count == 0 || !goes_to(world, c, log_event(center, &like, 1), to))
        return;
    struct event *last = at == NOBODY ? center->memory.commands[command].log[count - 1]
                                      : center->memory.sheets[command][at].log[count - 1];
    if (center->db.lsn == JOURNAL_ROOM)
        return;
    center->db.journal[center->db.lsn++] = NULL;
    append_row(world, c, to, last, true);
    world->tally.repeats++;
}

/* ---- writing ---- */

static inline void read_body(struct world *world, struct event *event, int c)
{
    struct fault fault = {.code = ERR_OK};
    enum err err;
    if (event->at == NOBODY) {
        struct command *said = pool_take(world, sizeof *said);
        err = command_unpack(event->body, event->body_size, &world->pool, said, &fault);
        event->said = said;
    } else {
        struct sheet_body *changed = pool_take(world, sizeof *changed);
        err = sheet_unpack(event->body, event->body_size, &world->pool, changed, &fault);
        event->changed = changed;
    }
    if (err != ERR_OK)
        fail_world(world, fault.text[0] ? fault.text : "a body does not read", event->command, c);
}

/* Envelope, chain and decoded body of an event that center c writes. */
static inline struct event *make_event(struct world *world, int c, const struct event *like,
                                       struct envelope *envelope, const uint8_t prev[HASH_BYTES])
{
    struct event_bytes bytes;
    struct event *event = pool_take(world, sizeof *event);
    *event = *like;
    envelope->no = event->no;
    envelope->at_ms = event->at_ms;
    snprintf(envelope->writer, CODE_SIZE, "%s", codes[c]);
    snprintf(envelope->next_owner, CODE_SIZE, "%s", codes[c]);
    subject_encode(envelope, event->body, event->body_size, prev, &bytes);
    memcpy(event->packed, bytes.packed, sizeof event->packed);
    memcpy(event->hash, bytes.hash, sizeof event->hash);
    read_body(world, event, c);
    return event;
}

static inline int64_t later(int64_t now_ms, int64_t last_ms)
{
    return now_ms > last_ms ? now_ms : last_ms + 1; /* rule 12 */
}

static inline const struct event *write_command(struct world *world, int c, int command, struct command *said)
{
    struct known_command *known = known_command(world, c, command);
    struct event like = {.command = command, .at = NOBODY, .no = known->record.last_no + 1};
    struct envelope envelope = {
        .subject_kind = SUBJECT_COMMAND, .subject = said->id, .kind = (uint16_t)said->event};
    like.at_ms = later(world->centers[c].now_ms, known->record.last_ms);
    said->no = like.no;
    snprintf(envelope.actor, USER_SIZE, "%s", said->actor.user);
    if (command_pack(said, &world->pool, &like.body, &like.body_size) != ERR_OK)
        fail_world(world, "a command does not fit the wire", command, c);
    struct event *event = make_event(world, c, &like, &envelope, known->record.head_hash);
    learn_command(world, c, event);
    append_journal(world, c, event, NOBODY);
    return event;
}

static inline void write_sheet(struct world *world, int c, int at, const struct sheet_body *said, int command)
{
    static const uint8_t none[HASH_BYTES];
    struct known_sheet *sheet = known_sheet(world, c, command, at);
    const struct event *last = sheet->count > 0 ? sheet->log[sheet->count - 1] : NULL;
    struct event like = {.command = command, .at = at, .no = sheet->count + 1};
    struct envelope envelope = {.subject_kind = SUBJECT_SHEET,
                                .subject = world->tree.sheet_ids[command][at],
                                .kind = (uint16_t)said->event,
                                .actor = "system:sheet"};
    like.at_ms = later(world->centers[c].now_ms, last ? last->at_ms : 0);
    if (sheet_pack(said, &world->pool, &like.body, &like.body_size) != ERR_OK)
        fail_world(world, "a sheet does not fit the wire", command, c);
    struct event *event = make_event(world, c, &like, &envelope, last ? last->hash : none);
    learn_sheet(world, c, event, true);
    append_journal(world, c, event, NOBODY);
    world->tally.changes += said->count;
}

/* ---- memory made anew from the database: after a start, and after a refused batch (rule 17) ---- */

static inline void remember(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    memset(&center->memory, 0, sizeof center->memory);
    for (int64_t i = 0; i < center->db.committed; i++) {
        struct event *event = center->db.journal[i];
        if (event == NULL)
            continue;
        if (event->at == NOBODY)
            learn_command(world, c, event);
        else
            learn_sheet(world, c, event, false);
    }
    for (int command = 0; command < COMMANDS; command++) { /* with what is not on the wire: the next look */
        const struct stored_sheet *own = &center->db.own[command];
        struct known_sheet *sheet = known_sheet(world, c, command, c);
        for (int i = 0; i < own->count; i++)
            take_receipt(sheet, &own->receipts[i]);
    }
}

static inline void commit_database(struct sim_center *center, int c)
{
    struct command_db *db = &center->db;
    db->committed = db->lsn;
    for (int to = 0; to < CENTERS; to++)
        db->to[to].committed = db->to[to].count;
    for (int command = 0; command < COMMANDS; command++) {
        struct known_sheet *sheet = &center->memory.sheets[command][c];
        if (!sheet->touched)
            continue;
        sheet->touched = false;
        db->own[command].count = sheet->receipt_count;
        memcpy(db->own[command].receipts, sheet->receipts, sizeof sheet->receipts);
    }
}

static inline void roll_back(struct world *world, int c)
{
    struct command_db *db = &world->centers[c].db;
    db->lsn = db->committed;
    for (int to = 0; to < CENTERS; to++)
        db->to[to].count = db->to[to].committed;
    if (world->mutant != MUTANT_MEMORY_KEPT)
        remember(world, c);
}

#endif
