/* Bounded strings, UTF-8 and codes. */
#ifndef SANJI_BASE_TEXT_H
#define SANJI_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Copies `from` whole into `to[size]`; ERR_TOO_LONG leaves `to` empty. For input from outside. */
enum err text_copy(char *to, size_t size, const char *from) MUST_CHECK;
/* Copies a string that is known to fit; asserts that it does. For our own values. */
void text_put(char *to, size_t size, const char *from);
/* True when `bytes` is valid UTF-8 (no overlongs, no surrogates, <= U+10FFFF) without NUL and without C0/C1 control
 * characters other than tab and newline. */
bool text_valid(const char *bytes, size_t length);
/* True when `text` is 1..size-1 of [A-Za-z0-9._@-] : codes, user names, targets. */
bool text_is_code(const char *text, size_t size);
/* True when `code` begins with `prefix`: an area lies in another when its code extends it. */
bool text_has_prefix(const char *code, const char *prefix);

#endif
