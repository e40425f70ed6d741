#include "command_draft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli_option.h"
#include "store/store_read.h"

void command_draft_begin(struct command *draft)
{
    *draft = (struct command){
        .event = COMMAND_ISSUE, .ack_rule = ACK_EACH, .status = COMMAND_ACTUAL, .lon = NAN, .lat = NAN};
}

static bool priority_option(const struct cli *cli, struct command *draft)
{
    const char *value = cli_value(cli, "priority");
    for (int i = PRIORITY_NORMAL; value && i <= PRIORITY_CRITICAL; i++) {
        if (strcmp(value, priority_name((enum priority)i)) != 0)
            continue;
        draft->priority = (enum priority)i;
        return true;
    }
    if (!value)
        return true;
    cli_fail(cli, ERR_USAGE, "--priority %s: %s, %s, %s", value, priority_name(PRIORITY_NORMAL),
             priority_name(PRIORITY_URGENT), priority_name(PRIORITY_CRITICAL));
    return false;
}

static bool ack_option(const struct cli *cli, struct command *draft)
{
    const char *value = cli_value(cli, "ack");
    int64_t count;
    if (!value || strcmp(value, "each") == 0)
        return true;
    if (strcmp(value, "any") == 0) {
        draft->ack_rule = ACK_ANY;
        return true;
    }
    if (!cli_number(cli, "ack", 1, INT32_MAX, 0, &count))
        return false;
    draft->ack_rule = ACK_K_OF_N;
    draft->ack_count = (int32_t)count;
    return true;
}

static bool limit_options(const struct cli *cli, struct command *draft)
{
    return cli_span_option(cli, "ack-limit", &draft->ack_limit) &&
           cli_span_option(cli, "contact-limit", &draft->contact_limit) &&
           cli_span_option(cli, "arrive-limit", &draft->arrive_limit) &&
           cli_span_option(cli, "done-limit", &draft->done_limit) &&
           cli_span_option(cli, "report-every", &draft->report_interval) &&
           cli_span_option(cli, "par", &draft->par_interval);
}

static bool form_option(const struct cli *cli, struct command *draft)
{
    const char *value = cli_value(cli, "form");
    struct fault fault = {.code = ERR_OK};
    if (!value || form_parse(value, &draft->form, &fault) == ERR_OK)
        return true;
    cli_fail(cli, ERR_FORM, "--form: %s", fault.text);
    return false;
}

/* The case's id goes with the command: a number alone says nothing to a center without a copy. */
static bool case_option(struct cli *cli, const struct site_center *center, struct command *draft)
{
    const char *value = cli_value(cli, "case");
    struct store_reader *reader = NULL;
    struct store_case found;
    struct fault fault = {.code = ERR_OK};
    if (!value)
        return true;
    if (!cli_copy_option(cli, "case", draft->case_no, sizeof draft->case_no))
        return false;
    enum err err = store_reader_open(center->read_database, &reader, &fault);
    if (err == ERR_OK)
        err = store_read_case(reader, draft->case_no, 0, &found, &fault);
    store_reader_close(&reader);
    if (err != ERR_OK) {
        cli_fail(cli, err, "--case %s %s", value, fault.text);
        return false;
    }
    draft->case_id = found.row.record.id;
    return true;
}

bool command_draft_options(struct cli *cli, const struct site_center *center, struct command *draft)
{
    draft->text = cli_value(cli, "text");
    draft->text_en = cli_value(cli, "text-en");
    return cli_copy_option(cli, "to", draft->targets, sizeof draft->targets) &&
           cli_copy_option(cli, "stage", draft->stage, sizeof draft->stage) && limit_options(cli, draft) &&
           priority_option(cli, draft) && ack_option(cli, draft) &&
           cli_when_option(cli, "expires", &draft->expires_ms) &&
           cli_when_option(cli, "effective", &draft->effective_ms) && form_option(cli, draft) &&
           cli_id_option(cli, "refs", &draft->references) && case_option(cli, center, draft);
}
