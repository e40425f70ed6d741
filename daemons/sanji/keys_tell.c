/* One RELOAD to many centers at once. An answer may stay away although the center obeyed: when it is the
 * asker's own key that has gone off the list. */
#include "keys_tell.h"

#include <stdlib.h>

#include "base/clock.h"
#include "keys_book.h"

#define TELL_MS 2000 /* a center answers in some milliseconds */
#define ASK_BYTES 4096 /* a RELOAD says nothing but its kind */

static enum err open_one(struct cli *cli, const struct site_center *center, const struct link_keys *keys,
                         struct link_client **client, struct fault *fault)
{
    uint8_t bytes[ASK_BYTES];
    struct request request = {.kind = REQUEST_RELOAD};
    struct frame frame = {.kind = FRAME_REQUEST};
    char dir[PATH_SIZE], server[LINK_KEY_SIZE];
    size_t used;
    if (snprintf(dir, sizeof dir, "%s/%s", cli->site->keys, center->code) >= (int)sizeof dir)
        return fault_set(fault, ERR_TOO_LONG, "the path of the keys folder is too long");
    enum err err = link_keys_load_public(dir, center->code, server, fault);
    if (err == ERR_OK)
        err = link_client_open(cli->clients, center->listen, server, keys, 0, client, fault);
    frame.request.correlation = 1;
    frame.request.request = &request;
    if (err == ERR_OK)
        err = frame_pack(&frame, bytes, sizeof bytes, &used);
    return err == ERR_OK ? link_client_send(*client, bytes, used, fault) : err;
}

/* Whatever a center says is the answer to the one thing that it was asked. */
static void collect(struct link_client **clients, size_t count, bool *told)
{
    int64_t until_ms = clock_mono_ms() + TELL_MS;
    bool *ready = calloc(count, sizeof *ready);
    if (!ready)
        abort();
    for (;;) {
        size_t waiting = 0;
        int64_t left_ms = until_ms - clock_mono_ms();
        for (size_t i = 0; i < count; i++)
            waiting += clients[i] != NULL;
        if (waiting == 0 || left_ms <= 0 || link_client_poll(clients, count, ready, (int)left_ms) != ERR_OK)
            break;
        for (size_t i = 0; i < count; i++) {
            const uint8_t *bytes;
            size_t size;
            if (!clients[i] || !ready[i])
                continue;
            told[i] = link_client_recv(clients[i], 0, &bytes, &size, NULL) == ERR_OK;
            link_client_close(&clients[i]);
        }
    }
    free(ready);
}

enum err keys_tell(struct cli *cli, const bool *which, bool *told, struct fault *fault)
{
    const struct site *site = cli->site;
    struct link_keys keys;
    enum err err = link_keys_load(site->keys, KEYS_OPERATOR, &keys, fault);
    if (err != ERR_OK)
        return err;
    if (!cli->clients)
        cli->clients = link_clients_new(site->center_count);
    struct link_client **clients = calloc(site->center_count, sizeof(struct link_client *));
    if (!clients || !cli->clients)
        abort();
    for (size_t i = 0; i < site->center_count; i++) {
        told[i] = false;
        if (which[i] && open_one(cli, &site->centers[i], &keys, &clients[i], fault) != ERR_OK)
            link_client_close(&clients[i]);
    }
    collect(clients, site->center_count, told);
    for (size_t i = 0; i < site->center_count; i++)
        link_client_close(&clients[i]);
    free(clients);
    link_keys_forget(&keys);
    return ERR_OK;
}
