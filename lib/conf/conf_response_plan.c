/* Emergency plans of the response file ("135"): circles of unit types, each with its arrival limit. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf_response_private.h"

struct raw_plan {
    struct plan plan;
    const struct conf_node *position_age, *circles;
};

static const struct conf_key plan_keys[] = {
    CONF_CODE_KEY("code", struct raw_plan, plan.code, CONF_REQUIRED),
    CONF_TEXT_KEY("zh", struct raw_plan, plan.zh, CONF_REQUIRED),
    CONF_SPAN_KEY("ack", struct raw_plan, plan.ack, CONF_REQUIRED),
    CONF_SPAN_KEY("par", struct raw_plan, plan.par, CONF_REQUIRED),
    CONF_NODE_KEY("position_age", struct raw_plan, position_age, CONF_REQUIRED),
    CONF_NODE_KEY("circles", struct raw_plan, circles, CONF_REQUIRED),
};

static const struct conf_key circle_keys[] = {
    CONF_CODE_KEY("type", struct plan_circle, type, CONF_REQUIRED),
    CONF_INT_KEY("count", struct plan_circle, count, CONF_REQUIRED, 1, CONF_CIRCLE_UNITS_MAX),
    CONF_SPAN_KEY("arrive", struct plan_circle, arrive, CONF_REQUIRED),
};

static bool type_sits_somewhere(const struct topology *topology, const char *type)
{
    bool grid = strcmp(type, "grid") == 0;
    for (size_t i = 0; i < topology->unit_rule_count; i++) {
        const struct unit_rule *rule = &topology->unit_rules[i];
        if (rule->count == 0 || strcmp(topology->unit_types[rule->type].code, type) != 0)
            continue;
        for (size_t k = 0; k < topology->center_count; k++)
            if (topology->centers[k].tier == rule->tier)
                return true;
    }
    for (size_t i = 0; i < topology->named_unit_count; i++)
        if (strcmp(topology->unit_types[topology->named_units[i].type].code, type) == 0)
            return true;
    for (size_t i = 0; grid && i < topology->center_count; i++)
        if (topology->centers[i].grids > 0)
            return true;
    return false;
}

static void check_circle(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology,
                         const struct plan_circle *circle)
{
    if (circle->arrive.unit == UNIT_NONE)
        conf_error_at(doc, node, "a circle needs its arrival limit");
    if (!topology)
        return;
    if (!topology_unit_type(topology, circle->type))
        conf_error_at(doc, node, "there is no unit type '%s'", circle->type);
    else if (!type_sits_somewhere(topology, circle->type))
        conf_error_at(doc, node, "no center has a unit of the type '%s'", circle->type);
}

static void read_circles(struct conf_doc *doc, const struct conf_node *list, const struct topology *topology,
                         struct plan *plan)
{
    for (const struct conf_node *n = conf_list(doc, list); n; n = conf_next(n)) {
        struct plan_circle circle = {.count = 0};
        if (plan->circle_count == PLAN_CIRCLES_MAX) {
            conf_error_at(doc, n, "more than %d circles", PLAN_CIRCLES_MAX);
            return;
        }
        if (!conf_map(doc, n, circle_keys, sizeof circle_keys / sizeof *circle_keys, &circle))
            continue;
        check_circle(doc, n, topology, &circle);
        plan->circles[plan->circle_count++] = circle;
    }
    if (conf_shape(list) == CONF_LIST && conf_count(list) == 0)
        conf_error_at(doc, list, "a plan needs at least one circle");
}

static bool plan_known(const struct response *response, const char *code)
{
    for (size_t i = 0; i < response->plan_count; i++)
        if (strcmp(response->plans[i].code, code) == 0)
            return true;
    return false;
}

static int by_code(const void *a, const void *b)
{
    return strcmp(((const struct plan *)a)->code, ((const struct plan *)b)->code);
}

static void read_plan(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology,
                      struct response *response)
{
    struct raw_plan raw = {.plan.circle_count = 0};
    if (!conf_map(doc, node, plan_keys, sizeof plan_keys / sizeof *plan_keys, &raw))
        return;
    conf_plain_ms(doc, raw.position_age, &raw.plan.position_age_ms);
    if (raw.plan.ack.unit == UNIT_NONE)
        conf_error_at(doc, node, "plan '%s': 'ack' must not be none", raw.plan.code);
    if (raw.plan.par.unit != UNIT_NONE && raw.plan.par.amount == 0)
        conf_error_at(doc, node, "plan '%s': 'par' must be longer than nothing, or none", raw.plan.code);
    if (plan_known(response, raw.plan.code))
        conf_error_at(doc, node, "plan '%s' stands twice", raw.plan.code);
    read_circles(doc, raw.circles, topology, &raw.plan);
    response->plans[response->plan_count++] = raw.plan;
}

void conf_plans_read(struct conf_doc *doc, const struct conf_node *list, const struct topology *topology,
                     struct response *response)
{
    size_t room;
    const struct conf_node *first = conf_list(doc, list);
    response->plans = first ? conf_array(doc, list, CONF_PLANS_MAX, sizeof *response->plans, &room) : NULL;
    for (const struct conf_node *n = response->plans ? first : NULL; n; n = conf_next(n))
        read_plan(doc, n, topology, response);
    if (response->plans)
        qsort(response->plans, response->plan_count, sizeof *response->plans, by_code);
}
