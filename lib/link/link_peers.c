/* The list of those who may call a center. */
#include "link/link_peers.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "link/link_file.h"

#define LINE_MAX_BYTES                                                                                       \
    (8 + USER_SIZE + LINK_KEY_SIZE + 4)  /* the longest line that save writes, but for units */
#define FILE_MAX_BYTES (4 * 1024 * 1024) /* LINK_PEERS_MAX lines with a comment each, and lists of units */

const char *link_kind_name(enum link_kind kind)
{
    static const char *const names[] = {
        [LINK_PARENT] = "parent", [LINK_CENTER] = "center", [LINK_CLIENT] = "client", [LINK_FIELD] = "field"};
    return names[kind];
}

/* ---- units ---- */

static size_t word_size(const char *words)
{
    return strcspn(words, " \t");
}

bool link_peer_speaks_for(const struct link_peer *peer, const char *unit)
{
    size_t wanted = strlen(unit);
    if (peer->kind != LINK_FIELD || !peer->units || wanted == 0)
        return false;
    if (strcmp(peer->units, "*") == 0)
        return true;
    for (const char *at = peer->units; *at; at += *at == ' ') {
        size_t size = word_size(at);
        if (size == wanted && memcmp(at, unit, size) == 0)
            return true;
        at += size;
    }
    return false;
}

bool link_peers_speaks_for(const struct link_peers *peers, const char *name, const char *unit)
{
    for (size_t i = 0; i < peers->count; i++)
        if (strcmp(peers->list[i].name, name) == 0)
            return link_peer_speaks_for(&peers->list[i], unit);
    return false;
}

/* One word of a list of units, which has `before` others already. */
static enum err unit_judge(const char *word, size_t size, size_t before, const char *rest,
                           struct fault *fault)
{
    char unit[USER_SIZE];
    if (size == 1 && word[0] == '*') {
        if (before == 0 && rest[0] == '\0')
            return ERR_OK;
        return fault_set(fault, ERR_MALFORMED, "'*' is all units and stands alone");
    }
    if (size >= sizeof unit)
        return fault_set(fault, ERR_MALFORMED, "'%.60s' is no unit's name", word);
    memcpy(unit, word, size);
    unit[size] = '\0';
    return text_is_code(unit, sizeof unit) ? ERR_OK
                                           : fault_set(fault, ERR_MALFORMED, "'%s' is no unit's name", unit);
}

/* Gives the words of `from` with one space between them. */
static enum err units_copy(const char *from, char **units, struct fault *fault)
{
    size_t used = 0, count = 0;
    enum err rc = ERR_OK;
    if (strlen(from) >= LINK_UNITS_SIZE)
        return fault_set(fault, ERR_TOO_LONG, "more than %d bytes of units; '*' is all of them",
                         LINK_UNITS_SIZE - 1);
    char *text = malloc(strlen(from) + 1);
    if (!text)
        return fault_set(fault, ERR_MEMORY, "no memory for a list of units");
    for (const char *at = from + strspn(from, " \t"); rc == ERR_OK && *at; count++) {
        size_t size = word_size(at);
        const char *next = at + size + strspn(at + size, " \t");
        rc = unit_judge(at, size, count, next, fault);
        if (count > 0)
            text[used++] = ' ';
        memcpy(text + used, at, size);
        used += size;
        at = next;
    }
    if (rc == ERR_OK && count == 0)
        rc = fault_set(fault, ERR_MALFORMED, "a field client speaks for units: names, or '*'");
    if (rc != ERR_OK) {
        free(text);
        return rc;
    }
    text[used] = '\0';
    *units = text;
    return ERR_OK;
}

/* ---- the list ---- */

static enum err judge(const struct link_peers *peers, const struct link_peer *peer, struct fault *fault)
{
    if (peer->kind != LINK_CENTER && peer->kind != LINK_CLIENT && peer->kind != LINK_FIELD)
        return fault_set(fault, ERR_MALFORMED, "a peer is a center, a client or a field client");
    if ((peer->kind == LINK_FIELD) != (peer->units != NULL))
        return fault_set(fault, ERR_MALFORMED, "units are named for a field client, and for no other");
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

static enum err room_for_one(struct link_peers *peers, struct fault *fault)
{
    if ((peers->count & (peers->count - 1)) == 0) { /* the room is the next power of two */
        size_t room = peers->count ? 2 * peers->count : 1;
        struct link_peer *list = realloc(peers->list, room * sizeof *list);
        if (!list)
            return fault_set(fault, ERR_MEMORY, "no memory for %zu peers", room);
        peers->list = list;
    }
    return ERR_OK;
}

enum err link_peers_add(struct link_peers *peers, const struct link_peer *peer, struct fault *fault)
{
    char *units = NULL;
    enum err rc = judge(peers, peer, fault);
    if (rc == ERR_OK)
        rc = room_for_one(peers, fault);
    if (rc == ERR_OK && peer->units)
        rc = units_copy(peer->units, &units, fault);
    if (rc != ERR_OK)
        return rc;
    peers->list[peers->count] = *peer;
    peers->list[peers->count++].units = units;
    return ERR_OK;
}

void link_peers_free(struct link_peers *peers)
{
    for (size_t i = 0; i < peers->count; i++)
        free(peers->list[i].units);
    free(peers->list);
    *peers = (struct link_peers){0};
}

static enum err kind_parse(const char *word, enum link_kind *kind)
{
    for (int k = LINK_CENTER; k <= LINK_FIELD; k++)
        if (strcmp(word, link_kind_name((enum link_kind)k)) == 0) {
            *kind = (enum link_kind)k;
            return ERR_OK;
        }
    return ERR_MALFORMED;
}

/* The units of a line, from the word after the key on: what stands before a comment. */
static char *units_of(char *rest)
{
    char *at = rest;
    while (at && *at) {
        at += strspn(at, " \t\r");
        if (*at == '#')
            *at = '\0';
        at += strcspn(at, " \t\r");
        if (*at == '\r')
            *at = ' ';
    }
    return rest ? rest : "";
}

/* One line without its line end; a blank line or a comment adds nothing. */
static enum err line_parse(char *line, struct link_peers *peers, struct fault *fault)
{
    char *rest = NULL;
    struct link_peer peer = {.kind = LINK_CENTER};
    const char *kind = strtok_r(line, " \t\r", &rest);
    const char *name = strtok_r(NULL, " \t\r", &rest);
    const char *key = strtok_r(NULL, " \t\r", &rest);
    if (!kind || kind[0] == '#') /* not searched for elsewhere: a key may hold a '#' */
        return ERR_OK;
    if (kind_parse(kind, &peer.kind) != ERR_OK)
        return fault_set(fault, ERR_CONFIG, "'%.20s' is neither 'center', 'client' nor 'field'", kind);
    if (peer.kind == LINK_FIELD)
        peer.units = units_of(rest);
    const char *more = peer.units ? NULL : strtok_r(NULL, " \t\r", &rest);
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
    for (size_t i = 0; i < peers->count; i++)
        room += peers->list[i].units ? strlen(peers->list[i].units) : 0;
    enum err rc = link_file_path(path, dir, "peers", "", fault);
    if (rc != ERR_OK)
        return rc;
    char *text = malloc(room);
    if (!text)
        return fault_set(fault, ERR_MEMORY, "no memory for the list of peers");
    for (size_t i = 0; i < peers->count; i++) {
        const struct link_peer *peer = &peers->list[i];
        used += (size_t)snprintf(text + used, room - used, "%s %s %s%s%s\n", link_kind_name(peer->kind),
                                 peer->name, peer->public_key, peer->units ? " " : "",
                                 peer->units ? peer->units : "");
    }
    rc = link_file_replace(path, 0644, text, used, fault);
    free(text);
    return rc;
}
