/* One receipt through its life: a command is issued, delivered at the community, answered, looked at by the
 * timer. After each change what must always hold is checked. */
#ifndef TEST_DOMAIN_RECEIPT_H
#define TEST_DOMAIN_RECEIPT_H

#include "test_domain_command.h"

struct task {
    struct muster *m;
    struct command_record record;
    struct receipt receipt;
    struct receipt_change change;
    int changes;
};

static inline struct task *task_new(void)
{
    struct task *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->m = muster_new();
    return t;
}

static inline void task_free(struct task *t)
{
    free(t->m);
    free(t);
}

static inline void check_receipt(const struct task *t)
{
    const struct receipt *r = &t->receipt;
    enum command_kind kind = t->record.header.kind;
    bool over = receipt_final(COMMAND_NONE, r->state);
    assert_true(r->state > RECEIPT_NONE && r->state < RECEIPT_STATES);
    assert_int_equal(receipt_final(kind, r->state), r->ended_ms != 0);
    if (over && !(r->flags & RECEIPT_UNSEEN)) {
        assert_true(r->next_ms == INT64_MAX);
        assert_false(r->flags & RECEIPT_RED);
    }
    if (r->state == RECEIPT_DELIVERED)
        assert_true(r->next_ms <= t->record.header.expires_ms);
    if (r->flags & RECEIPT_UNSEEN)
        assert_true(r->state >= RECEIPT_ACKED && (!over || r->state == RECEIPT_CANCELLED));
    if (r->flags & RECEIPT_LAPSED)
        assert_int_equal(r->state, RECEIPT_ACKED);
    if ((r->flags & (RECEIPT_LAPSED | RECEIPT_PAR_LOST)) || r->rung)
        assert_true(r->flags & RECEIPT_RED);
    assert_int_equal((r->flags & RECEIPT_DEPUTY_CALLED) != 0, r->deputy[0] != '\0');
}

static inline void take_change(struct task *t)
{
    assert_true(receipt_rule_allows(t->receipt.state, t->change.event, t->change.after.state));
    assert_true(t->change.after.state >= t->receipt.state);
    assert_int_equal(t->change.outcome, ERR_OK);
    assert_true(t->change.actor.user[0]);
    t->receipt = t->change.after;
    t->changes++;
    check_receipt(t);
}

static inline void issue(struct task *t, const struct command *draft)
{
    struct command command;
    enum err err = command_issue(&t->m->world, draft, t->m->now_ms, &command, &t->m->fault);
    if (err)
        fail_msg("%s", t->m->fault.text);
    t->record = (struct command_record){.last_no = 0};
    apply(t->m, &t->record, &command);
}

static inline void deliver(struct task *t, const char *name)
{
    struct recipient recipient;
    assert_true(recipient_find(&t->m->topology, name, &recipient));
    receipt_deliver(&t->m->world, &t->record, &recipient, t->m->now_ms, &t->change);
    t->receipt = (struct receipt){.state = RECEIPT_NONE};
    take_change(t);
    assert_string_equal(t->receipt.name, name);
}

/* A command of that kind by the community's leader, delivered to one of its recipients. */
static inline void begin(struct task *t, enum command_kind kind, const char *name)
{
    struct command draft = draft_of(t->m, kind, name, "leader");
    issue(t, &draft);
    deliver(t, name);
}

static inline struct receipt_input says(struct task *t, enum receipt_event event, const char *user)
{
    struct receipt_input input = {.event = event, .actor = who(t->m, user), .text = "已办"};
    memset(input.key.bytes, 9, sizeof input.key.bytes);
    return input;
}

static inline enum err step(struct task *t, const struct receipt_input *input)
{
    struct receipt before = t->receipt;
    struct receipt_change untouched;
    memset(&t->change, 0x5a, sizeof t->change);
    untouched = t->change;
    t->m->fault = (struct fault){0};
    enum err err =
        receipt_step(&t->m->world, &t->record, &t->receipt, input, t->m->now_ms, &t->change, &t->m->fault);
    assert_memory_equal(&before, &t->receipt, sizeof before);
    if (err) {
        assert_memory_equal(&untouched, &t->change, sizeof untouched);
        assert_int_equal(t->m->fault.code, err);
        assert_true(t->m->fault.text[0]);
        return err;
    }
    assert_memory_equal(&t->change.key, &input->key, sizeof input->key);
    assert_string_equal(t->change.actor.user, input->actor.user);
    take_change(t);
    return ERR_OK;
}

static inline enum err act(struct task *t, enum receipt_event event, const char *user)
{
    struct receipt_input input = says(t, event, user);
    return step(t, &input);
}

/* The timer looks once, now. */
static inline enum receipt_event fire(struct task *t)
{
    if (!receipt_timer(&t->m->world, &t->record, &t->receipt, t->m->now_ms, &t->change))
        return RECEIPT_EVENT_NONE;
    assert_true(t->receipt.next_ms <= t->m->now_ms);
    assert_string_equal(t->change.actor.user, "system:timer");
    assert_true(t->change.text && t->change.text[0]);
    take_change(t);
    return t->change.event;
}

/* The clock goes on to the receipt's next look, which must then do that and nothing more. */
static inline void next_is(struct task *t, enum receipt_event event, int64_t after_ms)
{
    int64_t from = t->m->now_ms;
    assert_true(t->receipt.next_ms < INT64_MAX);
    t->m->now_ms = t->receipt.next_ms - 1;
    if (t->m->now_ms >= from)
        assert_int_equal(fire(t), RECEIPT_EVENT_NONE);
    t->m->now_ms = t->receipt.next_ms > from ? t->receipt.next_ms : from;
    assert_int_equal(t->m->now_ms - from, after_ms);
    assert_string_equal(receipt_event_name(fire(t)), receipt_event_name(event));
}

static inline enum err command_event(struct task *t, struct command draft)
{
    struct command event;
    draft.id = t->record.header.id;
    t->m->fault = (struct fault){0};
    enum err err = command_act(&t->m->world, &t->record, &draft, t->m->now_ms, &event, &t->m->fault);
    assert_int_equal(t->m->fault.code, err);
    if (err)
        return err;
    apply(t->m, &t->record, &event);
    if (t->receipt.state != RECEIPT_NONE &&
        receipt_follow(&t->m->world, &t->record, &event, &t->receipt, t->m->now_ms, &t->change))
        take_change(t);
    return ERR_OK;
}

/* The community's leader says something more about the command. */
static inline struct command later(struct task *t, enum command_event event)
{
    return (struct command){.event = event, .actor = who(t->m, "leader.440306017001"), .reason = "情况有变"};
}

#define STATE(t, name) assert_string_equal(receipt_state_name((t)->receipt.state), #name)
#define HAS(t, flag) assert_true((t)->receipt.flags &RECEIPT_##flag)
#define HAS_NOT(t, flag) assert_false((t)->receipt.flags &RECEIPT_##flag)
#define NEVER_AGAIN(t) assert_true((t)->receipt.next_ms == INT64_MAX)

static inline int task_setup(void **state)
{
    *state = task_new();
    return 0;
}

static inline int task_teardown(void **state)
{
    task_free(*state);
    return 0;
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, task_setup, task_teardown)

#endif
