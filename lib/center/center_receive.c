/* What a neighbour sends. It is never judged by the rules of the domain (custody.md rule 5), only by
 * authority, order, hash, epoch and bounds. What fails is set aside in the transaction that moves the
 * position: its subject stops, all others flow on. */
#include "center/center_command.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

void center_decode_event(struct live_center *center, struct work *work)
{
    struct batch *batch = &center->batch;
    const struct entry *entry = work->entry;
    uint8_t hash[HASH_BYTES];
    if (!entry->envelope) {
        work->bad = ERR_MALFORMED;
        return;
    }
    work->bad = envelope_unpack(entry->envelope, &work->envelope);
    if (work->bad != ERR_OK)
        return;
    wire_hash(entry->body, entry->body_size, hash);
    if (!id_equal(&work->envelope.subject, &entry->subject) || work->envelope.no != entry->subject_no) {
        work->bad = ERR_MALFORMED;
        return;
    }
    if (work->envelope.subject_kind == SUBJECT_COMMAND || work->envelope.subject_kind == SUBJECT_SHEET) {
        work->bad = memcmp(hash, work->envelope.body_hash, HASH_BYTES) != 0
                        ? ERR_HASH
                        : center_decode_subject(center, work);
        return;
    }
    if (work->envelope.subject_kind == SUBJECT_UNIT) {
        work->bad = ERR_FOREIGN; /* a unit's log stays at its home */
        return;
    }
    if (entry->body_size > 0 && memcmp(hash, work->envelope.body_hash, HASH_BYTES) != 0) {
        work->bad = ERR_HASH; /* an empty body was lawfully erased */
        return;
    }
    struct event_body *body = arena_take(&batch->arena, sizeof *body);
    assert(body);
    if (event_decode(entry->body, entry->body_size, &batch->arena, body, NULL) == ERR_OK)
        work->body = body;
    else if (work->envelope.kind < CASE_EVENTS && entry->body_size > 0)
        work->bad = ERR_MALFORMED; /* a kind that we know must decode; one that we do not know need not */
}

static bool from_child(const struct work *work)
{
    return !work->from->row.is_parent;
}

bool center_may_speak_for(const struct live_center *center, const struct neighbour *from, const char *code)
{
    const struct topology *topology = center->world.topology;
    int32_t index = topology_center(topology, code);
    if (index < 0)
        return false;
    if (!from->row.is_parent)
        return topology_is_under(topology, index, from->index);
    return !topology_is_under(topology, index, center->index);
}

/* Event 1 brings a case: its origin and area must lie where the sender may speak from. */
static enum err check_birth(const struct live_center *center, const struct work *work)
{
    const struct event_birth *birth = &work->body->birth;
    static const uint8_t nothing[HASH_BYTES];
    const struct envelope *e = &work->envelope;
    if (!work->body->has_birth)
        return ERR_MALFORMED;
    if (memcmp(e->prev_hash, nothing, HASH_BYTES) != 0)
        return ERR_HASH;
    if (strcmp(e->writer, birth->origin) != 0)
        return ERR_FOREIGN;
    if (strcmp(e->next_owner, e->writer) != 0)
        return ERR_EPOCH;
    if (!from_child(work))
        return ERR_OK; /* handed down from above, whatever its origin */
    if (!center_may_speak_for(center, work->from, birth->origin))
        return ERR_FOREIGN;
    return topology_covers(center->world.topology, work->from->index, birth->area) ? ERR_OK : ERR_FOREIGN;
}

/* Custody moves only by a hand-over, a reclaim or a restore, and with each the epoch grows by one. */
static enum err check_custody(const struct work *work, int32_t epoch)
{
    const struct envelope *e = &work->envelope;
    bool moves = strcmp(e->writer, e->next_owner) != 0;
    bool may_move = e->kind == EVENT_HANDOVER || e->kind == EVENT_RECLAIM || e->kind == EVENT_RESTORED ||
                    e->kind >= CASE_EVENTS;
    if (moves && !may_move)
        return ERR_EPOCH;
    if (e->epoch == epoch)
        return moves ? ERR_EPOCH : ERR_OK;
    return e->epoch == epoch + 1 && may_move ? ERR_OK : ERR_EPOCH;
}

static enum err check_event(const struct live_center *center, const struct case_slot *slot,
                            const struct work *work)
{
    const struct envelope *e = &work->envelope;
    const struct case_record *record = &slot->row.record;
    bool snapshot = work->entry->kind == ENTRY_SNAPSHOT;
    if (work->bad != ERR_OK)
        return work->bad;
    if (slot->row.quarantined && !snapshot)
        return ERR_GAP;
    if (!slot->exists)
        return e->no == 1 && work->body ? check_birth(center, work) : ERR_GAP;
    if (e->no != record->last_no + 1)
        return ERR_GAP;
    if (memcmp(e->prev_hash, record->head_hash, HASH_BYTES) != 0)
        return ERR_HASH;
    /* Who writes is who owned; a snapshot replays writers of the past, whom the hash chain vouches for. */
    if (strcmp(e->writer, record->owner) != 0 && e->kind != EVENT_RECLAIM && e->kind != EVENT_RESTORED)
        return ERR_FOREIGN;
    if (!snapshot && !center_may_speak_for(center, work->from, e->writer))
        return ERR_FOREIGN;
    return check_custody(work, record->epoch);
}

/* Sets the entry aside, and, when it is the subject's first, tells the sender and calls a person. */
static void set_aside(struct live_center *center, const struct work *work, bool first, enum err why)
{
    struct batch *batch = &center->batch;
    char text[160];
    store_batch_quarantine(batch->writes, work->from->row.no, work->lane, work->entry, why, batch->now_ms);
    if (!first)
        return;
    snprintf(text, sizeof text, "event %d from %s set aside: %s", work->entry->subject_no,
             work->from->row.code, err_name(why));
    center_alarm(center, "stream.quarantine", &work->entry->subject, text);
    struct entry nack = {.kind = ENTRY_NACK,
                         .subject = work->entry->subject,
                         .subject_no = work->entry->subject_no,
                         .epoch = work->entry->epoch,
                         .code = why};
    center_write_talk(center, work->from, LANE_TALK, &nack);
}

/* Later events of the case join it there. */
static void quarantine(struct live_center *center, struct case_slot *slot, const struct work *work,
                       enum err why)
{
    bool first = !slot || !slot->row.quarantined;
    if (slot && slot->exists && first) {
        slot->row.quarantined = true;
        center_touch(center, slot);
    }
    set_aside(center, work, first, why);
}

/* What the event says of a request's key: decided, here too. */
static void learn_outcome(struct live_center *center, struct case_slot *slot, const struct work *work)
{
    const struct event_body *body = work->body;
    if (!body || id_is_zero(&body->key))
        return;
    const struct key_slot *known = center_key_find(center, &body->key);
    if (known && known->exists && known->row.outcome == ERR_PENDING)
        store_batch_unkeep(center->batch.writes, &body->key);
    center_record_key(center, &body->key, &slot->row.record.id, work->envelope.no, body->outcome, NULL);
    center_tell_waiter(center, &body->key, body->outcome, slot);
}

static void apply(struct live_center *center, struct case_slot *slot, const struct work *work)
{
    const struct event_body *body = work->body;
    uint8_t hash[HASH_BYTES];
    envelope_hash(work->entry->envelope, hash);
    if (!slot->exists) {
        record_from_birth(&work->envelope, &body->birth, &slot->row.record);
        slot->exists = true;
    }
    case_apply(&slot->row.record, &work->envelope, body && body->has_facts ? &body->facts : NULL, hash);
    center_write_copy(center, slot, work);
    learn_outcome(center, slot, work);
    if (!case_state_open(slot->row.record.state))
        center_emergency_end(center, &slot->row.record);
}

/* After an event was applied: does it ask something of us? */
static void react(struct live_center *center, struct case_slot *slot, const struct work *work)
{
    const struct envelope *e = &work->envelope;
    const struct case_facts *facts = &slot->row.record.facts;
    if (e->kind == EVENT_TAKE &&
        strcmp(facts->handed_from, center->code) == 0) /* what we handed over has arrived */
        store_batch_clear_alarm(center->batch.writes, "custody.in-flight", &slot->row.record.id,
                                center->batch.now_ms);
    if (strcmp(e->next_owner, center->code) == 0 && strcmp(e->writer, center->code) != 0)
        center_take(center, slot);
    else if (e->kind == EVENT_OFFER && strcmp(facts->offer_to, center->code) == 0)
        center_answer_offer(center, slot, work->from);
}

static void take_event(struct live_center *center, struct work *work)
{
    struct case_slot *slot = center_slot_get(center, &work->entry->subject);
    bool snapshot = work->entry->kind == ENTRY_SNAPSHOT;
    if (slot->exists && work->bad == ERR_OK && work->envelope.no <= slot->row.record.last_no) {
        /* held already: a repeat, or the beginning of a snapshot */
    } else {
        enum err why = check_event(center, slot, work);
        if (why != ERR_OK) {
            quarantine(center, slot, work, why);
            return;
        }
        apply(center, slot, work);
        if (!snapshot)
            react(center, slot, work);
    }
    if (!snapshot || work->entry->more)
        return;
    /* The whole log has come again: the subject is sound. Its first event may be among what was set aside,
     * then there was no case yet to bear the mark. */
    if (slot->row.quarantined)
        center_touch(center, slot);
    slot->row.quarantined = false;
    store_batch_release(center->batch.writes, &work->entry->subject);
    store_batch_clear_alarm(center->batch.writes, "stream.quarantine", &work->entry->subject,
                            center->batch.now_ms);
    if (slot->row.record.last_no == work->envelope.no)
        react(center, slot, work);
}

/* Where the mark of a command or sheet lies; NULL when neither is in this batch. */
static bool *mark_of(struct live_center *center, const struct id *subject)
{
    struct command_slot *command = center_command_find(center, subject);
    struct sheet_slot *sheet = command ? NULL : center_sheet_find(center, subject);
    return command ? &command->row.quarantined : sheet ? &sheet->row.quarantined : NULL;
}

/* A command or a sheet. */
static void take_subject(struct live_center *center, struct work *work)
{
    const struct id *subject = &work->entry->subject;
    enum err why = center_take_subject(center, work);
    bool *mark = mark_of(center, subject);
    bool marked = mark && *mark;
    if (why != ERR_OK) {
        if (mark)
            *mark = true;
        set_aside(center, work, !marked, why);
        return;
    }
    if (work->entry->kind != ENTRY_SNAPSHOT || work->entry->more)
        return;
    if (mark)
        *mark = false;
    store_batch_release(center->batch.writes, subject);
    store_batch_clear_alarm(center->batch.writes, "stream.quarantine", subject, center->batch.now_ms);
}

/* A request on its way: decided if the case is ours, known if its key is, kept and sent on else. One that
 * chased its case and comes back is known here, whoever it speaks for; a new one must come from where its
 * origin lies. A bad request is set aside without its case, whose log goes on. */
static void take_request(struct live_center *center, struct work *work)
{
    struct case_slot *slot = center_slot_find(center, &work->entry->subject);
    struct request *act = work->request;
    if (work->bad != ERR_OK || !act) {
        quarantine(center, NULL, work, work->bad != ERR_OK ? work->bad : ERR_MALFORMED);
        return;
    }
    const struct key_slot *known = center_key_find(center, &act->input.key);
    if (known && known->exists)
        return; /* decided (the outcome travels as an event) or kept already */
    if (!slot || !slot->exists || !center_may_speak_for(center, work->from, act->origin)) {
        quarantine(center, NULL, work, ERR_FOREIGN);
        return;
    }
    if (center_owns(center, slot)) {
        center_decide_kept(center, slot, act, NULL);
        return;
    }
    if (center_forward(center, slot, act, work->from->row.no, NULL) != ERR_OK) {
        quarantine(center, NULL, work, ERR_FOREIGN);
        log_line(LOG_ERROR, "request.lost-way",
                 "a request for a case whose owner %s is in no known direction", slot->row.record.owner);
    }
}

/* The other side could not take an event of this subject: whoever sees it calls a person. */
static void take_nack(struct live_center *center, const struct work *work)
{
    char text[160];
    snprintf(text, sizeof text, "%s set event %d aside (%s); `sanji center repair` there sends the log again",
             work->from->row.code, work->entry->subject_no, err_name(work->entry->code));
    center_alarm(center, "stream.nack", &work->entry->subject, text);
}

/* The subject's whole log once more, as one snapshot entry. */
static void send_log_again(struct live_center *center, const struct work *work)
{
    const struct case_slot *slot = center_slot_find(center, &work->entry->subject);
    const struct command_slot *command = center_command_find(center, &work->entry->subject);
    const struct sheet_slot *sheet = center_sheet_find(center, &work->entry->subject);
    struct entry entry = {.kind = ENTRY_SNAPSHOT, .subject = work->entry->subject};
    if (slot && slot->exists) {
        entry.subject_no = slot->row.record.last_no;
        entry.epoch = slot->row.record.epoch;
    } else if (command && command->exists) {
        entry.subject_no = command->row.record.last_no;
    } else if (sheet && sheet->row.sheet.last_no > 0) {
        entry.subject_no = sheet->row.sheet.last_no;
    } else {
        return;
    }
    center_write_talk(center, work->from, slot && slot->exists ? LANE_CASES : LANE_TALK, &entry);
    store_batch_clear_alarm(center->batch.writes, "stream.nack", &work->entry->subject, center->batch.now_ms);
}

static void unfollow(struct live_center *center, const struct work *work)
{
    struct case_slot *slot = center_slot_find(center, &work->entry->subject);
    if (!slot || !slot->exists)
        return;
    struct follow *follow = &slot->row.follow;
    for (size_t i = 0; i < follow->count; i++) {
        if (follow->no[i] != work->from->row.no)
            continue;
        follow->no[i] = follow->no[--follow->count];
        center_touch(center, slot);
        return;
    }
}

void center_decide_entry(struct live_center *center, struct work *work)
{
    struct case_slot *slot;
    if (center->batch
            .quarantine_culprit) { /* without its case: the database may refuse to touch that at all */
        quarantine(center, NULL, work, ERR_DATABASE);
        return;
    }
    if (work->entry->bad != ERR_OK) {
        quarantine(center, NULL, work, work->entry->bad);
        return;
    }
    switch (work->entry->kind) {
    case ENTRY_EVENT:
    case ENTRY_SNAPSHOT:
        if (work->command || work->sheet)
            take_subject(center, work);
        else
            take_event(center, work);
        return;
    case ENTRY_UNFOLLOW:
        unfollow(center, work);
        return;
    case ENTRY_REQUEST:
        take_request(center, work);
        return;
    case ENTRY_ACCEPT:
        slot = center_slot_find(center, &work->entry->subject);
        if (slot && slot->exists)
            center_on_accept(center, slot, work);
        return;
    case ENTRY_DECLINE:
        slot = center_slot_find(center, &work->entry->subject);
        if (slot && slot->exists)
            center_on_decline(center, slot, work);
        return;
    case ENTRY_NACK:
        take_nack(center, work);
        return;
    case ENTRY_REPAIR:
        send_log_again(center, work);
        return;
    }
}
