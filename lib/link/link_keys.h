/* CURVE key pairs and their files in a keys directory:
 *   <dir>/<name>.key   two lines, public and secret key (Z85), mode 0600
 *   <dir>/<name>.pub   one line, the public key, for the neighbours */
#ifndef SANJI_LINK_KEYS_H
#define SANJI_LINK_KEYS_H

#include <stdbool.h>

#include "base/err.h"

#define LINK_KEY_SIZE 41 /* a CURVE key in Z85 and its NUL */

struct link_keys {
    char public_key[LINK_KEY_SIZE];
    char secret_key[LINK_KEY_SIZE];
};

/* True when `text` is a key: 40 characters of Z85. */
bool link_key_valid(const char *text);
/* Makes a fresh key pair; ERR_CRYPTO when libzmq was built without CURVE. */
enum err link_keys_make(struct link_keys *keys, struct fault *fault) MUST_CHECK;
/* Writes <name>.key and <name>.pub, replacing older ones, each whole or not at all. */
enum err link_keys_save(const char *dir, const char *name, const struct link_keys *keys,
                        struct fault *fault) MUST_CHECK;
/* Reads <name>.key. ERR_CONFIG when group or others may read it, when it is not two keys, or when they are no
 * pair; ERR_IO when it cannot be read. */
enum err link_keys_load(const char *dir, const char *name, struct link_keys *keys,
                        struct fault *fault) MUST_CHECK;
/* Reads <name>.pub. */
enum err link_keys_load_public(const char *dir, const char *name, char public_key[LINK_KEY_SIZE],
                               struct fault *fault) MUST_CHECK;
/* Overwrites the secret half in memory. */
void link_keys_forget(struct link_keys *keys);

#endif
