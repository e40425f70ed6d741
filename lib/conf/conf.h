/* Configuration by key tables. A reader declares what a map may hold; conf_map fills the struct and says
 * everything that is wrong with file:line:column: unknown keys (with the nearest known one), wrong types,
 * ranges, missing keys.
 *
 *     static const struct conf_key keys[] = {
 *         CONF_CODE_KEY("code", struct tier, name, CONF_REQUIRED),
 *         CONF_INT_KEY("rank", struct tier, rank, CONF_REQUIRED, 0, 100),
 *         CONF_NODE_KEY("staff", struct raw, staff, 0),           // walked by the reader itself
 *     };
 *     struct tier tier = {.rank = 1};                             // what a missing key leaves
 *     bool sound = conf_map(doc, node, keys, sizeof keys / sizeof *keys, &tier);
 */
#ifndef SANJI_CONF_H
#define SANJI_CONF_H

#include "base/limits.h"
#include "conf/conf_doc.h"
#include "domain/calendar.h"

enum conf_kind {
    CONF_TEXT,   /* char[]: any UTF-8 that fits */
    CONF_CODE,   /* char[]: [A-Za-z0-9._@-] that fits */
    CONF_STRING, /* const char *: borrowed from the document; copy it before the document is freed */
    CONF_INT,    /* an integer of 1, 2, 4 or 8 bytes; min..max decide the sign */
    CONF_BOOL,   /* bool: true or false */
    CONF_ENUM,   /* an enum (4 bytes): one of `names` */
    CONF_DOUBLE, /* double, min..max */
    CONF_SPAN, /* struct span: "4 work-hours", "30 urgent-minutes", "3 work-days", "5 natural-days", "none" */
    CONF_TIME, /* int64_t, ms UTC: "2018-02-08T14:00+08:00"; without a zone UTC */
    CONF_NODE  /* const struct conf_node *: a list or map that the reader walks; borrowed */
};

#define CONF_REQUIRED 1u

struct conf_name {
    const char *name; /* NULL ends a table */
    int value;
};

struct conf_key {
    const char *name;
    enum conf_kind kind;
    unsigned flags;
    size_t offset, size; /* of the member */
    int64_t min, max;
    const struct conf_name *names;
};

#define CONF_ROW(key, kind, flags, type, member, bytes, min, max, names)                                     \
    {                                                                                                        \
        key, kind, flags, offsetof(type, member), bytes, min, max, names                                     \
    }
#define CONF_PLAIN(key, kind, flags, type, member)                                                           \
    CONF_ROW(key, kind, flags, type, member, sizeof(((type *)0)->member), 0, 0, NULL)
#define CONF_TEXT_KEY(key, type, member, flags) CONF_PLAIN(key, CONF_TEXT, flags, type, member)
#define CONF_CODE_KEY(key, type, member, flags) CONF_PLAIN(key, CONF_CODE, flags, type, member)
#define CONF_BOOL_KEY(key, type, member, flags) CONF_PLAIN(key, CONF_BOOL, flags, type, member)
#define CONF_SPAN_KEY(key, type, member, flags) CONF_PLAIN(key, CONF_SPAN, flags, type, member)
#define CONF_TIME_KEY(key, type, member, flags) CONF_PLAIN(key, CONF_TIME, flags, type, member)
#define CONF_STRING_KEY(key, type, member, flags)                                                            \
    CONF_ROW(key, CONF_STRING, flags, type, member, sizeof(char *), 0, 0, NULL)
#define CONF_NODE_KEY(key, type, member, flags)                                                              \
    CONF_ROW(key, CONF_NODE, flags, type, member, sizeof(void *), 0, 0, NULL)
#define CONF_INT_KEY(key, type, member, flags, min, max)                                                     \
    CONF_ROW(key, CONF_INT, flags, type, member, sizeof(((type *)0)->member), min, max, NULL)
#define CONF_DOUBLE_KEY(key, type, member, flags, min, max)                                                  \
    CONF_ROW(key, CONF_DOUBLE, flags, type, member, sizeof(((type *)0)->member), min, max, NULL)
#define CONF_ENUM_KEY(key, type, member, flags, names)                                                       \
    CONF_ROW(key, CONF_ENUM, flags, type, member, sizeof(((type *)0)->member), 0, 0, names)
#define CONF_KEYS_MAX 64 /* rows of one table */

/* Reads the map `node` into *target by `count` rows; what is absent or wrong leaves its member alone. False
 * when anything in this map was wrong (all of it has been said). */
bool conf_map(struct conf_doc *doc, const struct conf_node *node, const struct conf_key *keys, size_t count,
              void *target);

/* One scalar each; false after saying what is wrong, with the output left alone. */
bool conf_text(struct conf_doc *doc, const struct conf_node *node, char *out, size_t size);
bool conf_code(struct conf_doc *doc, const struct conf_node *node, char *out, size_t size);
bool conf_string(struct conf_doc *doc, const struct conf_node *node, const char **out);
bool conf_int(struct conf_doc *doc, const struct conf_node *node, int64_t min, int64_t max, int64_t *out);
bool conf_bool(struct conf_doc *doc, const struct conf_node *node, bool *out);
bool conf_enum(struct conf_doc *doc, const struct conf_node *node, const struct conf_name *names, int *out);
bool conf_double(struct conf_doc *doc, const struct conf_node *node, double min, double max, double *out);
bool conf_span(struct conf_doc *doc, const struct conf_node *node, struct span *out);
bool conf_time(struct conf_doc *doc, const struct conf_node *node, int offset_minutes, int64_t *out);

/* A zeroed array for the elements of a list or the pairs of a map; the caller frees it. NULL with *count 0
 * when the node is NULL or empty, or after a complaint when it is a scalar or has more than `max`. */
void *conf_array(struct conf_doc *doc, const struct conf_node *node, size_t max, size_t element_bytes,
                 size_t *count);
/* A path as the file means it: absolute, or relative to the folder of the file. False when it is too long. */
bool conf_resolve(struct conf_doc *doc, const struct conf_node *node, char out[PATH_SIZE]);
/* The entry of `names` nearest to `word`, NULL when none is near; for hints. `names` ends with NULL. */
const char *conf_nearest(const char *word, const char *const *names);

/* Texts that outlive the document, in one block of at most conf_text_bytes. */
struct conf_pool {
    char *bytes; /* free() it when the texts are no longer needed */
    size_t used, size;
};
/* False after a complaint when memory is out. */
bool conf_pool_init(struct conf_pool *pool, struct conf_doc *doc);
/* A copy that stays where it is. Each scalar of the document may be added once. */
const char *conf_pool_add(struct conf_pool *pool, const char *text);

#endif
