/* Progress of long work, on standard error: one line that is written over on a terminal, else a line for each
 * tenth. */
#ifndef SANJI_CLI_PROGRESS_H
#define SANJI_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_progress {
    const char *what; /* borrowed: "建库" */
    size_t total;
    size_t shown;     /* tenths that have been said */
    int64_t drawn_ms; /* when the line was last drawn */
    bool terminal, quiet;
};

/* Begins; a quiet one says nothing. */
void cli_progress_begin(struct cli_progress *progress, const char *what, size_t total, bool quiet);
/* `done` of the total are done; `now` (may be NULL) names what is at work. */
void cli_progress_step(struct cli_progress *progress, size_t done, const char *now);
/* Takes the line away; before anything else is printed. */
void cli_progress_end(struct cli_progress *progress);

#endif
