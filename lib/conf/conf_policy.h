/* The policy file: escalation ladders by name, for peace and war.
 *
 *     version: 1
 *     policies:
 *       - name: general
 *         yellow_percent: 80
 *         deputy: 60 work-minutes
 *         ...                            # one key for each member of struct policy
 */
#ifndef SANJI_CONF_POLICY_H
#define SANJI_CONF_POLICY_H

#include "conf/conf_doc.h"
#include "domain/catalogue.h"

#define POLICIES_MAX 64 /* some for each priority and mode */

/* Gives the policies of `path` in *policies (free() it), ascending by name; everything wrong goes into
 * `errors`. Written on success only. */
enum err conf_policy_read(const char *path, struct conf_errors *errors, struct policy **policies,
                          size_t *count) MUST_CHECK;
/* The same for a document that is open already. */
enum err conf_policy_take(struct conf_doc *doc, struct policy **policies, size_t *count) MUST_CHECK;

#endif
