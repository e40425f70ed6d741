/* Any bytes as a command's body, a statement, a sheet and a unit. What is taken must be the same when it is
 * written again and taken again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire_command_samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed);

/* For what is read from the input, written from it, read from that, and written once more. */
static _Alignas(16) uint8_t memory[4][256 * 1024];

static struct arena fresh_arena(int turn)
{
    struct arena arena;
    arena_init(&arena, memory[turn], sizeof memory[turn]);
    return arena;
}

static void assert_same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    assert(a_size == b_size && memcmp(a, b, a_size) == 0);
}

static void as_statement(const uint8_t *bytes, size_t size)
{
    struct arena arena[4] = {fresh_arena(0), fresh_arena(1), fresh_arena(2), fresh_arena(3)};
    struct command command, back;
    struct fault fault = {ERR_OK, ""};
    const uint8_t *once, *twice;
    size_t once_size, twice_size;

    if (command_unpack(bytes, size, &arena[0], &command, &fault) != ERR_OK) {
        assert(fault.code != ERR_OK && fault.text[0] != '\0');
        return;
    }
    assert(!id_is_zero(&command.id) && command.no > 0 && command.center[0] != '\0');
    assert(command_pack(&command, &arena[1], &once, &once_size) == ERR_OK);
    assert(command_unpack(once, once_size, &arena[2], &back, &fault) == ERR_OK);
    assert(command_pack(&back, &arena[3], &twice, &twice_size) == ERR_OK);
    assert_same(once, once_size, twice, twice_size);
}

/* None is ever signed here: whatever the input, it is forged. */
static void as_command(const uint8_t *bytes, size_t size)
{
    static const uint8_t nobody[SIGN_PUBLIC_BYTES] = {1, 2, 3};
    struct arena arena = fresh_arena(0);
    struct command_body body;
    struct fault fault = {ERR_OK, ""};

    if (command_open(bytes, size, &arena, &body, &fault) != ERR_OK)
        assert(fault.code != ERR_OK && fault.text[0] != '\0');
    else
        assert(command_verify(&body, nobody) == ERR_FORGED);
}

static void as_sheet(const uint8_t *bytes, size_t size)
{
    struct arena arena[4] = {fresh_arena(0), fresh_arena(1), fresh_arena(2), fresh_arena(3)};
    struct sheet_body sheet, back;
    struct fault fault = {ERR_OK, ""};
    const uint8_t *once, *twice;
    size_t once_size, twice_size, promised = 64;

    if (sheet_unpack(bytes, size, &arena[0], &sheet, &fault) != ERR_OK) {
        assert(fault.code != ERR_OK && fault.text[0] != '\0');
        return;
    }
    for (size_t i = 0; i < sheet.count; i++)
        promised += sheet_change_bytes(&sheet.changes[i]);
    if (sheet_pack(&sheet, &arena[1], &once, &once_size) != ERR_OK) {
        assert(promised > BODY_BYTES_MAX); /* written around another time it may have grown */
        return;
    }
    assert(once_size <= promised);
    assert(sheet_unpack(once, once_size, &arena[2], &back, &fault) == ERR_OK);
    assert(sheet_pack(&back, &arena[3], &twice, &twice_size) == ERR_OK);
    assert_same(once, once_size, twice, twice_size);
}

static void as_unit(const uint8_t *bytes, size_t size)
{
    struct arena arena[4] = {fresh_arena(0), fresh_arena(1), fresh_arena(2), fresh_arena(3)};
    struct unit unit, back;
    struct actor actor, who;
    struct fault fault = {ERR_OK, ""};
    const uint8_t *once, *twice;
    size_t once_size, twice_size;

    memset(&unit, 0, sizeof unit);
    memset(&back, 0, sizeof back);
    if (unit_unpack(bytes, size, &arena[0], &unit, &actor, &fault) != ERR_OK) {
        assert(fault.code != ERR_OK && fault.text[0] != '\0');
        return;
    }
    assert(unit_pack(&unit, &actor, &arena[1], &once, &once_size) == ERR_OK);
    assert(unit_unpack(once, once_size, &arena[2], &back, &who, &fault) == ERR_OK);
    assert(unit_pack(&back, &who, &arena[3], &twice, &twice_size) == ERR_OK);
    assert_same(once, once_size, twice, twice_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (wire_init() != ERR_OK)
        return 0;
    as_command(bytes, size);
    as_statement(bytes, size);
    as_sheet(bytes, size);
    as_unit(bytes, size);
    return 0;
}

static const uint8_t *fresh_body(struct sampler *s, struct arena *arena, size_t *size)
{
    static const uint8_t key[SIGN_KEY_BYTES] = {7};
    static struct command command;
    static struct receipt_change changes[3];
    struct sheet_body sheet;
    struct unit unit;
    struct actor actor;
    const uint8_t *body;
    enum err failed;

    memset(&actor, 0, sizeof actor);
    switch (sample_bits(s) % 4) {
    case 0:
        sample_command(s, &command);
        failed = command_pack(&command, arena, &body, size);
        break;
    case 1:
        sample_command(s, &command);
        failed = command_seal(&command, key, arena, &body, size);
        break;
    case 2:
        sample_sheet(s, changes, &sheet);
        failed = sheet_pack(&sheet, arena, &body, size);
        break;
    default:
        sample_unit(s, &unit);
        sample_actor(s, &actor);
        failed = unit_pack(&unit, &actor, arena, &body, size);
        break;
    }
    return failed ? NULL : body;
}

/* Now and then a good body to begin from, so that no corpus need be kept. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
    struct sampler s = {.state = seed};
    struct arena arena = fresh_arena(0);
    size_t fresh;

    if (seed % 32 != 0)
        return LLVMFuzzerMutate(bytes, size, max);
    const uint8_t *body = fresh_body(&s, &arena, &fresh);
    if (!body || fresh > max)
        return LLVMFuzzerMutate(bytes, size, max);
    memcpy(bytes, body, fresh);
    return fresh;
}
