/* Whom a command is for, in words that each center expands for its own people (domain page, section 6).
 *
 *   selector    = alternative { "+" alternative }    one of them is enough
 *
 *   alternative = term { "," term }                  all of them together
 *
 * Terms:
 *
 *   all, centers, desks, units     kinds; several add up; without one: what the other terms imply
 *
 *   tier=NAME, center=CODE         where: the centers of a tier, one center
 *
 *   area=CODE                      where: an area and what lies in it; a grid lies where its code says
 *
 *   dept=CODE, type=CODE           the desks of a department; the units of a type
 *
 *   near=LON/LAT, count=N          with type=: the N nearest available units of each center
 *
 *   NAME                           a recipient, alone: center.CODE, desk.DEPT.CODE, grid.AREA, TYPE.CODE ...
 *
 *   above=DEPT                     alone: the desk of the nearest center at or above the sender that has one
 *
 * ':' may stand for '=', and "subtree" for "all".
 * "all" means every center and every unit of the sender's subtree, the sender among them (departments are
 * named by dept= or desks). tier= and center= alone mean the centers' own duty desks, area= alone the units
 * there as well. A department without desks is nobody. A center never selects beyond its subtree, but for
 * above=. */
#ifndef SANJI_DOMAIN_SELECTOR_H
#define SANJI_DOMAIN_SELECTOR_H

#include "domain/topology.h"

enum recipient_kind { RECIPIENT_CENTER = 1, RECIPIENT_DESK = 2, RECIPIENT_UNIT = 4 };

struct recipient {
    char name[USER_SIZE];
    enum recipient_kind kind;
    int32_t center;             /* index */
    char type[POST_SIZE];       /* unit type, "" else */
    char department[DEPT_SIZE]; /* of a desk or unit, "" else */
};

struct selector_part {
    unsigned kinds; /* set of enum recipient_kind; 0 = implied */
    bool everyone;  /* "all" */
    char tier[POST_SIZE];
    char area[CODE_SIZE];
    char center[CODE_SIZE];
    char department[DEPT_SIZE];
    char type[POST_SIZE];
    char name[USER_SIZE];
    char above[DEPT_SIZE];
    bool has_near;
    double lon, lat;
    int32_t count; /* 0 = all; with near: how many of each center */
};
struct selector {
    size_t count;
    struct selector_part parts[SELECTOR_TERMS_MAX];
};

/* MALFORMED with the term that does not read, TOO_LONG beyond SELECTOR_TERMS_MAX, NOBODY when empty. */
enum err selector_parse(const char *text, struct selector *selector, struct fault *fault) MUST_CHECK;
/* May center `sender` (index) use it? OUTSIDE, UNKNOWN_CENTER, UNKNOWN_AREA, UNKNOWN_TARGET (department,
 * type, recipient), NOBODY. */
enum err selector_check(const struct selector *selector, const struct topology *topology, int32_t sender,
                        struct fault *fault) MUST_CHECK;
/* The recipients at that very center, each once, in the order centers, desks, units; at most `max` are
 * written, the whole number is returned. For a near= part all units of the type: which of them are ordered is
 * chosen there (response.h). */
size_t selector_expand(const struct selector *selector, const struct topology *topology, int32_t sender,
                       int32_t center, struct recipient *out, size_t max);
/* True when some recipient sits at that very center. */
bool selector_touches(const struct selector *selector, const struct topology *topology, int32_t sender,
                      int32_t center);
/* True when some center at or under `center` is touched: a child that must get the command. */
bool selector_touches_under(const struct selector *selector, const struct topology *topology, int32_t sender,
                            int32_t center);
/* Recipients in all: at every center at or under `top`, or above the sender for above=. Dynamic (near=) parts
 * count 0. */
size_t selector_total(const struct selector *selector, const struct topology *topology, int32_t sender,
                      int32_t top);
/* True when which recipients there are is decided at each center (a near= part). */
bool selector_is_dynamic(const struct selector *selector);
/* The nearest center at or above `center` where desks of the department sit, -1 when none: where above= goes.
 */
int32_t selector_department_above(const struct topology *topology, int32_t center, const char *code);
/* The recipient of that name at any center of the tree; false when there is none. */
bool recipient_find(const struct topology *topology, const char *name, struct recipient *recipient);

#endif
