/* What the wire refuses in statements, sheets and units: each with its code and the field's name. */
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

/* statements */
static Sanji__Statement statement;
static Sanji__Actor actor;
static Sanji__Place place;
static Sanji__FormField field;
static Sanji__FormField *fields[FORM_FIELDS_MAX + 1];

static void good_statement(void)
{
    sanji__statement__init(&statement);
    sanji__actor__init(&actor);
    sanji__place__init(&place);
    sanji__form_field__init(&field);
    actor.user = BYTES("leader.440306");
    actor.post = POST_LEADER;
    field.name = BYTES("people");
    field.type = FORM_NUMBER;
    fields[0] = &field;
    statement.id = ID;
    statement.event = COMMAND_ISSUE;
    statement.no = 1;
    statement.center = BYTES("440306");
    statement.actor = &actor;
    statement.status = COMMAND_ACTUAL;
    statement.kind = COMMAND_ORDER;
    statement.targets = BYTES("all");
    statement.text = BYTES("两行\n文字");
    statement.n_form = 1;
    statement.form = fields;
    statement.place = &place;
}

SPOIL(id_none, statement.id = nothing)
SPOIL(id_zero, statement.id = BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"))
SPOIL(id_short, statement.id.len = 15)
SPOIL(event_none, statement.event = 0)
SPOIL(event_later, statement.event = COMMAND_EVENTS)
SPOIL(event_far, statement.event = UINT32_MAX)
SPOIL(no_none, statement.no = 0)
SPOIL(no_negative, statement.no = -1)
SPOIL(center_none, statement.center = nothing)
SPOIL(center_code, statement.center = BYTES("440306 1"))
SPOIL(center_long, statement.center = LONG(CODE_SIZE))
SPOIL(actor_user, actor.user = nothing)
SPOIL(actor_post, actor.post = 3)
SPOIL(actor_center, actor.center = BYTES("a/b"))
SPOIL(sent, statement.sent = -1)
SPOIL(effective, statement.effective = LATER)
SPOIL(expires, statement.expires = INT64_MAX)
SPOIL(references, statement.references = BYTES("short"))
SPOIL(status_none, statement.status = 0)
SPOIL(status_far, statement.status = 4)
SPOIL(kind_none, statement.kind = COMMAND_NONE)
SPOIL(kind_later, statement.kind = COMMAND_KINDS)
SPOIL(priority, statement.priority = 3)
SPOIL(case_id, statement.case_id.len = 1; statement.case_id.data = (uint8_t *)"x")
SPOIL(case_no, statement.case_no = BYTES("no code"))
SPOIL(text_nul, statement.text = BYTES("one\0two"))
SPOIL(text_utf8, statement.text = BYTES("\xc0\xaf"))
SPOIL(text_long, statement.text = LONG(TEXT_SIZE))
SPOIL(text_en, statement.text_en = LONG(TEXT_SIZE))
SPOIL(reason, statement.reason = LONG(REASON_SIZE))
SPOIL(targets_none, statement.targets = nothing)
SPOIL(targets_long, statement.targets = LONG(SELECTOR_SIZE))
SPOIL(targets_lines, statement.targets = BYTES("all\nall"))
SPOIL(ack_limit, statement.ack_limit = 7)
SPOIL(contact_limit, statement.contact_limit = 8 * 5256001ull)
SPOIL(arrive_limit, statement.arrive_limit = UINT64_MAX)
SPOIL(done_limit, statement.done_limit = 5)
SPOIL(report_interval, statement.report_interval = 6)
SPOIL(par_interval, statement.par_interval = 7)
SPOIL(ack_rule, statement.ack_rule = 4)
SPOIL(ack_count, statement.ack_count = -1)
SPOIL(form_many, {
    for (size_t i = 0; i <= FORM_FIELDS_MAX; i++)
        fields[i] = &field;
    statement.n_form = FORM_FIELDS_MAX + 1;
})
SPOIL(form_name_none, field.name = nothing)
SPOIL(form_name_equals, field.name = BYTES("a=b"))
SPOIL(form_name_long, field.name = LONG(POST_SIZE))
SPOIL(form_type_none, field.type = 0)
SPOIL(form_type_far, field.type = FORM_PHOTO + 1)
SPOIL(form_zh, field.zh = LONG(NAME_SIZE))
SPOIL(stage, statement.stage = LONG(POST_SIZE))
SPOIL(alert, statement.alert = ALERTS)
SPOIL(mode_start, statement.mode_start = -1)
SPOIL(mode_end, statement.mode_end = LATER)
SPOIL(lease, statement.lease = LATER)
SPOIL(plan, statement.plan = BYTES("a plan"))
SPOIL(circle_negative, statement.circle = -1)
SPOIL(circle_far, statement.circle = PLAN_CIRCLES_MAX + 1)
SPOIL(lon, place.lon = 180.1)
SPOIL(lat, place.lat = -90.1)
SPOIL(lat_nan, place.lat = NAN)
SPOIL(recipient, statement.recipient = BYTES("two words"))
SPOIL(score, statement.score = 6)

static const struct refusal of_statements[] = {
    {id_none, ERR_MISSING, "command.id"},
    {id_zero, ERR_MISSING, "command.id"},
    {id_short, ERR_MALFORMED, "command.id"},
    {event_none, ERR_MISSING, "command.event"},
    {event_later, ERR_UNKNOWN_KIND, "command.event"},
    {event_far, ERR_UNKNOWN_KIND, "command.event"},
    {no_none, ERR_MISSING, "command.no"},
    {no_negative, ERR_RANGE, "command.no"},
    {center_none, ERR_MISSING, "command.center"},
    {center_code, ERR_MALFORMED, "command.center"},
    {center_long, ERR_TOO_LONG, "command.center"},
    {actor_user, ERR_MISSING, "command.actor.user"},
    {actor_post, ERR_RANGE, "command.actor.post"},
    {actor_center, ERR_MALFORMED, "command.actor.center"},
    {sent, ERR_RANGE, "command.sent"},
    {effective, ERR_RANGE, "command.effective"},
    {expires, ERR_RANGE, "command.expires"},
    {references, ERR_MALFORMED, "command.references"},
    {status_none, ERR_MISSING, "command.status"},
    {status_far, ERR_RANGE, "command.status"},
    {kind_none, ERR_MISSING, "command.kind"},
    {kind_later, ERR_UNKNOWN_KIND, "command.kind"},
    {priority, ERR_RANGE, "command.priority"},
    {case_id, ERR_MALFORMED, "command.case_id"},
    {case_no, ERR_MALFORMED, "command.case_no"},
    {text_nul, ERR_BAD_TEXT, "command.text"},
    {text_utf8, ERR_BAD_TEXT, "command.text"},
    {text_long, ERR_TOO_LONG, "command.text"},
    {text_en, ERR_TOO_LONG, "command.text_en"},
    {reason, ERR_TOO_LONG, "command.reason"},
    {targets_none, ERR_MISSING, "command.targets"},
    {targets_long, ERR_TOO_LONG, "command.targets"},
    {targets_lines, ERR_BAD_TEXT, "command.targets"},
    {ack_limit, ERR_RANGE, "command.ack_limit"},
    {contact_limit, ERR_RANGE, "command.contact_limit"},
    {arrive_limit, ERR_RANGE, "command.arrive_limit"},
    {done_limit, ERR_RANGE, "command.done_limit"},
    {report_interval, ERR_RANGE, "command.report_interval"},
    {par_interval, ERR_RANGE, "command.par_interval"},
    {ack_rule, ERR_RANGE, "command.ack_rule"},
    {ack_count, ERR_RANGE, "command.ack_count"},
    {form_many, ERR_TOO_LONG, "command.form"},
    {form_name_none, ERR_MISSING, "command.form.name"},
    {form_name_equals, ERR_MALFORMED, "command.form.name"},
    {form_name_long, ERR_TOO_LONG, "command.form.name"},
    {form_type_none, ERR_RANGE, "command.form.type"},
    {form_type_far, ERR_RANGE, "command.form.type"},
    {form_zh, ERR_TOO_LONG, "command.form.zh"},
    {stage, ERR_TOO_LONG, "command.stage"},
    {alert, ERR_RANGE, "command.alert"},
    {mode_start, ERR_RANGE, "command.mode_start"},
    {mode_end, ERR_RANGE, "command.mode_end"},
    {lease, ERR_RANGE, "command.lease"},
    {plan, ERR_MALFORMED, "command.plan"},
    {circle_negative, ERR_RANGE, "command.circle"},
    {circle_far, ERR_RANGE, "command.circle"},
    {lon, ERR_RANGE, "command.place.lon"},
    {lat, ERR_RANGE, "command.place.lat"},
    {lat_nan, ERR_RANGE, "command.place.lat"},
    {recipient, ERR_MALFORMED, "command.recipient"},
    {score, ERR_RANGE, "command.score"},
};

static enum err unpack_statement(struct command *out, struct fault *fault)
{
    struct arena arena;

    arena_init(&arena, memory, sizeof memory);
    return command_unpack(bytes, sanji__statement__pack(&statement, bytes), &arena, out, fault);
}

static void test_statements_out_of_bounds_are_refused_by_name(void **state)
{
    (void)state;
    struct command out, before;
    struct fault fault = {ERR_OK, ""};

    good_statement();
    assert_int_equal(unpack_statement(&out, &fault), ERR_OK);
    memcpy(&before, &out, sizeof out);
    for (size_t i = 0; i < sizeof of_statements / sizeof of_statements[0]; i++) {
        good_statement();
        of_statements[i].spoil();
        enum err code = unpack_statement(&out, &fault);
        assert_refused(code, &fault, &of_statements[i]);
        assert_memory_equal(&out, &before, sizeof out); /* written on success only */
    }
}

/* A later event names its command and says what it needs, no more. */
static void test_a_cancel_needs_no_header(void **state)
{
    (void)state;
    struct command out;

    good_statement();
    kind_none();
    status_none();
    targets_none();
    statement.event = COMMAND_CANCEL;
    statement.no = 2;
    assert_int_equal(unpack_statement(&out, NULL), ERR_OK);
    assert_int_equal(out.event, COMMAND_CANCEL);
}

/* sheets */
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
static void test_an_event_of_a_later_version_is_told_from_a_broken_one(void **state)
{
    (void)state;
    struct sheet_body out;
    struct command command;
    struct fault fault;

    good_sheet();
    sheet_event_later();
    state_far();
    assert_int_equal(unpack_sheet(&out, &fault), ERR_UNKNOWN_KIND);
    good_statement();
    event_later();
    priority();
    assert_int_equal(unpack_statement(&command, &fault), ERR_UNKNOWN_KIND);
}

static void test_bodies_beyond_their_bound_are_refused_unread(void **state)
{
    (void)state;
    struct sheet_body out;
    struct command command;
    struct unit unit;
    struct actor who;
    struct arena arena;

    arena_init(&arena, memory, sizeof memory);
    memset(&unit, 0, sizeof unit);
    assert_int_equal(sheet_unpack(bytes, BODY_BYTES_MAX + 1, &arena, &out, NULL), ERR_TOO_LONG);
    assert_int_equal(command_unpack(bytes, BODY_BYTES_MAX + 1, &arena, &command, NULL), ERR_TOO_LONG);
    assert_int_equal(unit_unpack(bytes, BODY_BYTES_MAX + 1, &arena, &unit, &who, NULL), ERR_TOO_LONG);
    assert_int_equal(arena.used, 0);
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

/* units */
static Sanji__UnitBody unit_body;

static void good_unit(void)
{
    sanji__unit_body__init(&unit_body);
    sanji__actor__init(&actor);
    actor.user = BYTES("police.440306017");
    unit_body.name = BYTES("police.440306017");
    unit_body.type = BYTES("police");
    unit_body.status = UNIT_STANDBY;
    unit_body.actor = &actor;
}

SPOIL(unit_name_none, unit_body.name = nothing)
SPOIL(unit_name_code, unit_body.name = BYTES("police 1"))
SPOIL(unit_type, unit_body.type = LONG(POST_SIZE))
SPOIL(unit_status_none, unit_body.status = 0)
SPOIL(unit_status_far, unit_body.status = UNIT_STATUSES)
SPOIL(unit_internal, unit_body.internal = BYTES("a\tb"))
SPOIL(unit_note, unit_body.note = LONG(ANSWER_SIZE))
SPOIL(unit_booked, unit_body.booked = BYTES("short"))
SPOIL(unit_orders, unit_body.orders = -1)
SPOIL(unit_since, unit_body.since = LATER)
SPOIL(unit_actor, actor.post = 5)

static const struct refusal of_units[] = {
    {unit_name_none, ERR_MISSING, "unit.name"},  {unit_name_code, ERR_MALFORMED, "unit.name"},
    {unit_type, ERR_TOO_LONG, "unit.type"},      {unit_status_none, ERR_RANGE, "unit.status"},
    {unit_status_far, ERR_RANGE, "unit.status"}, {unit_internal, ERR_BAD_TEXT, "unit.internal"},
    {unit_note, ERR_TOO_LONG, "unit.note"},      {unit_booked, ERR_MALFORMED, "unit.booked"},
    {unit_orders, ERR_RANGE, "unit.orders"},     {unit_since, ERR_RANGE, "unit.since"},
    {unit_actor, ERR_RANGE, "unit.actor.post"},
};

static void test_units_out_of_bounds_are_refused_by_name_and_change_nothing(void **state)
{
    (void)state;
    struct unit unit, before;
    struct actor who;

    memset(&unit, 0, sizeof unit);
    unit.status = UNIT_PATROL;
    before = unit;
    for (size_t i = 0; i <= sizeof of_units / sizeof of_units[0]; i++) {
        struct arena arena;
        struct fault fault = {ERR_OK, ""};
        bool good = i == sizeof of_units / sizeof of_units[0];
        good_unit();
        if (!good)
            of_units[i].spoil();
        arena_init(&arena, memory, sizeof memory);
        enum err code =
            unit_unpack(bytes, sanji__unit_body__pack(&unit_body, bytes), &arena, &unit, &who, &fault);
        if (good) {
            assert_int_equal(code, ERR_OK);
            assert_int_equal(unit.status, UNIT_STANDBY);
        } else {
            assert_refused(code, &fault, &of_units[i]);
            assert_memory_equal(&unit, &before, sizeof unit);
        }
    }
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
        cmocka_unit_test(test_statements_out_of_bounds_are_refused_by_name),
        cmocka_unit_test(test_a_cancel_needs_no_header),
        cmocka_unit_test(test_sheets_out_of_bounds_are_refused_by_name),
        cmocka_unit_test(test_an_event_of_a_later_version_is_told_from_a_broken_one),
        cmocka_unit_test(test_bodies_beyond_their_bound_are_refused_unread),
        cmocka_unit_test(test_a_bomb_of_tiny_changes_ends_at_its_bound),
        cmocka_unit_test(test_units_out_of_bounds_are_refused_by_name_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
