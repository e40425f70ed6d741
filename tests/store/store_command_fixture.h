/* Commands, sheets, receipts and units made up by number. */
#ifndef SANJI_TESTS_STORE_COMMAND_FIXTURE_H
#define SANJI_TESTS_STORE_COMMAND_FIXTURE_H

#include "store_fixture.h"

#include <math.h>

#include "wire/command.h"

#define FX_COMMAND_SPACE (256 * 1024)

/* A command with its statement; the bytes lie in a buffer of the caller's. */
struct fx_command {
    struct command_row row;
    uint8_t space[FX_COMMAND_SPACE];
};

/* Packs the header as it now stands: what an issue or an update does. */
static inline void fx_seal(struct fx_command *command)
{
    struct arena arena;
    arena_init(&arena, command->space, sizeof command->space);
    assert_int_equal(command_pack(&command->row.record.header, &arena, &command->row.statement,
                                  &command->row.statement_size),
                     ERR_OK);
}

static inline void fx_command(struct fx_command *command, int n, enum command_kind kind)
{
    struct command_record *record = &command->row.record;
    struct command *header = &record->header;
    memset(command, 0, sizeof *command);
    header->id = fx_id(4, n);
    header->event = COMMAND_ISSUE;
    header->no = 1;
    text_put(header->center, sizeof header->center, FX_CENTER);
    text_put(header->actor.user, sizeof header->actor.user, "leader.440306");
    text_put(header->actor.center, sizeof header->actor.center, FX_CENTER);
    header->actor.post = POST_LEADER;
    header->sent_ms = header->effective_ms = FX_T0 + n;
    header->expires_ms = FX_T0 + 86400000;
    header->status = COMMAND_ACTUAL;
    header->kind = kind;
    header->priority = PRIORITY_URGENT;
    header->text = "台风登陆前检查所有工地。";
    header->text_en = "Check all building sites before the typhoon.";
    text_put(header->targets, sizeof header->targets, "all");
    header->ack_limit = (struct span){UNIT_URGENT_HOUR, 1};
    header->ack_rule = ACK_EACH;
    header->lon = header->lat = NAN;
    record->last_no = 1;
    record->last_ms = FX_T0 + n;
    record->head_hash[0] = (uint8_t)n;
    command->row.expected = 40 + n;
    fx_seal(command);
}

static inline struct sheet fx_sheet(int n, const char *center, int32_t last_no)
{
    struct id command = fx_id(4, n);
    struct sheet sheet = {.id = sheet_id(&command, center),
                          .command = command,
                          .expected = 39,
                          .last_no = last_no,
                          .last_ms = last_no ? FX_T0 + last_no : 0,
                          .whole = last_no > 0};
    sheet.head_hash[31] = (uint8_t)last_no;
    text_put(sheet.center, sizeof sheet.center, center);
    return sheet;
}

static inline struct receipt fx_receipt(int n, enum receipt_state s)
{
    struct receipt receipt = {.state = s,
                              .delivered_ms = FX_T0 + 5,
                              .ack_due_ms = FX_T0 + 3600000,
                              .last_ms = FX_T0 + 5,
                              .next_ms = FX_T0 + 3600000};
    snprintf(receipt.name, sizeof receipt.name, "grid.440306001001%03d", n);
    return receipt;
}

static inline struct unit fx_unit(int n)
{
    struct unit unit = {.status = UNIT_STANDBY,
                        .home_lon = NAN,
                        .home_lat = NAN,
                        .since_ms = FX_T0,
                        .lon = 113.9,
                        .lat = 22.5,
                        .position_ms = FX_T0 + 7,
                        .doubt_lon = NAN,
                        .doubt_lat = NAN,
                        .last_no = 1,
                        .last_ms = FX_T0};
    snprintf(unit.name, sizeof unit.name, "police.%s.%d", FX_CHILD, n);
    text_put(unit.type, sizeof unit.type, "police");
    text_put(unit.department, sizeof unit.department, "gongan");
    return unit;
}

#endif
