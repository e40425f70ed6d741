/* The case file's rows: which become cases, which go to the manual queue, and what the matrices say of them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd_replay.h"
#include "pingshan.h"

static const struct {
    const char *name, *code;
} sources[] = {{"@坪山", "wechat-pingshan"}, {"美丽深圳", "app-meilishenzhen"}, {"12345", "12345"},
               {"12319", "12319"},           {"政府信箱", "mailbox"},           {"固话投诉", "phone"}};

static const char *source_code(const char *name)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(sources[i].name, name) == 0)
            return sources[i].code;
    return "other";
}

void replay_manual_add(struct replay *replay, const char *rec_id, const char *reason, const char *text)
{
    if (replay->manual_count == replay->manual_room) {
        replay->manual_room = replay->manual_room ? replay->manual_room * 2 : 64;
        replay->manual = realloc(replay->manual, replay->manual_room * sizeof *replay->manual);
        if (!replay->manual)
            abort();
    }
    struct replay_manual *manual = &replay->manual[replay->manual_count++];
    snprintf(manual->rec_id, sizeof manual->rec_id, "%s", rec_id);
    manual->reason = reason;
    snprintf(manual->text, sizeof manual->text, "%s", text);
}

static struct replay_case *add_case(struct replay *replay, size_t *room)
{
    if (replay->case_count == *room) {
        *room = *room ? *room * 2 : 1024;
        replay->cases = realloc(replay->cases, *room * sizeof *replay->cases);
        if (!replay->cases)
            abort();
    }
    struct replay_case *c = &replay->cases[replay->case_count++];
    memset(c, 0, sizeof *c);
    return c;
}

static int32_t department_index(const struct topology *topology, const char *code)
{
    for (size_t i = 0; i < topology->department_count; i++)
        if (topology->departments[i].desks > 0 && strcmp(topology->departments[i].code, code) == 0)
            return (int32_t)i;
    return -1;
}

static void take_row(struct replay *replay, const struct pingshan_row *row, size_t *room)
{
    const struct topology *topology = replay->world->topology;
    char key[64];
    if (row->reason != PINGSHAN_PLACED) {
        replay_manual_add(replay, row->rec_id, pingshan_reason_name(row->reason),
                          pingshan_reason_text(row->reason, replay->cli->english));
        return;
    }
    struct replay_case *c = add_case(replay, room);
    memcpy(c->rec_id, row->rec_id, sizeof c->rec_id);
    memcpy(c->file_department, row->department, sizeof c->file_department);
    if (text_copy(c->nature, sizeof c->nature, row->nature) != ERR_OK)
        c->nature[0] = '\0';
    c->source = source_code(row->source);
    c->at_ms = row->at_ms;
    c->item = row->known;
    c->center = row->center;
    c->department = department_index(topology, row->department);
    c->manner = replay_manner(replay, c->rec_id);
    snprintf(key, sizeof key, "replay pingshan %s", c->rec_id);
    c->key = cli_key(key);
    c->plan_ms = INT64_MAX;
    c->view.owner = c->view.lead_center = c->view.dispute_center = -1;
}

static void count_choices(const struct replay *replay, const struct route_matrix *matrix,
                          const struct replay_case *c, struct replay_score *score)
{
    struct route_choice choices[3];
    if (!matrix || !c->file_department[0])
        return;
    size_t count = route_choose(matrix, &replay->world->catalogue, c->item,
                                replay->world->topology->centers[c->center].code, choices, 3);
    score->cases++;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(choices[i].department, c->file_department) != 0)
            continue;
        score->first += i == 0;
        score->top3++;
        return;
    }
}

static int by_time(const void *a, const void *b)
{
    const struct replay_case *x = a, *y = b;
    return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

/* Each row is one case: a number that comes twice is for a person to look at. */
static void index_keys(struct replay *replay)
{
    size_t kept = 0;
    replay->key_room = replay->case_count;
    replay->key_cases = calloc(replay->case_count + 1, sizeof *replay->key_cases);
    replay->flying = calloc(REPLAY_FLIGHTS_MAX, sizeof *replay->flying);
    if (!replay->key_cases || !replay->flying)
        abort();
    for (size_t i = 0; i < replay->case_count; i++) {
        size_t at;
        if (store_index_add(&replay->keys, &replay->cases[i].key, &at)) {
            replay_manual_add(replay, replay->cases[i].rec_id, "duplicate", "REC_ID");
            continue;
        }
        replay->cases[kept] = replay->cases[i];
        replay->key_cases[at] = (int32_t)kept++;
    }
    replay->case_count = kept;
}

enum err replay_rows_read(struct replay *replay, const char *path, int64_t from_ms, int64_t until_ms,
                          int64_t limit, struct fault *fault)
{
    const struct world *world = replay->world;
    struct pingshan *file = NULL;
    struct pingshan_row row;
    size_t room = 0;
    bool more = true;
    enum err err =
        pingshan_open(path, world->topology, &world->catalogue, world->calendar.offset_min, &file, fault);
    while (err == ERR_OK && replay->counts.rows < limit) {
        err = pingshan_next(file, &row, &more, fault);
        if (err != ERR_OK || !more)
            break;
        if (row.at_ms < from_ms || row.at_ms >= until_ms)
            continue;
        replay->counts.rows++;
        take_row(replay, &row, &room);
    }
    pingshan_close(&file);
    if (err != ERR_OK)
        return err;
    qsort(replay->cases, replay->case_count, sizeof *replay->cases, by_time);
    index_keys(replay);
    for (size_t i = 0; i < replay->case_count; i++) {
        const struct route_matrix *in_force = replay->learned ? replay->learned : &world->matrix;
        count_choices(replay, in_force, &replay->cases[i], &replay->tree_matrix);
        if (replay->learned) /* what the tree would have done without it */
            count_choices(replay, &world->matrix, &replay->cases[i], &replay->topology_matrix);
    }
    return ERR_OK;
}

void replay_rows_free(struct replay *replay)
{
    store_index_fini(&replay->keys);
    store_index_fini(&replay->ids);
    free(replay->key_cases);
    free(replay->id_cases);
    free(replay->flying);
    free(replay->stale);
    free(replay->manual);
    free(replay->cases);
    free(replay->scratch);
    if (replay->learned)
        route_free(replay->learned);
    free(replay->learned);
}
