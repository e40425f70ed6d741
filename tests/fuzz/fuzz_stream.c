/* A hostile neighbour with a right key: any frames that decode, in any order, mixed with commits, failures,
 * answers and time. The stream must keep its own promises: what it hands out is in order and once, credit is
 * bounded, and no assert of ours is in anyone's reach. */
#include <assert.h>
#include <string.h>

#include "stream/stream.h"
#include "wire/event.h"

#define RECEIPTS 4096

struct fuzz {
    const uint8_t *data;
    size_t size, at;
    struct stream *stream;
    struct stream_now now;
    struct session_head head; /* what the neighbour would have to write to be heard */
    size_t receipt_first, receipt_count;
    int64_t handed[LANES];
    int64_t tail[LANES];
    struct stream_action look, record;
};

static struct stream_receipt receipts[RECEIPTS]; /* those of the ring that count are in `fuzz` */
static const uint8_t envelope[WIRE_ENVELOPE_BYTES] = {1};

/* Sends as a window of two what follows the feed. */
static void feed(struct fuzz *fuzz, const struct stream_feed *wanted)
{
    struct entry entry = {.lsn = wanted->after_lsn + 1,
                          .prev = wanted->after_lsn,
                          .kind = ENTRY_EVENT,
                          .subject_no = 1,
                          .envelope = envelope};
    struct frame frame;
    assert(wanted->max_entries >= 1 && wanted->max_entries <= ENTRIES_PER_FRAME_MAX);
    assert(wanted->after_lsn < fuzz->tail[wanted->lane]);
    (void)stream_send_entries(fuzz->stream, wanted, &entry, 1, &fuzz->now, &frame);
    stream_fed(fuzz->stream, wanted, &fuzz->now);
}

static void keep_delivery(struct fuzz *fuzz, const struct stream_action *action)
{
    const struct stream_receipt *receipt = &action->deliver.receipt;
    assert(action->deliver.count > 0);
    for (size_t i = 0; i < action->deliver.count; i++) {
        const struct entry *entry = &action->deliver.entries[i];
        assert(entry->prev == fuzz->handed[receipt->lane]);
        if (!entry->more)
            fuzz->handed[receipt->lane] = entry->lsn;
    }
    assert(receipt->position == fuzz->handed[receipt->lane]);
    assert(fuzz->receipt_count < RECEIPTS);
    receipts[(fuzz->receipt_first + fuzz->receipt_count++) % RECEIPTS] = *receipt;
}

static void on_action(struct fuzz *fuzz, const struct stream_action *action)
{
    if (action->kind == STREAM_SEND) {
        fuzz->head = (struct session_head){.session = action->frame.head.peer_session,
                                           .peer_session = action->frame.head.session,
                                           .incarnation = action->frame.head.peer_incarnation,
                                           .peer_incarnation = action->frame.head.incarnation};
        assert(action->frame.kind != FRAME_ACK || action->frame.ack.credit >= 0);
    } else if (action->kind == STREAM_DELIVER) {
        keep_delivery(fuzz, action);
    } else if (action->kind == STREAM_FEED) {
        feed(fuzz, &action->feed);
    } else if (action->kind == STREAM_LOOK) {
        fuzz->look = *action;
    } else if (action->kind == STREAM_RECORD) {
        fuzz->record = *action;
    }
}

static void drain(struct fuzz *fuzz)
{
    struct stream_action action;
    for (int i = 0; i < 10000 && stream_next(fuzz->stream, &fuzz->now, &action); i++) {
        assert(i < 9999); /* one input leaves a bounded number of actions */
        on_action(fuzz, &action);
    }
}

static uint8_t byte(struct fuzz *fuzz)
{
    return fuzz->at < fuzz->size ? fuzz->data[fuzz->at++] : 0;
}

/* Mostly small numbers, now and then the largest. */
static int64_t number(struct fuzz *fuzz)
{
    uint8_t value = byte(fuzz);
    return value == 255 ? INT64_MAX : value;
}

static void make_entry(struct fuzz *fuzz, int64_t *prev, struct entry *entry)
{
    uint8_t how = byte(fuzz);
    *entry = (struct entry){
        .kind = (enum entry_kind)(1 + how % 8), .more = (how & 0x40) != 0, .envelope = envelope};
    entry->prev = how & 0x08 ? number(fuzz) : *prev;
    if (entry->prev > INT64_MAX - 8)
        entry->prev = INT64_MAX - 8;
    entry->lsn = entry->prev + 1 + (how & 0x10 ? byte(fuzz) % 4 : 0);
    if (how & 0x80)
        entry->kind = ENTRY_SNAPSHOT;
    entry->subject_no = byte(fuzz) % 8;
    entry->subject.bytes[0] = how & 0x20;
    if (!entry->more)
        *prev = entry->lsn;
}

static void make_entries(struct fuzz *fuzz, struct frame *frame)
{
    static struct entry entries[8];
    frame->entries.lane = (enum lane)(byte(fuzz) % LANES);
    frame->entries.count = 1 + byte(fuzz) % 8;
    frame->entries.entries = entries;
    int64_t prev = fuzz->handed[frame->entries.lane];
    for (size_t i = 0; i < frame->entries.count; i++)
        make_entry(fuzz, &prev, &entries[i]);
}

static void make_hello(struct fuzz *fuzz, struct hello *hello)
{
    uint8_t how = byte(fuzz);
    *hello = (struct hello){.version = how & 1 ? (int32_t)(1 + number(fuzz) % INT32_MAX) : WIRE_VERSION,
                            .database = how & 2 ? byte(fuzz) : 5,
                            .mute = (how & 4) != 0};
    strcpy(hello->center, how & 8 ? "other" : "peer");
    for (int lane = 0; lane < LANES; lane++) {
        hello->position[lane] = how & 16 ? number(fuzz) : 0;
        hello->last_sent[lane] = how & 32 ? number(fuzz) : INT64_MAX;
    }
}

/* The head is right but for what the bits of `how` take away. */
static void make_head(struct fuzz *fuzz, uint8_t how, struct session_head *head)
{
    *head = fuzz->head;
    if (how & 1 || head->session == 0)
        head->session = 1 + byte(fuzz);
    if (how & 2)
        head->peer_session = byte(fuzz);
    if (how & 4)
        head->incarnation = byte(fuzz);
    if (how & 8)
        head->peer_incarnation = byte(fuzz);
    if (head->incarnation == 0)
        head->incarnation = 1;
}

static void give_frame(struct fuzz *fuzz, uint8_t how)
{
    struct frame frame = {.kind = (enum frame_kind)(1 + (how & 0x0f) % 7)};
    make_head(fuzz, how >> 4 == 15 ? byte(fuzz) : 0, &frame.head);
    if (frame.kind == FRAME_HELLO) {
        make_hello(fuzz, &frame.hello);
    } else if (frame.kind == FRAME_ENTRIES) {
        make_entries(fuzz, &frame);
    } else if (frame.kind == FRAME_ACK) {
        frame.ack.credit = (int32_t)(number(fuzz) % INT32_MAX);
        frame.ack.position[0] = number(fuzz);
        frame.ack.position[1] = number(fuzz);
    } else if (frame.kind == FRAME_PING) {
        frame.ping.last[0] = number(fuzz);
        frame.ping.last[1] = number(fuzz);
        frame.ping.clock_ms = number(fuzz) / 2;
        frame.ping.echo = byte(fuzz);
        frame.ping.echoed = byte(fuzz);
    } else if (frame.kind == FRAME_REFUSE) {
        frame.refuse.code = byte(fuzz) & 1 ? ERR_GONE_BACK : ERR_MUTE;
    }
    stream_on_frame(fuzz->stream, &frame, &fuzz->now);
}

static void commit_one(struct fuzz *fuzz)
{
    if (fuzz->receipt_count == 0)
        return;
    stream_received_committed(fuzz->stream, &receipts[fuzz->receipt_first]);
    fuzz->receipt_first = (fuzz->receipt_first + 1) % RECEIPTS;
    fuzz->receipt_count--;
}

static void fail_batch(struct fuzz *fuzz)
{
    struct stream_status status;
    fuzz->receipt_count = 0;
    stream_undelivered(fuzz->stream, &fuzz->now);
    stream_status(fuzz->stream, &status);
    memcpy(fuzz->handed, status.received, sizeof fuzz->handed);
}

static void answer(struct fuzz *fuzz, uint8_t how)
{
    const uint8_t digest[STREAM_DIGEST_BYTES] = {0};
    if (fuzz->look.kind == STREAM_LOOK)
        stream_looked(fuzz->stream, fuzz->look.look.lane, fuzz->look.look.lsn, (enum stream_look)(how % 3),
                      digest);
    if (fuzz->record.kind != STREAM_RECORD)
        return;
    stream_recorded(fuzz->stream, fuzz->record.record.incarnation);
    if (fuzz->record.record.anew)
        memset(fuzz->handed, 0, sizeof fuzz->handed);
    fuzz->record.kind = 0;
}

static void pass_time(struct fuzz *fuzz, uint8_t how)
{
    fuzz->now.mono_us += how * INT64_C(100000);
    fuzz->now.subject_ms += how * 100;
    stream_tick(fuzz->stream, &fuzz->now);
}

static void turn(struct fuzz *fuzz, uint8_t what, uint8_t how)
{
    switch (what % 8) {
    case 0:
        commit_one(fuzz);
        return;
    case 1:
        fail_batch(fuzz);
        return;
    case 2:
        answer(fuzz, how);
        return;
    case 3:
        pass_time(fuzz, how);
        return;
    case 4:
        stream_committed(fuzz->stream, (enum lane)(how % LANES), ++fuzz->tail[how % LANES]);
        return;
    case 5:
        stream_disconnected(fuzz->stream);
        return;
    case 6:
        stream_connected(fuzz->stream, &fuzz->now);
        return;
    default:
        stream_set_mute(fuzz->stream, how & 1);
        stream_set_window(fuzz->stream, how);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Input: turns of two bytes (what, how), each followed by what it reads. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {.data = data, .size = size};
    struct stream_config config = {.here = "here",
                                   .peer = "peer",
                                   .version = WIRE_VERSION,
                                   .incarnation = 1,
                                   .database = 1,
                                   .window = 64,
                                   .seed = 1};
    const struct stream_state state = {.peer_incarnation = 0};
    config.peer_is_parent = byte(&fuzz) & 1;
    fuzz.now = (struct stream_now){.mono_us = 1000000, .subject_ms = 1700000000000, .wall_ms = 1700000000000};
    fuzz.stream = stream_new(&config, &state);
    assert(fuzz.stream != NULL);
    while (fuzz.at < fuzz.size) {
        uint8_t what = byte(&fuzz);
        uint8_t how = byte(&fuzz);
        if (what >= 64)
            give_frame(&fuzz, how);
        else
            turn(&fuzz, what, how);
        drain(&fuzz);
    }
    stream_free(&fuzz.stream);
    return 0;
}
