/* Selectors in random trees against a slow oracle that lists everybody of the whole tree and asks of each
 * one. Properties: the centers' lists add up to the total, nobody stands in two, touched = has somebody,
 * nothing beyond the sender's subtree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/selector.h"

#define CENTERS 40
#define SEEDS 60
#define SELECTORS 40
#define EVERYBODY 4096

struct tree {
    struct topology topology;
    struct center centers[CENTERS];
    char covers[CENTERS][CODE_SIZE];
    struct department departments[CENTERS * 3];
    struct unit_type types[2];
    struct unit_rule rules[6];
    struct recipient everybody[EVERYBODY];
    size_t everybody_count;
    uint32_t random;
};

static const char *const departments[] = {"cg", "jt", "zj"};
static const char *const types[] = {"auxiliary", "police"};
static const char *const tier_names[] = {"city", "street", "community"};

static uint32_t roll(struct tree *t, uint32_t sides)
{
    t->random = t->random * 1664525u + 1013904223u;
    return (t->random >> 8) % sides;
}

static void grow_center(struct tree *t, int i)
{
    struct center *center = &t->centers[i];
    int parent = i == 0 ? -1 : (int)roll(t, (uint32_t)i);
    while (i > 0 && t->centers[parent].tier == 2)
        parent = t->centers[parent].parent;
    center->parent = parent;
    center->tier = (uint16_t)(parent < 0 ? 0 : t->centers[parent].tier + 1);
    char code[2 * CODE_SIZE] = "440306";
    if (parent >= 0)
        snprintf(code, sizeof code, "%s%03d", t->covers[parent], i);
    text_put(center->code, CODE_SIZE, code);
    text_put(t->covers[i], CODE_SIZE, code);
    center->cover_count = 1;
    center->covers = &t->covers[i];
    center->grids = center->tier == 2 ? (int32_t)roll(t, 6) : 0;
}

static void grow(struct tree *t, uint32_t seed)
{
    struct topology *topology = &t->topology;
    memset(t, 0, sizeof *t);
    t->random = seed;
    topology->tier_count = 3;
    for (int i = 0; i < 3; i++) {
        snprintf(topology->tiers[i].name, POST_SIZE, "%s", tier_names[i]);
        topology->tiers[i].rank = i;
    }
    topology->centers = t->centers;
    topology->center_count = 2 + roll(t, CENTERS - 2);
    for (int i = 0; i < (int)topology->center_count; i++)
        grow_center(t, i);
    topology->departments = t->departments;
    for (int i = 0; i < (int)topology->center_count; i++)
        for (int k = 0; k < 3; k++)
            if (roll(t, 3) == 0) {
                struct department *d = &t->departments[topology->department_count++];
                snprintf(d->code, DEPT_SIZE, "%s", departments[k]);
                d->center = i;
                d->desks = (uint16_t)roll(t, 3);
            }
    topology->unit_types = t->types;
    topology->unit_type_count = 2;
    topology->unit_rules = t->rules;
    for (int k = 0; k < 2; k++) {
        snprintf(t->types[k].code, POST_SIZE, "%s", types[k]);
        for (uint16_t tier = 0; tier < 3; tier++)
            t->rules[topology->unit_rule_count++] =
                (struct unit_rule){.tier = tier, .type = (uint16_t)k, .count = (uint16_t)roll(t, 3)};
    }
    assert_int_equal(topology_index(topology), ERR_OK);
}

static void fell(struct tree *t)
{
    free(t->topology.by_code);
    free(t->topology.covers);
}

/* ---- the oracle ---- */

static void meet(struct tree *t, enum recipient_kind kind, int center, const char *type, const char *dept,
                 const char *name)
{
    struct recipient *r = &t->everybody[t->everybody_count++];
    assert_true(t->everybody_count < EVERYBODY);
    *r = (struct recipient){.kind = kind, .center = center};
    snprintf(r->type, sizeof r->type, "%s", type);
    snprintf(r->department, sizeof r->department, "%s", dept);
    snprintf(r->name, sizeof r->name, "%s", name);
}

static void list_everybody(struct tree *t)
{
    char name[2 * USER_SIZE];
    for (int i = 0; i < (int)t->topology.center_count; i++) {
        const struct center *c = &t->centers[i];
        snprintf(name, sizeof name, "center.%s", c->code);
        meet(t, RECIPIENT_CENTER, i, "", "", name);
        for (size_t d = 0; d < t->topology.department_count; d++)
            if (t->departments[d].center == i && t->departments[d].desks > 0) {
                snprintf(name, sizeof name, "desk.%s.%s", t->departments[d].code, c->code);
                meet(t, RECIPIENT_DESK, i, "", t->departments[d].code, name);
            }
        for (size_t r = 0; r < t->topology.unit_rule_count; r++)
            for (int n = 1; t->rules[r].tier == c->tier && n <= t->rules[r].count; n++) {
                const char *type = t->types[t->rules[r].type].code;
                if (n == 1)
                    snprintf(name, sizeof name, "%s.%s", type, c->code);
                else
                    snprintf(name, sizeof name, "%s-%d.%s", type, n, c->code);
                meet(t, RECIPIENT_UNIT, i, type, "", name);
            }
        for (int g = 1; g <= c->grids; g++) {
            snprintf(name, sizeof name, "grid.%s%03d", c->code, g);
            meet(t, RECIPIENT_UNIT, i, "grid", "", name);
        }
    }
}

static bool below(const struct tree *t, int center, int above)
{
    return center == above || (center >= 0 && below(t, t->centers[center].parent, above));
}

static int has_desk(const struct tree *t, int center, const char *code)
{
    for (size_t i = 0; i < t->topology.department_count; i++)
        if (t->departments[i].center == center && t->departments[i].desks > 0 &&
            strcmp(t->departments[i].code, code) == 0)
            return 1;
    return 0;
}

static bool oracle_part(const struct tree *t, const struct selector_part *p, int sender,
                        const struct recipient *r)
{
    if (p->above[0]) {
        int at = sender;
        while (at >= 0 && !has_desk(t, at, p->above))
            at = t->centers[at].parent;
        return r->kind == RECIPIENT_DESK && r->center == at && strcmp(r->department, p->above) == 0;
    }
    if (!below(t, r->center, sender))
        return false;
    if (p->name[0])
        return strcmp(p->name, r->name) == 0;
    unsigned kinds = p->kinds           ? p->kinds
                     : p->type[0]       ? 4u
                     : p->department[0] ? 2u
                     : p->everyone      ? 5u
                     : p->area[0]       ? 5u
                                        : 1u;
    const char *code = t->centers[r->center].code;
    const char *place = strcmp(r->type, "grid") == 0 ? strchr(r->name, '.') + 1 : code;
    if (!(kinds & r->kind) || (p->tier[0] && strcmp(p->tier, tier_names[t->centers[r->center].tier]) != 0))
        return false;
    if ((p->center[0] && strcmp(p->center, code) != 0) || (p->type[0] && strcmp(p->type, r->type) != 0))
        return false;
    if (p->department[0] && strcmp(p->department, r->department) != 0)
        return false;
    return !p->area[0] || strncmp(place, p->area, strlen(p->area)) == 0;
}

static bool oracle(const struct tree *t, const struct selector *s, int sender, const struct recipient *r)
{
    for (size_t i = 0; i < s->count; i++)
        if (oracle_part(t, &s->parts[i], sender, r))
            return true;
    return false;
}

/* ---- random words ---- */

static void add(char *text, const char *word)
{
    char last = text[0] ? text[strlen(text) - 1] : '+';
    snprintf(text + strlen(text), SELECTOR_SIZE - strlen(text), "%s%s", last == '+' ? "" : ",", word);
}

static void random_part(struct tree *t, char *text)
{
    static const char *const kinds[] = {"all", "centers", "desks", "units"};
    char word[2 * USER_SIZE];
    const char *code = t->centers[roll(t, (uint32_t)t->topology.center_count)].code;
    if (roll(t, 6) == 0) {
        add(text, t->everybody[roll(t, (uint32_t)t->everybody_count)].name);
        return;
    }
    if (roll(t, 8) == 0) {
        snprintf(word, sizeof word, "above=%s", departments[roll(t, 3)]);
        add(text, word);
        return;
    }
    bool any = false;
    if (roll(t, 2) && (any = true))
        add(text, kinds[roll(t, 4)]);
    if (roll(t, 4) == 0 && (any = true)) {
        snprintf(word, sizeof word, "tier=%s", tier_names[roll(t, 3)]);
        add(text, word);
    }
    if (roll(t, 4) == 0 && (any = true)) {
        snprintf(word, sizeof word, "area=%s%s", code, roll(t, 3) ? "" : "002");
        add(text, word);
    }
    if (roll(t, 5) == 0 && (any = true)) {
        snprintf(word, sizeof word, "dept=%s", departments[roll(t, 3)]);
        add(text, word);
    }
    if (roll(t, 5) == 0 && (any = true)) {
        snprintf(word, sizeof word, "type=%s", roll(t, 2) ? types[roll(t, 2)] : "grid");
        add(text, word);
    }
    if (!any || roll(t, 6) == 0) {
        snprintf(word, sizeof word, "center=%s", code);
        add(text, word);
    }
}

static size_t compare_center(struct tree *t, const struct selector *s, int sender, int center)
{
    struct recipient out[512];
    size_t count = selector_expand(s, &t->topology, sender, center, out, 512), wanted = 0;
    for (size_t i = 0; i < t->everybody_count; i++) {
        const struct recipient *r = &t->everybody[i];
        if (r->center != center || !oracle(t, s, sender, r))
            continue;
        wanted++;
        size_t found = 0;
        for (size_t k = 0; k < count; k++)
            found += memcmp(&out[k], r, sizeof *r) == 0;
        assert_int_equal(found, 1);
    }
    assert_int_equal(count, wanted);
    assert_int_equal(selector_touches(s, &t->topology, sender, center), count > 0);
    for (size_t k = 1; k < count; k++)
        assert_true(out[k - 1].kind <= out[k].kind);
    return count;
}

static void compare(struct tree *t, const char *text, int sender)
{
    struct selector s;
    struct fault fault;
    size_t sum = 0, per[CENTERS] = {0};
    if (selector_parse(text, &s, &fault) != ERR_OK)
        fail_msg("%s: %s", text, fault.text);
    int count = (int)t->topology.center_count;
    for (int i = 0; i < count; i++)
        sum += per[i] = compare_center(t, &s, sender, i);
    assert_int_equal(selector_total(&s, &t->topology, sender, sender), sum);
    for (int top = 0; top < count; top++) {
        size_t under = 0;
        for (int i = 0; i < count; i++)
            under += below(t, i, top) ? per[i] : 0;
        assert_int_equal(selector_touches_under(&s, &t->topology, sender, top), under > 0);
        if (top != sender)
            assert_int_equal(selector_total(&s, &t->topology, sender, top), under);
    }
    if (selector_check(&s, &t->topology, sender, &fault) == ERR_OK)
        assert_true(sum > 0);
}

static void test_random_selectors_agree_with_the_oracle(void **state)
{
    (void)state;
    struct tree *t = calloc(1, sizeof *t);
    assert_non_null(t);
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        print_message("seed %u\n", (unsigned)seed);
        grow(t, seed);
        list_everybody(t);
        for (int n = 0; n < SELECTORS; n++) {
            char text[SELECTOR_SIZE] = "";
            random_part(t, text);
            for (uint32_t more = roll(t, 3); more > 0; more--) {
                strcat(text, "+");
                random_part(t, text);
            }
            compare(t, text, (int)roll(t, (uint32_t)t->topology.center_count));
        }
        fell(t);
    }
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_selectors_agree_with_the_oracle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
