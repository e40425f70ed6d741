/* One field at a time between protobuf-c's structs and ours, each with its bound. Private to lib/wire.
 * A reader keeps the first error and its words; after it every call does nothing, so that a decoder reads as
 * a list. */
#ifndef SANJI_WIRE_FIELD_H
#define SANJI_WIRE_FIELD_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "wire/arena.h"

#define FIELD_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
/* 9999-12-31: beyond it a time is a mistake. */
#define FIELD_TIME_MAX 253402300799999LL
/* An outcome of a later version stays a number (err_name knows it as UNKNOWN). */
#define FIELD_ERR_MAX 999

enum field_text {
    FIELD_CODE, /* as text_is_code, or empty */
    FIELD_LINE, /* one line of text: a name */
    FIELD_TEXT  /* several lines */
};

struct field_reader {
    struct arena *arena;
    struct fault *fault; /* may be NULL */
    const char *where;   /* the message that is being read, for the fault */
    enum err err;
};

/* A text of a message as a row: offsets into the generated and into our struct (char[size]). */
struct field_row {
    const char *name;
    size_t from;
    size_t to;
    size_t size;
    enum field_text kind;
};

#define FIELD_ROW(name, message, from, type, to, size, kind)                                                 \
    {                                                                                                        \
        (name), offsetof(message, from), offsetof(type, to), (size), (kind)                                  \
    }

/* Sets the reader's error to `code` unless it has one already. */
void field_refuse(struct field_reader *reader, enum err code, const char *name, const char *why);

/* Judged by its bytes, so that a NUL inside is seen. */
bool field_is_code(const uint8_t *bytes, size_t length);
bool field_is_line(const uint8_t *bytes, size_t length);

int64_t field_int(struct field_reader *reader, const char *name, int64_t value, int64_t least, int64_t most);
/* A kind out of 1..most. Absent: MISSING; beyond it is of a later version: UNKNOWN_KIND, so that the reader
 * can carry on what it does not understand. Both give 0. */
uint32_t field_kind(struct field_reader *reader, const char *name, uint32_t value, uint32_t most);
double field_real(struct field_reader *reader, const char *name, double value, double least, double most);
/* Into out[size]. */
void field_text(struct field_reader *reader, const char *name, ProtobufCBinaryData from, enum field_text kind,
                char *out, size_t size);
/* As a string in the arena; NULL for an empty one. */
const char *field_borrow(struct field_reader *reader, const char *name, ProtobufCBinaryData from,
                         enum field_text kind, size_t size);
/* Exactly `size` bytes into `out`; an absent field leaves `out` zero. */
void field_bytes(struct field_reader *reader, const char *name, ProtobufCBinaryData from, uint8_t *out,
                 size_t size);
void field_rows(struct field_reader *reader, const struct field_row *rows, size_t count, const void *message,
                void *own);

/* The way back: points the message at our texts, no copy. */
void field_rows_put(const struct field_row *rows, size_t count, const void *own, void *message);
ProtobufCBinaryData field_put(const char *text);                        /* NULL = absent */
ProtobufCBinaryData field_put_bytes(const uint8_t *bytes, size_t size); /* all zero = absent */

/* Unpacks a message into the arena and nowhere else. NULL: the reader has MALFORMED, or TOO_LONG when the
 * arena is full. */
void *field_unpack(struct field_reader *reader, const ProtobufCMessageDescriptor *descriptor,
                   const uint8_t *bytes, size_t size);

#endif
