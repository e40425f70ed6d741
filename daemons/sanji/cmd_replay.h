/* sanji replay: what its files share. A row of the case file is one case; the tree's own root tells what
 * becomes of it (its journal has every event of every case), a model of the people decides what somebody does
 * next and when, and a pool of connections asks the centers. */
#ifndef SANJI_CMD_REPLAY_H
#define SANJI_CMD_REPLAY_H

#include "ask_pool.h"
#include "cli.h"
#include "due_queue.h"
#include "store/store_index.h"
#include "store/store_read.h"
#include "wire/event.h"

#define REPLAY_TRIED_MAX 6 /* departments that a case was sent to and that the model remembers */
#define REPLAY_REFUSALS_MAX                                                                                  \
    6 /* refusals without anything changing, after which the model waits for a change */
#define REPLAY_FLIGHTS_MAX                                                                                   \
    512 /* requests under way at once: half of what one center's waiting list holds                          \
         */
#define REPLAY_NATURE_SIZE 32

/* How the people of one case behave. */
enum replay_manner { MANNER_PROMPT, MANNER_LATE, MANNER_IGNORED, MANNER_SILENT, MANNERS };

struct replay_model {
    const char *name;
    uint8_t prompt, late, ignored; /* per cent of the cases; the rest is silent */
    const char *zh, *en;
};

/* A clock of a case, as far as the model looks at it. */
struct replay_clock {
    bool runs;
    enum time_unit unit;
    int64_t start_ms, limit_ms, due_ms;
};

/* A case as its last event left it. */
struct replay_view {
    enum case_state state;
    enum lamp lamp;
    uint32_t flags;
    uint8_t item_rules;
    bool return_asked, offered;
    int32_t owner, dispute_center; /* indexes in the topology; -1 = none */
    int32_t lead_center;
    char lead[DEPT_SIZE]; /* "" = nobody has it */
    int32_t no;           /* of the last event; 0 = none seen */
    int64_t entered_ms;   /* when state, lead or what is asked last changed */
    int64_t next_timer_ms;
    struct replay_clock state_clock, handle_clock, lapse_clock;
};

/* What somebody does. */
struct replay_act {
    enum case_event event;
    int32_t seat; /* the center where he sits */
    char user[USER_SIZE];
    char target[TARGET_SIZE];
    const char *reason; /* a constant; NULL = none */
    bool evidence;
    uint8_t score;
    int64_t at_ms; /* subject time */
};

struct replay_flight {
    struct replay_act act;
    struct id key;
    bool active;
    int64_t sent_mono_ms, ask_again_mono_ms;
};

struct replay_case {
    /* the row */
    char rec_id[CODE_SIZE];
    char nature[REPLAY_NATURE_SIZE];
    const char *source; /* a constant */
    int64_t at_ms;      /* by the file */
    const struct item *item;
    int32_t center;
    int32_t department;              /* index of the true one in the topology; -1 = it sits nowhere */
    char file_department[DEPT_SIZE]; /* "" = the file names none */
    enum replay_manner manner;
    struct id key; /* of the report */
    /* the case */
    bool reported, refused, bound, stale, woken, supervised;
    struct id case_id;
    char case_no[CASE_NO_SIZE];
    struct replay_view view;
    uint8_t tried_count;
    char tried[REPLAY_TRIED_MAX][DEPT_SIZE];
    /* what is under way */
    struct replay_flight flight;
    uint32_t flights;  /* so far: part of an answer's correlation */
    uint32_t plan;     /* number of the present plan; older ones in the queue are void */
    int64_t plan_ms;   /* when it is due; INT64_MAX = nothing planned */
    int32_t await_no;  /* an act was done: its event is on the way */
    uint32_t refusals; /* since the last change */
    uint32_t attempts; /* part of the next key */
    /* measured */
    bool dispatched, by_tree, right; /* the first dispatch */
};

struct replay_manual {
    char rec_id[CODE_SIZE];
    const char *reason; /* a constant */
    char text[128];
};

struct replay_score {
    int64_t cases, first, top3;
};

struct replay_counts {
    int64_t rows, reported, again, refused, ended, finals, archived, climbs, hand_overs, returns, disputes,
        redispatches, lapses, supervisions, acts, retries;
    int64_t refusals[ERR_VIOLATION + 1];
};

struct replay {
    struct cli *cli;
    const struct site *site;
    const struct world *world;
    const struct site_center *root;
    const struct replay_model *model;
    int64_t speed, seed, wait_ms;
    struct route_matrix *learned; /* NULL without --learn-from */
    size_t case_count;
    struct replay_case *cases; /* ascending by time */
    size_t manual_count, manual_room;
    struct replay_manual *manual;
    struct store_index keys, ids; /* positions lead into key_cases, id_cases */
    int32_t *key_cases, *id_cases;
    size_t key_room, id_room;
    struct replay_score tree_matrix;     /* what the matrix in force names, by the file alone */
    struct replay_score topology_matrix; /* and the topology's, where a learned one is in force */
    struct replay_counts counts;
    int64_t started_mono_ms, started_ms;
    /* the run */
    struct ask_pool *pool;
    struct due_queue *queue;
    size_t next_row, flight_count;
    int32_t *flying; /* cases with a request under way */
    struct store_reader *reader;
    int64_t tail_lsn;
    size_t stale_count, stale_room;
    int32_t *stale; /* cases whose log must be read as a whole */
    int64_t progress_mono_ms, told_mono_ms;
    bool hangs;
    struct arena arena;
    uint8_t *scratch;
};

/* ---- cmd_replay_rows.c ---- */
/* Reads the file's rows between two times, at most `limit` of them: cases and the manual queue; measures the
 * matrices against it. */
enum err replay_rows_read(struct replay *replay, const char *path, int64_t from_ms, int64_t until_ms,
                          int64_t limit, struct fault *fault) MUST_CHECK;
void replay_rows_free(struct replay *replay);
void replay_manual_add(struct replay *replay, const char *rec_id, const char *reason, const char *text);

/* ---- cmd_replay_model.c ---- */
extern const struct replay_model replay_models[];
const struct replay_model *replay_model(const char *name); /* NULL when unknown; NULL asks for the default */
enum replay_manner replay_manner(const struct replay *replay, const char *rec_id);
/* What somebody does next; false when everybody waits. */
bool replay_plan(const struct replay *replay, const struct replay_case *c, struct replay_act *act);
/* A number in [0, 1) that depends on seed, case and what it is for. */
double replay_share(const struct replay *replay, const struct replay_case *c, unsigned what);

/* ---- cmd_replay_people.c: who sits where ---- */
/* The nearest person of the posts, in their order, at `center` or above; false when there is none. */
bool replay_person(const struct topology *topology, int32_t center, const enum post *posts, size_t count,
                   struct replay_act *act);
bool replay_desk(const struct topology *topology, const char *department, int32_t center,
                 struct replay_act *act);
/* Where the department sits, seen from a center: at or above it, else anywhere; -1 = nowhere. */
int32_t replay_seat(const struct topology *topology, const char *department, int32_t center);

/* ---- cmd_replay_case.c: what the root's journal tells ---- */
void replay_case_bind(struct replay *replay, int32_t index, const struct id *case_id);
/* The case's log must be read as a whole: something of it was missed. */
void replay_case_read_anew(struct replay *replay, int32_t index);
/* Takes an event of the journal; true when it concerned one of our cases. */
bool replay_case_entry(struct replay *replay, const struct entry *entry);
bool replay_state_ended(enum case_state state);
bool replay_state_final(enum case_state state);

/* ---- cmd_replay_flight.c: requests under way ---- */
void replay_report(struct replay *replay, int32_t index);
void replay_act_send(struct replay *replay, int32_t index, const struct replay_act *act);
void replay_flights_again(struct replay *replay);
void replay_on_reply(void *ctx, uint64_t correlation, const struct reply *reply);
/* The flight's outcome is known, by an answer or by the journal. */
void replay_landed(struct replay *replay, int32_t index, enum err outcome, int32_t no);
/* Plans the case's next act anew. */
void replay_replan(struct replay *replay, int32_t index);

/* ---- cmd_replay_drive.c: the loop ---- */
enum err replay_drive(struct replay *replay, struct fault *fault) MUST_CHECK;

/* ---- cmd_replay_tell.c ---- */
void replay_tell_progress(struct replay *replay, bool last);
int replay_tell(struct replay *replay);
/* The manual queue as a CSV file. */
enum err replay_tell_manual(const struct replay *replay, const char *path, struct fault *fault) MUST_CHECK;

#endif
