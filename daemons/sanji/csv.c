/* A reader of CSV: one character at a time through a small machine. */
#include "csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/text.h"

struct csv {
    FILE *file;
    char path[PATH_SIZE];
    long long bytes_all, bytes_read;
    size_t line, row_line;
    size_t columns; /* 0 until the header is read */
    char *header;   /* the header's fields, each with its NUL */
    size_t header_at[CSV_COLUMNS_MAX];
    char *row; /* CSV_ROW_BYTES_MAX */
    size_t used, count;
    size_t at[CSV_COLUMNS_MAX];
};

/* Where the machine stands within a row. */
enum place {
    FIELD_BEGIN,
    BARE,
    QUOTED,
    QUOTE_SEEN, /* within quotes, after a quote: its end, or the first of two */
    ROW_END
};

static int next_char(struct csv *csv)
{
    int c = getc(csv->file);
    if (c != EOF)
        csv->bytes_read++;
    if (c == '\n')
        csv->line++;
    return c;
}

static enum err wrong(const struct csv *csv, enum err code, const char *what, struct fault *fault)
{
    return fault_set(fault, code, "%.200s:%zu: %s", csv->path, csv->row_line, what);
}

static enum err put(struct csv *csv, int c, struct fault *fault)
{
    if (csv->used + 2 > CSV_ROW_BYTES_MAX)
        return wrong(csv, ERR_TOO_LONG, "the row is longer than 64 KB", fault);
    csv->row[csv->used++] = (char)c;
    return ERR_OK;
}

static enum err begin_field(struct csv *csv, struct fault *fault)
{
    if (csv->count == CSV_COLUMNS_MAX)
        return wrong(csv, ERR_TOO_LONG, "more than 256 columns", fault);
    csv->at[csv->count++] = csv->used;
    return ERR_OK;
}

/* Ends a field at a comma and begins the next. */
static enum err next_field(struct csv *csv, struct fault *fault)
{
    enum err err = put(csv, '\0', fault);
    return err == ERR_OK ? begin_field(csv, fault) : err;
}

static enum err take(struct csv *csv, int c, enum place *place, struct fault *fault)
{
    if (*place == QUOTED) {
        *place = c == '"' ? QUOTE_SEEN : QUOTED;
        return c == '"' ? ERR_OK : put(csv, c, fault);
    }
    if (*place == QUOTE_SEEN && c == '"') {
        *place = QUOTED;
        return put(csv, c, fault);
    }
    if (c == ',') {
        *place = FIELD_BEGIN;
        return next_field(csv, fault);
    }
    if (c == '\n') {
        *place = ROW_END;
        return put(csv, '\0', fault);
    }
    if (*place == FIELD_BEGIN && c == '"') {
        *place = QUOTED;
        return ERR_OK;
    }
    if (*place == QUOTE_SEEN)
        return wrong(csv, ERR_MALFORMED, "text behind a closing quote", fault);
    *place = BARE;
    return put(csv, c, fault);
}

/* The next character with both kinds of line end as one. */
static int next_folded(struct csv *csv, enum place place)
{
    int c = next_char(csv);
    if (c != '\r' || place == QUOTED)
        return c;
    int after = next_char(csv);
    if (after == '\n')
        return after;
    if (after != EOF) {
        ungetc(after, csv->file);
        csv->bytes_read--;
    }
    return c;
}

static enum err read_row(struct csv *csv, bool *more, struct fault *fault)
{
    enum place place = FIELD_BEGIN;
    csv->row_line = csv->line;
    csv->used = csv->count = 0;
    enum err err = begin_field(csv, fault);
    while (err == ERR_OK && place != ROW_END) {
        int c = next_folded(csv, place);
        if (c == EOF && ferror(csv->file))
            return wrong(csv, ERR_IO, strerror(errno), fault);
        if (c == EOF && place == QUOTED)
            return wrong(csv, ERR_MALFORMED, "a quote that never ends", fault);
        if (c == EOF && csv->used == 0 && place == FIELD_BEGIN) {
            *more = false;
            return ERR_OK;
        }
        err = take(csv, c == EOF ? '\n' : c, &place, fault);
    }
    *more = true;
    return err;
}

static bool is_blank(const struct csv *csv)
{
    return csv->count == 1 && csv->row[0] == '\0';
}

static enum err check_fields(const struct csv *csv, struct fault *fault)
{
    for (size_t i = 0; i < csv->count; i++) {
        size_t end = i + 1 < csv->count ? csv->at[i + 1] : csv->used;
        if (!text_valid(csv->row + csv->at[i], end - csv->at[i] - 1))
            return wrong(csv, ERR_BAD_TEXT, "text that is not UTF-8, or has control characters", fault);
    }
    return ERR_OK;
}

enum err csv_next(struct csv *csv, bool *more, struct fault *fault)
{
    do {
        enum err err = read_row(csv, more, fault);
        if (err != ERR_OK || !*more)
            return err;
    } while (is_blank(csv));
    if (csv->columns != 0 && csv->count != csv->columns)
        return fault_set(fault, ERR_MALFORMED, "%.200s:%zu: %zu fields where the header has %zu", csv->path,
                         csv->row_line, csv->count, csv->columns);
    return check_fields(csv, fault);
}

static void skip_mark(struct csv *csv)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf};
    int first = getc(csv->file);
    if (first != mark[0]) {
        if (first != EOF)
            ungetc(first, csv->file);
        return;
    }
    /* No UTF-8 header begins with another character of this block that anyone would write. */
    (void)getc(csv->file);
    (void)getc(csv->file);
    csv->bytes_read += 3;
}

static enum err read_header(struct csv *csv, struct fault *fault)
{
    bool more;
    skip_mark(csv);
    enum err err = csv_next(csv, &more, fault);
    if (err != ERR_OK)
        return err;
    if (!more)
        return wrong(csv, ERR_MALFORMED, "the file is empty, a header row is wanted", fault);
    csv->header = malloc(csv->used);
    if (!csv->header)
        return fault_set(fault, ERR_MEMORY, "no memory");
    memcpy(csv->header, csv->row, csv->used);
    memcpy(csv->header_at, csv->at, sizeof csv->at);
    csv->columns = csv->count;
    return ERR_OK;
}

static enum err open_file(struct csv *csv, const char *path, struct fault *fault)
{
    struct stat status;
    if (text_copy(csv->path, sizeof csv->path, path) != ERR_OK)
        return fault_set(fault, ERR_TOO_LONG, "the path is too long");
    csv->line = 1;
    csv->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!csv->file)
        return fault_set(fault, ERR_IO, "%.200s: %s", path, strerror(errno));
    if (fstat(fileno(csv->file), &status) == 0 && S_ISREG(status.st_mode))
        csv->bytes_all = status.st_size;
    return ERR_OK;
}

enum err csv_open(const char *path, struct csv **out, struct fault *fault)
{
    struct csv *csv = calloc(1, sizeof *csv);
    if (!csv || !(csv->row = malloc(CSV_ROW_BYTES_MAX))) {
        free(csv);
        return fault_set(fault, ERR_MEMORY, "no memory");
    }
    enum err err = open_file(csv, path, fault);
    if (err == ERR_OK)
        err = read_header(csv, fault);
    if (err == ERR_OK)
        *out = csv;
    else
        csv_close(&csv);
    return err;
}

void csv_close(struct csv **csv)
{
    if (!*csv)
        return;
    if ((*csv)->file && (*csv)->file != stdin)
        fclose((*csv)->file);
    free((*csv)->header);
    free((*csv)->row);
    free(*csv);
    *csv = NULL;
}

int csv_column(const struct csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->columns; i++)
        if (strcmp(csv->header + csv->header_at[i], name) == 0)
            return (int)i;
    return -1;
}

const char *csv_field(const struct csv *csv, int column)
{
    return csv->row + csv->at[column];
}

size_t csv_line(const struct csv *csv)
{
    return csv->row_line;
}

double csv_progress(const struct csv *csv)
{
    return csv->bytes_all > 0 ? (double)csv->bytes_read / (double)csv->bytes_all : 0;
}
