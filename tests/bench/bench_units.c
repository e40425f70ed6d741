/* Simulated units on their real connections: by default every grid of the site's tree. They attach themselves
 * to their centers, sign what they are called for, move and report. Says {"ready": ...} when all are
 * attached, and what they saw at the end: after --seconds, at SIGTERM, or when standard input ends with a
 * line. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf_topology.h"
#include "units.h"
#include "wire/event.h"

#define EVENTS_AT_ONCE 256
#define SWEEP_US 1000000

_Noreturn void die(const char *what, const struct fault *fault)
{
    fprintf(stderr, "bench_units: %s: %s %s\n", what, err_name(fault->code), fault->text);
    exit(1);
}

void *grown(void *array, size_t *room, size_t wanted, size_t size)
{
    if (wanted <= *room)
        return array;
    size_t more = *room ? *room * 2 : 64;
    while (more < wanted)
        more *= 2;
    array = realloc(array, more * size);
    if (!array)
        abort();
    *room = more;
    return array;
}

double dice(struct run *run)
{
    run->dice ^= run->dice >> 12;
    run->dice ^= run->dice << 25;
    run->dice ^= run->dice >> 27;
    return (double)((run->dice * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

/* ---- the run ---- */

/* Something done at an even rate over all units; what cannot be kept up with is left out and counted. */
struct beat {
    double per_second;
    int64_t next_us;
    void (*act)(struct run *run, uint32_t unit);
};

static int64_t beat_due(struct run *run, struct beat *beat, int64_t now_us)
{
    if (!(beat->per_second > 0))
        return INT64_MAX;
    if (now_us - beat->next_us > SWEEP_US) {
        run->tally.skipped += (int64_t)((double)(now_us - beat->next_us) * beat->per_second / 1e6);
        beat->next_us = now_us;
    }
    for (; beat->next_us <= now_us; beat->next_us += (int64_t)(1e6 / beat->per_second))
        beat->act(run, (uint32_t)(dice(run) * run->unit_count));
    return beat->next_us;
}

static int wait_ms(int64_t until_us, int64_t now_us)
{
    int64_t left_us = until_us - now_us;
    return left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
}

static void drain_looks(struct run *run)
{
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < run->line_count + run->desk_count; i++)
            if (run->lines[i].look) {
                line_drain(run, &run->lines[i]);
                again |= run->lines[i].look;
            }
    }
}

/* One turn; false when it is time to end. */
static bool turn(struct run *run, int64_t until_us)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(run->epoll, events, EVENTS_AT_ONCE, wait_ms(until_us, clock_mono_us()));
    for (int i = 0; i < count; i++) {
        if (!events[i].data.ptr)
            return false;
        line_drain(run, events[i].data.ptr);
    }
    drain_looks(run);
    return true;
}

static void say_ready(const struct run *run, double seconds)
{
    printf("{\"ready\": true, \"units\": %u, \"connections\": %u, \"seconds\": %.3f}\n", run->unit_count,
           run->line_count, seconds);
    fflush(stdout);
}

static double live(struct run *run)
{
    int64_t start_us = clock_mono_us(), sweep_us = start_us + SWEEP_US, end_us = INT64_MAX;
    struct beat moves = {.act = life_move}, reports = {.act = life_report};
    for (uint32_t i = 0; i < run->line_count; i++)
        life_attach(run, i);
    for (bool ready = false;;) {
        int64_t now_us = clock_mono_us();
        if (!ready && run->attached == run->unit_count) {
            ready = true;
            say_ready(run, (double)(now_us - start_us) / 1e6);
            start_us = moves.next_us = reports.next_us = now_us;
            moves.per_second = run->options.moves;
            reports.per_second = run->options.reports;
            end_us = run->options.seconds ? now_us + run->options.seconds * 1000000 : INT64_MAX;
        }
        if (now_us >= sweep_us) {
            life_sweep(run, now_us);
            sweep_us = now_us + SWEEP_US;
        }
        int64_t next_us = life_due(run, now_us), move_us = beat_due(run, &moves, now_us),
                report_us = beat_due(run, &reports, now_us);
        next_us = next_us < sweep_us ? next_us : sweep_us;
        next_us = next_us < move_us ? next_us : move_us;
        next_us = next_us < report_us ? next_us : report_us;
        if (now_us >= end_us || !turn(run, next_us))
            return (double)(clock_mono_us() - start_us) / 1e6;
    }
}

/* ---- options ---- */

static int usage(void)
{
    fprintf(stderr,
            "usage: bench_units --site FILE [--each] [--count N] [--types grid,...|all] [--seconds "
            "N] [--seed N]\n"
            "         [--steps ack,depart,arrive,report,finish]   what a unit does when it is "
            "called; default ack\n"
            "         [--delay MS | MS-MS | exp:MS]               before each step; default 0\n"
            "         [--silent SHARE] [--silent-list FILE]       units that never answer\n"
            "         [--desks]                                   the centers' own desks sign as well\n"
            "         [--moves N] [--reports N --item CODE]       a second, over all units\n");
    return 2;
}

static bool parse_steps(const char *text, struct options *options)
{
    options->step_count = 0;
    while (*text) {
        char word[POST_SIZE];
        size_t size = strcspn(text, ",");
        if (size >= sizeof word || options->step_count == STEPS_MAX)
            return false;
        memcpy(word, text, size);
        word[size] = '\0';
        options->steps[options->step_count] = receipt_event_from_name(word);
        if (!options->steps[options->step_count++])
            return false;
        text += size + (text[size] == ',');
    }
    return true;
}

static bool parse_delay(const char *text, struct spread *delay)
{
    double from, to;
    if (sscanf(text, "exp:%lf", &from) == 1) {
        delay->mean_us = (int64_t)(from * 1e3);
        return from > 0;
    }
    int count = sscanf(text, "%lf-%lf", &from, &to);
    delay->min_us = (int64_t)(from * 1e3);
    delay->max_us = count == 2 ? (int64_t)(to * 1e3) : delay->min_us;
    return count >= 1 && from >= 0 && delay->max_us >= delay->min_us;
}

static bool parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"site", 1, NULL, 's'},        {"each", 0, NULL, 'e'},    {"count", 1, NULL, 'n'},
        {"types", 1, NULL, 't'},       {"seconds", 1, NULL, 'u'}, {"seed", 1, NULL, 'd'},
        {"steps", 1, NULL, 'p'},       {"delay", 1, NULL, 'y'},   {"silent", 1, NULL, 'q'},
        {"moves", 1, NULL, 'm'},       {"reports", 1, NULL, 'r'}, {"item", 1, NULL, 'i'},
        {"silent-list", 1, NULL, 'l'}, {"desks", 0, NULL, 'k'},   {0}};
    bool good = true;
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 's':
            options->site = optarg;
            break;
        case 'e':
            options->each = true;
            break;
        case 'k':
            options->desks = true;
            break;
        case 'n':
            options->count = (size_t)atoll(optarg);
            break;
        case 't':
            options->types = optarg;
            break;
        case 'u':
            options->seconds = atoll(optarg);
            break;
        case 'd':
            options->seed = strtoull(optarg, NULL, 10);
            break;
        case 'p':
            good &= parse_steps(optarg, options);
            break;
        case 'y':
            good &= parse_delay(optarg, &options->delay);
            break;
        case 'q':
            options->silent = atof(optarg);
            break;
        case 'm':
            options->moves = atof(optarg);
            break;
        case 'r':
            options->reports = atof(optarg);
            break;
        case 'i':
            options->item = optarg;
            break;
        case 'l':
            options->silent_list = optarg;
            break;
        default:
            return false;
        }
    }
    return good && options->site && optind == argc;
}

/* ---- beginning and end ---- */

static void load(struct run *run)
{
    struct conf_errors *errors = malloc(sizeof *errors);
    if (!errors)
        abort();
    conf_errors_init(errors);
    if (conf_site_load(run->options.site, errors, &run->site) != ERR_OK ||
        conf_topology_load(run->site->topology, errors, &run->topology, NULL) != ERR_OK) {
        conf_errors_print(errors, stderr);
        exit(2);
    }
    free(errors);
}

/* Two descriptors for each connection, and one that says when to end. */
static void open_descriptors(struct run *run)
{
    struct rlimit limit;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    run->epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(run->epoll, EPOLL_CTL_ADD, signalfd(-1, &set, SFD_CLOEXEC), &event);
}

static void free_all(struct run *run)
{
    for (uint32_t i = 0; i < run->unit_count; i++)
        for (struct task *task = run->units[i].tasks, *next; task; task = next) {
            next = task->next;
            free(task);
        }
    for (size_t i = 0; i < run->tally.order_count; i++) {
        free(run->tally.orders[i].called.ms);
        free(run->tally.orders[i].answered.ms);
    }
    for (int i = 0; i < ASK_KINDS; i++)
        free(run->tally.took[i].ms);
    free(run->tally.orders);
    free(run->asks);
    free(run->deeds);
    free(run->units);
    free(run->lines);
    topology_free(run->topology);
    conf_site_free(&run->site);
}

int main(int argc, char **argv)
{
    struct run run = {
        .options = {.types = "grid", .item = "0101", .step_count = 1, .steps = {RECEIPT_ACK}, .seed = 1}};
    if (!parse(argc, argv, &run.options))
        return usage();
    if (wire_init() != ERR_OK)
        return 1;
    run.dice = run.options.seed * 0x9E3779B97F4A7C15u + 1;
    load(&run);
    units_choose(&run);
    open_descriptors(&run);
    lines_open(&run);
    double seconds = live(&run);
    tally_print(&run, seconds, stdout);
    lines_close(&run);
    free_all(&run);
    return 0;
}
