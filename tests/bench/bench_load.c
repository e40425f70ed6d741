/* A load source: drives one center over its real socket with a window of requests in flight, and prints figures as JSON.
 *
 *   bench_load --site FILE --center CODE --item CODE report COUNT WINDOW    reports; numbers to stdout with --numbers FILE
 *   bench_load --site FILE --center CODE act FILE EVENT USER COUNT WINDOW   the same event on each case of FILE
 *
 * A request counts when its answer (which comes only after the commit) is here. Latency is from send to answer. */
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

#define ANSWER_MS 20000

struct load {
    const struct site_center *center;
    const char *item, *user, *reason;
    enum case_event event;
    int64_t count, window, rate; /* rate: requests a second, 0 = as fast as the window allows */
    FILE *numbers;               /* reports: case numbers are written here; acts: read from here */
    struct link_client *client;
    int64_t *sent_us, *took_us;
    int64_t refused;
};

static void die(const char *what, const struct fault *fault)
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
        link_client_open(*clients, load->center->listen, server, &keys, 5000, &load->client, &fault) != ERR_OK)
        die("open", &fault);
}

static void make_request(struct load *load, struct request *request)
{
    *request = (struct request){.kind = load->event == EVENT_REPORT ? REQUEST_REPORT : REQUEST_ACT};
    request->input.key = id_new(clock_wall_ms());
    request->input.event = load->event;
    if (load->event != EVENT_REPORT) {
        if (!fgets(request->case_no, sizeof request->case_no, load->numbers))
            exit(2);
        request->case_no[strcspn(request->case_no, "\n")] = '\0';
        text_put(request->user, sizeof request->user, load->user);
        request->input.content.reason = load->reason;
        request->input.content.after_count = 1;
        request->input.content.after[0] = "bench/after.jpg";
        return;
    }
    struct case_birth *birth = &request->report.birth;
    snprintf(request->user, sizeof request->user, "receptionist.%s", load->center->code);
    text_put(birth->item, sizeof birth->item, load->item);
    text_put(birth->area, sizeof birth->area, load->center->code);
    text_put(birth->source, sizeof birth->source, load->user);
    birth->lon = birth->lat = NAN;
    request->input.content.text = "路边井盖缺失,行人绕行,请尽快处置。";
}

static void send_one(struct load *load, int64_t i)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    struct request request;
    struct frame frame = {.kind = FRAME_REQUEST};
    struct fault fault = {.code = ERR_OK};
    size_t used;
    make_request(load, &request);
    frame.request.correlation = (uint64_t)i + 1;
    frame.request.request = &request;
    load->sent_us[i] = clock_mono_us();
    if (frame_pack(&frame, bytes, sizeof bytes, &used) != ERR_OK ||
        link_client_send(load->client, bytes, used, &fault) != ERR_OK)
        die("send", &fault);
}

static void receive_one(struct load *load)
{
    static uint8_t block[1 << 20];
    const uint8_t *bytes;
    size_t size;
    struct arena arena;
    struct frame frame;
    struct fault fault = {.code = ERR_OK};
    arena_init(&arena, block, sizeof block);
    if (link_client_recv(load->client, ANSWER_MS, &bytes, &size, &fault) != ERR_OK ||
        frame_unpack(bytes, size, &arena, &frame, &fault) != ERR_OK)
        die("receive", &fault);
    if (frame.kind != FRAME_REPLY || frame.reply.correlation == 0 ||
        frame.reply.correlation > (uint64_t)load->count)
        return;
    size_t i = (size_t)frame.reply.correlation - 1;
    load->took_us[i] = clock_mono_us() - load->sent_us[i];
    const struct reply *reply = frame.reply.reply;
    if (reply->code != ERR_OK && load->refused++ == 0)
        fprintf(stderr, "bench_load: refused: %s %s\n", err_name(reply->code), reply->text);
    if (load->event == EVENT_REPORT && load->numbers && reply->has_case)
        fprintf(load->numbers, "%s\n", reply->acase.case_no);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void pause_until(int64_t at_us)
{
    int64_t left = at_us - clock_mono_us();
    if (left > 0)
        nanosleep(&(struct timespec){.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000}, NULL);
}

static void drive(struct load *load)
{
    int64_t start = clock_mono_us();
    int64_t sent = 0;
    for (int64_t done = 0; done < load->count; done++) {
        while (sent < load->count && sent - done < load->window) {
            if (load->rate > 0)
                pause_until(start + sent * 1000000 / load->rate);
            send_one(load, sent++);
        }
        receive_one(load);
    }
    double seconds = (double)(clock_mono_us() - start) / 1e6;
    qsort(load->took_us, (size_t)load->count, sizeof *load->took_us, compare);
    printf("{\"count\": %lld, \"window\": %lld, \"refused\": %lld, \"seconds\": %.3f, \"per_second\": %.0f, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
           (long long)load->count, (long long)load->window, (long long)load->refused, seconds,
           (double)load->count / seconds, (double)load->took_us[load->count / 2] / 1e3,
           (double)load->took_us[load->count * 99 / 100] / 1e3);
}

static int usage(void)
{
    fprintf(stderr, "usage: bench_load --site FILE --center CODE [--item CODE] [--source NAME] [--event EVENT --user USER "
                    "[--reason T]] [--numbers FILE] [--rate N] COUNT WINDOW\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {{"site", 1, NULL, 's'},  {"center", 1, NULL, 'c'}, {"item", 1, NULL, 'i'},
                                          {"event", 1, NULL, 'e'}, {"user", 1, NULL, 'u'},   {"source", 1, NULL, 'u'},
                                          {"numbers", 1, NULL, 'n'}, {"rate", 1, NULL, 'r'}, {"reason", 1, NULL, 't'},
                                          {0}};
    const char *site_path = NULL, *code = NULL, *numbers = NULL;
    struct load load = {.event = EVENT_REPORT, .user = "desk", .reason = "bench"};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 's': site_path = optarg; break;
        case 'c': code = optarg; break;
        case 'i': load.item = optarg; break;
        case 'e': load.event = case_event_from_name(optarg); break;
        case 'u': load.user = optarg; break;
        case 'n': numbers = optarg; break;
        case 'r': load.rate = atoll(optarg); break;
        case 't': load.reason = optarg; break;
        default: return usage();
        }
    }
    if (!site_path || !code || optind + 2 != argc)
        return usage();
    load.count = atoll(argv[optind]);
    load.window = atoll(argv[optind + 1]);
    struct conf_errors *errors = malloc(sizeof *errors);
    struct site *site;
    struct link_clients *clients;
    conf_errors_init(errors);
    if (conf_site_load(site_path, errors, &site) != ERR_OK || !(load.center = site_center(site, code))) {
        conf_errors_print(errors, stderr);
        return 2;
    }
    load.numbers = numbers ? fopen(numbers, load.event == EVENT_REPORT ? "w" : "r") : NULL;
    load.sent_us = calloc((size_t)load.count, sizeof *load.sent_us);
    load.took_us = calloc((size_t)load.count, sizeof *load.took_us);
    open_client(&load, site, &clients);
    drive(&load);
    link_client_close(&load.client);
    link_clients_free(&clients);
    conf_site_free(&site);
    if (load.numbers)
        fclose(load.numbers);
    free(load.sent_us);
    free(load.took_us);
    free(errors);
    return load.refused > 0;
}
