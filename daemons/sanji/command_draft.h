/* What a person asks for, from the options of the running command; the issuing center fills in the rest. */
#ifndef SANJI_COMMAND_DRAFT_H
#define SANJI_COMMAND_DRAFT_H

#include "cli.h"

/* An empty ISSUE: no limits, no place, everybody signs. */
void command_draft_begin(struct command *draft);
/* Every option of `command issue` that the running command has: texts, selector, limits, priority, ack rule,
 * times, case, references, form, stage. Borrows the texts. False after a complaint. */
bool command_draft_options(struct cli *cli, const struct site_center *center, struct command *draft);

#endif
