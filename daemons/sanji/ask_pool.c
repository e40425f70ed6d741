#include "ask_pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define OPEN_AGAIN_MS 300 /* a center that was killed is back within a second or so */

struct line {
    struct link_client *client;
    int64_t open_after_mono_ms;
};

struct ask_pool {
    struct cli *cli;
    const struct site *site;
    struct link_keys keys;
    bool have_keys;
    struct line *lines;           /* by index into site->centers */
    struct link_client **clients; /* as link_client_poll wants them */
    bool *ready;
    uint8_t *out;
    uint8_t *block;
};

struct ask_pool *ask_pool_new(struct cli *cli)
{
    struct ask_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        abort();
    pool->cli = cli;
    pool->site = cli->site;
    pool->lines = calloc(pool->site->center_count, sizeof *pool->lines);
    pool->clients = calloc(pool->site->center_count, sizeof(struct link_client *));
    pool->ready = calloc(pool->site->center_count, sizeof *pool->ready);
    pool->out = malloc(FRAME_BYTES_MAX);
    pool->block = malloc(FRAME_ARENA_BYTES);
    if (!cli->clients)
        cli->clients = link_clients_new(pool->site->center_count);
    if (!pool->lines || !pool->clients || !pool->ready || !pool->out || !pool->block || !cli->clients)
        abort();
    return pool;
}

void ask_pool_free(struct ask_pool **pool)
{
    if (!*pool)
        return;
    for (size_t i = 0; i < (*pool)->site->center_count; i++)
        link_client_close(&(*pool)->lines[i].client);
    link_keys_forget(&(*pool)->keys);
    free((*pool)->lines);
    free((*pool)->clients);
    free((*pool)->ready);
    free((*pool)->out);
    free((*pool)->block);
    free(*pool);
    *pool = NULL;
}

static enum err open_line(struct ask_pool *pool, const struct site_center *center, struct line *line,
                          struct fault *fault)
{
    char server[LINK_KEY_SIZE], dir[PATH_SIZE];
    enum err err = ERR_OK;
    if (line->client)
        return ERR_OK;
    if (clock_mono_ms() < line->open_after_mono_ms)
        return fault_set(fault, ERR_UNREACHABLE, "%s is away", center->code);
    if (!pool->have_keys)
        err = link_keys_load(pool->site->keys, "operator", &pool->keys, fault);
    pool->have_keys = err == ERR_OK;
    snprintf(dir, sizeof dir, "%.*s/%s", (int)(sizeof dir - CODE_SIZE - 2), pool->site->keys, center->code);
    if (err == ERR_OK)
        err = link_keys_load_public(dir, center->code, server, fault);
    if (err == ERR_OK)
        err = link_client_open(pool->cli->clients, center->listen, server, &pool->keys, 0, &line->client,
                               fault);
    return err;
}

static void lose(struct line *line)
{
    link_client_close(&line->client);
    line->open_after_mono_ms = clock_mono_ms() + OPEN_AGAIN_MS;
}

enum err ask_pool_send(struct ask_pool *pool, const char *code, uint64_t correlation,
                       const struct request *request, struct fault *fault)
{
    const struct site_center *center = site_center(pool->site, code);
    struct frame frame = {.kind = FRAME_REQUEST};
    size_t used;
    if (!center)
        return fault_set(fault, ERR_UNKNOWN_CENTER, "%s does not run here", code);
    struct line *line = &pool->lines[center - pool->site->centers];
    enum err err = open_line(pool, center, line, fault);
    if (err != ERR_OK)
        return err;
    frame.request.correlation = correlation;
    frame.request.request = request;
    if (frame_pack(&frame, pool->out, FRAME_BYTES_MAX, &used) != ERR_OK)
        return fault_set(fault, ERR_TOO_LONG, "the request is too large");
    err = link_client_send(line->client, pool->out, used, fault);
    if (err != ERR_OK && err != ERR_BUSY)
        lose(line);
    return err;
}

/* Every answer that is there; a connection that has failed is given up. */
static void drain(struct ask_pool *pool, struct line *line, ask_pool_cb *cb, void *ctx)
{
    while (line->client) {
        const uint8_t *bytes;
        size_t size;
        struct arena arena;
        struct frame frame;
        struct fault fault;
        enum err err = link_client_recv(line->client, 0, &bytes, &size, &fault);
        if (err == ERR_TIMEOUT)
            return;
        if (err != ERR_OK) {
            lose(line);
            return;
        }
        arena_init(&arena, pool->block, FRAME_ARENA_BYTES);
        if (frame_unpack(bytes, size, &arena, &frame, &fault) == ERR_OK && frame.kind == FRAME_REPLY)
            cb(ctx, frame.reply.correlation, frame.reply.reply);
    }
}

void ask_pool_poll(struct ask_pool *pool, int timeout_ms, ask_pool_cb *cb, void *ctx)
{
    size_t count = pool->site->center_count;
    for (size_t i = 0; i < count; i++) {
        pool->clients[i] = pool->lines[i].client;
        pool->ready[i] = false;
    }
    if (link_client_poll(pool->clients, count, pool->ready, timeout_ms) != ERR_OK)
        return;
    for (size_t i = 0; i < count; i++)
        if (pool->ready[i])
            drain(pool, &pool->lines[i], cb, ctx);
}
