/* What may happen to a receipt: by its state, the event and the kind of command. A cell that is not here is
 * refused. Rank only grows (custody.md rule 18): rework, a lapsed signature and an unseen update are flags.
 */
#include "domain/receipt_work.h"

#include <stddef.h>

#define S(state) (1u << RECEIPT_##state)
#define K(kind) (1u << COMMAND_##kind)

#define AWAY (S(NONE) | S(ISSUED)) /* it has not come here yet */
#define GOING (S(ACKED) | S(EN_ROUTE) | S(ON_SCENE))
#define SIGNED (GOING | S(REPORTED))
#define LIVE (S(DELIVERED) | SIGNED)

#define CHECKED (K(ORDER) | K(SUPERVISION))
#define TASK (CHECKED | K(CAMPAIGN) | K(EMERGENCY))
#define MOVING (K(ORDER) | K(EMERGENCY))
#define ANY (TASK | K(NOTICE) | K(ROLL_CALL) | K(MODE))
#define NOT_ANSWERED (ANY & ~K(ROLL_CALL)) /* an answer to a roll call cannot be taken back */

static const struct receipt_rule rules[] = {
    /* by people and units */
    {.states = S(DELIVERED), .event = RECEIPT_ACK, .kinds = ANY, .to = RECEIPT_ACKED},
    /* again: an update, a signature that lapsed, the sender's failed check; or that a cancel was seen */
    {.states = SIGNED | S(CANCELLED), .event = RECEIPT_ACK, .kinds = ANY},
    {.states = S(ACKED), .event = RECEIPT_DEPART, .kinds = MOVING, .to = RECEIPT_EN_ROUTE},
    {.states = S(ACKED) | S(EN_ROUTE), .event = RECEIPT_ARRIVE, .kinds = MOVING, .to = RECEIPT_ON_SCENE},
    {.states = SIGNED, .event = RECEIPT_CONTACT, .kinds = CHECKED},
    {.states = SIGNED, .event = RECEIPT_PROGRESS, .kinds = TASK | K(MODE)},
    {.states = SIGNED, .event = RECEIPT_REPORT, .kinds = TASK & ~K(CAMPAIGN), .to = RECEIPT_REPORTED},
    {.states = SIGNED,
     .event = RECEIPT_REPORT,
     .kinds = K(CAMPAIGN),
     .to = RECEIPT_REPORTED,
     .also = RECEIPT_DONE},
    {.states = SIGNED, .event = RECEIPT_REPORT, .kinds = K(MODE)}, /* a situation report */
    {.states = SIGNED, .event = RECEIPT_FINISH, .kinds = CHECKED, .to = RECEIPT_REPORTED},
    {.states = SIGNED, .event = RECEIPT_FINISH, .kinds = TASK & ~CHECKED, .to = RECEIPT_DONE},
    {.states = S(ACKED), .event = RECEIPT_FINISH, .kinds = K(MODE), .to = RECEIPT_DONE, .by_center = true},
    {.states = LIVE, .event = RECEIPT_REFUSE, .kinds = TASK, .to = RECEIPT_UNABLE, .needs_reason = true},
    {.states = S(ON_SCENE), .event = RECEIPT_PAR, .kinds = MOVING},
    {.states = S(REPORTED), .event = RECEIPT_PAR, .kinds = K(EMERGENCY)},
    {.states = SIGNED, .event = RECEIPT_HAND_OVER, .kinds = TASK | K(MODE)},

    /* by the center */
    {.states = AWAY, .event = RECEIPT_DELIVER, .kinds = ANY, .to = RECEIPT_DELIVERED},
    {.states = LIVE | S(CANCELLED), .event = RECEIPT_CHANNEL, .kinds = ANY},
    {.states = LIVE | S(CANCELLED), .event = RECEIPT_DEPUTY, .kinds = ANY},
    {.states = LIVE | S(CANCELLED), .event = RECEIPT_ABOVE, .kinds = ANY},
    {.states = LIVE | S(CANCELLED), .event = RECEIPT_REPEAT, .kinds = ANY},
    {.states = S(ACKED), .event = RECEIPT_LAPSE, .kinds = TASK},
    {.states = LIVE, .event = RECEIPT_LATE_CONTACT, .kinds = CHECKED},
    {.states = S(DELIVERED) | S(ACKED) | S(EN_ROUTE), .event = RECEIPT_LATE_ARRIVE, .kinds = MOVING},
    {.states = LIVE, .event = RECEIPT_LATE_DONE, .kinds = TASK},
    {.states = LIVE, .event = RECEIPT_LATE_REPORT, .kinds = TASK | K(MODE)},
    {.states = S(ON_SCENE), .event = RECEIPT_PAR_CALL, .kinds = MOVING},
    {.states = S(REPORTED), .event = RECEIPT_PAR_CALL, .kinds = K(EMERGENCY)},
    {.states = S(ON_SCENE), .event = RECEIPT_PAR_MISSED, .kinds = MOVING},
    {.states = S(REPORTED), .event = RECEIPT_PAR_MISSED, .kinds = K(EMERGENCY)},
    {.states = AWAY | S(DELIVERED), .event = RECEIPT_EXPIRE, .kinds = ANY, .to = RECEIPT_EXPIRED},
    {.states = S(DELIVERED) | S(ACKED) | S(EN_ROUTE),
     .event = RECEIPT_RELIEVED,
     .kinds = MOVING,
     .to = RECEIPT_CANCELLED},

    /* following the header */
    {.states = LIVE, .event = RECEIPT_UPDATED, .kinds = NOT_ANSWERED},
    {.states = S(DELIVERED), .event = RECEIPT_UPDATED, .kinds = K(ROLL_CALL)},
    {.states = AWAY | LIVE, .event = RECEIPT_CANCEL, .kinds = NOT_ANSWERED, .to = RECEIPT_CANCELLED},
    {.states = AWAY | S(DELIVERED), .event = RECEIPT_CANCEL, .kinds = K(ROLL_CALL), .to = RECEIPT_CANCELLED},
    {.states = AWAY | LIVE, .event = RECEIPT_SUPERSEDE, .kinds = NOT_ANSWERED, .to = RECEIPT_SUPERSEDED},
    {.states = AWAY | S(DELIVERED),
     .event = RECEIPT_SUPERSEDE,
     .kinds = K(ROLL_CALL),
     .to = RECEIPT_SUPERSEDED},
    {.states = S(REPORTED), .event = RECEIPT_CHECK_OK, .kinds = CHECKED, .to = RECEIPT_DONE},
    {.states = S(REPORTED), .event = RECEIPT_CHECK_FAIL, .kinds = CHECKED},
    {.states = AWAY | S(DELIVERED), .event = RECEIPT_STAND_DOWN, .kinds = ANY, .to = RECEIPT_CANCELLED},
};

#define NO_WAY (S(EN_ROUTE) | S(ON_SCENE))
static const struct receipt_traits traits[COMMAND_KINDS] = {
    [COMMAND_ORDER] = {.checked = true, .lapses = true},
    [COMMAND_NOTICE] = {.never = NO_WAY | S(REPORTED)},
    [COMMAND_ROLL_CALL] = {.never = NO_WAY | S(REPORTED)},
    [COMMAND_SUPERVISION] = {.never = NO_WAY, .checked = true, .lapses = true, .replies = true},
    [COMMAND_CAMPAIGN] = {.never = NO_WAY, .lapses = true, .zero = true},
    [COMMAND_MODE] = {.never = NO_WAY | S(REPORTED), .zero = true},
    [COMMAND_EMERGENCY] = {.lapses = true, .par_to_end = true},
};

const struct receipt_traits *receipt_traits(enum command_kind kind)
{
    return &traits[(unsigned)kind < COMMAND_KINDS ? kind : COMMAND_NONE];
}

static bool covers(const struct receipt_rule *rule, enum command_kind kind, enum receipt_state state)
{
    return (rule->kinds & 1u << kind) && (rule->states & 1u << state);
}

const struct receipt_rule *receipt_rule(enum command_kind kind, enum receipt_state state,
                                        enum receipt_event event)
{
    if ((unsigned)kind >= COMMAND_KINDS || (unsigned)state >= RECEIPT_STATES ||
        (traits[kind].never & 1u << state))
        return NULL;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].event == event && covers(&rules[i], kind, state))
            return &rules[i];
    return NULL;
}

bool receipt_allows(enum command_kind kind, enum receipt_state state, enum receipt_event event)
{
    return receipt_rule(kind, state, event) != NULL;
}

bool receipt_rule_allows(enum receipt_state before, enum receipt_event event, enum receipt_state after)
{
    for (int kind = COMMAND_ORDER; kind < COMMAND_KINDS; kind++) {
        const struct receipt_rule *rule = receipt_rule((enum command_kind)kind, before, event);
        if (!rule)
            continue;
        enum receipt_state to = rule->to ? rule->to : before;
        if (after == to || (rule->also && after == rule->also))
            return true;
    }
    return false;
}
