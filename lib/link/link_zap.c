/* Who may connect: the ZAP handler (ZeroMQ RFC 27) that libzmq asks about the key of each new connection. It
 * answers from the peer list and leaves the peer's name and key as properties of every message from that
 * connection. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "link/link_private.h"

enum zap_part {
    ZAP_VERSION,
    ZAP_REQUEST,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_IDENTITY,
    ZAP_MECHANISM,
    ZAP_KEY,
    ZAP_PARTS
};

#define ZAP_PART_MAX 256
#define RAW_KEY_BYTES 32

struct zap_request {
    uint8_t part[ZAP_PARTS][ZAP_PART_MAX];
    size_t size[ZAP_PARTS];
};

/* Takes one request; false when there is none. A part too many or too long leaves *whole false. */
static bool take_request(void *socket, struct zap_request *request, bool *whole)
{
    zmq_msg_t part;
    zmq_msg_init(&part);
    int parts = 0;
    bool more = true;
    *whole = true;
    while (more && link_socket_take(socket, &part)) {
        more = zmq_msg_more(&part) != 0;
        if (parts < ZAP_PARTS && zmq_msg_size(&part) <= ZAP_PART_MAX) {
            request->size[parts] = zmq_msg_size(&part);
            memcpy(request->part[parts], zmq_msg_data(&part), request->size[parts]);
        } else {
            *whole = false;
        }
        parts++;
    }
    zmq_msg_close(&part);
    *whole = *whole && parts == ZAP_PARTS;
    return parts > 0;
}

static bool part_is(const struct zap_request *request, enum zap_part part, const char *text)
{
    return request->size[part] == strlen(text) && memcmp(request->part[part], text, request->size[part]) == 0;
}

static const struct link_slot *judge(struct link *link, const struct zap_request *request)
{
    char key[LINK_KEY_SIZE];
    if (!part_is(request, ZAP_VERSION, "1.0") || !part_is(request, ZAP_MECHANISM, "CURVE") ||
        request->size[ZAP_KEY] != RAW_KEY_BYTES) {
        link_refuse(link, REFUSE_GARBLED, "a connection does not use CURVE");
        return NULL;
    }
    zmq_z85_encode(key, request->part[ZAP_KEY], RAW_KEY_BYTES);
    const struct link_slot *slot = link_slots_by_key(link, key);
    if (!slot)
        link_refuse(link, REFUSE_DENIED, "a connection from %.*s with key %s, which is not listed",
                    (int)request->size[ZAP_ADDRESS], (const char *)request->part[ZAP_ADDRESS], key);
    return slot;
}

/* The metadata part of the answer: one property. */
static size_t put_key_property(uint8_t *out, const char *key)
{
    const uint8_t name_size = sizeof LINK_KEY_PROPERTY - 1;
    const uint32_t key_size = htonl(LINK_KEY_SIZE - 1);
    out[0] = name_size;
    memcpy(out + 1, LINK_KEY_PROPERTY, name_size);
    memcpy(out + 1 + name_size, &key_size, sizeof key_size);
    memcpy(out + 1 + name_size + sizeof key_size, key, LINK_KEY_SIZE - 1);
    return 1U + name_size + sizeof key_size + LINK_KEY_SIZE - 1;
}

static bool on_zap(void *ctx)
{
    struct link *link = ctx;
    void *socket = link->zap.socket;
    struct zap_request request = {0};
    uint8_t properties[128];
    size_t properties_size = 0;
    bool whole;
    if (!take_request(socket, &request, &whole))
        return false;
    const struct link_slot *slot = whole ? judge(link, &request) : NULL;
    const char *status = slot ? "200" : "400"; /* 400 tells the caller's operator why; nothing more is told */
    const char *name = slot ? slot->peer.name : "";
    if (slot)
        properties_size = put_key_property(properties, slot->peer.public_key);
    link_end_send(&link->zap, "1.0", 3, ZMQ_SNDMORE);
    link_end_send(&link->zap, request.part[ZAP_REQUEST], request.size[ZAP_REQUEST], ZMQ_SNDMORE);
    link_end_send(&link->zap, status, 3, ZMQ_SNDMORE);
    link_end_send(&link->zap, "", 0, ZMQ_SNDMORE);
    link_end_send(&link->zap, name, strlen(name), ZMQ_SNDMORE);
    link_end_send(&link->zap, properties, properties_size, 0);
    return true;
}

enum err link_zap_open(struct link *link, struct fault *fault)
{
    link->zap.socket = zmq_socket(link->context, ZMQ_REP);
    if (!link->zap.socket)
        return fault_set(fault, ERR_MEMORY, "no socket for the key check: %s", zmq_strerror(zmq_errno()));
    static const struct link_option options[] = {{ZMQ_LINGER, 0}};
    link_socket_set(link->zap.socket, options, 1);
    if (zmq_bind(link->zap.socket, "inproc://zeromq.zap.01") != 0)
        return fault_set(fault, ERR_IO, "the key check cannot start: %s", zmq_strerror(zmq_errno()));
    return link_end_watch(link, &link->zap, on_zap);
}
