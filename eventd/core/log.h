/*
 * The device's own log: IOS messages `%FAC-SEV-MNEM: text` and debug lines, with time stamps as
 * `service timestamps` says, kept in a ring of bytes for `show logging` and handed to sinks
 * (console, terminals, the syslog detector). Redacts; never fails; saves errno. Engine thread only.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cause.h"
#include "core/clock.h"
#include "core/stamp.h"
#include "core/trace.h"

enum severity {
	SEV_EMERGENCIES,
	SEV_ALERTS,
	SEV_CRITICAL,
	SEV_ERRORS,
	SEV_WARNINGS,
	SEV_NOTIFICATIONS,
	SEV_INFORMATIONAL,
	SEV_DEBUGGING
};
/* "emergencies" ... "debugging"; singular and script forms ("err", "warning") and 0-7 are read too. */
const char *severity_name(enum severity);
bool severity_parse(const char *word, enum severity *out);

struct log_entry { /* a view, valid during the sink's call */
	uint64_t seq;
	usec wall, mono;
	enum severity severity;
	bool is_debug;        /* no %FAC header */
	bool stamped;         /* false: continues the line before, no time stamp of its own */
	const char *facility; /* "HA_EM"; "" for debug lines */
	const char *mnemonic;
	const char *text;    /* "%HA_EM-6-LOG: ..." or the debug line; no final newline */
	const char *line;    /* stamp + ": " + text, as shown */
	const char *stamp;   /* "*Mar 15 21:51:32.798" */
	bool limited;        /* not for the console: `logging rate-limit console` */
	struct cause *cause; /* who caused it; NULL = the outside world */
};
typedef void log_sink_f(void *arg, const struct log_entry *);

struct log;
struct redact;

struct log *log_new(const void *ctx, struct clock *, struct redact *);
void log_sink(const void *ctx, struct log *, log_sink_f *, void *arg); /* until ctx dies */

/*
 * One screener sees each message before anything else does; when it says false, the message goes
 * nowhere: not into the buffer, not to a sink (`event syslog ... skip yes`). NULL takes it away.
 */
typedef bool log_screen_f(void *arg, const struct log_entry *);
void log_screen(struct log *, log_screen_f *, void *arg);

void log_msg(struct log *, struct cause *, const char *facility, enum severity, const char *mnemonic,
	const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void log_debug(struct log *, debug_mask why, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A line made elsewhere (a helper) at its own time; wall 0 = now. */
void log_debug_at(struct log *, debug_mask why, usec wall, bool stamped, const char *text);

/* What `debug` turned on; log_trace() is a trace whose sink is this log. */
debug_mask log_debugs(const struct log *);
void log_set_debugs(struct log *, debug_mask);
const struct trace *log_trace(struct log *);

void log_set_stamps(struct log *, const struct stamp_form *log_form, const struct stamp_form *debug_form);
void log_set_sequence(struct log *, bool on); /* service sequence-numbers */
void log_set_buffer(struct log *, size_t bytes, enum severity level);
void log_clear(struct log *);

/*
 * Where lines go as they come: `logging console`, `logging monitor`, `logging buffered`. Asked by the sinks of
 * the first two. With `no logging on` there is the console alone.
 */
enum log_place { LOG_CONSOLE, LOG_MONITOR, LOG_BUFFER };
void log_set_place(struct log *, enum log_place, bool on, enum severity least);
/* Keeps what it says no to away from that place (`logging discriminator`); NULL takes it away. */
typedef bool log_filter_f(void *arg, const struct log_entry *);
void log_set_filter(struct log *, enum log_place, log_filter_f *, void *arg);
bool log_is_filtered(const struct log *, enum log_place);
bool log_shows(const struct log *, enum log_place, const struct log_entry *);
/* False when nothing is shown there; *least is the level of `show logging`. */
bool log_place(const struct log *, enum log_place, enum severity *least);
void log_set_on(struct log *, bool on);
bool log_is_on(const struct log *);

/* `logging rate-limit`: what is more than that in a second goes nowhere. Detectors have seen it. */
struct log_rate {
	unsigned per_second; /* 0: any number */
	bool console_only;
	bool debugs; /* debug lines count, too */
	int never;   /* messages of this level and more severe ones are not limited; -1: all are */
};
void log_set_rate(struct log *, const struct log_rate *);

struct log_stats {
	uint64_t logged, dropped, limited;
	uint64_t at[3]; /* ORDER: enum log_place: lines that went there (of the console: that might) */
	size_t buffer_bytes;
	enum severity buffer_level;
};
void log_stats(const struct log *, struct log_stats *);
/* Oldest first: every kept line without its newline. */
void log_each(const struct log *, void (*f)(void *arg, const char *line, size_t n), void *arg);

#endif
