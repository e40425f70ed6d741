/* Who may call a center: the list in <dir>/peers, lines `center CODE KEY`, `client NAME KEY` and
 * `field NAME KEY UNIT...`: a phone gateway or an intercom bridge and the units that its key may speak for,
 * `*` for all of this center; `#` at the begin of a line, after the key or after the units begins a
 * comment. */
#ifndef SANJI_LINK_PEERS_H
#define SANJI_LINK_PEERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/limits.h"
#include "link/link_keys.h"

#define LINK_PEERS_MAX                                                                                       \
    (CHILDREN_MAX + 2048) /* all children, the local clients of one machine, and each unit */

#define LINK_UNITS_SIZE                                                                                      \
    (SHEET_RECIPIENTS_MAX * USER_SIZE) /* every recipient of a center by its longest name; more want '*' */

enum link_kind {
    LINK_PARENT, /* never in a peer list: the parent is called, it does not call */
    LINK_CENTER, /* a child center */
    LINK_CLIENT, /* command line, consoled, bridged */
    LINK_FIELD   /* speaks for the units that its line names, and for nobody else */
};

/* The word of the peers file: "parent", "center", "client", "field". */
const char *link_kind_name(enum link_kind kind);

struct link_peer {
    char name[USER_SIZE]; /* center code or client name; unique in a list, whatever the kind */
    enum link_kind kind;
    char public_key[LINK_KEY_SIZE]; /* unique in a list */
    char *units; /* FIELD: names parted by one space, or "*"; owned by the list; NULL else */
};

/* A list of peers; {0} is an empty one. */
struct link_peers {
    struct link_peer *list;
    size_t count;
};

/* True when the peer is a field client whose line names the unit, or all of them; whether there is such a
 * unit at this center is for others to say. */
bool link_peer_speaks_for(const struct link_peer *peer, const char *unit);
/* The same for the peer of that name. */
bool link_peers_speaks_for(const struct link_peers *peers, const char *name, const char *unit);
/* Adds a copy of `peer`, its units too, with one space between them. ERR_MALFORMED for a name that is no
 * code, a key that is no key, a kind that cannot stand in a list, or units that are none (or are somebody's
 * who is no field client); ERR_CONFIG for a name or key that is there already; ERR_TOO_LONG beyond
 * LINK_PEERS_MAX or LINK_UNITS_SIZE; ERR_MEMORY. */
enum err link_peers_add(struct link_peers *peers, const struct link_peer *peer,
                        struct fault *fault) MUST_CHECK;
/* Frees the list and leaves an empty one. */
void link_peers_free(struct link_peers *peers);
/* Reads <dir>/peers into *peers (set on success only; the caller frees). ERR_CONFIG with "file:line: what",
 * ERR_IO when the file cannot be read. */
enum err link_peers_load(const char *dir, struct link_peers *peers, struct fault *fault) MUST_CHECK;
/* Replaces <dir>/peers whole: a reader sees the old list or the new one, also after a power cut. */
enum err link_peers_save(const char *dir, const struct link_peers *peers, struct fault *fault) MUST_CHECK;

#endif
