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
#define COMMAND_STATEMENT_MAX (BODY_BYTES_MAX - 80) /* leaves room for the signature in a body */

/* Reading needs about three times the bytes in the arena; of a sheet, 1 KiB more for each change. What is of
 * a later version (an event, a kind) is UNKNOWN_KIND: to be stored and passed on, not understood. */

/* ---- signatures ---- */
/* The statement as bytes, in the arena. ERR_TOO_LONG, ERR_MEMORY. */
enum err command_pack(const struct command *command, struct arena *arena, const uint8_t **bytes,
                      size_t *size) MUST_CHECK;
/* Texts borrow from the arena. MISSING without id, event, no and issuing center; an ISSUE also without kind,
 * status and targets. */
enum err command_unpack(const uint8_t *bytes, size_t size, struct arena *arena, struct command *command,
                        struct fault *fault) MUST_CHECK;
/* Packs, signs (over a fixed prefix and the statement, so that no other signed thing can pass for a command)
 * and wraps into an event body. Errors also those of command_unpack: nothing that others could not read is
 * signed. */
enum err command_seal(const struct command *command, const uint8_t key[SIGN_KEY_BYTES], struct arena *arena,
                      const uint8_t **body, size_t *size) MUST_CHECK;
struct command_body {
    struct command command;
    const uint8_t *statement; /* in the arena */
    size_t statement_size;
    uint8_t signature[SIGNATURE_BYTES];
};
/* Decodes, does not verify. MALFORMED also when anything else is in the body (it has one spelling only), and
 * the bounds' errors. That id, no and center are those of the envelope is the caller's to check. */
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
/* Bytes that one change takes, at most: as long as their sum is <= BODY_BYTES_MAX (and their number <=
 * SHEET_CHANGES_MAX), the sheet can be packed. */
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
/* Body and the envelope's own fields (all but body_hash, prev_hash) become the bytes of an event; asserts
 * that they are within the envelope's bounds. The state is 0 but for a unit: its status. */
void subject_encode(const struct envelope *envelope, const uint8_t *body, size_t size,
                    const uint8_t prev[HASH_BYTES], struct event_bytes *out);

#endif
