/* The settings of an item: one key table, used on every level. */
#include "conf/conf_settings.h"

#include <string.h>

struct raw_item {
    struct item item;
    const struct conf_node *limits, *policy, *evidence;
};

static const struct conf_name priorities[] = {
    {"normal", PRIORITY_NORMAL}, {"urgent", PRIORITY_URGENT}, {"critical", PRIORITY_CRITICAL}, {NULL, 0}};

static const struct conf_key item_keys[] = {
    CONF_CODE_KEY("code", struct raw_item, item.code, CONF_REQUIRED),
    CONF_TEXT_KEY("name", struct raw_item, item.name, CONF_REQUIRED),
    CONF_TEXT_KEY("en", struct raw_item, item.name_en, 0),
    CONF_ENUM_KEY("priority", struct raw_item, item.priority, 0, priorities),
    CONF_BOOL_KEY("settle", struct raw_item, item.settle_allowed, 0),
    CONF_BOOL_KEY("auto_check", struct raw_item, item.auto_check, 0),
    CONF_BOOL_KEY("suspend", struct raw_item, item.suspend_allowed, 0),
    CONF_BOOL_KEY("close_by_leader", struct raw_item, item.close_by_leader, 0),
    CONF_CODE_KEY("plan", struct raw_item, item.plan, 0),
    CONF_STRING_KEY("filing", struct raw_item, item.filing, 0),
    CONF_STRING_KEY("closing", struct raw_item, item.closing, 0),
    CONF_STRING_KEY("guidance", struct raw_item, item.guidance, 0),
    CONF_NODE_KEY("limits", struct raw_item, limits, 0),
    CONF_NODE_KEY("policy", struct raw_item, policy, 0),
    CONF_NODE_KEY("evidence", struct raw_item, evidence, 0),
};

#define IDENTITY_KEYS 3 /* code, name, en: not for defaults */

static const struct conf_key limit_keys[] = {
    CONF_SPAN_KEY("accept", struct limits, accept, 0),
    CONF_SPAN_KEY("verify", struct limits, verify, 0),
    CONF_SPAN_KEY("dispatch", struct limits, dispatch, 0),
    CONF_SPAN_KEY("sign", struct limits, sign, 0),
    CONF_SPAN_KEY("handle", struct limits, handle, 0),
    CONF_SPAN_KEY("check", struct limits, check, 0),
    CONF_SPAN_KEY("ruling", struct limits, ruling, 0),
    CONF_SPAN_KEY("callback", struct limits, callback, 0),
    CONF_SPAN_KEY("reopen_window", struct limits, reopen_window, 0),
    CONF_SPAN_KEY("archive", struct limits, archive, 0),
};

static const struct conf_key policy_keys[] = {
    CONF_CODE_KEY("peace", struct item, policy[MODE_PEACE], 0),
    CONF_CODE_KEY("war", struct item, policy[MODE_WAR], 0),
};

static bool read_evidence(struct conf_doc *doc, const struct conf_node *node, struct item *item)
{
    bool sound = conf_shape(node) == CONF_LIST;
    item->before_photo = item->after_photo = false;
    for (const struct conf_node *n = conf_list(doc, node); n; n = conf_next(n)) {
        const char *word = conf_raw(doc, n);
        if (strcmp(word, "before") == 0)
            item->before_photo = true;
        else if (strcmp(word, "after") == 0)
            item->after_photo = true;
        else
            sound = conf_error_at(doc, n, "'%.60s' is no evidence: before or after", word);
    }
    return sound;
}

/* Lays a map over *item: its keys from `skipped` on. Texts stay borrowed from the document. */
static bool lay_over(struct conf_doc *doc, const struct conf_node *node, size_t skipped, struct item *item)
{
    struct raw_item raw = {.item = *item};
    bool sound =
        conf_map(doc, node, item_keys + skipped, sizeof item_keys / sizeof *item_keys - skipped, &raw);

    if (strcmp(raw.item.plan, "none") == 0) /* an item without, in a class that has one by default */
        raw.item.plan[0] = '\0';
    if (raw.limits)
        sound =
            conf_map(doc, raw.limits, limit_keys, sizeof limit_keys / sizeof *limit_keys, &raw.item.limits) &&
            sound;
    if (raw.policy)
        sound = conf_map(doc, raw.policy, policy_keys, sizeof policy_keys / sizeof *policy_keys, &raw.item) &&
                sound;
    if (raw.evidence)
        sound = read_evidence(doc, raw.evidence, &raw.item) && sound;
    *item = raw.item;
    return sound;
}

/* Copies what this level itself wrote; an inherited text is in the pool already. */
static void keep_texts(struct conf_pool *texts, const struct item *inherited, struct item *item)
{
    if (item->filing != inherited->filing)
        item->filing = conf_pool_add(texts, item->filing);
    if (item->closing != inherited->closing)
        item->closing = conf_pool_add(texts, item->closing);
    if (item->guidance != inherited->guidance)
        item->guidance = conf_pool_add(texts, item->guidance);
}

/* The priority that a map names, else `otherwise`; a word that is none gets its complaint from the key table.
 */
static enum priority named_priority(struct conf_doc *doc, const struct conf_node *map,
                                    enum priority otherwise)
{
    if (conf_shape(map) != CONF_MAP)
        return otherwise;
    for (const struct conf_node *key = conf_pairs(doc, map); key; key = conf_next(key))
        for (const struct conf_name *name = priorities; name->name; name++)
            if (strcmp(conf_raw(doc, key), "priority") == 0 &&
                strcmp(conf_raw(doc, conf_value(key)), name->name) == 0)
                return (enum priority)name->value;
    return otherwise;
}

void conf_settings_begin(struct conf_settings *settings)
{
    settings->priority = PRIORITY_NORMAL;
    for (size_t i = 0; i < CONF_PRIORITIES; i++)
        settings->by_priority[i] =
            (struct item){.priority = (enum priority)i, .filing = "", .closing = "", .guidance = ""};
}

bool conf_settings_over(struct conf_doc *doc, const struct conf_node *node, struct conf_pool *texts,
                        struct conf_settings *settings)
{
    struct item *all = settings->by_priority;
    const struct item before[CONF_PRIORITIES] = {all[0], all[1], all[2]};

    if (!lay_over(doc, node, IDENTITY_KEYS, &all[0]))
        return false;
    keep_texts(texts, &before[0], &all[0]);
    for (size_t i = 1; i < CONF_PRIORITIES; i++) {
        /* what the first was sound with, the others are sound with; and each text is copied once */
        if (!lay_over(doc, node, IDENTITY_KEYS, &all[i]))
            return false;
        all[i].filing = all[i].filing != before[i].filing ? all[0].filing : before[i].filing;
        all[i].closing = all[i].closing != before[i].closing ? all[0].closing : before[i].closing;
        all[i].guidance = all[i].guidance != before[i].guidance ? all[0].guidance : before[i].guidance;
    }
    settings->priority = named_priority(doc, node, settings->priority);
    return true;
}

struct raw_priorities {
    const struct conf_node *nodes[CONF_PRIORITIES];
};

static const struct conf_key priority_keys[CONF_PRIORITIES] = {
    CONF_NODE_KEY("normal", struct raw_priorities, nodes[PRIORITY_NORMAL], 0),
    CONF_NODE_KEY("urgent", struct raw_priorities, nodes[PRIORITY_URGENT], 0),
    CONF_NODE_KEY("critical", struct raw_priorities, nodes[PRIORITY_CRITICAL], 0),
};

bool conf_settings_priorities(struct conf_doc *doc, const struct conf_node *node, struct conf_pool *texts,
                              struct conf_settings *settings)
{
    struct raw_priorities raw = {{NULL}};
    bool sound = conf_map(doc, node, priority_keys, CONF_PRIORITIES, &raw);
    for (size_t i = 0; i < CONF_PRIORITIES; i++) {
        struct item *item = &settings->by_priority[i];
        const struct item before = *item;
        if (!raw.nodes[i])
            continue;
        sound = lay_over(doc, raw.nodes[i], IDENTITY_KEYS, item) && sound;
        keep_texts(texts, &before, item);
        item->priority = (enum priority)i;
    }
    return sound;
}

bool conf_settings_item(struct conf_doc *doc, const struct conf_node *node, struct conf_pool *texts,
                        const struct conf_settings *settings, struct item *item)
{
    const struct item *inherited = &settings->by_priority[named_priority(doc, node, settings->priority)];
    *item = *inherited;
    bool sound = lay_over(doc, node, 0, item);
    keep_texts(texts, inherited, item);
    return sound;
}

static void check_limits(struct conf_doc *doc, const struct conf_node *node, const struct item *item)
{
    const struct limits *limits = &item->limits;
    const struct {
        const char *key;
        struct span span;
    } needed[] = {{"accept", limits->accept}, {"verify", limits->verify},     {"dispatch", limits->dispatch},
                  {"sign", limits->sign},     {"handle", limits->handle},     {"check", limits->check},
                  {"ruling", limits->ruling}, {"callback", limits->callback}, {"archive", limits->archive}};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (needed[i].span.unit == UNIT_NONE)
            conf_error_at(doc, node, "item '%s' has no limit '%s', neither its own nor by default",
                          item->code, needed[i].key);
}

void conf_settings_check(struct conf_doc *doc, const struct conf_node *node, const struct item *item,
                         const struct catalogue *catalogue)
{
    static const char *const modes[] = {[MODE_PEACE] = "peace", [MODE_WAR] = "war"};
    check_limits(doc, node, item);
    for (size_t mode = MODE_PEACE; mode <= MODE_WAR; mode++) {
        const char *name = item->policy[mode];
        if (name[0] == '\0')
            conf_error_at(doc, node, "item '%s' has no policy for %s", item->code, modes[mode]);
        else if (catalogue->policies && !catalogue_policy_named(catalogue, name))
            conf_error_at(doc, node, "item '%s': no policy '%s' in the policy file", item->code, name);
    }
}
