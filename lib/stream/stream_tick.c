/* What happens by time alone: greetings again, silence, pings, feeds after a pause. */
#include <assert.h>

#include "stream/stream_private.h"

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool awaits_ack(const struct stream *stream)
{
    for (int lane = 0; lane < LANES; lane++)
        if (stream->sending[lane].sent > stream->sending[lane].acked || stream->sending[lane].run.lsn != 0)
            return true;
    return false;
}

/* An idle link pings; so does a busy one that waits for an acknowledgement, because the traffic of one lane
 * would hide for ever that the last frame of the other was lost. */
static int64_t ping_at_us(const struct stream *stream)
{
    int64_t after_us =
        (PING_INTERVAL_MS + (stream->config.peer_is_parent ? 0 : PARENT_PING_LAG_MS)) * INT64_C(1000);
    return (awaits_ack(stream) ? stream->pinged_us : stream->sent_us) + after_us;
}

static int64_t due_at_us(const struct stream *stream)
{
    switch (stream->phase) {
    case PHASE_AWAY:
        return INT64_MAX;
    case PHASE_GREETING:
        return stream->hello_at_us;
    case PHASE_JUDGING:
        return stream->phase_since_us + LINK_DEAD_MS * INT64_C(1000);
    case PHASE_REFUSED:
        return stream->config.peer_is_parent ? stream->hello_at_us : INT64_MAX;
    case PHASE_OPEN:
        break;
    }
    int64_t dead_at = stream->heard_us + LINK_DEAD_MS * INT64_C(1000);
    if (!stream->up)
        return sooner(dead_at, stream->hello_at_us);
    return sooner(sooner(dead_at, ping_at_us(stream)), sending_feed_at(stream));
}

int64_t stream_wait_ms(const struct stream *stream, const struct stream_now *now)
{
    int64_t at = due_at_us(stream);
    if (at == INT64_MAX)
        return -1;
    return at <= now->mono_us ? 0 : (at - now->mono_us + 999) / 1000;
}

static void on_silence(struct stream *stream)
{
    stream->counters.silences++;
    if (stream->config.peer_is_parent)
        session_begin(stream, ERR_TIMEOUT);
    else
        session_end(stream, ERR_TIMEOUT); /* a child greets by itself when it is back */
}

static void tick_open(struct stream *stream)
{
    if (stream->now_us - stream->heard_us >= LINK_DEAD_MS * INT64_C(1000)) {
        on_silence(stream);
    } else if (!stream->up && stream->now_us >= stream->hello_at_us) {
        stream_want(stream, PENDING_SEND_HELLO);
        session_greet_later(stream);
    } else if (stream->up && stream->now_us >= ping_at_us(stream)) {
        stream_want(stream, PENDING_SEND_PING);
    }
}

/* A parent does not greet a child for ever: one that is back speaks first. */
static void tick_greeting(struct stream *stream)
{
    bool silent = stream->now_us - stream->phase_since_us >= LINK_DEAD_MS * INT64_C(1000);
    if (silent && !stream->config.peer_is_parent) {
        session_end(stream, ERR_TIMEOUT);
        return;
    }
    stream_want(stream, PENDING_SEND_HELLO);
    session_greet_later(stream);
}

void stream_tick(struct stream *stream, const struct stream_now *now)
{
    stream->now_us = now->mono_us;
    if (stream->phase == PHASE_OPEN)
        tick_open(stream);
    else if (now->mono_us < due_at_us(stream))
        return;
    else if (stream->phase == PHASE_GREETING)
        tick_greeting(stream);
    else
        session_begin(stream, ERR_TIMEOUT);
}
