/* The one write path (architecture: five steps). Inputs that arrived while the last commit was in flight form
 * the batch; their cases are loaded in one statement; each is decided in order, purely; everything is written
 * in one transaction; and only after a clean Sync are requesters answered, neighbours acknowledged and
 * cursors fed. */
#include "center/center_command.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

static size_t works_of(const struct input *input)
{
    return input->kind == INPUT_ENTRIES ? input->count : 1;
}

/* Takes inputs in turn from people and neighbours until the batch is full, so that neither starves the other.
 */
static void fill_inputs(struct live_center *center)
{
    struct batch *batch = &center->batch;
    struct input_queue *boxes[2] = {&center->inbox, &center->stream_box};
    size_t expected = 0;
    for (size_t turn = 0; boxes[0]->first || boxes[1]->first; turn++) {
        struct input_queue *box = boxes[turn % 2];
        if (!box->first)
            box = boxes[(turn + 1) % 2];
        size_t more = works_of(box->first);
        if (batch->inputs.count > 0 && expected + more > BATCH_INPUTS_MAX)
            return;
        expected += more;
        center_queue(&batch->inputs, center_queue_take(box));
    }
}

/* What a neighbour sent before it was signed out does not count. */
static void begin_sessions_anew(struct live_center *center)
{
    for (size_t i = 0; i < center->neighbour_count; i++) {
        struct neighbour *n = &center->neighbours[i];
        if (!n->restart)
            continue;
        center_queue_drop(&center->stream_box, n);
        center_session_anew(n);
    }
}

void center_batch_turn(void *ctx)
{
    struct live_center *center = ctx;
    struct batch *batch = &center->batch;
    if (batch->phase != BATCH_IDLE || !center->ready)
        return;
    if (batch->rest.first) {
        batch->inputs = batch->rest;
        batch->rest = (struct input_queue){0};
    } else {
        batch->split = false;
        begin_sessions_anew(center);
        fill_inputs(center);
    }
    if (batch->inputs.first)
        center_batch_load(center);
}

/* ---- deciding and writing: steps 3 and 4 ---- */

static void decide_request(struct live_center *center, struct work *work)
{
    switch (work->request->kind) {
    case REQUEST_REPORT:
        center_decide_report(center, work);
        return;
    case REQUEST_ACT:
    case REQUEST_REPAIR:
        center_decide_act(center, work);
        return;
    case REQUEST_COMMAND:
        center_decide_command(center, work);
        return;
    case REQUEST_RECEIPT:
        center_decide_receipt(center, work);
        return;
    case REQUEST_UNIT:
        center_decide_unit(center, work);
        return;
    case REQUEST_STATUS:
    case REQUEST_RELOAD:
    case REQUEST_FENCE:
    case REQUEST_ATTACH:
        return; /* answered when they came in */
    }
}

static void decide(struct live_center *center, struct work *work)
{
    switch (work->kind) {
    case INPUT_REQUEST:
        decide_request(center, work);
        return;
    case INPUT_ENTRIES:
        center_decide_entry(center, work);
        return;
    case INPUT_TIMER:
        center_decide_timer(center, work);
        return;
    case INPUT_CHORE:
        center_decide_chore(center, work);
        return;
    case INPUT_LINK:
        return;
    }
}

/* A neighbour that was restored counts its entries anew: positions of its earlier life are not kept. */
static bool is_of_this_life(const struct neighbour *n, const struct stream_receipt *receipt)
{
    return !(n->met_dirty && n->met_anew) || receipt->incarnation == n->met_incarnation;
}

/* Positions, acknowledgements and incarnations of the links, in the transaction of the effects (rule 1). */
static void write_positions(struct live_center *center)
{
    struct store_batch *writes = center->batch.writes;
    for (size_t i = 0; i < center->neighbour_count; i++) {
        struct neighbour *n = &center->neighbours[i];
        n->met_writing = n->met_dirty;
        if (n->met_dirty)
            store_batch_met(writes, n->row.no, n->met_incarnation, n->met_database);
        for (int lane = 0; lane < LANES; lane++) {
            if (n->met_dirty && n->met_anew)
                store_batch_received(writes, n->row.no, (enum lane)lane, 0, (const uint8_t[16]){0});
            if (n->received_dirty[lane] && is_of_this_life(n, &n->receipt[lane]))
                store_batch_received(writes, n->row.no, (enum lane)lane, n->receipt[lane].position,
                                     n->receipt[lane].digest);
            if (n->acked_dirty)
                store_batch_acked(writes, n->row.no, (enum lane)lane, n->row.acked[lane]);
        }
        n->acked_dirty = false; /* a failed batch says so again: acks only trim */
    }
    if (center->calendar_done)
        store_batch_calendar(writes, center->world.calendar->version);
}

static void write_cases(struct live_center *center)
{
    struct batch *batch = &center->batch;
    for (size_t i = 0; i < batch->slot_count; i++) {
        struct case_slot *slot = &batch->slots[i];
        if (!slot->dirty)
            continue;
        bool owned = center_owns(center, slot);
        store_batch_case(batch->writes, &slot->row, slot->was_new, owned);
        int64_t next = owned ? case_next_timer(&slot->row.record) : INT64_MAX;
        if (next < batch->next_due_ms)
            batch->next_due_ms = next;
    }
    for (size_t i = 0; i < batch->key_count; i++)
        if (batch->keys[i].dirty)
            store_batch_key(batch->writes, &batch->keys[i].row, batch->now_ms);
}

/* The chains of prev begin where the last commit left them. */
static void start_chains(struct live_center *center)
{
    center_cache_roll_back(center->cache);
    for (size_t i = 0; i < center->neighbour_count; i++) {
        struct neighbour *n = &center->neighbours[i];
        memcpy(n->tail, n->row.tail, sizeof n->tail);
    }
}

void center_batch_decide(struct live_center *center)
{
    struct batch *batch = &center->batch;
    start_chains(center);
    center->world.parent_up = center_parent_usable(center);
    center_alert_apply(center);
    for (size_t i = 0; i < batch->work_count; i++) {
        decide(center, &batch->works[i]);
        if (center_batch_halve(center))
            return;
    }
    center_orders_write(center);
    write_cases(center);
    write_positions(center);
    batch->phase = BATCH_COMMITTING;
    if (store_batch_is_empty(batch->writes)) {
        struct fault none = {.code = ERR_OK};
        center_batch_committed(center, ERR_OK, &none);
        return;
    }
    store_batch_head(batch->writes, center->writer_epoch, batch->lsn, batch->serial_day, batch->serial);
    store_commit(center->store, batch->writes, center_batch_committed, center);
}

/* ---- life ---- */

static void refuse_all(struct live_center *center, struct input_queue *queue)
{
    for (struct input *input; (input = center_queue_take(queue)); free(input)) {
        struct arena arena;
        struct frame frame;
        arena_init(&arena, center->scratch, SCRATCH_BYTES);
        if (input->kind == INPUT_REQUEST &&
            frame_unpack(input->bytes, input->size, &arena, &frame, NULL) == ERR_OK)
            center_refuse(center, &input->route, frame.request.correlation, ERR_NOT_NOW, "");
    }
}

void center_batch_drop(struct live_center *center)
{
    struct batch *batch = &center->batch;
    refuse_all(center, &batch->inputs);
    refuse_all(center, &batch->rest);
    refuse_all(center, &center->inbox);
    center_queue_free(&center->stream_box);
    center_forget_receipts(center);
    center->due_waiting = 0;
    batch->phase = BATCH_IDLE;
}

enum err center_batch_init(struct live_center *center)
{
    struct batch *batch = &center->batch;
    /* Anonymous maps: an idle center pays only for the pages that its small batches touch. */
    uint8_t *arena = mmap(NULL, BATCH_ARENA_BYTES, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena == MAP_FAILED)
        return ERR_MEMORY;
    arena_init(&batch->arena, arena, BATCH_ARENA_BYTES);
    batch->works = calloc(WORKS_MAX, sizeof *batch->works);
    batch->slots = calloc(SLOTS_MAX, sizeof *batch->slots);
    batch->slot_table = calloc(SLOT_TABLE, sizeof *batch->slot_table);
    batch->keys = calloc(KEYS_MAX, sizeof *batch->keys);
    batch->key_table = calloc(SLOT_TABLE, sizeof *batch->key_table);
    batch->outcomes = calloc(SLOTS_MAX, sizeof *batch->outcomes);
    batch->writes = store_batch_new();
    center->cache = center_cache_new(CACHE_ROWS, CACHE_BYTES);
    center->retry_timer = loop_timer_new(center->loop, center_batch_retry, center);
    if (center_orders_init(center) != ERR_OK || center_field_init(center) != ERR_OK)
        return ERR_MEMORY;
    if (!batch->works || !batch->slots || !batch->slot_table || !batch->keys || !batch->key_table ||
        !batch->outcomes || !batch->writes || !center->cache || !center->retry_timer)
        return ERR_MEMORY;
    center_slots_clear(center);
    return ERR_OK;
}

void center_batch_fini(struct live_center *center)
{
    struct batch *batch = &center->batch;
    center_queue_free(&batch->inputs);
    center_queue_free(&batch->rest);
    center_queue_free(&center->inbox);
    center_queue_free(&center->stream_box);
    loop_timer_free(&center->retry_timer);
    store_batch_free(&batch->writes);
    center_cache_free(&center->cache);
    free(batch->works);
    free(batch->slots);
    free(batch->slot_table);
    free(batch->keys);
    free(batch->key_table);
    free(batch->outcomes);
    center_orders_fini(center);
    if (batch->arena.base)
        munmap(batch->arena.base, BATCH_ARENA_BYTES);
}
