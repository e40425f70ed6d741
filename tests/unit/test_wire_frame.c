/* Frames of every kind, there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire_frame_samples.h"

#define ROUNDS 200

static _Alignas(16) uint8_t memory[FRAME_ARENA_BYTES];
static uint8_t bytes[FRAME_BYTES_MAX + 1];

static void there_and_back(const struct frame *frame, struct frame *back)
{
    struct arena arena;
    struct fault fault = {ERR_OK, ""};
    size_t used = 0;

    arena_init(&arena, memory, sizeof memory);
    assert_int_equal(frame_pack(frame, bytes, sizeof bytes, &used), ERR_OK);
    if (frame_unpack(bytes, used, &arena, back, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(back->kind, frame->kind);
}

static void test_the_frames_of_a_session_come_back_byte_by_byte(void **state)
{
    (void)state;
    static struct frame (*const makers[])(struct sampler *) = {hello_frame, ping_frame, ack_frame,
                                                               refuse_frame};
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct frame frame = makers[round % 4](&s), back;
        there_and_back(&frame, &back);
        assert_memory_equal(&back, &frame, sizeof frame);
    }
}

static void assert_same_entry(const struct entry *a, const struct entry *b)
{
    struct entry x = *a, y = *b;
    assert_int_equal(a->envelope != NULL, b->envelope != NULL);
    if (a->envelope)
        assert_memory_equal(a->envelope, b->envelope, WIRE_ENVELOPE_BYTES);
    assert_memory_equal(a->body, b->body, a->body_size);
    x.envelope = y.envelope = x.body = y.body = NULL;
    assert_memory_equal(&x, &y, sizeof x);
}

static void test_entries_come_back_and_stay_within_what_was_promised(void **state)
{
    (void)state;
    struct sampler s = sampler_new();
    uint8_t envelope[WIRE_ENVELOPE_BYTES], body[501];
    struct entry entries[ENTRIES_PER_FRAME_MAX];

    sample_bytes(&s, envelope, sizeof envelope);
    sample_bytes(&s, body, sizeof body);
    for (int round = 0; round < ROUNDS / 4; round++) {
        struct frame frame = neighbour_frame(&s, FRAME_ENTRIES), empty = neighbour_frame(&s, FRAME_PING),
                     back;
        size_t promised = 0, used, bare;
        frame.entries.lane = (enum lane)sample_int(&s, LANES - 1);
        frame.entries.count = 1 + (size_t)sample_int(&s, ENTRIES_PER_FRAME_MAX - 1);
        frame.entries.entries = entries;
        for (size_t i = 0; i < frame.entries.count; i++) {
            sample_entry(&s, &entries[i], envelope, body);
            promised += frame_entry_bytes(&entries[i]);
        }
        there_and_back(&frame, &back);
        assert_int_equal(back.entries.lane, frame.entries.lane);
        assert_int_equal(back.entries.count, frame.entries.count);
        for (size_t i = 0; i < frame.entries.count; i++)
            assert_same_entry(&entries[i], &back.entries.entries[i]);
        assert_int_equal(frame_pack(&frame, bytes, sizeof bytes, &used), ERR_OK);
        assert_int_equal(frame_pack(&empty, bytes, sizeof bytes, &bare), ERR_OK);
        assert_in_range(used, 1, promised + bare);
    }
}

static struct entry large_entry(const uint8_t *body, size_t size)
{
    static uint8_t envelope[WIRE_ENVELOPE_BYTES];
    struct entry entry;

    memset(&entry, 0, sizeof entry);
    entry.lsn = entry.prev = INT64_MAX;
    entry.prev--;
    entry.kind = ENTRY_EVENT;
    entry.more = true;
    memset(entry.subject.bytes, 0xff, ID_BYTES);
    entry.subject_no = entry.epoch = INT32_MAX;
    entry.code = (enum err)999;
    entry.envelope = envelope;
    entry.body = body;
    entry.body_size = size;
    return entry;
}

/* As many of the largest entries as there is room for, in an arena of the promised size. */
static void test_the_fullest_frame_fits_into_the_promised_arena(void **state)
{
    (void)state;
    static uint8_t body[BODY_BYTES_MAX];
    struct sampler s = sampler_new();
    struct entry entries[ENTRIES_PER_FRAME_MAX];
    struct frame frame = neighbour_frame(&s, FRAME_ENTRIES), back;
    size_t room = FRAME_BYTES_MAX / ENTRIES_PER_FRAME_MAX - 2;

    for (size_t i = 0; i < ENTRIES_PER_FRAME_MAX; i++) {
        struct entry bare = large_entry(body, 0);
        entries[i] = large_entry(body, room - frame_entry_bytes(&bare));
    }
    frame.entries.entries = entries;
    frame.entries.count = ENTRIES_PER_FRAME_MAX;
    there_and_back(&frame, &back);
    for (size_t i = 0; i < 7; i++)
        entries[i] = large_entry(body, BODY_BYTES_MAX);
    frame.entries.count = 7;
    there_and_back(&frame, &back);
}

static void assert_same_content(const struct case_content *a, const struct case_content *b)
{
    assert_string_equal(a->text ? a->text : "", b->text ? b->text : "");
    assert_string_equal(a->reason ? a->reason : "", b->reason ? b->reason : "");
    assert_string_equal(a->address ? a->address : "", b->address ? b->address : "");
    assert_int_equal(a->before_count, b->before_count);
    assert_int_equal(a->after_count, b->after_count);
    for (size_t i = 0; i < a->before_count; i++)
        assert_string_equal(a->before[i], b->before[i]);
    for (size_t i = 0; i < a->after_count; i++)
        assert_string_equal(a->after[i], b->after[i]);
}

static void assert_same_request(const struct request *a, const struct request *b)
{
    struct request x, y;

    assert_same_content(&a->input.content, &b->input.content);
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    memset(&x.input.content, 0, sizeof x.input.content);
    memset(&y.input.content, 0, sizeof y.input.content);
    assert_memory_equal(&x, &y, sizeof x);
}

static void test_requests_come_back_as_they_were(void **state)
{
    (void)state;
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct request request;
        struct frame frame = {.kind = FRAME_REQUEST}, back;
        sample_request(&s, (enum request_kind)(1 + round % REQUEST_REPAIR), &request);
        frame.request.correlation = sample_bits(&s);
        frame.request.request = &request;
        there_and_back(&frame, &back);
        assert_true(back.request.correlation == frame.request.correlation);
        assert_same_request(back.request.request, &request);
    }
}

static void test_a_forwarded_act_comes_back_with_its_actor(void **state)
{
    (void)state;
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct request act, *back = NULL;
        struct arena arena;
        struct fault fault = {ERR_OK, ""};
        size_t used, again;
        arena_init(&arena, memory, sizeof memory);
        sample_forwarded(&s, &act);
        assert_int_equal(request_pack_act(&act, bytes, sizeof bytes, &used), ERR_OK);
        assert_int_equal(request_unpack_act(bytes, used, &arena, &back, &fault), ERR_OK);
        assert_same_request(back, &act);
        assert_int_equal(request_pack_act(&act, bytes, used - 1, &again), ERR_TOO_LONG);
    }
}

/* Rule 10 of custody: who acts is said by the origin center, never by a client. */
static void test_a_client_cannot_say_who_acts(void **state)
{
    (void)state;
    struct sampler s = sampler_new();
    struct request act;
    struct frame frame = {.kind = FRAME_REQUEST}, back;
    struct arena arena;
    struct fault fault;
    size_t used;

    sample_forwarded(&s, &act);
    frame.request.request = &act;
    arena_init(&arena, memory, sizeof memory);
    assert_int_equal(frame_pack(&frame, bytes, sizeof bytes, &used), ERR_OK);
    assert_int_equal(frame_unpack(bytes, used, &arena, &back, &fault), ERR_MALFORMED);
    assert_non_null(strstr(fault.text, "request.origin"));
    act.origin[0] = '\0';
    assert_int_equal(frame_pack(&frame, bytes, sizeof bytes, &used), ERR_OK);
    assert_int_equal(frame_unpack(bytes, used, &arena, &back, &fault), ERR_MALFORMED);
    assert_non_null(strstr(fault.text, "request.input.actor"));
}

static void test_replies_come_back_as_they_were(void **state)
{
    (void)state;
    static struct link_status links[CHILDREN_MAX + 1];
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct reply reply, seen;
        struct frame frame = {.kind = FRAME_REPLY}, back;
        sample_reply(&s, links, round == 0 ? CHILDREN_MAX + 1 : (size_t)sample_int(&s, 20), &reply);
        frame.reply.correlation = sample_bits(&s);
        frame.reply.reply = &reply;
        there_and_back(&frame, &back);
        assert_true(back.reply.correlation == frame.reply.correlation);
        memcpy(&seen, back.reply.reply, sizeof seen);
        assert_memory_equal(seen.status.links ? seen.status.links : links, links,
                            seen.status.link_count * sizeof *links);
        seen.status.links = reply.status.links;
        assert_memory_equal(&seen, &reply, sizeof seen);
    }
}

static void test_a_frame_that_does_not_fit_is_not_packed(void **state)
{
    (void)state;
    struct sampler s = sampler_new();
    struct frame frame = hello_frame(&s);
    size_t used, again;

    assert_int_equal(frame_pack(&frame, bytes, sizeof bytes, &used), ERR_OK);
    assert_int_equal(frame_pack(&frame, bytes, used - 1, &again), ERR_TOO_LONG);
}

static void test_noise_is_no_frame_and_does_no_harm(void **state)
{
    (void)state;
    struct sampler s = sampler_new();
    struct arena arena;
    struct fault fault;

    for (int round = 0; round < ROUNDS; round++) {
        struct frame frame = hello_frame(&s), back;
        size_t used;
        assert_int_equal(frame_pack(&frame, bytes, sizeof bytes, &used), ERR_OK);
        for (int flips = 0; flips < 4; flips++)
            bytes[sample_bits(&s) % used] ^= (uint8_t)(1u << sample_bits(&s) % 8);
        arena_init(&arena, memory, sizeof memory);
        if (frame_unpack(bytes, sample_bits(&s) % (used + 1), &arena, &back, &fault) != ERR_OK)
            assert_true(fault.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_frames_of_a_session_come_back_byte_by_byte),
        cmocka_unit_test(test_entries_come_back_and_stay_within_what_was_promised),
        cmocka_unit_test(test_the_fullest_frame_fits_into_the_promised_arena),
        cmocka_unit_test(test_requests_come_back_as_they_were),
        cmocka_unit_test(test_a_forwarded_act_comes_back_with_its_actor),
        cmocka_unit_test(test_a_client_cannot_say_who_acts),
        cmocka_unit_test(test_replies_come_back_as_they_were),
        cmocka_unit_test(test_a_frame_that_does_not_fit_is_not_packed),
        cmocka_unit_test(test_noise_is_no_frame_and_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
