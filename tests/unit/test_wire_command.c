/* Statements and units, there and back, ids and envelopes; what nobody may change unawares. */
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

static void assert_same_command(const struct command *a, const struct command *b)
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

static void test_statements_come_back_as_they_were(void **state)
{
    (void)state;
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct command command, back;
        struct arena arena = fresh_arena();
        struct fault fault = {ERR_OK, ""};
        const uint8_t *bytes;
        size_t size;
        sample_command(&s, &command);
        memset(&back, 0xff, sizeof back);
        assert_int_equal(command_pack(&command, &arena, &bytes, &size), ERR_OK);
        if (command_unpack(bytes, size, &arena, &back, &fault) != ERR_OK)
            fail_msg("%s", fault.text);
        assert_same_command(&back, &command);
    }
}

/* A new field must get a place on the wire, in the samples and here. */
static void test_every_field_has_its_place(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct command), 3080);
    assert_int_equal(sizeof(struct receipt), 544);
    assert_int_equal(sizeof(struct receipt_change), 696);
    assert_int_equal(sizeof(struct unit), 536);
}

static void test_units_come_back_as_they_were_and_keep_what_no_event_carries(void **state)
{
    (void)state;
    struct sampler s = sampler_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct unit unit, back;
        struct actor actor = {.post = POST_NONE}, who;
        struct arena arena = fresh_arena();
        struct fault fault = {ERR_OK, ""};
        const uint8_t *body;
        size_t size;
        sample_unit(&s, &unit);
        memset(&back, 0, sizeof back);
        back.lon = unit.lon = 114.1;
        back.last_no = unit.last_no = 7;
        strcpy(back.department, "police");
        strcpy(unit.department, "police");
        sample_actor(&s, &actor);
        memset(&who, 0xff, sizeof who);
        assert_int_equal(unit_pack(&unit, &actor, &arena, &body, &size), ERR_OK);
        if (unit_unpack(body, size, &arena, &back, &who, &fault) != ERR_OK)
            fail_msg("%s", fault.text);
        assert_memory_equal(&back, &unit, sizeof back);
        assert_memory_equal(&who, &actor, sizeof who);
    }
}

/* Domain page, section 9: no trail of a person. */
static void test_no_event_of_a_unit_says_where_it_is(void **state)
{
    (void)state;
    struct sampler s = sampler_new();
    struct unit unit, elsewhere;
    struct actor actor = {.post = POST_NONE};
    struct arena arena = fresh_arena();
    const uint8_t *a, *b;
    size_t a_size, b_size;

    sample_unit(&s, &unit);
    elsewhere = unit;
    elsewhere.lon = 114.05;
    elsewhere.lat = 22.54;
    elsewhere.position_ms = 1795340931123;
    assert_int_equal(unit_pack(&unit, &actor, &arena, &a, &a_size), ERR_OK);
    assert_int_equal(unit_pack(&elsewhere, &actor, &arena, &b, &b_size), ERR_OK);
    assert_int_equal(a_size, b_size);
    assert_memory_equal(a, b, a_size);
}

static void test_ids_follow_from_what_they_stand_for(void **state)
{
    (void)state;
    struct id one = {{1}}, two = {{2}};
    struct id sheet = sheet_id(&one, "440306017"), unit = unit_id("police.440306017");
    struct id same = sheet_id(&one, "440306017"), other_center = sheet_id(&one, "440306018"),
              other_command = sheet_id(&two, "440306017"), other_unit = unit_id("police-2.440306017");
    char text[ID_TEXT_SIZE];

    assert_true(id_equal(&sheet, &same));
    assert_false(id_equal(&sheet, &other_center));
    assert_false(id_equal(&sheet, &other_command));
    assert_false(id_equal(&unit, &other_unit));
    assert_int_equal(id_time_ms(&sheet), -1); /* never taken for a key */
    id_format(&sheet, text);
    assert_string_equal(text, "3ea55b01-35fa-892b-b2a3-e63b69fe0d07");
    id_format(&unit, text);
    assert_string_equal(text, "6678018f-d20d-8f3b-a602-9b24b37e2806");
}

static struct envelope envelope_of(enum subject_kind kind, uint8_t what)
{
    struct envelope envelope;

    memset(&envelope, 0, sizeof envelope);
    envelope.subject_kind = kind;
    envelope.subject.bytes[0] = 9;
    envelope.no = 2;
    envelope.at_ms = 1795340931123;
    strcpy(envelope.actor, "system:timer");
    envelope.kind = 1;
    envelope.epoch = 1;
    strcpy(envelope.writer, "440306017");
    strcpy(envelope.next_owner, "440306017");
    envelope.state = what;
    return envelope;
}

static void test_an_event_chains_body_and_predecessor(void **state)
{
    (void)state;
    static const uint8_t body[] = "body";
    uint8_t prev[HASH_BYTES], hash[HASH_BYTES];
    struct envelope envelope = envelope_of(SUBJECT_SHEET, 0), back;
    struct event_bytes event;

    memset(prev, 0xcc, sizeof prev);
    subject_encode(&envelope, body, sizeof body, prev, &event);
    assert_int_equal(envelope_unpack(event.packed, &back), ERR_OK);
    wire_hash(body, sizeof body, hash);
    assert_memory_equal(back.body_hash, hash, HASH_BYTES);
    assert_memory_equal(back.prev_hash, prev, HASH_BYTES);
    envelope_hash(event.packed, hash);
    assert_memory_equal(event.hash, hash, HASH_BYTES);
    assert_ptr_equal(event.body, body);
    assert_int_equal(event.body_size, sizeof body);
    memcpy(envelope.body_hash, back.body_hash, HASH_BYTES);
    memcpy(envelope.prev_hash, prev, HASH_BYTES);
    assert_memory_equal(&event.envelope, &envelope, sizeof envelope);
}

/* A command's state follows from its receipts and is never stored; a unit's is its status. */
static void test_an_envelope_has_a_state_that_its_subject_can_have(void **state)
{
    (void)state;
    static const struct {
        enum subject_kind kind;
        uint8_t what;
        enum err code;
    } rows[] = {
        {SUBJECT_COMMAND, 0, ERR_OK},       {SUBJECT_COMMAND, 1, ERR_MALFORMED},
        {SUBJECT_SHEET, 0, ERR_OK},         {SUBJECT_SHEET, 1, ERR_MALFORMED},
        {SUBJECT_UNIT, UNIT_OFF, ERR_OK},   {SUBJECT_UNIT, 0, ERR_MALFORMED},
        {SUBJECT_UNIT, UNIT_FAULT, ERR_OK}, {SUBJECT_UNIT, UNIT_STATUSES, ERR_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct envelope envelope = envelope_of(rows[i].kind, rows[i].what), back;
        uint8_t packed[WIRE_ENVELOPE_BYTES];
        envelope.kind = 60000; /* of a later version: carried on */
        envelope_pack(&envelope, packed);
        if (envelope_unpack(packed, &back) != rows[i].code)
            fail_msg("row %zu", i);
    }
}

static struct command golden_command(void)
{
    struct command command;

    memset(&command, 0, sizeof command);
    for (uint8_t i = 0; i < ID_BYTES; i++)
        command.id.bytes[i] = (uint8_t)(0xa0 + i);
    command.event = COMMAND_ISSUE;
    command.no = 1;
    strcpy(command.center, "440306");
    strcpy(command.actor.user, "shift_leader.440306");
    command.actor.post = POST_SHIFT_LEADER;
    strcpy(command.actor.center, "440306");
    command.sent_ms = command.effective_ms = 1795340931123;
    command.expires_ms = 1795344531123;
    command.status = COMMAND_EXERCISE;
    command.kind = COMMAND_ROLL_CALL;
    command.priority = PRIORITY_URGENT;
    command.text = "全区点名";
    strcpy(command.targets, "all");
    command.ack_limit = (struct span){UNIT_URGENT_HOUR, 10};
    command.ack_rule = ACK_EACH;
    command.form.count = 1;
    strcpy(command.form.fields[0].name, "people");
    command.form.fields[0].type = FORM_NUMBER;
    command.form.fields[0].required = true;
    strcpy(command.form.fields[0].zh, "到岗人数");
    command.lon = 114.5;
    command.lat = 22.5;
    return command;
}

static void assert_hex(const uint8_t *bytes, size_t size, const char *golden)
{
    static char hex[2048];

    for (size_t i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(hex, golden);
}

/* Signed by one version, verified by another. The signature was made with another implementation of Ed25519.
 */
static void test_one_statement_and_its_signature_have_these_bytes_for_ever(void **state)
{
    (void)state;
    static const char golden[] =
        "0a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf1001180122063434303330362a1f0a1373686966745f6c6561646572"
        "2e34343033303610101a0634343033303630b3a0a295a03438b3a0a295a03440b3fdfd96a0345002580360017a0c"
        "e585a8e58cbae782b9e5908d920103616c6c980151c80101da011a0a0670656f706c6510021801220ce588b0e5b2"
        "97e4babae695b09a0212090000000000a05c40110000000000803640";
    static const char golden_body[] =
        "0aa6010a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf1001180122063434303330362a1f0a1373686966745f6c6561"
        "6465722e34343033303610101a0634343033303630b3a0a295a03438b3a0a295a03440b3fdfd96a0345002580360"
        "017a0ce585a8e58cbae782b9e5908d920103616c6c980151c80101da011a0a0670656f706c6510021801220ce588"
        "b0e5b297e4babae695b09a0212090000000000a05c401100000000008036401240d7c4f808899186c8ec1288f60c"
        "b964f6ea82938d17702cec1aaf959ce0f50fc15b1f5850de5dfe619b311cb802521635a9fd87e80dab8a0d7e8a75"
        "b27999660b";
    struct command command = golden_command();
    struct arena arena = fresh_arena();
    uint8_t key[SIGN_KEY_BYTES];
    const uint8_t *bytes;
    size_t size;

    for (size_t i = 0; i < 32; i++)
        key[i] = (uint8_t)i;
    /* the public half of that seed */
    static const uint8_t public_half[] = {0x03, 0xa1, 0x07, 0xbf, 0xf3, 0xce, 0x10, 0xbe, 0x1d, 0x70, 0xdd,
                                          0x18, 0xe7, 0x4b, 0xc0, 0x99, 0x67, 0xe4, 0xd6, 0x30, 0x9b, 0xa5,
                                          0x0d, 0x5f, 0x1d, 0xdc, 0x86, 0x64, 0x12, 0x55, 0x31, 0xb8};
    memcpy(key + 32, public_half, 32);
    assert_int_equal(command_pack(&command, &arena, &bytes, &size), ERR_OK);
    assert_hex(bytes, size, golden);
    assert_int_equal(command_seal(&command, key, &arena, &bytes, &size), ERR_OK);
    assert_hex(bytes, size, golden_body);
}

static int start(void **state)
{
    (void)state;
    return wire_init() == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_come_back_as_they_were),
        cmocka_unit_test(test_every_field_has_its_place),
        cmocka_unit_test(test_units_come_back_as_they_were_and_keep_what_no_event_carries),
        cmocka_unit_test(test_no_event_of_a_unit_says_where_it_is),
        cmocka_unit_test(test_ids_follow_from_what_they_stand_for),
        cmocka_unit_test(test_an_event_chains_body_and_predecessor),
        cmocka_unit_test(test_an_envelope_has_a_state_that_its_subject_can_have),
        cmocka_unit_test(test_one_statement_and_its_signature_have_these_bytes_for_ever),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
