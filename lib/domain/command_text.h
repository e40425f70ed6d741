/* Words that must fit: for the files of commands alone. */
#ifndef SANJI_DOMAIN_COMMAND_TEXT_H
#define SANJI_DOMAIN_COMMAND_TEXT_H

#include <stddef.h>

/* Copies what fits into to[size], cut at a whole UTF-8 character. */
void command_text_cut(char *to, size_t size, const char *from);

#endif
