/* What follows by itself: automatic distribution 自动分拨 by the responsibility matrix, and the automatic
 * check. */
#include "domain/case_work.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define CHOICES_MAX 8 /* more than any matrix lists for one key; people look at three */

static size_t choices_for(const struct case_work *work, struct route_choice choices[CHOICES_MAX])
{
    const struct case_world *world = work->world;
    const struct item *item = catalogue_item(world->catalogue, work->record.item);
    if (!item || !world->matrix)
        return 0;
    return route_choose(world->matrix, world->catalogue, item, work->record.area, choices, CHOICES_MAX);
}

static void join(char out[TARGET_SIZE], const char *department, const char *center)
{
    int length = snprintf(out, TARGET_SIZE, "%s@%s", department, center);
    assert(length > 0 && length < TARGET_SIZE);
}

static const struct department *able_here(const struct case_work *work, const char *code)
{
    const struct department *department = topology_department(work->world->topology, work->world->here, code);
    return department && department->desks > 0 ? department : NULL;
}

static void plan_assist(const struct case_work *work, const struct route_row *row, struct case_plan *plan)
{
    for (size_t i = 0; i < row->assist_count && i < ASSIST_MAX; i++)
        if (strcmp(row->assist[i], row->department) != 0 && able_here(work, row->assist[i]))
            join(plan->assist[plan->assist_count++], row->assist[i], case_here(work));
}

/* A department that has just returned the case is not sent it again by a machine. */
static bool plan_here(const struct case_work *work, const struct route_choice *choice, struct case_plan *plan)
{
    const struct case_facts *facts = &work->record.facts;
    const struct department *department = able_here(work, choice->department);
    if (!department)
        return false;
    join(plan->target, choice->department, case_here(work));
    if (facts->returns > 0 && strcmp(plan->target, facts->before_dispute) == 0)
        return false;
    plan->next = EVENT_DISPATCH;
    plan_assist(work, choice->row, plan);
    (void)snprintf(plan->note, sizeof plan->note, "按权责配置(%s)自动分拨至%s", route_key_name(choice->key),
                   department->name);
    return true;
}

/* The nearest center above that has the department with somebody at its desk; -1 when none. */
static int32_t able_above(const struct case_work *work, const char *code)
{
    const struct topology *topology = work->world->topology;
    int32_t center = case_parent(work);
    while (center >= 0) {
        center = topology_department_above(topology, center, code);
        if (center < 0)
            return -1;
        const struct department *department = topology_department(topology, center, code);
        if (department && department->desks > 0)
            return center;
        center = topology->centers[center].parent;
    }
    return -1;
}

static bool plan_above(const struct case_work *work, const struct route_choice *choice,
                       struct case_plan *plan)
{
    const struct topology *topology = work->world->topology;
    int32_t center = able_above(work, choice->department);
    if (center < 0)
        return false;
    join(plan->target, choice->department, topology->centers[center].code);
    plan->next = EVENT_OFFER;
    (void)snprintf(plan->note, sizeof plan->note, "主办部门%s设在%s，提请上级中心接办",
                   topology_department(topology, center, choice->department)->name,
                   topology->centers[center].name);
    return true;
}

struct case_plan case_plan_make(struct case_work *work, bool may_go_up)
{
    struct route_choice choices[CHOICES_MAX];
    struct case_plan plan = {.next = EVENT_NONE};
    size_t count = choices_for(work, choices);
    assert(work->record.state == CASE_FILED);

    /* The best choice counts, not the nearest: a department above goes before a lesser choice here. */
    for (size_t i = 0; i < count; i++)
        if (plan_here(work, &choices[i], &plan) || (may_go_up && plan_above(work, &choices[i], &plan)))
            return plan;
    plan.target[0] = '\0';
    work->record.facts.flags |= FLAG_MANUAL;
    (void)snprintf(plan.note, sizeof plan.note, "%s",
                   count == 0 ? "权责配置没有对应部门，转人工派遣"
                              : "对应部门不在本中心可达之处，转人工派遣");
    return plan;
}

void case_send(struct case_work *work, const char *lead)
{
    struct case_facts *facts = &work->record.facts;
    text_put(facts->lead, sizeof facts->lead, lead);
    facts->signer[0] = facts->handler[0] = '\0';
    facts->return_asked[0] = facts->extend_asked[0] = '\0';
    facts->extend_span = (struct span){UNIT_NONE, 0};
    facts->assist_count = facts->assist_done = 0;
    memset(facts->assist, 0, sizeof facts->assist);
    facts->closed_overdue = false;
    case_enter(work, CASE_DISPATCHED);
}

static void dispatch_by_plan(struct case_work *work, const struct case_plan *plan)
{
    struct case_facts *facts = &work->record.facts;
    case_send(work, plan->target);
    facts->assist_count = plan->assist_count;
    memcpy(facts->assist, plan->assist, sizeof facts->assist);
    if (plan->assist_count > 0)
        case_start_assist(work, (struct span){UNIT_NONE, 0});
    struct case_change *change = case_emit(work, EVENT_DISPATCH, VOICE_AUTO);
    case_target(change, plan->target);
    case_remark(change, "%s", plan->note);
}

void case_plan_carry_out(struct case_work *work, const struct case_plan *plan)
{
    if (plan->next == EVENT_DISPATCH)
        dispatch_by_plan(work, plan);
    else if (plan->next == EVENT_OFFER)
        case_remark(case_offer_up(work, EVENT_DISPATCH, VOICE_AUTO), "%s", plan->note);
}

void case_filed(struct case_work *work, enum case_event event, enum voice voice)
{
    struct case_plan plan = case_plan_make(work, true);
    struct case_change *change = case_emit(work, event, voice);
    if (plan.next == EVENT_NONE)
        case_remark(change, "%s", plan.note);
    case_plan_carry_out(work, &plan);
}

void case_choices_note(const struct case_work *work, struct case_change *change)
{
    struct route_choice choices[CHOICES_MAX];
    char list[3 * (DEPT_SIZE + 4)] = "";
    size_t count = choices_for(work, choices), used = 0, shown = 0;
    for (size_t i = 0; i < count && shown < 3; i++) {
        char target[TARGET_SIZE];
        join(target, choices[i].department, case_here(work));
        if (strcmp(target, work->record.facts.before_dispute) == 0)
            continue;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", shown ? "、" : "",
                                 choices[i].department);
        shown++;
    }
    case_remark(change, shown ? "同意回退，转人工派遣；权责配置的其他选择：%s" : "同意回退，转人工派遣%s",
                list);
}

void case_auto_check(struct case_work *work)
{
    if (!(work->record.facts.item_rules & ITEM_RULE_AUTO_CHECK))
        return;
    case_check_passed(work, VOICE_CHECK);
    case_remark(&work->result->changes[work->result->count - 1], "材料齐全，系统自动核查通过");
}
