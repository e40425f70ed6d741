/* sanji top: what is open in a center's whole subtree, by what is due first, live. */
#include "cmd_top.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "commands.h"

#define PRINTED_COLUMNS 160 /* of --once where there is no terminal */

static const struct site_center *find_center(struct cli *cli)
{
    const struct world *world = cli_world(cli);
    if (!world || cli_flag(cli, "center"))
        return world ? cli_center(cli) : NULL;
    for (size_t i = 0; i < world->topology->center_count; i++)
        if (site_center(cli->site, world->topology->centers[i].code))
            return site_center(cli->site,
                               world->topology->centers[i].code); /* parents stand before children */
    cli_fail(cli, ERR_UNKNOWN_CENTER, "the site has no center");
    return NULL;
}

static size_t printed_columns(void)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : PRINTED_COLUMNS;
}

static int once(struct top *top)
{
    top_read(top);
    if (top->fault.code != ERR_OK)
        return cli_fail(top->cli, top->fault.code, "%s", top->fault.text);
    if (top->cli->json)
        return cli_print_json(top_json(top));
    top_draw(top, 0, printed_columns(), isatty(STDOUT_FILENO) && !getenv("NO_COLOR"), stdout);
    return 0;
}

static int run_top(struct cli *cli)
{
    const struct site_center *center = find_center(cli);
    if (!center)
        return err_exit_code(ERR_USAGE);
    struct top top = {.cli = cli, .site = cli->site, .world = cli->world, .center = center};
    top.rows = calloc(TOP_CASES_MAX + 1, sizeof *top.rows);
    top.alarms = calloc(TOP_ALARMS_MAX, sizeof *top.alarms);
    if (!top.rows || !top.alarms)
        abort();
    int status = cli_flag(cli, "once") || cli->json ? once(&top) : top_live(&top);
    store_reader_close(&top.reader);
    free(top.rows);
    free(top.alarms);
    return status;
}

const struct cli_command cmd_top = {
    .group = "top",
    .zh = "实时升级看板：中心全辖区在办案卷按到期先后，倒计时、灯、下一步；常红与告警在上",
    .en = "live escalations of a center's whole subtree by what is due first: countdown, lamp, what happens "
          "next; standing "
          "entries and alarms on top",
    .options = {{"center", "CODE", "哪个中心，缺省为最高一级 / which center, by default the topmost", false},
                {"once", NULL, "只打印一屏 / print one screen and end", false}},
    .run = run_top};
