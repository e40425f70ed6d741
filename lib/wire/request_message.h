/* Requests, replies and pushes as protobuf structs, for the frame that they lie in. Private to lib/wire. */
#ifndef SANJI_WIRE_REQUEST_MESSAGE_H
#define SANJI_WIRE_REQUEST_MESSAGE_H

#include "request.pb-c.h"
#include "wire/command_message.h"
#include "wire/request.h"

#define LINKS_MAX (CHILDREN_MAX + 1) /* every child and the parent */

/* A message with all that it points at while it is packed. */
struct request_message {
    Sanji__Request request;
    Sanji__Report report;
    Sanji__Place place;
    Sanji__Input input;
    Sanji__Actor actor;
    struct content_message content;
    struct statement_message command;
    Sanji__ReceiptAct receipt;
    Sanji__UnitAct unit;
    Sanji__Attach attach;
    ProtobufCBinaryData attached[ATTACH_UNITS_MAX];
};

struct reply_message {
    Sanji__Reply reply;
    Sanji__CaseReply of_case;
    Sanji__StatusReply status;
    Sanji__Link links[LINKS_MAX];
    Sanji__Link *link_list[LINKS_MAX];
    Sanji__CommandReply command;
    Sanji__UnitReply unit;
};

struct push_message {
    Sanji__Push push;
    Sanji__Place place;
    struct form_message form;
};

void request_put(const struct request *request, struct request_message *message);
/* NULL when the reader has an error. */
struct request *request_take(struct field_reader *reader, const Sanji__Request *message);

/* The parts about commands and units (request_command.c): those that the request has, and those that its kind
 * must have. */
void request_command_put(const struct request *request, struct request_message *message);
void request_command_take(struct field_reader *reader, const Sanji__Request *message,
                          struct request *request);

void reply_put(const struct reply *reply, struct reply_message *message);
struct reply *reply_take(struct field_reader *reader, const Sanji__Reply *message);

void push_put(const struct push *push, struct push_message *message);
struct push *push_take(struct field_reader *reader, const Sanji__Push *message);

#endif
