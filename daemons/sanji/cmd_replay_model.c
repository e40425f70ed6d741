/* The stated model of the people: who does what next on a case, and when. Pure: it follows from the case as
 * the journal shows it, the seed and the row's number. What is assumed stands in the models' sentences; the
 * file itself has no handling times. */
#include <stdlib.h>
#include <string.h>

#include "cmd_replay.h"

#define MINUTE_MS INT64_C(60000)

const struct replay_model replay_models[] = {
    {"prompt", 100, 0, 0,
     "全部及时：几分钟内签收，时限内办结；派错的部门说明理由回退，派遣员批准并改派；他人核查；回访后归档",
     "all prompt: desks sign within minutes and handle inside the limit; a wrong desk returns with a reason, "
     "the "
     "dispatcher approves and sends it to the right one; another person checks; a call-back archives"},
    {"mixed", 85, 10, 5,
     "85% 及时；10% 迟缓（签收或处置超过时限，亮灯，部分升级）；5% "
     "无人理会，直到到达区级并亮红灯，再由区级派遣员改派或督办，办结归档",
     "85 % prompt; 10 % late (sign or handle beyond the limit: lamps, some climb); 5 % ignored until the "
     "district has "
     "them with a red lamp, which re-dispatches or supervises them to their end"},
    {"silent", 0, 0, 0, "无人办理：案卷只由定时器催办、督办、升级",
     "nobody acts: cases move by the timers alone"},
    {NULL, 0, 0, 0, NULL, NULL}};

const struct replay_model *replay_model(const char *name)
{
    for (size_t i = 0; replay_models[i].name; i++)
        if (strcmp(replay_models[i].name, name ? name : "mixed") == 0)
            return &replay_models[i];
    return NULL;
}

/* splitmix64 over an FNV hash: the same numbers on every machine. */
static uint64_t mix(int64_t seed, const char *rec_id, unsigned what)
{
    uint64_t x = 0xcbf29ce484222325u ^ (uint64_t)seed;
    for (const char *p = rec_id; *p; p++)
        x = (x ^ (uint8_t)*p) * 0x100000001b3u;
    x += (what + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

enum replay_manner replay_manner(const struct replay *replay, const char *rec_id)
{
    unsigned at = (unsigned)(mix(replay->seed, rec_id, 0) % 100);
    const struct replay_model *model = replay->model;
    if (at < model->prompt)
        return MANNER_PROMPT;
    if (at < model->prompt + (unsigned)model->late)
        return MANNER_LATE;
    return at < (unsigned)model->prompt + model->late + model->ignored ? MANNER_IGNORED : MANNER_SILENT;
}

double replay_share(const struct replay *replay, const struct replay_case *c, unsigned what)
{
    return (double)(mix(replay->seed, c->rec_id, what) >> 11) / (double)(UINT64_C(1) << 53);
}

/* ---- when ---- */

static double between(const struct replay *replay, const struct replay_case *c, double least, double most)
{
    unsigned what = 16 + (unsigned)c->view.state * 16 + c->tried_count;
    return least + (most - least) * replay_share(replay, c, what);
}

static bool is_late(const struct replay_case *c)
{
    return c->manner == MANNER_LATE && !c->woken;
}

/* So many minutes after the case came to stand as it does; working minutes, where its clock runs in working
 * time. */
static int64_t soon(const struct replay *replay, const struct replay_case *c, double least, double most)
{
    enum time_unit unit = c->view.state_clock.runs ? c->view.state_clock.unit : UNIT_WORK_HOUR;
    return calendar_add_ms(&replay->world->calendar, c->view.entered_ms, unit,
                           (int64_t)(between(replay, c, least, most) * (double)MINUTE_MS));
}

/* At such a part of a limit; half an hour where there is none. */
static int64_t within(const struct replay *replay, const struct replay_case *c,
                      const struct replay_clock *clock, double least, double most)
{
    if (!clock->runs || clock->limit_ms <= 0)
        return c->view.entered_ms + 30 * MINUTE_MS;
    return calendar_add_ms(&replay->world->calendar, clock->start_ms, clock->unit,
                           (int64_t)(between(replay, c, least, most) * (double)clock->limit_ms));
}

/* ---- where to ---- */

static bool was_tried(const struct replay_case *c, const char *department)
{
    for (size_t i = 0; i < c->tried_count; i++)
        if (strcmp(c->tried[i], department) == 0)
            return true;
    return false;
}

static const char *true_department(const struct replay *replay, const struct replay_case *c)
{
    return c->department < 0 ? NULL : replay->world->topology->departments[c->department].code;
}

/* What a matrix names for the case, beside what has been tried. */
static bool choose(const struct replay *replay, const struct replay_case *c,
                   const struct route_matrix *matrix, char out[DEPT_SIZE])
{
    const struct topology *topology = replay->world->topology;
    struct route_choice choices[REPLAY_TRIED_MAX + 2];
    size_t count = route_choose(matrix, &replay->world->catalogue, c->item, topology->centers[c->center].code,
                                choices, sizeof choices / sizeof *choices);
    for (size_t i = 0; i < count; i++) {
        if (was_tried(c, choices[i].department) ||
            replay_seat(topology, choices[i].department, c->view.owner) < 0)
            continue;
        memcpy(out, choices[i].department, DEPT_SIZE);
        return true;
    }
    return false;
}

/* A dispatcher with a learned matrix goes by it once more; else people know where it belongs. A ruling is
 * right. */
static bool pick(const struct replay *replay, const struct replay_case *c, bool ruling, char out[DEPT_SIZE])
{
    const char *right = true_department(replay, c);
    if (!ruling && replay->learned && choose(replay, c, replay->learned, out))
        return true;
    if (right) {
        memcpy(out, right, DEPT_SIZE);
        return true;
    }
    return choose(replay, c, &replay->world->matrix, out);
}

/* "department@center" when it sits at the owner or below; else the case has to go up first. */
static bool reach(const struct replay *replay, const struct replay_case *c, const char *department,
                  struct replay_act *act)
{
    const struct topology *topology = replay->world->topology;
    int32_t seat = replay_seat(topology, department, c->view.owner);
    if (seat < 0 || !topology_is_under(topology, seat, c->view.owner))
        return false;
    snprintf(act->target, sizeof act->target, "%s@%s", department, topology->centers[seat].code);
    return true;
}

/* ---- the stages ---- */

static const enum post dispatchers[] = {POST_DISPATCHER};
static const enum post shift_leaders[] = {POST_SHIFT_LEADER};
static const enum post leaders[] = {POST_LEADER};
static const enum post rulers[] = {POST_DISPATCHER, POST_SHIFT_LEADER, POST_LEADER};
static const enum post supervisors[] = {POST_SUPERVISOR, POST_LEADER};
static const enum post checkers[] = {POST_CHECKER, POST_SHIFT_LEADER};
static const enum post callers[] = {POST_CALLER, POST_RECEPTIONIST};
static const enum post receptionists[] = {POST_RECEPTIONIST, POST_SHIFT_LEADER};

#define WHO(list) list, sizeof(list) / sizeof *(list)

static bool person(const struct replay *replay, const struct replay_case *c, const enum post *posts,
                   size_t count, struct replay_act *act)
{
    return replay_person(replay->world->topology, c->view.owner, posts, count, act);
}

static bool send_up(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    act->event = EVENT_ESCALATE;
    act->reason = "主办部门不在本中心辖内，提请上级中心接办";
    act->at_ms = soon(replay, c, 5, 30);
    return replay->world->topology->centers[c->view.owner].parent >= 0 &&
           person(replay, c, WHO(shift_leaders), act);
}

static bool plan_reported(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    act->event = EVENT_FILE;
    act->at_ms = soon(replay, c, 2, 20);
    return person(replay, c, WHO(shift_leaders), act);
}

/* In the manual queue. While the case is offered to another center everybody waits. */
static bool plan_filed(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    char department[DEPT_SIZE];
    if (c->view.offered)
        return false;
    act->at_ms = soon(replay, c, 5, 30);
    if (!pick(replay, c, false, department)) {
        act->event = EVENT_REJECT;
        act->reason = "没有可以主办的部门";
        return person(replay, c, WHO(receptionists), act);
    }
    act->event = EVENT_DISPATCH;
    if (!reach(replay, c, department, act))
        return send_up(replay, c, act);
    return person(replay, c, WHO(dispatchers), act);
}

/* A department accepts what the file says it ended up with, what was ruled, and what nobody else could have.
 */
static bool is_right(const struct replay *replay, const struct replay_case *c)
{
    const char *right = true_department(replay, c);
    return !right || (c->view.flags & FLAG_FINAL) || strcmp(c->view.lead, right) == 0;
}

static bool answer_supervision(const struct replay *replay, const struct replay_case *c,
                               struct replay_act *act)
{
    act->event = EVENT_SUPERVISE_REPLY;
    act->reason = "已收到督办，立即办理";
    act->at_ms = soon(replay, c, 5, 30);
    return replay_desk(replay->world->topology, c->view.lead, c->view.lead_center, act);
}

static bool plan_dispatched(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    if (c->view.return_asked) {
        act->event = EVENT_RETURN;
        act->reason = "情况属实，同意回退";
        act->at_ms = soon(replay, c, 5, 40);
        return person(replay, c, WHO(dispatchers), act);
    }
    if (c->view.flags & FLAG_SUPERVISED)
        return answer_supervision(replay, c, act);
    act->event = EVENT_SIGN;
    act->at_ms = is_late(c) ? within(replay, c, &c->view.state_clock, 0.85, 2.8) : soon(replay, c, 2, 30);
    if (!is_right(replay, c)) {
        act->event = EVENT_RETURN;
        act->reason = "此事项不属本部门职责";
    }
    return replay_desk(replay->world->topology, c->view.lead, c->view.lead_center, act);
}

/* A long job is reported on before the signature lapses; who is late does not even do that. */
static bool plan_handling(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    const struct replay_view *v = &c->view;
    if (v->return_asked)
        return plan_dispatched(replay, c, act);
    if (v->flags & FLAG_SUPERVISED)
        return answer_supervision(replay, c, act);
    act->event = EVENT_FEEDBACK;
    act->reason = "已处置完毕";
    act->evidence = true;
    act->at_ms = is_late(c) ? within(replay, c, &v->handle_clock, 0.85, 1.5)
                            : within(replay, c, &v->handle_clock, 0.1, 0.75);
    if (act->at_ms < v->entered_ms + 10 * MINUTE_MS)
        act->at_ms = v->entered_ms + 10 * MINUTE_MS;
    if (!is_late(c) && v->lapse_clock.runs && v->lapse_clock.due_ms <= act->at_ms) {
        act->event = EVENT_PROGRESS;
        act->reason = "正在办理";
        act->evidence = false;
        act->at_ms = within(replay, c, &v->lapse_clock, 0.5, 0.8);
    }
    return replay_desk(replay->world->topology, v->lead, v->lead_center, act);
}

static bool plan_feedback(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    act->at_ms = within(replay, c, &c->view.state_clock, 0.05, 0.6);
    if (c->view.flags & FLAG_CHECKED) {
        act->event = EVENT_CLOSE;
        return person(replay, c, WHO(shift_leaders), act);
    }
    act->event = EVENT_CHECK_OK;
    return person(replay, c, WHO(checkers), act);
}

/* Ruled above the center that could not agree; at the root the leader rules. */
static bool plan_disputed(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    const struct topology *topology = replay->world->topology;
    const struct replay_view *v = &c->view;
    char department[DEPT_SIZE];
    bool at_root = topology->centers[v->owner].parent < 0;
    if (v->offered || (v->owner == v->dispute_center && !at_root) || !pick(replay, c, true, department))
        return false;
    act->event = EVENT_RULE;
    act->at_ms = within(replay, c, &v->state_clock, 0.1, 0.6);
    if (!reach(replay, c, department, act))
        return send_up(replay, c, act);
    if (v->owner == v->dispute_center)
        return person(replay, c, WHO(leaders), act);
    return person(replay, c, WHO(rulers), act);
}

static bool plan_closed(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    const struct replay_clock *clock = &c->view.state_clock;
    double share = between(replay, c, 0.05, 0.6);
    act->event = EVENT_FOLLOW_UP;
    act->score = (uint8_t)(3 + (unsigned)(share * 1000) % 3);
    act->at_ms = clock->runs ? clock->start_ms + (int64_t)(share * (double)(clock->due_ms - clock->start_ms))
                             : soon(replay, c, 30, 240);
    return person(replay, c, WHO(callers), act);
}

/* Nobody stirred until the district had it with a red lamp: it is sent to another department, or the one that
 * has it is put under a supervision order. */
static bool wake(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    const struct replay_view *v = &c->view;
    char department[DEPT_SIZE];
    if (replay->world->topology->centers[v->owner].parent >= 0 || v->lamp != LAMP_RED)
        return false;
    act->at_ms = soon(replay, c, 5, 60);
    if (v->state == CASE_DISPATCHED || v->state == CASE_HANDLING) {
        act->event = EVENT_REDISPATCH;
        if (pick(replay, c, true, department) && strcmp(department, v->lead) != 0 &&
            reach(replay, c, department, act))
            return person(replay, c, WHO(dispatchers), act);
        act->event = EVENT_SUPERVISE;
        act->target[0] = '\0';
        return !c->supervised && person(replay, c, WHO(supervisors), act);
    }
    return v->state == CASE_FILED && plan_filed(replay, c, act);
}

typedef bool plan_stage(const struct replay *replay, const struct replay_case *c, struct replay_act *act);

static plan_stage *const stages[CASE_STATES] = {
    [CASE_REPORTED] = plan_reported, [CASE_FILED] = plan_filed,         [CASE_DISPATCHED] = plan_dispatched,
    [CASE_HANDLING] = plan_handling, [CASE_FEEDBACK] = plan_feedback,   [CASE_DISPUTED] = plan_disputed,
    [CASE_CLOSED] = plan_closed,     [CASE_FORCE_CLOSED] = plan_closed,
};

bool replay_plan(const struct replay *replay, const struct replay_case *c, struct replay_act *act)
{
    *act = (struct replay_act){.event = EVENT_NONE};
    if (c->view.no == 0 || c->view.owner < 0 || c->manner == MANNER_SILENT || !stages[c->view.state])
        return false;
    if (c->manner == MANNER_IGNORED && !c->woken)
        return wake(replay, c, act);
    return stages[c->view.state](replay, c, act);
}
