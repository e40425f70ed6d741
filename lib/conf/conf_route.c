/* Reads the matrix file: each line of it is one row of the matrix for each department that it names. */
#include "conf/conf_route.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

#define ROWS_MAX 65536 /* a learned matrix of a city */
#define DEPTH_MAX 16   /* departments of one line */
#define SUPPORT_MAX 1000000000

struct raw_file {
    int32_t version;
    const struct conf_node *routes;
};

static const struct conf_key file_keys[] = {
    CONF_INT_KEY("version", struct raw_file, version, CONF_REQUIRED, 1, INT32_MAX),
    CONF_NODE_KEY("routes", struct raw_file, routes, CONF_REQUIRED),
};

struct raw_route {
    char item[ITEM_SIZE], sub[ITEM_SIZE], class[ITEM_SIZE];
    char area[CODE_SIZE];
    const struct conf_node *to, *support, *assist;
};

static const struct conf_key route_keys[] = {
    CONF_CODE_KEY("item", struct raw_route, item, 0),
    CONF_CODE_KEY("sub", struct raw_route, sub, 0),
    CONF_CODE_KEY("class", struct raw_route, class, 0),
    CONF_CODE_KEY("area", struct raw_route, area, 0),
    CONF_NODE_KEY("to", struct raw_route, to, CONF_REQUIRED),
    CONF_NODE_KEY("support", struct raw_route, support, 0),
    CONF_NODE_KEY("assist", struct raw_route, assist, 0),
};

struct placed_row {
    struct route_row row;
    const struct conf_node *node;
};

struct reading {
    struct conf_doc *doc;
    const struct catalogue *catalogue;
    const struct topology *topology;
    struct placed_row *rows;
    size_t count, room;
};

static bool class_exists(const struct catalogue_class *list, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].code, code) == 0)
            return true;
    return false;
}

static bool check_what(struct reading *reading, const struct conf_node *node, const struct route_row *row)
{
    const struct catalogue *catalogue = reading->catalogue;
    if (!catalogue)
        return true;
    switch (row->key) {
    case ROUTE_ITEM_AREA:
    case ROUTE_ITEM:
        return catalogue_item(catalogue, row->what) ||
               conf_error_at(reading->doc, node, "the catalogue has no item '%s'", row->what);
    case ROUTE_SUB_AREA:
    case ROUTE_SUB:
        return class_exists(catalogue->subs, catalogue->sub_count, row->what) ||
               conf_error_at(reading->doc, node, "the catalogue has no sub-class '%s'", row->what);
    case ROUTE_CLASS:
    case ROUTE_KEYS:
        break;
    }
    return class_exists(catalogue->classes, catalogue->class_count, row->what) ||
           conf_error_at(reading->doc, node, "the catalogue has no class '%s'", row->what);
}

/* Which key a line is of, and its code and area. */
static bool read_key(struct reading *reading, const struct conf_node *node, const struct raw_route *raw,
                     struct route_row *row)
{
    bool item = raw->item[0] != '\0', sub = raw->sub[0] != '\0', class = raw->class[0] != '\0';
    bool area = raw->area[0] != '\0';

    if (item + sub + class != 1)
        return conf_error_at(reading->doc, node, "a route names one of 'item', 'sub' and 'class'");
    if (class && area)
        return conf_error_at(reading->doc, node,
                             "a route of a class has no 'area': name its sub-classes or items");
    row->key = item  ? (area ? ROUTE_ITEM_AREA : ROUTE_ITEM)
               : sub ? (area ? ROUTE_SUB_AREA : ROUTE_SUB)
                     : ROUTE_CLASS;
    memcpy(row->what, item ? raw->item : sub ? raw->sub : raw->class, sizeof row->what);
    memcpy(row->area, raw->area, sizeof row->area);
    if (!check_what(reading, node, row))
        return false;
    if (area && reading->topology && !topology_area_known(reading->topology, row->area))
        return conf_error_at(reading->doc, node, "the topology knows no area '%s'", row->area);
    return true;
}

static bool department_exists(const struct topology *topology, const char *code)
{
    for (size_t i = 0; i < topology->department_count; i++)
        if (strcmp(topology->departments[i].code, code) == 0)
            return true;
    return false;
}

static bool read_department(struct reading *reading, const struct conf_node *node, char out[DEPT_SIZE])
{
    if (!conf_code(reading->doc, node, out, DEPT_SIZE))
        return false;
    if (reading->topology && !department_exists(reading->topology, out))
        return conf_error_at(reading->doc, node, "department '%s' sits at no center of the topology", out);
    return true;
}

/* Reads one code or a list of codes; false after a complaint. */
static bool read_departments(struct reading *reading, const struct conf_node *node, size_t max,
                             char list[][DEPT_SIZE], size_t *count)
{
    bool sound = true;
    *count = 0;
    if (conf_shape(node) == CONF_SCALAR) {
        *count = 1;
        return read_department(reading, node, list[0]);
    }
    for (const struct conf_node *n = conf_list(reading->doc, node); n; n = conf_next(n)) {
        if (*count == max)
            return conf_error_at(reading->doc, n, "more than %zu departments", max);
        if (!read_department(reading, n, list[*count]))
            sound = false;
        for (size_t i = 0; sound && i < *count; i++)
            if (strcmp(list[i], list[*count]) == 0)
                sound = conf_error_at(reading->doc, n, "department '%s' is there twice", list[i]);
        ++*count;
    }
    return sound && conf_shape(node) == CONF_LIST;
}

static bool read_support(struct reading *reading, const struct conf_node *node, size_t wanted,
                         int32_t support[DEPTH_MAX])
{
    size_t count = 0;
    if (!node)
        return true;
    if (conf_shape(node) != CONF_LIST || conf_count(node) != wanted)
        return conf_error_at(reading->doc, node, "'support' has one number for each department of 'to'");
    for (const struct conf_node *n = conf_list(reading->doc, node); n; n = conf_next(n)) {
        int64_t value;
        if (!conf_int(reading->doc, n, 0, SUPPORT_MAX, &value))
            return false;
        support[count++] = (int32_t)value;
    }
    return true;
}

static bool keep_row(struct reading *reading, const struct conf_node *node, const struct route_row *row)
{
    if (reading->count == ROWS_MAX)
        return conf_error_at(reading->doc, node, "more than %d rows", ROWS_MAX);
    if (reading->count == reading->room) {
        size_t room = reading->room == 0 ? 256 : 2 * reading->room;
        struct placed_row *larger = realloc(reading->rows, room * sizeof *larger);
        if (!larger)
            return conf_error_at(reading->doc, node, "out of memory");
        reading->rows = larger;
        reading->room = room;
    }
    reading->rows[reading->count++] = (struct placed_row){*row, node};
    return true;
}

static void read_route(struct reading *reading, const struct conf_node *node)
{
    struct raw_route raw = {.to = NULL};
    struct route_row row = {.rank = 0};
    char departments[DEPTH_MAX][DEPT_SIZE] = {{0}};
    int32_t support[DEPTH_MAX] = {0};
    size_t count = 0, assists = 0;

    if (!conf_map(reading->doc, node, route_keys, sizeof route_keys / sizeof *route_keys, &raw))
        return;
    bool sound = read_key(reading, node, &raw, &row);
    sound = read_departments(reading, raw.to, DEPTH_MAX, departments, &count) && sound;
    if (raw.assist)
        sound = read_departments(reading, raw.assist, ASSIST_MAX, row.assist, &assists) && sound;
    sound = read_support(reading, raw.support, count, support) && sound;
    if (sound && count == 0)
        sound = conf_error_at(reading->doc, raw.to, "'to' names no department");
    row.assist_count = (uint8_t)assists;
    for (size_t i = 0; sound && i < count; i++) {
        memcpy(row.department, departments[i], sizeof row.department);
        row.rank = (uint8_t)i;
        row.support = support[i];
        sound = keep_row(reading, node, &row);
    }
}

static int compare_rows(const void *a, const void *b)
{
    const struct placed_row *left = a, *right = b;
    if (left->row.key != right->row.key)
        return left->row.key < right->row.key ? -1 : 1;
    int order = strcmp(left->row.what, right->row.what);
    order = order != 0 ? order : strcmp(left->row.area, right->row.area);
    order = order != 0 ? order : (left->row.rank > right->row.rank) - (left->row.rank < right->row.rank);
    uint32_t left_line = conf_line(left->node), right_line = conf_line(right->node);
    return order != 0 ? order : (left_line > right_line) - (left_line < right_line);
}

/* A key that two lines give would have two departments of one rank; once for each pair of lines is enough. */
static void check_twice(struct reading *reading)
{
    if (reading->count > 1)
        qsort(reading->rows, reading->count, sizeof *reading->rows, compare_rows);
    for (size_t i = 1; i < reading->count; i++) {
        const struct route_row *row = &reading->rows[i].row, *before = &reading->rows[i - 1].row;
        if (row->rank == 0 && before->rank == 0 && row->key == before->key &&
            strcmp(row->what, before->what) == 0 && strcmp(row->area, before->area) == 0)
            conf_error_at(reading->doc, reading->rows[i].node, "'%s'%s%s has a route already, on line %u",
                          row->what, row->area[0] ? " in " : "", row->area,
                          (unsigned)conf_line(reading->rows[i - 1].node));
    }
}

static bool hand_over(struct reading *reading, int32_t version, struct route_matrix *matrix)
{
    struct route_row *rows = calloc(reading->count > 0 ? reading->count : 1, sizeof *rows);
    if (!rows)
        return conf_error_at(reading->doc, NULL, "out of memory");
    for (size_t i = 0; i < reading->count; i++)
        rows[i] = reading->rows[i].row;
    *matrix = (struct route_matrix){version, reading->count, rows};
    return true;
}

enum err conf_route_take(struct conf_doc *doc, const struct catalogue *catalogue,
                         const struct topology *topology, struct route_matrix *matrix)
{
    size_t errors = conf_error_count(doc);
    struct reading reading = {.doc = doc, .catalogue = catalogue, .topology = topology};
    struct raw_file raw = {.version = 0};

    if (conf_map(doc, conf_root(doc), file_keys, sizeof file_keys / sizeof *file_keys, &raw)) {
        for (const struct conf_node *n = conf_list(doc, raw.routes); n; n = conf_next(n))
            read_route(&reading, n);
        check_twice(&reading);
    }
    bool sound = conf_error_count(doc) == errors && hand_over(&reading, raw.version, matrix);
    free(reading.rows);
    return sound ? ERR_OK : ERR_CONFIG;
}

enum err conf_route_read(const char *path, struct conf_errors *errors, const struct catalogue *catalogue,
                         const struct topology *topology, struct route_matrix *matrix)
{
    struct conf_doc *doc = NULL;
    if (conf_read_file(path, errors, &doc) != ERR_OK)
        return ERR_CONFIG;
    enum err result = conf_route_take(doc, catalogue, topology, matrix);
    conf_doc_free(&doc);
    return result;
}

void conf_route_check(const struct route_matrix *matrix, const struct conf_catalogue *read)
{
    for (size_t i = 0; i < read->catalogue.item_count; i++)
        if (!route_has(matrix, &read->catalogue, &read->catalogue.items[i]))
            conf_error_at(read->doc, read->item_nodes[i], "item '%s' has no route in the matrix",
                          read->catalogue.items[i].code);
}
