/* Asking centers over their CURVE sockets, as the client "operator" of this machine. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli.h"
#include "wire/event.h"

#define CONNECT_MS 3000
#define ANSWER_MS 15000
#define ARENA_BYTES (1u << 20)

static uint8_t out[FRAME_BYTES_MAX];
static uint8_t arena_block[ARENA_BYTES];

struct id cli_key(const char *text)
{
    struct id id;
    uint8_t hash[HASH_BYTES];
    if (!text)
        return id_new(clock_wall_ms());
    if (id_parse(text, &id))
        return id;
    wire_hash((const uint8_t *)text, strlen(text), hash);
    memcpy(id.bytes, hash, ID_BYTES);
    id.bytes[6] = (uint8_t)(0x80 | (id.bytes[6] & 0x0f)); /* version 8: no time in it */
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

static enum err open_client(struct cli *cli, const struct site_center *center, int timeout_ms,
                            struct link_client **client, struct fault *fault)
{
    const struct site *site = cli_site(cli);
    struct link_keys keys;
    char server[LINK_KEY_SIZE];
    char dir[PATH_SIZE];
    if (!cli->clients)
        cli->clients = link_clients_new(site->center_count);
    if (!cli->clients)
        return fault_set(fault, ERR_MEMORY, "no memory");
    snprintf(dir, sizeof dir, "%.*s/%s", (int)(sizeof dir - CODE_SIZE - 2), site->keys, center->code);
    enum err err = link_keys_load(site->keys, "operator", &keys, fault);
    if (err == ERR_OK)
        err = link_keys_load_public(dir, center->code, server, fault);
    if (err == ERR_OK)
        err = link_client_open(cli->clients, center->listen, server, &keys, timeout_ms, client, fault);
    link_keys_forget(&keys);
    return err;
}

static enum err send_request(struct link_client *client, uint64_t correlation, const struct request *request,
                             struct fault *fault)
{
    struct frame frame = {.kind = FRAME_REQUEST};
    size_t used;
    frame.request.correlation = correlation;
    frame.request.request = request;
    if (frame_pack(&frame, out, sizeof out, &used) != ERR_OK)
        return fault_set(fault, ERR_TOO_LONG, "the request is too large");
    return link_client_send(client, out, used, fault);
}

/* The answer to `correlation`; others are passed over. */
static enum err receive(struct link_client *client, uint64_t correlation, int timeout_ms, struct reply *reply,
                        struct fault *fault)
{
    int64_t until = clock_mono_ms() + timeout_ms;
    for (;;) {
        const uint8_t *bytes;
        size_t size;
        struct arena arena;
        struct frame frame;
        int64_t left = until - clock_mono_ms();
        enum err err = link_client_recv(client, left > 0 ? (int)left : 0, &bytes, &size, fault);
        if (err != ERR_OK)
            return err;
        arena_init(&arena, arena_block, sizeof arena_block);
        err = frame_unpack(bytes, size, &arena, &frame, fault);
        if (err != ERR_OK)
            return err;
        if (frame.kind == FRAME_REPLY &&
            (frame.reply.correlation == correlation || frame.reply.correlation == 0)) {
            *reply = *frame.reply.reply;
            return ERR_OK;
        }
    }
}

enum err cli_ask(struct cli *cli, const struct site_center *center, const struct request *request,
                 int wait_ms, struct reply *reply, struct fault *fault)
{
    struct link_client *client = NULL;
    struct reply later;
    struct fault ignored;
    enum err err = open_client(cli, center, CONNECT_MS, &client, fault);
    if (err == ERR_OK)
        err = send_request(client, 1, request, fault);
    if (err == ERR_OK)
        err = receive(client, 1, ANSWER_MS, reply, fault);
    if (err == ERR_OK && reply->code == ERR_PENDING && wait_ms > 0 &&
        receive(client, 1, wait_ms, &later, &ignored) == ERR_OK)
        *reply = later;
    link_client_close(&client);
    return err;
}

static void keep_links(struct reply *reply)
{
    size_t bytes = reply->status.link_count * sizeof *reply->status.links;
    struct link_status *links = malloc(bytes + 1);
    if (!links)
        abort();
    if (bytes > 0)
        memcpy(links, reply->status.links, bytes);
    reply->status.links = links;
}

static bool all_done(const bool *done, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!done[i])
            return false;
    return true;
}

static void collect(struct link_client **clients, size_t count, struct reply *replies, bool *done)
{
    struct fault fault;
    bool *ready = calloc(count, sizeof *ready);
    int64_t until = clock_mono_ms() + CONNECT_MS;
    if (!ready)
        abort();
    while (!all_done(done, count) && clock_mono_ms() < until) {
        if (link_client_poll(clients, count, ready, (int)(until - clock_mono_ms())) != ERR_OK)
            break;
        for (size_t i = 0; i < count; i++) {
            if (!ready[i] || done[i])
                continue;
            done[i] = true;
            if (receive(clients[i], 1, 0, &replies[i], &fault) == ERR_OK)
                keep_links(&replies[i]);
            link_client_close(&clients[i]);
        }
    }
    free(ready);
}

enum err cli_ask_all(struct cli *cli, struct reply *replies, struct fault *fault)
{
    const struct site *site = cli_site(cli);
    struct request request = {.kind = REQUEST_STATUS};
    struct link_client **clients = calloc(site->center_count, sizeof(struct link_client *));
    bool *done = calloc(site->center_count, sizeof *done);
    if (!clients || !done)
        abort();
    enum err err = ERR_OK;
    for (size_t i = 0; i < site->center_count; i++) {
        replies[i] = (struct reply){.code = ERR_UNREACHABLE};
        enum err opened = open_client(cli, &site->centers[i], 0, &clients[i], fault);
        if (opened == ERR_OK)
            opened = send_request(clients[i], 1, &request, fault);
        done[i] = opened != ERR_OK;
        if (opened == ERR_CONFIG || opened == ERR_IO)
            err = opened; /* keys that cannot be read: no use in asking on */
    }
    if (err == ERR_OK)
        collect(clients, site->center_count, replies, done);
    for (size_t i = 0; i < site->center_count; i++)
        link_client_close(&clients[i]);
    free(clients);
    free(done);
    return err;
}
