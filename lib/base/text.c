/* Bounded strings, UTF-8 and codes. */
#include "base/text.h"

#include <assert.h>
#include <string.h>

enum err text_copy(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    to[0] = '\0';
    if (length >= size)
        return ERR_TOO_LONG;
    memcpy(to, from, length + 1);
    return ERR_OK;
}

void text_put(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    assert(length < size);
    memmove(to, from, length + 1);
}

/* Bytes of the sequence that starts at p (1..4), 0 when it is not valid; the code point goes to *point. */
static size_t sequence(const unsigned char *p, size_t left, uint32_t *point)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;

    if (n == 0 || n > left)
        return 0;
    *point = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        *point = *point << 6 | (p[i] & 0x3fu);
    }
    if (*point < least[n] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff))
        return 0;
    return n;
}

bool text_valid(const char *bytes, size_t length)
{
    const unsigned char *p = (const unsigned char *)bytes;
    while (length > 0) {
        uint32_t point;
        size_t n = sequence(p, length, &point);
        if (n == 0)
            return false;
        if ((point < 0x20 && point != '\t' && point != '\n') || (point >= 0x7f && point < 0xa0))
            return false;
        p += n;
        length -= n;
    }
    return true;
}

bool text_is_code(const char *text, size_t size)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-");
    return n > 0 && n < size && text[n] == '\0';
}

bool text_has_prefix(const char *code, const char *prefix)
{
    return strncmp(code, prefix, strlen(prefix)) == 0;
}
