/* The fixed part of every event of every subject, the same for ever (custody.md rule 7): a center that does
 * not know an event's kind still stores it, forwards it, and moves owner and state by these fields alone. */
#ifndef SANJI_DOMAIN_ENVELOPE_H
#define SANJI_DOMAIN_ENVELOPE_H

#include <stdint.h>

#include "base/ids.h"
#include "base/limits.h"

#define HASH_BYTES 32

enum subject_kind {
    SUBJECT_CASE = 1,
    SUBJECT_CENTER = 2,
    SUBJECT_COMMAND = 3, /* what a center ordered: written by its issuer, signed */
    SUBJECT_SHEET = 4,   /* what became of it at one center: written there (custody.md rule 18) */
    SUBJECT_UNIT = 5
};

struct envelope {
    enum subject_kind subject_kind;
    struct id subject;
    int32_t no;    /* 1..n without gaps within the subject */
    int64_t at_ms; /* subject time = max(own clock, last event + 1 ms), rule 12 */
    char actor[USER_SIZE];
    uint16_t kind;              /* enum case_event, command_event, sheet_event, unit_event: by subject */
    int32_t epoch;              /* custody epoch after the event; +1 with each hand-over */
    char writer[CODE_SIZE];     /* the center that wrote the event: the owner then */
    char next_owner[CODE_SIZE]; /* the center that writes no + 1 */
    uint8_t state;              /* state after the event */
    int64_t due_ms[2];          /* of the state's clock and of the handling clock; 0 = none */
    uint8_t body_hash[HASH_BYTES];
    uint8_t prev_hash[HASH_BYTES]; /* hash of the subject's previous envelope; zero for no 1 */
};

#endif
