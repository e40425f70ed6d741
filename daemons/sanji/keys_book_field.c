/* Field clients in the book: the lines of each center's list of peers are what counts; the pair in the
 * center's folder waits there to be carried to the gateway. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "folder.h"
#include "keys_book_private.h"

/* A list that cannot be read is complained about by whoever is to write it. */
static enum err read_center(struct keys_book *book, const char *code, struct fault *fault)
{
    char dir[PATH_SIZE];
    struct link_peers peers = {0};
    int32_t index = topology_center(book->topology, code);
    enum err err = keys_book_dir(book, code, dir, fault);
    if (err != ERR_OK || link_peers_load(dir, &peers, NULL) != ERR_OK)
        return err;
    for (size_t i = 0; err == ERR_OK && i < peers.count; i++)
        if (peers.list[i].kind == LINK_FIELD)
            err = link_peers_add(&book->fields[index], &peers.list[i], fault);
    link_peers_free(&peers);
    return err;
}

enum err keys_book_read_fields(struct keys_book *book, struct fault *fault)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < book->site->center_count; i++)
        err = read_center(book, book->site->centers[i].code, fault);
    return err;
}

static struct link_peer *find(const struct keys_book *book, const char *name, int32_t *center)
{
    for (size_t i = 0; i < book->topology->center_count; i++)
        for (size_t j = 0; j < book->fields[i].count; j++)
            if (strcmp(book->fields[i].list[j].name, name) == 0) {
                *center = (int32_t)i;
                return &book->fields[i].list[j];
            }
    return NULL;
}

const struct link_peer *keys_book_field(const struct keys_book *book, const char *name, int32_t *center)
{
    return find(book, name, center);
}

/* Blanks or commas between the names. */
static enum err units_of(const char *words, char **units, struct fault *fault)
{
    *units = strdup(words);
    if (!*units)
        return fault_set(fault, ERR_MEMORY, "no memory");
    for (char *at = *units; (at = strchr(at, ','));)
        *at = ' ';
    return ERR_OK;
}

/* Puts the peer into the list anew, in place of one that is there. */
static enum err put(struct link_peers *fields, const struct link_peer *peer, struct fault *fault)
{
    struct link_peers next = {0};
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < fields->count; i++)
        if (strcmp(fields->list[i].name, peer->name) != 0)
            err = link_peers_add(&next, &fields->list[i], fault);
    if (err == ERR_OK)
        err = link_peers_add(&next, peer, fault);
    if (err != ERR_OK) {
        link_peers_free(&next);
        return err;
    }
    link_peers_free(fields);
    *fields = next;
    return ERR_OK;
}

static enum err set_units(struct link_peers *fields, const struct link_peer *old, const char *words,
                          struct fault *fault)
{
    struct link_peer peer = *old;
    enum err err = units_of(words, &peer.units, fault);
    if (err == ERR_OK)
        err = put(fields, &peer, fault);
    free(peer.units);
    return err;
}

/* Who has the name, or why nobody may have it; NULL when it is free. */
static const char *taken_by(const struct keys_book *book, const char *name)
{
    if (strcmp(name, "sign") == 0)
        return "the name of the signing key's file";
    if (!text_is_code(name, USER_SIZE) || name[0] == '.')
        return "no name for a field client: letters, digits and . _ @ -";
    if (topology_center(book->topology, name) >= 0)
        return "a center";
    return keys_book_key(book, name) ? "a client" : NULL;
}

/* The pair of an earlier time serves again, unless it was revoked. */
static enum err pair_of(const struct keys_book *book, const char *code, struct link_peer *peer, bool *made,
                        struct fault *fault)
{
    char dir[PATH_SIZE];
    enum err err = keys_book_dir(book, code, dir, fault);
    if (err == ERR_OK)
        err = folder_make(dir, 0700, NULL, fault);
    if (err == ERR_OK && keys_book_has(dir, peer->name, ".key"))
        err = keys_book_read_pair(dir, peer->name, peer->public_key, fault);
    if (err != ERR_OK || (peer->public_key[0] && !keys_book_is_revoked(book, peer->public_key)))
        return err;
    err = keys_book_make_pair(dir, peer->name, peer->public_key, fault);
    *made = err == ERR_OK;
    return err;
}

enum err keys_book_make_field(struct keys_book *book, const char *code, const char *name, const char *units,
                              bool *made, struct fault *fault)
{
    struct link_peer peer = {.kind = LINK_FIELD};
    int32_t index = topology_center(book->topology, code), there;
    const struct link_peer *old = find(book, name, &there);
    *made = false;
    if (old && there != index)
        return fault_set(fault, ERR_USAGE, "'%.60s' is a field client of %s already", name,
                         book->topology->centers[there].code);
    if (old)
        return units ? set_units(&book->fields[index], old, units, fault) : ERR_OK;
    if (taken_by(book, name))
        return fault_set(fault, ERR_USAGE, "'%.60s' is %s", name, taken_by(book, name));
    text_put(peer.name, sizeof peer.name, name);
    enum err err = units_of(units ? units : "*", &peer.units, fault);
    if (err == ERR_OK)
        err = pair_of(book, code, &peer, made, fault);
    if (err == ERR_OK)
        err = put(&book->fields[index], &peer, fault);
    free(peer.units);
    return err;
}

enum err keys_book_renew_field(struct keys_book *book, const char *name, struct fault *fault)
{
    char dir[PATH_SIZE];
    int32_t center;
    struct link_peer *peer = find(book, name, &center);
    if (!peer)
        return fault_set(fault, ERR_UNKNOWN_TARGET, "no field client %.60s is listed here", name);
    enum err err = keys_book_dir(book, book->topology->centers[center].code, dir, fault);
    return err == ERR_OK ? keys_book_make_pair(dir, name, peer->public_key, fault) : err;
}
