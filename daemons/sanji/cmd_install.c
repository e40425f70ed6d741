/* sanji catalogue install: a matrix, learned or written, is put in force at every center of the site. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "conf/conf_route.h"
#include "matrix.h"

static enum err read_matrix(struct cli *cli, struct route_matrix *matrix)
{
    struct conf_errors *errors = malloc(sizeof *errors);
    if (!errors)
        abort();
    conf_errors_init(errors);
    enum err err =
        conf_route_read(cli->words[0], errors, &cli->world->catalogue, cli->world->topology, matrix);
    conf_errors_print(errors, stderr);
    free(errors);
    return err;
}

static int run_install(struct cli *cli)
{
    struct route_matrix matrix = {0};
    struct fault fault = {.code = ERR_OK};
    size_t told;
    bool remove = cli_flag(cli, "remove");
    if (remove == (cli->word_count == 1))
        return cli_fail(cli, ERR_USAGE, "FILE | --remove");
    if (!cli_world(cli))
        return 2;
    if (!remove && read_matrix(cli, &matrix) != ERR_OK)
        return cli_fail(cli, ERR_CONFIG, "%s", cli->words[0]);
    enum err err = matrix_install(cli, remove ? NULL : &matrix, "sanji catalogue install", &told, &fault);
    size_t rows = matrix.row_count;
    route_free(&matrix);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (cli->json)
        return cli_print_json(json_pack("{s:b, s:I, s:I, s:I}", "ok", 1, "rows", (json_int_t)rows, "centers",
                                        (json_int_t)cli->site->center_count, "told", (json_int_t)told));
    printf(cli->english ? "%zu rows for %zu centers; %zu are running and use them now\n"
                        : "%zu 行，%zu 个中心；其中 %zu 个正在运行，已生效\n",
           rows, cli->site->center_count, told);
    return 0;
}

const struct cli_command cmd_catalogue_install = {
    .group = "catalogue",
    .verb = "install",
    .words = "[FILE]",
    .words_max = 1,
    .zh = "在全树各中心启用一个权责矩阵（学习所得或手写），先于拓扑所指的矩阵",
    .en = "put a responsibility matrix in force at every center, before the one that the topology names",
    .options = {{"remove", NULL, "撤下，恢复拓扑所指的矩阵 / take it away again", false}},
    .run = run_install};
