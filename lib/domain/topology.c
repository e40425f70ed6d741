/* The tree of centers: who lies under whom, which area is whose, who may act. */
#include "domain/topology.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define AREA_LEVELS 5
#define GRID_DIGITS 3

/* Digits of a province, city, district, street and community code (GB/T 2260, GB/T 10114). */
static const size_t area_digits[AREA_LEVELS] = {2, 4, 6, 9, 12};

void topology_free(struct topology *topology)
{
    if (!topology)
        return;
    if (topology->center_count > 0)
        free(topology->centers[0].covers);
    free(topology->centers);
    free(topology->departments);
    free(topology->staff);
    free(topology->persons);
    if (topology->unit_type_count > 0)
        free(topology->unit_types[0].words);
    free(topology->unit_types);
    free(topology->unit_rules);
    free(topology->named_units);
    free(topology->texts);
    free(topology->by_code);
    free(topology->covers);
    free(topology);
}

static int by_center_code(const void *a, const void *b, void *context)
{
    const struct topology *topology = context;
    return strcmp(topology->centers[*(const int32_t *)a].code, topology->centers[*(const int32_t *)b].code);
}

static int by_area(const void *a, const void *b)
{
    const struct topology_cover *x = a, *y = b;
    int order = strcmp(x->area, y->area);
    return order ? order : (x->center > y->center) - (x->center < y->center);
}

static void fill_covers(struct topology *topology)
{
    struct topology_cover *cover = topology->covers;
    for (size_t i = 0; i < topology->center_count; i++) {
        const struct center *center = &topology->centers[i];
        for (size_t k = 0; k < center->cover_count; k++, cover++) {
            text_put(cover->area, sizeof cover->area, center->covers[k]);
            cover->center = (int32_t)i;
        }
    }
    qsort(topology->covers, topology->cover_count, sizeof *topology->covers, by_area);
}

enum err topology_index(struct topology *topology)
{
    size_t covers = 0;
    for (size_t i = 0; i < topology->center_count; i++)
        covers += topology->centers[i].cover_count;
    topology->by_code = calloc(topology->center_count + 1, sizeof *topology->by_code);
    topology->covers = calloc(covers + 1, sizeof *topology->covers);
    if (!topology->by_code || !topology->covers)
        return ERR_MEMORY;
    for (size_t i = 0; i < topology->center_count; i++)
        topology->by_code[i] = (int32_t)i;
    qsort_r(topology->by_code, topology->center_count, sizeof *topology->by_code, by_center_code, topology);
    topology->cover_count = covers;
    fill_covers(topology);
    return ERR_OK;
}

int32_t topology_center(const struct topology *topology, const char *code)
{
    size_t low = 0, high = topology->center_count;
    while (low < high) {
        size_t middle = topology->by_code ? low + (high - low) / 2 : low;
        int32_t index = topology->by_code ? topology->by_code[middle] : (int32_t)middle;
        int order = strcmp(code, topology->centers[index].code);
        if (order == 0)
            return index;
        if (order > 0 || !topology->by_code)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

bool topology_is_under(const struct topology *topology, int32_t below, int32_t above)
{
    while (below >= 0 && below != above)
        below = topology->centers[below].parent;
    return below >= 0;
}

int32_t topology_child_towards(const struct topology *topology, int32_t above, int32_t below)
{
    while (below >= 0 && topology->centers[below].parent != above)
        below = topology->centers[below].parent;
    return below;
}

/* True when the center itself covers the area. */
static bool covers_itself(const struct center *center, const char *area)
{
    for (size_t i = 0; i < center->cover_count; i++)
        if (text_has_prefix(area, center->covers[i]))
            return true;
    return false;
}

static bool lower(const struct topology *topology, int32_t a, int32_t b)
{
    return b < 0 ||
           topology->tiers[topology->centers[a].tier].rank > topology->tiers[topology->centers[b].tier].rank;
}

/* The lowest of the centers that cover exactly `area`; `best` when none of them is lower. */
static int32_t lowest_at(const struct topology *topology, const char *area, int32_t best)
{
    size_t low = 0, high = topology->cover_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(topology->covers[middle].area, area) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < topology->cover_count && strcmp(topology->covers[low].area, area) == 0; low++)
        if (lower(topology, topology->covers[low].center, best))
            best = topology->covers[low].center;
    return best;
}

int32_t topology_center_of_area(const struct topology *topology, const char *area)
{
    int32_t best = -1;
    char part[CODE_SIZE];

    if (text_copy(part, sizeof part, area) != ERR_OK)
        return -1;
    if (!topology->covers) {
        for (size_t i = 0; i < topology->center_count; i++)
            if (covers_itself(&topology->centers[i], area) && lower(topology, (int32_t)i, best))
                best = (int32_t)i;
        return best;
    }
    for (size_t n = strlen(part); n > 0; n--) {
        part[n] = '\0';
        best = lowest_at(topology, part, best);
    }
    return best;
}

bool topology_covers(const struct topology *topology, int32_t center, const char *area)
{
    if (covers_itself(&topology->centers[center], area))
        return true;
    /* Same-tier covers never overlap and a child's lie in its parent's, so the centers that cover an area are
     * one path: the lowest of them lies under `center` or none does. */
    int32_t lowest = topology_center_of_area(topology, area);
    return lowest >= 0 && topology_is_under(topology, lowest, center);
}

int32_t topology_grid_center(const struct topology *topology, const char *area)
{
    char cover[CODE_SIZE];
    size_t length = strlen(area);

    if (length <= GRID_DIGITS || length >= sizeof cover ||
        strspn(area + length - GRID_DIGITS, "0123456789") != GRID_DIGITS)
        return -1;
    long number = strtol(area + length - GRID_DIGITS, NULL, 10);
    memcpy(cover, area, length - GRID_DIGITS);
    cover[length - GRID_DIGITS] = '\0';
    int32_t center = topology_center_of_area(topology, cover);
    if (center < 0)
        return -1;
    const struct center *at = &topology->centers[center];
    bool first = at->cover_count > 0 && strcmp(at->covers[0], cover) == 0;
    return first && number >= 1 && number <= at->grids ? center : -1;
}

/* True when some cover is `area` or lies in it. */
static bool above_a_cover(const struct topology *topology, const char *area)
{
    for (size_t i = 0; i < topology->center_count; i++)
        for (size_t k = 0; k < topology->centers[i].cover_count; k++)
            if (text_has_prefix(topology->centers[i].covers[k], area))
                return true;
    return false;
}

bool topology_area_known(const struct topology *topology, const char *area)
{
    int32_t center = topology_center_of_area(topology, area);
    for (size_t i = 0; center >= 0 && i < topology->centers[center].cover_count; i++)
        if (strcmp(topology->centers[center].covers[i], area) == 0)
            return true;
    if (topology_grid_center(topology, area) >= 0)
        return true;
    for (size_t i = 0; i < AREA_LEVELS; i++)
        if (strlen(area) == area_digits[i])
            return above_a_cover(topology, area);
    return false;
}

const struct department *topology_department(const struct topology *topology, int32_t center,
                                             const char *code)
{
    size_t low = 0, high = topology->department_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct department *d = &topology->departments[middle];
        int order = d->center != center ? (d->center > center) - (d->center < center) : strcmp(d->code, code);
        if (order == 0)
            return d;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int32_t topology_department_above(const struct topology *topology, int32_t center, const char *code)
{
    while (center >= 0 && !topology_department(topology, center, code))
        center = topology->centers[center].parent;
    return center;
}

static bool has_desk(const struct topology *topology, int32_t center)
{
    for (size_t i = 0; i < topology->department_count && topology->departments[i].center <= center; i++)
        if (topology->departments[i].center == center && topology->departments[i].desks > 0)
            return true;
    return false;
}

static bool has_unit(const struct topology *topology, int32_t center)
{
    for (size_t i = 0; i < topology->unit_rule_count; i++)
        if (topology->unit_rules[i].tier == topology->centers[center].tier &&
            topology->unit_rules[i].count > 0)
            return true;
    for (size_t i = 0; i < topology->named_unit_count; i++)
        if (topology->named_units[i].center == center)
            return true;
    return false;
}

bool topology_has_post(const struct topology *topology, int32_t center, unsigned posts)
{
    for (size_t i = 0; i < topology->staff_count; i++) {
        const struct staff_rule *rule = &topology->staff[i];
        if (rule->tier == topology->centers[center].tier && (rule->post & posts) && rule->count > 0)
            return true;
    }
    for (size_t i = 0; i < topology->person_count; i++)
        if (topology->persons[i].center == center && (topology->persons[i].post & posts))
            return true;
    if ((posts & POST_GRID_WORKER) && topology->centers[center].grids > 0)
        return true;
    if ((posts & POST_UNIT) && has_unit(topology, center))
        return true;
    return (posts & POST_DESK) && has_desk(topology, center);
}
