#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "drill.h"

struct raw_file {
    char name[NAME_SIZE];
    const char *about, *end;
    int64_t seed;
    const struct conf_node *steps;
};

static const struct conf_key file_keys[] = {
    CONF_TEXT_KEY("name", struct raw_file, name, CONF_REQUIRED),
    CONF_STRING_KEY("about", struct raw_file, about, 0),
    CONF_STRING_KEY("end", struct raw_file, end, 0),
    CONF_INT_KEY("seed", struct raw_file, seed, 0, 0, INT64_MAX),
    CONF_NODE_KEY("steps", struct raw_file, steps, CONF_REQUIRED),
};

struct raw_step {
    const char *at, *note;
    char name[POST_SIZE];
    const struct conf_node *actions[DRILL_ACTIONS];
};

#define ACTION(key, action) CONF_NODE_KEY(key, struct raw_step, actions[action], 0)
static const struct conf_key step_keys[] = {
    CONF_STRING_KEY("at", struct raw_step, at, CONF_REQUIRED),
    CONF_STRING_KEY("note", struct raw_step, note, 0),
    CONF_CODE_KEY("name", struct raw_step, name, 0),
    ACTION("say", DRILL_SAY),
    ACTION("issue", DRILL_ISSUE),
    ACTION("roll_call", DRILL_ROLL_CALL),
    ACTION("campaign", DRILL_CAMPAIGN),
    ACTION("next", DRILL_NEXT),
    ACTION("mode", DRILL_MODE),
    ACTION("act", DRILL_ACT),
    ACTION("report", DRILL_REPORT),
    ACTION("case", DRILL_CASE),
    ACTION("unit", DRILL_UNIT),
    ACTION("answer", DRILL_ANSWER),
    ACTION("shell", DRILL_SHELL),
    ACTION("expect", DRILL_EXPECT),
};

const char *drill_action_name(enum drill_action action)
{
    size_t first = sizeof step_keys / sizeof *step_keys - (DRILL_ACTIONS - 1);
    return step_keys[first + action - 1].name;
}

static const struct conf_node *find_action(struct drill *drill, const struct conf_node *node,
                                           const struct raw_step *raw, struct drill_step *step)
{
    const struct conf_node *found = NULL;
    for (int i = DRILL_SAY; i < DRILL_ACTIONS; i++) {
        if (!raw->actions[i])
            continue;
        if (found) {
            conf_error_at(drill->doc, node, "one step does one thing: '%s' or '%s'?",
                          drill_action_name(step->action), drill_action_name((enum drill_action)i));
            return NULL;
        }
        found = raw->actions[i];
        step->action = (enum drill_action)i;
    }
    if (!found)
        conf_error_at(drill->doc, node,
                      "the step does nothing: issue, roll_call, campaign, mode, report ...");
    return found;
}

static void read_step(struct drill *drill, const struct conf_node *node, struct drill_step *step)
{
    struct raw_step raw = {.at = NULL};
    step->of = step->center = -1;
    step->line = conf_line(node);
    if (!conf_map(drill->doc, node, step_keys, sizeof step_keys / sizeof *step_keys, &raw))
        return;
    const struct conf_node *action = find_action(drill, node, &raw, step);
    memcpy(step->name, raw.name, sizeof step->name);
    if (raw.note)
        step->note = drill_text(drill, node, raw.note);
    if (action && drill_span(drill, node, raw.at, &step->at_ms))
        drill_read_action(drill, action, step);
}

static void read_steps(struct drill *drill, const struct conf_node *list)
{
    drill->steps = conf_array(drill->doc, list, DRILL_STEPS_MAX, sizeof *drill->steps, &drill->step_count);
    size_t count = drill->step_count, i = 0;
    drill->step_count = 0; /* only what has been read can be referred to */
    for (const struct conf_node *n = count ? conf_list(drill->doc, list) : NULL; n; n = conf_next(n), i++) {
        struct drill_step *step = &drill->steps[i];
        read_step(drill, n, step);
        if (i > 0 && step->at_ms < drill->steps[i - 1].at_ms)
            conf_error_at(drill->doc, n, "steps stand in the order of their times");
        for (size_t j = 0; j < i; j++)
            if (step->name[0] && strcmp(step->name, drill->steps[j].name) == 0)
                conf_error_at(drill->doc, n, "the name '%s' is there twice", step->name);
        drill->step_count = i + 1;
    }
}

int32_t drill_find_step(struct drill *drill, const struct conf_node *node, const struct drill_step *step,
                        const char *name)
{
    for (size_t i = 0; i < drill->step_count && &drill->steps[i] < step; i++)
        if (strcmp(drill->steps[i].name, name) == 0)
            return (int32_t)i;
    conf_error_at(drill->doc, node, "no step before this one has the name '%s'", name);
    return -1;
}

/* By default the drill ends when its last step and what may still come of it are over. */
static void set_end(struct drill *drill, const struct conf_node *node, const char *end)
{
    for (size_t i = 0; i < drill->step_count; i++) {
        const struct drill_step *step = &drill->steps[i];
        int64_t last_ms = step->at_ms;
        if (step->action == DRILL_EXPECT)
            last_ms += step->within_ms;
        if (last_ms > drill->end_ms)
            drill->end_ms = last_ms;
    }
    int64_t end_ms;
    if (!end || !drill_span(drill, node, end, &end_ms))
        return;
    if (end_ms < drill->end_ms)
        conf_error_at(drill->doc, node, "'end' lies before the last step is over");
    else
        drill->end_ms = end_ms;
}

enum err drill_read(struct drill *drill, const char *path, struct conf_errors *errors)
{
    struct raw_file raw = {.seed = 1};
    enum err err = conf_read_file(path, errors, &drill->doc);
    if (err != ERR_OK)
        return err;
    const struct conf_node *root = conf_root(drill->doc);
    if (conf_map(drill->doc, root, file_keys, sizeof file_keys / sizeof *file_keys, &raw)) {
        text_put(drill->title, sizeof drill->title, raw.name);
        drill->seed = raw.seed;
        read_steps(drill, raw.steps);
        set_end(drill, root, raw.end);
    }
    return conf_errors_result(errors, NULL);
}

void drill_free(struct drill *drill)
{
    for (size_t i = 0; i < drill->text_count; i++)
        free(drill->texts[i]);
    free(drill->texts);
    free(drill->steps);
    free(drill->people);
    free(drill->flying);
    free(drill->lines);
    drill_readers_close(drill);
    ask_pool_free(&drill->pool);
    due_queue_free(&drill->queue);
    conf_doc_free(&drill->doc);
}
