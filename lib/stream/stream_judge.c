/* Judging a genuine greeting: may a session be, and has either database gone back (rules 13, 14)? */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stream/stream_private.h"

void judge_refuse(struct stream *stream, enum err code, const char *text)
{
    session_end(stream, code);
    stream->phase = PHASE_REFUSED;
    stream->refused = code;
    stream->refused_by_peer = false;
    text_put(stream->refused_text, sizeof stream->refused_text, text);
    stream->hello_at_us = stream->now_us + REFUSED_RETRY_MS * 1000;
    stream_want(stream, PENDING_SEND_REFUSE);
    stream_want(stream, PENDING_REFUSED);
    if (code == ERR_GONE_BACK)
        stream_want(stream, PENDING_GONE_BACK);
    if (code == ERR_MUTE)
        stream_want(stream, PENDING_SELF_GONE_BACK);
}

struct verdict {
    enum err code;
    const char *text;
};

/* Who is it, and of which life? */
static struct verdict judge_identity(const struct stream *stream, const struct frame *frame)
{
    const struct hello *hello = &frame->hello;
    if (abs(hello->version - stream->config.version) > 1)
        return (struct verdict){ERR_VERSION, "the versions are more than one step apart: upgrade the older"};
    if (strcmp(hello->center, stream->config.peer) != 0)
        return (struct verdict){ERR_FOREIGN, "this key belongs to another center code"};
    if (frame->head.incarnation < 1 || hello->database == 0)
        return (struct verdict){ERR_MALFORMED, "a greeting without incarnation or database"};
    if (frame->head.incarnation <= stream->fenced)
        return (struct verdict){ERR_EPOCH, "this incarnation was signed out by a leader: resync first"};
    if (frame->head.incarnation < stream->peer_incarnation ||
        (stream->record.asked && frame->head.incarnation < stream->record.incarnation))
        return (struct verdict){ERR_GONE_BACK, "an incarnation older than one that was heard here"};
    if (frame->head.incarnation == stream->peer_incarnation && hello->database != stream->peer_database)
        return (struct verdict){ERR_FOREIGN, "another database under the same incarnation"};
    if (frame->head.peer_incarnation > stream->config.incarnation)
        return (struct verdict){ERR_MUTE, "the neighbour has heard a later incarnation of ours"};
    return (struct verdict){ERR_OK, ""};
}

/* A position tells of our present life only when the neighbour has heard of it; otherwise it begins at 0. */
static int64_t claimed_position(const struct stream *stream, const struct frame *frame, enum lane lane)
{
    return frame->head.peer_incarnation == stream->config.incarnation ? frame->hello.position[lane] : 0;
}

static struct verdict judge_lane(const struct stream *stream, const struct frame *frame, enum lane lane)
{
    bool same_life = frame->head.incarnation == stream->peer_incarnation;
    int64_t position = claimed_position(stream, frame, lane);
    if (position < 0 || frame->hello.last_sent[lane] < 0)
        return (struct verdict){ERR_MALFORMED, "a negative position"};
    if (position > stream->sending[lane].tail)
        return (struct verdict){ERR_MUTE, "the neighbour holds more of us than we have written"};
    if (same_life && frame->hello.last_sent[lane] < stream->receiving[lane].expected)
        return (struct verdict){ERR_GONE_BACK, "we hold more of the neighbour than it has written"};
    if (same_life && position < stream->sending[lane].acked)
        return (struct verdict){ERR_GONE_BACK, "the neighbour holds less of us than it once acknowledged"};
    return (struct verdict){ERR_OK, ""};
}

static struct verdict judge(const struct stream *stream, const struct frame *frame)
{
    struct verdict verdict = judge_identity(stream, frame);
    for (int lane = 0; lane < LANES && verdict.code == ERR_OK; lane++)
        verdict = judge_lane(stream, frame, (enum lane)lane);
    return verdict;
}

static void ask_record(struct stream *stream, const struct frame *frame)
{
    if (stream->record.asked && stream->record.incarnation == frame->head.incarnation)
        return;
    memset(&stream->record, 0, sizeof stream->record);
    if (frame->head.incarnation == stream->peer_incarnation)
        return;
    stream->record.incarnation = frame->head.incarnation;
    stream->record.database = frame->hello.database;
    stream->record.anew = stream->peer_incarnation != 0;
    stream_want(stream, PENDING_RECORD);
}

static void ask_look(struct stream *stream, const struct frame *frame, enum lane lane)
{
    struct sending *sending = &stream->sending[lane];
    sending->claimed = claimed_position(stream, frame, lane);
    memcpy(sending->claimed_digest, frame->hello.position_hash[lane], STREAM_DIGEST_BYTES);
    sending->looking = sending->claimed > 0;
    if (sending->looking)
        stream_want(stream, lane == LANE_TALK ? PENDING_LOOK_TALK : PENDING_LOOK_CASES);
}

void judge_hello(struct stream *stream, const struct frame *frame)
{
    struct verdict verdict = judge(stream, frame);
    if (verdict.code != ERR_OK) {
        uint64_t theirs = stream->theirs;
        judge_refuse(stream, verdict.code, verdict.text);
        stream->theirs = theirs; /* the refusal names the session that it ends */
        return;
    }
    stream->phase = PHASE_JUDGING;
    stream->phase_since_us = stream->now_us;
    stream->heard_us = stream->now_us;
    stream->peer_mute = frame->hello.mute;
    stream->peer_topology = frame->hello.topology_version;
    ask_record(stream, frame);
    for (int lane = 0; lane < LANES; lane++)
        ask_look(stream, frame, (enum lane)lane);
    if (stream->told != stream->theirs)
        stream_want(stream, PENDING_SEND_HELLO);
    judge_done(stream);
}

void judge_done(struct stream *stream)
{
    if (stream->phase != PHASE_JUDGING)
        return;
    if (stream->record.incarnation != 0 || stream->sending[LANE_TALK].looking ||
        stream->sending[LANE_CASES].looking)
        return;
    stream->phase = PHASE_OPEN;
    stream->refused = ERR_OK;
    stream->refused_by_peer = false;
    for (int lane = 0; lane < LANES; lane++)
        sending_start(&stream->sending[lane], stream->sending[lane].claimed);
    stream->hello_tries = 0;
    session_greet_later(stream);
    stream->counters.sessions++;
    stream_want(stream, PENDING_SEND_ACK);
    stream_want(stream, PENDING_ACKED);
    if (stream->credit_known)
        session_up(stream);
}

void stream_looked(struct stream *stream, enum lane lane, int64_t lsn, enum stream_look found,
                   const uint8_t digest[STREAM_DIGEST_BYTES])
{
    struct sending *sending = &stream->sending[lane];
    if (stream->phase != PHASE_JUDGING || !sending->looking || sending->claimed != lsn)
        return;
    bool same =
        found == STREAM_LOOK_TRIMMED ||
        (found == STREAM_LOOK_FOUND && memcmp(digest, sending->claimed_digest, STREAM_DIGEST_BYTES) == 0);
    if (!same) {
        judge_refuse(stream, ERR_MUTE,
                     "the neighbour holds another entry of ours than stands in our journal");
        return;
    }
    sending->looking = false;
    judge_done(stream);
}

void stream_recorded(struct stream *stream, int32_t incarnation)
{
    if (!stream->record.asked || stream->record.incarnation != incarnation)
        return;
    stream->peer_incarnation = incarnation;
    stream->peer_database = stream->record.database;
    for (int lane = 0; stream->record.anew && lane < LANES; lane++) {
        struct receiving *receiving = &stream->receiving[lane];
        *receiving = (struct receiving){0};
    }
    memset(&stream->record, 0, sizeof stream->record);
    judge_done(stream);
}
