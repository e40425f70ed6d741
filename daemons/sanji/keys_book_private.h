/* The inside of the book, shared by keys_book*.c. */
#ifndef SANJI_KEYS_BOOK_PRIVATE_H
#define SANJI_KEYS_BOOK_PRIVATE_H

#include "keys_book.h"

/* True when <dir>/<name><suffix> is there. */
bool keys_book_has(const char *dir, const char *name, const char *suffix);
/* Makes a pair in its files and gives its public half. */
enum err keys_book_make_pair(const char *dir, const char *name, char public_key[LINK_KEY_SIZE],
                             struct fault *fault) MUST_CHECK;
/* The public half of a pair that is there, also when its own file was lost. */
enum err keys_book_read_pair(const char *dir, const char *name, char public_key[LINK_KEY_SIZE],
                             struct fault *fault) MUST_CHECK;

enum err keys_book_read_revoked(struct keys_book *book, struct fault *fault) MUST_CHECK;
enum err keys_book_read_signers(struct keys_book *book, struct fault *fault) MUST_CHECK;
enum err keys_book_read_fields(struct keys_book *book, struct fault *fault) MUST_CHECK;

/* Makes the signing key of a center if it has none, or `fresh` in any case. */
enum err keys_book_make_signing(struct keys_book *book, const char *code, bool fresh, bool *made,
                                struct fault *fault) MUST_CHECK;
/* Writes <dir>/signers as far as it differs. */
enum err keys_book_write_signers(const struct keys_book *book, const char *dir, bool *changed,
                                 struct fault *fault) MUST_CHECK;
bool keys_book_signer_is_revoked(const struct keys_book *book, const struct link_signer *signer);
/* Takes the revoked ones out of the book's signers. */
enum err keys_book_drop_revoked_signers(struct keys_book *book, struct fault *fault) MUST_CHECK;

#endif
