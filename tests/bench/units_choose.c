/* Which units there are, which of them will be silent, and the lines that they hang on. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "units.h"

static bool wanted_type(const struct run *run, const char *type)
{
    const char *at = run->options.types;
    size_t size = strlen(type);
    if (strcmp(at, "all") == 0)
        return true;
    for (; *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == size && memcmp(at, type, size) == 0)
            return true;
    return false;
}

static void add_unit(struct run *run, size_t *room, const struct unit_identity *identity)
{
    run->units = grown(run->units, room, run->unit_count + 1u, sizeof *run->units);
    struct unit_sim *unit = &run->units[run->unit_count++];
    *unit = (struct unit_sim){.center = identity->center, .lon = identity->lon, .lat = identity->lat};
    if (!(unit->lon == unit->lon)) /* a tree without points */
        unit->lon = 113.9, unit->lat = 22.6;
    text_put(unit->name, sizeof unit->name, identity->name);
    unit->silent = dice(run) < run->options.silent;
}

static int by_center_and_name(const void *a, const void *b)
{
    const struct unit_sim *x = a, *y = b;
    return x->center != y->center ? (x->center > y->center) - (x->center < y->center)
                                  : strcmp(x->name, y->name);
}

static void choose_all(struct run *run)
{
    size_t room = 0, list_room = 0;
    struct unit_identity *list = NULL;
    for (int32_t i = 0; i < (int32_t)run->topology->center_count; i++) {
        if (!site_center(run->site, run->topology->centers[i].code))
            continue;
        size_t count = topology_units(run->topology, i, NULL, 0);
        list = grown(list, &list_room, count, sizeof *list);
        topology_units(run->topology, i, list, count);
        for (size_t u = 0; u < count && (!run->options.count || run->unit_count < run->options.count); u++)
            if (wanted_type(run, list[u].type))
                add_unit(run, &room, &list[u]);
    }
    free(list);
    qsort(run->units, run->unit_count, sizeof *run->units, by_center_and_name);
}

static void make_lines(struct run *run)
{
    size_t room = 0;
    for (uint32_t i = 0; i < run->unit_count; i++) {
        struct line *last = run->line_count ? &run->lines[run->line_count - 1] : NULL;
        if (!last || run->options.each || last->center != run->units[i].center ||
            last->count == ATTACH_UNITS_MAX) {
            run->lines = grown(run->lines, &room, run->line_count + 1u, sizeof *run->lines);
            last = &run->lines[run->line_count++];
            *last = (struct line){.center = run->units[i].center, .first = i};
        }
        last->count++;
        run->units[i].line = run->line_count - 1;
    }
}

/* One for each center that has units, after the lines of the units. */
static void add_desks(struct run *run)
{
    struct line *lines = calloc(2 * (size_t)run->line_count + 1, sizeof *lines);
    if (!lines)
        abort();
    memcpy(lines, run->lines, run->line_count * sizeof *lines);
    free(run->lines);
    run->lines = lines;
    for (uint32_t i = 0; run->options.desks && i < run->line_count; i++)
        if (i == 0 || lines[i - 1].center != lines[i].center)
            lines[run->line_count + run->desk_count++] =
                (struct line){.center = lines[i].center, .first = lines[i].first, .desk = true};
}

static void write_silent(const struct run *run)
{
    FILE *file = run->options.silent_list ? fopen(run->options.silent_list, "w") : NULL;
    for (uint32_t i = 0; file && i < run->unit_count; i++)
        if (run->units[i].silent)
            fprintf(file, "%s\n", run->units[i].name);
    if (file)
        fclose(file);
}

void units_choose(struct run *run)
{
    choose_all(run);
    make_lines(run);
    add_desks(run);
    write_silent(run);
}
