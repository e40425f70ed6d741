/* Migration 2: commands, sheets, receipts and units, and timers that are not of a case.
 *
 * Why the tables look as they do:
 * - receipt: its key is (command, center, name), so that one sheet's receipts lie side by side. What changes
 * is in no index but `is_open` in a predicate: it turns once, when nothing more is wanted of the recipient
 * and nobody need look. A sheet's receipts are changed together in one transaction; half of each page is left
 * free, so that their new versions find room beside them (HOT).
 * - a time that has not come is null: most of a receipt's fourteen never do, and a null takes one bit.
 * - command.statement: what its issuer signed last of the whole header. The columns beside it are those that
 * are looked for, those that a later event moves (a lease), and what an update does not take from the issue.
 * - sheet.heard: false while only the tree says that somebody is to answer there; it turns once.
 * - sanji_refuse: the fence is a plain UPDATE that calls a function only to refuse. */
#include "store/store_schema.h"

static const char *const statements[] = {
    "CREATE TABLE command ("
    " id uuid PRIMARY KEY,"
    " issuer text NOT NULL,"
    " issued_by text NOT NULL,"
    " issued_post smallint NOT NULL,"
    " kind smallint NOT NULL,"
    " priority smallint NOT NULL,"
    " status smallint NOT NULL,"
    " case_no text NOT NULL,"
    " refs uuid," /* an earlier command */
    " sent_ms bigint NOT NULL,"
    " effective_ms bigint NOT NULL,"
    " expires_ms bigint NOT NULL,"
    " alert smallint NOT NULL,"
    " mode_start_ms bigint,"
    " mode_end_ms bigint,"
    " lease_ms bigint,"
    " statement bytea NOT NULL,"
    " last_no integer NOT NULL,"
    " last_ms bigint NOT NULL,"
    " head_hash bytea NOT NULL,"
    " ended smallint NOT NULL,"
    " ended_ms bigint,"
    " expected integer NOT NULL,"
    " answered integer NOT NULL) WITH (fillfactor = 70)", /* signatures, where some of them are enough */
    "CREATE INDEX command_sent ON command (sent_ms, id)",
    "CREATE INDEX command_refs ON command (refs) WHERE refs IS NOT NULL",
    "CREATE INDEX command_case ON command (case_no) WHERE case_no <> ''",
    "CREATE INDEX command_mode ON command (mode_end_ms) WHERE kind = 6",

    "CREATE TABLE sheet ("
    " id uuid PRIMARY KEY,"
    " command uuid NOT NULL,"
    " center text NOT NULL,"
    " expected integer NOT NULL,"
    " last_no integer NOT NULL,"
    " last_ms bigint NOT NULL,"
    " head_hash bytea NOT NULL,"
    " heard boolean NOT NULL,"
    " whole boolean NOT NULL,"
    " unfilled boolean NOT NULL,"
    " UNIQUE (command, center)) WITH (fillfactor = 50)",
    "CREATE INDEX sheet_unheard ON sheet (command) WHERE NOT heard",

    "CREATE TABLE receipt ("
    " command uuid NOT NULL,"
    " center text NOT NULL,"
    " name text NOT NULL,"
    " kind smallint NOT NULL," /* of the command */
    " state smallint NOT NULL,"
    " is_final boolean NOT NULL,"
    " is_open boolean NOT NULL," /* not final, or red; or not yet found to be neither (SQL_CLOSE) */
    " flags integer NOT NULL,"
    " rung smallint NOT NULL,"
    " repeats smallint NOT NULL,"
    " reports integer NOT NULL,"
    " score smallint NOT NULL,"
    " delivered_ms bigint,"
    " acked_ms bigint,"
    " departed_ms bigint,"
    " arrived_ms bigint,"
    " reported_ms bigint,"
    " ended_ms bigint,"
    " ack_due_ms bigint,"
    " contact_due_ms bigint,"
    " arrive_due_ms bigint,"
    " done_due_ms bigint,"
    " report_due_ms bigint,"
    " par_due_ms bigint,"
    " last_ms bigint,"
    " next_ms bigint,"
    " signed_by text NOT NULL,"
    " deputy text NOT NULL,"
    " answer text NOT NULL,"
    " form text,"
    " PRIMARY KEY (command, center, name)) WITH (fillfactor = 50)",
    "CREATE INDEX receipt_open ON receipt (center, name) WHERE is_open",

    /* The last position alone: no trail is kept. */
    "CREATE TABLE unit ("
    " name text PRIMARY KEY,"
    " center text NOT NULL,"
    " type text NOT NULL,"
    " department text NOT NULL,"
    " status smallint NOT NULL,"
    " internal text NOT NULL,"
    " note text NOT NULL,"
    " booked uuid," /* command */
    " orders integer NOT NULL,"
    " since_ms bigint,"
    " lon double precision,"
    " lat double precision,"
    " position_ms bigint,"
    " doubtful boolean NOT NULL,"
    " doubt_lon double precision,"
    " doubt_lat double precision,"
    " doubt_ms bigint,"
    " last_no integer NOT NULL,"
    " last_ms bigint NOT NULL,"
    " head_hash bytea NOT NULL) WITH (fillfactor = 50)",

    /* enum subject_kind: 1 case, 3 command, 4 sheet. case_id is the id of any of them. */
    "ALTER TABLE timer ADD COLUMN kind smallint NOT NULL DEFAULT 1",

    /* The fence's refusal (custody.md rule 17). */
    "CREATE FUNCTION sanji_refuse(p_epoch bigint, p_lsn bigint, p_found bigint)"
    " RETURNS bigint LANGUAGE plpgsql AS $$\n"
    "BEGIN\n"
    "  IF p_found = p_epoch THEN\n"
    "    RAISE EXCEPTION 'lsn % lies behind the last one written', p_lsn USING ERRCODE = 'SJ002';\n"
    "  END IF;\n"
    "  RAISE EXCEPTION 'another writer has taken this database over' USING ERRCODE = 'SJ001';\n"
    "END $$",
    "DROP FUNCTION sanji_fence(bigint, bigint, integer, integer, bigint)",
};

const struct store_migration store_schema_2 = {
    .version = 2,
    .name = "commands, sheets, receipts, units",
    .statement_count = sizeof statements / sizeof *statements,
    .statements = statements,
};
