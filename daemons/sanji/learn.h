/* Learning the responsibility matrix from closed cases, and how often it would have been right about later
 * ones. A street is the area that is learned: finer ones have too few cases. */
#ifndef SANJI_LEARN_H
#define SANJI_LEARN_H

#include "conf/conf_world.h"
#include "pingshan.h"

#define LEARN_DEPTH 3 /* departments of a row: what a dispatcher is shown */

/* A closed case, as far as routing goes. */
struct learn_case {
    int64_t at_ms; /* reported */
    const struct item *item;
    int32_t center;             /* where it was reported */
    char street[CODE_SIZE];     /* area that is learned */
    char department[DEPT_SIZE]; /* where it ended */
    bool known;                 /* the topology has that department: only then a matrix may name it */
};

struct learn_cases {
    int64_t rows, open, no_department, unknown_department; /* of the file; the last are tested, not learned */
    int64_t unplaced[PINGSHAN_REASONS];
    size_t count;
    struct learn_case *list; /* ascending by time */
};

/* Reads the closed cases of a file, for a world that outlives them. As pingshan_next(). `quiet`: no progress.
 */
enum err learn_read(const char *path, const struct world *world, bool quiet, struct learn_cases *cases,
                    struct fault *fault) MUST_CHECK;
void learn_free(struct learn_cases *cases);

/* A matrix of the cases reported before until_ms, with the world's present one behind as a last resort, so
 * that every item keeps a route; its version is the next. NULL without memory; route_free() and free() it. */
struct route_matrix *learn_matrix(const struct world *world, const struct learn_cases *cases,
                                  int64_t until_ms, int32_t least);

/* How often the first department, one of the first three, and none at all was named. */
struct learn_score {
    int64_t cases, first, three, none;
};

/* One month of the test, local time. */
struct learn_month {
    char name[8];                /* "2018-10" */
    struct learn_score frozen;   /* by the matrix as it was at the begin */
    struct learn_score learning; /* by one that learns each night from what has closed by then */
};

#define LEARN_MONTHS_MAX 240

struct learn_test {
    int64_t from_ms, until_ms;
    int64_t close_after_ms; /* assumed age of a case when it closes: the file has no closing time */
    int32_t least;
    size_t month_count;
    struct learn_month months[LEARN_MONTHS_MAX];
    struct learn_score frozen, learning;
};

/* Tests the cases of [from_ms, until_ms); fills the rest of *test. Behind the matrices that are tested stand
 * the hand-written rows alone: learned ones of the present matrix may know the very cases that are tested.
 * ERR_MEMORY; ERR_RANGE for too many months. */
enum err learn_run_test(const struct world *world, const struct learn_cases *cases,
                        struct learn_test *test) MUST_CHECK;

#endif
