/* Commands as protobuf structs, for the body, request or push that they lie in. Private to lib/wire. */
#ifndef SANJI_WIRE_COMMAND_MESSAGE_H
#define SANJI_WIRE_COMMAND_MESSAGE_H

#include "command.pb-c.h"
#include "wire/command.h"
#include "wire/content.h"

struct form_message {
    Sanji__FormField fields[FORM_FIELDS_MAX];
    Sanji__FormField *list[FORM_FIELDS_MAX];
};

/* A message with all that it points at while it is packed. */
struct statement_message {
    Sanji__Statement statement;
    Sanji__Actor actor;
    Sanji__Place place;
    struct form_message form;
};

/* The message borrows from the command. */
void statement_put(const struct command *command, struct statement_message *message);
/* Checks each field by itself; what must be there is the caller's to know. */
void statement_take(struct field_reader *reader, const Sanji__Statement *message, struct command *command);

/* Fills message->list and returns its length. */
size_t form_put(const struct form *form, struct form_message *message);
void form_take(struct field_reader *reader, Sanji__FormField *const *list, size_t count, struct form *form);

/* UNKNOWN_KIND for one that this version has no word for. */
enum receipt_event receipt_event_take(struct field_reader *reader, const char *name, uint32_t value);

#endif
