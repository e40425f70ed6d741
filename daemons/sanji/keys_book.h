/* All public keys that the centers of a site need, and the files in which each finds them:
 *   <keys>/<CODE>/CODE.key, CODE.pub   a center's own pair
 *   <keys>/<CODE>/PARENT.pub           whom it calls
 *   <keys>/<CODE>/peers                who may call it: its children, the clients of this machine, and its
 *                                      field clients with the units that each may speak for
 *   <keys>/<CODE>/NAME.key, NAME.pub   a field client's pair, to be carried to the gateway
 *   <keys>/<CODE>/sign.key             with which it signs its commands
 *   <keys>/<CODE>/signers              whose signatures it believes
 *   <keys>/NAME.key, NAME.pub          a client's pair; `operator` is this command line
 *   <keys>/CODE.pub                    brought here: the key of a neighbour that runs on another machine
 *   <keys>/signers                     what every center's list is written from; lines of centers that run
 *                                      on other machines are brought here
 *   <keys>/revoked                     lines "NAME KEY": keys that nobody lists again */
#ifndef SANJI_KEYS_BOOK_H
#define SANJI_KEYS_BOOK_H

#include "conf/conf_site.h"
#include "domain/topology.h"
#include "link/link_keys.h"
#include "link/link_peers.h"
#include "link/link_sign.h"

#define KEYS_OPERATOR "operator"

struct keys_book {
    const struct site *site; /* both borrowed */
    const struct topology *topology;
    char (*centers)[LINK_KEY_SIZE]; /* by index into the topology; "" = not known here */
    struct link_peers *fields;      /* field clients by index into the topology */
    struct link_peers clients;      /* of this machine */
    struct link_peers revoked;
    struct link_signers signers; /* of every center, replaced ones too until they are revoked */
    struct link_signer *signing; /* with what each signs now, by index into the topology; "" = not known */
    struct link_signers revoked_signers;
};

/* Reads what is there, making the folder where it is not. Close it also after an error. */
enum err keys_book_open(struct keys_book *book, const struct site *site, const struct topology *topology,
                        struct fault *fault) MUST_CHECK;
void keys_book_close(struct keys_book *book);
/* The folder of a center's keys. */
enum err keys_book_dir(const struct keys_book *book, const char *code, char dir[PATH_SIZE],
                       struct fault *fault) MUST_CHECK;

/* Makes the pair and the signing key of a center of the site as far as it has none, or `fresh` in any case (a
 * replaced signing key stays among the signers until it is revoked). *made tells. */
enum err keys_book_make_center(struct keys_book *book, const char *code, bool fresh, bool *made,
                               struct fault *fault) MUST_CHECK;
enum err keys_book_make_client(struct keys_book *book, const char *name, bool *made,
                               struct fault *fault) MUST_CHECK;
/* A new pair of a client takes the old one's place in the book. Its file is left to keys_book_save_client():
 * until the daemons list the new key, the old one is the only way to ask them. */
enum err keys_book_renew_client(struct keys_book *book, const char *name, struct link_keys *keys,
                                struct fault *fault) MUST_CHECK;
enum err keys_book_save_client(const struct keys_book *book, const char *name, const struct link_keys *keys,
                               struct fault *fault) MUST_CHECK;

/* A field client of a center of the site, with a pair in the center's folder. `units` is "*" or names parted
 * by blanks or commas; NULL leaves them as they are, and means "*" for a new one. A pair that has been
 * revoked is replaced. ERR_USAGE for a name that is taken by somebody else or is none, ERR_MALFORMED for
 * units that are none. */
enum err keys_book_make_field(struct keys_book *book, const char *code, const char *name, const char *units,
                              bool *made, struct fault *fault) MUST_CHECK;
/* A new pair for a field client that is listed; it has to be carried to the gateway again. */
enum err keys_book_renew_field(struct keys_book *book, const char *name, struct fault *fault) MUST_CHECK;
/* The field client of that name and the index of its center in the topology; NULL when there is none. */
const struct link_peer *keys_book_field(const struct keys_book *book, const char *name, int32_t *center);

/* With what a center of the site signs now; NULL when it cannot. */
const uint8_t *keys_book_signing(const struct keys_book *book, const char *code);
/* The key of a center, client or field client by name; NULL when it is not known here. */
const char *keys_book_key(const struct keys_book *book, const char *name);
bool keys_book_is_revoked(const struct keys_book *book, const char *key);
/* Writes the key of `name` down as revoked, and every signing key of it. ERR_UNKNOWN_TARGET when there is
 * none. */
enum err keys_book_revoke(struct keys_book *book, const char *name, struct fault *fault) MUST_CHECK;
/* The same for the signing keys of a center that a newer one has replaced, and for nothing else. */
enum err keys_book_revoke_replaced(struct keys_book *book, const char *code, struct fault *fault) MUST_CHECK;

/* What changed in a center's folder. */
struct keys_change {
    bool lists;  /* peers or signers: a running daemon reads them again, and its signing key, on request */
    bool parent; /* whom it calls: in force after its next start */
};
/* Writes the site's list of signers, and the parent's key, the peers and the signers of each center of the
 * site that has keys, as far as they differ; gives all to their reader. changes[i] tells by index into
 * site->centers. */
enum err keys_book_write(const struct keys_book *book, struct keys_change *changes,
                         struct fault *fault) MUST_CHECK;

/* Run as root, gives what lies in the folder `dir` to whom the keys folder belongs: the daemons' user reads
 * it. */
enum err keys_book_own(const struct keys_book *book, const char *dir, struct fault *fault) MUST_CHECK;
/* The same for the keys folder and that of each center of the site. */
enum err keys_book_own_all(const struct keys_book *book, struct fault *fault) MUST_CHECK;

#endif
