/* Every statement that centerd runs, by name. All are prepared when a connection opens, so that a schema that
 * does not fit is found at the start and not in the middle of a night. */
#ifndef SANJI_STORE_SQL_H
#define SANJI_STORE_SQL_H

enum store_sql {
    /* opening */
    SQL_RAISE,
    SQL_NEIGHBOURS,
    SQL_FIRST_DUE,
    /* one commit, in this order */
    SQL_FENCE,
    SQL_AHEAD_JOURNAL,
    SQL_JOURNAL,
    SQL_JOURNAL_TO,
    SQL_CASE_NEW,
    SQL_CASE_SET,
    SQL_COMMAND_NEW,
    SQL_COMMAND_SET,
    SQL_SHEET_NEW,
    SQL_SHEET_SET,
    SQL_RECEIPT_NEW,
    SQL_RECEIPT_SET,
    SQL_UNIT,
    SQL_TIMER_NEW,
    SQL_TIMER_SET,
    SQL_TIMER_ADD,
    SQL_TIMER_OFF,
    SQL_KEY_NEW,
    SQL_KEY,
    SQL_KEEP,
    SQL_UNKEEP,
    SQL_MET,
    SQL_RECEIVED,
    SQL_ACKED,
    SQL_HAND_OVER,
    SQL_HAND_OVER_DONE,
    SQL_QUARANTINE,
    SQL_RELEASE,
    SQL_ALARM,
    SQL_ALARM_CLEAR,
    SQL_CALENDAR,
    /* load */
    SQL_CASES_BY_ID,
    SQL_CASES_BY_NO,
    SQL_KEYS,
    SQL_SIMILAR,
    SQL_COMMANDS,
    SQL_SHEETS,
    SQL_RECEIPTS,
    /* the rest */
    SQL_MODES,
    SQL_UNITS,
    SQL_CALLED,
    SQL_DUE,
    SQL_AUDIT,
    SQL_FEED,
    SQL_LOG,
    SQL_KEPT,
    SQL_COUNTS,
    SQL_FLAGGED,
    SQL_OWNED,
    SQL_HAND_OVERS,
    SQL_AHEAD_KEYS,
    SQL_TRIM,
    SQL_CLOSE,
    SQL_MUTE,
    SQL_FENCE_NEIGHBOUR,
    SQL_COUNT
};

struct store_sql_row {
    const char *name; /* of the prepared statement */
    const char *text;
};

/* One statement that sets what the others rely on. */
const char *store_sql_settings(void);
const struct store_sql_row *store_sql(enum store_sql which);

#endif
