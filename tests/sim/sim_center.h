/* One center of a simulated tree: does what its streams ask, gathers inputs into batches, commits or crashes.
 */
#ifndef SANJI_TESTS_SIM_CENTER_H
#define SANJI_TESTS_SIM_CENTER_H

#include "sim_custody.h"
#include "sim_wire.h"

static inline void act(struct world *world, int c, int peer);

static inline void center_start(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    center->alive = true;
    for (int peer = 0; peer < CENTERS; peer++) {
        if (!neighbours(c, peer))
            continue;
        struct stream_config config = {.peer_is_parent = parent_of(c) == peer,
                                       .version = WIRE_VERSION,
                                       .incarnation = 1,
                                       .database = (uint64_t)c + 1,
                                       .window = world->window,
                                       .seed = world_random(world)};
        snprintf(config.here, CODE_SIZE, "%c", "ASDB"[c]);
        snprintf(config.peer, CODE_SIZE, "%c", "ASDB"[peer]);
        struct neighbour_rows *to = &center->db.to[peer];
        struct stream_state state = {.peer_incarnation = to->incarnation, .peer_database = to->database};
        for (int lane = 0; lane < LANES; lane++) {
            struct lane_rows *rows = &to->lane[lane];
            state.lane[lane].received = rows->received;
            memcpy(state.lane[lane].received_digest, rows->digest, STREAM_DIGEST_BYTES);
            state.lane[lane].acked = rows->acked;
            state.lane[lane].tail = rows->count > 0 ? rows->rows[rows->count - 1].lsn : 0;
            center->handed[peer][lane] = rows->received;
            center->handed_run[peer][lane] = 0;
        }
        center->streams[peer] = stream_new(&config, &state);
        if (config.peer_is_parent && !world->wires[c][peer].cut)
            stream_connected(center->streams[peer], &world->now);
        act(world, c, peer);
    }
}

static inline void drop_inbox(struct sim_center *center)
{
    for (int i = 0; i < center->inbox_count; i++)
        free(center->inbox[i].entries);
    center->inbox_count = 0;
    center->committing = 0;
}

static inline void add_counters(struct tally *tally, const struct stream_counters *counters)
{
    tally->sessions += counters->sessions;
    tally->resumes += counters->resumes;
    tally->duplicates += counters->duplicates;
    tally->silences += counters->silences;
    tally->entries += counters->entries_in;
}

/* Everything that is not in the database goes. */
static inline void center_crash(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    center->alive = false;
    drop_inbox(center);
    memset(center->reads, 0, sizeof center->reads);
    memset(center->looks, 0, sizeof center->looks);
    memset(center->up, 0, sizeof center->up);
    for (int peer = 0; peer < CENTERS; peer++) {
        if (center->streams[peer] == NULL)
            continue;
        add_counters(&world->tally, stream_counters(center->streams[peer]));
        stream_free(&center->streams[peer]);
        wire_clear(&world->wires[c][peer]);
        wire_clear(&world->wires[peer][c]);
    }
}

static inline void put_input(struct world *world, int c, struct input input)
{
    struct sim_center *center = &world->centers[c];
    if (center->inbox_count == INBOX_ROOM) {
        fail_world(world, "an input had no room", c); /* the schedule asks for room before it delivers */
        free(input.entries);
        return;
    }
    center->inbox[center->inbox_count++] = input;
}

static inline void keep_delivery(struct world *world, int c, int peer, const struct stream_action *action)
{
    struct input input = {.type = INPUT_ENTRIES,
                          .from = (uint8_t)peer,
                          .receipt = action->deliver.receipt,
                          .count = (int)action->deliver.count};
    input.entries = calloc(action->deliver.count, sizeof *input.entries);
    for (size_t i = 0; i < action->deliver.count; i++) {
        const struct entry *entry = &action->deliver.entries[i];
        input.entries[i].entry = *entry;
        if (entry->envelope != NULL)
            memcpy(&input.entries[i].event, entry->envelope, sizeof input.entries[i].event);
        if (entry->body_size > 0)
            input.entries[i].key = entry->body[0];
    }
    enum lane lane = input.receipt.lane;
    world->centers[c].handed[peer][lane] = input.receipt.position;
    world->centers[c].handed_run[peer][lane] = (int32_t)input.receipt.run_entries;
    put_input(world, c, input);
    if (world->mutant == MUTANT_ACK_BEFORE_COMMIT)
        stream_received_committed(world->centers[c].streams[peer], &input.receipt);
}

/* One entry of a neighbour's window as the stream wants it. */
static inline void make_entry(const struct sim_center *center, const struct row *row, int32_t no, bool more,
                              uint8_t bytes[WIRE_ENVELOPE_BYTES], struct entry *entry)
{
    *entry =
        (struct entry){.lsn = row->lsn, .prev = row->prev, .kind = row->kind, .more = more, .subject_no = no};
    subject_id(row->subject, &entry->subject);
    memset(bytes, 0, WIRE_ENVELOPE_BYTES);
    if (row->kind == ENTRY_EVENT || row->kind == ENTRY_SNAPSHOT) {
        memcpy(bytes, &center->db.copies[row->subject].log[no - 1], sizeof(struct event));
        entry->envelope = bytes;
    } else if (row->kind == ENTRY_REQUEST) {
        entry->body = &row->key;
        entry->body_size = 1;
    }
}

static inline int row_after(const struct lane_rows *rows, int64_t lsn)
{
    int low = 0;
    int high = rows->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (rows->rows[middle].lsn > lsn)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Reads at most as many entries as asked for; sometimes fewer, as a table's window may. */
static inline size_t read_window(struct world *world, int c, int peer, const struct stream_feed *feed,
                                 struct entry *entries, uint8_t (*bytes)[WIRE_ENVELOPE_BYTES])
{
    const struct sim_center *center = &world->centers[c];
    const struct lane_rows *rows = &center->db.to[peer].lane[feed->lane];
    size_t limit = (size_t)(world->calm ? feed->max_entries : 1 + pick(world, feed->max_entries));
    size_t n = 0;
    int32_t skip = feed->after_no;
    for (int i = row_after(rows, feed->after_lsn); i < rows->count && n < limit; i++) {
        const struct row *row = &rows->rows[i];
        int32_t last = row->kind == ENTRY_SNAPSHOT ? row->no : 1;
        for (int32_t k = skip + 1; k <= last && n < limit; k++, n++)
            make_entry(center, row, row->kind == ENTRY_SNAPSHOT ? k : row->no, k < last, bytes[n],
                       &entries[n]);
        skip = 0;
    }
    return n;
}

static inline void serve_feed(struct world *world, int c, int peer, const struct stream_feed *feed)
{
    static struct entry entries[ENTRIES_PER_FRAME_MAX];
    static uint8_t bytes[ENTRIES_PER_FRAME_MAX][WIRE_ENVELOPE_BYTES];
    struct stream *stream = world->centers[c].streams[peer];
    size_t n = read_window(world, c, peer, feed, entries, bytes);
    size_t done = 0;
    size_t took;
    struct frame frame;
    while ((took = stream_send_entries(stream, feed, entries + done, n - done, &world->now, &frame)) > 0) {
        wire_send(world, c, peer, &frame);
        done += took;
    }
    stream_fed(stream, feed, &world->now);
    if (stream_counters(stream)->broken_feeds > 0)
        fail_world(world, "a window did not follow the chain", c);
}

/* What stands at an lsn, as journal_to and the log tell. */
static inline void serve_look(struct world *world, int c, int peer, enum lane lane, int64_t lsn)
{
    const struct sim_center *center = &world->centers[c];
    const struct lane_rows *rows = &center->db.to[peer].lane[lane];
    uint8_t bytes[WIRE_ENVELOPE_BYTES];
    uint8_t digest[STREAM_DIGEST_BYTES] = {0};
    struct entry entry;
    int i = row_after(rows, lsn - 1);
    bool found = i < rows->count && rows->rows[i].lsn == lsn;
    if (found) {
        make_entry(center, &rows->rows[i], rows->rows[i].no, false, bytes, &entry);
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
        for (int lane = 0; lane < LANES; lane++)
            center->db.to[peer].lane[lane].acked = action->acked[lane];
        return;
    case STREAM_LOOK:
        center->looks[peer][action->look.lane] =
            (struct waiting_look){.active = true, .lsn = action->look.lsn};
        return;
    case STREAM_RECORD:
        put_input(world, c,
                  (struct input){.type = INPUT_RECORD,
                                 .from = (uint8_t)peer,
                                 .incarnation = action->record.incarnation,
                                 .identity = action->record.database,
                                 .anew = action->record.anew});
        return;
    case STREAM_UP:
        center->up[peer] = true;
        return;
    case STREAM_DOWN:
        center->up[peer] = false;
        return;
    case STREAM_REFUSED:
    case STREAM_GONE_BACK:
    case STREAM_SELF_GONE_BACK:
        fail_world(world, "a neighbour was refused", c);
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

/* ---- the commit ---- */

static inline void apply_delivery(struct world *world, int c, const struct input *input, bool with_position)
{
    struct lane_rows *rows = &world->centers[c].db.to[input->from].lane[input->receipt.lane];
    for (int i = 0; i < input->count; i++)
        on_entry(world, c, input->from, &input->entries[i]);
    if (!with_position)
        return;
    rows->received = input->receipt.position;
    memcpy(rows->digest, input->receipt.digest, STREAM_DIGEST_BYTES);
}

static inline void apply_offer(struct world *world, int c, const struct input *input)
{
    struct copy *copy = &world->centers[c].db.copies[input->subject];
    if (copy->owner != c || copy->count == 0 || !world->centers[c].up[input->from])
        return; /* nothing is offered while the link is down: climb pending */
    follow(world, c, input->subject, input->from);
    write_event(world, c, input->subject, DID_OFFER, c, input->from);
}

static inline void apply_unfollow(struct world *world, int c, const struct input *input)
{
    struct copy *copy = &world->centers[c].db.copies[input->subject];
    bool needed = copy->kept != 0 || copy->count == 0 || hop(c, copy->owner) == input->from;
    if (needed || !(copy->follow & BIT(input->from)))
        return;
    send_unfollow(world, c, input->from, input->subject);
}

static inline void apply_record(struct world *world, int c, const struct input *input)
{
    struct neighbour_rows *to = &world->centers[c].db.to[input->from];
    to->incarnation = input->incarnation;
    to->database = input->identity;
    for (int lane = 0; input->anew && lane < LANES; lane++)
        to->lane[lane].received = 0;
}

static inline void apply_input(struct world *world, int c, struct input *input, bool with_position)
{
    struct copy *copy = &world->centers[c].db.copies[input->subject];
    switch (input->type) {
    case INPUT_ENTRIES:
        apply_delivery(world, c, input, with_position);
        return;
    case INPUT_SUBMIT:
        input->accepted = copy->count > 0;
        if (input->accepted)
            on_request(world, c, input->subject, input->key, NOBODY);
        return;
    case INPUT_WORK:
        if (may_write(world, copy, c))
            write_event(world, c, input->subject, DID_WORK, c, 0);
        return;
    case INPUT_OFFER:
        apply_offer(world, c, input);
        return;
    case INPUT_COMMAND:
        world->centers[c].db.to[input->from].commands_sent++;
        send_talk(world, c, input->from, ENTRY_NACK, 0, 0);
        return;
    case INPUT_UNFOLLOW:
        apply_unfollow(world, c, input);
        return;
    case INPUT_RECORD:
        apply_record(world, c, input);
        return;
    }
}

/* After the commit, and only then: acknowledgements, new tails, answers. */
static inline void after_commit(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    for (int i = 0; i < center->committing; i++) {
        const struct input *input = &center->inbox[i];
        if (input->type == INPUT_ENTRIES && world->mutant != MUTANT_ACK_BEFORE_COMMIT)
            stream_received_committed(center->streams[input->from], &input->receipt);
        else if (input->type == INPUT_RECORD)
            stream_recorded(center->streams[input->from], input->incarnation);
        else if (input->type == INPUT_SUBMIT && input->accepted)
            world->answered[input->subject] |= BIT(input->key);
    }
    for (int peer = 0; peer < CENTERS; peer++)
        for (int lane = 0; neighbours(c, peer) && lane < LANES; lane++) {
            const struct lane_rows *rows = &center->db.to[peer].lane[lane];
            if (rows->count > 0)
                stream_committed(center->streams[peer], (enum lane)lane, rows->rows[rows->count - 1].lsn);
        }
}

static inline void finish_commit(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    bool dies = !world->calm && world->crashes_left > 0 && chance(world, 40);
    for (int i = 0; i < center->committing; i++)
        apply_input(world, c, &center->inbox[i], !(dies && world->mutant == MUTANT_POSITION_APART));
    if (dies) { /* committed, and nobody heard of it */
        world->crashes_left--;
        world->tally.crashes++;
        center_crash(world, c);
        return;
    }
    after_commit(world, c);
    for (int i = 0; i < center->committing; i++)
        free(center->inbox[i].entries);
    center->inbox_count -= center->committing;
    memmove(center->inbox, center->inbox + center->committing,
            (size_t)center->inbox_count * sizeof center->inbox[0]);
    center->committing = 0;
    act_all(world, c);
}

/* The database refuses the batch: nothing of it or after it happened; records are asked for again by hand. */
static inline void fail_commit(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    struct input records[CENTERS];
    int kept = 0;
    world->tally.failed_batches++;
    for (int i = 0; i < center->inbox_count; i++)
        if (center->inbox[i].type == INPUT_RECORD && kept < CENTERS)
            records[kept++] = center->inbox[i];
    drop_inbox(center);
    for (int i = 0; i < kept; i++)
        put_input(world, c, records[i]);
    for (int peer = 0; peer < CENTERS; peer++) {
        if (!neighbours(c, peer))
            continue;
        for (int lane = 0; lane < LANES; lane++) {
            center->handed[peer][lane] = center->db.to[peer].lane[lane].received;
            center->handed_run[peer][lane] = 0;
        }
        stream_undelivered(center->streams[peer], &world->now);
        act(world, c, peer);
    }
}

#endif
