/* What is asked and answered about commands and units, and what field clients are told. */
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

static void assert_same_text(const char *a, const char *b)
{
    assert_string_equal(a ? a : "", b ? b : "");
}

static void assert_same_draft(const struct command *a, const struct command *b)
{
    struct command x, y;

    assert_same_text(a->text, b->text);
    assert_same_text(a->text_en, b->text_en);
    assert_same_text(a->reason, b->reason);
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    x.text = y.text = x.text_en = y.text_en = x.reason = y.reason = NULL;
    assert_memory_equal(&x, &y, sizeof x);
}

static void assert_same_receipt(const struct receipt_request *a, const struct receipt_request *b)
{
    struct receipt_request x = *a, y = *b;

    assert_same_text(a->input.text, b->input.text);
    assert_same_text(a->input.values, b->input.values);
    x.input.text = y.input.text = x.input.values = y.input.values = NULL;
    assert_memory_equal(&x, &y, sizeof x);
}

static void assert_same_asked(const struct request *back, const struct asked *asked)
{
    const struct request *request = &asked->request;

    assert_int_equal(back->kind, request->kind);
    assert_string_equal(back->user, request->user);
    assert_true(id_equal(&back->input.key, &request->input.key));
    assert_int_equal(back->command != NULL, request->command != NULL);
    assert_int_equal(back->receipt != NULL, request->receipt != NULL);
    assert_int_equal(back->unit != NULL, request->unit != NULL);
    assert_int_equal(back->attach != NULL, request->attach != NULL);
    if (back->command)
        assert_same_draft(back->command, &asked->command);
    if (back->receipt)
        assert_same_receipt(back->receipt, &asked->receipt);
    if (back->unit)
        assert_memory_equal(back->unit, &asked->unit, sizeof asked->unit);
    if (back->attach) {
        assert_int_equal(back->attach->count, asked->attach.count);
        for (size_t i = 0; i < asked->attach.count; i++)
            assert_string_equal(back->attach->units[i], asked->names[i]);
    }
}

static void test_requests_about_commands_come_back_as_they_were(void **state)
{
    (void)state;
    static struct asked asked;
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct frame frame = {.kind = FRAME_REQUEST}, back;
        sample_asked(&s, (enum request_kind)(REQUEST_COMMAND + round % 4), &asked);
        frame.request.request = &asked.request;
        there_and_back(&frame, &back);
        assert_same_asked(back.request.request, &asked);
    }
}

static void test_the_largest_gateway_fits_into_a_frame_and_its_arena(void **state)
{
    (void)state;
    static struct asked asked;
    struct frame frame = {.kind = FRAME_REQUEST}, back;
    struct sampler s = sampler_new();

    sample_asked(&s, REQUEST_ATTACH, &asked);
    asked.attach.count = ATTACH_UNITS_MAX;
    asked.attach.units = (const char(*)[USER_SIZE])asked.names;
    for (size_t i = 0; i < ATTACH_UNITS_MAX; i++)
        memset(asked.names[i], 'u', USER_SIZE - 1);
    frame.request.request = &asked.request;
    there_and_back(&frame, &back);
    assert_same_asked(back.request.request, &asked);
}

static void test_pushes_come_back_as_they_were(void **state)
{
    (void)state;
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct push push, seen;
        struct frame frame = {.kind = FRAME_PUSH}, back;
        sample_push(&s, &push);
        frame.push = &push;
        there_and_back(&frame, &back);
        memcpy(&seen, back.push, sizeof seen);
        assert_same_text(seen.text, push.text);
        assert_same_text(seen.text_en, push.text_en);
        seen.text = push.text;
        seen.text_en = push.text_en;
        assert_memory_equal(&seen, &push, sizeof seen);
    }
}

/* ---- the content of a request, which its key stands for ---- */

static size_t content_of(const struct request *request, uint8_t out[4096])
{
    size_t used = 0;
    assert_int_equal(request_pack_act(request, out, 4096, &used), ERR_OK);
    return used;
}

static bool same_content(const struct request *a, const struct request *b)
{
    static uint8_t x[4096], y[4096];
    size_t size = content_of(a, x);
    return content_of(b, y) == size && memcmp(x, y, size) == 0;
}

static void test_a_key_used_again_for_another_order_is_seen(void **state)
{
    (void)state;
    struct command one = {.event = COMMAND_ISSUE, .kind = COMMAND_ORDER, .text = "one", .targets = "all"};
    struct command two = one;
    struct request a = {.kind = REQUEST_COMMAND, .command = &one},
                   b = {.kind = REQUEST_COMMAND, .command = &two};

    assert_true(same_content(&a, &b));
    two.text = "two";
    assert_false(same_content(&a, &b));
    two = one;
    two.done_limit = (struct span){UNIT_WORK_DAY, 1};
    assert_false(same_content(&a, &b));
}

static void test_a_key_used_again_for_another_answer_is_seen(void **state)
{
    (void)state;
    struct receipt_request one = {.recipient = "center.440306",
                                  .input = {.event = RECEIPT_REPORT, .values = "a=1"}};
    struct receipt_request two = one;
    struct request a = {.kind = REQUEST_RECEIPT, .receipt = &one},
                   b = {.kind = REQUEST_RECEIPT, .receipt = &two};

    assert_true(same_content(&a, &b));
    two.input.values = "a=2";
    assert_false(same_content(&a, &b));
    two = one;
    two.input.zero = true;
    assert_false(same_content(&a, &b));
    two = one;
    strcpy(two.recipient, "center.440307");
    assert_false(same_content(&a, &b));
}

static void test_a_key_used_again_for_another_status_is_seen(void **state)
{
    (void)state;
    struct unit_request one = {
        .ask = UNIT_ASK_STATUS, .unit = "police.440306", .status = "patrol", .lon = NAN, .lat = NAN};
    struct unit_request two = one;
    struct request a = {.kind = REQUEST_UNIT, .unit = &one}, b = {.kind = REQUEST_UNIT, .unit = &two};

    assert_true(same_content(&a, &b));
    strcpy(two.status, "break");
    assert_false(same_content(&a, &b));
}

/* Commands are issued where they are asked for; no center forwards the asking. */
static void test_an_order_is_no_act_to_forward(void **state)
{
    (void)state;
    static struct asked asked;
    struct sampler s = sampler_new();
    struct request *act;
    struct arena arena;
    struct fault fault;
    size_t used;

    sample_asked(&s, REQUEST_COMMAND, &asked);
    arena_init(&arena, memory, sizeof memory);
    assert_int_equal(request_pack_act(&asked.request, bytes, sizeof bytes, &used), ERR_OK);
    assert_int_equal(request_unpack_act(bytes, used, &arena, &act, &fault), ERR_MALFORMED);
    assert_non_null(strstr(fault.text, "act.kind"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_about_commands_come_back_as_they_were),
        cmocka_unit_test(test_the_largest_gateway_fits_into_a_frame_and_its_arena),
        cmocka_unit_test(test_pushes_come_back_as_they_were),
        cmocka_unit_test(test_a_key_used_again_for_another_order_is_seen),
        cmocka_unit_test(test_a_key_used_again_for_another_answer_is_seen),
        cmocka_unit_test(test_a_key_used_again_for_another_status_is_seen),
        cmocka_unit_test(test_an_order_is_no_act_to_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
