/* sanji duty show: who is on duty, and who is called in his place. */
#include <stdlib.h>
#include <string.h>

#include "cli_option.h"
#include "cli_table.h"
#include "command_json.h"
#include "commands.h"

/* The duty desk of the center, its departments, and of each unit type the first: a type's rule is the same
 * for all of them. */
static size_t list_posts(const struct topology *topology, int32_t center, struct recipient **out)
{
    struct selector people = {.count = 1};
    people.parts[0].kinds = RECIPIENT_CENTER | RECIPIENT_DESK;
    memcpy(people.parts[0].center, topology->centers[center].code, CODE_SIZE);
    struct recipient *list = calloc(SHEET_RECIPIENTS_MAX, sizeof *list);
    size_t unit_count = topology_units(topology, center, NULL, 0);
    struct unit_identity *units = calloc(unit_count + 1, sizeof *units);
    if (!list || !units)
        abort();
    size_t count = selector_expand(&people, topology, center, center, list, SHEET_RECIPIENTS_MAX);
    topology_units(topology, center, units, unit_count);
    for (size_t i = 0; i < unit_count && count < SHEET_RECIPIENTS_MAX; i++) {
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++)
            seen = strcmp(units[i].type, units[j].type) == 0;
        if (!seen && recipient_find(topology, units[i].name, &list[count]))
            count++;
    }
    free(units);
    *out = list;
    return count;
}

static json_t *duty_json(struct cli *cli, const struct recipient *recipient, const struct duty *duty)
{
    static const char *const kinds[] = {
        [RECIPIENT_CENTER] = "center", [RECIPIENT_DESK] = "desk", [RECIPIENT_UNIT] = "unit"};
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "recipient", recipient->name, "kind",
                  kinds[recipient->kind], "type", recipient->type, "department", recipient->department,
                  "shift", duty->shift, "on_duty", duty->on_duty, "deputy", duty->deputy);
    json_set_moment(cli, out, "until", duty->until_ms);
    return out;
}

static const char *shift_name(const struct cli *cli, const struct duty *duty)
{
    const struct response *response = &cli->world->response;
    for (size_t i = 0; !cli->english && i < response->shift_count; i++)
        if (strcmp(response->shifts[i].name, duty->shift) == 0)
            return response->shifts[i].zh;
    return duty->shift;
}

static void add_row(struct cli *cli, const struct recipient *recipient, const struct duty *duty,
                    struct cli_table *table)
{
    char until[CLOCK_TEXT_SIZE];
    cli_time(cli, duty->until_ms, until);
    cli_table_row(table);
    cli_table_cell(table, "%s", recipient->name);
    cli_table_cell(table, "%s", shift_name(cli, duty));
    cli_table_cell(table, "%.16s", until);
    cli_table_cell(table, "%s", duty->on_duty);
    cli_table_cell(table, "%s", duty->deputy[0] ? duty->deputy : cli->english ? "nobody" : "无");
}

static int run_show(struct cli *cli)
{
    static const char *const zh[] = {"对象", "班次", "至", "当班", "备岗", NULL};
    static const char *const en[] = {"for", "shift", "until", "on duty", "deputy", NULL};
    const struct world *world = cli_world(cli);
    const struct site_center *center = world ? cli_center(cli) : NULL;
    int64_t at_ms = world ? clock_now_ms(&cli->site->clock) : 0;
    struct recipient *list;
    if (!center || !cli_when_option(cli, "at", &at_ms))
        return err_exit_code(ERR_USAGE);
    size_t count = list_posts(world->topology, topology_center(world->topology, center->code), &list);
    json_t *out = json_array();
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    for (size_t i = 0; i < count; i++) {
        struct duty duty;
        duty_at(&world->response, world->topology, &world->calendar, &list[i], at_ms, &duty);
        json_array_append_new(out, duty_json(cli, &list[i], &duty));
        add_row(cli, &list[i], &duty, table);
    }
    if (cli->json)
        cli_print_json(json_incref(out));
    else
        cli_table_print(table, stdout);
    json_decref(out);
    cli_table_free(&table);
    free(list);
    return 0;
}

const struct cli_command cmd_duty_show = {
    .group = "duty",
    .verb = "show",
    .zh = "值班表：一个中心的值班席、部门、各类勤务单元此刻谁当班、谁备岗",
    .en = "the roster: who is on duty at a center's desk, departments and unit types, and who is deputy",
    .options = {{"center", "CODE", "中心 / which center", true},
                {"at", "TIME|D", "何时，缺省为现在 / when, by default now", false}},
    .run = run_show};
