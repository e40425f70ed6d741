#include "campaign_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli_table.h"
#include "command_json.h"

/* ---- rolling up ---- */

/* The number of a field in "name=value" lines; 0 when it is not there. */
static double value_of(const char *values, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = values; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        if (strncmp(line, name, length) == 0 && line[length] == '=') {
            double value = strtod(line + length + 1, NULL);
            return isfinite(value) ? value : 0;
        }
    return 0;
}

static void add(struct campaign_cell *cell, const struct view_row *row, const struct form *form)
{
    const struct receipt *r = &row->receipt;
    cell->expected++;
    cell->reported += r->reports > 0;
    cell->zero += (r->flags & RECEIPT_ZERO) != 0;
    cell->done += r->state == RECEIPT_DONE;
    cell->overdue += (r->flags & (RECEIPT_OVERDUE_ACK | RECEIPT_OVERDUE_DONE | RECEIPT_OVERDUE_REPORT)) != 0;
    cell->unknown += !row->heard;
    for (size_t i = 0; i < form->count; i++)
        if (form->fields[i].type == FORM_NUMBER)
            cell->sums[i] += value_of(r->values, form->fields[i].name);
}

static struct campaign_row *row_of(struct campaign_stage *stage, int32_t center)
{
    int32_t child = topology_child_towards(stage->view.topology, stage->view.seat, center);
    int32_t key = child >= 0 ? child : center;
    for (size_t i = 0; i < stage->count; i++)
        if (stage->rows[i].center == key)
            return &stage->rows[i];
    struct campaign_row *row = &stage->rows[stage->count++];
    row->center = key;
    return row;
}

static int by_center(const void *left, const void *right)
{
    const struct campaign_row *a = left, *b = right;
    return a->center < b->center ? -1 : a->center > b->center;
}

static void roll_up(struct campaign_stage *stage)
{
    const struct command_view *view = &stage->view;
    stage->rows = calloc(view->topology->center_count + 1, sizeof *stage->rows);
    if (!stage->rows)
        abort();
    for (size_t i = 0; i < view->count; i++) {
        if (view->rows[i].center < 0)
            continue;
        add(&row_of(stage, view->rows[i].center)->cell, &view->rows[i], &view->record.header.form);
        add(&stage->sum, &view->rows[i], &view->record.header.form);
    }
    qsort(stage->rows, stage->count, sizeof *stage->rows, by_center);
}

/* ---- which commands ---- */

struct stage_ids {
    size_t count;
    struct id ids[CAMPAIGN_STAGES_MAX];
};

static bool on_stage(void *ctx, const struct store_command *c)
{
    struct stage_ids *list = ctx;
    list->ids[list->count++] = c->row.record.header.id;
    return list->count < CAMPAIGN_STAGES_MAX;
}

/* The first stage, then those that refer to it, oldest first. */
static enum err find_stages(struct store_reader *reader, const struct id *id, struct stage_ids *list,
                            struct fault *fault)
{
    struct store_command found;
    struct stage_ids later = {.count = 0};
    struct store_command_filter filter = {.kind = COMMAND_CAMPAIGN};
    enum err err = store_read_command(reader, id, &found, fault);
    if (err != ERR_OK)
        return err;
    const struct command *header = &found.row.record.header;
    if (header->kind != COMMAND_CAMPAIGN)
        return fault_set(fault, ERR_ILLEGAL, "this is no campaign but %s", command_kind_name(header->kind));
    filter.references = id_is_zero(&header->references) ? header->id : header->references;
    list->ids[0] = filter.references;
    list->count = 1;
    err = store_read_commands(reader, &filter, on_stage, &later, fault);
    for (size_t i = later.count; i > 0 && list->count < CAMPAIGN_STAGES_MAX; i--)
        list->ids[list->count++] = later.ids[i - 1];
    return err;
}

enum err campaign_view_read(struct cli *cli, struct store_reader *reader, const struct site_center *center,
                            const struct id *id, struct campaign_view *view, struct fault *fault)
{
    struct stage_ids list = {.count = 0};
    *view = (struct campaign_view){.count = 0};
    enum err err = find_stages(reader, id, &list, fault);
    if (err != ERR_OK)
        return err;
    view->stages = calloc(list.count, sizeof *view->stages);
    if (!view->stages)
        return ERR_MEMORY;
    for (size_t i = 0; i < list.count && err == ERR_OK; i++) {
        struct campaign_stage *stage = &view->stages[view->count];
        err =
            command_view_read(cli, reader, command_view_seat(cli, center), &list.ids[i], &stage->view, fault);
        if (err != ERR_OK)
            break;
        roll_up(stage);
        view->count++;
    }
    if (err != ERR_OK)
        campaign_view_free(view);
    return err;
}

void campaign_view_free(struct campaign_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        command_view_free(&view->stages[i].view);
        free(view->stages[i].rows);
    }
    free(view->stages);
    *view = (struct campaign_view){.count = 0};
}

/* ---- shown ---- */

static json_t *cell_json(const struct campaign_cell *cell, const struct form *form)
{
    json_t *sums = json_object();
    for (size_t i = 0; i < form->count; i++)
        if (form->fields[i].type == FORM_NUMBER)
            json_object_set_new(sums, form->fields[i].name, json_real(cell->sums[i]));
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "expected", (json_int_t)cell->expected,
                     "reported", (json_int_t)cell->reported, "zero", (json_int_t)cell->zero, "done",
                     (json_int_t)cell->done, "overdue", (json_int_t)cell->overdue, "unknown",
                     (json_int_t)cell->unknown, "sums", sums);
}

static json_t *stage_json(struct cli *cli, const struct campaign_stage *stage)
{
    const struct command_view *view = &stage->view;
    const struct form *form = &view->record.header.form;
    json_t *out = command_header_json(cli, &view->record, view->state);
    json_t *cell = cell_json(&stage->sum, form), *rows = json_array();
    json_object_update(out, cell);
    json_decref(cell);
    for (size_t i = 0; i < stage->count; i++) {
        const struct center *center = &view->topology->centers[stage->rows[i].center];
        json_t *row = cell_json(&stage->rows[i].cell, form);
        json_object_set_new(row, "center", json_string(center->code));
        json_object_set_new(row, "name", json_string(center->name));
        json_array_append_new(rows, row);
    }
    json_object_set_new(out, "counts", command_counts_json(&view->tally));
    json_object_set_new(out, "rows", rows);
    return out;
}

json_t *campaign_view_json(struct cli *cli, const struct campaign_view *view)
{
    json_t *stages = json_array();
    const struct command *first = &view->stages[0].view.record.header;
    char id[ID_TEXT_SIZE];
    id_format(&first->id, id);
    for (size_t i = 0; i < view->count; i++)
        json_array_append_new(stages, stage_json(cli, &view->stages[i]));
    return json_pack("{s:s, s:s, s:s, s:o}", "campaign_id", id, "center", first->center, "name",
                     first->text ? first->text : "", "stages", stages);
}

static void print_row(const struct form *form, const char *name, const struct campaign_cell *cell,
                      struct cli_table *table)
{
    const int64_t numbers[] = {cell->expected, cell->reported, cell->zero,
                               cell->done,     cell->overdue,  cell->unknown};
    cli_table_row(table);
    cli_table_cell(table, "%s", name);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cli_table_cell(table, "%" PRId64, numbers[i]);
    for (size_t i = 0, shown = 7; i < form->count && shown < CLI_TABLE_COLUMNS_MAX; i++)
        if (form->fields[i].type == FORM_NUMBER) {
            cli_table_cell(table, "%.10g", cell->sums[i]);
            shown++;
        }
}

static void print_stage(struct cli *cli, const struct campaign_stage *stage)
{
    static const char *const zh[] = {"中心", ">应报", ">已报", ">零报告", ">办结", ">逾期", ">未知"};
    static const char *const en[] = {"center", ">expected", ">reported", ">zero",
                                     ">done",  ">overdue",  ">unknown"};
    const struct topology *topology = stage->view.topology;
    const struct form *form = &stage->view.record.header.form;
    const char *heads[CLI_TABLE_COLUMNS_MAX + 1];
    char labels[FORM_FIELDS_MAX][NAME_SIZE + 1];
    size_t count = 0;
    for (; count < sizeof zh / sizeof *zh; count++)
        heads[count] = cli->english ? en[count] : zh[count];
    for (size_t i = 0; i < form->count && count < CLI_TABLE_COLUMNS_MAX; i++) {
        if (form->fields[i].type != FORM_NUMBER)
            continue;
        snprintf(labels[i], sizeof labels[i], ">%s",
                 cli->english || !form->fields[i].zh[0] ? form->fields[i].name : form->fields[i].zh);
        heads[count++] = labels[i];
    }
    heads[count] = NULL;
    struct cli_table *table = cli_table_new(heads);
    for (size_t i = 0; i < stage->count; i++)
        print_row(form, topology->centers[stage->rows[i].center].name, &stage->rows[i].cell, table);
    print_row(form, cli->english ? "total" : "合计", &stage->sum, table);
    cli_table_print(table, stdout);
    cli_table_free(&table);
}

void campaign_view_print(struct cli *cli, const struct campaign_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct command_view *stage = &view->stages[i].view;
        const struct command *h = &stage->record.header;
        char id[ID_TEXT_SIZE], sent[CLOCK_TEXT_SIZE];
        id_format(&h->id, id);
        cli_time(cli, h->sent_ms, sent);
        printf("%s%s  %s  %s  %s  %.16s\n", i ? "\n" : "", h->stage, h->text ? h->text : "",
               cli->english ? command_state_name(stage->state) : command_state_zh(stage->state), id, sent);
        print_stage(cli, &view->stages[i]);
    }
}
