/* The raw scans under `sanji verify`. */
#include "store/store_verify.h"

#include "store/store_decode.h"
#include "store/store_reader.h"

static const char cases_text[] =
    "SELECT " STORE_CASE_COLUMNS ", t.case_id IS NOT NULL, t.due_ms, t.epoch, h.neighbour, h.at_ms,"
    " EXISTS (SELECT FROM alarm a WHERE a.subject = c.id AND a.cleared_ms IS NULL), l.numbers, l.last"
    " FROM case_rec c LEFT JOIN timer t ON t.case_id = c.id"
    " LEFT JOIN LATERAL (SELECT o.neighbour, o.at_ms FROM hand_over o WHERE o.case_id = c.id"
    "   ORDER BY o.lsn DESC LIMIT 1) h ON true"
    " LEFT JOIN LATERAL (SELECT count(DISTINCT j.subject_no)::int4 AS numbers, max(j.subject_no) AS last "
    "FROM journal j"
    "   WHERE $1::bool AND j.kind = 1 AND j.subject = c.id) l ON true"
    " ORDER BY c.id";

static const char logs_text[] =
    "SELECT lsn, 0::int8, kind, subject, subject_no, epoch, code, envelope, body FROM journal WHERE kind = 1"
    " ORDER BY subject, subject_no, lsn";

static const char keys_text[] =
    "SELECT " STORE_KEY_COLUMNS ", EXISTS (SELECT FROM request_kept k WHERE k.key = r.key)"
    " FROM request_log r ORDER BY r.key";

static const char kept_text[] = "SELECT " STORE_KEPT_COLUMNS " FROM request_kept ORDER BY key";

static const char quarantine_text[] =
    "SELECT q.neighbour, q.lane, q.lsn, q.at_ms, q.subject, q.subject_no, q.code,"
    " EXISTS (SELECT FROM alarm a WHERE a.subject = q.subject AND a.cleared_ms IS NULL)"
    " FROM quarantine q ORDER BY q.subject, q.subject_no, q.id";

static const char figures_text[] =
    "SELECT (SELECT coalesce(max(lsn) - min(lsn) + 1 - count(*), 0) FROM journal),"
    " (SELECT count(*) FROM journal WHERE lsn > (SELECT last_lsn FROM center WHERE one)),"
    " (SELECT count(*) FROM (SELECT prev, lag(lsn) OVER (PARTITION BY neighbour, lane ORDER BY lsn) AS before"
    "   FROM journal_to) t WHERE before IS NOT NULL AND prev <> before),"
    " (SELECT count(*) FROM journal_to t WHERE NOT EXISTS (SELECT FROM journal j WHERE j.lsn = t.lsn)),"
    " (SELECT count(*) FROM (SELECT FROM case_rec GROUP BY case_no HAVING count(*) > 1) n),"
    " (SELECT count(*) FROM (SELECT FROM journal WHERE kind = 1 GROUP BY subject, subject_no"
    "   HAVING count(DISTINCT envelope) > 1) e),"
    /* by enum subject_kind */
    " (SELECT count(*) FROM timer t LEFT JOIN case_rec c ON c.id = t.case_id WHERE t.kind = 1"
    "   AND (c.id IS NULL OR c.owner <> (SELECT code FROM center WHERE one)))"
    " + (SELECT count(*) FROM timer t LEFT JOIN command c ON c.id = t.case_id"
    "   WHERE t.kind = 3 AND c.id IS NULL)"
    " + (SELECT count(*) FROM timer t LEFT JOIN sheet s ON s.id = t.case_id WHERE t.kind = 4"
    "   AND (s.id IS NULL OR s.center <> (SELECT code FROM center WHERE one)))"
    " + (SELECT count(*) FROM timer WHERE kind NOT IN (1, 3, 4)),"
    " (SELECT count(*) FROM timer t JOIN case_rec c ON c.id = t.case_id"
    "   WHERE t.kind = 1 AND c.epoch <> t.epoch),"
    " (SELECT count(*) FROM case_rec) - (SELECT cases FROM center WHERE one)";

/* ---- cases ---- */

struct cases_ask {
    verify_case_cb *cb;
    void *ctx;
    struct arena scratch;
    uint8_t space[STORE_FACTS_SCRATCH];
};

static bool on_case(void *ctx, struct store_row *row)
{
    struct cases_ask *ask = ctx;
    struct verify_case out;
    if (!store_decode_case(row, &ask->scratch, &out.row)) {
        row->bad = true;
        return false;
    }
    out.has_timer = store_row_bool(row);
    out.timer_ms = store_row_i64(row);
    out.timer_epoch = store_row_i32(row);
    out.hand_over_to = store_row_i16(row);
    out.hand_over_ms = store_row_i64(row);
    out.has_alarm = store_row_bool(row);
    out.log_count = store_row_i32(row);
    out.log_last = store_row_i32(row);
    return !row->bad && ask->cb(ask->ctx, &out);
}

enum err store_verify_cases(struct store_reader *reader, bool with_log, verify_case_cb *cb, void *ctx,
                            struct fault *fault)
{
    struct cases_ask ask = {.cb = cb, .ctx = ctx};
    struct store_params params = {.count = 0};
    arena_init(&ask.scratch, ask.space, sizeof ask.space);
    store_params_bool(&params, with_log);
    return store_reader_stream(reader, cases_text, &params, on_case, &ask, fault);
}

/* ---- events ---- */

struct logs_ask {
    store_entry_cb *cb;
    void *ctx;
};

static bool on_entry(void *ctx, struct store_row *row)
{
    const struct logs_ask *ask = ctx;
    struct entry entry;
    if (!store_decode_entry(row, &entry)) {
        row->bad = true;
        return false;
    }
    return ask->cb(ask->ctx, &entry);
}

enum err store_verify_logs(struct store_reader *reader, store_entry_cb *cb, void *ctx, struct fault *fault)
{
    struct logs_ask ask = {cb, ctx};
    return store_reader_stream(reader, logs_text, NULL, on_entry, &ask, fault);
}

/* ---- keys and kept requests ---- */

struct keys_ask {
    verify_key_cb *cb;
    void *ctx;
};

static bool on_key(void *ctx, struct store_row *row)
{
    const struct keys_ask *ask = ctx;
    struct verify_key out;
    if (!store_decode_key(row, &out.row))
        return false;
    out.has_kept = store_row_bool(row);
    return !row->bad && ask->cb(ask->ctx, &out);
}

enum err store_verify_keys(struct store_reader *reader, verify_key_cb *cb, void *ctx, struct fault *fault)
{
    struct keys_ask ask = {cb, ctx};
    return store_reader_stream(reader, keys_text, NULL, on_key, &ask, fault);
}

struct kept_ask {
    verify_kept_cb *cb;
    void *ctx;
};

static bool on_kept(void *ctx, struct store_row *row)
{
    const struct kept_ask *ask = ctx;
    struct kept_row out;
    return store_decode_kept(row, &out) && ask->cb(ask->ctx, &out);
}

enum err store_verify_kept(struct store_reader *reader, verify_kept_cb *cb, void *ctx, struct fault *fault)
{
    struct kept_ask ask = {cb, ctx};
    return store_reader_stream(reader, kept_text, NULL, on_kept, &ask, fault);
}

/* ---- quarantine ---- */

struct quarantine_ask {
    verify_quarantine_cb *cb;
    void *ctx;
};

static bool on_quarantine(void *ctx, struct store_row *row)
{
    const struct quarantine_ask *ask = ctx;
    struct verify_quarantine out;
    out.neighbour = store_row_i16(row);
    out.lane = store_row_i16(row);
    out.lsn = store_row_i64(row);
    out.at_ms = store_row_i64(row);
    out.subject = store_row_id(row);
    out.subject_no = store_row_i32(row);
    out.code = (enum err)store_row_i16(row);
    out.has_alarm = store_row_bool(row);
    return !row->bad && ask->cb(ask->ctx, &out);
}

enum err store_verify_quarantine(struct store_reader *reader, verify_quarantine_cb *cb, void *ctx,
                                 struct fault *fault)
{
    struct quarantine_ask ask = {cb, ctx};
    return store_reader_stream(reader, quarantine_text, NULL, on_quarantine, &ask, fault);
}

/* ---- figures ---- */

static bool on_figures(void *ctx, struct store_row *row)
{
    struct verify_figures *f = ctx;
    int64_t *const fields[] = {&f->lsn_gaps,     &f->lsn_beyond,    &f->prev_broken,
                               &f->to_without,   &f->numbers_twice, &f->events_twice,
                               &f->timers_stray, &f->timers_stale,  &f->cases_counted};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        *fields[i] = store_row_i64(row);
    return true;
}

enum err store_verify_figures(struct store_reader *reader, struct verify_figures *figures,
                              struct fault *fault)
{
    struct verify_figures read = {.lsn_gaps = 0};
    enum err code = store_reader_stream(reader, figures_text, NULL, on_figures, &read, fault);
    if (code == ERR_OK)
        *figures = read;
    return code;
}
