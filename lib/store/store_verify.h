/* The raw scans under `sanji verify`: what one database holds, row by row, in an order that lets the scans of
 * several databases be merged. Nothing is judged here. Put store_reader_begin/_end around them for one
 * moment's view. */
#ifndef SANJI_STORE_VERIFY_H
#define SANJI_STORE_VERIFY_H

#include "store/store_read.h"

/* Callbacks return true to go on. What they get is borrowed for the call. */

struct verify_case {
    struct case_row row;
    bool has_timer;
    int64_t timer_ms;
    int32_t timer_epoch;
    int16_t hand_over_to; /* neighbour that has not acknowledged a hand-over of this case; 0 = none */
    int64_t hand_over_ms;
    bool has_alarm;              /* an open alarm of the case */
    int32_t log_count, log_last; /* events in the journal: how many numbers, and the last */
};
typedef bool verify_case_cb(void *ctx, const struct verify_case *row);
/* All cases by id. Set with_log to have the log counted as well (an index look-up a case). */
enum err store_verify_cases(struct store_reader *reader, bool with_log, verify_case_cb *cb, void *ctx,
                            struct fault *fault) MUST_CHECK;
/* All events by subject, number and lsn; a number that a repair wrote again comes twice. */
enum err store_verify_logs(struct store_reader *reader, store_entry_cb *cb, void *ctx,
                           struct fault *fault) MUST_CHECK;

/* Keys by key. */
struct verify_key {
    struct key_row row;
    bool has_kept; /* a kept request of it lies here */
};
typedef bool verify_key_cb(void *ctx, const struct verify_key *row);
enum err store_verify_keys(struct store_reader *reader, verify_key_cb *cb, void *ctx,
                           struct fault *fault) MUST_CHECK;

typedef bool verify_kept_cb(void *ctx, const struct kept_row *row);
/* Kept requests by key. */
enum err store_verify_kept(struct store_reader *reader, verify_kept_cb *cb, void *ctx,
                           struct fault *fault) MUST_CHECK;

struct verify_quarantine {
    int16_t neighbour;
    int16_t lane;
    int64_t lsn, at_ms;
    struct id subject;
    int32_t subject_no;
    enum err code;
    bool has_alarm; /* an open alarm of that subject */
};
typedef bool verify_quarantine_cb(void *ctx, const struct verify_quarantine *row);
/* By subject and number. */
enum err store_verify_quarantine(struct store_reader *reader, verify_quarantine_cb *cb, void *ctx,
                                 struct fault *fault) MUST_CHECK;

/* Commands by id (texts borrowed for the call), sheets by command and center, receipts by command and name.
 * Events of all subjects come with store_verify_logs. */
typedef bool verify_command_cb(void *ctx, const struct command_row *row);
enum err store_verify_commands(struct store_reader *reader, verify_command_cb *cb, void *ctx,
                               struct fault *fault) MUST_CHECK;
struct verify_sheet {
    struct sheet sheet;
    bool has_timer;
    int64_t timer_ms;
    bool has_alarm;
};
typedef bool verify_sheet_cb(void *ctx, const struct verify_sheet *row);
enum err store_verify_sheets(struct store_reader *reader, verify_sheet_cb *cb, void *ctx,
                             struct fault *fault) MUST_CHECK;
enum err store_verify_receipts(struct store_reader *reader, store_receipt_cb *cb, void *ctx,
                               struct fault *fault) MUST_CHECK;

/* What holds within one database whatever its cases are; each number should be 0. */
struct verify_figures {
    int64_t lsn_gaps;      /* lsns missing between the journal's first and last row */
    int64_t lsn_beyond;    /* journal rows beyond the center's last_lsn */
    int64_t prev_broken;   /* journal_to rows whose prev is not the row before */
    int64_t to_without;    /* journal_to rows without a journal row */
    int64_t numbers_twice; /* case numbers that more than one case bears */
    int64_t events_twice;  /* (subject, no) with two different envelopes */
    int64_t timers_stray;  /* timers without a subject, or of a case or sheet that another center writes */
    int64_t timers_stale;  /* timers of another epoch than their case */
    int64_t cases_counted; /* cases minus the center's own count of them */
};
enum err store_verify_figures(struct store_reader *reader, struct verify_figures *figures,
                              struct fault *fault) MUST_CHECK;

#endif
