/* A person asks for a command; the rules make the whole header of it, or say why not. */
#include "domain/command_work.h"

#include <string.h>

#include "base/text.h"

#define DAY_MS (24LL * 3600 * 1000)
#define HEADS (POST_SHIFT_LEADER | POST_LEADER)
#define SYSTEM (POST_SYSTEM | POST_TIMER)
#define STAGE_DEFAULT "during"

/* ---- rights ---- */

static const struct {
    unsigned posts; /* 0 = the alert level says who */
    const char *zh;
} rights[COMMAND_KINDS] = {
    [COMMAND_ORDER] = {POST_DISPATCHER | HEADS, "派遣员、值班长或领导下达指令"},
    [COMMAND_NOTICE] = {POST_RECEPTIONIST | POST_DISPATCHER | HEADS, "受理员、派遣员、值班长或领导发通知"},
    [COMMAND_ROLL_CALL] = {POST_DISPATCHER | HEADS, "派遣员、值班长或领导点名"},
    [COMMAND_SUPERVISION] = {POST_SUPERVISOR | HEADS, "督查、值班长或领导督办"},
    [COMMAND_CAMPAIGN] = {POST_DISPATCHER | HEADS, "派遣员、值班长或领导部署专项任务"},
    [COMMAND_MODE] = {0, "平战切换由响应级别规定的岗位决定"},
    [COMMAND_EMERGENCY] = {POST_DISPATCHER | HEADS | SYSTEM, "派遣员、值班长、领导或系统调度"},
};

static unsigned posts_for(const struct command_work *work)
{
    const struct command *command = &work->command;
    if (command->kind == COMMAND_MODE)
        return work->world->response->alerts[command->alert].posts;
    return rights[command->kind].posts;
}

enum err command_may(const struct command_work *work, const struct actor *actor)
{
    const struct command *command = &work->command;
    const char *here = work->world->topology->centers[work->world->here].code;
    if (!actor->user[0])
        return fault_set(work->fault, ERR_MISSING, "下达指令须具名");
    if (strcmp(actor->center, here) != 0)
        return fault_set(work->fault, ERR_NO_RIGHT, "%s 不是中心 %s 的人员", actor->user, here);
    if (!(posts_for(work) & actor->post))
        return fault_set(work->fault, ERR_NO_RIGHT, "%s无权下达%s：%s", post_zh(actor->post),
                         command_kind_zh(command->kind), rights[command->kind].zh);
    return ERR_OK;
}

/* ---- whom ---- */

static enum err check_above(struct command_work *work)
{
    size_t above = 0;
    for (size_t i = 0; i < work->selector.count; i++)
        above += work->selector.parts[i].above[0] != '\0';
    work->above = above > 0;
    if (!work->above)
        return ERR_OK;
    if (above < work->selector.count)
        return fault_set(work->fault, ERR_ILLEGAL, "above= 的指令由部门执行，不能同时发给其他接收人");
    if (work->command.kind != COMMAND_ORDER)
        return fault_set(work->fault, ERR_ILLEGAL, "只有指令可以由上级部门执行，%s不可以",
                         command_kind_zh(work->command.kind));
    return ERR_OK;
}

enum err command_check_targets(struct command_work *work)
{
    enum err err = selector_parse(work->command.targets, &work->selector, work->fault);
    if (err == ERR_OK)
        err = selector_check(&work->selector, work->world->topology, work->world->here, work->fault);
    return err == ERR_OK ? check_above(work) : err;
}

/* ---- what and how ---- */

static enum err check_words(struct command_work *work)
{
    const struct command *command = &work->command;
    if (!command->text || !command->text[0])
        return fault_set(work->fault, ERR_MISSING, "%s须有正文", command_kind_zh(command->kind));
    if (command->kind == COMMAND_MODE && (!command->reason || !command->reason[0]))
        return fault_set(work->fault, ERR_MISSING, "平战切换须写明理由");
    return ERR_OK;
}

enum err command_check_mode(struct command_work *work)
{
    struct command *command = &work->command;
    if (command->kind != COMMAND_MODE)
        return ERR_OK;
    if (command->mode_end_ms == 0)
        return fault_set(work->fault, ERR_MISSING, "平战切换须写明结束时间");
    if (command->mode_end_ms <= work->now_ms)
        return fault_set(work->fault, ERR_EXPIRED, "平战状态的结束时间已过");
    if (command->mode_start_ms < command->effective_ms) /* nothing is in force before its order */
        command->mode_start_ms = command->effective_ms;
    if (command->mode_end_ms <= command->mode_start_ms)
        return fault_set(work->fault, ERR_RANGE, "平战状态的结束时间须晚于开始时间");
    int64_t lease = work->now_ms + LEASE_MAX_MS;
    command->lease_ms = lease < command->mode_end_ms ? lease : command->mode_end_ms;
    if (command->report_interval.unit == UNIT_NONE)
        command->report_interval = work->world->response->alerts[command->alert].report_interval;
    return ERR_OK;
}

/* A circle takes its limits from the plan; without one it is like an order that somebody gives by hand. */
static enum err check_emergency(struct command_work *work)
{
    struct command *command = &work->command;
    if (command->kind != COMMAND_EMERGENCY || !command->plan[0])
        return ERR_OK;
    const struct plan *plan = response_plan(work->world->response, command->plan);
    if (!plan)
        return fault_set(work->fault, ERR_UNKNOWN_TARGET, "没有应急预案 %s", command->plan);
    if (command->circle < 1 || (size_t)command->circle > plan->circle_count)
        return fault_set(work->fault, ERR_RANGE, "预案 %s 有 %zu 圈，没有第 %d 圈", plan->code,
                         plan->circle_count, (int)command->circle);
    if (command->ack_limit.unit == UNIT_NONE)
        command->ack_limit = plan->ack;
    if (command->arrive_limit.unit == UNIT_NONE)
        command->arrive_limit = plan->circles[command->circle - 1].arrive;
    if (command->par_interval.unit == UNIT_NONE)
        command->par_interval = plan->par;
    return ERR_OK;
}

static enum err check_begin(struct command_work *work)
{
    struct command *command = &work->command;
    if (command->effective_ms == 0)
        command->effective_ms = work->now_ms;
    if (command->effective_ms < work->now_ms)
        return fault_set(work->fault, ERR_EXPIRED, "生效时间已过");
    return ERR_OK;
}

static int64_t default_end(const struct command_work *work)
{
    const struct command *command = &work->command;
    if (command->kind == COMMAND_MODE)
        return command->mode_end_ms;
    int64_t end = command->effective_ms + COMMAND_KEEP_DAYS * DAY_MS;
    int64_t done = calendar_add(work->world->calendar, command->effective_ms, command->done_limit);
    return done != CALENDAR_NEVER && done > end ? done : end;
}

static enum err check_end(struct command_work *work)
{
    struct command *command = &work->command;
    if (command->expires_ms == 0)
        command->expires_ms = default_end(work);
    if (command->expires_ms <= work->now_ms)
        return fault_set(work->fault, ERR_EXPIRED, "失效时间已过");
    if (command->expires_ms <= command->effective_ms)
        return fault_set(work->fault, ERR_RANGE, "失效时间须晚于生效时间");
    return ERR_OK;
}

static enum err check_answers(struct command_work *work)
{
    struct command *command = &work->command;
    int32_t here = work->world->here;
    if (command->kind == COMMAND_MODE && command->ack_rule != ACK_EACH && command->ack_rule != 0)
        return fault_set(work->fault, ERR_RANGE, "平战切换须每个中心签收，不能只要其中几个");
    switch ((int)command->ack_rule) {
    case 0:
    case ACK_EACH:
        command->ack_rule = ACK_EACH;
        command->ack_count = 0;
        return ERR_OK;
    case ACK_ANY:
        command->ack_count = 1;
        return ERR_OK;
    case ACK_K_OF_N:
        break;
    default:
        return fault_set(work->fault, ERR_RANGE, "没有这种签收规则");
    }
    size_t total = selector_total(&work->selector, work->world->topology, here, here);
    bool dynamic = selector_is_dynamic(&work->selector);
    if (command->ack_count < 1 || (!dynamic && (size_t)command->ack_count > total))
        return fault_set(work->fault, ERR_RANGE, "接收人共 %zu 个，不能要求 %d 个签收", total,
                         (int)command->ack_count);
    return ERR_OK;
}

static enum err check_numbers(struct command_work *work)
{
    const struct command *command = &work->command;
    if (command->kind <= COMMAND_NONE || command->kind >= COMMAND_KINDS)
        return fault_set(work->fault, ERR_RANGE, "没有这种指令");
    if ((unsigned)command->priority > PRIORITY_CRITICAL)
        return fault_set(work->fault, ERR_RANGE, "没有这种紧急程度");
    if ((unsigned)command->alert >= ALERTS)
        return fault_set(work->fault, ERR_RANGE, "没有这个响应级别");
    return ERR_OK;
}

static void begin(struct command_work *work, const struct command *draft)
{
    struct command *command = &work->command;
    *command = *draft;
    command->event = COMMAND_ISSUE;
    command->no = 1;
    text_put(command->center, sizeof command->center, work->world->topology->centers[work->world->here].code);
    command->sent_ms = work->now_ms;
    if (work->world->exercise)
        command->status = COMMAND_EXERCISE;
    else if (command->status != COMMAND_EXERCISE && command->status != COMMAND_TEST)
        command->status = COMMAND_ACTUAL;
    if (command->kind == COMMAND_CAMPAIGN && !command->stage[0])
        text_put(command->stage, sizeof command->stage, STAGE_DEFAULT);
}

static enum err check_issuer(struct command_work *work)
{
    return command_may(work, &work->command.actor);
}

enum err command_issue(const struct command_world *world, const struct command *draft, int64_t now_ms,
                       struct command *command, struct fault *fault)
{
    static enum err (*const steps[])(struct command_work *) = {
        check_numbers, check_issuer,       check_words,     command_check_targets,
        check_begin,   command_check_mode, check_emergency, command_check_limits,
        check_end,     check_answers,
    };
    struct command_work work = {.world = world, .now_ms = now_ms, .fault = fault};
    begin(&work, draft);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        enum err err = steps[i](&work);
        if (err != ERR_OK)
            return err;
    }
    *command = work.command;
    return ERR_OK;
}
