/* The answer matrix 应答矩阵: of one command, each direct child of a center with all that lies under it as
 * one row, and in each row one cell for each tier and one for the units. */
#ifndef SANJI_COMMAND_MATRIX_H
#define SANJI_COMMAND_MATRIX_H

#include "cli_table.h"
#include "command_view.h"

struct matrix_cell {
    int64_t expected, answered, red, unknown;
};

struct matrix_row {
    int32_t center; /* the seat itself, a child of it, or one that lies elsewhere (above=) */
    struct matrix_cell all;
    struct matrix_cell levels[TIERS_MAX + 1]; /* by rank of the tier; the last: units */
};

struct command_matrix {
    const struct topology *topology;
    size_t level_count;
    int32_t tiers[TIERS_MAX + 1]; /* index of each level's tier; -1 = the units */
    struct matrix_cell sum;
    struct matrix_cell levels[TIERS_MAX + 1];
    size_t count;
    struct matrix_row *rows;
};

/* The caller frees it. */
void command_matrix_make(const struct command_view *view, struct command_matrix *matrix);
void command_matrix_free(struct command_matrix *matrix);
json_t *command_matrix_json(const struct command_matrix *matrix);
/* Levels that nobody is expected at are left out. */
void command_matrix_print(const struct cli *cli, const struct command_matrix *matrix, FILE *to);

#endif
