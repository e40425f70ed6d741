/* sanji verify: the invariants over all databases of a site. It reads and never writes. */
#include "cmd_verify.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli_progress.h"
#include "commands.h"

#define SHOWN_MAX 200 /* lines on a screen; --json has them all */

static const char *code_of(const struct verify *verify, int32_t center)
{
    return center >= 0 ? verify->topology->centers[center].code : "";
}

/* ---- reading ---- */

static void note_unread(struct verify *verify, const char *center, const struct fault *fault)
{
    for (size_t i = 0; i < json_array_size(verify->unread); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(verify->unread, i), "center")), center) ==
            0)
            return;
    verify->counts.unread++;
    json_array_append_new(verify->unread, json_pack("{s:s, s:s}", "center", center, "text", fault->text));
}

typedef enum err read_one(struct verify *verify, const struct site_center *center, struct fault *fault);

static bool asked_for(const struct verify *verify, const struct site_center *center, int32_t above)
{
    return above < 0 ||
           topology_is_under(verify->topology, topology_center(verify->topology, center->code), above);
}

static void read_each(struct verify *verify, int32_t above, const char *what, read_one *read)
{
    const struct site *site = verify->site;
    struct cli_progress progress;
    cli_progress_begin(&progress, what, site->center_count, verify->cli->json);
    for (size_t i = 0; i < site->center_count; i++) {
        struct fault fault = {.code = ERR_OK};
        const struct site_center *center = &site->centers[i];
        if (asked_for(verify, center, above) && read(verify, center, &fault) != ERR_OK)
            note_unread(verify, center->code, &fault);
        cli_progress_step(&progress, i + 1, center->code);
    }
    cli_progress_end(&progress);
}

/* The list is the same in every center's folder; where none may be read, signatures are not checked. */
static void load_signers(struct verify *verify)
{
    const struct site *site = verify->site;
    for (size_t i = 0; i < site->center_count; i++) {
        char dir[PATH_SIZE + CODE_SIZE];
        struct fault fault;
        snprintf(dir, sizeof dir, "%s/%s", site->keys, site->centers[i].code);
        if (link_signers_load(dir, &verify->signers, &fault) == ERR_OK)
            return;
    }
}

/* ---- telling ---- */

static json_t *violation_json(const struct verify *verify, const struct verify_violation *v)
{
    static const char *const kinds[] = {[SUBJECT_CASE] = "case_no",
                                        [SUBJECT_COMMAND] = "command_id",
                                        [SUBJECT_SHEET] = "sheet",
                                        [SUBJECT_UNIT] = "unit"};
    const char *subject =
        v->kind > 0 && v->kind < sizeof kinds / sizeof *kinds && kinds[v->kind] ? kinds[v->kind] : "case_no";
    return json_pack("{s:i, s:s, s:s, s:s, s:s}", "invariant", verify_invariant(v->rule), "center",
                     code_of(verify, v->center), subject, v->label, "text",
                     verify_sentence(v->rule, verify->cli->english), "detail", v->text);
}

static size_t kept(const struct verify *verify)
{
    return verify->violation_count < VERIFY_VIOLATIONS_MAX ? verify->violation_count : VERIFY_VIOLATIONS_MAX;
}

struct figure {
    const char *name, *zh;
    int64_t value;
};

#define FIGURES 14

static void figures_of(const struct verify *verify, struct figure figures[FIGURES])
{
    const struct verify_counts *c = &verify->counts;
    const struct figure all[FIGURES] = {{"centers", "中心", c->centers},
                                        {"not_read", "未能读取的中心", c->unread},
                                        {"cases", "案卷", c->cases},
                                        {"copies", "案卷副本", c->copies},
                                        {"events", "事件（含副本）", c->events},
                                        {"keys", "幂等键", c->keys},
                                        {"pending", "待裁请求", c->pending},
                                        {"kept", "请求存底", c->kept},
                                        {"quarantined", "隔离事件", c->quarantined},
                                        {"in_flight", "在途交接", c->in_flight},
                                        {"commands", "指令", c->commands},
                                        {"signatures", "验过的指令签名", c->signatures},
                                        {"receipts", "回执", c->receipts},
                                        {"units", "勤务单元", c->units}};
    memcpy(figures, all, sizeof all);
}

static void print_json(const struct verify *verify, bool ok)
{
    struct figure figures[FIGURES];
    json_t *list = json_array(), *checked = json_object();
    figures_of(verify, figures);
    for (size_t i = 0; i < FIGURES; i++)
        json_object_set_new(checked, figures[i].name, json_integer(figures[i].value));
    for (size_t i = 0; i < kept(verify); i++)
        json_array_append_new(list, violation_json(verify, &verify->violations[i]));
    cli_print_json(json_pack("{s:b, s:b, s:o, s:O, s:I, s:o}", "ok", ok, "settled", verify->settled,
                             "checked", checked, "not_read", verify->unread, "violation_count",
                             (json_int_t)verify->violation_count, "violations", list));
}

static void print_text(const struct verify *verify, bool ok)
{
    bool english = verify->cli->english;
    struct figure figures[FIGURES];
    size_t i;
    json_t *row;
    figures_of(verify, figures);
    for (i = 0; i < FIGURES; i++)
        printf("%12" PRId64 "  %s\n", figures[i].value, english ? figures[i].name : figures[i].zh);
    json_array_foreach(verify->unread, i, row) printf("%s %s: %s\n", english ? "not read:" : "未能读取：",
                                                      json_string_value(json_object_get(row, "center")),
                                                      json_string_value(json_object_get(row, "text")));
    for (i = 0; i < kept(verify) && i < SHOWN_MAX; i++) {
        const struct verify_violation *v = &verify->violations[i];
        printf("✗ [%d] %s %s %s: %s\n", verify_invariant(v->rule), code_of(verify, v->center), v->label,
               verify_sentence(v->rule, english), v->text);
    }
    if (verify->violation_count > i)
        printf(english ? "... and %zu more\n" : "…… 另有 %zu 条\n", verify->violation_count - i);
    if (verify->violation_count > 0)
        printf(english ? "✗ %zu violations\n" : "✗ %zu 处违例\n", verify->violation_count);
    else if (!ok)
        printf(english ? "! no violation in what could be read\n" : "! 已读取的部分没有违例\n");
    else
        printf(english ? "✓ all invariants hold\n" : "✓ 全部不变式成立\n");
}

/* ---- the command ---- */

static int conclude(const struct verify *verify)
{
    bool ok = verify->violation_count == 0 && verify->counts.unread == 0;
    if (verify->cli->json)
        print_json(verify, ok);
    else
        print_text(verify, ok);
    if (verify->violation_count > 0)
        return err_exit_code(ERR_VIOLATION);
    return ok ? 0 : err_exit_code(ERR_UNREACHABLE);
}

static int run_verify(struct cli *cli)
{
    const struct world *world = cli_world(cli);
    if (!world)
        return 2;
    const struct site_center *root = cli_flag(cli, "center") ? cli_center(cli) : NULL;
    if (cli_flag(cli, "center") && !root)
        return 2;
    int32_t above = root ? topology_center(world->topology, root->code) : -1;
    struct verify verify = {.cli = cli,
                            .site = cli->site,
                            .topology = world->topology,
                            .now_ms = clock_now_ms(&cli->site->clock),
                            .settled = cli_flag(cli, "settled")};
    verify_init(&verify);
    load_signers(&verify);
    read_each(&verify, above, cli->english ? "reading" : "读取", verify_read);
    bool suspects = verify_cross_suspects(&verify);
    if (suspects) { /* what was only on its way has arrived by then */
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        read_each(&verify, above, cli->english ? "reading again" : "复核", verify_read_again);
    }
    verify_cross_judge(&verify, suspects);
    int status = conclude(&verify);
    verify_fini(&verify);
    return status;
}

const struct cli_command cmd_verify = {
    .group = "verify",
    .zh =
        "校验全树数据库的不变式：案卷不重不丢、唯一归属、副本一致、定时器、流转合规、指令签名与回执、幂等键与"
        "告警",
    .en = "check the invariants over all databases: no case lost or doubled, one owner, equal copies, "
          "timers, lawful transitions, signed commands and their receipts, keys and alarms",
    .options = {{"center", "CODE", "只查该中心及其下级 / this center and those below alone", false},
                {"settled", NULL,
                 "全树应已静止：副本须等长，无在途交接和待裁请求 / the tree stands still: copies are whole, "
                 "nothing is in flight",
                 false}},
    .run = run_verify};
