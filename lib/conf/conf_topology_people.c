/* Who sits where: staff rules by tier, departments with their desks, named persons. */
#include "conf/conf_topology_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Posts that a staff rule or a named person may have; grid workers, desks and the timer follow from other
 * data. */
static const struct conf_name staff_posts[] = {
    {"receptionist", POST_RECEPTIONIST},
    {"dispatcher", POST_DISPATCHER},
    {"shift_leader", POST_SHIFT_LEADER},
    {"leader", POST_LEADER},
    {"supervisor", POST_SUPERVISOR},
    {"checker", POST_CHECKER},
    {"unit", POST_UNIT},
    {"caller", POST_CALLER},
    {"resident", POST_RESIDENT},
    {"system", POST_SYSTEM},
    {NULL, 0},
};

static const struct conf_name person_posts[] = {
    {"receptionist", POST_RECEPTIONIST},
    {"dispatcher", POST_DISPATCHER},
    {"shift_leader", POST_SHIFT_LEADER},
    {"leader", POST_LEADER},
    {"supervisor", POST_SUPERVISOR},
    {"checker", POST_CHECKER},
    {"unit", POST_UNIT},
    {"caller", POST_CALLER},
    {"resident", POST_RESIDENT},
    {"system", POST_SYSTEM},
    {"desk", POST_DESK},
    {"grid_worker", POST_GRID_WORKER},
    {NULL, 0},
};

static void read_staff_of(struct conf_doc *doc, const struct conf_node *posts, int32_t tier,
                          struct topology *topology)
{
    for (const struct conf_node *key = conf_pairs(doc, posts); key; key = conf_next(key)) {
        int post = 0;
        int64_t count = 0;
        bool known = conf_enum(doc, key, staff_posts, &post);
        if (!conf_int(doc, conf_value(key), 0, CONF_STAFF_MAX, &count) || !known || tier < 0)
            continue;
        topology->staff[topology->staff_count++] =
            (struct staff_rule){.tier = (uint16_t)tier, .post = (enum post)post, .count = (uint16_t)count};
    }
}

bool conf_staff_read(struct conf_doc *doc, const struct conf_node *map, struct topology *topology)
{
    size_t room = 1;
    for (const struct conf_node *key = conf_pairs(doc, map); key; key = conf_next(key))
        room += conf_count(conf_value(key));
    topology->staff = calloc(room, sizeof *topology->staff);
    if (!topology->staff)
        return false;
    if (conf_shape(map) != CONF_MAP)
        return true;
    for (const struct conf_node *key = conf_pairs(doc, map); key; key = conf_next(key))
        read_staff_of(doc, conf_value(key), conf_find_tier(doc, key, topology), topology);
    return true;
}

struct line { /* of work: one entry of the list */
    char code[DEPT_SIZE];
    const char *name, *name_en;
    const struct conf_node *code_at, *at;
};

static const struct conf_key line_keys[] = {
    CONF_NODE_KEY("code", struct line, code_at, CONF_REQUIRED),
    CONF_STRING_KEY("name", struct line, name, CONF_REQUIRED),
    CONF_STRING_KEY("name_en", struct line, name_en, 0),
    CONF_NODE_KEY("at", struct line, at, CONF_REQUIRED),
};

struct seat {
    const struct conf_node *center, *tier;
    uint16_t desks;
    const char *name;
};

static const struct conf_key seat_keys[] = {
    CONF_NODE_KEY("center", struct seat, center, 0),
    CONF_NODE_KEY("tier", struct seat, tier, 0),
    CONF_INT_KEY("desks", struct seat, desks, CONF_REQUIRED, 0, CONF_STAFF_MAX),
    CONF_STRING_KEY("name", struct seat, name, 0),
};

struct placed {
    struct department department;
    const struct conf_node *at;
};

/* Departments as they are read; sorted and copied at the end. */
struct placing {
    struct conf_doc *doc;
    struct topology *topology;
    struct conf_pool pool;
    struct placed *rows;
    size_t count, room;
};

static bool place(struct placing *placing, const struct department *department, const struct conf_node *at)
{
    if (placing->count == placing->room) {
        size_t wanted = placing->room * 2 + 64;
        struct placed *bigger = realloc(placing->rows, wanted * sizeof *bigger);
        if (!bigger)
            return false;
        placing->rows = bigger;
        placing->room = wanted;
    }
    placing->rows[placing->count++] = (struct placed){*department, at};
    return true;
}

/* One seat: at the center that it names, or at each center of its tier. */
static bool place_seat(struct placing *placing, struct department *department, const struct seat *seat,
                       const struct conf_node *at)
{
    const struct topology *topology = placing->topology;
    if (!seat->center == !seat->tier)
        return conf_error_at(placing->doc, at, "a seat is at a center or at a tier: one of the two") || true;
    if (seat->center) {
        department->center = conf_find_center(placing->doc, seat->center, topology);
        return department->center < 0 || place(placing, department, at);
    }
    int32_t tier = conf_find_tier(placing->doc, seat->tier, topology);
    for (size_t i = 0; tier >= 0 && i < topology->center_count; i++) {
        department->center = (int32_t)i;
        if (topology->centers[i].tier == (uint16_t)tier && !place(placing, department, at))
            return false;
        if (placing->count > CONF_DEPARTMENTS_MAX)
            return conf_error_at(placing->doc, at, "more than %d departments in all", CONF_DEPARTMENTS_MAX) ||
                   true;
    }
    return true;
}

static bool read_line(struct placing *placing, const struct conf_node *node)
{
    struct line line = {.name = ""};
    struct department department = {.name = "", .name_en = ""};

    if (!conf_map(placing->doc, node, line_keys, sizeof line_keys / sizeof *line_keys, &line))
        return true;
    if (!conf_plain_code(placing->doc, line.code_at, department.code, sizeof department.code))
        return true;
    const char *name = conf_pool_add(&placing->pool, line.name);
    if (line.name_en)
        department.name_en = conf_pool_add(&placing->pool, line.name_en);
    for (const struct conf_node *n = conf_list(placing->doc, line.at); n; n = conf_next(n)) {
        struct seat seat = {0};
        if (!conf_map(placing->doc, n, seat_keys, sizeof seat_keys / sizeof *seat_keys, &seat))
            continue;
        department.desks = seat.desks;
        department.name = seat.name ? conf_pool_add(&placing->pool, seat.name) : name;
        if (!place_seat(placing, &department, &seat, n))
            return false;
    }
    return true;
}

static int by_center_then_code(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->department.center != y->department.center)
        return x->department.center < y->department.center ? -1 : 1;
    int order = strcmp(x->department.code, y->department.code);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

static bool settle(struct placing *placing)
{
    struct topology *topology = placing->topology;
    topology->departments = calloc(placing->count + 1, sizeof *topology->departments);
    if (!topology->departments)
        return false;
    if (placing->count > 0)
        qsort(placing->rows, placing->count, sizeof *placing->rows, by_center_then_code);
    for (size_t i = 0; i < placing->count; i++) {
        const struct department *d = &placing->rows[i].department,
                                *last = &topology->departments[i ? i - 1 : 0];
        topology->departments[i] = *d;
        if (i > 0 && last->center == d->center && strcmp(last->code, d->code) == 0)
            conf_error_at(placing->doc, placing->rows[i].at,
                          "department '%s' is at center '%s' already (line %u)", d->code,
                          topology->centers[d->center].code, conf_line(placing->rows[i - 1].at));
    }
    topology->department_count = placing->count;
    return true;
}

bool conf_departments_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology)
{
    struct placing placing = {.doc = doc, .topology = topology};
    bool going = conf_pool_init(&placing.pool, doc);

    topology->texts = placing.pool.bytes;
    for (const struct conf_node *n = going ? conf_list(doc, list) : NULL; n && going; n = conf_next(n))
        going = read_line(&placing, n);
    going = going && settle(&placing);
    free(placing.rows);
    return going;
}

struct person_nodes {
    struct named_person person;
    const struct conf_node *center, *department, *area;
};

static const struct conf_key person_keys[] = {
    CONF_CODE_KEY("user", struct person_nodes, person.user, CONF_REQUIRED),
    CONF_TEXT_KEY("name", struct person_nodes, person.name, CONF_REQUIRED),
    CONF_ENUM_KEY("post", struct person_nodes, person.post, CONF_REQUIRED, person_posts),
    CONF_NODE_KEY("center", struct person_nodes, center, CONF_REQUIRED),
    CONF_NODE_KEY("department", struct person_nodes, department, 0),
    CONF_NODE_KEY("area", struct person_nodes, area, 0),
};

static void check_place(struct conf_doc *doc, const struct topology *topology, const struct conf_node *node,
                        struct person_nodes *raw)
{
    struct named_person *person = &raw->person;
    const char *center = topology->centers[person->center].code;

    if (raw->department && conf_code(doc, raw->department, person->department, sizeof person->department) &&
        !topology_department(topology, person->center, person->department))
        conf_error_at(doc, raw->department, "there is no department '%s' at center '%s'", person->department,
                      center);
    if (person->post == POST_DESK && !raw->department)
        conf_error_at(doc, node, "a desk needs its department");
    if (raw->area && conf_code(doc, raw->area, person->area, sizeof person->area) &&
        !topology_covers(topology, person->center, person->area))
        conf_error_at(doc, raw->area, "area '%s' is not covered by center '%s'", person->area, center);
}

static int by_user(const void *a, const void *b)
{
    return strcmp(((const struct named_person *)a)->user, ((const struct named_person *)b)->user);
}

static bool user_taken(const struct topology *topology, const char *user)
{
    for (size_t i = 0; i < topology->person_count; i++)
        if (strcmp(topology->persons[i].user, user) == 0)
            return true;
    return false;
}

bool conf_persons_read(struct conf_doc *doc, const struct conf_node *list, struct topology *topology)
{
    size_t room;
    const struct conf_node *first = conf_list(doc, list);

    topology->persons =
        first ? conf_array(doc, list, CONF_PERSONS_MAX, sizeof *topology->persons, &room) : NULL;
    for (const struct conf_node *n = topology->persons ? first : NULL; n; n = conf_next(n)) {
        struct person_nodes raw = {.person.post = POST_NONE};
        if (!conf_map(doc, n, person_keys, sizeof person_keys / sizeof *person_keys, &raw))
            continue;
        raw.person.center = conf_find_center(doc, raw.center, topology);
        if (raw.person.center < 0)
            continue;
        check_place(doc, topology, n, &raw);
        if (user_taken(topology, raw.person.user))
            conf_error_at(doc, n, "user '%s' stands twice", raw.person.user);
        topology->persons[topology->person_count++] = raw.person;
    }
    if (topology->persons)
        qsort(topology->persons, topology->person_count, sizeof *topology->persons, by_user);
    return true;
}
