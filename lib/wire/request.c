/* Requests <-> messages. What a kind of request cannot do without is a table. */
#include "wire/request.h"

#include <assert.h>
#include <string.h>

#include "wire/request_message.h"

#define REQUEST(field, size, kind) FIELD_ROW(#field, Sanji__Request, field, struct request, field, size, kind)
#define REPORT(field, size, kind)                                                                            \
    FIELD_ROW("report." #field, Sanji__Report, field, struct case_birth, field, size, kind)

static const struct field_row request_texts[] = {
    REQUEST(user, USER_SIZE, FIELD_LINE),        REQUEST(case_no, CASE_NO_SIZE, FIELD_CODE),
    REQUEST(origin, CODE_SIZE, FIELD_CODE),      REQUEST(name, CODE_SIZE, FIELD_CODE),
    REQUEST(other_no, CASE_NO_SIZE, FIELD_CODE),
};
static const struct field_row report_texts[] = {
    REPORT(item, ITEM_SIZE, FIELD_CODE),
    REPORT(area, CODE_SIZE, FIELD_CODE),
    REPORT(source, POST_SIZE, FIELD_LINE),
    REPORT(reporter, USER_SIZE, FIELD_LINE),
};

/* What must be there, by kind. */
struct need {
    bool input, report, a_case, name;
    bool of_command; /* what exactly: request_command.c */
};
static const struct need needs[] = {
    [REQUEST_REPORT] = {.input = true, .report = true},
    [REQUEST_ACT] = {.input = true, .a_case = true},
    [REQUEST_STATUS] = {.input = false},
    [REQUEST_RELOAD] = {.input = false},
    [REQUEST_FENCE] = {.name = true},
    [REQUEST_REPAIR] = {.a_case = true},
    [REQUEST_COMMAND] = {.of_command = true},
    [REQUEST_RECEIPT] = {.of_command = true},
    [REQUEST_UNIT] = {.of_command = true},
    [REQUEST_ATTACH] = {.of_command = true},
};

static void put_report(const struct report_request *report, struct request_message *message)
{
    Sanji__Report *to = &message->report;

    sanji__report__init(to);
    field_rows_put(report_texts, FIELD_COUNT(report_texts), &report->birth, to);
    to->place = place_put(report->birth.lon, report->birth.lat, &message->place);
    to->trusted = report->birth.trusted;
    to->warn_only = report->warn_only;
    message->request.report = to;
}

static void put_input(const struct case_input *input, struct request_message *message)
{
    Sanji__Input *to = &message->input;

    sanji__input__init(to);
    to->event = input->event;
    to->actor = actor_put(&input->actor, &message->actor);
    to->key = field_put_bytes(input->key.bytes, ID_BYTES);
    to->seen_no = input->seen_no;
    to->seen_state = input->seen_state;
    to->guard = input->guard;
    to->not_after = input->not_after_ms;
    to->target = field_put(input->target);
    to->span = span_put(input->span);
    to->until = input->until_ms;
    to->other = field_put_bytes(input->other.bytes, ID_BYTES);
    to->score = input->score;
    to->priority = input->priority;
    to->content = content_put(&input->content, &message->content);
    message->request.input = to;
}

void request_put(const struct request *request, struct request_message *message)
{
    Sanji__Request *to = &message->request;
    const struct need *need = &needs[request->kind];

    sanji__request__init(to);
    to->kind = request->kind;
    field_rows_put(request_texts, FIELD_COUNT(request_texts), request, to);
    to->case_id = field_put_bytes(request->case_id.bytes, ID_BYTES);
    if (need->report)
        put_report(&request->report, message);
    if (need->input)
        put_input(&request->input, message);
    if (need->of_command)
        request_command_put(request, message);
}

static void take_report(struct field_reader *reader, const Sanji__Report *message,
                        struct report_request *report)
{
    struct case_birth *birth = &report->birth;

    field_rows(reader, report_texts, FIELD_COUNT(report_texts), message, birth);
    place_take(reader, message->place, &birth->lon, &birth->lat);
    birth->trusted = message->trusted;
    report->warn_only = message->warn_only;
    if (birth->item[0] == '\0')
        field_refuse(reader, ERR_MISSING, "report.item", "absent");
}

static void take_input(struct field_reader *reader, const Sanji__Input *message, struct case_input *input)
{
    input->event = (enum case_event)field_int(reader, "input.event", message->event, 0, CASE_EVENTS - 1);
    if (message->actor)
        actor_take(reader, message->actor, &input->actor);
    field_bytes(reader, "input.key", message->key, input->key.bytes, ID_BYTES);
    if (id_is_zero(&input->key))
        field_refuse(reader, ERR_MISSING, "input.key", "absent");
    input->seen_no = (int32_t)field_int(reader, "input.seen_no", message->seen_no, 0, INT32_MAX);
    input->seen_state =
        (enum case_state)field_int(reader, "input.seen_state", message->seen_state, 0, CASE_STATES - 1);
    input->guard = (enum guard)field_int(reader, "input.guard", message->guard, 0, GUARD_NOTHING_CHANGED);
    input->not_after_ms = field_int(reader, "input.not_after", message->not_after, 0, FIELD_TIME_MAX);
    field_text(reader, "input.target", message->target, FIELD_CODE, input->target, TARGET_SIZE);
    input->span = span_take(reader, "input.span", message->span);
    input->until_ms = field_int(reader, "input.until", message->until, 0, FIELD_TIME_MAX);
    field_bytes(reader, "input.other", message->other, input->other.bytes, ID_BYTES);
    input->score = (int32_t)field_int(reader, "input.score", message->score, 0, 5);
    input->priority =
        (enum priority)field_int(reader, "input.priority", message->priority, 0, PRIORITY_CRITICAL);
    content_take(reader, message->content, &input->content);
}

static void take_parts(struct field_reader *reader, const Sanji__Request *message, struct request *request)
{
    const struct need *need = &needs[request->kind];

    if (need->report && !message->report)
        field_refuse(reader, ERR_MISSING, "report", "absent");
    else if (need->report)
        take_report(reader, message->report, &request->report);
    if (need->input && !message->input)
        field_refuse(reader, ERR_MISSING, "input", "absent");
    else if (need->input)
        take_input(reader, message->input, &request->input);
    if (request->kind == REQUEST_ACT && request->input.event == EVENT_NONE)
        field_refuse(reader, ERR_MISSING, "input.event", "absent");
    if (need->a_case && request->case_no[0] == '\0' && id_is_zero(&request->case_id))
        field_refuse(reader, ERR_MISSING, "case_no", "absent");
    if (need->name && request->name[0] == '\0')
        field_refuse(reader, ERR_MISSING, "name", "absent");
    if (need->of_command)
        request_command_take(reader, message, request);
}

struct request *request_take(struct field_reader *reader, const Sanji__Request *message)
{
    struct request *request = arena_take(reader->arena, sizeof *request);

    if (!request) {
        field_refuse(reader, ERR_TOO_LONG, "kind", "no room left for it");
        return NULL;
    }
    request->kind =
        (enum request_kind)field_int(reader, "kind", message->kind, REQUEST_REPORT, REQUEST_ATTACH);
    field_rows(reader, request_texts, FIELD_COUNT(request_texts), message, request);
    field_bytes(reader, "case_id", message->case_id, request->case_id.bytes, ID_BYTES);
    if (!reader->err)
        take_parts(reader, message, request);
    return reader->err ? NULL : request;
}

enum err request_pack_act(const struct request *request, uint8_t *out, size_t size, size_t *used)
{
    struct request_message message;

    request_put(request, &message);
    if (sanji__request__get_packed_size(&message.request) > size)
        return ERR_TOO_LONG;
    *used = sanji__request__pack(&message.request, out);
    return ERR_OK;
}

/* A neighbour's act says which case, who acts, and which center says so. */
static void check_forwarded(struct field_reader *reader, const struct request *act)
{
    if (act->kind != REQUEST_ACT)
        field_refuse(reader, ERR_MALFORMED, "kind", "not an act");
    if (id_is_zero(&act->case_id))
        field_refuse(reader, ERR_MISSING, "case_id", "absent");
    if (act->origin[0] == '\0')
        field_refuse(reader, ERR_MISSING, "origin", "absent");
    if (act->input.actor.user[0] == '\0')
        field_refuse(reader, ERR_MISSING, "input.actor", "absent");
}

enum err request_unpack_act(const uint8_t *bytes, size_t size, struct arena *arena, struct request **request,
                            struct fault *fault)
{
    struct field_reader reader = {.arena = arena, .fault = fault, .where = "act"};

    if (size > BODY_BYTES_MAX)
        return fault_set(fault, ERR_TOO_LONG, "act: %zu bytes, at most %d", size, BODY_BYTES_MAX);
    const Sanji__Request *message = field_unpack(&reader, &sanji__request__descriptor, bytes, size);
    struct request *act = message ? request_take(&reader, message) : NULL;
    if (act)
        check_forwarded(&reader, act);
    if (!reader.err)
        *request = act;
    return reader.err;
}
