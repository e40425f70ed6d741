/* Frames <-> bytes: the envelope of every conversation, and which part each kind must have. */
#include "wire/frame.h"

#include <assert.h>
#include <string.h>

#include "wire/frame_message.h"
#include "wire/request_message.h"

static enum err pack(const Sanji__Frame *message, uint8_t *out, size_t size, size_t *used)
{
    size_t bytes = sanji__frame__get_packed_size(message);

    if (bytes > size || bytes > FRAME_BYTES_MAX)
        return ERR_TOO_LONG;
    *used = sanji__frame__pack(message, out);
    return ERR_OK;
}

static enum err pack_request(const struct frame *frame, Sanji__Frame *message, uint8_t *out, size_t size,
                             size_t *used)
{
    struct request_message request;

    request_put(frame->request.request, &request);
    message->correlation = frame->request.correlation;
    message->request = &request.request;
    return pack(message, out, size, used);
}

static enum err pack_reply(const struct frame *frame, Sanji__Frame *message, uint8_t *out, size_t size,
                           size_t *used)
{
    struct reply_message reply;

    reply_put(frame->reply.reply, &reply);
    message->correlation = frame->reply.correlation;
    message->reply = &reply.reply;
    return pack(message, out, size, used);
}

static enum err pack_hello(const struct frame *frame, Sanji__Frame *message, uint8_t *out, size_t size,
                           size_t *used)
{
    struct hello_message hello;

    hello_put(&frame->hello, &hello);
    message->hello = &hello.hello;
    return pack(message, out, size, used);
}

static enum err pack_entries(const struct frame *frame, Sanji__Frame *message, uint8_t *out, size_t size,
                             size_t *used)
{
    Sanji__Entry entries[ENTRIES_PER_FRAME_MAX];
    Sanji__Entry *list[ENTRIES_PER_FRAME_MAX];
    size_t count = frame->entries.count;

    if (count > ENTRIES_PER_FRAME_MAX)
        return ERR_TOO_LONG;
    for (size_t i = 0; i < count; i++) {
        entry_put(&frame->entries.entries[i], &entries[i]);
        list[i] = &entries[i];
    }
    message->lane = frame->entries.lane;
    message->n_entries = count;
    message->entries = list;
    return pack(message, out, size, used);
}

static enum err pack_ack(const struct frame *frame, Sanji__Frame *message, uint8_t *out, size_t size,
                         size_t *used)
{
    Sanji__Ack ack;

    ack_put(&frame->ack, &ack);
    message->ack = &ack;
    return pack(message, out, size, used);
}

static enum err pack_ping(const struct frame *frame, Sanji__Frame *message, uint8_t *out, size_t size,
                          size_t *used)
{
    Sanji__Ping ping;

    ping_put(&frame->ping, &ping);
    message->ping = &ping;
    return pack(message, out, size, used);
}

static enum err pack_refuse(const struct frame *frame, Sanji__Frame *message, uint8_t *out, size_t size,
                            size_t *used)
{
    Sanji__Refuse refuse = SANJI__REFUSE__INIT;

    refuse.code = frame->refuse.code;
    refuse.text = field_put(frame->refuse.text);
    message->refuse = &refuse;
    return pack(message, out, size, used);
}

static enum err pack_push(const struct frame *frame, Sanji__Frame *message, uint8_t *out, size_t size,
                          size_t *used)
{
    struct push_message push;

    push_put(frame->push, &push);
    message->push = &push.push;
    return pack(message, out, size, used);
}

enum err frame_pack(const struct frame *frame, uint8_t *out, size_t size, size_t *used)
{
    Sanji__Frame message = SANJI__FRAME__INIT;

    message.kind = frame->kind;
    message.session = frame->head.session;
    message.peer_session = frame->head.peer_session;
    message.incarnation = frame->head.incarnation;
    message.peer_incarnation = frame->head.peer_incarnation;
    switch (frame->kind) {
    case FRAME_REQUEST:
        return pack_request(frame, &message, out, size, used);
    case FRAME_REPLY:
        return pack_reply(frame, &message, out, size, used);
    case FRAME_HELLO:
        return pack_hello(frame, &message, out, size, used);
    case FRAME_ENTRIES:
        return pack_entries(frame, &message, out, size, used);
    case FRAME_ACK:
        return pack_ack(frame, &message, out, size, used);
    case FRAME_PING:
        return pack_ping(frame, &message, out, size, used);
    case FRAME_REFUSE:
        return pack_refuse(frame, &message, out, size, used);
    case FRAME_PUSH:
        return pack_push(frame, &message, out, size, used);
    }
    assert(false && "a kind of frame");
    return ERR_MALFORMED;
}

static void take_head(struct field_reader *reader, const Sanji__Frame *message, struct session_head *head)
{
    head->session = message->session;
    head->peer_session = message->peer_session;
    head->incarnation = (int32_t)field_int(reader, "incarnation", message->incarnation, 0, INT32_MAX);
    head->peer_incarnation =
        (int32_t)field_int(reader, "peer_incarnation", message->peer_incarnation, 0, INT32_MAX);
}

/* The head of a session that stands: who refuses one may have none. */
static void check_head(struct field_reader *reader, const struct session_head *head)
{
    if (head->session == 0)
        field_refuse(reader, ERR_MISSING, "session", "absent");
    if (head->incarnation == 0)
        field_refuse(reader, ERR_MISSING, "incarnation", "absent");
}

/* Only a center may state who acts and who orders; a client names a user and the center looks him up. */
static void check_from_client(struct field_reader *reader, const struct request *request)
{
    static const char why[] = "not for a client to say";
    const struct command *draft = request->command;

    if (request->origin[0] != '\0')
        field_refuse(reader, ERR_MALFORMED, "origin", why);
    if (request->input.actor.user[0] != '\0')
        field_refuse(reader, ERR_MALFORMED, "input.actor", why);
    if (draft && draft->no != 0)
        field_refuse(reader, ERR_MALFORMED, "command.no", why);
    if (draft && draft->center[0] != '\0')
        field_refuse(reader, ERR_MALFORMED, "command.center", why);
    if (draft && draft->actor.user[0] != '\0')
        field_refuse(reader, ERR_MALFORMED, "command.actor", why);
}

static void take_request(struct field_reader *reader, const Sanji__Frame *message, struct frame *frame)
{
    reader->where = "request";
    frame->request.correlation = message->correlation;
    const struct request *request = request_take(reader, message->request);
    if (request)
        check_from_client(reader, request);
    frame->request.request = request;
}

static void take_reply(struct field_reader *reader, const Sanji__Frame *message, struct frame *frame)
{
    reader->where = "reply";
    frame->reply.correlation = message->correlation;
    frame->reply.reply = reply_take(reader, message->reply);
}

static void take_entries(struct field_reader *reader, const Sanji__Frame *message, struct frame *frame)
{
    struct entry *entries = NULL;

    frame->entries.lane = (enum lane)field_int(reader, "lane", message->lane, 0, LANES - 1);
    if (message->n_entries == 0)
        field_refuse(reader, ERR_MISSING, "entries", "none");
    if (message->n_entries <= ENTRIES_PER_FRAME_MAX)
        entries = arena_take(reader->arena, message->n_entries * sizeof *entries);
    if (!entries) {
        field_refuse(reader, ERR_TOO_LONG, "entries", "more than a frame may hold");
        return;
    }
    for (size_t i = 0; i < message->n_entries && !reader->err; i++)
        entry_take(reader, message->entries[i], &entries[i]);
    frame->entries.count = message->n_entries;
    frame->entries.entries = entries;
}

static void take_refuse(struct field_reader *reader, const Sanji__Refuse *message, struct frame *frame)
{
    reader->where = "refuse";
    frame->refuse.code = (enum err)field_int(reader, "code", message->code, 1, FIELD_ERR_MAX);
    field_text(reader, "text", message->text, FIELD_TEXT, frame->refuse.text, FAULT_TEXT_MAX);
}

/* The part that the kind must have. */
static const void *part_of(const Sanji__Frame *message, enum frame_kind kind)
{
    switch (kind) {
    case FRAME_REQUEST:
        return message->request;
    case FRAME_REPLY:
        return message->reply;
    case FRAME_HELLO:
        return message->hello;
    case FRAME_ENTRIES:
        return message;
    case FRAME_ACK:
        return message->ack;
    case FRAME_PING:
        return message->ping;
    case FRAME_REFUSE:
        return message->refuse;
    case FRAME_PUSH:
        return message->push;
    }
    return NULL;
}

static void take_part(struct field_reader *reader, const Sanji__Frame *message, struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_REQUEST:
        take_request(reader, message, frame);
        return;
    case FRAME_REPLY:
        take_reply(reader, message, frame);
        return;
    case FRAME_HELLO:
        check_head(reader, &frame->head);
        hello_take(reader, message->hello, &frame->hello);
        return;
    case FRAME_ENTRIES:
        check_head(reader, &frame->head);
        take_entries(reader, message, frame);
        return;
    case FRAME_ACK:
        check_head(reader, &frame->head);
        ack_take(reader, message->ack, &frame->ack);
        return;
    case FRAME_PING:
        check_head(reader, &frame->head);
        ping_take(reader, message->ping, &frame->ping);
        return;
    case FRAME_REFUSE:
        take_refuse(reader, message->refuse, frame);
        return;
    case FRAME_PUSH:
        reader->where = "push";
        frame->push = push_take(reader, message->push);
        return;
    }
}

enum err frame_unpack(const uint8_t *bytes, size_t size, struct arena *arena, struct frame *frame,
                      struct fault *fault)
{
    struct field_reader reader = {.arena = arena, .fault = fault, .where = "frame"};

    if (size > FRAME_BYTES_MAX)
        return fault_set(fault, ERR_TOO_LONG, "frame: %zu bytes, at most %d", size, FRAME_BYTES_MAX);
    memset(frame, 0, sizeof *frame);
    const Sanji__Frame *message = field_unpack(&reader, &sanji__frame__descriptor, bytes, size);
    if (!message)
        return reader.err;
    frame->kind = (enum frame_kind)field_int(&reader, "kind", message->kind, FRAME_REQUEST, FRAME_PUSH);
    take_head(&reader, message, &frame->head);
    if (!reader.err && !part_of(message, frame->kind))
        field_refuse(&reader, ERR_MISSING, "kind", "its part is absent");
    if (!reader.err)
        take_part(&reader, message, frame);
    else if (frame->kind == FRAME_REQUEST)
        frame->request.correlation = message->correlation;
    return reader.err;
}
