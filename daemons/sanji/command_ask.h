/* Asking a center to issue a command, to act on one, or to take a recipient's word. */
#ifndef SANJI_COMMAND_ASK_H
#define SANJI_COMMAND_ASK_H

#include "cli.h"

#define COMMAND_WAIT_MS 10000

/* Sends the request, its key from --key unless it has one; the reply's code is an error as well. */
enum err command_ask(struct cli *cli, const struct site_center *center, struct request *request,
                     struct reply *reply, struct fault *fault) MUST_CHECK;
/* The same with the answer printed; gives the exit status. */
int command_ask_print(struct cli *cli, const struct site_center *center, struct request *request);
/* {ok, code, command_id, recipients, centers, dynamic} or {…, recipient, state, flags}. */
json_t *command_ask_json(const struct request *request, const struct reply *reply);

/* The post that issues commands of that kind when nobody is named, and has the right to. */
const char *command_ask_post(enum command_kind kind);
/* Who asks: --as, else POST.CENTER. False after a complaint. */
bool command_ask_person(const struct cli *cli, const struct site_center *center, const char *post,
                        char user[USER_SIZE]);
/* Who answers for a recipient: --as, else the unit or desk itself, else the dispatcher of its center. */
bool command_ask_answerer(const struct cli *cli, const struct recipient *recipient, char user[USER_SIZE]);
/* "a=1;b=2" into lines; false after a complaint. */
bool command_ask_values(const struct cli *cli, char values[VALUES_SIZE]);
/* The recipient of that name in the world's topology; false after a complaint. */
bool command_ask_recipient(struct cli *cli, const char *name, struct recipient *recipient);
/* The center where a recipient is heard: --center, else its own. NULL after a complaint. */
const struct site_center *command_ask_center(struct cli *cli, const struct recipient *recipient);

/* A recipient's word from the options --recipient, --as, --text, --values, --zero; gives the exit status. */
int command_ask_receipt(struct cli *cli, const struct id *id, enum receipt_event event);

#endif
