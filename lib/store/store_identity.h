/* Which database is this: its schema's history, whose it is, and the number that tells it from any copy. */
#ifndef SANJI_STORE_IDENTITY_H
#define SANJI_STORE_IDENTITY_H

#include <libpq-fe.h>

#include "base/err.h"

#define STORE_ASK_SCHEMA "SELECT version, checksum FROM sanji_schema ORDER BY version"
#define STORE_ASK_CENTER "SELECT code FROM center WHERE one"
/* The timeline of the write-ahead log's insert position: it changes with a promotion at once, the control
 * file later. */
#define STORE_ASK_SYSTEM                                                                                     \
    "SELECT system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int4"  \
    " FROM pg_control_system()"

/* ERR_SCHEMA unless the history that STORE_ASK_SCHEMA found is this program's whole list. */
enum err store_identity_schema(const PGresult *result, struct fault *fault) MUST_CHECK;
/* The same, but an older database is accepted; *version = how far it has come. */
enum err store_identity_history(const PGresult *result, int32_t *version, struct fault *fault) MUST_CHECK;
/* ERR_CONFIG unless STORE_ASK_CENTER found this code. */
enum err store_identity_center(const PGresult *result, const char *code, struct fault *fault) MUST_CHECK;
/* One number of the cluster's and the database's own, so that a copy of either is another database. */
uint64_t store_identity_mix(uint64_t system, uint64_t own);

#endif
