/* Reads the catalogue file: three levels of settings, each a copy of the level above with its own keys laid
 * over. */
#include "conf/conf_catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_settings.h"

#define CLASSES_MAX 256
#define SUBS_MAX 4096
#define ITEMS_MAX 16384 /* a city's list has some thousands */

struct raw_file {
    char name[NAME_SIZE];
    int32_t version;
    const struct conf_node *defaults, *priorities, *classes;
};

static const struct conf_key file_keys[] = {
    CONF_TEXT_KEY("name", struct raw_file, name, CONF_REQUIRED),
    CONF_INT_KEY("version", struct raw_file, version, CONF_REQUIRED, 1, INT32_MAX),
    CONF_NODE_KEY("defaults", struct raw_file, defaults, 0),
    CONF_NODE_KEY("priorities", struct raw_file, priorities, 0),
    CONF_NODE_KEY("classes", struct raw_file, classes, CONF_REQUIRED),
};

/* A class or sub-class. */
struct raw_class {
    struct catalogue_class head;
    const struct conf_node *defaults, *subs, *items;
};

static const struct conf_key class_keys[] = {
    CONF_CODE_KEY("code", struct raw_class, head.code, CONF_REQUIRED),
    CONF_TEXT_KEY("name", struct raw_class, head.name, CONF_REQUIRED),
    CONF_TEXT_KEY("en", struct raw_class, head.name_en, 0),
    CONF_NODE_KEY("defaults", struct raw_class, defaults, 0),
    CONF_NODE_KEY("subs", struct raw_class, subs, 0),
    CONF_NODE_KEY("items", struct raw_class, items, 0),
};

struct placed_item {
    struct item item;
    const struct conf_node *node;
};

/* A catalogue being built. */
struct building {
    struct conf_doc *doc;
    struct catalogue catalogue;
    struct conf_pool texts;
    struct placed_item *items;
    size_t class_room, sub_room, item_room;
};

/* The list with room for one element more, zeroed; NULL after a complaint, with the list as it was. */
static void *room_for_one(struct building *building, void *list, size_t *room, size_t count, size_t bytes)
{
    if (count == *room) {
        size_t more = *room == 0 ? 32 : *room * 2;
        void *larger = realloc(list, more * bytes);
        if (!larger) {
            conf_error_at(building->doc, NULL, "out of memory");
            return NULL;
        }
        list = larger;
        *room = more;
    }
    memset((char *)list + count * bytes, 0, bytes);
    return list;
}

static bool class_known(const struct catalogue_class *list, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].code, code) == 0)
            return true;
    return false;
}

static bool add_class(struct building *building, const struct conf_node *node,
                      const struct catalogue_class *head)
{
    struct catalogue *catalogue = &building->catalogue;
    if (class_known(catalogue->classes, catalogue->class_count, head->code))
        return conf_error_at(building->doc, node, "class '%s' is there twice", head->code);
    if (catalogue->class_count == CLASSES_MAX)
        return conf_error_at(building->doc, node, "more than %d classes", CLASSES_MAX);
    struct catalogue_class *list = room_for_one(building, catalogue->classes, &building->class_room,
                                                catalogue->class_count, sizeof *list);
    if (!list)
        return false;
    catalogue->classes = list;
    list[catalogue->class_count++] = *head;
    return true;
}

static bool add_sub(struct building *building, const struct conf_node *node,
                    const struct catalogue_class *head)
{
    struct catalogue *catalogue = &building->catalogue;
    if (class_known(catalogue->subs, catalogue->sub_count, head->code))
        return conf_error_at(building->doc, node, "sub-class '%s' is there twice", head->code);
    if (catalogue->sub_count == SUBS_MAX)
        return conf_error_at(building->doc, node, "more than %d sub-classes", SUBS_MAX);
    struct catalogue_class *list =
        room_for_one(building, catalogue->subs, &building->sub_room, catalogue->sub_count, sizeof *list);
    if (!list)
        return false;
    catalogue->subs = list;
    list[catalogue->sub_count] = *head;
    list[catalogue->sub_count++].parent = (uint16_t)(catalogue->class_count - 1);
    return true;
}

static bool add_item(struct building *building, const struct conf_node *node,
                     const struct conf_settings *settings)
{
    struct catalogue *catalogue = &building->catalogue;
    struct item item;
    if (!conf_settings_item(building->doc, node, &building->texts, settings, &item))
        return false;
    if (catalogue->item_count == ITEMS_MAX)
        return conf_error_at(building->doc, node, "more than %d items", ITEMS_MAX);
    struct placed_item *list =
        room_for_one(building, building->items, &building->item_room, catalogue->item_count, sizeof *list);
    if (!list)
        return false;
    building->items = list;
    item.class_index = (uint16_t)(catalogue->class_count - 1);
    item.sub_index = (uint16_t)(catalogue->sub_count - 1);
    list[catalogue->item_count++] = (struct placed_item){item, node};
    return true;
}

static void add_items(struct building *building, const struct conf_node *list,
                      const struct conf_settings *settings)
{
    for (const struct conf_node *n = conf_list(building->doc, list); n; n = conf_next(n))
        add_item(building, n, settings);
}

/* Lays a level's own `defaults` over what it inherits; false after a complaint. */
static bool lay_over(struct building *building, const struct conf_node *node, struct conf_settings *settings)
{
    return !node || conf_settings_over(building->doc, node, &building->texts, settings);
}

static void read_sub(struct building *building, const struct conf_node *node,
                     const struct conf_settings *inherited)
{
    struct raw_class raw = {.defaults = NULL};
    struct conf_settings settings = *inherited;
    if (!conf_map(building->doc, node, class_keys, sizeof class_keys / sizeof *class_keys, &raw))
        return;
    if (raw.subs || !raw.items)
        conf_error_at(building->doc, node, "a sub-class has 'items' and no 'subs'");
    else if (add_sub(building, node, &raw.head) && lay_over(building, raw.defaults, &settings))
        add_items(building, raw.items, &settings);
}

static void read_class(struct building *building, const struct conf_node *node,
                       const struct conf_settings *inherited)
{
    struct raw_class raw = {.defaults = NULL};
    struct conf_settings settings = *inherited;
    if (!conf_map(building->doc, node, class_keys, sizeof class_keys / sizeof *class_keys, &raw))
        return;
    if (!raw.subs == !raw.items) {
        conf_error_at(building->doc, node, "a class has either 'subs' or 'items'");
        return;
    }
    if (!add_class(building, node, &raw.head) || !lay_over(building, raw.defaults, &settings))
        return;
    if (raw.items && add_sub(building, node, &raw.head))
        add_items(building, raw.items, &settings);
    if (raw.subs)
        for (const struct conf_node *n = conf_list(building->doc, raw.subs); n; n = conf_next(n))
            read_sub(building, n, &settings);
}

static void read_file(struct building *building)
{
    size_t errors = conf_error_count(building->doc);
    struct raw_file raw = {.version = 0};
    struct conf_settings settings;
    if (!conf_map(building->doc, conf_root(building->doc), file_keys, sizeof file_keys / sizeof *file_keys,
                  &raw))
        return;
    memcpy(building->catalogue.name, raw.name, sizeof raw.name);
    building->catalogue.version = raw.version;
    conf_settings_begin(&settings);
    if (!lay_over(building, raw.defaults, &settings) ||
        (raw.priorities &&
         !conf_settings_priorities(building->doc, raw.priorities, &building->texts, &settings)))
        return;
    for (const struct conf_node *n = conf_list(building->doc, raw.classes); n; n = conf_next(n))
        read_class(building, n, &settings);
    if (building->catalogue.item_count == 0 && conf_error_count(building->doc) == errors)
        conf_error_at(building->doc, raw.classes, "no item at all");
}

static int compare_placed(const void *a, const void *b)
{
    const struct placed_item *left = a, *right = b;
    int order = strcmp(left->item.code, right->item.code);
    uint32_t left_line = conf_line(left->node), right_line = conf_line(right->node);
    return order != 0 ? order : (left_line > right_line) - (left_line < right_line);
}

static void check_items(struct building *building)
{
    const struct catalogue *catalogue = &building->catalogue;
    if (catalogue->item_count == 0)
        return;
    qsort(building->items, catalogue->item_count, sizeof *building->items, compare_placed);
    for (size_t i = 0; i < catalogue->item_count; i++) {
        const struct placed_item *placed = &building->items[i];
        conf_settings_check(building->doc, placed->node, &placed->item, catalogue);
        if (i > 0 && strcmp(placed->item.code, building->items[i - 1].item.code) == 0)
            conf_error_at(building->doc, placed->node, "item '%s' is there twice; first on line %u",
                          placed->item.code, (unsigned)conf_line(building->items[i - 1].node));
    }
}

/* The list at its final size, so that nothing but the catalogue stays in memory. */
static void *shrunk(void *list, size_t count, size_t bytes)
{
    void *smaller = count > 0 ? realloc(list, count * bytes) : NULL;
    return smaller ? smaller : list;
}

static bool hand_over(struct building *building, struct conf_catalogue *read)
{
    struct catalogue *catalogue = &building->catalogue;
    catalogue->items = calloc(catalogue->item_count, sizeof *catalogue->items);
    const struct conf_node **nodes = calloc(catalogue->item_count, sizeof(struct conf_node *));
    if (!catalogue->items || !nodes) {
        free(nodes);
        return conf_error_at(building->doc, NULL, "out of memory");
    }
    for (size_t i = 0; i < catalogue->item_count; i++) {
        catalogue->items[i] = building->items[i].item;
        nodes[i] = building->items[i].node;
    }
    catalogue->classes = shrunk(catalogue->classes, catalogue->class_count, sizeof *catalogue->classes);
    catalogue->subs = shrunk(catalogue->subs, catalogue->sub_count, sizeof *catalogue->subs);
    catalogue->texts = building->texts.bytes;
    *read = (struct conf_catalogue){*catalogue, building->doc, nodes};
    return true;
}

enum err conf_catalogue_take(struct conf_doc *doc, struct policy *policies, size_t policy_count,
                             struct conf_catalogue *read)
{
    size_t errors = conf_error_count(doc);
    struct building building = {.doc = doc,
                                .catalogue = {.policies = policies, .policy_count = policy_count}};

    if (conf_pool_init(&building.texts, doc)) {
        read_file(&building);
        check_items(&building);
    }
    bool sound = conf_error_count(doc) == errors && hand_over(&building, read);
    free(building.items);
    if (sound)
        return ERR_OK;
    free(building.texts.bytes);
    catalogue_free(&building.catalogue);
    conf_doc_free(&doc);
    return ERR_CONFIG;
}

enum err conf_catalogue_read(const char *path, struct conf_errors *errors, struct policy *policies,
                             size_t policy_count, struct conf_catalogue *read)
{
    struct conf_doc *doc = NULL;
    if (conf_read_file(path, errors, &doc) == ERR_OK)
        return conf_catalogue_take(doc, policies, policy_count, read);
    free(policies);
    return ERR_CONFIG;
}

void conf_catalogue_release(struct conf_catalogue *read)
{
    free(read->item_nodes);
    read->item_nodes = NULL;
    conf_doc_free(&read->doc);
}

void conf_catalogue_close(struct conf_catalogue *read)
{
    conf_catalogue_release(read);
    catalogue_free(&read->catalogue);
}
