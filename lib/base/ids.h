/* 128-bit ids: UUIDv7 keys from outside and the ids that follow from them. */
#ifndef SANJI_BASE_IDS_H
#define SANJI_BASE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#define ID_BYTES 16
#define ID_TEXT_SIZE 37

struct id {
    uint8_t bytes[ID_BYTES];
};

/* A fresh UUIDv7: the time, then 74 random bits from the kernel. */
struct id id_new(int64_t wall_ms);
/* Reads the 36-character form; false when `text` is not one. */
bool id_parse(const char *text, struct id *id);
void id_format(const struct id *id, char out[ID_TEXT_SIZE]);
/* Milliseconds since 1970 of a UUIDv7; -1 for any other version. */
int64_t id_time_ms(const struct id *id);
bool id_equal(const struct id *a, const struct id *b);
bool id_is_zero(const struct id *id);

#endif
