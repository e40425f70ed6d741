/* What the emergency beside a case does to it (domain page, section 8): lines in its history, and the climb
 * that does not wait for a clock. */
#include "domain/case_work.h"

#include <string.h>

#include "base/text.h"

/* As much of `from` as fits, cut at a character. */
static void put_cut(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size)
        for (length = size - 1; length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80;)
            length--;
    memcpy(to, from, length);
    to[length] = '\0';
}

enum err case_note(const struct case_world *world, const struct case_record *record, const char *target,
                   const char *text, int64_t now_ms, struct case_result *result)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    if (strcmp(record->owner, case_here(&work)) != 0)
        return ERR_NOT_OWNER;
    if (!case_state_open(record->state))
        return ERR_OK;
    struct case_change *change = case_emit(&work, EVENT_NOTE, VOICE_AUTO);
    put_cut(change->target, sizeof change->target, target);
    put_cut(change->note, sizeof change->note, text);
    return ERR_OK;
}

/* Every clock that people watch goes red and stands where it would climb; false when there is none. */
static bool all_to_climb(struct case_work *work)
{
    bool any = false;
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        if (case_clock_on_ladder(&work->record, kind)) {
            case_clock_push(work, kind, RUNG_CLIMB);
            any = true;
        }
    return any;
}

static struct case_change *call_leader(struct case_work *work)
{
    struct case_facts *facts = &work->record.facts;
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++)
        if (case_clock_on_ladder(&work->record, kind))
            case_clock_push(work, kind, RUNG_REPEAT);
    facts->flags |= FLAG_LEADER;
    return case_emit(work, EVENT_LEADER, VOICE_TIMER);
}

enum err case_climb_now(const struct case_world *world, const struct case_record *record, const char *why,
                        int64_t now_ms, struct case_result *result)
{
    struct case_work work;
    case_work_begin(&work, world, record, now_ms, result);
    struct case_facts *facts = &work.record.facts;
    bool root = case_parent(&work) < 0;
    bool on_its_way = facts->offer_to[0] || (facts->flags & FLAG_CLIMB_PENDING);
    if (strcmp(record->owner, case_here(&work)) != 0)
        return ERR_NOT_OWNER;
    if (!case_state_open(record->state) || on_its_way || (root && (facts->flags & FLAG_LEADER)) ||
        !all_to_climb(&work))
        return ERR_OK;
    facts->transfer_to[0] = '\0';
    struct case_change *change =
        root ? call_leader(&work) : case_offer_up(&work, EVENT_CLIMB_PENDING, VOICE_TIMER);
    put_cut(change->note, sizeof change->note, why);
    if (!root && !world->parent_up)
        case_alarm_leader(&work, "应急处置待升级而与上级断线，报本中心领导");
    return ERR_OK;
}
