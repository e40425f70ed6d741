/* sanji keys: who may call whom. Secret keys never leave their file; what is printed is public. */
#include <stdlib.h>
#include <string.h>

#include "cli_table.h"
#include "commands.h"
#include "keys_book.h"
#include "keys_tell.h"

/* What a command did, for its words and its JSON. */
struct keys_work {
    struct cli *cli;
    struct keys_book book;
    json_t *made, *told, *restart; /* codes and names */
    bool *tell;                    /* by index into site->centers */
};

static int work_open(struct keys_work *work, struct cli *cli)
{
    struct fault fault = {.text = ""};
    *work = (struct keys_work){.cli = cli};
    const struct world *world = cli_world(cli);
    if (!world)
        return err_exit_code(ERR_CONFIG);
    work->made = json_array();
    work->told = json_array();
    work->restart = json_array();
    work->tell = calloc(cli->site->center_count, sizeof *work->tell);
    if (!work->tell)
        abort();
    enum err err = keys_book_open(&work->book, cli->site, world->topology, &fault);
    return err == ERR_OK ? 0 : cli_fail(cli, err, "%s", fault.text);
}

static void work_close(struct keys_work *work)
{
    keys_book_close(&work->book);
    json_decref(work->made);
    json_decref(work->told);
    json_decref(work->restart);
    free(work->tell);
}

static void note(json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), name) == 0)
            return;
    json_array_append_new(list, json_string(name));
}

/* Writes every center's files as the book has them and notes whom to tell. */
static enum err write_all(struct keys_work *work, struct fault *fault)
{
    const struct site *site = work->cli->site;
    for (size_t i = 0; i < site->center_count; i++) {
        struct keys_change change;
        if (!keys_book_key(&work->book, site->centers[i].code))
            continue; /* not initialised yet */
        enum err err = keys_book_write(&work->book, site->centers[i].code, &change, fault);
        if (err != ERR_OK)
            return err;
        work->tell[i] = change.peers;
        if (change.parent)
            note(work->restart, site->centers[i].code);
    }
    return keys_book_own_all(&work->book, fault);
}

static enum err tell_all(struct keys_work *work, struct fault *fault)
{
    const struct site *site = work->cli->site;
    bool *told = calloc(site->center_count, sizeof *told);
    if (!told)
        abort();
    enum err err = keys_tell(work->cli, work->tell, told, fault);
    for (size_t i = 0; i < site->center_count; i++)
        if (told[i])
            note(work->told, site->centers[i].code);
    free(told);
    return err;
}

static void print_names(const char *title, const json_t *names)
{
    if (json_array_size(names) == 0)
        return;
    printf("%s", title);
    for (size_t i = 0; i < json_array_size(names) && i < 20; i++)
        printf(" %s", json_string_value(json_array_get(names, i)));
    printf(json_array_size(names) > 20 ? " … (%zu)\n" : "\n", json_array_size(names));
}

static int say_done(struct keys_work *work)
{
    bool english = work->cli->english;
    if (work->cli->json)
        return cli_print_json(json_pack("{s:b, s:O, s:O, s:O}", "ok", 1, "made", work->made, "told",
                                        work->told, "restart", work->restart));
    print_names(english ? "new key pairs:" : "新密钥对：", work->made);
    print_names(english ? "running daemons that know it:" : "已通知运行中的中心：", work->told);
    print_names(english ? "in force after a restart of:" : "重启后生效：", work->restart);
    if (json_array_size(work->made) + json_array_size(work->told) + json_array_size(work->restart) == 0)
        printf("%s\n", english ? "nothing to change" : "无需改动");
    return 0;
}

/* Writes, tells and reports; `err` and `fault` are of what came before. */
static int finish(struct keys_work *work, enum err err, struct fault *fault)
{
    if (err == ERR_OK)
        err = write_all(work, fault);
    if (err == ERR_OK)
        err = tell_all(work, fault);
    return err == ERR_OK ? say_done(work) : cli_fail(work->cli, err, "%s", fault->text);
}

/* ---- list ---- */

static json_t *peers_json(const struct link_peers *peers)
{
    json_t *list = json_array();
    for (size_t i = 0; i < peers->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "kind", link_kind_name(peers->list[i].kind),
                                              "name", peers->list[i].name, "key", peers->list[i].public_key));
    return list;
}

static void list_one(const struct keys_work *work, const char *code, json_t *out, struct cli_table *table)
{
    char dir[PATH_SIZE];
    struct link_peers peers = {0};
    struct fault fault = {.text = ""};
    const char *key = keys_book_key(&work->book, code);
    enum err err = keys_book_dir(&work->book, code, dir, &fault);
    if (err == ERR_OK)
        err = link_peers_load(dir, &peers, &fault);
    bool revoked = key && keys_book_is_revoked(&work->book, key);
    json_t *row = json_pack("{s:s, s:s*, s:b, s:o}", "code", code, "key", key, "revoked", revoked, "peers",
                            peers_json(&peers));
    if (err != ERR_OK)
        json_object_set_new(row, "trouble", json_string(fault.text));
    json_array_append_new(out, row);
    cli_table_row(table);
    cli_table_cell(table, "%s", code);
    cli_table_cell(table, "%s", key ? key : "-");
    cli_table_cell(table, "%zu", peers.count);
    cli_table_cell(table, "%s",
                   err != ERR_OK        ? fault.text
                   : !revoked           ? ""
                   : work->cli->english ? "✗ revoked"
                                        : "✗ 已吊销");
    link_peers_free(&peers);
}

static void list_clients(const struct keys_work *work, json_t *out, struct cli_table *table)
{
    for (size_t i = 0; i < work->book.clients.count; i++) {
        const struct link_peer *client = &work->book.clients.list[i];
        bool revoked = keys_book_is_revoked(&work->book, client->public_key);
        json_array_append_new(out, json_pack("{s:s, s:s, s:b}", "name", client->name, "key",
                                             client->public_key, "revoked", revoked));
        cli_table_row(table);
        cli_table_cell(table, "%s", client->name);
        cli_table_cell(table, "%s", client->public_key);
        cli_table_cell(table, "%s", "");
        cli_table_cell(table, "%s", !revoked ? "" : work->cli->english ? "✗ revoked" : "✗ 已吊销");
    }
}

static int run_list(struct cli *cli)
{
    static const char *const zh[] = {"中心或客户端", "公钥", ">允许来访", "状态", NULL};
    static const char *const en[] = {"center or client", "public key", ">may call", "state", NULL};
    struct keys_work work;
    int status = work_open(&work, cli);
    json_t *centers = json_array(), *clients = json_array();
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    const char *only = cli_value(cli, "center");
    if (status == 0 && only && !cli_center(cli))
        status = err_exit_code(ERR_UNKNOWN_CENTER);
    for (size_t i = 0; status == 0 && i < cli->site->center_count; i++)
        if (!only || strcmp(only, cli->site->centers[i].code) == 0)
            list_one(&work, cli->site->centers[i].code, centers, table);
    if (status == 0 && !only)
        list_clients(&work, clients, table);
    if (status == 0 && cli->json)
        cli_print_json(json_pack("{s:O, s:O}", "centers", centers, "clients", clients));
    else if (status == 0)
        cli_table_print(table, stdout);
    cli_table_free(&table);
    json_decref(centers);
    json_decref(clients);
    work_close(&work);
    return status;
}

/* ---- make ---- */

static enum err make_centers(struct keys_work *work, const char *only, struct fault *fault)
{
    const struct site *site = work->cli->site;
    for (size_t i = 0; i < site->center_count; i++) {
        bool made = false;
        if (only && strcmp(only, site->centers[i].code) != 0)
            continue;
        enum err err = keys_book_make_center(&work->book, site->centers[i].code, false, &made, fault);
        if (err != ERR_OK)
            return err;
        if (made)
            note(work->made, site->centers[i].code);
    }
    return ERR_OK;
}

static int run_make(struct cli *cli)
{
    struct keys_work work;
    struct fault fault = {.text = ""};
    const char *center = cli_value(cli, "center"), *client = cli_value(cli, "client");
    bool made = false;
    int status = work_open(&work, cli);
    if (status == 0 && center && !cli_center(cli))
        status = err_exit_code(ERR_UNKNOWN_CENTER);
    if (status == 0 && !center && !client && !cli_flag(cli, "all"))
        status = cli_fail(cli, ERR_USAGE, "--center CODE, --client NAME or --all");
    if (status == 0) {
        enum err err = keys_book_make_client(&work.book, KEYS_OPERATOR, &made, &fault);
        if (err == ERR_OK && made)
            note(work.made, KEYS_OPERATOR);
        if (err == ERR_OK && client)
            err = keys_book_make_client(&work.book, client, &made, &fault);
        if (err == ERR_OK && client && made)
            note(work.made, client);
        if (err == ERR_OK && (center || cli_flag(cli, "all")))
            err = make_centers(&work, center, &fault);
        status = finish(&work, err, &fault);
    }
    work_close(&work);
    return status;
}

/* ---- revoke ---- */

static int run_revoke(struct cli *cli)
{
    struct keys_work work;
    struct fault fault = {.text = ""};
    int status = work_open(&work, cli);
    if (status == 0 && strcmp(cli->words[0], KEYS_OPERATOR) == 0)
        status = cli_fail(cli, ERR_USAGE,
                          "the operator's key asks the daemons; rotate it: sanji keys rotate operator");
    if (status == 0)
        status = finish(&work, keys_book_revoke(&work.book, cli->words[0], &fault), &fault);
    work_close(&work);
    return status;
}

/* ---- rotate ---- */

/* The daemons must list the new key before it is in the operator's file, and are asked with the old one.
 * Where that was the operator's own, no answer finds its way back: it is asked for once more, with the new
 * one. */
static enum err switch_client(struct keys_work *work, const char *name, const struct link_keys *keys,
                              struct fault *fault)
{
    enum err err = write_all(work, fault);
    if (err == ERR_OK)
        err = tell_all(work, fault);
    if (err == ERR_OK)
        err = keys_book_save_client(&work->book, name, keys, fault);
    if (err == ERR_OK)
        err = keys_book_own_all(&work->book, fault);
    return err == ERR_OK && strcmp(name, KEYS_OPERATOR) == 0 ? tell_all(work, fault) : err;
}

static int rotate_client(struct keys_work *work, const char *name)
{
    struct fault fault = {.text = ""};
    struct link_keys keys;
    enum err err = keys_book_renew_client(&work->book, name, &keys, &fault);
    if (err != ERR_OK)
        return cli_fail(work->cli, err, "%s", fault.text);
    err = switch_client(work, name, &keys, &fault);
    link_keys_forget(&keys);
    note(work->made, name);
    return err == ERR_OK ? say_done(work) : cli_fail(work->cli, err, "%s", fault.text);
}

static enum err rotate_centers(struct keys_work *work, const char *only, struct fault *fault)
{
    const struct site *site = work->cli->site;
    for (size_t i = 0; i < site->center_count; i++) {
        bool made;
        if (only && strcmp(only, site->centers[i].code) != 0)
            continue;
        enum err err = keys_book_make_center(&work->book, site->centers[i].code, true, &made, fault);
        if (err != ERR_OK)
            return err;
        note(work->made, site->centers[i].code);
        note(work->restart, site->centers[i].code);
    }
    return ERR_OK;
}

static int run_rotate(struct cli *cli)
{
    struct keys_work work;
    struct fault fault = {.text = ""};
    const char *name = cli->word_count > 0 ? cli->words[0] : NULL;
    int status = work_open(&work, cli);
    if (status == 0 && !name == !cli_flag(cli, "all"))
        status = cli_fail(cli, ERR_USAGE, "the code of a center, the name of a client, or --all");
    else if (status == 0 && name && !site_center(cli->site, name))
        status = rotate_client(&work, name);
    else if (status == 0)
        status = finish(&work, rotate_centers(&work, name, &fault), &fault);
    work_close(&work);
    return status;
}

const struct cli_command cmd_keys_list = {
    .group = "keys",
    .verb = "list",
    .zh = "列出各中心与客户端的公钥，以及谁可以来访",
    .en = "public keys of centers and clients, and who may call",
    .options = {{"center", "CODE", "仅此中心 / this center only", false}},
    .run = run_list};

const struct cli_command cmd_keys_make = {
    .group = "keys",
    .verb = "make",
    .zh = "补齐缺失的密钥对，并更新相邻中心的名单",
    .en = "make the key pairs that are missing, and write the neighbours' lists",
    .options = {{"center", "CODE", "为此中心 / for this center", false},
                {"client", "NAME", "为本机的一个客户端 / for a client program of this machine", false},
                {"all", NULL, "为本站点所有中心 / for every center of the site", false}},
    .run = run_make};

const struct cli_command cmd_keys_revoke = {.group = "keys",
                                            .verb = "revoke",
                                            .words = "NAME",
                                            .words_min = 1,
                                            .words_max = 1,
                                            .zh = "吊销一个中心或客户端的密钥：从所有名单中移除，立即断开",
                                            .en = "take the key of a center or client off every list of this "
                                                  "site, at once; `rotate` gives it a new one",
                                            .run = run_revoke};

const struct cli_command cmd_keys_rotate = {
    .group = "keys",
    .verb = "rotate",
    .words = "[NAME]",
    .words_max = 1,
    .zh = "更换一个中心或客户端的密钥对，并更新相邻中心的文件",
    .en = "give a center or client a new pair and write the neighbours' files",
    .options = {{"all", NULL, "更换本站点所有中心的 / of every center of the site", false}},
    .run = run_rotate};
