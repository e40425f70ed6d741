/* The one place where an event becomes rows: the journal, the cursors of those who follow the case, the case
 * itself. Audience and prev are fixed here, at commit, and never computed again (custody.md rule 2). */
#include "center/center_command.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

bool center_owns(const struct live_center *center, const struct case_slot *slot)
{
    return slot->exists && strcmp(slot->row.record.owner, center->code) == 0;
}

void center_touch(struct live_center *center, struct case_slot *slot)
{
    (void)center;
    slot->dirty = true;
}

void center_write_to(struct live_center *center, struct neighbour *to, enum lane lane,
                     const struct entry *row, enum entry_kind kind)
{
    struct entry entry = *row;
    entry.kind = kind;
    entry.prev = to->tail[lane];
    store_batch_to(center->batch.writes, to->row.no, lane, entry.lsn, entry.prev, kind);
    center_cache_put(center->cache, to->row.no, lane, &entry);
    to->tail[lane] = entry.lsn;
}

static bool follows(const struct follow *follow, int16_t no)
{
    for (size_t i = 0; i < follow->count; i++)
        if (follow->no[i] == no)
            return true;
    return false;
}

static void add_follower(struct follow *follow, int16_t no)
{
    if (follows(follow, no) || follow->count == FOLLOW_MAX)
        return;
    follow->no[follow->count++] = no;
}

/* Who an event gives a reason to follow the case, and does not hold it yet. */
struct fresh {
    struct neighbour *list[ASSIST_MAX + 2];
    size_t count;
};

static void consider(const struct case_slot *slot, const struct neighbour *from, struct neighbour *n,
                     struct fresh *fresh)
{
    if (!n || n == from || follows(&slot->row.follow, n->row.no) ||
        slot->row.follow.count + fresh->count >= FOLLOW_MAX)
        return;
    for (size_t i = 0; i < fresh->count; i++)
        if (fresh->list[i] == n)
            return;
    fresh->list[fresh->count++] = n;
}

/* The child on the way to a department's desk below us ("department@center"); NULL when it sits elsewhere. */
static struct neighbour *towards_desk(struct live_center *center, const char *target)
{
    const char *at = strchr(target, '@');
    struct neighbour *n = at ? center_towards(center, at + 1) : NULL;
    return n && !n->row.is_parent ? n : NULL;
}

/* The taker of an offer, and those between us and a desk that works on the case: a desk sees its case at its
 * own center, wherever the case has been before. */
static struct fresh new_followers(struct live_center *center, const struct case_slot *slot,
                                  const struct neighbour *from)
{
    const struct case_facts *facts = &slot->row.record.facts;
    struct fresh fresh = {.count = 0};
    if (center_owns(center, slot) && facts->offer_to[0])
        consider(slot, from, center_neighbour(center, facts->offer_to), &fresh);
    consider(slot, from, towards_desk(center, facts->lead), &fresh);
    for (size_t i = 0; i < facts->assist_count && i < ASSIST_MAX; i++)
        consider(slot, from, towards_desk(center, facts->assist[i]), &fresh);
    return fresh;
}

/* The row itself, and one for each follower but the one it came from. `fresh` begins to follow with this row,
 * which stands for the whole log up to here. */
static int64_t put_event(struct live_center *center, struct case_slot *slot, const struct entry *entry,
                         const struct neighbour *from)
{
    struct batch *batch = &center->batch;
    struct fresh fresh = new_followers(center, slot, from);
    struct entry row = *entry;
    row.lsn = ++batch->lsn;
    row.kind = ENTRY_EVENT;
    row.more = false;
    store_batch_journal(batch->writes, &row);
    for (size_t i = 0; i < center->neighbour_count; i++) {
        struct neighbour *n = &center->neighbours[i];
        if (n != from && follows(&slot->row.follow, n->row.no))
            center_write_to(center, n, LANE_CASES, &row, ENTRY_EVENT);
    }
    for (size_t i = 0; i < fresh.count; i++) {
        center_write_to(center, fresh.list[i], LANE_CASES, &row, ENTRY_SNAPSHOT);
        add_follower(&slot->row.follow, fresh.list[i]->row.no);
    }
    center_touch(center, slot);
    return row.lsn;
}

void center_record_key(struct live_center *center, const struct id *key, const struct id *case_id, int32_t no,
                       enum err outcome, const uint8_t content_hash[16])
{
    if (id_is_zero(key))
        return;
    struct key_slot *slot = center_key_get(center, key);
    slot->row.case_id = *case_id;
    slot->row.subject_no = no;
    slot->row.outcome = outcome;
    if (content_hash)
        memcpy(slot->row.content_hash, content_hash, sizeof slot->row.content_hash);
    slot->exists = true;
    slot->dirty = true;
}

void center_tell_waiter(struct live_center *center, const struct id *key, enum err outcome,
                        const struct case_slot *slot)
{
    struct batch *batch = &center->batch;
    if (center->waiting == 0 || id_is_zero(key) || batch->waiter_count == SLOTS_MAX)
        return; /* a client that is not told asks again with the same key */
    batch->outcomes[batch->waiter_count].key = *key;
    struct reply *reply = &batch->outcomes[batch->waiter_count++].reply;
    memset(reply, 0, sizeof *reply);
    reply->code = outcome;
    center_fill_case_reply(slot, reply);
}

static enum err write_change(struct live_center *center, struct case_slot *slot, struct case_change *change,
                             struct fault *fault)
{
    struct batch *batch = &center->batch;
    struct event_bytes bytes;
    enum err err = event_encode(change, center->code, slot->row.record.head_hash, &batch->arena, &bytes);
    if (err != ERR_OK)
        return fault_set(fault, err, "the event is too large to be kept");
    memcpy(change->after.head_hash, bytes.hash, HASH_BYTES);
    slot->row.record = change->after;
    slot->exists = true;
    if (change->event == EVENT_REPORT && center->parent)
        add_follower(&slot->row.follow, center->parent->row.no);
    struct entry entry = {.kind = ENTRY_EVENT,
                          .subject = slot->row.record.id,
                          .subject_no = slot->row.record.last_no,
                          .epoch = slot->row.record.epoch,
                          .envelope = bytes.packed,
                          .body = bytes.body,
                          .body_size = bytes.body_size};
    int64_t lsn = put_event(center, slot, &entry, NULL);
    if (change->event == EVENT_HANDOVER) {
        const struct neighbour *to = center_neighbour(center, slot->row.record.owner);
        assert(to);
        store_batch_hand_over(batch->writes, &slot->row.record.id, to->row.no, lsn, slot->row.record.last_ms);
    }
    return ERR_OK;
}

enum err center_write_result(struct live_center *center, struct case_slot *slot,
                             const struct case_result *result, struct fault *fault)
{
    bool filed = false;
    for (size_t i = 0; i < result->count; i++) {
        struct case_change change = result->changes[i];
        enum err err = write_change(center, slot, &change, fault);
        if (err != ERR_OK)
            return err;
        filed |=
            change.after.state == CASE_FILED &&
            (change.before == CASE_NONE || change.before == CASE_REPORTED || change.before == CASE_VERIFYING);
    }
    if (filed)
        center_emergency_begin(center, slot);
    if (result->count > 0 && !case_state_open(slot->row.record.state))
        center_emergency_end(center, &slot->row.record);
    return ERR_OK;
}

void center_write_copy(struct live_center *center, struct case_slot *slot, const struct work *work)
{
    if (work->envelope.no == 1) {
        add_follower(&slot->row.follow, work->from->row.no);
        if (center->parent)
            add_follower(&slot->row.follow, center->parent->row.no);
    }
    put_event(center, slot, work->entry, work->from);
}

int64_t center_write_talk(struct live_center *center, struct neighbour *to, enum lane lane,
                          const struct entry *entry)
{
    struct batch *batch = &center->batch;
    struct entry row = *entry;
    row.lsn = ++batch->lsn;
    store_batch_journal(batch->writes, &row);
    center_write_to(center, to, lane, &row, row.kind);
    return row.lsn;
}

void center_alarm(struct live_center *center, const char *kind, const struct id *subject, const char *text)
{
    char id[ID_TEXT_SIZE];
    id_format(subject, id);
    center->alarms++;
    log_line(LOG_ERROR, kind, "subject %s: %s", id, text);
    store_batch_alarm(center->batch.writes, kind, subject, text, center->batch.now_ms);
}
