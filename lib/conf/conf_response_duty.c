/* Shifts and duty rules of the response file: the shifts divide the day, and for every recipient some rule
 * says who answers. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf_response_private.h"

#define DAY_MIN 1440
#define TIME_CHARS 5 /* 08:00 */

static const struct conf_name duty_posts[] = {
    {"receptionist", POST_RECEPTIONIST},
    {"dispatcher", POST_DISPATCHER},
    {"shift_leader", POST_SHIFT_LEADER},
    {"leader", POST_LEADER},
    {"supervisor", POST_SUPERVISOR},
    {"checker", POST_CHECKER},
    {"caller", POST_CALLER},
    {NULL, 0},
};

bool conf_posts(struct conf_doc *doc, const struct conf_node *list, unsigned *posts)
{
    bool sound = conf_shape(list) == CONF_LIST;
    if (sound && conf_count(list) == 0)
        sound = conf_error_at(doc, list, "names no post");
    for (const struct conf_node *n = conf_list(doc, list); n; n = conf_next(n)) {
        int post = 0;
        sound = conf_enum(doc, n, duty_posts, &post) && sound;
        *posts |= (unsigned)post;
    }
    return sound;
}

/* ---- shifts ---- */

struct raw_shift {
    struct duty_shift shift;
    const struct conf_node *from, *to;
};

static const struct conf_key shift_keys[] = {
    CONF_CODE_KEY("name", struct raw_shift, shift.name, CONF_REQUIRED),
    CONF_TEXT_KEY("zh", struct raw_shift, shift.zh, CONF_REQUIRED),
    CONF_NODE_KEY("from", struct raw_shift, from, CONF_REQUIRED),
    CONF_NODE_KEY("to", struct raw_shift, to, CONF_REQUIRED),
};

/* Two digits; -1 when they are none. */
static int32_t two_digits(const char *text)
{
    if (strspn(text, "0123456789") < 2)
        return -1;
    return (text[0] - '0') * 10 + (text[1] - '0');
}

static bool read_minute(struct conf_doc *doc, const struct conf_node *node, int32_t *minute)
{
    const char *text = conf_raw(doc, node);
    bool formed = strlen(text) == TIME_CHARS && text[2] == ':';
    int32_t hour = formed ? two_digits(text) : -1, rest = formed ? two_digits(text + 3) : -1;
    int32_t all = hour * 60 + rest;
    if (hour < 0 || rest < 0 || rest > 59 || all > DAY_MIN)
        return conf_error_at(doc, node, "'%.60s' is no time of day: write it like \"08:00\"", text);
    *minute = all % DAY_MIN;
    return true;
}

/* Marks the minutes of a shift; false when one of them is another's already. */
static bool take_minutes(const struct duty_shift *shift, bool taken[DAY_MIN])
{
    bool free_all = true;
    int32_t minute = shift->from_min;
    do {
        free_all = free_all && !taken[minute];
        taken[minute] = true;
        minute = (minute + 1) % DAY_MIN;
    } while (minute != shift->to_min);
    return free_all;
}

static bool shift_known(const struct response *response, const char *name)
{
    for (size_t i = 0; i < response->shift_count; i++)
        if (strcmp(response->shifts[i].name, name) == 0)
            return true;
    return false;
}

static bool read_shift(struct conf_doc *doc, const struct conf_node *node, struct duty_shift *shift)
{
    struct raw_shift raw = {.from = NULL};
    if (!conf_map(doc, node, shift_keys, sizeof shift_keys / sizeof *shift_keys, &raw))
        return false;
    bool from = read_minute(doc, raw.from, &raw.shift.from_min);
    bool to = read_minute(doc, raw.to, &raw.shift.to_min);
    *shift = raw.shift;
    return from && to;
}

void conf_shifts_read(struct conf_doc *doc, const struct conf_node *list, struct response *response)
{
    bool taken[DAY_MIN] = {false}, sound = true;
    for (const struct conf_node *n = conf_list(doc, list); n; n = conf_next(n)) {
        struct duty_shift shift;
        if (response->shift_count == SHIFTS_MAX) {
            conf_error_at(doc, n, "more than %d shifts", SHIFTS_MAX);
            return;
        }
        if (!read_shift(doc, n, &shift)) {
            sound = false;
            continue;
        }
        if (shift_known(response, shift.name))
            conf_error_at(doc, n, "shift '%s' stands twice", shift.name);
        if (!take_minutes(&shift, taken))
            conf_error_at(doc, n, "shift '%s' overlaps another", shift.name);
        response->shifts[response->shift_count++] = shift;
    }
    for (int32_t minute = 0; sound && response->shift_count > 0 && minute < DAY_MIN; minute++)
        if (!taken[minute]) {
            conf_error_at(doc, list, "nobody is on duty at %02d:%02d", (int)(minute / 60),
                          (int)(minute % 60));
            return;
        }
}

/* ---- rules ---- */

static const struct conf_name kinds[] = {
    {"center", RECIPIENT_CENTER}, {"desk", RECIPIENT_DESK}, {"unit", RECIPIENT_UNIT}, {NULL, 0}};

struct raw_rule {
    struct duty_rule rule;
    const struct conf_node *type, *department, *posts, *deputy_posts;
};

static const struct conf_key rule_keys[] = {
    CONF_ENUM_KEY("for", struct raw_rule, rule.kind, CONF_REQUIRED, kinds),
    CONF_NODE_KEY("type", struct raw_rule, type, 0),
    CONF_NODE_KEY("department", struct raw_rule, department, 0),
    CONF_NODE_KEY("posts", struct raw_rule, posts, 0),
    CONF_NODE_KEY("deputy_posts", struct raw_rule, deputy_posts, 0),
    CONF_BOOL_KEY("deputy_next", struct raw_rule, rule.deputy_next, 0),
    CONF_BOOL_KEY("turns", struct raw_rule, rule.turns, 0),
};

static bool department_known(const struct topology *topology, const char *code)
{
    for (size_t i = 0; i < topology->department_count; i++)
        if (strcmp(topology->departments[i].code, code) == 0)
            return true;
    return false;
}

static void read_names(struct conf_doc *doc, const struct topology *topology, struct raw_rule *raw)
{
    struct duty_rule *rule = &raw->rule;
    if (raw->type && conf_code(doc, raw->type, rule->type, sizeof rule->type)) {
        if (rule->kind != RECIPIENT_UNIT)
            conf_error_at(doc, raw->type, "only units have a type");
        else if (topology && !topology_unit_type(topology, rule->type))
            conf_error_at(doc, raw->type, "there is no unit type '%s'", rule->type);
    }
    if (raw->department && conf_code(doc, raw->department, rule->department, sizeof rule->department)) {
        if (rule->kind == RECIPIENT_CENTER)
            conf_error_at(doc, raw->department, "a center's own desk has no department");
        else if (topology && !department_known(topology, rule->department))
            conf_error_at(doc, raw->department, "there is no department '%s' anywhere", rule->department);
    }
}

static bool read_rule(struct conf_doc *doc, const struct conf_node *node, const struct topology *topology,
                      struct duty_rule *rule)
{
    struct raw_rule raw = {.rule.kind = RECIPIENT_CENTER};
    if (!conf_map(doc, node, rule_keys, sizeof rule_keys / sizeof *rule_keys, &raw))
        return false;
    read_names(doc, topology, &raw);
    if (raw.posts)
        conf_posts(doc, raw.posts, &raw.rule.posts);
    if (raw.deputy_posts)
        conf_posts(doc, raw.deputy_posts, &raw.rule.deputy_posts);
    if (raw.rule.kind == RECIPIENT_CENTER && !raw.posts)
        conf_error_at(doc, node, "a rule for centers needs 'posts'");
    if (raw.rule.kind != RECIPIENT_CENTER && raw.posts)
        conf_error_at(doc, raw.posts, "only a center is answered for by posts");
    if (raw.rule.kind == RECIPIENT_UNIT && raw.rule.turns)
        conf_error_at(doc, node, "a unit answers for itself: it does not turn");
    if (!raw.deputy_posts && !raw.rule.deputy_next)
        conf_error_at(doc, node, "needs 'deputy_posts' or 'deputy_next': somebody must be called");
    *rule = raw.rule;
    return true;
}

/* True when whatever fits `later` fits `earlier` as well. */
static bool hides(const struct duty_rule *earlier, const struct duty_rule *later)
{
    return earlier->kind == later->kind && (!earlier->type[0] || strcmp(earlier->type, later->type) == 0) &&
           (!earlier->department[0] || strcmp(earlier->department, later->department) == 0);
}

static void check_general(struct conf_doc *doc, const struct conf_node *list, const struct response *response)
{
    for (const struct conf_name *kind = kinds; kind->name; kind++) {
        bool found = false;
        for (size_t i = 0; i < response->rule_count; i++) {
            const struct duty_rule *rule = &response->rules[i];
            found = found || ((int)rule->kind == kind->value && !rule->type[0] && !rule->department[0]);
        }
        if (!found)
            conf_error_at(doc, list, "no rule for every %s, whatever its type or department", kind->name);
    }
}

void conf_duty_read(struct conf_doc *doc, const struct conf_node *list, const struct topology *topology,
                    struct response *response)
{
    size_t room, errors = conf_error_count(doc);
    const struct conf_node *first = conf_list(doc, list);
    response->rules =
        first ? conf_array(doc, list, CONF_DUTY_RULES_MAX, sizeof *response->rules, &room) : NULL;
    for (const struct conf_node *n = response->rules ? first : NULL; n; n = conf_next(n)) {
        struct duty_rule rule;
        if (!read_rule(doc, n, topology, &rule))
            continue;
        for (size_t i = 0; i < response->rule_count; i++)
            if (hides(&response->rules[i], &rule)) {
                conf_error_at(doc, n, "never reached: a rule before it fits whatever this one fits");
                break;
            }
        response->rules[response->rule_count++] = rule;
    }
    if (conf_error_count(doc) == errors)
        check_general(doc, list, response);
}
