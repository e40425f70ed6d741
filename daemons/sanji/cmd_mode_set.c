/* sanji mode set, end. */
#include <stdio.h>

#include "cli_option.h"
#include "command_ask.h"
#include "command_draft.h"
#include "commands.h"
#include "mode_view.h"

static int run_set(struct cli *cli)
{
    struct command draft;
    struct request request = {.kind = REQUEST_COMMAND, .command = &draft};
    struct fault fault = {.code = ERR_OK};
    const struct site_center *center = cli_center(cli);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_CENTER);
    command_draft_begin(&draft);
    draft.kind = COMMAND_MODE;
    if (!alert_from_name(cli_value(cli, "level"), &draft.alert) || draft.alert == ALERT_NORMAL)
        return cli_fail(cli, ERR_USAGE, "--level %s: iv iii ii i", cli_value(cli, "level"));
    if (!command_draft_options(cli, center, &draft) || !cli_when_option(cli, "from", &draft.mode_start_ms) ||
        !cli_when_option(cli, "until", &draft.mode_end_ms) ||
        !command_ask_person(cli, center, "leader", request.user))
        return err_exit_code(ERR_USAGE);
    if (form_parse(MODE_FORM, &draft.form, &fault) != ERR_OK)
        return cli_fail(cli, ERR_FORM, "%s", fault.text);
    draft.reason = draft.text = cli_value(cli, "reason");
    if (!draft.targets[0])
        snprintf(draft.targets, sizeof draft.targets, "centers");
    return command_ask_print(cli, center, &request);
}

const struct cli_command cmd_mode_set = {
    .group = "mode",
    .verb = "set",
    .zh = "转入战时：本中心及其以下，由领导下达，到期自动恢复",
    .en = "go to an alert: this center and all below it, by its leader, ending by itself",
    .options = {{"center", "CODE", "下达中心 / the center that orders it", true},
                {"level", "LEVEL", "iv iii ii i（蓝、黄、橙、红）", true},
                {"reason", "TEXT", "理由 / why", true},
                {"until", "TIME|D", "结束时间 / ends at", true},
                {"from", "TIME|D", "开始时间，缺省为现在 / begins at, by default now", false},
                {"to", "SELECTOR", "范围，缺省为辖区各中心 / whom, by default every center below", false},
                {"report-every", "D", "情况报告间隔，缺省按等级 / a report each, by default the alert's",
                 false},
                {"as", "USER", "下达人，缺省为领导 / who orders it, by default the leader", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_set};

/* ---- end ---- */

static bool runs(const struct mode_order *mode, int64_t now_ms)
{
    return !mode->order.ended && mode->order.end_ms > now_ms;
}

/* The key of the whole act, made different for each command that it ends. */
static struct id key_of(const struct cli *cli, const char *id)
{
    char text[256];
    const char *key = cli_value(cli, "key");
    snprintf(text, sizeof text, "%s %s", key ? key : "", id);
    return cli_key(key ? text : NULL);
}

static enum err cancel(struct cli *cli, const struct site_center *center, const struct mode_order *mode,
                       json_t *ended, struct fault *fault)
{
    struct command draft;
    struct request request = {.kind = REQUEST_COMMAND, .command = &draft};
    struct reply reply;
    char id[ID_TEXT_SIZE];
    command_draft_begin(&draft);
    draft.event = COMMAND_CANCEL;
    draft.id = mode->record.header.id;
    draft.reason = cli_value(cli, "reason");
    id_format(&draft.id, id);
    request.input.key = key_of(cli, id);
    if (!command_ask_person(cli, center, "leader", request.user))
        return ERR_USAGE;
    enum err err = command_ask(cli, center, &request, &reply, fault);
    if (err == ERR_OK)
        json_array_append_new(ended, json_string(id));
    return err;
}

/* All that this center itself has ordered and that has not run out, also what begins later. */
static enum err end_all(struct cli *cli, const struct site_center *center, const struct mode_view *view,
                        json_t *ended, struct fault *fault)
{
    const struct mode_order *now = mode_view_now(view);
    enum err err = ERR_OK;
    for (size_t i = 0; i < view->count && err == ERR_OK; i++)
        if (view->orders[i].order.issuer == view->center && runs(&view->orders[i], view->now_ms))
            err = cancel(cli, center, &view->orders[i], ended, fault);
    if (err != ERR_OK || json_array_size(ended) > 0)
        return err;
    if (now)
        return fault_set(fault, ERR_NO_RIGHT,
                         cli->english ? "what is in force was ordered by %s"
                                      : "现行等级由中心 %s 下达，须由其结束",
                         now->record.header.center);
    return fault_set(fault, ERR_UNKNOWN_COMMAND, "%s",
                     cli->english ? "nothing is in force" : "目前为平时状态");
}

static int run_end(struct cli *cli)
{
    struct mode_view view;
    struct fault fault = {.code = ERR_OK};
    const struct site_center *center = cli_center(cli);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_CENTER);
    enum err err = mode_view_open(cli, center, &view, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    json_t *ended = json_array();
    err = end_all(cli, center, &view, ended, &fault);
    mode_view_free(&view);
    if (err == ERR_OK && cli->json)
        cli_print_json(json_pack("{s:b, s:s, s:O}", "ok", 1, "code", "OK", "ended", ended));
    for (size_t i = 0; err == ERR_OK && !cli->json && i < json_array_size(ended); i++)
        printf(cli->english ? "ended %s\n" : "已结束 %s\n", json_string_value(json_array_get(ended, i)));
    json_decref(ended);
    return err == ERR_OK ? 0 : cli_fail(cli, err, "%s", fault.text);
}

const struct cli_command cmd_mode_end = {
    .group = "mode",
    .verb = "end",
    .zh = "恢复平时：撤销本中心下达的平战切换",
    .en = "back to normal: cancels what this center has ordered",
    .options = {{"center", "CODE", "下达中心 / the center that ordered it", true},
                {"reason", "TEXT", "理由 / why", true},
                {"as", "USER", "谁撤销，缺省为领导 / who ends it, by default the leader", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_end};
