/* Rights: the post must stand in the table's cell, and the person must be in the right place (domain page,
 * section 4; custody.md rule 10: the origin center states who he is, the owner checks what he may). */
#include "domain/case_work.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool case_actor_is(const struct case_work *work, unsigned posts)
{
    return (work->input->actor.post & posts) != 0;
}

/* What a person of the center where the case began may still do when it has moved on. */
static bool open_to_origin(const struct case_input *input)
{
    switch ((int)input->event) {
    case EVENT_REPORT:
    case EVENT_REOPEN:
    case EVENT_FOLLOW_UP:
    case EVENT_URGE:
        return true;
    case EVENT_VOID:
        return input->actor.post == POST_DISPATCHER; /* asks only */
    default:
        return false;
    }
}

static enum err operator_may(const struct case_work *work)
{
    const struct case_input *input = work->input;
    const struct topology *topology = work->world->topology;
    int32_t center = topology_center(topology, input->actor.center);
    if (center >= 0 && topology_is_under(topology, work->world->here, center))
        return ERR_OK;
    if (open_to_origin(input) && strcmp(input->actor.center, work->record.origin) == 0)
        return ERR_OK;
    return fault_set(work->fault, ERR_NO_RIGHT, "案卷由中心 %s 负责，中心 %s 的%s不能%s", case_here(work),
                     input->actor.center, post_zh(input->actor.post), case_event_zh(input->event));
}

static bool is_department(const struct actor *actor, const char *target)
{
    char own[TARGET_SIZE];
    if (!actor->department[0])
        return false;
    int length = snprintf(own, sizeof own, "%s@%s", actor->department, actor->center);
    return length > 0 && (size_t)length < sizeof own && strcmp(own, target) == 0;
}

static bool assists(const struct case_facts *facts, const struct actor *actor)
{
    for (size_t i = 0; i < facts->assist_count; i++)
        if (is_department(actor, facts->assist[i]) && !(facts->assist_done & 1u << i))
            return true;
    return false;
}

static enum err desk_may(const struct case_work *work)
{
    const struct case_facts *facts = &work->record.facts;
    const struct actor *actor = &work->input->actor;
    if (work->input->event == EVENT_ASSIST_DONE)
        return assists(facts, actor) ? ERR_OK
                                     : fault_set(work->fault, ERR_NO_RIGHT, "%s@%s 没有未完成的协办",
                                                 actor->department, actor->center);
    if (is_department(actor, facts->lead))
        return ERR_OK;
    return fault_set(work->fault, ERR_NO_RIGHT, "主办部门是 %s，不是 %s@%s",
                     facts->lead[0] ? facts->lead : "（未定）", actor->department, actor->center);
}

static enum err own_may(const struct case_work *work)
{
    if (strcmp(work->input->actor.center, case_here(work)) == 0)
        return ERR_OK;
    return fault_set(work->fault, ERR_NO_RIGHT, "%s 不属于本中心", work->input->actor.user);
}

static enum err place_allows(const struct case_work *work)
{
    switch (work->input->actor.post) {
    case POST_GRID_WORKER:
    case POST_RESIDENT:
        return ERR_OK; /* bound by his area, or by being the reporter */
    case POST_UNIT:
        /* what it sees it reports at its own center; to handle, it must be the department's */
        return work->input->event == EVENT_REPORT ? own_may(work) : desk_may(work);
    case POST_DESK:
        return desk_may(work);
    case POST_SYSTEM:
    case POST_TIMER:
        return own_may(work);
    case POST_RECEPTIONIST:
    case POST_DISPATCHER:
    case POST_SHIFT_LEADER:
    case POST_LEADER:
    case POST_SUPERVISOR:
    case POST_CHECKER:
    case POST_CALLER:
        return operator_may(work);
    case POST_NONE:
        break;
    }
    return fault_set(work->fault, ERR_NO_RIGHT, "岗位不明");
}

enum err case_may(const struct case_work *work, const struct case_rule *rule)
{
    const struct actor *actor = &work->input->actor;
    if (!actor->user[0])
        return fault_set(work->fault, ERR_MISSING, "%s须具名", case_event_zh(work->input->event));
    if (!(rule->posts & actor->post))
        return fault_set(work->fault, ERR_NO_RIGHT, "%s不能%s：%s", post_zh(actor->post),
                         case_event_zh(work->input->event), rule->zh);
    if (actor->post == POST_GRID_WORKER && !actor->area[0])
        return fault_set(work->fault, ERR_WRONG_AREA, "网格员 %s 没有网格", actor->user);
    if (actor->area[0] && !text_has_prefix(work->record.area, actor->area))
        return fault_set(work->fault, ERR_WRONG_AREA, "%s 管 %s，案卷在 %s", actor->user, actor->area,
                         work->record.area);
    return place_allows(work);
}

static enum err no_target(const struct case_work *work, const char *target)
{
    return fault_set(work->fault, ERR_UNKNOWN_TARGET, "中心 %s 及其下级没有部门 %s", case_here(work),
                     target[0] ? target : "（未写）");
}

enum err case_resolve(const struct case_work *work, const char *target, char lead[TARGET_SIZE])
{
    const struct topology *topology = work->world->topology;
    const char *at = strchr(target, '@');
    size_t length = at ? (size_t)(at - target) : strlen(target);
    int32_t center = at ? topology_center(topology, at + 1) : work->world->here;
    char code[DEPT_SIZE];

    if (length == 0 || length >= sizeof code || center < 0 ||
        !topology_is_under(topology, center, work->world->here))
        return no_target(work, target);
    memcpy(code, target, length);
    code[length] = '\0';
    const struct department *department = topology_department(topology, center, code);
    if (!department)
        return no_target(work, target);
    if (department->desks == 0)
        return fault_set(work->fault, ERR_NO_ONE, "%s 没有可办案的席位", department->name);
    (void)snprintf(lead, TARGET_SIZE, "%s@%s", code, topology->centers[center].code);
    return ERR_OK;
}

enum err case_other_person(const struct case_work *work, const char *user)
{
    if (!user[0] || strcmp(work->input->actor.user, user) != 0)
        return ERR_OK;
    return fault_set(work->fault, ERR_SAME_PERSON, "%s 不能自己%s自己经手的事", user,
                     case_event_zh(work->input->event));
}

enum err case_approver(const struct case_work *work, const char *asked)
{
    if (!asked[0])
        return fault_set(work->fault, ERR_NOT_ASKED, "没有待批的%s申请", case_event_zh(work->input->event));
    return case_other_person(work, asked);
}
