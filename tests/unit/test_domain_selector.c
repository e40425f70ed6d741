/* Selectors: their grammar with its complaints, who may use them, and whom they name in a small tree. */
#include "test_domain_command.h"

static struct selector parsed(const char *text)
{
    struct selector selector;
    struct fault fault = {0};
    if (selector_parse(text, &selector, &fault) != ERR_OK)
        fail_msg("%s: %s", text, fault.text);
    return selector;
}

static void refused(const char *text, enum err err, const char *words)
{
    struct selector selector = {.count = 77};
    struct fault fault = {0};
    REFUSED(selector_parse(text, &selector, &fault), err);
    assert_int_equal(selector.count, 77);
    assert_int_equal(fault.code, err);
    if (!strstr(fault.text, words))
        fail_msg("%s: %s", text, fault.text);
}

/* The names at one center, joined by blanks. */
static const char *at(const struct muster *m, const char *text, int sender, int center)
{
    static char names[64 * (USER_SIZE + 1)];
    struct recipient found[64];
    struct selector selector = parsed(text);
    size_t count = selector_expand(&selector, &m->topology, sender, center, found, 64);
    names[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(strcat(names, i ? " " : ""), found[i].name);
        assert_int_equal(found[i].center, center);
    }
    assert_int_equal(selector_touches(&selector, &m->topology, sender, center), count > 0);
    return names;
}

static enum err check(struct muster *m, const char *text, int sender)
{
    struct selector selector = parsed(text);
    m->fault = (struct fault){0};
    enum err err = selector_check(&selector, &m->topology, sender, &m->fault);
    assert_int_equal(m->fault.code, err);
    assert_int_equal(m->fault.text[0] != '\0', err != ERR_OK);
    return err;
}

static void test_terms_are_read(void **state)
{
    (void)state;
    struct selector s = parsed("type=police, near=113.88/-22.5,count=2 + center.440306+above=chengguan");
    assert_int_equal(s.count, 3);
    assert_string_equal(s.parts[0].type, "police");
    assert_true(s.parts[0].has_near);
    assert_true(s.parts[0].lon == 113.88 && s.parts[0].lat == -22.5);
    assert_int_equal(s.parts[0].count, 2);
    assert_string_equal(s.parts[1].name, "center.440306");
    assert_string_equal(s.parts[2].above, "chengguan");
    assert_true(selector_is_dynamic(&s));
    s = parsed("desks,dept=cg,tier=street,area=440306017");
    assert_int_equal(s.parts[0].kinds, RECIPIENT_DESK);
    assert_string_equal(s.parts[0].department, "cg");
    assert_string_equal(s.parts[0].tier, "street");
    assert_string_equal(s.parts[0].area, "440306017");
    assert_false(selector_is_dynamic(&s));
    s = parsed("subtree + tier:street");
    assert_true(s.parts[0].everyone);
    assert_string_equal(s.parts[1].tier, "street");
}

static void test_a_complaint_names_the_place(void **state)
{
    (void)state;
    refused("", ERR_NOBODY, "接收人");
    refused("   ", ERR_NOBODY, "接收人");
    refused("all+", ERR_MALFORMED, "第 2 项");
    refused("all,,units", ERR_MALFORMED, "第 1 项");
    refused("everybody", ERR_MALFORMED, "everybody");
    refused("all+colour=red", ERR_MALFORMED, "第 2 项“colour”");
    refused("tier=", ERR_MALFORMED, "代码");
    refused("tier=a b", ERR_MALFORMED, "a b");
    refused("area=440306,area=440307", ERR_MALFORMED, "两次");
    refused("dept=a-department-name-that-is-far-too-long", ERR_MALFORMED, "代码");
    refused("center.440306,tier=street", ERR_MALFORMED, "单独成项");
    refused("center.440306,center.440307", ERR_MALFORMED, "+");
    refused("above=cg,tier=street", ERR_MALFORMED, "单独成项");
    refused("type=police,count=2", ERR_MALFORMED, "near");
    refused("near=113/22", ERR_MALFORMED, "type");
    refused("type=police,centers,near=113/22", ERR_MALFORMED, "type");
    refused("type=police,near=113", ERR_MALFORMED, "near=");
    refused("type=police,near=213/22", ERR_MALFORMED, "near=");
    refused("type=police,near=nan/22", ERR_MALFORMED, "near=");
    refused("type=police,near=113/22/1", ERR_MALFORMED, "near=");
    refused("type=police,near=113/22,near=113/22", ERR_MALFORMED, "两次");
    refused("type=police,near=113/22,count=0", ERR_MALFORMED, "9999");
    refused("type=police,near=113/22,count=2x", ERR_MALFORMED, "9999");
    refused("type=police,near=113/22,count=2,count=2", ERR_MALFORMED, "两次");
    refused("all+all+all+all+all+all+all+all+all+all+all+all+all+all+all+all+all", ERR_TOO_LONG, "16");
    char text[SELECTOR_SIZE + 1];
    memset(text, 'a', SELECTOR_SIZE);
    text[SELECTOR_SIZE] = '\0';
    refused(text, ERR_TOO_LONG, "511");
}

static void test_all_is_every_center_and_unit_but_no_desk(void **state)
{
    struct muster *m = *state;
    assert_string_equal(at(m, "all", DISTRICT, DISTRICT), "center.440306");
    assert_string_equal(at(m, "all", DISTRICT, STREET),
                        "center.440306017 volunteer.440306017 boat.440306017");
    assert_string_equal(at(m, "all", DISTRICT, COMMUNITY),
                        "center.440306017001 police.440306017001 police-2.440306017001 "
                        "grid.440306017001001 grid.440306017001002 grid.440306017001003");
    assert_string_equal(at(m, "all", STREET, DISTRICT), "");
    assert_string_equal(at(m, "all", STREET, FAR), "");
    assert_string_equal(at(m, "all,type=police", STREET, SIBLING),
                        "police.440306017002 police-2.440306017002");
}

static void test_kinds_where_and_what(void **state)
{
    struct muster *m = *state;
    assert_string_equal(at(m, "centers", DISTRICT, COMMUNITY), "center.440306017001");
    assert_string_equal(at(m, "desks", DISTRICT, COMMUNITY), "desk.cg.440306017001");
    assert_string_equal(at(m, "units", DISTRICT, STREET), "volunteer.440306017 boat.440306017");
    assert_string_equal(at(m, "centers,desks", DISTRICT, STREET), "center.440306017 desk.cg.440306017");
    assert_string_equal(at(m, "tier=community", DISTRICT, STREET), "");
    assert_string_equal(at(m, "tier=community", DISTRICT, SIBLING), "center.440306017002");
    assert_string_equal(at(m, "center=440306017", DISTRICT, STREET), "center.440306017");
    assert_string_equal(at(m, "center=440306017,units", DISTRICT, STREET),
                        "volunteer.440306017 boat.440306017");
    assert_string_equal(at(m, "dept=cg", DISTRICT, STREET), "desk.cg.440306017");
    assert_string_equal(at(m, "dept=cg,tier=community", DISTRICT, STREET), "");
    assert_string_equal(at(m, "dept=cg,centers", DISTRICT, STREET), "");
    assert_string_equal(at(m, "type=grid", DISTRICT, SIBLING),
                        "grid.440306017002001 grid.440306017002002 grid.440306017002003");
    assert_string_equal(at(m, "type=police,near=113/22,count=1", DISTRICT, COMMUNITY),
                        "police.440306017001 police-2.440306017001");
}

static void test_an_area_holds_what_lies_in_it(void **state)
{
    struct muster *m = *state;
    assert_string_equal(at(m, "area=440306017", DISTRICT, DISTRICT), "");
    assert_string_equal(at(m, "area=440306017", DISTRICT, STREET),
                        "center.440306017 volunteer.440306017 boat.440306017");
    assert_string_equal(at(m, "area=440306017,type=police", DISTRICT, COMMUNITY),
                        "police.440306017001 police-2.440306017001");
    assert_string_equal(at(m, "area=440306017002", DISTRICT, COMMUNITY), "");
    assert_string_equal(at(m, "area=440306017001002", DISTRICT, COMMUNITY), "grid.440306017001002");
    assert_string_equal(at(m, "area=440306017,dept=cg", DISTRICT, COMMUNITY), "desk.cg.440306017001");
}

static void test_alternatives_name_everyone_once_in_order(void **state)
{
    struct muster *m = *state;
    assert_string_equal(at(m, GRID "+" CENTER "+" DESK "+type=grid+" GRID, STREET, COMMUNITY),
                        CENTER " " DESK " grid.440306017001001 grid.440306017001002 grid.440306017001003");
    assert_string_equal(at(m, GRID "+" CENTER, STREET, SIBLING), "");
}

static void test_a_department_above_is_the_nearest_with_desks(void **state)
{
    struct muster *m = *state;
    assert_string_equal(at(m, "above=zj", COMMUNITY, DISTRICT), "desk.zj.440306");
    assert_string_equal(at(m, "above=zj", COMMUNITY, STREET), "");
    assert_string_equal(at(m, "above=cg", COMMUNITY, COMMUNITY), "desk.cg.440306017001");
    assert_string_equal(at(m, "above=cg", COMMUNITY, STREET), "");
    OK(check(m, "above=zj", COMMUNITY));
    struct selector selector = parsed("above=zj");
    assert_int_equal(selector_total(&selector, &m->topology, COMMUNITY, COMMUNITY), 1);
    assert_int_equal(selector_total(&selector, &m->topology, COMMUNITY, DISTRICT), 1);
    assert_int_equal(selector_total(&selector, &m->topology, COMMUNITY, FAR), 0);
}

static void test_a_selector_is_refused_by_what_it_lacks(void **state)
{
    struct muster *m = *state;
    OK(check(m, "all", COMMUNITY));
    OK(check(m, "area=4403", DISTRICT));
    OK(check(m, "area=440306017001001", STREET));
    REFUSED(check(m, "tier=village", DISTRICT), ERR_UNKNOWN_TARGET);
    REFUSED(check(m, "type=firemen", DISTRICT), ERR_UNKNOWN_TARGET);
    REFUSED(check(m, "dept=xx", DISTRICT), ERR_UNKNOWN_TARGET);
    REFUSED(check(m, "above=xx", COMMUNITY), ERR_UNKNOWN_TARGET);
    REFUSED(check(m, "above=no", COMMUNITY), ERR_UNKNOWN_TARGET);
    REFUSED(check(m, "grid.440306017001009", DISTRICT), ERR_UNKNOWN_TARGET);
    REFUSED(check(m, "desk.no.440306017001", DISTRICT), ERR_UNKNOWN_TARGET);
    REFUSED(check(m, "area=440399", DISTRICT), ERR_UNKNOWN_AREA);
    REFUSED(check(m, "center=440399", DISTRICT), ERR_UNKNOWN_CENTER);
    REFUSED(check(m, "all+center=440306018", STREET), ERR_OUTSIDE);
    REFUSED(check(m, "center=440306", STREET), ERR_OUTSIDE);
    REFUSED(check(m, "area=440306", STREET), ERR_OUTSIDE);
    REFUSED(check(m, "area=4403", STREET), ERR_OUTSIDE);
    REFUSED(check(m, "area=440306017002001", COMMUNITY), ERR_OUTSIDE);
    REFUSED(check(m, "dept=zj", STREET), ERR_OUTSIDE);
    assert_non_null(strstr(m->fault.text, "above=zj"));
    REFUSED(check(m, "center.440306018", STREET), ERR_OUTSIDE);
    REFUSED(check(m, "type=volunteer", COMMUNITY), ERR_NOBODY);
    REFUSED(check(m, "dept=no", COMMUNITY), ERR_NOBODY);
    REFUSED(check(m, "type=volunteer,near=113/22", COMMUNITY), ERR_NOBODY);
}

static void test_a_near_part_reaches_but_is_not_counted(void **state)
{
    struct muster *m = *state;
    struct selector selector = parsed("type=police,near=113/22,count=1+center=440306017001");
    OK(check(m, "type=police,near=113/22,count=1", DISTRICT));
    assert_int_equal(selector_total(&selector, &m->topology, DISTRICT, DISTRICT), 1);
    assert_true(selector_touches_under(&selector, &m->topology, DISTRICT, SIBLING));
    assert_false(selector_touches_under(&selector, &m->topology, DISTRICT, FAR));
}

static void test_a_child_is_reached_when_somebody_under_it_is(void **state)
{
    struct muster *m = *state;
    struct selector selector = parsed("type=grid");
    assert_true(selector_touches_under(&selector, &m->topology, DISTRICT, STREET));
    assert_false(selector_touches(&selector, &m->topology, DISTRICT, STREET));
    assert_false(selector_touches_under(&selector, &m->topology, DISTRICT, FAR));
    assert_int_equal(selector_total(&selector, &m->topology, DISTRICT, DISTRICT), 6);
    assert_int_equal(selector_total(&selector, &m->topology, DISTRICT, SIBLING), 3);
}

static void test_recipients_are_found_by_name(void **state)
{
    struct muster *m = *state;
    struct recipient r;
    assert_true(recipient_find(&m->topology, CENTER, &r));
    assert_int_equal(r.kind, RECIPIENT_CENTER);
    assert_int_equal(r.center, COMMUNITY);
    assert_true(recipient_find(&m->topology, DESK, &r));
    assert_int_equal(r.kind, RECIPIENT_DESK);
    assert_string_equal(r.department, "cg");
    assert_true(recipient_find(&m->topology, "police-2.440306017002", &r));
    assert_int_equal(r.center, SIBLING);
    assert_string_equal(r.type, "police");
    assert_true(recipient_find(&m->topology, "boat.440306017", &r));
    assert_true(recipient_find(&m->topology, GRID, &r));
    assert_string_equal(r.type, "grid");
    static const char *const nobody[] = {"",          "center.", "center.9",           "desk.cg.440306",
                                         "desk.cg",   "desk..",  "police-3.440306017", "dispatcher.440306",
                                         "grid.4403", "x",       "desk-2.cg.440306017"};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
        if (recipient_find(&m->topology, nobody[i], &r))
            fail_msg("%s was found", nobody[i]);
}

static void test_what_does_not_fit_is_still_counted(void **state)
{
    struct muster *m = *state;
    struct recipient out[3];
    struct selector selector = parsed("all");
    memset(out, 0, sizeof out);
    assert_int_equal(selector_expand(&selector, &m->topology, STREET, COMMUNITY, out, 2), 6);
    assert_string_equal(out[1].name, POLICE);
    assert_string_equal(out[2].name, "");
}

static int setup(void **state)
{
    *state = muster_new();
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms_are_read),
        cmocka_unit_test(test_a_complaint_names_the_place),
        STORY(test_all_is_every_center_and_unit_but_no_desk),
        STORY(test_kinds_where_and_what),
        STORY(test_an_area_holds_what_lies_in_it),
        STORY(test_alternatives_name_everyone_once_in_order),
        STORY(test_a_department_above_is_the_nearest_with_desks),
        STORY(test_a_selector_is_refused_by_what_it_lacks),
        STORY(test_a_near_part_reaches_but_is_not_counted),
        STORY(test_a_child_is_reached_when_somebody_under_it_is),
        STORY(test_recipients_are_found_by_name),
        STORY(test_what_does_not_fit_is_still_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
