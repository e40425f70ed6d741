/* A load source: drives one center over its real socket with a window of requests in flight, and prints
 * figures as JSON. A request counts when its answer, which comes only after the commit, is here; latency is
 * from send to answer. Case numbers and moments go to files, so that the same cases can be acted upon and
 * looked up. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/text.h"
#include "conf/conf_site.h"
#include "link/link_client.h"
#include "wire/frame.h"
#include "wire/request.h"

#define ANSWER_MS 60000
#define OPEN_MS 5000

struct moment {
    int64_t sent_us, took_us; /* monotonic; 0 = not answered */
    int64_t sent_wall_us;
    char case_no[CASE_NO_SIZE];
};

struct load {
    const struct site_center *center;
    const char *item, *user, *source;
    const char *targets; /* commands: notices to this selector */
    enum case_event event;
    int64_t count, window;
    int64_t rate;  /* requests a second; 0 = as fast as the window allows */
    FILE *numbers; /* acts: case numbers, one a line */
    FILE *times;   /* written: case number, moment of sending (unix, microseconds), time to the answer */
    struct link_client *client;
    struct moment *moments;
    int64_t refused;
};

static _Noreturn void die(const char *what, const struct fault *fault)
{
    fprintf(stderr, "bench_load: %s: %s %s\n", what, err_name(fault->code), fault->text);
    exit(1);
}

static void open_client(struct load *load, const struct site *site, struct link_clients **clients)
{
    struct link_keys keys;
    char server[LINK_KEY_SIZE], dir[PATH_SIZE + CODE_SIZE];
    struct fault fault = {.code = ERR_OK};
    snprintf(dir, sizeof dir, "%s/%s", site->keys, load->center->code);
    *clients = link_clients_new(1);
    if (!*clients || link_keys_load(site->keys, "operator", &keys, &fault) != ERR_OK ||
        link_keys_load_public(dir, load->center->code, server, &fault) != ERR_OK ||
        link_client_open(*clients, load->center->listen, server, &keys, OPEN_MS, &load->client, &fault) !=
            ERR_OK)
        die("open", &fault);
    link_keys_forget(&keys);
}

/* ---- one request ---- */

static void fill_report(const struct load *load, struct request *request)
{
    struct case_birth *birth = &request->report.birth;
    snprintf(request->user, sizeof request->user, "receptionist.%s", load->center->code);
    text_put(birth->item, sizeof birth->item, load->item);
    text_put(birth->area, sizeof birth->area, load->center->code);
    text_put(birth->source, sizeof birth->source, load->source);
    birth->lon = birth->lat = NAN;
    request->input.content.text = "路边井盖缺失，行人绕行，请尽快处置。";
}

static void fill_act(const struct load *load, struct request *request)
{
    if (!fgets(request->case_no, sizeof request->case_no, load->numbers)) {
        fprintf(stderr, "bench_load: the file of case numbers is too short\n");
        exit(2);
    }
    request->case_no[strcspn(request->case_no, "\n")] = '\0';
    text_put(request->user, sizeof request->user, load->user);
    request->input.content.reason = "已安排人员处置";
}

static void fill_command(const struct load *load, struct request *request, struct command *draft)
{
    snprintf(request->user, sizeof request->user, "shift_leader.%s", load->center->code);
    request->kind = REQUEST_COMMAND;
    request->command = draft;
    draft->event = COMMAND_ISSUE;
    draft->kind = COMMAND_NOTICE;
    draft->text = "今晚有雷雨，请检查易涝点。";
    draft->lon = draft->lat = NAN;
    text_put(draft->targets, sizeof draft->targets, load->targets);
}

static void send_one(struct load *load, int64_t i)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    struct request request = {.kind = load->event == EVENT_REPORT ? REQUEST_REPORT : REQUEST_ACT};
    struct command draft = {.event = COMMAND_EVENT_NONE};
    struct frame frame = {.kind = FRAME_REQUEST};
    struct fault fault = {.code = ERR_OK};
    struct timespec wall;
    size_t used;

    request.input.key = id_new(clock_wall_ms());
    request.input.event = load->event;
    if (load->targets)
        fill_command(load, &request, &draft);
    else if (load->event == EVENT_REPORT)
        fill_report(load, &request);
    else
        fill_act(load, &request);
    frame.request.correlation = (uint64_t)i + 1;
    frame.request.request = &request;
    clock_gettime(CLOCK_REALTIME, &wall);
    load->moments[i].sent_wall_us = (int64_t)wall.tv_sec * 1000000 + wall.tv_nsec / 1000;
    load->moments[i].sent_us = clock_mono_us();
    if (frame_pack(&frame, bytes, sizeof bytes, &used) != ERR_OK ||
        link_client_send(load->client, bytes, used, &fault) != ERR_OK)
        die("send", &fault);
}

/* One answer; false when the wait was too long. */
static bool receive_one(struct load *load, int wait_ms)
{
    static uint8_t block[1 << 20];
    const uint8_t *bytes;
    size_t size;
    struct arena arena;
    struct frame frame;
    struct fault fault = {.code = ERR_OK};
    enum err err = link_client_recv(load->client, wait_ms, &bytes, &size, &fault);
    if (err == ERR_TIMEOUT && wait_ms < ANSWER_MS)
        return false;
    arena_init(&arena, block, sizeof block);
    if (err != ERR_OK || frame_unpack(bytes, size, &arena, &frame, &fault) != ERR_OK ||
        frame.kind != FRAME_REPLY || frame.reply.correlation - 1 >= (uint64_t)load->count)
        die("receive", &fault);
    struct moment *moment = &load->moments[frame.reply.correlation - 1];
    const struct reply *reply = frame.reply.reply;
    moment->took_us = clock_mono_us() - moment->sent_us;
    if (reply->code != ERR_OK && load->refused++ == 0)
        fprintf(stderr, "bench_load: refused: %s %s\n", err_name(reply->code), reply->text);
    if (reply->has_case)
        text_put(moment->case_no, sizeof moment->case_no, reply->acase.case_no);
    return true;
}

/* ---- the run ---- */

/* Until the next request may be sent: answers are taken meanwhile, so that their latency is true. Returns how
 * many came. */
static int64_t receive_until(struct load *load, int64_t at_us, int64_t waiting)
{
    int64_t done = 0;
    for (int64_t left_us; (left_us = at_us - clock_mono_us()) > 0;) {
        if (done < waiting && receive_one(load, (int)(left_us / 1000)))
            done++;
        else
            nanosleep(&(struct timespec){.tv_nsec = (left_us < 100 ? left_us : 100) * 1000}, NULL);
    }
    return done;
}

static double drive(struct load *load)
{
    int64_t start = clock_mono_us();
    int64_t sent = 0;
    for (int64_t done = 0; done < load->count;) {
        while (sent < load->count && sent - done < load->window) {
            if (load->rate > 0)
                done += receive_until(load, start + sent * 1000000 / load->rate, sent - done);
            send_one(load, sent++);
        }
        if (done < sent)
            done += receive_one(load, ANSWER_MS);
    }
    return (double)(clock_mono_us() - start) / 1e6;
}

static void write_times(const struct load *load)
{
    for (int64_t i = 0; load->times && i < load->count; i++)
        fprintf(load->times, "%s %lld %lld\n", load->moments[i].case_no,
                (long long)load->moments[i].sent_wall_us, (long long)load->moments[i].took_us);
}

static int by_took(const void *a, const void *b)
{
    int64_t x = ((const struct moment *)a)->took_us, y = ((const struct moment *)b)->took_us;
    return (x > y) - (x < y);
}

static void print_figures(const struct load *load, double seconds)
{
    qsort(load->moments, (size_t)load->count, sizeof *load->moments, by_took);
    printf("{\"count\": %lld, \"window\": %lld, \"refused\": %lld, \"seconds\": %.3f, \"per_second\": %.1f, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
           (long long)load->count, (long long)load->window, (long long)load->refused, seconds,
           (double)load->count / seconds, (double)load->moments[load->count / 2].took_us / 1e3,
           (double)load->moments[load->count * 99 / 100].took_us / 1e3);
}

/* ---- options ---- */

static int usage(void)
{
    fprintf(stderr,
            "usage: bench_load --site FILE --center CODE [--times FILE] [--rate N] COUNT WINDOW\n"
            "         --item CODE [--source NAME]                reports\n"
            "         --command SELECTOR                         a notice to whom it names\n"
            "         --event EVENT --user USER --numbers FILE   the same event on each case of FILE\n");
    return 2;
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file) {
        perror(path);
        exit(2);
    }
    return file;
}

static bool parse(int argc, char **argv, struct load *load, const char **site, const char **code)
{
    static const struct option longs[] = {{"site", 1, NULL, 's'},
                                          {"center", 1, NULL, 'c'},
                                          {"item", 1, NULL, 'i'},
                                          {"source", 1, NULL, 'o'},
                                          {"event", 1, NULL, 'e'},
                                          {"user", 1, NULL, 'u'},
                                          {"rate", 1, NULL, 'r'},
                                          {"times", 1, NULL, 't'},
                                          {"numbers", 1, NULL, 'n'},
                                          {"command", 1, NULL, 'd'},
                                          {0}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 's':
            *site = optarg;
            break;
        case 'c':
            *code = optarg;
            break;
        case 'i':
            load->item = optarg;
            break;
        case 'o':
            load->source = optarg;
            break;
        case 'e':
            load->event = case_event_from_name(optarg);
            break;
        case 'd':
            load->targets = optarg;
            break;
        case 'u':
            load->user = optarg;
            break;
        case 'r':
            load->rate = atoll(optarg);
            break;
        case 't':
            load->times = open_file(optarg, "w");
            break;
        case 'n':
            load->numbers = open_file(optarg, "r");
            break;
        default:
            return false;
        }
    }
    if (!*site || !*code || optind + 2 != argc || load->event == EVENT_NONE)
        return false;
    load->count = atoll(argv[optind]);
    load->window = atoll(argv[optind + 1]);
    return load->count > 0 && load->window > 0 &&
           (load->targets ||
            (load->event == EVENT_REPORT ? load->item != NULL : load->user && load->numbers));
}

int main(int argc, char **argv)
{
    struct load load = {.event = EVENT_REPORT, .source = "desk"};
    const char *site_path = NULL, *code = NULL;
    struct site *site;
    struct link_clients *clients;
    if (!parse(argc, argv, &load, &site_path, &code))
        return usage();
    struct conf_errors *errors = malloc(sizeof *errors);
    load.moments = calloc((size_t)load.count, sizeof *load.moments);
    if (!errors || !load.moments)
        return 1;
    conf_errors_init(errors);
    if (conf_site_load(site_path, errors, &site) != ERR_OK || !(load.center = site_center(site, code))) {
        conf_errors_print(errors, stderr);
        return 2;
    }
    open_client(&load, site, &clients);
    double seconds = drive(&load);
    write_times(&load);
    print_figures(&load, seconds);
    link_client_close(&load.client);
    link_clients_free(&clients);
    conf_site_free(&site);
    if (load.times)
        fclose(load.times);
    if (load.numbers)
        fclose(load.numbers);
    free(load.moments);
    free(errors);
    return load.refused > 0;
}
