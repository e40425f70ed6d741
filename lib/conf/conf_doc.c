/* YAML events -> a flat array of nodes in document order, each with its place. The event interface is used
 * instead of libyaml's own document so that anchors and depth are refused while reading, and a node takes 32
 * bytes. */
#include "conf/conf_doc.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/limits.h"
#include "base/text.h"

struct conf_node {
    uint32_t line, column; /* from 1, in characters */
    uint32_t text;         /* offset into the document's texts */
    uint32_t next;         /* distance to the next sibling, 0 for the last */
    uint32_t count;        /* children: elements, or keys and values together */
    uint8_t shape;
    bool plain; /* a scalar without quotes */
    bool key;   /* of a map: its value follows as the next sibling */
};

struct conf_doc {
    struct conf_errors *errors;
    uint32_t file;
    char path[PATH_SIZE];
    struct conf_node *nodes;
    size_t node_count, node_room;
    char *texts;
    size_t text_used, text_room;
};

/* Where the reader stands in the tree while it builds it. */
struct builder {
    struct conf_doc *doc;
    size_t depth;
    size_t open[CONF_DEPTH_MAX]; /* index of each open list or map */
    size_t last[CONF_DEPTH_MAX]; /* its latest child, 0 = none yet */
};

static void add_error(struct conf_doc *doc, size_t line, size_t column, const char *fmt, va_list args)
    __attribute__((format(printf, 4, 0)));

static void add_error(struct conf_doc *doc, size_t line, size_t column, const char *fmt, va_list args)
{
    struct conf_error where = {.file = doc->file, .line = (uint32_t)line, .column = (uint32_t)column};
    conf_errors_add(doc->errors, &where, doc->path, fmt, args);
}

static bool error_line(struct conf_doc *doc, size_t line, size_t column, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

static bool error_line(struct conf_doc *doc, size_t line, size_t column, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_error(doc, line, column, fmt, args);
    va_end(args);
    return false;
}

bool conf_error_at(struct conf_doc *doc, const struct conf_node *node, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_error(doc, node ? node->line : 1, node ? node->column : 1, fmt, args);
    va_end(args);
    return false;
}

size_t conf_error_count(const struct conf_doc *doc)
{
    return doc->errors->count;
}

/* Room for `more` elements; doubles, so that reading stays linear. False when memory is out. */
static bool grow(void **array, size_t *room, size_t used, size_t more, size_t element_bytes)
{
    if (used + more <= *room)
        return true;
    size_t wanted = (used + more) * 2;
    void *bigger = realloc(*array, wanted * element_bytes);
    if (!bigger)
        return false;
    *array = bigger;
    *room = wanted;
    return true;
}

static bool keep_text(struct conf_doc *doc, const char *bytes, size_t length, uint32_t *offset)
{
    if (!grow((void **)&doc->texts, &doc->text_room, doc->text_used, length + 1, 1))
        return error_line(doc, 1, 1, "out of memory");
    memcpy(doc->texts + doc->text_used, bytes, length);
    doc->texts[doc->text_used + length] = '\0';
    *offset = (uint32_t)doc->text_used;
    doc->text_used += length + 1;
    return true;
}

/* Appends a node under the open one and ties it to its elder sibling. */
static struct conf_node *append(struct builder *b, enum conf_shape shape, const yaml_mark_t *mark)
{
    struct conf_doc *doc = b->doc;
    if (doc->node_count >= CONF_NODES_MAX) {
        error_line(doc, mark->line + 1, mark->column + 1, "more than %d values in one file", CONF_NODES_MAX);
        return NULL;
    }
    if (!grow((void **)&doc->nodes, &doc->node_room, doc->node_count, 1, sizeof *doc->nodes)) {
        error_line(doc, 1, 1, "out of memory");
        return NULL;
    }
    size_t index = doc->node_count++;
    doc->nodes[index] = (struct conf_node){
        .line = (uint32_t)mark->line + 1, .column = (uint32_t)mark->column + 1, .shape = (uint8_t)shape};
    if (b->depth > 0) {
        size_t *last = &b->last[b->depth - 1];
        if (*last)
            doc->nodes[*last].next = (uint32_t)(index - *last);
        *last = index;
        struct conf_node *parent = &doc->nodes[b->open[b->depth - 1]];
        doc->nodes[index].key = parent->shape == CONF_MAP && parent->count % 2 == 0;
        parent->count++;
    }
    return &doc->nodes[index];
}

static bool on_scalar(struct builder *b, const yaml_event_t *event)
{
    const yaml_mark_t *at = &event->start_mark;
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;

    if (event->data.scalar.anchor || event->data.scalar.tag)
        return error_line(b->doc, at->line + 1, at->column + 1, "anchors and tags are not used here");
    if (!text_valid(text, length))
        return error_line(b->doc, at->line + 1, at->column + 1, "holds a control character");
    struct conf_node *node = append(b, CONF_SCALAR, at);
    if (!node)
        return false;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return keep_text(b->doc, text, length, &node->text);
}

static bool on_open(struct builder *b, enum conf_shape shape, const yaml_mark_t *at, bool named)
{
    if (named)
        return error_line(b->doc, at->line + 1, at->column + 1, "anchors and tags are not used here");
    if (b->depth == CONF_DEPTH_MAX)
        return error_line(b->doc, at->line + 1, at->column + 1, "nested deeper than %d", CONF_DEPTH_MAX);
    if (!append(b, shape, at))
        return false;
    b->open[b->depth] = b->doc->node_count - 1;
    b->last[b->depth] = 0;
    b->depth++;
    return true;
}

struct named_key {
    const char *text;
    const struct conf_node *node;
};

static int by_text_then_place(const void *a, const void *b)
{
    const struct named_key *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->node > y->node) - (x->node < y->node);
}

/* A closed map: every key is a scalar and stands once. */
static bool check_keys(struct conf_doc *doc, const struct conf_node *map)
{
    size_t n = map->count / 2;
    const struct conf_node *key = map + 1;
    struct named_key *keys = n ? calloc(n, sizeof *keys) : NULL;

    if (n && !keys)
        return error_line(doc, 1, 1, "out of memory");
    for (size_t i = 0; i < n; i++, key = conf_next(key)) {
        if (key->shape != CONF_SCALAR)
            conf_error_at(doc, key, "a key must be a plain word");
        keys[i] = (struct named_key){conf_raw(doc, key), key};
    }
    if (n)
        qsort(keys, n, sizeof *keys, by_text_then_place);
    for (size_t i = 1; i < n; i++)
        if (keys[i].node->shape == CONF_SCALAR && strcmp(keys[i].text, keys[i - 1].text) == 0)
            conf_error_at(doc, keys[i].node, "key '%.60s' stands twice (first in line %u)", keys[i].text,
                          keys[i - 1].node->line);
    free(keys);
    return true;
}

static bool on_close(struct builder *b)
{
    assert(b->depth > 0);
    const struct conf_node *node = &b->doc->nodes[b->open[--b->depth]];
    return node->shape != CONF_MAP || check_keys(b->doc, node);
}

/* One event; false when reading cannot go on (the reason has been said). */
static bool on_event(struct builder *b, const yaml_event_t *event)
{
    const yaml_mark_t *at = &event->start_mark;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(b, CONF_LIST, at, event->data.sequence_start.anchor || event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return on_open(b, CONF_MAP, at, event->data.mapping_start.anchor || event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(b);
    case YAML_ALIAS_EVENT:
        return error_line(b->doc, at->line + 1, at->column + 1, "aliases are not used here");
    case YAML_DOCUMENT_START_EVENT:
        return b->doc->node_count == 0 ||
               error_line(b->doc, at->line + 1, at->column + 1, "a second document: one file holds one");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

static bool parse(struct conf_doc *doc, yaml_parser_t *parser)
{
    struct builder builder = {.doc = doc};
    bool going = true, ended = false;

    while (going && !ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            const yaml_mark_t *at = &parser->problem_mark;
            return error_line(doc, at->line + 1, at->column + 1, "%s%s%s",
                              parser->context ? parser->context : "", parser->context ? ": " : "",
                              parser->problem ? parser->problem : "not YAML");
        }
        going = on_event(&builder, &event);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    if (going && doc->node_count == 0)
        return error_line(doc, 1, 1, "the file is empty");
    return going;
}

/* Says where the first byte is that is no text. libyaml would say less. */
static bool check_bytes(struct conf_doc *doc, const char *bytes, size_t length)
{
    size_t line = 1, column = 1;
    if (text_valid(bytes, length))
        return true;
    for (size_t i = 0; i < length;) {
        size_t n = 1;
        while (n <= 4 && i + n <= length && !text_valid(bytes + i, n))
            n++;
        if (n > 4 || i + n > length)
            return error_line(doc, line, column,
                              bytes[i] == '\r' ? "carriage return: save with Unix line ends"
                                               : "not UTF-8, or a control character");
        column = bytes[i] == '\n' ? 1 : column + 1;
        line += bytes[i] == '\n';
        i += n;
    }
    return true;
}

static struct conf_doc *doc_new(const char *path, struct conf_errors *errors)
{
    struct conf_doc *doc = calloc(1, sizeof *doc);
    if (!doc)
        return NULL;
    doc->errors = errors;
    doc->file = conf_errors_file(errors);
    snprintf(doc->path, sizeof doc->path, "%s", path);
    return doc;
}

static enum err read_bytes(struct conf_doc *doc, const char *bytes, size_t length, struct conf_doc **out)
{
    yaml_parser_t parser;
    bool sound = check_bytes(doc, bytes, length);

    if (sound && !yaml_parser_initialize(&parser)) {
        sound = error_line(doc, 1, 1, "out of memory");
    } else if (sound) {
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, length);
        sound = parse(doc, &parser);
        yaml_parser_delete(&parser);
    }
    if (!sound) {
        conf_doc_free(&doc);
        return ERR_CONFIG;
    }
    *out = doc;
    return ERR_OK;
}

enum err conf_read_text(const char *path, const char *bytes, size_t length, struct conf_errors *errors,
                        struct conf_doc **doc)
{
    struct conf_doc *fresh = doc_new(path, errors);
    *doc = NULL;
    if (!fresh)
        return ERR_MEMORY;
    if (length <= CONF_FILE_BYTES_MAX)
        return read_bytes(fresh, bytes, length, doc);
    error_line(fresh, 1, 1, "larger than %d bytes", CONF_FILE_BYTES_MAX);
    conf_doc_free(&fresh);
    return ERR_CONFIG;
}

static enum err unreadable(const char *path, int why, struct conf_errors *errors)
{
    struct conf_doc *doc = doc_new(path, errors);
    if (!doc)
        return ERR_MEMORY;
    error_line(doc, 1, 1, "cannot be read: %s", strerror(why));
    conf_doc_free(&doc);
    return ERR_CONFIG;
}

enum err conf_read_file(const char *path, struct conf_errors *errors, struct conf_doc **doc)
{
    FILE *file = fopen(path, "rb");
    char *bytes = file ? malloc((size_t)CONF_FILE_BYTES_MAX + 1) : NULL; /* untouched pages cost nothing */
    size_t length = bytes ? fread(bytes, 1, (size_t)CONF_FILE_BYTES_MAX + 1, file) : 0;
    enum err result;

    *doc = NULL;
    if (!bytes || ferror(file))
        result = unreadable(path, errno, errors);
    else
        result = conf_read_text(path, bytes, length, errors, doc);
    free(bytes);
    if (file)
        fclose(file);
    return result;
}

void conf_doc_free(struct conf_doc **doc)
{
    if (!*doc)
        return;
    free((*doc)->nodes);
    free((*doc)->texts);
    free(*doc);
    *doc = NULL;
}

const struct conf_node *conf_root(const struct conf_doc *doc)
{
    return doc->nodes;
}

const char *conf_path(const struct conf_doc *doc)
{
    return doc->path;
}

size_t conf_text_bytes(const struct conf_doc *doc)
{
    return doc->text_used;
}

enum conf_shape conf_shape(const struct conf_node *node)
{
    return (enum conf_shape)node->shape;
}

uint32_t conf_line(const struct conf_node *node)
{
    return node->line;
}

size_t conf_count(const struct conf_node *node)
{
    return node->shape == CONF_MAP ? node->count / 2 : node->count;
}

const char *conf_raw(const struct conf_doc *doc, const struct conf_node *node)
{
    return node->shape == CONF_SCALAR ? doc->texts + node->text : "";
}

bool conf_is_blank(const struct conf_doc *doc, const struct conf_node *node)
{
    return node->shape == CONF_SCALAR && node->plain && doc->texts[node->text] == '\0';
}

const struct conf_node *conf_list(struct conf_doc *doc, const struct conf_node *node)
{
    if (node->shape != CONF_LIST) {
        conf_error_at(doc, node, "must be a list");
        return NULL;
    }
    return node->count ? node + 1 : NULL;
}

const struct conf_node *conf_pairs(struct conf_doc *doc, const struct conf_node *node)
{
    if (node->shape != CONF_MAP) {
        conf_error_at(doc, node, "must be a map of keys and values");
        return NULL;
    }
    return node->count ? node + 1 : NULL;
}

const struct conf_node *conf_value(const struct conf_node *key)
{
    assert(key->key);
    return key + key->next;
}

const struct conf_node *conf_next(const struct conf_node *node)
{
    const struct conf_node *last = node->key ? conf_value(node) : node;
    return last->next ? last + last->next : NULL;
}
