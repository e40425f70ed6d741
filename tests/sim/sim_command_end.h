/* What must hold when all has been said and all time has run out: every log is replayed from its beginning.
 */
#ifndef SANJI_TESTS_SIM_COMMAND_END_H
#define SANJI_TESTS_SIM_COMMAND_END_H

#include "sim_command_check.h"

/* ---- each sheet's log, event by event ---- */

struct replay {
    struct world *world;
    int command, at;
    int count;
    struct receipt receipts[SHEET_ROOM];
};

static inline bool is_recipient(const struct replay *replay, const char *name)
{
    const struct world *world = replay->world;
    for (int i = 0; i < PEOPLE; i++)
        if (strcmp(people[i].name, name) == 0)
            return people[i].center == replay->at &&
                   is_meant(world->wishes[replay->command], world->issuers[replay->command], &people[i]);
    return false;
}

static inline void replay_change(struct replay *replay, const struct event *event,
                                 const struct receipt_change *change)
{
    const struct receipt *after = &change->after;
    enum command_kind kind = replay->world->drafts[replay->command].kind;
    int i = 0;
    while (i < replay->count && strcmp(replay->receipts[i].name, after->name) != 0)
        i++;
    bool fresh = i == replay->count;
    enum receipt_state before = fresh ? RECEIPT_NONE : replay->receipts[i].state;
    if (before == RECEIPT_EXPIRED)
        fail_world(replay->world, "what had expired was changed", replay->command, replay->at);
    if (fresh != (event->changed->event == SHEET_OPEN) || i == SHEET_ROOM ||
        !is_recipient(replay, after->name))
        fail_world(replay->world, "a receipt of nobody, or twice", replay->command, replay->at);
    else if (!receipt_rule_allows(before, change->event, after->state) ||
             !receipt_allows(kind, before, change->event))
        fail_world(replay->world, "a step that the table does not hold", replay->command, replay->at);
    if (i == SHEET_ROOM)
        return;
    replay->count += fresh;
    replay->receipts[i] = *after;
}

static inline void replay_sheet(struct world *world, int command, int at)
{
    struct replay replay = {.world = world, .command = command, .at = at};
    const struct known_sheet *sheet = known_sheet(world, at, command, at);
    for (int no = 0; no < sheet->count; no++)
        for (size_t i = 0; i < sheet->log[no]->changed->count; i++)
            replay_change(&replay, sheet->log[no], &sheet->log[no]->changed->changes[i]);
    if (replay.count != meant_at(world, command, at) || replay.count != sheet->receipt_count)
        fail_world(world, "a recipient is missing", command, at);
    for (int i = 0; i < replay.count && i < sheet->receipt_count; i++)
        if (!same_receipt(&replay.receipts[i], &sheet->receipts[i]))
            fail_world(world, "the log does not lead to the receipt", command, at);
}

/* ---- each receipt as it stands ---- */

static inline bool is_through(enum command_kind kind, enum receipt_state state)
{
    bool answers_only = kind == COMMAND_NOTICE || kind == COMMAND_ROLL_CALL;
    return state >= RECEIPT_DONE || (answers_only && state == RECEIPT_ACKED);
}

static inline void check_receipt(struct world *world, int command, int at, const struct receipt *receipt)
{
    const struct known_command *known = known_command(world, world->issuers[command], command);
    const struct command *issued = known->log[0]->said;
    bool late = world->arrived_ms[command][at] >= issued->expires_ms;
    bool not_delivered = receipt->state == RECEIPT_EXPIRED && (receipt->flags & RECEIPT_NOT_DELIVERED);
    enum command_event ended = known->record.ended;
    world->tally.states[receipt->state]++;
    world->tally.late += not_delivered;
    if (late != not_delivered)
        fail_world(world,
                   late ? "what came too late does not count as not delivered" : "not delivered, but it came",
                   command, at);
    if (receipt->state == RECEIPT_DELIVERED)
        fail_world(world, "a receipt outlives its command", command, at);
    if ((ended == COMMAND_CANCEL || ended == COMMAND_SUPERSEDE) && !is_through(issued->kind, receipt->state))
        fail_world(world, "a cancel did not reach somebody", command, at);
    if (ended == COMMAND_CANCEL && issued->kind != COMMAND_ROLL_CALL && receipt->state == RECEIPT_ACKED)
        fail_world(world, "a cancel did not reach somebody", command, at);
}

/* ---- the header's state, from the receipts one by one ---- */

static inline enum command_state judge(const struct world *world, int command, int c)
{
    const struct known_command *known = &world->centers[c].memory.commands[command];
    const struct command *header = &known->record.header;
    int total = 0, has_signed = 0, silent = 0, open = 0, gone = 0, refused = 0;
    for (int at = 0; at < CENTERS; at++) {
        const struct known_sheet *sheet = &world->centers[at].memory.sheets[command][at];
        for (int i = 0; i < sheet->receipt_count; i++) {
            enum receipt_state state = sheet->receipts[i].state;
            total++;
            has_signed += is_signed(state);
            silent += state < RECEIPT_ACKED;
            open += !is_through(header->kind, state);
            gone += state == RECEIPT_EXPIRED;
            refused += state == RECEIPT_UNABLE || state == RECEIPT_CANCELLED;
        }
    }
    bool each = header->ack_rule == ACK_EACH;
    bool enough = each ? silent == 0 && gone == 0 : has_signed >= answers_wanted(header);
    if (known->record.ended == COMMAND_CANCEL)
        return COMMAND_STATE_CANCELLED;
    if (known->record.ended == COMMAND_SUPERSEDE)
        return COMMAND_STATE_SUPERSEDED;
    if (total > 0 && refused == total)
        return COMMAND_STATE_UNMET;
    if (total > 0 && enough)
        return open > 0 ? COMMAND_STATE_ANSWERED : COMMAND_STATE_DONE;
    return clock_of(world, c) >= header->expires_ms ? COMMAND_STATE_EXPIRED : COMMAND_STATE_OPEN;
}

static inline void check_state(struct world *world, int command)
{
    for (int c = 0; c < CENTERS; c++) {
        const struct known_command *known = known_command(world, c, command);
        if (!is_under(world->issuers[command], c)) /* below it only a part is seen */
            continue;
        struct command_tally tally = count_at(world, c, command);
        enum command_state state = command_state_of(&known->record, &tally, clock_of(world, c));
        if (state != judge(world, command, c))
            fail_world(world, "the header's state does not follow from the receipts", command, c);
        world->tally.ends[state] += c == world->issuers[command];
    }
}

/* ---- who was told "done" ---- */

static inline void check_promises(struct world *world)
{
    for (int i = 0; i < world->promise_count; i++) {
        const struct promise *promise = &world->promises[i];
        const struct known_sheet *sheet =
            known_sheet(world, promise->center, promise->command, promise->center);
        int found = 0;
        for (int no = 0; no < sheet->count; no++)
            for (size_t k = 0; k < sheet->log[no]->changed->count; k++)
                found += id_equal(&sheet->log[no]->changed->changes[k].key, &promise->key);
        if (found != 1)
            fail_world(world, found == 0 ? "an acknowledged act was lost" : "a key was decided twice",
                       promise->command, promise->center);
    }
}

/* What a center knows is what it would know after a restart. */
static inline void check_memory(struct world *world, int c)
{
    static struct command_memory before;
    const struct command_memory *after = &world->centers[c].memory;
    memcpy(&before, after, sizeof before);
    remember(world, c);
    for (int command = 0; command < COMMANDS; command++) {
        bool same = before.commands[command].count == after->commands[command].count &&
                    before.commands[command].answered == after->commands[command].answered;
        for (int at = 0; same && at < CENTERS; at++) {
            const struct known_sheet *a = &before.sheets[command][at], *b = &after->sheets[command][at];
            same = a->count == b->count && a->receipt_count == b->receipt_count && a->expected == b->expected;
            for (int i = 0; same && i < a->receipt_count; i++)
                same = same_receipt(&a->receipts[i], &b->receipts[i]) &&
                       (at != c || a->receipts[i].next_ms == b->receipts[i].next_ms);
        }
        if (!same)
            fail_world(world, "memory differs from the database", command, c);
    }
}

static inline void check_end(struct world *world)
{
    for (int command = 0; command < COMMANDS; command++) {
        if (!world->drafted[command] || known_command(world, world->issuers[command], command)->count == 0)
            continue;
        for (int at = 0; at < CENTERS; at++) {
            const struct known_sheet *sheet = known_sheet(world, at, command, at);
            replay_sheet(world, command, at);
            for (int i = 0; i < sheet->receipt_count; i++)
                check_receipt(world, command, at, &sheet->receipts[i]);
        }
        check_state(world, command);
    }
    check_promises(world);
    for (int c = 0; c < CENTERS; c++)
        check_memory(world, c);
}

#endif
