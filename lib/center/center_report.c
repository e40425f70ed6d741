/* A report becomes a case: its id follows from the key, its number from this center's serial. */
#include "center/center_private.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS 86400000LL

struct id center_case_id(const struct live_center *center, const struct id *key)
{
    uint8_t bytes[CODE_SIZE + ID_BYTES] = {0};
    uint8_t hash[HASH_BYTES];
    struct id id;
    memcpy(bytes, center->code, strlen(center->code));
    memcpy(bytes + CODE_SIZE, key->bytes, ID_BYTES);
    wire_hash(bytes, sizeof bytes, hash);
    memcpy(id.bytes, hash, ID_BYTES);
    if (id_time_ms(key) >= 0) /* ids that grow with time keep the indexes' hot pages few */
        memcpy(id.bytes, key->bytes, 6);
    return id;
}

/* The next number of the day: origin, local date, serial; a later incarnation of the database marks its
 * numbers, so that none is ever given twice (custody.md rule 15). */
static void give_number(struct live_center *center, char out[CASE_NO_SIZE])
{
    struct batch *batch = &center->batch;
    int64_t local = batch->now_ms + (int64_t)center->world.calendar->offset_min * 60000;
    int32_t day = (int32_t)(local / DAY_MS);
    time_t seconds = (time_t)(local / 1000);
    struct tm tm;
    if (day > batch->serial_day) { /* a clock that goes back stays on the later day's series */
        batch->serial_day = day;
        batch->serial = 0;
    }
    batch->serial++;
    seconds = (time_t)batch->serial_day * 86400;
    gmtime_r(&seconds, &tm);
    int n = snprintf(out, CASE_NO_SIZE, "%.15s-%04d%02d%02d-%05d", center->code, (tm.tm_year + 1900) % 10000,
                     (tm.tm_mon + 1) % 100, tm.tm_mday % 100, batch->serial);
    if (center->incarnation > 1)
        snprintf(out + n, CASE_NO_SIZE - (size_t)n, "r%d", center->incarnation % 1000);
}

static const char *similar_to(const struct batch *batch, size_t probe)
{
    for (size_t i = 0; i < batch->similar_count; i++)
        if (batch->similar[i].probe == probe)
            return batch->similar[i].case_no;
    return NULL;
}

/* Staff of the center and neighbour systems report what they have looked at; a resident's report is accepted
 * first. */
static bool is_trusted(const struct actor *actor, const char *source)
{
    return actor->post != POST_RESIDENT && strcmp(source, "resident") != 0;
}

static enum err prepare(struct live_center *center, struct work *work, struct fault *fault)
{
    struct request *request = work->request;
    struct case_birth *birth = &request->report.birth;
    if (center_key_too_old(&request->input.key))
        return fault_set(fault, ERR_TOO_OLD, "%s", "");
    if (!topology_person(center->world.topology, request->user, &request->input.actor))
        return fault_set(fault, ERR_UNKNOWN_PERSON, "no person named %s in the roster", request->user);
    request->input.event = EVENT_REPORT;
    birth->id = work->case_id;
    birth->trusted = is_trusted(&request->input.actor, birth->source);
    if (!birth->reporter[0])
        memcpy(birth->reporter, request->user, USER_SIZE);
    return ERR_OK;
}

static enum err decide(struct live_center *center, struct work *work, struct case_slot **slot,
                       struct fault *fault)
{
    struct batch *batch = &center->batch;
    struct request *request = work->request;
    struct case_birth *birth = &request->report.birth;
    struct case_result result = {0};
    enum err err = prepare(center, work, fault);
    if (err != ERR_OK)
        return err;
    const char *similar = similar_to(batch, (size_t)work->due_ms);
    if (similar && request->report.warn_only) {
        text_put(work->reply.acase.similar_no, CASE_NO_SIZE, similar);
        return fault_set(fault, ERR_NOT_ALLOWED, "a similar case is near by: %s", similar);
    }
    int32_t serial = batch->serial, day = batch->serial_day;
    give_number(center, birth->case_no);
    request->input.similar = similar != NULL;
    err = case_report(&center->world, birth, &request->input, batch->now_ms, &result, fault);
    if (err != ERR_OK) { /* a refused report uses up no number */
        batch->serial = serial;
        batch->serial_day = day;
        return err;
    }
    *slot = center_slot_get(center, &work->case_id);
    err = center_write_result(center, *slot, &result, fault);
    if (err == ERR_OK && similar)
        text_put(work->reply.acase.similar_no, CASE_NO_SIZE, similar);
    return err;
}

void center_decide_report(struct live_center *center, struct work *work)
{
    struct fault fault = {.code = ERR_OK};
    struct case_slot *slot = NULL;
    work->answer = true;
    center_content_hash(center, work->request, work->content_hash);
    if (center_again(center, work, center_slot_find(center, &work->case_id)))
        return;
    slot = center_slot_find(center, &work->case_id);
    if (slot &&
        slot->exists) { /* the log of keys has been dropped since; the id still says which case it is */
        center_fill_case_reply(slot, &work->reply);
        work->reply.acase.again = true;
        return;
    }
    enum err err = decide(center, work, &slot, &fault);
    if (err != ERR_OK) {
        center_outcome(work, err, fault.text);
        return;
    }
    work->reply.code = ERR_OK;
    center_record_key(center, &work->request->input.key, &work->case_id, 1, ERR_OK, work->content_hash);
    center_fill_case_reply(slot, &work->reply);
}
