/* The matrix file, written and read back, and the whole world of a tree checked against itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf_policy.h"
#include "conf/conf_route.h"
#include "conf/conf_world.h"
#include "test_conf_response.h"

#define CONFIG SANJI_SOURCE_DIR "/config"

static const char baoan[] = CONFIG "/topology/baoan.yaml";

static void assert_says(const struct conf_errors *errors, size_t index, const char *words)
{
    if (!strstr(conf_errors_text(errors, index), words))
        fail_msg("expected '%s' in '%s'", words, conf_errors_text(errors, index));
}

static struct world *load(const char *path)
{
    struct conf_errors errors;
    struct world *world = NULL;
    conf_errors_init(&errors);
    if (conf_world_load(path, &errors, &world) != ERR_OK)
        fail_msg("%s", conf_errors_text(&errors, 0));
    return world;
}

static int set_up_world(void **state)
{
    *state = load(baoan);
    return 0;
}

static int tear_down_world(void **state)
{
    struct world *world = *state;
    conf_world_free(&world);
    return 0;
}

static enum err take(const struct world *world, const char *routes, struct conf_errors *errors,
                     struct route_matrix *matrix)
{
    char text[2048];
    struct conf_doc *doc = NULL;
    snprintf(text, sizeof text, "version: 1\nroutes:\n%s", routes);
    conf_errors_init(errors);
    assert_int_equal(conf_read_text("m.yaml", text, strlen(text), errors, &doc), ERR_OK);
    enum err result =
        conf_route_take(doc, world ? &world->catalogue : NULL, world ? world->topology : NULL, matrix);
    conf_doc_free(&doc);
    return result;
}

static void assert_refused(const struct world *world, const char *routes, const char *words)
{
    struct conf_errors errors;
    struct route_matrix matrix;
    assert_int_equal(take(world, routes, &errors, &matrix), ERR_CONFIG);
    assert_says(&errors, 0, words);
}

static void test_a_line_becomes_a_row_for_each_department(void **state)
{
    struct conf_errors errors;
    struct route_matrix matrix;
    struct route_choice choice[4];
    const struct world *world = *state;
    assert_int_equal(take(world,
                          "  - {class: \"03\", to: shizheng}\n"
                          "  - {item: \"0304\", to: [ranqi, yingji], assist: [xiaofang, gongan]}\n"
                          "  - {item: \"0304\", area: \"440306017\", to: [xiaofang], support: [12]}\n",
                          &errors, &matrix),
                     ERR_OK);
    const struct item *leak = catalogue_item(&world->catalogue, "0304");
    assert_int_equal(matrix.row_count, 4);
    assert_int_equal(route_choose(&matrix, &world->catalogue, leak, "440306017003", choice, 4), 4);
    assert_string_equal(choice[0].department, "xiaofang");
    assert_int_equal(choice[0].support, 12);
    assert_string_equal(choice[1].department, "ranqi");
    assert_int_equal(choice[1].row->assist_count, 2);
    assert_string_equal(choice[1].row->assist[1], "gongan");
    assert_string_equal(choice[3].department, "shizheng");
    route_free(&matrix);
}

static void test_what_does_not_exist_is_said_with_its_line(void **state)
{
    assert_refused(*state, "  - {item: \"0399\", to: ranqi}\n",
                   "m.yaml:3:5: the catalogue has no item '0399'");
    assert_refused(*state, "  - {class: \"99\", to: ranqi}\n", "m.yaml:3:5: the catalogue has no class '99'");
    assert_refused(*state, "  - {sub: \"99\", to: ranqi}\n",
                   "m.yaml:3:5: the catalogue has no sub-class '99'");
    assert_refused(*state, "  - {item: \"0304\", to: [ranqi, ranki]}\n",
                   "m.yaml:3:32: department 'ranki' sits at no center");
    assert_refused(*state, "  - {item: \"0304\", to: ranqi, assist: [nobody]}\n",
                   "m.yaml:3:40: department 'nobody'");
    assert_refused(*state, "  - {item: \"0304\", area: \"110101001\", to: ranqi}\n",
                   "m.yaml:3:5: the topology knows no area '110101001'");
}

static void test_a_key_has_one_line(void **state)
{
    assert_refused(*state,
                   "  - {item: \"0304\", to: [ranqi, yingji]}\n"
                   "  - {item: \"0305\", to: ranqi}\n"
                   "  - {item: \"0304\", to: xiaofang}\n",
                   "m.yaml:5:5: '0304' has a route already, on line 3");
    assert_refused(*state, "  - {item: \"0304\", to: [ranqi, ranqi]}\n", "department 'ranqi' is there twice");
}

static void test_a_line_must_make_sense(void **state)
{
    (void)state;
    assert_refused(NULL, "  - {to: ranqi}\n", "m.yaml:3:5: a route names one of");
    assert_refused(NULL, "  - {item: a, class: b, to: ranqi}\n", "m.yaml:3:5: a route names one of");
    assert_refused(NULL, "  - {class: a, area: \"4403\", to: ranqi}\n", "a route of a class has no 'area'");
    assert_refused(NULL, "  - {item: a, to: []}\n", "'to' names no department");
    assert_refused(NULL, "  - {item: a}\n", "required key 'to' is missing");
    assert_refused(NULL, "  - {item: a, to: [b, c], support: [1]}\n", "one number for each department");
    assert_refused(NULL, "  - {item: a, to: [b], support: [-1]}\n", "-1 is not within");
}

static void test_a_matrix_is_written_and_read_back_alike(void **state)
{
    const struct world *world = *state;
    struct conf_errors errors;
    struct route_matrix matrix, back;
    char *text = NULL;
    size_t length = 0;
    struct conf_doc *doc = NULL;
    assert_int_equal(take(world,
                          "  - {class: \"03\", to: shizheng}\n"
                          "  - {item: \"0304\", to: [ranqi, yingji], support: [7, 2], assist: [xiaofang]}\n"
                          "  - {sub: \"03\", area: \"440306017\", to: [gongan]}\n",
                          &errors, &matrix),
                     ERR_OK);
    FILE *to = open_memstream(&text, &length);
    assert_int_equal(conf_route_write(&matrix, "Learned from 9 cases.\n\nFor a test.", to), ERR_OK);
    fclose(to);
    assert_non_null(strstr(text, "# Learned from 9 cases.\n#\n# For a test.\nversion: 1\n"));

    assert_int_equal(conf_read_text("back.yaml", text, length, &errors, &doc), ERR_OK);
    assert_int_equal(conf_route_take(doc, &world->catalogue, world->topology, &back), ERR_OK);
    assert_int_equal(back.row_count, matrix.row_count);
    assert_memory_equal(back.rows, matrix.rows, matrix.row_count * sizeof *matrix.rows);
    conf_doc_free(&doc);
    free(text);
    route_free(&matrix);
    route_free(&back);
}

static void test_an_empty_matrix_can_be_written_too(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct route_matrix empty = {.version = 1}, back;
    char *text = NULL;
    size_t length = 0;
    struct conf_doc *doc = NULL;
    FILE *to = open_memstream(&text, &length);
    assert_int_equal(conf_route_write(&empty, NULL, to), ERR_OK);
    fclose(to);
    conf_errors_init(&errors);
    assert_int_equal(conf_read_text("back.yaml", text, length, &errors, &doc), ERR_OK);
    assert_int_equal(conf_route_take(doc, NULL, NULL, &back), ERR_OK);
    assert_int_equal(back.row_count, 0);
    conf_doc_free(&doc);
    free(text);
    route_free(&back);
}

static void test_every_tree_of_the_project_loads_with_every_item_routed(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t centers, items;
    } trees[] = {{CONFIG "/topology/baoan.yaml", 135, 150},    {CONFIG "/topology/minimal.yaml", 3, 150},
                 {CONFIG "/topology/pingshan.yaml", 30, 364},  {CONFIG "/topology/shenzhen.yaml", 744, 150},
                 {CONFIG "/topology/dongguan.yaml", 627, 150}, {CONFIG "/topology/jianye.yaml", 71, 150}};
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        struct world *world = load(trees[i].path);
        assert_int_equal(world->topology->center_count, trees[i].centers);
        assert_int_equal(world->catalogue.item_count, trees[i].items);
        for (size_t k = 0; k < world->catalogue.item_count; k++)
            assert_true(route_has(&world->matrix, &world->catalogue, &world->catalogue.items[k]));
        conf_world_free(&world);
        assert_null(world);
    }
}

static void test_most_items_of_baoan_start_at_the_community(void **state)
{
    const struct world *world = *state;
    int32_t community = topology_center(world->topology, "440306017001");
    size_t there = 0, above = 0;
    for (size_t i = 0; i < world->catalogue.item_count; i++) {
        struct route_choice choice;
        assert_int_equal(route_choose(&world->matrix, &world->catalogue, &world->catalogue.items[i],
                                      "440306017001", &choice, 1),
                         1);
        int32_t at = topology_department_above(world->topology, community, choice.department);
        assert_true(at >= 0);
        there += at == community;
        above += at != community;
    }
    assert_true(there > above);
    assert_true(above > 0);
}

/* A tree in a folder of its own; each part can be replaced. */
struct broken {
    char folder[32];
    const char *catalogue, *matrix, *calendar, *policy;
    const char *topology, *response; /* NULL = a sound one */
};

static void write_file(const struct broken *broken, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", broken->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static const char small_topology[] =
    "name: 小树\n"
    "version: 1\n"
    "use: {catalogue: c.yaml, matrix: m.yaml, calendar: d.yaml, policy: p.yaml, response: r.yaml}\n"
    "tiers: [{name: district, zh: 区, rank: 0}]\n"
    "staff: {district: {dispatcher: 1}}\n"
    "departments:\n"
    "  - {code: ranqi, name: 燃气, at: [{tier: district, desks: 1}]}\n"
    "centers:\n"
    "  - {code: \"440306\", name: 区, tier: district}\n";

static void load_broken(struct broken *broken, struct conf_errors *errors)
{
    char path[128];
    struct world *world = NULL;
    static const char *const names[] = {"t.yaml", "c.yaml", "m.yaml", "d.yaml", "p.yaml", "r.yaml"};
    strcpy(broken->folder, "/tmp/sanji-world-XXXXXX");
    assert_non_null(mkdtemp(broken->folder));
    write_file(broken, "t.yaml", broken->topology ? broken->topology : small_topology);
    write_file(broken, "r.yaml", broken->response ? broken->response : RESPONSE_WITHOUT_PLANS);
    write_file(broken, "c.yaml", broken->catalogue);
    write_file(broken, "m.yaml", broken->matrix);
    write_file(broken, "d.yaml", broken->calendar);
    write_file(broken, "p.yaml", broken->policy);
    snprintf(path, sizeof path, "%s/t.yaml", broken->folder);
    conf_errors_init(errors);
    assert_int_equal(conf_world_load(path, errors, &world), ERR_CONFIG);
    assert_null(world);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", broken->folder, names[i]);
        unlink(path);
    }
    rmdir(broken->folder);
}

#define SMALL_CATALOGUE                                                                                      \
    "name: 小样\n"                                                                                         \
    "version: 1\n"                                                                                           \
    "defaults: {policy: {peace: general, war: general}, limits: {accept: 1 work-days, verify: 1 "            \
    "work-days,\n"                                                                                           \
    "  dispatch: 1 work-days, sign: 1 work-days, handle: 1 work-days, check: 1 work-days, ruling: 1 "        \
    "work-days,\n"                                                                                           \
    "  callback: 1 work-days, archive: 1 work-days}}\n"                                                      \
    "classes:\n"                                                                                             \
    "  - code: A\n"                                                                                          \
    "    name: 甲类\n"                                                                                     \
    "    items:\n"                                                                                           \
    "      - {code: A1, name: 甲}\n"                                                                        \
    "      - {code: A2, name: 乙}\n"
#define SMALL_CALENDAR                                                                                       \
    "name: c\nversion: 1\nzone: \"+08:00\"\nvalid: 2018-01-01..2018-12-31\nweek: {monday: [08:00-12:00]}\n"
#define SMALL_POLICY                                                                                         \
    "version: 1\npolicies:\n  - {name: general, yellow_percent: 80, deputy: 1 work-days, grace: none,\n"     \
    "     dwell: 1 work-days, ack_lapse: none, supervise_reply: 1 work-days, repeat: 1 work-days, "          \
    "repeats_max: 1,\n"                                                                                      \
    "     returns_max: 1, extensions_max: 1, first_extension_percent: 50, review: 1 work-days}\n"

static void test_an_item_without_a_route_is_said_with_its_own_line(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct broken broken = {.catalogue = SMALL_CATALOGUE,
                            .matrix = "version: 1\nroutes: [{item: A1, to: ranqi}]\n",
                            .calendar = SMALL_CALENDAR,
                            .policy = SMALL_POLICY};
    load_broken(&broken, &errors);
    assert_int_equal(errors.count, 1);
    assert_says(&errors, 0, "/c.yaml:11:9: item 'A2' has no route in the matrix");
}

static void test_errors_of_all_files_come_in_one_run(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct broken broken = {.catalogue = SMALL_CATALOGUE,
                            .matrix = "version: 1\nroutes: [{class: A, to: ranki}]\n",
                            .calendar =
                                "name: c\nversion: 1\nzone: east\nvalid: 2018-01-01..2018-12-31\nweek: {}\n",
                            .policy = SMALL_POLICY "  - {name: general}\n"};
    load_broken(&broken, &errors);
    assert_true(errors.count >= 3);
    assert_says(&errors, 0, "/p.yaml:6:");
    assert_says(&errors, errors.count - 2, "/m.yaml:2:25: department 'ranki' sits at no center");
    assert_says(&errors, errors.count - 1, "/d.yaml:3:7: 'east' is no zone");
}

static void test_an_items_plan_must_stand_in_the_response_file(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct broken broken = {.catalogue = SMALL_CATALOGUE "      - {code: A3, name: 丙, plan: \"135\"}\n",
                            .matrix = "version: 1\nroutes: [{class: A, to: ranqi}]\n",
                            .calendar = SMALL_CALENDAR,
                            .policy = SMALL_POLICY};
    load_broken(&broken, &errors);
    assert_int_equal(errors.count, 1);
    assert_says(&errors, 0, "/c.yaml:12:9: item 'A3': no plan '135' in the response file");
}

static void test_a_plan_for_units_that_sit_nowhere_is_said_in_the_response_file(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct broken broken = {
        .catalogue = SMALL_CATALOGUE,
        .matrix = "version: 1\nroutes: [{class: A, to: ranqi}]\n",
        .calendar = SMALL_CALENDAR,
        .policy = SMALL_POLICY,
        .response = RESPONSE_WITHOUT_PLANS
        "plans: [{code: p, zh: 预案, ack: 1 urgent-minutes, par: none, position_age: 1 "
        "urgent-hours, circles: [{type: police, count: 1, arrive: 5 urgent-minutes}]}]\n"};
    load_broken(&broken, &errors);
    assert_int_equal(errors.count, 1);
    assert_says(&errors, 0, "/r.yaml:10:");
    assert_non_null(strstr(conf_errors_text(&errors, 0), "there is no unit type 'police'"));
}

static void test_a_tree_names_its_response_file(void **state)
{
    (void)state;
    struct conf_errors errors;
    struct broken broken = {
        .catalogue = SMALL_CATALOGUE,
        .matrix = "version: 1\nroutes: [{class: A, to: ranqi}]\n",
        .calendar = SMALL_CALENDAR,
        .policy = SMALL_POLICY,
        .topology =
            "name: 小树\nversion: 1\nuse: {catalogue: c.yaml, matrix: m.yaml, calendar: d.yaml, policy: "
            "p.yaml}\ntiers: [{name: district, zh: 区, rank: 0}]\ndepartments:\n  - {code: ranqi, name: "
            "燃气, at: [{tier: district, desks: 1}]}\ncenters:\n  - {code: \"440306\", name: 区, tier: "
            "district}\n"};
    load_broken(&broken, &errors);
    assert_int_equal(errors.count, 1);
    assert_says(&errors, 0, "/t.yaml:1:1: 'use' names no response");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_becomes_a_row_for_each_department),
        cmocka_unit_test(test_what_does_not_exist_is_said_with_its_line),
        cmocka_unit_test(test_a_key_has_one_line),
        cmocka_unit_test(test_a_line_must_make_sense),
        cmocka_unit_test(test_a_matrix_is_written_and_read_back_alike),
        cmocka_unit_test(test_an_empty_matrix_can_be_written_too),
        cmocka_unit_test(test_every_tree_of_the_project_loads_with_every_item_routed),
        cmocka_unit_test(test_most_items_of_baoan_start_at_the_community),
        cmocka_unit_test(test_an_item_without_a_route_is_said_with_its_own_line),
        cmocka_unit_test(test_errors_of_all_files_come_in_one_run),
        cmocka_unit_test(test_an_items_plan_must_stand_in_the_response_file),
        cmocka_unit_test(test_a_plan_for_units_that_sit_nowhere_is_said_in_the_response_file),
        cmocka_unit_test(test_a_tree_names_its_response_file),
    };
    return cmocka_run_group_tests_name("conf route", tests, set_up_world, tear_down_world);
}
