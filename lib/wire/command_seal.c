/* A statement and its signature: the body of a command's event. */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "wire/command.h"
#include "wire/command_message.h"

/* What is signed begins with this, so that no other signed thing can pass for a statement. */
static const char prefix[] = "sanji command statement\n";
#define PREFIX_BYTES (sizeof prefix - 1)

_Static_assert(SIGN_KEY_BYTES == crypto_sign_SECRETKEYBYTES &&
                   SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES && SIGNATURE_BYTES == crypto_sign_BYTES,
               "sizes of Ed25519");

static size_t put_signed(uint8_t out[PREFIX_BYTES + COMMAND_STATEMENT_MAX], const uint8_t *statement,
                         size_t size)
{
    assert(size <= COMMAND_STATEMENT_MAX);
    memcpy(out, prefix, PREFIX_BYTES);
    memcpy(out + PREFIX_BYTES, statement, size);
    return PREFIX_BYTES + size;
}

static void sign(const uint8_t *statement, size_t size, const uint8_t key[SIGN_KEY_BYTES],
                 uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t bytes[PREFIX_BYTES + COMMAND_STATEMENT_MAX];
    int failed = crypto_sign_detached(signature, NULL, bytes, put_signed(bytes, statement, size), key);

    assert(!failed);
    (void)failed;
}

/* Nothing that others could not read is ever signed. */
static enum err check_readable(const uint8_t *statement, size_t size, struct arena *arena)
{
    struct command read;
    size_t used = arena->used;
    enum err failed = command_unpack(statement, size, arena, &read, NULL);

    if (failed && arena->full)
        failed = ERR_MEMORY;
    arena->used = used;
    return failed;
}

static enum err wrap(const uint8_t *statement, size_t statement_size, uint8_t signature[SIGNATURE_BYTES],
                     struct arena *arena, const uint8_t **body, size_t *size)
{
    Sanji__CommandBody message = SANJI__COMMAND_BODY__INIT;

    message.statement = (ProtobufCBinaryData){.len = statement_size, .data = (uint8_t *)statement};
    message.signature = (ProtobufCBinaryData){.len = SIGNATURE_BYTES, .data = signature};
    uint8_t *bytes = arena_take_raw(arena, sanji__command_body__get_packed_size(&message));
    if (!bytes)
        return ERR_MEMORY;
    *size = sanji__command_body__pack(&message, bytes);
    *body = bytes;
    return ERR_OK;
}

enum err command_seal(const struct command *command, const uint8_t key[SIGN_KEY_BYTES], struct arena *arena,
                      const uint8_t **body, size_t *size)
{
    const uint8_t *statement;
    size_t statement_size;
    uint8_t signature[SIGNATURE_BYTES];
    enum err failed = command_pack(command, arena, &statement, &statement_size);

    if (!failed)
        failed = check_readable(statement, statement_size, arena);
    if (failed)
        return failed;
    sign(statement, statement_size, key, signature);
    return wrap(statement, statement_size, signature, arena, body, size);
}

/* The very bytes that its two fields give: none of another number, none twice, in no other order. */
static bool is_only_spelling(const uint8_t *body, size_t size, const Sanji__CommandBody *message)
{
    uint8_t again[BODY_BYTES_MAX];

    return message->base.n_unknown_fields == 0 && sanji__command_body__get_packed_size(message) == size &&
           sanji__command_body__pack(message, again) == size && memcmp(again, body, size) == 0;
}

enum err command_open(const uint8_t *body, size_t size, struct arena *arena, struct command_body *out,
                      struct fault *fault)
{
    struct field_reader reader = {.arena = arena, .fault = fault, .where = "command"};

    if (size > BODY_BYTES_MAX)
        return fault_set(fault, ERR_TOO_LONG, "command: %zu bytes, at most %d", size, BODY_BYTES_MAX);
    const Sanji__CommandBody *message = field_unpack(&reader, &sanji__command_body__descriptor, body, size);
    if (!message)
        return reader.err;
    if (message->statement.len == 0)
        field_refuse(&reader, ERR_MISSING, "statement", "absent");
    if (message->signature.len != SIGNATURE_BYTES)
        field_refuse(&reader, ERR_MALFORMED, "signature", "not of a signature's length");
    if (!reader.err && !is_only_spelling(body, size, message))
        field_refuse(&reader, ERR_MALFORMED, "body", "more in it than a statement and a signature");
    if (reader.err)
        return reader.err;
    enum err failed =
        command_unpack(message->statement.data, message->statement.len, arena, &out->command, fault);
    if (failed)
        return failed;
    out->statement = message->statement.data;
    out->statement_size = message->statement.len;
    memcpy(out->signature, message->signature.data, SIGNATURE_BYTES);
    return ERR_OK;
}

enum err command_verify(const struct command_body *body, const uint8_t public_key[SIGN_PUBLIC_BYTES])
{
    uint8_t bytes[PREFIX_BYTES + COMMAND_STATEMENT_MAX];
    size_t size = put_signed(bytes, body->statement, body->statement_size);

    return crypto_sign_verify_detached(body->signature, bytes, size, public_key) == 0 ? ERR_OK : ERR_FORGED;
}
