/* Configuration without a running tree, and its errors in words or JSON. */
#include "cli_source.h"

#include <stdlib.h>

struct conf_errors *cli_errors_new(void)
{
    struct conf_errors *errors = malloc(sizeof *errors);
    if (!errors)
        abort();
    conf_errors_init(errors);
    return errors;
}

static json_t *errors_json(const struct conf_errors *errors)
{
    json_t *list = json_array();
    for (size_t i = 0; i < errors->count && i < CONF_ERRORS_MAX; i++)
        json_array_append_new(list, json_string(conf_errors_text(errors, i)));
    return json_pack("{s:b, s:s, s:I, s:o}", "ok", 0, "code", err_name(ERR_CONFIG), "count",
                     (json_int_t)errors->count, "errors", list);
}

int cli_errors_fail(const struct cli *cli, struct conf_errors *errors)
{
    if (cli->json)
        cli_print_json(errors_json(errors));
    conf_errors_print(errors, stderr);
    fprintf(stderr,
            cli->english ? "sanji: %zu error(s); nothing was started or changed\n"
                         : "sanji: 共 %zu 处错误；未启动也未改动任何内容\n",
            errors->count);
    free(errors);
    return err_exit_code(ERR_CONFIG);
}

struct world *cli_load_world(const struct cli *cli, const char *topology_path)
{
    struct conf_errors *errors = cli_errors_new();
    struct world *world = NULL;
    enum err err = conf_world_load(topology_path, errors, &world);
    if (err == ERR_CONFIG) {
        cli_errors_fail(cli, errors);
        return NULL;
    }
    if (err != ERR_OK)
        cli_fail(cli, err, "%s", topology_path);
    free(errors);
    return world;
}

const struct world *cli_source(struct cli *cli)
{
    const char *path = cli_value(cli, "topology");
    if (!path)
        return cli_world(cli);
    if (!cli->world)
        cli->world = cli_load_world(cli, path);
    return cli->world;
}
