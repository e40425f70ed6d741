/* What sanji top looks at: the center's own database, which holds every case of its subtree. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd_top.h"

static void next_of(const struct case_facts *facts, struct top_row *row)
{
    row->next_ms = INT64_MAX;
    for (enum clock_kind kind = CLOCK_STATE; kind < CLOCK_KINDS; kind++) {
        const struct case_clock *clock = &facts->clocks[kind];
        if (clock->run != CLOCK_RUNNING || clock->next_ms >= row->next_ms)
            continue;
        row->next_ms = clock->next_ms;
        row->next_clock = kind;
        row->next_rung = clock->rung;
    }
}

static void names_of(const struct top *top, struct top_row *row)
{
    const struct topology *topology = top->world->topology;
    int32_t owner = topology_center(topology, row->owner);
    const char *at = strchr(row->lead, '@');
    if (owner >= 0)
        memcpy(row->owner_name, topology->centers[owner].name, NAME_SIZE);
    char code[DEPT_SIZE];
    size_t length = at ? (size_t)(at - row->lead) : 0;
    if (length == 0 || length >= sizeof code)
        return;
    memcpy(code, row->lead, length);
    code[length] = '\0';
    int32_t seat = topology_center(topology, at + 1);
    const struct department *department = seat >= 0 ? topology_department(topology, seat, code) : NULL;
    snprintf(row->lead_name, sizeof row->lead_name, "%.90s", department ? department->name : code);
}

static bool on_case(void *ctx, const struct store_case *c)
{
    struct top *top = ctx;
    const struct case_record *r = &c->row.record;
    const struct item *item = catalogue_item(&top->world->catalogue, r->item);
    struct top_row *row = &top->rows[top->row_count];
    *row = (struct top_row){
        .state = r->state, .lamp = r->facts.lamp, .flags = r->facts.flags, .due_ms = c->due_ms};
    memcpy(row->case_no, r->case_no, sizeof row->case_no);
    memcpy(row->owner, r->owner, sizeof row->owner);
    memcpy(row->lead, r->facts.lead, sizeof row->lead);
    memcpy(row->offer_to, r->facts.offer_to, sizeof row->offer_to);
    snprintf(row->item, sizeof row->item, "%s", item ? item->name : r->item);
    next_of(&r->facts, row);
    names_of(top, row);
    top->row_count++;
    return top->row_count < TOP_CASES_MAX;
}

/* Standing ones have come by their flag already. */
static bool on_other_case(void *ctx, const struct store_case *c)
{
    return (c->row.record.facts.flags & FLAG_STANDING) ? true : on_case(ctx, c);
}

static bool on_alarm(void *ctx, const struct store_alarm *alarm)
{
    struct top *top = ctx;
    top->alarms[top->alarm_count++] = *alarm;
    return top->alarm_count < TOP_ALARMS_MAX;
}

static enum err read_all(struct top *top)
{
    struct store_filter filter = {.open = true,
                                  .flags = FLAG_STANDING,
                                  .now_ms = top->now_ms,
                                  .order = STORE_BY_DUE,
                                  .limit = TOP_CASES_MAX / 2};
    struct fault *fault = &top->fault;
    top->row_count = top->alarm_count = 0;
    enum err err = store_read_counts(top->reader, top->center->code, top->now_ms, &top->counts, fault);
    if (err == ERR_OK)
        err = store_read_alarms(top->reader, true, TOP_ALARMS_MAX, on_alarm, top, fault);
    if (err == ERR_OK)
        err = store_read_cases(top->reader, &filter, on_case, top, fault);
    filter.flags = 0;
    filter.limit = TOP_CASES_MAX;
    if (err == ERR_OK)
        err = store_read_cases(top->reader, &filter, on_other_case, top, fault);
    return err;
}

void top_read(struct top *top)
{
    enum err err = ERR_OK;
    top->now_ms = clock_now_ms(&top->site->clock);
    top->fault = (struct fault){.code = ERR_OK};
    if (!top->reader)
        err = store_reader_open(top->center->read_database, &top->reader, &top->fault);
    if (err == ERR_OK)
        err = read_all(top);
    if (err == ERR_OK)
        return;
    top->fault.code = err;
    store_reader_close(&top->reader);
}

const char *top_next(const struct top *top, const struct top_row *row)
{
    static const struct {
        const char *zh, *en;
    } rungs[] = {[RUNG_YELLOW] = {"黄灯催办", "urge"},        [RUNG_DEPUTY] = {"通知备岗", "deputy"},
                 [RUNG_RED] = {"红灯督办", "red, supervise"}, [RUNG_CLIMB] = {"升级上报", "climbs"},
                 [RUNG_REPEAT] = {"再次督办", "supervise"},   [RUNG_STANDING] = {"转为常红", "standing"}};
    bool en = top->cli->english;
    if (row->flags & FLAG_CLIMB_PENDING)
        return en ? "climb pending: link down" : "待升级（链路中断）";
    if (row->offer_to[0])
        return en ? "being offered" : "交接中";
    if (row->next_ms == INT64_MAX)
        return en ? "a person must act" : "待人处理";
    if (row->next_clock == CLOCK_LAPSE)
        return en ? "signature lapses" : "签收失效";
    if (row->state == CASE_SUSPENDED && row->next_clock == CLOCK_STATE)
        return en ? "review" : "到期复查";
    return en ? rungs[row->next_rung].en : rungs[row->next_rung].zh;
}

bool top_matches(const struct top *top, const struct top_row *row)
{
    const char *f = top->filter;
    return !f[0] || strstr(row->case_no, f) || strstr(row->owner, f) || strstr(row->lead, f) ||
           strstr(row->item, f) || strstr(row->owner_name, f) || strstr(row->lead_name, f) ||
           strstr(case_state_name(row->state), f) || strstr(case_state_zh(row->state), f) ||
           strcmp(lamp_name(row->lamp), f) == 0;
}

void top_countdown(int64_t from_ms, int64_t to_ms, char out[TOP_COUNTDOWN_SIZE])
{
    if (to_ms == 0 || to_ms == INT64_MAX) {
        text_put(out, TOP_COUNTDOWN_SIZE, "-");
        return;
    }
    bool passed = to_ms < from_ms;
    int64_t s = (passed ? from_ms - to_ms : to_ms - from_ms) / 1000;
    int n = 0;
    if (s >= 86400)
        n = snprintf(out, TOP_COUNTDOWN_SIZE, "%s%" PRId64 "d", passed ? "-" : "", s / 86400);
    else if (passed)
        n = snprintf(out, TOP_COUNTDOWN_SIZE, "-");
    snprintf(out + n, TOP_COUNTDOWN_SIZE - (size_t)n, "%02d:%02d:%02d", (int)(s / 3600 % 24),
             (int)(s / 60 % 60), (int)(s % 60));
}
