/* Reading a center's database. */
#include "store/store_read.h"

#include <string.h>

#include "base/text.h"
#include "store/store_decode.h"
#include "store/store_reader.h"
#include "store/store_sql.h"

/* A parameter that is not asked for is empty or zero. $10 picks the order; what is never due comes last. */
static const char cases_text[] =
    "SELECT " STORE_CASE_COLUMNS
    ", c.due_ms, c.is_open AND c.late_ms <= $8::int8, c.reported_ms FROM case_rec c"
    " WHERE ($1::int2 = 0 OR c.state = $1) AND ($2::text = '' OR c.owner = $2)"
    " AND ($3::text = '' OR starts_with(c.area, $3)) AND ($4::text = '' OR c.item = $4)"
    " AND (NOT $5::bool OR c.is_open) AND (NOT $6::bool OR (c.is_open AND c.late_ms <= $8))"
    " AND c.flags & $7::int4 = $7 AND ($9::text = '' OR c.case_no = $9)"
    " ORDER BY CASE WHEN $10::bool THEN CASE c.due_ms WHEN 0 THEN 9223372036854775807 ELSE c.due_ms END END, "
    "c.id"
    " LIMIT nullif($11::int8, 0) OFFSET $12::int8";

static const char log_text[] = "SELECT DISTINCT ON (subject_no) lsn, 0::int8, kind, subject, subject_no, "
                               "epoch, code, envelope, body FROM journal"
                               " WHERE kind = 1 AND subject = $1::uuid ORDER BY subject_no, lsn DESC";

static const char center_text[] =
    "SELECT code, incarnation, calendar_version, last_lsn, writer_epoch, cases, mute"
    " FROM center WHERE one";

static const char neighbours_text[] =
    "SELECT n.no, n.code, n.is_parent, n.fenced, a.received, a.acked, b.received, b.acked FROM neighbour n"
    " JOIN neighbour_lane a ON a.neighbour = n.no AND a.lane = 0"
    " JOIN neighbour_lane b ON b.neighbour = n.no AND b.lane = 1 ORDER BY NOT n.is_parent, n.no";

static const char alarms_text[] =
    "SELECT a.id, a.kind, a.subject, coalesce(c.case_no, ''), a.text, a.raised_ms, coalesce(a.cleared_ms, 0)"
    " FROM alarm a LEFT JOIN case_rec c ON c.id = a.subject WHERE NOT $1::bool OR a.cleared_ms IS NULL"
    " ORDER BY a.id DESC LIMIT nullif($2::int8, 0)";

/* ---- the center ---- */

static bool on_center(void *ctx, struct store_row *row)
{
    struct store_center *center = ctx;
    store_row_text(row, center->code, sizeof center->code);
    center->incarnation = store_row_i32(row);
    center->calendar_version = store_row_i32(row);
    center->last_lsn = store_row_i64(row);
    center->writer_epoch = store_row_i64(row);
    center->cases = store_row_i64(row);
    center->mute = store_row_bool(row);
    return true;
}

enum err store_read_center(struct store_reader *reader, struct store_center *center, struct fault *fault)
{
    struct store_center read = {.code = ""};
    enum err code = store_reader_stream(reader, center_text, NULL, on_center, &read, fault);
    if (code == ERR_OK && read.code[0] == '\0')
        return fault_set(fault, ERR_CONFIG, "the database belongs to no center yet: run `sanji init`");
    if (code == ERR_OK)
        *center = read;
    return code;
}

struct neighbours_ask {
    store_neighbour_cb *cb;
    void *ctx;
};

static bool on_neighbour(void *ctx, struct store_row *row)
{
    const struct neighbours_ask *ask = ctx;
    struct store_neighbour_row out = {.no = store_row_i16(row)};
    store_row_text(row, out.code, sizeof out.code);
    out.is_parent = store_row_bool(row);
    out.fenced = store_row_bool(row);
    for (size_t lane = 0; lane < LANES; lane++) {
        out.received[lane] = store_row_i64(row);
        out.acked[lane] = store_row_i64(row);
    }
    return !row->bad && ask->cb(ask->ctx, &out);
}

enum err store_read_neighbours(struct store_reader *reader, store_neighbour_cb *cb, void *ctx,
                               struct fault *fault)
{
    struct neighbours_ask ask = {cb, ctx};
    return store_reader_stream(reader, neighbours_text, NULL, on_neighbour, &ask, fault);
}

/* ---- cases ---- */

struct cases_ask {
    store_case_cb *cb;
    void *ctx;
    struct arena scratch;
    uint8_t space[STORE_FACTS_SCRATCH];
};

static bool on_case(void *ctx, struct store_row *row)
{
    struct cases_ask *ask = ctx;
    struct store_case out;
    if (!store_decode_case(row, &ask->scratch, &out.row)) {
        row->bad = true;
        return false;
    }
    out.due_ms = store_row_i64(row);
    out.overdue = store_row_bool(row);
    out.reported_ms = store_row_i64(row);
    return !row->bad && ask->cb(ask->ctx, &out);
}

static enum err ask_cases(struct store_reader *reader, const struct store_filter *filter, const char *case_no,
                          struct cases_ask *ask, struct fault *fault)
{
    struct store_params params = {.count = 0};
    arena_init(&ask->scratch, ask->space, sizeof ask->space);
    store_params_i16(&params, (int16_t)filter->state);
    store_params_text(&params, filter->owner ? filter->owner : "");
    store_params_text(&params, filter->area ? filter->area : "");
    store_params_text(&params, filter->item ? filter->item : "");
    store_params_bool(&params, filter->open);
    store_params_bool(&params, filter->overdue);
    store_params_i32(&params, (int32_t)filter->flags);
    store_params_i64(&params, filter->now_ms);
    store_params_text(&params, case_no);
    store_params_bool(&params, filter->order == STORE_BY_DUE);
    store_params_i64(&params, filter->limit);
    store_params_i64(&params, filter->offset);
    return store_reader_stream(reader, cases_text, &params, on_case, ask, fault);
}

enum err store_read_cases(struct store_reader *reader, const struct store_filter *filter, store_case_cb *cb,
                          void *ctx, struct fault *fault)
{
    struct cases_ask ask = {.cb = cb, .ctx = ctx};
    return ask_cases(reader, filter, "", &ask, fault);
}

static bool keep_case(void *ctx, const struct store_case *row)
{
    *(struct store_case *)ctx = *row;
    return true;
}

enum err store_read_case(struct store_reader *reader, const char *case_no, int64_t now_ms,
                         struct store_case *out, struct fault *fault)
{
    const struct store_filter filter = {.now_ms = now_ms, .order = STORE_BY_ID};
    struct store_case found;
    found.row.record.case_no[0] = '\0';
    struct cases_ask ask = {.cb = keep_case, .ctx = &found};
    enum err code = ask_cases(reader, &filter, case_no, &ask, fault);
    if (code != ERR_OK)
        return code;
    if (found.row.record.case_no[0] == '\0')
        return fault_set(fault, ERR_UNKNOWN_CASE, "no case '%s' here", case_no);
    *out = found;
    return ERR_OK;
}

/* ---- events ---- */

struct log_ask {
    store_entry_cb *cb;
    void *ctx;
};

static bool on_entry(void *ctx, struct store_row *row)
{
    const struct log_ask *ask = ctx;
    struct entry entry;
    if (!store_decode_entry(row, &entry)) {
        row->bad = true;
        return false;
    }
    return ask->cb(ask->ctx, &entry);
}

enum err store_read_log(struct store_reader *reader, const struct id *subject, store_entry_cb *cb, void *ctx,
                        struct fault *fault)
{
    struct log_ask ask = {cb, ctx};
    struct store_params params = {.count = 0};
    store_params_id(&params, subject);
    return store_reader_stream(reader, log_text, &params, on_entry, &ask, fault);
}

/* ---- alarms and figures ---- */

struct alarms_ask {
    store_alarm_cb *cb;
    void *ctx;
};

static bool on_alarm(void *ctx, struct store_row *row)
{
    const struct alarms_ask *ask = ctx;
    struct store_alarm alarm;
    alarm.id = store_row_i64(row);
    store_row_text(row, alarm.kind, sizeof alarm.kind);
    alarm.subject = store_row_id(row);
    store_row_text(row, alarm.case_no, sizeof alarm.case_no);
    store_row_text(row, alarm.text, sizeof alarm.text);
    alarm.raised_ms = store_row_i64(row);
    alarm.cleared_ms = store_row_i64(row);
    return !row->bad && ask->cb(ask->ctx, &alarm);
}

enum err store_read_alarms(struct store_reader *reader, bool open_only, int64_t limit, store_alarm_cb *cb,
                           void *ctx, struct fault *fault)
{
    struct alarms_ask ask = {cb, ctx};
    struct store_params params = {.count = 0};
    store_params_bool(&params, open_only);
    store_params_i64(&params, limit);
    return store_reader_stream(reader, alarms_text, &params, on_alarm, &ask, fault);
}

static bool on_counts(void *ctx, struct store_row *row)
{
    return store_decode_counts(row, ctx);
}

enum err store_read_counts(struct store_reader *reader, const char *center, int64_t now_ms,
                           struct store_counts *counts, struct fault *fault)
{
    struct store_counts read = {.cases = 0};
    struct store_params params;
    store_counts_params(&params, center, now_ms);
    enum err code =
        store_reader_stream(reader, store_sql(SQL_COUNTS)->text, &params, on_counts, &read, fault);
    if (code == ERR_OK)
        *counts = read;
    return code;
}
