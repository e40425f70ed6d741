/* All public keys that the centers of a site need, and the files in which each finds them:
 *   <keys>/<CODE>/CODE.key, CODE.pub   a center's own pair
 *   <keys>/<CODE>/PARENT.pub           whom it calls
 *   <keys>/<CODE>/peers                who may call it: its children, and the clients of this machine
 *   <keys>/NAME.key, NAME.pub          a client's pair; `operator` is this command line
 *   <keys>/CODE.pub                    brought here: the key of a neighbour that runs on another machine
 *   <keys>/revoked                     lines "NAME KEY": keys that nobody lists again */
#ifndef SANJI_KEYS_BOOK_H
#define SANJI_KEYS_BOOK_H

#include "conf/conf_site.h"
#include "domain/topology.h"
#include "link/link_keys.h"
#include "link/link_peers.h"

#define KEYS_OPERATOR "operator"

struct keys_book {
    const struct site *site; /* both borrowed */
    const struct topology *topology;
    char (*centers)[LINK_KEY_SIZE]; /* by index into the topology; "" = not known here */
    struct link_peers clients;      /* of this machine */
    struct link_peers revoked;
};

/* Reads what is there, making the folder where it is not. Close it also after an error. */
enum err keys_book_open(struct keys_book *book, const struct site *site, const struct topology *topology,
                        struct fault *fault) MUST_CHECK;
void keys_book_close(struct keys_book *book);
/* The folder of a center's keys. */
enum err keys_book_dir(const struct keys_book *book, const char *code, char dir[PATH_SIZE],
                       struct fault *fault) MUST_CHECK;

/* Makes the pair of a center of the site (or of a client) if it has none, or `fresh` in any case; *made
 * tells. */
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

/* The key of a center or client by name; NULL when it is not known here. */
const char *keys_book_key(const struct keys_book *book, const char *name);
bool keys_book_is_revoked(const struct keys_book *book, const char *key);
/* Writes the key of `name` down as revoked. ERR_UNKNOWN_TARGET when there is none. */
enum err keys_book_revoke(struct keys_book *book, const char *name, struct fault *fault) MUST_CHECK;

/* What changed in a center's folder. */
struct keys_change {
    bool peers;  /* the list: a running daemon reads it again on request */
    bool parent; /* whom it calls: in force after its next start */
};
/* Writes the parent's key and the peers of a center of the site as far as they differ. */
enum err keys_book_write(const struct keys_book *book, const char *code, struct keys_change *change,
                         struct fault *fault) MUST_CHECK;

/* Run as root, gives what lies in the folder `dir` to whom the keys folder belongs: the daemons' user reads
 * it. */
enum err keys_book_own(const struct keys_book *book, const char *dir, struct fault *fault) MUST_CHECK;
/* The same for the keys folder and that of each center of the site. */
enum err keys_book_own_all(const struct keys_book *book, struct fault *fault) MUST_CHECK;

#endif
