#include "command_matrix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void find_levels(struct command_matrix *matrix)
{
    const struct topology *topology = matrix->topology;
    for (size_t i = 0; i < topology->tier_count; i++) {
        size_t place = 0;
        for (size_t j = 0; j < topology->tier_count; j++)
            place += topology->tiers[j].rank < topology->tiers[i].rank;
        matrix->tiers[place] = (int32_t)i;
    }
    matrix->level_count = topology->tier_count + 1;
    matrix->tiers[topology->tier_count] = -1;
}

static size_t level_of(const struct command_matrix *matrix, const struct view_row *row)
{
    if (row->kind == RECIPIENT_UNIT)
        return matrix->level_count - 1;
    for (size_t i = 0; i + 1 < matrix->level_count; i++)
        if (matrix->tiers[i] == matrix->topology->centers[row->center].tier)
            return i;
    return 0;
}

static struct matrix_row *row_of(struct command_matrix *matrix, int32_t seat, int32_t center)
{
    int32_t child = topology_child_towards(matrix->topology, seat, center);
    int32_t key = child >= 0 ? child : center;
    for (size_t i = 0; i < matrix->count; i++)
        if (matrix->rows[i].center == key)
            return &matrix->rows[i];
    struct matrix_row *row = &matrix->rows[matrix->count++];
    row->center = key;
    return row;
}

static void add(struct matrix_cell *cell, const struct view_row *row)
{
    cell->expected++;
    cell->answered += command_view_answered(&row->receipt);
    cell->red += (row->receipt.flags & RECEIPT_RED) != 0;
    cell->unknown += !row->heard;
}

static int by_center(const void *left, const void *right)
{
    const struct matrix_row *a = left, *b = right;
    return a->center < b->center ? -1 : a->center > b->center;
}

void command_matrix_make(const struct command_view *view, struct command_matrix *matrix)
{
    *matrix = (struct command_matrix){.topology = view->topology};
    matrix->rows = calloc(view->topology->center_count + 1, sizeof *matrix->rows);
    if (!matrix->rows)
        abort();
    find_levels(matrix);
    for (size_t i = 0; i < view->count; i++) {
        const struct view_row *row = &view->rows[i];
        if (row->center < 0)
            continue;
        struct matrix_row *to = row_of(matrix, view->seat, row->center);
        size_t level = level_of(matrix, row);
        add(&to->all, row);
        add(&to->levels[level], row);
        add(&matrix->sum, row);
        add(&matrix->levels[level], row);
    }
    qsort(matrix->rows, matrix->count, sizeof *matrix->rows, by_center);
}

void command_matrix_free(struct command_matrix *matrix)
{
    free(matrix->rows);
    *matrix = (struct command_matrix){.count = 0};
}

/* ---- for scripts ---- */

static json_t *cell_json(const struct matrix_cell *cell)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "expected", (json_int_t)cell->expected, "answered",
                     (json_int_t)cell->answered, "red", (json_int_t)cell->red, "unknown",
                     (json_int_t)cell->unknown);
}

static json_t *levels_json(const struct command_matrix *matrix, const struct matrix_cell *levels)
{
    json_t *list = json_array();
    for (size_t i = 0; i < matrix->level_count; i++) {
        if (levels[i].expected == 0)
            continue;
        int32_t tier = matrix->tiers[i];
        json_t *cell = cell_json(&levels[i]);
        json_object_set_new(cell, "tier",
                            json_string(tier < 0 ? "units" : matrix->topology->tiers[tier].name));
        json_array_append_new(list, cell);
    }
    return list;
}

json_t *command_matrix_json(const struct command_matrix *matrix)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < matrix->count; i++) {
        const struct matrix_row *row = &matrix->rows[i];
        const struct center *center = &matrix->topology->centers[row->center];
        json_t *out = cell_json(&row->all);
        json_object_set_new(out, "center", json_string(center->code));
        json_object_set_new(out, "name", json_string(center->name));
        json_object_set_new(out, "tiers", levels_json(matrix, row->levels));
        json_array_append_new(rows, out);
    }
    json_t *out = cell_json(&matrix->sum);
    json_object_set_new(out, "tiers", levels_json(matrix, matrix->levels));
    json_object_set_new(out, "rows", rows);
    return out;
}

/* ---- for people ---- */

static size_t heads(const struct cli *cli, const struct command_matrix *matrix,
                    char texts[TIERS_MAX + 1][NAME_SIZE], const char **out)
{
    static const char *const zh[] = {">应答", ">红", ">未知"}, *const en[] = {">answered", ">red",
                                                                              ">unknown"};
    size_t count = 0;
    out[count++] = cli->english ? "center" : "中心";
    for (size_t i = 0; i < matrix->level_count; i++) {
        int32_t tier = matrix->tiers[i];
        if (matrix->levels[i].expected == 0)
            continue;
        const char *name = tier < 0       ? (cli->english ? "units" : "勤务单元")
                           : cli->english ? matrix->topology->tiers[tier].name
                                          : matrix->topology->tiers[tier].zh;
        snprintf(texts[i], NAME_SIZE, ">%.*s", NAME_SIZE - 2, name);
        out[count++] = texts[i];
    }
    for (size_t i = 0; i < sizeof zh / sizeof *zh; i++)
        out[count++] = cli->english ? en[i] : zh[i];
    out[count] = NULL;
    return count;
}

static void print_row(const struct command_matrix *matrix, const char *name, const struct matrix_cell *all,
                      const struct matrix_cell *levels, struct cli_table *table)
{
    cli_table_row(table);
    cli_table_cell(table, "%s", name);
    for (size_t i = 0; i < matrix->level_count; i++) {
        if (matrix->levels[i].expected == 0)
            continue;
        if (levels[i].expected == 0)
            cli_table_cell(table, "·");
        else
            cli_table_cell(table, "%" PRId64 "/%" PRId64, levels[i].answered, levels[i].expected);
    }
    cli_table_cell(table, "%" PRId64 "/%" PRId64, all->answered, all->expected);
    cli_table_cell(table, all->red ? "●%" PRId64 : "%" PRId64, all->red);
    cli_table_cell(table, all->unknown ? "?%" PRId64 : "%" PRId64, all->unknown);
}

void command_matrix_print(const struct cli *cli, const struct command_matrix *matrix, FILE *to)
{
    char texts[TIERS_MAX + 1][NAME_SIZE];
    const char *names[TIERS_MAX + 6];
    heads(cli, matrix, texts, names);
    struct cli_table *table = cli_table_new(names);
    for (size_t i = 0; i < matrix->count; i++) {
        const struct center *center = &matrix->topology->centers[matrix->rows[i].center];
        print_row(matrix, cli->english && center->name_en[0] ? center->name_en : center->name,
                  &matrix->rows[i].all, matrix->rows[i].levels, table);
    }
    print_row(matrix, cli->english ? "total" : "合计", &matrix->sum, matrix->levels, table);
    cli_table_print(table, to);
    cli_table_free(&table);
}
