/* Connection strings and choices of the administrator's commands. */
#include "cli_admin.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli_source.h"

static int match_site(struct cli *cli)
{
    struct conf_errors *errors = cli_errors_new();
    if (conf_site_match(cli->site, cli->world->topology, errors) != ERR_OK)
        return cli_errors_fail(cli, errors);
    free(errors);
    return 0;
}

int cli_admin_centers(struct cli *cli, const struct site_center ***centers, size_t *count)
{
    const char *only = cli_value(cli, "center");
    if (!only == !cli_flag(cli, "all"))
        return cli_fail(cli, ERR_USAGE, "--center CODE, or --all");
    if (!cli_world(cli))
        return err_exit_code(ERR_CONFIG);
    int status = match_site(cli);
    if (status != 0)
        return status;
    const struct site_center *one = only ? cli_center(cli) : NULL;
    if (only && !one)
        return err_exit_code(ERR_UNKNOWN_CENTER);
    *count = only ? 1 : cli->site->center_count;
    *centers = calloc(*count, sizeof(struct site_center *));
    if (!*centers)
        return cli_fail(cli, ERR_MEMORY, "%s", "");
    for (size_t i = 0; i < *count; i++)
        (*centers)[i] = only ? one : &cli->site->centers[i];
    return 0;
}

/* The value of a keyword of a parsed connection string; NULL when it is not there. */
static const char *keyword(const PQconninfoOption *options, const char *name)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, name) == 0)
            return options->val;
    return NULL;
}

static enum err parse(const struct site_center *center, PQconninfoOption **options, struct fault *fault)
{
    char *words = NULL;
    *options = PQconninfoParse(center->database, &words);
    enum err err = *options ? ERR_OK
                            : fault_set(fault, ERR_CONFIG, "center %s: database: %.200s", center->code,
                                        words ? words : "does not parse");
    PQfreemem(words);
    return err;
}

enum err cli_admin_database(const struct site_center *center, char database[DATABASE_NAME_SIZE],
                            struct fault *fault)
{
    PQconninfoOption *options;
    enum err err = parse(center, &options, fault);
    if (err != ERR_OK)
        return err;
    const char *name = keyword(options, "dbname");
    if (!name || text_copy(database, DATABASE_NAME_SIZE, name) != ERR_OK)
        err = fault_set(fault, ERR_CONFIG, "center %s: database: no dbname, or one that is too long",
                        center->code);
    PQconninfoFree(options);
    return err;
}

/* Values with blanks or quotes are left to an explicit connection string. */
static enum err derive(const struct site_center *center, char *dsn, size_t size, struct fault *fault)
{
    PQconninfoOption *options;
    enum err err = parse(center, &options, fault);
    if (err != ERR_OK)
        return err;
    const char *host = keyword(options, "host"), *port = keyword(options, "port");
    int length = snprintf(dsn, size, "host=%s port=%s user=postgres dbname=postgres", host ? host : "",
                          port ? port : "5432");
    if (!host || strpbrk(host, " '\\") || length >= (int)size)
        err = fault_set(fault, ERR_USAGE, "which server? give --admin-dsn DSN or set SANJI_ADMIN_DSN");
    PQconninfoFree(options);
    return err;
}

enum err cli_admin_open(const struct cli *cli, const struct site_center *center, struct store_admin **admin,
                        struct fault *fault)
{
    char derived[PATH_SIZE];
    const char *dsn = cli_value(cli, "admin-dsn");
    if (!dsn)
        dsn = getenv("SANJI_ADMIN_DSN");
    if (dsn)
        return store_admin_open(dsn, admin, fault);
    enum err err = derive(center, derived, sizeof derived, fault);
    return err == ERR_OK ? store_admin_open(derived, admin, fault) : err;
}
