/* The list of configuration errors. */
#include "conf/conf_errors.h"

#include <assert.h>
#include <stdbool.h>

void conf_errors_init(struct conf_errors *errors)
{
    errors->count = 0;
    errors->files = 0;
}

void conf_errors_print(const struct conf_errors *errors, FILE *to)
{
    size_t kept = errors->count < CONF_ERRORS_MAX ? errors->count : CONF_ERRORS_MAX;
    for (size_t i = 0; i < kept; i++)
        fprintf(to, "%s\n", errors->kept[i].text);
    if (errors->count > kept)
        fprintf(to, "… and %zu more\n", errors->count - kept);
}

enum err conf_errors_result(const struct conf_errors *errors, struct fault *fault)
{
    if (errors->count == 0)
        return ERR_OK;
    if (errors->count == 1)
        return fault_set(fault, ERR_CONFIG, "%s", errors->kept[0].text);
    return fault_set(fault, ERR_CONFIG, "%.280s … and %zu more", errors->kept[0].text, errors->count - 1);
}

const char *conf_errors_text(const struct conf_errors *errors, size_t index)
{
    return index < errors->count && index < CONF_ERRORS_MAX ? errors->kept[index].text : "";
}

static bool stands_before(const struct conf_error *a, const struct conf_error *b)
{
    if (a->file != b->file)
        return a->file < b->file;
    if (a->line != b->line)
        return a->line < b->line;
    return a->column < b->column;
}

uint32_t conf_errors_file(struct conf_errors *errors)
{
    return errors->files++;
}

void conf_errors_add(struct conf_errors *errors, const struct conf_error *where, const char *path,
                     const char *fmt, va_list args)
{
    struct conf_error error = *where;
    size_t place = errors->count++;

    if (place >= CONF_ERRORS_MAX)
        return;
    int used = snprintf(error.text, sizeof error.text, "%.*s:%u:%u: ", FAULT_TEXT_MAX / 2, path, where->line,
                        where->column);
    assert(used > 0 && (size_t)used < sizeof error.text);
    vsnprintf(error.text + used, sizeof error.text - (size_t)used, fmt, args);
    for (; place > 0 && stands_before(&error, &errors->kept[place - 1]); place--)
        errors->kept[place] = errors->kept[place - 1];
    errors->kept[place] = error;
}
