/* The logs of commands, sheets and units, event by event: who may write them, whose signature a command
 * bears, which way a receipt went; and what came out of it against the rows. */
#include "cmd_verify_log.h"

#include <string.h>

#include "base/text.h"
#include "wire/command.h"

/* ---- what all of them share ---- */

static struct verify_entry *entry_of(const struct verify_log *log)
{
    return &log->verify->entries[log->position];
}

/* None of them ever changes hands (custody.md rules 18-19). */
static void judge_writer(struct verify_log *log, const struct envelope *e, const char *writer)
{
    if (strcmp(e->writer, writer) != 0 || strcmp(e->next_owner, writer) != 0)
        verify_say(log->verify, VERIFY_WRITER, log->center, entry_of(log),
                   "event %d by %s, next by %s: only %s may", e->no, e->writer, e->next_owner, writer);
}

static bool decoded(struct verify_log *log, const struct envelope *e, enum err code,
                    const struct fault *fault)
{
    if (code == ERR_OK)
        return true;
    verify_say(log->verify, VERIFY_LOG_BODY, log->center, entry_of(log), "event %d: %.150s", e->no,
               fault->text);
    log->replay.blank = true;
    return false;
}

/* ---- commands ---- */

static void judge_signature(struct verify_log *log, const struct envelope *e, const struct command_body *body)
{
    struct verify *verify = log->verify;
    const uint8_t *key;
    if (!verify->signers.list)
        return;
    for (size_t i = 0; (key = link_signers_key(&verify->signers, e->writer, i)) != NULL; i++)
        if (command_verify(body, key) == ERR_OK) {
            verify->counts.signatures++;
            return;
        }
    verify_say(verify, VERIFY_FORGED, log->center, entry_of(log), "event %d in the name of %s", e->no,
               e->writer);
}

static void judge_statement(struct verify_log *log, const struct envelope *e, const struct command *c)
{
    bool first = e->no == 1;
    if (!id_equal(&c->id, &e->subject) || c->no != e->no || c->event != (enum command_event)e->kind ||
        strcmp(c->center, e->writer) != 0)
        verify_say(log->verify, VERIFY_STATEMENT, log->center, entry_of(log),
                   "event %d (%s) by %s states no %d (%s) by %s", e->no,
                   command_event_name((enum command_event)e->kind), e->writer, c->no,
                   command_event_name(c->event), c->center);
    if (first != (c->event == COMMAND_ISSUE))
        verify_say(log->verify, VERIFY_STATEMENT, log->center, entry_of(log), "event %d is %s", e->no,
                   command_event_name(c->event));
}

static void note_order(struct verify_log *log, const struct command *c)
{
    struct verify_order order = {
        .id = c->id, .entry = log->position, .issuer = topology_center(log->verify->topology, c->center)};
    text_put(order.targets, sizeof order.targets, c->targets);
    if (order.issuer >= 0)
        verify_order_add(log->verify, &order);
}

static void replay_command(struct verify_log *log, const struct envelope *e, const struct entry *row,
                           bool fresh)
{
    struct command_body body;
    struct fault fault;
    if (!decoded(log, e, command_open(row->body, row->body_size, &log->arena, &body, &fault), &fault))
        return;
    const struct command *c = &body.command;
    if (fresh) {
        judge_writer(log, e, e->no > 1 ? log->last.writer : e->writer);
        judge_statement(log, e, c);
        judge_signature(log, e, &body);
        if (c->event == COMMAND_ISSUE)
            note_order(log, c);
    }
    if (c->event == COMMAND_ISSUE || c->event == COMMAND_UPDATE)
        wire_hash(body.statement, body.statement_size, log->replay.statement);
    if (c->event == COMMAND_CANCEL || c->event == COMMAND_SUPERSEDE || c->event == COMMAND_STAND_DOWN)
        log->replay.ended = c->event;
}

static void end_command(struct verify_log *log)
{
    const struct paper_command *row = paper_command(log->paper, &log->subject);
    if (!row)
        return; /* said already */
    if (row->ended != log->replay.ended)
        verify_say(log->verify, VERIFY_COMMAND_ROW, log->center, entry_of(log),
                   "ended by %s, in the log by %s", command_event_name(row->ended),
                   command_event_name(log->replay.ended));
    if (memcmp(row->statement, log->replay.statement, VERIFY_HASH) != 0)
        verify_say(log->verify, VERIFY_COMMAND_ROW, log->center, entry_of(log),
                   "its statement is not the last issued");
}

/* ---- sheets ---- */

static struct paper_line *line_of(struct verify_paper *paper, const char *name, bool *known)
{
    uint8_t padded[USER_SIZE] = {0}, hash[HASH_BYTES];
    struct id key;
    size_t at;
    text_put((char *)padded, sizeof padded, name);
    wire_hash(padded, sizeof padded, hash);
    memcpy(key.bytes, hash, ID_BYTES);
    *known = store_index_add(&paper->line_index, &key, &at);
    paper->lines = verify_grow(paper->lines, &paper->line_room, at + 1, sizeof *paper->lines);
    if (!*known) {
        paper->lines[at] = (struct paper_line){.state = RECEIPT_NONE};
        text_put(paper->lines[at].name, sizeof paper->lines[at].name, name);
    }
    return &paper->lines[at];
}

static void judge_change(struct verify_log *log, const struct envelope *e,
                         const struct receipt_change *change, const struct paper_line *before)
{
    struct verify *verify = log->verify;
    const struct receipt *after = &change->after;
    bool listing = e->kind == SHEET_OPEN || e->kind == SHEET_MORE;
    struct recipient who;
    if (listing && before->state != RECEIPT_NONE)
        verify_say(verify, VERIFY_RECEIPT_TWICE, log->center, entry_of(log), "event %d lists %s again", e->no,
                   after->name);
    else if (listing && (!recipient_find(verify->topology, after->name, &who) ||
                         strcmp(verify->topology->centers[who.center].code, e->writer) != 0))
        verify_say(verify, VERIFY_WRITER, log->center, entry_of(log), "event %d: %s is none of %s's", e->no,
                   after->name, e->writer);
    if (before->state == RECEIPT_EXPIRED && after->state != RECEIPT_EXPIRED)
        verify_say(verify, VERIFY_RECEIPT_REVIVED, log->center, entry_of(log), "event %d: %s by %s to %s",
                   e->no, after->name, receipt_event_name(change->event), receipt_state_name(after->state));
    else if (change->outcome != ERR_OK ? after->state != before->state
                                       : !receipt_rule_allows(before->state, change->event, after->state))
        verify_say(verify, VERIFY_RECEIPT_STEP, log->center, entry_of(log), "event %d: %s %s from %s to %s",
                   e->no, after->name, receipt_event_name(change->event), receipt_state_name(before->state),
                   receipt_state_name(after->state));
    if (!id_is_zero(&change->key))
        verify_outcome(verify, &change->key, change->outcome, e->no, log->center, entry_of(log));
}

static void replay_sheet(struct verify_log *log, const struct envelope *e, const struct entry *row,
                         bool fresh)
{
    struct sheet_body body;
    struct fault fault;
    if (!decoded(log, e, sheet_unpack(row->body, row->body_size, &log->arena, &body, &fault), &fault))
        return;
    struct id own = sheet_id(&body.command, e->writer);
    if (fresh)
        judge_writer(log, e, e->no > 1 ? log->last.writer : e->writer);
    if (fresh && !id_equal(&own, &e->subject))
        verify_say(log->verify, VERIFY_WRITER, log->center, entry_of(log), "event %d: not the sheet of %s",
                   e->no, e->writer);
    log->replay.command = body.command;
    for (size_t i = 0; i < body.count; i++) {
        const struct receipt_change *change = &body.changes[i];
        bool known;
        struct paper_line *line = line_of(log->paper, change->after.name, &known);
        if (fresh)
            judge_change(log, e, change, line);
        line->state = change->after.state;
        paper_digest(&change->after, line->digest);
    }
}

static void end_sheet(struct verify_log *log)
{
    struct verify_paper *paper = log->paper;
    struct paper_sheet *sheet = paper_sheet(paper, &log->subject);
    if (sheet && (log->broken || log->replay.blank))
        sheet->unjudged = true;
    else if (sheet)
        for (size_t i = 0; i < paper->line_index.count; i++) {
            const struct paper_line *line = &paper->lines[i];
            struct paper_receipt *row = paper_receipt(paper, &log->replay.command, line->name);
            if (!row || memcmp(row->digest, line->digest, VERIFY_HASH) != 0)
                verify_say(log->verify, VERIFY_RECEIPT_ROW, log->center, entry_of(log),
                           "%s: %s, in the log %s", line->name,
                           row ? receipt_state_name(row->state) : "no row", receipt_state_name(line->state));
            if (row)
                row->shown = true;
        }
    store_index_clear(&paper->line_index);
}

/* ---- units ---- */

static void replay_unit(struct verify_log *log, const struct envelope *e, const struct entry *row, bool fresh)
{
    const struct topology *topology = log->verify->topology;
    struct unit unit = {.last_no = 0};
    struct unit_identity identity;
    struct actor actor;
    struct fault fault;
    if (!decoded(log, e, unit_unpack(row->body, row->body_size, &log->arena, &unit, &actor, &fault), &fault))
        return;
    struct id own = unit_id(unit.name);
    bool known = topology_unit(topology, unit.name, &identity);
    if (fresh && !id_equal(&own, &e->subject))
        verify_say(log->verify, VERIFY_WRITER, log->center, entry_of(log), "event %d is of %s", e->no,
                   unit.name);
    if (fresh)
        judge_writer(log, e, known ? topology->centers[identity.center].code : e->writer);
    if (fresh && e->kind == UNIT_EVENT_BOOK && !id_is_zero(&log->replay.command) &&
        !id_equal(&unit.booked, &log->replay.command))
        verify_say(log->verify, VERIFY_UNIT_TWICE, log->center, entry_of(log), "event %d", e->no);
    log->replay.command = unit.booked;
}

static void end_unit(struct verify_log *log)
{
    const struct id *row = paper_booked(log->paper, &log->subject);
    if (row && !id_equal(row, &log->replay.command))
        verify_say(log->verify, VERIFY_COMMAND_ROW, log->center, entry_of(log),
                   "booked otherwise than its log says");
}

/* ---- by subject ---- */

void verify_replay_event(struct verify_log *log, const struct envelope *e, const struct entry *row,
                         bool fresh)
{
    arena_reset(&log->arena);
    log->replay.blank |= row->body_size == 0;
    if (log->replay.blank)
        return;
    switch (e->subject_kind) {
    case SUBJECT_COMMAND:
        replay_command(log, e, row, fresh);
        break;
    case SUBJECT_SHEET:
        replay_sheet(log, e, row, fresh);
        break;
    case SUBJECT_UNIT:
        replay_unit(log, e, row, fresh);
        break;
    case SUBJECT_CASE:
    case SUBJECT_CENTER:
        break;
    }
}

void verify_replay_end(struct verify_log *log)
{
    if (log->kind == SUBJECT_COMMAND && !log->broken && !log->replay.blank)
        end_command(log);
    if (log->kind == SUBJECT_SHEET)
        end_sheet(log);
    if (log->kind == SUBJECT_UNIT && !log->broken && !log->replay.blank)
        end_unit(log);
}
