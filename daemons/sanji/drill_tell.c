/* The timeline of a drill, and its end. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "command_json.h"
#include "command_matrix.h"
#include "command_tell.h"
#include "drill.h"

#define FEW 12 /* answers of one moment that are told one by one */

static struct drill_line *add_line(struct drill *drill, size_t step)
{
    if (drill->line_count == drill->line_room) {
        drill->line_room = drill->line_room ? 2 * drill->line_room : 256;
        drill->lines = realloc(drill->lines, drill->line_room * sizeof *drill->lines);
        if (!drill->lines)
            abort();
    }
    struct drill_line *line = &drill->lines[drill->line_count++];
    *line = (struct drill_line){.at_ms = drill_now_ms(drill), .step = step};
    return line;
}

void drill_say(struct drill *drill, size_t step, const char *fmt, ...)
{
    struct drill_line *line = add_line(drill, step);
    va_list args;
    va_start(args, fmt);
    vsnprintf(line->text, sizeof line->text, fmt, args);
    va_end(args);
}

void drill_say_person(struct drill *drill, size_t person, enum receipt_event event, enum err outcome)
{
    struct drill_line *line = add_line(drill, drill->people[person].step);
    line->by_person = true;
    line->person = person;
    line->event = event;
    line->outcome = outcome;
}

/* ---- as it happens ---- */

/* "+01:05:30 13:05:30": since the drill's begin, and the site's clock. */
static void print_time(struct drill *drill, int64_t at_ms)
{
    char clock[CLOCK_TEXT_SIZE];
    int64_t s = at_ms / 1000;
    cli_time(drill->cli, drill->start_ms + at_ms, clock);
    printf("+%02" PRId64 ":%02" PRId64 ":%02" PRId64 "  %.8s  ", s / 3600, s / 60 % 60, s % 60, clock + 11);
}

static void print_person(struct drill *drill, const struct drill_line *line)
{
    const struct drill_person *person = &drill->people[line->person];
    bool en = drill->cli->english;
    print_time(drill, line->at_ms);
    printf("  %s  %s  %s%s%s\n", drill->steps[drill->steps[line->step].of].name, person->name,
           en ? receipt_event_name(line->event) : receipt_event_zh(line->event),
           line->outcome != ERR_OK ? "  ✗ " : "",
           line->outcome != ERR_OK ? cli_sentence(drill->cli, line->outcome) : "");
}

static bool same_kind(const struct drill_line *a, const struct drill_line *b)
{
    return b->by_person && a->step == b->step && a->event == b->event && a->outcome == b->outcome;
}

/* Of a run of answers to one question: "点名一  签收 118". */
static void print_many(struct drill *drill, const struct drill_line *line, size_t count)
{
    bool en = drill->cli->english;
    print_time(drill, line->at_ms);
    printf("  %s  %s × %zu%s%s\n", drill->steps[drill->steps[line->step].of].name,
           en ? receipt_event_name(line->event) : receipt_event_zh(line->event), count,
           line->outcome != ERR_OK ? "  ✗ " : "",
           line->outcome != ERR_OK ? cli_sentence(drill->cli, line->outcome) : "");
}

/* Answers from `from` on up to the next line of a step, told together by kind. */
static size_t print_people(struct drill *drill, size_t from)
{
    size_t end = from;
    while (end < drill->line_count && drill->lines[end].by_person)
        end++;
    bool each = end - from <= FEW || cli_flag(drill->cli, "all");
    for (size_t i = from; i < end; i++) {
        size_t count = 0, first = from;
        if (each) {
            print_person(drill, &drill->lines[i]);
            continue;
        }
        while (first < i && !same_kind(&drill->lines[i], &drill->lines[first]))
            first++;
        if (first < i)
            continue; /* told with an earlier one */
        for (size_t j = i; j < end; j++)
            count += same_kind(&drill->lines[i], &drill->lines[j]);
        print_many(drill, &drill->lines[i], count);
    }
    return end;
}

void drill_flush(struct drill *drill)
{
    if (drill->cli->json)
        return;
    while (drill->told_lines < drill->line_count) {
        const struct drill_line *line = &drill->lines[drill->told_lines];
        if (line->by_person) {
            drill->told_lines = print_people(drill, drill->told_lines);
            continue;
        }
        print_time(drill, line->at_ms);
        printf("%s\n", line->text);
        drill->told_lines++;
    }
    fflush(stdout);
}

/* ---- the end ---- */

static json_t *line_json(struct drill *drill, const struct drill_line *line)
{
    const struct drill_step *step = &drill->steps[line->step];
    json_t *out = json_pack("{s:I, s:s}", "offset_ms", (json_int_t)line->at_ms, "step",
                            line->by_person ? drill->steps[step->of].name : step->name);
    json_set_moment(drill->cli, out, "at", drill->start_ms + line->at_ms);
    if (!line->by_person) {
        json_object_set_new(out, "text", json_string(line->text));
        return out;
    }
    json_object_set_new(out, "recipient", json_string(drill->people[line->person].name));
    json_object_set_new(out, "event", json_string(receipt_event_name(line->event)));
    json_object_set_new(out, "code", json_string(err_name(line->outcome)));
    return out;
}

static json_t *step_json(const struct drill_step *step)
{
    static const char *const words[] = {[STEP_WAITING] = "waiting",
                                        [STEP_ASKED] = "asked",
                                        [STEP_DONE] = "done",
                                        [STEP_FAILED] = "failed",
                                        [STEP_SKIPPED] = "skipped"};
    char id[ID_TEXT_SIZE];
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "name", step->name, "action",
                            drill_action_name(step->action), "outcome", words[step->progress], "code",
                            err_name(step->outcome), "at_ms", (json_int_t)step->at_ms, "done_ms",
                            (json_int_t)step->done_ms);
    id_format(&step->command, id);
    if (!id_is_zero(&step->command))
        json_object_set_new(out, "command_id", json_string(id));
    json_set_text(out, "case_no", step->case_no);
    json_set_text(out, "found", step->seen);
    return out;
}

static bool is_command(const struct drill_step *step)
{
    return !id_is_zero(&step->command);
}

static enum err read_view(struct drill *drill, const struct drill_step *step, struct command_view *view,
                          struct fault *fault)
{
    struct store_reader *reader = NULL;
    enum err err = drill_reader(drill, step->center, &reader, fault);
    if (err == ERR_OK)
        err = command_view_read(drill->cli, reader, step->center, &step->command, view, fault);
    drill_reader_check(drill, step->center, err);
    return err;
}

/* How a command of the drill stands at its end, with its answer matrix. */
static void tell_command(struct drill *drill, const struct drill_step *step, json_t *list)
{
    struct command_view view;
    struct command_matrix matrix;
    struct fault fault = {.code = ERR_OK};
    bool en = drill->cli->english;
    enum err err = read_view(drill, step, &view, &fault);
    if (err != ERR_OK) {
        fprintf(stderr, "sanji: %s: %s %s\n", step->name, err_name(err), fault.text);
        return;
    }
    command_matrix_make(&view, &matrix);
    if (drill->cli->json) {
        json_t *out = command_header_json(drill->cli, &view.record, view.state);
        json_object_set_new(out, "step", json_string(step->name));
        json_object_set_new(out, "counts", command_counts_json(&view.tally));
        json_object_set_new(out, "tally", command_tally_json(&view.tally));
        json_object_set_new(out, "matrix", command_matrix_json(&matrix));
        json_array_append_new(list, out);
    } else {
        printf("\n%s  %s  %s  ", step->name,
               en ? command_kind_name(view.record.header.kind) : command_kind_zh(view.record.header.kind),
               en ? command_state_name(view.state) : command_state_zh(view.state));
        command_tell_counts(drill->cli, &view.tally, stdout);
        command_matrix_print(drill->cli, &matrix, stdout);
    }
    command_matrix_free(&matrix);
    command_view_free(&view);
}

static json_t *sum_json(struct drill *drill, json_t *commands, int64_t passed, int64_t failed, int64_t broken)
{
    json_t *lines = json_array(), *steps = json_array();
    for (size_t i = 0; i < drill->line_count; i++)
        json_array_append_new(lines, line_json(drill, &drill->lines[i]));
    for (size_t i = 0; i < drill->step_count; i++)
        json_array_append_new(steps, step_json(&drill->steps[i]));
    return json_pack("{s:b, s:s, s:I, s:I, s:I, s:o, s:o, s:O}", "ok", failed == 0 && broken == 0, "name",
                     drill->title, "passed", (json_int_t)passed, "failed", (json_int_t)failed, "broken_steps",
                     (json_int_t)broken, "steps", steps, "timeline", lines, "commands", commands);
}

int drill_sum_up(struct drill *drill)
{
    int64_t passed = 0, failed = 0, broken = 0;
    json_t *commands = json_array();
    for (size_t i = 0; i < drill->step_count; i++) {
        const struct drill_step *step = &drill->steps[i];
        bool expects = step->action == DRILL_EXPECT, fell = step->progress == STEP_FAILED;
        passed += expects && step->progress == STEP_DONE;
        failed += expects && fell;
        broken += !expects && fell;
        if (is_command(step))
            tell_command(drill, step, commands);
    }
    if (drill->cli->json)
        cli_print_json(sum_json(drill, commands, passed, failed, broken));
    else
        printf(drill->cli->english
                   ? "\n%s: %" PRId64 " expectations met, %" PRId64 " not; %" PRId64 " steps failed\n"
                   : "\n%s：%" PRId64 " 项符合预期，%" PRId64 " 项不符；%" PRId64 " 步未能执行\n",
               drill->title, passed, failed, broken);
    json_decref(commands);
    return failed > 0 || broken > 0 ? 1 : 0;
}
