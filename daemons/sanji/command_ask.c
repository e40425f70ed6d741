#include "command_ask.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cli_option.h"
#include "command_json.h"

enum err command_ask(struct cli *cli, const struct site_center *center, struct request *request,
                     struct reply *reply, struct fault *fault)
{
    if (id_is_zero(&request->input.key))
        request->input.key = cli_key(cli_value(cli, "key"));
    enum err err = cli_ask(cli, center, request, COMMAND_WAIT_MS, reply, fault);
    if (err != ERR_OK)
        return err;
    if (reply->code != ERR_OK)
        return fault_set(fault, reply->code, "%s", reply->text);
    return ERR_OK;
}

static void set_id(json_t *out, const struct id *id)
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    json_object_set_new(out, "command_id", json_string(text));
}

json_t *command_ask_json(const struct request *request, const struct reply *reply)
{
    const struct command_reply *c = &reply->command;
    json_t *out = json_pack("{s:b, s:s, s:b}", "ok", reply->code == ERR_OK, "code", err_name(reply->code),
                            "again", c->again);
    set_id(out, &c->command);
    if (request->kind == REQUEST_COMMAND) {
        json_object_set_new(out, "recipients", json_integer(c->recipients));
        json_object_set_new(out, "centers", json_integer(c->centers));
        json_object_set_new(out, "dynamic", json_boolean(c->dynamic));
        return out;
    }
    json_object_set_new(out, "recipient", json_string(request->receipt->recipient));
    json_object_set_new(out, "state", json_string(receipt_state_name(c->state)));
    json_object_set_new(out, "state_zh", json_string(receipt_state_zh(c->state)));
    json_object_set_new(out, "overdue_ack", json_boolean((c->flags & RECEIPT_OVERDUE_ACK) != 0));
    json_object_set_new(out, "red", json_boolean((c->flags & RECEIPT_RED) != 0));
    json_object_set_new(out, "flags", receipt_flags_json(c->flags));
    return out;
}

static void print_command(const struct cli *cli, const struct command_reply *c)
{
    char id[ID_TEXT_SIZE];
    id_format(&c->command, id);
    printf("%s\n", id);
    if (c->centers > 0)
        printf(cli->english ? "%" PRId32 " recipients at %" PRId32 " centers\n"
                            : "接收对象 %" PRId32 " 个，涉及中心 %" PRId32 " 个\n",
               c->recipients, c->centers);
    if (c->dynamic)
        printf("%s\n",
               cli->english ? "further recipients are chosen at each center" : "另有对象由各中心就近选派");
}

static void print_receipt(const struct cli *cli, const char *recipient, const struct command_reply *c)
{
    printf("%s  %s (%s)%s%s\n", recipient,
           cli->english ? receipt_state_name(c->state) : receipt_state_zh(c->state),
           cli->english ? receipt_state_zh(c->state) : receipt_state_name(c->state),
           !(c->flags & RECEIPT_OVERDUE_ACK) ? ""
           : cli->english                    ? "  signed late"
                                             : "  超时未签收",
           !(c->flags & RECEIPT_RED) ? ""
           : cli->english            ? "  ● red"
                                     : "  ●红");
}

int command_ask_print(struct cli *cli, const struct site_center *center, struct request *request)
{
    struct reply reply;
    struct fault fault = {.code = ERR_OK};
    enum err err = command_ask(cli, center, request, &reply, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (cli->json)
        return cli_print_json(command_ask_json(request, &reply));
    if (request->kind == REQUEST_COMMAND)
        print_command(cli, &reply.command);
    else
        print_receipt(cli, request->receipt->recipient, &reply.command);
    if (reply.command.again)
        printf("%s\n",
               cli->english ? "(decided before under this key)" : "（此幂等键先前已办，以下为原结果）");
    return 0;
}

/* ---- who and what ---- */

const char *command_ask_post(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_MODE:
        return "leader";
    case COMMAND_SUPERVISION:
        return "shift_leader";
    case COMMAND_NONE:
    case COMMAND_ORDER:
    case COMMAND_NOTICE:
    case COMMAND_ROLL_CALL:
    case COMMAND_CAMPAIGN:
    case COMMAND_EMERGENCY:
    case COMMAND_KINDS:
        break;
    }
    return "dispatcher";
}

bool command_ask_person(const struct cli *cli, const struct site_center *center, const char *post,
                        char user[USER_SIZE])
{
    snprintf(user, USER_SIZE, "%s.%s", post, center->code);
    return cli_copy_option(cli, "as", user, USER_SIZE);
}

bool command_ask_answerer(const struct cli *cli, const struct recipient *recipient, char user[USER_SIZE])
{
    if (recipient->kind == RECIPIENT_CENTER)
        snprintf(user, USER_SIZE, "dispatcher.%s", cli->world->topology->centers[recipient->center].code);
    else
        memcpy(user, recipient->name, USER_SIZE);
    return cli_copy_option(cli, "as", user, USER_SIZE);
}

bool command_ask_values(const struct cli *cli, char values[VALUES_SIZE])
{
    values[0] = '\0';
    if (!cli_copy_option(cli, "values", values, VALUES_SIZE))
        return false;
    for (char *p = values; *p; p++)
        if (*p == ';')
            *p = '\n';
    return true;
}

bool command_ask_recipient(struct cli *cli, const char *name, struct recipient *recipient)
{
    const struct world *world = cli_world(cli);
    if (!world)
        return false;
    if (recipient_find(world->topology, name, recipient))
        return true;
    cli_fail(cli, ERR_UNKNOWN_RECIPIENT, "%s", name);
    return false;
}

const struct site_center *command_ask_center(struct cli *cli, const struct recipient *recipient)
{
    const char *code = cli->world->topology->centers[recipient->center].code;
    if (cli_value(cli, "center"))
        return cli_center(cli);
    const struct site_center *center = site_center(cli->site, code);
    if (!center)
        cli_fail(cli, ERR_UNKNOWN_CENTER, "%s", code);
    return center;
}

int command_ask_receipt(struct cli *cli, const struct id *id, enum receipt_event event)
{
    struct recipient recipient;
    char values[VALUES_SIZE];
    struct receipt_request receipt = {.command = *id, .input = {.event = event}};
    struct request request = {.kind = REQUEST_RECEIPT, .receipt = &receipt};
    if (!command_ask_recipient(cli, cli_value(cli, "recipient"), &recipient))
        return err_exit_code(ERR_UNKNOWN_RECIPIENT);
    const struct site_center *center = command_ask_center(cli, &recipient);
    if (!center)
        return err_exit_code(ERR_UNKNOWN_CENTER);
    if (!command_ask_answerer(cli, &recipient, request.user) || !command_ask_values(cli, values))
        return err_exit_code(ERR_USAGE);
    memcpy(receipt.recipient, recipient.name, sizeof receipt.recipient);
    receipt.input.text = cli_value(cli, "text");
    receipt.input.values = values[0] ? values : NULL;
    receipt.input.zero = cli_flag(cli, "zero");
    return command_ask_print(cli, center, &request);
}
