/* sanji-centerd: one center of the tree. Everything it does is in lib/center; here it is put together. */
#include <malloc.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "center/center.h"
#include "daemon/daemon.h"

#define MMAP_FROM_BYTES (128 * 1024)

struct centerd {
    struct daemon *daemon;
    struct center_config config;
    struct live_center *center;
    char keys[PATH_SIZE];
};

static void on_ready(void *ctx)
{
    daemon_ready(((struct centerd *)ctx)->daemon);
}

static void on_fatal(void *ctx, const struct fault *fault)
{
    daemon_fail(((struct centerd *)ctx)->daemon, fault);
}

static enum err centerd_open(struct daemon *daemon, const struct daemon_setting *setting, void **state,
                             struct fault *fault)
{
    const struct site_center *here = setting->here;
    struct centerd *centerd = calloc(1, sizeof *centerd);
    if (!centerd)
        return fault_set(fault, ERR_MEMORY, "no memory");
    if (center_keys_dir(setting->site->keys, here->code, centerd->keys) != ERR_OK) {
        free(centerd);
        return fault_set(fault, ERR_CONFIG, "the keys folder's path is too long");
    }
    centerd->daemon = daemon;
    centerd->config = (struct center_config){
        .code = here->code,
        .database = here->database,
        .listen = here->listen,
        .parent_endpoint = site_parent_endpoint(setting->site, setting->world->topology, here->code),
        .keys_dir = centerd->keys,
        .state_dir = here->state,
        .clock = setting->site->clock,
        .exercise = setting->site->exercise,
        .world = setting->world};
    struct center_handler handler = {.ctx = centerd, .on_ready = on_ready, .on_fatal = on_fatal};
    enum err err = center_open(setting->loop, &centerd->config, &handler, &centerd->center, fault);
    if (err != ERR_OK) {
        free(centerd);
        return err;
    }
    *state = centerd;
    return ERR_OK;
}

static void centerd_close(void **state)
{
    struct centerd *centerd = *state;
    center_close(&centerd->center);
    free(centerd);
    *state = NULL;
}

static void centerd_reload(void *state)
{
    struct centerd *centerd = state;
    struct fault fault = {.code = ERR_OK};
    if (center_reload(centerd->center, &fault) != ERR_OK)
        log_line(LOG_ERROR, "center.reload", "what was in force stays: %s", fault.text);
}

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {.name = "sanji-centerd",
                                            .purpose =
                                                "one command center: cases, clocks, the links of the tree",
                                            .open = centerd_open,
                                            .close = centerd_close,
                                            .reload = centerd_reload};
    /* glibc raises this by itself after the first large block that is freed, and then keeps such blocks:
     * reading the configuration would leave three megabytes in each of 135 daemons for ever. */
    mallopt(M_MMAP_THRESHOLD, MMAP_FROM_BYTES);
    return daemon_main(&spec, argc, argv);
}
