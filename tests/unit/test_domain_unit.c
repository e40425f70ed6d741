/* The unit: what its status lets through, that it is never booked twice, and which positions are believed. */
#include "domain/unit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define NOON (20000LL * 24 * HOUR)

#define OK(call) assert_int_equal((call), ERR_OK)

static struct unit_word words[] = {{"出警", UNIT_EN_ROUTE}, {"下班", UNIT_OFF}};
static struct unit_type types[] = {{.code = "police", .status_count = 2, .words = words},
                                   {.code = "squad", .words = words + 2}};
static const struct topology topology = {.unit_type_count = 2, .unit_types = types};

static const struct id order_a = {{1}}, order_b = {{2}};

static struct unit fresh(void)
{
    struct unit unit;
    const struct unit_identity identity = {.name = "police.440306017001",
                                           .type = "police",
                                           .department = "gongan",
                                           .center = 3,
                                           .lon = 113.9,
                                           .lat = 22.5};
    unit_begin(&identity, &unit);
    return unit;
}

static struct unit in_status(enum unit_status status)
{
    struct unit unit = fresh();
    unit.status = status;
    return unit;
}

static void test_a_unit_begins_on_standby_at_home_and_unheard(void **state)
{
    (void)state;
    struct unit unit = fresh();
    assert_int_equal(unit.status, UNIT_STANDBY);
    assert_true(id_is_zero(&unit.booked));
    assert_true(isnan(unit.lon) && isnan(unit.lat));
    assert_false(unit.doubtful);
    assert_int_equal(unit.last_no, 0);
    assert_string_equal(unit.name, "police.440306017001");
    assert_string_equal(unit.department, "gongan");
    assert_int_equal(unit.center, 3);
    assert_true(unit.home_lon == 113.9);
}

/* ---- status gates ---- */

static void test_only_who_is_free_to_go_can_be_ordered(void **state)
{
    (void)state;
    static const struct {
        enum unit_status status;
        bool open, open_top;
    } gates[] = {{UNIT_OFF, false, false},     {UNIT_STANDBY, true, true},    {UNIT_PATROL, true, true},
                 {UNIT_ORDERED, false, false}, {UNIT_EN_ROUTE, false, false}, {UNIT_ON_SCENE, false, false},
                 {UNIT_BREAK, false, true},    {UNIT_FAULT, false, false}};
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        struct unit unit = in_status(gates[i].status), after;
        assert_int_equal(unit_gate_open(gates[i].status, false), gates[i].open);
        assert_int_equal(unit_gate_open(gates[i].status, true), gates[i].open_top);
        assert_int_equal(unit_book(&unit, &order_a, false, NOON, &after, NULL),
                         gates[i].open ? ERR_OK : ERR_STATUS_GATE);
        assert_int_equal(unit_book(&unit, &order_a, true, NOON, &after, NULL),
                         gates[i].open_top ? ERR_OK : ERR_STATUS_GATE);
    }
}

static void test_that_it_is_ordered_a_unit_cannot_say_itself(void **state)
{
    (void)state;
    for (int from = UNIT_OFF; from < UNIT_STATUSES; from++)
        for (int booked = 0; booked < 2; booked++) {
            struct unit unit = in_status((enum unit_status)from), after;
            struct fault fault;
            unit.booked = booked ? order_a : (struct id){{0}};
            assert_int_equal(unit_set_status(&unit, UNIT_ORDERED, NOON, &after, &fault), ERR_STATUS_GATE);
            assert_non_null(strstr(fault.text, "police.440306017001"));
        }
}

static void test_a_free_unit_says_how_it_is(void **state)
{
    (void)state;
    struct unit unit = fresh(), after;
    OK(unit_set_status(&unit, UNIT_PATROL, NOON, &after, NULL));
    assert_int_equal(after.status, UNIT_PATROL);
    assert_int_equal(after.since_ms, NOON);
    OK(unit_set_status(&after, UNIT_PATROL, NOON + MINUTE, &unit, NULL));
    assert_int_equal(unit.since_ms, NOON); /* said again: it has been so since then */
    OK(unit_set_status(&unit, UNIT_OFF, NOON + HOUR, &after, NULL));
    assert_int_equal(unit_set_status(&after, UNIT_ON_SCENE, NOON + HOUR, &unit, NULL), ERR_STATUS_GATE);
    OK(unit_set_status(&after, UNIT_STANDBY, NOON + 2 * HOUR, &unit, NULL));
}

static void test_a_booked_unit_gets_free_by_its_command_alone(void **state)
{
    (void)state;
    static const enum unit_status forbidden[] = {UNIT_OFF, UNIT_STANDBY, UNIT_PATROL, UNIT_BREAK};
    static const enum unit_status busy[] = {UNIT_ORDERED, UNIT_EN_ROUTE, UNIT_ON_SCENE};
    for (size_t b = 0; b < 3; b++) {
        struct unit unit = in_status(busy[b]), after;
        unit.booked = order_a;
        for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
            assert_int_equal(unit_set_status(&unit, forbidden[i], NOON, &after, NULL), ERR_STATUS_GATE);
        OK(unit_set_status(&unit, UNIT_ON_SCENE, NOON, &after, NULL));
        OK(unit_set_status(&unit, UNIT_FAULT, NOON, &after, NULL)); /* that it broke down it may always say */
        assert_true(id_equal(&after.booked, &order_a));
    }
}

/* ---- booking ---- */

static void test_a_unit_is_never_booked_twice(void **state)
{
    (void)state;
    struct unit unit = fresh(), booked, after;
    OK(unit_book(&unit, &order_a, false, NOON, &booked, NULL));
    assert_int_equal(booked.status, UNIT_ORDERED);
    assert_int_equal(booked.orders, 1);
    for (int status = UNIT_OFF; status < UNIT_STATUSES; status++) {
        booked.status = (enum unit_status)status;
        assert_int_equal(unit_book(&booked, &order_b, true, NOON, &after, NULL), ERR_BOOKED);
    }
    booked.status = UNIT_EN_ROUTE;
    OK(unit_book(&booked, &order_a, false, NOON + MINUTE, &after, NULL)); /* the same order once more */
    assert_memory_equal(&after, &booked, sizeof after);
}

static void test_the_order_leads_there_and_lets_go(void **state)
{
    (void)state;
    struct unit unit = fresh(), after;
    OK(unit_book(&unit, &order_a, false, NOON, &after, NULL));
    unit_follow(&after, UNIT_EN_ROUTE, NOON + MINUTE, &unit);
    assert_int_equal(unit.status, UNIT_EN_ROUTE);
    unit_follow(&unit, UNIT_ON_SCENE, NOON + 5 * MINUTE, &after);
    assert_int_equal(after.status, UNIT_ON_SCENE);
    assert_int_equal(after.since_ms, NOON + 5 * MINUTE);
    unit_free(&after, NOON + HOUR, &unit);
    assert_int_equal(unit.status, UNIT_STANDBY);
    assert_true(id_is_zero(&unit.booked));
    OK(unit_book(&unit, &order_b, false, NOON + HOUR, &after, NULL));
    assert_int_equal(after.orders, 2);
}

static void test_who_broke_down_stays_so_when_the_order_lets_go(void **state)
{
    (void)state;
    struct unit unit = fresh(), after;
    OK(unit_book(&unit, &order_a, false, NOON, &after, NULL));
    OK(unit_set_status(&after, UNIT_FAULT, NOON + MINUTE, &unit, NULL));
    unit_follow(&unit, UNIT_ON_SCENE, NOON + 2 * MINUTE, &after);
    assert_int_equal(after.status, UNIT_FAULT);
    unit_free(&after, NOON + 3 * MINUTE, &unit);
    assert_int_equal(unit.status, UNIT_FAULT);
    assert_true(id_is_zero(&unit.booked));
}

/* Whatever is asked in whatever order: a booked unit has one command until it is let go, and an order counts
 * once. */
static void test_random_bookings_never_overlap(void **state)
{
    (void)state;
    uint64_t seed = 20261122;
    struct unit unit = fresh(), after;
    struct id holder = {{0}};
    int32_t orders = 0;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        struct id wanted = {{(uint8_t)(1 + (seed >> 40) % 5)}};
        enum unit_status status = (enum unit_status)(UNIT_OFF + (seed >> 50) % 8);
        if ((seed >> 33) % 3 == 0) {
            if (unit_set_status(&unit, status, NOON + i, &after, NULL) == ERR_OK)
                unit = after;
        } else if ((seed >> 33) % 3 == 1) {
            enum err err = unit_book(&unit, &wanted, seed & 1 << 20, NOON + i, &after, NULL);
            if (err == ERR_OK) {
                if (!id_is_zero(&holder))
                    assert_true(id_equal(&holder, &wanted));
                orders += id_is_zero(&holder);
                holder = wanted;
                unit = after;
            }
        } else if ((seed >> 60) == 0) {
            unit_free(&unit, NOON + i, &after);
            unit = after;
            holder = (struct id){{0}};
        }
        if (!id_equal(&unit.booked, &holder) || unit.orders != orders)
            fail_msg("seed 20261122, step %d: booked for another", i);
    }
    assert_true(orders > 100);
}

static void test_orders_are_counted_by_the_local_day(void **state)
{
    (void)state;
    const int64_t midnight = NOON - 8 * HOUR; /* NOON is midnight UTC, 08:00 in Shenzhen */
    struct unit unit = fresh();
    unit.orders = 4;
    unit.last_ms = midnight + HOUR;
    unit_roll_day(&unit, 480, midnight + 23 * HOUR);
    assert_int_equal(unit.orders, 4);
    unit_roll_day(&unit, 480, midnight + 24 * HOUR);
    assert_int_equal(unit.orders, 0);
    unit.orders = 4;
    unit.last_ms = midnight - 1;
    unit_roll_day(&unit, 480, midnight);
    assert_int_equal(unit.orders, 0);
}

/* ---- positions ---- */

#define LON 113.9000
#define LAT 22.5000
#define KM_NORTH (1.0 / 111.195) /* degrees of latitude */

static struct unit seen(double lon, double lat, int64_t at_ms)
{
    struct unit unit = fresh(), after;
    OK(unit_move(&unit, lon, lat, at_ms, at_ms, &after));
    return after;
}

static void test_metres_are_those_of_the_earth(void **state)
{
    (void)state;
    assert_true(fabs(geo_meters(0, 0, 0, 1) - 111195) < 10);
    assert_true(fabs(geo_meters(0, 0, 1, 0) - 111195) < 10);
    assert_true(fabs(geo_meters(0, 60, 1, 60) - 55597) < 60);
    assert_true(fabs(geo_meters(179.5, 0, -179.5, 0) - 111195) < 10); /* over the date line */
    assert_true(fabs(geo_meters(0, 90, 180, -90) - 20015115) < 100);  /* pole to pole */
    assert_true(geo_meters(LON, LAT, LON, LAT) == 0);
    assert_true(fabs(geo_meters(113.8836, 22.5547, 113.8870, 22.5560) - 378) < 5);
}

static void test_a_first_position_is_believed_wherever_it_is(void **state)
{
    (void)state;
    struct unit unit = seen(-70, -50, NOON);
    assert_true(unit.lon == -70 && unit.lat == -50);
    assert_int_equal(unit.position_ms, NOON);
    assert_false(unit.doubtful);
}

static void test_a_position_off_the_earth_is_refused(void **state)
{
    (void)state;
    static const double wrong[][2] = {{181, 0}, {-181, 0}, {0, 91},      {0, -91},
                                      {NAN, 0}, {0, NAN},  {INFINITY, 0}};
    struct unit unit = seen(LON, LAT, NOON), after;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(unit_move(&unit, wrong[i][0], wrong[i][1], NOON + 1, NOON + 1, &after), ERR_RANGE);
    assert_int_equal(unit_move(&unit, LON, LAT, -1, NOON, &after), ERR_RANGE);
}

static void test_a_position_from_the_future_is_refused(void **state)
{
    (void)state;
    struct unit unit = fresh(), after;
    assert_int_equal(unit_move(&unit, LON, LAT, NOON + POSITION_AHEAD_MS + 1, NOON, &after), ERR_FUTURE);
    OK(unit_move(&unit, LON, LAT, NOON + POSITION_AHEAD_MS, NOON, &after)); /* a clock somewhat fast */
}

static void test_a_position_that_comes_late_changes_nothing(void **state)
{
    (void)state;
    struct unit unit = seen(LON, LAT, NOON), after;
    assert_int_equal(unit_move(&unit, LON, LAT, NOON - 1, NOON, &after), ERR_TOO_LATE);
    assert_int_equal(unit_move(&unit, LON, LAT, NOON, NOON, &after), ERR_TOO_LATE); /* sent twice */
}

static void test_forty_kilometres_in_a_second_are_marked_and_not_believed(void **state)
{
    (void)state;
    struct unit unit = seen(LON, LAT, NOON), after;
    assert_int_equal(unit_move(&unit, LON, LAT + 40 * KM_NORTH, NOON + SECOND, NOON + SECOND, &after),
                     ERR_IMPLAUSIBLE);
    assert_true(after.doubtful);
    assert_true(after.lat == LAT); /* it still stands where it was */
    assert_int_equal(after.position_ms, NOON);
    assert_true(after.doubt_lat == LAT + 40 * KM_NORTH);
    assert_int_equal(after.doubt_ms, NOON + SECOND);
}

static void test_a_second_one_near_the_doubtful_one_confirms_it(void **state)
{
    (void)state;
    struct unit unit = seen(LON, LAT, NOON), doubted, after;
    assert_int_equal(unit_move(&unit, LON, LAT + 40 * KM_NORTH, NOON + SECOND, NOON + SECOND, &doubted),
                     ERR_IMPLAUSIBLE);
    OK(unit_move(&doubted, LON, LAT + 40.1 * KM_NORTH, NOON + 6 * SECOND, NOON + 6 * SECOND, &after));
    assert_false(after.doubtful);
    assert_true(isnan(after.doubt_lat));
    assert_true(after.lat == LAT + 40.1 * KM_NORTH);
    assert_int_equal(after.position_ms, NOON + 6 * SECOND);
}

static void test_a_third_place_is_a_new_doubt_and_coming_back_ends_it(void **state)
{
    (void)state;
    struct unit unit = seen(LON, LAT, NOON), doubted, after;
    assert_int_equal(unit_move(&unit, LON, LAT + 40 * KM_NORTH, NOON + SECOND, NOON + SECOND, &doubted),
                     ERR_IMPLAUSIBLE);
    assert_int_equal(
        unit_move(&doubted, LON, LAT - 40 * KM_NORTH, NOON + 2 * SECOND, NOON + 2 * SECOND, &after),
        ERR_IMPLAUSIBLE);
    assert_true(after.doubt_lat == LAT - 40 * KM_NORTH);
    OK(unit_move(&after, LON, LAT + 0.1 * KM_NORTH, NOON + 3 * SECOND, NOON + 3 * SECOND, &doubted));
    assert_false(doubted.doubtful);
    assert_true(doubted.lat == LAT + 0.1 * KM_NORTH);
}

static void test_what_came_before_the_doubt_does_not_end_it(void **state)
{
    (void)state;
    struct unit unit = seen(LON, LAT, NOON), doubted, after;
    assert_int_equal(
        unit_move(&unit, LON, LAT + 40 * KM_NORTH, NOON + 5 * SECOND, NOON + 5 * SECOND, &doubted),
        ERR_IMPLAUSIBLE);
    OK(unit_move(&doubted, LON, LAT, NOON + 2 * SECOND, NOON + 6 * SECOND, &after));
    assert_int_equal(after.position_ms, NOON + 2 * SECOND);
    assert_true(after.doubtful);
    assert_int_equal(unit_move(&after, LON, LAT - 40 * KM_NORTH, NOON + 4 * SECOND, NOON + 6 * SECOND, &unit),
                     ERR_TOO_LATE);
}

static void test_the_fastest_that_is_believed_is_the_limit(void **state)
{
    (void)state;
    struct unit unit = seen(LON, LAT, NOON), after;
    double reach_m = SPEED_MAX_MPS * 60 + POSITION_BLUR_METERS;
    double degree = reach_m / geo_meters(LON, LAT, LON, LAT + 1);
    OK(unit_move(&unit, LON, LAT + degree * 0.999, NOON + MINUTE, NOON + MINUTE, &after));
    assert_int_equal(unit_move(&unit, LON, LAT + degree * 1.001, NOON + MINUTE, NOON + MINUTE, &after),
                     ERR_IMPLAUSIBLE);
    OK(unit_move(&unit, LON, LAT + 0.09 * KM_NORTH, NOON + 1, NOON + 1, &after)); /* a blur is no speed */
}

/* ---- words ---- */

static void test_a_services_own_words_are_mapped(void **state)
{
    (void)state;
    assert_int_equal(unit_status_mapped(&topology, "police", "出警"), UNIT_EN_ROUTE);
    assert_int_equal(unit_status_mapped(&topology, "police", "下班"), UNIT_OFF);
    assert_int_equal(unit_status_mapped(&topology, "police", "上班"), 0);
    assert_int_equal(unit_status_mapped(&topology, "squad", "下班"), 0);
    assert_int_equal(unit_status_mapped(&topology, "boat", "下班"), 0);
}

static void test_names_lead_there_and_back(void **state)
{
    (void)state;
    for (int i = UNIT_OFF; i < UNIT_STATUSES; i++) {
        assert_int_equal(unit_status_from_name(unit_status_name((enum unit_status)i)), i);
        assert_string_not_equal(unit_status_zh((enum unit_status)i), "未知状态");
    }
    assert_int_equal(unit_status_from_name("on_scene"), UNIT_ON_SCENE);
    assert_int_equal(unit_status_from_name("somewhere"), 0);
    assert_string_equal(unit_status_name((enum unit_status)0), "unknown");
    assert_string_equal(unit_status_zh(UNIT_STATUSES), "未知状态");
    for (int i = UNIT_EVENT_STATUS; i < UNIT_EVENTS; i++) {
        assert_string_not_equal(unit_event_name((enum unit_event)i), "unknown");
        assert_string_not_equal(unit_event_zh((enum unit_event)i), "未知事件");
    }
    assert_string_equal(unit_event_name(UNIT_EVENTS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_unit_begins_on_standby_at_home_and_unheard),
        cmocka_unit_test(test_only_who_is_free_to_go_can_be_ordered),
        cmocka_unit_test(test_that_it_is_ordered_a_unit_cannot_say_itself),
        cmocka_unit_test(test_a_free_unit_says_how_it_is),
        cmocka_unit_test(test_a_booked_unit_gets_free_by_its_command_alone),
        cmocka_unit_test(test_a_unit_is_never_booked_twice),
        cmocka_unit_test(test_the_order_leads_there_and_lets_go),
        cmocka_unit_test(test_who_broke_down_stays_so_when_the_order_lets_go),
        cmocka_unit_test(test_random_bookings_never_overlap),
        cmocka_unit_test(test_orders_are_counted_by_the_local_day),
        cmocka_unit_test(test_metres_are_those_of_the_earth),
        cmocka_unit_test(test_a_first_position_is_believed_wherever_it_is),
        cmocka_unit_test(test_a_position_off_the_earth_is_refused),
        cmocka_unit_test(test_a_position_from_the_future_is_refused),
        cmocka_unit_test(test_a_position_that_comes_late_changes_nothing),
        cmocka_unit_test(test_forty_kilometres_in_a_second_are_marked_and_not_believed),
        cmocka_unit_test(test_a_second_one_near_the_doubtful_one_confirms_it),
        cmocka_unit_test(test_a_third_place_is_a_new_doubt_and_coming_back_ends_it),
        cmocka_unit_test(test_what_came_before_the_doubt_does_not_end_it),
        cmocka_unit_test(test_the_fastest_that_is_believed_is_the_limit),
        cmocka_unit_test(test_a_services_own_words_are_mapped),
        cmocka_unit_test(test_names_lead_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
