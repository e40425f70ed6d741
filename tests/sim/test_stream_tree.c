/* Seeded schedules over a tree of centers: drops, repeats, reorderings, cuts, crashes at any point, failed
 * batches, slow reads; requests that race hand-overs. After each: one owner, every copy a prefix of its
 * owner's log, no key decided twice, nothing acknowledged lost, every effect once, and at rest everything
 * settled. SIM_SEED=n runs one seed and tells it; SIM_SEEDS=n runs that many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim_center.h"

#define SEEDS 3000
#define MUTANT_SEEDS 1000
#define BUSY_STEPS 3000
#define CALM_STEPS 30000

static void world_start(struct world *world, uint64_t seed, enum mutant mutant)
{
    struct tally tally = world->tally;
    memset(world, 0, sizeof *world);
    world->tally = tally;
    world->seed = seed;
    world->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    world->mutant = mutant;
    world->now =
        (struct stream_now){.mono_us = 1000000, .subject_ms = 1700000000000, .wall_ms = 1700000000000};
    world->drop = (int[]){0, 15, 40, 250}[pick(world, 4)];
    world->twice = pick(world, 3) * 20;
    world->swap = pick(world, 3) * 20;
    world->slow = pick(world, 3) * 300;
    world->crashes_left = pick(world, 5);
    world->cuts_left = pick(world, 5);
    world->failures_left = pick(world, 4);
    world->window = 1 + pick(world, 40);
    for (int subject = 0; subject < CASES; subject++) {
        int origin = subject == 0 ? A : B;
        struct copy *copy = &world->centers[origin].db.copies[subject];
        copy->follow = BIT(S);
        world->truth_owner[subject] = (uint8_t)origin;
        for (int c = 0; c < CENTERS; c++)
            world->centers[c].db.copies[subject].owner = (uint8_t)origin;
        write_event(world, origin, subject, DID_BIRTH, origin, 0);
    }
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
    if (wire->count == 0 || !world->centers[to].alive || world->centers[to].inbox_count > INBOX_ROOM - 8)
        return;
    struct packet packet = wire_take(wire);
    arena_init(&arena, room, sizeof room);
    if (frame_unpack(packet.bytes, packet.size, &arena, &frame, &fault) != ERR_OK) {
        fail_world(world, fault.text, to);
    } else {
        forge(world, from, to, &frame);
        stream_on_frame(world->centers[to].streams[from], &frame, &world->now);
        act(world, to, from);
    }
    free(packet.bytes);
}

static void step_network(struct world *world)
{
    int from = pick(world, CENTERS);
    int to = pick(world, CENTERS);
    int packets = world->calm ? WIRE_QUEUE : 1 + pick(world, 6); /* a calm line is faster than its timers */
    while (neighbours(from, to) && world->wires[from][to].count > 0 && packets-- > 0)
        deliver_packet(world, from, to);
}

static void step_commit(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    if (!center->alive || center->inbox_count == 0)
        return;
    if (center->committing == 0) {
        center->committing = 1 + pick(world, center->inbox_count);
    } else if (!world->calm && world->failures_left > 0 && chance(world, 20)) {
        world->failures_left--;
        fail_commit(world, c);
    } else {
        finish_commit(world, c);
    }
}

static void serve_lane(struct world *world, int c, int peer, enum lane lane)
{
    struct waiting_look *look = &world->centers[c].looks[peer][lane];
    struct waiting_read *read = &world->centers[c].reads[peer][lane];
    if (look->active) {
        look->active = false;
        serve_look(world, c, peer, lane, look->lsn);
    }
    if (read->active) {
        read->active = false;
        serve_feed(world, c, peer, &read->feed);
    }
}

static void step_reads(struct world *world, int c)
{
    for (int peer = 0; peer < CENTERS; peer++) {
        if (world->centers[c].streams[peer] == NULL)
            continue;
        serve_lane(world, c, peer, LANE_TALK);
        serve_lane(world, c, peer, LANE_CASES);
        act(world, c, peer);
    }
}

static int any_neighbour(struct world *world, int c)
{
    int peer = pick(world, CENTERS);
    return neighbours(c, peer) ? peer : c == S ? D : S;
}

static void step_people(struct world *world, int c)
{
    static const enum input_type kinds[] = {INPUT_SUBMIT, INPUT_WORK,    INPUT_OFFER,   INPUT_OFFER,
                                            INPUT_OFFER,  INPUT_COMMAND, INPUT_UNFOLLOW};
    struct input input = {.type = kinds[pick(world, 7)],
                          .subject = (uint8_t)pick(world, CASES),
                          .key = (uint8_t)pick(world, KEYS),
                          .from = (uint8_t)any_neighbour(world, c)};
    if (!world->centers[c].alive || world->centers[c].inbox_count > INBOX_ROOM - 16)
        return;
    if (input.type == INPUT_UNFOLLOW && (c != S || input.from == D))
        return; /* the way up is never unfollowed */
    if (world->truth_count[input.subject] > LOG_MAX - 40 && input.type != INPUT_COMMAND)
        return;
    put_input(world, c, input);
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

static void step(struct world *world)
{
    int what = pick(world, 1000);
    int c = pick(world, CENTERS);
    advance(world, pick(world, 3000));
    if (what < 520)
        step_network(world);
    else if (what < 780)
        step_commit(world, c);
    else if (what < 880)
        step_reads(world, c);
    else if (what < 920 && !world->calm)
        step_people(world, c);
    else if (what >= 970 && what < 980)
        step_link(world, c);
    else if (what >= 980 && what < 985)
        step_life(world, c);
    else if (what >= 985)
        advance(world, pick(world, 1000000));
}

/* ---- what must hold ---- */

static void check_owners(struct world *world)
{
    for (int subject = 0; subject < CASES; subject++) {
        int owners = 0;
        for (int c = 0; c < CENTERS; c++) {
            const struct copy *copy = &world->centers[c].db.copies[subject];
            owners += copy->count > 0 && copy->owner == c;
        }
        const struct event *last = &world->truth[subject][world->truth_count[subject] - 1];
        if (owners > 1)
            fail_world(world, "two owners", NOBODY);
        if (owners == 0 && last->type != DID_HAND_OVER)
            fail_world(world, "no owner and no hand-over in flight", NOBODY);
    }
}

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

static bool settled(const struct world *world)
{
    for (int c = 0; c < CENTERS; c++)
        if (!world->centers[c].alive || world->centers[c].inbox_count > 0 || !streams_idle(world, c))
            return false;
    return true;
}

static void check_case_at_rest(struct world *world, int subject)
{
    int owner = world->truth_owner[subject];
    if (owner == NOBODY) {
        fail_world(world, "a hand-over never arrived", NOBODY);
        return;
    }
    const struct copy *truth = &world->centers[owner].db.copies[subject];
    if ((world->answered[subject] & ~truth->decided) != 0)
        fail_world(world, "an acknowledged request was lost", owner);
    for (int c = 0; c < CENTERS; c++) {
        const struct copy *copy = &world->centers[c].db.copies[subject];
        if (copy->kept != 0)
            fail_world(world, "a request waits for ever", c);
        for (int peer = 0; peer < CENTERS; peer++)
            if ((copy->follow & BIT(peer)) && world->centers[peer].db.copies[subject].count < copy->count)
                fail_world(world, "a follower's copy is not whole", peer);
    }
    if (world->centers[D].db.copies[subject].count != world->truth_count[subject])
        fail_world(world, "the root does not see the whole case", D);
}

static void check_at_rest(struct world *world)
{
    for (int subject = 0; subject < CASES; subject++)
        check_case_at_rest(world, subject);
    for (int c = 0; c < CENTERS; c++)
        for (int peer = 0; peer < CENTERS; peer++)
            if (neighbours(c, peer) &&
                world->centers[peer].db.to[c].commands_got != world->centers[c].db.to[peer].commands_sent)
                fail_world(world, "an effect was doubled or lost", peer);
}

/* What a failed seed looked like at its end. */
static void tell_link(const struct world *world, int c, int peer)
{
    struct stream_status status;
    const struct sim_center *center = &world->centers[c];
    if (center->streams[peer] == NULL)
        return;
    stream_status(center->streams[peer], &status);
    print_message("  %c to %c: %s cut=%d wire=%d inbox=%d/%d", "ASDB"[c], "ASDB"[peer],
                  status.up ? "up" : "down", world->wires[c][peer].cut, world->wires[c][peer].count,
                  center->committing, center->inbox_count);
    for (int lane = 0; lane < LANES; lane++)
        print_message("  tail %lld sent %lld acked %lld received %lld", (long long)status.tail[lane],
                      (long long)status.sent[lane], (long long)status.acked[lane],
                      (long long)status.received[lane]);
    const struct stream_counters *counters = stream_counters(center->streams[peer]);
    print_message("  sessions %llu gaps %llu\n", (unsigned long long)counters->sessions,
                  (unsigned long long)counters->gaps);
}

static void tell_world(const struct world *world)
{
    for (int c = 0; c < CENTERS; c++)
        for (int peer = 0; peer < CENTERS; peer++)
            if (neighbours(c, peer))
                tell_link(world, c, peer);
}

/* What was on the line is lost, and nothing later comes that could show it: only a PING can. */
static void lose_the_last(struct world *world)
{
    for (int from = 0; from < CENTERS; from++)
        for (int to = 0; to < CENTERS; to++)
            if (chance(world, 500))
                wire_clear(&world->wires[from][to]);
}

static bool run_seed(struct world *world, uint64_t seed, enum mutant mutant)
{
    world_start(world, seed, mutant);
    for (int i = 0; i < BUSY_STEPS && world->failure[0] == '\0'; i++) {
        step(world);
        check_owners(world);
    }
    lose_the_last(world);
    world->calm = true;
    int left = CALM_STEPS;
    while (left > 0 && world->failure[0] == '\0' && (left > CALM_STEPS - 200 || !settled(world))) {
        step(world);
        left--;
    }
    if (world->failure[0] == '\0' && left == 0)
        fail_world(world, "does not settle", NOBODY);
    if (world->failure[0] == '\0')
        check_at_rest(world);
    if (world->failure[0] != '\0' && getenv("SIM_SEED") != NULL && mutant == MUTANT_NONE)
        tell_world(world);
    world_end(world);
    return world->failure[0] == '\0';
}

static long number_of(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : otherwise;
}

static void test_every_schedule_keeps_custody_and_settles(void **state)
{
    struct world *world = *state;
    long first = number_of("SIM_SEED", 0);
    long seeds = number_of("SIM_SEED", -1) >= 0 ? 1 : number_of("SIM_SEEDS", SEEDS);
    for (long seed = first; seed < first + seeds; seed++)
        if (!run_seed(world, (uint64_t)seed, MUTANT_NONE))
            fail_msg("SIM_SEED=%ld: %s", seed, world->failure);
    const struct tally *tally = &world->tally;
    print_message(
        "%ld seeds: %llu entries, %llu hand-overs, %llu decisions, %llu crashes, %llu cuts, %llu failed "
        "batches; %llu sessions, %llu resumes, %llu duplicates, %llu silences\n",
        seeds, (unsigned long long)tally->entries, (unsigned long long)tally->hand_overs,
        (unsigned long long)tally->decisions, (unsigned long long)tally->crashes,
        (unsigned long long)tally->cuts, (unsigned long long)tally->failed_batches,
        (unsigned long long)tally->sessions, (unsigned long long)tally->resumes,
        (unsigned long long)tally->duplicates, (unsigned long long)tally->silences);
    if (seeds < SEEDS)
        return;
    assert_true(tally->hand_overs > (uint64_t)seeds && tally->decisions > (uint64_t)seeds);
    assert_true(tally->crashes > (uint64_t)seeds && tally->cuts > (uint64_t)seeds &&
                tally->failed_batches > 0);
    assert_true(tally->resumes > 0 && tally->duplicates > 0 && tally->silences > 0);
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
    *state = calloc(1, sizeof(struct world));
    return *state == NULL;
}

static int free_world(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_schedule_keeps_custody_and_settles, make_world,
                                        free_world),
        cmocka_unit_test_setup_teardown(test_each_broken_rule_is_noticed, make_world, free_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
