/* sanji keys: who may call whom. Secret keys never leave their file; what is printed is public. */
#include <stdlib.h>
#include <string.h>

#include "cmd_keys.h"
#include "commands.h"
#include "keys_tell.h"

int keys_work_open(struct keys_work *work, struct cli *cli)
{
    struct fault fault = {.text = ""};
    *work = (struct keys_work){.cli = cli};
    const struct world *world = cli_world(cli);
    if (!world)
        return err_exit_code(ERR_CONFIG);
    work->made = json_array();
    work->lists = json_array();
    work->told = json_array();
    work->restart = json_array();
    work->files = json_array();
    work->tell = calloc(cli->site->center_count, sizeof *work->tell);
    if (!work->tell)
        abort();
    enum err err = keys_book_open(&work->book, cli->site, world->topology, &fault);
    return err == ERR_OK ? 0 : cli_fail(cli, err, "%s", fault.text);
}

void keys_work_close(struct keys_work *work)
{
    keys_book_close(&work->book);
    json_decref(work->made);
    json_decref(work->lists);
    json_decref(work->told);
    json_decref(work->restart);
    json_decref(work->files);
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
    struct keys_change *changes = calloc(site->center_count, sizeof *changes);
    if (!changes)
        abort();
    enum err err = keys_book_write(&work->book, changes, fault);
    for (size_t i = 0; i < site->center_count; i++) {
        work->tell[i] = changes[i].lists;
        if (changes[i].lists)
            note(work->lists, site->centers[i].code);
        if (changes[i].parent)
            note(work->restart, site->centers[i].code);
    }
    free(changes);
    return err;
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
        return cli_print_json(json_pack("{s:b, s:O, s:O, s:O, s:O, s:O}", "ok", 1, "made", work->made,
                                        "lists", work->lists, "told", work->told, "restart", work->restart,
                                        "files", work->files));
    print_names(english ? "new key pairs:" : "新密钥对：", work->made);
    print_names(english ? "to be carried to the gateway:" : "请将密钥文件交给网关：", work->files);
    print_names(english ? "lists written for:" : "已更新名单：", work->lists);
    print_names(english ? "running daemons that know it:" : "已通知运行中的中心：", work->told);
    print_names(english ? "in force after a restart of:" : "重启后生效：", work->restart);
    if (json_array_size(work->made) + json_array_size(work->lists) + json_array_size(work->restart) == 0)
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

/* ---- make ---- */

static enum err make_center(struct keys_work *work, const char *code, struct fault *fault)
{
    bool made = false;
    enum err err = keys_book_make_center(&work->book, code, false, &made, fault);
    if (err == ERR_OK && made)
        note(work->made, code);
    return err;
}

static void note_file(struct keys_work *work, const char *code, const char *name)
{
    char dir[PATH_SIZE], path[PATH_SIZE + USER_SIZE + 8];
    if (keys_book_dir(&work->book, code, dir, NULL) != ERR_OK)
        return;
    snprintf(path, sizeof path, "%s/%s.key", dir, name);
    note(work->files, path);
}

static enum err make_field(struct keys_work *work, const char *code, const char *name, struct fault *fault)
{
    bool made = false;
    enum err err = keys_book_make_field(&work->book, code, name, cli_value(work->cli, "units"), &made, fault);
    if (err != ERR_OK || !made)
        return err;
    note(work->made, name);
    note_file(work, code, name);
    return ERR_OK;
}

/* With --all every center gets one, told apart by the center's code. */
static enum err make_field_at_each(struct keys_work *work, const char *code, const char *name,
                                   struct fault *fault)
{
    char full[USER_SIZE];
    if (snprintf(full, sizeof full, "%s.%s", name, code) >= (int)sizeof full)
        return fault_set(fault, ERR_TOO_LONG, "--field %.60s: too long with a center's code after it", name);
    return make_field(work, code, full, fault);
}

static enum err make_at_centers(struct keys_work *work, const char *only, struct fault *fault)
{
    const struct site *site = work->cli->site;
    const char *field = cli_value(work->cli, "field");
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < site->center_count; i++) {
        const char *code = site->centers[i].code;
        if (only && strcmp(only, code) != 0)
            continue;
        err = make_center(work, code, fault);
        if (err == ERR_OK && field)
            err = only ? make_field(work, code, field, fault) : make_field_at_each(work, code, field, fault);
    }
    return err;
}

static enum err make_client(struct keys_work *work, const char *name, struct fault *fault)
{
    bool made = false;
    enum err err = keys_book_make_client(&work->book, name, &made, fault);
    if (err == ERR_OK && made)
        note(work->made, name);
    return err;
}

static enum err make_all(struct keys_work *work, struct fault *fault)
{
    const char *center = cli_value(work->cli, "center"), *client = cli_value(work->cli, "client");
    enum err err = make_client(work, KEYS_OPERATOR, fault);
    if (err == ERR_OK && client)
        err = make_client(work, client, fault);
    if (err == ERR_OK && (center || cli_flag(work->cli, "all")))
        err = make_at_centers(work, center, fault);
    return err;
}

static int judge_make(struct cli *cli)
{
    const char *center = cli_value(cli, "center");
    bool all = cli_flag(cli, "all");
    if (center && !cli_center(cli))
        return err_exit_code(ERR_UNKNOWN_CENTER);
    if (!center && !cli_value(cli, "client") && !all)
        return cli_fail(cli, ERR_USAGE, "--center CODE, --client NAME or --all");
    if (center && all)
        return cli_fail(cli, ERR_USAGE, "--center CODE or --all, not both");
    if (cli_value(cli, "field") && !center && !all)
        return cli_fail(cli, ERR_USAGE, "--field NAME needs its center: --center CODE, or --all");
    if (cli_value(cli, "units") && !cli_value(cli, "field"))
        return cli_fail(cli, ERR_USAGE, "--units are those of a field client: --field NAME");
    return 0;
}

static int run_make(struct cli *cli)
{
    struct keys_work work;
    struct fault fault = {.text = ""};
    int status = keys_work_open(&work, cli);
    if (status == 0)
        status = judge_make(cli);
    if (status == 0)
        status = finish(&work, make_all(&work, &fault), &fault);
    keys_work_close(&work);
    return status;
}

/* ---- revoke ---- */

static int run_revoke(struct cli *cli)
{
    struct keys_work work;
    struct fault fault = {.text = ""};
    const char *name = cli->words[0];
    int status = keys_work_open(&work, cli);
    if (status == 0 && strcmp(name, KEYS_OPERATOR) == 0)
        status = cli_fail(cli, ERR_USAGE,
                          "the operator's key asks the daemons; rotate it: sanji keys rotate operator");
    if (status == 0) {
        enum err err = cli_flag(cli, "replaced") ? keys_book_revoke_replaced(&work.book, name, &fault)
                                                 : keys_book_revoke(&work.book, name, &fault);
        status = finish(&work, err, &fault);
    }
    keys_work_close(&work);
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

static int rotate_field(struct keys_work *work, const char *name, int32_t center)
{
    struct fault fault = {.text = ""};
    enum err err = keys_book_renew_field(&work->book, name, &fault);
    if (err == ERR_OK) {
        note(work->made, name);
        note_file(work, work->book.topology->centers[center].code, name);
    }
    return finish(work, err, &fault);
}

static enum err rotate_centers(struct keys_work *work, const char *only, struct fault *fault)
{
    const struct site *site = work->cli->site;
    for (size_t i = 0; i < site->center_count; i++) {
        bool made;
        const char *code = site->centers[i].code;
        if (only && strcmp(only, code) != 0)
            continue;
        enum err err = keys_book_make_center(&work->book, code, true, &made, fault);
        if (err != ERR_OK)
            return err;
        note(work->made, code);
        note(work->restart, code);
    }
    return ERR_OK;
}

static int rotate(struct keys_work *work, const char *name)
{
    struct fault fault = {.text = ""};
    int32_t center;
    if (!name || site_center(work->cli->site, name))
        return finish(work, rotate_centers(work, name, &fault), &fault);
    return keys_book_field(&work->book, name, &center) ? rotate_field(work, name, center)
                                                       : rotate_client(work, name);
}

static int run_rotate(struct cli *cli)
{
    struct keys_work work;
    const char *name = cli->word_count > 0 ? cli->words[0] : NULL;
    int status = keys_work_open(&work, cli);
    if (status == 0 && !name == !cli_flag(cli, "all"))
        status =
            cli_fail(cli, ERR_USAGE, "the code of a center, the name of a client or field client, or --all");
    else if (status == 0)
        status = rotate(&work, name);
    keys_work_close(&work);
    return status;
}

const struct cli_command cmd_keys_make = {
    .group = "keys",
    .verb = "make",
    .zh = "补齐缺失的密钥对与签名密钥，为移动终端网关建立密钥，并更新各中心的名单",
    .en = "make the key pairs and signing keys that are missing, keys of field clients, and write the lists",
    .options =
        {{"center", "CODE", "为此中心 / for this center", false},
         {"client", "NAME", "为本机的一个客户端 / for a client program of this machine", false},
         {"all", NULL, "为本站点所有中心 / for every center of the site", false},
         {"field", "NAME",
          "为该中心的移动终端网关；与 --all 同用时每个中心各一个，名为 NAME.CODE / for a field client of the "
          "center, e.g. a phone gateway; with --all one at each, named NAME.CODE",
          false},
         {"units", "LIST",
          "该网关可代言的勤务单元，以逗号分隔；缺省为 '*'，即该中心全部单元 / units that it may speak for, "
          "parted by "
          "commas; '*', all of the center, unless given",
          false}},
    .run = run_make};

const struct cli_command cmd_keys_revoke = {
    .group = "keys",
    .verb = "revoke",
    .words = "NAME",
    .words_min = 1,
    .words_max = 1,
    .zh = "吊销一个中心、客户端或移动终端网关的密钥：从所有名单中移除，立即断开，其签名不再被承认",
    .en = "take the keys of a center, client or field client off every list of this site, at once; its "
          "signatures are no longer believed; `rotate` gives a center or client new ones",
    .options =
        {{"replaced", NULL,
          "仅吊销该中心已被更换的旧签名密钥 / only the signing keys of the center that a newer one has "
          "replaced",
          false}},
    .run = run_revoke};

const struct cli_command cmd_keys_rotate = {
    .group = "keys",
    .verb = "rotate",
    .words = "[NAME]",
    .words_max = 1,
    .zh = "更换一个中心、客户端或移动终端网关的密钥对，并更新相关名单；中心的旧签名密钥在吊销前仍被承认",
    .en = "give a center, client or field client a new pair and write the lists; a center's old signatures "
          "are believed until `revoke --replaced`",
    .options = {{"all", NULL, "更换本站点所有中心的 / of every center of the site", false}},
    .run = run_rotate};
