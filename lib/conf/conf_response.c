/* Reads the response file: ladders, rate, limits, channels, alerts, and the order of its parts. Shifts and
 * duty rules are in conf_response_duty.c, plans in conf_response_plan.c. */
#include "conf/conf_response.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_response_private.h"

#define MINUTE_MS 60000LL
#define DAY_MS (24 * 60 * MINUTE_MS)

struct raw_file {
    char name[NAME_SIZE];
    int32_t version;
    const struct conf_node *ladders, *rate, *limits, *channels, *shifts, *duty, *alerts, *plans;
};

static const struct conf_key file_keys[] = {
    CONF_TEXT_KEY("name", struct raw_file, name, CONF_REQUIRED),
    CONF_INT_KEY("version", struct raw_file, version, CONF_REQUIRED, 1, INT32_MAX),
    CONF_NODE_KEY("ladders", struct raw_file, ladders, CONF_REQUIRED),
    CONF_NODE_KEY("rate", struct raw_file, rate, CONF_REQUIRED),
    CONF_NODE_KEY("limits", struct raw_file, limits, CONF_REQUIRED),
    CONF_NODE_KEY("channels", struct raw_file, channels, CONF_REQUIRED),
    CONF_NODE_KEY("shifts", struct raw_file, shifts, 0),
    CONF_NODE_KEY("duty", struct raw_file, duty, CONF_REQUIRED),
    CONF_NODE_KEY("alerts", struct raw_file, alerts, CONF_REQUIRED),
    CONF_NODE_KEY("plans", struct raw_file, plans, 0),
};

/* ---- ladders ---- */

struct raw_ladders {
    const struct conf_node *nodes[PRIORITY_CRITICAL + 1];
};

static const struct conf_key ladders_keys[] = {
    CONF_NODE_KEY("normal", struct raw_ladders, nodes[PRIORITY_NORMAL], CONF_REQUIRED),
    CONF_NODE_KEY("urgent", struct raw_ladders, nodes[PRIORITY_URGENT], CONF_REQUIRED),
    CONF_NODE_KEY("critical", struct raw_ladders, nodes[PRIORITY_CRITICAL], CONF_REQUIRED),
};

static const struct conf_key ladder_keys[] = {
    CONF_SPAN_KEY("deputy", struct call_ladder, deputy, CONF_REQUIRED),
    CONF_SPAN_KEY("above", struct call_ladder, above, CONF_REQUIRED),
    CONF_SPAN_KEY("repeat", struct call_ladder, repeat, CONF_REQUIRED),
    CONF_INT_KEY("repeats_max", struct call_ladder, repeats_max, CONF_REQUIRED, 0, 100),
    CONF_SPAN_KEY("lapse", struct call_ladder, lapse, CONF_REQUIRED),
};

/* A step that must come some time; lapse may be none. */
static void check_ladder(struct conf_doc *doc, const struct conf_node *node, const struct call_ladder *ladder)
{
    const struct {
        const char *key;
        struct span span;
    } ends[] = {{"deputy", ladder->deputy}, {"above", ladder->above}, {"repeat", ladder->repeat}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i].span.unit == UNIT_NONE)
            conf_error_at(doc, node, "'%s' must not be none, or a call could go unheard for ever",
                          ends[i].key);
    if (ladder->repeat.unit != UNIT_NONE && ladder->repeat.amount == 0)
        conf_error_at(doc, node, "'repeat' must be longer than nothing");
}

static void read_ladders(struct conf_doc *doc, const struct conf_node *node, struct response *response)
{
    struct raw_ladders raw = {{NULL}};
    conf_map(doc, node, ladders_keys, sizeof ladders_keys / sizeof *ladders_keys, &raw);
    for (size_t i = 0; i <= PRIORITY_CRITICAL; i++)
        if (raw.nodes[i] && conf_map(doc, raw.nodes[i], ladder_keys, sizeof ladder_keys / sizeof *ladder_keys,
                                     &response->ladders[i]))
            check_ladder(doc, raw.nodes[i], &response->ladders[i]);
}

/* ---- rate ---- */

struct raw_rate {
    int32_t count;
    const struct conf_node *per_at;
};

static const struct conf_key rate_keys[] = {
    CONF_INT_KEY("count", struct raw_rate, count, CONF_REQUIRED, 1, CONF_RATE_MAX),
    CONF_NODE_KEY("per", struct raw_rate, per_at, CONF_REQUIRED),
};

bool conf_plain_ms(struct conf_doc *doc, const struct conf_node *node, int64_t *ms)
{
    struct span span = {UNIT_NONE, 0};
    if (!conf_span(doc, node, &span))
        return false;
    if (span.unit == UNIT_URGENT_HOUR && span.amount > 0)
        *ms = span.amount * MINUTE_MS;
    else if (span.unit == UNIT_NATURAL_DAY && span.amount > 0)
        *ms = span.amount * DAY_MS;
    else
        return conf_error_at(doc, node, "'%.60s' must be some urgent-minutes, urgent-hours or natural-days",
                             conf_raw(doc, node));
    return true;
}

static void read_rate(struct conf_doc *doc, const struct conf_node *node, struct response *response)
{
    struct raw_rate raw = {.count = 0};
    if (conf_map(doc, node, rate_keys, sizeof rate_keys / sizeof *rate_keys, &raw) &&
        conf_plain_ms(doc, raw.per_at, &response->rate.per_ms))
        response->rate.count = raw.count;
}

/* ---- limits by kind ---- */

struct raw_limits {
    const struct conf_node *nodes[COMMAND_KINDS];
};

static const struct conf_key limits_keys[] = {
    CONF_NODE_KEY("order", struct raw_limits, nodes[COMMAND_ORDER], CONF_REQUIRED),
    CONF_NODE_KEY("notice", struct raw_limits, nodes[COMMAND_NOTICE], CONF_REQUIRED),
    CONF_NODE_KEY("roll-call", struct raw_limits, nodes[COMMAND_ROLL_CALL], CONF_REQUIRED),
    CONF_NODE_KEY("supervision", struct raw_limits, nodes[COMMAND_SUPERVISION], CONF_REQUIRED),
    CONF_NODE_KEY("campaign", struct raw_limits, nodes[COMMAND_CAMPAIGN], CONF_REQUIRED),
    CONF_NODE_KEY("mode", struct raw_limits, nodes[COMMAND_MODE], CONF_REQUIRED),
    CONF_NODE_KEY("emergency", struct raw_limits, nodes[COMMAND_EMERGENCY], CONF_REQUIRED),
};

static const struct conf_key limit_keys[] = {
    CONF_SPAN_KEY("ack", struct kind_limits, ack, CONF_REQUIRED),
    CONF_SPAN_KEY("contact", struct kind_limits, contact, 0),
    CONF_SPAN_KEY("arrive", struct kind_limits, arrive, 0),
    CONF_SPAN_KEY("done", struct kind_limits, done, 0),
};

static void read_limits(struct conf_doc *doc, const struct conf_node *node, struct response *response)
{
    struct raw_limits raw = {{NULL}};
    conf_map(doc, node, limits_keys, sizeof limits_keys / sizeof *limits_keys, &raw);
    for (size_t kind = COMMAND_ORDER; kind < COMMAND_KINDS; kind++) {
        struct kind_limits *limits = &response->limits[kind];
        if (raw.nodes[kind] &&
            conf_map(doc, raw.nodes[kind], limit_keys, sizeof limit_keys / sizeof *limit_keys, limits) &&
            limits->ack.unit == UNIT_NONE)
            conf_error_at(doc, raw.nodes[kind],
                          "'ack' must not be none: who does not sign is called in that time");
    }
}

/* ---- channels ---- */

static void read_channels(struct conf_doc *doc, const struct conf_node *node, struct response *response)
{
    char channel[POST_SIZE];
    for (const struct conf_node *n = conf_list(doc, node); n; n = conf_next(n)) {
        if (!conf_code(doc, n, channel, sizeof channel))
            continue;
        for (size_t i = 0; i < response->channel_count; i++)
            if (strcmp(response->channels[i], channel) == 0)
                conf_error_at(doc, n, "channel '%s' stands twice", channel);
        if (response->channel_count == CHANNELS_MAX) {
            conf_error_at(doc, n, "more than %d channels", CHANNELS_MAX);
            return;
        }
        memcpy(response->channels[response->channel_count++], channel, sizeof channel);
    }
    if (conf_shape(node) == CONF_LIST && conf_count(node) == 0)
        conf_error_at(doc, node, "there must be at least one channel");
}

/* ---- alerts ---- */

struct raw_alerts {
    const struct conf_node *nodes[ALERTS];
};

static const struct conf_key alerts_keys[] = {
    CONF_NODE_KEY("normal", struct raw_alerts, nodes[ALERT_NORMAL], CONF_REQUIRED),
    CONF_NODE_KEY("iv", struct raw_alerts, nodes[ALERT_IV], CONF_REQUIRED),
    CONF_NODE_KEY("iii", struct raw_alerts, nodes[ALERT_III], CONF_REQUIRED),
    CONF_NODE_KEY("ii", struct raw_alerts, nodes[ALERT_II], CONF_REQUIRED),
    CONF_NODE_KEY("i", struct raw_alerts, nodes[ALERT_I], CONF_REQUIRED),
};

static const struct conf_name modes[] = {{"peace", MODE_PEACE}, {"war", MODE_WAR}, {NULL, 0}};

struct raw_alert {
    struct alert_rule rule;
    const struct conf_node *posts;
};

static const struct conf_key alert_keys[] = {
    CONF_ENUM_KEY("mode", struct raw_alert, rule.mode, CONF_REQUIRED, modes),
    CONF_BOOL_KEY("fast_lane", struct raw_alert, rule.fast_lane, CONF_REQUIRED),
    CONF_SPAN_KEY("report_interval", struct raw_alert, rule.report_interval, CONF_REQUIRED),
    CONF_NODE_KEY("posts", struct raw_alert, posts, CONF_REQUIRED),
};

static void read_alert(struct conf_doc *doc, const struct conf_node *node, struct alert_rule *rule)
{
    struct raw_alert raw = {.rule.mode = MODE_PEACE};
    if (!conf_map(doc, node, alert_keys, sizeof alert_keys / sizeof *alert_keys, &raw))
        return;
    conf_posts(doc, raw.posts, &raw.rule.posts);
    if (raw.rule.report_interval.unit != UNIT_NONE && raw.rule.report_interval.amount == 0)
        conf_error_at(doc, node, "'report_interval' must be longer than nothing, or none");
    *rule = raw.rule;
}

static void read_alerts(struct conf_doc *doc, const struct conf_node *node, struct response *response)
{
    struct raw_alerts raw = {{NULL}};
    conf_map(doc, node, alerts_keys, sizeof alerts_keys / sizeof *alerts_keys, &raw);
    for (size_t alert = ALERT_NORMAL; alert < ALERTS; alert++)
        if (raw.nodes[alert])
            read_alert(doc, raw.nodes[alert], &response->alerts[alert]);
}

/* ---- the file ---- */

static void read_parts(struct conf_doc *doc, const struct raw_file *raw, const struct topology *topology,
                       struct response *response)
{
    if (raw->ladders)
        read_ladders(doc, raw->ladders, response);
    if (raw->rate)
        read_rate(doc, raw->rate, response);
    if (raw->limits)
        read_limits(doc, raw->limits, response);
    if (raw->channels)
        read_channels(doc, raw->channels, response);
    if (raw->shifts)
        conf_shifts_read(doc, raw->shifts, response);
    if (raw->duty)
        conf_duty_read(doc, raw->duty, topology, response);
    if (raw->alerts)
        read_alerts(doc, raw->alerts, response);
    if (raw->plans)
        conf_plans_read(doc, raw->plans, topology, response);
}

enum err conf_response_take(struct conf_doc *doc, const struct topology *topology, struct response *response)
{
    size_t errors = conf_error_count(doc);
    struct raw_file raw = {.version = 0};
    struct response fresh = {.version = 0};

    conf_map(doc, conf_root(doc), file_keys, sizeof file_keys / sizeof *file_keys, &raw);
    memcpy(fresh.name, raw.name, sizeof fresh.name);
    fresh.version = raw.version;
    read_parts(doc, &raw, topology, &fresh);
    if (conf_error_count(doc) != errors) {
        response_free(&fresh);
        return ERR_CONFIG;
    }
    *response = fresh;
    return ERR_OK;
}

enum err conf_response_read(const char *path, struct conf_errors *errors, const struct topology *topology,
                            struct response *response)
{
    struct conf_doc *doc = NULL;
    if (conf_read_file(path, errors, &doc) != ERR_OK)
        return ERR_CONFIG;
    enum err result = conf_response_take(doc, topology, response);
    conf_doc_free(&doc);
    return result;
}

void conf_response_check(const struct response *response, const struct conf_catalogue *read)
{
    for (size_t i = 0; i < read->catalogue.item_count; i++) {
        const struct item *item = &read->catalogue.items[i];
        if (item->plan[0] && !response_plan(response, item->plan))
            conf_error_at(read->doc, read->item_nodes[i], "item '%s': no plan '%s' in the response file",
                          item->code, item->plan);
    }
}
