/* sanji verify: the paper of one database: what its rows say of commands, sheets, receipts and units, kept
 * while its logs are read, so that rows and logs can be held against each other. */
#ifndef SANJI_CMD_VERIFY_PAPER_H
#define SANJI_CMD_VERIFY_PAPER_H

#include "store/store_index.h"
#include "store/store_verify.h"

#define VERIFY_HASH 16       /* bytes of a hash that is kept: enough that none fall together */
#define VERIFY_LABEL_SIZE 64 /* COMMAND@CENTER: 36 + 1 + 19 */

struct verify;

struct paper_command {
    struct id id;
    enum command_kind kind;
    enum command_event ended;
    bool logged; /* a statement of it was seen in the log */
    uint8_t statement[VERIFY_HASH];
};

struct paper_sheet {
    struct id command;
    int32_t center;   /* who writes it */
    int64_t next_ms;  /* the earliest moment at which one of its receipts wants to be looked at */
    int64_t timer_ms; /* INT64_MAX = none */
    bool unjudged;    /* its log is broken or lawfully erased: its receipts cannot be judged */
};

struct paper_receipt {
    size_t sheet;
    enum receipt_state state;
    bool shown; /* the log holds it */
    uint8_t digest[VERIFY_HASH];
};

/* A receipt as the replay of a sheet's log has it. */
struct paper_line {
    char name[USER_SIZE];
    enum receipt_state state;
    uint8_t digest[VERIFY_HASH];
};

struct verify_paper {
    struct verify *verify;
    int32_t center; /* whose database it is */
    struct store_index command_index, sheet_index, receipt_index, unit_index, line_index;
    struct paper_command *commands;
    struct paper_sheet *sheets;
    struct paper_receipt *receipts; /* the index knows them by command and name */
    struct id *booked;              /* by unit: the command that its row names */
    size_t command_room, sheet_room, receipt_room, unit_room;
    /* of the sheet whose log is being read */
    struct paper_line *lines;
    size_t line_room;
};

/* ---- cmd_verify_paper.c: the rows ---- */
void paper_init(struct verify_paper *paper, struct verify *verify, int32_t center);
void paper_fini(struct verify_paper *paper);
/* Reads commands, sheets, receipts and units; to be called once, before the logs. */
enum err paper_read(struct verify_paper *paper, struct store_reader *reader, struct fault *fault) MUST_CHECK;
/* Only how far each of them is, for a second look. */
enum err paper_read_again(struct verify *verify, int32_t center, struct store_reader *reader,
                          struct fault *fault) MUST_CHECK;
/* After the logs: rows that no log shows. */
void paper_judge(struct verify_paper *paper);
struct paper_command *paper_command(struct verify_paper *paper, const struct id *id);
struct paper_sheet *paper_sheet(struct verify_paper *paper, const struct id *id);
struct paper_receipt *paper_receipt(struct verify_paper *paper, const struct id *command, const char *name);
/* What the unit's row is booked by; NULL when there is no such row. */
const struct id *paper_booked(struct verify_paper *paper, const struct id *id);
/* Everything that a receipt says, as one hash. */
void paper_digest(const struct receipt *receipt, uint8_t out[VERIFY_HASH]);

#endif
