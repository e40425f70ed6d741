/* Field clients: a phone gateway or an intercom bridge with a key of its own. What its units are called for
 * is pushed to it after the commit. Nothing waits in memory for a client that is away: when it comes back it
 * is told everything that is still open, from the database. */
#include "center/center_command.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static int by_unit(const void *a, const void *b)
{
    return strcmp(((const struct attached *)a)->unit, ((const struct attached *)b)->unit);
}

static struct attached *attached_to(const struct muster *muster, const char *unit)
{
    struct attached wanted;
    if (muster->attached_count == 0)
        return NULL;
    memcpy(wanted.unit, unit, sizeof wanted.unit);
    return bsearch(&wanted, muster->attached, muster->attached_count, sizeof wanted, by_unit);
}

/* ---- what a field client may ask ---- */

bool center_field_may(struct live_center *center, const struct link_from *from, const struct request *request,
                      uint64_t correlation)
{
    const char *unit = NULL;
    if (!center->ready) {
        center_refuse(center, &from->route, correlation, ERR_NOT_NOW, "");
        return false;
    }
    switch (request->kind) {
    case REQUEST_ATTACH:
        return true;
    case REQUEST_RECEIPT: /* for itself, or as a deputy: receipt_step() judges that */
    case REQUEST_REPORT:
        unit = request->user;
        break;
    case REQUEST_UNIT:
        unit = request->unit->unit;
        break;
    case REQUEST_ACT:
    case REQUEST_STATUS:
    case REQUEST_RELOAD:
    case REQUEST_FENCE:
    case REQUEST_REPAIR:
    case REQUEST_COMMAND:
        center_refuse(center, &from->route, correlation, ERR_NO_RIGHT, "");
        return false;
    }
    if (center_unit_find(center, unit) && strcmp(unit, request->user) == 0 &&
        link_speaks_for(center->link, from->name, unit))
        return true;
    log_line(LOG_WARN, "field.not-yours", "%s spoke for %s", from->name, unit);
    center_refuse(center, &from->route, correlation, ERR_NOT_YOURS, "");
    return false;
}

/* ---- attaching ---- */

struct attach_ask {
    struct live_center *center;
    struct link_route route;
    uint64_t correlation;
    int32_t served;
};

static void send_push(struct live_center *center, const struct link_route *route,
                      const struct command *header, const struct receipt *receipt, enum receipt_event why)
{
    const struct response *response = &center->config.world->response;
    size_t channel = receipt->rung > 0 && response->channel_count > 1 ? 1 : 0;
    struct push push = {.command = header->id,
                        .kind = header->kind,
                        .priority = header->priority,
                        .status = header->status,
                        .why = why,
                        .state = receipt->state,
                        .text = header->text,
                        .text_en = header->text_en,
                        .form = header->form,
                        .lon = header->lon,
                        .lat = header->lat,
                        .sent_ms = header->sent_ms,
                        .due_ms =
                            receipt->state == RECEIPT_DELIVERED ? receipt->ack_due_ms : receipt->done_due_ms};
    struct frame frame = {.kind = FRAME_PUSH};
    size_t used;
    memcpy(push.recipient, receipt->name, USER_SIZE);
    memcpy(push.center, header->center, CODE_SIZE);
    memcpy(push.deputy, receipt->deputy, USER_SIZE);
    memcpy(push.case_no, header->case_no, CASE_NO_SIZE);
    if (response->channel_count > 0)
        memcpy(push.channel, response->channels[channel], POST_SIZE);
    frame.push = &push;
    if (frame_pack(&frame, center->out, FRAME_BYTES_MAX, &used) != ERR_OK) {
        log_line(LOG_PANIC, "push.pack", "a push does not fit its frame");
        return;
    }
    enum err err = link_reply(center->link, route, center->out, used);
    if (err != ERR_OK)
        log_line(LOG_DEBUG, "push.lost", "%s: %s", receipt->name, err_name(err));
}

static void on_called(void *ctx, enum err code, size_t count, const struct called_row *rows)
{
    struct attach_ask *ask = ctx;
    struct reply reply = {.code = code, .has_unit = true};
    reply.unit.attached = ask->served;
    center_reply(ask->center, &ask->route, ask->correlation, &reply);
    for (size_t i = 0; code == ERR_OK && i < count; i++)
        send_push(ask->center, &ask->route, &rows[i].record->header, rows[i].receipt, RECEIPT_DELIVER);
    free(ask);
}

/* The last one to attach a unit serves it: a phone that was restarted takes its unit over from its old
 * connection. */
static void serve(struct muster *muster, const char *unit, const struct link_route *route)
{
    struct attached *known = attached_to(muster, unit);
    if (known) {
        known->route = *route;
        return;
    }
    if (muster->attached_count == muster->attached_room) {
        muster->attached_room = muster->attached_room ? 2 * muster->attached_room : 64;
        muster->attached = realloc(muster->attached, muster->attached_room * sizeof *muster->attached);
        if (!muster->attached)
            abort();
    }
    size_t at = muster->attached_count++;
    while (at > 0 && strcmp(muster->attached[at - 1].unit, unit) > 0) {
        muster->attached[at] = muster->attached[at - 1];
        at--;
    }
    muster->attached[at] = (struct attached){.route = *route};
    text_put(muster->attached[at].unit, USER_SIZE, unit);
}

static bool wanted_by(const struct attach_request *asked, const char *unit)
{
    for (size_t i = 0; i < asked->count; i++)
        if (strcmp(asked->units[i], unit) == 0)
            return true;
    return asked->count == 0;
}

void center_attach(struct live_center *center, const struct link_from *from, uint64_t correlation,
                   const struct request *request)
{
    struct muster *muster = center->muster;
    struct attach_ask *ask = malloc(sizeof *ask);
    char(*names)[USER_SIZE] = calloc(muster->unit_count + 1, sizeof *names);
    if (!ask || !names)
        abort();
    *ask = (struct attach_ask){.center = center, .route = from->route, .correlation = correlation};
    for (size_t i = 0; i < muster->unit_count; i++) {
        const char *unit = muster->units[i].name;
        if (!wanted_by(request->attach, unit) || !link_speaks_for(center->link, from->name, unit))
            continue;
        serve(muster, unit, &from->route);
        text_put(names[ask->served++], USER_SIZE, unit);
    }
    if (ask->served == 0) {
        center_refuse(center, &from->route, correlation, ERR_NOT_YOURS, "");
        free(ask);
    } else {
        store_called(center->store, center->code, (const char(*)[USER_SIZE])names, (size_t)ask->served,
                     on_called, ask);
    }
    free(names);
}

/* ---- calling ---- */

static void call_one(struct live_center *center, const char *unit, const struct call *call)
{
    struct orders *orders = center->batch.orders;
    if (!attached_to(center->muster, unit))
        return;
    if (orders->call_count == orders->call_room) {
        orders->call_room = orders->call_room ? 2 * orders->call_room : 64;
        orders->calls = realloc(orders->calls, orders->call_room * sizeof *orders->calls);
        if (!orders->calls)
            abort();
    }
    orders->calls[orders->call_count] = *call;
    text_put(orders->calls[orders->call_count++].to, USER_SIZE, unit);
}

void center_call(struct live_center *center, const struct command_slot *command,
                 const struct receipt *receipt, enum receipt_event why)
{
    struct call call = {.command = command, .receipt = *receipt, .why = why};
    call_one(center, receipt->name, &call);
    if (receipt->deputy[0] && (why == RECEIPT_DEPUTY || why == RECEIPT_REPEAT))
        call_one(center, receipt->deputy, &call);
}

static void on_held(void *ctx, enum err code, size_t count, const struct called_row *rows)
{
    struct live_center *center = ctx;
    for (size_t i = 0; code == ERR_OK && i < count; i++) {
        const struct receipt *receipt = rows[i].receipt;
        const struct attached *to = attached_to(center->muster, receipt->name);
        const struct attached *deputy = attached_to(center->muster, receipt->deputy);
        if (to)
            send_push(center, &to->route, &rows[i].record->header, receipt, RECEIPT_REPEAT);
        if (deputy)
            send_push(center, &deputy->route, &rows[i].record->header, receipt, RECEIPT_REPEAT);
    }
}

/* The span is over: whoever has calls waiting is told what is open now. */
static void on_held_time(void *ctx)
{
    struct live_center *center = ctx;
    struct muster *muster = center->muster;
    char(*names)[USER_SIZE] = calloc(muster->attached_count + 1, sizeof *names);
    size_t count = 0;
    if (!names)
        abort();
    for (size_t i = 0; i < muster->attached_count; i++) {
        if (!muster->attached[i].held)
            continue;
        muster->attached[i].held = false;
        memcpy(names[count++], muster->attached[i].unit, USER_SIZE);
    }
    if (count > 0 && center->ready)
        store_called(center->store, center->code, (const char(*)[USER_SIZE])names, count, on_held, center);
    free(names);
}

/* Too many calls to one recipient in a span are held back; the top class never is, nor what is no call to
 * sign: an end, a change, a call for safety. */
static bool must_wait(struct live_center *center, struct attached *to, const struct call *call)
{
    const struct call_rate *rate = &center->config.world->response.rate;
    const struct command *header = &call->command->row.record.header;
    int64_t mono = clock_mono_ms();
    if (mono - to->window_ms >= rate->per_ms) {
        to->window_ms = mono;
        to->pushed = 0;
    }
    if (header->priority == PRIORITY_CRITICAL || call->receipt.state != RECEIPT_DELIVERED ||
        rate->count == 0 || to->pushed < rate->count) {
        to->pushed++;
        return false;
    }
    to->held = true;
    if (!loop_timer_armed(center->muster->held_timer))
        loop_timer_arm(center->muster->held_timer, rate->per_ms);
    return true;
}

void center_calls_send(struct live_center *center)
{
    struct orders *orders = center->batch.orders;
    for (size_t i = 0; i < orders->call_count; i++) {
        const struct call *call = &orders->calls[i];
        const struct command *header = &call->command->row.record.header;
        struct attached *to = attached_to(center->muster, call->to);
        if (!to || !link_speaks_for(center->link, to->route.name, to->unit))
            continue; /* nobody there, or its key no longer names that unit */
        if (!must_wait(center, to, call))
            send_push(center, &to->route, header, &call->receipt, call->why);
    }
    orders->call_count = 0;
}

enum err center_field_init(struct live_center *center)
{
    center->muster->held_timer = loop_timer_new(center->loop, on_held_time, center);
    return center->muster->held_timer ? ERR_OK : ERR_MEMORY;
}

void center_field_fini(struct live_center *center)
{
    loop_timer_free(&center->muster->held_timer);
    free(center->muster->attached);
}
