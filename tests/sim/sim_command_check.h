/* What must hold, told without the code that is tested: from logs, from who is meant, from who was told
 * "done". */
#ifndef SANJI_TESTS_SIM_COMMAND_CHECK_H
#define SANJI_TESTS_SIM_COMMAND_CHECK_H

#include "sim_command_actors.h"

/* ---- while it runs ---- */

static inline void add_sheet(const struct world *world, struct command_tally *tally,
                             const struct known_sheet *sheet)
{
    for (int i = 0; i < sheet->receipt_count; i++)
        command_tally_add(tally, &sheet->receipts[i]);
    if (sheet->count > 0 || world->mutant == MUTANT_UNHEARD_DROPPED)
        return;
    tally->count[RECEIPT_ISSUED] += sheet->expected;
    tally->total += sheet->expected;
    tally->unheard_centers += sheet->expected > 0;
}

/* As center c counts: those not heard stand as issued. */
static inline struct command_tally count_at(const struct world *world, int c, int command)
{
    struct command_tally tally = {.total = 0};
    for (int at = 0; at < CENTERS; at++)
        add_sheet(world, &tally, &world->centers[c].memory.sheets[command][at]);
    return tally;
}

/* From the first moment everybody is on record whose answer passes here. */
static inline void check_counts(struct world *world, int c)
{
    for (int command = 0; command < COMMANDS; command++) {
        const struct known_command *known = known_command(world, c, command);
        int meant = 0;
        if (known->count == 0)
            continue;
        for (int at = 0; at < CENTERS; at++)
            if (is_under(at, c) || is_under(world->issuers[command], c))
                meant += meant_at(world, command, at);
        if (count_at(world, c, command).total != meant)
            fail_world(world, "somebody is not counted", command, c);
    }
}

/* ---- modes ---- */

/* What a log says of a mode. */
struct mode_said {
    int64_t start_ms, end_ms, lease_ms;
    bool ended;
};

static inline struct mode_said read_mode(const struct known_command *known)
{
    struct mode_said mode = {.ended = false};
    for (int i = 0; i < known->count; i++) {
        const struct command *said = known->log[i]->said;
        bool header = said->event == COMMAND_ISSUE || said->event == COMMAND_UPDATE;
        if (header) {
            mode.start_ms = said->mode_start_ms;
            mode.end_ms = said->mode_end_ms;
        }
        if (header || said->event == COMMAND_RENEW)
            mode.lease_ms = said->lease_ms;
        mode.ended |= said->event == COMMAND_CANCEL || said->event == COMMAND_SUPERSEDE;
    }
    return mode;
}

static inline bool outranks(const struct world *world, int a, int b)
{
    int tier_a = tiers[world->issuers[a]], tier_b = tiers[world->issuers[b]];
    int64_t sent_a = world->centers[world->issuers[a]].memory.commands[a].log[0]->said->sent_ms;
    int64_t sent_b = world->centers[world->issuers[b]].memory.commands[b].log[0]->said->sent_ms;
    if (tier_a != tier_b)
        return tier_a < tier_b;
    return sent_a != sent_b ? sent_a > sent_b : a > b;
}

/* The command whose mode is in force at c by what c has heard; COMMANDS = none. Notes who falls back. */
static inline int mode_by_log(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    int64_t now_ms = clock_of(world, c);
    int best = COMMANDS;
    for (int command = 0; command < COMMANDS; command++) {
        const struct known_command *known = known_command(world, c, command);
        if (known->count == 0 || known->log[0]->said->kind != COMMAND_MODE || !is_covered(world, command, c))
            continue;
        struct mode_said mode = read_mode(known);
        if (mode.ended || now_ms < mode.start_ms || now_ms >= mode.end_ms)
            continue;
        if (now_ms >= mode.lease_ms) {
            world->tally.fell += center->mode_held[command] && !center->mode_fell[command];
            center->mode_fell[command] |= center->mode_held[command];
            continue;
        }
        world->tally.came_again += center->mode_fell[command];
        center->mode_fell[command] = false;
        center->mode_held[command] = true;
        if (best == COMMANDS || outranks(world, command, best))
            best = command;
    }
    return best;
}

/* As lib/center takes its orders from the records. */
static inline int mode_by_rules(struct world *world, int c)
{
    struct alert_order orders[COMMANDS];
    int which[COMMANDS];
    size_t count = 0;
    for (int command = 0; command < COMMANDS; command++) {
        const struct known_command *known = known_command(world, c, command);
        const struct command *header = &known->record.header;
        if (known->count == 0 || header->kind != COMMAND_MODE)
            continue;
        if (world->mutant != MUTANT_MODE_IN_PASSING &&
            !selector_touches(&known->selector, &world->tree.topology, known->issuer, c))
            continue;
        which[count] = command;
        orders[count++] = (struct alert_order){
            .command = header->id,
            .issuer = known->issuer,
            .sent_ms = header->sent_ms,
            .alert = header->alert,
            .start_ms = header->mode_start_ms,
            .end_ms = header->mode_end_ms,
            .lease_ms = world->mutant == MUTANT_LEASE_FOR_EVER ? header->mode_end_ms : header->lease_ms,
            .ended = known->record.ended != COMMAND_EVENT_NONE};
    }
    int32_t at = alert_in_force(&world->tree.topology, orders, count, clock_of(world, c));
    return at >= 0 ? which[at] : COMMANDS;
}

static inline void check_mode(struct world *world, int c)
{
    int held = mode_by_rules(world, c), due = mode_by_log(world, c);
    if (held != due)
        fail_world(world, held == COMMANDS ? "a mode is not in force" : "a mode is in force that is not due",
                   held, c);
}

static inline void check_center(struct world *world, int c)
{
    if (!world->centers[c].alive || world->centers[c].committing > 0)
        return;
    check_counts(world, c);
    check_mode(world, c);
}

/* ---- at rest: everybody has heard everything ---- */

static inline bool same_receipt(const struct receipt *a, const struct receipt *b)
{
    return strcmp(a->name, b->name) == 0 && a->state == b->state && a->flags == b->flags &&
           a->rung == b->rung && a->repeats == b->repeats && a->reports == b->reports &&
           a->score == b->score && a->delivered_ms == b->delivered_ms && a->acked_ms == b->acked_ms &&
           a->ended_ms == b->ended_ms && a->ack_due_ms == b->ack_due_ms && a->done_due_ms == b->done_due_ms &&
           strcmp(a->by, b->by) == 0 && strcmp(a->deputy, b->deputy) == 0 &&
           strcmp(a->answer, b->answer) == 0;
}

static inline void check_copy(struct world *world, int command, int of, int c)
{
    const struct known_sheet *mine = known_sheet(world, of, command, of);
    const struct known_sheet *copy = known_sheet(world, c, command, of);
    if (!holds_sheet(world, command, of, c)) {
        if (copy->count > 0)
            fail_world(world, "a sheet went where nobody needs it", command, c);
        return;
    }
    if (copy->count != mine->count || copy->count == 0 || copy->receipt_count != mine->receipt_count) {
        fail_world(world, "a sheet's copy is not whole", command, c);
        return;
    }
    for (int i = 0; i < mine->receipt_count; i++)
        if (!same_receipt(&mine->receipts[i], &copy->receipts[i]))
            fail_world(world, "a copy of a receipt differs", command, c);
}

static inline void check_command_held(struct world *world, int command, int c)
{
    int issuer = world->issuers[command];
    int count = known_command(world, c, command)->count;
    if (holds_command(world, command, c) ? count != known_command(world, issuer, command)->count : count > 0)
        fail_world(world,
                   count > 0 ? "a command's log is not whole, or went astray" : "a command did not come",
                   command, c);
    for (int of = 0; of < CENTERS; of++)
        check_copy(world, command, of, c);
}

/* The issuer's counts are the sum of what the writers hold themselves. */
static inline struct command_tally count_truth(const struct world *world, int command)
{
    struct command_tally tally = {.total = 0};
    for (int at = 0; at < CENTERS; at++)
        for (int i = 0; i < world->centers[at].memory.sheets[command][at].receipt_count; i++)
            command_tally_add(&tally, &world->centers[at].memory.sheets[command][at].receipts[i]);
    return tally;
}

static inline int signed_ever(const struct world *world, int command)
{
    int count = 0;
    for (int at = 0; at < CENTERS; at++)
        for (int i = 0; i < world->centers[at].memory.sheets[command][at].receipt_count; i++)
            count += world->centers[at].memory.sheets[command][at].receipts[i].acked_ms != 0;
    return count;
}

static inline void check_enough(struct world *world, int command)
{
    const struct known_command *known = known_command(world, world->issuers[command], command);
    int wanted = answers_wanted(known->log[0]->said);
    bool relieved = false;
    for (int i = 0; i < known->count; i++)
        relieved |= known->log[i]->said->event == COMMAND_STAND_DOWN &&
                    known->log[i]->said->actor.post == POST_SYSTEM;
    int answered = signed_ever(world, command);
    if (relieved && answered < wanted)
        fail_world(world, "people were relieved before enough had signed", command, NOBODY);
    if (answered >= wanted && count_truth(world, command).count[RECEIPT_DELIVERED] > 0)
        fail_world(world, "more stay called than are needed", command, NOBODY);
}

/* Links are up and clocks have been looked at: a mode that has not ended holds its lease. */
static inline void check_lease(struct world *world, int command)
{
    int issuer = world->issuers[command];
    const struct known_command *known = known_command(world, issuer, command);
    if (known->log[0]->said->kind != COMMAND_MODE)
        return;
    struct mode_said mode = read_mode(known);
    int64_t now_ms = clock_of(world, issuer);
    if (!mode.ended && now_ms < mode.end_ms - MINUTE_MS && mode.lease_ms <= now_ms + MINUTE_MS)
        fail_world(world, "a mode lapses though its issuer is heard", command, issuer);
}

static inline void check_at_rest(struct world *world)
{
    for (int command = 0; command < COMMANDS; command++) {
        int issuer = world->issuers[command];
        if (!world->drafted[command] || known_command(world, issuer, command)->count == 0)
            continue;
        for (int c = 0; c < CENTERS; c++)
            check_command_held(world, command, c);
        struct command_tally sum = count_truth(world, command), here = count_at(world, issuer, command);
        if (memcmp(&sum, &here, sizeof sum) != 0)
            fail_world(world, "the issuer's counts are not the sum of the sheets", command, issuer);
        check_enough(world, command);
        check_lease(world, command);
    }
    for (int c = 0; c < CENTERS; c++)
        check_center(world, c);
}

#endif
