/* Signing keys in the book: each center's own, and the list of all whose signature is believed. */
#include <string.h>

#include "base/text.h"
#include "keys_book_private.h"

static bool holds(const struct link_signers *signers, const struct link_signer *signer)
{
    const uint8_t *key;
    for (size_t i = 0; (key = link_signers_key(signers, signer->center, i)); i++)
        if (memcmp(key, signer->public_key, LINK_SIGN_PUBLIC_BYTES) == 0)
            return true;
    return false;
}

bool keys_book_signer_is_revoked(const struct keys_book *book, const struct link_signer *signer)
{
    return holds(&book->revoked_signers, signer);
}

static enum err add(struct link_signers *signers, const struct link_signer *signer, struct fault *fault)
{
    return link_signers_add(signers, signer) == ERR_OK ? ERR_OK : fault_set(fault, ERR_MEMORY, "no memory");
}

/* The center signs with this one from now on. */
static enum err take(struct keys_book *book, const char *code, const struct link_sign_key *key,
                     struct fault *fault)
{
    struct link_signer *signer = &book->signing[topology_center(book->topology, code)];
    text_put(signer->center, sizeof signer->center, code);
    memcpy(signer->public_key, key->public_key, sizeof signer->public_key);
    return keys_book_signer_is_revoked(book, signer) ? ERR_OK : add(&book->signers, signer, fault);
}

const uint8_t *keys_book_signing(const struct keys_book *book, const char *code)
{
    int32_t index = topology_center(book->topology, code);
    return index >= 0 && book->signing[index].center[0] ? book->signing[index].public_key : NULL;
}

static enum err read_signing(struct keys_book *book, const char *code, struct fault *fault)
{
    char dir[PATH_SIZE];
    struct link_sign_key key;
    enum err err = keys_book_dir(book, code, dir, fault);
    if (err != ERR_OK || !keys_book_has(dir, "sign", ".key"))
        return err;
    err = link_sign_load(dir, &key, fault);
    if (err != ERR_OK)
        return err;
    link_sign_forget(&key);
    return take(book, code, &key, fault);
}

enum err keys_book_read_signers(struct keys_book *book, struct fault *fault)
{
    enum err err = ERR_OK;
    if (keys_book_has(book->site->keys, "signers", ""))
        err = link_signers_load(book->site->keys, &book->signers, fault);
    if (err == ERR_OK)
        err = keys_book_drop_revoked_signers(book, fault);
    for (size_t i = 0; err == ERR_OK && i < book->site->center_count; i++)
        err = read_signing(book, book->site->centers[i].code, fault);
    return err;
}

enum err keys_book_make_signing(struct keys_book *book, const char *code, bool fresh, bool *made,
                                struct fault *fault)
{
    char dir[PATH_SIZE];
    struct link_sign_key key;
    *made = false;
    if (!fresh && keys_book_signing(book, code))
        return ERR_OK;
    enum err err = keys_book_dir(book, code, dir, fault);
    if (err == ERR_OK)
        err = link_sign_make(&key, fault);
    if (err != ERR_OK)
        return err;
    err = link_sign_save(dir, &key, fault);
    link_sign_forget(&key);
    if (err == ERR_OK)
        err = take(book, code, &key, fault);
    *made = err == ERR_OK;
    return err;
}

enum err keys_book_drop_revoked_signers(struct keys_book *book, struct fault *fault)
{
    struct link_signers kept = {0};
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < book->signers.count; i++)
        if (!keys_book_signer_is_revoked(book, &book->signers.list[i]))
            err = add(&kept, &book->signers.list[i], fault);
    if (err != ERR_OK) {
        link_signers_free(&kept);
        return err;
    }
    link_signers_free(&book->signers);
    book->signers = kept;
    return ERR_OK;
}

static bool same(const struct link_signers *a, const struct link_signers *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!holds(b, &a->list[i]))
            return false;
    return a->count == b->count;
}

enum err keys_book_write_signers(const struct keys_book *book, const char *dir, bool *changed,
                                 struct fault *fault)
{
    struct link_signers there = {0};
    bool exists = keys_book_has(dir, "signers", "");
    enum err err = exists ? link_signers_load(dir, &there, fault) : ERR_OK;
    if (err == ERR_OK && !(exists && same(&there, &book->signers))) {
        *changed = true;
        err = link_signers_save(dir, &book->signers, fault);
    }
    link_signers_free(&there);
    return err;
}
