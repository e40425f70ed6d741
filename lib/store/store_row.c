/* Reading binary results. */
#include "store/store_row.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct store_row store_row_at(const PGresult *result, int row)
{
    assert(row >= 0 && row < PQntuples(result));
    return (struct store_row){.result = result, .row = row};
}

bool store_row_is_null(const struct store_row *row)
{
    return PQgetisnull(row->result, row->row, row->column) != 0;
}

/* The next field's bytes; NULL for null. */
static const uint8_t *take(struct store_row *row, size_t *size)
{
    int column = row->column++;
    *size = 0;
    if (column >= PQnfields(row->result)) {
        row->bad = true;
        return NULL;
    }
    if (PQgetisnull(row->result, row->row, column))
        return NULL;
    *size = (size_t)PQgetlength(row->result, row->row, column);
    return (const uint8_t *)PQgetvalue(row->result, row->row, column);
}

static uint64_t number(struct store_row *row, size_t wanted)
{
    size_t size;
    uint64_t value = 0;
    const uint8_t *bytes = take(row, &size);
    if (!bytes)
        return 0;
    if (size != wanted) {
        row->bad = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

int64_t store_row_i64(struct store_row *row)
{
    return (int64_t)number(row, 8);
}

int32_t store_row_i32(struct store_row *row)
{
    return (int32_t)(uint32_t)number(row, 4);
}

int16_t store_row_i16(struct store_row *row)
{
    return (int16_t)(uint16_t)number(row, 2);
}

bool store_row_bool(struct store_row *row)
{
    return number(row, 1) != 0;
}

double store_row_real(struct store_row *row)
{
    double value;
    if (store_row_is_null(row)) {
        row->column++;
        return NAN;
    }
    uint64_t bits = number(row, 8);
    memcpy(&value, &bits, sizeof value);
    return value;
}

struct id store_row_id(struct store_row *row)
{
    struct id id;
    store_row_fixed(row, id.bytes, sizeof id.bytes);
    return id;
}

void store_row_text(struct store_row *row, char *out, size_t size)
{
    size_t length;
    const uint8_t *bytes = take(row, &length);
    if (length >= size) {
        row->bad = true;
        length = 0;
    }
    if (length > 0)
        memcpy(out, bytes, length);
    out[length] = '\0';
}

const char *store_row_string(struct store_row *row)
{
    size_t length;
    return (const char *)take(row, &length);
}

const uint8_t *store_row_bytes(struct store_row *row, size_t *size)
{
    return take(row, size);
}

void store_row_fixed(struct store_row *row, uint8_t *out, size_t size)
{
    size_t length;
    const uint8_t *bytes = take(row, &length);
    memset(out, 0, size);
    if (!bytes)
        return;
    if (length != size) {
        row->bad = true;
        return;
    }
    memcpy(out, bytes, size);
}

void store_row_skip(struct store_row *row)
{
    row->column++;
}
