/* The response: plans by code, which alert is in force, and who is nearest. */
#include "domain/response.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

enum { DISTRICT, STREET, COMMUNITY, CENTERS };

static struct center centers[CENTERS] = {
    {.tier = 0, .parent = -1}, {.tier = 1, .parent = DISTRICT}, {.tier = 2, .parent = STREET}};
static const struct topology topology = {.tier_count = 3,
                                         .tiers = {{.rank = 0}, {.rank = 1}, {.rank = 2}},
                                         .center_count = CENTERS,
                                         .centers = centers};

/* ---- plans ---- */

static void test_a_plan_is_found_by_its_code(void **state)
{
    (void)state;
    struct plan plans[] = {{.code = "135"}, {.code = "135-rescue"}, {.code = "fire"}};
    struct response with = {.plan_count = 3, .plans = plans};
    struct response without = {.plan_count = 0};
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(response_plan(&with, plans[i].code), &plans[i]);
    assert_null(response_plan(&with, "13"));
    assert_null(response_plan(&without, "135"));
}

/* ---- alerts ---- */

static struct alert_order order(int32_t issuer, int64_t sent_ms, enum alert alert)
{
    return (struct alert_order){.issuer = issuer,
                                .sent_ms = sent_ms,
                                .alert = alert,
                                .start_ms = 100,
                                .end_ms = 1000,
                                .lease_ms = 1000};
}

static void test_of_two_alerts_the_higher_issuers_holds_then_the_later_one(void **state)
{
    (void)state;
    struct alert_order orders[] = {order(STREET, 50, ALERT_I), order(DISTRICT, 10, ALERT_III),
                                   order(DISTRICT, 20, ALERT_IV), order(COMMUNITY, 90, ALERT_I)};
    assert_int_equal(alert_in_force(&topology, orders, 4, 500), 2);
    orders[2].ended = true;
    assert_int_equal(alert_in_force(&topology, orders, 4, 500), 1);
    orders[1].ended = true;
    assert_int_equal(alert_in_force(&topology, orders, 4, 500), 0);
    assert_int_equal(alert_in_force(&topology, orders, 0, 500), -1);
}

static void test_an_alert_holds_from_its_start_to_its_end_and_no_longer_than_its_lease(void **state)
{
    (void)state;
    struct alert_order one = order(DISTRICT, 10, ALERT_II);
    assert_int_equal(alert_in_force(&topology, &one, 1, 99), -1);
    assert_int_equal(alert_in_force(&topology, &one, 1, 100), 0);
    assert_int_equal(alert_in_force(&topology, &one, 1, 999), 0);
    assert_int_equal(alert_in_force(&topology, &one, 1, 1000), -1);
    one.lease_ms = 400; /* cut off: nobody renewed it */
    assert_int_equal(alert_in_force(&topology, &one, 1, 399), 0);
    assert_int_equal(alert_in_force(&topology, &one, 1, 400), -1);
    one.lease_ms = 1500;
    assert_int_equal(alert_in_force(&topology, &one, 1, 1000), -1);
}

/* Whatever the orders, the answer stays the same until alert_next_ms and the walk from change to change meets
 * every change. */
static void test_between_two_moments_that_were_announced_nothing_changes(void **state)
{
    (void)state;
    uint64_t seed = 135;
    for (int round = 0; round < 300; round++) {
        struct alert_order orders[6];
        for (size_t i = 0; i < 6; i++) {
            seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
            orders[i] = order((int32_t)(seed >> 60) % CENTERS, (int64_t)(seed >> 50) % 5, ALERT_I);
            orders[i].start_ms = (int64_t)(seed >> 40) % 60;
            orders[i].end_ms = orders[i].start_ms + (int64_t)(seed >> 30) % 60;
            orders[i].lease_ms = orders[i].start_ms + (int64_t)(seed >> 20) % 60;
            orders[i].ended = (seed >> 63) == 0;
            orders[i].command.bytes[0] = (uint8_t)i;
        }
        int64_t next_ms = alert_next_ms(orders, 6, -1);
        int32_t held = alert_in_force(&topology, orders, 6, -1);
        for (int64_t now_ms = 0; now_ms < 200; now_ms++) {
            int32_t now = alert_in_force(&topology, orders, 6, now_ms);
            if (now_ms < next_ms && now != held)
                fail_msg("seed 135, round %d: changed at %d, announced for %d", round, (int)now_ms,
                         (int)next_ms);
            if (now_ms == next_ms)
                next_ms = alert_next_ms(orders, 6, now_ms);
            held = now;
        }
        assert_true(next_ms == INT64_MAX);
    }
}

/* ---- nearest ---- */

#define NOW 1000000
#define AGE 5000
#define UNITS 60

static uint64_t dice_state;

static uint32_t roll(uint32_t sides)
{
    dice_state = dice_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(dice_state >> 33) % sides;
}

static struct unit random_unit(size_t number)
{
    struct unit unit = {.center = COMMUNITY, .status = (enum unit_status)(1 + roll(8))};
    (void)snprintf(unit.name, sizeof unit.name, "u-%zu", number);
    text_put(unit.type, sizeof unit.type, roll(3) ? "police" : "squad");
    if (roll(2))
        unit.status = UNIT_STANDBY;
    unit.home_lon = roll(8) ? 113.9 + roll(5) / 100.0 : (double)NAN; /* few places: ties are common */
    unit.home_lat = isnan(unit.home_lon) ? (double)NAN : 22.5 + roll(3) / 100.0;
    unit.lon = roll(2) ? 113.9 + roll(1000) / 10000.0 : (double)NAN;
    unit.lat = isnan(unit.lon) ? (double)NAN : 22.5 + roll(1000) / 10000.0;
    unit.position_ms = NOW - (int64_t)roll(2 * AGE);
    unit.doubtful = roll(8) == 0;
    unit.booked.bytes[0] = roll(4) == 0;
    unit.orders = (int32_t)roll(3);
    return unit;
}

/* The slow oracle: of all that may go the best one by plain comparison, again and again. */
static bool eligible(const struct unit *unit, bool top)
{
    bool free_to_go =
        unit->status == UNIT_STANDBY || unit->status == UNIT_PATROL || (top && unit->status == UNIT_BREAK);
    return strcmp(unit->type, "police") == 0 && free_to_go && unit->booked.bytes[0] == 0;
}

static double far_away(const struct unit *unit, double lon, double lat)
{
    bool home = isnan(unit->lon);
    double from_lon = home ? unit->home_lon : unit->lon, from_lat = home ? unit->home_lat : unit->lat;
    bool stale = !home && unit->position_ms < NOW - AGE;
    if (isnan(from_lon) || isnan(lon) || stale || unit->doubtful)
        return 1e12; /* a place that nobody knows */
    return geo_meters(from_lon, from_lat, lon, lat);
}

static size_t oracle(const struct unit *units, bool top, double lon, double lat, size_t *out, size_t max)
{
    bool taken[UNITS] = {false};
    size_t count = 0;
    while (count < max) {
        size_t best = UNITS;
        for (size_t i = 0; i < UNITS; i++) {
            if (taken[i] || !eligible(&units[i], top))
                continue;
            if (best == UNITS) {
                best = i;
                continue;
            }
            bool rest = units[i].status == UNIT_BREAK, best_rests = units[best].status == UNIT_BREAK;
            double d = far_away(&units[i], lon, lat), e = far_away(&units[best], lon, lat);
            if (rest != best_rests ? best_rests : d != e ? d < e : units[i].orders < units[best].orders)
                best = i;
        }
        if (best == UNITS)
            break;
        taken[best] = true;
        out[count++] = best;
    }
    return count;
}

static void test_the_nearest_are_those_of_the_slow_oracle(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct unit units[UNITS];
        size_t found[UNITS], wanted[UNITS];
        dice_state = seed;
        for (size_t i = 0; i < UNITS; i++)
            units[i] = random_unit(i);
        bool top = roll(2);
        bool placed = roll(6) != 0;
        double lon = placed ? 113.93 : (double)NAN, lat = placed ? 22.52 : (double)NAN;
        size_t max = roll(3) ? roll(6) : UNITS;
        size_t count =
            (top ? units_nearest_top : units_nearest)(units, UNITS, "police", lon, lat, NOW, AGE, found, max);
        size_t expected = oracle(units, top, lon, lat, wanted, max);
        if (count != expected || memcmp(found, wanted, count * sizeof *found) != 0)
            fail_msg("seed %d: another choice than the oracle's", (int)seed);
    }
}

static void test_whom_nobody_can_place_comes_last_and_not_never(void **state)
{
    (void)state;
    struct unit units[2];
    size_t out[2];
    for (size_t i = 0; i < 2; i++) {
        const struct unit_identity identity = {
            .type = "police", .department = "", .lon = (double)NAN, .lat = (double)NAN};
        unit_begin(&identity, &units[i]);
    }
    units[1].home_lon = 113.9;
    units[1].home_lat = 22.5;
    assert_int_equal(units_nearest(units, 2, "police", 113.9, 22.5, NOW, AGE, out, 2), 2);
    assert_int_equal(out[0], 1);
    assert_int_equal(out[1], 0);
    assert_int_equal(units_nearest(units, 2, "police", 113.9, 22.5, NOW, AGE, out, 0), 0);
}

static void test_a_case_without_a_place_goes_to_who_has_had_the_fewest_orders(void **state)
{
    (void)state;
    struct unit units[3];
    size_t out[3];
    for (size_t i = 0; i < 3; i++) {
        const struct unit_identity identity = {.type = "police", .department = "", .lon = 113.9, .lat = 22.5};
        unit_begin(&identity, &units[i]);
        units[i].orders = 3 - (int32_t)i;
    }
    assert_int_equal(units_nearest(units, 3, "police", (double)NAN, (double)NAN, NOW, AGE, out, 3), 3);
    assert_int_equal(out[0], 2);
    assert_int_equal(out[2], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plan_is_found_by_its_code),
        cmocka_unit_test(test_of_two_alerts_the_higher_issuers_holds_then_the_later_one),
        cmocka_unit_test(test_an_alert_holds_from_its_start_to_its_end_and_no_longer_than_its_lease),
        cmocka_unit_test(test_between_two_moments_that_were_announced_nothing_changes),
        cmocka_unit_test(test_the_nearest_are_those_of_the_slow_oracle),
        cmocka_unit_test(test_whom_nobody_can_place_comes_last_and_not_never),
        cmocka_unit_test(test_a_case_without_a_place_goes_to_who_has_had_the_fewest_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
