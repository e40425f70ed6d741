/* Following one command until everybody has answered. */
#ifndef SANJI_COMMAND_FOLLOW_H
#define SANJI_COMMAND_FOLLOW_H

#include "command_view.h"

/* Reads the center's database again and again for at most wait_s seconds; on a terminal the answer matrix is
 * drawn anew each time. Gives the last look, which the caller frees; wait_s 0 = one look. */
enum err command_follow(struct cli *cli, const struct site_center *center, const struct id *id,
                        int64_t wait_s, struct command_view *view, struct fault *fault) MUST_CHECK;
/* Nobody is awaited any more: all have been heard, and have answered or can no longer. */
bool command_follow_over(const struct command_view *view);

#endif
