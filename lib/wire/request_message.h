/* Requests and replies as protobuf structs, for the frame that they lie in. Private to lib/wire. */
#ifndef SANJI_WIRE_REQUEST_MESSAGE_H
#define SANJI_WIRE_REQUEST_MESSAGE_H

#include "request.pb-c.h"
#include "wire/content.h"
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
};

struct reply_message {
    Sanji__Reply reply;
    Sanji__CaseReply of_case;
    Sanji__StatusReply status;
    Sanji__Link links[LINKS_MAX];
    Sanji__Link *link_list[LINKS_MAX];
};

void request_put(const struct request *request, struct request_message *message);
/* NULL when the reader has an error. */
struct request *request_take(struct field_reader *reader, const Sanji__Request *message);

void reply_put(const struct reply *reply, struct reply_message *message);
struct reply *reply_take(struct field_reader *reader, const Sanji__Reply *message);

#endif
