/* The book in memory: reading it, and making pairs of centers and clients. */
#include "keys_book.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "folder.h"
#include "keys_book_private.h"
#include "link/link_file.h"

enum err keys_book_dir(const struct keys_book *book, const char *code, char dir[PATH_SIZE],
                       struct fault *fault)
{
    if (snprintf(dir, PATH_SIZE, "%s/%s", book->site->keys, code) >= PATH_SIZE)
        return fault_set(fault, ERR_TOO_LONG, "the path of the keys folder is too long");
    return ERR_OK;
}

bool keys_book_has(const char *dir, const char *name, const char *suffix)
{
    char path[PATH_SIZE];
    return link_file_path(path, dir, name, suffix, NULL) == ERR_OK && access(path, F_OK) == 0;
}

/* A pair whose public half was lost (a crash between the two files): writes it again. */
static enum err mend_pair(const char *dir, const char *name, char public_key[LINK_KEY_SIZE],
                          struct fault *fault)
{
    struct link_keys keys;
    enum err err = link_keys_load(dir, name, &keys, fault);
    if (err == ERR_OK)
        err = link_keys_save(dir, name, &keys, fault);
    if (err == ERR_OK)
        text_put(public_key, LINK_KEY_SIZE, keys.public_key);
    link_keys_forget(&keys);
    return err;
}

enum err keys_book_read_pair(const char *dir, const char *name, char public_key[LINK_KEY_SIZE],
                             struct fault *fault)
{
    return keys_book_has(dir, name, ".pub") ? link_keys_load_public(dir, name, public_key, fault)
                                            : mend_pair(dir, name, public_key, fault);
}

/* ---- reading ---- */

static enum err read_center(struct keys_book *book, size_t index, struct fault *fault)
{
    char dir[PATH_SIZE];
    const char *code = book->topology->centers[index].code;
    enum err err = keys_book_dir(book, code, dir, fault);
    if (err == ERR_OK && keys_book_has(dir, code, ".pub"))
        return link_keys_load_public(dir, code, book->centers[index], fault);
    if (err == ERR_OK && keys_book_has(book->site->keys, code, ".pub"))
        return link_keys_load_public(book->site->keys, code, book->centers[index], fault);
    return err;
}

static enum err add_client(struct keys_book *book, const char *name, struct fault *fault)
{
    struct link_peer peer = {.kind = LINK_CLIENT};
    if (text_copy(peer.name, sizeof peer.name, name) != ERR_OK)
        return ERR_OK; /* no client's file */
    const char *dir = book->site->keys;
    enum err err = keys_book_read_pair(dir, name, peer.public_key, fault);
    return err == ERR_OK ? link_peers_add(&book->clients, &peer, fault) : err;
}

/* A pair in the folder itself that is no center's is a client's. */
static enum err read_clients(struct keys_book *book, struct fault *fault)
{
    DIR *dir = opendir(book->site->keys);
    struct dirent *entry;
    enum err err = ERR_OK;
    if (!dir)
        return fault_set(fault, ERR_IO, "%.200s: %s", book->site->keys, strerror(errno));
    while (err == ERR_OK && (entry = readdir(dir))) {
        char name[sizeof entry->d_name];
        char *dot = strrchr(strcpy(name, entry->d_name), '.');
        if (!dot || strcmp(dot, ".key") != 0)
            continue;
        *dot = '\0';
        if (topology_center(book->topology, name) < 0)
            err = add_client(book, name, fault);
    }
    closedir(dir);
    return err;
}

enum err keys_book_open(struct keys_book *book, const struct site *site, const struct topology *topology,
                        struct fault *fault)
{
    *book = (struct keys_book){.site = site, .topology = topology};
    book->centers = calloc(topology->center_count, sizeof *book->centers);
    book->fields = calloc(topology->center_count, sizeof *book->fields);
    book->signing = calloc(topology->center_count, sizeof *book->signing);
    if (!book->centers || !book->fields || !book->signing)
        return fault_set(fault, ERR_MEMORY, "no memory");
    enum err err = folder_make(site->keys, 0700, NULL, fault);
    for (size_t i = 0; err == ERR_OK && i < topology->center_count; i++)
        err = read_center(book, i, fault);
    if (err == ERR_OK)
        err = read_clients(book, fault);
    if (err == ERR_OK)
        err = keys_book_read_revoked(book, fault);
    if (err == ERR_OK)
        err = keys_book_read_signers(book, fault);
    return err == ERR_OK ? keys_book_read_fields(book, fault) : err;
}

void keys_book_close(struct keys_book *book)
{
    for (size_t i = 0; book->fields && i < book->topology->center_count; i++)
        link_peers_free(&book->fields[i]);
    free(book->fields);
    free(book->signing);
    free(book->centers);
    link_peers_free(&book->clients);
    link_peers_free(&book->revoked);
    link_signers_free(&book->signers);
    link_signers_free(&book->revoked_signers);
    *book = (struct keys_book){0};
}

/* ---- looking ---- */

static struct link_peer *client(const struct keys_book *book, const char *name)
{
    for (size_t i = 0; i < book->clients.count; i++)
        if (strcmp(book->clients.list[i].name, name) == 0)
            return &book->clients.list[i];
    return NULL;
}

const char *keys_book_key(const struct keys_book *book, const char *name)
{
    int32_t index = topology_center(book->topology, name);
    if (index >= 0)
        return book->centers[index][0] ? book->centers[index] : NULL;
    const struct link_peer *peer = client(book, name);
    if (!peer)
        peer = keys_book_field(book, name, &index);
    return peer ? peer->public_key : NULL;
}

/* ---- making ---- */

enum err keys_book_make_pair(const char *dir, const char *name, char public_key[LINK_KEY_SIZE],
                             struct fault *fault)
{
    struct link_keys keys;
    enum err err = link_keys_make(&keys, fault);
    if (err == ERR_OK)
        err = link_keys_save(dir, name, &keys, fault);
    if (err == ERR_OK)
        text_put(public_key, LINK_KEY_SIZE, keys.public_key);
    link_keys_forget(&keys);
    return err;
}

static enum err make_center_pair(struct keys_book *book, const char *dir, int32_t index, bool fresh,
                                 bool *made, struct fault *fault)
{
    const char *code = book->topology->centers[index].code;
    *made = false;
    if (!fresh && keys_book_has(dir, code, ".key"))
        return keys_book_read_pair(dir, code, book->centers[index], fault);
    enum err err = keys_book_make_pair(dir, code, book->centers[index], fault);
    *made = err == ERR_OK;
    return err;
}

enum err keys_book_make_center(struct keys_book *book, const char *code, bool fresh, bool *made,
                               struct fault *fault)
{
    char dir[PATH_SIZE];
    bool pair = false, signing = false;
    int32_t index = topology_center(book->topology, code);
    enum err err = keys_book_dir(book, code, dir, fault);
    if (err == ERR_OK)
        err = folder_make(dir, 0700, NULL, fault);
    if (err == ERR_OK)
        err = make_center_pair(book, dir, index, fresh, &pair, fault);
    if (err == ERR_OK)
        err = keys_book_make_signing(book, code, fresh, &signing, fault);
    *made = pair || signing;
    return err;
}

enum err keys_book_make_client(struct keys_book *book, const char *name, bool *made, struct fault *fault)
{
    struct link_peer peer = {.kind = LINK_CLIENT};
    *made = false;
    if (client(book, name))
        return ERR_OK;
    if (!text_is_code(name, sizeof peer.name) || topology_center(book->topology, name) >= 0)
        return fault_set(fault, ERR_USAGE, "'%.60s' is no name for a client: letters, digits and . _ @ -",
                         name);
    if (keys_book_key(book, name))
        return fault_set(fault, ERR_USAGE, "'%.60s' is a field client", name);
    text_put(peer.name, sizeof peer.name, name);
    enum err err = keys_book_make_pair(book->site->keys, name, peer.public_key, fault);
    if (err == ERR_OK)
        err = link_peers_add(&book->clients, &peer, fault);
    *made = err == ERR_OK;
    return err;
}

enum err keys_book_renew_client(struct keys_book *book, const char *name, struct link_keys *keys,
                                struct fault *fault)
{
    struct link_peer *peer = client(book, name);
    if (!peer)
        return fault_set(fault, ERR_UNKNOWN_TARGET, "no client %.60s has keys here", name);
    enum err err = link_keys_make(keys, fault);
    if (err == ERR_OK)
        text_put(peer->public_key, sizeof peer->public_key, keys->public_key);
    return err;
}

enum err keys_book_save_client(const struct keys_book *book, const char *name, const struct link_keys *keys,
                               struct fault *fault)
{
    return link_keys_save(book->site->keys, name, keys, fault);
}
