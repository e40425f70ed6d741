/* A center in between can delay a command, but neither forge nor alter it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "command.pb-c.h"
#include "wire_command_samples.h"

static _Alignas(16) uint8_t memory[512 * 1024];
static struct arena arena;
static uint8_t public_key[SIGN_PUBLIC_BYTES], secret_key[SIGN_KEY_BYTES];

static struct command order(void)
{
    struct command command;

    memset(&command, 0, sizeof command);
    memset(command.id.bytes, 0x11, ID_BYTES);
    command.event = COMMAND_ISSUE;
    command.no = 1;
    strcpy(command.center, "440306");
    strcpy(command.actor.user, "leader.440306");
    command.actor.post = POST_LEADER;
    command.sent_ms = command.effective_ms = 1795340931123;
    command.expires_ms = 1795344531123;
    command.status = COMMAND_ACTUAL;
    command.kind = COMMAND_ORDER;
    command.text = "立即上岗";
    strcpy(command.targets, "dept=police");
    return command;
}

static const uint8_t *sealed(const struct command *command, size_t *size)
{
    const uint8_t *body;

    assert_int_equal(command_seal(command, secret_key, &arena, &body, size), ERR_OK);
    return body;
}

/* OK when it opens and its signature is the issuer's. */
static enum err judge(const uint8_t *body, size_t size)
{
    struct command_body opened;
    enum err failed = command_open(body, size, &arena, &opened, NULL);
    return failed ? failed : command_verify(&opened, public_key);
}

static void test_what_the_issuer_signed_is_read_and_verified_everywhere(void **state)
{
    (void)state;
    struct command command = order();
    struct command_body opened;
    struct fault fault = {ERR_OK, ""};
    size_t size, again_size;
    const uint8_t *body = sealed(&command, &size), *again;

    assert_int_equal(command_open(body, size, &arena, &opened, &fault), ERR_OK);
    assert_int_equal(command_verify(&opened, public_key), ERR_OK);
    assert_true(id_equal(&opened.command.id, &command.id));
    assert_string_equal(opened.command.text, "立即上岗");
    assert_string_equal(opened.command.center, "440306");
    assert_int_equal(command_pack(&command, &arena, &again, &again_size), ERR_OK);
    assert_int_equal(opened.statement_size, again_size);
    assert_memory_equal(opened.statement, again, again_size);
}

static void test_random_commands_verify(void **state)
{
    (void)state;
    struct sampler s = sampler_new();

    for (int round = 0; round < 100; round++) {
        struct command command;
        size_t size;
        arena_reset(&arena);
        sample_command(&s, &command);
        const uint8_t *body = sealed(&command, &size);
        assert_int_equal(judge(body, size), ERR_OK);
    }
}

static void test_an_altered_byte_anywhere_is_seen(void **state)
{
    (void)state;
    struct command command = order();
    uint8_t altered[512];
    size_t size;
    const uint8_t *body = sealed(&command, &size);

    assert_in_range(size, 1, sizeof altered);
    for (size_t at = 0; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            struct arena before = arena;
            memcpy(altered, body, size);
            altered[at] ^= (uint8_t)(1 << bit);
            if (judge(altered, size) == ERR_OK)
                fail_msg("bit %d of byte %zu may be altered", bit, at);
            arena = before;
        }
}

static void test_another_center_s_key_does_not_verify(void **state)
{
    (void)state;
    struct command command = order();
    struct command_body opened;
    uint8_t other_public[SIGN_PUBLIC_BYTES], other_secret[SIGN_KEY_BYTES];
    size_t size;
    const uint8_t *body = sealed(&command, &size);

    crypto_sign_keypair(other_public, other_secret);
    assert_int_equal(command_open(body, size, &arena, &opened, NULL), ERR_OK);
    assert_int_equal(command_verify(&opened, other_public), ERR_FORGED);
    assert_int_equal(command_seal(&command, other_secret, &arena, &body, &size), ERR_OK);
    assert_int_equal(judge(body, size), ERR_FORGED);
}

/* The signature of one thing under the name of another. */
static enum err replay(const struct command *command, const struct command *as)
{
    Sanji__CommandBody message = SANJI__COMMAND_BODY__INIT;
    struct command_body opened;
    size_t size, statement_size;
    uint8_t bytes[1024];
    const uint8_t *body = sealed(command, &size), *statement;

    assert_int_equal(command_open(body, size, &arena, &opened, NULL), ERR_OK);
    assert_int_equal(command_pack(as, &arena, &statement, &statement_size), ERR_OK);
    message.statement = (ProtobufCBinaryData){.len = statement_size, .data = (uint8_t *)statement};
    message.signature = (ProtobufCBinaryData){.len = SIGNATURE_BYTES, .data = opened.signature};
    return judge(bytes, sanji__command_body__pack(&message, bytes));
}

static void test_a_signature_stands_for_one_event_of_one_command_of_one_center(void **state)
{
    (void)state;
    const struct command command = order();
    struct command other = command;

    assert_int_equal(replay(&command, &command), ERR_OK);
    other.id.bytes[15] ^= 1;
    assert_int_equal(replay(&command, &other), ERR_FORGED);
    other = command;
    other.no = 2;
    assert_int_equal(replay(&command, &other), ERR_FORGED);
    other = command;
    other.event = COMMAND_CANCEL;
    assert_int_equal(replay(&command, &other), ERR_FORGED);
    other = command;
    strcpy(other.center, "440307");
    assert_int_equal(replay(&command, &other), ERR_FORGED);
    other = command;
    strcpy(other.targets, "all");
    assert_int_equal(replay(&command, &other), ERR_FORGED);
}

static void test_what_was_signed_for_another_purpose_is_no_command(void **state)
{
    (void)state;
    struct command command = order();
    struct command_body opened;
    size_t size;
    const uint8_t *body = sealed(&command, &size);

    assert_int_equal(command_open(body, size, &arena, &opened, NULL), ERR_OK);
    crypto_sign_detached(opened.signature, NULL, opened.statement, opened.statement_size, secret_key);
    assert_int_equal(command_verify(&opened, public_key), ERR_FORGED);
}

/* Else who passes it on could give it another hash: two centers would hold two different logs, both verified.
 */
static void test_a_body_has_one_spelling(void **state)
{
    (void)state;
    struct command command = order();
    struct command_body opened;
    uint8_t bytes[1024];
    size_t size;
    const uint8_t *body = sealed(&command, &size);

    memcpy(bytes, body, size);
    memcpy(bytes + size, (const uint8_t[]){0x1a, 1, 'x'}, 3); /* a field 3 */
    assert_int_equal(judge(bytes, size + 3), ERR_MALFORMED);
    memcpy(bytes + size, body + size - 66, 66); /* the signature twice */
    assert_int_equal(judge(bytes, size + 66), ERR_MALFORMED);
    memcpy(bytes, body + size - 66, 66); /* the signature first */
    memcpy(bytes + 66, body, size - 66);
    assert_int_equal(judge(bytes, size), ERR_MALFORMED);
    assert_int_equal(command_open(body, size, &arena, &opened, NULL), ERR_OK);
}

static void test_a_body_without_its_parts_is_refused_by_name(void **state)
{
    (void)state;
    Sanji__CommandBody message = SANJI__COMMAND_BODY__INIT;
    struct command_body opened;
    struct fault fault;
    uint8_t bytes[256] = {0}, some[70] = {1};

    assert_int_equal(command_open(bytes, 0, &arena, &opened, &fault), ERR_MISSING);
    assert_non_null(strstr(fault.text, "command.statement"));
    message.statement = (ProtobufCBinaryData){.len = 4, .data = some};
    message.signature = (ProtobufCBinaryData){.len = SIGNATURE_BYTES - 1, .data = some};
    size_t size = sanji__command_body__pack(&message, bytes);
    assert_int_equal(command_open(bytes, size, &arena, &opened, &fault), ERR_MALFORMED);
    assert_non_null(strstr(fault.text, "command.signature"));
    assert_int_equal(command_open(memory, BODY_BYTES_MAX + 1, &arena, &opened, &fault), ERR_TOO_LONG);
}

/* A statement that its readers would have to refuse must not leave its issuer. */
static void test_nothing_unreadable_is_signed(void **state)
{
    (void)state;
    struct command command = order();
    const uint8_t *body;
    size_t size;

    command.no = 0;
    assert_int_equal(command_seal(&command, secret_key, &arena, &body, &size), ERR_MISSING);
    command = order();
    command.expires_ms = INT64_MAX;
    assert_int_equal(command_seal(&command, secret_key, &arena, &body, &size), ERR_RANGE);
    command = order();
    command.text = "bell \a";
    assert_int_equal(command_seal(&command, secret_key, &arena, &body, &size), ERR_BAD_TEXT);
}

static void test_a_full_arena_is_said(void **state)
{
    (void)state;
    struct command command = order();
    struct arena small;
    const uint8_t *body;
    size_t size;

    for (size_t room = 0; room < 384; room += 16) {
        arena_init(&small, memory, room);
        assert_int_equal(command_seal(&command, secret_key, &small, &body, &size), ERR_MEMORY);
    }
}

static int start(void **state)
{
    (void)state;
    if (wire_init() != ERR_OK)
        return -1;
    return crypto_sign_keypair(public_key, secret_key);
}

static int fresh(void **state)
{
    (void)state;
    arena_init(&arena, memory, sizeof memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_the_issuer_signed_is_read_and_verified_everywhere, fresh),
        cmocka_unit_test_setup(test_random_commands_verify, fresh),
        cmocka_unit_test_setup(test_an_altered_byte_anywhere_is_seen, fresh),
        cmocka_unit_test_setup(test_another_center_s_key_does_not_verify, fresh),
        cmocka_unit_test_setup(test_a_signature_stands_for_one_event_of_one_command_of_one_center, fresh),
        cmocka_unit_test_setup(test_what_was_signed_for_another_purpose_is_no_command, fresh),
        cmocka_unit_test_setup(test_a_body_has_one_spelling, fresh),
        cmocka_unit_test_setup(test_a_body_without_its_parts_is_refused_by_name, fresh),
        cmocka_unit_test_setup(test_nothing_unreadable_is_signed, fresh),
        cmocka_unit_test_setup(test_a_full_arena_is_said, fresh),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
