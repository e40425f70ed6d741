/* The catalogue of items 事项清单 and the escalation policies: data, versioned; a case freezes what it needs
 * of them when it is filed, so that a later catalogue changes nothing that is running. */
#ifndef SANJI_DOMAIN_CATALOGUE_H
#define SANJI_DOMAIN_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/calendar.h"

enum priority { PRIORITY_NORMAL = 0, PRIORITY_URGENT = 1, PRIORITY_CRITICAL = 2 }; /* 一般 紧急 特急 */
enum mode { MODE_PEACE = 0, MODE_WAR = 1 };                                        /* 平 战 */

/* What a case is measured against, frozen at filing. A span with UNIT_NONE has no limit. */
struct limits {
    struct span accept, verify, dispatch, sign, handle, check, ruling, callback;
    struct span reopen_window; /* how long after closing a reporter may ask again */
    struct span archive;       /* closed without a call-back: archived by the timer after this */
};

/* The escalation ladder of one policy (domain page, end of section 4). */
struct policy {
    char name[POST_SIZE];
    uint8_t yellow_percent; /* of a limit: yellow lamp + urge; 1..99 */
    struct span deputy;     /* after the sign limit passed: deputy, then this much later the center */
    struct span grace;      /* after red: the owner moves one tier up; UNIT_NONE = never climbs */
    struct span dwell;      /* time at a new tier before the next climb */
    struct span ack_lapse; /* a signed case without progress: the acknowledgement lapses; UNIT_NONE = never */
    struct span supervise_reply; /* limit of the written reply to a supervision order */
    struct span repeat;          /* between repeated red alarms / supervision orders; at most daily */
    uint8_t repeats_max;         /* then one standing red entry */
    uint8_t returns_max;         /* the return beyond this makes it DISPUTED; 1 by the domain page */
    uint8_t extensions_max;
    uint8_t first_extension_percent; /* of the handle limit: what a shift leader may grant */
    struct span review;              /* SUSPENDED: default review date */
};

struct item {
    char code[ITEM_SIZE];
    char name[NAME_SIZE];
    char name_en[NAME_SIZE];
    uint16_t class_index; /* into classes */
    uint16_t sub_index;   /* into subs; a catalogue without sub-classes has one per class */
    enum priority priority;
    bool settle_allowed;            /* 即巡即办 */
    bool auto_check;                /* the check may be automatic */
    bool suspend_allowed;           /* 挂账 */
    bool close_by_leader;           /* a passed check still needs the shift leader to close */
    bool before_photo, after_photo; /* evidence demanded */
    struct limits limits;
    char policy[2][POST_SIZE];               /* by mode */
    char plan[POST_SIZE];                    /* emergency plan (domain/response.h); "" = none */
    const char *filing, *closing, *guidance; /* conditions and checklist in words; "" when none; in `texts` */
};

struct catalogue_class {
    char code[ITEM_SIZE];
    char name[NAME_SIZE];
    char name_en[NAME_SIZE];
    uint16_t parent; /* of a sub-class: index of its class */
};

struct catalogue {
    char name[NAME_SIZE];
    int32_t version;
    size_t class_count, sub_count, item_count, policy_count;
    struct catalogue_class *classes, *subs;
    struct item *items;      /* ascending by code */
    struct policy *policies; /* ascending by name */
    char *texts;
};

/* Frees what the catalogue holds, not the catalogue. */
void catalogue_free(struct catalogue *catalogue);
/* NULL when there is none. */
const struct item *catalogue_item(const struct catalogue *catalogue, const char *code);
/* The policy of an item in a mode; never NULL for a checked catalogue. */
const struct policy *catalogue_policy(const struct catalogue *catalogue, const struct item *item,
                                      enum mode mode);

/* The policy of that name; NULL when there is none. */
const struct policy *catalogue_policy_named(const struct catalogue *catalogue, const char *name);
/* The codes of an item's sub-class and class. */
const char *catalogue_sub_code(const struct catalogue *catalogue, const struct item *item);
const char *catalogue_class_code(const struct catalogue *catalogue, const struct item *item);

const char *priority_name(enum priority priority);
const char *priority_zh(enum priority priority);

#endif
