/* Requests under way, one for each case at a time. What is not answered is asked again with the same key
 * until it is: so a center may be killed in the middle, and nothing is lost or done twice. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd_replay.h"

#define ANSWER_MS 3000                  /* then the same question again */
#define PENDING_MS 5000                 /* kept for the owner: the journal tells its outcome as well */
#define NOT_NOW_MS 300                  /* the center is away or busy */
#define REFUSED_MS 200                  /* real time before another try, doubled with each refusal */
#define REFUSED_SUBJECT_MS (30 * 60000) /* and in the people's time */

static void fly(struct replay *replay, int32_t index)
{
    struct replay_case *c = &replay->cases[index];
    c->flight.active = true;
    c->flights++;
    replay->flying[replay->flight_count++] = index;
}

static void write_report(const struct replay *replay, const struct replay_case *c, struct request *request,
                         char text[TEXT_SIZE])
{
    const struct center *center = &replay->world->topology->centers[c->center];
    struct case_birth *birth = &request->report.birth;
    snprintf(text, TEXT_SIZE, "%s:%s（%s，原编号 %s）", c->nature[0] ? c->nature : "诉求", c->item->name,
             center->name, c->rec_id);
    request->kind = REQUEST_REPORT;
    request->input.content.text = text;
    memcpy(birth->item, c->item->code, sizeof birth->item);
    text_put(birth->area, sizeof birth->area, center->cover_count ? center->covers[0] : center->code);
    text_put(birth->source, sizeof birth->source, c->source);
    birth->lon = birth->lat = NAN;
}

static void write_act(const struct replay_case *c, struct request *request)
{
    const struct replay_act *act = &c->flight.act;
    struct case_content *content = &request->input.content;
    request->kind = REQUEST_ACT;
    memcpy(request->case_no, c->case_no, sizeof request->case_no);
    memcpy(request->input.target, act->target, sizeof request->input.target);
    request->input.score = act->score;
    content->reason = act->reason;
    if (!act->evidence)
        return;
    content->before[content->before_count++] = "replay/before.jpg";
    content->after[content->after_count++] = "replay/after.jpg";
}

/* A person is heard at his own center; where that has no copy of the case (a department of a center beside
 * its way), at the nearest one above that has. */
static int32_t door(const struct topology *topology, const struct replay_case *c, int32_t seat)
{
    while (topology->centers[seat].parent >= 0 && !topology_is_under(topology, c->center, seat) &&
           (c->view.owner < 0 || !topology_is_under(topology, c->view.owner, seat)))
        seat = topology->centers[seat].parent;
    return seat;
}

static void send(struct replay *replay, int32_t index)
{
    struct replay_case *c = &replay->cases[index];
    struct request request = {.kind = REQUEST_ACT};
    struct fault fault;
    char text[TEXT_SIZE];
    request.input.event = c->flight.act.event;
    request.input.key = c->flight.key;
    memcpy(request.user, c->flight.act.user, sizeof request.user);
    if (c->flight.act.event == EVENT_REPORT)
        write_report(replay, c, &request, text);
    else
        write_act(c, &request);
    const struct topology *topology = replay->world->topology;
    const char *seat = topology->centers[door(topology, c, c->flight.act.seat)].code;
    uint64_t correlation = (uint64_t)c->flights << 32 | (uint32_t)index;
    enum err err = ask_pool_send(replay->pool, seat, correlation, &request, &fault);
    c->flight.ask_again_mono_ms = clock_mono_ms() + (err == ERR_OK ? ANSWER_MS : NOT_NOW_MS);
}

void replay_report(struct replay *replay, int32_t index)
{
    static const enum post receptionists[] = {POST_RECEPTIONIST, POST_SHIFT_LEADER};
    struct replay_case *c = &replay->cases[index];
    struct replay_act act = {.event = EVENT_REPORT};
    if (!replay_person(replay->world->topology, c->center, receptionists, 2, &act)) {
        c->refused = true;
        replay->counts.refused++;
        replay_manual_add(replay, c->rec_id, "no_receptionist", "no receptionist at the center or above");
        return;
    }
    c->flight.act = act;
    c->flight.key = c->key;
    fly(replay, index);
    send(replay, index);
}

void replay_act_send(struct replay *replay, int32_t index, const struct replay_act *act)
{
    struct replay_case *c = &replay->cases[index];
    char key[128];
    snprintf(key, sizeof key, "replay pingshan %s act %d %d %u", c->rec_id, c->view.no, (int)act->event,
             c->attempts);
    c->flight.act = *act;
    c->flight.key = cli_key(key);
    fly(replay, index);
    send(replay, index);
}

void replay_flights_again(struct replay *replay)
{
    int64_t mono_ms = clock_mono_ms();
    for (size_t i = 0; i < replay->flight_count; i++) {
        if (replay->cases[replay->flying[i]].flight.ask_again_mono_ms > mono_ms)
            continue;
        replay->counts.retries++;
        send(replay, replay->flying[i]);
    }
}

static void land(struct replay *replay, int32_t index)
{
    replay->cases[index].flight.active = false;
    for (size_t i = 0; i < replay->flight_count; i++) {
        if (replay->flying[i] != index)
            continue;
        replay->flying[i] = replay->flying[--replay->flight_count];
        return;
    }
}

static void report_landed(struct replay *replay, struct replay_case *c, enum err outcome)
{
    if (outcome == ERR_OK) {
        c->reported = true;
        replay->counts.reported++;
        return;
    }
    c->refused = true;
    replay->counts.refused++;
    replay->counts.refusals[outcome]++;
    replay_manual_add(replay, c->rec_id, err_name(outcome), cli_sentence(replay->cli, outcome));
}

void replay_landed(struct replay *replay, int32_t index, enum err outcome, int32_t no)
{
    struct replay_case *c = &replay->cases[index];
    land(replay, index);
    replay->progress_mono_ms = clock_mono_ms();
    if (c->flight.act.event == EVENT_REPORT) {
        report_landed(replay, c, outcome);
    } else if (outcome == ERR_OK) {
        replay->counts.acts++;
        c->await_no = no;
        c->attempts = 0;
    } else {
        replay->counts.refusals[outcome]++;
        c->refusals++;
        c->attempts++;
    }
    replay_replan(replay, index);
}

static bool is_not_now(enum err code)
{
    return code == ERR_NOT_NOW || code == ERR_UNREACHABLE || code == ERR_TIMEOUT || code == ERR_BUSY ||
           code == ERR_MUTE || code == ERR_LOCKED;
}

void replay_on_reply(void *ctx, uint64_t correlation, const struct reply *reply)
{
    struct replay *replay = ctx;
    uint32_t index = (uint32_t)correlation;
    if (index >= replay->case_count)
        return;
    struct replay_case *c = &replay->cases[index];
    if (!c->flight.active || c->flights != (uint32_t)(correlation >> 32))
        return; /* of an earlier question */
    if (is_not_now(reply->code)) {
        c->flight.ask_again_mono_ms = clock_mono_ms() + NOT_NOW_MS;
    } else if (reply->code == ERR_PENDING) {
        c->flight.ask_again_mono_ms = clock_mono_ms() + PENDING_MS;
    } else {
        if (reply->code == ERR_OK && c->flight.act.event == EVENT_REPORT) {
            memcpy(c->case_no, reply->acase.case_no, sizeof c->case_no);
            replay_case_bind(replay, (int32_t)index, &reply->acase.case_id);
            replay->counts.again += reply->acase.again;
            if (reply->acase.again)
                replay_case_read_anew(replay, (int32_t)index);
        }
        replay_landed(replay, (int32_t)index, reply->code, reply->acase.no);
    }
}

/* Not before the people would look at it again, and not at once on a fast clock. */
static int64_t after_refusals(const struct replay *replay, const struct replay_case *c)
{
    int64_t now_ms = clock_now_ms(&replay->site->clock);
    int64_t real_ms = (int64_t)REFUSED_MS << c->refusals;
    int64_t scaled_ms = real_ms * replay->site->clock.scale;
    return now_ms + (scaled_ms > REFUSED_SUBJECT_MS ? scaled_ms : REFUSED_SUBJECT_MS);
}

void replay_replan(struct replay *replay, int32_t index)
{
    struct replay_case *c = &replay->cases[index];
    struct replay_act act;
    c->plan++;
    c->plan_ms = INT64_MAX;
    if (c->flight.active || c->refused || c->await_no > c->view.no || c->refusals >= REPLAY_REFUSALS_MAX ||
        !replay_plan(replay, c, &act))
        return;
    c->plan_ms = act.at_ms;
    if (c->refusals > 0 && c->plan_ms < after_refusals(replay, c))
        c->plan_ms = after_refusals(replay, c);
    due_queue_add(replay->queue, c->plan_ms, index, c->plan);
}
