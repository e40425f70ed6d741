/* The template database and its migrations. A database of a tree of 135 centers is a copy of files, not 135
 * times the same statements. */
#include "store/store_admin_template.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/store_identity.h"
#include "store/store_schema.h"
#include "store/store_sync.h"

void store_template_name(char name[DATABASE_NAME_SIZE])
{
    snprintf(name, DATABASE_NAME_SIZE, "sanji_template_%016" PRIx64, store_schema_digest());
}

enum err store_template_version(PGconn *conn, int32_t *version, struct fault *fault)
{
    PGresult *result;
    int64_t there;
    enum err code = store_sync_number(
        conn, "SELECT count(*) FROM pg_class WHERE oid = to_regclass('sanji_schema')", NULL, &there, fault);
    *version = 0;
    if (code != ERR_OK || there == 0)
        return code;
    code = store_sync_query(conn, STORE_ASK_SCHEMA, NULL, &result, fault);
    if (code != ERR_OK)
        return code;
    code = store_identity_history(result, version, fault);
    PQclear(result);
    return code;
}

static enum err apply(PGconn *conn, const struct store_migration *migration, struct fault *fault)
{
    for (size_t i = 0; i < migration->statement_count; i++) {
        enum err code = store_sync_run(conn, migration->statements[i], fault);
        if (code != ERR_OK) {
            return fault ? fault_context(fault, "migration %d, statement %zu", (int)migration->version, i + 1)
                         : code;
        }
    }
    struct store_params params = {.count = 0};
    PGresult *result;
    store_params_i32(&params, migration->version);
    store_params_text(&params, migration->name);
    store_params_i64(&params, store_schema_checksum(migration));
    enum err code = store_sync_query(conn,
                                     "INSERT INTO sanji_schema (version, name, checksum)"
                                     " VALUES ($1::int4, $2::text, $3::int8)",
                                     &params, &result, fault);
    if (code == ERR_OK)
        PQclear(result);
    return code;
}

static enum err apply_all(PGconn *conn, int32_t version, struct fault *fault)
{
    enum err code = store_sync_run(conn,
                                   "SET LOCAL ROLE " STORE_ROLE_CENTER ";"
                                   "CREATE TABLE IF NOT EXISTS sanji_schema (version integer PRIMARY KEY,"
                                   " name text NOT NULL, checksum bigint NOT NULL,"
                                   " applied timestamptz NOT NULL DEFAULT now())",
                                   fault);
    for (size_t i = 0; code == ERR_OK && i < store_schema_count(); i++)
        if (store_schema_migration(i)->version > version)
            code = apply(conn, store_schema_migration(i), fault);
    if (code != ERR_OK)
        return code;
    return store_sync_run(
        conn,
        "GRANT USAGE ON SCHEMA public TO " STORE_ROLE_READ ";"
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " STORE_ROLE_READ ";"
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO " STORE_ROLE_READ,
        fault);
}

enum err store_template_migrate(PGconn *conn, int32_t version, struct fault *fault)
{
    struct fault ignored;
    enum err code = store_sync_run(conn, "BEGIN", fault);
    if (code == ERR_OK)
        code = apply_all(conn, version, fault);
    if (code == ERR_OK)
        return store_sync_run(conn, "COMMIT", fault);
    if (store_sync_run(conn, "ROLLBACK", &ignored) != ERR_OK && fault)
        return fault_context(fault, "the connection broke as well");
    return code;
}

/* Schema into the fresh database, then the seal: a template that nobody connects to. */
static enum err fill(PGconn *conn, const char *dsn, const char *name, struct fault *fault)
{
    char text[256];
    PGconn *inside;
    enum err code = store_sync_open(dsn, name, "sanji init", &inside, fault);
    if (code != ERR_OK)
        return code;
    code = store_template_migrate(inside, 0, fault);
    if (code == ERR_OK) /* so that a copy of today needs no partitions of its own */
        code = store_sync_run(inside,
                              "SET ROLE " STORE_ROLE_CENTER "; SELECT sanji_ahead_keys("
                              "(extract(epoch FROM clock_timestamp()) * 1000)::int8, 7)",
                              fault);
    PQfinish(inside);
    if (code != ERR_OK)
        return code;
    snprintf(text, sizeof text, "ALTER DATABASE \"%s\" IS_TEMPLATE true ALLOW_CONNECTIONS false", name);
    return store_sync_run(conn, text, fault);
}

enum err store_template_make(PGconn *conn, const char *dsn, bool *made, struct fault *fault)
{
    char name[DATABASE_NAME_SIZE];
    char text[384];
    int64_t sealed;
    struct store_params params = {.count = 0};

    *made = false;
    store_template_name(name);
    store_params_text(&params, name);
    enum err code = store_sync_number(conn,
                                      "SELECT count(*) FROM pg_database WHERE datname = $1::text::name"
                                      " AND datistemplate",
                                      &params, &sealed, fault);
    if (code != ERR_OK || sealed > 0)
        return code;
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS \"%s\"", name); /* left half made by a crash */
    code = store_sync_run(conn, text, fault);
    if (code != ERR_OK)
        return code;
    /* Codes, items and keys compare by bytes; whoever sorts for people names a collation. */
    snprintf(text, sizeof text,
             "CREATE DATABASE \"%s\" TEMPLATE template0 OWNER " STORE_ROLE_CENTER
             " ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
             name);
    code = store_sync_run(conn, text, fault);
    if (code == ERR_OK)
        code = fill(conn, dsn, name, fault);
    *made = code == ERR_OK;
    return code;
}
