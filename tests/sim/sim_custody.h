/* Custody rules 2 and 8-11 on the databases of a simulated tree. All of this runs inside one commit. */
#ifndef SANJI_TESTS_SIM_CUSTODY_H
#define SANJI_TESTS_SIM_CUSTODY_H

#include "sim_world.h"

static inline uint64_t chain_of(const struct event *event, uint64_t before)
{
    uint64_t h = before ^ UINT64_C(0xcbf29ce484222325);
    const uint64_t parts[] = {event->type, event->writer, event->owner_after, event->key,
                              (uint64_t)event->no};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        h = (h ^ parts[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* Rule 2: prev and audience are fixed here and never computed again. */
static inline void append(struct world *world, int c, int to, enum lane lane, struct row row)
{
    struct lane_rows *rows = &world->centers[c].db.to[to].lane[lane];
    if (rows->count == ROWS_MAX) {
        fail_world(world, "does not settle: endless entries", c);
        return;
    }
    row.lsn = world->centers[c].db.lsn;
    row.prev = rows->count > 0 ? rows->rows[rows->count - 1].lsn : 0;
    rows->rows[rows->count++] = row;
}

static inline int64_t next_lsn(struct world *world, int c)
{
    return ++world->centers[c].db.lsn;
}

static inline void send_talk(struct world *world, int c, int to, enum entry_kind kind, int subject,
                             int32_t no)
{
    next_lsn(world, c);
    append(world, c, to, LANE_TALK, (struct row){.kind = kind, .subject = (uint8_t)subject, .no = no});
}

/* On the lane of the case's events: a request that overtook a hand-over would be sent to and fro. */
static inline void send_request(struct world *world, int c, int to, int subject, int key)
{
    next_lsn(world, c);
    append(world, c, to, LANE_CASES,
           (struct row){.kind = ENTRY_REQUEST, .subject = (uint8_t)subject, .key = (uint8_t)key});
}

static inline void send_unfollow(struct world *world, int c, int to, int subject)
{
    world->centers[c].db.copies[subject].follow &= ~BIT(to);
    next_lsn(world, c);
    append(world, c, to, LANE_CASES, (struct row){.kind = ENTRY_UNFOLLOW, .subject = (uint8_t)subject});
}

static inline void follow(struct world *world, int c, int subject, int neighbour)
{
    struct copy *copy = &world->centers[c].db.copies[subject];
    if (copy->follow & BIT(neighbour))
        return;
    copy->follow |= BIT(neighbour);
    if (world->mutant == MUTANT_NO_SNAPSHOT)
        return;
    next_lsn(world, c);
    append(world, c, neighbour, LANE_CASES,
           (struct row){.kind = ENTRY_SNAPSHOT, .subject = (uint8_t)subject, .no = copy->count});
}

static inline void write_event(struct world *world, int c, int subject, enum deed type, int owner, int key);

static inline void decide_kept(struct world *world, int c, int subject)
{
    struct copy *copy = &world->centers[c].db.copies[subject];
    for (int key = 0; key < KEYS; key++)
        if (copy->owner == c && (copy->kept & BIT(key)))
            write_event(world, c, subject, DID_DECIDE, c, key);
}

/* The copy grows by one event, and everyone who follows it hears it except the one who told it. */
static inline void apply_event(struct world *world, int c, int subject, const struct event *event, int from)
{
    struct copy *copy = &world->centers[c].db.copies[subject];
    if (copy->count == LOG_MAX) {
        fail_world(world, "does not settle: endless events", c);
        return;
    }
    copy->log[copy->count++] = *event;
    if (event->no > world->truth_count[subject] || world->truth[subject][event->no - 1].chain != event->chain)
        fail_world(world, "a copy is no prefix of its owner's log", c);
    copy->owner = event->owner_after;
    if (event->type == DID_DECIDE) {
        copy->decided |= BIT(event->key);
        copy->kept &= ~BIT(event->key);
    }
    if (event->type == DID_HAND_OVER && event->owner_after == c) {
        if (world->truth_owner[subject] != NOBODY)
            fail_world(world, "two owners", c);
        world->truth_owner[subject] = (uint8_t)c;
    }
    next_lsn(world, c);
    for (int to = 0; to < CENTERS; to++)
        if (to != from && (copy->follow & BIT(to)))
            append(world, c, to, LANE_CASES,
                   (struct row){.kind = ENTRY_EVENT, .subject = (uint8_t)subject, .no = event->no});
    if (from == NOBODY)
        return;
    if (copy->count == 1 && parent_of(c) != NOBODY && parent_of(c) != from)
        follow(world, c, subject, parent_of(c)); /* every event of a case goes up to the root */
    copy->follow |= BIT(from);
    if (copy->owner == c)
        decide_kept(world, c, subject);
}

static inline void write_event(struct world *world, int c, int subject, enum deed type, int owner, int key)
{
    struct copy *copy = &world->centers[c].db.copies[subject];
    struct event event = {.type = (uint8_t)type,
                          .writer = (uint8_t)c,
                          .owner_after = (uint8_t)owner,
                          .key = (uint8_t)key,
                          .no = copy->count + 1};
    event.chain = chain_of(&event, copy->count > 0 ? copy->log[copy->count - 1].chain : 0);
    if (world->truth_owner[subject] != c || world->truth_count[subject] != copy->count) {
        fail_world(world, "someone wrote who is not the owner", c);
        return;
    }
    if (world->truth_count[subject] == LOG_MAX) {
        fail_world(world, "does not settle: endless writing", c);
        return;
    }
    for (int32_t i = 0; type == DID_DECIDE && i < world->truth_count[subject]; i++)
        if (world->truth[subject][i].type == DID_DECIDE && world->truth[subject][i].key == key)
            fail_world(world, "a key was decided twice", c);
    world->truth[subject][world->truth_count[subject]++] = event;
    world->truth_owner[subject] = owner == c ? (uint8_t)c : NOBODY;
    world->tally.hand_overs += type == DID_HAND_OVER;
    world->tally.decisions += type == DID_DECIDE;
    apply_event(world, c, subject, &event, NOBODY);
}

static inline bool may_write(const struct world *world, const struct copy *copy, int c)
{
    if (copy->count == 0)
        return false;
    if (world->mutant == MUTANT_OLD_OWNER_WRITES && copy->log[copy->count - 1].type == DID_HAND_OVER &&
        copy->log[copy->count - 1].writer == c)
        return true;
    return copy->owner == c;
}

/* Rules 10 and 11: only the owner decides; who passes a request on keeps it. */
static inline void on_request(struct world *world, int c, int subject, int key, int from)
{
    struct copy *copy = &world->centers[c].db.copies[subject];
    if (from != NOBODY)
        follow(world, c, subject, from); /* its author must hear the outcome */
    if ((copy->decided & BIT(key)) && world->mutant != MUTANT_KEY_FORGOTTEN)
        return;
    if (copy->owner == c) {
        write_event(world, c, subject, DID_DECIDE, c, key);
        return;
    }
    if (world->mutant == MUTANT_REQUEST_NOT_PASSED && from != NOBODY)
        return;
    if (from == NOBODY && (copy->kept & BIT(key)))
        return; /* the same key of a user who asked again: it is on its way */
    copy->kept |= BIT(key);
    send_request(world, c, hop(c, copy->owner), subject, key);
}

/* Rule 8: a fresh accept of an unchanged case, the link being up. */
static inline void on_accept(struct world *world, int c, int subject, int32_t offer_no, int from)
{
    struct copy *copy = &world->centers[c].db.copies[subject];
    bool follows = (copy->follow & BIT(from)) != 0;
    if (!follows || copy->owner != c || copy->count != offer_no || !world->centers[c].up[from])
        return;
    write_event(world, c, subject, DID_HAND_OVER, from, 0);
}

static inline void on_offer_seen(struct world *world, int c, int subject)
{
    struct copy *copy = &world->centers[c].db.copies[subject];
    const struct event *last = &copy->log[copy->count - 1];
    if (last->type != DID_OFFER || last->key != c || copy->accepted == last->no || last->writer == c)
        return;
    copy->accepted = last->no;
    send_talk(world, c, last->writer, ENTRY_ACCEPT, subject, last->no);
}

static inline void on_case_event(struct world *world, int c, int from, const struct held_entry *held)
{
    int subject = held->entry.subject.bytes[15] - 1;
    struct copy *copy = &world->centers[c].db.copies[subject];
    if (held->event.no > copy->count + 1) {
        fail_world(world, "an event is missing", c);
        return;
    }
    if (held->event.no <= copy->count) { /* held already: by a snapshot, or by a run that was cut */
        if (copy->log[held->event.no - 1].chain != held->event.chain)
            fail_world(world, "two events of one number", c);
        if (held->event.no == copy->count) /* only then does it hold all that we will not send it */
            copy->follow |= BIT(from);
        return;
    }
    apply_event(world, c, subject, &held->event, from);
    on_offer_seen(world, c, subject);
}

static inline void on_entry(struct world *world, int c, int from, const struct held_entry *held)
{
    int subject = held->entry.subject.bytes[15] - 1;
    struct copy *copy = &world->centers[c].db.copies[subject];
    switch (held->entry.kind) {
    case ENTRY_EVENT:
    case ENTRY_SNAPSHOT:
        on_case_event(world, c, from, held);
        return;
    case ENTRY_UNFOLLOW:
        copy->follow &= ~BIT(from);
        return;
    case ENTRY_REQUEST:
        on_request(world, c, subject, held->key, from);
        return;
    case ENTRY_ACCEPT:
        on_accept(world, c, subject, held->entry.subject_no, from);
        return;
    case ENTRY_NACK: /* stands for a command here: an effect that must happen once */
        world->centers[c].db.to[from].commands_got++;
        return;
    case ENTRY_DECLINE:
    case ENTRY_REPAIR:
        break;
    }
    fail_world(world, "an entry of a kind that nobody wrote", c);
}

#endif
