/* The history of a case as a table: what its commands say stands between the case's own, numbered events. */
#include <string.h>

#include "cli_table.h"
#include "cmd_case_history.h"

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

static const char *state_word(const struct cli *cli, const json_t *row)
{
    const char *to = text_of(row, "to");
    if (cli->english || !to[0])
        return to;
    if (strcmp(text_of(row, "source"), "case") == 0)
        return case_state_zh(case_state_from_name(to));
    return receipt_state_zh(receipt_state_from_name(to));
}

/* "第1圈，volunteer.440306017001": which order it is of, and whom it is about if he did not say it himself.
 */
static void about(const struct cli *cli, const json_t *row, char *out, size_t size)
{
    int circle = (int)json_integer_value(json_object_get(row, "circle"));
    const char *who = text_of(row, "recipient"), *kind = text_of(row, "kind");
    const char *comma = cli->english ? ", " : "，";
    char part[NAME_SIZE] = "";
    if (strcmp(who, text_of(row, "actor")) == 0)
        who = "";
    if (circle > 0)
        snprintf(part, sizeof part, cli->english ? "circle %d" : "第%d圈", circle);
    else if (kind[0])
        snprintf(part, sizeof part, "%s",
                 cli->english ? kind : command_kind_zh(command_kind_from_name(kind)));
    snprintf(out, size, "%s%s%s", part, part[0] && who[0] ? comma : "", who);
}

static void print_note(const struct cli *cli, struct cli_table *table, const json_t *row)
{
    const char *note = text_of(row, "note"), *reason = text_of(row, "reason");
    char prefix[USER_SIZE + NAME_SIZE + 4];
    about(cli, row, prefix, sizeof prefix);
    cli_table_cell(table, "%s%s%s%s%s", prefix, prefix[0] && (reason[0] || note[0]) ? ": " : "", reason,
                   reason[0] && note[0] ? ";" : "", note);
}

void case_history_print(const struct cli *cli, const json_t *list)
{
    static const char *const zh[] = {"#", "时间", "中心", "操作人", "操作", "状态", "说明", NULL};
    static const char *const en[] = {"#", "time", "center", "actor", "event", "state", "note", NULL};
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    size_t i;
    json_t *row;
    json_array_foreach(list, i, row)
    {
        cli_table_row(table);
        if (strcmp(text_of(row, "source"), "case") == 0)
            cli_table_cell(table, "%d", (int)json_integer_value(json_object_get(row, "no")));
        else
            cli_table_cell(table, "·");
        cli_table_cell(table, "%.19s", text_of(row, "at"));
        cli_table_cell(table, "%s", text_of(row, "center"));
        cli_table_cell(table, "%s", text_of(row, "actor"));
        cli_table_cell(table, "%s", text_of(row, cli->english ? "event" : "event_zh"));
        cli_table_cell(table, "%s", state_word(cli, row));
        print_note(cli, table, row);
    }
    cli_table_print(table, stdout);
    cli_table_free(&table);
}
