/* PING: keeps an idle link alive, tells the last lsn sent so that a lost last frame is noticed (rule 3), and
 * measures the neighbour's clock (rule 12). */
#include <assert.h>
#include <string.h>

#include "stream/stream_private.h"

/* A question of the neighbour is answered with one of our own when ours is due anyway: three frames then
 * serve both sides. */
void ping_fill(struct stream *stream, const struct stream_now *now, struct ping *ping)
{
    *ping = (struct ping){.clock_ms = now->subject_ms, .wall_ms = now->wall_ms, .echoed = stream->echo_owed};
    stream->pinged_us = now->mono_us;
    for (int lane = 0; lane < LANES; lane++)
        ping->last[lane] = sending_last(stream, (enum lane)lane);
    bool due =
        stream->echo_asked == 0 || now->mono_us - (int64_t)stream->echo_asked > PING_INTERVAL_MS * 1000 / 2;
    if (stream->echo_owed == 0 || due) {
        stream->echo_asked = now->mono_us > 0 ? (uint64_t)now->mono_us : 1;
        stream->echo_asked_subject_ms = now->subject_ms;
        ping->echo = stream->echo_asked;
    }
    stream->echo_owed = 0;
}

/* The neighbour read its clock half-way between question and answer, in whatever speed our subject time runs.
 */
static void measure(struct stream *stream, const struct ping *ping, const struct stream_now *now)
{
    int64_t middle_ms = stream->echo_asked_subject_ms + (now->subject_ms - stream->echo_asked_subject_ms) / 2;
    stream->rtt_us = now->mono_us - (int64_t)stream->echo_asked;
    stream->skew_ms = ping->clock_ms - middle_ms;
    stream->measured = true;
}

/* Of a run that waits for credit we may have a part that is not durable yet; its acknowledgement will go out.
 */
static bool behind(const struct stream *stream, const struct ping *ping)
{
    for (int lane = 0; lane < LANES; lane++) {
        const struct receiving *receiving = &stream->receiving[lane];
        bool committing =
            receiving->run.lsn == ping->last[lane] && receiving->taken > receiving->durable_taken;
        if (ping->last[lane] > receiving->expected && !committing)
            return true;
    }
    return false;
}

void ping_on_ping(struct stream *stream, const struct frame *frame, const struct stream_now *now)
{
    const struct ping *ping = &frame->ping;
    if (ping->echoed != 0 && ping->echoed == stream->echo_asked)
        measure(stream, ping, now);
    if (!stream->config.mute && behind(stream, ping)) {
        stream->counters.gaps++;
        session_resume(stream);
        return;
    }
    if (ping->echo == 0)
        return;
    stream->echo_owed = ping->echo;
    stream_want(stream, PENDING_SEND_PING);
    stream_want(stream, PENDING_SEND_ACK); /* an ACK may have been lost, and with it the credit */
}
