/* Cells and distances on the earth. */
#include "store/store_place.h"

#include <assert.h>
#include <math.h>

#define ROW_DEGREES 0.0009
#define METERS_PER_DEGREE 111194.9
#define EARTH_METERS 6371000.0
#define RADIANS (3.14159265358979323846 / 180.0)

static int64_t row_of(double lat)
{
    return (int64_t)floor((lat + 90.0) / ROW_DEGREES);
}

/* Near the poles a column would grow without end; nobody reports from there. */
static double column_degrees(int64_t row)
{
    double lat = ((double)row + 0.5) * ROW_DEGREES - 90.0;
    return ROW_DEGREES / fmax(cos(lat * RADIANS), 0.01);
}

static int64_t column_of(double lon, int64_t row)
{
    return (int64_t)floor((lon + 180.0) / column_degrees(row));
}

static int64_t cell_of(int64_t row, int64_t column)
{
    return row << 20 | column;
}

int64_t store_place_cell(double lon, double lat)
{
    int64_t row = row_of(lat);
    return cell_of(row, column_of(lon, row));
}

size_t store_place_cells(double lon, double lat, double meters, int64_t cells[STORE_PLACE_CELLS_MAX])
{
    double dlat = meters / METERS_PER_DEGREE;
    double dlon =
        dlat / fmax(cos(lat * RADIANS), 0.01) * 1.001; /* the circle's widest point lies a little poleward */
    size_t count = 0;

    assert(meters <= 100);
    for (int64_t row = row_of(lat - dlat); row <= row_of(lat + dlat); row++)
        for (int64_t column = column_of(lon - dlon, row); column <= column_of(lon + dlon, row); column++)
            if (count < STORE_PLACE_CELLS_MAX && row >= 0 && column >= 0)
                cells[count++] = cell_of(row, column);
    return count;
}

double store_place_meters(double lon1, double lat1, double lon2, double lat2)
{
    double dlat = (lat2 - lat1) * RADIANS;
    double dlon = (lon2 - lon1) * RADIANS;
    double half = pow(sin(dlat / 2), 2) + cos(lat1 * RADIANS) * cos(lat2 * RADIANS) * pow(sin(dlon / 2), 2);
    return 2 * EARTH_METERS * asin(fmin(1.0, sqrt(half)));
}
