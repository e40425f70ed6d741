/* How wide texts stand on a terminal. */
#ifndef SANJI_CLI_WIDTH_H
#define SANJI_CLI_WIDTH_H

#include <stddef.h>

/* Places that a UTF-8 text takes: 2 for wide characters, 0 for combining ones, else 1. */
size_t cli_width(const char *text);

#endif
