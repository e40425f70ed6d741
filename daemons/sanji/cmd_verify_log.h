/* sanji verify: one log while it is read, and what follows from its events. */
#ifndef SANJI_CMD_VERIFY_LOG_H
#define SANJI_CMD_VERIFY_LOG_H

#include "cmd_verify.h"

/* ---- cmd_verify_log.c: one event against the one before it ---- */
/* What the replay of a command, sheet or unit has come to. */
struct verify_replay {
    bool blank; /* a body was erased or does not read: what follows from it is not known */
    uint8_t statement[HASH_BYTES];
    enum command_event ended;
    struct id command; /* of a sheet; of a unit: what it is booked by */
};
struct verify_log {
    struct verify *verify;
    struct verify_paper *paper;
    int32_t center;
    struct id subject; /* of the log being read; zero = none yet */
    size_t position;
    int32_t no;
    enum subject_kind kind; /* 0 = no event of it was read */
    bool broken;            /* the rest of it says nothing new */
    struct envelope last;
    uint8_t head[HASH_BYTES];
    struct verify_replay replay;
    struct arena arena;
    uint8_t *scratch;
};
enum err verify_log_init(struct verify_log *log, struct verify_paper *paper) MUST_CHECK;
void verify_log_fini(struct verify_log *log);
/* The next event of the journal in the order (subject, number). */
void verify_log_entry(struct verify_log *log, const struct entry *entry);
/* The log that was being read is over. */
void verify_log_end(struct verify_log *log);

/* ---- cmd_verify_replay.c: the logs of commands, sheets and units ---- */
/* One event that hangs well in its chain; `fresh` when no database read before has shown it. */
void verify_replay_event(struct verify_log *log, const struct envelope *e, const struct entry *row,
                         bool fresh);
/* The log is over and was whole: the rows must agree with it. */
void verify_replay_end(struct verify_log *log);

#endif
