/* Who should have what of a command, by the tree: its issuer, every center that it touches, and all centers
 * above them have the command, and have heard each sheet of it. What is the same for all holders of a log is
 * judged elsewhere. */
#include "cmd_verify.h"

#include "domain/selector.h"
#include "wire/command.h"

/* One center's share in one command. */
struct share {
    struct verify *verify;
    const struct verify_order *order;
    struct verify_entry *command, *sheet; /* sheet: NULL when nobody has heard of it */
    int32_t at;                           /* the center that writes the sheet */
    bool say;
};

static bool holds(struct verify_entry *entry, int32_t center)
{
    const struct verify_holder *holder = entry ? verify_holder(entry, center) : NULL;
    return holder && holder->again_no > 0;
}

/* What one center on the way should have. */
static bool lacks(const struct share *share, int32_t center)
{
    struct verify *verify = share->verify;
    const char *code = verify->topology->centers[share->at].code;
    if (!verify->read[center])
        return false;
    bool command = !holds(share->command, center), sheet = !holds(share->sheet, center);
    if (command && share->say)
        verify_say(verify, VERIFY_COMMAND_MISSING, center, share->command, "on the way to %s", code);
    if (sheet && share->say)
        verify_say(verify, VERIFY_SHEET_MISSING, center, share->command, "the sheet of %s", code);
    return command || sheet;
}

/* Both ends and everybody above them: each tier sees its whole subtree, so command and sheet go up to the
 * root, and to the issuer when a center above it was called. */
static bool lacks_on_the_way(const struct share *share)
{
    const struct topology *topology = share->verify->topology;
    bool found = false;
    for (int32_t at = share->at; at >= 0; at = topology->centers[at].parent)
        found |= lacks(share, at);
    for (int32_t at = share->order->issuer; at >= 0 && !topology_is_under(topology, share->at, at);
         at = topology->centers[at].parent)
        found |= lacks(share, at);
    return found;
}

static bool judge_order(struct verify *verify, const struct verify_order *order, bool say)
{
    const struct topology *topology = verify->topology;
    struct selector selector;
    struct fault fault;
    bool found = false;
    if (selector_parse(order->targets, &selector, &fault) != ERR_OK) {
        if (say)
            verify_say(verify, VERIFY_STATEMENT, order->issuer, &verify->entries[order->entry],
                       "its targets do not read: %.150s", fault.text);
        return true;
    }
    for (int32_t i = 0; i < (int32_t)topology->center_count && (!found || say); i++) {
        if (!verify->read[i] || !selector_touches(&selector, topology, order->issuer, i))
            continue;
        struct id id = sheet_id(&order->id, topology->centers[i].code);
        struct share share = {.verify = verify,
                              .order = order,
                              .command = &verify->entries[order->entry],
                              .sheet = verify_entry_find(verify, &id),
                              .at = i,
                              .say = say};
        found |= lacks_on_the_way(&share);
    }
    return found;
}

bool verify_expect(struct verify *verify, bool say)
{
    bool found = false;
    for (size_t i = 0; i < verify->order_count; i++)
        found |= judge_order(verify, &verify->orders[i], say);
    return found;
}
