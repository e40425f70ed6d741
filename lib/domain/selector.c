/* Whom a selector means at one center: every recipient there is looked at once and asked whether some part
 * wants it, so that nobody is named twice and the cost is that of the center's own list. */
#include "domain/selector.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* A part as one center sees it. */
struct want {
    const struct selector_part *part;
    unsigned kinds;
};

struct walk {
    const struct topology *topology;
    int32_t center;
    size_t want_count;
    struct want wants[SELECTOR_TERMS_MAX];
    struct recipient *out;
    size_t max, count;
    bool first_only; /* one is enough to know */
};

/* ---- recipients by name ---- */

static void center_recipient(const struct topology *topology, int32_t center, struct recipient *recipient)
{
    *recipient = (struct recipient){.kind = RECIPIENT_CENTER, .center = center};
    int length =
        snprintf(recipient->name, sizeof recipient->name, "center.%s", topology->centers[center].code);
    assert(length > 0 && (size_t)length < sizeof recipient->name);
}

/* A department without desks is nobody: no one there is able to act (有人可办). */
static bool desk_recipient(const struct topology *topology, const struct department *department,
                           struct recipient *recipient)
{
    char name[sizeof "desk." + DEPT_SIZE + CODE_SIZE];
    int length = snprintf(name, sizeof name, "desk.%s.%s", department->code,
                          topology->centers[department->center].code);
    if (department->desks == 0 || length < 0 || length >= USER_SIZE)
        return false;
    *recipient = (struct recipient){.kind = RECIPIENT_DESK, .center = department->center};
    text_put(recipient->name, sizeof recipient->name, name);
    text_put(recipient->department, sizeof recipient->department, department->code);
    return true;
}

static void unit_recipient(const struct unit_identity *unit, struct recipient *recipient)
{
    *recipient = (struct recipient){.kind = RECIPIENT_UNIT, .center = unit->center};
    text_put(recipient->name, sizeof recipient->name, unit->name);
    text_put(recipient->type, sizeof recipient->type, unit->type);
    text_put(recipient->department, sizeof recipient->department, unit->department);
}

/* "desk.DEPT.CODE" */
static bool find_desk(const struct topology *topology, const char *name, struct recipient *recipient)
{
    char department[USER_SIZE];
    if (!text_has_prefix(name, "desk.") || text_copy(department, sizeof department, name + 5) != ERR_OK)
        return false;
    char *code = strrchr(department, '.');
    if (!code)
        return false;
    *code++ = '\0';
    int32_t center = topology_center(topology, code);
    const struct department *found = center >= 0 ? topology_department(topology, center, department) : NULL;
    return found && desk_recipient(topology, found, recipient);
}

bool recipient_find(const struct topology *topology, const char *name, struct recipient *recipient)
{
    struct unit_identity unit;
    if (text_has_prefix(name, "center.")) {
        int32_t center = topology_center(topology, name + strlen("center."));
        if (center >= 0)
            center_recipient(topology, center, recipient);
        return center >= 0;
    }
    if (find_desk(topology, name, recipient))
        return true;
    if (!topology_unit(topology, name, &unit))
        return false;
    unit_recipient(&unit, recipient);
    return true;
}

int32_t selector_department_above(const struct topology *topology, int32_t center, const char *code)
{
    for (; center >= 0; center = topology->centers[center].parent) {
        const struct department *department = topology_department(topology, center, code);
        if (department && department->desks > 0)
            break;
    }
    return center;
}

/* ---- does a part want this one? ---- */

static bool covers_within(const struct center *center, const char *area)
{
    for (size_t i = 0; i < center->cover_count; i++)
        if (text_has_prefix(center->covers[i], area))
            return true;
    return false;
}

static bool covers_around(const struct center *center, const char *area)
{
    for (size_t i = 0; i < center->cover_count; i++)
        if (text_has_prefix(area, center->covers[i]))
            return true;
    return false;
}

/* A grid lies where its own code says; everybody else where his center is. */
static bool lies_in(const struct walk *walk, const struct recipient *recipient, const char *area)
{
    if (strcmp(recipient->type, "grid") == 0 && text_has_prefix(recipient->name, "grid."))
        return text_has_prefix(recipient->name + strlen("grid."), area);
    return covers_within(&walk->topology->centers[recipient->center], area);
}

static bool wants(const struct walk *walk, const struct want *want, const struct recipient *recipient)
{
    const struct selector_part *part = want->part;
    if (!(want->kinds & recipient->kind))
        return false;
    if (part->above[0])
        return strcmp(part->above, recipient->department) == 0;
    return (!part->name[0] || strcmp(part->name, recipient->name) == 0) &&
           (!part->type[0] || strcmp(part->type, recipient->type) == 0) &&
           (!part->department[0] || strcmp(part->department, recipient->department) == 0) &&
           (!part->area[0] || lies_in(walk, recipient, part->area));
}

static unsigned kinds_of(const struct selector_part *part)
{
    if (part->kinds)
        return part->kinds;
    if (part->type[0])
        return RECIPIENT_UNIT;
    if (part->department[0])
        return RECIPIENT_DESK;
    return part->everyone || part->area[0] ? RECIPIENT_CENTER | RECIPIENT_UNIT : RECIPIENT_CENTER;
}

/* The kinds that the part can want at the walk's center; 0 = it has nothing to say there. */
static unsigned kinds_there(const struct walk *walk, const struct selector_part *part, int32_t sender)
{
    const struct topology *topology = walk->topology;
    const struct center *center = &topology->centers[walk->center];
    struct recipient named;

    if (part->above[0])
        return selector_department_above(topology, sender, part->above) == walk->center ? RECIPIENT_DESK : 0;
    if (!topology_is_under(topology, walk->center, sender))
        return 0;
    if (part->name[0])
        return recipient_find(topology, part->name, &named) && named.center == walk->center ? named.kind : 0;
    if (part->tier[0] && strcmp(part->tier, topology->tiers[center->tier].name) != 0)
        return 0;
    if (part->center[0] && strcmp(part->center, center->code) != 0)
        return 0;
    if (!part->area[0] || covers_within(center, part->area))
        return kinds_of(part);
    return covers_around(center, part->area) ? kinds_of(part) & RECIPIENT_UNIT : 0;
}

/* ---- the walk over one center ---- */

static bool is_enough(const struct walk *walk)
{
    return walk->first_only && walk->count > 0;
}

static void look_at(struct walk *walk, const struct recipient *recipient)
{
    for (size_t i = 0; i < walk->want_count; i++) {
        if (!wants(walk, &walk->wants[i], recipient))
            continue;
        if (walk->count < walk->max)
            walk->out[walk->count] = *recipient;
        walk->count++;
        return;
    }
}

static size_t first_department(const struct topology *topology, int32_t center)
{
    size_t low = 0, high = topology->department_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (topology->departments[middle].center < center)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void walk_desks(struct walk *walk)
{
    const struct topology *topology = walk->topology;
    struct recipient recipient;
    for (size_t i = first_department(topology, walk->center);
         i < topology->department_count && topology->departments[i].center == walk->center; i++)
        if (!is_enough(walk) && desk_recipient(topology, &topology->departments[i], &recipient))
            look_at(walk, &recipient);
}

static void walk_units(struct walk *walk)
{
    struct unit_identity units[SHEET_RECIPIENTS_MAX]; /* some 130 KB of the stack; a rule allocates nothing */
    size_t count = topology_units(walk->topology, walk->center, units, SHEET_RECIPIENTS_MAX);
    for (size_t i = 0; i < count && i < SHEET_RECIPIENTS_MAX && !is_enough(walk); i++) {
        struct recipient recipient;
        unit_recipient(&units[i], &recipient);
        look_at(walk, &recipient);
    }
}

static void walk_center(struct walk *walk, const struct selector *selector, int32_t sender, bool dynamic)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < selector->count; i++) {
        const struct selector_part *part = &selector->parts[i];
        unsigned there = part->has_near && !dynamic ? 0 : kinds_there(walk, part, sender);
        if (there)
            walk->wants[walk->want_count++] = (struct want){part, there};
        kinds |= there;
    }
    if (kinds & RECIPIENT_CENTER) {
        struct recipient recipient;
        center_recipient(walk->topology, walk->center, &recipient);
        look_at(walk, &recipient);
    }
    if ((kinds & RECIPIENT_DESK) && !is_enough(walk))
        walk_desks(walk);
    if ((kinds & RECIPIENT_UNIT) && !is_enough(walk))
        walk_units(walk);
}

/* ---- what others ask ---- */

size_t selector_expand(const struct selector *selector, const struct topology *topology, int32_t sender,
                       int32_t center, struct recipient *out, size_t max)
{
    struct walk walk = {.topology = topology, .center = center, .out = out, .max = max};
    walk_center(&walk, selector, sender, true);
    return walk.count;
}

bool selector_touches(const struct selector *selector, const struct topology *topology, int32_t sender,
                      int32_t center)
{
    struct walk walk = {.topology = topology, .center = center, .first_only = true};
    walk_center(&walk, selector, sender, true);
    return walk.count > 0;
}

bool selector_touches_under(const struct selector *selector, const struct topology *topology, int32_t sender,
                            int32_t center)
{
    /* parents stand before children: nothing under a center comes before it */
    for (int32_t i = center; i < (int32_t)topology->center_count; i++)
        if (topology_is_under(topology, i, center) && selector_touches(selector, topology, sender, i))
            return true;
    return false;
}

static size_t count_static(const struct selector *selector, const struct topology *topology, int32_t sender,
                           int32_t center)
{
    struct walk walk = {.topology = topology, .center = center};
    walk_center(&walk, selector, sender, false);
    return walk.count;
}

size_t selector_total(const struct selector *selector, const struct topology *topology, int32_t sender,
                      int32_t top)
{
    size_t total = 0;
    for (int32_t i = top; i < (int32_t)topology->center_count; i++)
        if (topology_is_under(topology, i, top))
            total += count_static(selector, topology, sender, i);
    if (top != sender)
        return total;
    /* only above= reaches there */
    for (int32_t i = topology->centers[sender].parent; i >= 0; i = topology->centers[i].parent)
        total += count_static(selector, topology, sender, i);
    return total;
}

bool selector_is_dynamic(const struct selector *selector)
{
    for (size_t i = 0; i < selector->count; i++)
        if (selector->parts[i].has_near)
            return true;
    return false;
}
