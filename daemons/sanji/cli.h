/* The command line's own skeleton: the table of commands, options, the site, one way to ask a center, one way
 * to print. Exit status: 0 done, 1 refused by a rule, 2 wrong usage, 3 not reachable, 4 verify found a
 * violation. */
#ifndef SANJI_CLI_H
#define SANJI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "conf/conf_site.h"
#include "conf/conf_world.h"
#include "link/link_client.h"
#include "wire/frame.h"
#include "wire/request.h"

#define CLI_OPTIONS_MAX 32
#define CLI_WORDS_MAX 4

/* One option of a command. A flag has no value name. */
struct cli_option {
    const char *name;  /* without "--" */
    const char *value; /* "CODE"; NULL = a flag */
    const char *help;
    bool required;
};

struct cli;

struct cli_command {
    const char *group; /* "case" */
    const char *verb;  /* "report"; NULL = the group is the command */
    const char *words; /* positional words for the usage line: "NO EVENT" */
    size_t words_min, words_max;
    const char *zh, *en;
    const char *more; /* further lines of the command's own help; NULL = none */
    struct cli_option options[CLI_OPTIONS_MAX];
    int (*run)(struct cli *cli);
};

struct cli {
    const struct cli_command *command;
    const char *values[CLI_OPTIONS_MAX]; /* by index into command->options; NULL = not given */
    const char *words[CLI_WORDS_MAX];
    size_t word_count;
    bool json, english;
    const char *site_path;
    struct site *site;   /* loaded on first use */
    struct world *world; /* likewise */
    struct link_clients *clients;
};

/* The value of an option of the running command: NULL when it was not given ("" never stands for that). */
const char *cli_value(const struct cli *cli, const char *name);
bool cli_flag(const struct cli *cli, const char *name);
/* A whole number within bounds, `otherwise` when not given; false after a complaint. */
bool cli_number(const struct cli *cli, const char *name, int64_t least, int64_t most, int64_t otherwise,
                int64_t *out);

/* The site of --site or $SANJI_SITE, and its world; NULL after a complaint (exit 2). */
const struct site *cli_site(struct cli *cli);
const struct world *cli_world(struct cli *cli);
/* The center of --center in the site, NULL after a complaint. */
const struct site_center *cli_center(struct cli *cli);
/* The same; without --center the highest center that runs on this site. */
const struct site_center *cli_center_or_top(struct cli *cli);

/* Says what went wrong (as JSON with --json) and gives the exit status. */
int cli_fail(const struct cli *cli, enum err code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Prints the value as JSON and frees it; gives 0. */
int cli_print_json(json_t *value);
/* The sentence of an outcome in the language of the screen. */
const char *cli_sentence(const struct cli *cli, enum err code);

/* ---- cli_ask.c: asking a center over its socket ---- */

/* Sends one request and waits for its answer. A PENDING answer is followed by the final one if that comes
 * within wait_ms. The reply is borrowed until the next call. On error *fault has the words. */
enum err cli_ask(struct cli *cli, const struct site_center *center, const struct request *request,
                 int wait_ms, struct reply *reply, struct fault *fault) MUST_CHECK;
/* The status of every center of the site at once; replies[i].code tells those that did not answer
 * (UNREACHABLE). The caller frees the links of each reply. */
enum err cli_ask_all(struct cli *cli, struct reply *replies, struct fault *fault) MUST_CHECK;
/* A key from --key: a UUID as it is, other text hashed; a fresh UUIDv7 when not given. */
struct id cli_key(const char *text);
/* Local time with zone, by the world's calendar; "-" for 0. */
void cli_time(struct cli *cli, int64_t at_ms, char out[CLOCK_TEXT_SIZE]);

/* ---- the commands ---- */
extern const struct cli_command *const cli_commands[];
int cli_help(const struct cli *cli, FILE *to);

#endif
