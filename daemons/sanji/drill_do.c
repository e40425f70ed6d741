/* A step becomes a request, and its answer a line. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "drill.h"

#define ANSWER_MS 3000 /* then the same question again */
#define NOT_NOW_MS 300
#define PENDING_MS 10000 /* kept for the owner, who may be far away */

static int64_t after(const struct drill *drill, struct span span)
{
    int64_t now_ms = clock_now_ms(&drill->cli->site->clock);
    return span.unit == UNIT_NONE ? 0 : calendar_add(drill->calendar, now_ms, span);
}

/* The first stage of the campaign that a step belongs to. */
static const struct drill_step *first_stage(const struct drill *drill, const struct drill_step *step)
{
    while (step->action == DRILL_NEXT)
        step = &drill->steps[step->of];
    return step;
}

/* Times count from the moment at which the step is first done. */
static void set_times(const struct drill *drill, struct drill_step *step)
{
    if (step->ask_again_mono_ms != 0)
        return;
    step->draft.expires_ms = after(drill, step->expires);
    step->draft.mode_start_ms = after(drill, step->from);
    step->draft.mode_end_ms = after(drill, step->until);
}

static void write_command(const struct drill *drill, struct drill_step *step, struct request *request,
                          struct command *closing)
{
    const struct drill_step *of = step->of < 0 ? NULL : &drill->steps[step->of];
    request->kind = REQUEST_COMMAND;
    request->command = &step->draft;
    set_times(drill, step);
    if (step->action == DRILL_ACT)
        step->draft.id = of->command;
    else if (step->action == DRILL_NEXT)
        step->draft.references = first_stage(drill, step)->command;
    else if (of && of->action == DRILL_REPORT) {
        step->draft.case_id = of->case_id;
        memcpy(step->draft.case_no, of->case_no, sizeof step->draft.case_no);
    } else if (of) {
        step->draft.references = of->command;
    }
    if (!step->closing)
        return;
    *closing = (struct command){.event = COMMAND_SUPERSEDE,
                                .id = of->command,
                                .references = step->command,
                                .reason = "转入下一阶段",
                                .lon = NAN,
                                .lat = NAN};
    request->command = closing;
}

static void write_case(const struct drill *drill, const struct drill_step *step, struct request *request)
{
    const struct drill_step *of = step->of < 0 ? NULL : &drill->steps[step->of];
    request->kind = of ? REQUEST_ACT : REQUEST_REPORT;
    request->report = step->report;
    request->input.content = step->content;
    request->input.event = of ? step->event : EVENT_REPORT;
    memcpy(request->input.target, step->target, sizeof request->input.target);
    if (of)
        memcpy(request->case_no, of->case_no, sizeof request->case_no);
}

static void write_request(const struct drill *drill, struct drill_step *step, struct request *request,
                          struct command *closing)
{
    memcpy(request->user, step->user, sizeof request->user);
    if (step->action == DRILL_REPORT || step->action == DRILL_CASE) {
        write_case(drill, step, request);
    } else if (step->action == DRILL_UNIT) {
        request->kind = REQUEST_UNIT;
        request->unit = &step->unit;
    } else if (step->receipt.recipient[0]) {
        request->kind = REQUEST_RECEIPT;
        request->receipt = &step->receipt;
        step->receipt.command = drill->steps[step->of].command;
    } else {
        write_command(drill, step, request, closing);
    }
}

void drill_do(struct drill *drill, size_t index)
{
    struct drill_step *step = &drill->steps[index];
    struct request request = {.kind = REQUEST_COMMAND};
    struct command closing;
    struct fault fault = {.code = ERR_OK};
    write_request(drill, step, &request, &closing);
    request.input.key = drill_key(drill, "step", index, step->closing);
    enum err err = ask_pool_send(drill->pool, drill->topology->centers[step->center].code,
                                 DRILL_STEP_MARK | index, &request, &fault);
    step->ask_again_mono_ms = clock_mono_ms() + (err == ERR_OK ? ANSWER_MS : NOT_NOW_MS);
    if (err != ERR_OK && !drill_not_now(err))
        drill_step_end(drill, index, STEP_FAILED, err, fault.text);
}

/* ---- what came of it ---- */

static void take_outcome(struct drill_step *step, const struct reply *reply)
{
    if (reply->has_command && !step->closing && step->action != DRILL_ACT)
        step->command = reply->command.command;
    if (reply->has_case) {
        step->case_id = reply->acase.case_id;
        memcpy(step->case_no, reply->acase.case_no, sizeof step->case_no);
    }
}

static void describe(const struct drill *drill, const struct drill_step *step, const struct reply *reply,
                     char out[256])
{
    bool en = drill->cli->english;
    out[0] = '\0';
    if (reply->has_unit)
        snprintf(out, 256, "%s",
                 en ? unit_status_name(reply->unit.status) : unit_status_zh(reply->unit.status));
    else if (reply->has_case)
        snprintf(out, 256, "%s  %s", reply->acase.case_no,
                 en ? case_state_name(reply->acase.state) : case_state_zh(reply->acase.state));
    else if (step->receipt.recipient[0])
        snprintf(out, 256, "%s",
                 en ? receipt_state_name(reply->command.state) : receipt_state_zh(reply->command.state));
    else if (reply->has_command)
        snprintf(out, 256, en ? "%d recipients at %d centers" : "对象 %d 个，中心 %d 个",
                 reply->command.recipients, reply->command.centers);
}

void drill_step_replied(struct drill *drill, size_t index, const struct reply *reply)
{
    char text[256];
    struct drill_step *step = index < drill->step_count ? &drill->steps[index] : NULL;
    if (!step || step->progress != STEP_ASKED)
        return; /* of an earlier question */
    if (drill_not_now(reply->code) || reply->code == ERR_PENDING) {
        step->ask_again_mono_ms = clock_mono_ms() + (reply->code == ERR_PENDING ? PENDING_MS : NOT_NOW_MS);
        return;
    }
    if (reply->code != ERR_OK) {
        drill_step_end(drill, index, STEP_FAILED, reply->code, reply->text);
        return;
    }
    take_outcome(step, reply);
    if (step->action == DRILL_NEXT && !step->closing) {
        step->closing = true;
        drill_do(drill, index);
        return;
    }
    describe(drill, step, reply, text);
    drill_step_end(drill, index, STEP_DONE, ERR_OK, text);
}

void drill_step_end(struct drill *drill, size_t index, enum drill_progress progress, enum err outcome,
                    const char *text)
{
    static const char *const marks[] = {[STEP_WAITING] = " ",
                                        [STEP_ASKED] = " ",
                                        [STEP_DONE] = "✓",
                                        [STEP_FAILED] = "✗",
                                        [STEP_SKIPPED] = "-"};
    struct drill_step *step = &drill->steps[index];
    const char *what = step->note ? step->note : step->draft.text ? step->draft.text : step->content.text;
    const char *name = step->name[0] || step->of < 0 ? step->name : drill->steps[step->of].name;
    step->progress = progress;
    step->outcome = outcome;
    step->done_ms = drill_now_ms(drill);
    if (step->action == DRILL_SAY) {
        drill_say(drill, index, "== %s ==", step->note);
        return;
    }
    drill_say(drill, index, "%s %s%s%s%s%s%s%s%s%s", marks[progress], drill_action_name(step->action),
              name[0] ? " " : "", name, what && what[0] ? "  " : "", what ? what : "", text[0] ? "  " : "",
              text, outcome != ERR_OK ? "  " : "",
              outcome != ERR_OK ? cli_sentence(drill->cli, outcome) : "");
}
