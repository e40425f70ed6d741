/* Watching over a case: urging, supervision orders and their written replies. */
#include "domain/case_work.h"

enum err case_act_urge(struct case_work *work)
{
    work->record.facts.urges++;
    work->record.facts.flags |= FLAG_URGED;
    case_emit(work, EVENT_URGE, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_supervise(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    facts->supervisions++;
    facts->flags |= FLAG_SUPERVISED;
    case_clock_start(work, CLOCK_SUPERVISE, facts->policy.supervise_reply);
    case_emit(work, EVENT_SUPERVISE, VOICE_PERSON);
    return ERR_OK;
}

enum err case_act_supervise_reply(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    if (!(facts->flags & FLAG_SUPERVISED))
        return fault_set(work->fault, ERR_NOT_ASKED, "没有待回复的督办");
    facts->flags &= ~(uint32_t)FLAG_SUPERVISED;
    case_clock_stop(work, CLOCK_SUPERVISE);
    case_emit(work, EVENT_SUPERVISE_REPLY, VOICE_PERSON);
    return ERR_OK;
}
