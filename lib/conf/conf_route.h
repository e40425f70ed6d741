/* The matrix file: who handles what, by hand or learned.
 *
 *     version: 1
 *     routes:
 *       - {class: "01", to: yingji}                                  # a last resort for the whole class
 *       - {item: "0304", to: [ranqi, yingji], assist: [xiaofang]}    # best first
 *       - {item: 6.186.662, area: 440310001, to: [u1583, u1889], support: [17, 4]}   # learned: closed cases
 * behind each
 *
 * A row names one of item, sub and class; item and sub may have an area. A (key, area) stands in one row
 * only. */
#ifndef SANJI_CONF_ROUTE_H
#define SANJI_CONF_ROUTE_H

#include <stdio.h>

#include "conf/conf_catalogue.h"
#include "conf/conf_doc.h"
#include "domain/route.h"

/* Reads the matrix. `catalogue` and `topology` (either may be NULL: then that is not checked) tell which
 * codes, departments and areas exist. Everything wrong goes into `errors`; *matrix is written on success
 * only. */
enum err conf_route_read(const char *path, struct conf_errors *errors, const struct catalogue *catalogue,
                         const struct topology *topology, struct route_matrix *matrix) MUST_CHECK;
/* The same for a document that is open already. */
enum err conf_route_take(struct conf_doc *doc, const struct catalogue *catalogue,
                         const struct topology *topology, struct route_matrix *matrix) MUST_CHECK;
/* Complains about each item that the matrix leaves without any route, at the item's own line. */
void conf_route_check(const struct route_matrix *matrix, const struct conf_catalogue *read);

/* Writes the matrix as a file that conf_route_read takes back, support counts included. `about` stands in its
 * header, each line behind a '#'; NULL for none. ERR_IO when the stream refuses. */
enum err conf_route_write(const struct route_matrix *matrix, const char *about, FILE *to) MUST_CHECK;

#endif
