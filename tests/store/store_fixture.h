/* A center's database of its own for each test program, a loop that turns until an answer has come, and cases
 * made up by number. Needs SANJI_TEST_PG: a DSN of a PostgreSQL 15 server, as superuser, without a database
 * name. */
#ifndef SANJI_TESTS_STORE_FIXTURE_H
#define SANJI_TESTS_STORE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/text.h"
#include "loop/loop.h"
#include "store/store.h"
#include "store/store_admin.h"
#include "wire/event.h"

#define FX_CENTER "440306"
#define FX_PARENT "4403"
#define FX_CHILD "440306001"
#define FX_T0 1700000000000LL /* subject time at which the tests play */
#define FX_PATIENCE_MS 30000  /* a test that waits longer has failed */

struct fx {
    char database[DATABASE_NAME_SIZE];
    char dsn[512]; /* as centerd logs in */
    PGconn *side;  /* the tester's own view, as superuser */
    struct loop *loop;
    struct loop_timer *patience;
    struct store *store;
    struct store_batch *batch;
    int ups, downs;
    struct fault down_by;
    struct store_start start;
    struct store_neighbour neighbours[8];
    int64_t lsn;
    bool waiting, timed_out;
    /* the last answer */
    int answers;
    enum err code;
    struct fault fault;
};

static inline const char *fx_server(void)
{
    const char *dsn = getenv("SANJI_TEST_PG");
    if (!dsn)
        fail_msg("SANJI_TEST_PG is not set: it must be the DSN of a PostgreSQL server as superuser, without "
                 "a database "
                 "(tests/run makes such a server)");
    return dsn;
}

static inline void fx_on_up(void *ctx, const struct store_start *start)
{
    struct fx *fx = ctx;
    fx->ups++;
    fx->start = *start;
    assert_true(start->neighbour_count <= 8);
    if (start->neighbour_count > 0)
        memcpy(fx->neighbours, start->neighbours, start->neighbour_count * sizeof *fx->neighbours);
    fx->start.neighbours = fx->neighbours;
    fx->lsn = start->last_lsn;
    loop_stop(fx->loop);
}

static inline void fx_on_down(void *ctx, const struct fault *fault)
{
    struct fx *fx = ctx;
    fx->downs++;
    fx->down_by = *fault;
    loop_stop(fx->loop);
}

static inline void fx_on_patience(void *ctx)
{
    struct fx *fx = ctx;
    fx->timed_out = true;
    loop_stop(fx->loop);
}

/* Turns until *counter has reached `goal`. */
static inline void fx_until(struct fx *fx, const int *counter, int goal)
{
    loop_timer_arm(fx->patience, FX_PATIENCE_MS);
    while (*counter < goal && !fx->timed_out)
        loop_run(fx->loop);
    loop_timer_disarm(fx->patience);
    if (fx->timed_out)
        fail_msg("waited %d ms in vain", FX_PATIENCE_MS);
}

static inline void fx_sql(struct fx *fx, const char *text)
{
    PGresult *result = PQexec(fx->side, text);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(fx->side));
    PQclear(result);
}

static inline int64_t fx_number(struct fx *fx, const char *text)
{
    PGresult *result = PQexec(fx->side, text);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail_msg("%s: %s", text, PQerrorMessage(fx->side));
    int64_t number = atoll(PQgetvalue(result, 0, 0));
    PQclear(result);
    return number;
}

/* Makes the database, as `sanji init` does. */
static inline void fx_init(struct fx *fx, const char *name)
{
    static const char *const children[] = {FX_CHILD};
    struct store_admin *admin = NULL;
    struct store_inited done;
    struct fault fault = {.code = ERR_OK};
    char dsn[512];

    memset(fx, 0, sizeof *fx);
    snprintf(fx->database, sizeof fx->database, "sanji_test_%s_%d", name, (int)getpid());
    const struct store_init init = {.database = fx->database,
                                    .center = FX_CENTER,
                                    .parent = FX_PARENT,
                                    .child_count = 1,
                                    .children = children,
                                    .wall_ms = clock_wall_ms()};
    if (store_admin_open(fx_server(), &admin, &fault) != ERR_OK ||
        store_admin_drop(admin, fx->database, &fault) != ERR_OK ||
        store_admin_init(admin, &init, &done, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
    store_admin_close(&admin);
    snprintf(fx->dsn, sizeof fx->dsn, "%s user=%s dbname=%s", fx_server(), STORE_ROLE_CENTER, fx->database);
    snprintf(dsn, sizeof dsn, "%s dbname=%s", fx_server(), fx->database);
    fx->side = PQconnectdb(dsn);
    assert_int_equal(PQstatus(fx->side), CONNECTION_OK);
    fx->loop = loop_new();
    fx->patience = loop_timer_new(fx->loop, fx_on_patience, fx);
    fx->batch = store_batch_new();
    assert_non_null(fx->loop);
}

static inline void fx_open_as(struct fx *fx, const char *center, int lock_wait_ms)
{
    const struct store_config config = {.dsn = fx->dsn, .center = center, .lock_wait_ms = lock_wait_ms};
    const struct store_handler handler = {fx, fx_on_up, fx_on_down};
    struct fault fault;
    if (store_open(fx->loop, &config, &handler, &fx->store, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
}

/* Opens and waits until it is up. */
static inline void fx_open(struct fx *fx)
{
    int ups = fx->ups;
    fx_open_as(fx, FX_CENTER, 5000);
    fx_until(fx, &fx->ups, ups + 1);
}

static inline void fx_fini(struct fx *fx)
{
    struct store_admin *admin = NULL;
    struct fault fault;
    store_close(&fx->store);
    store_batch_free(&fx->batch);
    loop_timer_free(&fx->patience);
    loop_free(&fx->loop);
    PQfinish(fx->side);
    if (store_admin_open(fx_server(), &admin, &fault) != ERR_OK ||
        store_admin_drop(admin, fx->database, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
    store_admin_close(&admin);
}

/* ---- answers ---- */

static inline void fx_on_commit(void *ctx, enum err code, const struct fault *fault)
{
    struct fx *fx = ctx;
    fx->answers++;
    fx->code = code;
    fx->fault = *fault;
    loop_stop(fx->loop);
}

static inline void fx_on_done(void *ctx, enum err code)
{
    struct fx *fx = ctx;
    fx->answers++;
    fx->code = code;
    loop_stop(fx->loop);
}

static inline enum err fx_commit(struct fx *fx)
{
    int answers = fx->answers;
    store_batch_head(fx->batch, fx->start.writer_epoch, fx->lsn, 20000, 7);
    store_commit(fx->store, fx->batch, fx_on_commit, fx);
    assert_int_equal(fx->answers, answers); /* never from within the call */
    fx_until(fx, &fx->answers, answers + 1);
    return fx->code;
}

/* Everything the center's tables hold, as one number: equal before and after = nothing has changed. */
static inline int64_t fx_digest(struct fx *fx)
{
    static const char *const tables[] = {"center",       "neighbour",  "neighbour_lane", "journal",
                                         "journal_to",   "case_rec",   "timer",          "request_log",
                                         "request_kept", "quarantine", "alarm",          "hand_over",
                                         "command",      "sheet",      "receipt",        "unit"};
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "SELECT coalesce(sum(hashtextextended(t::text, %zu)::numeric %% 1000000007), 0) FROM %s t",
                 i, tables[i]);
        sum = sum * 1099511628211u + (uint64_t)fx_number(fx, text);
    }
    return (int64_t)(sum >> 1);
}

/* ---- made up cases ---- */

/* Ids of one kind and number, like those of UUIDv7 ascending. */
static inline struct id fx_id(int kind, int n)
{
    struct id id = {{0x01, 0x8b, 0xcf, 0xe5, (uint8_t)(n >> 16), (uint8_t)(n >> 8), 0x70, (uint8_t)n, 0x80, 0,
                     0, (uint8_t)kind, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                     (uint8_t)n}};
    return id;
}

static inline struct case_row fx_case(int n)
{
    struct case_row row;
    struct case_record *record = &row.record;
    memset(&row, 0, sizeof row);
    record->id = fx_id(1, n);
    snprintf(record->case_no, sizeof record->case_no, "%s-20231114-%06d", FX_CENTER, n);
    text_put(record->origin, sizeof record->origin, FX_CENTER);
    text_put(record->item, sizeof record->item, "1.2.3");
    text_put(record->area, sizeof record->area, FX_CHILD);
    text_put(record->source, sizeof record->source, "grid");
    text_put(record->reporter, sizeof record->reporter, "grid.440306001001001");
    record->lon = 113.88 + 0.01 * (n % 100);
    record->lat = 22.55 + 0.01 * ((double)n / 100);
    record->last_no = 1;
    record->last_ms = FX_T0 + n;
    text_put(record->owner, sizeof record->owner, FX_CENTER);
    record->head_hash[0] = (uint8_t)n;
    record->state = CASE_FILED;
    record->facts.opened_ms = FX_T0 + n;
    text_put(record->facts.lead, sizeof record->facts.lead, "chengguan@440306");
    record->facts.clocks[CLOCK_STATE] = (struct case_clock){.run = CLOCK_RUNNING,
                                                            .start_ms = FX_T0,
                                                            .due_ms = FX_T0 + 3600000 + n,
                                                            .next_ms = FX_T0 + 1800000 + n};
    for (size_t i = 0; i < sizeof record->facts.limits / sizeof(struct span); i++)
        ((struct span *)&record->facts.limits)[i] = (struct span){UNIT_WORK_HOUR, 8};
    text_put(record->facts.policy.name, sizeof record->facts.policy.name, "peace");
    record->facts.policy.yellow_percent = 80;
    record->facts.policy.grace = record->facts.policy.dwell = record->facts.policy.repeat =
        (struct span){UNIT_WORK_HOUR, 24};
    row.follow.count = 2;
    row.follow.no[0] = 1;
    row.follow.no[1] = 258;
    return row;
}

/* One event of the case's log, with an envelope and a body of usual size. */
static inline void fx_event(struct fx *fx, const struct case_record *record)
{
    uint8_t envelope[WIRE_ENVELOPE_BYTES];
    uint8_t body[420];
    memset(envelope, record->last_no, sizeof envelope);
    memset(body, 'b', sizeof body);
    const struct entry entry = {.lsn = ++fx->lsn,
                                .kind = ENTRY_EVENT,
                                .subject = record->id,
                                .subject_no = record->last_no,
                                .epoch = record->epoch,
                                .envelope = envelope,
                                .body = body,
                                .body_size = sizeof body};
    store_batch_journal(fx->batch, &entry);
}

static inline struct key_row fx_key(int n, enum err outcome)
{
    struct key_row key = {.key = fx_id(2, n), .case_id = fx_id(1, n), .subject_no = 1, .outcome = outcome};
    key.content_hash[15] = (uint8_t)n;
    return key;
}

/* A whole report: event, case, key, timer, and the row for the parent. */
static inline void fx_report(struct fx *fx, int n)
{
    struct case_row row = fx_case(n);
    struct key_row key = fx_key(n, ERR_OK);
    int64_t prev = fx->lsn;
    fx_event(fx, &row.record);
    store_batch_to(fx->batch, 1, LANE_CASES, fx->lsn, prev, ENTRY_EVENT);
    store_batch_case(fx->batch, &row, true, true);
    store_batch_key(fx->batch, &key, FX_T0);
}

/* Reports first..first+count-1 in one commit. */
static inline enum err fx_reports(struct fx *fx, int first, int count)
{
    store_batch_clear(fx->batch);
    for (int i = 0; i < count; i++)
        fx_report(fx, first + i);
    return fx_commit(fx);
}

#endif
