/* sanji roll-call: who is there? */
#include <inttypes.h>

#include "cli_option.h"
#include "command_ask.h"
#include "command_draft.h"
#include "command_follow.h"
#include "command_json.h"
#include "command_matrix.h"
#include "command_tell.h"
#include "commands.h"

#define LIMIT_MIN 5

/* The matrix and who has not answered; the whole list of 5,000 stands in `roll-call show`. */
static int tell(struct cli *cli, const struct command_view *view)
{
    struct command_matrix matrix;
    char id[ID_TEXT_SIZE];
    bool over = command_follow_over(view);
    if (cli->json) {
        json_t *out = command_view_json(cli, view);
        json_object_set_new(out, "ok", json_true());
        json_object_set_new(out, "complete", json_boolean(over));
        return cli_print_json(out);
    }
    id_format(&view->record.header.id, id);
    printf("%s\n", id);
    command_tell_counts(cli, &view->tally, stdout);
    command_matrix_make(view, &matrix);
    command_matrix_print(cli, &matrix, stdout);
    command_matrix_free(&matrix);
    if (!over)
        printf(cli->english ? "not everybody has answered: sanji roll-call show %s\n"
                            : "尚有人未应答，详见：sanji roll-call show %s\n",
               id);
    return 0;
}

static int follow(struct cli *cli, const struct site_center *center, struct request *request, int64_t wait_s)
{
    struct reply reply;
    struct command_view view;
    struct fault fault = {.code = ERR_OK};
    enum err err = command_ask(cli, center, request, &reply, &fault);
    if (err == ERR_OK)
        err = command_follow(cli, center, &reply.command.command, wait_s, &view, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    int status = tell(cli, &view);
    command_view_free(&view);
    return status;
}

static int run_roll_call(struct cli *cli)
{
    struct command draft;
    struct request request = {.kind = REQUEST_COMMAND, .command = &draft};
    int64_t wait_s;
    const struct site_center *center = cli_center(cli);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_CENTER);
    command_draft_begin(&draft);
    draft.kind = COMMAND_ROLL_CALL;
    draft.ack_limit = (struct span){.unit = UNIT_URGENT_HOUR, .amount = LIMIT_MIN};
    if (!command_draft_options(cli, center, &draft) || !cli_span_option(cli, "limit", &draft.ack_limit) ||
        !cli_number(cli, "wait", 0, 86400, 0, &wait_s) ||
        !command_ask_person(cli, center, "dispatcher", request.user))
        return err_exit_code(ERR_USAGE);
    if (!draft.text) {
        draft.text = "点名：请立即应答。";
        draft.text_en = "Roll call: please answer at once.";
    }
    if (!draft.targets[0])
        snprintf(draft.targets, sizeof draft.targets, "all");
    return wait_s > 0 ? follow(cli, center, &request, wait_s) : command_ask_print(cli, center, &request);
}

const struct cli_command cmd_roll_call = {
    .group = "roll-call",
    .zh = "点名；加 --wait 则实时显示各级应答",
    .en = "roll call; with --wait the answers are followed live, tier by tier",
    .options = {{"center", "CODE", "点名中心 / the calling center", true},
                {"to", "SELECTOR", "对象，缺省为辖区全体 / whom, by default everybody below", false},
                {"limit", "D", "应答时限，缺省 5m / to be answered within", false},
                {"wait", "SECONDS", "最多等待几秒 / follow the answers for at most", false},
                {"text", "TEXT", "点名内容 / words", false},
                {"priority", "P", "normal urgent critical", false},
                {"as", "USER", "点名人，缺省为派遣员 / who calls, by default the dispatcher", false},
                {"key", "KEY", "幂等键 / idempotency key", false}},
    .run = run_roll_call};

static int run_show(struct cli *cli)
{
    struct id id;
    return cli_id_word(cli, &id) ? command_tell_show(cli, &id) : err_exit_code(ERR_UNKNOWN_COMMAND);
}

const struct cli_command cmd_roll_call_show = {
    .group = "roll-call",
    .verb = "show",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "一次点名的应答矩阵与名单",
    .en = "one roll call: the answer matrix and the list",
    .options = {{"center", "CODE", "看哪个中心的副本，缺省为点名中心 / whose copy, by default the caller's",
                 false}},
    .run = run_show};
