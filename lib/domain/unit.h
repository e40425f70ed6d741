/* The unit 勤务单元 (domain page, sections 1, 2 and 8): who can be sent. Its identity follows from the
 * topology; its status is an event, written by its home center alone, so that it is never booked twice; its
 * position is the last one only: no trail of a person is kept (domain page, section 9). */
#ifndef SANJI_DOMAIN_UNIT_H
#define SANJI_DOMAIN_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/envelope.h"
#include "domain/topology.h"

/* Between high buildings two fixes of one place lie this far apart. */
#define POSITION_BLUR_METERS 100

/* The common status 通用状态. Internal ones of a service are mapped onto it. */
enum unit_status {
    UNIT_OFF = 1,      /* 离岗: cannot be ordered */
    UNIT_STANDBY = 2,  /* 待命 */
    UNIT_PATROL = 3,   /* 巡逻 */
    UNIT_ORDERED = 4,  /* 已派: by the center only */
    UNIT_EN_ROUTE = 5, /* 途中 */
    UNIT_ON_SCENE = 6, /* 到场 */
    UNIT_BREAK = 7,    /* 休整: for the top class only */
    UNIT_FAULT = 8,    /* 故障: cannot be ordered */
    UNIT_STATUSES
};

enum unit_event {
    UNIT_EVENT_STATUS = 1, /* the unit (or its center) says how it is */
    UNIT_EVENT_BOOK = 2,   /* a command has it */
    UNIT_EVENT_FREE = 3,   /* that command has let it go */
    UNIT_EVENTS
};

struct unit {
    char name[USER_SIZE]; /* as a recipient */
    char type[POST_SIZE];
    char department[DEPT_SIZE];
    int32_t center;            /* index of its home */
    double home_lon, home_lat; /* NAN when unknown */
    /* what changes */
    enum unit_status status;
    char internal[POST_SIZE]; /* the service's own word for it, "" = none */
    char note[ANSWER_SIZE];
    struct id booked; /* command; zero = free */
    int32_t orders;   /* since midnight: workload */
    int64_t since_ms; /* of the status */
    double lon, lat;  /* last position, NAN = none */
    int64_t position_ms;
    bool doubtful; /* the last one is implausible and not yet confirmed */
    double doubt_lon, doubt_lat;
    int64_t doubt_ms;
    int32_t last_no; /* of its log */
    int64_t last_ms;
    uint8_t head_hash[HASH_BYTES];
};

const char *unit_status_name(enum unit_status status); /* "standby" */
const char *unit_status_zh(enum unit_status status);
/* '-' or '_'; 0 when unknown. */
enum unit_status unit_status_from_name(const char *name);
const char *unit_event_name(enum unit_event event);
const char *unit_event_zh(enum unit_event event);
/* The common status of a service's own word (data of the topology's unit types); 0 when it has none. */
enum unit_status unit_status_mapped(const struct topology *topology, const char *type, const char *internal);

/* A unit as it begins: STANDBY at home, never heard. */
void unit_begin(const struct unit_identity *identity, struct unit *unit);
/* True when a command of that priority may be sent to a unit of that status. */
bool unit_gate_open(enum unit_status status, bool top_class);
/* The unit itself says its status. STATUS_GATE: ORDERED, and leaving EN_ROUTE/ON_SCENE for STANDBY while
 * booked are not its own to say (it finishes or refuses the command). */
enum err unit_set_status(const struct unit *unit, enum unit_status status, int64_t now_ms, struct unit *after,
                         struct fault *fault) MUST_CHECK;
/* BOOKED when another command has it, STATUS_GATE. Counts one order more; by the command that has it already
 * nothing changes. */
enum err unit_book(const struct unit *unit, const struct id *command, bool top_class, int64_t now_ms,
                   struct unit *after, struct fault *fault) MUST_CHECK;
/* The booked command's receipt moved: en route, on scene. A unit that broke down stays so. */
void unit_follow(const struct unit *unit, enum unit_status status, int64_t now_ms, struct unit *after);
/* STANDBY again, but for one that broke down or went off meanwhile. */
void unit_free(const struct unit *unit, int64_t now_ms, struct unit *after);
/* `orders` begins anew when the unit's last event lies on an earlier local day. For a unit as it was loaded,
 * before any of the above. */
void unit_roll_day(struct unit *unit, int32_t offset_min, int64_t now_ms);
/* A position; *after is written with OK and IMPLAUSIBLE only. FUTURE beyond POSITION_AHEAD_MS; RANGE;
 * TOO_LATE for one not newer than the last (nothing changes); IMPLAUSIBLE: *after has it marked doubtful, to
 * be stored all the same; a second one near the doubtful one confirms it. */
enum err unit_move(const struct unit *unit, double lon, double lat, int64_t at_ms, int64_t now_ms,
                   struct unit *after) MUST_CHECK;
/* Metres between two points of the earth. */
double geo_meters(double lon_a, double lat_a, double lon_b, double lat_b);

#endif
