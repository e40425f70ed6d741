/* What one simulated recipient says, one word after another, and what is said again until it is heard. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "drill.h"

#define ANSWER_MS 3000 /* then the same word again */
#define NOT_NOW_MS 500 /* the center is away, or the command has not come there yet */
#define FLYING_MAX 512 /* words under way at once */

/* What a kind wants, when the scenario does not say. */
static const enum receipt_event usual[COMMAND_KINDS][DRILL_EVENTS_MAX] = {
    [COMMAND_ORDER] = {RECEIPT_ACK, RECEIPT_FINISH},
    [COMMAND_NOTICE] = {RECEIPT_ACK},
    [COMMAND_ROLL_CALL] = {RECEIPT_ACK},
    [COMMAND_SUPERVISION] = {RECEIPT_ACK, RECEIPT_FINISH},
    [COMMAND_CAMPAIGN] = {RECEIPT_ACK, RECEIPT_REPORT},
    [COMMAND_MODE] = {RECEIPT_ACK, RECEIPT_REPORT},
    [COMMAND_EMERGENCY] = {RECEIPT_ACK, RECEIPT_DEPART, RECEIPT_ARRIVE, RECEIPT_FINISH},
};

/* The next word; NONE when all has been said. */
static enum receipt_event next_event(const struct drill *drill, const struct drill_person *person)
{
    const struct drill_step *step = &drill->steps[person->step];
    if (step->answer.event_count > 0)
        return person->done < step->answer.event_count ? step->answer.events[person->done]
                                                       : RECEIPT_EVENT_NONE;
    return person->done < DRILL_EVENTS_MAX ? usual[person->kind][person->done] : RECEIPT_EVENT_NONE;
}

/* "people={3..20}": each draws a number of its own. */
static void draw_values(const struct drill_step *step, const char *name, char values[VALUES_SIZE])
{
    size_t used = 0;
    unsigned what = 100;
    for (const char *p = step->answer.values; *p && used + 24 < VALUES_SIZE;) {
        char *middle, *end;
        long low = *p == '{' ? strtol(p + 1, &middle, 10) : 0;
        if (*p == '{' && middle > p + 1 && strncmp(middle, "..", 2) == 0) {
            long high = strtol(middle + 2, &end, 10);
            double at = drill_chance(step, name, what++) * (double)(high - low + 1);
            used += (size_t)snprintf(values + used, VALUES_SIZE - used, "%ld", low + (long)at);
            p = *end == '}' ? end + 1 : end;
            continue;
        }
        values[used++] = *p == ';' ? '\n' : *p;
        p++;
    }
    values[used] = '\0';
}

static void send(struct drill *drill, size_t index)
{
    struct drill_person *person = &drill->people[index];
    const struct drill_step *step = &drill->steps[person->step];
    const char *code = drill->topology->centers[person->center].code;
    struct receipt_request receipt = {
        .command = person->command, .input = {.event = next_event(drill, person), .text = step->answer.text}};
    struct request request = {.kind = REQUEST_RECEIPT, .receipt = &receipt};
    struct fault fault;
    char values[VALUES_SIZE], id[ID_TEXT_SIZE], what[ID_TEXT_SIZE + USER_SIZE];
    bool fills = receipt.input.event == RECEIPT_REPORT || receipt.input.event == RECEIPT_FINISH;
    receipt.input.zero = fills && drill_chance(step, person->name, 2) < step->answer.zero;
    if (fills && step->answer.values && !receipt.input.zero) {
        draw_values(step, person->name, values);
        receipt.input.values = values;
    }
    memcpy(receipt.recipient, person->name, sizeof receipt.recipient);
    if (person->is_center)
        snprintf(request.user, sizeof request.user, "dispatcher.%s", code);
    else
        memcpy(request.user, person->name, sizeof request.user);
    id_format(&person->command, id);
    snprintf(what, sizeof what, "%s %s", id, person->name);
    request.input.key = drill_key(drill, what, person->step, person->done);
    uint64_t correlation = (uint64_t)(++person->asked & 0x7fffffff) << 32 | (uint32_t)index;
    enum err err = ask_pool_send(drill->pool, code, correlation, &request, &fault);
    person->ask_again_mono_ms = clock_mono_ms() + (err == ERR_OK ? ANSWER_MS : NOT_NOW_MS);
}

void drill_people_due(struct drill *drill)
{
    int32_t index;
    uint32_t plan;
    while (drill->flying_count < FLYING_MAX &&
           due_queue_due(drill->queue, drill_now_ms(drill), &index, &plan)) {
        struct drill_person *person = &drill->people[index];
        if (person->plan != plan || person->flying || person->over)
            continue;
        if (drill->flying_count == drill->flying_room) {
            drill->flying_room = drill->flying_room ? 2 * drill->flying_room : 64;
            drill->flying = realloc(drill->flying, drill->flying_room * sizeof *drill->flying);
            if (!drill->flying)
                abort();
        }
        drill->flying[drill->flying_count++] = index;
        person->flying = true;
        send(drill, (size_t)index);
    }
}

void drill_people_again(struct drill *drill)
{
    int64_t mono_ms = clock_mono_ms();
    for (size_t i = 0; i < drill->flying_count; i++)
        if (drill->people[drill->flying[i]].ask_again_mono_ms <= mono_ms)
            send(drill, (size_t)drill->flying[i]);
}

static void land(struct drill *drill, size_t index)
{
    drill->people[index].flying = false;
    for (size_t i = 0; i < drill->flying_count; i++)
        if ((size_t)drill->flying[i] == index) {
            drill->flying[i] = drill->flying[--drill->flying_count];
            return;
        }
}

/* The next word comes some time later, or none. */
static void plan_next(struct drill *drill, size_t index)
{
    struct drill_person *person = &drill->people[index];
    const struct drill_step *step = &drill->steps[person->step];
    person->plan++;
    if (next_event(drill, person) == RECEIPT_EVENT_NONE) {
        person->over = true;
        return;
    }
    double wait_ms = (double)step->answer.within_ms * drill_chance(step, person->name, 10u + person->done);
    due_queue_add(drill->queue, drill_now_ms(drill) + (int64_t)wait_ms, (int32_t)index, person->plan);
}

/* The link to this center is cut, or the command is on its way: it does not know it yet. */
static bool not_there_yet(enum err code)
{
    return code == ERR_UNKNOWN_COMMAND || code == ERR_UNKNOWN_RECIPIENT;
}

void drill_person_replied(struct drill *drill, size_t index, uint32_t asked, const struct reply *reply)
{
    if (index >= drill->person_count)
        return;
    struct drill_person *person = &drill->people[index];
    if (!person->flying || (person->asked & 0x7fffffff) != asked)
        return; /* of an earlier question */
    if (drill_not_now(reply->code) || not_there_yet(reply->code)) {
        person->ask_again_mono_ms = clock_mono_ms() + NOT_NOW_MS;
        return;
    }
    land(drill, index);
    drill_say_person(drill, index, next_event(drill, person), reply->code);
    person->done++;
    if (reply->code != ERR_OK)
        person->over = true;
    else
        plan_next(drill, index);
}
