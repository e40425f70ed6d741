/* The topology reader: what is wrong with a tree is said at its place; the shipped trees are what they claim.
 */
#include "conf/conf_topology.h"

#include <math.h>
#include <stdio.h>

#include "test_conf_say.h"

#define HEAD                                                                                                 \
    "name: t\nversion: 1\ntiers:\n  - {name: d, zh: 区, rank: 0}\n  - {name: s, zh: 街道, rank: 1}\n"     \
    "  - {name: c, zh: 社区, rank: 2}\n" /* six lines */

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

static void test_parents_come_before_children_whatever_the_order_of_the_file(void **state)
{
    (void)state;
    struct topology *t =
        load_text(HEAD "centers:\n"
                       "  - {code: \"440306017002\", name: 乙, tier: c, parent: \"440306017\", grids: 3}\n"
                       "  - {code: \"440306017\", name: 街, tier: s, parent: \"440306\"}\n"
                       "  - {code: \"440306\", name: 区, tier: d, lon: 113.9, lat: 22.5}\n"
                       "  - {code: \"440306017001\", name: 甲, tier: c, parent: \"440306017\"}\n");
    assert_int_equal(t->center_count, 4);
    assert_string_equal(t->centers[0].code, "440306");
    assert_int_equal(t->centers[0].parent, -1);
    assert_string_equal(t->centers[1].code, "440306017");
    assert_string_equal(t->centers[2].code, "440306017002");
    assert_int_equal(t->centers[2].parent, 1);
    assert_int_equal(t->centers[2].grids, 3);
    assert_string_equal(t->centers[2].covers[0], "440306017002");
    assert_true(t->centers[0].lon == 113.9);
    assert_true(isnan(t->centers[1].lon));
    topology_free(t);
}

static void test_a_parent_that_does_not_exist_is_said(void **state)
{
    (void)state;
    assert_text_says(HEAD "centers:\n  - {code: \"440306\", name: a, tier: d}\n"
                          "  - {code: \"440306017\", name: b, tier: s, parent: \"440307\"}\n",
                     SAID("t:9:51: parent '440307' does not exist"));
}

static void test_a_cycle_is_said_once_with_the_way_round(void **state)
{
    (void)state;
    assert_text_says(HEAD "centers:\n  - {code: \"44\", name: a, tier: d}\n"
                          "  - {code: \"441\", name: b, tier: s, parent: \"442\", covers: [\"441\"]}\n"
                          "  - {code: \"442\", name: b, tier: c, parent: \"441\", covers: [\"4411\"]}\n"
                          "  - {code: \"4421\", name: e, tier: c, parent: \"441\", covers: [\"4412\"]}\n",
                     SAID("t:9:45: a cycle: 441 -> 442 -> 441"));
}

static void test_a_center_that_is_its_own_parent_is_a_cycle(void **state)
{
    (void)state;
    assert_text_says(HEAD "centers:\n  - {code: \"44\", name: a, tier: d, parent: \"44\"}\n",
                     SAID("t:8:5: no root: every center has a parent", "t:8:44: a cycle: 44 -> 44"));
}

static void test_two_roots_are_said(void **state)
{
    (void)state;
    assert_text_says(
        HEAD "centers:\n  - {code: \"440306\", name: a, tier: d}\n  - {code: \"440307\", name: b, tier: d}\n",
        SAID("t:9:5: a second root: '440306' in line 8 has no parent either"));
}

static void test_two_centers_covering_one_area_are_said_at_the_second(void **state)
{
    (void)state;
    assert_text_says(
        HEAD
        "centers:\n"
        "  - {code: \"4403\", name: a, tier: d}\n"
        "  - {code: \"440301\", name: b, tier: s, parent: \"4403\", covers: [\"440301\", \"440303\"]}\n"
        "  - {code: \"440302\", name: c, tier: s, parent: \"4403\", covers: [\"440301\"]}\n"
        "  - {code: \"440304\", name: c, tier: s, parent: \"4403\", covers: [\"440303001\", \"440304\"]}\n",
        SAID("t:10:65: area '440301' is covered by center '440301' already (line 9)",
             "t:11:65: area '440303001' is covered by center '440301' already (line 9)"));
}

static void test_a_center_may_not_reach_out_of_its_parents_area(void **state)
{
    (void)state;
    assert_text_says(HEAD "centers:\n  - {code: \"440306\", name: a, tier: d}\n"
                          "  - {code: \"440307001\", name: b, tier: s, parent: \"440306\"}\n",
                     SAID("t:9:12: area '440307001' does not lie in what the parent '440306' covers"));
}

static void test_a_child_of_the_same_rank_is_said(void **state)
{
    (void)state;
    assert_text_says(HEAD "centers:\n  - {code: \"4403\", name: a, tier: s}\n"
                          "  - {code: \"440306\", name: b, tier: s, parent: \"4403\"}\n",
                     SAID("t:9:12: area '440306' is covered by center '4403' already",
                          "t:9:37: tier 's' does not stand below 's', the tier of its parent '4403'"));
}

static void test_codes_twice_and_of_a_wrong_form_are_said(void **state)
{
    (void)state;
    assert_text_says(HEAD "centers:\n"
                          "  - {code: \"44\", name: a, tier: d}\n"
                          "  - {code: \"4401\", name: a, tier: s, parent: \"44\"}\n"
                          "  - {code: \"4401\", name: a, tier: c, parent: \"44\", covers: [\"4402\"]}\n"
                          "  - {code: a.b, name: a, tier: s, parent: \"44\"}\n"
                          "  - {code: 4403D, name: a, tier: s, parent: \"44\"}\n"
                          "  - {code: \"4404\", name: a, tier: s, parent: \"44\", covers: [44D4]}\n"
                          "  - {code: \"4405\", name: a, tier: s, parent: \"44\", covers: []}\n",
                     SAID("t:10:12: center '4401' stands twice (first in line 9)",
                          "t:11:12: 'a.b' may not hold a dot or an at sign",
                          "t:12:5: '4403D' is no area code: say with covers",
                          "t:13:61: '44D4' is no area code", "t:14:60: covers nothing"));
}

static void test_wrong_values_of_a_center_are_said(void **state)
{
    (void)state;
    assert_text_says(HEAD "centers:\n"
                          "  - {code: \"44\", name: a, tier: district, lon: 181, lat: 1}\n"
                          "  - {code: \"4401\", name: a, tier: s, parent: \"44\", grids: 1000, lat: 22}\n"
                          "  - {code: \"4402\", tier: s, parent: \"44\", colour: red}\n",
                     SAID("t:8:5: lon and lat go together", "t:8:33: unknown tier 'district'",
                          "t:8:48: 181 is not within -180 to 180", "t:9:5: lon and lat go together",
                          "t:9:59: 1000 is not within 0 to 999", "t:10:5: required key 'name' is missing",
                          "t:10:43: unknown key 'colour'"));
}

static void test_tiers_have_one_name_and_one_rank_each(void **state)
{
    (void)state;
    assert_text_says("name: t\nversion: 0\ntiers: [{name: a, zh: 甲, rank: 0}, {name: a, zh: 乙, rank: 1}, "
                     "{name: b, zh: 丙, "
                     "rank: 0}]\ncenters: []\n",
                     SAID("t:2:10: 0 is not within 1", "t:3:36: tier 'a' stands twice",
                          "t:3:63: tier 'b' has the rank of 'a'",
                          "t:4:10: there must be at least one center"));
}

#define SMALL                                                                                                \
    HEAD "centers:\n  - {code: \"44\", name: a, tier: d}\n  - {code: \"4401\", name: b, tier: s, parent: "   \
         "\"44\", grids: 2}\n"                                                                               \
         "  - {code: \"4402\", name: c, tier: s, parent: \"44\"}\n" /* ten lines */

static void test_departments_sit_at_centers_and_tiers(void **state)
{
    (void)state;
    struct topology *t = load_text(SMALL "departments:\n"
                                         "  - {code: b, name: 乙局, name_en: B, at: [{tier: s, desks: 2, "
                                         "name: 乙所}, {center: \"44\", desks: 1}]}\n"
                                         "  - {code: a, name: 甲局, at: [{center: \"4402\", desks: 0}]}\n");
    assert_int_equal(t->department_count, 4);
    assert_string_equal(topology_department(t, 0, "b")->name, "乙局");
    assert_string_equal(topology_department(t, 1, "b")->name, "乙所");
    assert_string_equal(topology_department(t, 1, "b")->name_en, "B");
    assert_int_equal(topology_department(t, 2, "a")->desks, 0);
    assert_null(topology_department(t, 1, "a"));
    topology_free(t);
}

static void test_departments_at_unknown_places_or_twice_are_said(void **state)
{
    (void)state;
    assert_text_says(
        SMALL "departments:\n"
              "  - {code: a, name: A, at: [{center: \"45\", desks: 1}, {tier: x, desks: 1}, {desks: 1}]}\n"
              "  - {code: b, name: B, at: [{tier: s, center: \"44\", desks: 1}, {tier: s}]}\n"
              "  - {code: c, name: C, at: [{tier: s, desks: 1}, {center: \"4402\", desks: 2}]}\n"
              "  - {code: c, name: C, at: [{center: \"4401\", desks: 1000}]}\n"
              "  - {code: d@e, name: C, at: []}\n",
        SAID("t:12:38: there is no center '45'", "t:12:62: unknown tier 'x'",
             "t:12:76: a seat is at a center or at a tier", "t:13:29: a seat is at a center or at a tier",
             "t:13:64: required key 'desks' is missing",
             "t:14:50: department 'c' is at center '4402' already (line 14)",
             "t:15:53: 1000 is not within 0 to 999", "t:16:12: 'd@e' may not hold a dot"));
}

static void test_staff_posts_are_known_ones(void **state)
{
    (void)state;
    assert_text_says(
        SMALL "staff:\n  s: {receptionist: 2, dispatchr: 1, desk: 4, leader: -1}\n  street: {leader: 1}\n",
        SAID("t:12:24: unknown word 'dispatchr'; did you mean 'dispatcher'?", "t:12:38: unknown word 'desk'",
             "t:12:55: -1 is not within 0 to 999", "t:13:3: unknown tier 'street'"));
}

static void test_named_persons_resolve_to_what_exists(void **state)
{
    (void)state;
    assert_text_says(SMALL "persons:\n"
                           "  - {user: li, name: 李, post: desk, center: \"44\"}\n"
                           "  - {user: li, name: 李, post: leader, center: \"46\"}\n"
                           "  - {user: wu, name: 吴, post: leader, center: \"4401\", area: \"4402\"}\n"
                           "  - {user: wu, name: 吴, post: boss, center: \"4401\", department: x}\n"
                           "  - {user: wu, name: 吴, post: checker, center: \"4401\", department: x}\n",
                     SAID("t:12:5: a desk needs its department", "t:13:47: there is no center '46'",
                          "t:14:61: area '4402' is not covered by center '4401'",
                          "t:15:31: unknown word 'boss'", "t:16:5: user 'wu' stands twice",
                          "t:16:68: there is no department 'x' at center '4401'"));
    struct topology *t =
        load_text(SMALL "persons:\n"
                        "  - {user: wu, name: 吴, post: checker, center: \"4401\", area: \"440101\"}\n"
                        "  - {user: li, name: 李, post: leader, center: \"44\"}\n");
    struct actor actor;
    assert_true(topology_person(t, "wu", &actor));
    assert_int_equal(actor.post, POST_CHECKER);
    assert_string_equal(actor.center, "4401");
    assert_string_equal(actor.area, "440101");
    topology_free(t);
}

static void test_assumptions_are_sentences(void **state)
{
    (void)state;
    assert_text_says(SMALL "assumptions:\n  - fine\n  - {a: b}\nuse: {catalog: x}\n",
                     SAID("t:13:5: must be a text, not a map",
                          "t:14:7: unknown key 'catalog'; did you mean 'catalogue'?"));
}

static void test_empty_and_misshapen_files_are_said(void **state)
{
    (void)state;
    assert_text_says("- a\n", SAID("t:1:1: must be a map"));
    assert_text_says("name: t\n", SAID("t:1:1: required key 'version'", "t:1:1: required key 'tiers'",
                                       "t:1:1: required key 'centers'"));
    assert_text_says(HEAD "centers: 7\nstaff: [a]\ndepartments: {}\npersons: x\n",
                     SAID("t:7:10: must be a list", "t:8:8: must be a map", "t:9:14: must be a list",
                          "t:10:10: must be a list"));
}

struct shipped {
    const char *file;
    size_t tiers[4]; /* centers of each tier, from the root */
    int64_t grids;
};

static const struct shipped shipped[] = {
    {"baoan", {1, 10, 124}, 4866},    {"pingshan", {1, 6, 23}, 840}, {"shenzhen", {1, 10, 74, 659}, 27371},
    {"dongguan", {1, 33, 593}, 3201}, {"jianye", {1, 6, 64}, 2560},  {"minimal", {1, 1, 1}, 35},
};

static struct topology *load_shipped(const char *name, struct conf_topology_use *use)
{
    static struct conf_errors errors;
    struct topology *topology;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/config/topology/%s.yaml", SANJI_SOURCE_DIR, name);
    conf_errors_init(&errors);
    enum err result = conf_topology_load(path, &errors, &topology, use);
    assert_said(&errors, (const char *const[]){NULL});
    assert_int_equal(result, ERR_OK);
    return topology;
}

static void test_shipped_trees_have_the_numbers_of_the_sources(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        struct topology *t = load_shipped(shipped[i].file, NULL);
        size_t tiers[4] = {0};
        int64_t grids = 0;
        for (size_t k = 0; k < t->center_count; k++) {
            assert_in_range(t->centers[k].tier, 0, 3);
            tiers[t->centers[k].tier]++;
            grids += t->centers[k].grids;
        }
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(tiers[k], shipped[i].tiers[k]);
        assert_int_equal(grids, shipped[i].grids);
        topology_free(t);
    }
}

static void test_every_center_of_a_shipped_tree_has_every_post(void **state)
{
    (void)state;
    static const enum post posts[] = {POST_RECEPTIONIST, POST_DISPATCHER, POST_SHIFT_LEADER, POST_LEADER,
                                      POST_SUPERVISOR,   POST_CHECKER,    POST_CALLER,       POST_RESIDENT};
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        struct topology *t = load_shipped(shipped[i].file, NULL);
        for (size_t k = 0; k < t->center_count; k++)
            for (size_t p = 0; p < sizeof posts / sizeof *posts; p++)
                assert_true(topology_has_post(t, (int32_t)k, posts[p]));
        topology_free(t);
    }
}

/* Committees of Bao'an per street in the national list. */
struct committees {
    const char *street;
    size_t count;
};

static void test_baoans_140_committees_are_covered_once_each(void **state)
{
    (void)state;
    static const struct committees streets[] = {
        {"440306017", 22}, {"440306018", 25}, {"440306019", 9},  {"440306020", 7}, {"440306021", 7},
        {"440306022", 22}, {"440306023", 8},  {"440306024", 13}, {"440306025", 5}, {"440306026", 22}};
    struct topology *t = load_shipped("baoan", NULL);
    size_t all = 0;
    for (size_t s = 0; s < sizeof streets / sizeof *streets; s++) {
        int32_t street = topology_center(t, streets[s].street);
        size_t covered = 0;
        for (size_t i = 0; i < t->center_count; i++)
            if (t->centers[i].parent == street)
                covered += t->centers[i].cover_count;
        assert_int_equal(covered, streets[s].count);
        all += covered;
    }
    assert_int_equal(all, 140);
    for (size_t i = 1; i < t->cover_count; i++)
        assert_true(strcmp(t->covers[i - 1].area, t->covers[i].area) < 0);
    assert_string_equal(t->centers[topology_center_of_area(t, "440306026022")].code, "440306026021");
    topology_free(t);
}

static void test_baoans_district_has_31_departments_with_desks(void **state)
{
    (void)state;
    struct topology *t = load_shipped("baoan", NULL);
    size_t district = 0;
    for (size_t i = 0; i < t->department_count; i++) {
        assert_true(t->departments[i].desks > 0);
        district += t->departments[i].center == 0;
    }
    assert_int_equal(district, 31);
    topology_free(t);
}

/* A case that climbs must find its department again: what sits at a center sits at each one above it. */
static void test_a_climbing_case_finds_its_department_one_tier_up(void **state)
{
    (void)state;
    static const char *const trees[] = {"baoan", "shenzhen", "dongguan", "jianye", "minimal"};
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        struct topology *t = load_shipped(trees[i], NULL);
        for (size_t k = 0; k < t->department_count; k++) {
            int32_t above = t->centers[t->departments[k].center].parent;
            if (above >= 0)
                assert_non_null(topology_department(t, above, t->departments[k].code));
        }
        topology_free(t);
    }
}

static void test_a_file_names_its_companions_beside_itself(void **state)
{
    (void)state;
    struct conf_topology_use use;
    topology_free(load_shipped("pingshan", &use));
    assert_string_equal(use.catalogue, SANJI_SOURCE_DIR "/config/topology/../catalogue/pingshan.yaml");
    assert_string_equal(use.matrix, SANJI_SOURCE_DIR "/config/topology/../catalogue/pingshan-matrix.yaml");
    assert_string_equal(use.calendar, SANJI_SOURCE_DIR "/config/topology/../calendar/china.yaml");
    assert_string_equal(use.policy, SANJI_SOURCE_DIR "/config/topology/../policy/standard.yaml");
    assert_string_equal(use.response, SANJI_SOURCE_DIR "/config/topology/../response/standard.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parents_come_before_children_whatever_the_order_of_the_file),
        cmocka_unit_test(test_a_parent_that_does_not_exist_is_said),
        cmocka_unit_test(test_a_cycle_is_said_once_with_the_way_round),
        cmocka_unit_test(test_a_center_that_is_its_own_parent_is_a_cycle),
        cmocka_unit_test(test_two_roots_are_said),
        cmocka_unit_test(test_two_centers_covering_one_area_are_said_at_the_second),
        cmocka_unit_test(test_a_center_may_not_reach_out_of_its_parents_area),
        cmocka_unit_test(test_a_child_of_the_same_rank_is_said),
        cmocka_unit_test(test_codes_twice_and_of_a_wrong_form_are_said),
        cmocka_unit_test(test_wrong_values_of_a_center_are_said),
        cmocka_unit_test(test_tiers_have_one_name_and_one_rank_each),
        cmocka_unit_test(test_departments_sit_at_centers_and_tiers),
        cmocka_unit_test(test_departments_at_unknown_places_or_twice_are_said),
        cmocka_unit_test(test_staff_posts_are_known_ones),
        cmocka_unit_test(test_named_persons_resolve_to_what_exists),
        cmocka_unit_test(test_assumptions_are_sentences),
        cmocka_unit_test(test_empty_and_misshapen_files_are_said),
        cmocka_unit_test(test_shipped_trees_have_the_numbers_of_the_sources),
        cmocka_unit_test(test_every_center_of_a_shipped_tree_has_every_post),
        cmocka_unit_test(test_baoans_140_committees_are_covered_once_each),
        cmocka_unit_test(test_baoans_district_has_31_departments_with_desks),
        cmocka_unit_test(test_a_climbing_case_finds_its_department_one_tier_up),
        cmocka_unit_test(test_a_file_names_its_companions_beside_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
