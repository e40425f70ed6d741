/* sanji case show, list, export: read from the center's own database with the reading role, so that they
 * answer also while the center itself is down. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli.h"
#include "cli_table.h"
#include "cmd_case_history.h"
#include "commands.h"
#include "store/store_read.h"

#define LIST_MAX 100000

/* ---- the center's database ---- */

static struct store_reader *open_reader(struct cli *cli)
{
    struct store_reader *reader = NULL;
    struct fault fault = {.code = ERR_OK};
    const struct site_center *center = cli_center(cli);
    if (!center || !cli_world(cli))
        return NULL;
    enum err err = store_reader_open(center->read_database, &reader, &fault);
    if (err != ERR_OK)
        cli_fail(cli, err, "%s", fault.text);
    return reader;
}

static json_t *json_time(struct cli *cli, int64_t at_ms)
{
    char text[CLOCK_TEXT_SIZE];
    if (at_ms == 0 || at_ms == INT64_MAX)
        return json_null();
    cli_time(cli, at_ms, text);
    return json_string(text);
}

/* ---- one case ---- */

static const char *const flag_names[] = {"urged",   "supervised", "climb-pending", "standing", "final-ruling",
                                         "checked", "exercise",   "trusted",       "manual",   "leader-list",
                                         "skipped", "lapsed",     "similar",       "offered"};

static json_t *flags_json(uint32_t flags)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
        if (flags & (1u << i))
            json_array_append_new(list, json_string(flag_names[i]));
    return list;
}

static json_t *clocks_json(struct cli *cli, const struct case_facts *facts)
{
    static const char *const names[CLOCK_KINDS] = {"state", "handle", "supervise", "assist", "lapse"};
    static const char *const runs[] = {"stopped", "running", "paused"};
    static const char *const rungs[] = {"yellow", "deputy", "red", "climb", "repeat", "standing"};
    json_t *out = json_object();
    for (size_t i = 0; i < CLOCK_KINDS; i++) {
        const struct case_clock *clock = &facts->clocks[i];
        if (clock->run == CLOCK_STOPPED)
            continue;
        json_object_set_new(
            out, names[i],
            json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:o}", "run", runs[clock->run], "next_rung",
                      rungs[clock->rung], "start", json_time(cli, clock->start_ms), "due",
                      json_time(cli, clock->due_ms), "next", json_time(cli, clock->next_ms), "remain_ms",
                      (json_int_t)clock->remain_ms, "first_due", json_time(cli, clock->first_due_ms)));
    }
    return out;
}

static json_t *counts_json(const struct case_facts *facts)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "returns", facts->returns, "extensions",
                     facts->extensions, "reworks", facts->reworks, "hops", facts->hops, "reopens",
                     facts->reopens, "urges", facts->urges, "supervisions", facts->supervisions);
}

/* What list and show have in common. */
static json_t *case_json(struct cli *cli, const struct store_case *c)
{
    const struct case_record *r = &c->row.record;
    const struct item *item = catalogue_item(&cli->world->catalogue, r->item);
    char id[ID_TEXT_SIZE];
    id_format(&r->id, id);
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:i, s:i, s:o, s:o}", "case_no",
        r->case_no, "case_id", id, "state", case_state_name(r->state), "state_zh", case_state_zh(r->state),
        "owner", r->owner, "origin", r->origin, "item", r->item, "item_name", item ? item->name : "", "area",
        r->area, "lamp", lamp_name(r->facts.lamp), "lead", r->facts.lead, "due", json_time(cli, c->due_ms),
        "overdue", c->overdue, "epoch", r->epoch, "last_no", r->last_no, "reported",
        json_time(cli, c->reported_ms), "flags", flags_json(r->facts.flags));
    json_object_set_new(out, "priority", json_string(priority_name(r->facts.priority)));
    json_object_set_new(out, "source", json_string(r->source));
    if (!isnan(r->lon)) {
        json_object_set_new(out, "lon", json_real(r->lon));
        json_object_set_new(out, "lat", json_real(r->lat));
    }
    return out;
}

static void add_facts(struct cli *cli, const struct case_record *r, json_t *out)
{
    const struct case_facts *f = &r->facts;
    json_t *assist = json_array();
    for (size_t i = 0; i < f->assist_count; i++)
        json_array_append_new(assist, json_string(f->assist[i]));
    json_object_set_new(out, "assist", assist);
    json_object_set_new(out, "counts", counts_json(f));
    json_object_set_new(out, "clocks", clocks_json(cli, f));
    json_object_set_new(out, "signer", json_string(f->signer));
    json_object_set_new(out, "handler", json_string(f->handler));
    json_object_set_new(out, "policy", json_string(f->policy.name));
    json_object_set_new(out, "mode", json_string(f->mode == MODE_WAR ? "war" : "peace"));
    json_object_set_new(out, "offer_to", json_string(f->offer_to));
    json_object_set_new(out, "satisfaction", json_integer(f->satisfaction));
    json_object_set_new(out, "filed", json_time(cli, f->filed_ms));
    json_object_set_new(out, "closed", json_time(cli, f->closed_ms));
    json_object_set_new(out, "catalogue_version", json_integer(f->catalogue_version));
    json_object_set_new(out, "calendar_version", json_integer(f->calendar_version));
}

static void print_case(const struct cli *cli, const json_t *out)
{
    static const char *const keys[] = {"item", "item_name", "area", "owner", "origin",
                                       "lead", "lamp",      "due",  "text"};
    static const char *const zh[] = {"事项", "名称", "区域", "所属中心", "上报中心",
                                     "主办", "灯",   "到期", "情况"};
    printf("%s  %s (%s)\n", json_string_value(json_object_get(out, "case_no")),
           json_string_value(json_object_get(out, "state_zh")),
           json_string_value(json_object_get(out, "state")));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = json_string_value(json_object_get(out, keys[i]));
        if (value && value[0])
            printf("  %s: %s\n", cli->english ? keys[i] : zh[i], value);
    }
    printf("\n");
}

static int show(struct cli *cli, struct store_reader *reader)
{
    struct store_case found;
    struct fault fault = {.code = ERR_OK};
    int64_t now_ms = clock_now_ms(&cli->site->clock);
    enum err err = store_read_case(reader, cli->words[0], now_ms, &found, &fault);
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", cli->words[0]);
    json_t *out = case_json(cli, &found);
    add_facts(cli, &found.row.record, out);
    err = case_history_read(cli, reader, &found.row.record, out, &fault);
    if (err != ERR_OK) {
        json_decref(out);
        return cli_fail(cli, err, "%s", fault.text);
    }
    if (cli->json)
        return cli_print_json(out);
    print_case(cli, out);
    case_history_print(cli, json_object_get(out, "history"));
    json_decref(out);
    return 0;
}

/* Without --center the number itself says where the case began. */
static void center_from_number(struct cli *cli, char code[CODE_SIZE])
{
    size_t length = strcspn(cli->words[0], "-");
    if (cli_value(cli, "center") || length >= CODE_SIZE)
        return;
    memcpy(code, cli->words[0], length);
    code[length] = '\0';
    cli->values[0] = code; /* --center is the first option of the row */
}

static int run_show(struct cli *cli)
{
    char code[CODE_SIZE];
    center_from_number(cli, code);
    struct store_reader *reader = open_reader(cli);
    if (!reader)
        return cli->world ? 3 : 2;
    int status = show(cli, reader);
    store_reader_close(&reader);
    return status;
}

const struct cli_command cmd_case_show = {
    .group = "case",
    .verb = "show",
    .words = "NO",
    .words_min = 1,
    .words_max = 1,
    .zh = "一个案卷的现状与全部经过",
    .en = "one case as it stands, and its whole history",
    .options = {{"center", "CODE", "看哪个中心的副本，缺省为上报中心 / whose copy, by default the origin's",
                 false}},
    .run = run_show};

/* ---- lists ---- */

struct listing {
    struct cli *cli;
    json_t *list;
    struct cli_table *table;
    FILE *lines; /* export: one JSON object a line */
    int64_t count;
};

static bool on_case(void *ctx, const struct store_case *c)
{
    struct listing *listing = ctx;
    const struct case_record *r = &c->row.record;
    char due[CLOCK_TEXT_SIZE];
    listing->count++;
    if (listing->lines) {
        json_t *row = case_json(listing->cli, c);
        add_facts(listing->cli, r, row);
        json_dumpf(row, listing->lines, JSON_COMPACT);
        fputc('\n', listing->lines);
        json_decref(row);
    } else if (listing->list) {
        json_array_append_new(listing->list, case_json(listing->cli, c));
    } else {
        const struct item *item = catalogue_item(&listing->cli->world->catalogue, r->item);
        cli_time(listing->cli, c->due_ms, due);
        cli_table_row(listing->table);
        cli_table_cell(listing->table, "%s", r->case_no);
        cli_table_cell(listing->table, "%s", case_state_zh(r->state));
        cli_table_cell(listing->table, "%s", item ? item->name : r->item);
        cli_table_cell(listing->table, "%s", r->owner);
        cli_table_cell(listing->table, "%s", r->facts.lead);
        cli_table_cell(listing->table, "%s", lamp_name(r->facts.lamp));
        cli_table_cell(listing->table, "%.16s%s", due, c->overdue ? " !" : "");
    }
    return true;
}

static bool filter_options(struct cli *cli, struct store_filter *filter)
{
    const char *state = cli_value(cli, "state");
    filter->owner = cli_value(cli, "owner");
    filter->area = cli_value(cli, "area");
    filter->item = cli_value(cli, "item");
    filter->open = cli_flag(cli, "open");
    filter->overdue = cli_flag(cli, "overdue");
    filter->now_ms = clock_now_ms(&cli->site->clock);
    filter->state = state ? case_state_from_name(state) : CASE_NONE;
    if (state && filter->state == CASE_NONE) {
        cli_fail(cli, ERR_USAGE,
                 "--state %s: REPORTED, VERIFYING, FILED, DISPATCHED, HANDLING, SUSPENDED, FEEDBACK, "
                 "DISPUTED, CLOSED, FORCE_CLOSED, ARCHIVED, REJECTED, VOIDED or MERGED",
                 state);
        return false;
    }
    return cli_number(cli, "limit", 1, LIST_MAX, LIST_MAX, &filter->limit) &&
           cli_number(cli, "offset", 0, INT32_MAX, 0, &filter->offset);
}

static int list_cases(struct cli *cli, struct store_reader *reader)
{
    static const char *const zh[] = {"案卷编号", "状态", "事项", "所属中心", "主办", "灯", "到期", NULL};
    static const char *const en[] = {"case", "state", "item", "owner", "lead", "lamp", "due", NULL};
    struct store_filter filter = {.order = STORE_BY_DUE};
    struct fault fault = {.code = ERR_OK};
    if (!filter_options(cli, &filter))
        return 2;
    struct listing listing = {.cli = cli, .list = cli->json ? json_array() : NULL};
    listing.table = cli_table_new(cli->english ? en : zh);
    enum err err = store_read_cases(reader, &filter, on_case, &listing, &fault);
    if (err == ERR_OK && cli->json)
        cli_print_json(json_incref(listing.list));
    if (err == ERR_OK && !cli->json && listing.count > 0)
        cli_table_print(listing.table, stdout);
    if (err == ERR_OK && !cli->json)
        printf(cli->english ? "%lld cases\n" : "共 %lld 件\n", (long long)listing.count);
    json_decref(listing.list);
    cli_table_free(&listing.table);
    return err == ERR_OK ? 0 : cli_fail(cli, err, "%s", fault.text);
}

static int run_list(struct cli *cli)
{
    struct store_reader *reader = open_reader(cli);
    if (!reader)
        return cli->world ? 3 : 2;
    int status = list_cases(cli, reader);
    store_reader_close(&reader);
    return status;
}

const struct cli_command cmd_case_list = {
    .group = "case",
    .verb = "list",
    .zh = "一个中心所知的案卷（含辖区），按到期先后",
    .en = "cases that a center knows, its whole subtree, by due time",
    .options = {{"center", "CODE", "中心 / which center", true},
                {"state", "STATE", "状态 / state", false},
                {"owner", "CODE", "所属中心 / owner", false},
                {"area", "CODE", "区域及其下 / area and what lies in it", false},
                {"item", "CODE", "事项 / item", false},
                {"open", NULL, "仅在办 / open ones only", false},
                {"overdue", NULL, "仅超期 / overdue ones only", false},
                {"limit", "N", "至多几件 / at most", false},
                {"offset", "N", "跳过几件 / skip", false}},
    .run = run_list};

/* ---- export ---- */

static int export_cases(struct cli *cli, struct store_reader *reader)
{
    const char *path = cli_value(cli, "out");
    struct store_filter filter = {.order = STORE_BY_ID};
    struct fault fault = {.code = ERR_OK};
    struct listing listing = {.cli = cli, .lines = path ? fopen(path, "we") : stdout};
    filter.now_ms = clock_now_ms(&cli->site->clock);
    if (!listing.lines)
        return cli_fail(cli, ERR_IO, "%s: %s", path, strerror(errno));
    enum err err = store_read_cases(reader, &filter, on_case, &listing, &fault);
    bool written = fflush(listing.lines) == 0 && !ferror(listing.lines);
    if (path)
        written &= fclose(listing.lines) == 0;
    if (err != ERR_OK)
        return cli_fail(cli, err, "%s", fault.text);
    if (!written)
        return cli_fail(cli, ERR_IO, "%s: %s", path ? path : "stdout", strerror(errno));
    fprintf(stderr, cli->english ? "%lld cases exported\n" : "已导出 %lld 件\n", (long long)listing.count);
    return 0;
}

static int run_export(struct cli *cli)
{
    struct store_reader *reader = open_reader(cli);
    if (!reader)
        return cli->world ? 3 : 2;
    int status = export_cases(cli, reader);
    store_reader_close(&reader);
    return status;
}

const struct cli_command cmd_case_export = {
    .group = "case",
    .verb = "export",
    .zh = "导出一个中心的全部案卷，每行一个 JSON",
    .en = "all cases of a center, one JSON object a line",
    .options = {{"center", "CODE", "中心 / which center", true},
                {"out", "FILE", "文件，缺省为标准输出 / file, by default the standard output", false}},
    .run = run_export};
