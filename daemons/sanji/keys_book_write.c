/* A center's folder as the book has it: only what differs is written, so that again changes nothing. */
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "keys_book_private.h"
#include "link/link_file.h"

static enum err write_parent(const struct keys_book *book, const char *dir, const struct center *center,
                             struct keys_change *change, struct fault *fault)
{
    char path[PATH_SIZE], there[LINK_KEY_SIZE] = "", line[LINK_KEY_SIZE + 1];
    const char *code = center->parent < 0 ? NULL : book->topology->centers[center->parent].code;
    const char *key = code ? book->centers[center->parent] : "";
    if (key[0] == '\0')
        return ERR_OK; /* a root, or the parent's key has not been brought here yet */
    enum err err = link_file_path(path, dir, code, ".pub", fault);
    if (err != ERR_OK)
        return err;
    if (access(path, F_OK) == 0 && link_keys_load_public(dir, code, there, NULL) == ERR_OK &&
        strcmp(there, key) == 0)
        return ERR_OK;
    snprintf(line, sizeof line, "%s\n", key);
    change->parent = true;
    return link_file_replace(path, 0644, line, strlen(line), fault);
}

static bool same_peer(const struct link_peer *a, const struct link_peer *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0 && strcmp(a->public_key, b->public_key) == 0 &&
           strcmp(a->units ? a->units : "", b->units ? b->units : "") == 0;
}

static bool same_peers(const struct link_peers *a, const struct link_peers *b)
{
    size_t found = 0;
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            found += same_peer(&a->list[i], &b->list[j]);
    return found == a->count;
}

static bool has_name(const struct link_peers *peers, const char *name)
{
    for (size_t i = 0; i < peers->count; i++)
        if (strcmp(peers->list[i].name, name) == 0)
            return true;
    return false;
}

static enum err add(const struct keys_book *book, const struct link_peer *peer, struct link_peers *wanted,
                    struct fault *fault)
{
    if (peer->public_key[0] == '\0' || keys_book_is_revoked(book, peer->public_key) ||
        has_name(wanted, peer->name))
        return ERR_OK;
    return link_peers_add(wanted, peer, fault);
}

/* Its children, the clients of this machine, its field clients, and the clients that someone has listed by
 * hand. */
static enum err wanted_peers(const struct keys_book *book, int32_t index, const struct link_peers *there,
                             struct link_peers *wanted, struct fault *fault)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < book->topology->center_count; i++) {
        struct link_peer peer = {.kind = LINK_CENTER};
        if (book->topology->centers[i].parent != index)
            continue;
        text_put(peer.name, sizeof peer.name, book->topology->centers[i].code);
        text_put(peer.public_key, sizeof peer.public_key, book->centers[i]);
        err = add(book, &peer, wanted, fault);
    }
    for (size_t i = 0; err == ERR_OK && i < book->clients.count; i++)
        err = add(book, &book->clients.list[i], wanted, fault);
    for (size_t i = 0; err == ERR_OK && i < book->fields[index].count; i++)
        err = add(book, &book->fields[index].list[i], wanted, fault);
    for (size_t i = 0; err == ERR_OK && i < there->count; i++)
        if (there->list[i].kind == LINK_CLIENT)
            err = add(book, &there->list[i], wanted, fault);
    return err;
}

static enum err write_peers(const struct keys_book *book, const char *dir, int32_t index,
                            struct keys_change *change, struct fault *fault)
{
    char path[PATH_SIZE];
    struct link_peers there = {0}, wanted = {0};
    enum err err = link_file_path(path, dir, "peers", "", fault);
    bool exists = err == ERR_OK && access(path, F_OK) == 0;
    if (exists)
        err = link_peers_load(dir, &there, fault);
    if (err == ERR_OK)
        err = wanted_peers(book, index, &there, &wanted, fault);
    if (err == ERR_OK && !(exists && same_peers(&there, &wanted))) {
        change->lists = true;
        err = link_peers_save(dir, &wanted, fault);
    }
    link_peers_free(&there);
    link_peers_free(&wanted);
    return err;
}

static enum err write_center(const struct keys_book *book, const char *code, struct keys_change *change,
                             struct fault *fault)
{
    char dir[PATH_SIZE];
    int32_t index = topology_center(book->topology, code);
    enum err err = keys_book_dir(book, code, dir, fault);
    if (err == ERR_OK)
        err = write_parent(book, dir, &book->topology->centers[index], change, fault);
    if (err == ERR_OK)
        err = write_peers(book, dir, index, change, fault);
    return err == ERR_OK ? keys_book_write_signers(book, dir, &change->lists, fault) : err;
}

/* The site's own list first: what a center believes must be found again at the next writing. */
enum err keys_book_write(const struct keys_book *book, struct keys_change *changes, struct fault *fault)
{
    const struct site *site = book->site;
    bool changed = false;
    enum err err = keys_book_write_signers(book, site->keys, &changed, fault);
    for (size_t i = 0; err == ERR_OK && i < site->center_count; i++) {
        changes[i] = (struct keys_change){false, false};
        if (keys_book_key(book, site->centers[i].code)) /* or not initialised yet */
            err = write_center(book, site->centers[i].code, &changes[i], fault);
    }
    return err == ERR_OK ? keys_book_own_all(book, fault) : err;
}
