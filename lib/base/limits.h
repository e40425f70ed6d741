/* Every bound of the system, each with its reason. Sizes count bytes and include the NUL of a string. */
#ifndef SANJI_BASE_LIMITS_H
#define SANJI_BASE_LIMITS_H

/* names and codes */
#define CODE_SIZE 20     /* center or area code: 15 digits for a grid, room for a letter suffix */
#define ITEM_SIZE 28     /* item code "class.sub.item" of three numbers up to 6 digits */
#define DEPT_SIZE 24     /* department code */
#define TARGET_SIZE 44   /* "department@center" */
#define USER_SIZE 48     /* user name: post, department and center joined by dots */
#define POST_SIZE 24     /* post, mode, policy name */
#define NAME_SIZE 96     /* a display name: 31 Chinese characters */
#define CASE_NO_SIZE 44  /* center code, date, serial, incarnation */
#define PATH_SIZE 512    /* a file path in a daemon's configuration */
#define ENDPOINT_SIZE 128 /* a ZeroMQ endpoint */

/* texts that people write */
#define TEXT_SIZE 4096   /* a report's description: about 1,300 Chinese characters */
#define REASON_SIZE 1024 /* a reason or reply */
#define ADDRESS_SIZE 256 /* place in words */
#define EVIDENCE_MAX 9   /* photos or files of one event; a phone sends at most nine */
#define EVIDENCE_SIZE 128 /* one evidence reference (store key or URL path) */

/* tree */
#define TIERS_MAX 8         /* country to grid is 7 */
#define CENTERS_MAX 4096    /* a city has 744 */
#define CHILDREN_MAX 1024   /* direct children of one center; a street has at most some dozens */
#define COVERS_MAX 64       /* areas of one center */
#define ASSIST_MAX 4        /* assisting departments of one case */

/* frames and batches */
#define FRAME_BYTES_MAX (256 * 1024) /* one ZeroMQ frame; ZMQ_MAXMSGSIZE */
#define BODY_BYTES_MAX (32 * 1024)   /* one event body: text + nine evidence references fit five times */
#define BATCH_INPUTS_MAX 256         /* inputs of one commit: measured knee of throughput against latency */
#define ENTRIES_PER_FRAME_MAX 256    /* stream entries of one frame */
#define WINDOW_ENTRIES 2048          /* credit: entries in flight to one neighbour */
#define INBOX_MAX 8192               /* frames waiting for the next batch before new requests get BUSY */
#define TIMER_BATCH 256              /* due timers taken at once, so that reports are served between */
#define CASE_EVENTS_MAX 100000       /* events of one case; beyond it something is looping */

/* commands and units */
#define SELECTOR_SIZE 512       /* a selector in words */
#define SELECTOR_TERMS_MAX 16   /* alternatives of one selector; longer lists want an area or a type */
#define SHEET_RECIPIENTS_MAX 1536 /* recipients of one command at one center: 999 grids, 31 desks, units, the center */
#define SHEET_CHANGES_MAX 128   /* changes of one sheet event: keeps a body below BODY_BYTES_MAX */
#define FORM_FIELDS_MAX 16      /* fields of a feedback form: one phone screen twice over */
#define VALUES_SIZE 2048        /* a filled form: lines "field=value" */
#define ANSWER_SIZE 256         /* what a recipient last said, as lists show it; the whole text is in the event */
#define PLAN_CIRCLES_MAX 8      /* "135" has three */
#define SIGNATURE_BYTES 64      /* Ed25519 */
#define COMMAND_KEEP_DAYS 30    /* a command without an end is closed after this */

/* time, milliseconds */
#define PING_INTERVAL_MS 5000   /* idle link: 0.2 % of a core for 135 centers */
#define LINK_DEAD_MS 16000      /* three pings missed: the link is shown as down */
#define OFFER_FRESH_MS 5000     /* custody.md rule 8: an accept older than this is not used */
#define HANDOVER_ALARM_MS 60000 /* custody.md rule 8: unacknowledged for this long calls a person */
#define SKEW_MAX_MS 30000       /* custody.md rule 12: beyond it no hand-over by timer */
#define TIMER_CEILING_MS 1000   /* the longest sleep of the timer, so that a clock jump is noticed */
#define SIMILAR_METERS 50       /* domain page, report: similar-case warning */
#define SIMILAR_MS (24LL * 3600 * 1000)
#define LEASE_MAX_MS (24LL * 3600 * 1000) /* custody.md rule 19: a mode is renewed at least daily */
#define POSITION_AHEAD_MS 30000 /* a phone's clock may be this much fast; beyond it a position is refused */
#define SPEED_MAX_MPS 70        /* 252 km/h: a helicopter; faster is a mistake or a forgery */
#define KEY_AGE_MAX_MS (7LL * 24 * 3600 * 1000) /* custody.md rule 11: older keys are refused */

#endif
