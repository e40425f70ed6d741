/* Who may speak: the peer list in force, sorted by name, with the newest route of each child center. */
#include <stdlib.h>
#include <string.h>

#include "link/link_private.h"

static int compare(const void *a, const void *b)
{
    const struct link_slot *left = a;
    const struct link_slot *right = b;
    return strcmp(left->peer.name, right->peer.name);
}

static int compare_name(const void *name, const void *slot)
{
    return strcmp(name, ((const struct link_slot *)slot)->peer.name);
}

struct link_slot *link_slots_by_name(const struct link *link, const char *name)
{
    if (link->slot_count == 0)
        return NULL;
    return bsearch(name, link->slots, link->slot_count, sizeof *link->slots, compare_name);
}

/* Only once for each connection, so a walk will do. */
struct link_slot *link_slots_by_key(const struct link *link, const char *public_key)
{
    for (size_t i = 0; i < link->slot_count; i++)
        if (strcmp(link->slots[i].peer.public_key, public_key) == 0)
            return &link->slots[i];
    return NULL;
}

static void slot_fill(struct link *link, struct link_slot *slot, const struct link_peer *peer)
{
    const struct link_slot *old = link_slots_by_name(link, peer->name);
    if (old && old->peer.kind == peer->kind && strcmp(old->peer.public_key, peer->public_key) == 0)
        *slot = *old;
    else
        *slot = (struct link_slot){.peer = *peer, .stamp = ++link->last_stamp};
}

enum err link_slots_replace(struct link *link, const struct link_peers *peers)
{
    size_t count = peers ? peers->count : 0;
    struct link_slot *slots = calloc(count + 1, sizeof *slots);
    if (!slots)
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++)
        slot_fill(link, &slots[i], &peers->list[i]);
    qsort(slots, count, sizeof *slots, compare);
    free(link->slots);
    link->slots = slots;
    link->slot_count = count;
    return ERR_OK;
}
