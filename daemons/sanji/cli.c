/* Options, the site and its world, complaints and help. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int index_of(const struct cli *cli, const char *name)
{
    for (int i = 0; i < CLI_OPTIONS_MAX && cli->command->options[i].name; i++)
        if (strcmp(cli->command->options[i].name, name) == 0)
            return i;
    return -1;
}

const char *cli_value(const struct cli *cli, const char *name)
{
    int i = index_of(cli, name);
    return i < 0 ? NULL : cli->values[i];
}

bool cli_flag(const struct cli *cli, const char *name)
{
    return cli_value(cli, name) != NULL;
}

bool cli_number(const struct cli *cli, const char *name, int64_t least, int64_t most, int64_t otherwise,
                int64_t *out)
{
    const char *text = cli_value(cli, name);
    char *end;
    if (!text) {
        *out = otherwise;
        return true;
    }
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < least || value > most) {
        cli_fail(cli, ERR_USAGE, "--%s %s: a whole number from %" PRId64 " to %" PRId64 " is wanted", name,
                 text, least, most);
        return false;
    }
    *out = value;
    return true;
}

const char *cli_sentence(const struct cli *cli, enum err code)
{
    return cli->english ? err_text_en(code) : err_text_zh(code);
}

int cli_fail(const struct cli *cli, enum err code, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const char *gap = text[0] ? " " : "";
    if (cli->json) {
        json_t *out = json_pack("{s:b, s:s, s:s, s:s}", "ok", 0, "code", err_name(code), "message",
                                cli_sentence(cli, code), "detail", text);
        json_dumpf(out, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(out);
    }
    fprintf(stderr, "sanji: %s: %s%s%s\n", err_name(code), cli_sentence(cli, code), gap, text);
    return err_exit_code(code) ? err_exit_code(code) : 1;
}

int cli_print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(value);
    return 0;
}

static struct conf_errors *errors_new(void)
{
    struct conf_errors *errors = malloc(sizeof *errors);
    if (!errors)
        abort();
    conf_errors_init(errors);
    return errors;
}

const struct site *cli_site(struct cli *cli)
{
    if (cli->site)
        return cli->site;
    if (!cli->site_path) {
        cli_fail(cli, ERR_USAGE,
                 "which tree? give --site FILE or set SANJI_SITE (deploy/quickstart writes var/sanji.env)");
        return NULL;
    }
    struct conf_errors *errors = errors_new();
    if (conf_site_load(cli->site_path, errors, &cli->site) != ERR_OK) {
        conf_errors_print(errors, stderr);
        cli_fail(cli, ERR_CONFIG, "%s", conf_errors_text(errors, 0));
    }
    free(errors);
    return cli->site;
}

const struct world *cli_world(struct cli *cli)
{
    if (cli->world || !cli_site(cli))
        return cli->world;
    struct conf_errors *errors = errors_new();
    if (conf_world_load(cli->site->topology, errors, &cli->world) != ERR_OK) {
        conf_errors_print(errors, stderr);
        cli_fail(cli, ERR_CONFIG, "%s", conf_errors_text(errors, 0));
    }
    free(errors);
    return cli->world;
}

const struct site_center *cli_center(struct cli *cli)
{
    const struct site *site = cli_site(cli);
    const char *code = cli_value(cli, "center");
    if (!site)
        return NULL;
    const struct site_center *center = code ? site_center(site, code) : NULL;
    if (!center)
        cli_fail(cli, ERR_UNKNOWN_CENTER, "%s", code ? code : "--center");
    return center;
}

const struct site_center *cli_center_or_top(struct cli *cli)
{
    const struct world *world = cli_world(cli);
    if (!world || cli_value(cli, "center"))
        return world ? cli_center(cli) : NULL;
    for (size_t i = 0; i < world->topology->center_count; i++) {
        const struct site_center *center = site_center(cli->site, world->topology->centers[i].code);
        if (center)
            return center;
    }
    cli_fail(cli, ERR_UNKNOWN_CENTER, "the site has no center");
    return NULL;
}

void cli_time(struct cli *cli, int64_t at_ms, char out[CLOCK_TEXT_SIZE])
{
    if (at_ms == 0 || at_ms == INT64_MAX)
        snprintf(out, CLOCK_TEXT_SIZE, "-");
    else
        clock_format(at_ms, cli->world ? cli->world->calendar.offset_min : 480, out);
}

static void help_command(const struct cli_command *command, bool english, FILE *to)
{
    fprintf(to, "sanji %s%s%s%s%s\n    %s\n", command->group, command->verb ? " " : "",
            command->verb ? command->verb : "", command->words ? " " : "",
            command->words ? command->words : "", english ? command->en : command->zh);
    if (command->more)
        fprintf(to, "%s\n", command->more);
    for (int i = 0; i < CLI_OPTIONS_MAX && command->options[i].name; i++) {
        const struct cli_option *option = &command->options[i];
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", option->name, option->value ? " " : "",
                 option->value ? option->value : "");
        fprintf(to, "    %-26s %s%s\n", left, option->help,
                !option->required ? ""
                : english         ? " (required)"
                                  : "（必填）");
    }
}

int cli_help(const struct cli *cli, FILE *to)
{
    if (cli->command) {
        help_command(cli->command, cli->english, to);
        fprintf(to, "    --json --site FILE --lang zh|en\n");
        return 0;
    }
    fprintf(to, cli->english ? "Sanji — command centers of a city\n\n" : "Sanji 三级 — 城市三级指挥中心\n\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *command = cli_commands[i];
        char left[80];
        snprintf(left, sizeof left, "sanji %s%s%s%s%s", command->group, command->verb ? " " : "",
                 command->verb ? command->verb : "", command->words ? " " : "",
                 command->words ? command->words : "");
        fprintf(to, "  %-40s %s\n", left, cli->english ? command->en : command->zh);
    }
    fprintf(to,
            cli->english
                ? "\nEvery command takes --help, --json, --site FILE, --lang zh|en.\n"
                  "Exit status: 0 done, 1 refused by a rule, 2 wrong usage, 3 not reachable, 4 violation.\n"
                : "\n每个命令都有 --help、--json、--site 文件、--lang zh|en。\n"
                  "退出码：0 完成，1 规则拒绝，2 用法有误，3 不可达，4 校验违例。\n");
    return 0;
}
