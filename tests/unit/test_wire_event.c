/* Events as their owner writes them and as everyone else reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event.pb-c.h"
#include "wire_samples.h"

#define ROUNDS 400

static _Alignas(16) uint8_t memory[256 * 1024];

static struct arena fresh_arena(void)
{
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    return arena;
}

static void assert_same_text(const char *a, const char *b)
{
    assert_string_equal(a ? a : "", b ? b : "");
}

static void assert_same_content(const struct case_content *a, const struct case_content *b)
{
    assert_same_text(a->text, b->text);
    assert_same_text(a->reason, b->reason);
    assert_same_text(a->address, b->address);
    assert_int_equal(a->before_count, b->before_count);
    assert_int_equal(a->after_count, b->after_count);
    for (size_t i = 0; i < a->before_count; i++)
        assert_string_equal(a->before[i], b->before[i]);
    for (size_t i = 0; i < a->after_count; i++)
        assert_string_equal(a->after[i], b->after[i]);
}

static struct case_change small_change(struct sampler *s)
{
    static struct case_content none;
    struct case_change change;

    sample_change(s, &none, &change);
    memset(&none, 0, sizeof none);
    return change;
}

static void test_facts_come_back_byte_by_byte(void **state)
{
    (void)state;
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct case_facts facts, back;
        uint8_t bytes[FACTS_BYTES_MAX];
        size_t used;
        struct arena arena = fresh_arena();
        sample_facts(&s, &facts);
        memset(&back, 0xff, sizeof back);
        assert_int_equal(facts_pack(&facts, bytes, sizeof bytes, &used), ERR_OK);
        assert_int_equal(facts_unpack(bytes, used, &arena, &back), ERR_OK);
        assert_memory_equal(&back, &facts, sizeof facts);
    }
}

/* A new fact must get a place on the wire, in the samples and here. */
static void test_every_fact_has_its_place(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct case_facts), 1256);
    assert_int_equal(sizeof(struct limits), 10 * sizeof(struct span));
    assert_int_equal(sizeof(struct policy), 88);
    assert_int_equal(sizeof(struct case_clock), 72);
}

static struct case_facts fresh_facts(void)
{
    const struct span hour = {UNIT_WORK_HOUR, 60}, day = {UNIT_WORK_DAY, 13};
    struct case_facts facts;

    memset(&facts, 0, sizeof facts);
    facts.catalogue_version = 12;
    facts.calendar_version = 2026;
    facts.opened_ms = 1795340931123;
    facts.limits = (struct limits){hour, hour, hour, hour, day, day, day, day, day, day};
    strcpy(facts.policy.name, "peace-ordinary");
    facts.policy.yellow_percent = 80;
    facts.policy.deputy = facts.policy.grace = facts.policy.dwell = facts.policy.review = day;
    facts.policy.ack_lapse = facts.policy.supervise_reply = facts.policy.repeat = hour;
    facts.policy.repeats_max = 3;
    facts.policy.returns_max = facts.policy.extensions_max = 1;
    facts.policy.first_extension_percent = 50;
    facts.clocks[CLOCK_STATE] = (struct case_clock){.run = CLOCK_RUNNING,
                                                    .unit = UNIT_WORK_HOUR,
                                                    .start_ms = facts.opened_ms,
                                                    .due_ms = facts.opened_ms + 3600000,
                                                    .next_ms = facts.opened_ms + 2880000,
                                                    .first_due_ms = facts.opened_ms + 3600000,
                                                    .since_ms = facts.opened_ms,
                                                    .remain_ms = 3600000,
                                                    .limit_ms = 3600000};
    return facts;
}

static void test_a_fresh_case_has_small_facts(void **state)
{
    (void)state;
    struct case_facts facts = fresh_facts();
    uint8_t bytes[FACTS_BYTES_MAX];
    size_t used;

    assert_int_equal(facts_pack(&facts, bytes, sizeof bytes, &used), ERR_OK);
    assert_in_range(used, 1, 120);
}

static void test_facts_that_do_not_fit_say_so(void **state)
{
    (void)state;
    struct case_facts facts = fresh_facts();
    uint8_t bytes[FACTS_BYTES_MAX];
    size_t used, again;

    assert_int_equal(facts_pack(&facts, bytes, sizeof bytes, &used), ERR_OK);
    assert_int_equal(facts_pack(&facts, bytes, used - 1, &again), ERR_TOO_LONG);
    assert_int_equal(facts_pack(&facts, bytes, used, &again), ERR_OK);
    assert_int_equal(again, used);
}

static void assert_same_birth(const struct event_birth *birth, const struct case_record *record)
{
    assert_string_equal(birth->case_no, record->case_no);
    assert_string_equal(birth->origin, record->origin);
    assert_string_equal(birth->item, record->item);
    assert_string_equal(birth->area, record->area);
    assert_string_equal(birth->source, record->source);
    assert_string_equal(birth->reporter, record->reporter);
    assert_memory_equal(&birth->lon, &record->lon, sizeof birth->lon);
    assert_memory_equal(&birth->lat, &record->lat, sizeof birth->lat);
}

static void assert_body_is(const struct event_body *body, const struct case_change *change)
{
    assert_memory_equal(&body->key, &change->key, sizeof body->key);
    assert_int_equal(body->outcome, change->outcome);
    assert_int_equal(body->refused, change->refused);
    assert_int_equal(body->before, change->before);
    assert_string_equal(body->target, change->target);
    assert_string_equal(body->note, change->note);
    assert_string_equal(body->actor_name, post_name(change->actor.post));
    assert_string_equal(body->actor_center, change->actor.center);
    assert_same_content(&body->content, change->content);
    assert_true(body->has_facts);
    assert_memory_equal(&body->facts, &change->after.facts, sizeof body->facts);
    assert_int_equal(body->has_birth, change->after.last_no == 1);
    if (body->has_birth)
        assert_same_birth(&body->birth, &change->after);
}

static void assert_envelope_is(const struct envelope *envelope, const struct case_change *change)
{
    const struct case_record *after = &change->after;
    const struct case_clock *clock = &after->facts.clocks[CLOCK_STATE];

    assert_int_equal(envelope->subject_kind, SUBJECT_CASE);
    assert_memory_equal(&envelope->subject, &after->id, sizeof after->id);
    assert_int_equal(envelope->no, after->last_no);
    assert_int_equal(envelope->at_ms, after->last_ms);
    assert_string_equal(envelope->actor, change->actor.user);
    assert_int_equal(envelope->kind, change->event);
    assert_int_equal(envelope->epoch, after->epoch);
    assert_string_equal(envelope->writer, "440306");
    assert_string_equal(envelope->next_owner, after->owner);
    assert_int_equal(envelope->state, after->state);
    assert_int_equal(envelope->due_ms[0], clock->run == CLOCK_RUNNING ? clock->due_ms : 0);
}

static void test_a_change_comes_back_from_its_event(void **state)
{
    (void)state;
    static const uint8_t prev[HASH_BYTES] = {1, 2, 3};
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct case_content content;
        struct case_change change;
        struct event_bytes event;
        struct event_body body;
        struct envelope envelope;
        struct arena arena = fresh_arena();
        struct fault fault = {ERR_OK, ""};
        sample_change(&s, &content, &change);
        assert_int_equal(event_encode(&change, "440306", prev, &arena, &event), ERR_OK);
        assert_int_equal(envelope_unpack(event.packed, &envelope), ERR_OK);
        assert_envelope_is(&envelope, &change);
        assert_memory_equal(envelope.prev_hash, prev, HASH_BYTES);
        assert_int_equal(event_decode(event.body, event.body_size, &arena, &body, &fault), ERR_OK);
        assert_body_is(&body, &change);
    }
}

static void test_the_facts_of_an_event_are_those_that_the_case_table_keeps(void **state)
{
    (void)state;
    static const uint8_t prev[HASH_BYTES];
    struct sampler s = sampler_new();
    struct case_change change = small_change(&s);
    struct event_bytes event;
    struct arena arena = fresh_arena();
    uint8_t alone[FACTS_BYTES_MAX];
    size_t used;

    assert_int_equal(event_encode(&change, "440306", prev, &arena, &event), ERR_OK);
    assert_int_equal(facts_pack(&change.after.facts, alone, sizeof alone, &used), ERR_OK);
    assert_int_equal(event.facts_size, used);
    assert_memory_equal(event.facts, alone, used);
}

/* Three events of one case, each with the hash of the one before. */
static void test_a_chain_verifies_and_a_flipped_bit_is_seen(void **state)
{
    (void)state;
    struct sampler s = sampler_new();
    struct event_bytes log[3];
    uint8_t prev[HASH_BYTES] = {0}, hash[HASH_BYTES];
    struct arena arena = fresh_arena();

    for (int i = 0; i < 3; i++) {
        struct case_change change = small_change(&s);
        change.after.last_no = i + 1;
        assert_int_equal(event_encode(&change, "440306", prev, &arena, &log[i]), ERR_OK);
        memcpy(prev, log[i].hash, HASH_BYTES);
    }
    for (int i = 0; i < 3; i++) {
        envelope_hash(log[i].packed, hash);
        assert_memory_equal(hash, log[i].hash, HASH_BYTES);
        if (i > 0)
            assert_memory_equal(log[i].envelope.prev_hash, log[i - 1].hash, HASH_BYTES);
        wire_hash(log[i].body, log[i].body_size, hash);
        assert_memory_equal(hash, log[i].envelope.body_hash, HASH_BYTES);
    }
    log[1].packed[40] ^= 1;
    envelope_hash(log[1].packed, hash);
    assert_memory_not_equal(hash, log[2].envelope.prev_hash, HASH_BYTES);
    memory[log[2].body - memory] ^= 1;
    wire_hash(log[2].body, log[2].body_size, hash);
    assert_memory_not_equal(hash, log[2].envelope.body_hash, HASH_BYTES);
}

static void test_a_copy_is_born_from_the_first_event(void **state)
{
    (void)state;
    static const uint8_t prev[HASH_BYTES];
    struct sampler s = sampler_new();
    struct case_change change = small_change(&s);
    struct event_bytes event;
    struct event_body body;
    struct case_record copy;
    struct arena arena = fresh_arena();

    change.after.last_no = 1;
    assert_int_equal(event_encode(&change, "440306", prev, &arena, &event), ERR_OK);
    assert_int_equal(event_decode(event.body, event.body_size, &arena, &body, NULL), ERR_OK);
    record_from_birth(&event.envelope, &body.birth, &copy);
    assert_memory_equal(&copy.id, &change.after.id, sizeof copy.id);
    assert_same_birth(&body.birth, &copy);
    assert_int_equal(copy.last_no, 0);
    assert_int_equal(copy.state, CASE_NONE);
}

static void test_an_erased_body_has_no_facts(void **state)
{
    (void)state;
    struct event_body body;
    struct arena arena = fresh_arena();

    assert_int_equal(event_decode(NULL, 0, &arena, &body, NULL), ERR_OK);
    assert_false(body.has_facts);
    assert_false(body.has_birth);
}

static void test_a_full_arena_stops_an_event(void **state)
{
    (void)state;
    static const uint8_t prev[HASH_BYTES];
    struct sampler s = sampler_new();
    struct case_change change = small_change(&s);
    struct event_bytes event;
    struct arena arena;

    arena_init(&arena, memory, 64);
    assert_int_equal(event_encode(&change, "440306", prev, &arena, &event), ERR_MEMORY);
}

static void test_a_body_beyond_its_bound_is_not_written(void **state)
{
    (void)state;
    static const uint8_t prev[HASH_BYTES];
    static char huge[BODY_BYTES_MAX + 1];
    struct sampler s = sampler_new();
    struct case_change change = small_change(&s);
    struct case_content content;
    struct event_bytes event;
    struct arena arena = fresh_arena();

    memset(&content, 0, sizeof content);
    memset(huge, 'a', sizeof huge - 1);
    content.text = huge;
    change.content = &content;
    assert_int_equal(event_encode(&change, "440306", prev, &arena, &event), ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_come_back_byte_by_byte),
        cmocka_unit_test(test_every_fact_has_its_place),
        cmocka_unit_test(test_a_fresh_case_has_small_facts),
        cmocka_unit_test(test_facts_that_do_not_fit_say_so),
        cmocka_unit_test(test_a_change_comes_back_from_its_event),
        cmocka_unit_test(test_the_facts_of_an_event_are_those_that_the_case_table_keeps),
        cmocka_unit_test(test_a_chain_verifies_and_a_flipped_bit_is_seen),
        cmocka_unit_test(test_a_copy_is_born_from_the_first_event),
        cmocka_unit_test(test_an_erased_body_has_no_facts),
        cmocka_unit_test(test_a_full_arena_stops_an_event),
        cmocka_unit_test(test_a_body_beyond_its_bound_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
