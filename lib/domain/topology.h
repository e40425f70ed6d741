/* The tree of centers, who sits where and who may act: data from the topology file, read-only after loading.
 * Codes are the field's (district 6 digits, street 9, community 12, grid 15); a center covers area codes, and
 * an area lies in another when its code extends it. Depth is not fixed; nothing here may depend on a tier's
 * name. */
#ifndef SANJI_DOMAIN_TOPOLOGY_H
#define SANJI_DOMAIN_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

/* Posts; a bit each, because a rule names the set of posts that may do something. */
enum post {
    POST_NONE = 0,
    POST_GRID_WORKER = 1 << 0,  /* 网格员 */
    POST_RESIDENT = 1 << 1,     /* 居民, 12345 */
    POST_RECEPTIONIST = 1 << 2, /* 受理员 */
    POST_DISPATCHER = 1 << 3,   /* 派遣员 */
    POST_SHIFT_LEADER = 1 << 4, /* 值班长 */
    POST_LEADER = 1 << 5,       /* 领导 */
    POST_SUPERVISOR = 1 << 6,   /* 督查 */
    POST_CHECKER = 1 << 7,      /* 核查员 */
    POST_DESK = 1 << 8,         /* 专业部门席位 */
    POST_UNIT = 1 << 9,         /* 勤务单元 */
    POST_CALLER = 1 << 10,      /* 回访员 */
    POST_SYSTEM = 1 << 11,      /* neighbour system, sensor, automatic dispatch */
    POST_TIMER = 1 << 12        /* system:timer */
};

const char *post_name(enum post post); /* "shift_leader" */
const char *post_zh(enum post post);
enum post post_from_name(const char *name); /* POST_NONE when unknown */

struct tier {
    char name[POST_SIZE]; /* "district" */
    char zh[NAME_SIZE];
    int32_t rank; /* 0 = root; greater = lower */
};

struct center {
    char code[CODE_SIZE];
    char name[NAME_SIZE];
    char name_en[NAME_SIZE];
    uint16_t tier;   /* index into tiers */
    int32_t parent;  /* index into centers, -1 for the root */
    int32_t grids;   /* basic grids below this center, 0..999; codes are the first cover + 001.. */
    double lon, lat; /* of the center's seat; NAN when unknown */
    size_t cover_count;
    char (*covers)[CODE_SIZE]; /* never overlapping those of another center of the same tier */
};

/* A department as it stands at one center. */
struct department {
    char code[DEPT_SIZE]; /* the same code at another tier is the same line of work */
    const char *name;     /* as it is called at this center; in `texts` */
    const char *name_en;  /* of the line of work; "" when none */
    int32_t center;       /* index */
    uint16_t desks;       /* people who can act; 0 = nobody: a dispatch there is refused (有人可办) */
};

/* The staff that a center of a tier has; user names follow from it. */
struct staff_rule {
    uint16_t tier; /* index */
    enum post post;
    uint16_t count; /* users POST.CENTER or, beyond the first, POST-2.CENTER ... */
};

/* A named person of the file, beside those that follow from staff rules. */
struct named_person {
    char user[USER_SIZE];
    char name[NAME_SIZE];
    enum post post;
    int32_t center;
    char department[DEPT_SIZE]; /* "" or a department of that center */
    char area[CODE_SIZE];       /* "" = all that the center covers */
};

/* A kind of unit 勤务单元类型: police, auxiliary, volunteer, squad ... "grid" is there by itself: one unit
 * for each grid, its worker. */
struct unit_type {
    char code[POST_SIZE];
    char name[NAME_SIZE];
    char name_en[NAME_SIZE];
    char department[DEPT_SIZE]; /* "" = the center's own */
    size_t status_count;        /* the service's own words for a status, and what they mean here */
    struct unit_word {
        char word[POST_SIZE];
        int32_t status; /* enum unit_status (domain/unit.h) */
    } * words;          /* in one block of all types, owned by the first */
};

/* How many units of a type a center of a tier has: TYPE.CENTER, TYPE-2.CENTER ... */
struct unit_rule {
    uint16_t tier, type; /* indexes */
    uint16_t count;
};

/* A unit by name beside them: a post at a key site, a boat. */
struct named_unit {
    char name[USER_SIZE]; /* WORD.CENTER, a word that is no type */
    uint16_t type;
    int32_t center;
    double lon, lat;
};

/* Who a unit is. */
struct unit_identity {
    char name[USER_SIZE];
    const char *type; /* code */
    const char *department;
    int32_t center;
    double lon, lat; /* home: its own point, else its center's seat */
};

/* One covered area, for look-ups. */
struct topology_cover {
    char area[CODE_SIZE];
    int32_t center;
};

struct topology {
    char name[NAME_SIZE];
    int32_t version;
    size_t tier_count;
    struct tier tiers[TIERS_MAX];
    size_t center_count;
    struct center *centers; /* parents before children */
    size_t department_count;
    struct department *departments; /* ascending by center index, then code */
    size_t staff_count;
    struct staff_rule *staff;
    size_t person_count;
    struct named_person *persons; /* ascending by user */
    size_t unit_type_count, unit_rule_count, named_unit_count;
    struct unit_type *unit_types; /* ascending by code */
    struct unit_rule *unit_rules;
    struct named_unit *named_units; /* ascending by name */
    char *texts;
    /* made by topology_index; NULL in a small tree made by hand, which is searched step by step */
    int32_t *by_code; /* center indexes, ascending by code */
    size_t cover_count;
    struct topology_cover *covers; /* ascending by area, then center */
};

/* Who acts: the origin center's statement that travels with a request (custody.md rule 10). */
struct actor {
    char user[USER_SIZE];
    enum post post;
    char center[CODE_SIZE];
    char department[DEPT_SIZE];
    char area[CODE_SIZE]; /* "" = all that the center covers */
};

/* Frees a topology from the heap with everything in it; NULL is fine. center[0].covers is the block of all
 * covers. */
void topology_free(struct topology *topology);
/* Makes the look-up tables of a filled topology; ERR_MEMORY. */
enum err topology_index(struct topology *topology) MUST_CHECK;
/* Index of the center with that code, -1 when there is none. */
int32_t topology_center(const struct topology *topology, const char *code);
/* True when `below` is `above` or lies under it. Both are indexes. */
bool topology_is_under(const struct topology *topology, int32_t below, int32_t above);
/* The direct child of `above` on the way to `below`; -1 when `below` does not lie strictly under it. */
int32_t topology_child_towards(const struct topology *topology, int32_t above, int32_t below);
/* True when the area (any length) lies in what the center or one of its descendants covers. */
bool topology_covers(const struct topology *topology, int32_t center, const char *area);
/* The lowest center that covers the area, -1 when none does. */
int32_t topology_center_of_area(const struct topology *topology, const char *area);
/* True when the area exists: a cover, the place above a cover (its code cut at 2, 4, 6, 9 or 12 digits), or a
 * grid 001..grids of a center's first cover. */
bool topology_area_known(const struct topology *topology, const char *area);
/* The center that a grid code belongs to; -1 when there is no such grid. */
int32_t topology_grid_center(const struct topology *topology, const char *area);
/* The department of that code at that very center; NULL when it does not sit there. */
const struct department *topology_department(const struct topology *topology, int32_t center,
                                             const char *code);
/* The nearest center at or above `center` where the department sits; -1 when none. */
int32_t topology_department_above(const struct topology *topology, int32_t center, const char *code);
/* True when the center has at least one person of one of the posts. */
bool topology_has_post(const struct topology *topology, int32_t center, unsigned posts);
/* The type of that code, NULL when there is none; "grid" always is. */
const struct unit_type *topology_unit_type(const struct topology *topology, const char *code);
/* Units whose home is that very center: by rules, then named, then grids. Writes at most max, returns the
 * whole number.
 */
size_t topology_units(const struct topology *topology, int32_t center, struct unit_identity *out, size_t max);
/* The unit of that name; false when there is none. */
bool topology_unit(const struct topology *topology, const char *name, struct unit_identity *out);
/* Resolves a user name to who he is. Named persons first, then the names that follow from the data:
 *   POST.CENTER, POST-n.CENTER (staff rules), desk.DEPT.CENTER, desk-n.DEPT.CENTER (departments with desks),
 *   grid.AREA (the worker of a 15-digit grid), TYPE.CENTER and TYPE-n.CENTER (units: POST_UNIT). False when
 * nobody has that name. */
bool topology_person(const struct topology *topology, const char *user, struct actor *actor);

#endif
