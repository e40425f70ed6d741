/* sanji unit list, show, status, move. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "cli_option.h"
#include "command_json.h"
#include "commands.h"
#include "unit_view.h"

/* ---- reading ---- */

static int run_list(struct cli *cli)
{
    struct unit_view view;
    struct fault fault = {.code = ERR_OK};
    const char *status = cli_value(cli, "status");
    struct unit_filter filter = {.type = cli_value(cli, "type"),
                                 .status = status ? unit_status_from_name(status) : 0};
    const struct site_center *center = cli_center_or_top(cli);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_CENTER);
    if (status && filter.status == 0)
        return cli_fail(cli, ERR_USAGE,
                        "--status %s: off, standby, patrol, ordered, en-route, on-scene, break, fault",
                        status);
    if (filter.type && !topology_unit_type(cli->world->topology, filter.type))
        return cli_fail(cli, ERR_UNKNOWN_TARGET, "--type %s", filter.type);
    enum err err = unit_view_read(cli, center, &filter, &view, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (cli->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < view.count; i++)
            json_array_append_new(list, unit_view_json(cli, &view, &view.units[i]));
        cli_print_json(list);
    } else if (view.count == 0) {
        puts(cli->english ? "no such unit here (unit_types and units of the topology file)"
                          : "没有这样的勤务单元（见拓扑文件的 unit_types 与 units）");
    } else {
        unit_view_print(cli, &view);
    }
    unit_view_free(&view);
    return 0;
}

const struct cli_command cmd_unit_list = {
    .group = "unit",
    .verb = "list",
    .zh = "勤务单元：状态、在办指令、位置及其时效",
    .en = "units: status, order in hand, position and its age",
    .options = {{"center", "CODE", "此中心及其以下，缺省为全树 / this center and below, by default all",
                 false},
                {"type", "TYPE", "类型，如 police、grid / type", false},
                {"status", "STATUS", "off standby patrol ordered en-route on-scene break fault", false}},
    .run = run_list};

/* The unit of the first word and the center that writes it; NULL after a complaint. */
static const struct site_center *home_of(struct cli *cli, struct unit_identity *unit)
{
    const struct world *world = cli_world(cli);
    if (!world)
        return NULL;
    if (!topology_unit(world->topology, cli->words[0], unit)) {
        cli_fail(cli, ERR_UNKNOWN_UNIT, "%s", cli->words[0]);
        return NULL;
    }
    const char *code = world->topology->centers[unit->center].code;
    const struct site_center *center =
        cli_value(cli, "center") ? cli_center(cli) : site_center(cli->site, code);
    if (!center && !cli_value(cli, "center"))
        cli_fail(cli, ERR_UNKNOWN_CENTER, "%s", code);
    return center;
}

static int run_show(struct cli *cli)
{
    struct unit_view view;
    struct unit_identity unit;
    struct fault fault = {.code = ERR_OK};
    struct unit_filter filter = {.name = cli->words[0]};
    const struct site_center *center = home_of(cli, &unit);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_UNIT);
    enum err err = unit_view_read(cli, center, &filter, &view, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (view.count == 0)
        cli_fail(cli, ERR_UNKNOWN_UNIT, "%s is not of %s or below it", cli->words[0], center->code);
    else if (cli->json)
        cli_print_json(unit_view_json(cli, &view, &view.units[0]));
    else
        unit_view_print(cli, &view);
    int status = view.count == 0 ? err_exit_code(ERR_UNKNOWN_UNIT) : 0;
    unit_view_free(&view);
    return status;
}

const struct cli_command cmd_unit_show = {
    .group = "unit",
    .verb = "show",
    .words = "NAME",
    .words_min = 1,
    .words_max = 1,
    .zh = "一个勤务单元",
    .en = "one unit",
    .options = {{"center", "CODE", "看哪个中心的副本，缺省为其所属中心 / whose copy, by default its home's",
                 false}},
    .run = run_show};

/* ---- saying ---- */

static int ask(struct cli *cli, const struct site_center *center, const struct unit_request *unit)
{
    struct request request = {.kind = REQUEST_UNIT, .unit = unit};
    struct reply reply;
    struct fault fault = {.code = ERR_OK};
    char booked[ID_TEXT_SIZE];
    memcpy(request.user, unit->unit, sizeof request.user);
    if (!cli_copy_option(cli, "as", request.user, sizeof request.user))
        return err_exit_code(ERR_USAGE);
    request.input.key = cli_key(cli_value(cli, "key"));
    enum err err = cli_ask(cli, center, &request, 0, &reply, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (reply.code != ERR_OK)
        return cli_fail(cli, reply.code, "%s", reply.text);
    const struct unit_reply *u = &reply.unit;
    id_format(&u->booked, booked);
    bool free = id_is_zero(&u->booked);
    if (cli->json)
        return cli_print_json(json_pack("{s:b, s:s, s:s, s:s, s:s, s:o}", "ok", 1, "code", "OK", "unit",
                                        unit->unit, "status", unit_status_name(u->status), "status_zh",
                                        unit_status_zh(u->status), "booked",
                                        free ? json_null() : json_string(booked)));
    printf("%s  %s%s%s\n", unit->unit, cli->english ? unit_status_name(u->status) : unit_status_zh(u->status),
           free ? "" : "  ", free ? "" : booked);
    return 0;
}

static int run_status(struct cli *cli)
{
    struct unit_identity identity;
    struct unit_request unit = {.ask = UNIT_ASK_STATUS, .lon = NAN, .lat = NAN};
    const struct site_center *center = home_of(cli, &identity);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_UNIT);
    memcpy(unit.unit, identity.name, sizeof unit.unit);
    if (text_copy(unit.status, sizeof unit.status, cli->words[1]) != ERR_OK)
        return cli_fail(cli, ERR_TOO_LONG, "%s", cli->words[1]);
    if (!cli_copy_option(cli, "note", unit.note, sizeof unit.note))
        return err_exit_code(ERR_USAGE);
    return ask(cli, center, &unit);
}

const struct cli_command cmd_unit_status = {
    .group = "unit",
    .verb = "status",
    .words = "NAME STATUS",
    .words_min = 2,
    .words_max = 2,
    .zh = "勤务单元报告状态（通用状态或本系统用语）",
    .en = "a unit says how it is (a common status, or its service's own word)",
    .more = "    off standby patrol break fault（离岗 待命 巡逻 休整 故障）",
    .options = {{"note", "TEXT", "备注 / a word on it", false},
                {"as", "USER", "谁报告，缺省为单元本身 / who says so, by default the unit", false},
                {"center", "CODE", "经由哪个中心，缺省为所属中心 / through which center, by default its home",
                 false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_status};

static int run_move(struct cli *cli)
{
    struct unit_identity identity;
    struct unit_request unit = {.ask = UNIT_ASK_POSITION};
    const struct site_center *center = home_of(cli, &identity);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_UNIT);
    memcpy(unit.unit, identity.name, sizeof unit.unit);
    if (!cli_degree_option(cli, "lon", 180, &unit.lon) || !cli_degree_option(cli, "lat", 90, &unit.lat) ||
        !cli_when_option(cli, "at", &unit.at_ms))
        return err_exit_code(ERR_USAGE);
    return ask(cli, center, &unit);
}

const struct cli_command cmd_unit_move = {
    .group = "unit",
    .verb = "move",
    .words = "NAME",
    .words_min = 1,
    .words_max = 1,
    .zh = "勤务单元报告位置；只存最后一个，不留轨迹",
    .en = "a unit's position; only the last one is kept, no trail",
    .options = {{"lon", "DEG", "经度 / longitude", true},
                {"lat", "DEG", "纬度 / latitude", true},
                {"at", "TIME", "定位时间，缺省为现在 / when it was taken, by default now", false},
                {"as", "USER", "谁报告，缺省为单元本身 / who says so, by default the unit", false},
                {"center", "CODE", "经由哪个中心，缺省为所属中心 / through which center, by default its home",
                 false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_move};
