/* sanji man: the manual page in roff, made from the table of commands. Read it with `sanji man | man -l -`,
 * or install it as sanji.1. */
#include <string.h>

#include "commands.h"

/* Text for roff: no line may begin with a control character, and '-' and '\' are themselves. */
static void put_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        printf("\\&");
    for (; *text; text++) {
        if (*text == '\\')
            printf("\\e");
        else if (*text == '-')
            printf("\\-");
        else if (*text == '\n')
            printf("\n.br\n");
        else
            putchar(*text);
    }
}

static void put_option(const struct cli_option *option)
{
    printf(".TP\n\\fB");
    put_text("--");
    put_text(option->name);
    printf("\\fR");
    if (option->value) {
        printf(" \\fI");
        put_text(option->value);
        printf("\\fR");
    }
    printf("\n");
    put_text(option->help);
    printf("%s\n", option->required ? " (必填 / required)" : "");
}

static void put_command(const struct cli_command *command)
{
    printf(".SS sanji ");
    put_text(command->group);
    if (command->verb) {
        printf(" ");
        put_text(command->verb);
    }
    if (command->words) {
        printf(" ");
        put_text(command->words);
    }
    printf("\n");
    put_text(command->zh);
    printf("\n.br\n");
    put_text(command->en);
    printf("\n");
    for (int i = 0; i < CLI_OPTIONS_MAX && command->options[i].name; i++)
        put_option(&command->options[i]);
}

static void put_front(void)
{
    printf(".TH SANJI 1 \"\" \"sanji %s\" \"Sanji 三级\"\n", SANJI_VERSION);
    printf(".SH NAME\nsanji \\- 城市三级指挥中心的命令行 / command line of a city's command centers\n");
    printf(".SH SYNOPSIS\n.B sanji\n.I COMMAND\n[\\fIWORDS\\fR] [\\fIOPTIONS\\fR]\n");
    printf(
        ".SH DESCRIPTION\n"
        "查看整棵树、上报与办理案卷、建立与维护中心、检查配置、回放与校验。\n.br\n"
        "Looks at the whole tree, reports and handles cases, makes and keeps centers, checks configuration,\n"
        "replays and verifies.\n");
    printf(".SH COMMON OPTIONS\n");
    static const struct cli_option common[] = {
        {"json", NULL, "以 JSON 输出 / print JSON", false},
        {"site", "FILE", "站点文件，缺省 $SANJI_SITE / the site file, by default $SANJI_SITE", false},
        {"lang", "zh|en", "界面语言，缺省 $SANJI_LANG 或 zh / language of the screen", false},
        {"help", NULL, "命令的用法 / usage of the command", false}};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        put_option(&common[i]);
}

static void put_back(void)
{
    printf(".SH EXIT STATUS\n.TP\n0\n完成 / done\n.TP\n1\n规则拒绝，附代码与原因 / refused by a rule, with "
           "its code and a sentence\n"
           ".TP\n2\n用法或配置有误 / wrong usage or configuration\n.TP\n3\n不可达，或暂时不能 / not "
           "reachable, or not now\n"
           ".TP\n4\n校验发现违例 / verify found a violation\n");
    printf(
        ".SH ENVIRONMENT\n.TP\nSANJI_SITE\n站点文件 / the site file\n.TP\nSANJI_LANG\nzh, en\n"
        ".TP\nSANJI_ADMIN_DSN\ninit 与 migrate 所用的数据库管理员连接串 / superuser of init and migrate\n");
}

static int run_man(struct cli *cli)
{
    (void)cli;
    put_front();
    printf(".SH COMMANDS\n");
    for (size_t i = 0; cli_commands[i]; i++)
        put_command(cli_commands[i]);
    put_back();
    return 0;
}

const struct cli_command cmd_man = {.group = "man",
                                    .zh = "输出手册页(roff):sanji man | man -l -",
                                    .en = "the manual page in roff: sanji man | man -l -",
                                    .run = run_man};
