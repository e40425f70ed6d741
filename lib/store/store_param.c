/* Binary parameters, built as the server's wire format wants them: big endian, each array element with its
 * length. */
#include "store/store_param.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* dimensions, null flag, element type, length, lower bound: four bytes each */
#define ARRAY_HEAD 20

struct element_type {
    char letter;
    uint32_t oid; /* fixed numbers of the server's catalogue */
    int32_t size; /* -1 = varies */
};

static const struct element_type types[] = {
    {'q', 20, 8}, {'i', 23, 4},    {'s', 21, 2},  {'d', 701, 8},
    {'o', 16, 1}, {'u', 2950, 16}, {'t', 25, -1}, {'b', 17, -1},
};

static const struct element_type *type_of(char letter)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].letter == letter)
            return &types[i];
    abort(); /* a typing error in the table of statements */
}

static void put_big_endian(uint8_t *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

void store_column_init(struct store_column *column, char type)
{
    *column = (struct store_column){.type = type_of(type)->letter};
}

void store_column_fini(struct store_column *column)
{
    free(column->bytes);
    *column = (struct store_column){.type = column->type};
}

void store_column_clear(struct store_column *column)
{
    column->used = 0;
    column->count = 0;
    column->has_null = false;
}

/* Room for one element of `size` bytes with its length; returns where the element begins. */
static uint8_t *append(struct store_column *column, size_t size, int32_t length)
{
    if (column->used == 0)
        column->used = ARRAY_HEAD;
    size_t need = column->used + 4 + size;
    if (need > column->capacity) {
        size_t capacity = column->capacity ? column->capacity * 2 : 256;
        while (capacity < need)
            capacity *= 2;
        uint8_t *bytes = realloc(column->bytes, capacity);
        if (!bytes)
            abort();
        column->bytes = bytes;
        column->capacity = capacity;
    }
    uint8_t *at = column->bytes + column->used;
    put_big_endian(at, (uint32_t)length, 4);
    column->used = need;
    column->count++;
    return at + 4;
}

void store_column_int(struct store_column *column, int64_t value)
{
    const struct element_type *type = type_of(column->type);
    assert(type->size > 0 && type->size <= 8 && type->letter != 'd');
    put_big_endian(append(column, (size_t)type->size, type->size), (uint64_t)value, (size_t)type->size);
}

void store_column_real(struct store_column *column, double value)
{
    uint64_t bits;
    assert(column->type == 'd');
    memcpy(&bits, &value, sizeof bits);
    put_big_endian(append(column, 8, 8), bits, 8);
}

void store_column_id(struct store_column *column, const struct id *value)
{
    assert(column->type == 'u');
    memcpy(append(column, ID_BYTES, ID_BYTES), value->bytes, ID_BYTES);
}

void store_column_bytes(struct store_column *column, const uint8_t *value, size_t size)
{
    assert((column->type == 'b' || column->type == 't') && size < INT_MAX);
    uint8_t *at = append(column, size, (int32_t)size);
    if (size > 0)
        memcpy(at, value, size);
}

void store_column_text(struct store_column *column, const char *value)
{
    store_column_bytes(column, (const uint8_t *)value, strlen(value));
}

void store_column_null(struct store_column *column)
{
    append(column, 0, -1);
    column->has_null = true;
}

static void add(struct store_params *params, const void *value, size_t size)
{
    assert(params->count < STORE_PARAMS_MAX && size < INT_MAX);
    params->values[params->count] = value;
    params->lengths[params->count] = (int)size;
    params->count++;
}

static void add_number(struct store_params *params, uint64_t value, size_t size)
{
    assert(params->count < STORE_PARAMS_MAX);
    uint8_t *to = params->scalars[params->count];
    put_big_endian(to, value, size);
    add(params, to, size);
}

void store_params_i64(struct store_params *params, int64_t value)
{
    add_number(params, (uint64_t)value, 8);
}

void store_params_i32(struct store_params *params, int32_t value)
{
    add_number(params, (uint32_t)value, 4);
}

void store_params_i16(struct store_params *params, int16_t value)
{
    add_number(params, (uint16_t)value, 2);
}

void store_params_bool(struct store_params *params, bool value)
{
    add_number(params, value, 1);
}

void store_params_id(struct store_params *params, const struct id *value)
{
    assert(params->count < STORE_PARAMS_MAX);
    memcpy(params->scalars[params->count], value->bytes, ID_BYTES);
    add(params, params->scalars[params->count], ID_BYTES);
}

void store_params_text(struct store_params *params, const char *value)
{
    add(params, value, strlen(value));
}

void store_params_column(struct store_params *params, struct store_column *column)
{
    if (column->used == 0) {
        store_column_null(
            column); /* the head is laid out with the first element; an empty array has the head alone */
        column->count = 0;
        column->has_null = false;
        column->used = ARRAY_HEAD;
    }
    put_big_endian(column->bytes, 1, 4);
    put_big_endian(column->bytes + 4, column->has_null, 4);
    put_big_endian(column->bytes + 8, type_of(column->type)->oid, 4);
    put_big_endian(column->bytes + 12, (uint32_t)column->count, 4);
    put_big_endian(column->bytes + 16, 1, 4);
    add(params, column->bytes, column->used);
}
