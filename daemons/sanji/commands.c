/* The table of commands, in the order in which the help shows them. */
#include "commands.h"

/* clang-format off */
const struct cli_command *const cli_commands[] = {
    &cmd_case_report,
    &cmd_case_act,
    &cmd_case_show,
    &cmd_case_list,
    &cmd_case_export,
    &cmd_tree,
    &cmd_verify,
    &cmd_center_check,
    &cmd_center_status,
    &cmd_center_repair,
    &cmd_center_fence,
    &cmd_check,
    &cmd_topology_check,
    &cmd_topology_show,
    &cmd_site_plan,
    &cmd_init,
    &cmd_migrate,
    &cmd_keys_list,
    &cmd_keys_make,
    &cmd_keys_revoke,
    &cmd_keys_rotate,
    &cmd_catalogue_list,
    &cmd_catalogue_show,
    &cmd_catalogue_check,
    &cmd_catalogue_route,
    &cmd_catalogue_learn,
    &cmd_calendar_show,
    &cmd_calendar_add,
    &cmd_calendar_between,
    &cmd_completion,
    &cmd_man,
    NULL,
};
/* clang-format on */
