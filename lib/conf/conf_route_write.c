/* Writes a matrix file: the rows of one (key, what, area) become one line. */
#include "conf/conf_route.h"

#include <string.h>

static const char *const key_words[ROUTE_KEYS] = {[ROUTE_ITEM_AREA] = "item",
                                                  [ROUTE_SUB_AREA] = "sub",
                                                  [ROUTE_ITEM] = "item",
                                                  [ROUTE_SUB] = "sub",
                                                  [ROUTE_CLASS] = "class"};

static void write_about(const char *about, FILE *to)
{
    while (*about) {
        size_t length = strcspn(about, "\n");
        fprintf(to, length > 0 ? "# %.*s\n" : "#\n", (int)length, about);
        about += length + (about[length] == '\n');
    }
}

static bool same_line(const struct route_row *a, const struct route_row *b)
{
    return a->key == b->key && strcmp(a->what, b->what) == 0 && strcmp(a->area, b->area) == 0;
}

static void write_line(const struct route_row *rows, size_t count, FILE *to)
{
    bool learned = false;
    /* quoted, because a code may look like a number */
    fprintf(to, "  - {%s: \"%s\", ", key_words[rows->key], rows->what);
    if (rows->area[0])
        fprintf(to, "area: \"%s\", ", rows->area);
    fputs("to: [", to);
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "%s\"%s\"", i > 0 ? ", " : "", rows[i].department);
        learned = learned || rows[i].support > 0;
    }
    fputs("]", to);
    for (size_t i = 0; learned && i < count; i++)
        fprintf(to, "%s%d%s", i > 0 ? ", " : ", support: [", (int)rows[i].support, i + 1 == count ? "]" : "");
    for (size_t i = 0; i < rows->assist_count; i++)
        fprintf(to, "%s\"%s\"%s", i > 0 ? ", " : ", assist: [", rows->assist[i],
                i + 1u == rows->assist_count ? "]" : "");
    fputs("}\n", to);
}

enum err conf_route_write(const struct route_matrix *matrix, const char *about, FILE *to)
{
    size_t first = 0;
    if (about)
        write_about(about, to);
    fprintf(to, "version: %d\nroutes:%s\n", (int)(matrix->version > 0 ? matrix->version : 1),
            matrix->row_count == 0 ? " []" : "");
    for (size_t i = 1; i <= matrix->row_count; i++) {
        if (i < matrix->row_count && same_line(&matrix->rows[first], &matrix->rows[i]))
            continue;
        write_line(&matrix->rows[first], i - first, to);
        first = i;
    }
    return fflush(to) != 0 || ferror(to) ? ERR_IO : ERR_OK;
}
