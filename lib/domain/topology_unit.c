/* The units of the tree: those that follow from rules by tier, those with a name of their own, and one for
 * each grid. */
#include "domain/topology_work.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define GRID "grid"

static const struct unit_type grid_type = {.code = GRID, .name = "网格员", .name_en = "Grid worker"};

static int by_type_code(const void *code, const void *type)
{
    return strcmp(code, ((const struct unit_type *)type)->code);
}

const struct unit_type *topology_unit_type(const struct topology *topology, const char *code)
{
    const struct unit_type *type = NULL;
    if (topology->unit_type_count > 0)
        type = bsearch(code, topology->unit_types, topology->unit_type_count, sizeof *type, by_type_code);
    return type || strcmp(code, GRID) != 0 ? type : &grid_type;
}

/* A unit of that type at home at the center's seat. */
static struct unit_identity at_seat(const struct topology *topology, const struct unit_type *type,
                                    int32_t center)
{
    const struct center *at = &topology->centers[center];
    return (struct unit_identity){
        .type = type->code, .department = type->department, .center = center, .lon = at->lon, .lat = at->lat};
}

static void put_name(char name[USER_SIZE], const char *type, uint32_t number, const char *center)
{
    int length = number == 1 ? snprintf(name, USER_SIZE, "%s.%s", type, center)
                             : snprintf(name, USER_SIZE, "%s-%u.%s", type, (unsigned)number, center);
    assert(length > 0 && length < USER_SIZE); /* the loader bounds type codes by it */
}

static struct unit_identity named_identity(const struct topology *topology, const struct named_unit *named)
{
    struct unit_identity unit = at_seat(topology, &topology->unit_types[named->type], named->center);
    text_put(unit.name, sizeof unit.name, named->name);
    if (named->lon == named->lon) { /* NAN: no point of its own */
        unit.lon = named->lon;
        unit.lat = named->lat;
    }
    return unit;
}

/* What topology_units writes to. */
struct unit_list {
    struct unit_identity *units;
    size_t count, max;
};

static struct unit_identity *room(struct unit_list *list)
{
    return list->count++ < list->max ? &list->units[list->count - 1] : NULL;
}

static void add_rule(const struct topology *topology, const struct unit_rule *rule, int32_t center,
                     struct unit_list *list)
{
    const struct unit_type *type = &topology->unit_types[rule->type];
    for (uint32_t number = 1; number <= rule->count; number++) {
        struct unit_identity *unit = room(list);
        if (!unit)
            continue;
        *unit = at_seat(topology, type, center);
        put_name(unit->name, type->code, number, topology->centers[center].code);
    }
}

static void add_grids(const struct topology *topology, int32_t center, struct unit_list *list)
{
    const struct center *at = &topology->centers[center];
    for (int32_t grid = 1; at->cover_count > 0 && grid <= at->grids; grid++) {
        struct unit_identity *unit = room(list);
        if (!unit)
            continue;
        *unit = at_seat(topology, topology_unit_type(topology, GRID), center);
        int length = snprintf(unit->name, sizeof unit->name, GRID ".%s%03d", at->covers[0], (int)grid);
        assert(length > 0 && (size_t)length < sizeof unit->name);
    }
}

size_t topology_units(const struct topology *topology, int32_t center, struct unit_identity *out, size_t max)
{
    struct unit_list list = {.units = out, .max = max};
    for (size_t i = 0; i < topology->unit_rule_count; i++)
        if (topology->unit_rules[i].tier == topology->centers[center].tier)
            add_rule(topology, &topology->unit_rules[i], center, &list);
    for (size_t i = 0; i < topology->named_unit_count; i++)
        if (topology->named_units[i].center == center) {
            struct unit_identity *unit = room(&list);
            if (unit)
                *unit = named_identity(topology, &topology->named_units[i]);
        }
    add_grids(topology, center, &list);
    return list.count;
}

static bool rule_has(const struct topology *topology, const struct unit_type *type, int32_t center,
                     uint32_t number)
{
    for (size_t i = 0; i < topology->unit_rule_count; i++) {
        const struct unit_rule *rule = &topology->unit_rules[i];
        if (&topology->unit_types[rule->type] == type && rule->tier == topology->centers[center].tier)
            return number <= rule->count;
    }
    return false;
}

/* "TYPE-7.CENTER": unit 7 of the rule for the center's tier. */
static bool find_by_rule(const struct topology *topology, const char *name, struct unit_identity *out)
{
    char word[USER_SIZE];
    if (text_copy(word, sizeof word, name) != ERR_OK)
        return false;
    char *code = strrchr(word, '.');
    if (!code)
        return false;
    *code++ = '\0';
    uint32_t number = topology_take_number(word);
    const struct unit_type *type = number > 0 ? topology_unit_type(topology, word) : NULL;
    int32_t center = type ? topology_center(topology, code) : -1;
    if (center < 0 || !rule_has(topology, type, center, number))
        return false;
    *out = at_seat(topology, type, center);
    text_put(out->name, sizeof out->name, name);
    return true;
}

static int by_unit_name(const void *name, const void *unit)
{
    return strcmp(name, ((const struct named_unit *)unit)->name);
}

static bool find_named(const struct topology *topology, const char *name, struct unit_identity *out)
{
    if (topology->named_unit_count == 0)
        return false;
    const struct named_unit *named =
        bsearch(name, topology->named_units, topology->named_unit_count, sizeof *named, by_unit_name);
    if (!named)
        return false;
    *out = named_identity(topology, named);
    return true;
}

static bool find_grid(const struct topology *topology, const char *name, struct unit_identity *out)
{
    if (!text_has_prefix(name, GRID ".") || strlen(name) >= sizeof out->name)
        return false;
    int32_t center = topology_grid_center(topology, name + sizeof GRID);
    if (center < 0)
        return false;
    *out = at_seat(topology, topology_unit_type(topology, GRID), center);
    text_put(out->name, sizeof out->name, name);
    return true;
}

bool topology_unit(const struct topology *topology, const char *name, struct unit_identity *out)
{
    return find_named(topology, name, out) || find_grid(topology, name, out) ||
           find_by_rule(topology, name, out);
}
