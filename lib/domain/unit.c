/* Status gates, booking and the last position of a unit. */
#include "domain/unit.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

#define EARTH_METERS 6371008.8 /* mean radius, IUGG */
#define PI 3.14159265358979323846
#define DAY_MS (24LL * 3600 * 1000)

struct names {
    const char *name, *zh;
};

static const struct names statuses[UNIT_STATUSES] = {
    [UNIT_OFF] = {"off", "离岗"},           [UNIT_STANDBY] = {"standby", "待命"},
    [UNIT_PATROL] = {"patrol", "巡逻"},     [UNIT_ORDERED] = {"ordered", "已派"},
    [UNIT_EN_ROUTE] = {"en-route", "途中"}, [UNIT_ON_SCENE] = {"on-scene", "到场"},
    [UNIT_BREAK] = {"break", "休整"},       [UNIT_FAULT] = {"fault", "故障"},
};

static const struct names events[UNIT_EVENTS] = {
    [UNIT_EVENT_STATUS] = {"status", "状态"},
    [UNIT_EVENT_BOOK] = {"book", "派用"},
    [UNIT_EVENT_FREE] = {"free", "释放"},
};

const char *unit_status_name(enum unit_status status)
{
    return (unsigned)status < UNIT_STATUSES && statuses[status].name ? statuses[status].name : "unknown";
}

const char *unit_status_zh(enum unit_status status)
{
    return (unsigned)status < UNIT_STATUSES && statuses[status].zh ? statuses[status].zh : "未知状态";
}

static bool same_word(const char *name, const char *text)
{
    for (; *name && *text; name++, text++)
        if (*name != (*text == '_' ? '-' : *text))
            return false;
    return *name == *text;
}

enum unit_status unit_status_from_name(const char *name)
{
    for (int i = UNIT_OFF; i < UNIT_STATUSES; i++)
        if (same_word(statuses[i].name, name))
            return (enum unit_status)i;
    return (enum unit_status)0;
}

const char *unit_event_name(enum unit_event event)
{
    return (unsigned)event < UNIT_EVENTS && events[event].name ? events[event].name : "unknown";
}

const char *unit_event_zh(enum unit_event event)
{
    return (unsigned)event < UNIT_EVENTS && events[event].zh ? events[event].zh : "未知事件";
}

enum unit_status unit_status_mapped(const struct topology *topology, const char *type, const char *internal)
{
    const struct unit_type *found = topology_unit_type(topology, type);
    for (size_t i = 0; found && i < found->status_count; i++)
        if (strcmp(found->words[i].word, internal) == 0)
            return (enum unit_status)found->words[i].status;
    return (enum unit_status)0;
}

void unit_begin(const struct unit_identity *identity, struct unit *unit)
{
    *unit = (struct unit){.center = identity->center,
                          .home_lon = identity->lon,
                          .home_lat = identity->lat,
                          .status = UNIT_STANDBY,
                          .lon = (double)NAN,
                          .lat = (double)NAN,
                          .doubt_lon = (double)NAN,
                          .doubt_lat = (double)NAN};
    text_put(unit->name, sizeof unit->name, identity->name);
    text_put(unit->type, sizeof unit->type, identity->type);
    text_put(unit->department, sizeof unit->department, identity->department);
}

/* ---- status gates ---- */

#define IS(status) (1u << UNIT_##status)

/* What each status lets through: an order, and what the unit itself may say next while it is free and while
 * a command has it. Ordered is the center's word alone; a booked unit gets free by finishing or refusing its
 * command, but that it broke down it may always say. */
static const struct gate {
    bool order, order_top;
    unsigned free_to, booked_to;
} gates[UNIT_STATUSES] = {
    [UNIT_OFF] = {.free_to = IS(OFF) | IS(STANDBY) | IS(PATROL) | IS(FAULT), .booked_to = IS(FAULT)},
    [UNIT_STANDBY] = {.order = true,
                      .order_top = true,
                      .free_to = IS(OFF) | IS(STANDBY) | IS(PATROL) | IS(EN_ROUTE) | IS(ON_SCENE) |
                                 IS(BREAK) | IS(FAULT),
                      .booked_to = IS(EN_ROUTE) | IS(ON_SCENE) | IS(FAULT)},
    [UNIT_PATROL] = {.order = true,
                     .order_top = true,
                     .free_to = IS(OFF) | IS(STANDBY) | IS(PATROL) | IS(EN_ROUTE) | IS(ON_SCENE) | IS(BREAK) |
                                IS(FAULT),
                     .booked_to = IS(EN_ROUTE) | IS(ON_SCENE) | IS(FAULT)},
    [UNIT_ORDERED] = {.free_to = IS(OFF) | IS(STANDBY) | IS(PATROL) | IS(FAULT),
                      .booked_to = IS(EN_ROUTE) | IS(ON_SCENE) | IS(FAULT)},
    [UNIT_EN_ROUTE] = {.free_to = IS(OFF) | IS(STANDBY) | IS(PATROL) | IS(EN_ROUTE) | IS(ON_SCENE) |
                                  IS(BREAK) | IS(FAULT),
                       .booked_to = IS(EN_ROUTE) | IS(ON_SCENE) | IS(FAULT)},
    [UNIT_ON_SCENE] = {.free_to = IS(OFF) | IS(STANDBY) | IS(PATROL) | IS(EN_ROUTE) | IS(ON_SCENE) |
                                  IS(BREAK) | IS(FAULT),
                       .booked_to = IS(ON_SCENE) | IS(FAULT)},
    [UNIT_BREAK] = {.order_top = true,
                    .free_to = IS(OFF) | IS(STANDBY) | IS(PATROL) | IS(BREAK) | IS(FAULT),
                    .booked_to = IS(FAULT)},
    [UNIT_FAULT] = {.free_to = IS(OFF) | IS(STANDBY) | IS(PATROL) | IS(FAULT),
                    .booked_to = IS(EN_ROUTE) | IS(ON_SCENE) | IS(FAULT)},
};

static const struct gate *gate_of(enum unit_status status)
{
    assert(status >= UNIT_OFF && status < UNIT_STATUSES);
    return &gates[status];
}

bool unit_gate_open(enum unit_status status, bool top_class)
{
    const struct gate *gate = gate_of(status);
    return top_class ? gate->order_top : gate->order;
}

static void enter(struct unit *unit, enum unit_status status, int64_t now_ms)
{
    if (unit->status != status)
        unit->since_ms = now_ms;
    unit->status = status;
}

enum err unit_set_status(const struct unit *unit, enum unit_status status, int64_t now_ms, struct unit *after,
                         struct fault *fault)
{
    bool booked = !id_is_zero(&unit->booked);
    const struct gate *gate = gate_of(unit->status);
    assert(status >= UNIT_OFF && status < UNIT_STATUSES);
    if (!((booked ? gate->booked_to : gate->free_to) & 1u << status))
        return fault_set(fault, ERR_STATUS_GATE,
                         booked ? "%s 有任务在身，不能由“%s”自行改为“%s”；请办结或说明不能执行"
                                : "%s 不能由“%s”改为“%s”",
                         unit->name, unit_status_zh(unit->status), unit_status_zh(status));
    *after = *unit;
    enter(after, status, now_ms);
    return ERR_OK;
}

enum err unit_book(const struct unit *unit, const struct id *command, bool top_class, int64_t now_ms,
                   struct unit *after, struct fault *fault)
{
    assert(!id_is_zero(command));
    *after = *unit;
    if (id_equal(&unit->booked, command))
        return ERR_OK;
    if (!id_is_zero(&unit->booked))
        return fault_set(fault, ERR_BOOKED, "%s 已有任务", unit->name);
    if (!unit_gate_open(unit->status, top_class))
        return fault_set(fault, ERR_STATUS_GATE, "%s 处于“%s”，不能派", unit->name,
                         unit_status_zh(unit->status));
    after->booked = *command;
    after->orders++;
    enter(after, UNIT_ORDERED, now_ms);
    return ERR_OK;
}

void unit_follow(const struct unit *unit, enum unit_status status, int64_t now_ms, struct unit *after)
{
    assert(status == UNIT_ORDERED || status == UNIT_EN_ROUTE || status == UNIT_ON_SCENE);
    *after = *unit;
    if (unit->status != UNIT_FAULT)
        enter(after, status, now_ms);
}

void unit_free(const struct unit *unit, int64_t now_ms, struct unit *after)
{
    bool at_work =
        unit->status == UNIT_ORDERED || unit->status == UNIT_EN_ROUTE || unit->status == UNIT_ON_SCENE;
    *after = *unit;
    after->booked = (struct id){{0}};
    if (at_work)
        enter(after, UNIT_STANDBY, now_ms);
}

static int64_t local_day(int64_t at_ms, int32_t offset_min)
{
    int64_t local = at_ms + (int64_t)offset_min * 60000;
    return local >= 0 ? local / DAY_MS : -1 - (-1 - local) / DAY_MS;
}

void unit_roll_day(struct unit *unit, int32_t offset_min, int64_t now_ms)
{
    if (local_day(unit->last_ms, offset_min) < local_day(now_ms, offset_min))
        unit->orders = 0;
}

/* ---- positions ---- */

static double radians(double degrees)
{
    return degrees * PI / 180;
}

double geo_meters(double lon_a, double lat_a, double lon_b, double lat_b)
{
    double north = sin(radians(lat_b - lat_a) / 2), east = sin(radians(lon_b - lon_a) / 2);
    double h = north * north + cos(radians(lat_a)) * cos(radians(lat_b)) * east * east;
    return 2 * EARTH_METERS * asin(sqrt(h < 1 ? h : 1));
}

struct fix {
    double lon, lat;
    int64_t at_ms;
};

static bool reachable(struct fix from, struct fix to)
{
    double seconds = (double)(to.at_ms - from.at_ms) / 1000;
    return geo_meters(from.lon, from.lat, to.lon, to.lat) <= SPEED_MAX_MPS * seconds + POSITION_BLUR_METERS;
}

static bool on_earth(struct fix fix)
{
    return fix.lon >= -180 && fix.lon <= 180 && fix.lat >= -90 && fix.lat <= 90; /* false for NAN */
}

static void believe(struct unit *unit, struct fix fix)
{
    unit->lon = fix.lon;
    unit->lat = fix.lat;
    unit->position_ms = fix.at_ms;
    if (unit->doubtful && unit->doubt_ms > fix.at_ms)
        return; /* it was late: what is doubted came after it */
    unit->doubtful = false;
    unit->doubt_lon = unit->doubt_lat = (double)NAN;
    unit->doubt_ms = 0;
}

static void doubt(struct unit *unit, struct fix fix)
{
    unit->doubtful = true;
    unit->doubt_lon = fix.lon;
    unit->doubt_lat = fix.lat;
    unit->doubt_ms = fix.at_ms;
}

enum err unit_move(const struct unit *unit, double lon, double lat, int64_t at_ms, int64_t now_ms,
                   struct unit *after)
{
    struct fix fix = {lon, lat, at_ms};
    struct fix last = {unit->lon, unit->lat, unit->position_ms};
    struct fix doubted = {unit->doubt_lon, unit->doubt_lat, unit->doubt_ms};

    if (!on_earth(fix) || at_ms < 0)
        return ERR_RANGE;
    if (at_ms > now_ms + POSITION_AHEAD_MS)
        return ERR_FUTURE;
    if (!isnan(unit->lon) && at_ms <= unit->position_ms)
        return ERR_TOO_LATE;
    *after = *unit;
    bool confirmed = unit->doubtful && at_ms > doubted.at_ms && reachable(doubted, fix);
    if (isnan(unit->lon) || reachable(last, fix) || confirmed) {
        believe(after, fix);
        return ERR_OK;
    }
    if (unit->doubtful && at_ms <= doubted.at_ms)
        return ERR_TOO_LATE;
    doubt(after, fix);
    return ERR_IMPLAUSIBLE;
}
