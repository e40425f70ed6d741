/* sanji check, sanji topology check, sanji topology show: what the configuration says, and everything that is
 * wrong. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "cli_source.h"
#include "cli_table.h"
#include "commands.h"

static size_t centers_of_tier(const struct topology *topology, size_t tier)
{
    size_t count = 0;
    for (size_t i = 0; i < topology->center_count; i++)
        count += topology->centers[i].tier == tier;
    return count;
}

static int64_t grids_of(const struct topology *topology)
{
    int64_t grids = 0;
    for (size_t i = 0; i < topology->center_count; i++)
        grids += topology->centers[i].grids;
    return grids;
}

/* Units of one type over all centers; all units for NULL. */
static int64_t units_of(const struct topology *topology, const struct unit_type *type)
{
    int64_t units = type ? 0 : grids_of(topology);
    for (size_t i = 0; i < topology->unit_rule_count; i++) {
        const struct unit_rule *rule = &topology->unit_rules[i];
        if (!type || &topology->unit_types[rule->type] == type)
            units += (int64_t)(rule->count * centers_of_tier(topology, rule->tier));
    }
    for (size_t i = 0; i < topology->named_unit_count; i++)
        units += !type || &topology->unit_types[topology->named_units[i].type] == type;
    return units;
}

static size_t covers_of_tier(const struct topology *topology, size_t tier)
{
    size_t count = 0;
    for (size_t i = 0; i < topology->center_count; i++)
        count += topology->centers[i].tier == tier ? topology->centers[i].cover_count : 0;
    return count;
}

static json_t *tiers_json(const struct topology *topology)
{
    json_t *list = json_array();
    for (size_t i = 0; i < topology->tier_count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:i, s:I, s:I}", "name", topology->tiers[i].name, "zh",
                                        topology->tiers[i].zh, "rank", (int)topology->tiers[i].rank,
                                        "centers", (json_int_t)centers_of_tier(topology, i), "areas",
                                        (json_int_t)covers_of_tier(topology, i)));
    return list;
}

static json_t *unit_types_json(const struct topology *topology)
{
    json_t *list = json_array();
    for (size_t i = 0; i < topology->unit_type_count; i++) {
        const struct unit_type *type = &topology->unit_types[i];
        json_t *words = json_object();
        for (size_t k = 0; k < type->status_count; k++)
            json_object_set_new(words, type->words[k].word,
                                json_string(unit_status_name((enum unit_status)type->words[k].status)));
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}", "code", type->code, "name",
                                        type->name, "name_en", type->name_en, "department", type->department,
                                        "units", (json_int_t)units_of(topology, type), "words", words));
    }
    return list;
}

static json_t *response_json(const struct response *response)
{
    json_t *plans = json_array(), *shifts = json_array();
    for (size_t i = 0; i < response->plan_count; i++)
        json_array_append_new(plans, json_pack("{s:s, s:s, s:i}", "code", response->plans[i].code, "zh",
                                               response->plans[i].zh, "circles",
                                               (int)response->plans[i].circle_count));
    for (size_t i = 0; i < response->shift_count; i++)
        json_array_append_new(shifts, json_string(response->shifts[i].name));
    return json_pack("{s:s, s:i, s:I, s:o, s:o}", "name", response->name, "version", (int)response->version,
                     "duty_rules", (json_int_t)response->rule_count, "shifts", shifts, "plans", plans);
}

static json_t *world_json(const struct world *world)
{
    const struct topology *topology = world->topology;
    json_t *out = json_pack(
        "{s:b, s:s, s:i, s:I, s:o, s:I, s:I, s:{s:s, s:i, s:I, s:I, s:I, s:I}, s:{s:i, s:I}, s:{s:s, s:i}}",
        "ok", 1, "name", topology->name, "version", (int)topology->version, "centers",
        (json_int_t)topology->center_count, "tiers", tiers_json(topology), "grids",
        (json_int_t)grids_of(topology), "departments", (json_int_t)topology->department_count, "catalogue",
        "name", world->catalogue.name, "version", (int)world->catalogue.version, "classes",
        (json_int_t)world->catalogue.class_count, "subs", (json_int_t)world->catalogue.sub_count, "items",
        (json_int_t)world->catalogue.item_count, "policies", (json_int_t)world->catalogue.policy_count,
        "matrix", "version", (int)world->matrix.version, "rows", (json_int_t)world->matrix.row_count,
        "calendar", "name", world->calendar.name, "version", (int)world->calendar.version);
    json_object_set_new(out, "units", json_integer((json_int_t)units_of(topology, NULL)));
    json_object_set_new(out, "unit_types", unit_types_json(topology));
    json_object_set_new(out, "response", response_json(&world->response));
    return out;
}

static void print_units(const struct cli *cli, const struct topology *topology)
{
    printf(cli->english ? "  %5" PRId64 " units: %" PRId64 " grids"
                        : "  %5" PRId64 " 个勤务单元：网格 %" PRId64,
           units_of(topology, NULL), grids_of(topology));
    for (size_t i = 0; i < topology->unit_type_count; i++) {
        const struct unit_type *type = &topology->unit_types[i];
        printf(cli->english ? ", %s %" PRId64 : "、%s %" PRId64, cli->english ? type->code : type->name,
               units_of(topology, type));
    }
    printf("\n");
}

static void print_world(const struct cli *cli, const struct world *world)
{
    const struct topology *topology = world->topology;
    printf("%s  v%" PRId32 "\n", topology->name, topology->version);
    for (size_t i = 0; i < topology->tier_count; i++)
        printf(cli->english ? "  %5zu %s (%s), %zu areas\n" : "  %5zu %s(%s)，覆盖 %zu 个区域\n",
               centers_of_tier(topology, i), cli->english ? topology->tiers[i].name : topology->tiers[i].zh,
               cli->english ? topology->tiers[i].zh : topology->tiers[i].name, covers_of_tier(topology, i));
    printf(cli->english ? "  %5zu centers in all, %" PRId64 " grids, %zu departments at their centers\n"
                        : "  %5zu 个中心，%" PRId64 " 个网格，%zu 个部门席位单位\n",
           topology->center_count, grids_of(topology), topology->department_count);
    print_units(cli, topology);
    printf(cli->english ? "catalogue %s v%" PRId32 ": %zu classes, %zu sub-classes, %zu items, %zu policies\n"
                        : "清单 %s v%" PRId32 ":%zu 大类，%zu 小类，%zu 事项，%zu 个升级策略\n",
           world->catalogue.name, world->catalogue.version, world->catalogue.class_count,
           world->catalogue.sub_count, world->catalogue.item_count, world->catalogue.policy_count);
    printf(cli->english ? "matrix v%" PRId32 ": %zu rows; calendar %s v%" PRId32 "\n"
                        : "权责矩阵 v%" PRId32 ":%zu 行；日历 %s v%" PRId32 "\n",
           world->matrix.version, world->matrix.row_count, world->calendar.name, world->calendar.version);
    printf(cli->english ? "response %s v%" PRId32 ": %zu duty rules, %zu shifts, %zu emergency plans\n"
                        : "响应 %s v%" PRId32 ":%zu 条值班规则，%zu 个班次，%zu 个应急预案\n",
           world->response.name, world->response.version, world->response.rule_count,
           world->response.shift_count, world->response.plan_count);
}

static int say_sound(const struct cli *cli, const struct world *world)
{
    if (cli->json)
        return cli_print_json(world_json(world));
    print_world(cli, world);
    printf("%s\n", cli->english ? "sound" : "配置无误");
    return 0;
}

static int run_topology_check(struct cli *cli)
{
    cli->world = cli_load_world(cli, cli->words[0]);
    return cli->world ? say_sound(cli, cli->world) : err_exit_code(ERR_CONFIG);
}

static int match_site(struct cli *cli)
{
    struct conf_errors *errors = cli_errors_new();
    if (conf_site_match(cli->site, cli->world->topology, errors) != ERR_OK)
        return cli_errors_fail(cli, errors);
    free(errors);
    return 0;
}

static int run_check(struct cli *cli)
{
    const struct world *world = cli_source(cli);
    if (!world)
        return err_exit_code(ERR_CONFIG);
    int status = cli->site ? match_site(cli) : 0;
    return status != 0 ? status : say_sound(cli, world);
}

/* ---- show ---- */

static json_t *strings_json(char (*texts)[CODE_SIZE], size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *departments_json(const struct topology *topology, int32_t center)
{
    json_t *list = json_array();
    for (size_t i = 0; i < topology->department_count; i++) {
        const struct department *d = &topology->departments[i];
        if (d->center == center)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i}", "code", d->code, "name", d->name,
                                                  "name_en", d->name_en, "desks", (int)d->desks));
    }
    return list;
}

static json_t *center_json(const struct topology *topology, int32_t index)
{
    const struct center *center = &topology->centers[index];
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:o}", "code", center->code, "name", center->name,
                            "name_en", center->name_en, "tier", topology->tiers[center->tier].name, "grids",
                            (int)center->grids, "covers", strings_json(center->covers, center->cover_count),
                            "departments", departments_json(topology, index));
    json_object_set_new(out, "parent",
                        center->parent < 0 ? json_null()
                                           : json_string(topology->centers[center->parent].code));
    json_object_set_new(out, "lon", isnan(center->lon) ? json_null() : json_real(center->lon));
    json_object_set_new(out, "lat", isnan(center->lat) ? json_null() : json_real(center->lat));
    return out;
}

static json_t *topology_json(const struct topology *topology)
{
    json_t *centers = json_array(), *staff = json_array();
    for (size_t i = 0; i < topology->center_count; i++)
        json_array_append_new(centers, center_json(topology, (int32_t)i));
    for (size_t i = 0; i < topology->staff_count; i++)
        json_array_append_new(
            staff, json_pack("{s:s, s:s, s:i}", "tier", topology->tiers[topology->staff[i].tier].name, "post",
                             post_name(topology->staff[i].post), "count", (int)topology->staff[i].count));
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "name", topology->name, "version",
                     (int)topology->version, "tiers", tiers_json(topology), "staff", staff, "unit_types",
                     unit_types_json(topology), "centers", centers);
}

static void add_below(const struct topology *topology, int32_t index, int depth, struct cli_table *table)
{
    const struct center *center = &topology->centers[index];
    cli_table_row(table);
    cli_table_cell(table, "%*s%s", 2 * depth, "", center->name);
    cli_table_cell(table, "%s", center->code);
    cli_table_cell(table, "%s", topology->tiers[center->tier].name);
    cli_table_cell(table, "%zu", center->cover_count);
    cli_table_cell(table, "%" PRId32, center->grids);
    for (size_t i = 0; depth < TIERS_MAX && i < topology->center_count; i++)
        if (topology->centers[i].parent == index)
            add_below(topology, (int32_t)i, depth + 1, table);
}

static int run_topology_show(struct cli *cli)
{
    static const char *const zh[] = {"中心", "代码", "层级", ">区域", ">网格", NULL};
    static const char *const en[] = {"center", "code", "tier", ">areas", ">grids", NULL};
    const struct world *world;
    if (cli->word_count > 0)
        cli->world = cli_load_world(cli, cli->words[0]);
    world = cli->word_count > 0 ? cli->world : cli_world(cli);
    if (!world)
        return err_exit_code(ERR_CONFIG);
    if (cli->json)
        return cli_print_json(topology_json(world->topology));
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    for (size_t i = 0; i < world->topology->center_count; i++)
        if (world->topology->centers[i].parent < 0)
            add_below(world->topology, (int32_t)i, 0, table);
    cli_table_print(table, stdout);
    cli_table_free(&table);
    return 0;
}

const struct cli_command cmd_check = {
    .group = "check",
    .zh = "检查全部配置：站点、拓扑、清单、矩阵、策略、日历、响应，一次列出所有错误",
    .en = "check all configuration: site, topology, catalogue, matrix, policies, calendar, response; every "
          "error at once",
    .options = {CLI_TOPOLOGY_OPTION},
    .run = run_check};

const struct cli_command cmd_topology_check = {.group = "topology",
                                               .verb = "check",
                                               .words = "FILE",
                                               .words_min = 1,
                                               .words_max = 1,
                                               .zh = "检查拓扑文件及其引用的全部文件",
                                               .en = "check a topology file and every file that it names",
                                               .run = run_topology_check};

const struct cli_command cmd_topology_show = {
    .group = "topology",
    .verb = "show",
    .words = "[FILE]",
    .words_max = 1,
    .zh = "显示树：中心、层级、区域、网格；--json 含部门与人员编制",
    .en = "show the tree: centers, tiers, areas, grids; --json has departments and staff, too",
    .run = run_topology_show};
