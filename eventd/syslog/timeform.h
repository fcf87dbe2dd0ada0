/*
 * Recognises the time stamps of syslog messages; their values are not needed. The forms: those of
 * `service timestamps` on IOS (with msec, year, zone, uptime), NX-OS (year first), RFC 3164, RFC 3339, FRR.
 * Any thread.
 */
#ifndef SYSLOG_TIMEFORM_H
#define SYSLOG_TIMEFORM_H

/* Behind the time stamp that begins at p, marks `*` and `.` included; NULL when none does. */
const char *timeform_end(const char *p, const char *end);

#endif
