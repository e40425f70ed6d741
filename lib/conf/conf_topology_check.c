/* Is it a tree, and is every area somebody's and nobody else's? */
#include "conf/conf_topology_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Says that `start` lies on a cycle, with the way round, and cuts it so that the rest can be checked. */
static void break_cycle(struct tree *tree, size_t start)
{
    char way[160] = "";
    size_t used = 0, at = start;
    do {
        int more = snprintf(way + used, sizeof way - used, "%s -> ", tree->entries[at].center.code);
        used = more > 0 && used + (size_t)more < sizeof way ? used + (size_t)more : used;
        at = (size_t)tree->entries[at].center.parent;
    } while (at != start);
    conf_error_at(tree->doc, tree->entries[start].parent_at, "a cycle: %s%s", way,
                  tree->entries[start].center.code);
    tree->entries[start].center.parent = -1;
}

#define UNKNOWN (-1)
#define ON_THE_WAY (-2)

/* Climbs from `from` over unmeasured ground and marks it. Where it stopped: a measured entry, one of this
 * very walk (a cycle), or -1 beyond a root. */
static int32_t climb(struct tree *tree, int32_t from, int32_t *steps)
{
    *steps = 0;
    while (from >= 0 && tree->entries[from].depth == UNKNOWN) {
        tree->entries[from].depth = ON_THE_WAY;
        from = tree->entries[from].center.parent;
        ++*steps;
    }
    return from;
}

static void forget_the_way(struct tree *tree, int32_t from)
{
    for (; from >= 0 && tree->entries[from].depth == ON_THE_WAY; from = tree->entries[from].center.parent)
        tree->entries[from].depth = UNKNOWN;
}

void conf_tree_measure(struct tree *tree)
{
    for (int32_t i = 0; i < (int32_t)tree->entry_count; i++) {
        int32_t steps;
        int32_t at = climb(tree, i, &steps);
        if (at >= 0 && tree->entries[at].depth == ON_THE_WAY) {
            forget_the_way(tree, i);
            break_cycle(tree, (size_t)at);
            at = climb(tree, i, &steps);
        }
        int32_t depth = (at >= 0 ? tree->entries[at].depth : -1) + steps;
        for (int32_t k = i; steps > 0; steps--, k = tree->entries[k].center.parent)
            tree->entries[k].depth = depth--;
    }
}

static void check_ranks(struct tree *tree)
{
    const struct tier *tiers = tree->topology->tiers;
    for (size_t i = 0; i < tree->entry_count; i++) {
        const struct entry *entry = &tree->entries[i];
        if (entry->center.parent < 0 || entry->tier < 0)
            continue;
        const struct entry *parent = &tree->entries[entry->center.parent];
        if (parent->tier >= 0 && tiers[entry->tier].rank <= tiers[parent->tier].rank)
            conf_error_at(tree->doc, entry->tier_at,
                          "tier '%s' does not stand below '%s', the tier of its parent '%s'",
                          tiers[entry->tier].name, tiers[parent->tier].name, parent->center.code);
    }
}

static void add_cover(struct tree *tree, size_t owner, const struct conf_node *at, const char *area)
{
    struct cover *cover = &tree->covers[tree->cover_count++];
    text_put(cover->area, sizeof cover->area, area);
    cover->at = at;
    cover->owner = owner;
    tree->entries[owner].center.cover_count++;
}

static bool is_area(const char *code)
{
    return code[0] && strspn(code, "0123456789") == strlen(code);
}

static void cover_own_code(struct tree *tree, size_t owner)
{
    const struct entry *entry = &tree->entries[owner];
    if (is_area(entry->center.code))
        add_cover(tree, owner, entry->code_at, entry->center.code);
    else if (entry->center.code[0])
        conf_error_at(tree->doc, entry->at, "'%s' is no area code: say with covers what it covers",
                      entry->center.code);
}

static void read_covers_of(struct tree *tree, size_t owner)
{
    const struct entry *entry = &tree->entries[owner];
    char area[CODE_SIZE];

    if (conf_shape(entry->covers_at) == CONF_LIST && conf_count(entry->covers_at) > COVERS_MAX) {
        conf_error_at(tree->doc, entry->covers_at, "covers more than %d areas", COVERS_MAX);
        return;
    }
    if (conf_shape(entry->covers_at) == CONF_LIST && conf_count(entry->covers_at) == 0)
        conf_error_at(tree->doc, entry->covers_at, "covers nothing");
    for (const struct conf_node *n = conf_list(tree->doc, entry->covers_at); n; n = conf_next(n)) {
        if (!conf_code(tree->doc, n, area, sizeof area))
            continue;
        if (is_area(area))
            add_cover(tree, owner, n, area);
        else
            conf_error_at(tree->doc, n, "'%s' is no area code", area);
    }
}

bool conf_tree_covers(struct tree *tree)
{
    size_t room = 1;
    for (size_t i = 0; i < tree->entry_count; i++)
        room += tree->entries[i].covers_at ? conf_count(tree->entries[i].covers_at) : 1;
    tree->covers = calloc(room, sizeof *tree->covers);
    if (!tree->covers)
        return false;
    for (size_t i = 0; i < tree->entry_count; i++) {
        tree->entries[i].first_cover = tree->cover_count;
        if (tree->entries[i].covers_at)
            read_covers_of(tree, i);
        else
            cover_own_code(tree, i);
    }
    return true;
}

static int by_tier_then_area(const void *a, const void *b, void *context)
{
    const struct entry *entries = context;
    const struct cover *x = a, *y = b;
    int32_t tx = entries[x->owner].tier, ty = entries[y->owner].tier;
    if (tx != ty)
        return tx < ty ? -1 : 1;
    int order = strcmp(x->area, y->area);
    if (order)
        return order;
    return (x->at > y->at) - (x->at < y->at);
}

/* Sorted by area, everything between an area and a part of it is a part of it too: one step back suffices. */
static bool check_overlaps(struct tree *tree)
{
    struct cover *sorted = malloc((tree->cover_count + 1) * sizeof *sorted);
    const struct cover *widest = NULL;

    if (!sorted)
        return false;
    memcpy(sorted, tree->covers, tree->cover_count * sizeof *sorted);
    qsort_r(sorted, tree->cover_count, sizeof *sorted, by_tier_then_area, tree->entries);
    for (size_t i = 0; i < tree->cover_count; i++) {
        const struct cover *cover = &sorted[i];
        bool inside = widest && tree->entries[widest->owner].tier == tree->entries[cover->owner].tier &&
                      text_has_prefix(cover->area, widest->area);
        if (inside)
            conf_error_at(tree->doc, cover->at, "area '%s' is covered by center '%s' already (line %u)",
                          cover->area, tree->entries[widest->owner].center.code, conf_line(widest->at));
        else
            widest = cover;
    }
    free(sorted);
    return true;
}

static bool covered_by(const struct tree *tree, const struct entry *entry, const char *area)
{
    for (size_t i = 0; i < entry->center.cover_count; i++)
        if (text_has_prefix(area, tree->covers[entry->first_cover + i].area))
            return true;
    return false;
}

static void check_inside_parent(struct tree *tree)
{
    for (size_t i = 0; i < tree->cover_count; i++) {
        const struct cover *cover = &tree->covers[i];
        int32_t parent = tree->entries[cover->owner].center.parent;
        if (parent >= 0 && !covered_by(tree, &tree->entries[parent], cover->area))
            conf_error_at(tree->doc, cover->at, "area '%s' does not lie in what the parent '%s' covers",
                          cover->area, tree->entries[parent].center.code);
    }
}

bool conf_tree_check(struct tree *tree)
{
    check_ranks(tree);
    check_inside_parent(tree);
    return check_overlaps(tree);
}
