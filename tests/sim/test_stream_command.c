/* Seeded schedules of commands over a tree of seven centers: real streams and the real rules of lib/domain,
 * with drops, repeats, reorderings, cuts, crashes, refused batches, clocks that differ and leap, and people
 * who act rightly and wrongly. While it runs no copy holds what its writer has not committed, everybody meant
 * is counted, a mode is in force where and while its lease holds. At rest every center on the way holds the
 * same log; at the end of all time each log is replayed. SIM_SEED=n runs one seed and tells it; SIM_SEEDS=n
 * runs that many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim_command_end.h"

#define SEEDS 2000
#define MUTANT_SEEDS 400
#define BUSY_STEPS 2000
#define CALM_SWEEPS 4000
#define LEAPS 16

static void world_start(struct world *world, uint64_t seed, enum mutant mutant)
{
    arena_reset(&world->pool);
    for (int c = 0; c < CENTERS; c++) {
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
    for (int c = 0; c < CENTERS; c++)
        world->centers[c].skew_ms = skewed ? pick(world, 40000) - 20000 : 0;
    for (int c = 0; c < CENTERS; c++)
        center_start(world, c);
}

static void world_end(struct world *world)
{
    for (int c = 0; c < CENTERS; c++)
        center_crash(world, c);
}

/* ---- what may happen in a step ---- */

static void deliver_packet(struct world *world, int from, int to)
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

static void step_network(struct world *world, int from, int to)
{
    int packets = world->calm ? WIRE_QUEUE : 1 + pick(world, 6);
    while (world->wires[from][to].count > 0 && packets-- > 0 && world->centers[to].alive &&
           world->centers[to].inbox_count <= INBOX_ROOM - 8)
        deliver_packet(world, from, to);
}

static void step_reads(struct world *world, int c)
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

static void set_cut(struct world *world, int child, bool cut)
{
    int parent = parent_of(child);
    world->wires[child][parent].cut = cut;
    world->wires[parent][child].cut = cut;
    wire_clear(&world->wires[child][parent]);
    wire_clear(&world->wires[parent][child]);
}

static void tell(struct world *world, int c, int peer, bool connected)
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
static void step_link(struct world *world, int child)
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

static void step_life(struct world *world, int c)
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

static void advance(struct world *world, int64_t us)
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
static void leap(struct world *world, int64_t ms)
{
    world->now.subject_ms += ms;
    world->now.wall_ms += ms;
    for (int c = 0; c < CENTERS; c++)
        check_center(world, c);
}

static void step_clock(struct world *world)
{
    static const int64_t minutes[] = {1, 2, 5, 12, 31, 60, 240, 1600};
    leap(world, minutes[pick(world, 8)] * MINUTE_MS);
}

static void commit_and_check(struct world *world, int c)
{
    step_commit(world, c);
    check_center(world, c);
}

static void step(struct world *world)
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

/* ---- coming to rest ---- */

static bool streams_idle(const struct world *world, int c)
{
    for (int peer = 0; peer < CENTERS; peer++) {
        struct stream_status status;
        if (!neighbours(c, peer))
            continue;
        stream_status(world->centers[c].streams[peer], &status);
        for (int lane = 0; lane < LANES; lane++)
            if (!status.up || status.acked[lane] != status.tail[lane])
                return false;
    }
    return true;
}

static bool settled(struct world *world)
{
    for (int c = 0; c < CENTERS; c++)
        if (!world->centers[c].alive || world->centers[c].inbox_count > 0 || timer_due(world, c) ||
            !streams_idle(world, c))
            return false;
    return true;
}

static void sweep(struct world *world)
{
    advance(world, chance(world, 800) ? pick(world, 3000) : pick(world, 1000000));
    for (int child = 1; child < CENTERS; child++) {
        step_network(world, child, parent_of(child));
        step_network(world, parent_of(child), child);
    }
    for (int c = 0; c < CENTERS; c++) {
        if (!world->centers[c].alive && chance(world, 200))
            step_life(world, c);
        if (parent_of(c) != NOBODY && world->wires[c][parent_of(c)].cut && chance(world, 200))
            step_link(world, c);
        step_reads(world, c);
        commit_and_check(world, c);
    }
}

static void settle(struct world *world)
{
    int left = CALM_SWEEPS;
    while (left > 0 && world->failure[0] == '\0' && !settled(world)) {
        sweep(world);
        left--;
    }
    if (left == 0)
        fail_world(world, "does not settle", COMMANDS, NOBODY);
    if (world->failure[0] == '\0')
        check_at_rest(world);
}

/* What was on the line is lost, and nothing later comes that could show it: only a PING can. */
static void lose_the_last(struct world *world)
{
    for (int from = 0; from < CENTERS; from++)
        for (int to = 0; to < CENTERS; to++)
            if (chance(world, 500))
                wire_clear(&world->wires[from][to]);
}

static int64_t next_of_all(struct world *world)
{
    int64_t next_ms = INT64_MAX;
    for (int c = 0; c < CENTERS; c++) {
        int64_t at_ms = next_look(world, c);
        if (at_ms < next_ms)
            next_ms = at_ms;
    }
    return next_ms;
}

/* Nobody acts any more, and time runs out for whoever is still awaited. */
static void run_out(struct world *world)
{
    for (int i = 0; i < LEAPS && world->failure[0] == '\0'; i++) {
        int64_t next_ms = next_of_all(world);
        if (next_ms == INT64_MAX)
            return;
        int64_t wait_ms = next_ms - world->now.subject_ms;
        leap(world, (wait_ms > 0 ? wait_ms : 0) + (HOUR_MS << i));
        settle(world);
    }
    fail_world(world, "clocks never come to rest", COMMANDS, NOBODY);
}

static bool run_seed(struct world *world, uint64_t seed, enum mutant mutant)
{
    world_start(world, seed, mutant);
    for (int i = 0; i < BUSY_STEPS && world->failure[0] == '\0'; i++)
        step(world);
    lose_the_last(world);
    world->calm = true;
    settle(world);
    if (world->failure[0] == '\0')
        run_out(world);
    if (world->failure[0] == '\0')
        check_end(world);
    world_end(world);
    return world->failure[0] == '\0';
}

static long number_of(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : otherwise;
}

/* ---- the tests ---- */

static void print_tally(const struct tally *t, long seeds)
{
#define N(field) (unsigned long long)t->field
    print_message(
        "%ld seeds: %llu commands (%llu refused), %llu later statements, %llu acts (%llu refused, %llu asked "
        "again), %llu changes; %llu crashes, %llu cuts, %llu failed batches, %llu resumes, %llu entries, "
        "%llu repeats\n",
        seeds, N(issued), N(refused), N(said), N(acts), N(acts_refused), N(again), N(changes), N(crashes),
        N(cuts), N(failed_batches), N(resumes), N(entries), N(repeats));
    print_message(
        "modes: %llu renewed, %llu fell back, %llu came again; %llu stand-downs; %llu not delivered\n",
        N(renewed), N(fell), N(came_again), N(stood_down), N(late));
#undef N
    for (int state = RECEIPT_DELIVERED; state < RECEIPT_STATES; state++)
        print_message("%s %llu, ", receipt_state_name((enum receipt_state)state),
                      (unsigned long long)t->states[state]);
    for (int state = COMMAND_STATE_OPEN; state <= COMMAND_STATE_EXPIRED; state++)
        print_message("%s%s %llu", state == COMMAND_STATE_OPEN ? "\nheaders: " : ", ",
                      command_state_name((enum command_state)state), (unsigned long long)t->ends[state]);
    print_message("\n");
}

/* The schedules come everywhere. */
static void check_tally(const struct tally *t, uint64_t seeds)
{
    for (int kind = COMMAND_ORDER; kind < COMMAND_KINDS; kind++)
        assert_true(t->kinds[kind] > seeds / 10);
    for (int state = RECEIPT_ACKED; state < RECEIPT_STATES; state++)
        assert_true(t->states[state] > 0);
    for (int state = COMMAND_STATE_ANSWERED; state <= COMMAND_STATE_EXPIRED; state++)
        assert_true(t->ends[state] > 0);
    assert_true(t->issued > seeds && t->said > seeds && t->acts > seeds && t->acts_refused > seeds &&
                t->refused > seeds);
    assert_true(t->crashes > seeds && t->cuts > seeds && t->failed_batches > 0 && t->resumes > 0 &&
                t->repeats > 0);
    assert_true(t->renewed > 0 && t->fell > 0 && t->came_again > 0 && t->stood_down > 0 && t->late > 0 &&
                t->again > 0);
}

static void test_every_schedule_brings_commands_home_and_answers_back(void **state)
{
    struct world *world = *state;
    long first = number_of("SIM_SEED", 0);
    long seeds = number_of("SIM_SEED", -1) >= 0 ? 1 : number_of("SIM_SEEDS", SEEDS);
    for (long seed = first; seed < first + seeds; seed++)
        if (!run_seed(world, (uint64_t)seed, MUTANT_NONE))
            fail_msg("SIM_SEED=%ld: %s", seed, world->failure);
    print_tally(&world->tally, seeds);
    if (seeds >= SEEDS)
        check_tally(&world->tally, (uint64_t)seeds);
}

static void test_each_broken_rule_is_noticed(void **state)
{
    struct world *world = *state;
    for (enum mutant mutant = MUTANT_NONE + 1; mutant < MUTANTS; mutant++) {
        uint64_t seed = 0;
        while (seed < MUTANT_SEEDS && run_seed(world, seed, mutant))
            seed++;
        if (seed == MUTANT_SEEDS)
            fail_msg("%s: nothing noticed in %d seeds", mutant_names[mutant], MUTANT_SEEDS);
        print_message("%-20s seed %llu: %s\n", mutant_names[mutant], (unsigned long long)seed,
                      world->failure);
    }
}

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    void *pool = malloc(POOL_BYTES);
    *state = world;
    if (world == NULL || pool == NULL || wire_init() != ERR_OK)
        return 1;
    arena_init(&world->pool, pool, POOL_BYTES);
    plant_tree(&world->tree);
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    free(world->pool.base);
    free(world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_schedule_brings_commands_home_and_answers_back, make_world,
                                        free_world),
        cmocka_unit_test_setup_teardown(test_each_broken_rule_is_noticed, make_world, free_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
