/* An expectation: what must hold of a command, a case, or the mode at a center. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drill.h"

struct raw_expect {
    const char *of, *center, *within, *mode, *state, *owner;
    const char *numbers[METRIC_COUNT];
    const struct conf_node *counts;
};

#define NUMBER(key, metric) CONF_STRING_KEY(key, struct raw_expect, numbers[metric], 0)
static const struct conf_key expect_keys[] = {
    CONF_STRING_KEY("of", struct raw_expect, of, 0),
    CONF_STRING_KEY("center", struct raw_expect, center, 0),
    CONF_STRING_KEY("within", struct raw_expect, within, 0),
    CONF_STRING_KEY("mode", struct raw_expect, mode, 0),
    CONF_STRING_KEY("state", struct raw_expect, state, 0),
    CONF_STRING_KEY("owner", struct raw_expect, owner, 0),
    CONF_NODE_KEY("counts", struct raw_expect, counts, 0),
    NUMBER("expected", METRIC_EXPECTED),
    NUMBER("answered", METRIC_ANSWERED),
    NUMBER("red", METRIC_RED),
    NUMBER("unknown", METRIC_UNKNOWN),
    NUMBER("overdue_ack", METRIC_OVERDUE_ACK),
    NUMBER("deputy_called", METRIC_DEPUTY_CALLED),
    NUMBER("above_called", METRIC_ABOVE_CALLED),
    NUMBER("not_delivered", METRIC_NOT_DELIVERED),
    NUMBER("reports", METRIC_REPORTS),
    NUMBER("zero", METRIC_ZERO),
};

static struct drill_condition *add(struct drill_step *step, enum drill_metric metric, const char *name,
                                   const char *wanted)
{
    if (step->condition_count == DRILL_CONDITIONS_MAX)
        return NULL;
    struct drill_condition *condition = &step->conditions[step->condition_count++];
    *condition = (struct drill_condition){.metric = metric, .name = name, .wanted = wanted, .op = "="};
    return condition;
}

/* "3", ">= 95%", "<2". */
static bool add_number(struct drill *drill, const struct conf_node *node, const char *text,
                       struct drill_condition *condition)
{
    static const char *const ops[] = {"<=", ">=", "<", ">", "="};
    char *end;
    const char *p = text;
    if (!condition)
        return conf_error_at(drill->doc, node, "too many conditions");
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (strncmp(p, ops[i], strlen(ops[i])) == 0) {
            memcpy(condition->op, ops[i], strlen(ops[i]) + 1);
            p += strlen(ops[i]);
            break;
        }
    condition->value = strtod(p, &end);
    condition->percent = *end == '%';
    if (end == p || end[condition->percent] != '\0' || !isfinite(condition->value))
        return conf_error_at(drill->doc, node, "'%s' is no number to compare with: e.g. 3, >=95%%, <2", text);
    return true;
}

static bool add_numbers(struct drill *drill, const struct conf_node *node, const struct raw_expect *raw,
                        struct drill_step *step)
{
    size_t first = sizeof expect_keys / sizeof *expect_keys - METRIC_COUNT;
    for (size_t i = 0; i < METRIC_COUNT; i++)
        if (raw->numbers[i] &&
            !add_number(drill, node, raw->numbers[i],
                        add(step, (enum drill_metric)i, expect_keys[first + i].name, raw->numbers[i])))
            return false;
    for (const struct conf_node *key = raw->counts ? conf_pairs(drill->doc, raw->counts) : NULL; key;
         key = conf_next(key)) {
        const char *name = conf_raw(drill->doc, key), *wanted = conf_raw(drill->doc, conf_value(key));
        enum receipt_state state = receipt_state_from_name(name);
        if (state == RECEIPT_NONE)
            return conf_error_at(drill->doc, key, "'%s' is no state of a recipient: ACKED, DONE ...", name);
        struct drill_condition *condition = add(step, METRIC_COUNT, name, wanted);
        if (!add_number(drill, key, wanted, condition))
            return false;
        condition->state = state;
    }
    return true;
}

/* "!" before the word turns it round; `code` stands for what was written where that was a symbolic name. */
static void add_word(struct drill_step *step, enum drill_metric metric, const char *name, const char *written,
                     const char *code)
{
    bool negated = written[0] == '!';
    struct drill_condition *condition = add(step, metric, name, code ? code : written + negated);
    if (condition && negated)
        condition->op[0] = '!';
}

static bool add_words(struct drill *drill, const struct conf_node *node, const struct raw_expect *raw,
                      struct drill_step *step)
{
    enum alert alert;
    char why[128];
    int32_t owner;
    const char *owner_name = raw->owner && raw->owner[0] == '!' ? raw->owner + 1 : raw->owner;
    if (raw->mode && !alert_from_name(raw->mode, &alert))
        return conf_error_at(drill->doc, node, "mode '%s' is none of normal, iv, iii, ii, i", raw->mode);
    if (raw->mode && step->center < 0)
        return conf_error_at(drill->doc, node, "mode: at which center?");
    if (owner_name && !drill_center(drill->topology, owner_name, &owner, why))
        return conf_error_at(drill->doc, node, "%s", why);
    if (raw->mode)
        add(step, METRIC_MODE, "mode", raw->mode);
    if (raw->state)
        add_word(step, METRIC_STATE, "state", raw->state, NULL);
    if (owner_name)
        add_word(step, METRIC_OWNER, "owner", raw->owner, drill->topology->centers[owner].code);
    return true;
}

bool drill_read_expect(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    struct raw_expect raw = {.of = NULL};
    if (!conf_map(drill->doc, node, expect_keys, sizeof expect_keys / sizeof *expect_keys, &raw) ||
        !drill_of(drill, node, raw.of, step) || !drill_center_of(drill, node, raw.center, &step->center) ||
        (raw.within && !drill_span(drill, node, raw.within, &step->within_ms)) ||
        !add_numbers(drill, node, &raw, step) || !add_words(drill, node, &raw, step))
        return false;
    if (step->of < 0 && !raw.mode)
        return conf_error_at(drill->doc, node, "of what? 'of' names an earlier step");
    return step->condition_count > 0 || conf_error_at(drill->doc, node, "nothing is expected");
}
