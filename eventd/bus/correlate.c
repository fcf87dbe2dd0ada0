/* Multiple events: windows, occurrences, the expression. */
#include "bus/correlate.h"

#include <inttypes.h>
#include <string.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "bus/tracked.h"
#include "core/cron.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"

const struct detector detector_multiple = {
	.name = "multiple", .help = "Several events", .version = "01.00"
};

/* One of the policy's events. */
struct member {
	struct spec *spec;
	uint64_t need, count;
	struct event *last; /* of those that occurred in this window; NULL: none */
	uint64_t order;     /* of its last occurrence */
	bool is_named;      /* the expression asks for it */
};

struct term {
	enum correlate_op op;
	struct member *member; /* NULL: a tracked object */
	uint32_t track;
};

struct trigger {
	struct engine *engine;
	struct member member[TRIGGER_MEMBERS];
	size_t members;
	struct term term[TRIGGER_TERMS];
	size_t terms;
	uint64_t occurs;
	usec period, delay;
	bool waits_for_end;      /* an `andnot` of an event: known when the window closes */
	const char *start_entry; /* as typed; NULL = none */
	struct cron start;
	usec start_due; /* wall */

	bool is_open;
	usec opened; /* mono */
	uint64_t times, occurrences;
	uint64_t held_with; /* id of the event that made the expression hold last */
	struct timer *start_timer, *close_timer, *delay_timer; /* NULL where not needed */
	struct event *delayed;

	struct ratelimit ratelimit;
	uint64_t suppressed;
	trigger_f *raised;
	void *arg;
};

/* ---- the expression ---- */

/* A tracked object as it was, for what has just changed; number 0: as all are now. */
struct before {
	uint32_t number;
	enum tracked state;
};

static bool
term_holds(const struct trigger *t, const struct term *term, const struct before *before)
{
	if (term->member)
		return term->member->count >= term->member->need;
	if (before && before->number == term->track)
		return before->state == TRACKED_UP;
	return tracked_get(t->engine, term->track) == TRACKED_UP;
}

/* From left to right, no operator before another. `at_end`: the window closes, and what has not occurred will not. */
static bool
expression_holds(const struct trigger *t, bool at_end, const struct before *before)
{
	bool value = term_holds(t, &t->term[0], before);

	for (size_t i = 1; i < t->terms; i++) {
		const struct term *term = &t->term[i];
		bool holds = term_holds(t, term, before);

		switch (term->op) {
		case CORRELATE_AND:
			value = value && holds;
			break;
		case CORRELATE_OR:
			value = value || holds;
			break;
		case CORRELATE_ANDNOT:
			value = value && !holds && (at_end || term->member == NULL);
			break;
		}
	}
	return value;
}

/* ---- the window ---- */

static void
forget_counts(struct trigger *t)
{
	for (size_t i = 0; i < t->members; i++)
		t->member[i].count = 0;
}

static void
forget(struct trigger *t)
{
	forget_counts(t);
	t->times = 0;
	for (size_t i = 0; i < t->members; i++) {
		event_unref(t->member[i].last);
		t->member[i].last = NULL;
	}
}

static void
window_open(struct trigger *t, usec now)
{
	t->is_open = true;
	t->opened = now;
	if (t->close_timer == NULL)
		return;
	usec left = now + t->period - clock_mono(t->engine->clock);
	timer_set(t->close_timer, left > 0 ? left : 0);
}

static void
window_close(struct trigger *t)
{
	t->is_open = false;
	if (t->close_timer)
		timer_stop(t->close_timer);
}

/* A period that nothing watched the end of. */
static void
close_stale(struct trigger *t, usec now)
{
	if (!t->is_open || t->close_timer || t->period == 0 || now - t->opened <= t->period)
		return;
	window_close(t);
	forget(t);
}

static bool
window_takes(struct trigger *t, usec now)
{
	close_stale(t, now);
	if (!t->is_open && !t->start_entry)
		window_open(t, now);
	return t->is_open;
}

/* ---- raising ---- */

/* The member that occurred last comes first: its variables count. */
static void
sort_members(struct event_member *v, uint64_t *order, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && order[j] > order[j - 1]; j--) {
			struct event_member member = v[j];
			uint64_t o = order[j];

			v[j] = v[j - 1];
			order[j] = order[j - 1];
			v[j - 1] = member;
			order[j - 1] = o;
		}
}

/* Everything that occurred, as one event; the longest chain of causes is its own. */
static struct event *
compose(const struct trigger *t, struct cause *cause)
{
	struct event_member v[TRIGGER_MEMBERS];
	uint64_t order[TRIGGER_MEMBERS];
	enum event_origin origin = EVENT_LIVE;
	bool doubted = false;
	size_t n = 0;

	for (size_t i = 0; i < t->members; i++) {
		const struct member *m = &t->member[i];

		if (m->last == NULL)
			continue;
		v[n] = (struct event_member){ .tag = m->spec->tag, .event = m->last };
		order[n++] = m->order;
		if (cause_depth(m->last->cause) > cause_depth(cause))
			cause = m->last->cause;
		if (m->last->origin > origin)
			origin = m->last->origin;
		doubted |= m->last->doubted;
	}
	sort_members(v, order, n);

	struct event *ev = event_new(t->engine, &detector_multiple, NULL, cause);
	ev->origin = origin;
	ev->doubted = doubted;
	ev->source = "correlate";
	event_set_members(ev, v, n);
	bus_number(t->engine->bus, ev);
	return ev;
}

/* Takes the reference. The event, when it is raised. */
static struct event *
pass(struct trigger *t, struct event *ev)
{
	if (ratelimit_pass(&t->ratelimit, clock_mono(t->engine->clock)))
		return ev;
	t->suppressed++;
	bus_verdict(t->engine->bus, t->member[0].spec, ev, STAGE_RATELIMIT, false,
		"triggered less than the rate limit ago");
	event_unref(ev);
	return NULL;
}

static struct event *
raise_event(struct trigger *t, struct event *ev)
{
	if (t->delay_timer == NULL)
		return pass(t, ev);
	t->delayed = ev;
	timer_set(t->delay_timer, t->delay);
	return NULL;
}

static void
delay_over(void *arg)
{
	struct trigger *t = arg;
	struct event *ev = t->delayed;

	t->delayed = NULL;
	ev = pass(t, ev);
	if (ev == NULL)
		return;
	t->raised(t->arg, ev);
	event_unref(ev);
}

/* The expression holds: once more, or often enough. */
static struct event *
held(struct trigger *t, struct cause *cause)
{
	forget_counts(t);
	if (++t->times < t->occurs) {
		bus_verdict(t->engine->bus, t->member[0].spec, NULL, STAGE_CORRELATE, false,
			"%" PRIu64 " times of %" PRIu64, t->times, t->occurs);
		return NULL;
	}

	struct event *ev = compose(t, cause);
	forget(t);
	if (!t->start_entry)
		window_close(t);
	return raise_event(t, ev);
}

static void
held_later(struct trigger *t, struct cause *cause)
{
	struct event *ev = held(t, cause);

	if (ev == NULL)
		return;
	t->raised(t->arg, ev);
	event_unref(ev);
}

/* ---- what happens ---- */

static struct member *
member_of(struct trigger *t, const struct spec *s)
{
	for (size_t i = 0; i < t->members; i++)
		if (t->member[i].spec == s)
			return &t->member[i];
	return NULL;
}

struct event *
trigger_occurred(struct trigger *t, struct spec *s, struct event *ev)
{
	struct bus *bus = t->engine->bus;
	struct member *m = member_of(t, s);

	if (m == NULL || !m->is_named) {
		bus_verdict(bus, s, ev, STAGE_CORRELATE, false, "not part of the correlation");
		return NULL;
	}
	if (ev->id == t->held_with) { /* one event that fits several tags is one */
		bus_verdict(bus, s, ev, STAGE_CORRELATE, false, "has counted already");
		return NULL;
	}
	if (t->delayed) {
		bus_verdict(bus, s, ev, STAGE_CORRELATE, false, "raised already, after its delay");
		return NULL;
	}
	if (!window_takes(t, ev->mono)) {
		bus_verdict(bus, s, ev, STAGE_CORRELATE, false, "outside its window");
		return NULL;
	}
	m->count++;
	m->order = ++t->occurrences;
	event_unref(m->last);
	m->last = event_ref(ev);
	if (expression_holds(t, false, NULL)) {
		t->held_with = ev->id;
		return held(t, NULL);
	}
	bus_verdict(bus, s, ev, STAGE_CORRELATE, false, "others are missing");
	return NULL;
}

/* A tracked object that the expression names: counts when it makes the expression hold. */
static void
track_changed(void *arg, uint32_t number, enum tracked was, struct cause *cause)
{
	struct trigger *t = arg;
	usec now = clock_mono(t->engine->clock);

	close_stale(t, now);
	if (t->delayed || (t->start_entry && !t->is_open) ||
		expression_holds(t, false, &(struct before){ number, was }) ||
		!expression_holds(t, false, NULL))
		return;
	/* No event of a member stands between, so chains of causes are cut here. */
	if (bus_chain_passes(t->engine->bus, t->member[0].spec, NULL, cause) && window_takes(t, now))
		held_later(t, cause);
}

/* The end of a window: what has not occurred has not. */
static void
close_due(void *arg)
{
	struct trigger *t = arg;
	bool holds = t->waits_for_end && !t->delayed && expression_holds(t, true, NULL);

	window_close(t);
	if (holds)
		held_later(t, NULL);
	else if (t->times > 0 && t->waits_for_end)
		forget_counts(t); /* `occurs` counts windows here */
	else
		forget(t);
}

static void
start_schedule(struct trigger *t, usec after)
{
	usec now = clock_wall(t->engine->clock);

	if (cron_next(&t->start, after, &t->start_due))
		timer_set(t->start_timer, t->start_due > now ? t->start_due - now : 0);
}

static void
start_due(void *arg)
{
	struct trigger *t = arg;
	usec wall = clock_wall(t->engine->clock);

	if (wall < t->start_due) { /* the clock is being slowed down */
		timer_set(t->start_timer, t->start_due - wall);
		return;
	}
	start_schedule(t, wall);
	if (t->is_open)
		close_due(t);
	window_open(t, clock_mono(t->engine->clock));
}

static void
clock_stepped(void *arg)
{
	struct trigger *t = arg;

	start_schedule(t, clock_wall(t->engine->clock));
}

/* ---- making one ---- */

static int
trigger_free(void *p)
{
	struct trigger *t = p;

	forget(t);
	event_unref(t->delayed);
	return 0;
}

static struct member *
member_by_tag(struct trigger *t, const char *tag)
{
	for (size_t i = 0; i < t->members; i++)
		if (strcmp(t->member[i].spec->tag, tag) == 0)
			return &t->member[i];
	return NULL;
}

/* No `correlate`: all of them. */
static void
name_all(struct trigger *t)
{
	for (size_t i = 0; i < t->members; i++) {
		t->term[t->terms++] = (struct term){ .op = CORRELATE_AND, .member = &t->member[i] };
		t->member[i].is_named = true;
	}
}

static bool
read_terms(struct trigger *t, const struct trigger_spec *want, struct err *err)
{
	for (size_t i = 0; i < want->terms; i++) {
		const struct correlate_term *from = &want->term[i];
		struct term *to = &t->term[t->terms++];

		*to = (struct term){ .op = from->op, .track = from->track };
		if (from->tag == NULL) {
			tracked_watch(t, t->engine, from->track, track_changed, t);
			continue;
		}
		to->member = member_by_tag(t, from->tag);
		if (to->member == NULL)
			return err_set(err, ERR_CONFIG, "correlate tag %s is not defined", from->tag);
		to->member->is_named = true;
		t->waits_for_end = t->waits_for_end || (i > 0 && from->op == CORRELATE_ANDNOT);
	}
	if (t->terms == 0)
		name_all(t);
	return true;
}

static bool
read_attributes(struct trigger *t, const struct trigger_spec *want, struct err *err)
{
	for (size_t i = 0; i < want->attributes; i++) {
		struct member *m = member_by_tag(t, want->attribute[i].tag);

		if (m == NULL)
			return err_set(
				err, ERR_CONFIG, "attribute tag %s is not defined", want->attribute[i].tag);
		m->need = want->attribute[i].occurs;
	}
	return true;
}

static bool
read_times(struct trigger *t, const struct trigger_spec *want, struct err *err)
{
	t->occurs = want->occurs ? want->occurs : 1;
	t->period = want->period;
	t->delay = want->delay;
	t->ratelimit.every = want->ratelimit;
	if (t->waits_for_end && t->period == 0)
		return err_set(err, ERR_CONFIG, "correlate with andnot of an event needs a trigger period");
	if (want->period_start && !cron_parse(want->period_start, &t->start, err))
		return false;
	t->start_entry = mem_strdup(t, want->period_start);
	return true;
}

/* A timer that is not set yet. */
static struct timer *
idle_timer(struct trigger *t, void (*f)(void *))
{
	struct timer *timer = timer_after(t, t->engine->loop, 0, f, t);

	timer_stop(timer);
	return timer;
}

static void
start_timers(struct trigger *t)
{
	usec now = clock_mono(t->engine->clock);

	if (t->delay > 0)
		t->delay_timer = idle_timer(t, delay_over);
	if (t->period > 0 && (t->waits_for_end || t->start_entry))
		t->close_timer = idle_timer(t, close_due);
	if (!t->start_entry)
		return;
	t->start_timer = idle_timer(t, start_due);
	if (t->start.at_reboot) {
		window_open(t, now);
		return;
	}
	loop_on_clock_step(t, t->engine->loop, clock_stepped, t);
	start_schedule(t, clock_wall(t->engine->clock));
}

struct trigger *
trigger_new(const void *ctx, struct engine *engine, struct spec *const *members, size_t n,
	const struct trigger_spec *want, trigger_f *raised, void *arg, struct err *err)
{
	struct trigger *t = mem_new(ctx, struct trigger);

	t->engine = engine;
	t->raised = raised;
	t->arg = arg;
	for (size_t i = 0; i < n; i++)
		t->member[t->members++] = (struct member){ .spec = members[i], .need = 1 };
	mem_on_free(t, trigger_free);
	if (!read_terms(t, want, err) || !read_attributes(t, want, err) || !read_times(t, want, err)) {
		mem_free(t);
		return NULL;
	}
	start_timers(t);
	return t;
}

static void
describe_time(const char *word, usec v, struct text *out)
{
	if (v > 0)
		text_printf(out, " %s %lld.%03d", word, (long long)(v / USEC_PER_SEC),
			(int)(v % USEC_PER_SEC / USEC_PER_MSEC));
}

void
trigger_describe(const struct trigger *t, struct text *out)
{
	static const char *const ops[] = { "and", "or", "andnot" }; /* ORDER: enum correlate_op */

	text_add(out, " trigger");
	if (t->occurs > 1)
		text_printf(out, " occurs %" PRIu64, t->occurs);
	describe_time("period", t->period, out);
	if (t->start_entry)
		text_printf(out, " period-start {%s}", t->start_entry);
	describe_time("delay", t->delay, out);
	text_add(out, "\n  correlate");
	for (size_t i = 0; i < t->terms; i++) {
		const struct term *term = &t->term[i];

		if (i > 0)
			text_printf(out, " %s", ops[term->op]);
		if (term->member)
			text_printf(out, " event %s", term->member->spec->tag);
		else
			text_printf(out, " track %" PRIu32, term->track);
	}
	text_addc(out, '\n');
	for (size_t i = 0; i < t->members; i++)
		if (t->member[i].need > 1)
			text_printf(out, "  attribute tag %s occurs %" PRIu64 "\n", t->member[i].spec->tag,
				t->member[i].need);
}

bool
trigger_has_track(const struct trigger *t, uint32_t number)
{
	for (size_t i = 0; i < t->terms; i++)
		if (t->term[i].track == number)
			return true;
	return false;
}

uint64_t
trigger_suppressed(const struct trigger *t)
{
	return t->suppressed;
}
