/* The catalogue file: classes, sub-classes and items. What an item does not say it inherits from its class's
 * `defaults`, and that from what its priority brings (the file's `priorities`) and from the file's
 * `defaults`; so an item is usually one or two lines.
 *
 *     name: 宝安区网格事项清单
 *     version: 1
 *     defaults: {priority: normal, limits: {accept: 30 work-minutes, ...}, policy: {peace: general, war:
 * war}} classes:
 *       - code: "01"
 *         name: 安全生产
 *         en: Work safety
 *         defaults: {limits: {handle: 3 work-days}}
 *         items:                       # or subs: [{code, name, en, items}]
 *           - {code: "0101", name: …, en: …, priority: urgent, evidence: [before, after], suspend: true}
 */
#ifndef SANJI_CONF_CATALOGUE_H
#define SANJI_CONF_CATALOGUE_H

#include "conf/conf_doc.h"
#include "domain/catalogue.h"

/* A catalogue with its document still open, so that later checks can name an item's place. */
struct conf_catalogue {
    struct catalogue catalogue;
    struct conf_doc *doc;
    const struct conf_node **item_nodes; /* by item index */
};

/* Reads the catalogue; takes `policies` (from conf_policy_read, NULL when that failed: then policy names are
 * not checked) in any case. Everything wrong goes into `errors`; *read is written on success only. */
enum err conf_catalogue_read(const char *path, struct conf_errors *errors, struct policy *policies,
                             size_t policy_count, struct conf_catalogue *read) MUST_CHECK;
/* The same for a document that is open already; takes the document in any case. */
enum err conf_catalogue_take(struct conf_doc *doc, struct policy *policies, size_t policy_count,
                             struct conf_catalogue *read) MUST_CHECK;
/* Closes the document and keeps the catalogue. */
void conf_catalogue_release(struct conf_catalogue *read);
/* Closes the document and frees the catalogue. A zeroed struct is fine. */
void conf_catalogue_close(struct conf_catalogue *read);

#endif
