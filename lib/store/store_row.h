/* Reading binary results. A row remembers that something in it was not as the schema promises; the reader
 * asks once at the end, instead of after each field. */
#ifndef SANJI_STORE_ROW_H
#define SANJI_STORE_ROW_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ids.h"

/* Fields are taken from left to right, each once. */
struct store_row {
    const PGresult *result; /* borrowed */
    int row;
    int column;
    bool bad; /* a field had another size than asked for, or no place in its target */
};

struct store_row store_row_at(const PGresult *result, int row);
bool store_row_is_null(const struct store_row *row);
int64_t store_row_i64(struct store_row *row);
int32_t store_row_i32(struct store_row *row);
int16_t store_row_i16(struct store_row *row);
bool store_row_bool(struct store_row *row);
double store_row_real(struct store_row *row); /* NAN for null */
struct id store_row_id(struct store_row *row);
void store_row_text(struct store_row *row, char *out, size_t size);
/* Borrows from the result, where libpq ends every value with a NUL; NULL for null. */
const char *store_row_string(struct store_row *row);
/* Borrows from the result; NULL and size 0 for null. */
const uint8_t *store_row_bytes(struct store_row *row, size_t *size);
/* Exactly `size` bytes; zeroes for null. */
void store_row_fixed(struct store_row *row, uint8_t *out, size_t size);
void store_row_skip(struct store_row *row);

#endif
