/* Peace and war 平战: what is in force at a center, as its database has it. */
#ifndef SANJI_MODE_VIEW_H
#define SANJI_MODE_VIEW_H

#include "cli.h"
#include "store/store_read.h"

/* What a situation report 战报 is made of: the form that a mode command of the command line brings with it.
 */
#define MODE_FORM                                                                                                         \
    "案卷总数:total:number,前端发现:reported:number,研判调度:dispatched:number,联动处置:handling:number," \
    "办结:closed:number"

/* One mode command that covers the center; its texts are owned by the view. */
struct mode_order {
    struct alert_order order;
    struct command_record record;
};

/* Where the cases stand that were reported since the mode began: the four stages 四阶段. */
struct mode_stages {
    int64_t total;
    int64_t reported;   /* 前端发现报告: reported, being verified */
    int64_t dispatched; /* 中端研判调度: filed, dispatched, in dispute */
    int64_t handling;   /* 末端联动处置: being handled, suspended, to be checked */
    int64_t closed;     /* 全程总结: at an end */
};

struct mode_view {
    int32_t center;
    int64_t now_ms;
    size_t count, room;
    struct mode_order *orders;
    int32_t in_force; /* index into orders, -1 = normal 平时 */
    struct mode_stages stages;
};

/* Reads the database of the center (index in the topology); the stages only where a mode is in force. The
 * caller frees the view. */
enum err mode_view_read(struct cli *cli, struct store_reader *reader, int32_t center, struct mode_view *view,
                        struct fault *fault) MUST_CHECK;
/* The same with a reader of its own. */
enum err mode_view_open(struct cli *cli, const struct site_center *center, struct mode_view *view,
                        struct fault *fault) MUST_CHECK;
void mode_view_free(struct mode_view *view);
/* The order in force; NULL in normal times. */
const struct mode_order *mode_view_now(const struct mode_view *view);
enum alert mode_view_alert(const struct mode_view *view);
json_t *mode_view_json(struct cli *cli, const struct mode_view *view);

#endif
