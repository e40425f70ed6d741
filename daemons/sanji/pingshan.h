/* Rows of Pingshan's published case file 民生诉求 as cases of a tree: which center, which item, which
 * department. Columns are found by name, so their order and further ones do not matter. */
#ifndef SANJI_PINGSHAN_H
#define SANJI_PINGSHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "conf/conf_world.h"

/* Why a row cannot become a case by itself; the first that holds. */
enum pingshan_reason {
    PINGSHAN_PLACED,        /* it can */
    PINGSHAN_NO_PLACE,      /* the file names none */
    PINGSHAN_UNKNOWN_PLACE, /* the topology has no such street or community */
    PINGSHAN_UNKNOWN_ITEM,  /* the catalogue has no such item */
    PINGSHAN_REASONS
};

struct pingshan_row {
    char rec_id[CODE_SIZE];     /* unique in the file */
    int64_t at_ms;              /* when it was reported */
    char item[ITEM_SIZE];       /* "TYPE.MAIN.SUB" by id; "" when these are no ids */
    const struct item *known;   /* of the catalogue, or its class's item for what is not listed; NULL without either */
    bool unlisted;              /* the catalogue does not hold `item` itself */
    int32_t center;             /* index of the lowest center that the place names; -1 without one */
    char street[CODE_SIZE];     /* area of the street, for routing; "" without one */
    char department[DEPT_SIZE]; /* "u<DISPOSE_UNIT_ID>"; "" when the file names none */
    bool closed, late;          /* it was archived; beyond its limit */
    enum pingshan_reason reason;
    const char *type, *main, *sub; /* names, borrowed until the next row, as all below */
    const char *street_name, *community_name;
    const char *department_name;
    const char *source, *nature; /* 12345, @坪山 ...; 投诉, 咨询 ... */
};

struct pingshan;

/* Opens the file for a topology and catalogue, both borrowed; local times have the zone offset_min. Gives
 * *file. ERR_IO, ERR_MALFORMED (a column is missing, too). */
enum err pingshan_open(const char *path, const struct topology *topology, const struct catalogue *catalogue,
                       int32_t offset_min, struct pingshan **file, struct fault *fault) MUST_CHECK;
void pingshan_close(struct pingshan **file);
/* Reads the next row; *more is false at the end. ERR_MALFORMED for a REC_ID or a time that does not read,
 * with its line. */
enum err pingshan_next(struct pingshan *file, struct pingshan_row *row, bool *more,
                       struct fault *fault) MUST_CHECK;
/* How far the file has been read, 0..1. */
double pingshan_progress(const struct pingshan *file);

/* "no_place", and the sentence for people. */
const char *pingshan_reason_name(enum pingshan_reason reason);
const char *pingshan_reason_text(enum pingshan_reason reason, bool english);

#endif
