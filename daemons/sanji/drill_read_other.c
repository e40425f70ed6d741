/* Cases, units, answers and hooks: one key table each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "drill.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---- cases ---- */

struct raw_case {
    const char *center, *item, *text, *as, *area, *address, *source, *of, *event, *to, *reason, *before,
        *after;
    double lon, lat;
};

#define C(key, member, flags) CONF_STRING_KEY(key, struct raw_case, member, flags)
static const struct conf_key report_keys[] = {C("center", center, CONF_REQUIRED),
                                              C("item", item, CONF_REQUIRED),
                                              C("text", text, CONF_REQUIRED),
                                              C("as", as, 0),
                                              C("area", area, 0),
                                              C("address", address, 0),
                                              C("source", source, 0),
                                              CONF_DOUBLE_KEY("lon", struct raw_case, lon, 0, -180, 180),
                                              CONF_DOUBLE_KEY("lat", struct raw_case, lat, 0, -90, 90)};
static const struct conf_key case_keys[] = {C("of", of, CONF_REQUIRED),
                                            C("event", event, CONF_REQUIRED),
                                            C("center", center, 0),
                                            C("as", as, CONF_REQUIRED),
                                            C("to", to, 0),
                                            C("reason", reason, 0),
                                            C("text", text, 0),
                                            C("before", before, 0),
                                            C("after", after, 0)};

/* Without a place a case lies at the seat of its center, so that the nearest units can be found. */
static void place_of(const struct drill *drill, const struct raw_case *raw, const struct drill_step *step,
                     struct case_birth *birth)
{
    const struct center *center = &drill->topology->centers[step->center];
    birth->lon = isnan(raw->lon) ? center->lon : raw->lon;
    birth->lat = isnan(raw->lat) ? center->lat : raw->lat;
}

static bool read_report(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    struct raw_case raw = {.lon = NAN, .lat = NAN};
    struct case_birth *birth = &step->report.birth;
    if (!conf_map(drill->doc, node, report_keys, COUNT(report_keys), &raw) ||
        !drill_center_of(drill, node, raw.center, &step->center) || !drill_text_of(drill, node, &raw.text) ||
        !drill_text_of(drill, node, &raw.address) ||
        !drill_put(drill, node, birth->item, sizeof birth->item, raw.item) ||
        !drill_put(drill, node, birth->area, sizeof birth->area, raw.area) ||
        !drill_put(drill, node, birth->source, sizeof birth->source, raw.source) ||
        !drill_put(drill, node, step->user, sizeof step->user, raw.as))
        return false;
    const struct center *center = &drill->topology->centers[step->center];
    if (!step->user[0])
        snprintf(step->user, sizeof step->user, "receptionist.%s", center->code);
    if (!birth->area[0])
        text_put(birth->area, sizeof birth->area, center->cover_count ? center->covers[0] : center->code);
    if (!birth->source[0])
        text_put(birth->source, sizeof birth->source, "desk");
    place_of(drill, &raw, step, birth);
    step->content.text = raw.text;
    step->content.address = raw.address;
    return true;
}

static bool read_case(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    struct raw_case raw = {.lon = NAN};
    struct actor actor;
    struct case_content *content = &step->content;
    if (!conf_map(drill->doc, node, case_keys, COUNT(case_keys), &raw) ||
        !drill_of(drill, node, raw.of, step) || !drill_center_of(drill, node, raw.center, &step->center) ||
        !drill_text_of(drill, node, &raw.reason) || !drill_text_of(drill, node, &raw.text) ||
        !drill_put(drill, node, step->target, sizeof step->target, raw.to) ||
        !drill_put(drill, node, step->user, sizeof step->user, raw.as))
        return false;
    step->event = case_event_from_name(raw.event);
    if (drill->steps[step->of].action != DRILL_REPORT)
        return conf_error_at(drill->doc, node, "'%s' reported no case", raw.of);
    if (step->event == EVENT_NONE)
        return conf_error_at(drill->doc, node, "event '%s' (sanji case act --help)", raw.event);
    content->reason = raw.reason;
    content->text = raw.text;
    if (raw.before)
        content->before[content->before_count++] = raw.before;
    if (raw.after)
        content->after[content->after_count++] = raw.after;
    if (step->center < 0) /* people are heard at their own center */
        step->center = topology_person(drill->topology, step->user, &actor)
                           ? topology_center(drill->topology, actor.center)
                           : drill->steps[step->of].center;
    return true;
}

/* ---- units ---- */

struct raw_unit {
    const char *unit, *status, *note, *as;
    double lon, lat;
};

static const struct conf_key unit_keys[] = {
    CONF_STRING_KEY("unit", struct raw_unit, unit, CONF_REQUIRED),
    CONF_STRING_KEY("status", struct raw_unit, status, 0),
    CONF_STRING_KEY("note", struct raw_unit, note, 0),
    CONF_STRING_KEY("as", struct raw_unit, as, 0),
    CONF_DOUBLE_KEY("lon", struct raw_unit, lon, 0, -180, 180),
    CONF_DOUBLE_KEY("lat", struct raw_unit, lat, 0, -90, 90),
};

static bool read_unit(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    struct raw_unit raw = {.lon = NAN, .lat = NAN};
    struct unit_identity identity;
    struct unit_request *unit = &step->unit;
    if (!conf_map(drill->doc, node, unit_keys, COUNT(unit_keys), &raw) ||
        !drill_put(drill, node, unit->unit, sizeof unit->unit, raw.unit) ||
        !drill_put(drill, node, unit->status, sizeof unit->status, raw.status) ||
        !drill_put(drill, node, unit->note, sizeof unit->note, raw.note) ||
        !drill_put(drill, node, step->user, sizeof step->user, raw.as ? raw.as : raw.unit))
        return false;
    if (!topology_unit(drill->topology, unit->unit, &identity))
        return conf_error_at(drill->doc, node, "there is no unit '%s'", unit->unit);
    if ((raw.status != NULL) == !isnan(raw.lon) || isnan(raw.lon) != isnan(raw.lat))
        return conf_error_at(drill->doc, node, "a unit says its status, or moves to a lon and lat");
    step->center = identity.center;
    unit->ask = raw.status ? UNIT_ASK_STATUS : UNIT_ASK_POSITION;
    unit->lon = raw.lon;
    unit->lat = raw.lat;
    return true;
}

/* ---- answers ---- */

struct raw_answer {
    const char *of, *to, *share, *zero, *within, *text, *values;
    int64_t seed;
    const struct conf_node *events;
};

static const struct conf_key answer_keys[] = {
    CONF_STRING_KEY("of", struct raw_answer, of, CONF_REQUIRED),
    CONF_STRING_KEY("to", struct raw_answer, to, 0),
    CONF_STRING_KEY("share", struct raw_answer, share, 0),
    CONF_STRING_KEY("zero", struct raw_answer, zero, 0),
    CONF_STRING_KEY("within", struct raw_answer, within, CONF_REQUIRED),
    CONF_STRING_KEY("text", struct raw_answer, text, 0),
    CONF_STRING_KEY("values", struct raw_answer, values, 0),
    CONF_INT_KEY("seed", struct raw_answer, seed, 0, 0, INT64_MAX),
    CONF_NODE_KEY("events", struct raw_answer, events, 0),
};

/* "95%" or 0.95. */
static bool share_of(struct drill *drill, const struct conf_node *node, const char *text, double *share)
{
    char *end;
    if (!text)
        return true;
    double value = strtod(text, &end);
    if (*end == '%') {
        value /= 100;
        end++;
    }
    if (end == text || *end != '\0' || !(value >= 0 && value <= 1))
        return conf_error_at(drill->doc, node, "'%s' is no share: e.g. 95%%", text);
    *share = value;
    return true;
}

static bool events_of(struct drill *drill, const struct conf_node *list, struct drill_step *step)
{
    for (const struct conf_node *n = list ? conf_list(drill->doc, list) : NULL; n; n = conf_next(n)) {
        enum receipt_event event = receipt_event_from_name(conf_raw(drill->doc, n));
        if (event == RECEIPT_EVENT_NONE || event >= RECEIPT_DELIVER)
            return conf_error_at(drill->doc, n, "'%s' is none of ack, depart, arrive, report, finish ...",
                                 conf_raw(drill->doc, n));
        if (step->answer.event_count == DRILL_EVENTS_MAX)
            return conf_error_at(drill->doc, n, "at most %d events", DRILL_EVENTS_MAX);
        step->answer.events[step->answer.event_count++] = event;
    }
    return true;
}

static bool read_answer(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    struct raw_answer raw = {.seed = drill->seed};
    struct fault fault = {.code = ERR_OK};
    struct selector selector;
    step->answer.share = 1;
    if (!conf_map(drill->doc, node, answer_keys, COUNT(answer_keys), &raw) ||
        !drill_of(drill, node, raw.of, step) || !drill_text_of(drill, node, &raw.to) ||
        !drill_text_of(drill, node, &raw.text) || !drill_text_of(drill, node, &raw.values) ||
        !share_of(drill, node, raw.share, &step->answer.share) ||
        !share_of(drill, node, raw.zero, &step->answer.zero) ||
        !drill_span(drill, node, raw.within, &step->answer.within_ms) || !events_of(drill, raw.events, step))
        return false;
    if (raw.to && selector_parse(raw.to, &selector, &fault) != ERR_OK)
        return conf_error_at(drill->doc, node, "selector '%s': %s", raw.to, fault.text);
    step->answer.to = raw.to;
    step->answer.text = raw.text;
    step->answer.values = raw.values;
    step->answer.seed = raw.seed;
    return true;
}

/* ---- hooks ---- */

static bool read_shell(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    size_t count = 0;
    for (const struct conf_node *n = conf_list(drill->doc, node); n; n = conf_next(n)) {
        const char *word = NULL;
        if (count == DRILL_ARGV_MAX)
            return conf_error_at(drill->doc, n, "at most %d words", DRILL_ARGV_MAX);
        if (!conf_string(drill->doc, n, &word) || !drill_text_of(drill, n, &word))
            return false;
        step->argv[count++] = word;
    }
    return count > 0 || conf_error_at(drill->doc, node, "a program and its words: [sh, -c, ...]");
}

bool drill_read_other(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    static bool (*const readers[DRILL_ACTIONS])(struct drill *, const struct conf_node *,
                                                struct drill_step *) = {
        [DRILL_REPORT] = read_report, [DRILL_CASE] = read_case,   [DRILL_UNIT] = read_unit,
        [DRILL_ANSWER] = read_answer, [DRILL_SHELL] = read_shell,
    };
    return readers[step->action](drill, node, step);
}
