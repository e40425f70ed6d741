/* One JSON object a line on stderr. The level names who must act: warn = the surroundings, error = a peer or an
 * operator, fatal = cannot go on, panic = our own bug. No personal text and no secret ever goes into a log. */
#ifndef SANJI_BASE_LOG_H
#define SANJI_BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL, LOG_PANIC };

/* Lines below `level` are dropped; the one mutable global of the project. */
void log_set_level(enum log_level level);
/* `name` stands in every line ("centerd 440306"); borrows the string for the life of the process. */
void log_set_name(const char *name);
/* `what` is a stable dotted word that a search can rely on ("link.refused"); the rest is a sentence. */
void log_line(enum log_level level, const char *what, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
