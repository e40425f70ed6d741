/* The table of commands, in the order in which the help shows them. */
#include "commands.h"

const struct cli_command *const cli_commands[] = {
    &cmd_case_report, &cmd_case_act, &cmd_tree, &cmd_center_status, NULL,
};
