/* What the root's journal tells of the replayed cases: how each stands now, and what is counted of its way.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd_replay.h"

bool replay_state_final(enum case_state state)
{
    return state == CASE_ARCHIVED || state == CASE_REJECTED || state == CASE_VOIDED || state == CASE_MERGED;
}

bool replay_state_ended(enum case_state state)
{
    return replay_state_final(state) || state == CASE_CLOSED || state == CASE_FORCE_CLOSED;
}

void replay_case_bind(struct replay *replay, int32_t index, const struct id *case_id)
{
    size_t at;
    struct replay_case *c = &replay->cases[index];
    if (c->bound)
        return;
    c->bound = true;
    c->case_id = *case_id;
    store_index_add(&replay->ids, case_id, &at);
    if (at >= replay->id_room) {
        replay->id_room = replay->id_room ? replay->id_room * 2 : 1024;
        replay->id_cases = realloc(replay->id_cases, replay->id_room * sizeof *replay->id_cases);
        if (!replay->id_cases)
            abort();
    }
    replay->id_cases[at] = index;
}

/* The case of that id; -1 when it is none of ours. */
static int32_t known(struct replay *replay, const struct id *id)
{
    size_t at;
    return store_index_find(&replay->ids, id, &at) ? replay->id_cases[at] : -1;
}

/* ---- the view ---- */

static void look_at_clock(const struct case_clock *from, struct replay_clock *to)
{
    *to = (struct replay_clock){.runs = from->run == CLOCK_RUNNING,
                                .unit = from->unit,
                                .start_ms = from->start_ms,
                                .limit_ms = from->limit_ms,
                                .due_ms = from->due_ms};
}

static int64_t next_timer(const struct case_facts *facts)
{
    int64_t next_ms = INT64_MAX;
    for (int kind = 0; kind < CLOCK_KINDS; kind++)
        if (facts->clocks[kind].run == CLOCK_RUNNING && facts->clocks[kind].next_ms < next_ms)
            next_ms = facts->clocks[kind].next_ms;
    return next_ms;
}

static void split_target(const struct topology *topology, const char *target, char department[DEPT_SIZE],
                         int32_t *center)
{
    const char *at = strchr(target, '@');
    size_t length = at ? (size_t)(at - target) : 0;
    department[0] = '\0';
    *center = at ? topology_center(topology, at + 1) : -1;
    if (length == 0 || length >= DEPT_SIZE)
        return;
    memcpy(department, target, length);
    department[length] = '\0';
}

static void look(const struct topology *topology, struct replay_case *c, const struct envelope *e,
                 const struct case_facts *facts)
{
    struct replay_view before = c->view, *v = &c->view;
    v->state = (enum case_state)e->state;
    v->lamp = facts->lamp;
    v->flags = facts->flags;
    v->item_rules = facts->item_rules;
    v->return_asked = facts->return_asked[0] != '\0' && v->state != CASE_DISPUTED;
    v->offered = facts->offer_to[0] != '\0' || (facts->flags & FLAG_CLIMB_PENDING);
    v->owner = topology_center(topology, e->next_owner);
    v->dispute_center = facts->dispute_center[0] ? topology_center(topology, facts->dispute_center) : -1;
    split_target(topology, facts->lead, v->lead, &v->lead_center);
    v->no = e->no;
    v->next_timer_ms = next_timer(facts);
    look_at_clock(&facts->clocks[CLOCK_STATE], &v->state_clock);
    look_at_clock(&facts->clocks[CLOCK_HANDLE], &v->handle_clock);
    look_at_clock(&facts->clocks[CLOCK_LAPSE], &v->lapse_clock);
    if (before.no == 0 || before.state != v->state || before.return_asked != v->return_asked ||
        before.offered != v->offered || before.owner != v->owner || strcmp(before.lead, v->lead) != 0)
        v->entered_ms = e->at_ms;
}

/* ---- what is counted ---- */

static void note_dispatch(struct replay_case *c, const struct envelope *e)
{
    if (!c->dispatched) {
        c->dispatched = true;
        c->by_tree = e->kind == EVENT_DISPATCH && strcmp(e->actor, "system:auto") == 0;
        c->right = c->by_tree && c->file_department[0] && strcmp(c->view.lead, c->file_department) == 0;
    }
    if (c->tried_count < REPLAY_TRIED_MAX)
        memcpy(c->tried[c->tried_count++], c->view.lead, DEPT_SIZE);
}

static bool goes_up(const struct topology *topology, const struct envelope *e)
{
    int32_t from = topology_center(topology, e->writer), to = topology_center(topology, e->next_owner);
    return from >= 0 && topology->centers[from].parent == to;
}

static bool by_machine(const struct envelope *e)
{
    return strncmp(e->actor, "system:", 7) == 0;
}

static void count_event(struct replay *replay, struct replay_case *c, const struct envelope *e,
                        const struct case_facts *facts, enum case_state before)
{
    struct replay_counts *n = &replay->counts;
    bool ended = replay_state_ended((enum case_state)e->state), was = replay_state_ended(before);
    switch ((int)e->kind) {
    case EVENT_HANDOVER:
        n->hand_overs++;
        n->climbs += facts->handed_why == EVENT_CLIMB_PENDING && goes_up(replay->world->topology, e);
        break;
    case EVENT_RETURN:
        n->returns += e->state == CASE_FILED || e->state == CASE_DISPUTED;
        n->disputes += e->state == CASE_DISPUTED;
        break;
    case EVENT_DISPATCH:
    case EVENT_RULE:
    case EVENT_REDISPATCH:
        n->redispatches += c->dispatched;
        note_dispatch(c, e);
        break;
    case EVENT_SUPERVISE:
        n->supervisions++;
        c->supervised |= !by_machine(e);
        break;
    case EVENT_LAPSE:
        n->lapses++;
        break;
    default:
        break;
    }
    n->ended += ended - was;
    n->finals += replay_state_final((enum case_state)e->state) && !replay_state_final(before);
    n->archived += e->state == CASE_ARCHIVED && before != CASE_ARCHIVED;
}

/* The district has stirred: from now on the case is handled as it should be. */
static void note_waking(struct replay_case *c, const struct envelope *e, const struct event_body *body)
{
    if (c->manner == MANNER_IGNORED && e->kind != EVENT_REPORT && !by_machine(e) && body->outcome == ERR_OK)
        c->woken = true;
}

/* ---- the journal ---- */

static void take(struct replay *replay, int32_t index, const struct envelope *e,
                 const struct event_body *body)
{
    struct replay_case *c = &replay->cases[index];
    enum case_state before = c->view.state;
    c->refusals = e->kind == EVENT_REFUSED ? c->refusals : 0;
    look(replay->world->topology, c, e, &body->facts);
    count_event(replay, c, e, &body->facts, before);
    note_waking(c, e, body);
    if (body->has_birth)
        memcpy(c->case_no, body->birth.case_no, sizeof c->case_no);
    if (c->flight.active && id_equal(&c->flight.key, &body->key))
        replay_landed(replay, index, body->outcome, e->no);
    else
        replay_replan(replay, index);
}

void replay_case_read_anew(struct replay *replay, int32_t index)
{
    if (replay->cases[index].stale)
        return;
    replay->cases[index].stale = true;
    if (replay->stale_count == replay->stale_room) {
        replay->stale_room = replay->stale_room ? replay->stale_room * 2 : 64;
        replay->stale = realloc(replay->stale, replay->stale_room * sizeof *replay->stale);
        if (!replay->stale)
            abort();
    }
    replay->stale[replay->stale_count++] = index;
}

/* Event 1 of a case bears the key of its report: so a case is known even before its report is answered. */
static int32_t recognise(struct replay *replay, const struct entry *entry, const struct event_body *body)
{
    size_t at;
    int32_t index = known(replay, &entry->subject);
    if (index >= 0 || entry->subject_no != 1 || !store_index_find(&replay->keys, &body->key, &at))
        return index;
    replay_case_bind(replay, replay->key_cases[at], &entry->subject);
    return replay->key_cases[at];
}

bool replay_case_entry(struct replay *replay, const struct entry *entry)
{
    struct envelope e;
    struct fault fault;
    if (entry->subject_no != 1 && known(replay, &entry->subject) < 0)
        return false;
    arena_reset(&replay->arena);
    struct event_body *body = arena_take(&replay->arena, sizeof *body);
    if (!entry->envelope || envelope_unpack(entry->envelope, &e) != ERR_OK ||
        event_decode(entry->body, entry->body_size, &replay->arena, body, &fault) != ERR_OK ||
        !body->has_facts)
        return false;
    int32_t index = recognise(replay, entry, body);
    if (index < 0 || e.no <= replay->cases[index].view.no)
        return index >= 0;
    if (e.no > replay->cases[index].view.no + 1)
        replay_case_read_anew(replay, index);
    else
        take(replay, index, &e, body);
    return true;
}
