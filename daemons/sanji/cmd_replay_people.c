/* Who sits where in a replay: user names follow from the topology. */
#include "cmd_replay.h"

#include <stdio.h>
#include <string.h>

bool replay_person(const struct topology *topology, int32_t center, const enum post *posts, size_t count,
                   struct replay_act *act)
{
    struct actor actor;
    for (int32_t at = center; at >= 0; at = topology->centers[at].parent) {
        for (size_t i = 0; i < count; i++) {
            snprintf(act->user, sizeof act->user, "%s.%s", post_name(posts[i]), topology->centers[at].code);
            if (!topology_person(topology, act->user, &actor))
                continue;
            act->seat = at;
            return true;
        }
    }
    return false;
}

bool replay_desk(const struct topology *topology, const char *department, int32_t center,
                 struct replay_act *act)
{
    struct actor actor;
    if (center < 0)
        return false;
    int n = snprintf(act->user, sizeof act->user, "desk.%s.%s", department, topology->centers[center].code);
    act->seat = center;
    return n > 0 && (size_t)n < sizeof act->user && topology_person(topology, act->user, &actor);
}

int32_t replay_seat(const struct topology *topology, const char *department, int32_t center)
{
    int32_t above = topology_department_above(topology, center, department);
    if (above >= 0 && topology_department(topology, above, department)->desks > 0)
        return above;
    for (size_t i = 0; i < topology->department_count; i++)
        if (topology->departments[i].desks > 0 && strcmp(topology->departments[i].code, department) == 0)
            return topology->departments[i].center;
    return -1;
}
