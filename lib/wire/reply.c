/* Replies <-> messages. */
#include <assert.h>
#include <string.h>

#include "wire/request_message.h"

#define CASE(field, size)                                                                                    \
    FIELD_ROW("case." #field, Sanji__CaseReply, field, struct case_reply, field, size, FIELD_CODE)

static const struct field_row case_texts[] = {
    CASE(case_no, CASE_NO_SIZE),
    CASE(owner, CODE_SIZE),
    CASE(lead, TARGET_SIZE),
    CASE(similar_no, CASE_NO_SIZE),
};

/* The figures of a status: int64 in both structs. */
struct figure {
    const char *name;
    size_t from, to;
};
#define AT(name, from, to)                                                                                   \
    {                                                                                                        \
        (name), offsetof(Sanji__StatusReply, from), offsetof(struct status_reply, to)                        \
    }
#define FIGURE(field) AT("status." #field, field, field)
#define CLOCK(field) AT("status." #field, field, field##_ms)

static const struct figure figures[] = {
    CLOCK(clock),           CLOCK(started),        FIGURE(lsn),        FIGURE(cases),
    FIGURE(open),           FIGURE(overdue),       FIGURE(owned_open), FIGURE(owned_overdue),
    FIGURE(manual),         FIGURE(climb_pending), FIGURE(standing),   FIGURE(kept),
    FIGURE(quarantined),    FIGURE(timers),        FIGURE(batches),    FIGURE(inputs),
    FIGURE(refused_frames), FIGURE(denied_keys),   FIGURE(alarms),     FIGURE(commands_open),
    FIGURE(receipts_open),  FIGURE(receipts_red)};

static Sanji__CaseReply *put_case(const struct case_reply *from, Sanji__CaseReply *to)
{
    sanji__case_reply__init(to);
    field_rows_put(case_texts, FIELD_COUNT(case_texts), from, to);
    to->case_id = field_put_bytes(from->case_id.bytes, ID_BYTES);
    to->state = from->state;
    to->no = from->no;
    to->again = from->again;
    to->stored_above = from->stored_above;
    return to;
}

static void put_link(const struct link_status *from, Sanji__Link *to)
{
    sanji__link__init(to);
    to->code = field_put(from->code);
    to->up = from->up;
    to->lag = from->lag;
    to->skew = from->skew_ms;
    to->rtt = from->rtt_us;
    to->since = from->since_ms;
    to->refused = from->refused;
}

static Sanji__StatusReply *put_status(const struct status_reply *from, struct reply_message *message)
{
    Sanji__StatusReply *to = &message->status;

    assert(from->link_count <= LINKS_MAX);
    sanji__status_reply__init(to);
    to->code = field_put(from->code);
    to->incarnation = from->incarnation;
    to->mute = from->mute;
    to->database_up = from->database_up;
    to->parent_up = from->parent_up;
    to->exercise = from->exercise;
    for (size_t i = 0; i < FIELD_COUNT(figures); i++)
        memcpy((char *)to + figures[i].from, (const char *)from + figures[i].to, sizeof(int64_t));
    for (size_t i = 0; i < from->link_count; i++) {
        put_link(&from->links[i], &message->links[i]);
        message->link_list[i] = &message->links[i];
    }
    to->n_links = from->link_count;
    to->links = message->link_list;
    return to;
}

static Sanji__CommandReply *put_command(const struct command_reply *from, Sanji__CommandReply *to)
{
    sanji__command_reply__init(to);
    to->command = field_put_bytes(from->command.bytes, ID_BYTES);
    to->recipients = from->recipients;
    to->centers = from->centers;
    to->dynamic = from->dynamic;
    to->state = from->state;
    to->flags = from->flags;
    to->again = from->again;
    return to;
}

static Sanji__UnitReply *put_unit(const struct unit_reply *from, Sanji__UnitReply *to)
{
    sanji__unit_reply__init(to);
    to->status = from->status;
    to->booked = field_put_bytes(from->booked.bytes, ID_BYTES);
    to->attached = from->attached;
    return to;
}

void reply_put(const struct reply *reply, struct reply_message *message)
{
    Sanji__Reply *to = &message->reply;

    sanji__reply__init(to);
    to->code = reply->code;
    to->text = field_put(reply->text);
    to->of_case = reply->has_case ? put_case(&reply->acase, &message->of_case) : NULL;
    to->status = reply->has_status ? put_status(&reply->status, message) : NULL;
    to->command = reply->has_command ? put_command(&reply->command, &message->command) : NULL;
    to->unit = reply->has_unit ? put_unit(&reply->unit, &message->unit) : NULL;
}

static void take_case(struct field_reader *reader, const Sanji__CaseReply *message, struct case_reply *to)
{
    field_rows(reader, case_texts, FIELD_COUNT(case_texts), message, to);
    field_bytes(reader, "case.case_id", message->case_id, to->case_id.bytes, ID_BYTES);
    to->state = (enum case_state)field_int(reader, "case.state", message->state, 0, CASE_STATES - 1);
    to->no = (int32_t)field_int(reader, "case.no", message->no, 0, INT32_MAX);
    to->again = message->again;
    to->stored_above = message->stored_above;
}

static void take_link(struct field_reader *reader, const Sanji__Link *message, struct link_status *to)
{
    field_text(reader, "links.code", message->code, FIELD_CODE, to->code, CODE_SIZE);
    to->up = message->up;
    to->lag = field_int(reader, "links.lag", message->lag, 0, INT64_MAX);
    to->skew_ms = field_int(reader, "links.skew", message->skew, -FIELD_TIME_MAX, FIELD_TIME_MAX);
    to->rtt_us = field_int(reader, "links.rtt", message->rtt, 0, INT64_MAX);
    to->since_ms = field_int(reader, "links.since", message->since, 0, FIELD_TIME_MAX);
    to->refused = (enum err)field_int(reader, "links.refused", message->refused, 0, FIELD_ERR_MAX);
}

static void take_links(struct field_reader *reader, const Sanji__StatusReply *message,
                       struct status_reply *to)
{
    struct link_status *links = NULL;

    if (message->n_links <= LINKS_MAX)
        links = arena_take(reader->arena, message->n_links * sizeof *links);
    if (!links) {
        field_refuse(reader, ERR_TOO_LONG, "links", "too many");
        return;
    }
    for (size_t i = 0; i < message->n_links; i++)
        take_link(reader, message->links[i], &links[i]);
    to->link_count = message->n_links;
    to->links = links;
}

static void take_status(struct field_reader *reader, const Sanji__StatusReply *message,
                        struct status_reply *to)
{
    field_text(reader, "status.code", message->code, FIELD_CODE, to->code, CODE_SIZE);
    to->incarnation = (int32_t)field_int(reader, "status.incarnation", message->incarnation, 0, INT32_MAX);
    to->mute = message->mute;
    to->database_up = message->database_up;
    to->parent_up = message->parent_up;
    to->exercise = message->exercise;
    for (size_t i = 0; i < FIELD_COUNT(figures); i++) {
        int64_t value;
        memcpy(&value, (const char *)message + figures[i].from, sizeof value);
        value = field_int(reader, figures[i].name, value, 0, INT64_MAX);
        memcpy((char *)to + figures[i].to, &value, sizeof value);
    }
    take_links(reader, message, to);
}

static void take_command(struct field_reader *reader, const Sanji__CommandReply *message,
                         struct command_reply *to)
{
    field_bytes(reader, "command.command", message->command, to->command.bytes, ID_BYTES);
    to->recipients = (int32_t)field_int(reader, "command.recipients", message->recipients, 0, INT32_MAX);
    to->centers = (int32_t)field_int(reader, "command.centers", message->centers, 0, CENTERS_MAX);
    to->dynamic = message->dynamic;
    to->state = (enum receipt_state)field_int(reader, "command.state", message->state, 0, RECEIPT_STATES - 1);
    to->flags = message->flags;
    to->again = message->again;
}

static void take_unit(struct field_reader *reader, const Sanji__UnitReply *message, struct unit_reply *to)
{
    to->status = (enum unit_status)field_int(reader, "unit.status", message->status, 0, UNIT_STATUSES - 1);
    field_bytes(reader, "unit.booked", message->booked, to->booked.bytes, ID_BYTES);
    to->attached = (int32_t)field_int(reader, "unit.attached", message->attached, 0, ATTACH_UNITS_MAX);
}

static void take_parts(struct field_reader *reader, const Sanji__Reply *message, struct reply *reply)
{
    reply->has_case = message->of_case != NULL;
    reply->has_status = message->status != NULL;
    reply->has_command = message->command != NULL;
    reply->has_unit = message->unit != NULL;
    if (message->of_case)
        take_case(reader, message->of_case, &reply->acase);
    if (message->status)
        take_status(reader, message->status, &reply->status);
    if (message->command)
        take_command(reader, message->command, &reply->command);
    if (message->unit)
        take_unit(reader, message->unit, &reply->unit);
}

struct reply *reply_take(struct field_reader *reader, const Sanji__Reply *message)
{
    struct reply *reply = arena_take(reader->arena, sizeof *reply);

    if (!reply) {
        field_refuse(reader, ERR_TOO_LONG, "code", "no room left for it");
        return NULL;
    }
    reply->code = (enum err)field_int(reader, "code", message->code, 0, FIELD_ERR_MAX);
    field_text(reader, "text", message->text, FIELD_TEXT, reply->text, FAULT_TEXT_MAX);
    take_parts(reader, message, reply);
    return reader->err ? NULL : reply;
}
