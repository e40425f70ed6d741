/* Reading the site file and holding it against the topology. */
#include "conf/conf_site.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/conf.h"

struct head {
    const struct conf_node *topology, *keys, *clock, *centers;
};

static const struct conf_key head_keys[] = {
    CONF_NODE_KEY("topology", struct head, topology, CONF_REQUIRED),
    CONF_NODE_KEY("keys", struct head, keys, CONF_REQUIRED),
    CONF_NODE_KEY("clock", struct head, clock, 0),
    CONF_NODE_KEY("centers", struct head, centers, CONF_REQUIRED),
};

#define SCALE_MAX 100000 /* a year in five minutes */

static const struct conf_key clock_keys[] = {
    CONF_INT_KEY("scale", struct clock_map, scale, CONF_REQUIRED, 1, SCALE_MAX),
    CONF_INT_KEY("real_origin_ms", struct clock_map, real_origin_ms, CONF_REQUIRED, 0, INT64_MAX / SCALE_MAX),
    CONF_INT_KEY("subject_origin_ms", struct clock_map, subject_origin_ms, CONF_REQUIRED, 0,
                 INT64_MAX / SCALE_MAX),
};

struct raw_center {
    char code[CODE_SIZE];
    const struct conf_node *listen, *parent_endpoint, *state;
    const char *database, *read_database;
};

static const struct conf_key center_keys[] = {
    CONF_CODE_KEY("code", struct raw_center, code, CONF_REQUIRED),
    CONF_NODE_KEY("listen", struct raw_center, listen, CONF_REQUIRED),
    CONF_STRING_KEY("database", struct raw_center, database, CONF_REQUIRED),
    CONF_STRING_KEY("read_database", struct raw_center, read_database, 0),
    CONF_NODE_KEY("state", struct raw_center, state, CONF_REQUIRED),
    CONF_NODE_KEY("parent_endpoint", struct raw_center, parent_endpoint, 0),
};

/* Texts of the site: the document's, and resolved paths of the states. */
static bool texts_init(struct conf_pool *pool, const struct conf_doc *doc, size_t centers)
{
    pool->used = 0;
    pool->size = conf_text_bytes(doc) + centers * PATH_SIZE;
    pool->bytes = malloc(pool->size);
    return pool->bytes != NULL;
}

/* tcp://HOST:PORT with a port of 1..65535, or ipc://PATH */
static bool is_endpoint(const char *text)
{
    if (strlen(text) >= ENDPOINT_SIZE)
        return false;
    if (text_has_prefix(text, "ipc://"))
        return text[6] == '/';
    const char *colon = strrchr(text, ':');
    if (!text_has_prefix(text, "tcp://") || colon < text + 7)
        return false;
    size_t digits = strspn(colon + 1, "0123456789");
    long port = digits > 0 && digits <= 5 && !colon[1 + digits] ? strtol(colon + 1, NULL, 10) : 0;
    return port >= 1 && port <= 65535;
}

static const char *read_endpoint(struct conf_doc *doc, const struct conf_node *node, struct conf_pool *pool)
{
    const char *text = "";
    if (!conf_string(doc, node, &text))
        return "";
    if (!is_endpoint(text)) {
        conf_error_at(doc, node, "'%.80s' is no endpoint: tcp://HOST:PORT or ipc:///PATH", text);
        return "";
    }
    return conf_pool_add(pool, text);
}

static void check_taken(struct conf_doc *doc, const struct conf_node *node, const struct site *site,
                        const struct site_center *center)
{
    for (size_t i = 0; i < site->center_count; i++) {
        const struct site_center *other = &site->centers[i];
        if (strcmp(other->code, center->code) == 0)
            conf_error_at(doc, node, "center '%s' stands twice (first in line %u)", center->code,
                          other->line);
        if (center->listen[0] && strcmp(other->listen, center->listen) == 0)
            conf_error_at(doc, node, "center '%s' listens where '%s' does: %s", center->code, other->code,
                          other->listen);
        if (strcmp(other->database, center->database) == 0)
            conf_error_at(doc, node, "center '%s' has the database of '%s': each needs its own", center->code,
                          other->code);
        if (strcmp(other->state, center->state) == 0)
            conf_error_at(doc, node, "center '%s' has the state folder of '%s'", center->code, other->code);
    }
}

static void read_center(struct conf_doc *doc, const struct conf_node *node, struct site *site,
                        struct conf_pool *pool)
{
    struct raw_center raw = {.code = ""};
    char state[PATH_SIZE];

    if (!conf_map(doc, node, center_keys, sizeof center_keys / sizeof *center_keys, &raw))
        return;
    struct site_center center = {.line = conf_line(node)};
    text_put(center.code, sizeof center.code, raw.code);
    center.listen = read_endpoint(doc, raw.listen, pool);
    center.parent_endpoint = raw.parent_endpoint ? read_endpoint(doc, raw.parent_endpoint, pool) : "";
    center.database = conf_pool_add(pool, raw.database);
    center.read_database = raw.read_database ? conf_pool_add(pool, raw.read_database) : center.database;
    if (!conf_resolve(doc, raw.state, state))
        return;
    center.state = conf_pool_add(pool, state);
    check_taken(doc, node, site, &center);
    site->centers[site->center_count++] = center;
}

static bool read_centers(struct conf_doc *doc, const struct conf_node *list, struct site *site)
{
    struct conf_pool pool;
    size_t count;

    if (conf_shape(list) == CONF_LIST && conf_count(list) == 0)
        conf_error_at(doc, list, "there must be at least one center");
    const struct conf_node *first = conf_list(doc, list);
    if (!first)
        return true;
    site->centers = conf_array(doc, list, CENTERS_MAX, sizeof *site->centers, &count);
    if (!site->centers)
        return true;
    if (!texts_init(&pool, doc, count))
        return false;
    site->texts = pool.bytes;
    for (const struct conf_node *n = first; n; n = conf_next(n))
        read_center(doc, n, site, &pool);
    return true;
}

static bool read_site(struct conf_doc *doc, struct site *site)
{
    struct head head = {0};

    site->clock = clock_map_real();
    if (text_copy(site->path, sizeof site->path, conf_path(doc)) != ERR_OK)
        conf_error_at(doc, NULL, "the path of the file is too long");
    if (!conf_map(doc, conf_root(doc), head_keys, sizeof head_keys / sizeof *head_keys, &head) &&
        !head.centers)
        return true;
    if (head.topology)
        conf_resolve(doc, head.topology, site->topology);
    if (head.keys)
        conf_resolve(doc, head.keys, site->keys);
    if (head.clock)
        site->exercise =
            conf_map(doc, head.clock, clock_keys, sizeof clock_keys / sizeof *clock_keys, &site->clock);
    return read_centers(doc, head.centers, site);
}

enum err conf_site_read(struct conf_doc *doc, struct site **site)
{
    size_t before = conf_error_count(doc);
    struct site *fresh = calloc(1, sizeof *fresh);
    enum err result = ERR_MEMORY;

    *site = NULL;
    if (fresh && read_site(doc, fresh))
        result = conf_error_count(doc) == before ? ERR_OK : ERR_CONFIG;
    if (result == ERR_OK)
        *site = fresh;
    else
        conf_site_free(&fresh);
    return result;
}

enum err conf_site_load(const char *path, struct conf_errors *errors, struct site **site)
{
    struct conf_doc *doc;
    size_t before = errors->count;

    *site = NULL;
    enum err result = conf_read_file(path, errors, &doc);
    if (result != ERR_OK)
        return result;
    result = conf_site_read(doc, site);
    conf_doc_free(&doc);
    if (result == ERR_OK && errors->count != before) { /* a key twice, said while reading */
        conf_site_free(site);
        return ERR_CONFIG;
    }
    return result;
}

void conf_site_free(struct site **site)
{
    if (!*site)
        return;
    free((*site)->centers);
    free((*site)->texts);
    free(*site);
    *site = NULL;
}

/* A word about a center of the site, at its line. */
struct remark {
    struct conf_errors *errors;
    struct conf_error where;
    const char *path;
};

static void say(const struct remark *remark, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void say(const struct remark *remark, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    conf_errors_add(remark->errors, &remark->where, remark->path, fmt, args);
    va_end(args);
}

enum err conf_site_match(const struct site *site, const struct topology *topology, struct conf_errors *errors)
{
    struct remark remark = {.errors = errors, .where.file = conf_errors_file(errors), .path = site->path};
    size_t before = errors->count;

    remark.where.column = 1;
    for (size_t i = 0; i < site->center_count; i++) {
        const struct site_center *center = &site->centers[i];
        int32_t index = topology_center(topology, center->code);
        int32_t parent = index < 0 ? -1 : topology->centers[index].parent;
        bool told = center->parent_endpoint[0] != '\0';
        remark.where.line = center->line;
        if (index < 0)
            say(&remark, "there is no center '%s' in the topology", center->code);
        else if (parent < 0 && told)
            say(&remark, "center '%s' is the root and has no parent to call", center->code);
        else if (parent >= 0 && !told && !site_center(site, topology->centers[parent].code))
            say(&remark, "center '%s' needs parent_endpoint: its parent '%s' does not run here", center->code,
                topology->centers[parent].code);
    }
    return errors->count == before ? ERR_OK : ERR_CONFIG;
}

const struct site_center *site_center(const struct site *site, const char *code)
{
    for (size_t i = 0; i < site->center_count; i++)
        if (strcmp(site->centers[i].code, code) == 0)
            return &site->centers[i];
    return NULL;
}

const char *site_parent_endpoint(const struct site *site, const struct topology *topology, const char *code)
{
    const struct site_center *center = site_center(site, code);
    int32_t index = topology_center(topology, code);
    int32_t parent = index < 0 ? -1 : topology->centers[index].parent;

    if (!center || parent < 0)
        return NULL;
    if (center->parent_endpoint[0])
        return center->parent_endpoint;
    const struct site_center *above = site_center(site, topology->centers[parent].code);
    return above ? above->listen : NULL;
}
