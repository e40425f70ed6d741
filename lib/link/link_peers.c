/* The list of those who may call a center. */
#include "link/link_peers.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "link/link_file.h"

#define LINE_MAX_BYTES (8 + USER_SIZE + LINK_KEY_SIZE + 4) /* the longest line that save writes */
#define FILE_MAX_BYTES (512 * 1024)                        /* LINK_PEERS_MAX lines with a comment each */

const char *link_kind_name(enum link_kind kind)
{
    static const char *const names[] = {
        [LINK_PARENT] = "parent", [LINK_CENTER] = "center", [LINK_CLIENT] = "client"};
    return names[kind];
}

static enum err judge(const struct link_peers *peers, const struct link_peer *peer, struct fault *fault)
{
    if (peer->kind != LINK_CENTER && peer->kind != LINK_CLIENT)
        return fault_set(fault, ERR_MALFORMED, "a peer is a center or a client");
    if (!text_is_code(peer->name, USER_SIZE) ||
        (peer->kind == LINK_CENTER && strlen(peer->name) >= CODE_SIZE))
        return fault_set(fault, ERR_MALFORMED, "'%s' is no %s's name", peer->name,
                         link_kind_name(peer->kind));
    if (!link_key_valid(peer->public_key))
        return fault_set(fault, ERR_MALFORMED, "the key of '%s' is no key (40 characters)", peer->name);
    if (peers->count >= LINK_PEERS_MAX)
        return fault_set(fault, ERR_TOO_LONG, "more than %d peers", LINK_PEERS_MAX);
    for (size_t i = 0; i < peers->count; i++) {
        if (strcmp(peers->list[i].name, peer->name) == 0)
            return fault_set(fault, ERR_CONFIG, "'%s' is listed twice", peer->name);
        if (strcmp(peers->list[i].public_key, peer->public_key) == 0)
            return fault_set(fault, ERR_CONFIG, "'%s' and '%s' have the same key", peers->list[i].name,
                             peer->name);
    }
    return ERR_OK;
}

enum err link_peers_add(struct link_peers *peers, const struct link_peer *peer, struct fault *fault)
{
    enum err rc = judge(peers, peer, fault);
    if (rc != ERR_OK)
        return rc;
    if ((peers->count & (peers->count - 1)) == 0) { /* the room is the next power of two */
        size_t room = peers->count ? 2 * peers->count : 1;
        struct link_peer *list = realloc(peers->list, room * sizeof *list);
        if (!list)
            return fault_set(fault, ERR_MEMORY, "no memory for %zu peers", room);
        peers->list = list;
    }
    peers->list[peers->count++] = *peer;
    return ERR_OK;
}

void link_peers_free(struct link_peers *peers)
{
    free(peers->list);
    *peers = (struct link_peers){0};
}

static enum err kind_parse(const char *word, enum link_kind *kind)
{
    for (int k = LINK_CENTER; k <= LINK_CLIENT; k++)
        if (strcmp(word, link_kind_name((enum link_kind)k)) == 0) {
            *kind = (enum link_kind)k;
            return ERR_OK;
        }
    return ERR_MALFORMED;
}

/* One line without its line end; a blank line or a comment adds nothing. */
static enum err line_parse(char *line, struct link_peers *peers, struct fault *fault)
{
    char *rest = NULL;
    struct link_peer peer = {.kind = LINK_CENTER};
    const char *kind = strtok_r(line, " \t\r", &rest);
    const char *name = strtok_r(NULL, " \t\r", &rest);
    const char *key = strtok_r(NULL, " \t\r", &rest);
    const char *more = strtok_r(NULL, " \t\r", &rest);
    if (!kind || kind[0] == '#') /* not searched for elsewhere: a key may hold a '#' */
        return ERR_OK;
    if (kind_parse(kind, &peer.kind) != ERR_OK)
        return fault_set(fault, ERR_CONFIG, "'%.20s' is neither 'center' nor 'client'", kind);
    if (!name || !key || (more && more[0] != '#'))
        return fault_set(fault, ERR_CONFIG, "a line is a kind, a name and a key");
    if (text_copy(peer.name, sizeof peer.name, name) != ERR_OK)
        return fault_set(fault, ERR_CONFIG, "the name is longer than %d characters", USER_SIZE - 1);
    if (text_copy(peer.public_key, sizeof peer.public_key, key) != ERR_OK)
        return fault_set(fault, ERR_CONFIG, "the key of '%s' is no key (40 characters)", name);
    return link_peers_add(peers, &peer, fault);
}

enum err link_peers_load(const char *dir, struct link_peers *peers, struct fault *fault)
{
    char path[PATH_SIZE];
    char *text;
    struct stat status;
    struct link_peers found = {0};
    int line_no = 0;
    enum err rc = link_file_path(path, dir, "peers", "", fault);
    if (rc == ERR_OK)
        rc = link_file_read(path, FILE_MAX_BYTES, &text, &status, fault);
    if (rc != ERR_OK)
        return rc;
    for (char *rest = text; rc == ERR_OK && rest; line_no++) {
        char *line = strsep(&rest, "\n");
        rc = line_parse(line, &found, fault);
    }
    free(text);
    if (rc != ERR_OK) {
        link_peers_free(&found);
        fault_context(fault, "%s:%d", path, line_no);
        return rc == ERR_MEMORY ? rc : ERR_CONFIG;
    }
    *peers = found;
    return ERR_OK;
}

enum err link_peers_save(const char *dir, const struct link_peers *peers, struct fault *fault)
{
    char path[PATH_SIZE];
    size_t used = 0;
    size_t room = peers->count * LINE_MAX_BYTES + 1;
    enum err rc = link_file_path(path, dir, "peers", "", fault);
    if (rc != ERR_OK)
        return rc;
    char *text = malloc(room);
    if (!text)
        return fault_set(fault, ERR_MEMORY, "no memory for the list of peers");
    for (size_t i = 0; i < peers->count; i++) {
        const struct link_peer *peer = &peers->list[i];
        used += (size_t)snprintf(text + used, room - used, "%s %s %s\n", link_kind_name(peer->kind),
                                 peer->name, peer->public_key);
    }
    rc = link_file_replace(path, 0644, text, used, fault);
    free(text);
    return rc;
}
