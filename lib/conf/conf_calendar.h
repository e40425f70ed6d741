/* The calendar file: zone, working periods of each weekday, holidays and make-up working days.
 *
 *     name: china
 *     version: 1
 *     zone: "+08:00"
 *     valid: 2018-01-01..2026-12-31          # both days belong to it
 *     week: {monday: [08:00-12:00, 14:00-18:00], ...}   # a weekday that is not named does not work
 *     makeup: [08:00-12:00, 14:00-18:00]     # the hours of a make-up working day
 *     holidays: [2018-01-01, 2018-02-15..2018-02-21]    # ascending, no day twice
 *     makeup_days: [2018-02-11, 2018-02-24]
 */
#ifndef SANJI_CONF_CALENDAR_H
#define SANJI_CONF_CALENDAR_H

#include "conf/conf_doc.h"
#include "domain/calendar.h"

/* Reads `path` into *calendar; everything wrong goes into `errors` with its place. *calendar is written on
 * success only. ERR_OK or ERR_CONFIG. */
enum err conf_calendar_read(const char *path, struct conf_errors *errors,
                            struct calendar *calendar) MUST_CHECK;
/* The same for a document that is open already. */
enum err conf_calendar_take(struct conf_doc *doc, struct calendar *calendar) MUST_CHECK;

#endif
