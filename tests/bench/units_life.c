/* What the simulated units do: they sign what they are called for after a while, and go on with it; they
 * move, and report cases. Some never answer. */
#include "units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define STEP_DEGREES 0.0002 /* some 20 m: a walk between two positions */
#define BEHIND_US 500000    /* a rate that cannot be kept is given up, and counted */

/* ---- asking ---- */

static uint32_t ask_new(struct run *run, enum ask_kind kind, uint32_t unit)
{
    uint32_t at = run->free_ask;
    if (at > 0) {
        run->free_ask = run->asks[at - 1].next_free;
    } else {
        run->asks = grown(run->asks, &run->ask_room, run->ask_count + 1, sizeof *run->asks);
        at = (uint32_t)++run->ask_count;
    }
    int64_t now_us = clock_mono_us();
    run->asks[at - 1] = (struct ask){.kind = kind,
                                     .unit = unit,
                                     .line = run->units[unit].line,
                                     .first_us = now_us,
                                     .sent_us = now_us,
                                     .key = id_new(clock_wall_ms())};
    run->tally.asked[kind]++;
    return at - 1;
}

static void ask_free(struct run *run, uint32_t at)
{
    run->asks[at].kind = (enum ask_kind)0;
    run->asks[at].next_free = run->free_ask;
    run->free_ask = at + 1;
}

static void fill_step(const struct run *run, const struct ask *ask, struct receipt_request *receipt)
{
    receipt->command = run->tally.orders[ask->task->order].id;
    text_put(receipt->recipient, sizeof receipt->recipient, run->units[ask->unit].name);
    receipt->input.event = ask->event;
    receipt->input.zero = ask->event == RECEIPT_REPORT;
    receipt->input.text = ask->event == RECEIPT_ACK ? NULL : "已处理，现场情况正常。";
}

static void fill_desk(const struct run *run, const struct ask *ask, struct receipt_request *receipt,
                      char user[USER_SIZE])
{
    const char *code = run->topology->centers[run->lines[ask->line].center].code;
    snprintf(user, USER_SIZE, "receptionist.%s", code);
    snprintf(receipt->recipient, sizeof receipt->recipient, "center.%s", code);
    receipt->command = ask->command;
    receipt->input.event = RECEIPT_ACK;
}

static void fill_move(struct run *run, const struct ask *ask, struct unit_request *unit)
{
    struct unit_sim *sim = &run->units[ask->unit];
    sim->lon += (dice(run) - 0.5) * STEP_DEGREES;
    sim->lat += (dice(run) - 0.5) * STEP_DEGREES;
    unit->ask = UNIT_ASK_POSITION;
    text_put(unit->unit, sizeof unit->unit, sim->name);
    unit->lon = sim->lon;
    unit->lat = sim->lat;
}

static void fill_report(const struct run *run, const struct ask *ask, struct request *request)
{
    struct case_birth *birth = &request->report.birth;
    const struct unit_sim *sim = &run->units[ask->unit];
    const char *area = strchr(sim->name, '.') + 1;
    text_put(birth->item, sizeof birth->item, run->options.item);
    text_put(birth->area, sizeof birth->area, area);
    text_put(birth->source, sizeof birth->source, "grid");
    birth->lon = sim->lon;
    birth->lat = sim->lat;
    request->input.content.text = "巡查发现路面有积水，已设警示。";
}

static void fill_attach(const struct run *run, const struct line *line, struct attach_request *attach,
                        char (*names)[USER_SIZE])
{
    attach->units = (const char(*)[USER_SIZE])names;
    attach->count = line->count;
    for (uint32_t i = 0; i < line->count; i++)
        memcpy(names[i], run->units[line->first + i].name, USER_SIZE);
}

static void ask_send(struct run *run, uint32_t at)
{
    static char names[ATTACH_UNITS_MAX][USER_SIZE];
    struct ask *ask = &run->asks[at];
    struct line *line = &run->lines[ask->line];
    struct receipt_request receipt = {.input = {.event = RECEIPT_EVENT_NONE}};
    struct unit_request unit = {.at_ms = 0};
    struct attach_request attach = {.count = 0};
    struct request request = {.input = {.key = ask->key}};
    text_put(request.user, sizeof request.user, run->units[ask->unit].name);
    switch (ask->kind) {
    case ASK_ATTACH:
        request.kind = REQUEST_ATTACH;
        request.attach = &attach;
        fill_attach(run, line, &attach, names);
        break;
    case ASK_STEP:
        request.kind = REQUEST_RECEIPT;
        request.receipt = &receipt;
        fill_step(run, ask, &receipt);
        break;
    case ASK_MOVE:
        request.kind = REQUEST_UNIT;
        request.unit = &unit;
        fill_move(run, ask, &unit);
        break;
    case ASK_REPORT:
        request.kind = REQUEST_REPORT;
        request.input.event = EVENT_REPORT;
        fill_report(run, ask, &request);
        break;
    case ASK_DESK:
        request.kind = REQUEST_RECEIPT;
        request.receipt = &receipt;
        fill_desk(run, ask, &receipt, request.user);
        break;
    case ASK_KINDS:
        return;
    }
    line->spoke_us = ask->sent_us = clock_mono_us();
    if (!line_send(run, line, (uint64_t)at + 1, &request))
        run->tally.skipped++; /* asked again by the sweep */
}

void life_attach(struct run *run, uint32_t line)
{
    if (run->lines[line].attaching)
        return;
    run->lines[line].attaching = true;
    ask_send(run, ask_new(run, ASK_ATTACH, run->lines[line].first));
}

void life_move(struct run *run, uint32_t unit)
{
    ask_send(run, ask_new(run, ASK_MOVE, unit));
}

/* Grid workers report; other units do not. */
void life_report(struct run *run, uint32_t unit)
{
    for (uint32_t i = 0; strncmp(run->units[unit].name, "grid.", 5) != 0;
         i++, unit = (unit + 1) % run->unit_count)
        if (i == run->unit_count)
            return;
    ask_send(run, ask_new(run, ASK_REPORT, unit));
}

static void step(struct run *run, struct task *task, enum receipt_event event)
{
    uint32_t at = ask_new(run, ASK_STEP, task->unit);
    run->asks[at].task = task;
    run->asks[at].event = event;
    ask_send(run, at);
}

/* ---- what is to be done when: a heap ---- */

static void deed_add(struct run *run, int64_t at_us, struct task *task)
{
    run->deeds = grown(run->deeds, &run->deed_room, run->deed_count + 1, sizeof *run->deeds);
    size_t i = run->deed_count++;
    for (; i > 0 && run->deeds[(i - 1) / 2].at_us > at_us; i = (i - 1) / 2)
        run->deeds[i] = run->deeds[(i - 1) / 2];
    run->deeds[i] = (struct deed){at_us, task};
}

static struct task *deed_take(struct run *run)
{
    struct task *first = run->deeds[0].task;
    struct deed last = run->deeds[--run->deed_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < run->deed_count; i = child) {
        if (child + 1 < run->deed_count && run->deeds[child + 1].at_us < run->deeds[child].at_us)
            child++;
        if (run->deeds[child].at_us >= last.at_us)
            break;
        run->deeds[i] = run->deeds[child];
    }
    run->deeds[i] = last;
    return first;
}

static int64_t pause_us(struct run *run)
{
    const struct spread *delay = &run->options.delay;
    if (delay->mean_us > 0)
        return (int64_t)(-log(1 - dice(run)) * (double)delay->mean_us);
    return delay->min_us + (int64_t)(dice(run) * (double)(delay->max_us - delay->min_us));
}

static void later(struct run *run, struct task *task)
{
    int64_t wait_us = pause_us(run);
    if (wait_us > 0)
        deed_add(run, clock_mono_us() + wait_us, task);
    else
        step(run, task, run->options.steps[task->step]);
}

int64_t life_due(struct run *run, int64_t now_us)
{
    while (run->deed_count > 0 && run->deeds[0].at_us <= now_us) {
        struct task *task = deed_take(run);
        step(run, task, run->options.steps[task->step]);
    }
    return run->deed_count > 0 ? run->deeds[0].at_us : INT64_MAX;
}

/* ---- what comes ---- */

static int by_name(const void *name, const void *unit)
{
    return strcmp(name, ((const struct unit_sim *)unit)->name);
}

static struct task *task_of(struct run *run, uint32_t unit, size_t order)
{
    for (struct task *task = run->units[unit].tasks; task; task = task->next)
        if (task->order == order)
            return task;
    struct task *task = calloc(1, sizeof *task);
    if (!task)
        abort();
    *task = (struct task){.next = run->units[unit].tasks, .unit = unit, .order = order};
    run->units[unit].tasks = task;
    series_add(&run->tally.orders[order].called, wall_ms() - run->tally.orders[order].sent_wall_ms);
    return task;
}

/* The people at the desk see on their screen what their units are called for. */
static void tell_desk(struct run *run, int32_t center, const struct id *command)
{
    for (uint32_t i = run->line_count; i < run->line_count + run->desk_count; i++) {
        struct line *desk = &run->lines[i];
        if (desk->center != center || id_equal(&desk->last_seen, command))
            continue;
        desk->last_seen = *command;
        uint32_t at = ask_new(run, ASK_DESK, run->lines[i].first);
        run->asks[at].line = i;
        run->asks[at].command = *command;
        ask_send(run, at);
    }
}

void life_on_push(struct run *run, struct line *line, const struct push *push)
{
    struct unit_sim *unit =
        bsearch(push->recipient, run->units + line->first, line->count, sizeof *unit, by_name);
    if (push->why < RECEIPT_EVENTS)
        run->tally.pushes[push->why]++;
    if (!unit) {
        run->tally.bad_frames++;
        return;
    }
    struct task *task = task_of(run, (uint32_t)(unit - run->units), tally_order(run, push));
    tell_desk(run, line->center, &push->command);
    if (unit->silent)
        return;
    if (push->why == RECEIPT_PAR_CALL)
        step(run, task, RECEIPT_PAR);
    else if (push->why == RECEIPT_UPDATED || push->why == RECEIPT_CANCEL)
        step(run, task, RECEIPT_ACK);
    else if (!task->running && task->step < run->options.step_count) {
        task->running = true;
        later(run, task);
    }
}

static bool not_now(enum err code)
{
    return code == ERR_NOT_NOW || code == ERR_UNREACHABLE || code == ERR_TIMEOUT || code == ERR_BUSY ||
           code == ERR_MUTE || code == ERR_LOCKED;
}

/* The next step, if this was one of the row. What that kind of command does not know, or what was done
 * before, is passed over; any other refusal ends the row. */
static void go_on(struct run *run, struct task *task, const struct ask *ask, enum err code)
{
    bool done = code == ERR_OK;
    struct order *order = &run->tally.orders[task->order];
    if (done && ask->event == RECEIPT_ACK && !task->acked) {
        task->acked = true;
        series_add(&order->answered, wall_ms() - order->sent_wall_ms);
    }
    if (!task->running || ask->event != run->options.steps[task->step])
        return;
    task->running = (done || code == ERR_ILLEGAL) && ++task->step < run->options.step_count;
    if (task->running)
        later(run, task);
}

static void attach_answered(struct run *run, struct line *line, bool done)
{
    line->attaching = false;
    if (done && !line->attached)
        run->attached += line->count;
    line->attached |= done;
}

void life_on_reply(struct run *run, uint64_t correlation, const struct reply *reply)
{
    if (correlation - 1 >= run->ask_count || !run->asks[correlation - 1].kind)
        return; /* the second answer to what was asked twice */
    struct ask ask = run->asks[correlation - 1];
    bool done = reply->code == ERR_OK;
    if (not_now(reply->code))
        return; /* asked again by the sweep */
    if ((unsigned)reply->code < CODES_MAX)
        run->tally.codes[reply->code]++;
    if (ask.kind == ASK_DESK && (reply->code == ERR_UNKNOWN_RECIPIENT || reply->code == ERR_ILLEGAL))
        done = true; /* that command was not for the desk, or it has signed before */
    if (!done && run->tally.refused[ask.kind]++ == 0)
        fprintf(stderr, "bench_units: refused: %s: %s %s\n", run->units[ask.unit].name, err_name(reply->code),
                reply->text);
    run->tally.done[ask.kind] += done;
    series_add(&run->tally.took[ask.kind], (double)(clock_mono_us() - ask.first_us) / 1e3);
    ask_free(run, (uint32_t)(correlation - 1));
    if (ask.kind == ASK_ATTACH)
        attach_answered(run, &run->lines[ask.line], done);
    if (ask.kind == ASK_STEP)
        go_on(run, ask.task, &ask, reply->code);
}

/* ---- once a second ---- */

void life_sweep(struct run *run, int64_t now_us)
{
    for (size_t i = 0; i < run->ask_count; i++) {
        struct ask *ask = &run->asks[i];
        struct line *line = &run->lines[ask->line];
        if (!ask->kind || now_us - ask->sent_us < ASK_LATE_US)
            continue;
        run->tally.late++;
        if (ask->kind != ASK_ATTACH && line->attached)
            life_attach(run, ask->line); /* it may have been restarted: call me again */
        ask_send(run, (uint32_t)i);
    }
    for (uint32_t i = 0; i < run->line_count; i++)
        if (run->lines[i].attached && now_us - run->lines[i].spoke_us > IDLE_US)
            life_move(run, run->lines[i].first);
}
