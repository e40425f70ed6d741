/* Key tables: a map's nodes into a struct's members, each wrong one named with its place. */
#include "conf/conf.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define WORD_MAX 40 /* longest word that gets a hint */

/* The text of a scalar that has one; NULL after a complaint. */
static const char *scalar(struct conf_doc *doc, const struct conf_node *node, const char *wanted)
{
    if (conf_shape(node) != CONF_SCALAR) {
        conf_error_at(doc, node, "must be %s, not a %s", wanted,
                      conf_shape(node) == CONF_LIST ? "list" : "map");
        return NULL;
    }
    if (conf_is_blank(doc, node)) {
        conf_error_at(doc, node, "has no value; must be %s", wanted);
        return NULL;
    }
    return conf_raw(doc, node);
}

bool conf_text(struct conf_doc *doc, const struct conf_node *node, char *out, size_t size)
{
    const char *text = scalar(doc, node, "a text");
    if (!text)
        return false;
    if (strlen(text) >= size)
        return conf_error_at(doc, node, "longer than %zu bytes", size - 1);
    text_put(out, size, text);
    return true;
}

bool conf_code(struct conf_doc *doc, const struct conf_node *node, char *out, size_t size)
{
    const char *text = scalar(doc, node, "a code");
    if (!text)
        return false;
    if (!text_is_code(text, size))
        return conf_error_at(doc, node, "'%.60s' is not a code: 1 to %zu of A-Z a-z 0-9 . _ @ -", text,
                             size - 1);
    text_put(out, size, text);
    return true;
}

bool conf_string(struct conf_doc *doc, const struct conf_node *node, const char **out)
{
    const char *text = scalar(doc, node, "a text");
    if (!text)
        return false;
    *out = text;
    return true;
}

bool conf_int(struct conf_doc *doc, const struct conf_node *node, int64_t min, int64_t max, int64_t *out)
{
    const char *text = scalar(doc, node, "a whole number");
    char *end;
    if (!text)
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || strspn(text, "+-0123456789") != strlen(text))
        return conf_error_at(doc, node, "'%.60s' is not a whole number", text);
    if (errno || value < min || value > max)
        return conf_error_at(doc, node, "%.60s is not within %lld to %lld", text, (long long)min,
                             (long long)max);
    *out = value;
    return true;
}

bool conf_bool(struct conf_doc *doc, const struct conf_node *node, bool *out)
{
    const char *text = scalar(doc, node, "true or false");
    if (!text)
        return false;
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return conf_error_at(doc, node, "'%.60s' must be true or false", text);
    *out = text[0] == 't';
    return true;
}

/* Edit distance of two words, rows of one of them at a time; large when either is too long for a hint. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1], n = strlen(a), m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = corner + (a[i - 1] != b[j - 1]);
            size_t drop = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            corner = row[j];
            row[j] = change < drop ? change : drop;
        }
    }
    return row[m];
}

const char *conf_nearest(const char *word, const char *const *names)
{
    size_t length = strlen(word);
    size_t least =
        length < 3 ? length : length / 3 + 2; /* beyond a third of the letters and one it is another word */
    const char *best = NULL;
    for (; *names; names++) {
        size_t d = distance(word, *names);
        if (d < least) {
            least = d;
            best = *names;
        }
    }
    return best;
}

bool conf_enum(struct conf_doc *doc, const struct conf_node *node, const struct conf_name *names, int *out)
{
    const char *words[CONF_KEYS_MAX + 1] = {NULL};
    char list[160] = "";
    size_t used = 0, count = 0;
    const char *text = scalar(doc, node, "a word");

    if (!text)
        return false;
    for (const struct conf_name *n = names; n->name; n++) {
        if (strcmp(n->name, text) == 0) {
            *out = n->value;
            return true;
        }
        assert(count < CONF_KEYS_MAX);
        words[count++] = n->name;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", n->name);
    }
    const char *near = conf_nearest(text, words);
    return near ? conf_error_at(doc, node, "unknown word '%.60s'; did you mean '%s'?", text, near)
                : conf_error_at(doc, node, "unknown word '%.60s'; known: %s", text, list);
}

bool conf_double(struct conf_doc *doc, const struct conf_node *node, double min, double max, double *out)
{
    const char *text = scalar(doc, node, "a number");
    char *end;
    if (!text)
        return false;
    double value = strtod(text, &end);
    if (end == text || *end || strspn(text, "+-.0123456789eE") != strlen(text))
        return conf_error_at(doc, node, "'%.60s' is not a number", text);
    if (!(value >= min && value <= max))
        return conf_error_at(doc, node, "%.60s is not within %g to %g", text, min, max);
    *out = value;
    return true;
}

struct span_word {
    const char *word; /* singular or plural with an s */
    enum time_unit unit;
    int32_t factor; /* hours count minutes */
};

static const struct span_word span_words[] = {
    {"urgent-minute", UNIT_URGENT_HOUR, 1}, {"urgent-hour", UNIT_URGENT_HOUR, 60},
    {"work-minute", UNIT_WORK_HOUR, 1},     {"work-hour", UNIT_WORK_HOUR, 60},
    {"work-day", UNIT_WORK_DAY, 1},         {"natural-day", UNIT_NATURAL_DAY, 1},
};

#define SPAN_AMOUNT_MAX 5256000 /* minutes in ten years */

static const struct span_word *find_span_word(const char *word)
{
    size_t length = strlen(word);
    if (length > 0 && word[length - 1] == 's')
        length--;
    for (size_t i = 0; i < sizeof span_words / sizeof *span_words; i++)
        if (strlen(span_words[i].word) == length && strncmp(span_words[i].word, word, length) == 0)
            return &span_words[i];
    return NULL;
}

bool conf_span(struct conf_doc *doc, const struct conf_node *node, struct span *out)
{
    const char *text = scalar(doc, node, "a span of time like '4 work-hours'");
    if (!text)
        return false;
    if (strcmp(text, "none") == 0) {
        *out = (struct span){UNIT_NONE, 0};
        return true;
    }
    size_t digits = strspn(text, "0123456789");
    const struct span_word *word = text[digits] == ' ' ? find_span_word(text + digits + 1) : NULL;
    if (digits == 0 || digits > 7 || !word)
        return conf_error_at(doc, node,
                             "'%.60s' is no span: a number and urgent-minutes, urgent-hours, work-minutes, "
                             "work-hours, work-days or natural-days; or none",
                             text);
    long amount = strtol(text, NULL, 10) * word->factor;
    if (amount > SPAN_AMOUNT_MAX)
        return conf_error_at(doc, node, "'%.60s' is longer than %d", text, SPAN_AMOUNT_MAX / word->factor);
    *out = (struct span){word->unit, (int32_t)amount};
    return true;
}

bool conf_time(struct conf_doc *doc, const struct conf_node *node, int offset_minutes, int64_t *out)
{
    const char *text = scalar(doc, node, "a time like 2018-02-08T14:00+08:00");
    int64_t at_ms;
    if (!text)
        return false;
    if (clock_parse(text, offset_minutes, &at_ms) != 0)
        return conf_error_at(doc, node, "'%.60s' is no time: write it like 2018-02-08T14:00+08:00", text);
    *out = at_ms;
    return true;
}

/* Stores an integer in a member of 1, 2, 4 or 8 bytes; the key's range has made sure that it fits. */
static void store_int(void *member, size_t size, int64_t value)
{
    switch (size) {
    case 1:
        *(uint8_t *)member = (uint8_t)value;
        return;
    case 2:
        *(uint16_t *)member = (uint16_t)value;
        return;
    case 4:
        *(uint32_t *)member = (uint32_t)value;
        return;
    default:
        assert(size == 8);
        *(int64_t *)member = value;
    }
}

static bool read_int(struct conf_doc *doc, const struct conf_node *node, const struct conf_key *key,
                     void *member)
{
    int64_t value = 0;
    if (!conf_int(doc, node, key->min, key->max, &value))
        return false;
    store_int(member, key->size, value);
    return true;
}

static bool read_enum(struct conf_doc *doc, const struct conf_node *node, const struct conf_key *key,
                      void *member)
{
    int value = 0;
    if (!conf_enum(doc, node, key->names, &value))
        return false;
    store_int(member, key->size, value);
    return true;
}

static bool read_value(struct conf_doc *doc, const struct conf_node *node, const struct conf_key *key,
                       void *member)
{
    switch (key->kind) {
    case CONF_TEXT:
        return conf_text(doc, node, member, key->size);
    case CONF_CODE:
        return conf_code(doc, node, member, key->size);
    case CONF_STRING:
        return conf_string(doc, node, member);
    case CONF_INT:
        return read_int(doc, node, key, member);
    case CONF_BOOL:
        return conf_bool(doc, node, member);
    case CONF_ENUM:
        return read_enum(doc, node, key, member);
    case CONF_DOUBLE:
        return conf_double(doc, node, (double)key->min, (double)key->max, member);
    case CONF_SPAN:
        return conf_span(doc, node, member);
    case CONF_TIME:
        return conf_time(doc, node, 0, member);
    case CONF_NODE:
        *(const struct conf_node **)member = node;
        return true;
    }
    return false;
}

static bool unknown_key(struct conf_doc *doc, const struct conf_node *node, const struct conf_key *keys,
                        size_t count)
{
    const char *names[CONF_KEYS_MAX + 1] = {NULL};
    const char *word = conf_raw(doc, node);

    for (size_t i = 0; i < count; i++)
        names[i] = keys[i].name;
    const char *near = conf_nearest(word, names);
    return near ? conf_error_at(doc, node, "unknown key '%.60s'; did you mean '%s'?", word, near)
                : conf_error_at(doc, node, "unknown key '%.60s'", word);
}

bool conf_map(struct conf_doc *doc, const struct conf_node *node, const struct conf_key *keys, size_t count,
              void *target)
{
    bool seen[CONF_KEYS_MAX] = {false};
    bool sound = true;

    assert(count <= CONF_KEYS_MAX);
    if (conf_shape(node) != CONF_MAP)
        return conf_error_at(doc, node, "must be a map of keys and values");
    for (const struct conf_node *key = conf_pairs(doc, node); key; key = conf_next(key)) {
        const char *name = conf_raw(doc, key);
        size_t i = 0;
        while (i < count && strcmp(keys[i].name, name) != 0)
            i++;
        if (i == count) {
            sound = unknown_key(doc, key, keys, count);
            continue;
        }
        seen[i] = true;
        if (!read_value(doc, conf_value(key), &keys[i], (char *)target + keys[i].offset))
            sound = false;
    }
    for (size_t i = 0; i < count; i++)
        if ((keys[i].flags & CONF_REQUIRED) && !seen[i])
            sound = conf_error_at(doc, node, "required key '%s' is missing", keys[i].name);
    return sound;
}

void *conf_array(struct conf_doc *doc, const struct conf_node *node, size_t max, size_t element_bytes,
                 size_t *count)
{
    *count = 0;
    if (!node)
        return NULL;
    if (conf_shape(node) == CONF_SCALAR) {
        conf_error_at(doc, node, "must be a list or a map");
        return NULL;
    }
    if (conf_count(node) > max) {
        conf_error_at(doc, node, "holds %zu entries, at most %zu are allowed", conf_count(node), max);
        return NULL;
    }
    if (conf_count(node) == 0)
        return NULL;
    void *array = calloc(conf_count(node), element_bytes);
    if (!array)
        conf_error_at(doc, node, "out of memory");
    else
        *count = conf_count(node);
    return array;
}

bool conf_resolve(struct conf_doc *doc, const struct conf_node *node, char out[PATH_SIZE])
{
    const char *text = scalar(doc, node, "a path");
    const char *slash = strrchr(conf_path(doc), '/');
    int folder = slash ? (int)(slash - conf_path(doc)) + 1 : 0;
    char path[PATH_SIZE * 2];

    if (!text)
        return false;
    if (text[0] == '/')
        folder = 0;
    int used = snprintf(path, sizeof path, "%.*s%s", folder, conf_path(doc), text);
    if (used < 0 || used >= PATH_SIZE)
        return conf_error_at(doc, node, "the path is longer than %d bytes", PATH_SIZE - 1);
    text_put(out, PATH_SIZE, path);
    return true;
}

bool conf_pool_init(struct conf_pool *pool, struct conf_doc *doc)
{
    *pool = (struct conf_pool){.size = conf_text_bytes(doc)};
    pool->bytes = malloc(pool->size + 1);
    return pool->bytes || conf_error_at(doc, NULL, "out of memory");
}

const char *conf_pool_add(struct conf_pool *pool, const char *text)
{
    size_t bytes = strlen(text) + 1;
    assert(pool->used + bytes <= pool->size);
    char *copy = memcpy(pool->bytes + pool->used, text, bytes);
    pool->used += bytes;
    return copy;
}
