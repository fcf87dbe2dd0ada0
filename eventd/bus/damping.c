/* Damping: a penalty for each key, what is held, and when it is let go. */
#include "bus/damping.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <uthash.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/regex.h"
#include "core/stamp.h"
#include "core/text.h"

/* The values of `bgp dampening`. */
#define HALF_LIFE_DEFAULT  (900 * USEC_PER_SEC)
#define CAP_PERIOD_DEFAULT (3600 * USEC_PER_SEC)
#define DAY                (86400 * USEC_PER_SEC)
enum {
	REUSE_DEFAULT = 750,
	SUPPRESS_DEFAULT = 2000,
	LIMIT_MAX = 20000,
	CAP_MAX = 1000,
	HALF_LIVES_HELD = 4 /* max-suppress, when nothing is said */
};

const struct kw damping_kw[] = {
	{ .word = "half-life",
		.help = "Time in which a penalty falls to its half",
		.type = &kw_seconds,
		KW_AT(struct damping_args, half_life),
		.min = USEC_PER_SEC,
		.max = DAY,
		.dflt = HALF_LIFE_DEFAULT,
		.has_dflt = true },
	{ .word = "reuse",
		.help = "Penalty at which events pass again",
		.type = &kw_number,
		KW_AT(struct damping_args, reuse),
		.min = 1,
		.max = LIMIT_MAX,
		.dflt = REUSE_DEFAULT,
		.has_dflt = true },
	{ .word = "suppress",
		.help = "Penalty above which events are held",
		.type = &kw_number,
		KW_AT(struct damping_args, suppress),
		.min = 1,
		.max = LIMIT_MAX,
		.dflt = SUPPRESS_DEFAULT,
		.has_dflt = true },
	{ .word = "max-suppress",
		.help = "Longest time that events are held once they no longer come",
		.type = &kw_seconds,
		KW_AT(struct damping_args, max_suppress),
		.min = USEC_PER_SEC,
		.max = 7 * DAY },
	{ .word = "cap",
		.help = "Events of a key that may pass within the cap's period",
		.type = &kw_number,
		KW_AT(struct damping_args, cap),
		.min = 1,
		.max = CAP_MAX },
	{ .word = "cap-period",
		.help = "Period of the cap",
		.type = &kw_seconds,
		KW_AT(struct damping_args, cap_period),
		.min = USEC_PER_SEC,
		.max = 7 * DAY,
		.dflt = CAP_PERIOD_DEFAULT,
		.has_dflt = true },
	{ .word = "key",
		.help = "Variables of the event, commas between, that tell apart what is damped by itself",
		.type = &kw_word,
		KW_AT(struct damping_args, key),
		.param = "VARIABLE[,VARIABLE...]" },
	{ .word = "key-pattern",
		.help = "Regular expression: what its first parentheses find in the key becomes the key",
		.type = &kw_pattern,
		KW_AT(struct damping_args, pattern) },
	KW_END,
};

const char *const damping_variables[] = { "_damped_key", "_damped_count", NULL };

/* What is damped by itself: an interface, a prefix, a message. */
struct damped {
	struct damping *of;
	const char *key;
	double penalty; /* as it was at `since` */
	usec since;
	usec *passed; /* ring of the last `cap` events that passed; NULL without a cap */
	unsigned npassed, oldest;

	bool is_damped;
	usec damped_at;
	uint64_t held;
	struct event *last;  /* of those held */
	struct timer *timer; /* while damped */
	UT_hash_handle hh;
};

struct damping {
	struct spec *spec;
	double half_life; /* in microseconds, as the penalty is computed */
	double reuse, suppress, ceiling;
	unsigned cap;
	usec cap_period;
	const char *const *names; /* of variables; NULL-terminated; NULL: what the event says */
	const char *device;       /* variable that goes before what the pattern finds; NULL: none */
	struct regex *pattern;    /* NULL: none */
	struct regex_scratch *scratch;
	struct damped *keys;
};

/* ---- the penalty ---- */

static double
half_lives(const struct damping_args *a)
{
	usec half = a->half_life.set ? a->half_life.v : HALF_LIFE_DEFAULT;

	return a->max_suppress.set ? (double)a->max_suppress.v / (double)half : HALF_LIVES_HELD;
}

static double
ceiling_of(const struct damping_args *a)
{
	return (double)(a->reuse.set ? a->reuse.v : REUSE_DEFAULT) * exp2(half_lives(a));
}

static double
penalty_at(const struct damped *k, usec now)
{
	return k->penalty * exp2(-(double)(now - k->since) / k->of->half_life);
}

static void
penalise(struct damped *k, usec now)
{
	k->penalty = fmin(penalty_at(k, now) + DAMPING_PENALTY, k->of->ceiling);
	k->since = now;
}

/* Until the penalty has fallen to `reuse`; rounded up, so that it has when the time is over. */
static usec
until_reuse(const struct damped *k, usec now)
{
	double penalty = penalty_at(k, now);

	return penalty <= k->of->reuse ? 0 : (usec)ceil(k->of->half_life * log2(penalty / k->of->reuse)) + 1;
}

/* ---- the cap ---- */

/* Until one more may pass. */
static usec
until_uncapped(const struct damped *k, usec now)
{
	usec free_at;

	if (k->passed == NULL || k->npassed < k->of->cap)
		return 0;
	free_at = k->passed[k->oldest] + k->of->cap_period;
	return free_at > now ? free_at - now : 0;
}

static void
note_passed(struct damped *k, usec now)
{
	if (k->passed == NULL)
		return;
	if (k->npassed < k->of->cap) {
		k->passed[k->npassed++] = now;
		return;
	}
	k->passed[k->oldest] = now;
	k->oldest = (k->oldest + 1) % k->of->cap;
}

/* ---- keys ---- */

static int
damped_free(void *p)
{
	struct damped *k = p;

	HASH_DEL(k->of->keys, k);
	event_unref(k->last);
	return 0;
}

/* Interfaces of two routers have the same names: what is found belongs to the device that said it. */
static void
begin_with_device(const struct damping *d, const struct event *ev, struct text *key)
{
	if (d->device == NULL)
		return;
	event_get(ev, d->device, key);
	if (strcmp(key->s, "local") == 0)
		text_clear(key);
	else if (key->len > 0)
		text_addc(key, ' ');
}

/* The part that the pattern finds; all of it when it finds nothing. */
static void
narrow_key(const struct damping *d, const struct event *ev, struct text *key)
{
	struct regex_captures found;

	if (regex_match(d->pattern, d->scratch, key->s, key->len, &found) != REGEX_YES)
		return;
	const struct regex_group *part = &found.group[found.n > 1 && found.group[1].set];
	char *narrowed = mem_strndup(key, key->s + part->at, part->len);
	text_clear(key);
	begin_with_device(d, ev, key);
	text_add(key, narrowed);
	mem_free(narrowed);
}

static void
add_key(const struct damping *d, const struct event *ev, struct text *out)
{
	if (d->names == NULL)
		event_say(ev, out);
	for (size_t i = 0; d->names != NULL && d->names[i] != NULL; i++) {
		if (i > 0)
			text_addc(out, ' ');
		event_get(ev, d->names[i], out);
	}
	if (d->pattern != NULL)
		narrow_key(d, ev, out);
}

/* Nothing would be different without it. */
static bool
is_idle(const struct damped *k, usec now)
{
	return !k->is_damped && penalty_at(k, now) < k->of->reuse / 2 &&
	       (k->npassed == 0 ||
		       now - k->passed[(k->oldest + k->npassed - 1) % k->of->cap] >= k->of->cap_period);
}

static void
forget_idle(struct damping *d, usec now)
{
	struct damped *k, *next;

	HASH_ITER (hh, d->keys, k, next)
		if (is_idle(k, now))
			mem_free(k);
}

static struct damped *
key_find(struct damping *d, const char *key)
{
	struct damped *k;

	HASH_FIND_STR(d->keys, key, k);
	return k;
}

static struct damped *
key_of(struct damping *d, const struct event *ev, usec now)
{
	struct text *name = text_new(d);
	struct damped *k;

	add_key(d, ev, name);
	k = key_find(d, name->s);
	if (k == NULL && HASH_COUNT(d->keys) >= DAMPING_KEYS_MAX) {
		forget_idle(d, now);
		if (HASH_COUNT(d->keys) >= DAMPING_KEYS_MAX) {
			text_clear(name);
			text_add(name, "(others)");
			k = key_find(d, name->s);
		}
	}
	if (k == NULL) {
		k = mem_new(d, struct damped);
		k->of = d;
		k->key = mem_strdup(k, name->s);
		k->since = now;
		if (d->cap > 0)
			k->passed = mem_array(k, usec, d->cap);
		HASH_ADD_KEYPTR(hh, d->keys, k->key, strlen(k->key), k);
		mem_on_free(k, damped_free);
	}
	mem_free(name);
	return k;
}

/* ---- held, and let go ---- */

static usec
until_free(const struct damped *k, usec now)
{
	usec penalty = until_reuse(k, now), cap = until_uncapped(k, now);

	return penalty > cap ? penalty : cap;
}

/* A notice is the policy's own doing: it names the key, which may well match the policy's pattern. */
static struct cause *
cause_of(const struct damped *k)
{
	return cause_new(NULL, k->of->spec->policy, k->last ? k->last->id : 0);
}

static void
tell_damped(const struct damped *k, bool is_capped)
{
	const struct damping *d = k->of;
	struct cause *cause = cause_of(k);
	char why[80];

	if (is_capped)
		snprintf(why, sizeof why, "%u events in %" PRId64 " seconds is its cap", d->cap,
			d->cap_period / USEC_PER_SEC);
	else
		snprintf(why, sizeof why, "penalty %.0f is above %.0f", k->penalty, d->suppress);
	log_msg(d->spec->engine->log, cause, "HA_EM", SEV_NOTIFICATIONS, "FMPD_DAMPED",
		"policy %s: %s damped, %s", d->spec->policy, k->key, why);
	cause_unref(cause);
}

static void
tell_released(const struct damped *k, usec now)
{
	const struct spec *s = k->of->spec;
	struct cause *cause = cause_of(k);

	log_msg(s->engine->log, cause, "HA_EM", SEV_NOTIFICATIONS, "FMPD_RELEASED",
		"policy %s: %s released after %lld seconds, %llu event%s held", s->policy, k->key,
		(long long)((now - k->damped_at) / USEC_PER_SEC), (unsigned long long)k->held,
		k->held == 1 ? "" : "s");
	cause_unref(cause);
}

static void
let_go(struct damped *k, usec now)
{
	struct damping *d = k->of;
	struct event *last = k->last;
	uint64_t held = k->held;

	tell_released(k, now);
	k->is_damped = false;
	k->last = NULL;
	k->held = 0;
	mem_free(k->timer);
	k->timer = NULL;
	if (last == NULL)
		return;
	note_passed(k, now);
	bus_let_go(d->spec->engine->bus, d->spec, last, held); /* may end the specification */
	event_unref(last);
}

static void
time_is_over(void *arg)
{
	struct damped *k = arg;
	usec now = clock_mono(k->of->spec->engine->clock), left = until_free(k, now);

	if (left > 0)
		timer_set(k->timer, left);
	else
		let_go(k, now);
}

static void
damp(struct damped *k, usec now, bool is_capped)
{
	struct engine *engine = k->of->spec->engine;

	k->is_damped = true;
	k->damped_at = now;
	k->timer = timer_after(k, engine->loop, until_free(k, now), time_is_over, k);
	tell_damped(k, is_capped);
}

bool
damping_pass(struct damping *d, struct event *ev)
{
	usec now = clock_mono(d->spec->engine->clock);
	struct damped *k = key_of(d, ev, now);
	bool is_capped = until_uncapped(k, now) > 0;

	penalise(k, now);
	if (!k->is_damped && !is_capped && k->penalty <= d->suppress) {
		note_passed(k, now);
		return true;
	}
	event_unref(k->last);
	k->last = event_ref(ev);
	k->held++;
	if (!k->is_damped)
		damp(k, now, is_capped);
	return false;
}

void
damping_dress(struct damping *d, struct event *ev, uint64_t held)
{
	struct text *t = text_new(d);

	add_key(d, ev, t);
	event_add(ev, "_damped_key", t->s);
	text_clear(t);
	text_printf(t, "%" PRIu64, held);
	event_add(ev, "_damped_count", t->s);
	mem_free(t);
}

void
damping_end(struct damping *d)
{
	struct engine *engine = d->spec->engine;
	struct cause *cause;
	struct damped *k, *next;
	unsigned long long keys = 0, held = 0;

	HASH_ITER (hh, d->keys, k, next) {
		keys += k->is_damped;
		held += k->held;
	}
	if (keys == 0)
		return;
	cause = cause_new(NULL, d->spec->policy, 0);
	log_msg(engine->log, cause, "HA_EM", SEV_NOTIFICATIONS, "FMPD_RELEASED",
		"policy %s: damping ends with its statement, %llu key%s damped, %llu event%s held",
		d->spec->policy, keys, keys == 1 ? "" : "s", held, held == 1 ? "" : "s");
	cause_unref(cause);
}

void
damping_clear(struct damping *d)
{
	usec now = clock_mono(d->spec->engine->clock);
	struct damped *k, *next;

	/* What is let go may end this statement, so that is left to the timers. */
	HASH_ITER (hh, d->keys, k, next) {
		k->penalty = 0;
		k->since = now;
		k->npassed = k->oldest = 0;
		if (k->is_damped)
			timer_set(k->timer, 0);
		else
			mem_free(k);
	}
}

void
damping_each(struct damping *d, void (*f)(void *arg, const struct damping_view *), void *arg)
{
	usec now = clock_mono(d->spec->engine->clock);
	struct damped *k, *next;

	HASH_ITER (hh, d->keys, k, next) {
		struct damping_view view = { .key = k->key,
			.penalty = penalty_at(k, now),
			.is_damped = k->is_damped,
			.is_capped = until_uncapped(k, now) > 0,
			.left = k->is_damped ? until_free(k, now) : 0,
			.held = k->held };

		f(arg, &view);
	}
}

/* ---- of a statement ---- */

/* "_a,_b" or "$_a,$_b" as a list of names without `$`. */
static const char *const *
split_names(const void *ctx, const char *typed)
{
	const char **names = mem_array(ctx, const char *, strlen(typed) / 2 + 2);
	char *rest = mem_strdup(names, typed), *name;
	size_t n = 0;

	while ((name = strsep(&rest, ",")) != NULL)
		names[n++] = name + (*name == '$');
	return names;
}

static bool
check_key(const struct detector *detector, const struct damping_args *a, struct err *err)
{
	const char *const *names = split_names(NULL, a->key.s);
	bool good = true;

	for (size_t i = 0; good && names[i] != NULL; i++)
		if (!detector_has_variable(detector, names[i]))
			good = err_set(err, ERR_CONFIG,
				"'key' of damping names variables of the event, and event %s has no %s%s",
				detector->name, *names[i] ? "$" : "nameless variable", names[i]);
	mem_free((void *)(uintptr_t)names);
	return good;
}

bool
damping_check(const struct detector *detector, const struct damping_args *a, bool final, struct err *err)
{
	int64_t reuse = a->reuse.set ? a->reuse.v : REUSE_DEFAULT,
		suppress = a->suppress.set ? a->suppress.v : SUPPRESS_DEFAULT;

	if (reuse >= suppress)
		return err_set(err, ERR_CONFIG,
			"'reuse' of damping is below 'suppress': %" PRId64 " is not below %" PRId64, reuse,
			suppress);
	if (ceiling_of(a) <= (double)suppress)
		return err_set(err, ERR_CONFIG,
			"with this 'max-suppress' a penalty never exceeds %.0f, so nothing is ever held: "
			"'suppress' is %" PRId64,
			ceiling_of(a), suppress);
	if (a->cap_period.set && !a->cap.set)
		return err_set(err, ERR_CONFIG, "'cap-period' of damping is nothing without 'cap'");
	if (final && a->pattern.set && !regex_check(a->pattern.s, REGEX_EVENT, err))
		return false;
	return !a->key.set || check_key(detector, a, err);
}

struct damping *
damping_new(struct spec *s, const struct damping_args *a)
{
	struct damping *d = mem_new(s, struct damping);
	const char *own = s->detector->key;

	d->spec = s;
	d->half_life = (double)(a->half_life.set ? a->half_life.v : HALF_LIFE_DEFAULT);
	d->reuse = (double)(a->reuse.set ? a->reuse.v : REUSE_DEFAULT);
	d->suppress = (double)(a->suppress.set ? a->suppress.v : SUPPRESS_DEFAULT);
	d->ceiling = ceiling_of(a);
	d->cap = a->cap.set ? (unsigned)a->cap.v : 0;
	d->cap_period = a->cap_period.set ? a->cap_period.v : CAP_PERIOD_DEFAULT;
	if (a->key.set || own != NULL)
		d->names = split_names(d, a->key.set ? a->key.s : own);
	if (!a->key.set) /* who names the variables names the device, too, or means all of them */
		d->device = s->detector->device;
	if (a->pattern.set) {
		struct err err = ERR_INIT; /* it was checked when it was typed */

		d->pattern = regex_new(d, a->pattern.s, REGEX_EVENT, &err);
		d->scratch = regex_scratch_new(d, REGEX_JIT);
	}
	return d;
}
