/* Making and migrating centers' databases, for the command line: synchronous, one server at a time.
 * Roles are fixed: sanji_center owns a center's database and is what centerd logs in as; sanji_read may only
 * SELECT. Both get LOGIN and no password; who may log in is the server's matter (pg_hba.conf). */
#ifndef SANJI_STORE_ADMIN_H
#define SANJI_STORE_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

#define STORE_ROLE_CENTER "sanji_center"
#define STORE_ROLE_READ "sanji_read"
#define DATABASE_NAME_SIZE 64 /* the server's bound */

struct store_admin;

/* Connects to the server's `postgres` database with a DSN that names no database, as a role that may create
 * roles and databases. Gives *admin. ERR_UNREACHABLE with the server's words. */
enum err store_admin_open(const char *dsn, struct store_admin **admin, struct fault *fault) MUST_CHECK;
void store_admin_close(struct store_admin **admin);

struct store_init {
    const char *database; /* name: letters, digits, '_' */
    const char *center;   /* code */
    const char *parent;   /* code, NULL for the root */
    size_t child_count;
    const char *const *children; /* codes */
    int64_t wall_ms;             /* now: keys' partitions are made from here on */
};

/* What init did; all zero = everything was there. */
struct store_inited {
    bool roles, template, database;
    int32_t neighbours; /* added */
};

/* Makes the database from a template that holds the schema (made first where missing), and what belongs to
 * this center. Again = nothing changes, except neighbours that the topology has gained. ERR_CONFIG: the
 * database is another center's, or its parent is another. ERR_SCHEMA: run store_admin_migrate. */
enum err store_admin_init(struct store_admin *admin, const struct store_init *init, struct store_inited *done,
                          struct fault *fault) MUST_CHECK;

/* Brings a database to this program's version. ERR_LOCKED while a centerd holds it; ERR_SCHEMA when it was
 * migrated by a newer program, or a migration in it is not the one of this program. */
enum err store_admin_migrate(struct store_admin *admin, const char *database, int32_t *from, int32_t *to,
                             struct fault *fault) MUST_CHECK;
/* Version of a database; 0 when it has no schema, ERR_UNKNOWN_CENTER when there is no such database. */
enum err store_admin_schema_version(struct store_admin *admin, const char *database, int32_t *version,
                                    struct fault *fault) MUST_CHECK;
/* Drops the database. The caller has asked the person. No error when it is not there. */
enum err store_admin_drop(struct store_admin *admin, const char *database, struct fault *fault) MUST_CHECK;

/* What the witness file (custody.md rule 13) is compared with. */
struct store_witness {
    char center[CODE_SIZE];
    uint64_t database; /* as in store_start */
    int32_t incarnation, timeline;
    int64_t last_lsn, writer_epoch;
    bool mute;
};
/* By any DSN that may read the database. ERR_UNREACHABLE, ERR_SCHEMA. */
enum err store_admin_witness(const char *dsn, struct store_witness *witness, struct fault *fault) MUST_CHECK;

#endif
