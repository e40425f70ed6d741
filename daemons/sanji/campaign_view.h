/* A campaign 专项任务: its stages, each a command, and what has been reported in each, rolled up by tier. */
#ifndef SANJI_CAMPAIGN_VIEW_H
#define SANJI_CAMPAIGN_VIEW_H

#include "command_view.h"

#define CAMPAIGN_STAGES_MAX 32

struct campaign_cell {
    int64_t expected, reported, zero, done, overdue, unknown;
    double sums[FORM_FIELDS_MAX]; /* of the form's number fields */
};

struct campaign_row {
    int32_t center; /* the seat or a direct child with all below it */
    struct campaign_cell cell;
};

struct campaign_stage {
    struct command_view view;
    struct campaign_cell sum;
    size_t count;
    struct campaign_row *rows;
};

struct campaign_view {
    size_t count;
    struct campaign_stage *stages; /* by the time of their issue */
};

/* Reads the campaign that the id (of any of its stages) belongs to. ERR_UNKNOWN_COMMAND; ERR_ILLEGAL when it
 * is no campaign. The caller frees the view. */
enum err campaign_view_read(struct cli *cli, struct store_reader *reader, const struct site_center *center,
                            const struct id *id, struct campaign_view *view, struct fault *fault) MUST_CHECK;
void campaign_view_free(struct campaign_view *view);
json_t *campaign_view_json(struct cli *cli, const struct campaign_view *view);
void campaign_view_print(struct cli *cli, const struct campaign_view *view);

#endif
