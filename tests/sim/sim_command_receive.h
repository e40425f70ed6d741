/* What comes from a neighbour: judged by order, hash and writer, never by the rules of the domain (rule 5).
 */
#ifndef SANJI_TESTS_SIM_COMMAND_RECEIVE_H
#define SANJI_TESTS_SIM_COMMAND_RECEIVE_H

#include "sim_command_rules.h"

/* Which subject it is; false for one that nobody here has. */
static inline bool find_subject(const struct world *world, const struct id *id, int *command, int *at)
{
    for (*command = 0; *command < COMMANDS; (*command)++) {
        for (*at = 0; *at < CENTERS; (*at)++)
            if (id_equal(id, &world->tree.sheet_ids[*command][*at]))
                return true;
        if (id_equal(id, &world->tree.ids[*command])) /* *at is NOBODY now */
            return true;
    }
    return false;
}

/* No copy may hold what its writer has not committed, or anything else under that number. */
static inline void check_against_writer(struct world *world, int c, const struct event *event)
{
    int writer = event->at == NOBODY ? world->issuers[event->command] : event->at;
    const struct sim_center *center = &world->centers[writer];
    const struct event *said = event->no <= log_count(center, event->command, event->at)
                                   ? log_event(center, event, event->no)
                                   : NULL;
    if (said == NULL || said->lsn > center->db.committed)
        fail_world(world, "a copy holds what its writer has not committed", event->command, c);
    else if (memcmp(said->hash, event->hash, HASH_BYTES) != 0 || said->body_size != event->body_size ||
             memcmp(said->body, event->body, event->body_size) != 0)
        fail_world(world, "a copy differs from its writer's log", event->command, c);
}

static inline void take_over(struct world *world, int c, int from, struct event *event)
{
    read_body(world, event, c);
    check_against_writer(world, c, event);
    if (event->at == NOBODY) {
        learn_command(world, c, event);
        append_journal(world, c, event, from);
        command_arrived(world, c, event);
        return;
    }
    if (known_command(world, c, event->command)->count == 0)
        fail_world(world, "a sheet came before its command", event->command, c);
    learn_sheet(world, c, event, false);
    append_journal(world, c, event, from);
    stand_down(world, c, event->command);
}

static inline void check_envelope(struct world *world, int c, const struct event *event,
                                  const struct envelope *envelope)
{
    static const uint8_t none[HASH_BYTES];
    const struct sim_center *center = &world->centers[c];
    int writer = event->at == NOBODY ? world->issuers[event->command] : event->at;
    const uint8_t *head = event->no > 1 ? log_event(center, event, event->no - 1)->hash : none;
    if (memcmp(head, envelope->prev_hash, HASH_BYTES) != 0)
        fail_world(world, "an event does not follow the one before it", event->command, c);
    if (strcmp(envelope->writer, codes[writer]) != 0)
        fail_world(world, "an event by somebody else than its writer", event->command, c);
}

static inline void on_entry(struct world *world, int c, int from, const struct held_entry *held)
{
    struct event *event = pool_take(world, sizeof *event);
    struct envelope envelope;
    if (held->entry.kind != ENTRY_EVENT && held->entry.kind != ENTRY_SNAPSHOT) {
        fail_world(world, "an entry of a kind that nobody wrote", COMMANDS, c);
        return;
    }
    if (!find_subject(world, &held->entry.subject, &event->command, &event->at) ||
        envelope_unpack(held->envelope, &envelope) != ERR_OK) {
        fail_world(world, "an entry that does not read", COMMANDS, c);
        return;
    }
    int count = log_count(&world->centers[c], event->command, event->at);
    event->no = envelope.no;
    event->at_ms = envelope.at_ms;
    event->body = held->entry.body;
    event->body_size = held->entry.body_size;
    memcpy(event->packed, held->envelope, sizeof event->packed);
    envelope_hash(event->packed, event->hash);
    if (event->no > count + 1) {
        fail_world(world, "an event is missing", event->command, c);
        return;
    }
    if (event->no <= count && world->mutant != MUTANT_REPEAT_APPLIED) { /* held already: a repeat */
        if (memcmp(log_event(&world->centers[c], event, event->no)->hash, event->hash, HASH_BYTES) != 0)
            fail_world(world, "two events of one number", event->command, c);
        return;
    }
    if (event->no > count)
        check_envelope(world, c, event, &envelope);
    take_over(world, c, from, event);
}

#endif
