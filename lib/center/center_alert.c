/* Peace and war 平战结合: which alert is in force here, by the mode commands that cover this center. In
 * memory, and read again from the database at each opening; looked at before each batch, so that new cases
 * get its policies. */
#include "center/center_command.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct load_ask {
    struct live_center *center;
    loop_call *then;
};

static bool covers_here(const struct live_center *center, const struct command *header)
{
    struct selector selector;
    struct fault fault;
    int32_t issuer = topology_center(center->world.topology, header->center);
    if (issuer < 0 || !topology_is_under(center->world.topology, center->index, issuer))
        return false; /* a center below has no say over this one, whatever its selector names */
    return selector_parse(header->targets, &selector, &fault) == ERR_OK &&
           selector_touches(&selector, center->world.topology, issuer, center->index);
}

static struct alert_order *order_of(struct muster *muster, const struct id *command)
{
    for (size_t i = 0; i < muster->alert_count; i++)
        if (id_equal(&muster->alerts[i].command, command))
            return &muster->alerts[i];
    if (muster->alert_count == muster->alert_room) {
        muster->alert_room = muster->alert_room ? 2 * muster->alert_room : 8;
        muster->alerts = realloc(muster->alerts, muster->alert_room * sizeof *muster->alerts);
        if (!muster->alerts)
            abort();
    }
    return &muster->alerts[muster->alert_count++];
}

static void take_record(struct live_center *center, const struct command_record *record)
{
    const struct command *header = &record->header;
    if (!covers_here(center, header))
        return;
    *order_of(center->muster, &header->id) =
        (struct alert_order){.command = header->id,
                             .issuer = topology_center(center->world.topology, header->center),
                             .sent_ms = header->sent_ms,
                             .alert = header->alert,
                             .start_ms = header->mode_start_ms,
                             .end_ms = header->mode_end_ms,
                             .lease_ms = header->lease_ms,
                             .ended = record->ended == COMMAND_CANCEL || record->ended == COMMAND_SUPERSEDE};
}

static void on_modes(void *ctx, enum err code, size_t count, const struct command_row *rows)
{
    struct load_ask ask = *(struct load_ask *)ctx;
    free(ctx);
    if (code != ERR_OK) {
        center_memory_unread(ask.center, code);
        return;
    }
    for (size_t i = 0; i < count; i++)
        take_record(ask.center, &rows[i].record);
    center_alert_apply(ask.center);
    ask.then(ask.center);
}

void center_alerts_load(struct live_center *center, loop_call *then)
{
    struct load_ask *ask = malloc(sizeof *ask);
    if (!ask)
        abort();
    *ask = (struct load_ask){.center = center, .then = then};
    center->muster->alert_count = 0;
    store_modes(center->store, center_now(center), on_modes, ask);
}

void center_alert_committed(struct live_center *center, const struct command_slot *slot)
{
    if (slot->row.record.header.kind == COMMAND_MODE)
        take_record(center, &slot->row.record);
}

void center_alert_apply(struct live_center *center)
{
    struct muster *muster = center->muster;
    const struct response *response = &center->config.world->response;
    int32_t at =
        alert_in_force(center->world.topology, muster->alerts, muster->alert_count, center_now(center));
    enum alert alert = at >= 0 ? muster->alerts[at].alert : ALERT_NORMAL;
    if (center->alert != alert)
        log_line(LOG_WARN, "mode.switched", "%s: %s -> %s", center->code, alert_name(center->alert),
                 alert_name(alert));
    center->alert = alert;
    center->world.mode = response->alerts[alert].mode;
    center->world.fast_lane = response->alerts[alert].fast_lane;
}

void center_alert_settled(struct live_center *center, const struct command *header)
{
    store_batch_clear_alarm(center->batch.writes, "mode.lease", &header->id, center->batch.now_ms);
}

/* A lease that was not renewed: this center is cut off, and falls back by itself (custody.md rule 19). */
void center_alert_due(struct live_center *center, struct command_slot *slot)
{
    const struct command_record *record = &slot->row.record;
    const struct command *header = &record->header;
    if (header->kind == COMMAND_MODE && header->mode_end_ms <= center->batch.now_ms)
        center_alert_settled(center, header);
    if (header->kind != COMMAND_MODE || record->ended != COMMAND_EVENT_NONE ||
        header->lease_ms > center->batch.now_ms || header->lease_ms >= header->mode_end_ms ||
        !covers_here(center, header))
        return;
    center_alarm(center, "mode.lease", &header->id,
                 "平战模式未获上级续期，本中心已自行恢复平时；请联系上级中心核实");
}
