/* Putting a responsibility matrix in force at running centers: a file in each state folder, and a RELOAD. */
#ifndef SANJI_MATRIX_H
#define SANJI_MATRIX_H

#include "cli.h"

/* Writes the matrix into the state folder of every center of the site, each whole or not at all, and tells
 * the daemons; one that is down reads it when it starts. NULL takes the files away: the topology's matrix is
 * in force again. *told = how many daemons answered. ERR_IO when a state folder cannot be written. */
enum err matrix_install(struct cli *cli, const struct route_matrix *matrix, const char *about, size_t *told,
                        struct fault *fault) MUST_CHECK;

#endif
