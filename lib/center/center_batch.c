/* The one write path (architecture: five steps). Inputs that arrived while the last commit was in flight form
 * the batch; their cases are loaded in one statement; each is decided in order, purely; everything is written
 * in one transaction; and only after a clean Sync are requesters answered, neighbours acknowledged and
 * cursors fed. */
#include "center/center_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

#define RETRY_FIRST_MS 50
#define RETRY_MAX_MS 2000

static void batch_load(struct live_center *center);
static void batch_decide(struct live_center *center);
static void on_committed(void *ctx, enum err code, const struct fault *fault);

/* ---- queues ---- */

void center_queue(struct input_queue *queue, struct input *input)
{
    input->next = NULL;
    if (!queue->last)
        queue->last = &queue->first;
    *queue->last = input;
    queue->last = &input->next;
    queue->count++;
}

static struct input *queue_take(struct input_queue *queue)
{
    struct input *input = queue->first;
    if (!input)
        return NULL;
    queue->first = input->next;
    if (!queue->first)
        queue->last = &queue->first;
    queue->count--;
    return input;
}

static void queue_free(struct input_queue *queue)
{
    for (struct input *input; (input = queue_take(queue));)
        free(input);
}

struct input *center_input_new(enum input_kind kind, const uint8_t *bytes, size_t size)
{
    struct input *input = calloc(1, sizeof *input + size);
    if (!input)
        abort(); /* nothing that was acknowledged is lost; the supervisor starts us again */
    input->kind = kind;
    input->size = size;
    if (size > 0)
        memcpy(input->bytes, bytes, size);
    return input;
}

/* ---- gathering: step 1 and 2 ---- */

/* A client's frame was checked when it came in; here its struct is made to live as long as the batch. */
static void gather_request(struct live_center *center, const struct input *input)
{
    struct batch *batch = &center->batch;
    struct frame frame;
    if (frame_unpack(input->bytes, input->size, &batch->arena, &frame, NULL) != ERR_OK)
        return;
    struct work *work = &batch->works[batch->work_count++];
    *work = (struct work){.kind = INPUT_REQUEST, .route = input->route};
    work->correlation = frame.request.correlation;
    work->request = arena_take(&batch->arena, sizeof *work->request);
    assert(work->request);
    *work->request = *frame.request.request;
    if (work->request->kind == REQUEST_REPORT)
        work->case_id = center_case_id(center, &work->request->input.key);
}

static void gather_entries(struct live_center *center, const struct input *input)
{
    struct batch *batch = &center->batch;
    struct frame frame;
    if (frame_unpack(input->bytes, input->size, &batch->arena, &frame, NULL) != ERR_OK)
        return;
    for (size_t i = input->first; i < input->first + input->count; i++) {
        struct work *work = &batch->works[batch->work_count++];
        *work = (struct work){.kind = INPUT_ENTRIES, .from = input->from, .lane = frame.entries.lane};
        work->entry = &frame.entries.entries[i];
        work->case_id = work->entry->subject;
        if (work->entry->kind == ENTRY_EVENT || work->entry->kind == ENTRY_SNAPSHOT)
            center_decode_event(center, work);
        else if (work->entry->kind == ENTRY_REQUEST)
            work->bad = request_unpack_act(work->entry->body, work->entry->body_size, &batch->arena,
                                           &work->request, NULL);
    }
    input->from->receipt[input->receipt.lane] = input->receipt;
    input->from->received_dirty[input->receipt.lane] = true;
}

static void gather(struct live_center *center, const struct input *input)
{
    struct batch *batch = &center->batch;
    switch (input->kind) {
    case INPUT_REQUEST:
        gather_request(center, input);
        return;
    case INPUT_ENTRIES:
        gather_entries(center, input);
        return;
    case INPUT_LINK:
        return; /* what is dirty is written with whatever else there is */
    case INPUT_TIMER:
    case INPUT_CHORE:
        batch->works[batch->work_count++] = (struct work){.kind = input->kind,
                                                          .from = input->from,
                                                          .case_id = input->case_id,
                                                          .due_ms = input->due_ms,
                                                          .chore = input->chore,
                                                          .route = input->route};
        return;
    }
}

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
        center_queue(&batch->inputs, queue_take(box));
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
        fill_inputs(center);
    }
    if (batch->inputs.first)
        batch_load(center);
}

/* ---- loading: step 3 ---- */

static void on_kept(void *ctx, enum err code, size_t count, const struct kept_row *rows)
{
    struct live_center *center = ctx;
    struct batch *batch = &center->batch;
    if (batch->phase != BATCH_KEPT)
        return;
    if (code != ERR_OK) {
        center_batch_drop(center);
        return;
    }
    batch->kept = arena_take(&batch->arena, (count + 1) * sizeof *batch->kept);
    assert(batch->kept);
    for (size_t i = 0; i < count; i++) {
        uint8_t *act = arena_take(&batch->arena, rows[i].act_size + 1);
        assert(act);
        memcpy(act, rows[i].act, rows[i].act_size);
        batch->kept[i] = rows[i];
        batch->kept[i].act = act;
    }
    batch->kept_count = count;
    batch_decide(center);
}

/* Cases that this batch takes over: their kept requests are decided in the same commit (custody.md rule 10).
 */
static size_t taken_over(struct live_center *center, struct id *ids, size_t max)
{
    struct batch *batch = &center->batch;
    size_t count = 0;
    for (size_t i = 0; i < batch->work_count && count < max; i++) {
        const struct work *work = &batch->works[i];
        if (work->kind == INPUT_ENTRIES && work->body && strcmp(work->envelope.next_owner, center->code) == 0)
            ids[count++] = work->case_id;
    }
    return count;
}

static void on_loaded(void *ctx, enum err code, const struct store_loaded *loaded)
{
    struct live_center *center = ctx;
    struct batch *batch = &center->batch;
    struct id ids[WORKS_MAX];
    if (batch->phase != BATCH_LOADING)
        return;
    if (code != ERR_OK) {
        center_batch_drop(center);
        return;
    }
    for (size_t i = 0; i < loaded->case_count; i++) {
        struct case_slot *slot = center_slot_get(center, &loaded->cases[i].record.id);
        slot->row = loaded->cases[i];
        slot->exists = true;
        slot->was_new = false;
    }
    for (size_t i = 0; i < loaded->key_count; i++) {
        struct key_slot *slot = center_key_get(center, &loaded->keys[i].key);
        slot->row = loaded->keys[i];
        slot->exists = true;
    }
    batch->similar = arena_take(&batch->arena, (loaded->similar_count + 1) * sizeof *batch->similar);
    assert(batch->similar);
    memcpy(batch->similar, loaded->similar, loaded->similar_count * sizeof *batch->similar);
    batch->similar_count = loaded->similar_count;
    size_t taken = taken_over(center, ids, WORKS_MAX);
    if (taken > 0) {
        batch->phase = BATCH_KEPT;
        store_kept(center->store, ids, taken, on_kept, center);
    } else {
        batch_decide(center);
    }
}

/* Lists built in the arena: what the works need to see. */
struct wants {
    struct store_wanted wanted;
    struct id *ids, *keys;
    char (*numbers)[CASE_NO_SIZE];
    struct similar_probe *probes;
};

static void want_request(struct live_center *center, struct work *work, struct wants *wants)
{
    struct store_wanted *wanted = &wants->wanted;
    const struct request *request = work->request;
    if (!id_is_zero(&request->input.key))
        wants->keys[wanted->key_count++] = request->input.key;
    if (request->kind == REQUEST_REPORT) {
        wants->ids[wanted->id_count++] = work->case_id;
        const struct case_birth *birth = &request->report.birth;
        work->due_ms = (int64_t)wanted->probe_count; /* which probe is this report's */
        struct similar_probe *probe = &wants->probes[wanted->probe_count++];
        memcpy(probe->item, birth->item, sizeof probe->item);
        probe->lon = birth->lon;
        probe->lat = birth->lat;
        probe->since_ms = center->batch.now_ms - SIMILAR_MS;
        return;
    }
    memcpy(wants->numbers[wanted->number_count++], request->case_no, CASE_NO_SIZE);
    if (request->other_no[0])
        memcpy(wants->numbers[wanted->number_count++], request->other_no, CASE_NO_SIZE);
}

static void want(struct live_center *center, struct work *work, struct wants *wants)
{
    struct store_wanted *wanted = &wants->wanted;
    switch (work->kind) {
    case INPUT_REQUEST:
        want_request(center, work, wants);
        return;
    case INPUT_ENTRIES:
        wants->ids[wanted->id_count++] = work->case_id;
        if (work->body && !id_is_zero(&work->body->key))
            wants->keys[wanted->key_count++] = work->body->key;
        if (work->request)
            wants->keys[wanted->key_count++] = work->request->input.key;
        return;
    case INPUT_TIMER:
    case INPUT_CHORE:
        wants->ids[wanted->id_count++] = work->case_id;
        return;
    case INPUT_LINK:
        return;
    }
}

/* Receipts belong to the inputs that are gathered now, not to those of an attempt that failed. */
static void forget_receipts(struct live_center *center)
{
    for (size_t i = 0; i < center->neighbour_count; i++)
        memset(center->neighbours[i].received_dirty, 0, sizeof center->neighbours[i].received_dirty);
}

static void batch_load(struct live_center *center)
{
    struct batch *batch = &center->batch;
    struct wants wants = {0};

    arena_reset(&batch->arena);
    center_slots_clear(center);
    store_batch_clear(batch->writes);
    batch->work_count = 0;
    batch->quarantine_culprit = false;
    batch->now_ms = center_now(center);
    batch->lsn = center->lsn;
    batch->serial_day = center->serial_day;
    batch->serial = center->serial;
    batch->next_due_ms = INT64_MAX;
    forget_receipts(center);
    for (const struct input *input = batch->inputs.first; input; input = input->next)
        gather(center, input);

    size_t room = 2 * batch->work_count + 1;
    wants.ids = arena_take(&batch->arena, room * sizeof *wants.ids);
    wants.keys = arena_take(&batch->arena, room * sizeof *wants.keys);
    wants.numbers = arena_take(&batch->arena, room * sizeof *wants.numbers);
    wants.probes = arena_take(&batch->arena, room * sizeof *wants.probes);
    assert(wants.ids && wants.keys && wants.numbers && wants.probes);
    for (size_t i = 0; i < batch->work_count; i++)
        want(center, &batch->works[i], &wants);
    wants.wanted.ids = wants.ids;
    wants.wanted.keys = wants.keys;
    wants.wanted.numbers = (const char(*)[CASE_NO_SIZE])wants.numbers;
    wants.wanted.probes = wants.probes;
    batch->phase = BATCH_LOADING;
    store_load(center->store, &wants.wanted, on_loaded, center);
}

/* ---- deciding and writing: steps 3 and 4 ---- */

static void decide(struct live_center *center, struct work *work)
{
    switch (work->kind) {
    case INPUT_REQUEST:
        if (work->request->kind == REQUEST_REPORT)
            center_decide_report(center, work);
        else
            center_decide_act(center, work);
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
            if (n->received_dirty[lane])
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
    for (size_t i = 0; i < center->neighbour_count; i++) {
        struct neighbour *n = &center->neighbours[i];
        memcpy(n->tail, n->row.tail, sizeof n->tail);
    }
}

static void batch_decide(struct live_center *center)
{
    struct batch *batch = &center->batch;
    start_chains(center);
    for (size_t i = 0; i < batch->work_count; i++)
        decide(center, &batch->works[i]);
    write_cases(center);
    write_positions(center);
    batch->phase = BATCH_COMMITTING;
    if (store_batch_is_empty(batch->writes)) {
        struct fault none = {.code = ERR_OK};
        on_committed(center, ERR_OK, &none);
        return;
    }
    store_batch_head(batch->writes, center->writer_epoch, batch->lsn, batch->serial_day, batch->serial);
    store_commit(center->store, batch->writes, on_committed, center);
}

/* ---- after the Sync: step 5 ---- */

/* New rows may be fed; an incarnation is known for good. */
static void adopt_link(struct neighbour *n)
{
    if (n->met_writing) {
        n->met_writing = n->met_dirty = false;
        n->row.incarnation = n->met_incarnation;
        n->row.database = n->met_database;
        if (n->stream)
            stream_recorded(n->stream, n->met_incarnation);
    }
    for (int lane = 0; lane < LANES; lane++) {
        if (n->stream && n->tail[lane] > n->row.tail[lane])
            stream_committed(n->stream, (enum lane)lane, n->tail[lane]);
        n->row.tail[lane] = n->tail[lane];
        if (!n->received_dirty[lane])
            continue;
        n->received_dirty[lane] = false;
        n->row.received[lane] = n->receipt[lane].position;
        memcpy(n->row.digest[lane], n->receipt[lane].digest, sizeof n->row.digest[lane]);
    }
}

static void watch_committed(struct live_center *center)
{
    struct batch *batch = &center->batch;
    for (size_t i = 0; i < batch->slot_count; i++)
        if (batch->slots[i].dirty)
            center_watch_update(center, &batch->slots[i]);
}

static void adopt_committed(struct live_center *center)
{
    struct batch *batch = &center->batch;
    assert(batch->lsn >= center->lsn);
    center->lsn = batch->lsn;
    center->serial_day = batch->serial_day;
    center->serial = batch->serial;
    for (size_t i = 0; i < center->neighbour_count; i++)
        adopt_link(&center->neighbours[i]);
    if (center->calendar_done) {
        center->calendar_done = false;
        center->calendar_version = center->world.calendar->version;
    }
    for (const struct input *input = batch->inputs.first; input; input = input->next)
        if (input->kind == INPUT_ENTRIES && input->from->stream)
            stream_received_committed(input->from->stream, &input->receipt);
}

static void tell_waiters(struct live_center *center)
{
    struct batch *batch = &center->batch;
    for (size_t i = 0; i < batch->waiter_count; i++) {
        for (size_t w = 0; w < WAITERS_MAX; w++) {
            struct waiter *waiter = &center->waiters[w];
            if (!waiter->used || !id_equal(&waiter->key, &batch->outcomes[i].key))
                continue;
            waiter->used = false;
            center->waiting--;
            center_reply(center, &waiter->route, waiter->correlation, &batch->outcomes[i].reply);
        }
    }
}

static void answer(struct live_center *center)
{
    struct batch *batch = &center->batch;
    for (size_t i = 0; i < batch->work_count; i++) {
        struct work *work = &batch->works[i];
        if (work->kind == INPUT_TIMER)
            center->due_waiting--;
        if (work->answer)
            center_reply(center, &work->route, work->correlation, &work->reply);
    }
    tell_waiters(center);
}

static void finish(struct live_center *center)
{
    struct batch *batch = &center->batch;
    adopt_committed(center);
    watch_committed(center);
    center->batches++;
    center->inputs_done += (int64_t)batch->work_count;
    answer(center);
    queue_free(&batch->inputs);
    batch->phase = BATCH_IDLE;
    center->retry_ms = 0;
    if (batch->next_due_ms < center->next_due_ms) {
        center->next_due_ms = batch->next_due_ms;
        if (batch->next_due_ms < center->due_floor_ms)
            center->due_floor_ms = batch->next_due_ms;
    }
    center_arm_due(center);
    loop_wake(center->loop);
}

static void on_retry(void *ctx)
{
    struct live_center *center = ctx;
    if (center->batch.phase == BATCH_WAITING)
        batch_load(center);
}

/* Rule 17: an error of the batch's own content is hunted down by halving; the culprit alone is refused. */
static void bisect(struct live_center *center)
{
    struct batch *batch = &center->batch;
    struct input_queue all = batch->inputs;
    size_t half = all.count / 2;
    batch->inputs = (struct input_queue){0};
    for (size_t i = 0; i < half; i++)
        center_queue(&batch->inputs, queue_take(&all));
    for (struct input *input; (input = queue_take(&batch->rest));)
        center_queue(&all, input);
    batch->rest = (struct input_queue){0};
    for (struct input *input; (input = queue_take(&all));)
        center_queue(&batch->rest, input);
    batch->split = true;
    batch_load(center);
}

/* Deliveries that were not written are asked for again. */
static void receipts_lost(struct live_center *center)
{
    struct stream_now now = center_stream_now(center);
    for (size_t i = 0; i < center->neighbour_count; i++) {
        struct neighbour *n = &center->neighbours[i];
        bool lost = n->received_dirty[LANE_TALK] || n->received_dirty[LANE_CASES];
        memset(n->received_dirty, 0, sizeof n->received_dirty);
        if (lost && n->stream)
            stream_undelivered(n->stream, &now);
    }
}

static void drop_culprit(struct live_center *center, const struct fault *fault)
{
    struct batch *batch = &center->batch;
    log_line(LOG_PANIC, "batch.culprit", "one input cannot be written and is refused: %s", fault->text);
    for (size_t i = 0; i < batch->work_count; i++) {
        struct work *work = &batch->works[i];
        if (work->kind == INPUT_TIMER)
            center->due_waiting--;
        if (work->kind == INPUT_REQUEST)
            center_refuse(center, &work->route, work->correlation, ERR_DATABASE, fault->text);
    }
    receipts_lost(center);
    queue_free(&batch->inputs);
    batch->phase = BATCH_IDLE;
    loop_wake(center->loop);
}

/* A frame of entries is one input: decide it once more with every entry kept aside instead of applied. */
static void quarantine_culprit(struct live_center *center)
{
    struct batch *batch = &center->batch;
    batch->quarantine_culprit = true;
    center_slots_clear(center);
    store_batch_clear(batch->writes);
    batch->lsn = center->lsn;
    batch_decide(center);
}

static void on_committed(void *ctx, enum err code, const struct fault *fault)
{
    struct live_center *center = ctx;
    struct batch *batch = &center->batch;
    if (batch->phase != BATCH_COMMITTING)
        return;
    if (code == ERR_OK) {
        finish(center);
        return;
    }
    for (size_t i = 0; i < center->neighbour_count; i++)
        center->neighbours[i].acked_dirty = true;
    log_line(LOG_WARN, "batch.failed", "%zu inputs not written (%s): %s", batch->inputs.count, err_name(code),
             fault->text);
    if (code == ERR_NOT_NOW) {
        center_batch_drop(center);
    } else if (code == ERR_BUSY) {
        batch->phase = BATCH_WAITING;
        center->retry_ms = center->retry_ms ? center->retry_ms * 2 : RETRY_FIRST_MS;
        if (center->retry_ms > RETRY_MAX_MS)
            center->retry_ms = RETRY_MAX_MS;
        loop_timer_arm(center->retry_timer, center->retry_ms);
    } else if (batch->inputs.count > 1) {
        bisect(center);
    } else if (batch->inputs.first->kind == INPUT_ENTRIES && !batch->quarantine_culprit) {
        quarantine_culprit(center);
    } else {
        drop_culprit(center, fault);
    }
}

/* ---- life ---- */

static void refuse_all(struct live_center *center, struct input_queue *queue)
{
    for (struct input *input; (input = queue_take(queue)); free(input)) {
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
    queue_free(&center->stream_box);
    forget_receipts(center);
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
    batch->keys = calloc(2 * SLOTS_MAX, sizeof *batch->keys);
    batch->outcomes = calloc(SLOTS_MAX, sizeof *batch->outcomes);
    batch->writes = store_batch_new();
    center->retry_timer = loop_timer_new(center->loop, on_retry, center);
    if (!batch->works || !batch->slots || !batch->slot_table || !batch->keys || !batch->outcomes ||
        !batch->writes || !center->retry_timer)
        return ERR_MEMORY;
    center_slots_clear(center);
    return ERR_OK;
}

void center_batch_fini(struct live_center *center)
{
    struct batch *batch = &center->batch;
    queue_free(&batch->inputs);
    queue_free(&batch->rest);
    queue_free(&center->inbox);
    queue_free(&center->stream_box);
    loop_timer_free(&center->retry_timer);
    store_batch_free(&batch->writes);
    free(batch->works);
    free(batch->slots);
    free(batch->slot_table);
    free(batch->keys);
    free(batch->outcomes);
    if (batch->arena.base)
        munmap(batch->arena.base, BATCH_ARENA_BYTES);
}
