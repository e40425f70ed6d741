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

#endif
