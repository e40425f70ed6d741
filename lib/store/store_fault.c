/* What the server's errors mean for us. */
#include "store/store_private.h"

#include <string.h>

struct class_row {
    const char *prefix;
    enum err code;
};

/* Whatever is not listed lies in the batch itself. */
static const struct class_row classes[] = {
    {"SJ001", ERR_LOCKED},  /* sanji_refuse: another writer */
    {"08", ERR_NOT_NOW},    /* connection */
    {"25006", ERR_NOT_NOW}, /* read-only: a standby that has not been promoted yet */
    {"40", ERR_BUSY},       /* serialization, deadlock */
    {"53", ERR_BUSY},       /* disk full, out of memory, too many connections */
    {"55", ERR_BUSY},       /* lock not available */
    {"57", ERR_BUSY},       /* cancelled, shutting down, starting up */
    {"58", ERR_BUSY},       /* input or output error of the server */
};

enum err store_fault_code(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strncmp(sqlstate, classes[i].prefix, strlen(classes[i].prefix)) == 0)
            return classes[i].code;
    return ERR_DATABASE;
}

/* Line ends would tear a log line apart. */
static void one_line(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        text[--length] = '\0';
    for (; *text; text++)
        if (*text == '\n' || *text == '\t')
            *text = ' ';
}

void store_fault_from(struct fault *fault, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *where = PQresultErrorField(result, PG_DIAG_TABLE_NAME);

    if (!state)
        state = "08006"; /* libpq's own: the connection broke */
    fault_set(fault, store_fault_code(state), "%s %s%s%s", state,
              primary ? primary : PQresultErrorMessage(result), where ? ", table " : "", where ? where : "");
    one_line(fault->text);
}

void store_fault_from_conn(struct fault *fault, enum err code, const PGconn *conn)
{
    fault_set(fault, code, "%s", PQerrorMessage(conn));
    one_line(fault->text);
}
