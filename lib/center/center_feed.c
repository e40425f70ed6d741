/* Feeding neighbours from memory or the journal, one window at a time for each lane (custody.md rule 4: one
 * `next`), and looking old entries up for them. */
#include "center/center_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct feed_ask {
    struct neighbour *n;
    struct stream_feed feed;
    struct entry row; /* of the snapshot that is being expanded */
};

static struct feed_ask *ask_new(struct neighbour *n, const struct stream_feed *feed)
{
    struct feed_ask *ask = malloc(sizeof *ask);
    if (!ask)
        abort();
    *ask = (struct feed_ask){.n = n, .feed = *feed};
    return ask;
}

static void feed_send(struct neighbour *n, const struct stream_feed *feed, const struct entry *entries,
                      size_t count)
{
    struct stream_now now = center_stream_now(n->center);
    struct frame frame;
    size_t sent = 0;
    for (size_t more; sent < count; sent += more) {
        more = stream_send_entries(n->stream, feed, entries + sent, count - sent, &now, &frame);
        if (more == 0)
            break;
        if (center_send(n, &frame) != ERR_OK)
            break; /* the stream finds the gap by its acks and resumes */
    }
}

static void feed_done(struct feed_ask *ask)
{
    struct neighbour *n = ask->n;
    struct stream_now now = center_stream_now(n->center);
    if (n->stream)
        stream_fed(n->stream, &ask->feed, &now);
    free(ask);
}

/* A snapshot stands for the log by reference and is expanded when it is sent (rule 2). */
static void on_snapshot_log(void *ctx, enum err code, size_t count, const struct entry *entries)
{
    struct feed_ask *ask = ctx;
    struct entry run[ENTRIES_PER_FRAME_MAX];
    if (code == ERR_OK && ask->n->stream) {
        for (size_t i = 0; i < count; i++) {
            run[i] = entries[i];
            run[i].lsn = ask->row.lsn;
            run[i].prev = ask->row.prev;
            run[i].kind = ENTRY_SNAPSHOT;
            run[i].more = entries[i].subject_no < ask->row.subject_no;
        }
        feed_send(ask->n, &ask->feed, run, count);
    }
    feed_done(ask);
}

static void expand(struct feed_ask *ask, const struct entry *row)
{
    ask->row = *row;
    ask->row.envelope = NULL;
    ask->row.body = NULL;
    int32_t from = ask->feed.after_no + 1;
    int32_t to = row->subject_no;
    if (to - from >= ask->feed.max_entries)
        to = from + ask->feed.max_entries - 1;
    store_log(ask->n->center->store, &row->subject, from, to, on_snapshot_log, ask);
}

static void on_feed_rows(void *ctx, enum err code, size_t count, const struct entry *entries)
{
    struct feed_ask *ask = ctx;
    if (code != ERR_OK || !ask->n->stream) {
        feed_done(ask);
        return;
    }
    if (count > 0 && entries[0].kind == ENTRY_SNAPSHOT) {
        expand(ask, &entries[0]);
        return;
    }
    size_t plain = 0;
    while (plain < count && entries[plain].kind != ENTRY_SNAPSHOT)
        plain++;
    feed_send(ask->n, &ask->feed, entries, plain);
    feed_done(ask);
}

/* A neighbour that keeps up is fed from memory; a miss reads the table (rule 4). */
static bool feed_from_memory(struct neighbour *n, const struct stream_feed *wanted)
{
    struct entry run[ENTRIES_PER_FRAME_MAX];
    assert(wanted->max_entries <= ENTRIES_PER_FRAME_MAX);
    if (wanted->after_no > 0)
        return false; /* the rest of a snapshot */
    size_t count = center_cache_find(n->center->cache, n->row.no, wanted->lane, wanted->after_lsn, run,
                                     (size_t)wanted->max_entries);
    if (count == 0)
        return false;
    struct stream_now now = center_stream_now(n->center);
    feed_send(n, wanted, run, count);
    stream_fed(n->stream, wanted, &now);
    return true;
}

void center_feed(struct neighbour *n, const struct stream_feed *wanted)
{
    if (feed_from_memory(n, wanted))
        return;
    store_feed(n->center->store, n->row.no, wanted->lane, wanted->after_lsn, (size_t)wanted->max_entries,
               on_feed_rows, ask_new(n, wanted));
}

/* ---- looking an old entry up, to prove that a position is where it was (rule 13) ---- */

static void looked(struct feed_ask *ask, enum stream_look found, const struct entry *entry)
{
    uint8_t digest[STREAM_DIGEST_BYTES] = {0};
    if (entry)
        stream_entry_digest(entry, digest);
    if (ask->n->stream)
        stream_looked(ask->n->stream, ask->feed.lane, ask->row.lsn, found, digest);
    loop_wake(ask->n->center->loop);
    free(ask);
}

static void on_look_log(void *ctx, enum err code, size_t count, const struct entry *entries)
{
    struct feed_ask *ask = ctx;
    if (code != ERR_OK) {
        free(ask); /* as below: a passing error says nothing about the journal */
        return;
    }
    if (count != 1) {
        looked(ask, STREAM_LOOK_NONE, NULL);
        return;
    }
    struct entry last = entries[0];
    last.lsn = ask->row.lsn;
    last.kind = ENTRY_SNAPSHOT;
    looked(ask, STREAM_LOOK_FOUND, &last);
}

static void on_look_row(void *ctx, enum err code, size_t count, const struct entry *entries)
{
    struct feed_ask *ask = ctx;
    if (code != ERR_OK) {
        free(ask); /* the connection is lost and the streams are closed */
    } else if (count == 0 || entries[0].lsn != ask->row.lsn) {
        bool trimmed = ask->row.lsn < ask->n->row.acked[ask->feed.lane];
        looked(ask, trimmed ? STREAM_LOOK_TRIMMED : STREAM_LOOK_NONE, NULL);
    } else if (entries[0].kind == ENTRY_SNAPSHOT) {
        store_log(ask->n->center->store, &entries[0].subject, entries[0].subject_no, entries[0].subject_no,
                  on_look_log, ask);
    } else {
        looked(ask, STREAM_LOOK_FOUND, &entries[0]);
    }
}

void center_look(struct neighbour *n, enum lane lane, int64_t lsn)
{
    struct stream_feed none = {.lane = lane};
    struct feed_ask *ask = ask_new(n, &none);
    ask->row.lsn = lsn;
    store_feed(n->center->store, n->row.no, lane, lsn - 1, 1, on_look_row, ask);
}
