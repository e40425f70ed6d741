/* One center's database, at one moment: rows, logs, keys, kept requests, quarantine, figures. */
#include "cmd_verify_log.h"

#include <inttypes.h>
#include <string.h>

/* The owner looks for late hand-overs once a minute: so long after the limit an alarm may still be missing.
 */
#define ALARM_SLACK_MS (2 * 60000)

struct reading {
    struct verify *verify;
    int32_t center;
    struct verify_log log;
    struct verify_paper paper;
    int64_t rows, kept, keys_with_kept;
};

/* ---- cases ---- */

static void judge_timer(struct reading *reading, const struct verify_entry *entry,
                        const struct verify_case *row)
{
    const struct case_record *r = &row->row.record;
    struct verify *verify = reading->verify;
    bool ours = strcmp(r->owner, verify->topology->centers[reading->center].code) == 0;
    int64_t next_ms = case_next_timer(r);
    if (!ours && row->has_timer)
        verify_say(verify, VERIFY_TIMER_STRAY, reading->center, entry, "%s owns it", r->owner);
    if (!ours)
        return;
    if (case_state_open(r->state) && !row->has_timer && !(r->facts.flags & FLAG_STANDING))
        verify_say(verify, VERIFY_TIMER_MISSING, reading->center, entry, "%s", case_state_name(r->state));
    if (row->has_timer && (row->timer_epoch != r->epoch || row->timer_ms != next_ms))
        verify_say(verify, VERIFY_TIMER_WRONG, reading->center, entry,
                   "timer %" PRId64 " of epoch %d, case %" PRId64 " of epoch %d", row->timer_ms,
                   row->timer_epoch, next_ms, r->epoch);
}

static void judge_hand_over(struct reading *reading, const struct verify_entry *entry,
                            const struct verify_case *row)
{
    struct verify *verify = reading->verify;
    int64_t scale = verify->site->clock.scale > 0 ? verify->site->clock.scale : 1;
    if (row->hand_over_to == 0)
        return;
    verify->counts.in_flight++;
    int64_t since_ms = verify->now_ms - row->hand_over_ms;
    if (since_ms > (HANDOVER_ALARM_MS + ALARM_SLACK_MS) * scale && !row->has_alarm)
        verify_say(verify, VERIFY_HAND_OVER, reading->center, entry, "to %s, %" PRId64 " s of real time ago",
                   row->row.record.owner, since_ms / scale / 1000);
}

static bool on_case(void *ctx, const struct verify_case *row)
{
    struct reading *reading = ctx;
    struct verify *verify = reading->verify;
    const struct case_record *r = &row->row.record;
    size_t position;
    struct verify_entry *entry = verify_entry_named(verify, &r->id, SUBJECT_CASE, r->case_no, &position);
    reading->rows++;
    if (strcmp(entry->label, r->case_no) != 0)
        verify_say(verify, VERIFY_CASE_TWICE, reading->center, entry, "here it is %s", r->case_no);
    verify_number(verify, r->case_no, position, reading->center);
    verify_holder_add(entry, reading->center, r->last_no, r->head_hash);
    judge_timer(reading, entry, row);
    judge_hand_over(reading, entry, row);
    return true;
}

static bool on_entry(void *ctx, const struct entry *entry)
{
    verify_log_entry(&((struct reading *)ctx)->log, entry);
    return true;
}

/* Every row has its log; looked for only when the numbers differ. */
static void judge_logs(struct reading *reading)
{
    struct verify *verify = reading->verify;
    for (size_t i = 0; i < verify->subject_index.count; i++) {
        const struct verify_holder *holder = verify_holder(&verify->entries[i], reading->center);
        if (holder && !holder->logged)
            verify_say(verify, verify->entries[i].kind == SUBJECT_CASE ? VERIFY_LOG_ROW : VERIFY_COMMAND_ROW,
                       reading->center, &verify->entries[i], "row at event %d, no log", holder->no);
    }
}

/* ---- keys and kept requests ---- */

static void judge_decided(struct reading *reading, const struct verify_key *row, struct verify_entry *entry)
{
    struct verify *verify = reading->verify;
    const struct verify_holder *holder = verify_holder(entry, reading->center);
    char text[ID_TEXT_SIZE];
    id_format(&row->row.key, text);
    verify_outcome(verify, &row->row.key, row->row.outcome, 0, reading->center, entry);
    if (row->row.outcome == ERR_OK && (!holder || holder->no < row->row.subject_no))
        verify_say(verify, VERIFY_REPORT_LOST, reading->center, entry, "key %s, event %d", text,
                   row->row.subject_no);
    if (row->has_kept)
        verify_say(verify, VERIFY_PENDING, reading->center, entry, "key %s is decided (%s) and still kept",
                   text, err_name(row->row.outcome));
}

static bool on_key(void *ctx, const struct verify_key *row)
{
    struct reading *reading = ctx;
    struct verify *verify = reading->verify;
    size_t position;
    struct verify_entry *entry = verify_entry(verify, &row->row.case_id, &position);
    reading->keys_with_kept += row->has_kept;
    if (row->row.outcome != ERR_PENDING) {
        judge_decided(reading, row, entry);
        return true;
    }
    verify->counts.pending++;
    verify_pending(verify, &row->row.key, position, reading->center);
    if (!row->has_kept) {
        char text[ID_TEXT_SIZE];
        id_format(&row->row.key, text);
        verify_say(verify, VERIFY_PENDING, reading->center, entry, "key %s waits, but nothing is kept", text);
    }
    return true;
}

static bool on_kept(void *ctx, const struct kept_row *row)
{
    (void)row;
    ((struct reading *)ctx)->kept++;
    return true;
}

/* ---- quarantine ---- */

static bool on_quarantine(void *ctx, const struct verify_quarantine *row)
{
    struct reading *reading = ctx;
    struct verify *verify = reading->verify;
    size_t position;
    verify->counts.quarantined++;
    if (!row->has_alarm)
        verify_say(verify, VERIFY_QUARANTINE, reading->center, verify_entry(verify, &row->subject, &position),
                   "event %d: %s", row->subject_no, err_name(row->code));
    return true;
}

/* ---- figures ---- */

static void judge_figures(struct reading *reading, const struct verify_figures *f)
{
    const struct {
        const char *what;
        int64_t value;
    } figures[] = {{"missing lsns", f->lsn_gaps},
                   {"rows beyond the last lsn", f->lsn_beyond},
                   {"links whose prev is not the row before", f->prev_broken},
                   {"links without a row", f->to_without},
                   {"numbers of more than one case", f->numbers_twice},
                   {"events with two envelopes", f->events_twice},
                   {"timers of another epoch", f->timers_stale},
                   {"stray timers", f->timers_stray},
                   {"cases beyond the center's own count", f->cases_counted}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (figures[i].value != 0)
            verify_say(reading->verify, VERIFY_JOURNAL, reading->center, NULL, "%s: %" PRId64,
                       figures[i].what, figures[i].value);
}

/* ---- the whole ---- */

static enum err read_all(struct reading *reading, struct store_reader *reader, struct fault *fault)
{
    struct verify_figures figures;
    enum err err = store_verify_cases(reader, false, on_case, reading, fault);
    if (err == ERR_OK)
        err = paper_read(&reading->paper, reader, fault);
    if (err == ERR_OK)
        err = store_verify_logs(reader, on_entry, reading, fault);
    if (err != ERR_OK)
        return err;
    verify_log_end(&reading->log);
    judge_logs(reading);
    paper_judge(&reading->paper);
    err = store_verify_keys(reader, on_key, reading, fault);
    if (err == ERR_OK)
        err = store_verify_kept(reader, on_kept, reading, fault);
    if (err == ERR_OK)
        err = store_verify_quarantine(reader, on_quarantine, reading, fault);
    if (err == ERR_OK)
        err = store_verify_figures(reader, &figures, fault);
    if (err != ERR_OK)
        return err;
    if (reading->kept != reading->keys_with_kept)
        verify_say(reading->verify, VERIFY_PENDING, reading->center, NULL,
                   "%" PRId64 " kept requests, %" PRId64 " keys of them", reading->kept,
                   reading->keys_with_kept);
    judge_figures(reading, &figures);
    return ERR_OK;
}

/* Opens the database and makes sure whose it is. */
static enum err open_reader(struct verify *verify, const struct site_center *center,
                            struct store_reader **reader, struct fault *fault)
{
    struct store_center own;
    enum err err = store_reader_open(center->read_database, reader, fault);
    if (err != ERR_OK)
        return err;
    err = store_reader_begin(*reader, fault);
    if (err == ERR_OK)
        err = store_read_center(*reader, &own, fault);
    if (err == ERR_OK && strcmp(own.code, center->code) != 0) {
        verify_say(verify, VERIFY_DATABASE, topology_center(verify->topology, center->code), NULL,
                   "it is %s's", own.code);
        err = fault_set(fault, ERR_CONFIG, "the database is center %s's", own.code);
    }
    if (err != ERR_OK)
        store_reader_close(reader);
    return err;
}

enum err verify_read(struct verify *verify, const struct site_center *center, struct fault *fault)
{
    struct reading reading = {.verify = verify, .center = topology_center(verify->topology, center->code)};
    struct store_reader *reader = NULL;
    enum err err = open_reader(verify, center, &reader, fault);
    paper_init(&reading.paper, verify, reading.center);
    if (err == ERR_OK)
        err = verify_log_init(&reading.log, &reading.paper);
    if (err != ERR_OK) {
        store_reader_close(&reader);
        return err;
    }
    err = read_all(&reading, reader, fault);
    if (err == ERR_OK)
        err = store_reader_end(reader, fault);
    if (err == ERR_OK) {
        verify->read[reading.center] = true;
        verify->counts.centers++;
        verify->counts.copies += reading.rows;
        verify->counts.kept += reading.kept;
    }
    verify_log_fini(&reading.log);
    paper_fini(&reading.paper);
    store_reader_close(&reader);
    return err;
}

/* ---- a second look ---- */

static bool on_case_again(void *ctx, const struct verify_case *row)
{
    struct reading *reading = ctx;
    const struct case_record *r = &row->row.record;
    size_t position, known = reading->verify->subject_index.count;
    struct verify_entry *entry =
        verify_entry_named(reading->verify, &r->id, SUBJECT_CASE, r->case_no, &position);
    if (position < known) /* else it was reported since */
        verify_holder_again(entry, reading->center, r->last_no, r->head_hash);
    return true;
}

enum err verify_read_again(struct verify *verify, const struct site_center *center, struct fault *fault)
{
    struct reading reading = {.verify = verify, .center = topology_center(verify->topology, center->code)};
    struct store_reader *reader = NULL;
    enum err err = open_reader(verify, center, &reader, fault);
    if (err == ERR_OK)
        err = store_verify_cases(reader, false, on_case_again, &reading, fault);
    if (err == ERR_OK)
        err = paper_read_again(verify, reading.center, reader, fault);
    store_reader_close(&reader);
    return err;
}
