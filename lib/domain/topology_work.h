/* Inside the topology, for the topology_*.c files alone. */
#ifndef SANJI_DOMAIN_TOPOLOGY_WORK_H
#define SANJI_DOMAIN_TOPOLOGY_WORK_H

#include "domain/topology.h"

/* Cuts "word-7" into the word and 7; a word alone is number 1. 0 when the number is not 2..9999 in plain
 * digits. */
uint32_t topology_take_number(char *word);
#endif
