/* The parts of neighbour frames as protobuf structs. Private to lib/wire. */
#ifndef SANJI_WIRE_FRAME_MESSAGE_H
#define SANJI_WIRE_FRAME_MESSAGE_H

#include "frame.pb-c.h"
#include "wire/field.h"
#include "wire/frame.h"

struct hello_message {
    Sanji__Hello hello;
    ProtobufCBinaryData hashes[LANES];
};

/* The messages borrow from the structs. */
void hello_put(const struct hello *hello, struct hello_message *message);
void hello_take(struct field_reader *reader, const Sanji__Hello *message, struct hello *hello);
void ack_put(const struct ack *ack, Sanji__Ack *message);
void ack_take(struct field_reader *reader, const Sanji__Ack *message, struct ack *ack);
void ping_put(const struct ping *ping, Sanji__Ping *message);
void ping_take(struct field_reader *reader, const Sanji__Ping *message, struct ping *ping);
void entry_put(const struct entry *entry, Sanji__Entry *message);
/* The reader has an error only where the entry's place in the stream cannot be read; any other is entry->bad.
 */
void entry_take(struct field_reader *reader, const Sanji__Entry *message, struct entry *entry);

#endif
