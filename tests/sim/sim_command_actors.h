/* People at random: they issue, change their mind, sign, report, refuse; mostly as they should, sometimes
 * late, twice, for another, or without the right. */
#ifndef SANJI_TESTS_SIM_COMMAND_ACTORS_H
#define SANJI_TESTS_SIM_COMMAND_ACTORS_H

#include "sim_command_batch.h"

static inline struct span some_span(struct world *world)
{
    static const int32_t spans[] = {0, 0, 5, 30, 120, 600};
    return span_minutes(spans[pick(world, 6)]);
}

static inline int64_t some_hours(struct world *world)
{
    static const int64_t hours[] = {1, 4, 12, 30, 72, 100};
    return hours[pick(world, 6)] * HOUR_MS;
}

static inline struct actor person_at(const struct world *world, const char *post, int center)
{
    struct actor actor = {.post = POST_NONE};
    char user[USER_SIZE];
    snprintf(user, sizeof user, "%s.%s", post, codes[center]);
    (void)topology_person(&world->tree.topology, user, &actor);
    return actor;
}

/* ---- those who command ---- */

static inline void draft_numbers(struct world *world, struct command *draft, int64_t now_ms)
{
    draft->priority = (enum priority)pick(world, 3);
    draft->ack_limit = some_span(world);
    draft->arrive_limit = some_span(world);
    draft->done_limit = some_span(world);
    draft->par_interval = chance(world, 200) ? span_minutes(25) : span_minutes(0);
    draft->report_interval = chance(world, 150) ? span_minutes(900) : span_minutes(0);
    draft->expires_ms = chance(world, 700) ? now_ms + some_hours(world) : 0;
    draft->effective_ms = chance(world, 100) ? now_ms + 30 * MINUTE_MS : 0;
    draft->ack_rule = (enum ack_rule)(ACK_EACH + (chance(world, 400) ? 1 + pick(world, 2) : 0));
    draft->ack_count = 1 + pick(world, 4);
}

static inline void draft_mode(struct world *world, struct command *draft, int64_t now_ms)
{
    draft->alert = (enum alert)pick(world, ALERTS);
    draft->mode_start_ms = chance(world, 200) ? now_ms + 2 * HOUR_MS : 0;
    draft->mode_end_ms = now_ms + some_hours(world);
    draft->expires_ms = 0;
    draft->ack_rule = ACK_EACH;
}

static inline void make_draft(struct world *world, int command, int issuer, const struct wish *wish)
{
    static const enum command_kind kinds[] = {COMMAND_ORDER,       COMMAND_NOTICE,   COMMAND_ROLL_CALL,
                                              COMMAND_SUPERVISION, COMMAND_CAMPAIGN, COMMAND_MODE,
                                              COMMAND_MODE,        COMMAND_EMERGENCY};
    int64_t now_ms = clock_of(world, issuer);
    struct command draft = {.id = world->tree.ids[command],
                            .event = COMMAND_ISSUE,
                            .kind = wish->above ? COMMAND_ORDER : kinds[pick(world, 8)],
                            .text = "立即巡查",
                            .reason = "台风",
                            .lon = NAN,
                            .lat = NAN};
    draft_numbers(world, &draft, now_ms);
    if (draft.kind == COMMAND_MODE)
        draft_mode(world, &draft, now_ms);
    if (draft.kind == COMMAND_EMERGENCY && chance(world, 500)) {
        snprintf(draft.plan, POST_SIZE, "135");
        draft.circle = 1;
    }
    snprintf(draft.targets, SELECTOR_SIZE, "%s", wish->text);
    draft.actor = person_at(world, chance(world, 950) ? "leader" : "dispatcher", issuer);
    world->drafts[command] = draft;
    world->wishes[command] = wish;
    world->issuers[command] = issuer;
    world->drafted[command] = true;
}

/* Its author may still hear of it: nobody may take its number for another one. */
static inline bool on_its_way(const struct world *world, int command)
{
    const struct sim_center *center = &world->centers[world->issuers[command]];
    for (int i = 0; i < center->inbox_count; i++)
        if (center->inbox[i].type == INPUT_SAY && center->inbox[i].command == command)
            return true;
    return center->memory.commands[command].count > 0;
}

static inline void say(struct world *world, int center, const struct command *draft, int command)
{
    struct input input = {.type = INPUT_SAY, .command = command, .draft = pool_take(world, sizeof *draft)};
    *input.draft = *draft;
    if (world->centers[center].alive && world->centers[center].inbox_count < INBOX_ROOM - 8)
        put_input(world, center, input);
}

static inline void step_issue(struct world *world)
{
    static const int issuers[] = {ROOT, ROOT, ROOT, S1, S2, S1, A1, B2, A2};
    int command = pick(world, COMMANDS);
    int issuer = issuers[pick(world, 9)];
    bool again = world->drafted[command] && chance(world, 250);
    if (!again && !(world->drafted[command] && on_its_way(world, command)))
        make_draft(world, command, issuer, &wishes[pick(world, WISHES)]);
    say(world, world->issuers[command], &world->drafts[command], command);
}

/* Somebody whose feedback waits for a check, else anybody. */
static inline const char *someone_to_check(struct world *world, int issuer, int command)
{
    for (int at = 0; at < CENTERS; at++) {
        const struct known_sheet *sheet = known_sheet(world, issuer, command, at);
        for (int i = 0; i < sheet->receipt_count; i++)
            if (sheet->receipts[i].state == RECEIPT_REPORTED && chance(world, 700))
                return sheet->receipts[i].name;
    }
    return people[pick(world, PEOPLE)].name;
}

static inline void step_change(struct world *world)
{
    static const enum command_event events[] = {
        COMMAND_UPDATE, COMMAND_UPDATE, COMMAND_CHECK, COMMAND_CHECK, COMMAND_CHECK,     COMMAND_CHECK,
        COMMAND_CHECK,  COMMAND_CANCEL, COMMAND_RENEW, COMMAND_ISSUE, COMMAND_SUPERSEDE, COMMAND_STAND_DOWN};
    int command = pick(world, COMMANDS);
    if (!world->drafted[command])
        return;
    int speaker = chance(world, 950) ? world->issuers[command] : pick(world, CENTERS);
    struct command draft = {
        .id = world->tree.ids[command], .event = events[pick(world, 12)], .lon = NAN, .lat = NAN};
    draft.actor = person_at(world, chance(world, 950) ? "leader" : "nobody", speaker);
    draft.reason = chance(world, 900) ? "情况有变" : NULL;
    draft.text = chance(world, 500) ? "改为重点巡查" : NULL;
    draft.expires_ms = chance(world, 300) ? clock_of(world, speaker) + some_hours(world) : 0;
    draft.mode_end_ms = chance(world, 300) ? clock_of(world, speaker) + some_hours(world) : 0;
    draft.done_limit = some_span(world);
    draft.references = world->tree.ids[pick(world, COMMANDS)];
    draft.passed = chance(world, 600);
    draft.score = pick(world, 7);
    if (draft.event == COMMAND_ISSUE)
        draft = world->drafts[command]; /* pressed twice */
    if (draft.event == COMMAND_CHECK)
        snprintf(draft.recipient, USER_SIZE, "%s", someone_to_check(world, speaker, command));
    say(world, speaker, &draft, command);
}

/* ---- those who answer ---- */

/* One that is known at c, if there is any. */
static inline int some_command(struct world *world, int c)
{
    int command = pick(world, COMMANDS);
    for (int i = 0; i < COMMANDS && known_command(world, c, command)->count == 0; i++)
        command = (command + 1) % COMMANDS;
    return command;
}

static inline struct actor answerer(struct world *world, int c, const char *name)
{
    struct actor actor = {.post = POST_NONE};
    if (chance(world, 60)) /* somebody of elsewhere, or of another post */
        return person_at(world, "leader", pick(world, CENTERS));
    if (strncmp(name, "center.", 7) == 0)
        return person_at(world, chance(world, 800) ? "dispatcher" : "leader", c);
    if (chance(world, 100)) /* by radio */
        return person_at(world, "dispatcher", c);
    (void)topology_person(&world->tree.topology, name, &actor);
    return actor;
}

static inline struct receipt_input some_act(struct world *world, int c, const struct receipt *receipt)
{
    static const enum receipt_event events[] = {
        RECEIPT_ACK,     RECEIPT_ACK,       RECEIPT_ACK,    RECEIPT_DEPART,   RECEIPT_ARRIVE,
        RECEIPT_CONTACT, RECEIPT_REPORT,    RECEIPT_REPORT, RECEIPT_PROGRESS, RECEIPT_FINISH,
        RECEIPT_PAR,     RECEIPT_HAND_OVER, RECEIPT_REFUSE};
    bool waits = receipt->state == RECEIPT_DELIVERED && chance(world, 600);
    struct receipt_input input = {.event = waits ? RECEIPT_ACK : events[pick(world, 13)]};
    input.actor = answerer(world, c, receipt->name);
    input.text = chance(world, 800) ? "已到位" : NULL;
    input.zero = chance(world, 50);
    uint32_t number = ++world->next_key;
    memset(input.key.bytes, 0x11, ID_BYTES);
    memcpy(input.key.bytes + 8, &number, sizeof number);
    if (chance(world, 30))
        input.not_after_ms = clock_of(world, c) - 1;
    return input;
}

static inline void step_act(struct world *world, int c)
{
    struct sim_center *center = &world->centers[c];
    int command = some_command(world, c);
    const struct known_sheet *sheet = known_sheet(world, c, command, c);
    if (!center->alive || center->inbox_count >= INBOX_ROOM - 8)
        return;
    if (center->last_act.type == INPUT_ACT && chance(world, 100)) { /* no answer came, or he pressed twice */
        put_input(world, c, center->last_act);
        return;
    }
    if (sheet->receipt_count == 0)
        return;
    const struct receipt *receipt = &sheet->receipts[pick(world, sheet->receipt_count)];
    struct input input = {.type = INPUT_ACT, .command = command, .act = some_act(world, c, receipt)};
    snprintf(input.recipient, USER_SIZE, "%s", receipt->name);
    center->last_act = input;
    put_input(world, c, input);
}

/* A neighbour is sent a subject's whole log again, as after a repair. */
static inline void step_repeat(struct world *world, int c)
{
    struct input input = {.type = INPUT_REPEAT, .from = parent_of(c), .command = some_command(world, c)};
    input.at = chance(world, 500) ? NOBODY : pick(world, CENTERS);
    for (int child = 1; child < CENTERS; child++)
        if (parent_of(child) == c && chance(world, 400))
            input.from = child;
    if (world->centers[c].alive && input.from != NOBODY && world->centers[c].inbox_count < INBOX_ROOM - 8)
        put_input(world, c, input);
}

#endif
