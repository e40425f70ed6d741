/* The bare way: the rows that a center wrote are read from its database and written again into another one of
 * the same schema, by one INSERT for each table and batch over one connection, with nothing around them: no
 * look-up, no fence, no answer. What is timed is the writing alone; the arrays are laid out before.
 *
 *   bench_bare FROM_DSN TO_DSN REPORTS_PER_BATCH
 *
 * Prints {"count": N, "seconds": S, "per_second": R, "backend_us": U}: N in reports, U the server's processor
 * time for one. */
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define WIDTH_MAX 32
#define ARRAY_HEAD 20 /* dimensions, null flag, element type, length, lower bound: four bytes each */

struct table {
    const char *name, *order;
    PGresult *rows;
    int width;
};

static struct table tables[] = {
    {.name = "journal", .order = "lsn"},     {.name = "journal_to", .order = "neighbour, lane, lsn"},
    {.name = "case_rec", .order = "id"},     {.name = "timer", .order = "case_id"},
    {.name = "request_log", .order = "key"},
};
#define TABLES (sizeof tables / sizeof *tables)

/* One statement's arrays; no columns = nothing to write. */
struct part {
    int width, lengths[WIDTH_MAX];
    char *values[WIDTH_MAX];
};

static _Noreturn void die(PGconn *conn)
{
    fprintf(stderr, "bench_bare: %s", PQerrorMessage(conn));
    exit(1);
}

static PGconn *open_database(const char *dsn)
{
    PGconn *conn = PQconnectdb(dsn);
    if (PQstatus(conn) != CONNECTION_OK)
        die(conn);
    return conn;
}

static PGresult *ask(PGconn *conn, const char *text)
{
    PGresult *result = PQexecParams(conn, text, 0, NULL, NULL, NULL, NULL, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        die(conn);
    return result;
}

static void read_table(PGconn *from, struct table *table)
{
    char text[128];
    snprintf(text, sizeof text, "SELECT * FROM %s ORDER BY %s", table->name, table->order);
    table->rows = ask(from, text);
    table->width = PQnfields(table->rows);
    if (table->width > WIDTH_MAX)
        abort();
}

static const char *type_name(Oid type)
{
    static const struct {
        Oid oid; /* fixed numbers of the server's catalogue */
        const char *name;
    } types[] = {{20, "int8"}, {23, "int4"},   {21, "int2"}, {701, "float8"},
                 {16, "bool"}, {2950, "uuid"}, {25, "text"}, {17, "bytea"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].oid == type)
            return types[i].name;
    fprintf(stderr, "bench_bare: a column of type %u\n", type);
    exit(1);
}

static void prepare(PGconn *to, const struct table *table)
{
    char text[1024];
    size_t used = (size_t)snprintf(text, sizeof text, "INSERT INTO %s SELECT ", table->name);
    for (int c = 0; c < table->width; c++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%sunnest($%d::%s[])", c ? ", " : "", c + 1,
                                 type_name(PQftype(table->rows, c)));
    PGresult *result = PQprepare(to, table->name, text, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(to);
    PQclear(result);
}

/* ---- laying out ---- */

static char *put_int(char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(value >> (24 - 8 * i));
    return to + 4;
}

/* Rows first..end of one column as a binary array. */
static void lay_out(const PGresult *rows, int c, int first, int end, struct part *part)
{
    size_t size = ARRAY_HEAD;
    uint32_t nulls = 0;
    for (int r = first; r < end; r++)
        size += 4 + (size_t)PQgetlength(rows, r, c);
    char *to = part->values[c] = malloc(size);
    if (!to)
        abort();
    part->lengths[c] = (int)size;
    to += ARRAY_HEAD;
    for (int r = first; r < end; r++) {
        size_t length = (size_t)PQgetlength(rows, r, c);
        if (PQgetisnull(rows, r, c)) {
            nulls = 1;
            to = put_int(to, UINT32_MAX);
            continue;
        }
        to = put_int(to, (uint32_t)length);
        memcpy(to, PQgetvalue(rows, r, c), length);
        to += length;
    }
    const uint32_t head[] = {1, nulls, PQftype(rows, c), (uint32_t)(end - first), 1};
    to = part->values[c];
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        to = put_int(to, head[i]);
}

static struct part *lay_out_all(int batches)
{
    struct part *parts = calloc((size_t)batches * TABLES, sizeof *parts);
    if (!parts)
        abort();
    for (int b = 0; b < batches; b++) {
        for (size_t t = 0; t < TABLES; t++) {
            struct part *part = &parts[(size_t)b * TABLES + t];
            int64_t count = PQntuples(tables[t].rows);
            int first = (int)(count * b / batches), end = (int)(count * (b + 1) / batches);
            if (first == end)
                continue;
            part->width = tables[t].width;
            for (int c = 0; c < part->width; c++)
                lay_out(tables[t].rows, c, first, end, part);
        }
    }
    return parts;
}

/* ---- writing ---- */

static void write_batch(PGconn *to, struct part *parts)
{
    static int binary[WIDTH_MAX];
    for (int i = 0; i < WIDTH_MAX; i++)
        binary[i] = 1;
    for (size_t t = 0; t < TABLES; t++)
        if (parts[t].width > 0 &&
            !PQsendQueryPrepared(to, tables[t].name, parts[t].width, (const char *const *)parts[t].values,
                                 parts[t].lengths, binary, 1))
            die(to);
    if (!PQpipelineSync(to))
        die(to);
    for (;;) {
        PGresult *result = PQgetResult(to);
        ExecStatusType status = PQresultStatus(result);
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC)
            return;
        if (result && status != PGRES_COMMAND_OK)
            die(to);
    }
}

static int reports_of(PGconn *from)
{
    PGresult *result = ask(from, "SELECT count(*)::int4 FROM case_rec");
    const uint8_t *bytes = (const uint8_t *)PQgetvalue(result, 0, 0);
    int count = bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
    PQclear(result);
    return count;
}

/* Processor time of the server's process so far, microseconds; it runs on this machine. */
static double backend_us(const PGconn *conn)
{
    char path[64];
    unsigned long long ns = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", PQbackendPID(conn));
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%llu", &ns) != 1)
        perror(path);
    if (file)
        fclose(file);
    return (double)ns / 1e3;
}

int main(int argc, char **argv)
{
    if (argc != 4 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: bench_bare FROM_DSN TO_DSN REPORTS_PER_BATCH\n");
        return 2;
    }
    PGconn *from = open_database(argv[1]), *to = open_database(argv[2]);
    int reports = reports_of(from);
    int batches = (reports + atoi(argv[3]) - 1) / atoi(argv[3]);
    for (size_t t = 0; t < TABLES; t++) {
        read_table(from, &tables[t]);
        prepare(to, &tables[t]);
    }
    struct part *parts = lay_out_all(batches);
    if (!PQenterPipelineMode(to))
        die(to);
    double used = backend_us(to);
    int64_t start = clock_mono_us();
    for (int b = 0; b < batches; b++)
        write_batch(to, &parts[(size_t)b * TABLES]);
    double seconds = (double)(clock_mono_us() - start) / 1e6;
    used = backend_us(to) - used;
    printf("{\"count\": %d, \"seconds\": %.3f, \"per_second\": %.1f, \"backend_us\": %.1f}\n", reports,
           seconds, reports / seconds, used / reports);
    for (size_t i = 0; i < (size_t)batches * TABLES; i++)
        for (int c = 0; c < parts[i].width; c++)
            free(parts[i].values[c]);
    free(parts);
    for (size_t t = 0; t < TABLES; t++)
        PQclear(tables[t].rows);
    PQfinish(from);
    PQfinish(to);
    return 0;
}
