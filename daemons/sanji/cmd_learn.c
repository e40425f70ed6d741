/* sanji catalogue learn: a responsibility matrix from closed cases, and how right it is about later ones. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli_source.h"
#include "cli_table.h"
#include "commands.h"
#include "conf/conf_route.h"
#include "learn.h"

#define DAY_MS INT64_C(86400000)
#define CLOSE_AFTER_DAYS 5 /* 3.62 work days on the average, as published, are about five natural ones */
#define LEAST 1 /* even one case beats none: 65.3 % right at once instead of 64.2 (Pingshan, October 2018)   \
                 */

struct learning {
    struct cli *cli;
    const struct world *world;
    struct learn_cases cases;
    struct learn_test test;
    struct route_matrix *matrix; /* what is written and shown */
    int64_t trained;             /* cases behind it */
};

/* ---- options ---- */

/* "2018-10-01" or a time; false after a complaint. */
static bool read_date(const struct cli *cli, const char *option, int32_t offset_min, int64_t otherwise,
                      int64_t *at_ms)
{
    char text[CLOCK_TEXT_SIZE];
    const char *value = cli_value(cli, option);
    *at_ms = otherwise;
    if (!value)
        return true;
    snprintf(text, sizeof text, strlen(value) == 10 ? "%.10sT00:00" : "%.35s", value);
    if (clock_parse(text, offset_min, at_ms) == 0)
        return true;
    cli_fail(cli, ERR_USAGE, "--%s %s: e.g. 2018-10-01", option, value);
    return false;
}

/* The begin of the last month that has cases: without other words it is what is tested. */
static int64_t last_month(const struct learn_cases *cases, int32_t offset_min)
{
    char text[CLOCK_TEXT_SIZE];
    int64_t at_ms = 0;
    if (cases->count == 0)
        return 0;
    clock_format(cases->list[cases->count - 1].at_ms, offset_min, text);
    text_put(text + 8, 9, "01T00:00");
    return clock_parse(text, offset_min, &at_ms) == 0 ? at_ms : 0;
}

static bool read_options(struct learning *learning)
{
    struct cli *cli = learning->cli;
    int32_t offset_min = learning->world->calendar.offset_min;
    int64_t least, days;
    if (!read_date(cli, "train-until", offset_min, last_month(&learning->cases, offset_min),
                   &learning->test.from_ms) ||
        !read_date(cli, "test-until", offset_min, INT64_MAX, &learning->test.until_ms) ||
        !cli_number(cli, "least", 1, 10000, LEAST, &least) ||
        !cli_number(cli, "close-after", 0, 365, CLOSE_AFTER_DAYS, &days))
        return false;
    learning->test.least = (int32_t)least;
    learning->test.close_after_ms = days * DAY_MS;
    return true;
}

/* ---- the file ---- */

static void about(const struct learning *learning, char *text, size_t size)
{
    const struct topology *topology = learning->world->topology;
    snprintf(text, size,
             "%s: who handles what, learned from %" PRId64 " closed cases (at least %" PRId32
             " behind a row).\n"
             "What the matrix before this one knew beyond that stands behind as a last resort.\n"
             "Made by 'sanji catalogue learn'.",
             topology->name, learning->trained, learning->test.least);
}

static enum err write_matrix(const struct learning *learning, const char *path, struct fault *fault)
{
    char words[512], draft[PATH_SIZE + 8];
    about(learning, words, sizeof words);
    if (strlen(path) >= PATH_SIZE)
        return fault_set(fault, ERR_TOO_LONG, "the path is too long");
    snprintf(draft, sizeof draft, "%.*s.draft", PATH_SIZE, path);
    FILE *to = fopen(draft, "w");
    if (!to)
        return fault_set(fault, ERR_IO, "%.200s: %s", draft, strerror(errno));
    enum err err = conf_route_write(learning->matrix, words, to);
    if (fclose(to) != 0 || err != ERR_OK || rename(draft, path) != 0)
        err = fault_set(fault, ERR_IO, "%.200s: %s", path, strerror(errno));
    if (err != ERR_OK)
        unlink(draft);
    return err;
}

/* ---- words ---- */

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static json_t *score_json(const struct learn_score *score)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:f, s:f}", "cases", (json_int_t)score->cases, "right_first",
                     (json_int_t)score->first, "right_top3", (json_int_t)score->three, "without_route",
                     (json_int_t)score->none, "share_first", percent(score->first, score->cases) / 100,
                     "share_top3", percent(score->three, score->cases) / 100);
}

static json_t *skipped_json(const struct learn_cases *cases)
{
    json_t *out = json_pack("{s:I, s:I, s:I}", "not_closed", (json_int_t)cases->open, "no_department",
                            (json_int_t)cases->no_department, "unknown_department",
                            (json_int_t)cases->unknown_department);
    for (enum pingshan_reason reason = PINGSHAN_NO_PLACE; reason < PINGSHAN_REASONS; reason++)
        json_object_set_new(out, pingshan_reason_name(reason), json_integer(cases->unplaced[reason]));
    return out;
}

static int print_json(const struct learning *learning)
{
    const struct learn_test *test = &learning->test;
    char from[CLOCK_TEXT_SIZE];
    json_t *months = json_array();
    clock_format(test->from_ms, learning->world->calendar.offset_min, from);
    for (size_t i = 0; i < test->month_count; i++)
        json_array_append_new(months, json_pack("{s:s, s:o, s:o}", "month", test->months[i].name, "frozen",
                                                score_json(&test->months[i].frozen), "learning",
                                                score_json(&test->months[i].learning)));
    json_t *out = json_pack(
        "{s:b, s:I, s:I, s:o, s:s, s:I, s:I, s:i, s:I, s:o, s:o, s:o}", "ok", 1, "rows",
        (json_int_t)learning->cases.rows, "cases", (json_int_t)learning->cases.count, "skipped",
        skipped_json(&learning->cases), "train_until", from, "trained", (json_int_t)learning->trained,
        "matrix_rows", (json_int_t)learning->matrix->row_count, "least", (int)test->least, "close_after_days",
        (json_int_t)(test->close_after_ms / DAY_MS), "frozen", score_json(&test->frozen), "learning",
        score_json(&test->learning), "months", months);
    if (cli_value(learning->cli, "out"))
        json_object_set_new(out, "out", json_string(cli_value(learning->cli, "out")));
    return cli_print_json(out);
}

static void add_scores(struct cli_table *table, const char *name, const struct learn_score *frozen,
                       const struct learn_score *learning)
{
    cli_table_row(table);
    cli_table_cell(table, "%s", name);
    cli_table_cell(table, "%" PRId64, frozen->cases);
    cli_table_cell(table, "%.1f %%", percent(frozen->first, frozen->cases));
    cli_table_cell(table, "%.1f %%", percent(frozen->three, frozen->cases));
    cli_table_cell(table, "%.1f %%", percent(learning->first, learning->cases));
    cli_table_cell(table, "%.1f %%", percent(learning->three, learning->cases));
}

static void print_scores(const struct learning *learning)
{
    static const char *const zh[] = {"月份",  ">案数", ">固定矩阵首选", ">前三", ">边办边学首选",
                                     ">前三", NULL};
    static const char *const en[] = {"month",     ">cases", ">frozen: first", ">of three", ">learning: first",
                                     ">of three", NULL};
    const struct learn_test *test = &learning->test;
    struct cli_table *table = cli_table_new(learning->cli->english ? en : zh);
    for (size_t i = 0; i < test->month_count; i++)
        add_scores(table, test->months[i].name, &test->months[i].frozen, &test->months[i].learning);
    if (test->month_count > 1)
        add_scores(table, learning->cli->english ? "all" : "合计", &test->frozen, &test->learning);
    cli_table_print(table, stdout);
    cli_table_free(&table);
}

static int print_words(const struct learning *learning)
{
    const struct learn_cases *cases = &learning->cases;
    bool en = learning->cli->english;
    const char *out = cli_value(learning->cli, "out");
    printf(en ? "%" PRId64 " rows, %zu closed cases with place, item and department\n"
              : "共 %" PRId64 " 行，其中 %zu 件已结案且有地点、事项、部门\n",
           cases->rows, cases->count);
    for (enum pingshan_reason reason = PINGSHAN_NO_PLACE; reason < PINGSHAN_REASONS; reason++)
        if (cases->unplaced[reason] > 0)
            printf("  %" PRId64 "  %s\n", cases->unplaced[reason], pingshan_reason_text(reason, en));
    if (cases->unknown_department > 0)
        printf(en ? "  %" PRId64 "  ended at a department that the topology does not have: counted as wrong\n"
                  : "  %" PRId64 "  办结部门不在拓扑中：不参与学习，检验时计为错误\n",
               cases->unknown_department);
    printf(en ? "matrix: %zu rows from %" PRId64 " cases\n" : "矩阵：%zu 行，来自 %" PRId64 " 件案卷\n",
           learning->matrix->row_count, learning->trained);
    if (learning->test.frozen.cases > 0)
        print_scores(learning);
    printf(en ? "assumed: a case closes %" PRId64 " days after its report (the file has no closing time)\n"
              : "假定：案卷上报 %" PRId64 " 天后结案（原始数据没有结案时间）\n",
           learning->test.close_after_ms / DAY_MS);
    if (out)
        printf(en ? "written: %s\n" : "已写入：%s\n", out);
    return 0;
}

/* ---- the command ---- */

/* With --train-until the matrix knows nothing later; without, it is made of all cases, and the last month is
 * tested against what came before it. */
static enum err make_matrix(struct learning *learning)
{
    int64_t until_ms = cli_value(learning->cli, "train-until") ? learning->test.from_ms : INT64_MAX;
    learning->matrix = learn_matrix(learning->world, &learning->cases, until_ms, learning->test.least);
    for (size_t i = 0; i < learning->cases.count && learning->cases.list[i].at_ms < until_ms; i++)
        learning->trained += learning->cases.list[i].known;
    return learning->matrix ? learn_run_test(learning->world, &learning->cases, &learning->test) : ERR_MEMORY;
}

static int learn(struct learning *learning)
{
    struct fault fault = {.text = ""};
    const char *out = cli_value(learning->cli, "out");
    if (!read_options(learning))
        return err_exit_code(ERR_USAGE);
    enum err err = make_matrix(learning);
    if (err == ERR_OK && out)
        err = write_matrix(learning, out, &fault);
    if (err != ERR_OK)
        return cli_fail(learning->cli, err, "%s", fault.text);
    return learning->cli->json ? print_json(learning) : print_words(learning);
}

static int run_learn(struct cli *cli)
{
    struct fault fault = {.text = ""};
    const char *format = cli_value(cli, "format");
    if (strcmp(format, "pingshan") != 0)
        return cli_fail(cli, ERR_USAGE, "--format %s: the one that is known is pingshan", format);
    const struct world *world = cli_source(cli);
    struct learning *learning = world ? calloc(1, sizeof *learning) : NULL;
    if (!learning)
        return world ? cli_fail(cli, ERR_MEMORY, "%s", "") : err_exit_code(ERR_CONFIG);
    learning->cli = cli;
    learning->world = world;
    enum err err = learn_read(cli->words[0], world, cli->json, &learning->cases, &fault);
    int status = err == ERR_OK ? learn(learning) : cli_fail(cli, err, "%s", fault.text);
    if (learning->matrix)
        route_free(learning->matrix);
    free(learning->matrix);
    learn_free(&learning->cases);
    free(learning);
    return status;
}

const struct cli_command cmd_catalogue_learn = {
    .group = "catalogue",
    .verb = "learn",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .zh = "从已结案卷学习权责矩阵，并报告对其后案卷的准确派遣率",
    .en = "learn the responsibility matrix from closed cases, and report how right it is about later ones",
    .options = {{"format", "NAME", "文件格式：pingshan / of the file: pingshan", true},
                CLI_TOPOLOGY_OPTION,
                {"train-until", "DATE", "只用此前的案卷学习 / learn from cases before this day", false},
                {"test-until", "DATE", "检验到此日为止 / test cases before this day", false},
                {"least", "N", "一行至少多少件支持，缺省 1 / closed cases behind a row at least", false},
                {"close-after", "DAYS", "假定的结案天数，缺省 5 / assumed days until a case closes", false},
                {"out", "FILE", "写出矩阵文件 / write the matrix file", false}},
    .run = run_learn};
