/* Distances. */
#include "wire/near.h"

#include <assert.h>

#include "domain/calendar.h"

uint64_t near_zigzag(int64_t value)
{
    return value < 0 ? ~((uint64_t)value << 1) : (uint64_t)value << 1;
}

/* Modulo 2^64, as the sum that it goes into. */
static uint64_t distance(uint64_t coded)
{
    return coded >> 1 ^ (0 - (coded & 1));
}

int64_t near_unzigzag(uint64_t coded)
{
    return (int64_t)distance(coded);
}

uint64_t near_put(int64_t value, int64_t base)
{
    assert(value >= 0 && base >= 0);
    if (value == 0)
        return 0;
    return value == CALENDAR_NEVER ? 1 : 2 + near_zigzag(value - base);
}

int64_t near_take(struct field_reader *reader, const char *name, uint64_t coded, int64_t base)
{
    if (coded < 2)
        return coded ? CALENDAR_NEVER : 0;
    /* What leaves the range becomes negative and is refused. */
    uint64_t value = (uint64_t)base + distance(coded - 2);
    if (value > INT64_MAX)
        field_refuse(reader, ERR_RANGE, name, "a time before 1970");
    return value > INT64_MAX ? 0 : (int64_t)value;
}

size_t near_trimmed(const uint64_t *row, size_t count)
{
    while (count > 0 && row[count - 1] == 0)
        count--;
    return count;
}
