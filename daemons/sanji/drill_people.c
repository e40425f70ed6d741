/* Who answers, and who does not. The choice follows from the seed and the names alone, so that a drill runs
 * the same way again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drill.h"

double drill_chance(const struct drill_step *step, const char *name, unsigned what)
{
    uint64_t hash = 14695981039346656037ull ^ (uint64_t)step->answer.seed;
    for (const char *p = name; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 1099511628211ull;
    hash = (hash ^ ((uint64_t)step->line << 32 | what)) * 1099511628211ull;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ull;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebull;
    hash ^= hash >> 31;
    return (double)(hash >> 11) / 9007199254740992.0;
}

/* ---- who is asked ---- */

struct candidate {
    struct recipient recipient;
    double chance;
};

struct candidates {
    size_t count, room;
    struct candidate *list;
};

static void add_candidate(struct candidates *candidates, const struct drill_step *step,
                          const struct recipient *recipient)
{
    if (candidates->count == candidates->room) {
        candidates->room = candidates->room ? 2 * candidates->room : 256;
        candidates->list = realloc(candidates->list, candidates->room * sizeof *candidates->list);
        if (!candidates->list)
            abort();
    }
    candidates->list[candidates->count++] =
        (struct candidate){.recipient = *recipient, .chance = drill_chance(step, recipient->name, 0)};
}

static bool is_among(const struct recipient *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return true;
    return false;
}

struct expansion {
    struct recipient *all, *some;
};

/* One center's recipients of the command that the answer's own selector names as well. */
static void add_center(const struct drill *drill, const struct drill_step *step, int32_t center,
                       struct expansion *room, struct candidates *candidates)
{
    const struct drill_step *of = &drill->steps[step->of];
    struct selector whom, filter = {.count = 0};
    struct fault ignored; /* both were read with the scenario */
    if (selector_parse(of->draft.targets, &whom, &ignored) != ERR_OK ||
        (step->answer.to && selector_parse(step->answer.to, &filter, &ignored) != ERR_OK))
        return;
    size_t all = selector_expand(&whom, drill->topology, of->center, center, room->all, SHEET_RECIPIENTS_MAX);
    size_t some = !step->answer.to || all == 0 ? 0
                                               : selector_expand(&filter, drill->topology, of->center, center,
                                                                 room->some, SHEET_RECIPIENTS_MAX);
    for (size_t i = 0; i < all && i < SHEET_RECIPIENTS_MAX; i++)
        if (!step->answer.to || is_among(room->some, some, room->all[i].name))
            add_candidate(candidates, step, &room->all[i]);
}

static int by_chance(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    return a->chance < b->chance ? -1 : a->chance > b->chance;
}

void drill_people_add(struct drill *drill, const struct drill_person *person)
{
    const struct drill_step *step = &drill->steps[person->step];
    if (drill->person_count == drill->person_room) {
        drill->person_room = drill->person_room ? 2 * drill->person_room : 256;
        drill->people = realloc(drill->people, drill->person_room * sizeof *drill->people);
        if (!drill->people)
            abort();
    }
    double wait_ms = (double)step->answer.within_ms * drill_chance(step, person->name, 1);
    drill->people[drill->person_count] = *person;
    due_queue_add(drill->queue, drill_now_ms(drill) + (int64_t)wait_ms, (int32_t)drill->person_count, 0);
    drill->person_count++;
}

/* Those with the least chances are the ones who do not answer: exactly the share that the scenario says. */
static size_t choose(struct drill *drill, size_t index, struct candidates *candidates)
{
    const struct drill_step *step = &drill->steps[index], *of = &drill->steps[step->of];
    size_t mute = (size_t)llround((double)candidates->count * (1 - step->answer.share));
    if (candidates->count > 0)
        qsort(candidates->list, candidates->count, sizeof *candidates->list, by_chance);
    for (size_t i = mute; i < candidates->count; i++) {
        const struct recipient *recipient = &candidates->list[i].recipient;
        struct drill_person person = {.step = index,
                                      .command = of->command,
                                      .kind = of->draft.kind,
                                      .center = recipient->center,
                                      .is_center = recipient->kind == RECIPIENT_CENTER};
        memcpy(person.name, recipient->name, sizeof person.name);
        drill_people_add(drill, &person);
    }
    return mute;
}

/* "will answer 19 of 20; silent: grid.440306017001003" */
static void tell_choice(struct drill *drill, size_t index, const struct candidates *candidates, size_t mute)
{
    char text[400];
    size_t used = (size_t)snprintf(text, sizeof text, drill->cli->english ? "%zu of %zu" : "%zu/%zu 人",
                                   candidates->count - mute, candidates->count);
    for (size_t i = 0; i < mute && i < 5 && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
                                 i > 0                 ? " "
                                 : drill->cli->english ? "; silent: "
                                                       : "；不应答：",
                                 candidates->list[i].recipient.name);
    drill_step_end(drill, index, STEP_DONE, ERR_OK, text);
}

void drill_people_begin(struct drill *drill, size_t index)
{
    const struct drill_step *step = &drill->steps[index];
    struct candidates candidates = {.count = 0};
    struct expansion room;
    if (drill->steps[step->of].action == DRILL_REPORT) { /* drill_watch() finds them */
        drill_step_end(drill, index, STEP_DONE, ERR_OK, "");
        return;
    }
    room.all = calloc(SHEET_RECIPIENTS_MAX, sizeof *room.all);
    room.some = calloc(SHEET_RECIPIENTS_MAX, sizeof *room.some);
    if (!room.all || !room.some)
        abort();
    for (size_t i = 0; i < drill->topology->center_count; i++)
        add_center(drill, step, (int32_t)i, &room, &candidates);
    size_t mute = choose(drill, index, &candidates);
    tell_choice(drill, index, &candidates, mute);
    free(room.all);
    free(room.some);
    free(candidates.list);
}
