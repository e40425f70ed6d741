/* sanji: the command line of operators and administrators. Commands are rows of a table; this file finds the
 * row, reads its options and runs it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static bool matches(const struct cli_command *command, int argc, char **argv)
{
    if (argc < 2 || strcmp(command->group, argv[1]) != 0)
        return false;
    return !command->verb || (argc > 2 && strcmp(command->verb, argv[2]) == 0);
}

static const struct cli_command *find(int argc, char **argv)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (matches(cli_commands[i], argc, argv))
            return cli_commands[i];
    return NULL;
}

static bool group_exists(const char *group)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (strcmp(cli_commands[i]->group, group) == 0)
            return true;
    return false;
}

static int option_index(const struct cli_command *command, const char *name, size_t length)
{
    for (int i = 0; i < CLI_OPTIONS_MAX && command->options[i].name; i++)
        if (strlen(command->options[i].name) == length &&
            strncmp(command->options[i].name, name, length) == 0)
            return i;
    return -1;
}

/* Options that every command takes. Gives 0 = not one of them, 1 = taken, 2 = taken with the next word, -1 =
 * wrong. */
static int common_option(struct cli *cli, const char *word, const char *next)
{
    if (strcmp(word, "--json") == 0) {
        cli->json = true;
        return 1;
    }
    if (strncmp(word, "--site=", 7) == 0) {
        cli->site_path = word + 7;
        return 1;
    }
    if (strcmp(word, "--site") == 0) {
        cli->site_path = next;
        return next ? 2 : -1;
    }
    if (strncmp(word, "--lang=", 7) == 0) {
        cli->english = strcmp(word + 7, "en") == 0;
        return 1;
    }
    if (strcmp(word, "--lang") == 0) {
        cli->english = next && strcmp(next, "en") == 0;
        return next ? 2 : -1;
    }
    return 0;
}

/* One option of the command; as common_option(). */
static int own_option(struct cli *cli, const char *word, const char *next)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
    int i = option_index(cli->command, word + 2, length);
    if (i < 0)
        return -1;
    if (!cli->command->options[i].value) {
        cli->values[i] = "1";
        return equals ? -1 : 1;
    }
    cli->values[i] = equals ? equals + 1 : next;
    return equals ? 1 : next ? 2 : -1;
}

static int parse_words(struct cli *cli, int argc, char **argv, int first)
{
    for (int i = first; i < argc;) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strncmp(argv[i], "--", 2) != 0) {
            if (cli->word_count == cli->command->words_max)
                return cli_fail(cli, ERR_USAGE, "one word too many: %s", argv[i]);
            cli->words[cli->word_count++] = argv[i++];
            continue;
        }
        int taken = common_option(cli, argv[i], next);
        if (taken == 0)
            taken = own_option(cli, argv[i], next);
        if (taken < 0)
            return cli_fail(cli, ERR_USAGE, "%s: no such option, or its value is missing", argv[i]);
        i += taken;
    }
    if (cli->word_count < cli->command->words_min)
        return cli_fail(cli, ERR_USAGE, "missing: %s", cli->command->words);
    for (int i = 0; i < CLI_OPTIONS_MAX && cli->command->options[i].name; i++)
        if (cli->command->options[i].required && !cli->values[i])
            return cli_fail(cli, ERR_USAGE, "missing: --%s %s", cli->command->options[i].name,
                            cli->command->options[i].value);
    return 0;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return argc < 2 || strcmp(argv[1], "help") == 0;
}

/* Before anything else is read: errors of usage are printed in the form that was asked for. */
static void look_ahead(struct cli *cli, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        cli->json |= strcmp(argv[i], "--json") == 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
    cli->command = find(argc, argv);
    if (wants_help(argc, argv))
        return cli_help(cli, stdout);
    if (strcmp(argv[1], "--version") == 0)
        return printf("sanji %s\n", SANJI_VERSION) < 0;
    if (!cli->command && group_exists(argv[1]))
        return cli_fail(cli, ERR_USAGE, "sanji %s: which? (sanji %s --help lists them)", argv[1], argv[1]);
    if (!cli->command)
        return cli_fail(cli, ERR_USAGE, "no command %s (sanji --help lists them)", argv[1]);
    int status = parse_words(cli, argc, argv, cli->command->verb ? 3 : 2);
    return status != 0 ? status : cli->command->run(cli);
}

int main(int argc, char **argv)
{
    const char *language = getenv("SANJI_LANG");
    struct cli cli = {.site_path = getenv("SANJI_SITE"), .english = language && strcmp(language, "en") == 0};
    look_ahead(&cli, argc, argv);
    int status = run(&cli, argc, argv);
    link_clients_free(&cli.clients);
    conf_world_free(&cli.world);
    conf_site_free(&cli.site);
    return status;
}
