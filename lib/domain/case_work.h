/* Inside the case machine, for the case_*.c files alone: the working copy of a record, how a change of it is
 * written down, its clocks, rights, and one function per event. */
#ifndef SANJI_DOMAIN_CASE_WORK_H
#define SANJI_DOMAIN_CASE_WORK_H

#include "domain/case_step.h"

struct case_work {
    const struct case_world *world;
    const struct case_input *input; /* NULL: the timer or custody */
    struct case_result *result;
    struct fault *fault;
    struct case_record record; /* as it stands after the changes written so far, and what is being prepared */
    enum case_state before;    /* state before the change that is being prepared */
    int64_t at_ms;             /* subject time of the next change (custody.md rule 12) */
};

/* Whose name stands in the history. */
enum voice { VOICE_PERSON, VOICE_AUTO, VOICE_CHECK, VOICE_TIMER };

/* Begins with an empty result; `record` is copied. */
void case_work_begin(struct case_work *work, const struct case_world *world, const struct case_record *record,
                     int64_t now_ms, struct case_result *result);
/* Writes down the working copy as one change: numbers it, derives lamp and flags, drops an offer whose cause
 * is gone. The first change for an input carries its key and content. The change may still get a target and a
 * note. */
struct case_change *case_emit(struct case_work *work, enum case_event event, enum voice voice);
/* Sets the change's note: one sentence and at most two names, which always fit. */
void case_remark(struct case_change *change, const char *fmt, ...) PRINTF_LIKE(2, 3);
void case_target(struct case_change *change, const char *target);
/* Moves to a state: its clock starts, the others start, pause, go on or stop as the state wants it. */
void case_enter(struct case_work *work, enum case_state state);
/* Freezes limits, policy and the item's rules from the present catalogue, as at filing; an item that has left
 * the catalogue keeps what was noted at the report. */
void case_freeze(struct case_work *work);
/* When a closed case is archived; CALENDAR_NEVER without such a limit. */
int64_t case_archive_ms(const struct case_work *work);
/* Code of this center; index of the one above, -1 at the root. */
const char *case_here(const struct case_work *work);
int32_t case_parent(const struct case_work *work);

/* case_clock.c: the working copy's clocks, at work->at_ms. */
void case_clock_start(struct case_work *work, enum clock_kind kind, struct span span);
/* The same with a limit in milliseconds of the unit's flow. */
void case_clock_start_flow(struct case_work *work, enum clock_kind kind, enum time_unit unit,
                           int64_t limit_ms);
void case_clock_stop(struct case_work *work, enum clock_kind kind);
void case_clock_pause(struct case_work *work, enum clock_kind kind);  /* nothing unless it runs */
void case_clock_resume(struct case_work *work, enum clock_kind kind); /* nothing unless it is paused */
/* Runs the clock towards a date of its own (review, call-back, archive) beside the ladder. */
void case_clock_date(struct case_work *work, enum clock_kind kind, int64_t due_ms);
/* More flow for a running clock: its due time moves by `span` counted in the span's own unit. */
void case_clock_extend(struct case_work *work, enum clock_kind kind, struct span span);
/* What `span` after the due time adds to the clock's own flow; CALENDAR_NEVER when it leads nowhere. */
int64_t case_clock_gain(const struct case_work *work, enum clock_kind kind, struct span span);
/* Due time again under the world's calendar. */
void case_clock_recalculate(struct case_work *work, enum clock_kind kind);
/* Puts the rung back to what the time left says (after progress, an extension, another calendar). */
void case_clock_rearm(struct case_work *work, enum clock_kind kind);
/* A clock that already climbed waits the policy's dwell time before the next climb. */
void case_clock_dwell(struct case_work *work, enum clock_kind kind);
/* The rung that comes after the policy's repeat interval; a REPEAT that is used up becomes STANDING. */
void case_clock_push(struct case_work *work, enum clock_kind kind, enum rung rung);
/* True when its limit has passed: by date, or paused with nothing left. */
bool case_clock_passed(const struct case_work *work, enum clock_kind kind);
/* True for a running clock that the escalation ladder watches. */
bool case_clock_on_ladder(const struct case_record *record, enum clock_kind kind);
/* The policy's interval between repeats; a natural day where it names none. */
struct span case_repeat(const struct case_record *record);
/* The policy's review span, else CASE_REVIEW_DAYS. */
struct span case_review(const struct case_record *record);

/* case_right.c */
enum err case_may(const struct case_work *work, const struct case_rule *rule) MUST_CHECK;
/* "department" (here) or "department@center" (here or below) -> "department@center"; UNKNOWN_TARGET, NO_ONE.
 */
enum err case_resolve(const struct case_work *work, const char *target, char lead[TARGET_SIZE]) MUST_CHECK;
/* Another person than `user`; ERR_SAME_PERSON. */
enum err case_other_person(const struct case_work *work, const char *user) MUST_CHECK;
/* ERR_NOT_ASKED when `asked` is empty, ERR_SAME_PERSON when the actor asked it himself. */
enum err case_approver(const struct case_work *work, const char *asked) MUST_CHECK;
bool case_actor_is(const struct case_work *work, unsigned posts);

/* case_auto.c */
/* Where a filed case goes by the matrix. */
struct case_plan {
    enum case_event next; /* DISPATCH here, OFFER up, NONE = the manual queue */
    char target[TARGET_SIZE];
    uint8_t assist_count;
    char assist[ASSIST_MAX][TARGET_SIZE];
    char note[REASON_SIZE / 4];
};
/* Plans for the working copy, which stands in FILED; sets FLAG_MANUAL when people must look. */
struct case_plan case_plan_make(struct case_work *work, bool may_go_up);
/* Writes what was planned, after the change that led to FILED was written. */
void case_plan_carry_out(struct case_work *work, const struct case_plan *plan);
/* Emits `event` as the change that led to FILED, then what follows from the matrix. */
void case_filed(struct case_work *work, enum case_event event, enum voice voice);
/* A handed-in or handed-back note of the matrix's next choices, for people: "" when it has none. */
void case_choices_note(const struct case_work *work, struct case_change *change);
/* The system's own check where the item allows it. */
void case_auto_check(struct case_work *work);
/* Starts the assisting departments' sub-limit: `span`, or half of the handling limit when it is UNIT_NONE. */
void case_start_assist(struct case_work *work, struct span span);
/* The check has passed: CLOSED, or FLAG_CHECKED where the shift leader closes. */
void case_check_passed(struct case_work *work, enum voice voice);
/* Puts the lead into the working copy and enters DISPATCHED with a new handling limit. */
void case_send(struct case_work *work, const char *lead);

/* case_custody.c */
/* True while the cause of an offer (or of a pending climb) still stands. */
bool case_cause_holds(const struct case_record *record, enum case_event why);
/* OFFER to the center above, or CLIMB_PENDING while the link to it is down. The center must have a parent. */
struct case_change *case_offer_up(struct case_work *work, enum case_event why, enum voice voice);
void case_drop_offer(struct case_facts *facts);
/* Puts the case on the leader's list, unless it is there. */
void case_alarm_leader(struct case_work *work, const char *note);
/* "处置时限": the limit that a clock of the case stands for. */
const char *case_limit_zh(const struct case_record *record, enum clock_kind kind);

/* One function per event: checks what is the event's own, then writes. */
typedef enum err case_act(struct case_work *work);
case_act case_act_verify, case_act_verified, case_act_turned_down, case_act_file, case_act_merge,
    case_act_settle;
case_act case_act_dispatch, case_act_redispatch, case_act_sign, case_act_return, case_act_return_refuse,
    case_act_rule;
case_act case_act_extend, case_act_extend_refuse, case_act_suspend, case_act_resume, case_act_assist,
    case_act_assist_done, case_act_progress, case_act_feedback;
case_act case_act_check_ok, case_act_check_fail, case_act_close, case_act_force_close, case_act_void,
    case_act_void_refuse, case_act_reopen, case_act_follow_up, case_act_archive;
case_act case_act_urge, case_act_supervise, case_act_supervise_reply;
case_act case_act_escalate, case_act_delegate;

#endif
