/* Ids that follow from what they stand for, and events of commands, sheets and units. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "wire/command.h"

/* A UUID of version 8: no key from outside, which is of version 7, can be taken for one. */
static struct id id_of(const uint8_t *bytes, size_t size)
{
    uint8_t hash[HASH_BYTES];
    struct id id;

    wire_hash(bytes, size, hash);
    memcpy(id.bytes, hash, ID_BYTES);
    id.bytes[6] = (uint8_t)(0x80 | (id.bytes[6] & 0x0f));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

struct id sheet_id(const struct id *command, const char *center)
{
    uint8_t bytes[5 + ID_BYTES + CODE_SIZE] = {'s', 'h', 'e', 'e', 't'};
    memcpy(bytes + 5, command->bytes, ID_BYTES);
    text_put((char *)bytes + 5 + ID_BYTES, CODE_SIZE, center);
    return id_of(bytes, sizeof bytes);
}

struct id unit_id(const char *name)
{
    uint8_t bytes[4 + USER_SIZE] = {'u', 'n', 'i', 't'};
    text_put((char *)bytes + 4, USER_SIZE, name);
    return id_of(bytes, sizeof bytes);
}

void subject_encode(const struct envelope *envelope, const uint8_t *body, size_t size,
                    const uint8_t prev[HASH_BYTES], struct event_bytes *out)
{
    struct envelope read;

    memset(out, 0, sizeof *out);
    out->envelope = *envelope;
    wire_hash(body, size, out->envelope.body_hash);
    memcpy(out->envelope.prev_hash, prev, HASH_BYTES);
    envelope_pack(&out->envelope, out->packed);
    envelope_hash(out->packed, out->hash);
    out->body = body;
    out->body_size = size;
    /* What is chained here must read everywhere. */
    enum err failed = envelope_unpack(out->packed, &read);
    assert(!failed);
    (void)failed;
}
