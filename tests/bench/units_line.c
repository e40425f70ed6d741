/* Keys and connections of the simulated units: raw DEALER sockets under CURVE, as a phone gateway has them.
 */
#include "units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/text.h"
#include "link/link_client.h"
#include "wire/frame.h"

#define SEND_QUEUE 10000
#define RELOAD_MS 10000

/* ---- keys ---- */

static void keys_dir(const struct run *run, int32_t center, char *dir, size_t size)
{
    snprintf(dir, size, "%s/%s", run->site->keys, run->topology->centers[center].code);
}

/* The center's key list belongs to whom it belonged. */
static void save_peers(const char *dir, const struct link_peers *peers)
{
    char path[PATH_SIZE + CODE_SIZE + 8];
    struct stat before;
    struct fault fault;
    snprintf(path, sizeof path, "%s/peers", dir);
    if (stat(path, &before) != 0 || link_peers_save(dir, peers, &fault) != ERR_OK ||
        chown(path, before.st_uid, before.st_gid) != 0)
        die(path, &fault);
}

static void ask_reload(struct run *run, struct link_clients *clients, int32_t center)
{
    static uint8_t bytes[4096];
    const uint8_t *answer;
    const struct site_center *at = site_center(run->site, run->topology->centers[center].code);
    struct request request = {.kind = REQUEST_RELOAD};
    struct frame frame = {.kind = FRAME_REQUEST};
    struct link_client *client = NULL;
    struct link_keys keys;
    struct fault fault;
    char dir[PATH_SIZE + CODE_SIZE], server[LINK_KEY_SIZE];
    size_t used;
    keys_dir(run, center, dir, sizeof dir);
    frame.request.correlation = 1;
    frame.request.request = &request;
    if (link_keys_load(run->site->keys, "operator", &keys, &fault) != ERR_OK ||
        link_keys_load_public(dir, at->code, server, &fault) != ERR_OK ||
        link_client_open(clients, at->listen, server, &keys, RELOAD_MS, &client, &fault) != ERR_OK ||
        frame_pack(&frame, bytes, sizeof bytes, &used) != ERR_OK ||
        link_client_send(client, bytes, used, &fault) != ERR_OK ||
        link_client_recv(client, RELOAD_MS, &answer, &used, &fault) != ERR_OK)
        die(at->code, &fault);
    link_client_close(&client);
}

/* The gateway's own pair where the site has one, else a pair for this run. */
static void line_keys(struct run *run, struct line *line, struct link_peers *peers)
{
    struct link_peer peer = {.kind = LINK_FIELD};
    const char *code = run->topology->centers[line->center].code;
    struct fault fault;
    char all[] = "*", dir[PATH_SIZE + CODE_SIZE];
    keys_dir(run, line->center, dir, sizeof dir);
    if (run->options.each) {
        snprintf(peer.name, sizeof peer.name, "bench-%u", line->first);
        peer.units = run->units[line->first].name;
    } else {
        snprintf(peer.name, sizeof peer.name, "gateway.%s", code);
        peer.units = all;
        for (size_t i = 0; i < peers->count; i++)
            if (strcmp(peers->list[i].name, peer.name) == 0 &&
                link_keys_load(dir, peer.name, &line->keys, &fault) == ERR_OK)
                return;
        snprintf(peer.name, sizeof peer.name, "bench.%s", code);
    }
    if (link_keys_make(&line->keys, &fault) != ERR_OK)
        die("key", &fault);
    memcpy(peer.public_key, line->keys.public_key, sizeof peer.public_key);
    if (link_peers_add(peers, &peer, &fault) != ERR_OK)
        die(peer.name, &fault);
}

/* Lists the keys of the lines of one center (they lie side by side); returns the first line beyond them. */
static uint32_t list_center(struct run *run, struct link_clients *clients, uint32_t from)
{
    int32_t center = run->lines[from].center;
    struct link_peers peers = {0}, *before = &run->peers_before[center];
    char dir[PATH_SIZE + CODE_SIZE];
    struct fault fault;
    uint32_t i = from;
    keys_dir(run, center, dir, sizeof dir);
    if (link_peers_load(dir, &peers, &fault) != ERR_OK || link_peers_load(dir, before, &fault) != ERR_OK)
        die(dir, &fault);
    for (; i < run->line_count && run->lines[i].center == center; i++) {
        line_keys(run, &run->lines[i], &peers);
        if (link_keys_load_public(dir, run->topology->centers[center].code, run->lines[i].server, &fault) !=
            ERR_OK)
            die(dir, &fault);
    }
    if (peers.count == before->count) {
        link_peers_free(before);
    } else {
        save_peers(dir, &peers);
        ask_reload(run, clients, center);
    }
    link_peers_free(&peers);
    return i;
}

static struct link_clients *reloaders(void)
{
    struct link_clients *clients = link_clients_new(1);
    if (!clients)
        abort();
    return clients;
}

static void list_all(struct run *run)
{
    struct link_clients *clients = reloaders();
    run->peers_before = calloc(run->topology->center_count, sizeof *run->peers_before);
    if (!run->peers_before)
        abort();
    for (uint32_t i = 0; i < run->line_count;)
        i = list_center(run, clients, i);
    link_clients_free(&clients);
}

static void unlist_all(struct run *run)
{
    struct link_clients *clients = reloaders();
    char dir[PATH_SIZE + CODE_SIZE];
    for (int32_t i = 0; i < (int32_t)run->topology->center_count; i++) {
        if (run->peers_before[i].count == 0)
            continue;
        keys_dir(run, i, dir, sizeof dir);
        save_peers(dir, &run->peers_before[i]);
        ask_reload(run, clients, i);
        link_peers_free(&run->peers_before[i]);
    }
    link_clients_free(&clients);
    free(run->peers_before);
}

/* ---- connections ---- */

static void call(struct run *run, struct line *line)
{
    const int zero = 0, queue = SEND_QUEUE, retry = 100, retry_max = 2000;
    const struct site_center *at = site_center(run->site, run->topology->centers[line->center].code);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = line};
    struct fault fault = {.code = ERR_IO};
    size_t size = sizeof(int);
    int fd;
    line->socket = zmq_socket(run->context, ZMQ_DEALER);
    if (!line->socket || zmq_setsockopt(line->socket, ZMQ_LINGER, &zero, sizeof zero) != 0 ||
        zmq_setsockopt(line->socket, ZMQ_SNDHWM, &queue, sizeof queue) != 0 ||
        zmq_setsockopt(line->socket, ZMQ_RCVHWM, &queue, sizeof queue) != 0 ||
        zmq_setsockopt(line->socket, ZMQ_RECONNECT_IVL, &retry, sizeof retry) != 0 ||
        zmq_setsockopt(line->socket, ZMQ_RECONNECT_IVL_MAX, &retry_max, sizeof retry_max) != 0 ||
        zmq_setsockopt(line->socket, ZMQ_CURVE_SERVERKEY, line->server, LINK_KEY_SIZE) != 0 ||
        zmq_setsockopt(line->socket, ZMQ_CURVE_PUBLICKEY, line->keys.public_key, LINK_KEY_SIZE) != 0 ||
        zmq_setsockopt(line->socket, ZMQ_CURVE_SECRETKEY, line->keys.secret_key, LINK_KEY_SIZE) != 0 ||
        zmq_connect(line->socket, at->listen) != 0 || zmq_getsockopt(line->socket, ZMQ_FD, &fd, &size) != 0 ||
        epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        fault_set(&fault, ERR_IO, "%s", zmq_strerror(zmq_errno()));
        die("connect", &fault);
    }
    link_keys_forget(&line->keys);
}

/* The operator's key speaks for every person of the site. */
static void desk_keys(struct run *run, struct line *line)
{
    char dir[PATH_SIZE + CODE_SIZE];
    struct fault fault;
    keys_dir(run, line->center, dir, sizeof dir);
    if (link_keys_load(run->site->keys, "operator", &line->keys, &fault) != ERR_OK ||
        link_keys_load_public(dir, run->topology->centers[line->center].code, line->server, &fault) != ERR_OK)
        die("desk", &fault);
}

void lines_open(struct run *run)
{
    uint32_t count = run->line_count + run->desk_count;
    list_all(run);
    for (uint32_t i = run->line_count; i < count; i++)
        desk_keys(run, &run->lines[i]);
    run->context = zmq_ctx_new();
    if (!run->context || zmq_ctx_set(run->context, ZMQ_MAX_SOCKETS, (int)count + 8) != 0)
        abort();
    for (uint32_t i = 0; i < count; i++)
        call(run, &run->lines[i]);
}

void lines_close(struct run *run)
{
    for (uint32_t i = 0; i < run->line_count + run->desk_count; i++)
        zmq_close(run->lines[i].socket);
    zmq_ctx_term(run->context);
    unlist_all(run);
}

/* ---- frames ---- */

bool line_send(struct run *run, struct line *line, uint64_t correlation, const struct request *request)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    struct frame frame = {.kind = FRAME_REQUEST};
    struct fault fault = {.code = ERR_MALFORMED, .text = "a request does not pack"};
    size_t used;
    (void)run;
    frame.request.correlation = correlation;
    frame.request.request = request;
    if (frame_pack(&frame, bytes, sizeof bytes, &used) != ERR_OK)
        die("send", &fault);
    line->look = true; /* a send may take the edge of what came meanwhile */
    return zmq_send(line->socket, bytes, used, ZMQ_DONTWAIT) >= 0;
}

static void on_frame(struct run *run, struct line *line, zmq_msg_t *message)
{
    static uint8_t block[FRAME_ARENA_BYTES];
    struct arena arena;
    struct frame frame;
    struct fault fault;
    arena_init(&arena, block, sizeof block);
    if (frame_unpack(zmq_msg_data(message), zmq_msg_size(message), &arena, &frame, &fault) != ERR_OK) {
        run->tally.bad_frames++;
        return;
    }
    if (frame.kind == FRAME_PUSH)
        life_on_push(run, line, frame.push);
    else if (frame.kind == FRAME_REPLY)
        life_on_reply(run, frame.reply.correlation, frame.reply.reply);
    else
        run->tally.bad_frames++;
}

void line_drain(struct run *run, struct line *line)
{
    zmq_msg_t message;
    line->look = false;
    zmq_msg_init(&message);
    while (zmq_msg_recv(&message, line->socket, ZMQ_DONTWAIT) >= 0)
        on_frame(run, line, &message);
    zmq_msg_close(&message);
}
