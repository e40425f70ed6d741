#include "command_follow.h"

#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "command_matrix.h"
#include "command_tell.h"

#define LOOK_MS 500 /* the database does not call; 5,000 receipts are read in some 20 ms */

bool command_follow_over(const struct command_view *view)
{
    if (view->tally.unheard_centers > 0)
        return false;
    for (size_t i = 0; i < view->count; i++) {
        const struct receipt *receipt = &view->rows[i].receipt;
        if (!command_view_answered(receipt) && !receipt_final(view->record.header.kind, receipt->state))
            return false;
    }
    return true;
}

static void draw(struct cli *cli, const struct command_view *view)
{
    struct command_matrix matrix;
    char clock[CLOCK_TEXT_SIZE];
    cli_time(cli, view->now_ms, clock);
    printf("\033[H\033[2J%.19s  %s\n", clock, view->record.header.text ? view->record.header.text : "");
    command_tell_counts(cli, &view->tally, stdout);
    command_matrix_make(view, &matrix);
    command_matrix_print(cli, &matrix, stdout);
    command_matrix_free(&matrix);
    fflush(stdout);
}

enum err command_follow(struct cli *cli, const struct site_center *center, const struct id *id,
                        int64_t wait_s, struct command_view *view, struct fault *fault)
{
    struct store_reader *reader = NULL;
    bool live = !cli->json && wait_s > 0 && isatty(STDOUT_FILENO);
    int64_t until_mono_ms = clock_mono_ms() + wait_s * 1000;
    enum err err = store_reader_open(center->read_database, &reader, fault);
    while (err == ERR_OK) {
        err = command_view_read(cli, reader, command_view_seat(cli, center), id, view, fault);
        if (err != ERR_OK || clock_mono_ms() >= until_mono_ms || command_follow_over(view))
            break;
        if (live)
            draw(cli, view);
        command_view_free(view);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    store_reader_close(&reader);
    if (live)
        fputs("\033[H\033[2J", stdout);
    return err;
}
