/* The list of migrations and their checksums. */
#include "store/store_schema.h"

#define FNV_START 14695981039346656037u
#define FNV_PRIME 1099511628211u

static const struct store_migration *const migrations[] = {&store_schema_1, &store_schema_2};

size_t store_schema_count(void)
{
    return sizeof migrations / sizeof *migrations;
}

const struct store_migration *store_schema_migration(size_t index)
{
    return migrations[index];
}

int32_t store_schema_version(void)
{
    return migrations[store_schema_count() - 1]->version;
}

/* FNV-1a: it guards against a mistake, not against an attacker. */
static uint64_t mix(uint64_t sum, const char *text)
{
    for (; *text; text++)
        sum = (sum ^ (uint8_t)*text) * FNV_PRIME;
    return (sum ^ 0xff) * FNV_PRIME;
}

int64_t store_schema_checksum(const struct store_migration *migration)
{
    uint64_t sum = FNV_START;
    for (size_t i = 0; i < migration->statement_count; i++)
        sum = mix(sum, migration->statements[i]);
    return (int64_t)sum;
}

uint64_t store_schema_digest(void)
{
    uint64_t sum = FNV_START;
    for (size_t i = 0; i < store_schema_count(); i++)
        sum = (sum ^ (uint64_t)store_schema_checksum(migrations[i])) * FNV_PRIME;
    return sum;
}
