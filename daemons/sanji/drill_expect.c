/* Looks at what is expected, in the database of the center that the scenario names. */
#include <string.h>

#include "command_view.h"
#include "drill.h"
#include "mode_view.h"

struct look {
    struct drill *drill;
    struct drill_step *step;
    size_t used; /* of step->seen */
    bool holds;
};

static void saw(struct look *look, const struct drill_condition *condition, const char *value, bool holds)
{
    char *seen = look->step->seen;
    size_t size = sizeof look->step->seen;
    look->holds &= holds;
    if (look->used < size)
        look->used += (size_t)snprintf(seen + look->used, size - look->used, "%s%s %s",
                                       look->used ? "，" : "", condition->name, value);
}

static bool compare(const struct drill_condition *condition, double value, double whole)
{
    double wanted = condition->percent ? condition->value * whole / 100 : condition->value;
    bool more = value > wanted, equal = !more && !(value < wanted);
    switch (condition->op[0]) {
    case '<':
        return condition->op[1] ? !more : !more && !equal;
    case '>':
        return condition->op[1] ? more || equal : more;
    default:
        return equal;
    }
}

static bool matches(const struct drill_condition *condition, const char *value)
{
    return (strcmp(value, condition->wanted) == 0) == (condition->op[0] != '!');
}

/* ---- of a command ---- */

static int64_t measure(const struct command_view *view, const struct drill_condition *condition)
{
    int64_t answered = 0;
    switch (condition->metric) {
    case METRIC_EXPECTED:
        return (int64_t)view->count;
    case METRIC_ANSWERED:
        for (size_t i = 0; i < view->count; i++)
            answered += command_view_answered(&view->rows[i].receipt);
        return answered;
    case METRIC_RED:
        return view->tally.red;
    case METRIC_UNKNOWN:
        return view->tally.count[RECEIPT_ISSUED];
    case METRIC_OVERDUE_ACK:
        return view->tally.overdue_ack;
    case METRIC_DEPUTY_CALLED:
        return view->tally.deputy_called;
    case METRIC_ABOVE_CALLED:
        return view->tally.above_called;
    case METRIC_NOT_DELIVERED:
        return view->tally.not_delivered;
    case METRIC_REPORTS:
        return view->tally.reports;
    case METRIC_ZERO:
        return view->tally.zero;
    case METRIC_COUNT:
        return view->tally.count[condition->state];
    case METRIC_STATE:
    case METRIC_OWNER:
    case METRIC_MODE:
        break;
    }
    return 0;
}

static void judge_command(struct look *look, const struct command_view *view)
{
    const struct drill_step *step = look->step;
    for (size_t i = 0; i < step->condition_count; i++) {
        const struct drill_condition *condition = &step->conditions[i];
        char value[64];
        if (condition->metric == METRIC_STATE) {
            const char *state = command_state_name(view->state);
            saw(look, condition, state, matches(condition, state));
        } else if (condition->metric < METRIC_STATE) {
            int64_t number = measure(view, condition);
            snprintf(value, sizeof value, "%lld", (long long)number);
            saw(look, condition, value, compare(condition, (double)number, (double)view->count));
        }
    }
}

static enum err look_at_command(struct look *look, int32_t center, struct fault *fault)
{
    struct store_reader *reader = NULL;
    struct command_view view;
    const struct drill_step *of = &look->drill->steps[look->step->of];
    enum err err = drill_reader(look->drill, center, &reader, fault);
    if (err == ERR_OK)
        err = command_view_read(look->drill->cli, reader, center, &of->command, &view, fault);
    drill_reader_check(look->drill, center, err);
    if (err != ERR_OK)
        return err;
    judge_command(look, &view);
    command_view_free(&view);
    return ERR_OK;
}

/* ---- of a case ---- */

static enum err look_at_case(struct look *look, int32_t center, struct fault *fault)
{
    struct store_reader *reader = NULL;
    struct store_case found;
    const struct drill_step *of = &look->drill->steps[look->step->of];
    enum err err = drill_reader(look->drill, center, &reader, fault);
    if (err == ERR_OK)
        err = store_read_case(reader, of->case_no, look->drill->start_ms, &found, fault);
    drill_reader_check(look->drill, center, err);
    for (size_t i = 0; i < look->step->condition_count && err == ERR_OK; i++) {
        const struct drill_condition *condition = &look->step->conditions[i];
        const char *value = condition->metric == METRIC_STATE   ? case_state_name(found.row.record.state)
                            : condition->metric == METRIC_OWNER ? found.row.record.owner
                                                                : NULL;
        if (value)
            saw(look, condition, value, matches(condition, value));
    }
    return err;
}

/* ---- the mode of a center ---- */

static enum err look_at_mode(struct look *look, int32_t center, struct fault *fault)
{
    struct store_reader *reader = NULL;
    struct mode_view view;
    enum err err = drill_reader(look->drill, center, &reader, fault);
    if (err == ERR_OK)
        err = mode_view_read(look->drill->cli, reader, center, &view, fault);
    drill_reader_check(look->drill, center, err);
    if (err != ERR_OK)
        return err;
    const char *alert = alert_name(mode_view_alert(&view));
    for (size_t i = 0; i < look->step->condition_count; i++)
        if (look->step->conditions[i].metric == METRIC_MODE)
            saw(look, &look->step->conditions[i], alert, matches(&look->step->conditions[i], alert));
    mode_view_free(&view);
    return ERR_OK;
}

/* ---- the outcome ---- */

static enum err look_once(struct look *look, struct fault *fault)
{
    struct drill *drill = look->drill;
    const struct drill_step *step = look->step, *of = step->of < 0 ? NULL : &drill->steps[step->of];
    int32_t center = step->center >= 0 ? step->center : of->center;
    if (!of)
        return look_at_mode(look, center, fault);
    return of->action == DRILL_REPORT ? look_at_case(look, center, fault)
                                      : look_at_command(look, center, fault);
}

static void write_wanted(const struct drill_step *step, char out[256])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < step->condition_count && used < 256; i++)
        used += (size_t)snprintf(out + used, 256 - used, "%s%s %s%s", i ? "，" : "", step->conditions[i].name,
                                 step->conditions[i].op[0] == '!' ? "!" : "", step->conditions[i].wanted);
}

void drill_expect_look(struct drill *drill, size_t index)
{
    struct drill_step *step = &drill->steps[index];
    struct look look = {.drill = drill, .step = step, .holds = true};
    struct fault fault = {.code = ERR_OK};
    char wanted[256], text[600];
    step->seen[0] = '\0';
    enum err err = look_once(&look, &fault);
    if (err != ERR_OK) {
        look.holds = false;
        snprintf(step->seen, sizeof step->seen, "%s %.200s", err_name(err), fault.text);
    }
    if (!look.holds && drill_now_ms(drill) < step->at_ms + step->within_ms)
        return;
    write_wanted(step, wanted);
    snprintf(text, sizeof text, drill->cli->english ? "expected %s; found %s" : "应为 %s；实为 %s", wanted,
             step->seen);
    drill_step_end(drill, index, look.holds ? STEP_DONE : STEP_FAILED, ERR_OK, text);
}
