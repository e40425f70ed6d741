/* Every command of the command line; each is one row, defined in its cmd_*.c and listed in commands.c. */
#ifndef SANJI_COMMANDS_H
#define SANJI_COMMANDS_H

#include "cli.h"

/* cases */
extern const struct cli_command cmd_case_report, cmd_case_act, cmd_case_show, cmd_case_list, cmd_case_export;
/* commands, units */
extern const struct cli_command cmd_command_issue, cmd_command_act, cmd_command_ack, cmd_command_cancel,
    cmd_command_show, cmd_command_list;
extern const struct cli_command cmd_unit_list, cmd_unit_show, cmd_unit_status, cmd_unit_move;
extern const struct cli_command cmd_roll_call, cmd_roll_call_show;
extern const struct cli_command cmd_campaign_start, cmd_campaign_next, cmd_campaign_show, cmd_campaign_report;
extern const struct cli_command cmd_mode_set, cmd_mode_end, cmd_mode_show, cmd_mode_report;
extern const struct cli_command cmd_duty_show, cmd_duty_hand_over, cmd_drill;
/* the running tree */
extern const struct cli_command cmd_tree, cmd_top, cmd_center_check, cmd_center_status, cmd_center_repair,
    cmd_center_fence, cmd_verify;
extern const struct cli_command cmd_replay;
/* making a tree */
extern const struct cli_command cmd_site_plan, cmd_init, cmd_migrate, cmd_check, cmd_topology_check,
    cmd_topology_show;
extern const struct cli_command cmd_keys_list, cmd_keys_make, cmd_keys_revoke, cmd_keys_rotate;
/* what the rules look at */
extern const struct cli_command cmd_catalogue_list, cmd_catalogue_show, cmd_catalogue_check,
    cmd_catalogue_route, cmd_catalogue_learn, cmd_catalogue_install;
extern const struct cli_command cmd_calendar_show, cmd_calendar_add, cmd_calendar_between;
/* the command line itself */
extern const struct cli_command cmd_completion, cmd_man;

#endif
