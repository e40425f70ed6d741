/* Choices from the response file: plans, the alert in force, the nearest units. The duty roster is in
 * response_duty.c. */
#include "domain/response.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void response_free(struct response *response)
{
    free(response->rules);
    free(response->plans);
    *response = (struct response){.rules = NULL};
}

static int by_code(const void *code, const void *plan)
{
    return strcmp(code, ((const struct plan *)plan)->code);
}

const struct plan *response_plan(const struct response *response, const char *code)
{
    if (response->plan_count == 0)
        return NULL;
    return bsearch(code, response->plans, response->plan_count, sizeof *response->plans, by_code);
}

/* ---- alerts ---- */

static bool in_force(const struct alert_order *order, int64_t now_ms)
{
    return !order->ended && order->start_ms <= now_ms && now_ms < order->end_ms && now_ms < order->lease_ms;
}

/* Custody rule 19: the higher issuer, then the higher number. A center issues one at a time, so its time of
 * sending is its number; the id settles what is left. */
static bool outranks(const struct topology *topology, const struct alert_order *a,
                     const struct alert_order *b)
{
    int32_t rank_a = topology->tiers[topology->centers[a->issuer].tier].rank;
    int32_t rank_b = topology->tiers[topology->centers[b->issuer].tier].rank;
    if (rank_a != rank_b)
        return rank_a < rank_b;
    if (a->sent_ms != b->sent_ms)
        return a->sent_ms > b->sent_ms;
    return memcmp(a->command.bytes, b->command.bytes, sizeof a->command.bytes) > 0;
}

int32_t alert_in_force(const struct topology *topology, const struct alert_order *orders, size_t count,
                       int64_t now_ms)
{
    int32_t best = -1;
    for (size_t i = 0; i < count; i++)
        if (in_force(&orders[i], now_ms) && (best < 0 || outranks(topology, &orders[i], &orders[best])))
            best = (int32_t)i;
    return best;
}

static int64_t sooner(int64_t next_ms, int64_t at_ms, int64_t now_ms)
{
    return at_ms > now_ms && at_ms < next_ms ? at_ms : next_ms;
}

int64_t alert_next_ms(const struct alert_order *orders, size_t count, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (orders[i].ended)
            continue;
        next_ms = sooner(next_ms, orders[i].start_ms, now_ms);
        next_ms = sooner(next_ms, orders[i].end_ms, now_ms);
        next_ms = sooner(next_ms, orders[i].lease_ms, now_ms);
    }
    return next_ms;
}

/* ---- nearest units ---- */

/* What is wanted. */
struct wish {
    const struct unit *units;
    const char *type;
    double lon, lat;
    int64_t oldest_ms;
    bool top_class;
};

static bool may_be_ordered(const struct wish *wish, const struct unit *unit)
{
    return strcmp(unit->type, wish->type) == 0 && id_is_zero(&unit->booked) &&
           unit_gate_open(unit->status, wish->top_class);
}

/* A position too old or in doubt says nothing: the unit may still be called, but as one whose place nobody
 * knows. */
static bool place_is_known(const struct wish *wish, const struct unit *unit)
{
    return !unit->doubtful && (isnan(unit->lon) || unit->position_ms >= wish->oldest_ms);
}

/* Metres from the place; infinite when either is unknown, so that such units come last and not never. */
static double distance(const struct wish *wish, const struct unit *unit)
{
    double lon = isnan(unit->lon) ? unit->home_lon : unit->lon;
    double lat = isnan(unit->lat) ? unit->home_lat : unit->lat;
    bool known = place_is_known(wish, unit) && !isnan(lon) && !isnan(lat);
    if (!known || isnan(wish->lon) || isnan(wish->lat))
        return (double)INFINITY;
    return geo_meters(wish->lon, wish->lat, lon, lat);
}

/* Who rests comes behind all others; of two at one place who has had fewer orders goes, then the first. */
static bool goes_before(const struct wish *wish, size_t a, size_t b)
{
    const struct unit *x = &wish->units[a], *y = &wish->units[b];
    bool x_rests = !unit_gate_open(x->status, false), y_rests = !unit_gate_open(y->status, false);
    if (x_rests != y_rests)
        return y_rests;
    double dx = distance(wish, x), dy = distance(wish, y);
    if (dx < dy || dx > dy)
        return dx < dy;
    return x->orders != y->orders ? x->orders < y->orders : a < b;
}

/* Puts a unit into its place among the best; the last one falls out when all `max` places are taken. */
static size_t insert(const struct wish *wish, size_t unit, size_t *out, size_t count, size_t max)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (goes_before(wish, unit, out[middle]))
            high = middle;
        else
            low = middle + 1;
    }
    if (low == max)
        return count;
    size_t kept = count < max ? count : max - 1;
    memmove(&out[low + 1], &out[low], (kept - low) * sizeof *out);
    out[low] = unit;
    return kept + 1;
}

static size_t nearest(const struct wish *wish, size_t count, size_t *out, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (may_be_ordered(wish, &wish->units[i]))
            found = insert(wish, i, out, found, max);
    return found;
}

size_t units_nearest(const struct unit *units, size_t count, const char *type, double lon, double lat,
                     int64_t now_ms, int64_t age_ms, size_t *out, size_t max)
{
    struct wish wish = {units, type, lon, lat, now_ms - age_ms, false};
    return nearest(&wish, count, out, max);
}

size_t units_nearest_top(const struct unit *units, size_t count, const char *type, double lon, double lat,
                         int64_t now_ms, int64_t age_ms, size_t *out, size_t max)
{
    struct wish wish = {units, type, lon, lat, now_ms - age_ms, true};
    return nearest(&wish, count, out, max);
}
