/* Units of this center, in memory as the database has them. Only their home center writes them, so that none
 * is ever booked twice. A status is an event of the unit's own log; a position is not: the last one is kept
 * and no trail. */
#include "center/center_command.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct unit *)a)->name, ((const struct unit *)b)->name);
}

struct unit *center_unit_find(struct live_center *center, const char *name)
{
    struct unit wanted, *found;
    if (center->muster->unit_count == 0 || text_copy(wanted.name, sizeof wanted.name, name) != ERR_OK)
        return NULL;
    found = bsearch(&wanted, center->muster->units, center->muster->unit_count, sizeof wanted, by_name);
    if (found)
        unit_roll_day(found, center->world.calendar->offset_min, center_now(center));
    return found;
}

/* ---- loading ---- */

struct load_ask {
    struct live_center *center;
    loop_call *then;
};

/* What changes of a unit, over what the topology says of it. */
static void adopt(struct unit *unit, const struct unit *row)
{
    struct unit whole = *row;
    memcpy(whole.name, unit->name, sizeof whole.name);
    memcpy(whole.type, unit->type, sizeof whole.type);
    memcpy(whole.department, unit->department, sizeof whole.department);
    whole.center = unit->center;
    whole.home_lon = unit->home_lon;
    whole.home_lat = unit->home_lat;
    *unit = whole;
}

void center_units_roll_day(struct live_center *center)
{
    for (size_t i = 0; i < center->muster->unit_count; i++)
        unit_roll_day(&center->muster->units[i], center->world.calendar->offset_min, center_now(center));
}

static void on_units(void *ctx, enum err code, size_t count, const struct unit *rows)
{
    struct load_ask ask = *(struct load_ask *)ctx;
    free(ctx);
    if (code != ERR_OK) {
        center_memory_unread(ask.center, code);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct unit *unit = center_unit_find(ask.center, rows[i].name);
        if (unit)
            adopt(unit, &rows[i]);
    }
    center_units_roll_day(ask.center);
    ask.then(ask.center);
}

/* As the topology has them; a unit never heard of is on standby at home. */
static void begin_units(struct live_center *center)
{
    struct muster *muster = center->muster;
    const struct topology *topology = center->world.topology;
    size_t count = topology_units(topology, center->index, NULL, 0);
    struct unit_identity *names = calloc(count + 1, sizeof *names);
    free(muster->units);
    muster->units = calloc(count + 1, sizeof *muster->units);
    if (!names || !muster->units)
        abort();
    muster->unit_count = topology_units(topology, center->index, names, count);
    for (size_t i = 0; i < muster->unit_count; i++)
        unit_begin(&names[i], &muster->units[i]);
    free(names);
    qsort(muster->units, muster->unit_count, sizeof *muster->units, by_name);
}

void center_units_load(struct live_center *center, loop_call *then)
{
    struct load_ask *ask = malloc(sizeof *ask);
    if (!ask)
        abort();
    *ask = (struct load_ask){.center = center, .then = then};
    center->batch.orders->undo_count = 0;
    begin_units(center);
    store_units(center->store, on_units, ask);
}

/* ---- changes ---- */

void center_units_roll_back(struct live_center *center)
{
    struct orders *orders = center->batch.orders;
    while (orders->undo_count > 0) { /* the oldest state of each is put back last */
        const struct unit_undo *undo = &orders->undo[--orders->undo_count];
        center->muster->units[undo->at] = undo->before;
    }
}

static void remember(struct live_center *center, const struct unit *unit)
{
    struct orders *orders = center->batch.orders;
    if (orders->undo_count == orders->undo_room) {
        orders->undo_room = orders->undo_room ? 2 * orders->undo_room : 32;
        orders->undo = realloc(orders->undo, orders->undo_room * sizeof *orders->undo);
        if (!orders->undo)
            abort();
    }
    orders->undo[orders->undo_count++] =
        (struct unit_undo){.at = (size_t)(unit - center->muster->units), .before = *unit};
}

/* A unit's log stays at its home: the tiers above see its orders, not each of its breaks. */
static bool goes_nowhere(const struct live_center *center, const void *what, const struct neighbour *n)
{
    (void)center;
    (void)what;
    (void)n;
    return false;
}

static void write_event(struct live_center *center, struct unit *unit, enum unit_event event,
                        const struct actor *actor)
{
    struct event_bytes bytes;
    const uint8_t *body;
    size_t size;
    struct envelope envelope = {.subject_kind = SUBJECT_UNIT,
                                .subject = unit_id(unit->name),
                                .no = unit->last_no + 1,
                                .at_ms = center->batch.now_ms > unit->last_ms ? center->batch.now_ms
                                                                              : unit->last_ms + 1,
                                .kind = (uint16_t)event,
                                .state = (uint8_t)unit->status};
    enum err err = unit_pack(unit, actor, &center->batch.arena, &body, &size);
    assert(err == ERR_OK); /* every field is bounded */
    memcpy(envelope.actor, actor->user, USER_SIZE);
    memcpy(envelope.writer, center->code, CODE_SIZE);
    memcpy(envelope.next_owner, center->code, CODE_SIZE);
    subject_encode(&envelope, body, size, unit->head_hash, &bytes);
    unit->last_no = envelope.no;
    unit->last_ms = envelope.at_ms;
    memcpy(unit->head_hash, bytes.hash, HASH_BYTES);
    struct entry entry = {.subject = envelope.subject,
                          .subject_no = envelope.no,
                          .envelope = bytes.packed,
                          .body = bytes.body,
                          .body_size = bytes.body_size};
    center_write_subject(center, &entry, NULL, goes_nowhere, NULL);
}

void center_unit_change(struct live_center *center, struct unit *unit, const struct unit *after,
                        enum unit_event event, const struct actor *actor)
{
    remember(center, unit);
    *unit = *after;
    if (actor)
        write_event(center, unit, event, actor);
    store_batch_unit(center->batch.writes, unit, center->code);
}

/* What the receipt's state makes of its unit; 0 = nothing. */
static enum unit_status status_of(enum receipt_state state)
{
    switch (state) {
    case RECEIPT_EN_ROUTE:
        return UNIT_EN_ROUTE;
    case RECEIPT_ON_SCENE:
    case RECEIPT_REPORTED:
        return UNIT_ON_SCENE;
    case RECEIPT_DONE:
    case RECEIPT_UNABLE:
    case RECEIPT_CANCELLED:
    case RECEIPT_SUPERSEDED:
    case RECEIPT_EXPIRED:
        return UNIT_STANDBY;
    case RECEIPT_NONE:
    case RECEIPT_ISSUED:
    case RECEIPT_DELIVERED:
    case RECEIPT_ACKED:
    case RECEIPT_STATES:
        return (enum unit_status)0;
    }
    return (enum unit_status)0;
}

void center_unit_follow(struct live_center *center, const struct command_slot *command,
                        const struct receipt_change *change)
{
    struct unit *unit = center_unit_find(center, change->after.name);
    bool over = receipt_final(command->row.record.header.kind, change->after.state);
    enum unit_status status = over ? UNIT_STANDBY : status_of(change->after.state);
    struct unit after;
    if (!unit || status == 0 || !id_equal(&unit->booked, &command->row.record.header.id))
        return;
    if (status == UNIT_STANDBY) {
        unit_free(unit, center->batch.now_ms, &after);
        center_unit_change(center, unit, &after, UNIT_EVENT_FREE, &change->actor);
    } else if (unit->status != status) {
        unit_follow(unit, status, center->batch.now_ms, &after);
        center_unit_change(center, unit, &after, UNIT_EVENT_STATUS, &change->actor);
    }
}

/* ---- what is asked for ---- */

static enum err may_speak(const struct unit *unit, const struct actor *actor, struct fault *fault)
{
    if (strcmp(actor->user, unit->name) == 0)
        return ERR_OK;
    if (actor->post & (POST_RECEPTIONIST | POST_DISPATCHER | POST_SHIFT_LEADER | POST_LEADER))
        return ERR_OK;
    return fault_set(fault, ERR_NO_RIGHT, "%s 的状态由它自己或本中心坐席报告", unit->name);
}

static enum err set_status(struct live_center *center, struct unit *unit, const struct unit_request *asked,
                           const struct actor *actor, struct fault *fault)
{
    struct unit after;
    enum unit_status status = unit_status_from_name(asked->status);
    if (status == 0)
        status = unit_status_mapped(center->world.topology, unit->type, asked->status);
    if (status == 0)
        return fault_set(fault, ERR_RANGE, "没有状态“%s”", asked->status);
    enum err err = unit_set_status(unit, status, center->batch.now_ms, &after, fault);
    if (err != ERR_OK)
        return err;
    if (unit_status_from_name(asked->status) == 0)
        text_put(after.internal, sizeof after.internal, asked->status);
    else
        after.internal[0] = '\0';
    memcpy(after.note, asked->note, sizeof after.note);
    center_unit_change(center, unit, &after, UNIT_EVENT_STATUS, actor);
    return ERR_OK;
}

static enum err set_position(struct live_center *center, struct unit *unit, const struct unit_request *asked)
{
    struct unit after = *unit;
    int64_t now_ms = center->batch.now_ms;
    enum err err =
        unit_move(unit, asked->lon, asked->lat, asked->at_ms ? asked->at_ms : now_ms, now_ms, &after);
    if (err == ERR_OK || err == ERR_IMPLAUSIBLE) /* the doubtful one is kept as such, to be confirmed */
        center_unit_change(center, unit, &after, UNIT_EVENT_STATUS, NULL);
    return err;
}

void center_decide_unit(struct live_center *center, struct work *work)
{
    const struct unit_request *asked = work->request->unit;
    struct fault fault = {.code = ERR_OK};
    struct actor actor;
    struct unit *unit = center_unit_find(center, asked->unit);
    work->answer = true;
    if (!unit) {
        center_outcome(work, ERR_UNKNOWN_UNIT, "");
        return;
    }
    enum err err = center_name_actor(center, work->request->user, &actor, &fault);
    if (err == ERR_OK)
        err = may_speak(unit, &actor, &fault);
    if (err == ERR_OK)
        err = asked->ask == UNIT_ASK_STATUS ? set_status(center, unit, asked, &actor, &fault)
                                            : set_position(center, unit, asked);
    center_outcome(work, err, err == ERR_OK ? "" : fault.text);
    work->reply.has_unit = true;
    work->reply.unit.status = unit->status;
    work->reply.unit.booked = unit->booked;
}
