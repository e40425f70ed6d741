/* What only several databases show together. They are read one after the other, so a copy may be behind; but
 * whoever wrote an event has had it before anybody else. */
#include "cmd_verify.h"

#include <string.h>

/* Each center that lacks an event which it wrote itself; `say` reports them, by what the second look found.
 */
static bool behind_itself(struct verify *verify, struct verify_entry *entry, bool say)
{
    for (int32_t i = entry->event_count - 1; i >= 0; i--) {
        int32_t writer = entry->events[i].writer;
        if (writer < 0 || !verify->read[writer])
            continue;
        const struct verify_holder *holder = verify_holder(entry, writer);
        int32_t no = holder ? holder->again_no : 0;
        if (no > i)
            continue;
        if (say)
            verify_say(verify, VERIFY_OWNER_BEHIND, writer, entry, "it has %d events of %d", no, i + 1);
        return true;
    }
    return false;
}

static int32_t longest(const struct verify_entry *entry)
{
    int32_t no = 0;
    for (size_t i = 0; i < entry->holder_count; i++)
        if (entry->holders[i].again_no > no)
            no = entry->holders[i].again_no;
    return no;
}

static const struct verify_holder *longest_holder(const struct verify_entry *entry)
{
    int32_t no = longest(entry);
    for (size_t i = 0; i < entry->holder_count; i++)
        if (entry->holders[i].again_no == no)
            return &entry->holders[i];
    return NULL;
}

/* A center at or above `center` that should have a copy and has none; -1 = all have. */
static int32_t missing_above(const struct verify *verify, struct verify_entry *entry, int32_t center)
{
    for (int32_t at = center; at >= 0; at = verify->topology->centers[at].parent)
        if (verify->read[at] && !verify_holder(entry, at))
            return at;
    return -1;
}

/* Settled: every copy is the whole log; of a case, everybody above its holders has one. */
static bool unsettled(struct verify *verify, struct verify_entry *entry, bool say)
{
    const struct verify_holder *first = longest_holder(entry);
    bool found = false;
    if (!first)
        return false; /* known by a key alone: said where that was read */
    for (size_t i = 0; i < entry->holder_count && (!found || say); i++) {
        const struct verify_holder *holder = &entry->holders[i];
        int32_t missing = entry->kind == SUBJECT_CASE ? missing_above(verify, entry, holder->center) : -1;
        bool same = holder->again_no == first->again_no &&
                    memcmp(holder->again_head, first->again_head, VERIFY_HASH) == 0;
        found |= !same || missing >= 0;
        if (say && !same)
            verify_say(verify, VERIFY_BEHIND, holder->center, entry, "%d events of %d", holder->again_no,
                       first->again_no);
        if (say && missing >= 0)
            verify_say(verify, VERIFY_BEHIND, missing, entry, "no copy, but %s below has one",
                       verify->topology->centers[holder->center].code);
    }
    return found;
}

/* The hand-over is the last event as long as the taker has not applied it: it writes its own in the same
 * commit. */
static bool in_flight(const struct verify_entry *entry)
{
    return entry->kind == SUBJECT_CASE && entry->event_count > 0 && longest(entry) == entry->event_count &&
           entry->events[entry->event_count - 1].kind == EVENT_HANDOVER;
}

bool verify_cross_suspects(struct verify *verify)
{
    for (size_t i = 0; i < verify->subject_index.count; i++) {
        struct verify_entry *entry = &verify->entries[i];
        if (behind_itself(verify, entry, false))
            return true;
        if (verify->settled && (unsettled(verify, entry, false) || in_flight(entry)))
            return true;
    }
    return verify->settled && (verify->pending_count > 0 || verify_expect(verify, false));
}

/* The outcome of a kept request stands in a log that this center holds: then it must not wait any more. */
static void judge_pending(struct verify *verify)
{
    for (size_t i = 0; i < verify->pending_count; i++) {
        const struct verify_pending *pending = &verify->pending[i];
        const struct verify_outcome *outcome = &verify->outcomes[pending->key];
        struct verify_entry *entry = &verify->entries[pending->entry];
        const struct verify_holder *holder = verify_holder(entry, pending->center);
        char text[ID_TEXT_SIZE];
        id_format(&verify->key_index.ids[pending->key], text);
        if (outcome->no > 0 && holder && holder->no >= outcome->no)
            verify_say(verify, VERIFY_PENDING, pending->center, entry,
                       "key %s waits, but event %d has decided it", text, outcome->no);
        else if (verify->settled)
            verify_say(verify, VERIFY_PENDING, pending->center, entry, "key %s still waits", text);
    }
}

void verify_cross_judge(struct verify *verify, bool looked_again)
{
    for (size_t i = 0; i < verify->subject_index.count; i++) {
        struct verify_entry *entry = &verify->entries[i];
        verify->counts.cases += entry->kind == SUBJECT_CASE && entry->holder_count > 0;
        verify->counts.commands += entry->kind == SUBJECT_COMMAND && entry->holder_count > 0;
        if (!looked_again)
            continue;
        behind_itself(verify, entry, true);
        if (!verify->settled)
            continue;
        unsettled(verify, entry, true);
        if (in_flight(entry))
            verify_say(verify, VERIFY_IN_FLIGHT, entry->events[entry->event_count - 1].writer, entry,
                       "event %d", entry->event_count);
    }
    if (looked_again && verify->settled)
        verify_expect(verify, true);
    verify->counts.keys = (int64_t)verify->key_index.count;
    judge_pending(verify);
}
