/* Choosing a department: the rows lie in order, each key and area is one binary search. */
#include "domain/route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool with_area;
} keys[ROUTE_KEYS] = {
    [ROUTE_ITEM_AREA] = {"item_area", true}, [ROUTE_SUB_AREA] = {"sub_area", true},
    [ROUTE_ITEM] = {"item", false},          [ROUTE_SUB] = {"sub", false},
    [ROUTE_CLASS] = {"class", false},
};

void route_free(struct route_matrix *matrix)
{
    free(matrix->rows);
    *matrix = (struct route_matrix){0};
}

const char *route_key_name(enum route_key key)
{
    return keys[key].name;
}

static int compare_key(const struct route_row *row, enum route_key key, const char *what, const char *area)
{
    if (row->key != key)
        return row->key < key ? -1 : 1;
    int order = strcmp(row->what, what);
    return order != 0 ? order : strcmp(row->area, area);
}

static int compare_row(const void *a, const void *b)
{
    const struct route_row *left = a, *right = b;
    int order = compare_key(left, right->key, right->what, right->area);
    if (order != 0)
        return order;
    return (left->rank > right->rank) - (left->rank < right->rank);
}

void route_sort(struct route_matrix *matrix)
{
    if (matrix->row_count > 1)
        qsort(matrix->rows, matrix->row_count, sizeof *matrix->rows, compare_row);
}

/* The first row that is not before (key, what, area). */
static size_t first_row(const struct route_matrix *matrix, enum route_key key, const char *what,
                        const char *area)
{
    size_t low = 0, high = matrix->row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_key(&matrix->rows[middle], key, what, area) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool already_chosen(const struct route_choice *choices, size_t count, const char *department)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(choices[i].department, department) == 0)
            return true;
    return false;
}

/* What the choice is being made for, and how far it has come. */
struct choosing {
    const struct route_matrix *matrix;
    struct route_choice *choices;
    size_t count, max;
};

static void choose_rows(struct choosing *choosing, enum route_key key, const char *what, const char *area)
{
    const struct route_matrix *matrix = choosing->matrix;
    for (size_t i = first_row(matrix, key, what, area); i < matrix->row_count; i++) {
        const struct route_row *row = &matrix->rows[i];
        if (choosing->count == choosing->max || compare_key(row, key, what, area) != 0)
            return;
        if (already_chosen(choosing->choices, choosing->count, row->department))
            continue;
        struct route_choice *choice = &choosing->choices[choosing->count++];
        *choice = (struct route_choice){.key = row->key, .support = row->support, .row = row};
        memcpy(choice->department, row->department, sizeof choice->department);
    }
}

/* The longest prefix first: a community's own row wins over its street's. */
static void choose_areas(struct choosing *choosing, enum route_key key, const char *what, const char *area)
{
    char prefix[CODE_SIZE];
    size_t length = strlen(area);
    assert(length < sizeof prefix);
    memcpy(prefix, area, length + 1);
    for (; length > 0; length--) {
        prefix[length] = '\0';
        choose_rows(choosing, key, what, prefix);
    }
}

static const char *code_for(enum route_key key, const struct catalogue *catalogue, const struct item *item)
{
    assert(key < ROUTE_KEYS);
    switch (key) {
    case ROUTE_ITEM_AREA:
    case ROUTE_ITEM:
        return item->code;
    case ROUTE_SUB_AREA:
    case ROUTE_SUB:
        return catalogue_sub_code(catalogue, item);
    case ROUTE_CLASS:
        return catalogue_class_code(catalogue, item);
    case ROUTE_KEYS:
        break;
    }
    return "";
}

size_t route_choose(const struct route_matrix *matrix, const struct catalogue *catalogue,
                    const struct item *item, const char *area, struct route_choice *choices, size_t max)
{
    struct choosing choosing = {.matrix = matrix, .choices = choices, .max = max};
    for (enum route_key key = ROUTE_ITEM_AREA; key < ROUTE_KEYS; key++) {
        const char *what = code_for(key, catalogue, item);
        if (keys[key].with_area)
            choose_areas(&choosing, key, what, area);
        else
            choose_rows(&choosing, key, what, "");
    }
    return choosing.count;
}

bool route_has(const struct route_matrix *matrix, const struct catalogue *catalogue, const struct item *item)
{
    for (enum route_key key = ROUTE_ITEM_AREA; key < ROUTE_KEYS; key++) {
        const char *what = code_for(key, catalogue, item);
        size_t at = first_row(matrix, key, what, "");
        if (at < matrix->row_count && matrix->rows[at].key == key && strcmp(matrix->rows[at].what, what) == 0)
            return true;
    }
    return false;
}

/* How many rows of that key the matrix has; *named says whether one of them is the department's. */
static size_t count_rows(const struct route_matrix *matrix, const struct route_row *like, bool *named)
{
    size_t first = first_row(matrix, like->key, like->what, like->area), count = 0;
    *named = false;
    for (; first + count < matrix->row_count; count++) {
        const struct route_row *row = &matrix->rows[first + count];
        if (compare_key(row, like->key, like->what, like->area) != 0)
            break;
        *named = *named || strcmp(row->department, like->department) == 0;
    }
    return count;
}

struct route_matrix *route_merge(const struct route_matrix *upper, const struct route_matrix *lower)
{
    struct route_matrix *merged = calloc(1, sizeof *merged);
    size_t most = upper->row_count + lower->row_count;
    struct route_row *rows = merged ? calloc(most > 0 ? most : 1, sizeof *rows) : NULL;

    if (!rows) {
        free(merged);
        return NULL;
    }
    *merged = (struct route_matrix){.version = upper->version, .row_count = upper->row_count, .rows = rows};
    if (upper->row_count > 0)
        memcpy(rows, upper->rows, upper->row_count * sizeof *rows);
    for (size_t i = 0; i < lower->row_count; i++) {
        bool named;
        struct route_row row = lower->rows[i];
        size_t rank = row.rank + count_rows(upper, &row, &named);
        row.rank = (uint8_t)(rank < UINT8_MAX ? rank : UINT8_MAX);
        if (!named)
            rows[merged->row_count++] = row;
    }
    route_sort(merged);
    return merged;
}
