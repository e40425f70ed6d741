/* Commands that are issued here, and what follows when one has arrived, ours or another's. */
#include "center/center_command.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"

struct id center_command_id(const struct live_center *center, const struct id *key)
{
    static const char prefix[] = "command";
    uint8_t bytes[sizeof prefix + CODE_SIZE + ID_BYTES] = {0};
    uint8_t hash[HASH_BYTES];
    struct id id;
    memcpy(bytes, prefix, sizeof prefix);
    memcpy(bytes + sizeof prefix, center->code, strlen(center->code));
    memcpy(bytes + sizeof prefix + CODE_SIZE, key->bytes, ID_BYTES);
    wire_hash(bytes, sizeof bytes, hash);
    memcpy(id.bytes, hash, ID_BYTES);
    if (id_time_ms(key) >= 0) /* as a case's: ids that grow with time keep the indexes' hot pages few */
        memcpy(id.bytes, key->bytes, 6);
    return id;
}

bool center_command_again(struct live_center *center, struct work *work)
{
    static const uint8_t unseen[16];
    const struct key_slot *known = center_key_find(center, &work->request->input.key);
    if (!known || !known->exists)
        return false;
    bool same = memcmp(known->row.content_hash, unseen, sizeof unseen) == 0 ||
                memcmp(known->row.content_hash, work->content_hash, sizeof unseen) == 0;
    center_outcome(work, same ? known->row.outcome : ERR_KEY_REUSED, "");
    work->reply.has_command = same && known->row.outcome == ERR_OK;
    work->reply.command.again = true;
    return true;
}

/* ---- what follows ---- */

/* A center whose sheet passes this one on its way: it lies below, or the issuer does. */
static bool passes_here(const struct live_center *center, const struct command_slot *slot, int32_t other)
{
    const struct topology *topology = center->world.topology;
    return topology_is_under(topology, other, center->index) ||
           topology_is_under(topology, slot->issuer, center->index);
}

/* The sheets that the tree lets expect: a center that has not been heard is on record from the first moment.
 */
static void expect_sheets(struct live_center *center, struct command_slot *slot)
{
    const struct topology *topology = center->world.topology;
    if (selector_is_dynamic(&slot->selector))
        return;
    for (size_t i = 0; i < topology->center_count; i++) {
        if (!passes_here(center, slot, (int32_t)i))
            continue;
        size_t count = selector_expand(&slot->selector, topology, slot->issuer, (int32_t)i, NULL, 0);
        if (count == 0)
            continue;
        slot->row.expected += (int32_t)count;
        if ((int32_t)i == center->index)
            continue;
        struct sheet_slot *sheet =
            center_sheet_get(center, &slot->row.record.header.id, topology->centers[i].code);
        sheet->row.sheet.expected = (int32_t)count;
        sheet->exists = sheet->dirty = true;
    }
}

void center_command_arrived(struct live_center *center, struct command_slot *slot,
                            const struct command *event)
{
    if (slot->issuer < 0)
        return;
    if (event->event != COMMAND_ISSUE) {
        if (slot->row.record.header.kind == COMMAND_MODE)
            center_alert_settled(center, &slot->row.record.header);
        center_sheet_follow(center, slot, event);
        return;
    }
    expect_sheets(center, slot);
    center_sheet_open(center, slot);
}

/* ---- what is asked for ---- */

enum err center_command_issue(struct live_center *center, const struct command *draft,
                              struct command_slot **out, struct fault *fault)
{
    struct command_world world = center_command_world(center);
    struct command command;
    enum err err = command_issue(&world, draft, center->batch.now_ms, &command, fault);
    if (err != ERR_OK)
        return err;
    struct command_slot *slot = center_command_get(center, &draft->id);
    assert(!slot->exists);
    err = center_write_command(center, slot, &command, fault);
    if (err != ERR_OK)
        return err;
    center_command_arrived(center, slot, &command);
    *out = slot;
    return ERR_OK;
}

enum err center_command_say(struct live_center *center, struct command_slot *slot,
                            const struct command *draft, struct fault *fault)
{
    struct command_world world = center_command_world(center);
    struct command event;
    enum err err = command_act(&world, &slot->row.record, draft, center->batch.now_ms, &event, fault);
    if (err == ERR_OK)
        err = center_write_command(center, slot, &event, fault);
    if (err == ERR_OK)
        center_command_arrived(center, slot, &event);
    return err;
}

/* A check names a recipient that some center's sheet expects. */
static enum err check_recipient(struct live_center *center, const struct command *draft, struct fault *fault)
{
    struct recipient recipient;
    if (draft->event != COMMAND_CHECK)
        return ERR_OK;
    if (!recipient_find(center->world.topology, draft->recipient, &recipient))
        return fault_set(fault, ERR_UNKNOWN_RECIPIENT, "没有接收人 %s", draft->recipient);
    const char *code = center->world.topology->centers[recipient.center].code;
    struct id id = sheet_id(&draft->id, code);
    const struct sheet_slot *sheet = center_sheet_find(center, &id);
    if (!sheet || !sheet->exists)
        return fault_set(fault, ERR_UNKNOWN_RECIPIENT, "指令未发给 %s", draft->recipient);
    return ERR_OK;
}

static enum err act(struct live_center *center, const struct command *draft, struct fault *fault)
{
    struct command_slot *slot = center_command_find(center, &draft->id);
    if (!slot || !slot->exists)
        return fault_set(fault, ERR_UNKNOWN_COMMAND, "%s", "");
    if (slot->issuer != center->index)
        return fault_set(fault, ERR_NO_RIGHT, "指令由中心 %s 签发，只能在那里变更",
                         slot->row.record.header.center);
    enum err err = check_recipient(center, draft, fault);
    return err == ERR_OK ? center_command_say(center, slot, draft, fault) : err;
}

static void fill_reply(const struct live_center *center, const struct command_slot *slot, struct reply *reply)
{
    const struct topology *topology = center->world.topology;
    if (!slot || !slot->exists || slot->issuer < 0)
        return;
    reply->has_command = true;
    reply->command.command = slot->row.record.header.id;
    reply->command.recipients = slot->row.expected;
    reply->command.dynamic = selector_is_dynamic(&slot->selector);
    for (size_t i = 0; i < topology->center_count; i++)
        reply->command.centers += selector_touches(&slot->selector, topology, slot->issuer, (int32_t)i);
}

/* A command about a case names one that this center holds. */
static enum err name_case(struct live_center *center, struct command *draft, struct fault *fault)
{
    if (!draft->case_no[0])
        return ERR_OK;
    const struct case_slot *slot = center_slot_by_no(center, draft->case_no);
    if (!slot)
        return fault_set(fault, ERR_UNKNOWN_CASE, "本中心没有案卷 %s", draft->case_no);
    draft->case_id = slot->row.record.id;
    return ERR_OK;
}

static enum err decide(struct live_center *center, struct work *work, struct command *draft,
                       struct fault *fault)
{
    struct command_slot *slot = NULL;
    if (center_key_too_old(&work->request->input.key))
        return fault_set(fault, ERR_TOO_OLD, "%s", "");
    enum err err = center_name_actor(center, work->request->user, &draft->actor, fault);
    if (err == ERR_OK)
        err = name_case(center, draft, fault);
    if (err != ERR_OK)
        return err;
    return draft->event == COMMAND_ISSUE ? center_command_issue(center, draft, &slot, fault)
                                         : act(center, draft, fault);
}

void center_decide_command(struct live_center *center, struct work *work)
{
    struct fault fault = {.code = ERR_OK};
    struct command draft = *work->request->command;
    work->answer = true;
    if (draft.event == COMMAND_ISSUE)
        draft.id = work->case_id;
    center_content_hash(center, work->request, work->content_hash);
    bool again = center_command_again(center, work);
    struct command_slot *slot = center_command_find(center, &draft.id);
    if (!again && draft.event == COMMAND_ISSUE && slot && slot->exists) {
        again = true; /* the log of keys has been dropped since; the id still says which command it is */
        work->reply.command.again = true;
    }
    if (again) {
        if (work->reply.code == ERR_OK)
            fill_reply(center, slot, &work->reply);
        return;
    }
    enum err err = decide(center, work, &draft, &fault);
    center_outcome(work, err, err == ERR_OK ? "" : fault.text);
    if (err != ERR_OK)
        return;
    slot = center_command_find(center, &draft.id);
    center_record_key(center, &work->request->input.key, &draft.id, slot->row.record.last_no, ERR_OK,
                      work->content_hash);
    fill_reply(center, slot, &work->reply);
}

static int32_t wanted_answers(const struct command *header)
{
    switch (header->ack_rule) {
    case ACK_EACH:
        return INT32_MAX;
    case ACK_ANY:
        return 1;
    case ACK_K_OF_N:
        return header->ack_count;
    }
    return INT32_MAX;
}

void center_command_answered(struct live_center *center, struct command_slot *slot)
{
    const struct command *header = &slot->row.record.header;
    struct fault fault = {.code = ERR_OK};
    struct command draft = {
        .id = header->id, .event = COMMAND_STAND_DOWN, .reason = "已有足够力量签收，其余解除"};
    if (slot->issuer != center->index || header->ack_rule == ACK_EACH)
        return;
    slot->dirty = true;
    if (++slot->row.answered < wanted_answers(header) || slot->row.record.ended != COMMAND_EVENT_NONE)
        return;
    draft.actor = (struct actor){.user = "system:plan", .post = POST_SYSTEM};
    memcpy(draft.actor.center, center->code, CODE_SIZE);
    enum err err = center_command_say(center, slot, &draft, &fault);
    if (err != ERR_OK && err != ERR_EXPIRED) /* expired: nobody is left to be relieved */
        center_alarm(center, "command.stand-down", &header->id, fault.text);
}

void center_command_timer(struct live_center *center, const struct id *id)
{
    struct command_world world = center_command_world(center);
    struct fault fault = {.code = ERR_OK};
    struct command event;
    struct command_slot *slot = center_command_find(center, id);
    if (!slot || !slot->exists)
        return;
    slot->dirty = true; /* writing it writes its timer */
    center_alert_due(center, slot);
    if (slot->issuer != center->index)
        return;
    if (!command_renew(&world, &slot->row.record, center->batch.now_ms, &event))
        return;
    if (center_write_command(center, slot, &event, &fault) == ERR_OK)
        center_command_arrived(center, slot, &event);
    else
        center_alarm(center, "command.renew", id, fault.text);
}
