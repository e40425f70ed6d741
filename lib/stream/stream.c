/* A stream's life, its inputs and the actions that they leave behind. */
#include "stream/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stream/stream_private.h"

static void copy_config(struct stream *stream, const struct stream_config *config)
{
    assert(config->incarnation >= 1 && config->database != 0);
    assert(config->window >= 0 && config->window <= WINDOW_ENTRIES);
    stream->config = *config;
    stream->random = config->seed;
}

struct stream *stream_new(const struct stream_config *config, const struct stream_state *state)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    copy_config(stream, config);
    stream->peer_incarnation = state->peer_incarnation;
    stream->peer_database = state->peer_database;
    stream->fenced = state->fenced;
    for (int lane = 0; lane < LANES; lane++) {
        struct receiving *receiving = &stream->receiving[lane];
        assert(state->lane[lane].acked <= state->lane[lane].tail);
        stream->sending[lane].acked = state->lane[lane].acked;
        stream->sending[lane].tail = state->lane[lane].tail;
        stream->sending[lane].ticket =
            config->seed; /* an answer to an earlier process's feed matches nothing */
        receiving->durable = state->lane[lane].received;
        memcpy(receiving->durable_digest, state->lane[lane].received_digest, STREAM_DIGEST_BYTES);
        receiving_forget(receiving);
    }
    return stream;
}

void stream_free(struct stream **stream)
{
    free(*stream);
    *stream = NULL;
}

void stream_want(struct stream *stream, enum pending what)
{
    stream->pending |= UINT32_C(1) << what;
}

void stream_drop_wants(struct stream *stream, enum pending from, enum pending to)
{
    for (enum pending what = from; what <= to; what++)
        stream->pending &= ~(UINT32_C(1) << what);
}

void stream_connected(struct stream *stream, const struct stream_now *now)
{
    stream->now_us = now->mono_us;
    session_begin(stream, ERR_UNREACHABLE);
}

void stream_disconnected(struct stream *stream)
{
    session_end(stream, ERR_UNREACHABLE);
}

/* Rule 3: both session numbers and both incarnations, or it is a frame of another conversation. While
 * judging, the incarnations are just what is not settled yet. */
static bool of_this_session(const struct stream *stream, const struct session_head *head)
{
    if (head->session != stream->theirs || head->peer_session != stream->mine)
        return false;
    return stream->phase == PHASE_JUDGING || (head->incarnation == stream->peer_incarnation &&
                                              head->peer_incarnation == stream->config.incarnation);
}

static void on_session_frame(struct stream *stream, const struct frame *frame, const struct stream_now *now)
{
    bool open = stream->phase == PHASE_OPEN || (stream->phase == PHASE_JUDGING && frame->kind == FRAME_ACK);
    if (!open || !of_this_session(stream, &frame->head)) {
        stream->counters.foreign_session++;
        return;
    }
    stream->heard_us = now->mono_us;
    if (frame->kind == FRAME_ENTRIES)
        receiving_on_entries(stream, frame);
    else if (frame->kind == FRAME_ACK)
        sending_on_ack(stream, frame);
    else
        ping_on_ping(stream, frame, now);
}

void stream_on_frame(struct stream *stream, const struct frame *frame, const struct stream_now *now)
{
    assert((stream->pending & (UINT32_C(1) << PENDING_DELIVER)) == 0);
    stream->now_us = now->mono_us;
    if (stream->phase == PHASE_AWAY)
        session_begin(stream, ERR_UNREACHABLE); /* a frame shows that the transport is there */
    switch (frame->kind) {
    case FRAME_HELLO:
        session_on_hello(stream, frame);
        return;
    case FRAME_REFUSE:
        session_on_refuse(stream, frame);
        return;
    case FRAME_ENTRIES:
    case FRAME_ACK:
    case FRAME_PING:
        on_session_frame(stream, frame, now);
        return;
    case FRAME_REQUEST:
    case FRAME_REPLY:
    case FRAME_PUSH:
        break;
    }
    stream->counters.unexpected++;
}

void stream_set_mute(struct stream *stream, bool mute)
{
    if (stream->config.mute == mute)
        return;
    stream->config.mute = mute;
    if (stream->phase != PHASE_AWAY && stream->phase != PHASE_REFUSED)
        session_begin(stream, mute ? ERR_MUTE : ERR_GAP); /* the greeting carries it */
}

void stream_set_window(struct stream *stream, int32_t window)
{
    assert(window >= 0 && window <= WINDOW_ENTRIES);
    stream->config.window = window;
    if (stream->phase == PHASE_OPEN)
        stream_want(stream, PENDING_SEND_ACK);
}

void stream_status(const struct stream *stream, struct stream_status *status)
{
    *status = (struct stream_status){.up = stream->up,
                                     .peer_mute = stream->peer_mute,
                                     .refused = stream->refused,
                                     .refused_by_peer = stream->refused_by_peer,
                                     .skew_ms = stream->skew_ms,
                                     .rtt_us = stream->rtt_us,
                                     .measured = stream->measured,
                                     .peer_topology = stream->peer_topology};
    for (int lane = 0; lane < LANES; lane++) {
        const struct sending *sending = &stream->sending[lane];
        status->acked[lane] = sending->acked;
        status->sent[lane] = sending->sent > sending->acked ? sending->sent : sending->acked;
        status->tail[lane] = sending->tail;
        status->received[lane] = stream->receiving[lane].durable;
    }
}

const struct stream_counters *stream_counters(const struct stream *stream)
{
    return &stream->counters;
}
