/* sanji drill: a written scenario on the running tree. */
#include <stdlib.h>

#include "cli_source.h"
#include "commands.h"
#include "drill.h"

static bool may_run(struct cli *cli)
{
    if (cli->site->exercise || cli_flag(cli, "real"))
        return true;
    cli_fail(cli, ERR_NOT_ALLOWED, "%s",
             cli->english
                 ? "the site is no exercise: real people would be called; --real to do so all the same"
                 : "该站点不是演练环境，会真正呼叫人员；确要如此请加 --real");
    return false;
}

static int run_read(struct cli *cli, struct drill *drill)
{
    if (cli_flag(cli, "check") && cli->json)
        return cli_print_json(json_pack("{s:b, s:s, s:I}", "ok", 1, "name", drill->title, "steps",
                                        (json_int_t)drill->step_count));
    if (cli_flag(cli, "check"))
        return printf(cli->english ? "%s: %zu steps\n" : "%s：%zu 步\n", drill->title, drill->step_count) < 0;
    if (!may_run(cli))
        return err_exit_code(ERR_NOT_ALLOWED);
    drill_run(drill);
    return drill_sum_up(drill);
}

static int run_drill(struct cli *cli)
{
    const struct world *world = cli_world(cli);
    if (!world)
        return err_exit_code(ERR_CONFIG);
    struct conf_errors *errors = cli_errors_new();
    struct drill drill = {.cli = cli, .topology = world->topology, .calendar = &world->calendar};
    bool sound = drill_read(&drill, cli->words[0], errors) == ERR_OK;
    int status = sound ? run_read(cli, &drill) : cli_errors_fail(cli, errors);
    if (sound)
        free(errors);
    drill_free(&drill);
    return status;
}

const struct cli_command cmd_drill = {
    .group = "drill",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .zh = "按脚本演练：在运行中的演练站点上逐步执行，打印谁在何时应答，核对预期",
    .en = "run a written scenario on a running exercise site; prints who answered when, checks what is "
          "expected",
    .more =
        "    样例 / a sample: config/drill/typhoon.yaml\n"
        "    退出码 1 = 有预期不符或步骤失败 / exit status 1: an expectation was not met, or a step failed",
    .options = {{"check", NULL, "只检查脚本 / only read the scenario", false},
                {"allow-shell", NULL, "允许执行脚本中的 shell 步骤 / run the scenario's shell steps", false},
                {"all", NULL, "逐人打印应答 / print every single answer", false},
                {"real", NULL, "在非演练站点上执行 / on a site that is no exercise", false}},
    .run = run_drill};
