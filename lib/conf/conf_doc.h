/* A YAML file as a tree of nodes that know their place. Stricter than
 * YAML: one document, UTF-8, no anchors, aliases or tags, no key twice, bounded size and depth; so nothing in
 * a configuration file can grow when it is read. Typed reading by key tables is in conf/conf.h. */
#ifndef SANJI_CONF_DOC_H
#define SANJI_CONF_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/conf_errors.h"

#define CONF_FILE_BYTES_MAX (4 * 1024 * 1024) /* a learned matrix of a whole city takes 1 MB */
#define CONF_NODES_MAX 400000                 /* 13 MB while reading; a city's topology takes 20,000 */
#define CONF_DEPTH_MAX 16                     /* our files nest six deep */

struct conf_doc;
enum conf_shape { CONF_SCALAR, CONF_LIST, CONF_MAP };
struct conf_node;

/* Reads a file. Keeps `errors` (borrowed) for all that is said about the document later. ERR_OK gives a
 * document that can be walked; what is wrong inside maps (a key twice) stands in `errors` and reading goes
 * on, so that all is said in one run: whether the file is good, conf_errors_result tells at the end.
 * ERR_CONFIG: no document, the reason is in `errors`; ERR_MEMORY. The caller frees *doc; nothing of it
 * outlives that. */
enum err conf_read_file(const char *path, struct conf_errors *errors, struct conf_doc **doc) MUST_CHECK;
/* The same for bytes in memory; `path` is what errors name. */
enum err conf_read_text(const char *path, const char *bytes, size_t length, struct conf_errors *errors,
                        struct conf_doc **doc) MUST_CHECK;
/* Frees and clears *doc; NULL is fine. */
void conf_doc_free(struct conf_doc **doc);

/* The top node; its shape is whatever the file holds. */
const struct conf_node *conf_root(const struct conf_doc *doc);
const char *conf_path(const struct conf_doc *doc);
/* Bytes that copies of all scalars of the document take, NULs included: the bound of a text pool. */
size_t conf_text_bytes(const struct conf_doc *doc);
enum conf_shape conf_shape(const struct conf_node *node);
uint32_t conf_line(const struct conf_node *node);
/* Elements of a list, pairs of a map, 0 for a scalar. */
size_t conf_count(const struct conf_node *node);
/* The text of a scalar, as written; "" for anything else. Borrowed from the document. */
const char *conf_raw(const struct conf_doc *doc, const struct conf_node *node);
/* True for a scalar without a value ("key:"), not for "". */
bool conf_is_blank(const struct conf_doc *doc, const struct conf_node *node);

/* Walking: for (n = conf_list(doc, list); n; n = conf_next(n)). For maps conf_pairs gives keys and conf_value
 * the value of a key. conf_list and conf_pairs complain and give NULL when the node has another shape. */
const struct conf_node *conf_list(struct conf_doc *doc, const struct conf_node *node);
const struct conf_node *conf_pairs(struct conf_doc *doc, const struct conf_node *node);
const struct conf_node *conf_next(const struct conf_node *node);
const struct conf_node *conf_value(const struct conf_node *key);

/* Adds an error at a node's place (NULL: the document's begin). Always false, so that a guard is one line. */
bool conf_error_at(struct conf_doc *doc, const struct conf_node *node, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Errors found so far in all files of the run: compare before and after to know whether a part is sound. */
size_t conf_error_count(const struct conf_doc *doc);

#endif
