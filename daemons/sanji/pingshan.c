/* Pingshan's case file: ids to codes, names to places. */
#include "pingshan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "csv.h"

enum column {
    REC_ID,
    CREATE_TIME,
    STREET_NAME,
    COMMUNITY_NAME,
    TYPE_ID,
    MAIN_ID,
    SUB_ID,
    TYPE_NAME,
    MAIN_NAME,
    SUB_NAME,
    UNIT_ID,
    UNIT_NAME,
    SOURCE_NAME,
    NATURE_NAME,
    IN_TIME,
    OVERTIME,
    COLUMNS
};

static const char *const headers[COLUMNS] = {[REC_ID] = "REC_ID",
                                             [CREATE_TIME] = "CREATE_TIME",
                                             [STREET_NAME] = "STREET_NAME",
                                             [COMMUNITY_NAME] = "COMMUNITY_NAME",
                                             [TYPE_ID] = "EVENT_TYPE_ID",
                                             [MAIN_ID] = "MAIN_TYPE_ID",
                                             [SUB_ID] = "SUB_TYPE_ID",
                                             [TYPE_NAME] = "EVENT_TYPE_NAME",
                                             [MAIN_NAME] = "MAIN_TYPE_NAME",
                                             [SUB_NAME] = "SUB_TYPE_NAME",
                                             [UNIT_ID] = "DISPOSE_UNIT_ID",
                                             [UNIT_NAME] = "DISPOSE_UNIT_NAME",
                                             [SOURCE_NAME] = "EVENT_SRC_NAME",
                                             [NATURE_NAME] = "EVENT_PROPERTY_NAME",
                                             [IN_TIME] = "INTIME_ARCHIVE_NUM",
                                             [OVERTIME] = "OVERTIME_ARCHIVE_NUM"};

static const struct {
    const char *name, *zh, *en;
} reasons[PINGSHAN_REASONS] = {
    [PINGSHAN_PLACED] = {"placed", "已落位", "has its place"},
    [PINGSHAN_NO_PLACE] = {"no_place", "原始记录没有街道和社区", "the row names no street and no community"},
    [PINGSHAN_UNKNOWN_PLACE] = {"unknown_place", "拓扑中没有该街道或社区",
                                "the topology has no such street or community"},
    [PINGSHAN_UNKNOWN_ITEM] = {"unknown_item", "事项清单中没有该事项", "the catalogue has no such item"},
};

struct pingshan {
    struct csv *csv;
    int columns[COLUMNS];
    const struct topology *topology;
    const struct catalogue *catalogue;
    int32_t offset_min;
};

const char *pingshan_reason_name(enum pingshan_reason reason)
{
    return reasons[reason].name;
}

const char *pingshan_reason_text(enum pingshan_reason reason, bool english)
{
    return english ? reasons[reason].en : reasons[reason].zh;
}

enum err pingshan_open(const char *path, const struct topology *topology, const struct catalogue *catalogue,
                       int32_t offset_min, struct pingshan **out, struct fault *fault)
{
    struct pingshan *file = calloc(1, sizeof *file);
    if (!file)
        return fault_set(fault, ERR_MEMORY, "no memory");
    file->topology = topology;
    file->catalogue = catalogue;
    file->offset_min = offset_min;
    enum err err = csv_open(path, &file->csv, fault);
    for (int i = 0; err == ERR_OK && i < COLUMNS; i++) {
        file->columns[i] = csv_column(file->csv, headers[i]);
        if (file->columns[i] < 0)
            err = fault_set(fault, ERR_MALFORMED, "%.200s:1: no column %s", path, headers[i]);
    }
    if (err == ERR_OK)
        *out = file;
    else
        pingshan_close(&file);
    return err;
}

void pingshan_close(struct pingshan **file)
{
    if (!*file)
        return;
    csv_close(&(*file)->csv);
    free(*file);
    *file = NULL;
}

double pingshan_progress(const struct pingshan *file)
{
    return csv_progress(file->csv);
}

static const char *field(const struct pingshan *file, enum column column)
{
    return csv_field(file->csv, file->columns[column]);
}

/* The file writes '-' where it has nothing. */
static bool is_none(const char *text)
{
    return text[0] == '\0' || strcmp(text, "-") == 0;
}

static bool is_id(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > 8)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return true;
}

/* The center of that name below `above` (-1: anywhere), directly or not; -1 when there is none. */
static int32_t find_place(const struct topology *topology, int32_t above, const char *name)
{
    for (size_t i = 0; i < topology->center_count; i++)
        if (strcmp(topology->centers[i].name, name) == 0 &&
            (above < 0 || topology_is_under(topology, (int32_t)i, above)))
            return (int32_t)i;
    return -1;
}

static void read_place(const struct pingshan *file, struct pingshan_row *row)
{
    bool no_street = is_none(row->street_name), no_community = is_none(row->community_name);
    row->center = -1;
    row->street[0] = '\0';
    if (no_street && no_community) {
        row->reason = PINGSHAN_NO_PLACE;
        return;
    }
    int32_t street = no_street ? -1 : find_place(file->topology, -1, row->street_name);
    int32_t center = no_community               ? street
                     : !no_street && street < 0 ? -1
                                                : find_place(file->topology, street, row->community_name);
    if (center < 0) {
        row->reason = PINGSHAN_UNKNOWN_PLACE;
        return;
    }
    if (street < 0)
        street = file->topology->centers[center].parent;
    row->center = center;
    if (street >= 0)
        text_put(row->street, sizeof row->street, file->topology->centers[street].code);
}

static enum err bad(const struct pingshan *file, enum column column, struct fault *fault)
{
    return fault_set(fault, ERR_MALFORMED, "line %zu: %s '%.60s' does not read", csv_line(file->csv),
                     headers[column], field(file, column));
}

static void read_item(const struct pingshan *file, struct pingshan_row *row)
{
    static const enum column ids[] = {TYPE_ID, MAIN_ID, SUB_ID};
    row->item[0] = '\0';
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (!is_id(field(file, ids[i])))
            return;
    snprintf(row->item, sizeof row->item, "%.8s.%.8s.%.8s", field(file, TYPE_ID), field(file, MAIN_ID),
             field(file, SUB_ID));
}

static enum err read_ids(const struct pingshan *file, struct pingshan_row *row, struct fault *fault)
{
    if (!is_id(field(file, REC_ID)))
        return bad(file, REC_ID, fault);
    if (clock_parse(field(file, CREATE_TIME), file->offset_min, &row->at_ms) != 0)
        return bad(file, CREATE_TIME, fault);
    text_put(row->rec_id, sizeof row->rec_id, field(file, REC_ID));
    row->department[0] = '\0';
    if (is_id(field(file, UNIT_ID)))
        snprintf(row->department, sizeof row->department, "u%.8s", field(file, UNIT_ID));
    return ERR_OK;
}

static void read_names(const struct pingshan *file, struct pingshan_row *row)
{
    row->type = field(file, TYPE_NAME);
    row->main = field(file, MAIN_NAME);
    row->sub = field(file, SUB_NAME);
    row->street_name = field(file, STREET_NAME);
    row->community_name = field(file, COMMUNITY_NAME);
    row->department_name = field(file, UNIT_NAME);
    row->source = field(file, SOURCE_NAME);
    row->nature = field(file, NATURE_NAME);
    row->late = strcmp(field(file, OVERTIME), "1") == 0;
    row->closed = row->late || strcmp(field(file, IN_TIME), "1") == 0;
}

/* A category that the list does not hold yet: the item of its class for such cases, "TYPE.0.0". */
static const struct item *unlisted_item(const struct pingshan *file, const struct pingshan_row *row)
{
    char code[ITEM_SIZE + 8];
    snprintf(code, sizeof code, "%.*s.0.0", (int)strcspn(row->item, "."), row->item);
    return catalogue_item(file->catalogue, code);
}

enum err pingshan_next(struct pingshan *file, struct pingshan_row *row, bool *more, struct fault *fault)
{
    enum err err = csv_next(file->csv, more, fault);
    if (err != ERR_OK || !*more)
        return err;
    err = read_ids(file, row, fault);
    if (err != ERR_OK)
        return err;
    read_names(file, row);
    row->reason = PINGSHAN_PLACED;
    read_place(file, row);
    read_item(file, row);
    row->known = catalogue_item(file->catalogue, row->item);
    row->unlisted = !row->known;
    if (!row->known)
        row->known = unlisted_item(file, row);
    if (row->reason == PINGSHAN_PLACED && !row->known)
        row->reason = PINGSHAN_UNKNOWN_ITEM;
    return ERR_OK;
}
