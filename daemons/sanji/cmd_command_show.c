/* sanji command show, list: read from a center's own database. */
#include <inttypes.h>

#include "cli_option.h"
#include "cli_table.h"
#include "command_json.h"
#include "command_tell.h"
#include "commands.h"

static int run_show(struct cli *cli)
{
    struct id id;
    return cli_id_word(cli, &id) ? command_tell_show(cli, &id) : err_exit_code(ERR_UNKNOWN_COMMAND);
}

const struct cli_command cmd_command_show = {
    .group = "command",
    .verb = "show",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "一条指令的现状：每个接收对象的回执、下级应答矩阵、签名核验",
    .en = "one command as it stands: every recipient, the answer matrix, the signature",
    .options = {{"center", "CODE", "看哪个中心的副本，缺省为下达中心 / whose copy, by default the issuer's",
                 false}},
    .run = run_show};

/* ---- lists ---- */

struct listing {
    struct cli *cli;
    int64_t now_ms;
    json_t *list;
    struct cli_table *table;
};

static void add_row(struct listing *listing, const struct store_command *c, enum command_state state)
{
    const struct command *h = &c->row.record.header;
    char id[ID_TEXT_SIZE], sent[CLOCK_TEXT_SIZE];
    struct cli_table *table = listing->table;
    bool english = listing->cli->english;
    int64_t answered = 0;
    for (int i = RECEIPT_ACKED; i <= RECEIPT_UNABLE; i++)
        answered += c->tally.count[i];
    id_format(&h->id, id);
    cli_time(listing->cli, h->sent_ms, sent);
    cli_table_row(table);
    cli_table_cell(table, "%s", id);
    cli_table_cell(table, "%s", english ? command_kind_name(h->kind) : command_kind_zh(h->kind));
    cli_table_cell(table, "%s", english ? command_state_name(state) : command_state_zh(state));
    cli_table_cell(table, "%s", h->center);
    cli_table_cell(table, "%.16s", sent);
    cli_table_cell(table, "%" PRId64 "/%" PRId64, answered, c->tally.total);
    cli_table_cell(table, c->tally.red ? "●%" PRId64 : "%" PRId64, c->tally.red);
    cli_table_cell(table, "%s", h->text ? h->text : "");
}

static bool on_command(void *ctx, const struct store_command *c)
{
    struct listing *listing = ctx;
    enum command_state state = command_state_of(&c->row.record, &c->tally, listing->now_ms);
    if (listing->table) {
        add_row(listing, c, state);
        return true;
    }
    json_t *out = command_header_json(listing->cli, &c->row.record, state);
    json_object_set_new(out, "counts", command_counts_json(&c->tally));
    json_object_set_new(out, "tally", command_tally_json(&c->tally));
    json_array_append_new(listing->list, out);
    return true;
}

static bool filter_options(const struct cli *cli, struct store_command_filter *filter)
{
    const char *kind = cli_value(cli, "kind");
    filter->open_only = cli_flag(cli, "open");
    filter->case_no = cli_value(cli, "case");
    filter->kind = kind ? command_kind_from_name(kind) : COMMAND_NONE;
    if (kind && filter->kind == COMMAND_NONE) {
        cli_fail(cli, ERR_USAGE, "--kind %s", kind);
        return false;
    }
    return cli_number(cli, "limit", 1, 100000, 50, &filter->limit);
}

static int print_list(struct listing *listing)
{
    const struct cli *cli = listing->cli;
    if (!listing->table)
        return cli_print_json(listing->list);
    if (cli_table_rows(listing->table) == 0)
        puts(cli->english ? "no commands (sanji command issue)" : "没有指令（用 sanji command issue 下达）");
    else
        cli_table_print(listing->table, stdout);
    return 0;
}

static int run_list(struct cli *cli)
{
    static const char *const zh[] = {"指令",  "种类", "状态", "下达中心", "下达时间",
                                     ">应答", ">红",  "内容", NULL};
    static const char *const en[] = {"command",   "kind", "state", "issuer", "sent",
                                     ">answered", ">red", "text",  NULL};
    struct store_command_filter filter = {.open_only = false};
    struct store_reader *reader = NULL;
    struct fault fault = {.code = ERR_OK};
    const struct site_center *center = cli_center_or_top(cli);
    if (!center || !filter_options(cli, &filter))
        return err_exit_code(ERR_USAGE);
    struct listing listing = {.cli = cli, .now_ms = clock_now_ms(&cli->site->clock)};
    if (cli->json)
        listing.list = json_array();
    else
        listing.table = cli_table_new(cli->english ? en : zh);
    enum err err = store_reader_open(center->read_database, &reader, &fault);
    if (err == ERR_OK)
        err = store_read_commands(reader, &filter, on_command, &listing, &fault);
    store_reader_close(&reader);
    int status = err == ERR_OK ? print_list(&listing) : cli_fail(cli, err, "%s", fault.text);
    if (err != ERR_OK)
        json_decref(listing.list);
    cli_table_free(&listing.table);
    return status;
}

const struct cli_command cmd_command_list = {
    .group = "command",
    .verb = "list",
    .zh = "指令列表，新的在前",
    .en = "commands, newest first",
    .options = {{"center", "CODE", "哪个中心，缺省为根中心 / whose, by default the root's", false},
                {"open", NULL, "仅未了结的 / only those that still wait for somebody", false},
                {"kind", "KIND", "种类 / kind", false},
                {"case", "NO", "所涉案卷 / about this case", false},
                {"limit", "N", "最多几条，缺省 50 / at most, by default 50", false}},
    .run = run_list};
