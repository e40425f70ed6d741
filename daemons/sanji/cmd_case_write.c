/* sanji case report, sanji case act: asking a center to change something. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli.h"
#include "cli_option.h"
#include "commands.h"

#define WAIT_MS 10000 /* for the owner's decision of a forwarded request */

/* ---- what was answered ---- */

static json_t *reply_json(const struct reply *reply)
{
    const struct case_reply *c = &reply->acase;
    json_t *out = json_pack("{s:b, s:s}", "ok", reply->code == ERR_OK, "code", err_name(reply->code));
    if (reply->has_case) {
        char id[ID_TEXT_SIZE];
        id_format(&c->case_id, id);
        json_t *more = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:b}", "case_no", c->case_no,
                                 "state", case_state_name(c->state), "state_zh", case_state_zh(c->state),
                                 "owner", c->owner, "lead", c->lead, "case_id", id, "no", (json_int_t)c->no,
                                 "again", c->again, "stored_above", c->stored_above);
        json_object_update(out, more);
        json_decref(more);
    }
    if (c->similar_no[0])
        json_object_set_new(out, "similar", json_string(c->similar_no));
    return out;
}

static int print_reply(const struct cli *cli, const struct reply *reply)
{
    const struct case_reply *c = &reply->acase;
    if (reply->code != ERR_OK && reply->code != ERR_PENDING)
        return cli_fail(cli, reply->code, "%s", reply->text);
    if (cli->json) {
        json_t *out = reply_json(reply);
        if (reply->code == ERR_PENDING)
            json_object_set_new(out, "message", json_string(cli_sentence(cli, ERR_PENDING)));
        cli_print_json(out);
        return err_exit_code(reply->code);
    }
    printf("%s  %s (%s)\n", c->case_no, cli->english ? case_state_name(c->state) : case_state_zh(c->state),
           cli->english ? case_state_zh(c->state) : case_state_name(c->state));
    printf(cli->english ? "owner %s" : "所属中心 %s", c->owner);
    if (c->lead[0])
        printf(cli->english ? ", lead %s" : "，主办 %s", c->lead);
    printf("\n");
    if (c->again)
        printf(cli->english ? "(decided before under this key)\n" : "（此幂等键先前已办，以下为原结果）\n");
    if (c->similar_no[0])
        printf(cli->english ? "similar case near by: %s\n" : "附近有相似案卷：%s\n", c->similar_no);
    if (reply->code == ERR_PENDING)
        printf("%s\n", cli_sentence(cli, ERR_PENDING));
    return err_exit_code(reply->code);
}

static int ask(struct cli *cli, const struct site_center *center, const struct request *request,
               int64_t wait_ms)
{
    struct reply reply;
    struct fault fault = {.code = ERR_OK};
    enum err err = cli_ask(cli, center, request, (int)wait_ms, &reply, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    return print_reply(cli, &reply);
}

/* ---- options that become fields ---- */

/* --before and --after: references parted by commas. */
static bool evidence_option(const struct cli *cli, const char *name, char *store, size_t size,
                            const char *list[EVIDENCE_MAX], size_t *count)
{
    const char *value = cli_value(cli, name);
    *count = 0;
    if (!value)
        return true;
    if (text_copy(store, size, value) != ERR_OK) {
        cli_fail(cli, ERR_TOO_LONG, "--%s", name);
        return false;
    }
    for (char *rest = NULL, *part = strtok_r(store, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
        if (*count == EVIDENCE_MAX) {
            cli_fail(cli, ERR_TOO_LONG, "--%s: at most %d", name, EVIDENCE_MAX);
            return false;
        }
        list[(*count)++] = part;
    }
    return true;
}

struct evidence_store {
    char before[EVIDENCE_MAX * EVIDENCE_SIZE], after[EVIDENCE_MAX * EVIDENCE_SIZE];
};

static bool content_options(const struct cli *cli, struct case_content *content, struct evidence_store *store)
{
    content->text = cli_value(cli, "text");
    content->reason = cli_value(cli, "reason");
    content->address = cli_value(cli, "address");
    return evidence_option(cli, "before", store->before, sizeof store->before, content->before,
                           &content->before_count) &&
           evidence_option(cli, "after", store->after, sizeof store->after, content->after,
                           &content->after_count);
}

/* ---- report ---- */

static int run_report(struct cli *cli)
{
    struct request request = {.kind = REQUEST_REPORT};
    struct evidence_store evidence;
    struct case_birth *birth = &request.report.birth;
    int64_t wait_ms;
    const struct site_center *center = cli_center(cli);
    if (!center)
        return 1;
    snprintf(request.user, sizeof request.user, "receptionist.%s", center->code);
    text_put(birth->source, sizeof birth->source, "desk");
    text_put(birth->area, sizeof birth->area, center->code);
    if (!cli_copy_option(cli, "item", birth->item, sizeof birth->item) ||
        !cli_copy_option(cli, "area", birth->area, sizeof birth->area) ||
        !cli_copy_option(cli, "source", birth->source, sizeof birth->source) ||
        !cli_copy_option(cli, "reporter", birth->reporter, sizeof birth->reporter) ||
        !cli_copy_option(cli, "as", request.user, sizeof request.user) ||
        !cli_degree_option(cli, "lon", 180, &birth->lon) || !cli_degree_option(cli, "lat", 90, &birth->lat) ||
        !content_options(cli, &request.input.content, &evidence) ||
        !cli_number(cli, "wait", 0, 600, WAIT_MS / 1000, &wait_ms))
        return 1;
    if (isnan(birth->lon) != isnan(birth->lat))
        return cli_fail(cli, ERR_USAGE, "--lon and --lat belong together");
    request.report.warn_only = cli_flag(cli, "check-similar");
    request.input.event = EVENT_REPORT;
    request.input.key = cli_key(cli_value(cli, "key"));
    return ask(cli, center, &request, wait_ms * 1000);
}

const struct cli_command cmd_case_report = {
    .group = "case",
    .verb = "report",
    .zh = "上报一个案卷；返回时已落盘",
    .en = "report a case; it is durable when this returns",
    .options = {{"center", "CODE", "受理中心 / the center that takes it", true},
                {"item", "CODE", "事项代码 / item (sanji catalogue list)", true},
                {"text", "TEXT", "情况描述 / what is the matter", true},
                {"area", "CODE", "区域，缺省为本中心 / area, by default the center's", false},
                {"lon", "DEG", "经度 / longitude", false},
                {"lat", "DEG", "纬度 / latitude", false},
                {"address", "TEXT", "地址 / place in words", false},
                {"source", "NAME", "来源，resident 需人工立案 / source; resident's must be filed by a person",
                 false},
                {"reporter", "NAME", "上报人 / user or reference of who reports", false},
                {"as", "USER", "操作人，缺省为受理员 / who enters it, by default the receptionist", false},
                {"before", "REFS", "处置前照片，逗号分隔 / evidence, comma separated", false},
                {"after", "REFS", "处置后照片 / evidence after", false},
                {"key", "KEY", "幂等键：同键同案 / the same key again returns the same case", false},
                {"check-similar", NULL, "附近有相似案卷时不上报 / stop if a similar case is near by", false},
                {"wait", "SECONDS", "等待结果的秒数 / how long to wait", false}},
    .run = run_report};

/* ---- act ---- */

static bool guard_option(const struct cli *cli, struct case_input *input)
{
    int64_t seen;
    if (!cli_number(cli, "seen", 1, CASE_EVENTS_MAX, 0, &seen))
        return false;
    input->seen_no = (int32_t)seen;
    input->guard = seen ? GUARD_NOTHING_CHANGED : GUARD_NONE;
    return true;
}

static bool act_options(struct cli *cli, struct request *request, struct evidence_store *evidence,
                        int64_t *wait_ms)
{
    struct case_input *input = &request->input;
    int64_t score;
    if (!cli_copy_option(cli, "as", request->user, sizeof request->user) ||
        !cli_copy_option(cli, "into", request->other_no, sizeof request->other_no) ||
        !cli_copy_option(cli, "to", input->target, sizeof input->target) ||
        !content_options(cli, &input->content, evidence) || !cli_span_option(cli, "span", &input->span) ||
        !cli_when_option(cli, "until", &input->until_ms) || !guard_option(cli, input) ||
        !cli_number(cli, "score", 1, 5, 0, &score) ||
        !cli_number(cli, "wait", 0, 600, WAIT_MS / 1000, wait_ms))
        return false;
    input->score = (int32_t)score;
    return true;
}

_Static_assert(TARGET_SIZE == CASE_NO_SIZE, "--to may name a master case");

static int run_act(struct cli *cli)
{
    struct request request = {.kind = REQUEST_ACT};
    struct evidence_store evidence;
    int64_t wait_s;
    const struct site_center *center = cli_center(cli);
    if (!center)
        return 1;
    if (text_copy(request.case_no, sizeof request.case_no, cli->words[0]) != ERR_OK)
        return cli_fail(cli, ERR_UNKNOWN_CASE, "%s", cli->words[0]);
    request.input.event = case_event_from_name(cli->words[1]);
    if (request.input.event == EVENT_NONE)
        return cli_fail(cli, ERR_UNKNOWN_EVENT, "%s", cli->words[1]);
    if (!act_options(cli, &request, &evidence, &wait_s))
        return 1;
    if (request.input.event == EVENT_MERGE && !request.other_no[0] && request.input.target[0]) {
        memcpy(request.other_no, request.input.target, sizeof request.other_no);
        request.input.target[0] = '\0';
    }
    request.input.key = cli_key(cli_value(cli, "key"));
    return ask(cli, center, &request, wait_s * 1000);
}

const struct cli_command cmd_case_act = {
    .group = "case",
    .verb = "act",
    .words = "NO EVENT",
    .words_min = 2,
    .words_max = 2,
    .zh = "对案卷执行一个操作（--help 列出全部操作）",
    .en = "one event on a case (--help lists them)",
    .more =
        "    verify verified refuted file reject merge settle dispatch sign return return-refuse rule "
        "extend\n"
        "    extend-refuse suspend resume assist assist-done progress feedback check-ok check-fail close\n"
        "    force-close redispatch escalate delegate urge supervise supervise-reply void void-refuse "
        "reopen\n"
        "    follow-up archive reclaim\n"
        "    return/extend/void: 一人申请，另一人以同一操作批准 / one asks, another approves with the same "
        "event",
    .options = {{"center", "CODE", "经由哪个中心 / through which center", true},
                {"as", "USER", "操作人 / who acts, e.g. desk.chengguan.440306017001", true},
                {"reason", "TEXT", "理由或说明 / reason, what was done, reply", false},
                {"to", "TARGET",
                 "部门、部门@中心、中心或主案号 / department, dept@center, center, master case", false},
                {"into", "NO", "并入的案卷 / merge: the master's number", false},
                {"span", "SPAN", "延期时长 4wh 3wd 2h 5d / extension", false},
                {"until", "TIME", "挂账复核日期 / review date of a suspension", false},
                {"score", "1-5", "回访满意度 / satisfaction", false},
                {"before", "REFS", "处置前照片 / evidence before", false},
                {"after", "REFS", "处置后照片 / evidence after", false},
                {"seen", "NO", "所见的最后一条记录，若已变则不执行 / refuse if anything happened since",
                 false},
                {"key", "KEY", "幂等键 / idempotency key", false},
                {"wait", "SECONDS", "等待异地裁决的秒数 / how long to wait for another center", false}},
    .run = run_act};
