/* Learning the matrix: count every closed case at each of its five keys, then keep at each key the
 * departments that its cases, weighed together with those of the coarser keys, name first. */
#include "domain/route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FIRST_CAPACITY 1024

/* Cases of one key that ended at one department. */
struct tally {
    enum route_key key;
    char what[ITEM_SIZE];
    char area[CODE_SIZE];
    char department[DEPT_SIZE];
    char sub[ITEM_SIZE], class_code[ITEM_SIZE]; /* where the coarser keys are found */
    int32_t count;
};

struct tallies {
    size_t count, capacity;
    struct tally *list;
};

struct route_learner {
    struct tallies tallies; /* as they came; put together when full */
    int64_t cases;
    bool failed; /* memory ran out: no matrix */
};

/* The coarser keys that weigh in, from near to far; ROUTE_KEYS ends a list. */
static const enum route_key coarser[ROUTE_KEYS][ROUTE_KEYS] = {
    [ROUTE_ITEM_AREA] = {ROUTE_SUB_AREA, ROUTE_ITEM, ROUTE_SUB, ROUTE_CLASS, ROUTE_KEYS},
    [ROUTE_SUB_AREA] = {ROUTE_SUB, ROUTE_CLASS, ROUTE_KEYS},
    [ROUTE_ITEM] = {ROUTE_SUB, ROUTE_CLASS, ROUTE_KEYS},
    [ROUTE_SUB] = {ROUTE_CLASS, ROUTE_KEYS},
    [ROUTE_CLASS] = {ROUTE_KEYS},
};

struct route_learner *route_learner_new(void)
{
    return calloc(1, sizeof(struct route_learner));
}

void route_learner_free(struct route_learner **learner)
{
    if (!*learner)
        return;
    free((*learner)->tallies.list);
    free(*learner);
    *learner = NULL;
}

int64_t route_learner_cases(const struct route_learner *learner)
{
    return learner->cases;
}

static int compare_group(const struct tally *a, const struct tally *b)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    int order = strcmp(a->what, b->what);
    return order != 0 ? order : strcmp(a->area, b->area);
}

static int compare_tally(const void *a, const void *b)
{
    const struct tally *left = a, *right = b;
    int order = compare_group(left, right);
    return order != 0 ? order : strcmp(left->department, right->department);
}

/* Sorts, and makes one tally of equal ones. */
static void put_together(struct tallies *tallies)
{
    size_t kept = 0;
    if (tallies->count == 0)
        return;
    qsort(tallies->list, tallies->count, sizeof *tallies->list, compare_tally);
    for (size_t i = 1; i < tallies->count; i++) {
        if (compare_tally(&tallies->list[kept], &tallies->list[i]) == 0)
            tallies->list[kept].count += tallies->list[i].count;
        else
            tallies->list[++kept] = tallies->list[i];
    }
    tallies->count = kept + 1;
}

/* Room for `more`: puts together first, and grows only when that has not made half of it free. */
static bool make_room(struct tallies *tallies, size_t more)
{
    if (tallies->count + more <= tallies->capacity)
        return true;
    put_together(tallies);
    if (tallies->count + more <= tallies->capacity / 2)
        return true;

    size_t capacity = tallies->capacity == 0 ? FIRST_CAPACITY : 2 * tallies->capacity;
    struct tally *list = realloc(tallies->list, capacity * sizeof *list);
    if (!list)
        return false;
    tallies->list = list;
    tallies->capacity = capacity;
    return true;
}

static const char *key_code(const struct tally *tally, enum route_key key, const char *item)
{
    assert(key < ROUTE_KEYS);
    switch (key) {
    case ROUTE_ITEM_AREA:
    case ROUTE_ITEM:
        return item;
    case ROUTE_SUB_AREA:
    case ROUTE_SUB:
        return tally->sub;
    case ROUTE_CLASS:
        return tally->class_code;
    case ROUTE_KEYS:
        break;
    }
    return "";
}

static bool key_has_area(enum route_key key)
{
    return key == ROUTE_ITEM_AREA || key == ROUTE_SUB_AREA;
}

/* The tally `from`, seen from another of its keys. */
static struct tally at_key(const struct tally *from, enum route_key key, const char *item, const char *area)
{
    struct tally tally = *from;
    tally.key = key;
    text_put(tally.what, sizeof tally.what, key_code(from, key, item));
    text_put(tally.area, sizeof tally.area, key_has_area(key) ? area : "");
    return tally;
}

void route_learner_add(struct route_learner *learner, const struct catalogue *catalogue,
                       const struct item *item, const char *area_prefix, const char *department)
{
    struct tallies *tallies = &learner->tallies;
    struct tally tally = {.count = 1};

    if (!make_room(tallies, ROUTE_KEYS)) {
        learner->failed = true;
        return;
    }
    text_put(tally.department, sizeof tally.department, department);
    text_put(tally.sub, sizeof tally.sub, catalogue_sub_code(catalogue, item));
    text_put(tally.class_code, sizeof tally.class_code, catalogue_class_code(catalogue, item));
    learner->cases++;
    for (enum route_key key = ROUTE_ITEM_AREA; key < ROUTE_KEYS; key++)
        if (!key_has_area(key) || area_prefix[0] != '\0')
            tallies->list[tallies->count++] = at_key(&tally, key, item->code, area_prefix);
}

/* The tallies of one (key, what, area). */
struct group {
    const struct tally *first;
    size_t count;
    int64_t cases;
};

static struct group group_at(const struct tallies *tallies, const struct tally *wanted)
{
    size_t low = 0, high = tallies->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_group(&tallies->list[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    struct group group = {.first = &tallies->list[low]};
    for (; low < tallies->count && compare_group(&tallies->list[low], wanted) == 0; low++, group.count++)
        group.cases += tallies->list[low].count;
    return group;
}

static int32_t group_support(const struct group *group, const char *department)
{
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->first[i].department, department) == 0)
            return group->first[i].count;
    return 0;
}

/* A group with the groups that weigh in on it; the last is its class. */
struct chain {
    size_t count;
    struct group groups[ROUTE_KEYS];
};

static struct chain chain_of(const struct tallies *tallies, const struct tally *tally)
{
    struct chain chain = {.count = 1, .groups = {group_at(tallies, tally)}};
    for (const enum route_key *key = coarser[tally->key]; *key != ROUTE_KEYS; key++) {
        struct tally wanted = at_key(tally, *key, tally->what, tally->area);
        chain.groups[chain.count++] = group_at(tallies, &wanted);
    }
    return chain;
}

/* The share of a department, from coarse to fine: each key corrects what the coarser ones expect. */
static double weigh(const struct chain *chain, const char *department)
{
    double share = 0;
    for (size_t i = chain->count; i > 0; i--) {
        const struct group *group = &chain->groups[i - 1];
        share = (group_support(group, department) + ROUTE_COARSE_WEIGHT * share) /
                ((double)group->cases + ROUTE_COARSE_WEIGHT);
    }
    return share;
}

struct candidate {
    const struct tally *tally;
    double share;
};

static int compare_candidate(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    if (left->share > right->share || left->share < right->share)
        return left->share > right->share ? -1 : 1;
    if (left->tally->count != right->tally->count)
        return left->tally->count > right->tally->count ? -1 : 1;
    return strcmp(left->tally->department, right->tally->department);
}

/* The best share of a department that the class knows and this key does not name `least` times. */
static double best_elsewhere(const struct chain *chain, int32_t least)
{
    const struct group *all = &chain->groups[chain->count - 1];
    double best = 0;
    for (size_t i = 0; i < all->count; i++) {
        const char *department = all->first[i].department;
        double share = group_support(&chain->groups[0], department) < least ? weigh(chain, department) : 0;
        best = share > best ? share : best;
    }
    return best;
}

static struct route_row row_of(const struct tally *tally, uint8_t rank)
{
    struct route_row row = {.key = tally->key, .rank = rank, .support = tally->count};
    text_put(row.what, sizeof row.what, tally->what);
    text_put(row.area, sizeof row.area, tally->area);
    text_put(row.department, sizeof row.department, tally->department);
    return row;
}

/* What a matrix is made with. */
struct making {
    struct tallies tallies;
    struct candidate *candidates; /* room for the largest group */
    struct route_matrix *matrix;
    int32_t least;
    uint8_t depth;
};

static void make_rows(struct making *making, const struct chain *chain)
{
    const struct group *group = &chain->groups[0];
    double bar = best_elsewhere(chain, making->least);
    size_t count = 0;

    for (size_t i = 0; i < group->count; i++)
        if (group->first[i].count >= making->least)
            making->candidates[count++] =
                (struct candidate){&group->first[i], weigh(chain, group->first[i].department)};
    if (count > 1)
        qsort(making->candidates, count, sizeof *making->candidates, compare_candidate);
    for (size_t i = 0; i < count && i < making->depth && making->candidates[i].share >= bar; i++)
        making->matrix->rows[making->matrix->row_count++] = row_of(making->candidates[i].tally, (uint8_t)i);
}

static bool making_begin(struct making *making, const struct tallies *from)
{
    size_t count = from->count > 0 ? from->count : 1;
    making->tallies = (struct tallies){from->count, count, calloc(count, sizeof(struct tally))};
    making->candidates = calloc(count, sizeof *making->candidates);
    making->matrix = calloc(1, sizeof *making->matrix);
    if (making->matrix)
        making->matrix->rows = calloc(count, sizeof *making->matrix->rows);
    if (!making->tallies.list || !making->candidates || !making->matrix || !making->matrix->rows)
        return false;
    if (from->count > 0)
        memcpy(making->tallies.list, from->list, from->count * sizeof *from->list);
    put_together(&making->tallies);
    return true;
}

struct route_matrix *route_learner_matrix(const struct route_learner *learner, int32_t least, uint8_t depth)
{
    struct making making = {.least = least, .depth = depth};

    assert(least > 0 && depth > 0);
    if (learner->failed)
        return NULL;
    bool sound = making_begin(&making, &learner->tallies);
    for (size_t i = 0; sound && i < making.tallies.count;) {
        struct chain chain = chain_of(&making.tallies, &making.tallies.list[i]);
        make_rows(&making, &chain);
        i += chain.groups[0].count;
    }
    free(making.tallies.list);
    free(making.candidates);
    if (sound)
        return making.matrix;
    if (making.matrix)
        route_free(making.matrix);
    free(making.matrix);
    return NULL;
}
