/* Loads the files of a tree in the order in which one is checked against the other. */
#include "conf/conf_world.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "conf/conf_calendar.h"
#include "conf/conf_catalogue.h"
#include "conf/conf_policy.h"
#include "conf/conf_response.h"
#include "conf/conf_route.h"
#include "conf/conf_topology.h"

/* What has been read so far; a part that failed stays NULL or false, and what depends on it is checked less.
 */
struct loading {
    struct conf_errors *errors;
    struct conf_topology_use use;
    struct world *world;
    struct conf_catalogue catalogue;
    bool catalogue_sound;
};

static void check_use(struct conf_doc *doc, const struct conf_topology_use *use)
{
    const struct {
        const char *key, *path;
    } needed[] = {{"catalogue", use->catalogue},
                  {"matrix", use->matrix},
                  {"calendar", use->calendar},
                  {"policy", use->policy},
                  {"response", use->response}};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (needed[i].path[0] == '\0')
            conf_error_at(doc, NULL, "'use' names no %s", needed[i].key);
}

static enum err load_topology(struct loading *loading, const char *path)
{
    struct conf_doc *doc = NULL;
    if (conf_read_file(path, loading->errors, &doc) != ERR_OK)
        return ERR_CONFIG;
    enum err result = conf_topology_read(doc, &loading->world->topology, &loading->use);
    if (result == ERR_OK)
        check_use(doc, &loading->use);
    conf_doc_free(&doc);
    return result;
}

static void load_catalogue(struct loading *loading)
{
    struct policy *policies = NULL;
    size_t count = 0;

    if (loading->use.policy[0] != '\0' &&
        conf_policy_read(loading->use.policy, loading->errors, &policies, &count) != ERR_OK)
        policies = NULL;
    if (loading->use.catalogue[0] == '\0')
        free(policies);
    else
        loading->catalogue_sound = conf_catalogue_read(loading->use.catalogue, loading->errors, policies,
                                                       count, &loading->catalogue) == ERR_OK;
}

static void load_matrix(struct loading *loading)
{
    const struct catalogue *catalogue = loading->catalogue_sound ? &loading->catalogue.catalogue : NULL;
    if (loading->use.matrix[0] == '\0' ||
        conf_route_read(loading->use.matrix, loading->errors, catalogue, loading->world->topology,
                        &loading->world->matrix) != ERR_OK)
        return;
    if (catalogue)
        conf_route_check(&loading->world->matrix, &loading->catalogue);
}

static void load_calendar(struct loading *loading)
{
    if (loading->use.calendar[0] != '\0' &&
        conf_calendar_read(loading->use.calendar, loading->errors, &loading->world->calendar) != ERR_OK)
        loading->world->calendar = (struct calendar){.version = 0};
}

static void load_response(struct loading *loading)
{
    struct response *response = &loading->world->response;
    if (loading->use.response[0] == '\0' || conf_response_read(loading->use.response, loading->errors,
                                                               loading->world->topology, response) != ERR_OK)
        return;
    if (loading->catalogue_sound)
        conf_response_check(response, &loading->catalogue);
}

/* 135 of these run on one machine: what reading took goes back to the system at once. */
static void give_back_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

enum err conf_world_load(const char *topology_path, struct conf_errors *errors, struct world **world)
{
    struct loading loading = {.errors = errors, .world = calloc(1, sizeof *loading.world)};
    *world = NULL;
    if (!loading.world)
        return ERR_MEMORY;

    enum err result = load_topology(&loading, topology_path);
    load_catalogue(&loading);
    load_matrix(&loading);
    load_calendar(&loading);
    load_response(&loading);

    if (loading.catalogue_sound) {
        conf_catalogue_release(&loading.catalogue);
        loading.world->catalogue = loading.catalogue.catalogue;
    }
    if (result == ERR_OK)
        result = conf_errors_result(errors, NULL);
    give_back_memory();
    if (result == ERR_OK)
        *world = loading.world;
    else
        conf_world_free(&loading.world);
    return result;
}

void conf_world_free(struct world **world)
{
    if (!*world)
        return;
    topology_free((*world)->topology);
    catalogue_free(&(*world)->catalogue);
    route_free(&(*world)->matrix);
    response_free(&(*world)->response);
    free(*world);
    *world = NULL;
}
