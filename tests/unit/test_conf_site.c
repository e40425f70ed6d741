/* The site file: what is written is read again; what cannot run is said before anything starts. */
#include "conf/conf_site.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/conf_topology.h"
#include "test_conf_say.h"

#define CENTER(code, port)                                                                                   \
    "  - {code: \"" code "\", listen: \"tcp://127.0.0.1:" port "\", database: dbname=" code                  \
    ", state: s/" code "}\n"

static enum err read_text(const char *path, const char *text, struct site **site, struct conf_errors *errors)
{
    struct conf_doc *doc;
    conf_errors_init(errors);
    assert_int_equal(conf_read_text(path, text, strlen(text), errors, &doc), ERR_OK);
    enum err result = conf_site_read(doc, site);
    conf_doc_free(&doc);
    return result;
}

static void assert_text_says(const char *text, const char *const *expected)
{
    static struct conf_errors errors;
    struct site *site;
    assert_int_equal(read_text("s", text, &site, &errors), ERR_CONFIG);
    assert_null(site);
    assert_said(&errors, expected);
}

static struct site *load_text(const char *text)
{
    static struct conf_errors errors;
    struct site *site = NULL;
    read_text("etc/site.yaml", text, &site, &errors);
    assert_said(&errors, (const char *const[]){NULL});
    assert_non_null(site);
    return site;
}

static struct topology *minimal(void)
{
    static struct conf_errors errors;
    struct topology *topology;
    conf_errors_init(&errors);
    assert_int_equal(
        conf_topology_load(SANJI_SOURCE_DIR "/config/topology/minimal.yaml", &errors, &topology, NULL),
        ERR_OK);
    return topology;
}

static void test_a_site_is_read_with_paths_beside_its_file(void **state)
{
    (void)state;
    struct site *site =
        load_text("topology: t.yaml\nkeys: /k\ncenters:\n" CENTER("1", "5001") CENTER("2", "5002") "    \n");
    assert_string_equal(site->topology, "etc/t.yaml");
    assert_string_equal(site->keys, "/k");
    assert_false(site->exercise);
    assert_int_equal(site->clock.scale, 1);
    assert_int_equal(site->center_count, 2);
    const struct site_center *two = site_center(site, "2");
    assert_string_equal(two->listen, "tcp://127.0.0.1:5002");
    assert_string_equal(two->database, "dbname=2");
    assert_string_equal(two->read_database, "dbname=2");
    assert_string_equal(two->state, "etc/s/2");
    assert_string_equal(two->parent_endpoint, "");
    assert_null(site_center(site, "3"));
    conf_site_free(&site);
    assert_null(site);
    conf_site_free(&site);
}

static void test_a_clock_makes_it_an_exercise(void **state)
{
    (void)state;
    struct site *site =
        load_text("topology: t\nkeys: k\nclock: {scale: 3600, real_origin_ms: 10, subject_origin_ms: "
                  "20}\ncenters:\n" CENTER("1", "5001"));
    assert_true(site->exercise);
    assert_int_equal(site->clock.scale, 3600);
    assert_int_equal(site->clock.real_origin_ms, 10);
    assert_int_equal(site->clock.subject_origin_ms, 20);
    conf_site_free(&site);
    assert_text_says(
        "topology: t\nkeys: k\nclock: {scale: 100001, real_origin_ms: -1}\ncenters:\n" CENTER("1", "5001"),
        SAID("s:3:8: required key 'subject_origin_ms'", "s:3:16: 100001 is not within 1 to 100000",
             "s:3:40: -1 is not within 0"));
}

static void test_wrong_endpoints_are_said(void **state)
{
    (void)state;
    static const char *const bad[] = {"tcp://127.0.0.1", "tcp://:5000",    "tcp://h:0", "tcp://h:65536",
                                      "tcp://h:5000x",   "127.0.0.1:5000", "ipc://",    "ipc://relative",
                                      "inproc://x",      "tcp://h:005000", "udp://h:1"};
    static struct conf_errors errors;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct site *site;
        char text[300];
        snprintf(text, sizeof text,
                 "topology: t\nkeys: k\ncenters:\n  - {code: a, listen: \"%s\", database: d, state: s}\n",
                 bad[i]);
        assert_int_equal(read_text("s", text, &site, &errors), ERR_CONFIG);
        assert_said(&errors, SAID("s:4:23: '"));
    }
    struct site *site = load_text("topology: t\nkeys: k\ncenters:\n"
                                  "  - {code: a, listen: \"ipc:///run/a\", database: d, state: s}\n"
                                  "  - {code: b, listen: \"tcp://[::1]:65535\", database: e, state: t}\n");
    conf_site_free(&site);
}

static void test_two_centers_never_share_port_database_or_state(void **state)
{
    (void)state;
    assert_text_says(
        "topology: t\nkeys: k\ncenters:\n"
        "  - {code: a, listen: \"tcp://h:1\", database: d, state: s}\n"
        "  - {code: a, listen: \"tcp://h:1\", database: d, state: s}\n",
        SAID("s:5:5: center 'a' stands twice (first in line 4)", "s:5:5: center 'a' listens where 'a' does",
             "s:5:5: center 'a' has the database of 'a'", "s:5:5: center 'a' has the state folder of 'a'"));
}

static void test_missing_and_misshapen_parts_are_said(void **state)
{
    (void)state;
    assert_text_says("keys: k\n", SAID("s:1:1: required key 'topology'", "s:1:1: required key 'centers'"));
    assert_text_says("topology: t\nkeys: k\ncenters: []\n",
                     SAID("s:3:10: there must be at least one center"));
    assert_text_says("topology: [t]\nkey: k\ncenters: x\n",
                     SAID("s:1:1: required key 'keys'", "s:1:11: must be a path, not a list",
                          "s:2:1: unknown key 'key'; did you mean 'keys'?", "s:3:10: must be a list"));
}

static void test_a_parent_is_found_in_the_same_file_or_told(void **state)
{
    (void)state;
    static struct conf_errors errors;
    struct topology *t = minimal();
    struct site *site = load_text("topology: t\nkeys: k\ncenters:\n" CENTER("440306", "5000") CENTER(
        "440306017", "5001") "  - {code: \"440306017001\", listen: \"tcp://h:1\", database: d, state: s, "
                             "parent_endpoint: \"tcp://far:9\"}\n");
    conf_errors_init(&errors);
    assert_int_equal(conf_site_match(site, t, &errors), ERR_OK);
    assert_null(site_parent_endpoint(site, t, "440306"));
    assert_string_equal(site_parent_endpoint(site, t, "440306017"), "tcp://127.0.0.1:5000");
    assert_string_equal(site_parent_endpoint(site, t, "440306017001"), "tcp://far:9");
    assert_null(site_parent_endpoint(site, t, "440306018"));
    conf_site_free(&site);
    topology_free(t);
}

static void test_a_site_that_does_not_fit_its_topology_is_said(void **state)
{
    (void)state;
    static struct conf_errors errors;
    struct topology *t = minimal();
    struct site *site =
        load_text("topology: t\nkeys: k\ncenters:\n"
                  "  - {code: \"440306\", listen: \"tcp://h:1\", database: d, state: s, "
                  "parent_endpoint: \"tcp://far:9\"}\n" CENTER("440307", "2") CENTER("440306017001", "5001"));
    conf_errors_init(&errors);
    assert_int_equal(conf_site_match(site, t, &errors), ERR_CONFIG);
    assert_said(
        &errors,
        SAID("etc/site.yaml:4:1: center '440306' is the root",
             "etc/site.yaml:5:1: there is no center '440307' in the topology",
             "etc/site.yaml:6:1: center '440306017001' needs parent_endpoint: its parent '440306017'"));
    conf_site_free(&site);
    topology_free(t);
}

static void test_a_written_plan_reads_back(void **state)
{
    (void)state;
    struct topology *t = minimal();
    struct clock_map clock = {.real_origin_ms = 5, .subject_origin_ms = 6, .scale = 60};
    struct conf_site_plan plan = {.topology_path = "/etc/a \"b\" \\c.yaml",
                                  .var = "/var/宝安 1",
                                  .database_host = "/run/pg",
                                  .database_port = 5433,
                                  .base_port = 20000,
                                  .clock = &clock};
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    assert_int_equal(conf_site_write(&plan, t, to), ERR_OK);
    fclose(to);
    struct site *site = load_text(text);
    assert_string_equal(site->topology, plan.topology_path);
    assert_string_equal(site->keys, "/var/宝安 1/keys");
    assert_true(site->exercise);
    assert_int_equal(site->clock.scale, 60);
    assert_int_equal(site->center_count, 3);
    const struct site_center *last = &site->centers[2];
    assert_string_equal(last->code, "440306017001");
    assert_string_equal(last->listen, "tcp://127.0.0.1:20002");
    assert_string_equal(last->database, "host=/run/pg port=5433 dbname=sanji_440306017001 user=sanji_center");
    assert_string_equal(last->read_database,
                        "host=/run/pg port=5433 dbname=sanji_440306017001 user=sanji_read");
    assert_string_equal(last->state, "/var/宝安 1/state/440306017001");
    assert_non_null(strstr(text, "\n  - code: \"440306017001\"\n")); /* a line of its own, for scripts */
    conf_site_free(&site);
    free(text);
    topology_free(t);
}

static void test_a_plan_that_cannot_be_written_is_refused(void **state)
{
    (void)state;
    struct topology *t = minimal();
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    struct conf_site_plan good = {.topology_path = "/t",
                                  .var = "/v",
                                  .database_host = "/run",
                                  .database_port = 5433,
                                  .base_port = 65533};
    struct conf_site_plan plan = good;
    assert_int_equal(conf_site_write(&plan, t, to), ERR_OK);
    plan.base_port = 65534; /* three centers do not fit */
    assert_int_equal(conf_site_write(&plan, t, to), ERR_RANGE);
    plan.base_port = 0;
    assert_int_equal(conf_site_write(&plan, t, to), ERR_RANGE);
    plan = good;
    plan.database_host = "/run/a b";
    assert_int_equal(conf_site_write(&plan, t, to), ERR_BAD_TEXT);
    plan = good;
    plan.var = "/v\nkeys: /elsewhere";
    assert_int_equal(conf_site_write(&plan, t, to), ERR_BAD_TEXT);
    fclose(to);
    free(text);
    topology_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_site_is_read_with_paths_beside_its_file),
        cmocka_unit_test(test_a_clock_makes_it_an_exercise),
        cmocka_unit_test(test_wrong_endpoints_are_said),
        cmocka_unit_test(test_two_centers_never_share_port_database_or_state),
        cmocka_unit_test(test_missing_and_misshapen_parts_are_said),
        cmocka_unit_test(test_a_parent_is_found_in_the_same_file_or_told),
        cmocka_unit_test(test_a_site_that_does_not_fit_its_topology_is_said),
        cmocka_unit_test(test_a_written_plan_reads_back),
        cmocka_unit_test(test_a_plan_that_cannot_be_written_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
