/* Folders for keys and state. */
#ifndef SANJI_FOLDER_H
#define SANJI_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Makes the folder `path` with `mode`, and those above it where they are missing (0755); *made (may be NULL)
 * tells whether it was not there. ERR_IO, ERR_TOO_LONG. */
enum err folder_make(const char *path, mode_t mode, bool *made, struct fault *fault) MUST_CHECK;

#endif
