/* Posts, and who stands behind a user name: named persons, then the names that follow from staff,
 * departments and units. */
#include "domain/topology_work.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct post_row {
    enum post post;
    const char *name;
    const char *zh;
};

static const struct post_row posts[] = {
    {POST_GRID_WORKER, "grid_worker", "网格员"},
    {POST_RESIDENT, "resident", "居民"},
    {POST_RECEPTIONIST, "receptionist", "受理员"},
    {POST_DISPATCHER, "dispatcher", "派遣员"},
    {POST_SHIFT_LEADER, "shift_leader", "值班长"},
    {POST_LEADER, "leader", "领导"},
    {POST_SUPERVISOR, "supervisor", "督查员"},
    {POST_CHECKER, "checker", "核查员"},
    {POST_DESK, "desk", "部门席位"},
    {POST_UNIT, "unit", "勤务单元"},
    {POST_CALLER, "caller", "回访员"},
    {POST_SYSTEM, "system", "系统"},
    {POST_TIMER, "timer", "计时器"},
};

static const struct post_row *find_post(enum post post)
{
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++)
        if (posts[i].post == post)
            return &posts[i];
    return NULL;
}

const char *post_name(enum post post)
{
    const struct post_row *row = find_post(post);
    return row ? row->name : "none";
}

const char *post_zh(enum post post)
{
    const struct post_row *row = find_post(post);
    return row ? row->zh : "无";
}

enum post post_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++)
        if (strcmp(posts[i].name, name) == 0)
            return posts[i].post;
    return POST_NONE;
}

uint32_t topology_take_number(char *word)
{
    char *dash = strrchr(word, '-');
    if (!dash)
        return 1;
    size_t digits = strspn(dash + 1, "0123456789");
    if (digits == 0 || digits > 4 || dash[1 + digits] || dash[1] == '0')
        return 0;
    uint32_t number = (uint32_t)strtoul(dash + 1, NULL, 10);
    *dash = '\0';
    return number > 1 ? number : 0;
}

/* POST.CENTER */
static bool staff_person(const struct topology *topology, char *post, int32_t center, struct actor *actor)
{
    uint32_t number = topology_take_number(post);
    actor->post = post_from_name(post);
    if (number == 0 || actor->post == POST_NONE)
        return false;
    for (size_t i = 0; i < topology->staff_count; i++) {
        const struct staff_rule *rule = &topology->staff[i];
        if (rule->tier == topology->centers[center].tier && rule->post == actor->post &&
            number <= rule->count)
            return true;
    }
    return false;
}

/* desk.DEPT.CENTER */
static bool desk_person(const struct topology *topology, char *desk, const char *code, int32_t center,
                        struct actor *actor)
{
    uint32_t number = topology_take_number(desk);
    const struct department *department = topology_department(topology, center, code);

    if (strcmp(desk, "desk") != 0 || number == 0 || !department || number > department->desks)
        return false;
    actor->post = POST_DESK;
    text_put(actor->department, sizeof actor->department, department->code);
    return true;
}

/* grid.AREA */
static bool grid_person(const struct topology *topology, const char *area, struct actor *actor)
{
    int32_t center = topology_grid_center(topology, area);
    if (center < 0)
        return false;
    actor->post = POST_GRID_WORKER;
    text_put(actor->center, sizeof actor->center, topology->centers[center].code);
    text_put(actor->area, sizeof actor->area, area);
    return true;
}

static bool derived_person(const struct topology *topology, const char *user, struct actor *actor)
{
    char name[USER_SIZE];
    if (text_copy(name, sizeof name, user) != ERR_OK)
        return false;
    char *last = strrchr(name, '.');
    if (!last)
        return false;
    *last++ = '\0';
    if (strcmp(name, "grid") == 0)
        return grid_person(topology, last, actor);
    int32_t center = topology_center(topology, last);
    if (center < 0)
        return false;
    text_put(actor->center, sizeof actor->center, topology->centers[center].code);
    char *department = strchr(name, '.');
    if (!department)
        return staff_person(topology, name, center, actor);
    *department++ = '\0';
    return desk_person(topology, name, department, center, actor);
}

/* TYPE.CENTER, or a unit with a name of its own. Grids are known already, as workers. */
static bool unit_person(const struct topology *topology, const char *user, struct actor *actor)
{
    struct unit_identity unit;
    if (!topology_unit(topology, user, &unit))
        return false;
    actor->post = POST_UNIT;
    text_put(actor->center, sizeof actor->center, topology->centers[unit.center].code);
    text_put(actor->department, sizeof actor->department, unit.department);
    return true;
}

static int by_user(const void *user, const void *person)
{
    return strcmp(user, ((const struct named_person *)person)->user);
}

static bool named(const struct topology *topology, const char *user, struct actor *actor)
{
    if (topology->person_count == 0)
        return false;
    const struct named_person *person =
        bsearch(user, topology->persons, topology->person_count, sizeof *person, by_user);
    if (!person)
        return false;
    actor->post = person->post;
    text_put(actor->center, sizeof actor->center, topology->centers[person->center].code);
    text_put(actor->department, sizeof actor->department, person->department);
    text_put(actor->area, sizeof actor->area, person->area);
    return true;
}

bool topology_person(const struct topology *topology, const char *user, struct actor *actor)
{
    struct actor found = {.post = POST_NONE};

    if (text_copy(found.user, sizeof found.user, user) != ERR_OK)
        return false;
    if (!named(topology, user, &found) && !derived_person(topology, user, &found) &&
        !unit_person(topology, user, &found))
        return false;
    *actor = found;
    return true;
}
