/* Rows of commands, sheets, receipts and units into structs, like store_decode.h. */
#ifndef SANJI_STORE_DECODE_COMMAND_H
#define SANJI_STORE_DECODE_COMMAND_H

#include "store/store.h"
#include "store/store_row.h"
#include "wire/arena.h"

/* Arena bytes that one command's texts may take: the wire wants about three times the statement. */
#define STORE_COMMAND_SPACE(statement_size) (4 * (statement_size) + 8192)

/* Of a table or alias `c`. */
#define STORE_COMMAND_COLUMNS                                                                                \
    "c.id, c.issuer, c.issued_by, c.issued_post, c.kind, c.priority, c.status, c.case_no, c.refs, "          \
    "c.sent_ms, c.effective_ms, c.expires_ms, c.alert,"                                                      \
    " c.mode_start_ms, c.mode_end_ms, c.lease_ms, c.statement, c.last_no, c.last_ms, c.head_hash, c.ended,"  \
    " c.ended_ms, c.expected, c.answered, EXISTS (SELECT FROM quarantine q WHERE q.subject = c.id)"
#define STORE_COMMAND_WIDTH 25     /* how many they are */
#define STORE_COMMAND_STATEMENT 16 /* which of them is the statement */
/* The header follows from the statement, and what later events moved from the columns. Of a statement of a
 * later version the columns are all that is known. Texts live in the arena, the statement in the result. */
bool store_decode_command(struct store_row *row, struct arena *arena, struct command_row *out) MUST_CHECK;
/* A whole result whose rows begin with them, in two blocks that the caller frees (NULL when it is empty). */
bool store_decode_commands(const PGresult *result, struct command_row **rows, void **space) MUST_CHECK;

/* Of a table or alias `s`. */
#define STORE_SHEET_COLUMNS                                                                                  \
    "s.id, s.command, s.center, s.expected, s.last_no, s.last_ms, s.head_hash, s.whole, s.unfilled"
bool store_decode_sheet(struct store_row *row, struct sheet *out) MUST_CHECK;

/* Of a table or alias `r`. `values` is borrowed from the result. */
#define STORE_RECEIPT_COLUMNS                                                                                \
    "r.name, r.state, r.flags, r.rung, r.repeats, r.reports, r.score, r.delivered_ms, r.acked_ms,"           \
    " r.departed_ms, r.arrived_ms, r.reported_ms, r.ended_ms, r.ack_due_ms, r.contact_due_ms,"               \
    " r.arrive_due_ms, r.done_due_ms, r.report_due_ms, r.par_due_ms, r.last_ms, r.next_ms, r.signed_by,"     \
    " r.deputy, r.answer, r.form"
bool store_decode_receipt(struct store_row *row, struct receipt *out) MUST_CHECK;

/* Of a table or alias `u`. The center is the caller's to read: it is no part of the struct. */
#define STORE_UNIT_COLUMNS                                                                                   \
    "u.name, u.status, u.internal, u.note, u.booked, u.orders, u.since_ms, u.lon, u.lat, u.position_ms,"     \
    " u.doubtful, u.doubt_lon, u.doubt_lat, u.doubt_ms, u.last_no, u.last_ms, u.head_hash"
bool store_decode_unit(struct store_row *row, struct unit *out) MUST_CHECK;

#endif
