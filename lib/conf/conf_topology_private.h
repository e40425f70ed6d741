/* The parts of the topology reader, shared among its files. Each returns false only when memory is out; what
 * is wrong in the file goes to the document's errors and reading goes on as far as it makes sense. */
#ifndef SANJI_CONF_TOPOLOGY_PRIVATE_H
#define SANJI_CONF_TOPOLOGY_PRIVATE_H

#include "conf/conf_topology.h"

/* Reads the list of centers, checks the tree and fills centers, covers and indexes. Tiers must be there. */
bool conf_centers_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology);
/* Reads staff rules, departments and named persons; centers must be indexed. Each node may be NULL. */
bool conf_staff_read(struct conf_doc *doc, const struct conf_node *map, struct topology *topology);
bool conf_departments_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology);
bool conf_persons_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology);
/* Reads unit types, how many units each center of a tier has, and units by name: in this order, when
 * departments are there. */
bool conf_unit_types_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology);
bool conf_units_read(struct conf_doc *doc, const struct conf_node *map, struct topology *topology);
bool conf_named_units_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology);
/* Says at `node` which centers have more recipients than one sheet can list. */
void conf_sheets_check(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology);

/* A center as the file has it. */
struct entry {
    struct center center; /* parent: index into entries; covers unset */
    const struct conf_node *at, *code_at, *tier_at, *parent_at, *covers_at;
    size_t first_cover; /* into the tree's covers */
    int32_t tier;       /* -1 unknown */
    int32_t depth;      /* under its root; -1 not measured yet */
};

struct cover {
    char area[CODE_SIZE];
    const struct conf_node *at;
    size_t owner; /* entry */
};

struct tree {
    struct conf_doc *doc;
    struct topology *topology;
    struct entry *entries;
    size_t entry_count;
    struct cover *covers; /* by entry */
    size_t cover_count;
    size_t *by_code; /* entries, ascending by code */
};

/* Depth of every entry under its root; a cycle is said and cut, so that the rest can be checked. */
void conf_tree_measure(struct tree *tree);
/* Reads what each entry covers: its own code unless `covers` says otherwise. */
bool conf_tree_covers(struct tree *tree);
/* Ranks fall from parent to child; no two centers of a tier cover one area; a child's areas lie in its
 * parent's. */
bool conf_tree_check(struct tree *tree);

/* The index of the tier or center that a scalar names; -1 after saying that there is none. */
int32_t conf_find_tier(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology);
int32_t conf_find_center(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology);
/* A code that may stand in "department@center" and in a dotted user name: no dot and no at sign. */
bool conf_plain_code(struct conf_doc *doc, const struct conf_node *node, char *out, size_t size);

#endif
