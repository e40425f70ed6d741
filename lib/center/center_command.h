/* What the files of commands, sheets, units and alerts share (lib/center/center_command*.c, center_sheet*.c,
 * center_unit.c, center_alert.c, center_field.c, center_emergency.c). A command or sheet in the batch is a
 * slot; all changes of one sheet in one batch become as few events as they fit into. */
#ifndef SANJI_CENTER_COMMAND_H
#define SANJI_CENTER_COMMAND_H

#include "center/center_private.h"
#include "link/link_sign.h"
#include "store/store_index.h"
#include "wire/command.h"

/* A command in the batch; lives in the batch's arena. */
struct command_slot {
    struct command_row row;
    struct selector selector; /* of row.record.header.targets */
    int32_t issuer;           /* index in the topology, -1 = unknown there */
    bool exists, was_new, dirty;
};

/* A change that waits for the end of the batch, where its sheet's changes are written together. */
struct sheet_pending {
    enum sheet_event event;
    struct receipt_change change;
};

struct sheet_slot {
    struct sheet_row row; /* the sheet's head, and its receipts where it is ours */
    size_t room;          /* of row.receipts */
    bool exists;          /* has a row: heard or expected */
    bool was_new, dirty;
    bool *fresh;   /* by receipt: no row yet */
    bool *touched; /* by receipt: to be written */
    size_t pending_count, pending_room;
    struct sheet_pending *pending;
    bool say_unfilled; /* SHEET_UNFILLED is to be written */
};

/* A unit as it was before the running batch changed it. */
struct unit_undo {
    size_t at;
    struct unit before;
};

/* Somebody to be called after the commit. */
struct call {
    const struct command_slot *command;
    struct receipt receipt;
    enum receipt_event why;
    char to[USER_SIZE]; /* unit: the recipient's own, or its deputy's */
};

/* The batch's part for commands. Slots are found by id; the pointers hold until the batch ends. */
struct orders {
    struct store_index command_index, sheet_index;
    struct command_slot **commands;
    size_t command_room;
    struct sheet_slot **sheets;
    size_t sheet_room;
    struct unit_undo *undo;
    size_t undo_count, undo_room;
    struct call *calls;
    size_t call_count, call_room;
    bool looked_twice; /* what emergencies need was loaded in a second look */
};

/* A field client that serves a unit here. */
struct attached {
    char unit[USER_SIZE];
    struct link_route route;
    int64_t window_ms; /* mono: begin of the counted span */
    int32_t pushed;    /* in it */
    bool held;         /* calls wait for the next span */
};

/* What the center keeps in memory of its units, field clients and alerts; all of it is in the database, but
 * for who is connected. */
struct muster {
    struct unit *units; /* of this center, ascending by name */
    size_t unit_count;
    struct attached *attached; /* ascending by unit */
    size_t attached_count, attached_room;
    struct alert_order *alerts;
    size_t alert_count, alert_room;
    struct link_sign_key sign_key;
    bool can_sign;
    struct link_signers signers;
    struct loop_timer *held_timer; /* calls held back by the rate limit */
};

static inline struct command_world center_command_world(const struct live_center *center)
{
    return (struct command_world){.topology = center->world.topology,
                                  .calendar = center->world.calendar,
                                  .response = &center->config.world->response,
                                  .here = center->index,
                                  .exercise = center->world.exercise};
}

/* ---- center_command_slot.c ---- */
enum err center_orders_init(struct live_center *center) MUST_CHECK;
void center_orders_fini(struct live_center *center);
/* Empties the slots, and puts units back to what is committed. */
void center_orders_clear(struct live_center *center);
struct command_slot *center_command_find(const struct live_center *center, const struct id *id);
/* Finds or makes an empty slot. */
struct command_slot *center_command_get(struct live_center *center, const struct id *id);
struct sheet_slot *center_sheet_find(const struct live_center *center, const struct id *id);
struct sheet_slot *center_sheet_get(struct live_center *center, const struct id *command, const char *code);
/* Takes over what the database gave: rows, receipts and texts are copied into the batch's arena. */
void center_orders_loaded(struct live_center *center, const struct store_loaded *loaded);
/* The header is what it is now: its selector and its issuer's place are worked out again. */
void center_command_known(struct live_center *center, struct command_slot *slot);
/* Room for one more receipt; returns its index. */
size_t center_sheet_add(struct live_center *center, struct sheet_slot *slot, const struct receipt *receipt);
/* Index of the recipient, -1 when it is not on the sheet. */
int32_t center_sheet_index(const struct sheet_slot *slot, const char *name);

/* ---- center_command_write.c ---- */
/* The neighbours that an event of the command goes to, but `from`. */
bool center_command_goes_to(const struct live_center *center, const struct command_slot *slot,
                            const struct neighbour *n);
/* An event of a subject that is no case: journal and neighbours. `goes` decides for each neighbour. */
void center_write_subject(struct live_center *center, const struct entry *entry, const struct neighbour *from,
                          bool (*goes)(const struct live_center *, const void *, const struct neighbour *),
                          const void *what);
/* Our own event of a command, signed. CRYPTO without a key; the slot has it applied. */
enum err center_write_command(struct live_center *center, struct command_slot *slot,
                              const struct command *event, struct fault *fault) MUST_CHECK;
/* Events that came: applied to the slot, into our journal and on. */
void center_copy_command(struct live_center *center, struct command_slot *slot, const struct work *work,
                         const struct command_body *body);
void center_copy_sheet(struct live_center *center, struct sheet_slot *slot, const struct work *work);
/* Everything that waits on the sheets of this batch becomes events and rows; once, after all inputs are
 * decided. */
void center_orders_write(struct live_center *center);
/* Whether an event of the sheet goes to that neighbour. */
bool center_sheet_goes_to(const struct live_center *center, const struct sheet_slot *sheet,
                          const struct neighbour *n);

/* ---- center_command.c ---- */
/* The id that the key of an issue fixes. */
struct id center_command_id(const struct live_center *center, const struct id *key);
/* True when the work's key was decided before: the reply is that outcome again, or KEY_REUSED. */
bool center_command_again(struct live_center *center, struct work *work);
void center_decide_command(struct live_center *center, struct work *work);
/* An event of the command stands in the slot, ours or one that came: what follows at this center. */
void center_command_arrived(struct live_center *center, struct command_slot *slot,
                            const struct command *event);
/* The one doorway of a later event of a command of ours, a person's or the center's own: judged, signed,
 * written, followed. */
enum err center_command_say(struct live_center *center, struct command_slot *slot,
                            const struct command *draft, struct fault *fault) MUST_CHECK;
/* Issues a command on the center's own account (an emergency circle). The draft's id says which. */
enum err center_command_issue(struct live_center *center, const struct command *draft,
                              struct command_slot **slot, struct fault *fault) MUST_CHECK;
/* A recipient has signed: where enough have (any, k of n), the others are relieved. At the issuer. */
void center_command_answered(struct live_center *center, struct command_slot *slot);
void center_command_timer(struct live_center *center, const struct id *id);

/* ---- center_command_receive.c ---- */
/* Decodes the body of a command's or sheet's event into work->command or work->sheet. */
enum err center_decode_subject(struct live_center *center, struct work *work) MUST_CHECK;
/* True when somebody whose silence had called the center above is heard: the sheet's receipts are then looked
 * at. */
bool center_sheet_answers_call(const struct sheet_body *body);
/* An EVENT or SNAPSHOT entry whose subject is a command or sheet. ERR_OK, or why it is set aside. */
enum err center_take_subject(struct live_center *center, struct work *work) MUST_CHECK;

/* ---- center_sheet.c ---- */
/* This center's own sheet of a command that has just arrived. */
void center_sheet_open(struct live_center *center, struct command_slot *command);
/* An event of the header reaches our receipts. */
void center_sheet_follow(struct live_center *center, struct command_slot *command,
                         const struct command *event);
/* One change: the receipt, what waits to be written, units, calls, circles. */
void center_sheet_change(struct live_center *center, struct command_slot *command, struct sheet_slot *sheet,
                         enum sheet_event event, const struct receipt_change *change);
void center_sheet_timer(struct live_center *center, const struct id *id);
void center_decide_receipt(struct live_center *center, struct work *work);
/* What a receipt's change on any sheet, ours or a copy, means for this center: a call for the center above,
 * an answer that counts. */
void center_sheet_seen(struct live_center *center, struct command_slot *command, const struct sheet *sheet,
                       const struct receipt_change *change);

/* ---- center_unit.c ---- */
/* Reads what the database knows of our units; `then` goes on. */
void center_units_load(struct live_center *center, loop_call *then);
struct unit *center_unit_find(struct live_center *center, const char *name);
/* The unit becomes *after within the running batch; is_event: it goes into its log, else it is a position. */
void center_unit_change(struct live_center *center, struct unit *unit, const struct unit *after,
                        enum unit_event event, const struct actor *actor);
/* center.c: what must stand in memory could not be read. */
void center_memory_unread(struct live_center *center, enum err code);
/* Orders are counted since midnight. */
void center_units_roll_day(struct live_center *center);
void center_units_roll_back(struct live_center *center);
void center_decide_unit(struct live_center *center, struct work *work);
/* The receipt of a unit's order moved: so does the unit. */
void center_unit_follow(struct live_center *center, const struct command_slot *command,
                        const struct receipt_change *change);

/* ---- center_alert.c: peace and war ---- */
void center_alerts_load(struct live_center *center, loop_call *then);
/* After a commit: a mode command came, was renewed or ended. */
void center_alert_committed(struct live_center *center, const struct command_slot *slot);
/* Before each batch: what is in force now. */
void center_alert_apply(struct live_center *center);
/* The mode was renewed, changed or ended: nothing is wrong with its lease any more. */
void center_alert_settled(struct live_center *center, const struct command *header);
/* A mode command's moment has come here: its lease ran out. */
void center_alert_due(struct live_center *center, struct command_slot *slot);

/* ---- center_field.c: field clients ---- */
/* True when the client may ask this; refuses it otherwise. */
bool center_field_may(struct live_center *center, const struct link_from *from, const struct request *request,
                      uint64_t correlation);
void center_attach(struct live_center *center, const struct link_from *from, uint64_t correlation,
                   const struct request *request);
/* After the commit: everybody that the batch called. */
void center_calls_send(struct live_center *center);
void center_call(struct live_center *center, const struct command_slot *command,
                 const struct receipt *receipt, enum receipt_event why);
enum err center_field_init(struct live_center *center) MUST_CHECK;
void center_field_fini(struct live_center *center);

/* ---- center_emergency.c, center_emergency_units.c: "135" ---- */
/* A case of ours was filed: its plan's circles are ordered. */
void center_emergency_begin(struct live_center *center, struct case_slot *slot);
/* A case with a plan has come over to us: what its circles lack is ordered from here. */
void center_emergency_take(struct live_center *center, struct case_slot *slot);
/* Our sheet of a command that asks for units near a place: they are chosen, booked and ordered. */
void center_emergency_open(struct live_center *center, struct command_slot *command,
                           struct sheet_slot *sheet);
/* A change of an emergency receipt of ours: who is missed is replaced by the next nearest. */
void center_emergency_change(struct live_center *center, struct command_slot *command,
                             struct sheet_slot *sheet, const struct receipt_change *change);
/* Our order for a circle lacks units that this center does not have: the next nearest centers are asked, and
 * the case climbs. */
void center_emergency_short(struct live_center *center, const struct command_slot *command, int32_t lack,
                            const char *why);
/* One of our circles was missed: the case climbs, if it is ours. */
void center_emergency_climb(struct live_center *center, const struct command_slot *command, const char *why);
/* What a sheet that came says of a circle: where it fell short, and we ordered it or the case is ours by now,
 * it is ours to fill. */
void center_emergency_seen(struct live_center *center, const struct command_slot *command,
                           const struct sheet_body *body);

/* The case has come to its end, ours or as a copy: what its circles ordered here is cancelled. */
void center_emergency_end(struct live_center *center, const struct case_record *record);
/* The emergency plan of the case's item; NULL = none. */
const struct plan *center_plan_of_case(const struct live_center *center, const struct case_record *record);
/* A plan begins when its case is filed, not before. */
static inline bool center_was_filed(const struct case_record *record)
{
    return record->state != CASE_REPORTED && record->state != CASE_VERIFYING;
}
#define CIRCLE_ROUNDS 6 /* orders of one center for one circle; beyond it the case has long climbed */

/* What a second look must load; the lists are in the batch's arena. */
struct second_look {
    struct id *cases, *commands;
    struct sheet_want *sheets;
    size_t case_count, command_count, sheet_count, room;
};
/* Fills it; false when nothing is needed. */
bool center_emergency_wants(struct live_center *center, struct second_look *look);
/* The id that case, center, circle and round fix. */
struct id center_circle_id(const struct id *case_id, const char *code, int32_t circle, int32_t round);

#endif
