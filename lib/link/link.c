/* Life and sending of a link. */
#include "link/link.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "link/link_private.h"

#define SOCKETS_MAX 16   /* key check, listener, caller, and two for each of their monitors */
#define LOG_GAP_MS 10000 /* one line for each kind of refusal in this time; the counters know the rest */

static enum err context_open(struct link *link, struct fault *fault)
{
    link->context = zmq_ctx_new();
    if (!link->context)
        return fault_set(fault, ERR_MEMORY, "no ZeroMQ context: %s", zmq_strerror(zmq_errno()));
    zmq_ctx_set(link->context, ZMQ_IO_THREADS, 1);
    zmq_ctx_set(link->context, ZMQ_MAX_SOCKETS, SOCKETS_MAX);
    return ERR_OK;
}

static enum err config_judge(const struct link_config *config, struct fault *fault)
{
    if (!link_key_valid(config->keys->public_key) || !link_key_valid(config->keys->secret_key))
        return fault_set(fault, ERR_CONFIG, "our own key pair is none");
    if (!config->parent)
        return ERR_OK;
    if (strlen(config->parent) >= ENDPOINT_SIZE)
        return fault_set(fault, ERR_CONFIG, "the parent's endpoint is longer than %d", ENDPOINT_SIZE - 1);
    if (!config->parent_name || !text_is_code(config->parent_name, CODE_SIZE))
        return fault_set(fault, ERR_CONFIG, "the parent needs a center code");
    if (!config->parent_key || !link_key_valid(config->parent_key))
        return fault_set(fault, ERR_CONFIG, "the key of the parent '%s' is no key", config->parent_name);
    return ERR_OK;
}

/* The key check stands before the first socket that could need it; closing goes the other way. */
static enum err ends_open(struct link *link, const struct link_config *config, struct fault *fault)
{
    enum err rc = link_slots_replace(link, config->peers);
    if (rc != ERR_OK)
        return fault_set(fault, rc, "no memory for the list of peers");
    rc = context_open(link, fault);
    if (rc == ERR_OK && config->listen)
        rc = link_zap_open(link, fault);
    if (rc == ERR_OK && config->listen)
        rc = link_router_open(link, config->listen, fault);
    if (rc == ERR_OK && config->parent)
        rc = link_parent_open(link, config, fault);
    return rc;
}

enum err link_open(struct loop *loop, const struct link_config *config, const struct link_handler *handler,
                   struct link **link, struct fault *fault)
{
    enum err rc = config_judge(config, fault);
    if (rc != ERR_OK)
        return rc;
    struct link *opened = calloc(1, sizeof *opened);
    if (!opened)
        return fault_set(fault, ERR_MEMORY, "no memory for a link");
    opened->loop = loop;
    opened->handler = *handler;
    opened->keys = *config->keys;
    if (config->parent) {
        text_put(opened->parent, sizeof opened->parent, config->parent);
        text_put(opened->parent_name, sizeof opened->parent_name, config->parent_name);
    }
    rc = ends_open(opened, config, fault);
    if (rc != ERR_OK) {
        link_close(&opened);
        return rc;
    }
    *link = opened;
    return ERR_OK;
}

void link_close(struct link **link)
{
    struct link *old = *link;
    if (!old)
        return;
    assert(!old->in_callback);
    link_parent_close(old);
    link_router_close(old);
    link_end_close(&old->zap);
    if (old->context)
        zmq_ctx_term(old->context);
    link_keys_forget(&old->keys);
    link_slots_close(old);
    free(old);
    *link = NULL;
}

enum err link_end_watch(struct link *link, struct link_end *end, loop_zmq_call *call)
{
    end->watch = loop_watch_zmq(link->loop, end->socket, call, link);
    return end->watch ? ERR_OK : ERR_MEMORY;
}

bool link_end_send(struct link_end *end, const void *bytes, size_t n, int flags)
{
    int rc;
    do
        rc = zmq_send(end->socket, bytes, n, ZMQ_DONTWAIT | flags);
    while (rc < 0 && zmq_errno() == EINTR);
    loop_zmq_touched(end->watch);
    return rc >= 0;
}

void link_end_close(struct link_end *end)
{
    loop_unwatch_zmq(&end->watch);
    if (end->socket)
        zmq_close(end->socket);
    end->socket = NULL;
}

enum err link_reload(struct link *link, const struct link_peers *peers)
{
    return link_slots_replace(link, peers);
}

bool link_speaks_for(const struct link *link, const char *client, const char *unit)
{
    const struct link_slot *slot = link_slots_by_name(link, client);
    return slot && link_peer_speaks_for(&slot->peer, unit);
}

void link_refuse(struct link *link, enum link_refusal why, const char *fmt, ...)
{
    static const struct {
        const char *word;
        size_t counter;
    } kinds[REFUSE_COUNT] = {
        [REFUSE_DENIED] = {"link.denied", offsetof(struct link_counters, denied)},
        [REFUSE_GARBLED] = {"link.garbled", offsetof(struct link_counters, garbled)},
        [REFUSE_MALFORMED] = {"link.malformed", offsetof(struct link_counters, malformed)},
        [REFUSE_OVERSIZE] = {"link.oversize", offsetof(struct link_counters, oversize)},
        [REFUSE_FOREIGN] = {"link.foreign", offsetof(struct link_counters, foreign)},
    };
    uint64_t *counter = (uint64_t *)(void *)((char *)&link->counters + kinds[why].counter);
    int64_t now = clock_mono_ms();
    char text[FAULT_TEXT_MAX];
    va_list args;
    ++*counter;
    if (now < link->quiet_until_ms[why])
        return;
    link->quiet_until_ms[why] = now + LOG_GAP_MS;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    log_line(LOG_ERROR, kinds[why].word, "refused %s (%llu of this kind so far)", text,
             (unsigned long long)*counter);
}

void link_deliver(struct link *link, const struct link_route *route, zmq_msg_t *body)
{
    const struct link_from from = {.kind = route->kind, .name = route->name, .route = *route};
    link->counters.frames_in++;
    link->in_callback = true;
    link->handler.on_frame(link->handler.ctx, &from, zmq_msg_data(body), zmq_msg_size(body));
    link->in_callback = false;
}

static enum err size_judge(size_t n)
{
    if (n == 0)
        return ERR_MISSING;
    return n > FRAME_BYTES_MAX ? ERR_TOO_LONG : ERR_OK;
}

static enum err count_sent(struct link *link, enum err rc)
{
    link->counters.frames_out += rc == ERR_OK;
    link->counters.unreachable += rc == ERR_UNREACHABLE;
    link->counters.busy += rc == ERR_BUSY;
    return rc;
}

enum err link_send_parent(struct link *link, const uint8_t *bytes, size_t n)
{
    enum err rc = size_judge(n);
    if (rc != ERR_OK)
        return rc;
    return count_sent(link, link->parent_up ? link_parent_send(link, bytes, n) : ERR_UNREACHABLE);
}

enum err link_send_child(struct link *link, const char *code, const uint8_t *bytes, size_t n)
{
    struct link_slot *slot = link_slots_by_name(link, code);
    enum err rc = size_judge(n);
    if (rc != ERR_OK)
        return rc;
    if (!slot || slot->peer.kind != LINK_CENTER)
        return ERR_FOREIGN;
    rc = slot->routed ? link_router_send(link, slot->id, bytes, n) : ERR_UNREACHABLE;
    if (rc == ERR_UNREACHABLE)
        slot->routed = false;
    return count_sent(link, rc);
}

enum err link_reply(struct link *link, const struct link_route *route, const uint8_t *bytes, size_t n)
{
    if (route->kind == LINK_PARENT)
        return link_send_parent(link, bytes, n);
    const struct link_slot *slot = link_slots_by_name(link, route->name);
    enum err rc = size_judge(n);
    if (rc != ERR_OK)
        return rc;
    if (!slot || slot->stamp != route->stamp)
        return ERR_FOREIGN;
    return count_sent(link, link_router_send(link, route->id, bytes, n));
}

bool link_parent_up(const struct link *link)
{
    return link->parent_up;
}

const char *link_endpoint(const struct link *link)
{
    return link->endpoint;
}

const struct link_counters *link_counters(const struct link *link)
{
    return &link->counters;
}
