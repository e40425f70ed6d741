/* A center may have a responsibility matrix of its own in its state folder (learned from closed cases,
 * installed by `sanji catalogue install`); it then goes before the one that the topology names. */
#include "center/center_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/conf_route.h"

static enum err read_own(struct live_center *center, const char *path, struct fault *fault)
{
    struct conf_errors *errors = malloc(sizeof *errors);
    struct route_matrix fresh = {0};
    if (!errors)
        return fault_set(fault, ERR_MEMORY, "no memory for a matrix");
    conf_errors_init(errors);
    enum err err = conf_route_read(path, errors, center->world.catalogue, center->world.topology, &fresh);
    if (err == ERR_OK)
        err = conf_errors_result(errors, fault);
    else
        fault_set(fault, err, "%s", conf_errors_text(errors, 0));
    free(errors);
    if (err != ERR_OK) {
        route_free(&fresh);
        return err;
    }
    route_free(&center->own_matrix);
    center->own_matrix = fresh;
    center->world.matrix = &center->own_matrix;
    log_line(LOG_INFO, "matrix.loaded", "%s: version %d, %zu rows", path, fresh.version, fresh.row_count);
    return ERR_OK;
}

enum err center_matrix_load(struct live_center *center, struct fault *fault)
{
    char path[PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/matrix.yaml", center->config.state_dir);
    if (access(path, F_OK) == 0)
        return read_own(center, path, fault);
    center->world.matrix = &center->config.world->matrix;
    return ERR_OK;
}
