/* A matrix for every center of the site. */
#include "matrix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_route.h"
#include "keys_tell.h"

static enum err io(struct fault *fault, const char *path)
{
    return fault_set(fault, ERR_IO, "%s: %s", path, strerror(errno));
}

static enum err write_file(const char *dir, const struct route_matrix *matrix, const char *about,
                           struct fault *fault)
{
    char path[PATH_SIZE + 16], fresh[PATH_SIZE + 24];
    snprintf(path, sizeof path, "%s/matrix.yaml", dir);
    snprintf(fresh, sizeof fresh, "%s/matrix.yaml.new", dir);
    if (!matrix)
        return unlink(path) == 0 || errno == ENOENT ? ERR_OK : io(fault, path);
    FILE *to = fopen(fresh, "we");
    if (!to)
        return io(fault, fresh);
    enum err err = conf_route_write(matrix, about, to);
    if (fflush(to) != 0 || fsync(fileno(to)) != 0)
        err = ERR_IO;
    if (fclose(to) != 0 || err != ERR_OK || rename(fresh, path) != 0)
        return io(fault, fresh);
    return ERR_OK;
}

enum err matrix_install(struct cli *cli, const struct route_matrix *matrix, const char *about, size_t *told,
                        struct fault *fault)
{
    const struct site *site = cli->site;
    bool *which = calloc(site->center_count, sizeof *which);
    bool *answered = calloc(site->center_count, sizeof *answered);
    enum err err = which && answered ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; i < site->center_count && err == ERR_OK; i++) {
        which[i] = true;
        err = write_file(site->centers[i].state, matrix, about, fault);
    }
    if (err == ERR_OK)
        err = keys_tell(cli, which, answered, fault);
    *told = 0;
    for (size_t i = 0; i < site->center_count && err == ERR_OK; i++)
        *told += answered[i];
    free(which);
    free(answered);
    return err;
}
