/* Sheets, there and back; small, within what was promised, and the same for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire_command_samples.h"

#define ROUNDS 400

static _Alignas(16) uint8_t memory[512 * 1024];

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

static void assert_same_change(const struct receipt_change *a, const struct receipt_change *b)
{
    struct receipt_change x = *a, y = *b;

    assert_same_text(a->text, b->text);
    assert_same_text(a->after.values, b->after.values);
    x.text = y.text = x.after.values = y.after.values = NULL;
    assert_memory_equal(&x, &y, sizeof x);
}

static void test_sheets_come_back_as_they_were(void **state)
{
    (void)state;
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct receipt_change changes[3];
        struct sheet_body sheet, back;
        struct arena arena = fresh_arena();
        struct fault fault = {ERR_OK, ""};
        const uint8_t *body;
        size_t size, promised = 0;
        sample_sheet(&s, changes, &sheet);
        assert_int_equal(sheet_pack(&sheet, &arena, &body, &size), ERR_OK);
        if (sheet_unpack(body, size, &arena, &back, &fault) != ERR_OK)
            fail_msg("%s", fault.text);
        assert_true(id_equal(&back.command, &sheet.command));
        assert_int_equal(back.event, sheet.event);
        assert_int_equal(back.whole, sheet.whole);
        assert_int_equal(back.count, sheet.count);
        for (size_t i = 0; i < sheet.count; i++) {
            assert_same_change(&back.changes[i], &changes[i]);
            promised += sheet_change_bytes(&changes[i]);
        }
        if (sheet.count > 0)
            assert_in_range(size, 1, promised);
    }
}

/* The first of a list gives the time that the others are written around: here the farthest there is. */
static void test_a_change_takes_no_more_than_was_promised_whatever_stands_beside_it(void **state)
{
    (void)state;
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct receipt_change changes[2];
        struct sheet_body sheet = {.event = SHEET_CHANGE, .count = 2, .changes = changes};
        struct arena arena = fresh_arena();
        const uint8_t *body;
        size_t size, bare;
        sample_id(&s, &sheet.command);
        sample_receipt_change(&s, &changes[0]);
        sample_receipt_change(&s, &changes[1]);
        changes[0].after.last_ms = round % 2 ? 253402300799999 : 0;
        assert_int_equal(sheet_pack(&sheet, &arena, &body, &size), ERR_OK);
        sheet.count = 1;
        assert_int_equal(sheet_pack(&sheet, &arena, &body, &bare), ERR_OK);
        assert_in_range(size - bare, 1, sheet_change_bytes(&changes[1]));
    }
}

static struct receipt_change with_times(int64_t at_ms)
{
    struct receipt_change change;
    struct receipt *after = &change.after;

    memset(&change, 0, sizeof change);
    change.event = RECEIPT_ACK;
    strcpy(after->name, "center.440306");
    after->state = RECEIPT_ACKED;
    after->delivered_ms = after->acked_ms = after->departed_ms = after->arrived_ms = at_ms;
    after->reported_ms = after->ended_ms = after->last_ms = after->next_ms = at_ms;
    after->ack_due_ms = after->contact_due_ms = after->arrive_due_ms = after->done_due_ms = at_ms;
    after->report_due_ms = after->par_due_ms = at_ms;
    return change;
}

static void test_times_far_apart_take_no_more_than_was_promised(void **state)
{
    (void)state;
    struct receipt_change changes[2] = {with_times(253402300799999), with_times(1)};
    struct sheet_body sheet = {.event = SHEET_CHANGE, .count = 2, .changes = changes}, back;
    struct arena arena = fresh_arena();
    const uint8_t *body;
    size_t size, bare;

    sheet.command.bytes[0] = 1;
    assert_int_equal(sheet_pack(&sheet, &arena, &body, &size), ERR_OK);
    assert_int_equal(sheet_unpack(body, size, &arena, &back, NULL), ERR_OK);
    assert_same_change(&back.changes[1], &changes[1]);
    sheet.count = 1;
    assert_int_equal(sheet_pack(&sheet, &arena, &body, &bare), ERR_OK);
    assert_in_range(size - bare, 1, sheet_change_bytes(&changes[1]));
}

/* Whoever spoke twice stands once in the list, and nobody for another. */
static void test_who_differs_in_anything_is_another_actor(void **state)
{
    (void)state;
    struct receipt_change changes[6];
    struct sheet_body sheet = {.event = SHEET_CHANGE, .count = 6, .changes = changes}, back;
    struct arena arena = fresh_arena();
    const uint8_t *body;
    size_t size;

    sheet.command.bytes[0] = 1;
    for (size_t i = 0; i < 6; i++) {
        changes[i] = with_times(1795340931123);
        strcpy(changes[i].actor.user, "li");
        changes[i].actor.post = POST_DESK;
    }
    changes[1].actor.post = POST_DISPATCHER;
    strcpy(changes[2].actor.center, "440306");
    strcpy(changes[3].actor.department, "police");
    strcpy(changes[4].actor.area, "440306017");
    strcpy(changes[5].actor.user, "wang");
    assert_int_equal(sheet_pack(&sheet, &arena, &body, &size), ERR_OK);
    assert_int_equal(sheet_unpack(body, size, &arena, &back, NULL), ERR_OK);
    for (size_t i = 0; i < 6; i++)
        assert_same_change(&back.changes[i], &changes[i]);
}

static struct receipt_change delivered(unsigned grid)
{
    struct receipt_change change;
    struct receipt *after = &change.after;

    memset(&change, 0, sizeof change);
    change.event = RECEIPT_DELIVER;
    strcpy(change.actor.user, "system:timer");
    strcpy(change.actor.center, "440306017001");
    change.actor.post = POST_TIMER;
    snprintf(after->name, sizeof after->name, "grid.440306017001%03u", grid);
    after->state = RECEIPT_DELIVERED;
    after->delivered_ms = after->last_ms = 1795340931123;
    after->ack_due_ms = after->next_ms = 1795340931123 + 10 * 60000;
    return change;
}

/* 4,866 grids get every roll call: each receipt's first event must stay small. */
static void test_a_fresh_receipt_takes_few_bytes(void **state)
{
    (void)state;
    static struct receipt_change changes[SHEET_CHANGES_MAX];
    struct sheet_body sheet = {.event = SHEET_OPEN, .count = SHEET_CHANGES_MAX, .changes = changes};
    struct arena arena = fresh_arena();
    const uint8_t *body;
    size_t size, never;

    sheet.command.bytes[0] = 1;
    for (unsigned i = 0; i < SHEET_CHANGES_MAX; i++)
        changes[i] = delivered(i + 1);
    assert_int_equal(sheet_pack(&sheet, &arena, &body, &size), ERR_OK);
    assert_in_range(size / SHEET_CHANGES_MAX, 20, 50);
    for (unsigned i = 0; i < SHEET_CHANGES_MAX; i++)
        changes[i].after.next_ms = INT64_MAX;
    assert_int_equal(sheet_pack(&sheet, &arena, &body, &never), ERR_OK);
    assert_true(never < size);
}

/* What a list promises, it keeps: cut by sheet_change_bytes it always fits. */
static void test_a_list_cut_by_the_promised_bytes_fits_into_one_body(void **state)
{
    (void)state;
    static char words[TEXT_SIZE];
    static struct receipt_change changes[SHEET_CHANGES_MAX];
    struct sheet_body sheet = {.event = SHEET_CHANGE, .changes = changes};
    struct arena arena = fresh_arena();
    const uint8_t *body;
    size_t size, sum = 0;

    memset(words, 'w', sizeof words - 1);
    sheet.command.bytes[0] = 1;
    for (unsigned i = 0; i < SHEET_CHANGES_MAX; i++) {
        changes[i] = delivered(i);
        changes[i].text = words;
    }
    for (; sum + sheet_change_bytes(&changes[sheet.count]) <= BODY_BYTES_MAX; sheet.count++)
        sum += sheet_change_bytes(&changes[sheet.count]);
    assert_in_range(sheet.count, 5, 10);
    assert_int_equal(sheet_pack(&sheet, &arena, &body, &size), ERR_OK);
    sheet.count += 3;
    assert_int_equal(sheet_pack(&sheet, &arena, &body, &size), ERR_TOO_LONG);
}

static void assert_hex(const uint8_t *bytes, size_t size, const char *golden)
{
    static char hex[2048];

    for (size_t i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(hex, golden);
}

static void test_one_sheet_has_these_bytes_for_ever(void **state)
{
    (void)state;
    static const char golden[] =
        "0a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf1001180120b3a0a295a0342a1f0a0c73797374656d3a74696d657210"
        "80201a0c3434303330363031373030312a260a14677269642e34343033303630313730303130303210011a0c3434"
        "3033303630313730303132280814100132220a14677269642e343430333036303137303031303031100242080202"
        "829f49829f49326e080610021a10777777777777777777777777777777772a03e588b032510a14677269642e3434"
        "3033303630313730303130303210061880203001420d020201829f4900a29005a290054a14677269642e34343033"
        "30363031373030313030325a03e588b0620870656f706c653d33";
    struct receipt_change changes[2] = {delivered(1), delivered(2)};
    struct sheet_body sheet = {.event = SHEET_OPEN, .whole = true, .count = 2, .changes = changes};
    struct arena arena = fresh_arena();
    const uint8_t *body;
    size_t size;

    for (uint8_t i = 0; i < ID_BYTES; i++)
        sheet.command.bytes[i] = (uint8_t)(0xa0 + i);
    changes[1].event = RECEIPT_REPORT;
    strcpy(changes[1].actor.user, "grid.440306017001002");
    changes[1].actor.post = POST_GRID_WORKER;
    memset(changes[1].key.bytes, 0x77, ID_BYTES);
    changes[1].text = "到";
    changes[1].after.state = RECEIPT_REPORTED;
    changes[1].after.flags = RECEIPT_ZERO;
    changes[1].after.reports = 1;
    changes[1].after.acked_ms = changes[1].after.reported_ms = changes[1].after.delivered_ms + 42000;
    changes[1].after.next_ms = INT64_MAX;
    strcpy(changes[1].after.by, "grid.440306017001002");
    strcpy(changes[1].after.answer, "到");
    changes[1].after.values = "people=3";
    assert_int_equal(sheet_pack(&sheet, &arena, &body, &size), ERR_OK);
    assert_hex(body, size, golden);
}

static int start(void **state)
{
    (void)state;
    return wire_init() == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sheets_come_back_as_they_were),
        cmocka_unit_test(test_a_change_takes_no_more_than_was_promised_whatever_stands_beside_it),
        cmocka_unit_test(test_times_far_apart_take_no_more_than_was_promised),
        cmocka_unit_test(test_who_differs_in_anything_is_another_actor),
        cmocka_unit_test(test_a_fresh_receipt_takes_few_bytes),
        cmocka_unit_test(test_a_list_cut_by_the_promised_bytes_fits_into_one_body),
        cmocka_unit_test(test_one_sheet_has_these_bytes_for_ever),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
