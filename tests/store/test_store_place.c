/* The grid never hides a neighbour: whatever lies within the distance lies in one of the cells looked at. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "store/store_place.h"

#define METERS 50.0

static uint64_t seed;

static double random_between(double least, double most)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return least + (most - least) * ((double)(seed >> 11) / 9007199254740992.0);
}

static void test_distance_agrees_with_known_ones(void **state)
{
    (void)state;
    assert_true(store_place_meters(113.88, 22.55, 113.88, 22.55) < 0.001);
    assert_true(fabs(store_place_meters(0, 0, 0, 1) - 111195) < 20);
    assert_true(fabs(store_place_meters(0, 60, 1, 60) - 55597) < 30);
}

static void test_every_near_place_lies_in_a_cell_looked_at(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        double lon = random_between(-179.9, 179.9);
        double lat = i % 4 ? random_between(-70, 70) : random_between(22.4, 22.9);
        double angle = random_between(0, 6.283185307);
        double far = random_between(0, METERS);
        double lat2 = lat + far * sin(angle) / 111194.9;
        double lon2 = lon + far * cos(angle) / (111194.9 * cos(lat * 3.14159265358979 / 180));
        if (store_place_meters(lon, lat, lon2, lat2) > METERS)
            continue;
        int64_t cells[STORE_PLACE_CELLS_MAX];
        size_t count = store_place_cells(lon, lat, METERS, cells);
        int64_t wanted = store_place_cell(lon2, lat2);
        size_t at = 0;
        while (at < count && cells[at] != wanted)
            at++;
        if (at == count)
            fail_msg("%.7f,%.7f lies near %.7f,%.7f but in no cell looked at", lon2, lat2, lon, lat);
    }
}

static void test_few_cells_are_looked_at(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        int64_t cells[STORE_PLACE_CELLS_MAX];
        size_t count = store_place_cells(random_between(113, 115), random_between(22, 23), METERS, cells);
        assert_in_range(count, 1, 6);
    }
}

int main(void)
{
    const char *given = getenv("SANJI_SEED");
    seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    printf("seed: SANJI_SEED=%llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance_agrees_with_known_ones),
        cmocka_unit_test(test_every_near_place_lies_in_a_cell_looked_at),
        cmocka_unit_test(test_few_cells_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
