/* sanji duty hand-over 交接班: whoever comes on duty takes over, by name, every command that the one before
 * has signed and not finished. What nobody has signed stays to be signed. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli_option.h"
#include "cli_table.h"
#include "command_ask.h"
#include "commands.h"
#include "store/store_read.h"

struct open_list {
    struct id *ids;
    size_t count, room;
};

static bool add_command(void *ctx, const struct store_command *row)
{
    struct open_list *list = ctx;
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->ids = realloc(list->ids, list->room * sizeof *list->ids);
        if (!list->ids)
            abort();
    }
    list->ids[list->count++] = row->row.record.header.id;
    return true;
}

/* Whether the recipient has signed the command, and somebody else bears it now. */
struct borne {
    const char *recipient, *center, *user;
    bool found;
};

static bool is_borne(void *ctx, const struct id *command, const char *center, const struct receipt *receipt)
{
    struct borne *borne = ctx;
    (void)command;
    if (strcmp(receipt->name, borne->recipient) != 0 || strcmp(center, borne->center) != 0)
        return true;
    borne->found = receipt->state >= RECEIPT_ACKED && receipt->state <= RECEIPT_REPORTED &&
                   strcmp(receipt->by, borne->user) != 0;
    return false;
}

/* Of the open commands those that are to be taken over: *list keeps them alone. */
static enum err find_open(const struct site_center *center, struct borne *borne, struct open_list *list,
                          struct fault *fault)
{
    struct store_reader *reader;
    struct store_command_filter filter = {.open_only = true};
    size_t kept = 0;
    enum err err = store_reader_open(center->read_database, &reader, fault);
    if (err != ERR_OK)
        return err;
    err = store_read_commands(reader, &filter, add_command, list, fault);
    for (size_t i = 0; err == ERR_OK && i < list->count; i++) {
        borne->found = false;
        err = store_read_receipts(reader, &list->ids[i], is_borne, borne, fault);
        if (borne->found)
            list->ids[kept++] = list->ids[i];
    }
    list->count = kept;
    store_reader_close(&reader);
    return err;
}

static enum err take_over(struct cli *cli, const struct site_center *center, const struct borne *borne,
                          const struct id *command, struct fault *fault)
{
    struct receipt_request receipt = {.command = *command};
    struct request request = {.kind = REQUEST_RECEIPT, .receipt = &receipt};
    struct reply reply;
    text_put(receipt.recipient, sizeof receipt.recipient, borne->recipient);
    text_put(request.user, sizeof request.user, borne->user);
    receipt.input.event = RECEIPT_HAND_OVER;
    receipt.input.text = "交接班";
    return command_ask(cli, center, &request, &reply, fault);
}

static int tell(struct cli *cli, json_t *rows, struct cli_table *table, bool all)
{
    if (cli->json)
        cli_print_json(json_incref(rows));
    else if (cli_table_rows(table) > 0)
        cli_table_print(table, stdout);
    else
        printf(cli->english ? "nothing to take over\n" : "没有待交接的指令\n");
    json_decref(rows);
    cli_table_free(&table);
    return all ? 0 : 1;
}

static int run_each(struct cli *cli, const struct site_center *center, const struct borne *borne,
                    const struct open_list *list)
{
    static const char *const zh[] = {"指令", "结果", "说明", NULL};
    static const char *const en[] = {"command", "outcome", "", NULL};
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    json_t *rows = json_array();
    bool all = true;
    for (size_t i = 0; i < list->count; i++) {
        struct fault fault = {.code = ERR_OK};
        char id[ID_TEXT_SIZE];
        enum err err = take_over(cli, center, borne, &list->ids[i], &fault);
        id_format(&list->ids[i], id);
        cli_table_row(table);
        cli_table_cell(table, "%s", id);
        cli_table_cell(table, "%s", err_name(err));
        cli_table_cell(table, "%s", fault.text);
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s}", "command_id", id, "recipient",
                                              borne->recipient, "by", borne->user, "code", err_name(err)));
        all &= err == ERR_OK;
    }
    return tell(cli, rows, table, all);
}

/* Who comes on duty by the roster, unless --as names somebody. */
static bool coming(struct cli *cli, const struct recipient *recipient, char user[USER_SIZE])
{
    const struct world *world = cli->world;
    struct duty duty;
    duty_at(&world->response, world->topology, &world->calendar, recipient, clock_now_ms(&cli->site->clock),
            &duty);
    text_put(user, USER_SIZE, duty.on_duty);
    return cli_copy_option(cli, "as", user, USER_SIZE);
}

static int run_hand_over(struct cli *cli)
{
    const struct world *world = cli_world(cli);
    const struct site_center *center = world ? cli_center(cli) : NULL;
    struct fault fault = {.code = ERR_OK};
    struct open_list list = {.count = 0};
    struct recipient recipient;
    char name[USER_SIZE], user[USER_SIZE];
    if (!center)
        return err_exit_code(ERR_USAGE);
    snprintf(name, sizeof name, "center.%s", center->code);
    if (!cli_copy_option(cli, "for", name, sizeof name) || !command_ask_recipient(cli, name, &recipient) ||
        !coming(cli, &recipient, user))
        return err_exit_code(ERR_USAGE);
    struct borne borne = {.recipient = name, .center = center->code, .user = user};
    enum err err = find_open(center, &borne, &list, &fault);
    int status = err == ERR_OK ? run_each(cli, center, &borne, &list) : cli_fail(cli, err, "%s", fault.text);
    free(list.ids);
    return status;
}

const struct cli_command cmd_duty_hand_over = {
    .group = "duty",
    .verb = "hand-over",
    .zh = "交接班：接班人具名接手上一班已签收、未办结的指令",
    .en = "hand over: who comes on duty takes over by name what the shift before has signed and not finished",
    .options = {{"center", "CODE", "中心 / which center", true},
                {"for", "RECIPIENT",
                 "交接的席位，缺省为中心值班席 / whose commands, by default the center's desk", false},
                {"as", "USER", "接班人，缺省按值班表 / who comes on duty, by default by the roster", false}},
    .run = run_hand_over};
