/* Rows of results into the structs that callers get. Each takes its columns from where the row stands, and is
 * false when they do not read as the schema promises. */
#ifndef SANJI_STORE_DECODE_H
#define SANJI_STORE_DECODE_H

#include "store/store.h"
#include "store/store_param.h"
#include "store/store_row.h"
#include "wire/arena.h"
#include "wire/event.h"

/* Decoding facts needs some scratch; it is over when the next begins. */
#define STORE_FACTS_SCRATCH (4 * FACTS_BYTES_MAX)

/* For store_decode_case, of a table or alias `c`. */
#define STORE_CASE_COLUMNS                                                                                   \
    "c.id, c.case_no, c.origin, c.item, c.area, c.source, c.reporter, c.lon, c.lat, c.last_no, c.last_ms,"   \
    " c.epoch, c.owner, c.head_hash, c.state, c.facts, c.follow,"                                            \
    " EXISTS (SELECT FROM quarantine q WHERE q.subject = c.id)"

bool store_decode_case(struct store_row *row, struct arena *scratch, struct case_row *out) MUST_CHECK;

/* lsn, prev, kind, subject, subject_no, epoch, code, envelope, body; the bytes are borrowed from the result.
 */
bool store_decode_entry(struct store_row *row, struct entry *out) MUST_CHECK;

#define STORE_KEY_COLUMNS "r.key, r.case_id, r.subject_no, r.outcome, r.content_hash"
bool store_decode_key(struct store_row *row, struct key_row *out) MUST_CHECK;

#define STORE_KEPT_COLUMNS "key, case_id, from_neighbour, kept_ms, act"
bool store_decode_kept(struct store_row *row, struct kept_row *out) MUST_CHECK;

/* The parameters and columns of SQL_COUNTS. `center` is borrowed until they are sent. */
void store_counts_params(struct store_params *params, const char *center, int64_t now_ms);
bool store_decode_counts(struct store_row *row, struct store_counts *out) MUST_CHECK;

#endif
