/* The statements. Parameters are binary, arrays go in by unnest (the fastest way in, measured against COPY
 * and multi-row INSERT); the casts say each parameter's type. What only inserts calls unnest once for each
 * column in its SELECT list, because FROM unnest(several) first writes every row to a store of its own (a
 * seventh of the time). */
#include "store/store_sql.h"

#include <assert.h>

#include "store/store_decode.h"
#include "store/store_decode_command.h"

#define KEY_COLUMNS                                                                                          \
    " SELECT unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::int4[]), unnest($4::int2[]),"                \
    " unnest($5::bytea[]), unnest($6::int8[])"

static const struct store_sql_row statements[SQL_COUNT] = {
    [SQL_RAISE] = {"raise", "UPDATE center SET writer_epoch = writer_epoch + 1 WHERE one"
                            " RETURNING writer_epoch, database_id, incarnation, last_lsn, serial_day, serial,"
                            " calendar_version, mute"},
    [SQL_NEIGHBOURS] =
        {"neighbours",
         "SELECT n.no, n.code, n.is_parent, n.fenced, n.incarnation, n.database_id, l.lane, l.received,"
         " l.digest, l.acked, coalesce((SELECT max(t.lsn) FROM journal_to t"
         "   WHERE t.neighbour = n.no AND t.lane = l.lane), 0)"
         " FROM neighbour n JOIN neighbour_lane l ON l.neighbour = n.no ORDER BY n.no, l.lane"},
    [SQL_FIRST_DUE] = {"first_due", "SELECT min(due_ms) FROM timer"},

    /* The fence and the counters, first in every commit; it calls the function only to refuse. */
    [SQL_FENCE] = {"fence",
                   "UPDATE center SET last_lsn = CASE WHEN writer_epoch = $1::int8 AND last_lsn <= $2::int8"
                   " THEN $2 ELSE sanji_refuse($1, $2, writer_epoch) END, serial_day = $3::int4,"
                   " serial = $4::int4, cases = cases + $5::int8 WHERE one"},
    [SQL_AHEAD_JOURNAL] = {"ahead_journal", "SELECT sanji_ahead_journal($1::int8)"},
    [SQL_JOURNAL] = {"journal",
                     "INSERT INTO journal SELECT unnest($1::int8[]), unnest($2::int2[]), unnest($3::uuid[]),"
                     " unnest($4::int4[]), unnest($5::int4[]), unnest($6::int2[]), unnest($7::bytea[]),"
                     " unnest($8::bytea[])"},
    [SQL_JOURNAL_TO] = {"journal_to", "INSERT INTO journal_to SELECT unnest($1::int2[]), unnest($2::int2[]),"
                                      " unnest($3::int8[]), unnest($4::int8[]), unnest($5::int2[])"},
    [SQL_CASE_NEW] =
        {"case_new",
         "INSERT INTO case_rec (id, last_no, last_ms, epoch, owner, head_hash, state, is_open, lamp,"
         " due_ms, late_ms, flags, lead, follow, facts, closed_ms, case_no, origin, item, area, source,"
         " reporter, lon, lat, cell, reported_ms)"
         " SELECT unnest($1::uuid[]), unnest($2::int4[]), unnest($3::int8[]), unnest($4::int4[]),"
         " unnest($5::text[]), unnest($6::bytea[]), unnest($7::int2[]), unnest($8::bool[]),"
         " unnest($9::int2[]), unnest($10::int8[]), unnest($11::int8[]), unnest($12::int4[]),"
         " unnest($13::text[]), unnest($14::bytea[]), unnest($15::bytea[]), unnest($16::int8[]),"
         " unnest($17::text[]), unnest($18::text[]), unnest($19::text[]), unnest($20::text[]),"
         " unnest($21::text[]), unnest($22::text[]), unnest($23::float8[]),"
         " unnest($24::float8[]), unnest($25::int8[]), unnest($26::int8[])"},
    [SQL_CASE_SET] =
        {"case_set",
         "UPDATE case_rec c SET last_no = u.last_no, last_ms = u.last_ms, epoch = u.epoch,"
         " owner = u.owner, head_hash = u.head_hash, state = u.state, is_open = u.is_open,"
         " lamp = u.lamp, due_ms = u.due_ms, late_ms = u.late_ms, flags = u.flags, lead = u.lead,"
         " follow = u.follow, facts = u.facts, closed_ms = u.closed_ms"
         " FROM unnest($1::uuid[], $2::int4[], $3::int8[], $4::int4[], $5::text[], $6::bytea[],"
         " $7::int2[], $8::bool[], $9::int2[], $10::int8[], $11::int8[], $12::int4[], $13::text[],"
         " $14::bytea[], $15::bytea[], $16::int8[])"
         " u(id, last_no, last_ms, epoch, owner, head_hash, state, is_open, lamp, due_ms, late_ms, flags,"
         " lead, follow, facts, closed_ms)"
         " WHERE c.id = u.id"},
    [SQL_COMMAND_NEW] =
        {"command_new", "INSERT INTO command SELECT unnest($1::uuid[]), unnest($2::text[]),"
                        " unnest($3::text[]), unnest($4::int2[]), unnest($5::int2[]), unnest($6::int2[]),"
                        " unnest($7::int2[]), unnest($8::text[]), unnest($9::uuid[]), unnest($10::int8[]),"
                        " unnest($11::int8[]), unnest($12::int8[]), unnest($13::int2[]), unnest($14::int8[]),"
                        " unnest($15::int8[]), unnest($16::int8[]), unnest($17::bytea[]),"
                        " unnest($18::int4[]), unnest($19::int8[]), unnest($20::bytea[]),"
                        " unnest($21::int2[]), unnest($22::int8[]), unnest($23::int4[]),"
                        " unnest($24::int4[])"},
    [SQL_COMMAND_SET] =
        {"command_set",
         "UPDATE command r SET issuer = u.issuer, issued_by = u.issued_by,"
         " issued_post = u.issued_post, kind = u.kind, priority = u.priority,"
         " status = u.status, case_no = u.case_no, refs = u.refs, sent_ms = u.sent_ms,"
         " effective_ms = u.effective_ms, expires_ms = u.expires_ms, alert = u.alert,"
         " mode_start_ms = u.mode_start_ms, mode_end_ms = u.mode_end_ms,"
         " lease_ms = u.lease_ms, statement = u.statement, last_no = u.last_no,"
         " last_ms = u.last_ms, head_hash = u.head_hash, ended = u.ended,"
         " ended_ms = u.ended_ms, expected = u.expected, answered = u.answered"
         " FROM unnest($1::uuid[], $2::text[],"
         " $3::text[], $4::int2[], $5::int2[], $6::int2[], $7::int2[], $8::text[], $9::uuid[],"
         " $10::int8[], $11::int8[], $12::int8[], $13::int2[], $14::int8[], $15::int8[],"
         " $16::int8[], $17::bytea[], $18::int4[], $19::int8[], $20::bytea[], $21::int2[],"
         " $22::int8[], $23::int4[], $24::int4[]) u(id, issuer, issued_by, issued_post, kind, priority,"
         " status, case_no, refs, sent_ms, effective_ms, expires_ms, alert, mode_start_ms,"
         " mode_end_ms, lease_ms, statement, last_no, last_ms, head_hash, ended, ended_ms,"
         " expected, answered) WHERE r.id = u.id"},
    [SQL_SHEET_NEW] = {"sheet_new",
                       "INSERT INTO sheet SELECT unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::text[]),"
                       " unnest($4::int4[]), unnest($5::int4[]), unnest($6::int8[]), unnest($7::bytea[]),"
                       " unnest($8::bool[]), unnest($9::bool[]), unnest($10::bool[])"},
    [SQL_SHEET_SET] = {"sheet_set",
                       "UPDATE sheet r SET expected = u.expected, last_no = u.last_no, last_ms = u.last_ms,"
                       " head_hash = u.head_hash, heard = u.heard, whole = u.whole, unfilled = u.unfilled"
                       " FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int4[], $5::int4[], $6::int8[],"
                       " $7::bytea[], $8::bool[], $9::bool[], $10::bool[]) u(id, command, center, expected,"
                       " last_no, last_ms, head_hash, heard, whole, unfilled) WHERE r.id = u.id"},
    [SQL_RECEIPT_NEW] =
        {"receipt_new",
         "INSERT INTO receipt SELECT unnest($1::uuid[]), unnest($2::text[]),"
         " unnest($3::text[]), unnest($4::int2[]), unnest($5::int2[]), unnest($6::bool[]),"
         " unnest($7::bool[]), unnest($8::int4[]), unnest($9::int2[]), unnest($10::int2[]),"
         " unnest($11::int4[]), unnest($12::int2[]), unnest($13::int8[]), unnest($14::int8[]),"
         " unnest($15::int8[]), unnest($16::int8[]), unnest($17::int8[]), unnest($18::int8[]),"
         " unnest($19::int8[]), unnest($20::int8[]), unnest($21::int8[]), unnest($22::int8[]),"
         " unnest($23::int8[]), unnest($24::int8[]), unnest($25::int8[]), unnest($26::int8[]),"
         " unnest($27::text[]), unnest($28::text[]), unnest($29::text[]), unnest($30::text[])"},
    [SQL_RECEIPT_SET] = {"receipt_set",
                         "UPDATE receipt r SET kind = u.kind, state = u.state, is_final = u.is_final,"
                         " is_open = r.is_open OR u.is_open, flags = u.flags, rung = u.rung,"
                         " repeats = u.repeats,"
                         " reports = u.reports, score = u.score, delivered_ms = u.delivered_ms,"
                         " acked_ms = u.acked_ms, departed_ms = u.departed_ms, arrived_ms = u.arrived_ms,"
                         " reported_ms = u.reported_ms, ended_ms = u.ended_ms, ack_due_ms = u.ack_due_ms,"
                         " contact_due_ms = u.contact_due_ms, arrive_due_ms = u.arrive_due_ms,"
                         " done_due_ms = u.done_due_ms, report_due_ms = u.report_due_ms,"
                         " par_due_ms = u.par_due_ms, last_ms = u.last_ms, next_ms = u.next_ms,"
                         " signed_by = u.signed_by, deputy = u.deputy, answer = u.answer, form = u.form FROM"
                         " unnest($1::uuid[], $2::text[], $3::text[], $4::int2[], $5::int2[], $6::bool[],"
                         " $7::bool[], $8::int4[], $9::int2[], $10::int2[], $11::int4[], $12::int2[],"
                         " $13::int8[], $14::int8[], $15::int8[], $16::int8[], $17::int8[], $18::int8[],"
                         " $19::int8[], $20::int8[], $21::int8[], $22::int8[], $23::int8[], $24::int8[],"
                         " $25::int8[], $26::int8[], $27::text[], $28::text[], $29::text[], $30::text[])"
                         " u(command, center, name, kind, state, is_final, is_open, flags, rung, repeats,"
                         " reports, score, delivered_ms, acked_ms, departed_ms, arrived_ms, reported_ms,"
                         " ended_ms, ack_due_ms, contact_due_ms, arrive_due_ms, done_due_ms, report_due_ms,"
                         " par_due_ms, last_ms, next_ms, signed_by, deputy, answer, form) WHERE"
                         " r.command = u.command AND r.center = u.center AND r.name = u.name"},
    [SQL_UNIT] = {"unit",
                  "INSERT INTO unit SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]),"
                  " unnest($4::text[]), unnest($5::int2[]), unnest($6::text[]), unnest($7::text[]),"
                  " unnest($8::uuid[]), unnest($9::int4[]), unnest($10::int8[]), unnest($11::float8[]),"
                  " unnest($12::float8[]), unnest($13::int8[]), unnest($14::bool[]),"
                  " unnest($15::float8[]), unnest($16::float8[]), unnest($17::int8[]),"
                  " unnest($18::int4[]), unnest($19::int8[]), unnest($20::bytea[]) ON CONFLICT (name)"
                  " DO UPDATE SET center = excluded.center, type = excluded.type,"
                  " department = excluded.department, status = excluded.status,"
                  " internal = excluded.internal, note = excluded.note, booked = excluded.booked,"
                  " orders = excluded.orders, since_ms = excluded.since_ms, lon = excluded.lon,"
                  " lat = excluded.lat, position_ms = excluded.position_ms,"
                  " doubtful = excluded.doubtful, doubt_lon = excluded.doubt_lon,"
                  " doubt_lat = excluded.doubt_lat, doubt_ms = excluded.doubt_ms,"
                  " last_no = excluded.last_no, last_ms = excluded.last_ms,"
                  " head_hash = excluded.head_hash"},
    [SQL_TIMER_NEW] = {"timer_new",
                       "INSERT INTO timer SELECT unnest($1::uuid[]), unnest($2::int8[]), unnest($3::int4[]),"
                       " unnest($4::int2[])"},
    /* Two statements and no ON CONFLICT, because that locks, and so writes, each row whose time stays as it
       is. */
    [SQL_TIMER_SET] = {"timer_set", "UPDATE timer t SET due_ms = u.due_ms, epoch = u.epoch"
                                    " FROM unnest($1::uuid[], $2::int8[], $3::int4[], $4::int2[])"
                                    " u(case_id, due_ms, epoch, kind) WHERE t.case_id = u.case_id"
                                    " AND (t.due_ms <> u.due_ms OR t.epoch <> u.epoch)"},
    [SQL_TIMER_ADD] = {"timer_add",
                       "INSERT INTO timer SELECT u.* FROM unnest($1::uuid[], $2::int8[], $3::int4[],"
                       " $4::int2[]) u(case_id, due_ms, epoch, kind)"
                       " WHERE NOT EXISTS (SELECT FROM timer t WHERE t.case_id = u.case_id)"},
    [SQL_TIMER_OFF] = {"timer_off", "DELETE FROM timer WHERE case_id = ANY ($1::uuid[])"},
    /* Of keys that the batch's own look-up did not find. */
    [SQL_KEY_NEW] = {"key_new", "INSERT INTO request_log" KEY_COLUMNS},
    /* The first outcome stays: a decided key is never decided again. */
    [SQL_KEY] = {"key", "INSERT INTO request_log AS r" KEY_COLUMNS
                        " ON CONFLICT (key) DO UPDATE SET case_id = excluded.case_id,"
                        " subject_no = excluded.subject_no, outcome = excluded.outcome WHERE r.outcome = 75"},
    [SQL_KEEP] = {"keep", "INSERT INTO request_kept SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int2[],"
                          " $4::int8[], $5::bytea[]) ON CONFLICT (key) DO NOTHING"},
    [SQL_UNKEEP] = {"unkeep", "DELETE FROM request_kept WHERE key = ANY ($1::uuid[])"},
    [SQL_MET] = {"met", "UPDATE neighbour n SET incarnation = u.incarnation, database_id = u.database_id"
                        " FROM unnest($1::int2[], $2::int4[], $3::int8[]) u(no, incarnation, database_id)"
                        " WHERE n.no = u.no"},
    [SQL_RECEIVED] = {"received", "UPDATE neighbour_lane n SET received = u.lsn, digest = u.digest"
                                  " FROM unnest($1::int2[], $2::int2[], $3::int8[], $4::bytea[])"
                                  " u(neighbour, lane, lsn, digest)"
                                  " WHERE n.neighbour = u.neighbour AND n.lane = u.lane"},
    [SQL_ACKED] = {"acked", "UPDATE neighbour_lane n SET acked = u.lsn"
                            " FROM unnest($1::int2[], $2::int2[], $3::int8[]) u(neighbour, lane, lsn)"
                            " WHERE n.neighbour = u.neighbour AND n.lane = u.lane"},
    [SQL_HAND_OVER] = {"hand_over",
                       "INSERT INTO hand_over SELECT * FROM unnest($1::int2[], $2::int8[], $3::uuid[],"
                       " $4::int8[])"},
    /* A hand-over is an event of a case: it goes on that lane (1). The table is nearly always empty. */
    [SQL_HAND_OVER_DONE] = {"hand_over_done",
                            "DELETE FROM hand_over h"
                            " USING unnest($1::int2[], $2::int2[], $3::int8[]) u(neighbour, lane, lsn)"
                            " WHERE u.lane = 1 AND h.neighbour = u.neighbour AND h.lsn <= u.lsn"},
    [SQL_QUARANTINE] =
        {"quarantine",
         "INSERT INTO quarantine (neighbour, lane, lsn, kind, subject, subject_no, epoch, code, at_ms,"
         " envelope, body) SELECT * FROM unnest($1::int2[], $2::int2[], $3::int8[], $4::int2[],"
         " $5::uuid[], $6::int4[], $7::int4[], $8::int2[], $9::int8[], $10::bytea[], $11::bytea[])"},
    [SQL_RELEASE] = {"release", "DELETE FROM quarantine WHERE subject = ANY ($1::uuid[])"},
    [SQL_ALARM] = {"alarm", "INSERT INTO alarm (kind, subject, text, raised_ms)"
                            " SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::int8[])"
                            " ON CONFLICT (kind, subject) WHERE cleared_ms IS NULL DO NOTHING"},
    [SQL_ALARM_CLEAR] = {"alarm_clear",
                         "UPDATE alarm a SET cleared_ms = u.at_ms"
                         " FROM unnest($1::text[], $2::uuid[], $3::int8[]) u(kind, subject, at_ms)"
                         " WHERE a.kind = u.kind AND a.subject = u.subject AND a.cleared_ms IS NULL"},
    [SQL_CALENDAR] = {"calendar", "UPDATE center SET calendar_version = $1::int4 WHERE one"},

    [SQL_CASES_BY_ID] = {"cases_by_id",
                         "SELECT " STORE_CASE_COLUMNS " FROM case_rec c WHERE c.id = ANY ($1::uuid[])"},
    [SQL_CASES_BY_NO] = {"cases_by_no",
                         "SELECT " STORE_CASE_COLUMNS " FROM case_rec c WHERE c.case_no = ANY ($1::text[])"},
    /* A nested loop, so that each key is looked up in its own partition alone. */
    [SQL_KEYS] = {"keys", "SELECT " STORE_KEY_COLUMNS " FROM unnest($1::uuid[]) k(key)"
                          " CROSS JOIN LATERAL (SELECT * FROM request_log l WHERE l.key = k.key) r"},
    /* Candidates only; the distance is measured in store_place. */
    [SQL_SIMILAR] =
        {"similar",
         "SELECT p.probe, s.case_no, s.lon, s.lat"
         " FROM unnest($1::int4[], $2::text[], $3::int8[], $4::int8[]) p(probe, item, cell, since_ms)"
         " CROSS JOIN LATERAL (SELECT c.case_no, c.lon, c.lat FROM case_rec c"
         "   WHERE c.item = p.item AND c.cell = p.cell AND c.reported_ms >= p.since_ms AND c.is_open"
         "   ORDER BY c.reported_ms DESC LIMIT 32) s"},

    [SQL_COMMANDS] = {"commands", "SELECT " STORE_COMMAND_COLUMNS " FROM (SELECT unnest($1::uuid[])"
                                  " UNION SELECT s.command FROM sheet s WHERE s.id = ANY ($2::uuid[])) w(id)"
                                  " JOIN command c ON c.id = w.id"},
    [SQL_SHEETS] = {"sheets",
                    "SELECT " STORE_SHEET_COLUMNS ", EXISTS (SELECT FROM quarantine q WHERE q.subject = s.id)"
                    " FROM sheet s WHERE s.id = ANY ($1::uuid[])"
                    " ORDER BY s.id"},
    [SQL_RECEIPTS] = {"receipts", "SELECT s.id, " STORE_RECEIPT_COLUMNS " FROM sheet s"
                                  " JOIN receipt r ON r.command = s.command AND r.center = s.center"
                                  " WHERE s.id = ANY ($1::uuid[]) ORDER BY s.id, r.name"},
    [SQL_MODES] = {"modes", "SELECT " STORE_COMMAND_COLUMNS " FROM command c"
                            " WHERE c.kind = 6 AND c.mode_end_ms > $1::int8 ORDER BY c.mode_end_ms, c.id"},
    [SQL_UNITS] = {"units", "SELECT " STORE_UNIT_COLUMNS " FROM unit u ORDER BY u.name"},
    [SQL_CALLED] = {"called", "SELECT " STORE_COMMAND_COLUMNS ", " STORE_RECEIPT_COLUMNS " FROM receipt r"
                              " JOIN command c ON c.id = r.command"
                              " WHERE r.is_open AND NOT r.is_final AND r.center = $1::text"
                              " AND (r.name = ANY ($2::text[]) OR r.deputy = ANY ($2::text[]))"
                              " ORDER BY c.sent_ms DESC, c.id, r.name"
                              " LIMIT $3::int4"},

    [SQL_DUE] =
        {"due",
         "SELECT case_id, kind, due_ms FROM timer WHERE due_ms >= $1::int8 ORDER BY due_ms LIMIT $2::int4"},
    /* The window's last id tells where the next look begins. */
    [SQL_AUDIT] =
        {"audit",
         "SELECT w.id, w.owner = $1::text AND NOT EXISTS (SELECT FROM timer t WHERE t.case_id = w.id)"
         " FROM (SELECT id, owner FROM case_rec WHERE is_open AND id > $2::uuid ORDER BY id LIMIT $3::int4) w"
         " ORDER BY w.id"},
    /* A snapshot stands for the log 1..subject_no, and an unfollow for none: their rows carry no bytes. */
    [SQL_FEED] =
        {"feed",
         "SELECT t.lsn, t.prev, t.kind, j.subject, j.subject_no, j.epoch, j.code,"
         " CASE WHEN t.kind NOT IN (2, 3) THEN j.envelope END, CASE WHEN t.kind NOT IN (2, 3) THEN j.body END"
         " FROM (SELECT lsn, prev, kind FROM journal_to"
         "   WHERE neighbour = $1::int2 AND lane = $2::int2 AND lsn > $3::int8 ORDER BY lsn LIMIT $4::int4) t"
         " CROSS JOIN LATERAL (SELECT * FROM journal l WHERE l.lsn = t.lsn) j ORDER BY t.lsn"},
    /* An event that a repair wrote again comes in its later form. */
    [SQL_LOG] = {"log",
                 "SELECT DISTINCT ON (subject_no) lsn, 0::int8, kind, subject, subject_no, epoch, code,"
                 " envelope, body FROM journal"
                 " WHERE kind = 1 AND subject = $1::uuid AND subject_no BETWEEN $2::int4 AND $3::int4"
                 " ORDER BY subject_no, lsn DESC"},
    [SQL_KEPT] = {"kept", "SELECT " STORE_KEPT_COLUMNS " FROM request_kept"
                          " WHERE case_id = ANY ($1::uuid[]) ORDER BY kept_ms, key"},
    [SQL_COUNTS] =
        {"counts",
         "SELECT (SELECT cases FROM center WHERE one), count(*), count(*) FILTER (WHERE late_ms <= $2::int8),"
         " count(*) FILTER (WHERE owner = $1::text),"
         " count(*) FILTER (WHERE owner = $1::text AND late_ms <= $2::int8),"
         " count(*) FILTER (WHERE owner = $1::text AND flags & $3::int4 <> 0),"
         " count(*) FILTER (WHERE owner = $1::text AND flags & $4::int4 <> 0),"
         " count(*) FILTER (WHERE owner = $1::text AND flags & $5::int4 <> 0),"
         " (SELECT count(*) FROM request_kept), (SELECT count(DISTINCT subject) FROM quarantine),"
         " (SELECT count(*) FROM timer), (SELECT count(*) FROM alarm WHERE cleared_ms IS NULL),"
         " (SELECT count(*) FROM (SELECT command FROM receipt WHERE is_open AND NOT is_final"
         "   UNION SELECT command FROM sheet WHERE NOT heard) w JOIN command c ON c.id = w.command"
         "   WHERE c.ended = 0),"
         " (SELECT count(*) FROM receipt WHERE is_open AND NOT is_final)"
         " + (SELECT coalesce(sum(s.expected), 0) FROM sheet s JOIN command c ON c.id = s.command"
         "   WHERE NOT s.heard AND c.ended = 0),"
         " (SELECT count(*) FROM receipt WHERE is_open AND flags & $6::int4 <> 0)"
         " FROM case_rec WHERE is_open"},
    [SQL_FLAGGED] = {"flagged",
                     "SELECT id FROM case_rec WHERE is_open AND owner = $1::text"
                     " AND flags & $2::int4 = $2::int4 AND id > $3::uuid ORDER BY id LIMIT $4::int4"},
    [SQL_OWNED] = {"owned", "SELECT id FROM case_rec WHERE is_open AND owner = $1::text AND id > $2::uuid"
                            " ORDER BY id LIMIT $3::int4"},
    [SQL_HAND_OVERS] = {"hand_overs",
                        "SELECT case_id FROM hand_over WHERE at_ms < $1::int8 ORDER BY at_ms LIMIT $2::int4"},
    [SQL_AHEAD_KEYS] = {"ahead_keys", "SELECT sanji_ahead_keys($1::int8, $2::int4)"},
    /* The row at the ack itself stays: it carries the digest that a neighbour's HELLO is compared with. */
    [SQL_TRIM] = {"trim",
                  "WITH bite AS (SELECT j.* FROM neighbour_lane n JOIN neighbour b ON b.no = n.neighbour"
                  " CROSS JOIN LATERAL (SELECT t.neighbour, t.lane, t.lsn FROM journal_to t"
                  "   WHERE t.neighbour = n.neighbour AND t.lane = n.lane"
                  "   AND t.lsn < CASE WHEN b.fenced THEN 9223372036854775807 ELSE n.acked END"
                  "   ORDER BY t.lsn LIMIT $1::int4) j)"
                  " DELETE FROM journal_to t USING bite b"
                  " WHERE t.neighbour = b.neighbour AND t.lane = b.lane AND t.lsn = b.lsn"},
    /* A receipt that nobody waits for any more leaves the list of the open: at leisure, because the change of
       a predicate's column costs an index entry and the page's room, and a roll call closes thousands at
       once. */
    [SQL_CLOSE] = {"close",
                   "UPDATE receipt r SET is_open = false FROM (SELECT command, center, name FROM receipt"
                   "   WHERE is_open AND is_final AND flags & $1::int4 = 0 LIMIT $2::int4) d"
                   " WHERE r.command = d.command AND r.center = d.center AND r.name = d.name"},
    [SQL_MUTE] = {"mute", "UPDATE center SET mute = $1::bool WHERE one"},
    [SQL_FENCE_NEIGHBOUR] = {"fence_neighbour", "UPDATE neighbour SET fenced = true WHERE code = $1::text"},
};

const struct store_sql_row *store_sql(enum store_sql which)
{
    assert(which >= 0 && which < SQL_COUNT && statements[which].text);
    return &statements[which];
}

/* Every statement here is a look-up by key, and an analysed-empty table must not talk the planner into
 * anything else: measured, a sequential scan costs four fifths of the throughput. Generic plans win at
 * batches of any size. synchronous_commit off would acknowledge what a crash then takes back. */
const char *store_sql_settings(void)
{
    return "SELECT set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),"
           " set_config('enable_mergejoin', 'off', false), set_config('jit', 'off', false),"
           " set_config('plan_cache_mode', 'force_generic_plan', false),"
           " set_config('max_parallel_workers_per_gather', '0', false),"
           " set_config('search_path', 'public', false),"
           " set_config('lock_timeout', '10s', false), set_config('statement_timeout', '60s', false),"
           " set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
           "   WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)";
}
