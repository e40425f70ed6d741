/* The head of the topology file, its tiers, and the order in which the parts are read. */
#include "conf/conf_topology.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/conf_topology_private.h"

struct head {
    char name[NAME_SIZE];
    int32_t version;
    const struct conf_node *assumptions, *use, *tiers, *staff, *departments, *centers, *persons;
    const struct conf_node *unit_types, *units, *named_units;
};

static const struct conf_key head_keys[] = {
    CONF_TEXT_KEY("name", struct head, name, CONF_REQUIRED),
    CONF_INT_KEY("version", struct head, version, CONF_REQUIRED, 1, INT32_MAX),
    CONF_NODE_KEY("assumptions", struct head, assumptions, 0),
    CONF_NODE_KEY("use", struct head, use, 0),
    CONF_NODE_KEY("tiers", struct head, tiers, CONF_REQUIRED),
    CONF_NODE_KEY("staff", struct head, staff, 0),
    CONF_NODE_KEY("departments", struct head, departments, 0),
    CONF_NODE_KEY("centers", struct head, centers, CONF_REQUIRED),
    CONF_NODE_KEY("persons", struct head, persons, 0),
    CONF_NODE_KEY("unit_types", struct head, unit_types, 0),
    CONF_NODE_KEY("units", struct head, units, 0),
    CONF_NODE_KEY("named_units", struct head, named_units, 0),
};

static const struct conf_key tier_keys[] = {
    CONF_CODE_KEY("name", struct tier, name, CONF_REQUIRED),
    CONF_TEXT_KEY("zh", struct tier, zh, CONF_REQUIRED),
    CONF_INT_KEY("rank", struct tier, rank, CONF_REQUIRED, 0, 1000),
};

struct use_nodes {
    const struct conf_node *catalogue, *matrix, *calendar, *policy, *response;
};

static const struct conf_key use_keys[] = {
    CONF_NODE_KEY("catalogue", struct use_nodes, catalogue, 0),
    CONF_NODE_KEY("matrix", struct use_nodes, matrix, 0),
    CONF_NODE_KEY("calendar", struct use_nodes, calendar, 0),
    CONF_NODE_KEY("policy", struct use_nodes, policy, 0),
    CONF_NODE_KEY("response", struct use_nodes, response, 0),
};

static void read_use(struct conf_doc *doc, const struct conf_node *node, struct conf_topology_use *use)
{
    struct use_nodes nodes = {0};
    struct conf_topology_use found = {0};

    if (node && conf_map(doc, node, use_keys, sizeof use_keys / sizeof *use_keys, &nodes)) {
        if (nodes.catalogue)
            conf_resolve(doc, nodes.catalogue, found.catalogue);
        if (nodes.matrix)
            conf_resolve(doc, nodes.matrix, found.matrix);
        if (nodes.calendar)
            conf_resolve(doc, nodes.calendar, found.calendar);
        if (nodes.policy)
            conf_resolve(doc, nodes.policy, found.policy);
        if (nodes.response)
            conf_resolve(doc, nodes.response, found.response);
    }
    if (use)
        *use = found;
}

/* Assumptions are for people, but a list of sentences all the same. */
static void read_assumptions(struct conf_doc *doc, const struct conf_node *node)
{
    const char *sentence;
    if (!node)
        return;
    for (const struct conf_node *n = conf_list(doc, node); n; n = conf_next(n))
        conf_string(doc, n, &sentence);
}

static void check_tier(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology,
                       const struct tier *tier)
{
    for (size_t i = 0; i < topology->tier_count; i++) {
        if (strcmp(topology->tiers[i].name, tier->name) == 0)
            conf_error_at(doc, node, "tier '%s' stands twice", tier->name);
        else if (topology->tiers[i].rank == tier->rank)
            conf_error_at(doc, node, "tier '%s' has the rank of '%s'", tier->name, topology->tiers[i].name);
    }
}

static void read_tiers(struct conf_doc *doc, const struct conf_node *list, struct topology *topology)
{
    for (const struct conf_node *n = conf_list(doc, list); n; n = conf_next(n)) {
        struct tier tier = {.name = ""};
        if (topology->tier_count == TIERS_MAX) {
            conf_error_at(doc, n, "more than %d tiers", TIERS_MAX);
            return;
        }
        if (!conf_map(doc, n, tier_keys, sizeof tier_keys / sizeof *tier_keys, &tier))
            continue;
        check_tier(doc, n, topology, &tier);
        topology->tiers[topology->tier_count++] = tier;
    }
}

int32_t conf_find_tier(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology)
{
    const char *names[TIERS_MAX + 1] = {NULL};
    char name[POST_SIZE];

    if (!conf_code(doc, node, name, sizeof name))
        return -1;
    for (size_t i = 0; i < topology->tier_count; i++) {
        if (strcmp(topology->tiers[i].name, name) == 0)
            return (int32_t)i;
        names[i] = topology->tiers[i].name;
    }
    const char *near = conf_nearest(name, names);
    conf_error_at(doc, node, near ? "unknown tier '%s'; did you mean '%s'?" : "unknown tier '%s'", name,
                  near);
    return -1;
}

int32_t conf_find_center(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology)
{
    char code[CODE_SIZE];
    if (!conf_code(doc, node, code, sizeof code))
        return -1;
    int32_t center = topology_center(topology, code);
    if (center < 0)
        conf_error_at(doc, node, "there is no center '%s'", code);
    return center;
}

bool conf_plain_code(struct conf_doc *doc, const struct conf_node *node, char *out, size_t size)
{
    if (!conf_code(doc, node, out, size))
        return false;
    if (!strpbrk(out, ".@"))
        return true;
    conf_error_at(doc, node, "'%s' may not hold a dot or an at sign: user names and targets are made of it",
                  out);
    out[0] = '\0';
    return false;
}

static bool read_parts(struct conf_doc *doc, const struct head *head, struct topology *topology)
{
    text_put(topology->name, sizeof topology->name, head->name);
    topology->version = head->version;
    if (head->assumptions)
        read_assumptions(doc, head->assumptions);
    if (head->tiers)
        read_tiers(doc, head->tiers, topology);
    bool going = (!head->centers || conf_centers_read(doc, head->centers, topology)) &&
                 (!head->staff || conf_staff_read(doc, head->staff, topology)) &&
                 (!head->departments || conf_departments_read(doc, head->departments, topology)) &&
                 (!head->persons || conf_persons_read(doc, head->persons, topology)) &&
                 (!head->unit_types || conf_unit_types_read(doc, head->unit_types, topology)) &&
                 (!head->units || conf_units_read(doc, head->units, topology)) &&
                 (!head->named_units || conf_named_units_read(doc, head->named_units, topology));
    if (going && (head->units || head->named_units))
        conf_sheets_check(doc, head->units ? head->units : head->named_units, topology);
    return going;
}

enum err conf_topology_read(struct conf_doc *doc, struct topology **topology, struct conf_topology_use *use)
{
    size_t before = conf_error_count(doc);
    struct head head = {.name = ""};
    struct topology *fresh = calloc(1, sizeof *fresh);
    enum err result = ERR_MEMORY;

    *topology = NULL;
    if (!fresh)
        return ERR_MEMORY;
    conf_map(doc, conf_root(doc), head_keys, sizeof head_keys / sizeof *head_keys, &head);
    read_use(doc, head.use, use);
    if (read_parts(doc, &head, fresh))
        result = conf_error_count(doc) == before ? ERR_OK : ERR_CONFIG;
    if (result != ERR_OK) {
        topology_free(fresh);
        return result;
    }
    *topology = fresh;
    return ERR_OK;
}

enum err conf_topology_load(const char *path, struct conf_errors *errors, struct topology **topology,
                            struct conf_topology_use *use)
{
    struct conf_doc *doc;
    size_t before = errors->count;

    *topology = NULL;
    enum err result = conf_read_file(path, errors, &doc);
    if (result != ERR_OK)
        return result;
    result = conf_topology_read(doc, topology, use);
    conf_doc_free(&doc);
    if (result == ERR_OK && errors->count != before) { /* a key twice, said while reading */
        topology_free(*topology);
        *topology = NULL;
        return ERR_CONFIG;
    }
    return result;
}
