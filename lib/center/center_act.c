/* An act on a case: decided here when the case is ours, else kept durably and sent a step towards its owner.
 * Only the owner decides, and nobody else refuses finally (custody.md rule 10). */
#include "center/center_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum err center_name_actor(struct live_center *center, const char *user, struct actor *actor,
                           struct fault *fault)
{
    const struct topology *topology = center->world.topology;
    if (!topology_person(topology, user, actor))
        return fault_set(fault, ERR_UNKNOWN_PERSON, "no person named %s in the roster", user);
    int32_t seat = topology_center(topology, actor->center);
    if (seat < 0 || !topology_is_under(topology, seat, center->index))
        return fault_set(fault, ERR_UNKNOWN_PERSON, "%s sits at center %s; act there", user, actor->center);
    return ERR_OK;
}

void center_wait_for_outcome(struct live_center *center, const struct work *work)
{
    struct waiter *waiter = &center->waiters[center->waiter_next++ % WAITERS_MAX];
    center->waiting += !waiter->used;
    *waiter = (struct waiter){.key = work->request->input.key,
                              .route = work->route,
                              .correlation = work->correlation,
                              .used = true};
}

enum err center_forward(struct live_center *center, struct case_slot *slot, struct request *act, int16_t from,
                        const uint8_t content_hash[16])
{
    struct batch *batch = &center->batch;
    const struct case_record *record = &slot->row.record;
    struct neighbour *to = center_towards(center, record->owner);
    size_t used;
    uint8_t *bytes = arena_take_raw(&batch->arena, BODY_BYTES_MAX);
    if (!to || !bytes)
        return ERR_BUSY;
    enum err err = request_pack_act(act, bytes, BODY_BYTES_MAX, &used);
    if (err != ERR_OK)
        return err;
    struct entry entry = {.kind = ENTRY_REQUEST,
                          .subject = record->id,
                          .subject_no = act->input.seen_no,
                          .epoch = record->epoch,
                          .body = bytes,
                          .body_size = used};
    center_write_talk(center, to, LANE_CASES, &entry);
    store_batch_keep(batch->writes, &act->input.key, &record->id, from, batch->now_ms, bytes, used);
    if (batch->kept_count < batch->kept_room)
        batch->kept[batch->kept_count++] = (struct kept_row){.key = act->input.key,
                                                             .case_id = record->id,
                                                             .from = from,
                                                             .kept_ms = batch->now_ms,
                                                             .act = bytes,
                                                             .act_size = used};
    center_record_key(center, &act->input.key, &record->id, 0, ERR_PENDING, content_hash);
    return ERR_OK;
}

static enum err forward_for_client(struct live_center *center, struct case_slot *slot, struct work *work,
                                   struct fault *fault)
{
    struct request *request = work->request;
    text_put(request->origin, CODE_SIZE, center->code);
    request->case_id = slot->row.record.id;
    enum err err = center_forward(center, slot, request, 0, work->content_hash);
    if (err != ERR_OK)
        return fault_set(fault, err, "the request cannot be sent on to %s", slot->row.record.owner);
    center_wait_for_outcome(center, work);
    return fault_set(fault, ERR_PENDING, "kept for center %s, which owns the case", slot->row.record.owner);
}

/* Decides an act on a case of ours and writes what follows. */
static enum err step(struct live_center *center, struct case_slot *slot, const struct case_input *input,
                     struct fault *fault)
{
    struct case_result result = {0};
    enum err err = case_step(&center->world, &slot->row.record, input, center->batch.now_ms, &result, fault);
    return err != ERR_OK ? err : center_write_result(center, slot, &result, fault);
}

/* The master of a merge is named by number. */
static enum err find_master(struct live_center *center, struct request *request, struct fault *fault)
{
    if (!request->other_no[0])
        return ERR_OK;
    const struct case_slot *master = center_slot_by_no(center, request->other_no);
    if (!master)
        return fault_set(fault, ERR_BAD_TARGET, "no case %s at this center", request->other_no);
    request->input.other = master->row.record.id;
    request->input.other_state = master->row.record.state;
    text_put(request->input.target, TARGET_SIZE, request->other_no);
    return ERR_OK;
}

static enum err act(struct live_center *center, struct case_slot *slot, struct work *work,
                    struct fault *fault)
{
    struct request *request = work->request;
    if (center_key_too_old(&request->input.key))
        return fault_set(fault, ERR_TOO_OLD, "%s", "");
    enum err err = center_name_actor(center, request->user, &request->input.actor, fault);
    if (err == ERR_OK)
        err = find_master(center, request, fault);
    if (err != ERR_OK)
        return err;
    bool reclaims = request->input.event == EVENT_RECLAIM;
    if (!center_owns(center, slot) && !reclaims)
        return forward_for_client(center, slot, work, fault);
    err = reclaims ? center_reclaim(center, slot, &request->input, fault)
                   : step(center, slot, &request->input, fault);
    center_record_key(center, &request->input.key, &slot->row.record.id,
                      err == ERR_OK ? slot->row.record.last_no : 0, err, work->content_hash);
    return err;
}

/* A quarantined subject's log is asked for again where it came from: the way to its owner. */
static enum err ask_repair(struct live_center *center, const struct case_slot *slot, struct fault *fault)
{
    struct neighbour *to = center_towards(center, slot->row.record.owner);
    if (!to)
        return fault_set(fault, ERR_NOT_ALLOWED, "this center owns the case: its log is the right one");
    struct entry entry = {.kind = ENTRY_REPAIR,
                          .subject = slot->row.record.id,
                          .subject_no = slot->row.record.last_no,
                          .epoch = slot->row.record.epoch};
    center_write_talk(center, to, LANE_TALK, &entry);
    return ERR_OK;
}

/* Not even its first event could be applied here, so nobody knows its way: whoever holds it sends its log. */
static enum err ask_everybody(struct live_center *center, const struct id *id)
{
    struct entry entry = {.kind = ENTRY_REPAIR, .subject = *id};
    for (size_t i = 0; i < center->neighbour_count; i++)
        if (center->neighbours[i].stream)
            center_write_talk(center, &center->neighbours[i], LANE_TALK, &entry);
    return ERR_OK;
}

static struct case_slot *named_case(struct live_center *center, const struct request *request)
{
    if (request->case_no[0])
        return center_slot_by_no(center, request->case_no);
    struct case_slot *slot = center_slot_find(center, &request->case_id);
    return slot && slot->exists ? slot : NULL;
}

void center_decide_act(struct live_center *center, struct work *work)
{
    struct fault fault = {.code = ERR_OK};
    const struct request *request = work->request;
    struct case_slot *slot = named_case(center, request);
    work->answer = true;
    if (!slot && request->kind == REQUEST_REPAIR && !id_is_zero(&request->case_id)) {
        center_outcome(work, ask_everybody(center, &request->case_id), "");
        return;
    }
    if (!slot) {
        center_outcome(work, ERR_UNKNOWN_CASE, "");
        return;
    }
    if (request->kind == REQUEST_REPAIR) {
        center_outcome(work, ask_repair(center, slot, &fault), fault.text);
        return;
    }
    center_content_hash(center, work->request, work->content_hash);
    if (center_again(center, work, slot))
        return;
    enum err err = act(center, slot, work, &fault);
    center_outcome(work, err, err == ERR_OK ? "" : fault.text);
    center_fill_case_reply(slot, &work->reply);
}

/* The origin center vouches only for people of its own subtree. */
static enum err check_statement(struct live_center *center, const struct request *act, struct fault *fault)
{
    const struct topology *topology = center->world.topology;
    int32_t origin = topology_center(topology, act->origin);
    int32_t seat = topology_center(topology, act->input.actor.center);
    if (origin < 0 || seat < 0 || !topology_is_under(topology, seat, origin))
        return fault_set(fault, ERR_FOREIGN, "center %s cannot speak for %s", act->origin,
                         act->input.actor.user);
    return ERR_OK;
}

void center_decide_kept(struct live_center *center, struct case_slot *slot, struct request *act,
                        const uint8_t content_hash[16])
{
    struct fault fault = {.code = ERR_OK};
    struct case_result result = {0};
    enum err err = check_statement(center, act, &fault);
    if (err == ERR_OK)
        err = step(center, slot, &act->input, &fault);
    if (err != ERR_OK) { /* the refusal travels with the case, so that every later owner knows it (rule 11) */
        enum err kept =
            case_refused(&center->world, &slot->row.record, &act->input, err, center->batch.now_ms, &result);
        if (kept == ERR_OK)
            kept = center_write_result(center, slot, &result, &fault);
        assert(kept == ERR_OK);
    }
    center_record_key(center, &act->input.key, &slot->row.record.id, slot->row.record.last_no, err,
                      content_hash);
    store_batch_unkeep(center->batch.writes, &act->input.key);
    center_tell_waiter(center, &act->input.key, err, slot);
}
