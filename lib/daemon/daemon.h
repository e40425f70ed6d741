/* The skeleton of every daemon: options, configuration, check-only mode, signals, the ready notice, a
 * mirrored shutdown. A daemon's main() is a declaration and one call. */
#ifndef SANJI_DAEMON_DAEMON_H
#define SANJI_DAEMON_DAEMON_H

#include "conf/conf_site.h"
#include "conf/conf_world.h"
#include "loop/loop.h"

enum daemon_exit { DAEMON_STOPPED = 0, DAEMON_CONFIG = 2, DAEMON_ENVIRONMENT = 3 };

/* What a daemon is given: all checked, borrowed for its life. */
struct daemon_setting {
    struct loop *loop;
    const struct site *site;
    const struct site_center *here;
    const struct world *world;
};

struct daemon;

struct daemon_spec {
    const char *name;    /* "sanji-centerd" */
    const char *purpose; /* one line for --help */
    /* Acquires everything; *state is handed to the others. */
    enum err (*open)(struct daemon *daemon, const struct daemon_setting *setting, void **state,
                     struct fault *fault);
    void (*close)(void **state);
    void (*reload)(void *state); /* SIGHUP; may be NULL */
};

/* Runs until SIGTERM or SIGINT, or daemon_fail(); gives the process's exit status. */
int daemon_main(const struct daemon_spec *spec, int argc, char **argv);
/* The daemon does its work now: systemd and s6 are told, once. */
void daemon_ready(struct daemon *daemon);
/* Cannot go on: says why and ends the loop with a status that follows from the fault. */
void daemon_fail(struct daemon *daemon, const struct fault *fault);

#endif
