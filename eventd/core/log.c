/* The device's own log: formatting, the ring of kept lines, and the sinks. */
#include "core/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/mem.h"
#include "core/redact.h"
#include "core/text.h"

#define DEFAULT_BUFFER ((size_t)1024 * 1024) /* rulings 38 */

struct sink {
	LIST_ENTRY(sink) link;
	log_sink_f *f;
	void *arg;
	struct log *log;
};

struct kept {
	STAILQ_ENTRY(kept) link;
	size_t n;
	char line[];
};

struct log {
	struct clock *clock;
	struct redact *redact;
	struct stamp_form log_form, debug_form;
	bool sequence;
	uint64_t seq, logged, dropped;
	usec started;
	STAILQ_HEAD(, kept) kept;
	size_t kept_bytes, buffer_bytes;
	struct {
		bool off;
		enum severity least;
		log_filter_f *filter;
		void *filter_arg;
		uint64_t lines;
	} place[3]; /* ORDER: enum log_place */
	bool off;
	struct log_rate rate;
	usec second; /* the one that `in_second` counts */
	unsigned in_second;
	uint64_t limited;
	LIST_HEAD(, sink) sinks;
	log_screen_f *screen;
	void *screen_arg;
	struct trace trace;
};

static void
trace_sink(void *arg, debug_mask why, bool stamped, const char *text)
{
	log_debug_at(arg, why, 0, stamped, text);
}

struct log *
log_new(const void *ctx, struct clock *clock, struct redact *redact)
{
	struct log *l = mem_new(ctx, struct log);

	l->clock = clock;
	l->redact = redact;
	l->log_form.msec = l->debug_form.msec = true; /* IOS XE: datetime msec for both */
	l->started = clock_mono(clock);
	l->buffer_bytes = DEFAULT_BUFFER;
	for (size_t i = 0; i < 3; i++)
		l->place[i].least = SEV_DEBUGGING;
	l->rate.never = -1;
	STAILQ_INIT(&l->kept);
	LIST_INIT(&l->sinks);
	l->trace.f = trace_sink;
	l->trace.arg = l;
	return l;
}

static int
sink_free(void *p)
{
	struct sink *s = p;

	LIST_REMOVE(s, link);
	return 0;
}

void
log_sink(const void *ctx, struct log *l, log_sink_f *f, void *arg)
{
	struct sink *s = mem_new(ctx, struct sink);

	s->f = f;
	s->arg = arg;
	s->log = l;
	LIST_INSERT_HEAD(&l->sinks, s, link);
	mem_on_free(s, sink_free);
}

void
log_screen(struct log *l, log_screen_f *f, void *arg)
{
	l->screen = f;
	l->screen_arg = arg;
}

/* A time stamp in this form, as log lines carry it ("*" while the clock is not synchronised). */
static void
log_stamp(const struct log *l, const struct stamp_form *form, usec wall, char *out, size_t size)
{
	char when[64];

	if (form->off) {
		out[0] = '\0';
		return;
	}
	stamp_datetime(form, wall, clock_mono(l->clock) - l->started, when, sizeof when);
	snprintf(out, size, "%s%s", form->uptime || clock_is_synchronised(l->clock) ? "" : "*", when);
}

static void
trim(struct log *l)
{
	while (l->kept_bytes > l->buffer_bytes && !STAILQ_EMPTY(&l->kept)) {
		struct kept *k = STAILQ_FIRST(&l->kept);

		STAILQ_REMOVE_HEAD(&l->kept, link);
		l->kept_bytes -= k->n + 1;
		mem_free(k);
	}
}

static void
keep(struct log *l, const char *line, size_t n)
{
	struct kept *k = mem_alloc(l, sizeof *k + n + 1);

	k->n = n;
	memcpy(k->line, line, n);
	STAILQ_INSERT_TAIL(&l->kept, k, link);
	l->kept_bytes += n + 1;
	trim(l);
}

/* Is this one line too many of its second? */
static bool
is_too_many(struct log *l, const struct log_entry *e)
{
	const struct log_rate *r = &l->rate;

	if (r->per_second == 0 || (e->is_debug && !r->debugs) || (int)e->severity <= r->never)
		return false;
	if (e->mono - l->second >= USEC_PER_SEC || l->second == 0) {
		l->second = e->mono;
		l->in_second = 0;
	}
	if (l->in_second++ < r->per_second)
		return false;
	l->limited++;
	return true;
}

static void
hand_out(struct log *l, struct log_entry *e, size_t line_len)
{
	struct sink *s, *next;

	e->limited = is_too_many(l, e);
	if (e->limited && !l->rate.console_only)
		return;
	l->logged++;
	for (int i = LOG_CONSOLE; i <= LOG_MONITOR; i++)
		l->place[i].lines += log_shows(l, (enum log_place)i, e);
	if (log_shows(l, LOG_BUFFER, e)) {
		l->place[LOG_BUFFER].lines++;
		keep(l, e->line, line_len);
	}
	for (s = LIST_FIRST(&l->sinks); s != NULL; s = next) {
		next = LIST_NEXT(s, link);
		s->f(s->arg, e);
	}
}

/* `text` is the whole message or debug line; redacted and made one entry. */
static void
emit(struct log *l, struct log_entry *e, const char *text)
{
	int saved = errno;
	struct text body, line;
	char stamp[80];
	void *ctx = mem_ctx(l, "log line");

	text_init(&body, ctx);
	text_init(&line, ctx);
	text_add(&body, text);
	redact_text(l->redact, &body, 0);
	e->seq = ++l->seq;
	if (e->wall == 0)
		e->wall = clock_wall(l->clock);
	e->mono = clock_mono(l->clock);
	log_stamp(l, e->is_debug ? &l->debug_form : &l->log_form, e->wall, stamp, sizeof stamp);
	if (e->stamped) {
		if (l->sequence)
			text_printf(&line, "%06llu: ", (unsigned long long)e->seq);
		if (stamp[0] != '\0')
			text_printf(&line, "%s:%s", stamp, body.len > 0 ? " " : "");
	}
	text_addn(&line, body.s, body.len);
	e->text = body.s;
	e->line = line.s;
	e->stamp = stamp;
	if (l->screen == NULL || l->screen(l->screen_arg, e))
		hand_out(l, e, line.len);
	mem_free(ctx);
	errno = saved;
}

void
log_msg(struct log *l, struct cause *cause, const char *facility, enum severity severity,
	const char *mnemonic, const char *fmt, ...)
{
	struct log_entry e = { .severity = severity,
		.stamped = true,
		.facility = facility,
		.mnemonic = mnemonic,
		.cause = cause };
	struct text t;
	va_list ap;

	text_init(&t, l);
	text_printf(&t, "%%%s-%d-%s: ", facility, (int)severity, mnemonic);
	va_start(ap, fmt);
	text_vprintf(&t, fmt, ap);
	va_end(ap);
	emit(l, &e, t.s);
	mem_free(t.s);
}

void
log_debug_at(struct log *l, debug_mask why, usec wall, bool stamped, const char *text)
{
	struct log_entry e = { .wall = wall,
		.severity = SEV_DEBUGGING,
		.is_debug = true,
		.stamped = stamped,
		.facility = "",
		.mnemonic = "" };

	if (((l->trace.on | DEBUG_ALWAYS) & why) != 0)
		emit(l, &e, text);
}

void
log_debug(struct log *l, debug_mask why, const char *fmt, ...)
{
	va_list ap;
	char *s;

	if (((l->trace.on | DEBUG_ALWAYS) & why) == 0)
		return;
	va_start(ap, fmt);
	s = mem_vprintf(l, fmt, ap);
	va_end(ap);
	log_debug_at(l, why, 0, true, s);
	mem_free(s);
}

debug_mask
log_debugs(const struct log *l)
{
	return l->trace.on;
}

void
log_set_debugs(struct log *l, debug_mask on)
{
	l->trace.on = on;
}

const struct trace *
log_trace(struct log *l)
{
	return &l->trace;
}

void
log_set_stamps(struct log *l, const struct stamp_form *log_form, const struct stamp_form *debug_form)
{
	if (log_form != NULL)
		l->log_form = *log_form;
	if (debug_form != NULL)
		l->debug_form = *debug_form;
}

void
log_set_sequence(struct log *l, bool on)
{
	l->sequence = on;
}

void
log_set_buffer(struct log *l, size_t bytes, enum severity level)
{
	l->buffer_bytes = bytes;
	l->place[LOG_BUFFER].least = level;
	l->place[LOG_BUFFER].off = bytes == 0;
	trim(l);
}

void
log_clear(struct log *l)
{
	size_t bytes = l->buffer_bytes;

	l->buffer_bytes = 0;
	trim(l);
	l->buffer_bytes = bytes;
}

void
log_stats(const struct log *l, struct log_stats *out)
{
	out->logged = l->logged;
	out->dropped = l->dropped;
	out->limited = l->limited;
	for (size_t i = 0; i < 3; i++)
		out->at[i] = l->place[i].lines;
	out->buffer_bytes = l->buffer_bytes;
	out->buffer_level = l->place[LOG_BUFFER].least;
}

void
log_each(const struct log *l, void (*f)(void *arg, const char *line, size_t n), void *arg)
{
	struct kept *k;

	STAILQ_FOREACH (k, &l->kept, link)
		f(arg, k->line, k->n);
}

void
log_set_place(struct log *l, enum log_place place, bool on, enum severity least)
{
	l->place[place].off = !on;
	l->place[place].least = least;
}

bool
log_place(const struct log *l, enum log_place place, enum severity *least)
{
	*least = l->place[place].least;
	return !l->place[place].off;
}

bool
log_shows(const struct log *l, enum log_place place, const struct log_entry *e)
{
	if (l->place[place].off || e->severity > l->place[place].least)
		return false;
	if (place == LOG_CONSOLE ? e->limited : l->off)
		return false;
	return l->place[place].filter == NULL || l->place[place].filter(l->place[place].filter_arg, e);
}

void
log_set_filter(struct log *l, enum log_place place, log_filter_f *f, void *arg)
{
	l->place[place].filter = f;
	l->place[place].filter_arg = arg;
}

bool
log_is_filtered(const struct log *l, enum log_place place)
{
	return l->place[place].filter != NULL;
}

void
log_set_on(struct log *l, bool on)
{
	l->off = !on;
}

bool
log_is_on(const struct log *l)
{
	return !l->off;
}

void
log_set_rate(struct log *l, const struct log_rate *rate)
{
	l->rate = *rate;
	l->second = 0;
}
