/* What no frame may be: each refusal with its code and the field's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "frame.pb-c.h"
#include "wire/event.h"
#include "wire/frame.h"

static _Alignas(16) uint8_t memory[FRAME_ARENA_BYTES];
static uint8_t bytes[FRAME_BYTES_MAX + 1];

/* A good message of its kind, and one mistake. */
struct refusal {
    enum frame_kind kind;
    void (*spoil)(Sanji__Frame *message);
    enum err code;
    const char *says;
};

/* One mistake in one entry. */
struct spoilt {
    void (*spoil)(Sanji__Frame *message);
    enum err code;
};

#define SPOIL(name, statement)                                                                               \
    static void name(Sanji__Frame *m)                                                                        \
    {                                                                                                        \
        statement;                                                                                           \
    }

static const ProtobufCBinaryData nothing = {0, NULL};
static Sanji__Entry entry;
static Sanji__Entry *many[ENTRIES_PER_FRAME_MAX + 1];
static int64_t three[3] = {1, 2, 3}, negative[LANES] = {5, -5};
static ProtobufCBinaryData text_of(const char *text)
{
    return (ProtobufCBinaryData){.len = strlen(text), .data = (uint8_t *)text};
}

SPOIL(kind_none, m->kind = 0)
SPOIL(kind_far, m->kind = FRAME_PUSH + 1)
SPOIL(part_none, m->ping = NULL)
SPOIL(session_none, m->session = 0)
SPOIL(incarnation_none, m->incarnation = 0)
SPOIL(incarnation_negative, m->incarnation = -1)
SPOIL(peer_negative, m->peer_incarnation = -1)
SPOIL(lane_far, m->lane = LANES)
SPOIL(entries_none, m->n_entries = 0)
SPOIL(entries_many, {
    for (size_t i = 0; i <= ENTRIES_PER_FRAME_MAX; i++)
        many[i] = &entry;
    m->entries = many;
    m->n_entries = ENTRIES_PER_FRAME_MAX + 1;
})
SPOIL(lsn_negative, m->entries[0]->lsn = -1)
SPOIL(lsn_none, m->entries[0]->lsn = 0)
SPOIL(prev_negative, m->entries[0]->prev = -1)
SPOIL(prev_not_before, m->entries[0]->prev = m->entries[0]->lsn)
SPOIL(entry_kind_none, m->entries[0]->kind = 0)
SPOIL(entry_kind_far, m->entries[0]->kind = ENTRY_REPAIR + 1)
SPOIL(entry_kind_run, {
    m->entries[0]->kind = ENTRY_REPAIR + 1;
    m->entries[0]->more = true;
})
SPOIL(entry_kind_wide, m->entries[0]->kind = UINT32_MAX)
SPOIL(subject_none, m->entries[0]->subject = nothing)
SPOIL(subject_zero, {
    static uint8_t zeros[ID_BYTES];
    m->entries[0]->subject.data = zeros;
})
SPOIL(subject_short, m->entries[0]->subject.len = 15)
SPOIL(subject_no, m->entries[0]->subject_no = -1)
SPOIL(run_subject_none, {
    m->entries[0]->kind = ENTRY_SNAPSHOT;
    subject_none(m);
})
SPOIL(run_subject_no, {
    m->entries[0]->kind = ENTRY_SNAPSHOT;
    subject_no(m);
})
SPOIL(epoch, m->entries[0]->epoch = -1)
SPOIL(entry_code, m->entries[0]->code = 1000)
SPOIL(envelope_none, m->entries[0]->envelope = nothing)
SPOIL(envelope_short, m->entries[0]->envelope.len--)
SPOIL(body_long, m->entries[0]->body.len = BODY_BYTES_MAX + 1)
SPOIL(request_bodiless, {
    m->entries[0]->kind = ENTRY_REQUEST;
    m->entries[0]->body = nothing;
})
SPOIL(hello_version, m->hello->version = 0)
SPOIL(hello_center_none, m->hello->center = nothing)
SPOIL(hello_center, m->hello->center = text_of("区 中心"))
SPOIL(hello_center_code, m->hello->center = text_of("a b"))
SPOIL(hello_lanes, {
    m->hello->position = three;
    m->hello->n_position = 3;
})
SPOIL(hello_position, m->hello->position = negative)
SPOIL(hello_hashes, m->hello->n_position_hash = 1)
SPOIL(hello_hash, m->hello->position_hash[1].len = 15)
SPOIL(hello_last, m->hello->last_sent = negative)
SPOIL(hello_clock, m->hello->clock = -1)
SPOIL(hello_topology, m->hello->topology_version = -1)
SPOIL(ack_position, m->ack->position = negative)
SPOIL(ack_credit, m->ack->credit = -1)
SPOIL(ping_clock, m->ping->clock = INT64_MIN)
SPOIL(ping_wall, m->ping->wall = INT64_MAX)
SPOIL(ping_last, m->ping->n_last = 1)
SPOIL(refuse_code, m->refuse->code = 0)
SPOIL(refuse_text, m->refuse->text = text_of("\a"))

static const struct refusal refusals[] = {
    {FRAME_PING, kind_none, ERR_RANGE, "frame.kind"},
    {FRAME_PING, kind_far, ERR_RANGE, "frame.kind"},
    {FRAME_PING, part_none, ERR_MISSING, "frame.kind"},
    {FRAME_PING, session_none, ERR_MISSING, "frame.session"},
    {FRAME_PING, incarnation_none, ERR_MISSING, "frame.incarnation"},
    {FRAME_PING, incarnation_negative, ERR_RANGE, "frame.incarnation"},
    {FRAME_PING, peer_negative, ERR_RANGE, "frame.peer_incarnation"},
    {FRAME_ENTRIES, lane_far, ERR_RANGE, "frame.lane"},
    {FRAME_ENTRIES, entries_none, ERR_MISSING, "frame.entries"},
    {FRAME_ENTRIES, entries_many, ERR_TOO_LONG, "frame.entries"},
    {FRAME_ENTRIES, lsn_negative, ERR_RANGE, "entry.lsn"},
    {FRAME_ENTRIES, lsn_none, ERR_RANGE, "entry.lsn"},
    {FRAME_ENTRIES, prev_negative, ERR_RANGE, "entry.prev"},
    {FRAME_ENTRIES, prev_not_before, ERR_RANGE, "entry.prev"},
    {FRAME_ENTRIES, run_subject_none, ERR_MISSING, "entry.subject"},
    {FRAME_ENTRIES, run_subject_no, ERR_RANGE, "entry.subject_no"},
    {FRAME_HELLO, hello_version, ERR_RANGE, "hello.version"},
    {FRAME_HELLO, hello_center_none, ERR_MISSING, "hello.center"},
    {FRAME_HELLO, hello_center, ERR_MALFORMED, "hello.center"},
    {FRAME_HELLO, hello_center_code, ERR_MALFORMED, "hello.center"},
    {FRAME_HELLO, hello_lanes, ERR_MALFORMED, "hello.position"},
    {FRAME_HELLO, hello_position, ERR_RANGE, "hello.position"},
    {FRAME_HELLO, hello_hashes, ERR_MALFORMED, "hello.position_hash"},
    {FRAME_HELLO, hello_hash, ERR_MALFORMED, "hello.position_hash"},
    {FRAME_HELLO, hello_last, ERR_RANGE, "hello.last_sent"},
    {FRAME_HELLO, hello_clock, ERR_RANGE, "hello.clock"},
    {FRAME_HELLO, hello_topology, ERR_RANGE, "hello.topology_version"},
    {FRAME_ACK, ack_position, ERR_RANGE, "ack.position"},
    {FRAME_ACK, ack_credit, ERR_RANGE, "ack.credit"},
    {FRAME_PING, ping_clock, ERR_RANGE, "ping.clock"},
    {FRAME_PING, ping_wall, ERR_RANGE, "ping.wall"},
    {FRAME_PING, ping_last, ERR_MALFORMED, "ping.last"},
    {FRAME_REFUSE, refuse_code, ERR_RANGE, "refuse.code"},
    {FRAME_REFUSE, refuse_text, ERR_BAD_TEXT, "refuse.text"},
};

/* Of one entry alone: the code becomes its `bad`. */
static const struct spoilt alone[] = {
    {entry_kind_none, ERR_MISSING},
    {entry_kind_far, ERR_UNKNOWN_KIND},
    {entry_kind_run, ERR_UNKNOWN_KIND},
    {entry_kind_wide, ERR_UNKNOWN_KIND},
    {subject_none, ERR_MISSING},
    {subject_zero, ERR_MISSING},
    {subject_short, ERR_MALFORMED},
    {subject_no, ERR_RANGE},
    {epoch, ERR_RANGE},
    {entry_code, ERR_RANGE},
    {envelope_none, ERR_MISSING},
    {envelope_short, ERR_MALFORMED},
    {body_long, ERR_TOO_LONG},
    {request_bodiless, ERR_MISSING},
};

/* Good parts of every kind, in one place so that a spoiler finds its own. */
struct parts {
    Sanji__Hello hello;
    Sanji__Ack ack;
    Sanji__Ping ping;
    Sanji__Refuse refuse;
    Sanji__Entry *entries[1];
    int64_t lanes[LANES];
    ProtobufCBinaryData hashes[LANES];
};

static void good_message(enum frame_kind kind, struct parts *parts, Sanji__Frame *message)
{
    static uint8_t octets[BODY_BYTES_MAX + 1] = {1};

    sanji__frame__init(message);
    message->kind = kind;
    message->session = 77;
    message->incarnation = 1;
    for (size_t lane = 0; lane < LANES; lane++)
        parts->hashes[lane] = (ProtobufCBinaryData){.len = 16, .data = octets};
    sanji__hello__init(&parts->hello);
    parts->hello.version = WIRE_VERSION;
    parts->hello.center = text_of("440306");
    parts->hello.n_position = parts->hello.n_last_sent = parts->hello.n_position_hash = LANES;
    parts->hello.position = parts->hello.last_sent = parts->lanes;
    parts->hello.position_hash = parts->hashes;
    sanji__ack__init(&parts->ack);
    parts->ack.n_position = LANES;
    parts->ack.position = parts->lanes;
    sanji__ping__init(&parts->ping);
    parts->ping.n_last = LANES;
    parts->ping.last = parts->lanes;
    sanji__refuse__init(&parts->refuse);
    parts->refuse.code = ERR_VERSION;
    sanji__entry__init(&entry);
    entry.lsn = 9;
    entry.prev = 8;
    entry.kind = ENTRY_EVENT;
    entry.subject = (ProtobufCBinaryData){.len = ID_BYTES, .data = octets};
    entry.envelope = (ProtobufCBinaryData){.len = WIRE_ENVELOPE_BYTES, .data = octets};
    entry.body = (ProtobufCBinaryData){.len = 10, .data = octets};
    parts->entries[0] = &entry;
    message->hello = &parts->hello;
    message->ack = &parts->ack;
    message->ping = &parts->ping;
    message->refuse = &parts->refuse;
    message->n_entries = 1;
    message->entries = parts->entries;
}

static enum err unpack_spoiled(const struct refusal *refusal, struct fault *fault)
{
    Sanji__Frame message;
    struct parts parts = {.lanes = {0}};
    struct frame back;
    struct arena arena;

    good_message(refusal->kind, &parts, &message);
    if (refusal->spoil)
        refusal->spoil(&message);
    arena_init(&arena, memory, sizeof memory);
    return frame_unpack(bytes, sanji__frame__pack(&message, bytes), &arena, &back, fault);
}

static void test_frames_out_of_bounds_are_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal good = {.kind = refusals[i].kind};
        struct fault fault = {ERR_OK, ""};
        assert_int_equal(unpack_spoiled(&good, &fault), ERR_OK);
        enum err code = unpack_spoiled(&refusals[i], &fault);
        if (code != refusals[i].code || fault.code != code || !strstr(fault.text, refusals[i].says))
            fail_msg("wanted %s with \"%s\", got %s with \"%s\"", err_name(refusals[i].code),
                     refusals[i].says, err_name(code), fault.text);
    }
}

static void fill_entry(Sanji__Entry *to, int64_t lsn)
{
    *to = entry;
    to->lsn = lsn;
    to->prev = lsn - 1;
    to->subject_no = (int32_t)lsn;
}

static void assert_good(const struct entry *seen, int64_t lsn)
{
    assert_int_equal(seen->bad, ERR_OK);
    assert_int_equal(seen->lsn, lsn);
    assert_int_equal(seen->subject_no, lsn);
    assert_non_null(seen->envelope);
    assert_int_equal(seen->body_size, 10);
}

/* One poison entry never blocks a stream (custody.md rule 5). */
static void test_one_entry_out_of_bounds_leaves_the_others_usable(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
        Sanji__Frame message, one;
        Sanji__Entry first, last, *list[3] = {&first, &entry, &last};
        struct parts parts = {.lanes = {0}};
        struct frame back;
        struct arena arena;
        good_message(FRAME_ENTRIES, &parts, &message);
        fill_entry(&first, 8);
        fill_entry(&last, 10);
        one = message;
        alone[i].spoil(&one);
        message.n_entries = 3;
        message.entries = list;
        arena_init(&arena, memory, sizeof memory);
        assert_int_equal(frame_unpack(bytes, sanji__frame__pack(&message, bytes), &arena, &back, NULL),
                         ERR_OK);
        assert_int_equal(back.entries.count, 3);
        assert_good(&back.entries.entries[0], 8);
        assert_good(&back.entries.entries[2], 10);
        const struct entry *bad = &back.entries.entries[1];
        if (bad->bad != alone[i].code)
            fail_msg("row %zu: wanted %s, got %s", i, err_name(alone[i].code), err_name(bad->bad));
        assert_int_equal(bad->lsn, 9);
        assert_int_equal(bad->prev, 8);
    }
}

static struct entry unpack_one(void (*spoil)(Sanji__Frame *message))
{
    Sanji__Frame message;
    struct parts parts = {.lanes = {0}};
    struct frame back;
    struct arena arena;

    good_message(FRAME_ENTRIES, &parts, &message);
    spoil(&message);
    arena_init(&arena, memory, sizeof memory);
    assert_int_equal(frame_unpack(bytes, sanji__frame__pack(&message, bytes), &arena, &back, NULL), ERR_OK);
    return back.entries.entries[0];
}

/* So that the right subject is set aside, with what came of it. */
static void test_a_bad_entry_keeps_what_of_it_can_be_read(void **state)
{
    (void)state;
    struct entry seen = unpack_one(epoch);
    assert_int_equal(seen.subject.bytes[0], 1);
    assert_int_equal(seen.epoch, 0);
    assert_non_null(seen.envelope);
    assert_int_equal(seen.body_size, 10);
    seen = unpack_one(subject_short);
    assert_true(id_is_zero(&seen.subject));
    seen = unpack_one(body_long);
    assert_int_equal(seen.body_size, 0);
    assert_null(seen.body);
    assert_non_null(seen.envelope);
    seen = unpack_one(envelope_short);
    assert_null(seen.envelope);
    seen = unpack_one(entry_kind_run);
    assert_int_equal(seen.kind, ENTRY_REPAIR + 1);
    assert_false(seen.more);
    seen = unpack_one(entry_kind_wide);
    assert_int_equal(seen.kind, 0);
}

static void test_an_oversize_frame_is_refused_unread(void **state)
{
    (void)state;
    struct frame back;
    struct arena arena;
    struct fault fault;

    arena_init(&arena, memory, sizeof memory);
    assert_int_equal(frame_unpack(bytes, FRAME_BYTES_MAX + 1, &arena, &back, &fault), ERR_TOO_LONG);
    assert_int_equal(arena.used, 0);
}

/* Two bytes an entry: a quarter of a megabyte of them would want tens of megabytes. */
static void test_a_bomb_of_tiny_entries_ends_at_the_arena(void **state)
{
    (void)state;
    struct frame back;
    struct arena arena;
    struct fault fault;

    arena_init(&arena, memory, sizeof memory);
    for (size_t i = 0; i + 1 < FRAME_BYTES_MAX; i += 2) {
        bytes[i] = 0x52; /* field 10, a message */
        bytes[i + 1] = 0;
    }
    assert_int_equal(frame_unpack(bytes, FRAME_BYTES_MAX, &arena, &back, &fault), ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_out_of_bounds_are_refused_by_name),
        cmocka_unit_test(test_one_entry_out_of_bounds_leaves_the_others_usable),
        cmocka_unit_test(test_a_bad_entry_keeps_what_of_it_can_be_read),
        cmocka_unit_test(test_an_oversize_frame_is_refused_unread),
        cmocka_unit_test(test_a_bomb_of_tiny_entries_ends_at_the_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
