/* May this center command those that a selector names? */
#include "domain/selector.h"

#include <string.h>

struct checking {
    const struct selector_part *part;
    const struct topology *topology;
    int32_t sender;
    struct fault *fault;
};

static const char *sender_code(const struct checking *check)
{
    return check->topology->centers[check->sender].code;
}

static enum err outside(const struct checking *check, const char *what)
{
    return fault_set(check->fault, ERR_OUTSIDE, "%s 不在中心 %s 的辖区内", what, sender_code(check));
}

static enum err check_tier(const struct checking *check)
{
    const struct topology *topology = check->topology;
    for (size_t i = 0; i < topology->tier_count; i++)
        if (strcmp(topology->tiers[i].name, check->part->tier) == 0)
            return ERR_OK;
    return fault_set(check->fault, ERR_UNKNOWN_TARGET, "没有层级 %s", check->part->tier);
}

/* True when a center outside the sender's subtree covers a piece of the area, or all of it from below. */
static bool reaches_beyond(const struct checking *check, const char *area)
{
    const struct topology *topology = check->topology;
    struct selector selector = {.count = 1};
    selector.parts[0].kinds = RECIPIENT_CENTER;
    memcpy(selector.parts[0].area, area, strlen(area) + 1);
    for (int32_t i = 0; i < (int32_t)topology->center_count; i++)
        if (!topology_is_under(topology, i, check->sender) && selector_touches(&selector, topology, 0, i))
            return true;
    return !selector_touches_under(&selector, topology, 0, check->sender);
}

static enum err check_area(const struct checking *check)
{
    const char *area = check->part->area;
    if (!topology_area_known(check->topology, area))
        return fault_set(check->fault, ERR_UNKNOWN_AREA, "没有区划 %s", area);
    /* covered by the sender or below it; or wider than any cover, and then wholly its own */
    if (topology_covers(check->topology, check->sender, area) || !reaches_beyond(check, area))
        return ERR_OK;
    return outside(check, area);
}

static enum err check_center(const struct checking *check)
{
    int32_t center = topology_center(check->topology, check->part->center);
    if (center < 0)
        return fault_set(check->fault, ERR_UNKNOWN_CENTER, "没有中心 %s", check->part->center);
    return topology_is_under(check->topology, center, check->sender) ? ERR_OK
                                                                     : outside(check, check->part->center);
}

static enum err check_department(const struct checking *check)
{
    const struct topology *topology = check->topology;
    const char *code = check->part->department;
    bool elsewhere = false;
    for (size_t i = 0; i < topology->department_count; i++) {
        const struct department *department = &topology->departments[i];
        if (strcmp(department->code, code) != 0)
            continue;
        if (topology_is_under(topology, department->center, check->sender))
            return ERR_OK;
        elsewhere = true;
    }
    return elsewhere ? fault_set(check->fault, ERR_OUTSIDE,
                                 "部门 %s 不在中心 %s 的辖区内；找上级的部门请用 above=%s", code,
                                 sender_code(check), code)
                     : fault_set(check->fault, ERR_UNKNOWN_TARGET, "没有部门 %s", code);
}

static enum err check_type(const struct checking *check)
{
    if (topology_unit_type(check->topology, check->part->type))
        return ERR_OK;
    return fault_set(check->fault, ERR_UNKNOWN_TARGET, "没有勤务单元类型 %s", check->part->type);
}

static enum err check_name(const struct checking *check)
{
    struct recipient recipient;
    if (!recipient_find(check->topology, check->part->name, &recipient))
        return fault_set(check->fault, ERR_UNKNOWN_TARGET, "没有接收人 %s", check->part->name);
    return topology_is_under(check->topology, recipient.center, check->sender)
               ? ERR_OK
               : outside(check, check->part->name);
}

static enum err check_above(const struct checking *check)
{
    if (selector_department_above(check->topology, check->sender, check->part->above) >= 0)
        return ERR_OK;
    return fault_set(check->fault, ERR_UNKNOWN_TARGET, "中心 %s 及其上级没有能办事的部门 %s",
                     sender_code(check), check->part->above);
}

static enum err check_part(const struct checking *check)
{
    const struct selector_part *part = check->part;
    const struct {
        const char *value;
        enum err (*check)(const struct checking *);
    } terms[] = {{part->tier, check_tier},     {part->area, check_area},
                 {part->center, check_center}, {part->department, check_department},
                 {part->type, check_type},     {part->name, check_name},
                 {part->above, check_above}};
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < sizeof terms / sizeof *terms; i++)
        if (terms[i].value[0])
            err = terms[i].check(check);
    return err;
}

static bool names_somebody(const struct selector *selector, const struct topology *topology, int32_t sender)
{
    for (size_t i = 0; i < selector->count; i++)
        if (selector->parts[i].above[0])
            return true; /* checked already */
    return selector_touches_under(selector, topology, sender, sender);
}

enum err selector_check(const struct selector *selector, const struct topology *topology, int32_t sender,
                        struct fault *fault)
{
    for (size_t i = 0; i < selector->count; i++) {
        const struct checking check = {&selector->parts[i], topology, sender, fault};
        enum err err = check_part(&check);
        if (err != ERR_OK)
            return err;
    }
    if (!names_somebody(selector, topology, sender))
        return fault_set(fault, ERR_NOBODY, "中心 %s 的辖区内没有符合条件的接收人",
                         topology->centers[sender].code);
    return ERR_OK;
}
