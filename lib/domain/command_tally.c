/* The header's state: never stored, it follows from the receipts. */
#include "domain/command_step.h"

static const struct {
    const char *name, *zh;
} states[] = {
    [COMMAND_STATE_OPEN] = {"OPEN", "执行中"},
    [COMMAND_STATE_ANSWERED] = {"ANSWERED", "已签收"},
    [COMMAND_STATE_DONE] = {"DONE", "办结"},
    [COMMAND_STATE_CANCELLED] = {"CANCELLED", "已撤销"},
    [COMMAND_STATE_SUPERSEDED] = {"SUPERSEDED", "已被替代"},
    [COMMAND_STATE_EXPIRED] = {"EXPIRED", "已过期"},
    [COMMAND_STATE_UNMET] = {"UNMET", "未执行"},
};

const char *command_state_name(enum command_state state)
{
    bool known = state >= COMMAND_STATE_OPEN && state < COMMAND_STATES;
    return known ? states[state].name : "UNKNOWN";
}

const char *command_state_zh(enum command_state state)
{
    bool known = state >= COMMAND_STATE_OPEN && state < COMMAND_STATES;
    return known ? states[state].zh : "未知";
}

void command_tally_add(struct command_tally *tally, const struct receipt *receipt)
{
    uint32_t flags = receipt->flags;
    if ((unsigned)receipt->state < RECEIPT_STATES)
        tally->count[receipt->state]++;
    tally->total++;
    tally->reports += receipt->reports;
    tally->overdue_ack += (flags & RECEIPT_OVERDUE_ACK) != 0;
    tally->red += (flags & RECEIPT_RED) != 0;
    tally->zero += (flags & RECEIPT_ZERO) != 0;
    tally->not_delivered += (flags & RECEIPT_NOT_DELIVERED) != 0;
    tally->deputy_called += (flags & RECEIPT_DEPUTY_CALLED) != 0;
    tally->above_called += (flags & RECEIPT_ABOVE_CALLED) != 0;
}

/* Of the recipients: who has not answered, who has signed and works, who is through. */
struct sums {
    int64_t awaited, working, over, signed_once;
};

static struct sums sum_up(enum command_kind kind, const struct command_tally *tally)
{
    struct sums sums = {0};
    for (int i = RECEIPT_ISSUED; i < RECEIPT_STATES; i++) {
        enum receipt_state state = (enum receipt_state)i;
        bool is_signed = state >= RECEIPT_ACKED && state <= RECEIPT_DONE;
        if (is_signed)
            sums.signed_once += tally->count[i];
        if (receipt_final(kind, state))
            sums.over += tally->count[i];
        else if (is_signed)
            sums.working += tally->count[i];
        else
            sums.awaited += tally->count[i];
    }
    return sums;
}

static bool rule_met(const struct command *header, const struct sums *sums)
{
    switch (header->ack_rule) {
    case ACK_ANY:
        return sums->signed_once >= 1;
    case ACK_K_OF_N:
        return sums->signed_once >= header->ack_count;
    case ACK_EACH:
        break;
    }
    return sums->awaited == 0;
}

/* Whoever let it expire in silence makes it EXPIRED instead. */
static bool came_to_nothing(const struct command_tally *tally, const struct sums *sums)
{
    return tally->total > 0 && sums->awaited == 0 && sums->signed_once == 0 &&
           tally->count[RECEIPT_EXPIRED] == 0;
}

enum command_state command_state_of(const struct command_record *record, const struct command_tally *tally,
                                    int64_t now_ms)
{
    const struct command *header = &record->header;
    const struct sums sums = sum_up(header->kind, tally);
    bool enough = header->ack_rule == ACK_ANY || header->ack_rule == ACK_K_OF_N;
    bool missed = !enough && tally->count[RECEIPT_EXPIRED] > 0;

    if (record->ended == COMMAND_CANCEL)
        return COMMAND_STATE_CANCELLED;
    if (record->ended == COMMAND_SUPERSEDE)
        return COMMAND_STATE_SUPERSEDED;
    if (came_to_nothing(tally, &sums))
        return COMMAND_STATE_UNMET;
    if (tally->total > 0 && !missed && rule_met(header, &sums))
        return sums.working + sums.awaited > 0 ? COMMAND_STATE_ANSWERED : COMMAND_STATE_DONE;
    return now_ms >= header->expires_ms ? COMMAND_STATE_EXPIRED : COMMAND_STATE_OPEN;
}
