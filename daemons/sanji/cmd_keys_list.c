/* sanji keys list: whose key is whose, who may call, who speaks for which units, and who signs. */
#include <sodium.h>
#include <string.h>

#include "cli_table.h"
#include "cmd_keys.h"
#include "commands.h"

#define SIGN_HEX (2 * LINK_SIGN_PUBLIC_BYTES)
#define SIGN_SHOWN 16  /* digits of a signing key in the table: enough to compare by eye */
#define UNITS_SHOWN 40 /* of a list of units in the table; --json has it whole */

/* One list of `--json` and the table that is printed otherwise. */
struct listing {
    const struct keys_work *work;
    json_t *centers, *clients, *fields;
    struct cli_table *table;
};

static json_t *peers_json(const struct link_peers *peers)
{
    json_t *list = json_array();
    for (size_t i = 0; i < peers->count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s*}", "kind", link_kind_name(peers->list[i].kind),
                                        "name", peers->list[i].name, "key", peers->list[i].public_key,
                                        "units", peers->list[i].units));
    return list;
}

/* The signing keys of a center that are believed. */
static json_t *signers_json(const struct keys_book *book, const char *code)
{
    json_t *list = json_array();
    const uint8_t *key;
    for (size_t i = 0; (key = link_signers_key(&book->signers, code, i)); i++) {
        char hex[SIGN_HEX + 1];
        sodium_bin2hex(hex, sizeof hex, key, LINK_SIGN_PUBLIC_BYTES);
        json_array_append_new(list, json_string(hex));
    }
    return list;
}

/* The key with which it signs now, and how many others of it are believed still. */
static void signing_cell(struct cli_table *table, const char *hex, size_t believed)
{
    if (!hex)
        cli_table_cell(table, "%s", "-");
    else if (believed > 1)
        cli_table_cell(table, "%.*s… +%zu", SIGN_SHOWN, hex, believed - 1);
    else
        cli_table_cell(table, "%.*s…", SIGN_SHOWN, hex);
}

static const char *state_word(const struct listing *listing, bool revoked)
{
    return !revoked ? "" : listing->work->cli->english ? "✗ revoked" : "✗ 已吊销";
}

static bool is_believed(const json_t *believed, const char *hex)
{
    for (size_t i = 0; i < json_array_size(believed); i++)
        if (strcmp(json_string_value(json_array_get(believed, i)), hex) == 0)
            return true;
    return false;
}

static void list_center(struct listing *listing, const char *code)
{
    const struct keys_book *book = &listing->work->book;
    char dir[PATH_SIZE], hex[SIGN_HEX + 1];
    struct link_peers peers = {0};
    struct fault fault = {.text = ""};
    const char *key = keys_book_key(book, code);
    const uint8_t *signing = keys_book_signing(book, code);
    json_t *believed = signers_json(book, code);
    enum err err = keys_book_dir(book, code, dir, &fault);
    if (err == ERR_OK)
        err = link_peers_load(dir, &peers, &fault);
    if (signing)
        sodium_bin2hex(hex, sizeof hex, signing, LINK_SIGN_PUBLIC_BYTES);
    bool revoked = (key && keys_book_is_revoked(book, key)) || (signing && !is_believed(believed, hex));
    cli_table_row(listing->table);
    cli_table_cell(listing->table, "%s", code);
    cli_table_cell(listing->table, "%s", key ? key : "-");
    signing_cell(listing->table, signing ? hex : NULL, json_array_size(believed));
    cli_table_cell(listing->table, "%zu", peers.count);
    cli_table_cell(listing->table, "%s", "");
    cli_table_cell(listing->table, "%s", err != ERR_OK ? fault.text : state_word(listing, revoked));
    json_array_append_new(listing->centers,
                          json_pack("{s:s, s:s*, s:s*, s:o, s:b, s:o, s:s*}", "code", code, "key", key,
                                    "sign_key", signing ? hex : NULL, "signers", believed, "revoked", revoked,
                                    "peers", peers_json(&peers), "trouble",
                                    err != ERR_OK ? fault.text : NULL));
    link_peers_free(&peers);
}

static void peer_row(struct listing *listing, const struct link_peer *peer, bool revoked)
{
    const char *units = peer->units ? peer->units : "";
    cli_table_row(listing->table);
    cli_table_cell(listing->table, "%s", peer->name);
    cli_table_cell(listing->table, "%s", peer->public_key);
    cli_table_cell(listing->table, "%s", "");
    cli_table_cell(listing->table, "%s", "");
    cli_table_cell(listing->table, strlen(units) > UNITS_SHOWN ? "%.*s…" : "%.*s", UNITS_SHOWN, units);
    cli_table_cell(listing->table, "%s", state_word(listing, revoked));
}

static void list_clients(struct listing *listing)
{
    const struct keys_book *book = &listing->work->book;
    for (size_t i = 0; i < book->clients.count; i++) {
        const struct link_peer *client = &book->clients.list[i];
        bool revoked = keys_book_is_revoked(book, client->public_key);
        peer_row(listing, client, revoked);
        json_array_append_new(listing->clients, json_pack("{s:s, s:s, s:b}", "name", client->name, "key",
                                                          client->public_key, "revoked", revoked));
    }
}

static void list_fields(struct listing *listing, const char *code)
{
    const struct keys_book *book = &listing->work->book;
    const struct link_peers *fields = &book->fields[topology_center(book->topology, code)];
    for (size_t i = 0; i < fields->count; i++) {
        const struct link_peer *field = &fields->list[i];
        bool revoked = keys_book_is_revoked(book, field->public_key);
        peer_row(listing, field, revoked);
        json_array_append_new(listing->fields,
                              json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", field->name, "center", code,
                                        "key", field->public_key, "units", field->units, "revoked", revoked));
    }
}

static void list_all(struct listing *listing, const char *only)
{
    const struct site *site = listing->work->cli->site;
    for (size_t i = 0; i < site->center_count; i++)
        if (!only || strcmp(only, site->centers[i].code) == 0)
            list_center(listing, site->centers[i].code);
    if (!only)
        list_clients(listing);
    for (size_t i = 0; i < site->center_count; i++)
        if (!only || strcmp(only, site->centers[i].code) == 0)
            list_fields(listing, site->centers[i].code);
}

static int run_list(struct cli *cli)
{
    static const char *const zh[] = {"中心、客户端或网关", "公钥", "签名公钥", ">允许来访",
                                     "代言单元",           "状态", NULL};
    static const char *const en[] = {
        "center, client or gateway", "public key", "signing key", ">may call", "speaks for", "state", NULL};
    struct keys_work work;
    int status = keys_work_open(&work, cli);
    struct listing listing = {&work, json_array(), json_array(), json_array(),
                              cli_table_new(cli->english ? en : zh)};
    const char *only = cli_value(cli, "center");
    if (status == 0 && only && !cli_center(cli))
        status = err_exit_code(ERR_UNKNOWN_CENTER);
    if (status == 0)
        list_all(&listing, only);
    if (status == 0 && cli->json)
        cli_print_json(json_pack("{s:O, s:O, s:O}", "centers", listing.centers, "clients", listing.clients,
                                 "fields", listing.fields));
    else if (status == 0)
        cli_table_print(listing.table, stdout);
    cli_table_free(&listing.table);
    json_decref(listing.centers);
    json_decref(listing.clients);
    json_decref(listing.fields);
    keys_work_close(&work);
    return status;
}

const struct cli_command cmd_keys_list = {
    .group = "keys",
    .verb = "list",
    .zh = "列出各中心、客户端与移动终端网关的公钥、签名公钥，以及谁可以来访",
    .en = "public and signing keys of centers, clients and field clients, and who may call",
    .options = {{"center", "CODE", "仅此中心 / this center only", false}},
    .run = run_list};
