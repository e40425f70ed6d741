/* Random walks over one receipt: any kind, any limits, people, the sender and the clock in any order. After
 * each change the table allows it, the state has not gone back, and once the timer has nothing more to do the
 * next look lies in the future, or nothing can become due. */
#include "test_domain_receipt.h"

#define SEEDS 400
#define STEPS 60

static uint32_t roll(uint32_t *random, uint32_t sides)
{
    *random = *random * 1664525u + 1013904223u;
    return (*random >> 8) % sides;
}

static struct span some_span(uint32_t *random)
{
    switch (roll(random, 5)) {
    case 0:
        return (struct span){UNIT_WORK_HOUR, 1 + (int32_t)roll(random, 300)};
    case 1:
        return (struct span){UNIT_WORK_DAY, 1 + (int32_t)roll(random, 3)};
    case 2:
        return (struct span){UNIT_NATURAL_DAY, 1 + (int32_t)roll(random, 3)};
    case 3:
        return minutes(1 + (int32_t)roll(random, 300));
    default:
        return (struct span){UNIT_NONE, 0};
    }
}

static void issue_something(struct task *t, uint32_t *random)
{
    struct command draft, command;
    do {
        draft = draft_of(t->m, (enum command_kind)(COMMAND_ORDER + roll(random, 7)), POLICE, "leader");
        draft.priority = (enum priority)roll(random, 3);
        draft.ack_limit = some_span(random);
        draft.contact_limit = some_span(random);
        draft.arrive_limit = some_span(random);
        draft.done_limit = some_span(random);
        draft.report_interval = some_span(random);
        draft.par_interval = some_span(random);
        draft.ack_rule = (enum ack_rule)(ACK_EACH + roll(random, 2));
        draft.effective_ms = roll(random, 3) ? 0 : t->m->now_ms + roll(random, 1000) * MINUTE;
    } while (command_issue(&t->m->world, &draft, t->m->now_ms, &command, NULL) != ERR_OK);
    t->record = (struct command_record){.last_no = 0};
    apply(t->m, &t->record, &command);
}

static void somebody_acts(struct task *t, uint32_t *random)
{
    static const char *const users[] = {POLICE, POLICE, "dispatcher.440306017001", "police-2.440306017001"};
    struct receipt_input input =
        says(t, (enum receipt_event)(RECEIPT_ACK + roll(random, 10)), users[roll(random, 4)]);
    input.zero = input.event == RECEIPT_REPORT && roll(random, 4) == 0;
    (void)!step(t, &input);
}

static void the_sender_acts(struct task *t, uint32_t *random)
{
    static const enum command_event events[] = {COMMAND_CHECK,  COMMAND_CHECK,      COMMAND_CHECK,
                                                COMMAND_UPDATE, COMMAND_UPDATE,     COMMAND_CANCEL,
                                                COMMAND_CANCEL, COMMAND_STAND_DOWN, COMMAND_SUPERSEDE};
    struct command event = later(t, events[roll(random, 9)]);
    snprintf(event.recipient, sizeof event.recipient, "%s", POLICE);
    event.references.bytes[3] = 1;
    event.passed = roll(random, 3) == 0;
    event.done_limit = some_span(random);
    event.par_interval = some_span(random);
    event.text = roll(random, 2) ? "更新" : NULL;
    (void)!command_event(t, event);
}

static void let_time_pass(struct task *t, uint32_t *random)
{
    int fired = 0;
    if (roll(random, 2) && t->receipt.next_ms < INT64_MAX)
        t->m->now_ms = t->receipt.next_ms > t->m->now_ms ? t->receipt.next_ms : t->m->now_ms;
    else
        t->m->now_ms += (int64_t)roll(random, 1500) * MINUTE;
    while (fire(t)) {
        fired++;
        assert_true(fired < 20);
    }
    assert_true(t->receipt.next_ms > t->m->now_ms);
}

/* Somebody is still wanted here, and only time can say that he does not come. */
static bool time_matters(const struct task *t)
{
    const struct receipt *r = &t->receipt;
    int64_t now = t->m->now_ms;
    return r->state == RECEIPT_DELIVERED || r->par_due_ms > now || r->report_due_ms > now ||
           (r->flags & RECEIPT_LAPSED && !r->rung);
}

static void walk(struct task *t, uint32_t seed, int *changes, unsigned *states)
{
    uint32_t random = seed;
    muster_calendar(t->m);
    issue_something(t, &random);
    t->m->now_ms += roll(&random, 40) ? roll(&random, 100) * MINUTE : 31 * DAY;
    deliver(t, POLICE);
    for (int i = 0; i < STEPS; i++) {
        switch (roll(&random, 8)) {
        case 0:
            if (roll(&random, 4) == 0)
                the_sender_acts(t, &random);
            break;
        case 1:
        case 2:
        case 3:
            let_time_pass(t, &random);
            break;
        default:
            somebody_acts(t, &random);
        }
        if (time_matters(t))
            assert_true(t->receipt.next_ms < INT64_MAX);
        *states |= 1u << t->receipt.state;
    }
    *changes += t->changes;
    t->changes = 0;
    for (int i = 0; i < 2000 && t->receipt.next_ms < INT64_MAX; i++) { /* left alone it comes to rest */
        if (t->receipt.next_ms > t->m->now_ms)
            t->m->now_ms = t->receipt.next_ms;
        assert_true(fire(t) != RECEIPT_EVENT_NONE);
    }
    assert_true(t->receipt.next_ms == INT64_MAX);
}

static void test_random_lives_of_a_receipt(void **state)
{
    struct task *t = *state;
    unsigned states = 0;
    int changes = 0;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        print_message("seed %u\n", (unsigned)seed);
        walk(t, seed, &changes, &states);
    }
    print_message("%d changes\n", changes);
    assert_true(changes > SEEDS * 5);
    for (int s = RECEIPT_DELIVERED; s < RECEIPT_STATES; s++) /* the walks come everywhere */
        assert_true(states & 1u << s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {STORY(test_random_lives_of_a_receipt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
