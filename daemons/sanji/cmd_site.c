/* sanji site plan: the site file of a tree on one machine, checked whole before it is written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli_source.h"
#include "commands.h"

#define ZONE_MIN 480 /* times without a zone are China's */
#define PORT_MAX 65535

/* A path from the root on, whether or not it is there yet. */
static bool absolute(const struct cli *cli, const char *path, char out[PATH_SIZE])
{
    char here[PATH_SIZE];
    char *real = realpath(path, NULL);
    enum err err = ERR_OK;
    if (real || path[0] == '/')
        err = text_copy(out, PATH_SIZE, real ? real : path);
    else if (!getcwd(here, sizeof here) || snprintf(out, PATH_SIZE, "%s/%s", here, path) >= PATH_SIZE)
        err = ERR_TOO_LONG;
    free(real);
    if (err != ERR_OK)
        cli_fail(cli, err, "%s", path);
    return err == ERR_OK;
}

/* The clock of an exercise that is planned anew: its time runs on. False after a complaint. */
static bool clock_of_site(const struct cli *cli, const char *path, struct clock_map *clock, bool *exercise)
{
    struct conf_errors *errors = cli_errors_new();
    struct site *site = NULL;
    if (conf_site_load(path, errors, &site) != ERR_OK) {
        cli_errors_fail(cli, errors);
        return false;
    }
    free(errors);
    *exercise = site->exercise;
    *clock = site->clock;
    conf_site_free(&site);
    return true;
}

static bool read_clock(const struct cli *cli, struct clock_map *clock, bool *exercise)
{
    const char *from = cli_value(cli, "from-clock"), *site = cli_value(cli, "clock-of");
    *clock = clock_map_real();
    *exercise = from || cli_value(cli, "clock-scale");
    if (site && access(site, F_OK) == 0)
        return clock_of_site(cli, site, clock, exercise);
    if (!*exercise)
        return true;
    clock->real_origin_ms = clock->subject_origin_ms = clock_wall_ms();
    if (from && clock_parse(from, ZONE_MIN, &clock->subject_origin_ms) != 0) {
        cli_fail(cli, ERR_USAGE, "--from-clock %s: e.g. 2024-03-01T08:00:00+08:00", from);
        return false;
    }
    return cli_number(cli, "clock-scale", 1, 100000, 1, &clock->scale);
}

/* Beside the file and then over it: a reader sees the old plan or the new one. */
static enum err write_file(const struct conf_site_plan *plan, const struct topology *topology,
                           const char *path, struct fault *fault)
{
    char draft[PATH_SIZE + 8];
    snprintf(draft, sizeof draft, "%.*s.draft", PATH_SIZE, path);
    FILE *to = fopen(draft, "w");
    if (!to)
        return fault_set(fault, ERR_IO, "%.200s: %s", draft, strerror(errno));
    enum err err = conf_site_write(plan, topology, to);
    bool whole = fflush(to) == 0 && fsync(fileno(to)) == 0;
    if (fclose(to) != 0 || (err == ERR_OK && (!whole || rename(draft, path) != 0)))
        err = fault_set(fault, ERR_IO, "%.200s: %s", path, strerror(errno));
    if (err != ERR_OK)
        unlink(draft);
    return err;
}

static int tell(const struct cli *cli, const struct conf_site_plan *plan, const struct topology *topology,
                const char *out)
{
    int last = plan->base_port + (int)topology->center_count - 1;
    if (cli->json)
        return cli_print_json(json_pack("{s:b, s:s, s:I, s:i, s:i, s:b}", "ok", 1, "out", out, "centers",
                                        (json_int_t)topology->center_count, "first_port", plan->base_port,
                                        "last_port", last, "exercise", plan->clock != NULL));
    printf(cli->english ? "%s: %zu centers, ports %d to %d%s\n" : "%s:%zu 个中心，端口 %d 至 %d%s\n", out,
           topology->center_count, plan->base_port, last,
           !plan->clock   ? ""
           : cli->english ? ", an exercise"
                          : "，演练");
    return 0;
}

static int write_plan(const struct cli *cli, const struct conf_site_plan *plan,
                      const struct topology *topology)
{
    const char *out = cli_value(cli, "out");
    struct fault fault = {.text = ""};
    enum err err = out ? write_file(plan, topology, out, &fault) : conf_site_write(plan, topology, stdout);
    if (err == ERR_RANGE)
        return cli_fail(cli, err, "--base-port %d: %zu ports from there on do not fit below %d",
                        plan->base_port, topology->center_count, PORT_MAX + 1);
    if (err == ERR_BAD_TEXT)
        return cli_fail(cli, err, "paths and hosts may hold no quotes or line ends, a host no blanks either");
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    return out ? tell(cli, plan, topology, out) : 0;
}

static int run_plan(struct cli *cli)
{
    char topology[PATH_SIZE], var[PATH_SIZE];
    struct clock_map clock;
    bool exercise;
    int64_t database_port, base_port;
    if (!cli_number(cli, "database-port", 1, PORT_MAX, 5432, &database_port) ||
        !cli_number(cli, "base-port", 1, PORT_MAX, 20000, &base_port) ||
        !read_clock(cli, &clock, &exercise) || !absolute(cli, cli_value(cli, "topology"), topology) ||
        !absolute(cli, cli_value(cli, "var"), var))
        return err_exit_code(ERR_USAGE);
    const struct world *world = cli_source(cli);
    if (!world)
        return err_exit_code(ERR_CONFIG);
    struct conf_site_plan plan = {.topology_path = topology,
                                  .var = var,
                                  .database_host = cli_value(cli, "database-host"),
                                  .database_port = (int)database_port,
                                  .base_port = (int)base_port,
                                  .clock = exercise ? &clock : NULL};
    return write_plan(cli, &plan, world->topology);
}

const struct cli_command cmd_site_plan = {
    .group = "site",
    .verb = "plan",
    .zh = "为一棵树规划单机站点文件：每个中心一个端口、一个数据库",
    .en = "plan the site file of a tree on one machine: a port and a database for each center",
    .options = {{"topology", "FILE", "拓扑文件 / the tree", true},
                {"var", "DIR", "数据目录：密钥与状态 / where keys and state go", true},
                {"database-host", "DIR", "PostgreSQL 套接字目录或主机 / folder of its socket, or host", true},
                {"database-port", "N", "PostgreSQL 端口，缺省 5432 / its port", false},
                {"base-port", "N", "首个中心的端口，缺省 20000 / port of the first center", false},
                {"clock-scale", "N", "演练时钟倍率 1-100000 / exercise: seconds of its time in one second",
                 false},
                {"from-clock", "TIME", "演练起始时刻 / exercise: begins at this moment", false},
                {"clock-of", "FILE",
                 "沿用该站点文件的演练时钟（若存在） / keep the clock of this site file, if it is there",
                 false},
                {"out", "FILE", "写入文件，缺省为标准输出 / write here instead of standard output", false}},
    .run = run_plan};
