/* mkdir -p, with the last folder closed to others. */
#include "folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/text.h"

static enum err make_one(const char *path, mode_t mode, bool *made, struct fault *fault)
{
    *made = mkdir(path, mode) == 0;
    return *made || errno == EEXIST ? ERR_OK : fault_set(fault, ERR_IO, "%.200s: %s", path, strerror(errno));
}

enum err folder_make(const char *path, mode_t mode, bool *made, struct fault *fault)
{
    char part[PATH_SIZE];
    bool ignored;
    enum err err = text_copy(part, sizeof part, path);
    if (err != ERR_OK || part[0] == '\0')
        return fault_set(fault, ERR_TOO_LONG, "%.200s: the path is too long, or empty", path);
    for (char *slash = strchr(part + 1, '/'); err == ERR_OK && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        err = make_one(part, 0755, &ignored, fault);
        *slash = '/';
    }
    return err == ERR_OK ? make_one(part, mode, made ? made : &ignored, fault) : err;
}
