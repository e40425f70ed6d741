/* The envelope's layout for ever, and the chain of hashes over it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/event.h"

static struct envelope sample(void)
{
    struct envelope envelope;
    memset(&envelope, 0, sizeof envelope);
    envelope.subject_kind = SUBJECT_CASE;
    for (uint8_t i = 0; i < ID_BYTES; i++)
        envelope.subject.bytes[i] = (uint8_t)(0xa0 + i);
    envelope.no = 3;
    envelope.at_ms = 1795340931123;
    strcpy(envelope.actor, "dispatcher.440306017");
    envelope.kind = EVENT_DISPATCH;
    envelope.epoch = 2;
    strcpy(envelope.writer, "440306017");
    strcpy(envelope.next_owner, "440306");
    envelope.state = CASE_DISPATCHED;
    envelope.due_ms[0] = 1795344531123;
    envelope.due_ms[1] = INT64_MAX;
    memset(envelope.body_hash, 0xbb, HASH_BYTES);
    memset(envelope.prev_hash, 0xcc, HASH_BYTES);
    return envelope;
}

static void from_hex(const char *hex, uint8_t *out, size_t size)
{
    assert_int_equal(strlen(hex), 2 * size);
    for (size_t i = 0; i < size; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
}

/* Written by hand from the layout, and hashed with another implementation of BLAKE2b. */
static void test_one_envelope_has_these_bytes_for_ever(void **state)
{
    (void)state;
    static const char golden[] =
        "0101a0a1a2a3a4a5a6a7a8a9aaabacadaeaf00000003000001a202a89033646973706174636865722e34343033303630"
        "313700000000000000000000000000000000000000000000000000000000000900000002343430333036303137000000"
        "0000000000000000343430333036000000000000000000000000000004000001a202df7eb37fffffffffffffffbbbbbb"
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbcccccccccccccccccccccccccccccccccccccc"
        "cccccccccccccccccccccccccc";
    static const char golden_hash[] = "7df133e0e53099a1c7916d17bd2366165600d7cb466f96ee5e061d5d66945664";
    uint8_t expected[WIRE_ENVELOPE_BYTES], expected_hash[HASH_BYTES], packed[WIRE_ENVELOPE_BYTES],
        hash[HASH_BYTES];
    struct envelope envelope = sample();

    from_hex(golden, expected, sizeof expected);
    from_hex(golden_hash, expected_hash, sizeof expected_hash);
    envelope_pack(&envelope, packed);
    assert_memory_equal(packed, expected, sizeof packed);
    envelope_hash(packed, hash);
    assert_memory_equal(hash, expected_hash, sizeof hash);
}

static void test_an_envelope_comes_back_as_it_was(void **state)
{
    (void)state;
    uint8_t packed[WIRE_ENVELOPE_BYTES];
    struct envelope envelope = sample(), back;

    envelope_pack(&envelope, packed);
    memset(&back, 0, sizeof back);
    assert_int_equal(envelope_unpack(packed, &back), ERR_OK);
    assert_memory_equal(&back, &envelope, sizeof back);
}

static void test_a_kind_that_nobody_knows_is_carried(void **state)
{
    (void)state;
    uint8_t packed[WIRE_ENVELOPE_BYTES];
    struct envelope envelope = sample(), back;

    envelope.kind = 60000;
    envelope_pack(&envelope, packed);
    assert_int_equal(envelope_unpack(packed, &back), ERR_OK);
    assert_int_equal(back.kind, 60000);
}

static void test_an_envelope_with_one_bad_byte_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
    } bad[] = {
        {"version", 0, 2},
        {"subject kind 0", 1, 0},
        {"subject kind 6", 1, 6},
        {"negative number", 18, 0x80},
        {"number 0", 21, 0},
        {"negative time", 22, 0x80},
        {"time after year 9999", 22, 0x01},
        {"control character in the actor", 30, 0x07},
        {"newline in the actor", 30, '\n'},
        {"no UTF-8 in the actor", 30, 0xff},
        {"actor empty", 30, 0},
        {"something behind the actor's NUL", 77, 'x'},
        {"negative epoch", 80, 0x80},
        {"writer no code", 84, ' '},
        {"writer empty", 84, 0},
        {"writer without NUL", 103, 'x'},
        {"next owner no code", 104, '/'},
        {"state 0", 124, 0},
        {"state beyond the last", 124, CASE_STATES},
        {"negative due", 125, 0x80},
        {"negative handling due", 133, 0x80},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t packed[WIRE_ENVELOPE_BYTES];
        struct envelope envelope = sample(), back;
        envelope_pack(&envelope, packed);
        packed[bad[i].at] = bad[i].value;
        if (envelope_unpack(packed, &back) != ERR_MALFORMED)
            fail_msg("passes: %s", bad[i].what);
    }
}

static void test_an_envelope_without_a_kind_is_refused(void **state)
{
    (void)state;
    uint8_t packed[WIRE_ENVELOPE_BYTES];
    struct envelope envelope = sample(), back;

    envelope.kind = 0;
    envelope_pack(&envelope, packed);
    assert_int_equal(envelope_unpack(packed, &back), ERR_MALFORMED);
}

static void test_two_texts_that_read_alike_cannot_have_two_hashes(void **state)
{
    (void)state;
    uint8_t packed[WIRE_ENVELOPE_BYTES];
    struct envelope envelope = sample(), back;

    envelope_pack(&envelope, packed);
    for (size_t at = 30; at < 124; at++) {
        uint8_t kept = packed[at];
        bool number = at >= 78 && at < 84;
        if (number || kept != 0 || packed[at - 1] != 0)
            continue;
        packed[at] = 'x';
        assert_int_equal(envelope_unpack(packed, &back), ERR_MALFORMED);
        packed[at] = kept;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_envelope_has_these_bytes_for_ever),
        cmocka_unit_test(test_an_envelope_comes_back_as_it_was),
        cmocka_unit_test(test_a_kind_that_nobody_knows_is_carried),
        cmocka_unit_test(test_an_envelope_with_one_bad_byte_is_refused),
        cmocka_unit_test(test_an_envelope_without_a_kind_is_refused),
        cmocka_unit_test(test_two_texts_that_read_alike_cannot_have_two_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
