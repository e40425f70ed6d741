/* What a command looks at when it needs no running tree: the world of --site, or of --topology FILE. */
#ifndef SANJI_CLI_SOURCE_H
#define SANJI_CLI_SOURCE_H

#include "cli.h"

/* The option that every such command has. */
#define CLI_TOPOLOGY_OPTION                                                                                  \
    {                                                                                                        \
        "topology", "FILE", "拓扑文件，不用站点文件时 / a topology file, instead of a site", false            \
    }

/* The world of --topology, else of the site; kept in `cli`. NULL after a complaint. */
const struct world *cli_source(struct cli *cli);
/* Loads a world and says everything that is wrong with it; NULL after the complaint (exit status 2). */
struct world *cli_load_world(const struct cli *cli, const char *topology_path);
/* An empty list of errors on the heap: it is too large for a stack frame. */
struct conf_errors *cli_errors_new(void);
/* Prints the errors, as JSON with --json, and gives the exit status; frees them. */
int cli_errors_fail(const struct cli *cli, struct conf_errors *errors);

#endif
