/* A span's units in three spellings: short for typing, long as in the files, and for the screen. */
#include "cli_span.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spelling {
    const char *typed, *one, *file, *name, *zh;
    enum time_unit unit;
    int32_t minutes; /* of the hour units, which count minutes; 0 for days */
};

/* For each unit the coarser spelling first: it is shown where the amount is whole. */
static const struct spelling spellings[] = {
    {"h", "urgent-hour", "urgent-hours", "urgent_hour", "紧急工作时", UNIT_URGENT_HOUR, 60},
    {"m", "urgent-minute", "urgent-minutes", "urgent_minute", "紧急工作分钟", UNIT_URGENT_HOUR, 1},
    {"wh", "work-hour", "work-hours", "work_hour", "工作时", UNIT_WORK_HOUR, 60},
    {"wm", "work-minute", "work-minutes", "work_minute", "工作分钟", UNIT_WORK_HOUR, 1},
    {"wd", "work-day", "work-days", "work_day", "工作日", UNIT_WORK_DAY, 0},
    {"d", "natural-day", "natural-days", "natural_day", "自然日", UNIT_NATURAL_DAY, 0},
};

#define SPELLINGS (sizeof spellings / sizeof *spellings)
#define AMOUNT_MAX 5256000 /* ten years of minutes */

static const struct spelling *find(const char *word)
{
    for (size_t i = 0; i < SPELLINGS; i++)
        if (strcmp(word, spellings[i].typed) == 0 || strcmp(word, spellings[i].one) == 0 ||
            strcmp(word, spellings[i].file) == 0 || strcmp(word, spellings[i].name) == 0 ||
            strcmp(word, spellings[i].zh) == 0)
            return &spellings[i];
    return NULL;
}

bool cli_unit_parse(const char *text, enum time_unit *unit, int32_t *minutes)
{
    const struct spelling *spelling = find(text);
    if (!spelling)
        return false;
    *unit = spelling->unit;
    *minutes = spelling->minutes;
    return true;
}

bool cli_span_parse(const char *text, struct span *span)
{
    char *end;
    errno = 0;
    long amount = strtol(text, &end, 10);
    if (end == text || errno != 0 || amount < 0 || amount > AMOUNT_MAX)
        return false;
    while (*end == ' ')
        end++;
    const struct spelling *spelling = find(end);
    long times = spelling && spelling->minutes > 0 ? spelling->minutes : 1;
    if (!spelling || amount > AMOUNT_MAX / times)
        return false;
    *span = (struct span){.unit = spelling->unit, .amount = (int32_t)(amount * times)};
    return true;
}

/* The coarsest spelling in which the amount is whole. */
static const struct spelling *best(struct span span)
{
    for (size_t i = 0; i < SPELLINGS; i++)
        if (spellings[i].unit == span.unit &&
            (spellings[i].minutes == 0 || span.amount % spellings[i].minutes == 0))
            return &spellings[i];
    return NULL;
}

void cli_span_text(struct span span, bool english, char out[CLI_SPAN_SIZE])
{
    const struct spelling *spelling = best(span);
    if (!spelling) {
        snprintf(out, CLI_SPAN_SIZE, "-");
        return;
    }
    int32_t amount = spelling->minutes > 0 ? span.amount / spelling->minutes : span.amount;
    snprintf(out, CLI_SPAN_SIZE, english ? "%" PRId32 " %s" : "%" PRId32 "%s", amount,
             !english      ? spelling->zh
             : amount == 1 ? spelling->one
                           : spelling->file);
}

json_t *cli_span_json(struct span span)
{
    char text[CLI_SPAN_SIZE];
    const struct spelling *spelling = best(span);
    if (!spelling)
        return json_null();
    cli_span_text(span, true, text);
    return json_pack("{s:i, s:s, s:s}", "amount",
                     (int)(spelling->minutes > 0 ? span.amount / spelling->minutes : span.amount), "unit",
                     spelling->name, "text", text);
}
