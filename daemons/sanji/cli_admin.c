/* Connection strings and choices of the administrator's commands. */
#include "cli_admin.h"

#include <stdlib.h>
#include <string.h>

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

/* Copies one value of a connection string, bare or in quotes, and gives what follows it; NULL when it does
 * not end or does not fit. */
static const char *take_value(const char *from, char *value, size_t size)
{
    bool quoted = *from == '\'';
    size_t used = 0;
    from += quoted;
    while (*from && (quoted ? *from != '\'' : *from != ' ')) {
        from += *from == '\\' && from[1];
        if (used + 1 == size)
            return NULL;
        value[used++] = *from++;
    }
    value[used] = '\0';
    if (quoted && *from != '\'')
        return NULL;
    return from + quoted;
}

/* The value of `name` in a string of keyword=value pairs, "" when it has none. ERR_CONFIG for any other
 * string. */
static enum err dsn_value(const struct site_center *center, const char *name, char *value, size_t size,
                          struct fault *fault)
{
    const char *rest = center->database;
    value[0] = '\0';
    for (rest += strspn(rest, " "); *rest; rest += strspn(rest, " ")) {
        char ignored[PATH_SIZE];
        const char *word = rest;
        size_t length = strcspn(word, "= ");
        bool mine = strlen(name) == length && strncmp(word, name, length) == 0;
        const char *equals = rest + length + strspn(rest + length, " ");
        if (*equals != '=')
            return fault_set(fault, ERR_CONFIG, "center %s: database: keyword=value pairs are wanted",
                             center->code);
        equals += 1 + strspn(equals + 1, " ");
        rest = mine ? take_value(equals, value, size) : take_value(equals, ignored, sizeof ignored);
        if (!rest)
            return fault_set(fault, ERR_CONFIG,
                             "center %s: database: %.*s is too long, or its quote does not end", center->code,
                             (int)length, word);
    }
    return ERR_OK;
}

enum err cli_admin_database(const struct site_center *center, char database[DATABASE_NAME_SIZE],
                            struct fault *fault)
{
    enum err err = dsn_value(center, "dbname", database, DATABASE_NAME_SIZE, fault);
    if (err == ERR_OK && database[0] == '\0')
        err = fault_set(fault, ERR_CONFIG, "center %s: database: no dbname", center->code);
    return err;
}

/* Values with blanks or quotes are left to an explicit connection string. */
static enum err derive(const struct site_center *center, char *dsn, size_t size, struct fault *fault)
{
    char host[PATH_SIZE / 2], port[16];
    enum err err = dsn_value(center, "host", host, sizeof host, fault);
    if (err == ERR_OK)
        err = dsn_value(center, "port", port, sizeof port, fault);
    if (err != ERR_OK)
        return err;
    if (host[0] == '\0' || strpbrk(host, " '\\"))
        return fault_set(fault, ERR_USAGE, "which server? give --admin-dsn DSN or set SANJI_ADMIN_DSN");
    snprintf(dsn, size, "host=%s port=%s user=postgres dbname=postgres", host, port[0] ? port : "5432");
    return ERR_OK;
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
