/* A selector's words into its parts, each complaint with the place and the term. */
#include "domain/selector.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/command_text.h"

#define QUOTE_SIZE 80 /* of a term that does not read, in a complaint */

/* Where the parser stands. */
struct reading {
    struct selector_part *part;
    size_t number; /* of the alternative, 1.. */
    struct fault *fault;
};

static enum err complain(const struct reading *reading, const char *term, const char *what)
{
    char quote[QUOTE_SIZE];
    command_text_cut(quote, sizeof quote, term);
    return fault_set(reading->fault, ERR_MALFORMED, "选择式第 %zu 项“%s”：%s", reading->number, quote, what);
}

/* Terms "KEY=CODE". */
static const struct key {
    const char *name;
    size_t offset, size;
} keys[] = {
    {"tier", offsetof(struct selector_part, tier), sizeof((struct selector_part *)0)->tier},
    {"area", offsetof(struct selector_part, area), sizeof((struct selector_part *)0)->area},
    {"center", offsetof(struct selector_part, center), sizeof((struct selector_part *)0)->center},
    {"dept", offsetof(struct selector_part, department), sizeof((struct selector_part *)0)->department},
    {"type", offsetof(struct selector_part, type), sizeof((struct selector_part *)0)->type},
    {"above", offsetof(struct selector_part, above), sizeof((struct selector_part *)0)->above},
};

static enum err take_code(const struct reading *reading, const struct key *key, const char *value)
{
    char *field = (char *)reading->part + key->offset;
    if (field[0])
        return complain(reading, key->name, "同一条件写了两次");
    if (!text_is_code(value, key->size))
        return complain(reading, value, "不是有效的代码");
    text_put(field, key->size, value);
    return ERR_OK;
}

/* A plain decimal number up to `end`: strtod alone would also take "nan", "inf" and hexadecimal. */
static bool take_degrees(const char *text, char end, double limit, double *degrees, const char **rest)
{
    size_t length = strspn(text, "-0123456789.");
    char *stop;
    if (length == 0 || text[length] != end)
        return false;
    double value = strtod(text, &stop);
    if (stop != text + length || value < -limit || value > limit)
        return false;
    *degrees = value;
    *rest = text + length + 1;
    return true;
}

static enum err take_near(const struct reading *reading, const char *value)
{
    const char *rest;
    if (reading->part->has_near)
        return complain(reading, "near", "同一条件写了两次");
    if (!take_degrees(value, '/', 180, &reading->part->lon, &rest) ||
        !take_degrees(rest, '\0', 90, &reading->part->lat, &rest))
        return complain(reading, value, "应写作 near=经度/纬度，例如 near=113.88/22.55");
    reading->part->has_near = true;
    return ERR_OK;
}

static enum err take_count(const struct reading *reading, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    if (reading->part->count)
        return complain(reading, "count", "同一条件写了两次");
    if (digits == 0 || digits > 4 || value[digits])
        return complain(reading, value, "count= 应为 1 至 9999 的整数");
    reading->part->count = (int32_t)strtol(value, NULL, 10);
    return reading->part->count ? ERR_OK : complain(reading, value, "count= 应为 1 至 9999 的整数");
}

/* A term without '=' or ':'. */
static enum err take_word(const struct reading *reading, const char *word)
{
    struct selector_part *part = reading->part;
    if (strcmp(word, "all") == 0 || strcmp(word, "subtree") == 0)
        part->everyone = true;
    else if (strcmp(word, "centers") == 0)
        part->kinds |= RECIPIENT_CENTER;
    else if (strcmp(word, "desks") == 0)
        part->kinds |= RECIPIENT_DESK;
    else if (strcmp(word, "units") == 0)
        part->kinds |= RECIPIENT_UNIT;
    else if (!strchr(word, '.') || !text_is_code(word, sizeof part->name))
        return complain(reading, word, "不是条件，也不是接收人名（如 center.代码、grid.代码）");
    else if (part->name[0])
        return complain(reading, word, "接收人之间用 + 连接");
    else
        text_put(part->name, sizeof part->name, word);
    return ERR_OK;
}

static enum err take_term(const struct reading *reading, char *term)
{
    char *value = strpbrk(term, "=:");
    if (!term[0])
        return complain(reading, "", "缺少条件");
    if (!value)
        return take_word(reading, term);
    *value++ = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i].name, term) == 0)
            return take_code(reading, &keys[i], value);
    if (strcmp(term, "near") == 0)
        return take_near(reading, value);
    if (strcmp(term, "count") == 0)
        return take_count(reading, value);
    return complain(reading, term, "没有这种条件；可用 tier、area、center、dept、type、above、near、count");
}

/* Terms that make no sense together. */
static enum err check_whole(const struct reading *reading, size_t terms)
{
    const struct selector_part *part = reading->part;
    if (part->name[0] && terms > 1)
        return complain(reading, part->name, "接收人名须单独成项，用 + 连接");
    if (part->above[0] && terms > 1)
        return complain(reading, part->above, "above= 须单独成项");
    if (part->count && !part->has_near)
        return complain(reading, "count", "count= 须与 near= 同用");
    if (part->has_near && (!part->type[0] || (part->kinds & ~(unsigned)RECIPIENT_UNIT)))
        return complain(reading, "near", "near= 须与 type= 同用，只能选勤务单元");
    return ERR_OK;
}

static char *trim(char *text)
{
    text += strspn(text, " ");
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
    return text;
}

/* Cuts the next piece off *rest; NULL when there is none. Unlike strsep's, empty pieces are trimmed ones. */
static char *next_piece(char **rest, const char *separator)
{
    char *piece = strsep(rest, separator);
    return piece ? trim(piece) : NULL;
}

static enum err take_part(const struct reading *reading, char *text)
{
    enum err err = ERR_OK;
    size_t terms = 0;
    for (char *term; err == ERR_OK && (term = next_piece(&text, ",")); terms++)
        err = take_term(reading, term);
    return err == ERR_OK ? check_whole(reading, terms) : err;
}

enum err selector_parse(const char *text, struct selector *selector, struct fault *fault)
{
    char copy[SELECTOR_SIZE];
    struct selector parsed = {.count = 0};
    char *rest = copy;

    if (text_copy(copy, sizeof copy, text) != ERR_OK)
        return fault_set(fault, ERR_TOO_LONG, "选择式超过 %d 字节；请改用 area=、type= 等条件",
                         SELECTOR_SIZE - 1);
    if (!trim(copy)[0])
        return fault_set(fault, ERR_NOBODY, "没有写明接收人");
    for (char *piece; (piece = next_piece(&rest, "+"));) {
        if (parsed.count == SELECTOR_TERMS_MAX)
            return fault_set(fault, ERR_TOO_LONG, "选择式多于 %d 项；请改用 area=、type= 等条件",
                             SELECTOR_TERMS_MAX);
        struct reading reading = {&parsed.parts[parsed.count], parsed.count + 1, fault};
        parsed.count++;
        enum err err = take_part(&reading, piece);
        if (err != ERR_OK)
            return err;
    }
    *selector = parsed;
    return ERR_OK;
}
