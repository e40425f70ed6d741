/* Which database is this. */
#include "store/store_identity.h"

#include <string.h>

#include "base/limits.h"
#include "store/store_row.h"
#include "store/store_schema.h"

enum err store_identity_history(const PGresult *result, int32_t *version, struct fault *fault)
{
    *version = 0;
    for (int i = 0; i < PQntuples(result); i++) {
        struct store_row row = store_row_at(result, i);
        int32_t at = store_row_i32(&row);
        int64_t checksum = store_row_i64(&row);
        if (i >= (int)store_schema_count())
            return fault_set(
                fault, ERR_SCHEMA,
                "the database has schema version %d and this program speaks %d: a newer program has "
                "migrated it",
                (int)at, (int)store_schema_version());
        const struct store_migration *own = store_schema_migration((size_t)i);
        if (row.bad || at != own->version || checksum != store_schema_checksum(own))
            return fault_set(fault, ERR_SCHEMA, "migration %d of the database is not the one of this program",
                             (int)at);
        *version = at;
    }
    return ERR_OK;
}

enum err store_identity_schema(const PGresult *result, struct fault *fault)
{
    int32_t version;
    enum err code = store_identity_history(result, &version, fault);
    if (code == ERR_OK && version < store_schema_version())
        return fault_set(fault, ERR_SCHEMA,
                         "the database has schema version %d and this program speaks %d: run `sanji migrate`",
                         (int)version, (int)store_schema_version());
    return code;
}

enum err store_identity_center(const PGresult *result, const char *code, struct fault *fault)
{
    char found[CODE_SIZE];
    if (PQntuples(result) != 1)
        return fault_set(fault, ERR_CONFIG, "the database belongs to no center yet: run `sanji init`");
    struct store_row row = store_row_at(result, 0);
    store_row_text(&row, found, sizeof found);
    if (row.bad || strcmp(found, code) != 0)
        return fault_set(fault, ERR_CONFIG, "this is the database of center %s, not of %s", found, code);
    return ERR_OK;
}

uint64_t store_identity_mix(uint64_t system, uint64_t own)
{
    uint64_t sum = system ^ (own + 0x9e3779b97f4a7c15u + (system << 6) + (system >> 2));
    sum = (sum ^ (sum >> 30)) * 0xbf58476d1ce4e5b9u;
    return sum ^ (sum >> 31);
}
