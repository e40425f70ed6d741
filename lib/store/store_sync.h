/* One synchronous connection, for programs that may wait: administration, reading, verifying. */
#ifndef SANJI_STORE_SYNC_H
#define SANJI_STORE_SYNC_H

#include <libpq-fe.h>

#include "base/err.h"
#include "store/store_param.h"

#define STORE_SYNC_CONNECT_S "5" /* a person waits */

/* `database` may be NULL: the DSN's own. ERR_UNREACHABLE. Gives *conn. */
enum err store_sync_open(const char *dsn, const char *database, const char *name, PGconn **conn,
                         struct fault *fault) MUST_CHECK;
/* Runs a text without parameters; it may hold several statements. */
enum err store_sync_run(PGconn *conn, const char *text, struct fault *fault) MUST_CHECK;
/* One statement with binary parameters (NULL for none) and binary rows. Gives *result: PQclear it. */
enum err store_sync_query(PGconn *conn, const char *text, const struct store_params *params,
                          PGresult **result, struct fault *fault) MUST_CHECK;
/* The same, row by row through `row` (true = go on), so that memory does not grow with the answer. */
typedef bool store_sync_row(void *ctx, const PGresult *result);
enum err store_sync_stream(PGconn *conn, const char *text, const struct store_params *params,
                           store_sync_row *row, void *ctx, struct fault *fault) MUST_CHECK;
/* The first column of the first row as a number; 0 when there is none. */
enum err store_sync_number(PGconn *conn, const char *text, const struct store_params *params, int64_t *number,
                           struct fault *fault) MUST_CHECK;

#endif
