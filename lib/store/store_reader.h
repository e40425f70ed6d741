/* The insides of a reader, for the files that ask through it. */
#ifndef SANJI_STORE_READER_H
#define SANJI_STORE_READER_H

#include "store/store_param.h"
#include "store/store_read.h"
#include "store/store_row.h"

/* Takes one row; what does not read as the schema promises is marked in row->bad. False for enough. */
typedef bool store_reader_row(void *ctx, struct store_row *row);

/* Asks, and gives the rows one by one. ERR_SCHEMA when one was bad. */
enum err store_reader_stream(struct store_reader *reader, const char *text, const struct store_params *params,
                             store_reader_row *each, void *ctx, struct fault *fault) MUST_CHECK;

/* At least `size` bytes of the reader's own; they live until it is asked for space again. */
void *store_reader_space(struct store_reader *reader, size_t size);

/* ---- store_read_command.c, for the scans of verify as well ---- */
/* Decodes STORE_COMMAND_COLUMNS; texts and statement lie in the reader's space. */
bool store_reader_command(struct store_reader *reader, struct store_row *row,
                          struct command_row *out) MUST_CHECK;
struct store_receipts_ask {
    store_receipt_cb *cb;
    void *ctx;
};
/* A store_reader_row of command, center, STORE_RECEIPT_COLUMNS; ctx is a store_receipts_ask. */
bool store_reader_receipt(void *ctx, struct store_row *row);

#endif
