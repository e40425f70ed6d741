/* Any bytes as a configuration file: the YAML reader, the key tables, the topology and the site. Nothing may
 * crash, leak or be believed in half: a tree that is given has its root first and every parent before its
 * children. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf_site.h"
#include "conf/conf_topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct everything {
    char text[8], code[8];
    int32_t number;
    bool flag;
    double ratio;
    struct span span;
    int64_t at_ms;
    const struct conf_node *list;
};

static const struct conf_key keys[] = {
    CONF_TEXT_KEY("name", struct everything, text, CONF_REQUIRED),
    CONF_CODE_KEY("code", struct everything, code, 0),
    CONF_INT_KEY("version", struct everything, number, 0, -9, 9),
    CONF_BOOL_KEY("flag", struct everything, flag, 0),
    CONF_DOUBLE_KEY("lon", struct everything, ratio, 0, -180, 180),
    CONF_SPAN_KEY("limit", struct everything, span, 0),
    CONF_TIME_KEY("from", struct everything, at_ms, 0),
    CONF_NODE_KEY("list", struct everything, list, 0),
};

static size_t walk(struct conf_doc *doc, const struct conf_node *node)
{
    size_t count = 1;
    switch (conf_shape(node)) {
    case CONF_SCALAR:
        return count + (conf_raw(doc, node)[0] != '\0');
    case CONF_LIST:
        for (const struct conf_node *n = conf_list(doc, node); n; n = conf_next(n))
            count += walk(doc, n);
        return count;
    case CONF_MAP:
        for (const struct conf_node *k = conf_pairs(doc, node); k; k = conf_next(k))
            count += walk(doc, k) + walk(doc, conf_value(k));
        return count;
    }
    return count;
}

static void check_tree(const struct topology *topology)
{
    assert(topology->center_count > 0 && topology->centers[0].parent == -1);
    for (size_t i = 1; i < topology->center_count; i++)
        assert(topology->centers[i].parent >= 0 && topology->centers[i].parent < (int32_t)i);
    for (size_t i = 0; i < topology->center_count; i++)
        assert(topology_center(topology, topology->centers[i].code) == (int32_t)i);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct conf_errors errors;
    struct conf_doc *doc;

    conf_errors_init(&errors);
    if (conf_read_text("fuzz", (const char *)bytes, length, &errors, &doc) != ERR_OK) {
        assert(errors.count > 0);
        return 0;
    }
    walk(doc, conf_root(doc));
    struct everything everything = {.number = 0};
    conf_map(doc, conf_root(doc), keys, sizeof keys / sizeof *keys, &everything);

    struct topology *topology;
    struct conf_topology_use use;
    if (conf_topology_read(doc, &topology, &use) != ERR_OK)
        topology = NULL;
    struct site *site;
    if (conf_site_read(doc, &site) == ERR_OK && topology)
        (void)!conf_site_match(site, topology, &errors);
    if (topology)
        check_tree(topology);
    topology_free(topology);
    conf_site_free(&site);
    conf_doc_free(&doc);
    return 0;
}
