/* sanji command issue. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli_option.h"
#include "command_ask.h"
#include "command_draft.h"
#include "commands.h"

static int run_issue(struct cli *cli)
{
    struct command draft;
    struct request request = {.kind = REQUEST_COMMAND, .command = &draft};
    const struct site_center *center = cli_center(cli);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_CENTER);
    command_draft_begin(&draft);
    draft.kind = command_kind_from_name(cli_value(cli, "kind"));
    if (draft.kind == COMMAND_NONE)
        return cli_fail(cli, ERR_USAGE,
                        "--kind %s: order, notice, roll-call, supervision, campaign, mode, emergency",
                        cli_value(cli, "kind"));
    if (!command_draft_options(cli, center, &draft) ||
        !command_ask_person(cli, center, command_ask_post(draft.kind), request.user))
        return err_exit_code(ERR_USAGE);
    return command_ask_print(cli, center, &request);
}

const struct cli_command cmd_command_issue = {
    .group = "command",
    .verb = "issue",
    .zh = "下达一条指令；返回时已落盘并签名，随后逐级下达",
    .en = "issue a command; it is durable and signed when this returns, then it goes down the tree",
    .more = "    对象 / selector: all · centers · desks · units · tier=NAME · area=CODE · center=CODE · "
            "dept=CODE "
            "·\n"
            "    type=CODE · above=DEPT · near=LON/LAT,type=CODE,count=N · NAME；“,” 同时满足 / all of them，"
            "“+” 任一 / one of them\n"
            "    时限 / limits: 30m 2h (昼夜 / day and night) · 4wh 3wd (工作时间 / working time) · 5d",
    .options = {{"center", "CODE", "下达中心 / the issuing center", true},
                {"kind", "KIND", "种类 / order notice roll-call supervision campaign mode emergency", true},
                {"to", "SELECTOR", "对象 / whom it is for", true},
                {"text", "TEXT", "内容 / what is ordered", true},
                {"text-en", "TEXT", "英文内容 / the same in English", false},
                {"ack-limit", "D", "签收时限 / to be signed within", false},
                {"contact-limit", "D", "联系时限 / the caller is contacted within", false},
                {"arrive-limit", "D", "到场时限 / on scene within", false},
                {"done-limit", "D", "办结时限 / done within", false},
                {"report-every", "D", "定期反馈间隔（零报告） / a report is wanted each (zero report)",
                 false},
                {"par", "D", "人员安全点名间隔 / safety roll call of those on scene each", false},
                {"priority", "P", "normal urgent critical（一般、紧急、特急）", false},
                {"ack", "RULE", "each any K：全部、任一、K 个签收 / who must sign", false},
                {"expires", "TIME|D", "失效时间 / no longer valid from", false},
                {"effective", "TIME|D", "生效时间 / valid from", false},
                {"case", "NO", "所涉案卷 / about this case", false},
                {"refs", "ID", "所引指令 / an earlier command", false},
                {"form", "FIELDS",
                 "反馈表 / \"标签:name:number!,…\"；text number yes-no photo，! 必填 / required", false},
                {"stage", "S", "专项任务阶段 / stage of a campaign", false},
                {"as", "USER", "下达人，缺省为有权的岗位 / who issues it, by default a post that may", false},
                {"key", "KEY", "幂等键：同键同令 / the same key again returns the same command", false}},
    .run = run_issue};
