/* The part of a load that is about commands: what is asked, and how the answers become rows. */
#ifndef SANJI_STORE_LOAD_COMMAND_H
#define SANJI_STORE_LOAD_COMMAND_H

#include "store/store_private.h"

struct load_commands {
    struct store_column commands, sheets, filled; /* filled: sheets whose receipts are wanted */
    int first;                                    /* index of the first result; the others follow */
    void *space;                                  /* owned: texts of the commands */
    struct receipt *receipts;                     /* owned: of all sheets */
};

void store_load_commands_init(struct load_commands *load, const struct store_wanted *wanted);
void store_load_commands_fini(struct load_commands *load);
/* Nothing is sent when nothing is wanted. */
bool store_load_commands_send(struct store *store, struct store_op *op, struct load_commands *load);
/* False when a row does not read as the schema promises. The rows are the caller's to free, what they borrow
 * goes with _fini and the operation's results. */
bool store_load_commands_read(const struct store_op *op, struct load_commands *load,
                              struct store_loaded *loaded);

#endif
