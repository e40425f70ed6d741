/* The units of a center and of all below it: who they are by the tree, how they are by a database. */
#ifndef SANJI_UNIT_VIEW_H
#define SANJI_UNIT_VIEW_H

#include "cli.h"
#include "store/store_read.h"

struct unit_view {
    const struct topology *topology;
    int64_t now_ms;
    size_t count;
    struct unit *units; /* by center, then as the tree has them; never heard = standby at home */
};

/* NULL and NONE ask for everything. */
struct unit_filter {
    const char *type;
    enum unit_status status;
    const char *name;
};

/* Reads the center's database. The caller frees the view. */
enum err unit_view_read(struct cli *cli, const struct site_center *center, const struct unit_filter *filter,
                        struct unit_view *view, struct fault *fault) MUST_CHECK;
void unit_view_free(struct unit_view *view);
json_t *unit_view_json(struct cli *cli, const struct unit_view *view, const struct unit *unit);
void unit_view_print(struct cli *cli, const struct unit_view *view);

#endif
