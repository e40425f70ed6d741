/* What the commands of `sanji keys` share. */
#ifndef SANJI_CMD_KEYS_H
#define SANJI_CMD_KEYS_H

#include "cli.h"
#include "keys_book.h"

/* What a command did, for its words and its JSON. */
struct keys_work {
    struct cli *cli;
    struct keys_book book;
    json_t *made, *lists, *told, *restart; /* codes and names; lists: of whom they were written */
    json_t *files;                         /* paths of new pairs of field clients */
    bool *tell;                            /* by index into site->centers */
};

/* Reads the site, its topology and the book; gives the exit status of a complaint, or 0. Close it in any
 * case. */
int keys_work_open(struct keys_work *work, struct cli *cli);
void keys_work_close(struct keys_work *work);

#endif
