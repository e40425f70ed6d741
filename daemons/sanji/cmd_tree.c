/* sanji tree, sanji center status: how every center and every link stands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "cli_table.h"
#include "commands.h"

#define MAX_DEPTH TIERS_MAX

struct tree {
    const struct site *site;
    const struct topology *topology;
    struct reply *replies; /* by index into site->centers */
};

static const struct reply *reply_of(const struct tree *tree, const char *code)
{
    for (size_t i = 0; i < tree->site->center_count; i++)
        if (strcmp(tree->site->centers[i].code, code) == 0)
            return &tree->replies[i];
    return NULL;
}

/* The link to the parent as the child sees it; NULL for the root or a center that does not answer. */
static const struct link_status *link_up(const struct reply *reply, const char *parent)
{
    if (!reply || reply->code != ERR_OK || !parent)
        return NULL;
    for (size_t i = 0; i < reply->status.link_count; i++)
        if (strcmp(reply->status.links[i].code, parent) == 0)
            return &reply->status.links[i];
    return NULL;
}

static const char *parent_code(const struct tree *tree, const struct center *center)
{
    return center->parent < 0 ? NULL : tree->topology->centers[center->parent].code;
}

static const char *link_word(const struct tree *tree, const struct center *center)
{
    const struct reply *reply = reply_of(tree, center->code);
    const struct link_status *link = link_up(reply, parent_code(tree, center));
    if (center->parent < 0)
        return "root";
    if (!link)
        return "unknown";
    return link->up ? "up" : link->refused != ERR_OK ? err_name(link->refused) : "down";
}

static json_t *center_json(const struct tree *tree, const struct center *center)
{
    const struct reply *reply = reply_of(tree, center->code);
    const struct link_status *link = link_up(reply, parent_code(tree, center));
    bool up = reply && reply->code == ERR_OK;
    const struct status_reply *s = up ? &reply->status : NULL;
    json_t *out = json_pack("{s:s, s:s, s:s, s:s*, s:b, s:s}", "code", center->code, "name", center->name,
                            "tier", tree->topology->tiers[center->tier].name, "parent",
                            parent_code(tree, center), "up", up, "link", link_word(tree, center));
    if (center->parent < 0)
        json_object_set_new(out, "parent", json_null());
    json_object_set_new(out, "lag", link ? json_integer(link->lag) : json_integer(0));
    json_object_set_new(out, "skew_ms", json_integer(link ? link->skew_ms : 0));
    json_object_set_new(out, "rtt_us", json_integer(link ? link->rtt_us : 0));
    json_object_set_new(out, "open", json_integer(s ? s->owned_open : 0));
    json_object_set_new(out, "overdue", json_integer(s ? s->owned_overdue : 0));
    json_object_set_new(out, "subtree_open", json_integer(s ? s->open : 0));
    json_object_set_new(out, "subtree_overdue", json_integer(s ? s->overdue : 0));
    json_object_set_new(out, "cases", json_integer(s ? s->cases : 0));
    json_object_set_new(out, "database", json_boolean(s && s->database_up));
    json_object_set_new(out, "mute", json_boolean(s && s->mute));
    json_object_set_new(out, "climb_pending", json_integer(s ? s->climb_pending : 0));
    json_object_set_new(out, "standing", json_integer(s ? s->standing : 0));
    json_object_set_new(out, "kept", json_integer(s ? s->kept : 0));
    json_object_set_new(out, "quarantined", json_integer(s ? s->quarantined : 0));
    json_object_set_new(out, "alarms", json_integer(s ? s->alarms : 0));
    json_object_set_new(out, "commands_open", json_integer(s ? s->commands_open : 0));
    json_object_set_new(out, "receipts_open", json_integer(s ? s->receipts_open : 0));
    json_object_set_new(out, "receipts_red", json_integer(s ? s->receipts_red : 0));
    return out;
}

static int print_json(const struct tree *tree)
{
    json_t *list = json_array();
    for (size_t i = 0; i < tree->topology->center_count; i++)
        if (reply_of(tree, tree->topology->centers[i].code))
            json_array_append_new(list, center_json(tree, &tree->topology->centers[i]));
    return cli_print_json(list);
}

static void add_number(struct cli_table *table, int64_t value)
{
    cli_table_cell(table, "%" PRId64, value);
}

static void add_row(const struct cli *cli, const struct tree *tree, struct cli_table *table,
                    const struct center *center, int depth)
{
    const struct reply *reply = reply_of(tree, center->code);
    const struct link_status *link = link_up(reply, parent_code(tree, center));
    bool up = reply && reply->code == ERR_OK;
    cli_table_row(table);
    cli_table_cell(table, "%*s%s", 2 * depth, "", center->name);
    cli_table_cell(table, "%s", center->code);
    if (!up)
        cli_table_cell(table, "%s", cli->english ? "✗ no answer" : "✗ 无应答");
    else if (reply->status.mute)
        cli_table_cell(table, "%s", cli->english ? "✗ mute" : "✗ 静默（库已回退）");
    else if (!reply->status.database_up)
        cli_table_cell(table, "%s", cli->english ? "! no database" : "! 数据库不可用");
    else
        cli_table_cell(table, "%s", cli->english ? "✓ up" : "✓ 运行");
    const char *word = link_word(tree, center);
    cli_table_cell(table, "%s",
                   strcmp(word, "up") == 0 ? (cli->english ? "✓ up" : "✓ 通")
                   : center->parent < 0    ? "·"
                                           : word);
    add_number(table, link ? link->lag : 0);
    add_number(table, link ? link->skew_ms : 0);
    add_number(table, up ? reply->status.owned_open : 0);
    add_number(table, up ? reply->status.owned_overdue : 0);
    add_number(table, up ? reply->status.open : 0);
    add_number(table, up ? reply->status.alarms : 0);
    add_number(table, up ? reply->status.commands_open : 0);
    cli_table_cell(table, up && reply->status.receipts_red > 0 ? "●%" PRId64 : "%" PRId64,
                   up ? reply->status.receipts_red : 0);
}

static void add_subtree(const struct cli *cli, const struct tree *tree, struct cli_table *table,
                        int32_t index, int depth)
{
    const struct topology *topology = tree->topology;
    if (depth > MAX_DEPTH)
        return;
    if (reply_of(tree, topology->centers[index].code))
        add_row(cli, tree, table, &topology->centers[index], depth);
    for (size_t i = 0; i < topology->center_count; i++)
        if (topology->centers[i].parent == index)
            add_subtree(cli, tree, table, (int32_t)i, depth + 1);
}

static void print_sum(const struct cli *cli, const struct tree *tree)
{
    size_t up = 0, links = 0, linked = 0;
    for (size_t i = 0; i < tree->site->center_count; i++) {
        int32_t index = topology_center(tree->topology, tree->site->centers[i].code);
        const struct center *center = &tree->topology->centers[index];
        up += tree->replies[i].code == ERR_OK;
        links += center->parent >= 0;
        linked += center->parent >= 0 && strcmp(link_word(tree, center), "up") == 0;
    }
    printf(cli->english ? "%zu of %zu centers up, %zu of %zu links up\n"
                        : "%zu/%zu 个中心运行，%zu/%zu 条链路通\n",
           up, tree->site->center_count, linked, links);
}

static void print_table(const struct cli *cli, const struct tree *tree)
{
    static const char *const zh[] = {"中心",  "代码",      "状态",  "上行链路", ">积压", ">钟差ms", ">在办",
                                     ">超期", ">辖区在办", ">告警", ">指令",    ">红",   NULL};
    static const char *const en[] = {"center",    "code",  "state",    "uplink",   ">lag",
                                     ">skew ms",  ">open", ">overdue", ">subtree", ">alarms",
                                     ">commands", ">red",  NULL};
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    for (size_t i = 0; i < tree->topology->center_count; i++)
        if (tree->topology->centers[i].parent < 0)
            add_subtree(cli, tree, table, (int32_t)i, 0);
    cli_table_print(table, stdout);
    cli_table_free(&table);
    print_sum(cli, tree);
}

static void forget(struct tree *tree)
{
    for (size_t i = 0; i < tree->site->center_count; i++)
        if (tree->replies[i].has_status)
            free((void *)(uintptr_t)tree->replies[i].status.links);
}

static int show_once(struct cli *cli, struct tree *tree)
{
    struct fault fault = {.code = ERR_OK};
    enum err err = cli_ask_all(cli, tree->replies, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (cli->json)
        print_json(tree);
    else
        print_table(cli, tree);
    forget(tree);
    return 0;
}

static int run_tree(struct cli *cli)
{
    const struct world *world = cli_world(cli);
    if (!world)
        return 2;
    struct tree tree = {.site = cli->site, .topology = world->topology};
    tree.replies = calloc(tree.site->center_count, sizeof *tree.replies);
    if (!tree.replies)
        return cli_fail(cli, ERR_MEMORY, "%s", "");
    int status = 0;
    do {
        if (cli_flag(cli, "watch"))
            printf("\033[H\033[2J");
        status = show_once(cli, &tree);
        fflush(stdout);
        if (cli_flag(cli, "watch"))
            nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
    } while (cli_flag(cli, "watch") && status == 0);
    free(tree.replies);
    return status;
}

const struct cli_command cmd_tree = {
    .group = "tree",
    .zh = "全树：每个中心、链路、积压、钟差、在办与超期",
    .en = "the whole tree: every center, its link, lag, clock skew, open and overdue",
    .options = {{"watch", NULL, "每两秒刷新 / refresh every two seconds", false}},
    .run = run_tree};

/* ---- one center ---- */

static json_t *links_json(const struct status_reply *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->link_count; i++) {
        const struct link_status *l = &s->links[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:b, s:I, s:I, s:I, s:s}", "code", l->code, "up", l->up, "lag",
                                        (json_int_t)l->lag, "skew_ms", (json_int_t)l->skew_ms, "rtt_us",
                                        (json_int_t)l->rtt_us, "refused", err_name(l->refused)));
    }
    return list;
}

struct figure {
    const char *name, *zh;
    int64_t value;
};

static json_t *status_json(struct cli *cli, const struct status_reply *s, const struct figure *figures,
                           size_t count)
{
    char clock[CLOCK_TEXT_SIZE], started[CLOCK_TEXT_SIZE];
    cli_time(cli, s->clock_ms, clock);
    cli_time(cli, s->started_ms, started);
    json_t *out = json_pack("{s:s, s:b, s:b, s:b, s:b, s:s, s:s, s:o}", "code", s->code, "mute", s->mute,
                            "database", s->database_up, "parent_up", s->parent_up, "exercise", s->exercise,
                            "clock", clock, "started", started, "links", links_json(s));
    for (size_t i = 0; i < count; i++)
        json_object_set_new(out, figures[i].name, json_integer(figures[i].value));
    return out;
}

static int run_status(struct cli *cli)
{
    struct reply reply;
    struct fault fault = {.code = ERR_OK};
    struct request request = {.kind = REQUEST_STATUS};
    const struct site_center *center = cli_center(cli);
    if (!center || !cli_world(cli))
        return 1;
    enum err err = cli_ask(cli, center, &request, 0, &reply, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (reply.code != ERR_OK)
        return cli_fail(cli, reply.code, "%s", reply.text);
    const struct status_reply *s = &reply.status;
    const struct figure figures[] = {{"incarnation", "库代次", s->incarnation},
                                     {"lsn", "日志序号", s->lsn},
                                     {"cases", "案卷", s->cases},
                                     {"open", "辖区在办", s->open},
                                     {"overdue", "辖区超期", s->overdue},
                                     {"owned_open", "本中心在办", s->owned_open},
                                     {"owned_overdue", "本中心超期", s->owned_overdue},
                                     {"manual", "人工分拨队列", s->manual},
                                     {"climb_pending", "待升级", s->climb_pending},
                                     {"standing", "常红", s->standing},
                                     {"kept", "待裁请求", s->kept},
                                     {"quarantined", "隔离事件", s->quarantined},
                                     {"timers", "定时器", s->timers},
                                     {"alarms", "未消告警", s->alarms},
                                     {"commands_open", "未了结指令", s->commands_open},
                                     {"receipts_open", "未了结回执", s->receipts_open},
                                     {"receipts_red", "红色回执", s->receipts_red},
                                     {"batches", "提交批次", s->batches},
                                     {"inputs", "已处理输入", s->inputs},
                                     {"refused_frames", "拒收报文", s->refused_frames},
                                     {"denied_keys", "拒绝的密钥", s->denied_keys}};
    size_t count = sizeof figures / sizeof *figures;
    if (cli->json)
        return cli_print_json(status_json(cli, s, figures, count));
    for (size_t i = 0; i < count; i++)
        printf("%-16s %12" PRId64 "  %s\n", figures[i].name, figures[i].value, figures[i].zh);
    for (size_t i = 0; i < s->link_count; i++)
        printf("%s %s  lag %" PRId64 "  skew %" PRId64 " ms  rtt %" PRId64 " us%s%s\n",
               s->links[i].up ? "✓" : "✗", s->links[i].code, s->links[i].lag, s->links[i].skew_ms,
               s->links[i].rtt_us, s->links[i].refused != ERR_OK ? "  " : "",
               s->links[i].refused != ERR_OK ? err_name(s->links[i].refused) : "");
    return 0;
}

const struct cli_command cmd_center_status = {.group = "center",
                                              .verb = "status",
                                              .zh = "一个中心：数据库、链路、计数",
                                              .en = "one center: database, links, figures",
                                              .options = {{"center", "CODE", "中心 / which center", true}},
                                              .run = run_status};
