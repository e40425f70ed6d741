#include "cli_option.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli_span.h"

bool cli_copy_option(const struct cli *cli, const char *name, char *to, size_t size)
{
    const char *value = cli_value(cli, name);
    if (!value || text_copy(to, size, value) == ERR_OK)
        return true;
    cli_fail(cli, ERR_TOO_LONG, "--%s", name);
    return false;
}

bool cli_degree_option(const struct cli *cli, const char *name, double limit, double *out)
{
    const char *value = cli_value(cli, name);
    char *end;
    *out = NAN;
    if (!value)
        return true;
    *out = strtod(value, &end);
    if (end != value && *end == '\0' && *out >= -limit && *out <= limit)
        return true;
    cli_fail(cli, ERR_RANGE, "--%s %s", name, value);
    return false;
}

bool cli_span_option(const struct cli *cli, const char *name, struct span *span)
{
    const char *value = cli_value(cli, name);
    if (!value || cli_span_parse(value, span))
        return true;
    cli_fail(cli, ERR_USAGE, "--%s %s: e.g. 4wh (work hours), 3wd (work days), 2h, 30m, 5d", name, value);
    return false;
}

bool cli_when_option(struct cli *cli, const char *name, int64_t *at_ms)
{
    const char *value = cli_value(cli, name);
    const struct world *world = cli_world(cli);
    struct span span;
    if (!value)
        return true;
    if (!world)
        return false;
    if (clock_parse(value, world->calendar.offset_min, at_ms) == 0)
        return true;
    if (cli_span_parse(value, &span)) {
        *at_ms = calendar_add(&world->calendar, clock_now_ms(&cli->site->clock), span);
        if (*at_ms != CALENDAR_NEVER)
            return true;
    }
    cli_fail(cli, ERR_USAGE, "--%s %s: e.g. 2026-12-01T09:00, or a span from now on: 2h, 3d", name, value);
    return false;
}

bool cli_id_option(const struct cli *cli, const char *name, struct id *id)
{
    const char *value = cli_value(cli, name);
    if (!value || id_parse(value, id))
        return true;
    cli_fail(cli, ERR_USAGE, "--%s %s: the id of a command is wanted", name, value);
    return false;
}

bool cli_id_word(const struct cli *cli, struct id *id)
{
    if (id_parse(cli->words[0], id))
        return true;
    cli_fail(cli, ERR_UNKNOWN_COMMAND, "%s", cli->words[0]);
    return false;
}
