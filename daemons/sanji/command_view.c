#include "command_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "link/link_sign.h"
#include "wire/command.h"

#define ARENA_BYTES (1u << 20)

bool command_view_answered(const struct receipt *receipt)
{
    switch (receipt->state) {
    case RECEIPT_ACKED:
    case RECEIPT_EN_ROUTE:
    case RECEIPT_ON_SCENE:
    case RECEIPT_REPORTED:
    case RECEIPT_DONE:
    case RECEIPT_UNABLE:
        return true;
    case RECEIPT_CANCELLED:
    case RECEIPT_SUPERSEDED:
    case RECEIPT_EXPIRED:
        return receipt->acked_ms != 0;
    case RECEIPT_NONE:
    case RECEIPT_ISSUED:
    case RECEIPT_DELIVERED:
    case RECEIPT_STATES:
        return false;
    }
    return false;
}

static char *copy(const char *text)
{
    char *out = text ? strdup(text) : NULL;
    if (text && !out)
        abort();
    return out;
}

static enum recipient_kind kind_of(const char *name)
{
    return text_has_prefix(name, "center.") ? RECIPIENT_CENTER
           : text_has_prefix(name, "desk.") ? RECIPIENT_DESK
                                            : RECIPIENT_UNIT;
}

static struct view_row *add_row(struct command_view *view, int32_t center, const struct receipt *receipt)
{
    if (view->count == view->room) {
        view->room = view->room ? 2 * view->room : 64;
        view->rows = realloc(view->rows, view->room * sizeof *view->rows);
        if (!view->rows)
            abort();
    }
    struct view_row *row = &view->rows[view->count++];
    *row = (struct view_row){.center = center, .kind = kind_of(receipt->name), .receipt = *receipt};
    row->receipt.values = copy(receipt->values);
    command_tally_add(&view->tally, receipt);
    return row;
}

/* ---- what the database holds ---- */

static bool on_receipt(void *ctx, const struct id *command, const char *center, const struct receipt *receipt)
{
    struct command_view *view = ctx;
    (void)command;
    add_row(view, topology_center(view->topology, center), receipt)->heard = true;
    return true;
}

struct unheard {
    size_t count, room;
    int32_t *centers;
};

struct sheets {
    struct command_view *view;
    struct unheard unheard;
};

static bool on_sheet(void *ctx, const struct sheet *sheet)
{
    struct sheets *sheets = ctx;
    struct unheard *unheard = &sheets->unheard;
    if (sheet->last_no > 0)
        return true;
    if (unheard->count == unheard->room) {
        unheard->room = unheard->room ? 2 * unheard->room : 64;
        unheard->centers = realloc(unheard->centers, unheard->room * sizeof *unheard->centers);
        if (!unheard->centers)
            abort();
    }
    unheard->centers[unheard->count++] = topology_center(sheets->view->topology, sheet->center);
    return true;
}

/* The people of a center that has not been heard: known from the tree, their state is not. */
static void expand(struct command_view *view, int32_t issuer, int32_t center, struct recipient *people)
{
    view->tally.unheard_centers++;
    if (center < 0 || issuer < 0)
        return;
    size_t count =
        selector_expand(&view->selector, view->topology, issuer, center, people, SHEET_RECIPIENTS_MAX);
    if (selector_is_dynamic(&view->selector))
        return; /* whom it takes is chosen there */
    for (size_t i = 0; i < count && i < SHEET_RECIPIENTS_MAX; i++) {
        struct receipt receipt = {.state = RECEIPT_ISSUED, .next_ms = INT64_MAX};
        memcpy(receipt.name, people[i].name, sizeof receipt.name);
        add_row(view, center, &receipt);
    }
}

static void expand_unheard(struct command_view *view, const struct unheard *unheard)
{
    struct recipient *people = calloc(SHEET_RECIPIENTS_MAX, sizeof *people);
    int32_t issuer = topology_center(view->topology, view->record.header.center);
    if (!people)
        abort();
    for (size_t i = 0; i < unheard->count; i++)
        expand(view, issuer, unheard->centers[i], people);
    free(people);
}

static int rank(const struct view_row *row)
{
    return row->receipt.flags & RECEIPT_RED ? 0 : !row->heard ? 1 : 2;
}

static int by_urgency(const void *left, const void *right)
{
    const struct view_row *a = left, *b = right;
    if (rank(a) != rank(b))
        return rank(a) - rank(b);
    if (a->center != b->center)
        return a->center < b->center ? -1 : 1;
    return strcmp(a->receipt.name, b->receipt.name);
}

static void keep_header(struct command_view *view, const struct store_command *found)
{
    view->record = found->row.record;
    struct command *header = &view->record.header;
    header->text = copy(header->text);
    header->text_en = copy(header->text_en);
    header->reason = copy(header->reason);
}

int32_t command_view_seat(const struct cli *cli, const struct site_center *center)
{
    return topology_center(cli->world->topology, center->code);
}

enum err command_view_read(struct cli *cli, struct store_reader *reader, int32_t center, const struct id *id,
                           struct command_view *view, struct fault *fault)
{
    struct store_command found;
    const struct world *world = cli_world(cli);
    if (!world)
        return ERR_CONFIG;
    *view = (struct command_view){
        .topology = world->topology, .seat = center, .now_ms = clock_now_ms(&cli->site->clock)};
    enum err err = store_read_command(reader, id, &found, fault);
    if (err != ERR_OK)
        return err;
    keep_header(view, &found);
    struct sheets sheets = {.view = view};
    err = selector_parse(view->record.header.targets, &view->selector, fault);
    if (err == ERR_OK)
        err = store_read_sheets(reader, id, on_sheet, &sheets, fault);
    if (err == ERR_OK)
        err = store_read_receipts(reader, id, on_receipt, view, fault);
    if (err == ERR_OK)
        expand_unheard(view, &sheets.unheard);
    free(sheets.unheard.centers);
    if (err != ERR_OK) {
        command_view_free(view);
        return err;
    }
    if (view->count > 0)
        qsort(view->rows, view->count, sizeof *view->rows, by_urgency);
    view->state = command_state_of(&view->record, &view->tally, view->now_ms);
    return ERR_OK;
}

void command_view_free(struct command_view *view)
{
    struct command *header = &view->record.header;
    for (size_t i = 0; i < view->count; i++)
        free((void *)(uintptr_t)view->rows[i].receipt.values);
    free(view->rows);
    free((void *)(uintptr_t)header->text);
    free((void *)(uintptr_t)header->text_en);
    free((void *)(uintptr_t)header->reason);
    *view = (struct command_view){.count = 0};
}

/* ---- signatures ---- */

struct verifying {
    const struct link_signers *signers;
    struct command_view *view;
    uint8_t *block;
    enum view_signature result;
};

/* A center may have two keys while its key is being changed: one of them is enough. */
static bool verifies(const struct verifying *verifying, const struct command_body *body)
{
    const uint8_t *key;
    for (size_t i = 0; (key = link_signers_key(verifying->signers, body->command.center, i)); i++)
        if (command_verify(body, key) == ERR_OK)
            return true;
    return false;
}

static bool on_statement(void *ctx, const struct entry *entry)
{
    struct verifying *verifying = ctx;
    const struct command *header = &verifying->view->record.header;
    struct arena arena;
    struct command_body body;
    if (!entry->envelope)
        return true;
    arena_init(&arena, verifying->block, ARENA_BYTES);
    bool sound = command_open(entry->body, entry->body_size, &arena, &body, NULL) == ERR_OK &&
                 strcmp(body.command.center, header->center) == 0 &&
                 id_equal(&body.command.id, &header->id) && verifies(verifying, &body);
    verifying->result = sound ? VIEW_VERIFIED : VIEW_FORGED;
    return sound;
}

void command_view_verify(const struct cli *cli, struct store_reader *reader, struct command_view *view)
{
    char dir[PATH_SIZE];
    struct link_signers signers = {.count = 0};
    struct verifying verifying = {.signers = &signers, .view = view, .result = VIEW_UNSIGNED};
    snprintf(dir, sizeof dir, "%.*s/%s", (int)(sizeof dir - CODE_SIZE - 2), cli->site->keys,
             view->topology->centers[view->seat].code);
    if (link_signers_load(dir, &signers, NULL) == ERR_OK &&
        link_signers_key(&signers, view->record.header.center, 0)) {
        verifying.block = malloc(ARENA_BYTES);
        if (!verifying.block)
            abort();
        if (store_read_log(reader, &view->record.header.id, on_statement, &verifying, NULL) == ERR_OK)
            view->signature = verifying.result;
        free(verifying.block);
    }
    link_signers_free(&signers);
}

/* ---- where it is known ---- */

/* ERR_OK with the issuer's code when this database knows the command. */
static enum err look(const struct site_center *center, const struct id *id, char issuer[CODE_SIZE],
                     struct store_reader **reader, struct fault *fault)
{
    struct store_command found;
    enum err err = store_reader_open(center->read_database, reader, fault);
    if (err == ERR_OK)
        err = store_read_command(*reader, id, &found, fault);
    if (err == ERR_OK)
        memcpy(issuer, found.row.record.header.center, CODE_SIZE);
    else
        store_reader_close(reader);
    return err;
}

/* Any center of the site that knows it, higher ones first. A database that does not answer is passed over,
 * and is what is complained of when no other knows the command. */
static enum err search(struct cli *cli, const struct id *id, char issuer[CODE_SIZE],
                       struct store_reader **reader, const struct site_center **center, struct fault *fault)
{
    const struct topology *topology = cli->world->topology;
    struct fault worst = {.code = ERR_UNKNOWN_COMMAND};
    for (size_t i = 0; i < topology->center_count; i++) {
        const struct site_center *here = site_center(cli->site, topology->centers[i].code);
        struct fault now = {.code = ERR_OK};
        if (!here)
            continue;
        enum err err = look(here, id, issuer, reader, &now);
        *center = here;
        if (err == ERR_OK)
            return ERR_OK;
        if (err != ERR_UNKNOWN_COMMAND && worst.code == ERR_UNKNOWN_COMMAND)
            worst = now;
    }
    return fault_set(fault, worst.code, "%s", worst.text);
}

enum err command_view_find(struct cli *cli, const struct id *id, struct store_reader **reader,
                           const struct site_center **center, struct fault *fault)
{
    char issuer[CODE_SIZE];
    const char *asked = cli_value(cli, "center");
    if (!cli_world(cli))
        return ERR_CONFIG;
    if (asked) {
        *center = site_center(cli->site, asked);
        if (!*center)
            return fault_set(fault, ERR_UNKNOWN_CENTER, "%s", asked);
        return look(*center, id, issuer, reader, fault);
    }
    enum err err = search(cli, id, issuer, reader, center, fault);
    const struct site_center *home = err == ERR_OK ? site_center(cli->site, issuer) : NULL;
    struct store_reader *better = NULL;
    struct fault ignored; /* the copy that was found tells as much as there is to know */
    if (home && home != *center && look(home, id, issuer, &better, &ignored) == ERR_OK) {
        store_reader_close(reader);
        *reader = better;
        *center = home;
    }
    return err;
}

const struct site_center *command_view_issuer(struct cli *cli, const struct id *id)
{
    char issuer[CODE_SIZE];
    struct store_reader *reader = NULL;
    const struct site_center *center = NULL;
    struct fault fault = {.code = ERR_OK};
    if (cli_value(cli, "center"))
        return cli_center(cli);
    if (!cli_world(cli))
        return NULL;
    enum err err = search(cli, id, issuer, &reader, &center, &fault);
    store_reader_close(&reader);
    if (err != ERR_OK) {
        cli_fail(cli, err, "%s", fault.text);
        return NULL;
    }
    center = site_center(cli->site, issuer);
    if (!center)
        cli_fail(cli, ERR_UNKNOWN_CENTER, "%s", issuer);
    return center;
}
