/* What may happen, one step after the other: packets, commits, people, clocks, cuts and crashes. */
#ifndef SANJI_TESTS_SIM_COMMAND_SCHEDULE_H
#define SANJI_TESTS_SIM_COMMAND_SCHEDULE_H

#include "sim_command_check.h"

/* Nothing stored, nothing on the lines. */
static inline void reset_center(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    struct command_db *db = &center->db;
    db->lsn = db->committed = 0;
    memset(db->own, 0, sizeof db->own);
    for (int peer = 0; peer < CENTERS; peer++) {
        struct neighbour_rows *to = &db->to[peer];
        to->count = to->committed = to->incarnation = 0;
        to->database = 0;
        memset(to->received, 0, sizeof to->received);
        memset(to->acked, 0, sizeof to->acked);
        memset(to->digest, 0, sizeof to->digest);
        world->wires[c][peer].cut = false;
    }
    memset(center->mode_held, 0, sizeof center->mode_held);
    memset(center->mode_fell, 0, sizeof center->mode_fell);
    center->last_act.type = INPUT_ENTRIES;
}

static inline void world_start(struct world *world, uint64_t seed, enum mutant mutant)
{
    arena_reset(&world->pool);
    memset(world->drafted, 0, sizeof world->drafted);
    memset(world->arrived_ms, 0, sizeof world->arrived_ms);
    world->promise_count = 0;
    world->next_key = 0;
    world->calm = false;
    world->failure[0] = '\0';
    world->seed = seed;
    world->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    world->mutant = mutant;
    world->now =
        (struct stream_now){.mono_us = 1000000, .subject_ms = 1700000000000, .wall_ms = 1700000000000};
    world->drop = (int[]){0, 15, 40, 200}[pick(world, 4)];
    world->twice = pick(world, 3) * 20;
    world->swap = pick(world, 3) * 20;
    world->slow = pick(world, 3) * 300;
    world->crashes_left = pick(world, 6);
    world->cuts_left = pick(world, 6);
    world->failures_left = pick(world, 4);
    world->window = 1 + pick(world, 40);
    bool skewed = chance(world, 300);
    for (int c = 0; c < CENTERS; c++) {
        reset_center(world, c);
        world->centers[c].skew_ms = skewed ? pick(world, 40000) - 20000 : 0;
    }
    for (int c = 0; c < CENTERS; c++)
        center_start(world, c);
}

static inline void world_end(struct world *world)
{
    for (int c = 0; c < CENTERS; c++)
        center_crash(world, c);
}

/* ---- what may happen in a step ---- */

static inline void deliver_packet(struct world *world, int from, int to)
{
    static uint8_t room[FRAME_ARENA_BYTES];
    struct wire *wire = &world->wires[from][to];
    struct arena arena;
    struct frame frame;
    struct fault fault;
    struct packet packet = wire_take(wire);
    arena_init(&arena, room, sizeof room);
    if (frame_unpack(packet.bytes, packet.size, &arena, &frame, &fault) != ERR_OK) {
        fail_world(world, fault.text, COMMANDS, to);
    } else {
        stream_on_frame(world->centers[to].streams[from], &frame, &world->now);
        act(world, to, from);
    }
    free(packet.bytes);
}

static inline void step_network(struct world *world, int from, int to)
{
    int packets = world->calm ? WIRE_QUEUE : 1 + pick(world, 6);
    while (world->wires[from][to].count > 0 && packets-- > 0 && world->centers[to].alive &&
           world->centers[to].inbox_count <= INBOX_ROOM - 8)
        deliver_packet(world, from, to);
}

static inline void step_reads(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    for (int peer = 0; peer < CENTERS && center->alive; peer++)
        for (int lane = 0; lane < LANES && neighbours(c, peer); lane++) {
            if (center->reads[peer][lane].active) {
                center->reads[peer][lane].active = false;
                serve_feed(world, c, peer, &center->reads[peer][lane].feed);
            }
            if (center->looks[peer][lane].active) {
                center->looks[peer][lane].active = false;
                serve_look(world, c, peer, (enum lane)lane, center->looks[peer][lane].lsn);
            }
            act(world, c, peer);
        }
}

static inline void set_cut(struct world *world, int child, bool cut)
{
    int parent = parent_of(child);
    world->wires[child][parent].cut = cut;
    world->wires[parent][child].cut = cut;
    wire_clear(&world->wires[child][parent]);
    wire_clear(&world->wires[parent][child]);
}

static inline void tell(struct world *world, int c, int peer, bool connected)
{
    struct stream *stream = world->centers[c].streams[peer];
    if (stream == NULL)
        return;
    if (connected)
        stream_connected(stream, &world->now);
    else
        stream_disconnected(stream);
    act(world, c, peer);
}

/* A cut may be noticed by the transport, or only by silence. */
static inline void step_link(struct world *world, int child)
{
    int parent = parent_of(child);
    if (parent == NOBODY)
        return;
    if (world->wires[child][parent].cut) {
        set_cut(world, child, false);
        tell(world, child, parent, true);
    } else if (world->cuts_left > 0 && !world->calm) {
        world->cuts_left--;
        world->tally.cuts++;
        set_cut(world, child, true);
        if (chance(world, 500))
            tell(world, child, parent, false);
        if (chance(world, 500))
            tell(world, parent, child, false);
    }
}

static inline void step_life(struct world *world, int c)
{
    if (!world->centers[c].alive) {
        center_start(world, c);
        for (int child = 0; child < CENTERS; child++)
            if (parent_of(child) == c && chance(world, 700))
                tell(world, child, c, true); /* reconnected by itself; else silence tells */
    } else if (world->crashes_left > 0 && !world->calm) {
        world->crashes_left--;
        world->tally.crashes++;
        center_crash(world, c);
    }
}

static inline void advance(struct world *world, int64_t us)
{
    world->now.mono_us += us;
    world->now.subject_ms += us / 1000;
    world->now.wall_ms += us / 1000;
    for (int c = 0; c < CENTERS; c++)
        for (int peer = 0; peer < CENTERS; peer++) {
            struct stream *stream = world->centers[c].streams[peer];
            if (stream == NULL || stream_wait_ms(stream, &world->now) != 0)
                continue;
            stream_tick(stream, &world->now);
            act(world, c, peer);
        }
}

/* The calendar leaps; the lines' own time does not. */
static inline void leap(struct world *world, int64_t ms)
{
    world->now.subject_ms += ms;
    world->now.wall_ms += ms;
    for (int c = 0; c < CENTERS; c++)
        check_center(world, c);
}

static inline void step_clock(struct world *world)
{
    static const int64_t minutes[] = {1, 2, 5, 12, 31, 60, 240, 1600};
    leap(world, minutes[pick(world, 8)] * MINUTE_MS);
}

static inline void commit_and_check(struct world *world, int c)
{
    step_commit(world, c);
    check_center(world, c);
}

static inline void step(struct world *world)
{
    int what = pick(world, 1000);
    int c = pick(world, CENTERS);
    int child = 1 + pick(world, CENTERS - 1);
    bool up = chance(world, 500);
    advance(world, pick(world, 3000));
    if (what < 420)
        step_network(world, up ? child : parent_of(child), up ? parent_of(child) : child);
    else if (what < 720)
        commit_and_check(world, c);
    else if (what < 770)
        step_reads(world, c);
    else if (what < 910)
        step_act(world, c);
    else if (what < 920)
        step_issue(world);
    else if (what < 928)
        step_change(world);
    else if (what < 936)
        step_repeat(world, c);
    else if (what < 946)
        step_clock(world);
    else if (what < 958)
        step_link(world, c);
    else if (what < 970)
        step_life(world, c);
    else if (what >= 985)
        advance(world, pick(world, 1000000));
}

#endif
