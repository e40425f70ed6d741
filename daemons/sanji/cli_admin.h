/* What the commands that make and migrate databases share: which centers, which server. */
#ifndef SANJI_CLI_ADMIN_H
#define SANJI_CLI_ADMIN_H

#include "cli.h"
#include "store/store_admin.h"

#define CLI_ADMIN_OPTIONS                                                                                    \
    {                                                                                                        \
        {"center", "CODE", "仅此中心 / this center only", false},                                            \
            {"all", NULL, "本站点所有中心 / every center of the site", false},                               \
            {"admin-dsn", "DSN",                                                                             \
             "数据库管理员连接串，缺省 $SANJI_ADMIN_DSN / server and superuser, by default $SANJI_ADMIN_DSN", \
             false},                                                                                         \
    }

/* The centers of --center or --all, checked against the topology; gives *centers (free it). 0 or the exit
 * status after a complaint. */
int cli_admin_centers(struct cli *cli, const struct site_center ***centers, size_t *count);
/* Connects to the server of --admin-dsn, $SANJI_ADMIN_DSN or, without both, of the center's own database, as
 * postgres. */
enum err cli_admin_open(const struct cli *cli, const struct site_center *center, struct store_admin **admin,
                        struct fault *fault) MUST_CHECK;
/* The name of a center's database. ERR_CONFIG. */
enum err cli_admin_database(const struct site_center *center, char database[DATABASE_NAME_SIZE],
                            struct fault *fault) MUST_CHECK;

#endif
