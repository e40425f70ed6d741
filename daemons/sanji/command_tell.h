/* A command on the screen of a terminal. */
#ifndef SANJI_COMMAND_TELL_H
#define SANJI_COMMAND_TELL_H

#include "command_view.h"

/* Header, counts, answer matrix, then the recipients with the red ones first; gives 0. */
int command_tell(struct cli *cli, const struct command_view *view);
/* "已签收 12 · 已送达 3": the states that occur. */
void command_tell_counts(const struct cli *cli, const struct command_tally *tally, FILE *to);
/* `sanji command show` of that id, with the running command's --center. */
int command_tell_show(struct cli *cli, const struct id *id);

#endif
