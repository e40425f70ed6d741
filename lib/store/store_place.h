/* Places near each other: a grid of cells about 100 m wide narrows the search, the true distance decides. */
#ifndef SANJI_STORE_PLACE_H
#define SANJI_STORE_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define STORE_PLACE_CELLS_MAX 9

/* The cell of a place: row in the high bits, column in the low 20. Rows are 0.0009 degrees of latitude (100
 * m), columns as wide as that is at the row's latitude. A place on the 180th meridian has no neighbours
 * beyond it. */
int64_t store_place_cell(double lon, double lat);
/* Cells that a circle of `meters` (at most 100) touches, at least one. */
size_t store_place_cells(double lon, double lat, double meters, int64_t cells[STORE_PLACE_CELLS_MAX]);
/* Great-circle distance. */
double store_place_meters(double lon1, double lat1, double lon2, double lat2);

#endif
