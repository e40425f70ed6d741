/* sanji init: keys, state folders and databases of the centers of a site. What is there stays: again changes
 * nothing. */
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli_admin.h"
#include "cli_progress.h"
#include "cli_source.h"
#include "commands.h"
#include "folder.h"
#include "keys_book.h"
#include "store/store_admin.h"

#define WORKERS                                                                                              \
    2 /* copying a template is the server's work, a core each; more of them only queue on its disk */

struct init_work {
    struct cli *cli;
    struct keys_book book;
    const struct site_center **centers; /* the ones that were asked for */
    size_t count;
    size_t keys, lists, folders, databases, neighbours; /* made, written, added */
    /* databases are made by several threads; they share what follows and the counts, under the lock */
    pthread_mutex_t lock;
    size_t begun, finished, until; /* of the centers; none from `until` on is begun yet */
    struct cli_progress progress;
    enum err failed;
    struct fault fault;
};

/* ---- keys ---- */

static enum err make_keys(struct init_work *work, struct fault *fault)
{
    bool made;
    enum err err = keys_book_make_client(&work->book, KEYS_OPERATOR, &made, fault);
    for (size_t i = 0; err == ERR_OK && i < work->count; i++) {
        err = keys_book_make_center(&work->book, work->centers[i]->code, false, &made, fault);
        work->keys += made;
    }
    return err;
}

/* A new center is in its parent's list and knows its parent, so neighbours are written, too. */
static enum err write_keys(struct init_work *work, struct fault *fault)
{
    size_t count = work->cli->site->center_count;
    struct keys_change *changes = calloc(count, sizeof *changes);
    if (!changes)
        return fault_set(fault, ERR_MEMORY, "no memory");
    enum err err = keys_book_write(&work->book, changes, fault);
    for (size_t i = 0; i < count; i++)
        work->lists += changes[i].lists || changes[i].parent;
    free(changes);
    return err;
}

/* ---- folders ---- */

static enum err make_folder(struct init_work *work, const char *path, struct fault *fault)
{
    bool made = false;
    enum err err = folder_make(path, 0750, &made, fault);
    work->folders += made;
    return err == ERR_OK && made ? keys_book_own(&work->book, path, fault) : err;
}

/* ---- databases ---- */

static enum err init_database(const struct keys_book *book, const struct site_center *center,
                              struct store_admin *admin, struct store_inited *done, struct fault *fault)
{
    const struct topology *topology = book->topology;
    const char *children[CHILDREN_MAX];
    char database[DATABASE_NAME_SIZE];
    int32_t index = topology_center(topology, center->code);
    int32_t parent = topology->centers[index].parent;
    struct store_init init = {.database = database,
                              .center = center->code,
                              .parent = parent < 0 ? NULL : topology->centers[parent].code,
                              .children = children,
                              .wall_ms = clock_wall_ms()};
    for (size_t i = 0; i < topology->center_count && init.child_count < CHILDREN_MAX; i++)
        if (topology->centers[i].parent == index)
            children[init.child_count++] = topology->centers[i].code;
    enum err err = cli_admin_database(center, database, fault);
    if (err == ERR_OK)
        err = store_admin_init(admin, &init, done, fault);
    return err == ERR_OK ? ERR_OK : fault_context(fault, "%s", center->code);
}

/* Ends with the first error of any thread. */
static void count_done(struct init_work *work, const struct store_inited *done, enum err err,
                       const struct fault *fault)
{
    pthread_mutex_lock(&work->lock);
    work->databases += done->database;
    work->neighbours += done->database ? 0 : (size_t)done->neighbours;
    if (err != ERR_OK && work->failed == ERR_OK) {
        work->failed = err;
        work->fault = *fault;
    }
    cli_progress_step(&work->progress, ++work->finished, NULL);
    pthread_mutex_unlock(&work->lock);
}

static const struct site_center *next_center(struct init_work *work)
{
    const struct site_center *center = NULL;
    pthread_mutex_lock(&work->lock);
    if (work->failed == ERR_OK && work->begun < work->until)
        center = work->centers[work->begun++];
    pthread_mutex_unlock(&work->lock);
    return center;
}

/* One connection to the server; takes centers until none is left. */
static void *init_some(void *ctx)
{
    struct init_work *work = ctx;
    struct store_admin *admin = NULL;
    const struct site_center *center;
    while ((center = next_center(work))) {
        struct fault fault = {.text = ""};
        struct store_inited done = {.database = false};
        enum err err = admin ? ERR_OK : cli_admin_open(work->cli, work->centers[0], &admin, &fault);
        if (err == ERR_OK)
            err = init_database(&work->book, center, admin, &done, &fault);
        count_done(work, &done, err, &fault);
    }
    store_admin_close(&admin);
    return NULL;
}

/* The first alone, because it makes the roles and the template that the others are copied from. */
static void init_first_then_rest(struct init_work *work)
{
    pthread_t threads[WORKERS];
    size_t started = 0;
    work->until = 1;
    init_some(work);
    work->until = work->count;
    while (started < WORKERS && started + 1 < work->count &&
           pthread_create(&threads[started], NULL, init_some, work) == 0)
        started++;
    if (started == 0)
        init_some(work);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

static enum err init_databases(struct init_work *work, struct fault *fault)
{
    for (size_t i = 0; i < work->count; i++)
        if (make_folder(work, work->centers[i]->state, fault) != ERR_OK)
            return fault->code;
    pthread_mutex_init(&work->lock, NULL);
    cli_progress_begin(&work->progress, work->cli->english ? "databases" : "数据库", work->count, false);
    init_first_then_rest(work);
    cli_progress_end(&work->progress);
    pthread_mutex_destroy(&work->lock);
    if (work->failed != ERR_OK)
        *fault = work->fault;
    return work->failed;
}

/* ---- the command ---- */

static int say_done(const struct init_work *work)
{
    if (work->cli->json)
        return cli_print_json(
            json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "ok", 1, "centers", (json_int_t)work->count,
                      "keys_made", (json_int_t)work->keys, "lists_written", (json_int_t)work->lists,
                      "folders_made", (json_int_t)work->folders, "databases_made",
                      (json_int_t)work->databases, "neighbours_added", (json_int_t)work->neighbours));
    printf(work->cli->english
               ? "%zu centers ready: %zu key pairs, %zu lists, %zu databases made, %zu neighbours added\n"
               : "%zu 个中心就绪：新建密钥对 %zu，更新名单 %zu，新建数据库 %zu，新增相邻中心 %zu\n",
           work->count, work->keys, work->lists, work->databases, work->neighbours);
    return 0;
}

static enum err init_all(struct init_work *work, struct fault *fault)
{
    enum err err = keys_book_open(&work->book, work->cli->site, work->cli->world->topology, fault);
    if (err == ERR_OK)
        err = make_keys(work, fault);
    if (err == ERR_OK)
        err = write_keys(work, fault);
    return err == ERR_OK ? init_databases(work, fault) : err;
}

static int run_init(struct cli *cli)
{
    struct init_work work = {.cli = cli};
    struct fault fault = {.text = ""};
    int status = cli_admin_centers(cli, &work.centers, &work.count);
    if (status != 0)
        return status;
    enum err err = init_all(&work, &fault);
    status = err == ERR_OK ? say_done(&work) : cli_fail(cli, err, "%s", fault.text);
    keys_book_close(&work.book);
    free(work.centers);
    return status;
}

const struct cli_command cmd_init = {
    .group = "init",
    .zh = "建立中心的密钥、目录与数据库；可反复执行，已有的不动",
    .en = "make keys, folders and databases of centers; again at any time, what is there stays",
    .options = CLI_ADMIN_OPTIONS,
    .run = run_init};
