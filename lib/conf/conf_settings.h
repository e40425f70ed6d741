/* The settings of an item in the catalogue file, on any of its levels (file, class, sub-class, item). What a
 * priority brings with it (shorter limits, another policy) is laid under the levels below the file, so three
 * settings go down in parallel, and an item starts from the one of its own priority. Used by conf_catalogue.c
 * alone. */
#ifndef SANJI_CONF_SETTINGS_H
#define SANJI_CONF_SETTINGS_H

#include "conf/conf.h"
#include "domain/catalogue.h"

#define CONF_PRIORITIES (PRIORITY_CRITICAL + 1)

struct conf_settings {
    struct item by_priority[CONF_PRIORITIES];
    enum priority priority; /* of an item that does not say its own */
};

/* No limit, no policy, no text, normal priority. */
void conf_settings_begin(struct conf_settings *settings);
/* Lays the keys of a `defaults` map over all priorities; texts are copied into `texts`. False after a
 * complaint. */
bool conf_settings_over(struct conf_doc *doc, const struct conf_node *node, struct conf_pool *texts,
                        struct conf_settings *settings);
/* Lays the file's `priorities` map over each priority that it names. */
bool conf_settings_priorities(struct conf_doc *doc, const struct conf_node *node, struct conf_pool *texts,
                              struct conf_settings *settings);
/* Reads an item: code, name, en and its own settings over those of its priority. */
bool conf_settings_item(struct conf_doc *doc, const struct conf_node *node, struct conf_pool *texts,
                        const struct conf_settings *settings, struct item *item);
/* Complains about clocks that an item lacks and, when the catalogue has policies, about policies that it
 * lacks. */
void conf_settings_check(struct conf_doc *doc, const struct conf_node *node, const struct item *item,
                         const struct catalogue *catalogue);

#endif
