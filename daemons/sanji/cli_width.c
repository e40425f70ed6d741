/* How wide characters stand on a terminal (Unicode's East Asian Width, the ranges that occur in our texts and
 * beyond). */
#include "cli_width.h"

#include <stdint.h>

struct range {
    uint32_t first, last;
};

static const struct range wide[] = {
    {0x1100, 0x115f},   /* Hangul leading consonants */
    {0x2e80, 0x303e},   /* radicals, CJK punctuation */
    {0x3041, 0x33ff},   /* kana, bopomofo, enclosed and squared */
    {0x3400, 0x4dbf},   /* ideographs, extension A */
    {0x4e00, 0x9fff},   /* ideographs */
    {0xa000, 0xa4cf},   /* Yi */
    {0xac00, 0xd7a3},   /* Hangul syllables */
    {0xf900, 0xfaff},   /* compatibility ideographs */
    {0xfe30, 0xfe4f},   /* compatibility forms */
    {0xff00, 0xff60},   /* full-width forms */
    {0xffe0, 0xffe6},   /* full-width signs */
    {0x1f300, 0x1f64f}, /* pictographs */
    {0x1f900, 0x1f9ff}, /* more of them */
    {0x20000, 0x3fffd}, /* ideographs, further extensions */
};

static const struct range none[] = {
    {0x0300, 0x036f}, /* combining marks */
    {0x200b, 0x200f}, /* zero width space, joiners, direction marks */
    {0xfe00, 0xfe0f}, /* variation selectors */
    {0xfeff, 0xfeff}, /* byte order mark */
};

static int in(const struct range *ranges, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return 1;
    return 0;
}

/* The next code point; the bytes of a broken one count singly. */
static uint32_t next_point(const unsigned char **text)
{
    const unsigned char *p = *text;
    int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
    uint32_t point = more == 3 ? *p & 0x07u : more == 2 ? *p & 0x0fu : more == 1 ? *p & 0x1fu : *p;
    p++;
    for (; more > 0 && (*p & 0xc0) == 0x80; more--)
        point = point << 6 | (*p++ & 0x3fu);
    *text = p;
    return point;
}

size_t cli_width(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t width = 0;
    while (*p) {
        uint32_t point = next_point(&p);
        if (in(wide, sizeof wide / sizeof *wide, point))
            width += 2;
        else if (!in(none, sizeof none / sizeof *none, point))
            width += 1;
    }
    return width;
}
