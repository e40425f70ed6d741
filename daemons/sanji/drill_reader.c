/* One reader for each center's database, kept open: a connection costs more than an answer. */
#include <stdlib.h>

#include "drill.h"

enum err drill_reader(struct drill *drill, int32_t center, struct store_reader **reader, struct fault *fault)
{
    const char *code = drill->topology->centers[center].code;
    const struct site_center *here = site_center(drill->cli->site, code);
    if (!here)
        return fault_set(fault, ERR_UNKNOWN_CENTER, "%s", code);
    if (!drill->readers)
        drill->readers = calloc(drill->topology->center_count, sizeof(struct store_reader *));
    if (!drill->readers)
        abort();
    enum err err = drill->readers[center]
                       ? ERR_OK
                       : store_reader_open(here->read_database, &drill->readers[center], fault);
    *reader = drill->readers[center];
    return err;
}

void drill_reader_check(struct drill *drill, int32_t center, enum err err)
{
    if (err != ERR_OK && err != ERR_UNKNOWN_COMMAND && err != ERR_UNKNOWN_CASE && drill->readers)
        store_reader_close(&drill->readers[center]);
}

void drill_readers_close(struct drill *drill)
{
    for (size_t i = 0; drill->readers && i < drill->topology->center_count; i++)
        store_reader_close(&drill->readers[i]);
    free(drill->readers);
    drill->readers = NULL;
}
