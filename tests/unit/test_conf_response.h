/* A sound response file, in parts that a test can replace. */
#ifndef SANJI_TEST_CONF_RESPONSE_H
#define SANJI_TEST_CONF_RESPONSE_H

#define RUNG                                                                                                 \
    "{deputy: 5 urgent-minutes, above: 5 urgent-minutes, repeat: 1 urgent-hours, repeats_max: 3, lapse: "    \
    "none}"
#define SIGN "{ack: 1 urgent-hours}"

#define RESPONSE_HEAD "name: 小样\nversion: 7\n"
#define RESPONSE_LADDERS "ladders: {normal: " RUNG ", urgent: " RUNG ", critical: " RUNG "}\n"
#define RESPONSE_RATE "rate: {count: 6, per: 1 urgent-minutes}\n"
#define RESPONSE_LIMITS                                                                                      \
    "limits: {order: {ack: 1 urgent-hours, contact: 24 urgent-hours, done: 3 work-days}, notice: " SIGN      \
    ", roll-call: " SIGN ", supervision: " SIGN ", campaign: " SIGN ", mode: " SIGN ", emergency: " SIGN     \
    "}\n"
#define RESPONSE_CHANNELS "channels: [push, sms]\n"
#define RESPONSE_SHIFTS                                                                                      \
    "shifts: [{name: day, zh: 白班, from: \"08:00\", to: \"20:00\"}, {name: night, zh: 夜班, from: "     \
    "\"20:00\", to: \"08:00\"}]\n"
#define RESPONSE_DUTY                                                                                        \
    "duty: [{for: center, posts: [dispatcher], deputy_posts: [leader], turns: true}, {for: desk, "           \
    "deputy_next: true, turns: true}, {for: unit, deputy_next: true}]\n"
#define QUIET "{mode: peace, fast_lane: false, report_interval: none, posts: [leader]}"
#define RESPONSE_ALERTS                                                                                      \
    "alerts: {normal: " QUIET ", iv: " QUIET ", iii: " QUIET ", ii: " QUIET                                  \
    ", i: {mode: war, fast_lane: true, report_interval: 1 urgent-hours, posts: [leader, shift_leader]}}\n"

/* Eight lines: the plans begin on the tenth. */
#define RESPONSE_WITHOUT_PLANS                                                                               \
    RESPONSE_HEAD RESPONSE_LADDERS RESPONSE_RATE RESPONSE_LIMITS RESPONSE_CHANNELS RESPONSE_SHIFTS           \
        RESPONSE_DUTY RESPONSE_ALERTS

#endif
