/* One command as a center's database knows it: header, every recipient (those of centers not heard yet are
 * expanded from the tree), tally and derived state. */
#ifndef SANJI_COMMAND_VIEW_H
#define SANJI_COMMAND_VIEW_H

#include "cli.h"
#include "store/store_read.h"

struct view_row {
    int32_t center; /* index into the topology */
    enum recipient_kind kind;
    bool heard;             /* false: its center has not been heard; the receipt says ISSUED */
    struct receipt receipt; /* `values` is owned by the view */
};

/* What the issuer's key says about the statements in this database. */
enum view_signature {
    VIEW_UNSIGNED = 0, /* no statement, or no key of the issuer to hold it against */
    VIEW_VERIFIED = 1,
    VIEW_FORGED = 2
};

struct command_view {
    const struct topology *topology;
    int32_t seat;                 /* the center whose database was read */
    int64_t now_ms;               /* of the site's clock, at that look */
    struct command_record record; /* texts are owned by the view */
    struct selector selector;
    struct command_tally tally;
    enum command_state state;
    enum view_signature signature;
    size_t count, room;
    struct view_row *rows; /* red ones first, then those not heard, then by center and name */
};

/* Reads it through the center's reader; view->signature is left alone. ERR_UNKNOWN_COMMAND. The caller frees
 * the view. */
enum err command_view_read(struct cli *cli, struct store_reader *reader, int32_t center, const struct id *id,
                           struct command_view *view, struct fault *fault) MUST_CHECK;
/* Holds every statement of the command's log against the issuer's public key in the keys folder of the center
 * that was read. */
void command_view_verify(const struct cli *cli, struct store_reader *reader, struct command_view *view);
void command_view_free(struct command_view *view);

/* Index of a center of the site in the world's topology, which is loaded by then. */
int32_t command_view_seat(const struct cli *cli, const struct site_center *center);
/* The database where the command is known best: --center's when given, else its issuer's, which is found by
 * asking the site's databases from the root down. Gives *reader and *center. ERR_UNKNOWN_COMMAND. */
enum err command_view_find(struct cli *cli, const struct id *id, struct store_reader **reader,
                           const struct site_center **center, struct fault *fault) MUST_CHECK;
/* Only the issuer of a command: where its header can be acted on. NULL after a complaint. */
const struct site_center *command_view_issuer(struct cli *cli, const struct id *id);

/* Somebody has answered: signed, reported, ended it, or said that he cannot. */
bool command_view_answered(const struct receipt *receipt);

#endif
