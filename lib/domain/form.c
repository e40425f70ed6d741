/* Feedback forms: written as one line, filled in as lines "name=value", and checked. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/command.h"
#include "domain/command_text.h"

#define FORM_TEXT_SIZE 2048 /* sixteen fields with the longest names and labels */
#define QUOTE_SIZE 80

static const struct {
    enum form_type type;
    const char *name, *want;
} types[] = {
    {FORM_TEXT, "text", "文字"},
    {FORM_NUMBER, "number", "数字"},
    {FORM_YES_NO, "yes_no", "是或否"},
    {FORM_PHOTO, "photo", "照片编号"},
};

const char *form_type_name(enum form_type type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].name;
    return "unknown";
}

/* ---- a form from its line ---- */

static enum err complain(struct fault *fault, size_t number, const char *text, const char *what)
{
    char quote[QUOTE_SIZE];
    command_text_cut(quote, sizeof quote, text);
    return fault_set(fault, ERR_MALFORMED, "表单第 %zu 项“%s”：%s", number, quote, what);
}

static bool take_type(char *word, struct form_field *field)
{
    size_t length = strlen(word);
    field->required = length > 0 && word[length - 1] == '!';
    if (field->required)
        word[length - 1] = '\0';
    for (char *p = word; *p; p++)
        if (*p == '-')
            *p = '_';
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, word) == 0) {
            field->type = types[i].type;
            return true;
        }
    return false;
}

static const struct form_field *find_field(const struct form *form, const char *name, size_t length)
{
    for (size_t i = 0; i < form->count; i++)
        if (strlen(form->fields[i].name) == length && memcmp(form->fields[i].name, name, length) == 0)
            return &form->fields[i];
    return NULL;
}

static enum err take_field(struct form *form, char *text, struct fault *fault)
{
    struct form_field field = {.required = false};
    size_t number = form->count + 1;
    text += strspn(text, " ");
    char *name = strchr(text, ':'), *type = name ? strchr(name + 1, ':') : NULL;

    if (!type)
        return complain(fault, number, text, "应写作 名称:代号:类型");
    *name++ = '\0';
    *type++ = '\0';
    if (!text[0] || text_copy(field.zh, sizeof field.zh, text) != ERR_OK)
        return complain(fault, number, text, "名称为空或过长");
    if (!text_is_code(name, sizeof field.name))
        return complain(fault, number, name, "代号只能用字母、数字和 . _ -");
    if (find_field(form, name, strlen(name)))
        return complain(fault, number, name, "代号重复");
    if (!take_type(type, &field))
        return complain(fault, number, type, "类型应为 text、number、yes_no 或 photo，必填加 !");
    text_put(field.name, sizeof field.name, name);
    form->fields[form->count++] = field;
    return ERR_OK;
}

enum err form_parse(const char *text, struct form *form, struct fault *fault)
{
    char copy[FORM_TEXT_SIZE];
    struct form parsed = {.count = 0};
    char *rest = copy;

    if (text_copy(copy, sizeof copy, text) != ERR_OK)
        return fault_set(fault, ERR_TOO_LONG, "表单超过 %d 字节", FORM_TEXT_SIZE - 1);
    for (char *piece; copy[0] && (piece = strsep(&rest, ","));) {
        if (parsed.count == FORM_FIELDS_MAX)
            return fault_set(fault, ERR_TOO_LONG, "表单多于 %d 项", FORM_FIELDS_MAX);
        enum err err = take_field(&parsed, piece, fault);
        if (err != ERR_OK)
            return err;
    }
    *form = parsed;
    return ERR_OK;
}

/* ---- an answer against the form ---- */

static bool is_number(const char *value, size_t length)
{
    char copy[32], *end;
    if (length == 0 || length >= sizeof copy || strspn(value, "+-0123456789.") < length)
        return false;
    memcpy(copy, value, length);
    copy[length] = '\0';
    (void)strtod(copy, &end);
    return end == copy + length;
}

static bool is_yes_no(const char *value, size_t length)
{
    static const char *const words[] = {"yes", "no", "是", "否"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && memcmp(words[i], value, length) == 0)
            return true;
    return false;
}

static bool fits(const struct form_field *field, const char *value, size_t length)
{
    switch (field->type) {
    case FORM_TEXT:
        return true;
    case FORM_NUMBER:
        return is_number(value, length);
    case FORM_YES_NO:
        return is_yes_no(value, length);
    case FORM_PHOTO:
        return length < EVIDENCE_SIZE;
    }
    return false;
}

static const char *type_want(enum form_type type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].want;
    return "";
}

/* One line "name=value" of `length` bytes; marks the field in *filled. */
static enum err check_line(const struct form *form, const char *line, size_t length, unsigned *filled,
                           struct fault *fault)
{
    const char *value = memchr(line, '=', length);
    char quote[QUOTE_SIZE] = "";
    size_t shown = length < sizeof quote ? length + 1 : sizeof quote;
    command_text_cut(quote, shown, line);
    if (!value)
        return fault_set(fault, ERR_FORM, "表单的“%s”应写作 代号=内容", quote);
    const struct form_field *field = find_field(form, line, (size_t)(value - line));
    if (!field)
        return fault_set(fault, ERR_FORM, "表单没有“%s”这一项", quote);
    unsigned bit = 1u << (field - form->fields);
    size_t value_length = length - (size_t)(++value - line);
    if (*filled & bit)
        return fault_set(fault, ERR_FORM, "%s（%s）填了两次", field->zh, field->name);
    if (value_length == 0)
        return ERR_OK; /* left empty: as if it were not there */
    *filled |= bit;
    if (!fits(field, value, value_length))
        return fault_set(fault, ERR_FORM, "%s（%s）应填%s", field->zh, field->name, type_want(field->type));
    return ERR_OK;
}

enum err form_check(const struct form *form, const char *values, struct fault *fault)
{
    unsigned filled = 0;
    const char *line = values ? values : "";

    _Static_assert(FORM_FIELDS_MAX <= 32, "a bit for each field");
    if (strlen(line) >= VALUES_SIZE)
        return fault_set(fault, ERR_TOO_LONG, "表单内容超过 %d 字节", VALUES_SIZE - 1);
    while (*line) {
        size_t length = strcspn(line, "\n");
        enum err err = length > 0 ? check_line(form, line, length, &filled, fault) : ERR_OK;
        if (err != ERR_OK)
            return err;
        line += length + (line[length] == '\n');
    }
    for (size_t i = 0; i < form->count; i++)
        if (form->fields[i].required && !(filled & 1u << i))
            return fault_set(fault, ERR_FORM, "%s（%s）必须填写", form->fields[i].zh, form->fields[i].name);
    return ERR_OK;
}
