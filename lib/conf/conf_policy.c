/* Reads the policy file. */
#include "conf/conf_policy.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

struct raw_file {
    int32_t version;
    const struct conf_node *policies;
};

static const struct conf_key file_keys[] = {
    CONF_INT_KEY("version", struct raw_file, version, CONF_REQUIRED, 1, INT32_MAX),
    CONF_NODE_KEY("policies", struct raw_file, policies, CONF_REQUIRED),
};

static const struct conf_key policy_keys[] = {
    CONF_CODE_KEY("name", struct policy, name, CONF_REQUIRED),
    CONF_INT_KEY("yellow_percent", struct policy, yellow_percent, CONF_REQUIRED, 1, 99),
    CONF_SPAN_KEY("deputy", struct policy, deputy, CONF_REQUIRED),
    CONF_SPAN_KEY("grace", struct policy, grace, CONF_REQUIRED),
    CONF_SPAN_KEY("dwell", struct policy, dwell, CONF_REQUIRED),
    CONF_SPAN_KEY("ack_lapse", struct policy, ack_lapse, CONF_REQUIRED),
    CONF_SPAN_KEY("supervise_reply", struct policy, supervise_reply, CONF_REQUIRED),
    CONF_SPAN_KEY("repeat", struct policy, repeat, CONF_REQUIRED),
    CONF_INT_KEY("repeats_max", struct policy, repeats_max, CONF_REQUIRED, 0, 100),
    CONF_INT_KEY("returns_max", struct policy, returns_max, CONF_REQUIRED, 0, 100),
    CONF_INT_KEY("extensions_max", struct policy, extensions_max, CONF_REQUIRED, 0, 100),
    CONF_INT_KEY("first_extension_percent", struct policy, first_extension_percent, CONF_REQUIRED, 0, 100),
    CONF_SPAN_KEY("review", struct policy, review, CONF_REQUIRED),
};

/* A step that must come some time; grace and ack_lapse may be none. */
static void check_ends(struct conf_doc *doc, const struct conf_node *node, const struct policy *policy)
{
    const struct {
        const char *key;
        struct span span;
    } ends[] = {{"deputy", policy->deputy},
                {"dwell", policy->dwell},
                {"supervise_reply", policy->supervise_reply},
                {"repeat", policy->repeat},
                {"review", policy->review}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i].span.unit == UNIT_NONE)
            conf_error_at(doc, node, "policy '%s': '%s' must not be none, or a case could wait for ever",
                          policy->name, ends[i].key);
    if (policy->repeat.unit != UNIT_NONE && policy->repeat.amount == 0)
        conf_error_at(doc, node, "policy '%s': 'repeat' must be longer than nothing", policy->name);
}

static bool is_named_before(const struct policy *policies, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(policies[i].name, name) == 0)
            return true;
    return false;
}

static int compare_policy(const void *a, const void *b)
{
    return strcmp(((const struct policy *)a)->name, ((const struct policy *)b)->name);
}

static void read_policies(struct conf_doc *doc, const struct conf_node *node, struct policy *policies)
{
    size_t i = 0;
    for (const struct conf_node *n = conf_list(doc, node); n; n = conf_next(n), i++) {
        if (!conf_map(doc, n, policy_keys, sizeof policy_keys / sizeof *policy_keys, &policies[i]))
            continue;
        check_ends(doc, n, &policies[i]);
        if (is_named_before(policies, i, policies[i].name))
            conf_error_at(doc, n, "policy '%s' is there twice", policies[i].name);
    }
}

enum err conf_policy_take(struct conf_doc *doc, struct policy **policies, size_t *count)
{
    size_t errors = conf_error_count(doc), found = 0;
    struct raw_file raw = {.version = 0};
    struct policy *list = NULL;

    if (conf_map(doc, conf_root(doc), file_keys, sizeof file_keys / sizeof *file_keys, &raw)) {
        list = conf_array(doc, raw.policies, POLICIES_MAX, sizeof *list, &found);
        if (list)
            read_policies(doc, raw.policies, list);
        else if (conf_error_count(doc) == errors)
            conf_error_at(doc, raw.policies, "no policy at all");
    }
    if (conf_error_count(doc) != errors) {
        free(list);
        return ERR_CONFIG;
    }
    qsort(list, found, sizeof *list, compare_policy);
    *policies = list;
    *count = found;
    return ERR_OK;
}

enum err conf_policy_read(const char *path, struct conf_errors *errors, struct policy **policies,
                          size_t *count)
{
    struct conf_doc *doc = NULL;
    if (conf_read_file(path, errors, &doc) != ERR_OK)
        return ERR_CONFIG;
    enum err result = conf_policy_take(doc, policies, count);
    conf_doc_free(&doc);
    return result;
}
