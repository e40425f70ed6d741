/* Handing out what an input has left to do, one action at a time, in a fixed order. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "stream/stream_private.h"

void stream_fill_head(const struct stream *stream, struct session_head *head)
{
    *head = (struct session_head){.session = stream->mine,
                                  .peer_session = stream->theirs,
                                  .incarnation = stream->config.incarnation,
                                  .peer_incarnation = stream->peer_incarnation};
}

static void fill_hello(struct stream *stream, const struct stream_now *now, struct hello *hello)
{
    *hello = (struct hello){.version = stream->config.version,
                            .database = stream->config.database,
                            .clock_ms = now->subject_ms,
                            .topology_version = stream->config.topology_version,
                            .mute = stream->config.mute};
    text_put(hello->center, sizeof hello->center, stream->config.here);
    for (int lane = 0; lane < LANES; lane++) {
        const struct receiving *receiving = &stream->receiving[lane];
        hello->position[lane] = receiving->durable;
        memcpy(hello->position_hash[lane], receiving->durable_digest, STREAM_DIGEST_BYTES);
        hello->last_sent[lane] = stream->sending[lane].tail;
    }
    stream->told = stream->theirs;
}

static void fill_ack(const struct stream *stream, struct ack *ack)
{
    for (int lane = 0; lane < LANES; lane++)
        ack->position[lane] = stream->receiving[lane].durable;
    ack->credit = receiving_credit(stream);
}

static void give_frame(struct stream *stream, enum frame_kind kind, const struct stream_now *now,
                       struct stream_action *action)
{
    struct frame *frame = &action->frame;
    action->kind = STREAM_SEND;
    frame->kind = kind;
    stream_fill_head(stream, &frame->head);
    stream->sent_us = now->mono_us;
    if (kind == FRAME_HELLO) {
        fill_hello(stream, now, &frame->hello);
    } else if (kind == FRAME_ACK) {
        fill_ack(stream, &frame->ack);
    } else if (kind == FRAME_PING) {
        ping_fill(stream, now, &frame->ping);
    } else {
        assert(kind == FRAME_REFUSE);
        frame->refuse.code = stream->refused;
        text_put(frame->refuse.text, sizeof frame->refuse.text, stream->refused_text);
        stream->counters.refusals_out++;
    }
}

static void give_deliver(struct stream *stream, struct stream_action *action)
{
    action->kind = STREAM_DELIVER;
    action->deliver.entries = stream->deliver.entries;
    action->deliver.count = stream->deliver.count;
    action->deliver.receipt = stream->deliver.receipt;
    stream->deliver.entries = NULL; /* borrowed no longer */
}

static void give_look(struct stream *stream, enum lane lane, struct stream_action *action)
{
    action->kind = STREAM_LOOK;
    action->look.lane = lane;
    action->look.lsn = stream->sending[lane].claimed;
}

static void give_refused(const struct stream *stream, struct stream_action *action)
{
    action->kind = STREAM_REFUSED;
    action->refused.code = stream->refused;
    action->refused.by_peer = stream->refused_by_peer;
    text_put(action->refused.text, sizeof action->refused.text, stream->refused_text);
}

static void give_code(enum stream_action_kind kind, enum err code, struct stream_action *action)
{
    action->kind = kind;
    action->code = code;
}

static void give_record(struct stream *stream, struct stream_action *action)
{
    stream->record.asked = true; /* never twice: a second one could undo what came after the first */
    action->kind = STREAM_RECORD;
    action->record.incarnation = stream->record.incarnation;
    action->record.database = stream->record.database;
    action->record.anew = stream->record.anew;
}

static void give_acked(const struct stream *stream, struct stream_action *action)
{
    action->kind = STREAM_ACKED;
    for (int lane = 0; lane < LANES; lane++)
        action->acked[lane] = stream->sending[lane].acked;
}

static void give(struct stream *stream, enum pending what, const struct stream_now *now,
                 struct stream_action *action)
{
    switch (what) {
    case PENDING_DELIVER:
        give_deliver(stream, action);
        return;
    case PENDING_DOWN:
        give_code(STREAM_DOWN, stream->down_code, action);
        return;
    case PENDING_SELF_GONE_BACK:
        give_code(STREAM_SELF_GONE_BACK, stream->refused, action);
        return;
    case PENDING_GONE_BACK:
        give_code(STREAM_GONE_BACK, stream->refused, action);
        return;
    case PENDING_REFUSED:
        give_refused(stream, action);
        return;
    case PENDING_RECORD:
        give_record(stream, action);
        return;
    case PENDING_LOOK_TALK:
        give_look(stream, LANE_TALK, action);
        return;
    case PENDING_LOOK_CASES:
        give_look(stream, LANE_CASES, action);
        return;
    case PENDING_ACKED:
        give_acked(stream, action);
        return;
    case PENDING_SEND_REFUSE:
        give_frame(stream, FRAME_REFUSE, now, action);
        return;
    case PENDING_SEND_HELLO:
        give_frame(stream, FRAME_HELLO, now, action);
        return;
    case PENDING_SEND_ACK:
        give_frame(stream, FRAME_ACK, now, action);
        return;
    case PENDING_UP:
        give_code(STREAM_UP, ERR_OK, action);
        return;
    case PENDING_SEND_PING:
        give_frame(stream, FRAME_PING, now, action);
        return;
    case PENDINGS:
        break;
    }
    assert(what != PENDINGS); /* PENDINGS counts the bits and is none itself */
}

bool stream_next(struct stream *stream, const struct stream_now *now, struct stream_action *action)
{
    memset(action, 0, sizeof *action);
    for (enum pending what = 0; what < PENDINGS && stream->pending != 0; what++) {
        if ((stream->pending & (UINT32_C(1) << what)) == 0)
            continue;
        stream_drop_wants(stream, what, what);
        give(stream, what, now, action);
        return true;
    }
    if (!sending_feed(stream, now->mono_us, &action->feed))
        return false;
    action->kind = STREAM_FEED;
    return true;
}
