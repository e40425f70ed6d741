/* Seeded samples of commands, sheets, units and what is asked about them. */
#ifndef SANJI_TESTS_WIRE_COMMAND_SAMPLES_H
#define SANJI_TESTS_WIRE_COMMAND_SAMPLES_H

#include "wire/command.h"
#include "wire_samples.h"

#define SAMPLE_YEAR_2100 4102444800000

static inline void sample_id(struct sampler *s, struct id *id)
{
    sample_bytes(s, id->bytes, ID_BYTES);
    id->bytes[0] |= 1; /* never zero */
}

static inline void sample_actor(struct sampler *s, struct actor *actor)
{
    sample_line(s, actor->user, USER_SIZE - 1);
    strcat(actor->user, "u");
    actor->post = (enum post)(1u << sample_bits(s) % 13);
    sample_code(s, actor->center, CODE_SIZE);
    sample_code(s, actor->department, DEPT_SIZE);
    sample_code(s, actor->area, CODE_SIZE);
}

static inline void sample_form(struct sampler *s, struct form *form)
{
    form->count = (size_t)sample_int(s, FORM_FIELDS_MAX);
    for (size_t i = 0; i < form->count; i++) {
        sample_code_there(s, form->fields[i].name, POST_SIZE);
        form->fields[i].type = (enum form_type)(1 + sample_int(s, FORM_PHOTO - 1));
        form->fields[i].required = sample_bits(s) & 1;
        sample_line(s, form->fields[i].zh, NAME_SIZE);
    }
}

static inline void sample_limits_of_command(struct sampler *s, struct command *command)
{
    command->ack_limit = sample_span(s);
    command->contact_limit = sample_span(s);
    command->arrive_limit = sample_span(s);
    command->done_limit = sample_span(s);
    command->report_interval = sample_span(s);
    command->par_interval = sample_span(s);
}

/* What a person may ask for: no number, center and actor. */
static inline void sample_draft(struct sampler *s, struct command *command)
{
    memset(command, 0, sizeof *command);
    sample_id(s, &command->id);
    command->event = (enum command_event)(1 + sample_int(s, COMMAND_EVENTS - 2));
    command->sent_ms = sample_int(s, SAMPLE_YEAR_2100);
    command->effective_ms = sample_int(s, SAMPLE_YEAR_2100);
    command->expires_ms = sample_int(s, SAMPLE_YEAR_2100);
    sample_bytes(s, command->references.bytes, ID_BYTES);
    command->status = (enum command_status)(1 + sample_int(s, COMMAND_TEST - 1));
    command->kind = (enum command_kind)(1 + sample_int(s, COMMAND_KINDS - 2));
    command->priority = (enum priority)sample_int(s, PRIORITY_CRITICAL);
    sample_bytes(s, command->case_id.bytes, ID_BYTES);
    sample_code(s, command->case_no, CASE_NO_SIZE);
    command->text = sample_prose(s, 600);
    command->text_en = sample_prose(s, 600);
    command->reason = sample_prose(s, 300);
    sample_line(s, command->targets, SELECTOR_SIZE - 1);
    strcat(command->targets, "x");
    sample_limits_of_command(s, command);
    command->ack_rule = (enum ack_rule)sample_int(s, ACK_K_OF_N);
    command->ack_count = (int32_t)sample_int(s, INT32_MAX);
    sample_form(s, &command->form);
    sample_line(s, command->stage, POST_SIZE);
    command->alert = (enum alert)sample_int(s, ALERTS - 1);
    command->mode_start_ms = sample_int(s, SAMPLE_YEAR_2100);
    command->mode_end_ms = sample_int(s, SAMPLE_YEAR_2100);
    command->lease_ms = sample_int(s, SAMPLE_YEAR_2100);
    sample_code(s, command->plan, POST_SIZE);
    command->circle = (int32_t)sample_int(s, PLAN_CIRCLES_MAX);
    sample_place(s, &command->lon, &command->lat);
    sample_code(s, command->recipient, USER_SIZE);
    command->passed = sample_bits(s) & 1;
    command->score = (int32_t)sample_int(s, 5);
}

static inline void sample_command(struct sampler *s, struct command *command)
{
    sample_draft(s, command);
    command->no = 1 + (int32_t)sample_int(s, INT32_MAX - 1);
    sample_code_there(s, command->center, CODE_SIZE);
    sample_actor(s, &command->actor);
}

static inline enum receipt_event sample_receipt_event(struct sampler *s)
{
    switch (sample_bits(s) % 3) {
    case 0:
        return (enum receipt_event)(RECEIPT_ACK + sample_int(s, RECEIPT_HAND_OVER - RECEIPT_ACK));
    case 1:
        return (enum receipt_event)(RECEIPT_DELIVER + sample_int(s, RECEIPT_RELIEVED - RECEIPT_DELIVER));
    default:
        return (enum receipt_event)(RECEIPT_UPDATED + sample_int(s, RECEIPT_STAND_DOWN - RECEIPT_UPDATED));
    }
}

static inline int64_t sample_due(struct sampler *s)
{
    return sample_bits(s) % 4 ? sample_int(s, SAMPLE_YEAR_2100) : INT64_MAX;
}

static inline void sample_receipt(struct sampler *s, struct receipt *receipt)
{
    memset(receipt, 0, sizeof *receipt);
    sample_code_there(s, receipt->name, USER_SIZE);
    receipt->state = (enum receipt_state)(1 + sample_int(s, RECEIPT_STATES - 2));
    receipt->flags = (uint32_t)sample_int(s, UINT32_MAX);
    receipt->rung = (uint8_t)sample_int(s, RECEIPT_REPEAT - 20);
    receipt->repeats = (uint8_t)sample_int(s, UINT8_MAX);
    receipt->reports = (int32_t)sample_int(s, INT32_MAX);
    receipt->score = (uint8_t)sample_int(s, 5);
    receipt->delivered_ms = sample_int(s, SAMPLE_YEAR_2100);
    receipt->acked_ms = sample_int(s, SAMPLE_YEAR_2100);
    receipt->departed_ms = sample_int(s, SAMPLE_YEAR_2100);
    receipt->arrived_ms = sample_int(s, SAMPLE_YEAR_2100);
    receipt->reported_ms = sample_int(s, SAMPLE_YEAR_2100);
    receipt->ended_ms = sample_int(s, SAMPLE_YEAR_2100);
    receipt->ack_due_ms = sample_due(s);
    receipt->contact_due_ms = sample_due(s);
    receipt->arrive_due_ms = sample_due(s);
    receipt->done_due_ms = sample_due(s);
    receipt->report_due_ms = sample_due(s);
    receipt->par_due_ms = sample_due(s);
    receipt->last_ms = sample_int(s, SAMPLE_YEAR_2100);
    receipt->next_ms = sample_due(s);
    sample_line(s, receipt->by, USER_SIZE);
    sample_line(s, receipt->deputy, USER_SIZE);
    sample_text(s, receipt->answer, ANSWER_SIZE, "\n");
    receipt->values = sample_bits(s) % 3 ? NULL : sample_prose(s, 300);
}

static inline void sample_receipt_change(struct sampler *s, struct receipt_change *change)
{
    memset(change, 0, sizeof *change);
    change->event = sample_receipt_event(s);
    if (sample_bits(s) % 4) {
        strcpy(change->actor.user, "system:timer");
        change->actor.post = POST_TIMER;
    } else {
        sample_actor(s, &change->actor);
    }
    sample_bytes(s, change->key.bytes, ID_BYTES);
    change->outcome = (enum err)sample_int(s, 999);
    change->text = sample_bits(s) % 3 ? NULL : sample_prose(s, 300);
    sample_receipt(s, &change->after);
}

/* At most three changes: their texts must last (sample_prose). */
static inline void sample_sheet(struct sampler *s, struct receipt_change changes[3], struct sheet_body *sheet)
{
    memset(sheet, 0, sizeof *sheet);
    sample_id(s, &sheet->command);
    sheet->event = (enum sheet_event)(1 + sample_int(s, SHEET_EVENTS - 2));
    sheet->whole = sample_bits(s) & 1;
    sheet->count = (size_t)sample_int(s, 3);
    sheet->changes = sheet->count > 0 ? changes : NULL;
    for (size_t i = 0; i < sheet->count; i++)
        sample_receipt_change(s, &changes[i]);
}

static inline void sample_unit(struct sampler *s, struct unit *unit)
{
    memset(unit, 0, sizeof *unit);
    sample_code_there(s, unit->name, USER_SIZE);
    sample_code(s, unit->type, POST_SIZE);
    unit->status = (enum unit_status)(1 + sample_int(s, UNIT_STATUSES - 2));
    sample_line(s, unit->internal, POST_SIZE);
    sample_text(s, unit->note, ANSWER_SIZE, "\n");
    sample_bytes(s, unit->booked.bytes, ID_BYTES);
    unit->orders = (int32_t)sample_int(s, INT32_MAX);
    unit->since_ms = sample_int(s, SAMPLE_YEAR_2100);
}

/* A request of one of the kinds COMMAND to ATTACH, with what it points at. */
struct asked {
    struct request request;
    struct command command;
    struct receipt_request receipt;
    struct unit_request unit;
    struct attach_request attach;
    char names[ATTACH_UNITS_MAX][USER_SIZE];
};

static inline void sample_receipt_request(struct sampler *s, struct receipt_request *receipt)
{
    sample_id(s, &receipt->command);
    sample_code_there(s, receipt->recipient, USER_SIZE);
    receipt->input.event = (enum receipt_event)(1 + sample_int(s, RECEIPT_HAND_OVER - 1));
    receipt->input.text = sample_prose(s, 400);
    receipt->input.values = sample_prose(s, 400);
    receipt->input.zero = sample_bits(s) & 1;
    receipt->input.not_after_ms = sample_int(s, SAMPLE_YEAR_2100);
}

static inline void sample_unit_request(struct sampler *s, struct unit_request *unit)
{
    unit->ask = (enum unit_ask)(1 + sample_int(s, 1));
    sample_code_there(s, unit->unit, USER_SIZE);
    sample_line(s, unit->status, POST_SIZE - 1);
    strcat(unit->status, "x");
    sample_text(s, unit->note, ANSWER_SIZE, "\n");
    do
        sample_place(s, &unit->lon, &unit->lat);
    while (unit->ask == UNIT_ASK_POSITION && isnan(unit->lon));
    unit->at_ms = sample_int(s, SAMPLE_YEAR_2100);
}

static inline void sample_asked(struct sampler *s, enum request_kind kind, struct asked *asked)
{
    struct request *request = &asked->request;

    memset(asked, 0, sizeof *asked);
    sample_line(s, request->user, USER_SIZE);
    request->kind = kind;
    if (kind != REQUEST_ATTACH)
        sample_id(s, &request->input.key);
    if (kind == REQUEST_COMMAND) {
        sample_draft(s, &asked->command);
        request->command = &asked->command;
    } else if (kind == REQUEST_RECEIPT) {
        sample_receipt_request(s, &asked->receipt);
        request->receipt = &asked->receipt;
    } else if (kind == REQUEST_UNIT) {
        sample_unit_request(s, &asked->unit);
        request->unit = &asked->unit;
    } else {
        asked->attach.count = (size_t)sample_int(s, ATTACH_UNITS_MAX);
        for (size_t i = 0; i < asked->attach.count; i++)
            sample_code_there(s, asked->names[i], USER_SIZE);
        asked->attach.units = asked->attach.count > 0 ? (const char(*)[USER_SIZE])asked->names : NULL;
        request->attach = &asked->attach;
    }
}

static inline void sample_push(struct sampler *s, struct push *push)
{
    memset(push, 0, sizeof *push);
    sample_id(s, &push->command);
    sample_code_there(s, push->recipient, USER_SIZE);
    sample_code(s, push->center, CODE_SIZE);
    push->kind = (enum command_kind)(1 + sample_int(s, COMMAND_KINDS - 2));
    push->priority = (enum priority)sample_int(s, PRIORITY_CRITICAL);
    push->status = (enum command_status)sample_int(s, COMMAND_TEST);
    push->why = sample_receipt_event(s);
    push->state = (enum receipt_state)sample_int(s, RECEIPT_STATES - 1);
    sample_line(s, push->channel, POST_SIZE);
    sample_line(s, push->deputy, USER_SIZE);
    sample_code(s, push->case_no, CASE_NO_SIZE);
    push->text = sample_prose(s, 400);
    push->text_en = sample_prose(s, 400);
    sample_form(s, &push->form);
    sample_place(s, &push->lon, &push->lat);
    push->sent_ms = sample_int(s, SAMPLE_YEAR_2100);
    push->due_ms = sample_int(s, SAMPLE_YEAR_2100);
}

#endif
