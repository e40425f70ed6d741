/* Sessions: numbers, greetings and their answers. A greeting counts only when it echoes a number of ours that
 * is younger than everything else we have said: so no delayed frame can make us believe that a neighbour went
 * back. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "stream/stream_private.h"

/* splitmix64: the whole stream of numbers is fixed by the seed, so that a schedule can be repeated. */
static uint64_t next_random(struct stream *stream)
{
    uint64_t z = stream->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t back_off_us(struct stream *stream, int tries)
{
    int64_t wait_ms = HELLO_RETRY_MIN_MS;
    while (tries-- > 0 && wait_ms < HELLO_RETRY_MAX_MS)
        wait_ms *= 2;
    if (wait_ms > HELLO_RETRY_MAX_MS)
        wait_ms = HELLO_RETRY_MAX_MS;
    return (wait_ms + (int64_t)(next_random(stream) % (uint64_t)(wait_ms / 2))) * 1000;
}

void session_greet_later(struct stream *stream)
{
    stream->hello_at_us = stream->now_us + back_off_us(stream, stream->hello_tries);
    stream->hello_tries++;
}

static void go_down(struct stream *stream, enum err why)
{
    stream_drop_wants(stream, PENDING_RECORD, PENDING_LOOK_CASES);
    stream_drop_wants(stream, PENDING_SEND_REFUSE, PENDING_SEND_PING);
    for (int lane = 0; lane < LANES; lane++) {
        stream->sending[lane].stale = true;
        stream->sending[lane].looking = false;
    }
    stream->credit_known = false;
    stream->echo_asked = 0;
    stream->echo_owed = 0;
    if (!stream->up)
        return;
    stream->up = false;
    stream->down_code = why;
    stream_want(stream, PENDING_DOWN);
}

static void new_number(struct stream *stream)
{
    do
        stream->mine = next_random(stream);
    while (stream->mine == 0);
    stream->told = 0;
}

void session_begin(struct stream *stream, enum err why)
{
    go_down(stream, why);
    new_number(stream);
    stream->phase = PHASE_GREETING;
    stream->phase_since_us = stream->now_us;
    stream->hello_tries = 0;
    stream_want(stream, PENDING_SEND_HELLO);
    session_greet_later(stream);
}

void session_resume(struct stream *stream)
{
    bool again = stream->now_us - stream->resumed_us < RESUME_CALM_MS * 1000;
    stream->resume_tries = again ? stream->resume_tries + 1 : 0;
    stream->resumed_us = stream->now_us;
    stream->counters.resumes++;
    session_begin(stream, ERR_GAP);
    if (stream->resume_tries == 0)
        return;
    stream_drop_wants(stream, PENDING_SEND_HELLO, PENDING_SEND_HELLO);
    stream->hello_at_us = stream->now_us + back_off_us(stream, stream->resume_tries);
}

void session_end(struct stream *stream, enum err why)
{
    go_down(stream, why);
    stream->phase = PHASE_AWAY;
    stream->theirs = 0;
}

void session_up(struct stream *stream)
{
    assert(stream->phase == PHASE_OPEN && stream->credit_known);
    if (stream->up)
        return;
    stream->up = true;
    stream_want(stream, PENDING_UP);
    stream_want(stream, PENDING_SEND_PING); /* measures the clocks at once */
}

/* A genuine greeting of the session that we are in already. */
static void on_repeated_hello(struct stream *stream)
{
    if (stream->config.peer_is_parent)
        stream_want(stream, PENDING_SEND_HELLO);
    if (stream->phase == PHASE_OPEN)
        stream_want(stream, PENDING_SEND_ACK);
}

void session_on_hello(struct stream *stream, const struct frame *frame)
{
    bool same = frame->head.session == stream->theirs;
    bool echoed = frame->head.peer_session == stream->mine;
    bool proved = stream->phase == PHASE_JUDGING || stream->phase == PHASE_OPEN;
    if (frame->head.session == 0) {
        stream->counters.unexpected++;
        return;
    }
    if (proved && same) {
        stream->heard_us = stream->now_us;
        if (echoed)
            on_repeated_hello(stream);
        else
            stream_want(stream, PENDING_SEND_HELLO); /* it has not heard our number yet */
        return;
    }
    stream->theirs = frame->head.session;
    if (proved || (stream->phase == PHASE_REFUSED && !echoed)) {
        session_begin(stream, ERR_GAP); /* a new session of the neighbour needs a new number of ours */
        return;
    }
    if (stream->phase == PHASE_REFUSED)
        return; /* what we refused, once more */
    if (echoed)
        judge_hello(stream, frame);
    else
        stream_want(stream, PENDING_SEND_HELLO);
}

void session_on_refuse(struct stream *stream, const struct frame *frame)
{
    if (frame->head.peer_session != stream->mine || stream->phase == PHASE_REFUSED) {
        stream->counters.foreign_session++;
        return;
    }
    go_down(stream, frame->refuse.code);
    stream->phase = PHASE_REFUSED;
    stream->refused = frame->refuse.code;
    stream->refused_by_peer = true;
    text_put(stream->refused_text, sizeof stream->refused_text, frame->refuse.text);
    stream->counters.refusals_in++;
    stream->hello_at_us = stream->now_us + REFUSED_RETRY_MS * 1000;
    stream_want(stream, PENDING_REFUSED);
    if (frame->refuse.code == ERR_GONE_BACK)
        stream_want(stream, PENDING_SELF_GONE_BACK);
    if (frame->refuse.code == ERR_MUTE)
        stream_want(stream, PENDING_GONE_BACK);
}
