/* What the wire refuses in sheets: each with its code and the field's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "command.pb-c.h"
#include "wire_command_samples.h"

static _Alignas(16) uint8_t memory[512 * 1024];
static uint8_t bytes[64 * 1024];
static char long_text[TEXT_SIZE + 1];

#define BYTES(text) ((ProtobufCBinaryData){.len = sizeof(text) - 1, .data = (uint8_t *)(text)})
#define LONG(size) ((ProtobufCBinaryData){.len = (size), .data = (uint8_t *)long_text})
static const ProtobufCBinaryData nothing = {0, NULL};
#define ID BYTES("0123456789abcdef")
#define LATER 253402300800000 /* the first moment of the year 10000 */

struct refusal {
    void (*spoil)(void);
    enum err code;
    const char *says;
};

static void assert_refused(enum err code, const struct fault *fault, const struct refusal *refusal)
{
    if (code == refusal->code && fault->code == code && strstr(fault->text, refusal->says))
        return;
    fail_msg("wanted %s with \"%s\", got %s with \"%s\"", err_name(refusal->code), refusal->says,
             err_name(code), fault->text);
}

/* A function that puts one mistake into the good message below. */
#define SPOIL(name, statement)                                                                               \
    static void name(void)                                                                                   \
    {                                                                                                        \
        statement;                                                                                           \
    }

static Sanji__Actor actor;
static Sanji__SheetBody sheet;
static Sanji__ReceiptChange change;
static Sanji__Receipt receipt;
static Sanji__Actor *actors[1] = {&actor};
static Sanji__ReceiptChange *changes[SHEET_CHANGES_MAX + 1];
static uint64_t times[14];

static void good_sheet(void)
{
    sanji__sheet_body__init(&sheet);
    sanji__receipt_change__init(&change);
    sanji__receipt__init(&receipt);
    sanji__actor__init(&actor);
    actor.user = BYTES("system:timer");
    actor.post = POST_TIMER;
    sheet.command = ID;
    sheet.event = SHEET_OPEN;
    sheet.around = 1000;
    sheet.n_actors = 1;
    sheet.actors = actors;
    sheet.n_changes = 1;
    sheet.changes = changes;
    changes[0] = &change;
    change.event = RECEIPT_DELIVER;
    change.actor = 1;
    change.after = &receipt;
    receipt.name = BYTES("center.440306017");
    receipt.state = RECEIPT_DELIVERED;
    memset(times, 0, sizeof times);
    receipt.times = times;
    receipt.n_times = 14;
}

SPOIL(sheet_command, sheet.command = nothing)
SPOIL(sheet_command_short, sheet.command.len = 3)
SPOIL(sheet_event_none, sheet.event = 0)
SPOIL(sheet_event_later, sheet.event = SHEET_EVENTS)
SPOIL(around_negative, sheet.around = -1)
SPOIL(around_far, sheet.around = LATER)
SPOIL(changes_many, {
    for (size_t i = 0; i <= SHEET_CHANGES_MAX; i++)
        changes[i] = &change;
    sheet.n_changes = SHEET_CHANGES_MAX + 1;
})
SPOIL(change_event_none, change.event = 0)
SPOIL(change_event_gap, change.event = RECEIPT_HAND_OVER + 1)
SPOIL(change_event_gap_2, change.event = RECEIPT_RELIEVED + 1)
SPOIL(change_event_later, change.event = RECEIPT_EVENTS)
SPOIL(change_actor, change.actor = 2)
SPOIL(change_actor_user, actor.user = nothing)
SPOIL(change_key, change.key = BYTES("key"))
SPOIL(change_outcome, change.outcome = 1000)
SPOIL(change_text, change.text = BYTES("\x1b[31m"))
SPOIL(change_after, change.after = NULL)
SPOIL(name_none, receipt.name = nothing)
SPOIL(name_code, receipt.name = BYTES("center 440306"))
SPOIL(name_long, receipt.name = LONG(USER_SIZE))
SPOIL(state_none, receipt.state = 0)
SPOIL(state_far, receipt.state = RECEIPT_STATES)
SPOIL(rung, receipt.rung = 5)
SPOIL(repeats, receipt.repeats = 256)
SPOIL(reports, receipt.reports = -1)
SPOIL(receipt_score, receipt.score = 6)
SPOIL(by, receipt.by = BYTES("li\nlei"))
SPOIL(deputy, receipt.deputy = LONG(USER_SIZE))
SPOIL(answer, receipt.answer = LONG(ANSWER_SIZE))
SPOIL(values, receipt.values = LONG(VALUES_SIZE))
SPOIL(time_before, times[0] = 2 + 2 * 1001 - 1) /* 1001 ms before the 1000th */
SPOIL(time_far, times[5] = 2 + 2 * (uint64_t)LATER)
SPOIL(acked_never, times[5] = 1)
SPOIL(last_never, times[1] = 1)
SPOIL(next_far, times[2] = UINT64_MAX - 1)

static const struct refusal of_sheets[] = {
    {sheet_command, ERR_MISSING, "sheet.command"},
    {sheet_command_short, ERR_MALFORMED, "sheet.command"},
    {sheet_event_none, ERR_MISSING, "sheet.event"},
    {sheet_event_later, ERR_UNKNOWN_KIND, "sheet.event"},
    {around_negative, ERR_RANGE, "sheet.around"},
    {around_far, ERR_RANGE, "sheet.around"},
    {changes_many, ERR_TOO_LONG, "sheet.changes"},
    {change_event_none, ERR_MISSING, "sheet.change.event"},
    {change_event_gap, ERR_UNKNOWN_KIND, "sheet.change.event"},
    {change_event_gap_2, ERR_UNKNOWN_KIND, "sheet.change.event"},
    {change_event_later, ERR_UNKNOWN_KIND, "sheet.change.event"},
    {change_actor, ERR_RANGE, "sheet.change.actor"},
    {change_actor_user, ERR_MISSING, "sheet.actor.user"},
    {change_key, ERR_MALFORMED, "sheet.change.key"},
    {change_outcome, ERR_RANGE, "sheet.change.outcome"},
    {change_text, ERR_BAD_TEXT, "sheet.change.text"},
    {change_after, ERR_MISSING, "sheet.change.after"},
    {name_none, ERR_MISSING, "sheet.receipt.name"},
    {name_code, ERR_MALFORMED, "sheet.receipt.name"},
    {name_long, ERR_TOO_LONG, "sheet.receipt.name"},
    {state_none, ERR_RANGE, "sheet.receipt.state"},
    {state_far, ERR_RANGE, "sheet.receipt.state"},
    {rung, ERR_RANGE, "sheet.receipt.rung"},
    {repeats, ERR_RANGE, "sheet.receipt.repeats"},
    {reports, ERR_RANGE, "sheet.receipt.reports"},
    {receipt_score, ERR_RANGE, "sheet.receipt.score"},
    {by, ERR_BAD_TEXT, "sheet.receipt.by"},
    {deputy, ERR_TOO_LONG, "sheet.receipt.deputy"},
    {answer, ERR_TOO_LONG, "sheet.receipt.answer"},
    {values, ERR_TOO_LONG, "sheet.receipt.values"},
    {time_before, ERR_RANGE, "sheet.receipt.delivered"},
    {time_far, ERR_RANGE, "sheet.receipt.acked"},
    {acked_never, ERR_RANGE, "sheet.receipt.acked"},
    {last_never, ERR_RANGE, "sheet.receipt.last"},
    {next_far, ERR_RANGE, "sheet.receipt.next"},
};

static enum err unpack_sheet(struct sheet_body *out, struct fault *fault)
{
    struct arena arena;

    arena_init(&arena, memory, sizeof memory);
    return sheet_unpack(bytes, sanji__sheet_body__pack(&sheet, bytes), &arena, out, fault);
}

static void test_sheets_out_of_bounds_are_refused_by_name(void **state)
{
    (void)state;
    struct sheet_body out;
    struct fault fault = {ERR_OK, ""};

    good_sheet();
    assert_int_equal(unpack_sheet(&out, &fault), ERR_OK);
    for (size_t i = 0; i < sizeof of_sheets / sizeof of_sheets[0]; i++) {
        good_sheet();
        of_sheets[i].spoil();
        enum err code = unpack_sheet(&out, &fault);
        assert_refused(code, &fault, &of_sheets[i]);
    }
}

/* So that a center can tell what to store and pass on from what to set aside: a later event may bring
 * anything. */
static void test_a_sheet_of_a_later_version_is_told_from_a_broken_one(void **state)
{
    (void)state;
    struct sheet_body out;
    struct fault fault;

    good_sheet();
    sheet_event_later();
    state_far();
    assert_int_equal(unpack_sheet(&out, &fault), ERR_UNKNOWN_KIND);
}

/* Two bytes a change: what a body holds of them would want megabytes. */
static void test_a_bomb_of_tiny_changes_ends_at_its_bound(void **state)
{
    (void)state;
    struct sheet_body out;
    struct arena arena;
    struct fault fault;

    good_sheet();
    sheet.n_changes = 0;
    size_t used = sanji__sheet_body__pack(&sheet, bytes);
    for (; used + 2 <= BODY_BYTES_MAX; used += 2) {
        bytes[used] = 0x32; /* field 6, a message */
        bytes[used + 1] = 0;
    }
    arena_init(&arena, memory, sizeof memory);
    assert_int_equal(sheet_unpack(bytes, used, &arena, &out, &fault), ERR_TOO_LONG);
}

static int start(void **state)
{
    (void)state;
    memset(long_text, 'a', sizeof long_text);
    return wire_init() == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sheets_out_of_bounds_are_refused_by_name),
        cmocka_unit_test(test_a_sheet_of_a_later_version_is_told_from_a_broken_one),
        cmocka_unit_test(test_a_bomb_of_tiny_changes_ends_at_its_bound),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
