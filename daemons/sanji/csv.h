/* Reads CSV files as RFC 4180 has them: a header row, quoted fields that may hold commas, quotes and line
 * ends; a byte order mark and both kinds of line end are taken. One row in memory at a time. */
#ifndef SANJI_CSV_H
#define SANJI_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define CSV_COLUMNS_MAX 256           /* our widest file has 26 */
#define CSV_ROW_BYTES_MAX (64 * 1024) /* a description of 20,000 Chinese characters */

struct csv;

/* Opens `path` ("-" = standard input) and reads its header. Gives *csv. ERR_IO, ERR_MALFORMED with
 * "path:line: what", ERR_MEMORY. */
enum err csv_open(const char *path, struct csv **csv, struct fault *fault) MUST_CHECK;
/* Clears *csv; NULL is fine. */
void csv_close(struct csv **csv);
/* The column of that header, -1 when the file has none. */
int csv_column(const struct csv *csv, const char *name);
/* Reads the next row; *more is false at the end of the file. Blank lines are passed over. ERR_MALFORMED (a
 * row of another width, a quote that never ends, text that is not UTF-8), ERR_TOO_LONG, ERR_IO. */
enum err csv_next(struct csv *csv, bool *more, struct fault *fault) MUST_CHECK;
/* A field of the row that was read last, borrowed until the next one. */
const char *csv_field(const struct csv *csv, int column);
/* The line on which that row begins, from 1. */
size_t csv_line(const struct csv *csv);
/* How far the file has been read, 0..1; 0 for standard input. */
double csv_progress(const struct csv *csv);

#endif
