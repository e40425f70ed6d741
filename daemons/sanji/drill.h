/* sanji drill: what its files share. A written scenario is read once (drill_read*.c), then its steps are done
 * at their times on the site's clock, while simulated people answer (drill_run.c and beside it). Every actor
 * speaks through the center's real socket. */
#ifndef SANJI_DRILL_H
#define SANJI_DRILL_H

#include "ask_pool.h"
#include "cli.h"
#include "conf/conf.h"
#include "due_queue.h"
#include "store/store_read.h"

#define DRILL_STEPS_MAX 1000
#define DRILL_EVENTS_MAX 6 /* what one simulated recipient does, one after another */
#define DRILL_CONDITIONS_MAX 24
#define DRILL_ARGV_MAX 16
#define DRILL_STEP_MARK (1ull << 63) /* correlations: of a step, else of a simulated recipient */

enum drill_action {
    DRILL_SAY = 1, /* a heading in the timeline */
    DRILL_ISSUE,
    DRILL_ROLL_CALL,
    DRILL_CAMPAIGN,
    DRILL_NEXT, /* a campaign's next stage */
    DRILL_MODE,
    DRILL_ACT,    /* on a command: a recipient's or the issuer's word */
    DRILL_REPORT, /* a case */
    DRILL_CASE,   /* an event of a case */
    DRILL_UNIT,
    DRILL_ANSWER, /* simulated recipients begin to answer */
    DRILL_SHELL,
    DRILL_EXPECT,
    DRILL_ACTIONS
};

/* ---- conditions of an expectation ---- */

enum drill_metric {
    METRIC_EXPECTED,
    METRIC_ANSWERED,
    METRIC_RED,
    METRIC_UNKNOWN,
    METRIC_OVERDUE_ACK,
    METRIC_DEPUTY_CALLED,
    METRIC_ABOVE_CALLED,
    METRIC_NOT_DELIVERED,
    METRIC_REPORTS,
    METRIC_ZERO,
    METRIC_COUNT, /* recipients in one state */
    METRIC_STATE, /* of the command, or of the case */
    METRIC_OWNER, /* of the case: a center */
    METRIC_MODE   /* in force at a center */
};

struct drill_condition {
    enum drill_metric metric;
    enum receipt_state state; /* COUNT */
    const char *name;         /* as written: "answered" */
    const char *wanted;       /* as written: ">= 95%"; of a word without its "!" */
    char op[3];               /* "=", "<", "<=", ">", ">="; of a word "=" or "!" */
    double value;
    bool percent; /* of all recipients */
};

/* ---- steps ---- */

enum drill_progress { STEP_WAITING, STEP_ASKED, STEP_DONE, STEP_FAILED, STEP_SKIPPED };

/* Texts borrow from the document or from the drill's own store. */
struct drill_step {
    int64_t at_ms; /* since the drill's begin */
    char name[POST_SIZE];
    enum drill_action action;
    uint32_t line;
    int32_t of;     /* the step that it is about, -1 = none */
    int32_t center; /* who is asked; -1 = follows from `of` or the recipient */
    char user[USER_SIZE];
    const char *note; /* SAY: the text; others: a word beside it, or NULL */

    struct command draft; /* ISSUE, ROLL_CALL, CAMPAIGN, NEXT, MODE, ACT of the issuer */
    struct span expires, from, until;

    struct receipt_request receipt; /* ACT of a recipient; recipient "" = the issuer's */
    struct report_request report;
    struct case_content content; /* REPORT, CASE */
    enum case_event event;
    char target[TARGET_SIZE];
    struct unit_request unit;

    struct {            /* ANSWER */
        const char *to; /* selector; NULL = all of them */
        double share, zero;
        int64_t within_ms, seed;
        size_t event_count;
        enum receipt_event events[DRILL_EVENTS_MAX]; /* none: what the kind wants */
        const char *text, *values;
    } answer;

    const char *argv[DRILL_ARGV_MAX + 1]; /* SHELL */

    int64_t within_ms; /* EXPECT: may come true until then */
    size_t condition_count;
    struct drill_condition conditions[DRILL_CONDITIONS_MAX];

    /* the run */
    enum drill_progress progress;
    enum err outcome;
    int64_t done_ms, ask_again_mono_ms;
    struct id command, case_id;
    char case_no[CASE_NO_SIZE];
    int64_t red, deputies, above; /* of its command, as last told */
    bool closing;                 /* NEXT: issued, now the stage before is being closed */
    int pid;                      /* SHELL */
    char seen[256];               /* EXPECT: what was found instead */
};

/* One simulated recipient of one command, under one ANSWER step. */
struct drill_person {
    size_t step;
    struct id command;
    enum command_kind kind;
    char name[USER_SIZE];
    int32_t center;
    bool is_center, flying, over;
    uint8_t done; /* events so far */
    uint32_t plan, asked;
    int64_t ask_again_mono_ms;
};

struct drill_line {
    int64_t at_ms;
    size_t step;
    bool by_person;
    size_t person;
    enum receipt_event event;
    enum err outcome;
    char text[512];
};

struct drill {
    struct cli *cli;
    const struct topology *topology;
    const struct calendar *calendar;
    struct conf_doc *doc;
    char title[NAME_SIZE];
    int64_t seed, end_ms;
    size_t step_count;
    struct drill_step *steps; /* by time, then as written */
    size_t text_count, text_room;
    char **texts; /* owned copies with the symbolic names replaced */

    /* the run */
    char run[ID_TEXT_SIZE]; /* keys of this run begin with it */
    int64_t start_ms;       /* of the site's clock */
    struct ask_pool *pool;
    struct due_queue *queue;
    struct store_reader **readers; /* by center; NULL = not open */
    size_t person_count, person_room;
    struct drill_person *people;
    size_t flying_count, flying_room;
    int32_t *flying; /* people with a question under way */
    int64_t next_watch_mono_ms, next_calls_mono_ms, next_expect_mono_ms, next_flush_mono_ms;
    size_t line_count, line_room, told_lines;
    struct drill_line *lines;
};

/* ---- drill_read.c ---- */
/* Reads the scenario; everything wrong with it stands in `errors`. */
enum err drill_read(struct drill *drill, const char *path, struct conf_errors *errors) MUST_CHECK;
void drill_free(struct drill *drill);

/* ---- drill_read_action.c: the map of one action, by its own key table; false after a complaint ---- */
bool drill_read_action(struct drill *drill, const struct conf_node *node, struct drill_step *step);
/* The step of that name before `step`; -1 after a complaint. */
int32_t drill_find_step(struct drill *drill, const struct conf_node *node, const struct drill_step *step,
                        const char *name);
const char *drill_action_name(enum drill_action action);

/* ---- drill_read_other.c: cases, units, answers, hooks ---- */
bool drill_read_other(struct drill *drill, const struct conf_node *node, struct drill_step *step);

/* ---- drill_read_expect.c ---- */
bool drill_read_expect(struct drill *drill, const struct conf_node *node, struct drill_step *step);

/* ---- drill_name.c: "root", "child 2", "child 2.1" or a code; in texts "{root}", "{child 1.1 grid 3}" ----
 */
/* False with a sentence. */
bool drill_center(const struct topology *topology, const char *name, int32_t *center, char why[128]);
/* A copy with the names in braces replaced, kept by the drill; NULL after a complaint. */
const char *drill_text(struct drill *drill, const struct conf_node *node, const char *text);
/* The same in place; NULL stays NULL. */
bool drill_text_of(struct drill *drill, const struct conf_node *node, const char **text);
/* The same into a field; NULL becomes "". */
bool drill_put(struct drill *drill, const struct conf_node *node, char *to, size_t size, const char *text);
/* A center by name; NULL leaves *center alone. */
bool drill_center_of(struct drill *drill, const struct conf_node *node, const char *name, int32_t *center);
/* The earlier step that this one is about; NULL leaves it without one. */
bool drill_of(struct drill *drill, const struct conf_node *node, const char *name, struct drill_step *step);
/* "30s", "30m", "2h" ... in milliseconds of the calendar's urgent flow; false after a complaint. */
bool drill_span(struct drill *drill, const struct conf_node *node, const char *text, int64_t *ms);

/* ---- drill_run.c ---- */
/* Until the drill is over. */
void drill_run(struct drill *drill);
struct id drill_key(const struct drill *drill, const char *what, size_t a, size_t b);
int64_t drill_now_ms(const struct drill *drill);
/* Away for the moment: the same question is asked again. */
bool drill_not_now(enum err code);

/* ---- drill_reader.c ---- */
enum err drill_reader(struct drill *drill, int32_t center, struct store_reader **reader,
                      struct fault *fault) MUST_CHECK;
/* After an answer: a connection that has failed is closed, to be opened anew. */
void drill_reader_check(struct drill *drill, int32_t center, enum err err);
void drill_readers_close(struct drill *drill);

/* ---- drill_do.c: a step becomes a request ---- */
/* Sends it, also again; what it needs of an earlier step is there. */
void drill_do(struct drill *drill, size_t index);
void drill_step_replied(struct drill *drill, size_t index, const struct reply *reply);
void drill_step_end(struct drill *drill, size_t index, enum drill_progress progress, enum err outcome,
                    const char *text);

/* ---- drill_shell.c ---- */
void drill_shell_start(struct drill *drill, size_t index);
void drill_shell_look(struct drill *drill, size_t index);

/* ---- drill_people.c: simulated recipients ---- */
/* An ANSWER step begins: who answers, who does not, and when. */
void drill_people_begin(struct drill *drill, size_t index);
/* Adds one who will answer. */
void drill_people_add(struct drill *drill, const struct drill_person *person);
/* A number in [0, 1) that depends on the answer's seed, the name and what it is for. */
double drill_chance(const struct drill_step *step, const char *name, unsigned what);

/* ---- drill_watch.c ---- */
/* Recipients that centers have chosen meanwhile for a case (emergency circles). */
void drill_watch(struct drill *drill);
/* What the centers did about those who have not answered: told when it changes. */
void drill_watch_calls(struct drill *drill);

/* ---- drill_person.c: what one of them says ---- */
void drill_people_due(struct drill *drill);
void drill_people_again(struct drill *drill);
void drill_person_replied(struct drill *drill, size_t index, uint32_t asked, const struct reply *reply);

/* ---- drill_expect.c ---- */
/* Looks; ends the step when it holds, or when its time is over. */
void drill_expect_look(struct drill *drill, size_t index);

/* ---- drill_tell.c ---- */
void drill_say(struct drill *drill, size_t step, const char *fmt, ...) PRINTF_LIKE(3, 4);
void drill_say_person(struct drill *drill, size_t person, enum receipt_event event, enum err outcome);
/* Prints what has been said since; many answers of one moment as one line unless --all. */
void drill_flush(struct drill *drill);
/* The end: every command, every expectation; gives the exit status. */
int drill_sum_up(struct drill *drill);

#endif
