/* The responsibility matrix 权责配置: (item x area) -> lead department, with fallback to coarser keys. It is
 * written by hand or learned from where closed cases ended up; every row shows its support. Pure after
 * loading. */
#ifndef SANJI_DOMAIN_ROUTE_H
#define SANJI_DOMAIN_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/catalogue.h"
#include "domain/topology.h"

/* What a row is keyed by, finest first; the order of fallback. */
enum route_key { ROUTE_ITEM_AREA, ROUTE_SUB_AREA, ROUTE_ITEM, ROUTE_SUB, ROUTE_CLASS, ROUTE_KEYS };

struct route_row {
    enum route_key key;
    char what[ITEM_SIZE]; /* item, sub-class or class code */
    char area[CODE_SIZE]; /* "" unless the key has an area: a prefix that covers the case's area */
    char department[DEPT_SIZE];
    uint8_t rank;    /* 0 = first choice, 1 = second ... */
    int32_t support; /* closed cases behind the row; 0 = written by hand */
    uint8_t assist_count;
    char assist[ASSIST_MAX][DEPT_SIZE];
};

struct route_matrix {
    int32_t version;
    size_t row_count;
    struct route_row *rows; /* ascending by (key, what, area, rank) */
};

struct route_choice {
    char department[DEPT_SIZE];
    enum route_key key; /* what decided */
    int32_t support;
    const struct route_row *row; /* borrowed from the matrix */
};

/* Frees what the matrix holds, not the matrix. */
void route_free(struct route_matrix *matrix);
/* The best departments for an item in an area, best first, no department twice; returns how many (0 = manual
 * queue). Rows of a finer key come before all rows of a coarser one; the longest matching area first. */
size_t route_choose(const struct route_matrix *matrix, const struct catalogue *catalogue,
                    const struct item *item, const char *area, struct route_choice *choices, size_t max);
const char *route_key_name(enum route_key key); /* "item_area" */
/* True when the item has a row at any key, for whatever area. */
bool route_has(const struct route_matrix *matrix, const struct catalogue *catalogue, const struct item *item);
/* Puts the rows into the order that route_choose relies on. */
void route_sort(struct route_matrix *matrix);
/* Gives a matrix with all rows of `upper` and, behind them at each (key, what, area), the departments that
 * only `lower` names: learned rows over hand-written ones keep the latter as a last resort. NULL when memory
 * ran out. */
struct route_matrix *route_merge(const struct route_matrix *upper, const struct route_matrix *lower);

/* Learning: feed closed cases, take the matrix. */
struct route_learner;
struct route_learner *route_learner_new(void);
void route_learner_free(struct route_learner **learner);
/* One closed case that ended at `department`. area_prefix is the area of the granularity to learn (a street).
 */
void route_learner_add(struct route_learner *learner, const struct catalogue *catalogue,
                       const struct item *item, const char *area_prefix, const char *department);
/* Gives a matrix with, for each key, at most `depth` departments whose support reaches `least`, best first. A
 * key's counts are weighed together with those of its coarser keys, and a row is left out where these name
 * another department before it; so one odd case at a fine key does not hide what twenty at the coarser one
 * say. NULL when memory ran out. Free it by route_free and free. */
struct route_matrix *route_learner_matrix(const struct route_learner *learner, int32_t least, uint8_t depth);
/* Cases fed so far. */
int64_t route_learner_cases(const struct route_learner *learner);

/* What the coarser keys together count against the cases of one key: at 4 the right first choice of the
 * following month rises from 53.3 to 55.1 % (Pingshan, September 2018 after seven months) and from 64.6
 * to 65.2 % (October). */
#define ROUTE_COARSE_WEIGHT 4

#endif
