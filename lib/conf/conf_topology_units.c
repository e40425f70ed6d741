/* Units: their types with the services' own words for a status, how many sit where by tier, and those with a
 * name of their own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/conf_topology_private.h"
#include "domain/unit.h"

#define GRID "grid" /* there by itself: one for each grid */

/* What a service's own word may mean. That a unit is ordered only its center says. */
static const struct conf_name statuses[] = {
    {"off", UNIT_OFF},           {"standby", UNIT_STANDBY},
    {"patrol", UNIT_PATROL},     {"en-route", UNIT_EN_ROUTE},
    {"on-scene", UNIT_ON_SCENE}, {"break", UNIT_BREAK},
    {"fault", UNIT_FAULT},       {NULL, 0},
};

struct raw_type {
    struct unit_type type;
    const struct conf_node *at, *code, *department, *words;
};

static const struct conf_key type_keys[] = {
    CONF_NODE_KEY("code", struct raw_type, code, CONF_REQUIRED),
    CONF_TEXT_KEY("name", struct raw_type, type.name, CONF_REQUIRED),
    CONF_TEXT_KEY("name_en", struct raw_type, type.name_en, 0),
    CONF_NODE_KEY("department", struct raw_type, department, 0),
    CONF_NODE_KEY("words", struct raw_type, words, 0),
};

/* "squad-2": would be read as the second of the squads. */
static bool ends_in_number(const char *word)
{
    const char *dash = strrchr(word, '-');
    return dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1);
}

/* The first part of a unit's name may be no post, nor what other recipients begin with. */
static bool plain_word(struct conf_doc *doc, const struct conf_node *node, char out[POST_SIZE])
{
    if (!conf_plain_code(doc, node, out, POST_SIZE))
        return false;
    if (post_from_name(out) != POST_NONE || strcmp(out, "center") == 0)
        return conf_error_at(doc, node, "'%s' is taken: users and recipients of that name are something else",
                             out);
    if (ends_in_number(out))
        return conf_error_at(doc, node, "'%s' may not end in a number: units are numbered so", out);
    return true;
}

static bool sits_somewhere(const struct topology *topology, const char *department)
{
    for (size_t i = 0; i < topology->department_count; i++)
        if (strcmp(topology->departments[i].code, department) == 0)
            return true;
    return false;
}

static bool read_type(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology,
                      struct raw_type *raw)
{
    raw->at = node;
    if (!conf_map(doc, node, type_keys, sizeof type_keys / sizeof *type_keys, raw) ||
        !plain_word(doc, raw->code, raw->type.code))
        return false;
    char *department = raw->type.department;
    if (raw->department && conf_code(doc, raw->department, department, DEPT_SIZE) &&
        !sits_somewhere(topology, department))
        conf_error_at(doc, raw->department, "there is no department '%s' anywhere", department);
    return true;
}

static int by_code_then_place(const void *a, const void *b)
{
    const struct raw_type *x = a, *y = b;
    int order = strcmp(x->type.code, y->type.code);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

static bool said_before(const struct unit_word *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].word, word) == 0)
            return true;
    return false;
}

static void read_words(struct conf_doc *doc, const struct conf_node *map, struct unit_type *type)
{
    for (const struct conf_node *key = map ? conf_pairs(doc, map) : NULL; key; key = conf_next(key)) {
        struct unit_word *word = &type->words[type->status_count];
        int status = 0;
        if (!conf_text(doc, key, word->word, sizeof word->word) ||
            !conf_enum(doc, conf_value(key), statuses, &status))
            continue;
        word->status = status;
        type->status_count += !said_before(type->words, type->status_count, word->word);
    }
}

/* Lays the sorted types down with all their words in one block, which the first of them owns. */
static bool settle_types(struct conf_doc *doc, struct raw_type *raw, size_t count, struct topology *topology)
{
    size_t room = 1;
    for (size_t i = 0; i < count; i++)
        room += raw[i].words ? conf_count(raw[i].words) : 0;
    struct unit_word *words = calloc(room, sizeof *words);
    topology->unit_types = calloc(count + 1, sizeof *topology->unit_types);
    if (!words || !topology->unit_types) {
        free(words);
        return false;
    }
    topology->unit_types[0].words = words;
    for (size_t i = 0; i < count; i++) {
        struct unit_type *type = &topology->unit_types[i];
        *type = raw[i].type;
        type->words = words;
        read_words(doc, raw[i].words, type);
        words += type->status_count;
        if (i > 0 && strcmp(raw[i - 1].type.code, type->code) == 0)
            conf_error_at(doc, raw[i].at, "unit type '%s' stands twice (first in line %u)", type->code,
                          conf_line(raw[i - 1].at));
    }
    topology->unit_type_count = count;
    return true;
}

bool conf_unit_types_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology)
{
    size_t room, count = 0;
    const struct conf_node *first = conf_list(doc, list);
    struct raw_type *raw = first ? conf_array(doc, list, CONF_UNIT_TYPES_MAX, sizeof *raw, &room) : NULL;
    if (!raw)
        return true;
    for (const struct conf_node *n = first; n; n = conf_next(n)) {
        raw[count] = (struct raw_type){.at = n};
        count += read_type(doc, n, topology, &raw[count]);
    }
    qsort(raw, count, sizeof *raw, by_code_then_place);
    bool going = count == 0 || settle_types(doc, raw, count, topology);
    free(raw);
    return going;
}

/* The index of the type that a scalar names; -1 after saying that there is none. */
static int32_t find_type(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology)
{
    const char *names[CONF_UNIT_TYPES_MAX + 1] = {NULL};
    char code[POST_SIZE];
    if (!conf_code(doc, node, code, sizeof code))
        return -1;
    if (strcmp(code, GRID) == 0) {
        conf_error_at(doc, node, "'" GRID "' units follow from the centers' grids");
        return -1;
    }
    for (size_t i = 0; i < topology->unit_type_count; i++) {
        if (strcmp(topology->unit_types[i].code, code) == 0)
            return (int32_t)i;
        names[i] = topology->unit_types[i].code;
    }
    const char *near = conf_nearest(code, names);
    conf_error_at(doc, node, near ? "unknown unit type '%s'; did you mean '%s'?" : "unknown unit type '%s'",
                  code, near);
    return -1;
}

static void read_units_of(struct conf_doc *doc, const struct conf_node *types, int32_t tier,
                          struct topology *topology)
{
    for (const struct conf_node *key = conf_pairs(doc, types); key; key = conf_next(key)) {
        int64_t count = 0;
        int32_t type = find_type(doc, key, topology);
        if (!conf_int(doc, conf_value(key), 0, CONF_STAFF_MAX, &count) || type < 0 || tier < 0)
            continue;
        topology->unit_rules[topology->unit_rule_count++] =
            (struct unit_rule){.tier = (uint16_t)tier, .type = (uint16_t)type, .count = (uint16_t)count};
    }
}

bool conf_units_read(struct conf_doc *doc, const struct conf_node *map, struct topology *topology)
{
    size_t room = 1;
    for (const struct conf_node *key = conf_pairs(doc, map); key; key = conf_next(key))
        room += conf_count(conf_value(key));
    topology->unit_rules = calloc(room, sizeof *topology->unit_rules);
    if (!topology->unit_rules)
        return false;
    if (conf_shape(map) != CONF_MAP)
        return true;
    for (const struct conf_node *key = conf_pairs(doc, map); key; key = conf_next(key))
        read_units_of(doc, conf_value(key), conf_find_tier(doc, key, topology), topology);
    return true;
}

struct raw_unit {
    struct named_unit unit;
    const struct conf_node *name, *type, *center;
};

static const struct conf_key unit_keys[] = {
    CONF_NODE_KEY("name", struct raw_unit, name, CONF_REQUIRED),
    CONF_NODE_KEY("type", struct raw_unit, type, CONF_REQUIRED),
    CONF_NODE_KEY("center", struct raw_unit, center, CONF_REQUIRED),
    CONF_DOUBLE_KEY("lon", struct raw_unit, unit.lon, 0, -180, 180),
    CONF_DOUBLE_KEY("lat", struct raw_unit, unit.lat, 0, -90, 90),
};

static bool read_unit(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology,
                      struct named_unit *unit)
{
    char word[POST_SIZE];
    struct raw_unit raw = {.unit = {.lon = (double)NAN, .lat = (double)NAN}};
    if (!conf_map(doc, node, unit_keys, sizeof unit_keys / sizeof *unit_keys, &raw))
        return false;
    if (isnan(raw.unit.lon) != isnan(raw.unit.lat))
        conf_error_at(doc, node, "lon and lat go together");
    int32_t type = find_type(doc, raw.type, topology);
    raw.unit.center = conf_find_center(doc, raw.center, topology);
    if (!plain_word(doc, raw.name, word) || type < 0 || raw.unit.center < 0)
        return false;
    if (topology_unit_type(topology, word))
        return conf_error_at(doc, raw.name, "'%s' is a unit type: a named unit has a word of its own", word);
    raw.unit.type = (uint16_t)type;
    *unit = raw.unit;
    (void)snprintf(unit->name, sizeof unit->name, "%s.%s", word, topology->centers[unit->center].code);
    return true;
}

static bool name_taken(const struct topology *topology, const char *name)
{
    for (size_t i = 0; i < topology->named_unit_count; i++)
        if (strcmp(topology->named_units[i].name, name) == 0)
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named_unit *)a)->name, ((const struct named_unit *)b)->name);
}

bool conf_named_units_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology)
{
    size_t room;
    const struct conf_node *first = conf_list(doc, list);

    topology->named_units =
        first ? conf_array(doc, list, CONF_NAMED_UNITS_MAX, sizeof *topology->named_units, &room) : NULL;
    for (const struct conf_node *n = topology->named_units ? first : NULL; n; n = conf_next(n)) {
        struct named_unit unit;
        if (!read_unit(doc, n, topology, &unit))
            continue;
        if (name_taken(topology, unit.name))
            conf_error_at(doc, n, "unit '%s' stands twice", unit.name);
        else
            topology->named_units[topology->named_unit_count++] = unit;
    }
    if (topology->named_units)
        qsort(topology->named_units, topology->named_unit_count, sizeof *topology->named_units, by_name);
    return true;
}

/* A sheet lists everybody of a center: itself, its departments, its units. */
void conf_sheets_check(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology)
{
    size_t department = 0;
    for (size_t i = 0; i < topology->center_count; i++) {
        size_t people = 1 + topology_units(topology, (int32_t)i, NULL, 0);
        for (; department < topology->department_count &&
               topology->departments[department].center == (int32_t)i;
             department++)
            people++;
        if (people > SHEET_RECIPIENTS_MAX)
            conf_error_at(doc, node, "center '%s' has %zu recipients, at most %d are possible",
                          topology->centers[i].code, people, SHEET_RECIPIENTS_MAX);
    }
}
