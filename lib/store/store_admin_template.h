/* The template database that every center's is copied from, and applying migrations. */
#ifndef SANJI_STORE_ADMIN_TEMPLATE_H
#define SANJI_STORE_ADMIN_TEMPLATE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/err.h"
#include "store/store_admin.h"

/* Its name follows from the schema, so that a new program makes a new one. */
void store_template_name(char name[DATABASE_NAME_SIZE]);
/* Makes it when it is missing or was left half made; *made tells. `conn` is a session of the `postgres`
 * database. */
enum err store_template_make(PGconn *conn, const char *dsn, bool *made, struct fault *fault) MUST_CHECK;
/* Applies the migrations after `version` to the database that `conn` is connected to, in one transaction. */
enum err store_template_migrate(PGconn *conn, int32_t version, struct fault *fault) MUST_CHECK;
/* How far the database has come; 0 without a schema. */
enum err store_template_version(PGconn *conn, int32_t *version, struct fault *fault) MUST_CHECK;

#endif
