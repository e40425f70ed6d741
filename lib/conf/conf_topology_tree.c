/* The centers of a topology file: read in any order, checked as a tree, laid down with parents first. */
#include "conf/conf_topology_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const struct conf_key center_keys[] = {
    CONF_NODE_KEY("code", struct entry, code_at, CONF_REQUIRED),
    CONF_TEXT_KEY("name", struct entry, center.name, CONF_REQUIRED),
    CONF_TEXT_KEY("name_en", struct entry, center.name_en, 0),
    CONF_NODE_KEY("tier", struct entry, tier_at, CONF_REQUIRED),
    CONF_NODE_KEY("parent", struct entry, parent_at, 0),
    CONF_NODE_KEY("covers", struct entry, covers_at, 0),
    CONF_INT_KEY("grids", struct entry, center.grids, 0, 0, CONF_GRIDS_MAX),
    CONF_DOUBLE_KEY("lon", struct entry, center.lon, 0, -180, 180),
    CONF_DOUBLE_KEY("lat", struct entry, center.lat, 0, -90, 90),
};

static void read_entries(struct tree *tree, const struct conf_node *list)
{
    struct entry *entry = tree->entries;
    for (const struct conf_node *n = conf_list(tree->doc, list); n; n = conf_next(n), entry++) {
        *entry = (struct entry){.at = n, .tier = -1, .depth = -1};
        entry->center.parent = -1;
        entry->center.lon = entry->center.lat = (double)NAN;
        conf_map(tree->doc, n, center_keys, sizeof center_keys / sizeof *center_keys, entry);
        if (isnan(entry->center.lon) != isnan(entry->center.lat))
            conf_error_at(tree->doc, n, "lon and lat go together");
        if (entry->code_at)
            conf_plain_code(tree->doc, entry->code_at, entry->center.code, sizeof entry->center.code);
        if (entry->tier_at)
            entry->tier = conf_find_tier(tree->doc, entry->tier_at, tree->topology);
        entry->center.tier = entry->tier < 0 ? 0 : (uint16_t)entry->tier;
    }
}

static int by_code_then_place(const void *a, const void *b, void *context)
{
    const struct entry *entries = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = strcmp(entries[x].center.code, entries[y].center.code);
    return order ? order : (x > y) - (x < y);
}

/* Sorts the codes and says which stand twice. An entry without a sound code has "" and is passed over. */
static void index_codes(struct tree *tree)
{
    for (size_t i = 0; i < tree->entry_count; i++)
        tree->by_code[i] = i;
    qsort_r(tree->by_code, tree->entry_count, sizeof *tree->by_code, by_code_then_place, tree->entries);
    for (size_t i = 1; i < tree->entry_count; i++) {
        const struct entry *first = &tree->entries[tree->by_code[i - 1]];
        const struct entry *second = &tree->entries[tree->by_code[i]];
        if (second->center.code[0] && strcmp(first->center.code, second->center.code) == 0)
            conf_error_at(tree->doc, second->code_at, "center '%s' stands twice (first in line %u)",
                          second->center.code, conf_line(first->at));
    }
}

static int32_t find_entry(const struct tree *tree, const char *code)
{
    size_t low = 0, high = tree->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(code, tree->entries[tree->by_code[middle]].center.code);
        if (order == 0)
            return (int32_t)tree->by_code[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

/* Ties every entry to its parent; there is exactly one without. */
static void resolve_parents(struct tree *tree)
{
    const struct entry *root = NULL;
    char code[CODE_SIZE];

    for (size_t i = 0; i < tree->entry_count; i++) {
        struct entry *entry = &tree->entries[i];
        if (!entry->parent_at && root)
            conf_error_at(tree->doc, entry->at, "a second root: '%s' in line %u has no parent either",
                          root->center.code, conf_line(root->at));
        else if (!entry->parent_at)
            root = entry;
        else if (conf_code(tree->doc, entry->parent_at, code, sizeof code)) {
            entry->center.parent = find_entry(tree, code);
            if (entry->center.parent < 0)
                conf_error_at(tree->doc, entry->parent_at, "parent '%s' does not exist", code);
        }
    }
    if (!root && tree->entry_count > 0)
        conf_error_at(tree->doc, tree->entries[0].at, "no root: every center has a parent");
}

static int by_depth_then_place(const void *a, const void *b, void *context)
{
    const struct entry *entries = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    if (entries[x].depth != entries[y].depth)
        return entries[x].depth < entries[y].depth ? -1 : 1;
    return (x > y) - (x < y);
}

/* Writes the entries as centers in the order by_code, with their covers in one block. */
static void write_centers(const struct tree *tree, const int32_t *place, char (*block)[CODE_SIZE])
{
    for (size_t i = 0; i < tree->entry_count; i++) {
        const struct entry *entry = &tree->entries[tree->by_code[i]];
        struct center *center = &tree->topology->centers[i];
        *center = entry->center;
        center->parent = center->parent < 0 ? -1 : place[center->parent];
        center->covers = block;
        for (size_t k = 0; k < center->cover_count; k++)
            text_put(*block++, CODE_SIZE, tree->covers[entry->first_cover + k].area);
    }
}

/* Lays the tree down, parents first; by_code becomes the order. */
static bool lay_down(struct tree *tree)
{
    size_t *order = tree->by_code;
    int32_t *place = calloc(tree->entry_count, sizeof *place);
    char(*block)[CODE_SIZE] = calloc(tree->cover_count + 1, sizeof *block);

    tree->topology->centers = calloc(tree->entry_count, sizeof *tree->topology->centers);
    if (!place || !block || !tree->topology->centers) {
        free(place);
        free(block);
        return false;
    }
    for (size_t i = 0; i < tree->entry_count; i++)
        order[i] = i;
    qsort_r(order, tree->entry_count, sizeof *order, by_depth_then_place, tree->entries);
    for (size_t i = 0; i < tree->entry_count; i++)
        place[order[i]] = (int32_t)i;
    write_centers(tree, place, block);
    tree->topology->center_count = tree->entry_count;
    free(place);
    return true;
}

static bool read_tree(struct tree *tree, const struct conf_node *list)
{
    read_entries(tree, list);
    index_codes(tree);
    resolve_parents(tree);
    conf_tree_measure(tree);
    return conf_tree_covers(tree) && conf_tree_check(tree) && lay_down(tree) &&
           topology_index(tree->topology) == ERR_OK;
}

bool conf_centers_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology)
{
    struct tree tree = {.doc = doc, .topology = topology};

    if (conf_shape(list) == CONF_LIST && conf_count(list) == 0)
        conf_error_at(doc, list, "there must be at least one center");
    if (!conf_list(doc, list))
        return true;
    tree.entries = conf_array(doc, list, CENTERS_MAX, sizeof *tree.entries, &tree.entry_count);
    if (!tree.entries)
        return true;
    tree.by_code = calloc(tree.entry_count, sizeof *tree.by_code);
    bool sound = tree.by_code && read_tree(&tree, list);
    free(tree.entries);
    free(tree.by_code);
    free(tree.covers);
    return sound;
}
