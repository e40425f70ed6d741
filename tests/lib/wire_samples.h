/* Seeded samples of what the wire carries: every field at random within its bounds, structs zeroed first so
 * that memcmp sees the whole. */
#ifndef SANJI_TESTS_WIRE_SAMPLES_H
#define SANJI_TESTS_WIRE_SAMPLES_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire/event.h"
#include "wire/frame.h"
#include "wire/request.h"

struct sampler {
    uint64_t state;
    unsigned turn; /* of the texts that samples borrow */
};

/* The seed of this run: SANJI_SEED, else the clock. */
static inline struct sampler sampler_new(void)
{
    const char *given = getenv("SANJI_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    printf("seed: SANJI_SEED=%llu\n", (unsigned long long)seed);
    return (struct sampler){.state = seed};
}

static inline uint64_t sample_bits(struct sampler *s)
{
    uint64_t z = s->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* In 0..most; the ends and small numbers come often. */
static inline int64_t sample_int(struct sampler *s, int64_t most)
{
    uint64_t dice = sample_bits(s) % 8;
    if (dice == 0)
        return 0;
    if (dice == 1)
        return most;
    uint64_t span = (uint64_t)most + 1;
    return (int64_t)(sample_bits(s) % (dice == 2 && span > 100 ? 100 : span));
}

static inline void sample_code(struct sampler *s, char *out, size_t size)
{
    static const char letters[] = "ABCXYZabcxyz0123456789._@-";
    size_t length = (size_t)sample_int(s, (int64_t)size - 1);
    for (size_t i = 0; i < length; i++)
        out[i] = letters[sample_bits(s) % (sizeof letters - 1)];
    memset(out + length, 0, size - length);
}

static inline void sample_code_there(struct sampler *s, char *out, size_t size)
{
    sample_code(s, out, size);
    if (out[0] == '\0')
        out[0] = 'c';
}

static inline void sample_text(struct sampler *s, char *out, size_t size, const char *extra)
{
    static const char *const signs[] = {"a", "Z", " ", "'", "<", "ü", "三", "级", "😀"};
    size_t length = (size_t)sample_int(s, (int64_t)size - 1), used = 0;

    memset(out, 0, size);
    for (;;) {
        uint64_t pick = sample_bits(s) % (sizeof signs / sizeof signs[0] + 1);
        const char *sign = pick < sizeof signs / sizeof signs[0] ? signs[pick] : extra;
        size_t n = strlen(sign);
        if (used + n > length)
            return;
        memcpy(out + used, sign, n);
        used += n;
    }
}

static inline void sample_line(struct sampler *s, char *out, size_t size)
{
    sample_text(s, out, size, ":");
}

/* A text of several lines that lasts for the next seven calls; NULL at times. */
static inline const char *sample_prose(struct sampler *s, size_t size)
{
    static char ring[8][TEXT_SIZE];
    char *out = ring[s->turn++ % 8];
    sample_text(s, out, size, "\n");
    return out[0] != '\0' ? out : NULL;
}

static inline void sample_bytes(struct sampler *s, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)sample_bits(s);
}

static inline struct span sample_span(struct sampler *s)
{
    struct span span;
    memset(&span, 0, sizeof span);
    span.unit = (enum time_unit)sample_int(s, UNIT_NATURAL_DAY);
    span.amount = (int32_t)sample_int(s, 5256000);
    return span;
}

static inline int64_t sample_time(struct sampler *s)
{
    return sample_int(s, sample_bits(s) % 4 ? 4102444800000 : INT64_MAX);
}

static inline void sample_clock(struct sampler *s, struct case_clock *clock)
{
    clock->run = (enum clock_run)sample_int(s, CLOCK_PAUSED);
    clock->rung = (enum rung)sample_int(s, RUNG_STANDING);
    clock->repeats = (uint8_t)sample_int(s, UINT8_MAX);
    clock->unit = (enum time_unit)sample_int(s, UNIT_NATURAL_DAY);
    clock->start_ms = sample_time(s);
    clock->due_ms = sample_time(s);
    clock->next_ms = sample_time(s);
    clock->remain_ms = sample_bits(s) & 1 ? sample_time(s) : -sample_time(s);
    clock->first_due_ms = sample_time(s);
    clock->since_ms = sample_time(s);
    clock->limit_ms = sample_time(s);
}

static inline void sample_limits(struct sampler *s, struct limits *limits)
{
    limits->accept = sample_span(s);
    limits->verify = sample_span(s);
    limits->dispatch = sample_span(s);
    limits->sign = sample_span(s);
    limits->handle = sample_span(s);
    limits->check = sample_span(s);
    limits->ruling = sample_span(s);
    limits->callback = sample_span(s);
    limits->reopen_window = sample_span(s);
    limits->archive = sample_span(s);
}

static inline void sample_policy(struct sampler *s, struct policy *policy)
{
    sample_line(s, policy->name, POST_SIZE);
    policy->yellow_percent = (uint8_t)sample_int(s, UINT8_MAX);
    policy->deputy = sample_span(s);
    policy->grace = sample_span(s);
    policy->dwell = sample_span(s);
    policy->ack_lapse = sample_span(s);
    policy->supervise_reply = sample_span(s);
    policy->repeat = sample_span(s);
    policy->repeats_max = (uint8_t)sample_int(s, UINT8_MAX);
    policy->returns_max = (uint8_t)sample_int(s, UINT8_MAX);
    policy->extensions_max = (uint8_t)sample_int(s, UINT8_MAX);
    policy->first_extension_percent = (uint8_t)sample_int(s, UINT8_MAX);
    policy->review = sample_span(s);
}

static inline void sample_facts(struct sampler *s, struct case_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    facts->flags = (uint32_t)sample_int(s, UINT32_MAX);
    facts->lamp = (enum lamp)sample_int(s, LAMP_RED);
    facts->priority = (enum priority)sample_int(s, PRIORITY_CRITICAL);
    facts->mode = (enum mode)sample_int(s, MODE_WAR);
    sample_code(s, facts->lead, TARGET_SIZE);
    facts->assist_count = (uint8_t)sample_int(s, ASSIST_MAX);
    for (size_t i = 0; i < facts->assist_count; i++)
        sample_code(s, facts->assist[i], TARGET_SIZE);
    sample_line(s, facts->signer, USER_SIZE);
    sample_line(s, facts->handler, USER_SIZE);
    sample_line(s, facts->return_asked, USER_SIZE);
    sample_line(s, facts->extend_asked, USER_SIZE);
    facts->extend_span = sample_span(s);
    sample_line(s, facts->void_asked, USER_SIZE);
    facts->returns = (int32_t)sample_int(s, INT32_MAX);
    facts->extensions = (int32_t)sample_int(s, INT32_MAX);
    facts->reworks = (int32_t)sample_int(s, INT32_MAX);
    facts->hops = (int32_t)sample_int(s, INT32_MAX);
    facts->reopens = (int32_t)sample_int(s, INT32_MAX);
    facts->urges = (int32_t)sample_int(s, INT32_MAX);
    facts->supervisions = (int32_t)sample_int(s, INT32_MAX);
    sample_code(s, facts->dispute_center, CODE_SIZE);
    sample_code(s, facts->before_dispute, TARGET_SIZE);
    sample_bytes(s, facts->master.bytes, ID_BYTES);
    facts->satisfaction = (uint8_t)sample_int(s, 5);
    facts->opened_ms = sample_time(s);
    facts->filed_ms = sample_time(s);
    facts->closed_ms = sample_time(s);
    facts->closed_overdue = sample_bits(s) & 1;
    facts->feedback_ms = sample_time(s);
    sample_code(s, facts->offer_to, CODE_SIZE);
    facts->offer_no = (int32_t)sample_int(s, INT32_MAX);
    facts->offer_why = (enum case_event)sample_int(s, CASE_EVENTS - 1);
    sample_code(s, facts->transfer_to, CODE_SIZE);
    sample_code(s, facts->handed_from, CODE_SIZE);
    facts->handed_why = (enum case_event)sample_int(s, CASE_EVENTS - 1);
    facts->item_rules = (uint8_t)sample_int(s, UINT8_MAX);
    facts->assist_done = (uint8_t)sample_int(s, (1 << ASSIST_MAX) - 1);
    facts->catalogue_version = (int32_t)sample_int(s, INT32_MAX);
    facts->calendar_version = (int32_t)sample_int(s, INT32_MAX);
    sample_limits(s, &facts->limits);
    sample_policy(s, &facts->policy);
    for (size_t i = 0; i < CLOCK_KINDS; i++)
        if (sample_bits(s) % 3)
            sample_clock(s, &facts->clocks[i]);
}

static inline void sample_place(struct sampler *s, double *lon, double *lat)
{
    *lon = NAN;
    *lat = NAN;
    if (sample_bits(s) & 1) {
        *lon = (double)sample_int(s, 360000000) / 1e6 - 180;
        *lat = (double)sample_int(s, 180000000) / 1e6 - 90;
    }
}

static inline void sample_content(struct sampler *s, struct case_content *content)
{
    memset(content, 0, sizeof *content);
    content->text = sample_prose(s, 400);
    content->reason = sample_prose(s, REASON_SIZE);
    content->address = sample_prose(s, ADDRESS_SIZE);
    content->before_count = (size_t)sample_int(s, EVIDENCE_MAX);
    content->after_count = (size_t)sample_int(s, EVIDENCE_MAX);
    for (size_t i = 0; i < content->before_count; i++)
        content->before[i] = "photo/2026/11/22/0001.jpg";
    for (size_t i = 0; i < content->after_count; i++)
        content->after[i] = "照片/处置后.jpg";
}

static inline void sample_record(struct sampler *s, struct case_record *record)
{
    memset(record, 0, sizeof *record);
    sample_bytes(s, record->id.bytes, ID_BYTES);
    sample_code_there(s, record->case_no, CASE_NO_SIZE);
    sample_code(s, record->origin, CODE_SIZE);
    sample_code(s, record->item, ITEM_SIZE);
    sample_code(s, record->area, CODE_SIZE);
    sample_line(s, record->source, POST_SIZE);
    sample_line(s, record->reporter, USER_SIZE);
    sample_place(s, &record->lon, &record->lat);
    record->last_no = 1 + (int32_t)sample_int(s, 3);
    record->last_ms = sample_int(s, 4102444800000);
    record->epoch = 1 + (int32_t)sample_int(s, 1000);
    sample_code_there(s, record->owner, CODE_SIZE);
    record->state = (enum case_state)(1 + sample_int(s, CASE_STATES - 2));
    sample_facts(s, &record->facts);
}

static inline void sample_change(struct sampler *s, struct case_content *content, struct case_change *change)
{
    memset(change, 0, sizeof *change);
    change->event = (enum case_event)(1 + sample_int(s, CASE_EVENTS - 2));
    sample_line(s, change->actor.user, USER_SIZE - 1);
    strcat(change->actor.user, "u");
    change->actor.post = POST_DISPATCHER;
    sample_code(s, change->actor.center, CODE_SIZE);
    sample_bytes(s, change->key.bytes, ID_BYTES);
    change->outcome = ERR_NO_RIGHT;
    change->refused = (enum case_event)sample_int(s, CASE_EVENTS - 1);
    sample_code(s, change->target, TARGET_SIZE);
    sample_content(s, content);
    change->content = content;
    sample_text(s, change->note, sizeof change->note, "\n");
    change->before = (enum case_state)sample_int(s, CASE_STATES - 1);
    sample_record(s, &change->after);
}

static inline void sample_request(struct sampler *s, enum request_kind kind, struct request *request)
{
    struct case_input *input = &request->input;

    memset(request, 0, sizeof *request);
    request->kind = kind;
    sample_line(s, request->user, USER_SIZE);
    sample_code_there(s, request->case_no, CASE_NO_SIZE);
    sample_bytes(s, request->case_id.bytes, ID_BYTES);
    sample_code_there(s, request->name, CODE_SIZE);
    sample_code(s, request->other_no, CASE_NO_SIZE);
    if (kind == REQUEST_REPORT) {
        sample_code_there(s, request->report.birth.item, ITEM_SIZE);
        sample_code(s, request->report.birth.area, CODE_SIZE);
        sample_line(s, request->report.birth.source, POST_SIZE);
        sample_line(s, request->report.birth.reporter, USER_SIZE);
        sample_place(s, &request->report.birth.lon, &request->report.birth.lat);
        request->report.birth.trusted = sample_bits(s) & 1;
        request->report.warn_only = sample_bits(s) & 1;
    }
    if (kind != REQUEST_REPORT && kind != REQUEST_ACT)
        return;
    input->event = (enum case_event)(1 + sample_int(s, CASE_EVENTS - 2));
    sample_bytes(s, input->key.bytes, ID_BYTES);
    input->seen_no = (int32_t)sample_int(s, INT32_MAX);
    input->seen_state = (enum case_state)sample_int(s, CASE_STATES - 1);
    input->guard = (enum guard)sample_int(s, GUARD_NOTHING_CHANGED);
    input->not_after_ms = sample_int(s, 4102444800000);
    sample_code(s, input->target, TARGET_SIZE);
    input->span = sample_span(s);
    input->until_ms = sample_int(s, 4102444800000);
    sample_bytes(s, input->other.bytes, ID_BYTES);
    input->score = (int32_t)sample_int(s, 5);
    input->priority = (enum priority)sample_int(s, PRIORITY_CRITICAL);
    sample_content(s, &input->content);
}

/* What a center adds when it forwards an act. */
static inline void sample_forwarded(struct sampler *s, struct request *act)
{
    sample_request(s, REQUEST_ACT, act);
    sample_code_there(s, act->origin, CODE_SIZE);
    sample_line(s, act->input.actor.user, USER_SIZE - 1);
    strcat(act->input.actor.user, "u");
    act->input.actor.post = (enum post)(1u << sample_bits(s) % 13);
    sample_code(s, act->input.actor.center, CODE_SIZE);
    sample_code(s, act->input.actor.department, DEPT_SIZE);
    sample_code(s, act->input.actor.area, CODE_SIZE);
}

#endif
