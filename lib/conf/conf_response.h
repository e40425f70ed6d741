/* The response file: what a center answers with (domain/response.h).
 *
 *     name: 标准响应
 *     version: 1
 *     ladders: {normal: {deputy, above, repeat, repeats_max, lapse}, urgent: …, critical: …}
 *     rate: {count: 6, per: 1 urgent-minutes}
 *     limits: {order: {ack, contact, arrive, done}, notice: …, …}      # each kind of command
 *     channels: [push, sms, phone]
 *     shifts: [{name: day, zh: 白班, from: "08:00", to: "20:00"}, …]    # the whole day, no minute twice
 *     duty: [{for: center, posts: […], deputy_posts: […], deputy_next: true, turns: true}, …]
 *     alerts: {normal: …, iv: {mode: peace, fast_lane: false, report_interval: …, posts: […]}, iii: …, ii: …,
 * i: …} plans: [{code: "135", zh: …, ack, par, position_age, circles: [{type, count, arrive}, …]}, …]
 */
#ifndef SANJI_CONF_RESPONSE_H
#define SANJI_CONF_RESPONSE_H

#include "conf/conf_catalogue.h"
#include "domain/response.h"

#define CONF_DUTY_RULES_MAX 128 /* a rule for each department and type is already a lot */
#define CONF_PLANS_MAX 64
#define CONF_CIRCLE_UNITS_MAX 99 /* units of one circle */
#define CONF_RATE_MAX 1000       /* pushes to one recipient within one interval */

/* Reads the response file against the tree: unit types and departments that it names must be there, and the
 * types of a plan's circles must sit somewhere. `topology` may be NULL (when it could not be read): then that
 * is not checked. Everything wrong goes into `errors`; *response (response_free) is written on success only.
 */
enum err conf_response_read(const char *path, struct conf_errors *errors, const struct topology *topology,
                            struct response *response) MUST_CHECK;
/* The same for a document that is read already; the document stays the caller's. */
enum err conf_response_take(struct conf_doc *doc, const struct topology *topology,
                            struct response *response) MUST_CHECK;
/* Complains about items whose emergency plan the response file does not have. */
void conf_response_check(const struct response *response, const struct conf_catalogue *read);

#endif
