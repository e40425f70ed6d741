/* sanji command act, ack, cancel: what a recipient says, and what the issuer says later. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli_option.h"
#include "command_ask.h"
#include "command_draft.h"
#include "command_view.h"
#include "commands.h"

/* ---- the issuer's word ---- */

/* The check of one recipient's feedback. */
static bool check_options(const struct cli *cli, struct command *draft)
{
    int64_t score;
    bool passed = cli_flag(cli, "passed");
    if (draft->event != COMMAND_CHECK)
        return true;
    if (passed == cli_flag(cli, "failed")) {
        cli_fail(cli, ERR_USAGE, "--passed or --failed?");
        return false;
    }
    if (!cli_number(cli, "score", 1, 5, 0, &score) ||
        !cli_copy_option(cli, "recipient", draft->recipient, sizeof draft->recipient))
        return false;
    draft->passed = passed;
    draft->score = (int32_t)score;
    return true;
}

struct known {
    enum command_kind kind; /* NONE: the center itself says what is wrong with the id */
    int64_t unheard_centers;
};

static struct known look_up(const struct site_center *center, const struct id *id)
{
    struct store_reader *reader = NULL;
    struct store_command found;
    struct fault ignored;
    struct known known = {.kind = COMMAND_NONE};
    if (store_reader_open(center->read_database, &reader, &ignored) == ERR_OK &&
        store_read_command(reader, id, &found, &ignored) == ERR_OK) {
        known.kind = found.row.record.header.kind;
        known.unheard_centers = found.tally.unheard_centers;
    }
    store_reader_close(&reader);
    return known;
}

/* An extension does not reach who is away until the old expiry (command_act in domain/command_step.h). */
static void warn_of_unheard(const struct cli *cli, int64_t centers)
{
    fprintf(stderr,
            cli->english
                ? "note: %lld centers have not been heard; those reached only after the old expiry stay "
                  "not delivered and need a new command\n"
                : "注意：尚有 %lld 个中心未收到本指令；原失效时间之后才收到的，仍计为未送达，"
                  "须另行下达\n",
            (long long)centers);
}

static int header_act(struct cli *cli, const struct id *id, enum command_event event)
{
    struct command draft;
    struct request request = {.kind = REQUEST_COMMAND, .command = &draft};
    const struct site_center *center = command_view_issuer(cli, id);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_COMMAND);
    struct known known = look_up(center, id);
    command_draft_begin(&draft);
    draft.event = event;
    draft.id = *id;
    if (!command_draft_options(cli, center, &draft) || !check_options(cli, &draft) ||
        !command_ask_person(cli, center, command_ask_post(known.kind), request.user))
        return err_exit_code(ERR_USAGE);
    draft.reason = cli_value(cli, "reason") ? cli_value(cli, "reason") : draft.text;
    int status = command_ask_print(cli, center, &request);
    if (status == 0 && event == COMMAND_UPDATE && draft.expires_ms != 0 && known.unheard_centers > 0)
        warn_of_unheard(cli, known.unheard_centers);
    return status;
}

/* Names of both logs: with a recipient it is the recipient's word, but for the check, which is the issuer's
 * word about him. */
static int run_act(struct cli *cli)
{
    struct id id;
    const char *name = cli->words[1];
    enum command_event header = command_event_from_name(name);
    enum receipt_event receipt = receipt_event_from_name(name);
    if (!cli_id_word(cli, &id))
        return err_exit_code(ERR_UNKNOWN_COMMAND);
    if (cli_value(cli, "recipient") && header != COMMAND_CHECK && receipt != RECEIPT_EVENT_NONE)
        return command_ask_receipt(cli, &id, receipt);
    if (header != COMMAND_EVENT_NONE && header != COMMAND_ISSUE)
        return header_act(cli, &id, header);
    if (receipt != RECEIPT_EVENT_NONE)
        return cli_fail(cli, ERR_USAGE, "%s: whose word is it? --recipient NAME", name);
    return cli_fail(cli, ERR_UNKNOWN_EVENT, "%s", name);
}

const struct cli_command cmd_command_act = {
    .group = "command",
    .verb = "act",
    .words = "ID EVENT",
    .words_min = 2,
    .words_max = 2,
    .zh = "对指令执行一个操作：接收对象的回执（带 --recipient），或下达方的后续操作",
    .en = "one event of a command: a recipient's (with --recipient), or a later one of its issuer",
    .more =
        "    回执 / of a recipient: ack depart arrive contact progress report finish refuse par hand-over\n"
        "    下达方 / of the issuer: update cancel supersede check stand-down",
    .options = {{"recipient", "NAME", "接收对象，如 grid.440306017001001 / the recipient", false},
                {"as", "USER", "操作人 / who says so, by default the recipient, or the issuer's post", false},
                {"text", "TEXT", "说明、反馈或理由；更新时为新内容 / words, reason, or the new text", false},
                {"values", "A=1;B=2", "反馈表各项 / the fields of the form", false},
                {"zero", NULL, "零报告：无情况可报 / zero report: nothing to report", false},
                {"reason", "TEXT", "下达方的理由 / the issuer's reason", false},
                {"passed", NULL, "核查通过 / check: passed", false},
                {"failed", NULL, "核查不通过，重新反馈 / check: to be redone", false},
                {"score", "1-5", "评分 / rating", false},
                {"refs", "ID", "替代它的指令 / supersede: the command that takes its place", false},
                {"text-en", "TEXT", "更新：英文内容 / update: the text in English", false},
                {"ack-limit", "D", "更新：签收时限 / update: to be signed within", false},
                {"contact-limit", "D", "更新：联系时限 / update: contact within", false},
                {"arrive-limit", "D", "更新：到场时限 / update: on scene within", false},
                {"done-limit", "D", "更新：办结时限 / update: done within", false},
                {"report-every", "D", "更新：反馈间隔 / update: a report each", false},
                {"expires", "TIME|D", "更新：失效时间 / update: no longer valid from", false},
                {"center", "CODE", "经由哪个中心，缺省为对象或下达方所在中心 / through which center", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_act};

static int run_ack(struct cli *cli)
{
    struct id id;
    return cli_id_word(cli, &id) ? command_ask_receipt(cli, &id, RECEIPT_ACK)
                                 : err_exit_code(ERR_UNKNOWN_COMMAND);
}

const struct cli_command cmd_command_ack = {
    .group = "command",
    .verb = "ack",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "签收一条指令（点名时为应答）",
    .en = "sign a command (answer a roll call)",
    .options = {{"recipient", "NAME", "接收对象 / the recipient", true},
                {"as", "USER", "签收人，缺省为对象本身 / who signs, by default the recipient", false},
                {"text", "TEXT", "说明 / words", false},
                {"center", "CODE", "经由哪个中心 / through which center", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_ack};

static int run_cancel(struct cli *cli)
{
    struct id id;
    return cli_id_word(cli, &id) ? header_act(cli, &id, COMMAND_CANCEL) : err_exit_code(ERR_UNKNOWN_COMMAND);
}

const struct cli_command cmd_command_cancel = {
    .group = "command",
    .verb = "cancel",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "撤销一条指令；接收对象须确认知悉",
    .en = "cancel a command; its recipients acknowledge that",
    .options = {{"reason", "TEXT", "理由 / why", true},
                {"as", "USER",
                 "撤销人，缺省为下达中心有权的岗位 / who cancels it, by default the issuer's post", false},
                {"center", "CODE", "下达中心，缺省自动查找 / the issuing center, by default found", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_cancel};
