/* The limits of a command: what the sender said, else what the kind has by the response file, else what a
 * department above has by custom; and that they follow each other. */
#include "domain/command_work.h"

#include <stddef.h>

#define SPAN_MAX 5256000 /* ten years of minutes, as everywhere */

static const struct limit {
    size_t offset;       /* in the command */
    size_t kind_offset;  /* in the kind's defaults */
    struct span above;   /* default for a department above */
    struct span longest; /* for a department above, UNIT_NONE = no bound */
    const char *zh;
} limits[] = {
    {offsetof(struct command, ack_limit),
     offsetof(struct kind_limits, ack),
     {UNIT_URGENT_HOUR, ABOVE_SIGN_MIN},
     {UNIT_URGENT_HOUR, ABOVE_SIGN_MIN},
     "签收时限"},
    {offsetof(struct command, contact_limit),
     offsetof(struct kind_limits, contact),
     {UNIT_URGENT_HOUR, ABOVE_CONTACT_MIN},
     {UNIT_URGENT_HOUR, ABOVE_CONTACT_MIN},
     "联系时限"},
    {offsetof(struct command, arrive_limit),
     offsetof(struct kind_limits, arrive),
     {UNIT_NONE, 0},
     {UNIT_NONE, 0},
     "到场时限"},
    {offsetof(struct command, done_limit),
     offsetof(struct kind_limits, done),
     {UNIT_WORK_DAY, ABOVE_REPORT_DAYS},
     {UNIT_NONE, 0},
     "办结时限"},
};
#define LIMITS (sizeof limits / sizeof *limits)

static struct span *span_of(struct command *command, const struct limit *limit)
{
    return (struct span *)(void *)((char *)command + limit->offset);
}

static enum err check_span(const struct command_work *work, struct span span, const char *zh)
{
    if (span.unit == UNIT_NONE)
        return ERR_OK;
    if (span.unit > UNIT_NATURAL_DAY || span.amount < 1 || span.amount > SPAN_MAX)
        return fault_set(work->fault, ERR_RANGE, "%s应为 1 至 %d", zh, SPAN_MAX);
    return ERR_OK;
}

static int64_t due(const struct command_work *work, struct span span)
{
    return calendar_add(work->world->calendar, work->command.effective_ms, span);
}

static struct span default_span(const struct command_work *work, const struct limit *limit)
{
    const struct kind_limits *of_kind = &work->world->response->limits[work->command.kind];
    if (work->above)
        return limit->above;
    return *(const struct span *)(const void *)((const char *)of_kind + limit->kind_offset);
}

static enum err check_said(const struct command_work *work, const struct limit *limit, struct span span)
{
    enum err err = check_span(work, span, limit->zh);
    if (err == ERR_OK && work->above && limit->longest.unit != UNIT_NONE &&
        due(work, span) > due(work, limit->longest))
        return fault_set(work->fault, ERR_RANGE, "社区发令、部门执行的%s不得超过 %d 小时", limit->zh,
                         limit->longest.amount / 60);
    return err;
}

/* Signing comes first: nothing may be due before it. A default gives way to what was said. */
static enum err check_order(struct command_work *work, const bool said[LIMITS])
{
    struct span *ack = &work->command.ack_limit;
    for (size_t i = 1; i < LIMITS; i++) {
        struct span *later = span_of(&work->command, &limits[i]);
        if (ack->unit == UNIT_NONE || later->unit == UNIT_NONE || due(work, *ack) <= due(work, *later))
            continue;
        if (said[0] && said[i])
            return fault_set(work->fault, ERR_RANGE, "%s早于签收时限", limits[i].zh);
        if (said[0])
            *later = *ack;
        else
            *ack = *later;
    }
    return ERR_OK;
}

enum err command_check_limits(struct command_work *work)
{
    struct command *command = &work->command;
    bool said[LIMITS];
    enum err err = check_span(work, command->report_interval, "报告间隔");
    if (err == ERR_OK)
        err = check_span(work, command->par_interval, "安全点名间隔");
    for (size_t i = 0; err == ERR_OK && i < LIMITS; i++) {
        struct span *span = span_of(command, &limits[i]);
        said[i] = span->unit != UNIT_NONE;
        if (said[i])
            err = check_said(work, &limits[i], *span);
        else
            *span = default_span(work, &limits[i]);
    }
    if (err != ERR_OK)
        return err;
    if (command->kind == COMMAND_ROLL_CALL && command->ack_limit.unit == UNIT_NONE)
        return fault_set(work->fault, ERR_MISSING, "点名须有应答时限");
    return check_order(work, said);
}
