/* A reader's connection. */
#include "store/store_reader.h"

#include <stdlib.h>

#include "store/store_identity.h"
#include "store/store_sync.h"

struct store_reader {
    PGconn *conn;
    void *space; /* owned */
    size_t space_size;
};

static enum err check(PGconn *conn, struct fault *fault)
{
    PGresult *result;
    enum err code = store_sync_query(conn, STORE_ASK_SCHEMA, NULL, &result, fault);
    if (code == ERR_DATABASE) {
        fault->code = ERR_CONFIG;
        return fault_context(fault, "this is no center's database");
    }
    if (code != ERR_OK)
        return code;
    code = store_identity_schema(result, fault);
    PQclear(result);
    return code;
}

enum err store_reader_open(const char *dsn, struct store_reader **out, struct fault *fault)
{
    PGconn *conn;
    struct fault own = {.code = ERR_OK};
    enum err code = store_sync_open(dsn, NULL, "sanji read", &conn, &own);
    if (code == ERR_OK) {
        code = check(conn, &own);
        if (code != ERR_OK)
            PQfinish(conn);
    }
    if (code != ERR_OK)
        return fault_set(fault, code, "%s", own.text);
    struct store_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        abort();
    reader->conn = conn;
    *out = reader;
    return ERR_OK;
}

void store_reader_close(struct store_reader **reader)
{
    if (!*reader)
        return;
    PQfinish((*reader)->conn);
    free((*reader)->space);
    free(*reader);
    *reader = NULL;
}

void *store_reader_space(struct store_reader *reader, size_t size)
{
    if (size <= reader->space_size)
        return reader->space;
    free(reader->space);
    reader->space = malloc(size);
    if (!reader->space)
        abort();
    reader->space_size = size;
    return reader->space;
}

enum err store_reader_begin(struct store_reader *reader, struct fault *fault)
{
    return store_sync_run(reader->conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", fault);
}

enum err store_reader_end(struct store_reader *reader, struct fault *fault)
{
    return store_sync_run(reader->conn, "COMMIT", fault);
}

struct stream {
    store_reader_row *each;
    void *ctx;
    bool bad;
};

static bool on_row(void *ctx, const PGresult *result)
{
    struct stream *stream = ctx;
    struct store_row row = store_row_at(result, 0);
    bool go_on = stream->each(stream->ctx, &row);
    stream->bad = row.bad;
    return go_on && !row.bad;
}

enum err store_reader_stream(struct store_reader *reader, const char *text, const struct store_params *params,
                             store_reader_row *each, void *ctx, struct fault *fault)
{
    struct stream stream = {each, ctx, false};
    enum err code = store_sync_stream(reader->conn, text, params, on_row, &stream, fault);
    if (code == ERR_OK && stream.bad)
        return fault_set(fault, ERR_SCHEMA, "a row does not read as the schema promises");
    return code;
}
