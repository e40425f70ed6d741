/* sanji mode show, report. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli_option.h"
#include "cli_table.h"
#include "command_ask.h"
#include "command_draft.h"
#include "commands.h"
#include "mode_view.h"

/* ---- show ---- */

static void add_row(struct cli *cli, const struct mode_view *view, struct cli_table *table)
{
    const struct center *center = &cli->world->topology->centers[view->center];
    const struct mode_order *now = mode_view_now(view);
    const struct mode_stages *s = &view->stages;
    enum alert alert = mode_view_alert(view);
    char since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE], lease[CLOCK_TEXT_SIZE];
    cli_table_row(table);
    cli_table_cell(table, "%s", cli->english && center->name_en[0] ? center->name_en : center->name);
    cli_table_cell(table, "%s", center->code);
    cli_table_cell(table, "%s", cli->english ? alert_name(alert) : alert_zh(alert));
    if (!now)
        return;
    const struct command *h = &now->record.header;
    cli_time(cli, h->mode_start_ms, since);
    cli_time(cli, h->mode_end_ms, until);
    cli_time(cli, h->lease_ms, lease);
    cli_table_cell(table, "%.16s", since);
    cli_table_cell(table, "%.16s", until);
    cli_table_cell(table, "%.16s", lease);
    cli_table_cell(table, "%s", h->actor.user);
    cli_table_cell(table, "%" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64, s->reported, s->dispatched,
                   s->handling, s->closed);
}

/* A center whose database does not answer has a row all the same. */
static void add_unknown(struct cli *cli, const struct site_center *center, const struct fault *fault,
                        json_t *list, struct cli_table *table)
{
    json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "center", center->code, "alert", "unknown",
                                          "code", err_name(fault->code), "detail", fault->text));
    cli_table_row(table);
    cli_table_cell(table, "%s", "");
    cli_table_cell(table, "%s", center->code);
    cli_table_cell(table, "%s", cli->english ? "unknown" : "未知");
}

static int run_show(struct cli *cli)
{
    static const char *const zh[] = {
        "中心", "代码", "等级", "自", "至", "租约至", "下达人", "报告/调度/处置/办结", NULL};
    static const char *const en[] = {"center", "code",        "alert", "since",
                                     "until",  "lease until", "by",    "reported/dispatched/handling/closed",
                                     NULL};
    const struct world *world = cli_world(cli);
    const struct site_center *only = NULL;
    if (!world)
        return err_exit_code(ERR_CONFIG);
    if (cli_value(cli, "center") && !(only = cli_center(cli)))
        return err_exit_code(ERR_UNKNOWN_CENTER);
    json_t *list = json_array();
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    for (size_t i = 0; i < world->topology->center_count; i++) {
        const struct site_center *center = site_center(cli->site, world->topology->centers[i].code);
        struct mode_view view;
        struct fault fault = {.code = ERR_OK};
        if (!center || (only && center != only))
            continue;
        fault.code = mode_view_open(cli, center, &view, &fault);
        if (fault.code != ERR_OK) {
            add_unknown(cli, center, &fault, list, table);
            continue;
        }
        json_array_append_new(list, mode_view_json(cli, &view));
        add_row(cli, &view, table);
        mode_view_free(&view);
    }
    if (cli->json)
        cli_print_json(json_incref(list));
    else
        cli_table_print(table, stdout);
    json_decref(list);
    cli_table_free(&table);
    return 0;
}

const struct cli_command cmd_mode_show = {
    .group = "mode",
    .verb = "show",
    .zh = "平战状态：每个中心现行等级、起止、租约，以及四个阶段的案卷数",
    .en = "peace and war: what is in force at each center, since and until when, and the cases by stage",
    .options = {{"center", "CODE", "仅此中心 / this center only", false}},
    .run = run_show};

/* ---- report ---- */

/* The stages that the mode's own form asks for. */
static void write_values(const struct mode_stages *s, const struct form *form, char values[VALUES_SIZE])
{
    const struct {
        const char *name;
        int64_t value;
    } stages[] = {{"total", s->total},
                  {"reported", s->reported},
                  {"dispatched", s->dispatched},
                  {"handling", s->handling},
                  {"closed", s->closed}};
    size_t used = 0;
    values[0] = '\0';
    for (size_t i = 0; i < form->count; i++)
        for (size_t j = 0; j < sizeof stages / sizeof *stages && used < VALUES_SIZE; j++)
            if (strcmp(form->fields[i].name, stages[j].name) == 0)
                used += (size_t)snprintf(values + used, VALUES_SIZE - used, "%s%s=%" PRId64, used ? "\n" : "",
                                         stages[j].name, stages[j].value);
}

static int file_report(struct cli *cli, const struct site_center *center, const struct mode_view *view)
{
    const struct mode_order *now = mode_view_now(view);
    char values[VALUES_SIZE], text[ANSWER_SIZE];
    struct receipt_request receipt = {.input = {.event = RECEIPT_REPORT}};
    struct request request = {.kind = REQUEST_RECEIPT, .receipt = &receipt};
    if (!now)
        return cli_fail(cli, ERR_UNKNOWN_COMMAND, "%s",
                        cli->english ? "no mode is in force here: nothing to report on"
                                     : "此中心处于平时状态，无须报告");
    write_values(&view->stages, &now->record.header.form, values);
    receipt.command = now->record.header.id;
    snprintf(receipt.recipient, sizeof receipt.recipient, "center.%s", center->code);
    snprintf(text, sizeof text, "上报 %" PRId64 "，调度 %" PRId64 "，处置 %" PRId64 "，办结 %" PRId64,
             view->stages.reported, view->stages.dispatched, view->stages.handling, view->stages.closed);
    receipt.input.text = cli_value(cli, "text") ? cli_value(cli, "text") : text;
    receipt.input.values = values[0] ? values : NULL;
    receipt.input.zero = cli_flag(cli, "zero");
    if (!command_ask_person(cli, center, "dispatcher", request.user))
        return err_exit_code(ERR_USAGE);
    return command_ask_print(cli, center, &request);
}

static int run_report(struct cli *cli)
{
    struct mode_view view;
    struct fault fault = {.code = ERR_OK};
    const struct site_center *center = cli_center(cli);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_CENTER);
    enum err err = mode_view_open(cli, center, &view, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    int status = file_report(cli, center, &view);
    mode_view_free(&view);
    return status;
}

const struct cli_command cmd_mode_report = {
    .group = "mode",
    .verb = "report",
    .zh = "上报本中心的战时情况报告：四个阶段的案卷数",
    .en = "a center's situation report: its cases by stage since the mode began",
    .options = {{"center", "CODE", "哪个中心的报告 / whose report", true},
                {"text", "TEXT", "文字说明，缺省为各阶段数 / words, by default the figures", false},
                {"zero", NULL, "零报告：无情况可报 / zero report: nothing to report", false},
                {"as", "USER", "报告人，缺省为派遣员 / who reports, by default the dispatcher", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_report};
