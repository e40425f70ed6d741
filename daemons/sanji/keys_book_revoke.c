/* Keys that nobody lists again: lines "NAME KEY" for links, "CODE KEY" with a longer key for signatures. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "keys_book_private.h"
#include "link/link_file.h"

#define REVOKED_BYTES_MAX (1024 * 1024) /* some thousand keys */
#define SIGN_HEX (2 * LINK_SIGN_PUBLIC_BYTES)
#define LINE_BYTES (USER_SIZE + SIGN_HEX + 2)

/* ---- reading ---- */

static enum err add_link_key(struct keys_book *book, const char *name, const char *key, struct fault *fault)
{
    struct link_peer peer = {.kind = LINK_CLIENT};
    text_put(peer.name, sizeof peer.name, name);
    text_put(peer.public_key, sizeof peer.public_key, key);
    struct link_peer *list = realloc(book->revoked.list, (book->revoked.count + 1) * sizeof *list);
    if (!list)
        return fault_set(fault, ERR_MEMORY, "no memory");
    book->revoked.list = list;
    list[book->revoked.count++] = peer;
    return ERR_OK;
}

static enum err add_signer(struct keys_book *book, const struct link_signer *signer, struct fault *fault)
{
    return link_signers_add(&book->revoked_signers, signer) == ERR_OK
               ? ERR_OK
               : fault_set(fault, ERR_MEMORY, "no memory");
}

static bool signer_of(const char *name, const char *key, struct link_signer *signer)
{
    size_t got = 0;
    return strlen(key) == SIGN_HEX && text_copy(signer->center, sizeof signer->center, name) == ERR_OK &&
           text_is_code(name, CODE_SIZE) &&
           sodium_hex2bin(signer->public_key, sizeof signer->public_key, key, SIGN_HEX, NULL, &got, NULL) ==
               0 &&
           got == sizeof signer->public_key;
}

static enum err read_line(struct keys_book *book, char *line, struct fault *fault)
{
    struct link_signer signer;
    char *blank = strchr(line, ' ');
    if (line[0] == '\0')
        return ERR_OK;
    if (blank && blank - line < USER_SIZE) {
        *blank = '\0';
        if (link_key_valid(blank + 1))
            return add_link_key(book, line, blank + 1, fault);
        if (signer_of(line, blank + 1, &signer))
            return add_signer(book, &signer, fault);
    }
    return fault_set(fault, ERR_CONFIG, "%.200s/revoked: the line of '%.60s' is no NAME KEY",
                     book->site->keys, line);
}

enum err keys_book_read_revoked(struct keys_book *book, struct fault *fault)
{
    char path[PATH_SIZE], *text, *rest;
    struct stat status;
    enum err err = link_file_path(path, book->site->keys, "revoked", "", fault);
    if (err != ERR_OK || access(path, F_OK) != 0)
        return err;
    err = link_file_read(path, REVOKED_BYTES_MAX, &text, &status, fault);
    if (err != ERR_OK)
        return err;
    for (char *line = strtok_r(text, "\n", &rest); line && err == ERR_OK; line = strtok_r(NULL, "\n", &rest))
        err = read_line(book, line, fault);
    free(text);
    return err;
}

bool keys_book_is_revoked(const struct keys_book *book, const char *key)
{
    for (size_t i = 0; i < book->revoked.count; i++)
        if (strcmp(book->revoked.list[i].public_key, key) == 0)
            return true;
    return false;
}

/* ---- writing ---- */

static size_t print_all(const struct keys_book *book, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < book->revoked.count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s %s\n", book->revoked.list[i].name,
                                 book->revoked.list[i].public_key);
    for (size_t i = 0; i < book->revoked_signers.count; i++) {
        const struct link_signer *signer = &book->revoked_signers.list[i];
        char key[SIGN_HEX + 1];
        sodium_bin2hex(key, sizeof key, signer->public_key, sizeof signer->public_key);
        used += (size_t)snprintf(text + used, size - used, "%s %s\n", signer->center, key);
    }
    return used;
}

static enum err save(struct keys_book *book, struct fault *fault)
{
    char path[PATH_SIZE];
    size_t size = (book->revoked.count + book->revoked_signers.count) * LINE_BYTES + 1;
    enum err err = link_file_path(path, book->site->keys, "revoked", "", fault);
    if (err != ERR_OK)
        return err;
    char *text = malloc(size);
    if (!text)
        return fault_set(fault, ERR_MEMORY, "no memory");
    size_t used = print_all(book, text, size);
    err = link_file_replace(path, 0600, text, used, fault);
    free(text);
    return err == ERR_OK ? keys_book_drop_revoked_signers(book, fault) : err;
}

/* The signing keys of a center, but for the `spared` one (NULL spares none); *count says how many. */
static enum err mark_signers(struct keys_book *book, const char *code, const uint8_t *spared, size_t *count,
                             struct fault *fault)
{
    const uint8_t *key;
    enum err err = ERR_OK;
    *count = 0;
    for (size_t i = 0; err == ERR_OK && (key = link_signers_key(&book->signers, code, i)); i++) {
        struct link_signer signer;
        if (spared && memcmp(key, spared, LINK_SIGN_PUBLIC_BYTES) == 0)
            continue;
        text_put(signer.center, sizeof signer.center, code);
        memcpy(signer.public_key, key, sizeof signer.public_key);
        err = add_signer(book, &signer, fault);
        ++*count;
    }
    return err;
}

enum err keys_book_revoke(struct keys_book *book, const char *name, struct fault *fault)
{
    const char *key = keys_book_key(book, name);
    bool anew = key && !keys_book_is_revoked(book, key);
    size_t signing = 0;
    enum err err = anew ? add_link_key(book, name, key, fault) : ERR_OK;
    if (err == ERR_OK)
        err = mark_signers(book, name, NULL, &signing, fault);
    if (err != ERR_OK)
        return err;
    if (!key && signing == 0)
        return fault_set(fault, ERR_UNKNOWN_TARGET, "%.60s has no key here", name);
    return anew || signing > 0 ? save(book, fault) : ERR_OK;
}

enum err keys_book_revoke_replaced(struct keys_book *book, const char *code, struct fault *fault)
{
    size_t replaced = 0;
    const uint8_t *now = keys_book_signing(book, code);
    if (!now)
        return fault_set(fault, ERR_UNKNOWN_TARGET, "%.60s has no signing key here", code);
    enum err err = mark_signers(book, code, now, &replaced, fault);
    return err == ERR_OK && replaced > 0 ? save(book, fault) : err;
}
