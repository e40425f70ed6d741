/* Migration 1: the center's row, its neighbours, the journal and its projections. The statements run in one
 * transaction as the owner role; grants to the reading role are the administrator's (store_admin).
 *
 * Why the tables look as they do:
 * - All codes are collated "C" (the database is made so): comparing bytes is what an index on codes needs.
 * - case_rec: what changes with every event (state, owner, due, flags, facts) is in no index, so that updates
 * stay on their page (HOT). `is_open` is in an index predicate all the same: an update that leaves its value
 * alone is still HOT, and it changes once in a case's life; for that, whatever looks at open cases costs what
 * is open and not what was ever stored.
 * - timer: a table of its own; its index changes only when a due time does. Against an index on case_rec it
 * costs more processor time (inserts about twice, updates a tenth to a half more) and half the write-ahead
 * log for acts (17-19 MB against 38-52 MB for 51,200 of them).
 * - request_log: a UUIDv7 begins with its time, so a range of keys is a day, and a day is dropped whole. */
#include "store/store_schema.h"

static const char *const statements[] = {
    "CREATE TABLE center ("
    " one boolean PRIMARY KEY DEFAULT true CHECK (one)," /* there is one row */
    " code text NOT NULL,"
    " database_id bigint NOT NULL,"
    " incarnation integer NOT NULL,"
    " writer_epoch bigint NOT NULL DEFAULT 0,"
    " last_lsn bigint NOT NULL DEFAULT 0,"
    " serial_day integer NOT NULL DEFAULT 0,"
    " serial integer NOT NULL DEFAULT 0,"
    " calendar_version integer NOT NULL DEFAULT 0,"
    " mute boolean NOT NULL DEFAULT false,"
    " cases bigint NOT NULL DEFAULT 0)",

    "CREATE TABLE neighbour ("
    " no smallint PRIMARY KEY,"
    " code text NOT NULL UNIQUE,"
    " is_parent boolean NOT NULL,"
    " fenced boolean NOT NULL DEFAULT false,"
    " incarnation integer NOT NULL DEFAULT 0,"
    " database_id bigint NOT NULL DEFAULT 0)",

    /* Updated by nearly every commit: room on the page keeps that HOT. */
    "CREATE TABLE neighbour_lane ("
    " neighbour smallint REFERENCES neighbour,"
    " lane smallint,"
    " received bigint NOT NULL DEFAULT 0,"
    " digest bytea NOT NULL DEFAULT '\\x00000000000000000000000000000000',"
    " acked bigint NOT NULL DEFAULT 0,"
    " PRIMARY KEY (neighbour, lane)) WITH (fillfactor = 30)",

    "CREATE TABLE journal ("
    " lsn bigint PRIMARY KEY,"
    " kind smallint NOT NULL,"
    " subject uuid NOT NULL,"
    " subject_no integer NOT NULL,"
    " epoch integer NOT NULL,"
    " code smallint NOT NULL,"
    " envelope bytea,"
    " body bytea) PARTITION BY RANGE (lsn)",
    "CREATE INDEX journal_subject ON journal (subject, subject_no) WHERE kind = 1",
    "CREATE TABLE journal_0 PARTITION OF journal FOR VALUES FROM (0) TO (1000000)",

    "CREATE TABLE journal_to ("
    " neighbour smallint,"
    " lane smallint,"
    " lsn bigint,"
    " prev bigint NOT NULL,"
    " kind smallint NOT NULL,"
    " PRIMARY KEY (neighbour, lane, lsn))",

    "CREATE TABLE case_rec ("
    " id uuid PRIMARY KEY,"
    " case_no text NOT NULL UNIQUE,"
    " origin text NOT NULL,"
    " item text NOT NULL,"
    " area text NOT NULL,"
    " source text NOT NULL,"
    " reporter text NOT NULL,"
    " lon double precision,"
    " lat double precision,"
    " cell bigint," /* store_place.h */
    " reported_ms bigint NOT NULL,"
    " last_no integer NOT NULL,"
    " last_ms bigint NOT NULL,"
    " epoch integer NOT NULL,"
    " owner text NOT NULL,"
    " head_hash bytea NOT NULL,"
    " state smallint NOT NULL,"
    " is_open boolean NOT NULL,"
    " lamp smallint NOT NULL,"
    " due_ms bigint NOT NULL,"  /* what people see; 0 = none */
    " late_ms bigint NOT NULL," /* overdue from then on; the greatest number = never */
    " flags integer NOT NULL,"
    " lead text NOT NULL,"
    " follow bytea NOT NULL," /* neighbour numbers, two bytes each */
    " facts bytea NOT NULL,"
    " closed_ms bigint NOT NULL) WITH (fillfactor = 90)",
    "CREATE INDEX case_rec_open ON case_rec (id) WHERE is_open",
    "CREATE INDEX case_rec_place ON case_rec (item, cell, reported_ms) WHERE cell IS NOT NULL",

    "CREATE TABLE timer ("
    " case_id uuid PRIMARY KEY,"
    " due_ms bigint NOT NULL,"
    " epoch integer NOT NULL) WITH (fillfactor = 90)",
    "CREATE INDEX timer_due ON timer (due_ms)",

    "CREATE TABLE request_log ("
    " key uuid PRIMARY KEY,"
    " case_id uuid NOT NULL,"
    " subject_no integer NOT NULL,"
    " outcome smallint NOT NULL,"
    " content_hash bytea NOT NULL,"
    " at_ms bigint NOT NULL) PARTITION BY RANGE (key)",
    "CREATE TABLE request_log_other PARTITION OF request_log DEFAULT",

    "CREATE TABLE request_kept ("
    " key uuid PRIMARY KEY,"
    " case_id uuid NOT NULL,"
    " from_neighbour smallint NOT NULL,"
    " kept_ms bigint NOT NULL,"
    " act bytea NOT NULL)",
    "CREATE INDEX request_kept_case ON request_kept (case_id)",

    "CREATE TABLE quarantine ("
    " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " neighbour smallint NOT NULL,"
    " lane smallint NOT NULL,"
    " lsn bigint NOT NULL,"
    " kind smallint NOT NULL,"
    " subject uuid NOT NULL,"
    " subject_no integer NOT NULL,"
    " epoch integer NOT NULL,"
    " code smallint NOT NULL," /* why */
    " at_ms bigint NOT NULL,"
    " envelope bytea,"
    " body bytea)",
    "CREATE INDEX quarantine_subject ON quarantine (subject)",

    "CREATE TABLE alarm ("
    " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " kind text NOT NULL,"
    " subject uuid NOT NULL,"
    " text text NOT NULL,"
    " raised_ms bigint NOT NULL,"
    " cleared_ms bigint)",
    "CREATE UNIQUE INDEX alarm_open ON alarm (kind, subject) WHERE cleared_ms IS NULL",

    "CREATE TABLE hand_over ("
    " neighbour smallint,"
    " lsn bigint,"
    " case_id uuid NOT NULL,"
    " at_ms bigint NOT NULL,"
    " PRIMARY KEY (neighbour, lsn))",

    /* The fence (custody.md rule 17) and the counters, first in every commit. An advisory lock does not
     * survive a failover of the server; this does. */
    "CREATE FUNCTION sanji_fence(p_epoch bigint, p_lsn bigint, p_day integer, p_serial integer, p_cases "
    "bigint)"
    " RETURNS void LANGUAGE plpgsql AS $$\n"
    "BEGIN\n"
    "  UPDATE center SET last_lsn = p_lsn, serial_day = p_day, serial = p_serial, cases = cases + p_cases\n"
    "    WHERE one AND writer_epoch = p_epoch AND last_lsn <= p_lsn;\n"
    "  IF FOUND THEN RETURN; END IF;\n"
    "  PERFORM FROM center WHERE one AND writer_epoch = p_epoch;\n"
    "  IF FOUND THEN\n"
    "    RAISE EXCEPTION 'lsn % lies behind the last one written', p_lsn USING ERRCODE = 'SJ002';\n"
    "  END IF;\n"
    "  RAISE EXCEPTION 'another writer has taken this database over' USING ERRCODE = 'SJ001';\n"
    "END $$",

    /* Makes the journal's partitions for p_lsn and the million after it; returns the first lsn without one. A
     * new partition is made apart and then attached, because that lets readers go on. */
    "CREATE FUNCTION sanji_ahead_journal(p_lsn bigint) RETURNS bigint LANGUAGE plpgsql AS $$\n"
    "DECLARE n bigint; part text;\n"
    "BEGIN\n"
    "  FOR n IN SELECT generate_series(p_lsn / 1000000, p_lsn / 1000000 + 1) LOOP\n"
    "    part := 'journal_' || n;\n"
    "    CONTINUE WHEN to_regclass(part) IS NOT NULL;\n"
    "    PERFORM set_config('lock_timeout', '200ms', true);\n"
    "    EXECUTE format('CREATE TABLE %I (LIKE journal INCLUDING ALL)', part);\n"
    "    EXECUTE format('ALTER TABLE journal ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',\n"
    "                   part, n * 1000000, (n + 1) * 1000000);\n"
    "  END LOOP;\n"
    "  RETURN (p_lsn / 1000000 + 2) * 1000000;\n"
    "END $$",

    /* The least key of a day since 1970. */
    "CREATE FUNCTION sanji_day_key(p_day bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$\n"
    "  SELECT (lpad(to_hex(p_day * 86400000), 12, '0') || repeat('0', 20))::uuid $$",

    /* Partitions of request_log from yesterday to three days on, and the days gone that p_keep_days no longer
     * covers. Keys of a day that came before its partition was there move in from the default partition. */
    "CREATE FUNCTION sanji_ahead_keys(p_wall_ms bigint, p_keep_days integer) RETURNS void LANGUAGE plpgsql "
    "AS $$\n"
    "DECLARE today bigint := p_wall_ms / 86400000; d bigint; part text;\n"
    "BEGIN\n"
    "  PERFORM set_config('lock_timeout', '200ms', true);\n"
    "  FOR d IN SELECT generate_series(today - 1, today + 3) LOOP\n"
    "    part := 'request_log_' || d;\n"
    "    CONTINUE WHEN to_regclass(part) IS NOT NULL;\n"
    "    EXECUTE format('CREATE TABLE %I (LIKE request_log INCLUDING ALL)', part);\n"
    "    EXECUTE format('WITH gone AS (DELETE FROM request_log_other WHERE key >= %L AND key < %L RETURNING "
    "*)'\n"
    "                   ' INSERT INTO %I SELECT * FROM gone', sanji_day_key(d), sanji_day_key(d + 1), "
    "part);\n"
    "    EXECUTE format('ALTER TABLE request_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',\n"
    "                   part, sanji_day_key(d), sanji_day_key(d + 1));\n"
    "  END LOOP;\n"
    "  FOR part, d IN SELECT relname, substr(relname, 13)::bigint FROM pg_inherits JOIN pg_class c ON c.oid "
    "= inhrelid\n"
    "      WHERE inhparent = 'request_log'::regclass AND relname ~ '^request_log_[0-9]+$' LOOP\n"
    "    CONTINUE WHEN d >= today - p_keep_days;\n"
    "    EXECUTE format('DROP TABLE %I', part);\n"
    "  END LOOP;\n"
    /* Only a UUIDv7 (the 15th character is its version) tells its age; other keys stay. */
    "  DELETE FROM request_log_other WHERE key < sanji_day_key(today - p_keep_days) AND substr(key::text, "
    "15, 1) = '7';\n"
    "END $$",
};

const struct store_migration store_schema_1 = {
    .version = 1,
    .name = "journal and projections",
    .statement_count = sizeof statements / sizeof *statements,
    .statements = statements,
};
