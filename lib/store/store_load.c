/* Loading what a batch needs: cases by id and by number, keys, what lies near new reports, and commands
 * (store_load_command.h). One round trip. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/store_decode.h"
#include "store/store_load_command.h"
#include "store/store_place.h"
#include "store/store_private.h"
#include "store/store_row.h"

enum question { ASK_IDS, ASK_NUMBERS, ASK_KEYS, ASK_SIMILAR, QUESTIONS };

struct load_op {
    struct store_op op;
    struct store_column ids, numbers, keys;
    struct store_column probe, item, cell, since;
    size_t probe_count;
    struct similar_probe *probes; /* owned */
    int asked[QUESTIONS];         /* index of its result, -1 when not asked */
    struct load_commands commands;
    store_load_cb *cb;
    void *ctx;
};

static bool ask(struct store *store, struct load_op *load, enum question question, enum store_sql which,
                const struct store_params *params)
{
    load->asked[question] = load->op.sent;
    return store_op_send(store, &load->op, which, params);
}

static bool ask_array(struct store *store, struct load_op *load, enum question question, enum store_sql which,
                      struct store_column *column)
{
    if (column->count == 0)
        return true;
    struct store_params params = {.count = 0};
    store_params_column(&params, column);
    return ask(store, load, question, which, &params);
}

static bool send_load(struct store *store, struct store_op *op)
{
    struct load_op *load = (struct load_op *)op;
    if (!ask_array(store, load, ASK_IDS, SQL_CASES_BY_ID, &load->ids) ||
        !ask_array(store, load, ASK_NUMBERS, SQL_CASES_BY_NO, &load->numbers) ||
        !ask_array(store, load, ASK_KEYS, SQL_KEYS, &load->keys) ||
        !store_load_commands_send(store, op, &load->commands))
        return false;
    if (load->probe.count == 0)
        return true;
    struct store_params params = {.count = 0};
    store_params_column(&params, &load->probe);
    store_params_column(&params, &load->item);
    store_params_column(&params, &load->cell);
    store_params_column(&params, &load->since);
    return ask(store, load, ASK_SIMILAR, SQL_SIMILAR, &params);
}

static const PGresult *answer(const struct load_op *load, enum question question)
{
    return load->asked[question] < 0 ? NULL : load->op.results[load->asked[question]];
}

static bool holds(const struct case_row *cases, size_t count, const struct id *id)
{
    for (size_t i = 0; i < count; i++)
        if (id_equal(&cases[i].record.id, id))
            return true;
    return false;
}

/* A case asked for by id and by number comes once. */
static bool read_cases(const struct load_op *load, struct store_loaded *loaded)
{
    static const enum question both[] = {ASK_IDS, ASK_NUMBERS};
    uint8_t space[STORE_FACTS_SCRATCH];
    struct arena scratch;
    size_t rows = 0;

    for (size_t q = 0; q < 2; q++)
        rows += answer(load, both[q]) ? (size_t)PQntuples(answer(load, both[q])) : 0;
    if (rows == 0)
        return true;
    loaded->cases = calloc(rows, sizeof *loaded->cases);
    if (!loaded->cases)
        abort();
    arena_init(&scratch, space, sizeof space);
    for (size_t q = 0; q < 2; q++) {
        const PGresult *result = answer(load, both[q]);
        size_t first = loaded->case_count;
        for (int i = 0; result && i < PQntuples(result); i++) {
            struct case_row *out = &loaded->cases[loaded->case_count];
            struct store_row row = store_row_at(result, i);
            if (!store_decode_case(&row, &scratch, out))
                return false;
            if (!holds(loaded->cases, first, &out->record.id))
                loaded->case_count++;
        }
    }
    return true;
}

static bool read_keys(const struct load_op *load, struct store_loaded *loaded)
{
    const PGresult *result = answer(load, ASK_KEYS);
    if (!result || PQntuples(result) == 0)
        return true;
    loaded->keys = calloc((size_t)PQntuples(result), sizeof *loaded->keys);
    if (!loaded->keys)
        abort();
    for (int i = 0; i < PQntuples(result); i++) {
        struct store_row row = store_row_at(result, i);
        struct key_row *key = &loaded->keys[loaded->key_count++];
        if (!store_decode_key(&row, key))
            return false;
    }
    return true;
}

/* Of the candidates of each probe the nearest within the limit. */
static bool read_similar(const struct load_op *load, struct store_loaded *loaded)
{
    const PGresult *result = answer(load, ASK_SIMILAR);
    if (!result || PQntuples(result) == 0)
        return true;
    double *best = calloc(load->probe_count, sizeof *best);
    loaded->similar = calloc(load->probe_count, sizeof *loaded->similar);
    if (!best || !loaded->similar)
        abort();
    for (size_t i = 0; i < load->probe_count; i++)
        best[i] = SIMILAR_METERS;
    bool good = true;
    struct similar_row *nearest = loaded->similar; /* by probe first, then packed */
    for (int i = 0; i < PQntuples(result) && good; i++) {
        struct store_row row = store_row_at(result, i);
        char case_no[CASE_NO_SIZE];
        size_t probe = (size_t)store_row_i32(&row);
        store_row_text(&row, case_no, sizeof case_no);
        double lon = store_row_real(&row);
        double lat = store_row_real(&row);
        good = !row.bad && probe < load->probe_count;
        if (!good)
            break;
        double meters = store_place_meters(load->probes[probe].lon, load->probes[probe].lat, lon, lat);
        if (meters <= best[probe]) {
            best[probe] = meters;
            nearest[probe].probe = probe;
            text_put(nearest[probe].case_no, sizeof nearest[probe].case_no, case_no);
        }
    }
    free(best);
    for (size_t i = 0; i < load->probe_count; i++)
        if (nearest[i].case_no[0])
            loaded->similar[loaded->similar_count++] = nearest[i];
    return good;
}

static void done_load(struct store *store, struct store_op *op, enum err code)
{
    struct load_op *load = (struct load_op *)op;
    struct store_loaded loaded = {.case_count = 0};
    (void)store;

    if (code == ERR_OK &&
        (!read_cases(load, &loaded) || !read_keys(load, &loaded) || !read_similar(load, &loaded) ||
         !store_load_commands_read(op, &load->commands, &loaded)))
        code = ERR_DATABASE;
    load->cb(load->ctx, code, &loaded);
    free(loaded.cases);
    free(loaded.keys);
    free(loaded.similar);
    free(loaded.commands);
    free(loaded.sheets);
}

static void free_load(struct store_op *op)
{
    struct load_op *load = (struct load_op *)op;
    store_column_fini(&load->ids);
    store_column_fini(&load->numbers);
    store_column_fini(&load->keys);
    store_column_fini(&load->probe);
    store_column_fini(&load->item);
    store_column_fini(&load->cell);
    store_column_fini(&load->since);
    free(load->probes);
    store_load_commands_fini(&load->commands);
}

static const struct store_op_class load_class = {send_load, done_load, free_load};

/* One row for each cell that the probe's circle touches; a report without a place is near nothing. */
static void add_probe(struct load_op *load, size_t at, const struct similar_probe *probe)
{
    int64_t cells[STORE_PLACE_CELLS_MAX];
    if (isnan(probe->lon) || isnan(probe->lat))
        return;
    size_t count = store_place_cells(probe->lon, probe->lat, SIMILAR_METERS, cells);
    for (size_t i = 0; i < count; i++) {
        store_column_int(&load->probe, (int64_t)at);
        store_column_text(&load->item, probe->item);
        store_column_int(&load->cell, cells[i]);
        store_column_int(&load->since, probe->since_ms);
    }
}

static void add_probes(struct load_op *load, const struct store_wanted *wanted)
{
    if (wanted->probe_count == 0)
        return;
    load->probes = calloc(wanted->probe_count, sizeof *load->probes);
    if (!load->probes)
        abort();
    memcpy(load->probes, wanted->probes, wanted->probe_count * sizeof *load->probes);
    load->probe_count = wanted->probe_count;
    for (size_t i = 0; i < wanted->probe_count; i++)
        add_probe(load, i, &wanted->probes[i]);
}

void store_load(struct store *store, const struct store_wanted *wanted, store_load_cb *cb, void *ctx)
{
    struct load_op *load = store_op_new(sizeof *load, &load_class);
    store_column_init(&load->ids, 'u');
    store_column_init(&load->numbers, 't');
    store_column_init(&load->keys, 'u');
    store_column_init(&load->probe, 'i');
    store_column_init(&load->item, 't');
    store_column_init(&load->cell, 'q');
    store_column_init(&load->since, 'q');
    for (size_t i = 0; i < QUESTIONS; i++)
        load->asked[i] = -1;
    for (size_t i = 0; i < wanted->id_count; i++)
        store_column_id(&load->ids, &wanted->ids[i]);
    for (size_t i = 0; i < wanted->number_count; i++)
        store_column_text(&load->numbers, wanted->numbers[i]);
    for (size_t i = 0; i < wanted->key_count; i++)
        store_column_id(&load->keys, &wanted->keys[i]);
    add_probes(load, wanted);
    store_load_commands_init(&load->commands, wanted);
    load->cb = cb;
    load->ctx = ctx;
    store_op_queue(store, &load->op);
}
