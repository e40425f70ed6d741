/* sanji center repair, sanji center fence: what a person does when a link or a neighbour needs one. */
#include <string.h>

#include "base/text.h"
#include "cli.h"
#include "commands.h"

static int ask(struct cli *cli, const struct request *request)
{
    struct reply reply;
    struct fault fault = {.code = ERR_OK};
    const struct site_center *center = cli_center(cli);
    if (!center)
        return 1;
    enum err err = cli_ask(cli, center, request, 0, &reply, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (reply.code != ERR_OK)
        return cli_fail(cli, reply.code, "%s", reply.text);
    if (cli->json)
        return cli_print_json(json_pack("{s:b, s:s}", "ok", 1, "code", "OK"));
    printf("%s\n", cli_sentence(cli, ERR_OK));
    return 0;
}

static int run_repair(struct cli *cli)
{
    struct request request = {.kind = REQUEST_REPAIR};
    if (text_copy(request.case_no, sizeof request.case_no, cli->words[0]) != ERR_OK)
        return cli_fail(cli, ERR_UNKNOWN_CASE, "%s", cli->words[0]);
    return ask(cli, &request);
}

const struct cli_command cmd_center_repair = {
    .group = "center",
    .verb = "repair",
    .words = "NO",
    .words_min = 1,
    .words_max = 1,
    .zh = "隔离的案卷:向所属中心重取全部记录",
    .en = "a quarantined case: ask its owner for the whole log again",
    .options = {{"center", "CODE", "哪个中心的副本有误 / whose copy is wrong", true}},
    .run = run_repair};

static int run_fence(struct cli *cli)
{
    struct request request = {.kind = REQUEST_FENCE};
    if (text_copy(request.name, sizeof request.name, cli->words[0]) != ERR_OK)
        return cli_fail(cli, ERR_UNKNOWN_CENTER, "%s", cli->words[0]);
    if (text_copy(request.user, sizeof request.user, cli_value(cli, "as")) != ERR_OK)
        return cli_fail(cli, ERR_UNKNOWN_PERSON, "%s", cli_value(cli, "as"));
    if (!cli_flag(cli, "yes"))
        return cli_fail(cli, ERR_USAGE, "%s",
                        cli->english
                            ? "this signs the center out for good; add --yes when its database is lost"
                            : "此操作将永久除名该中心当前的数据库;确认其数据库已毁后加 --yes");
    return ask(cli, &request);
}

const struct cli_command cmd_center_fence = {
    .group = "center",
    .verb = "fence",
    .words = "NEIGHBOUR",
    .words_min = 1,
    .words_max = 1,
    .zh = "由领导除名一个数据库已毁的相邻中心",
    .en = "a leader signs a neighbour out whose database is lost for good",
    .options = {{"center", "CODE", "在哪个中心执行 / at which center", true},
                {"as", "USER", "领导 / the leader who signs", true},
                {"yes", NULL, "确认 / really", false}},
    .run = run_fence};
