/* Custody moves by offer, accept, hand-over; one hop at a time (custody.md rules 8-12). */
#include "center/center_command.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

struct neighbour *center_neighbour(struct live_center *center, const char *code)
{
    for (size_t i = 0; i < center->neighbour_count; i++)
        if (strcmp(center->neighbours[i].row.code, code) == 0)
            return &center->neighbours[i];
    return NULL;
}

struct neighbour *center_towards(struct live_center *center, const char *code)
{
    const struct topology *topology = center->world.topology;
    int32_t index = topology_center(topology, code);
    if (index < 0 || index == center->index)
        return NULL;
    int32_t child = topology_child_towards(topology, center->index, index);
    return child >= 0 ? center_neighbour(center, topology->centers[child].code) : center->parent;
}

/* Real time, kept in memory: an offer of an earlier life is not fresh. */
static bool is_fresh(const struct live_center *center, const struct case_record *record)
{
    const struct watch *watch = center_watch_find(center, &record->id);
    return watch && watch->mono_ms > 0 && watch->offer_no == record->facts.offer_no &&
           clock_mono_ms() - watch->mono_ms <= OFFER_FRESH_MS;
}

/* ---- the owner's side ---- */

static void write(struct live_center *center, struct case_slot *slot, enum err err,
                  const struct case_result *result, const char *what)
{
    struct fault fault = {.code = err};
    if (err == ERR_OK)
        err = center_write_result(center, slot, result, &fault);
    if (err != ERR_OK)
        log_line(LOG_DEBUG, what, "case %s: %s", slot->row.record.case_no, err_name(err));
}

/* An offer that came to nothing, or one that has grown old: offered again while its cause still holds. */
static void offer_again(struct live_center *center, struct case_slot *slot)
{
    struct case_result result = {0};
    enum err err = case_climb_again(&center->world, &slot->row.record, center->batch.now_ms, &result);
    write(center, slot, err, &result, "custody.offer-again");
}

static bool is_our_offer(const struct live_center *center, const struct case_slot *slot,
                         const struct work *work)
{
    const struct case_facts *facts = &slot->row.record.facts;
    return center_owns(center, slot) && strcmp(facts->offer_to, work->from->row.code) == 0 &&
           slot->row.record.epoch == work->entry->epoch;
}

void center_on_accept(struct live_center *center, struct case_slot *slot, const struct work *work)
{
    struct case_result result = {0};
    /* An answer to an offer of the past: the one that stands now has its own answer on the way. To offer
     * again for each of both would never end. */
    if (!is_our_offer(center, slot, work) || slot->row.record.facts.offer_no != work->entry->subject_no)
        return;
    bool skewed = work->from->refused != ERR_OK || !work->from->up;
    if (skewed || !is_fresh(center, &slot->row.record)) {
        offer_again(center, slot);
        return;
    }
    enum err err = case_hand_over(&center->world, &slot->row.record, work->entry->subject_no,
                                  center->batch.now_ms, &result);
    if (err == ERR_STALE) {
        offer_again(center, slot);
        return;
    }
    write(center, slot, err, &result, "custody.hand-over");
}

static void end_offer(struct live_center *center, struct case_slot *slot, enum err why)
{
    struct case_result result = {0};
    enum err err = case_offer_ended(&center->world, &slot->row.record, why, center->batch.now_ms, &result);
    write(center, slot, err, &result, "custody.offer-ended");
}

void center_on_decline(struct live_center *center, struct case_slot *slot, const struct work *work)
{
    if (is_our_offer(center, slot, work) && slot->row.record.facts.offer_no == work->entry->subject_no)
        end_offer(center, slot, work->entry->code);
}

/* Requests that waited here for this case are decided in the commit that takes it over (rule 10). */
static void decide_kept(struct live_center *center, struct case_slot *slot)
{
    struct batch *batch = &center->batch;
    for (size_t i = 0; i < batch->kept_count; i++) {
        const struct kept_row *kept = &batch->kept[i];
        struct request *act = NULL;
        if (!id_equal(&kept->case_id, &slot->row.record.id))
            continue;
        const struct key_slot *known = center_key_find(center, &kept->key);
        if (known && known->exists && known->row.outcome != ERR_PENDING)
            continue; /* its outcome came with the same batch */
        if (!center_owns(center, slot))
            return; /* it went on at once; the requests have gone on their way before */
        enum err err = request_unpack_act(kept->act, kept->act_size, &batch->arena, &act, NULL);
        assert(err == ERR_OK); /* we packed it */
        center_decide_kept(center, slot, act, NULL);
    }
}

enum err center_reclaim(struct live_center *center, struct case_slot *slot, const struct case_input *input,
                        struct fault *fault)
{
    struct case_result result = {0};
    const struct neighbour *taker = center_neighbour(center, slot->row.record.owner);
    if (!taker || !taker->row.fenced)
        return fault_set(fault, ERR_NOT_ALLOWED, "先由领导用 sanji center fence 除名 %s，再收回案卷",
                         slot->row.record.owner);
    enum err err =
        case_reclaim(&center->world, &slot->row.record, input, center->batch.now_ms, &result, fault);
    if (err == ERR_OK)
        err = center_write_result(center, slot, &result, fault);
    if (err == ERR_OK)
        decide_kept(center, slot);
    return err;
}

/* ---- the taker's side ---- */

/* Whether this center can take the case over: caught up it is (the offer was applied in order); it must know
 * every kind in it, be allowed to write, and have somebody, or somewhere to send it on to. */
static enum err may_take(const struct live_center *center, const struct case_slot *slot)
{
    if (center->mute)
        return ERR_MUTE;
    if (slot->row.quarantined)
        return ERR_GAP;
    if (!topology_has_post(center->world.topology, center->index,
                           POST_DISPATCHER | POST_SHIFT_LEADER | POST_LEADER) &&
        !center->parent)
        return ERR_NO_ONE;
    return ERR_OK;
}

void center_answer_offer(struct live_center *center, struct case_slot *slot, struct neighbour *from)
{
    enum err why = may_take(center, slot);
    struct entry entry = {.kind = why == ERR_OK ? ENTRY_ACCEPT : ENTRY_DECLINE,
                          .subject = slot->row.record.id,
                          .subject_no = slot->row.record.facts.offer_no,
                          .epoch = slot->row.record.epoch,
                          .code = why};
    center_write_talk(center, from, LANE_TALK, &entry);
}

void center_take(struct live_center *center, struct case_slot *slot)
{
    struct case_result result = {0};
    enum err err = case_take(&center->world, &slot->row.record, center->batch.now_ms, &result);
    write(center, slot, err, &result, "custody.take");
    center_emergency_take(center, slot); /* as it came: what a kept request files begins its plan by itself */
    decide_kept(center, slot);
    center_touch(center, slot);
}

/* ---- chores: what the center itself finds to do for a case ---- */

static void recalculate(struct live_center *center, struct case_slot *slot)
{
    struct case_result result = {0};
    enum err err = case_recalculate(&center->world, &slot->row.record, center->batch.now_ms, &result);
    write(center, slot, err, &result, "custody.recalculate");
}

/* Down for longer than a restart or a short cut takes: by then the offer itself would have come through. */
static bool is_lost(const struct neighbour *to)
{
    return !to || (!to->up && clock_mono_ms() - to->down_mono_ms > OFFER_FRESH_MS);
}

/* An offer without an answer in time: made again where the taker can be reached, given up where not. */
static void renew_offer(struct live_center *center, struct case_slot *slot)
{
    const struct case_facts *facts = &slot->row.record.facts;
    const struct neighbour *to =
        facts->offer_to[0] ? center_neighbour(center, facts->offer_to) : center->parent;
    if (to && to->up && center_watch_ripe(center, &slot->row.record.id))
        offer_again(center, slot);
    else if (facts->offer_to[0] && is_lost(to))
        end_offer(center, slot, ERR_UNREACHABLE);
}

void center_decide_chore(struct live_center *center, struct work *work)
{
    struct case_slot *slot = center_slot_find(center, &work->case_id);
    if (!slot || !slot->exists)
        return;
    if (work->chore == CHORE_HAND_OVER_LATE) {
        center_alarm(center, "custody.in-flight", &work->case_id,
                     "交接超过 60 秒未获确认，请电话联系对方中心");
        return;
    }
    if (!center_owns(center, slot))
        return;
    switch (work->chore) {
    case CHORE_OFFER:
        renew_offer(center, slot);
        return;
    case CHORE_RECALCULATE:
        recalculate(center, slot);
        return;
    case CHORE_AUDIT:
        if (case_next_timer(&slot->row.record) == INT64_MAX)
            return; /* a standing red entry waits for a person, and for no clock */
        center_alarm(center, "timer.audit", &work->case_id, "an open case had no timer; it has one again");
        center_touch(center, slot); /* writing the case writes its timer */
        return;
    case CHORE_NONE:
    case CHORE_HAND_OVER_LATE:
        return;
    }
}
