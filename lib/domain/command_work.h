/* Inside the issuer's half of the command machine, for command_issue.c, command_limits.c and command_act.c
 * alone. */
#ifndef SANJI_DOMAIN_COMMAND_WORK_H
#define SANJI_DOMAIN_COMMAND_WORK_H

#include "domain/command_step.h"

/* 社区发令、部门执行 (domain page, section 6): what the department has when the caller does not say, and how
 * long the first two may be at most. */
#define ABOVE_SIGN_MIN 60
#define ABOVE_CONTACT_MIN (24 * 60)
#define ABOVE_REPORT_DAYS 3

struct command_work {
    const struct command_world *world;
    int64_t now_ms;
    struct command command; /* as it becomes */
    struct selector selector;
    bool above; /* for a department above the caller */
    struct fault *fault;
};

/* May the person command so? The post must be the kind's and his center this one. MISSING, NO_RIGHT. */
enum err command_may(const struct command_work *work, const struct actor *actor) MUST_CHECK;
/* Parses the targets and checks them against the tree. The selector's errors; ILLEGAL. */
enum err command_check_targets(struct command_work *work) MUST_CHECK;
/* Spans that are not said take the defaults; those said are checked, and that they follow each other. RANGE,
 * MISSING. */
enum err command_check_limits(struct command_work *work) MUST_CHECK;
/* Start, end and lease of a mode. MISSING, RANGE, EXPIRED. */
enum err command_check_mode(struct command_work *work) MUST_CHECK;

#endif
