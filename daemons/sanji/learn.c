/* Closed cases in, a matrix and its score out. */
#include "learn.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli_progress.h"

#define DAY_MS INT64_C(86400000)

/* ---- reading ---- */

static bool department_known(const struct topology *topology, const char *code)
{
    for (size_t i = 0; i < topology->department_count; i++)
        if (strcmp(topology->departments[i].code, code) == 0)
            return true;
    return false;
}

static enum err keep(struct learn_cases *cases, const struct world *world, const struct pingshan_row *row,
                     struct fault *fault)
{
    if ((cases->count & (cases->count - 1)) == 0) { /* a power of two is full */
        size_t room = cases->count ? 2 * cases->count : 1;
        struct learn_case *list = realloc(cases->list, room * sizeof *list);
        if (!list)
            return fault_set(fault, ERR_MEMORY, "no memory");
        cases->list = list;
    }
    struct learn_case *kept = &cases->list[cases->count++];
    *kept = (struct learn_case){.at_ms = row->at_ms, .item = row->known, .center = row->center};
    text_put(kept->street, sizeof kept->street, row->street);
    text_put(kept->department, sizeof kept->department, row->department);
    kept->known = department_known(world->topology, row->department);
    cases->unknown_department += !kept->known;
    return ERR_OK;
}

static enum err take(struct learn_cases *cases, const struct world *world, const struct pingshan_row *row,
                     struct fault *fault)
{
    cases->rows++;
    if (row->reason != PINGSHAN_PLACED)
        cases->unplaced[row->reason]++;
    else if (!row->closed)
        cases->open++;
    else if (row->department[0] == '\0')
        cases->no_department++;
    else
        return keep(cases, world, row, fault);
    return ERR_OK;
}

static int by_time(const void *left, const void *right)
{
    const struct learn_case *a = left, *b = right;
    return (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

enum err learn_read(const char *path, const struct world *world, bool quiet, struct learn_cases *cases,
                    struct fault *fault)
{
    struct pingshan *file = NULL;
    struct pingshan_row row;
    struct cli_progress progress;
    bool more = true;
    *cases = (struct learn_cases){.rows = 0};
    enum err err =
        pingshan_open(path, world->topology, &world->catalogue, world->calendar.offset_min, &file, fault);
    cli_progress_begin(&progress, path, 100, quiet);
    while (err == ERR_OK && more) {
        err = pingshan_next(file, &row, &more, fault);
        if (err == ERR_OK && more)
            err = take(cases, world, &row, fault);
        cli_progress_step(&progress, (size_t)(100 * pingshan_progress(file)), NULL);
    }
    cli_progress_end(&progress);
    pingshan_close(&file);
    if (err == ERR_OK && cases->count > 0)
        qsort(cases->list, cases->count, sizeof *cases->list, by_time);
    else if (err != ERR_OK)
        learn_free(cases);
    return err;
}

void learn_free(struct learn_cases *cases)
{
    free(cases->list);
    cases->list = NULL;
    cases->count = 0;
}

/* ---- the matrix ---- */

/* The rows that no case stands behind: someone wrote them. */
static bool hand_written(const struct route_matrix *all, struct route_matrix *hand)
{
    *hand = (struct route_matrix){.version = all->version};
    hand->rows = malloc((all->row_count + 1) * sizeof *hand->rows);
    if (!hand->rows)
        return false;
    for (size_t i = 0; i < all->row_count; i++)
        if (all->rows[i].support == 0)
            hand->rows[hand->row_count++] = all->rows[i];
    return true;
}

static void drop(struct route_matrix **matrix)
{
    if (*matrix)
        route_free(*matrix);
    free(*matrix);
    *matrix = NULL;
}

static struct route_matrix *over(const struct route_learner *learner, const struct route_matrix *below,
                                 int32_t least)
{
    struct route_matrix *learned = route_learner_matrix(learner, least, LEARN_DEPTH);
    struct route_matrix *merged = learned ? route_merge(learned, below) : NULL;
    drop(&learned);
    return merged;
}

static void feed(struct route_learner *learner, const struct world *world, const struct learn_case *one)
{
    if (one->known)
        route_learner_add(learner, &world->catalogue, one->item, one->street, one->department);
}

static struct route_matrix *learn_over(const struct world *world, const struct learn_cases *cases,
                                       int64_t until_ms, int32_t least, const struct route_matrix *below)
{
    struct route_learner *learner = route_learner_new();
    if (!learner)
        return NULL;
    for (size_t i = 0; i < cases->count && cases->list[i].at_ms < until_ms; i++)
        feed(learner, world, &cases->list[i]);
    struct route_matrix *matrix = over(learner, below, least);
    route_learner_free(&learner);
    return matrix;
}

struct route_matrix *learn_matrix(const struct world *world, const struct learn_cases *cases,
                                  int64_t until_ms, int32_t least)
{
    struct route_matrix *matrix = learn_over(world, cases, until_ms, least, &world->matrix);
    if (matrix)
        matrix->version = world->matrix.version + 1;
    return matrix;
}

/* ---- the test ---- */

static void score(const struct world *world, const struct route_matrix *matrix, const struct learn_case *one,
                  struct learn_score *total, struct learn_score *month)
{
    struct route_choice choices[LEARN_DEPTH];
    const char *area = world->topology->centers[one->center].code;
    size_t count = route_choose(matrix, &world->catalogue, one->item, area, choices, LEARN_DEPTH);
    bool first = count > 0 && strcmp(choices[0].department, one->department) == 0, three = first;
    for (size_t i = 1; i < count; i++)
        three |= strcmp(choices[i].department, one->department) == 0;
    struct learn_score *scores[] = {total, month};
    for (size_t i = 0; i < 2; i++) {
        scores[i]->cases++;
        scores[i]->first += first;
        scores[i]->three += three;
        scores[i]->none += count == 0;
    }
}

static struct learn_month *month_of(struct learn_test *test, int64_t at_ms, int32_t offset_min)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(at_ms, offset_min, text);
    text[7] = '\0';
    struct learn_month *last = test->month_count > 0 ? &test->months[test->month_count - 1] : NULL;
    if (last && strcmp(last->name, text) == 0)
        return last;
    if (test->month_count == LEARN_MONTHS_MAX)
        return NULL;
    last = &test->months[test->month_count++];
    *last = (struct learn_month){.name = ""};
    text_put(last->name, sizeof last->name, text);
    return last;
}

/* The matrix that learns on: made anew for each day that has cases. */
struct nightly {
    struct route_learner *learner;
    struct route_matrix *matrix;
    size_t fed; /* cases of the list that it has learned */
    int64_t day;
};

static bool learn_until(struct nightly *nightly, const struct world *world, const struct learn_cases *cases,
                        const struct route_matrix *hand, const struct learn_test *test, int64_t at_ms)
{
    int64_t day = (at_ms + (int64_t)world->calendar.offset_min * 60000) / DAY_MS;
    if (nightly->matrix && day == nightly->day)
        return true;
    nightly->day = day;
    int64_t midnight_ms = day * DAY_MS - (int64_t)world->calendar.offset_min * 60000;
    for (; nightly->fed < cases->count; nightly->fed++) {
        const struct learn_case *one = &cases->list[nightly->fed];
        if (one->at_ms >= test->from_ms && one->at_ms + test->close_after_ms >= midnight_ms)
            break;
        feed(nightly->learner, world, one);
    }
    drop(&nightly->matrix);
    nightly->matrix = over(nightly->learner, hand, test->least);
    return nightly->matrix != NULL;
}

static enum err test_all(const struct world *world, const struct learn_cases *cases,
                         const struct route_matrix *frozen, const struct route_matrix *hand,
                         struct nightly *nightly, struct learn_test *test)
{
    for (size_t i = 0; i < cases->count; i++) {
        const struct learn_case *one = &cases->list[i];
        if (one->at_ms < test->from_ms || one->at_ms >= test->until_ms)
            continue;
        struct learn_month *month = month_of(test, one->at_ms, world->calendar.offset_min);
        if (!month)
            return ERR_RANGE;
        if (!learn_until(nightly, world, cases, hand, test, one->at_ms))
            return ERR_MEMORY;
        score(world, frozen, one, &test->frozen, &month->frozen);
        score(world, nightly->matrix, one, &test->learning, &month->learning);
    }
    return ERR_OK;
}

enum err learn_run_test(const struct world *world, const struct learn_cases *cases, struct learn_test *test)
{
    struct nightly nightly = {.learner = route_learner_new()};
    struct route_matrix hand = {.rows = NULL};
    struct route_matrix *frozen = NULL;
    enum err err = ERR_MEMORY;
    test->month_count = 0;
    test->frozen = test->learning = (struct learn_score){.cases = 0};
    if (nightly.learner && hand_written(&world->matrix, &hand))
        frozen = learn_over(world, cases, test->from_ms, test->least, &hand);
    if (frozen)
        err = test_all(world, cases, frozen, &hand, &nightly, test);
    route_free(&hand);
    drop(&frozen);
    drop(&nightly.matrix);
    route_learner_free(&nightly.learner);
    return err;
}
