/* The topology file -> struct topology, checked whole: a file that loads is a tree in which every area has
 * one center of each tier at most, every reference resolves, and every parent stands before its children. */
#ifndef SANJI_CONF_TOPOLOGY_H
#define SANJI_CONF_TOPOLOGY_H

#include "conf/conf.h"
#include "domain/topology.h"

#define CONF_DEPARTMENTS_MAX 65536 /* a city of 744 centers has 6,000 */
#define CONF_PERSONS_MAX 4096      /* named ones; staff rules make the many */
#define CONF_STAFF_MAX 999         /* people of one post at one center; POST-n has room for four digits */
#define CONF_UNIT_TYPES_MAX 64     /* services of a city; a screen lists them all */
#define CONF_NAMED_UNITS_MAX 4096  /* standing posts, boats; rules make the many */
#define CONF_GRIDS_MAX 999         /* grids of one center: three digits */

/* The files that belong to a topology, as paths that can be opened; "" where the file names none. */
struct conf_topology_use {
    char catalogue[PATH_SIZE];
    char matrix[PATH_SIZE];
    char calendar[PATH_SIZE];
    char policy[PATH_SIZE];
    char response[PATH_SIZE];
};

/* Gives *topology, to be freed with topology_free. `use` may be NULL. ERR_CONFIG: *topology is NULL and
 * `errors` says everything that is wrong; ERR_MEMORY. */
enum err conf_topology_load(const char *path, struct conf_errors *errors, struct topology **topology,
                            struct conf_topology_use *use) MUST_CHECK;
/* The same for a document that is read already; the document stays the caller's. */
enum err conf_topology_read(struct conf_doc *doc, struct topology **topology,
                            struct conf_topology_use *use) MUST_CHECK;

#endif
