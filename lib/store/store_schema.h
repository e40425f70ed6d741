/* The schema as a numbered list of migrations, inside the binary. A migration once released is never edited:
 * the database remembers its checksum, and a daemon refuses a database whose history is another. */
#ifndef SANJI_STORE_SCHEMA_H
#define SANJI_STORE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

struct store_migration {
    int32_t version; /* 1, 2, 3 ... */
    const char *name;
    size_t statement_count;
    const char *const *statements;
};

size_t store_schema_count(void);
const struct store_migration *store_schema_migration(size_t index);
/* The version that this program speaks. */
int32_t store_schema_version(void);
/* Of one migration's text. */
int64_t store_schema_checksum(const struct store_migration *migration);
/* Of all of them: names the template database. */
uint64_t store_schema_digest(void);

/* What the migrations are made of. */
extern const struct store_migration store_schema_1;
extern const struct store_migration store_schema_2;

/* Events of a case and its key may be looked up under these names by operators, too; the sizes are part of
 * the schema: a partition of the journal holds this many lsns. */
#define STORE_JOURNAL_PARTITION 1000000

#endif
