/* Words that must fit. */
#include "domain/command_text.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

static bool is_inside_character(char byte)
{
    return ((unsigned char)byte & 0xc0u) == 0x80u;
}

void command_text_cut(char *to, size_t size, const char *from)
{
    assert(size > 0);
    size_t length = strnlen(from, size);
    if (length == size) {
        length--;
        while (length > 0 && is_inside_character(from[length]))
            length--;
    }
    memcpy(to, from, length);
    to[length] = '\0';
}
