/* What a center decides inside one batch, with the rules of lib/domain: commands that are issued and changed
 * here, receipts of its own people, clocks, and what comes from a neighbour. */
#ifndef SANJI_TESTS_SIM_COMMAND_RULES_H
#define SANJI_TESTS_SIM_COMMAND_RULES_H

#include "sim_command_log.h"

/* ---- our own sheets ---- */

/* The first run of waiting changes of one sheet and one kind becomes one event. */
static inline void write_group(struct world *world, int c)
{
    struct command_memory *memory = &world->centers[c].memory;
    struct receipt_change changes[PENDING_ROOM];
    int command = memory->pending[0].command, left = 0;
    struct sheet_body said = {.command = world->tree.ids[command],
                              .event = memory->pending[0].event,
                              .whole = true,
                              .changes = changes};
    bool ended = false;
    for (int i = 0; i < memory->pending_count; i++) {
        const struct pending *pending = &memory->pending[i];
        bool ours = pending->command == command && !ended;
        ended |= ours && pending->event != said.event;
        if (ours && !ended)
            changes[said.count++] = pending->change;
        else
            memory->pending[left++] = *pending;
    }
    memory->pending_count = left;
    write_sheet(world, c, c, &said, command);
}

static inline void write_pending(struct world *world, int c)
{
    while (world->centers[c].memory.pending_count > 0)
        write_group(world, c);
}

static inline void change_receipt(struct world *world, int c, int command, enum sheet_event event,
                                  const struct receipt_change *change)
{
    struct command_memory *memory = &world->centers[c].memory;
    struct known_sheet *sheet = known_sheet(world, c, command, c);
    take_receipt(sheet, &change->after);
    sheet->touched = true;
    see_change(world, known_command(world, c, command), change);
    if (memory->pending_count == PENDING_ROOM)
        write_pending(world, c);
    memory->pending[memory->pending_count++] =
        (struct pending){.command = command, .event = event, .change = *change};
}

static inline void open_sheet(struct world *world, int c, int command)
{
    const struct known_command *known = known_command(world, c, command);
    struct command_world rules = rules_at(world, c);
    struct recipient recipients[SHEET_ROOM];
    size_t count =
        selector_expand(&known->selector, rules.topology, known->issuer, c, recipients, SHEET_ROOM);
    int64_t now_ms = world->centers[c].now_ms;
    world->centers[c].arriving[command] = now_ms;
    if (world->mutant == MUTANT_LATE_DELIVERED && now_ms >= known->record.header.expires_ms)
        now_ms = known->record.header.expires_ms - 1;
    if (count > SHEET_ROOM)
        fail_world(world, "more recipients than the tree has", command, c);
    for (size_t i = 0; i < count && i < SHEET_ROOM; i++) {
        struct receipt_change change = {.event = RECEIPT_EVENT_NONE};
        receipt_deliver(&rules, &known->record, &recipients[i], now_ms, &change);
        change_receipt(world, c, command, SHEET_OPEN, &change);
    }
}

static inline void follow_header(struct world *world, int c, const struct event *event)
{
    const struct known_command *known = known_command(world, c, event->command);
    struct known_sheet *sheet = known_sheet(world, c, event->command, c);
    struct command_world rules = rules_at(world, c);
    if (world->mutant == MUTANT_CANCEL_UNHEARD && event->said->event == COMMAND_CANCEL && known->issuer != c)
        return;
    for (int i = 0; i < sheet->receipt_count; i++) {
        struct receipt_change change = {.event = RECEIPT_EVENT_NONE};
        if (receipt_follow(&rules, &known->record, event->said, &sheet->receipts[i], world->centers[c].now_ms,
                           &change))
            change_receipt(world, c, event->command, SHEET_CHANGE, &change);
    }
}

static inline void command_arrived(struct world *world, int c, const struct event *event)
{
    if (event->said->event == COMMAND_ISSUE)
        open_sheet(world, c, event->command);
    else
        follow_header(world, c, event);
}

/* ---- the issuer ---- */

static inline int answers_wanted(const struct command *header)
{
    return header->ack_rule == ACK_ANY ? 1 : header->ack_rule == ACK_K_OF_N ? header->ack_count : INT32_MAX;
}

/* Enough have signed: who has not is relieved. */
static inline void stand_down(struct world *world, int c, int command)
{
    const struct known_command *known = known_command(world, c, command);
    const struct command *header = &known->record.header;
    struct command said = {.id = header->id,
                           .event = COMMAND_STAND_DOWN,
                           .kind = header->kind,
                           .status = header->status,
                           .sent_ms = world->centers[c].now_ms,
                           .actor = {.user = "system:plan", .post = POST_SYSTEM},
                           .reason = "人已足够"};
    if (known->count == 0 || known->issuer != c || known->answered < answers_wanted(header) ||
        known->record.ended != COMMAND_EVENT_NONE || world->mutant == MUTANT_NO_STAND_DOWN)
        return;
    snprintf(said.center, CODE_SIZE, "%s", codes[c]);
    snprintf(said.actor.center, CODE_SIZE, "%s", codes[c]);
    world->tally.stood_down++;
    command_arrived(world, c, write_command(world, c, command, &said));
}

static inline void on_say(struct world *world, int c, struct input *input)
{
    struct known_command *known = known_command(world, c, input->command);
    struct command_world rules = rules_at(world, c);
    int64_t now_ms = world->centers[c].now_ms;
    struct command said;
    struct fault fault;
    bool issues = input->draft->event == COMMAND_ISSUE;
    if (issues && known->count > 0)
        return; /* asked again: its key says which command it is */
    if (!issues && (known->count == 0 || known->issuer != c)) {
        world->tally.refused++;
        return;
    }
    enum err err = issues ? command_issue(&rules, input->draft, now_ms, &said, &fault)
                          : command_act(&rules, &known->record, input->draft, now_ms, &said, &fault);
    if (err != ERR_OK) {
        world->tally.refused++;
        return;
    }
    *(issues ? &world->tally.issued : &world->tally.said) += 1;
    world->tally.kinds[said.kind] += issues;
    command_arrived(world, c, write_command(world, c, input->command, &said));
}

/* ---- recipients ---- */

static inline bool key_is_known(struct world *world, int c, int command, const struct id *key)
{
    const struct known_sheet *sheet = known_sheet(world, c, command, c);
    const struct command_memory *memory = &world->centers[c].memory;
    for (int i = 0; i < memory->pending_count; i++)
        if (memory->pending[i].command == command && id_equal(&memory->pending[i].change.key, key))
            return true;
    for (int no = 0; no < sheet->count; no++)
        for (size_t i = 0; i < sheet->log[no]->changed->count; i++)
            if (id_equal(&sheet->log[no]->changed->changes[i].key, key))
                return true;
    return false;
}

/* A mutant's own doorway, past the table. */
static inline enum err sign_late(struct world *world, const struct receipt *receipt,
                                 const struct input *input, struct receipt_change *change, enum err err)
{
    if (world->mutant != MUTANT_EXPIRED_SIGNED || input->act.event != RECEIPT_ACK ||
        receipt->state != RECEIPT_EXPIRED)
        return err;
    *change = (struct receipt_change){
        .event = RECEIPT_ACK, .actor = input->act.actor, .key = input->act.key, .after = *receipt};
    change->after.state = RECEIPT_ACKED;
    return ERR_OK;
}

static inline void on_act(struct world *world, int c, struct input *input)
{
    const struct known_command *known = known_command(world, c, input->command);
    const struct known_sheet *sheet = known_sheet(world, c, input->command, c);
    struct command_world rules = rules_at(world, c);
    struct receipt_change change;
    struct fault fault;
    int i = 0;
    while (i < sheet->receipt_count && strcmp(sheet->receipts[i].name, input->recipient) != 0)
        i++;
    if (i == sheet->receipt_count)
        return;
    if (world->mutant != MUTANT_KEY_FORGOTTEN && key_is_known(world, c, input->command, &input->act.key)) {
        world->tally.again++;
        input->accepted = true;
        return;
    }
    enum err err = receipt_step(&rules, &known->record, &sheet->receipts[i], &input->act,
                                world->centers[c].now_ms, &change, &fault);
    err = sign_late(world, &sheet->receipts[i], input, &change, err);
    world->tally.acts += err == ERR_OK;
    world->tally.acts_refused += err != ERR_OK;
    if (err != ERR_OK)
        return;
    input->accepted = true;
    change_receipt(world, c, input->command, SHEET_CHANGE, &change);
    stand_down(world, c, input->command);
}

/* ---- clocks ---- */

static inline bool renewal_due(struct world *world, int c, int command)
{
    const struct known_command *known = known_command(world, c, command);
    struct command_world rules = rules_at(world, c);
    int64_t now_ms = clock_of(world, c);
    return known->count > 0 && known->issuer == c && world->mutant != MUTANT_NO_RENEWAL &&
           now_ms < known->record.header.mode_end_ms && command_next_timer(&rules, &known->record) <= now_ms;
}

static inline bool timer_due(struct world *world, int c)
{
    int64_t now_ms = clock_of(world, c);
    for (int command = 0; command < COMMANDS; command++) {
        const struct known_sheet *sheet = known_sheet(world, c, command, c);
        if (renewal_due(world, c, command))
            return true;
        for (int i = 0; i < sheet->receipt_count; i++)
            if (sheet->receipts[i].next_ms <= now_ms)
                return true;
    }
    return false;
}

/* When this center must look next; INT64_MAX = never. */
static inline int64_t next_look(struct world *world, int c)
{
    struct command_world rules = rules_at(world, c);
    int64_t next_ms = INT64_MAX;
    for (int command = 0; command < COMMANDS; command++) {
        const struct known_command *known = known_command(world, c, command);
        const struct known_sheet *sheet = known_sheet(world, c, command, c);
        for (int i = 0; i < sheet->receipt_count; i++)
            if (sheet->receipts[i].next_ms < next_ms)
                next_ms = sheet->receipts[i].next_ms;
        if (known->count == 0 || known->issuer != c)
            continue;
        int64_t renew_ms = command_next_timer(&rules, &known->record);
        if (renew_ms < next_ms && clock_of(world, c) < known->record.header.mode_end_ms)
            next_ms = renew_ms;
    }
    return next_ms == INT64_MAX ? next_ms : next_ms - world->centers[c].skew_ms;
}

static inline void look_at_sheet(struct world *world, int c, int command)
{
    const struct known_command *known = known_command(world, c, command);
    const struct known_sheet *sheet = known_sheet(world, c, command, c);
    struct command_world rules = rules_at(world, c);
    struct receipt_change change;
    for (int i = 0; i < sheet->receipt_count; i++) {
        int steps = 0;
        while (
            receipt_timer(&rules, &known->record, &sheet->receipts[i], world->centers[c].now_ms, &change)) {
            change_receipt(world, c, command, SHEET_CHANGE, &change);
            if (++steps > 16) {
                fail_world(world, "a clock that does not come to rest", command, c);
                return;
            }
        }
    }
}

/* A mutant: what a silent child should have written. */
static inline void expire_for_another(struct world *world, int c, int command)
{
    const struct known_command *known = known_command(world, c, command);
    struct command_world rules = rules_at(world, c);
    for (int at = 0; at < CENTERS && known->count > 0; at++) {
        const struct known_sheet *sheet = known_sheet(world, c, command, at);
        struct recipient recipient;
        struct receipt_change change;
        if (parent_of(at) != c || sheet->count > 0 || sheet->expected == 0 ||
            known->record.header.expires_ms > world->centers[c].now_ms)
            continue;
        (void)selector_expand(&known->selector, rules.topology, known->issuer, at, &recipient, 1);
        receipt_deliver(&rules, &known->record, &recipient, world->centers[c].now_ms, &change);
        struct sheet_body said = {
            .command = world->tree.ids[command], .event = SHEET_OPEN, .count = 1, .changes = &change};
        take_receipt(known_sheet(world, c, command, at), &change.after);
        write_sheet(world, c, at, &said, command);
    }
}

static inline void on_timer(struct world *world, int c)
{
    struct command_world rules = rules_at(world, c);
    struct command said;
    world->centers[c].timer_queued = false;
    for (int command = 0; command < COMMANDS; command++) {
        struct known_command *known = known_command(world, c, command);
        if (known->count > 0)
            look_at_sheet(world, c, command);
        if (world->mutant == MUTANT_ABOVE_EXPIRES)
            expire_for_another(world, c, command);
        if (!renewal_due(world, c, command) ||
            !command_renew(&rules, &known->record, world->centers[c].now_ms, &said))
            continue;
        world->tally.renewed++;
        command_arrived(world, c, write_command(world, c, command, &said));
    }
}

#endif
