/* Units in the topology file: types with their words, counts by tier, units by name; what is wrong is said at
 * its place, and the shipped trees have what their plans need. */
#include <math.h>
#include <stdio.h>

#include "conf/conf_topology.h"
#include "conf/conf_world.h"
#include "domain/unit.h"
#include "test_conf_say.h"

/* Ten lines. */
#define TREE                                                                                                 \
    "name: t\nversion: 1\ntiers:\n  - {name: d, zh: 区, rank: 0}\n  - {name: s, zh: 街道, rank: 1}\n"     \
    "departments:\n  - {code: ga, name: 公安, at: [{tier: d, desks: 1}]}\n"                                \
    "centers:\n  - {code: \"44\", name: 甲, tier: d, lon: 113, lat: 22}\n"                                  \
    "  - {code: \"4401\", name: 乙, tier: s, parent: \"44\", grids: 2}\n"
#define TYPES                                                                                                   \
    "unit_types:\n  - {code: squad, name: 小分队}\n  - {code: police, name: 民警, department: ga, words: " \
    "{出警: en-route, 下班: off}}\n" /* three */

static enum err read_text(const char *text, struct topology **topology, struct conf_errors *errors)
{
    struct conf_doc *doc;
    conf_errors_init(errors);
    assert_int_equal(conf_read_text("t", text, strlen(text), errors, &doc), ERR_OK);
    enum err result = conf_topology_read(doc, topology, NULL);
    conf_doc_free(&doc);
    return result;
}

static void assert_text_says(const char *text, const char *const *expected)
{
    static struct conf_errors errors;
    struct topology *topology;
    assert_int_equal(read_text(text, &topology, &errors), ERR_CONFIG);
    assert_null(topology);
    assert_said(&errors, expected);
}

static struct topology *load_text(const char *text)
{
    static struct conf_errors errors;
    struct topology *topology;
    enum err result = read_text(text, &topology, &errors);
    assert_said(&errors, (const char *const[]){NULL});
    assert_int_equal(result, ERR_OK);
    return topology;
}

static void test_types_counts_and_named_units_become_units(void **state)
{
    (void)state;
    struct topology *t =
        load_text(TREE TYPES "units: {s: {police: 2, squad: 0}}\n"
                             "named_units:\n"
                             "  - {name: gate, type: squad, center: \"4401\", lon: 113.5, lat: 22.5}\n"
                             "  - {name: boat, type: squad, center: \"44\"}\n");
    struct unit_identity units[8];
    assert_int_equal(t->unit_type_count, 2);
    assert_string_equal(t->unit_types[0].code, "police"); /* by code, not as the file has them */
    assert_string_equal(t->unit_types[0].department, "ga");
    assert_int_equal(topology_units(t, 1, units, 8), 5);
    assert_string_equal(units[0].name, "police.4401");
    assert_string_equal(units[1].name, "police-2.4401");
    assert_string_equal(units[2].name, "gate.4401");
    assert_true(units[2].lon == 113.5);
    assert_string_equal(units[4].name, "grid.4401002");
    assert_true(topology_unit(t, "boat.44", &units[0]));
    assert_true(units[0].lon == 113);
    assert_int_equal(unit_status_mapped(t, "police", "出警"), UNIT_EN_ROUTE);
    assert_int_equal(unit_status_mapped(t, "police", "下班"), UNIT_OFF);
    assert_int_equal(unit_status_mapped(t, "squad", "下班"), 0);
    topology_free(t);
}

static void test_the_grid_type_may_have_words_of_its_own(void **state)
{
    (void)state;
    struct topology *t =
        load_text(TREE "unit_types:\n  - {code: grid, name: 网格员, words: {入户: on-scene}}\n");
    assert_int_equal(unit_status_mapped(t, "grid", "入户"), UNIT_ON_SCENE);
    topology_free(t);
}

static void test_codes_of_types_that_mean_something_else_are_said(void **state)
{
    (void)state;
    assert_text_says(TREE "unit_types:\n"
                          "  - {code: leader, name: a}\n"
                          "  - {code: desk, name: a}\n"
                          "  - {code: center, name: a}\n"
                          "  - {code: squad-2, name: a}\n"
                          "  - {code: a.b, name: a}\n"
                          "  - {code: police, name: a}\n"
                          "  - {code: police, name: b}\n"
                          "  - {code: unit, name: a}\n"
                          "  - {name: a}\n"
                          "  - {code: boat, name: a, departmnt: ga}\n",
                     SAID("t:12:12: 'leader' is taken", "t:13:12: 'desk' is taken",
                          "t:14:12: 'center' is taken", "t:15:12: 'squad-2' may not end in a number",
                          "t:16:12: 'a.b' may not hold a dot",
                          "t:18:5: unit type 'police' stands twice (first in line 17)",
                          "t:19:12: 'unit' is taken", "t:20:5: required key 'code' is missing",
                          "t:21:27: unknown key 'departmnt'; did you mean 'department'?"));
}

static void test_departments_and_words_of_types_are_known_ones(void **state)
{
    (void)state;
    assert_text_says(TREE "unit_types:\n"
                          "  - {code: police, name: a, department: gongan}\n"
                          "  - {code: squad, name: a, words: {集结: en-rout, 派出: ordered}}\n"
                          "  - {code: boat, name: a, words: [x]}\n",
                     SAID("t:12:41: there is no department 'gongan' anywhere",
                          "t:13:40: unknown word 'en-rout'; did you mean 'en-route'?",
                          "t:13:53: unknown word 'ordered'", "t:14:34: must be a map"));
}

static void test_counts_are_by_known_tiers_and_types(void **state)
{
    (void)state;
    assert_text_says(TREE TYPES "units:\n"
                                "  s: {polize: 1, squad: 1000, grid: 3}\n"
                                "  town: {police: 1}\n"
                                "  d: [police]\n",
                     SAID("t:15:7: unknown unit type 'polize'; did you mean 'police'?",
                          "t:15:25: 1000 is not within 0 to 999", "t:15:31: 'grid' units follow from the",
                          "t:16:3: unknown tier 'town'", "t:17:6: must be a map"));
}

static void test_named_units_have_a_word_a_type_and_a_place(void **state)
{
    (void)state;
    assert_text_says(TREE TYPES "named_units:\n"
                                "  - {name: police, type: squad, center: \"44\"}\n"
                                "  - {name: gate, type: post, center: \"44\"}\n"
                                "  - {name: gate, type: squad, center: \"45\"}\n"
                                "  - {name: gate, type: squad, center: \"44\", lon: 113}\n"
                                "  - {name: gate, type: squad, center: \"44\"}\n"
                                "  - {name: gate-2, type: squad, center: \"44\"}\n"
                                "  - {name: leader, type: squad, center: \"44\"}\n"
                                "  - {name: g, type: grid, center: \"44\"}\n"
                                "  - {name: h, type: squad, center: \"44\", lon: 181, lat: 22}\n",
                     SAID("t:15:12: 'police' is a unit type", "t:16:24: unknown unit type 'post'",
                          "t:17:39: there is no center '45'", "t:18:5: lon and lat go together",
                          "t:19:5: unit 'gate.44' stands twice", "t:20:12: 'gate-2' may not end in a number",
                          "t:21:12: 'leader' is taken", "t:22:21: 'grid' units follow from",
                          "t:23:47: 181 is not within -180 to 180"));
}

static void test_a_center_has_no_more_recipients_than_a_sheet_lists(void **state)
{
    (void)state;
    topology_free(load_text(TREE TYPES "units: {s: {police: 999, squad: 534}}\n")); /* + 2 grids + itself */
    assert_text_says(TREE TYPES "units: {s: {police: 999, squad: 535}}\n",
                     SAID("t:14:8: center '4401' has 1537 recipients, at most 1536 are possible"));
}

static struct world *load_shipped(const char *name)
{
    static struct conf_errors errors;
    struct world *world = NULL;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/config/topology/%s.yaml", SANJI_SOURCE_DIR, name);
    conf_errors_init(&errors);
    enum err result = conf_world_load(path, &errors, &world);
    assert_said(&errors, (const char *const[]){NULL});
    assert_int_equal(result, ERR_OK);
    return world;
}

static size_t of_type(const struct unit_identity *units, size_t count, const char *type)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(units[i].type, type) == 0;
    return found;
}

/* "135" means one minute: the people must be there, at whichever center a case is filed. */
static void test_every_center_of_a_shipped_tree_can_fill_every_circle(void **state)
{
    (void)state;
    static const char *const trees[] = {"baoan", "pingshan", "shenzhen", "dongguan", "jianye", "minimal"};
    static struct unit_identity units[SHEET_RECIPIENTS_MAX];
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        struct world *world = load_shipped(trees[i]);
        for (int32_t c = 0; c < (int32_t)world->topology->center_count; c++) {
            size_t count = topology_units(world->topology, c, units, SHEET_RECIPIENTS_MAX);
            assert_true(count < SHEET_RECIPIENTS_MAX);
            for (size_t p = 0; p < world->response.plan_count; p++)
                for (size_t k = 0; k < world->response.plans[p].circle_count; k++) {
                    const struct plan_circle *circle = &world->response.plans[p].circles[k];
                    assert_true(of_type(units, count, circle->type) >= (size_t)circle->count);
                }
        }
        conf_world_free(&world);
    }
}

static void test_baoan_has_161_posts_at_92_key_sites(void **state)
{
    (void)state;
    struct world *world = load_shipped("baoan");
    const struct topology *t = world->topology;
    size_t posts = 0, sites = 0, grids = 0;
    static struct unit_identity units[SHEET_RECIPIENTS_MAX];
    for (int32_t c = 0; c < (int32_t)t->center_count; c++) {
        size_t count = topology_units(t, c, units, SHEET_RECIPIENTS_MAX);
        posts += of_type(units, count, "post");
        grids += of_type(units, count, "grid");
    }
    for (size_t i = 0; i < t->named_unit_count; i++)
        sites += t->named_units[i].name[strlen("site01")] == 'a';
    assert_int_equal(posts, 161);
    assert_int_equal(sites, 92);
    assert_int_equal(grids, 4866);
    conf_world_free(&world);
}

static void test_the_one_touch_alarm_of_baoan_sends_out_135(void **state)
{
    (void)state;
    struct world *world = load_shipped("baoan");
    const struct item *alarm = catalogue_item(&world->catalogue, "0712");
    assert_non_null(alarm);
    assert_string_equal(alarm->plan, "135");
    assert_int_equal(alarm->priority, PRIORITY_CRITICAL);
    const struct plan *plan = response_plan(&world->response, "135");
    assert_non_null(plan);
    static const char *const types[] = {"volunteer", "auxiliary", "police"};
    assert_int_equal(plan->circle_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(plan->circles[i].type, types[i]);
        assert_int_equal(plan->circles[i].arrive.unit, UNIT_URGENT_HOUR);
        assert_int_equal(plan->circles[i].arrive.amount, 2 * (int)i + 1); /* minutes 1, 3, 5 */
    }
    assert_string_equal(catalogue_item(&world->catalogue, "0101")->plan, "");
    conf_world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_counts_and_named_units_become_units),
        cmocka_unit_test(test_the_grid_type_may_have_words_of_its_own),
        cmocka_unit_test(test_codes_of_types_that_mean_something_else_are_said),
        cmocka_unit_test(test_departments_and_words_of_types_are_known_ones),
        cmocka_unit_test(test_counts_are_by_known_tiers_and_types),
        cmocka_unit_test(test_named_units_have_a_word_a_type_and_a_place),
        cmocka_unit_test(test_a_center_has_no_more_recipients_than_a_sheet_lists),
        cmocka_unit_test(test_every_center_of_a_shipped_tree_can_fill_every_circle),
        cmocka_unit_test(test_baoan_has_161_posts_at_92_key_sites),
        cmocka_unit_test(test_the_one_touch_alarm_of_baoan_sends_out_135),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
