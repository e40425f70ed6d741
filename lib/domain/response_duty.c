/* The duty roster 值班表: who answers for a recipient at a moment, and who is called in his place. It is
 * computed from the shifts, the rules and the people of the tree; nothing of it is stored. */
#include "domain/response.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DAY_MIN 1440
#define MINUTE_MS 60000LL

/* ---- the shift ---- */

/* A turn of duty: its number since 1970, one more with each shift. */
struct turn {
    const struct duty_shift *shift; /* NULL = no shifts */
    int64_t number, until_ms;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -1 - (-1 - a) / b;
}

static int32_t length_min(const struct duty_shift *shift)
{
    int32_t length = shift->to_min - shift->from_min;
    return length > 0 ? length : length + DAY_MIN;
}

/* Minutes since the shift began, when `minute` of the day lies in it; -1 else. */
static int32_t minutes_in(const struct duty_shift *shift, int32_t minute)
{
    int32_t since = minute - shift->from_min;
    if (since < 0)
        since += DAY_MIN;
    return since < length_min(shift) ? since : -1;
}

/* A shift over midnight belongs to the day on which it began, so that nobody is relieved at midnight. */
static struct turn turn_at(const struct response *response, const struct calendar *calendar, int64_t at_ms)
{
    int64_t minutes = floor_div(at_ms, MINUTE_MS) + calendar->offset_min;
    int64_t day = floor_div(minutes, DAY_MIN);
    int32_t minute = (int32_t)(minutes - day * DAY_MIN);
    for (size_t i = 0; i < response->shift_count; i++) {
        const struct duty_shift *shift = &response->shifts[i];
        int32_t since = minutes_in(shift, minute);
        if (since < 0)
            continue;
        int64_t began = minutes - since;
        int64_t number = floor_div(began, DAY_MIN) * (int64_t)response->shift_count + (int64_t)i;
        return (struct turn){shift, number, (began + length_min(shift) - calendar->offset_min) * MINUTE_MS};
    }
    return (struct turn){NULL, day, INT64_MAX};
}

/* ---- the people ---- */

/* People of some posts at a center, or the desks of a department there: counted, and one of them by his
 * place in the list. A name wanted is -1 while counting. */
struct people {
    int64_t count, wanted;
    char name[USER_SIZE];
};

static void meet(struct people *people, const char *word, uint32_t number, const char *place)
{
    if (people->count++ != people->wanted)
        return;
    int length = number == 1
                     ? snprintf(people->name, sizeof people->name, "%s.%s", word, place)
                     : snprintf(people->name, sizeof people->name, "%s-%u.%s", word, (unsigned)number, place);
    assert(length > 0 && (size_t)length < sizeof people->name);
}

static void meet_named(struct people *people, const char *user)
{
    if (people->count++ == people->wanted)
        text_put(people->name, sizeof people->name, user);
}

static void meet_posts(const struct topology *topology, int32_t center, unsigned posts, struct people *people)
{
    const struct center *at = &topology->centers[center];
    for (size_t i = 0; i < topology->staff_count; i++) {
        const struct staff_rule *rule = &topology->staff[i];
        for (uint32_t n = 1; rule->tier == at->tier && (rule->post & posts) && n <= rule->count; n++)
            meet(people, post_name(rule->post), n, at->code);
    }
    for (size_t i = 0; i < topology->person_count; i++)
        if (topology->persons[i].center == center && (topology->persons[i].post & posts))
            meet_named(people, topology->persons[i].user);
}

static void meet_desks(const struct topology *topology, const struct recipient *recipient,
                       struct people *people)
{
    char place[DEPT_SIZE + CODE_SIZE];
    const struct department *department =
        topology_department(topology, recipient->center, recipient->department);
    (void)snprintf(place, sizeof place, "%s.%s", recipient->department,
                   topology->centers[recipient->center].code);
    for (uint32_t n = 1; department && n <= department->desks; n++)
        meet(people, "desk", n, place);
}

/* The people of a rule that share a recipient's duty; a unit answers for itself. */
static void meet_rule(const struct topology *topology, const struct duty_rule *rule,
                      const struct recipient *recipient, struct people *people)
{
    switch (recipient->kind) {
    case RECIPIENT_CENTER:
        meet_posts(topology, recipient->center, rule->posts, people);
        return;
    case RECIPIENT_DESK:
        meet_desks(topology, recipient, people);
        return;
    case RECIPIENT_UNIT:
        meet_named(people, recipient->name);
        return;
    }
}

static int64_t remainder_of(int64_t number, int64_t count)
{
    return number - floor_div(number, count) * count;
}

/* ---- units ---- */

/* The unit of the same type at the same center that comes after it, round and round; "" for a lone one. */
static void next_unit(const struct topology *topology, const struct recipient *recipient,
                      char name[USER_SIZE])
{
    struct unit_identity units[SHEET_RECIPIENTS_MAX];
    size_t count = topology_units(topology, recipient->center, units, SHEET_RECIPIENTS_MAX);
    const struct unit_identity *first = NULL;
    bool passed = false;

    if (count > SHEET_RECIPIENTS_MAX)
        count = SHEET_RECIPIENTS_MAX;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(units[i].type, recipient->type) != 0)
            continue;
        if (passed) {
            text_put(name, USER_SIZE, units[i].name);
            return;
        }
        if (strcmp(units[i].name, recipient->name) == 0)
            passed = true;
        else if (!first)
            first = &units[i];
    }
    if (passed && first)
        text_put(name, USER_SIZE, first->name);
}

/* ---- the duty ---- */

static const struct duty_rule *rule_for(const struct response *response, const struct recipient *recipient)
{
    for (size_t i = 0; i < response->rule_count; i++) {
        const struct duty_rule *rule = &response->rules[i];
        if (rule->kind == recipient->kind && (!rule->type[0] || strcmp(rule->type, recipient->type) == 0) &&
            (!rule->department[0] || strcmp(rule->department, recipient->department) == 0))
            return rule;
    }
    return NULL;
}

/* Of the deputies' posts the one whose turn it is, and never who is on duty himself. */
static void deputy_by_post(const struct topology *topology, const struct duty_rule *rule,
                           const struct recipient *recipient, int64_t turn, struct duty *duty)
{
    struct people all = {.wanted = -1};
    meet_posts(topology, recipient->center, rule->deputy_posts, &all);
    for (int64_t i = 0; i < all.count; i++) {
        struct people one = {.wanted = remainder_of(turn + i, all.count)};
        meet_posts(topology, recipient->center, rule->deputy_posts, &one);
        if (strcmp(one.name, duty->on_duty) == 0)
            continue;
        text_put(duty->deputy, sizeof duty->deputy, one.name);
        return;
    }
}

static void deputy_next(const struct topology *topology, const struct duty_rule *rule,
                        const struct recipient *recipient, int64_t place, struct duty *duty)
{
    struct people next = {.wanted = place + 1};
    if (recipient->kind == RECIPIENT_UNIT) {
        next_unit(topology, recipient, duty->deputy);
        return;
    }
    meet_rule(topology, rule, recipient, &next);
    if (next.count < 2)
        return;
    if (next.wanted == next.count) {
        next = (struct people){.wanted = 0};
        meet_rule(topology, rule, recipient, &next);
    }
    text_put(duty->deputy, sizeof duty->deputy, next.name);
}

void duty_at(const struct response *response, const struct topology *topology,
             const struct calendar *calendar, const struct recipient *recipient, int64_t at_ms,
             struct duty *duty)
{
    const struct duty_rule *rule = rule_for(response, recipient);
    struct people all = {.wanted = -1};
    struct turn turn = {NULL, 0, INT64_MAX};

    *duty = (struct duty){.until_ms = INT64_MAX};
    if (!rule)
        return;
    if (rule->turns)
        turn = turn_at(response, calendar, at_ms);
    if (turn.shift) {
        text_put(duty->shift, sizeof duty->shift, turn.shift->name);
        duty->until_ms = turn.until_ms;
    }
    meet_rule(topology, rule, recipient, &all);
    int64_t place = all.count > 0 ? remainder_of(turn.number, all.count) : 0;
    if (all.count > 0) {
        struct people one = {.wanted = place};
        meet_rule(topology, rule, recipient, &one);
        text_put(duty->on_duty, sizeof duty->on_duty, one.name);
    }
    if (rule->deputy_next)
        deputy_next(topology, rule, recipient, place, duty);
    if (!duty->deputy[0])
        deputy_by_post(topology, rule, recipient, turn.number, duty);
}
