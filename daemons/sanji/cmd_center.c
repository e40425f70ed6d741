/* sanji center check, repair, fence: is this center sound, and what a person does when it is not. */
#include <string.h>

#include "base/text.h"
#include "cli.h"
#include "commands.h"
#include "store/store_read.h"

static int ask(struct cli *cli, const struct request *request)
{
    struct reply reply;
    struct fault fault = {.code = ERR_OK};
    const struct site_center *center = cli_center(cli);
    if (!center)
        return 1;
    enum err err = cli_ask(cli, center, request, 0, &reply, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (reply.code != ERR_OK)
        return cli_fail(cli, reply.code, "%s", reply.text);
    if (cli->json)
        return cli_print_json(json_pack("{s:b, s:s}", "ok", 1, "code", "OK"));
    printf("%s\n", cli_sentence(cli, ERR_OK));
    return 0;
}

static int run_repair(struct cli *cli)
{
    struct request request = {.kind = REQUEST_REPAIR};
    if (!id_parse(cli->words[0], &request.case_id) &&
        text_copy(request.case_no, sizeof request.case_no, cli->words[0]) != ERR_OK)
        return cli_fail(cli, ERR_UNKNOWN_CASE, "%s", cli->words[0]);
    return ask(cli, &request);
}

const struct cli_command cmd_center_repair = {
    .group = "center",
    .verb = "repair",
    .words = "NO|ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "隔离的案卷：重取全部记录；本中心尚无案号时用告警中的案卷标识",
    .en = "a quarantined case: ask for its whole log again; by the id in the alarm where its number is not "
          "known here",
    .options = {{"center", "CODE", "哪个中心的副本有误 / whose copy is wrong", true}},
    .run = run_repair};

static int run_fence(struct cli *cli)
{
    struct request request = {.kind = REQUEST_FENCE};
    if (text_copy(request.name, sizeof request.name, cli->words[0]) != ERR_OK)
        return cli_fail(cli, ERR_UNKNOWN_CENTER, "%s", cli->words[0]);
    if (text_copy(request.user, sizeof request.user, cli_value(cli, "as")) != ERR_OK)
        return cli_fail(cli, ERR_UNKNOWN_PERSON, "%s", cli_value(cli, "as"));
    if (!cli_flag(cli, "yes"))
        return cli_fail(cli, ERR_USAGE, "%s",
                        cli->english
                            ? "this signs the center out for good; add --yes when its database is lost"
                            : "此操作将永久除名该中心当前的数据库；确认其数据库已毁后加 --yes");
    return ask(cli, &request);
}

const struct cli_command cmd_center_fence = {
    .group = "center",
    .verb = "fence",
    .words = "NEIGHBOUR",
    .words_min = 1,
    .words_max = 1,
    .zh = "由领导除名一个数据库已毁的相邻中心",
    .en = "a leader signs a neighbour out whose database is lost for good",
    .options = {{"center", "CODE", "在哪个中心执行 / at which center", true},
                {"as", "USER", "领导 / the leader who signs", true},
                {"yes", NULL, "确认 / really", false}},
    .run = run_fence};

/* ---- check: everything that one center needs, one line each ---- */

struct checkup {
    struct cli *cli;
    json_t *list;
    enum err worst;
};

static void note(struct checkup *checkup, const char *what, enum err code, const char *detail)
{
    bool sound = code == ERR_OK;
    if (!sound && checkup->worst == ERR_OK)
        checkup->worst = code;
    json_array_append_new(checkup->list, json_pack("{s:s, s:b, s:s, s:s}", "what", what, "ok", sound, "code",
                                                   err_name(code), "detail", detail));
    if (!checkup->cli->json)
        printf("%s %-10s %s%s%s\n", sound ? "✓" : "✗", what, sound ? "" : cli_sentence(checkup->cli, code),
               detail[0] && !sound ? " " : "", detail);
}

static void check_keys(struct checkup *checkup, const struct site_center *center)
{
    struct fault fault = {.code = ERR_OK};
    struct link_keys keys;
    char dir[PATH_SIZE], public_key[LINK_KEY_SIZE];
    enum err err = link_keys_load(checkup->cli->site->keys, "operator", &keys, &fault);
    link_keys_forget(&keys);
    snprintf(dir, sizeof dir, "%.*s/%s", (int)(sizeof dir - CODE_SIZE - 2), checkup->cli->site->keys,
             center->code);
    if (err == ERR_OK)
        err = link_keys_load_public(dir, center->code, public_key, &fault);
    note(checkup, "keys", err, fault.text);
}

static void check_database(struct checkup *checkup, const struct site_center *center)
{
    struct fault fault = {.code = ERR_OK};
    struct store_reader *reader = NULL;
    struct store_center found;
    enum err err = store_reader_open(center->read_database, &reader, &fault);
    if (err == ERR_OK)
        err = store_read_center(reader, &found, &fault);
    if (err == ERR_OK && strcmp(found.code, center->code) != 0)
        err = fault_set(&fault, ERR_CONFIG, "the database is center %s's", found.code);
    if (err == ERR_OK)
        fault_set(&fault, ERR_OK, "lsn %lld, %lld cases", (long long)found.last_lsn, (long long)found.cases);
    note(checkup, "database", err, fault.text);
    store_reader_close(&reader);
}

static void check_links(struct checkup *checkup, const struct status_reply *status)
{
    for (size_t i = 0; i < status->link_count; i++) {
        const struct link_status *link = &status->links[i];
        enum err err = link->up ? ERR_OK : link->refused != ERR_OK ? link->refused : ERR_UNREACHABLE;
        char detail[120];
        snprintf(detail, sizeof detail, "%s, lag %lld, skew %lld ms", link->code, (long long)link->lag,
                 (long long)link->skew_ms);
        note(checkup, "link", err, detail);
    }
}

static void check_daemon(struct checkup *checkup, const struct site_center *center)
{
    struct reply reply;
    struct request request = {.kind = REQUEST_STATUS};
    struct fault fault = {.code = ERR_OK};
    enum err err = cli_ask(checkup->cli, center, &request, 0, &reply, &fault);
    note(checkup, "daemon", err, fault.text);
    if (err != ERR_OK)
        return;
    const struct status_reply *status = &reply.status;
    char detail[80];
    note(checkup, "writing", status->mute ? ERR_MUTE : status->database_up ? ERR_OK : ERR_NOT_NOW, "");
    snprintf(detail, sizeof detail, "%lld", (long long)status->quarantined);
    note(checkup, "quarantine", status->quarantined ? ERR_GAP : ERR_OK, detail);
    snprintf(detail, sizeof detail, "%lld open", (long long)status->alarms);
    note(checkup, "alarms", ERR_OK, detail);
    check_links(checkup, status);
}

static int run_center_check(struct cli *cli)
{
    const struct site_center *center = cli_center(cli);
    if (!center)
        return 1;
    if (!cli_world(cli))
        return 2; /* every error of the configuration has been said */
    struct checkup checkup = {.cli = cli, .list = json_array()};
    note(&checkup, "files", ERR_OK, cli->site->topology);
    check_keys(&checkup, center);
    check_database(&checkup, center);
    check_daemon(&checkup, center);
    if (cli->json)
        cli_print_json(json_pack("{s:b, s:s, s:o}", "ok", checkup.worst == ERR_OK, "center", center->code,
                                 "checks", json_incref(checkup.list)));
    json_decref(checkup.list);
    return checkup.worst == ERR_OK ? 0 : err_exit_code(checkup.worst);
}

const struct cli_command cmd_center_check = {
    .group = "center",
    .verb = "check",
    .zh = "逐项检查一个中心：配置、密钥、数据库、进程、链路",
    .en = "one center, item by item: configuration, keys, database, daemon, links",
    .options = {{"center", "CODE", "中心 / which center", true}},
    .run = run_center_check};
