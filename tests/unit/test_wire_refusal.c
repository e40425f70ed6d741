/* What the wire refuses in an event's body, in facts and in a request: each with its code and the field's
 * name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "request.pb-c.h"
#include "wire/field.h"
#include "wire_samples.h"

static _Alignas(16) uint8_t memory[256 * 1024];
static char long_text[TEXT_SIZE + 1];
static uint64_t numbers[12];
static ProtobufCBinaryData list[EVIDENCE_MAX + 1];

#define BYTES(text) ((ProtobufCBinaryData){.len = sizeof(text) - 1, .data = (uint8_t *)(text)})
#define LONG(size) ((ProtobufCBinaryData){.len = (size), .data = (uint8_t *)long_text})

struct refusal {
    void (*spoil)(void *message);
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

/* A function that puts one mistake into a message. */
#define SPOIL(name, type, statement)                                                                         \
    static void name(void *message)                                                                          \
    {                                                                                                        \
        type *m = message;                                                                                   \
        statement;                                                                                           \
    }

/* facts */
SPOIL(lamp, Sanji__Facts, m->lamp = 3)
SPOIL(priority, Sanji__Facts, m->priority = UINT32_MAX)
SPOIL(mode, Sanji__Facts, m->mode = 2)
SPOIL(lead_space, Sanji__Facts, m->lead = BYTES("dept 1"))
SPOIL(lead_long, Sanji__Facts, m->lead = LONG(TARGET_SIZE))
SPOIL(assist_many, Sanji__Facts, {
    m->assist = list;
    m->n_assist = ASSIST_MAX + 1;
})
SPOIL(signer_nul, Sanji__Facts, m->signer = BYTES("li\0lei"))
SPOIL(handler_lines, Sanji__Facts, m->handler = BYTES("li\nlei"))
SPOIL(master_short, Sanji__Facts, m->master = BYTES("0123456789"))
SPOIL(satisfaction, Sanji__Facts, m->satisfaction = 6)
SPOIL(version_negative, Sanji__Facts, m->calendar_version = -1)
SPOIL(offer_no, Sanji__Facts, m->offer_no = -7)
SPOIL(offer_why, Sanji__Facts, m->offer_why = CASE_EVENTS)
SPOIL(handed_why, Sanji__Facts, m->handed_why = CASE_EVENTS)
SPOIL(item_rules, Sanji__Facts, m->item_rules = 256)
SPOIL(assist_done, Sanji__Facts, m->assist_done = 1 << ASSIST_MAX)
SPOIL(extend_unit, Sanji__Facts, m->extend_span = 8 * 60 + 5)
SPOIL(extend_amount, Sanji__Facts, m->extend_span = 8 * 5256001ull)
SPOIL(limits_span, Sanji__Facts, {
    numbers[0] = 7;
    m->limits = numbers;
    m->n_limits = 1;
})
SPOIL(policy_span, Sanji__Facts, {
    numbers[0] = UINT64_MAX;
    m->policy_spans = numbers;
    m->n_policy_spans = 1;
})
static uint32_t small_numbers[1];
SPOIL(policy_number, Sanji__Facts, {
    small_numbers[0] = 256;
    m->policy_numbers = small_numbers;
    m->n_policy_numbers = 1;
})
SPOIL(count, Sanji__Facts, {
    small_numbers[0] = UINT32_MAX;
    m->counts = small_numbers;
    m->n_counts = 1;
})
SPOIL(time_negative, Sanji__Facts, {
    numbers[0] = 2 + 1; /* zigzag of -1, near 0 */
    m->times = numbers;
    m->n_times = 1;
})
SPOIL(clock_part, Sanji__Facts, {
    m->clocks = numbers;
    m->n_clocks = 11;
})
static void spoil_clock(Sanji__Facts *m, size_t column, uint64_t value)
{
    memset(numbers, 0, sizeof numbers);
    numbers[column] = value;
    m->clocks = numbers;
    m->n_clocks = 12;
}
SPOIL(clock_kind, Sanji__Facts, spoil_clock(m, 0, CLOCK_KINDS))
SPOIL(clock_run, Sanji__Facts, spoil_clock(m, 1, 3))
SPOIL(clock_rung, Sanji__Facts, spoil_clock(m, 2, 6))
SPOIL(clock_repeats, Sanji__Facts, spoil_clock(m, 3, 256))
SPOIL(clock_unit, Sanji__Facts, spoil_clock(m, 4, UINT64_MAX))
SPOIL(clock_due, Sanji__Facts, spoil_clock(m, 6, 2 + 1))

static void test_facts_out_of_bounds_are_refused_by_name(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {lamp, ERR_RANGE, "facts.lamp"},
        {priority, ERR_RANGE, "facts.priority"},
        {mode, ERR_RANGE, "facts.mode"},
        {lead_space, ERR_MALFORMED, "facts.lead"},
        {lead_long, ERR_TOO_LONG, "facts.lead"},
        {assist_many, ERR_TOO_LONG, "facts.assist"},
        {signer_nul, ERR_BAD_TEXT, "facts.signer"},
        {handler_lines, ERR_BAD_TEXT, "facts.handler"},
        {master_short, ERR_MALFORMED, "facts.master"},
        {satisfaction, ERR_RANGE, "facts.satisfaction"},
        {version_negative, ERR_RANGE, "facts.calendar_version"},
        {offer_no, ERR_RANGE, "facts.offer_no"},
        {offer_why, ERR_RANGE, "facts.offer_why"},
        {handed_why, ERR_RANGE, "facts.handed_why"},
        {item_rules, ERR_RANGE, "facts.item_rules"},
        {assist_done, ERR_RANGE, "facts.assist_done"},
        {extend_unit, ERR_RANGE, "facts.extend_span"},
        {extend_amount, ERR_RANGE, "facts.extend_span"},
        {limits_span, ERR_RANGE, "facts.limits"},
        {policy_span, ERR_RANGE, "facts.policy_spans"},
        {policy_number, ERR_RANGE, "facts.policy_numbers"},
        {count, ERR_RANGE, "facts.counts"},
        {time_negative, ERR_RANGE, "facts.times"},
        {clock_part, ERR_MALFORMED, "facts.clocks"},
        {clock_kind, ERR_RANGE, "facts.clocks.kind"},
        {clock_run, ERR_RANGE, "facts.clocks.run"},
        {clock_rung, ERR_RANGE, "facts.clocks.rung"},
        {clock_repeats, ERR_RANGE, "facts.clocks.repeats"},
        {clock_unit, ERR_RANGE, "facts.clocks.unit"},
        {clock_due, ERR_RANGE, "facts.clocks.due"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        Sanji__Facts facts = SANJI__FACTS__INIT;
        Sanji__Body body = SANJI__BODY__INIT;
        struct event_body out;
        struct fault fault = {ERR_OK, ""};
        struct arena arena;
        static uint8_t inner[FACTS_BYTES_MAX], outer[FACTS_BYTES_MAX];
        arena_init(&arena, memory, sizeof memory);
        refusals[i].spoil(&facts);
        body.facts = (ProtobufCBinaryData){.len = sanji__facts__pack(&facts, inner), .data = inner};
        enum err code = event_decode(outer, sanji__body__pack(&body, outer), &arena, &out, &fault);
        assert_refused(code, &fault, &refusals[i]);
    }
}

/* body */
static Sanji__Birth birth;
static Sanji__Content content;
static Sanji__Place place;
SPOIL(key_long, Sanji__Body, m->key = BYTES("0123456789abcdefg"))
SPOIL(outcome, Sanji__Body, m->outcome = 1000)
SPOIL(refused, Sanji__Body, m->refused = 65536)
SPOIL(before, Sanji__Body, m->before = CASE_STATES)
SPOIL(target, Sanji__Body, m->target = BYTES("no code"))
SPOIL(note, Sanji__Body, m->note = BYTES("\x1b[31m"))
SPOIL(actor_post, Sanji__Body, m->actor_post = LONG(POST_SIZE))
SPOIL(text_utf8, Sanji__Body, (m->content = &content)->text = BYTES("\xc0\xaf"))
SPOIL(text_surrogate, Sanji__Body, (m->content = &content)->text = BYTES("\xed\xa0\x80"))
SPOIL(text_nul, Sanji__Body, (m->content = &content)->text = BYTES("one\0two"))
SPOIL(text_long, Sanji__Body, (m->content = &content)->text = LONG(TEXT_SIZE))
SPOIL(reason_c1, Sanji__Body, (m->content = &content)->reason = BYTES("\xc2\x85"))
SPOIL(reason_long, Sanji__Body, (m->content = &content)->reason = LONG(REASON_SIZE))
SPOIL(address_long, Sanji__Body, (m->content = &content)->address = LONG(ADDRESS_SIZE))
SPOIL(evidence_many, Sanji__Body, {
    m->content = &content;
    content.before = list;
    content.n_before = EVIDENCE_MAX + 1;
})
SPOIL(evidence_empty, Sanji__Body, {
    m->content = &content;
    content.after = list;
    content.n_after = 1;
})
SPOIL(evidence_long, Sanji__Body, {
    list[0] = LONG(EVIDENCE_SIZE);
    m->content = &content;
    content.after = list;
    content.n_after = 1;
})
SPOIL(birth_bare, Sanji__Body, m->birth = &birth)
SPOIL(birth_item, Sanji__Body, (m->birth = &birth)->item = BYTES("1 2"))
static void put_place(Sanji__Body *m, double lon, double lat)
{
    sanji__place__init(&place);
    place.lon = lon;
    place.lat = lat;
    m->birth = &birth;
    birth.case_no = BYTES("440306-20261122-1");
    birth.place = &place;
}
SPOIL(lon_far, Sanji__Body, put_place(m, 180.5, 22))
SPOIL(lat_far, Sanji__Body, put_place(m, 114, -90.001))
SPOIL(lon_nan, Sanji__Body, put_place(m, NAN, 22))
SPOIL(lat_infinite, Sanji__Body, put_place(m, 114, INFINITY))
SPOIL(facts_long, Sanji__Body, m->facts = LONG(TEXT_SIZE + 1))
SPOIL(facts_noise, Sanji__Body, m->facts = BYTES("\xff\xff\xff"))

static void test_bodies_out_of_bounds_are_refused_by_name(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {key_long, ERR_MALFORMED, "body.key"},
        {outcome, ERR_RANGE, "body.outcome"},
        {refused, ERR_RANGE, "body.refused"},
        {before, ERR_RANGE, "body.before"},
        {target, ERR_MALFORMED, "body.target"},
        {note, ERR_BAD_TEXT, "body.note"},
        {actor_post, ERR_TOO_LONG, "body.actor_post"},
        {text_utf8, ERR_BAD_TEXT, "body.content.text"},
        {text_surrogate, ERR_BAD_TEXT, "body.content.text"},
        {text_nul, ERR_BAD_TEXT, "body.content.text"},
        {text_long, ERR_TOO_LONG, "body.content.text"},
        {reason_c1, ERR_BAD_TEXT, "body.content.reason"},
        {reason_long, ERR_TOO_LONG, "body.content.reason"},
        {address_long, ERR_TOO_LONG, "body.content.address"},
        {evidence_many, ERR_TOO_LONG, "body.content.before"},
        {evidence_empty, ERR_MISSING, "body.content.after"},
        {evidence_long, ERR_TOO_LONG, "body.content.after"},
        {birth_bare, ERR_MISSING, "body.birth.case_no"},
        {birth_item, ERR_MALFORMED, "body.birth.item"},
        {lon_far, ERR_RANGE, "body.place.lon"},
        {lat_far, ERR_RANGE, "body.place.lat"},
        {lon_nan, ERR_RANGE, "body.place.lon"},
        {lat_infinite, ERR_RANGE, "body.place.lat"},
        {facts_long, ERR_TOO_LONG, "facts"},
        {facts_noise, ERR_MALFORMED, "facts"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        Sanji__Body body = SANJI__BODY__INIT;
        struct event_body out;
        struct fault fault = {ERR_OK, ""};
        struct arena arena;
        static uint8_t bytes[4 * TEXT_SIZE];
        arena_init(&arena, memory, sizeof memory);
        sanji__birth__init(&birth);
        sanji__content__init(&content);
        memset(list, 0, sizeof list);
        refusals[i].spoil(&body);
        enum err code = event_decode(bytes, sanji__body__pack(&body, bytes), &arena, &out, &fault);
        assert_refused(code, &fault, &refusals[i]);
    }
}

static void test_a_text_of_several_lines_is_welcome(void **state)
{
    (void)state;
    Sanji__Body body = SANJI__BODY__INIT;
    struct event_body out;
    struct arena arena;
    uint8_t bytes[256];

    arena_init(&arena, memory, sizeof memory);
    sanji__content__init(&content);
    content.text = BYTES("路面破损\n\t约两米");
    body.content = &content;
    assert_int_equal(event_decode(bytes, sanji__body__pack(&body, bytes), &arena, &out, NULL), ERR_OK);
    assert_string_equal(out.content.text, "路面破损\n\t约两米");
}

/* Rule 7 of custody: what a later version writes is kept and forwarded, and read as far as it can be. */
static void test_facts_of_a_later_version_are_absent_when_they_do_not_read(void **state)
{
    (void)state;
    Sanji__Facts facts = SANJI__FACTS__INIT;
    Sanji__Body body = SANJI__BODY__INIT;
    struct event_body out;
    struct arena arena;
    uint8_t inner[64], outer[128];

    arena_init(&arena, memory, sizeof memory);
    facts.lamp = 17;
    facts.flags = 1;
    body.version = 1;
    body.before = CASE_HANDLING;
    body.facts = (ProtobufCBinaryData){.len = sanji__facts__pack(&facts, inner), .data = inner};
    assert_int_equal(event_decode(outer, sanji__body__pack(&body, outer), &arena, &out, NULL), ERR_OK);
    assert_false(out.has_facts);
    assert_int_equal(out.facts.flags, 0);
    assert_int_equal(out.before, CASE_HANDLING);
    facts.lamp = 1;
    body.facts.len = sanji__facts__pack(&facts, inner);
    assert_int_equal(event_decode(outer, sanji__body__pack(&body, outer), &arena, &out, NULL), ERR_OK);
    assert_true(out.has_facts);
    assert_int_equal(out.facts.flags, 1);
}

static void test_a_field_that_nobody_knows_does_no_harm(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x28, CASE_HANDLING, 0xfa, 0x3f, 2, 'h', 'i'}; /* before; field 1023 */
    struct event_body out;
    struct arena arena;

    arena_init(&arena, memory, sizeof memory);
    assert_int_equal(event_decode(bytes, sizeof bytes, &arena, &out, NULL), ERR_OK);
    assert_int_equal(out.before, CASE_HANDLING);
}

/* requests */
static Sanji__Input input;
static Sanji__Actor actor;
static Sanji__Report report;
SPOIL(kind_none, Sanji__Request, m->kind = 0)
SPOIL(kind_far, Sanji__Request, m->kind = REQUEST_ATTACH + 1)
SPOIL(user_long, Sanji__Request, m->user = LONG(USER_SIZE))
SPOIL(user_nul, Sanji__Request, m->user = BYTES("a\0b"))
SPOIL(case_none, Sanji__Request, m->case_id.len = 0)
SPOIL(case_no_code, Sanji__Request, m->case_no = BYTES("440306 1"))
SPOIL(origin_none, Sanji__Request, m->origin.len = 0)
SPOIL(input_none, Sanji__Request, m->input = NULL)
SPOIL(actor_none, Sanji__Request, (void)m; input.actor = NULL)
SPOIL(actor_user_none, Sanji__Request, (void)m; actor.user.len = 0)
SPOIL(actor_posts, Sanji__Request, (void)m; actor.post = 3)
SPOIL(actor_post_far, Sanji__Request, (void)m; actor.post = POST_TIMER << 1)
SPOIL(event_none, Sanji__Request, (void)m; input.event = 0)
SPOIL(event_far, Sanji__Request, (void)m; input.event = CASE_EVENTS)
SPOIL(act_key_none, Sanji__Request, (void)m; input.key.len = 0)
SPOIL(seen_no, Sanji__Request, (void)m; input.seen_no = -1)
SPOIL(seen_state, Sanji__Request, (void)m; input.seen_state = CASE_STATES)
SPOIL(guard_far, Sanji__Request, (void)m; input.guard = 3)
SPOIL(not_after, Sanji__Request, (void)m; input.not_after = -1)
SPOIL(until_far, Sanji__Request, (void)m; input.until = INT64_MAX)
SPOIL(act_target, Sanji__Request, (void)m; input.target = BYTES("a/b"))
SPOIL(act_span, Sanji__Request, (void)m; input.span = 6)
SPOIL(act_other, Sanji__Request, (void)m; input.other = BYTES("short"))
SPOIL(score, Sanji__Request, (void)m; input.score = 6)
SPOIL(act_priority, Sanji__Request, (void)m; input.priority = 3)
SPOIL(kind_report, Sanji__Request, {
    sanji__report__init(&report);
    report.item = BYTES("1.2.3");
    m->kind = REQUEST_REPORT;
    m->report = &report;
})
SPOIL(report_none, Sanji__Request, m->kind = REQUEST_REPORT)
SPOIL(item_none, Sanji__Request, {
    kind_report(m);
    report.item.len = 0;
})
SPOIL(fence_none, Sanji__Request, m->kind = REQUEST_FENCE)

static void forwarded_act(Sanji__Request *request)
{
    sanji__request__init(request);
    sanji__input__init(&input);
    sanji__actor__init(&actor);
    actor.user = BYTES("dispatcher.440306017");
    actor.post = POST_DISPATCHER;
    input.actor = &actor;
    input.event = EVENT_FILE;
    input.key = BYTES("0123456789abcdef");
    request->kind = REQUEST_ACT;
    request->case_id = BYTES("fedcba9876543210");
    request->origin = BYTES("440306017");
    request->input = &input;
}

static void test_acts_out_of_bounds_are_refused_by_name(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {kind_none, ERR_RANGE, "act.kind"},
        {kind_far, ERR_RANGE, "act.kind"},
        {user_long, ERR_TOO_LONG, "act.user"},
        {user_nul, ERR_BAD_TEXT, "act.user"},
        {case_none, ERR_MISSING, "act.case_no"},
        {case_no_code, ERR_MALFORMED, "act.case_no"},
        {origin_none, ERR_MISSING, "act.origin"},
        {input_none, ERR_MISSING, "act.input"},
        {actor_none, ERR_MISSING, "act.input.actor"},
        {actor_user_none, ERR_MISSING, "act.actor.user"},
        {actor_posts, ERR_RANGE, "act.actor.post"},
        {actor_post_far, ERR_RANGE, "act.actor.post"},
        {event_none, ERR_MISSING, "act.input.event"},
        {event_far, ERR_RANGE, "act.input.event"},
        {act_key_none, ERR_MISSING, "act.input.key"},
        {seen_no, ERR_RANGE, "act.input.seen_no"},
        {seen_state, ERR_RANGE, "act.input.seen_state"},
        {guard_far, ERR_RANGE, "act.input.guard"},
        {not_after, ERR_RANGE, "act.input.not_after"},
        {until_far, ERR_RANGE, "act.input.until"},
        {act_target, ERR_MALFORMED, "act.input.target"},
        {act_span, ERR_RANGE, "act.input.span"},
        {act_other, ERR_MALFORMED, "act.input.other"},
        {score, ERR_RANGE, "act.input.score"},
        {act_priority, ERR_RANGE, "act.input.priority"},
        {kind_report, ERR_MALFORMED, "act.kind"},
        {report_none, ERR_MISSING, "act.report"},
        {item_none, ERR_MISSING, "act.report.item"},
        {fence_none, ERR_MISSING, "act.name"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        Sanji__Request message;
        struct request *act;
        struct fault fault = {ERR_OK, ""};
        struct arena arena;
        uint8_t bytes[512];
        arena_init(&arena, memory, sizeof memory);
        forwarded_act(&message);
        refusals[i].spoil(&message);
        enum err code =
            request_unpack_act(bytes, sanji__request__pack(&message, bytes), &arena, &act, &fault);
        assert_refused(code, &fault, &refusals[i]);
    }
}

static void test_the_act_that_these_refusals_spoil_is_good(void **state)
{
    (void)state;
    Sanji__Request message;
    struct request *act = NULL;
    struct arena arena;
    uint8_t bytes[512];

    arena_init(&arena, memory, sizeof memory);
    forwarded_act(&message);
    assert_int_equal(request_unpack_act(bytes, sanji__request__pack(&message, bytes), &arena, &act, NULL),
                     ERR_OK);
    assert_int_equal(act->input.event, EVENT_FILE);
}

static void test_a_code_here_is_what_a_code_is_everywhere(void **state)
{
    (void)state;
    for (unsigned sign = 1; sign < 256; sign++) {
        const char text[2] = {(char)sign, '\0'};
        const uint8_t byte = (uint8_t)sign;
        assert_int_equal(field_is_code(&byte, 1), text_is_code(text, sizeof text));
    }
    assert_false(field_is_code((const uint8_t *)"a\0b", 3));
}

static int fill_long_text(void **state)
{
    (void)state;
    memset(long_text, 'a', sizeof long_text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_out_of_bounds_are_refused_by_name),
        cmocka_unit_test(test_bodies_out_of_bounds_are_refused_by_name),
        cmocka_unit_test(test_a_text_of_several_lines_is_welcome),
        cmocka_unit_test(test_facts_of_a_later_version_are_absent_when_they_do_not_read),
        cmocka_unit_test(test_a_field_that_nobody_knows_does_no_harm),
        cmocka_unit_test(test_acts_out_of_bounds_are_refused_by_name),
        cmocka_unit_test(test_a_code_here_is_what_a_code_is_everywhere),
        cmocka_unit_test(test_the_act_that_these_refusals_spoil_is_good),
    };
    return cmocka_run_group_tests(tests, fill_long_text, NULL);
}
