/* Commands by id, sheets by id, and the receipts on those whose receipts are wanted. */
#include "store/store_load_command.h"

#include <stdlib.h>

#include "store/store_decode_command.h"
#include "store/store_row.h"

void store_load_commands_init(struct load_commands *load, const struct store_wanted *wanted)
{
    store_column_init(&load->commands, 'u');
    store_column_init(&load->sheets, 'u');
    store_column_init(&load->filled, 'u');
    for (size_t i = 0; i < wanted->command_count; i++)
        store_column_id(&load->commands, &wanted->commands[i]);
    for (size_t i = 0; i < wanted->sheet_count; i++) {
        store_column_id(&load->sheets, &wanted->sheets[i].id);
        if (wanted->sheets[i].receipts)
            store_column_id(&load->filled, &wanted->sheets[i].id);
    }
}

void store_load_commands_fini(struct load_commands *load)
{
    store_column_fini(&load->commands);
    store_column_fini(&load->sheets);
    store_column_fini(&load->filled);
    free(load->space);
    free(load->receipts);
}

bool store_load_commands_send(struct store *store, struct store_op *op, struct load_commands *load)
{
    struct store_params params = {.count = 0};
    load->first = op->sent;
    if (load->commands.count + load->sheets.count == 0)
        return true;
    store_params_column(&params, &load->commands);
    store_params_column(&params, &load->sheets);
    if (!store_op_send(store, op, SQL_COMMANDS, &params))
        return false;
    params.count = 0;
    store_params_column(&params, &load->sheets);
    if (!store_op_send(store, op, SQL_SHEETS, &params))
        return false;
    if (load->filled.count == 0)
        return true;
    params.count = 0;
    store_params_column(&params, &load->filled);
    return store_op_send(store, op, SQL_RECEIPTS, &params);
}

static bool read_sheets(const PGresult *result, struct store_loaded *loaded)
{
    loaded->sheet_count = (size_t)PQntuples(result);
    loaded->sheets = calloc(loaded->sheet_count + 1, sizeof *loaded->sheets);
    if (!loaded->sheets)
        abort(); /* nothing is lost: all state is in the database */
    for (size_t i = 0; i < loaded->sheet_count; i++) {
        struct store_row row = store_row_at(result, (int)i);
        if (!store_decode_sheet(&row, &loaded->sheets[i].sheet))
            return false;
        loaded->sheets[i].quarantined = store_row_bool(&row);
    }
    return true;
}

/* Sheets and receipts both come by the sheet's id: each sheet gets the run that is its own. */
static bool read_receipts(const PGresult *result, struct load_commands *load, struct store_loaded *loaded)
{
    int count = PQntuples(result);
    size_t at = 0;

    load->receipts = calloc((size_t)count + 1, sizeof *load->receipts);
    if (!load->receipts)
        abort();
    for (int i = 0; i < count; i++) {
        struct store_row row = store_row_at(result, i);
        struct id sheet = store_row_id(&row);
        if (!store_decode_receipt(&row, &load->receipts[i]))
            return false;
        while (at < loaded->sheet_count && !id_equal(&loaded->sheets[at].sheet.id, &sheet))
            at++;
        if (at == loaded->sheet_count)
            return false;
        struct sheet_row *to = &loaded->sheets[at];
        if (to->receipt_count++ == 0)
            to->receipts = &load->receipts[i];
    }
    return true;
}

bool store_load_commands_read(const struct store_op *op, struct load_commands *load,
                              struct store_loaded *loaded)
{
    if (load->commands.count + load->sheets.count == 0)
        return true;
    const PGresult *commands = op->results[load->first];
    if (!store_decode_commands(commands, &loaded->commands, &load->space))
        return false;
    loaded->command_count = (size_t)PQntuples(commands);
    return read_sheets(op->results[load->first + 1], loaded) &&
           (load->filled.count == 0 || read_receipts(op->results[load->first + 2], load, loaded));
}
