/* The parts of the response reader, shared among its files. What is wrong goes to the document's errors. */
#ifndef SANJI_CONF_RESPONSE_PRIVATE_H
#define SANJI_CONF_RESPONSE_PRIVATE_H

#include "conf/conf.h"
#include "conf/conf_response.h"

void conf_shifts_read(struct conf_doc *doc, const struct conf_node *list, struct response *response);
/* Shifts must be there. `topology` may be NULL: then what it would know is not checked. */
void conf_duty_read(struct conf_doc *doc, const struct conf_node *list, const struct topology *topology,
                    struct response *response);
void conf_plans_read(struct conf_doc *doc, const struct conf_node *list, const struct topology *topology,
                     struct response *response);

/* A list of posts of people; at least one. */
bool conf_posts(struct conf_doc *doc, const struct conf_node *list, unsigned *posts);
/* A span that runs day and night, in milliseconds; more than nothing. */
bool conf_plain_ms(struct conf_doc *doc, const struct conf_node *node, int64_t *ms);

#endif
