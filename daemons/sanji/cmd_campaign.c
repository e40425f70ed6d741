/* sanji campaign start, next, show, report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "campaign_view.h"
#include "cli_option.h"
#include "command_ask.h"
#include "command_draft.h"
#include "commands.h"

/* The stages that a campaign goes through by itself; others are named with --stage. */
static const char *const stages[] = {"before", "during", "after"};
#define STAGES (sizeof stages / sizeof *stages)

static int run_start(struct cli *cli)
{
    struct command draft;
    struct request request = {.kind = REQUEST_COMMAND, .command = &draft};
    const struct site_center *center = cli_center(cli);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_CENTER);
    command_draft_begin(&draft);
    draft.kind = COMMAND_CAMPAIGN;
    if (!command_draft_options(cli, center, &draft) ||
        !command_ask_person(cli, center, "dispatcher", request.user))
        return err_exit_code(ERR_USAGE);
    draft.text = cli_value(cli, "name");
    if (!draft.stage[0])
        text_put(draft.stage, sizeof draft.stage, stages[0]);
    return command_ask_print(cli, center, &request);
}

const struct cli_command cmd_campaign_start = {
    .group = "campaign",
    .verb = "start",
    .zh = "发起专项任务的第一阶段：每个对象填报一张表",
    .en = "start a campaign with its first stage: a form for each recipient",
    .options = {{"center", "CODE", "发起中心 / the center that starts it", true},
                {"to", "SELECTOR", "对象 / whom it is for", true},
                {"name", "TEXT", "任务名称与要求 / what it is, and what is to be done", true},
                {"form", "FIELDS",
                 "填报表 / \"标签:name:number!,…\"；text number yes-no photo，! 必填 / required", true},
                {"stage", "S", "阶段，缺省 before（之后 during、after） / stage, by default before", false},
                {"report-every", "D", "定期填报间隔（零报告） / a report is wanted each (zero report)",
                 false},
                {"ack-limit", "D", "签收时限 / to be signed within", false},
                {"done-limit", "D", "办结时限 / done within", false},
                {"priority", "P", "normal urgent critical", false},
                {"expires", "TIME|D", "失效时间 / no longer valid from", false},
                {"as", "USER", "发起人，缺省为派遣员 / who starts it, by default the dispatcher", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_start};

/* ---- reading ---- */

static enum err read_campaign(struct cli *cli, const struct site_center **center, struct campaign_view *view,
                              struct fault *fault)
{
    struct id id;
    struct store_reader *reader = NULL;
    if (!id_parse(cli->words[0], &id))
        return fault_set(fault, ERR_UNKNOWN_COMMAND, "%s", cli->words[0]);
    enum err err = command_view_find(cli, &id, &reader, center, fault);
    if (err == ERR_OK)
        err = campaign_view_read(cli, reader, *center, &id, view, fault);
    store_reader_close(&reader);
    return err;
}

static int run_show(struct cli *cli)
{
    struct campaign_view view;
    const struct site_center *center = NULL;
    struct fault fault = {.code = ERR_OK};
    enum err err = read_campaign(cli, &center, &view, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (cli->json)
        cli_print_json(campaign_view_json(cli, &view));
    else
        campaign_view_print(cli, &view);
    campaign_view_free(&view);
    return 0;
}

const struct cli_command cmd_campaign_show = {
    .group = "campaign",
    .verb = "show",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "专项任务进度：各阶段、各下级应报、已报、零报告、办结、逾期与合计",
    .en = "a campaign stage by stage: expected, reported, zero, done, overdue and sums, tier by tier",
    .options = {{"center", "CODE", "看哪个中心的副本，缺省为发起中心 / whose copy, by default the starter's",
                 false}},
    .run = run_show};

/* ---- the next stage ---- */

/* The stage after the last one; NULL when that is not ours to know. */
static const char *next_stage(const struct cli *cli, const char *last)
{
    if (cli_value(cli, "stage"))
        return cli_value(cli, "stage");
    for (size_t i = 0; i + 1 < STAGES; i++)
        if (strcmp(stages[i], last) == 0)
            return stages[i + 1];
    return NULL;
}

/* What goes on from stage to stage, but for what the options say otherwise. */
static bool draft_next(struct cli *cli, const struct site_center *center, const struct campaign_view *view,
                       struct command *draft)
{
    const struct command *last = &view->stages[view->count - 1].view.record.header;
    const char *stage = next_stage(cli, last->stage);
    if (!stage) {
        cli_fail(cli, ERR_USAGE,
                 cli->english ? "after %s there is no stage that follows by itself: --stage NAME"
                              : "“%s”之后没有固定的下一阶段，请用 --stage 指明",
                 last->stage);
        return false;
    }
    command_draft_begin(draft);
    memcpy(draft->targets, last->targets, sizeof draft->targets);
    draft->kind = COMMAND_CAMPAIGN;
    draft->priority = last->priority;
    draft->form = last->form;
    draft->ack_limit = last->ack_limit;
    draft->done_limit = last->done_limit;
    draft->report_interval = last->report_interval;
    if (!command_draft_options(cli, center, draft))
        return false;
    draft->text = cli_value(cli, "name") ? cli_value(cli, "name") : last->text;
    draft->text_en = cli_value(cli, "name") ? NULL : last->text_en;
    draft->references = view->stages[0].view.record.header.id;
    return text_copy(draft->stage, sizeof draft->stage, stage) == ERR_OK;
}

/* A stage before it is closed: the new one has taken its place. */
static enum err supersede(struct cli *cli, const struct site_center *center, const struct request *issue,
                          const struct command_record *last, const struct id *by, struct fault *fault)
{
    struct command draft;
    struct request request = {.kind = REQUEST_COMMAND, .command = &draft};
    struct reply reply;
    char key[2 * ID_TEXT_SIZE + 16], issued[ID_TEXT_SIZE], closed[ID_TEXT_SIZE];
    if (last->ended != COMMAND_EVENT_NONE)
        return ERR_OK;
    command_draft_begin(&draft);
    draft.event = COMMAND_SUPERSEDE;
    draft.id = last->header.id;
    draft.references = *by;
    draft.reason = "转入下一阶段";
    memcpy(request.user, issue->user, sizeof request.user);
    id_format(&issue->input.key, issued);
    id_format(&draft.id, closed);
    snprintf(key, sizeof key, "%s supersedes %s", issued, closed);
    request.input.key = cli_key(key);
    return command_ask(cli, center, &request, &reply, fault);
}

static int next(struct cli *cli, const struct site_center *center, const struct campaign_view *view)
{
    struct command draft;
    struct request request = {.kind = REQUEST_COMMAND, .command = &draft};
    struct reply issued;
    struct fault fault = {.code = ERR_OK};
    if (!draft_next(cli, center, view, &draft) ||
        !command_ask_person(cli, center, "dispatcher", request.user))
        return err_exit_code(ERR_USAGE);
    enum err err = command_ask(cli, center, &request, &issued, &fault);
    for (size_t i = 0; i < view->count && err == ERR_OK; i++)
        err = supersede(cli, center, &request, &view->stages[i].view.record, &issued.command.command, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    json_t *out = command_ask_json(&request, &issued);
    json_object_set_new(out, "stage", json_string(draft.stage));
    if (cli->json)
        return cli_print_json(out);
    printf("%s  %s\n", draft.stage, json_string_value(json_object_get(out, "command_id")));
    json_decref(out);
    return 0;
}

static int run_next(struct cli *cli)
{
    struct campaign_view view;
    const struct site_center *center = NULL;
    struct fault fault = {.code = ERR_OK};
    enum err err = read_campaign(cli, &center, &view, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    int status = next(cli, center, &view);
    campaign_view_free(&view);
    return status;
}

const struct cli_command cmd_campaign_next = {
    .group = "campaign",
    .verb = "next",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "专项任务转入下一阶段：下达新阶段，并以其替代上一阶段",
    .en = "the next stage of a campaign; it takes the place of the one before",
    .options = {{"stage", "S",
                 "阶段，缺省按 before during after 顺延 / stage, by default the one that follows", false},
                {"name", "TEXT", "新要求，缺省不变 / what is to be done now, by default the same", false},
                {"form", "FIELDS", "新填报表，缺省不变 / another form, by default the same", false},
                {"report-every", "D", "填报间隔，缺省不变 / a report each, by default the same", false},
                {"ack-limit", "D", "签收时限，缺省不变 / to be signed within, by default the same", false},
                {"done-limit", "D", "办结时限，缺省不变 / done within, by default the same", false},
                {"center", "CODE", "发起中心，缺省自动查找 / the center that started it, by default found",
                 false},
                {"as", "USER", "谁下达，缺省为派遣员 / who issues it, by default the dispatcher", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_next};

/* ---- a recipient's form ---- */

static int run_report(struct cli *cli)
{
    struct id id;
    if (!cli_id_word(cli, &id))
        return err_exit_code(ERR_UNKNOWN_COMMAND);
    return command_ask_receipt(cli, &id, cli_flag(cli, "finish") ? RECEIPT_FINISH : RECEIPT_REPORT);
}

const struct cli_command cmd_campaign_report = {
    .group = "campaign",
    .verb = "report",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "填报专项任务的一个阶段",
    .en = "fill in the form of a campaign's stage",
    .options = {{"recipient", "NAME", "填报对象 / the recipient", true},
                {"values", "A=1;B=2", "表中各项 / the fields of the form", false},
                {"zero", NULL, "零报告：无情况可报 / zero report: nothing to report", false},
                {"finish", NULL, "本阶段办结 / and this stage is done", false},
                {"text", "TEXT", "说明 / words", false},
                {"as", "USER", "填报人，缺省为对象本身 / who fills it in, by default the recipient", false},
                {"center", "CODE", "经由哪个中心 / through which center", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_report};
