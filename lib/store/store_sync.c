/* One synchronous connection. */
#include "store/store_sync.h"

#include <string.h>

#include "store/store_private.h"
#include "store/store_row.h"

static const int binary[STORE_PARAMS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                             1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const struct store_params none = {.count = 0};

static void ignore_notice(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result;
}

enum err store_sync_open(const char *dsn, const char *database, const char *name, PGconn **conn,
                         struct fault *fault)
{
    const char *const keys[] = {"connect_timeout",          "dbname", "application_name", "client_encoding",
                                database ? "dbname" : NULL, NULL};
    const char *const values[] = {STORE_SYNC_CONNECT_S, dsn, name, "UTF8", database, NULL};

    *conn = PQconnectdbParams(keys, values, 1);
    if (!*conn)
        return fault_set(fault, ERR_MEMORY, "no memory for a connection");
    if (PQstatus(*conn) != CONNECTION_OK) {
        struct fault own;
        store_fault_from_conn(&own, ERR_UNREACHABLE, *conn);
        PQfinish(*conn);
        *conn = NULL;
        return fault_set(fault, ERR_UNREACHABLE, "%s", own.text);
    }
    PQsetNoticeReceiver(*conn, ignore_notice, NULL);
    return ERR_OK;
}

/* The fault of a result that is not as it should be. */
static enum err failed(const PGresult *result, struct fault *fault)
{
    struct fault own;
    store_fault_from(&own, result);
    return fault_set(fault, own.code, "%s", own.text);
}

static bool good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE;
}

enum err store_sync_run(PGconn *conn, const char *text, struct fault *fault)
{
    PGresult *result = PQexec(conn, text);
    enum err code = good(result) ? ERR_OK : failed(result, fault);
    PQclear(result);
    return code;
}

enum err store_sync_query(PGconn *conn, const char *text, const struct store_params *params,
                          PGresult **result, struct fault *fault)
{
    const struct store_params *p = params ? params : &none;
    *result = PQexecParams(conn, text, p->count, NULL, p->values, p->lengths, binary, 1);
    if (good(*result))
        return ERR_OK;
    enum err code = failed(*result, fault);
    PQclear(*result);
    *result = NULL;
    return code;
}

/* The rest of an answer that nobody wants any more. */
static void discard(PGconn *conn)
{
    PGresult *result;
    PGcancel *cancel = PQgetCancel(conn);
    char words[64];
    if (cancel) {
        PQcancel(cancel, words, sizeof words);
        PQfreeCancel(cancel);
    }
    while ((result = PQgetResult(conn)) != NULL)
        PQclear(result);
}

enum err store_sync_stream(PGconn *conn, const char *text, const struct store_params *params,
                           store_sync_row *row, void *ctx, struct fault *fault)
{
    const struct store_params *p = params ? params : &none;
    PGresult *result;
    enum err code = ERR_OK;

    if (PQsendQueryParams(conn, text, p->count, NULL, p->values, p->lengths, binary, 1) != 1 ||
        PQsetSingleRowMode(conn) != 1) {
        struct fault own;
        store_fault_from_conn(&own, ERR_NOT_NOW, conn);
        return fault_set(fault, own.code, "%s", own.text);
    }
    while ((result = PQgetResult(conn)) != NULL) {
        bool go_on = true;
        if (!good(result) && code == ERR_OK)
            code = failed(result, fault);
        else if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
            go_on = row(ctx, result);
        PQclear(result);
        if (!go_on) {
            discard(conn);
            break;
        }
    }
    return code;
}

enum err store_sync_number(PGconn *conn, const char *text, const struct store_params *params, int64_t *number,
                           struct fault *fault)
{
    PGresult *result;
    enum err code = store_sync_query(conn, text, params, &result, fault);
    *number = 0;
    if (code != ERR_OK)
        return code;
    if (PQntuples(result) > 0) {
        struct store_row row = store_row_at(result, 0);
        *number = store_row_i64(&row);
    }
    PQclear(result);
    return ERR_OK;
}
