/* Options that become fields of a request. Each gives false after a complaint; an option that was not given
 * leaves its field alone. */
#ifndef SANJI_CLI_OPTION_H
#define SANJI_CLI_OPTION_H

#include "cli.h"

bool cli_copy_option(const struct cli *cli, const char *name, char *to, size_t size);
/* Degrees within +-limit; NAN when not given. */
bool cli_degree_option(const struct cli *cli, const char *name, double limit, double *out);
/* "30m", "4wh" ... (cli_span.h). */
bool cli_span_option(const struct cli *cli, const char *name, struct span *span);
/* A moment: "2026-12-01T09:00" in the world's zone, or a span from the site's present on. */
bool cli_when_option(struct cli *cli, const char *name, int64_t *at_ms);
bool cli_id_option(const struct cli *cli, const char *name, struct id *id);
/* The first word of the command as an id. */
bool cli_id_word(const struct cli *cli, struct id *id);

#endif
