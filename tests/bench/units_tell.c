/* What the simulated units saw, as one line of JSON. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "units.h"

double wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void series_add(struct series *series, double ms)
{
    series->ms = grown(series->ms, &series->room, series->count + 1, sizeof *series->ms);
    series->ms[series->count++] = ms;
}

size_t tally_order(struct run *run, const struct push *push)
{
    struct tally *tally = &run->tally;
    const struct clock_map *clock = &run->site->clock;
    for (size_t i = tally->order_count; i-- > 0;)
        if (id_equal(&tally->orders[i].id, &push->command))
            return i;
    tally->orders = grown(tally->orders, &tally->order_room, tally->order_count + 1, sizeof *tally->orders);
    tally->orders[tally->order_count] = (struct order){
        .id = push->command,
        .kind = push->kind,
        .sent_wall_ms = (double)clock->real_origin_ms +
                        (double)(push->sent_ms - clock->subject_origin_ms) / (double)clock->scale};
    return tally->order_count++;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at_part(const struct series *series, double part)
{
    size_t at = (size_t)((double)series->count * part);
    return series->count ? series->ms[at < series->count ? at : series->count - 1] : 0;
}

static void print_series(FILE *to, const char *name, struct series *series)
{
    if (series->count)
        qsort(series->ms, series->count, sizeof *series->ms, by_size);
    fprintf(to, "\"%s\": {\"count\": %zu, \"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}", name, series->count,
            at_part(series, 0.5), at_part(series, 0.99), at_part(series, 1));
}

static void print_orders(struct run *run, FILE *to)
{
    fprintf(to, ", \"commands\": [");
    for (size_t i = 0; i < run->tally.order_count; i++) {
        struct order *order = &run->tally.orders[i];
        char id[ID_TEXT_SIZE];
        id_format(&order->id, id);
        fprintf(to, "%s{\"command_id\": \"%s\", \"kind\": \"%s\", \"sent_wall_ms\": %.3f, ", i ? ", " : "",
                id, command_kind_name(order->kind), order->sent_wall_ms);
        print_series(to, "called_ms", &order->called);
        fprintf(to, ", ");
        print_series(to, "acked_ms", &order->answered);
        fprintf(to, "}");
    }
    fprintf(to, "]");
}

static void print_asks(struct run *run, double seconds, FILE *to)
{
    static const char *const names[ASK_KINDS] = {[ASK_ATTACH] = "attach",
                                                 [ASK_STEP] = "steps",
                                                 [ASK_MOVE] = "moves",
                                                 [ASK_REPORT] = "reports",
                                                 [ASK_DESK] = "desks"};
    for (int i = ASK_ATTACH; i < ASK_KINDS; i++) {
        fprintf(to, ", \"%s\": {\"asked\": %lld, \"done\": %lld, \"refused\": %lld, \"per_second\": %.1f, ",
                names[i], (long long)run->tally.asked[i], (long long)run->tally.done[i],
                (long long)run->tally.refused[i], (double)run->tally.done[i] / seconds);
        print_series(to, "answer_ms", &run->tally.took[i]);
        fprintf(to, "}");
    }
}

static void print_counts(const struct run *run, FILE *to)
{
    const char *comma = "";
    fprintf(to, ", \"pushes\": {");
    for (int i = 1; i < RECEIPT_EVENTS; i++)
        if (run->tally.pushes[i] > 0) {
            fprintf(to, "%s\"%s\": %lld", comma, receipt_event_name((enum receipt_event)i),
                    (long long)run->tally.pushes[i]);
            comma = ", ";
        }
    fprintf(to, "}, \"refused\": {");
    comma = "";
    for (int i = 1; i < CODES_MAX; i++)
        if (run->tally.codes[i] > 0) {
            fprintf(to, "%s\"%s\": %lld", comma, err_name((enum err)i), (long long)run->tally.codes[i]);
            comma = ", ";
        }
    fprintf(to, "}");
}

void tally_print(struct run *run, double seconds, FILE *to)
{
    uint32_t silent = 0;
    for (uint32_t i = 0; i < run->unit_count; i++)
        silent += run->units[i].silent;
    fprintf(to,
            "{\"units\": %u, \"connections\": %u, \"attached\": %u, \"silent\": %u, \"seconds\": %.3f, "
            "\"asked_again\": %lld, \"not_sent\": %lld, \"bad_frames\": %lld",
            run->unit_count, run->line_count, run->attached, silent, seconds, (long long)run->tally.late,
            (long long)run->tally.skipped, (long long)run->tally.bad_frames);
    print_counts(run, to);
    print_asks(run, seconds, to);
    print_orders(run, to);
    fprintf(to, "}\n");
    fflush(to);
}
