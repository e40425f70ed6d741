/* Commands, sheets and units as bytes. A command's statement is packed once by its issuer, signed, and from
 * then on stored, hashed, forwarded and verified verbatim: a center in between can neither forge nor alter
 * it. */
#ifndef SANJI_WIRE_COMMAND_H
#define SANJI_WIRE_COMMAND_H

#include "domain/command.h"
#include "domain/unit.h"
#include "wire/event.h"

#define SIGN_KEY_BYTES 64 /* Ed25519 secret key as libsodium keeps it */
#define SIGN_PUBLIC_BYTES 32

/* ---- signatures ---- */
/* The statement as bytes, in the arena. ERR_TOO_LONG, ERR_MEMORY. */
enum err command_pack(const struct command *command, struct arena *arena, const uint8_t **bytes,
                      size_t *size) MUST_CHECK;
/* Texts borrow from the arena. */
enum err command_unpack(const uint8_t *bytes, size_t size, struct arena *arena, struct command *command,
                        struct fault *fault) MUST_CHECK;
/* Packs, signs (over a fixed prefix and the statement, so that no other signed thing can pass for a command)
 * and wraps into an event body. */
enum err command_seal(const struct command *command, const uint8_t key[SIGN_KEY_BYTES], struct arena *arena,
                      const uint8_t **body, size_t *size) MUST_CHECK;
struct command_body {
    struct command command;
    const uint8_t *statement; /* inside the body */
    size_t statement_size;
    uint8_t signature[SIGNATURE_BYTES];
};
/* Decodes, does not verify. MALFORMED and the bounds' errors. */
enum err command_open(const uint8_t *body, size_t size, struct arena *arena, struct command_body *out,
                      struct fault *fault) MUST_CHECK;
/* OK or FORGED. */
enum err command_verify(const struct command_body *body,
                        const uint8_t public_key[SIGN_PUBLIC_BYTES]) MUST_CHECK;

/* ---- sheets ---- */
/* The id that command and center fix. */
struct id sheet_id(const struct id *command, const char *center);
/* The id that a unit's name fixes. */
struct id unit_id(const char *name);

struct sheet_body {
    struct id command;
    enum sheet_event event;
    bool whole;
    size_t count;
    struct receipt_change *changes; /* <= SHEET_CHANGES_MAX; texts borrowed */
};
/* The body in the arena. A change with long texts may make it TOO_LONG: then give fewer changes. */
enum err sheet_pack(const struct sheet_body *sheet, struct arena *arena, const uint8_t **body,
                    size_t *size) MUST_CHECK;
/* Bytes that one change takes, at most: for cutting a list into events of BODY_BYTES_MAX. */
size_t sheet_change_bytes(const struct receipt_change *change);
enum err sheet_unpack(const uint8_t *body, size_t size, struct arena *arena, struct sheet_body *out,
                      struct fault *fault) MUST_CHECK;

/* ---- units ---- */
/* What an event of a unit carries: all but identity, position and log head. */
enum err unit_pack(const struct unit *unit, const struct actor *actor, struct arena *arena,
                   const uint8_t **body, size_t *size) MUST_CHECK;
/* Sets the changing fields of *unit and its name and type; the rest stays. */
enum err unit_unpack(const uint8_t *body, size_t size, struct arena *arena, struct unit *unit,
                     struct actor *actor, struct fault *fault) MUST_CHECK;

/* ---- events of any of these subjects ---- */
/* Body and the envelope's own fields (all but body_hash, prev_hash) become the bytes of an event. */
void subject_encode(const struct envelope *envelope, const uint8_t *body, size_t size,
                    const uint8_t prev[HASH_BYTES], struct event_bytes *out);

#endif
