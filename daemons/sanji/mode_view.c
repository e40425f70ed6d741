#include "mode_view.h"

#include <stdlib.h>
#include <string.h>

#include "command_json.h"

static char *copy(const char *text)
{
    char *out = text ? strdup(text) : NULL;
    if (text && !out)
        abort();
    return out;
}

/* ---- which is in force ---- */

struct reading {
    const struct topology *topology;
    struct mode_view *view;
};

static bool covers(const struct reading *reading, const struct command *header, int32_t issuer)
{
    struct selector selector;
    struct fault ignored;
    return issuer >= 0 && selector_parse(header->targets, &selector, &ignored) == ERR_OK &&
           selector_touches(&selector, reading->topology, issuer, reading->view->center);
}

static bool on_mode(void *ctx, const struct store_command *c)
{
    struct reading *reading = ctx;
    struct mode_view *view = reading->view;
    const struct command *h = &c->row.record.header;
    int32_t issuer = topology_center(reading->topology, h->center);
    if (!covers(reading, h, issuer))
        return true;
    if (view->count == view->room) {
        view->room = view->room ? 2 * view->room : 8;
        view->orders = realloc(view->orders, view->room * sizeof *view->orders);
        if (!view->orders)
            abort();
    }
    struct mode_order *mode = &view->orders[view->count++];
    mode->record = c->row.record;
    mode->record.header.text = copy(h->text);
    mode->record.header.text_en = copy(h->text_en);
    mode->record.header.reason = copy(h->reason);
    mode->order = (struct alert_order){.command = h->id,
                                       .issuer = issuer,
                                       .sent_ms = h->sent_ms,
                                       .alert = h->alert,
                                       .start_ms = h->mode_start_ms,
                                       .end_ms = h->mode_end_ms,
                                       .lease_ms = h->lease_ms,
                                       .ended = c->row.record.ended != COMMAND_EVENT_NONE};
    return true;
}

static void choose(struct mode_view *view, const struct topology *topology)
{
    struct alert_order *orders = calloc(view->count + 1, sizeof *orders);
    if (!orders)
        abort();
    for (size_t i = 0; i < view->count; i++)
        orders[i] = view->orders[i].order;
    view->in_force = alert_in_force(topology, orders, view->count, view->now_ms);
    free(orders);
}

/* ---- the four stages ---- */

static int64_t *stage_of(struct mode_stages *stages, enum case_state state)
{
    switch (state) {
    case CASE_REPORTED:
    case CASE_VERIFYING:
        return &stages->reported;
    case CASE_FILED:
    case CASE_DISPATCHED:
    case CASE_DISPUTED:
        return &stages->dispatched;
    case CASE_HANDLING:
    case CASE_SUSPENDED:
    case CASE_FEEDBACK:
        return &stages->handling;
    case CASE_CLOSED:
    case CASE_FORCE_CLOSED:
    case CASE_ARCHIVED:
    case CASE_REJECTED:
    case CASE_VOIDED:
    case CASE_MERGED:
        return &stages->closed;
    case CASE_NONE:
    case CASE_STATES:
        break;
    }
    return NULL;
}

static bool on_case(void *ctx, const struct store_case *c)
{
    struct mode_view *view = ctx;
    int64_t *stage = stage_of(&view->stages, c->row.record.state);
    if (c->reported_ms < mode_view_now(view)->order.start_ms || !stage)
        return true;
    (*stage)++;
    view->stages.total++;
    return true;
}

/* ---- both ---- */

enum err mode_view_read(struct cli *cli, struct store_reader *reader, int32_t center, struct mode_view *view,
                        struct fault *fault)
{
    const struct topology *topology = cli->world->topology;
    const struct store_command_filter modes = {.kind = COMMAND_MODE};
    const struct store_filter all = {.order = STORE_BY_ID};
    *view = (struct mode_view){.center = center, .now_ms = clock_now_ms(&cli->site->clock), .in_force = -1};
    struct reading reading = {.topology = topology, .view = view};
    enum err err = store_read_commands(reader, &modes, on_mode, &reading, fault);
    if (err == ERR_OK)
        choose(view, topology);
    if (err == ERR_OK && view->in_force >= 0)
        err = store_read_cases(reader, &all, on_case, view, fault);
    if (err != ERR_OK)
        mode_view_free(view);
    return err;
}

enum err mode_view_open(struct cli *cli, const struct site_center *center, struct mode_view *view,
                        struct fault *fault)
{
    struct store_reader *reader = NULL;
    const struct world *world = cli_world(cli);
    if (!world)
        return ERR_CONFIG;
    enum err err = store_reader_open(center->read_database, &reader, fault);
    if (err == ERR_OK)
        err = mode_view_read(cli, reader, topology_center(world->topology, center->code), view, fault);
    store_reader_close(&reader);
    return err;
}

void mode_view_free(struct mode_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct command *header = &view->orders[i].record.header;
        free((void *)(uintptr_t)header->text);
        free((void *)(uintptr_t)header->text_en);
        free((void *)(uintptr_t)header->reason);
    }
    free(view->orders);
    *view = (struct mode_view){.in_force = -1};
}

const struct mode_order *mode_view_now(const struct mode_view *view)
{
    return view->in_force < 0 ? NULL : &view->orders[view->in_force];
}

enum alert mode_view_alert(const struct mode_view *view)
{
    const struct mode_order *now = mode_view_now(view);
    return now ? now->order.alert : ALERT_NORMAL;
}

json_t *mode_view_json(struct cli *cli, const struct mode_view *view)
{
    const struct center *center = &cli->world->topology->centers[view->center];
    const struct mode_order *now = mode_view_now(view);
    enum alert alert = mode_view_alert(view);
    json_t *out = json_pack("{s:s, s:s, s:s, s:s}", "center", center->code, "name", center->name, "alert",
                            alert_name(alert), "alert_zh", alert_zh(alert));
    if (!now)
        return out;
    char id[ID_TEXT_SIZE];
    const struct command *h = &now->record.header;
    const struct mode_stages *s = &view->stages;
    id_format(&h->id, id);
    json_object_set_new(out, "command_id", json_string(id));
    json_object_set_new(out, "issuer", json_string(h->center));
    json_object_set_new(out, "by", json_string(h->actor.user));
    json_object_set_new(out, "reason",
                        json_string(h->reason && h->reason[0] ? h->reason
                                    : h->text                 ? h->text
                                                              : ""));
    json_set_moment(cli, out, "since", h->mode_start_ms);
    json_set_moment(cli, out, "until", h->mode_end_ms);
    json_set_moment(cli, out, "lease", h->lease_ms);
    json_object_set_new(out, "stages",
                        json_pack("{s:I, s:I, s:I, s:I, s:I}", "total", (json_int_t)s->total, "reported",
                                  (json_int_t)s->reported, "dispatched", (json_int_t)s->dispatched,
                                  "handling", (json_int_t)s->handling, "closed", (json_int_t)s->closed));
    return out;
}
