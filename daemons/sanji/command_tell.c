#include "command_tell.h"

#include <inttypes.h>

#include "cli_span.h"
#include "cli_table.h"
#include "command_json.h"
#include "command_matrix.h"

void command_tell_counts(const struct cli *cli, const struct command_tally *tally, FILE *to)
{
    const char *gap = "";
    for (int i = RECEIPT_ISSUED; i < RECEIPT_STATES; i++) {
        enum receipt_state state = (enum receipt_state)i;
        if (tally->count[i] == 0)
            continue;
        fprintf(to, "%s%s %" PRId64, gap, cli->english ? receipt_state_name(state) : receipt_state_zh(state),
                tally->count[i]);
        gap = " · ";
    }
    if (tally->red > 0)
        fprintf(to, cli->english ? "%s● red %" PRId64 : "%s●红 %" PRId64, gap, tally->red);
    if (tally->unheard_centers > 0)
        fprintf(to, cli->english ? "  (%" PRId64 " centers not heard yet)" : "（%" PRId64 " 个中心尚无回音）",
                tally->unheard_centers);
    fputc('\n', to);
}

static void tell_line(const struct cli *cli, const char *zh, const char *en, const char *value)
{
    if (value && value[0])
        printf("  %s: %s\n", cli->english ? en : zh, value);
}

static void tell_moment(struct cli *cli, const char *zh, const char *en, int64_t at_ms)
{
    char text[CLOCK_TEXT_SIZE];
    if (at_ms == 0 || at_ms == INT64_MAX)
        return;
    cli_time(cli, at_ms, text);
    tell_line(cli, zh, en, text);
}

static void tell_span(const struct cli *cli, const char *zh, const char *en, struct span span)
{
    char text[CLI_SPAN_SIZE];
    if (span.unit == UNIT_NONE)
        return;
    cli_span_text(span, cli->english, text);
    tell_line(cli, zh, en, text);
}

static void tell_mode(struct cli *cli, const struct command *h)
{
    if (h->kind != COMMAND_MODE)
        return;
    tell_line(cli, "等级", "alert", cli->english ? alert_name(h->alert) : alert_zh(h->alert));
    tell_moment(cli, "开始", "from", h->mode_start_ms);
    tell_moment(cli, "结束", "until", h->mode_end_ms);
    tell_moment(cli, "租约至", "lease until", h->lease_ms);
}

static void tell_header(struct cli *cli, const struct command_view *view)
{
    static const char *const zh[] = {
        [VIEW_UNSIGNED] = "未核验", [VIEW_VERIFIED] = "✓ 属实", [VIEW_FORGED] = "✗ 与签发中心公钥不符"};
    static const char *const en[] = {[VIEW_UNSIGNED] = "not checked",
                                     [VIEW_VERIFIED] = "✓ verified",
                                     [VIEW_FORGED] = "✗ NOT its issuer's"};
    const struct command *h = &view->record.header;
    char id[ID_TEXT_SIZE], who[USER_SIZE + CODE_SIZE + 8];
    id_format(&h->id, id);
    printf("%s  %s  %s (%s)\n", id, cli->english ? command_kind_name(h->kind) : command_kind_zh(h->kind),
           cli->english ? command_state_name(view->state) : command_state_zh(view->state),
           cli->english ? command_state_zh(view->state) : command_state_name(view->state));
    snprintf(who, sizeof who, "%s  %s", h->center, h->actor.user);
    tell_line(cli, "下达", "issued by", who);
    tell_line(cli, "内容", "text", cli->english && h->text_en && h->text_en[0] ? h->text_en : h->text);
    tell_line(cli, "对象", "to", h->targets);
    tell_line(cli, "优先级", "priority",
              cli->english ? priority_name(h->priority) : priority_zh(h->priority));
    if (h->status != COMMAND_ACTUAL)
        tell_line(cli, "性质", "status",
                  cli->english                    ? command_status_name(h->status)
                  : h->status == COMMAND_EXERCISE ? "演练"
                                                  : "测试");
    tell_line(cli, "案卷", "case", h->case_no);
    tell_line(cli, "阶段", "stage", h->stage);
    tell_line(cli, "理由", "reason", h->reason);
    tell_mode(cli, h);
    tell_moment(cli, "下达时间", "sent", h->sent_ms);
    tell_moment(cli, "失效时间", "expires", h->expires_ms);
    tell_span(cli, "签收时限", "sign within", h->ack_limit);
    tell_span(cli, "到场时限", "arrive within", h->arrive_limit);
    tell_span(cli, "办结时限", "done within", h->done_limit);
    tell_span(cli, "反馈间隔", "report every", h->report_interval);
    tell_line(cli, "签名", "signature", cli->english ? en[view->signature] : zh[view->signature]);
}

/* The last thing that is known to have happened to it, and when. */
static int64_t last_moment(const struct command_view *view, const struct view_row *row)
{
    const struct receipt *r = &row->receipt;
    const int64_t times[] = {r->ended_ms, r->reported_ms, r->arrived_ms, r->departed_ms, r->acked_ms};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i] != 0)
            return times[i];
    return row->heard ? r->delivered_ms : view->record.header.sent_ms;
}

static const char *mark(const struct cli *cli, const struct view_row *row)
{
    if (row->receipt.flags & RECEIPT_RED)
        return cli->english ? "● red" : "●红";
    if (!row->heard)
        return cli->english ? "? unknown" : "?未知";
    return "";
}

/* What else is to be said of a recipient, in few words. */
static void say_note(const struct cli *cli, const struct receipt *r, char *out, size_t size)
{
    static const struct {
        uint32_t flag;
        const char *zh, *en;
    } words[] = {{RECEIPT_OVERDUE_ACK, "超时未签收", "signed late"},
                 {RECEIPT_LAPSED, "签收失效", "lapsed"},
                 {RECEIPT_OVERDUE_ARRIVE, "超时到场", "arrive overdue"},
                 {RECEIPT_OVERDUE_DONE, "超期未办结", "overdue"},
                 {RECEIPT_OVERDUE_REPORT, "逾期未反馈", "report overdue"},
                 {RECEIPT_OVERDUE_CONTACT, "超时未联系", "contact overdue"},
                 {RECEIPT_ABOVE_CALLED, "已呼上级", "center above called"},
                 {RECEIPT_UNSEEN, "变更未确认", "change not seen"},
                 {RECEIPT_REWORK, "返工", "to be redone"},
                 {RECEIPT_PAR_OPEN, "安全点名中", "safety call open"},
                 {RECEIPT_PAR_LOST, "安全点名无应答", "SAFETY CALL UNANSWERED"},
                 {RECEIPT_ZERO, "零报告", "zero report"},
                 {RECEIPT_BY_OTHER, "代签", "signed by another"},
                 {RECEIPT_NOT_DELIVERED, "未送达", "not delivered"}};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words && used < size; i++)
        if (r->flags & words[i].flag)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "",
                                     cli->english ? words[i].en : words[i].zh);
    if (r->deputy[0] && used < size)
        used += (size_t)snprintf(out + used, size - used, cli->english ? "%sdeputy %s" : "%s备岗 %s",
                                 used ? " " : "", r->deputy);
    if (r->answer[0] && used < size)
        snprintf(out + used, size - used, "%s%s", used ? " | " : "", r->answer);
}

static void tell_recipients(struct cli *cli, const struct command_view *view)
{
    static const char *const zh[] = {"灯", "对象", "中心", "状态", "时间", "经办人", "说明", NULL};
    static const char *const en[] = {"lamp", "recipient", "center", "state", "time", "by", "note", NULL};
    struct cli_table *table = cli_table_new(cli->english ? en : zh);
    for (size_t i = 0; i < view->count; i++) {
        const struct view_row *row = &view->rows[i];
        const struct receipt *r = &row->receipt;
        char at[CLOCK_TEXT_SIZE], note[CLI_TABLE_CELL_SIZE];
        cli_time(cli, last_moment(view, row), at);
        say_note(cli, r, note, sizeof note);
        cli_table_row(table);
        cli_table_cell(table, "%s", mark(cli, row));
        cli_table_cell(table, "%s", r->name);
        cli_table_cell(table, "%s", row->center < 0 ? "" : view->topology->centers[row->center].code);
        cli_table_cell(table, "%s", cli->english ? receipt_state_name(r->state) : receipt_state_zh(r->state));
        cli_table_cell(table, "%.19s", at);
        cli_table_cell(table, "%s", r->by);
        cli_table_cell(table, "%s", note);
    }
    cli_table_print(table, stdout);
    cli_table_free(&table);
}

int command_tell(struct cli *cli, const struct command_view *view)
{
    struct command_matrix matrix;
    tell_header(cli, view);
    printf("\n");
    command_tell_counts(cli, &view->tally, stdout);
    if (view->count == 0)
        return 0;
    command_matrix_make(view, &matrix);
    command_matrix_print(cli, &matrix, stdout);
    command_matrix_free(&matrix);
    printf("\n");
    tell_recipients(cli, view);
    return 0;
}

int command_tell_show(struct cli *cli, const struct id *id)
{
    struct store_reader *reader = NULL;
    const struct site_center *center = NULL;
    struct command_view view;
    struct fault fault = {.code = ERR_OK};
    enum err err = command_view_find(cli, id, &reader, &center, &fault);
    if (err == ERR_OK)
        err = command_view_read(cli, reader, command_view_seat(cli, center), id, &view, &fault);
    if (err != ERR_OK) {
        store_reader_close(&reader);
        return cli_fail(cli, err, "%s", fault.text);
    }
    command_view_verify(cli, reader, &view);
    store_reader_close(&reader);
    int status = cli->json ? cli_print_json(command_view_json(cli, &view)) : command_tell(cli, &view);
    command_view_free(&view);
    return status;
}
