/* sanji catalogue list, show, check, route: the items, what they demand, and who handles them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli_source.h"
#include "cli_span.h"
#include "cli_table.h"
#include "cli_width.h"
#include "commands.h"
#include "conf/conf_catalogue.h"

#define CATALOGUE_OPTION                                                                                     \
    {                                                                                                        \
        "catalogue", "FILE", "清单文件 / a catalogue file, instead of a site or topology", false             \
    }
#define CHOICES_MAX 16

/* A catalogue, of a world or of a file of its own. */
struct catalogue_source {
    const struct catalogue *catalogue;
    struct conf_catalogue own;
};

static bool open_file(const struct cli *cli, const char *path, struct catalogue_source *source)
{
    struct conf_errors *errors = cli_errors_new();
    if (conf_catalogue_read(path, errors, NULL, 0, &source->own) != ERR_OK) {
        cli_errors_fail(cli, errors);
        return false;
    }
    conf_catalogue_release(&source->own);
    free(errors);
    source->catalogue = &source->own.catalogue;
    return true;
}

/* False after a complaint. */
static bool open_source(struct cli *cli, struct catalogue_source *source)
{
    const char *path = cli_value(cli, "catalogue");
    *source = (struct catalogue_source){.catalogue = NULL};
    if (path)
        return open_file(cli, path, source);
    const struct world *world = cli_source(cli);
    source->catalogue = world ? &world->catalogue : NULL;
    return world != NULL;
}

static void close_source(struct catalogue_source *source)
{
    if (source->catalogue == &source->own.catalogue)
        catalogue_free(&source->own.catalogue);
}

/* ---- as JSON ---- */

struct limit_name {
    const char *name, *zh;
    size_t offset;
};

static const struct limit_name limit_names[] = {
    {"accept", "受理", offsetof(struct limits, accept)},
    {"verify", "核实", offsetof(struct limits, verify)},
    {"dispatch", "派遣", offsetof(struct limits, dispatch)},
    {"sign", "签收", offsetof(struct limits, sign)},
    {"handle", "处置", offsetof(struct limits, handle)},
    {"check", "核查", offsetof(struct limits, check)},
    {"ruling", "裁定", offsetof(struct limits, ruling)},
    {"callback", "回访", offsetof(struct limits, callback)},
    {"reopen_window", "重办期", offsetof(struct limits, reopen_window)},
    {"archive", "归档", offsetof(struct limits, archive)},
};

#define LIMITS (sizeof limit_names / sizeof *limit_names)

static struct span limit_of(const struct limits *limits, const struct limit_name *name)
{
    struct span span;
    memcpy(&span, (const char *)limits + name->offset, sizeof span);
    return span;
}

static json_t *limits_json(const struct limits *limits)
{
    json_t *out = json_object();
    for (size_t i = 0; i < LIMITS; i++)
        json_object_set_new(out, limit_names[i].name, cli_span_json(limit_of(limits, &limit_names[i])));
    return out;
}

static json_t *evidence_json(const struct item *item)
{
    json_t *list = json_array();
    if (item->before_photo)
        json_array_append_new(list, json_string("before"));
    if (item->after_photo)
        json_array_append_new(list, json_string("after"));
    return list;
}

static json_t *item_json(const struct catalogue *catalogue, const struct item *item)
{
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "code", item->code, "name", item->name,
                  "name_en", item->name_en, "class", catalogue_class_code(catalogue, item), "class_name",
                  catalogue->classes[item->class_index].name, "sub", catalogue_sub_code(catalogue, item),
                  "sub_name", catalogue->subs[item->sub_index].name, "priority",
                  priority_name(item->priority), "limits", limits_json(&item->limits));
    json_t *more =
        json_pack("{s:b, s:b, s:b, s:b, s:o, s:{s:s, s:s}, s:s, s:s, s:s, s:s}", "settle",
                  item->settle_allowed, "auto_check", item->auto_check, "suspend", item->suspend_allowed,
                  "close_by_leader", item->close_by_leader, "evidence", evidence_json(item), "policy",
                  "peace", item->policy[MODE_PEACE], "war", item->policy[MODE_WAR], "filing",
                  item->filing ? item->filing : "", "closing", item->closing ? item->closing : "", "guidance",
                  item->guidance ? item->guidance : "", "plan", item->plan);
    json_object_update(out, more);
    json_decref(more);
    return out;
}

/* ---- list ---- */

static bool wanted(const struct catalogue *catalogue, const struct item *item, const char *class)
{
    return !class || strcmp(class, catalogue_class_code(catalogue, item)) == 0 ||
           strcmp(class, catalogue_sub_code(catalogue, item)) == 0 ||
           strcmp(class, catalogue->classes[item->class_index].name) == 0;
}

static int list_json(const struct catalogue *catalogue, const char *class)
{
    json_t *items = json_array(), *classes = json_array();
    for (size_t i = 0; i < catalogue->class_count; i++)
        json_array_append_new(classes, json_pack("{s:s, s:s, s:s}", "code", catalogue->classes[i].code,
                                                 "name", catalogue->classes[i].name, "name_en",
                                                 catalogue->classes[i].name_en));
    for (size_t i = 0; i < catalogue->item_count; i++)
        if (wanted(catalogue, &catalogue->items[i], class))
            json_array_append_new(items, item_json(catalogue, &catalogue->items[i]));
    return cli_print_json(json_pack("{s:s, s:i, s:o, s:o}", "name", catalogue->name, "version",
                                    (int)catalogue->version, "classes", classes, "items", items));
}

static void add_item(const struct cli *cli, const struct catalogue *catalogue, const struct item *item,
                     struct cli_table *table)
{
    char sign[CLI_SPAN_SIZE], handle[CLI_SPAN_SIZE];
    cli_span_text(item->limits.sign, cli->english, sign);
    cli_span_text(item->limits.handle, cli->english, handle);
    cli_table_row(table);
    cli_table_cell(table, "%s", item->code);
    cli_table_cell(table, "%s", cli->english && item->name_en[0] ? item->name_en : item->name);
    cli_table_cell(table, "%s", catalogue->classes[item->class_index].name);
    cli_table_cell(table, "%s", cli->english ? priority_name(item->priority) : priority_zh(item->priority));
    cli_table_cell(table, "%s", sign);
    cli_table_cell(table, "%s", handle);
}

static int list_table(const struct cli *cli, const struct catalogue *catalogue, const char *class)
{
    static const char *const zh[] = {"代码", "事项", "大类", "紧急程度", "签收时限", "处置时限", NULL};
    static const char *const en[] = {"code",        "item",          "class", "priority",
                                     "sign within", "handle within", NULL};
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    for (size_t i = 0; i < catalogue->item_count; i++)
        if (wanted(catalogue, &catalogue->items[i], class))
            add_item(cli, catalogue, &catalogue->items[i], table);
    cli_table_print(table, stdout);
    printf(cli->english ? "%s v%" PRId32 ": %zu items\n" : "%s v%" PRId32 ":%zu 个事项\n", catalogue->name,
           catalogue->version, cli_table_rows(table));
    cli_table_free(&table);
    return 0;
}

static int run_list(struct cli *cli)
{
    struct catalogue_source source;
    if (!open_source(cli, &source))
        return err_exit_code(ERR_CONFIG);
    const char *class = cli_value(cli, "class");
    int status = cli->json ? list_json(source.catalogue, class) : list_table(cli, source.catalogue, class);
    close_source(&source);
    return status;
}

/* ---- show ---- */

static void print_words(const char *title, const char *text)
{
    if (text && text[0])
        printf("%s  %s\n", title, text);
}

/* Who is sent out at once; of a catalogue file alone only the plan's code is known. */
static void print_plan(const struct cli *cli, const struct item *item)
{
    bool en = cli->english;
    const struct plan *plan =
        cli->world && item->plan[0] ? response_plan(&cli->world->response, item->plan) : NULL;
    if (!item->plan[0])
        return;
    printf(en ? "emergency plan: %s%s%s\n" : "应急预案：%s%s%s\n", item->plan, plan ? "  " : "",
           plan ? plan->zh : "");
    for (size_t i = 0; plan && i < plan->circle_count; i++) {
        const struct plan_circle *circle = &plan->circles[i];
        const struct unit_type *type = topology_unit_type(cli->world->topology, circle->type);
        char arrive[CLI_SPAN_SIZE];
        cli_span_text(circle->arrive, en, arrive);
        printf(en ? "  %s: %" PRId32 ", on scene within %s\n" : "  %s %" PRId32 " 名（组），%s内到场\n",
               type && !en ? type->name : circle->type, circle->count, arrive);
    }
}

static void print_item(const struct cli *cli, const struct catalogue *catalogue, const struct item *item)
{
    bool en = cli->english;
    printf("%s  %s%s%s\n", item->code, item->name, item->name_en[0] ? "  " : "", item->name_en);
    printf("%s > %s  %s\n", catalogue->classes[item->class_index].name, catalogue->subs[item->sub_index].name,
           en ? priority_name(item->priority) : priority_zh(item->priority));
    for (size_t i = 0; i < LIMITS; i++) {
        char text[CLI_SPAN_SIZE];
        cli_span_text(limit_of(&item->limits, &limit_names[i]), en, text);
        const char *title = en ? limit_names[i].name : limit_names[i].zh;
        printf("  %s%*s %s\n", title, (int)(14 - cli_width(title)), "", text);
    }
    printf(en ? "settle on the spot: %s  automatic check: %s  may be suspended: %s  closed by the shift "
                "leader: %s\n"
              : "即巡即办：%s  自动核查：%s  可挂账：%s  值班长结案：%s\n",
           item->settle_allowed ? "✓" : "-", item->auto_check ? "✓" : "-", item->suspend_allowed ? "✓" : "-",
           item->close_by_leader ? "✓" : "-");
    printf(en ? "photos: %s%s%s\n" : "照片要求：%s%s%s\n",
           item->before_photo ? (en ? "before " : "处置前 ") : "",
           item->after_photo ? (en ? "after" : "处置后") : "",
           item->before_photo || item->after_photo ? "" : "-");
    printf(en ? "escalation: %s in peace, %s in war\n" : "升级策略：平时 %s，战时 %s\n",
           item->policy[MODE_PEACE], item->policy[MODE_WAR]);
    print_plan(cli, item);
    print_words(en ? "filed when" : "立案条件", item->filing);
    print_words(en ? "closed when" : "结案条件", item->closing);
    print_words(en ? "guidance" : "处置指引", item->guidance);
}

static int run_show(struct cli *cli)
{
    struct catalogue_source source;
    if (!open_source(cli, &source))
        return err_exit_code(ERR_CONFIG);
    const struct item *item = catalogue_item(source.catalogue, cli->words[0]);
    int status = 0;
    if (!item)
        status = cli_fail(cli, ERR_UNKNOWN_ITEM, "%s", cli->words[0]);
    else if (cli->json)
        status = cli_print_json(item_json(source.catalogue, item));
    else
        print_item(cli, source.catalogue, item);
    close_source(&source);
    return status;
}

/* ---- check ---- */

static int run_check(struct cli *cli)
{
    struct catalogue_source source = {.catalogue = NULL};
    if (!open_file(cli, cli->words[0], &source))
        return err_exit_code(ERR_CONFIG);
    const struct catalogue *c = source.catalogue;
    if (cli->json)
        cli_print_json(json_pack("{s:b, s:s, s:i, s:I, s:I, s:I}", "ok", 1, "name", c->name, "version",
                                 (int)c->version, "classes", (json_int_t)c->class_count, "subs",
                                 (json_int_t)c->sub_count, "items", (json_int_t)c->item_count));
    else
        printf(cli->english ? "%s v%" PRId32 ": %zu classes, %zu sub-classes, %zu items; sound\n"
                            : "%s v%" PRId32 ":%zu 大类，%zu 小类，%zu 事项；配置无误\n",
               c->name, c->version, c->class_count, c->sub_count, c->item_count);
    close_source(&source);
    return 0;
}

/* ---- route ---- */

/* Where the department sits for that area: the nearest center at or above it; -1 when nowhere on the way. */
static int32_t seat(const struct topology *topology, const char *area, const char *department)
{
    int32_t center = topology_center_of_area(topology, area);
    return center < 0 ? -1 : topology_department_above(topology, center, department);
}

static const char *department_name(const struct topology *topology, int32_t center, const char *code)
{
    const struct department *department = center < 0 ? NULL : topology_department(topology, center, code);
    return department ? department->name : "";
}

static int route_json(const struct topology *topology, const char *area, const struct route_choice *choices,
                      size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        int32_t center = seat(topology, area, choices[i].department);
        json_t *assist = json_array();
        for (uint8_t a = 0; a < choices[i].row->assist_count; a++)
            json_array_append_new(assist, json_string(choices[i].row->assist[a]));
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "department", choices[i].department,
                                        "name", department_name(topology, center, choices[i].department),
                                        "center", center < 0 ? "" : topology->centers[center].code, "by",
                                        route_key_name(choices[i].key), "support", (int)choices[i].support,
                                        "assist", assist));
    }
    return cli_print_json(json_pack("{s:o, s:b}", "candidates", list, "manual", count == 0));
}

static int route_table(const struct cli *cli, const struct topology *topology, const char *area,
                       const struct route_choice *choices, size_t count)
{
    static const char *const zh[] = {"部门", "名称", "所在中心", "依据", ">支持案数", NULL};
    static const char *const en[] = {"department", "name", "at", "by", ">closed cases", NULL};
    if (count == 0) {
        printf("%s\n", cli->english ? "no route: the case waits in the manual dispatch queue"
                                    : "无匹配：进入人工分拨队列");
        return 0;
    }
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    for (size_t i = 0; i < count; i++) {
        int32_t center = seat(topology, area, choices[i].department);
        cli_table_row(table);
        cli_table_cell(table, "%s", choices[i].department);
        cli_table_cell(table, "%s", department_name(topology, center, choices[i].department));
        cli_table_cell(table, "%s", center < 0 ? "-" : topology->centers[center].name);
        cli_table_cell(table, "%s", route_key_name(choices[i].key));
        cli_table_cell(table, "%" PRId32, choices[i].support);
    }
    cli_table_print(table, stdout);
    cli_table_free(&table);
    return 0;
}

static int run_route(struct cli *cli)
{
    struct route_choice choices[CHOICES_MAX];
    const char *area = cli_value(cli, "area");
    const struct world *world = cli_source(cli);
    if (!world)
        return err_exit_code(ERR_CONFIG);
    const struct item *item = catalogue_item(&world->catalogue, cli->words[0]);
    if (!item)
        return cli_fail(cli, ERR_UNKNOWN_ITEM, "%s", cli->words[0]);
    if (!topology_area_known(world->topology, area))
        return cli_fail(cli, ERR_UNKNOWN_AREA, "%s", area);
    size_t count = route_choose(&world->matrix, &world->catalogue, item, area, choices, CHOICES_MAX);
    return cli->json ? route_json(world->topology, area, choices, count)
                     : route_table(cli, world->topology, area, choices, count);
}

const struct cli_command cmd_catalogue_list = {
    .group = "catalogue",
    .verb = "list",
    .zh = "列出事项清单",
    .en = "the catalogue of items",
    .options = {{"class", "C", "仅此大类或小类，代码或名称 / this class or sub-class only", false},
                CATALOGUE_OPTION,
                CLI_TOPOLOGY_OPTION},
    .run = run_list};

const struct cli_command cmd_catalogue_show = {
    .group = "catalogue",
    .verb = "show",
    .words = "CODE",
    .words_min = 1,
    .words_max = 1,
    .zh = "一个事项的全部规定：时限、证据、条件、升级策略、应急预案",
    .en = "all that one item demands: limits, evidence, conditions, emergency plan",
    .options = {CATALOGUE_OPTION, CLI_TOPOLOGY_OPTION},
    .run = run_show};

const struct cli_command cmd_catalogue_check = {.group = "catalogue",
                                                .verb = "check",
                                                .words = "FILE",
                                                .words_min = 1,
                                                .words_max = 1,
                                                .zh = "检查一个清单文件",
                                                .en = "check a catalogue file",
                                                .run = run_check};

const struct cli_command cmd_catalogue_route = {
    .group = "catalogue",
    .verb = "route",
    .words = "ITEM",
    .words_min = 1,
    .words_max = 1,
    .zh = "某区域的某事项会派给谁：候选部门、依据、支持案数",
    .en = "who gets an item in an area: candidates, what decides, closed cases behind it",
    .options = {{"area", "CODE", "区域代码 / area", true}, CLI_TOPOLOGY_OPTION},
    .run = run_route};
