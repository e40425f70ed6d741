/* Requests of local clients: which there are, and how they are answered. Who may do what is decided with the
 * case. */
#include "center/center_command.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "link/link_peers.h"

void center_reply(struct live_center *center, const struct link_route *route, uint64_t correlation,
                  const struct reply *reply)
{
    size_t used;
    struct frame frame = {.kind = FRAME_REPLY};
    frame.reply.correlation = correlation;
    frame.reply.reply = reply;
    if (frame_pack(&frame, center->out, FRAME_BYTES_MAX, &used) != ERR_OK) {
        log_line(LOG_PANIC, "reply.pack", "a reply does not fit its frame");
        return;
    }
    enum err err = link_reply(center->link, route, center->out, used);
    if (err != ERR_OK)
        log_line(LOG_DEBUG, "reply.lost", "client %s is gone: %s", route->name, err_name(err));
}

void center_refuse(struct live_center *center, const struct link_route *route, uint64_t correlation,
                   enum err code, const char *text)
{
    struct reply reply = {.code = code};
    snprintf(reply.text, sizeof reply.text, "%s", text);
    center_reply(center, route, correlation, &reply);
}

void center_fill_case_reply(const struct case_slot *slot, struct reply *reply)
{
    const struct case_record *record = &slot->row.record;
    reply->has_case = slot->exists;
    reply->acase.case_id = record->id;
    reply->acase.state = record->state;
    reply->acase.no = record->last_no;
    memcpy(reply->acase.case_no, record->case_no, CASE_NO_SIZE);
    memcpy(reply->acase.owner, record->owner, CODE_SIZE);
    memcpy(reply->acase.lead, record->facts.lead, TARGET_SIZE);
}

void center_outcome(struct work *work, enum err code, const char *text)
{
    work->reply.code = code;
    snprintf(work->reply.text, sizeof work->reply.text, "%s", text);
}

void center_content_hash(struct live_center *center, const struct request *request, uint8_t hash[16])
{
    uint8_t whole[HASH_BYTES];
    struct request asked = *request;
    size_t used;
    asked.report.warn_only = false; /* to look first and then to report is one and the same report */
    enum err err = request_pack_act(&asked, center->out, FRAME_BYTES_MAX, &used);
    assert(err == ERR_OK); /* it came in a frame */
    wire_hash(center->out, used, whole);
    memcpy(hash, whole, 16);
}

/* Where only the outcome came, in an event of the case, nobody knows more than which case it was. */
static bool same_content(const struct key_row *known, const struct work *work, const struct case_slot *slot)
{
    static const uint8_t unseen[16];
    if (slot && slot->exists && !id_equal(&known->case_id, &slot->row.record.id))
        return false;
    return memcmp(known->content_hash, unseen, sizeof unseen) == 0 ||
           memcmp(known->content_hash, work->content_hash, sizeof unseen) == 0;
}

bool center_again(struct live_center *center, struct work *work, const struct case_slot *slot)
{
    const struct key_slot *known = center_key_find(center, &work->request->input.key);
    if (!known || !known->exists)
        return false;
    if (!same_content(&known->row, work, slot)) {
        center_outcome(work, ERR_KEY_REUSED, "");
        return true;
    }
    if (known->row.outcome == ERR_PENDING)
        center_wait_for_outcome(center, work);
    center_outcome(work, known->row.outcome, "");
    if (slot && slot->exists)
        center_fill_case_reply(slot, &work->reply);
    work->reply.acase.again = true;
    work->reply.acase.stored_above = center_all_stored_above(center);
    return true;
}

bool center_all_stored_above(const struct live_center *center)
{
    const struct neighbour *parent = center->parent;
    return parent && parent->row.acked[LANE_CASES] >= parent->row.tail[LANE_CASES];
}

bool center_key_too_old(const struct id *key)
{
    int64_t key_ms = id_time_ms(key);
    return key_ms >= 0 && key_ms < clock_wall_ms() - KEY_AGE_MAX_MS;
}

static void reload(struct live_center *center, const struct link_route *route, uint64_t correlation)
{
    struct fault fault = {.code = ERR_OK};
    center_refuse(center, route, correlation, center_reload(center, &fault), fault.text);
}

struct fence_ask {
    struct live_center *center;
    struct neighbour *n;
    struct link_route route;
    uint64_t correlation;
};

static void on_fenced(void *ctx, enum err code)
{
    struct fence_ask *ask = ctx;
    if (code == ERR_OK) { /* durable first: only then is its present incarnation not heard any more */
        ask->n->row.fenced = true;
        ask->n->restart = true;
        log_line(LOG_WARN, "center.fenced", "%s was signed out", ask->n->row.code);
    }
    center_refuse(ask->center, &ask->route, ask->correlation, code, "");
    free(ask);
}

static bool may_sign_out(const struct live_center *center, const char *user)
{
    const struct topology *topology = center->world.topology;
    struct actor actor;
    if (!topology_person(topology, user, &actor) || actor.post != POST_LEADER)
        return false;
    int32_t seat = topology_center(topology, actor.center);
    return seat >= 0 && topology_is_under(topology, center->index, seat);
}

/* A leader signs a neighbour out for good: nothing that it says in its present incarnation counts any more.
 */
static void fence(struct live_center *center, const struct link_from *from, uint64_t correlation,
                  const struct request *request)
{
    struct neighbour *n = center_neighbour(center, request->name);
    if (!n) {
        center_refuse(center, &from->route, correlation, ERR_BAD_TARGET, "");
        return;
    }
    if (!may_sign_out(center, request->user)) {
        center_refuse(center, &from->route, correlation, ERR_NO_RIGHT,
                      "only a leader of this center, or of one above it, signs a neighbour out");
        return;
    }
    struct fence_ask *ask = malloc(sizeof *ask);
    if (!ask)
        abort();
    *ask = (struct fence_ask){.center = center, .n = n, .route = from->route, .correlation = correlation};
    store_fence(center->store, request->name, on_fenced, ask);
}

/* Into the next batch, unless there is no room or no database for it. */
static void enqueue(struct live_center *center, const struct link_from *from, const uint8_t *bytes,
                    size_t size, uint64_t correlation)
{
    if (center->mute) {
        center_refuse(center, &from->route, correlation, ERR_MUTE, "");
    } else if (!center->ready) {
        center_refuse(center, &from->route, correlation, ERR_NOT_NOW, "");
    } else if (center->inbox.count >= INBOX_MAX) {
        center_refuse(center, &from->route, correlation, ERR_BUSY, "");
    } else {
        struct input *input = center_input_new(INPUT_REQUEST, bytes, size);
        input->route = from->route;
        center_queue(&center->inbox, input);
    }
}

/* What is the same when it is said twice needs none. */
static bool needs_key(enum request_kind kind)
{
    return kind != REQUEST_REPAIR && kind != REQUEST_UNIT;
}

void center_on_request(struct live_center *center, const struct link_from *from, const uint8_t *bytes,
                       size_t size, const struct frame *frame)
{
    const struct request *request = frame->request.request;
    uint64_t correlation = frame->request.correlation;
    if (from->kind == LINK_FIELD && !center_field_may(center, from, request, correlation))
        return;
    switch (request->kind) {
    case REQUEST_STATUS:
        center_answer_status(center, &from->route, correlation);
        return;
    case REQUEST_RELOAD:
        reload(center, &from->route, correlation);
        return;
    case REQUEST_FENCE:
        fence(center, from, correlation, request);
        return;
    case REQUEST_ATTACH:
        if (!center->ready)
            center_refuse(center, &from->route, correlation, ERR_NOT_NOW, "");
        else
            center_attach(center, from, correlation, request);
        return;
    case REQUEST_REPORT:
    case REQUEST_ACT:
    case REQUEST_REPAIR:
    case REQUEST_COMMAND:
    case REQUEST_RECEIPT:
    case REQUEST_UNIT:
        if (needs_key(request->kind) && id_is_zero(&request->input.key)) {
            center_refuse(center, &from->route, correlation, ERR_MISSING, "key");
            return;
        }
        enqueue(center, from, bytes, size, correlation);
        return;
    }
}
