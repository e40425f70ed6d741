/* One log, event by event: the chain of hashes, the order; of a case custody, the transition table, who
 * checked. Copies are compared with what other databases showed before; only what is new is judged by the
 * rules. */
#include "cmd_verify_log.h"

#include <stdlib.h>
#include <string.h>

#include "wire/event.h"

#define SCRATCH_BYTES (512u << 10) /* one decoded event: SHEET_CHANGES_MAX changes and their texts */

enum err verify_log_init(struct verify_log *log, struct verify_paper *paper)
{
    *log = (struct verify_log){.verify = paper->verify, .paper = paper, .center = paper->center};
    log->scratch = malloc(SCRATCH_BYTES);
    if (!log->scratch)
        return ERR_MEMORY;
    arena_init(&log->arena, log->scratch, SCRATCH_BYTES);
    return ERR_OK;
}

void verify_log_fini(struct verify_log *log)
{
    free(log->scratch);
}

static struct verify_entry *entry_of(const struct verify_log *log)
{
    return &log->verify->entries[log->position];
}

static void begin(struct verify_log *log, const struct id *subject)
{
    verify_log_end(log);
    log->subject = *subject;
    log->no = 0;
    log->kind = 0;
    log->broken = false;
    log->replay = (struct verify_replay){.ended = COMMAND_EVENT_NONE};
    memset(log->head, 0, sizeof log->head);
    log->last = (struct envelope){.state = CASE_NONE};
    verify_entry(log->verify, subject, &log->position);
}

/* The row must stand where the log ends. */
static void judge_head(struct verify_log *log, const struct verify_entry *entry,
                       const struct verify_holder *holder)
{
    enum verify_rule rule = entry->kind == SUBJECT_CASE ? VERIFY_LOG_ROW : VERIFY_COMMAND_ROW;
    char text[ID_TEXT_SIZE];
    if (!holder) {
        id_format(&log->subject, text);
        verify_say(log->verify, rule, log->center, entry, "events of %s, but no row", text);
    } else if (!log->broken && holder->no != log->no) {
        verify_say(log->verify, rule, log->center, entry, "row at event %d, log at %d", holder->no, log->no);
    } else if (!log->broken && memcmp(holder->head, log->head, VERIFY_HASH) != 0) {
        verify_say(log->verify, rule, log->center, entry, "another head hash at event %d", log->no);
    }
}

void verify_log_end(struct verify_log *log)
{
    if (id_is_zero(&log->subject))
        return;
    struct verify_entry *entry = entry_of(log);
    struct verify_holder *holder = verify_holder(entry, log->center);
    log->verify->counts.events += log->no;
    if (holder)
        holder->logged = true;
    judge_head(log, entry, holder);
    verify_replay_end(log);
}

static bool moves_custody(uint16_t kind)
{
    return kind == EVENT_HANDOVER || kind == EVENT_RECLAIM || kind == EVENT_RESTORED || kind >= CASE_EVENTS;
}

static bool is_neighbour(const struct topology *topology, int32_t a, int32_t b)
{
    return a >= 0 && b >= 0 && (topology->centers[a].parent == b || topology->centers[b].parent == a);
}

static void judge_custody(struct verify_log *log, const struct envelope *e)
{
    const struct topology *topology = log->verify->topology;
    const struct verify_entry *entry = entry_of(log);
    bool moves = strcmp(e->writer, e->next_owner) != 0;
    bool restored = e->kind == EVENT_RECLAIM || e->kind == EVENT_RESTORED;
    int32_t grown = e->no > 1 ? e->epoch - log->last.epoch : 0;
    if (e->no > 1 && strcmp(e->writer, log->last.next_owner) != 0 && !restored)
        verify_say(log->verify, VERIFY_CUSTODY, log->center, entry, "event %d by %s, but %s owned it", e->no,
                   e->writer, log->last.next_owner);
    if (moves && !moves_custody(e->kind))
        verify_say(log->verify, VERIFY_CUSTODY, log->center, entry, "event %d (%s) names the owner %s", e->no,
                   case_event_name((enum case_event)e->kind), e->next_owner);
    if (grown < 0 || grown > 1 || (grown == 1) != (e->no > 1 && (moves || restored)))
        verify_say(log->verify, VERIFY_CUSTODY, log->center, entry, "epoch %d after %d at event %d", e->epoch,
                   log->last.epoch, e->no);
    if (e->kind == EVENT_HANDOVER && !is_neighbour(topology, topology_center(topology, e->writer),
                                                   topology_center(topology, e->next_owner)))
        verify_say(log->verify, VERIFY_CUSTODY, log->center, entry, "event %d hands over from %s to %s",
                   e->no, e->writer, e->next_owner);
}

static void judge_transition(struct verify_log *log, const struct envelope *e)
{
    enum case_state before = (enum case_state)log->last.state, after = (enum case_state)e->state;
    bool own_kind = e->kind == EVENT_RECLAIM || e->kind == EVENT_RESTORED;
    bool allowed = own_kind ? before == after : case_rule_allows(before, (enum case_event)e->kind, after);
    if (e->kind >= CASE_EVENTS || allowed)
        return;
    verify_say(log->verify, VERIFY_TRANSITION, log->center, entry_of(log), "event %d: %s from %s to %s",
               e->no, case_event_name((enum case_event)e->kind), case_state_name(before),
               case_state_name(after));
}

static bool is_check(uint16_t kind)
{
    return kind == EVENT_CHECK_OK || kind == EVENT_CHECK_FAIL || kind == EVENT_CLOSE;
}

/* What the body adds: the post must stand in the table's cell, the checker must not be the handler, the key
 * has this outcome. A body that was lawfully erased says nothing. */
static void judge_body(struct verify_log *log, const struct envelope *e, const struct entry *row)
{
    struct verify_entry *entry = entry_of(log);
    struct event_body *body;
    struct fault fault;
    const struct case_rule *rule = case_rule((enum case_state)log->last.state, (enum case_event)e->kind);
    if (row->body_size == 0 || e->kind >= CASE_EVENTS)
        return;
    arena_reset(&log->arena);
    body = arena_take(&log->arena, sizeof *body);
    if (event_decode(row->body, row->body_size, &log->arena, body, &fault) != ERR_OK) {
        verify_say(log->verify, VERIFY_LOG_BODY, log->center, entry, "event %d: %.150s", e->no, fault.text);
        return;
    }
    enum post post = post_from_name(body->actor_name);
    if (rule && post != POST_NONE && !(rule->posts & (unsigned)post))
        verify_say(log->verify, VERIFY_TRANSITION, log->center, entry, "event %d: a %s may not %s", e->no,
                   body->actor_name, case_event_name((enum case_event)e->kind));
    if (is_check(e->kind) && entry->handler[0] && strcmp(entry->handler, e->actor) == 0)
        verify_say(log->verify, VERIFY_CHECKER, log->center, entry, "event %d: %s", e->no, e->actor);
    if (body->has_facts)
        memcpy(entry->handler, body->facts.handler, sizeof entry->handler);
    if (!id_is_zero(&body->key))
        verify_outcome(log->verify, &body->key, body->outcome, e->no, log->center, entry);
}

/* An event that no database read before has shown. */
static void judge_new(struct verify_log *log, const struct envelope *e, const struct entry *row,
                      const uint8_t hash[HASH_BYTES])
{
    const struct topology *topology = log->verify->topology;
    struct verify_event event = {.writer = (int16_t)topology_center(topology, e->writer),
                                 .next_owner = (int16_t)topology_center(topology, e->next_owner),
                                 .kind = e->kind};
    memcpy(event.hash, hash, VERIFY_HASH);
    if (e->no > 1 && e->at_ms <= log->last.at_ms)
        verify_say(log->verify, VERIFY_LOG_CHAIN, log->center, entry_of(log),
                   "event %d is not later than the one before", e->no);
    if (e->subject_kind == SUBJECT_CASE) {
        judge_custody(log, e);
        judge_transition(log, e);
        judge_body(log, e, row);
    }
    verify_event_add(entry_of(log), &event);
}

/* Reads the envelope and its place in the chain; false when the rest of the log tells nothing. */
static bool take(struct verify_log *log, const struct entry *row, struct envelope *e,
                 uint8_t hash[HASH_BYTES])
{
    struct verify *verify = log->verify;
    const struct verify_entry *entry = entry_of(log);
    uint8_t body[HASH_BYTES];
    if (!row->envelope || envelope_unpack(row->envelope, e) != ERR_OK ||
        !id_equal(&e->subject, &row->subject) || e->no != row->subject_no) {
        verify_say(verify, VERIFY_LOG_CHAIN, log->center, entry, "event %d does not read", row->subject_no);
        return false;
    }
    if (log->kind && e->subject_kind != log->kind) {
        verify_say(verify, VERIFY_LOG_CHAIN, log->center, entry, "event %d is of another kind of subject",
                   e->no);
        return false;
    }
    if (e->no != log->no + 1) {
        verify_say(verify, VERIFY_LOG_CHAIN, log->center, entry, "event %d follows event %d", e->no, log->no);
        return false;
    }
    if (memcmp(e->prev_hash, log->head, HASH_BYTES) != 0) {
        verify_say(verify, VERIFY_LOG_CHAIN, log->center, entry, "event %d does not hang on event %d", e->no,
                   log->no);
        return false;
    }
    wire_hash(row->body, row->body_size, body);
    if (row->body_size > 0 && memcmp(body, e->body_hash, HASH_BYTES) != 0)
        verify_say(verify, VERIFY_LOG_BODY, log->center, entry, "event %d", e->no);
    envelope_hash(row->envelope, hash);
    return true;
}

void verify_log_entry(struct verify_log *log, const struct entry *row)
{
    struct envelope e;
    uint8_t hash[HASH_BYTES];
    if (!id_equal(&row->subject, &log->subject))
        begin(log, &row->subject);
    if (log->broken)
        return;
    if (row->subject_no == log->no && row->envelope) { /* a repair wrote it again */
        envelope_hash(row->envelope, hash);
        if (memcmp(hash, log->head, HASH_BYTES) != 0)
            verify_say(log->verify, VERIFY_LOG_CHAIN, log->center, entry_of(log),
                       "event %d stands there twice and differs", row->subject_no);
        return;
    }
    log->broken = !take(log, row, &e, hash);
    if (log->broken)
        return;
    struct verify_entry *entry = entry_of(log);
    bool fresh = e.no > entry->event_count;
    log->kind = e.subject_kind;
    if (!entry->kind)
        entry->kind = e.subject_kind;
    if (fresh) {
        judge_new(log, &e, row, hash);
    } else if (memcmp(entry->events[e.no - 1].hash, hash, VERIFY_HASH) != 0) {
        verify_say(log->verify, VERIFY_COPY, log->center, entry, "from event %d on", e.no);
        log->broken = true;
        return;
    }
    verify_replay_event(log, &e, row, fresh);
    log->no = e.no;
    log->last = e;
    memcpy(log->head, hash, HASH_BYTES);
}
