/* sanji replay: real cases of a file through a running tree. */
#include "cmd_replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "commands.h"
#include "learn.h"
#include "matrix.h"

#define SCRATCH_BYTES (256u << 10) /* one decoded event */
#define WAIT_S 120

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

struct wanted {
    int64_t from_ms, until_ms, limit;
};

static bool read_options(struct replay *replay, struct wanted *wanted)
{
    struct cli *cli = replay->cli;
    int32_t offset_min = replay->world->calendar.offset_min;
    const char *format = cli_value(cli, "format"), *handle = cli_value(cli, "handle");
    if (strcmp(format, "pingshan") != 0) {
        cli_fail(cli, ERR_USAGE, "--format %s: the one that is known is pingshan", format);
        return false;
    }
    replay->model = replay_model(handle);
    if (!replay->model) {
        cli_fail(cli, ERR_USAGE, "--handle %s: prompt, mixed or silent", handle);
        return false;
    }
    if (!read_date(cli, "from", offset_min, INT64_MIN, &wanted->from_ms) ||
        !read_date(cli, "until", offset_min, INT64_MAX, &wanted->until_ms) ||
        !cli_number(cli, "limit", 1, INT32_MAX / 2, INT32_MAX / 2, &wanted->limit) ||
        !cli_number(cli, "speed", 0, 1000000, 1, &replay->speed) ||
        !cli_number(cli, "seed", 0, INT32_MAX, 1, &replay->seed) ||
        !cli_number(cli, "wait", 1, 86400, WAIT_S, &replay->wait_ms))
        return false;
    replay->wait_ms *= 1000;
    return true;
}

static const struct site_center *find_root(const struct replay *replay)
{
    const struct topology *topology = replay->world->topology;
    for (size_t i = 0; i < topology->center_count; i++)
        if (topology->centers[i].parent < 0)
            return site_center(replay->site, topology->centers[i].code);
    return NULL;
}

/* The tree itself dispatches by what was learned. */
static enum err install(struct replay *replay, const char *path, struct fault *fault)
{
    char about[PATH_SIZE + 64];
    size_t told;
    snprintf(about, sizeof about, "learned by `sanji replay` from %s", path);
    enum err err = matrix_install(replay->cli, replay->learned, about, &told, fault);
    if (err == ERR_OK && !replay->cli->json)
        fprintf(stderr,
                replay->cli->english ? "learned matrix: %zu rows, in force at %zu running centers\n"
                                     : "学得矩阵 %zu 行，已在 %zu 个运行中的中心启用\n",
                replay->learned->row_count, told);
    return err;
}

static enum err learn(struct replay *replay, struct fault *fault)
{
    struct learn_cases cases = {.rows = 0};
    const char *path = cli_value(replay->cli, "learn-from");
    if (!path)
        return ERR_OK;
    enum err err = learn_read(path, replay->world, replay->cli->json, &cases, fault);
    if (err == ERR_OK) {
        replay->learned = learn_matrix(replay->world, &cases, INT64_MAX, 1);
        err = replay->learned ? ERR_OK : ERR_MEMORY;
    }
    learn_free(&cases);
    return err == ERR_OK ? install(replay, path, fault) : err;
}

static enum err prepare(struct replay *replay, const struct wanted *wanted, struct fault *fault)
{
    enum err err = learn(replay, fault);
    if (err == ERR_OK)
        err = replay_rows_read(replay, replay->cli->words[0], wanted->from_ms, wanted->until_ms,
                               wanted->limit, fault);
    if (err != ERR_OK)
        return err;
    replay->scratch = malloc(SCRATCH_BYTES);
    if (!replay->scratch)
        return ERR_MEMORY;
    arena_init(&replay->arena, replay->scratch, SCRATCH_BYTES);
    replay->pool = ask_pool_new(replay->cli);
    replay->queue = due_queue_new();
    replay->tail_lsn = -1;
    return ERR_OK;
}

static int go(struct replay *replay)
{
    struct wanted wanted;
    struct fault fault = {.text = ""};
    const char *manual = cli_value(replay->cli, "manual");
    if (!read_options(replay, &wanted))
        return err_exit_code(ERR_USAGE);
    replay->root = find_root(replay);
    if (!replay->root)
        return cli_fail(replay->cli, ERR_UNKNOWN_CENTER, "the root of the tree does not run on this site");
    enum err err = prepare(replay, &wanted, &fault);
    if (err == ERR_OK && replay->case_count > 0)
        err = replay_drive(replay, &fault);
    if (err == ERR_OK && manual)
        err = replay_tell_manual(replay, manual, &fault);
    return err == ERR_OK ? replay_tell(replay) : cli_fail(replay->cli, err, "%s", fault.text);
}

static int run_replay(struct cli *cli)
{
    const struct world *world = cli_world(cli);
    struct replay *replay = world ? calloc(1, sizeof *replay) : NULL;
    if (!replay)
        return world ? cli_fail(cli, ERR_MEMORY, "%s", "") : err_exit_code(ERR_CONFIG);
    replay->cli = cli;
    replay->site = cli->site;
    replay->world = world;
    int status = go(replay);
    store_reader_close(&replay->reader);
    ask_pool_free(&replay->pool);
    due_queue_free(&replay->queue);
    replay_rows_free(replay);
    free(replay);
    return status;
}

const struct cli_command cmd_replay = {
    .group = "replay",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .zh = "把真实案卷文件重放到运行中的树：每行一案，由树自动分拨，由所述模型办理直到归档。"
          "right_first = 首次由树自动分拨且部门与文件所载最终部门相同的案卷比例；right_top3 = "
          "树的矩阵前三名包含该部门的比例。"
          "文件没有办理时间，办理时间全部出自模型：prompt 全部及时；mixed（缺省）85% 及时、10% 迟缓、5% "
          "无人理会直到区级；silent "
          "无人办理。同一文件再次重放不会产生重复案卷",
    .en = "real cases of a file through the running tree: each row is one case, dispatched by the tree, "
          "handled by a stated "
          "model, to its end. right_first = share of cases whose first dispatch was the tree's own and went "
          "to the "
          "department that the file says ended up with it; right_top3 = share whose department is among the "
          "first three "
          "of the tree's matrix. The file has no handling times, they are the model's: prompt; mixed "
          "(default): 85 % "
          "prompt, 10 % late, 5 % ignored up to the district; silent. The same file again doubles nothing",
    .options =
        {{"format", "NAME", "文件格式：pingshan / of the file: pingshan", true},
         {"learn-from", "FILE",
          "从此文件学习权责矩阵并在全树启用 / learns a matrix from it and puts it in force at every center",
          false},
         {"speed", "N",
          "压缩行间间隔的倍数，缺省 1,0 = 尽快 / shortens the gaps between rows; 0 = as fast as the "
          "tree takes them",
          false},
         {"limit", "N", "最多多少行 / rows at most", false},
         {"handle", "MODEL", "办理模型 prompt|mixed|silent / who acts, and when", false},
         {"from", "DATE", "只要此日起的行 / rows from this day on", false},
         {"until", "DATE", "只要此日前的行 / rows before this day", false},
         {"seed", "N", "模型的种子，缺省 1 / of the model", false},
         {"wait", "SECONDS", "多少秒毫无进展即停，缺省 120 / give up after so long without progress", false},
         {"manual", "FILE", "把人工队列写成 CSV / write the manual queue", false}},
    .run = run_replay};
