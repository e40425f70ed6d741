/* What the centers do by themselves. Emergency circles: whom they take is chosen at each center, so the
 * answers to a case are found in the databases on its way to the root. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "drill.h"

#define WATCH_MS 300
#define CALLS_MS 1000
#define ORDERS_MAX 64 /* of one case: circles, rounds, centers */

struct orders {
    size_t count;
    struct id ids[ORDERS_MAX];
    enum command_kind kinds[ORDERS_MAX];
};

static bool on_order(void *ctx, const struct store_command *c)
{
    struct orders *orders = ctx;
    orders->ids[orders->count] = c->row.record.header.id;
    orders->kinds[orders->count++] = c->row.record.header.kind;
    return orders->count < ORDERS_MAX;
}

struct finding {
    struct drill *drill;
    size_t step;
    enum command_kind kind;
};

static bool is_known(const struct finding *finding, const struct id *command, const char *name)
{
    const struct drill *drill = finding->drill;
    for (size_t i = 0; i < drill->person_count; i++)
        if (drill->people[i].step == finding->step && strcmp(drill->people[i].name, name) == 0 &&
            id_equal(&drill->people[i].command, command))
            return true;
    return false;
}

static bool is_wanted(const struct finding *finding, const char *name, const struct recipient *recipient)
{
    const struct drill *drill = finding->drill;
    const struct drill_step *step = &drill->steps[finding->step];
    struct selector filter;
    struct fault ignored; /* it was read with the scenario */
    if (drill_chance(step, name, 0) >= step->answer.share)
        return false;
    if (!step->answer.to)
        return true;
    if (selector_parse(step->answer.to, &filter, &ignored) != ERR_OK)
        return false;
    struct recipient *list = calloc(SHEET_RECIPIENTS_MAX, sizeof *list);
    bool found = false;
    if (!list)
        abort();
    size_t count = selector_expand(&filter, drill->topology, drill->steps[step->of].center, recipient->center,
                                   list, SHEET_RECIPIENTS_MAX);
    for (size_t i = 0; i < count && i < SHEET_RECIPIENTS_MAX && !found; i++)
        found = strcmp(list[i].name, name) == 0;
    free(list);
    return found;
}

static bool on_receipt(void *ctx, const struct id *command, const char *center, const struct receipt *receipt)
{
    struct finding *finding = ctx;
    struct recipient recipient;
    (void)center;
    if (receipt->state != RECEIPT_DELIVERED || is_known(finding, command, receipt->name) ||
        !recipient_find(finding->drill->topology, receipt->name, &recipient) ||
        !is_wanted(finding, receipt->name, &recipient))
        return true;
    struct drill_person person = {.step = finding->step,
                                  .command = *command,
                                  .kind = finding->kind,
                                  .center = recipient.center,
                                  .is_center = recipient.kind == RECIPIENT_CENTER};
    memcpy(person.name, receipt->name, sizeof person.name);
    drill_people_add(finding->drill, &person);
    return true;
}

/* A database that is away now is looked at again soon. */
static void look_at(struct drill *drill, size_t index, int32_t center)
{
    const struct drill_step *of = &drill->steps[drill->steps[index].of];
    const struct store_command_filter filter = {.case_no = of->case_no};
    struct finding finding = {.drill = drill, .step = index};
    struct orders orders = {.count = 0};
    struct store_reader *reader = NULL;
    struct fault ignored;
    enum err err = drill_reader(drill, center, &reader, &ignored);
    if (err == ERR_OK)
        err = store_read_commands(reader, &filter, on_order, &orders, &ignored);
    for (size_t i = 0; i < orders.count && err == ERR_OK; i++) {
        finding.kind = orders.kinds[i];
        err = store_read_receipts(reader, &orders.ids[i], on_receipt, &finding, &ignored);
    }
    drill_reader_check(drill, center, err);
}

void drill_watch(struct drill *drill)
{
    if (clock_mono_ms() < drill->next_watch_mono_ms)
        return;
    drill->next_watch_mono_ms = clock_mono_ms() + WATCH_MS;
    for (size_t i = 0; i < drill->step_count; i++) {
        const struct drill_step *step = &drill->steps[i];
        if (step->action != DRILL_ANSWER || step->progress != STEP_DONE ||
            drill->steps[step->of].action != DRILL_REPORT)
            continue;
        for (int32_t at = drill->steps[step->of].center; at >= 0; at = drill->topology->centers[at].parent)
            look_at(drill, i, at);
    }
}

static void look_at_calls(struct drill *drill, size_t index)
{
    struct drill_step *step = &drill->steps[index];
    struct store_reader *reader = NULL;
    struct store_command found;
    struct fault ignored; /* a database that is away now is looked at again soon */
    enum err err = drill_reader(drill, step->center, &reader, &ignored);
    if (err == ERR_OK)
        err = store_read_command(reader, &step->command, &found, &ignored);
    const struct command_tally *tally = &found.tally;
    bool changed = err == ERR_OK && (tally->red != step->red || tally->deputy_called != step->deputies ||
                                     tally->above_called != step->above);
    drill_reader_check(drill, step->center, err);
    if (!changed)
        return;
    step->red = tally->red;
    step->deputies = tally->deputy_called;
    step->above = tally->above_called;
    drill_say(drill, index,
              drill->cli->english ? "  %s  ● red %" PRId64 "  deputy called %" PRId64
                                    "  center above %" PRId64
                                  : "  %s  ●红 %" PRId64 "  已呼备岗 %" PRId64 "  已呼上级 %" PRId64,
              step->name, step->red, step->deputies, step->above);
}

void drill_watch_calls(struct drill *drill)
{
    if (clock_mono_ms() < drill->next_calls_mono_ms)
        return;
    drill->next_calls_mono_ms = clock_mono_ms() + CALLS_MS;
    for (size_t i = 0; i < drill->step_count; i++)
        if (!id_is_zero(&drill->steps[i].command))
            look_at_calls(drill, i);
}
