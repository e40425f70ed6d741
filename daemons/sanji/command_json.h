/* Commands and receipts as JSON, and as the tables that people read. */
#ifndef SANJI_COMMAND_JSON_H
#define SANJI_COMMAND_JSON_H

#include "command_view.h"

/* A moment as local text; null for none. */
json_t *json_moment(struct cli *cli, int64_t at_ms);
/* Sets `name` (text or null) and `name`_ms (number or null). */
void json_set_moment(struct cli *cli, json_t *out, const char *name, int64_t at_ms);
/* Sets the text unless it is NULL or empty. */
void json_set_text(json_t *out, const char *name, const char *value);
/* The names of the flags that are set: "overdue-ack", "red" ... */
json_t *receipt_flags_json(uint32_t flags);
/* One count for each state of a recipient, and the sums beside them. */
json_t *command_counts_json(const struct command_tally *tally);
json_t *command_tally_json(const struct command_tally *tally);
/* The header: what was ordered, by whom, until when. */
json_t *command_header_json(struct cli *cli, const struct command_record *record, enum command_state state);
json_t *view_row_json(struct cli *cli, const struct command_view *view, const struct view_row *row);
/* Header, counts, tally, matrix and recipients. */
json_t *command_view_json(struct cli *cli, const struct command_view *view);

#endif
