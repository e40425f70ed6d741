/* The site file of a planned tree: one machine, one port and one database a center. */
#include "conf/conf_site.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define PORT_MAX 65535

/* What stands between the quotes of a YAML double-quoted string; the texts hold no control characters. */
static void write_escaped(const char *text, FILE *to)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', to);
        fputc(*text, to);
    }
}

/* KEY: "FOLDER/REST" */
static void write_path(const char *key, const char *folder, const char *rest, FILE *to)
{
    fprintf(to, "%s: \"", key);
    write_escaped(folder, to);
    fprintf(to, "%s\"\n", rest);
}

static bool one_line(const char *text)
{
    return text[0] && text_valid(text, strlen(text)) && !strpbrk(text, "\t\n");
}

/* Values of a connection string stand bare: no blank and no quote. */
static bool bare(const char *text)
{
    return one_line(text) && !strpbrk(text, " '\\\"");
}

static void write_clock(const struct clock_map *clock, FILE *to)
{
    fprintf(to, "clock: # an exercise: subject milliseconds per machine millisecond, from this moment\n");
    fprintf(to, "  scale: %" PRId64 "\n", clock->scale);
    fprintf(to, "  real_origin_ms: %" PRId64 "\n", clock->real_origin_ms);
    fprintf(to, "  subject_origin_ms: %" PRId64 "\n", clock->subject_origin_ms);
}

static void write_database(const struct conf_site_plan *plan, const char *key, const char *code,
                           const char *user, FILE *to)
{
    char name[CODE_SIZE] = "";
    for (size_t i = 0; code[i] && i < sizeof name - 1; i++) /* names of databases are lower case */
        name[i] = (char)tolower((unsigned char)code[i]);
    fprintf(to, "    %s: \"host=%s port=%d dbname=sanji_%s user=%s\"\n", key, plan->database_host,
            plan->database_port, name, user);
}

static void write_center(const struct conf_site_plan *plan, const char *code, int port, FILE *to)
{
    fprintf(to, "  - code: \"%s\"\n", code);
    fprintf(to, "    listen: tcp://127.0.0.1:%d\n", port);
    write_database(plan, "database", code, "sanji_center", to);
    write_database(plan, "read_database", code, "sanji_read", to);
    fprintf(to, "    state: \"");
    write_escaped(plan->var, to);
    fprintf(to, "/state/%s\"\n", code);
}

enum err conf_site_write(const struct conf_site_plan *plan, const struct topology *topology, FILE *to)
{
    if (plan->base_port < 1 || plan->base_port + (int64_t)topology->center_count - 1 > PORT_MAX)
        return ERR_RANGE;
    if (!bare(plan->database_host) || !one_line(plan->topology_path) || !one_line(plan->var))
        return ERR_BAD_TEXT;
    fprintf(to, "# What runs on this machine: %zu centers, one port and one database each.\n",
            topology->center_count);
    fprintf(to, "# Written by `sanji site plan`; a new plan replaces it.\n");
    write_path("topology", plan->topology_path, "", to);
    write_path("keys", plan->var, "/keys", to);
    if (plan->clock)
        write_clock(plan->clock, to);
    fprintf(to, "centers:\n");
    for (size_t i = 0; i < topology->center_count; i++)
        write_center(plan, topology->centers[i].code, plan->base_port + (int)i, to);
    return fflush(to) == 0 && !ferror(to) ? ERR_OK : ERR_IO;
}
