/* One center of a simulated tree: does what its streams ask, gathers inputs into batches, commits or crashes.
 */
#ifndef SANJI_TESTS_SIM_COMMAND_CENTER_H
#define SANJI_TESTS_SIM_COMMAND_CENTER_H

#include "sim_command_receive.h"

static inline void act(struct world *world, int c, int peer);

/* ---- lines ---- */

static inline void wire_send(struct world *world, int from, int to, const struct frame *frame)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    struct wire *wire = &world->wires[from][to];
    size_t size = 0;
    if (wire->cut || !world->centers[to].alive)
        return;
    if (frame_pack(frame, bytes, sizeof bytes, &size) != ERR_OK) {
        fail_world(world, "a frame does not fit the wire", COMMANDS, from);
        return;
    }
    if (!world->calm && chance(world, world->drop))
        return;
    wire_put(wire, bytes, size);
    if (!world->calm && chance(world, world->twice))
        wire_put(wire, bytes, size);
    if (!world->calm && wire->count > 1 && chance(world, world->swap))
        wire_swap(wire, pick(world, wire->count));
}

/* ---- life ---- */

static inline void stream_start(struct world *world, int c, int peer)
{
    struct sim_center *center = &world->centers[c];
    struct neighbour_rows *to = &center->db.to[peer];
    struct stream_config config = {.peer_is_parent = parent_of(c) == peer,
                                   .version = WIRE_VERSION,
                                   .incarnation = 1,
                                   .database = (uint64_t)c + 1,
                                   .window = world->window,
                                   .seed = random_next(&world->random)};
    struct stream_state state = {.peer_incarnation = to->incarnation, .peer_database = to->database};
    snprintf(config.here, CODE_SIZE, "%s", codes[c]);
    snprintf(config.peer, CODE_SIZE, "%s", codes[peer]);
    for (int lane = 0; lane < LANES; lane++) {
        state.lane[lane].received = to->received[lane];
        memcpy(state.lane[lane].received_digest, to->digest[lane], STREAM_DIGEST_BYTES);
        state.lane[lane].acked = to->acked[lane];
    }
    state.lane[LANE_TALK].tail = to->count > 0 ? to->rows[to->count - 1].lsn : 0;
    center->streams[peer] = stream_new(&config, &state);
    if (config.peer_is_parent && !world->wires[c][peer].cut)
        stream_connected(center->streams[peer], &world->now);
    act(world, c, peer);
}

static inline void center_start(struct world *world, int c)
{
    world->centers[c].alive = true;
    remember(world, c);
    for (int peer = 0; peer < CENTERS; peer++)
        if (neighbours(c, peer))
            stream_start(world, c, peer);
}

/* Everything that is not in the database goes. */
static inline void center_crash(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    center->alive = false;
    center->inbox_count = center->committing = 0;
    center->timer_queued = false;
    memset(center->reads, 0, sizeof center->reads);
    memset(center->looks, 0, sizeof center->looks);
    memset(center->arriving, 0, sizeof center->arriving);
    roll_back(world, c);
    for (int peer = 0; peer < CENTERS; peer++) {
        if (center->streams[peer] == NULL)
            continue;
        world->tally.entries += stream_counters(center->streams[peer])->entries_in;
        world->tally.resumes += stream_counters(center->streams[peer])->resumes;
        stream_free(&center->streams[peer]);
        wire_clear(&world->wires[c][peer]);
        wire_clear(&world->wires[peer][c]);
    }
}

/* ---- what a stream asks for ---- */

static inline void put_input(struct world *world, int c, struct input input)
{
    struct sim_center *center = &world->centers[c];
    if (center->inbox_count == INBOX_ROOM)
        fail_world(world, "an input had no room", COMMANDS,
                   c); /* the schedule asks for room before it delivers */
    else
        center->inbox[center->inbox_count++] = input;
}

static inline void keep_delivery(struct world *world, int c, int peer, const struct stream_action *action)
{
    struct input input = {.type = INPUT_ENTRIES,
                          .from = peer,
                          .receipt = action->deliver.receipt,
                          .count = (int)action->deliver.count,
                          .entries = pool_take(world, action->deliver.count * sizeof *input.entries)};
    for (int i = 0; i < input.count; i++) {
        struct held_entry *held = &input.entries[i];
        held->entry = action->deliver.entries[i];
        uint8_t *body = pool_take(world, held->entry.body_size + 1);
        if (held->entry.envelope != NULL)
            memcpy(held->envelope, held->entry.envelope, sizeof held->envelope);
        if (held->entry.body_size > 0)
            memcpy(body, held->entry.body, held->entry.body_size);
        held->entry.envelope = NULL;
        held->entry.body = body;
    }
    put_input(world, c, input);
}

/* One entry of a neighbour's window as the stream wants it. */
static inline void make_entry(const struct world *world, const struct sim_center *center,
                              const struct row *row, int32_t no, struct entry *entry)
{
    const struct event *event = row->snapshot ? log_event(center, row->event, no) : row->event;
    *entry = (struct entry){.lsn = row->lsn,
                            .prev = row->prev,
                            .kind = row->snapshot ? ENTRY_SNAPSHOT : ENTRY_EVENT,
                            .more = row->snapshot && no < row->event->no,
                            .subject = event->at == NOBODY ? world->tree.ids[event->command]
                                                           : world->tree.sheet_ids[event->command][event->at],
                            .subject_no = event->no,
                            .envelope = event->packed,
                            .body = event->body,
                            .body_size = event->body_size};
}

static inline int row_after(const struct neighbour_rows *rows, int64_t lsn)
{
    int low = 0, high = rows->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (rows->rows[middle].lsn > lsn)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static inline int sendable(const struct world *world, const struct neighbour_rows *rows)
{
    return world->mutant == MUTANT_SEND_BEFORE_COMMIT ? rows->count : rows->committed;
}

/* Reads at most as many entries as asked for; sometimes fewer, as a table's window may. */
static inline size_t read_window(struct world *world, int c, int peer, const struct stream_feed *feed,
                                 struct entry *entries)
{
    const struct sim_center *center = &world->centers[c];
    const struct neighbour_rows *rows = &center->db.to[peer];
    size_t limit = (size_t)(world->calm ? feed->max_entries : 1 + pick(world, feed->max_entries));
    size_t n = 0;
    int32_t skip = feed->after_no;
    if (feed->lane != LANE_TALK)
        return 0;
    for (int i = row_after(rows, feed->after_lsn); i < sendable(world, rows) && n < limit; i++) {
        const struct row *row = &rows->rows[i];
        int32_t first = row->snapshot ? skip + 1 : row->event->no;
        for (int32_t no = first; no <= row->event->no && n < limit; no++)
            make_entry(world, center, row, no, &entries[n++]);
        skip = 0;
    }
    return n;
}

static inline void serve_feed(struct world *world, int c, int peer, const struct stream_feed *feed)
{
    static struct entry entries[ENTRIES_PER_FRAME_MAX];
    struct stream *stream = world->centers[c].streams[peer];
    size_t n = read_window(world, c, peer, feed, entries);
    size_t done = 0, took;
    struct frame frame;
    while ((took = stream_send_entries(stream, feed, entries + done, n - done, &world->now, &frame)) > 0) {
        wire_send(world, c, peer, &frame);
        done += took;
    }
    stream_fed(stream, feed, &world->now);
    if (stream_counters(stream)->broken_feeds > 0)
        fail_world(world, "a window did not follow the chain", COMMANDS, c);
}

/* What stands at an lsn, as journal_to and the log tell. */
static inline void serve_look(struct world *world, int c, int peer, enum lane lane, int64_t lsn)
{
    const struct sim_center *center = &world->centers[c];
    const struct neighbour_rows *rows = &center->db.to[peer];
    uint8_t digest[STREAM_DIGEST_BYTES] = {0};
    struct entry entry;
    int i = row_after(rows, lsn - 1);
    bool found = lane == LANE_TALK && i < rows->committed && rows->rows[i].lsn == lsn;
    if (found) {
        make_entry(world, center, &rows->rows[i], rows->rows[i].event->no, &entry);
        stream_entry_digest(&entry, digest);
    }
    stream_looked(center->streams[peer], lane, lsn, found ? STREAM_LOOK_FOUND : STREAM_LOOK_NONE, digest);
}

static inline void do_action(struct world *world, int c, int peer, const struct stream_action *action)
{
    struct sim_center *center = &world->centers[c];
    switch (action->kind) {
    case STREAM_SEND:
        wire_send(world, c, peer, &action->frame);
        return;
    case STREAM_DELIVER:
        keep_delivery(world, c, peer, action);
        return;
    case STREAM_FEED:
        if (chance(world, world->slow)) /* evicted from memory: the table is read later */
            center->reads[peer][action->feed.lane] =
                (struct waiting_read){.active = true, .feed = action->feed};
        else
            serve_feed(world, c, peer, &action->feed);
        return;
    case STREAM_ACKED:
        memcpy(center->db.to[peer].acked, action->acked, sizeof action->acked);
        return;
    case STREAM_LOOK:
        center->looks[peer][action->look.lane] =
            (struct waiting_look){.active = true, .lsn = action->look.lsn};
        return;
    case STREAM_RECORD:
        put_input(world, c,
                  (struct input){.type = INPUT_RECORD,
                                 .from = peer,
                                 .incarnation = action->record.incarnation,
                                 .identity = action->record.database,
                                 .anew = action->record.anew});
        return;
    case STREAM_UP:
    case STREAM_DOWN:
        return;
    case STREAM_REFUSED:
    case STREAM_GONE_BACK:
    case STREAM_SELF_GONE_BACK:
        fail_world(world, "a neighbour was refused", COMMANDS, c);
        return;
    }
}

static inline void act(struct world *world, int c, int peer)
{
    struct stream_action action;
    while (world->centers[c].streams[peer] != NULL &&
           stream_next(world->centers[c].streams[peer], &world->now, &action))
        do_action(world, c, peer, &action);
}

static inline void act_all(struct world *world, int c)
{
    for (int peer = 0; peer < CENTERS; peer++)
        if (neighbours(c, peer))
            act(world, c, peer);
}

#endif
