/* Small files of a keys directory, read whole and replaced whole. */
#include "link/link_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum err link_file_path(char path[PATH_SIZE], const char *dir, const char *name, const char *suffix,
                        struct fault *fault)
{
    if (!text_is_code(name, USER_SIZE) || name[0] == '.')
        return fault_set(fault, ERR_BAD_TEXT, "'%s' is no name for a key", name);
    int n = snprintf(path, PATH_SIZE, "%s/%s%s", dir, name, suffix);
    if (n < 0 || n >= PATH_SIZE - 8) /* room for the temporary file's suffix */
        return fault_set(fault, ERR_TOO_LONG, "the path of '%s%s' is too long", name, suffix);
    return ERR_OK;
}

static enum err io_fault(struct fault *fault, const char *path, const char *doing)
{
    return fault_set(fault, ERR_IO, "%s: cannot %s: %s", path, doing, strerror(errno));
}

static ssize_t read_whole(int fd, char *text, size_t room)
{
    size_t have = 0;
    while (have < room) {
        ssize_t n = read(fd, text + have, room - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

enum err link_file_read(const char *path, size_t bytes_max, char **text, struct stat *status,
                        struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return io_fault(fault, path, "open");
    char *bytes = malloc(bytes_max + 2);
    ssize_t n = bytes && fstat(fd, status) == 0 ? read_whole(fd, bytes, bytes_max + 1) : -1;
    close(fd);
    if (n < 0) {
        free(bytes);
        return io_fault(fault, path, "read");
    }
    if ((size_t)n > bytes_max || memchr(bytes, 0, (size_t)n)) {
        free(bytes);
        return fault_set(fault, ERR_CONFIG, "%s: too long or no text file", path);
    }
    bytes[n] = '\0';
    *text = bytes;
    return ERR_OK;
}

static int write_whole(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, text, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        text += done;
        n -= (size_t)done;
    }
    return fsync(fd);
}

static int sync_directory_of(const char *path)
{
    char copy[PATH_SIZE];
    text_put(copy, sizeof copy, path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    close(fd);
    return rc;
}

enum err link_file_replace(const char *path, mode_t mode, const char *text, size_t n, struct fault *fault)
{
    char draft[PATH_SIZE];
    if (snprintf(draft, sizeof draft, "%s.XXXXXX", path) >= (int)sizeof draft)
        return fault_set(fault, ERR_TOO_LONG, "%s: path too long", path);
    int fd =
        mkostemp(draft, O_CLOEXEC); /* 0600 from its first moment: a secret is never readable in between */
    if (fd < 0)
        return io_fault(fault, path, "make a file beside it");
    bool written = write_whole(fd, text, n) == 0 && fchmod(fd, mode) == 0;
    written = close(fd) == 0 && written;
    if (!written || rename(draft, path) != 0) {
        enum err rc = io_fault(fault, path, "write");
        unlink(draft);
        return rc;
    }
    if (sync_directory_of(path) != 0)
        return io_fault(fault, path, "sync its directory");
    return ERR_OK;
}
