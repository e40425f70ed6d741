/* sanji migrate: brings databases to this program's schema, one transaction a migration. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli_admin.h"
#include "cli_progress.h"
#include "cli_table.h"
#include "commands.h"

struct migrated {
    enum err code;
    int32_t from, to;
    char text[FAULT_TEXT_MAX];
};

static void migrate_one(struct store_admin *admin, const struct site_center *center, struct migrated *row)
{
    struct fault fault = {.text = ""};
    char database[DATABASE_NAME_SIZE];
    row->code = cli_admin_database(center, database, &fault);
    if (row->code == ERR_OK)
        row->code = store_admin_migrate(admin, database, &row->from, &row->to, &fault);
    if (row->code != ERR_OK)
        snprintf(row->text, sizeof row->text, "%s", fault.text);
}

static json_t *row_json(const struct site_center *center, const struct migrated *row)
{
    return json_pack("{s:s, s:b, s:s, s:i, s:i, s:s}", "code", center->code, "ok", row->code == ERR_OK,
                     "outcome", err_name(row->code), "from", (int)row->from, "to", (int)row->to, "detail",
                     row->text);
}

static void add_row(struct cli_table *table, const struct site_center *center, const struct migrated *row)
{
    cli_table_row(table);
    cli_table_cell(table, "%s", center->code);
    cli_table_cell(table, "%" PRId32, row->from);
    cli_table_cell(table, "%" PRId32, row->to);
    cli_table_cell(table, "%s%s%s", row->code == ERR_OK ? "✓" : err_name(row->code), row->text[0] ? " " : "",
                   row->text);
}

static int report(const struct cli *cli, const struct site_center **centers, const struct migrated *rows,
                  size_t count)
{
    static const char *const zh[] = {"中心", ">原版本", ">现版本", "结果", NULL};
    static const char *const en[] = {"center", ">from", ">to", "outcome", NULL};
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    json_t *list = json_array();
    enum err worst = ERR_OK;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code != ERR_OK)
            worst = rows[i].code;
        json_array_append_new(list, row_json(centers[i], &rows[i]));
        if (rows[i].code != ERR_OK || rows[i].from != rows[i].to || count <= 20)
            add_row(table, centers[i], &rows[i]);
    }
    if (cli->json) {
        cli_print_json(json_pack("{s:b, s:O}", "ok", worst == ERR_OK, "centers", list));
    } else {
        if (cli_table_rows(table) > 0)
            cli_table_print(table, stdout);
        printf(cli->english ? "%zu databases looked at\n" : "共检查 %zu 个数据库\n", count);
    }
    cli_table_free(&table);
    json_decref(list);
    return worst == ERR_OK ? 0 : err_exit_code(worst);
}

static int migrate_all(struct cli *cli, const struct site_center **centers, size_t count)
{
    struct fault fault = {.text = ""};
    struct store_admin *admin = NULL;
    struct cli_progress progress;
    enum err err = cli_admin_open(cli, centers[0], &admin, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    struct migrated *rows = calloc(count, sizeof *rows);
    if (!rows)
        abort();
    cli_progress_begin(&progress, cli->english ? "migrating" : "升级数据库", count, false);
    for (size_t i = 0; i < count; i++) {
        cli_progress_step(&progress, i, centers[i]->code);
        migrate_one(admin, centers[i], &rows[i]);
    }
    cli_progress_step(&progress, count, NULL);
    cli_progress_end(&progress);
    int status = report(cli, centers, rows, count);
    free(rows);
    store_admin_close(&admin);
    return status;
}

static int run_migrate(struct cli *cli)
{
    const struct site_center **centers;
    size_t count;
    int status = cli_admin_centers(cli, &centers, &count);
    if (status != 0)
        return status;
    status = migrate_all(cli, centers, count);
    free(centers);
    return status;
}

const struct cli_command cmd_migrate = {
    .group = "migrate",
    .zh = "把数据库升级到本程序的结构版本；先停止该中心的 centerd",
    .en = "bring databases to this program's schema; stop their centerd first",
    .options = CLI_ADMIN_OPTIONS,
    .run = run_migrate};
