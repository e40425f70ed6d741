/* What is asked, answered and told about commands and units: what of it is refused, with its code and the
 * field's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "frame.pb-c.h"
#include "wire_frame_samples.h"

static _Alignas(16) uint8_t memory[FRAME_ARENA_BYTES];
static uint8_t bytes[FRAME_BYTES_MAX + 1];
static char long_text[TEXT_SIZE + 1];

#define BYTES(text) ((ProtobufCBinaryData){.len = sizeof(text) - 1, .data = (uint8_t *)(text)})
#define LONG(size) ((ProtobufCBinaryData){.len = (size), .data = (uint8_t *)long_text})
static const ProtobufCBinaryData nothing = {0, NULL};
#define ID BYTES("0123456789abcdef")
#define LATER 253402300800000

static Sanji__Frame frame;
static Sanji__Request request;
static Sanji__Statement draft;
static Sanji__Actor actor;
static Sanji__Place place;
static Sanji__ReceiptAct receipt;
static Sanji__UnitAct unit;
static Sanji__Attach attach;
static ProtobufCBinaryData names[ATTACH_UNITS_MAX + 1];
static Sanji__Reply reply;
static Sanji__CommandReply of_command;
static Sanji__UnitReply of_unit;
static Sanji__Push push;
static Sanji__FormField field;
static Sanji__FormField *fields[] = {&field};

/* A good request of that kind with every part, the others for whoever takes the kind away. */
static void good_request(enum request_kind kind)
{
    sanji__frame__init(&frame);
    sanji__request__init(&request);
    sanji__statement__init(&draft);
    sanji__actor__init(&actor);
    sanji__place__init(&place);
    sanji__receipt_act__init(&receipt);
    sanji__unit_act__init(&unit);
    sanji__attach__init(&attach);
    actor.user = BYTES("leader.440306");
    draft.event = COMMAND_ISSUE;
    draft.kind = COMMAND_ORDER;
    receipt.command = ID;
    receipt.recipient = BYTES("center.440306");
    receipt.event = RECEIPT_ACK;
    unit.ask = UNIT_ASK_POSITION;
    unit.unit = BYTES("police.440306");
    unit.place = &place;
    names[0] = BYTES("police.440306");
    attach.n_units = 1;
    attach.units = names;
    request.kind = kind;
    request.key = ID;
    request.command = kind == REQUEST_COMMAND ? &draft : NULL;
    request.receipt = kind == REQUEST_RECEIPT ? &receipt : NULL;
    request.unit = kind == REQUEST_UNIT ? &unit : NULL;
    request.attach = kind == REQUEST_ATTACH ? &attach : NULL;
    frame.kind = FRAME_REQUEST;
    frame.request = &request;
}

static void good_reply(void)
{
    sanji__frame__init(&frame);
    sanji__reply__init(&reply);
    sanji__command_reply__init(&of_command);
    sanji__unit_reply__init(&of_unit);
    reply.command = &of_command;
    reply.unit = &of_unit;
    frame.kind = FRAME_REPLY;
    frame.reply = &reply;
}

static void good_push(void)
{
    sanji__frame__init(&frame);
    sanji__push__init(&push);
    sanji__form_field__init(&field);
    sanji__place__init(&place);
    push.command = ID;
    push.recipient = BYTES("police.440306");
    push.kind = COMMAND_ORDER;
    push.why = RECEIPT_DELIVER;
    field.name = BYTES("people");
    field.type = FORM_TEXT;
    push.n_form = 1;
    push.form = fields;
    push.place = &place;
    frame.kind = FRAME_PUSH;
    frame.push = &push;
}

static enum err unpack(struct fault *fault)
{
    struct frame back;
    struct arena arena;

    arena_init(&arena, memory, sizeof memory);
    return frame_unpack(bytes, sanji__frame__pack(&frame, bytes), &arena, &back, fault);
}

struct refusal {
    int kind; /* of request; REPLY or PUSH */
    void (*spoil)(void);
    enum err code;
    const char *says;
};
enum { REPLY = 100, PUSH = 101 };

#define SPOIL(name, statement)                                                                               \
    static void name(void)                                                                                   \
    {                                                                                                        \
        statement;                                                                                           \
    }

SPOIL(key_none, request.key = nothing)
SPOIL(key_short, request.key.len = 9)
SPOIL(draft_none, request.command = NULL)
SPOIL(draft_event, draft.event = 0)
SPOIL(draft_event_later, draft.event = COMMAND_EVENTS)
SPOIL(draft_kind, draft.kind = 0)
SPOIL(draft_id, draft.event = COMMAND_CANCEL)
SPOIL(draft_targets, draft.targets = LONG(SELECTOR_SIZE))
SPOIL(draft_no, draft.no = 1)
SPOIL(draft_center, draft.center = BYTES("440306"))
SPOIL(draft_actor, draft.actor = &actor)
SPOIL(receipt_none, request.receipt = NULL)
SPOIL(receipt_command, receipt.command = nothing)
SPOIL(receipt_command_short, receipt.command.len = 1)
SPOIL(receipt_name, receipt.recipient = nothing)
SPOIL(receipt_name_code, receipt.recipient = BYTES("a b"))
SPOIL(receipt_event_none, receipt.event = 0)
SPOIL(receipt_event_of_the_center, receipt.event = RECEIPT_DELIVER)
SPOIL(receipt_event_of_the_header, receipt.event = RECEIPT_CANCEL)
SPOIL(receipt_text, receipt.text = BYTES("\xff"))
SPOIL(receipt_values, receipt.values = LONG(VALUES_SIZE))
SPOIL(receipt_not_after, receipt.not_after = -1)
SPOIL(unit_none, request.unit = NULL)
SPOIL(unit_ask_none, unit.ask = 0)
SPOIL(unit_ask_far, unit.ask = 3)
SPOIL(unit_name, unit.unit = nothing)
SPOIL(unit_status, unit.ask = UNIT_ASK_STATUS)
SPOIL(unit_status_long, unit.status = LONG(POST_SIZE))
SPOIL(unit_note, unit.note = LONG(ANSWER_SIZE))
SPOIL(unit_place, unit.place = NULL)
SPOIL(unit_lon, place.lon = 181)
SPOIL(unit_at, unit.at = LATER)
SPOIL(attach_none, request.attach = NULL)
SPOIL(attach_empty, names[0] = nothing)
SPOIL(attach_code, names[0] = BYTES("a/b"))
SPOIL(attach_many, {
    for (size_t i = 0; i <= ATTACH_UNITS_MAX; i++)
        names[i] = BYTES("u");
    attach.n_units = ATTACH_UNITS_MAX + 1;
})
SPOIL(reply_command, of_command.command = BYTES("x"))
SPOIL(reply_recipients, of_command.recipients = -1)
SPOIL(reply_centers, of_command.centers = CENTERS_MAX + 1)
SPOIL(reply_state, of_command.state = RECEIPT_STATES)
SPOIL(reply_unit_status, of_unit.status = UNIT_STATUSES)
SPOIL(reply_booked, of_unit.booked = BYTES("x"))
SPOIL(reply_attached, of_unit.attached = ATTACH_UNITS_MAX + 1)
SPOIL(push_none, frame.push = NULL)
SPOIL(push_command, push.command = nothing)
SPOIL(push_recipient, push.recipient = nothing)
SPOIL(push_center, push.center = BYTES("a b"))
SPOIL(push_kind_none, push.kind = 0)
SPOIL(push_kind_later, push.kind = COMMAND_KINDS)
SPOIL(push_priority, push.priority = 3)
SPOIL(push_status, push.status = 4)
SPOIL(push_why, push.why = 19)
SPOIL(push_state, push.state = RECEIPT_STATES)
SPOIL(push_channel, push.channel = LONG(POST_SIZE))
SPOIL(push_deputy, push.deputy = BYTES("\n"))
SPOIL(push_case, push.case_no = LONG(CASE_NO_SIZE))
SPOIL(push_text, push.text = LONG(TEXT_SIZE))
SPOIL(push_text_en, push.text_en = LONG(TEXT_SIZE))
SPOIL(push_form, field.name = nothing)
SPOIL(push_lat, place.lat = 91)
SPOIL(push_sent, push.sent = -1)
SPOIL(push_due, push.due = LATER)

static const struct refusal refusals[] = {
    {REQUEST_COMMAND, key_none, ERR_MISSING, "request.key"},
    {REQUEST_COMMAND, key_short, ERR_MALFORMED, "request.key"},
    {REQUEST_COMMAND, draft_none, ERR_MISSING, "request.command"},
    {REQUEST_COMMAND, draft_event, ERR_MISSING, "request.command.event"},
    {REQUEST_COMMAND, draft_event_later, ERR_UNKNOWN_KIND, "request.command.event"},
    {REQUEST_COMMAND, draft_kind, ERR_MISSING, "request.command.kind"},
    {REQUEST_COMMAND, draft_id, ERR_MISSING, "request.command.id"},
    {REQUEST_COMMAND, draft_targets, ERR_TOO_LONG, "request.command.targets"},
    {REQUEST_COMMAND, draft_no, ERR_MALFORMED, "request.command.no: not for a client"},
    {REQUEST_COMMAND, draft_center, ERR_MALFORMED, "request.command.center: not for a client"},
    {REQUEST_COMMAND, draft_actor, ERR_MALFORMED, "request.command.actor: not for a client"},
    {REQUEST_RECEIPT, key_none, ERR_MISSING, "request.key"},
    {REQUEST_RECEIPT, receipt_none, ERR_MISSING, "request.receipt"},
    {REQUEST_RECEIPT, receipt_command, ERR_MISSING, "request.receipt.command"},
    {REQUEST_RECEIPT, receipt_command_short, ERR_MALFORMED, "request.receipt.command"},
    {REQUEST_RECEIPT, receipt_name, ERR_MISSING, "request.receipt.recipient"},
    {REQUEST_RECEIPT, receipt_name_code, ERR_MALFORMED, "request.receipt.recipient"},
    {REQUEST_RECEIPT, receipt_event_none, ERR_RANGE, "request.receipt.event"},
    {REQUEST_RECEIPT, receipt_event_of_the_center, ERR_RANGE, "request.receipt.event"},
    {REQUEST_RECEIPT, receipt_event_of_the_header, ERR_RANGE, "request.receipt.event"},
    {REQUEST_RECEIPT, receipt_text, ERR_BAD_TEXT, "request.receipt.text"},
    {REQUEST_RECEIPT, receipt_values, ERR_TOO_LONG, "request.receipt.values"},
    {REQUEST_RECEIPT, receipt_not_after, ERR_RANGE, "request.receipt.not_after"},
    {REQUEST_UNIT, key_short, ERR_MALFORMED, "request.key"},
    {REQUEST_UNIT, unit_none, ERR_MISSING, "request.unit"},
    {REQUEST_UNIT, unit_ask_none, ERR_RANGE, "request.unit.ask"},
    {REQUEST_UNIT, unit_ask_far, ERR_RANGE, "request.unit.ask"},
    {REQUEST_UNIT, unit_name, ERR_MISSING, "request.unit.unit"},
    {REQUEST_UNIT, unit_status, ERR_MISSING, "request.unit.status"},
    {REQUEST_UNIT, unit_status_long, ERR_TOO_LONG, "request.unit.status"},
    {REQUEST_UNIT, unit_note, ERR_TOO_LONG, "request.unit.note"},
    {REQUEST_UNIT, unit_place, ERR_MISSING, "request.unit.place"},
    {REQUEST_UNIT, unit_lon, ERR_RANGE, "request.place.lon"},
    {REQUEST_UNIT, unit_at, ERR_RANGE, "request.unit.at"},
    {REQUEST_ATTACH, attach_none, ERR_MISSING, "request.attach"},
    {REQUEST_ATTACH, attach_empty, ERR_MISSING, "request.attach.units"},
    {REQUEST_ATTACH, attach_code, ERR_MALFORMED, "request.attach.units"},
    {REQUEST_ATTACH, attach_many, ERR_TOO_LONG, "request.attach.units"},
    {REPLY, reply_command, ERR_MALFORMED, "reply.command.command"},
    {REPLY, reply_recipients, ERR_RANGE, "reply.command.recipients"},
    {REPLY, reply_centers, ERR_RANGE, "reply.command.centers"},
    {REPLY, reply_state, ERR_RANGE, "reply.command.state"},
    {REPLY, reply_unit_status, ERR_RANGE, "reply.unit.status"},
    {REPLY, reply_booked, ERR_MALFORMED, "reply.unit.booked"},
    {REPLY, reply_attached, ERR_RANGE, "reply.unit.attached"},
    {PUSH, push_none, ERR_MISSING, "frame.kind"},
    {PUSH, push_command, ERR_MISSING, "push.command"},
    {PUSH, push_recipient, ERR_MISSING, "push.recipient"},
    {PUSH, push_center, ERR_MALFORMED, "push.center"},
    {PUSH, push_kind_none, ERR_MISSING, "push.kind"},
    {PUSH, push_kind_later, ERR_UNKNOWN_KIND, "push.kind"},
    {PUSH, push_priority, ERR_RANGE, "push.priority"},
    {PUSH, push_status, ERR_RANGE, "push.status"},
    {PUSH, push_why, ERR_UNKNOWN_KIND, "push.why"},
    {PUSH, push_state, ERR_RANGE, "push.state"},
    {PUSH, push_channel, ERR_TOO_LONG, "push.channel"},
    {PUSH, push_deputy, ERR_BAD_TEXT, "push.deputy"},
    {PUSH, push_case, ERR_TOO_LONG, "push.case_no"},
    {PUSH, push_text, ERR_TOO_LONG, "push.text"},
    {PUSH, push_text_en, ERR_TOO_LONG, "push.text_en"},
    {PUSH, push_form, ERR_MISSING, "push.form.name"},
    {PUSH, push_lat, ERR_RANGE, "push.place.lat"},
    {PUSH, push_sent, ERR_RANGE, "push.sent"},
    {PUSH, push_due, ERR_RANGE, "push.due"},
};

static void good(int kind)
{
    if (kind == REPLY)
        good_reply();
    else if (kind == PUSH)
        good_push();
    else
        good_request((enum request_kind)kind);
}

static void test_what_is_asked_answered_and_told_out_of_bounds_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *refusal = &refusals[i];
        struct fault fault = {ERR_OK, ""};
        good(refusal->kind);
        if (unpack(&fault) != ERR_OK)
            fail_msg("the good one of row %zu: %s", i, fault.text);
        refusal->spoil();
        enum err code = unpack(&fault);
        if (code != refusal->code || fault.code != code || !strstr(fault.text, refusal->says))
            fail_msg("row %zu: wanted %s with \"%s\", got %s with \"%s\"", i, err_name(refusal->code),
                     refusal->says, err_name(code), fault.text);
    }
}

static int start(void **state)
{
    (void)state;
    memset(long_text, 'a', sizeof long_text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_asked_answered_and_told_out_of_bounds_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
