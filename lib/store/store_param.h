/* Binary parameters of prepared statements: scalars, and arrays that grow by one element per row of a batch.
 * The server's array layout is built in place, so that sending copies nothing more. Memory that cannot be had
 * ends the process: all state is in the database. */
#ifndef SANJI_STORE_PARAM_H
#define SANJI_STORE_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ids.h"

#define STORE_PARAMS_MAX 32 /* the widest statement writes a receipt: 30 columns */

/* One array parameter. */
struct store_column {
    char type; /* letter of the element type, see store_column_init */
    bool has_null;
    int32_t count;
    uint8_t *bytes; /* owned */
    size_t used, capacity;
};

/* Letters: q int8, i int4, s int2, d float8, o bool, u uuid, t text, b bytea. Allocates nothing yet. */
void store_column_init(struct store_column *column, char type);
void store_column_fini(struct store_column *column);
/* Empties it; the memory stays for the next batch. */
void store_column_clear(struct store_column *column);
/* Each appends one element; the column must be of that type (asserted). */
void store_column_int(struct store_column *column, int64_t value); /* q, i, s, o */
void store_column_real(struct store_column *column, double value);
void store_column_id(struct store_column *column, const struct id *value);
void store_column_text(struct store_column *column, const char *value);
void store_column_bytes(struct store_column *column, const uint8_t *value, size_t size);
void store_column_null(struct store_column *column);

/* The parameters of one statement, in order. Text, bytes and columns are borrowed until it is sent. */
struct store_params {
    int count;
    const char *values[STORE_PARAMS_MAX];
    int lengths[STORE_PARAMS_MAX];
    uint8_t scalars[STORE_PARAMS_MAX][ID_BYTES];
};

void store_params_i64(struct store_params *params, int64_t value);
void store_params_i32(struct store_params *params, int32_t value);
void store_params_i16(struct store_params *params, int16_t value);
void store_params_bool(struct store_params *params, bool value);
void store_params_id(struct store_params *params, const struct id *value);
void store_params_text(struct store_params *params, const char *value);
void store_params_column(struct store_params *params, struct store_column *column);

#endif
