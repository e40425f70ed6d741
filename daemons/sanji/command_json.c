#include "command_json.h"

#include <math.h>

#include "cli_span.h"
#include "command_matrix.h"

static const char *const flag_names[] = {
    "overdue-ack",     "lapsed",        "overdue-arrive", "overdue-done", "overdue-report",
    "overdue-contact", "deputy-called", "above-called",   "unseen",       "rework",
    "par-open",        "par-lost",      "zero",           "by-other",     "not-delivered",
    "contacted",       "red",           "signed-again"};
#define FLAGS (sizeof flag_names / sizeof *flag_names)
_Static_assert(RECEIPT_SIGNED_AGAIN == 1 << (FLAGS - 1), "a name for each flag");

json_t *json_moment(struct cli *cli, int64_t at_ms)
{
    char text[CLOCK_TEXT_SIZE];
    if (at_ms == 0 || at_ms == INT64_MAX)
        return json_null();
    cli_time(cli, at_ms, text);
    return json_string(text);
}

void json_set_moment(struct cli *cli, json_t *out, const char *name, int64_t at_ms)
{
    char ms[64];
    snprintf(ms, sizeof ms, "%s_ms", name);
    json_object_set_new(out, name, json_moment(cli, at_ms));
    json_object_set_new(out, ms,
                        at_ms == 0 || at_ms == INT64_MAX ? json_null() : json_integer((json_int_t)at_ms));
}

void json_set_text(json_t *out, const char *name, const char *value)
{
    if (value && value[0])
        json_object_set_new(out, name, json_string(value));
}

json_t *receipt_flags_json(uint32_t flags)
{
    json_t *list = json_array();
    for (size_t i = 0; i < FLAGS; i++)
        if (flags & (1u << i))
            json_array_append_new(list, json_string(flag_names[i]));
    return list;
}

json_t *command_counts_json(const struct command_tally *tally)
{
    json_t *out = json_object();
    for (int i = RECEIPT_ISSUED; i < RECEIPT_STATES; i++)
        json_object_set_new(out, receipt_state_name((enum receipt_state)i), json_integer(tally->count[i]));
    return out;
}

json_t *command_tally_json(const struct command_tally *tally)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "total", (json_int_t)tally->total,
                     "overdue_ack", (json_int_t)tally->overdue_ack, "red", (json_int_t)tally->red, "zero",
                     (json_int_t)tally->zero, "reports", (json_int_t)tally->reports, "not_delivered",
                     (json_int_t)tally->not_delivered, "deputy_called", (json_int_t)tally->deputy_called,
                     "above_called", (json_int_t)tally->above_called, "unheard_centers",
                     (json_int_t)tally->unheard_centers);
}

/* ---- the header ---- */

static json_t *form_json(const struct form *form)
{
    json_t *list = json_array();
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *field = &form->fields[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:b}", "name", field->name, "zh", field->zh, "type",
                                        form_type_name(field->type), "required", field->required));
    }
    return list;
}

static json_t *limits_json(const struct command *header)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "ack", cli_span_json(header->ack_limit), "contact",
                     cli_span_json(header->contact_limit), "arrive", cli_span_json(header->arrive_limit),
                     "done", cli_span_json(header->done_limit), "report_every",
                     cli_span_json(header->report_interval), "par", cli_span_json(header->par_interval));
}

static void set_id(json_t *out, const char *name, const struct id *id)
{
    char text[ID_TEXT_SIZE];
    if (id_is_zero(id))
        return;
    id_format(id, text);
    json_object_set_new(out, name, json_string(text));
}

/* What only some kinds have. */
static void add_kind(struct cli *cli, const struct command *header, json_t *out)
{
    json_set_text(out, "stage", header->stage);
    if (header->form.count > 0)
        json_object_set_new(out, "form", form_json(&header->form));
    if (header->kind == COMMAND_MODE) {
        json_object_set_new(out, "alert", json_string(alert_name(header->alert)));
        json_object_set_new(out, "alert_zh", json_string(alert_zh(header->alert)));
        json_set_moment(cli, out, "start", header->mode_start_ms);
        json_set_moment(cli, out, "end", header->mode_end_ms);
        json_set_moment(cli, out, "lease", header->lease_ms);
    }
    if (header->kind == COMMAND_EMERGENCY) {
        json_object_set_new(out, "plan", json_string(header->plan));
        json_object_set_new(out, "circle", json_integer(header->circle));
    }
    if (!isnan(header->lon) && (header->lon != 0 || header->lat != 0)) {
        json_object_set_new(out, "lon", json_real(header->lon));
        json_object_set_new(out, "lat", json_real(header->lat));
    }
}

json_t *command_header_json(struct cli *cli, const struct command_record *record, enum command_state state)
{
    static const char *const rules[] = {[ACK_EACH] = "each", [ACK_ANY] = "any", [ACK_K_OF_N] = "k-of-n"};
    const struct command *h = &record->header;
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:i, s:i}", "kind",
                  command_kind_name(h->kind), "kind_zh", command_kind_zh(h->kind), "state",
                  command_state_name(state), "state_zh", command_state_zh(state), "center", h->center, "by",
                  h->actor.user, "status", command_status_name(h->status), "priority",
                  priority_name(h->priority), "targets", h->targets, "limits", limits_json(h), "ack_rule",
                  h->ack_rule >= ACK_EACH && h->ack_rule <= ACK_K_OF_N ? rules[h->ack_rule] : "each",
                  "ack_count", h->ack_count, "last_no", record->last_no);
    set_id(out, "command_id", &h->id);
    set_id(out, "references", &h->references);
    set_id(out, "case_id", &h->case_id);
    json_object_set_new(out, "text", json_string(h->text ? h->text : ""));
    json_set_text(out, "text_en", h->text_en);
    json_set_text(out, "case_no", h->case_no);
    json_set_text(out, "reason", h->reason);
    json_set_moment(cli, out, "sent", h->sent_ms);
    json_set_moment(cli, out, "effective", h->effective_ms);
    json_set_moment(cli, out, "expires", h->expires_ms);
    if (record->ended != COMMAND_EVENT_NONE) {
        json_object_set_new(out, "ended_by", json_string(command_event_name(record->ended)));
        json_set_moment(cli, out, "ended", record->ended_ms);
    }
    add_kind(cli, h, out);
    return out;
}

/* ---- one recipient ---- */

static void add_times(struct cli *cli, const struct receipt *r, json_t *out)
{
    const struct {
        const char *name;
        int64_t at_ms;
    } times[] = {{"delivered", r->delivered_ms},   {"acked", r->acked_ms},
                 {"departed", r->departed_ms},     {"arrived", r->arrived_ms},
                 {"reported", r->reported_ms},     {"ended", r->ended_ms},
                 {"ack_due", r->ack_due_ms},       {"contact_due", r->contact_due_ms},
                 {"arrive_due", r->arrive_due_ms}, {"done_due", r->done_due_ms},
                 {"report_due", r->report_due_ms}, {"par_due", r->par_due_ms}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        json_set_moment(cli, out, times[i].name, times[i].at_ms);
}

json_t *view_row_json(struct cli *cli, const struct command_view *view, const struct view_row *row)
{
    const struct receipt *r = &row->receipt;
    const char *center = row->center < 0 ? "" : view->topology->centers[row->center].code;
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "recipient",
        r->name, "center", center, "state", receipt_state_name(r->state), "state_zh",
        receipt_state_zh(r->state), "heard", row->heard, "overdue_ack", (r->flags & RECEIPT_OVERDUE_ACK) != 0,
        "red", (r->flags & RECEIPT_RED) != 0, "lapsed", (r->flags & RECEIPT_LAPSED) != 0, "not_delivered",
        (r->flags & RECEIPT_NOT_DELIVERED) != 0, "flags", receipt_flags_json(r->flags), "deputy", r->deputy,
        "by", r->by, "answer", r->answer, "values", r->values ? r->values : "", "reports", r->reports,
        "score", r->score, "repeats", r->repeats);
    add_times(cli, r, out);
    if (!row->heard)
        json_set_moment(cli, out, "unknown_since", view->record.header.sent_ms);
    return out;
}

json_t *command_view_json(struct cli *cli, const struct command_view *view)
{
    static const char *const signatures[] = {
        [VIEW_UNSIGNED] = "unknown", [VIEW_VERIFIED] = "verified", [VIEW_FORGED] = "forged"};
    struct command_matrix matrix;
    json_t *out = command_header_json(cli, &view->record, view->state), *recipients = json_array();
    for (size_t i = 0; i < view->count; i++)
        json_array_append_new(recipients, view_row_json(cli, view, &view->rows[i]));
    command_matrix_make(view, &matrix);
    json_object_set_new(out, "seen_at", json_string(view->topology->centers[view->seat].code));
    json_object_set_new(out, "signature", json_string(signatures[view->signature]));
    json_object_set_new(out, "counts", command_counts_json(&view->tally));
    json_object_set_new(out, "tally", command_tally_json(&view->tally));
    json_object_set_new(out, "matrix", command_matrix_json(&matrix));
    json_object_set_new(out, "recipients", recipients);
    command_matrix_free(&matrix);
    return out;
}
