/* Digests: events of a while, told by one run. */
#include "bus/digest.h"

#include <inttypes.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/stamp.h"
#include "core/text.h"

#define DAY (86400 * USEC_PER_SEC)
enum { LINES_DEFAULT = 100, LINES_MAX = 1000 };

const struct kw digest_kw[] = {
	{ .help = "Seconds for which events are collected",
		.type = &kw_seconds,
		KW_AT(struct digest_args, every),
		.flags = KW_REQ,
		.min = USEC_PER_SEC,
		.max = DAY },
	{ .word = "maximum",
		.help = "Events that $_digest has a line for",
		.type = &kw_number,
		KW_AT(struct digest_args, maximum),
		.min = 1,
		.max = LINES_MAX,
		.dflt = LINES_DEFAULT,
		.has_dflt = true },
	KW_END,
};

const char *const digest_variables[] = { "_digest", "_digest_count", "_digest_first", "_digest_last", NULL };

struct digest {
	struct spec *spec;
	usec every;
	uint64_t maximum;
	struct timer *timer;

	struct text *lines;
	uint64_t count;
	usec first, last_at; /* wall */
	struct event *last;
};

static int
digest_free(void *p)
{
	struct digest *d = p;

	event_unref(d->last);
	return 0;
}

static void
add_number(struct event *ev, const char *name, uint64_t v)
{
	char number[24];

	snprintf(number, sizeof number, "%" PRIu64, v);
	event_add(ev, name, number);
}

static void
add_moment(struct event *ev, const char *name, usec wall)
{
	char when[40];

	stamp_datetime(&(struct stamp_form){ .msec = true }, wall, 0, when, sizeof when);
	event_add(ev, name, when);
}

/* The window is over: the last event once more, with all of them. */
static void
window_ends(void *arg)
{
	struct digest *d = arg;
	struct event *ev = event_again(d->spec->engine, d->last);

	if (d->count > d->maximum)
		text_printf(d->lines, "and %" PRIu64 " more\n", d->count - d->maximum);
	event_add(ev, "_digest", d->lines->s);
	add_number(ev, "_digest_count", d->count);
	add_moment(ev, "_digest_first", d->first);
	add_moment(ev, "_digest_last", d->last_at);
	text_clear(d->lines);
	d->count = 0;
	event_unref(d->last);
	d->last = NULL;
	bus_raise(d->spec->engine->bus, d->spec, ev); /* may end the specification */
	event_unref(ev);
}

struct digest *
digest_new(struct spec *s, const struct digest_args *a)
{
	struct digest *d = mem_new(s, struct digest);

	d->spec = s;
	d->every = a->every.v;
	d->maximum = a->maximum.set ? (uint64_t)a->maximum.v : LINES_DEFAULT;
	d->lines = text_new(d);
	d->timer = timer_after(d, s->engine->loop, 0, window_ends, d);
	timer_stop(d->timer);
	mem_on_free(d, digest_free);
	return d;
}

static void
add_line(struct digest *d, const struct event *ev)
{
	char when[40];

	stamp_datetime(&(struct stamp_form){ .msec = true }, ev->wall, 0, when, sizeof when);
	text_printf(d->lines, "%s ", when);
	event_say(ev, d->lines);
	text_addc(d->lines, '\n');
}

void
digest_take(struct digest *d, struct event *ev)
{
	if (d->count++ == 0) {
		d->first = ev->wall;
		timer_set(d->timer, d->every);
	}
	if (d->count <= d->maximum)
		add_line(d, ev);
	d->last_at = ev->wall;
	event_unref(d->last);
	d->last = event_ref(ev);
}

void
digest_end(struct digest *d)
{
	struct cause *cause;

	if (d->count == 0)
		return;
	cause = cause_new(NULL, d->spec->policy, d->last->id);
	log_msg(d->spec->engine->log, cause, "HA_EM", SEV_NOTIFICATIONS, "FMPD_RELEASED",
		"policy %s: digest ends with its statement, %llu event%s collected", d->spec->policy,
		(unsigned long long)d->count, d->count == 1 ? "" : "s");
	cause_unref(cause);
}

size_t
digest_pending(const struct digest *d)
{
	return (size_t)d->count;
}
