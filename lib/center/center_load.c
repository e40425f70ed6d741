/* Steps 2 and 3 of the write path: the batch's frames become structs, and all that they speak of is loaded in
 * one set-based round trip. */
#include "center/center_command.h"

#include <assert.h>
#include <string.h>

/* ---- gathering ---- */

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
    else if (work->request->kind == REQUEST_COMMAND)
        work->case_id = work->request->command->event == COMMAND_ISSUE
                            ? center_command_id(center, &work->request->input.key)
                            : work->request->command->id;
    else if (work->request->kind == REQUEST_RECEIPT)
        work->case_id = sheet_id(&work->request->receipt->command, center->code);
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
        work->bad = work->entry->bad;
        if (work->bad != ERR_OK)
            continue; /* set aside alone */
        if (work->entry->kind == ENTRY_EVENT || work->entry->kind == ENTRY_SNAPSHOT)
            center_decode_event(center, work);
        else if (work->entry->kind == ENTRY_REQUEST)
            work->bad = request_unpack_act(work->entry->body, work->entry->body_size, &batch->arena,
                                           &work->request, NULL);
    }
    if (input->keeps_position)
        return;
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
                                                          .subject = input->subject,
                                                          .due_ms = input->due_ms,
                                                          .chore = input->chore,
                                                          .route = input->route};
        return;
    }
}

/* ---- loading ---- */

static void on_kept(void *ctx, enum err code, size_t count, const struct kept_row *rows)
{
    struct live_center *center = ctx;
    struct batch *batch = &center->batch;
    if (batch->phase != BATCH_KEPT)
        return;
    if (code != ERR_OK) {
        center_batch_not_loaded(center, code);
        return;
    }
    batch->kept_room =
        count + batch->work_count; /* this batch may keep more before it takes their case over */
    batch->kept = arena_take(&batch->arena, batch->kept_room * sizeof *batch->kept);
    assert(batch->kept);
    for (size_t i = 0; i < count; i++) {
        uint8_t *act = arena_take(&batch->arena, rows[i].act_size + 1);
        assert(act);
        memcpy(act, rows[i].act, rows[i].act_size);
        batch->kept[i] = rows[i];
        batch->kept[i].act = act;
    }
    batch->kept_count = count;
    center_batch_decide(center);
}

static const struct case_slot *reclaimed_by(struct live_center *center, const struct work *work)
{
    if (work->kind != INPUT_REQUEST || work->request->input.event != EVENT_RECLAIM)
        return NULL;
    return center_slot_by_no(center, work->request->case_no);
}

/* Cases that this batch takes over: their kept requests are decided in the same commit (custody.md rule 10).
 */
static size_t taken_over(struct live_center *center, struct id *ids, size_t max)
{
    struct batch *batch = &center->batch;
    size_t count = 0;
    for (size_t i = 0; i < batch->work_count && count < max; i++) {
        const struct work *work = &batch->works[i];
        const struct case_slot *reclaimed = reclaimed_by(center, work);
        if (work->kind == INPUT_ENTRIES && work->body && strcmp(work->envelope.next_owner, center->code) == 0)
            ids[count++] = work->case_id;
        else if (reclaimed)
            ids[count++] = reclaimed->row.record.id;
    }
    return count;
}

static void adopt_cases(struct live_center *center, const struct store_loaded *loaded)
{
    for (size_t i = 0; i < loaded->case_count; i++) {
        struct case_slot *slot = center_slot_get(center, &loaded->cases[i].record.id);
        if (slot->exists)
            continue; /* seen at the first look */
        slot->row = loaded->cases[i];
        slot->exists = true;
        slot->was_new = false;
    }
}

/* Everything is here: kept requests of cases that come over, then the decisions. */
static void go_on(struct live_center *center)
{
    struct batch *batch = &center->batch;
    struct id ids[WORKS_MAX];
    size_t taken = taken_over(center, ids, WORKS_MAX);
    if (taken > 0) {
        batch->phase = BATCH_KEPT;
        store_kept(center->store, ids, taken, on_kept, center);
    } else {
        center_batch_decide(center);
    }
}

static void on_second_look(void *ctx, enum err code, const struct store_loaded *loaded)
{
    struct live_center *center = ctx;
    if (center->batch.phase != BATCH_LOADING)
        return;
    if (code != ERR_OK) {
        center_batch_not_loaded(center, code);
        return;
    }
    adopt_cases(center, loaded);
    center_orders_loaded(center, loaded);
    go_on(center);
}

/* Emergencies name cases and further orders that only the first look could tell. */
static bool look_again(struct live_center *center)
{
    struct second_look look = {.room = 0};
    if (!center_emergency_wants(center, &look))
        return false;
    struct store_wanted wanted = {.ids = look.cases,
                                  .id_count = look.case_count,
                                  .commands = look.commands,
                                  .command_count = look.command_count,
                                  .sheets = look.sheets,
                                  .sheet_count = look.sheet_count};
    store_load(center->store, &wanted, on_second_look, center);
    return true;
}

static void on_loaded(void *ctx, enum err code, const struct store_loaded *loaded)
{
    struct live_center *center = ctx;
    struct batch *batch = &center->batch;
    if (batch->phase != BATCH_LOADING)
        return;
    if (code != ERR_OK) {
        center_batch_not_loaded(center, code);
        return;
    }
    adopt_cases(center, loaded);
    center_orders_loaded(center, loaded);
    for (size_t i = 0; i < loaded->key_count; i++) {
        struct key_slot *slot = center_key_get(center, &loaded->keys[i].key);
        slot->row = loaded->keys[i];
        slot->exists = true;
    }
    batch->similar = arena_take(&batch->arena, (loaded->similar_count + 1) * sizeof *batch->similar);
    assert(batch->similar);
    if (loaded->similar_count > 0)
        memcpy(batch->similar, loaded->similar, loaded->similar_count * sizeof *batch->similar);
    batch->similar_count = loaded->similar_count;
    if (!center_batch_halve(center) && !look_again(center))
        go_on(center);
}

/* Lists built in the arena: what the works need to see. */
struct wants {
    struct store_wanted wanted;
    struct id *ids, *keys;
    char (*numbers)[CASE_NO_SIZE];
    struct similar_probe *probes;
    struct id *commands;
    struct sheet_want *sheets;
};

/* A key that the load does not find is known to be new. */
static void want_key(struct live_center *center, const struct id *key, struct wants *wants)
{
    if (id_is_zero(key))
        return;
    wants->keys[wants->wanted.key_count++] = *key;
    center_key_get(center, key)->row.absent = true;
}

static void want_command(struct wants *wants, const struct id *id)
{
    wants->commands[wants->wanted.command_count++] = *id;
}

static void want_sheet(struct wants *wants, const struct id *id, bool receipts)
{
    wants->sheets[wants->wanted.sheet_count++] = (struct sheet_want){.id = *id, .receipts = receipts};
}

/* A command and our own sheet of it, which its events change. */
static void want_command_here(struct live_center *center, struct wants *wants, const struct id *id)
{
    struct id sheet = sheet_id(id, center->code);
    want_command(wants, id);
    want_sheet(wants, &sheet, true);
}

/* The sheet of the recipient that a check names: only whether there is one. */
static void want_checked(struct live_center *center, struct wants *wants, const struct command *draft)
{
    struct recipient recipient;
    if (draft->event != COMMAND_CHECK ||
        !recipient_find(center->world.topology, draft->recipient, &recipient) ||
        recipient.center == center->index)
        return;
    struct id sheet = sheet_id(&draft->id, center->world.topology->centers[recipient.center].code);
    want_sheet(wants, &sheet, false);
}

static void want_request(struct live_center *center, struct work *work, struct wants *wants)
{
    struct store_wanted *wanted = &wants->wanted;
    const struct request *request = work->request;
    want_key(center, &request->input.key, wants);
    if (request->kind == REQUEST_COMMAND) {
        want_command_here(center, wants, &work->case_id);
        want_checked(center, wants, request->command);
        if (request->command->case_no[0])
            memcpy(wants->numbers[wanted->number_count++], request->command->case_no, CASE_NO_SIZE);
        return;
    }
    if (request->kind == REQUEST_RECEIPT) {
        want_command(wants, &request->receipt->command);
        want_sheet(wants, &work->case_id, true);
        return;
    }
    if (request->kind == REQUEST_UNIT)
        return; /* units are in memory */
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
    if (request->case_no[0])
        memcpy(wants->numbers[wanted->number_count++], request->case_no, CASE_NO_SIZE);
    else
        wants->ids[wanted->id_count++] = request->case_id;
    if (request->kind == REQUEST_REPAIR && !request->case_no[0]) { /* it may be a command's or a sheet's */
        want_command(wants, &request->case_id);
        want_sheet(wants, &request->case_id, false);
    }
    if (request->other_no[0])
        memcpy(wants->numbers[wanted->number_count++], request->other_no, CASE_NO_SIZE);
}

static void want_entry(struct live_center *center, struct work *work, struct wants *wants)
{
    if (work->command) {
        want_command_here(center, wants, &work->case_id);
        return;
    }
    if (work->sheet) {
        want_command(wants, &work->sheet->command);
        want_sheet(wants, &work->case_id, center_sheet_answers_call(work->sheet));
        return;
    }
    wants->ids[wants->wanted.id_count++] = work->case_id;
    if (work->entry->kind == ENTRY_REPAIR) {
        want_command(wants, &work->case_id);
        want_sheet(wants, &work->case_id, false);
    }
    if (work->body)
        want_key(center, &work->body->key, wants);
    if (work->request)
        want_key(center, &work->request->input.key, wants);
}

static void want_timer(struct work *work, struct wants *wants)
{
    switch (work->subject) {
    case SUBJECT_CASE:
        wants->ids[wants->wanted.id_count++] = work->case_id;
        return;
    case SUBJECT_COMMAND:
        want_command(wants, &work->case_id);
        return;
    case SUBJECT_SHEET:
        want_sheet(wants, &work->case_id, true);
        return;
    case SUBJECT_CENTER:
    case SUBJECT_UNIT:
        return; /* have no timers */
    }
}

static void want(struct live_center *center, struct work *work, struct wants *wants)
{
    struct store_wanted *wanted = &wants->wanted;
    switch (work->kind) {
    case INPUT_REQUEST:
        want_request(center, work, wants);
        return;
    case INPUT_ENTRIES:
        want_entry(center, work, wants);
        return;
    case INPUT_TIMER:
        want_timer(work, wants);
        return;
    case INPUT_CHORE:
        wants->ids[wanted->id_count++] = work->case_id;
        return;
    case INPUT_LINK:
        return;
    }
}

void center_forget_receipts(struct live_center *center)
{
    for (size_t i = 0; i < center->neighbour_count; i++)
        memset(center->neighbours[i].received_dirty, 0, sizeof center->neighbours[i].received_dirty);
}

void center_batch_load(struct live_center *center)
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
    center_forget_receipts(center);
    for (const struct input *input = batch->inputs.first; input; input = input->next)
        gather(center, input);

    size_t room = 2 * batch->work_count + 1;
    wants.ids = arena_take(&batch->arena, room * sizeof *wants.ids);
    wants.keys = arena_take(&batch->arena, room * sizeof *wants.keys);
    wants.numbers = arena_take(&batch->arena, room * sizeof *wants.numbers);
    wants.probes = arena_take(&batch->arena, room * sizeof *wants.probes);
    wants.commands = arena_take(&batch->arena, room * sizeof *wants.commands);
    wants.sheets = arena_take(&batch->arena, room * sizeof *wants.sheets);
    assert(wants.ids && wants.keys && wants.numbers && wants.probes && wants.commands && wants.sheets);
    for (size_t i = 0; i < batch->work_count; i++)
        want(center, &batch->works[i], &wants);
    wants.wanted.ids = wants.ids;
    wants.wanted.keys = wants.keys;
    wants.wanted.numbers = (const char(*)[CASE_NO_SIZE])wants.numbers;
    wants.wanted.probes = wants.probes;
    wants.wanted.commands = wants.commands;
    wants.wanted.sheets = wants.sheets;
    batch->phase = BATCH_LOADING;
    store_load(center->store, &wants.wanted, on_loaded, center);
}
