/* Small files of a keys directory, read whole and replaced whole. */
#ifndef SANJI_LINK_FILE_H
#define SANJI_LINK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/limits.h"

/* Puts "<dir>/<name><suffix>" into `path`; ERR_TOO_LONG, or ERR_BAD_TEXT when `name` could leave the
 * directory. */
enum err link_file_path(char path[PATH_SIZE], const char *dir, const char *name, const char *suffix,
                        struct fault *fault) MUST_CHECK;
/* Gives the whole file as a string (the caller frees) and its status. ERR_IO; ERR_CONFIG when it is longer
 * than `bytes_max` or holds a NUL. */
enum err link_file_read(const char *path, size_t bytes_max, char **text, struct stat *status,
                        struct fault *fault) MUST_CHECK;
/* Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the directory. ERR_IO. */
enum err link_file_replace(const char *path, mode_t mode, const char *text, size_t n,
                           struct fault *fault) MUST_CHECK;

#endif
