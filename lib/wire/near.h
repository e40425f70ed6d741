/* Times and numbers that are written by their distance from another, so that most take a byte or two
 * (proto/event.proto has the rule). Private to lib/wire. */
#ifndef SANJI_WIRE_NEAR_H
#define SANJI_WIRE_NEAR_H

#include "wire/field.h"

uint64_t near_zigzag(int64_t value);
int64_t near_unzigzag(uint64_t coded);
/* A time >= 0 or CALENDAR_NEVER, near another time. */
uint64_t near_put(int64_t value, int64_t base);
/* RANGE when it would lie before 1970. */
int64_t near_take(struct field_reader *reader, const char *name, uint64_t coded, int64_t base);
/* The row's length without its trailing zeros. */
size_t near_trimmed(const uint64_t *row, size_t count);

#endif
