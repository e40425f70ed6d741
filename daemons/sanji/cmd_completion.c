/* sanji completion bash: a completion script made from the table of commands, so that it cannot lag behind.
 * Load it with `source <(sanji completion bash)`, or install it as /etc/bash_completion.d/sanji. */
#include <string.h>

#include "commands.h"

/* True when no earlier row has this group. */
static bool first_of_group(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(cli_commands[i]->group, cli_commands[index]->group) == 0)
            return false;
    return true;
}

static void print_groups(void)
{
    printf("  groups='");
    for (size_t i = 0; cli_commands[i]; i++)
        if (first_of_group(i))
            printf("%s ", cli_commands[i]->group);
    printf("help --version'\n");
}

/* One arm for each group that has verbs. */
static void print_verbs(void)
{
    printf("  case $group in\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        if (!first_of_group(i) || !cli_commands[i]->verb)
            continue;
        printf("    %s) verbs='", cli_commands[i]->group);
        for (size_t j = i; cli_commands[j]; j++)
            if (cli_commands[j]->verb && strcmp(cli_commands[j]->group, cli_commands[i]->group) == 0)
                printf("%s ", cli_commands[j]->verb);
        printf("' ;;\n");
    }
    printf("  esac\n");
}

static void print_options(void)
{
    printf("  case \"$group $verb\" in\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *command = cli_commands[i];
        printf("    '%s %s') options='", command->group, command->verb ? command->verb : "");
        for (int o = 0; o < CLI_OPTIONS_MAX && command->options[o].name; o++)
            printf("--%s ", command->options[o].name);
        printf("' ;;\n");
    }
    printf("  esac\n");
}

/* Only the first row that has an option of this name decides what may follow it. */
static const char *value_of(size_t index, int option)
{
    const char *name = cli_commands[index]->options[option].name;
    for (size_t i = 0; i < index; i++)
        for (int o = 0; o < CLI_OPTIONS_MAX && cli_commands[i]->options[o].name; o++)
            if (strcmp(cli_commands[i]->options[o].name, name) == 0)
                return NULL;
    return cli_commands[index]->options[option].value;
}

/* One arm for the options whose value the table calls `value`. */
static void print_values_of(const char *value, const char *action)
{
    const char *before = "    ";
    for (size_t i = 0; cli_commands[i]; i++) {
        for (int o = 0; o < CLI_OPTIONS_MAX && cli_commands[i]->options[o].name; o++) {
            const char *mine = value_of(i, o);
            if (!mine || strcmp(mine, value) != 0)
                continue;
            printf("%s--%s", before, cli_commands[i]->options[o].name);
            before = " | ";
        }
    }
    if (strcmp(before, " | ") == 0)
        printf(") %s ;;\n", action);
}

static void print_values(void)
{
    static const char files[] = "mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return";
    printf("  case $before in\n");
    printf("    --lang) mapfile -t COMPREPLY < <(compgen -W 'zh en' -- \"$word\"); return ;;\n");
    printf(
        "    --center) mapfile -t COMPREPLY < <(compgen -W \"$(_sanji_centers)\" -- \"$word\"); return ;;\n");
    printf("    --site) %s ;;\n", files);
    print_values_of("FILE", files);
    print_values_of("DIR", "mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); return");
    print_values_of("N", "return");
    print_values_of("TIME", "return");
    print_values_of("TEXT", "return");
    printf("  esac\n");
}

static int run_completion(struct cli *cli)
{
    if (strcmp(cli->words[0], "bash") != 0)
        return cli_fail(cli, ERR_USAGE, "%s: bash is the one shell that is known", cli->words[0]);
    printf("# bash completion of sanji; made by 'sanji completion bash'.\n"
           "_sanji_centers() {\n"
           "  [[ -r ${SANJI_SITE:-} ]] && sed -nE 's/^ *- code: *\"?([^\" ]+)\"?.*/\\1/p' \"$SANJI_SITE\"\n"
           "}\n"
           "_sanji() {\n"
           "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "  local group=${COMP_WORDS[1]:-} verb='' groups='' verbs='' options=''\n"
           "  COMPREPLY=()\n");
    print_groups();
    printf("  if ((COMP_CWORD == 1)); then\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$groups\" -- \"$word\")\n"
           "    return\n"
           "  fi\n");
    print_verbs();
    printf("  if [[ -n $verbs && $word != -* ]] && ((COMP_CWORD == 2)); then\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$verbs --help\" -- \"$word\")\n"
           "    return\n"
           "  fi\n"
           "  [[ -z $verbs || ${COMP_WORDS[2]} == -* ]] || verb=${COMP_WORDS[2]}\n");
    print_values();
    print_options();
    printf("  if [[ $word == -* ]]; then\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$options --json --site --lang --help\" -- \"$word\")\n"
           "  else\n"
           "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
           "  fi\n"
           "}\n"
           "complete -o filenames -F _sanji sanji\n");
    return 0;
}

const struct cli_command cmd_completion = {.group = "completion",
                                           .words = "SHELL",
                                           .words_min = 1,
                                           .words_max = 1,
                                           .zh = "输出命令补全脚本：source <(sanji completion bash)",
                                           .en = "a completion script: source <(sanji completion bash)",
                                           .run = run_completion};
