/* What the wire refuses in statements and units: each with its code and the field's name. */
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

/* So that a center can tell what to store and pass on from what to set aside: a later event may bring
 * anything. */
static void test_a_statement_of_a_later_version_is_told_from_a_broken_one(void **state)
{
    (void)state;
    struct command command;
    struct fault fault;

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
        cmocka_unit_test(test_a_statement_of_a_later_version_is_told_from_a_broken_one),
        cmocka_unit_test(test_bodies_beyond_their_bound_are_refused_unread),
        cmocka_unit_test(test_units_out_of_bounds_are_refused_by_name_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
