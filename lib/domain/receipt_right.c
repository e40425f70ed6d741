/* Who may answer for a recipient. */
#include "domain/receipt_work.h"

#include <string.h>

#define CENTER_DESK (POST_RECEPTIONIST | POST_DISPATCHER | POST_SHIFT_LEADER | POST_LEADER)
#define BY_RADIO (POST_DISPATCHER | POST_SHIFT_LEADER)

/* The unit itself, or, for a grid, whoever is its worker by name. */
static bool is_unit(const struct recipient *recipient, const struct actor *actor)
{
    if (strcmp(actor->user, recipient->name) == 0)
        return true;
    const char *dot = strchr(recipient->name, '.');
    return strcmp(recipient->type, "grid") == 0 && actor->post == POST_GRID_WORKER && dot &&
           strcmp(dot + 1, actor->area) == 0;
}

static bool is_itself(const struct recipient *recipient, const struct actor *actor)
{
    switch (recipient->kind) {
    case RECIPIENT_CENTER:
        return (actor->post & CENTER_DESK) != 0;
    case RECIPIENT_DESK:
        return actor->post == POST_DESK && strcmp(actor->department, recipient->department) == 0;
    case RECIPIENT_UNIT:
        return is_unit(recipient, actor);
    }
    return false;
}

static bool is_deputy(const struct receipt_work *work, const struct recipient *recipient,
                      const struct actor *actor)
{
    struct duty duty;
    if (strcmp(actor->user, work->receipt.deputy) == 0)
        return true;
    duty_at(work->world->response, work->world->topology, work->world->calendar, recipient, work->now_ms,
            &duty);
    return strcmp(actor->user, duty.deputy) == 0;
}

static enum err no_right(const struct receipt_work *work, const struct actor *actor)
{
    return fault_set(work->fault, ERR_NO_RIGHT, "中心 %s 的%s %s 不能代 %s 回应指令", actor->center,
                     post_zh(actor->post), actor->user, work->receipt.name);
}

enum err receipt_may(const struct receipt_work *work, const struct actor *actor, bool *by_other)
{
    const struct topology *topology = work->world->topology;
    struct recipient recipient;
    *by_other = false;
    if (!actor->user[0])
        return fault_set(work->fault, ERR_MISSING, "回应指令须具名");
    if (strcmp(actor->center, topology->centers[work->world->here].code) != 0 ||
        !recipient_find(topology, work->receipt.name, &recipient) || recipient.center != work->world->here)
        return no_right(work, actor);
    if (is_itself(&recipient, actor))
        return ERR_OK;
    *by_other = true;
    if (is_deputy(work, &recipient, actor))
        return ERR_OK;
    return recipient.kind == RECIPIENT_UNIT && (actor->post & BY_RADIO) ? ERR_OK : no_right(work, actor);
}
