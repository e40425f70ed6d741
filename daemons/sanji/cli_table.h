/* Tables for a terminal: columns as wide as their widest cell, where a Chinese character takes two places. */
#ifndef SANJI_CLI_TABLE_H
#define SANJI_CLI_TABLE_H

#include <stdio.h>

#include "base/err.h"

#define CLI_TABLE_COLUMNS_MAX 16
#define CLI_TABLE_CELL_SIZE 512 /* longer ones are cut, at a character's edge */

struct cli_table;

/* Borrows the headers, which end with NULL; at most CLI_TABLE_COLUMNS_MAX. A header that begins with '>' (not
 * shown) makes a column of numbers, set to the right. Ends the program without memory. */
struct cli_table *cli_table_new(const char *const *headers);
/* Frees and clears *table. */
void cli_table_free(struct cli_table **table);
/* Begins a row; cells that it is not given stay empty. */
void cli_table_row(struct cli_table *table);
/* The next cell of the row. */
void cli_table_cell(struct cli_table *table, const char *fmt, ...) PRINTF_LIKE(2, 3);
size_t cli_table_rows(const struct cli_table *table);
/* Headers, then rows; no blanks at a line's end. */
void cli_table_print(const struct cli_table *table, FILE *to);
#endif
