/* One batch of writes, gathered in memory and written in one transaction. The arrays grow to what the largest
 * batch needed and are kept for the next; nothing is sent before store_commit. */
#ifndef SANJI_STORE_BATCH_H
#define SANJI_STORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ids.h"
#include "domain/case.h"
#include "domain/command.h"
#include "domain/unit.h"
#include "wire/frame.h"

struct store_batch;
struct case_row;
struct command_row;
struct key_row;

struct store_batch *store_batch_new(void);
void store_batch_free(struct store_batch **batch);
void store_batch_clear(struct store_batch *batch);
bool store_batch_is_empty(const struct store_batch *batch);

/* The fence and the counters that each commit moves; must be called once per batch. */
void store_batch_head(struct store_batch *batch, int64_t writer_epoch, int64_t last_lsn, int32_t serial_day,
                      int32_t serial);
/* A journal row. Copies envelope and body. */
void store_batch_journal(struct store_batch *batch, const struct entry *entry);
/* That row is meant for a neighbour. kind may differ from the row's (SNAPSHOT, UNFOLLOW). */
void store_batch_to(struct store_batch *batch, int16_t neighbour, enum lane lane, int64_t lsn, int64_t prev,
                    enum entry_kind kind);
/* A case that is new here / known here. Copies. `was_new` rows are INSERTed, others UPDATEd by id; the same
 * case may be given several times in a batch: the last wins. The timer row follows from case_next_timer()
 * when `owned`, and is taken away when not. */
void store_batch_case(struct store_batch *batch, const struct case_row *row, bool was_new, bool owned);
/* The first outcome of a key stays; PENDING is none. */
void store_batch_key(struct store_batch *batch, const struct key_row *row, int64_t at_ms);
void store_batch_keep(struct store_batch *batch, const struct id *key, const struct id *case_id, int16_t from,
                      int64_t kept_ms, const uint8_t *act, size_t size);
void store_batch_unkeep(struct store_batch *batch, const struct id *key);
/* How far we hold a neighbour's entries, in the transaction of their effects (rule 1). */
void store_batch_received(struct store_batch *batch, int16_t neighbour, enum lane lane, int64_t lsn,
                          const uint8_t digest[16]);
void store_batch_acked(struct store_batch *batch, int16_t neighbour, enum lane lane, int64_t lsn);
void store_batch_met(struct store_batch *batch, int16_t neighbour, int32_t incarnation, uint64_t database);
void store_batch_quarantine(struct store_batch *batch, int16_t neighbour, enum lane lane,
                            const struct entry *entry, enum err code, int64_t at_ms);
/* A quarantined subject came right again. */
void store_batch_release(struct store_batch *batch, const struct id *subject);
/* An alarm is open until it is cleared; raising an open one again changes nothing. kind is a dotted word. */
void store_batch_alarm(struct store_batch *batch, const char *kind, const struct id *subject,
                       const char *text, int64_t at_ms);
void store_batch_clear_alarm(struct store_batch *batch, const char *kind, const struct id *subject,
                             int64_t at_ms);
/* A hand-over is in flight until the taker's ack reaches its lsn. */
void store_batch_hand_over(struct store_batch *batch, const struct id *case_id, int16_t to, int64_t lsn,
                           int64_t at_ms);
/* Commands, sheets, receipts, units: as for cases, the last word of a batch on each wins; `was_new` rows are
 * INSERTed. A receipt's row is found by command and name. */
void store_batch_command(struct store_batch *batch, const struct command_row *row, bool was_new);
void store_batch_sheet(struct store_batch *batch, const struct sheet *sheet, bool was_new);
void store_batch_receipt(struct store_batch *batch, const struct id *command, enum command_kind kind,
                         const char *center, const struct receipt *receipt, bool was_new);
/* Of a unit whose home is here, or of one below (an event that came up); INSERT or UPDATE, the database
 * knows. */
void store_batch_unit(struct store_batch *batch, const struct unit *unit, const char *center);
/* The timer of a command or sheet (a case's follows from its row); INT64_MAX = none. */
void store_batch_timer(struct store_batch *batch, const struct id *subject, enum subject_kind kind,
                       int64_t due_ms);
void store_batch_calendar(struct store_batch *batch, int32_t version);

#endif
