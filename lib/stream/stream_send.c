/* Our entries on their way to the neighbour: one `next` per lane (rule 4), bounded by the neighbour's credit.
 */
#include <assert.h>
#include <string.h>

#include "stream/stream_private.h"

static void forget_marks(struct sending *sending)
{
    sending->acked_count = sending->sent_count;
    sending->first_mark = 0;
    sending->marks_used = 0;
}

/* Continues after `position`; what a feed still brings belongs to the past, and no other is asked for before
 * it has ended: so resumes in a row cannot pile up reads. */
static void jump(struct sending *sending, int64_t position)
{
    sending->sent = position;
    sending->run = (struct run){0};
    sending->stale = true;
    forget_marks(sending);
}

void sending_start(struct sending *sending, int64_t position)
{
    assert(position >= 0 && position <= sending->tail);
    sending->acked = position;
    sending->sent_count = 0;
    sending->feed_not_before_us = 0;
    jump(sending, position);
}

void stream_committed(struct stream *stream, enum lane lane, int64_t lsn)
{
    assert(lsn >= stream->sending[lane].tail);
    stream->sending[lane].tail = lsn;
}

/* Remembers how many entries had left when `lsn` was whole. A full ring widens its newest mark: coarser,
 * never wrong. */
static void mark(struct sending *sending, int64_t lsn, int64_t count)
{
    if (sending->marks_used < MARKS_MAX)
        sending->marks_used++;
    int newest = (sending->first_mark + sending->marks_used - 1) % MARKS_MAX;
    sending->marks[newest] = (struct mark){.lsn = lsn, .count = count};
}

static void trim_marks(struct sending *sending, int64_t position)
{
    while (sending->marks_used > 0 && sending->marks[sending->first_mark].lsn <= position) {
        sending->acked_count = sending->marks[sending->first_mark].count;
        sending->first_mark = (sending->first_mark + 1) % MARKS_MAX;
        sending->marks_used--;
    }
}

/* False when the position is none that this session can have. */
static bool take_position(struct stream *stream, enum lane lane, int64_t position)
{
    struct sending *sending = &stream->sending[lane];
    if (position < 0 || position > sending->tail)
        return false;
    if (position <= sending->acked)
        return true; /* older than what we know: acks only trim */
    sending->acked = position;
    stream_want(stream, PENDING_ACKED);
    if (position > sending->sent)
        jump(sending, position); /* committed there what an earlier session had carried */
    else
        trim_marks(sending, position);
    return true;
}

void sending_on_ack(struct stream *stream, const struct frame *frame)
{
    if (frame->ack.credit < 0) {
        stream->counters.unexpected++;
        return;
    }
    stream->credit = frame->ack.credit;
    stream->credit_known = true;
    if (stream->phase != PHASE_OPEN)
        return; /* still judging: the greeting has told the positions */
    for (int lane = 0; lane < LANES; lane++) {
        if (!take_position(stream, (enum lane)lane, frame->ack.position[lane])) {
            stream->counters.unexpected++;
            session_resume(stream); /* the next greeting judges it */
            return;
        }
    }
    session_up(stream);
}

static int64_t room(const struct stream *stream, const struct sending *sending)
{
    int64_t in_flight = sending->sent_count - sending->acked_count;
    int64_t left = stream->credit - in_flight;
    if (left <= 0)
        return 0;
    return left < ENTRIES_PER_FRAME_MAX ? left : ENTRIES_PER_FRAME_MAX;
}

int64_t sending_last(const struct stream *stream, enum lane lane)
{
    const struct sending *sending = &stream->sending[lane];
    bool stalled = sending->run.lsn != 0 && !sending->feeding && room(stream, sending) == 0;
    return stalled ? sending->run.lsn : sending->sent;
}

static bool may_feed(const struct stream *stream, const struct sending *sending)
{
    return stream->up && !stream->config.mute && !sending->feeding && sending->sent < sending->tail &&
           room(stream, sending) > 0;
}

/* The talk lane goes first. */
bool sending_feed(struct stream *stream, int64_t now_us, struct stream_feed *feed)
{
    for (int lane = 0; lane < LANES; lane++) {
        struct sending *sending = &stream->sending[lane];
        if (!may_feed(stream, sending) || now_us < sending->feed_not_before_us)
            continue;
        sending->feeding = true;
        sending->stale = false;
        sending->fed = 0;
        sending->ticket++;
        *feed = (struct stream_feed){.lane = (enum lane)lane,
                                     .after_lsn = sending->sent,
                                     .after_no = sending->run.no,
                                     .max_entries = (int32_t)room(stream, sending),
                                     .ticket = sending->ticket};
        return true;
    }
    return false;
}

int64_t sending_feed_at(const struct stream *stream)
{
    int64_t at = INT64_MAX;
    for (int lane = 0; lane < LANES; lane++) {
        const struct sending *sending = &stream->sending[lane];
        if (may_feed(stream, sending) && sending->feed_not_before_us < at)
            at = sending->feed_not_before_us;
    }
    return at;
}

static bool follows(const struct sending *sending, const struct entry *entry)
{
    if (sending->run.lsn != 0)
        return entry->kind == ENTRY_SNAPSHOT && entry->lsn == sending->run.lsn &&
               entry->subject_no == sending->run.no + 1;
    if (entry->prev != sending->sent || entry->lsn <= sending->sent || entry->lsn > sending->tail)
        return false;
    return entry->kind == ENTRY_SNAPSHOT ? entry->subject_no == 1 : !entry->more;
}

static void pass(struct sending *sending, const struct entry *entry)
{
    sending->sent_count++;
    sending->fed++;
    if (entry->more) {
        sending->run = (struct run){.lsn = entry->lsn, .no = entry->subject_no, .subject = entry->subject};
        return;
    }
    sending->run = (struct run){0};
    sending->sent = entry->lsn;
}

/* Half of a frame's bound: room for the head, and a slow line is not held by one frame for long. */
static size_t take_entries(struct stream *stream, struct sending *sending, const struct entry *entries,
                           size_t limit)
{
    size_t bytes = 0;
    int64_t whole_count = 0;
    size_t n = 0;
    for (; n < limit; n++) {
        bytes += frame_entry_bytes(&entries[n]);
        if (n > 0 && bytes > FRAME_BYTES_MAX / 2)
            break;
        if (!follows(sending, &entries[n])) {
            stream->counters.broken_feeds++;
            break;
        }
        pass(sending, &entries[n]);
        if (!entries[n].more)
            whole_count = sending->sent_count;
    }
    if (whole_count > 0)
        mark(sending, sending->sent, whole_count);
    return n;
}

size_t stream_send_entries(struct stream *stream, const struct stream_feed *feed, const struct entry *entries,
                           size_t count, const struct stream_now *now, struct frame *frame)
{
    struct sending *sending = &stream->sending[feed->lane];
    if (!sending->feeding || sending->stale || sending->ticket != feed->ticket)
        return 0;
    size_t limit = (size_t)room(stream, sending);
    size_t n = take_entries(stream, sending, entries, count < limit ? count : limit);
    if (n == 0)
        return 0;
    *frame = (struct frame){.kind = FRAME_ENTRIES};
    stream_fill_head(stream, &frame->head);
    frame->entries.lane = feed->lane;
    frame->entries.count = n;
    frame->entries.entries = entries;
    stream->counters.entries_out += n;
    stream->sent_us = now->mono_us;
    return n;
}

void stream_fed(struct stream *stream, const struct stream_feed *feed, const struct stream_now *now)
{
    struct sending *sending = &stream->sending[feed->lane];
    if (!sending->feeding || sending->ticket != feed->ticket)
        return;
    sending->feeding = false;
    if (sending->fed == 0 && !sending->stale)
        sending->feed_not_before_us = now->mono_us + FEED_PAUSE_MS * 1000;
}
