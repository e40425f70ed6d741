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
#include "sim_command_schedule.h"

#define SEEDS 2000
#define MUTANT_SEEDS 400
#define BUSY_STEPS 2000
#define CALM_SWEEPS 4000
#define LEAPS 16

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
    for (int state = COMMAND_STATE_OPEN; state < COMMAND_STATES; state++)
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
    for (int state = COMMAND_STATE_ANSWERED; state < COMMAND_STATES; state++)
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
