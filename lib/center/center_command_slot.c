/* Commands and sheets of the running batch: found by id, kept in the batch's arena, forgotten with it. */
#include "center/center_command.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum err center_orders_init(struct live_center *center)
{
    center->batch.orders = calloc(1, sizeof *center->batch.orders);
    center->muster = calloc(1, sizeof *center->muster);
    if (!center->batch.orders || !center->muster)
        return ERR_MEMORY;
    return ERR_OK;
}

void center_orders_fini(struct live_center *center)
{
    struct orders *orders = center->batch.orders;
    struct muster *muster = center->muster;
    if (orders) {
        store_index_fini(&orders->command_index);
        store_index_fini(&orders->sheet_index);
        free(orders->commands);
        free(orders->sheets);
        free(orders->undo);
        free(orders->calls);
        free(orders);
    }
    if (muster) {
        center_field_fini(center);
        link_sign_forget(&muster->sign_key);
        link_signers_free(&muster->signers);
        free(muster->units);
        free(muster->alerts);
        free(muster);
    }
    center->batch.orders = NULL;
    center->muster = NULL;
}

void center_orders_clear(struct live_center *center)
{
    struct orders *orders = center->batch.orders;
    center_units_roll_back(center);
    store_index_clear(&orders->command_index);
    store_index_clear(&orders->sheet_index);
    orders->call_count = 0;
    orders->looked_twice = false;
}

/* ---- commands ---- */

struct command_slot *center_command_find(const struct live_center *center, const struct id *id)
{
    const struct orders *orders = center->batch.orders;
    size_t at;
    return store_index_find(&orders->command_index, id, &at) ? orders->commands[at] : NULL;
}

/* A list of pointers that grows with its index. */
static void *grown(void *list, size_t *room, size_t at, size_t size)
{
    if (at < *room)
        return list;
    *room = *room ? *room * 2 : 64;
    list = realloc(list, *room * size);
    if (!list)
        abort(); /* out of memory: the supervisor starts anew, all state is in the database */
    return list;
}

static void *taken(struct live_center *center, size_t size)
{
    void *block = arena_take(&center->batch.arena, size);
    assert(block); /* the arena holds any batch that keeps the wire's bounds */
    return block;
}

struct command_slot *center_command_get(struct live_center *center, const struct id *id)
{
    struct orders *orders = center->batch.orders;
    size_t at;
    if (store_index_add(&orders->command_index, id, &at))
        return orders->commands[at];
    orders->commands = grown(orders->commands, &orders->command_room, at, sizeof(struct command_slot *));
    struct command_slot *slot = taken(center, sizeof *slot);
    slot->row.record.header.id = *id;
    slot->was_new = true;
    slot->issuer = -1;
    return orders->commands[at] = slot;
}

static const char *kept_text(struct live_center *center, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = arena_take_raw(&center->batch.arena, size);
    assert(copy);
    return memcpy(copy, text, size);
}

void center_command_known(struct live_center *center, struct command_slot *slot)
{
    const struct command *header = &slot->row.record.header;
    struct fault fault;
    slot->issuer = topology_center(center->world.topology, header->center);
    if (selector_parse(header->targets, &slot->selector, &fault) != ERR_OK)
        slot->selector.count = 0; /* of a later grammar: nobody here, but it is stored and passed on */
}

static void take_command(struct live_center *center, const struct command_row *row)
{
    struct command_slot *slot = center_command_get(center, &row->record.header.id);
    struct command *header = &slot->row.record.header;
    if (slot->exists)
        return; /* a second look brings it again */
    slot->row = *row;
    header->text = kept_text(center, header->text);
    header->text_en = kept_text(center, header->text_en);
    header->reason = kept_text(center, header->reason);
    uint8_t *statement = arena_take_raw(&center->batch.arena, row->statement_size + 1);
    assert(statement);
    memcpy(statement, row->statement, row->statement_size);
    slot->row.statement = statement;
    slot->exists = true;
    slot->was_new = false;
    center_command_known(center, slot);
}

/* ---- sheets ---- */

struct sheet_slot *center_sheet_find(const struct live_center *center, const struct id *id)
{
    const struct orders *orders = center->batch.orders;
    size_t at;
    return store_index_find(&orders->sheet_index, id, &at) ? orders->sheets[at] : NULL;
}

static struct sheet_slot *sheet_slot(struct live_center *center, const struct id *id)
{
    struct orders *orders = center->batch.orders;
    size_t at;
    if (store_index_add(&orders->sheet_index, id, &at))
        return orders->sheets[at];
    orders->sheets = grown(orders->sheets, &orders->sheet_room, at, sizeof(struct sheet_slot *));
    struct sheet_slot *slot = taken(center, sizeof *slot);
    slot->row.sheet.id = *id;
    slot->was_new = true;
    return orders->sheets[at] = slot;
}

struct sheet_slot *center_sheet_get(struct live_center *center, const struct id *command, const char *code)
{
    struct id id = sheet_id(command, code);
    struct sheet_slot *slot = sheet_slot(center, &id);
    if (!slot->row.sheet.center[0]) {
        slot->row.sheet.command = *command;
        text_put(slot->row.sheet.center, CODE_SIZE, code);
    }
    return slot;
}

static void make_room(struct live_center *center, struct sheet_slot *slot, size_t room)
{
    size_t count = slot->row.receipt_count;
    assert(room >= count);
    struct receipt *receipts = arena_take_raw(&center->batch.arena, room * sizeof *receipts);
    bool *fresh = taken(center, room * sizeof *fresh);
    bool *touched = taken(center, room * sizeof *touched);
    assert(receipts);
    if (count > 0) {
        memcpy(receipts, slot->row.receipts, count * sizeof *receipts);
        memcpy(fresh, slot->fresh, count * sizeof *fresh);
        memcpy(touched, slot->touched, count * sizeof *touched);
    }
    slot->row.receipts = receipts;
    slot->fresh = fresh;
    slot->touched = touched;
    slot->room = room;
}

size_t center_sheet_add(struct live_center *center, struct sheet_slot *slot, const struct receipt *receipt)
{
    if (slot->row.receipt_count == slot->room)
        make_room(center, slot, slot->room ? slot->room * 2 : 64);
    size_t at = slot->row.receipt_count++;
    slot->row.receipts[at] = *receipt;
    slot->fresh[at] = true;
    return at;
}

int32_t center_sheet_index(const struct sheet_slot *slot, const char *name)
{
    for (size_t i = 0; i < slot->row.receipt_count; i++)
        if (strcmp(slot->row.receipts[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}

static void take_sheet(struct live_center *center, const struct sheet_row *row)
{
    struct sheet_slot *slot = sheet_slot(center, &row->sheet.id);
    if (slot->exists && (slot->row.receipt_count > 0 || row->receipt_count == 0))
        return; /* seen before, with all that was asked for now */
    slot->row = *row;
    slot->row.receipts = NULL;
    slot->row.receipt_count = 0;
    slot->exists = true;
    slot->was_new = false;
    if (row->receipt_count == 0)
        return;
    make_room(center, slot, row->receipt_count + 8);
    slot->row.receipt_count = row->receipt_count;
    for (size_t i = 0; i < row->receipt_count; i++) {
        slot->row.receipts[i] = row->receipts[i];
        slot->row.receipts[i].values = kept_text(center, row->receipts[i].values);
    }
}

void center_orders_loaded(struct live_center *center, const struct store_loaded *loaded)
{
    for (size_t i = 0; i < loaded->command_count; i++)
        take_command(center, &loaded->commands[i]);
    for (size_t i = 0; i < loaded->sheet_count; i++)
        take_sheet(center, &loaded->sheets[i]);
}
