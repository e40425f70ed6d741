/* The skeleton of every daemon: up in a ladder, down in its mirror. */
#include "daemon/daemon.h"

#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/daemon_notify.h"

struct options {
    const char *site;
    const char *center;
    bool check;
    int notify_fd;
};

struct daemon {
    const struct daemon_spec *spec;
    struct options options;
    struct loop *loop;
    void *state;
    bool notified;
    int status;
};

static int usage(const struct daemon_spec *spec, FILE *to, int status)
{
    fprintf(to,
            "%s — %s\n\n"
            "usage: %s --site FILE --center CODE [--check] [--log-level LEVEL] [--notify-fd N]\n\n"
            "  --site FILE        what runs on this machine (written by `sanji site plan`)\n"
            "  --center CODE      which center this process is\n"
            "  --check            read and check every configuration file, say all errors, and end\n"
            "  --log-level LEVEL  debug, info (default), warn, error\n"
            "  --notify-fd N      write a newline there when ready (s6); systemd's NOTIFY_SOCKET is used by "
            "itself\n"
            "  --version, --help\n\n"
            "Logs are JSON lines on stderr. SIGTERM ends, SIGHUP reads the keys again.\n"
            "Exit status: 0 stopped, 2 wrong configuration or usage, 3 something it needs is not there.\n",
            spec->name, spec->purpose, spec->name);
    return status;
}

static int set_level(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        log_set_level((enum log_level)i);
        return 0;
    }
    return -1;
}

/* -1: go on; else the exit status. */
static int parse(const struct daemon_spec *spec, int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {{"site", required_argument, NULL, 's'},
                                          {"center", required_argument, NULL, 'c'},
                                          {"check", no_argument, NULL, 'k'},
                                          {"log-level", required_argument, NULL, 'l'},
                                          {"notify-fd", required_argument, NULL, 'n'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    *options = (struct options){.notify_fd = -1};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        if (c == 's')
            options->site = optarg;
        else if (c == 'c')
            options->center = optarg;
        else if (c == 'k')
            options->check = true;
        else if (c == 'n')
            options->notify_fd = (int)strtol(optarg, NULL, 10);
        else if (c == 'h')
            return usage(spec, stdout, DAEMON_STOPPED);
        else if (c == 'v')
            return printf("%s %s\n", spec->name, SANJI_VERSION) < 0;
        else if (c != 'l' || set_level(optarg) != 0)
            return usage(spec, stderr, DAEMON_CONFIG);
    }
    if (!options->site || (!options->center && !options->check) || optind < argc)
        return usage(spec, stderr, DAEMON_CONFIG);
    return -1;
}

/* Everything that the files say, checked as a whole; all errors at once. */
static enum err load(const char *path, struct site **site, struct world **world)
{
    struct conf_errors *errors = malloc(sizeof *errors);
    if (!errors)
        return ERR_MEMORY;
    conf_errors_init(errors);
    enum err err = conf_site_load(path, errors, site);
    if (err == ERR_OK)
        err = conf_world_load((*site)->topology, errors, world);
    if (err == ERR_OK)
        err = conf_site_match(*site, (*world)->topology, errors);
    conf_errors_print(errors, stderr);
    free(errors);
    malloc_trim(0); /* the documents are gone; 135 of us share one machine */
    return err;
}

static void on_stop(void *ctx)
{
    struct daemon *daemon = ctx;
    log_line(LOG_INFO, "daemon.stop", "%s was asked to stop", daemon->spec->name);
    loop_stop(daemon->loop);
}

static void on_reload(void *ctx)
{
    struct daemon *daemon = ctx;
    if (daemon->spec->reload && daemon->state)
        daemon->spec->reload(daemon->state);
}

void daemon_ready(struct daemon *daemon)
{
    if (!daemon->notified)
        daemon_notify(daemon->options.notify_fd, "READY=1");
    daemon->notified = true;
}

void daemon_fail(struct daemon *daemon, const struct fault *fault)
{
    log_line(LOG_FATAL, "daemon.fail", "%s: %s", err_name(fault->code), fault->text);
    daemon->status = err_exit_code(fault->code) == 2 ? DAEMON_CONFIG : DAEMON_ENVIRONMENT;
    loop_stop(daemon->loop);
}

static enum err catch_signals(struct daemon *daemon)
{
    signal(SIGPIPE, SIG_IGN);
    enum err err = loop_on_signal(daemon->loop, SIGTERM, on_stop, daemon);
    if (err == ERR_OK)
        err = loop_on_signal(daemon->loop, SIGINT, on_stop, daemon);
    if (err == ERR_OK)
        err = loop_on_signal(daemon->loop, SIGHUP, on_reload, daemon);
    return err;
}

static void run(struct daemon *daemon, const struct site *site, const struct world *world)
{
    struct fault fault = {.code = ERR_OK};
    struct daemon_setting setting = {.loop = daemon->loop,
                                     .site = site,
                                     .world = world,
                                     .here = site_center(site, daemon->options.center)};
    if (!setting.here) {
        fault_set(&fault, ERR_CONFIG, "%s has no center %s", site->path, daemon->options.center);
        daemon_fail(daemon, &fault);
        return;
    }
    enum err err = catch_signals(daemon);
    if (err == ERR_OK)
        err = daemon->spec->open(daemon, &setting, &daemon->state, &fault);
    if (err != ERR_OK) {
        fault.code = err;
        daemon_fail(daemon, &fault);
        return;
    }
    loop_run(daemon->loop);
    daemon_notify(-1, "STOPPING=1");
    daemon->spec->close(&daemon->state);
}

int daemon_main(const struct daemon_spec *spec, int argc, char **argv)
{
    struct daemon daemon = {.spec = spec};
    struct site *site = NULL;
    struct world *world = NULL;
    char name[64];
    int status = parse(spec, argc, argv, &daemon.options);
    if (status >= 0)
        return status;
    snprintf(name, sizeof name, "%s %s", spec->name, daemon.options.center ? daemon.options.center : "");
    log_set_name(name);
    if (load(daemon.options.site, &site, &world) != ERR_OK) {
        daemon.status = DAEMON_CONFIG;
    } else if (daemon.options.check) {
        printf("%s: the configuration is sound\n", daemon.options.site);
    } else if ((daemon.loop = loop_new())) {
        run(&daemon, site, world);
        loop_free(&daemon.loop);
    } else {
        daemon.status = DAEMON_ENVIRONMENT;
    }
    conf_world_free(&world);
    conf_site_free(&site);
    return daemon.status;
}
