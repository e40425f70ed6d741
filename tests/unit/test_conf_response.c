/* The response file: what it says is what is read; whatever is wrong is said with its line and column. */
#include "conf/conf_response.h"

#include <stdio.h>

#include "test_conf_response.h"
#include "test_conf_say.h"

static char covers[1][CODE_SIZE] = {"44"};
static struct center centers[] = {
    {.code = "44", .parent = -1, .grids = 2, .cover_count = 1, .covers = covers}};
static struct department departments[] = {{"ga", "公安", "", 0, 1}};
static struct unit_type types[] = {{.code = "boat"}, {.code = "police"}, {.code = "squad"}};
static struct unit_rule unit_rules[] = {{0, 0, 0}, {0, 1, 2}};
static struct named_unit named[] = {{.name = "gate.44", .type = 2}};
static const struct topology topology = {.tier_count = 1,
                                         .center_count = 1,
                                         .centers = centers,
                                         .department_count = 1,
                                         .departments = departments,
                                         .unit_type_count = 3,
                                         .unit_types = types,
                                         .unit_rule_count = 2,
                                         .unit_rules = unit_rules,
                                         .named_unit_count = 1,
                                         .named_units = named};

static enum err take(const char *text, const struct topology *tree, struct conf_errors *errors,
                     struct response *response)
{
    struct conf_doc *doc;
    conf_errors_init(errors);
    assert_int_equal(conf_read_text("r", text, strlen(text), errors, &doc), ERR_OK);
    enum err result = conf_response_take(doc, tree, response);
    conf_doc_free(&doc);
    return result;
}

static void assert_text_says(const char *text, const char *const *expected)
{
    static struct conf_errors errors;
    struct response response = {.version = 42};
    assert_int_equal(take(text, &topology, &errors, &response), ERR_CONFIG);
    assert_said(&errors, expected);
    assert_int_equal(response.version, 42); /* written on success only */
}

static struct response read_sound(const char *text)
{
    static struct conf_errors errors;
    struct response response = {.version = 0};
    enum err result = take(text, &topology, &errors, &response);
    assert_said(&errors, (const char *const[]){NULL});
    assert_int_equal(result, ERR_OK);
    return response;
}

/* Lines 3 to 9 of the file; each test replaces one. */
#define WITH(ladders, rate, limits, channels, shifts, duty, alerts)                                          \
    RESPONSE_HEAD ladders rate limits channels shifts duty alerts

static void test_what_the_file_says_is_read(void **state)
{
    (void)state;
    struct response r =
        read_sound(RESPONSE_WITHOUT_PLANS
                   "plans:\n"
                   "  - {code: z, zh: 甲, ack: 1 urgent-minutes, par: none, position_age: 2 urgent-hours, "
                   "circles: [{type: squad, count: 2, arrive: 5 urgent-minutes}]}\n"
                   "  - {code: \"135\", zh: 乙, ack: 1 urgent-minutes, par: 20 urgent-minutes, "
                   "position_age: 10 urgent-minutes, circles: [{type: grid, count: 1, arrive: 1 "
                   "urgent-minutes}, {type: police, count: 1, arrive: 5 urgent-minutes}]}\n");
    assert_string_equal(r.name, "小样");
    assert_int_equal(r.version, 7);
    assert_int_equal(r.ladders[PRIORITY_CRITICAL].deputy.amount, 5);
    assert_int_equal(r.ladders[PRIORITY_NORMAL].repeats_max, 3);
    assert_int_equal(r.ladders[PRIORITY_NORMAL].lapse.unit, UNIT_NONE);
    assert_int_equal(r.rate.count, 6);
    assert_int_equal(r.rate.per_ms, 60000);
    assert_int_equal(r.limits[COMMAND_ORDER].done.amount, 3);
    assert_int_equal(r.limits[COMMAND_ORDER].contact.amount, 24 * 60);
    assert_int_equal(r.limits[COMMAND_NOTICE].done.unit, UNIT_NONE);
    assert_int_equal(r.limits[COMMAND_EMERGENCY].ack.amount, 60);
    assert_int_equal(r.channel_count, 2);
    assert_string_equal(r.channels[1], "sms");
    assert_int_equal(r.shift_count, 2);
    assert_int_equal(r.shifts[1].from_min, 20 * 60);
    assert_int_equal(r.shifts[1].to_min, 8 * 60);
    assert_int_equal(r.rule_count, 3);
    assert_int_equal(r.rules[0].posts, POST_DISPATCHER);
    assert_int_equal(r.rules[0].deputy_posts, POST_LEADER);
    assert_true(r.rules[0].turns && r.rules[1].deputy_next && !r.rules[2].turns);
    assert_int_equal(r.alerts[ALERT_I].mode, MODE_WAR);
    assert_true(r.alerts[ALERT_I].fast_lane && !r.alerts[ALERT_IV].fast_lane);
    assert_int_equal(r.alerts[ALERT_I].posts, POST_LEADER | POST_SHIFT_LEADER);
    assert_int_equal(r.plan_count, 2);
    assert_string_equal(r.plans[0].code, "135"); /* by code */
    assert_int_equal(r.plans[0].circle_count, 2);
    assert_int_equal(r.plans[1].position_age_ms, 2 * 3600000);
    assert_ptr_equal(response_plan(&r, "z"), &r.plans[1]);
    response_free(&r);
    assert_int_equal(r.plan_count, 0);
}

static void test_every_part_is_demanded(void **state)
{
    (void)state;
    assert_text_says("nme: x\n", SAID("r:1:1: unknown key 'nme'; did you mean 'name'?",
                                      "r:1:1: required key 'name'", "r:1:1: required key 'version'",
                                      "r:1:1: required key 'ladders'", "r:1:1: required key 'rate'",
                                      "r:1:1: required key 'limits'", "r:1:1: required key 'channels'",
                                      "r:1:1: required key 'duty'", "r:1:1: required key 'alerts'"));
}

static void test_a_ladder_always_leads_on(void **state)
{
    (void)state;
    assert_text_says(WITH("ladders:\n"
                          "  normal: {deputy: none, above: none, repeat: none, repeats_max: 3, lapse: none}\n"
                          "  urgent: {deputy: 1 urgent-hours, above: 1 urgent-hours, repeat: 0 urgent-hours, "
                          "repeats_max: 101, lapse: none}\n"
                          "  critcal: " RUNG "\n",
                          RESPONSE_RATE, RESPONSE_LIMITS, RESPONSE_CHANNELS, RESPONSE_SHIFTS, RESPONSE_DUTY,
                          RESPONSE_ALERTS),
                     SAID("r:4:3: required key 'critical' is missing", "r:4:11: 'deputy' must not be none",
                          "r:4:11: 'above' must not be none", "r:4:11: 'repeat' must not be none",
                          "r:5:96: 101 is not within 0 to 100",
                          "r:6:3: unknown key 'critcal'; did you mean 'critical'?"));
    assert_text_says(WITH("ladders:\n  normal: " RUNG "\n  urgent: " RUNG
                          "\n  critical: {deputy: 1 urgent-hours, above: 1 urgent-hours, repeat: 0 "
                          "urgent-hours, repeats_max: 1, lapse: none}\n",
                          RESPONSE_RATE, RESPONSE_LIMITS, RESPONSE_CHANNELS, RESPONSE_SHIFTS, RESPONSE_DUTY,
                          RESPONSE_ALERTS),
                     SAID("r:6:13: 'repeat' must be longer than nothing"));
}

static void test_a_rate_is_some_pushes_in_some_time(void **state)
{
    (void)state;
    assert_text_says(WITH(RESPONSE_LADDERS, "rate: {count: 0, per: 1 urgent-minutes}\n", RESPONSE_LIMITS,
                          RESPONSE_CHANNELS, RESPONSE_SHIFTS, RESPONSE_DUTY, RESPONSE_ALERTS),
                     SAID("r:4:15: 0 is not within 1 to 1000"));
    assert_text_says(WITH(RESPONSE_LADDERS, "rate: {count: 1, per: 1 work-hours}\n", RESPONSE_LIMITS,
                          RESPONSE_CHANNELS, RESPONSE_SHIFTS, RESPONSE_DUTY, RESPONSE_ALERTS),
                     SAID("r:4:23: '1 work-hours' must be some urgent-minutes"));
    assert_text_says(WITH(RESPONSE_LADDERS, "rate: {count: 1, per: 0 urgent-minutes}\n", RESPONSE_LIMITS,
                          RESPONSE_CHANNELS, RESPONSE_SHIFTS, RESPONSE_DUTY, RESPONSE_ALERTS),
                     SAID("r:4:23: '0 urgent-minutes' must be some"));
}

static void test_every_kind_of_command_has_its_limit_to_sign(void **state)
{
    (void)state;
    assert_text_says(WITH(RESPONSE_LADDERS, RESPONSE_RATE,
                          "limits: {order: {ack: none}, notice: {done: 1 work-days}, roll_call: " SIGN
                          ", supervision: " SIGN ", campaign: " SIGN ", mode: " SIGN ", emergency: " SIGN
                          "}\n",
                          RESPONSE_CHANNELS, RESPONSE_SHIFTS, RESPONSE_DUTY, RESPONSE_ALERTS),
                     SAID("r:5:9: required key 'roll-call' is missing", "r:5:17: 'ack' must not be none",
                          "r:5:38: required key 'ack' is missing",
                          "r:5:59: unknown key 'roll_call'; did you mean 'roll-call'?"));
}

static void test_channels_are_some_and_each_once(void **state)
{
    (void)state;
    assert_text_says(WITH(RESPONSE_LADDERS, RESPONSE_RATE, RESPONSE_LIMITS, "channels: []\n", RESPONSE_SHIFTS,
                          RESPONSE_DUTY, RESPONSE_ALERTS),
                     SAID("r:6:11: there must be at least one channel"));
    assert_text_says(WITH(RESPONSE_LADDERS, RESPONSE_RATE, RESPONSE_LIMITS,
                          "channels: [push, 短信, push, a, b, c]\n", RESPONSE_SHIFTS, RESPONSE_DUTY,
                          RESPONSE_ALERTS),
                     SAID("r:6:18: '短信' is not a code", "r:6:22: channel 'push' stands twice",
                          "r:6:34: more than 4 channels"));
}

#define SHIFTS(text)                                                                                         \
    WITH(RESPONSE_LADDERS, RESPONSE_RATE, RESPONSE_LIMITS, RESPONSE_CHANNELS, text, RESPONSE_DUTY,           \
         RESPONSE_ALERTS)

static void test_shifts_divide_the_day(void **state)
{
    (void)state;
    assert_text_says(SHIFTS("shifts:\n"
                            "  - {name: day, zh: 白, from: \"08:00\", to: \"20:00\"}\n"
                            "  - {name: night, zh: 夜, from: \"20:00\", to: \"07:30\"}\n"),
                     SAID("r:8:3: nobody is on duty at 07:30"));
    assert_text_says(SHIFTS("shifts:\n"
                            "  - {name: day, zh: 白, from: \"08:00\", to: \"20:01\"}\n"
                            "  - {name: night, zh: 夜, from: \"20:00\", to: \"08:00\"}\n"),
                     SAID("r:9:5: shift 'night' overlaps another"));
    assert_text_says(SHIFTS("shifts:\n"
                            "  - {name: day, zh: 白, from: \"8:00\", to: \"24:01\"}\n"
                            "  - {name: day, zh: 夜, from: \"20:60\", to: ab:cd}\n"),
                     SAID("r:8:30: '8:00' is no time of day", "r:8:42: '24:01' is no time of day",
                          "r:9:30: '20:60' is no time of day", "r:9:43: 'ab:cd' is no time of day"));
    assert_text_says(SHIFTS("shifts:\n"
                            "  - {name: day, zh: 白, from: \"08:00\", to: \"20:00\"}\n"
                            "  - {name: day, zh: 夜, from: \"20:00\", to: \"08:00\"}\n"),
                     SAID("r:9:5: shift 'day' stands twice"));
    struct response r =
        read_sound(SHIFTS("shifts: [{name: all, zh: 全天, from: \"00:00\", to: \"24:00\"}]\n"));
    assert_int_equal(r.shifts[0].to_min, 0);
    response_free(&r);
    r = read_sound(SHIFTS("")); /* a file without shifts */
    assert_int_equal(r.shift_count, 0);
    response_free(&r);
}

#define DUTY(text)                                                                                           \
    WITH(RESPONSE_LADDERS, RESPONSE_RATE, RESPONSE_LIMITS, RESPONSE_CHANNELS, RESPONSE_SHIFTS, text,         \
         RESPONSE_ALERTS)

static void test_somebody_is_on_duty_for_every_kind_of_recipient(void **state)
{
    (void)state;
    assert_text_says(DUTY("duty:\n"
                          "  - {for: center, posts: [dispatcher], deputy_posts: [leader]}\n"
                          "  - {for: unit, type: police, deputy_next: true}\n"),
                     SAID("r:9:3: no rule for every desk", "r:9:3: no rule for every unit"));
}

static void test_a_rule_behind_one_that_fits_all_is_said(void **state)
{
    (void)state;
    assert_text_says(DUTY("duty:\n"
                          "  - {for: center, posts: [dispatcher], deputy_posts: [leader]}\n"
                          "  - {for: desk, deputy_next: true}\n"
                          "  - {for: desk, department: ga, deputy_next: true}\n"
                          "  - {for: unit, deputy_next: true}\n"
                          "  - {for: unit, type: police, deputy_next: true}\n"),
                     SAID("r:11:5: never reached", "r:13:5: never reached"));
}

static void test_a_rule_says_what_it_needs_and_no_more(void **state)
{
    (void)state;
    assert_text_says(DUTY("duty:\n"
                          "  - {for: center, deputy_posts: [leader]}\n"
                          "  - {for: center, type: police, department: ga, posts: [], deputy_posts: [boss]}\n"
                          "  - {for: desk, department: gongan, posts: [leader], deputy_next: true}\n"
                          "  - {for: unit, type: polis, turns: true}\n"
                          "  - {for: person, deputy_next: true}\n"),
                     SAID("r:9:5: a rule for centers needs 'posts'", "r:10:5: never reached",
                          "r:10:25: only units have a type", "r:10:45: a center's own desk has no department",
                          "r:10:56: names no post", "r:10:75: unknown word 'boss'",
                          "r:11:29: there is no department 'gongan' anywhere",
                          "r:11:44: only a center is answered for by posts",
                          "r:12:5: a unit answers for itself",
                          "r:12:5: needs 'deputy_posts' or 'deputy_next'",
                          "r:12:23: there is no unit type 'polis'", "r:13:11: unknown word 'person'"));
}

static void test_alert_levels_are_five_and_somebody_sets_them(void **state)
{
    (void)state;
    assert_text_says(
        WITH(RESPONSE_LADDERS, RESPONSE_RATE, RESPONSE_LIMITS, RESPONSE_CHANNELS, RESPONSE_SHIFTS,
             RESPONSE_DUTY,
             "alerts:\n"
             "  normal: " QUIET "\n"
             "  iv: {mode: war, fast_lane: yes, report_interval: 0 urgent-hours, posts: [leader]}\n"
             "  iii: {mode: battle, fast_lane: true, report_interval: none, posts: [leader]}\n"
             "  ii: {mode: war, fast_lane: true, report_interval: 0 urgent-hours, posts: []}\n"
             "  v: " QUIET "\n"),
        SAID("r:10:3: required key 'i' is missing", "r:11:30: 'yes' must be true or false",
             "r:12:15: unknown word 'battle'", "r:13:7: 'report_interval' must be longer than nothing",
             "r:13:76: names no post", "r:14:3: unknown key 'v'"));
}

#define PLAN(text) RESPONSE_WITHOUT_PLANS "plans:\n" text
#define CIRCLE "{type: police, count: 1, arrive: 5 urgent-minutes}"
#define TIMES "ack: 1 urgent-minutes, par: none, position_age: 1 urgent-hours"

static void test_a_plan_sends_somebody_who_exists_in_a_limit(void **state)
{
    (void)state;
    assert_text_says(PLAN("  - {code: a, zh: 甲, " TIMES ", circles: []}\n"
                          "  - {code: a, zh: 乙, " TIMES ", circles: [" CIRCLE "]}\n"
                          "  - code: b\n"
                          "    zh: 丙\n"
                          "    ack: none\n"
                          "    par: 0 urgent-minutes\n"
                          "    position_age: none\n"
                          "    circles:\n"
                          "      - {type: polis, count: 1, arrive: 5 urgent-minutes}\n"
                          "      - {type: boat, count: 1, arrive: 5 urgent-minutes}\n"
                          "      - {type: police, count: 0, arrive: 5 urgent-minutes}\n"
                          "      - {type: police, count: 1, arrive: none}\n"
                          "      - {type: squad, count: 1, arrive: 5 urgent-minutes}\n"
                          "      - {type: grid, count: 1, arrive: 5 urgent-minutes}\n"),
                     SAID("r:11:95: a plan needs at least one circle", "r:12:5: plan 'a' stands twice",
                          "r:13:5: plan 'b': 'ack' must not be none",
                          "r:13:5: plan 'b': 'par' must be longer than nothing",
                          "r:17:19: 'none' must be some urgent-minutes",
                          "r:19:9: there is no unit type 'polis'",
                          "r:20:9: no center has a unit of the type 'boat'",
                          "r:21:31: 0 is not within 1 to 99", "r:22:9: a circle needs its arrival limit"));
}

static void test_a_plan_has_no_more_circles_than_there_is_room_for(void **state)
{
    (void)state;
    assert_text_says(PLAN("  - code: a\n    zh: 甲\n    ack: 1 urgent-minutes\n    par: none\n"
                          "    position_age: 1 urgent-hours\n    circles:\n"
                          "      - " CIRCLE "\n      - " CIRCLE "\n      - " CIRCLE "\n      - " CIRCLE "\n"
                          "      - " CIRCLE "\n      - " CIRCLE "\n      - " CIRCLE "\n      - " CIRCLE "\n"
                          "      - " CIRCLE "\n"),
                     SAID("r:25:9: more than 8 circles"));
}

static void test_without_a_tree_its_names_are_not_judged(void **state)
{
    (void)state;
    static struct conf_errors errors;
    struct response response;
    const char *text = PLAN("  - {code: a, zh: 甲, " TIMES
                            ", circles: [{type: polis, count: 1, arrive: 5 urgent-minutes}]}\n");
    assert_int_equal(take(text, NULL, &errors, &response), ERR_OK);
    response_free(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_file_says_is_read),
        cmocka_unit_test(test_every_part_is_demanded),
        cmocka_unit_test(test_a_ladder_always_leads_on),
        cmocka_unit_test(test_a_rate_is_some_pushes_in_some_time),
        cmocka_unit_test(test_every_kind_of_command_has_its_limit_to_sign),
        cmocka_unit_test(test_channels_are_some_and_each_once),
        cmocka_unit_test(test_shifts_divide_the_day),
        cmocka_unit_test(test_somebody_is_on_duty_for_every_kind_of_recipient),
        cmocka_unit_test(test_a_rule_behind_one_that_fits_all_is_said),
        cmocka_unit_test(test_a_rule_says_what_it_needs_and_no_more),
        cmocka_unit_test(test_alert_levels_are_five_and_somebody_sets_them),
        cmocka_unit_test(test_a_plan_sends_somebody_who_exists_in_a_limit),
        cmocka_unit_test(test_a_plan_has_no_more_circles_than_there_is_room_for),
        cmocka_unit_test(test_without_a_tree_its_names_are_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
