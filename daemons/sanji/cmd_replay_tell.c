/* What a replay says: its progress while it runs, and what came of it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd_replay.h"

#define DRAW_MS 250
#define LINE_MS 10000
#define HANGING_MAX 50

/* ---- progress ---- */

void replay_tell_progress(struct replay *replay, bool last)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    int64_t mono_ms = clock_mono_ms();
    if (!last && mono_ms - replay->told_mono_ms < (terminal ? DRAW_MS : LINE_MS))
        return;
    char clock[CLOCK_TEXT_SIZE];
    const struct replay_counts *n = &replay->counts;
    double seconds = (double)(mono_ms - replay->started_mono_ms) / 1000;
    clock_format(clock_now_ms(&replay->site->clock), replay->world->calendar.offset_min, clock);
    fprintf(stderr,
            replay->cli->english ? "%s%.16s  reported %" PRId64 "/%zu  ended %" PRId64
                                   "  under way %zu  acts %" PRId64 "  %.0f/s%s"
                                 : "%s%.16s  已报 %" PRId64 "/%zu  已结 %" PRId64 "  在途 %zu  操作 %" PRId64
                                   "  %.0f/s%s",
            terminal ? "\r\033[K" : "", clock, n->reported, replay->case_count, n->ended,
            replay->flight_count, n->acts, seconds > 0 ? (double)(n->acts + n->reported) / seconds : 0,
            terminal && !last ? "" : "\n");
    replay->told_mono_ms = mono_ms;
}

/* ---- results ---- */

static double share(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

struct results {
    int64_t judged, by_tree,
        right; /* cases whose department the file names; first sent by the tree; to the right one */
    int64_t states[CASE_STATES], manners[MANNERS], hanging;
};

static bool is_hanging(const struct replay_case *c)
{
    return !c->refused && !replay_state_final(c->view.state);
}

static struct results results_of(const struct replay *replay)
{
    struct results r = {.judged = 0};
    for (size_t i = 0; i < replay->case_count; i++) {
        const struct replay_case *c = &replay->cases[i];
        r.hanging += replay->hangs && is_hanging(c);
        if (!c->reported)
            continue;
        r.judged += c->file_department[0] != '\0';
        r.by_tree += c->by_tree;
        r.right += c->right;
        r.states[c->view.state]++;
        r.manners[c->manner]++;
    }
    return r;
}

static json_t *manual_json(const struct replay *replay)
{
    json_t *list = json_array();
    for (size_t i = 0; i < replay->manual_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "rec_id", replay->manual[i].rec_id, "reason",
                                              replay->manual[i].reason, "text", replay->manual[i].text));
    return list;
}

static const char *owner_of(const struct replay *replay, const struct replay_case *c)
{
    return c->view.owner >= 0 ? replay->world->topology->centers[c->view.owner].code : "";
}

static json_t *hanging_json(const struct replay *replay)
{
    json_t *list = json_array();
    for (size_t i = 0; replay->hangs && i < replay->case_count; i++)
        if (is_hanging(&replay->cases[i]))
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "rec_id", replay->cases[i].rec_id,
                                                  "case_no", replay->cases[i].case_no, "state",
                                                  case_state_name(replay->cases[i].view.state), "owner",
                                                  owner_of(replay, &replay->cases[i])));
    return list;
}

static json_t *refusals_json(const struct replay *replay)
{
    json_t *out = json_object();
    for (int code = 0; code <= ERR_VIOLATION; code++)
        if (replay->counts.refusals[code] > 0)
            json_object_set_new(out, err_name((enum err)code), json_integer(replay->counts.refusals[code]));
    return out;
}

static json_t *states_json(const struct results *r)
{
    json_t *out = json_object();
    for (int state = 1; state < CASE_STATES; state++)
        if (r->states[state] > 0)
            json_object_set_new(out, case_state_name((enum case_state)state), json_integer(r->states[state]));
    return out;
}

static json_t *score_json(const struct replay_score *score)
{
    return json_pack("{s:I, s:f, s:f}", "cases", (json_int_t)score->cases, "right_first",
                     share(score->first, score->cases), "right_top3", share(score->top3, score->cases));
}

static json_t *model_json(const struct replay *replay, const struct results *r)
{
    const struct replay_model *m = replay->model;
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "name", m->name, "zh", m->zh, "en", m->en,
                     "seed", (json_int_t)replay->seed, "prompt", (json_int_t)r->manners[MANNER_PROMPT],
                     "late", (json_int_t)r->manners[MANNER_LATE], "ignored",
                     (json_int_t)r->manners[MANNER_IGNORED], "silent", (json_int_t)r->manners[MANNER_SILENT]);
}

struct figure {
    const char *name, *zh;
    int64_t value;
};

#define FIGURES 19

static void figures_of(const struct replay *replay, const struct results *r, struct figure figures[FIGURES])
{
    const struct replay_counts *n = &replay->counts;
    const struct figure all[FIGURES] = {
        {"rows", "原始记录", n->rows},
        {"cases", "案卷", n->reported},
        {"manual", "人工队列", (int64_t)replay->manual_count},
        {"ended", "已办结", n->ended},
        {"archived", "已归档", n->archived},
        {"again", "先前已上报", n->again},
        {"judged", "有真实主办部门的案卷", r->judged},
        {"dispatched_by_tree", "首次由系统自动分拨", r->by_tree},
        {"right_first_cases", "首次分拨正确", r->right},
        {"climbs", "超期升级", n->climbs},
        {"hand_overs", "交接", n->hand_overs},
        {"returns", "回退", n->returns},
        {"disputes", "争议裁定", n->disputes},
        {"redispatches", "再次派遣", n->redispatches},
        {"supervisions", "督办", n->supervisions},
        {"lapses", "签收失效", n->lapses},
        {"acts", "人员操作", n->acts},
        {"retries", "重发", n->retries},
        {"hanging", "停滞的案卷", r->hanging},
    };
    memcpy(figures, all, sizeof all);
}

static void print_json(const struct replay *replay, const struct results *r, double seconds)
{
    struct figure figures[FIGURES];
    json_t *out = json_pack("{s:b}", "ok", !replay->hangs);
    figures_of(replay, r, figures);
    for (size_t i = 0; i < FIGURES; i++)
        json_object_set_new(out, figures[i].name, json_integer(figures[i].value));
    json_t *more =
        json_pack("{s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:f}", "right_first", share(r->right, r->judged),
                  "right_top3", share(replay->tree_matrix.top3, replay->tree_matrix.cases), "tree_matrix",
                  score_json(&replay->tree_matrix), "model", model_json(replay, r), "by_state",
                  states_json(r), "refusals", refusals_json(replay), "manual_queue", manual_json(replay),
                  "hanging_cases", hanging_json(replay), "seconds", seconds);
    json_object_update(out, more);
    json_decref(more);
    if (replay->learned)
        json_object_set_new(out, "topology_matrix", score_json(&replay->topology_matrix));
    cli_print_json(out);
}

static void print_score(const char *what, double first, double top3)
{
    printf("%s %.1f %% / %.1f %%\n", what, 100 * first, 100 * top3);
}

static void print_words(const struct replay *replay, const struct results *r, double seconds)
{
    bool en = replay->cli->english;
    struct figure figures[FIGURES];
    figures_of(replay, r, figures);
    printf(en ? "model %s (seed %" PRId64 "): %s\n" : "办理模型 %s(种子 %" PRId64 "):%s\n",
           replay->model->name, replay->seed, en ? replay->model->en : replay->model->zh);
    for (size_t i = 0; i < FIGURES; i++)
        printf("%12" PRId64 "  %s\n", figures[i].value, en ? figures[i].name : figures[i].zh);
    for (int state = 1; state < CASE_STATES; state++)
        if (r->states[state] > 0)
            printf("%12" PRId64 "  %s\n", r->states[state],
                   en ? case_state_name((enum case_state)state) : case_state_zh((enum case_state)state));
    for (int code = 0; code <= ERR_VIOLATION; code++)
        if (replay->counts.refusals[code] > 0)
            printf("%12" PRId64 "  %s %s\n", replay->counts.refusals[code], en ? "refused:" : "被拒：",
                   err_name((enum err)code));
    print_score(en ? "right first dispatch by the tree / within the matrix's first three:"
                   : "系统首次分拨正确率 / 矩阵前三包含率：",
                share(r->right, r->judged), share(replay->tree_matrix.top3, replay->tree_matrix.cases));
    if (replay->learned)
        print_score(en ? "the topology's own matrix: first / first three:" : "拓扑原有矩阵：首选 / 前三：",
                    share(replay->topology_matrix.first, replay->topology_matrix.cases),
                    share(replay->topology_matrix.top3, replay->topology_matrix.cases));
    printf(en ? "%.1f s\n" : "用时 %.1f 秒\n", seconds);
    for (size_t i = 0; i < replay->manual_count && i < HANGING_MAX; i++)
        printf("%s %s: %s %s\n", en ? "manual" : "人工", replay->manual[i].rec_id, replay->manual[i].reason,
               replay->manual[i].text);
}

static void print_hanging(const struct replay *replay)
{
    size_t shown = 0;
    for (size_t i = 0; i < replay->case_count && shown < HANGING_MAX; i++) {
        const struct replay_case *c = &replay->cases[i];
        if (!is_hanging(c))
            continue;
        shown++;
        fprintf(stderr, "%s %s %s %s %s\n", replay->cli->english ? "hangs:" : "停滞：", c->rec_id, c->case_no,
                case_state_name(c->view.state), owner_of(replay, c));
    }
}

int replay_tell(struct replay *replay)
{
    struct results r = results_of(replay);
    double seconds = (double)(clock_mono_ms() - replay->started_mono_ms) / 1000;
    if (replay->cli->json)
        print_json(replay, &r, seconds);
    else
        print_words(replay, &r, seconds);
    if (!replay->hangs)
        return 0;
    print_hanging(replay);
    fprintf(stderr,
            replay->cli->english ? "sanji: nothing moved for %" PRId64 " s, and cases are not at their end\n"
                                 : "sanji: %" PRId64 " 秒没有进展，仍有案卷未办结\n",
            replay->wait_ms / 1000);
    return 1;
}

enum err replay_tell_manual(const struct replay *replay, const char *path, struct fault *fault)
{
    FILE *to = fopen(path, "w");
    if (!to)
        return fault_set(fault, ERR_IO, "%.200s: %s", path, strerror(errno));
    fputs("rec_id,reason,text\n", to);
    for (size_t i = 0; i < replay->manual_count; i++)
        fprintf(to, "%s,%s,\"%s\"\n", replay->manual[i].rec_id, replay->manual[i].reason,
                replay->manual[i].text);
    if (fclose(to) != 0)
        return fault_set(fault, ERR_IO, "%.200s: %s", path, strerror(errno));
    return ERR_OK;
}
