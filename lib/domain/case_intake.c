/* From the report to the filing: report, verification, filing, rejection, merging, settling on the spot. */
#include "domain/case_work.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

static bool place_valid(double lon, double lat)
{
    if (isnan(lon) && isnan(lat))
        return true;
    return lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90; /* false for half a place */
}

static enum err birth_check(const struct case_world *world, const struct case_birth *birth,
                            struct fault *fault)
{
    if (!catalogue_item(world->catalogue, birth->item))
        return fault_set(fault, ERR_UNKNOWN_ITEM, "事项清单没有 %s", birth->item);
    if (!topology_area_known(world->topology, birth->area))
        return fault_set(fault, ERR_UNKNOWN_AREA, "没有区域 %s", birth->area);
    if (!topology_covers(world->topology, world->here, birth->area))
        return fault_set(fault, ERR_WRONG_AREA, "区域 %s 不归中心 %s", birth->area,
                         world->topology->centers[world->here].code);
    if (!place_valid(birth->lon, birth->lat))
        return fault_set(fault, ERR_RANGE, "坐标超出范围");
    return ERR_OK;
}

static struct case_record born(const struct case_world *world, const struct case_birth *birth)
{
    struct case_record record = {.id = birth->id, .lon = birth->lon, .lat = birth->lat};
    const char *here = world->topology->centers[world->here].code;
    text_put(record.case_no, sizeof record.case_no, birth->case_no);
    text_put(record.origin, sizeof record.origin, here);
    text_put(record.owner, sizeof record.owner, here);
    text_put(record.item, sizeof record.item, birth->item);
    text_put(record.area, sizeof record.area, birth->area);
    text_put(record.source, sizeof record.source, birth->source);
    text_put(record.reporter, sizeof record.reporter, birth->reporter);
    for (int kind = 0; kind < CLOCK_KINDS; kind++)
        record.facts.clocks[kind].next_ms = INT64_MAX;
    return record;
}

/* An alarm is believed first and looked at afterwards, whoever pressed the button. */
static bool files_by_itself(const struct case_birth *birth)
{
    return birth->trusted || strcmp(birth->source, CASE_SOURCE_BUTTON) == 0;
}

static void write_report(struct case_work *work, const struct case_birth *birth)
{
    struct case_facts *facts = &work->record.facts;
    const struct item *item = catalogue_item(work->world->catalogue, work->record.item);
    case_freeze(work);
    facts->priority = item->priority;
    facts->opened_ms = work->at_ms;
    facts->flags = (files_by_itself(birth) ? FLAG_TRUSTED : 0u) |
                   (work->world->exercise ? FLAG_EXERCISE : 0u) | (work->input->similar ? FLAG_SIMILAR : 0u);
    case_enter(work, CASE_REPORTED);
    struct case_change *change = case_emit(work, EVENT_REPORT, VOICE_PERSON);
    if (work->input->similar)
        case_remark(change, "附近24小时内有同类案卷，请留意是否重复");
}

static void enter_filed(struct case_work *work)
{
    case_freeze(work);
    work->record.facts.filed_ms = work->at_ms;
    case_enter(work, CASE_FILED);
}

enum err case_report(const struct case_world *world, const struct case_birth *birth,
                     const struct case_input *input, int64_t now_ms, struct case_result *result,
                     struct fault *fault)
{
    struct case_work work;
    assert(input->event == EVENT_REPORT);
    result->count = 0;
    enum err err = birth_check(world, birth, fault);
    if (err)
        return err;
    struct case_record record = born(world, birth);
    case_work_begin(&work, world, &record, now_ms, result);
    work.input = input;
    work.fault = fault;
    err = case_may(&work, case_rule(CASE_NONE, EVENT_REPORT));
    if (err)
        return err;
    write_report(&work, birth);
    if (files_by_itself(birth)) {
        enter_filed(&work);
        case_filed(&work, EVENT_FILE, VOICE_AUTO);
    }
    return ERR_OK;
}

enum err case_act_verify(struct case_work *work)
{
    case_enter(work, CASE_VERIFYING);
    case_emit(work, EVENT_VERIFY, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_verified(struct case_work *work)
{
    if ((work->record.facts.item_rules & ITEM_RULE_BEFORE_PHOTO) && work->input->content.before_count == 0)
        return fault_set(work->fault, ERR_NO_EVIDENCE, "核实属实须附现场照片");
    enter_filed(work);
    case_filed(work, EVENT_VERIFIED, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_turned_down(struct case_work *work)
{
    case_enter(work, CASE_REJECTED);
    case_emit(work, work->input->event, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_file(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    if (work->input->priority > facts->priority)
        facts->priority = work->input->priority;
    enter_filed(work);
    case_filed(work, EVENT_FILE, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_merge(struct case_work *work)
{
    const struct case_input *input = work->input;
    if (id_is_zero(&input->other) || input->other_state == CASE_NONE)
        return fault_set(work->fault, ERR_UNKNOWN_CASE, "没有主案卷 %s", input->target);
    if (id_equal(&input->other, &work->record.id))
        return fault_set(work->fault, ERR_BAD_TARGET, "案卷不能并入自己");
    if (!case_state_open(input->other_state))
        return fault_set(work->fault, ERR_BAD_TARGET, "主案卷 %s 已%s，不能并入", input->target,
                         case_state_zh(input->other_state));
    work->record.facts.master = input->other;
    case_enter(work, CASE_MERGED);
    case_target(case_emit(work, EVENT_MERGE, VOICE_PERSON), input->target);
    return ERR_OK;
}

enum err case_act_settle(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    const struct case_content *content = &work->input->content;
    if (!(facts->item_rules & ITEM_RULE_SETTLE))
        return fault_set(work->fault, ERR_NOT_ALLOWED, "事项 %s 不可自行处置", work->record.item);
    if (((facts->item_rules & ITEM_RULE_BEFORE_PHOTO) && content->before_count == 0) ||
        ((facts->item_rules & ITEM_RULE_AFTER_PHOTO) && content->after_count == 0))
        return fault_set(work->fault, ERR_NO_EVIDENCE, "自行处置须附处置前后照片");
    case_freeze(work);
    facts->filed_ms = facts->feedback_ms = work->at_ms;
    text_put(facts->handler, sizeof facts->handler, work->input->actor.user);
    case_enter(work, CASE_FEEDBACK);
    case_emit(work, EVENT_SETTLE, VOICE_PERSON);
    return ERR_OK;
}
