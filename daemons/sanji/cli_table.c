/* Cells are kept as texts, row by row, and measured when the table is printed. */
#include "cli_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli_width.h"

#define GAP 2

struct cli_table {
    const char *const *headers;
    size_t columns, rows, rows_max;
    size_t filled; /* cells of the last row */
    char **cells;  /* rows * columns; NULL = empty */
};

struct cli_table *cli_table_new(const char *const *headers)
{
    struct cli_table *table = calloc(1, sizeof *table);
    if (!table)
        abort();
    table->headers = headers;
    while (headers[table->columns])
        table->columns++;
    assert(table->columns > 0 && table->columns <= CLI_TABLE_COLUMNS_MAX);
    return table;
}

void cli_table_free(struct cli_table **table)
{
    if (!*table)
        return;
    for (size_t i = 0; i < (*table)->rows * (*table)->columns; i++)
        free((*table)->cells[i]);
    free((*table)->cells);
    free(*table);
    *table = NULL;
}

void cli_table_row(struct cli_table *table)
{
    if (table->rows == table->rows_max) {
        table->rows_max = table->rows_max ? 2 * table->rows_max : 64;
        table->cells = realloc(table->cells, table->rows_max * table->columns * sizeof *table->cells);
        if (!table->cells)
            abort();
    }
    memset(table->cells + table->rows * table->columns, 0, table->columns * sizeof *table->cells);
    table->rows++;
    table->filled = 0;
}

/* Takes a broken character off the end of a text that was cut. */
static void mend_end(char *text, size_t length)
{
    while (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
        length--;
    if (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0xc0)
        length--;
    text[length] = '\0';
}

void cli_table_cell(struct cli_table *table, const char *fmt, ...)
{
    char text[CLI_TABLE_CELL_SIZE];
    va_list args;
    assert(table->rows > 0 && table->filled < table->columns);
    va_start(args, fmt);
    int length = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (length >= (int)sizeof text)
        mend_end(text, sizeof text - 1);
    for (char *p = text; *p; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    char *kept = strdup(text);
    if (!kept)
        abort();
    table->cells[(table->rows - 1) * table->columns + table->filled++] = kept;
}

size_t cli_table_rows(const struct cli_table *table)
{
    return table->rows;
}

static const char *cell(const struct cli_table *table, size_t row, size_t column)
{
    const char *text = table->cells[row * table->columns + column];
    return text ? text : "";
}

static bool is_right(const struct cli_table *table, size_t column)
{
    return table->headers[column][0] == '>';
}

static const char *header(const struct cli_table *table, size_t column)
{
    return table->headers[column] + (is_right(table, column) ? 1 : 0);
}

static size_t column_width(const struct cli_table *table, size_t column)
{
    size_t width = cli_width(header(table, column));
    for (size_t row = 0; row < table->rows; row++) {
        size_t mine = cli_width(cell(table, row, column));
        width = mine > width ? mine : width;
    }
    return width;
}

static void spaces(size_t count, FILE *to)
{
    fprintf(to, "%*s", (int)count, "");
}

/* Blanks that a line's end would hold are kept back until something follows. */
static void print_cell(const char *text, size_t width, bool right, size_t *blanks, FILE *to)
{
    size_t mine = cli_width(text);
    size_t pad = width > mine ? width - mine : 0;
    if (text[0] == '\0') {
        *blanks += width + GAP;
        return;
    }
    spaces(*blanks + (right ? pad : 0), to);
    fputs(text, to);
    *blanks = GAP + (right ? 0 : pad);
}

void cli_table_print(const struct cli_table *table, FILE *to)
{
    size_t widths[CLI_TABLE_COLUMNS_MAX];
    bool right[CLI_TABLE_COLUMNS_MAX];
    size_t blanks = 0;
    for (size_t c = 0; c < table->columns; c++) {
        widths[c] = column_width(table, c);
        right[c] = is_right(table, c);
        print_cell(header(table, c), widths[c], right[c], &blanks, to);
    }
    fputc('\n', to);
    for (size_t row = 0; row < table->rows; row++) {
        blanks = 0;
        for (size_t c = 0; c < table->columns; c++)
            print_cell(cell(table, row, c), widths[c], right[c], &blanks, to);
        fputc('\n', to);
    }
}
