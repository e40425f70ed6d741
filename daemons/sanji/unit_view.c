#include "unit_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli_table.h"
#include "command_json.h"

/* ---- who they are ---- */

static size_t add_center(const struct topology *topology, int32_t center, struct unit *out)
{
    size_t count = topology_units(topology, center, NULL, 0);
    struct unit_identity *identities = calloc(count + 1, sizeof *identities);
    if (!identities)
        abort();
    topology_units(topology, center, identities, count);
    for (size_t i = 0; out && i < count; i++)
        unit_begin(&identities[i], &out[i]);
    free(identities);
    return count;
}

static void add_subtree(struct unit_view *view, int32_t top)
{
    const struct topology *topology = view->topology;
    size_t room = 0;
    for (size_t i = 0; i < topology->center_count; i++)
        if (topology_is_under(topology, (int32_t)i, top))
            room += topology_units(topology, (int32_t)i, NULL, 0);
    view->units = calloc(room + 1, sizeof *view->units);
    if (!view->units)
        abort();
    for (size_t i = 0; i < topology->center_count; i++)
        if (topology_is_under(topology, (int32_t)i, top))
            view->count += add_center(topology, (int32_t)i, view->units + view->count);
}

/* ---- how they are ---- */

/* Units as the database lists them, sorted by name for the look-up. */
struct states {
    size_t count, room;
    struct unit *list;
};

static bool on_unit(void *ctx, const char *center, const struct unit *unit)
{
    struct states *states = ctx;
    (void)center;
    if (states->count == states->room) {
        states->room = states->room ? 2 * states->room : 256;
        states->list = realloc(states->list, states->room * sizeof *states->list);
        if (!states->list)
            abort();
    }
    states->list[states->count++] = *unit;
    return true;
}

static int by_name(const void *left, const void *right)
{
    const struct unit *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* The changing part of what the database says; identity stays the tree's. */
static void take_state(struct unit *unit, const struct unit *state)
{
    struct unit identity = *unit;
    *unit = *state;
    memcpy(unit->name, identity.name, sizeof unit->name);
    memcpy(unit->type, identity.type, sizeof unit->type);
    memcpy(unit->department, identity.department, sizeof unit->department);
    unit->center = identity.center;
    unit->home_lon = identity.home_lon;
    unit->home_lat = identity.home_lat;
}

static bool wanted(const struct unit *unit, const struct unit_filter *filter)
{
    return (!filter->type || strcmp(unit->type, filter->type) == 0) &&
           (!filter->name || strcmp(unit->name, filter->name) == 0) &&
           (filter->status == 0 || unit->status == filter->status);
}

static void merge(struct unit_view *view, const struct states *states, const struct unit_filter *filter)
{
    size_t kept = 0;
    for (size_t i = 0; i < view->count; i++) {
        struct unit *unit = &view->units[i];
        const struct unit *state =
            states->count ? bsearch(unit, states->list, states->count, sizeof *states->list, by_name) : NULL;
        if (state)
            take_state(unit, state);
        if (wanted(unit, filter))
            view->units[kept++] = *unit;
    }
    view->count = kept;
}

enum err unit_view_read(struct cli *cli, const struct site_center *center, const struct unit_filter *filter,
                        struct unit_view *view, struct fault *fault)
{
    struct store_reader *reader = NULL;
    struct states states = {.count = 0};
    const struct world *world = cli_world(cli);
    if (!world)
        return ERR_CONFIG;
    *view = (struct unit_view){.topology = world->topology, .now_ms = clock_now_ms(&cli->site->clock)};
    enum err err = store_reader_open(center->read_database, &reader, fault);
    if (err == ERR_OK)
        err = store_read_units(reader, on_unit, &states, fault);
    store_reader_close(&reader);
    if (err == ERR_OK) {
        if (states.count > 0)
            qsort(states.list, states.count, sizeof *states.list, by_name);
        add_subtree(view, topology_center(world->topology, center->code));
        merge(view, &states, filter);
    }
    free(states.list);
    return err;
}

void unit_view_free(struct unit_view *view)
{
    free(view->units);
    *view = (struct unit_view){.count = 0};
}

/* ---- shown ---- */

static const char *type_name(const struct unit_view *view, const struct unit *unit, bool english)
{
    const struct unit_type *type = topology_unit_type(view->topology, unit->type);
    return !type || (english && !type->name_en[0]) ? unit->type : english ? type->name_en : type->name;
}

json_t *unit_view_json(struct cli *cli, const struct unit_view *view, const struct unit *unit)
{
    char booked[ID_TEXT_SIZE];
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:b}", "unit", unit->name, "type",
        unit->type, "type_zh", type_name(view, unit, false), "department", unit->department, "center",
        view->topology->centers[unit->center].code, "status", unit_status_name(unit->status), "status_zh",
        unit_status_zh(unit->status), "internal", unit->internal, "note", unit->note, "orders", unit->orders,
        "heard", unit->last_no > 0, "doubtful", unit->doubtful);
    json_set_moment(cli, out, "since", unit->since_ms);
    id_format(&unit->booked, booked);
    json_object_set_new(out, "booked", id_is_zero(&unit->booked) ? json_null() : json_string(booked));
    if (!isnan(unit->home_lon)) {
        json_object_set_new(out, "home_lon", json_real(unit->home_lon));
        json_object_set_new(out, "home_lat", json_real(unit->home_lat));
    }
    if (unit->position_ms != 0 && !isnan(unit->lon)) {
        json_object_set_new(out, "lon", json_real(unit->lon));
        json_object_set_new(out, "lat", json_real(unit->lat));
        json_set_moment(cli, out, "position", unit->position_ms);
        json_object_set_new(out, "position_age_s", json_integer((view->now_ms - unit->position_ms) / 1000));
    }
    return out;
}

static void say_age(const struct cli *cli, const struct unit_view *view, const struct unit *unit,
                    char out[64])
{
    int64_t s = (view->now_ms - unit->position_ms) / 1000;
    if (unit->position_ms == 0 || isnan(unit->lon))
        snprintf(out, 64, "%s", isnan(unit->home_lon) ? "-" : cli->english ? "(home)" : "（驻地）");
    else if (s < 120)
        snprintf(out, 64, cli->english ? "%" PRId64 " s%s" : "%" PRId64 " 秒%s", s,
                 unit->doubtful ? " ?" : "");
    else
        snprintf(out, 64, cli->english ? "%" PRId64 " min%s" : "%" PRId64 " 分%s", s / 60,
                 unit->doubtful ? " ?" : "");
}

void unit_view_print(struct cli *cli, const struct unit_view *view)
{
    static const char *const zh[] = {"单元",    "类型",     "中心",     "状态", "自",
                                     ">今日派", "在办指令", "位置时效", "备注", NULL};
    static const char *const en[] = {"unit",    "type",  "center",       "status", "since",
                                     ">orders", "order", "position age", "note",   NULL};
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    for (size_t i = 0; i < view->count; i++) {
        const struct unit *unit = &view->units[i];
        char since[CLOCK_TEXT_SIZE], booked[ID_TEXT_SIZE], age[64];
        cli_time(cli, unit->since_ms, since);
        id_format(&unit->booked, booked);
        say_age(cli, view, unit, age);
        cli_table_row(table);
        cli_table_cell(table, "%s", unit->name);
        cli_table_cell(table, "%s", type_name(view, unit, cli->english));
        cli_table_cell(table, "%s", view->topology->centers[unit->center].code);
        cli_table_cell(table, "%s",
                       cli->english ? unit_status_name(unit->status) : unit_status_zh(unit->status));
        cli_table_cell(table, "%.16s", since);
        cli_table_cell(table, "%" PRId32, unit->orders);
        cli_table_cell(table, "%s", id_is_zero(&unit->booked) ? "" : booked);
        cli_table_cell(table, "%s", age);
        cli_table_cell(table, "%s%s%s", unit->internal, unit->internal[0] && unit->note[0] ? " | " : "",
                       unit->note);
    }
    cli_table_print(table, stdout);
    cli_table_free(&table);
}
