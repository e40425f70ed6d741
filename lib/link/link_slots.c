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

static int compare_keys(const void *a, const void *b)
{
    const struct link_slot *const *left = a;
    const struct link_slot *const *right = b;
    return strcmp((*left)->peer.public_key, (*right)->peer.public_key);
}

static int compare_key(const void *key, const void *slot)
{
    return strcmp(key, (*(const struct link_slot *const *)slot)->peer.public_key);
}

struct link_slot *link_slots_by_key(const struct link *link, const char *public_key)
{
    if (link->slot_count == 0)
        return NULL;
    struct link_slot **found =
        bsearch(public_key, link->slots_by_key, link->slot_count, sizeof(struct link_slot *), compare_key);
    return found ? *found : NULL;
}

static enum err slot_fill(struct link *link, struct link_slot *slot, const struct link_peer *peer)
{
    const struct link_slot *old = link_slots_by_name(link, peer->name);
    if (old && old->peer.kind == peer->kind && strcmp(old->peer.public_key, peer->public_key) == 0)
        *slot = *old;
    else
        *slot = (struct link_slot){.peer = *peer, .stamp = ++link->last_stamp};
    slot->peer.units = peer->units ? strdup(peer->units) : NULL;
    return peer->units && !slot->peer.units ? ERR_MEMORY : ERR_OK;
}

static void slots_free(struct link_slot *slots, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(slots[i].peer.units);
    free(slots);
}

void link_slots_close(struct link *link)
{
    slots_free(link->slots, link->slot_count);
    free(link->slots_by_key);
    link->slots = NULL;
    link->slots_by_key = NULL;
    link->slot_count = 0;
}

enum err link_slots_replace(struct link *link, const struct link_peers *peers)
{
    size_t count = peers ? peers->count : 0;
    struct link_slot *slots = calloc(count + 1, sizeof *slots);
    struct link_slot **by_key = calloc(count + 1, sizeof(struct link_slot *));
    enum err rc = slots && by_key ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; rc == ERR_OK && i < count; i++)
        rc = slot_fill(link, &slots[i], &peers->list[i]);
    if (rc != ERR_OK) {
        slots_free(slots, slots ? count : 0);
        free(by_key);
        return rc;
    }
    qsort(slots, count, sizeof *slots, compare);
    for (size_t i = 0; i < count; i++)
        by_key[i] = &slots[i];
    qsort(by_key, count, sizeof(struct link_slot *), compare_keys);
    link_slots_close(link);
    link->slots = slots;
    link->slots_by_key = by_key;
    link->slot_count = count;
    return ERR_OK;
}
