/* All that the rules look at, loaded from one topology file and the files that its `use` names (catalogue,
 * policies, matrix, calendar, response), and checked against each other: one call says everything that is
 * wrong in any of them. */
#ifndef SANJI_CONF_WORLD_H
#define SANJI_CONF_WORLD_H

#include "conf/conf_doc.h"
#include "domain/calendar.h"
#include "domain/catalogue.h"
#include "domain/response.h"
#include "domain/route.h"
#include "domain/topology.h"

struct world {
    struct topology *topology;
    struct catalogue catalogue;
    struct route_matrix matrix;
    struct calendar calendar;
    struct response response;
};

/* Gives *world; only its compact arrays stay in memory, the documents are closed. ERR_CONFIG or ERR_MEMORY:
 * *world is NULL and `errors` holds what is wrong, each with file:line:column. Beside the errors of each
 * file: an item without any route, a route to a department that sits nowhere, for an unknown item or area, an
 * unknown policy or plan, a plan or duty rule for units that sit nowhere. */
enum err conf_world_load(const char *topology_path, struct conf_errors *errors,
                         struct world **world) MUST_CHECK;
/* Frees and clears *world; NULL is fine. */
void conf_world_free(struct world **world);

#endif
