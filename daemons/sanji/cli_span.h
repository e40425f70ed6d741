/* Spans of time as people write them on the command line, and as they are shown. */
#ifndef SANJI_CLI_SPAN_H
#define SANJI_CLI_SPAN_H

#include <jansson.h>
#include <stdbool.h>

#include "domain/calendar.h"

#define CLI_SPAN_SIZE 48

/* "4wh", "30wm" run in working hours, "3wd" work days, "2h", "90m" day and night, "5d" natural days; the
 * words of the configuration files ("4 work-hours") are taken as well. False when it is none. */
bool cli_span_parse(const char *text, struct span *span);
/* The same for a unit alone: "wh" or "work-hours"; *minutes is how many minutes one of it is, 0 for days. */
bool cli_unit_parse(const char *text, enum time_unit *unit, int32_t *minutes);
/* "4 work-hours" or 4 工作时; "-" without a limit. */
void cli_span_text(struct span span, bool english, char out[CLI_SPAN_SIZE]);
/* {"amount": 30, "unit": "work_minute", "text": …}; null without a limit. */
json_t *cli_span_json(struct span span);

#endif
