/* Ed25519 keys, their files, and the list of who signs with which. */
#include "link/link_sign.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "link/link_file.h"

#define SECRET_HEX (2 * LINK_SIGN_SECRET_BYTES)
#define PUBLIC_HEX (2 * LINK_SIGN_PUBLIC_BYTES)
#define KEY_FILE_MAX 512 /* one line of two keys, with room for trailing blanks */
#define LINE_MAX_BYTES (CODE_SIZE + PUBLIC_HEX + 2)
#define FILE_MAX_BYTES (2 * CENTERS_MAX * 256) /* every center twice, with a comment each */

static const char blanks[] = " \t\r\n";

static bool from_hex(const char *text, uint8_t *bytes, size_t n)
{
    size_t got = 0;
    return text && strlen(text) == 2 * n && sodium_hex2bin(bytes, n, text, 2 * n, NULL, &got, NULL) == 0 &&
           got == n;
}

/* ---- our own pair ---- */

enum err link_sign_make(struct link_sign_key *key, struct fault *fault)
{
    if (sodium_init() < 0)
        return fault_set(fault, ERR_CRYPTO, "libsodium cannot start");
    crypto_sign_keypair(key->public_key, key->secret_key);
    return ERR_OK;
}

enum err link_sign_save(const char *dir, const struct link_sign_key *key, struct fault *fault)
{
    char path[PATH_SIZE];
    char text[PUBLIC_HEX + 1 + SECRET_HEX + 2];
    enum err rc = link_file_path(path, dir, "sign", ".key", fault);
    if (rc != ERR_OK)
        return rc;
    sodium_bin2hex(text, PUBLIC_HEX + 1, key->public_key, sizeof key->public_key);
    text[PUBLIC_HEX] = ' ';
    sodium_bin2hex(text + PUBLIC_HEX + 1, SECRET_HEX + 1, key->secret_key, sizeof key->secret_key);
    text[sizeof text - 2] = '\n';
    rc = link_file_replace(path, 0600, text, sizeof text - 1, fault);
    sodium_memzero(text, sizeof text);
    return rc;
}

/* The second half of a secret key is its public key, and the first the seed that gives both. */
static bool is_pair(const struct link_sign_key *key)
{
    struct link_sign_key made;
    crypto_sign_seed_keypair(made.public_key, made.secret_key, key->secret_key);
    bool same = memcmp(made.public_key, key->public_key, sizeof made.public_key) == 0 &&
                sodium_memcmp(made.secret_key, key->secret_key, sizeof made.secret_key) == 0;
    link_sign_forget(&made);
    return same;
}

static enum err key_judge(const char *path, mode_t mode, char *text, struct link_sign_key *key,
                          struct fault *fault)
{
    char *rest = NULL;
    struct link_sign_key found;
    enum err rc = ERR_OK;
    if (mode & (S_IRWXG | S_IRWXO))
        return fault_set(fault, ERR_CONFIG, "%s: others may read this secret key; do chmod 600", path);
    const char *public_hex = strtok_r(text, blanks, &rest);
    const char *secret_hex = strtok_r(NULL, blanks, &rest);
    if (!from_hex(public_hex, found.public_key, sizeof found.public_key) ||
        !from_hex(secret_hex, found.secret_key, sizeof found.secret_key) || strtok_r(NULL, blanks, &rest))
        rc =
            fault_set(fault, ERR_CONFIG, "%s:1: not a public and a secret key (%d and %d hexadecimal digits)",
                      path, PUBLIC_HEX, SECRET_HEX);
    else if (!is_pair(&found))
        rc = fault_set(fault, ERR_CONFIG, "%s:1: the secret key does not belong to the public key", path);
    if (rc == ERR_OK)
        *key = found;
    link_sign_forget(&found);
    return rc;
}

enum err link_sign_load(const char *dir, struct link_sign_key *key, struct fault *fault)
{
    char path[PATH_SIZE];
    char *text;
    struct stat status;
    if (sodium_init() < 0)
        return fault_set(fault, ERR_CRYPTO, "libsodium cannot start");
    enum err rc = link_file_path(path, dir, "sign", ".key", fault);
    if (rc == ERR_OK)
        rc = link_file_read(path, KEY_FILE_MAX, &text, &status, fault);
    if (rc != ERR_OK)
        return rc;
    size_t n = strlen(text);
    rc = key_judge(path, status.st_mode, text, key, fault);
    sodium_memzero(text, n);
    free(text);
    return rc;
}

void link_sign_forget(struct link_sign_key *key)
{
    sodium_memzero(key->secret_key, sizeof key->secret_key);
}

/* ---- everybody's public keys ---- */

/* The first place of that center or, without it, of the next one. */
static size_t place_of(const struct link_signers *signers, const char *center)
{
    size_t low = 0, high = signers->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(signers->list[middle].center, center) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const uint8_t *link_signers_key(const struct link_signers *signers, const char *center, size_t i)
{
    size_t first = place_of(signers, center);
    if (i >= signers->count - first || strcmp(signers->list[first + i].center, center) != 0)
        return NULL;
    return signers->list[first + i].public_key;
}

enum err link_signers_add(struct link_signers *signers, const struct link_signer *signer)
{
    size_t at = place_of(signers, signer->center);
    if (!text_is_code(signer->center, CODE_SIZE))
        return ERR_MALFORMED;
    for (; at < signers->count && strcmp(signers->list[at].center, signer->center) == 0; at++)
        if (memcmp(signers->list[at].public_key, signer->public_key, LINK_SIGN_PUBLIC_BYTES) == 0)
            return ERR_OK;
    if ((signers->count & (signers->count - 1)) == 0) { /* the room is the next power of two */
        size_t room = signers->count ? 2 * signers->count : 1;
        struct link_signer *list = realloc(signers->list, room * sizeof *list);
        if (!list)
            return ERR_MEMORY;
        signers->list = list;
    }
    memmove(&signers->list[at + 1], &signers->list[at], (signers->count - at) * sizeof *signers->list);
    signers->list[at] = *signer;
    signers->count++;
    return ERR_OK;
}

void link_signers_free(struct link_signers *signers)
{
    free(signers->list);
    *signers = (struct link_signers){0};
}

/* One line without its line end; a blank line or a comment adds nothing. */
static enum err line_parse(char *line, struct link_signers *signers, struct fault *fault)
{
    char *rest = NULL;
    struct link_signer signer;
    line[strcspn(line, "#")] = '\0';
    const char *center = strtok_r(line, blanks, &rest);
    const char *key = strtok_r(NULL, blanks, &rest);
    if (!center)
        return ERR_OK;
    if (!key || strtok_r(NULL, blanks, &rest))
        return fault_set(fault, ERR_CONFIG, "a line is a center's code and a public key");
    if (!text_is_code(center, sizeof signer.center))
        return fault_set(fault, ERR_CONFIG, "'%.60s' is no center's code", center);
    if (!from_hex(key, signer.public_key, sizeof signer.public_key))
        return fault_set(fault, ERR_CONFIG, "the key of '%s' is no key (%d hexadecimal digits)", center,
                         PUBLIC_HEX);
    text_put(signer.center, sizeof signer.center, center);
    return link_signers_add(signers, &signer) == ERR_OK ? ERR_OK : fault_set(fault, ERR_MEMORY, "no memory");
}

static int compare_keys(const void *a, const void *b)
{
    const struct link_signer *const *left = a;
    const struct link_signer *const *right = b;
    return memcmp((*left)->public_key, (*right)->public_key, LINK_SIGN_PUBLIC_BYTES);
}

/* Whose key it is must be plain: a folder that was copied for a second center would let each speak as both.
 */
static enum err judge_shared(const struct link_signers *signers, struct fault *fault)
{
    const struct link_signer **by_key = calloc(signers->count + 1, sizeof(struct link_signer *));
    enum err rc = ERR_OK;
    if (!by_key)
        return fault_set(fault, ERR_MEMORY, "no memory for the list of signers");
    for (size_t i = 0; i < signers->count; i++)
        by_key[i] = &signers->list[i];
    qsort(by_key, signers->count, sizeof(struct link_signer *), compare_keys);
    for (size_t i = 1; rc == ERR_OK && i < signers->count; i++)
        if (compare_keys(&by_key[i - 1], &by_key[i]) == 0)
            rc = fault_set(fault, ERR_CONFIG, "'%s' and '%s' have the same key", by_key[i - 1]->center,
                           by_key[i]->center);
    free(by_key);
    return rc;
}

enum err link_signers_load(const char *dir, struct link_signers *signers, struct fault *fault)
{
    char path[PATH_SIZE];
    char *text;
    struct stat status;
    struct link_signers found = {0};
    int line_no = 0;
    enum err rc = link_file_path(path, dir, "signers", "", fault);
    if (rc == ERR_OK)
        rc = link_file_read(path, FILE_MAX_BYTES, &text, &status, fault);
    if (rc != ERR_OK)
        return rc;
    for (char *rest = text; rc == ERR_OK && rest; line_no++)
        rc = line_parse(strsep(&rest, "\n"), &found, fault);
    free(text);
    if (rc != ERR_OK)
        fault_context(fault, "%s:%d", path, line_no);
    else if ((rc = judge_shared(&found, fault)) != ERR_OK)
        fault_context(fault, "%s", path);
    if (rc == ERR_OK)
        *signers = found;
    else
        link_signers_free(&found);
    return rc;
}

enum err link_signers_save(const char *dir, const struct link_signers *signers, struct fault *fault)
{
    char path[PATH_SIZE];
    char key[PUBLIC_HEX + 1];
    size_t used = 0;
    size_t room = signers->count * LINE_MAX_BYTES + 1;
    enum err rc = link_file_path(path, dir, "signers", "", fault);
    if (rc != ERR_OK)
        return rc;
    char *text = malloc(room);
    if (!text)
        return fault_set(fault, ERR_MEMORY, "no memory for the list of signers");
    for (size_t i = 0; i < signers->count; i++) {
        sodium_bin2hex(key, sizeof key, signers->list[i].public_key, LINK_SIGN_PUBLIC_BYTES);
        used += (size_t)snprintf(text + used, room - used, "%s %s\n", signers->list[i].center, key);
    }
    rc = link_file_replace(path, 0644, text, used, fault);
    free(text);
    return rc;
}
