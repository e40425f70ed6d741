/* Drawing is rare and the counting cheap, so that a step may be called for each row of a long file. */
#include "cli_progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define REDRAW_MS 100

void cli_progress_begin(struct cli_progress *progress, const char *what, size_t total, bool quiet)
{
    *progress = (struct cli_progress){
        .what = what, .total = total, .terminal = isatty(STDERR_FILENO) == 1, .quiet = quiet || total == 0};
}

static void draw(struct cli_progress *progress, size_t done, const char *now)
{
    int64_t at_ms = clock_mono_ms();
    if (at_ms - progress->drawn_ms < REDRAW_MS && done < progress->total)
        return;
    progress->drawn_ms = at_ms;
    fprintf(stderr, "\r\033[K%s %zu/%zu (%zu %%) %s", progress->what, done, progress->total,
            done * 100 / progress->total, now ? now : "");
    fflush(stderr);
}

void cli_progress_step(struct cli_progress *progress, size_t done, const char *now)
{
    if (progress->quiet)
        return;
    if (progress->terminal) {
        draw(progress, done, now);
        return;
    }
    size_t tenth = done * 10 / progress->total;
    if (tenth > progress->shown) {
        progress->shown = tenth;
        fprintf(stderr, "%s %zu/%zu (%zu %%)\n", progress->what, done, progress->total, tenth * 10);
    }
}

void cli_progress_end(struct cli_progress *progress)
{
    if (!progress->quiet && progress->terminal)
        fputs("\r\033[K", stderr);
}
