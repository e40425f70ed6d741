/* A stream between hands: it is told, asked what it wants, and the answers are kept to look at. */
#ifndef SANJI_TESTS_UNIT_STREAM_KIT_H
#define SANJI_TESTS_UNIT_STREAM_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stream/stream.h"
#include "wire/event.h"

#define SEEN_MAX 64
#define KIT_CHILD 0
#define KIT_PARENT 1

struct side {
    struct stream_config config;
    struct stream_state state;
    struct stream *stream;
    struct stream_action seen[SEEN_MAX]; /* since the last forget() */
    int seen_count;
    struct stream_receipt receipt; /* of the last delivery */
    int64_t first_lsn, last_lsn;   /* of the last delivery */
    size_t delivered;              /* entries, in all */
};

struct kit {
    struct side side[2];
    struct stream_now now;
    bool lose; /* frames on the line are lost */
};

static const uint8_t kit_envelope[WIRE_ENVELOPE_BYTES] = {1};

static inline void kit_open(struct kit *kit)
{
    memset(kit, 0, sizeof *kit);
    kit->now =
        (struct stream_now){.mono_us = 50000000, .subject_ms = 1700000000000, .wall_ms = 1700000000000};
    for (int i = 0; i < 2; i++) {
        struct stream_config *config = &kit->side[i].config;
        *config = (struct stream_config){.peer_is_parent = i == KIT_CHILD,
                                         .version = 5,
                                         .incarnation = 2,
                                         .database = (uint64_t)(100 + i),
                                         .window = WINDOW_ENTRIES,
                                         .seed = (uint64_t)(7 + i)};
        strcpy(config->here, i == KIT_CHILD ? "440306017001" : "440306017");
        strcpy(config->peer, i == KIT_CHILD ? "440306017" : "440306017001");
        kit->side[i].state.peer_incarnation = 2;
        kit->side[i].state.peer_database = (uint64_t)(100 + 1 - i);
    }
}

/* Makes the streams from config and state, as a start of both processes does. */
static inline void kit_start(struct kit *kit, int i)
{
    stream_free(&kit->side[i].stream);
    kit->side[i].config.seed += 1000;
    kit->side[i].stream = stream_new(&kit->side[i].config, &kit->side[i].state);
    kit->side[i].delivered = 0;
}

static inline void kit_close(struct kit *kit)
{
    stream_free(&kit->side[0].stream);
    stream_free(&kit->side[1].stream);
}

static inline void forget(struct side *side)
{
    side->seen_count = 0;
}

static inline void collect(struct kit *kit, struct side *side)
{
    struct stream_action action;
    while (stream_next(side->stream, &kit->now, &action)) {
        assert_true(side->seen_count < SEEN_MAX);
        side->seen[side->seen_count++] = action;
        if (action.kind != STREAM_DELIVER)
            continue;
        side->receipt = action.deliver.receipt;
        side->first_lsn = action.deliver.entries[0].lsn;
        side->last_lsn = action.deliver.entries[action.deliver.count - 1].lsn;
        side->delivered += action.deliver.count;
    }
}

/* The last action of a kind since forget(), or NULL. */
static inline struct stream_action *seen(struct side *side, enum stream_action_kind kind)
{
    for (int i = side->seen_count - 1; i >= 0; i--)
        if (side->seen[i].kind == kind)
            return &side->seen[i];
    return NULL;
}

static inline struct frame *seen_frame(struct side *side, enum frame_kind kind)
{
    for (int i = side->seen_count - 1; i >= 0; i--)
        if (side->seen[i].kind == STREAM_SEND && side->seen[i].frame.kind == kind)
            return &side->seen[i].frame;
    return NULL;
}

static inline void give(struct kit *kit, int to, const struct frame *frame)
{
    stream_on_frame(kit->side[to].stream, frame, &kit->now);
    collect(kit, &kit->side[to]);
}

/* Carries frames to and fro until both are silent; looks and records are answered as a sound database would.
 */
static inline void kit_talk(struct kit *kit)
{
    int done[2] = {0, 0};
    for (int turn = 0; turn < 40; turn++) {
        int from = turn % 2;
        struct side *side = &kit->side[from];
        for (; done[from] < side->seen_count; done[from]++) {
            const struct stream_action action = side->seen[done[from]];
            if (action.kind == STREAM_SEND && !kit->lose)
                give(kit, 1 - from, &action.frame);
            else if (action.kind == STREAM_RECORD)
                stream_recorded(side->stream, action.record.incarnation);
            else if (action.kind == STREAM_LOOK)
                stream_looked(side->stream, action.look.lane, action.look.lsn, STREAM_LOOK_FOUND,
                              kit->side[1 - from].state.lane[action.look.lane].received_digest);
            collect(kit, side);
        }
    }
}

/* Both processes start and the child's transport stands. */
static inline void kit_connect(struct kit *kit)
{
    kit_start(kit, KIT_CHILD);
    kit_start(kit, KIT_PARENT);
    forget(&kit->side[0]);
    forget(&kit->side[1]);
    stream_connected(kit->side[KIT_CHILD].stream, &kit->now);
    collect(kit, &kit->side[KIT_CHILD]);
    kit_talk(kit);
}

static inline bool is_up(const struct side *side)
{
    struct stream_status status;
    stream_status(side->stream, &status);
    return status.up;
}

static inline void assert_up(struct kit *kit)
{
    assert_true(is_up(&kit->side[KIT_CHILD]));
    assert_true(is_up(&kit->side[KIT_PARENT]));
    forget(&kit->side[KIT_CHILD]);
    forget(&kit->side[KIT_PARENT]);
}

static inline void pass_time(struct kit *kit, int64_t ms)
{
    kit->now.mono_us += ms * 1000;
    kit->now.subject_ms += ms;
    kit->now.wall_ms += ms;
}

static inline void tick(struct kit *kit, int i)
{
    stream_tick(kit->side[i].stream, &kit->now);
    collect(kit, &kit->side[i]);
}

/* An event entry; prev is the lsn before it in the chain. */
static inline struct entry event_entry(int64_t lsn, int64_t prev)
{
    struct entry entry = {
        .lsn = lsn, .prev = prev, .kind = ENTRY_EVENT, .subject_no = 1, .envelope = kit_envelope};
    entry.subject.bytes[0] = 9;
    return entry;
}

static inline struct entry run_entry(int64_t lsn, int64_t prev, int32_t no, bool more)
{
    struct entry entry = event_entry(lsn, prev);
    entry.kind = ENTRY_SNAPSHOT;
    entry.subject_no = no;
    entry.more = more;
    return entry;
}

/* A frame that the side's neighbour would send in the present session. */
static inline struct frame entries_frame(const struct frame *like, enum lane lane,
                                         const struct entry *entries, size_t count)
{
    struct frame frame = {.kind = FRAME_ENTRIES, .head = like->head};
    frame.entries.lane = lane;
    frame.entries.count = count;
    frame.entries.entries = entries;
    return frame;
}

/* Who may speak with whom: greetings, refusals, databases that have gone back (custody rules 3, 13, 14). */
#include "test_stream_kit.h"

static inline int kit_setup(void **state)
{
    struct kit *kit = calloc(1, sizeof *kit);
    *state = kit;
    kit_open(kit);
    return 0;
}

static inline int kit_teardown(void **state)
{
    kit_close(*state);
    free(*state);
    return 0;
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

/* The child sends HELLO as `greeting` says, echoing whatever the parent has answered to a first HELLO. */
static inline void greet_parent(struct kit *kit, struct frame *greeting)
{
    struct side *parent = &kit->side[KIT_PARENT];
    kit_start(kit, KIT_PARENT);
    forget(parent);
    *greeting =
        (struct frame){.kind = FRAME_HELLO, .head = {.session = 77, .incarnation = 2, .peer_incarnation = 2}};
    greeting->hello = (struct hello){.version = 5, .database = 100};
    strcpy(greeting->hello.center, "440306017001");
    give(kit, KIT_PARENT, greeting);
    greeting->head.peer_session = seen_frame(parent, FRAME_HELLO)->head.session;
    forget(parent);
}

static const uint8_t kit_body[BODY_BYTES_MAX];

static inline void kit_up(struct kit *kit)
{
    kit_connect(kit);
    assert_up(kit);
}

/* The child has `count` entries for the parent, lsn 1..count. */
static inline void fill(struct entry *entries, int count, size_t body_size)
{
    for (int i = 0; i < count; i++) {
        entries[i] = event_entry(i + 1, i);
        entries[i].body = kit_body;
        entries[i].body_size = body_size;
    }
}

/* Serves the feed that is wanted from `entries` (lsn = index + 1) and collects what follows; frames sent. */
static inline int serve(struct kit *kit, const struct entry *entries, size_t count, struct frame *last)
{
    struct side *child = &kit->side[KIT_CHILD];
    struct stream_action *wanted = seen(child, STREAM_FEED);
    if (wanted == NULL)
        return 0;
    struct stream_feed feed = wanted->feed;
    const struct entry *next = entries + feed.after_lsn;
    size_t left = count - (size_t)feed.after_lsn;
    int frames = 0;
    size_t took;
    if (left > (size_t)feed.max_entries)
        left = (size_t)feed.max_entries;
    while ((took = stream_send_entries(child->stream, &feed, next, left, &kit->now, last)) > 0) {
        next += took;
        left -= took;
        frames++;
    }
    stream_fed(child->stream, &feed, &kit->now);
    forget(child);
    collect(kit, child);
    return frames;
}

static inline void commit_child(struct kit *kit, enum lane lane, int64_t lsn)
{
    stream_committed(kit->side[KIT_CHILD].stream, lane, lsn);
    collect(kit, &kit->side[KIT_CHILD]);
}

#endif
