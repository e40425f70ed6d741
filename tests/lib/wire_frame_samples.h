/* Seeded samples of frames. */
#ifndef SANJI_TESTS_WIRE_FRAME_SAMPLES_H
#define SANJI_TESTS_WIRE_FRAME_SAMPLES_H

#include "wire_command_samples.h"

static inline struct frame neighbour_frame(struct sampler *s, enum frame_kind kind)
{
    struct frame frame;
    memset(&frame, 0, sizeof frame);
    frame.kind = kind;
    frame.head.session = sample_bits(s) | 1;
    frame.head.peer_session = (uint64_t)sample_int(s, INT64_MAX);
    frame.head.incarnation = 1 + (int32_t)sample_int(s, 1000);
    frame.head.peer_incarnation = (int32_t)sample_int(s, INT32_MAX);
    return frame;
}

static inline void sample_lanes(struct sampler *s, int64_t lanes[LANES])
{
    for (size_t lane = 0; lane < LANES; lane++)
        lanes[lane] = sample_int(s, INT64_MAX);
}

static inline struct frame hello_frame(struct sampler *s)
{
    struct frame frame = neighbour_frame(s, FRAME_HELLO);
    struct hello *hello = &frame.hello;

    hello->version = WIRE_VERSION;
    sample_code_there(s, hello->center, CODE_SIZE);
    hello->database = sample_bits(s);
    sample_lanes(s, hello->position);
    sample_bytes(s, hello->position_hash[0], sizeof hello->position_hash);
    sample_lanes(s, hello->last_sent);
    hello->clock_ms = sample_int(s, 4102444800000);
    hello->topology_version = (int32_t)sample_int(s, INT32_MAX);
    hello->mute = sample_bits(s) & 1;
    return frame;
}

static inline struct frame ping_frame(struct sampler *s)
{
    struct frame frame = neighbour_frame(s, FRAME_PING);

    frame.ping.clock_ms = sample_int(s, 4102444800000);
    frame.ping.wall_ms = sample_int(s, 4102444800000);
    sample_lanes(s, frame.ping.last);
    frame.ping.echo = sample_bits(s);
    frame.ping.echoed = sample_bits(s);
    return frame;
}

static inline struct frame ack_frame(struct sampler *s)
{
    struct frame frame = neighbour_frame(s, FRAME_ACK);

    sample_lanes(s, frame.ack.position);
    frame.ack.credit = (int32_t)sample_int(s, INT32_MAX);
    return frame;
}

static inline struct frame refuse_frame(struct sampler *s)
{
    struct frame frame = neighbour_frame(s, FRAME_REFUSE);

    frame.head.session = 0;
    frame.refuse.code = ERR_VERSION;
    sample_text(s, frame.refuse.text, sizeof frame.refuse.text, "\n");
    return frame;
}

static inline void sample_entry(struct sampler *s, struct entry *entry, const uint8_t *envelope,
                                const uint8_t *body)
{
    memset(entry, 0, sizeof *entry);
    entry->lsn = 1 + sample_int(s, INT64_MAX - 1);
    entry->prev = sample_int(s, entry->lsn - 1);
    entry->kind = (enum entry_kind)(1 + sample_int(s, ENTRY_REPAIR - 1));
    entry->more = sample_bits(s) & 1;
    sample_bytes(s, entry->subject.bytes, ID_BYTES);
    entry->subject_no = (int32_t)sample_int(s, INT32_MAX);
    entry->epoch = (int32_t)sample_int(s, INT32_MAX);
    entry->code = (enum err)sample_int(s, 999);
    entry->envelope = entry->kind <= ENTRY_SNAPSHOT ? envelope : NULL;
    entry->body_size = 1 + (size_t)sample_int(s, 500);
    entry->body = body;
}

static inline void sample_status(struct sampler *s, struct link_status *links, size_t count,
                                 struct status_reply *status)
{
    int64_t *figures = &status->clock_ms;

    sample_code(s, status->code, CODE_SIZE);
    status->incarnation = (int32_t)sample_int(s, INT32_MAX);
    status->mute = sample_bits(s) & 1;
    status->database_up = sample_bits(s) & 1;
    status->parent_up = sample_bits(s) & 1;
    status->exercise = sample_bits(s) & 1;
    for (size_t i = 0;
         i < (offsetof(struct status_reply, link_count) - offsetof(struct status_reply, clock_ms)) / 8; i++)
        figures[i] = sample_int(s, 4102444800000);
    memset(links, 0, count * sizeof *links);
    for (size_t i = 0; i < count; i++) {
        sample_code(s, links[i].code, CODE_SIZE);
        links[i].up = sample_bits(s) & 1;
        links[i].lag = sample_int(s, INT64_MAX);
        links[i].skew_ms = sample_int(s, 100000) - 50000;
        links[i].rtt_us = sample_int(s, INT64_MAX);
        links[i].since_ms = sample_int(s, 4102444800000);
        links[i].refused = ERR_GONE_BACK;
    }
    status->link_count = count;
    status->links = links;
}

static inline void sample_reply(struct sampler *s, struct link_status *links, size_t count,
                                struct reply *reply)
{
    memset(reply, 0, sizeof *reply);
    reply->code = (enum err)sample_int(s, 999);
    sample_text(s, reply->text, sizeof reply->text, "\n");
    reply->has_case = sample_bits(s) & 1;
    reply->has_status = sample_bits(s) & 1;
    if (reply->has_case) {
        sample_bytes(s, reply->acase.case_id.bytes, ID_BYTES);
        sample_code(s, reply->acase.case_no, CASE_NO_SIZE);
        reply->acase.state = (enum case_state)sample_int(s, CASE_STATES - 1);
        sample_code(s, reply->acase.owner, CODE_SIZE);
        sample_code(s, reply->acase.lead, TARGET_SIZE);
        reply->acase.no = (int32_t)sample_int(s, INT32_MAX);
        reply->acase.again = sample_bits(s) & 1;
        reply->acase.stored_above = sample_bits(s) & 1;
        sample_code(s, reply->acase.similar_no, CASE_NO_SIZE);
    }
    reply->has_command = sample_bits(s) & 1;
    reply->has_unit = sample_bits(s) & 1;
    if (reply->has_command) {
        sample_bytes(s, reply->command.command.bytes, ID_BYTES);
        reply->command.recipients = (int32_t)sample_int(s, INT32_MAX);
        reply->command.centers = (int32_t)sample_int(s, CENTERS_MAX);
        reply->command.dynamic = sample_bits(s) & 1;
        reply->command.state = (enum receipt_state)sample_int(s, RECEIPT_STATES - 1);
        reply->command.flags = (uint32_t)sample_int(s, UINT32_MAX);
        reply->command.again = sample_bits(s) & 1;
    }
    if (reply->has_unit) {
        reply->unit.status = (enum unit_status)sample_int(s, UNIT_STATUSES - 1);
        sample_bytes(s, reply->unit.booked.bytes, ID_BYTES);
        reply->unit.attached = (int32_t)sample_int(s, ATTACH_UNITS_MAX);
    }
    if (reply->has_status)
        sample_status(s, links, count, &reply->status);
}

#endif
