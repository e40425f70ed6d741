/* The Ed25519 keys with which centers sign commands, in a center's keys directory:
 *   <dir>/sign.key   one line, public and secret key in hexadecimal, mode 0600
 *   <dir>/signers    lines `CODE PUBLIC` (hexadecimal): every center of the tree; `#` begins a comment
 * Where a center has no sign.key it can pass commands on and verify them, but issue none. */
#ifndef SANJI_LINK_SIGN_H
#define SANJI_LINK_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

#define LINK_SIGN_SECRET_BYTES 64
#define LINK_SIGN_PUBLIC_BYTES 32

struct link_sign_key {
    uint8_t public_key[LINK_SIGN_PUBLIC_BYTES];
    uint8_t secret_key[LINK_SIGN_SECRET_BYTES];
};
struct link_signer {
    char center[CODE_SIZE];
    uint8_t public_key[LINK_SIGN_PUBLIC_BYTES];
};
/* Ascending by center; {0} is an empty list. A center may stand twice while its key is being changed. */
struct link_signers {
    struct link_signer *list;
    size_t count;
};

/* ERR_CRYPTO when libsodium cannot start. */
enum err link_sign_make(struct link_sign_key *key, struct fault *fault) MUST_CHECK;
/* Replaces sign.key whole, mode 0600. */
enum err link_sign_save(const char *dir, const struct link_sign_key *key, struct fault *fault) MUST_CHECK;
/* As link_keys_load: ERR_CONFIG when others may read it or it is no pair, ERR_IO when it is not there. */
enum err link_sign_load(const char *dir, struct link_sign_key *key, struct fault *fault) MUST_CHECK;
/* Overwrites the secret half in memory. */
void link_sign_forget(struct link_sign_key *key);

/* Reads <dir>/signers into *signers (set on success only; the caller frees). ERR_CONFIG with "file:line:
 * what", or when two centers have one key; ERR_IO when it cannot be read. */
enum err link_signers_load(const char *dir, struct link_signers *signers, struct fault *fault) MUST_CHECK;
/* Replaces <dir>/signers whole. */
enum err link_signers_save(const char *dir, const struct link_signers *signers,
                           struct fault *fault) MUST_CHECK;
/* A further key of that center, after those that it has; nothing changes when it is there. ERR_MALFORMED for
 * a name that is no code, ERR_MEMORY. */
enum err link_signers_add(struct link_signers *signers, const struct link_signer *signer) MUST_CHECK;
void link_signers_free(struct link_signers *signers);
/* The i-th key of that center (0, 1 ...), NULL when there is none. */
const uint8_t *link_signers_key(const struct link_signers *signers, const char *center, size_t i);

#endif
