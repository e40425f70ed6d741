/* The neighbour's entries: in order, each once, in whole runs; handed out before they are durable,
 * acknowledged only after (rule 1). */
#include <assert.h>
#include <string.h>

#include "stream/stream_private.h"
#include "wire/event.h"

enum verdict { TAKE, HAVE, GAP };

void receiving_forget(struct receiving *receiving)
{
    receiving->expected = receiving->durable;
    memcpy(receiving->expected_digest, receiving->durable_digest, STREAM_DIGEST_BYTES);
    receiving->run = (struct run){0};
    receiving->taken = receiving->durable_taken;
    receiving->durable_run = 0;
}

static enum verdict judge_run(const struct run *run, const struct entry *entry)
{
    if (entry->kind != ENTRY_SNAPSHOT || entry->lsn != run->lsn || !id_equal(&entry->subject, &run->subject))
        return GAP;
    if (entry->subject_no <= run->no)
        return HAVE; /* the run is sent whole once more */
    return entry->subject_no == run->no + 1 ? TAKE : GAP;
}

static enum verdict judge_entry(const struct receiving *receiving, const struct entry *entry)
{
    if (entry->lsn <= receiving->expected)
        return HAVE;
    if (entry->prev != receiving->expected)
        return GAP;
    if (receiving->run.lsn != 0)
        return judge_run(&receiving->run, entry);
    if (entry->kind == ENTRY_SNAPSHOT)
        return entry->subject_no == 1 ? TAKE : GAP;
    return entry->more ? GAP : TAKE;
}

static void take(struct receiving *receiving, const struct entry *entry)
{
    receiving->taken++;
    if (entry->more) {
        receiving->run = (struct run){.lsn = entry->lsn, .no = entry->subject_no, .subject = entry->subject};
        return;
    }
    receiving->run = (struct run){0};
    receiving->expected = entry->lsn;
}

/* Only the position's own entry is ever asked for, so only the last whole one is digested. */
static void digest_last(struct receiving *receiving, const struct entry *entries, size_t count)
{
    while (count > 0 && entries[count - 1].more)
        count--;
    if (count > 0)
        stream_entry_digest(&entries[count - 1], receiving->expected_digest);
}

static void deliver(struct stream *stream, enum lane lane, const struct entry *entries, size_t count)
{
    struct receiving *receiving = &stream->receiving[lane];
    digest_last(receiving, entries, count);
    stream->deliver.entries = entries;
    stream->deliver.count = count;
    stream->deliver.receipt = (struct stream_receipt){.lane = lane,
                                                      .position = receiving->expected,
                                                      .run_entries = receiving->run.no,
                                                      .taken = receiving->taken,
                                                      .incarnation = stream->peer_incarnation};
    memcpy(stream->deliver.receipt.digest, receiving->expected_digest, STREAM_DIGEST_BYTES);
    stream->counters.entries_in += count;
    stream_want(stream, PENDING_DELIVER);
}

/* How many more entries a well-behaved neighbour can have in flight. */
static int64_t room(const struct receiving *receiving)
{
    return WINDOW_ENTRIES + receiving->durable_run - (receiving->taken - receiving->durable_taken);
}

void receiving_on_entries(struct stream *stream, const struct frame *frame)
{
    struct receiving *receiving = &stream->receiving[frame->entries.lane];
    const struct entry *entries = frame->entries.entries;
    size_t count = frame->entries.count;
    size_t first = 0;
    if (stream->config.mute) {
        stream->counters.over_credit += count;
        return;
    }
    while (first < count && judge_entry(receiving, &entries[first]) == HAVE)
        first++;
    stream->counters.duplicates += first;
    size_t next = first;
    while (next < count && room(receiving) > 0 && judge_entry(receiving, &entries[next]) == TAKE)
        take(receiving, &entries[next++]);
    if (next > first)
        deliver(stream, frame->entries.lane, entries + first, next - first);
    if (next == count)
        return;
    if (room(receiving) <= 0)
        stream->counters.over_credit += count - next;
    else
        stream->counters.gaps++;
    session_resume(stream);
}

void stream_received_committed(struct stream *stream, const struct stream_receipt *receipt)
{
    struct receiving *receiving = &stream->receiving[receipt->lane];
    if (receipt->incarnation != stream->peer_incarnation)
        return; /* of a life of the neighbour that is over */
    assert(receipt->position >= receiving->durable && receipt->position <= receiving->expected);
    assert(receipt->taken >= receiving->durable_taken && receipt->taken <= receiving->taken);
    receiving->durable = receipt->position;
    memcpy(receiving->durable_digest, receipt->digest, STREAM_DIGEST_BYTES);
    receiving->durable_taken = receipt->taken;
    receiving->durable_run = receipt->run_entries;
    if (stream->phase == PHASE_OPEN)
        stream_want(stream, PENDING_SEND_ACK);
}

void stream_undelivered(struct stream *stream, const struct stream_now *now)
{
    stream->now_us = now->mono_us;
    stream_drop_wants(stream, PENDING_DELIVER, PENDING_DELIVER);
    for (int lane = 0; lane < LANES; lane++)
        receiving_forget(&stream->receiving[lane]);
    if (stream->phase == PHASE_JUDGING || stream->phase == PHASE_OPEN)
        session_resume(stream);
}

/* One number serves both lanes, each by itself. A run longer than the window moves no position, so what is
 * durable of it is granted again. */
int32_t receiving_credit(const struct stream *stream)
{
    int64_t run = 0;
    if (stream->config.mute || stream->config.window == 0)
        return 0;
    for (int lane = 0; lane < LANES; lane++)
        if (stream->receiving[lane].durable_run > run)
            run = stream->receiving[lane].durable_run;
    return (int32_t)(stream->config.window + run);
}

static size_t put_be(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    return bytes;
}

void stream_entry_digest(const struct entry *entry, uint8_t digest[STREAM_DIGEST_BYTES])
{
    uint8_t bytes[8 + 1 + ID_BYTES + 4 + WIRE_ENVELOPE_BYTES];
    uint8_t hash[HASH_BYTES];
    size_t n = put_be(bytes, (uint64_t)entry->lsn, 8);
    n += put_be(bytes + n, (uint64_t)entry->kind, 1);
    memcpy(bytes + n, entry->subject.bytes, ID_BYTES);
    n += ID_BYTES;
    n += put_be(bytes + n, (uint32_t)entry->subject_no, 4);
    if (entry->envelope != NULL) {
        memcpy(bytes + n, entry->envelope, WIRE_ENVELOPE_BYTES);
        n += WIRE_ENVELOPE_BYTES;
    }
    wire_hash(bytes, n, hash);
    memcpy(digest, hash, STREAM_DIGEST_BYTES);
}
