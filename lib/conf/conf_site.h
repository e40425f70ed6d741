/* The site file: which centers run on this machine, where they listen, where their databases and keys are,
 * and whether they live on an exercise clock. Read by every daemon and by the command line; written by `sanji
 * site plan`. */
#ifndef SANJI_CONF_SITE_H
#define SANJI_CONF_SITE_H

#include "base/clock.h"
#include "base/limits.h"
#include "conf/conf_doc.h"
#include "domain/topology.h"

struct site_center {
    char code[CODE_SIZE];
    uint32_t line;               /* of the file, for what is said about it later */
    const char *listen;          /* ZeroMQ endpoint of children and local clients */
    const char *database;        /* libpq connection string of the writer */
    const char *read_database;   /* of readers; the writer's when the file has none */
    const char *state;           /* folder of the witness and other files of this center */
    const char *parent_endpoint; /* "" = the parent's `listen` in this very file; see site_parent_endpoint */
};

struct site {
    char path[PATH_SIZE];     /* of the site file */
    char topology[PATH_SIZE]; /* of the topology file, ready to open */
    char keys[PATH_SIZE];     /* folder of the CURVE and signing keys */
    bool exercise; /* the file has a clock: subject time runs by `clock`, cases are marked 演练 */
    struct clock_map clock;
    size_t center_count;
    struct site_center *centers; /* in the file's order */
    char *texts;
};

/* Gives *site, to be freed with conf_site_free. ERR_CONFIG: *site is NULL and `errors` says why; ERR_MEMORY.
 */
enum err conf_site_load(const char *path, struct conf_errors *errors, struct site **site) MUST_CHECK;
/* The same for a document that is read already; the document stays the caller's. */
enum err conf_site_read(struct conf_doc *doc, struct site **site) MUST_CHECK;
/* Frees and clears *site; NULL is fine. */
void conf_site_free(struct site **site);
/* Holds the site against its topology: every center is known, every one but the root knows its parent's
 * endpoint. */
enum err conf_site_match(const struct site *site, const struct topology *topology,
                         struct conf_errors *errors) MUST_CHECK;

/* The center of that code, NULL when it does not run here. */
const struct site_center *site_center(const struct site *site, const char *code);
/* Where the center's parent listens; NULL for the root. For a matched site. */
const char *site_parent_endpoint(const struct site *site, const struct topology *topology, const char *code);

/* What a planned site is made of: every center of a topology on one machine. All borrowed. */
struct conf_site_plan {
    const char *topology_path; /* absolute */
    const char *var;           /* absolute; state goes to var/state/CODE, keys to var/keys */
    const char *database_host; /* folder of PostgreSQL's socket, or a host name */
    int database_port;
    int base_port;                 /* the first center listens here on 127.0.0.1, the next one port higher */
    const struct clock_map *clock; /* NULL = the machine's own */
};

/* Writes the site file of a plan. ERR_RANGE when the ports do not fit below 65536, ERR_BAD_TEXT when a path
 * cannot be written in a connection string, ERR_IO. */
enum err conf_site_write(const struct conf_site_plan *plan, const struct topology *topology,
                         FILE *to) MUST_CHECK;

#endif
