/* The whole history of a case as one center's database tells it: the case's own events and, where commands
 * were given about it ("135", supervision orders), theirs and their recipients', all in the order of time. */
#ifndef SANJI_CMD_CASE_HISTORY_H
#define SANJI_CMD_CASE_HISTORY_H

#include "cli.h"
#include "store/store_read.h"

/* Sets "history" in `out`, and "text" and "address" from the case's own events. Each row has "source":
 * "case", or the id of the command that it is of; its "no" then counts in the log of the command or of the
 * sheet. */
enum err case_history_read(struct cli *cli, struct store_reader *reader, const struct case_record *record,
                           json_t *out, struct fault *fault) MUST_CHECK;
/* The list as a table. */
void case_history_print(const struct cli *cli, const json_t *list);

#endif
