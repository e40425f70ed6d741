/* Symbolic names, so that one scenario runs on any tree. */
#include "drill.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli_span.h"

static int32_t root_of(const struct topology *topology)
{
    for (size_t i = 0; i < topology->center_count; i++)
        if (topology->centers[i].parent < 0)
            return (int32_t)i;
    return -1;
}

/* The n-th child, from 1; -1 when there are fewer. */
static int32_t child_of(const struct topology *topology, int32_t parent, long n)
{
    for (size_t i = 0; i < topology->center_count; i++)
        if (topology->centers[i].parent == parent && --n == 0)
            return (int32_t)i;
    return -1;
}

bool drill_center(const struct topology *topology, const char *name, int32_t *center, char why[128])
{
    int32_t at = root_of(topology);
    const char *p = name + 6;
    char *end;
    if (strcmp(name, "root") == 0) {
        *center = at;
        return at >= 0;
    }
    if (strncmp(name, "child ", 6) != 0) {
        *center = topology_center(topology, name);
        snprintf(why, 128, "'%.40s' is neither root, child N, child N.N nor the code of a center", name);
        return *center >= 0;
    }
    for (;; p = end + 1) {
        long n = strtol(p, &end, 10);
        int32_t below = n > 0 && end > p ? child_of(topology, at, n) : -1;
        if (below < 0) {
            snprintf(why, 128, "'%.40s': %s has no child %.*s", name,
                     at < 0 ? "" : topology->centers[at].code, (int)(end - p), p);
            return false;
        }
        at = below;
        if (*end == '\0')
            break;
        if (*end != '.') {
            snprintf(why, 128, "'%.40s': e.g. child 2 or child 2.1", name);
            return false;
        }
    }
    *center = at;
    return true;
}

/* "child 1.1", "child 1.1 area" or "child 1.1 grid 3" becomes a code. */
static bool replace(const struct topology *topology, const char *name, char code[CODE_SIZE], char why[128])
{
    char place[64];
    int32_t at;
    long grid = 0;
    snprintf(place, sizeof place, "%s", name);
    char *tail = strstr(place, " grid "), *area = strstr(place, " area");
    if (tail) {
        grid = strtol(tail + 6, NULL, 10);
        *tail = '\0';
    } else if (area && area[5] == '\0') {
        *area = '\0';
    }
    if (!drill_center(topology, place, &at, why))
        return false;
    const struct center *center = &topology->centers[at];
    const char *cover = center->cover_count > 0 ? center->covers[0] : center->code;
    if (tail && (grid < 1 || grid > center->grids)) {
        snprintf(why, 128, "'%.40s': %s has %d grids", name, center->code, center->grids);
        return false;
    }
    if (tail)
        snprintf(code, CODE_SIZE, "%.15s%03ld", cover, grid % 1000);
    else
        snprintf(code, CODE_SIZE, "%s", area ? cover : center->code);
    return true;
}

static const char *keep(struct drill *drill, char *text)
{
    if (drill->text_count == drill->text_room) {
        drill->text_room = drill->text_room ? 2 * drill->text_room : 64;
        drill->texts = realloc(drill->texts, drill->text_room * sizeof *drill->texts);
        if (!drill->texts)
            abort();
    }
    drill->texts[drill->text_count++] = text;
    return text;
}

/* A brace whose content begins with a letter is a name; "{3..9}" is a number that each answer draws, "${...}"
 * is a hook's own. */
const char *drill_text(struct drill *drill, const struct conf_node *node, const char *text)
{
    char *out = NULL, why[128];
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);
    if (!to)
        abort();
    for (const char *p = text; *p;) {
        char name[64], code[CODE_SIZE];
        bool named = *p == '{' && isalpha((unsigned char)p[1]) && (p == text || p[-1] != '$');
        const char *end = named ? strchr(p, '}') : NULL;
        if (!end || end - p > (int)sizeof name) {
            fputc(*p++, to);
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)(end - p - 1), p + 1);
        if (!replace(drill->topology, name, code, why)) {
            fclose(to);
            free(out);
            conf_error_at(drill->doc, node, "%s", why);
            return NULL;
        }
        fputs(code, to);
        p = end + 1;
    }
    fclose(to);
    return keep(drill, out);
}

bool drill_span(struct drill *drill, const struct conf_node *node, const char *text, int64_t *ms)
{
    struct span span;
    char *end;
    long seconds = strtol(text, &end, 10);
    if (end > text && strcmp(end, "s") == 0 && seconds >= 0 && seconds <= 86400) {
        *ms = seconds * 1000;
        return true;
    }
    if (!cli_span_parse(text, &span) || (span.unit != UNIT_URGENT_HOUR && span.unit != UNIT_NATURAL_DAY))
        return conf_error_at(drill->doc, node, "'%s' is no time of the drill: e.g. 30s, 90m, 2h, 1d", text);
    *ms = calendar_span_ms(drill->calendar, span);
    return true;
}

bool drill_text_of(struct drill *drill, const struct conf_node *node, const char **text)
{
    const char *whole = *text ? drill_text(drill, node, *text) : NULL;
    bool sound = whole || !*text;
    *text = whole;
    return sound;
}

bool drill_put(struct drill *drill, const struct conf_node *node, char *to, size_t size, const char *text)
{
    const char *whole = text ? drill_text(drill, node, text) : "";
    if (!whole)
        return false;
    return text_copy(to, size, whole) == ERR_OK ||
           conf_error_at(drill->doc, node, "'%.60s' is too long", text);
}

bool drill_center_of(struct drill *drill, const struct conf_node *node, const char *name, int32_t *center)
{
    char why[128];
    if (!name)
        return true;
    return drill_center(drill->topology, name, center, why) || conf_error_at(drill->doc, node, "%s", why);
}

bool drill_of(struct drill *drill, const struct conf_node *node, const char *name, struct drill_step *step)
{
    if (name)
        step->of = drill_find_step(drill, node, step, name);
    return !name || step->of >= 0;
}
