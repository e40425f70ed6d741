/* One batch: inputs are decided in memory, then the whole is committed, refused, or lost in a crash. */
#ifndef SANJI_TESTS_SIM_COMMAND_BATCH_H
#define SANJI_TESTS_SIM_COMMAND_BATCH_H

#include "sim_command_center.h"

static inline void decide_input(struct world *world, int c, struct input *input)
{
    input->accepted = false;
    switch (input->type) {
    case INPUT_ENTRIES:
        for (int i = 0; i < input->count; i++)
            on_entry(world, c, input->from, &input->entries[i]);
        return;
    case INPUT_SAY:
        on_say(world, c, input);
        return;
    case INPUT_ACT:
        on_act(world, c, input);
        return;
    case INPUT_TIMER:
        on_timer(world, c);
        return;
    case INPUT_REPEAT:
        repeat_log(world, c, input->command, input->at, input->from);
        return;
    case INPUT_RECORD:
        return;
    }
}

/* Tails are told only of what is committed. */
static inline void tell_tails(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    for (int peer = 0; peer < CENTERS; peer++) {
        const struct neighbour_rows *rows = &center->db.to[peer];
        int count = sendable(world, rows);
        if (neighbours(c, peer) && count > 0)
            stream_committed(center->streams[peer], LANE_TALK, rows->rows[count - 1].lsn);
    }
}

static inline void begin_batch(struct world *world, int c, int inputs)
{
    struct sim_center *center = &world->centers[c];
    center->now_ms = clock_of(world, c);
    for (int i = 0; i < inputs; i++)
        decide_input(world, c, &center->inbox[i]);
    write_pending(world, c);
    center->committing = inputs;
    if (world->mutant == MUTANT_SEND_BEFORE_COMMIT) {
        tell_tails(world, c);
        act_all(world, c);
    }
}

static inline void commit_input(struct command_db *db, const struct input *input)
{
    struct neighbour_rows *from = &db->to[input->from];
    if (input->type == INPUT_ENTRIES) {
        from->received[input->receipt.lane] = input->receipt.position;
        memcpy(from->digest[input->receipt.lane], input->receipt.digest, STREAM_DIGEST_BYTES);
    }
    if (input->type == INPUT_RECORD) {
        from->incarnation = input->incarnation;
        from->database = input->identity;
        if (input->anew)
            memset(from->received, 0, sizeof from->received);
    }
}

/* After the commit, and only then: acknowledgements, new tails, answers. */
static inline void answer_input(struct world *world, int c, const struct input *input)
{
    struct sim_center *center = &world->centers[c];
    if (input->type == INPUT_ENTRIES)
        stream_received_committed(center->streams[input->from], &input->receipt);
    else if (input->type == INPUT_RECORD)
        stream_recorded(center->streams[input->from], input->incarnation);
    else if (input->type == INPUT_ACT && input->accepted && world->promise_count < PROMISES)
        world->promises[world->promise_count++] =
            (struct promise){.command = input->command, .center = c, .key = input->act.key};
}

static inline void finish_batch(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    bool dies = !world->calm && world->crashes_left > 0 && chance(world, 40);
    for (int i = 0; i < center->committing; i++)
        commit_input(&center->db, &center->inbox[i]);
    commit_database(center, c);
    for (int command = 0; command < COMMANDS; command++)
        if (center->arriving[command] != 0)
            world->arrived_ms[command][c] = center->arriving[command];
    memset(center->arriving, 0, sizeof center->arriving);
    if (dies) { /* committed, and nobody heard of it */
        world->crashes_left--;
        world->tally.crashes++;
        center_crash(world, c);
        return;
    }
    for (int i = 0; i < center->committing; i++)
        answer_input(world, c, &center->inbox[i]);
    tell_tails(world, c);
    center->inbox_count -= center->committing;
    memmove(center->inbox, center->inbox + center->committing,
            (size_t)center->inbox_count * sizeof center->inbox[0]);
    center->committing = 0;
    act_all(world, c);
}

/* The database refuses the batch: nothing of it or after it happened; records are asked for again by hand. */
static inline void fail_batch(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    int kept = 0;
    world->tally.failed_batches++;
    roll_back(world, c);
    memset(center->arriving, 0, sizeof center->arriving);
    for (int i = 0; i < center->inbox_count; i++)
        if (center->inbox[i].type == INPUT_RECORD)
            center->inbox[kept++] = center->inbox[i];
    center->inbox_count = kept;
    center->committing = 0;
    center->timer_queued = false;
    for (int peer = 0; peer < CENTERS; peer++) {
        if (!neighbours(c, peer))
            continue;
        stream_undelivered(center->streams[peer], &world->now);
        act(world, c, peer);
    }
}

static inline void step_commit(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    if (!center->alive)
        return;
    if (center->committing == 0 && !center->timer_queued && center->inbox_count < INBOX_ROOM &&
        timer_due(world, c)) {
        center->timer_queued = true;
        put_input(world, c, (struct input){.type = INPUT_TIMER});
    }
    if (center->inbox_count == 0)
        return;
    if (center->committing == 0) {
        begin_batch(world, c, world->calm ? center->inbox_count : 1 + pick(world, center->inbox_count));
    } else if (!world->calm && world->failures_left > 0 && chance(world, 20)) {
        world->failures_left--;
        fail_batch(world, c);
    } else {
        finish_batch(world, c);
    }
}

#endif
