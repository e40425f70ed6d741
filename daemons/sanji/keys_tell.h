/* Telling running daemons to read their list of peers again. */
#ifndef SANJI_KEYS_TELL_H
#define SANJI_KEYS_TELL_H

#include "cli.h"

/* Asks every center of the site that `which` marks (by index into site->centers), side by side, with the
 * operator's key as it is in its file now; told[i] says which of them answered. A center that is down reads
 * its list when it starts, so not being told is no error. */
enum err keys_tell(struct cli *cli, const bool *which, bool *told, struct fault *fault) MUST_CHECK;

#endif
