/* Files that root writes and a daemon's user reads. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys_book.h"

static enum err own_entries(DIR *dir, const struct stat *owner)
{
    struct dirent *entry;
    struct stat status;
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (status.st_uid == owner->st_uid && status.st_gid == owner->st_gid)
            continue;
        if (fchownat(dirfd(dir), entry->d_name, owner->st_uid, owner->st_gid, AT_SYMLINK_NOFOLLOW) != 0)
            return ERR_IO;
    }
    return ERR_OK;
}

enum err keys_book_own(const struct keys_book *book, const char *path, struct fault *fault)
{
    struct stat owner;
    if (geteuid() != 0)
        return ERR_OK;
    if (stat(book->site->keys, &owner) != 0)
        return fault_set(fault, ERR_IO, "%.200s: %s", book->site->keys, strerror(errno));
    DIR *dir = opendir(path);
    if (!dir)
        return fault_set(fault, ERR_IO, "%.200s: %s", path, strerror(errno));
    enum err err = own_entries(dir, &owner);
    closedir(dir);
    return err == ERR_OK ? ERR_OK : fault_set(fault, ERR_IO, "%.200s: cannot give it to its reader", path);
}

enum err keys_book_own_all(const struct keys_book *book, struct fault *fault)
{
    char dir[PATH_SIZE];
    enum err err = keys_book_own(book, book->site->keys, fault);
    for (size_t i = 0; err == ERR_OK && i < book->site->center_count; i++) {
        err = keys_book_dir(book, book->site->centers[i].code, dir, fault);
        if (err == ERR_OK && access(dir, F_OK) == 0)
            err = keys_book_own(book, dir, fault);
    }
    return err;
}
