/* The cache of committed rows: what it gives is what the table holds, whatever it has forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "center/center_cache.h"
#include "wire/event.h"

#define BYTES_MAX 600

static uint8_t bytes[2][BYTES_MAX];

/* A row whose bytes tell its lsn. */
static struct entry event(int64_t lsn, int64_t prev, size_t body_size)
{
    memset(bytes[0], (int)(lsn & 0xff), sizeof bytes[0]);
    memset(bytes[1], (int)(~lsn & 0xff), sizeof bytes[1]);
    return (struct entry){.kind = ENTRY_EVENT,
                          .lsn = lsn,
                          .prev = prev,
                          .subject_no = (int32_t)lsn,
                          .envelope = bytes[0],
                          .body = bytes[1],
                          .body_size = body_size};
}

static void put(struct center_cache *cache, int16_t neighbour, int64_t lsn, int64_t prev)
{
    struct entry entry = event(lsn, prev, 10);
    center_cache_put(cache, neighbour, LANE_CASES, &entry);
}

static size_t find(const struct center_cache *cache, int16_t neighbour, int64_t after, struct entry *found)
{
    return center_cache_find(cache, neighbour, LANE_CASES, after, found, 100);
}

static void assert_bytes(const struct entry *entry)
{
    for (size_t i = 0; i < WIRE_ENVELOPE_BYTES; i++)
        assert_int_equal(entry->envelope[i], entry->lsn & 0xff);
    for (size_t i = 0; i < entry->body_size; i++)
        assert_int_equal(entry->body[i], ~entry->lsn & 0xff);
}

static void test_a_row_is_found_only_after_its_commit(void **state)
{
    struct center_cache *cache = center_cache_new(8, 4096);
    struct entry found[100];
    (void)state;
    put(cache, 1, 10, 0);
    assert_int_equal(find(cache, 1, 0, found), 0);
    center_cache_commit(cache);
    assert_int_equal(find(cache, 1, 0, found), 1);
    assert_int_equal(found[0].lsn, 10);
    assert_bytes(&found[0]);
    center_cache_free(&cache);
}

static void test_a_batch_that_failed_leaves_nothing_and_its_lsn_may_come_again(void **state)
{
    struct center_cache *cache = center_cache_new(2, 4096);
    struct entry found[100];
    (void)state;
    put(cache, 1, 10, 0);
    center_cache_commit(cache);
    for (int64_t lsn = 11; lsn < 15; lsn++) /* more than the ring holds: the committed row is written over */
        put(cache, 1, lsn, lsn - 1);
    center_cache_roll_back(cache);
    assert_int_equal(find(cache, 1, 0, found), 0);
    assert_int_equal(find(cache, 1, 10, found), 0);
    put(cache, 1, 11, 10);
    center_cache_commit(cache);
    assert_int_equal(find(cache, 1, 10, found), 1);
    assert_int_equal(found[0].lsn, 11);
    center_cache_free(&cache);
}

static void test_each_neighbour_and_lane_has_its_own_chain(void **state)
{
    struct center_cache *cache = center_cache_new(8, 4096);
    struct entry found[100];
    struct entry talk = event(13, 0, 0);
    (void)state;
    talk.kind = ENTRY_ACCEPT;
    talk.envelope = NULL;
    talk.body = NULL;
    put(cache, 1, 10, 0);
    put(cache, 2, 10, 4);
    put(cache, 1, 11, 10);
    center_cache_put(cache, 1, LANE_TALK, &talk);
    put(cache, 2, 14, 10);
    center_cache_commit(cache);
    assert_int_equal(find(cache, 1, 0, found), 2);
    assert_int_equal(find(cache, 2, 4, found), 2);
    assert_int_equal(found[1].lsn, 14);
    assert_bytes(&found[0]);
    assert_int_equal(center_cache_find(cache, 1, LANE_TALK, 0, found, 100), 1);
    assert_null(found[0].envelope);
    assert_null(found[0].body);
    assert_int_equal(center_cache_find(cache, 1, LANE_CASES, 0, found, 1), 1);
    center_cache_free(&cache);
}

static void test_a_gap_is_left_to_the_table(void **state)
{
    struct center_cache *cache = center_cache_new(8, 4096);
    struct entry found[100];
    struct entry snapshot = event(11, 10, 10);
    (void)state;
    snapshot.kind = ENTRY_SNAPSHOT;
    put(cache, 1, 10, 9);
    center_cache_put(cache, 1, LANE_CASES, &snapshot);
    put(cache, 1, 12, 11);
    center_cache_commit(cache);
    assert_int_equal(find(cache, 1, 8, found), 0); /* 9 is not here */
    assert_int_equal(find(cache, 1, 9, found), 1); /* up to the snapshot */
    assert_int_equal(find(cache, 1, 10, found), 0);
    assert_int_equal(find(cache, 1, 11, found), 1);
    center_cache_clear(cache);
    assert_int_equal(find(cache, 1, 11, found), 0);
    center_cache_free(&cache);
}

/* ---- against the table, with eviction by small rings ---- */

#define TABLE_ROWS 4000
#define CHAINS 3

struct table {
    struct entry rows[TABLE_ROWS]; /* without bytes */
    int16_t neighbours[TABLE_ROWS];
    size_t count, committed;
    int64_t tails[CHAINS], committed_tails[CHAINS], lsn, committed_lsn;
};

static void write_row(struct table *table, struct center_cache *cache)
{
    struct entry row = event(++table->lsn, 0, (size_t)(rand() % 300));
    for (int16_t n = 0; n < CHAINS; n++) {
        if (rand() % 3 == 0)
            continue;
        row.prev = table->tails[n];
        table->tails[n] = row.lsn;
        table->rows[table->count] = row;
        table->neighbours[table->count++] = n;
        center_cache_put(cache, n, LANE_CASES, &row);
    }
}

static void end_batch(struct table *table, struct center_cache *cache)
{
    if (rand() % 4 == 0) {
        table->count = table->committed;
        table->lsn = table->committed_lsn;
        memcpy(table->tails, table->committed_tails, sizeof table->tails);
        center_cache_roll_back(cache);
        return;
    }
    table->committed = table->count;
    table->committed_lsn = table->lsn;
    memcpy(table->committed_tails, table->tails, sizeof table->tails);
    center_cache_commit(cache);
}

/* Each entry found is the table's next one; returns how many. */
static size_t compare(const struct table *table, const struct center_cache *cache, int16_t neighbour,
                      int64_t after)
{
    struct entry found[100];
    size_t count = find(cache, neighbour, after, found);
    size_t at = 0;
    for (size_t i = 0; i < count; i++, at++) {
        while (at < table->committed && (table->neighbours[at] != neighbour || table->rows[at].lsn <= after))
            at++;
        assert_true(at < table->committed);
        assert_int_equal(found[i].lsn, table->rows[at].lsn);
        assert_int_equal(found[i].prev, table->rows[at].prev);
        assert_int_equal(found[i].body_size, table->rows[at].body_size);
        assert_bytes(&found[i]);
    }
    return count;
}

static void test_what_is_found_is_what_the_table_holds_under_random_eviction(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    size_t hits = 0, misses = 0;
    (void)state;
    printf("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 40; round++) {
        struct table *table = calloc(1, sizeof *table);
        struct center_cache *cache =
            center_cache_new((size_t)(5 + rand() % 60), (size_t)(900 + rand() % 9000));
        while (table->count < TABLE_ROWS - 50) {
            for (int i = rand() % 12; i >= 0; i--)
                write_row(table, cache);
            end_batch(table, cache);
            for (int16_t n = 0; n < CHAINS; n++) {
                int64_t back = rand() % 40;
                size_t count =
                    compare(table, cache, n, table->committed_lsn > back ? table->committed_lsn - back : 0);
                hits += count > 0;
                misses += count == 0;
            }
        }
        center_cache_free(&cache);
        free(table);
    }
    assert_true(hits > 1000 && misses > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_is_found_only_after_its_commit),
        cmocka_unit_test(test_a_batch_that_failed_leaves_nothing_and_its_lsn_may_come_again),
        cmocka_unit_test(test_each_neighbour_and_lane_has_its_own_chain),
        cmocka_unit_test(test_a_gap_is_left_to_the_table),
        cmocka_unit_test(test_what_is_found_is_what_the_table_holds_under_random_eviction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
