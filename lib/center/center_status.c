/* How the center stands: what `sanji tree` shows. Figures that need a scan are counted at most once in two
 * seconds. */
#include "center/center_private.h"

#include <stdlib.h>
#include <string.h>

#define COUNTS_AGE_MS 2000

struct status_ask {
    struct live_center *center;
    struct link_route route;
    uint64_t correlation;
};

static void fill_link(const struct neighbour *n, struct link_status *out)
{
    struct stream_status status = {0};
    memcpy(out->code, n->row.code, CODE_SIZE);
    out->up = n->up;
    out->since_ms = n->up_since_ms;
    out->refused = n->refused;
    for (int lane = 0; lane < LANES; lane++)
        out->lag += n->row.tail[lane] > n->row.acked[lane] ? n->row.tail[lane] - n->row.acked[lane] : 0;
    if (!n->stream)
        return;
    stream_status(n->stream, &status);
    out->skew_ms = status.skew_ms;
    out->rtt_us = status.rtt_us;
}

static void fill_counts(const struct store_counts *counts, struct status_reply *status)
{
    status->cases = counts->cases;
    status->open = counts->open;
    status->overdue = counts->overdue;
    status->owned_open = counts->owned_open;
    status->owned_overdue = counts->owned_overdue;
    status->manual = counts->manual;
    status->climb_pending = counts->climb_pending;
    status->standing = counts->standing;
    status->kept = counts->kept;
    status->quarantined = counts->quarantined;
    status->timers = counts->timers;
    status->alarms = counts->alarms;
    status->commands_open = counts->commands_open;
    status->receipts_open = counts->receipts_open;
    status->receipts_red = counts->receipts_red;
}

static void reply_status(struct live_center *center, const struct link_route *route, uint64_t correlation)
{
    struct reply reply = {.code = ERR_OK, .has_status = true};
    struct status_reply *status = &reply.status;
    struct link_status *links = calloc(center->neighbour_count + 1, sizeof *links);
    if (!links)
        return;
    for (size_t i = 0; i < center->neighbour_count; i++)
        fill_link(&center->neighbours[i], &links[i]);
    text_put(status->code, CODE_SIZE, center->code);
    status->incarnation = center->incarnation;
    status->mute = center->mute;
    status->database_up = center->ready;
    status->parent_up = center->parent && center->parent->up;
    status->exercise = center->world.exercise;
    status->clock_ms = center_now(center);
    status->started_ms = center->started_ms;
    status->lsn = center->lsn;
    fill_counts(&center->counts, status);
    status->batches = center->batches;
    status->inputs = center->inputs_done;
    status->refused_frames = center->refused_frames;
    status->denied_keys = (int64_t)link_counters(center->link)->denied;
    status->link_count = center->neighbour_count;
    status->links = links;
    center_reply(center, route, correlation, &reply);
    free(links);
}

static void on_counted(void *ctx, enum err code, const struct store_counts *counts)
{
    struct status_ask *ask = ctx;
    if (code == ERR_OK) {
        ask->center->counts = *counts;
        ask->center->counts_mono_ms = clock_mono_ms();
    }
    reply_status(ask->center, &ask->route, ask->correlation);
    free(ask);
}

void center_answer_status(struct live_center *center, const struct link_route *route, uint64_t correlation)
{
    bool fresh = center->counts_mono_ms > 0 && clock_mono_ms() - center->counts_mono_ms < COUNTS_AGE_MS;
    struct status_ask *ask = center->ready && !fresh ? malloc(sizeof *ask) : NULL;
    if (!ask) {
        reply_status(center, route, correlation);
        return;
    }
    *ask = (struct status_ask){.center = center, .route = *route, .correlation = correlation};
    store_count(center->store, center->code, center_now(center), on_counted, ask);
}
