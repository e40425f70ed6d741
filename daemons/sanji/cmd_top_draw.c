/* The screen of sanji top. Colour is never the only sign: each lamp has its shape and its word. */
#include <inttypes.h>
#include <string.h>

#include "cli_width.h"
#include "cmd_top.h"

#define ALARM_LINES 3
#define LINE_SIZE 1024

/* ---- lines of a certain width ---- */

struct line {
    char text[LINE_SIZE];
    size_t used, width, columns; /* width: places taken so far */
};

static size_t character_bytes(const char *p)
{
    unsigned char c = (unsigned char)*p;
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < n; i++)
        if (!p[i])
            return i;
    return n;
}

/* Adds text up to `places` places, filled up with blanks; nothing beyond the screen's edge. */
static void add(struct line *line, const char *text, size_t places)
{
    size_t taken = 0;
    for (const char *p = text; *p;) {
        char one[5] = "";
        size_t n = character_bytes(p);
        memcpy(one, p, n);
        size_t wide = cli_width(one);
        if (taken + wide > places || line->width + wide > line->columns || line->used + n + 1 >= LINE_SIZE)
            break;
        memcpy(line->text + line->used, p, n);
        line->used += n;
        line->width += wide;
        taken += wide;
        p += n;
    }
    for (; taken < places && line->width < line->columns && line->used + 1 < LINE_SIZE;
         taken++, line->width++)
        line->text[line->used++] = ' ';
    line->text[line->used] = '\0';
}

/* An escape sequence takes no place. */
static void escape(struct line *line, const char *sequence)
{
    size_t n = strlen(sequence);
    if (line->used + n + 1 >= LINE_SIZE)
        return;
    memcpy(line->text + line->used, sequence, n + 1);
    line->used += n;
}

static void end_line(const struct line *line, bool live, FILE *to)
{
    size_t used = line->used;
    while (!live && used > 0 && line->text[used - 1] == ' ')
        used--;
    fprintf(to, "%.*s%s", (int)used, line->text, live ? "\033[0m\033[K\r\n" : "\n");
}

/* ---- one case ---- */

static const struct {
    const char *colour, *zh, *en;
} lamps[] = {[LAMP_GREEN] = {"\033[32m", "○绿", "○ green"},
             [LAMP_YELLOW] = {"\033[33m", "◐黄", "◐ yellow"},
             [LAMP_RED] = {"\033[31m", "●红", "● red"}};

static void draw_lamp(const struct top *top, const struct top_row *row, bool colour, struct line *line)
{
    bool en = top->cli->english;
    const char *word = en ? lamps[row->lamp].en : lamps[row->lamp].zh;
    if (row->flags & FLAG_STANDING)
        word = en ? "■ STANDING" : "■常红";
    if (colour)
        escape(line, lamps[row->lamp].colour);
    add(line, word, en ? 10 : 5);
    if (colour)
        escape(line, "\033[0m");
    add(line, "", 1);
}

static void draw_case(const struct top *top, const struct top_row *row, bool colour, struct line *line)
{
    char countdown[TOP_COUNTDOWN_SIZE], next[TOP_COUNTDOWN_SIZE];
    bool en = top->cli->english;
    top_countdown(top->now_ms, row->due_ms, countdown);
    top_countdown(top->now_ms, row->next_ms, next);
    draw_lamp(top, row, colour, line);
    add(line, countdown, 13);
    add(line, row->case_no, 28);
    add(line, en ? case_state_name(row->state) : case_state_zh(row->state), 15);
    add(line, row->item, 22);
    add(line, " ", 1);
    add(line, row->owner_name, 14);
    add(line, row->lead_name[0] ? row->lead_name : "-", 22);
    add(line, " ", 1);
    add(line, top_next(top, row), en ? 25 : 17);
    add(line, row->next_ms == INT64_MAX ? "" : next, 13);
}

/* ---- the head ---- */

static void draw_title(const struct top *top, struct line *line)
{
    char clock[CLOCK_TEXT_SIZE], text[256];
    const struct store_counts *n = &top->counts;
    int32_t index = topology_center(top->world->topology, top->center->code);
    cli_time(top->cli, top->now_ms, clock);
    snprintf(text, sizeof text,
             top->cli->english
                 ? "%s %s  %s  open %" PRId64 "  overdue %" PRId64 "  standing %" PRId64
                   "  climb pending %" PRId64 "  alarms %" PRId64 "  commands %" PRId64 " red %" PRId64
                 : "%s %s  %s  在办 %" PRId64 "  超期 %" PRId64 "  常红 %" PRId64 "  待升级 %" PRId64
                   "  告警 %" PRId64 "  指令 %" PRId64 " 红 %" PRId64,
             index >= 0 ? top->world->topology->centers[index].name : "", top->center->code, clock, n->open,
             n->overdue, n->standing, n->climb_pending, n->alarms, n->commands_open, n->receipts_red);
    add(line, text, line->columns);
}

static void draw_heads(const struct top *top, struct line *line)
{
    static const char *const zh[] = {"灯",       "倒计时", "案卷编号", "状态", "事项",
                                     "所属中心", "主办",   "下一步",   ""};
    static const char *const en[] = {"lamp", "due in", "case", "state", "item", "owner", "lead", "next", ""};
    bool english = top->cli->english;
    const size_t places[] = {english ? 11u : 6u, 13, 28, 15, 23, 14, 23, english ? 25u : 17u, 13};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        add(line, english ? en[i] : zh[i], places[i]);
}

static void draw_alarm(const struct top *top, const struct store_alarm *alarm, struct line *line)
{
    char clock[CLOCK_TEXT_SIZE], text[LINE_SIZE / 2];
    cli_time(top->cli, alarm->raised_ms, clock);
    snprintf(text, sizeof text, "▲ %.19s %s %s %.300s", clock, alarm->kind, alarm->case_no, alarm->text);
    add(line, text, line->columns);
}

static size_t alarm_lines(const struct top *top)
{
    return top->alarm_count < ALARM_LINES ? top->alarm_count : ALARM_LINES;
}

size_t top_page(const struct top *top, size_t lines)
{
    size_t taken = 3 + alarm_lines(top); /* title, heads, foot */
    return lines > taken ? lines - taken : 1;
}

/* ---- the foot ---- */

static void draw_foot(const struct top *top, size_t shown, size_t matching, struct line *line)
{
    char text[LINE_SIZE / 2];
    bool en = top->cli->english;
    if (top->fault.code != ERR_OK)
        snprintf(text, sizeof text, "! %s: %.300s", err_name(top->fault.code), top->fault.text);
    else if (top->typing)
        snprintf(text, sizeof text, "/%s_", top->filter);
    else
        snprintf(text, sizeof text,
                 en ? "%zu-%zu of %zu%s%s   q quit  ↑↓ PgUp PgDn  / filter  Esc clear"
                    : "%zu-%zu / %zu%s%s   q 退出  ↑↓ PgUp PgDn  / 筛选  Esc 清除",
                 matching ? top->scroll + 1 : 0, top->scroll + shown, matching, top->filter[0] ? "  /" : "",
                 top->filter);
    add(line, text, line->columns);
}

static void draw_head(const struct top *top, size_t columns, bool live, FILE *to)
{
    struct line title = {.columns = columns}, heads = {.columns = columns};
    draw_title(top, &title);
    end_line(&title, live, to);
    for (size_t i = 0; i < alarm_lines(top); i++) {
        struct line alarm = {.columns = columns};
        draw_alarm(top, &top->alarms[i], &alarm);
        end_line(&alarm, live, to);
    }
    if (live)
        escape(&heads, "\033[7m");
    draw_heads(top, &heads);
    end_line(&heads, live, to);
}

void top_draw(const struct top *top, size_t lines, size_t columns, bool colour, FILE *to)
{
    bool live = lines > 0;
    size_t room = live ? top_page(top, lines) : SIZE_MAX, matching = 0, shown = 0;
    draw_head(top, columns, live, to);
    for (size_t i = 0; i < top->row_count; i++) {
        if (!top_matches(top, &top->rows[i]) || matching++ < top->scroll || shown >= room)
            continue;
        struct line line = {.columns = columns};
        draw_case(top, &top->rows[i], colour, &line);
        end_line(&line, live, to);
        shown++;
    }
    if (!live && matching == 0)
        fputs(top->cli->english ? "no open case: nothing to escalate\n" : "没有在办案卷：无事升级\n", to);
    if (!live)
        return;
    struct line foot = {.columns = columns};
    draw_foot(top, shown, matching, &foot);
    fprintf(to, "\033[J\033[%zuH%s\033[0m\033[K", lines, foot.text);
}

/* ---- for scripts ---- */

static json_t *row_json(struct top *top, const struct top_row *row)
{
    char due[CLOCK_TEXT_SIZE], next[CLOCK_TEXT_SIZE];
    cli_time(top->cli, row->due_ms, due);
    cli_time(top->cli, row->next_ms, next);
    bool has_due = row->due_ms != 0 && row->due_ms != INT64_MAX;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:I, s:s, s:s}", "case_no", row->case_no,
                     "state", case_state_name(row->state), "owner", row->owner, "lead", row->lead, "item",
                     row->item, "lamp", lamp_name(row->lamp), "standing", (row->flags & FLAG_STANDING) != 0,
                     "due", due, "due_in_ms", (json_int_t)(has_due ? row->due_ms - top->now_ms : 0), "next",
                     top_next(top, row), "next_at", next);
}

json_t *top_json(struct top *top)
{
    char clock[CLOCK_TEXT_SIZE];
    const struct store_counts *n = &top->counts;
    json_t *cases = json_array(), *alarms = json_array();
    for (size_t i = 0; i < top->row_count; i++)
        if (top_matches(top, &top->rows[i]))
            json_array_append_new(cases, row_json(top, &top->rows[i]));
    for (size_t i = 0; i < top->alarm_count; i++)
        json_array_append_new(alarms, json_pack("{s:s, s:s, s:s}", "kind", top->alarms[i].kind, "case_no",
                                                top->alarms[i].case_no, "text", top->alarms[i].text));
    cli_time(top->cli, top->now_ms, clock);
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "center", top->center->code,
                     "clock", clock, "open", (json_int_t)n->open, "overdue", (json_int_t)n->overdue,
                     "standing", (json_int_t)n->standing, "climb_pending", (json_int_t)n->climb_pending,
                     "commands_open", (json_int_t)n->commands_open, "receipts_open",
                     (json_int_t)n->receipts_open, "receipts_red", (json_int_t)n->receipts_red, "alarms",
                     alarms, "cases", cases);
}
