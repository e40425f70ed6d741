/* Making and migrating centers' databases. */
#include "store/store_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "store/store_admin_template.h"
#include "store/store_identity.h"
#include "store/store_private.h"
#include "store/store_row.h"
#include "store/store_schema.h"
#include "store/store_sync.h"

#define KEY_DAYS 8 /* as store_maintain keeps them */

struct store_admin {
    char *dsn;
    PGconn *conn; /* to the `postgres` database */
};

enum err store_admin_open(const char *dsn, struct store_admin **out, struct fault *fault)
{
    PGconn *conn;
    enum err code = store_sync_open(dsn, "postgres", "sanji admin", &conn, fault);
    if (code != ERR_OK)
        return code;
    struct store_admin *admin = calloc(1, sizeof *admin);
    char *copy = strdup(dsn);
    if (!admin || !copy)
        abort();
    admin->dsn = copy;
    admin->conn = conn;
    *out = admin;
    return ERR_OK;
}

void store_admin_close(struct store_admin **admin)
{
    if (!*admin)
        return;
    PQfinish((*admin)->conn);
    free((*admin)->dsn);
    free(*admin);
    *admin = NULL;
}

/* A name that needs no quoting beyond the quotes. */
static enum err check_name(const char *name, struct fault *fault)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (length == 0 || length >= DATABASE_NAME_SIZE || name[length] != '\0')
        return fault_set(fault, ERR_USAGE, "'%.80s' is no name for a database: use a-z, 0-9 and '_'", name);
    return ERR_OK;
}

static enum err database_exists(struct store_admin *admin, const char *name, bool *exists,
                                struct fault *fault)
{
    int64_t count;
    struct store_params params = {.count = 0};
    store_params_text(&params, name);
    enum err code =
        store_sync_number(admin->conn, "SELECT count(*) FROM pg_database WHERE datname = $1::text::name",
                          &params, &count, fault);
    *exists = count > 0;
    return code;
}

/* A session in one center's database. */
static enum err enter(struct store_admin *admin, const char *name, PGconn **conn, struct fault *fault)
{
    bool exists;
    enum err code = check_name(name, fault);
    if (code == ERR_OK)
        code = database_exists(admin, name, &exists, fault);
    if (code != ERR_OK)
        return code;
    if (!exists)
        return fault_set(fault, ERR_UNKNOWN_CENTER, "there is no database '%s': run `sanji init`", name);
    return store_sync_open(admin->dsn, name, "sanji admin", conn, fault);
}

/* ---- what all centers of a server share ---- */

static enum err make_roles(struct store_admin *admin, bool *made, struct fault *fault)
{
    int64_t there;
    enum err code = store_sync_number(admin->conn,
                                      "SELECT count(*) FROM pg_roles WHERE rolname IN ('" STORE_ROLE_CENTER
                                      "', '" STORE_ROLE_READ "')",
                                      NULL, &there, fault);
    *made = false;
    if (code != ERR_OK || there == 2)
        return code;
    code =
        store_sync_run(admin->conn,
                       "DO $$ BEGIN\n"
                       " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '" STORE_ROLE_CENTER "') THEN\n"
                       "  CREATE ROLE " STORE_ROLE_CENTER " LOGIN; END IF;\n"
                       " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '" STORE_ROLE_READ "') THEN\n"
                       "  CREATE ROLE " STORE_ROLE_READ " LOGIN; END IF;\n"
                       " IF NOT pg_has_role(current_user, '" STORE_ROLE_CENTER "', 'MEMBER') THEN\n"
                       "  GRANT " STORE_ROLE_CENTER " TO CURRENT_USER; END IF;\n"
                       "END $$",
                       fault);
    *made = code == ERR_OK;
    return code;
}

/* Through the log, page by page: 0.05 s a database. The other strategy copies files between two checkpoints
 * and flushes each of some 300 files: 1.2 s with fsync on, but the faster one while a new cluster has it off.
 */
static enum err copy_strategy(struct store_admin *admin, const char **strategy, struct fault *fault)
{
    int64_t synced;
    enum err code = store_sync_number(admin->conn, "SELECT (current_setting('fsync') = 'on')::int::int8",
                                      NULL, &synced, fault);
    if (code == ERR_OK)
        *strategy = synced ? "wal_log" : "file_copy";
    return code;
}

static enum err copy_template(struct store_admin *admin, const char *name, struct fault *fault)
{
    char template[DATABASE_NAME_SIZE];
    const char *strategy;
    char text[512];
    enum err code = copy_strategy(admin, &strategy, fault);
    if (code != ERR_OK)
        return code;
    store_template_name(template);
    snprintf(text, sizeof text,
             "CREATE DATABASE \"%s\" TEMPLATE \"%s\" OWNER " STORE_ROLE_CENTER " STRATEGY %s", name, template,
             strategy);
    code = store_sync_run(admin->conn, text, fault);
    if (code != ERR_OK)
        return code;
    snprintf(
        text, sizeof text,
        "REVOKE ALL ON DATABASE \"%s\" FROM PUBLIC; GRANT CONNECT ON DATABASE \"%s\" TO " STORE_ROLE_READ,
        name, name);
    return store_sync_run(admin->conn, text, fault);
}

/* Roles and template. Two inits at once would both make them: the second waits. */
static enum err make_shared(struct store_admin *admin, struct store_inited *done, struct fault *fault)
{
    struct fault ignored;
    char lock[64];
    snprintf(lock, sizeof lock, "SELECT pg_advisory_lock(%" PRId64 ")", (int64_t)STORE_LOCK_KEY);
    enum err code = store_sync_run(admin->conn, lock, fault);
    if (code != ERR_OK)
        return code;
    code = make_roles(admin, &done->roles, fault);
    if (code == ERR_OK)
        code = store_template_make(admin->conn, admin->dsn, &done->template, fault);
    if (store_sync_run(admin->conn, "SELECT pg_advisory_unlock_all()", &ignored) != ERR_OK && code == ERR_OK)
        return fault_set(fault, ERR_UNREACHABLE, "%s", ignored.text);
    return code;
}

static enum err make_database(struct store_admin *admin, const char *name, struct store_inited *done,
                              struct fault *fault)
{
    bool exists;
    enum err code = database_exists(admin, name, &exists, fault);
    if (code != ERR_OK || exists)
        return code;
    code = make_shared(admin, done, fault);
    if (code == ERR_OK)
        code = copy_template(admin, name, fault);
    done->database = code == ERR_OK;
    return code;
}

/* ---- what belongs to one center ---- */

static enum err put_center(PGconn *conn, const struct store_init *init, struct fault *fault)
{
    PGresult *result;
    struct store_params params = {.count = 0};
    struct id random = id_new(init->wall_ms);
    int64_t own;

    memcpy(&own, random.bytes + 8, sizeof own);
    store_params_text(&params, init->center);
    store_params_i64(&params, own);
    enum err code = store_sync_query(conn,
                                     "INSERT INTO center (code, database_id, incarnation)"
                                     " VALUES ($1::text, $2::int8, 1) ON CONFLICT DO NOTHING",
                                     &params, &result, fault);
    if (code != ERR_OK)
        return code;
    PQclear(result);
    code = store_sync_query(conn, STORE_ASK_CENTER, NULL, &result, fault);
    if (code != ERR_OK)
        return code;
    code = store_identity_center(result, init->center, fault);
    PQclear(result);
    return code;
}

/* Another parent is not a matter of init: moving a center has rules of its own (custody.md rule 20). */
static enum err check_parent(PGconn *conn, const struct store_init *init, struct fault *fault)
{
    PGresult *result;
    char code[CODE_SIZE] = "";
    enum err err = store_sync_query(conn, "SELECT code FROM neighbour WHERE is_parent", NULL, &result, fault);
    if (err != ERR_OK)
        return err;
    bool known = PQntuples(result) > 0;
    if (known) {
        struct store_row row = store_row_at(result, 0);
        store_row_text(&row, code, sizeof code);
    }
    PQclear(result);
    if (known && (!init->parent || strcmp(code, init->parent) != 0))
        return fault_set(fault, ERR_CONFIG, "center %s was made under %s; it cannot be put under %s by init",
                         init->center, code, init->parent ? init->parent : "nobody");
    return ERR_OK;
}

static enum err put_neighbours(PGconn *conn, const struct store_init *init, int32_t *added,
                               struct fault *fault)
{
    struct store_column codes, parents;
    struct store_params params = {.count = 0};
    int64_t count = 0;

    store_column_init(&codes, 't');
    store_column_init(&parents, 'o');
    if (init->parent) {
        store_column_text(&codes, init->parent);
        store_column_int(&parents, 1);
    }
    for (size_t i = 0; i < init->child_count; i++) {
        store_column_text(&codes, init->children[i]);
        store_column_int(&parents, 0);
    }
    store_params_column(&params, &codes);
    store_params_column(&params, &parents);
    enum err code = store_sync_number(
        conn,
        "WITH new AS (INSERT INTO neighbour (no, code, is_parent)"
        "   SELECT ((SELECT coalesce(max(no), 0) FROM neighbour) + row_number() OVER (ORDER BY "
        "u.ord))::int2, u.code,"
        "     u.is_parent FROM unnest($1::text[], $2::bool[]) WITH ORDINALITY u(code, is_parent, ord)"
        "   WHERE NOT EXISTS (SELECT FROM neighbour n WHERE n.code = u.code) RETURNING no),"
        " lanes AS (INSERT INTO neighbour_lane (neighbour, lane) SELECT no, lane FROM new, "
        "generate_series(0, 1) lane)"
        " SELECT count(*) FROM new",
        &params, &count, fault);
    store_column_fini(&codes);
    store_column_fini(&parents);
    *added = (int32_t)count;
    return code;
}

static enum err make_keys(PGconn *conn, int64_t wall_ms, struct fault *fault)
{
    PGresult *result;
    struct store_params params = {.count = 0};
    store_params_i64(&params, wall_ms);
    store_params_i32(&params, KEY_DAYS);
    enum err code =
        store_sync_query(conn, "SELECT sanji_ahead_keys($1::int8, $2::int4)", &params, &result, fault);
    if (code == ERR_OK)
        PQclear(result);
    return code;
}

static enum err put_all(PGconn *conn, const struct store_init *init, struct store_inited *done,
                        struct fault *fault)
{
    PGresult *result;
    enum err code = store_sync_query(conn, STORE_ASK_SCHEMA, NULL, &result, fault);
    if (code != ERR_OK)
        return code;
    code = store_identity_schema(result, fault);
    PQclear(result);
    if (code == ERR_OK)
        code = store_sync_run(conn, "BEGIN; SET LOCAL ROLE " STORE_ROLE_CENTER, fault);
    if (code == ERR_OK)
        code = put_center(conn, init, fault);
    if (code == ERR_OK)
        code = check_parent(conn, init, fault);
    if (code == ERR_OK)
        code = put_neighbours(conn, init, &done->neighbours, fault);
    if (code == ERR_OK && done->database)
        code = make_keys(conn, init->wall_ms, fault);
    if (code == ERR_OK)
        code = store_sync_run(conn, "COMMIT", fault);
    return code; /* an open transaction ends with its connection */
}

enum err store_admin_init(struct store_admin *admin, const struct store_init *init, struct store_inited *done,
                          struct fault *fault)
{
    PGconn *conn;
    *done = (struct store_inited){.roles = false};
    enum err code = check_name(init->database, fault);
    if (code == ERR_OK)
        code = make_database(admin, init->database, done, fault);
    if (code == ERR_OK)
        code = store_sync_open(admin->dsn, init->database, "sanji init", &conn, fault);
    if (code != ERR_OK)
        return code;
    code = put_all(conn, init, done, fault);
    PQfinish(conn);
    return code;
}

/* ---- the rest ---- */

enum err store_admin_migrate(struct store_admin *admin, const char *database, int32_t *from, int32_t *to,
                             struct fault *fault)
{
    PGconn *conn;
    PGresult *result;
    char lock[64];
    enum err code = enter(admin, database, &conn, fault);
    if (code != ERR_OK)
        return code;
    snprintf(lock, sizeof lock, "SELECT pg_try_advisory_lock(%" PRId64 ")", (int64_t)STORE_LOCK_KEY);
    code = store_sync_query(conn, lock, NULL, &result, fault);
    if (code == ERR_OK) {
        struct store_row row = store_row_at(result, 0);
        if (!store_row_bool(&row))
            code = fault_set(fault, ERR_LOCKED, "a centerd is running on database '%s'; stop it first",
                             database);
        PQclear(result);
    }
    if (code == ERR_OK)
        code = store_template_version(conn, from, fault);
    if (code == ERR_OK && *from < store_schema_version())
        code = store_template_migrate(conn, *from, fault);
    if (code == ERR_OK)
        code = store_template_version(conn, to, fault);
    PQfinish(conn);
    return code;
}

enum err store_admin_schema_version(struct store_admin *admin, const char *database, int32_t *version,
                                    struct fault *fault)
{
    PGconn *conn;
    enum err code = enter(admin, database, &conn, fault);
    if (code != ERR_OK)
        return code;
    code = store_template_version(conn, version, fault);
    PQfinish(conn);
    return code;
}

enum err store_admin_drop(struct store_admin *admin, const char *database, struct fault *fault)
{
    char text[128];
    enum err code = check_name(database, fault);
    if (code != ERR_OK)
        return code;
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS \"%s\"", database);
    return store_sync_run(admin->conn, text, fault);
}

enum err store_admin_witness(const char *dsn, struct store_witness *witness, struct fault *fault)
{
    PGconn *conn;
    PGresult *result;
    enum err code = store_sync_open(dsn, NULL, "sanji witness", &conn, fault);
    if (code != ERR_OK)
        return code;
    code = store_sync_query(
        conn,
        "SELECT s.system_identifier, s.timeline, c.database_id, c.code, c.incarnation, c.last_lsn,"
        " c.writer_epoch, c.mute FROM center c, (" STORE_ASK_SYSTEM ") s(system_identifier, timeline)",
        NULL, &result, fault);
    PQfinish(conn);
    if (code != ERR_OK)
        return code;
    if (PQntuples(result) != 1) {
        PQclear(result);
        return fault_set(fault, ERR_CONFIG, "the database belongs to no center yet: run `sanji init`");
    }
    struct store_row row = store_row_at(result, 0);
    uint64_t system = (uint64_t)store_row_i64(&row);
    witness->timeline = store_row_i32(&row);
    witness->database = store_identity_mix(system, (uint64_t)store_row_i64(&row));
    store_row_text(&row, witness->center, sizeof witness->center);
    witness->incarnation = store_row_i32(&row);
    witness->last_lsn = store_row_i64(&row);
    witness->writer_epoch = store_row_i64(&row);
    witness->mute = store_row_bool(&row);
    bool bad = row.bad;
    PQclear(result);
    return bad ? fault_set(fault, ERR_SCHEMA, "the center's row does not read as it should") : ERR_OK;
}
