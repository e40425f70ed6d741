/* What is wrong with the configuration files of one run: bounded, in order of file, line and column, shown at
 * once. */
#ifndef SANJI_CONF_ERRORS_H
#define SANJI_CONF_ERRORS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define CONF_ERRORS_MAX 64 /* kept and shown; the rest are counted: more than a screen helps nobody */

struct conf_error {
    uint32_t file, line, column; /* file: order of reading; line and column from 1 */
    char text[FAULT_TEXT_MAX];   /* "path:line:column: what is wrong" */
};

/* Everything wrong with the files of one run, in order of file, line and column. */
struct conf_errors {
    size_t count; /* found; the first CONF_ERRORS_MAX of them are kept */
    uint32_t files;
    struct conf_error kept[CONF_ERRORS_MAX];
};

void conf_errors_init(struct conf_errors *errors);
/* One line each, then "… and n more". */
void conf_errors_print(const struct conf_errors *errors, FILE *to);
/* ERR_OK, or ERR_CONFIG with the first line and the number of the others in *fault (may be NULL). */
enum err conf_errors_result(const struct conf_errors *errors, struct fault *fault);
/* The kept line `index`, "" beyond them. */
const char *conf_errors_text(const struct conf_errors *errors, size_t index);

/* The number of the next file of the run. */
uint32_t conf_errors_file(struct conf_errors *errors);
/* Adds "path:line:column: …" in its place. */
void conf_errors_add(struct conf_errors *errors, const struct conf_error *where, const char *path,
                     const char *fmt, va_list args) __attribute__((format(printf, 4, 0)));

#endif
